//! Arrived: a word that a document came by mail and is safe, where its judgement takes longer than a minute.
//!
//! Owns what is under way of what came by mail, noted by whoever looks as soon as the signature says whose it is, and
//! the one mail that says so after `mail.smtp.first_word`. It goes to the address that the registry holds for the body
//! whose registered person's intact signature the document bears; before that is known nobody is told anything. The
//! outcome follows in a mail of its own. Nothing is sealed for it: nothing is decided yet, and a receipt says what is.

use super::window::Window;
use crate::advice::Advice;
use crate::document::{BAKU, MailAddress, ParticipantName, SubmissionId};
use crate::host::printable_line;
use crate::journal::Held;
use crate::post::Notice;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// What is not safe yet when its word is due is asked about again after so long, and so often.
const AGAIN: SignedDuration = SignedDuration::from_secs(1);
const TRIES: u32 = 60;
/// The longest name of a document that is repeated, characters.
const NAME_MAX: usize = 100;

/// What came by mail and has no answer yet, with whose it is. Cheap to clone; clones share it.
#[derive(Clone, Debug)]
pub(super) struct UnderWay {
    noted: Arc<Mutex<BTreeMap<SubmissionId, Noted>>>,
    told: Arc<Notify>,
}

#[derive(Debug)]
struct Noted {
    whose: ParticipantName,
    received: Timestamp,
    /// Not asked about before then.
    next: Option<Timestamp>,
    tries: u32,
}

impl UnderWay {
    /// Nothing is. `told` hears when that changes.
    pub(super) fn new(told: &Arc<Notify>) -> Self {
        Self { noted: Arc::default(), told: Arc::clone(told) }
    }

    /// Notes whose a document is that came by mail and is still judged.
    pub(super) fn note(&self, id: SubmissionId, whose: ParticipantName, received: Timestamp) {
        self.noted().entry(id).or_insert(Noted { whose, received, next: None, tries: 0 });
        self.told.notify_one();
    }

    /// It is answered, or told of.
    pub(super) fn done(&self, id: SubmissionId) {
        self.noted().remove(&id);
    }

    /// When the first of them is to be told of.
    fn next(&self, first_word: Duration) -> Option<Timestamp> {
        self.noted().values().map(|one| one.due(first_word)).min()
    }

    fn due(&self, first_word: Duration, now: Timestamp) -> Vec<(SubmissionId, ParticipantName)> {
        let noted = self.noted();
        let due = noted.iter().filter(|(_, one)| one.due(first_word) <= now);
        due.map(|(id, one)| (*id, one.whose.clone())).collect()
    }

    /// It is not known to be safe: it is asked about again, or has gone back where it came from.
    fn later(&self, id: SubmissionId, now: Timestamp) {
        let mut noted = self.noted();
        let is_over = noted.get_mut(&id).is_none_or(|one| {
            (one.next, one.tries) = (now.saturating_add(AGAIN).ok(), one.tries + 1);
            one.tries > TRIES
        });
        if is_over {
            noted.remove(&id);
        }
    }

    fn noted(&self) -> MutexGuard<'_, BTreeMap<SubmissionId, Noted>> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Noted {
    fn due(&self, first_word: Duration) -> Timestamp {
        let wait = SignedDuration::try_from(first_word).unwrap_or(SignedDuration::MAX);
        let first = self.received.saturating_add(wait).unwrap_or(self.received);
        self.next.map_or(first, |next| next.max(first))
    }
}

impl Window {
    /// When somebody is to be told next that a document arrived.
    pub(super) fn next_word(&self) -> Option<Timestamp> {
        self.under_way.next(self.first_word()?)
    }

    fn first_word(&self) -> Option<Duration> {
        let post = self.settings().post.as_ref().filter(|post| !post.server.paused)?;
        Some(post.pace.first_word)
    }

    /// Tells who waits for longer than that that what came is safe. A courtesy: one that cannot be written is said in
    /// the log, and the outcome comes all the same.
    pub(super) fn say_arrived(&mut self) {
        let Some((outbox, first_word)) = self.outbox().cloned().zip(self.first_word()) else { return };
        let now = self.now();
        let mut letters: BTreeMap<(ParticipantName, String), Vec<Held>> = BTreeMap::new();
        for (id, whose) in self.under_way.due(first_word, now) {
            match self.arrived(id) {
                None => self.under_way.later(id, now),
                Some(held) => {
                    self.under_way.done(id);
                    let letter = held.thread.as_ref().filter(|thread| !thread.silent);
                    if let Some(letter) = letter.filter(|_| self.answers_of(&whose).mail) {
                        letters.entry((whose, letter.message_id.clone())).or_default().push(held);
                    }
                }
            }
        }
        for ((whose, _), held) in letters {
            let address = self.world.registry.participants.get(&whose).and_then(|found| found.mail.clone());
            let Some(address) = address else { continue };
            let ids: Vec<String> = held.iter().map(|one| one.id.to_string()).collect();
            let told = outbox.notify(&format!("arrived {whose} {}", ids.join(" ")), notice(address, &held), now);
            match told {
                Ok(()) => tracing::info!(participant = %whose, submissions = ids.join(" "),
                    "its judgement takes long; a mail says that it arrived and is safe"),
                Err(error) => tracing::error!(advice = %Advice::OutboxUnwritable, participant = %whose, %error,
                    "a body is not told that its document is safe; see to the disk of the outbox"),
            }
        }
    }
}

/// What is said of documents of one letter.
fn notice(to: MailAddress, held: &[Held]) -> Notice {
    let mut text = "Sənədiniz alınıb və pəncərədə təhlükəsiz saxlanılır. Yoxlanması adi haldan uzun çəkir \
         və davam edir; nəticə möhürlənmiş qəbzlə ayrıca məktubda göndəriləcək. Sənədi yenidən göndərmək lazım deyil.\n\
         Your document arrived and is safe in the window. Its judgement takes longer than usual and goes on; the \
         outcome follows in another mail, with a sealed receipt. There is no need to send it again.\n"
        .to_owned();
    for one in held {
        let name: String = printable_line(&one.document.name.shown()).chars().take(NAME_MAX).collect();
        let (id, received, given) = (one.id, one.received, &one.document);
        let here = BAKU.to_datetime(received).strftime("%Y-%m-%d %H:%M:%S").to_string();
        text.push_str(&format!(
            "\nTəqdimat / submission: {id}\nSənəd / document: {name}\nSHA-256: {}\nÖlçü / size: {} bayt / octets\n\
             Alınma vaxtı / received: {received} (Bakı / Baku {here})\n",
            given.sha256, given.size
        ));
    }
    Notice {
        thread: held.first().and_then(|one| one.thread.clone()),
        about: held.iter().map(|one| one.id).collect(),
        ..Notice::new(vec![to], "Alındı və təhlükəsizdir / arrived and safe".to_owned(), text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_due_after_its_time_and_only_of_what_is_unanswered() {
        let minute = Duration::from_secs(60);
        let begin: Timestamp = "2026-10-05T08:00:00Z".parse().unwrap();
        let after = |seconds| begin.saturating_add(SignedDuration::from_secs(seconds)).unwrap();
        let under_way = UnderWay::new(&Arc::default());
        let whose: ParticipantName = "azerenerji".parse().unwrap();
        let ids = [SubmissionId::new(begin), SubmissionId::new(after(1)), SubmissionId::new(after(2))];
        for (id, at) in ids.iter().zip(0..) {
            under_way.note(*id, whose.clone(), after(at));
        }
        assert_eq!(under_way.next(minute), Some(after(60)));
        assert!(under_way.due(minute, after(59)).is_empty());
        under_way.done(ids[0]);
        assert_eq!(under_way.next(minute), Some(after(61)));
        assert_eq!(under_way.due(minute, after(61)), [(ids[1], whose)]);
        // what is not safe yet is asked about again, and not for ever
        under_way.done(ids[2]);
        under_way.later(ids[1], after(61));
        assert_eq!(under_way.next(minute), Some(after(62)));
        (0..TRIES).for_each(|_| under_way.later(ids[1], after(62)));
        assert_eq!(under_way.next(minute), None);
    }
}
