//! The files of a container as the references of its signatures name them.

use super::super::time::StampReport;
use super::super::xml::{Hash, Named, Objects};
use super::manifest::{Manifest, is_manifest_of_stamp};
use super::{META_INF, whole};
use crate::container::{self, Container, Entry, Limits};
use crate::finding::{Code, Finding};
use crate::forms::algorithm::DigestAlgorithm;
use crate::xml::{self, Method, Wrong};
use std::cell::{Cell, RefCell};
use std::io::{self, Read};

/// The file that says what the container is, and what it may say (EN 319 162-1 A.1).
const MIMETYPE: &str = "mimetype";
const SIMPLE: &str = "application/vnd.etsi.asic-s+zip";
const EXTENDED: &str = "application/vnd.etsi.asic-e+zip";

/// Times that a container as large as the limit may be digested for its signatures: the files once
/// for each digest algorithm in use, which is one, rarely two.
const READINGS_MAX: u64 = 4;

/// The files of a container, digested as its signatures ask for them.
pub struct Files<'a> {
    container: &'a Container,
    limits: &'a Limits,
    /// For a file that is canonicalised.
    xml: &'a xml::Limits,
    /// What `mimetype` holds, when it is there and as it should be.
    media_type: Option<&'static str>,
    /// What is wrong with the container as such.
    fault: Option<Finding>,
    asked: RefCell<Asked>,
    /// Octets read so far.
    octets: Cell<u64>,
    /// What the time-stamps came to that are over the file which is looked at.
    stamps: RefCell<Vec<StampReport>>,
    /// Its manifests, once they were read.
    manifests: RefCell<Option<Vec<Speaking>>>,
}

/// A manifest by what it is over: its place among the entries, and the file that it names as its signature; none
/// where it is no manifest.
pub type Speaking = (usize, Option<String>);

/// What was digested so far: the same question is answered once.
#[derive(Default)]
struct Asked {
    answers: Vec<(Question, Option<Vec<u8>>)>,
}

#[derive(Clone, PartialEq, Eq)]
struct Question {
    file: usize,
    form: Option<Method>,
    algorithm: DigestAlgorithm,
}

impl<'a> Files<'a> {
    /// The files of this container.
    ///
    /// # Errors
    /// The disk.
    pub fn of(container: &'a Container, limits: &'a Limits, xml: &'a xml::Limits) -> io::Result<Self> {
        let (media_type, fault) = match media_type(container)? {
            Ok(media_type) => (media_type, None),
            Err(fault) => (None, Some(fault)),
        };
        Ok(Self {
            container,
            limits,
            xml,
            media_type,
            fault,
            asked: RefCell::default(),
            octets: Cell::new(0),
            stamps: RefCell::default(),
            manifests: RefCell::default(),
        })
    }
}

impl Files<'_> {
    /// Whether the container says that it is an ASiC-S, which has one document and no manifest over it.
    pub fn is_simple(&self) -> bool {
        self.media_type == Some(SIMPLE)
    }

    /// From here on a file is looked at that these time-stamps are over.
    pub fn look_at(&self, stamps: Vec<StampReport>) {
        self.stamps.replace(stamps);
    }

    /// All manifests. They are read once for all signatures and time-stamps, and none is kept.
    ///
    /// # Errors
    /// The disk, or a manifest that is larger than one may be.
    pub fn manifests(&self) -> Result<Vec<Speaking>, container::Fault> {
        if let Some(known) = self.manifests.borrow().as_ref() {
            return Ok(known.clone());
        }
        let mut found = Vec::new();
        for (place, entry) in self.container.entries().iter().enumerate() {
            if is_manifest_of_stamp(&entry.name) {
                let octets = whole(self.container, entry, self.limits.signatures_file)?;
                found.push((place, Manifest::read(&octets, self.xml).map(|manifest| manifest.signature)));
            }
        }
        self.manifests.replace(Some(found.clone()));
        Ok(found)
    }

    fn find(&self, name: &str) -> Option<usize> {
        let is_it = |entry: &Entry| entry.name == name && !entry.is_folder();
        self.container.entries().iter().position(is_it)
    }

    /// Feeds a file into a digest, as long as not more is read than a container may hold so many times.
    fn read(&self, file: usize, form: Option<&Method>, hash: Hash) -> io::Result<Result<Hash, &'static str>> {
        let entry = &self.container.entries()[file];
        let octets = self.octets.get().saturating_add(entry.size);
        self.octets.set(octets);
        if octets > self.limits.total.saturating_mul(READINGS_MAX) {
            return Ok(Err("more to digest than a container holds"));
        }
        let contents = self.container.read(entry);
        match form {
            None => hash.over(contents).map(Ok),
            Some(form) => match hash.over_canonical(contents, entry.size, form, self.xml) {
                Ok(hash) => Ok(Ok(hash)),
                Err(Wrong::Io(error)) => Err(error),
                Err(_) => Ok(Err("canonicalisation of what is no XML")),
            },
        }
    }

    /// The place of the only document in the container; none where there are several or none.
    pub fn only_document(&self) -> Option<usize> {
        let mut documents = (0..).zip(self.container.entries()).filter(|(_, entry)| is_document(entry));
        let (index, _) = documents.next()?;
        documents.next().is_none().then_some(index)
    }
}

impl Objects for Files<'_> {
    fn digest(&self, uri: &str, form: Option<&Method>, algorithm: DigestAlgorithm) -> io::Result<Named> {
        let name = match file_name(uri) {
            Ok(name) => name,
            Err(what) => return Ok(Named::Unsupported(format!("{what}: {uri}"))),
        };
        let Some(file) = self.find(&name) else { return Ok(Named::Nowhere) };
        let question = Question { file, form: form.cloned(), algorithm };
        let known = self.asked.borrow().answers.iter().find(|(known, _)| *known == question).cloned();
        if let Some((_, answer)) = known {
            return Ok(Named::Object(file, answer));
        }
        let hash = match self.read(file, form, Hash::new(algorithm))? {
            Ok(hash) => hash,
            Err(what) => return Ok(Named::Unsupported(format!("{what}: {name}"))),
        };
        let digest = hash.finish();
        self.asked.borrow_mut().answers.push((question, digest.clone()));
        Ok(Named::Object(file, digest))
    }

    fn feed(&self, uri: &str, form: Option<&Method>, hash: Hash) -> io::Result<Option<Hash>> {
        match file_name(uri).ok().and_then(|name| self.find(&name)) {
            Some(file) => Ok(self.read(file, form, hash)?.ok()),
            None => Ok(None),
        }
    }

    fn stamps(&self) -> Vec<StampReport> {
        self.stamps.borrow().clone()
    }

    fn is_whole(&self, named: &[usize]) -> bool {
        let mut documents = (0..).zip(self.container.entries()).filter(|(_, entry)| is_document(entry)).peekable();
        documents.peek().is_some() && documents.all(|(index, _)| named.contains(&index))
    }

    fn faults(&self, named: &[usize]) -> Vec<Finding> {
        let is_doubled = |at: &usize| named[..*at].contains(&named[*at]);
        let doubled = (0..named.len()).find(is_doubled).and_then(|at| self.container.entries().get(named[at]));
        let doubled = doubled.map(|entry| Finding::new(Code::SignatureDoubledReference).found(&entry.name));
        self.fault.iter().cloned().chain(doubled).collect()
    }
}

/// Whether an entry is a file that somebody would sign: not `mimetype`, not about the container.
pub fn is_document(entry: &Entry) -> bool {
    !entry.is_folder() && entry.name != MIMETYPE && !entry.name.starts_with(META_INF)
}

/// `mimetype` is the first entry, not packed, and holds a known value. A container may be without
/// it: EN 319 162-1 4.3 and 4.4 leave it optional, since the ending of the name may say as much.
fn media_type(container: &Container) -> io::Result<Result<Option<&'static str>, Finding>> {
    let Some(at) = container.entries().iter().position(|entry| entry.name == MIMETYPE) else { return Ok(Ok(None)) };
    let fault = |what: &str| Ok(Err(Finding::new(Code::SignatureContainer).found(what)));
    let entry = &container.entries()[at];
    if at != 0 {
        return fault("mimetype is not its first entry");
    }
    if entry.is_packed {
        return fault("mimetype is packed");
    }
    let mut value = Vec::new();
    container.read(entry).take(256).read_to_end(&mut value)?;
    match [SIMPLE, EXTENDED].into_iter().find(|known| known.as_bytes() == value) {
        Some(known) => Ok(Ok(Some(known))),
        None => fault(&format!("mimetype {:?}", String::from_utf8_lossy(&value))),
    }
}

/// The name that a URI means, relative to the container's root, percent-encoding undone (EN 319 162-1 4.3
/// and 4.4; RFC 3986 2.1). A plus sign is a plus sign.
pub fn file_name(uri: &str) -> Result<String, &'static str> {
    let first = uri.split('/').next().unwrap_or_default();
    if first.is_empty() || first.contains(':') {
        return Err("a reference to something outside"); // RFC 3986 4.2: absolute, or with a scheme
    }
    if uri.contains(['#', '?']) {
        return Err("a reference to a part of a file");
    }
    if uri.split('/').any(|part| matches!(part, "." | "..")) {
        return Err("a reference by “.” or “..”");
    }
    let mut octets = Vec::with_capacity(uri.len());
    let mut rest = uri.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).filter(|_| *first == b'%');
        let digits = digits.filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let decoded = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        octets.push(decoded.unwrap_or(*first));
        rest = match (first, decoded) {
            (b'%', None) => return Err("a percent sign that encodes nothing"),
            (_, Some(_)) => &after[2..],
            (_, None) => after,
        };
    }
    String::from_utf8(octets).map_err(|_| "a name that is not UTF-8")
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn a_uri_names_a_file_from_the_root() {
        for (uri, name) in [
            ("a.xml", "a.xml"),
            ("a/b%20c.xml", "a/b c.xml"),
            ("a+b%2Bc", "a+b+c"),
            ("%C9%99.xml", "ə.xml"),
            ("ə.xml", "ə.xml"),
            ("a/b:c", "a/b:c"),
        ] {
            assert_eq!(file_name(uri).as_deref(), Ok(name), "{uri}");
        }
        for uri in ["/a", "http://a/b", "file:a", "a#b", "a?b", "../a", "a/./b", "a%", "a%4", "a%zz", "a%+1", "%FF"] {
            assert!(file_name(uri).is_err(), "{uri}");
        }
    }
}
