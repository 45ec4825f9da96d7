use super::*;
use crate::document::Digest;
use crate::evidence::{self, Evidence};
use crate::host::{Clock, Disk, Fault, Faults, test_folder};
use crate::intake::Arrival;
use crate::journal::samples::at;
use crate::journal::{self, Entry, Event, Held, Journal};
use crate::ledger::{self, Ledger};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

const SMALL: evidence::Settings = evidence::Settings { pack_entry_max: 100, pack_max: 1 << 20 };

/// An agency's folder with a small document, a pair, and a large one.
fn dropped(folder: &Path) -> Vec<Arrival> {
    let file = |name: &str, octets: &[u8]| {
        std::fs::write(folder.join(name), octets).unwrap();
        File::open(folder.join(name)).unwrap()
    };
    vec![
        Arrival::of_files("azerenerji", ("a.xml", file("a.xml", b"<Submission/>")), None, at(1)).unwrap(),
        Arrival::of_files(
            "azerisiq",
            ("b.csv", file("b.csv", b"dataset,period")),
            Some(("b.csv.p7s", file("b.csv.p7s", b"CMS"))),
            at(2),
        )
        .unwrap(),
        Arrival::of_files("azerenerji", ("c.xml", file("c.xml", &[b'c'; 1000])), None, at(3)).unwrap(),
    ]
}

struct Window {
    evidence: Evidence,
    journal: Journal,
    clock: Clock,
}

impl Window {
    fn open(disk: &Disk, state: &Path) -> Result<Self, Why> {
        let journal = journal::samples::opened(disk, state, journal::Settings::default())?;
        let evidence = Evidence::open(disk, state, SMALL)?;
        Ok(Self { evidence, journal, clock: Clock::fixed(at(60)) })
    }

    fn staging(&mut self) -> Staging<'_> {
        Staging::new(&self.clock, &mut self.evidence, &mut self.journal)
    }
}

fn octets(staged: Staged) -> (About, Vec<u8>, Option<Vec<u8>>) {
    let all = |octets: Octets| octets.head(octets.len() as usize).unwrap();
    let (about, document, detached) = staged.into_octets();
    (about, all(document), detached.map(all))
}

/// What the journal says is held, read as a new process reads it.
fn held_events(state: &Path) -> Vec<Held> {
    let mut reader = journal::Reader::open(&Disk::system(), state).unwrap();
    let mut held = Vec::new();
    while let Some((Entry { event, .. }, _)) = reader.next().unwrap() {
        match event {
            Event::Held(event) => held.push(*event),
            other => panic!("{other:?}"),
        }
    }
    held
}

#[test]
fn a_group_is_held_and_can_be_judged_again_by_the_next_process() {
    let (state, folder) = (test_folder(), test_folder());
    let mut window = Window::open(&Disk::system(), state.path()).unwrap();
    let group = window.staging().hold(dropped(folder.path())).unwrap();
    let mut first = Vec::new();
    for holding in group.holdings {
        let Holding::Staged(staged) = holding else { panic!("{holding:?}") };
        assert!(staged.about().is_held());
        first.push(octets(staged));
    }
    assert_eq!((first[0].1.as_slice(), first[1].2.as_deref()), (&b"<Submission/>"[..], Some(&b"CMS"[..])));
    assert_eq!((first[2].1.len(), first[2].0.document.size), (1000, 1000));
    assert_eq!(first[1].0.received, at(2));

    let (mut ledger, _) =
        Ledger::open(&Disk::system(), state.path(), &window.journal, ledger::Settings::default()).unwrap();
    ledger.apply(&journal::Journal::sync(&mut window.journal).unwrap()).unwrap();
    assert_eq!(ledger.open_submissions().unwrap().len(), 3);
    drop((window, ledger));
    std::fs::remove_dir_all(folder.path()).unwrap();
    let mut window = Window::open(&Disk::system(), state.path()).unwrap();
    let again = held_events(state.path()).iter().map(|held| octets(window.staging().again(held).unwrap())).collect();
    let compare = |mut all: Vec<(About, Vec<u8>, Option<Vec<u8>>)>| {
        all.iter_mut().filter(|(about, ..)| about.is_held()).for_each(|(about, ..)| about.custody = Custody::Held);
        format!("{all:?}")
    };
    assert_eq!(compare(again), compare(first));
}

#[test]
fn a_source_that_changes_or_cannot_be_read_is_given_back_alone() {
    let (state, folder) = (test_folder(), test_folder());
    let mut window = Window::open(&Disk::system(), state.path()).unwrap();
    let mut group = dropped(folder.path());
    let unreadable = File::options().write(true).open(folder.path().join("a.xml")).unwrap();
    group.push(Arrival::of_files("azerenerji", ("w.xml", unreadable), None, at(4)).unwrap());
    for (name, len) in [("b.csv.p7s", 1), ("c.xml", 2000)] {
        File::options().write(true).open(folder.path().join(name)).unwrap().set_len(len).unwrap();
    }
    let group = window.staging().hold(group).unwrap();
    let kinds: Vec<&str> = group
        .holdings
        .iter()
        .map(|holding| match holding {
            Holding::Staged(_) => "staged",
            Holding::Changed(_) => "changed",
            Holding::Unreadable(..) => "unreadable",
        })
        .collect();
    assert_eq!(kinds, ["staged", "changed", "changed", "unreadable"]);
    assert_eq!(group.written.entries().len(), 1);
    assert_eq!(held_events(state.path()).len(), 1);
    assert_eq!(std::fs::read_dir(state.path().join("staging/incoming")).unwrap().count(), 0);
}

#[test]
fn a_file_that_grows_under_the_hand_is_changed() {
    let (state, folder) = (test_folder(), test_folder());
    let mut window = Window::open(&Disk::system(), state.path()).unwrap();
    let group = dropped(folder.path());
    std::thread::sleep(std::time::Duration::from_millis(20)); // a tick of the file system's clock
    File::options().append(true).open(folder.path().join("a.xml")).unwrap().write_all(b"more").unwrap();
    let group = window.staging().hold(group).unwrap();
    assert!(matches!(&group.holdings[..], [Holding::Changed(_), Holding::Staged(_), Holding::Staged(_)]));
}

/// Every step of holding, failing in every way, with the power lost or not.
#[test]
fn at_every_step_that_fails_nothing_is_given_that_is_not_safe() {
    let steps = {
        let (state, folder, faults) = (test_folder(), test_folder(), Faults::none());
        assert_eq!(attempt(state.path(), folder.path(), &faults).len(), 3);
        faults.steps()
    };
    assert!(steps > 20, "{steps}");
    let mut refused = 0;
    for n in 1..=steps {
        for fault in [Fault::Error(5), Fault::Error(28), Fault::Lasting(28), Fault::Error(24), Fault::Death] {
            for power in [None, Some(0), Some(1), Some(300), Some(900)] {
                let (state, folder) = (test_folder(), test_folder());
                let faults = Faults::at(n, fault);
                let given = attempt(state.path(), folder.path(), &faults);
                refused += usize::from(given.is_empty());
                if let Some(keep) = power {
                    faults.lose_power(|unsynced| unsynced.min(keep)).unwrap();
                }
                let case = format!("step {n}, {fault:?}, power {power:?}");
                // Everything given is there, and everything there can be judged: its octets are whole.
                let mut window = Window::open(&Disk::system(), state.path()).unwrap_or_else(|e| panic!("{case}: {e}"));
                let held = held_events(state.path());
                let mut read = Vec::new();
                for event in &held {
                    let staged = window.staging().again(event).unwrap_or_else(|error| panic!("{case}: {error}"));
                    let (about, document, _) = octets(staged);
                    assert_eq!(about.document.sha256, Digest::of(&document), "{case}");
                    read.push(about.id);
                }
                assert!(given.iter().all(|id| read.contains(id)), "{case}: given {given:?}, there {read:?}");
                // The sources are all where they were, and the next try holds them.
                let group = window.staging().hold(dropped(folder.path())).unwrap();
                assert!(group.holdings.iter().all(|holding| matches!(holding, Holding::Staged(_))), "{case}");
                assert_eq!(held_events(state.path()).len(), held.len() + 3, "{case}");
            }
        }
    }
    assert!(refused > 0);
}

/// Holds a group, and after an error of our disk once more; gives the ids of what was staged.
fn attempt(state: &Path, folder: &Path, faults: &Arc<Faults>) -> Vec<crate::document::SubmissionId> {
    let Ok(mut window) = Window::open(&Disk::faulty(faults.clone()), state) else { return Vec::new() };
    let group = match window.staging().hold(dropped(folder)) {
        Ok(group) => group,
        Err(NotHeld { group, .. }) => match window.staging().hold(group) {
            Ok(group) => group,
            Err(_) => return Vec::new(),
        },
    };
    let id = |holding: &Holding| match holding {
        Holding::Staged(staged) => Some(staged.about().id),
        Holding::Changed(_) | Holding::Unreadable(..) => None,
    };
    assert_eq!(group.written.entries().len(), group.holdings.iter().filter_map(id).count());
    group.holdings.iter().filter_map(id).collect()
}

#[test]
fn a_lone_small_document_waits_for_the_disk_twice_and_a_group_no_more_often() {
    let (state, folder, faults) = (test_folder(), test_folder(), Faults::none());
    let mut window = Window::open(&Disk::faulty(faults.clone()), state.path()).unwrap();
    let small = |folder: &Path| dropped(folder).into_iter().take(2).collect::<Vec<_>>();
    window.staging().hold(small(folder.path())).unwrap(); // begins pack and segment
    for count in [1, 2] {
        let group = small(folder.path()).split_off(2 - count);
        let before = faults.syncs();
        assert_eq!(window.staging().hold(group).unwrap().written.entries().len(), count);
        assert_eq!(faults.syncs() - before, 2);
    }
}

#[test]
fn a_full_disk_says_so_and_the_group_comes_back() {
    let (state, folder) = (test_folder(), test_folder());
    let counted = Faults::none();
    drop(Window::open(&Disk::faulty(counted.clone()), state.path()).unwrap());
    let faults = Faults::at(counted.steps() + 3, Fault::Lasting(28));
    let mut window = Window::open(&Disk::faulty(faults), state.path()).unwrap();
    let NotHeld { group, why } = window.staging().hold(dropped(folder.path())).unwrap_err();
    assert!(group.len() == 3 && why.is_full(), "{why}");
    assert!(why.to_string().contains(state.path().to_str().unwrap()), "{why}");
}
