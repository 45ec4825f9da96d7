//! The window dies at any moment, and every document is loaded once and answered once.
//!
//! Two walks: the daemon is killed at random moments under load, and a window in this process meets
//! a fault at the n-th step of its own disk. `PENCERE_KILLS` and `PENCERE_STEPS` make them longer,
//! `PENCERE_SEED` repeats one.

#[path = "samples/receipt.rs"]
#[allow(dead_code)] // the walk over the samples uses all of it
mod receipt;
#[path = "window/trial.rs"]
mod trial;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};
use trial::{PARTICIPANTS, Trial, capacity, eventually, generation, said, voen};

/// A small generator (xorshift64*): a seed is enough to meet the same moments again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % end
    }
}

/// Says the seed when a test fails.
struct Seed(u64);

impl Seed {
    fn new() -> Self {
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

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

/// A document to be dropped.
struct Document {
    participant: &'static str,
    name: String,
    /// Its files in the order in which they are dropped.
    files: Vec<(String, Vec<u8>)>,
    /// Documents of the same content: one is accepted, the others are its duplicates. None: it is
    /// rejected.
    content: Option<usize>,
}

/// Documents of every kind, signed.
fn documents(trial: &Trial, count: usize, dice: &mut Dice) -> Vec<Document> {
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

#[test]
fn killed_at_any_moment_every_document_is_loaded_once_and_answered_once() {
    let kills = number("PENCERE_KILLS").unwrap_or(12) as usize;
    let seed = Seed::new();
    let mut dice = Dice(seed.0);
    let trial = Trial::new();
    let documents = documents(&trial, kills * 12, &mut dice);
    let mut left = documents.as_slice();
    let mut before_ready = 0;
    for round in 0..kills {
        let (now, later) = left.split_at(left.len() / (kills - round));
        left = later;
        let pauses: Vec<u64> = (0..now.len() * 2).map(|_| dice.below(9)).collect();
        let (early, moment, direct) = (dice.below(4) == 0, 5 + dice.below(296), dice.below(2) == 0);
        std::thread::scope(|scope| {
            let trial = &trial;
            scope.spawn(move || feed(trial, now, &pauses, direct));
            let mut daemon = trial.start_with(|_| {});
            if early {
                before_ready += 1;
                std::thread::sleep(Duration::from_millis(moment / 4));
            } else {
                assert!(daemon.is_ready(), "round {round}: {}", trial.log());
                std::thread::sleep(Duration::from_millis(moment));
            }
            assert!(daemon.is_alive(), "round {round}: {}", trial.log());
            daemon.kill();
        });
    }
    let last = trial.run();
    eventually("the end of the work", || {
        PARTICIPANTS.iter().all(|one| trial.names(one, "in").is_empty() && trial.names(one, ".taken").is_empty())
    });
    last.end();
    let count = audit(&trial, &documents);
    let log = trial.log();
    let again = log.matches("finishing what was under way").count();
    println!(
        "{kills} kills, {before_ready} of them before the window watched; {} documents, {count} receipts; \
         {again} starts finished work, {} gave files back",
        documents.len(),
        log.matches("lie in their folders again").count()
    );
}

/// Drops documents, some as a careful agency does, some straight under their names.
fn feed(trial: &Trial, documents: &[Document], pauses: &[u64], direct: bool) {
    let mut pauses = pauses.iter();
    for document in documents {
        for (name, octets) in &document.files {
            match direct {
                true => fs::write(trial.side(document.participant, "in").join(name), octets).unwrap(),
                false => trial.put(document.participant, name, octets),
            }
            std::thread::sleep(Duration::from_millis(*pauses.next().unwrap_or(&1)));
        }
    }
}

/// What must hold in the end, whatever happened on the way. Gives the number of receipts.
fn audit(trial: &Trial, documents: &[Document]) -> usize {
    let mut faults = Vec::new();
    let mut answers: BTreeMap<&str, Vec<(String, String)>> = BTreeMap::new();
    for participant in PARTICIPANTS {
        answers.insert(participant, trial.answers(participant));
        for side in ["in", ".taken"] {
            let lying = trial.names(participant, side);
            assert!(lying.is_empty(), "{participant}/{side}: {lying:?}");
        }
    }
    let incoming: Vec<_> = fs::read_dir(trial.at("w/state/staging/incoming")).unwrap().collect();
    assert!(incoming.is_empty(), "{incoming:?}");

    // one final answer each
    let (mut accepted, mut contents) = (BTreeSet::new(), BTreeMap::new());
    for document in documents {
        let own: Vec<_> = answers[document.participant]
            .iter()
            .filter(|(file, _)| trial::is_answer_to(file, &document.name) && file.ends_with(".receipt.xml"))
            .collect();
        let [(_, text)] = &own[..] else {
            faults.push(format!("{}: {} answers", document.name, own.len()));
            continue;
        };
        let decision = receipt::decision(text);
        if decision == "accepted" {
            accepted.insert(receipt::attribute(text, "Receipt", "id").unwrap().to_owned());
        }
        match (document.content, decision) {
            (None, "rejected") => {}
            (Some(content), "accepted" | "duplicate") => {
                contents.entry(content).or_insert_with(Vec::new).push(decision);
            }
            _ => faults.push(format!("{}: {decision} {:?}", document.name, receipt::codes(text))),
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
    // numbers without gap or double, every receipt sealed
    let mut numbers = BTreeSet::new();
    let mut total = 0;
    for (name, text) in answers.values().flatten() {
        let number = receipt::attribute(text, "Receipt", "number").unwrap();
        total += 1;
        if !numbers.insert(number.rsplit('-').next().unwrap().parse::<usize>().unwrap()) {
            faults.push(format!("{name}: the number {number} was given twice"));
        }
    }
    if numbers.iter().copied().ne(1..=total) {
        let missing: Vec<usize> = (1..=total).filter(|number| !numbers.contains(number)).collect();
        faults.push(format!("of {total} numbers are missing {missing:?}"));
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
    assert!(faults.is_empty(), "{} faults:\n{}\n{}", faults.len(), faults.join("\n"), tail(&trial.log()));
    total
}

/// The end of a log.
fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}

fn disproven(trial: &Trial, receipt: &Path) -> Option<String> {
    let proven = trial.pencere(&["receipt", "verify", receipt.to_str().unwrap()]);
    (proven.status.code() != Some(0)).then(|| said(&proven))
}
