//! Containers of the samples, altered octet by octet, and what another program reads in them.
//!
//! Knows of ZIP (PKWARE APPNOTE) only where its headers begin, to alter them more often than chance would.

use super::choices::Choices;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The containers among the accepted samples: name and file.
pub fn containers() -> Vec<(String, Vec<u8>)> {
    let accepted = Path::new(env!("CARGO_MANIFEST_DIR")).join("inbox-samples/accepted");
    let mut found = Vec::new();
    for sample in fs::read_dir(accepted).unwrap() {
        for file in fs::read_dir(sample.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|end| ["asice", "asics", "sce"].iter().any(|known| end == *known)) {
                found.push((path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(path).unwrap()));
            }
        }
    }
    found.sort();
    assert!(found.len() >= 3, "the samples have containers of both kinds: {}", found.len());
    found
}

/// One change somewhere, half of the time in a header.
pub fn change(file: &[u8], choices: &Choices) -> (Vec<u8>, &'static str) {
    let headers: Vec<usize> = (0..file.len() - 4)
        .filter(|&at| {
            [b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06"].iter().any(|mark| file[at..].starts_with(&mark[..]))
        })
        .collect();
    let at = match choices.rarely(2) {
        true => (headers[choices.below(headers.len())] + choices.below(50)).min(file.len() - 1),
        false => choices.below(file.len()),
    };
    let end = (at + 1 + choices.below(40)).min(file.len());
    let (before, piece, after) = (&file[..at], &file[at..end], &file[end..]);
    match choices.below(7) {
        0 => {
            let mut altered = file.to_vec();
            altered[at] ^= 1 << choices.below(8);
            (altered, "a bit")
        }
        1 => ([before, after].concat(), "octets left out"),
        2 => ([before, piece, piece, after].concat(), "octets twice"),
        3 => {
            let mut altered = [before, after].concat();
            let place = choices.below(altered.len());
            altered.splice(place..place, piece.iter().copied());
            (altered, "octets elsewhere")
        }
        4 => ([before, &vec![[0, 0xff, b'/'][choices.below(3)]; piece.len()], after].concat(), "octets written over"),
        5 => (before.to_vec(), "cut off"),
        _ => {
            // from one header to another: a whole entry, or more, twice or out of its order
            let (one, other) = (choices.below(headers.len()), choices.below(headers.len()));
            let (from, to) = (headers[one.min(other)], headers[one.max(other)]);
            let whole = &file[from..to];
            match choices.rarely(2) {
                true => ([&file[..to], whole, &file[to..]].concat(), "entries twice"),
                false => ([whole, &file[..from], &file[to..]].concat(), "entries first"),
            }
        }
    }
}

/// What Python's `zipfile` reads in it, each entry with its octets; nothing when it takes it for no container.
pub fn as_python_reads(file: &[u8]) -> Option<Vec<u8>> {
    const READ: &str = "import sys, zipfile\n\
        with zipfile.ZipFile(sys.argv[1]) as z:\n\
        \x20   for one in sorted(z.infolist(), key=lambda one: one.filename):\n\
        \x20       octets = z.read(one)\n\
        \x20       sys.stdout.buffer.write(repr((one.filename, octets)).encode())\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("container");
    fs::write(&path, file).unwrap();
    let output = Command::new("python3").args(["-c", READ]).arg(&path).output().expect("make test installs python3");
    output.status.success().then_some(output.stdout)
}
