//! The real watcher, and the answers in `receipts/`.

use super::*;

/// What the watch tells within this time, as soon as it tells anything.
async fn told(watch: &Watch, patience: Duration) -> Vec<Signal> {
    let mut told = Vec::new();
    if tokio::time::timeout(patience, watch.ready()).await.is_ok() {
        watch.read(&mut |signal| told.push(signal));
    }
    told
}

/// Nothing, for long enough.
async fn is_silent(watch: &Watch) -> bool {
    tokio::time::sleep(Duration::from_millis(50)).await;
    told(watch, Duration::from_millis(1)).await.is_empty()
}

/// Hands what the watch tells to the queue until a group comes of it, for at most 5 s.
async fn watched(drop: &mut Drop, watch: &Watch) -> Group {
    let end = Instant::now() + Duration::from_secs(5);
    while Instant::now() < end {
        for signal in told(watch, Duration::from_millis(10)).await {
            match signal {
                Signal::Name(participant, name) => drop.queue.on_name(&participant, &name, Timestamp::now()),
                Signal::Rescan(_) => drop.queue.scan_all(Timestamp::now()).unwrap(),
            }
        }
        let group = drop.take(Timestamp::now());
        if !group.is_empty() {
            return group;
        }
    }
    Group::default()
}

#[tokio::test]
async fn the_watch_tells_of_closing_and_moving_in_and_of_nothing_else() {
    let mut drop = Drop::one();
    let watch = Watch::start(drop.queue.folders());
    assert!(watch.unwatched().is_empty(), "{watch:?}");
    let mut writer = File::create(drop.at("a.xml")).unwrap();
    writer.write_all(SIGNED).unwrap();
    assert!(is_silent(&watch).await, "it is still open");
    std::mem::drop(writer);
    assert_eq!(names(&watched(&mut drop, &watch).await), ["a.xml"]);
    let odd = OsStr::from_bytes(b"b\n\xff.xml");
    drop.put("b.part", SIGNED);
    drop.put(".b", SIGNED);
    fs::create_dir(drop.at("folder")).unwrap();
    assert!(is_silent(&watch).await, "only what is complete wakes anybody");
    fs::rename(drop.at("b.part"), drop.at(odd)).unwrap();
    let group = watched(&mut drop, &watch).await;
    assert_eq!(group.arrivals[0].document().name().as_os_str(), odd);
    assert!(is_silent(&watch).await, "our own opening and taking is no news");
    // a burst, the folder moved meanwhile
    fs::rename(drop.root.path().join("azerenerji/in"), drop.root.path().join("elsewhere")).unwrap();
    assert_eq!(told(&watch, Duration::from_secs(5)).await, [Signal::Rescan(who("azerenerji"))]);
    fs::write(drop.root.path().join("elsewhere/c.xml"), SIGNED).unwrap();
    assert_eq!(names(&watched(&mut drop, &watch).await), ["c.xml"]);
}

#[tokio::test]
async fn one_bodys_flood_of_events_is_read_in_slices_beside_all_others() {
    let drop = Drop::new(&["azerenerji", "azerisiq"], settings());
    let watch = Watch::start(drop.queue.folders());
    let (floods, files) = (3000, drop.root.path());
    let flood = |at: usize| fs::write(files.join("azerenerji/in").join(format!("flood-{at:04}.xml")), b"x").unwrap();
    (0..floods).for_each(flood);
    fs::write(files.join("azerisiq/in/good.xml"), SIGNED).unwrap();
    // each folder's events come by a thread of its own
    tokio::time::sleep(Duration::from_millis(500)).await;
    let first = told(&watch, Duration::from_secs(5)).await;
    let good = Signal::Name(who("azerisiq"), "good.xml".into());
    assert!(first.contains(&good) && first.len() < 200, "{} signals first", first.len());
    let mut heard = first.len() - 1;
    while heard < floods {
        heard += told(&watch, Duration::from_secs(5)).await.len();
    }
    assert!(heard == floods && is_silent(&watch).await, "{heard}: each once");
}

#[tokio::test]
async fn a_queue_of_events_that_runs_over_is_a_scan_of_its_own_folder() {
    let most: usize = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap().trim().parse().unwrap();
    let mut drop = Drop::new(&["azerenerji", "azerisiq"], settings());
    let watch = Watch::start(drop.queue.folders());
    fs::write(drop.root.path().join("azerisiq/in/good.xml"), SIGNED).unwrap();
    // the same event again is one with the last in the queue, so two names take turns; what the watcher empties of the
    // queue meanwhile runs over in its mailbox
    let names = [drop.at("a.xml"), drop.at("b.xml")];
    for at in 0..most.min(200_000) * 2 + 2 {
        fs::File::create(&names[at % 2]).unwrap();
    }
    let mut all = Vec::new();
    while !all.contains(&Signal::Rescan(who("azerenerji"))) {
        let told = told(&watch, Duration::from_secs(5)).await;
        assert!(!told.is_empty(), "{} signals, and no scan", all.len());
        all.extend(told);
    }
    assert!(all.contains(&Signal::Name(who("azerisiq"), "good.xml".into())));
    assert!(!all.contains(&Signal::Rescan(who("azerisiq"))), "the other's folder is not read for that");
    drop.queue.folder(&who("azerenerji")).unwrap().ask_scan();
    assert!(drop.queue.is_scanning());
}

#[tokio::test]
async fn a_rescan_finds_what_no_event_told_of() {
    let mut drop = Drop::new(&["azerenerji"], Settings { settle: Duration::ZERO, ..settings() });
    let watch = Watch::start(drop.queue.folders());
    // made by a link: the kernel tells of no closing and no moving in
    fs::write(drop.root.path().join("a.xml"), SIGNED).unwrap();
    fs::hard_link(drop.root.path().join("a.xml"), drop.at("a.xml")).unwrap();
    fs::remove_file(drop.root.path().join("a.xml")).unwrap();
    assert!(is_silent(&watch).await);
    assert_eq!(names(&drop.find(Timestamp::now())), ["a.xml"]);
}

#[test]
fn a_large_folder_is_read_in_slices_beside_all_others() {
    let mut drop = Drop::new(&["azerenerji", "azerisiq"], Settings { settle: Duration::ZERO, ..settings() });
    for at in 0..20_000 {
        fs::write(drop.at(format!("flood-{at:05}.xml")), SIGNED).unwrap();
    }
    fs::write(drop.root.path().join("azerisiq/in/good.xml"), SIGNED).unwrap();
    for participant in ["azerenerji", "azerisiq"] {
        drop.queue.folder(&who(participant)).unwrap().ask_scan();
    }
    let now = in_seconds(1);
    let ended = drop.queue.scan_slices(now);
    assert!(ended.is_empty() || ended[0].0 == who("azerisiq"), "{ended:?}");
    assert!(drop.queue.is_scanning(), "twenty thousand names are more than one turn has");
    drop.queue.scan_slices(now); // a folder is known when a slice finds nothing more
    // events were lost while it goes on: it is read from the beginning once more, for what was missed
    fs::write(drop.at("late.xml"), SIGNED).unwrap();
    assert_eq!(names(&drop.take(now)), ["good.xml"], "before all of the flood");
    drop.queue.folder(&who("azerenerji")).unwrap().ask_scan_first();
    let mut slices = 2;
    while drop.queue.is_scanning() {
        drop.queue.scan_slices(now);
        slices += 1;
    }
    assert!(slices > 2, "{slices}");
    let mut found = 0;
    loop {
        let group = drop.take(now);
        if group.is_empty() {
            break;
        }
        found += group.arrivals.len();
    }
    assert_eq!(found, 20_001);
}

#[test]
fn a_scan_that_outlasts_the_rescan_comes_to_its_end() {
    let mut drop = Drop::new(&["azerenerji"], Settings { settle: Duration::ZERO, ..settings() });
    for at in 0..20_000 {
        fs::write(drop.at(format!("flood-{at:05}.xml")), "").unwrap();
    }
    let (now, mut turns) = (in_seconds(1), 0);
    drop.queue.folder(&who("azerenerji")).unwrap().ask_scan();
    while drop.queue.is_scanning() {
        drop.queue.scan_slices(now);
        if drop.queue.is_scanning() {
            drop.queue.folder(&who("azerenerji")).unwrap().ask_scan(); // a rescan
        }
        turns += 1;
        assert!(turns < 100, "begun anew at each rescan");
    }
    assert!(turns > 1, "it takes longer than the pause between two rescans");
    assert_eq!(drop.queue.due(now), Some(now), "what was found is taken from now on");
}

#[test]
fn what_a_rescan_finds_first_does_not_overtake_what_it_finds_later() {
    let mut drop = Drop::new(&["azerenerji"], Settings { settle: Duration::ZERO, ..settings() });
    drop.queue.folder(&who("azerenerji")).unwrap().ask_scan();
    while drop.queue.is_scanning() {
        drop.queue.scan_slices(in_seconds(1));
    }
    // known, and no event told of these: what a scan has found when it is half done may be anything
    for at in 0..20_000 {
        fs::write(drop.at(format!("{at:05}.xml")), SIGNED).unwrap();
    }
    let folder = drop.queue.folder(&who("azerenerji")).unwrap();
    folder.ask_scan();
    let now = in_seconds(1);
    drop.queue.scan_slices(now);
    assert!(drop.queue.is_scanning());
    assert_eq!(drop.queue.due(now), None, "nothing is taken before the scan has ended");
    while drop.queue.is_scanning() {
        drop.queue.scan_slices(now);
    }
    assert_eq!(names(&drop.take(now))[0], "00000.xml");
}

#[test]
fn an_answer_that_a_loss_of_power_tore_is_made_whole() {
    let mut drop = Drop::one();
    let path = drop.root.path().join("azerenerji/receipts/a.receipt.xml");
    let folder = drop.queue.folder(&who("azerenerji")).unwrap();
    for left in [&b""[..], b"<Rece", b"<Rece\0\0\0\0\0", b"\0\0", b"<R\0\0\0ipt/>"] {
        fs::write(&path, left).unwrap();
        assert_eq!(folder.publish("a.receipt.xml", b"<Receipt/>").unwrap(), Published::Now, "{left:?}");
        assert_eq!(fs::read(&path).unwrap(), b"<Receipt/>");
    }
    folder.outlet().sync().unwrap();
}

#[test]
fn an_answer_appears_whole_and_never_over_another() {
    let mut drop = Drop::one();
    let folder = drop.queue.folder(&who("azerenerji")).unwrap();
    let name = "a.xml.0190.receipt.xml";
    assert_eq!(folder.publish(name, b"<Receipt/>").unwrap(), Published::Now);
    assert_eq!(folder.publish(name, b"<Receipt/>").unwrap(), Published::Before);
    // (a beginning of the same is what a loss of power leaves; see below)
    for other in [&b"<Receipt"[..], b"<Receipt/ >", b""] {
        assert_eq!(folder.publish(name, other).unwrap_err().kind(), ErrorKind::AlreadyExists);
    }
    for bad in ["", "..", ".a", "../in/a", "a/b", "a\0b"] {
        assert_eq!(folder.publish(bad, b"").unwrap_err().kind(), ErrorKind::InvalidInput, "{bad:?}");
    }
    assert_eq!(drop.names("receipts"), [name]);
    let receipts = drop.root.path().join("azerenerji/receipts");
    // an agency's link in the place of an answer is not followed
    symlink(drop.at("victim"), receipts.join("b.receipt.xml")).unwrap();
    let folder = drop.queue.folder(&who("azerenerji")).unwrap();
    assert!(folder.publish("b.receipt.xml", b"<Receipt/>").is_err());
    assert!(!drop.at("victim").exists());
    // what a crash left half-written goes at the next start, and nothing else
    fs::write(receipts.join(".0190f3c1-0000-7000-8000-000000000000.part"), b"<Rec").unwrap();
    fs::write(receipts.join(".notes.part"), b"").unwrap();
    drop.restart(&|_| false);
    assert_eq!(drop.names("receipts"), [".notes.part", name, "b.receipt.xml"]);
}
