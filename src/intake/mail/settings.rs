//! The settings of mailboxes, each with its unit, its default and the reason for it.

use crate::document::MailAddress;
use crate::letter;
use crate::line::{Peer, Secret};
use std::path::PathBuf;
use std::time::Duration;

/// Incoming mail (`[mail]`).
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// How much of a message is looked at.
    pub limits: letter::Limits,
    /// `addresses`: the window's own addresses, under which mail comes to it. None.
    pub addresses: Vec<MailAddress>,
    /// `signed_statements_max`: most statements of one mail that its own signature files. 16: each is judged with the
    /// whole mail, and a body has a dozen datasets.
    pub signed_statements: usize,
    /// The mailboxes, in order of their names.
    pub mailboxes: Vec<MailboxSettings>,
}

impl Default for MailSettings {
    fn default() -> Self {
        let limits = letter::Limits::default();
        Self { limits, addresses: Vec::new(), signed_statements: 16, mailboxes: Vec::new() }
    }
}

/// One mailbox (`[mail.mailboxes.NAME]`).
#[derive(Clone, Debug)]
pub struct MailboxSettings {
    /// Its name: in the log, in `status`, in the journal.
    pub name: String,
    /// Where it is.
    pub place: Place,
    /// `kind = "paused maildir"`, `"paused imap"`: it is not read, as in a window made from a copy. Two windows that
    /// read one mailbox would each get some of its messages.
    pub paused: bool,
    /// `processed`: where a message goes of which something was filed. `Processed`.
    pub processed: String,
    /// `rejected`: where all other messages go. `Rejected`.
    pub rejected: String,
    /// `poll`: how often it is looked at besides what it tells of itself. 1 min: a server may forget to tell, and
    /// mail is no matter of seconds.
    pub poll: Duration,
}

/// Where a mailbox is.
#[derive(Clone, Debug)]
pub enum Place {
    /// `kind = "maildir"`: a folder with `new/` and `cur/`.
    Maildir(PathBuf),
    /// `kind = "imap"`.
    Imap(Box<Server>),
}

/// A mailbox on a server.
#[derive(Clone, Debug)]
pub struct Server {
    /// `host`, `port` (993, with STARTTLS 143), `security` (`tls` or `starttls`) and `ca`.
    pub peer: Peer,
    /// `user`.
    pub user: String,
    /// `password`.
    pub password: Secret,
    /// `folder`: the mailbox on the server. `INBOX`.
    pub folder: String,
    /// `idle`: for so long one IDLE waits. 5 min: far below the 29 min after which a server may hang up
    /// (RFC 2177), and short enough for what stands between and forgets quiet lines.
    pub idle: Duration,
    /// `timeout`: for so long one command may take. 1 min: a piece of a megabyte over a slow line.
    pub timeout: Duration,
}
