//! A configuration that stands alone: every file of it beneath one folder, and every path in it relative.
//!
//! For copies of a window. What lies beneath the folder of `pencere.toml` keeps its place; what lies elsewhere
//! gets one, and the texts that name it are changed at just these words, so that comments and all else stay as
//! they were written. The reserve and the place of checkpoints are switched off: a copy must never write where the
//! original does. So is a database that a server keeps: the copy names a file of its own, into which a window made
//! from it loads again from evidence what was accepted. Private keys are left out, but those of a trial, which are
//! part of it.
//!
//! Reads the files that hold more than settings (schemas beside the descriptions, a trial's keys); writes nothing.

use super::files::{self, Part};
use super::post::PAUSED;
use super::settings::APART;
use super::{Config, World};
use crate::authority::Environment;
use crate::boemis::Location;
use crate::reserve::Moved;
use crate::seal::KeyPlace;
use crate::token::is_uri;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A configuration that stands alone.
#[derive(Clone, Debug)]
pub struct Portable {
    /// Its files, by their places in it.
    pub files: BTreeMap<PathBuf, Arc<[u8]>>,
    /// Where the window's state folder lies in it.
    pub state: PathBuf,
    /// Where BOEMİS's file lies in it.
    pub database: PathBuf,
    /// Where the archive's units lie in it.
    pub archive: PathBuf,
    /// What was changed in the texts.
    pub moved: Vec<Moved>,
    /// What was left out and must be kept elsewhere.
    pub left_out: Vec<String>,
}

/// Where a copy has BOEMİS, unless it has a place beneath the configuration.
const EMBEDDED: &str = "state/boemis.sqlite";

/// What `pencere.toml` is called in every copy.
pub const NAME: &str = "pencere.toml";

impl Portable {
    /// The same configuration, with the world that is in force, standing alone.
    ///
    /// # Errors
    /// A folder that it names cannot be read; a text that cannot be understood, though it was before.
    pub fn of(config: &Config, world: &World) -> io::Result<Self> {
        let settings = config.settings();
        let base = absolute(config.path().parent().unwrap_or(Path::new("")))?;
        let named = config.files().iter().chain(&world.files).map(|file| absolute(&file.path));
        let kept = named.collect::<io::Result<Vec<_>>>()?;
        let kept = kept.iter().filter_map(|path| path.strip_prefix(&base).ok().map(Path::to_owned)).collect();
        let mut places = Places { base, kept, given: BTreeMap::new() };
        // the folders first: what lies in them goes with them
        let state = places.of(&absolute(&settings.window.paths.state)?, Path::new("state"));
        let archive = places.of(&absolute(&settings.archive.to)?, Path::new("archive"));
        let datasets = absolute(&settings.window.paths.datasets)?;
        places.of(&datasets, Path::new("datasets"));
        let mut moved = Vec::new();
        let mut copied = BTreeMap::new();
        let is_trial = settings.window.window.environment == Environment::Test;
        for file in config.files().iter().chain(&world.files).filter(|file| file.part == Part::Window) {
            let octets = changed(&file.octets, NAME, &mut moved, |key, text| places.window_path(key, text, is_trial))?;
            copied.insert(PathBuf::from(NAME), octets);
        }
        let registry = absolute(&settings.window.paths.registry)?;
        for file in world.files.iter().chain(config.files()).filter(|file| file.part != Part::Window) {
            let path = absolute(&file.path)?;
            let place = places.of(&path, &Path::new("elsewhere").join(path.file_name().unwrap_or_default()));
            let octets = match path == registry {
                false => Arc::clone(&file.octets),
                true => {
                    let (from, to) = (parent(&path), parent(&place));
                    let name = place.display().to_string();
                    changed(&file.octets, &name, &mut moved, |key, text| {
                        let names_one = key.starts_with("participants.") && key.ends_with(".persons.certificates");
                        names_one.then(|| places.registry_path(&from, &to, text)).flatten()
                    })?
                }
            };
            copied.insert(place, octets);
        }
        let mut beside = vec![datasets];
        let mut left_out = Vec::new();
        let log = &settings.transparency.key;
        let made_by_itself = Path::new("state/transparency");
        let (key, certificate) = match log.is_own {
            true => (made_by_itself.join("log.key"), made_by_itself.join("log.crt")),
            false => (Path::new("pki").join("log.key"), Path::new("pki").join("log.crt")),
        };
        // there is none before the first start
        if log.certificate.is_file() {
            let path = absolute(&log.certificate)?;
            copied.insert(places.of(&path, &certificate), files::octets(&path)?.into());
        }
        if log.key.is_file() {
            let path = absolute(&log.key)?;
            match is_trial {
                true => {
                    copied.insert(places.of(&path, &key), files::octets(&path)?.into());
                }
                false => left_out.push(format!("the transparency log's private key: {}", path.display())),
            }
        }
        match &settings.seal.key {
            KeyPlace::File(path) if is_trial => {
                let path = absolute(path)?;
                let place = places.of(&path, &Path::new("pki").join("seal.key"));
                copied.insert(place, files::octets(&path)?.into());
                // the trial's other keys lie beside it, and are as much a part of the trial
                beside.extend(
                    path.parent().filter(|pki| pki.starts_with(&places.base) && **pki != places.base).map(Into::into),
                );
            }
            KeyPlace::File(path) => {
                left_out.push(format!("the seal's private key: {} ([seal] key)", path.display()));
            }
            KeyPlace::Token(_) => {
                left_out.push("the token with the seal's key, and the file of its PIN ([seal] key)".to_owned())
            }
            KeyPlace::Apart(_) => {
                left_out.push("the seal apart, with its key and its seal.toml ([seal] key)".to_owned())
            }
        }
        for folder in beside {
            let mut found = BTreeSet::new();
            walk(&absolute(&folder)?, 0, &mut found)?;
            for path in found {
                let place = places.of(&path, &Path::new("elsewhere").join(path.file_name().unwrap_or_default()));
                if let Entry::Vacant(free) = copied.entry(place) {
                    free.insert(files::octets(&path)?.into());
                }
            }
        }
        for path in settings.post.iter().flat_map(|post| post.server.peer.ca.iter().chain([&post.sign.certificate])) {
            let path = absolute(path)?;
            let wanted = Path::new("pki/elsewhere").join(path.file_name().unwrap_or_default());
            if path.is_file() {
                copied.insert(places.of(&path, &wanted), files::octets(&path)?.into());
            }
        }
        if let Some(post) = &settings.post {
            let key = absolute(&post.sign.key)?;
            match is_trial && key.is_file() {
                true => drop(copied.insert(places.of(&key, Path::new("pki/mail.key")), files::octets(&key)?.into())),
                false => left_out.push(format!("the mail key: {} ([mail.sign] key)", key.display())),
            }
            if post.server.account.is_some() {
                left_out.push("the password for the mail server ([mail.smtp] password)".to_owned());
            }
        }
        if !is_trial {
            // a file of certificates may hold a key as well: the copy is then without the file
            copied.retain(|place, octets| {
                let is_key = holds_key(octets);
                if is_key {
                    left_out.push(format!("{}: it holds a private key", place.display()));
                }
                !is_key
            });
        }
        let database = match settings.location.file() {
            Some(file) => places.of(&absolute(file)?, Path::new(EMBEDDED)),
            None => {
                left_out.push(format!(
                    "BOEMİS in {}: its copy is made by whoever keeps that server (pg_dump)",
                    settings.location
                ));
                PathBuf::from(EMBEDDED)
            }
        };
        Ok(Self { files: copied, state, database, archive, moved, left_out })
    }
}

/// Who has which place in the copy.
struct Places {
    base: PathBuf,
    /// The files that keep their places.
    kept: BTreeSet<PathBuf>,
    /// What lies elsewhere, with the place that it was given.
    given: BTreeMap<PathBuf, PathBuf>,
}

impl Places {
    /// The place of this path: as it lies beneath the configuration, or as it was given before, alone or with the
    /// folder that it lies in; else `wanted`, or the like where that is taken.
    fn of(&mut self, path: &Path, wanted: &Path) -> PathBuf {
        if let Ok(place) = path.strip_prefix(&self.base) {
            return place.to_owned();
        }
        for (folder, place) in self.given.iter().rev() {
            if let Ok(rest) = path.strip_prefix(folder) {
                return if rest.as_os_str().is_empty() { place.clone() } else { place.join(rest) };
            }
        }
        let mut place = wanted.to_owned();
        let mut number = 1;
        while self.given.values().chain(&self.kept).any(|taken| *taken == place) {
            number += 1;
            let mut name = wanted.file_stem().unwrap_or_default().to_owned();
            name.push(format!("-{number}"));
            if let Some(ending) = wanted.extension() {
                name.push(".");
                name.push(ending);
            }
            place = wanted.with_file_name(name);
        }
        self.given.insert(path.to_owned(), place.clone());
        place
    }

    /// The word for a path of `pencere.toml`; none where it stays.
    fn window_path(&mut self, key: &str, text: &str, is_trial: bool) -> Option<String> {
        let wanted = |folder: &str| Path::new(folder).join(Path::new(text).file_name().unwrap_or_default());
        match key {
            "window.state" => self.word(text, Path::new("state")),
            "archive.to" => self.word(text, Path::new("archive")),
            "window.drop" => self.word(text, Path::new("drop")),
            "window.registry" => self.word(text, Path::new("registry.toml")),
            "window.stations" => self.word(text, Path::new("stations.toml")),
            "window.datasets" => self.word(text, Path::new("datasets")),
            "boemis.url" => match text.strip_prefix("sqlite://") {
                Some(path) => self.word(path, Path::new(EMBEDDED)).map(|place| format!("sqlite://{place}")),
                None => Some(format!("sqlite://{EMBEDDED}")),
            },
            "boemis.password_file" => (!text.is_empty()).then(String::new),
            "trust.anchors" | "trust.intermediates" | "trust.crls" | "trust.timestamping" => {
                self.word(text, &wanted("pki/elsewhere"))
            }
            "trust.ocsp" => {
                let (issuer, url) = text.rsplit_once(' ')?;
                let wanted = Path::new("pki/elsewhere").join(Path::new(issuer.trim()).file_name().unwrap_or_default());
                self.word(issuer.trim(), &wanted).map(|place| format!("{place} {url}"))
            }
            "trust.policy" if text != "built-in" => self.word(text, Path::new("policy.toml")),
            "seal.certificate" => self.word(text, Path::new("pki/seal.crt")),
            // a real one stays where it is
            "seal.key" if is_trial && !is_uri(text) && !text.starts_with(APART) => {
                self.word(text, Path::new("pki/seal.key"))
            }
            "transparency.certificate" => self.word(text, Path::new("pki/log.crt")),
            "transparency.key" if is_trial => self.word(text, Path::new("pki/log.key")),
            "transparency.publish" => (text != "none").then(|| "none".to_owned()),
            // a copy answers nobody by itself: what is owed gathers until somebody takes the word away
            "mail.smtp.server" => (text != "none" && !text.starts_with(PAUSED)).then(|| format!("{PAUSED}{text}")),
            "mail.smtp.ca" | "mail.sign.certificate" if text != "none" => self.word(text, &wanted("pki/elsewhere")),
            "mail.sign.key" if is_trial && text != "none" => self.word(text, Path::new("pki/mail.key")),
            // two windows that read one mailbox would each get some of its messages
            key if key.starts_with("mail.mailboxes.") && key.ends_with(".kind") => {
                (!text.starts_with("paused ")).then(|| format!("paused {text}"))
            }
            "reserve.to" => (text != "none").then(|| "none".to_owned()),
            _ => None,
        }
    }

    /// The word for a certificate of the registry, which lies in `from` and in the copy in `to`.
    fn registry_path(&mut self, from: &Path, to: &Path, text: &str) -> Option<String> {
        let path = lexical(&from.join(text));
        let place = self.of(&path, &Path::new("pki").join(path.file_name().unwrap_or_default()));
        let up: PathBuf = to.components().map(|_| "..").collect();
        let word = place.strip_prefix(to).map_or_else(|_| up.join(&place), Path::to_owned);
        (Path::new(text) != word).then(|| word.display().to_string())
    }

    fn word(&mut self, text: &str, wanted: &Path) -> Option<String> {
        let path = lexical(&self.base.join(text));
        let stays = Path::new(text).is_relative() && path.starts_with(&self.base);
        (!stays).then(|| self.of(&path, wanted).display().to_string())
    }
}

/// The text with what `change` makes of its strings, by their dotted keys.
fn changed(
    octets: &Arc<[u8]>,
    name: &str,
    moved: &mut Vec<Moved>,
    mut change: impl FnMut(&str, &str) -> Option<String>,
) -> io::Result<Arc<[u8]>> {
    let text = std::str::from_utf8(octets).map_err(io::Error::other)?;
    let mark = text.len() - text.strip_prefix('\u{feff}').unwrap_or(text).len();
    let body = text.get(mark..).unwrap_or_default();
    let table = DeTable::parse(body).map_err(io::Error::other)?;
    let mut strings = Vec::new();
    for (key, value) in table.into_inner() {
        gather(key.get_ref().to_string(), value, &mut strings);
    }
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    for (key, at, was) in strings {
        if let Some(is) = change(&key, &was) {
            edits.push((at, toml::Value::String(is.clone()).to_string()));
            // an address of a server may hold a password
            let was = was.parse::<Location>().map_or(was, |location| location.to_string());
            moved.push(Moved { file: name.to_owned(), key, was, is });
        }
    }
    if edits.is_empty() {
        return Ok(Arc::clone(octets));
    }
    edits.sort_by_key(|(at, _)| std::cmp::Reverse(at.start));
    let mut body = body.to_owned();
    for (at, word) in edits {
        body.replace_range(at, &word);
    }
    Ok(body.into_bytes().into())
}

/// Every string with its key; the items of a list have the key of the list.
fn gather(key: String, value: Spanned<DeValue<'_>>, strings: &mut Vec<(String, Range<usize>, String)>) {
    let at = value.span();
    match value.into_inner() {
        DeValue::String(text) => strings.push((key, at, text.into_owned())),
        DeValue::Array(items) => items.into_iter().for_each(|item| gather(key.clone(), item, strings)),
        DeValue::Table(table) => {
            for (name, value) in table {
                gather(format!("{key}.{}", name.get_ref()), value, strings);
            }
        }
        _ => {}
    }
}

fn parent(path: &Path) -> PathBuf {
    path.parent().unwrap_or(Path::new("")).to_owned()
}

fn absolute(path: &Path) -> io::Result<PathBuf> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    Ok(lexical(&std::path::absolute(path)?))
}

/// Without `.` and `..`, by its letters alone.
fn lexical(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    plain
}

/// All regular files beneath a folder; a configuration is not deep.
fn walk(folder: &Path, depth: u32, found: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    const DEPTH_MAX: u32 = 8;
    found.extend(files::listing(folder)?);
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && depth < DEPTH_MAX {
            walk(&path, depth + 1, found)?;
        }
    }
    Ok(())
}

/// Whether a private key in PEM is among these octets: none is ever copied out of a real window.
fn holds_key(octets: &[u8]) -> bool {
    memchr::memmem::find(octets, b"PRIVATE KEY-----").is_some()
}
