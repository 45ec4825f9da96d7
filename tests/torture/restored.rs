//! BOEMİS put back from an older copy: what was accepted since is loaded again, and nobody is answered twice.

use crate::lists::{list, seconds};
use crate::trial::{Trial, generation, said, voen};
use std::fs;
use std::path::Path;

fn trial() -> Trial {
    let trial = Trial::new();
    trial.set("settle", "\"1ms\"");
    trial
}

fn state(trial: &Trial) -> (String, Vec<(String, String)>) {
    let rows = trial.sql(
        "SELECT id, participant, dataset, period, revision, hex(content), hex(rows), records, received_at, signers \
         FROM submission ORDER BY number",
    );
    (rows, trial.answers("azerenerji"))
}

fn put(trial: &Trial, name: &str, period: &str, revision: u32, mwh: &str) {
    let text = generation(voen("azerenerji"), period, revision, "SU-0001", mwh);
    let octets = trial.signed("plain.xml", text, "azerenerji");
    trial.put("azerenerji", name, octets);
}

fn is_healthy(trial: &Trial) -> bool {
    trial.pencere(&["status"]).status.code() == Some(0)
}

fn acts(trial: &Trial, act: &str) -> usize {
    let journal = fs::read_to_string(trial.at("w/state/journal/00000001.log")).unwrap();
    journal.matches(&format!("\"act\":\"{act}\"")).count()
}

/// Two documents, a copy of the database, three more.
fn with_a_copy(trial: &Trial) -> std::path::PathBuf {
    put(trial, "a.xml", "2023-Q1", 1, "100.000");
    put(trial, "b.xml", "2023-Q2", 1, "200.000");
    trial.done(&["once"]);
    let copy = trial.at("copy.sqlite");
    fs::copy(trial.at("w/state/boemis.sqlite"), &copy).unwrap();
    put(trial, "c.xml", "2023-Q2", 2, "210.000");
    trial.done(&["once"]);
    put(trial, "d.xml", "2023-Q2", 3, "220.000");
    put(trial, "e.xml", "2023-Q3", 1, "300.000");
    trial.done(&["once"]);
    assert_eq!(trial.sql("SELECT count(*) FROM submission").trim(), "5");
    copy
}

fn restore(trial: &Trial, copy: &Path) {
    let database = trial.at("w/state/boemis.sqlite");
    fs::copy(copy, &database).unwrap();
    // what the program that looked left beside it
    for beside in ["-wal", "-shm"] {
        let _ = fs::remove_file(trial.at(format!("w/state/boemis.sqlite{beside}")));
    }
}

#[test]
fn a_database_from_an_older_copy_is_loaded_again_and_nobody_is_answered_anew() {
    let trial = trial();
    let copy = with_a_copy(&trial);
    let (before, answers) = state(&trial);
    restore(&trial, &copy);
    let audit = trial.pencere(&["audit", "verify"]);
    assert!(audit.status.code() == Some(1) && said(&audit).contains("no load of it"), "{}", said(&audit));
    let (code, status) = trial.json(&["status"]);
    assert_eq!((code, status["problems"][0]["code"].as_str()), (Some(1), Some("not-loaded")), "{status}");
    trial.done(&["once"]);
    let (after, answered) = state(&trial);
    assert_eq!((after, answered), (before, answers.clone()));
    assert_eq!((acts(&trial, "loading-again"), acts(&trial, "loaded-again")), (1, 3));
    assert!(is_healthy(&trial));
    trial.done(&["audit", "verify"]);
    // and once more nothing, with the ledger lost too
    fs::remove_dir_all(trial.at("w/state/ledger")).unwrap();
    trial.done(&["once"]);
    assert_eq!((acts(&trial, "loaded-again"), trial.answers("azerenerji")), (3, answers));
    // what follows is judged beside what was loaded again
    put(&trial, "stale.xml", "2023-Q2", 2, "215.000");
    put(&trial, "next.xml", "2023-Q2", 4, "230.000");
    trial.done(&["once"]);
    let decision = |name: &str| crate::receipt::decision(&trial.answers_to("azerenerji", name)[0].1).to_owned();
    assert_eq!((decision("stale.xml"), decision("next.xml")), ("rejected".to_owned(), "accepted".to_owned()));
}

#[test]
fn a_database_that_is_gone_is_loaded_again_whole() {
    let trial = trial();
    with_a_copy(&trial);
    let (before, answers) = state(&trial);
    fs::remove_file(trial.at("w/state/boemis.sqlite")).unwrap();
    trial.done(&["once"]);
    assert_eq!(state(&trial), (before, answers));
    trial.done(&["audit", "verify"]);
}

/// Changes the participant's own part of the registry; what stood there before.
fn change_registry(trial: &Trial, old: &str, new: &str) -> String {
    let registry = fs::read_to_string(trial.at("w/registry.toml")).unwrap();
    let section = registry.find("[participants.azerenerji]").unwrap();
    let (head, tail) = registry.split_at(section);
    assert!(tail.contains(old));
    fs::write(trial.at("w/registry.toml"), format!("{head}{}", tail.replacen(old, new, 1))).unwrap();
    registry
}

#[test]
fn who_left_the_registry_or_was_revoked_since_is_loaded_again_by_what_was_judged_by() {
    type Since = fn(&Trial);
    let since: [(&str, Since); 4] = [
        ("he left", |trial| {
            drop(change_registry(trial, "from = \"2020-01-01\"", "from = \"2020-01-01\"\nto = \"2020-12-31\""))
        }),
        ("suspended", |trial| drop(change_registry(trial, "suspended = false", "suspended = true"))),
        ("revoked", |trial| {
            trial.set("crls", "[\"pki/ca.crl\"]");
            // lists have whole seconds: surely later than what was received a moment ago
            let revoked = [("w/pki/azerenerji.crt", seconds(2))];
            fs::write(trial.at("w/pki/ca.crl"), list(trial, seconds(3), &revoked)).unwrap();
        }),
        ("his authority is believed no more", |trial| {
            let made = ["req", "-x509", "-newkey", "ed25519", "-nodes", "-keyout", "other.key", "-subj", "/CN=other"];
            trial.succeeds("openssl", &[&made[..], &["-out", "w/pki/other.crt"]].concat());
            trial.set("anchors", "[\"pki/other.crt\"]");
        }),
    ];
    let template = trial();
    let copy = with_a_copy(&template);
    let (before, answers) = state(&template);
    for (what, since) in since {
        let trial = template.copy();
        restore(&trial, &copy);
        since(&trial);
        let once = trial.pencere(&["once"]);
        assert_eq!(once.status.code(), Some(0), "{what}: {}", said(&once));
        assert!(state(&trial) == (before.clone(), answers.clone()), "{what}");
        assert_eq!(acts(&trial, "loaded-again"), 3, "{what}");
        assert!(is_healthy(&trial), "{what}");
        trial.done(&["audit", "verify"]);
        // nobody is let in by it anew
        if what != "revoked" {
            put(&trial, "new.xml", "2023-Q4", 1, "1.000");
            trial.done(&["once"]);
            let word = crate::receipt::decision(&trial.answers_to("azerenerji", "new.xml")[0].1).to_owned();
            assert_eq!(word, "rejected", "{what}");
        }
    }
}

/// Changes an octet of the registry as evidence keeps it.
fn damage_kept_registry(trial: &Trial) {
    let (mut changed, mut open) = (0, vec![trial.at("w/state/evidence")]);
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let mut octets = fs::read(&path).unwrap();
        let places: Vec<usize> = memchr::memmem::find_iter(&octets, "[participants.azerisiq]").collect();
        if !places.is_empty() {
            changed += places.len();
            places.iter().for_each(|at| octets[*at] ^= 1);
            fs::write(path, octets).unwrap();
        }
    }
    assert!(changed > 0);
}

#[test]
fn what_today_s_registry_does_not_let_through_and_no_other_is_kept_is_told_until_it_does() {
    let trial = trial();
    let copy = with_a_copy(&trial);
    let (before, answers) = state(&trial);
    restore(&trial, &copy);
    damage_kept_registry(&trial);
    let registry = change_registry(&trial, "suspended = false", "suspended = true");
    let once = trial.pencere(&["once"]);
    assert_eq!(once.status.code(), Some(3), "{}", said(&once));
    assert!(said(&once).contains("3 accepted submissions are not in BOEM"), "{}", said(&once));
    assert!(!is_healthy(&trial));
    assert_eq!(trial.answers("azerenerji"), answers);
    // a running window loads them as soon as it may
    let daemon = trial.run();
    fs::write(trial.at("w/registry.toml"), registry).unwrap();
    daemon.signal(rustix::process::Signal::HUP);
    crate::trial::eventually("the loads", || trial.sql("SELECT count(*) FROM submission").trim() == "5");
    daemon.end();
    assert_eq!(state(&trial), (before, answers));
    let (_, status) = trial.json(&["status"]);
    let problems = status["problems"].as_array().unwrap();
    assert!(problems.iter().all(|problem| problem["code"] != "not-loaded"), "{status}");
}
