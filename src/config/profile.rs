//! What of a configuration others may have: enough for the window's verdict at home, and nothing of persons, places,
//! keys or lines.
//!
//! Owns the choice. A table that is not named here stays out, so that one that comes later does too; so do
//! participants' addresses and persons, whether anybody is suspended, and every comment. Of a certificate's file only
//! certificates go out, written anew: a key may lie beside them. Writes no file.

use super::files::{Gathered, Shelf};
use super::{Config, FileRead, Mistake, Part, Settings, World, settings, world};
use crate::forms::certificate::Certificate;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use toml::{Table, Value};

/// A file of a profile: its name, and its octets.
pub type ProfileFile = (String, Vec<u8>);

const WINDOW: &str = "pencere.toml";
const REGISTRY: &str = "registry.toml";
const STATIONS: &str = "stations.toml";
const DATASETS: &str = "datasets";
const POLICY: &str = "policy.toml";

/// The window's certificate, for whoever proves receipts.
const SEAL: &str = "seal.crt";

/// Whole tables: how a signature, an identity and a document are read, and the days off.
const TABLES: [&str; 5] = ["signature", "identity", "limits", "schema", "calendar"];

/// Single keys of other tables.
const KEYS: [(&str, &[&str]); 3] =
    [("window", &["id", "name", "environment"]), ("intake", &["size_max"]), ("trust", &["crl_grace"])];

/// What is known of a participant.
const OF_PARTICIPANT: [&str; 4] = ["name", "voen", "owner", "datasets"];

/// Certificates by the key of `[trust]` that names them, which is the folder's name here.
const CERTIFICATES: [&str; 3] = ["anchors", "intermediates", "timestamping"];

impl Config {
    /// The files of a profile, in the order of their names.
    ///
    /// # Errors
    /// In words: a file of the configuration that was read is not to be found, or is no TOML any more.
    pub fn profile(&self) -> Result<Vec<ProfileFile>, String> {
        let settings = self.settings();
        let paths = &settings.window.paths;
        let mut files = BTreeMap::new();
        let mut trust = Vec::new();
        for (key, named) in CERTIFICATES.into_iter().zip([
            &settings.trust.anchors,
            &settings.trust.intermediates,
            &settings.trust.timestamping,
        ]) {
            // a folder is read without those in it
            let is = |path: &Path, at: &Path| path == at || path.parent() == Some(at);
            let is_named = |path: &Path| named.iter().any(|at| is(path, &at.value));
            let all = self.read().filter(|file| file.part == Part::Trust && is_named(&file.path));
            for (nth, file) in all.enumerate() {
                files.insert(format!("{key}/{:02}.pem", nth + 1), certificates(file)?);
                trust.push(key);
            }
        }
        if let Some(policy) = &settings.trust.policy {
            files.insert(POLICY.to_owned(), anew(self.file(&policy.value)?)?);
        }
        for file in self.read().filter(|file| file.part == Part::Datasets) {
            let within = file.path.strip_prefix(&paths.datasets).map_err(|_| stray(&file.path))?;
            files.insert(format!("{DATASETS}/{}", within.display()), anew(file)?);
        }
        files.insert(STATIONS.to_owned(), anew(self.file(&paths.stations)?)?);
        let seal = self.read().find(|file| file.part == Part::Seal).ok_or("the seal's certificate was not read")?;
        files.insert(SEAL.to_owned(), certificates(seal)?);
        files.insert(REGISTRY.to_owned(), bodies(&table(self.file(&paths.registry)?)?).into_bytes());
        let has_policy = settings.trust.policy.is_some();
        files.insert(WINDOW.to_owned(), window(&table(self.file(self.path())?)?, &trust, has_policy).into_bytes());
        Ok(files.into_iter().collect())
    }

    /// Settings and world of a profile's files: as of its window, without a person, and nobody's standing is asked for.
    ///
    /// # Errors
    /// Every mistake that was found; never empty.
    pub fn of_profile(
        files: impl IntoIterator<Item = ProfileFile>,
        now: Timestamp,
    ) -> Result<(Arc<Settings>, World), Vec<Mistake>> {
        let files = files.into_iter().map(|(name, octets)| (PathBuf::from(name), Arc::from(octets))).collect();
        let mut gathered = Gathered { shelf: Shelf::Kept(files), ..Gathered::default() };
        let path = Path::new(WINDOW);
        let read = gathered.toml(path, Part::Window, |_, _, top| settings::read(Path::new(""), top).settings).flatten();
        let world = read.as_ref().and_then(|read| world::read(&mut gathered, path, &World::named_in(read), now));
        match (read, world, gathered.mistakes.is_empty()) {
            (Some(settings), Some(world), true) => Ok((Arc::new(settings), world)),
            _ => Err(gathered.into_mistakes()),
        }
    }

    fn read(&self) -> impl Iterator<Item = &FileRead> {
        self.files().iter().chain(&self.world().files)
    }

    fn file(&self, path: &Path) -> Result<&FileRead, String> {
        self.read().find(|file| file.path == path).ok_or_else(|| stray(path))
    }
}

fn stray(path: &Path) -> String {
    format!("{} is not among what was read of the configuration", path.display())
}

fn table(file: &FileRead) -> Result<Table, String> {
    let text = std::str::from_utf8(&file.octets).map_err(|error| format!("{}: {error}", file.path.display()))?;
    text.parse().map_err(|error| format!("{}: {error}", file.path.display()))
}

/// The same table without its comments.
fn anew(file: &FileRead) -> Result<Vec<u8>, String> {
    Ok(table(file)?.to_string().into_bytes())
}

/// The certificates of a file, and nothing else that lies in it.
fn certificates(file: &FileRead) -> Result<Vec<u8>, String> {
    let named = |why: String| format!("{}: {why}", file.path.display());
    let all = Certificate::from_file(&file.octets).map_err(named)?;
    let pem = |one: &Certificate| one.x509().to_pem().map_err(|error| named(error.to_string()));
    Ok(all.iter().map(pem).collect::<Result<Vec<_>, _>>()?.concat())
}

/// The bodies, and nobody of them.
fn bodies(registry: &Table) -> String {
    let mut bodies = Table::new();
    for (slug, one) in registry.get("participants").and_then(Value::as_table).into_iter().flatten() {
        let known = one.as_table().into_iter().flatten().filter(|(key, _)| OF_PARTICIPANT.contains(&key.as_str()));
        let mut body: Table = known.map(|(key, value)| (key.clone(), value.clone())).collect();
        body.insert("suspended".to_owned(), Value::Boolean(false)); // a registry says it of each; here it means nothing
        bodies.insert(slug.clone(), Value::Table(body));
    }
    Table::from_iter([("participants".to_owned(), Value::Table(bodies))]).to_string()
}

/// `pencere.toml`: what a verdict rests on. What a window cannot be without stands there by names that lead nowhere.
fn window(whole: &Table, certificates: &[&str], has_policy: bool) -> String {
    let mut kept = Table::new();
    for name in TABLES {
        kept.extend(whole.get(name).map(|table| (name.to_owned(), table.clone())));
    }
    for (name, keys) in KEYS {
        let table = whole.get(name).and_then(Value::as_table);
        let some = table.into_iter().flatten().filter(|(key, _)| keys.contains(&key.as_str()));
        kept.insert(name.to_owned(), Value::Table(some.map(|(key, value)| (key.clone(), value.clone())).collect()));
    }
    let mut set = |name: &str, key: &str, value: Value| {
        if let Some(table) = kept.entry(name).or_insert_with(|| Value::Table(Table::new())).as_table_mut() {
            table.insert(key.to_owned(), value);
        }
    };
    let text = |text: &str| Value::String(text.to_owned());
    for (key, value) in [("registry", REGISTRY), ("stations", STATIONS), ("datasets", DATASETS)] {
        set("window", key, text(value));
    }
    for key in CERTIFICATES.into_iter().filter(|key| certificates.contains(key)) {
        set("trust", key, Value::Array(vec![text(key)]));
    }
    if has_policy {
        set("trust", "policy", text(POLICY));
    }
    set("boemis", "url", text("sqlite://nowhere"));
    set("seal", "certificate", text("nowhere.crt"));
    set("seal", "key", text("nowhere.key"));
    set("transparency", "certificate", text("nowhere.crt"));
    set("transparency", "key", text("nowhere.key"));
    kept.to_string()
}
