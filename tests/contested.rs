//! What was accepted is looked at again when revocation data is issued later, and contested where the
//! certificate was revoked before the reception.

mod authority;
#[path = "window/lists.rs"]
mod lists;
#[path = "samples/receipt.rs"]
#[allow(dead_code)] // the walk over the samples uses all of it
mod receipt;
#[path = "window/trial.rs"]
mod trial;

use authority::Authority;
use authority::server::Server;
use jiff::Timestamp;
use lists::{list, list_for, renew, seconds};
use pencere::config::Config;
use pencere::daemon::watch;
use pencere::daemon::window::{Halt, Window};
use pencere::host::{Clock, Disk, Fault, Faults, Host};
use rustix::process::Signal;
use std::fs;
use std::sync::Arc;
use trial::{Locked, PARTICIPANTS, Trial, eventually, generation, grid, said, voen};

const FIGURES: &str = "SELECT period, revision, energy_mwh FROM generation_current ORDER BY period";

/// A window that reads one list of its authority, made an hour ago.
fn window() -> Trial {
    let trial = Trial::new();
    trial.set("crls", "[\"pki/ca.crl\"]");
    trial.set("settle", "\"1ms\"");
    trial.set("hold.retry_first", "\"10ms\"");
    trial.set("busy_timeout", "\"10ms\"");
    publish(&trial, -3600, &[]);
    trial
}

/// Puts a list in the place of the one before.
fn publish(trial: &Trial, made: i64, revoked: &[(&str, i64)]) {
    let revoked: Vec<(&str, Timestamp)> = revoked.iter().map(|(name, since)| (*name, seconds(*since))).collect();
    fs::write(trial.at("w/pki/ca.crl"), list(trial, seconds(made), &revoked)).unwrap();
}

fn statement(period: &str, revision: u32, mwh: &str) -> String {
    generation(voen("azerenerji"), period, revision, "SU-0001", mwh)
}

/// Drops a statement signed with this certificate.
fn file(trial: &Trial, name: &str, text: &str, signer: &str) {
    let octets = trial.signed(name, text, signer);
    trial.put("azerenerji", name, octets);
}

fn once(trial: &Trial) {
    trial.done(&["once"]);
}

/// The decisions on a document by their receipts' endings.
fn decisions(trial: &Trial, participant: &str, name: &str) -> Vec<(String, String)> {
    let ending = |file: &str| file.split('.').rev().take(3).collect::<Vec<_>>().join(".");
    let answers = trial.answers_to(participant, name);
    answers.iter().map(|(file, text)| (ending(file), receipt::decision(text).to_owned())).collect()
}

fn words(trial: &Trial, name: &str) -> Vec<String> {
    decisions(trial, "azerenerji", name).into_iter().map(|(_, word)| word).collect()
}

/// What `show` tells of a document, in order.
fn events(trial: &Trial, name: &str) -> Vec<String> {
    let (_, shown) = trial.json(&["show", name]);
    shown["events"].as_array().unwrap().iter().map(|one| one["event"].as_str().unwrap().to_owned()).collect()
}

/// What an archive unit tells of it is what its receipts say; in a copy, so that here it stays as it is.
fn archives(trial: &Trial) {
    let copy = trial.copy();
    let (code, answer) = copy.json(&["archive", "make", "--before", "2100-01-01"]);
    assert_eq!((code, &answer["left_out"]), (Some(0), &serde_json::json!({})), "{answer}");
    assert!(!answer["units"].as_array().unwrap().is_empty(), "{answer}");
    copy.done(&["archive", "verify"]);
}

fn fits(trial: &Trial) {
    let audited = trial.pencere(&["audit", "verify"]);
    assert_eq!(audited.status.code(), Some(0), "{}", said(&audited));
}

#[test]
fn a_revocation_before_the_reception_takes_an_acceptance_out_of_what_holds() {
    let trial = window();
    let daemon = trial.run();
    file(&trial, "a.xml", &statement("2024-Q1", 1, "100.000"), "azerenerji");
    assert_eq!(receipt::decision(&trial.answer("azerenerji", "a.xml").1), "accepted");
    // a list that is older than the reception decides nothing, and neither do a restart and a lost ledger
    publish(&trial, -60, &[]);
    daemon.signal(Signal::HUP);
    eventually("the reload", || trial.log().contains("were read again"));
    daemon.end();
    fs::remove_dir_all(trial.at("w/state/ledger")).unwrap();
    let daemon = trial.run();
    assert_eq!(trial.sql(FIGURES), "2024-Q1|1|100.000\n");
    assert!(!events(&trial, "a.xml").contains(&"settled".to_owned()));

    publish(&trial, 60, &[("w/pki/azerenerji.crt", -3600)]);
    daemon.signal(Signal::HUP);
    eventually("the owner's copy", || !trial.answers("energetika").is_empty());
    eventually("the sender's answer", || words(&trial, "a.xml") == ["contested", "accepted"]);
    let (name, text) = trial.answers("energetika").remove(0);
    assert!(name.starts_with("a.xml.") && name.ends_with(".2.receipt.xml"), "{name}");
    assert_eq!(trial.answers_to("azerenerji", "a.xml")[0], (name.clone(), text.clone()), "the very same");
    assert_eq!(receipt::codes(&text), ["signature.certificate-revoked"]);
    let serial = trial.succeeds("openssl", &["x509", "-in", "w/pki/azerenerji.crt", "-noout", "-serial"]).stdout;
    let serial = String::from_utf8(serial).unwrap();
    let serial = openssl::bn::BigNum::from_hex_str(serial.trim().trim_start_matches("serial=")).unwrap();
    assert!(text.contains(&serial.to_dec_str().unwrap().to_string()), "{text}");
    assert!(text.contains("no revision of this statement holds now"), "{text}");
    assert_eq!(receipt::attribute(&text, "Signer", "sub-indication"), Some("REVOKED_NO_POE"));
    let path = trial.side("energetika", "receipts").join(&name);
    assert!(trial.xmlsec_proves(&path));
    fs::copy(trial.at("signed"), trial.at("dropped.xml")).unwrap();
    trial.done(&["receipt", "verify", path.to_str().unwrap(), "--document", "dropped.xml"]);
    eventually("the pages", || {
        let page = name.replace(".xml.", "\u{0}").replace(".xml", ".txt").replace('\u{0}', ".xml.");
        PARTICIPANTS[..1].iter().chain(&["energetika"]).all(|one| trial.side(one, "receipts").join(&page).exists())
    });

    assert_eq!(trial.sql(FIGURES), "");
    assert_eq!(trial.sql("SELECT * FROM generation_total"), "");
    let history = "SELECT count(*), count(contested_at) FROM generation_history";
    assert_eq!(trial.sql(history), "1|1\n");
    assert_eq!(trial.json(&["list", "--state", "contested"]).1["submissions"].as_array().unwrap().len(), 1);
    let status = trial.json(&["status"]).1;
    let row = status["participants"].as_array().unwrap().iter().find(|row| row["participant"] == "azerenerji");
    assert_eq!(row.unwrap()["contested"], 1);
    eventually("the end", || events(&trial, "a.xml").last().is_some_and(|last| last == "closed"));
    assert_eq!(
        events(&trial, "a.xml"),
        ["held", "decided", "answered", "closed", "contested", "decided", "answered", "closed"]
    );
    fits(&trial);

    // the very same octets are judged afresh, and the content by another certificate is accepted
    trial.put("azerenerji", "b.xml", fs::read(trial.at("dropped.xml")).unwrap());
    let (_, text) = trial.answer("azerenerji", "b.xml");
    assert_eq!(receipt::codes(&text), ["signature.certificate-revoked"]);
    renew(&trial, "azerenerji", "renewed");
    daemon.signal(Signal::HUP);
    eventually("the reload", || trial.log().matches("were read again").count() == 3);
    file(&trial, "c.xml", &statement("2024-Q1", 1, "100.000"), "renewed");
    assert_eq!(receipt::decision(&trial.answer("azerenerji", "c.xml").1), "accepted");
    assert_eq!(trial.sql(FIGURES), "2024-Q1|1|100.000\n");
    daemon.end();
    fs::remove_dir_all(trial.at("w/state/ledger")).unwrap();
    once(&trial);
    assert_eq!((words(&trial, "a.xml").len(), trial.answers("energetika").len()), (2, 1), "once for ever");
    assert_eq!(trial.sql(FIGURES), "2024-Q1|1|100.000\n");
    fits(&trial);
    archives(&trial);
    trial.keeps_persons_out_of_the_log();
}

#[test]
fn a_copy_of_boemis_from_before_the_contest_learns_of_it() {
    let trial = window();
    file(&trial, "a.xml", &statement("2024-Q1", 1, "100.000"), "azerenerji");
    once(&trial);
    let copy = trial.keep_boemis();
    publish(&trial, 60, &[("w/pki/azerenerji.crt", -3600)]);
    once(&trial);
    assert_eq!((trial.sql(FIGURES).as_str(), words(&trial, "a.xml").len()), ("", 2));
    trial.put_boemis_back(&copy);
    assert_eq!(trial.sql(FIGURES), "2024-Q1|1|100.000\n");
    assert_eq!(trial.pencere(&["audit", "verify"]).status.code(), Some(1));
    renew(&trial, "azerenerji", "renewed");
    file(&trial, "b.xml", &statement("2024-Q1", 1, "100.000"), "renewed");
    once(&trial);
    assert_eq!(words(&trial, "b.xml"), ["accepted"]);
    assert_eq!(trial.sql("SELECT count(submission), energy_mwh FROM generation_current GROUP BY 2"), "1|100.000\n");
    assert_eq!(words(&trial, "a.xml").len(), 2, "nothing is answered twice");
    fits(&trial);
}

#[test]
fn a_receipt_that_nobody_can_lay_keeps_no_contested_figures() {
    let trial = window();
    let receipts = trial.side("azerenerji", "receipts");
    let daemon = trial.run();
    fs::remove_dir(&receipts).unwrap(); // the window still has it open, and nothing can be laid there
    file(&trial, "a.xml", &statement("2024-Q1", 1, "100.000"), "azerenerji");
    eventually("the load", || trial.sql(FIGURES) == "2024-Q1|1|100.000\n");
    publish(&trial, 60, &[("w/pki/azerenerji.crt", -3600)]);
    daemon.signal(Signal::HUP);
    eventually("the contest", || trial.sql(FIGURES).is_empty());
    let (code, status) = trial.json(&["status"]);
    assert_eq!((code, status["contesting"].as_u64()), (Some(1), Some(1)));
    daemon.end();
    fs::create_dir(&receipts).unwrap();
    for _ in 0..2 {
        once(&trial);
    }
    assert_eq!(words(&trial, "a.xml"), ["contested", "accepted"]);
    fits(&trial);
}

#[test]
fn a_certificate_on_hold_decides_nothing() {
    let trial = window();
    file(&trial, "a.xml", &statement("2024-Q1", 1, "100.000"), "azerenerji");
    once(&trial);
    let hold = list_for(&trial, seconds(60), &[("w/pki/azerenerji.crt", seconds(-3600))], "certificateHold");
    fs::write(trial.at("w/pki/ca.crl"), hold).unwrap();
    file(&trial, "b.xml", &statement("2024-Q2", 1, "200.000"), "azerenerji");
    once(&trial);
    assert_eq!((words(&trial, "a.xml"), words(&trial, "b.xml")), (vec!["accepted".into()], vec!["held".to_owned()]));
    assert!(!events(&trial, "a.xml").contains(&"settled".to_owned()));
    publish(&trial, 120, &[]);
    std::thread::sleep(std::time::Duration::from_millis(50));
    once(&trial);
    assert!(words(&trial, "b.xml").contains(&"accepted".to_owned()));
    assert!(events(&trial, "a.xml").contains(&"settled".to_owned()));
    fits(&trial);
}

#[test]
fn a_revocation_after_the_reception_settles_an_acceptance() {
    let trial = window();
    file(&trial, "a.xml", &statement("2024-Q1", 1, "100.000"), "azerenerji");
    once(&trial);
    publish(&trial, 60, &[("w/pki/azerenerji.crt", 30)]);
    once(&trial);
    assert_eq!(
        (words(&trial, "a.xml"), trial.sql(FIGURES)),
        (vec!["accepted".to_owned()], "2024-Q1|1|100.000\n".into())
    );
    assert_eq!(events(&trial, "a.xml"), ["held", "decided", "answered", "closed", "settled"]);
    // and what is settled stays so, whatever is said later
    publish(&trial, 120, &[("w/pki/azerenerji.crt", -3600)]);
    fs::remove_dir_all(trial.at("w/state/ledger")).unwrap();
    once(&trial);
    assert_eq!(words(&trial, "a.xml"), ["accepted"]);
    fits(&trial);
}

#[test]
fn a_time_stamp_before_the_revocation_keeps_an_acceptance() {
    let trial = window();
    let authority = Authority::new();
    fs::copy(authority.at("clock.crt"), trial.at("w/pki/tsa.crt")).unwrap();
    trial.set("timestamping", "[\"pki/tsa.crt\"]");
    // the clock's own standing must be known as well: it is an anchor, and has no list
    let server = Server::of(&authority);
    let tsa = server.url();
    for (name, period) in [("a.xml", "2024-Q1"), ("b.xml", "2024-Q2")] {
        fs::write(trial.at(name), statement(period, 1, "100.000")).unwrap();
        let keys = ["--key", "w/pki/azerenerji.key", "--cert", "w/pki/azerenerji.crt", "-o", "signed"];
        let stamped = if name == "a.xml" { &["--tsa", tsa.as_str()][..] } else { &[] };
        trial.done(&[&["sign", name][..], &keys, stamped].concat());
        fs::rename(trial.at("signed"), trial.at(format!("{name}.signed"))).unwrap();
    }
    assert_eq!(server.asked(), 1);
    // revoked between the time-stamp and the reception
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let revoked = Timestamp::now();
    std::thread::sleep(std::time::Duration::from_millis(1100));
    for name in ["a.xml", "b.xml"] {
        trial.put("azerenerji", name, fs::read(trial.at(format!("{name}.signed"))).unwrap());
    }
    once(&trial);
    assert_eq!((words(&trial, "a.xml"), words(&trial, "b.xml")), (vec!["accepted".into()], vec!["accepted".into()]));
    fs::write(trial.at("w/pki/ca.crl"), list(&trial, seconds(60), &[("w/pki/azerenerji.crt", revoked)])).unwrap();
    once(&trial);
    assert_eq!(words(&trial, "a.xml"), ["accepted"]);
    assert_eq!(events(&trial, "a.xml").last().unwrap(), "settled");
    assert_eq!(words(&trial, "b.xml"), ["contested", "accepted"]);
    assert_eq!(trial.sql(FIGURES), "2024-Q1|1|100.000\n");
    fits(&trial);
    // what is contested stands in BOEMİS, and whoever takes it away is found out
    let sql = "DELETE FROM submission WHERE contested_at IS NOT NULL";
    trial.tamper(sql);
    let (code, answer) = trial.json(&["audit", "verify"]);
    assert!(code == Some(1) && answer["first_unfit"].as_str().unwrap().contains("no load of it"), "{answer}");
}

#[test]
fn what_is_held_is_decided_by_a_list_that_is_issued_long_after_its_reception() {
    let trial = window();
    // stale long ago, so that nothing is known at the reception
    publish(&trial, -80 * 3600, &[]);
    file(&trial, "a.xml", &statement("2024-Q1", 1, "100.000"), "azerenerji");
    let day = |days: i64| Timestamp::now() + jiff::SignedDuration::from_hours(24 * days);
    let clock = Clock::fixed(day(0));
    let carry = |clock: &Clock| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let config = Config::load(&trial.at("w/pencere.toml"), clock.now()).unwrap();
            let host = Host { clock: clock.clone(), disk: Disk::system() };
            let (_, window) = watch::once(Window::open(config, host).await.unwrap(), |_| {}).await.unwrap();
            window.close().await.unwrap();
        });
    };
    clock.advance(jiff::SignedDuration::from_secs(1));
    carry(&clock);
    assert_eq!(words(&trial, "a.xml"), ["held"]);
    let two_days = 48 * 3600;
    publish(&trial, two_days, &[("w/pki/azerenerji.crt", two_days - 3600)]);
    clock.advance(jiff::SignedDuration::from_secs(two_days + 60));
    carry(&clock);
    assert_eq!(words(&trial, "a.xml"), ["held", "accepted"]);
    assert_eq!(trial.sql(FIGURES), "2024-Q1|1|100.000\n");
}

#[test]
fn nothing_is_lost_while_no_list_is_named() {
    let trial = window();
    trial.set("crls", "[]");
    file(&trial, "a.xml", &statement("2024-Q1", 1, "100.000"), "azerenerji");
    once(&trial);
    once(&trial);
    assert_eq!(words(&trial, "a.xml"), ["accepted"]);
    // the configuration names one later
    trial.set("crls", "[\"pki/ca.crl\"]");
    publish(&trial, 60, &[("w/pki/azerenerji.crt", -3600)]);
    once(&trial);
    assert_eq!(words(&trial, "a.xml"), ["contested", "accepted"]);
}

#[test]
fn what_a_contested_revision_superseded_holds_again() {
    let trial = window();
    renew(&trial, "azerenerji", "renewed");
    file(&trial, "a.xml", &statement("2024-Q1", 1, "100.000"), "azerenerji");
    once(&trial);
    file(&trial, "b.xml", &statement("2024-Q1", 2, "200.000"), "renewed");
    once(&trial);
    assert_eq!(trial.sql(FIGURES), "2024-Q1|2|200.000\n");
    publish(&trial, 60, &[("w/pki/renewed.crt", -3600)]);
    // filed in the same run, it is judged beside what holds then
    file(&trial, "c.xml", &statement("2024-Q1", 2, "300.000"), "azerenerji");
    let checked = trial.json(&["check", "w/drop/azerenerji/in/c.xml", "--participant", "azerenerji"]);
    assert_eq!(checked.1["findings"][0]["code"], "rule.revision-conflict", "before it is contested");
    once(&trial);
    let (_, text) = trial.answers_to("azerenerji", "b.xml").remove(0);
    assert_eq!(receipt::decision(&text), "contested");
    assert!(text.contains("revision 1 of this statement holds now"), "{text}");
    assert_eq!((words(&trial, "a.xml"), words(&trial, "c.xml")), (vec!["accepted".into()], vec!["accepted".into()]));
    assert_eq!(trial.sql(FIGURES), "2024-Q1|2|300.000\n");
    let total = "SELECT period, energy_mwh FROM generation_total ORDER BY period";
    assert_eq!(trial.sql(total), "2024|300.000\n2024-Q1|300.000\n");
    fits(&trial);
    archives(&trial);
}

#[test]
fn the_owners_own_is_answered_once_and_the_audit_sees_what_does_not_fit() {
    let trial = window();
    let text = generation(voen("energetika"), "2024-Q1", 1, "SU-0001", "100.000");
    let octets = trial.signed("a.xml", text, "energetika");
    trial.put("energetika", "a.xml", octets);
    once(&trial);
    publish(&trial, 60, &[("w/pki/energetika.crt", -3600)]);
    once(&trial);
    let words = decisions(&trial, "energetika", "a.xml");
    assert_eq!(words.iter().map(|(_, word)| word.as_str()).collect::<Vec<_>>(), ["contested", "accepted"]);
    fits(&trial);
    let moved = ("contested_at = '2026-01-01T00:00:00Z'", "its moments in BOEMİS are not those");
    for (change, told) in [("contested_at = NULL", "in BOEMİS it is not"), moved] {
        trial.tamper(&format!("UPDATE submission SET {change}"));
        let audited = said(&trial.pencere(&["audit", "verify"]));
        assert!(audited.contains(told), "{audited}");
    }
}

/// Once through all that waits, in this process.
fn carry(trial: &Trial, disk: Disk) -> Result<(), Halt> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let config = Config::load(&trial.at("w/pencere.toml"), Timestamp::now())
            .map_err(|mistakes| Halt::broken(format!("{mistakes:?}")))?;
        let window = Window::open(config, Host { clock: Clock::system(), disk }).await?;
        let (_, window) = watch::once(window, |_| {}).await?;
        window.close().await
    })
}

#[test]
fn a_stop_at_any_step_of_contesting_comes_to_the_same_end() {
    const EIO: i32 = 5;
    const ENOSPC: i32 = 28;
    let template = window();
    file(&template, "a.xml", &statement("2024-Q1", 1, "100.000"), "azerenerji");
    file(&template, "b.xml", &statement("2024-Q2", 1, "200.000"), "azerenerji");
    let other = generation(voen("azerisiq"), "2024-Q1", 1, "KUL-0001", "5");
    let octets = template.signed("c.xml", other, "azerisiq");
    template.put("azerisiq", "c.xml", octets);
    carry(&template, Disk::system()).unwrap();
    publish(&template, 60, &[("w/pki/azerenerji.crt", -3600)]);
    let counted = Faults::none();
    let trial = template.copy();
    carry(&trial, Disk::faulty(Arc::clone(&counted))).unwrap();
    let mut stopped = 0;
    for n in 1..=counted.steps() {
        for fault in [Fault::Death, Fault::Error(EIO), Fault::Lasting(ENOSPC)] {
            let trial = template.copy();
            let faults = Faults::at(n, fault);
            let first = carry(&trial, Disk::faulty(Arc::clone(&faults)));
            stopped += usize::from(first.is_err());
            if n % 2 == 0 {
                faults.lose_power(|unsynced| unsynced / 2).unwrap();
            }
            let case = format!("step {n}, {fault:?}, first {first:?}");
            let end = carry(&trial, Disk::system());
            assert!(end.is_ok(), "{case}: {end:?}");
            for name in ["a.xml", "b.xml"] {
                assert_eq!(words(&trial, name), ["contested", "accepted"], "{case}");
            }
            let copies: Vec<_> = trial
                .answers("azerenerji")
                .into_iter()
                .filter(|(_, text)| receipt::decision(text) == "contested")
                .collect();
            assert_eq!(trial.answers("energetika"), copies, "{case}");
            assert_eq!(trial.sql("SELECT station FROM generation_current"), "KUL-0001\n", "{case}");
            assert_eq!(trial.sql("SELECT count(*) FROM submission WHERE contested_at IS NOT NULL"), "2\n", "{case}");
            let number = |text: &str| receipt::attribute(text, "Receipt", "number").unwrap().to_owned();
            let all = ["azerenerji", "azerisiq"].map(|one| trial.answers(one)).concat();
            let mut numbers: Vec<String> = all.iter().map(|(_, text)| number(text)).collect();
            numbers.sort();
            numbers.dedup();
            assert!(numbers.len() == 5 && numbers[4].ends_with("000005"), "{case}: {numbers:?}");
            fits(&trial);
        }
    }
    assert!(stopped > 5, "{stopped}");
}

#[test]
fn killed_at_any_moment_of_contesting_each_is_contested_once() {
    let template = window();
    let trial = &template;
    let quarters: Vec<String> = (1..=60).map(|n| format!("{}-Q{}", 1990 + n / 4, n % 4 + 1)).collect();
    for quarter in &quarters {
        fs::write(trial.at(format!("{quarter}.xml")), statement(quarter, 1, "10.000")).unwrap();
    }
    let names: Vec<String> = quarters.iter().map(|quarter| format!("{quarter}.xml")).collect();
    let files: Vec<&str> = names.iter().map(String::as_str).collect();
    fs::create_dir(trial.at("out")).unwrap();
    let keys = ["--key", "w/pki/azerenerji.key", "--cert", "w/pki/azerenerji.crt", "--out-dir", "out"];
    trial.done(&[&["sign"][..], &files, &keys].concat());
    for quarter in &quarters {
        let octets = fs::read(trial.at(format!("out/{quarter}.signed.xml"))).unwrap();
        trial.put("azerenerji", format!("{quarter}.xml"), octets);
    }
    once(trial);
    assert_eq!(trial.sql("SELECT count(*) FROM generation_current"), "60\n");
    publish(trial, 60, &[("w/pki/azerenerji.crt", -3600)]);
    let mut between = 0;
    for seen in [1, 2, 4, 8, 16, 32, 60] {
        // killed as soon as so many of the owner's copies, each with its page or without, are seen
        let trial = template.copy();
        let daemon = trial.start_with(|_| {});
        let begin = std::time::Instant::now();
        while trial.names("energetika", "receipts").len() < seen {
            assert!(begin.elapsed() < trial::PATIENCE, "{}", trial.log());
        }
        daemon.kill();
        between += usize::from(trial.answers("azerenerji").len() < 120);
        once(&trial);
        let all = trial.answers("azerenerji");
        let told: Vec<_> = all.iter().filter(|(_, text)| receipt::decision(text) == "contested").cloned().collect();
        assert_eq!((all.len(), told.len()), (120, 60));
        assert_eq!(trial.answers("energetika"), told);
        let number = |text: &str| receipt::attribute(text, "Receipt", "number").unwrap().to_owned();
        let mut numbers: Vec<String> = all.iter().map(|(_, text)| number(text)).collect();
        numbers.sort();
        numbers.dedup();
        assert!(numbers.len() == 120 && numbers[119].ends_with("000120"), "{numbers:?}");
        assert_eq!(trial.sql(FIGURES), "");
        fits(&trial);
    }
    assert!(between > 0, "no kill came between the first and the last");
}

#[test]
fn what_is_contested_while_boemis_is_away_waits_for_it() {
    let trial = window();
    file(&trial, "a.xml", &statement("2024-Q1", 1, "100.000"), "azerenerji");
    once(&trial);
    publish(&trial, 60, &[("w/pki/azerenerji.crt", -3600)]);
    let locked = Locked::new(&trial);
    let _ = trial.pencere(&["once"]);
    assert_eq!(events(&trial, "a.xml"), ["held", "decided", "answered", "closed", "contested"]);
    assert_eq!(trial.json(&["list", "--state", "contested"]).1["submissions"].as_array().unwrap().len(), 1);
    drop(locked);
    fits(&trial);
    let daemon = trial.run();
    eventually("the answer", || words(&trial, "a.xml") == ["contested", "accepted"]);
    daemon.end();
    assert_eq!(trial.sql(FIGURES), "");
    fits(&trial);
}

/// Who approves with a key that was revoked approves nothing: what holds by it is contested too.
#[test]
fn what_was_approved_by_a_document_that_is_contested_is_contested_with_it() {
    let trial = window();
    trial.put("azerenerji", "a.xml", trial.signed("a.xml", grid(1, "VL-1"), "azerenerji"));
    once(&trial);
    for (stage, body, name) in [("checking", "azerenerji", "c.xml"), ("approved", "energetika", "e.xml")] {
        trial.put(body, name, trial.approval("a.xml", stage, body, name));
        once(&trial);
    }
    assert_eq!(trial.sql("SELECT code FROM grid_current").trim(), "VL-1");
    publish(&trial, 60, &[("w/pki/energetika.crt", -3600)]);
    once(&trial);
    assert_eq!(trial.sql("SELECT code FROM grid_current").trim(), "");
    for (body, name) in [("azerenerji", "a.xml"), ("energetika", "e.xml")] {
        let answers = trial.answers_to(body, name);
        let words: Vec<&str> = answers.iter().map(|(_, text)| receipt::decision(text)).collect();
        assert!(words.contains(&"contested"), "{name}: {words:?}");
    }
    let audit = trial.pencere(&["audit", "verify"]);
    assert_eq!(audit.status.code(), Some(0), "{}", said(&audit));
}

/// What a document says of others, as `show` has it: what it replaces, and by what it is replaced.
fn succession(trial: &Trial, name: &str) -> (Option<String>, Option<String>) {
    let (_, shown) = trial.json(&["show", name]);
    let row = &shown["submissions"][0];
    let of = |member: &str| {
        let id = row[member]["id"].as_str()?;
        let (_, other) = trial.json(&["show", id]);
        // the number is that of the other's last receipt
        assert_eq!(row[member]["receipt"], other["submissions"][0]["receipt"], "{row}");
        Some(other["submissions"][0]["name"].as_str().unwrap().to_owned())
    };
    (of("replaces"), of("replaced_by"))
}

#[test]
fn a_correction_and_what_it_replaces_name_each_other() {
    let trial = window();
    let some = |name: &str| Some(name.to_owned());
    let corrected = |revision: u32, replaces: &str, mwh: &str| {
        let said = format!(" revision=\"{revision}\" replaces=\"{replaces}\" reason=\"arithmetic\" note=\"Akt 12\"");
        statement("2024-Q1", revision, mwh).replacen(&format!(" revision=\"{revision}\""), &said, 1)
    };
    file(&trial, "a.xml", &statement("2024-Q1", 1, "100.000"), "azerenerji");
    once(&trial);
    assert_eq!(succession(&trial, "a.xml"), (None, None));
    let daemon = trial.run();
    file(&trial, "b.xml", &corrected(2, "1", "90.000"), "azerenerji");
    let (name, text) = trial.answer("azerenerji", "b.xml");
    assert_eq!(receipt::decision(&text), "accepted", "{text}");
    // beside the daemon, behind it, and where the ledger is lost: the journal says it
    let tell = || {
        assert_eq!(succession(&trial, "a.xml"), (None, some("b.xml")));
        assert_eq!(succession(&trial, "b.xml"), (some("a.xml"), None));
    };
    tell();
    daemon.end();
    tell();
    fs::remove_dir_all(trial.at("w/state/ledger")).unwrap();
    once(&trial);
    tell();
    // for people too: in the list, on the way of one, in its explanation, and behind the page of its receipt
    let (_, row) = trial.json(&["show", "b.xml"]);
    let (id, number) =
        (row["submissions"][0]["id"].as_str().unwrap(), row["submissions"][0]["receipt"].as_str().unwrap());
    let listed = said(&trial.pencere(&["list"]));
    let line = listed.lines().find(|line| line.contains("a.xml")).unwrap();
    assert!(listed.contains("replaced by") && line.trim_end().ends_with(id), "{listed}");
    let shown = said(&trial.pencere(&["show", "a.xml"]));
    assert!(shown.contains(&format!("replaced by {id}, receipt {number}")), "{shown}");
    let (code, explained) = trial.json(&["explain", "a.xml"]);
    assert_eq!((code, explained["replaced_by"]["id"].as_str()), (Some(0), Some(id)), "{explained}");
    let (code, explained) = trial.json(&["explain", "b.xml"]);
    assert_eq!(
        (code, &explained["replaces"]["id"]),
        (Some(0), &trial.json(&["show", "a.xml"]).1["submissions"][0]["id"])
    );
    let old = trial.answers_to("azerenerji", "a.xml").remove(0).0;
    let (old, new) = (format!("w/drop/azerenerji/receipts/{old}"), format!("w/drop/azerenerji/receipts/{name}"));
    let page = |receipt: &str| {
        said(&trial.pencere(&["receipt", "show", receipt, "--lang", "en", "--config", "w/pencere.toml"]))
    };
    assert!(page(&old).contains(&format!("Replaced since by the submission {id}, receipt {number}")), "{}", page(&old));
    assert!(!page(&new).contains("Replaced since"), "{}", page(&new));
    // BOEMİS has it, and keeps what was replaced
    let history = "SELECT revision, energy_mwh, replaces IS NOT NULL, reason, note FROM generation_history ORDER BY 1";
    let told = trial.sql(history).replace("|f|", "|0|").replace("|t|", "|1|");
    assert_eq!(told, "1|100.000|0||\n2|90.000|1|arithmetic|Akt 12\n");
    // what is withdrawn replaces nothing, and what it replaced holds again; what comes then names that
    file(&trial, "c.xml", &corrected(3, "2", "80.000"), "azerenerji");
    once(&trial);
    assert_eq!(succession(&trial, "b.xml"), (some("a.xml"), some("c.xml")));
    trial.put("azerenerji", "back.xml", trial.approval("c.xml", "withdrawn", "azerenerji", "back.xml"));
    once(&trial);
    assert_eq!(
        (succession(&trial, "b.xml"), succession(&trial, "c.xml")),
        ((some("a.xml"), None), (some("b.xml"), None))
    );
    file(&trial, "d.xml", &corrected(4, "2", "70.000"), "azerenerji");
    once(&trial);
    assert_eq!((succession(&trial, "a.xml").1, succession(&trial, "b.xml").1), (some("b.xml"), some("d.xml")));
    fits(&trial);
    archives(&trial);
}

#[test]
fn what_boemis_loads_again_says_what_it_replaced_then() {
    let trial = window();
    file(&trial, "a.xml", &statement("2024-Q1", 1, "100.000"), "azerenerji");
    once(&trial);
    let kept = trial.keep_boemis();
    let text = statement("2024-Q1", 2, "90.000").replacen(" revision=\"2\"", " revision=\"2\" replaces=\"1\"", 1);
    file(&trial, "b.xml", &text, "azerenerji");
    once(&trial);
    const REPLACED: &str = "SELECT s.revision, r.revision FROM submission s JOIN submission r ON r.id = s.replaces";
    assert_eq!(trial.sql(REPLACED), "2|1\n");
    trial.put_boemis_back(&kept);
    assert_eq!(trial.sql(REPLACED), "");
    once(&trial);
    assert_eq!(trial.sql(REPLACED), "2|1\n");
    fits(&trial);
}

#[test]
fn an_approval_behind_one_that_is_held_waits_for_it() {
    let trial = window();
    trial.put("azerenerji", "line.xml", trial.signed("line.xml", grid(1, "VL-1"), "azerenerji"));
    once(&trial);
    assert_eq!(words(&trial, "line.xml"), ["pending"]);
    // its sender sends it to checking with a certificate that nobody has confirmed yet
    let registry = fs::read(trial.at("w/registry.toml")).unwrap();
    renew(&trial, "azerenerji", "renewed");
    let confirmed = fs::read(trial.at("w/registry.toml")).unwrap();
    fs::write(trial.at("w/registry.toml"), registry).unwrap();
    trial.approval("line.xml", "checking", "azerenerji", "checking.xml");
    let form = fs::read_to_string(trial.at("checking.xml")).unwrap();
    trial.put("azerenerji", "checking.xml", trial.signed("checking.xml", form, "renewed"));
    once(&trial);
    assert_eq!(words(&trial, "checking.xml"), ["held"]);
    // what could only follow it is not refused meanwhile
    trial.put("energetika", "approved.xml", trial.approval("line.xml", "approved", "energetika", "approved.xml"));
    once(&trial);
    let approved =
        || decisions(&trial, "energetika", "approved.xml").into_iter().map(|(_, word)| word).collect::<Vec<_>>();
    assert_eq!(approved(), ["held"]);
    fs::write(trial.at("w/registry.toml"), confirmed).unwrap();
    let daemon = trial.run();
    eventually("both", || approved().contains(&"accepted".to_owned()));
    eventually("its later answer", || words(&trial, "line.xml").contains(&"accepted".to_owned()));
    daemon.end();
    assert!(words(&trial, "checking.xml").contains(&"accepted".to_owned()));
    assert_eq!(trial.sql("SELECT code FROM grid_current"), "VL-1\n");
    fits(&trial);
}
