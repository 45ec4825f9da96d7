//! The walk over `inbox-samples/hostile/mail/`: each message is delivered into the mailbox of a window, which must do
//! with it what the table claims; what that was beside the claim stands in `expected.toml` there, to the letter.
//!
//! One window gets all of them, one after the other, so that none is in the way of the next. What is small lies in the
//! folder, for whoever wants to try another reader; the rest is made here. `PENCERE_REWRITE=1` writes both; a claim
//! that does not hold fails all the same.

#[path = "mail_hostile/mails.rs"]
mod mails;
#[path = "mail/message.rs"]
mod message;
#[path = "post/server.rs"]
mod server;
#[path = "window/trial.rs"]
mod trial;

use mails::{Hostile, Outcome};
use message::Maildir;
use server::{ADDRESS, Server, opened, window};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use trial::Trial;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("inbox-samples/hostile/mail")
}

/// What a window did with a message.
struct Done {
    outcome: Outcome,
    /// The reason in the journal, where it was rejected.
    why: Option<String>,
    /// Its submissions: name, decision, whose, and findings.
    submissions: Vec<String>,
}

fn listed(trial: &Trial) -> Vec<String> {
    let (_, list) = trial.json(&["list"]);
    let text = |value: &serde_json::Value| value.as_str().unwrap_or("nobody").to_owned();
    let one = |one: &serde_json::Value| {
        let findings: Vec<String> = one["findings"].as_array().unwrap().iter().map(text).collect();
        let name = text(&one["name"]).escape_debug().to_string();
        // a receipt is called by an id that is new each time
        let name = match name.split_once(".xml.") {
            Some((document, rest)) if rest.ends_with(".receipt.xml") => format!("{document}.xml.….receipt.xml"),
            _ => name,
        };
        format!("{name}: {} {} {}", text(&one["state"]), text(&one["participant"]), findings.join(" "))
    };
    list["submissions"].as_array().unwrap().iter().map(one).map(|line| line.trim_end().to_owned()).collect()
}

/// The reasons for which messages were rejected, in their order.
fn reasons(trial: &Trial) -> Vec<String> {
    let journal = fs::read_to_string(trial.at("w/state/journal/00000001.log")).unwrap();
    let lines = journal.lines().filter(|line| line.contains("\"act\":\"letter-rejected\""));
    let why = |line: &str| line.split_once("\"why\":\"").unwrap().1.split("\"").next().unwrap().to_owned();
    lines.map(why).collect()
}

fn deliver(trial: &Trial, office: &Maildir, octets: &[u8]) -> Done {
    let (counts, before) = (office.counts(), listed(trial).len());
    office.deliver(octets);
    trial.done(&["once"]);
    let (waiting, processed, rejected) = office.counts();
    let outcome = match (waiting, processed - counts.1, rejected - counts.2) {
        (0, 1, 0) => Outcome::Processed,
        (0, 0, 1) => Outcome::Rejected,
        other => panic!("{other:?}"),
    };
    let why = (outcome == Outcome::Rejected).then(|| reasons(trial).pop().unwrap());
    Done { outcome, why, submissions: listed(trial).split_off(before) }
}

/// How many receipts lie in the folders, to be seen by everybody.
fn laid(trial: &Trial) -> usize {
    ["azerenerji", "azerisiq"].into_iter().map(|body| trial.answers(body).len()).sum()
}

/// Everything below the window's folder, but what the window keeps itself.
fn around(trial: &Trial) -> Vec<String> {
    let output = trial.succeeds(
        "find",
        &[
            ".",
            "-path",
            "./w/state",
            "-prune",
            "-o",
            "-path",
            "./w/office",
            "-prune",
            "-o",
            "-path",
            "./mails",
            "-prune",
            "-o",
            "-path",
            "./w/drop/*/receipts/*",
            "-prune",
            "-o",
            "-print",
        ],
    );
    let mut paths: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    paths.sort();
    paths
}

/// Writes the message where it is to lie, or holds it to what lies there.
fn kept(hostile: &Hostile, rewrite: bool) {
    let path = folder().join(format!("{}.eml", hostile.name));
    if !hostile.is_kept() {
        assert!(!path.exists(), "{} is made, and does not lie there", path.display());
        return;
    }
    if rewrite {
        fs::write(&path, &hostile.octets).unwrap();
    }
    let lies = fs::read(&path).unwrap_or_default();
    assert!(lies == hostile.octets, "{}: PENCERE_REWRITE=1 writes it", path.display());
}

#[test]
fn each_hostile_message_comes_to_what_is_claimed_and_the_next_is_read() {
    let rewrite = std::env::var_os("PENCERE_REWRITE").is_some();
    let (trial, server) = window("[\"folder\", \"mail\"]", "starttls");
    pencere::commands::trial::register_sample_pki(&trial.at("w"), &mails::samples().join("pki")).unwrap();
    let office = Maildir::new(&trial, "office");
    // known from here on: whatever reads the very same octets out of a hostile mail says `duplicate`
    let good = deliver(&trial, &office, &mails::good());
    // late or not is a matter of the day on which this runs
    assert!(good.submissions[0].starts_with("istehsal-2026-Q3.xml: accepted azerenerji"), "{:?}", good.submissions);
    let around_before = around(&trial);
    fs::create_dir_all(folder()).unwrap();
    let (mut expected, mut wrong) = (String::from(HEAD), Vec::new());
    let answer = fs::read(&server.mails()[0]).unwrap();
    for hostile in mails::all(&answer) {
        kept(&hostile, rewrite);
        let (mailed, laid) = (server.mails().len(), laid(&trial));
        let done = deliver(&trial, &office, &hostile.octets);
        let said = done.why.clone().into_iter().chain(done.submissions.iter().cloned()).collect::<Vec<_>>().join("; ");
        if done.outcome != hostile.outcome || !said.contains(hostile.says) {
            let wanted = (hostile.outcome, hostile.says);
            wrong.push(format!("{}: {wanted:?} was claimed, it is {:?}: {said}", hostile.name, done.outcome));
        }
        let quoted = |text: &str| format!("{text:?}");
        write!(expected, "\n[{}]\nnote = {}\n", hostile.name, quoted(hostile.note)).unwrap();
        let goes = if done.outcome == Outcome::Processed { "processed" } else { "rejected" };
        writeln!(expected, "goes = \"{goes}\"").unwrap();
        if let Some(why) = &done.why {
            writeln!(expected, "why = {}", quoted(why)).unwrap();
        }
        if !done.submissions.is_empty() {
            let lines: Vec<String> = done.submissions.iter().map(|line| quoted(line)).collect();
            writeln!(expected, "submissions = [{}]", lines.join(", ")).unwrap();
        }
        // who is answered finds it in the folder
        let answered = done.submissions.iter().filter(|line| !line.contains(" nobody")).count();
        assert_eq!(self::laid(&trial), laid + answered, "{}", hostile.name);
        // whatever it was: nobody but the registered address hears of it, and nothing of it became a field
        for mail in &server.mails()[mailed..] {
            assert_eq!(Server::to(mail), ADDRESS, "{}", hostile.name);
            let headers = opened(&trial, mail).headers;
            assert!(headers.get("bcc").is_none() && headers.get("x-injected").is_none(), "{}", hostile.name);
            assert!(!headers.to_string().contains("victim"), "{}: {headers}", hostile.name);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(around(&trial), around_before, "no name led anywhere");
    let path = folder().join("expected.toml");
    if rewrite {
        fs::write(&path, &expected).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap_or_default(), expected, "PENCERE_REWRITE=1 writes it");
    // after all of that, and in the folder nothing that has no entry
    let made = mails::all(&answer);
    for entry in fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_made = made.iter().any(|one| name == format!("{}.eml", one.name));
        assert!(is_made || ["expected.toml", "README.md"].contains(&name.as_str()), "{name} is in no table");
    }
    assert_eq!(trial.sql("SELECT count(DISTINCT submission) FROM generation_current"), "1\n");
    assert_eq!(trial.json(&["status"]).0, Some(0));
    trial.done(&["audit", "verify"]);
}

const HEAD: &str = "\
# What a window does with each of these messages, once the document that lies in most of them was accepted from another
# one: so `duplicate` means that exactly that document was read. `goes` is the folder into which the message is moved,
# `why` the journal's reason for it, `submissions` what was taken out of it: name, decision, whose, findings. Those that
# are not beside this file are too large, or are made of what the window itself wrote (tests/mail_hostile/mails.rs).
# Written by PENCERE_REWRITE=1 cargo test --test mail_hostile.
";
