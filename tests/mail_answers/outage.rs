//! The fault run: letters and dropped files are answered while no server takes mail for an hour, and then one that
//! refuses half of all, and has some of what it refused.

use super::faked::Faked;
use super::message::{Maildir, journalled, message};
use super::server::window;
use super::trial::Trial;
use super::{XML, pair, problems, proven, statement};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

fn owed(trial: &Trial) -> u64 {
    trial.json(&["status"]).1["mail"]["owed"].as_u64().unwrap()
}

#[test]
fn an_hour_without_a_server_and_one_that_refuses_half_lose_no_answer_to_any_letter() {
    const LETTERS: usize = 8;
    const DROPPED: usize = 4;
    let (trial, mut server) = window("[\"folder\", \"mail\"]", "starttls");
    trial.set("mail.smtp.retry_first", "\"30s\"");
    trial.set("settle", "\"1ms\"");
    let office = Maildir::new(&trial, "office");
    server.stop();
    for nth in 0..LETTERS {
        let period = format!("{}-Q{}", 2001 + nth / 4, nth % 4 + 1);
        let (table, signature) = pair(&trial, &period);
        let parts = [
            (&*format!("{nth}.xml"), XML, statement(&trial, &period)),
            (&*format!("{nth}.csv"), "text/csv", table),
            (&*format!("{nth}.csv.p7s"), "application/octet-stream", signature),
        ];
        office.deliver(message(&format!("letter.{nth}@x"), "", &parts));
    }
    for nth in 0..DROPPED {
        trial.put("azerenerji", format!("dropped.{nth}.xml"), statement(&trial, &format!("2010-Q{}", nth + 1)));
    }
    std::thread::sleep(std::time::Duration::from_millis(50)); // the clock that stands is behind all of them
    let begun = Timestamp::now();
    let mut faked = Faked::open_at(&trial, begun).once();
    let answers = LETTERS * 2 + DROPPED;
    assert_eq!((trial.answers("azerenerji").len(), office.counts()), (answers, (0, LETTERS, 0)), "nobody waits");
    assert_eq!((owed(&trial), problems(&trial)), ((LETTERS + DROPPED) as u64, vec!["mail-away".to_owned()]));
    for _ in 0..60 {
        faked.clock.advance(SignedDuration::from_mins(1));
        faked.window.post_due().unwrap();
    }
    faked.close();
    assert!(server.mails().is_empty());
    // started anew after that hour, as one that has forgotten everything in memory
    let mut faked = Faked::open_at(&trial, begun.checked_add(SignedDuration::from_mins(60)).unwrap());
    server.mode("kept");
    server.start(&trial);
    let mut rounds = 0;
    while owed(&trial) != 0 {
        rounds += 1;
        assert!(rounds < 60, "{}", trial.json(&["status"]).1["mail"]);
        faked.clock.advance(SignedDuration::from_mins(10));
        faked.window.post_due().unwrap();
        server.mode("half");
    }
    faked.close();
    /// All that a receiver may tell apart: receipts, and the fields that a repeat must bear unchanged.
    type Seen = BTreeSet<(Vec<String>, [String; 4])>;
    let mut delivered: BTreeMap<String, Seen> = BTreeMap::new();
    for path in server.mails() {
        let (mail, receipts) = proven(&trial, &path);
        let fields = ["date", "subject", "in-reply-to", "to"].map(|name| mail.header(name).to_owned());
        delivered.entry(mail.header("message-id").to_owned()).or_default().insert((receipts, fields));
    }
    assert!(server.mails().len() > delivered.len(), "the server had some twice");
    assert!(delivered.values().all(|seen| seen.len() == 1), "a repeat is the same: {delivered:#?}");
    let all: Vec<(Vec<String>, [String; 4])> = delivered.into_values().flatten().collect();
    let letters: BTreeSet<&str> =
        all.iter().map(|(_, fields)| fields[2].as_str()).filter(|one| !one.is_empty()).collect();
    assert_eq!((all.len(), letters.len()), (LETTERS + DROPPED, LETTERS), "one mail for each letter");
    let answered =
        |(receipts, fields): &(Vec<String>, [String; 4])| receipts.len() == 2 - usize::from(fields[2].is_empty());
    assert!(all.iter().all(answered), "with all of its receipts");
    let mut sent: Vec<String> = all.into_iter().flat_map(|(receipts, _)| receipts).collect();
    let mut laid: Vec<String> = trial.answers("azerenerji").into_iter().map(|(_, text)| text).collect();
    sent.sort();
    laid.sort();
    assert!(sent == laid, "what was mailed is what lies in the folder");
    assert_eq!(journalled(&trial, "\"act\":\"answer-mailed\""), answers);
    assert_eq!(problems(&trial), Vec::<String>::new());
    trial.done(&["audit", "verify"]);
}
