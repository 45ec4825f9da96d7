//! ASiC containers (EN 319 162-1) with XAdES or CAdES signatures: which files bear the signatures, and
//! which files of the container each signature covers.
//!
//! Owns how a reference finds a file of the container, and which file is the document that was handed in.
//! The signatures themselves are judged as any others ([`xml`](super::xml), [`cms`](super::cms)).

mod cades;
mod manifest;
mod objects;
mod stamps;

use super::judge::{Context, Facts, Judged, Outcome, judge};
use super::packaging::{may_be_signed, unreadable};
use super::time::StampReport;
use super::{Enclosed, Examined, xml};
use crate::container::{self, Container, Entry};
use crate::document::{Digest, GivenName, is_statement};
use crate::finding::{Code, Finding, Hint, Stop};
use crate::host::Octets;
use crate::xml::{Fault, Limits, Wrong};
use objects::Files;
use stamps::Stamps;
use std::io::{self, Read as _};

/// Folder of what is about the container and no document in it (EN 319 162-1 4.3 and 4.4).
const META_INF: &str = "META-INF/";

/// Judges every signature of a container, files in the order of their names, signatures in document
/// order.
pub fn examine(file: &Octets, context: &Context<'_>, limits: &Limits) -> Examined {
    let examined =
        Container::open(file, &context.policy.container).and_then(|container| judged(&container, context, limits));
    examined.unwrap_or_else(refused)
}

/// The same, of a container that was handed in: with the one document in it. Every signature must cover
/// every file there is, `META-INF/` and `mimetype` aside (4.3 and 4.4).
///
/// # Errors
/// Why there is nothing to judge: the container is none, or holds no document or several.
pub fn unpack(file: &Octets, context: &Context<'_>, limits: &Limits) -> Result<(Examined, Octets), Box<Examined>> {
    let most = &context.policy.container;
    let unpacked = Container::open(file, most).and_then(|container| {
        let examined = judged(&container, context, limits)?;
        let Some((document, enclosed)) = document(&container, most.entry, limits)? else {
            let documents = container.entries().iter().filter(|entry| objects::is_document(entry)).count();
            return Ok(Err(Examined::refused(Finding::new(Code::SignatureContainerDocuments).found(documents))));
        };
        Ok(Ok((Examined { enclosed, ..examined }, document)))
    });
    unpacked.unwrap_or_else(|fault| Err(refused(fault))).map_err(|examined| {
        let office = file.head(OFFICE_HEAD).ok().and_then(|head| office(&head));
        Box::new(match office {
            Some(form) => Examined::refused(Finding::new(Code::SignatureWorkbook).found(form)),
            None => examined,
        })
    })
}

/// Octets of a file in which its first entry shows what it is.
const OFFICE_HEAD: usize = 512;

/// Of a file that is no container of ours: whether an office program wrote it, by its first entry (ECMA-376 part 2;
/// ODF 1.3 part 2, 3.3).
fn office(head: &[u8]) -> Option<&'static str> {
    let length = |at: usize| Some(usize::from(u16::from_le_bytes(head.get(at..at + 2)?.try_into().ok()?)));
    let (name, extra) = (length(26)?, length(28)?);
    let content = head.get(30 + name + extra..).unwrap_or_default();
    match head.get(30..30 + name)? {
        b"mimetype" if content.starts_with(b"application/vnd.oasis.opendocument.") => Some("ODF"),
        b"[Content_Types].xml" | b"_rels/.rels" => Some("OOXML"),
        name if [&b"xl/"[..], b"docProps/"].iter().any(|folder| name.starts_with(folder)) => Some("OOXML"),
        _ => None,
    }
}

fn refused(fault: container::Fault) -> Examined {
    match fault {
        container::Fault::Io(error) => Examined::refused(unreadable(&error)),
        fault => Examined::refused(fault.finding().unwrap_or_else(|| Finding::new(Code::SignatureMissing))),
    }
}

/// The document of a container: its only file, or among several the only one that is a statement. The
/// others go with it, signed as it is: the documents that ground it (R 3.4.5).
fn document(
    container: &Container,
    most: u64,
    limits: &Limits,
) -> Result<Option<(Octets, Vec<Enclosed>)>, container::Fault> {
    let files: Vec<&Entry> = container.entries().iter().filter(|entry| objects::is_document(entry)).collect();
    if let [only] = files[..] {
        return at_rest(container, only, most).map(|document| Some((document, Vec::new())));
    }
    let (mut found, mut enclosed) = (None, Vec::new());
    for entry in files {
        let octets = at_rest(container, entry, most)?;
        if !is_statement(&octets, limits)? {
            let sha256 = Digest::of_reader(octets.reader())?;
            enclosed.push(Enclosed { name: GivenName::new(&entry.name), sha256 });
        } else if found.replace(octets).is_some() {
            return Ok(None);
        }
    }
    Ok(found.map(|document| (document, enclosed)))
}

fn judged(container: &Container, context: &Context<'_>, limits: &Limits) -> Result<Examined, container::Fault> {
    let most = &context.policy.container;
    let files = Files::of(container, most, limits)?;
    let stamps = Stamps::of(container, &files, context, limits)?;
    let bears = |(_, entry): &(usize, &Entry)| bears_signatures(&entry.name) || cades::is_signature(&entry.name);
    let mut bearing: Vec<(usize, &Entry)> = container.entries().iter().enumerate().filter(bears).collect();
    bearing.sort_by(|(_, one), (_, other)| one.name.cmp(&other.name));
    let (mut judged, mut uncovered) = (Vec::new(), None);
    for (place, entry) in bearing {
        files.look_at(stamps.over(place));
        judged.extend(match cades::is_signature(&entry.name) {
            true => cades::examine(container, entry, &files, context, limits)?,
            false => {
                let octets = whole(container, entry, most.signatures_file)?;
                let (all, hidden) = of_one_file(&octets.into(), &entry.name, &files, context, limits)?;
                uncovered = uncovered.or(hidden);
                all
            }
        });
        if judged.len() > most.signatures {
            return Err(container::Fault::Limit(format!("{} signatures", judged.len()), most.signatures as u64));
        }
    }
    let stamps: Vec<StampReport> = stamps.reports().cloned().collect();
    let first = stamps.first().filter(|_| judged.is_empty());
    let refused = first.map(|first| only_stamped(container, &files, first)).transpose()?;
    let is_short = |one: &Judged| !one.report.covers_whole_document;
    let short = judged.iter().any(is_short).then(|| Finding::new(Code::SignatureNotCovering).found("ASiC"));
    let refused = refused.map(Stop::from);
    Ok(Examined { uncovered: uncovered.or(short), refused, stamps, ..Examined::of(judged) })
}

/// Judges the signatures of one file. What is wrong with the file as XML is said of a signature in
/// it, so that the others are heard as well. Beside the verdicts: what they leave open.
fn of_one_file(
    octets: &Octets,
    name: &str,
    files: &Files<'_>,
    context: &Context<'_>,
    limits: &Limits,
) -> io::Result<(Vec<Judged>, Option<Finding>)> {
    let outcome = match xml::examine_among(octets, Some(files), context, limits) {
        Ok(examined) if !examined.signatures.is_empty() => {
            let uncovered = examined.signatures.iter().find_map(xml::OneSignature::uncovered);
            return Ok((examined.signatures.into_iter().map(|one| one.judged).collect(), uncovered));
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
    Ok((vec![judge(Facts::of("XAdES", outcome), context)], None))
}

/// `META-INF/*signatures*.xml`, letters of either case (EN 319 162-1 4.3 and 4.4).
fn bears_signatures(name: &str) -> bool {
    let Some(file) = name.strip_prefix(META_INF) else { return false };
    let file = file.to_ascii_lowercase();
    !file.contains('/') && file.contains("signatures") && file.ends_with(".xml")
}

/// What is said of a container that somebody stamped and nobody signed: when, and what to send instead.
fn only_stamped(container: &Container, files: &Files<'_>, stamp: &StampReport) -> io::Result<Finding> {
    let time = stamp.time.map_or_else(|| "?".to_owned(), |time| time.to_string());
    let finding = Finding::new(Code::SignatureStampOnly).found(time);
    let mut head = Vec::new();
    if let Some(index) = files.only_document() {
        container.read(&container.entries()[index]).take(512).read_to_end(&mut head)?;
    }
    Ok(match may_be_signed(&head) {
        true => finding.hint(Hint::fixed(
            "Konteynerin içindəki faylın özü imzalı ola bilər: onda həmin faylı ayrıca göndərin.",
            "The file inside may bear a signature of its own: then send that file by itself.",
        )),
        false => finding,
    })
}

/// An entry, when it is no larger than that.
fn at_rest(container: &Container, entry: &Entry, most: u64) -> Result<Octets, container::Fault> {
    if entry.size > most {
        return Err(container::Fault::Limit(format!("{} octets in {}", entry.size, entry.name), most));
    }
    Ok(container.octets(entry)?)
}

/// The same, held in memory whole.
fn whole(container: &Container, entry: &Entry, most: u64) -> Result<Vec<u8>, container::Fault> {
    Ok(at_rest(container, entry, most)?.head(usize::try_from(entry.size).unwrap_or(usize::MAX))?)
}
