//! Documents by mail and their answers by mail, joined: a mailbox that is read and a server that takes mail are both
//! real, what lies in a mail was written by other programs, and daemon and servers die in the middle.
//!
//! What each half does by itself is in `mail.rs` and `post.rs`; here is what only both together can get wrong.
//! `PENCERE_MAILS` says how many mails the flood has (`make torture`: 500).

#[path = "mail/dovecot.rs"]
mod dovecot;
#[path = "window/faked.rs"]
mod faked;
#[path = "mail_answers/flood.rs"]
mod flood;
#[path = "mail_answers/joined.rs"]
mod joined;
#[path = "mail/message.rs"]
mod message;
#[path = "mail_answers/others.rs"]
mod others;
#[path = "mail_answers/outage.rs"]
mod outage;
#[path = "samples/receipt.rs"]
#[allow(dead_code)] // the walk over the samples uses all of it
mod receipt;
#[path = "mail_answers/returned.rs"]
mod returned;
#[path = "post/server.rs"]
mod server;
#[path = "window/trial.rs"]
mod trial;
#[path = "mail_answers/unasked.rs"]
mod unasked;

use server::{Opened, opened};
use std::fs;
use std::path::Path;
use trial::{Trial, capacity, generation, voen};

const XML: &str = "application/xml";

/// A statement of SU-0001, signed by azerenerji's person.
fn statement(trial: &Trial, period: &str) -> Vec<u8> {
    trial.signed("statement.xml", generation(voen("azerenerji"), period, 1, "SU-0001", "1000.5"), "azerenerji")
}

/// One of a station of another body, which azerenerji's person may not file.
fn of_another(trial: &Trial, period: &str) -> Vec<u8> {
    trial.signed("another.xml", generation(voen("azerenerji"), period, 1, "KUL-0001", "1"), "azerenerji")
}

/// A table and its signature.
fn pair(trial: &Trial, period: &str) -> (Vec<u8>, Vec<u8>) {
    let table = capacity(voen("azerenerji"), period, 1, "SU-0001", "424");
    let signature = trial.signed("table.csv", &table, "azerenerji");
    (table.into_bytes(), signature)
}

/// Takes a mail apart, and proves each receipt in it as CONTRACT 5 says; the receipts.
fn proven(trial: &Trial, mail: &Path) -> (Opened, Vec<String>) {
    let opened = opened(trial, mail);
    let parts = opened.parts.iter().filter(|(name, _)| name.ends_with(".receipt.xml"));
    let receipts: Vec<String> = parts.map(|(_, octets)| String::from_utf8(octets.clone()).unwrap()).collect();
    assert!(!receipts.is_empty(), "{:?}", opened.headers);
    for receipt in &receipts {
        let path = trial.at("attached.xml");
        fs::write(&path, receipt).unwrap();
        assert!(trial.xmlsec_proves(&path), "{receipt}");
        trial.done(&["receipt", "verify", "attached.xml"]);
    }
    (opened, receipts)
}

fn decisions(receipts: &[String]) -> Vec<&str> {
    let mut decisions: Vec<&str> = receipts.iter().map(|text| receipt::decision(text)).collect();
    decisions.sort_unstable();
    decisions
}

/// What the body of a mail says.
fn text(mail: &Opened) -> String {
    String::from_utf8(mail.parts[0].1.clone()).unwrap().replace("\r\n", "\n")
}

/// What `status` finds wrong.
fn problems(trial: &Trial) -> Vec<String> {
    let (_, status) = trial.json(&["status"]);
    let problems = status["problems"].as_array().unwrap().iter();
    problems.map(|one| one["code"].as_str().unwrap().to_owned()).collect()
}
