//! A crowd of documents of every kind, and what must hold of them in the end, whatever happened on the way.
//!
//! Owns the seed by which a walk is repeated (`PENCERE_SEED`). Never drops anything.

#![allow(dead_code)] // each of the programs uses a part of it

use crate::receipt;
use crate::trial::{self, PARTICIPANTS, Trial, capacity, generation, said, voen};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::SystemTime;

/// A small generator (xorshift64*): a seed is enough to meet the same moments again.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % end
    }
}

/// Says the seed when a test fails.
pub struct Seed(pub u64);

impl Seed {
    pub fn new() -> Self {
        let now = || SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64 | 1;
        Self(number("PENCERE_SEED").unwrap_or_else(now))
    }
}

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("PENCERE_SEED={}", self.0);
        }
    }
}

pub fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

/// A document to be dropped.
#[derive(Clone)]
pub struct Document {
    pub participant: &'static str,
    pub name: String,
    /// Its files in the order in which they are dropped.
    pub files: Vec<(String, Vec<u8>)>,
    /// Documents of the same content: one is accepted, the others are its duplicates. None: it is
    /// rejected.
    pub content: Option<usize>,
}

/// Documents of every kind, signed.
pub fn documents(trial: &Trial, count: usize, dice: &mut Dice) -> Vec<Document> {
    // what is signed, by signer: one process signs all of a signer's
    let mut plain: Vec<(&'static str, String, String)> = Vec::new();
    for n in 0..count {
        let quarter = |first: usize, years: usize, nth: usize| {
            let (period, round) = (nth % (years * 4), nth / (years * 4));
            (format!("{}-Q{}", first + period / 4, period % 4 + 1), 1 + round as u32)
        };
        let mwh = format!("{}.{:03}", 100 + n, n % 1000);
        let (participant, ending, text) = match n % 8 {
            4 => {
                let (period, revision) = quarter(2019, 6, n / 8);
                ("azerisiq", "xml", generation(voen("azerisiq"), &period, revision, "KUL-0001", &mwh))
            }
            5 => {
                let (period, revision) = quarter(2001, 24, n / 8);
                ("energetika", "xml", generation(voen("energetika"), &period, revision, "SU-0003", &mwh))
            }
            7 => {
                let (period, revision) = quarter(2019, 6, n / 8);
                let mw = format!("50.{:03}", n % 1000);
                ("azerisiq", "csv", capacity(voen("azerisiq"), &period, revision, "KUL-0001", &mw))
            }
            _ => {
                let (period, revision) = quarter(1961, 60, n);
                ("azerenerji", "xml", generation(voen("azerenerji"), &period, revision, "SU-0001", &mwh))
            }
        };
        plain.push((participant, format!("{n:05}.{ending}"), text));
    }
    fs::create_dir_all(trial.at("signed")).unwrap();
    for (_, name, text) in &plain {
        fs::write(trial.at(name), text).unwrap();
    }
    for signer in ["azerenerji", "azerisiq", "energetika"] {
        let names: Vec<&str> = plain.iter().filter(|one| one.0 == signer).map(|one| one.1.as_str()).collect();
        let (key, cert) = (format!("w/pki/{signer}.key"), format!("w/pki/{signer}.crt"));
        let arguments = [&["sign"][..], &names, &["--key", &key, "--cert", &cert, "--out-dir", "signed"]].concat();
        trial.done(&arguments);
    }
    let read = |name: String| fs::read(trial.at("signed").join(name)).unwrap();
    let mut documents: Vec<Document> = Vec::new();
    for (n, (participant, name, text)) in plain.into_iter().enumerate() {
        let mut content = Some(n);
        let files = match name.strip_suffix(".xml") {
            Some(stem) => {
                let mut octets = read(format!("{stem}.signed.xml"));
                if n % 8 == 6 {
                    // a figure was changed after the signature
                    let at = octets.windows(6).position(|window| window == b"<Total").unwrap();
                    let digit = octets[..at].iter().rposition(u8::is_ascii_digit).unwrap();
                    octets[digit] = if octets[digit] == b'9' { b'8' } else { b'9' };
                    content = None;
                }
                vec![(name.clone(), octets)]
            }
            None => {
                let signature = read(format!("{name}.p7s"));
                let mut pair = vec![(name.clone(), text.into_bytes()), (format!("{name}.p7s"), signature)];
                if dice.below(2) == 0 {
                    pair.reverse();
                }
                pair
            }
        };
        documents.push(Document { participant, name, files, content });
        // now and then an earlier one again, perhaps the one just dropped
        if dice.below(6) == 0 {
            let original = &documents[documents.len() - 1 - dice.below(documents.len().min(20) as u64) as usize];
            if original.files.len() == 1 {
                let name = format!("{n:05}-again.xml");
                let files = vec![(name.clone(), original.files[0].1.clone())];
                documents.push(Document { participant: original.participant, name, files, content: original.content });
            }
        }
    }
    documents
}

/// What must hold in the end, whatever happened on the way. Gives the number of receipts.
pub fn audit(trial: &Trial, documents: &[Document]) -> usize {
    let (total, faults) = faults(trial, documents, Answers::One);
    assert!(faults.is_empty(), "{} faults:\n{}\n{}", faults.len(), faults.join("\n"), tail(&trial.log()));
    total
}

/// How many final answers a document may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    One,
    /// One for each time that it lay in its folder: a file whose leaving was lost with the power lies there
    /// again and is a new arrival, with an id and an answer of its own.
    OneForEachArrival,
}

/// All that does not hold, and the number of receipts.
pub fn faults(trial: &Trial, documents: &[Document], allowed: Answers) -> (usize, Vec<String>) {
    let mut faults = Vec::new();
    let mut answers: BTreeMap<&str, Vec<(String, String)>> = BTreeMap::new();
    for participant in PARTICIPANTS {
        answers.insert(participant, trial.answers(participant));
        for side in ["in", ".taken"] {
            let mut lying = trial.names(participant, side);
            if allowed == Answers::OneForEachArrival {
                // half of a pair that came back alone waits for the other, as any half does
                let pairs: Vec<_> = documents.iter().filter(|one| one.files.len() > 1).collect();
                lying.retain(|name| !pairs.iter().any(|pair| pair.files.iter().any(|(half, _)| name == half.as_str())));
            }
            if !lying.is_empty() {
                faults.push(format!("{participant}/{side}: {lying:?}"));
            }
        }
    }
    for (name, text) in answers.values_mut().flat_map(|all| all.extract_if(.., |(_, text)| !is_whole(text))) {
        faults.push(format!("{name} is no whole receipt: {} octets, {:?}…", text.len(), text.get(..40)));
    }
    let incoming: Vec<_> = fs::read_dir(trial.at("w/state/staging/incoming")).unwrap().collect();
    if !incoming.is_empty() {
        faults.push(format!("{incoming:?}"));
    }

    // one final answer each
    let (mut accepted, mut contents) = (BTreeSet::new(), BTreeMap::new());
    for document in documents {
        let own: Vec<_> = answers[document.participant]
            .iter()
            .filter(|(file, _)| trial::is_answer_to(file, &document.name) && file.ends_with(".receipt.xml"))
            .collect();
        if own.is_empty() || (own.len() > 1 && allowed == Answers::One) {
            faults.push(format!("{}: {} answers", document.name, own.len()));
        }
        let mut ids = BTreeSet::new();
        for (name, text) in own {
            let decision = receipt::decision(text);
            let id = receipt::attribute(text, "Receipt", "id").unwrap();
            if !ids.insert(id) {
                faults.push(format!("{name}: a second final answer to one submission"));
            }
            if decision == "accepted" {
                accepted.insert(id.to_owned());
            }
            match (document.content, decision) {
                (None, "rejected") => {}
                (Some(content), "accepted" | "duplicate") => {
                    contents.entry(content).or_insert_with(Vec::new).push(decision);
                }
                _ => faults.push(format!("{name}: {decision} {:?}", receipt::codes(text))),
            }
        }
    }
    for (content, decisions) in contents {
        if decisions.iter().filter(|decision| **decision == "accepted").count() != 1 {
            faults.push(format!("content {content}: {decisions:?}"));
        }
    }
    // in BOEMİS what was said to be accepted, once, with its one record
    let marks: Vec<String> = trial.sql("SELECT id FROM submission").lines().map(str::to_owned).collect();
    let distinct: BTreeSet<String> = marks.iter().cloned().collect();
    if marks.len() != distinct.len() || distinct != accepted {
        faults.push(format!("{} load marks, {} accepted", marks.len(), accepted.len()));
    }
    let odd = trial.sql(
        "SELECT s.id, s.records, (SELECT count(*) FROM generation_record r WHERE r.submission = s.number) \
         + (SELECT count(*) FROM capacity_record r WHERE r.submission = s.number) AS there \
         FROM submission s WHERE there <> 1 OR s.records <> 1",
    );
    if !odd.is_empty() {
        faults.push(format!("records: {odd}"));
    }
    // numbers without gap or double in each year, every receipt sealed
    let mut years: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for (name, text) in answers.values().flatten() {
        let number = receipt::attribute(text, "Receipt", "number").unwrap();
        let (year, number) = number.rsplit_once('-').unwrap();
        if !years.entry(year).or_default().insert(number.parse().unwrap()) {
            faults.push(format!("{name}: the number {year}-{number} was given twice"));
        }
    }
    let total = years.values().map(BTreeSet::len).sum();
    for (year, numbers) in years {
        let total = numbers.len();
        let missing: Vec<usize> = (1..=total).filter(|number| !numbers.contains(number)).collect();
        if !missing.is_empty() {
            faults.push(format!("{year}: of {total} numbers are missing {missing:?}"));
        }
    }
    let paths: Vec<_> = answers
        .iter()
        .flat_map(|(participant, all)| all.iter().map(|(name, _)| trial.side(participant, "receipts").join(name)))
        .collect();
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        let proven = paths.chunks(paths.len().div_ceil(workers).max(1)).map(|paths| {
            scope.spawn(move || paths.iter().filter_map(|path| disproven(trial, path)).collect::<Vec<_>>())
        });
        let proven: Vec<_> = proven.collect();
        proven.into_iter().for_each(|one| faults.extend(one.join().unwrap()));
    });
    let audited = trial.pencere(&["audit", "verify"]);
    if audited.status.code() != Some(0) {
        faults.push(said(&audited));
    }
    (total, faults)
}

fn is_whole(receipt: &str) -> bool {
    receipt.starts_with("<Receipt") && receipt.trim_end().ends_with("</Receipt>") && !receipt.contains('\0')
}

/// The end of a log.
pub fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}

fn disproven(trial: &Trial, receipt: &Path) -> Option<String> {
    let proven = trial.pencere(&["receipt", "verify", receipt.to_str().unwrap()]);
    (proven.status.code() != Some(0)).then(|| said(&proven))
}
