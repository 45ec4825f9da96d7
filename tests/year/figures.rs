//! The year 2025 of all stations that were in service in it, and what it comes to.
//!
//! Figures are plausible: published outputs where there are some, shaped over the year. The sums below were made from
//! the same table by another program with whole numbers of thousandths, and are written down, never computed here.

/// Code, who states it, kind, region, and MWh of each quarter; `-` where it was not in service yet.
pub const STATIONS: &str = "\
SU-0001  azerenerji hydro       AZ-MI  139680.000 316608.311 344544.622 130368.933
SU-0002  azerenerji hydro       AZ-SKR 102360.166 232016.477 252488.788  95536.099
SU-0003  azerenerji hydro       AZ-SKR  37770.390  85612.701  93166.012  35252.323
SU-0004  energetika hydro       AZ-SAR   6810.672  15436.983  16798.294   6356.605
SU-0005  azerenerji hydro       AZ-ZAN   4575.012  10370.323  11285.634   4270.945
SU-0006  azerenerji hydro       AZ-ZAN   3863.410   8756.721   9529.032   3605.343
SU-0007  azerenerji hydro       AZ-ZAN   3863.866   8756.177   9529.488   3605.799
SU-0008  azerenerji hydro       AZ-ZAN   3863.380   8756.691   9529.002   3605.313
KSU-0001 azerenerji small-hydro AZ-TAR   1073.952   2213.263   2414.574   1006.885
KSU-0002 azerenerji small-hydro AZ-TAR    670.582   1383.893   1509.204    628.515
KSU-0003 azerenerji small-hydro AZ-KAL   1726.270   3561.581   3885.892   1618.203
KSU-0004 azerenerji small-hydro AZ-KAL   5083.016  10484.327  11437.638   4765.949
KSU-0005 azerenerji small-hydro AZ-KAL   2196.820   4530.131   4942.442   2059.753
KSU-0006 azerenerji small-hydro AZ-KAL   2484.682   5123.993   5589.304   2328.615
KSU-0007 azerenerji small-hydro AZ-KAL   3360.602   6930.913   7560.224   3150.535
KSU-0008 azerenerji small-hydro AZ-KAL   1334.580   2752.891   3002.202   1250.513
KSU-0009 azerenerji small-hydro AZ-LAC   3072.616   6336.927   6912.238   2880.549
KSU-0010 azerenerji small-hydro AZ-LAC   2048.710   4224.021   4608.332   1920.643
KSU-0011 azerenerji small-hydro AZ-LAC   5592.862  11534.173  12582.484   5242.795
KSU-0012 azerenerji small-hydro AZ-KAL   2047.072   4223.383   4607.694   1919.005
KSU-0013 azerenerji small-hydro AZ-GYG   1952.340   4026.651   4392.962   1830.273
KSU-0015 azerenerji small-hydro AZ-KAL   3021.050   6232.361   6799.672   2832.983
KSU-0016 azerenerji small-hydro AZ-KAL   1177.492   2428.803   2649.114   1103.425
KSU-0017 azerenerji small-hydro AZ-KAL   1962.992   4047.303   4415.614   1839.925
KSU-0018 azerenerji small-hydro AZ-LAC   1569.550   3237.861   3532.172   1471.483
KSU-0019 azerenerji small-hydro AZ-LAC   1216.166   2509.477   2737.788   1140.099
KSU-0020 azerenerji small-hydro AZ-KAL          -          -   3796.731   3164.773
KSU-0021 azerenerji small-hydro AZ-KAL          -          -   3885.097   3237.505
KSU-0022 azerenerji small-hydro AZ-LAC   1177.362   2428.673   2649.984   1103.295
KSU-0023 azerenerji small-hydro AZ-LAC   1177.210   2428.521   2649.832   1103.143
KSU-0024 azerisiq   small-hydro AZ-ISM    627.116   1295.427   1412.738    588.049
KSU-0025 azerisiq   small-hydro AZ-OGU   1412.080   2913.391   3178.702   1324.013
KSU-0026 azerisiq   small-hydro AZ-BAL    588.102   1214.413   1324.724    551.035
KSU-0027 azerisiq   small-hydro AZ-AST    117.182    242.493    264.804    110.115
KSU-0028 azerisiq   small-hydro AZ-BA     625.320    625.631    625.942    625.253
GUN-0001 azerenerji solar       AZ-BA   82500.516 152500.827 162500.138 102500.449
GUN-0002 energetika solar       AZ-BAB   5197.770   9607.081  10237.392   6457.703
GUN-0003 azerisiq   solar       AZ-BA     231.082    427.393    455.704    287.015
KUL-0001 azerisiq   wind        AZ-XIZ  22400.452  18800.763  16800.074  22000.385
TUL-0001 energetika waste       AZ-BA   57875.366  57875.677  57875.988  57875.299
HIB-0001 energetika hybrid      AZ-QOB   1225.910   1225.221   1225.532   1225.843
";

/// Electricity: MWh and stations.
pub const BY_QUARTER: &str = "\
2025-Q1 519533.718 39
2025-Q2 1023681.847 39
2025-Q3 1109333.804 41
2025-Q4 523745.383 41
";
pub const OF_THE_YEAR: &str = "2025 3176294.752 41\n";
pub const BY_TYPE: &str = "\
hybrid 4902.506 1
hydro 2018573.512 8
small-hydro 308411.660 27
solar 532903.070 3
waste 231502.330 1
wind 80001.674 1
";
pub const BY_REGION: &str = "\
AZ-AST 734.594 1
AZ-BA 735407.600 4
AZ-BAB 31499.946 1
AZ-BAL 3678.274 1
AZ-GYG 12202.226 1
AZ-ISM 3923.330 1
AZ-KAL 166553.070 12
AZ-LAC 99088.966 7
AZ-MI 931201.866 1
AZ-OGU 8828.186 1
AZ-QOB 4902.506 1
AZ-SAR 45402.554 1
AZ-SKR 934202.956 2
AZ-TAR 10900.868 2
AZ-XIZ 80001.674 1
AZ-ZAN 107766.136 4
";
pub const BY_PARTICIPANT: &str = "\
azerenerji 2761918.018 30
azerisiq 101069.398 7
energetika 313307.336 4
";
/// The first two quarters.
pub const FIRST_HALF: &str = "\
azerenerji 1336440.040 28
azerisiq 51520.845 7
energetika 155254.680 4
";
/// Two of the kinds, by quarter.
pub const WIND_AND_WASTE: &str = "\
waste 2025-Q1 57875.366 1
waste 2025-Q2 57875.677 1
waste 2025-Q3 57875.988 1
waste 2025-Q4 57875.299 1
wind 2025-Q1 22400.452 1
wind 2025-Q2 18800.763 1
wind 2025-Q3 16800.074 1
wind 2025-Q4 22000.385 1
";
/// Gas: thousand m³, 0.22 a MWh, cut to three places for each station and quarter.
pub const GAS_BY_QUARTER: &str = "\
2025-Q1 114297.402 39
2025-Q2 225209.984 39
2025-Q3 244053.419 41
2025-Q4 115223.962 41
";
pub const GAS_BY_TYPE: &str = "\
hybrid 1078.550 1
hydro 444086.157 8
small-hydro 67850.515 27
solar 117238.669 3
waste 50930.510 1
wind 17600.366 1
";
pub const GAS_OF_THE_YEAR: &str = "2025 698784.767 41\n";
/// Capacity: MW, a stock.
pub const CAPACITY_BY_QUARTER: &str = "\
2025-Q1 1472.460 39
2025-Q2 1472.460 39
2025-Q3 1489.860 41
2025-Q4 1489.860 41
";
pub const CAPACITY_BY_TYPE: &str = "\
hybrid 3.700 1
hydro 1016.500 8
small-hydro 129.560 27
solar 253.100 3
waste 37.000 1
wind 50.000 1
";
pub const CAPACITY_OF_THE_YEAR: &str = "2025 1489.860 41\n";
/// The kinds of the national statistics of 2024, in GWh, and their sum.
pub const NATIONAL_2024: [(&[&str], &str); 4] = [
    (&["hydro", "small-hydro"], "3011000.000"),
    (&["wind"], "51100.000"),
    (&["solar"], "556300.000"),
    (&["waste"], "232500.000"),
];
pub const NATIONAL_2024_TOTAL: &str = "3850900.000";
