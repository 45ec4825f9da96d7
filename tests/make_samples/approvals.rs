//! Documents that take a submission through a stage: what may not be, and one that may.

use super::drawn::grid;
use super::signers::Signers;
use super::{Made, Sample, sample};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The number of the first receipt that a window gives.
const FIRST: &str = "trial-2026-000001";

/// An approval of what `signed` is, by the body of this number.
pub fn approval(signed: &str, sender: &str, stage: &str, number: &str) -> String {
    let reason = if stage == "refused" { "  <Reason>Xəttin ucu yarımstansiyada deyil.</Reason>\n" } else { "" };
    format!(
        "<Approval xmlns=\"urn:boemis:approval:1\" id=\"A-1\" to=\"trial\" sender=\"{sender}\" dataset=\"grid\"\n    \
         submission=\"{number}\" stage=\"{stage}\"\n    content=\"{}\">\n{reason}</Approval>\n",
        content(signed)
    )
}

/// The digest of its content: what the reference to the whole document says.
fn content(signed: &str) -> String {
    let value = signed.split_once("<ds:DigestValue>").unwrap().1.split_once('<').unwrap().0;
    STANDARD.decode(value).unwrap().iter().map(|octet| format!("{octet:02x}")).collect()
}

fn case(participant: &str, before: &str) -> String {
    format!("participant = \"{participant}\"\nbefore_participant = \"{before}\"")
}

/// A line of Azerenerji's that waits, and what a person of this body makes of it.
fn behind_a_grid(
    (body, sender): (&'static str, &'static str),
    stage: &'static str,
    change: impl Fn(String) -> String + 'static,
) -> impl Fn(&Signers) -> Made {
    move |signers| {
        let waits = signers.xades(&grid(), "azerenerji");
        let document = change(approval(&waits, sender, stage, FIRST));
        Made::document("qerar.xml", signers.xades(&document, body))
            .before("sebeke.xml", waits)
            .case(&case(body, "azerenerji"))
    }
}

pub const OWNER: (&str, &str) = ("energetika", "9990000221");

pub fn table() -> Vec<Sample> {
    let as_it_is = |text: String| text;
    vec![
        sample(
            "accepted/approval-sent-to-checking",
            "The sender sends what waits to checking, by a signed document of its own.\n",
            behind_a_grid(("azerenerji", "9990000631"), "checking", as_it_is),
        ),
        sample(
            "rejected/rule.approval-unknown",
            "A receipt number with a slip: the window knows of no such submission.\n",
            behind_a_grid(OWNER, "approved", |text| text.replace(FIRST, "trial-2026-000100")),
        ),
        sample(
            "rejected/rule.approval-other-content",
            "The digest of another document: nobody approves what he has not seen.\n",
            behind_a_grid(OWNER, "approved", |text| {
                let (before, rest) = text.split_once("content=\"").unwrap();
                format!("{before}content=\"{}{}", "0".repeat(64), &rest[64..])
            }),
        ),
        sample(
            "rejected/rule.approval-not-due",
            "Approved before it was sent to checking.\n",
            behind_a_grid(OWNER, "approved", as_it_is),
        ),
        sample(
            "rejected/authority.may-not-approve",
            "Refused by a body that files in this dataset and does not approve it.\n",
            behind_a_grid(("azerisiq", "9990000761"), "refused", as_it_is),
        ),
        sample(
            "rejected/rule.approval-superseded",
            "Approved although a later revision is there: that one is to be looked at.\n",
            |signers| {
                let first = signers.xades(&grid(), "azerenerji");
                let second = signers.xades(&grid().replace("revision=\"1\"", "revision=\"2\""), "azerenerji");
                let document = approval(&first, OWNER.1, "approved", FIRST);
                Made::document("qerar.xml", signers.xades(&document, OWNER.0))
                    .before("sebeke-1.xml", first)
                    .before("sebeke-2.xml", second)
                    .case(&case(OWNER.0, "azerenerji"))
            },
        ),
        sample(
            "rejected/rule.approval-same-person",
            "Refused by the very person who entered it: it takes four eyes.\n",
            |signers| {
                let own = grid().replace("sender=\"9990000631\"", "sender=\"9990000221\"");
                let waits = signers.xades(&own, OWNER.0);
                let document = approval(&waits, OWNER.1, "refused", FIRST);
                Made::document("qerar.xml", signers.xades(&document, OWNER.0))
                    .before("sebeke.xml", waits)
                    .case(&case(OWNER.0, OWNER.0))
            },
        ),
    ]
}
