//! Checkpoints go where others keep them: which, when, and what is said where that fails.
//!
//! Owns the folder that `[transparency] publish` names: a file for each checkpoint, never written over, and beside it
//! the token of a time-stamping authority where one is configured; one stamp stands for all that is under the
//! checkpoint. Done by a thread of its own that is watched, as the refresher's; no document waits for it. Reads the
//! checkpoint that lies in the state folder, signs nothing, and never takes anything away.

use super::posting::Post;
use super::refresh::{Refresher, Round};
use super::stamps::{self, Stamps};
use super::window::Window;
use crate::advice::Advice;
use crate::config::World;
use crate::document::MailAddress;
use crate::forms::note::{Checkpoint, NOTE_MAX};
use crate::host::{Disk, Host, sandbox};
use crate::post::Notice;
use crate::transparency::checkpoint_in;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long one round may take: an authority, and a folder on another machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long the end of a process waits for the last round: whoever stops the service has 15 s.
const LAST: Duration = Duration::from_secs(5);

/// `publish` and what belongs to it in `[transparency]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The folder (`publish`); none where checkpoints go nowhere by themselves.
    pub to: Option<PathBuf>,
    /// How often one goes there while the log grows (`publish_every`).
    pub every: Duration,
    /// Who stamps the time on them (`tsa`, or `[seal] tsa`).
    pub stamps: Option<stamps::Settings>,
}

impl Settings {
    /// One hour: so much of the log can be rewritten before anybody else holds a checkpoint over it, beside those in
    /// receipts.
    pub const EVERY: Duration = Duration::from_secs(3600);
}

impl Default for Settings {
    fn default() -> Self {
        Self { to: None, every: Self::EVERY, stamps: None }
    }
}

/// What a round is given.
#[derive(Debug)]
pub(super) struct Laid {
    /// How many leaves the checkpoint in the state folder is over, as far as this process laid it.
    size: Option<u64>,
    /// Whom is believed about time.
    world: Arc<World>,
}

/// The schedule; it waits for ever where checkpoints go nowhere, or none is new.
pub(super) fn witness(window: &Window) -> Refresher<Laid> {
    let (is_wanted, every) = (window.wants_witnesses(), window.settings().witnesses.every);
    // every size is above it once, also the first
    let done = Arc::new(AtomicU64::new(0));
    let known = Arc::clone(&done);
    let patience = move |laid: &Laid| {
        laid.size.filter(|size| is_wanted && *size > known.load(Ordering::Acquire)).map(|_| PATIENCE)
    };
    let witness = Witness::of(window);
    let fetch = move |laid: &Arc<Laid>| match witness.publish(&laid.world) {
        Ok(size) => {
            done.fetch_max(size, Ordering::AcqRel);
            Round::default()
        }
        Err(why) => Round { failed: vec![why], ..Round::default() },
    };
    Refresher::of(every, Box::new(patience), Arc::new(fetch))
}

struct Witness {
    settings: Settings,
    /// Who gets them by mail, and where that is owed.
    mail: Option<(Arc<Post>, Vec<MailAddress>)>,
    state: PathBuf,
    host: Host,
    stamps: Mutex<Option<Stamps>>,
}

impl Witness {
    fn of(window: &Window) -> Self {
        let (state, host) = (window.settings().window.paths.state.clone(), window.host.clone());
        let to = window.settings().post.as_ref().map(|post| post.checkpoints.clone()).unwrap_or_default();
        let mail = window.outbox().filter(|_| !to.is_empty()).map(|outbox| (Arc::clone(outbox), to));
        Self { settings: window.settings().witnesses.clone(), mail, state, host, stamps: Mutex::default() }
    }

    /// Sends the checkpoint in the state folder to whoever keeps them; how many leaves it is over.
    fn publish(&self, world: &Arc<World>) -> Result<u64, String> {
        let (disk, path) = (&self.host.disk, checkpoint_in(&self.state));
        let octets = disk.read(&path, NOTE_MAX as u64).map_err(|error| format!("{}: {error}", path.display()))?;
        let note = String::from_utf8(octets).map_err(|error| format!("{}: {error}", path.display()))?;
        let checkpoint = Checkpoint::read(&note).map_err(|fault| format!("{}: {fault}", path.display()))?;
        let name = name(&checkpoint);
        if let Some((outbox, to)) = &self.mail {
            let subject = format!("yoxlama nöqtəsi / checkpoint {}", checkpoint.size);
            let file = Some((format!("{name}.checkpoint"), note.clone()));
            let notice = Notice { file, ..Notice::new(to.clone(), subject, told(&checkpoint)) };
            let owed = outbox.notify(&format!("checkpoint {name}"), notice, self.host.clock.now());
            owed.map_err(|error| format!("the outbox: {error}"))?;
        }
        if let Some(folder) = &self.settings.to {
            self.lay(folder, &checkpoint, &name, note, world)?;
        }
        Ok(checkpoint.size)
    }

    /// Brings the folder up to a checkpoint.
    fn lay(
        &self,
        folder: &Path,
        checkpoint: &Checkpoint,
        name: &str,
        note: String,
        world: &Arc<World>,
    ) -> Result<(), String> {
        let disk = &self.host.disk;
        let failed = |error: io::Error| format!("{}: {}", folder.display(), sandbox::told(error));
        disk.make_folder(folder).map_err(failed)?;
        let path = folder.join(format!("{name}.checkpoint"));
        match lying(disk, &path).map_err(failed)? {
            Some(other) if other != note.as_bytes() => {
                return Err(format!(
                    "{} is another than this window's log has at that size: it belongs to a window that was this one \
                     before a restore, or somebody changed it; keep it, and name another folder",
                    path.display()
                ));
            }
            Some(_) => {}
            None => lay(disk, folder, &format!("{name}.checkpoint"), note.as_bytes()).map_err(failed)?,
        }
        tracing::debug!(size = checkpoint.size, to = %folder.display(), "a checkpoint went where others keep it");
        if let Some(settings) = &self.settings.stamps {
            let tokened = format!("{name}.tst");
            if lying(disk, &folder.join(&tokened)).map_err(failed)?.is_none_or(|token| token.is_empty()) {
                let token = self.token(settings, note, world)?;
                lay(disk, folder, &tokened, &token).map_err(failed)?;
            }
        }
        Ok(())
    }

    fn token(&self, settings: &stamps::Settings, note: String, world: &Arc<World>) -> Result<Vec<u8>, String> {
        let mut stamps = self.stamps.lock().unwrap_or_else(PoisonError::into_inner);
        let stamps =
            stamps.get_or_insert_with(|| Stamps::new(settings.clone(), self.host.clock.clone(), Arc::clone(world)));
        stamps.renew(Arc::clone(world));
        stamps.token(&note).map_err(|why| format!("a checkpoint has no time-stamp: {why}"))
    }
}

/// What is said beside a checkpoint that goes by mail.
fn told(checkpoint: &Checkpoint) -> String {
    format!(
        "Əlavədə şəffaflıq jurnalının imzalanmış yoxlama nöqtəsi var. Onu saxlayın: bu nöqtəyə qədər olan heç nə \
         sonradan gizli dəyişdirilə bilməz.\nAttached is a signed checkpoint of the transparency log. Keep it: nothing \
         up to it can be rewritten unnoticed.\n\n{} leaves, root {}\n",
        checkpoint.size, checkpoint.root
    )
}

/// What the files of a checkpoint are called: the log's name, in which a folder cannot be told, and the size.
fn name(checkpoint: &Checkpoint) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || "-_.".contains(letter) { letter } else { '-' };
    let origin: String = checkpoint.origin.chars().map(plain).collect();
    format!("{}-{:020}", origin.trim_start_matches('.'), checkpoint.size)
}

/// What lies there, if anything. Others may write into that folder: only a plain file is opened.
fn lying(disk: &Disk, path: &Path) -> io::Result<Option<Vec<u8>>> {
    match path.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
        Ok(meta) if !meta.is_file() => Err(io::Error::other(format!("{} is no plain file", path.display()))),
        Ok(_) => disk.read(path, stamps::ANSWER_MAX).map(Some),
    }
}

/// Lays a file whole, or not at all.
fn lay(disk: &Disk, folder: &Path, name: &str, octets: &[u8]) -> io::Result<()> {
    let lasting = folder.join(name);
    let passing = folder.join(format!(".{name}.part"));
    let file = disk.open_or_create(&passing)?;
    file.truncate(0)?;
    file.write_at(octets, 0)?;
    file.sync()?;
    disk.rename(&passing, &lasting)?;
    disk.sync_folder(folder)
}

impl Window {
    /// Whether checkpoints go anywhere.
    fn wants_witnesses(&self) -> bool {
        let mailed = self.settings().post.as_ref().is_some_and(|post| !post.checkpoints.is_empty());
        self.settings().witnesses.to.is_some() || mailed
    }

    /// What the witnesses may be given now.
    pub(super) fn laid(&self) -> Arc<Laid> {
        Arc::new(Laid { size: self.transparency.published(), world: Arc::clone(&self.world) })
    }

    /// A last round, at the end of a process, for which nobody waits long: `once` has no other.
    pub(super) fn witness_last(&mut self) {
        if !self.wants_witnesses() || self.transparency.size() == 0 {
            return;
        }
        let witness = Witness::of(self);
        let (world, (tell, told)) = (Arc::clone(&self.world), channel());
        let work = move || drop(tell.send(witness.publish(&world))); // nobody may wait any more
        let begun = std::thread::Builder::new().name("witness".to_owned()).spawn(work);
        let why = match begun.map(|_| told.recv_timeout(LAST)) {
            Ok(Ok(Ok(_))) => None,
            Ok(Ok(Err(why))) => Some(why),
            Ok(Err(_)) => Some(format!("it took longer than {} s", LAST.as_secs())),
            Err(error) => Some(error.to_string()),
        };
        self.witnessed(Round { failed: why.into_iter().collect(), ..Round::default() });
    }

    /// Hears what came of a round.
    pub(super) fn witnessed(&mut self, round: Round) {
        let why = round.broken.or_else(|| round.failed.into_iter().next());
        let why = why.map(|why| format!("checkpoints do not go where others keep them: {why}"));
        match &why {
            Some(why) if self.tally.witnessing.as_ref() != Some(why) => {
                tracing::error!(advice = %Advice::CheckpointKeptBack, why, "this is tried again and again");
            }
            None if self.tally.witnessing.is_some() => tracing::info!("checkpoints go where others keep them again"),
            _ => {}
        }
        let (disk, state) = (&self.host.disk, &self.settings().window.paths.state);
        // also what a process before this one left
        if why != self.tally.witnessing || (why.is_none() && failing(state).exists()) {
            remember(disk, state, why.as_deref(), self.host.clock.now());
        }
        self.tally.witnessing = why;
    }
}

/// A window whose checkpoints do not go where others keep them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Failing {
    /// Since when.
    pub since: Timestamp,
    /// Why.
    pub why: String,
}

impl Failing {
    /// What the window remembers of it, for `status`.
    pub fn read(disk: &Disk, state: &Path) -> Option<Self> {
        serde_json::from_slice(&disk.read(&failing(state), NOTE_MAX as u64).ok()?).ok()
    }
}

fn failing(state: &Path) -> PathBuf {
    state.join("transparency").join("failing.json")
}

/// Remembers it across processes, or that it is over.
fn remember(disk: &Disk, state: &Path, why: Option<&str>, now: Timestamp) {
    let path = failing(state);
    let remembered = match why {
        None => disk.unlink(&path),
        Some(why) => {
            let since = Failing::read(disk, state).map_or(now, |failing| failing.since);
            let json = serde_json::to_vec(&Failing { since, why: why.chars().take(1000).collect() });
            json.map_err(io::Error::from).and_then(|json| {
                let file = disk.open_or_create(&path)?;
                file.truncate(0)?;
                file.write_at(&json, 0).map(drop)
            })
        }
    };
    match remembered {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            tracing::warn!(advice = %Advice::StateUnwritable,
                %error, path = %path.display(), "it could not be remembered");
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Digest;
    use crate::host::test_folder;

    #[test]
    fn a_name_holds_no_folder_and_sorts_by_size() {
        let of = |origin: &str, size| name(&Checkpoint { origin: origin.to_owned(), size, root: Digest::of(b"") });
        assert_eq!(of("pencere/trial", 42), "pencere-trial-00000000000000000042");
        assert_eq!(of("../gəncə", 1), "-g-nc--00000000000000000001");
        assert!(of("a", 9) < of("a", 10));
    }

    #[test]
    fn only_a_plain_file_is_read_where_others_may_write() {
        let (folder, disk) = (test_folder(), Disk::system());
        let at = |name: &str| folder.path().join(name);
        assert_eq!(lying(&disk, &at("a")).unwrap(), None);
        lay(&disk, folder.path(), "a", b"first").unwrap();
        assert_eq!(lying(&disk, &at("a")).unwrap().unwrap(), b"first");
        std::os::unix::fs::symlink(at("a"), at("link")).unwrap();
        assert!(lying(&disk, &at("link")).is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
