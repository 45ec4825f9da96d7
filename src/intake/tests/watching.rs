//! The real watcher, and the answers in `receipts/`.

use super::*;

/// Hands what the watcher tells to the queue until a group comes of it, for at most 5 s.
fn watched(drop: &mut Drop, signals: &mut Signals) -> Group {
    let end = Instant::now() + Duration::from_secs(5);
    while Instant::now() < end {
        match signals.try_recv() {
            Some(Signal::Name(participant, name)) => drop.queue.on_name(&participant, &name, Timestamp::now()),
            Some(Signal::Rescan(_) | Signal::RescanAll) => drop.queue.scan_all(Timestamp::now()).unwrap(),
            None => std::thread::yield_now(),
        }
        let group = drop.take(Timestamp::now());
        if !group.is_empty() {
            return group;
        }
    }
    Group::default()
}

#[test]
fn the_watch_tells_of_closing_and_moving_in_and_of_nothing_else() {
    let mut drop = Drop::one();
    let (watch, mut signals) = Watch::start(drop.queue.folders());
    assert!(watch.unwatched().is_empty(), "{watch:?}");
    let mut writer = File::create(drop.at("a.xml")).unwrap();
    writer.write_all(SIGNED).unwrap();
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(signals.try_recv(), None, "it is still open");
    std::mem::drop(writer);
    assert_eq!(names(&watched(&mut drop, &mut signals)), ["a.xml"]);
    let odd = OsStr::from_bytes(b"b\n\xff.xml");
    drop.put("b.part", SIGNED);
    fs::rename(drop.at("b.part"), drop.at(odd)).unwrap();
    let group = watched(&mut drop, &mut signals);
    assert_eq!(group.arrivals[0].document().name().as_os_str(), odd);
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(signals.try_recv(), None, "our own opening and taking is no news");
    // a burst, the folder moved meanwhile
    fs::rename(drop.root.path().join("azerenerji/in"), drop.root.path().join("elsewhere")).unwrap();
    fs::write(drop.root.path().join("elsewhere/c.xml"), SIGNED).unwrap();
    assert_eq!(names(&watched(&mut drop, &mut signals)), ["c.xml"]);
}

#[test]
fn a_rescan_finds_what_no_event_told_of() {
    let mut drop = Drop::new(&["azerenerji"], Settings { settle: Duration::ZERO, ..settings() });
    let (_watch, mut signals) = Watch::start(drop.queue.folders());
    // made by a link: the kernel tells of no closing and no moving in
    fs::write(drop.root.path().join("a.xml"), SIGNED).unwrap();
    fs::hard_link(drop.root.path().join("a.xml"), drop.at("a.xml")).unwrap();
    fs::remove_file(drop.root.path().join("a.xml")).unwrap();
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(signals.try_recv(), None);
    assert_eq!(names(&drop.find(Timestamp::now())), ["a.xml"]);
}

#[test]
fn an_answer_that_a_loss_of_power_tore_is_made_whole() {
    let mut drop = Drop::one();
    let path = drop.root.path().join("azerenerji/receipts/a.receipt.xml");
    let folder = drop.queue.folder(&who("azerenerji")).unwrap();
    for left in [&b""[..], b"<Rece", b"<Rece\0\0\0\0\0", b"\0\0"] {
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
