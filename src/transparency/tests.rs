//! The log beside its journal: it grows with it, is made anew from it, and proves nothing that is not so.

use super::*;
use crate::document::Decision;
use crate::forms::merkle;
use crate::host::test_folder;
use crate::journal::samples::{answered, at, closed, decided, held};
use crate::journal::{self, Event};

/// Segments of a few lines: every start has some behind it.
const SMALL: journal::Settings = journal::Settings { segment_max: 3000 };

fn settings(state: &Path) -> Settings {
    Settings { origin: "pencere/trial".to_owned(), key: KeyPlace::own(state) }
}

fn open(state: &Path) -> (Journal, Log) {
    let disk = Disk::system();
    let mut journal = Journal::open(&disk, state, SMALL).unwrap();
    let log = Log::open(&Host::system(), state, &mut journal, &settings(state)).unwrap();
    (journal, log)
}

/// Writes the events of so many submissions, and gives the leaves.
fn write(journal: &mut Journal, log: &mut Log, submissions: std::ops::Range<i64>) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    for n in submissions {
        for event in
            [held(n, "d"), decided(n, 1, Decision::Accepted), answered(n, 1, Decision::Accepted, "c"), closed(n)]
        {
            let is_leaf = matches!(event, Event::Decided(_) | Event::Answered(_));
            journal.append(at(n), event).unwrap();
            let written = journal.sync().unwrap();
            assert_eq!(written.leaves().len(), usize::from(is_leaf));
            log.extend(written.leaves()).unwrap();
            leaves.extend(written.leaves().to_vec());
        }
    }
    leaves
}

#[test]
fn it_grows_with_the_journal_and_is_the_same_after_every_start() {
    let state = test_folder();
    let mut leaves = Vec::new();
    for round in 0..12 {
        let (mut journal, mut log) = open(state.path());
        assert_eq!(log.size(), leaves.len() as u64);
        match round {
            // what may be thrown away is thrown away
            3 => std::fs::remove_file(state.path().join("transparency/nodes")).unwrap(),
            5 => std::fs::write(state.path().join("transparency/nodes"), b"torn").unwrap(),
            7 => std::fs::write(state.path().join("transparency/nodes"), vec![0; 1 << 16]).unwrap(),
            _ => {}
        }
        if [3, 5, 7].contains(&round) {
            drop((journal, log));
            (journal, log) = open(state.path());
        }
        leaves.extend(write(&mut journal, &mut log, round * 7..round * 7 + 7));
        let head = log.head().unwrap();
        let checkpoint = log.key().verify(&head.note).unwrap();
        assert_eq!((checkpoint.size, checkpoint.root), (head.size, head.root));
        for leaf in &leaves {
            let path = head.inclusion(leaf).unwrap();
            assert_eq!(leaf.hash, merkle::leaf(leaf.json.as_bytes()));
            assert!(is_included(leaf.hash, leaf.index, head.size, &path, head.root));
        }
        for size in 1..=head.size {
            let since = head.since(size).unwrap().unwrap();
            assert!(is_consistent((size, since.root), (head.size, head.root), &since.proof));
        }
        assert!(head.since(0).unwrap().is_none() && head.since(head.size + 1).unwrap().is_none());
    }
    assert!(std::fs::read_dir(state.path().join("journal")).unwrap().count() > 5, "there was more than one segment");
}

#[test]
fn no_proof_leaves_that_does_not_hold() {
    let state = test_folder();
    let (mut journal, mut log) = open(state.path());
    let leaves = write(&mut journal, &mut log, 0..20);
    let path = state.path().join("transparency/nodes");
    let mut octets = std::fs::read(&path).unwrap();
    octets[32 + 5] ^= 1; // of the first leaf's node
    std::fs::write(&path, octets).unwrap();
    let head = log.head().unwrap();
    assert!(matches!(head.inclusion(&leaves[1]), Err(LogFault::Damaged)), "its neighbour is that node");
    assert!(head.inclusion(&leaves[30]).is_ok());
    drop(head);
    assert!(matches!(log.damaged(), LogFault::Damaged));
    drop((journal, log));
    let (_, log) = open(state.path());
    assert!(log.head().unwrap().inclusion(&leaves[1]).is_ok(), "made anew");
}

#[test]
fn leaves_that_do_not_follow_are_refused() {
    let state = test_folder();
    let (mut journal, mut log) = open(state.path());
    let leaves = write(&mut journal, &mut log, 0..3);
    assert!(log.extend(&[]).is_ok());
    assert!(matches!(log.extend(&leaves[..1]), Err(LogFault::Damaged)));
}

#[test]
fn the_key_is_made_once_and_must_be_whole() {
    let state = test_folder();
    let (journal, log) = open(state.path());
    let key = log.key().clone();
    drop((journal, log));
    assert_eq!(*open(state.path()).1.key(), key);
    let text = |of: &str| {
        let path = state.path().join("transparency").join(of);
        let printed = std::process::Command::new("openssl").args(["x509", "-noout", "-text", "-in"]).arg(path).output();
        String::from_utf8(printed.unwrap().stdout).unwrap()
    };
    assert!(
        text("log.crt").contains("ED25519") && text("log.crt").contains("CN = pencere/trial"),
        "{}",
        text("log.crt")
    );
    // a stop may have come between key and certificate: the key stays, and is certified
    std::fs::remove_file(state.path().join("transparency/log.crt")).unwrap();
    assert_eq!(*open(state.path()).1.key(), key);
    assert!(text("log.crt").contains("CN = pencere/trial"));
    // half of it gone is no reason to make another, which would fork the log
    std::fs::remove_file(state.path().join("transparency/log.key")).unwrap();
    let mut journal = Journal::open(&Disk::system(), state.path(), SMALL).unwrap();
    let opened = Log::open(&Host::system(), state.path(), &mut journal, &settings(state.path()));
    assert!(matches!(opened, Err(LogFault::Key(KeyFault::File { .. }))));
}
