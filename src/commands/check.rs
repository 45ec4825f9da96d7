//! `pencere check`: the daemon's exact verdict, nothing loaded or changed (S 4.2.5).

use super::answer::FindingAnswer;
use super::profile::{About, Profile};
use super::{Exit, Format, Outcome, OutputArgs, Screen, Trouble, WindowArgs, files, opening, times};
use crate::daemon::glance::{Glance, Verdict};
use crate::daemon::home::Looked;
use crate::document::{Decision, Digest, GivenName, ParticipantName, SubmissionId};
use crate::finding::{Language, grouped};
use crate::host::{Host, Octets, printable_line};
use crate::intake::folder::signature_names;
use crate::signature::Report;
use crate::staging::{About as Arrival, Custody, Given};
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Say what the window would answer to a file; nothing is loaded or changed
///
/// Names every fault with its place. A signature beside the file (FILE.p7s) is found by
/// itself. A link is followed and a hard link taken here, where the window refuses both in a
/// drop folder.
///
/// With --profile no window is needed: the verdict is that of the window that the profile was
/// made of, for a registered person and with nothing filed before.
///
/// Exit code 0: it would be accepted, wait for approval, or repeat an accepted one.
/// 1: it would be rejected or held.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct CheckArgs {
    /// The files to check
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Judge it as dropped by this participant [default: whoever signed it]
    #[arg(long, value_name = "PARTICIPANT")]
    pub participant: Option<ParticipantName>,
    /// Judge by this profile of a window (`pencere profile export`)
    #[arg(long, value_name = "PROFILE", conflicts_with = "config")]
    pub profile: Option<PathBuf>,
    /// The certificate (PEM) that the profile must be signed with
    #[arg(long, value_name = "FILE", requires = "profile")]
    pub profile_cert: Option<PathBuf>,
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// What `check` answers of one file (CONTRACT 4).
#[derive(Debug, Serialize)]
#[allow(missing_docs)] // the contract's names
struct CheckAnswer<'a> {
    decision: Decision,
    file: String,
    participant: Option<&'a ParticipantName>,
    sender: Option<&'a str>,
    dataset: Option<&'a str>,
    period: Option<String>,
    revision: Option<u16>,
    records: Option<u64>,
    warnings: usize,
    findings: Vec<FindingAnswer<'a>>,
    signature: Report,
    #[serde(skip_serializing_if = "Option::is_none")]
    original: Option<SubmissionId>,
    /// By which profile it was judged, where there is no window.
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<&'a ByProfile>,
}

/// By which profile a file was judged.
#[derive(Clone, Debug, Serialize)]
struct ByProfile {
    #[serde(flatten)]
    about: About,
    signed_by: Digest,
    /// Whether it is signed by the certificate that the caller named; nobody vouches for it else.
    proven: bool,
    not_asked: [&'static str; 5],
}

/// What nobody can tell at home.
const NOT_ASKED: [&str; 5] = ["registration", "rights", "suspension", "revocation", "earlier-submissions"];

/// Runs the command.
///
/// # Errors
/// A file that is missing, a wrong configuration, records or a database that cannot be read.
pub fn run(args: &CheckArgs, screen: &mut Screen) -> Outcome {
    if let Some(profile) = &args.profile {
        return at_home(args, Profile::read(profile, args.profile_cert.as_deref())?, screen);
    }
    let config = opening::config(&args.window, screen)?;
    if let Some(participant) = &args.participant
        && !config.world().registry.participants.contains_key(participant)
    {
        return Err(Trouble::usage(format!("there is no participant “{participant}” in the registry")));
    }
    let verdicts = opening::runtime()?.block_on(async {
        let mut glance = Glance::open(config, Host::system()).await.map_err(opening::halted)?;
        let mut verdicts = Vec::with_capacity(args.files.len());
        for file in &args.files {
            let (about, document, detached) = look(file, args.participant.as_ref(), glance.now())?;
            verdicts.push((file, glance.judge(about, document, detached).await.map_err(opening::halted)?));
        }
        glance.close().await;
        Ok::<_, Trouble>(verdicts)
    })?;
    Ok(say(&verdicts, None, screen))
}

/// The verdict without a window.
fn at_home(args: &CheckArgs, profile: Profile, screen: &mut Screen) -> Outcome {
    let Profile { about, signed_by, home } = profile;
    let bodies = &home.registry().participants;
    if let Some(participant) = args.participant.as_ref().filter(|one| !bodies.contains_key(*one)) {
        return Err(Trouble::usage(format!("there is no participant “{participant}” in the profile")));
    }
    let mut verdicts = Vec::with_capacity(args.files.len());
    for file in &args.files {
        let (arrival, document, detached) = look(file, args.participant.as_ref(), Timestamp::now())?;
        match home.judge(&arrival, &document, detached.as_ref()).map_err(opening::halted)? {
            Looked::Judged(verdict) => verdicts.push((file, *verdict)),
            Looked::Approval => {
                let file = file.display();
                return Err(Trouble::usage(format!(
                    "{file} is an approval: what it is about stands in the window alone"
                )));
            }
        }
    }
    let by = ByProfile { about, signed_by, proven: args.profile_cert.is_some(), not_asked: NOT_ASKED };
    let exit = say(&verdicts, Some(&by), screen);
    screen.say(format!(
        "By the profile of the window {}, made {}, signed by {signed_by}.",
        by.about.window,
        times::both(by.about.made)
    ));
    if by.about.version != env!("CARGO_PKG_VERSION") {
        let (theirs, ours) = (&by.about.version, env!("CARGO_PKG_VERSION"));
        screen.say(format!("The window's program is {theirs} and this one {ours}: their rules may differ."));
    }
    if !by.proven {
        screen.say("Nobody vouches for it: hold that fingerprint against the published one, or use --profile-cert.");
    }
    screen
        .say("Not asked here: whether the signer is registered, with which rights and until when; whether the body is");
    screen.say("suspended; whether the certificate was revoked; and what was filed before.");
    Ok(exit)
}

fn say(verdicts: &[(&PathBuf, Verdict)], by: Option<&ByProfile>, screen: &mut Screen) -> Exit {
    match screen.format() {
        Format::Json => {
            let answers: Vec<_> = verdicts.iter().map(|(file, verdict)| answer(file, verdict, by)).collect();
            match &answers[..] {
                [one] => screen.json(one),
                several => screen.json(&several),
            }
        }
        Format::Text => verdicts.iter().for_each(|(file, verdict)| tell(file, verdict, screen)),
    }
    Exit::answer(verdicts.iter().all(|(_, verdict)| verdict.is_yes()))
}

/// The file with what lies beside it, as if it had been dropped now.
fn look(
    path: &Path,
    participant: Option<&ParticipantName>,
    now: Timestamp,
) -> Result<(Arrival, Octets, Option<Octets>), Trouble> {
    let document = files::octets(path)?;
    // by the names that intake pairs, and as there the usual one before the others
    let beside = signature_names(path.as_os_str()).map(PathBuf::from).find(|beside| beside.exists());
    let detached = beside.as_ref().map(|beside| files::octets(beside)).transpose()?;
    let given = |path: &Path, octets: &Octets| {
        let name = GivenName::new(path.file_name().unwrap_or(path.as_os_str()));
        let sha256 = Digest::of_reader(octets.reader()).map_err(|error| Trouble::reading(path, &error))?;
        Ok::<_, Trouble>(Given { name, size: octets.len(), sha256 })
    };
    let about = Arrival {
        id: SubmissionId::new(now),
        received: now,
        participant: participant.cloned(),
        document: given(path, &document)?,
        detached: beside.as_ref().zip(detached.as_ref()).map(|(path, octets)| given(path, octets)).transpose()?,
        mail_signed: false,
        custody: Custody::Glance,
    };
    Ok((about, document, detached))
}

fn answer<'a>(file: &Path, verdict: &'a Verdict, by: Option<&'a ByProfile>) -> CheckAnswer<'a> {
    let known = &verdict.matter.known;
    CheckAnswer {
        decision: verdict.decision,
        file: file.display().to_string(),
        participant: known.participant.as_ref(),
        sender: known.voen.as_ref().map(|voen| voen.as_str()),
        dataset: known.dataset.as_ref().map(|dataset| dataset.as_str()),
        period: known.period.map(|period| period.to_string()).filter(|period| !period.is_empty()),
        revision: known.revision.map(|revision| revision.get()),
        records: known.records,
        warnings: verdict.warnings(),
        findings: verdict.findings.iter().map(FindingAnswer::of).collect(),
        signature: verdict.matter.report.clone().unwrap_or_else(Report::none),
        original: verdict.original.map(|(id, _)| id),
        profile: by,
    }
}

fn tell(file: &Path, verdict: &Verdict, screen: &mut Screen) {
    let known = &verdict.matter.known;
    let name = printable_line(&file.display().to_string());
    let word = match verdict.decision {
        Decision::Accepted => "would be accepted",
        Decision::Rejected => "would be rejected",
        Decision::Duplicate => "is a duplicate",
        Decision::Pending => "would wait for approval",
        Decision::Held => "would be held: nobody can tell yet",
        Decision::Contested => "would be contested",
    };
    screen.say(format!("{name}: {word}"));
    let mut facts = Vec::new();
    facts.extend(known.participant.as_ref().map(ToString::to_string));
    facts.extend(known.dataset.as_ref().map(ToString::to_string));
    facts.extend(known.period.map(|period| period.to_string()).filter(|period| !period.is_empty()));
    facts.extend(known.revision.map(|revision| format!("revision {revision}")));
    facts.extend(known.records.map(|records| format!("{records} records")));
    if !facts.is_empty() {
        screen.say(format!("  {}", facts.join(", ")));
    }
    if let Some((original, decision)) = verdict.original {
        screen.say(format!("  the same content as submission {original}, which is {decision}"));
    }
    let messages = |language| {
        let all = verdict.findings.iter().map(|finding| (finding.code.slug(), finding.message(language)));
        grouped(all, language)
    };
    for ((nth, english), (_, azerbaijani)) in messages(Language::En).into_iter().zip(messages(Language::Az)) {
        let Some(finding) = verdict.findings.get(nth) else { continue };
        let place = &finding.place;
        let mut places = Vec::new();
        places.extend(place.row.map(|row| format!("row {row}")));
        places.extend(place.line.map(|line| format!("line {line}")));
        places.extend(place.column.map(|column| format!("column {column}")));
        let places = if places.is_empty() { String::new() } else { format!(" at {}", places.join(", ")) };
        screen.say(format!("  {}{places}", finding.code.slug()));
        screen.say(format!("    {english}"));
        screen.say(format!("    {azerbaijani}"));
    }
}
