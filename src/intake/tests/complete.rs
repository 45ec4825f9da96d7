//! When a file is complete: events, settling, uploads under way, pairs.

use super::*;

#[test]
fn what_an_event_told_of_is_taken_at_once() {
    let mut drop = Drop::one();
    drop.put("a.xml", SIGNED);
    drop.tell("a.xml");
    let group = drop.take(Timestamp::now());
    assert_eq!(names(&group), ["a.xml"]);
    let arrival = &group.arrivals[0];
    assert_eq!((octets(arrival.document()), arrival.participant().unwrap().as_str()), (SIGNED.to_vec(), "azerenerji"));
    assert!(!arrival.document().has_changed().unwrap() && arrival.detached().is_none());
    assert_eq!((drop.names("in").len(), drop.names(".taken")), (0, vec![format!("{}~a.xml", arrival.id())]));
    drop.release(arrival.id());
    drop.release(arrival.id());
    assert!(drop.names(".taken").is_empty());
}

#[test]
fn what_a_scan_finds_settles_first() {
    let mut drop = Drop::one();
    drop.put_aged("a.xml", SIGNED, 86_400);
    assert!(drop.find(in_seconds(9)).is_empty(), "its modification time is old, its change time is not");
    let settled = drop.queue.settled_at().unwrap();
    assert_eq!(drop.queue.due(Timestamp::now()), Some(settled));
    assert!(settled <= in_seconds(10) && settled > in_seconds(8));
    assert_eq!(names(&drop.take(settled)), ["a.xml"]);
}

#[test]
fn what_grows_between_two_scans_settles_anew() {
    let mut drop = Drop::one();
    drop.put("a.xml", SIGNED);
    assert!(drop.find(in_seconds(0)).is_empty());
    let first = drop.queue.settled_at().unwrap();
    std::thread::sleep(Duration::from_millis(50));
    File::options().append(true).open(drop.at("a.xml")).unwrap().write_all(b"\n").unwrap();
    assert!(drop.take(first).is_empty(), "it is not what the scan saw");
    assert_eq!(names(&drop.find(in_seconds(22))), ["a.xml"]);
}

#[test]
fn uploads_under_way_are_left_alone_until_renamed() {
    let mut drop = Drop::one();
    for name in ["a.xml.part", "b.tmp", "c.filepart", ".d.xml", ".p7s"] {
        drop.put(name, SIGNED);
        drop.tell(name);
    }
    assert!(drop.find(in_seconds(3600)).is_empty());
    fs::rename(drop.at("a.xml.part"), drop.at("a.xml")).unwrap();
    drop.tell("a.xml");
    assert_eq!(names(&drop.take(Timestamp::now())), ["a.xml"]);
    assert_eq!(drop.names("in").len(), 4);
}

#[test]
fn two_halves_make_one_submission_in_either_order() {
    for order in [["a.csv", "a.csv.p7s"], ["a.csv.p7s", "a.csv"], ["a.csv", "a.csv.P7S"], ["a.csv.p7S", "a.csv"]] {
        let mut drop = Drop::one();
        drop.put(order[0], CSV);
        drop.tell(order[0]);
        assert!(drop.take(Timestamp::now()).is_empty());
        let waiting = drop.queue.waiting();
        assert_eq!(waiting.len(), 1);
        assert_eq!(waiting[0].name.shown(), order[0]);
        assert!(waiting[0].until > in_seconds(58) && waiting[0].until <= in_seconds(60));
        drop.put(order[1], CSV);
        drop.tell(order[1]);
        let group = drop.take(Timestamp::now());
        assert_eq!(names(&group), ["a.csv"], "{order:?}");
        let detached = group.arrivals[0].detached().unwrap();
        assert!(detached.name().ends_with(".p7s"));
        assert_eq!((drop.names("in").len(), drop.names(".taken").len()), (0, 2));
        drop.release(group.arrivals[0].id());
        assert!(drop.names(".taken").is_empty() && drop.queue.waiting().is_empty());
    }
}

#[test]
fn a_scan_pairs_too_and_waits_for_the_slower_half() {
    let mut drop = Drop::one();
    drop.put_aged("a.csv", CSV, 3600);
    drop.queue.scan_all(in_seconds(0)).unwrap();
    std::thread::sleep(Duration::from_millis(50));
    drop.put("a.csv.p7s", b"half");
    let first = drop.queue.settled_at().unwrap();
    let group = drop.take(first);
    assert!(group.is_empty(), "the signature lies there and is not settled: {group:?}");
    let group = drop.find(in_seconds(11));
    assert!(group.arrivals.len() == 1 && group.arrivals[0].detached().is_some());
}

#[test]
fn a_document_alone_goes_on_when_its_time_has_passed() {
    let mut drop = Drop::one();
    drop.put_aged("a.csv", CSV, 30);
    assert!(drop.find(in_seconds(11)).is_empty());
    let until = drop.queue.waiting()[0].until;
    assert!(until > in_seconds(28) && until <= in_seconds(30), "from its modification time");
    assert_eq!(drop.queue.due(in_seconds(11)), Some(until));
    let group = drop.take(until);
    assert!(names(&group) == ["a.csv"] && group.arrivals[0].detached().is_none() && group.refusals.is_empty());
}

#[test]
fn a_modification_time_ahead_counts_from_first_sight() {
    let mut drop = Drop::one();
    drop.put("a.csv", CSV);
    let ahead = SystemTime::now() + Duration::from_secs(1 << 30);
    File::options().write(true).open(drop.at("a.csv")).unwrap().set_modified(ahead).unwrap();
    drop.tell("a.csv");
    assert!(drop.take(in_seconds(59)).is_empty());
    // another process sees it for the first time then, and it has waited all the same
    drop.restart(&|_| false);
    assert_eq!(names(&drop.find(in_seconds(61))), ["a.csv"]);
}

#[test]
fn old_files_moved_in_one_after_the_other_still_meet() {
    let mut drop = Drop::one();
    drop.put_aged("a.csv", CSV, 86_400);
    drop.tell("a.csv");
    assert!(drop.take(Timestamp::now()).is_empty());
    drop.put_aged("a.csv.p7s", b"half", 86_400);
    drop.tell("a.csv.p7s");
    assert!(drop.take(Timestamp::now()).arrivals[0].detached().is_some());
}

#[test]
fn a_signature_alone_is_answered_when_its_time_has_passed() {
    let mut drop = Drop::one();
    drop.put("a.csv.p7s", b"half");
    drop.put("x.p7s.p7s", b"half");
    assert!(drop.find(in_seconds(59)).is_empty());
    let group = drop.take(in_seconds(61));
    let missing = "intake.document-missing";
    assert_eq!(slugs(&group), [("a.csv.p7s".into(), missing, true), ("x.p7s.p7s".into(), missing, true)]);
    assert_eq!(group.refusals[0].finding.wanted.as_deref(), Some("a.csv"));
    assert!(drop.names("in").is_empty(), "it is taken, to be kept like any other");
}

#[test]
fn a_signed_document_does_not_wait_but_takes_its_signature_along() {
    let mut drop = Drop::one();
    drop.put("a.xml", SIGNED);
    drop.put("a.xml.p7s", b"half");
    drop.tell("a.xml.p7s");
    drop.tell("a.xml");
    assert!(drop.take(Timestamp::now()).arrivals[0].detached().is_some());
    drop.put("b.asice", b"PK\x03\x04");
    drop.tell("b.asice");
    assert_eq!(names(&drop.take(Timestamp::now())), ["b.asice"]);
}

#[test]
fn an_empty_file_waits_for_its_content_and_is_refused_without() {
    let mut drop = Drop::one();
    for name in ["a.xml", "b.csv", "b.csv.p7s", "c.csv", "c.csv.p7s"] {
        drop.put(name, if name.starts_with('c') { b"half" } else { b"" });
        drop.tell(name);
    }
    fs::write(drop.at("c.csv.p7s"), b"").unwrap();
    drop.tell("c.csv.p7s");
    assert!(drop.take(Timestamp::now()).is_empty());
    drop.put("a.xml", SIGNED);
    drop.tell("a.xml");
    assert_eq!(names(&drop.take(Timestamp::now())), ["a.xml"]);
    let group = drop.find(in_seconds(61));
    assert_eq!(slugs(&group), [("b.csv".into(), "intake.empty", true)]);
    assert!(group.refusals[0].arrival.as_ref().unwrap().detached().is_some());
    assert_eq!(names(&group), ["c.csv"]);
    assert!(group.arrivals[0].detached().is_some(), "an empty signature is for the signature room to judge");
}
