//! A verdict in words, stage by stage: what was asked, how it was answered, and by what.
//!
//! Text for people. A FİN is masked, as everywhere but in an answer for programs.

use super::judged::{Came, Explained};
use super::past::Past;
use crate::commands::{times, verify};
use crate::daemon::again::{NotJudged, Repeated};
use crate::daemon::dossier::Beside;
use crate::daemon::grounds::Grounds;
use crate::daemon::judgement::Judge;
use crate::document::BAKU;
use crate::finding::{Finding, Language};
use crate::forms::certificate::Certificate;
use crate::schema::Subject;
use crate::seal::OriginalRecord;
use crate::signature::SignatureReport;
use crate::trust::{Heard, When};
use jiff::Timestamp;

/// All verdicts on a submission.
pub(in crate::commands) fn lines(past: &Past, all: &[Explained]) -> Vec<String> {
    let mut lines = vec![format!("{}  {}", past.id, past.name)];
    if let Some(held) = &past.held {
        for file in std::iter::once(&held.document).chain(&held.detached) {
            lines.push(format!("  {}, {} octets, SHA-256 {}", file.name.shown(), file.size, file.sha256));
        }
        lines.push(format!("  received {}", times::both(held.received)));
    }
    let (replaces, by) = (&past.succession.replaces, &past.succession.replaced_by);
    lines.extend(replaces.as_ref().map(|other| format!("  replaces {other}")));
    lines.extend(by.as_ref().map(|other| format!("  replaced by {other}")));
    lines.extend(past.succession.proposals.iter().map(|other| format!("  proposed in its stead: {other}")));
    for one in all {
        lines.push(String::new());
        lines.extend(answer(past, one));
    }
    lines
}

fn answer(past: &Past, one: &Explained) -> Vec<String> {
    let Explained { answered, dossier, by, .. } = one;
    let (grounds, judge) = &**by;
    let mut lines = vec![format!("Answer {}: {}", answered.answer, answered.decision)];
    lines.push(format!("  decided {}", times::both(dossier.decided)));
    lines.push(format!("  receipt {}, SHA-256 {}", answered.receipt.number, answered.receipt.sha256));
    lines.push(format!("  {}", clock(one)));
    lines.push(String::new());
    lines.extend(judged_by(one, grounds));
    lines.push(String::new());
    match &one.came {
        Came::Repeated { again, .. } => lines.extend(stages(again, one, judge)),
        Came::Doubted(_) => {
            lines.push("Later look".to_owned());
            if let Some((when, doubt, _)) = &past.doubt {
                lines.push(format!("  taken at {}", times::both(*when)));
                let whose = if doubt.authority { "an authority's certificate" } else { "the signer's certificate" };
                lines.push(format!("  {whose}, serial number {}, was revoked {}", doubt.serial, doubt.revoked));
                lines.push(format!("  the signature was believed at {}", times::both(doubt.moment)));
            }
        }
        Came::NotJudged(NotJudged::Intake) => {
            lines.push("There is nothing to repeat: intake refused it by how it lay in its folder,".to_owned());
            lines.push("and nobody looked into it. Its receipt says why:".to_owned());
            lines.extend(one.receipt.findings.iter().map(|found| format!("  {}: {}", found.code, found.message_en)));
        }
        Came::NotJudged(NotJudged::Mark) => {
            lines.push(
                "There is nothing to repeat: a load of it stood in BOEMİS, committed by a window that was".to_owned(),
            );
            lines.push("stopped before it answered. The load decided, and no judgement.".to_owned());
        }
        Came::NotJudged(NotJudged::Ruling(by)) => {
            lines.push(format!("There is nothing to repeat: the document {by} ruled on it, and was judged for"));
            lines.push(format!("itself; `pencere explain {by}` repeats that."));
        }
    }
    lines.push(String::new());
    lines.push(match one.same() {
        Some(true) => "Repeated: the verdict is the same.".to_owned(),
        Some(false) => "Repeated: the verdict is NOT the same:".to_owned(),
        None => "Not repeated.".to_owned(),
    });
    lines.extend(one.differs().iter().map(|what| format!("  {what}")));
    lines
}

fn clock(one: &Explained) -> String {
    let word = match one.dossier.clock.synchronised {
        Some(true) => "had been set by a time server",
        Some(false) => "had not been set by a time server",
        None => "nobody could tell whether it had been set by a time server",
    };
    let offset = one.dossier.clock.offset.map(|offset| format!(" (offset to the system's start {offset} µs)"));
    format!("clock: {word}{}", offset.unwrap_or_default())
}

/// The digests of all that was judged by.
fn judged_by(one: &Explained, grounds: &Grounds) -> Vec<String> {
    let mut lines = vec![format!("Judged by grounds {}", one.grounds)];
    let version = env!("CARGO_PKG_VERSION");
    let ours = if grounds.version == version { String::new() } else { format!(" (this program is {version})") };
    lines.push(format!("  rules       version {}{ours}", grounds.version));
    lines.push(format!("  trust       snapshot {}, taken {}", grounds.trust, one.dossier.taken));
    lines.push(format!("  policy      {}, version {}", grounds.policy.name, grounds.policy.version));
    for file in &grounds.files {
        let part = format!("{:?}", file.part).to_lowercase();
        lines.push(format!("  {part:<12}{} {}", file.sha256, file.path.display()));
    }
    lines
}

fn stages(again: &Repeated, one: &Explained, judge: &Judge) -> Vec<String> {
    let mut lines = vec!["Signature".to_owned()];
    let report = again.matter.report.as_ref();
    match report {
        Some(report) => {
            lines.extend(indented(verify::lines(report, None, true)));
            for (signature, heard) in report.signatures.iter().zip(heard(again, one, judge)) {
                lines.extend(revocation(signature, &heard));
            }
        }
        None => lines.push("  not looked at".to_owned()),
    }
    lines.push("Authority".to_owned());
    lines.extend(authority(again, judge, one.dossier.received));
    lines.push("Form and content".to_owned());
    let known = &again.matter.known;
    let stated = [
        known.dataset.as_ref().map(|dataset| format!("dataset {dataset}")),
        known.period.map(|period| period.to_string()).filter(|text| !text.is_empty()).map(|p| format!("period {p}")),
        known.revision.map(|revision| format!("revision {revision}")),
        known.records.map(|records| format!("{records} records")),
    ];
    let stated: Vec<String> = stated.into_iter().flatten().collect();
    lines.push(format!("  read: {}", if stated.is_empty() { "nothing".to_owned() } else { stated.join(", ") }));
    lines.extend(
        known.understood.iter().map(|total| format!("  total: {}: {} {}", total.title_en, total.value, total.unit)),
    );
    lines.push("Beside it".to_owned());
    lines.extend(beside(&one.dossier.beside));
    lines.push(format!("Comes to: {}", again.decision));
    lines.extend(again.findings.iter().flat_map(finding));
    lines
}

fn indented(lines: Vec<String>) -> impl Iterator<Item = String> {
    let of = |line: String| line.lines().map(|line| format!("  {line}")).collect::<Vec<_>>();
    lines.into_iter().flat_map(of).filter(|line| !line.trim().is_empty())
}

/// What was heard about the path of each signature, in their order.
pub(in crate::commands) fn heard(again: &Repeated, one: &Explained, judge: &Judge) -> Vec<Vec<Heard>> {
    let signatures = again.matter.report.iter().flat_map(|report| &report.signatures);
    let of = |signature: &SignatureReport| {
        let received = one.dossier.received;
        let when = When { at: signature.proven().unwrap_or(received), now: received.max(one.dossier.taken) };
        let path = signature.signer.as_ref().map(|who| &who.path[..]).unwrap_or_default();
        judge.world().trust.heard(path, when)
    };
    signatures.map(of).collect()
}

fn revocation(signature: &SignatureReport, heard: &[Heard]) -> Vec<String> {
    let path = signature.signer.as_ref().map(|who| &who.path[..]).unwrap_or_default();
    let step = |(depth, certificate): (usize, &Certificate)| {
        let mut lines = vec![format!("    {}  {}", depth + 1, certificate.sha256())];
        lines.extend(heard.iter().filter(|one| one.depth == depth).map(|one| {
            let says = one.revoked.map_or_else(|| "not revoked".to_owned(), |since| format!("revoked {since}"));
            format!("       {} {} of {}: {says}", one.kind, one.sha256, one.since)
        }));
        lines
    };
    match path.is_empty() {
        true => Vec::new(),
        false => {
            let steps = path.iter().enumerate().flat_map(step);
            std::iter::once("    path".to_owned()).chain(steps).collect()
        }
    }
}

/// Which person, with which right, and from when to when.
fn authority(again: &Repeated, judge: &Judge, received: Timestamp) -> Vec<String> {
    let signers = again.matter.report.iter().flat_map(|report| &report.signatures);
    let mut lines = Vec::new();
    for who in signers.filter_map(|signature| signature.signer.as_ref()) {
        let fin = judge.settings().identity.fin(&who.certificate);
        let participants = judge.world().registry.participants.values();
        let persons = participants.flat_map(|one| one.persons.iter().map(move |person| (one, person)));
        let found: Vec<_> = persons
            .filter(|(_, person)| {
                person.certificates.contains(&who.certificate_sha256) || fin.as_ref() == Some(&person.fin)
            })
            .collect();
        if found.is_empty() {
            lines.push(format!("  the certificate {} is nobody's in the registry", who.certificate_sha256));
        }
        for (participant, person) in found {
            let registered = person.certificates.contains(&who.certificate_sha256);
            let by =
                if registered { "by this certificate" } else { "by the FİN in it; the certificate is not registered" };
            let suspended = if participant.suspended { ", SUSPENDED" } else { "" };
            lines.push(format!("  {} (FİN {}) of {}{suspended}, {by}", person.name, person.fin, participant.slug));
            let to = person.to.map_or_else(|| "no end".to_owned(), |to| to.to_string());
            let day = BAKU.to_datetime(received).date();
            let is_active = day >= person.from && person.to.is_none_or(|to| day <= to);
            let active = if is_active { "active" } else { "NOT active" };
            lines.push(format!("    period {} to {to}: {active} on {day}", person.from));
            let rights: Vec<String> = person.rights.iter().map(|right| format!("{right:?}").to_lowercase()).collect();
            lines.push(format!("    rights {}", rights.join(", ")));
            let datasets: Vec<&str> = person.datasets.iter().map(|dataset| dataset.as_str()).collect();
            lines.push(format!("    datasets {}", datasets.join(", ")));
            let competence: Vec<&str> = participant.datasets.iter().map(|dataset| dataset.as_str()).collect();
            lines.push(format!("    competence of the body {}", competence.join(", ")));
        }
    }
    if lines.is_empty() {
        lines.push("  not asked".to_owned());
    }
    lines
}

fn beside(beside: &Beside) -> Vec<String> {
    let line = match beside {
        Beside::Nothing => "nothing was asked for".to_owned(),
        Beside::Original(OriginalRecord { id, number, decision }) => {
            format!("the same stood by submission {id}, receipt {number}: {decision}")
        }
        Beside::Behind(earlier) => format!("it waited behind submission {earlier}"),
        Beside::Away => "BOEMİS was away".to_owned(),
        Beside::Unseen => "BOEMİS was away, and nobody could tell whether it had been loaded before".to_owned(),
        Beside::Mark => "a load of it stood".to_owned(),
        Beside::Intake | Beside::Doubt => String::new(),
        Beside::Ruling(by) => format!("the document {by} ruled on it"),
        Beside::Subject(None) => "BOEMİS had no load of what it names".to_owned(),
        Beside::Subject(Some(subject)) => {
            let passed: Vec<&str> = subject.passed.iter().map(|(stage, _)| stage.as_str()).collect();
            let passed = if passed.is_empty() { "no stage".to_owned() } else { passed.join(", ") };
            let Subject { id, dataset, revision, .. } = &**subject;
            format!("submission {id}, {dataset} revision {revision}, had passed {passed}")
        }
        Beside::Standing(standing) => {
            let current = standing.current();
            let current = current.map(|(id, revision)| format!("  revision {revision} stood, by submission {id}"));
            let mut lines = vec![current.unwrap_or_else(|| "  nothing stood for its period".to_owned())];
            lines.extend(standing.of_year().map(|(period, id)| format!("  {period} stood, by submission {id}")));
            let others = standing.others().map(|(dataset, period, bodies)| {
                format!("  {dataset} {period} stood, stated by {bodies} bod{}", if bodies == 1 { "y" } else { "ies" })
            });
            lines.extend(others);
            if standing.elsewhere() > 0 {
                lines.push(format!("  {} of its stations stood by another body", standing.elsewhere()));
            }
            return lines;
        }
    };
    vec![format!("  {line}")]
}

fn finding(finding: &Finding) -> Vec<String> {
    let place = &finding.place;
    let places = [("line", place.line), ("column", place.column), ("row", place.row)];
    let places: Vec<String> =
        places.into_iter().filter_map(|(name, number)| Some(format!("{name} {}", number?))).collect();
    let at = if places.is_empty() { String::new() } else { format!(" at {}", places.join(", ")) };
    vec![
        format!("  {}{at} ({})", finding.code.slug(), finding.code.clause()),
        format!("    {}", finding.message(Language::En)),
        format!("    {}", finding.message(Language::Az)),
    ]
}
