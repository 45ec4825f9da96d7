//! What `pencere.toml` sets, one struct a section, each default written once, in its `Default`.
//!
//! A section's struct moves to the room it speaks to when that room has settings of its own.
//! Never opens a file but `pencere.toml` itself.

use super::reader::{At, Table};
use crate::authority::{Environment, Window};
use crate::trust::IdentityProfile;
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

/// `[intake]`.
#[derive(Clone, Debug)]
pub struct IntakeSettings {
    /// How long a file found by a scan must have lain unchanged.
    pub settle: Duration,
    /// How often every folder is scanned.
    pub rescan: Duration,
    /// How long one half of a pair waits for the other.
    pub pair_wait: Duration,
    /// Largest file, in octets.
    pub size_max: u64,
}

impl Default for IntakeSettings {
    fn default() -> Self {
        Self {
            settle: Duration::from_secs(10),
            rescan: Duration::from_secs(10),
            pair_wait: Duration::from_secs(60),
            size_max: 1 << 30,
        }
    }
}

/// `[boemis] url`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BoemisUrl {
    /// `sqlite://PATH`: the database file.
    Sqlite(PathBuf),
}

/// `[trust]`: files and folders as written, made absolute.
#[derive(Clone, Debug)]
pub struct TrustSettings {
    /// Anchors.
    pub anchors: Vec<At<PathBuf>>,
    /// Intermediates.
    pub intermediates: Vec<At<PathBuf>>,
    /// Revocation lists; none named: revocation is not checked.
    pub crls: Vec<At<PathBuf>>,
    /// How long after its `nextUpdate` a list still counts as fresh.
    pub crl_grace: Duration,
}

/// `[seal]`.
#[derive(Clone, Debug)]
pub struct SealSettings {
    /// The published certificate.
    pub certificate: At<PathBuf>,
    /// Its private key.
    pub key: At<PathBuf>,
}

/// `[signature]`.
#[derive(Clone, Debug)]
pub struct SignatureSettings {
    /// Whether signatures are taken that do not sign their own certificate.
    pub plain: bool,
    /// Most signatures in one document.
    pub signatures_max: u64,
}

impl SignatureSettings {
    /// The defaults of an environment.
    pub fn of(environment: Environment) -> Self {
        Self { plain: environment == Environment::Test, signatures_max: 16 }
    }
}

/// `[hold]`.
#[derive(Clone, Debug)]
pub struct HoldSettings {
    /// After how long a held document is a matter for a person.
    pub max: Duration,
    /// First wait between two tries.
    pub retry_first: Duration,
    /// Longest wait between two tries.
    pub retry_last: Duration,
    /// Most documents held for one participant.
    pub documents_max: u64,
    /// Most octets held for one participant.
    pub size_max: u64,
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

/// `[limits]`.
#[derive(Clone, Debug)]
pub struct LimitSettings {
    /// Most findings in one answer.
    pub findings_max: u64,
    /// Deepest nesting of elements.
    pub depth_max: u64,
    /// Longest attribute value or start tag, in octets.
    pub attribute_max: u64,
    /// Most documents that share one sync.
    pub group_max: u64,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self { findings_max: 100, depth_max: 100, attribute_max: 64 << 10, group_max: 256 }
    }
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the words of the configuration
pub enum LogFormat {
    Auto,
    Text,
    Json,
    Journald,
}

/// The least level that is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the words of the configuration
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
}

/// `[log]`.
#[derive(Clone, Copy, Debug)]
pub struct LogSettings {
    /// How lines are written.
    pub format: LogFormat,
    /// The least level.
    pub level: LogLevel,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { format: LogFormat::Auto, level: LogLevel::Info }
    }
}

/// All of `pencere.toml`.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // named as the sections
pub struct Settings {
    pub window: WindowSettings,
    pub intake: IntakeSettings,
    pub boemis: BoemisUrl,
    pub trust: TrustSettings,
    pub seal: SealSettings,
    pub signature: SignatureSettings,
    pub identity: IdentityProfile,
    pub hold: HoldSettings,
    pub limits: LimitSettings,
    pub log: LogSettings,
}

/// What can be told of `pencere.toml` even when it is not whole, so that the files it names are
/// looked at all the same and every mistake comes at once.
pub(super) struct Outline {
    pub paths: Paths,
    pub environment: Option<Environment>,
    pub identity: IdentityProfile,
    pub trust: Option<TrustSettings>,
    pub seal: Option<SealSettings>,
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
    let intake = top.table("intake").map(intake).unwrap_or_default();
    let boemis = top.table("boemis").and_then(|table| boemis(base, table));
    let trust = top.table("trust").map(|table| trust(base, table));
    let seal = top.table("seal").and_then(|table| seal(base, table));
    let signature = signature(environment.unwrap_or(Environment::Production), top.table("signature"));
    let identity = top.table("identity").map_or_else(|| Some(IdentityProfile::standard()), identity);
    let hold = top.table("hold").map(hold).unwrap_or_default();
    let limits = top.table("limits").map(limits).unwrap_or_default();
    let log = top.table("log").map(log).unwrap_or_default();
    top.finish();
    let settings = match (window, boemis, trust.clone(), seal.clone(), identity.clone()) {
        (Some(window), Some(boemis), Some(trust), Some(seal), Some(identity)) => {
            Some(Settings { window, intake, boemis, trust, seal, signature, identity, hold, limits, log })
        }
        _ => None,
    };
    let identity = identity.unwrap_or_else(IdentityProfile::standard);
    Outline { paths, environment, identity, trust, seal, settings }
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

fn window(base: &Path, mut table: Table<'_, '_>) -> (Paths, Option<Environment>, Option<WindowSettings>) {
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
    let environment = environment.map(|environment| environment.value);
    let settings = match (id, name, environment) {
        (Some(id), Some(name), Some(environment)) => {
            let window = Window { id: id.value, environment };
            Some(WindowSettings { window, name: name.value, paths: paths.clone() })
        }
        _ => None,
    };
    (paths, environment, settings)
}

const SECOND: Duration = Duration::from_secs(1);
/// Default of `trust.crl_grace`: lists are renewed every three hours (C 27, registry rules 9.4), and
/// a missed renewal should not hold everybody.
const CRL_GRACE: Duration = Duration::from_secs(3 * 3600);

const DAY: Duration = Duration::from_secs(86_400);

fn intake(mut table: Table<'_, '_>) -> IntakeSettings {
    let default = IntakeSettings::default();
    let settings = IntakeSettings {
        settle: value(table.duration("settle", Duration::ZERO..=DAY), default.settle),
        rescan: value(table.duration("rescan", Duration::from_millis(100)..=DAY), default.rescan),
        pair_wait: value(table.duration("pair_wait", SECOND..=30 * DAY), default.pair_wait),
        size_max: value(table.size("size_max", 1 << 10..=1 << 40), default.size_max),
    };
    table.finish();
    settings
}

fn boemis(base: &Path, mut table: Table<'_, '_>) -> Option<BoemisUrl> {
    table.need(&["url"]);
    let url = table.string("url");
    let Some(url) = url else {
        table.finish();
        return None;
    };
    let found = match url.value.split_once("://") {
        Some(("sqlite", path)) if !path.is_empty() && !path.contains(['?', '#']) => {
            Ok(BoemisUrl::Sqlite(base.join(path)))
        }
        Some(("sqlite", _)) => Err("needs the path of the database file: sqlite://state/boemis.sqlite"),
        // the credentials in such an address are not repeated
        Some(("postgres" | "postgresql", _)) => {
            Err("names PostgreSQL, which this version cannot store to; use sqlite://PATH")
        }
        _ => Err("is no address of a database: write sqlite://PATH"),
    };
    let url = found.map_err(|fault| table.source().mistake(&url.spot, fault)).ok();
    table.finish();
    url
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
    let crl_grace = value(table.duration("crl_grace", Duration::ZERO..=7 * DAY), CRL_GRACE);
    table.finish();
    TrustSettings { anchors, intermediates, crls, crl_grace }
}

fn seal(base: &Path, mut table: Table<'_, '_>) -> Option<SealSettings> {
    table.need(&["certificate", "key"]);
    let (certificate, key) = (table.string("certificate"), table.string("key"));
    table.finish();
    let path = |text: At<String>| text.map(|text| base.join(text));
    Some(SealSettings { certificate: path(certificate?), key: path(key?) })
}

fn signature(environment: Environment, table: Option<Table<'_, '_>>) -> SignatureSettings {
    let default = SignatureSettings::of(environment);
    let Some(mut table) = table else { return default };
    let settings = SignatureSettings {
        plain: value(table.boolean("plain"), default.plain),
        signatures_max: value(table.integer("signatures_max", 1..=256), default.signatures_max),
    };
    table.finish();
    settings
}

fn identity(mut table: Table<'_, '_>) -> Option<IdentityProfile> {
    table.need(&["fin", "voen"]);
    let mut places = |key| {
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
    };
    let (fin, voen) = (places("fin"), places("voen"));
    table.finish();
    let fin: Vec<(&str, &str)> = fin.iter().map(|(oid, pattern)| (oid.as_str(), pattern.as_str())).collect();
    let voen: Vec<(&str, &str)> = voen.iter().map(|(oid, pattern)| (oid.as_str(), pattern.as_str())).collect();
    IdentityProfile::new(&fin, &voen).ok()
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

fn limits(mut table: Table<'_, '_>) -> LimitSettings {
    let default = LimitSettings::default();
    let settings = LimitSettings {
        findings_max: value(table.integer("findings_max", 1..=10_000), default.findings_max),
        depth_max: value(table.integer("depth_max", 16..=1_000), default.depth_max),
        attribute_max: value(table.size("attribute_max", 1 << 10..=16 << 20), default.attribute_max),
        group_max: value(table.integer("group_max", 1..=10_000), default.group_max),
    };
    table.finish();
    settings
}

fn log(mut table: Table<'_, '_>) -> LogSettings {
    let default = LogSettings::default();
    let formats = [
        ("auto", LogFormat::Auto),
        ("text", LogFormat::Text),
        ("json", LogFormat::Json),
        ("journald", LogFormat::Journald),
    ];
    let levels =
        [("error", LogLevel::Error), ("warn", LogLevel::Warn), ("info", LogLevel::Info), ("debug", LogLevel::Debug)];
    let settings = LogSettings {
        format: value(table.word("format", &formats), default.format),
        level: value(table.word("level", &levels), default.level),
    };
    table.finish();
    settings
}

fn value<T>(found: Option<At<T>>, default: T) -> T {
    found.map_or(default, |found| found.value)
}

/// The keys of `pencere.toml`, dotted, as the reader asks for them.
#[cfg(test)]
pub(super) fn keys(text: &str) -> std::collections::BTreeSet<String> {
    let (source, table) = super::reader::Source::parse(Path::new("pencere.toml"), text);
    read(Path::new("/"), source.top(table));
    source.finish().2
}
