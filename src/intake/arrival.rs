//! What intake hands on: the [`Arrival`], and the [`Refusal`] of what could not become one.
//!
//! Owns the open handles and the facts they were inspected by. Never reads the octets for anybody.

use crate::document::{GivenName, ParticipantName, SubmissionId, Thread};
use crate::finding::Finding;
use jiff::Timestamp;
use rustix::fs::Stat;
use std::fmt;
use std::fs::File;
use std::io;

/// One submission as it came, out of its sender's reach: a document, perhaps with its detached
/// signature. Made only here; given up to make `Staged`.
#[derive(Debug)]
pub struct Arrival {
    id: SubmissionId,
    taken: Timestamp,
    origin: Origin,
    document: Incoming,
    detached: Option<Incoming>,
    mail_signed: bool,
}

/// By which channel something came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Through this participant's drop folder.
    Folder(ParticipantName),
    /// By mail: nobody but the signer says whose it is.
    Mail(Channel, Thread),
}

/// How a mailbox is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// From a Maildir on this machine.
    Maildir,
    /// From a server.
    Imap,
}

impl Channel {
    /// The word for it in the journal.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Maildir => "maildir",
            Self::Imap => "imap",
        }
    }
}

/// A file that was taken, open for reading.
#[derive(Debug)]
pub struct Incoming {
    name: GivenName,
    file: File,
    facts: Facts,
}

/// By what a file is known to be the same and unchanged. Two equal values, one before and one
/// after copying, say that nobody wrote in between, as finely as the file system keeps its times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Facts {
    /// Device.
    pub dev: u64,
    /// Inode.
    pub ino: u64,
    /// Size in octets.
    pub size: u64,
    /// Modification time: seconds and nanoseconds.
    pub modified: (i64, u32),
    /// Change time, which no caller can set: seconds and nanoseconds.
    pub changed: (i64, u32),
}

/// What cannot become a submission, with the finding its sender is to read.
#[derive(Debug)]
pub struct Refusal {
    /// The id under which it is answered.
    pub id: SubmissionId,
    /// Whose folder it lies in.
    pub participant: ParticipantName,
    /// Its name.
    pub name: GivenName,
    /// By what it is known again, so that it is answered once.
    pub key: Key,
    /// Why.
    pub finding: Finding,
    /// The file itself where it can be kept and taken away (an empty file, a signature without its
    /// document): staged and released like any other. Where there is none, the thing stays where
    /// it lies and gets this one answer (CONTRACT 3).
    pub arrival: Option<Arrival>,
}

/// By what a thing that stays in the folder is known to have been answered: its name, its inode,
/// when that was born (file systems use their inodes again), and of a regular file when it was last
/// written (a folder's time changes with what it holds). Its text form is what the journal keeps.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    name: GivenName,
    ino: u64,
    /// None where the file system does not tell.
    born: Option<(i64, u32)>,
    modified: Option<(i64, u32)>,
}

impl Arrival {
    pub(super) fn new(
        id: SubmissionId,
        taken: Timestamp,
        origin: Origin,
        document: Incoming,
        detached: Option<Incoming>,
    ) -> Self {
        Self { id, taken, origin, document, detached, mail_signed: false }
    }

    /// The same, where what is beside the document is the signed mail that it came in.
    pub(super) fn signed_by_mail(self, mail_signed: bool) -> Self {
        Self { mail_signed, ..self }
    }

    /// Its id, made when it was taken.
    pub fn id(&self) -> SubmissionId {
        self.id
    }

    /// When it was taken.
    pub fn taken(&self) -> Timestamp {
        self.taken
    }

    /// By whose channel it came; none where only the signer can say whose it is.
    pub fn participant(&self) -> Option<&ParticipantName> {
        match &self.origin {
            Origin::Folder(participant) => Some(participant),
            Origin::Mail(..) => None,
        }
    }

    /// The channel, by its word in the journal.
    pub fn channel(&self) -> &'static str {
        match &self.origin {
            Origin::Folder(_) => "folder",
            Origin::Mail(channel, _) => channel.as_str(),
        }
    }

    /// The message that it came in.
    pub fn thread(&self) -> Option<&Thread> {
        match &self.origin {
            Origin::Folder(_) => None,
            Origin::Mail(_, thread) => Some(thread),
        }
    }

    /// The document.
    pub fn document(&self) -> &Incoming {
        &self.document
    }

    /// The detached signature that came beside it.
    pub fn detached(&self) -> Option<&Incoming> {
        self.detached.as_ref()
    }

    /// Whether that is the signed mail which the document came in.
    pub fn is_mail_signed(&self) -> bool {
        self.mail_signed
    }

    /// Size of all its files together, in octets.
    pub fn size(&self) -> u64 {
        self.document.facts.size.saturating_add(self.detached.as_ref().map_or(0, |file| file.facts.size))
    }

    /// The document and the detached signature, for staging.
    pub fn into_files(self) -> (Incoming, Option<Incoming>) {
        (self.document, self.detached)
    }

    /// An arrival of open files, for the tests of the rooms behind.
    #[cfg(test)]
    #[allow(dead_code)] // the rooms behind are not all built
    pub(crate) fn of_files(
        participant: &str,
        document: (&str, File),
        detached: Option<(&str, File)>,
        now: Timestamp,
    ) -> io::Result<Self> {
        let incoming = |(name, file): (&str, File)| Incoming::new(GivenName::new(name), file);
        Ok(Self {
            id: SubmissionId::new(now),
            taken: now,
            origin: Origin::Folder(participant.parse().map_err(io::Error::other)?),
            document: incoming(document)?,
            detached: detached.map(incoming).transpose()?,
            mail_signed: false,
        })
    }
}

impl Incoming {
    /// Takes an open file with the facts it has now.
    pub(super) fn new(name: GivenName, file: File) -> io::Result<Self> {
        let facts = Facts::of(&file)?;
        Ok(Self { name, file, facts })
    }

    /// Its name as given.
    pub fn name(&self) -> &GivenName {
        &self.name
    }

    /// The file, open for reading. Read it by offset (`read_at`).
    pub fn file(&self) -> &File {
        &self.file
    }

    /// What was known of it when it was taken.
    pub fn facts(&self) -> Facts {
        self.facts
    }

    /// Whether somebody wrote to it since it was taken, asked once all of it was copied. What
    /// changed is given back and is a new arrival.
    ///
    /// # Errors
    /// What the disk says.
    pub fn has_changed(&self) -> io::Result<bool> {
        Ok(Facts::of(&self.file)? != self.facts)
    }
}

impl Facts {
    /// The facts of an open file.
    ///
    /// # Errors
    /// What the disk says.
    pub fn of(file: &File) -> io::Result<Self> {
        Ok(Self::from(&rustix::fs::fstat(file)?))
    }
}

impl From<&Stat> for Facts {
    // the types of these fields differ between architectures
    #[allow(clippy::unnecessary_cast)]
    fn from(stat: &Stat) -> Self {
        Self {
            dev: stat.st_dev as u64,
            ino: stat.st_ino as u64,
            size: stat.st_size as u64,
            modified: (stat.st_mtime as i64, stat.st_mtime_nsec as u32),
            changed: (stat.st_ctime as i64, stat.st_ctime_nsec as u32),
        }
    }
}

impl Key {
    pub(super) fn new(name: GivenName, facts: &Facts, born: Option<(i64, u32)>, regular: bool) -> Self {
        Self { name, ino: facts.ino, born, modified: regular.then_some(facts.modified) }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.ino)?;
        if let Some((seconds, nanos)) = self.born {
            write!(f, "+{seconds}.{nanos:09}")?;
        }
        if let Some((seconds, nanos)) = self.modified {
            write!(f, "@{seconds}.{nanos:09}")?;
        }
        write!(f, ":{}", self.name.shown())
    }
}
