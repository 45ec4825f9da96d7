//! Archives that two readers take for two things: each is a good container to which one thing was done.
//!
//! The archive itself is Python's; what is done to it is done here, octet by octet.

use super::containers::{EXTENDED, File, NAME, container, container_of, hostile, manifest, signatures, statement, zip};
use super::signers::Signers;
use super::{Made, Sample};

/// How two records of an archive begin (PKWARE APPNOTE 4.3.12, 4.3.16).
const CENTRAL: &[u8] = b"PK\x01\x02";
const END: &[u8] = b"PK\x05\x06";
/// The octets of a local header before the name.
const LOCAL_HEADER: usize = 30;

fn number(octets: &[u8], at: usize) -> usize {
    u32::from_le_bytes(octets[at..at + 4].try_into().unwrap()) as usize
}

fn put(octets: &mut [u8], at: usize, number: usize) {
    octets[at..at + 4].copy_from_slice(&u32::try_from(number).unwrap().to_le_bytes());
}

fn find(octets: &[u8], what: &[u8]) -> Vec<usize> {
    (0..octets.len()).filter(|&at| octets[at..].starts_with(what)).collect()
}

/// The directory's entry and the local header of this name.
fn entry(archive: &[u8], name: &str) -> (usize, usize) {
    let named = |at: &usize| archive[at + 46..].starts_with(name.as_bytes());
    let central = find(archive, CENTRAL).into_iter().find(named).unwrap();
    (central, number(archive, central + 42))
}

/// Puts octets in before this offset; every offset behind it is made right.
fn inserted(archive: &[u8], at: usize, more: &[u8]) -> Vec<u8> {
    let mut out = [&archive[..at], more, &archive[at..]].concat();
    for central in find(&out, CENTRAL) {
        let local = number(&out, central + 42);
        put(&mut out, central + 42, local + if local >= at { more.len() } else { 0 });
    }
    let end = find(&out, END)[0];
    let directory = number(&out, end + 16);
    put(&mut out, end + 16, directory + if directory >= at { more.len() } else { 0 });
    out
}

/// What an attacker would have loaded, as a file of a container by itself.
fn forged() -> Vec<u8> {
    statement().xml().replace("<EnergyMWh>", "<EnergyMWh>9").into_bytes()
}

/// A local header with the forged statement under the name of the genuine one, in no directory.
fn stray_entry() -> Vec<u8> {
    let archive = zip(EXTENDED, &[("a.xml", forged())]);
    let (_, local) = entry(&archive, "a.xml");
    archive[local..find(&archive, CENTRAL)[0]].to_vec()
}

/// A good container under a change.
fn changed(change: impl Fn(Vec<u8>) -> Vec<u8> + 'static) -> impl Fn(&Signers) -> Made {
    move |signers| Made::document(NAME, change(container_of(signers)))
}

/// A container whose statement has this name, which the signature names as well.
fn named(name: &'static str) -> impl Fn(&Signers) -> Made {
    move |signers| {
        let files: [File; 1] = [(name, statement().xml().into_bytes())];
        let signatures = signatures(signers, "azerisiq", &[("a.xml", files[0].1.clone())]);
        let signatures = signatures.replace("URI=\"a.xml\"", &format!("URI=\"{name}\""));
        Made::document(NAME, container(&files, signatures))
    }
}

pub fn table() -> Vec<Sample> {
    const REFUSED: &str = "signature.container";
    vec![
        hostile("container-doubled-name", REFUSED, DOUBLED, |signers| {
            let genuine = [("a.xml", statement().xml().into_bytes())];
            let signatures = signatures(signers, "azerisiq", &genuine);
            Made::document(NAME, container(&[genuine[0].clone(), ("a.xml", forged())], signatures))
        }),
        hostile("container-entry-before-the-first", REFUSED, PREFIX, changed(|it| inserted(&it, 0, &stray_entry()))),
        hostile("container-behind-a-program", "signature.missing", PROGRAM, |signers| {
            let script = b"#!/bin/sh\nexit 0\n";
            Made::document(NAME, inserted(&container_of(signers), 0, script))
        }),
        hostile(
            "container-entry-in-a-gap",
            REFUSED,
            GAP,
            changed(|it| {
                let (_, local) = entry(&it, "META-INF");
                inserted(&it, local, &stray_entry())
            }),
        ),
        hostile(
            "container-gap-before-the-directory",
            REFUSED,
            GAP_BEHIND,
            changed(|it| {
                let directory = find(&it, CENTRAL)[0];
                let mut out = inserted(&it, directory, &stray_entry());
                // of a directory that is moved, every local header stays where it was
                let end = find(&out, END)[0];
                let moved = find(&out, CENTRAL)[0];
                put(&mut out, end + 16, moved);
                out
            }),
        ),
        hostile(
            "container-comment",
            REFUSED,
            COMMENT,
            changed(|mut it| {
                let (end, comment) = (find(&it, END)[0], stray_entry());
                it[end + 20..end + 22].copy_from_slice(&u16::try_from(comment.len()).unwrap().to_le_bytes());
                it.extend(comment);
                it
            }),
        ),
        hostile("container-two-archives", REFUSED, TWO, |signers| {
            let other = zip(EXTENDED, &[("a.xml", forged())]);
            Made::document(NAME, [container_of(signers), other].concat())
        }),
        hostile(
            "container-local-name-differs",
            REFUSED,
            LOCAL_NAME,
            changed(|mut it| {
                let (_, local) = entry(&it, "a.xml");
                it[local + LOCAL_HEADER] = b'b';
                it
            }),
        ),
        hostile(
            "container-local-size-differs",
            REFUSED,
            LOCAL_SIZE,
            changed(|mut it| {
                let (_, local) = entry(&it, "a.xml");
                let size = number(&it, local + 22);
                put(&mut it, local + 22, size - 1);
                it
            }),
        ),
        hostile(
            "container-checksum-differs",
            REFUSED,
            CHECKSUM,
            changed(|mut it| {
                let (central, local) = entry(&it, "a.xml");
                it[central + 16] ^= 1;
                it[local + 14] ^= 1;
                it
            }),
        ),
        hostile(
            "container-one-entry-under-two-names",
            REFUSED,
            OVERLAP,
            changed(|it| {
                let (central, local) = entry(&it, "META-INF");
                let mut out = it.clone();
                let (_, first) = entry(&it, "a.xml");
                assert_ne!(first, local);
                put(&mut out, central + 42, first);
                out
            }),
        ),
        hostile("container-name-leads-out", REFUSED, LEADS_OUT, named("../a.xml")),
        hostile("container-name-from-the-root", REFUSED, FROM_ROOT, named("/tmp/a.xml")),
        hostile("container-name-with-a-backslash", REFUSED, BACKSLASH, named("..\\a.xml")),
        hostile(
            "container-encrypted",
            REFUSED,
            ENCRYPTED,
            changed(|mut it| {
                let (central, local) = entry(&it, "a.xml");
                it[central + 8] |= 1;
                it[local + 6] |= 1;
                it
            }),
        ),
        hostile("container-ratio-bomb", "signature.container-limit", BOMB, |signers| {
            let files = [("a.xml", statement().xml().into_bytes()), ("b.txt", vec![b' '; 4 << 20])];
            let signatures = signatures(signers, "azerisiq", &files);
            Made::document(NAME, container(&files, signatures))
        }),
        hostile("container-manifest-that-nobody-signed", "signature.unsupported", UNSIGNED_MANIFEST, |signers| {
            let (csv, note) = (statement().csv().into_bytes(), b"Qeyd.\n".to_vec());
            let (signed, signature) = manifest(signers, &[("qeyd.txt", &note)]);
            let (unsigned, _) = manifest(signers, &[("istehsal.csv", &csv), ("qeyd.txt", &note)]);
            let files = [
                ("istehsal.csv", csv),
                ("qeyd.txt", note),
                ("META-INF/ASiCManifest.xml", signed),
                ("META-INF/ASiCManifest1.xml", unsigned),
                ("META-INF/signature.p7s", signature),
            ];
            Made::document(NAME, zip(EXTENDED, &files))
        }),
    ]
}

const DOUBLED: &str = "Two files of one name: the genuine statement, and a forged one that many readers see instead.\n";
const PREFIX: &str = "\
A forged statement lies before the first entry, under the genuine one's name; the directory does not know it, and who
reads from the front finds it first.
";
const PROGRAM: &str = "A program with a good container behind it: the file is both, and we read it from the front.\n";
const GAP: &str = "A forged statement lies between two entries, in no directory.\n";
const GAP_BEHIND: &str = "A forged statement lies behind the last entry, before the directory.\n";
const COMMENT: &str = "A forged statement lies in the archive's comment.\n";
const TWO: &str = "A good container, and another archive behind it: who reads from the end sees the second alone.\n";
const LOCAL_NAME: &str = "The header before the statement gives it another name than the directory does.\n";
const LOCAL_SIZE: &str = "The header before the statement says that it is one octet shorter.\n";
const CHECKSUM: &str = "The checksum of the statement is wrong in both places.\n";
const OVERLAP: &str = "The directory gives two names to one place in the file.\n";
const LEADS_OUT: &str = "The statement's name leads out of the container.\n";
const FROM_ROOT: &str = "The statement's name begins at the root of the disk.\n";
const BACKSLASH: &str = "The statement's name leads out of the container where a backslash parts folders.\n";
const ENCRYPTED: &str = "The statement is said to be encrypted.\n";
const BOMB: &str = "A note of four million spaces, signed with the statement, packed to a thousandth.\n";
const UNSIGNED_MANIFEST: &str = "\
The signature covers a manifest that names a note. A second manifest names the statement, and nobody signed it.
";
