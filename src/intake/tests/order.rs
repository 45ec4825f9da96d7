//! Order, turns, groups, large numbers, and few handles.

use super::*;

#[test]
fn participants_take_turns_and_groups_are_bounded() {
    let mut drop = Drop::new(&["azerenerji", "azerisiq"], settings());
    for at in 0..6 {
        fs::write(drop.root.path().join(format!("azerenerji/in/{at}.xml")), SIGNED).unwrap();
    }
    fs::write(drop.root.path().join("azerisiq/in/x.xml"), SIGNED).unwrap();
    fs::write(drop.root.path().join("azerisiq/in/y.xml"), SIGNED).unwrap();
    let now = in_seconds(11);
    drop.queue.scan_all(now).unwrap();
    let mut take =
        |documents, octets| names(&drop.queue.take_group(now, GroupLimits { documents, octets }, &nothing_answered));
    assert_eq!(take(3, 1 << 20), ["0.xml", "x.xml", "1.xml"]);
    assert_eq!(take(9, SIGNED.len() as u64 * 2), ["y.xml", "2.xml"], "as many octets as fit");
    assert_eq!(take(9, 1), ["3.xml"], "one goes on however large");
    assert_eq!(take(9, 1 << 20), ["4.xml", "5.xml"]);
    assert!(take(9, 1 << 20).is_empty() && drop.queue.due(now).is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn oldest_first_then_by_name(
        files in prop::collection::btree_map("[a-c]{1,2}\\.xml", 0u64..4, 1..12),
        documents in 1usize..5,
        told in any::<u16>(),
    ) {
        let mut drop = Drop::one();
        for (at, (name, age)) in files.iter().enumerate() {
            drop.put_aged(name, SIGNED, 1000 - age * 100);
            // the same instant for all of one age, so that names decide
            let file = File::options().write(true).open(drop.at(name)).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::new(1_000_000 + age, 5)).unwrap();
            if told >> at & 1 == 1 {
                drop.tell(name);
            }
        }
        let now = in_seconds(11);
        drop.queue.scan_all(now).unwrap();
        let mut order: Vec<String> = Vec::new();
        loop {
            let limits = GroupLimits { documents, ..GroupLimits::default() };
            let group = drop.queue.take_group(now, limits, &nothing_answered);
            if group.is_empty() {
                break;
            }
            prop_assert!(group.arrivals.len() <= documents);
            order.extend(names(&group));
        }
        let mut expected: Vec<(&u64, &String)> = files.iter().map(|(name, age)| (age, name)).collect();
        expected.sort();
        prop_assert_eq!(order, expected.into_iter().map(|(_, name)| name.clone()).collect::<Vec<_>>());
    }
}

#[test]
fn from_a_paused_participant_nothing_is_taken_until_it_is_not() {
    let mut drop = Drop::one();
    drop.put("a.xml", SIGNED);
    let now = in_seconds(60);
    drop.queue.scan_all(now).unwrap();
    let own = drop.queue.folders()[0].participant().clone();
    drop.queue.pause(["azerisiq".parse().unwrap(), own].into());
    assert_eq!(drop.queue.due(now), None);
    assert!(drop.take(now).is_empty());
    drop.queue.pause(["azerisiq".parse().unwrap()].into());
    assert_eq!(drop.queue.due(now), Some(now));
    assert_eq!(names(&drop.take(now)), ["a.xml"]);
}

#[test]
fn ten_thousand_files_waiting_at_start_go_on_in_groups() {
    let mut drop = Drop::one();
    for at in 0..10_000 {
        drop.put(format!("{at:05}.xml"), SIGNED);
    }
    let now = in_seconds(60);
    drop.queue.scan_all(now).unwrap();
    let mut count = 0;
    while drop.queue.due(now).is_some() {
        let group = drop.take(now);
        assert!(!group.is_empty() && group.arrivals.len() <= 256);
        for arrival in &group.arrivals {
            assert_eq!(arrival.document().name().shown(), format!("{count:05}.xml"));
            drop.release(arrival.id());
            count += 1;
        }
    }
    assert_eq!((count, drop.names(".taken").len()), (10_000, 0));
}

#[test]
fn without_handles_the_group_is_smaller_and_nothing_is_lost() {
    // a process of its own, for the limit is the process's
    let me = std::env::current_exe().unwrap();
    let run = std::process::Command::new(me)
        .args(["--exact", "intake::tests::order::with_few_handles", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
    assert!(String::from_utf8_lossy(&run.stdout).contains("1 passed"));
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn with_few_handles() {
    let mut drop = Drop::one();
    for at in 0..60 {
        drop.put(format!("{at:02}.xml"), SIGNED);
    }
    let now = in_seconds(11);
    drop.queue.scan_all(now).unwrap();
    let limit = rustix::process::Rlimit { current: Some(32), maximum: Some(32) };
    rustix::process::setrlimit(rustix::process::Resource::Nofile, limit).unwrap();
    let mut count = 0;
    let mut held = Vec::new();
    loop {
        let group = drop.take(now);
        if drop.queue.due(now).is_none() {
            count += group.arrivals.len();
            break;
        }
        if group.is_empty() {
            // nothing more can be opened: it says when to come again
            assert!(drop.queue.due(now).is_some_and(|due| due > now));
            held.clear();
            drop.queue.rest_over();
        }
        count += group.arrivals.len();
        held.extend(group.arrivals);
    }
    assert_eq!(count, 60);
}
