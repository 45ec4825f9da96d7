//! What a window, and a seal apart, need of their machine: each is shut in with that, before it reads a stranger's
//! octet and before it starts a thread (S item 2.2, S 8.1.4 item 8).
//!
//! Owns the lists of folders, made from the configuration, and the word that stays for `pencere status`
//! (`state/sandbox.json`). How a process is shut in is [`sandbox`](crate::host::sandbox)'s. Whoever listens on a socket
//! opens it before: behind this, nobody can.

use crate::advice::Advice;
use crate::boemis::Location;
use crate::config::{At, Config, SealApart};
use crate::host::Disk;
use crate::host::sandbox::{Sandbox, Shut};
use crate::intake::mail::Place;
use crate::line::Secret;
use crate::reserve::Address;
use crate::seal::KeyPlace;
use crate::token::{Needs, Uri};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// `[sandbox]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `enabled`: whether the process shuts itself in. `true`: it reads octets of everybody.
    pub enabled: bool,
    /// `also_read`: files and folders that nothing else in the configuration names. None: what is named is known.
    pub also_read: Vec<PathBuf>,
    /// `also_write`: the same, also to be written.
    pub also_write: Vec<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { enabled: true, also_read: Vec::new(), also_write: Vec::new() }
    }
}

/// How the last start went, for `status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Whether the configuration wants it.
    pub wanted: bool,
    /// How well it is shut; none where that is not wanted.
    pub shut: Option<Shut>,
}

/// The largest file of that, octets: some sentences.
const TOLD_MAX: u64 = 64 << 10;
/// Its name in the state folder.
const TOLD: &str = "sandbox.json";
/// Where systemd lays a service's credentials.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";
/// Name other certificates than the system's (OpenSSL).
const AUTHORITIES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];
/// Folders of everybody: of a file that lies in one, the folder is not read with it. (A new file of its name is not
/// read either then, before the next start.)
const WIDE: &[&str] = &[
    "/", "/etc", "/root", "/home", "/var", "/var/lib", "/var/tmp", "/srv", "/opt", "/run", "/tmp", "/dev", "/dev/shm",
];

impl Told {
    /// What the window left of its last start; none before it ran.
    pub fn read(disk: &Disk, state: &Path) -> Option<Self> {
        serde_json::from_slice(&disk.read(&state.join(TOLD), TOLD_MAX).ok()?).ok()
    }

    fn remember(&self, disk: &Disk, state: &Path) {
        let written = serde_json::to_vec(self).map_err(std::io::Error::from);
        if let Err(error) = written.and_then(|json| disk.replace(&state.join(TOLD), &json, false)) {
            tracing::warn!(advice = %Advice::StateUnwritable, %error, "how it is shut in could not be remembered");
        }
    }
}

/// Shuts the process of a window in, and says how that went: in the log now, in `status` later. Its own folders are
/// made before, as far as they are missing and it may.
pub fn shut_window(config: &Config, disk: &Disk) -> Told {
    let settings = config.settings();
    let state = &settings.window.paths.state;
    let reserve = settings.reserve.to.as_ref().map(|Address::Folder(folder)| folder);
    let archive = settings.archive.after.map(|_| &settings.archive.to);
    for folder in [Some(state), reserve, archive, settings.witnesses.to.as_ref()].into_iter().flatten() {
        // whoever needs it says what is wrong with it
        if let Err(error) = disk.make_folder(folder) {
            tracing::debug!(%error, folder = %folder.display(), "a folder is not made before the window is shut in");
        }
    }
    let told = shut(&settings.sandbox, || of_window(config));
    told.remember(disk, state);
    told
}

/// The same of a seal apart; it has no `status`.
pub fn shut_seal(apart: &SealApart) -> Told {
    shut(&apart.sandbox, || of_seal(apart))
}

fn shut(settings: &Settings, sandbox: impl FnOnce() -> Sandbox) -> Told {
    if !settings.enabled {
        tracing::warn!(advice = %Advice::NotShutIn, "this process is not shut in: [sandbox] enabled = false");
        return Told { wanted: false, shut: None };
    }
    for path in settings.also_read.iter().chain(&settings.also_write).filter(|path| !path.exists()) {
        let path = path.display();
        tracing::warn!(advice = %Advice::Configuration, %path, "[sandbox] names what is not there: out of reach");
    }
    let shut = sandbox().shut();
    match (shut.holds(), shut.lacks.is_empty()) {
        (true, true) => tracing::info!("this process is {shut}"),
        (true, false) => tracing::warn!(advice = %Advice::NotShutIn, "this process is {shut}"),
        (false, _) => tracing::error!(
            advice = %Advice::NotShutIn,
            "this process is {shut}; systemd's own sandbox still holds, where the unit of the package starts it. Use a \
             kernel that can, or say [sandbox] enabled = false"
        ),
    }
    Told { wanted: true, shut: Some(shut) }
}

/// What a window with this configuration needs.
pub fn of_window(config: &Config) -> Sandbox {
    let settings = config.settings();
    let paths = &settings.window.paths;
    let mut needs = Gathered::of(&settings.sandbox);
    needs.file(config.path());
    for file in config.files().iter().chain(&config.world().files) {
        needs.file(&file.path);
    }
    needs.file(&paths.registry);
    needs.file(&paths.stations);
    needs.file(&paths.datasets);
    needs.write(&paths.state);
    needs.write(&paths.drop);
    needs.write(&settings.archive.to);
    let trust = &settings.trust;
    let named = trust.anchors.iter().chain(&trust.intermediates).chain(&trust.crls).chain(&trust.timestamping);
    for At { value, .. } in named.chain(&trust.policy).chain(trust.ocsp.iter().map(|responder| &responder.issuer)) {
        needs.file(value);
    }
    needs.connects |= !trust.crl_urls.is_empty() || !trust.ocsp.is_empty();
    needs.connects |= settings.stamps.is_some() || settings.witnesses.stamps.is_some();
    needs.file(&settings.transparency.key.key);
    needs.file(&settings.transparency.key.certificate);
    needs.file(&settings.seal.certificate);
    if !matches!(settings.seal.key, KeyPlace::Apart(_)) {
        needs.write(settings.seal.acts.parent().unwrap_or(Path::new(".")));
    }
    match &settings.seal.key {
        KeyPlace::File(key) => needs.file(key),
        KeyPlace::Token(uri) => needs.token(uri),
        KeyPlace::Apart(_) => needs.acts_of_another(&settings.seal.acts),
    }
    match &settings.location {
        Location::Sqlite(file) => needs.write(file.parent().unwrap_or(Path::new("."))),
        Location::Postgres(server) => {
            needs.connects |= server.is_far();
            server.files().iter().for_each(|file| needs.file(file));
        }
    }
    if let Some(Address::Folder(folder)) = &settings.reserve.to {
        needs.write(folder);
    }
    if let Some(folder) = &settings.witnesses.to {
        needs.write(folder);
    }
    if let Some(post) = &settings.post {
        needs.connects = true;
        needs.file(&post.sign.certificate);
        needs.file(&post.sign.key);
        needs.line(post.server.peer.ca.as_ref(), post.server.account.as_ref().map(|(_, secret)| secret));
    }
    for mailbox in &settings.mail.mailboxes {
        match &mailbox.place {
            Place::Maildir(folder) => needs.write(folder),
            Place::Imap(server) => {
                needs.connects = true;
                needs.line(server.peer.ca.as_ref(), Some(&server.password));
            }
        }
    }
    needs.sandbox()
}

/// What a seal apart needs once it is open: it has read configuration, certificate and key, and comes to neither again.
/// Where the key lies in a token, it opens behind this, and reads its certificate.
pub fn of_seal(apart: &SealApart) -> Sandbox {
    let mut needs = Gathered::of(&apart.sandbox);
    let journal = apart.state.join("journal");
    // a window that was never started has none
    needs.read(if journal.is_dir() { &journal } else { &apart.state });
    needs.write(apart.seal.acts.parent().unwrap_or(Path::new(".")));
    if let KeyPlace::Token(uri) = &apart.seal.key {
        needs.token(uri);
        needs.file(&apart.seal.certificate);
    }
    needs.sandbox()
}

/// Files and folders as they are found in a configuration.
struct Gathered {
    reads: Vec<PathBuf>,
    writes: Vec<PathBuf>,
    connects: bool,
}

impl Gathered {
    fn of(settings: &Settings) -> Self {
        let reads = [CREDENTIALS].iter().chain(&AUTHORITIES).filter_map(std::env::var_os).map(PathBuf::from);
        let reads = reads.chain(settings.also_read.iter().cloned()).collect();
        Self { reads, writes: settings.also_write.clone(), connects: false }
    }

    fn read(&mut self, path: &Path) {
        self.reads.push(path.to_owned());
    }

    fn write(&mut self, path: &Path) {
        self.writes.push(path.to_owned());
    }

    /// What the configuration names to be read: a folder, or a file with its folder, since a new one may take its
    /// place. Where it is a link, the same of what it leads to.
    fn file(&mut self, path: &Path) {
        let target = path.canonicalize().ok().filter(|target| target != path);
        for path in std::iter::once(path).chain(target.as_deref()) {
            self.read(path);
            if let Some(folder) = path.parent().filter(|_| !path.is_dir()) {
                let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
                if !is_wide(folder) {
                    self.read(folder);
                }
            }
        }
    }

    /// A line to a server of mail.
    fn line(&mut self, authority: Option<&PathBuf>, secret: Option<&Secret>) {
        let secret = secret.and_then(|secret| match secret {
            Secret::File(path) => Some(path),
            Secret::Credential(_) => None,
        });
        authority.into_iter().chain(secret).for_each(|path| self.file(path));
    }

    /// A module may ask a machine on the network.
    fn token(&mut self, uri: &Uri) {
        let Needs { reads, writes } = Needs::of(uri);
        reads.iter().for_each(|path| self.file(path));
        self.writes.extend(writes);
        self.connects = true;
    }

    /// A seal apart keeps its act log elsewhere, and perhaps its key beside it: the log alone is read, and what stands
    /// beside it of numbers left out. As long as there is no log, nobody can name it, and it is the folder.
    fn acts_of_another(&mut self, acts: &Path) {
        match acts.canonicalize() {
            Ok(file) => {
                self.read(&file);
                self.read(&file.with_file_name("skips"));
            }
            Err(_) => self.reads.extend(acts.parent().map(Path::to_owned)),
        }
    }

    fn sandbox(self) -> Sandbox {
        let sandbox = self.reads.iter().fold(Sandbox::new(), |sandbox, path| sandbox.reads(path));
        let sandbox = self.writes.iter().fold(sandbox, |sandbox, path| sandbox.writes(path));
        if self.connects { sandbox.connects() } else { sandbox }
    }
}

fn is_wide(folder: &Path) -> bool {
    let is_home = std::env::var_os("HOME").is_some_and(|home| folder == Path::new(&home));
    is_home || WIDE.iter().any(|wide| folder == Path::new(wide))
}
