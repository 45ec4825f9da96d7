//! Letters: what mailboxes bring goes the way of every arrival, and each message gets its verdict.
//!
//! Owns which message is settled and when: once every submission of it is held safely and answered, and not before.
//! Takes a few messages of each mailbox in turn, in a group of their own, so that a flood of mail delays no folder
//! and no other mailbox. A message that is read once more, after a crash or because it could not be moved, finds its
//! submissions by its key and their digests: nothing is staged, judged or answered twice. What nobody registered
//! signed is neither held nor answered ([`sieve`](super::sieve)); the journal says that it came, with its digests (act
//! `letter-rejected`). Decides nothing about a document.

use super::sieve::{Known, Sieve, Sieving, Sifted};
use super::unsigned::{Digests, Reason};
use super::watch::Progress;
use super::window::{Halt, Window};
use crate::advice::Advice;
use crate::document::{Digest, MailAddress, SubmissionId, Thread};
use crate::host::printable_line;
use crate::intake::Group;
use crate::intake::mail::{Delivery, Left, Mailbox, Post, Standing, Ticket, Verdict};
use crate::journal::{Event, Held};
use crate::ledger::Arrived;
use crate::letter::{Action, Fault};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Messages of one round, at most: each is a submission or a few.
const ROUND: usize = 16;
/// For so long the end waits for messages that are being moved.
const PATIENCE: Duration = Duration::from_secs(5);
/// Of so many documents that nobody signed the journal has the digest: of a message's attachments all but absurd ones.
const DIGESTS_MAX: usize = 10;
/// Longest text of a message's own in the journal and in the log, in characters.
const TEXT_MAX: usize = 120;

/// The mailboxes that are read.
#[derive(Debug, Default)]
pub(super) struct Letters {
    boxes: Vec<Mailbox>,
    /// A round that is being looked at.
    sieve: Option<Sieve>,
    /// Handed over, without a verdict.
    open: Vec<Open>,
    /// Rejected; told so once the journal has it.
    rejected: Vec<(usize, Ticket)>,
    /// Whose turn is next.
    next: usize,
    /// Those that said that nothing is left in them.
    quiet: BTreeSet<usize>,
    /// Reports that mails of ours came back; taken up once nothing is half safe beside them.
    back: Vec<Back>,
    /// What is gathered of messages of which nothing was filed.
    unsigned: Digests,
    /// How they stood when that was written down last.
    standings: BTreeMap<String, Standing>,
}

/// A message on its way.
#[derive(Debug)]
struct Open {
    mailbox: usize,
    ticket: Ticket,
    key: String,
    from: Option<String>,
    subject: Option<String>,
    /// Whether a machine wrote it, or a list: nobody is told of it by mail.
    silent: bool,
    ids: Vec<SubmissionId>,
    /// Of those, what came before in another letter of the same key, with the thread of this one: where a machine's
    /// copy came first, nobody was told by mail.
    known: Vec<(SubmissionId, Thread)>,
    /// Digests of what nobody of the registry signed, or signed so that it files.
    strange: Vec<Digest>,
}

/// A mail system's report that mails of ours came back.
#[derive(Debug)]
struct Back {
    mailbox: usize,
    /// Of a message that is put away once this is marked; none of one that waits for its submissions.
    ticket: Option<Ticket>,
    /// Each mail: message id, status and receiver.
    mails: Vec<(String, String, String)>,
}

/// What `status` reads of how the mailboxes stand; empty where none was ever read.
pub fn standings(state: &Path) -> BTreeMap<String, Standing> {
    std::fs::read(place(state)).ok().and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default()
}

fn place(state: &Path) -> PathBuf {
    state.join("mail/mailboxes.json")
}

impl Window {
    /// Starts reading the mailboxes of the configuration.
    pub(super) fn start_mailboxes(&mut self) {
        let (settings, size_max) = (self.settings().mail.clone(), self.settings().intake.size_max);
        for mailbox in &settings.mailboxes {
            if mailbox.paused {
                tracing::warn!(advice = %Advice::MailboxPaused,
                    mailbox = mailbox.name, "the mailbox is paused, and not read");
                continue;
            }
            let scratch = self.evidence.scratch();
            match Mailbox::start(mailbox, settings.limits, size_max, scratch, &self.told) {
                Ok(started) => self.letters.boxes.push(started),
                Err(error) => tracing::error!(advice = %Advice::MailboxUnreadable,
                    mailbox = mailbox.name, %error, "no thread reads the mailbox"),
            }
        }
        self.remember_mailboxes();
    }

    /// Whether something waits to be taken.
    pub(super) fn has_letters(&self) -> bool {
        match &self.letters.sieve {
            Some(sieve) => sieve.is_done(),
            None => self.letters.boxes.iter().any(Mailbox::is_waiting),
        }
    }

    /// Takes a few messages to their receipts, and settles what is answered; how many messages that were.
    pub(super) async fn carry_letters(&mut self) -> Result<usize, Halt> {
        if self.letters.boxes.is_empty() {
            return Ok(0);
        }
        self.settle_letters()?;
        let deliveries = self.sift_letters()?;
        if deliveries.is_empty() {
            return Ok(0);
        }
        let count = deliveries.len();
        self.learn()?; // of what came in the round before
        let (mut group, mut here) = (Group::default(), HashMap::new());
        for Sifted { mailbox, delivery, is_entitled } in deliveries {
            match delivery {
                Delivery::Quiet => drop(self.letters.quiet.insert(mailbox)),
                Delivery::Refused(ticket, key, fault) => self.refuse_letter(mailbox, ticket, &key, &fault)?,
                Delivery::Post(ticket, post) => {
                    let (group, here) = (&mut group, &mut here);
                    self.open_letter((mailbox, ticket), *post, is_entitled, group, here)?;
                }
            }
        }
        // what is promised or journalled beside it must not share its fate
        let ahead = self.ahead.take();
        self.ahead = self.safe_ahead(ahead)?;
        for back in std::mem::take(&mut self.letters.back) {
            self.came_back(back)?;
        }
        self.tell_rejected()?;
        if !group.is_empty()
            && let Some(taken) = self.make_safe(group)?
        {
            self.finish(taken, false).await?;
        }
        self.settle_letters()?;
        Ok(count)
    }

    /// A round of messages of which it is known whether anybody entitled stands behind them; none while that is being
    /// looked at.
    fn sift_letters(&mut self) -> Result<Vec<Sifted>, Halt> {
        match self.letters.sieve.take() {
            Some(sieve) if sieve.is_done() => match sieve.end() {
                Some(sifted) => return Ok(sifted),
                None => return Err(Halt::wrong("the look at a round of messages broke off")),
            },
            Some(sieve) => {
                self.letters.sieve = Some(sieve);
                return Ok(Vec::new());
            }
            None => {}
        }
        let deliveries = self.letters.take();
        if deliveries.is_empty() {
            return Ok(Vec::new());
        }
        self.learn()?; // of what came in the round before
        let mut round = Vec::with_capacity(deliveries.len());
        for (mailbox, delivery) in deliveries {
            let mut known = Known::default();
            if let Delivery::Post(_, post) = &delivery {
                for parcel in &post.parcels {
                    let (document, detached) = parcel.octets();
                    let is_known = self.ledger.find_letter(&post.key, document, detached)?.is_some();
                    known.any |= is_known;
                    known.by_mail |= is_known && parcel.mail_signed;
                }
            }
            round.push((Sifted { mailbox, delivery, is_entitled: known.any }, known));
        }
        let now = self.host.clock.now();
        Ok(match Sieve::begin(round, self.judge_alone(), now, &self.told) {
            Sieving::Done(sifted) => sifted,
            Sieving::Begun(sieve) => {
                self.letters.sieve = Some(sieve);
                Vec::new()
            }
        })
    }

    /// Takes everything that lies in the mailboxes, for `once`.
    pub(super) async fn all_letters(&mut self, progress: &mut impl FnMut(Progress)) -> Result<(), Halt> {
        /// Between two looks at what was answered meanwhile.
        const LOOKS: Duration = Duration::from_millis(200);
        let mut stuck = 0;
        let is_open = |letters: &Letters| {
            letters.quiet.len() < letters.boxes.len() || !letters.open.is_empty() || letters.sieve.is_some()
        };
        while is_open(&self.letters) {
            let count = self.carry_letters().await? as u64;
            progress(Progress::Found(count));
            progress(Progress::Done(count));
            if count > 0 {
                stuck = if self.tally.trouble.is_some() { stuck + 1 } else { 0 };
                // what cannot be kept stays where it is, and `once` does not try for ever
                if stuck > 3 {
                    break;
                }
                continue;
            }
            if self.has_aside() {
                self.finish_aside().await?;
                self.settle_letters()?;
                continue;
            }
            let told = std::sync::Arc::clone(&self.told);
            let _ = tokio::time::timeout(LOOKS, told.notified()).await;
        }
        self.remember_mailboxes();
        Ok(())
    }

    /// A message that was read: what of it is not known yet becomes an arrival.
    fn open_letter(
        &mut self,
        (mailbox, ticket): (usize, Ticket),
        post: Post,
        is_entitled: bool,
        group: &mut Group,
        here: &mut HashMap<(String, Digest, Option<Digest>), SubmissionId>,
    ) -> Result<(), Halt> {
        self.letters.quiet.remove(&mailbox);
        let Some(place) = self.letters.boxes.get(mailbox) else { return Ok(()) };
        let (name, channel, now) = (place.name().to_owned(), place.channel(), self.host.clock.now());
        for (attachment, why) in &post.left {
            let (attachment, key) = (shown(attachment), shown(&post.key));
            tracing::info!(mailbox = name, message = key, attachment, why = why.as_str(), "no submission");
        }
        let mut mails = Vec::new();
        if let Some(report) = &post.report {
            for delivery in &report.deliveries {
                let original = report.original_message_id.as_deref().unwrap_or_default();
                let recipient = delivery.recipient.as_deref().unwrap_or_default();
                let failed = delivery.action == Action::Failed;
                tracing::warn!(advice = %Advice::MailFailed,
                    mailbox = name, original, failed, recipient, "a mail system reports on a mail of ours");
                if failed {
                    let status = delivery.status.map(|(class, subject, detail)| format!("{class}.{subject}.{detail}"));
                    mails.push((original.to_owned(), status.unwrap_or_default(), recipient.to_owned()));
                }
            }
        }
        let (mut ids, mut before) = (Vec::with_capacity(post.parcels.len()), Vec::new());
        let threads: Vec<_> = post.parcels.iter().map(|parcel| post.thread(&name, parcel.part)).collect();
        let silent = post.nature.is_silent();
        let too_many = post.left.iter().find(|(_, why)| *why == Left::TooMany).map(|(_, why)| why.as_str().to_owned());
        let Post { key, from, subject, mut parcels, report, unagreed, .. } = post;
        let mut strange: Vec<Digest> = match is_entitled {
            true => Vec::new(),
            false => parcels.drain(..).map(|parcel| parcel.octets().0).collect(),
        };
        let reason = match (strange.is_empty(), too_many) {
            (_, Some(why)) => Reason::Unread(why),
            (true, None) => Reason::NoDocument,
            (false, None) => Reason::NobodySigned,
        };
        strange.extend(unagreed);
        for (parcel, thread) in parcels.into_iter().zip(threads) {
            let (document, detached) = parcel.octets();
            let known = self.ledger.find_letter(&key, document, detached)?.map(|submission| submission.id());
            let what = (key.clone(), document, detached);
            if let Some(known) = known.or_else(|| here.get(&what).copied()) {
                ids.push(known);
                before.push((known, thread));
                continue;
            }
            let id = SubmissionId::new(now);
            match parcel.arrive(id, now, channel, thread) {
                Ok(arrival) => {
                    tracing::debug!(mailbox = name, message = shown(&key), submission = %id, "taken from a message");
                    group.arrivals.push(arrival);
                    here.insert(what, id);
                    ids.push(id);
                }
                Err(error) => {
                    tracing::error!(advice = %Advice::MailboxUnreadable,
                        mailbox = name, %error, "a decoded part cannot be read; the message stays");
                    self.letters.settle(mailbox, ticket, Verdict::Again);
                    return Ok(());
                }
            }
        }
        let opened = Open { mailbox, ticket, key, from, subject, silent, ids, known: before, strange };
        let is_report = report.is_some() && opened.ids.is_empty();
        if !mails.is_empty() {
            self.letters.back.push(Back { mailbox, ticket: is_report.then_some(ticket), mails });
        } else if is_report {
            self.letters.settle(mailbox, ticket, Verdict::Processed);
        }
        match opened.ids.is_empty() {
            false => self.letters.open.push(opened),
            true if !is_report => self.reject_letter(&opened, &reason)?,
            true => {}
        }
        Ok(())
    }

    /// Marks the mails of a report as come back. The report stays in its mailbox until that is written, and is read
    /// again at the next look.
    fn came_back(&mut self, back: Back) -> Result<(), Halt> {
        let Back { mailbox, ticket, mails } = back;
        let mut unmarked = Vec::new();
        for (message_id, status, recipient) in mails {
            if !self.bounced(&message_id, &status, &recipient)? {
                unmarked.push((message_id, status, recipient));
            }
        }
        match (ticket, unmarked.is_empty()) {
            (Some(ticket), true) => self.letters.settle(mailbox, ticket, Verdict::Processed),
            (Some(ticket), false) => self.letters.settle(mailbox, ticket, Verdict::Again),
            (None, true) => {}
            (None, false) => self.letters.back.push(Back { mailbox, ticket, mails: unmarked }),
        }
        Ok(())
    }

    fn refuse_letter(&mut self, mailbox: usize, ticket: Ticket, key: &str, fault: &Fault) -> Result<(), Halt> {
        self.letters.quiet.remove(&mailbox);
        let (key, ids, known, strange) = (key.to_owned(), Vec::new(), Vec::new(), Vec::new());
        let opened = Open { mailbox, ticket, key, from: None, subject: None, silent: true, ids, known, strange };
        self.reject_letter(&opened, &Reason::Unread(fault.to_string()))
    }

    /// A message that is answered to nobody: the journal counts it, and it goes out of the way.
    fn reject_letter(&mut self, letter: &Open, reason: &Reason) -> Result<(), Halt> {
        let mailbox = self.letters.boxes.get(letter.mailbox).map_or("", Mailbox::name).to_owned();
        let (message, from) = (shown(&letter.key), shown(letter.from.as_deref().unwrap_or_default()));
        let why = reason.en();
        tracing::warn!(advice = %Advice::LetterRejected,
            mailbox, message, from, why, "a message is rejected, and answered to nobody");
        let digests = letter.strange.iter().take(DIGESTS_MAX).map(Digest::to_string).collect::<Vec<_>>().join(" ");
        let facts = [("mailbox", mailbox), ("message", message), ("from", from), ("why", why.to_owned())];
        let digests = Some(("sha256", digests)).filter(|(_, digests)| !digests.is_empty());
        let facts = facts.into_iter().chain(digests).map(|(key, value)| (key.to_owned(), value)).collect();
        self.journal.append(self.host.clock.now(), Event::of_window("letter-rejected", None, facts))?;
        self.letters.rejected.push((letter.mailbox, letter.ticket));
        self.tell_whose(letter, reason);
        Ok(())
    }

    /// Has a participant told whose address stands in a message's From that nothing of it was filed: not who wrote it,
    /// but the address of the registry, in a digest.
    fn tell_whose(&mut self, letter: &Open, reason: &Reason) {
        let world = self.world();
        let registered = world.registry.participants.iter();
        let whose = letter.from.as_deref().filter(|_| !letter.silent).and_then(|from| {
            let is_of = |mail: &MailAddress| mail.as_str().eq_ignore_ascii_case(from);
            registered.filter(|(_, one)| one.mail.as_ref().is_some_and(is_of)).map(|(name, _)| name.clone()).next()
        });
        if let Some(whose) = whose {
            self.gather_unsigned(whose, letter.subject.as_deref().unwrap_or_default(), &letter.key, reason);
        }
    }

    /// What is gathered of messages of which nothing was filed.
    pub(super) fn letters_unsigned(&mut self) -> &mut Digests {
        &mut self.letters.unsigned
    }

    /// Whether some of what came by mail is not settled.
    pub(super) fn letters_are_open(&self) -> bool {
        !self.letters.open.is_empty()
    }

    /// How many submissions came in the letter in which this one did; one where it came otherwise, or long ago.
    pub(super) fn in_letter(&self, id: SubmissionId) -> u32 {
        let letter = self.letters.open.iter().find(|letter| letter.ids.contains(&id));
        letter.map_or(1, |letter| u32::try_from(letter.ids.len()).unwrap_or(u32::MAX))
    }

    /// Makes durable that messages were rejected; only then they go out of the way.
    fn tell_rejected(&mut self) -> Result<(), Halt> {
        if self.letters.rejected.is_empty() {
            return Ok(());
        }
        self.settle()?;
        self.remember_unsigned();
        for (mailbox, ticket) in std::mem::take(&mut self.letters.rejected) {
            self.letters.settle(mailbox, ticket, Verdict::Rejected);
        }
        Ok(())
    }

    /// Says what becomes of the messages all of whose submissions are answered.
    pub(super) fn settle_letters(&mut self) -> Result<(), Halt> {
        if self.letters.open.is_empty() {
            return Ok(());
        }
        self.learn()?;
        for letter in std::mem::take(&mut self.letters.open) {
            let (mut is_known, mut is_answered, mut is_somebodys) = (true, true, false);
            for id in &letter.ids {
                let submission = self.ledger.state(*id)?;
                is_known &= submission.is_some();
                let last = submission.and_then(|submission| submission.last);
                is_answered &= last.is_some();
                is_somebodys |= last.is_some_and(|last| last.participant.is_some());
            }
            match (is_known, is_answered, is_somebodys) {
                (false, ..) => self.letters.settle(letter.mailbox, letter.ticket, Verdict::Again),
                (true, false, _) => self.letters.open.push(letter),
                (true, true, true) => match self.owe_known(&letter)? {
                    true => self.letters.settle(letter.mailbox, letter.ticket, Verdict::Processed),
                    false => self.letters.open.push(letter),
                },
                (true, true, false) => {
                    self.reject_letter(&letter, &Reason::NobodySigned)?;
                }
            }
        }
        if !self.letters.rejected.is_empty() {
            let ahead = self.ahead.take();
            self.ahead = self.safe_ahead(ahead)?;
        }
        self.tell_rejected()
    }

    /// Owes by mail what was answered to a machine's copy of a letter, and so by folder alone: whoever knows a letter's
    /// key could else keep its answer from its sender. Whether that is written down.
    fn owe_known(&mut self, letter: &Open) -> Result<bool, Halt> {
        if letter.silent || letter.known.is_empty() {
            return Ok(true);
        }
        for (id, thread) in &letter.known {
            let is_silent = |held: &Held| held.thread.as_ref().is_some_and(|thread| thread.silent);
            let Some(submission) = self.ledger.state(*id)? else { continue };
            if let (Arrived::Held(held), Some(answered)) = (&submission.arrival, &submission.last)
                && is_silent(held)
            {
                self.owe_in(answered, None, Some(thread.clone()));
            }
        }
        match self.outbox().map(|outbox| outbox.sync()) {
            Some(Err(error)) => {
                tracing::error!(advice = %Advice::OutboxUnwritable,
                    %error, "what is owed by mail cannot be written; the message waits for that");
                Ok(false)
            }
            _ => Ok(true),
        }
    }

    /// Writes down how the mailboxes stand, where that has changed: `status` is another process.
    pub(super) fn remember_mailboxes(&mut self) {
        let standing = |mailbox: &Mailbox| (mailbox.name().to_owned(), mailbox.standing());
        let standings: BTreeMap<String, Standing> = self.letters.boxes.iter().map(standing).collect();
        let troubled = standings.iter().find_map(|(name, one)| {
            let why = one.last_error.as_ref()?;
            Some(format!("the mailbox {name} cannot be read: {why}"))
        });
        self.tally.mail = troubled;
        if standings == self.letters.standings {
            return;
        }
        let (path, disk) = (place(&self.settings().window.paths.state), &self.host.disk);
        let written = serde_json::to_vec(&standings).map_err(std::io::Error::from).and_then(|json| {
            disk.make_folder(path.parent().unwrap_or(Path::new(".")))?;
            disk.replace(&path, &json, false)
        });
        match written {
            Ok(()) => self.letters.standings = standings,
            Err(error) => tracing::warn!(advice = %Advice::StateUnwritable,
                %error, "how the mailboxes stand could not be written down"),
        }
    }

    /// Stops reading. What has a verdict is moved first; all else is read again at the next start.
    pub(super) fn end_mailboxes(&mut self) -> Result<(), Halt> {
        self.settle_letters()?;
        self.remember_mailboxes();
        // each while the others do
        self.letters.sieve = None;
        let boxes = std::mem::take(&mut self.letters.boxes);
        boxes.iter().for_each(Mailbox::ask_end);
        boxes.into_iter().for_each(|mailbox| mailbox.end(PATIENCE));
        self.letters.open.clear();
        Ok(())
    }
}

impl Letters {
    /// Up to a round of messages, one of each mailbox in turn.
    fn take(&mut self) -> Vec<(usize, Delivery)> {
        let (mut taken, mut empty, count) = (Vec::new(), 0, self.boxes.len());
        while taken.len() < ROUND && empty < count {
            let at = self.next % count;
            self.next = at + 1;
            match self.boxes.get_mut(at).and_then(Mailbox::take) {
                Some(delivery) => {
                    empty = 0;
                    taken.push((at, delivery));
                }
                None => empty += 1,
            }
        }
        taken
    }

    fn settle(&self, mailbox: usize, ticket: Ticket, verdict: Verdict) {
        if let Some(mailbox) = self.boxes.get(mailbox) {
            mailbox.settle(ticket, verdict);
        }
    }
}

/// A text of a message, for people: bounded, on one line, without what a terminal would obey.
fn shown(text: &str) -> String {
    let text = printable_line(text);
    match text.char_indices().nth(TEXT_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
