//! Answers by mail, against a real server: each receipt is delivered once or more, none is lost, and what is repeated
//! is the same; the mail verifies with OpenSSL's own program, and the receipt in it as CONTRACT 5 says.

#[path = "window/faked.rs"]
mod faked;
#[path = "post/server.rs"]
mod server;
#[path = "window/trial.rs"]
mod trial;

use faked::Faked;
use jiff::SignedDuration;
use server::{ADDRESS, opened, window};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use trial::{Trial, capacity, eventually, generation, voen};

fn put(trial: &Trial, name: &str, period: &str) {
    let signed = trial.signed(name, generation(voen("azerenerji"), period, 1, "SU-0001", "1.5"), "azerenerji");
    trial.put("azerenerji", name, signed);
}

/// What the window's journal tells of mail: a line each.
fn journalled(trial: &Trial, act: &str) -> Vec<String> {
    let journal = fs::read_to_string(trial.at("w/state/journal/00000001.log")).unwrap();
    journal.lines().filter(|line| line.contains(&format!("\"act\":\"{act}\""))).map(str::to_owned).collect()
}

fn mail_of(trial: &Trial) -> serde_json::Value {
    trial.json(&["status"]).1["mail"].clone()
}

fn problems(trial: &Trial) -> Vec<String> {
    let (_, status) = trial.json(&["status"]);
    let codes = status["problems"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap().to_owned());
    codes.collect()
}

#[test]
fn a_receipt_comes_by_mail_signed_and_is_the_one_that_lies_in_the_folder() {
    let (trial, server) = window("[\"folder\", \"mail\"]", "starttls");
    let daemon = trial.run();
    put(&trial, "birinci rüb.xml", "2020-Q1");
    let (file, receipt) = trial.answer("azerenerji", "birinci rüb.xml");
    let mail = opened(&trial, &server.waits_for(1)[0]);
    assert_eq!(mail.part(".receipt.xml").unwrap(), receipt.as_bytes());
    assert_eq!(mail.parts[1].0, file);
    let path = trial.at("attached.xml");
    fs::write(&path, mail.part(".receipt.xml").unwrap()).unwrap();
    assert!(trial.xmlsec_proves(&path));
    trial.done(&["receipt", "verify", "attached.xml"]);
    assert_eq!(mail.header("auto-submitted"), "auto-replied");
    assert!(mail.header("to").contains(ADDRESS) && mail.header("from").contains("window@boemis.test"));
    assert!(mail.header("subject").contains("accepted"), "{}", mail.headers);
    let text = String::from_utf8(mail.parts[0].1.clone()).unwrap().replace("\r\n", "\n");
    let page = |language: &str| {
        let arguments = ["receipt", "show", "attached.xml", "--lang", language];
        String::from_utf8(trial.pencere(&arguments).stdout).unwrap()
    };
    for line in page("az").lines().chain(page("en").lines()).filter(|line| !line.contains("://") && !line.contains('@'))
    {
        assert!(text.contains(line), "{line}: {text}");
    }
    eventually("the journal hears of it", || journalled(&trial, "answer-mailed").len() == 1);
    let line = &journalled(&trial, "answer-mailed")[0];
    assert!(line.contains(ADDRESS) && line.contains("\"tries\":\"1\""), "{line}");
    assert!(line.contains(mail.header("message-id").trim_matches(['<', '>'])), "{line}");
    // a table whose rows are at fault comes back with them
    let table = capacity(voen("azerenerji"), "2020", 1, "SU-9999", "424.000");
    let signature = trial.signed("t.csv", &table, "azerenerji");
    trial.put("azerenerji", "t.csv", &table);
    trial.put("azerenerji", "t.csv.p7s", signature);
    let mail = opened(&trial, &server.waits_for(2)[1]);
    assert!(mail.header("subject").contains("rejected"));
    assert!(mail.part(".receipt.xml").is_some());
    let laid = trial.names("azerenerji", "receipts").into_iter().filter_map(|name| name.into_string().ok());
    if laid.clone().any(|name| name.ends_with(".rows.csv")) {
        assert!(mail.part(".rows.csv").is_some(), "{:?}", mail.parts.iter().map(|(name, _)| name).collect::<Vec<_>>());
    }
    eventually("nothing is owed", || mail_of(&trial)["owed"] == 0);
    daemon.end();
    // a start repeats nothing that was told
    let daemon = trial.run();
    put(&trial, "b.xml", "2020-Q2");
    server.waits_for(3);
    daemon.end();
    assert_eq!(server.mails().len(), 3);
    assert_eq!(trial.json(&["status"]).0, Some(0), "{:?}", problems(&trial));
    trial.done(&["audit", "verify"]);
    trial.keeps_persons_out_of_the_log();
}

#[test]
fn who_is_answered_by_mail_alone_has_nothing_in_the_folder_and_is_closed() {
    let (trial, server) = window("[\"mail\"]", "tls");
    put(&trial, "a.xml", "2020-Q1");
    trial.done(&["once"]);
    let mail = opened(&trial, &server.waits_for(1)[0]);
    let path = trial.at("attached.xml");
    fs::write(&path, mail.part(".receipt.xml").unwrap()).unwrap();
    assert!(trial.xmlsec_proves(&path));
    assert!(trial.names("azerenerji", "receipts").is_empty());
    let (code, status) = trial.json(&["status"]);
    assert_eq!((code, &status["unclosed"]), (Some(0), &0.into()), "{status}");
    // and others are answered as ever
    let signed = trial.signed("c.xml", generation(voen("azerisiq"), "2020-Q1", 1, "KUL-0001", "1.5"), "azerisiq");
    trial.put("azerisiq", "c.xml", signed);
    trial.done(&["once"]);
    assert_eq!((server.mails().len(), trial.answers("azerisiq").len()), (1, 1));
}

/// The server is away for an hour, and then answers half of all with 451.
#[test]
fn an_outage_of_an_hour_and_a_server_that_refuses_half_lose_nothing() {
    const DOCUMENTS: usize = 16;
    let (trial, mut server) = window("[\"folder\", \"mail\"]", "starttls");
    trial.set("mail.smtp.retry_first", "\"30s\"");
    trial.set("settle", "\"1ms\"");
    server.stop();
    for nth in 0..DOCUMENTS {
        put(&trial, &format!("{nth}.xml"), &format!("{}-Q{}", 2020 + nth / 4, nth % 4 + 1));
    }
    std::thread::sleep(std::time::Duration::from_millis(50)); // the clock that stands is behind all of them
    let mut faked = Faked::open(&trial).once();
    assert_eq!(trial.answers("azerenerji").len(), DOCUMENTS, "nobody waits for the server");
    assert!(faked.window.tally.posting.is_some());
    assert_eq!((mail_of(&trial)["owed"].clone(), problems(&trial)), (DOCUMENTS.into(), vec!["mail-away".to_owned()]));
    for _ in 0..60 {
        faked.clock.advance(SignedDuration::from_mins(1));
        faked.window.post_due().unwrap();
    }
    let tries = mail_of(&trial)["away"]["tries"].as_u64().unwrap();
    assert!((4..20).contains(&tries), "{tries} tries in an hour");
    // a stop in the middle of it loses nothing
    faked.close();
    let mut faked = Faked::open(&trial);
    faked.clock.advance(SignedDuration::from_hours(1));
    server.mode("half");
    server.start(&trial);
    let mut rounds = 0;
    while mail_of(&trial)["owed"] != 0 {
        rounds += 1;
        assert!(rounds < 60, "{}", mail_of(&trial));
        faked.clock.advance(SignedDuration::from_mins(10));
        faked.window.post_due().unwrap();
    }
    faked.close();
    let mut delivered: BTreeMap<String, BTreeSet<Vec<u8>>> = BTreeMap::new();
    for mail in server.mails() {
        let mail = opened(&trial, &mail);
        let receipt = mail.part(".receipt.xml").unwrap().to_vec();
        delivered.entry(mail.header("message-id").to_owned()).or_default().insert(receipt);
    }
    assert!(delivered.values().all(|receipts| receipts.len() == 1), "a repeat carries the same receipt");
    let mut sent: Vec<Vec<u8>> = delivered.into_values().flatten().collect();
    let mut laid: Vec<Vec<u8>> = trial.answers("azerenerji").into_iter().map(|(_, text)| text.into_bytes()).collect();
    sent.sort();
    laid.sort();
    assert_eq!(sent.len(), DOCUMENTS);
    assert!(sent == laid, "what was mailed is what lies in the folder");
    assert_eq!(journalled(&trial, "answer-mailed").len(), DOCUMENTS);
    assert!(journalled(&trial, "answer-mailed").iter().any(|line| !line.contains("\"tries\":\"1\"")));
    assert_eq!(trial.json(&["status"]).0, Some(0));
}

#[test]
fn answers_in_the_open_behind_starttls_are_believed_by_nobody() {
    let (trial, mut server) = window("[\"mail\"]", "starttls");
    trial.set("mail.smtp.timeout", "\"5s\"");
    server.injects(&trial);
    put(&trial, "a.xml", "2020-Q1");
    trial.done(&["once"]);
    assert!(journalled(&trial, "answer-mailed").is_empty(), "nobody has it");
    let mail = mail_of(&trial);
    assert_eq!((mail["owed"].clone(), problems(&trial)), (1.into(), vec!["mail-away".to_owned()]));
    assert!(mail["away"]["why"].as_str().unwrap().contains("octets behind"), "{mail}");
    // the server itself is believed
    server.stop();
    server.start(&trial);
    trial.done(&["once"]);
    assert_eq!((server.mails().len(), journalled(&trial, "answer-mailed").len()), (1, 1));
    assert_eq!(trial.json(&["status"]).0, Some(0));
}

/// A server that ends the conversation over the mails of one address, in this way.
fn one_mail_alone_fails(mode: &str) {
    let (trial, server) = window("[\"mail\"]", "starttls");
    trial.set("mail.smtp.retry_first", "\"30s\"");
    trial.set("settle", "\"1ms\"");
    let head = "[participants.azerisiq]\n";
    trial.change("registry.toml", head, &format!("{head}mail = \"a@azerisiq.test\"\nanswers = [\"mail\"]\n"));
    server.mode(mode);
    put(&trial, "a.xml", "2020-Q1");
    for (nth, quarter) in ["2020-Q1", "2020-Q2", "2020-Q3"].iter().enumerate() {
        let name = format!("{nth}.xml");
        let signed = trial.signed(&name, generation(voen("azerisiq"), quarter, 1, "KUL-0001", "1.5"), "azerisiq");
        trial.put("azerisiq", &name, signed);
    }
    std::thread::sleep(std::time::Duration::from_millis(50)); // the clock that stands is behind all of them
    let mut faked = Faked::open(&trial).once();
    assert_eq!((server.mails().len(), server.tried(mode)), (3, 1), "the others' mail goes out in the same round");
    assert!(problems(&trial).is_empty(), "the server is there: {:?}", problems(&trial));
    faked.window.post_due().unwrap();
    assert_eq!(server.tried(mode), 1, "it has a pause of its own");
    for _ in 0..60 {
        faked.clock.advance(SignedDuration::from_mins(1));
        faked.window.post_due().unwrap();
    }
    assert!((4..20).contains(&server.tried(mode)), "{} tries in an hour", server.tried(mode));
    assert_eq!(server.mails().len(), 3, "each once");
    server.mode("ok");
    faked.clock.advance(SignedDuration::from_mins(31));
    faked.window.post_due().unwrap();
    faked.close();
    assert_eq!((server.mails().len(), mail_of(&trial)["owed"].clone()), (4, 0.into()));
}

#[test]
fn a_mail_over_which_the_line_is_lost_keeps_no_other_and_is_tried_less_and_less() {
    one_mail_alone_fails("hang-up");
}

#[test]
fn a_server_that_speaks_of_itself_at_one_address_keeps_no_other_mail() {
    one_mail_alone_fails("421");
}

#[test]
fn one_wrong_address_silences_no_alert() {
    let (trial, server) = window("[\"folder\"]", "starttls");
    server.mode("gone");
    // the mail certificate of the test ends in thirty days
    trial.set("mail.alerts.to", "[\"admin@boemis.test\", \"gone@boemis.test\", \"night@boemis.test\"]");
    let daemon = trial.run();
    let told: BTreeSet<String> =
        server.waits_for(2).iter().map(|mail| opened(&trial, mail).header("to").to_owned()).collect();
    assert_eq!(told, ["admin@boemis.test", "night@boemis.test"].map(str::to_owned).into());
    eventually("the journal hears of both", || journalled(&trial, "notice-mailed").len() == 2);
    daemon.end();
    let mail = mail_of(&trial);
    assert_eq!(mail["failed"].as_array().unwrap().len(), 1, "{mail}");
    assert!(problems(&trial).contains(&"mail-failed".to_owned()));
}

#[test]
fn a_kill_between_delivery_and_its_note_repeats_the_same_mail() {
    let (trial, server) = window("[\"mail\"]", "starttls");
    server.mode("slow");
    let daemon = trial.run();
    put(&trial, "a.xml", "2020-Q1");
    server.waits_for(1);
    daemon.kill();
    assert!(journalled(&trial, "answer-mailed").is_empty());
    server.mode("ok");
    let daemon = trial.run();
    let mails = server.waits_for(2);
    eventually("the journal hears of it", || journalled(&trial, "answer-mailed").len() == 1);
    daemon.end();
    let (one, other) = (opened(&trial, &mails[0]), opened(&trial, &mails[1]));
    for name in ["message-id", "date", "subject"] {
        assert_eq!(one.header(name), other.header(name));
    }
    assert_eq!(one.part(".receipt.xml"), other.part(".receipt.xml"));
    assert_eq!(one.parts[0], other.parts[0]);
    assert_eq!(trial.json(&["status"]).0, Some(0));
}

#[test]
fn what_is_refused_for_good_is_shown_and_goes_out_once_a_person_says_so() {
    let (trial, server) = window("[\"mail\"]", "starttls");
    server.mode("550");
    put(&trial, "a.xml", "2020-Q1");
    trial.done(&["once"]);
    trial.done(&["once"]);
    assert!(server.mails().is_empty());
    let (code, status) = trial.json(&["status"]);
    assert_eq!((code, problems(&trial)), (Some(1), vec!["mail-failed".to_owned()]));
    let failed = &status["mail"]["failed"][0];
    assert_eq!((&failed["tries"], &failed["participant"]), (&1.into(), &"azerenerji".into()), "it is not tried again");
    assert!(failed["why"].as_str().unwrap().contains("no such user"), "{failed}");
    let (code, listed) = trial.json(&["post", "list"]);
    assert_eq!((code, &listed["failed"][0]), (Some(1), failed));
    server.mode("ok");
    assert_eq!(trial.pencere(&["post", "retry", "nothing"]).status.code(), Some(2));
    trial.done(&["post", "retry", failed["mail"].as_str().unwrap()]);
    let daemon = trial.run();
    let mail = opened(&trial, &server.waits_for(1)[0]);
    assert_eq!(mail.header("message-id").trim_matches(['<', '>']), failed["message_id"].as_str().unwrap());
    eventually("it is journalled", || journalled(&trial, "answer-mailed").len() == 1);
    assert_eq!(journalled(&trial, "mail-again").len(), 1);
    daemon.end();
    assert_eq!(trial.json(&["status"]).0, Some(0));
}

#[test]
fn a_server_that_is_not_the_one_named_is_told_nothing() {
    let (trial, server) = window("[\"mail\"]", "starttls");
    // its certificate bears another name than this
    let text = fs::read_to_string(trial.at("w/pencere.toml")).unwrap();
    fs::write(trial.at("w/pencere.toml"), text.replace("server = \"localhost:", "server = \"127.0.0.1:")).unwrap();
    put(&trial, "a.xml", "2020-Q1");
    trial.done(&["once"]);
    assert!(server.mails().is_empty());
    assert_eq!(problems(&trial), ["mail-away"]);
    // nor where another authority is believed
    fs::write(trial.at("w/pencere.toml"), &text).unwrap();
    trial.set("mail.smtp.ca", "\"pki/ca.crt\"");
    trial.done(&["once"]);
    assert!(server.mails().is_empty());
    // nor is the password said to be right when it is not
    fs::write(trial.at("w/pencere.toml"), &text).unwrap();
    fs::write(trial.at("w/password"), "other").unwrap();
    trial.done(&["once"]);
    assert!(server.mails().is_empty());
    assert_eq!(mail_of(&trial)["owed"], 1, "a wrong password says nothing of the mail");
    fs::write(trial.at("w/password"), "secret").unwrap();
    trial.done(&["once"]);
    assert_eq!(server.mails().len(), 1);
    assert_eq!(trial.json(&["status"]).0, Some(0));
}

#[test]
fn a_wrong_configuration_of_mail_is_told_at_its_place() {
    let (trial, _server) = window("[\"mail\", \"fax\"]", "starttls");
    trial.set("mail.sign.key", "\"pki/seal.key\"");
    trial.set("mail.from", "\"window\"");
    trial.set("mail.smtp.password", "\"nowhere\"");
    trial.set("mail.smtp.size_max", "\"1B\"");
    let (code, told) = trial.json(&["config", "check"]);
    assert_eq!(code, Some(2));
    let told = told.to_string();
    for what in ["\\\"fax\\\" is no way to answer", "mail.from", "mail.smtp.size_max"] {
        assert!(told.contains(what), "{what}: {told}");
    }
    trial.set("mail.from", "\"window@boemis.test\"");
    trial.set("mail.smtp.size_max", "\"2MiB\"");
    trial.change("registry.toml", ", \"fax\"", "");
    let told = trial.json(&["config", "check"]).1.to_string();
    for what in ["is not the key of the mail certificate", "the file of the password"] {
        assert!(told.contains(what), "{what}: {told}");
    }
    trial.set("mail.smtp.server", "\"none\"");
    let told = trial.json(&["config", "check"]).1.to_string();
    assert!(told.contains("names no server"), "{told}");
}

#[test]
fn a_paused_window_gathers_and_sends_nothing() {
    let (trial, server) = window("[\"mail\"]", "starttls");
    let text = fs::read_to_string(trial.at("w/pencere.toml")).unwrap();
    let paused = text.replace("server = \"localhost:", "server = \"paused localhost:");
    fs::write(trial.at("w/pencere.toml"), paused).unwrap();
    put(&trial, "a.xml", "2020-Q1");
    trial.done(&["once"]);
    assert_eq!((server.mails().len(), problems(&trial)), (0, vec!["mail-paused".to_owned()]));
    fs::write(trial.at("w/pencere.toml"), text).unwrap();
    trial.done(&["once"]);
    assert_eq!((server.mails().len(), trial.json(&["status"]).0), (1, Some(0)));
}

#[test]
fn what_is_wrong_is_told_in_one_mail_and_checkpoints_go_out() {
    let (trial, server) = window("[\"folder\"]", "starttls");
    // the mail certificate of the test ends in thirty days
    trial.set("mail.alerts.to", "[\"admin@boemis.test\", \"night@boemis.test\"]");
    let daemon = trial.run();
    let mails = server.waits_for(2);
    let told: BTreeSet<String> = mails.iter().map(|mail| opened(&trial, mail).header("to").to_owned()).collect();
    assert_eq!(told, ["admin@boemis.test", "night@boemis.test"].map(str::to_owned).into(), "each by itself");
    let mail = opened(&trial, &mails[0]);
    assert_eq!(mail.header("auto-submitted"), "auto-generated");
    let text = String::from_utf8(mail.parts[0].1.clone()).unwrap();
    assert!(text.contains("the mail certificate ends on") && text.contains("in 30 days"), "{text}");
    eventually("the journal hears of both", || journalled(&trial, "notice-mailed").len() == 2);
    daemon.end();
    // told once, and not again by another process
    trial.set("mail.checkpoints.to", "[\"owner@boemis.test\"]");
    trial.set("publish_every", "\"1s\"");
    let daemon = trial.run();
    put(&trial, "a.xml", "2020-Q1");
    trial.answer("azerenerji", "a.xml");
    let mail = opened(&trial, &server.waits_for(3)[2]);
    assert!(mail.header("to").contains("owner@boemis.test"), "{}", mail.headers);
    assert!(mail.part(".checkpoint").unwrap().starts_with(b"pencere/trial\n"));
    daemon.end();
    assert_eq!(server.mails().len(), 3, "nothing for whom the folder is enough");
}
