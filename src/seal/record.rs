//! The outcome record: everything a receipt may say, bounded. The seal takes this and nothing
//! else; it never signs a digest or a free text that somebody hands it.

use crate::document::{Decision, Digest, Digester, SubmissionId};
use crate::finding::{Finding, Hint, Place};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt::Display;

/// A file as a receipt speaks of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRecord {
    /// Its name as shown (percent-encoded when odd).
    pub name: String,
    /// Its SHA-256; none for what is no file and was never read.
    pub sha256: Option<Digest>,
    /// Its size in octets; none likewise.
    pub size: Option<u64>,
}

/// The earlier submission that a duplicate repeats.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OriginalRecord {
    /// Its id.
    pub id: SubmissionId,
    /// Its receipt's number.
    pub number: String,
    /// What was decided on it.
    pub decision: Decision,
}

/// Who signed, as a receipt says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignerRecord {
    /// Subject of the certificate; none when nobody can tell who signed.
    pub subject: Option<String>,
    /// Its fingerprint; none likewise.
    pub certificate_sha256: Option<Digest>,
    /// Main indication, in the words of EN 319 102-1.
    pub indication: String,
    /// Sub-indication; none when passed.
    pub sub_indication: Option<String>,
}

/// A total that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TotalRecord {
    /// Title in Azerbaijani.
    pub title_az: String,
    /// Title in English.
    pub title_en: String,
    /// Exact value.
    pub value: String,
    /// Unit, empty for a count.
    pub unit: String,
}

/// Everything a receipt may say, bounded. The seal takes this and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutcomeRecord {
    /// The submission.
    pub id: SubmissionId,
    /// 1 for the first answer of a submission, 2 for the next, and so on; held answers count too.
    pub answer: u32,
    /// The word.
    pub decision: Decision,
    /// When it was received.
    pub received: Timestamp,
    /// The document.
    pub document: FileRecord,
    /// Its detached signature.
    pub signature: Option<FileRecord>,
    /// For a duplicate.
    pub original: Option<OriginalRecord>,
    /// VÖEN and slug of the sender, when settled; the folder's slug alone before.
    pub voen: Option<String>,
    /// See `voen`.
    pub participant: Option<String>,
    /// Dataset, period, revision, when read.
    pub dataset: Option<String>,
    /// See `dataset`.
    pub period: Option<String>,
    /// See `dataset`.
    pub revision: Option<u16>,
    /// Records read.
    pub records: Option<u64>,
    /// Signers.
    pub signers: Vec<SignerRecord>,
    /// Totals read.
    pub understood: Vec<TotalRecord>,
    /// Findings, errors first.
    pub findings: Vec<Finding>,
}

impl OutcomeRecord {
    /// Most findings in one receipt: more than a person reads in one sitting, and with
    /// [`OutcomeRecord::TEXT_MAX`] a receipt stays far below a mebibyte.
    pub const FINDINGS_MAX: usize = 200;
    /// Most signers in one receipt.
    pub const SIGNERS_MAX: usize = 32;
    /// Most totals in one receipt.
    pub const TOTALS_MAX: usize = 64;
    /// Longest single text, in octets. A percent-encoded name needs three for each of its 255.
    pub const TEXT_MAX: usize = 1024;

    /// The first thing that passes a bound.
    pub(super) fn unbounded(&self) -> Option<&'static str> {
        let long = |text: &str| text.len() > Self::TEXT_MAX;
        let long_option = |text: &Option<String>| text.as_deref().is_some_and(long);
        let checks = [
            ("findings", self.findings.len() > Self::FINDINGS_MAX),
            ("signers", self.signers.len() > Self::SIGNERS_MAX),
            ("totals", self.understood.len() > Self::TOTALS_MAX),
            ("a name", long(&self.document.name) || self.signature.as_ref().is_some_and(|file| long(&file.name))),
            (
                "sender, dataset or period",
                [&self.voen, &self.participant, &self.dataset, &self.period].into_iter().any(long_option),
            ),
            ("the original's number", self.original.as_ref().is_some_and(|original| long(&original.number))),
            ("a signer", self.signers.iter().any(|signer| long_option(&signer.subject) || long(&signer.indication))),
            (
                "a total",
                self.understood.iter().any(|total| {
                    [&total.title_az, &total.title_en, &total.value, &total.unit].into_iter().any(|t| long(t))
                }),
            ),
            (
                "a finding",
                self.findings.iter().any(|finding| {
                    long_option(&finding.place.path)
                        || long_option(&finding.found)
                        || long_option(&finding.wanted)
                        || finding.hint.as_ref().is_some_and(|hint| long(&hint.az) || long(&hint.en))
                }),
            ),
        ];
        checks.into_iter().find(|(_, passed)| *passed).map(|(what, _)| what)
    }

    /// The digest by which the seal knows an outcome again. It covers the facts, not the
    /// sentences made of them, so that a better wording is no contradiction.
    pub fn digest(&self) -> Digest {
        // taken apart whole, so that a new field cannot be forgotten here
        let Self {
            id,
            answer,
            decision,
            received,
            document,
            signature,
            original,
            voen,
            participant,
            dataset,
            period,
            revision,
            records,
            signers,
            understood,
            findings,
        } = self;
        let mut facts = Facts(Digester::new());
        facts.put("outcome-1");
        facts.put(id);
        facts.put(answer);
        facts.put(decision);
        facts.put(received.as_second());
        facts.file(document);
        facts.count(usize::from(signature.is_some()));
        signature.iter().for_each(|file| facts.file(file));
        facts.count(usize::from(original.is_some()));
        if let Some(OriginalRecord { id, number, decision }) = original {
            facts.put(id);
            facts.put(number);
            facts.put(decision);
        }
        facts.option(voen);
        facts.option(participant);
        facts.option(dataset);
        facts.option(period);
        facts.option(revision);
        facts.option(records);
        facts.count(signers.len());
        for SignerRecord { subject, certificate_sha256, indication, sub_indication } in signers {
            facts.option(subject);
            facts.option(certificate_sha256);
            facts.put(indication);
            facts.option(sub_indication);
        }
        facts.count(understood.len());
        for TotalRecord { title_az, title_en, value, unit } in understood {
            [title_az, title_en, value, unit].into_iter().for_each(|text| facts.put(text));
        }
        facts.count(findings.len());
        for Finding { code, place: Place { offset: _, line, column, path, row }, found, wanted, hint } in findings {
            facts.put(code.slug());
            facts.option(line);
            facts.option(column);
            facts.option(path);
            facts.option(row);
            facts.option(found);
            facts.option(wanted);
            facts.count(usize::from(hint.is_some()));
            if let Some(Hint { az, en }) = hint {
                facts.put(az);
                facts.put(en);
            }
        }
        facts.0.finish()
    }
}

/// Facts under way into a digest, each with its length before it, so that no two lists of facts
/// give the same octets.
struct Facts(Digester);

impl Facts {
    fn put(&mut self, fact: impl Display) {
        let text = fact.to_string();
        self.count(text.len());
        self.0.update(text.as_bytes());
    }

    fn option<T: Display>(&mut self, fact: &Option<T>) {
        self.count(usize::from(fact.is_some()));
        fact.iter().for_each(|fact| self.put(fact));
    }

    fn count(&mut self, count: usize) {
        self.0.update(&(count as u64).to_be_bytes());
    }

    fn file(&mut self, FileRecord { name, sha256, size }: &FileRecord) {
        self.put(name);
        self.option(sha256);
        self.option(size);
    }
}
