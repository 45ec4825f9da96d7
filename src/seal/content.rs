//! The content of a receipt: its XML without the signature, canonical as it is written.
//!
//! Elements stand in the order of the contract; attributes in canonical order, by name. What is
//! not known is left out. Never signs, never reads a clock.

use super::escape::{attribute, text};
use super::{Commitment, FileRecord, OutcomeRecord, Window};
use crate::document::Digest;
use crate::finding::{Finding, Language, Severity, Stage};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use std::ops::Range;

/// Namespace of receipts.
pub const NAMESPACE: &str = "urn:boemis:receipt:1";

/// Longest sentence of a finding, in characters; longer ones are cut.
const MESSAGE_MAX: usize = 2000;

/// The end tag behind which nothing stands, and before which the signature goes.
pub(super) const END: &str = "</Receipt>";

/// Between these two stands what is said; before it what the seal adds, behind it the place in the log.
pub(crate) const SAID_BEGINS: &str = "</Issued>";
/// See [`SAID_BEGINS`].
pub(crate) const SAID_ENDS: &str = "<Log>";

/// Appends the whole canonical document, without a signature; where in it stands what is said.
pub(super) fn write(
    out: &mut String,
    record: &OutcomeRecord,
    window: &Window,
    (number, issued): (&str, Timestamp),
    commitment: Option<&Commitment>,
) -> Range<usize> {
    out.push_str("<Receipt xmlns=\"urn:boemis:receipt:1\"");
    attribute(out, "environment", &window.environment);
    attribute(out, "id", &record.id.to_string());
    attribute(out, "number", number);
    attribute(out, "window", &window.id);
    out.push_str("><Issued");
    // the window's own requisite: who answers (C 27, 3.1)
    attribute(out, "by", &window.name);
    out.push('>');
    out.push_str(&seconds(issued));
    out.push_str(SAID_BEGINS);
    let begin = out.len();
    said(out, record);
    let end = out.len();
    if let Some(commitment) = commitment {
        log(out, commitment);
    }
    out.push_str(END);
    begin..end
}

/// Appends what the receipt says: all that is no addition of the seal's, and no proof.
pub(super) fn said(out: &mut String, record: &OutcomeRecord) {
    element(out, "Received", &seconds(record.received));
    element(out, "Decision", record.decision.as_str());
    file(out, "Document", &record.document);
    if let Some(signature) = &record.signature {
        file(out, "Signature", signature);
    }
    if let Some(original) = &record.original {
        out.push_str("<Original");
        attribute(out, "decision", original.decision.as_str());
        attribute(out, "id", &original.id.to_string());
        attribute(out, "number", &original.number);
        out.push_str("></Original>");
    }
    sender_and_submission(out, record);
    for signer in &record.signers {
        out.push_str("<Signer");
        if let Some(digest) = &signer.certificate_sha256 {
            attribute(out, "certificate-sha256", &digest.to_string());
        }
        attribute(out, "indication", &signer.indication);
        optional(out, "sub-indication", signer.sub_indication.as_deref());
        optional(out, "subject", signer.subject.as_deref());
        out.push_str("></Signer>");
    }
    if !record.understood.is_empty() {
        understood(out, record);
    }
    for finding in &record.findings {
        self::finding(out, finding);
    }
}

/// The place in the transparency log, with its proofs: hashes in Base64, as checkpoints have them.
fn log(out: &mut String, commitment: &Commitment) {
    let Commitment { entry, index, inclusion, size: _, checkpoint, key, since, previous } = commitment;
    out.push_str(SAID_ENDS);
    out.push_str("<Checkpoint");
    attribute(out, "key", key);
    out.push('>');
    text(out, checkpoint);
    out.push_str("</Checkpoint><Entry");
    attribute(out, "index", &index.to_string());
    out.push('>');
    text(out, entry);
    out.push_str("</Entry>");
    element(out, "Inclusion", &hashes(inclusion));
    if let Some(since) = since {
        out.push_str("<Consistency");
        attribute(out, "from", &since.size.to_string());
        attribute(out, "root", &BASE64.encode(since.root.as_bytes()));
        out.push('>');
        text(out, &hashes(&since.proof));
        out.push_str("</Consistency>");
    }
    if let Some(previous) = previous {
        out.push_str("<Previous");
        attribute(out, "content-sha256", &previous.content.to_string());
        attribute(out, "number", &previous.number);
        attribute(out, "size", &previous.size.to_string());
        out.push_str("></Previous>");
    }
    out.push_str("</Log>");
}

fn hashes(hashes: &[Digest]) -> String {
    let mut text = String::with_capacity(hashes.len() * 45);
    for hash in hashes {
        if !text.is_empty() {
            text.push(' ');
        }
        BASE64.encode_string(hash.as_bytes(), &mut text);
    }
    text
}

fn sender_and_submission(out: &mut String, record: &OutcomeRecord) {
    if record.voen.is_some() || record.participant.is_some() {
        out.push_str("<Sender");
        optional(out, "participant", record.participant.as_deref());
        optional(out, "voen", record.voen.as_deref());
        out.push_str("></Sender>");
    }
    let revision = record.revision.map(|revision| revision.to_string());
    let records = record.records.map(|records| records.to_string());
    if record.dataset.is_some() || record.period.is_some() || revision.is_some() || records.is_some() {
        out.push_str("<Submission");
        optional(out, "dataset", record.dataset.as_deref());
        optional(out, "period", record.period.as_deref());
        optional(out, "records", records.as_deref());
        optional(out, "revision", revision.as_deref());
        out.push_str("></Submission>");
    }
}

fn understood(out: &mut String, record: &OutcomeRecord) {
    out.push_str("<Understood>");
    for total in &record.understood {
        out.push_str("<Total");
        attribute(out, "unit", &total.unit);
        out.push_str("><Title xml:lang=\"az\">");
        text(out, &total.title_az);
        out.push_str("</Title><Title xml:lang=\"en\">");
        text(out, &total.title_en);
        out.push_str("</Title>");
        element(out, "Value", &total.value);
        out.push_str("</Total>");
    }
    out.push_str("</Understood>");
}

fn finding(out: &mut String, finding: &Finding) {
    let place = &finding.place;
    let number = |value: Option<u64>| value.map(|value| value.to_string());
    out.push_str("<Finding");
    attribute(out, "clause", finding.code.clause());
    attribute(out, "code", finding.code.slug());
    optional(out, "column", number(place.column).as_deref());
    optional(out, "line", number(place.line).as_deref());
    optional(out, "path", place.path.as_deref());
    attribute(out, "reason", finding.code.reason());
    optional(out, "row", number(place.row).as_deref());
    attribute(out, "severity", severity(finding.severity()));
    attribute(out, "stage", stage(finding.code.stage()));
    out.push('>');
    for (language, start) in [(Language::Az, "<Message xml:lang=\"az\">"), (Language::En, "<Message xml:lang=\"en\">")]
    {
        let message = finding.message(language);
        out.push_str(start);
        match message.char_indices().nth(MESSAGE_MAX) {
            None => text(out, &message),
            Some((end, _)) => {
                text(out, &message[..end]);
                out.push('…');
            }
        }
        out.push_str("</Message>");
    }
    out.push_str("</Finding>");
}

fn file(out: &mut String, name: &str, file: &FileRecord) {
    out.push('<');
    out.push_str(name);
    attribute(out, "name", &file.name);
    if let Some(sha256) = &file.sha256 {
        attribute(out, "sha256", &sha256.to_string());
    }
    if let Some(size) = file.size {
        attribute(out, "size", &size.to_string());
    }
    out.push_str("></");
    out.push_str(name);
    out.push('>');
}

fn element(out: &mut String, name: &str, content: &str) {
    out.push('<');
    out.push_str(name);
    out.push('>');
    text(out, content);
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

fn optional(out: &mut String, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        attribute(out, name, value);
    }
}

/// A time in UTC to the second, `2026-11-21T20:35:58Z` (RFC 3339).
pub(super) fn seconds(at: Timestamp) -> String {
    Timestamp::from_second(at.as_second()).unwrap_or(at).to_string()
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Intake => "intake",
        Stage::Signature => "signature",
        Stage::Authority => "authority",
        Stage::Schema => "schema",
        Stage::Rule => "rule",
        Stage::Load => "load",
        Stage::Receipt => "receipt",
    }
}
