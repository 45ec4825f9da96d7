//! The outbox: what is owed by mail, durable until a server has taken it and the journal says so.
//!
//! Owns `state/outbox`. Every entry is a file of JSON, whole when visible; each step is one rename, or a new file
//! and then the end of the one before; whoever opens it after a stop in between goes on from there. The table of what a
//! crash leaves stands in `docs/mail-out.md`:
//!
//! ```text
//! waiting/<id>.<n>.<participant>.json   an answer that is owed: it may still be joined by others, or overtaken
//! told/<id>.<n>.<participant>           names the mail that has it: an answer is put into one mail only
//! owed/<mail>.json                      a mail whose content stands: tried when it is due
//! taken/<mail>.json                     a server took it; the journal has not heard of that yet
//! sent/<mail>.json                      the journal has; remembered for bounces, then forgotten
//! failed/<mail>.json                    given up, or bounced: a matter for a person
//! letters/<mail>.json                   how many submissions came in one letter
//! filled                                it has what the journal says was owed before it was made
//! away.json, looked.json                since when no server takes mail; when it was looked last what is old
//! ```
//!
//! An answer is written here before the journal closes its submission; what is not closed is published again at the
//! next start and comes here again, which changes nothing where it is known already. Never speaks to a server.

use super::{Pace, compose};
use crate::advice::Advice;
use crate::document::{Decision, Digest, MailAddress, ParticipantName, SubmissionId, Thread};
use crate::host::Disk;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The largest entry that is read, octets: a letter of a thousand answers, or a checkpoint.
const ENTRY_MAX: u64 = 4 << 20;
/// The most octets of entries that go into one mail: its own entry has what they have, and is to be read again.
const FORM_MAX: u64 = ENTRY_MAX / 2;
/// A mail is given up after so many tries at least, however old it seems: a clock that was set ahead says nothing about
/// a server. With the usual pauses they take half an hour and more.
const TRIES_MIN: u32 = 8;
/// The longest reason that is kept, characters.
const WHY_MAX: usize = 500;
/// The most answers in one mail: more of a letter go in the next.
const ANSWERS_MAX: usize = 100;

/// An answer that is owed to a participant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owed<K> {
    /// Whose submission.
    pub id: SubmissionId,
    /// Which of its answers.
    pub answer: u32,
    /// Whom it goes to: to the address that the registry holds when it is sent.
    pub participant: ParticipantName,
    /// The word.
    pub decision: Decision,
    /// The receipt's number.
    pub number: String,
    /// The receipt's file name.
    pub file_name: String,
    /// The letter that it came in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<Thread>,
    /// The receipt's size; a mail has so many receipts as fit.
    #[serde(default)]
    pub octets: u64,
    /// Where the receipt lies, and what its rows are made from: the daemon's to know.
    pub kept: K,
    /// When it is owed since.
    pub since: Timestamp,
    /// Not before then, unless the others of its letter are there.
    pub due: Timestamp,
}

impl<K> Owed<K> {
    fn key(&self) -> String {
        format!("{}.{}.{}", self.id, self.answer, self.participant)
    }

    /// Those of one letter to one participant go together.
    fn letter(&self) -> Option<String> {
        Some(letter(&self.participant, &self.thread.as_ref()?.message_id))
    }
}

/// What a mail says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Matter<K> {
    /// Answers to one participant.
    Answers {
        /// They.
        answers: Vec<Owed<K>>,
    },
    /// Something that the window says by itself.
    Notice(Notice),
}

/// Something that the window says, and no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Whom to.
    pub to: Vec<MailAddress>,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// A file beside it: name and content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<(String, String)>,
    /// The letter that it refers to; none of what is said by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<Thread>,
    /// The submissions that it speaks of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<SubmissionId>,
}

impl Notice {
    /// One that is said by itself.
    pub fn new(to: Vec<MailAddress>, subject: String, text: String) -> Self {
        Self { to, subject, text, file: None, thread: None, about: Vec::new() }
    }
}

/// A mail, whose content stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail<K> {
    /// Its message id, without brackets; the same however often it is tried.
    pub message_id: String,
    /// What it says.
    pub matter: Matter<K>,
    /// When it was owed first.
    pub since: Timestamp,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried next.
    pub next: Timestamp,
    /// Why the last try failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Whom it went to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<MailAddress>,
    /// When a server took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered: Option<Timestamp>,
}

impl<K> Mail<K> {
    /// The name of its file, which follows from its message id alone.
    pub fn name(&self) -> String {
        name_of(&self.message_id)
    }

    /// The answers in it; none in a notice.
    pub fn answers(&self) -> &[Owed<K>] {
        match &self.matter {
            Matter::Answers { answers } => answers,
            Matter::Notice(_) => &[],
        }
    }
}

/// The name of the file of a mail.
fn name_of(message_id: &str) -> String {
    let digest = Digest::of(message_id.as_bytes()).to_string();
    digest.get(..40).unwrap_or(&digest).to_owned()
}

/// By what the letter of one participant is known: the digest keeps any message id short and plain.
fn letter(participant: &ParticipantName, message_id: &str) -> String {
    format!("{participant} {}", name_of(message_id))
}

/// The letter itself, whosever submissions came in it.
fn message(letter: &str) -> &str {
    letter.rsplit(' ').next().unwrap_or(letter)
}

fn is_name(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The folders, in the order of a mail's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Not in a mail yet.
    Waiting,
    /// To be tried.
    Owed,
    /// Taken by a server.
    Taken,
    /// And journalled.
    Sent,
    /// Given up.
    Failed,
}

impl Stage {
    fn folder(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Owed => "owed",
            Self::Taken => "taken",
            Self::Sent => "sent",
            Self::Failed => "failed",
        }
    }
}

/// Folders beside those of the stages.
const TOLD: &str = "told";
const LETTERS: &str = "letters";
/// What says that the outbox was filled from the journal.
const FILLED: &str = "filled";
/// When it was looked last what is old, beside the folders.
const LOOKED: &str = "looked";

/// What is known of the folders without reading them.
#[derive(Debug, Default)]
struct Index {
    /// Answers by key: when they are due, and the letter that they are of.
    waiting: BTreeMap<String, Waiting>,
    /// Mails by name: when they are tried.
    owed: BTreeMap<String, Timestamp>,
    /// Mails that the journal has not heard of.
    taken: BTreeSet<String>,
    /// Letters and how many submissions came in each.
    letters: BTreeMap<String, u32>,
    /// Written and not made durable.
    unsynced: Vec<PathBuf>,
    /// Since when, how often and why no server can be reached.
    away: Option<Away>,
    /// When something of what waits and is owed is due; none where that is to be looked up again.
    next: Option<Option<Timestamp>>,
}

/// An answer that is in no mail yet.
#[derive(Debug)]
struct Waiting {
    due: Timestamp,
    letter: Option<String>,
    /// Whether an outcome follows.
    is_held: bool,
}

impl Waiting {
    fn of<K>(answer: &Owed<K>) -> Self {
        Self { due: answer.due, letter: answer.letter(), is_held: answer.decision == Decision::Held }
    }
}

/// A server that cannot be reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Away {
    /// Since when.
    pub since: Timestamp,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried again.
    pub until: Timestamp,
    /// Why.
    pub why: String,
}

/// A letter of several submissions.
#[derive(Debug, Serialize, Deserialize)]
struct Letter {
    letter: String,
    submissions: u32,
}

/// What is owed by mail.
#[derive(Debug)]
pub struct Outbox<K> {
    disk: Disk,
    folder: PathBuf,
    domain: String,
    pace: Pace,
    index: Mutex<Index>,
    _kept: std::marker::PhantomData<fn() -> K>,
}

impl<K: Serialize + for<'a> Deserialize<'a> + Clone> Outbox<K> {
    /// Opens it, and looks what a stop left. What cannot be read is told and left where it is: it comes again where its
    /// submission was not closed.
    ///
    /// # Errors
    /// What the disk says.
    pub fn open(disk: &Disk, state: &Path, from: &MailAddress, pace: Pace) -> io::Result<Self> {
        let folder = folder(state);
        let stages = [Stage::Waiting, Stage::Owed, Stage::Taken, Stage::Sent, Stage::Failed].map(Stage::folder);
        for one in stages.into_iter().chain([TOLD, LETTERS]) {
            disk.make_folder(&folder.join(one))?;
        }
        let domain = from.as_str().rsplit_once('@').map_or("localhost", |(_, domain)| domain).to_owned();
        let _kept = std::marker::PhantomData;
        let outbox = Self { disk: disk.clone(), folder, domain, pace, index: Mutex::default(), _kept };
        let (mut index, mut mailed) = (Index::default(), BTreeMap::new());
        for (name, mail) in outbox.read_all::<Mail<K>>(Stage::Owed.folder())? {
            // a stop before its entry was taken away; of what failed too, it is tried again rather than forgotten
            if [Stage::Taken, Stage::Sent].iter().any(|one| outbox.path_json(one.folder(), &name).exists()) {
                outbox.unlink(&outbox.path_json(Stage::Owed.folder(), &name))?;
                continue;
            }
            outbox.unlink(&outbox.path_json(Stage::Failed.folder(), &name))?;
            mailed.extend(mail.answers().iter().map(|answer| (answer.key(), name.clone())));
            index.owed.insert(name, mail.next);
        }
        // a stop between a mail and what its answers were told: they are in no other, whatever joined them since
        for (key, name) in &mailed {
            outbox.put_told(key, name)?;
        }
        outbox.sync_told()?;
        for (name, answer) in outbox.read_all::<Owed<K>>(Stage::Waiting.folder())? {
            // a stop between a mail and the answer's end as one by itself
            match outbox.path(TOLD, &name).exists() {
                true => outbox.unlink(&outbox.path_json(Stage::Waiting.folder(), &name))?,
                false => drop(index.waiting.insert(name, Waiting::of(&answer))),
            }
        }
        index.taken.extend(outbox.names(Stage::Taken.folder())?);
        for (_, letter) in outbox.read_all::<Letter>(LETTERS)? {
            index.letters.insert(letter.letter, letter.submissions);
        }
        index.away = away(disk, state).map(|away| Away { until: Timestamp::UNIX_EPOCH, ..away });
        *outbox.index() = index; // whose next moment is looked up when it is asked for
        Ok(outbox)
    }

    /// Whether it was filled from the journal once: until then it may lack what was owed before it was made.
    pub fn is_filled(&self) -> bool {
        self.folder.join(FILLED).exists()
    }

    /// It is.
    ///
    /// # Errors
    /// What the disk says; then it is filled once more, which changes nothing.
    pub fn filled(&self) -> io::Result<()> {
        self.disk.replace(&self.folder.join(FILLED), b"", true)
    }

    /// Owes an answer; nothing is done where it is owed, sent or given up already. It is durable after
    /// [`Outbox::sync`].
    ///
    /// # Errors
    /// What the disk says: then it is not owed.
    pub fn owe(&self, mut answer: Owed<K>) -> io::Result<()> {
        let key = answer.key();
        let mut index = self.index();
        if index.waiting.contains_key(&key) || self.path(TOLD, &key).exists() {
            return Ok(());
        }
        let letter = answer.letter();
        let wait = match (answer.decision, letter.as_ref().and_then(|letter| index.letters.get(message(letter)))) {
            (Decision::Held, _) => self.pace.first_word,
            (_, Some(count)) if *count > 1 => self.pace.gather,
            _ => Duration::ZERO,
        };
        answer.due = later(answer.since, wait);
        let path = self.path_json(Stage::Waiting.folder(), &key);
        self.write(&path, &answer, false)?;
        index.unsynced.push(path);
        // a word on arrival that nobody has had is overtaken by the outcome
        let overtaken: Vec<String> = match answer.answer {
            0 | 1 => Vec::new(),
            nth => (1..nth).map(|nth| format!("{}.{nth}.{}", answer.id, answer.participant)).collect(),
        };
        for one in overtaken {
            if index.waiting.contains_key(&one) {
                let path = self.path_json(Stage::Waiting.folder(), &one);
                if self.read::<Owed<K>>(&path).is_ok_and(|before| before.decision == Decision::Held) {
                    self.put_told(&one, "overtaken")?;
                    self.unlink(&path)?;
                    index.waiting.remove(&one);
                }
            }
        }
        let one = Waiting::of(&answer);
        let joins = letter.is_some_and(|letter| index.letters.contains_key(message(&letter)));
        index.next = match index.next {
            // it can make nothing due but itself
            Some(next) if !joins => Some(Some(next.map_or(one.due, |next| next.min(one.due)))),
            _ => None,
        };
        index.waiting.insert(key, one);
        Ok(())
    }

    /// Says how many submissions came in a letter, so that their answers go in one mail: as soon as all are there, or
    /// when they have waited for each other long enough.
    ///
    /// # Errors
    /// What the disk says.
    pub fn expect(&self, message_id: &str, submissions: u32) -> io::Result<()> {
        let letter = name_of(message_id);
        let mut index = self.changed();
        if index.letters.get(&letter) == Some(&submissions) {
            return Ok(());
        }
        let path = self.path_json(LETTERS, &letter);
        self.write(&path, &Letter { letter: letter.clone(), submissions }, true)?;
        index.letters.insert(letter, submissions);
        Ok(())
    }

    /// Owes a notice; the same notice twice is one. Each of several receivers gets a mail of its own: a server that
    /// does not know one of them is to say so of that one alone.
    ///
    /// # Errors
    /// What the disk says.
    pub fn notify(&self, key: &str, notice: Notice, now: Timestamp) -> io::Result<()> {
        match &notice.to[..] {
            [] => Ok(()),
            [_] => self.notify_one(key, notice, now),
            several => several.iter().try_for_each(|one| {
                let notice = Notice { to: vec![one.clone()], ..notice.clone() };
                self.notify_one(&format!("{key} {one}"), notice, now)
            }),
        }
    }

    fn notify_one(&self, key: &str, notice: Notice, now: Timestamp) -> io::Result<()> {
        let message_id = format!("{}@{}", name_of(key), self.domain);
        let name = name_of(&message_id);
        let mut index = self.changed();
        let known = [Stage::Taken, Stage::Sent, Stage::Failed];
        if index.owed.contains_key(&name) || known.iter().any(|one| self.path_json(one.folder(), &name).exists()) {
            return Ok(());
        }
        let mail = Mail::<K> {
            message_id,
            matter: Matter::Notice(notice),
            since: now,
            tries: 0,
            next: now,
            why: None,
            to: Vec::new(),
            delivered: None,
        };
        self.write(&self.path_json(Stage::Owed.folder(), &name), &mail, true)?;
        index.owed.insert(name, now);
        Ok(())
    }

    /// Makes durable what is owed: after this a submission may be closed.
    ///
    /// # Errors
    /// What the disk says; what was to be made durable is tried again the next time.
    pub fn sync(&self) -> io::Result<()> {
        let mut index = self.index();
        if index.unsynced.is_empty() {
            return Ok(());
        }
        for path in &index.unsynced {
            // what is in a mail already is durable there
            if path.exists() {
                self.disk.open_or_create(path)?.sync()?;
            }
        }
        self.disk.sync_folder(&self.folder.join(Stage::Waiting.folder()))?;
        index.unsynced.clear();
        Ok(())
    }

    /// When there is something to do next; none where nothing is owed. Asked at each turn of a loop: what waits is
    /// walked only after something of it has changed. What seems due later than anything is ever put off is due now:
    /// the clock was ahead when that was written.
    pub fn due(&self, now: Timestamp) -> Option<Timestamp> {
        let mut index = self.index();
        if !index.taken.is_empty() {
            return Some(Timestamp::UNIX_EPOCH);
        }
        let next = match index.next {
            Some(known) => known,
            None => index.first(),
        };
        index.next = Some(next);
        let ahead = later(now, self.pace.retry_last.max(self.put_off_max()));
        let next = next.map(|next| if next > ahead { Timestamp::UNIX_EPOCH } else { next })?;
        let away = index.away.as_ref().map(|away| away.until).filter(|until| !self.is_past(*until, now));
        Some(away.map_or(next, |until| next.max(until)))
    }

    /// Puts the answers that are due into mails; how many mails that makes. `all` waits for nothing.
    ///
    /// # Errors
    /// What the disk says; what is not in a mail waits on.
    pub fn form(&self, now: Timestamp, all: bool) -> io::Result<usize> {
        let mut index = self.changed();
        let joined = index.complete();
        let ahead = later(now, self.put_off_max());
        let is_due = |one: &Waiting| {
            let is_joined = || one.letter.as_ref().is_some_and(|letter| joined.contains(letter));
            all || one.due <= now || one.due > ahead || is_joined()
        };
        let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let ready = index.waiting.iter().filter(|(_, one)| is_due(one));
        let ready: BTreeSet<String> = ready.map(|(key, one)| one.letter.as_ref().unwrap_or(key).clone()).collect();
        for (key, one) in &index.waiting {
            let group = one.letter.as_ref().unwrap_or(key);
            if ready.contains(group) {
                groups.entry(group.clone()).or_default().push(key.clone());
            }
        }
        let mut formed = 0;
        for (group, keys) in groups {
            let mut batch = Batch::default();
            for key in keys {
                let path = self.path_json(Stage::Waiting.folder(), &key);
                let read =
                    self.disk.read(&path, ENTRY_MAX).and_then(|read| Ok((serde_json::from_slice(&read)?, read.len())));
                match read {
                    Ok((answer, octets)) => {
                        if !batch.fits(&answer, octets as u64, self.pace.size_max) {
                            formed += usize::from(self.form_one(&mut index, std::mem::take(&mut batch), now)?);
                        }
                        batch.add(answer, octets as u64);
                    }
                    Err(error) => {
                        tracing::error!(advice = %Advice::MailUnreadable,
                            path = %path.display(), %error, "an answer that is owed cannot be read");
                        index.waiting.remove(&key);
                    }
                }
            }
            formed += usize::from(self.form_one(&mut index, batch, now)?);
            if index.letters.remove(message(&group)).is_some() {
                self.unlink(&self.path_json(LETTERS, message(&group)))?;
            }
        }
        Ok(formed)
    }

    fn form_one(&self, index: &mut Index, batch: Batch<K>, now: Timestamp) -> io::Result<bool> {
        let Batch { answers, .. } = batch;
        let Some(since) = answers.iter().map(|answer| answer.since).min() else { return Ok(false) };
        let keys: Vec<String> = answers.iter().map(Owed::key).collect();
        let message_id = match &keys[..] {
            [one] => format!("{one}@{}", self.domain),
            several => format!("{}@{}", name_of(&several.join("\n")), self.domain),
        };
        let matter = Matter::Answers { answers };
        let mail = Mail { message_id, matter, since, tries: 0, next: now, why: None, to: Vec::new(), delivered: None };
        let name = mail.name();
        // durable before anything by itself goes
        self.write(&self.path_json(Stage::Owed.folder(), &name), &mail, true)?;
        for key in &keys {
            self.put_told(key, &name)?;
        }
        // before a server has it: what is delivered is known as told, whatever the power does
        self.sync_told()?;
        index.owed.insert(name, now);
        for key in &keys {
            self.unlink(&self.path_json(Stage::Waiting.folder(), key))?;
            index.waiting.remove(key);
        }
        Ok(true)
    }

    /// The mails that are due, the longest waiting first, `most` of them. `all` waits for nothing.
    pub fn due_mails(&self, now: Timestamp, all: bool, most: usize) -> Vec<String> {
        let index = self.index();
        if !all && index.away.as_ref().is_some_and(|away| !self.is_past(away.until, now)) {
            return Vec::new();
        }
        let mut due: Vec<_> = index.owed.iter().filter(|(_, next)| all || self.is_past(**next, now)).collect();
        due.sort_by_key(|(name, next)| (**next, *name));
        due.into_iter().take(most).map(|(name, _)| name.clone()).collect()
    }

    /// One mail that is owed; none, and a word in the log, where it cannot be read.
    pub fn mail(&self, name: &str) -> Option<Mail<K>> {
        self.read_at(Stage::Owed, name)
    }

    fn read_at(&self, stage: Stage, name: &str) -> Option<Mail<K>> {
        let path = self.path_json(stage.folder(), name);
        let read = self.read(&path);
        if let Err(error) = &read {
            tracing::error!(advice = %Advice::MailUnreadable,
                path = %path.display(), %error, "a mail of the outbox cannot be read");
            if stage == Stage::Owed {
                self.changed().owed.remove(name);
            }
        }
        read.ok()
    }

    /// A server took it.
    ///
    /// # Errors
    /// What the disk says; then it goes out once more, as the same mail.
    pub fn taken(&self, mut mail: Mail<K>, to: Vec<MailAddress>, now: Timestamp) -> io::Result<()> {
        let name = mail.name();
        (mail.to, mail.delivered, mail.why) = (to, Some(now), None);
        mail.tries = mail.tries.saturating_add(1);
        self.write(&self.path_json(Stage::Taken.folder(), &name), &mail, true)?;
        self.unlink(&self.path_json(Stage::Owed.folder(), &name))?;
        let mut index = self.changed();
        index.owed.remove(&name);
        index.taken.insert(name);
        Ok(())
    }

    /// It is to be tried again, unless it is too old for that; whether it is given up.
    ///
    /// # Errors
    /// What the disk says.
    pub fn later(&self, mut mail: Mail<K>, why: &str, now: Timestamp) -> io::Result<bool> {
        let tries = mail.tries.saturating_add(1);
        if self.is_enough(&mail, tries, now) {
            self.fail(mail, &format!("given up after {tries} tries: {why}"))?;
            return Ok(true);
        }
        mail.tries = tries;
        mail.next = later(now, self.pause(mail.tries));
        mail.why = Some(cut(why));
        let (name, next) = (mail.name(), mail.next);
        self.write(&self.path_json(Stage::Owed.folder(), &name), &mail, true)?;
        self.changed().owed.insert(name, next);
        Ok(false)
    }

    /// A person must look: it is given up until it is asked for again.
    ///
    /// # Errors
    /// What the disk says.
    pub fn fail(&self, mut mail: Mail<K>, why: &str) -> io::Result<()> {
        let name = mail.name();
        mail.tries = mail.tries.saturating_add(1);
        mail.why = Some(cut(why));
        self.write(&self.path_json(Stage::Failed.folder(), &name), &mail, true)?;
        self.unlink(&self.path_json(Stage::Owed.folder(), &name))?;
        self.changed().owed.remove(&name);
        Ok(())
    }

    /// Mails that a server took and that the journal is to hear of.
    pub fn untold(&self) -> Vec<Mail<K>> {
        let names: Vec<String> = self.index().taken.iter().cloned().collect();
        let mut untold = Vec::with_capacity(names.len());
        for name in names {
            match self.read_at(Stage::Taken, &name) {
                Some(mail) => untold.push(mail),
                None => drop(self.index().taken.remove(&name)),
            }
        }
        untold
    }

    /// The journal has heard of it.
    ///
    /// # Errors
    /// What the disk says; then it hears of it once more.
    pub fn journalled(&self, name: &str) -> io::Result<()> {
        let (from, to) = (self.path_json(Stage::Taken.folder(), name), self.path_json(Stage::Sent.folder(), name));
        self.disk.rename(&from, &to)?;
        self.index().taken.remove(name);
        Ok(())
    }

    /// A report says that a mail that was sent did not reach this receiver; the mail, where it is one of ours that went
    /// to him. Anybody who saw a mail can write such a report: of another receiver it says nothing about ours.
    ///
    /// # Errors
    /// What the disk says.
    pub fn bounced(&self, message_id: &str, status: &str, recipient: &str) -> io::Result<Option<Mail<K>>> {
        let Some(id) = compose::message_id(message_id) else { return Ok(None) };
        let name = name_of(id);
        let stage = [Stage::Sent, Stage::Taken].into_iter().find(|one| self.path_json(one.folder(), &name).exists());
        let Some(stage) = stage else { return Ok(None) };
        let path = self.path_json(stage.folder(), &name);
        let mut mail: Mail<K> = match self.read(&path) {
            Ok(mail) => mail,
            // what does not read today reads on no other day: a person sees it where the failed ones are
            Err(error) if [ErrorKind::InvalidData, ErrorKind::UnexpectedEof].contains(&error.kind()) => {
                tracing::error!(advice = %Advice::MailUnreadable,
                    path = %path.display(), %error, "a mail of which a report came cannot be read");
                self.disk.rename(&path, &self.path_json(Stage::Failed.folder(), &name))?;
                self.index().taken.remove(&name);
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        if !mail.to.iter().any(|to| to.as_str().eq_ignore_ascii_case(recipient)) {
            tracing::warn!(advice = %Advice::MailFailed,
                mail = name, "a report names another receiver than the mail had, and is passed over");
            return Ok(None);
        }
        mail.why = Some(cut(&format!("a report says: {status} {recipient}")));
        self.write(&self.path_json(Stage::Failed.folder(), &name), &mail, true)?;
        self.unlink(&path)?;
        self.index().taken.remove(&name);
        Ok(Some(mail))
    }

    /// What was given up is tried again, at once, as the same mail; whether there was such a one. `all` names them all.
    ///
    /// # Errors
    /// What the disk says.
    pub fn again(&self, what: &str, now: Timestamp) -> io::Result<usize> {
        let names = match what {
            "all" => self.names(Stage::Failed.folder())?,
            name => Some(name.to_owned()).filter(|name| is_name(name)).into_iter().collect(),
        };
        let mut done = 0;
        for name in names {
            let Some(mut mail) = self.read_at(Stage::Failed, &name).filter(|mail| mail.name() == name) else {
                continue;
            };
            (mail.since, mail.next, mail.tries, mail.delivered) = (mail.since.max(now), now, 0, None);
            self.write(&self.path_json(Stage::Owed.folder(), &name), &mail, true)?;
            self.unlink(&self.path_json(Stage::Failed.folder(), &name))?;
            self.changed().owed.insert(name, now);
            done += 1;
        }
        Ok(done)
    }

    /// No server can be reached, and why; what is too old by now is given up. How many that are.
    ///
    /// # Errors
    /// What the disk says.
    pub fn away(&self, why: &str, now: Timestamp) -> io::Result<usize> {
        let (since, tries) =
            self.index().away.as_ref().map_or((now, 1), |away| (away.since, away.tries.saturating_add(1)));
        let away = Away { since, tries, until: later(now, self.pause(tries)), why: cut(why) };
        self.index().away = Some(away.clone());
        let mut given_up = 0;
        for name in self.due_mails(now, true, usize::MAX) {
            let Some(mail) = self.mail(&name) else { continue };
            if self.is_enough(&mail, mail.tries.saturating_add(tries), now) {
                self.fail(mail, &format!("given up: {why}"))?;
                given_up += 1;
            }
        }
        self.write(&self.folder.join("away.json"), &away, false)?;
        Ok(given_up)
    }

    /// A server was reached.
    pub fn reached(&self) {
        if self.index().away.take().is_some() {
            let _ = self.unlink(&self.folder.join("away.json")); // `status` sees an old word for a while
        }
    }

    /// Forgets what was sent long ago; how much. Nothing, where the last look seems to be as long ago as half of what
    /// is remembered: nobody looked for so long, or the clock jumped, and what was sent yesterday is not old.
    ///
    /// # Errors
    /// What the disk says.
    pub fn forget(&self, now: Timestamp) -> io::Result<usize> {
        let path = self.path_json("", LOOKED);
        let looked = self.read::<Timestamp>(&path).ok();
        self.write(&path, &now, false)?;
        let near = |looked: Timestamp| now.duration_since(looked).abs() <= signed(self.pace.remember / 2);
        if !looked.is_some_and(near) {
            return Ok(0);
        }
        let mut forgotten = 0;
        for name in self.names(Stage::Sent.folder())? {
            let Some(mail) = self.read_at(Stage::Sent, &name) else { continue };
            // what is held may be so for long, and each start owes its word on arrival again
            let is_held = mail.answers().iter().any(|answer| answer.decision == Decision::Held);
            let span = self.pace.remember.saturating_mul(if is_held { 4 } else { 1 });
            if mail.delivered.is_some_and(|at| now.duration_since(at) > signed(span)) {
                for answer in mail.answers() {
                    // and those that it overtook
                    for nth in 1..=answer.answer {
                        self.unlink(&self.path(TOLD, &format!("{}.{nth}.{}", answer.id, answer.participant)))?;
                    }
                }
                self.unlink(&self.path_json(Stage::Sent.folder(), &name))?;
                forgotten += 1;
            }
        }
        Ok(forgotten)
    }

    /// Whether a moment up to which something waits is over: it has come, or the clock was ahead when it was written.
    fn is_past(&self, moment: Timestamp, now: Timestamp) -> bool {
        moment <= now || moment > later(now, self.pace.retry_last)
    }

    /// How long an answer waits for others at most.
    fn put_off_max(&self) -> Duration {
        self.pace.first_word.max(self.pace.gather)
    }

    /// Whether a mail is too old, and was tried often enough, to be tried again.
    fn is_enough(&self, mail: &Mail<K>, tries: u32, now: Timestamp) -> bool {
        now.duration_since(mail.since) > signed(self.pace.give_up) && tries >= TRIES_MIN
    }

    /// So long what was sent is remembered.
    pub fn pace(&self) -> Pace {
        self.pace
    }

    /// How long to wait before the next try: doubling, bounded, and of its second half a part by chance, so that a
    /// server that comes back is not met by all at once.
    fn pause(&self, tries: u32) -> Duration {
        let factor = 1u32.checked_shl(tries.saturating_sub(1)).unwrap_or(u32::MAX);
        let whole = self.pace.retry_first.saturating_mul(factor).min(self.pace.retry_last);
        let mut chance = [0; 2];
        let _ = openssl::rand::rand_bytes(&mut chance); // without it there is less chance, and no harm
        let half = whole / 2;
        half + half.saturating_mul(u32::from(u16::from_be_bytes(chance))) / u32::from(u16::MAX)
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The index, to change what waits or is owed.
    fn changed(&self) -> MutexGuard<'_, Index> {
        let mut index = self.index();
        index.next = None;
        index
    }

    fn path(&self, folder: &str, name: &str) -> PathBuf {
        self.folder.join(folder).join(name)
    }

    fn path_json(&self, folder: &str, name: &str) -> PathBuf {
        self.path(folder, &format!("{name}.json"))
    }

    fn put_told(&self, key: &str, name: &str) -> io::Result<()> {
        let file = self.disk.open_or_create(&self.path(TOLD, key))?;
        file.write_at(name.as_bytes(), 0)
    }

    /// Makes durable what answers were told.
    fn sync_told(&self) -> io::Result<()> {
        self.disk.sync_folder(&self.folder.join(TOLD))
    }

    /// Nothing is written that could not be read again.
    fn write<T: Serialize>(&self, path: &Path, what: &T, durable: bool) -> io::Result<()> {
        let octets = serde_json::to_vec(what)?;
        if octets.len() as u64 > ENTRY_MAX {
            let why = format!("an entry of {} octets; {ENTRY_MAX} are the most", octets.len());
            return Err(io::Error::new(ErrorKind::InvalidData, why));
        }
        self.disk.replace(path, &octets, durable)
    }

    fn read<T: for<'a> Deserialize<'a>>(&self, path: &Path) -> io::Result<T> {
        Ok(serde_json::from_slice(&self.disk.read(path, ENTRY_MAX)?)?)
    }

    fn unlink(&self, path: &Path) -> io::Result<()> {
        match self.disk.unlink(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn names(&self, folder: &str) -> io::Result<Vec<String>> {
        names(&self.disk, &self.folder.join(folder))
    }

    fn read_all<T: for<'a> Deserialize<'a>>(&self, folder: &str) -> io::Result<Vec<(String, T)>> {
        let mut all = Vec::new();
        for name in self.names(folder)? {
            let path = self.path_json(folder, &name);
            match self.read(&path) {
                Ok(one) => all.push((name, one)),
                Err(error) => tracing::error!(advice = %Advice::MailUnreadable,
                    path = %path.display(), %error, "an entry of the outbox cannot be read"),
            }
        }
        Ok(all)
    }
}

/// Answers that go into one mail.
#[derive(Debug)]
struct Batch<K> {
    answers: Vec<Owed<K>>,
    /// Octets of their entries.
    entries: u64,
    /// Octets of their receipts.
    receipts: u64,
}

impl<K> Default for Batch<K> {
    fn default() -> Self {
        Self { answers: Vec::new(), entries: 0, receipts: 0 }
    }
}

impl<K> Batch<K> {
    /// Whether there is room for one more; the first has it always. Receipts have two fifths of the largest mail:
    /// base64 takes a third more, and the text to be read has the rest.
    fn fits(&self, one: &Owed<K>, entry: u64, size_max: u64) -> bool {
        self.answers.is_empty()
            || self.answers.len() < ANSWERS_MAX
                && self.entries.saturating_add(entry) <= FORM_MAX
                && self.receipts.saturating_add(one.octets) <= size_max / 5 * 2
    }

    fn add(&mut self, one: Owed<K>, entry: u64) {
        self.entries = self.entries.saturating_add(entry);
        self.receipts = self.receipts.saturating_add(one.octets);
        self.answers.push(one);
    }
}

impl Index {
    /// When the first of what waits and is owed is due.
    fn first(&self) -> Option<Timestamp> {
        let joined = self.complete();
        let waiting = self.waiting.values().map(|one| match &one.letter {
            Some(letter) if joined.contains(letter) => Timestamp::UNIX_EPOCH,
            _ => one.due,
        });
        waiting.chain(self.owed.values().copied()).min()
    }

    /// The letters whose every submission has its outcome waiting.
    fn complete(&self) -> BTreeSet<String> {
        let mut there: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (key, one) in self.waiting.iter().filter(|(_, one)| !one.is_held) {
            if let Some(letter) = &one.letter {
                there.entry(message(letter)).or_default().insert(key.split('.').next().unwrap_or(key));
            }
        }
        let is_whole = |letter: &str, ids: usize| self.letters.get(letter).is_some_and(|count| ids >= *count as usize);
        let whole: BTreeSet<&str> =
            there.into_iter().filter(|(letter, ids)| is_whole(letter, ids.len())).map(|(letter, _)| letter).collect();
        let letters = self.waiting.values().filter_map(|one| one.letter.as_ref());
        letters.filter(|letter| whole.contains(message(letter))).cloned().collect()
    }
}

/// What `status` and commands see of an outbox, from outside.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// Answers that are in no mail yet.
    pub waiting: usize,
    /// Mails that are to be tried.
    pub owed: usize,
    /// The oldest of them.
    pub oldest: Option<Timestamp>,
    /// Mails given up or bounced: by name.
    pub failed: Vec<(String, Mail<Value>)>,
    /// Why no server can be reached.
    pub away: Option<Away>,
    /// Entries that cannot be read, by their names below the outbox: what they hold goes to nobody.
    pub unreadable: Vec<String>,
}

impl Survey {
    /// Looks at what lies there.
    pub fn of(disk: &Disk, state: &Path) -> Self {
        let mut unreadable = Vec::new();
        let failed = readable::<Mail<Value>>(disk, state, Stage::Failed, &mut unreadable);
        let waiting = readable::<Owed<Value>>(disk, state, Stage::Waiting, &mut unreadable);
        let mut survey = Self { waiting: waiting.len(), failed, away: away(disk, state), ..Self::default() };
        for (_, mail) in readable::<Mail<Value>>(disk, state, Stage::Owed, &mut unreadable) {
            survey.owed += 1;
            survey.oldest = Some(survey.oldest.map_or(mail.since, |oldest| oldest.min(mail.since)));
        }
        drop(readable::<Mail<Value>>(disk, state, Stage::Taken, &mut unreadable));
        survey.unreadable = unreadable;
        survey
    }
}

/// What can be read of a stage; what cannot is named. What goes its way meanwhile is neither.
fn readable<T: for<'a> Deserialize<'a>>(
    disk: &Disk,
    state: &Path,
    stage: Stage,
    unreadable: &mut Vec<String>,
) -> Vec<(String, T)> {
    let below = |name: &str| format!("{}/{name}.json", stage.folder());
    let mut all = Vec::new();
    for name in names(disk, &folder(state).join(stage.folder())).unwrap_or_default() {
        let octets = disk.read(&folder(state).join(below(&name)), ENTRY_MAX);
        match octets.and_then(|octets| Ok(serde_json::from_slice(&octets)?)) {
            Ok(one) => all.push((name, one)),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(_) => unreadable.push(below(&name)),
        }
    }
    all
}

fn folder(state: &Path) -> PathBuf {
    state.join("outbox")
}

fn away(disk: &Disk, state: &Path) -> Option<Away> {
    serde_json::from_slice(&disk.read(&folder(state).join("away.json"), ENTRY_MAX).ok()?).ok()
}

/// Names without `.json`, of what is whole.
fn names(disk: &Disk, folder: &Path) -> io::Result<Vec<String>> {
    let names = disk.list(folder)?.into_iter().filter_map(|name| name.into_string().ok());
    Ok(names.filter_map(|name| name.strip_suffix(".json").map(str::to_owned)).collect())
}

fn later(from: Timestamp, by: Duration) -> Timestamp {
    from.saturating_add(signed(by)).unwrap_or(from)
}

fn signed(span: Duration) -> SignedDuration {
    SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX)
}

fn cut(why: &str) -> String {
    crate::host::printable_line(why).chars().take(WHY_MAX).collect()
}
