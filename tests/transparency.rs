//! Nothing is altered unseen: what a receipt proves by itself, what an audit names, and what two parties find together.

#[path = "window/trial.rs"]
mod trial;

use pencere::document::Digest;
use pencere::finding::{Code, Hint};
use pencere::seal::OutcomeRecord;
use std::fs;
use std::path::{Path, PathBuf};
use trial::{Trial, generation, said, voen};

/// Looks at a receipt with Python's hashes and openssl's Ed25519: what is said, the leaf, its path, the checkpoint.
const PLACE: &str = r#"
import base64, hashlib, json, re, subprocess, sys, xml.etree.ElementTree as T
raw = open(sys.argv[1], 'rb').read()
N = '{urn:boemis:receipt:1}'
log = T.fromstring(raw).find(N + 'Log')
entry, index = log.find(N + 'Entry').text, int(log.find(N + 'Entry').get('index'))
said = raw[raw.index(b'</Issued>') + 9:raw.index(b'<Log>')]
assert json.loads(entry)['said'] == hashlib.sha256(said).hexdigest(), 'said'
note = log.find(N + 'Checkpoint').text
text, signatures = note.split('\n\n')
origin, size, root = text.split('\n')
size = int(size)
def path(m, hashes, n):
    # RFC 6962 2.1.1, read backwards
    if n == 1: return hashlib.sha256(b'\0' + entry.encode()).digest()
    k = 1
    while k * 2 < n: k *= 2
    beside = hashes[-1]
    if m < k: return hashlib.sha256(b'\1' + path(m, hashes[:-1], k) + beside).digest()
    return hashlib.sha256(b'\1' + beside + path(m - k, hashes[:-1], n - k)).digest()
hashes = [base64.b64decode(h) for h in (log.find(N + 'Inclusion').text or '').split()]
assert base64.b64encode(path(index, hashes, size)).decode() == root, 'inclusion'
open(sys.argv[3] + '.text', 'w').write(text + '\n')
open(sys.argv[3] + '.sig', 'wb').write(base64.b64decode(signatures.split()[-1])[4:])
public = subprocess.run(['openssl', 'x509', '-in', sys.argv[2], '-noout', '-pubkey'], capture_output=True).stdout
open(sys.argv[3] + '.pub', 'wb').write(public)
subprocess.run(['openssl', 'pkeyutl', '-verify', '-pubin', '-inkey', sys.argv[3] + '.pub', '-rawin', '-in',
    sys.argv[3] + '.text', '-sigfile', sys.argv[3] + '.sig'], check=True)
"#;

/// Files one statement of this quarter, and gives its receipt.
fn file(trial: &Trial, participant: &str, station: &str, period: &str) -> PathBuf {
    let name = format!("{participant}-{period}.xml");
    let text = generation(voen(participant), period, 1, station, "100.000");
    let signed = trial.signed(&name, text, participant);
    trial.put(participant, &name, signed);
    trial.done(&["once", "--config", "w/pencere.toml"]);
    let receipts = trial.side(participant, "receipts");
    let is_it = |path: &PathBuf| {
        let file = path.file_name().unwrap().to_str().unwrap();
        file.starts_with(&name) && file.ends_with(".xml")
    };
    fs::read_dir(receipts).unwrap().map(|entry| entry.unwrap().path()).find(is_it).unwrap()
}

/// A window that has answered five statements of two bodies.
fn filed() -> (Trial, Vec<PathBuf>) {
    let trial = Trial::new();
    let one = |period| file(&trial, "azerenerji", "SU-0001", period);
    let other = |period| file(&trial, "azerisiq", "KUL-0001", period);
    let receipts = vec![one("2020-Q1"), other("2020-Q1"), one("2020-Q2"), other("2020-Q2"), one("2020-Q3")];
    (trial, receipts)
}

/// What somebody does to the database who may.
fn alter(trial: &Trial, sql: &str) {
    trial.tamper(sql);
}

fn audit(trial: &Trial, more: &[&str]) -> (Option<i32>, String) {
    let output = trial.pencere(&[&["audit", "verify", "--config", "w/pencere.toml"], more].concat());
    (output.status.code(), said(&output))
}

#[test]
fn a_receipt_proves_its_place_and_continues_the_one_before() {
    let (trial, receipts) = filed();
    assert_eq!(audit(&trial, &[]).0, Some(0), "{}", audit(&trial, &[]).1);
    let text = |path: &PathBuf| path.to_str().unwrap().to_owned();
    let verify = |receipt: &PathBuf, more: &[&str]| {
        let (receipt, seal) = (text(receipt), ["--seal", "w/pki/seal.crt"]);
        trial.json(&[&["receipt", "verify", &receipt], &seal[..], more].concat())
    };
    for receipt in &receipts {
        let (code, answer) = verify(receipt, &["--log", "w/pki/log.crt"]);
        assert_eq!((code, &answer["log"]["origin"]), (Some(0), &"pencere/trial".into()), "{answer}");
        let scratch = text(&trial.at("place"));
        trial.succeeds("python3", &["-c", PLACE, &text(receipt), "w/pki/log.crt", &scratch]);
        assert!(trial.xmlsec_proves(receipt));
    }
    let previous = |one: usize, before: usize| verify(&receipts[one], &["--previous", &text(&receipts[before])]);
    assert_eq!((previous(2, 0).0, previous(4, 2).0, previous(3, 1).0), (Some(0), Some(0), Some(0)));
    for (one, before) in [(2, 1), (4, 0), (0, 2), (3, 3)] {
        let (code, answer) = previous(one, before);
        assert!(code == Some(1) && answer.to_string().contains("receipt.not-in-log"), "{one} {before}: {answer}");
    }
    // another key of the same log
    trial.succeeds("openssl", &["genpkey", "-algorithm", "ED25519", "-out", "other.key"]);
    let request =
        ["req", "-x509", "-new", "-key", "other.key", "-out", "other.crt", "-subj", "/CN=other", "-days", "3"];
    trial.succeeds("openssl", &request);
    let (code, answer) = verify(&receipts[0], &["--log", "other.crt"]);
    assert!(code == Some(1) && answer.to_string().contains("receipt.not-in-log"), "{answer}");
}

/// The lines of the journal as (place, JSON).
fn lines(trial: &Trial) -> (PathBuf, Vec<(String, String)>) {
    let path = trial.at("w/state/journal/00000001.log");
    let text = fs::read_to_string(&path).unwrap();
    let split = |line: &str| {
        let mut parts = line.splitn(4, ' ').skip(1);
        let (place, _, json) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
        (place.to_owned(), json.to_owned())
    };
    (path.clone(), text.lines().map(split).collect())
}

/// Writes a journal as somebody would who may write everything: every checksum and every chain is right.
fn forge(path: &Path, lines: &[(String, String)]) {
    let (mut chain, mut text) = (Digest::from_bytes([0; 32]), String::new());
    for (place, json) in lines {
        chain = Digest::of(&[&chain.as_bytes()[..], json.as_bytes()].concat());
        let rest = format!("{place} {chain} {json}");
        text += &format!("{:08x} {rest}\n", crc32fast::hash(rest.as_bytes()));
    }
    fs::write(path, text).unwrap();
}

// R 3.4.2
#[test]
fn a_journal_that_was_written_anew_does_not_fit_its_receipts() {
    let (trial, receipts) = filed();
    type Change = fn(&mut Vec<(String, String)>);
    let changes: [(&str, Change, &str); 9] = [
        ("nothing", |_| {}, "Everything fits"),
        (
            "came earlier",
            |lines| {
                // no leaf of the tree: only the receipt says otherwise
                let line = lines.iter_mut().find(|line| line.1.contains(r#""event":"held""#)).unwrap();
                line.1 = line.1.replacen(r#""received":"20"#, r#""received":"19"#, 1);
            },
            "the journal says another time of reception",
        ),
        (
            "of another quarter",
            |lines| {
                let line = lines.iter_mut().find(|line| line.1.contains(r#""event":"answered""#)).unwrap();
                let at = line.1.find(r#""period":""#).unwrap() + r#""period":""#.len();
                line.1.replace_range(at..at + 4, "1999");
            },
            "the journal says another period",
        ),
        (
            "edited",
            |lines| {
                let line = lines.iter_mut().find(|line| line.1.contains(r#""event":"decided""#)).unwrap();
                line.1 = line.1.replace("accepted", "rejected");
            },
            "checkpoint is not of this log",
        ),
        (
            "removed",
            |lines| {
                // all that speaks of the first submission, as if it had never come
                let id = lines.iter().find(|line| line.1.contains(r#""event":"held""#)).unwrap().1.clone();
                let id = id.split(r#""id":""#).nth(1).unwrap()[..36].to_owned();
                lines.retain(|line| !line.1.contains(&id));
            },
            "decided something else",
        ),
        (
            "reordered",
            |lines| {
                let of = |lines: &[(String, String)], event: &str| -> Vec<usize> {
                    let is_it = |line: &(String, String)| line.1.contains(event);
                    lines.iter().enumerate().filter(|(_, line)| is_it(line)).map(|(at, _)| at).collect()
                };
                let held = of(lines, r#""event":"held""#);
                let second = lines.remove(held[1]);
                lines.insert(held[0], second);
                let decided = of(lines, r#""event":"decided""#);
                let second = lines.remove(decided[1]);
                lines.insert(decided[0], second);
            },
            "decided something else",
        ),
        (
            "appended",
            |lines| {
                let decided = lines.iter().rfind(|line| line.1.contains(r#""event":"decided""#)).unwrap().clone();
                lines.push((decided.0, decided.1.replace(r#""answer":1"#, r#""answer":2"#)));
                let answered = lines.iter().rfind(|line| line.1.contains(r#""event":"answered""#)).unwrap().clone();
                lines.push((answered.0, answered.1.replace(r#""answer":1"#, r#""answer":2"#)));
            },
            "decided something else",
        ),
        (
            "impossible",
            |lines| {
                let closed = lines.iter().rfind(|line| line.1.contains(r#""event":"closed""#)).unwrap().clone();
                let at = closed.1.find(r#""id":""#).unwrap() + 6;
                let unknown =
                    format!("{}0199a000-0000-7000-8000-000000000000{}", &closed.1[..at], &closed.1[at + 36..]);
                lines.push((closed.0, unknown));
            },
            "it has no answer",
        ),
        ("truncated", |lines| lines.truncate(lines.len() - 9), "BOEMİS holds a load that the journal does not know"),
    ];
    for (what, change, told) in changes {
        let copy = trial.copy();
        let (path, mut all) = lines(&copy);
        change(&mut all);
        forge(&path, &all);
        let (code, answer) = audit(&copy, &[]);
        assert_eq!(code, Some(i32::from(what != "nothing")), "{what}: {answer}");
        let cut = what == "truncated" && answer.contains("the journal has");
        assert!(cut || answer.contains(told), "{what}: {answer}");
    }
    // what others keep shows also what was cut off with everything else
    let copy = trial.copy();
    let (path, mut all) = lines(&copy);
    let held = all.iter().rposition(|line| line.1.contains(r#""event":"held""#)).unwrap();
    all.truncate(held);
    forge(&path, &all);
    fs::remove_file(copy.at("w/state/transparency/checkpoint")).unwrap();
    alter(&copy, "DELETE FROM generation_record WHERE submission = (SELECT max(number) FROM submission)");
    alter(&copy, "DELETE FROM submission WHERE number = (SELECT max(number) FROM submission)");
    let acts = copy.at("w/state/seal/acts.log");
    let (code, answer) = audit(&copy, &[]);
    assert!(code == Some(1) && answer.contains("act log"), "{answer}");
    let text = fs::read_to_string(&acts).unwrap();
    fs::write(&acts, &text[..text.trim_end().rfind('\n').unwrap() + 1]).unwrap();
    assert_eq!(audit(&copy, &[]).0, Some(0), "{}", audit(&copy, &[]).1);
    let kept = receipts[4].to_str().unwrap();
    let (code, answer) = audit(&copy, &["--checkpoint", kept]);
    assert!(code == Some(1) && answer.contains("the journal has"), "{answer}");
    assert_eq!(audit(&copy, &["--checkpoint", receipts[3].to_str().unwrap()]).0, Some(0));
}

#[test]
fn what_was_changed_in_boemis_and_evidence_is_named() {
    let (trial, _) = filed();
    let on = |change: &dyn Fn(&Trial), told: &str| {
        let copy = trial.copy();
        change(&copy);
        let (code, answer) = audit(&copy, &[]);
        assert!(code == Some(1) && answer.contains(told), "{told}: {answer}");
    };
    let sql = |statement: &'static str, told: &str| on(&|copy| alter(copy, statement), told);
    sql(
        "UPDATE generation_record SET energy_mwh = energy_mwh + 1 WHERE submission = 2",
        "its rows in BOEMİS were changed",
    );
    sql("DELETE FROM generation_record WHERE submission = 3", "its rows in BOEMİS were changed");
    sql(
        "DELETE FROM generation_record WHERE submission = 5; DELETE FROM submission WHERE number = 5",
        "holds no load of it",
    );
    sql("UPDATE submission SET rows = zeroblob(32) WHERE number = 1", "the digest of its rows in BOEMİS is another");
    sql("UPDATE submission SET revision = 7 WHERE number = 1", "its load mark in BOEMİS is another");
    sql("UPDATE submission SET period = '1999-Q1' WHERE number = 1", "its period in BOEMİS is another");
    sql(
        "UPDATE submission SET received_at = '1999-01-01T00:00:00Z' WHERE number = 1",
        "its time of reception in BOEMİS",
    );
    sql("UPDATE submission SET records = records + 1 WHERE number = 1", "the number of its records in BOEMİS");
    sql("UPDATE submission SET signers = '' WHERE number = 1", "its signers in BOEMİS are others");
    sql("UPDATE submission SET loaded_at = '1999-01-01T00:00:00Z' WHERE number = 1", "its moments in BOEMİS");
    sql("UPDATE submission SET approved_at = '1999-01-01T00:00:00Z' WHERE number = 4", "its moments in BOEMİS");
    sql(
        "DROP VIEW generation_current; CREATE VIEW generation_current AS SELECT * FROM (SELECT station, '1.000' AS \
         energy_mwh, period, submission, participant, revision FROM generation_history)",
        "the view generation_current shows something else",
    );
    sql("DROP VIEW generation_total", "the view generation_total");
    on(
        &|copy| {
            // as somebody would who may write everything: the line's checksum is right
            let path = copy.at("w/state/seal/acts.log");
            let text = fs::read_to_string(&path).unwrap();
            let changed = |line: &str| {
                let json = line[9..].replacen("azerenerji", "azerisiq", 1);
                format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes()))
            };
            fs::write(path, text.lines().map(changed).collect::<String>()).unwrap();
        },
        "the record in it is another than was sealed",
    );
    sql("UPDATE submission SET id = '0199a000-0000-7000-8000-000000000000' WHERE number = 1", "does not know");
    let pack = "w/state/evidence/packs/00000001.pack";
    let damaged = |change: fn(&mut Vec<u8>), told: &str| {
        on(
            &|copy| {
                let mut octets = fs::read(copy.at(pack)).unwrap();
                change(&mut octets);
                fs::write(copy.at(pack), octets).unwrap();
            },
            told,
        );
    };
    damaged(|octets| octets[200] ^= 1, "not those that were kept");
    damaged(|octets| octets.truncate(20), pack);
    on(&|copy| fs::remove_file(copy.at(pack)).unwrap(), "missing");
    let rotten = |copy: &Trial| {
        let path = copy.at("w/state/journal/00000001.log");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, text.replacen("accepted", "rejected", 1)).unwrap();
    };
    on(&rotten, "checksum");
    on(&|copy| fs::remove_file(copy.at("w/state/journal/00000001.log")).unwrap(), "the journal is gone");
    // the nodes are made of the journal: what happens to them is no loss
    let copy = trial.copy();
    fs::write(copy.at("w/state/transparency/nodes"), b"").unwrap();
    assert_eq!(audit(&copy, &[]).0, Some(0));
    file(&copy, "azerenerji", "SU-0001", "2021-Q1");
    assert_eq!(audit(&copy, &[]).0, Some(0));
}

/// An earlier version may have made a view with other words, and a crash may leave rows without a mark.
#[test]
fn what_only_looks_strange_in_boemis_is_no_fault() {
    let (trial, _) = filed();
    let view = trial.sql("SELECT sql FROM sqlite_master WHERE name = 'generation_current'");
    let view = view.trim().replace(" AS SELECT ", "  AS  SELECT ");
    alter(&trial, &format!("DROP VIEW generation_current; {view}"));
    alter(
        &trial,
        "INSERT INTO generation_record SELECT 99, record, station, energy_mwh FROM generation_record LIMIT 1",
    );
    let (code, answer) = trial.json(&["audit", "verify", "--config", "w/pencere.toml"]);
    assert_eq!((code, &answer["unmarked"]), (Some(0), &1.into()), "{answer}");
}

/// The table of findings may say the same better one day, and the receipts were sealed with its words of then.
#[test]
fn other_words_for_a_finding_are_no_alteration_and_another_finding_is() {
    let (trial, _) = filed();
    type Change = fn(&mut OutcomeRecord);
    let audited = |change: Change| {
        let copy = trial.copy();
        let path = copy.at("w/state/seal/acts.log");
        let changed = |line: &str| {
            let mut act: serde_json::Value = serde_json::from_str(&line[9..]).unwrap();
            let mut record: OutcomeRecord = serde_json::from_value(act["record"].take()).unwrap();
            if record.findings.is_empty() {
                return format!("{line}\n");
            }
            change(&mut record);
            act["outcome"] = record.digest().to_string().into();
            act["record"] = serde_json::to_value(record).unwrap();
            let json = act.to_string();
            format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes()))
        };
        let text = fs::read_to_string(&path).unwrap();
        let altered = text.lines().map(changed).collect::<String>();
        assert_ne!(text, altered, "some warn of stations that are left out");
        fs::write(path, altered).unwrap();
        audit(&copy, &[])
    };
    // whatever goes into the sentences alone: they are others now than the seal signed
    let (code, answer) =
        audited(|record| record.findings[0].hint = Some(Hint::fixed("daha aydın sözlər", "clearer \"words\" > these")));
    assert_eq!(code, Some(0), "{answer}");
    let others: [Change; 5] = [
        |record| record.findings[0].code = Code::RuleTotalDiffers,
        |record| record.findings[0].place.line = Some(7),
        |record| drop(record.findings.remove(0)),
        |record| record.records = Some(9),
        |record| record.period = Some("1999-Q1".to_owned()),
    ];
    for (n, change) in others.into_iter().enumerate() {
        let (code, answer) = audited(change);
        let told = answer.contains("the record in it says something else than was decided");
        assert!(code == Some(1) && told, "{n}: {answer}");
    }
}

#[test]
fn receipts_of_an_earlier_seal_are_held_against_the_journal_and_continued() {
    let (trial, _) = filed();
    let renewed = ["req", "-x509", "-new", "-key", "w/pki/seal.key", "-out", "w/pki/seal.crt", "-subj", "/CN=Möhür"];
    trial.succeeds("openssl", &[&renewed[..], &["-utf8", "-days", "30"]].concat());
    file(&trial, "azerenerji", "SU-0001", "2020-Q4");
    let (code, answer) = trial.json(&["audit", "verify", "--config", "w/pencere.toml"]);
    let counted = (&answer["earlier"], &answer["receipts"]);
    assert_eq!((code, counted), (Some(0), (&5.into(), &1.into())), "{answer}");
    let changed = |event: &str, change: fn(&str) -> String| {
        let copy = trial.copy();
        let (path, mut all) = lines(&copy);
        let line = all.iter_mut().find(|line| line.1.contains(event)).unwrap();
        line.1 = change(&line.1);
        forge(&path, &all);
        audit(&copy, &[])
    };
    let (code, answer) =
        changed(r#""event":"held""#, |line| line.replacen(r#""received":"20"#, r#""received":"19"#, 1));
    assert!(code == Some(1) && answer.contains("the journal says another time of reception"), "{answer}");
    let (code, answer) =
        changed(r#""event":"answered""#, |line| line.replacen(r#""period":"2020"#, r#""period":"1999"#, 1));
    assert!(code == Some(1) && answer.contains("the journal says another period"), "{answer}");
    let (code, answer) = changed(r#""event":"answered""#, |line| line.replacen("-000001", "-000009", 1));
    assert!(code == Some(1) && answer.contains("it says something else than the journal"), "{answer}");
}

#[test]
fn two_parties_see_together_whether_they_were_shown_one_history() {
    let (trial, _) = filed();
    let compare = |one: &Path, other: &Path| {
        let (one, other) = (one.to_str().unwrap(), other.to_str().unwrap());
        trial.json(&["audit", "compare", one, other])
    };
    let (one, other) = (trial.side("azerenerji", "receipts"), trial.side("azerisiq", "receipts"));
    let (code, answer) = compare(&one, &other);
    assert_eq!((code, &answer["fits"]), (Some(0), &true.into()), "{answer}");
    assert_eq!(answer["logs"], serde_json::json!(["pencere/trial"]));
    let (code, answer) = compare(&one, &one);
    assert_eq!((code, &answer["one_history"]), (Some(0), &true.into()), "{answer}");
    // the same window, shown two ways from here on
    let fork = trial.copy();
    file(&trial, "azerenerji", "SU-0001", "2021-Q1");
    file(&fork, "azerisiq", "KUL-0001", "2021-Q1");
    assert_eq!((audit(&trial, &[]).0, audit(&fork, &[]).0), (Some(0), Some(0)), "each fits itself");
    let (code, answer) = compare(&one, &fork.side("azerisiq", "receipts"));
    assert_eq!((code, &answer["fits"]), (Some(1), &false.into()), "{answer}");
    assert!(answer["contradiction"].as_str().unwrap().contains("two states of one log"), "{answer}");
    let (code, answer) = audit(&trial, &["--checkpoint", fork.side("azerisiq", "receipts").to_str().unwrap()]);
    assert!(code == Some(1) && answer.contains("were others when it was signed"), "{answer}");
}

/// An audit that read the journal first took a later checkpoint of the running window for one of a longer log.
#[test]
fn a_checkpoint_laid_while_the_journal_is_read_is_no_fault() {
    let trial = Trial::new();
    file(&trial, "azerenerji", "SU-0001", "2020-Q1");
    // whoever reads the checkpoint waits here until a later one is there
    let checkpoint = trial.at("w/state/transparency/checkpoint");
    trial.succeeds("mkfifo", &["wait"]);
    fs::remove_file(&checkpoint).unwrap();
    fs::hard_link(trial.at("wait"), &checkpoint).unwrap();
    let (code, answer) = std::thread::scope(|scope| {
        let audit = scope.spawn(|| audit(&trial, &[]));
        std::thread::sleep(std::time::Duration::from_millis(500)); // one that begins with the journal has read it
        file(&trial, "azerenerji", "SU-0001", "2020-Q2");
        fs::write(trial.at("wait"), fs::read(&checkpoint).unwrap()).unwrap();
        audit.join().unwrap()
    });
    assert_eq!(code, Some(0), "{answer}");
}
