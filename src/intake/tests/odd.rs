//! What is no file of its own, odd names, and swaps under our eyes.

use super::*;

#[test]
fn what_is_no_regular_file_stays_and_is_answered_once() {
    let mut drop = Drop::one();
    let secret = drop.root.path().join("secret.xml");
    fs::write(&secret, SIGNED).unwrap();
    fs::create_dir(drop.at("folder.xml")).unwrap();
    symlink(&secret, drop.at("link.xml")).unwrap();
    symlink("nowhere", drop.at("loose.xml")).unwrap();
    fs::hard_link(&secret, drop.at("second.xml")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, drop.at("pipe.xml"), rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0)
        .unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(drop.at("socket.xml")).unwrap();
    for name in drop.names("in") {
        drop.tell(&name);
    }
    assert!(drop.take(Timestamp::now()).is_empty(), "never urgent");
    let mut group = drop.find(in_seconds(11));
    group.refusals.sort_by(|a, b| a.name.cmp(&b.name));
    let expected = [
        ("folder.xml", "intake.not-a-file"),
        ("link.xml", "intake.link"),
        ("loose.xml", "intake.link"),
        ("pipe.xml", "intake.not-a-file"),
        ("second.xml", "intake.hard-link"),
        ("socket.xml", "intake.not-a-file"),
    ];
    assert_eq!(slugs(&group), expected.map(|(name, slug)| (name.to_owned(), slug, false)));
    assert!(group.arrivals.is_empty() && drop.names("in").len() == 6 && secret.exists());
    assert!(drop.find(in_seconds(30)).is_empty());
    // what a folder holds does not make it another thing
    fs::write(drop.at("folder.xml/inside.xml"), SIGNED).unwrap();
    let answered: std::collections::BTreeSet<String> = group.refusals.iter().map(|r| r.key.to_string()).collect();
    let known = |_: &ParticipantName, key: &Key| answered.contains(&key.to_string());
    drop.restart(&|_| false);
    drop.queue.scan_all(in_seconds(30)).unwrap();
    assert!(drop.queue.take_group(in_seconds(30), GroupLimits::default(), &known).is_empty());
    // another thing under the same name is answered anew
    fs::remove_file(drop.at("loose.xml")).unwrap();
    fs::create_dir(drop.at("loose.xml")).unwrap();
    drop.queue.scan_all(in_seconds(60)).unwrap();
    let group = drop.queue.take_group(in_seconds(60), GroupLimits::default(), &known);
    assert_eq!(slugs(&group), [("loose.xml".into(), "intake.not-a-file", false)]);
}

#[test]
fn a_hard_link_whose_other_name_goes_is_a_file_like_others() {
    let mut drop = Drop::one();
    drop.put("upload.part", SIGNED);
    fs::hard_link(drop.at("upload.part"), drop.at("a.xml")).unwrap();
    drop.queue.scan_all(in_seconds(0)).unwrap();
    fs::remove_file(drop.at("upload.part")).unwrap();
    let group = drop.find(in_seconds(11));
    assert!(names(&group) == ["a.xml"] && group.refusals.is_empty());
}

#[test]
fn what_is_too_large_stays_and_is_answered_once() {
    let mut drop = Drop::new(&["azerenerji"], Settings { size_max: 10, ..settings() });
    drop.put("a.csv", CSV);
    drop.put("a.csv.p7s", b"half");
    drop.tell("a.csv.p7s");
    drop.tell("a.csv");
    let group = drop.take(Timestamp::now());
    assert_eq!(slugs(&group), [("a.csv".into(), "intake.too-large", false)]);
    assert_eq!(group.refusals[0].finding.wanted.as_deref(), Some("10"));
    assert!(drop.find(in_seconds(3600)).is_empty(), "its signature is spoken for");
    drop.put("a.csv", b"short");
    drop.tell("a.csv");
    assert!(drop.take(Timestamp::now()).arrivals[0].detached().is_some(), "put in again, and it fits");
}

#[test]
fn an_unreadable_file_stays_and_is_answered() {
    if rustix::process::geteuid().is_root() {
        return; // nothing is unreadable to root
    }
    let mut drop = Drop::one();
    drop.put("a.xml", SIGNED);
    fs::set_permissions(drop.at("a.xml"), fs::Permissions::from_mode(0o000)).unwrap();
    assert_eq!(slugs(&drop.find(in_seconds(11))), [("a.xml".into(), "intake.unreadable", false)]);
    fs::set_permissions(drop.at("a.xml"), fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(names(&drop.find(in_seconds(22))), ["a.xml"]);
}

#[test]
fn names_are_only_data() {
    let mut drop = Drop::one();
    let long = "n".repeat(251) + ".xml";
    let odd: [&[u8]; 9] = [
        b"...",
        b"%2e%2e%2F..%2Fetc%2Fpasswd",
        b"\xff\xfe.xml",
        b"a\nb.xml",
        b"\x1b[31m.xml",
        b"-rf",
        b"a b.xml ",
        long.as_bytes(),
        b"C:\\a.xml",
    ];
    for name in odd {
        drop.put(OsStr::from_bytes(name), SIGNED);
    }
    let group = drop.find(in_seconds(11));
    let mut found: Vec<&[u8]> =
        group.arrivals.iter().map(|arrival| arrival.document().name().as_os_str().as_bytes()).collect();
    found.sort();
    // one begins with a dot: an upload under way
    let mut expected = odd[1..].to_vec();
    expected.sort();
    assert_eq!(found, expected);
    for arrival in &group.arrivals {
        drop.release(arrival.id());
    }
    assert_eq!((drop.names("in"), drop.names(".taken").len()), (vec!["...".to_owned()], 0));
}

#[test]
fn a_swap_between_look_and_open_yields_nothing_else() {
    let mut drop = Drop::one();
    let secret = drop.root.path().join("secret.xml");
    fs::write(&secret, b"<S>secret<Signature xmlns='http://www.w3.org/2000/09/xmldsig#'/></S>").unwrap();
    drop.put("a.xml", SIGNED);
    drop.tell("a.xml");
    fs::remove_file(drop.at("a.xml")).unwrap();
    symlink(&secret, drop.at("a.xml")).unwrap();
    assert!(drop.take(Timestamp::now()).is_empty());
    assert_eq!(slugs(&drop.find(in_seconds(11))), [("a.xml".into(), "intake.link", false)]);
    assert!(secret.exists());
}

#[test]
fn under_constant_swapping_only_the_file_itself_arrives() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let mut drop = Drop::one();
    let outside = drop.root.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret.xml"), b"<S>secret<Signature xmlns='http://www.w3.org/2000/09/xmldsig#'/></S>")
        .unwrap();
    symlink(outside.join("secret.xml"), outside.join("link")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, outside.join("pipe"), rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0)
        .unwrap();
    let stop = AtomicBool::new(false);
    let target = drop.at("a.xml");
    let mut taken = 0;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let exchange = rustix::fs::RenameFlags::EXCHANGE;
            while !stop.load(Ordering::Relaxed) {
                for other in ["link", "pipe"] {
                    for _ in 0..2 {
                        // fails while the file is taken
                        let (cwd, other) = (rustix::fs::CWD, outside.join(other));
                        let _ = rustix::fs::renameat_with(cwd, &target, cwd, &other, exchange);
                    }
                }
            }
        });
        let end = Instant::now() + Duration::from_millis(400);
        while Instant::now() < end {
            fs::write(outside.join("fresh"), SIGNED).unwrap();
            let (cwd, only_new) = (rustix::fs::CWD, rustix::fs::RenameFlags::NOREPLACE);
            let _ = rustix::fs::renameat_with(cwd, outside.join("fresh"), cwd, drop.at("a.xml"), only_new);
            drop.tell("a.xml");
            for arrival in drop.take(Timestamp::now()).arrivals {
                let found = octets(arrival.document());
                assert!(found == SIGNED || found.is_empty(), "{}", String::from_utf8_lossy(&found));
                taken += 1;
                drop.release(arrival.id());
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert!(outside.join("secret.xml").exists());
    assert!(taken > 0, "the file itself has its chances");
}

#[test]
fn a_file_whose_octets_the_disk_does_not_give_is_answered_once_where_it_lies() {
    let mut drop = Drop::one();
    drop.put("a.xml", SIGNED);
    drop.tell("a.xml");
    let group = drop.take(Timestamp::now());
    let id = group.arrivals[0].id();
    let folder = drop.queue.folder(&who("azerenerji")).unwrap();
    assert!(folder.give_back_unreadable(id, OsStr::new("a.xml")).unwrap());
    let group = drop.find(in_seconds(20));
    assert_eq!(slugs(&group), [("a.xml".to_owned(), "intake.unreadable", false)]);
    assert!(drop.find(in_seconds(40)).is_empty() && drop.names("in") == ["a.xml"]);
}
