//! ASiC containers (EN 319 162-1) with XAdES or CAdES signatures: which files bear the signatures, and
//! which files of the container each signature covers.
//!
//! Owns how a reference finds a file of the container. The signatures themselves are judged as any
//! others ([`xml`](super::xml), [`cms`](super::cms)). Unsigned properties and time-stamp tokens are not
//! judged: a signature that bears them is told as the `XAdES-B-B` that it is without them.

mod cades;
mod objects;

use super::judge::{Context, Facts, Judged, Outcome, judge};
use super::{Examined, unreadable, xml};
use crate::container::{self, Container, Entry};
use crate::finding::{Code, Finding};
use crate::host::Octets;
use crate::xml::{Fault, Limits, Wrong};
use objects::Files;
use std::io::{self, Read};

/// Folder of what is about the container and no document in it (EN 319 162-1 4.3 and 4.4).
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
    let files = Files::of(&container, most, limits)?;
    let bears = |entry: &&Entry| bears_signatures(&entry.name) || cades::is_signature(&entry.name);
    let mut bearing: Vec<&Entry> = container.entries().iter().filter(bears).collect();
    bearing.sort_by(|one, other| one.name.cmp(&other.name));
    let mut judged = Vec::new();
    for entry in bearing {
        judged.extend(match cades::is_signature(&entry.name) {
            true => cades::examine(&container, entry, &files, context, limits)?,
            false => {
                let octets = whole(&container, entry, most.signatures_file)?;
                of_one_file(&octets.into(), &entry.name, &files, context, limits)?
            }
        });
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

/// `META-INF/*signatures*.xml`, letters of either case (EN 319 162-1 4.3 and 4.4).
fn bears_signatures(name: &str) -> bool {
    let Some(file) = name.strip_prefix(META_INF) else { return false };
    let file = file.to_ascii_lowercase();
    !file.contains('/') && file.contains("signatures") && file.ends_with(".xml")
}

/// What else than signatures a container bears; none where nobody put anything to it.
fn unprocessed(container: &Container) -> Option<&'static str> {
    let is = |entry: &Entry| entry.name.starts_with(META_INF) && entry.name.to_ascii_lowercase().ends_with(".tst");
    container.entries().iter().any(is).then_some("a container with a time-stamp alone")
}

/// An entry held in memory whole, when it is no larger than that.
fn whole(container: &Container, entry: &Entry, most: u64) -> Result<Vec<u8>, container::Fault> {
    if entry.size > most {
        return Err(container::Fault::Limit(format!("{} octets in {}", entry.size, entry.name), most));
    }
    let mut octets = Vec::new();
    container.read(entry).read_to_end(&mut octets)?;
    Ok(octets)
}
