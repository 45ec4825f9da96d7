//! Crowds: ten thousand files at once, a hundred thousand waiting at a start, and more events than the kernel
//! keeps for us. Bounded in CI.

use crate::crowd::{Dice, Seed, documents};
use crate::trial::{PARTICIPANTS, Trial, generation, voen};
use crate::{assert_end, drop_into, template, times};
use rustix::fs::inotify;
use rustix::process::Signal;
use std::fs;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

/// For a crowd ten times as large a person waits ten times as long.
fn wait(trial: &Trial, files: usize) {
    let begin = Instant::now();
    let patience = Duration::from_secs(30) + Duration::from_millis(20) * files as u32;
    let is_empty = |one| trial.names(one, "in").is_empty() && trial.names(one, ".taken").is_empty();
    while !PARTICIPANTS.into_iter().all(is_empty) {
        assert!(begin.elapsed() < patience, "not answered after {patience:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
    println!("{files} files: answered after {:?}", begin.elapsed());
}

#[test]
fn ten_thousand_files_at_once() {
    let count = if times() > 1 { 10_000 } else { 1_000 };
    let seed = Seed::new();
    let mut dice = Dice(seed.0);
    let trial = template();
    let all = documents(&trial, count, &mut dice);
    let daemon = trial.run();
    drop_into(&trial, &all);
    wait(&trial, all.len());
    daemon.end();
    assert_end(&trial, &all);
}

/// Good for nothing, and signed by its looks: it waits for no other half.
fn junk(n: usize) -> String {
    format!("<S n=\"{n}\"><Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\"/></S>")
}

#[test]
fn a_hundred_thousand_files_wait_at_the_start() {
    let count = if times() > 1 { 100_000 } else { 2_000 };
    let trial = template();
    let text = generation(voen("azerenerji"), "2024-Q1", 1, "SU-0001", "100.000");
    let good = trial.signed("good.xml", text, "azerenerji");
    let folder = trial.side("azerenerji", "in");
    for n in 0..count {
        // every tenth the same good one, all others good for nothing, each in its own way
        let octets = if n % 10 == 0 { good.clone() } else { junk(n).into_bytes() };
        fs::write(folder.join(format!("{n:06}.xml")), octets).unwrap();
    }
    let begin = Instant::now();
    trial.done(&["once"]);
    println!("{count} files waiting: answered after {:?}", begin.elapsed());
    assert!(trial.names("azerenerji", "in").is_empty() && trial.names("azerenerji", ".taken").is_empty());
    let mut decisions = std::collections::BTreeMap::new();
    let mut names = std::collections::BTreeSet::new();
    for (name, text) in trial.answers("azerenerji") {
        *decisions.entry(crate::receipt::decision(&text).to_owned()).or_insert(0) += 1;
        assert!(names.insert(name[..10].to_owned()), "{name}: a second answer");
    }
    let wanted = [("accepted", 1), ("duplicate", count / 10 - 1), ("rejected", count - count / 10)];
    assert_eq!(decisions, wanted.map(|(word, count)| (word.to_owned(), count)).into());
    assert_eq!(trial.sql("SELECT count(*) FROM submission").trim(), "1");
    trial.done(&["audit", "verify"]);
}

#[test]
fn more_events_than_the_kernel_keeps() {
    let most = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap();
    let most: usize = most.trim().parse().unwrap();
    let seed = Seed::new();
    let mut dice = Dice(seed.0);
    let trial = template();
    trial.set("rescan", "\"1h\""); // only the lost events themselves can make it look again
    let all = documents(&trial, 16 * times().min(20), &mut dice);
    let daemon = trial.run();
    daemon.signal(Signal::STOP);
    let folder = trial.side("azerenerji", "in");
    let beside = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK).unwrap();
    inotify::add_watch(&beside, &folder, inotify::WatchFlags::CLOSE_WRITE).unwrap();
    // two names in turn: the kernel folds an event that is the same as the one before
    for n in 0..most * 2 {
        fs::write(folder.join(format!(".{}.part", n % 2)), "").unwrap();
    }
    assert!(overflowed(&beside), "{most} events are not too many");
    drop_into(&trial, &all);
    daemon.signal(Signal::CONT);
    wait_without_uploads(&trial);
    daemon.end();
    for n in 0..2 {
        fs::remove_file(folder.join(format!(".{n}.part"))).unwrap();
    }
    assert_end(&trial, &all);
}

/// Whether a queue that nobody read has lost events.
fn overflowed(queue: &OwnedFd) -> bool {
    let mut buffer = vec![std::mem::MaybeUninit::uninit(); 1 << 20];
    let mut reader = inotify::Reader::new(queue, &mut buffer);
    // an empty queue ends it: it has lost nothing
    std::iter::from_fn(|| reader.next().ok().map(|event| event.events()))
        .any(|events| events.contains(inotify::ReadFlags::QUEUE_OVERFLOW))
}

fn wait_without_uploads(trial: &Trial) {
    let is_left = |name: &std::ffi::OsString| !name.to_string_lossy().starts_with('.');
    crate::trial::eventually("what came with the lost events", || {
        PARTICIPANTS.iter().all(|one| !trial.names(one, "in").iter().any(is_left))
    });
}
