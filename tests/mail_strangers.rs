//! A mailbox is open to everybody: what strangers bring leaves nothing, takes nothing from others, and says nothing
//! about them; and a server that lies has no message lost and no memory filled.

#[path = "mail/message.rs"]
mod message;
#[path = "samples/receipt.rs"]
#[allow(dead_code)] // the walk over the samples uses all of it
mod receipt;
#[path = "post/server.rs"]
mod server;
#[path = "window/trial.rs"]
mod trial;

use message::{Maildir, journalled, message};
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use trial::{Trial, eventually, generation, voen};

const XML: &str = "application/xml";

fn statement(trial: &Trial, period: &str, signer: &str) -> Vec<u8> {
    trial.signed("statement.xml", generation(voen("azerenerji"), period, 1, "SU-0001", "1000.5"), signer)
}

/// Octets that lie in a folder and below it.
fn octets_in(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let size = |entry: fs::DirEntry| match entry.file_type().unwrap().is_dir() {
        true => octets_in(&entry.path()),
        false => entry.metadata().unwrap().len(),
    };
    entries.map(size).sum()
}

#[test]
fn strangers_fill_neither_evidence_nor_register() {
    let trial = Trial::new();
    let maildir = Maildir::new(&trial, "office");
    let noise: String = (0..3_000_000).map(|at| char::from(b'a' + (at * 7 % 26) as u8)).collect();
    let of_stranger = |nth: u32| {
        let text = format!("<x xmlns='urn:x' n='{nth}'>{noise}</x>");
        let name = format!("s{nth}.xml");
        message(&format!("s{nth}@evil.test"), "", &[(&name, XML, trial.signed(&name, text, "stranger"))])
    };
    for nth in 0..3 {
        maildir.deliver(of_stranger(nth));
    }
    // and one whose person is registered, and whose document was altered since
    let altered = String::from_utf8(statement(&trial, "2001-Q1", "azerenerji")).unwrap().replace("1000.5", "2000.5");
    maildir.deliver(message("altered@evil.test", "", &[("altered.xml", XML, altered.into_bytes())]));
    let (code, done) = trial.json(&["once"]);
    assert_eq!(code, Some(0), "{done}");
    assert_eq!(maildir.counts(), (0, 0, 4));
    let kept = octets_in(&trial.at("w/state/evidence"));
    assert!(kept < 2_000_000, "{kept}");
    let (_, list) = trial.json(&["list"]);
    assert_eq!(list["submissions"].as_array().map(Vec::len), Some(0), "{list}");
    assert_eq!(journalled(&trial, "\"act\":\"letter-rejected\""), 4);
    assert_eq!(journalled(&trial, "\"sha256\":\""), 4);
    assert_eq!(journalled(&trial, "\"event\":\"decided\""), 0);
    // what one message holds of both is filed whole: a registered person stands behind the mail
    let parts = [
        ("own.xml", XML, statement(&trial, "2001-Q2", "azerenerji")),
        ("not.xml", XML, statement(&trial, "2001-Q3", "stranger")),
    ];
    maildir.deliver(message("both@agency.test", "", &parts));
    assert_eq!(trial.json(&["once"]).0, Some(0));
    assert_eq!(maildir.counts(), (0, 1, 4));
    assert_eq!(receipt::decision(&trial.answer("azerenerji", "own.xml").1), "accepted");
    trial.done(&["audit", "verify"]);
}

#[test]
fn what_was_rejected_is_read_again_once_it_is_put_back() {
    let trial = Trial::new();
    let maildir = Maildir::new(&trial, "office");
    let signed = statement(&trial, "2001-Q1", "azerenerji");
    // azerenerji's person is not of the registry yet
    let registry = fs::read_to_string(trial.at("w/registry.toml")).unwrap();
    let begin = registry.find("[[participants.azerenerji.persons]]").unwrap();
    let end = begin + registry[begin..].find("\n[participants.").unwrap() + 1;
    let without = format!("{}{}", &registry[..begin], &registry[end..]);
    fs::write(trial.at("w/registry.toml"), without).unwrap();
    maildir.deliver(message("early@agency.test", "", &[("early.xml", XML, signed)]));
    let (code, done) = trial.json(&["once"]);
    assert_eq!(code, Some(0), "{done}");
    assert_eq!(maildir.counts(), (0, 0, 1));
    fs::write(trial.at("w/registry.toml"), registry).unwrap();
    let rejected = maildir.path().join(".Rejected/cur");
    let rejected = fs::read_dir(rejected).unwrap().next().unwrap().unwrap().path();
    fs::rename(rejected, maildir.path().join("new/again")).unwrap();
    assert_eq!(trial.json(&["once"]).0, Some(0));
    assert_eq!(receipt::decision(&trial.answer("azerenerji", "early.xml").1), "accepted");
    assert_eq!(maildir.counts(), (0, 1, 0));
}

#[test]
fn a_machines_copy_that_comes_first_keeps_no_answer_from_the_sender() {
    let (trial, server) = server::window("[\"mail\"]", "tls");
    let maildir = Maildir::new(&trial, "office");
    let document = statement(&trial, "2001-Q1", "azerenerji");
    let copy = |fields: &str| message("own@agency.test", fields, &[("own.xml", XML, document.clone())]);
    maildir.deliver(copy("Auto-Submitted: auto-replied\n"));
    assert_eq!(trial.json(&["once"]).0, Some(0));
    assert!(server.mails().is_empty());
    maildir.deliver(copy(""));
    assert_eq!(trial.json(&["once"]).0, Some(0));
    assert_eq!(maildir.counts(), (0, 2, 0));
    server.waits_for(1);
    // and once is enough
    maildir.deliver(copy(""));
    assert_eq!(trial.json(&["once"]).0, Some(0));
    assert_eq!(server.mails().len(), 1);
    assert_eq!(trial.sql("SELECT count(*) FROM generation_current"), "1\n");
}

/// A server that lies, and the mailbox `office` on it.
struct Liar(Child);

impl Liar {
    fn new(trial: &Trial, mail: &str, lie: &str) -> Self {
        let made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"];
        let named = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
        let out = ["-keyout", "w/pki/liar.key", "-out", "w/pki/liar.crt"];
        trial.succeeds("openssl", &[&made[..], &named[..], &out[..]].concat());
        fs::write(trial.at("mail"), mail).unwrap();
        fs::write(trial.at("w/imap.password"), "secret\n").unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let keys = format!(
            "kind = \"imap\"\nhost = \"localhost\"\nport = {port}\nsecurity = \"tls\"\nca = \"pki/liar.crt\"\n\
             user = \"office\"\npassword = \"imap.password\"\ntimeout = \"20s\"\npoll = \"1s\"\n"
        );
        message::configure(trial, "office", &keys);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mail/liar.py");
        let mut command = Command::new("python3");
        command.arg(script).arg(port.to_string()).arg(trial.at("w/pki/liar.crt")).arg(trial.at("w/pki/liar.key"));
        let mut child = command.arg(trial.at("mail")).arg(lie).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line.trim(), "ready");
        Self(child)
    }

    fn asked(&self, trial: &Trial, word: &str) -> usize {
        let said = fs::read(trial.at("mail.said")).unwrap_or_default();
        String::from_utf8_lossy(&said).lines().filter(|line| line.contains(word)).count()
    }
}

impl Drop for Liar {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// A message of more than one piece.
fn long(trial: &Trial) -> String {
    let filler = "x".repeat(1_500_000);
    message(
        "long@agency.test",
        "",
        &[("a.xml", XML, statement(trial, "2001-Q1", "azerenerji")), ("f.txt", "text/plain", filler.into_bytes())],
    )
}

#[test]
fn a_message_that_the_server_cut_off_is_read_again_and_not_rejected() {
    let trial = Trial::new();
    let liar = Liar::new(&trial, &long(&trial), "cut");
    let daemon = trial.run();
    assert_eq!(receipt::decision(&trial.answer("azerenerji", "a.xml").1), "accepted");
    eventually("the message to be moved", || liar.asked(&trial, "UID MOVE") == 1);
    daemon.end();
    assert_eq!(liar.asked(&trial, "\"Rejected\"") - liar.asked(&trial, "CREATE \"Rejected\""), 0);
    assert_eq!(journalled(&trial, "\"act\":\"letter-rejected\""), 0);
}

#[test]
fn an_answer_without_end_is_cut_and_fills_no_memory() {
    let trial = Trial::new();
    let _liar = Liar::new(&trial, &long(&trial), "long");
    let daemon = trial.run();
    let told = || trial.json(&["status"]).1["mailboxes"][0]["last_error"].as_str().unwrap_or_default().to_owned();
    eventually("the mailbox to fail", || told().contains("does not end"));
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.process().as_raw_nonzero())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().trim().trim_end_matches(" kB");
    assert!(peak.parse::<u64>().unwrap() < 150_000, "{peak}");
    daemon.end();
}

#[test]
fn what_is_no_answer_is_told_without_the_message_that_stands_in_it() {
    let trial = Trial::new();
    let _liar = Liar::new(&trial, &long(&trial), "odd");
    let daemon = trial.run();
    eventually("the mailbox to fail", || trial.log().contains("is no answer (RFC 9051)"));
    daemon.end();
    let log = trial.log();
    assert!(!log.contains("long@agency") && !log.contains("input: [") && log.lines().all(|line| line.len() < 4000));
}

#[test]
fn what_was_copied_and_cannot_be_marked_is_not_copied_once_more() {
    let trial = Trial::new();
    let mail = message("s@agency.test", "", &[("a.xml", XML, statement(&trial, "2001-Q1", "azerenerji"))]);
    let liar = Liar::new(&trial, &mail, "stored");
    let daemon = trial.run();
    trial.answer("azerenerji", "a.xml");
    eventually("it to be tried again", || liar.asked(&trial, "UID STORE") >= 4);
    daemon.end();
    assert_eq!(liar.asked(&trial, "UID COPY"), 1);
    let said = trial.log();
    assert_eq!(said.matches("a message cannot be moved").count(), 1, "{said}");
}
