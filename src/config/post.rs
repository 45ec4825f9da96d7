//! `[mail]`, as far as mail goes out: the server, the mail key, the pace, and who is told.
//!
//! Reads tables; whether certificate, key and files are what they must be is checked where the configuration is loaded.

use super::line::{check_authority, check_secret, is_open, named, open_to_others, secret};
use super::reader::{At, Source, Spot, Table};
use super::settings::{DAY, SECOND, value};
use crate::document::MailAddress;
use crate::host::Disk;
use crate::line::{Peer, Security};
use crate::post::{Alerts, KeyFault, MailKey, Pace, Server, Settings, Sign};
use jiff::Timestamp;
use std::path::Path;
use std::time::Duration;

/// How the name of a server begins that is left alone for now.
pub(super) const PAUSED: &str = "paused ";

/// Mail that goes out, with the places of what is checked later.
#[derive(Clone, Debug)]
pub(super) struct PostAt {
    pub settings: Settings,
    certificate: Spot,
    key: Spot,
    ca: Option<Spot>,
    password: Option<Spot>,
}

/// What `[mail]` says of mail that goes out.
#[derive(Clone, Debug, Default)]
pub(super) enum Outgoing {
    /// Nobody is named who takes it.
    #[default]
    Nowhere,
    /// Somebody is, and something beside it is wrong.
    Wrong,
    /// It goes out.
    By(Box<PostAt>),
}

impl Outgoing {
    /// Mail that goes out.
    pub fn at(&self) -> Option<&PostAt> {
        match self {
            Self::By(post) => Some(post),
            Self::Nowhere | Self::Wrong => None,
        }
    }

    /// Whether mail goes out; none where nobody can tell.
    pub fn goes(&self) -> Option<bool> {
        match self {
            Self::Nowhere => Some(false),
            Self::Wrong => None,
            Self::By(_) => Some(true),
        }
    }
}

/// The keys of `[mail]` that speak of mail that goes out; the table is finished by whoever reads the rest of it.
pub(super) fn read(base: &Path, mail: &mut Table<'_, '_>) -> Outgoing {
    let named_from = named(mail, "from");
    let from = named_from.as_ref().and_then(|from| address(mail.source(), from));
    let Line { server, is_named, ca, password, pace } =
        mail.table("smtp").map(|table| smtp(base, table)).unwrap_or_default();
    let sign = mail.table("sign").map(sign);
    let (mut alerts, mut checkpoints) = (Alerts::default(), Vec::new());
    if let Some(mut table) = mail.table("alerts") {
        alerts.to = addresses(&mut table, "to");
        alerts.every = value(table.duration("every", Duration::from_secs(60)..=DAY), alerts.every);
        alerts.refusals = value(table.integer("refusals", 1..=1_000_000), alerts.refusals);
        alerts.disk_free = value(table.integer("disk_free", 0..=50), alerts.disk_free);
        alerts.unsigned_every = value(table.duration("unsigned_every", SECOND..=7 * DAY), alerts.unsigned_every);
        table.finish();
    }
    if let Some(mut table) = mail.table("checkpoints") {
        checkpoints = addresses(&mut table, "to");
        table.finish();
    }
    let Some(server) = server else {
        if !is_named && (!alerts.to.is_empty() || !checkpoints.is_empty()) {
            mail.mistake("somebody is to be told by mail, and [mail.smtp] server names nobody who takes it");
        }
        return if is_named { Outgoing::Wrong } else { Outgoing::Nowhere };
    };
    let Some(from) = from else {
        if named_from.is_none() {
            mail.mistake("mail goes out from nobody: name the window's own address in `from`");
        }
        return Outgoing::Wrong;
    };
    let (Some(certificate), Some(key)) = sign.unwrap_or_default() else {
        mail.mistake(
            "mail goes out signed: name certificate and key of the mail key in [mail.sign]; it is not the seal",
        );
        return Outgoing::Wrong;
    };
    let (at_certificate, at_key) = (certificate.spot, key.spot);
    let sign = Sign { certificate: base.join(certificate.value), key: base.join(key.value) };
    let settings = Settings { from: from.value, server, sign, pace, alerts, checkpoints };
    Outgoing::By(Box::new(PostAt { settings, certificate: at_certificate, key: at_key, ca, password }))
}

/// What `[mail.smtp]` says.
#[derive(Default)]
struct Line {
    server: Option<Server>,
    is_named: bool,
    ca: Option<Spot>,
    password: Option<Spot>,
    pace: Pace,
}

fn smtp(base: &Path, mut table: Table<'_, '_>) -> Line {
    let default = Pace::default();
    let named_server = named(&mut table, "server");
    let ways = [("starttls", Security::StartTls), ("tls", Security::Tls)];
    let security = value(table.word("security", &ways), Security::StartTls);
    let ca = named(&mut table, "ca");
    let (user, password) = (named(&mut table, "user"), named(&mut table, "password"));
    let timeout = value(table.duration("timeout", SECOND..=Duration::from_secs(600)), Server::TIMEOUT);
    let pace = Pace {
        retry_first: value(table.duration("retry_first", SECOND..=DAY), default.retry_first),
        retry_last: value(table.duration("retry_last", SECOND..=DAY), default.retry_last),
        give_up: value(table.duration("give_up", SECOND..=30 * DAY), default.give_up),
        first_word: value(table.duration("first_word", Duration::ZERO..=DAY), default.first_word),
        gather: value(table.duration("gather", Duration::ZERO..=DAY), default.gather),
        remember: value(table.duration("remember", DAY..=365 * DAY), default.remember),
        size_max: value(table.size("size_max", 1 << 20..=1 << 30), default.size_max),
    };
    if pace.retry_last < pace.retry_first {
        table.mistake("retry_last is shorter than retry_first");
    }
    if user.is_some() != password.is_some() {
        table.mistake("user and password go together: name both, or neither");
    }
    let source = table.source();
    table.finish();
    let at_password = password.as_ref().map(|password| password.spot.clone());
    let secret = password.and_then(|password| secret(base, source, &password));
    let account = user.zip(secret).map(|(user, secret)| (user.value, secret));
    let is_named = named_server.is_some();
    let server = named_server.and_then(|At { value: text, spot }| {
        let (paused, bare) = match text.strip_prefix(PAUSED) {
            Some(bare) => (true, bare),
            None => (false, text.as_str()),
        };
        let (host, port) = match bare.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok().filter(|port| *port > 0)),
            None => (bare, Some(if security == Security::Tls { 465 } else { 587 })),
        };
        let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
        match port {
            Some(port) if !host.is_empty() && host.len() <= 253 && host.bytes().all(fits) => {
                let ca = ca.as_ref().map(|ca| base.join(&ca.value));
                let peer = Peer { host: host.to_owned(), port, security, ca };
                Some(Server { peer, account: account.clone(), timeout, paused })
            }
            _ => {
                source.mistake(
                    &spot,
                    format!("{text:?} is no server: HOST or HOST:PORT, by the name in its certificate"),
                );
                None
            }
        }
    });
    Line { server, is_named, ca: ca.map(|ca| ca.spot), password: at_password, pace }
}

type Pair = (Option<At<String>>, Option<At<String>>);

fn sign(mut table: Table<'_, '_>) -> Pair {
    let pair = (named(&mut table, "certificate"), named(&mut table, "key"));
    table.finish();
    pair
}

/// An address, or a mistake at its place.
pub(super) fn address(source: &Source<'_>, text: &At<String>) -> Option<At<MailAddress>> {
    match text.value.parse() {
        Ok(value) => Some(At { value, spot: text.spot.clone() }),
        Err(form) => {
            source.mistake(&text.spot, format!("{:?} does not fit: {form}", text.value));
            None
        }
    }
}

/// A list of addresses, each mistake at its place.
pub(super) fn addresses(table: &mut Table<'_, '_>, key: &'static str) -> Vec<MailAddress> {
    /// More are a list's matter, which has one address.
    const MOST: usize = 20;
    let texts = table.strings(key).unwrap_or_default();
    if let Some(first) = texts.get(MOST) {
        table.source().mistake(&first.spot, format!("at most {MOST} addresses; make a list of more"));
    }
    texts.iter().filter_map(|text| address(table.source(), text)).map(|at| at.value).collect()
}

/// Checks what `[mail]` names: the mail key, the authority, the password's file.
pub(super) fn check(source: &Source<'_>, post: &PostAt, now: Timestamp) {
    let disk = Disk::system();
    let Settings { server, sign, .. } = &post.settings;
    match MailKey::open(&disk, sign, now) {
        Ok(_) => {}
        Err(KeyFault::Certificate(what)) => source.mistake(&post.certificate, what),
        Err(KeyFault::Key(what)) => source.mistake(&post.key, what),
    }
    if is_open(&sign.key) {
        source.warning(&post.key, open_to_others(&sign.key));
    }
    if let (Some(path), Some(spot)) = (&server.peer.ca, &post.ca) {
        check_authority(source, path, spot);
    }
    if let (Some((_, secret)), Some(spot)) = (&server.account, &post.password) {
        check_secret(source, secret, spot);
    }
}
