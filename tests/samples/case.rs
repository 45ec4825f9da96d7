//! A sample as it lies in the repository: its claim, its documents, and how its window differs.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// One folder of `inbox-samples`.
pub struct Sample {
    /// `rejected/rule.total-differs`.
    pub name: String,
    pub folder: PathBuf,
    pub case: Case,
}

/// `case.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it shows; for readers, and never empty.
    pub note: String,
    #[serde(default = "azerenerji")]
    pub participant: String,
    pub before_participant: Option<String>,
    /// By name, whose it is of what was sent before, where that is another body's.
    #[serde(default)]
    pub before_of: BTreeMap<String, String>,
    pub expect: Option<String>,
    #[serde(default = "test")]
    pub environment: String,
    #[serde(default)]
    pub anchors: Vec<String>,
    #[serde(default)]
    pub crls: Vec<String>,
    #[serde(default)]
    pub kinds: BTreeMap<String, Kind>,
    /// Ordinary files that stay where they lie, answered.
    #[serde(default)]
    pub stays: Vec<String>,
    #[serde(default)]
    pub rename: BTreeMap<String, String>,
    #[serde(default)]
    pub change: Vec<Change>,
    #[serde(default)]
    pub fill: Vec<Fill>,
}

/// What is dropped instead of an ordinary file.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Fifo,
    Symlink,
    Hardlink,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    pub file: String,
    pub old: String,
    pub new: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fill {
    pub file: String,
    pub mark: String,
    pub text: String,
    pub times: usize,
}

fn azerenerji() -> String {
    "azerenerji".to_owned()
}

fn test() -> String {
    "test".to_owned()
}

/// What a claim says of the answer.
pub struct Claim<'a> {
    pub decision: &'a str,
    /// The finding that must be among the answer's.
    pub code: Option<&'a str>,
}

impl Sample {
    /// All of them, by name.
    pub fn all(root: &Path) -> Vec<Self> {
        let mut samples = Vec::new();
        for claim in ["accepted", "duplicate", "held", "hostile", "pending", "rejected", "slips"] {
            for entry in fs::read_dir(root.join(claim)).unwrap() {
                let folder = entry.unwrap().path();
                if claim == "hostile" && folder.ends_with(MAILS) {
                    continue;
                }
                let name = format!("{claim}/{}", folder.file_name().unwrap().to_str().unwrap());
                let text = fs::read_to_string(folder.join("case.toml")).unwrap();
                let case: Case = toml::from_str(&text).unwrap_or_else(|fault| panic!("{name}: {fault}"));
                assert!(!case.note.trim().is_empty(), "{name} does not say what it shows");
                samples.push(Self { name, folder, case });
            }
        }
        samples.sort_by(|one, other| one.name.cmp(&other.name));
        samples
    }

    pub fn claim(&self) -> Claim<'_> {
        let (claim, rest) = self.name.split_once('/').unwrap();
        match claim {
            "accepted" | "duplicate" | "pending" => Claim { decision: claim, code: None },
            "held" => Claim { decision: "held", code: Some(rest) },
            "rejected" => Claim { decision: "rejected", code: Some(rest) },
            _ => Claim { decision: "rejected", code: Some(self.case.expect.as_deref().expect("`expect`")) },
        }
    }

    /// The documents to drop before, by name.
    pub fn before(&self) -> Vec<(String, Vec<u8>)> {
        self.files(&self.folder.join("before"))
    }

    /// The documents to drop, by name, filled.
    pub fn documents(&self) -> Vec<(String, Vec<u8>)> {
        self.files(&self.folder)
    }

    fn files(&self, folder: &Path) -> Vec<(String, Vec<u8>)> {
        let mut files = Vec::new();
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            if entry.path().is_dir() || name == "case.toml" || name == EXPECTED {
                continue;
            }
            let mut octets = fs::read(entry.path()).unwrap();
            for fill in self.case.fill.iter().filter(|fill| fill.file == name) {
                let text = String::from_utf8(octets).unwrap();
                assert_eq!(text.matches(&fill.mark).count(), 1, "{}: {}", self.name, fill.mark);
                octets = text.replacen(&fill.mark, &fill.text.repeat(fill.times), 1).into_bytes();
            }
            files.push((self.case.rename.get(&name).cloned().unwrap_or(name), octets));
        }
        files.sort();
        files
    }
}

/// The folder of hostile messages, which have a walk of their own (`tests/mail_hostile.rs`).
const MAILS: &str = "mail";
/// The name of the receipt in a sample's folder.
pub const EXPECTED: &str = "expected.receipt.xml";
