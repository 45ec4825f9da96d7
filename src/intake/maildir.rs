//! A Maildir, watched like a drop folder: `new/` and `cur/` of one mailbox on this machine.
//!
//! Owns the names in it, and the rename by which a message leaves: `cur/NAME:2,S` of `.Processed` or `.Rejected`
//! beside them, as Maildir++ calls its folders. Whoever delivers puts a message into `new/` whole, by rename, so
//! nothing has to settle. What a crash leaves is a message that lies where it lay: it is read again, and the loop
//! knows what of it is held. A message that cannot be read is said once and tried at each look; the next one is read
//! meanwhile.

use super::folder::beneath::Beneath;
use super::mail::{Delivery, Order, Place, Reader, Ticket, Verdict, open};
use crate::advice::Advice;
use crate::document::{Digest, GivenName};
use crate::host::sandbox;
use crate::letter::Fault;
use notify::{RecursiveMode, Watcher};
use rustix::io::Errno;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Notify;

/// Longest file name that Linux file systems take, in octets, less what is put behind it.
const NAME_MAX: usize = 250;

/// The open folders of a Maildir.
struct Folders {
    new: Beneath,
    cur: Beneath,
    processed: Beneath,
    rejected: Beneath,
}

/// A message by the part of its name that stays when its flags change.
type Name = OsString;

/// A message that lies there; by its fields in this order, the oldest first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Lying {
    modified: (i64, u32),
    name: Name,
    /// Whether it lies in `new/`.
    is_new: bool,
    /// Its name with its flags.
    whole: OsString,
}

struct Maildir {
    reader: Reader,
    folders: Folders,
    /// Handed over, without a verdict.
    open: BTreeMap<Ticket, Name>,
    /// To be moved.
    settled: BTreeMap<Name, Verdict>,
    /// What could not be kept, and when it is read again.
    again: BTreeMap<Name, Instant>,
    /// What could not be read, and was said.
    unreadable: BTreeSet<Name>,
    last_ticket: Ticket,
}

/// Reads until it is told to end.
pub(super) async fn read(mut reader: Reader) {
    let Place::Maildir(path) = reader.settings.place.clone() else { return };
    let bell = Arc::clone(&reader.bell);
    let mut watching = None;
    let mut maildir = loop {
        match Folders::open(&path, &reader.settings.processed, &reader.settings.rejected) {
            Ok(folders) => break Maildir::new(reader, folders),
            Err(error) => {
                reader.fails(&sandbox::told(error).to_string());
                // `once` must not wait for what cannot be read
                if !reader.hand_over(Delivery::Quiet).await || ends(&mut reader, &bell).await {
                    return;
                }
            }
        }
    };
    loop {
        if watching.is_none() {
            watching = watch(&path, &bell);
        }
        if let Err(error) = maildir.look().await {
            maildir.reader.fails(&error.to_string());
            // perhaps another one lies under the name by now
            if let Ok(folders) =
                Folders::open(&path, &maildir.reader.settings.processed, &maildir.reader.settings.rejected)
            {
                maildir.folders = folders;
                watching = None;
            }
        }
        if maildir.open.is_empty() && !maildir.reader.hand_over(Delivery::Quiet).await {
            return maildir.take_orders().map_or((), |_| ());
        }
        let poll = maildir.reader.settings.poll;
        let _ = tokio::time::timeout(poll, bell.notified()).await;
        if maildir.take_orders().is_none() {
            return;
        }
    }
}

/// Waits for the next look; whether it is told to end.
async fn ends(reader: &mut Reader, bell: &Notify) -> bool {
    let _ = tokio::time::timeout(reader.settings.poll, bell.notified()).await;
    loop {
        match reader.orders.try_recv() {
            Ok(Order::End) | Err(tokio::sync::mpsc::error::TryRecvError::Disconnected) => return true,
            Ok(Order::Settle(..)) => {}
            Err(tokio::sync::mpsc::error::TryRecvError::Empty) => return false,
        }
    }
}

/// Rings when something is moved in. What cannot be watched is polled alone.
fn watch(path: &Path, bell: &Arc<Notify>) -> Option<notify::RecommendedWatcher> {
    let ring = Arc::clone(bell);
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // our own reading is no news
        if !event.is_ok_and(|event| event.kind.is_access()) {
            ring.notify_one();
        }
    });
    let watched = watcher.and_then(|mut watcher| {
        watcher.watch(&path.join("new"), RecursiveMode::NonRecursive)?;
        watcher.watch(&path.join("cur"), RecursiveMode::NonRecursive)?;
        Ok(watcher)
    });
    match watched {
        Ok(watcher) => Some(watcher),
        Err(error) => {
            tracing::debug!(path = %path.display(), %error, "cannot be watched, and is polled");
            None
        }
    }
}

impl Folders {
    fn open(path: &Path, processed: &str, rejected: &str) -> io::Result<Self> {
        let named = |name: &str| {
            let path = path.join(name);
            move |errno: Errno| {
                let error = io::Error::from(errno);
                io::Error::new(error.kind(), format!("{}: {error}", path.display()))
            }
        };
        let home = Beneath::open(path).map_err(named(""))?;
        let beside = |name: &str| {
            let name = format!(".{name}");
            let folder = home.make_folder(&name).map_err(named(&name))?;
            for side in ["new", "tmp"] {
                folder.make_folder(side).map_err(named(&name))?;
            }
            folder.make_folder("cur").map_err(named(&name))
        };
        Ok(Self {
            new: home.folder("new").map_err(named("new"))?,
            cur: home.folder("cur").map_err(named("cur"))?,
            processed: beside(processed)?,
            rejected: beside(rejected)?,
        })
    }
}

impl Maildir {
    fn new(reader: Reader, folders: Folders) -> Self {
        let (open, settled, again, unreadable) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        Self { reader, folders, open, settled, again, unreadable, last_ticket: 0 }
    }

    /// Takes what was ordered; none when that is the end.
    fn take_orders(&mut self) -> Option<()> {
        let mut goes_on = Some(());
        loop {
            match self.reader.orders.try_recv() {
                Ok(Order::Settle(ticket, verdict)) => match self.open.remove(&ticket) {
                    Some(name) if verdict == Verdict::Again => {
                        self.again.insert(name, Instant::now() + self.reader.settings.poll);
                    }
                    Some(name) => drop(self.settled.insert(name, verdict)),
                    None => {}
                },
                Ok(Order::End) | Err(tokio::sync::mpsc::error::TryRecvError::Disconnected) => {
                    goes_on = None;
                    break;
                }
                Err(tokio::sync::mpsc::error::TryRecvError::Empty) => break,
            }
        }
        if !self.settled.is_empty()
            && let Ok(names) = self.names()
        {
            self.move_settled(&names);
        }
        goes_on
    }

    /// Hands over what lies there, oldest first, as far as there is room.
    async fn look(&mut self) -> io::Result<()> {
        let names = self.names()?;
        self.move_settled(&names);
        self.unreadable.retain(|name| names.iter().any(|one| one.name == *name));
        self.again.retain(|_, at| *at > Instant::now());
        let handed = self.open.values().chain(self.settled.keys()).chain(self.again.keys());
        let handed: BTreeSet<Name> = handed.cloned().collect();
        self.reader.looked(names.iter().filter(|one| !self.settled.contains_key(&one.name)).count());
        for Lying { name, is_new, whole, .. } in names {
            if handed.contains(&name) {
                continue;
            }
            if self.open.len() >= super::mail::OPEN_MAX {
                break;
            }
            let folder = if is_new { &self.folders.new } else { &self.folders.cur };
            let file = match folder.read(&whole) {
                Ok(file) => file,
                Err(Errno::NOENT) => continue, // its flags changed, or somebody took it
                Err(errno) => {
                    self.cannot_read(&name, &io::Error::from(errno));
                    continue;
                }
            };
            let Reader { limits, size_max, scratch, .. } = &self.reader;
            let (ticket, opened) = (self.last_ticket + 1, open(file, limits, *size_max, scratch));
            let delivery = match opened {
                Ok(post) => Delivery::Post(ticket, Box::new(post)),
                Err(Fault::Io(error)) => {
                    self.cannot_read(&name, &error);
                    continue;
                }
                Err(fault) => {
                    let key = format!("name-sha256:{}", Digest::of(name.as_bytes()));
                    Delivery::Refused(ticket, key, fault)
                }
            };
            self.last_ticket = ticket;
            self.open.insert(ticket, name);
            if !self.reader.hand_over(delivery).await {
                return Ok(());
            }
        }
        Ok(())
    }

    /// What lies there, oldest first.
    fn names(&self) -> io::Result<Vec<Lying>> {
        let mut names = Vec::new();
        for (is_new, folder) in [(true, &self.folders.new), (false, &self.folders.cur)] {
            let mut found = Vec::new();
            folder.each_name(&mut |name| {
                if !name.as_bytes().starts_with(b".") {
                    found.push(name.to_owned());
                }
            })?;
            for whole in found {
                let Ok(stat) = folder.stat(&whole) else { continue };
                let facts = super::Facts::from(&stat);
                names.push(Lying { modified: facts.modified, name: known_by(&whole), is_new, whole });
            }
        }
        names.sort();
        Ok(names)
    }

    fn move_settled(&mut self, names: &[Lying]) {
        let mut unmoved = 0;
        for (name, verdict) in std::mem::take(&mut self.settled) {
            let Some(Lying { is_new, whole, .. }) = names.iter().find(|one| one.name == name) else { continue };
            let from = if *is_new { &self.folders.new } else { &self.folders.cur };
            let to = match verdict {
                Verdict::Processed => &self.folders.processed,
                Verdict::Rejected | Verdict::Again => &self.folders.rejected,
            };
            if let Err(errno) = from.rename_to_free(whole, to, &seen(whole)) {
                unmoved += 1;
                let (mailbox, error) = (&self.reader.settings.name, io::Error::from(errno));
                tracing::warn!(advice = %Advice::MailboxUnmoved, mailbox, name = %GivenName::new(whole), %error,
                    "a message cannot be moved; it is tried again, and answered no more");
                self.settled.insert(name, verdict);
            }
        }
        self.reader.standing().unmoved = unmoved;
    }

    fn cannot_read(&mut self, name: &OsStr, error: &io::Error) {
        if self.unreadable.insert(name.to_owned()) {
            let mailbox = &self.reader.settings.name;
            tracing::error!(advice = %Advice::MailboxUnreadable, mailbox, name = %GivenName::new(name), %error,
                "a message cannot be read; the others are, and this one is tried again");
        }
    }
}

/// The name without its flags.
fn known_by(name: &OsStr) -> Name {
    let name = name.as_bytes();
    let end = memchr::memchr(b':', name).unwrap_or(name.len());
    OsString::from_vec(name[..end].to_vec())
}

/// The name in `cur/`: with the flag that it was seen, where it has none.
fn seen(name: &OsStr) -> OsString {
    match name.as_bytes().contains(&b':') || name.len() > NAME_MAX {
        true => name.to_owned(),
        false => OsString::from_vec([name.as_bytes(), b":2,S"].concat()),
    }
}
