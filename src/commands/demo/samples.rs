//! The samples that the demonstration drops, and the PKI they are signed with: the repository's
//! own, carried in the program so that it can show itself anywhere. Worthless outside a trial.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

macro_rules! sample {
    ($path:literal) => {
        include_bytes!(concat!("../../../inbox-samples/", $path))
    };
}

/// Whose folder, under which name, which octets. Dropped in this order.
const DROPPED: &[(&str, &str, &[u8])] = &[
    ("azerenerji", "istehsal-2026-Q3.xml", sample!("accepted/xades-generation/istehsal-2026-Q3.xml")),
    ("azerenerji", "istehsal-2026-Q3-yenə.xml", sample!("accepted/xades-generation/istehsal-2026-Q3.xml")),
    ("azerenerji", "istehsal-2026-Q1.csv", sample!("accepted/csv-openssl-cades/istehsal-2026-Q1.csv")),
    ("azerenerji", "istehsal-2026-Q1.csv.p7s", sample!("accepted/csv-openssl-cades/istehsal-2026-Q1.csv.p7s")),
    ("azerisiq", "istehsal-2026-Q3.csv", sample!("accepted/csv-excel/İstehsal 3-cü rüb.csv")),
    ("azerisiq", "istehsal-2026-Q3.csv.p7s", sample!("accepted/csv-excel/İstehsal 3-cü rüb.csv.p7s")),
    ("azerisiq", "qaz-2026-Q3.xml", sample!("accepted/gas-savings/qaz.xml")),
    ("azerisiq", "karbon-2026-Q3.csv", sample!("accepted/carbon-revenue/karbon.csv")),
    ("azerisiq", "karbon-2026-Q3.csv.p7s", sample!("accepted/carbon-revenue/karbon.csv.p7s")),
    ("azerisiq", "güc-2025.xml", sample!("accepted/xades-capacity-year/guc-2025.xml")),
    ("azerisiq", "istehsal-2026-Q1.xml", sample!("accepted/xmlsec1-by-id/istehsal-2026-Q1.xml")),
    ("azerisiq", "yekun-səhv.xml", sample!("rejected/rule.total-differs/istehsal.xml")),
    ("azerisiq", "dəyişdirilmiş.xml", sample!("rejected/signature.digest-differs/istehsal.xml")),
    ("azerisiq", "çox-səhvli.xml", sample!("rejected/schema.invalid/istehsal.xml")),
    ("azerenerji", "tanınmayan.xml", sample!("rejected/authority.unknown-signer/guc.xml")),
];

/// The certificates that the trial window learns to know.
const PKI: &[(&str, &[u8])] = &[
    ("ca.crt", sample!("pki/ca.crt")),
    ("azerenerji.crt", sample!("pki/azerenerji.crt")),
    ("azerisiq.crt", sample!("pki/azerisiq.crt")),
    ("ekologiya.crt", sample!("pki/ekologiya.crt")),
    ("energetika.crt", sample!("pki/energetika.crt")),
    ("iqtisadiyyat.crt", sample!("pki/iqtisadiyyat.crt")),
    ("meliorasiya.crt", sample!("pki/meliorasiya.crt")),
];

/// Writes the sample PKI's certificates.
pub fn write_pki(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    PKI.iter().try_for_each(|(name, octets)| fs::write(folder.join(name), octets))
}

/// Drops every sample into its folder, a second apart as far as their times tell, since the window
/// takes the oldest first; how many documents that are.
pub fn drop_all(drop: &Path) -> io::Result<usize> {
    let begin = SystemTime::now() - Duration::from_secs(60);
    for (count, (participant, name, octets)) in (0..).zip(DROPPED) {
        let mut file = File::create_new(drop.join(participant).join("in").join(name))?;
        file.write_all(octets)?;
        file.set_modified(begin + Duration::from_secs(count))?;
    }
    Ok(DROPPED.iter().filter(|(_, name, _)| !name.ends_with(".p7s")).count())
}
