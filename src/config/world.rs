//! The world of a running window: registry, stations, datasets, trust and policy, read whole or not at all.

use super::files::{FileRead, Gathered};
use super::mistake::Mistake;
use super::registry::Against;
use super::settings::{Outline, Paths, Settings, TrustSettings};
use super::trust::Asked;
use super::{dataset, policy, registry, stations, trust};
use crate::authority::{Environment, Registry, Stations};
use crate::document::Digest;
use crate::schema::Datasets;
use crate::signature::Policy;
use crate::trust::{IdentityProfile, Snapshot};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// What a window judges by, besides the document and the time.
#[derive(Clone, Debug)]
pub struct World {
    /// Participants and persons.
    pub registry: Registry,
    /// The station register.
    pub stations: Stations,
    /// Dataset descriptions.
    pub datasets: Datasets,
    /// Anchors, intermediates, revocation lists.
    pub trust: Arc<Snapshot>,
    /// Whose standing is asked for, and of whom.
    pub asked: Vec<Asked>,
    /// What is good enough in a signature, with the window's cryptographic suite.
    pub policy: Policy,
    /// Every file it was read from, with its octets for evidence.
    pub files: Vec<FileRead>,
    /// What is odd without stopping a window.
    pub warnings: Vec<Mistake>,
}

/// What `pencere.toml` says of the world, whole or in outline.
pub(super) struct Named<'a> {
    paths: &'a Paths,
    environment: Option<Environment>,
    identity: &'a IdentityProfile,
    policy: &'a Policy,
    trust: Option<&'a TrustSettings>,
    /// Whether mail goes out; none where nobody can tell.
    posts: Option<bool>,
}

impl World {
    pub(super) fn named_by(outline: &Outline) -> Named<'_> {
        Named {
            paths: &outline.paths,
            environment: outline.environment,
            identity: &outline.identity,
            policy: &outline.policy,
            trust: outline.trust.as_ref(),
            posts: outline.post.goes(),
        }
    }

    pub(super) fn named_in(settings: &Settings) -> Named<'_> {
        Named {
            paths: &settings.window.paths,
            environment: Some(settings.window.window.environment),
            identity: &settings.identity,
            policy: &settings.policy,
            trust: Some(&settings.trust),
            posts: Some(settings.post.is_some()),
        }
    }

    /// The digests of its files for the journal, in the order of reading.
    pub fn digests(&self) -> impl Iterator<Item = (&Path, Digest)> {
        self.files.iter().map(|file| (file.path.as_path(), file.digest))
    }
}

/// Reads the world that the settings name; none, or mistakes gathered, when it is not whole.
/// `path` is that of `pencere.toml`, at whose keys the mistakes are told.
pub(super) fn read(gathered: &mut Gathered, path: &Path, named: &Named<'_>, now: Timestamp) -> Option<World> {
    let paths = named.paths;
    let (datasets, competence) = dataset::read(gathered, &paths.datasets);
    let datasets_named = datasets.by_name.keys().cloned().collect();
    let is_addressed = !named.policy.mail.addresses.is_empty();
    let against = Against { profile: named.identity, datasets: datasets_named, posts: named.posts, is_addressed };
    let registry = registry::read(gathered, &paths.registry, &against);
    let stations = stations::read(gathered, &paths.stations, registry.as_ref().and_then(|read| read.declared.as_ref()));
    let trust =
        named.trust.and_then(|trust| trust::snapshot(gathered, path, trust, (named.environment, &paths.state), now));
    let policy = match named.trust.and_then(|trust| trust.policy.as_ref()) {
        Some(file) => policy::read(gathered, &file.value).map(|suite| Policy { suite, ..named.policy.clone() }),
        None => Some(named.policy.clone()),
    };
    if let Some(declared) = registry.as_ref().and_then(|read| read.declared.as_ref()) {
        dataset::fall_to_somebody(gathered, &competence, declared);
        if gathered.shelf.is_disk() {
            folders(gathered, &paths.drop, declared);
        }
    }
    let (trust, asked) = trust?;
    Some(World {
        registry: registry?.registry,
        stations: stations?,
        datasets,
        trust: Arc::new(trust),
        asked,
        policy: policy?,
        files: Vec::new(),
        warnings: Vec::new(),
    })
}

/// A drop folder without a participant is nobody's, and a participant without one cannot drop.
fn folders(gathered: &mut Gathered, drop: &Path, declared: &BTreeSet<String>) {
    for slug in declared {
        if !drop.join(slug).join("in").is_dir() {
            let message = format!("has no folder {slug}/in; the window makes it at its start, if it may");
            gathered.warnings.push(Mistake::of_file(drop, message));
        }
    }
    for entry in std::fs::read_dir(drop).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let known = name.to_str().is_some_and(|name| declared.contains(name));
        if !known && !name.as_encoded_bytes().starts_with(b".") {
            gathered.warnings.push(Mistake::of_file(&entry.path(), "belongs to no participant of the registry"));
        }
    }
}
