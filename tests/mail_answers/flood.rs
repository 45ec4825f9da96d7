//! Many mails at once, some of them twice, while daemon, mailbox server and mail server die among them.

use super::dovecot::Dovecot;
use super::message::{journalled, message};
use super::server::{Server, window};
use super::trial::{Trial, capacity, generation, voen};
use super::{XML, problems, proven, receipt};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Without progress for so long, it is stuck.
// a dovecot that was killed may leave a lock which the next one believes for two minutes
const STUCK: Duration = Duration::from_secs(180);
/// Every so many mails, one is delivered twice; and of every so many documents, one comes in another mail as well.
const TWICE: usize = 10;
const ELSEWHERE: usize = 15;

fn count() -> usize {
    std::env::var("PENCERE_MAILS").map_or(60, |text| text.parse().expect("PENCERE_MAILS is a number"))
}

/// So many mails, each with a document of its own: XML and tables with their signatures in turn.
fn mails(trial: &Trial, count: usize) -> Vec<String> {
    let folder = trial.at("documents");
    fs::create_dir(&folder).unwrap();
    let mut names = Vec::new();
    for nth in 0..count {
        // two datasets of each quarter since the station is in service
        let period = format!("{}-Q{}", 1954 + nth / 8, nth / 2 % 4 + 1);
        let (name, text) = match nth % 2 {
            0 => (format!("{nth}.xml"), generation(voen("azerenerji"), &period, 1, "SU-0001", "1.5")),
            _ => (format!("{nth}.csv"), capacity(voen("azerenerji"), &period, 1, "SU-0001", "424")),
        };
        fs::write(folder.join(&name), text).unwrap();
        names.push(name);
    }
    for some in names.chunks(50) {
        let paths: Vec<String> = some.iter().map(|name| format!("documents/{name}")).collect();
        let mut arguments = vec!["sign"];
        arguments.extend(paths.iter().map(String::as_str));
        arguments.extend(["--key", "w/pki/azerenerji.key", "--cert", "w/pki/azerenerji.crt", "--out-dir", "signed"]);
        trial.done(&arguments);
    }
    let read = |name: String| fs::read(trial.at(name)).unwrap();
    let of = |id: String, name: &str| match name.ends_with(".xml") {
        true => message(&id, "", &[(name, XML, read(format!("signed/{}", name.replace(".xml", ".signed.xml"))))]),
        false => {
            let signature = format!("{name}.p7s");
            let octets = read(format!("signed/{signature}"));
            message(&id, "", &[(&*signature, XML, octets), (name, "text/csv", read(format!("documents/{name}")))])
        }
    };
    let each = names.iter().map(|name| of(format!("{name}@x"), name));
    let elsewhere = names.iter().step_by(ELSEWHERE).map(|name| of(format!("again.{name}@x"), name));
    each.chain(elsewhere).collect()
}

/// Waits until so much of it is there; what is there must grow.
fn grows(what: &str, wanted: usize, there: impl Fn() -> usize) {
    let (mut last, mut since) = (there(), Instant::now());
    while last < wanted {
        std::thread::sleep(Duration::from_millis(50));
        let now = there();
        if now != last {
            (last, since) = (now, Instant::now());
        }
        assert!(since.elapsed() < STUCK, "{what}: {last} of {wanted}");
    }
}

#[test]
fn a_flood_is_answered_once_each_whoever_dies_in_the_middle() {
    let (trial, mut server) = window("[\"folder\", \"mail\"]", "starttls");
    let mut office = Dovecot::new();
    office.configure(&trial, "office", "tls", "poll = \"300ms\"\n");
    let letters = mails(&trial, count());
    let twice = letters.iter().step_by(TWICE);
    let all: Vec<&String> = letters.iter().chain(twice).collect();
    let (before, meanwhile) = all.split_at(all.len() / 2);
    before.iter().for_each(|mail| office.deliver("office", mail));
    let answers = |trial: &Trial| trial.answers("azerenerji").len();
    let daemon = trial.run();
    grows("answers", count() / 8, || answers(&trial));
    daemon.kill();
    let daemon = trial.run();
    meanwhile.iter().for_each(|mail| office.deliver("office", mail));
    grows("answers", count() / 4, || answers(&trial));
    office.kill();
    server.stop();
    office.start();
    grows("answers", count() / 2, || answers(&trial));
    office.kill();
    daemon.kill();
    server.start(&trial);
    office.start();
    let daemon = trial.run();
    grows("messages that were put away", all.len(), || office.counts("office").1);
    grows("answers that were mailed", letters.len(), || journalled(&trial, "\"act\":\"answer-mailed\""));
    daemon.end();
    assert_eq!(office.counts("office"), (0, all.len(), 0));
    // each submission once: held, loaded, answered in the folder, journalled as mailed
    let answers = trial.answers("azerenerji");
    let decided = |word: &str| answers.iter().filter(|(_, text)| receipt::decision(text) == word).count();
    let repeats = letters.len() - count();
    assert_eq!((answers.len(), decided("accepted"), decided("duplicate")), (letters.len(), count(), repeats));
    assert_eq!(journalled(&trial, "\"event\":\"held\""), letters.len());
    let loaded = "SELECT (SELECT count(*) FROM generation_current) + (SELECT count(*) FROM capacity_current)";
    assert_eq!(trial.sql(loaded), format!("{}\n", count()));
    assert_eq!(journalled(&trial, "\"act\":\"answer-mailed\""), letters.len());
    // and by mail once or more: what was cut off between delivery and its note is repeated as the same mail
    let mut mailed: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for mail in server.mails() {
        mailed.entry(Server::field(&mail, "Message-ID").unwrap()).or_default().push(mail);
    }
    let answered: BTreeSet<String> =
        mailed.values().map(|mails| Server::field(&mails[0], "In-Reply-To").unwrap()).collect();
    assert_eq!((mailed.len(), answered.len()), (letters.len(), letters.len()), "one mail for each letter");
    for mails in mailed.values().filter(|mails| mails.len() > 1).chain(mailed.values().take(2)) {
        let receipts: BTreeSet<Vec<String>> = mails.iter().map(|mail| proven(&trial, mail).1).collect();
        assert_eq!(receipts.len(), 1, "a repeat carries the same receipt");
    }
    assert_eq!(problems(&trial), Vec::<String>::new());
    trial.done(&["audit", "verify"]);
}
