//! ASiC containers with XAdES signatures (EN 319 162-1 4.3.3.1 and 4.4.3.2): which files bear the
//! signatures, and which files of the container each signature covers.
//!
//! Owns how a reference finds a file of the container. The signatures themselves are judged as any
//! other XML signature ([`xml`](super::xml)). Unsigned properties and time-stamp tokens are not
//! judged: a signature that bears them is told as the `XAdES-B-B` that it is without them.

mod objects;

use super::judge::{Context, Facts, Judged, Outcome, judge};
use super::{Examined, unreadable, xml};
use crate::container::{self, Container, Entry};
use crate::finding::{Code, Finding};
use crate::host::Octets;
use crate::xml::{Fault, Limits, Wrong};
use objects::Files;
use std::io::{self, Read};

/// Folder of what is about the container and no document in it (EN 319 162-1 4.3.2, 4.4.2).
const META_INF: &str = "META-INF/";

/// Judges every signature of a container, files in the order of their names, signatures in document
/// order.
pub fn examine(file: &Octets, context: &Context<'_>, limits: &Limits) -> Examined {
    match judged(file, context, limits) {
        Ok(judged) => Examined { judged, content: None, xml: false, uncovered: None, refused: None },
        Err(container::Fault::Io(error)) => Examined::refused(unreadable(&error)),
        Err(fault) => Examined::refused(fault.finding().unwrap_or_else(|| Finding::new(Code::SignatureMissing))),
    }
}

fn judged(file: &Octets, context: &Context<'_>, limits: &Limits) -> Result<Vec<Judged>, container::Fault> {
    let most = &context.policy.container;
    let container = Container::open(file, most)?;
    let files = Files::of(&container, most)?;
    let mut bearing: Vec<&Entry> = container.entries().iter().filter(|entry| bears_signatures(&entry.name)).collect();
    bearing.sort_by(|one, other| one.name.cmp(&other.name));
    let mut judged = Vec::new();
    for entry in bearing {
        if entry.size > most.signatures_file {
            let found = format!("{} octets in {}", entry.size, entry.name);
            return Err(container::Fault::Limit(found, most.signatures_file));
        }
        let mut octets = Vec::new();
        container.read(entry).read_to_end(&mut octets)?;
        judged.extend(of_one_file(&octets.into(), &entry.name, &files, context, limits)?);
        if judged.len() > most.signatures {
            return Err(container::Fault::Limit(format!("{} signatures", judged.len()), most.signatures as u64));
        }
    }
    if judged.is_empty()
        && let Some(what) = unprocessed(&container)
    {
        judged.push(judge(Facts::of("ASiC", Outcome::Unsupported { what: what.into() }), context));
    }
    Ok(judged)
}

/// Judges the signatures of one file. What is wrong with the file as XML is said of a signature in
/// it, so that the others are heard as well.
fn of_one_file(
    octets: &Octets,
    name: &str,
    files: &Files<'_>,
    context: &Context<'_>,
    limits: &Limits,
) -> io::Result<Vec<Judged>> {
    let outcome = match xml::examine_among(octets, Some(files), context, limits) {
        Ok(examined) if !examined.signatures.is_empty() => {
            return Ok(examined.signatures.into_iter().map(|one| one.judged).collect());
        }
        Ok(_) => Outcome::Malformed { what: format!("no ds:Signature in {name}") },
        Err(Fault { wrong, .. }) => match wrong {
            Wrong::Io(error) => return Err(error),
            Wrong::NotWellformed(what) => Outcome::Malformed { what: format!("{name}: {what}") },
            Wrong::Forbidden(what) => Outcome::Unsupported { what: format!("{name}: {what}") },
            Wrong::Encoding(what) => Outcome::Unsupported { what: format!("{name}: {what}") },
            Wrong::Limit(what, most) => Outcome::limit(format!("{name}: {what}"), most),
        },
    };
    Ok(vec![judge(Facts::of("XAdES", outcome), context)])
}

/// `META-INF/*signatures*.xml`, letters of either case (EN 319 162-1 4.3.3.1, 4.4.3.2).
fn bears_signatures(name: &str) -> bool {
    let Some(file) = name.strip_prefix(META_INF) else { return false };
    let file = file.to_ascii_lowercase();
    !file.contains('/') && file.contains("signatures") && file.ends_with(".xml")
}

/// Another kind of signature in a container without XAdES; none where nobody signed.
fn unprocessed(container: &Container) -> Option<&'static str> {
    let has = |ending: &str| {
        let is = |entry: &Entry| entry.name.starts_with(META_INF) && entry.name.to_ascii_lowercase().ends_with(ending);
        container.entries().iter().any(is)
    };
    match (has(".p7s"), has(".tst")) {
        (true, _) => Some("CAdES in a container"),
        (_, true) => Some("a container with a time-stamp alone"),
        _ => None,
    }
}
