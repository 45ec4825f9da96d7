//! Windows with many submissions: the same answers with the journal's indexes, without them and with wrong ones;
//! and how long they take, where `PENCERE_MILLION` says how many submissions to make.
//!
//! The submissions are made by the crate's own writers, as a window writes them: journal, packs, and the seal with
//! its act log and the transparency log, one receipt each. BOEMİS holds their marks
//! without rows, and no receipts lie in the folders: these are not looked at here.

#[path = "samples/receipt.rs"]
#[allow(dead_code)] // the walk over the samples uses all of it
mod receipt;
#[path = "million/lies.rs"]
mod lies;
#[path = "window/trial.rs"]
mod trial;

use jiff::{SignedDuration, Timestamp};
use lies::Index;
use pencere::config::Config;
use pencere::document::{Content, Decision, Digest, GivenName, SubmissionId};
use pencere::evidence::{Evidence, Kept};
use pencere::host::{Disk, Host};
use pencere::journal::{Answered, Decided, Event, Held, HeldFile, Journal, Logged, SealedReceipt};
use pencere::seal::{Commitment, FileRecord, OutcomeRecord, PreviousRecord, Seal, SignerRecord, SinceRecord, said};
use pencere::transparency::Log;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use trial::{Trial, eventually, generation, voen};

/// Submissions that share a sync when they are made, at most.
const GROUP: u64 = 500;

/// What `status` says of starts and ends.
const LIFE: [&str; 4] = ["started", "stopped", "last_activity", "last_reload"];

/// A made submission: what it was.
fn decision(n: u64) -> Decision {
    match n % 20 {
        7 => Decision::Rejected,
        13 => Decision::Duplicate,
        _ => Decision::Accepted,
    }
}

/// What it states: each another period and revision.
fn statement(n: u64) -> (String, u16) {
    const REVISIONS: u64 = 5000;
    let (quarter, revision) = (n / 3 / REVISIONS, n / 3 % REVISIONS + 1);
    (format!("{}-Q{}", 2000 + quarter / 4, quarter % 4 + 1), revision as u16)
}

fn participant(n: u64) -> &'static str {
    ["azerisiq", "energetika", "meliorasiya"][n as usize % 3]
}

/// Makes so many submissions, the last a moment ago; they have all their answers, and are closed.
fn fill(trial: &Trial, count: u64) {
    let config = Config::load(&trial.at("w/pencere.toml"), Timestamp::now()).unwrap();
    let settings = config.settings();
    let (disk, state) = (Disk::system(), &settings.window.paths.state);
    let mut journal = Journal::open(&disk, state, settings.journal).unwrap();
    let mut evidence = Evidence::open(&disk, state, settings.evidence).unwrap();
    let mut boemis = Marks::open(&trial.at("w/state/boemis.sqlite"));
    let mut seal = Seal::open(&settings.seal, settings.window_of_receipts(), Box::new(Timestamp::now)).unwrap();
    let mut log = Log::open(&Host::system(), state, &mut journal, &settings.transparency).unwrap();
    let mut previous: HashMap<String, PreviousRecord> = HashMap::new();
    let begin = Timestamp::now() - SignedDuration::from_secs(10 * count as i64 + 60);
    let certificate = Digest::of(b"a certificate");
    let (mut first, at_once) = (0, GROUP.min(count / 20 + 1));
    while first < count {
        let group: Vec<u64> = (first..count.min(first + at_once)).collect();
        let (mut held, mut records) = (Vec::new(), Vec::new());
        for &n in &group {
            let received = begin + SignedDuration::from_secs(10 * n as i64);
            let id = SubmissionId::new(received);
            let octets = format!("{:<1200}", generation(voen("azerisiq"), "2024-Q1", 1, "SU-0001", &n.to_string()));
            let Kept { sha256, size, location } = evidence.append(octets.as_bytes()).unwrap();
            let name = format!("hesabat-{n}.xml");
            let document = HeldFile { name: GivenName::new(&name), sha256, size, location, source: None };
            let (of, channel) = (participant(n).parse().unwrap(), "folder".to_owned());
            let (detached, mail_signed, thread) = (None, false, None);
            held.push(Held { id, participant: Some(of), channel, received, document, detached, mail_signed, thread });
            records.push(OutcomeRecord {
                id,
                answer: 1,
                decision: decision(n),
                received,
                document: FileRecord { name, sha256: Some(sha256), size: Some(size) },
                signature: None,
                original: None,
                voen: Some(voen("azerisiq").to_owned()),
                participant: Some(participant(n).to_owned()),
                dataset: Some("generation".to_owned()),
                period: Some(statement(n).0),
                revision: Some(statement(n).1),
                records: Some(1),
                signers: vec![SignerRecord {
                    subject: Some("CN=A person of the body,C=AZ".to_owned()),
                    certificate_sha256: Some(certificate),
                    indication: "TOTAL-PASSED".to_owned(),
                    sub_indication: None,
                }],
                understood: Vec::new(),
                findings: Vec::new(),
            });
        }
        evidence.sync().unwrap();
        for one in &held {
            journal.append(one.received, Event::Held(Box::new(one.clone()))).unwrap();
        }
        log.extend(journal.sync().unwrap().leaves()).unwrap();
        for record in &records {
            let OutcomeRecord { id, answer, decision, .. } = *record;
            let decided = Decided { id, answer, decision, said: said(record) };
            journal.append(record.received, Event::Decided(decided)).unwrap();
        }
        let written = journal.sync().unwrap();
        log.extend(written.leaves()).unwrap();
        let (head, key) = (log.head().unwrap(), log.key().to_string());
        let commitments = records.iter().zip(written.leaves()).enumerate().map(|(at, (record, leaf))| {
            let previous = previous.get(record.participant.as_ref().unwrap()).cloned();
            // of the first of a body alone: the seal ties the next ones to it
            let since = previous.as_ref().filter(|_| at < 3).and_then(|before| head.since(before.size).unwrap());
            Commitment {
                entry: leaf.json.clone(),
                index: leaf.index,
                inclusion: head.inclusion(leaf).unwrap(),
                size: head.size,
                checkpoint: head.note.clone(),
                key: key.clone(),
                since: since.map(|since| SinceRecord { size: since.size, root: since.root, proof: since.proof }),
                previous,
            }
        });
        let commitments: Vec<Commitment> = commitments.collect();
        let sealed = seal.seal(records.iter().zip(commitments)).unwrap();
        for ((one, sealed), record) in held.iter().zip(&sealed).zip(&records) {
            if record.decision == Decision::Accepted {
                boemis.load(record);
            }
            let Kept { sha256, size, location } = evidence.append(sealed.octets()).unwrap();
            let logged = sealed.log_size().map(|size| Logged { content: sealed.content(), size });
            if let Some(Logged { content, size }) = logged {
                let number = sealed.number().to_owned();
                previous.insert(record.participant.clone().unwrap(), PreviousRecord { number, content, size });
            }
            let answered = Answered {
                id: one.id,
                answer: 1,
                decision: record.decision,
                participant: one.participant.clone(),
                dataset: Some("generation".parse().unwrap()),
                period: Some(record.period.as_ref().unwrap().parse().unwrap()),
                revision: Some(record.revision.unwrap().to_string().parse().unwrap()),
                records: Some(1),
                content: (record.decision != Decision::Rejected)
                    .then(|| Content(Digest::of(one.document.sha256.as_bytes()))),
                signers: vec![certificate],
                proven: BTreeMap::new(),
                findings: Vec::new(),
                original: None,
                rows: None,
                acted: None,
                replaces: None,
                about: None,
                grounds: None,
                dossier: None,
                by_mail: Vec::new(),
                receipt: SealedReceipt {
                    number: sealed.number().to_owned(),
                    file_name: format!("{}.{}.receipt.xml", one.document.name.shown(), one.id),
                    sha256,
                    size,
                    location,
                    lacks_stamp: false,
                    logged,
                },
            };
            journal.append(one.received, Event::Answered(Box::new(answered))).unwrap();
        }
        evidence.sync().unwrap();
        log.extend(journal.sync().unwrap().leaves()).unwrap();
        for one in &held {
            journal.append(one.received, Event::Closed { id: one.id }).unwrap();
        }
        journal.sync().unwrap();
        first += at_once;
    }
    log.sync().unwrap();
    boemis.done();
}

/// Load marks for BOEMİS, without rows: a window that is opened counts them.
struct Marks(std::process::Child, BufWriter<std::process::ChildStdin>);

impl Marks {
    fn open(database: &Path) -> Self {
        let mut command = std::process::Command::new("sqlite3");
        let mut child = command.arg("-bail").arg(database).stdin(std::process::Stdio::piped()).spawn().unwrap();
        let mut into = BufWriter::new(child.stdin.take().unwrap());
        writeln!(into, "BEGIN;").unwrap();
        Self(child, into)
    }

    fn load(&mut self, of: &OutcomeRecord) {
        let (participant, period, revision) =
            (of.participant.as_ref().unwrap(), of.period.as_ref().unwrap(), of.revision.unwrap());
        let columns =
            "id, participant, dataset, period, revision, content, rows, records, received_at, loaded_at, signers";
        let (id, at, digest) = (of.id, of.received, of.document.sha256.unwrap());
        let values = format!(
            "'{id}', '{participant}', 'generation', '{period}', {revision}, x'{digest}', x'{digest}', 0, '{at}', \
             '{at}', '{digest}'"
        );
        writeln!(self.1, "INSERT INTO submission ({columns}) VALUES ({values});").unwrap();
    }

    fn done(self) {
        let Self(mut child, mut into) = self;
        writeln!(into, "COMMIT;").unwrap();
        drop(into.into_inner().unwrap());
        assert!(child.wait().unwrap().success());
    }
}

/// The index files of the journal.
fn indexes(trial: &Trial) -> Vec<PathBuf> {
    let folder = fs::read_dir(trial.at("w/state/journal")).unwrap();
    let mut paths: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "index"));
    paths.sort();
    paths
}

/// What commands say of the window.
fn told(trial: &Trial, whats: &[String]) -> Vec<Value> {
    let mut said = Vec::new();
    for limit in ["5", "1000"] {
        said.push(trial.json(&["list", "--limit", limit]).1);
    }
    said.push(trial.json(&["list", "--state", "rejected", "--participant", "azerisiq"]).1);
    said.push(trial.json(&["list", "--state", "held"]).1);
    let mut status = trial.json(&["status"]).1;
    status["daemon"] = Value::Null;
    said.push(status);
    said.extend(whats.iter().map(|what| trial.json(&["show", what]).1));
    said
}

fn accepted_and_its_repeats(trial: &Trial, name: &str, octets: &[u8]) -> String {
    trial.put("azerenerji", name, octets);
    trial.done(&["once"]);
    receipt::decision(&trial.answers_to("azerenerji", name)[0].1).to_owned()
}

// S 3.1.4, R 3.9
#[test]
fn with_indexes_or_without_every_answer_is_the_same_and_nothing_old_is_taken_for_new() {
    let trial = Trial::new();
    trial.set("segment_max", "\"16KiB\"");
    trial.set("recent", "1");
    let text = |mwh| generation(voen("azerenerji"), "2024-Q1", 1, "SU-0001", mwh);
    let old = trial.signed("old.xml", text("10.000"), "azerenerji");
    assert_eq!(accepted_and_its_repeats(&trial, "old.xml", &old), "accepted");
    // left in its folder and answered, once
    std::os::unix::fs::symlink("nowhere", trial.side("azerenerji", "in").join("link")).unwrap();
    trial.done(&["once"]);
    assert_eq!(trial.answers_to("azerenerji", "link").len(), 1);
    fill(&trial, 120);

    let before = trial.json(&["list", "--limit", "1000"]).1; // no index is there yet
    assert!(indexes(&trial).is_empty());
    assert_eq!(before["submissions"].as_array().unwrap().len(), 122);
    fs::remove_dir_all(trial.at("w/state/ledger")).unwrap();
    trial.done(&["once"]);
    assert!(indexes(&trial).len() > 8, "{:?}", indexes(&trial));
    assert_eq!(trial.json(&["list", "--limit", "1000"]).1, before);

    // old content in the same octets, and signed again, is known; what was answered in its folder stays answered
    assert_eq!(accepted_and_its_repeats(&trial, "again.xml", &old), "duplicate");
    let anew = trial.signed("anew.xml", text("10.000"), "azerenerji");
    assert_ne!(anew, old);
    assert_eq!(accepted_and_its_repeats(&trial, "anew.xml", &anew), "duplicate");
    assert_eq!(trial.answers_to("azerenerji", "link").len(), 1);
    let checked = trial.json(&["check", "signed", "--participant", "azerenerji"]);
    assert_eq!((checked.0, &checked.1["decision"]), (Some(0), &Value::from("duplicate")));

    let first = before["submissions"][0].clone();
    let middle = before["submissions"][60].clone();
    let mut whats = vec!["again.xml".to_owned(), "link".to_owned()];
    for one in [&first, &middle] {
        whats.extend(["id", "name", "sha256", "receipt"].map(|key| one[key].as_str().unwrap().to_owned()));
    }
    let wanted = told(&trial, &whats);
    let files = indexes(&trial);
    let whole: Vec<Vec<u8>> = files.iter().map(|path| fs::read(path).unwrap()).collect();
    let same = |case: &str| assert_eq!(told(&trial, &whats), wanted, "{case}");

    files.iter().for_each(|path| fs::remove_file(path).unwrap());
    same("deleted");
    fs::write(&files[0], &whole[0]).unwrap();
    fs::write(&files[1], &whole[0]).unwrap();
    same("of another segment");
    for (path, octets) in files.iter().zip(&whole) {
        fs::write(path, &octets[..octets.len() / 2]).unwrap();
    }
    same("torn");
    // the header and each part rot for themselves
    for at in [3, 40, whole[2].len() / 4, whole[2].len() / 2, whole[2].len() - 40] {
        for (path, octets) in files.iter().zip(&whole) {
            let mut rotten = octets.clone();
            let at = at.min(rotten.len() - 1);
            rotten[at] ^= 0x20;
            fs::write(path, rotten).unwrap();
        }
        same(&format!("rotten at {at}"));
    }
    // a start makes them again: what is in sled alone would not be enough
    fs::remove_file(&files[3]).unwrap();
    assert_eq!(accepted_and_its_repeats(&trial, "third.xml", &old), "duplicate");
    assert_eq!(fs::read(&files[3]).unwrap(), whole[3]);
    // journal, tree, evidence and receipts fit; of what was made here BOEMİS has no rows
    let (code, audit) = trial.json(&["audit", "verify"]);
    assert_eq!((code, &audit["receipts"]), (Some(1), &Value::from(125)), "{audit}");
    assert!(audit.to_string().contains("BOEMİS"), "{audit}");
}

/// A window whose daemon gave its closed segments their indexes, and a document that it knows.
fn with_indexes() -> (Trial, Vec<u8>) {
    let trial = Trial::new();
    trial.set("segment_max", "\"8KiB\""); // what a start tells of itself leaves room for arrivals in the first
    trial.set("recent", "1");
    let old = trial.signed("old.xml", generation(voen("azerenerji"), "2024-Q1", 1, "SU-0001", "1.000"), "azerenerji");
    let daemon = trial.run();
    for n in 0..24 {
        let name = format!("{n}.xml");
        trial.put("azerenerji", &name, &old);
        assert_eq!(receipt::decision(&trial.answer("azerenerji", &name).1) == "accepted", n == 0, "{name}");
    }
    eventually("an index", || indexes(&trial).len() > 2);
    daemon.end();
    fs::remove_dir_all(trial.at("w/state/ledger")).unwrap();
    // and the rest of them; a run that closes a segment at its end leaves that one to the next
    let logs = || {
        let all = fs::read_dir(trial.at("w/state/journal")).unwrap().map(|entry| entry.unwrap().path());
        all.filter(|path| path.extension().is_some_and(|end| end == "log")).count()
    };
    let is_whole = (0..8).any(|_| {
        trial.done(&["once"]);
        indexes(&trial).len() + 1 == logs()
    });
    assert!(is_whole, "{} indexes, {} segments", indexes(&trial).len(), logs());
    (trial, old)
}

#[test]
fn an_audit_names_the_index_that_lies_though_its_checksums_fit() {
    let (trial, _) = with_indexes();
    let audited = |code| {
        let (found, answer) = trial.json(&["audit", "verify"]);
        assert_eq!(found, Some(code), "{answer}");
        answer
    };
    let files = indexes(&trial);
    let fits = audited(0);
    assert_eq!((&fits["indexes"], &fits["indexes_missing"]), (&files.len().into(), &0.into()), "{fits}");
    let (first, last) = (&files[0], files.last().unwrap());
    type Lie = fn(Index) -> Index;
    let lies: [(&Path, Lie, &str); 5] = [
        (last, Index::counts_one_more, "how everything stands"),
        (first, Index::counts_one_more, "how everything stands"),
        (first, Index::hides_its_lines, "where lines are found"),
        (first, Index::lets_all_fall, "by which submission a content stands"),
        (first, Index::hides_what_arrived, "what arrived"),
    ];
    for (path, lie, part) in lies {
        let whole = fs::read(path).unwrap();
        let told = Index::read(&whole);
        fs::write(path, told.octets()).unwrap();
        audited(0); // the same again, with its checksums made here
        fs::write(path, lie(told).octets()).unwrap();
        let unfit = audited(1)["first_unfit"].as_str().unwrap().to_owned();
        assert!(unfit.contains(path.to_str().unwrap()) && unfit.contains(part), "{unfit}");
        fs::write(path, whole).unwrap();
    }
    // what it says to do is enough
    fs::write(first, Index::read(&fs::read(first).unwrap()).lets_all_fall().octets()).unwrap();
    audited(1);
    fs::remove_file(first).unwrap();
    let fits = audited(0);
    assert_eq!((&fits["indexes"], &fits["indexes_missing"]), (&0.into(), &files.len().into()), "{fits}");
    fs::remove_dir_all(trial.at("w/state/ledger")).unwrap();
    trial.done(&["once"]);
    assert_eq!(audited(0)["indexes_missing"], 0);
}

#[test]
fn a_ledger_that_is_begun_anew_believes_no_last_index_that_lies() {
    let (trial, old) = with_indexes();
    let files = indexes(&trial);
    let whole: Vec<Vec<u8>> = files.iter().map(|path| fs::read(path).unwrap()).collect();
    let whats = ["0.xml", "9.xml"].map(str::to_owned);
    let state = |trial: &Trial| {
        let mut told = told(trial, &whats);
        for one in told.iter_mut() {
            for key in LIFE {
                one[key] = Value::Null; // starts and ends are told of, and nothing else is new
            }
        }
        told
    };
    let shown = state(&trial);
    let (first, last) = (&Index::read(&whole[0]), files.len() - 1);
    // each lie is told to the window as it is now: a start adds to its journal
    let copy = |from: &str, to: &str| {
        let _ = fs::remove_dir_all(trial.at(to));
        let done = std::process::Command::new("cp").arg("-a").arg(trial.at(from)).arg(trial.at(to)).status().unwrap();
        assert!(done.success());
    };
    copy("w/state", "kept");
    let all = |lie: &dyn Fn(usize, Index) -> Index| {
        copy("kept", "w/state");
        let told = |at: usize| Index::read(&whole[at]);
        let lying: Vec<_> = (0..files.len()).map(|at| lie(at, told(at)).octets()).collect();
        assert!((0..files.len()).any(|at| told(at).octets() != lying[at]), "it is no lie");
        files.iter().zip(lying).for_each(|(path, octets)| fs::write(path, octets).unwrap());
        fs::remove_dir_all(trial.at("w/state/ledger")).unwrap();
    };
    let of_last = |lie: fn(Index) -> Index| move |at, index| if at == last { lie(index) } else { index };
    type LieOf<'a> = Box<dyn Fn(usize, Index) -> Index + 'a>;
    let lies: [(&str, LieOf<'_>); 4] = [
        ("counts", Box::new(of_last(Index::counts_one_more))),
        ("counts, in all", Box::new(|_, index| index.counts_one_more())),
        ("lines", Box::new(of_last(Index::hides_its_lines))),
        ("contents", Box::new(|at, index| if at == last { index.lets_fall_what_stands_in(first) } else { index })),
    ];
    for (lie, change) in lies {
        all(&*change);
        trial.done(&["once"]);
        assert_eq!(state(&trial), shown, "{lie}");
        for (path, octets) in files.iter().zip(&whole) {
            let found = Index::read(&fs::read(path).unwrap()).octets();
            assert!(found == Index::read(octets).octets(), "{lie}: {}", path.display());
        }
    }
    all(&|at, index| if at == last { index.lets_fall_what_stands_in(first) } else { index });
    assert_eq!(accepted_and_its_repeats(&trial, "again.xml", &old), "duplicate");
    trial.done(&["audit", "verify"]);
}

#[test]
fn an_audit_names_the_index_of_the_act_log_that_lies() {
    let trial = Trial::new();
    trial.done(&["once"]);
    fill(&trial, 2400);
    let path = trial.at("w/state/seal/acts.index");
    let whole = fs::read(&path).expect("the act log is long enough to have an index");
    let unfit = || trial.json(&["audit", "verify"]).1["first_unfit"].as_str().unwrap().to_owned();
    let fits = unfit();
    assert!(fits.contains("BOEMİS"), "{fits}"); // has no rows of what is made here
    fs::write(&path, lies::of_acts(&whole)).unwrap();
    let lying = unfit();
    assert!(lying.contains("acts.index") && lying.contains("delete this file"), "{lying}");
    fs::write(&path, [&whole[..], &whole[..40]].concat()).unwrap(); // a write that a crash tore
    assert_eq!(unfit(), fits);
    fs::remove_file(&path).unwrap();
    assert_eq!(unfit(), fits);
}

#[test]
fn a_running_window_gives_its_closed_segments_their_indexes() {
    let trial = Trial::new();
    trial.set("segment_max", "\"4KiB\"");
    trial.set("recent", "1");
    let old = trial.signed("old.xml", generation(voen("azerenerji"), "2024-Q1", 1, "SU-0001", "1.000"), "azerenerji");
    let daemon = trial.run();
    trial.put("azerenerji", "old.xml", &old);
    assert_eq!(receipt::decision(&trial.answer("azerenerji", "old.xml").1), "accepted");
    for n in 0..12 {
        let name = format!("{n}.xml");
        trial.put("azerenerji", &name, &old);
        assert_eq!(receipt::decision(&trial.answer("azerenerji", &name).1), "duplicate", "{name}");
    }
    eventually("an index", || indexes(&trial).len() > 2);
    daemon.end();
    trial.done(&["audit", "verify"]);
    let listed = trial.json(&["list", "--participant", "azerenerji"]).1;
    assert_eq!(listed["submissions"].as_array().unwrap().len(), 13);
}

/// Octets below a path.
fn size(path: &Path, fits: &dyn Fn(&Path) -> bool) -> u64 {
    match fs::read_dir(path) {
        Ok(entries) => entries.map(|entry| size(&entry.unwrap().path(), fits)).sum(),
        Err(_) if fits(path) => fs::metadata(path).map_or(0, |file| file.len()),
        Err(_) => 0,
    }
}

fn took<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let done = work();
    println!("{what:<44} {:>9} µs", begin.elapsed().as_micros());
    done
}

/// `make million`.
#[test]
fn measure() {
    let Some(count) = std::env::var("PENCERE_MILLION").ok().and_then(|count| count.parse::<u64>().ok()) else { return };
    let trial = Trial::new();
    trial.done(&["once"]); // BOEMİS is there
    took("made", || fill(&trial, count));
    let ending = |ending: &'static str| move |path: &Path| path.to_string_lossy().ends_with(ending);
    type Fits<'f> = &'f dyn Fn(&Path) -> bool;
    let parts: [(&str, &str, Fits<'_>); 8] = [
        ("journal", "w/state/journal", &ending(".log")),
        ("indexes of the journal", "w/state/journal", &ending(".index")),
        ("act log", "w/state/seal", &ending(".log")),
        ("index of the act log", "w/state/seal", &ending(".index")),
        ("evidence, originals of 1200 and receipts", "w/state/evidence", &|_| true),
        ("transparency log", "w/state/transparency", &|_| true),
        ("load marks in BOEMİS", "w/state/boemis.sqlite", &|_| true),
        ("ledger", "w/state/ledger", &|_| true),
    ];
    let memory = |id: u64| {
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let line = |name| status.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
        println!("    {} {}", line("VmRSS"), line("VmHWM"));
    };
    for start in ["first start, all indexes made", "second start", "third start"] {
        let mut daemon = trial.start_with(|command| {
            command.env("PENCERE_LOG", "info");
        });
        took(start, || assert!(daemon.is_ready(), "{}", trial.log()));
        let (_, status) = trial.json(&["status"]);
        let process = status["daemon"].as_u64().unwrap();
        std::thread::sleep(Duration::from_secs(5));
        memory(process);
        if start == "third start" {
            asked(&trial, count);
            memory(process);
        }
        daemon.end();
    }
    for (part, folder, fits) in parts {
        println!("{part:<44} {:>9} octets each", size(&trial.at(folder), fits) / count);
    }
    std::io::stdout().flush().unwrap();
}

fn asked(trial: &Trial, count: u64) {
    let at = |n: u64| {
        let (_, shown) = trial.json(&["show", &format!("hesabat-{n}.xml")]);
        shown["submissions"][0].clone()
    };
    for n in [3, count / 2 + 1, count - 2] {
        let one = took(&format!("show by name, {n}"), || at(n));
        for key in ["id", "receipt", "sha256"] {
            let what = one[key].as_str().unwrap();
            took(&format!("show by {key}, {n}"), || trial.done(&["show", what]));
        }
    }
    let view = pencere::ledger::View::open(&Disk::system(), &trial.at("w/state")).unwrap();
    let of = "azerisiq".parse().unwrap();
    let contents: Vec<Content> = (0..10_000u32).map(|n| Content(Digest::of(&n.to_be_bytes()))).collect();
    let is_new = |content: &Content| view.find_content(&of, *content).unwrap().is_none();
    assert!(contents.iter().take(200).all(is_new)); // the filters are in memory then
    took("is this content new, 10 000 times", || assert!(contents.iter().all(is_new)));
    took("show what is not known", || assert_eq!(trial.pencere(&["show", "unknown"]).status.code(), Some(2)));
    took("list", || trial.done(&["list"]));
    took("list --state held", || trial.done(&["list", "--state", "held"]));
    took("status", || drop(trial.json(&["status"])));
    for n in 1..=5 {
        let name = format!("new-{n}.xml");
        let text = generation(voen("azerenerji"), "2024-Q1", n, "SU-0001", &format!("{n}.000"));
        let octets = trial.signed(&name, text, "azerenerji");
        took("from drop to receipt", || {
            trial.put("azerenerji", &name, octets);
            while trial.answers_to("azerenerji", &name).is_empty() {
                std::thread::sleep(Duration::from_micros(500));
            }
        });
    }
    let octets = trial.signed("n.xml", generation(voen("azerenerji"), "2024-Q1", 1, "SU-0001", "1.000"), "azerenerji");
    took("check", || {
        fs::write(trial.at("n.xml"), octets).unwrap();
        drop(trial.json(&["check", "n.xml", "--participant", "azerenerji"]));
    });
}
