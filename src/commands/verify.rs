//! `pencere verify`: the signatures alone, of any signed file, with no window.

use super::{Exit, Outcome, OutputArgs, Screen, Trouble, files, times};
use crate::config;
use crate::finding::{Code, Finding, Language};
use crate::forms::certificate::Certificate;
use crate::forms::claims::{Claims, SignaturePolicy};
use crate::forms::xmldsig::DS;
use crate::host::{self, Octets};
use crate::intake::folder::signature_names;
use crate::signature::{self, Context, Indication, Integrity, Policy, Reason, Report, SignatureReport, SubIndication};
use crate::signature::{Checks, CmsKind, CmsLimits, StampKind, StampReport, Suite, TimeSource};
use crate::trust::{IdentityProfile, Snapshot};
use crate::xml::Limits;
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Check the signatures of any signed file; needs no window
///
/// The file may be XML, CMS (.p7s, .p7m) or an ASiC container (.asice, .asics, .edoc). A detached
/// signature (FILE.p7s) finds the file that it speaks of beside it, or is told with --content.
/// Without --trust, it can be said whether a signature is intact, but not whose word it is.
///
/// Exit code 0: every signature passed (TOTAL-PASSED). 1: one failed, or cannot be judged.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct VerifyArgs {
    /// The signed file, or the detached signature
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The file that a detached signature speaks of
    #[arg(long, value_name = "FILE")]
    pub content: Option<PathBuf>,
    /// A trusted certificate (PEM), or a folder of them; may be given several times
    #[arg(long, value_name = "PATH")]
    pub trust: Vec<PathBuf>,
    /// Judge as of this moment, as 2026-10-05T09:00:00+04:00 [default: now]
    #[arg(long, value_name = "RFC3339")]
    pub at: Option<Timestamp>,
    /// A cryptographic policy, in the form of config/policy.toml [default: the built-in one]
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Tell everything that was asked of each signature, and how it was answered
    #[arg(long)]
    pub explain: bool,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// The answer for programs (CONTRACT 4): the report, and by which policy it was given, where there was
/// anything to judge by it.
#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    report: &'a Report,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<Named<'a>>,
}

#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
    version: &'a str,
}

/// Judges every signature.
///
/// # Errors
/// Usage: a file is missing, or a detached signature has no document. Broken: the disk's.
pub fn run(args: &VerifyArgs, screen: &mut Screen) -> Outcome {
    let file = files::octets(&args.file)?;
    let content = content(args, &file)?;
    let anchors = anchors(&args.trust, screen)?;
    // whom the caller names is believed, about time as well
    let trust = Snapshot::new(anchors.clone(), Vec::new(), None, SignedDuration::ZERO, Timestamp::now());
    let trust = trust.with_clocks(anchors);
    // plain signatures count, and trial certificates do when the caller names their authority
    let (policy, profile) = (Policy { suite: suite(args)?, ..Policy::trial() }, IdentityProfile::standard());
    let (at, time_source) = match args.at {
        Some(at) => (at, TimeSource::Asserted),
        None => (Timestamp::now(), TimeSource::Now),
    };
    let context = Context { trust: &trust, policy: &policy, profile: &profile, at, time_source };
    let examined = signature::examine(&file, content.as_ref(), &context, &Limits::default());
    let (report, nothing) = examined.map_err(|error| Trouble::broken(format!("{}: {error}", args.file.display())))?;
    let report = match &nothing {
        Some(finding) => unprocessed(&file, finding, time_source).unwrap_or(report),
        None => report,
    };
    let Suite { name, version, .. } = &*policy.suite;
    let is_judged = !report.signatures.is_empty();
    screen.json(&Answer { report: &report, policy: is_judged.then_some(Named { name, version }) });
    tell(&report, nothing.as_ref(), args.explain, screen);
    if is_judged {
        screen.say(format!("\nJudged by the cryptographic policy {name} {version}."));
    }
    let beside = signature_names(args.file.as_os_str()).map(PathBuf::from).find(|beside| beside.is_file());
    if let Some(beside) = beside.filter(|_| report.signatures.is_empty() && content.is_none()) {
        screen.say(format!("A signature file lies beside it: pencere verify {}", beside.display()));
    }
    if args.trust.is_empty() && report.sub_indication == Some(SubIndication::NoCertificateChainFound) {
        screen.say("Nobody was named with --trust, so nobody's word counts.");
    }
    Ok(Exit::answer(report.indication == Indication::TotalPassed))
}

/// The suite that `--policy` names, or the built-in one.
fn suite(args: &VerifyArgs) -> Result<Arc<Suite>, Trouble> {
    let Some(path) = &args.policy else { return Ok(Suite::built_in()) };
    let told = |mistakes: Vec<config::Mistake>| {
        Trouble::usage(mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    };
    config::suite_of(path).map_err(told)
}

/// What a detached signature speaks of: what `--content` names, or the document beside it. None for a
/// file with its signature inside.
fn content(args: &VerifyArgs, file: &Octets) -> Result<Option<Octets>, Trouble> {
    if let Some(path) = &args.content {
        return files::octets(path).map(Some);
    }
    let named = args.file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("p7s"));
    let kind = signature::cms_kind(file, &CmsLimits::default());
    match kind.map_err(|error| Trouble::reading(&args.file, &error))? {
        // what lies beside a signature file is what people read: it must be what was signed
        Some(CmsKind::Attached) if named && args.file.with_extension("").is_file() => {}
        Some(CmsKind::Attached) => return Ok(None),
        Some(CmsKind::Detached) => {}
        None if named => {} // the judge says what it is
        None => return Ok(None),
    }
    let beside = args.file.with_extension("");
    match named && beside.is_file() {
        true => files::octets(&beside).map(Some),
        false => Err(Trouble::usage(format!(
            "{} is a detached signature: name the file that it speaks of with --content{}",
            args.file.display(),
            if named { format!(" ({} is not there)", beside.display()) } else { String::new() },
        ))),
    }
}

/// The certificates of the files and folders named; in a folder those whose name says so.
pub(super) fn anchors(paths: &[PathBuf], screen: &mut Screen) -> Result<Vec<Certificate>, Trouble> {
    let mut anchors = Vec::new();
    for path in paths {
        if !path.is_dir() {
            anchors.extend(files::certificates(path)?);
            continue;
        }
        let before = anchors.len();
        for file in folder(path).map_err(|error| Trouble::reading(path, &error))? {
            match files::certificates(&file) {
                Ok(found) => anchors.extend(found),
                Err(trouble) => screen.note(format!("pencere: passed over: {trouble}")),
            }
        }
        if anchors.len() == before {
            return Err(Trouble::usage(format!("{} holds no certificate (*.pem *.crt *.cer)", path.display())));
        }
    }
    Ok(anchors)
}

fn folder(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let path = entry?.path();
        let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
        if ending.is_some_and(|ending| ["pem", "crt", "cer"].contains(&ending.as_str())) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The report on a file whose kind is not processed: nobody can tell (CONTRACT 4), which is another
/// thing than no signature at all.
fn unprocessed(file: &Octets, finding: &Finding, time_source: TimeSource) -> Option<Report> {
    let format = match finding.code {
        Code::SignatureUnsupported => finding.found.clone().unwrap_or_default(),
        Code::SignaturePdf => "PDF".to_owned(),
        Code::SignatureContainerLimit => "ASiC".to_owned(),
        // A DTD, another encoding, a document past the limits: there may well be a good signature in it.
        Code::SchemaForbidden | Code::SchemaEncoding | Code::SchemaLimit if mentions_signatures(file) => {
            "XML".to_owned()
        }
        _ => return None,
    };
    let report = SignatureReport {
        format,
        integrity: Integrity::Unsupported,
        indication: Indication::Indeterminate,
        sub_indication: Some(SubIndication::Generic),
        signer: None,
        signing_time: None,
        time_source,
        properties: None,
        timestamps: Vec::new(),
        counter_signatures: 0,
        covers_whole_document: false,
        reasons: vec![Reason { code: finding.code.slug(), message: finding.message(Language::En) }],
        checks: Checks::default(),
    };
    Some(Report::of([report].iter()))
}

/// Whether the namespace of XML Signature stands in a file that lies in memory; of a larger one it is
/// assumed.
fn mentions_signatures(file: &Octets) -> bool {
    file.in_memory().is_none_or(|octets| memchr::memmem::find(octets, DS.as_bytes()).is_some())
}

/// The verdict for people: one line for the file, then each signature.
fn tell(report: &Report, nothing: Option<&Finding>, explain: bool, screen: &mut Screen) {
    lines(report, nothing, explain).iter().for_each(|line| screen.say(line));
}

/// The same, line by line.
pub(super) fn lines(report: &Report, nothing: Option<&Finding>, explain: bool) -> Vec<String> {
    let mut all = vec![verdict(report.indication, report.sub_indication)];
    if let Some(finding) = nothing.filter(|_| report.signatures.is_empty()) {
        all.push(format!("  {}\n  {}", finding.code.slug(), finding.message(Language::En)));
    } else if report.signatures.is_empty() {
        all.push(format!("  {}", Finding::new(Code::SignatureMissing).message(Language::En)));
    }
    if report.signatures.is_empty() {
        all.extend(report.timestamps.iter().map(|stamp| format!("  stamped   {}", stamped(stamp))));
    }
    for (number, signature) in report.signatures.iter().enumerate() {
        let mut lines = vec![format!("\nSignature {} ({})", number + 1, signature.format)];
        let mut line = |label: &str, value: &str| lines.push(format!("  {label:<10}{value}"));
        line("verdict", &verdict(signature.indication, signature.sub_indication));
        line("integrity", word(signature.integrity));
        match &signature.signer {
            Some(signer) => {
                // RFC 4514 text of the certificate may name a FİN: only the JSON answer repeats it bare
                line("signer", &masked(&signer.subject, signer.fin.as_deref()));
                line("body", signer.voen.as_deref().unwrap_or("-"));
                line("cert", &signer.certificate_sha256.to_string());
            }
            None => line("signer", "-"),
        }
        line("signed", &signature.signing_time.map_or_else(|| "-".to_owned(), times::both));
        for claim in signature.properties.iter().flat_map(|claims| claimed(claims)) {
            line(claim.0, &claim.1);
        }
        for stamp in &signature.timestamps {
            line(if stamp.kind == StampKind::Signature { "stamped" } else { "kept" }, &stamped(stamp));
        }
        if signature.counter_signatures > 0 {
            line("counter", &format!("{} counter-signatures, not judged", signature.counter_signatures));
        }
        line("judged", time_source(signature.time_source));
        line("covers", if signature.covers_whole_document { "the whole document" } else { "not the whole document" });
        for reason in &signature.reasons {
            line("reason", reason.code);
            line("", &reason.message);
        }
        for row in signature.checks.rows().filter(|_| explain) {
            let found = row.found.map_or_else(String::new, |found| format!(" ({found})"));
            lines.push(format!("  {:<10}{}{found}", row.answer.as_str(), row.question(Language::En)));
        }
        all.push(lines.join("\n"));
    }
    all
}

/// One time-stamp: when, and what that is worth.
fn stamped(stamp: &StampReport) -> String {
    let time = stamp.time.map_or_else(|| "-".to_owned(), times::both);
    match &stamp.reason {
        None => time,
        Some(reason) => format!("{time}, which proves nothing: {}", reason.message),
    }
}

/// What the signer says, each with its label: claims, which nobody has looked into.
fn claimed(claims: &Claims) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    match &claims.policy {
        Some(SignaturePolicy::Implied) => lines.push(("policy", "the one that follows from what is signed".to_owned())),
        Some(SignaturePolicy::Named { id, .. }) => lines.push(("policy", id.clone())),
        None => {}
    }
    lines.extend(claims.roles.iter().map(|role| ("role", format!("{role}, as the signer says"))));
    lines.extend(claims.commitments.iter().map(|commitment| ("commits", commitment.clone())));
    if !claims.place.is_empty() {
        lines.push(("place", claims.place.join(", ")));
    }
    let formats = claims.formats.iter().filter_map(|one| one.media_type.as_ref().or(one.description.as_ref()));
    lines.extend(formats.map(|format| ("kind", format.clone())));
    lines.into_iter().map(|(label, text)| (label, host::printable_line(&text))).collect()
}

fn verdict(indication: Indication, sub_indication: Option<SubIndication>) -> String {
    let sub = sub_indication.and_then(|sub| match serde_json::to_value(sub) {
        Ok(serde_json::Value::String(word)) => Some(format!(" / {word}")),
        _ => None,
    });
    format!("{}{}", indication.as_str(), sub.unwrap_or_default())
}

fn time_source(source: TimeSource) -> &'static str {
    match source {
        TimeSource::Timestamp => "at the moment that a time-stamp proves",
        TimeSource::Reception => "at its reception",
        TimeSource::Asserted => "at the moment that was asked for",
        TimeSource::Now => "at this moment",
    }
}

pub(super) fn word(integrity: Integrity) -> &'static str {
    match integrity {
        Integrity::Intact => "intact",
        Integrity::Broken => "broken",
        Integrity::Unsupported => "unsupported",
    }
}

fn masked(subject: &str, fin: Option<&str>) -> String {
    match fin.and_then(|fin| fin.parse::<crate::document::Fin>().ok()) {
        Some(fin) => subject.replace(fin.reveal(), &fin.to_string()),
        None => subject.to_owned(),
    }
}
