//! Documents by mail: a Maildir and a server are real, messages are made by other programs, and daemon and server die
//! in the middle.

#[path = "mail/dovecot.rs"]
mod dovecot;
#[path = "mail/message.rs"]
mod message;
#[path = "samples/receipt.rs"]
#[allow(dead_code)] // the walk over the samples uses all of it
mod receipt;
#[path = "window/trial.rs"]
mod trial;

use dovecot::Dovecot;
use message::{Maildir, base64, by_openssl, by_python, journalled, message};
use std::fs;
use trial::{Trial, capacity, eventually, generation, voen};

/// A statement of SU-0001, signed by azerenerji's person, unless another signs it.
fn statement(trial: &Trial, period: &str, signer: &str) -> Vec<u8> {
    trial.signed("statement.xml", generation(voen("azerenerji"), period, 1, "SU-0001", "1000.5"), signer)
}

/// A table and its signature.
fn pair(trial: &Trial, period: &str) -> (Vec<u8>, Vec<u8>) {
    let table = capacity(voen("azerenerji"), period, 1, "SU-0001", "424");
    let signature = trial.signed("table.csv", &table, "azerenerji");
    (table.into_bytes(), signature)
}

fn decisions(trial: &Trial, name: &str) -> Vec<String> {
    trial.answers_to("azerenerji", name).into_iter().map(|(_, text)| receipt::decision(&text).to_owned()).collect()
}

const XML: &str = "application/xml";

#[test]
fn each_submission_of_a_message_is_answered_and_the_message_is_moved() {
    let trial = Trial::new();
    let maildir = Maildir::new(&trial, "office");
    let (table, signature) = pair(&trial, "2001-Q1");
    let parts = [
        ("cover.pdf", "application/pdf", b"%PDF-1.7 Please find the /Signature of our head".to_vec()),
        // by content, whatever it is called
        ("statement.doc", "application/msword", statement(&trial, "2001-Q1", "azerenerji")),
        ("c.csv.p7s", "application/octet-stream", signature),
        ("c.csv", "text/csv", table),
        ("lonely.csv", "text/csv", b"dataset,period\n".to_vec()),
    ];
    maildir.deliver(message("one@agency.example", "References: <before@window.example>\n", &parts));
    let daemon = trial.run();
    let (file, text) = trial.answer("azerenerji", "statement.doc");
    assert_eq!(receipt::decision(&text), "accepted");
    assert!(trial.xmlsec_proves(&trial.side("azerenerji", "receipts").join(file)));
    assert_eq!(receipt::decision(&trial.answer("azerenerji", "c.csv").1), "accepted");
    eventually("the message", || maildir.counts() == (0, 1, 0));
    // delivered while it runs
    maildir.deliver(message("two@agency.example", "", &[("q2.xml", XML, statement(&trial, "2001-Q2", "azerenerji"))]));
    assert_eq!(receipt::decision(&trial.answer("azerenerji", "q2.xml").1), "accepted");
    eventually("the message", || maildir.counts() == (0, 2, 0));
    daemon.end();
    assert_eq!(trial.answers("azerenerji").len(), 3);
    assert_eq!(journalled(&trial, "\"channel\":\"maildir\""), 3);
    let thread =
        "\"message_id\":\"one@agency.example\",\"references\":[\"before@window.example\"],\"mailbox\":\"office\"";
    assert_eq!(journalled(&trial, thread), 2);
    trial.done(&["audit", "verify"]);
    trial.keeps_persons_out_of_the_log();
}

#[test]
fn nobody_is_answered_whose_signature_is_not_there_or_not_whole() {
    let trial = Trial::new();
    let maildir = Maildir::new(&trial, "office");
    let good = String::from_utf8(statement(&trial, "2001-Q1", "azerenerji")).unwrap();
    let altered = good.replace("1000.5", "2000.5").into_bytes();
    let alone = |id: &str, name: &str, octets: Vec<u8>| maildir.deliver(message(id, "", &[(name, XML, octets)]));
    alone("altered@x", "altered.xml", altered);
    alone("stranger@x", "stranger.xml", statement(&trial, "2001-Q2", "stranger"));
    alone("unsigned@x", "unsigned.xml", b"<Submission/>".to_vec());
    maildir.deliver("Subject: hello\n\nno attachments\n");
    // a registered person's signature that is whole, and may not file this: that one is told
    let other = generation(voen("azerisiq"), "2001-Q3", 1, "SU-0001", "1");
    alone("other@x", "other.xml", trial.signed("other.xml", other, "azerisiq"));
    let (code, done) = trial.json(&["once"]);
    assert_eq!(code, Some(0), "{done}");
    assert_eq!(maildir.counts(), (0, 1, 4));
    assert!(trial.answers("azerenerji").is_empty());
    let told = trial.answers("azerisiq");
    assert_eq!(told.len(), 1, "{told:?}");
    let (decision, codes) = (receipt::decision(&told[0].1), receipt::codes(&told[0].1));
    assert_eq!((decision, codes), ("rejected", vec!["authority.not-your-station", "rule.late"]));
    assert_eq!(journalled(&trial, "\"act\":\"letter-rejected\""), 4);
    trial.done(&["audit", "verify"]);
    let (code, status) = trial.json(&["status"]);
    assert_eq!((code, &status["mailboxes"][0]["waiting"]), (Some(0), &0.into()), "{status}");
}

#[test]
fn the_same_document_by_folder_and_by_mail_is_loaded_once() {
    let trial = Trial::new();
    let maildir = Maildir::new(&trial, "office");
    let second = Maildir::new(&trial, "second");
    let document = statement(&trial, "2001-Q1", "azerenerji");
    trial.put("azerenerji", "dropped.xml", &document);
    let daemon = trial.run();
    let first = trial.answer("azerenerji", "dropped.xml").1;
    assert_eq!(receipt::decision(&first), "accepted");
    let mail = message("again@agency.example", "", &[("mailed.xml", XML, document)]);
    maildir.deliver(&mail);
    let answer = trial.answer("azerenerji", "mailed.xml").1;
    assert_eq!(receipt::decision(&answer), "duplicate");
    let number = first.split("number=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(answer.contains(&format!("number=\"{number}\"")), "{answer}");
    // the very same message once more, and by another way: it is known, and answered no more
    maildir.deliver(&mail);
    second.deliver(&mail);
    eventually("both", || maildir.counts() == (0, 2, 0) && second.counts() == (0, 1, 0));
    daemon.end();
    assert_eq!(trial.answers("azerenerji").len(), 2);
    assert_eq!(trial.sql("SELECT count(*) FROM generation_current"), "1\n");
}

#[test]
fn a_mails_own_signature_files_nothing_and_hides_nothing() {
    let trial = Trial::new();
    let maildir = Maildir::new(&trial, "office");
    let entity = |period: &str, name: &str| {
        let document = base64(&statement(&trial, period, "azerenerji"));
        format!(
            "Content-Type: multipart/mixed; boundary=in\n\n--in\nContent-Type: text/plain\n\nhello\n--in\n\
             Content-Type: text/xml; name={name}\nContent-Transfer-Encoding: base64\n\n{document}--in--\n"
        )
    };
    // the mail is signed by somebody else than the document, which says nothing of the document
    maildir.deliver(by_openssl(&trial, "clear@x", &entity("2001-Q1", "clear.xml"), "stranger", false));
    maildir.deliver(by_openssl(&trial, "opaque@x", &entity("2001-Q2", "opaque.xml"), "stranger", true));
    // signed as a mail alone: nothing in it is a submission
    let table = capacity(voen("azerenerji"), "2001-Q1", 1, "SU-0001", "424");
    let bare = format!("Content-Type: text/csv; name=bare.csv\n\n{table}");
    maildir.deliver(by_openssl(&trial, "bare@x", &bare, "azerenerji", false));
    maildir.deliver(by_openssl(&trial, "bare-opaque@x", &bare, "azerenerji", true));
    // what was forwarded is not the sender's
    let forwarded = format!("Content-Type: message/rfc822\n\n{}", entity("2001-Q3", "forwarded.xml"));
    maildir.deliver(by_openssl(&trial, "forward@x", &forwarded, "azerenerji", false));
    // a signed document that is the whole of a mail
    fs::write(trial.at("whole.csv"), capacity(voen("azerenerji"), "2001-Q4", 1, "SU-0001", "424")).unwrap();
    let pki = ["-signer", "w/pki/azerenerji.crt", "-inkey", "w/pki/azerenerji.key"];
    let cms = ["cms", "-sign", "-binary", "-nodetach", "-in", "whole.csv", "-out", "whole.p7m", "-outform", "DER"];
    trial.succeeds("openssl", &[&cms[..], &pki].concat());
    let octets = fs::read(trial.at("whole.p7m")).unwrap();
    maildir.deliver(format!(
        "Message-ID: <whole@x>\nContent-Type: application/pkcs7-mime; smime-type=signed-data; name=whole.csv.p7m\n\
         Content-Transfer-Encoding: base64\n\n{}",
        base64(&octets)
    ));
    // as Python writes them
    fs::write(trial.at("hesabat ə.xml"), statement(&trial, "2002-Q1", "azerenerji")).unwrap();
    maildir.deliver(by_python(&trial, "python@x", &["hesabat ə.xml"]));
    let (code, done) = trial.json(&["once"]);
    assert_eq!((code, &done["answers"]["accepted"]), (Some(0), &4.into()), "{done}");
    for name in ["clear.xml", "opaque.xml", "whole.csv.p7m", "hesabat ə.xml"] {
        assert_eq!(decisions(&trial, name), ["accepted"], "{name}");
    }
    assert_eq!(maildir.counts(), (0, 4, 3));
}

#[test]
fn a_hostile_message_is_rejected_and_the_next_one_is_read() {
    let trial = Trial::new();
    let maildir = Maildir::new(&trial, "office");
    trial.set("mail.attachments_max", "10");
    let document = statement(&trial, "2001-Q1", "azerenerji");
    let many: Vec<message::Part<'_>> = (0..11).map(|_| ("a.xml", XML, document.clone())).collect();
    let whole = message("cut@x", "", &[("a.xml", XML, document.clone())]);
    let deep: String = (0..40).map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n")).collect();
    let twice = message("twice@x", "Content-Type: text/plain\n", &[("a.xml", XML, document.clone())]);
    let broken = message("broken@x", "", &[("a.xml", XML, document.clone())]).replacen("base64\n\n", "base64\n\n*", 1);
    let (table, signature) = pair(&trial, "2001-Q1");
    let other = capacity(voen("azerenerji"), "2001-Q2", 1, "SU-0001", "1").into_bytes();
    let twins = [
        ("a.csv", "text/csv", table),
        ("a.csv", "text/csv", other),
        ("a.csv.p7s", "application/pkcs7-signature", signature),
    ];
    let bounce = "Return-Path: <>\n";
    let hostile = [
        message("many@x", "", &many),
        whole[..whole.len() / 2].to_owned(),
        deep,
        twice,
        format!("Message-ID: <lines@x>\n{}\nx\n", "X-Line: 1\n".repeat(5000)),
        format!("Message-ID: <long@x>\nX-Long: {}\n\nx\n", "y".repeat(1 << 20)),
        message("twins@x", "", &twins),
        message("bounce@x", bounce, &[("a.xml", XML, document.clone())]),
        "\0\0\0\n--\n".to_owned(),
        String::new(),
        broken,
    ];
    for mail in &hostile {
        maildir.deliver(mail);
    }
    std::os::unix::fs::symlink("/etc/passwd", maildir.path().join("new/1000.link")).unwrap();
    maildir.deliver(message("good@x", "", &[("good.xml", XML, document)]));
    let daemon = trial.run();
    assert_eq!(receipt::decision(&trial.answer("azerenerji", "good.xml").1), "accepted");
    eventually("all but the link", || maildir.counts() == (1, 1, hostile.len()));
    daemon.end();
    assert_eq!(trial.answers("azerenerji").len(), 1);
    assert!(trial.log().contains("a message cannot be read"), "{}", trial.log());
}

#[test]
fn a_daemon_that_dies_among_messages_loads_and_answers_each_once() {
    let trial = Trial::new();
    let maildir = Maildir::new(&trial, "office");
    let quarters: Vec<String> = (1990..=1996).flat_map(|y| (1..=4).map(move |q| format!("{y}-Q{q}"))).collect();
    let name = |quarter: &str| format!("{quarter}.xml");
    for quarter in &quarters {
        let document = statement(&trial, quarter, "azerenerji");
        maildir.deliver(message(&format!("{quarter}@x"), "", &[(&name(quarter), XML, document)]));
    }
    for some in [1, 9, 17] {
        let daemon = trial.run();
        eventually("some answers", || trial.answers("azerenerji").len() >= some);
        daemon.kill();
    }
    let daemon = trial.run();
    eventually("all messages", || maildir.counts() == (0, quarters.len(), 0));
    daemon.end();
    for quarter in &quarters {
        assert_eq!(decisions(&trial, &name(quarter)), ["accepted"], "{quarter}");
    }
    let wanted = format!("{}\n", quarters.len());
    assert_eq!(trial.sql("SELECT count(*) FROM generation_current"), wanted);
    assert_eq!(journalled(&trial, "\"event\":\"held\""), quarters.len());
    trial.done(&["audit", "verify"]);
}

#[test]
fn the_mailboxes_of_a_configuration_are_checked() {
    let trial = Trial::new();
    message::configure(&trial, "one", "kind = \"maildir\"\n");
    message::configure(
        &trial,
        "two",
        "kind = \"imap\"\nhost = \"a:b\"\nuser = \"u\"\npassword = \"no-file\"\nidle = \"29m\"\n",
    );
    message::configure(&trial, "three", "kind = \"pop\"\n");
    message::configure(
        &trial,
        "Four",
        "kind = \"maildir\"\npath = \"x\"\nprocessed = \"a\"\nrejected = \"a\"\nfoo = 1\n",
    );
    let output = trial.pencere(&["config", "check"]);
    let said = trial::said(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    for wanted in [
        "mail.mailboxes.one.path: is missing here",
        "mail.mailboxes.two.host",
        "mail.mailboxes.two.password",
        "mail.mailboxes.two.idle",
        "mail.mailboxes.three.kind",
        "mail.mailboxes.Four: the name of a mailbox",
        "are the same folder",
        "mail.mailboxes.Four.foo",
    ] {
        let words: Vec<&str> = wanted.split(": ").collect();
        assert!(words.iter().all(|word| said.contains(word)), "{wanted}: {said}");
    }
}

#[test]
fn a_server_tells_of_new_mail_and_each_message_is_put_away() {
    for security in ["tls", "starttls"] {
        let trial = Trial::new();
        let server = Dovecot::new();
        server.configure(&trial, "office", security, "poll = \"5m\"\n");
        let first = message("first@x", "", &[("first.xml", XML, statement(&trial, "2001-Q1", "azerenerji"))]);
        server.deliver("office", first);
        let daemon = trial.run();
        assert_eq!(receipt::decision(&trial.answer("azerenerji", "first.xml").1), "accepted");
        // nothing but IDLE tells of this one: the next look is minutes away
        eventually("the first to be put away", || server.counts("office") == (0, 1, 0));
        server.deliver(
            "office",
            message("second@x", "", &[("second.xml", XML, statement(&trial, "2001-Q2", "azerenerji"))]),
        );
        assert_eq!(receipt::decision(&trial.answer("azerenerji", "second.xml").1), "accepted");
        server.deliver("office", "Message-ID: <none@x>\n\nhello\n");
        eventually("all to be put away", || server.counts("office") == (0, 2, 1));
        daemon.end();
        assert_eq!(journalled(&trial, "\"channel\":\"imap\""), 2);
        let (code, status) = trial.json(&["status"]);
        assert_eq!((code, &status["mailboxes"][0]["kind"]), (Some(0), &"imap".into()), "{status}");
        assert!(!trial.log().contains("secret"));
    }
}

#[test]
fn daemon_and_server_die_among_messages_and_each_is_answered_once() {
    let trial = Trial::new();
    let mut server = Dovecot::new();
    server.configure(&trial, "office", "tls", "poll = \"300ms\"\n");
    let quarters: Vec<String> = (1990..=1994).flat_map(|y| (1..=4).map(move |q| format!("{y}-Q{q}"))).collect();
    for quarter in &quarters {
        let document = statement(&trial, quarter, "azerenerji");
        server.deliver("office", message(&format!("{quarter}@x"), "", &[(&format!("{quarter}.xml"), XML, document)]));
    }
    let daemon = trial.run();
    eventually("some answers", || trial.answers("azerenerji").len() >= 3);
    daemon.kill();
    let daemon = trial.run();
    eventually("more answers", || trial.answers("azerenerji").len() >= 6);
    server.stop();
    server.start();
    eventually("all messages", || server.counts("office") == (0, quarters.len(), 0));
    daemon.end();
    for quarter in &quarters {
        assert_eq!(decisions(&trial, &format!("{quarter}.xml")), ["accepted"], "{quarter}");
    }
    assert_eq!(trial.sql("SELECT count(*) FROM generation_current"), format!("{}\n", quarters.len()));
    assert_eq!(journalled(&trial, "\"event\":\"held\""), quarters.len());
}

#[test]
fn another_count_of_the_server_is_survived() {
    let trial = Trial::new();
    let mut server = Dovecot::new();
    server.configure(&trial, "office", "tls", "poll = \"300ms\"\n");
    server.deliver("office", message("a@x", "", &[("a.xml", XML, statement(&trial, "2001-Q1", "azerenerji"))]));
    let daemon = trial.run();
    assert_eq!(receipt::decision(&trial.answer("azerenerji", "a.xml").1), "accepted");
    server.renumber("office");
    server.deliver("office", message("b@x", "", &[("b.xml", XML, statement(&trial, "2001-Q2", "azerenerji"))]));
    assert_eq!(receipt::decision(&trial.answer("azerenerji", "b.xml").1), "accepted");
    eventually("both to be put away", || server.counts("office") == (0, 2, 0));
    daemon.end();
    assert_eq!(trial.answers("azerenerji").len(), 2);
    assert!(trial.log().contains("UIDVALIDITY"), "{}", trial.log());
}

#[test]
fn a_server_that_is_not_the_one_is_told_no_password() {
    let trial = Trial::new();
    let server = Dovecot::new();
    server.configure(&trial, "office", "tls", "");
    server.deliver("office", message("a@x", "", &[("a.xml", XML, statement(&trial, "2001-Q1", "azerenerji"))]));
    // another authority
    fs::copy(trial.at("w/pki/ca.crt"), trial.at("w/pki/imap-ca.pem")).unwrap();
    let (code, done) = trial.json(&["once"]);
    assert_eq!(code, Some(3), "{done}");
    assert_eq!(server.counts("office"), (1, 0, 0));
    assert!(trial.answers("azerenerji").is_empty());
    assert!(!server.said().contains("Login: user"), "{}", server.said());
}
