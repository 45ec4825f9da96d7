//! Returned: beside the receipt of a rejected table its faulty rows, to be mended.
//!
//! Made from the sealed receipt and the original in evidence, beside descriptions and register, and from nothing else,
//! so that it is the same whenever it is made. What to write is [`returned`](crate::schema::returned())'s. A
//! courtesy, made where the pages are made: whoever waits for an answer does not wait for it.

use super::again::staged;
use super::judgement::{Judge, Matter};
use crate::document::Decision;
use crate::evidence::Reader;
use crate::finding::{Code, Language};
use crate::journal::Held;
use crate::receipt::Told;
use crate::schema::RowFault;

/// A rejected document, and what it was judged by.
#[derive(Debug)]
pub(super) struct Original {
    pub(super) held: Held,
    pub(super) judge: Judge,
    pub(super) evidence: Reader,
}

impl Original {
    /// The faulty rows of the document that this receipt speaks of; none where it is no table or no row is at fault.
    ///
    /// # Errors
    /// In words: a receipt or an original that cannot be read.
    pub(super) fn rows(&self, receipt: &[u8]) -> Result<Option<String>, String> {
        let told = Told::read_octets(receipt).map_err(|finding| finding.message(Language::En))?;
        if told.decision != Decision::Rejected.as_str() {
            return Ok(None);
        }
        let errors = || told.findings.iter().filter(|finding| finding.severity == "error");
        let faults: Vec<RowFault> = errors()
            .filter_map(|finding| {
                let row = finding.row.as_deref()?.parse().ok()?;
                Some(RowFault { row, column: finding.path.clone(), message: finding.message_az.clone() })
            })
            .collect();
        if faults.is_empty() {
            return Ok(None);
        }
        let more = errors().any(|finding| finding.code == Code::SchemaTooManyFaults.slug());
        let Self { held, judge, evidence } = self;
        let staged = staged(held, evidence).map_err(|error| error.to_string())?;
        let mut matter = Matter::new(staged.about());
        let authorised = judge.verify(staged, &mut matter).and_then(|verified| judge.authorise(verified, &mut matter));
        // by another trust or registry than at the reception it may not pass any more: then there is the receipt alone
        let Ok(authorised) = authorised else { return Ok(None) };
        judge.returned(authorised, faults, more)
    }
}
