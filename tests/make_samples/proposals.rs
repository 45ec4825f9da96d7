//! Corrections that a body proposes to another body's data: what may not be, one that may, and one that came too late.

use super::approvals::{OWNER, approval};
use super::signers::Signers;
use super::statement::{AZERENERJI, AZERISIQ, Statement};
use super::{Made, Sample, sample};

/// What Azerenerji has stated.
fn stated() -> Statement {
    Statement::generation("azerenerji", "2026-Q3")
}

/// What Azerisiq proposes in its place.
fn proposed() -> Statement {
    let said = [("replaces", "1"), ("reason", "measurement"), ("about", AZERENERJI)];
    stated().corrected("2", -1_250).with(|statement| {
        statement.sender = AZERISIQ.to_owned();
        statement.said = said.map(|(name, value)| (name, value.to_owned())).to_vec();
    })
}

const CASE: &str = "participant = \"azerisiq\"\nbefore_participant = \"azerenerji\"";

/// A proposal, behind what it is about.
fn behind(change: impl Fn(&mut Statement) + 'static) -> impl Fn(&Signers) -> Made {
    move |signers| {
        let document = proposed().with(|statement| change(statement)).xml();
        Made::document("teklif.xml", signers.xades(&document, "azerisiq"))
            .before("birinci.xml", signers.xades(&stated().xml(), "azerenerji"))
            .case(CASE)
    }
}

/// Takes one of the claims away.
fn without(name: &'static str) -> impl Fn(&mut Statement) {
    move |statement| statement.said.retain(|(said, _)| *said != name)
}

/// Claims another body.
fn about(voen: &'static str) -> impl Fn(&mut Statement) {
    move |statement| statement.said[2].1 = voen.to_owned()
}

pub fn table() -> Vec<Sample> {
    vec![
        sample(
            "pending/proposal",
            "A body proposes a correction to another body's data: it waits, though the dataset asks for no approval.\n",
            behind(|_| {}),
        ),
        sample(
            "rejected/authority.about-unknown",
            "A slip in the number of the body whose data are to be corrected.\n",
            behind(about("9990000641")),
        ),
        sample(
            "rejected/authority.about-itself",
            "A body proposes a correction to its own data, which it makes by a revision of its own.\n",
            behind(about(AZERISIQ)),
        ),
        sample(
            "rejected/rule.proposal-ungrounded",
            "The proposal does not say why: who checks it could not know.\n",
            behind(without("reason")),
        ),
        sample(
            "rejected/rule.proposal-of-nothing",
            "The body has stated nothing for the period: there is nothing to correct.\n",
            behind(|statement| statement.period = "2026-Q2".to_owned()),
        ),
        sample(
            "rejected/rule.proposal-outdated",
            "The body corrected its figure itself before the proposal was approved: that one is newer.\n",
            |signers| {
                let waits = signers.xades(&proposed().xml(), "azerisiq");
                let own = stated().corrected("2", -2_000).xml();
                let text = approval(&waits, OWNER.1, "approved", "trial-2026-000002");
                let text = text.replace("dataset=\"grid\"", "dataset=\"generation\"");
                Made::document("qerar.xml", signers.xades(&text, OWNER.0))
                    .before("1-birinci.xml", signers.xades(&stated().xml(), "azerenerji"))
                    .before("2-teklif.xml", waits)
                    .before("3-ikinci.xml", signers.xades(&own, "azerenerji"))
                    .case("participant = \"energetika\"\nbefore_participant = \"azerenerji\"")
                    .case("[before_of]\n\"2-teklif.xml\" = \"azerisiq\"")
            },
        ),
    ]
}
