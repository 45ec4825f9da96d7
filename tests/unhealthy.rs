//! What status and once must not keep to themselves: a BOEMİS that is damaged or another's, a start that halts,
//! accepted work that nobody answers. Real processes, real files.

#[path = "samples/receipt.rs"]
#[allow(dead_code)] // the walk over the samples uses all of it
mod receipt;
#[path = "window/trial.rs"]
mod trial;

use serde_json::Value;
use std::fs;
use trial::{Trial, eventually, generation, voen};

/// Files a statement that is right, and lets `once` answer it.
fn file(trial: &Trial, period: &str) {
    drop_one(trial, period);
    trial.done(&["once"]);
}

fn drop_one(trial: &Trial, period: &str) {
    let statement = generation(voen("azerenerji"), period, 1, "SU-0001", "10");
    let name = format!("{period}.xml");
    trial.put("azerenerji", &name, trial.signed(&name, statement, "azerenerji"));
}

fn codes(status: &Value) -> Vec<&str> {
    status["problems"].as_array().unwrap().iter().filter_map(|problem| problem["code"].as_str()).collect()
}

/// Moves the database and what lies beside it away.
fn lose_boemis(trial: &Trial) {
    for ending in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(trial.at(format!("w/state/boemis.sqlite{ending}"))); // what is not there is lost
    }
}

#[test]
fn an_audit_says_how_many_files_it_read() {
    let trial = Trial::new();
    file(&trial, "2025-Q1");
    let (code, audit) = trial.json(&["audit", "verify"]);
    assert_eq!(code, Some(0), "{audit}");
    // the document, its receipt, the dossier and the grounds
    assert!(audit["files"].as_u64().unwrap() >= 4, "{audit}");
}

#[test]
fn a_boemis_that_is_no_database_is_told_with_the_way_out() {
    let trial = Trial::new();
    file(&trial, "2025-Q1");
    let path = trial.at("w/state/boemis.sqlite");
    fs::write(&path, vec![7; fs::metadata(&path).unwrap().len() as usize]).unwrap();
    let (code, status) = trial.json(&["status"]);
    assert_eq!((code, codes(&status)), (Some(1), vec!["boemis-damaged"]), "{status}");
    let (code, audit) = trial.json(&["audit", "verify"]);
    assert!(code == Some(1) && audit["first_unfit"].as_str().unwrap().contains("BOEMİS"), "{audit}");
    // the start halts, and that is told, too
    assert_eq!(trial.pencere(&["once"]).status.code(), Some(3));
    let (code, status) = trial.json(&["status"]);
    assert!(code == Some(1) && codes(&status).contains(&"halted"), "{status}");
    // as the message says
    lose_boemis(&trial);
    trial.done(&["once"]);
    assert_eq!(trial.json(&["status"]).1["healthy"], true);
    trial.done(&["audit", "verify"]);
}

#[test]
fn an_empty_boemis_is_as_one_that_is_not_there() {
    let trial = Trial::new();
    file(&trial, "2025-Q1");
    lose_boemis(&trial);
    fs::write(trial.at("w/state/boemis.sqlite"), "").unwrap();
    let (code, status) = trial.json(&["status"]);
    assert_eq!((code, codes(&status)), (Some(1), vec!["not-loaded"]), "{status}");
    let (code, audit) = trial.json(&["audit", "verify"]);
    assert!(code == Some(1) && audit["first_unfit"].as_str().unwrap().contains("BOEMİS is not there"), "{audit}");
    trial.done(&["once"]);
    assert_eq!(trial.json(&["status"]).1["healthy"], true);
}

#[test]
fn an_older_boemis_beside_the_writes_of_a_newer_one_is_not_loaded_into() {
    let trial = Trial::new();
    file(&trial, "2025-Q1");
    let older = fs::read(trial.at("w/state/boemis.sqlite")).unwrap();
    for year in 2000..2012 {
        drop_one(&trial, &format!("{year}-Q1"));
    }
    let daemon = trial.run();
    eventually("the answers", || trial.answers("azerenerji").len() == 13);
    daemon.kill();
    fs::write(trial.at("w/state/boemis.sqlite"), older).unwrap();
    assert!(fs::metadata(trial.at("w/state/boemis.sqlite-wal")).unwrap().len() > 0);
    drop_one(&trial, "2025-Q2");
    // either SQLite sees that they do not belong together and leaves the writes out, or we see what it made of them
    let once = trial.pencere(&["once"]);
    if once.status.code() != Some(0) {
        let (code, status) = trial.json(&["status"]);
        assert!(code == Some(1) && codes(&status).contains(&"halted"), "{status}");
        lose_boemis(&trial);
        trial.done(&["once"]);
    }
    assert_eq!(trial.json(&["status"]).1["healthy"], true, "{}", trial::said(&once));
    trial.done(&["audit", "verify"]);
}

#[test]
fn the_boemis_of_another_window_with_as_many_loads_is_told() {
    let trial = Trial::new();
    file(&trial, "2025-Q1");
    let other = trial.copy();
    file(&trial, "2025-Q2");
    file(&other, "2025-Q3");
    fs::copy(other.at("w/state/boemis.sqlite"), trial.at("w/state/boemis.sqlite")).unwrap();
    let once = trial.pencere(&["once"]);
    assert_eq!(once.status.code(), Some(3), "{}", trial::said(&once));
    assert!(trial::said(&once).contains("did not accept"), "{}", trial::said(&once));
    let (code, status) = trial.json(&["status"]);
    assert_eq!((code, codes(&status)), (Some(1), vec!["loaded-by-others"]), "{status}");
    assert_eq!(trial.json(&["audit", "verify"]).0, Some(1));
}

#[test]
fn what_is_safe_and_unanswered_is_told_while_no_window_is_open() {
    let trial = Trial::new();
    file(&trial, "2025-Q1");
    // as a stop right after the document was made safe leaves it
    let journal = trial.at("w/state/journal/00000001.log");
    let lines = fs::read_to_string(&journal).unwrap();
    let held = lines.find("\"event\":\"held\"").unwrap();
    let end = held + lines[held..].find('\n').unwrap() + 1;
    let younger = trial.copy();
    fs::write(younger.at("w/state/journal/00000001.log"), &lines[..end]).unwrap();
    let (code, status) = younger.json(&["status"]);
    assert!(code == Some(1) && codes(&status).contains(&"not-running"), "{status}");
}

#[test]
fn nothing_is_said_to_be_verified_before_it_was() {
    let trial = Trial::new();
    trial.run().end();
    let (_, status) = trial.json(&["status"]);
    let reverified = &status["reverified"];
    assert_eq!((&reverified["ended"], &reverified["under_way"]), (&Value::Null, &Value::Bool(false)), "{status}");
}
