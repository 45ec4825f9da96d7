//! The look at one name whose turn it is: taken, answered, or left to wait.
//!
//! Owns the rules of CONTRACT 3 *Files*. Every look ends in a step, or moves the name out of the
//! ready ones, so looking comes to an end.

use super::custody::Missed;
use super::entries::{Entry, State};
use super::{DropFolder, Step, is_upload, sniff};
use crate::advice::Advice;
use crate::document::{GivenName, ParticipantName, SubmissionId};
use crate::finding::{Code, Finding};
use crate::intake::{Arrival, Facts, Incoming, Key, Origin, Refusal};
use jiff::Timestamp;
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::time::Duration;

/// The ending of a detached signature, in any letter case.
const SIGNATURE: &[u8] = b".p7s";
/// All its spellings, the usual one first.
const SPELLINGS: [&[u8]; 4] = [SIGNATURE, b".P7S", b".P7s", b".p7S"];

/// Whether anything is yet to come beside a document.
enum Beside {
    Nothing,
    Coming(Timestamp),
    There(OsString),
}

/// Who answers what stays in the folder.
type Answered<'a> = &'a dyn Fn(&ParticipantName, &Key) -> bool;

impl DropFolder {
    /// Looks at a ready name. None: it is ready no longer, the next one has its turn.
    pub(super) fn consider(
        &mut self,
        name: &OsStr,
        now: Timestamp,
        left: Option<u64>,
        answered: Answered<'_>,
    ) -> Option<Step> {
        let entry = self.entries.get(name)?.clone();
        if let Some(finding) = self.fault(name, &entry) {
            return self.refuse(name, finding, now, answered);
        }
        match document_of(name) {
            Some(document) => self.consider_signature(name, document, &entry, now, left, answered),
            None => self.consider_document(name, &entry, now, left, answered),
        }
    }

    /// Why this can never be taken as it lies there.
    fn fault(&self, name: &OsStr, entry: &Entry) -> Option<Finding> {
        let shown = GivenName::new(name);
        if entry.kind.is_symlink() {
            return Some(Finding::new(Code::IntakeLink).found(shown));
        }
        if !entry.kind.is_file() {
            return Some(Finding::new(Code::IntakeNotAFile).found(shown));
        }
        if entry.links != 1 {
            return Some(Finding::new(Code::IntakeHardLink).found(shown));
        }
        if self.unreadable.contains(name) {
            return Some(Finding::new(Code::IntakeUnreadable).found(io::Error::from(Errno::IO)));
        }
        // what is empty may have its content yet to come, and waits for it
        self.settings.fault_of_size(entry.facts.size).filter(|_| entry.facts.size > 0)
    }

    fn consider_signature(
        &mut self,
        name: &OsStr,
        document: &OsStr,
        entry: &Entry,
        now: Timestamp,
        left: Option<u64>,
        answered: Answered<'_>,
    ) -> Option<Step> {
        if self.look_up(document, now) {
            if matches!(self.entries.get(document).map(|entry| entry.state), Some(State::Waiting(_))) {
                self.entries.set(document, State::Ready);
            }
            self.entries.set(name, State::Companion);
            return None;
        }
        let until = entry.waits_until(&self.settings);
        if now < until {
            self.entries.set(name, State::Waiting(until));
            return None;
        }
        let finding = Finding::new(Code::IntakeDocumentMissing).wanted(GivenName::new(document));
        self.take(Taking { name, open: None, detached: None, finding: Some(finding) }, now, left, answered)
    }

    fn consider_document(
        &mut self,
        name: &OsStr,
        entry: &Entry,
        now: Timestamp,
        left: Option<u64>,
        answered: Answered<'_>,
    ) -> Option<Step> {
        let until = entry.waits_until(&self.settings);
        let beside = self.beside(name, now);
        if let Some(finding) = self.settings.fault_of_size(entry.facts.size) {
            if now < until {
                self.entries.set(name, State::Waiting(until));
                return None;
            }
            let detached = match &beside {
                Beside::There(detached) => Some(detached.as_os_str()),
                Beside::Coming(_) | Beside::Nothing => None,
            };
            return self.take(Taking { name, open: None, detached, finding: Some(finding) }, now, left, answered);
        }
        if let Beside::There(detached) = &beside {
            return self.take(
                Taking { name, open: None, detached: Some(detached), finding: None },
                now,
                left,
                answered,
            );
        }
        let file = match self.inward.read(name) {
            Ok(file) => file,
            Err(errno) => return self.not_opened(name, errno, now, answered),
        };
        let carries = match entry.carries {
            Some(carries) => carries,
            None => match self.look_inside(name, entry, &file, now) {
                Ok(Some(carries)) => carries,
                Ok(None) => return None,
                Err(error) => {
                    self.complain(name, &error);
                    self.look_again(name, now);
                    return None;
                }
            },
        };
        let wait = match beside {
            Beside::Coming(at) => Some(at),
            Beside::Nothing | Beside::There(_) => None,
        };
        let wait = match carries {
            true => wait,
            false => wait.max(Some(until)),
        };
        match wait.filter(|&until| now < until) {
            Some(until) => {
                self.entries.set(name, State::Waiting(until));
                None
            }
            None => self.take(Taking { name, open: Some(file), detached: None, finding: None }, now, left, answered),
        }
    }

    /// Whether a signature stands inside; none when the file changed since it was noted.
    fn look_inside(&mut self, name: &OsStr, entry: &Entry, file: &File, now: Timestamp) -> io::Result<Option<bool>> {
        // before anything is read: it may be another kind of thing by now
        if Facts::of(file)? != entry.facts {
            self.look_again(name, now);
            return Ok(None);
        }
        let carries = sniff::look_inside(&GivenName::new(name), file, entry.facts.size)?;
        self.entries.set_carries(name, carries);
        Ok(Some(carries))
    }

    /// Notes what stands under a name that no event or scan told of yet; whether it is a document
    /// that a signature can belong to.
    fn look_up(&mut self, name: &OsStr, now: Timestamp) -> bool {
        if is_upload(name) || document_of(name).is_some() {
            return false;
        }
        if self.entries.get(name).is_none() {
            self.look_again(name, now);
        }
        self.entries.get(name).is_some_and(|entry| entry.kind.is_file() && entry.links == 1)
    }

    /// What stands beside a document, on disk at this moment.
    fn beside(&mut self, name: &OsStr, now: Timestamp) -> Beside {
        for signature in signature_names(name) {
            if self.entries.get(&signature).is_none() {
                self.look_again(&signature, now);
            }
            let Some(entry) = self.entries.get(&signature) else { continue };
            if !entry.is_takeable(self.settings.size_max) {
                continue;
            }
            let until = match entry.state {
                State::Settling(until) => until,
                // its content is yet to come
                _ if entry.facts.size == 0 => entry.waits_until(&self.settings),
                _ => return Beside::There(signature),
            };
            // one that is written to without end holds nobody up for longer than an absent one
            let most = entry.first_seen.saturating_add(self.settings.pair_wait).unwrap_or(until);
            return match until.min(most) {
                until if now < until => Beside::Coming(until),
                _ if matches!(entry.state, State::Settling(_)) => Beside::Nothing,
                _ => Beside::There(signature),
            };
        }
        Beside::Nothing
    }

    /// Takes a document, or an orphan signature, out of reach; with it what stands beside.
    fn take(&mut self, taking: Taking<'_>, now: Timestamp, left: Option<u64>, answered: Answered<'_>) -> Option<Step> {
        let size = |name| self.entries.get(name).map_or(0, |entry| entry.facts.size);
        let octets = size(taking.name).saturating_add(taking.detached.map_or(0, size));
        if left.is_some_and(|left| octets > left) {
            return Some(Step::TooMuch);
        }
        let mut files = Vec::with_capacity(2);
        let mut open = taking.open;
        for name in [Some(taking.name), taking.detached].into_iter().flatten() {
            let opened = open.take().map_or_else(|| self.inward.read(name), Ok);
            match opened.and_then(|file| Ok((facts(&file)?, file))) {
                Ok((facts, file)) if Some(facts) == self.entries.get(name).map(|entry| entry.facts) => {
                    files.push((name, file, facts));
                }
                Ok(_) => {
                    self.look_again(name, now);
                    return None;
                }
                Err(errno) => return self.not_opened(name, errno, now, answered),
            }
        }
        let id = SubmissionId::new(now);
        let (name, detached, finding) = (taking.name, taking.detached, taking.finding);
        match self.seize(id, files) {
            Ok((document, signature)) => {
                let facts = document.facts();
                if let Some(detached) = detached {
                    self.entries.forget(detached);
                }
                self.entries.forget(name);
                let arrival = Arrival::new(id, now, Origin::Folder(self.participant.clone()), document, signature);
                let name = GivenName::new(name);
                tracing::debug!(participant = %self.participant, %id, %name, pair = detached.is_some(), "taken");
                Some(match finding {
                    None => Step::Arrival(Box::new(arrival)),
                    Some(finding) => Step::Refusal(Box::new(Refusal {
                        id,
                        participant: self.participant.clone(),
                        key: Key::new(name.clone(), &facts, None, true),
                        name,
                        finding,
                        arrival: Some(arrival),
                    })),
                })
            }
            Err(missed) => {
                if let Err(error) = self.custody.give_back(id, &self.inward) {
                    tracing::warn!(advice = %Advice::FileLeft, %id, name = %GivenName::new(name), %error,
                        "cannot be given back before the next start");
                }
                for name in [Some(name), detached].into_iter().flatten() {
                    self.look_again(name, now);
                }
                match missed {
                    Missed::Disk(errno) if is_exhaustion(errno) => {
                        self.entries.set(name, State::Ready);
                        return Some(Step::NoHandles);
                    }
                    Missed::Disk(errno) => self.complain(name, &errno.into()),
                    Missed::Another => {}
                }
                None
            }
        }
    }

    /// Renames what is open out of reach and proves that it is what was looked at.
    fn seize(
        &mut self,
        id: SubmissionId,
        files: Vec<(&OsStr, File, Facts)>,
    ) -> Result<(Incoming, Option<Incoming>), Missed> {
        let mut taken = Vec::with_capacity(2);
        for (name, file, before) in files {
            self.custody.take(&self.inward, id, name, &before)?;
            // the rename moved its change time; from here on every change of it is somebody's
            let incoming = Incoming::new(GivenName::new(name), file).map_err(|_| Missed::Disk(Errno::IO))?;
            let after = incoming.facts();
            if (before.size, before.modified) != (after.size, after.modified) {
                return Err(Missed::Another);
            }
            taken.push(incoming);
        }
        let mut taken = taken.into_iter();
        match (taken.next(), taken.next()) {
            (Some(document), detached) => Ok((document, detached)),
            (None, _) => Err(Missed::Another),
        }
    }

    /// Answers what stays where it is, once.
    fn refuse(&mut self, name: &OsStr, finding: Finding, now: Timestamp, answered: Answered<'_>) -> Option<Step> {
        let noted = self.entries.get(name)?.clone();
        // it may have become something else, or gone, since it was noted
        match self.inward.stat(name) {
            Ok(stat) if Facts::from(&stat) == noted.facts => {}
            _ => {
                self.look_again(name, now);
                return None;
            }
        }
        self.entries.set(name, State::Answered);
        self.unreadable.remove(name);
        if !noted.kind.is_file() || noted.links != 1 {
            // no document after all: what waits beside it is an orphan
            self.entries.free_companions(name);
        }
        let born = self.inward.born(name);
        let name = GivenName::new(name);
        let key = Key::new(name.clone(), &noted.facts, born, noted.kind.is_file());
        if answered(&self.participant, &key) {
            return None;
        }
        let participant = self.participant.clone();
        Some(Step::Refusal(Box::new(Refusal {
            id: SubmissionId::new(now),
            participant,
            name,
            key,
            finding,
            arrival: None,
        })))
    }

    fn not_opened(&mut self, name: &OsStr, errno: Errno, now: Timestamp, answered: Answered<'_>) -> Option<Step> {
        match errno {
            errno if is_exhaustion(errno) => return Some(Step::NoHandles),
            Errno::ACCESS | Errno::PERM => {
                let finding = Finding::new(Code::IntakeUnreadable).found(io::Error::from(errno));
                return self.refuse(name, finding, now, answered);
            }
            // something of another file system was mounted over the name
            Errno::XDEV => {
                let finding = Finding::new(Code::IntakeNotAFile).found(GivenName::new(name));
                return self.refuse(name, finding, now, answered);
            }
            // gone, or a link or socket by now
            Errno::NOENT | Errno::LOOP | Errno::NXIO => {}
            errno => self.complain(name, &errno.into()),
        }
        self.look_again(name, now);
        None
    }

    /// Looks at a name on disk as if a scan had found it. What is just as it was noted, and could
    /// not be taken all the same, rests as long as settling takes.
    fn look_again(&mut self, name: &OsStr, now: Timestamp) {
        let before = self.entries.get(name).map(|entry| entry.facts);
        match self.inward.stat(name) {
            Ok(stat) => {
                self.entries.note(name, &stat, now, false, &self.settings);
                if before == Some(Facts::from(&stat)) {
                    self.entries.set(name, State::Settling(self.rest_until(now)));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.entries.forget(name),
            Err(error) => {
                self.complain(name, &error);
                self.entries.set(name, State::Settling(self.rest_until(now)));
            }
        }
    }

    fn rest_until(&self, now: Timestamp) -> Timestamp {
        // never nothing, or a fault of the disk would keep us spinning
        let rest = self.settings.settle.max(Duration::from_millis(100));
        now.saturating_add(rest).unwrap_or(Timestamp::MAX)
    }
}

/// What is to be taken.
struct Taking<'a> {
    name: &'a OsStr,
    /// Open already, where it was looked into.
    open: Option<File>,
    detached: Option<&'a OsStr>,
    /// Why it is refused once it is taken.
    finding: Option<Finding>,
}

/// The document's name, when this is the name of a detached signature.
pub(in crate::intake) fn document_of(name: &OsStr) -> Option<&OsStr> {
    let name = name.as_bytes();
    let (document, ending) = name.split_at_checked(name.len().checked_sub(SIGNATURE.len())?)?;
    (!document.is_empty() && ending.eq_ignore_ascii_case(SIGNATURE)).then(|| OsStr::from_bytes(document))
}

/// The names under which the signature of a document may stand, the usual one first.
pub fn signature_names(name: &OsStr) -> impl Iterator<Item = OsString> {
    SPELLINGS.into_iter().map(move |ending| OsString::from_vec([name.as_bytes(), ending].concat()))
}

fn facts(file: &File) -> Result<Facts, Errno> {
    Ok(Facts::from(&rustix::fs::fstat(file)?))
}

fn is_exhaustion(errno: Errno) -> bool {
    matches!(errno, Errno::MFILE | Errno::NFILE | Errno::NOMEM)
}
