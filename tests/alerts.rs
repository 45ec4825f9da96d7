//! What is told by mail beside answers: that a document arrived, mail without a signature, and what was owed before a
//! window was lost. And that nothing of it stops the window.

#[path = "mail/message.rs"]
mod message;
#[path = "post/server.rs"]
mod server;
#[path = "window/trial.rs"]
mod trial;

use message::{Maildir, journalled, message};
use server::{ADDRESS, Opened, opened, window};
use std::fs;
use trial::{Trial, eventually, generation, voen};

const XML: &str = "application/xml";
const BOTH: &str = "[\"folder\", \"mail\"]";

fn statement(trial: &Trial, period: &str) -> Vec<u8> {
    let document = generation(voen("azerenerji"), period, 1, "SU-0001", "1.5");
    trial.signed("statement.xml", document, "azerenerji")
}

/// A message whose From bears the registered address.
fn from_them(id: &str, subject: &str, parts: &[message::Part<'_>]) -> String {
    let mail = message(id, "", parts).replace("office@agency.example", ADDRESS);
    mail.replace("Subject: statements", &format!("Subject: {subject}"))
}

fn text(mail: &Opened) -> String {
    String::from_utf8(mail.parts[0].1.clone()).unwrap().replace("\r\n", "\n")
}

#[test]
fn mail_without_a_signature_is_told_of_in_one_digest_and_no_more_in_its_time() {
    let (trial, server) = window(BOTH, "starttls");
    let maildir = Maildir::new(&trial, "office");
    trial.set("mail.smtp.gather", "\"6s\"");
    trial.set("mail.alerts.unsigned_every", "\"1h\"");
    let hostile = "win now http://evil.example/x\u{202e}".to_owned() + &"y".repeat(300);
    let daemon = trial.run();
    maildir.deliver(from_them("one@x", &hostile, &[("a.csv", "text/csv", b"a,b\n".to_vec())]));
    maildir.deliver(from_them("two@x", "Hesabat", &[]));
    // whose From is nobody's address, and what a program wrote, is told to nobody
    maildir.deliver(message("three@x", "", &[]));
    maildir.deliver(from_them("four@x", "away", &[]).replacen("MIME", "Auto-Submitted: auto-replied\nMIME", 1));
    eventually("all to be put away", || maildir.counts() == (0, 0, 4));
    daemon.kill(); // what is gathered is not forgotten by that
    let daemon = trial.run();
    let mail = opened(&trial, &server.waits_for(1)[0]);
    assert!(mail.header("to").contains(ADDRESS) && mail.header("auto-submitted") == "auto-generated");
    let told = text(&mail);
    assert!(told.contains("2 mails came") && told.contains("Hesabat") && told.contains("two[at]x"), "{told}");
    assert!(told.contains("nothing in it is a signed document"), "{told}");
    for no in ["http://", "\u{202e}", "three", "four", &"y".repeat(100)] {
        assert!(!told.contains(no), "{no}: {told}");
    }
    // what comes then waits for the hour to pass, over a kill and a start
    maildir.deliver(from_them("five@x", "again", &[]));
    eventually("it to be put away", || maildir.counts() == (0, 0, 5));
    daemon.kill();
    let daemon = trial.run();
    trial.put("azerenerji", "a.xml", statement(&trial, "2001-Q1"));
    let mail = opened(&trial, &server.waits_for(2)[1]);
    assert!(mail.part(".receipt.xml").is_some());
    daemon.end();
    assert_eq!((server.mails().len(), journalled(&trial, "\"act\":\"letter-rejected\"")), (2, 5));
    assert_eq!(journalled(&trial, "\"act\":\"notice-mailed\""), 1);
    // and goes out then
    trial.set("mail.alerts.unsigned_every", "\"1s\"");
    let daemon = trial.run();
    let mail = opened(&trial, &server.waits_for(3)[2]);
    assert!(text(&mail).contains("1 mails came") && text(&mail).contains("again"));
    daemon.end();
}

/// A document that takes long: none of its records is right, but each is read.
fn long(trial: &Trial, signer: &str) -> Vec<u8> {
    let document = generation(voen("azerenerji"), "2001-Q1", 1, "SU-0001", "1");
    let record = "<Record><Station>SU-0001</Station><EnergyMWh>1</EnergyMWh></Record>";
    let document = document.replace("<Total>", &format!("{}<Total>", record.repeat(300_000)));
    trial.signed("long.xml", document, signer)
}

#[test]
fn who_waits_long_is_told_that_the_document_is_safe_and_then_the_outcome() {
    let (trial, server) = window("[\"mail\"]", "starttls");
    let maildir = Maildir::new(&trial, "office");
    trial.set("patience", "\"1ms\"");
    trial.set("mail.smtp.first_word", "\"1ms\"");
    let document = long(&trial, "azerenerji");
    // nobody is told of a stranger's, however long it takes
    maildir.deliver(message("stranger@x", "", &[("stranger.xml", XML, long(&trial, "stranger"))]));
    let daemon = trial.run();
    eventually("the stranger's to be put away", || maildir.counts() == (0, 0, 1));
    assert!(server.mails().is_empty());
    maildir.deliver(message("long@x", "References: <before@x>\n", &[("long.xml", XML, document.clone())]));
    let mails = server.waits_for(2);
    let (first, outcome) = (opened(&trial, &mails[0]), opened(&trial, &mails[1]));
    assert!(first.header("subject").contains("arrived and safe"), "{}", first.headers);
    assert!(first.header("to").contains(ADDRESS) && first.header("auto-submitted") == "auto-replied");
    assert!(outcome.header("subject").contains("rejected"), "{}", outcome.headers);
    for mail in [&first, &outcome] {
        assert_eq!(mail.header("in-reply-to"), "<long@x>");
    }
    assert_eq!(first.parts.len(), 1, "nothing is sealed yet");
    fs::write(trial.at("sent.xml"), &document).unwrap();
    let sum = String::from_utf8(trial.succeeds("sha256sum", &["sent.xml"]).stdout).unwrap();
    let (told, (name, _)) = (text(&first), &outcome.parts[1]);
    let id = name.strip_suffix(".receipt.xml").unwrap().rsplit('.').next().unwrap();
    assert!(told.contains(sum.split(' ').next().unwrap()) && told.contains(id), "{name}: {told}");
    assert!(told.contains("təhlükəsiz") && told.contains("is safe in the window"), "{told}");
    daemon.end();
    assert_eq!(server.mails().len(), 2);
    let line = format!("\"act\":\"notice-mailed\",\"by\":\"pencere\",\"id\":\"{id}\"");
    assert_eq!(journalled(&trial, &line), 1);
    trial.done(&["audit", "verify"]);
}

/// A mail system's report that a mail of ours came back.
fn report(id: &str, original: &str) -> String {
    format!(
        "From: MAILER-DAEMON@agency.example\nTo: window@boemis.test\nMessage-ID: <{id}>\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=r\n\n\
         --r\nContent-Type: text/plain\n\nIt could not be delivered.\n\
         --r\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.agency.example\n\n\
         Final-Recipient: rfc822; {ADDRESS}\nAction: failed\nStatus: 5.1.1\n\
         --r\nContent-Type: message/rfc822-headers\n\nMessage-ID: {original}\nSubject: receipt\n\n--r--\n"
    )
}

#[test]
fn an_outbox_that_cannot_be_written_stops_nothing_and_loses_no_report() {
    let (trial, server) = window(BOTH, "starttls");
    let maildir = Maildir::new(&trial, "office");
    trial.set("mail.smtp.gather", "\"1ms\"");
    let daemon = trial.run();
    trial.put("azerenerji", "a.xml", statement(&trial, "2001-Q1"));
    let mail = opened(&trial, &server.waits_for(1)[0]);
    eventually("the journal to hear of it", || journalled(&trial, "\"act\":\"answer-mailed\"") == 1);
    let stage = |name: &str| trial.at("w/state/outbox").join(name);
    for name in ["owed", "failed"] {
        fs::rename(stage(name), trial.at(name)).unwrap();
        fs::write(stage(name), "").unwrap(); // no folder any more
    }
    maildir.deliver(report("bounce@x", mail.header("message-id")));
    maildir.deliver(from_them("one@x", "hello", &[]));
    eventually("both to be read", || {
        trial.log().contains("see to the disk, it is read again") && trial.log().contains("a body is not told of mail")
    });
    assert_eq!(maildir.counts(), (1, 0, 1), "the report stays");
    trial.put("azerenerji", "b.xml", statement(&trial, "2001-Q2"));
    trial.answer("azerenerji", "b.xml");
    for name in ["owed", "failed"] {
        fs::remove_file(stage(name)).unwrap();
        fs::rename(trial.at(name), stage(name)).unwrap();
    }
    eventually("the report to be put away", || maildir.counts() == (0, 1, 1));
    assert_eq!(journalled(&trial, "\"act\":\"answer-bounced\""), 1);
    let failed = trial.json(&["post", "list"]).1;
    assert!(failed["failed"][0]["why"].as_str().unwrap().contains("5.1.1"), "{failed}");
    server.waits_for(2);
    daemon.end();
    assert_eq!(journalled(&trial, "\"event\":\"halted\""), 0);
}

#[test]
fn what_was_owed_by_mail_is_sent_by_a_window_made_from_a_copy() {
    let (trial, mut server) = window("[\"mail\"]", "starttls");
    trial.put("azerenerji", "a.xml", statement(&trial, "2001-Q1"));
    trial.done(&["once"]);
    let sent = opened(&trial, &server.waits_for(1)[0]);
    server.stop();
    trial.put("azerenerji", "b.xml", statement(&trial, "2001-Q2"));
    trial.done(&["once"]);
    trial.done(&["backup", "b"]);
    assert!(!trial.at("b/state/outbox").exists());
    let (code, answer) = trial.json(&["restore", "b", "r"]);
    assert_eq!(code, Some(0), "{answer}");
    server.start(&trial);
    // made from a copy it answers nobody until somebody says so
    let config = trial.at("r/pencere.toml");
    fs::write(trial.at("r/password"), "secret\n").unwrap();
    let once = || trial.done(&["once", "--config", config.to_str().unwrap()]);
    once();
    assert_eq!(server.mails().len(), 1);
    let status = trial.json(&["status", "--config", config.to_str().unwrap()]).1;
    assert_eq!(status["mail"]["waiting"], 1, "{status}");
    let paused = fs::read_to_string(&config).unwrap();
    assert!(paused.contains("\"paused localhost:"), "{paused}");
    fs::write(&config, paused.replace("\"paused localhost:", "\"localhost:")).unwrap();
    once();
    let again = opened(&trial, &server.waits_for(2)[1]);
    assert!(again.parts[1].0.starts_with("b.xml.") && sent.parts[1].0.starts_with("a.xml."), "{}", again.parts[1].0);
    let path = trial.at("attached.xml");
    fs::write(&path, again.part(".receipt.xml").unwrap()).unwrap();
    assert!(trial.xmlsec_proves(&path));
    // and once it was told, nothing is owed: also where the outbox is lost
    fs::remove_dir_all(trial.at("r/state/outbox")).unwrap();
    once();
    assert_eq!(server.mails().len(), 2);
    // the old window sends the very same mail, so that a receiver knows it again
    trial.done(&["once"]);
    let same = opened(&trial, &server.waits_for(3)[2]);
    assert_eq!(same.header("message-id"), again.header("message-id"));
    assert_eq!(same.part(".receipt.xml"), again.part(".receipt.xml"));
    trial.done(&["audit", "verify"]);
}
