use super::*;
use crate::host::{Fault, Faults, test_folder};
use std::sync::Arc;

const SMALL: Settings = Settings { pack_entry_max: 64, pack_max: 300 };

fn open(state: &Path) -> Evidence {
    Evidence::open(&Disk::system(), state, SMALL).unwrap()
}

/// Things to keep: small and large, empty, twice the same, with lines like those of a pack.
fn things() -> Vec<Vec<u8>> {
    vec![
        b"<Submission/>".to_vec(),
        Vec::new(),
        b"x".repeat(65),
        b"<Submission/>".to_vec(),
        b"\n00000000 aa 3\n".to_vec(),
        b"x".repeat(65),
        b"y".repeat(64),
        b"z".repeat(300),
        b"w".repeat(60),
    ]
}

fn content(reader: &Reader, kept: &Kept) -> Result<Vec<u8>, EvidenceError> {
    let octets = reader.read(kept)?;
    Ok(octets.head(octets.len() as usize).unwrap())
}

// S 5.5, R 5.6
#[test]
fn what_is_kept_is_read_back_by_any_process() {
    let state = test_folder();
    let mut kept = Vec::new();
    for pair in things().chunks(2) {
        let mut evidence = open(state.path());
        for thing in pair {
            kept.push(evidence.append(thing).unwrap());
        }
        evidence.sync().unwrap();
    }
    let reader = Reader::new(&Disk::system(), state.path());
    for (thing, kept) in things().iter().zip(&kept) {
        assert_eq!(&content(&reader, kept).unwrap(), thing);
        assert_eq!(matches!(kept.location, Location::Object), thing.len() > 64);
        let json = serde_json::to_string(kept).unwrap();
        assert_eq!(&serde_json::from_str::<Kept>(&json).unwrap(), kept);
    }
    let entries: Vec<PackEntry> = reader
        .packs()
        .unwrap()
        .into_iter()
        .flat_map(|number| {
            let (entries, damage) = reader.walk(number).unwrap();
            assert!(damage.is_none(), "{damage:?}");
            entries
        })
        .collect();
    let small = kept.iter().filter(|kept| kept.location != Location::Object).map(|kept| (kept.sha256, kept.size));
    assert_eq!(entries.iter().map(|entry| (entry.sha256, entry.size)).collect::<Vec<_>>(), small.collect::<Vec<_>>());
}

#[test]
fn a_full_pack_is_followed_by_another_between_groups() {
    let state = test_folder();
    let mut evidence = open(state.path());
    let numbers: Vec<Location> = (0..12)
        .map(|_| {
            let kept = evidence.append(&[7; 60]).unwrap();
            evidence.sync().unwrap();
            kept.location
        })
        .collect();
    assert_eq!(evidence.reader().packs().unwrap(), [1, 2, 3, 4]);
    assert!(matches!(numbers[11], Location::Pack { number: 4, .. }), "{numbers:?}");
}

#[test]
fn every_flipped_bit_is_found_and_named() {
    let state = test_folder();
    let mut evidence = Evidence::open(&Disk::system(), state.path(), Settings::default()).unwrap();
    let kept: Vec<Kept> = things().iter().map(|thing| evidence.append(thing).unwrap()).collect();
    evidence.sync().unwrap();
    let reader = evidence.reader();
    let (entries, _) = reader.walk(1).unwrap();
    let file = reader.pack_path(1);
    let octets = std::fs::read(&file).unwrap();
    for position in 0..octets.len() {
        let mut flipped = octets.clone();
        flipped[position] ^= 1 << (position % 8);
        std::fs::write(&file, &flipped).unwrap();
        let (before, damage) = reader.walk(1).unwrap();
        let Some(EvidenceError::Damaged { path, offset, .. }) = damage else { panic!("octet {position}") };
        let hit = entries.iter().rposition(|entry| entry.offset <= position as u64);
        assert_eq!((path, offset), (file.clone(), hit.map_or(0, |hit| entries[hit].offset)), "octet {position}");
        assert_eq!(before, entries[..hit.unwrap_or(0)], "octet {position}");
        // Reading never gives other octets than were kept: those of an entry that is not hit, or none.
        for (n, kept) in kept.iter().enumerate() {
            match content(reader, kept) {
                Ok(read) => assert_eq!(read, things()[n]),
                Err(error) => assert_eq!(hit, Some(n), "octet {position}: {error}"),
            }
        }
    }
}

#[test]
fn a_changed_object_is_found_and_the_same_octets_heal_it() {
    let state = test_folder();
    let mut evidence = open(state.path());
    let kept = evidence.append(&[1; 100]).unwrap();
    evidence.sync().unwrap();
    let path = evidence.reader().object_path(kept.sha256);
    for bad in [&[2; 100][..], &[1; 99], &[1; 101], &[]] {
        std::fs::write(&path, bad).unwrap();
        let error = evidence.reader().read(&kept).unwrap_err().to_string();
        assert!(error.contains(path.to_str().unwrap()), "{error}");
    }
    evidence.append(&[1; 100]).unwrap();
    evidence.sync().unwrap();
    assert_eq!(content(evidence.reader(), &kept).unwrap(), [1; 100]);
}

#[test]
fn what_was_on_its_way_in_is_cleared_and_a_torn_pack_never_written_behind() {
    let state = test_folder();
    let mut evidence = open(state.path());
    let kept = evidence.append(b"good").unwrap();
    evidence.sync().unwrap();
    let mut left = evidence.incoming().unwrap();
    left.write(b"half").unwrap();
    std::mem::forget(left);
    let pack = evidence.reader().pack_path(1);
    let mut torn = std::fs::read(&pack).unwrap();
    torn.extend_from_slice(b"0badcafe 12");
    std::fs::write(&pack, &torn).unwrap();
    drop(evidence);

    let mut evidence = open(state.path());
    assert_eq!(std::fs::read_dir(state.path().join("staging/incoming")).unwrap().count(), 0);
    let next = evidence.append(b"next").unwrap();
    evidence.sync().unwrap();
    assert!(matches!(next.location, Location::Pack { number: 2, .. }));
    assert_eq!(std::fs::read(&pack).unwrap(), torn);
    assert_eq!(content(evidence.reader(), &kept).unwrap(), b"good");
    assert!(matches!(evidence.reader().walk(1).unwrap(), (entries, Some(_)) if entries.len() == 1));
}

#[test]
fn at_every_step_that_fails_what_was_promised_and_synced_is_there() {
    let steps = {
        let (state, faults) = (test_folder(), Faults::none());
        attempt(state.path(), &faults);
        faults.steps()
    };
    assert!(steps > 30, "{steps}");
    for n in 1..=steps {
        for fault in [Fault::Error(5), Fault::Lasting(28), Fault::Error(24), Fault::Death] {
            for power in [None, Some(0), Some(50)] {
                let state = test_folder();
                let faults = Faults::at(n, fault);
                let durable = attempt(state.path(), &faults);
                if let Some(keep) = power {
                    faults.lose_power(|unsynced| unsynced.min(keep)).unwrap();
                }
                let mut evidence = open(state.path());
                for (kept, thing) in &durable {
                    let read = content(evidence.reader(), kept);
                    assert_eq!(read.as_ref().ok(), Some(thing), "step {n}, {fault:?}, power {power:?}: {read:?}");
                }
                let kept = evidence.append(b"after").unwrap();
                evidence.sync().unwrap();
                assert_eq!(content(evidence.reader(), &kept).unwrap(), b"after");
            }
        }
    }
}

/// Keeps all things in groups of two, going on after an error; gives those that were synced.
fn attempt(state: &Path, faults: &Arc<Faults>) -> Vec<(Kept, Vec<u8>)> {
    let mut durable = Vec::new();
    let Ok(mut evidence) = Evidence::open(&Disk::faulty(faults.clone()), state, SMALL) else { return durable };
    for pair in things().chunks(2) {
        let kept = pair.iter().map(|thing| Ok((evidence.append(thing)?, thing.clone())));
        let kept: Result<Vec<_>, EvidenceError> = kept.collect();
        match kept.and_then(|kept| evidence.sync().map(|()| kept)) {
            Ok(kept) => durable.extend(kept),
            Err(_) => evidence.forget(),
        }
    }
    durable
}
