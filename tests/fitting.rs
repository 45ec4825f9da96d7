//! The window's own records are of one past, or it does not start: no number is given twice, and the log does not fork.

#[path = "window/trial.rs"]
mod trial;

use std::fs;
use std::path::PathBuf;
use trial::{Trial, generation, said, voen};

/// Files a statement and gives the exit code and what was said.
fn file(trial: &Trial, period: &str) -> (Option<i32>, String) {
    let name = format!("{period}.xml");
    let text = generation(voen("azerenerji"), period, 1, "SU-0001", "100.000");
    trial.put("azerenerji", &name, trial.signed(&name, text, "azerenerji"));
    once(trial)
}

fn once(trial: &Trial) -> (Option<i32>, String) {
    let output = trial.pencere(&["once", "--config", "w/pencere.toml"]);
    (output.status.code(), said(&output))
}

fn audit(trial: &Trial) -> (Option<i32>, String) {
    let output = trial.pencere(&["audit", "verify", "--config", "w/pencere.toml"]);
    (output.status.code(), said(&output))
}

/// The codes of what `status` finds wrong.
fn problems(trial: &Trial) -> Vec<String> {
    let (_, answer) = trial.json(&["status"]);
    let problems = answer["problems"].as_array().unwrap();
    problems.iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect()
}

/// A window that has answered so many statements.
fn filed(count: u32) -> Trial {
    let trial = Trial::new();
    trial.set("settle", "\"1ms\"");
    trial.set("segment_max", "\"8KiB\"");
    for n in 0..count {
        let (code, said) = file(&trial, &format!("{}-Q{}", 2020 + n / 4, n % 4 + 1));
        assert_eq!(code, Some(0), "{said}");
    }
    assert!(problems(&trial).is_empty());
    assert_eq!(audit(&trial).0, Some(0), "{}", audit(&trial).1);
    trial
}

fn acts(trial: &Trial) -> PathBuf {
    trial.at("w/state/seal/acts.log")
}

/// Halts, changes nothing of its act log, and both `status` and `audit verify` know why.
fn assert_halts(case: &str, trial: &Trial, wanted: &str) {
    let before = fs::read(acts(trial)).unwrap_or_default();
    let (code, said) = file(trial, "2030-Q1");
    assert_eq!(code, Some(3), "{case}: {said}");
    assert!(said.contains(wanted) && said.contains("pencere restore"), "{case}: {said}");
    assert_eq!(fs::read(acts(trial)).unwrap_or_default(), before, "{case}: nothing was cut off or sealed");
    let (code, said) = audit(trial);
    assert_eq!(code, Some(1), "{case}: {said}");
}

#[test]
fn a_bit_that_flipped_in_the_last_act_is_damage_and_its_number_is_not_given_again() {
    let trial = filed(3);
    let whole = fs::read(acts(&trial)).unwrap();
    let last = whole[..whole.len() - 1].iter().rposition(|&octet| octet == b'\n').unwrap() + 1;
    for at in [last, last + 300, whole.len() - 1] {
        let mut octets = whole.clone();
        octets[at] ^= 1;
        fs::write(acts(&trial), octets).unwrap();
        assert_halts(&format!("octet {at}"), &trial, "acts.log");
    }
    fs::write(acts(&trial), &whole).unwrap();
    let (code, said) = once(&trial);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn an_act_log_that_lost_its_end_gives_no_number_twice() {
    let trial = filed(4);
    let whole = fs::read(acts(&trial)).unwrap();
    let lines: Vec<&[u8]> = whole.split_inclusive(|&octet| octet == b'\n').collect();
    assert_eq!(lines.len(), 4);
    let cases = [("emptied", 0), ("older", 2), ("without its last line", 3)];
    for (case, kept) in cases {
        fs::write(acts(&trial), lines[..kept].concat()).unwrap();
        assert_halts(case, &trial, "lacks the receipt");
        assert!(problems(&trial).contains(&"acts-behind".to_owned()), "{case}: {:?}", problems(&trial));
    }
    fs::remove_file(acts(&trial)).unwrap();
    assert_halts("deleted", &trial, "lacks the receipt");
    // one that breaks off within its last line, whose answer is known
    fs::write(acts(&trial), &whole[..whole.len() - 20]).unwrap();
    let (code, said) = once(&trial);
    assert!(code == Some(3) && said.contains("lacks the receipt"), "{said}");
    fs::write(acts(&trial), &whole).unwrap();
    let (code, said) = once(&trial);
    assert_eq!(code, Some(0), "{said}");
}

/// What a loss of power tore of an act that was never synced is nobody's number.
#[test]
fn an_act_that_a_loss_of_power_tore_is_cut_off_and_said() {
    let trial = filed(2);
    let whole = fs::read(acts(&trial)).unwrap();
    for torn in [b"0123abcd {\"act\":3,\"ye".to_vec(), vec![0; 2000]] {
        fs::write(acts(&trial), [&whole[..], &torn].concat()).unwrap();
        let (code, said) = once(&trial);
        assert!(code == Some(0) && said.contains("never finished"), "{said}");
    }
    let (code, said) = file(&trial, "2030-Q1");
    assert_eq!(code, Some(0), "{said}");
    let now = fs::read(acts(&trial)).unwrap();
    let lines = |octets: &[u8]| octets.split_inclusive(|&octet| octet == b'\n').count();
    assert!(now.starts_with(&whole) && lines(&now) == lines(&whole) + 1 && !now.contains(&0), "cut off, then written");
    assert_eq!(audit(&trial).0, Some(0), "{}", audit(&trial).1);
}

/// A sector of zeros among durable acts is damage, not a write that was never finished: nothing behind it is thrown
/// away, in a restored window neither, of which the next number lies far behind the last.
#[test]
fn a_hole_among_durable_acts_takes_nothing_away() {
    let trial = filed(3);
    let hole = |trial: &Trial| {
        let mut octets = fs::read(acts(trial)).unwrap();
        octets[1024..1536].fill(0);
        fs::write(acts(trial), octets).unwrap();
    };
    trial.done(&["backup", "copy"]);
    trial.done(&["restore", "copy", "restored"]);
    hole(&trial);
    assert_halts("a hole", &trial, "lacks the receipt");
    let restored = trial.empty();
    fs::rename(trial.at("restored"), restored.at("w")).unwrap();
    hole(&restored);
    let before = fs::read(acts(&restored)).unwrap();
    let (code, said) = once(&restored);
    assert!(code == Some(3) && said.contains("lacks the receipt"), "{said}");
    assert_eq!(fs::read(acts(&restored)).unwrap(), before);
}

/// Anybody who can write into the state folder can write this; the log's key alone promises.
#[test]
fn a_checkpoint_that_the_log_s_key_did_not_sign_promises_nothing() {
    let trial = filed(2);
    let path = trial.at("w/state/transparency/checkpoint");
    let signed = fs::read_to_string(&path).unwrap();
    let mut lines: Vec<&str> = signed.lines().collect();
    lines[1] = "999";
    fs::write(&path, lines.join("\n") + "\n").unwrap();
    let (code, said) = file(&trial, "2030-Q1");
    assert!(code == Some(0) && said.contains("this is no checkpoint"), "{said}");
    assert_eq!(audit(&trial).0, Some(0), "{}", audit(&trial).1);
}

/// Ends and begins again by systemd: what is wrong is said once, not at each start.
#[test]
fn a_start_that_halts_again_and_again_is_journalled_once() {
    let trial = filed(2);
    let halts = || {
        let names = fs::read_dir(trial.at("w/state/journal")).unwrap().map(|entry| entry.unwrap().path());
        let logs = names.filter(|path| path.extension().is_some_and(|end| end == "log"));
        logs.map(|path| fs::read_to_string(path).unwrap().matches("\"halted\"").count()).sum::<usize>()
    };
    let database = trial.at("w/state/boemis.sqlite");
    fs::write(&database, "this is no database, and long enough to be looked at as one").unwrap();
    for _ in 0..3 {
        assert_eq!(once(&trial).0, Some(3));
    }
    assert_eq!(halts(), 1);
}

#[test]
fn a_journal_that_lost_its_durable_end_halts_and_the_log_does_not_fork() {
    let trial = filed(6);
    let segments = || {
        let names = fs::read_dir(trial.at("w/state/journal")).unwrap().map(|entry| entry.unwrap().path());
        let mut logs: Vec<PathBuf> = names.filter(|path| path.extension().is_some_and(|end| end == "log")).collect();
        logs.sort();
        logs
    };
    let all = segments();
    assert!(all.len() > 3, "{all:?}");
    let checkpoint = trial.at("w/state/transparency/checkpoint");
    let promised = fs::read(&checkpoint).unwrap();
    // whatever of the three promises is there: the checkpoint, the nodes, the last act
    for gone in [vec![], vec!["checkpoint"], vec!["nodes"], vec!["checkpoint", "nodes"]] {
        let trial = trial.copy();
        let state = trial.at("w/state");
        for path in &all[all.len() - 2..] {
            fs::remove_file(state.join("journal").join(path.file_name().unwrap())).unwrap();
        }
        for name in &gone {
            fs::remove_file(state.join("transparency").join(name)).unwrap();
        }
        let left = |state: &std::path::Path| {
            let files = fs::read_dir(state.join("journal")).unwrap().map(|entry| entry.unwrap());
            let sizes = files.map(|file| (file.file_name(), file.metadata().unwrap().len()));
            sizes.collect::<std::collections::BTreeMap<_, _>>()
        };
        let before = left(&state);
        let (code, said) = once(&trial);
        assert!(code == Some(3) && said.contains("pencere restore"), "{gone:?}: {code:?} {said}");
        assert_eq!(left(&state), before, "{gone:?}: not even the halt is written into it");
        if !gone.contains(&"checkpoint") {
            // the loads are this window's own, whatever the journal has lost
            assert!(!problems(&trial).contains(&"loaded-by-others".to_owned()), "{:?}", problems(&trial));
            assert_eq!(fs::read(state.join("transparency/checkpoint")).unwrap(), promised);
            assert!(problems(&trial).contains(&"journal-behind".to_owned()), "{:?}", problems(&trial));
        }
        for path in &all[all.len() - 2..] {
            fs::copy(path, state.join("journal").join(path.file_name().unwrap())).unwrap();
        }
        let (code, said) = once(&trial);
        assert_eq!(code, Some(0), "{gone:?}: put back: {said}");
    }
}

/// A file that somebody laid beside the segments was taken for one of them.
#[test]
fn a_stray_file_in_the_journal_s_folder_is_no_segment() {
    let trial = filed(2);
    for name in ["3.log", "000000003.log", "+0000009.log", "copy.log"] {
        fs::write(trial.at("w/state/journal").join(name), b"notes").unwrap();
    }
    let (code, said) = file(&trial, "2030-Q1");
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(audit(&trial).0, Some(0), "{}", audit(&trial).1);
}
