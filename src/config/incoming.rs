//! `[mail]`, as far as mail comes in: limits and mailboxes.
//!
//! Reads tables; of the disk it asks only whether a password and an authority are there to be read.

use super::line::{check_authority, check_secret, named, secret};
use super::post::addresses;
use super::reader::{At, Table};
use super::settings::{DAY, SECOND, count, value};
use crate::intake::mail::{MailSettings, MailboxSettings, Place, Server};
use crate::letter::Limits;
use crate::line::{Peer, Security};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

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
    let addresses = addresses(table, "addresses");
    let signed_statements = MailSettings::default().signed_statements;
    let signed_statements = count(table.integer("signed_statements_max", 1..=200), signed_statements);
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
            Place::Imap(server) => format!("{} {} {}", server.peer.host, server.user, server.folder),
        };
        if let Some(other) = places.insert(place, name.value.clone()) {
            source.mistake(&name.spot, format!("is the mailbox that {other} is: each message has one reader"));
        }
        mailboxes.push(mailbox);
    }
    mailboxes.sort_by(|one, other| one.name.cmp(&other.name));
    MailSettings { limits, addresses, signed_statements, mailboxes }
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
    let words = [("tls", Security::Tls), ("starttls", Security::StartTls)];
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
    let ca = named(&mut table, "ca").map(|ca| ca.map(|path| base.join(path)));
    let user = table.string("user");
    let password = table.string("password").and_then(|text| {
        let secret = secret(base, table.source(), &text)?;
        if !paused {
            check_secret(table.source(), &secret, &text.spot);
        }
        Some(secret)
    });
    if let Some(ca) = ca.as_ref().filter(|_| !paused) {
        check_authority(table.source(), &ca.value, &ca.spot);
    }
    let inbox = table.string("folder").map_or("INBOX".to_owned(), |folder| folder.value);
    let idle = table.duration("idle", SECOND..=Duration::from_secs(28 * 60));
    let timeout = table.duration("timeout", SECOND..=Duration::from_secs(600));
    table.finish();
    let user = user?;
    Some(Server {
        peer: Peer { host: host?.value, port, security, ca: ca.map(|ca| ca.value) },
        user: user.value,
        password: password?,
        folder: inbox,
        idle: value(idle, Duration::from_secs(300)),
        timeout: value(timeout, Duration::from_secs(60)),
    })
}
