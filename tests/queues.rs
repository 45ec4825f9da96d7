//! Neighbours: one body's flood, or one file that takes long, delays no other's answer. Real processes,
//! real folders; what is held is an order, never a time.

#[path = "samples/receipt.rs"]
#[allow(dead_code)] // the walk over the samples uses all of it
mod receipt;
#[path = "window/trial.rs"]
mod trial;

use rustix::process::Signal;
use std::fs;
use trial::{Locked, Trial, eventually, generation, voen};

/// A statement of azerenerji that is right.
fn good(trial: &Trial, period: &str) -> Vec<u8> {
    trial.signed("good.xml", generation(voen("azerenerji"), period, 1, "SU-0001", "10"), "azerenerji")
}

/// The serial number of the only answer to a document.
fn number(trial: &Trial, participant: &str, name: &str) -> u64 {
    let (_, text) = trial.answer(participant, name);
    let number = text.split_once(" number=\"").unwrap().1.split_once('"').unwrap().0;
    number.rsplit(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
}

/// Puts many files into a participant's folder as fast as they can be moved.
fn flood(trial: &Trial, participant: &str, octets: &[u8], ending: &str, count: usize) {
    let stage = trial.side(participant, "stage");
    fs::create_dir(&stage).unwrap();
    let names: Vec<String> = (0..count).map(|at| format!("flood-{at:04}{ending}")).collect();
    for (at, name) in names.iter().enumerate() {
        // each another document: the same octets again would be looked at once
        fs::write(stage.join(name), [octets, format!("<!--{at}-->").as_bytes()].concat()).unwrap();
    }
    for name in names {
        fs::rename(stage.join(&name), trial.side(participant, "in").join(&name)).unwrap();
    }
}

// S 9.1.5
#[test]
fn a_flood_of_one_body_does_not_delay_anothers_document() {
    const FLOOD: usize = 1500;
    let trial = Trial::new();
    let signed = trial.signed("flood.xml", generation(voen("azerisiq"), "2026-Q2", 1, "KUL-0001", "1"), "azerisiq");
    let broken = String::from_utf8(signed).unwrap().replace("<EnergyMWh>1</EnergyMWh>", "<EnergyMWh>2</EnergyMWh>");
    let daemon = trial.run();
    flood(&trial, "azerisiq", broken.as_bytes(), ".xml", FLOOD);
    let mut before = 0;
    for quarter in ["2025-Q1", "2025-Q2", "2025-Q3"] {
        trial.put("azerenerji", format!("{quarter}.xml"), good(&trial, quarter));
        let (_, text) = trial.answer("azerenerji", &format!("{quarter}.xml"));
        assert_eq!(receipt::decision(&text), "accepted");
        before = trial.answers("azerisiq").len();
    }
    assert!(before < FLOOD, "the flood was over before it began");
    // the seal's numbers tell the order: the first one had its answer before most of the flood
    let first = number(&trial, "azerenerji", "2025-Q1.xml");
    assert!(first < FLOOD as u64 / 2, "the {first}th answer");
    eventually("all answers to the flood", || trial.answers("azerisiq").len() == FLOOD);
    let answers = trial.answers("azerisiq");
    assert!(answers.iter().all(|(_, text)| receipt::codes(text) == ["signature.digest-differs"]));
    daemon.end();
    assert_eq!(trial.answers("azerisiq").len(), FLOOD, "each once");
}

#[test]
fn a_flood_of_halves_does_not_delay_anothers_document() {
    let trial = Trial::new();
    let daemon = trial.run();
    flood(&trial, "azerisiq", b"dataset,period\n", ".csv", 1500);
    trial.put("azerenerji", "a.xml", good(&trial, "2025-Q1"));
    assert_eq!(receipt::decision(&trial.answer("azerenerji", "a.xml").1), "accepted");
    assert!(trial.answers("azerisiq").is_empty(), "they wait for their other halves");
    let (_, status) = trial.json(&["status"]);
    let row = status["participants"].as_array().unwrap().iter().find(|row| row["participant"] == "azerisiq").unwrap();
    assert_eq!((&row["waiting"], &row["oldest_unanswered"]["whence"]), (&1500.into(), &"dropped".into()), "{row}");
    daemon.end();
}

/// A document of so many records: none is right, but each is read.
fn large(records: usize) -> String {
    let document = generation(voen("azerisiq"), "2026-Q2", 1, "KUL-0001", "1");
    let record = "<Record><Station>KUL-0001</Station><EnergyMWh>1</EnergyMWh></Record>";
    document.replace("<Total>", &format!("{}<Total>", record.repeat(records)))
}

#[test]
fn a_document_that_takes_long_delays_no_other_body_and_keeps_its_own_order() {
    let trial = Trial::new();
    trial.set("patience", "\"1ms\"");
    let poison = trial.signed("large.xml", large(600_000), "azerisiq");
    let poison = String::from_utf8(poison).unwrap().replace("<Total><EnergyMWh>1<", "<Total><EnergyMWh>2<");
    let behind = trial.signed("b.xml", generation(voen("azerisiq"), "2026-Q2", 1, "KUL-0001", "1"), "azerisiq");
    let good = good(&trial, "2025-Q1");
    let daemon = trial.run();
    trial.put("azerisiq", "a-large.xml", poison);
    trial.put("azerisiq", "b-behind.xml", behind);
    eventually("the taking of the large one", || trial.log().contains("it takes long; others go on meanwhile"));
    trial.put("azerenerji", "good.xml", good);
    let good = number(&trial, "azerenerji", "good.xml");
    let (slow, behind) = (number(&trial, "azerisiq", "a-large.xml"), number(&trial, "azerisiq", "b-behind.xml"));
    assert!(good < slow && slow < behind, "good {good}, large {slow}, behind it {behind}");
    assert_eq!(receipt::codes(&trial.answer("azerisiq", "a-large.xml").1), ["signature.digest-differs"]);
    assert_eq!(receipt::decision(&trial.answer("azerisiq", "b-behind.xml").1), "accepted");
    daemon.end();
    // and `once` waits for it
    trial.put("azerisiq", "c-large.xml", trial.signed("large.xml", large(300_000), "azerisiq"));
    let (code, done) = trial.json(&["once"]);
    assert_eq!((code, &done["answers"]["rejected"]), (Some(0), &1.into()), "{done}");
}

#[test]
fn revisions_of_which_some_take_long_keep_their_order() {
    const REVISIONS: u32 = 60;
    /// As many as a group.
    const GROUP: u32 = 12;
    let trial = Trial::new();
    trial.set("patience", "\"1ms\"");
    trial.set("group_octets", "\"64MiB\"");
    trial.set("group_documents", &GROUP.to_string());
    let stage = trial.side("azerisiq", "stage");
    fs::create_dir(&stage).unwrap();
    let name = |revision: u32| format!("r{revision:03}.xml");
    for revision in 1..=REVISIONS {
        let mut statement = generation(voen("azerisiq"), "2026-Q2", revision, "KUL-0001", &format!("{revision}"));
        if revision % GROUP == 1 {
            // the others of its group are looked at before it is
            statement = statement.replace("<Total>", &format!("{}<Total>", " ".repeat(4 << 20)));
        }
        fs::write(stage.join(name(revision)), trial.signed(&name(revision), statement, "azerisiq")).unwrap();
    }
    let daemon = trial.run();
    for revision in 1..=REVISIONS {
        fs::rename(stage.join(name(revision)), trial.side("azerisiq", "in").join(name(revision))).unwrap();
    }
    eventually("all answers", || trial.answers("azerisiq").len() == REVISIONS as usize);
    let answers = trial.answers("azerisiq");
    let other = answers.iter().find(|(_, text)| receipt::decision(text) != "accepted");
    assert!(other.is_none(), "{other:?}");
    daemon.end();
}

const ASIDE: &str = "it takes long; others go on meanwhile";

/// A statement that is right, and so large that it is looked at aside; its records are taken for too many for memory.
fn large_and_good(trial: &Trial, revision: u32) -> Vec<u8> {
    let statement = generation(voen("azerisiq"), "2026-Q2", revision, "KUL-0001", "1");
    let statement = statement.replace("<Total>", &format!("{}<Total>", " ".repeat(4 << 20)));
    trial.signed("large.xml", statement, "azerisiq")
}

/// A window in which whatever is large is looked at aside.
fn impatient() -> Trial {
    let trial = Trial::new();
    trial.set("patience", "\"1ms\"");
    trial.set("memory_max", "\"1B\"");
    trial.set("hold.retry_first", "\"1s\"");
    trial.set("hold.retry_last", "\"1s\"");
    trial
}

#[test]
fn what_takes_long_and_is_held_is_tried_again_aside_and_one_behind_it_waits() {
    let trial = impatient();
    let daemon = trial.run();
    let locked = Locked::new(&trial);
    for (name, revision) in [("a.xml", 1), ("b.xml", 2)] {
        trial.put("azerisiq", name, large_and_good(&trial, revision));
        eventually("the holding", || !trial.answers_to("azerisiq", name).is_empty());
    }
    eventually("some tries", || trial.log().matches(ASIDE).count() > 3);
    drop(locked);
    for name in ["a.xml", "b.xml"] {
        eventually("the acceptance", || {
            trial.answers_to("azerisiq", name).iter().any(|(_, text)| receipt::decision(text) == "accepted")
        });
    }
    assert_eq!(
        trial.sql("SELECT revision FROM submission ORDER BY number").split_whitespace().collect::<Vec<_>>(),
        ["1", "2"]
    );
    daemon.end();
}

#[test]
fn what_takes_long_is_judged_by_what_is_in_force_when_it_is_decided() {
    let trial = impatient();
    // read for a while, since each of its records is
    let slow = trial.signed("large.xml", large(300_000), "azerisiq");
    let daemon = trial.run();
    trial.put("azerisiq", "large.xml", slow);
    eventually("the taking of the large one", || trial.log().contains(ASIDE));
    let registry = fs::read_to_string(trial.at("w/registry.toml")).unwrap();
    fs::write(trial.at("w/registry.toml"), registry.replace("suspended = false", "suspended = true")).unwrap();
    daemon.signal(Signal::HUP);
    let (_, text) = trial.answer("azerisiq", "large.xml");
    assert_eq!(receipt::codes(&text), ["authority.suspended"], "{}", trial.log());
    assert!(trial.log().contains("it is looked at again"));
    daemon.end();
}

#[test]
fn a_window_that_closes_does_not_wait_for_what_takes_long() {
    let trial = impatient();
    let slow = trial.signed("large.xml", large(300_000), "azerisiq");
    let daemon = trial.run();
    trial.put("azerisiq", "large.xml", slow);
    eventually("the taking of the large one", || trial.log().contains(ASIDE));
    daemon.end();
    assert!(trial.log().contains("is finished by the next start"), "{}", trial.log());
    assert!(trial.answers("azerisiq").is_empty());
    let (code, done) = trial.json(&["once"]);
    assert_eq!((code, &done["answers"]["rejected"]), (Some(0), &1.into()), "{done}");
}

#[test]
fn what_gets_no_answer_is_named_with_its_age_and_why() {
    let trial = Trial::new();
    trial.set("unanswered_max", "\"1s\"");
    let daemon = trial.run();
    trial.put("azerenerji", "half.csv", "dataset,period\n");
    fs::write(trial.side("azerisiq", "in").join("report.part"), "dataset").unwrap();
    let registry = fs::read_to_string(trial.at("w/registry.toml")).unwrap();
    let mut status = serde_json::Value::Null;
    eventually("the alarm", || {
        status = trial.json(&["status"]).1;
        status["healthy"] == false
    });
    let problem = &status["problems"][0];
    assert_eq!(problem["code"], "unanswered-too-long", "{status}");
    let message = problem["message"].as_str().unwrap();
    assert!(message.contains("half.csv") && message.contains("azerenerji"), "{message}");
    let row = |slug: &str| status["participants"].as_array().unwrap().iter().find(|row| row["participant"] == slug);
    assert_eq!(row("azerisiq").unwrap()["uploads"], 1, "{status}");
    daemon.end();
    // a participant that is registered no more, while something lies there
    let (before, rest) = registry.split_once("[participants.ekologiya]").unwrap();
    let after = rest.find("\n[participants.").map_or("", |at| &rest[at..]);
    fs::write(trial.at("w/registry.toml"), format!("{before}{after}")).unwrap();
    trial.put("ekologiya", "late.xml", "x");
    let (code, status) = trial.json(&["status"]);
    let codes: Vec<&str> = status["problems"].as_array().unwrap().iter().filter_map(|p| p["code"].as_str()).collect();
    assert!(code == Some(1) && codes.contains(&"folder-unregistered"), "{status}");
}
