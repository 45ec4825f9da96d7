//! Unsigned: mail of which nothing was filed, told of in a digest to the body whose address it bears.
//!
//! Owns what is gathered of such mail, and when one digest goes out: after a gathering time at first, and then once in
//! `mail.alerts.unsigned_every`, whatever comes. It goes to the address of the registry, not to who wrote it: a From
//! proves nothing. What is kept of a message is its moment, its subject, its id and the reason, cut; of very many the
//! first are kept and the others counted. Written down beside the journal (`state/mail/unsigned.json`): a crash tells
//! twice of nothing, for a digest is known by its first moment in the outbox. A courtesy: nothing waits for it.

use super::window::Window;
use crate::advice::Advice;
use crate::document::{MailAddress, ParticipantName};
use crate::host::printable_line;
use crate::post::Notice;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Messages that a digest names at most; more are counted.
const KEPT_MAX: usize = 20;
/// The longest subject or id that is repeated, characters.
const TEXT_MAX: usize = 80;
/// The largest file of what is gathered, octets: some hundred bodies with all that is kept.
const FILE_MAX: u64 = 4 << 20;
/// What cannot be put in the outbox is tried again after so long.
const AGAIN: SignedDuration = SignedDuration::from_secs(60);

/// Why nothing of a message was filed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Reason {
    /// Nothing in it is a signed document.
    NoDocument,
    /// There are signatures, and none of a registered person's that is whole.
    NobodySigned,
    /// It is not read.
    Unread(String),
}

impl Reason {
    /// For the journal and the log.
    pub(super) fn en(&self) -> &str {
        match self {
            Self::NoDocument => "nothing in it is a signed document",
            Self::NobodySigned => "nobody registered signed anything in it that is whole",
            Self::Unread(why) => why,
        }
    }

    fn az(&self) -> &str {
        match self {
            Self::NoDocument => "imzalanmış sənəd yoxdur",
            Self::NobodySigned => "qeydiyyatda olan şəxsin bütöv imzası yoxdur",
            Self::Unread(_) => "məktub oxuna bilmir",
        }
    }
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Unsigned {
    at: Timestamp,
    subject: String,
    message: String,
    why: Reason,
}

/// Of one body.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Gathering {
    /// When the last digest went out.
    #[serde(default)]
    last: Option<Timestamp>,
    /// When the first message came that no digest told of.
    #[serde(default)]
    since: Option<Timestamp>,
    /// How many came.
    #[serde(default)]
    count: u64,
    /// The first of them.
    #[serde(default)]
    kept: Vec<Unsigned>,
    /// Not tried before then.
    #[serde(skip)]
    not_before: Option<Timestamp>,
}

/// Of all bodies.
#[derive(Debug, Default)]
pub(super) struct Digests {
    gatherings: BTreeMap<ParticipantName, Gathering>,
    is_read: bool,
    is_changed: bool,
}

/// How often, and how long the first one waits for others.
#[derive(Clone, Copy, Debug)]
struct Rhythm {
    every: Duration,
    gather: Duration,
}

impl Gathering {
    fn add(&mut self, one: Unsigned) {
        // read once more, after a crash or because it could not be moved
        if self.kept.iter().any(|known| known.message == one.message) {
            return;
        }
        self.since.get_or_insert(one.at);
        self.count = self.count.saturating_add(1);
        if self.kept.len() < KEPT_MAX {
            self.kept.push(one);
        }
    }

    fn due(&self, rhythm: Rhythm, now: Timestamp) -> Option<Timestamp> {
        let after = |from: Timestamp, by: Duration| {
            from.saturating_add(SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX)).unwrap_or(from)
        };
        let gathered = after(self.since?, rhythm.gather);
        // a clock that was set back keeps nobody waiting
        let last = self.last.filter(|last| *last <= now).map(|last| after(last, rhythm.every));
        [Some(gathered), last, self.not_before].into_iter().flatten().max()
    }

    fn notice(&self, to: MailAddress) -> Notice {
        let Self { count, kept, .. } = self;
        let mut text = format!(
            "Sizin ünvanınız göndərən kimi göstərilməklə {count} məktub gəlib, lakin onlardan heç nə təqdim edilməyib: \
             bu pəncərə yalnız qeydiyyatda olan şəxsin imzaladığı sənədi qəbul edir. Məktubları siz göndərməmisinizsə, \
             kimsə ünvanınızdan istifadə edir. Belə məktublar barədə bir müddətdə ən çoxu bir dəfə xəbər verilir.\n\
             {count} mails came that bear your address as their sender's, and nothing of them was filed: this window \
             takes only a document that a registered person signed. If you did not send them, somebody uses your \
             address. Of such mails one notice goes out at most in a while.\n"
        );
        for one in kept {
            let (az, en) = (one.why.az(), one.why.en());
            let Unsigned { at, subject, message, .. } = one;
            text.push_str(&format!("\n- {at}: “{subject}” ({message})\n  {az} / {en}\n"));
        }
        let more = count.saturating_sub(kept.len() as u64);
        if more > 0 {
            text.push_str(&format!("\n… və daha {more} məktub / and {more} mails more\n"));
        }
        Notice::new(vec![to], "İmzasız məktublar / mails without a signature".to_owned(), text)
    }
}

fn file(state: &Path) -> PathBuf {
    state.join("mail/unsigned.json")
}

/// A text of a message that is repeated: bounded, on one line.
fn cut(text: &str) -> String {
    printable_line(text).chars().take(TEXT_MAX).collect()
}

impl Window {
    /// Gathers that nothing of a message was filed which bears a body's address.
    pub(super) fn gather_unsigned(&mut self, whose: ParticipantName, subject: &str, message: &str, why: &Reason) {
        if self.outbox().is_none() {
            return;
        }
        self.hints.unsigned(&whose);
        let one = Unsigned { at: self.now(), subject: cut(subject), message: cut(message), why: why.clone() };
        let digests = self.gathered();
        digests.gatherings.entry(whose).or_default().add(one);
        digests.is_changed = true;
    }

    /// When a digest is due next.
    pub(super) fn next_digest(&mut self) -> Option<Timestamp> {
        let (rhythm, now) = (self.rhythm()?, self.now());
        self.gathered().gatherings.values().filter_map(|one| one.due(rhythm, now)).min()
    }

    /// Sends the digests that are due.
    pub(super) fn say_digests(&mut self) {
        let (Some(outbox), Some(rhythm)) = (self.outbox().cloned(), self.rhythm()) else { return };
        let (now, world) = (self.now(), self.world());
        let mut is_changed = false;
        for (whose, gathering) in &mut self.gathered().gatherings {
            let due = gathering.due(rhythm, now);
            let (Some(since), true) = (gathering.since, due.is_some_and(|due| due <= now)) else { continue };
            let address = world.registry.participants.get(whose).and_then(|found| found.mail.clone());
            let told = match address {
                Some(to) => outbox.notify(&format!("unsigned {whose} {since}"), gathering.notice(to), now),
                None => Ok(()), // nobody is there to be told any more
            };
            match told {
                Ok(()) => {
                    *gathering = Gathering { last: Some(now), ..Gathering::default() };
                    is_changed = true;
                }
                Err(error) => {
                    tracing::error!(advice = %Advice::OutboxUnwritable, participant = %whose, %error,
                        "a body is not told of mail of its address without a signature; see to the disk of the outbox");
                    gathering.not_before = now.saturating_add(AGAIN).ok();
                }
            }
        }
        self.letters_unsigned().is_changed |= is_changed;
        self.remember_unsigned();
    }

    /// Writes down what is gathered, where that has changed: before the messages are put away.
    pub(super) fn remember_unsigned(&mut self) {
        if !std::mem::take(&mut self.letters_unsigned().is_changed) {
            return;
        }
        let (path, disk) = (file(&self.settings().window.paths.state), self.host.disk.clone());
        let written = serde_json::to_vec(&self.letters_unsigned().gatherings).map_err(std::io::Error::from);
        let written = written.and_then(|json| {
            disk.make_folder(path.parent().unwrap_or(Path::new(".")))?;
            disk.replace(&path, &json, false)
        });
        if let Err(error) = written {
            tracing::warn!(advice = %Advice::StateUnwritable,
                %error, "what came without a signature could not be written down; a crash forgets it");
            self.letters_unsigned().is_changed = true;
        }
    }

    fn rhythm(&self) -> Option<Rhythm> {
        let post = self.settings().post.as_ref().filter(|post| !post.server.paused)?;
        Some(Rhythm { every: post.alerts.unsigned_every, gather: post.pace.gather })
    }

    /// What is gathered, as the last process left it.
    fn gathered(&mut self) -> &mut Digests {
        if !self.letters_unsigned().is_read {
            let octets = self.host.disk.read(&file(&self.settings().window.paths.state), FILE_MAX);
            let read = octets.and_then(|octets| Ok(serde_json::from_slice(&octets)?));
            match read {
                Ok(gatherings) => self.letters_unsigned().gatherings = gatherings,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => tracing::warn!(advice = %Advice::StateUnwritable,
                    %error, "what came without a signature before cannot be read; forgotten"),
            }
            self.letters_unsigned().is_read = true;
        }
        self.letters_unsigned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn one(seconds: i64, message: &str) -> Unsigned {
        let subject = cut("Hesabat http://evil.example\r\n\u{202e}");
        Unsigned { at: at(seconds), subject, message: cut(message), why: Reason::NoDocument }
    }

    #[test]
    fn one_digest_goes_out_in_an_hour_whatever_comes() {
        let rhythm = Rhythm { every: Duration::from_secs(3600), gather: Duration::from_secs(60) };
        let mut gathering = Gathering::default();
        assert_eq!(gathering.due(rhythm, at(0)), None);
        for second in 0..50 {
            gathering.add(one(second, &format!("{second}@x")));
        }
        gathering.add(one(55, "3@x")); // read once more
        assert_eq!(gathering.due(rhythm, at(50)), Some(at(60)));
        let notice = gathering.notice("a@b.test".parse().unwrap());
        assert!(notice.text.contains("50 mails came") && notice.text.contains("and 30 mails more"), "{}", notice.text);
        assert_eq!(notice.text.matches("- 2027-").count(), KEPT_MAX);
        assert!(!notice.text.contains('\u{202e}'));
        // it went out: what comes in the hour waits for its end
        let mut gathering = Gathering { last: Some(at(60)), ..Gathering::default() };
        gathering.add(one(61, "a@x"));
        assert_eq!(gathering.due(rhythm, at(62)), Some(at(3660)));
        gathering.add(one(3000, "b@x"));
        assert_eq!((gathering.count, gathering.due(rhythm, at(3001))), (2, Some(at(3660))));
        // what comes after a quiet hour waits for company only
        let mut gathering = Gathering { last: Some(at(60)), ..Gathering::default() };
        gathering.add(one(9000, "c@x"));
        assert_eq!(gathering.due(rhythm, at(9000)), Some(at(9060)));
        // a clock that was set back
        let mut gathering = Gathering { last: Some(at(90_000)), ..Gathering::default() };
        gathering.add(one(100, "d@x"));
        assert_eq!(gathering.due(rhythm, at(101)), Some(at(160)));
    }

    #[test]
    fn what_is_gathered_is_read_as_it_was_written() {
        let mut gathering = Gathering { last: Some(at(1)), ..Gathering::default() };
        gathering.add(one(2, "a@x"));
        let all = BTreeMap::from([("azerenerji".parse::<ParticipantName>().unwrap(), gathering)]);
        let json = serde_json::to_vec(&all).unwrap();
        let read: BTreeMap<ParticipantName, Gathering> = serde_json::from_slice(&json).unwrap();
        assert_eq!(serde_json::to_vec(&read).unwrap(), json);
        assert_eq!(read.values().next().unwrap().kept, [one(2, "a@x")]);
    }
}
