//! Rounds in which archive units are made: names, what cannot be packed, and what a crash leaves.

#[path = "window/crowd.rs"]
mod crowd;
#[path = "samples/receipt.rs"]
#[allow(dead_code)] // the walk over the samples uses all of it
mod receipt;
#[path = "window/trial.rs"]
mod trial;

use jiff::Timestamp;
use pencere::config::Config;
use pencere::daemon::archiving::Archive;
use pencere::host::{Disk, Fault, Faults};
use serde_json::Value;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;
use trial::{Trial, capacity, eventually, generation, said, voen};

const MAKE: [&str; 4] = ["archive", "make", "--before", "2100-01-01"];

/// A window with an accepted statement of each dataset and a rejected file.
fn window() -> Trial {
    let trial = Trial::new();
    for (key, value) in [("settle", "1ms"), ("pair_wait", "1ms"), ("rescan", "50ms")] {
        trial.set(key, &format!("\"{value}\""));
    }
    file(&trial, "a.xml", "2024-Q1");
    let table = capacity(voen("azerisiq"), "2024", 1, "KUL-0001", "50.000");
    trial.put("azerisiq", "b.csv.p7s", trial.signed("b.csv", &table, "azerisiq"));
    trial.put("azerisiq", "b.csv", table);
    trial.put("azerenerji", "c.xml", b"<Submission/>");
    trial.done(&["once"]);
    trial
}

fn file(trial: &Trial, name: &str, period: &str) {
    let statement = generation(voen("azerenerji"), period, 1, "SU-0001", "100.000");
    trial.put("azerenerji", name, trial.signed(name, statement, "azerenerji"));
}

fn make(trial: &Trial) -> Vec<Value> {
    let (code, answer) = trial.json(&MAKE);
    assert_eq!(code, Some(0), "{answer}");
    answer["units"].as_array().unwrap().clone()
}

fn list(trial: &Trial) -> Vec<Value> {
    trial.json(&["list"]).1["submissions"].as_array().unwrap().clone()
}

fn id(trial: &Trial, name: &str) -> String {
    list(trial).into_iter().find(|row| row["name"] == name).unwrap()["id"].as_str().unwrap().to_owned()
}

fn names(trial: &Trial, folder: &str) -> Vec<String> {
    let all = fs::read_dir(trial.at(folder)).into_iter().flatten();
    let mut names: Vec<String> = all.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Nothing is promised that is not there, everything is archived once, and nothing lies about.
fn is_whole(trial: &Trial, context: &str) {
    let (code, verified) = trial.json(&["archive", "verify"]);
    assert_eq!(code, Some(0), "{context}: {verified}");
    let rows = list(trial);
    assert!(rows.iter().all(|row| row["archived"].is_string()), "{context}: {rows:?}");
    let (_, units) = trial.json(&["archive", "list"]);
    let units = units.as_array().unwrap();
    let total: u64 = units.iter().map(|unit| unit["submissions"].as_u64().unwrap()).sum();
    assert_eq!(total as usize, rows.len(), "{context}: each once");
    let of = |ending: &str| {
        let mut of: Vec<String> =
            units.iter().map(|unit| format!("{}{ending}", unit["unit"].as_str().unwrap())).collect();
        of.sort();
        of
    };
    assert_eq!(names(trial, "w/state/evidence/annexes"), of(".annex"), "{context}");
    let notices: Vec<String> =
        names(trial, "w/archive/notices").into_iter().filter(|name| name.ends_with(".json")).collect();
    assert_eq!(notices, of(".json"), "{context}");
    trial.done(&["audit", "verify"]);
}

#[test]
fn a_strange_file_of_a_high_number_ends_no_numbers_and_no_unit_is_written_over() {
    let trial = window();
    fs::create_dir(trial.at("w/archive")).unwrap();
    let strange =
        ["trial-18446744073709551615.zip", "trial-999999999999.zip", "trial-000002.zip", "trial-.zip", "trial-7.zip"];
    for name in strange {
        fs::write(trial.at("w/archive").join(name), "not ours").unwrap();
    }
    assert_eq!(make(&trial)[0]["unit"], "trial-000001");
    file(&trial, "d.xml", "2024-Q2");
    trial.done(&["once"]);
    assert_eq!(make(&trial)[0]["unit"], "trial-000003", "the number of a file that lies there is not used");
    file(&trial, "e.xml", "2024-Q3");
    trial.done(&["once"]);
    assert_eq!(make(&trial)[0]["unit"], "trial-000004");
    for name in strange {
        assert_eq!(fs::read(trial.at("w/archive").join(name)).unwrap(), b"not ours", "{name}");
    }
    is_whole(&trial, "strange files");
}

#[test]
fn one_that_cannot_be_packed_is_left_out_and_named_and_holds_up_no_other() {
    let trial = window();
    let (a, b) = (id(&trial, "a.xml"), id(&trial, "b.csv"));
    let table = "SELECT name FROM sqlite_master WHERE type='table' AND name LIKE 'generation%' LIMIT 1";
    assert_eq!(trial.sql(table).trim(), "generation_record");
    let set = |value: &str| {
        let column = trial.sql("SELECT name FROM pragma_table_info('generation_record') WHERE name LIKE 'energy%'");
        let sql = format!("UPDATE generation_record SET {} = {value}", column.trim());
        trial.tamper(&sql);
    };
    set("900000");
    let (code, answer) = trial.json(&MAKE);
    assert_eq!((code, &answer["units"][0]["submissions"]), (Some(1), &2.into()), "{answer}");
    assert!(answer["left_out"][&a].as_str().unwrap().contains("not those that were loaded"), "{answer}");
    assert!(answer["left_out"].get(&b).is_none());
    let problems = |trial: &Trial| trial.json(&["status"]).1["problems"].to_string();
    assert!(problems(&trial).contains("archiving-fails") && problems(&trial).contains(&a), "{}", problems(&trial));
    // the rest goes on, without it
    trial.put("azerenerji", "d.xml", b"<Submission/>");
    trial.done(&["once"]);
    let (code, answer) = trial.json(&MAKE);
    assert_eq!((code, &answer["units"][0]["submissions"]), (Some(1), &1.into()), "{answer}");
    // and it comes along once that is mended
    set("100000");
    assert_eq!(make(&trial)[0]["submissions"], 1);
    assert!(!problems(&trial).contains("archiving-fails"), "{}", problems(&trial));
    is_whole(&trial, "mended");
}

#[test]
fn a_dataset_that_is_described_no_more_is_archived_as_it_was_described_then() {
    let trial = window();
    let b = id(&trial, "b.csv");
    fs::remove_dir_all(trial.at("w/datasets/capacity")).unwrap();
    // nor does another look at it
    let path = trial.at("w/datasets/generation/dataset.toml");
    let text = fs::read_to_string(&path).unwrap();
    let rules: Vec<&str> = text.split("[[rules]]").filter(|rule| !rule.contains("\"capacity\"")).collect();
    fs::write(&path, rules.join("[[rules]]")).unwrap();
    assert_eq!(make(&trial)[0]["submissions"], 3);
    trial.done(&["archive", "get", &b, "-o", "got"]);
    let csv = fs::read_to_string(trial.at("got/records.csv")).unwrap();
    assert!(csv.starts_with("dataset,period,revision,participant,station,") && csv.contains("50.000"), "{csv}");
    trial.done(&["archive", "verify"]);
    // an audit reads its marks, and says whose rows it cannot read
    let (code, audit) = trial.json(&["audit", "verify"]);
    assert_eq!((code, audit["undescribed"]["capacity"].as_u64() > Some(0)), (Some(0), true), "{audit}");
    trial.tamper("UPDATE submission SET rows = zeroblob(32) WHERE dataset = 'capacity'");
    let (code, audit) = trial.json(&["audit", "verify"]);
    assert_eq!((code, audit["first_unfit"].to_string().contains("digest of its rows")), (Some(1), true), "{audit}");
}

#[test]
fn what_evidence_lost_of_one_is_left_out_alone() {
    let trial = window();
    trial.set("pack_entry_max", "\"0B\"");
    file(&trial, "d.xml", "2024-Q2");
    trial.done(&["once"]);
    let lost = list(&trial).into_iter().find(|row| row["name"] == "d.xml").unwrap();
    let (first, rest) = lost["sha256"].as_str().unwrap().split_at(2);
    fs::remove_file(trial.at(format!("w/state/evidence/objects/{first}/{rest}"))).unwrap();
    let (code, answer) = trial.json(&MAKE);
    assert_eq!((code, &answer["units"][0]["submissions"]), (Some(1), &3.into()), "{answer}");
    let why = answer["left_out"][lost["id"].as_str().unwrap()].as_str().unwrap();
    assert!(why.contains("pencere repair"), "{why}");
    trial.done(&["archive", "verify"]);
}

#[test]
fn a_running_window_says_what_it_cannot_archive() {
    let trial = window();
    let a = id(&trial, "a.xml");
    trial.tamper("DELETE FROM generation_record");
    trial.set("after", "\"1s\"");
    trial.set("archive.every", "\"1s\"");
    let daemon = trial.run();
    eventually("the others to be archived", || {
        list(&trial).iter().filter(|row| row["archived"].is_string()).count() == 2
    });
    eventually("status to know", || trial.json(&["status"]).1["problems"].to_string().contains("archiving-fails"));
    eventually("the log to name it", || trial.log().contains(&a) && trial.log().contains("others are archived"));
    daemon.end();
}

#[test]
fn a_unit_that_a_crash_left_behind_is_taken_as_made_or_made_anew() {
    let template = window();
    let made = template.copy();
    let unit = make(&made)[0].clone();
    let zip = "w/archive/trial-000001.zip";
    // named, and not journalled: the order of a crash
    let crashed = |beside: bool| {
        let trial = template.copy();
        fs::create_dir_all(trial.at("w/archive/notices")).unwrap();
        fs::copy(made.at(zip), trial.at(zip)).unwrap();
        if beside {
            fs::create_dir_all(trial.at("w/state/evidence/annexes")).unwrap();
            for file in [
                "w/archive/trial-000001.index.csv",
                "w/archive/notices/trial-000001.txt",
                "w/archive/notices/trial-000001.json",
                "w/state/evidence/annexes/trial-000001.annex",
            ] {
                fs::copy(made.at(file), trial.at(file)).unwrap();
            }
        }
        trial
    };
    for beside in [false, true] {
        let trial = crashed(beside);
        let again = make(&trial);
        assert_eq!((again.len(), &again[0]["unit"], &again[0]["sha256"]), (1, &unit["unit"], &unit["sha256"]));
        is_whole(&trial, "adopted");
    }
    // more is due by now
    let trial = crashed(true);
    file(&trial, "d.xml", "2024-Q2");
    trial.done(&["once"]);
    let again = make(&trial);
    let counts: Vec<_> = again.iter().map(|unit| (unit["unit"].clone(), unit["submissions"].clone())).collect();
    assert_eq!(counts, [("trial-000001".into(), 3.into()), ("trial-000002".into(), 1.into())]);
    is_whole(&trial, "adopted, and another");
    // another than would be made now goes: what is in it lies in the active store
    let trial = crashed(true);
    trial.change("pencere.toml", "BOEMİS inteqrasiya pəncərəsi (sınaq)", "Başqa ad");
    let again = make(&trial);
    assert_eq!((again.len(), &again[0]["unit"]), (1, &"trial-000001".into()));
    assert_ne!(again[0]["sha256"], unit["sha256"]);
    is_whole(&trial, "made anew");
    // a part of one is nobody's: it stays, and its number is left out
    let trial = crashed(false);
    let octets = fs::read(made.at(zip)).unwrap();
    fs::remove_file(trial.at(zip)).unwrap();
    fs::write(trial.at(zip), &octets[..octets.len() / 2]).unwrap();
    assert_eq!(make(&trial)[0]["unit"], "trial-000002");
    assert_eq!(fs::read(trial.at(zip)).unwrap().len(), octets.len() / 2);
    is_whole(&trial, "a part");
    // what lies beside nothing goes
    let trial = crashed(true);
    fs::remove_file(trial.at(zip)).unwrap();
    fs::rename(trial.at("w/archive/notices/trial-000001.json"), trial.at("w/archive/notices/trial-000009.json"))
        .unwrap();
    make(&trial);
    is_whole(&trial, "orphans beside");
    // what such a unit holds alone is not taken away with it
    let trial = crashed(true);
    trial.put("azerenerji", "z.xml", b"<Submission/>");
    trial.done(&["once"]);
    fs::remove_file(trial.at("w/state/evidence/packs/00000001.pack")).unwrap();
    trial.change("pencere.toml", "BOEMİS inteqrasiya pəncərəsi (sınaq)", "Başqa ad");
    trial.pencere(&MAKE);
    assert_eq!(fs::read(trial.at(zip)).unwrap(), octets);
}

#[test]
fn a_death_at_any_step_leaves_nothing_that_the_next_round_does_not_settle() {
    let template = window();
    // opened once by this process: what follows is the archive's own
    let round = |trial: &Trial, disk: Disk| -> Result<(), String> {
        let config = Config::load(&trial.at("w/pencere.toml"), Timestamp::now()).map_err(|_| "configuration")?;
        let (settings, datasets) = (config.settings().clone(), config.world().datasets.clone());
        let archive = Archive { settings, datasets, disk };
        let mut round = archive.round().map_err(|fault| fault.to_string())?;
        let looked = archive.make(&mut round, Timestamp::MAX, Timestamp::now());
        looked.map(drop).map_err(|fault| fault.to_string())
    };
    let counted = Faults::none();
    round(&template.copy(), Disk::faulty(Arc::clone(&counted))).unwrap();
    let mut adopted = 0;
    // the last step is the end of a unit that nobody journalled
    for step in (1..=counted.steps() + 1).rev().take(40) {
        for fault in [Fault::Death, Fault::Error(5)] {
            let trial = template.copy();
            let first = round(&trial, Disk::faulty(Faults::at(step, fault)));
            assert!(first.is_err() || step > counted.steps() - 3, "step {step}, {fault:?}: {first:?}");
            adopted += usize::from(trial.at("w/archive/trial-000001.zip").exists());
            let (code, answer) = trial.json(&MAKE);
            assert_eq!(code, Some(0), "step {step}, {fault:?}: {answer}");
            assert_eq!(answer["units"].as_array().unwrap().len(), 1, "step {step}, {fault:?}: {answer}");
            assert_eq!(answer["units"][0]["unit"], "trial-000001", "step {step}, {fault:?}");
            is_whole(&trial, &format!("step {step}, {fault:?}"));
        }
    }
    assert!(adopted > 4, "some steps lie behind the name: {adopted}");
}

#[test]
fn pruning_reads_only_the_units_that_something_would_go_for() {
    let trial = window();
    trial.put("azerenerji", "y.xml", b"<Submission/>");
    trial.done(&["once"]);
    let unit = make(&trial)[0]["unit"].as_str().unwrap().to_owned();
    file(&trial, "d.xml", "2024-Q2");
    trial.done(&["once"]);
    let (code, pruned) = trial.json(&["archive", "prune"]);
    assert!(code == Some(0) && pruned["files"].as_u64() > Some(0), "{pruned}");
    // nothing is left to go for the first: a second lets its own go though the first is lost
    trial.put("azerenerji", "z.xml", b"<Submission/>");
    trial.done(&["once"]);
    let next = make(&trial)[0]["unit"].as_str().unwrap().to_owned();
    let zip = |unit: &str| trial.at(format!("w/archive/{unit}.zip"));
    fs::rename(zip(&unit), trial.at("away.zip")).unwrap();
    let spoiled = trial.copy();
    let answer = trial.pencere(&["archive", "prune"]);
    assert!(answer.status.success() && !said(&answer).contains("Nothing"), "{}", said(&answer));
    // the one that is needed lets nothing go where it is not whole
    let next = spoiled.at(format!("w/archive/{next}.zip"));
    let mut octets = fs::read(&next).unwrap();
    let at = memchr::memmem::find(&octets, b">accepted<").unwrap();
    octets[at] ^= 1;
    fs::remove_file(&next).unwrap();
    fs::write(&next, octets).unwrap();
    let packs = names(&spoiled, "w/state/evidence/packs");
    let answer = spoiled.pencere(&["archive", "prune"]);
    assert!(answer.status.code() == Some(3) && said(&answer).contains("nothing leaves"), "{}", said(&answer));
    assert_eq!(names(&spoiled, "w/state/evidence/packs"), packs);
}

/// What is read for the first unit of a round serves the next ones, and what came between is read on.
#[test]
fn a_round_of_many_units_archives_each_once() {
    let trial = window();
    trial.set("unit_max", "\"1KiB\"");
    trial.set("hold.retry_first", "\"10ms\"");
    let locked = trial::Locked::new(&trial);
    file(&trial, "d.xml", "2024-Q2");
    trial.done(&["once"]); // held, and answered so
    drop(locked);
    for quarter in ["2023-Q1", "2023-Q2", "2023-Q3"] {
        file(&trial, &format!("{quarter}.xml"), quarter);
    }
    let by_itself = trial.copy();
    trial.done(&["once"]);
    eventually("what was held to be answered", || {
        trial.done(&["once"]);
        list(&trial).iter().all(|row| row["state"] != "held")
    });
    let units = make(&trial);
    assert_eq!(units.len(), 7, "one submission a unit: {units:?}");
    is_whole(&trial, "by hand");
    by_itself.set("after", "\"1s\"");
    by_itself.set("archive.every", "\"1s\"");
    let daemon = by_itself.run();
    eventually("all to be archived", || {
        let rows = list(&by_itself);
        rows.len() == 7 && rows.iter().all(|row| row["archived"].is_string())
    });
    daemon.end();
    is_whole(&by_itself, "by itself");
}

/// A unit tells what receipts say, so each kind of answer must say in its journal lines and in its receipt the same.
#[test]
fn every_kind_of_answer_can_be_archived() {
    let trial = Trial::new();
    for key in ["settle", "pair_wait"] {
        trial.set(key, "\"1ms\"");
    }
    let documents = crowd::documents(&trial, 48, &mut crowd::Dice(7));
    for (n, document) in documents.iter().enumerate() {
        for (name, octets) in &document.files {
            trial.put(document.participant, name, octets);
        }
        if n == documents.len() / 2 {
            // a name that no XML can hold, one of octets that are no text, and a file that is left where it lies
            trial.put("azerenerji", "x\u{fffe}.xml", b"<Submission/>");
            trial.put("azerenerji", std::ffi::OsStr::from_bytes(b"o\xffdd,\"x\"\n.xml"), b"<Submission/>");
            let huge = fs::File::create(trial.side("azerenerji", "in").join("huge.xml")).unwrap();
            huge.set_len(80 << 20).unwrap();
            trial.done(&["once"]);
        }
    }
    trial.done(&["once"]);
    let rows = list_all(&trial);
    let states: std::collections::BTreeSet<&str> = rows.iter().map(|row| row["state"].as_str().unwrap()).collect();
    assert!(["accepted", "duplicate", "rejected"].iter().all(|state| states.contains(state)), "{states:?}");
    assert!(rows.iter().any(|row| row["sha256"].is_null()), "one is left where it lies");
    let (code, answer) = trial.json(&MAKE);
    assert_eq!((code, &answer["left_out"]), (Some(0), &serde_json::json!({})), "{answer}");
    trial.done(&["archive", "verify"]);
}

fn list_all(trial: &Trial) -> Vec<Value> {
    trial.json(&["list", "--limit", "1000"]).1["submissions"].as_array().unwrap().clone()
}
