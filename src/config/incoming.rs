//! `[mail]`, as far as mail comes in: limits and mailboxes.
//!
//! Reads tables; of the disk it asks only whether a password and an authority are there to be read.

use super::reader::{At, Table};
use super::settings::{DAY, SECOND, count, value};
use crate::intake::mail::{MailSettings, MailboxSettings, Password, Place, Security, Server};
use crate::letter::Limits;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The word for nothing of the kind.
const NONE: &str = "none";
/// What a password begins with that systemd hands over.
const CREDENTIAL: &str = "credential:";

/// Takes what is incoming mail's out of `[mail]`.
pub(super) fn read(base: &Path, table: &mut Table<'_, '_>) -> MailSettings {
    let default = Limits::default();
    let limits = Limits {
        size: value(table.size("message_max", 1 << 10..=1 << 40), default.size),
        header: count(table.size("header_max", 1 << 10..=16 << 20), default.header),
        header_lines: count(table.integer("header_lines_max", 16..=100_000), default.header_lines),
        depth: count(table.integer("depth_max", 1..=100), default.depth),
        parts: count(table.integer("parts_max", 1..=10_000), default.parts),
        attachments: count(table.integer("attachments_max", 1..=200), default.attachments),
    };
    let mut mailboxes = Vec::new();
    let mut places = BTreeMap::new();
    for (name, table) in table.table("mailboxes").map(Table::entries).unwrap_or_default() {
        let source = table.source();
        if !is_name(&name.value) {
            source.mistake(&name.spot, "the name of a mailbox is 1 to 64 of a-z, 0-9 and -, beginning with a letter");
        }
        let Some(mailbox) = mailbox(base, &name, table) else { continue };
        let place = match &mailbox.place {
            Place::Maildir(path) => path.display().to_string(),
            Place::Imap(server) => format!("{} {} {}", server.host, server.user, server.folder),
        };
        if let Some(other) = places.insert(place, name.value.clone()) {
            source.mistake(&name.spot, format!("is the mailbox that {other} is: each message has one reader"));
        }
        mailboxes.push(mailbox);
    }
    mailboxes.sort_by(|one, other| one.name.cmp(&other.name));
    MailSettings { limits, mailboxes }
}

fn is_name(name: &str) -> bool {
    let fits = |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-';
    (1..=64).contains(&name.len()) && name.as_bytes()[0].is_ascii_lowercase() && name.bytes().all(fits)
}

#[derive(Clone, Copy)]
enum Kind {
    Maildir,
    Imap,
}

fn mailbox(base: &Path, name: &At<String>, mut table: Table<'_, '_>) -> Option<MailboxSettings> {
    table.need(&["kind"]);
    let kinds = [
        ("maildir", (Kind::Maildir, false)),
        ("imap", (Kind::Imap, false)),
        ("paused maildir", (Kind::Maildir, true)),
        ("paused imap", (Kind::Imap, true)),
    ];
    let kind = table.word("kind", &kinds);
    let folder = |table: &mut Table<'_, '_>, key: &'static str, default: &str| match table.string(key) {
        None => default.to_owned(),
        Some(given) => {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_ ".contains(c);
            if given.value.is_empty() || given.value.len() > 64 || !given.value.chars().all(is_plain) {
                let message = "the name of a folder is 1 to 64 letters, digits, spaces, - and _";
                table.source().mistake(&given.spot, message);
            }
            given.value
        }
    };
    let processed = folder(&mut table, "processed", "Processed");
    let rejected = folder(&mut table, "rejected", "Rejected");
    if processed == rejected {
        table.mistake("processed and rejected are the same folder: nobody could tell what became of a message");
    }
    let poll = value(table.duration("poll", Duration::from_millis(10)..=DAY), Duration::from_secs(60));
    let (kind, paused) = kind?.value;
    let place = match kind {
        Kind::Maildir => {
            table.need(&["path"]);
            let path = table.string("path").map(|path| Place::Maildir(base.join(path.value)));
            table.finish();
            path
        }
        Kind::Imap => server(base, table, paused).map(Box::new).map(Place::Imap),
    };
    Some(MailboxSettings { name: name.value.clone(), place: place?, paused, processed, rejected, poll })
}

fn server(base: &Path, mut table: Table<'_, '_>, paused: bool) -> Option<Server> {
    table.need(&["host", "user", "password"]);
    let words = [("tls", Security::Tls), ("starttls", Security::Starttls)];
    let security = value(table.word("security", &words), Security::Tls);
    let host = table.string("host");
    if let Some(host) = &host
        && (host.value.is_empty() || host.value.contains([':', '/', '@', ' ']))
    {
        table
            .source()
            .mistake(&host.spot, "is the name of a server, as its certificate bears it; the port has its key");
    }
    let usual = if security == Security::Tls { 993 } else { 143 };
    let port = table.integer("port", 1..=65_535).and_then(|port| u16::try_from(port.value).ok()).unwrap_or(usual);
    let ca = table.string("ca").filter(|ca| ca.value != NONE).map(|ca| ca.map(|path| base.join(path)));
    if let Some(ca) = &ca
        && !paused
        && let Err(why) = authority(&ca.value)
    {
        table.source().mistake(&ca.spot, why);
    }
    let user = table.string("user");
    let password = table.string("password").and_then(|text| password(base, &table, &text, paused));
    let inbox = table.string("folder").map_or("INBOX".to_owned(), |folder| folder.value);
    let idle = table.duration("idle", SECOND..=Duration::from_secs(28 * 60));
    let timeout = table.duration("timeout", SECOND..=Duration::from_secs(600));
    table.finish();
    let user = user?;
    Some(Server {
        host: host?.value,
        port,
        security,
        ca: ca.map(|ca| ca.value),
        user: user.value,
        password: password?,
        folder: inbox,
        idle: value(idle, Duration::from_secs(300)),
        timeout: value(timeout, Duration::from_secs(60)),
    })
}

fn authority(path: &Path) -> Result<(), String> {
    let octets = std::fs::read(path).map_err(|error| format!("cannot be read: {error}"))?;
    let found = openssl::x509::X509::stack_from_pem(&octets).map_err(|error| format!("is no PEM: {error}"))?;
    match found.is_empty() {
        true => Err("holds no certificate".to_owned()),
        false => Ok(()),
    }
}

fn password(base: &Path, table: &Table<'_, '_>, text: &At<String>, paused: bool) -> Option<Password> {
    if let Some(name) = text.value.strip_prefix(CREDENTIAL) {
        if name.is_empty() || name.contains(['/', '.']) {
            table.source().mistake(&text.spot, "names no credential: it is \"credential:NAME\"");
            return None;
        }
        return Some(Password::Credential(name.to_owned()));
    }
    let path: PathBuf = base.join(&text.value);
    // the text is not repeated: somebody may have written the password itself
    if !paused && !path.is_file() {
        let message = "names a file that holds the password, or \"credential:NAME\"; there is no such file";
        table.source().mistake(&text.spot, message);
    }
    Some(Password::File(path))
}
