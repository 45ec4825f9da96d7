//! Records that are too many for memory: they are read back as they were read, and a disk that fails holds.

use super::*;
use crate::finding::{Code, Stop};
use crate::host::{Disk, Fault, Faults};
use crate::schema::{Datasets, Following, Records, inspect, inspect_followed, validate};

fn many(count: usize) -> String {
    let codes: Vec<String> = (0..count).map(|number| format!("SU-{number:05}")).collect();
    let records: Vec<(&str, &str)> = codes.iter().map(|code| (code.as_str(), "12.345")).collect();
    document("2026-Q3", "1", &records, "<Total><EnergyMWh>0</EnergyMWh></Total>")
}

fn seen(records: &Records) -> Vec<(u64, crate::schema::Record, Vec<u64>)> {
    let mut all = Vec::new();
    let read = records.each(&mut |row| {
        all.push((row.nth, row.record.clone(), row.offsets.to_vec()));
        true
    });
    read.map(|()| all).unwrap()
}

#[test]
fn what_is_laid_away_is_read_back_record_by_record() {
    let text = many(20_000);
    let near = read_xml(&text, &generation()).records;
    // some lie in memory before there are too many
    let far = read_xml_within(&text, &generation(), &Limits { memory_max: 100_000, ..NO_MEMORY }).records;
    assert!(near.near().is_some() && far.near().is_none());
    let all = seen(&near);
    assert_eq!((all.len(), far.len()), (20_000, 20_000));
    assert_eq!(seen(&far), all);
    let in_pieces: Vec<_> = far.pieces().flat_map(|piece| piece.unwrap().into_owned()).collect();
    assert_eq!(in_pieces, near.near().unwrap());
    assert!(far.pieces().count() > 3, "no piece holds all");
    for nth in [0, 1, 9_999, 19_999, 20_000] {
        assert_eq!(far.nth(nth).unwrap(), near.nth(nth).unwrap(), "{nth}");
    }
}

#[test]
fn a_key_that_stands_twice_is_found_wherever_it_stands() {
    let text = many(20_000).replace("SU-19999", "SU-00007").replace("SU-19998", "SU-00007");
    for limits in [Limits::default(), NO_MEMORY] {
        let findings = Judge::of(water_like()).judge(read_xml_within(&text, &water_like(), &limits));
        let doubled: Vec<String> = said(&findings).into_iter().filter(|said| said.contains("doubled")).collect();
        let place = |number| format!("rule.key-doubled /Submission/Record[{number}]/Station");
        assert_eq!(doubled, [place(19_999), place(20_000)]);
    }
}

/// `generation` by a word instead of a station: nothing is told of keys that no register knows.
fn water_like() -> Dataset {
    let mut dataset = generation();
    let pattern = "SU-[0-9]+".parse().unwrap();
    dataset.columns[0].kind =
        ColumnKind::Text(crate::schema::Text { form: crate::schema::TextForm::Pattern(pattern, 20), key: true });
    dataset
}

#[test]
fn a_disk_that_fails_holds_the_document_and_rejects_nothing() {
    const BROKEN: i32 = 5;
    let text = many(5_000);
    let datasets = Datasets { by_name: [(generation().name, generation())].into() };
    let folder = crate::host::test_folder();
    let judge = |faults| {
        let scratch = Scratch::new(&Disk::faulty(faults), folder.path());
        let inspected = inspect(authorised(&text, true, &generation()), &datasets, &NO_MEMORY, &scratch)?;
        validate(inspected, &Standing::default(), &datasets, &stations())
    };
    let whole = Faults::none();
    assert!(matches!(judge(std::sync::Arc::clone(&whole)), Err(Stop::Reject(_))), "the total is wrong");
    assert!(whole.steps() > 6);
    for step in 1..=whole.steps() {
        let Err(stop) = judge(Faults::at(step, Fault::Error(BROKEN))) else { panic!("step {step}") };
        assert!(matches!(&stop, Stop::Hold(finding) if finding.code == Code::LoadNotJudged), "step {step}: {stop:?}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "the name that could not be taken away");
}

/// The pieces that whoever follows gets, and whether he learnt that they are all.
fn followed(text: &str, limits: &Limits) -> (Vec<crate::schema::Record>, bool) {
    let (sender, receiver) = std::sync::mpsc::sync_channel(1 << 10);
    let following = Following::new(move || Some(sender.clone()));
    let datasets = Datasets { by_name: [(generation().name, generation())].into() };
    let given = (&Scratch::of_system(), &following);
    let inspected = inspect_followed(authorised(text, true, &generation()), &datasets, limits, given).unwrap();
    drop((inspected, following));
    let pieces: Vec<Vec<crate::schema::Record>> = receiver.into_iter().collect();
    let is_whole = pieces.last().is_some_and(Vec::is_empty);
    (pieces.into_iter().flatten().collect(), is_whole)
}

#[test]
fn who_follows_gets_all_records_of_a_long_document_in_their_order() {
    let text = many(20_000);
    let near = read_xml(&text, &generation()).records;
    let far = followed(&text, &Limits { memory_max: 100_000, ..NO_MEMORY });
    assert_eq!(far, (near.near().unwrap().to_vec(), true));
    assert_eq!(followed(&text, &Limits::default()), (Vec::new(), false), "it is not long");
}

#[test]
fn who_follows_a_document_with_a_fault_never_takes_its_records_for_all() {
    for place in ["SU-00007", "SU-19999"] {
        let text = many(20_000).replace(place, "no code");
        let (records, is_whole) = followed(&text, &NO_MEMORY);
        assert!(!is_whole && records.len() < 20_000, "{place}");
    }
}
