//! What the configuration sets for mail that goes out. Reads nothing.

use crate::document::MailAddress;
use crate::line::{Peer, Secret};
use std::path::PathBuf;
use std::time::Duration;

/// `[mail]` as far as mail goes out: none of it where no server is named.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whom the mails are from; bounces come back there (`mail.from`).
    pub from: MailAddress,
    /// Who takes them.
    pub server: Server,
    /// What signs them.
    pub sign: Sign,
    /// When and how often.
    pub pace: Pace,
    /// `[mail.alerts]`.
    pub alerts: Alerts,
    /// Whom each published checkpoint of the log goes to (`mail.checkpoints.to`).
    pub checkpoints: Vec<MailAddress>,
}

/// `[mail.smtp]`: the server that takes our mail, and how it is spoken to.
#[derive(Clone, Debug)]
pub struct Server {
    /// Where it is, and how it is known.
    pub peer: Peer,
    /// Who we are to it, and where the password lies.
    pub account: Option<(String, Secret)>,
    /// How long each step may take.
    pub timeout: Duration,
    /// Whether what is owed only gathers: as in a window that was made from a copy of another.
    pub paused: bool,
}

/// `[mail.sign]`: the mail key, which is not the seal.
#[derive(Clone, Debug)]
pub struct Sign {
    /// Its certificate in PEM, those above it behind it.
    pub certificate: PathBuf,
    /// Its key in PEM.
    pub key: PathBuf,
}

/// When a mail goes out, how often it is tried, and how long it is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// First wait after a failure; each is twice the one before, with a part of chance (`retry_first`).
    pub retry_first: Duration,
    /// Longest wait between two tries (`retry_last`).
    pub retry_last: Duration,
    /// How old a mail may get before it is a matter for a person (`give_up`).
    pub give_up: Duration,
    /// How long a word on arrival waits whether the outcome comes first (`first_word`).
    pub first_word: Duration,
    /// How long the answers of one letter wait for each other (`gather`).
    pub gather: Duration,
    /// How long it is known what was sent, for bounces (`remember`).
    pub remember: Duration,
    /// The largest mail, octets: receipts beyond it go in the next one, what is attached beside them is left out
    /// (`size_max`).
    pub size_max: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            retry_first: Duration::from_secs(30),
            retry_last: Duration::from_secs(1800),
            give_up: Duration::from_secs(5 * 86_400),
            first_word: Duration::from_secs(60),
            gather: Duration::from_secs(60),
            remember: Duration::from_secs(30 * 86_400),
            size_max: 20 << 20,
        }
    }
}

/// `[mail.alerts]`: what the administrator is told of by mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alerts {
    /// Whom; nobody where it is empty.
    pub to: Vec<MailAddress>,
    /// At most one mail in so long.
    pub every: Duration,
    /// So many refusals of one signer are worth a word, and so many more another (`refusals`).
    pub refusals: u64,
    /// A disk of which less than so many parts of a hundred are free is told of (`disk_free`).
    pub disk_free: u64,
    /// At most one digest of mail without a signature to a body in so long (`unsigned_every`).
    pub unsigned_every: Duration,
}

impl Server {
    /// How long one step may take, unless it is set: a server that looks mail over before it takes it.
    pub const TIMEOUT: Duration = Duration::from_secs(30);
}

impl Default for Alerts {
    fn default() -> Self {
        let hour = Duration::from_secs(3600);
        Self { to: Vec::new(), every: hour, refusals: 5, disk_free: 5, unsigned_every: hour }
    }
}
