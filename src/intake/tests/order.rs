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
    let mut take = |documents, octets| {
        names(&drop.queue.take_group(
            now,
            GroupLimits { documents, octets, ..GroupLimits::default() },
            &nothing_answered,
        ))
    };
    assert_eq!(take(3, 1 << 20), ["0.xml", "x.xml", "1.xml"]);
    assert_eq!(take(9, SIGNED.len() as u64 * 4), ["y.xml", "2.xml", "3.xml", "4.xml"], "as many octets as fit");
    assert_eq!(take(9, 1), ["5.xml"], "one goes on however large");
    assert!(take(9, 1 << 20).is_empty() && drop.queue.due(now).is_none());
}

/// The names of the groups that come next.
fn groups(drop: &mut Drop, limits: GroupLimits, now: Timestamp) -> Vec<Vec<String>> {
    let take = || {
        let group = drop.queue.take_group(now, limits, &nothing_answered);
        (!group.is_empty()).then(|| names(&group))
    };
    std::iter::from_fn(take).collect()
}

#[test]
fn the_few_of_one_never_share_with_the_backlog_of_another_and_starve_nobody() {
    let mut drop = Drop::new(&["azerenerji", "azerisiq"], settings());
    (0..20).for_each(|at| drop.put(format!("backlog-{at:02}.xml"), SIGNED));
    let few = |drop: &Drop, name: &str| fs::write(drop.root.path().join("azerisiq/in").join(name), SIGNED).unwrap();
    few(&drop, "one.xml");
    let now = in_seconds(11);
    drop.queue.scan_all(now).unwrap();
    let limits = GroupLimits { documents: 4, ..GroupLimits::default() };
    let take = |drop: &mut Drop| names(&drop.queue.take_group(now, limits, &nothing_answered));
    assert_eq!(take(&mut drop), ["one.xml"]);
    for at in 0..3 {
        few(&drop, &format!("more-{at}.xml"));
        drop.queue.on_name(&who("azerisiq"), OsStr::new(&format!("more-{at}.xml")), now);
        let group = take(&mut drop);
        assert!(group.len() == 4 && group.iter().all(|name| name.starts_with("backlog")), "{group:?}");
        let next = take(&mut drop);
        match at {
            0 | 1 => assert_eq!(next, [format!("more-{at}.xml")]),
            _ => assert_eq!(next.len(), 4, "no backlog any more, only a few of each: {next:?}"),
        }
    }
}

#[test]
fn a_backlog_goes_on_in_small_steps_while_others_drop_one_by_one() {
    let mut drop = Drop::new(&["azerenerji", "azerisiq"], settings());
    (0..100).for_each(|at| drop.put(format!("backlog-{at:02}.xml"), SIGNED));
    let now = in_seconds(11);
    drop.queue.scan_all(now).unwrap();
    let limits = GroupLimits { documents: 20, beside: 3, ..GroupLimits::default() };
    let take = |drop: &mut Drop, now| names(&drop.queue.take_group(now, limits, &nothing_answered));
    assert_eq!(take(&mut drop, now).len(), 20, "nobody else is about");
    fs::write(drop.root.path().join("azerisiq/in/one.xml"), SIGNED).unwrap();
    drop.queue.on_name(&who("azerisiq"), OsStr::new("one.xml"), now);
    assert_eq!(take(&mut drop, now), ["one.xml"]);
    assert_eq!(take(&mut drop, now).len(), 3);
    assert_eq!(take(&mut drop, in_seconds(30)).len(), 3);
    assert_eq!(take(&mut drop, in_seconds(120)).len(), 20, "nobody any more");
}

#[test]
fn beside_a_group_of_others_only_those_go_on_who_have_a_few() {
    let mut drop = Drop::new(&["azerenerji", "azerisiq", "ekologiya"], settings());
    (0..20).for_each(|at| drop.put(format!("backlog-{at:02}.xml"), SIGNED));
    fs::write(drop.root.path().join("azerisiq/in/one.xml"), SIGNED).unwrap();
    fs::write(drop.root.path().join("ekologiya/in/two.xml"), SIGNED).unwrap();
    let now = in_seconds(11);
    drop.queue.scan_all(now).unwrap();
    let others = [who("ekologiya")].into();
    let group = drop.queue.take_few(now, GroupLimits::default(), &others, &nothing_answered);
    assert_eq!(names(&group), ["one.xml"]);
    assert!(drop.queue.take_few(now, GroupLimits::default(), &others, &nothing_answered).is_empty());
}

#[test]
fn what_is_large_goes_alone_and_stops_no_small_ones_of_others() {
    let mut drop = Drop::new(&["azerenerji", "azerisiq"], settings());
    drop.put_aged("a-large.xml", &[SIGNED, &[b' '; 600]].concat(), 90);
    drop.put_aged("b-behind.xml", SIGNED, 80);
    for at in 0..3 {
        fs::write(drop.root.path().join(format!("azerisiq/in/{at}.xml")), SIGNED).unwrap();
    }
    let now = in_seconds(11);
    drop.queue.scan_all(now).unwrap();
    let groups = groups(&mut drop, GroupLimits { documents: 9, octets: 2000, beside: 9 }, now);
    let large = groups.iter().position(|group| group.contains(&"a-large.xml".to_owned())).unwrap();
    assert_eq!(groups[large], ["a-large.xml"], "{groups:?}");
    assert!(large <= 1, "its turn comes: {groups:?}");
    assert!(groups.iter().any(|group| group.len() >= 3), "{groups:?}");
    let order: Vec<&String> = groups.iter().flatten().filter(|name| name.contains('-')).collect();
    assert_eq!(order, ["a-large.xml", "b-behind.xml"], "each participant's own in its order");
}

#[test]
fn a_flood_of_halves_is_looked_at_in_slices() {
    let mut drop = Drop::new(&["azerenerji", "azerisiq"], settings());
    for at in 0..1000 {
        drop.put(format!("half-{at:04}.csv"), CSV);
        drop.tell(format!("half-{at:04}.csv"));
    }
    assert!(drop.take(Timestamp::now()).is_empty());
    let waiting = drop.queue.waiting().len();
    assert!((1..500).contains(&waiting), "{waiting} of 1000 at once");
    fs::write(drop.root.path().join("azerisiq/in/good.xml"), SIGNED).unwrap();
    drop.queue.on_name(&who("azerisiq"), OsStr::new("good.xml"), Timestamp::now());
    assert_eq!(names(&drop.take(Timestamp::now())), ["good.xml"]);
    while drop.queue.due(Timestamp::now()).is_some_and(|due| due <= Timestamp::now()) {
        assert!(drop.take(Timestamp::now()).is_empty());
    }
    assert_eq!(drop.queue.waiting().len(), 1000);
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
fn what_an_event_told_of_does_not_overtake_what_a_scan_found_before_it() {
    let mut drop = Drop::one();
    drop.put_aged("older.xml", SIGNED, 2);
    let now = Timestamp::now();
    drop.queue.scan_all(now).unwrap();
    drop.put_aged("later.xml", SIGNED, 1);
    drop.tell("later.xml");
    assert!(drop.take(now).is_empty(), "nobody knows yet whether the older one is whole");
    assert!(drop.queue.due(now).unwrap() > now);
    assert_eq!(names(&drop.take(in_seconds(11))), ["older.xml", "later.xml"]);
    // what is no file, or younger, is waited for by nobody
    drop.put("file.xml", SIGNED);
    fs::create_dir(drop.at("folder")).unwrap();
    drop.queue.scan_all(Timestamp::now()).unwrap();
    drop.put_aged("told.xml", SIGNED, 100);
    drop.tell("told.xml");
    assert_eq!(names(&drop.take(Timestamp::now())), ["told.xml"]);
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
