//! Records as the commands read them, from journals written as a daemon writes them.

use super::*;
use crate::document::Decision;
use crate::host::test_folder;
use crate::journal::samples::{answered, at, closed, deferred, digest, held, id, refused};
use crate::journal::{Journal, Reader, Settings};

/// A state folder whose journal has these events, one a second.
fn state(events: Vec<Event>) -> tempfile::TempDir {
    let folder = test_folder();
    let mut journal = Journal::open(&Disk::system(), folder.path(), Settings::default()).unwrap();
    for (second, event) in (0..).zip(events) {
        journal.append(at(second), event).unwrap();
    }
    journal.sync().unwrap();
    folder
}

fn started() -> Event {
    Event::Started { version: "0".to_owned(), configuration: Default::default() }
}

#[test]
fn a_submission_is_folded_to_where_it_stands() {
    let events = vec![
        started(),
        held(1, "a"),
        held(2, "b"),
        answered(1, 1, Decision::Accepted, "c"),
        closed(1),
        deferred(2, 1),
        answered(2, 1, Decision::Held, "d"),
        deferred(2, 2),
        held(3, "e"),
        refused(4, "17@1.000000000:keçid"),
        answered(4, 1, Decision::Rejected, "f"),
    ];
    let folder = state(events);
    let known = Known::read(folder.path()).unwrap();
    let states: Vec<_> = known.last(9, |_| true).unwrap().iter().map(Submission::state).collect();
    assert_eq!(states, [ListState::Accepted, ListState::Held, ListState::Open, ListState::Rejected]);
    let (second, entries) = known.get(id(2)).unwrap().unwrap();
    assert_eq!((second.put_off, second.answers), (Some(at(5)), 1));
    assert_eq!(entries.len(), 4);
    let life = &known.fold().life;
    assert_eq!((life.started, life.last), (Some(at(0)), Some(at(10))));
    assert_eq!(known.open().unwrap().iter().map(Submission::id).collect::<Vec<_>>(), [2, 3, 4].map(id));
    let newest: Vec<_> = known.last(1, |one| one.state() == ListState::Held).unwrap();
    assert_eq!(newest.iter().map(Submission::id).collect::<Vec<_>>(), [id(2)]);
}

// R 3.9
#[test]
fn it_is_found_by_all_its_names() {
    let folder = state(vec![held(1, "a"), held(2, "b"), answered(1, 1, Decision::Accepted, "c")]);
    let known = Known::read(folder.path()).unwrap();
    let found = |what: &str| known.meant(what).unwrap().len();
    for what in [&id(1).to_string(), "trial/2026/1-1", "hesabat-1.xml", &digest("a").to_string()] {
        assert_eq!(found(what), 1, "{what}");
    }
    assert_eq!(found(&digest("receipt").to_string()), 1);
    assert_eq!(found(&id(1).to_string().to_uppercase()), 1);
    assert_eq!((found("hesabat"), found(&digest("c").to_string())), (0, 0));
}

#[test]
fn the_window_s_own_life_begins_anew_with_each_start() {
    let halted = Event::Halted { why: "the disk".to_owned() };
    let reloaded = Event::Reloaded { configuration: Default::default(), refused: Some("registry".to_owned()) };
    let folder = state(vec![started(), reloaded.clone(), halted.clone()]);
    let life = Known::read(folder.path()).unwrap().fold().life.clone();
    assert_eq!(life.halted, Some((at(2), "the disk".to_owned())));
    assert_eq!(life.reloaded, Some((at(1), Some("registry".to_owned()))));
    let folder = state(vec![started(), reloaded, halted, started()]);
    let life = Known::read(folder.path()).unwrap().fold().life.clone();
    assert_eq!((life.halted, life.reloaded, life.started), (None, None, Some(at(3))));
}

#[test]
fn what_cannot_have_happened_is_told_with_its_place() {
    let folder = state(vec![held(1, "a"), closed(1)]);
    let mut reader = Reader::open(&Disk::system(), folder.path()).unwrap();
    let mut records = Records::default();
    let mut take = || reader.next().unwrap().map(|(entry, behind)| records.take(entry, behind));
    assert!(take().unwrap().is_ok());
    match take().unwrap() {
        Err(Unfit::Impossible { behind, why }) => {
            assert_eq!(behind.segment, 1);
            assert!(why.contains(&id(1).to_string()) && why.contains("closed"), "{why}");
        }
        other => panic!("{other:?}"),
    }
    assert!(Known::read(folder.path()).is_err());
}

#[test]
fn it_is_read_beside_a_writer() {
    let folder = state(vec![held(1, "a")]);
    let mut journal = Journal::open(&Disk::system(), folder.path(), Settings::default()).unwrap();
    journal.append(at(9), held(2, "b")).unwrap();
    journal.sync().unwrap();
    assert_eq!(Known::read(folder.path()).unwrap().last(9, |_| true).unwrap().len(), 2);
}
