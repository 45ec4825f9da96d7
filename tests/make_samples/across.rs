//! Gas savings and carbon revenue, and the rules that hold one dataset beside another, a period beside the one a
//! year ago, and a figure beside what is usual.

use super::accepted::AZERISIQ;
use super::signers::Signers;
use super::statement::Statement;
use super::{Made, Sample, sample};

const QUARTER: &str = "2026-Q3";

fn generation() -> Statement {
    Statement::generation("azerisiq", QUARTER)
}

fn gas() -> Statement {
    Statement::gas("azerisiq", QUARTER)
}

fn signed(signers: &Signers, statement: &Statement) -> Vec<u8> {
    signers.xades(&statement.xml(), "azerisiq").into()
}

/// The figure of Yeni Yaşma in thousandths.
fn of_yashma(statement: &mut Statement) -> &mut i64 {
    &mut statement.rows.iter_mut().find(|(code, _)| code == "KUL-0001").unwrap().1
}

/// Generation, with one figure of its own.
fn generated(figure: i64) -> impl Fn(&Signers) -> Made {
    move |signers| {
        let statement = generation().with(|statement| *of_yashma(statement) = figure);
        Made::document("istehsal.xml", signed(signers, &statement)).case(AZERISIQ)
    }
}

/// Gas behind the generation of the same period, changed in one thing each.
fn saved(
    generated: impl Fn(&mut Statement) + 'static,
    saved: impl Fn(&mut Statement) + 'static,
) -> impl Fn(&Signers) -> Made {
    move |signers| {
        let (before, document) =
            (generation().with(|statement| generated(statement)), gas().with(|statement| saved(statement)));
        Made::document("qaz.xml", signed(signers, &document))
            .before("istehsal.xml", signed(signers, &before))
            .case(AZERISIQ)
    }
}

/// Revenue: records (station, AZN, tCO2e) and the total of the AZN, as XML.
fn revenue(sender: &str, records: &[(&str, &str, &str)], total: &str) -> String {
    let mut xml = format!(
        "<Submission xmlns=\"urn:boemis:submission:1\" id=\"S-1\" to=\"trial\" dataset=\"carbon-revenue\" \
         period=\"{QUARTER}\" revision=\"1\" sender=\"{sender}\">\n"
    );
    for (station, azn, sold) in records {
        let (azn, sold) = (format!("<RevenueAZN>{azn}</RevenueAZN>"), format!("<SoldTCO2e>{sold}</SoldTCO2e>"));
        xml += &format!("  <Record><Station>{station}</Station>{azn}{sold}</Record>\n");
    }
    xml + &format!("  <Total><RevenueAZN>{total}</RevenueAZN></Total>\n</Submission>\n")
}

pub fn table() -> Vec<Sample> {
    vec![
        sample(
            "accepted/gas-savings",
            "Gas saved in a quarter, behind the generation of the same quarter: 0.22 thousand m³ for each MWh.\n",
            saved(|_| {}, |_| {}),
        ),
        sample(
            "accepted/gas-before-generation",
            "Gas saved, while the generation on which it rests is not stated yet: a warning.\n",
            |signers| Made::document("qaz.xml", signed(signers, &gas())).case(AZERISIQ),
        ),
        sample(
            "accepted/gas-unusual",
            "At one station 0.30 thousand m³ for each MWh: more than usual, and possible. A warning.\n",
            saved(|_| {}, |statement| *of_yashma(statement) = *of_yashma(statement) * 30 / 22),
        ),
        sample(
            "accepted/generation-after-gas",
            "Generation that does not fit the gas stated before it: a warning that names the other statement.\n",
            |signers| {
                let before = gas().with(|statement| *of_yashma(statement) *= 3);
                Made::document("istehsal.xml", signed(signers, &generation()))
                    .before("qaz.xml", signed(signers, &before))
                    .case(AZERISIQ)
            },
        ),
        sample(
            "accepted/carbon-revenue",
            "Revenue of one station with the quota sold, in CSV, behind generation and gas of the same quarter.\n",
            |signers| {
                let csv = "dataset,period,revision,sender,to,station,revenue_azn,sold_tco2e\n\
                     carbon-revenue,2026-Q3,1,9990000761,trial,KUL-0001,12002.00,1412.000\n\
                     carbon-revenue,2026-Q3,1,9990000761,trial,TOTAL,12002.00,\n";
                let signature = signers.p7s(csv, "azerisiq");
                Made::document("karbon.csv", csv)
                    .and("karbon.csv.p7s", signature)
                    .before("1-istehsal.xml", signed(signers, &generation()))
                    .before("2-qaz.xml", signed(signers, &gas()))
                    .case(AZERISIQ)
            },
        ),
        sample(
            "accepted/carbon-revenue-total-alone",
            "A ministry that sold for several stations together states the total alone: one record is loaded.\n",
            |signers| {
                let document = revenue("9990000481", &[], "91332.50");
                Made::document("karbon.xml", signers.xades(&document, "ekologiya"))
                    .before("qaz.xml", signed(signers, &gas()))
                    .case("participant = \"ekologiya\"\nbefore_participant = \"azerisiq\"")
            },
        ),
        sample(
            "accepted/output-high",
            "A wind farm at 70 % of what its capacity allows: possible, and unusual. A warning.\n",
            generated(77_280_000),
        ),
        sample("accepted/output-zero", "Nothing at all from a station in service: a warning.\n", generated(0)),
        sample("accepted/changed-much", "Half of the figure of a year ago, and less: a warning.\n", |signers| {
            let before = Statement::generation("azerisiq", "2025-Q3");
            let statement = generation().with(|statement| *of_yashma(statement) = *of_yashma(statement) / 3);
            Made::document("istehsal.xml", signed(signers, &statement))
                .before("istehsal-2025-Q3.xml", signed(signers, &before))
                .case(AZERISIQ)
        }),
        sample(
            "rejected/rule.ratio-impossible",
            "Gas in m³ and not in thousands of them: 220 thousand m³ for each MWh.\n",
            saved(|_| {}, |statement| *of_yashma(statement) *= 1000),
        ),
        sample(
            "rejected/rule.without-ground",
            "Gas saved by a station that generated nothing.\n",
            saved(|statement| *of_yashma(statement) = 0, |_| {}),
        ),
    ]
}
