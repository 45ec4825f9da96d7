//! Makes the samples of `inbox-samples/`, and proves that the committed tree is complete.
//!
//! Each sample is one entry of a table below: its folder, what it shows, and how it is made, with
//! pencere's own signer, `xmlsec1` or `openssl cms`. With `PENCERE_REWRITE=1` what is missing is
//! made; what stands is never replaced, since a signature made anew is another one: to make a
//! sample anew, delete its folder first. Without it nothing is written. What the window answers is
//! not made here but by the walk (`tests/samples.rs`).

mod accepted;
mod across;
mod approvals;
mod archives;
mod containers;
mod der;
mod drawn;
mod forged_cms;
mod hostile;
mod pki;
mod proposals;
mod rejected;
mod signers;
mod slips;
mod statement;

use signers::Signers;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// One sample, before it is made.
pub struct Sample {
    /// Its folder under `inbox-samples`: the claim.
    pub folder: String,
    /// What it shows, for `case.toml`.
    pub note: &'static str,
    make: Box<dyn Fn(&Signers) -> Made>,
}

/// What lies in a sample's folder.
#[derive(Default)]
pub struct Made {
    files: Vec<(String, Vec<u8>)>,
    lines: String,
    tables: String,
}

/// An entry of the table.
pub fn sample(folder: impl Into<String>, note: &'static str, make: impl Fn(&Signers) -> Made + 'static) -> Sample {
    Sample { folder: folder.into(), note, make: Box::new(make) }
}

impl Made {
    /// A document under this name.
    pub fn document(name: &str, octets: impl Into<Vec<u8>>) -> Self {
        Self::default().and(name, octets)
    }

    /// One more document, or a detached signature.
    pub fn and(mut self, name: &str, octets: impl Into<Vec<u8>>) -> Self {
        self.files.push((name.to_owned(), octets.into()));
        self
    }

    /// A document that was sent before.
    pub fn before(self, name: &str, octets: impl Into<Vec<u8>>) -> Self {
        self.and(&format!("before/{name}"), octets)
    }

    /// Lines of `case.toml`: how the window differs from a fresh trial window.
    pub fn case(mut self, lines: &str) -> Self {
        let part = if lines.starts_with('[') { &mut self.tables } else { &mut self.lines };
        part.push_str(lines);
        part.push('\n');
        self
    }

    fn case_toml(&self, note: &str) -> String {
        format!("note = \"\"\"\n{note}\"\"\"\n{}{}", self.lines, self.tables)
    }
}

fn samples_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("inbox-samples")
}

fn table() -> Vec<Sample> {
    let mut table = accepted::table();
    table.extend(containers::table());
    table.extend(rejected::table());
    table.extend(across::table());
    table.extend(drawn::table());
    table.extend(approvals::table());
    table.extend(proposals::table());
    table.extend(hostile::table());
    table.extend(slips::table());
    table.extend(archives::table());
    table.extend(forged_cms::table());
    table
}

fn write(made: &Made, folder: &Path) {
    for (name, octets) in &made.files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, octets).unwrap();
    }
}

/// The documents that lie in a sample's folder, by their paths in it.
fn lying(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (prefix, folder) in [("", folder.to_owned()), ("before/", folder.join("before"))] {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if !["before", "case.toml", "expected.receipt.xml"].contains(&name.as_str()) {
                found.insert(format!("{prefix}{name}"));
            }
        }
    }
    found
}

#[test]
fn the_samples_are_complete() {
    let rewrite = std::env::var_os("PENCERE_REWRITE").is_some();
    let root = samples_folder();
    let pki = root.join("pki");
    if rewrite && !pki.join("ca.crt").exists() {
        pki::make(&pki);
    }
    if rewrite && !pki.join("fresh.crl").exists() {
        pki::lists(&pki);
    }
    let missing: Vec<_> = pki::NAMES.iter().filter(|name| !pki.join(name).is_file()).collect();
    assert!(missing.is_empty(), "the sample PKI lacks {missing:?}");
    let signers = Signers::new(&pki);
    let mut claimed = BTreeSet::new();
    for sample in table() {
        assert!(claimed.insert(sample.folder.clone()), "{} stands twice in the table", sample.folder);
        let folder = root.join(&sample.folder);
        let made = (sample.make)(&signers);
        let case = made.case_toml(sample.note);
        if rewrite {
            if !folder.exists() {
                fs::create_dir_all(&folder).unwrap();
                write(&made, &folder);
            }
            fs::write(folder.join("case.toml"), &case).unwrap();
        }
        let wanted: BTreeSet<_> = made.files.iter().map(|(name, _)| name.clone()).collect();
        assert_eq!(lying(&folder), wanted, "{}: PENCERE_REWRITE=1 makes what is missing", sample.folder);
        let committed = fs::read_to_string(folder.join("case.toml")).unwrap_or_default();
        assert_eq!(committed, case, "{}: PENCERE_REWRITE=1 writes the case", sample.folder);
    }
    for claim in ["accepted", "pending", "duplicate", "rejected", "held", "hostile", "slips"] {
        for entry in fs::read_dir(root.join(claim)).unwrap() {
            let folder = format!("{claim}/{}", entry.unwrap().file_name().into_string().unwrap());
            if folder == "hostile/mail" {
                continue; // messages: made and held by tests/mail_hostile.rs
            }
            assert!(claimed.contains(&folder), "{folder} is in no table, so nobody can tell how it was made");
        }
    }
}
