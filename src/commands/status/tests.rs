//! Healthy or not, and why.

use super::*;
use crate::commands::trial;
use crate::config::Config;
use crate::document::Decision;
use crate::host::{Disk, test_folder};
use crate::journal::samples::{answered, at, closed, deferred, held as taken, id, refused};
use crate::journal::{Event, Journal, Note};
use std::fs;
use std::os::unix::fs::MetadataExt;

/// A trial window whose journal has these events, one a second.
fn window(events: Vec<Event>) -> (tempfile::TempDir, Settings) {
    let folder = test_folder();
    let window = folder.path().join("window");
    trial::make(&window, Timestamp::now()).unwrap();
    let settings = Config::settings_of(&window.join("pencere.toml")).unwrap();
    let state = &settings.window.paths.state;
    let mut journal = Journal::open(&Disk::system(), state, crate::journal::Settings::default()).unwrap();
    for (second, event) in (0..).zip(events) {
        journal.append(at(second), event).unwrap();
    }
    journal.sync().unwrap();
    (folder, settings)
}

fn status(settings: &Settings, daemon: Option<u32>, now: Timestamp) -> Status {
    let known = Known::read(&settings.window.paths.state).unwrap();
    Status::of(settings, &known, daemon, &Footing::default(), now).unwrap()
}

fn codes(status: &Status) -> Vec<&str> {
    assert_eq!(status.healthy, status.problems.is_empty());
    status.problems.iter().map(|problem| problem.code).collect()
}

#[test]
fn a_window_in_which_all_is_answered_is_healthy() {
    let (_folder, settings) = window(vec![taken(1, "a"), answered(1, 1, Decision::Accepted, "c"), closed(1)]);
    let status = status(&settings, Some(1), at(86_400));
    assert_eq!(codes(&status), [""; 0]);
    let row = status.participants.iter().find(|row| row.participant == "azerenerji").unwrap();
    assert_eq!((row.accepted, row.waiting, row.open), (1, 0, 0));
    assert_eq!((status.participants.len(), status.unclosed), (6, 0));
}

#[test]
fn halts_and_refused_reloads_are_told() {
    let halted = Event::Halted { why: "journal: append: no space".to_owned() };
    let refused = Event::Reloaded { configuration: Default::default(), refused: Some("registry.toml:3".to_owned()) };
    let (_folder, settings) = window(vec![refused, halted]);
    let status = status(&settings, None, at(60));
    assert_eq!(codes(&status), ["halted", "reload-refused"]);
    assert!(status.problems[0].message.contains("no space"));
}

#[test]
fn a_hold_may_last_so_long_and_no_longer() {
    let (_folder, settings) = window(vec![taken(1, "a"), deferred(1, 1), answered(1, 1, Decision::Held, "c")]);
    let max = settings.hold.max.as_secs() as i64;
    let early = status(&settings, Some(1), at(max));
    assert_eq!((codes(&early), early.held.count), (vec![], 1));
    let oldest = early.held.oldest.unwrap();
    assert_eq!((oldest.id, oldest.findings, oldest.next_try), (id(1), vec!["load.database-away".into()], Some(at(60))));
    assert_eq!(codes(&status(&settings, Some(1), at(max + 2))), ["held-too-long"]);
}

#[test]
fn so_much_is_held_for_one_participant_and_no_more() {
    let held = |n| [taken(n, "a"), deferred(n, 1), answered(n, 1, Decision::Held, "c")];
    let (_folder, mut settings) = window([held(1), held(2)].concat());
    let (enough, octets) = (settings.hold.documents_max, settings.hold.size_max);
    let mut codes_at = |documents_max, size_max| {
        (settings.hold.documents_max, settings.hold.size_max) = (documents_max, size_max);
        codes(&status(&settings, Some(1), at(60))).join(" ")
    };
    assert_eq!(codes_at(enough, octets), "");
    assert_eq!(codes_at(3, 3), "");
    assert_eq!(codes_at(2, octets), "held-too-many");
    assert_eq!(codes_at(enough, 2), "held-too-many");
}

#[test]
fn what_nobody_answers_is_unhealthy_once_it_is_late_or_at_once_where_no_window_is_open() {
    let (_folder, settings) = window(vec![taken(1, "a")]);
    let intake = &settings.intake;
    let patience = intake.unanswered_max.as_secs() as i64;
    assert!(intake.unanswered_max > intake.pair_wait + 2 * intake.rescan + intake.settle);
    assert_eq!(codes(&status(&settings, Some(1), at(patience))), [""; 0]);
    assert_eq!(codes(&status(&settings, Some(1), at(patience + 2))), ["unanswered-too-long"]);
    assert_eq!(codes(&status(&settings, None, at(2))), ["not-running"]);
}

#[test]
fn files_in_folders_are_counted_but_no_uploads_and_nothing_that_has_its_answer() {
    let (_folder, settings) = window(Vec::new());
    let inward = settings.window.paths.drop.join("azerisiq/in");
    for name in ["a.xml", "b.csv.part", ".hidden", "keçid"] {
        fs::write(inward.join(name), "").unwrap();
    }
    let waiting = |settings: &Settings| {
        let status = status(settings, None, Timestamp::now());
        let row = status.participants.into_iter().find(|row| row.participant == "azerisiq").unwrap();
        (row.waiting, row.oldest_unanswered_seconds.is_some())
    };
    assert_eq!(waiting(&settings), (2, true));
    let inode = fs::metadata(inward.join("keçid")).unwrap().ino();
    let key = format!("{inode}@1.000000000:keçid");
    let mut journal =
        Journal::open(&Disk::system(), &settings.window.paths.state, crate::journal::Settings::default()).unwrap();
    journal.append(at(0), refused(1, &key)).unwrap();
    journal.append(at(1), answered(1, 1, Decision::Rejected, "c")).unwrap();
    journal.sync().unwrap();
    let ours = status(&settings, None, at(60));
    assert_eq!(ours.waiting, 1);
    // taken: what the journal knows is the window's, all else still waits
    let taken = settings.window.paths.drop.join("azerisiq").join(folders::TAKEN);
    fs::create_dir_all(&taken).unwrap();
    fs::write(taken.join(format!("{}~keçid", id(1))), "").unwrap();
    assert_eq!(status(&settings, None, at(60)).waiting, 1);
    fs::write(taken.join(format!("{}~a.xml", id(2))), "").unwrap();
    assert_eq!(status(&settings, None, at(60)).waiting, 2);
}

#[test]
fn what_grows_without_end_grows_old() {
    let (_folder, settings) = window(vec![]);
    let path = settings.window.paths.drop.join("azerenerji/in/grows.xml");
    fs::write(&path, "<S>").unwrap();
    let Ok(born) = fs::metadata(&path).unwrap().created() else { return };
    let born = Timestamp::try_from(born).unwrap();
    let second = |count: i64| born + SignedDuration::from_secs(count);
    let written = |at: Timestamp| fs::File::options().write(true).open(&path).unwrap().set_modified(at.into()).unwrap();
    written(second(600));
    let oldest = |now| {
        let status = status(&settings, Some(1), now);
        let row = status.participants.iter().find(|row| row.participant == "azerenerji").unwrap();
        row.oldest_unanswered.clone().unwrap()
    };
    let grows = oldest(second(601));
    assert_eq!((grows.name.as_str(), grows.seconds, grows.whence), ("grows.xml", 601, Whence::Growing));
    assert_eq!(oldest(second(700)).whence, Whence::Dropped, "it lies still again");
    written(second(-600));
    assert_eq!(oldest(second(1)).whence, Whence::Dropped, "moved in");
    assert_eq!(codes(&status(&settings, Some(1), second(3600))), ["unanswered-too-long"]);
}

#[test]
fn a_document_that_we_could_not_judge_is_a_matter_for_a_person_at_once() {
    let mut answer = answered(1, 1, Decision::Held, "c");
    let Event::Answered(held) = &mut answer else { panic!() };
    held.findings = vec!["load.not-judged".to_owned()];
    let (_folder, settings) = window(vec![taken(1, "a"), answer]);
    let status = status(&settings, Some(1), at(60));
    assert!(codes(&status).contains(&"not-judged"), "{:?}", status.problems);
    let row = status.participants.iter().find(|row| row.participant == "azerenerji").unwrap();
    assert_eq!((row.held, row.oldest_held_seconds.is_some()), (1, true));
}

// R 5.10
#[test]
fn a_notice_is_shown_until_it_is_sent_and_is_a_problem_once_it_is_late() {
    let archived = |unit: &str, act: &str, due: &str| Event::Act {
        act: act.to_owned(),
        by: "window".to_owned(),
        id: None,
        facts: [("unit", unit), ("due", due)].map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
    };
    let (_folder, settings) = window(vec![
        archived("trial-000001", "archived", "2026-12-01"),
        archived("trial-000002", "archived", "2026-12-02"),
        archived("trial-000001", "notice-sent", ""),
    ]);
    let on = |now: &str| status(&settings, None, now.parse().unwrap());
    let in_time = on("2026-12-02T19:59:59Z");
    assert!(in_time.healthy && in_time.notices.len() == 1, "{in_time:?}");
    let late = on("2026-12-02T20:00:00Z"); // the next day in Baku
    assert_eq!(codes(&late), ["notice-overdue"]);
    assert!(late.problems[0].message.contains("trial-000002"));
    // told to a running window, which has not journalled it yet
    let facts = [("unit".to_owned(), "trial-000002".to_owned())].into();
    let note = Note { time: at(0), act: "notice-sent".to_owned(), by: "somebody".to_owned(), facts };
    note.leave(&Disk::system(), &settings.window.paths.state).unwrap();
    assert!(on("2026-12-02T20:00:00Z").healthy);
}
