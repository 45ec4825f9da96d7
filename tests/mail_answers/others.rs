//! Mails as other programs write and hand them over, and servers that can do less.

use super::dovecot::Dovecot;
use super::message::{base64, by_python, journalled, message};
use super::server::{Server, window};
use super::trial::{Trial, capacity, eventually, voen};
use super::{XML, decisions, pair, proven, statement};
use std::collections::BTreeMap;
use std::fs;

/// A mail of the older classes of Python's package: names by RFC 2231, lines in CR and LF, a text in two forms.
fn by_python_of_old(trial: &Trial, id: &str, files: &[&str]) -> Vec<u8> {
    const SCRIPT: &str = "import sys, email.policy, pathlib\n\
        from email.mime.application import MIMEApplication\n\
        from email.mime.multipart import MIMEMultipart\n\
        from email.mime.text import MIMEText\n\
        m = MIMEMultipart()\n\
        m['From'] = 'office@agency.example'; m['To'] = 'window@boemis.example'\n\
        m['Subject'] = 'Hesabat'; m['Message-ID'] = '<' + sys.argv[1] + '>'\n\
        text = MIMEMultipart('alternative')\n\
        text.attach(MIMEText('Salam', 'plain', 'utf-8')); text.attach(MIMEText('<p>Salam</p>', 'html', 'utf-8'))\n\
        m.attach(text)\n\
        for f in sys.argv[2:]:\n    \
        a = MIMEApplication(pathlib.Path(f).read_bytes())\n    \
        a.add_header('Content-Disposition', 'attachment', filename=('utf-8', 'az', f))\n    \
        m.attach(a)\n\
        sys.stdout.buffer.write(m.as_bytes(policy=email.policy.SMTP))\n";
    trial.succeeds("python3", &[&["-c", SCRIPT, id], files].concat()).stdout
}

/// The entity as `openssl cms` signs a mail, by somebody whom the window does not ask.
fn by_cms(trial: &Trial, id: &str, entity: &str, opaque: bool) -> Vec<u8> {
    fs::write(trial.at("entity"), entity.replace('\n', "\r\n")).unwrap();
    let mut arguments = vec!["cms", "-sign", "-in", "entity", "-signer", "w/pki/stranger.crt"];
    arguments.extend(["-inkey", "w/pki/stranger.key", "-from", "office@agency.example", "-subject", "signed"]);
    arguments.extend(["-to", "window@boemis.example", "-outform", "SMIME"]);
    if opaque {
        arguments.push("-nodetach");
    }
    let output = trial.succeeds("openssl", &arguments);
    [format!("Message-ID: <{id}>\n").as_bytes(), &output.stdout].concat()
}

/// A mail that swaks sends to a server, with what that server puts above it.
fn by_swaks(trial: &Trial, server: &Server, id: &str, file: &str, media: &str) -> Vec<u8> {
    let before = server.mails().len();
    let (at, attach) = (format!("127.0.0.1:{}", server.port()), format!("@{file}"));
    let head = format!("Message-Id: <{id}>"); // in its own letters, so that it takes the place of its own
    let whom = ["--server", &at, "--from", "office@agency.example", "--to", "window@boemis.example"];
    let what = ["--header", &head, "--header", "Subject: statement", "--body", "Please find attached."];
    let with = ["--attach-type", media, "--attach-name", file, "--attach", &attach, "--helo", "agency.example"];
    trial.succeeds("swaks", &[&whom[..], &what, &with].concat());
    let mail = fs::read(&server.waits_for(before + 1)[before]).unwrap();
    let above = "Return-Path: <office@agency.example>\nDelivered-To: window@boemis.example\n\
                 Received: from agency.example by mx.boemis.example with ESMTP id 1; Sat, 28 Nov 2026 10:00:00 +0400\n";
    [above.replace('\n', "\r\n").as_bytes(), &mail].concat()
}

/// A signature or a signed file of openssl's, beside a table in the trial's folder.
fn cms_of(trial: &Trial, table: &str, out: &str, more: &[&str]) {
    let sign = ["cms", "-sign", "-binary", "-cades", "-in", table, "-out", out];
    let by = ["-signer", "w/pki/azerenerji.crt", "-inkey", "w/pki/azerenerji.key"];
    trial.succeeds("openssl", &[&sign[..], &by, more].concat());
}

#[test]
fn mails_of_openssl_python_and_swaks_are_answered_each() {
    let (trial, server) = window("[\"mail\"]", "starttls");
    let way_in = Server::open_to_all(&trial);
    let office = Dovecot::new();
    office.configure(&trial, "office", "tls", "");
    let table = |name: &str, period: &str| {
        fs::write(trial.at(name), capacity(voen("azerenerji"), period, 1, "SU-0001", "424")).unwrap();
    };
    let document = |name: &str, period: &str| fs::write(trial.at(name), statement(&trial, period)).unwrap();
    let entity = |name: &str, period: &str| {
        let document = base64(&statement(&trial, period));
        format!(
            "Content-Type: multipart/mixed; boundary=in\n\n--in\nContent-Type: text/plain\n\nhello\n--in\n\
             Content-Type: text/xml; name={name}\nContent-Transfer-Encoding: base64\n\n{document}--in--\n"
        )
    };
    let mut mails: Vec<(&str, Vec<u8>)> = Vec::new();
    // a table and openssl's signature of it, attached by Python
    table("cədvəl.csv", "2001-Q1");
    cms_of(&trial, "cədvəl.csv", "cədvəl.csv.p7s", &["-outform", "DER"]);
    mails.push(("python@x", by_python(&trial, "python@x", &["cədvəl.csv.p7s", "cədvəl.csv"])));
    // signatures with their content in them, in DER and in PEM
    table("bir.csv", "2001-Q2");
    cms_of(&trial, "bir.csv", "bir.csv.p7m", &["-nodetach", "-outform", "DER"]);
    table("iki.csv", "2001-Q3");
    cms_of(&trial, "iki.csv", "iki.p7m", &["-nodetach", "-outform", "PEM"]);
    mails.push(("old@x", by_python_of_old(&trial, "old@x", &["bir.csv.p7m", "iki.p7m"])));
    // mails that are signed as mails, to be read and opaque
    mails.push(("clear@x", by_cms(&trial, "clear@x", &entity("a.xml", "2001-Q1"), false)));
    mails.push(("opaque@x", by_cms(&trial, "opaque@x", &entity("b.xml", "2001-Q2"), true)));
    document("hesabat.xml", "2001-Q3");
    mails.push(("swaks@x", by_swaks(&trial, &way_in, "swaks@x", "hesabat.xml", "application/xml")));
    table("uc.csv", "2001-Q4");
    cms_of(&trial, "uc.csv", "uc.csv.p7m", &["-nodetach", "-outform", "DER"]);
    mails.push(("swaks.p7m@x", by_swaks(&trial, &way_in, "swaks.p7m@x", "uc.csv.p7m", "application/octet-stream")));
    let daemon = trial.run();
    for (nth, (_, mail)) in mails.iter().enumerate() {
        match nth % 2 {
            0 => office.append("office", mail),
            _ => office.deliver("office", mail),
        }
    }
    let answered = server.waits_for(mails.len());
    eventually("all to be put away", || office.counts("office") == (0, mails.len(), 0));
    daemon.end();
    let mut told = BTreeMap::new();
    for path in &answered {
        let (mail, receipts) = proven(&trial, path);
        assert!(decisions(&receipts).iter().all(|word| *word == "accepted"), "{:?}", mail.headers);
        told.insert(mail.header("in-reply-to").to_owned(), receipts.len());
    }
    let wanted = mails.iter().map(|(id, _)| (format!("<{id}>"), if *id == "old@x" { 2 } else { 1 }));
    assert_eq!(told, wanted.collect());
    assert_eq!(server.mails().len(), mails.len());
}

#[test]
fn a_server_without_move_is_used_with_copies_and_without_idle_by_asking() {
    for able in ["IMAP4rev1 SASL-IR ID ENABLE IDLE LITERAL+ UIDPLUS", "IMAP4rev1 UIDPLUS"] {
        let (trial, server) = window("[\"mail\"]", "starttls");
        let office = Dovecot::able(Some(able));
        office.configure(&trial, "office", "tls", "poll = \"500ms\"\n");
        office.deliver("office", message("a@x", "", &[("a.xml", XML, statement(&trial, "2001-Q1"))]));
        let daemon = trial.run();
        server.waits_for(1);
        eventually("the first to be put away", || office.counts("office") == (0, 1, 0));
        let (table, signature) = pair(&trial, "2001-Q2");
        let parts = [("b.csv", "text/csv", table), ("b.csv.p7s", XML, signature)];
        office.deliver("office", message("b@x", "", &parts));
        office.deliver("office", "Message-ID: <none@x>\n\nhello\n");
        server.waits_for(2);
        eventually("all to be put away", || office.counts("office") == (0, 2, 1));
        daemon.end();
        // nothing was left behind to be answered again
        trial.done(&["once"]);
        assert_eq!((server.mails().len(), office.counts("office")), (2, (0, 2, 1)), "{able}");
        assert_eq!(journalled(&trial, "\"event\":\"held\""), 2);
        assert!(!office.said().contains(" MOVE"), "{}", office.said());
    }
}

#[test]
fn a_server_that_can_put_nothing_away_is_not_used_and_status_says_so() {
    let (trial, server) = window("[\"mail\"]", "starttls");
    let office = Dovecot::able(Some("IMAP4rev1 SASL-IR IDLE LITERAL+"));
    office.configure(&trial, "office", "tls", "");
    office.deliver("office", message("a@x", "", &[("a.xml", XML, statement(&trial, "2001-Q1"))]));
    let (code, done) = trial.json(&["once"]);
    assert_eq!((code, office.counts("office"), server.mails().len()), (Some(3), (1, 0, 0), 0), "{done}");
    let (_, status) = trial.json(&["status"]);
    let mailbox = &status["mailboxes"][0];
    assert_eq!(mailbox["connected"], false, "{mailbox}");
    assert!(mailbox["last_error"].as_str().unwrap().contains("neither MOVE nor UIDPLUS"), "{mailbox}");
    assert_eq!(journalled(&trial, "\"event\":\"held\""), 0);
}
