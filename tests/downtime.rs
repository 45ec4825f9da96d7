//! The register of stoppages, of real processes that are stopped, killed and halted.

#[path = "window/trial.rs"]
mod trial;

use jiff::{SignedDuration, Timestamp};
use rustix::process::Signal;
use serde_json::Value;
use trial::{Locked, Trial, eventually, generation, voen};

fn rows(trial: &Trial, more: &[&str]) -> Vec<Value> {
    let (code, answer) = trial.json(&[&["downtime"], more].concat());
    assert_eq!(code, Some(0));
    answer["downtime"].as_array().unwrap().clone()
}

fn moment(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

// R 3.4.3
#[test]
fn stops_kills_and_halts_are_registered_with_their_moments() {
    let trial = Trial::new();
    trial.set("alive", "\"200ms\"");
    trial.set("hold.retry_first", "\"10ms\"");
    trial.set("busy_timeout", "\"10ms\"");
    trial.done(&["once"]);
    assert!(rows(&trial, &[]).is_empty(), "what only `once` works is never down");

    let daemon = trial.run();
    assert!(rows(&trial, &[]).is_empty());
    let before = Timestamp::now();
    daemon.end();
    assert!(!trial.at("w/state/alive").exists(), "an end in order leaves no sign");
    trial.done(&["once"]);
    let open = rows(&trial, &[]);
    assert_eq!((open[0]["kind"].as_str(), &open[0]["to"], &open[0]["once"]), (Some("stop"), &Value::Null, &1.into()));
    assert!((before..=Timestamp::now()).contains(&moment(&open[0]["from"])));

    let daemon = trial.run();
    let stop = rows(&trial, &[]);
    assert!(stop.len() == 1 && moment(&stop[0]["to"]) > moment(&stop[0]["from"]), "{stop:?}");
    let sign = || std::fs::read_to_string(trial.at("w/state/alive")).unwrap();
    let first = sign();
    eventually("the next sign of life", || sign() != first);
    daemon.kill();
    let killed = Timestamp::now();
    eventually("the sign to be old", || rows(&trial, &[]).len() == 2);
    let lasting = rows(&trial, &[]);
    assert_eq!((lasting[1]["kind"].as_str(), &lasting[1]["to"]), (Some("crash"), &Value::Null));
    let daemon = trial.run();
    let ready = Timestamp::now();
    let crash = rows(&trial, &[]).pop().unwrap();
    assert_eq!(crash["kind"], "crash");
    let (from, latest, to) = (moment(&crash["from"]), moment(&crash["not_after"]), moment(&crash["to"]));
    assert!(from <= killed && killed <= latest && latest <= to && to <= ready, "{crash} killed {killed}");
    assert!(crash["cause"].as_str().unwrap().contains("without a word"), "{crash}");
    let (_, shown) = trial.json(&["audit", "verify"]);
    assert_eq!(shown["fits"], true);

    // held while the database is locked, and halted because something else lies in its place when it is tried again
    let locked = Locked::new(&trial);
    let statement = generation(voen("azerenerji"), "2024-Q1", 1, "SU-0001", "100.000");
    trial.put("azerenerji", "a.xml", trial.signed("a.xml", statement, "azerenerji"));
    eventually("the document to be held", || rows(&trial, &["--holds"]).iter().any(|row| row["kind"] == "hold"));
    let boemis = trial.at("w/state/boemis.sqlite");
    std::fs::rename(&boemis, trial.at("away")).unwrap();
    std::fs::write(&boemis, "no database").unwrap();
    let mut daemon = daemon;
    assert_eq!(daemon.wait(trial::PATIENCE).and_then(|status| status.code()), Some(3), "{}", trial.log());
    drop(locked);
    let all = rows(&trial, &["--holds"]);
    let kinds: Vec<_> = all.iter().map(|row| (row["kind"].as_str().unwrap(), row["to"].is_null())).collect();
    let wanted = [("stop", false), ("crash", false), ("database", true), ("hold", true), ("halt", true)];
    assert_eq!(kinds, wanted, "{all:?}");
    assert_eq!(
        (all[3]["participant"].as_str(), all[3]["cause"].as_str()),
        (Some("azerenerji"), Some("load.database-away"))
    );
    assert!(all[4]["cause"].as_str().unwrap().contains("BOEMİS"), "{}", all[4]);
    assert!(!trial.at("w/state/alive").exists(), "the journal tells of the halt");
    std::fs::rename(trial.at("away"), &boemis).unwrap();
    let daemon = trial.run();
    eventually("the answer", || rows(&trial, &["--holds"]).iter().all(|row| !row["to"].is_null()));
    daemon.end();

    let none = rows(&trial, &["--to", "2020-01-01"]);
    assert!(none.is_empty(), "{none:?}");
    let text = trial.pencere(&["downtime"]);
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("planned stop") && text.contains("crash") && text.contains("lasts"), "{text}");
}

#[test]
fn a_process_that_was_frozen_tells_when_it_goes_on() {
    let trial = Trial::new();
    trial.set("alive", "\"200ms\"");
    let daemon = trial.run();
    let before = Timestamp::now();
    daemon.signal(Signal::STOP);
    std::thread::sleep(std::time::Duration::from_secs(3));
    daemon.signal(Signal::CONT);
    eventually("what it says of it", || !rows(&trial, &[]).is_empty());
    let after = Timestamp::now();
    let stall = rows(&trial, &[]).remove(0);
    let (from, to) = (moment(&stall["from"]), moment(&stall["to"]));
    // the last look at the clock was before it was frozen
    assert!(from < to && to <= after && from >= before - SignedDuration::from_secs(1), "{stall} {before} {after}");
    assert!(stall["seconds"].as_i64() >= Some(2) && stall["in_doubt"] == false, "{stall}");
    assert_eq!(stall["kind"], "stall");
    // it is up, and serves
    let text = generation(voen("azerenerji"), "2024-Q1", 1, "SU-0001", "100.000");
    trial.put("azerenerji", "a.xml", trial.signed("a.xml", text, "azerenerji"));
    trial.answer("azerenerji", "a.xml");
    daemon.end();
    let kinds: Vec<Value> = rows(&trial, &[]).into_iter().map(|row| row["kind"].clone()).collect();
    assert_eq!(kinds, ["stall", "stop"]);
    trial.done(&["audit", "verify"]);
}

#[test]
fn a_crash_is_told_when_the_clock_was_set_back_since() {
    let trial = Trial::new();
    let daemon = trial.run();
    let sign = trial.at("w/state/alive");
    eventually("a sign of life", || sign.exists());
    daemon.kill();
    // as if the clock had stood an hour ahead until then
    let text = std::fs::read_to_string(&sign).unwrap();
    let (at, rest) = text.split_once(' ').unwrap();
    let at: Timestamp = at.parse().unwrap();
    let ahead = at + SignedDuration::from_hours(1);
    std::fs::write(&sign, format!("{} {rest}", ahead.strftime("%Y-%m-%dT%H:%M:%S%.3fZ"))).unwrap();
    let is_told = |rows: &[Value]| {
        let [row] = rows else { panic!("{rows:?}") };
        assert_eq!((&row["kind"], &row["in_doubt"]), (&"crash".into(), &true.into()), "{row}");
        assert!(row["cause"].as_str().unwrap().contains("clock was set back"), "{row}");
    };
    is_told(&rows(&trial, &[]));
    let daemon = trial.run();
    is_told(&rows(&trial, &[]));
    let now = Timestamp::now().to_string();
    is_told(&rows(&trial, &["--from", &now]));
    assert!(rows(&trial, &["--to", "2020-01-01"]).is_empty());
    daemon.end();
}
