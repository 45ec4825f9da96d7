//! A document and its signature in one container (ASiC-E, EN 319 162-1 4.4). The document streams, and
//! is read twice: what changes meanwhile is not signed.

use super::{Signing, unwritten};
use crate::commands::Trouble;
use crate::commands::files::Making;
use crate::container::Limits;
use crate::container::write::{self, WriteFault, Writer};
use crate::document::Digester;
use crate::forms::asic;
use crate::forms::xades::Object;
use crate::host::Octets;
use std::io::BufWriter;
use std::path::Path;

/// The media types of what agencies send, by the ending of the name.
const MEDIA_TYPES: [(&str, &str); 6] = [
    ("csv", "text/csv"),
    ("geojson", "application/geo+json"),
    ("json", "application/json"),
    ("pdf", "application/pdf"),
    ("txt", "text/plain"),
    ("xml", "text/xml"),
];

/// Writes the container.
///
/// # Errors
/// Usage: the file cannot lie in a container. Broken: the disk's, OpenSSL's, or no time-stamp.
pub(super) fn sign(document: &Octets, file: &Path, signing: &Signing, out: &mut Making) -> Result<(), Trouble> {
    let name = name(file)?;
    let media_type = media_type(file);
    let mut digester = Digester::new();
    let measured = write::measure(document, |octets| digester.update(octets));
    let measured = measured.map_err(|error| Trouble::reading(file, &error))?;
    let (digest, uri) = (digester.finish(), asic::uri(&name));
    let signature = signing.xades(Object::File { digest: &digest, uri: &uri, media_type }, file)?;
    let mut writer = Writer::new(BufWriter::with_capacity(64 * 1024, out), signing.at);
    let mut write = || {
        writer.add(asic::MIMETYPE, asic::MEDIA_TYPE.as_bytes())?;
        writer.copy(&name, &measured, document.reader())?;
        writer.add(asic::MANIFEST, asic::manifest(&name, media_type).as_bytes())?;
        writer.add(asic::SIGNATURES, asic::signatures(&signature).as_bytes())
    };
    match write().and_then(|()| writer.finish().map(drop)) {
        Ok(()) => Ok(()),
        Err(WriteFault::Io(error)) => Err(unwritten(file, &error)),
        Err(fault @ WriteFault::Name(_)) => Err(unfit(file, &fault.to_string())),
        Err(fault) => Err(Trouble::usage(format!(
            "{} cannot be put into a container: {fault}; --format cades signs a file of any size as it lies there",
            file.display()
        ))),
    }
}

/// The name that the file has in its container.
///
/// # Errors
/// Usage: nothing in a container can be named so.
pub(super) fn name(file: &Path) -> Result<String, Trouble> {
    let name = file.file_name().unwrap_or_default();
    let Some(name) = name.to_str() else { return Err(unfit(file, "a name that is not UTF-8")) };
    match write::wrong_name(name).or_else(|| asic::wrong(name)) {
        Some(wrong) => Err(unfit(file, wrong)),
        None => Ok(name.to_owned()),
    }
}

/// What is to be known of a container that this document makes larger than windows usually take.
pub(super) fn note(document: &Octets, file: &Path) -> Option<String> {
    let usual = Limits::default().entry;
    (document.len() > usual).then(|| {
        format!(
            "pencere: {} has {} octets; `verify` looks into containers with up to {usual} a file, and so does a \
             window, unless its [limits] container_entry_size says more",
            file.display(),
            document.len()
        )
    })
}

fn unfit(file: &Path, wrong: &str) -> Trouble {
    Trouble::usage(format!(
        "{} cannot be put into a container under its name ({wrong}); rename it, or use --format cades",
        file.display()
    ))
}

fn media_type(file: &Path) -> &'static str {
    let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let known = MEDIA_TYPES.iter().find(|(known, _)| ending.eq_ignore_ascii_case(known));
    known.map_or("application/octet-stream", |(_, media_type)| media_type)
}
