//! CAdES in a container: over its only document (ASiC-S, EN 319 162-1 4.3), or over a manifest
//! that names documents with their digests (ASiC-E, 4.4.3.3).

use super::super::cms;
use super::super::judge::{Context, Facts, Judged, Outcome, judge};
use super::super::xml::Objects;
use super::manifest::{Manifest, is_manifest};
use super::objects::Files;
use super::{META_INF, at_rest, whole};
use crate::container::{self, Container, Entry};
use crate::host::Octets;
use crate::xml::Limits;

/// Judges the signers of one `META-INF/*signature*.p7s`.
pub fn examine(
    container: &Container,
    signature: &Entry,
    files: &Files<'_>,
    context: &Context<'_>,
    limits: &Limits,
) -> Result<Vec<Judged>, container::Fault> {
    let unsupported = |what: &str| {
        let outcome = Outcome::Unsupported { what: format!("{what}: {}", signature.name) };
        Ok(vec![judge(Facts::of("CAdES", outcome), context)])
    };
    let most = &context.policy.container;
    let cms = whole(container, signature, most.signatures_file)?;
    let mut speaking = Vec::new();
    for (place, over) in files.manifests()? {
        let entry = &container.entries()[place];
        match over {
            _ if !is_manifest(&entry.name) => {}
            None => return unsupported(&format!("a manifest that is none ({})", entry.name)),
            Some(over) if over != signature.name => {}
            Some(_) if speaking.len() == 1 => return unsupported("two manifests for one signature"),
            Some(_) => {
                let octets = whole(container, entry, most.signatures_file)?;
                speaking.extend(Manifest::read(&octets, limits).map(|manifest| (octets, manifest)));
            }
        }
    }
    let cms_limits = &context.policy.cms;
    let judged = match speaking.pop() {
        // 4.3.3.2 and 4.4.3.3 would have it sign two different things
        Some(_) if files.is_simple() => return unsupported("a manifest in an ASiC-S container"),
        Some((octets, manifest)) => {
            let content = Octets::from(octets);
            let held = manifest.hold(files)?;
            cms::examine_with(&cms, &content, context, cms_limits, &files.stamps(), &|facts| held.amend(facts, files))?
        }
        None => match files.only_document() {
            Some(index) => {
                let document = at_rest(container, &container.entries()[index], most.entry)?;
                let amend = |facts: &mut Facts| facts.faults.splice(0..0, files.faults(&[index])).for_each(drop);
                cms::examine_with(&cms, &document, context, cms_limits, &files.stamps(), &amend)?
            }
            None => return unsupported("several files, and no manifest says which is signed"),
        },
    };
    match judged.is_empty() {
        true => unsupported("a signature file without signers"),
        false => Ok(judged),
    }
}

/// `META-INF/*signature*.p7s`, letters of either case (EN 319 162-1 4.3 and 4.4).
pub fn is_signature(name: &str) -> bool {
    let Some(file) = name.strip_prefix(META_INF) else { return false };
    let file = file.to_ascii_lowercase();
    !file.contains('/') && file.contains("signature") && file.ends_with(".p7s")
}
