//! Alerts: what a person must know, gathered into one mail; what concerns the owner goes to the owner too.
//!
//! Owns what is told and when: at most one mail in `mail.alerts.every`, when something is wrong that was not told yet
//! or is well again, and once a day while it stays so. What is wrong is what `status` says, and besides it certificates
//! that end, refusals of one signer again and again (S 8.1.4 item 3), and a disk that fills. Looked at by a thread of
//! its own, as the refresher's; the mails go into the outbox. Never a mail a file, and nothing of a document but its
//! signer.

use super::posting::Post;
use super::refresh::{Refresher, Round};
use super::window::{Halt, Window};
use crate::advice::Advice;
use crate::authority::Registry;
use crate::config::{Part, World};
use crate::document::{Digest, MailAddress, ParticipantName};
use crate::forms::certificate::Certificate;
use crate::host::Host;
use crate::post::{self, Notice};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long one look may take: a journal of millions of lines, and BOEMİS.
const PATIENCE: Duration = Duration::from_secs(600);
/// While something stays wrong, it is said again after so long.
const AGAIN: SignedDuration = SignedDuration::from_hours(24);
/// Days before its end at which a certificate is spoken of (issue of another takes weeks, its publication days).
const ENDING: [i64; 4] = [1, 7, 14, 30];
/// Signers that are counted at most.
const SIGNERS_MAX: usize = 1000;
/// The largest file of what was told, octets.
const TOLD_MAX: u64 = 1 << 20;
/// What is wrong that the owner is told of too (S 8.1.11): records altered or lost, breaches of the rules of access.
const INCIDENTS: [&str; 8] = [
    "acts-behind",
    "boemis-damaged",
    "evidence-damaged",
    "halted",
    "journal-behind",
    "loaded-by-others",
    "not-loaded",
    "refusals",
];

/// Refusals by the signer's certificate.
type Refusals = BTreeMap<Digest, (Option<ParticipantName>, u64)>;

/// Who says what is wrong with the window of a configuration, each with its code: `status`, as whoever starts the
/// daemon hands it over; or why it cannot.
pub type Finds = fn(&Path) -> Result<Vec<(&'static str, String)>, String>;

/// What the loop knows and a look asks for: written where it changes, read by another thread.
#[derive(Debug, Default)]
pub(super) struct Hints {
    refusals: Mutex<Refusals>,
    /// Mails of a body's address of which nothing was filed.
    unsigned: Mutex<BTreeMap<ParticipantName, u64>>,
    trouble: Mutex<Option<String>>,
}

impl Hints {
    /// What stands in the window's way now.
    pub(super) fn trouble(&self, trouble: Option<&str>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble.map(str::to_owned);
    }

    /// A mail came that bears a body's address, and nothing of it was filed.
    pub(super) fn unsigned(&self, whose: &ParticipantName) {
        let mut unsigned = self.unsigned.lock().unwrap_or_else(PoisonError::into_inner);
        let count = unsigned.entry(whose.clone()).or_default();
        *count = count.saturating_add(1);
    }

    fn refused(&self, signer: &Digest, whose: Option<&ParticipantName>) {
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        if refusals.contains_key(signer) || refusals.len() < SIGNERS_MAX {
            let (_, count) = refusals.entry(*signer).or_insert_with(|| (whose.cloned(), 0));
            *count = count.saturating_add(1);
        }
    }
}

/// Something that is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Alert {
    /// By what it is known again.
    key: String,
    text: String,
}

/// What was told, across processes.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Told {
    /// When the last mail was.
    last: Option<Timestamp>,
    /// What it told, by key.
    alerts: BTreeSet<String>,
}

struct Alerter {
    config: PathBuf,
    state: PathBuf,
    certificates: Vec<(&'static str, PathBuf)>,
    alerts: post::Alerts,
    outbox: Arc<Post>,
    host: Host,
    finds: Option<Finds>,
    hints: Arc<Hints>,
}

/// The schedule; it waits for ever where nobody is told.
pub(super) fn alerter(window: &Window) -> Refresher {
    let settings = window.settings();
    let alerts = settings.post.as_ref().map(|post| post.alerts.clone()).unwrap_or_default();
    let every = alerts.every;
    let alerter = window.outbox().filter(|_| !alerts.to.is_empty()).map(|outbox| Alerter {
        config: window.config.path().to_owned(),
        state: settings.window.paths.state.clone(),
        certificates: [
            Some(("the seal's certificate", settings.seal.certificate.clone())),
            settings.post.as_ref().map(|post| ("the mail certificate", post.sign.certificate.clone())),
            Some(("the log's certificate", settings.transparency.key.certificate.clone())),
        ]
        .into_iter()
        .flatten()
        .collect(),
        alerts,
        outbox: Arc::clone(outbox),
        host: window.host(),
        finds: window.finds,
        hints: Arc::clone(&window.hints),
    });
    let is_wanted = alerter.is_some();
    let patience = move |_: &World| is_wanted.then_some(PATIENCE);
    let fetch = move |world: &Arc<World>| {
        let failed = alerter.as_ref().and_then(|alerter| alerter.look(world).err());
        Round { failed: failed.into_iter().collect(), ..Round::default() }
    };
    Refresher::of(every, Box::new(patience), Arc::new(fetch))
}

impl Alerter {
    fn look(&self, world: &World) -> Result<(), String> {
        let now = self.host.clock.now();
        let mut alerts = self.problems();
        alerts.extend(self.ending(world, now));
        let refusals = self.hints.refusals.lock().unwrap_or_else(PoisonError::into_inner).clone();
        alerts.extend(refused(&refusals, self.alerts.refusals));
        let unsigned = self.hints.unsigned.lock().unwrap_or_else(PoisonError::into_inner).clone();
        alerts.extend(unsigned.iter().map(|(whose, count)| unsigned_mail(whose, *count, self.alerts.refusals)));
        alerts.extend(filling(&self.state, self.alerts.disk_free));
        let told = self.told();
        let Some(text) = compose(&alerts, &told, now) else { return Ok(()) };
        let failed = |error: std::io::Error| format!("the alert cannot be put in the outbox: {error}");
        let key = |whom: &str| format!("alert {whom} {now}");
        let subject = format!("{} xəbərdarlıq / alerts", alerts.len());
        let notice = Notice::new(self.alerts.to.clone(), subject, text);
        self.outbox.notify(&key("admin"), notice, now).map_err(failed)?;
        let fresh = |alert: &&Alert| !told.alerts.contains(&alert.key);
        let incidents: Vec<&Alert> = alerts.iter().filter(fresh).filter(|alert| is_incident(&alert.key)).collect();
        if let (false, Some(owner)) = (incidents.is_empty(), owner(&world.registry)) {
            let subject = "İnsident / incident (S 8.1.11)".to_owned();
            let text = incident(&incidents, now);
            self.outbox.notify(&key("owner"), Notice::new(vec![owner], subject, text), now).map_err(failed)?;
        }
        let told = Told { last: Some(now), alerts: alerts.into_iter().map(|alert| alert.key).collect() };
        self.remember(&told).map_err(|error| format!("what was told cannot be remembered: {error}"))
    }

    /// What `status` says, and what stands in the running window's way.
    fn problems(&self) -> Vec<Alert> {
        let mut alerts = Vec::new();
        match self.finds.map(|finds| finds(&self.config)) {
            None => {}
            Some(Ok(problems)) => {
                alerts.extend(problems.into_iter().map(|(code, text)| Alert { key: code.to_owned(), text }));
            }
            Some(Err(why)) => {
                alerts.push(Alert { key: "status".to_owned(), text: format!("status cannot be told: {why}") })
            }
        }
        let trouble = self.hints.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(text) = trouble.filter(|_| alerts.is_empty()) {
            alerts.push(Alert { key: "trouble".to_owned(), text });
        }
        alerts
    }

    /// Certificates near their end: the window's own, and those of registered persons.
    fn ending(&self, world: &World, now: Timestamp) -> Vec<Alert> {
        let mut alerts = Vec::new();
        let own = self.certificates.iter().filter_map(|(what, path)| {
            let octets = self.host.disk.read(path, TOLD_MAX).ok()?;
            Some(((*what).to_owned(), Certificate::from_file(&octets).ok()?.into_iter().next()?))
        });
        let persons = world.files.iter().filter(|file| file.part == Part::Registry).filter_map(|file| {
            let name = file.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let one = Certificate::from_file(&file.octets).ok()?.into_iter().next()?;
            Some((format!("the certificate of a registered person ({name})"), one))
        });
        for (what, certificate) in own.chain(persons) {
            let left = certificate.not_after().duration_since(now);
            let Some(days) = ending(left) else { continue };
            let digest = certificate.sha256().to_string();
            let key = format!("certificate-ends:{}:{days}", digest.get(..16).unwrap_or_default());
            let end = certificate.not_after();
            let text = match days {
                0 => format!("{what} ended on {end}."),
                days => format!("{what} ends on {end}, in {days} days or less. Renew it."),
            };
            alerts.push(Alert { key, text });
        }
        alerts
    }

    fn file(&self) -> PathBuf {
        self.state.join("outbox").join("alerts.json")
    }

    fn told(&self) -> Told {
        let read = self.host.disk.read(&self.file(), TOLD_MAX).ok();
        read.and_then(|octets| serde_json::from_slice(&octets).ok()).unwrap_or_default()
    }

    fn remember(&self, told: &Told) -> std::io::Result<()> {
        self.host.disk.replace(&self.file(), &serde_json::to_vec(told)?, false)
    }
}

fn is_incident(key: &str) -> bool {
    INCIDENTS.contains(&key.split(':').next().unwrap_or(key))
}

fn owner(registry: &Registry) -> Option<MailAddress> {
    registry.participants.values().find(|one| one.owner)?.mail.clone()
}

/// At how many days before its end a certificate is that has so long left; 0 past it, none while it is far.
fn ending(left: SignedDuration) -> Option<i64> {
    if left.is_negative() {
        return Some(0);
    }
    ENDING.into_iter().find(|days| left <= SignedDuration::from_hours(days * 24))
}

/// Mail that bears a body's address without anything signed in it: told of at once, and again after so many more.
fn unsigned_mail(whose: &ParticipantName, count: u64, step: u64) -> Alert {
    Alert {
        key: format!("unsigned-mail:{whose}:{}", count / step.max(1)),
        text: format!(
            "{count} mails came since the window started that bear the address of {whose}, and nothing of them was \
             filed. The journal has each (act letter-rejected). Ask whether it is {whose} who sends them."
        ),
    }
}

/// Signers who are refused again and again: `step` refusals are worth a word, and so many more another.
fn refused(refusals: &Refusals, step: u64) -> Vec<Alert> {
    let step = step.max(1);
    let often = refusals.iter().filter(|(_, (_, count))| *count >= step);
    let told = often.map(|(signer, (whose, count))| {
        let digest = signer.to_string();
        let digest = digest.get(..16).unwrap_or_default();
        let whose = whose.as_ref().map_or("nobody of the registry", ParticipantName::as_str);
        Alert {
            key: format!("refusals:{digest}:{}", count / step),
            text: format!(
                "{count} documents of one signer were rejected since the window started (certificate {digest}…, \
                 {whose}). See what for: pencere list --state rejected. Ask whether it is he who sends them (S 8.1.4)."
            ),
        }
    });
    told.collect()
}

/// A disk of which less than so many parts of a hundred are free: nothing is taken any more when it is full.
fn filling(state: &Path, percent: u64) -> Option<Alert> {
    let disk = rustix::fs::statvfs(state).ok()?;
    let is_low = u128::from(disk.f_bavail) * 100 < u128::from(disk.f_blocks) * u128::from(percent);
    let free = disk.f_bavail.saturating_mul(disk.f_frsize) >> 20;
    let text = format!("Of the disk with the state folder only {free} MiB are free, less than {percent} %. Make room.");
    is_low.then(|| Alert { key: "disk-low".to_owned(), text })
}

/// The mail, where there is something to say: what is new, what stays, what is well again.
fn compose(alerts: &[Alert], told: &Told, now: Timestamp) -> Option<String> {
    let is_new = |alert: &&Alert| !told.alerts.contains(&alert.key);
    let keys: BTreeSet<&str> = alerts.iter().map(|alert| alert.key.as_str()).collect();
    let over: Vec<&str> = told.alerts.iter().map(String::as_str).filter(|key| !keys.contains(key)).collect();
    let is_late = !alerts.is_empty() && told.last.is_none_or(|last| now.duration_since(last) > AGAIN);
    if !alerts.iter().any(|alert| is_new(&alert)) && over.is_empty() && !is_late {
        return None;
    }
    let mut text = String::new();
    let mut section = |heading: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            text.push_str(heading);
            text.push('\n');
            lines.iter().for_each(|line| text.push_str(&format!("- {line}\n")));
            text.push('\n');
        }
    };
    let line = |alert: &Alert| format!("{}: {}", alert.key, alert.text);
    section("Yeni / new:", alerts.iter().filter(is_new).map(line).collect());
    section("Davam edir / still so:", alerts.iter().filter(|alert| !is_new(alert)).map(line).collect());
    section("Aradan qalxıb / well again:", over.into_iter().map(str::to_owned).collect());
    Some(text)
}

/// What the owner is told.
fn incident(incidents: &[&Alert], now: Timestamp) -> String {
    let lines: Vec<String> = incidents.iter().map(|alert| format!("- {}: {}\n", alert.key, alert.text)).collect();
    format!(
        "BOEMİS inteqrasiya pəncərəsində {now} tarixində aşağıdakı hallar aşkar edilib; Əsasnamənin 8.1.4-cü (3) və \
         8.1.11-ci yarımbəndlərinə əsasən sahibə məlumat verilir.\nAt {now} the integration window of BOEMİS found the \
         following; the owner is told of it by the statute, 8.1.4 item 3 and 8.1.11.\n\n{}",
        lines.concat()
    )
}

impl Window {
    /// Has alerts tell what is found so, too.
    pub fn told_by(mut self, finds: Finds) -> Self {
        self.finds = Some(finds);
        self
    }

    /// Counts a refusal of this signer.
    pub(super) fn refused_signer(&mut self, signer: Option<&Digest>, whose: Option<&ParticipantName>) {
        if let Some(signer) = signer {
            self.hints.refused(signer, whose);
        }
    }

    /// Hears what came of a look.
    pub(super) fn alerted(&mut self, round: Round) -> Result<(), Halt> {
        for why in round.broken.iter().chain(&round.failed) {
            tracing::error!(advice = %Advice::AlertUntold, why, "nobody could be told by mail of what is wrong");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_spoken_of_at_its_steps() {
        let days = |days: i64| ending(SignedDuration::from_hours(days * 24));
        assert_eq!(
            [31, 30, 15, 14, 8, 7, 2, 1].map(days),
            [None, Some(30), Some(30), Some(14), Some(14), Some(7), Some(7), Some(1)]
        );
        assert_eq!(ending(SignedDuration::from_secs(-1)), Some(0));
    }

    // S 8.1.11
    #[test]
    fn what_is_told_of_follows_its_thresholds() {
        let signer = Digest::of(b"a certificate");
        let keys = |count, step| -> Vec<String> {
            let refusals = BTreeMap::from([(signer, (None, count))]);
            refused(&refusals, step).into_iter().map(|alert| alert.key).collect()
        };
        assert!(keys(4, 5).is_empty());
        assert_eq!((keys(5, 5), keys(9, 5)), (keys(9, 5), keys(5, 5)), "told once");
        assert_ne!(keys(9, 5), keys(10, 5));
        assert_eq!(keys(1, 1).len(), 1);
        let whose = "azerenerji".parse().unwrap();
        let unsigned = |count| unsigned_mail(&whose, count, 5).key;
        assert!(unsigned(1) == unsigned(4) && unsigned(4) != unsigned(5));
        let folder = crate::host::test_folder();
        assert_eq!(filling(folder.path(), 0), None);
        assert_eq!(filling(folder.path(), 101).unwrap().key, "disk-low");
    }

    #[test]
    fn one_mail_tells_what_is_new_and_then_only_once_a_day() {
        let now: Timestamp = "2026-10-05T08:00:00Z".parse().unwrap();
        let later = |hours| now.saturating_add(SignedDuration::from_hours(hours)).unwrap();
        let alert = |key: &str| Alert { key: key.to_owned(), text: "…".to_owned() };
        let alerts = [alert("held-too-long"), alert("halted")];
        assert_eq!(compose(&[], &Told::default(), now), None);
        let text = compose(&alerts, &Told::default(), now).unwrap();
        assert!(text.contains("new:\n- held-too-long") && text.contains("- halted"), "{text}");
        let told = Told { last: Some(now), alerts: alerts.iter().map(|alert| alert.key.clone()).collect() };
        assert_eq!(compose(&alerts, &told, later(23)), None);
        assert!(compose(&alerts, &told, later(25)).unwrap().contains("still so"));
        assert!(compose(&alerts[..1], &told, later(1)).unwrap().contains("well again:\n- halted"));
        assert!(is_incident("halted") && is_incident("refusals:ab:1") && !is_incident("held-too-long"));
    }
}
