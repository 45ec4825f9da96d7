//! Posting: answers that go out by mail, beside the loop that never waits for it.
//!
//! Owns who is owed what by mail, and the rounds in which it is tried, by a thread of its own that is watched, as the
//! refresher's. An answer lies durable in the outbox before its submission is closed; what was delivered is journalled
//! with the next round's end. What the outbox is, the room `post` knows. Decides nothing about a document.

use super::judgement::Judge;
use super::refresh::{Refresher, Round};
use super::returned::Original;
use super::window::{Halt, Window};
use crate::advice::Advice;
use crate::authority::Answers;
use crate::config::{Settings, World};
use crate::document::{Decision, MailAddress, ParticipantName, SubmissionId, Thread};
use crate::evidence::Reader;
use crate::finding::Language;
use crate::host::{Host, Scratch, printable_line};
use crate::journal::{Answered, Event, Held, KeptFile, Note};
use crate::ledger::{Arrived, Submission};
use crate::post::{self, Attachment, Auto, Courier, Draft, Failure, Mail, MailKey, Matter, Notice, Outbox, Owed};
use crate::receipt;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::{Duration, Instant};

/// Between two rounds: so long answers that are given one after the other gather for one connection.
const EVERY: Duration = Duration::from_millis(100);
/// For so long a round hands over one mail after the other; then the journal hears of them.
const SPELL: Duration = Duration::from_secs(30);
/// Mails of one round at most.
const MAILS_MAX: usize = 500;
/// A conversation has so many steps at most, each bounded by itself: call, greeting, TLS, name, password, and a mail.
/// A mail's octets have their time besides.
const STEPS: u32 = 16;
/// Between two looks at what was sent long ago.
const FORGET: Duration = Duration::from_secs(86_400);
/// How long `once` waits for all that it may hand over.
const ONCE: Duration = Duration::from_secs(600);

/// The act by which a command asks for what was given up.
pub const AGAIN: &str = "mail-again";
/// The act that tells of an answer that a server took.
pub const MAILED: &str = "answer-mailed";
/// The act that tells of one that came back.
pub const BOUNCED: &str = "answer-bounced";
/// The act that tells of a mail that is no answer.
pub const NOTICED: &str = "notice-mailed";

/// What a mail with an answer is made from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Source {
    /// Where the sealed receipt lies.
    receipt: KeptFile,
    /// Of a rejected table: the original, whose faulty rows go back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rows: Option<Box<Held>>,
}

/// What is owed by mail.
pub type Post = Outbox<Source>;

/// Hands over what is due.
pub(super) struct Poster {
    settings: post::Settings,
    window: String,
    outbox: Arc<Post>,
    host: Host,
    /// What the window judges by, where faulty rows go back; the world is each round's.
    ours: Arc<Settings>,
    scratch: Scratch,
    evidence: Reader,
    courier: Mutex<Option<Courier>>,
    /// When what was sent long ago was forgotten last.
    forgot: Mutex<Option<Instant>>,
}

/// The schedule of mail; it waits for ever where none goes out, or nothing is due.
pub(super) fn poster(window: &Window) -> Refresher {
    let poster = window.poster.clone();
    let known = poster.clone();
    let patience = move |_: &World| {
        let Poster { outbox, settings, host, .. } = known.as_deref()?;
        let is_due = !settings.server.paused && {
            let now = host.clock.now();
            outbox.due(now).is_some_and(|due| due <= now)
        };
        is_due.then(|| SPELL + settings.server.timeout.saturating_mul(STEPS) + Courier::UPLOAD_MAX)
    };
    let fetch = move |world: &Arc<World>| match &poster {
        Some(poster) => poster.round(world, false),
        None => Round::default(),
    };
    Refresher::of(EVERY, Box::new(patience), Arc::new(fetch))
}

/// What the server said to a mail, and whom it was for.
type Sent = (Result<String, Failure>, Vec<MailAddress>);

/// Why a mail cannot be made now.
struct Unready(String);

impl Poster {
    /// Makes mails of what is due and hands them over; `all` waits for nothing.
    fn round(&self, world: &Arc<World>, all: bool) -> Round {
        match self.hand_over(world, all) {
            Ok(()) => Round::default(),
            Err(why) => Round { failed: vec![why], ..Round::default() },
        }
    }

    fn hand_over(&self, world: &Arc<World>, all: bool) -> Result<(), String> {
        let disk_says = |error: std::io::Error| format!("the outbox: {error}");
        let now = self.host.clock.now();
        self.forget(now);
        self.outbox.form(now, all).map_err(disk_says)?;
        let names = self.outbox.due_mails(now, all, if all { usize::MAX } else { MAILS_MAX });
        if names.is_empty() {
            return Ok(());
        }
        let mut courier = match self.courier.try_lock() {
            Ok(courier) => courier,
            Err(TryLockError::Poisoned(courier)) => courier.into_inner(),
            // each round that waited for it would be a thread more
            Err(TryLockError::WouldBlock) => {
                return Err("an earlier round still speaks with the server; what is owed waits".to_owned());
            }
        };
        let ready = MailKey::open(&self.host.disk, &self.settings.sign, now).map_err(|fault| fault.to_string());
        let ready = ready.and_then(|key| {
            let mut knocked = match courier.take() {
                Some(courier) => courier,
                None => Courier::new(&self.host.disk, &self.settings.server, &self.settings.from)?,
            };
            knocked.knock().map(|()| (key, knocked))
        });
        let (key, mut open) = match ready {
            Ok(ready) => ready,
            Err(why) => return self.away(&why),
        };
        let (began, mut lost) = (Instant::now(), false);
        for name in names {
            if !all && began.elapsed() > SPELL {
                break;
            }
            let Some(mail) = self.outbox.mail(&name) else { continue };
            // the line may have been lost over the mail before; whether others are taken, the server says now
            if !open.is_open()
                && let Err(why) = open.knock()
            {
                return self.away(&why);
            }
            let composed = self.compose(&mail, &key, world);
            let sent = composed.map(|(to, octets)| (open.send(&to, &octets), to));
            match &sent {
                Ok((Err(Failure::Lost(_)), _)) => lost = true,
                // it spoke of this mail: it is there
                Ok(_) => self.outbox.reached(),
                Err(Unready(_)) => {}
            }
            self.after(mail, sent).map_err(disk_says)?;
        }
        if !lost {
            self.outbox.reached();
        }
        *courier = Some(open);
        Ok(())
    }

    /// Writes down what became of a mail.
    fn after(&self, mail: Mail<Source>, sent: Result<Sent, Unready>) -> io::Result<()> {
        let (now, message_id) = (self.host.clock.now(), mail.message_id.clone());
        match sent {
            Ok((Ok(said), to)) => {
                tracing::info!(mail = message_id, to = listed(&to), said, "a mail was taken");
                self.outbox.taken(mail, to, now)
            }
            Ok((Err(Failure::Refused(why)), _)) => {
                tracing::error!(
                    advice = %Advice::MailFailed,
                    mail = message_id,
                    why,
                    "a mail was refused and is not tried again by itself; `pencere post` shows it"
                );
                self.outbox.fail(mail, &why)
            }
            Ok((Err(Failure::Later(why) | Failure::Lost(why)), _)) | Err(Unready(why)) => {
                self.outbox.later(mail, &why, now).map(|given_up| match given_up {
                    true => tracing::error!(advice = %Advice::MailFailed,
                        mail = message_id, why, "a mail was given up; `pencere post` shows it"),
                    false => tracing::warn!(advice = %Advice::MailRetried,
                        mail = message_id, why, "a mail is tried again"),
                })
            }
        }
    }

    /// Forgets, once a day, what was sent long ago.
    fn forget(&self, now: Timestamp) {
        let mut forgot = self.forgot.lock().unwrap_or_else(PoisonError::into_inner);
        if forgot.is_some_and(|last| last.elapsed() < FORGET) {
            return;
        }
        *forgot = Some(Instant::now());
        if let Err(error) = self.outbox.forget(now) {
            tracing::warn!(advice = %Advice::OutboxUnwritable,
                %error, "what was mailed long ago could not be forgotten");
        }
    }

    fn away(&self, why: &str) -> Result<(), String> {
        let given_up = self.outbox.away(why, self.host.clock.now()).map_err(|error| format!("the outbox: {error}"))?;
        if given_up > 0 {
            tracing::error!(advice = %Advice::MailFailed,
                mails = given_up, "mails were given up; `pencere post` shows them");
        }
        Err(why.to_owned())
    }

    /// Whom it goes to, and its octets.
    fn compose(
        &self,
        mail: &Mail<Source>,
        key: &MailKey,
        world: &Arc<World>,
    ) -> Result<(Vec<MailAddress>, Vec<u8>), Unready> {
        let mut attachments = Vec::new();
        let (to, subject, text, auto) = match &mail.matter {
            Matter::Notice(Notice { to, subject, text, file, thread, .. }) => {
                if let Some((name, content)) = file {
                    let (name, octets) = (name.clone(), content.clone().into_bytes().into());
                    attachments.push(Attachment { plain_name: name.clone(), name, media: "text/plain", octets });
                }
                let auto = if thread.is_some() { Auto::Replied } else { Auto::Generated };
                (to.clone(), format!("[{}] {subject}", self.window), text.clone(), auto)
            }
            Matter::Answers { answers } => {
                let whose = answers.first().map(|answer| &answer.participant);
                let found = whose.and_then(|whose| world.registry.participants.get(whose));
                let Some(address) = found.and_then(|found| found.mail.clone()) else {
                    return Err(Unready("the registry holds no address for the participant".to_owned()));
                };
                let text = self.answers(answers, world, &mut attachments)?;
                (vec![address], format!("[{}] {}", self.window, subject(answers)), text, Auto::Replied)
            }
        };
        let answers = mail.answers();
        let draft = Draft {
            from: &self.settings.from,
            to: &to,
            subject: &subject,
            date: answers.iter().map(|answer| answer.since).min().unwrap_or(mail.since),
            message_id: &mail.message_id,
            thread: match &mail.matter {
                Matter::Answers { answers } => answers.iter().find_map(|answer| answer.thread.as_ref()),
                Matter::Notice(notice) => notice.thread.as_ref(),
            },
            auto,
            text: &text,
            attachments: &attachments,
        };
        let octets = draft.compose(key).map_err(Unready)?;
        Ok((to, octets))
    }

    /// The text of answers; receipts and rows are attached.
    fn answers(
        &self,
        answers: &[Owed<Source>],
        world: &Arc<World>,
        attachments: &mut Vec<Attachment>,
    ) -> Result<String, Unready> {
        let (mut az, mut en) = (String::new(), String::new());
        let mut room = self.settings.pace.size_max / 3 * 2; // base64 takes a third more, and lines
        for answer in answers {
            let octets = read(&self.evidence, &answer.kept.receipt)
                .map_err(|why| Unready(format!("receipt {} cannot be read from evidence: {why}", answer.number)))?;
            for (language, page) in [(Language::Az, &mut az), (Language::En, &mut en)] {
                let text = receipt::page(&octets, language).map_err(|f| Unready(f.message(Language::En)))?;
                page.push_str(&text);
                page.push('\n');
            }
            room = room.saturating_sub(octets.len() as u64);
            let stem = answer.file_name.strip_suffix(".xml").unwrap_or(&answer.file_name);
            let rows = answer.kept.rows.as_ref().and_then(|held| self.rows(held, world, &octets));
            let plain = format!("{}.{}", answer.id, answer.answer);
            attachments.push(Attachment {
                name: answer.file_name.clone(),
                plain_name: format!("{plain}.receipt.xml"),
                media: "application/xml",
                octets: octets.into(),
            });
            match rows {
                Some(rows) if rows.len() as u64 <= room => {
                    room -= rows.len() as u64;
                    attachments.push(Attachment {
                        name: format!("{}.rows.csv", stem.strip_suffix(".receipt").unwrap_or(stem)),
                        plain_name: format!("{plain}.rows.csv"),
                        media: "text/csv; charset=utf-8",
                        octets: rows.into_bytes().into(),
                    });
                }
                Some(_) => {
                    az.push_str("Səhv sətirlərin faylı məktuba sığmadığı üçün əlavə olunmayıb.\n\n");
                    en.push_str("The file of faulty rows does not fit into a mail and is not attached.\n\n");
                }
                None => {}
            }
        }
        Ok(format!(
            "Bu məktubu pəncərə özü göndərib. Əsas olan əlavədəki möhürlənmiş qəbzdir (XML); aşağıdakı mətn yalnız \
             oxumaq üçündür.\nThe window sent this mail by itself. What counts is the sealed receipt (XML) that is \
             attached; the text below is for reading alone.\n\n{az}\n{en}"
        ))
    }

    /// The faulty rows: a courtesy, so that what goes wrong is only said.
    fn rows(&self, held: &Held, world: &Arc<World>, receipt: &[u8]) -> Option<String> {
        let judge = Judge::of(Arc::clone(&self.ours), Arc::clone(world)).with_scratch(self.scratch.clone());
        let original = Original { held: held.clone(), judge, evidence: self.evidence.clone() };
        original.rows(receipt).unwrap_or_else(|why| {
            tracing::warn!(advice = %Advice::OutboxUnwritable,
                submission = %held.id, why, "the faulty rows could not be given back by mail");
            None
        })
    }
}

fn read(evidence: &Reader, kept: &KeptFile) -> Result<Vec<u8>, String> {
    let octets = evidence.read(&kept.kept()).map_err(|error| error.to_string())?;
    octets.whole().map(|octets| octets.into_owned()).map_err(|error| error.to_string())
}

/// The subject: numbers and words of ours, nothing of a document.
fn subject(answers: &[Owed<Source>]) -> String {
    let words = |decision: Decision| match decision {
        Decision::Accepted => ("qəbul edildi", "accepted"),
        Decision::Rejected => ("rədd edildi", "rejected"),
        Decision::Duplicate => ("təkrar", "duplicate"),
        Decision::Pending => ("təsdiq gözləyir", "awaits approval"),
        Decision::Held => ("alındı və saxlanılır", "arrived and safe, held"),
        Decision::Contested => ("mübahisəli", "contested"),
    };
    match answers {
        [one] => {
            let (az, en) = words(one.decision);
            format!("Qəbz {}: {az} / {en}", one.number)
        }
        several => {
            let mut counts: BTreeMap<Decision, usize> = BTreeMap::new();
            several.iter().for_each(|one| *counts.entry(one.decision).or_default() += 1);
            let told = |(decision, count): (Decision, usize)| {
                let (az, en) = words(decision);
                format!("{count} {az} / {en}")
            };
            let told: Vec<String> = counts.into_iter().map(told).collect();
            format!("{} qəbz / receipts: {}", several.len(), told.join(", "))
        }
    }
}

fn listed(to: &[MailAddress]) -> String {
    to.iter().map(MailAddress::as_str).collect::<Vec<_>>().join(", ")
}

impl Window {
    /// Opens the outbox, where mail goes out.
    pub(super) fn open_outbox(&mut self) -> Result<(), Halt> {
        let Some(settings) = self.settings().post.clone() else { return Ok(()) };
        let (disk, state) = (&self.host.disk, &self.settings().window.paths.state);
        let outbox = Outbox::open(disk, state, &settings.from, settings.pace);
        let outbox = Arc::new(outbox.map_err(|error| Halt::broken(format!("the outbox: {error}")))?);
        let window = self.settings().window.window.id.to_string();
        let (host, courier, forgot) = (self.host.clone(), Mutex::default(), Mutex::default());
        let (evidence, scratch) = (self.evidence.reader().clone(), self.evidence.scratch());
        let ours = Arc::clone(self.config.shared_settings());
        let poster = Poster { settings, window, outbox, host, ours, scratch, evidence, courier, forgot };
        self.poster = Some(Arc::new(poster));
        self.journal_mailed()?;
        self.owe_again()
    }

    /// What is owed by mail; none where none goes out.
    pub fn outbox(&self) -> Option<&Arc<Post>> {
        self.poster.as_deref().map(|poster| &poster.outbox)
    }

    /// When mail is due next, where that is ahead.
    pub(super) fn next_post(&self, now: Timestamp) -> Option<Timestamp> {
        let poster = self.poster.as_deref().filter(|poster| !poster.settings.server.paused)?;
        poster.outbox.due(now).filter(|due| *due > now)
    }

    /// By which ways a participant is answered.
    pub(super) fn answers_of(&self, participant: &ParticipantName) -> Answers {
        self.world.registry.participants.get(participant).map(|found| found.answers).unwrap_or_default()
    }

    /// Whether an answer is laid into the participant's folder: where it is answered so, and where no mail answers.
    pub(super) fn lays(&self, participant: &ParticipantName, id: SubmissionId) -> bool {
        let is_silent = || match self.ledger.state(id) {
            Ok(Some(Submission { arrival: Arrived::Held(held), .. })) => held.thread.is_some_and(|one| one.silent),
            _ => false,
        };
        self.answers_of(participant).folder || is_silent()
    }

    /// Owes an answer by mail, where its receiver is answered so. One that cannot be written down leaves its submission
    /// open, and is tried again with those that could not be published.
    pub(super) fn owe(&mut self, answered: &Answered, to: Option<&ParticipantName>) {
        self.owe_in(answered, to, None);
    }

    /// The same, in answer to another letter than that in which the submission came.
    pub(super) fn owe_in(&mut self, answered: &Answered, to: Option<&ParticipantName>, letter: Option<Thread>) {
        if let Err(error) = self.put_in_outbox(answered, to, letter) {
            let to = to.or(answered.participant.as_ref()).map_or("nobody", ParticipantName::as_str);
            tracing::error!(advice = %Advice::OutboxUnwritable, participant = to, submission = %answered.id, %error,
                "an answer cannot be put in the outbox");
            self.tally.publishing = Some(format!("answers to {to} cannot be put in the outbox: {error}"));
            self.left.insert(answered.id);
        }
    }

    /// Puts an answer in the outbox, where its receiver is answered so.
    pub(super) fn put_in_outbox(
        &mut self,
        answered: &Answered,
        to: Option<&ParticipantName>,
        letter: Option<Thread>,
    ) -> io::Result<()> {
        let Some(outbox) = self.outbox().cloned() else { return Ok(()) };
        let Some(to) = to.or(answered.participant.as_ref()).filter(|to| self.answers_of(to).mail).cloned() else {
            return Ok(());
        };
        let now = self.host.clock.now();
        let arrived = self.arrived(answered.id);
        let thread = letter.or_else(|| arrived.as_ref().and_then(|held| held.thread.clone()));
        if thread.as_ref().is_some_and(|thread| thread.silent) {
            return Ok(()); // no mail answers a machine or a list: the folder has it (`lays`)
        }
        let rows = match answered.decision {
            Decision::Rejected if answered.dataset.is_some() => arrived.map(Box::new),
            _ => None,
        };
        let receipt = KeptFile::from(answered.receipt.kept());
        let owed = Owed {
            octets: receipt.size,
            id: answered.id,
            answer: answered.answer,
            participant: to.clone(),
            decision: answered.decision,
            number: answered.receipt.number.clone(),
            file_name: answered.receipt.file_name.clone(),
            thread: thread.clone(),
            kept: Source { receipt, rows },
            since: now,
            due: now,
        };
        let together = self.in_letter(answered.id);
        if let Some(thread) = thread.filter(|_| together > 1) {
            outbox.expect(&thread.message_id, together)?;
        }
        outbox.owe(owed)
    }

    /// How a submission came.
    pub(super) fn arrived(&mut self, id: SubmissionId) -> Option<Held> {
        self.learn().ok()?; // of a group that is answered just now the ledger may not have heard yet
        match self.ledger.state(id).ok()??.arrival {
            Arrived::Held(held) => Some(*held),
            Arrived::RefusedInPlace(_) => None,
        }
    }

    /// Hears what came of a round.
    ///
    /// # Errors
    /// The journal.
    pub(super) fn posted(&mut self, round: Round) -> Result<(), Halt> {
        let why = round.broken.or_else(|| round.failed.into_iter().next());
        match &why {
            Some(why) if self.tally.posting.as_ref() != Some(why) => {
                tracing::error!(advice = %Advice::MailAway, why, "mail does not go out; what is owed waits");
            }
            None if self.tally.posting.is_some() => tracing::info!("mail goes out again"),
            _ => {}
        }
        self.tally.posting = why;
        self.journal_mailed()
    }

    /// Journals what a server took.
    pub(super) fn journal_mailed(&mut self) -> Result<(), Halt> {
        let Some(outbox) = self.outbox().cloned() else { return Ok(()) };
        let untold = outbox.untold();
        if untold.is_empty() {
            return Ok(());
        }
        let events: Vec<Event> = untold.iter().flat_map(mailed).collect();
        self.tell(events)?;
        for mail in &untold {
            if let Err(error) = outbox.journalled(&mail.name()) {
                tracing::warn!(advice = %Advice::OutboxUnwritable,
                    %error, "what was mailed is journalled, and will be once more");
            }
        }
        Ok(())
    }

    /// An answer came back, or did not reach everybody: for whoever reads such reports. Whether all is done about it;
    /// where the outbox cannot be written, nothing is, and the report is to be brought once more.
    ///
    /// # Errors
    /// The journal.
    pub(super) fn bounced(&mut self, message_id: &str, status: &str, recipient: &str) -> Result<bool, Halt> {
        let Some(outbox) = self.outbox().cloned() else { return Ok(true) };
        let mail = match outbox.bounced(message_id, status, recipient) {
            Ok(Some(mail)) => mail,
            Ok(None) => return Ok(true), // none of ours, or known
            Err(error) => {
                tracing::error!(advice = %Advice::OutboxUnwritable, mail = printable_line(message_id), %error,
                    "a report came of a mail, and the outbox cannot be written; see to the disk, it is read again");
                return Ok(false);
            }
        };
        tracing::error!(
            advice = %Advice::MailFailed,
            mail = mail.message_id,
            status,
            recipient,
            "a report says that a mail did not arrive; `pencere post` shows it"
        );
        let facts = |nth: Option<u32>| {
            let nth = nth.map(|nth| ("answer", nth.to_string()));
            let said = [("message-id", mail.message_id.clone()), ("why", mail.why.clone().unwrap_or_default())];
            said.into_iter().chain(nth).map(|(name, value)| (name.to_owned(), value)).collect()
        };
        let act = |id, nth| Event::of_window(BOUNCED, id, facts(nth));
        let answers = mail.answers().iter().map(|answer| act(Some(answer.id), Some(answer.answer)));
        let mut events: Vec<Event> = answers.collect();
        if events.is_empty() {
            events.push(act(None, None));
        }
        self.tell(events)?;
        Ok(true)
    }

    /// Takes up what commands ask of the outbox, before the journal takes the notes away.
    pub(super) fn take_post_notes(&mut self) {
        let Some(outbox) = self.outbox() else { return };
        let (now, state) = (self.host.clock.now(), &self.settings().window.paths.state);
        for (_, note) in Note::left(&self.host.disk, state) {
            let Some(what) = note.facts.get("mail").filter(|_| note.act == AGAIN) else { continue };
            match outbox.again(what, now) {
                Ok(count) => tracing::info!(mails = count, "mails that were given up are tried again"),
                Err(error) => tracing::error!(advice = %Advice::OutboxUnwritable,
                    %error, "what was given up cannot be tried again"),
            }
        }
    }

    /// Tries all that is owed by mail once: `once` has no rounds.
    ///
    /// # Errors
    /// The journal.
    pub fn post_once(&mut self) -> Result<(), Halt> {
        self.post(true)
    }

    /// Tries what is due by mail.
    ///
    /// # Errors
    /// The journal.
    pub fn post_due(&mut self) -> Result<(), Halt> {
        self.post(false)
    }

    fn post(&mut self, all: bool) -> Result<(), Halt> {
        let Some(poster) = self.poster.clone().filter(|poster| !poster.settings.server.paused) else { return Ok(()) };
        let (world, (tell, told)) = (self.world(), channel());
        let work = move || drop(tell.send(poster.round(&world, all))); // nobody may wait any more
        let begun = std::thread::Builder::new().name("post".to_owned()).spawn(work);
        let round = match begun.map(|_| told.recv_timeout(ONCE)) {
            Ok(Ok(round)) => round,
            Ok(Err(_)) => {
                Round { failed: vec![format!("it took longer than {} s", ONCE.as_secs())], ..Round::default() }
            }
            Err(error) => Round { failed: vec![error.to_string()], ..Round::default() },
        };
        self.posted(round)
    }
}

/// What the journal says of a mail that a server took: a line for each answer in it.
fn mailed(mail: &Mail<Source>) -> Vec<Event> {
    let facts = |nth: Option<u32>| -> BTreeMap<String, String> {
        let delivered = mail.delivered.map(|at| ("delivered", at.to_string()));
        let nth = nth.map(|nth| ("answer", nth.to_string()));
        let said =
            [("to", listed(&mail.to)), ("message-id", mail.message_id.clone()), ("tries", mail.tries.to_string())];
        said.into_iter().chain(delivered).chain(nth).map(|(name, value)| (name.to_owned(), value)).collect()
    };
    match &mail.matter {
        Matter::Notice(notice) if notice.about.is_empty() => vec![Event::of_window(NOTICED, None, facts(None))],
        Matter::Notice(notice) => {
            notice.about.iter().map(|id| Event::of_window(NOTICED, Some(*id), facts(None))).collect()
        }
        Matter::Answers { answers } => {
            let of = |answer: &Owed<Source>| {
                let mut facts = facts(Some(answer.answer));
                facts.insert("participant".to_owned(), answer.participant.to_string());
                Event::of_window(MAILED, Some(answer.id), facts)
            };
            answers.iter().map(of).collect()
        }
    }
}
