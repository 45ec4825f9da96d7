//! Drop folders as agencies use and abuse them, on a real disk and with the real watcher.

use super::*;
use crate::document::{ParticipantName, SubmissionId};
use crate::intake::folder::{Published, Signal, Signals, Watch};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};
use tempfile::TempDir;

const SIGNED: &[u8] = b"<S><Signature xmlns='http://www.w3.org/2000/09/xmldsig#'/></S>";
const CSV: &[u8] = b"dataset,period\ngeneration,2026-Q3\n";

/// One or more drop folders in a temporary place.
struct Drop {
    root: TempDir,
    queue: Queue,
}

fn settings() -> Settings {
    Settings { settle: Duration::from_secs(10), pair_wait: Duration::from_secs(60), ..Settings::default() }
}

fn who(name: &str) -> ParticipantName {
    name.parse().unwrap()
}

fn in_seconds(seconds: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_secs(seconds)
}

fn nothing_answered(_: &ParticipantName, _: &Key) -> bool {
    false
}

impl Drop {
    fn new(participants: &[&str], settings: Settings) -> Self {
        let root = tempfile::tempdir().unwrap();
        for participant in participants {
            fs::create_dir_all(root.path().join(participant).join("in")).unwrap();
            fs::create_dir_all(root.path().join(participant).join("receipts")).unwrap();
        }
        let queue = Self::open(root.path(), participants, settings);
        Self { root, queue }
    }

    fn one() -> Self {
        Self::new(&["azerenerji"], settings())
    }

    fn open(root: &std::path::Path, participants: &[&str], settings: Settings) -> Queue {
        let open = |name: &&str| DropFolder::open(who(name), &root.join(name), settings).unwrap();
        Queue::new(participants.iter().map(open).collect())
    }

    /// As if the process had been killed and started again.
    fn restart(&mut self, known: &dyn Fn(SubmissionId) -> bool) -> folder::Recovered {
        self.queue = Self::open(self.root.path(), &["azerenerji"], settings());
        self.queue.recover(known).unwrap()
    }

    fn at(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.root.path().join("azerenerji/in").join(name.as_ref())
    }

    fn put(&self, name: impl AsRef<OsStr>, octets: &[u8]) {
        fs::write(self.at(name), octets).unwrap();
    }

    /// Puts a file that was last written so many seconds ago.
    fn put_aged(&self, name: impl AsRef<OsStr>, octets: &[u8], age: u64) {
        self.put(name.as_ref(), octets);
        let file = File::options().write(true).open(self.at(name)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
    }

    fn tell(&mut self, name: impl AsRef<OsStr>) {
        self.queue.on_name(&who("azerenerji"), name.as_ref(), Timestamp::now());
    }

    /// All that is ready now, as its events left it.
    fn take(&mut self, now: Timestamp) -> Group {
        self.queue.take_group(now, GroupLimits::default(), &nothing_answered)
    }

    /// Scans and takes all that is ready at that time.
    fn find(&mut self, now: Timestamp) -> Group {
        self.queue.scan_all(now).unwrap();
        self.take(now)
    }

    fn release(&mut self, id: SubmissionId) {
        self.queue.folder(&who("azerenerji")).unwrap().release(id).unwrap();
    }

    fn give_back(&mut self, id: SubmissionId) -> bool {
        self.queue.folder(&who("azerenerji")).unwrap().give_back(id).unwrap()
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let listed = fs::read_dir(self.root.path().join("azerenerji").join(folder)).unwrap();
        let mut names: Vec<String> =
            listed.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

fn names(group: &Group) -> Vec<String> {
    group.arrivals.iter().map(|arrival| arrival.document().name().shown()).collect()
}

fn octets(incoming: &Incoming) -> Vec<u8> {
    let mut octets = Vec::new();
    incoming.file().try_clone().unwrap().read_to_end(&mut octets).unwrap();
    octets
}

fn slugs(group: &Group) -> Vec<(String, &'static str, bool)> {
    let row = |refusal: &Refusal| (refusal.name.shown(), refusal.finding.code.slug(), refusal.arrival.is_some());
    group.refusals.iter().map(row).collect()
}

// ---- when a file is complete -------------------------------------------------------------

#[test]
fn what_an_event_told_of_is_taken_at_once() {
    let mut drop = Drop::one();
    drop.put("a.xml", SIGNED);
    drop.tell("a.xml");
    let group = drop.take(Timestamp::now());
    assert_eq!(names(&group), ["a.xml"]);
    let arrival = &group.arrivals[0];
    assert_eq!((octets(arrival.document()), arrival.participant().as_str()), (SIGNED.to_vec(), "azerenerji"));
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

// ---- pairs -------------------------------------------------------------------------------

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
    assert_eq!(names(&drop.take(in_seconds(61))), ["a.csv"]);
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

// ---- what is no file of its own ----------------------------------------------------------

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

// ---- taken, released, given back ---------------------------------------------------------

#[test]
fn releasing_never_touches_a_newer_file_of_the_same_name() {
    let mut drop = Drop::one();
    drop.put("a.xml", SIGNED);
    drop.tell("a.xml");
    let first = drop.take(Timestamp::now()).arrivals.remove(0);
    drop.put("a.xml", b"<newer/>");
    drop.release(first.id());
    assert_eq!(fs::read(drop.at("a.xml")).unwrap(), b"<newer/>");
    assert!(drop.names(".taken").is_empty());
}

#[test]
fn what_changed_while_it_was_taken_is_a_new_arrival() {
    let mut drop = Drop::one();
    drop.put("a.xml", SIGNED);
    let mut writer = File::options().append(true).open(drop.at("a.xml")).unwrap();
    drop.tell("a.xml");
    let first = drop.take(Timestamp::now()).arrivals.remove(0);
    assert!(!first.document().has_changed().unwrap());
    writer.write_all(b"<!-- more -->").unwrap();
    assert!(first.document().has_changed().unwrap());
    assert!(drop.give_back(first.id()));
    drop.tell("a.xml"); // the event of our own renaming
    assert!(drop.take(Timestamp::now()).is_empty(), "its writer may not be done");
    writer.write_all(b"\n").unwrap();
    std::mem::drop(writer);
    drop.tell("a.xml"); // the writer's closing
    let second = drop.take(Timestamp::now()).arrivals.remove(0);
    assert!(second.id() != first.id() && octets(second.document()).len() > SIGNED.len());
}

#[test]
fn what_cannot_go_back_yet_goes_back_when_its_name_is_free() {
    let mut drop = Drop::one();
    drop.put("a.xml", SIGNED);
    drop.tell("a.xml");
    let first = drop.take(Timestamp::now()).arrivals.remove(0);
    drop.put("a.xml", b"<newer/>");
    assert!(!drop.give_back(first.id()));
    assert_eq!(fs::read(drop.at("a.xml")).unwrap(), b"<newer/>");
    fs::remove_file(drop.at("a.xml")).unwrap();
    drop.queue.scan_all(in_seconds(0)).unwrap();
    assert_eq!(fs::read(drop.at("a.xml")).unwrap(), SIGNED);
    assert_eq!(names(&drop.find(in_seconds(11))), ["a.xml"]);
}

#[test]
fn another_file_under_the_name_at_the_moment_of_taking_is_put_back() {
    let mut drop = Drop::one();
    drop.put("a.xml", SIGNED);
    drop.tell("a.xml");
    // the same size and times, so that only the inode tells
    let modified = fs::metadata(drop.at("a.xml")).unwrap().modified().unwrap();
    drop.put("b.part", &[b"<T>", &SIGNED[3..]].concat());
    File::options().write(true).open(drop.at("b.part")).unwrap().set_modified(modified).unwrap();
    fs::rename(drop.at("b.part"), drop.at("a.xml")).unwrap();
    assert!(drop.take(Timestamp::now()).is_empty());
    assert_eq!(drop.names("in"), ["a.xml"]);
    assert_eq!(names(&drop.find(in_seconds(11))), ["a.xml"]);
}

#[test]
fn a_crash_at_any_step_loses_and_doubles_nothing() {
    let long = "n".repeat(247) + ".csv";
    let pair = [long.clone(), long.clone() + ".p7s"];
    for name in ["a.csv".to_owned(), long] {
        let signature = format!("{name}.p7s");
        let mut drop = Drop::one();
        let put = |drop: &mut Drop| {
            for name in [&name, &signature] {
                drop.put(name, CSV);
                drop.tell(name);
            }
            drop.take(Timestamp::now()).arrivals.remove(0).id()
        };
        // taken, not yet known to be safe
        put(&mut drop);
        assert_eq!(drop.restart(&|_| false), folder::Recovered { given_back: 2, ..Default::default() });
        assert_eq!((drop.names("in").len(), drop.names(".taken").len()), (2, 0));
        let id = drop.find(in_seconds(11)).arrivals.remove(0).id();
        // safe, not yet released
        assert_eq!(drop.restart(&|known| known == id), folder::Recovered { released: 2, ..Default::default() });
        assert_eq!((drop.names("in").len(), drop.names(".taken").len()), (0, 0));
        // released
        let id = put(&mut drop);
        drop.release(id);
        assert_eq!(drop.restart(&|known| known == id), folder::Recovered::default());
        // one half released; and beside it a newer file of the same name
        let id = put(&mut drop);
        let folder = drop.root.path().join("azerenerji/.taken");
        let direct = folder.join(format!("{id}~{name}"));
        let taken = if name.len() < 200 { direct } else { folder.join(format!("{id}~")).join(&name) };
        fs::remove_file(taken).unwrap();
        drop.put(&name, b"newer");
        assert_eq!(drop.restart(&|known| known == id), folder::Recovered { released: 1, ..Default::default() });
        assert_eq!(fs::read(drop.at(&name)).unwrap(), b"newer");
        // not safe, and a newer file of the same name: the older waits its turn
        drop.tell(&name);
        drop.put(&signature, CSV);
        drop.tell(&signature);
        drop.take(Timestamp::now());
        drop.put(&name, b"newest");
        let recovered = drop.restart(&|_| false);
        assert_eq!((recovered.given_back, recovered.stranded), (1, 1));
        assert!(drop.find(in_seconds(11)).arrivals[0].detached().is_some());
        assert_eq!(names(&drop.find(in_seconds(71))), [name.as_str()], "given back by the scan");
    }
    assert!(pair.iter().all(|name| name.len() <= 255));
}

#[test]
fn a_file_linked_back_by_a_crashed_window_is_one_file_again() {
    let mut drop = Drop::one();
    drop.put("a.xml", SIGNED);
    drop.tell("a.xml");
    let id = drop.take(Timestamp::now()).arrivals.remove(0).id();
    let taken = drop.root.path().join(format!("azerenerji/.taken/{id}~a.xml"));
    fs::hard_link(&taken, drop.at("a.xml")).unwrap();
    assert_eq!(drop.restart(&|_| false), folder::Recovered { given_back: 1, ..Default::default() });
    assert_eq!(names(&drop.find(in_seconds(11))), ["a.xml"]);
}

#[test]
fn what_is_not_ours_in_the_taken_folder_is_left_alone() {
    let mut drop = Drop::one();
    let folder = drop.root.path().join("azerenerji/.taken");
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    fs::write(folder.join("notes"), b"x").unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    assert_eq!(drop.restart(&|_| true), folder::Recovered::default());
    assert!(folder.join("notes").exists());
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700, "ours alone again");
}

#[test]
fn the_folder_opened_at_start_counts() {
    let mut drop = Drop::one();
    let home = drop.root.path().join("azerenerji");
    drop.put("a.xml", SIGNED);
    fs::rename(home.join("in"), home.join("moved")).unwrap();
    fs::create_dir(home.join("in")).unwrap();
    drop.put("b.xml", SIGNED);
    assert_eq!(names(&drop.find(in_seconds(11))), ["a.xml"]);
    // and a link in its place is refused at the next start
    fs::remove_dir_all(home.join("in")).unwrap();
    symlink(home.join("moved"), home.join("in")).unwrap();
    let error = DropFolder::open(who("azerenerji"), &home, settings()).unwrap_err();
    assert!(error.to_string().contains("/azerenerji/in: "), "{error}");
}

// ---- order, groups, numbers --------------------------------------------------------------

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

// ---- the watch ---------------------------------------------------------------------------

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

// ---- answers -----------------------------------------------------------------------------

#[test]
fn an_answer_appears_whole_and_never_over_another() {
    let mut drop = Drop::one();
    let folder = drop.queue.folder(&who("azerenerji")).unwrap();
    let name = "a.xml.0190.receipt.xml";
    assert_eq!(folder.publish(name, b"<Receipt/>").unwrap(), Published::Now);
    assert_eq!(folder.publish(name, b"<Receipt/>").unwrap(), Published::Before);
    for other in [&b"<Receipt"[..], b"<Receipt/>more", b""] {
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

#[test]
fn without_handles_the_group_is_smaller_and_nothing_is_lost() {
    // a process of its own, for the limit is the process's
    let me = std::env::current_exe().unwrap();
    let run = std::process::Command::new(me)
        .args(["--exact", "intake::tests::with_few_handles", "--ignored", "--nocapture"])
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

/// Prints how long it takes from the rename to the arrival. Run it by name, with `--nocapture`.
#[test]
#[ignore = "a measurement"]
fn time_from_rename_to_arrival() {
    let mut drop = Drop::one();
    let (_watch, mut signals) = Watch::start(drop.queue.folders());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for (what, name, content) in [("signed XML", "a.xml", SIGNED), ("signed PDF", "a.pdf", &b"%PDF-1.7"[..])] {
        let mut times = Vec::new();
        for _ in 0..1000 {
            drop.put("a.part", content);
            std::thread::sleep(Duration::from_millis(1));
            while signals.try_recv().is_some() {}
            let start = Instant::now();
            fs::rename(drop.at("a.part"), drop.at(name)).unwrap();
            let renamed = start.elapsed();
            let Signal::Name(participant, name) = runtime.block_on(signals.recv()) else { continue };
            let told = start.elapsed();
            drop.queue.on_name(&participant, &name, Timestamp::now());
            let group = drop.take(Timestamp::now());
            times.push((start.elapsed(), told, renamed));
            drop.release(group.arrivals[0].id());
        }
        times.sort();
        let at = |share: usize| times[times.len() * share / 100];
        println!("{what} (arrival, told, renamed): p50 {:?}, p90 {:?}, p99 {:?}", at(50), at(90), at(99));
    }
}

/// Prints what a hundred thousand waiting files cost. Run it by name, with `--nocapture`.
#[test]
#[ignore = "a measurement"]
fn time_of_a_hundred_thousand_waiting() {
    let mut drop = Drop::one();
    for at in 0..100_000 {
        drop.put(format!("{at:06}.xml"), SIGNED);
    }
    let now = in_seconds(600);
    let start = Instant::now();
    drop.queue.scan_all(now).unwrap();
    let first = start.elapsed();
    let again = Instant::now();
    drop.queue.scan_all(now).unwrap();
    let (again, start, mut count) = (again.elapsed(), Instant::now(), 0);
    while drop.queue.due(now).is_some() {
        for arrival in drop.take(now).arrivals {
            drop.release(arrival.id());
            count += 1;
        }
        if count % 25_600 == 0 {
            println!("{count} taken and released after {:?}", start.elapsed());
        }
    }
    println!("first scan {first:?}, second {again:?}, {count} taken and released {:?}", start.elapsed());
}
