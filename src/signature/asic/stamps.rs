//! Time-stamps over files of a container (EN 319 162-1 4.3.3.2 and 4.4.4): over its only document, or over a
//! manifest that names files with their digests; among these may be signatures, and older time-stamps.
//!
//! Owns what such a time-stamp is over, and which files it keeps. Nobody signs by one: it says when, and not who.

use super::super::judge::Context;
use super::super::time::{self, Imprint, Kind, Stamp, StampReport};
use super::super::xml::Hash;
use super::manifest::{Held, Manifest};
use super::objects::Files;
use super::{META_INF, at_rest, whole};
use crate::container::{self, Container, Entry};
use crate::finding::{Code, Finding};
use crate::forms::algorithm::DigestAlgorithm;
use crate::forms::timestamp::Token;
use crate::host::Octets;
use crate::trust::ValidationData;
use crate::xml::Limits;

/// All time-stamps of a container, and what they came to.
pub struct Stamps(Vec<One>);

struct One {
    report: StampReport,
    /// The files that it is over, by their places.
    files: Vec<usize>,
}

/// A time-stamp file, before it is judged.
struct Found {
    place: usize,
    token: Vec<u8>,
    /// The octets that it is over, and what of the container hangs on them; or why that cannot be told.
    over: Result<(Octets, Vec<usize>, Vec<DigestAlgorithm>), Finding>,
}

impl Stamps {
    /// Judges the time-stamps of a container.
    ///
    /// # Errors
    /// The disk, or more than a container may hold.
    pub fn of(
        container: &Container,
        files: &Files<'_>,
        context: &Context<'_>,
        limits: &Limits,
    ) -> Result<Self, container::Fault> {
        let most = &context.policy.container;
        let is_stamp = |(_, entry): &(usize, &Entry)| is_stamp(&entry.name);
        let bearing: Vec<(usize, &Entry)> = container.entries().iter().enumerate().filter(is_stamp).collect();
        if bearing.is_empty() {
            return Ok(Self(Vec::new()));
        }
        let manifests = files.manifests()?;
        let mut found = Vec::new();
        for (place, entry) in bearing.into_iter().take(context.policy.timestamps) {
            let token = whole(container, entry, most.signatures_file)?;
            if found.iter().any(|earlier: &Found| earlier.token == token) {
                continue;
            }
            let mut speaking = manifests.iter().filter(|(_, over)| over.as_ref() == Some(&entry.name));
            let over = match (speaking.next(), speaking.next()) {
                (Some((place, _)), None) => {
                    let octets = whole(container, &container.entries()[*place], most.signatures_file)?;
                    match Manifest::read(&octets, limits) {
                        Some(manifest) => of_manifest(&octets, &manifest.hold(files)?),
                        None => Err(unsupported("a manifest that is none")),
                    }
                }
                (Some(_), Some(_)) => Err(unsupported("two manifests for one time-stamp")),
                (None, _) => match files.only_document() {
                    Some(index) => {
                        Ok((at_rest(container, &container.entries()[index], most.entry)?, vec![index], Vec::new()))
                    }
                    None => Err(unsupported("several files, and no manifest says which is stamped")),
                },
            };
            found.push(Found { place, token, over });
        }
        let stamps: Vec<Stamp<'_>> = found.iter().map(|one| one.stamp(&found)).collect();
        let reports = time::judge(&stamps, &ValidationData::default(), context, None);
        drop(stamps);
        let one =
            |(report, found): (StampReport, Found)| One { report, files: found.over.map_or(Vec::new(), |over| over.1) };
        Ok(Self(reports.into_iter().zip(found).map(one).collect()))
    }

    /// What those came to that are over this file.
    pub fn over(&self, file: usize) -> Vec<StampReport> {
        self.0.iter().filter(|one| one.files.contains(&file)).map(|one| one.report.clone()).collect()
    }

    /// What all of them came to.
    pub fn reports(&self) -> impl Iterator<Item = &StampReport> {
        self.0.iter().map(|one| &one.report)
    }
}

impl Found {
    fn stamp<'a>(&'a self, all: &'a [Found]) -> Stamp<'a> {
        let over = move |algorithm: DigestAlgorithm, _: &Token<'_>| {
            let (octets, files, digests) = self.over.as_ref().map_err(Clone::clone)?;
            let digest = Hash::new(algorithm).over(octets.reader()).ok().and_then(Hash::finish);
            let digest = digest.ok_or_else(|| unsupported(algorithm.name()))?;
            let kept = all.iter().enumerate().filter(|(_, other)| files.contains(&other.place));
            Ok(Imprint { digest, keeps: kept.map(|(at, _)| at).collect(), digests: digests.clone() })
        };
        Stamp { kind: Kind::Container, token: &self.token, over: Box::new(over) }
    }
}

/// A manifest is worth as much as the files that it names are those.
fn of_manifest(octets: &[u8], held: &Held) -> Result<(Octets, Vec<usize>, Vec<DigestAlgorithm>), Finding> {
    match held.fault() {
        None => Ok((octets.to_vec().into(), held.named.clone(), held.digests.clone())),
        Some(fault) => Err(fault),
    }
}

fn unsupported(what: &str) -> Finding {
    Finding::new(Code::SignatureUnsupported).found(what)
}

/// `META-INF/*timestamp*.tst`, letters of either case.
fn is_stamp(name: &str) -> bool {
    let Some(file) = name.strip_prefix(META_INF) else { return false };
    let file = file.to_ascii_lowercase();
    !file.contains('/') && file.ends_with(".tst")
}
