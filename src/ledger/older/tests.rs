//! With indexes and a swept sled, without them, and with a plain ledger that keeps everything: the same answers.

use crate::document::{Content, Decision, SubmissionId};
use crate::evidence::Location;
use crate::host::{Disk, test_folder};
use crate::journal::samples::{
    answered, at, closed, contested, decided, deferred, digest, held, id, opened, path, refused, settled,
};
use crate::journal::{self, ARCHIVED, Event, Journal, KeptFile, Logged, NOTICE_SENT};
use crate::ledger::tests::{azerenerji, unsettled};
use crate::ledger::{Ledger, LedgerError, Place, Settings, View};
use proptest::prelude::*;
use std::path::Path;

const IDS: i64 = 8;

/// A window's journal and ledger.
struct Kept {
    state: tempfile::TempDir,
    settings: (journal::Settings, Settings),
    open: Option<(Journal, Ledger)>,
}

impl Kept {
    fn new(segment_max: u64, recent: usize) -> Self {
        let settings = (journal::Settings { segment_max }, Settings { recent, ..Settings::default() });
        let mut kept = Self { state: test_folder(), settings, open: None };
        kept.start();
        kept
    }

    /// Ends in order.
    fn stop(&mut self) {
        if let Some((journal, ledger)) = self.open.take() {
            ledger.close(&Disk::system(), self.state.path()).unwrap();
            drop(journal);
        }
    }

    fn start(&mut self) {
        self.stop();
        let (disk, state) = (Disk::system(), self.state.path());
        let journal = opened(&disk, state, self.settings.0).unwrap();
        let (ledger, _) = Ledger::open(&disk, state, &journal, self.settings.1).unwrap();
        self.open = Some((journal, ledger));
    }

    fn ledger(&mut self) -> &mut Ledger {
        &mut self.open.as_mut().unwrap().1
    }

    fn write(&mut self, n: i64, event: Event) {
        let (journal, ledger) = self.open.as_mut().unwrap();
        journal.append(at(1000 + n), event).unwrap();
        ledger.apply(&journal.sync().unwrap()).unwrap();
    }

    /// All indexes are made, and sled is swept.
    fn tend(&mut self) {
        while self.ledger().tend().unwrap() {
            std::thread::yield_now();
        }
    }

    fn view(&self) -> View {
        View::open(&Disk::system(), self.state.path()).unwrap()
    }

    fn indexes(&self) -> Vec<std::path::PathBuf> {
        let names = std::fs::read_dir(self.state.path().join("journal")).unwrap();
        let mut paths: Vec<_> = names.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension() == Some("index".as_ref()));
        paths.sort();
        paths
    }
}

/// Everything that a ledger can be asked.
fn of_ledger(ledger: &Ledger) -> Vec<String> {
    let mut all = Vec::new();
    let ids = |found: Option<crate::ledger::Submission>| found.map(|one| one.id());
    for n in 0..=IDS {
        all.push(format!("{:?}", ledger.state(id(n)).unwrap()));
        for answer in 1..4 {
            all.push(format!("{:?}", ids(ledger.find_receipt(&format!("trial/2026/{n}-{answer}")).unwrap())));
        }
    }
    for text in ["a", "b", "c"] {
        all.push(format!("{text} {:?}", ids(ledger.find_octets(Some(&azerenerji()), digest(text), None).unwrap())));
        all.push(format!("{text} {:?}", ids(ledger.find_content(&azerenerji(), Content(digest(text))).unwrap())));
        all.push(format!("{:?} {:?}", ledger.kept_file(digest(text)).unwrap(), ledger.path(digest(text)).unwrap()));
        all.push(format!("{text} {:?}", ids(ledger.find_refused(&"azerisiq".parse().unwrap(), text).unwrap())));
    }
    all.push(format!("{:?}", ledger.last_receipt(&azerenerji()).unwrap()));
    let mut looked_at = unsettled(ledger);
    looked_at.sort();
    all.push(format!("unsettled {looked_at:?} contested {:?}", ledger.contested().unwrap()));
    let (mut accepted, mut place) = (Vec::new(), Some(Place::default()));
    while let Some(behind) = place {
        let (some, next) = ledger.accepted(&behind, 2).unwrap();
        assert!(some.len() <= 2 && (some.len() == 2 || next.is_none()), "{some:?}");
        accepted.extend(some);
        place = next;
    }
    assert_eq!(ledger.acceptances().unwrap(), accepted.len() as u64, "{accepted:?}");
    all.push(format!("accepted {accepted:?}"));
    all.push(format!("{:?} {:?}", ledger.open_submissions().unwrap(), ledger.newest().unwrap()));
    all
}

/// Everything that a view can be asked; places in the journal are left out.
fn of_view(view: &View) -> Vec<String> {
    let fold = view.fold();
    let mut all = vec![format!("{:?} {:?} {:?} {:?}", fold.life, fold.counts, fold.last_received, fold.notices)];
    all.push(format!("{:?} {:?}", view.open_submissions().unwrap(), fold.unstamped));
    for n in 0..=IDS {
        let entries: Vec<_> = view.entries(id(n)).unwrap().into_iter().map(|(entry, _)| entry).collect();
        all.push(format!("{entries:?}"));
        let whats = [id(n).to_string(), format!("hesabat-{n}.xml"), format!("trial/2026/{n}-1"), "keçid".to_owned()];
        all.extend(whats.iter().map(|what| format!("{what} {:?}", view.meant(what).unwrap())));
    }
    for text in ["a", "b", "c"] {
        all.push(format!("{:?}", view.meant(&digest(text).to_string()).unwrap()));
        all.push(format!("{:?}", view.find_content(&azerenerji(), Content(digest(text))).unwrap()));
        all.push(format!("{:?}", view.find_octets(Some(&azerenerji()), digest(text), None).unwrap()));
    }
    let mut order: Vec<SubmissionId> = Vec::new();
    view.backwards(|id| {
        order.push(id);
        Ok::<_, crate::ledger::LedgerError>(true)
    })
    .unwrap();
    all.push(format!("{order:?}"));
    all
}

/// What may be tried: which submission, what, and with which text.
fn event(ledger: &Ledger, (n, what, text): (i64, u8, usize)) -> Event {
    let text = ["a", "b", "c"][text];
    let known = ledger.state(id(n)).unwrap();
    let next = known.as_ref().map_or(1, |one| one.answers + 1);
    let known = known.map(|one| one.id());
    let mut event = match what {
        0 | 1 => held(n, text),
        2 => refused(n, text),
        3 | 4 => answered(n, next, Decision::Accepted, text),
        5 => answered(n, next, Decision::Rejected, text),
        6 => answered(n, next, Decision::Duplicate, text),
        7 => answered(n, next, Decision::Held, text),
        8 => answered(n, next, Decision::Contested, text),
        9 | 10 => closed(n),
        11 => settled(n),
        15 => decided(n, next, Decision::Accepted),
        16 => act(ARCHIVED, known, [("unit", text)]),
        17 => act(ARCHIVED, None, [("unit", text), ("due", "2026-03-02")]),
        18 => act(NOTICE_SENT, None, [("unit", text)]),
        19 => Event::keeping(&[KeptFile { sha256: digest(text), size: n as u64, location: Location::Object }])
            .next()
            .unwrap(),
        20 => path(text),
        12 => contested(n),
        13 => deferred(n, 1),
        14 => Event::Started { version: "0".to_owned(), configuration: Default::default() },
        _ => act("looked", known, []),
    };
    if let Event::Answered(answered) = &mut event {
        answered.receipt.logged = Some(Logged { content: digest(text), size: n as u64 });
    }
    event
}

fn act<const N: usize>(act: &str, id: Option<SubmissionId>, facts: [(&str, &str); N]) -> Event {
    let facts = facts.map(|(name, fact)| (name.to_owned(), fact.to_owned())).into();
    Event::Act { act: act.to_owned(), by: "a person".to_owned(), id, facts }
}

fn spoil(path: &Path, at: usize) {
    let mut octets = std::fs::read(path).unwrap();
    let at = at % octets.len();
    octets[at] ^= 0x41;
    std::fs::write(path, octets).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn small_and_swept_it_answers_as_one_that_keeps_everything(
        tries in prop::collection::vec((0..IDS, 0u8..22, 0usize..3), 20..140),
        rests in prop::collection::vec(0u8..8, 140),
        wrong in prop::collection::vec((any::<prop::sample::Index>(), any::<usize>()), 4),
    ) {
        let mut plain = Kept::new(1 << 30, 1_000_000);
        let mut small = Kept::new(1500, 1);
        for (n, one) in (0..).zip(tries) {
            let event = event(plain.ledger(), one);
            let may = plain.ledger().check([&event]).is_ok();
            prop_assert_eq!(small.ledger().check([&event]).is_ok(), may, "{:?}", event);
            if !may {
                continue;
            }
            plain.write(n, event.clone());
            small.write(n, event);
            match rests[n as usize] {
                0 => small.tend(),
                1 => drop(small.ledger().tend().unwrap()),
                2 => small.start(),
                4 => {
                    small.open = None; // as a kill ends it
                    small.start();
                }
                3 => {
                    small.stop();
                    std::fs::remove_dir_all(small.state.path().join("ledger")).unwrap();
                    small.start();
                }
                _ => {}
            }
            if rests[n as usize] < 5 {
                prop_assert_eq!(of_ledger(small.ledger()), of_ledger(plain.ledger()));
            }
        }
        small.tend();
        let (ledger, view) = (of_ledger(plain.ledger()), of_view(&plain.view()));
        prop_assert_eq!(of_ledger(small.ledger()), ledger.clone());
        prop_assert_eq!(of_view(&small.view()), view.clone());
        small.stop();
        // an index that is gone, or any octet of one that is wrong: left aside, or made again
        for (which, at) in &wrong {
            let paths = small.indexes();
            if paths.is_empty() {
                break;
            }
            spoil(&paths[which.index(paths.len())], *at);
            prop_assert_eq!(of_view(&small.view()), view.clone());
        }
        small.start();
        prop_assert_eq!(of_ledger(small.ledger()), ledger.clone());
        small.stop();
        small.indexes().iter().for_each(|path| std::fs::remove_file(path).unwrap());
        prop_assert_eq!(of_view(&small.view()), view);
        small.start();
        prop_assert_eq!(of_ledger(small.ledger()), ledger);
    }
}

/// A window of some closed segments: accepted, rejected, repeated, refused in place, held, contested.
fn storied(segment_max: u64, shift: i64) -> Kept {
    let mut kept = Kept::new(segment_max, 1);
    let mut events: Vec<Event> = (0..IDS).map(|n| held(n, ["a", "b", "c"][(n + shift) as usize % 3])).collect();
    events.extend([path("a"), refused(IDS, "b"), answered(IDS, 1, Decision::Rejected, "b"), closed(IDS)]);
    for n in 0..IDS - 1 {
        let decision = [Decision::Accepted, Decision::Rejected, Decision::Duplicate][n as usize % 3];
        let text = ["a", "b", "c"][(n + shift) as usize % 3];
        events.extend([decided(n, 1, decision), answered(n, 1, decision, text), closed(n)]);
    }
    events.extend([contested(3), answered(3, 2, Decision::Contested, "a"), closed(3), deferred(IDS - 1, 1)]);
    events.into_iter().zip(0..).for_each(|(event, n)| kept.write(n, event));
    kept.tend();
    kept
}

#[test]
fn index_files_that_are_wrong_at_a_start_are_made_anew() {
    let mut kept = storied(1500, 0);
    let other = storied(1500, 1);
    let longer = storied(4000, 0);
    let (ledger, view) = (of_ledger(kept.ledger()), of_view(&kept.view()));
    let paths = kept.indexes();
    assert!(paths.len() > 5 && longer.indexes().len() > 1, "{paths:?}");
    let whole: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).unwrap()).collect();
    let of = |kept: &Kept, at: usize| std::fs::read(&kept.indexes()[at]).unwrap();
    type Wrong<'w> = &'w dyn Fn(usize) -> Vec<u8>;
    let wrong: [(&str, Wrong<'_>); 7] = [
        ("empty", &|_| Vec::new()),
        ("zeroed", &|at| vec![0; whole[at].len()]),
        ("torn", &|at| whole[at][..whole[at].len() / 2].to_vec()),
        ("without its last octet", &|at| whole[at][..whole[at].len() - 1].to_vec()),
        ("of another segment", &|at| whole[(at + 1) % paths.len()].clone()),
        ("of another window", &|at| of(&other, at.min(other.indexes().len() - 1))),
        ("of a longer segment", &|at| of(&longer, at.min(1))),
    ];
    for (case, octets) in wrong {
        for which in [vec![0], vec![2, 3], vec![paths.len() - 1], (0..paths.len()).collect()] {
            for keeps_sled in [true, false] {
                kept.stop();
                which.iter().for_each(|at| std::fs::write(&paths[*at], octets(*at)).unwrap());
                if !keeps_sled {
                    std::fs::remove_dir_all(kept.state.path().join("ledger")).unwrap();
                }
                assert_eq!(of_view(&kept.view()), view, "{case}");
                kept.start();
                assert_eq!(of_ledger(kept.ledger()), ledger, "{case}, {which:?}, sled {keeps_sled}");
                for (path, whole) in paths.iter().zip(&whole) {
                    assert_eq!(&std::fs::read(path).unwrap(), whole, "{case}: {}", path.display());
                }
            }
        }
    }
}

#[test]
fn where_no_index_can_be_written_or_read_every_answer_is_the_same() {
    let mut kept = storied(1500, 0);
    let (ledger, view) = (of_ledger(kept.ledger()), of_view(&kept.view()));
    let paths = kept.indexes();
    // under a window that is open
    paths.iter().for_each(|path| std::fs::write(path, vec![0; 5000]).unwrap());
    assert_eq!(of_ledger(kept.ledger()), ledger);
    for keeps_sled in [true, false] {
        kept.stop();
        if !keeps_sled {
            std::fs::remove_dir_all(kept.state.path().join("ledger")).unwrap();
        }
        for path in &paths {
            let _ = std::fs::remove_file(path);
            std::fs::create_dir_all(path).unwrap();
        }
        assert_eq!(of_view(&kept.view()), view);
        kept.start();
        kept.tend();
        assert_eq!(of_ledger(kept.ledger()), ledger, "sled {keeps_sled}");
    }
}

#[test]
fn a_journal_without_one_of_its_segments_is_told_and_never_guessed() {
    let mut kept = storied(1500, 0);
    let ledger = of_ledger(kept.ledger());
    let segments: Vec<_> = kept.indexes().iter().map(|path| path.with_extension("log")).collect();
    for at in [0, 2, segments.len() - 1] {
        for keeps_sled in [true, false] {
            kept.stop();
            let octets = std::fs::read(&segments[at]).unwrap();
            std::fs::remove_file(&segments[at]).unwrap();
            if !keeps_sled {
                std::fs::remove_dir_all(kept.state.path().join("ledger")).unwrap();
            }
            let (disk, state) = (Disk::system(), kept.state.path());
            let told = opened(&disk, state, kept.settings.0)
                .map(|journal| Ledger::open(&disk, state, &journal, kept.settings.1).map(drop).unwrap_err());
            let is_missing = match &told {
                Ok(LedgerError::Journal(error)) | Err(error) => matches!(error, journal::JournalError::Missing { .. }),
                Ok(_) => false,
            };
            assert!(is_missing, "{at} {keeps_sled}: {told:?}");
            std::fs::write(&segments[at], octets).unwrap();
            kept.start();
            assert_eq!(of_ledger(kept.ledger()), ledger, "{at} {keeps_sled}");
        }
    }
}

#[test]
fn a_journal_that_lost_its_end_and_went_another_way_takes_no_index_of_what_was() {
    let mut kept = storied(1500, 0);
    kept.stop();
    let logs: Vec<_> = kept.indexes().iter().map(|path| path.with_extension("log")).collect();
    for gone in &logs[3..] {
        std::fs::remove_file(gone).unwrap();
    }
    std::fs::remove_file(kept.state.path().join(format!("journal/{:08}.log", logs.len() + 1))).unwrap();
    kept.start();
    let mut plain = Kept::new(1 << 30, 1_000_000);
    let mut reader = journal::Reader::open(&Disk::system(), kept.state.path()).unwrap();
    let mut events = Vec::new();
    while let Some((entry, _)) = reader.next().unwrap() {
        events.push(entry.event);
    }
    for event in events {
        plain.write(0, event);
    }
    for n in 0..IDS {
        let next = plain.ledger().state(id(n)).unwrap().map_or(1, |one| one.answers + 1);
        for event in [answered(n, next, Decision::Rejected, "a"), closed(n)] {
            if plain.ledger().check([&event]).is_ok() {
                plain.write(0, event.clone());
                kept.write(0, event);
            }
        }
    }
    kept.tend();
    assert!(kept.indexes().len() > 3);
    assert_eq!(of_ledger(kept.ledger()), of_ledger(plain.ledger()));
    kept.start();
    assert_eq!(of_ledger(kept.ledger()), of_ledger(plain.ledger()));
}

#[test]
fn a_ledger_that_is_far_behind_is_begun_anew_behind_new_indexes() {
    let mut kept = Kept::new(1500, 1);
    kept.write(0, held(0, "a"));
    kept.stop();
    let mut plain = Kept::new(1 << 30, 1_000_000);
    plain.write(0, held(0, "a"));
    let mut journal = opened(&Disk::system(), kept.state.path(), kept.settings.0).unwrap();
    for n in 1..IDS {
        for event in [held(n, "b"), answered(n, 1, Decision::Rejected, "b"), closed(n)] {
            journal.append(at(1000), event.clone()).unwrap();
            journal.sync().unwrap();
            plain.write(0, event);
        }
    }
    drop(journal);
    kept.start();
    assert!(kept.indexes().len() > 5, "{:?}", kept.indexes());
    assert!(kept.ledger().recent(100).unwrap().len() < 5);
    assert_eq!(of_ledger(kept.ledger()), of_ledger(plain.ledger()));
}
