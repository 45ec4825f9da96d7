use super::*;
use crate::document::Decision;
use crate::host::test_folder;
use crate::journal;
use crate::journal::samples::{
    answered, at, closed, contested, deferred, digest, held, id, opened, path, refused, settled,
};
use std::collections::BTreeMap;

fn journal(state: &Path) -> Journal {
    opened(&Disk::system(), state, journal::Settings { segment_max: 4000 }).unwrap()
}

fn open(state: &Path, journal: &Journal) -> (Ledger, Opened) {
    Ledger::open(&Disk::system(), state, journal, Settings::default()).unwrap()
}

fn write(journal: &mut Journal, events: Vec<Event>) -> Written {
    events.into_iter().for_each(|event| journal.append(at(0), event).unwrap());
    journal.sync().unwrap()
}

/// A few days in a window.
fn days() -> Vec<Vec<Event>> {
    vec![
        vec![Event::Started { version: "0.1.0".to_owned(), configuration: BTreeMap::new() }, held(1, "a")],
        vec![held(2, "b"), held(3, "a"), answered(1, 1, Decision::Accepted, "A")],
        vec![closed(1), answered(2, 1, Decision::Rejected, "B"), answered(3, 1, Decision::Duplicate, "A")],
        vec![held(4, "d"), deferred(4, 1), answered(4, 1, Decision::Held, "D")],
        vec![refused(5, "17:x"), held(6, "f"), closed(2), Event::Stopped {}],
        vec![held(7, "g"), held(8, "h"), held(9, "i"), path("certificate")],
        [7, 8, 9].map(|n| answered(n, 1, Decision::Accepted, &n.to_string())).to_vec(),
        vec![settled(7), contested(8)],
    ]
}

/// Everything a ledger holds.
fn all(ledger: &Ledger) -> BTreeMap<Vec<u8>, Vec<u8>> {
    ledger.db.iter().map(|pair| pair.map(|(key, value)| (key.to_vec(), value.to_vec())).unwrap()).collect()
}

fn azerenerji() -> ParticipantName {
    "azerenerji".parse().unwrap()
}

#[test]
fn it_answers_from_what_is_durable() {
    let state = test_folder();
    let mut journal = journal(state.path());
    let (mut ledger, opened) = open(state.path(), &journal);
    assert_eq!(opened, Opened::Rebuilt(0));
    for day in days() {
        ledger.apply(&write(&mut journal, day)).unwrap();
    }
    let open: Vec<_> = ledger.open_submissions().unwrap().iter().map(|s| (s.id(), s.phase.clone())).collect();
    let later = Phase::Deferred { finding: "load.database-away".to_owned(), attempt: 1, next: Some(at(60)) };
    let wanted = [(id(3), Phase::Answered), (id(4), later), (id(5), Phase::Refused), (id(6), Phase::Held)];
    assert_eq!(open[..4], wanted);
    let recent: Vec<_> = ledger.recent(5).unwrap().iter().map(Submission::id).collect();
    assert_eq!(recent, [9, 8, 7, 6, 5].map(id));

    let by_content = |text| ledger.find_content(&azerenerji(), Content(digest(text))).unwrap().map(|s| s.id());
    assert_eq!((by_content("A"), by_content("B"), by_content("D")), (Some(id(1)), None, Some(id(4))));
    let octets = |text| ledger.find_octets(Some(&azerenerji()), digest(text), None).unwrap().map(|s| s.id());
    assert_eq!((octets("a"), octets("b"), octets("f")), (Some(id(1)), None, Some(id(6))));
    let other = "azerisiq".parse().unwrap();
    assert!(ledger.find_content(&other, Content(digest("A"))).unwrap().is_none());
    assert!(ledger.find_octets(Some(&azerenerji()), digest("a"), Some(digest("a"))).unwrap().is_none());
    assert_eq!(ledger.find_receipt("trial/2026/2-1").unwrap().unwrap().decision(), Some(Decision::Rejected));
    assert_eq!(ledger.find_refused(&other, "17:x").unwrap().unwrap().id(), id(5));
    assert!(ledger.find_refused(&other, "18:x").unwrap().is_none());
    let first = ledger.state(id(1)).unwrap().unwrap();
    assert_eq!((first.phase, first.answers, first.last.unwrap().decision), (Phase::Closed, 1, Decision::Accepted));
    assert!(ledger.state(id(99)).unwrap().is_none());
}

#[test]
fn an_acceptance_is_unsettled_until_it_is_settled_or_contested() {
    let state = test_folder();
    let mut journal = journal(state.path());
    let (mut ledger, _) = open(state.path(), &journal);
    for day in days() {
        ledger.apply(&write(&mut journal, day)).unwrap();
    }
    let ids = |found: &[Unsettled]| found.iter().map(|one| one.id).collect::<Vec<_>>();
    let (first, place) = ledger.unsettled(&Place::default(), 1).unwrap();
    assert_eq!((ids(&first), &first[0].signers), (vec![id(1)], &vec![(digest("certificate"), at(1))]));
    let (next, end) = ledger.unsettled(&place.unwrap(), 10).unwrap();
    assert_eq!((ids(&next), end), (vec![id(9)], None));
    assert_eq!(ledger.path(digest("certificate")).unwrap().unwrap().sha256, digest("path"));
    assert!(ledger.path(digest("other")).unwrap().is_none());
    // what is contested stands no more from that moment, and is open until it is answered so
    assert!(ledger.find_content(&azerenerji(), Content(digest("8"))).unwrap().is_none());
    assert!(ledger.open_submissions().unwrap().iter().any(|one| matches!(one.phase, Phase::Contested(_))));
    ledger.apply(&write(&mut journal, vec![answered(8, 2, Decision::Contested, "8"), closed(8)])).unwrap();
    assert_eq!(ledger.state(id(8)).unwrap().unwrap().phase, Phase::Closed);
    assert_eq!(ids(&ledger.unsettled(&Place::default(), 10).unwrap().0), [id(1), id(9)]);
}

#[test]
fn content_that_no_longer_stands_is_judged_afresh() {
    let state = test_folder();
    let mut journal = journal(state.path());
    let (mut ledger, _) = open(state.path(), &journal);
    let mut stands = |events| {
        ledger.apply(&write(&mut journal, events)).unwrap();
        let of = azerenerji();
        let by = |found: Result<Option<Submission>, _>| found.unwrap().map(|s: Submission| s.id());
        (by(ledger.find_content(&of, Content(digest("A")))), by(ledger.find_octets(Some(&of), digest("a"), None)))
    };
    assert_eq!(
        stands(vec![held(1, "a"), deferred(1, 1), answered(1, 1, Decision::Held, "A")]),
        (Some(id(1)), Some(id(1)))
    );
    assert_eq!(stands(vec![answered(1, 2, Decision::Rejected, "A")]), (None, None));
    assert_eq!(stands(vec![held(2, "a"), answered(2, 1, Decision::Accepted, "A")]), (Some(id(2)), Some(id(2))));
    assert_eq!(stands(vec![closed(1), closed(2), answered(2, 2, Decision::Contested, "A")]), (None, None));
}

#[test]
fn missing_behind_torn_or_of_another_journal_it_becomes_the_same_again() {
    let state = test_folder();
    let mut truth = journal(state.path());
    let folder = state.path().join("ledger");
    let early = state.path().join("early");
    for (day, events) in days().into_iter().enumerate() {
        let (mut ledger, _) = open(state.path(), &truth);
        ledger.apply(&write(&mut truth, events)).unwrap();
        ledger.close(&Disk::system(), state.path()).unwrap();
        if day == 1 {
            copy(&folder, &early);
        }
    }
    let (ledger, opened) = open(state.path(), &truth);
    assert_eq!(opened, Opened::CaughtUp(0));
    let wanted = all(&ledger);
    let glance = Ledger::glance(&Disk::system(), state.path(), Settings::default()).unwrap();
    assert!(all(&glance) == wanted);
    drop(ledger);
    assert_eq!(open(state.path(), &truth).1, Opened::Rebuilt(days().concat().len() as u64), "not closed in order");
    std::fs::File::create(state.path().join("ledger.closed")).unwrap();
    let entries = days().concat().len() as u64;
    let same = |case: &str, wanted_opened: Opened| {
        let (ledger, opened) = open(state.path(), &truth);
        assert_eq!((opened, all(&ledger) == wanted), (wanted_opened, true), "{case}");
        ledger.close(&Disk::system(), state.path()).unwrap();
    };

    std::fs::remove_dir_all(&folder).unwrap();
    same("missing", Opened::Rebuilt(entries));

    std::fs::remove_dir_all(&folder).unwrap();
    copy(&early, &folder);
    same("behind", Opened::CaughtUp(entries - 5));

    std::fs::remove_dir_all(&folder).unwrap();
    let elsewhere = test_folder();
    let mut other = journal(elsewhere.path());
    let (mut ledger, _) = open(elsewhere.path(), &other);
    ledger.apply(&write(&mut other, vec![held(7, "other"), held(8, "day")])).unwrap();
    drop(ledger);
    copy(&elsewhere.path().join("ledger"), &folder);
    same("of another journal", Opened::Rebuilt(entries));

    for file in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
        let octets = std::fs::read(&file).unwrap();
        for torn in [octets[..octets.len() / 2].to_vec(), Vec::new(), vec![0xa5; octets.len()]] {
            if torn != octets {
                std::fs::write(&file, torn).unwrap();
                let closed = state.path().join("ledger.closed");
                std::fs::File::create(closed).unwrap(); // so that nothing but sled and the place are asked
                let (ledger, _) = open(state.path(), &truth);
                assert!(all(&ledger) == wanted, "torn {}", file.display());
            }
        }
    }
    assert!(state.path().join("ledger.aside").is_dir());
}

#[test]
fn ahead_of_its_journal_it_is_made_anew() {
    let state = test_folder();
    let mut truth = journal(state.path());
    let (mut ledger, _) = open(state.path(), &truth);
    ledger.apply(&write(&mut truth, vec![held(1, "a")])).unwrap();
    let path = state.path().join("journal/00000001.log");
    let older = std::fs::read(&path).unwrap();
    ledger.apply(&write(&mut truth, vec![held(2, "b")])).unwrap();
    ledger.close(&Disk::system(), state.path()).unwrap();
    drop(truth);
    std::fs::write(&path, older).unwrap();
    let truth = journal(state.path());
    let (ledger, opened) = open(state.path(), &truth);
    assert_eq!((opened, ledger.recent(9).unwrap().len()), (Opened::Rebuilt(1), 1));
}

#[test]
fn what_cannot_follow_is_impossible() {
    let wrong: [(&[Event], Event); 9] = [
        (&[held(1, "a")], held(1, "a")),
        (&[], answered(1, 1, Decision::Accepted, "A")),
        (&[held(1, "a")], answered(1, 2, Decision::Accepted, "A")),
        (&[held(1, "a")], closed(1)),
        (&[held(1, "a"), answered(1, 1, Decision::Accepted, "A")], deferred(1, 1)),
        (&[held(1, "a"), answered(1, 1, Decision::Held, "A")], closed(1)),
        (&[held(1, "a")], settled(1)),
        (&[held(1, "a")], contested(1)),
        (&[held(1, "a"), answered(1, 1, Decision::Accepted, "A"), contested(1)], closed(1)),
    ];
    for (before, event) in wrong {
        let state = test_folder();
        let mut journal = journal(state.path());
        let (mut ledger, _) = open(state.path(), &journal);
        ledger.apply(&write(&mut journal, before.to_vec())).unwrap();
        assert!(ledger.check([&event]).is_err());
        let error = ledger.apply(&write(&mut journal, vec![event.clone()])).unwrap_err();
        assert!(matches!(error, LedgerError::Impossible(_)), "{event:?}: {error}");
    }
}

#[test]
fn what_may_follow_is_asked_without_learning_it() {
    let state = test_folder();
    let mut journal = journal(state.path());
    let (mut ledger, _) = open(state.path(), &journal);
    let events = [held(1, "a"), answered(1, 1, Decision::Accepted, "A"), closed(1)];
    ledger.check(&events).unwrap();
    assert!(ledger.recent(1).unwrap().is_empty());
    assert!(ledger.check(&events[1..]).is_err());
    ledger.apply(&write(&mut journal, events.to_vec())).unwrap();
    assert_eq!(ledger.recent(9).unwrap().len(), 1);
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).unwrap()),
        }
    }
}
