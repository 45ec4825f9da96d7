use super::samples::{answered, at, closed, deferred, held, refused};
use super::*;
use crate::document::{Decision, Digest, GivenName};
use crate::host::{Fault, Faults, test_folder};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::sync::Arc;

const SMALL: Settings = Settings { segment_max: 1500 };

fn open(state: &Path) -> Result<Journal, JournalError> {
    samples::opened(&Disk::system(), state, SMALL)
}

fn read(state: &Path) -> Result<Vec<Event>, JournalError> {
    let mut reader = Reader::open(&Disk::system(), state)?;
    let mut events = Vec::new();
    while let Some((entry, _)) = reader.next()? {
        events.push(entry.event);
    }
    Ok(events)
}

/// Groups of events, as a window would write them.
fn groups() -> Vec<Vec<Event>> {
    vec![
        vec![Event::Started { version: "0.1.0".to_owned(), configuration: BTreeMap::new() }],
        vec![held(1, "a"), held(2, "b"), refused(3, "17:keçid")],
        vec![answered(1, 1, Decision::Accepted, "a"), deferred(2, 1), closed(1)],
        vec![answered(3, 1, Decision::Rejected, "c")],
        vec![closed(3)],
    ]
}

fn write(journal: &mut Journal, group: &[Event]) -> Result<Written, JournalError> {
    for event in group {
        journal.append(at(0), event.clone())?;
    }
    journal.sync()
}

/// A journal of all groups; gives the length of the last segment before the last group.
fn written(state: &Path, groups: &[Vec<Event>]) -> u64 {
    let mut journal = open(state).unwrap();
    let mut before = 0;
    for group in groups {
        before = journal.end().offset;
        write(&mut journal, group).unwrap();
    }
    before
}

#[test]
fn what_is_synced_is_read_back_over_segments_and_restarts() {
    let state = test_folder();
    for group in groups() {
        write(&mut open(state.path()).unwrap(), &group).unwrap();
    }
    assert_eq!(read(state.path()).unwrap(), groups().concat());
    assert!(read::segments(&Disk::system(), &state.path().join("journal")).unwrap().len() > 1);
    let end = open(state.path()).unwrap().end();
    let mut rest = Reader::after(&Disk::system(), state.path(), end).unwrap();
    assert!(rest.next().unwrap().is_none());
}

#[test]
fn nothing_remembered_is_nothing_written() {
    let state = test_folder();
    let mut journal = open(state.path()).unwrap();
    assert!(journal.sync().unwrap().entries().is_empty());
    journal.append(at(0), closed(1)).unwrap();
    journal.forget();
    assert!(journal.sync().unwrap().entries().is_empty());
    assert_eq!(read(state.path()).unwrap(), []);
    let long = Event::Halted { why: "x".repeat(line::LINE_MAX) };
    assert!(matches!(journal.append(at(0), long), Err(JournalError::Unwritable(_))));
}

#[test]
fn a_second_writer_is_kept_out_in_this_process_and_in_another() {
    let state = test_folder();
    let journal = open(state.path()).unwrap();
    assert!(matches!(Journal::open(&Disk::system(), state.path(), SMALL), Err(JournalError::InUse { .. })));
    let folder = state.path().join("journal");
    let other = || std::process::Command::new("flock").arg("-n").arg(&folder).arg("true").status().unwrap();
    assert!(!other().success(), "another process got the lock");
    drop(journal);
    let let_go = (0..50).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(10)); // see `opened`
        other().success()
    });
    assert!(let_go, "the lock outlives its holder");
    open(state.path()).unwrap();
}

#[test]
fn a_tail_torn_at_any_octet_is_cut_and_written_on() {
    let groups = vec![vec![held(1, "a")], vec![held(2, "b"), closed(1), held(3, "c")]];
    let whole = test_folder();
    let before = written(whole.path(), &groups);
    let file = read::path(&whole.path().join("journal"), 1);
    let octets = std::fs::read(&file).unwrap();
    for len in 0..octets.len() {
        let state = test_folder();
        std::fs::create_dir(state.path().join("journal")).unwrap();
        std::fs::write(read::path(&state.path().join("journal"), 1), &octets[..len]).unwrap();
        let found = read(state.path()).unwrap();
        let all = groups.concat();
        assert_eq!(found, all[..found.len()], "cut at {len}");
        assert!(len < before as usize || !found.is_empty(), "cut at {len}: what was synced is gone");
        let mut journal = open(state.path()).unwrap();
        write(&mut journal, &[closed(9)]).unwrap();
        drop(journal);
        let then = read(state.path()).unwrap();
        assert_eq!((&then[..found.len()], &then[found.len()..]), (&found[..], &[closed(9)][..]), "cut at {len}");
    }
}

#[test]
fn sectors_never_written_are_a_torn_tail_only_in_the_last_write() {
    let groups = [vec![held(1, "a")], (2..9).map(|n| held(n, "b")).collect(), vec![closed(1)]];
    let whole = test_folder();
    Journal::open(&Disk::system(), whole.path(), Settings::default()).unwrap();
    let mut journal = samples::opened(&Disk::system(), whole.path(), Settings::default()).unwrap();
    let ends: Vec<u64> = groups
        .iter()
        .map(|group| {
            write(&mut journal, group).unwrap();
            journal.end().offset
        })
        .collect();
    drop(journal);
    let file = read::path(&whole.path().join("journal"), 1);
    let octets = std::fs::read(&file).unwrap();
    let sector = (ends[0].div_ceil(512) * 512) as usize;
    assert!(sector + 512 < ends[1] as usize);
    for (len, torn) in [(ends[1], true), (ends[2], false)] {
        let mut holed = octets[..len as usize].to_vec();
        holed[sector..sector + 512].fill(0);
        std::fs::write(&file, &holed).unwrap();
        match read(whole.path()) {
            Ok(found) => assert!(torn && found == groups.concat()[..found.len()] && !found.is_empty()),
            Err(error) => assert!(!torn && error.is_damage(), "{error}"),
        }
    }
}

#[test]
fn every_flipped_bit_is_found_and_named() {
    let state = test_folder();
    written(state.path(), &groups());
    let folder = state.path().join("journal");
    let segments = read::segments(&Disk::system(), &folder).unwrap();
    assert!(segments.len() > 1);
    for segment in segments {
        let file = read::path(&folder, segment);
        let octets = std::fs::read(&file).unwrap();
        for position in 0..octets.len() {
            let mut flipped = octets.clone();
            flipped[position] ^= 1 << (position % 8);
            std::fs::write(&file, &flipped).unwrap();
            match read(state.path()) {
                Err(JournalError::Damaged { path, offset, .. }) => {
                    let line = octets[..position].iter().rposition(|&octet| octet == b'\n').map_or(0, |end| end + 1);
                    assert_eq!((path, offset), (file.clone(), line as u64), "octet {position}");
                }
                other => panic!("octet {position} of segment {segment}: {other:?}"),
            }
        }
        std::fs::write(&file, &octets).unwrap();
    }
    assert_eq!(read(state.path()).unwrap(), groups().concat());
}

#[test]
fn a_line_taken_out_or_a_segment_gone_breaks_the_chain() {
    let state = test_folder();
    written(state.path(), &groups());
    let folder = state.path().join("journal");
    let (first, last) = (read::path(&folder, 1), read::path(&folder, 2));
    let text = std::fs::read_to_string(&first).unwrap();
    let without: String = text.lines().enumerate().filter(|(n, _)| *n != 2).map(|(_, l)| format!("{l}\n")).collect();
    std::fs::write(&first, without).unwrap();
    let error = read(state.path()).unwrap_err().to_string();
    assert!(error.contains("00000001.log") && error.contains("chain"), "{error}");
    std::fs::write(&first, &text).unwrap();
    let second = std::fs::read(&last).unwrap();
    std::fs::remove_file(&first).unwrap();
    for error in [read(state.path()).unwrap_err(), open(state.path()).unwrap_err()] {
        assert!(matches!(&error, JournalError::Missing { path, .. } if *path == first), "{error}");
    }
    // A last segment that follows upon another one than stands there.
    std::fs::write(&first, text.lines().next().unwrap().to_owned() + "\n").unwrap();
    std::fs::write(&last, second).unwrap();
    assert!(open(state.path()).unwrap_err().is_damage());
}

#[test]
fn a_reader_beside_a_writer_sees_whole_lines_only() {
    let state = test_folder();
    let mut journal = open(state.path()).unwrap();
    write(&mut journal, &[held(1, "a")]).unwrap();
    let file = read::path(&state.path().join("journal"), 1);
    let mut octets = std::fs::read(&file).unwrap();
    octets.extend_from_slice(b"0000abcd 0 77fe");
    std::fs::write(&file, octets).unwrap();
    let mut reader = Reader::open(&Disk::system(), state.path()).unwrap();
    assert!(reader.next().unwrap().is_some() && reader.next().unwrap().is_none() && reader.is_torn());
}

#[test]
fn readers_beside_a_busy_writer_never_see_damage() {
    let state = test_folder();
    let mut journal = open(state.path()).unwrap();
    write(&mut journal, &[held(0, "a")]).unwrap();
    std::thread::scope(|scope| {
        let writer = scope.spawn(move || {
            for n in 1..400 {
                write(&mut journal, &[held(n, "a"), deferred(n, 1)]).unwrap();
            }
        });
        let mut before = 0;
        while !writer.is_finished() {
            let now = read(state.path()).unwrap().len();
            assert!(now >= before);
            before = now;
        }
    });
    assert_eq!(read(state.path()).unwrap().len(), 1 + 399 * 2);
}

/// Every step of writing, failing in every way, with the power lost or not: what was called
/// durable is there, and what is there was written, in its order.
#[test]
fn at_every_step_that_fails_the_journal_stays_legal() {
    let steps = {
        let (state, faults) = (test_folder(), Faults::none());
        attempt(state.path(), &faults);
        faults.steps()
    };
    assert!(steps > 15, "{steps}");
    for n in 1..=steps {
        for fault in [Fault::Error(5), Fault::Error(28), Fault::Lasting(28), Fault::Error(24), Fault::Death] {
            for power in [None, Some(0), Some(1), Some(100), Some(700)] {
                let state = test_folder();
                let faults = Faults::at(n, fault);
                let durable = attempt(state.path(), &faults);
                if let Some(keep) = power {
                    faults.lose_power(|unsynced| unsynced.min(keep)).unwrap();
                }
                let case = format!("step {n}, {fault:?}, power {power:?}");
                let mut journal = open(state.path()).unwrap_or_else(|error| panic!("{case}: {error}"));
                let found = read(state.path()).unwrap_or_else(|error| panic!("{case}: {error}"));
                is_subsequence(&found, &groups().concat(), &case);
                is_subsequence(&durable, &found, &case);
                write(&mut journal, &[closed(9)]).unwrap();
                assert_eq!(read(state.path()).unwrap().last(), Some(&closed(9)), "{case}");
            }
        }
    }
}

fn is_subsequence(part: &[Event], whole: &[Event], case: &str) {
    let mut rest = whole.iter();
    assert!(part.iter().all(|event| rest.any(|other| other == event)), "{case}: {part:?} in {whole:?}");
}

/// Writes all groups, going on after an error; gives the events that were called durable.
fn attempt(state: &Path, faults: &Arc<Faults>) -> Vec<Event> {
    let Ok(mut journal) = Journal::open(&Disk::faulty(faults.clone()), state, SMALL) else { return Vec::new() };
    let mut durable = Vec::new();
    for group in groups() {
        if let Ok(written) = write(&mut journal, &group) {
            durable.extend(written.entries().iter().map(|(entry, _)| entry.event.clone()));
        }
    }
    durable
}

fn event() -> impl Strategy<Value = Event> {
    let name = prop::collection::vec(1u8.., 1..200).prop_map(|octets| GivenName::new(OsString::from_vec(octets)));
    let decision = prop_oneof![Just(Decision::Accepted), Just(Decision::Held), Just(Decision::Contested)];
    prop_oneof![
        (any::<i64>(), name, ".{0,40}", any::<u64>(), any::<[u8; 32]>()).prop_map(|(n, name, channel, size, sha)| {
            let Event::Held(mut event) = held(n & 0xffff, "") else { unreachable!() };
            event.document.name = name;
            event.document.size = size;
            event.document.sha256 = Digest::from_bytes(sha);
            event.document.source = Some(Source { device: 1, inode: size, size, modified: n, changed: n });
            event.detached = (size % 2 == 0).then(|| event.document.clone());
            event.channel = channel;
            event.participant = None;
            Event::Held(event)
        }),
        (0i64..99, 1u32..9, decision, ".{0,99}").prop_map(|(n, answer, decision, text)| {
            let Event::Answered(mut event) = answered(n, answer, decision, &text) else { unreachable!() };
            event.findings = vec![text];
            event.period = (answer % 2 == 0).then(|| "2026".parse().unwrap());
            event.revision = None;
            Event::Answered(event)
        }),
        ".{0,300}".prop_map(|why| Event::Halted { why }),
        (".{0,20}", ".{0,20}").prop_map(|(key, value)| Event::Act {
            act: key.clone(),
            by: value.clone(),
            id: None,
            facts: [(key, value)].into()
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_events_in_any_groups_are_read_back(groups in prop::collection::vec(prop::collection::vec(event(), 0..6), 1..8)) {
        let state = test_folder();
        written(state.path(), &groups);
        prop_assert_eq!(read(state.path()).unwrap(), groups.concat());
    }
}
