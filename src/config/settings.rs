//! What `pencere.toml` sets: it fills the settings types of the rooms, where each default is
//! written once, and has types of its own only for what is no room's.
//!
//! Reads tables and opens no file.

use super::incoming;
use super::keeping;
use super::post::{self as outgoing, Outgoing};
use super::reader::{At, Source, Table};
use crate::authority::{Environment, Window};
use crate::daemon::log::{self, LogFormat};
use crate::daemon::{alive, enclosure, metrics, stamps, witnessing};
use crate::document::Digest;
use crate::fetch::{FetchFault, is_address};
use crate::forms::note;
use crate::signature::{CmsLimits, MailPolicy, Policy, Property};
use crate::token::{Uri, is_uri};
use crate::trust::IdentityProfile;
use crate::{
    archive, boemis, container, evidence, intake, journal, ledger, post, reserve, schema, seal, transparency, xml,
};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// `[window]`.
#[derive(Clone, Debug)]
pub struct WindowSettings {
    /// Id and environment, as `authority` needs them.
    pub window: Window,
    /// Name for people.
    pub name: String,
    /// Where things lie.
    pub paths: Paths,
}

/// Where a window's files lie, made absolute as far as the configuration's own path is.
#[derive(Clone, Debug)]
pub struct Paths {
    /// Folder of all that the window keeps.
    pub state: PathBuf,
    /// Folder of the participants' drop folders.
    pub drop: PathBuf,
    /// The registry file.
    pub registry: PathBuf,
    /// The station register.
    pub stations: PathBuf,
    /// The folder of dataset descriptions.
    pub datasets: PathBuf,
}

/// `[trust]`: files and folders as written, made absolute.
#[derive(Clone, Debug)]
pub struct TrustSettings {
    /// Anchors.
    pub anchors: Vec<At<PathBuf>>,
    /// Intermediates.
    pub intermediates: Vec<At<PathBuf>>,
    /// Revocation lists.
    pub crls: Vec<At<PathBuf>>,
    /// Where revocation lists are fetched.
    pub crl_urls: Vec<At<String>>,
    /// Who is asked about the certificates of an authority (OCSP).
    pub ocsp: Vec<Responder>,
    /// How often.
    pub refresh: Duration,
    /// How long one fetch may take.
    pub fetch_timeout: Duration,
    /// How many octets a fetched list may have.
    pub fetch_size: u64,
    /// Whether every certificate's standing must be known.
    pub revocation: bool,
    /// Anchors of time-stamping authorities.
    pub timestamping: Vec<At<PathBuf>>,
    /// How long after its `nextUpdate` a list still counts as fresh.
    pub crl_grace: Duration,
    /// The cryptographic policy; none: the one that is built in.
    pub policy: Option<At<PathBuf>>,
}

/// A responder, as the configuration names it.
#[derive(Clone, Debug)]
pub struct Responder {
    /// The certificate of the authority that it answers for.
    pub issuer: At<PathBuf>,
    /// Its address.
    pub url: String,
}

impl TrustSettings {
    /// Where what is fetched lies.
    pub fn folder(state: &Path) -> PathBuf {
        state.join("trust")
    }

    /// Where a list lies that is fetched from this address.
    pub fn fetched(&self, state: &Path, url: &str) -> PathBuf {
        let digest = Digest::of(url.as_bytes()).to_string();
        Self::folder(state).join(format!("{}.crl", &digest[..32]))
    }

    /// Where the answer lies that was given at this address about this certificate.
    pub fn answered(&self, state: &Path, url: &str, certificate: Digest) -> PathBuf {
        let digest = Digest::of(format!("{url}\n{certificate}").as_bytes()).to_string();
        Self::folder(state).join(format!("{}.ocsp", &digest[..32]))
    }
}

/// `[seal]` with the places of its two keys, for the checks.
#[derive(Clone, Debug)]
pub(super) struct SealAt {
    pub certificate: At<PathBuf>,
    pub key: At<seal::KeyPlace>,
    pub stamps: Option<At<stamps::Settings>>,
}

/// `[export]`: what is said beside open data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportSettings {
    /// The name of the licence, as Open Definition writes it: `CC-BY-4.0`; none: nothing is said of terms.
    pub licence: Option<String>,
    /// Where its text is.
    pub licence_url: Option<String>,
}

/// `[hold]`.
#[derive(Clone, Copy, Debug)]
pub struct HoldSettings {
    /// After how long a held document is a matter for a person.
    pub max: Duration,
    /// First wait between two tries.
    pub retry_first: Duration,
    /// Longest wait between two tries.
    pub retry_last: Duration,
    /// Documents held for one participant at which its folder is left alone until some are decided.
    pub documents_max: u64,
    /// Octets held for one participant at which likewise.
    pub size_max: u64,
}

impl HoldSettings {
    /// Whether one participant's held submissions, so many and so many octets, have reached the bound.
    pub fn is_full(&self, documents: u64, octets: u64) -> bool {
        documents >= self.documents_max || octets >= self.size_max
    }
}

impl Default for HoldSettings {
    fn default() -> Self {
        Self {
            max: Duration::from_secs(86_400),
            retry_first: Duration::from_secs(10),
            retry_last: Duration::from_secs(600),
            documents_max: 1000,
            size_max: 4 << 30,
        }
    }
}

/// All of `pencere.toml`.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // named as the sections
pub struct Settings {
    pub window: WindowSettings,
    pub intake: intake::Settings,
    pub group: intake::GroupLimits,
    pub location: boemis::Location,
    pub boemis: boemis::Settings,
    pub trust: TrustSettings,
    pub seal: seal::Settings,
    /// Who stamps the time on receipts, if anybody.
    pub stamps: Option<stamps::Settings>,
    /// As far as `pencere.toml` goes: the whole one, by which a window judges, is `World`'s.
    pub(super) policy: Policy,
    pub limits: xml::Limits,
    pub identity: IdentityProfile,
    pub schema: schema::Limits,
    pub hold: HoldSettings,
    pub evidence: evidence::Settings,
    pub transparency: transparency::Settings,
    /// Where checkpoints go.
    pub witnesses: witnessing::Settings,
    pub journal: journal::Settings,
    pub ledger: ledger::Settings,
    pub reserve: reserve::Settings,
    pub reverify: reserve::Reverify,
    pub log: log::Settings,
    pub downtime: alive::Settings,
    pub metrics: metrics::Settings,
    pub archive: archive::Settings,
    pub calendar: archive::calendar::Calendar,
    pub export: ExportSettings,
    /// What the process is kept from.
    pub sandbox: enclosure::Settings,
    /// Mail that goes out; none where no server is named.
    pub post: Option<post::Settings>,
    /// Mail that comes in.
    pub mail: intake::mail::MailSettings,
}

impl Settings {
    /// The window as receipts name it.
    pub fn window_of_receipts(&self) -> seal::Window {
        of_receipts(&self.window.window, &self.window.name)
    }

    /// The folders on whose disks a document is kept, loaded and answered.
    pub fn written_to(&self) -> impl Iterator<Item = &Path> {
        let Paths { state, drop, .. } = &self.window.paths;
        [state.as_path(), drop.as_path()].into_iter().chain(self.location.file().and_then(Path::parent))
    }
}

/// A window as its receipts name it.
pub(super) fn of_receipts(Window { id, environment }: &Window, name: &str) -> seal::Window {
    let environment = environment.as_str().to_owned();
    seal::Window { id: id.as_str().to_owned(), name: name.to_owned(), environment }
}

/// What can be told of `pencere.toml` even when it is not whole, so that the files it names are
/// looked at all the same and every mistake comes at once.
pub(super) struct Outline {
    pub paths: Paths,
    pub environment: Option<Environment>,
    pub identity: IdentityProfile,
    pub policy: Policy,
    pub trust: Option<TrustSettings>,
    pub seal: Option<SealAt>,
    /// The transparency log's key and certificate, where they are named.
    pub log: Option<At<transparency::Settings>>,
    /// Mail that goes out, with the places of what is checked.
    pub post: Outgoing,
    /// None when something without which no window can be is missing or wrong.
    pub settings: Option<Settings>,
}

/// Reads all sections. `base` is the folder that relative paths start from.
pub(super) fn read(base: &Path, mut top: Table<'_, '_>) -> Outline {
    top.need(&["window", "boemis", "trust", "seal"]);
    let (paths, environment, window) = match top.table("window") {
        Some(table) => window(base, table),
        None => (Paths::default_in(base), None, None),
    };
    let (intake, group) = top.table("intake").map(intake).unwrap_or_default();
    let boemis = top.table("boemis").and_then(|table| boemis(base, environment, table));
    let trust = top.table("trust").map(|table| trust(base, table));
    let seal = top.table("seal").and_then(|table| seal(base, table));
    if let (Some(SealAt { stamps: Some(stamps), .. }), Some(trust)) = (&seal, &trust)
        && trust.timestamping.is_empty()
    {
        let message = "a stamp counts for nothing while nobody is believed about time: name the authority's anchor in \
                       [trust] timestamping";
        top.source().mistake(&stamps.spot, message);
    }
    let policy = signature(environment.unwrap_or(Environment::Production), top.table("signature"));
    let identity = top.table("identity").map_or_else(|| Some(IdentityProfile::standard()), identity);
    let hold = top.table("hold").map(hold).unwrap_or_default();
    let (limits, policy) = match top.table("limits") {
        Some(table) => limits(table, policy),
        None => (xml::Limits::default(), policy),
    };
    let schema = top.table("schema").map(schema).unwrap_or_default();
    let (evidence, journal, ledger) =
        (top.table("evidence").map(evidence), top.table("journal").map(journal), top.table("ledger").map(ledger));
    let mut of_log = top.table("transparency");
    let seals = seal.as_ref().and_then(|seal| seal.stamps.as_ref()).map(|stamps| stamps.value.clone());
    let witnesses = of_log.as_mut().map(|table| witnesses(base, table, seals)).unwrap_or_default();
    let (transparency, named_log) = transparency(base, &paths, window.as_ref(), of_log);
    if witnesses.stamps.is_some() && trust.as_ref().is_some_and(|trust| trust.timestamping.is_empty()) {
        top.mistake(
            "a stamp counts for nothing while nobody is believed about time: name the anchor of [transparency] tsa \
                     in [trust] timestamping",
        );
    }
    let (reserve, reverify) = (top.table("reserve").map(reserve), top.table("audit").map(audit));
    let log = top.table("log").map(log).unwrap_or_default();
    let downtime = top.table("downtime").map(keeping::downtime).unwrap_or_default();
    let metrics = top.table("metrics").map(keeping::metrics).unwrap_or_default();
    let archive = keeping::archive(base, top.table("archive"));
    if archive.to.starts_with(&paths.state) {
        top.mistake("[archive] to lies within the state folder: units are kept apart from what they are units of");
    }
    let calendar = top.table("calendar").map(keeping::calendar).unwrap_or_default();
    let export = top.table("export").map(keeping::export).unwrap_or_default();
    let sandbox = top.table("sandbox").map(|table| keeping::sandbox(base, table)).unwrap_or_default();
    let mut of_mail = top.table("mail");
    let post = of_mail.as_mut().map(|table| outgoing::read(base, table)).unwrap_or_default();
    let mail = of_mail.as_mut().map(|table| incoming::read(base, table)).unwrap_or_default();
    let of_mails = MailPolicy { addresses: mail.addresses.clone(), limits: mail.limits };
    let policy = Policy { mail: of_mails, ..policy };
    if let Some(table) = of_mail {
        table.finish();
    }
    top.finish();
    let settings = match (window, boemis, trust.clone(), seal.clone(), identity.clone()) {
        (Some(window), Some((location, boemis)), Some(trust), Some(seal), Some(identity)) => Some(Settings {
            seal: seal::Settings {
                certificate: seal.certificate.value,
                key: seal.key.value,
                // the seal's own record of its acts, apart from the journal
                acts: window.paths.state.join("seal/acts.log"),
            },
            stamps: seal.stamps.map(|stamps| stamps.value),
            window,
            intake,
            group,
            location,
            boemis,
            trust,
            policy: policy.clone(),
            limits,
            identity,
            schema,
            hold,
            evidence: evidence.unwrap_or_default(),
            transparency,
            witnesses,
            journal: journal.unwrap_or_default(),
            ledger: ledger.unwrap_or_default(),
            reserve: reserve.unwrap_or_default(),
            reverify: reverify.unwrap_or_default(),
            log,
            downtime,
            metrics,
            archive,
            calendar,
            export,
            sandbox,
            post: post.at().map(|post| post.settings.clone()),
            mail,
        }),
        _ => None,
    };
    let identity = identity.unwrap_or_else(IdentityProfile::standard);
    Outline { paths, environment, identity, policy, trust, seal, log: named_log, post, settings }
}

impl Paths {
    /// The default names beside `pencere.toml`.
    fn default_in(base: &Path) -> Self {
        Self {
            state: base.join("state"),
            drop: base.join("drop"),
            registry: base.join("registry.toml"),
            stations: base.join("stations.toml"),
            datasets: base.join("datasets"),
        }
    }
}

/// Who the window is: its environment, also where the rest is wrong, and all of it with its name.
pub(super) fn named(table: &mut Table<'_, '_>) -> (Option<Environment>, Option<(Window, String)>) {
    table.need(&["id", "name", "environment"]);
    let id = table.parsed("id");
    let environment =
        table.word("environment", &[("test", Environment::Test), ("production", Environment::Production)]);
    let name = table.string("name");
    if let Some(name) = &name
        && (name.value.trim().is_empty() || name.value.chars().any(char::is_control))
    {
        table.source().mistake(&name.spot, "stands in every receipt: give it a text on one line");
    }
    let environment = environment.map(|environment| environment.value);
    let named = match (id, name, environment) {
        (Some(id), Some(name), Some(environment)) => Some((Window { id: id.value, environment }, name.value)),
        _ => None,
    };
    (environment, named)
}

fn window(base: &Path, mut table: Table<'_, '_>) -> (Paths, Option<Environment>, Option<WindowSettings>) {
    let (environment, named) = named(&mut table);
    let default = Paths::default_in(base);
    let mut path = |key, default| table.string(key).map_or(default, |path| base.join(path.value));
    let paths = Paths {
        state: path("state", default.state),
        drop: path("drop", default.drop),
        registry: path("registry", default.registry),
        stations: path("stations", default.stations),
        datasets: path("datasets", default.datasets),
    };
    table.finish();
    let settings = named.map(|(window, name)| WindowSettings { window, name, paths: paths.clone() });
    (paths, environment, settings)
}

pub(super) const SECOND: Duration = Duration::from_secs(1);
/// Default of `trust.crl_grace`: lists are renewed every three hours (C 27, registry rules 9.4), and
/// a missed renewal should not hold everybody.
const CRL_GRACE: Duration = Duration::from_secs(3 * 3600);

/// What `trust.policy` says for the cryptographic policy of the program itself; a file of that name
/// would be `./built-in`.
const BUILT_IN: &str = "built-in";

/// Default of `trust.refresh`: lists live three hours, so one failed fetch or two cost nothing.
const REFRESH: Duration = Duration::from_secs(3600);
/// Default of `trust.fetch_timeout`: a list of a megabyte over a slow line.
const FETCH_TIMEOUT: Duration = Duration::from_secs(30);
/// Default of `trust.fetch_size`: half a million revoked certificates.
const FETCH_SIZE: u64 = 16 << 20;

pub(super) const DAY: Duration = Duration::from_secs(86_400);

/// What the work may take beyond the waits that are configured, before it is a matter for a person.
const WORK: Duration = Duration::from_secs(60);

fn intake(mut table: Table<'_, '_>) -> (intake::Settings, intake::GroupLimits) {
    let (default, group) = (intake::Settings::default(), intake::GroupLimits::default());
    let settle = value(table.duration("settle", Duration::ZERO..=DAY), default.settle);
    let rescan = value(table.duration("rescan", Duration::from_millis(10)..=DAY), default.rescan);
    let pair_wait = value(table.duration("pair_wait", Duration::ZERO..=30 * DAY), default.pair_wait);
    let waits = pair_wait + 2 * rescan + settle + WORK;
    let settings = intake::Settings {
        settle,
        rescan,
        pair_wait,
        unanswered_max: value(table.duration("unanswered_max", Duration::from_secs(1)..=365 * DAY), waits),
        size_max: value(table.size("size_max", 1 << 10..=1 << 40), default.size_max),
        free_min: value(table.size("free_min", 0..=1 << 50), default.free_min),
        patience: value(table.duration("patience", Duration::ZERO..=DAY), default.patience),
    };
    let group = intake::GroupLimits {
        documents: count(table.integer("group_documents", 1..=10_000), group.documents),
        octets: value(table.size("group_octets", 1 << 10..=1 << 40), group.octets),
        beside: count(table.integer("group_beside", 1..=10_000), group.beside),
    };
    table.finish();
    (settings, group)
}

fn boemis(
    base: &Path,
    environment: Option<Environment>,
    mut table: Table<'_, '_>,
) -> Option<(boemis::Location, boemis::Settings)> {
    table.need(&["url"]);
    let default = boemis::Settings::default();
    // the text is not repeated in a mistake: an address of a database may hold a password
    let location = table.string("url").and_then(|url| match url.value.parse::<boemis::Location>() {
        // this file is kept in evidence and in every backup, and read by more people than the password's
        Ok(location) if location.holds_password() && environment != Some(Environment::Test) => {
            let message = "a password does not stand here: name the file that holds it in password_file, or let \
                           PGPASSFILE name one";
            table.source().mistake(&url.spot, message);
            None
        }
        Ok(location) => Some(location.beneath(base)),
        Err(fault) => {
            table.source().mistake(&url.spot, fault.to_string());
            None
        }
    });
    let password_file = table.string("password_file").filter(|file| !file.value.is_empty());
    if let (Some(file), Some(location)) = (&password_file, &location)
        && location.file().is_some()
    {
        table.source().mistake(&file.spot, "a file has no password; this is for postgres:// alone");
    }
    let password_file = password_file.map(|file| base.join(file.value));
    let settings = boemis::Settings {
        busy_timeout: value(table.duration("busy_timeout", Duration::ZERO..=60 * SECOND), default.busy_timeout),
        cache_kib: small(table.integer("cache_kib", 64..=1 << 20), default.cache_kib),
        checkpoint_pages: small(table.integer("checkpoint_pages", 1..=1 << 20), default.checkpoint_pages),
        connect_timeout: value(
            table.duration("connect_timeout", Duration::from_millis(100)..=60 * SECOND),
            default.connect_timeout,
        ),
        statement_timeout: value(table.duration("statement_timeout", SECOND..=600 * SECOND), default.statement_timeout),
        any_role: environment == Some(Environment::Test),
    };
    table.finish();
    Some((location?.with_password_file(password_file), settings))
}

fn trust(base: &Path, mut table: Table<'_, '_>) -> TrustSettings {
    table.need(&["anchors"]);
    let anchors = table.one_or_more("anchors");
    if let Some(anchors) = &anchors
        && anchors.is_empty()
    {
        table.mistake("anchors names nothing, so nobody's signature could ever be believed");
    }
    let paths = |found: Option<Vec<At<String>>>| -> Vec<At<PathBuf>> {
        found.unwrap_or_default().into_iter().map(|path| path.map(|path| base.join(path))).collect()
    };
    let anchors = paths(anchors);
    let intermediates = paths(table.one_or_more("intermediates"));
    let crls = paths(table.one_or_more("crls"));
    let crl_urls = table.one_or_more("crl_urls").unwrap_or_default();
    for url in crl_urls.iter().filter(|url| !crate::fetch::is_address(&url.value)) {
        table.source().mistake(&url.spot, format!("{:?} is no address of the form http://HOST/PATH", url.value));
    }
    let ocsp = responders(base, &mut table);
    let refresh = value(table.duration("refresh", SECOND..=7 * DAY), REFRESH);
    let fetch_timeout = value(table.duration("fetch_timeout", SECOND..=600 * SECOND), FETCH_TIMEOUT);
    let fetch_size = value(table.size("fetch_size", 1 << 10..=1 << 30), FETCH_SIZE);
    // whoever names a list wants it looked at: this can only ask for more
    let named = !crls.is_empty() || !crl_urls.is_empty() || !ocsp.is_empty();
    let revocation = value(table.boolean("revocation"), false) || named;
    let timestamping = paths(table.one_or_more("timestamping"));
    let crl_grace = value(table.duration("crl_grace", Duration::ZERO..=7 * DAY), CRL_GRACE);
    let policy = table.string("policy").filter(|policy| policy.value != BUILT_IN);
    let policy = policy.map(|path| path.map(|path| base.join(path)));
    table.finish();
    TrustSettings {
        anchors,
        intermediates,
        crls,
        crl_urls,
        ocsp,
        refresh,
        fetch_timeout,
        fetch_size,
        revocation,
        timestamping,
        crl_grace,
        policy,
    }
}

/// `"pki/ca.crt http://HOST/"`, each a responder.
fn responders(base: &Path, table: &mut Table<'_, '_>) -> Vec<Responder> {
    let mut responders = Vec::new();
    for text in table.one_or_more("ocsp").unwrap_or_default() {
        match text.value.rsplit_once(' ') {
            Some((issuer, url)) if crate::fetch::is_address(url) && !issuer.trim().is_empty() => {
                let issuer = At { value: base.join(issuer.trim()), spot: text.spot.clone() };
                responders.push(Responder { issuer, url: url.to_owned() });
            }
            _ => {
                let wanted = "the file of an authority's certificate, a space, and an address of the form http://HOST/";
                table.source().mistake(&text.spot, format!("{:?} is no responder; wanted is {wanted}", text.value));
            }
        }
    }
    responders
}

/// How `seal.key` begins where a process of its own seals.
pub(super) const APART: &str = "socket:";
/// The word for no time-stamping authority.
const NOBODY: &str = "none";

fn seal(base: &Path, mut table: Table<'_, '_>) -> Option<SealAt> {
    table.need(&["certificate", "key"]);
    let (certificate, key) = (table.string("certificate"), table.string("key"));
    let source = table.source();
    let tsa = table.string("tsa").filter(|tsa| tsa.value != NOBODY);
    let timeout = table.duration("tsa_timeout", Duration::from_millis(100)..=stamps::Settings::TIMEOUT_MAX);
    let retry = table.duration("tsa_retry", Duration::from_secs(1)..=DAY);
    table.finish();
    let stamps = tsa.and_then(|tsa| match is_address(&tsa.value) {
        true => Some(tsa.map(|url| stamps::Settings {
            url,
            timeout: value(timeout, stamps::Settings::TIMEOUT),
            retry: value(retry, stamps::Settings::RETRY),
        })),
        false => {
            source.mistake(&tsa.spot, format!("{:?} does not fit: {}", tsa.value, FetchFault::Address));
            None
        }
    });
    let key = key.and_then(|key| key_place(base, source, key));
    Some(SealAt { certificate: certificate?.map(|path| base.join(path)), key: key?, stamps })
}

/// Where `seal.key` says that the key lies.
pub(super) fn key_place(base: &Path, source: &Source<'_>, key: At<String>) -> Option<At<seal::KeyPlace>> {
    if let Some(socket) = key.value.strip_prefix(APART) {
        let socket = PathBuf::from(socket);
        return Some(key.map(|_| seal::KeyPlace::Apart(socket)));
    }
    match is_uri(&key.value) {
        false => Some(key.map(|key| seal::KeyPlace::File(base.join(key)))),
        true => match key.value.parse::<Uri>() {
            Ok(uri) => Some(key.map(|_| seal::KeyPlace::Token(Box::new(uri)))),
            Err(fault) => {
                source.mistake(&key.spot, format!("names no key in a token: {fault}"));
                None
            }
        },
    }
}

/// Where checkpoints go, and who stamps them: the seal's authority, unless another is named.
fn witnesses(base: &Path, table: &mut Table<'_, '_>, seals: Option<stamps::Settings>) -> witnessing::Settings {
    let default = witnessing::Settings::default();
    let (to, tsa) = (table.string("publish"), table.string("tsa"));
    let every = value(table.duration("publish_every", Duration::from_secs(1)..=DAY), default.every);
    let source = table.source();
    let stamps = match tsa {
        None => seals,
        Some(tsa) if tsa.value == NOBODY => None,
        Some(tsa) if is_address(&tsa.value) => Some(stamps::Settings {
            url: tsa.value,
            timeout: stamps::Settings::TIMEOUT_MAX,
            retry: stamps::Settings::RETRY,
        }),
        Some(tsa) => {
            source.mistake(&tsa.spot, format!("{:?} does not fit: {}", tsa.value, FetchFault::Address));
            None
        }
    };
    let to = to.filter(|to| to.value != NOBODY).map(|to| base.join(to.value));
    witnessing::Settings { stamps: stamps.filter(|_| to.is_some()), to, every }
}

/// The log's key is the window's own where none is named, and its name the window's.
fn transparency(
    base: &Path,
    paths: &Paths,
    window: Option<&WindowSettings>,
    table: Option<Table<'_, '_>>,
) -> (transparency::Settings, Option<At<transparency::Settings>>) {
    let id = window.map_or("", |settings| settings.window.id.as_str());
    let (origin, own) = (format!("pencere/{id}"), transparency::KeyPlace::own(&paths.state));
    let Some(mut table) = table else { return (transparency::Settings { origin, key: own }, None) };
    let named = table.string("origin");
    if let Some(named) = named.as_ref().filter(|named| !note::is_name(&named.value)) {
        table.source().mistake(&named.spot, "names the log in checkpoints: no white space, no +, at most 255 octets");
    }
    let (key, certificate) = (table.string("key"), table.string("certificate"));
    if key.is_some() != certificate.is_some() {
        table.mistake("key and certificate of the log go together: name both, or neither");
    }
    table.finish();
    let origin = named.map_or(origin, |named| named.value);
    let (Some(key), Some(certificate)) = (key, certificate) else {
        return (transparency::Settings { origin, key: own }, None);
    };
    let certificate = base.join(certificate.value);
    let named = key.map(|key| transparency::Settings {
        origin,
        key: transparency::KeyPlace { key: base.join(key), certificate, is_own: false },
    });
    (named.value.clone(), Some(named))
}

fn signature(environment: Environment, table: Option<Table<'_, '_>>) -> Policy {
    let default = match environment {
        Environment::Test => Policy::trial(),
        Environment::Production => Policy::strict(),
    };
    let Some(mut table) = table else { return default };
    let policies: Option<Vec<_>> = table.strings("policies").map(|all| all.into_iter().map(|one| one.value).collect());
    let policies = policies.filter(|all| !all.iter().any(|one| one == "any"));
    let policy = Policy {
        plain: value(table.boolean("plain"), default.plain),
        signature_policies: policies.or(default.signature_policies.clone()),
        required: required(&mut table).unwrap_or(default.required.clone()),
        ..default
    };
    table.finish();
    policy
}

/// Signed properties by their names.
fn required(table: &mut Table<'_, '_>) -> Option<Vec<Property>> {
    let mut required = Vec::new();
    for name in table.strings("required")? {
        match Property::NAMES.iter().find(|(known, _)| *known == name.value) {
            Some((_, property)) => required.push(*property),
            None => {
                let known = Property::NAMES.map(|(known, _)| known).join(", ");
                table.source().mistake(&name.spot, format!("{:?} is none of: {known}", name.value));
            }
        }
    }
    Some(required)
}

fn limits(mut table: Table<'_, '_>, policy: Policy) -> (xml::Limits, Policy) {
    let (default, cms, within) = (xml::Limits::default(), CmsLimits::default(), container::Limits::default());
    let cms = CmsLimits {
        octets: value(table.size("cms_size", 1 << 10..=64 << 20), cms.octets),
        attached: value(table.size("cms_attached_size", 1 << 10..=1 << 30), cms.attached),
        signers: count(table.integer("cms_signers", 1..=1024), cms.signers),
        certificates: count(table.integer("cms_certificates", 1..=1024), cms.certificates),
    };
    let limits = xml::Limits {
        depth: count(table.integer("xml_depth", 16..=10_000), default.depth),
        token: count(table.size("xml_token", 1 << 10..=64 << 20), default.token),
        attributes: count(table.integer("xml_attributes", 16..=65_536), default.attributes),
        namespaces: count(table.integer("xml_namespaces", 16..=65_536), default.namespaces),
    };
    let container = container::Limits {
        entries: count(table.integer("container_entries", 1..=65_534), within.entries),
        entry: value(table.size("container_entry_size", 1 << 10..=1 << 32), within.entry),
        total: value(table.size("container_size", 1 << 10..=1 << 40), within.total),
        ratio: value(table.integer("container_ratio", 10..=1032), within.ratio),
        name: count(table.integer("container_name", 16..=65_535), within.name),
        signatures_file: value(table.size("container_signatures_size", 1 << 10..=64 << 20), within.signatures_file),
        signatures: count(table.integer("container_signatures", 1..=1024), within.signatures),
    };
    let timestamps = count(table.integer("timestamps", 1..=64), policy.timestamps);
    table.finish();
    (limits, Policy { cms, timestamps, container, ..policy })
}

/// A shipped profile by its name, or lists of one's own.
fn identity(mut table: Table<'_, '_>) -> Option<IdentityProfile> {
    let own = ["fin", "voen"];
    if !own.iter().any(|key| table.has(key)) {
        let names = IdentityProfile::NAMES.map(|name| (name, name));
        let name = table.word("profile", &names);
        let is_wrong = name.is_none() && table.has("profile");
        table.finish();
        return match name {
            Some(name) => IdentityProfile::shipped(name.value),
            None if is_wrong => None,
            None => Some(IdentityProfile::standard()),
        };
    }
    if let Some(profile) = table.string("profile") {
        let message = "stands beside fin and voen: it is a shipped profile, or lists of one's own";
        table.source().mistake(&profile.spot, message);
    }
    table.need(&own);
    let (fin, voen) = (places(&mut table, "fin"), places(&mut table, "voen"));
    table.finish();
    IdentityProfile::new(&pairs(&fin), &pairs(&voen)).ok()
}

fn pairs(places: &[(String, String)]) -> Vec<(&str, &str)> {
    places.iter().map(|(oid, pattern)| (oid.as_str(), pattern.as_str())).collect()
}

/// `"2.5.4.97 VATAZ-{}"`, each a place, tried in order.
fn places(table: &mut Table<'_, '_>, key: &'static str) -> Vec<(String, String)> {
    let mut places = Vec::new();
    for text in table.strings(key).unwrap_or_default() {
        let (oid, pattern) = text.value.split_once(' ').unwrap_or((&text.value, ""));
        match IdentityProfile::new(&[(oid, pattern)], &[]) {
            Ok(_) => places.push((oid.to_owned(), pattern.to_owned())),
            Err(fault) => {
                let wanted = "an attribute's OID, a space and a pattern, as \"2.5.4.97 VATAZ-{}\"";
                table
                    .source()
                    .mistake(&text.spot, format!("{:?} is no place: {fault}; wanted is {wanted}", text.value));
            }
        }
    }
    places
}

fn hold(mut table: Table<'_, '_>) -> HoldSettings {
    let default = HoldSettings::default();
    let settings = HoldSettings {
        max: value(table.duration("max", SECOND..=365 * DAY), default.max),
        retry_first: value(table.duration("retry_first", Duration::from_millis(10)..=DAY), default.retry_first),
        retry_last: value(table.duration("retry_last", SECOND..=DAY), default.retry_last),
        documents_max: value(table.integer("documents_max", 1..=1_000_000), default.documents_max),
        size_max: value(table.size("size_max", 1 << 10..=1 << 50), default.size_max),
    };
    if settings.retry_last < settings.retry_first {
        table.mistake("retry_last is shorter than retry_first");
    }
    table.finish();
    settings
}

fn schema(mut table: Table<'_, '_>) -> schema::Limits {
    let default = schema::Limits::default();
    let limits = schema::Limits {
        findings_max: count(table.integer("findings_max", 1..=10_000), default.findings_max),
        returned_rows_max: count(table.integer("returned_rows_max", 1..=1_000_000), default.returned_rows_max),
        returned_size_max: count(table.size("returned_size_max", 1 << 10..=1 << 30), default.returned_size_max),
        records_max: value(table.integer("records_max", 1..=100_000_000), default.records_max),
        memory_max: count(table.size("memory_max", 1..=1 << 40), default.memory_max),
        row_max: count(table.size("row_max", 1 << 10..=16 << 20), default.row_max),
        geometry_points_max: count(table.integer("geometry_points_max", 4..=10_000_000), default.geometry_points_max),
        geometry_text_max: count(table.size("geometry_text_max", 1 << 10..=1 << 30), default.geometry_text_max),
    };
    table.finish();
    limits
}

fn evidence(mut table: Table<'_, '_>) -> evidence::Settings {
    let default = evidence::Settings::default();
    let settings = evidence::Settings {
        pack_entry_max: value(table.size("pack_entry_max", 0..=64 << 20), default.pack_entry_max),
        pack_max: value(table.size("pack_max", 1 << 20..=1 << 40), default.pack_max),
    };
    table.finish();
    settings
}

fn journal(mut table: Table<'_, '_>) -> journal::Settings {
    let default = journal::Settings::default();
    let settings =
        journal::Settings { segment_max: value(table.size("segment_max", 1 << 12..=1 << 30), default.segment_max) };
    table.finish();
    settings
}

fn ledger(mut table: Table<'_, '_>) -> ledger::Settings {
    let default = ledger::Settings::default();
    let settings = ledger::Settings {
        cache_max: value(table.size("cache_max", 1 << 20..=1 << 40), default.cache_max),
        recent: count(table.integer("recent", 1..=1_000_000), default.recent),
        sync_max: value(table.duration("sync_max", SECOND..=DAY), default.sync_max),
    };
    table.finish();
    settings
}

fn reserve(mut table: Table<'_, '_>) -> reserve::Settings {
    let default = reserve::Settings::default();
    let to = table.string("to").filter(|to| to.value != NOBODY).and_then(|to| match to.value.parse() {
        Ok(address) => Some(address),
        Err(fault) => {
            table.source().mistake(&to.spot, format!("{:?} does not fit: {fault}", to.value));
            None
        }
    });
    let settings = reserve::Settings {
        to,
        interval: value(table.duration("interval", Duration::from_millis(10)..=DAY), default.interval),
        database_every: value(table.duration("database_every", SECOND..=30 * DAY), default.database_every),
        lag_max: value(table.duration("lag_max", SECOND..=30 * DAY), default.lag_max),
    };
    table.finish();
    settings
}

fn audit(mut table: Table<'_, '_>) -> reserve::Reverify {
    let default = reserve::Reverify::default();
    let settings = reserve::Reverify {
        every: value(table.duration("reverify_every", SECOND..=365 * DAY), default.every),
        rate: value(table.size("reverify_rate", 64 << 10..=1 << 40), default.rate),
    };
    table.finish();
    settings
}

fn log(mut table: Table<'_, '_>) -> log::Settings {
    let default = log::Settings::default();
    let formats = [
        ("auto", LogFormat::Auto),
        ("text", LogFormat::Text),
        ("json", LogFormat::Json),
        ("journald", LogFormat::Journald),
    ];
    let settings = log::Settings { format: value(table.word("format", &formats), default.format) };
    table.finish();
    settings
}

pub(super) fn value<T>(found: Option<At<T>>, default: T) -> T {
    found.map_or(default, |found| found.value)
}

/// A number whose bounds fit the narrower type.
pub(super) fn count(found: Option<At<u64>>, default: usize) -> usize {
    found.and_then(|found| usize::try_from(found.value).ok()).unwrap_or(default)
}

fn small(found: Option<At<u64>>, default: u32) -> u32 {
    found.and_then(|found| u32::try_from(found.value).ok()).unwrap_or(default)
}

/// The keys of `pencere.toml`, dotted, as the reader asks for them.
#[cfg(test)]
pub(super) fn keys(text: &str) -> std::collections::BTreeSet<String> {
    let (source, table) = super::reader::Source::parse(Path::new("pencere.toml"), text);
    read(Path::new("/"), source.top(table));
    source.finish().2
}
