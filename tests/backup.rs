//! Copies of a window that goes on, windows made from them, the reserve that follows, and what is put back from it.
//!
//! The windows are real processes under load; what they leave is looked at with sqlite3, sha256sum and pencere itself.

#[path = "samples/receipt.rs"]
#[allow(dead_code)] // the walk over the samples uses all of it
mod receipt;
#[path = "window/trial.rs"]
mod trial;

use jiff::Timestamp;
use pencere::config::Config;
use pencere::daemon::holdings;
use pencere::host::{Disk, Fault, Faults};
use pencere::reserve::{self, MANIFEST};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use trial::{PARTICIPANTS, Trial, eventually, generation, said, voen};

/// So many documents are dropped while copies are made; `PENCERE_COPIES` makes more.
fn count() -> usize {
    std::env::var("PENCERE_COPIES").ok().map_or(240, |text| text.parse().expect("a number"))
}

/// Signed statements, each of a quarter of its own: name and octets.
fn documents(trial: &Trial, from: usize, count: usize) -> Vec<(String, Vec<u8>)> {
    let names: Vec<String> = (from..from + count).map(|n| format!("{n:05}.xml")).collect();
    fs::create_dir_all(trial.at("signed")).unwrap();
    for (n, name) in (from..).zip(&names) {
        let period = format!("{}-Q{}", 1955 + n / 4 % 70, n % 4 + 1);
        let text = generation(voen("azerenerji"), &period, 1 + n as u32 / 280, "SU-0001", &format!("{}.000", 100 + n));
        fs::write(trial.at(name), text).unwrap();
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let keys = ["--key", "w/pki/azerenerji.key", "--cert", "w/pki/azerenerji.crt", "--out-dir", "signed"];
    trial.done(&[&["sign"][..], &names, &keys].concat());
    let read = |name: &&str| {
        let signed = trial.at("signed").join(name.replace(".xml", ".signed.xml"));
        ((*name).to_owned(), fs::read(signed).unwrap())
    };
    names.iter().map(read).collect()
}

/// A command on the window with this configuration: exit code and what it answers in JSON.
fn json(trial: &Trial, config: &Path, arguments: &[&str]) -> (Option<i32>, Value) {
    let config = config.to_str().unwrap();
    trial.json(&[arguments, &["--config", config]].concat())
}

fn sql(database: &Path, sql: &str) -> Vec<String> {
    let output = Command::new("sqlite3").arg("-readonly").arg(database).arg(sql).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// The journal's events of one kind, read by their JSON.
fn events(window: &Path, kind: &str) -> Vec<Value> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(window.join("state/journal")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "log"));
    files.sort();
    let text: String = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let entry = |line: &str| serde_json::from_str::<Value>(line.splitn(4, ' ').nth(3)?).ok();
    text.lines().filter_map(entry).filter(|entry| entry["event"] == kind).collect()
}

fn acts(window: &Path, act: &str) -> Vec<Value> {
    events(window, "act").into_iter().filter(|entry| entry["act"] == act).collect()
}

/// Ids of what the journal says was accepted.
fn accepted(window: &Path) -> BTreeSet<String> {
    let answers = events(window, "answered").into_iter().filter(|entry| entry["decision"] == "accepted");
    answers.map(|entry| entry["id"].as_str().unwrap().to_owned()).collect()
}

/// Receipts in the window's folders by submission: their numbers.
fn numbers(window: &Path) -> BTreeMap<String, Vec<String>> {
    let mut numbers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for participant in PARTICIPANTS {
        for entry in fs::read_dir(window.join("drop").join(participant).join("receipts")).into_iter().flatten() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if name.ends_with(".xml") && !name.starts_with('.') {
                let text = fs::read_to_string(&path).unwrap();
                let id = receipt::attribute(&text, "Receipt", "id").unwrap().to_owned();
                numbers.entry(id).or_default().push(receipt::attribute(&text, "Receipt", "number").unwrap().to_owned());
            }
        }
    }
    numbers
}

fn set_in(window: &Path, key: &str, value: &str) {
    let path = window.join("pencere.toml");
    let text = fs::read_to_string(&path).unwrap();
    let line = text.lines().find(|line| line.starts_with(&format!("{key} = "))).unwrap().to_owned();
    fs::write(path, text.replace(&format!("\n{line}\n"), &format!("\n{key} = {value}\n"))).unwrap();
}

// S 8.1.4 items 1, 7
#[test]
fn a_copy_made_under_load_is_a_window_that_goes_on_where_it_was() {
    let trial = Trial::new();
    trial.set("settle", "\"1ms\"");
    let documents = documents(&trial, 0, count());
    let daemon = trial.run();
    let mut copies = Vec::new();
    std::thread::scope(|scope| {
        let dropping = scope.spawn(|| {
            for (name, octets) in &documents {
                trial.put("azerenerji", name, octets);
                std::thread::sleep(std::time::Duration::from_millis(4));
            }
        });
        for n in 0.. {
            let (code, answer) = trial.json(&["backup", &format!("b{n}")]);
            assert_eq!((code, &answer["fits"]), (Some(0), &Value::Bool(true)), "{answer}");
            copies.push(answer);
            if dropping.is_finished() && n >= 3 {
                break;
            }
        }
    });
    trial.answer("azerenerji", &documents.last().unwrap().0);
    daemon.end();
    let sizes: BTreeSet<u64> = copies.iter().map(|copy| copy["submissions"].as_u64().unwrap()).collect();
    assert!(sizes.len() > 2, "all copies are of one moment: {sizes:?}");
    let original = numbers(&trial.at("w"));
    assert_eq!(original.len(), documents.len());
    assert_eq!(acts(&trial.at("w"), "backed-up").len(), copies.len());

    // some of them, evenly; all where more are asked for
    let step = if std::env::var_os("PENCERE_COPIES").is_some() { 1 } else { copies.len().div_ceil(6) };
    for n in (0..copies.len()).step_by(step) {
        let (backup, window) = (trial.at(format!("b{n}")), trial.at(format!("r{n}")));
        let sums = trial.tool("sha256sum", &["-c", "--quiet", "SHA256SUMS"]).current_dir(&backup).output().unwrap();
        assert!(sums.status.success(), "{}", said(&sums));
        assert_eq!(sql(&backup.join("state/boemis.sqlite"), "PRAGMA integrity_check"), ["ok"]);
        // each load is of a submission that the journal holds, and each acceptance has its load
        let loads: BTreeSet<String> =
            sql(&backup.join("state/boemis.sqlite"), "SELECT id FROM submission").into_iter().collect();
        let held: BTreeSet<String> =
            events(&backup, "held").iter().map(|entry| entry["id"].as_str().unwrap().to_owned()).collect();
        assert!(loads.is_subset(&held), "copy {n}");
        assert!(accepted(&backup).is_subset(&loads), "copy {n}");

        let (code, answer) = trial.json(&["restore", &format!("b{n}"), &format!("r{n}")]);
        assert_eq!(code, Some(0), "{answer}");
        let config = window.join("pencere.toml");
        let before = accepted(&window);
        let output = trial.pencere(&["once", "--config", config.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        assert_eq!(json(&trial, &config, &["audit", "verify"]).0, Some(0));
        // what was open is finished: all that was held is accepted, once, and loaded once
        let after = accepted(&window);
        assert_eq!(after, held, "copy {n}");
        let loaded = sql(&window.join("state/boemis.sqlite"), "SELECT id FROM submission ORDER BY id");
        assert_eq!(loaded, after.iter().cloned().collect::<Vec<_>>(), "copy {n}");
        // what was answered before is answered as it was; what is answered now has a number that is nobody's
        let given: BTreeSet<&String> = original.values().flatten().collect();
        for (id, numbers) in numbers(&window) {
            assert_eq!(numbers.len(), 1, "copy {n}: {id} {numbers:?}");
            match before.contains(&id) {
                true => assert_eq!(Some(&numbers), original.get(&id), "copy {n}"),
                false => assert!(!given.contains(&numbers[0]), "copy {n}: {id} {numbers:?}"),
            }
        }
        assert_eq!(acts(&window, "restored").len(), 1);
    }

    // what the restored window is given again is answered under new numbers; a duplicate is one
    let window = trial.at("r0");
    let again = window.join("drop/azerenerji/in");
    for (name, octets) in [&documents[0], documents.last().unwrap()] {
        fs::write(again.join(name), octets).unwrap();
    }
    let output = trial.pencere(&["once", "--config", window.join("pencere.toml").to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let given: BTreeSet<&String> = original.values().flatten().collect();
    let fresh = numbers(&window).into_iter().filter(|(id, _)| !original.contains_key(id)).collect::<Vec<_>>();
    assert_eq!(fresh.len(), 2, "{fresh:?}");
    assert!(fresh.iter().flat_map(|(_, numbers)| numbers).all(|number| !given.contains(number)), "{fresh:?}");
}

/// A window with some answers, stopped, and its backup in `b`.
fn small() -> Trial {
    let trial = Trial::new();
    trial.set("settle", "\"1ms\"");
    // a receipt is larger: it becomes an object
    trial.set("pack_entry_max", "\"4KiB\"");
    for (name, octets) in documents(&trial, 0, 5) {
        trial.put("azerenerji", name, octets);
    }
    trial.done(&["once"]);
    trial.done(&["backup", "b"]);
    trial
}

/// What is done to a file.
type Harm<'a> = &'a dyn Fn(&Path);

#[test]
fn what_is_not_whole_is_refused_and_nothing_is_made() {
    let trial = small();
    let (config, empty) = (trial.at("w/pencere.toml"), trial.at("empty"));
    assert_eq!(json(&trial, &config, &["backup", "b"]).0, Some(2), "the folder is not empty");
    assert_eq!(trial.pencere(&["restore", "b", "w"]).status.code(), Some(2));
    fs::create_dir(&empty).unwrap();
    assert_eq!(trial.pencere(&["restore", "empty", "r"]).status.code(), Some(2));

    let files: Vec<String> = fs::read_to_string(trial.at("b/SHA256SUMS"))
        .unwrap()
        .lines()
        .map(|line| line.split_once("  ").unwrap().1.to_owned())
        .collect();
    assert!(files.len() > 10, "{files:?}");
    let damage: [(&str, Harm); 4] = [
        ("changed", &|file| {
            let mut octets = fs::read(file).unwrap();
            let middle = octets.len() / 2;
            octets[middle] ^= 1;
            fs::write(file, octets).unwrap();
        }),
        ("cut", &|file| {
            let octets = fs::read(file).unwrap();
            fs::write(file, &octets[..octets.len() - 1]).unwrap();
        }),
        ("longer", &|file| {
            let octets = fs::read(file).unwrap();
            fs::write(file, [octets.as_slice(), b"\n"].concat()).unwrap();
        }),
        ("missing", &|file| fs::remove_file(file).unwrap()),
    ];
    for name in files.iter().filter(|name| name.starts_with("state/") || !name.contains('/')) {
        for (what, change) in &damage {
            let (file, kept) = (trial.at("b").join(name), trial.at("kept"));
            fs::copy(&file, &kept).unwrap();
            change(&file);
            let (code, answer) = trial.json(&["restore", "b", "r"]);
            fs::copy(&kept, &file).unwrap();
            assert_eq!((code, &answer["fits"]), (Some(1), &Value::Bool(false)), "{name} {what}: {answer}");
            assert!(answer["first_unfit"].as_str().unwrap().contains(name.as_str()), "{name} {what}: {answer}");
            assert_eq!(fs::read_dir(trial.at("r")).unwrap().count(), 0, "{name} {what}");
        }
    }
    // a list that leads out of the folder, or is none
    let list = fs::read_to_string(trial.at("b/SHA256SUMS")).unwrap();
    for bad in [list.replace("state/seal", "../state/seal"), list.replace("  ", " "), String::new()] {
        fs::write(trial.at("b/SHA256SUMS"), bad).unwrap();
        assert_eq!(trial.json(&["restore", "b", "r"]).0, Some(1));
    }
    fs::write(trial.at("b/SHA256SUMS"), &list).unwrap();
    assert_eq!(trial.json(&["restore", "b", "r"]).0, Some(0));
}

#[test]
fn a_disk_that_fails_at_any_step_leaves_no_backup_and_no_window() {
    let trial = small();
    let config = Config::load(&trial.at("w/pencere.toml"), Timestamp::now()).unwrap();
    let holdings = holdings(&config, config.world()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let back_up = |disk: &Disk, to: &Path| {
        fs::create_dir(to).unwrap();
        runtime.block_on(reserve::take(disk, &holdings, to, Timestamp::now(), &|_| {}))?.finish(disk)
    };
    let lay = |disk: &Disk, to: &Path| {
        fs::create_dir(to).unwrap();
        reserve::lay(disk, &trial.at("whole"), to, &|_| {})
    };
    let counted = Faults::none();
    back_up(&Disk::faulty(counted.clone()), &trial.at("whole")).unwrap();
    let steps = counted.steps();
    let counted = Faults::none();
    lay(&Disk::faulty(counted.clone()), &trial.at("window")).unwrap().unwrap();
    assert!(steps > 100 && counted.steps() > 100, "{steps} {}", counted.steps());
    let part = trial.at("part");
    for fault in [Fault::Lasting(28), Fault::Death] {
        for n in (1..=steps).filter(|n| n % 9 == 0 || *n + 9 > steps) {
            let made = back_up(&Disk::faulty(Faults::at(n, fault)), &part);
            assert!(made.is_err(), "step {n}");
            // only at the very last step may it be whole all the same
            let is_whole = part.join(MANIFEST).exists();
            assert!(!is_whole || (n == steps && trial.json(&["restore", "part", "again"]).0 == Some(0)), "step {n}");
            fs::remove_dir_all(&part).unwrap();
            let _ = fs::remove_dir_all(trial.at("again"));
        }
        for n in (1..=counted.steps()).filter(|n| n % 9 == 0 || *n + 9 > counted.steps()) {
            // what cannot be read for want of a step is not what was copied: an answer, or a fault
            let laid = lay(&Disk::faulty(Faults::at(n, fault)), &part);
            assert!(!matches!(laid, Ok(Ok(_))), "step {n}");
            assert!(!part.join("pencere.toml").exists() || n == counted.steps(), "step {n}");
            fs::remove_dir_all(&part).unwrap();
        }
    }
    assert_eq!(trial.json(&["audit", "verify"]).0, Some(0));
}

#[test]
fn paths_that_lead_elsewhere_lead_into_the_copy() {
    let trial = Trial::new();
    fs::create_dir_all(trial.at("other/certs")).unwrap();
    for name in ["w/registry.toml", "w/stations.toml"] {
        fs::rename(trial.at(name), trial.at("other").join(Path::new(name).file_name().unwrap())).unwrap();
    }
    for name in PARTICIPANTS {
        fs::rename(trial.at(format!("w/pki/{name}.crt")), trial.at(format!("other/certs/{name}.crt"))).unwrap();
    }
    fs::rename(trial.at("w/pki/ca.crt"), trial.at("other/anchor.pem")).unwrap();
    let registry = fs::read_to_string(trial.at("other/registry.toml")).unwrap();
    fs::write(trial.at("other/registry.toml"), registry.replace("\"pki/", "\"certs/")).unwrap();
    let at = |name: &str| format!("{:?}", trial.at(name).to_str().unwrap());
    trial.set("registry", &at("other/registry.toml"));
    trial.set("stations", "\"../other/stations.toml\" # beside");
    trial.set("anchors", &format!("[{}]", at("other/anchor.pem")));
    trial.set("state", &at("far"));
    trial.set("url", &format!("\"sqlite://{}\"", trial.at("far/base/boemis.sqlite").to_str().unwrap()));
    fs::create_dir_all(trial.at("far/base")).unwrap();
    trial.set("reserve.to", &format!("\"file://{}\"", trial.at("reserve").to_str().unwrap()));
    trial.done(&["once"]);
    let (code, answer) = trial.json(&["backup", "b"]);
    assert_eq!(code, Some(0), "{answer}");
    let (code, answer) = trial.json(&["restore", "b", "r"]);
    assert_eq!(code, Some(0), "{answer}");
    let moved: BTreeMap<&str, &str> = answer["moved"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["key"].as_str().unwrap(), one["is"].as_str().unwrap()))
        .collect();
    assert_eq!(moved["window.stations"], "stations.toml");
    assert_eq!((moved["window.state"], moved["boemis.url"]), ("state", "sqlite://state/base/boemis.sqlite"));
    assert_eq!((moved["trust.anchors"], moved["reserve.to"]), ("pki/elsewhere/anchor.pem", "none"));
    assert!(fs::read_to_string(trial.at("r/pencere.toml")).unwrap().contains("stations = \"stations.toml\" # beside"));
    // nothing of the old places is needed
    fs::rename(trial.at("other"), trial.at("gone")).unwrap();
    fs::rename(trial.at("w"), trial.at("old")).unwrap();
    fs::rename(trial.at("far"), trial.at("farther")).unwrap();
    let config = trial.at("r/pencere.toml");
    assert_eq!(json(&trial, &config, &["config", "check"]).0, Some(0));
    assert_eq!(json(&trial, &config, &["once"]).0, Some(0));
}

// S 8.1.4 item 1
#[test]
fn private_keys_of_a_real_window_stay_where_they_are() {
    let trial = Trial::new();
    // a PKI that is not a trial's, for a window that is not for trials
    fs::create_dir(trial.at("p")).unwrap();
    let openssl = |arguments: &[&str]| drop(trial.succeeds("openssl", arguments));
    let new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "300"];
    for (name, subject) in [("ca", "/O=Mərkəz/CN=Mərkəz"), ("seal", "/O=Pəncərə/CN=Möhür")] {
        let (key, crt) = (format!("p/{name}.key"), format!("p/{name}.crt"));
        openssl(&[&new[..], &["-utf8", "-subj", subject, "-keyout", &key, "-out", &crt]].concat());
    }
    for name in ["ca.crt", "seal.crt", "seal.key"] {
        fs::rename(trial.at("p").join(name), trial.at("w/pki").join(name)).unwrap();
    }
    trial.set("environment", "\"production\"");
    let registry = "[participants.energetika]\nname = \"Energetika Nazirliyi\"\nvoen = \"9990000221\"\nowner = true\n\
                    datasets = [\"generation\"]\nsuspended = false\n";
    fs::write(trial.at("w/registry.toml"), registry).unwrap();
    let stations = fs::read_to_string(trial.at("w/stations.toml")).unwrap();
    let stations = stations.replace("\"azerenerji\"", "\"energetika\"").replace("\"azerisiq\"", "\"energetika\"");
    fs::write(trial.at("w/stations.toml"), stations).unwrap();
    let (code, answer) = trial.json(&["backup", "b"]);
    assert_eq!(code, Some(0), "{answer}");
    let left_out = answer["left_out"].to_string();
    assert!(left_out.contains("pki/seal.key") && left_out.contains("pki/log.key"), "{answer}");
    let found = trial.tool("grep", &["-rl", "PRIVATE KEY", "b"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&found.stdout), "");
    assert_eq!(trial.json(&["restore", "b", "r"]).0, Some(0), "it verifies without the key");
    let config = trial.at("r/pencere.toml");
    assert_eq!(json(&trial, &config, &["once"]).0, Some(2), "and does not begin without it");
    fs::copy(trial.at("w/pki/seal.key"), trial.at("r/pki/seal.key")).unwrap();
    let once = trial.pencere(&["once", "--config", config.to_str().unwrap()]);
    assert_ne!(once.status.code(), Some(0), "nor without the log's, and makes no other");
    assert!(said(&once).contains("transparency log") && said(&once).contains("log.key"), "{}", said(&once));
    assert!(!trial.at("r/pki/log.key").exists());
    fs::copy(trial.at("w/pki/log.key"), trial.at("r/pki/log.key")).unwrap();
    assert_eq!(json(&trial, &config, &["once"]).0, Some(0));
    // nor does the key go that the window made by itself and keeps in its state folder
    let text = fs::read_to_string(trial.at("w/pencere.toml")).unwrap();
    let text = text.replace("key = \"pki/log.key\"\n", "").replace("certificate = \"pki/log.crt\"\n", "");
    fs::write(trial.at("w/pencere.toml"), text).unwrap();
    trial.done(&["once"]);
    assert!(trial.at("w/state/transparency/log.key").exists());
    let (_, answer) = trial.json(&["backup", "own"]);
    assert!(answer["left_out"].to_string().contains("transparency/log.key"), "{answer}");
    let found = trial.tool("grep", &["-rl", "PRIVATE KEY", "own"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&found.stdout), "");
    assert!(trial.at("own/state/transparency/log.crt").exists());
}

#[test]
fn nothing_that_a_copy_says_leads_out_of_the_restored_window() {
    let trial = small();
    let to = with_reserve(&trial);
    let daemon = trial.run();
    eventually("a reserve that has everything", || reserve_is_current(&trial));
    daemon.end();
    let path = trial.at("reserve/reserve.json");
    let good = fs::read_to_string(&path).unwrap();
    let outside = trial.at("outside");
    for (n, name) in ["files", "state", "database"].into_iter().enumerate() {
        for (m, place) in ["../outside", outside.to_str().unwrap()].into_iter().enumerate() {
            let mut standing: Value = serde_json::from_str(&good).unwrap();
            match name {
                "files" => {
                    let digest = standing["files"]["pencere.toml"].clone();
                    standing["files"][place] = digest;
                }
                name => standing[name] = place.into(),
            }
            fs::write(&path, standing.to_string()).unwrap();
            let (code, answer) = trial.json(&["restore", &to, &format!("r{n}{m}")]);
            assert!(code != Some(0) && !outside.exists(), "{name} {place}: {answer}");
        }
    }
    fs::write(&path, good).unwrap();
    // a backup's configuration that names another window's folders, with its digest made right
    let state = trial.at("w/state");
    let text = fs::read_to_string(trial.at("b/pencere.toml")).unwrap();
    let text = text.replace("state = \"state\"", &format!("state = {:?}", state.to_str().unwrap()));
    fs::write(trial.at("b/pencere.toml"), text).unwrap();
    let sums = fs::read_to_string(trial.at("b/SHA256SUMS")).unwrap();
    let sum = String::from_utf8(trial.succeeds("sha256sum", &["b/pencere.toml"]).stdout).unwrap();
    let sums: String = sums
        .lines()
        .map(|line| match line.ends_with("  pencere.toml") {
            true => format!("{}  pencere.toml\n", &sum[..64]),
            false => format!("{line}\n"),
        })
        .collect();
    fs::write(trial.at("b/SHA256SUMS"), sums).unwrap();
    let before = fs::read(state.join("journal/00000001.log")).unwrap();
    let left = || fs::read_dir(state.join("notes")).map_or(0, Iterator::count);
    let notes = left();
    let output = trial.pencere(&["restore", "b", "r"]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(said(&output).contains("leads out of the restored window"), "{}", said(&output));
    assert!(!state.join("seal/skips").exists() && left() == notes);
    assert_eq!(fs::read(state.join("journal/00000001.log")).unwrap(), before);
}

#[test]
fn a_reserve_that_is_gone_is_not_begun_anew_in_silence() {
    let trial = small();
    with_reserve(&trial);
    let daemon = trial.run();
    eventually("a reserve that has everything", || reserve_is_current(&trial));
    // as a disk that is not mounted any more
    fs::rename(trial.at("reserve"), trial.at("away")).unwrap();
    fs::create_dir(trial.at("reserve")).unwrap();
    let (name, octets) = documents(&trial, 100, 1).remove(0);
    trial.put("azerenerji", &name, octets);
    eventually("a word on the reserve", || {
        trial.json(&["status"]).1["reserve"]["failing"].to_string().contains("mounted")
    });
    assert!(fs::read_dir(trial.at("reserve")).unwrap().next().is_none(), "nothing is laid there");
    fs::remove_dir(trial.at("reserve")).unwrap();
    fs::rename(trial.at("away"), trial.at("reserve")).unwrap();
    eventually("the reserve to follow again", || reserve_is_current(&trial));
    daemon.end();
}

#[test]
fn a_backup_within_what_is_copied_is_refused() {
    let trial = small();
    for folder in ["w/state/b", "w/drop/b", "w/state/../state/x/y"] {
        assert_eq!(trial.pencere(&["backup", folder]).status.code(), Some(2), "{folder}");
    }
    let all = ["restore", "b", "r", "--skip-numbers", "18446744073709551615"];
    assert_eq!(trial.pencere(&all).status.code(), Some(2), "more numbers than there are");
}

/// Sets a reserve, and all its times short.
fn with_reserve(trial: &Trial) -> String {
    let to = format!("file://{}", trial.at("reserve").to_str().unwrap());
    trial.set("reserve.to", &format!("{to:?}"));
    trial.set("interval", "\"20ms\"");
    trial.set("database_every", "\"1s\"");
    trial.set("rescan", "\"100ms\"");
    to
}

/// What BOEMİS holds, with the digests of it.
const LOADS: &str = "SELECT id, period, revision, hex(content), hex(rows), loaded_at FROM submission ORDER BY id";

fn reserve_is_current(trial: &Trial) -> bool {
    let (_, status) = trial.json(&["status"]);
    let reserve = &status["reserve"];
    reserve["entries_behind"] == 0 && reserve["database_is_current"] == Value::Bool(true)
}

// S 5.4, R 3.4.7
#[test]
fn the_reserve_alone_yields_the_same_window() {
    let trial = Trial::new();
    trial.set("settle", "\"1ms\"");
    // a receipt is larger: it becomes an object
    trial.set("pack_entry_max", "\"4KiB\"");
    let to = with_reserve(&trial);
    let documents = documents(&trial, 0, 40);
    let daemon = trial.run();
    for (name, octets) in &documents {
        trial.put("azerenerji", name, octets);
    }
    trial.answer("azerenerji", &documents.last().unwrap().0);
    eventually("a reserve that has everything", || reserve_is_current(&trial));
    daemon.kill();
    let (loads, given) = (trial.sql(LOADS), numbers(&trial.at("w")));
    fs::rename(trial.at("w"), trial.at("lost")).unwrap();

    let (code, answer) = trial.json(&["restore", &to, "r"]);
    assert_eq!((code, &answer["unloaded"]), (Some(0), &Value::from(0)), "{answer}");
    let config = trial.at("r/pencere.toml");
    assert_eq!(json(&trial, &config, &["once"]).0, Some(0));
    assert_eq!(json(&trial, &config, &["audit", "verify"]).0, Some(0));
    assert_eq!(sql(&trial.at("r/state/boemis.sqlite"), LOADS).join("\n"), loads.trim_end());
    for (id, numbers) in numbers(&trial.at("r")) {
        assert_eq!(Some(&numbers), given.get(&id));
    }
    // every original and receipt is there, octet for octet
    for pack in fs::read_dir(trial.at("r/state/evidence/packs")).unwrap() {
        let pack = pack.unwrap();
        let octets = fs::read(pack.path()).unwrap();
        let name = trial.at("lost/state/evidence/packs").join(pack.file_name());
        if let Ok(lost) = fs::read(name) {
            assert!(lost.starts_with(&octets) && !octets.is_empty());
        }
    }

    // a window of another past is not let into it
    set_in(&trial.at("r"), "to", &format!("{to:?}"));
    fs::rename(trial.at("r"), trial.at("w")).unwrap();
    let daemon = trial.run();
    eventually("the restored window's own entries", || reserve_is_current(&trial));
    daemon.end();
    fs::rename(trial.at("w"), trial.at("r")).unwrap();
    fs::rename(trial.at("lost"), trial.at("w")).unwrap();
    let _daemon = trial.run();
    eventually("a word on the reserve", || {
        let (code, status) = trial.json(&["status"]);
        code == Some(1) && status["problems"].to_string().contains("another past")
    });
}

// S 8.1.10
#[test]
fn a_window_killed_at_any_moment_goes_on_from_its_reserve() {
    let trial = Trial::new();
    trial.set("settle", "\"1ms\"");
    let to = with_reserve(&trial);
    trial.set("segment_max", "\"64KiB\"");
    let documents = documents(&trial, 0, 120);
    for (round, group) in documents.chunks(40).enumerate() {
        let daemon = trial.run();
        for (n, (name, octets)) in group.iter().enumerate() {
            trial.put("azerenerji", name, octets);
            std::thread::sleep(std::time::Duration::from_millis(3 + (n % 7) as u64 * round as u64));
        }
        daemon.kill();
        let given: BTreeSet<String> = numbers(&trial.at("w")).into_values().flatten().collect();
        let r = format!("r{round}");
        let (code, answer) = trial.json(&["restore", &to, &r]);
        assert_eq!(code, Some(0), "{answer}");
        let (window, config) = (trial.at(&r), trial.at(&r).join("pencere.toml"));
        let before = accepted(&window);
        assert_eq!(json(&trial, &config, &["once"]).0, Some(0));
        assert_eq!(json(&trial, &config, &["audit", "verify"]).0, Some(0));
        let after = accepted(&window);
        let held: BTreeSet<String> =
            events(&window, "held").iter().map(|entry| entry["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(after, held);
        let loads: BTreeSet<String> =
            sql(&window.join("state/boemis.sqlite"), "SELECT id FROM submission").into_iter().collect();
        // what BOEMİS's copy was too old for was told, and nothing else is missing
        let missing: Vec<_> = after.difference(&loads).collect();
        assert!(missing.len() as u64 <= answer["unloaded"].as_u64().unwrap(), "{missing:?}: {answer}");
        assert!(missing.iter().all(|id| before.contains(*id)), "{missing:?}");
        for (id, numbers) in numbers(&window).into_iter().filter(|(id, _)| !before.contains(id)) {
            assert!(numbers.iter().all(|number| !given.contains(number)), "{id} {numbers:?}");
        }
    }
}

#[test]
fn a_reserve_that_cannot_be_written_is_told_and_then_made_up_for() {
    let trial = Trial::new();
    trial.set("settle", "\"1ms\"");
    with_reserve(&trial);
    trial.set("lag_max", "\"1s\"");
    // something lies where the journal's parts are to go (a folder that is not there at the start stays out of reach)
    fs::create_dir(trial.at("reserve")).unwrap();
    fs::write(trial.at("reserve/journal"), "no folder").unwrap();
    let daemon = trial.run();
    for (name, octets) in documents(&trial, 0, 3) {
        trial.put("azerenerji", name, octets);
    }
    trial.answer("azerenerji", "00002.xml");
    eventually("an unhealthy status", || {
        let (code, status) = trial.json(&["status"]);
        let reserve = &status["reserve"];
        code == Some(1)
            && status["problems"].to_string().contains("reserve-behind")
            && reserve["entries_behind"].as_u64() > Some(3)
            && reserve["octets_behind"].as_u64() > Some(3000)
            && reserve["oldest_seconds"].as_i64() > Some(1)
    });
    assert!(trial.log().contains("the reserve does not follow"));
    fs::remove_file(trial.at("reserve/journal")).unwrap();
    eventually("a reserve that follows", || reserve_is_current(&trial) && trial.json(&["status"]).0 == Some(0));
    daemon.end();
}

#[test]
fn an_address_that_is_none_is_a_mistake_with_its_line() {
    let trial = Trial::new();
    trial.set("reserve.to", "\"s3://bucket/window\"");
    let output = trial.pencere(&["config", "check"]);
    let text = fs::read_to_string(trial.at("w/pencere.toml")).unwrap();
    let line = text.lines().position(|line| line.starts_with("to = ")).unwrap() + 1;
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains(&format!("pencere.toml:{line}: reserve.to")), "{}", said(&output));
}

/// The objects and packs of the window.
fn evidence(trial: &Trial) -> (PathBuf, PathBuf) {
    let objects = trial.at("w/state/evidence/objects");
    let below = |folder: PathBuf| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    // one that was there when the backup was made: the configuration may have come after it
    let is_copied = |object: &PathBuf| {
        let place = object.strip_prefix(trial.at("w")).unwrap();
        trial.at("b").join(place).exists()
    };
    let object = below(objects).flat_map(below).find(is_copied).unwrap();
    (trial.at("w/state/evidence/packs/00000001.pack"), object)
}

#[test]
fn what_was_let_go_is_in_every_copy_and_a_unit_is_put_back() {
    for inside in [true, false] {
        let trial = Trial::new();
        trial.set("settle", "\"1ms\"");
        let archive = if inside { trial.at("w/archive") } else { trial.at("far/units") };
        if !inside {
            trial.set("archive.to", &format!("{:?}", archive.to_str().unwrap()));
        }
        let to = with_reserve(&trial);
        for (name, octets) in documents(&trial, 0, 3) {
            trial.put("azerenerji", &name, octets);
        }
        trial.done(&["once"]);
        // another pack, so that the first may go
        for (name, octets) in documents(&trial, 3, 1) {
            trial.put("azerenerji", &name, octets);
        }
        trial.done(&["once"]);
        trial.done(&["archive", "make", "--before", "2100-01-01"]);
        let (_, pruned) = trial.json(&["archive", "prune"]);
        assert!(pruned["files"].as_u64() > Some(0), "{pruned}");
        trial.done(&["backup", "b"]);
        let daemon = trial.run();
        eventually("a reserve that has everything", || reserve_is_current(&trial));
        daemon.end();
        let ids: Vec<String> = accepted(&trial.at("w")).into_iter().collect();
        assert_eq!(ids.len(), 4);

        // the unit is damaged, then gone: found, and put back from either copy
        let unit = archive.join("trial-000001.zip");
        let good = fs::read(&unit).unwrap();
        for from in [&["repair", "b"][..], &["repair", &to]] {
            let mut bad = good.clone();
            bad.iter_mut().step_by(100).for_each(|octet| *octet ^= 1);
            fs::remove_file(&unit).unwrap();
            fs::write(&unit, bad).unwrap();
            assert_eq!(trial.json(&["audit", "verify"]).0, Some(1));
            let (code, answer) = trial.json(from);
            assert_eq!((code, fs::read(&unit).unwrap() == good), (Some(0), true), "{from:?}: {answer}");
            fs::remove_file(&unit).unwrap();
            assert_eq!(trial.json(&["audit", "verify"]).0, Some(1));
            assert_eq!(trial.json(from).0, Some(0));
            assert_eq!(trial.json(&["audit", "verify"]).0, Some(0));
        }

        // without the window and its archive, either copy is a window that has everything
        let log = fs::read(trial.at("w/state/transparency/log.key")).ok();
        let log = log.or_else(|| fs::read(trial.at("w/pki/log.key")).ok()).unwrap();
        fs::rename(trial.at("w"), trial.at("away")).unwrap();
        if !inside {
            fs::rename(trial.at("far"), trial.at("farther")).unwrap();
        }
        for (n, from) in ["b", &to].into_iter().enumerate() {
            let into = format!("r{n}");
            assert_eq!(trial.pencere(&["restore", from, &into]).status.code(), Some(0));
            let config = trial.at(&into).join("pencere.toml");
            for id in &ids {
                let (code, answer) = json(&trial, &config, &["explain", id]);
                assert_eq!((code, &answer["same"]), (Some(0), &Value::Bool(true)), "{answer}");
            }
            assert_eq!(json(&trial, &config, &["archive", "verify"]).0, Some(0));
            assert_eq!(json(&trial, &config, &["audit", "verify"]).0, Some(0));
            let there =
                ["state/transparency/log.key", "pki/log.key"].map(|key| fs::read(trial.at(&into).join(key)).ok());
            assert!(there.contains(&Some(log.clone())), "a trial goes on with its log's key");
        }
    }
}

// S 8.1.4 item 5
#[test]
fn damage_is_found_and_put_back_by_one_command() {
    let trial = small();
    // both kinds of copies
    let to = with_reserve(&trial);
    let daemon = trial.run();
    eventually("a reserve that has everything", || reserve_is_current(&trial));
    daemon.end();
    let (pack, object) = evidence(&trial);
    let (good_pack, good_object) = (fs::read(&pack).unwrap(), fs::read(&object).unwrap());
    let places: Vec<usize> = (0..5).map(|n| 40 + n * (good_pack.len() - 80) / 4).collect();
    let damage: [(&str, &dyn Fn()); 7] = [
        ("octets of a pack", &|| {
            let mut octets = good_pack.clone();
            places.iter().for_each(|&at| octets[at] ^= 1);
            fs::write(&pack, octets).unwrap();
        }),
        ("a pack's first line", &|| {
            let mut octets = good_pack.clone();
            octets[0] ^= 1;
            octets[20] ^= 1;
            fs::write(&pack, octets).unwrap();
        }),
        ("half a pack", &|| fs::write(&pack, &good_pack[..good_pack.len() / 2]).unwrap()),
        ("an empty pack", &|| fs::write(&pack, "").unwrap()),
        ("no pack", &|| fs::remove_file(&pack).unwrap()),
        ("an object", &|| fs::write(&object, "other").unwrap()),
        ("no object", &|| fs::remove_file(&object).unwrap()),
    ];
    for (n, (what, change)) in damage.iter().enumerate() {
        for (m, from) in [&["repair", "b"][..], &["repair"], &["repair", &to]].into_iter().enumerate() {
            change();
            assert_eq!(trial.json(&["audit", "verify"]).0, Some(1), "{what}");
            let (code, answer) = trial.json(from);
            assert_eq!(code, Some(0), "{what} from {from:?}: {answer}");
            assert!(!answer["put_back"].as_array().unwrap().is_empty(), "{what}");
            assert_eq!(fs::read(&pack).unwrap(), good_pack, "{what} from {from:?}");
            assert_eq!(fs::read(&object).unwrap(), good_object, "{what} from {from:?}");
            assert_eq!(trial.json(&["audit", "verify"]).0, Some(0), "{what}");
            let told = acts(&trial.at("w"), "evidence-put-back");
            assert_eq!(told.len(), n * 3 + m + 1, "{what}");
            let last = told.last().unwrap();
            assert!(last["by"].as_str().unwrap().starts_with("uid "));
            assert!(last["facts"]["what"].as_str().unwrap().contains("evidence/"), "{last}");
        }
    }
    // what is sound is left alone, and damage in the copy is never put back
    let (code, answer) = trial.json(&["repair"]);
    assert_eq!((code, answer["put_back"].as_array().unwrap().len()), (Some(0), 0));
    let name = object.strip_prefix(trial.at("w/state")).unwrap();
    fs::write(trial.at("b/state").join(name), "neither").unwrap();
    fs::remove_file(&object).unwrap();
    let (code, answer) = trial.json(&["repair", "b"]);
    assert_eq!((code, answer["left"].as_array().unwrap().len()), (Some(1), 1), "{answer}");
    assert!(!object.exists());
    trial.done(&["repair"]);
    assert_eq!(fs::read(&object).unwrap(), good_object);
}

// R 3.4.1
#[test]
fn the_running_window_finds_damage_by_itself_and_hears_that_it_was_put_back() {
    let trial = small();
    trial.set("reverify_every", "\"1s\"");
    trial.set("rescan", "\"100ms\"");
    let daemon = trial.run();
    eventually("a walk over all evidence", || !acts(&trial.at("w"), "reverified").is_empty());
    assert_eq!(acts(&trial.at("w"), "reverified")[0]["facts"]["damaged"], "0");
    let (_, object) = evidence(&trial);
    let good = fs::read(&object).unwrap();
    fs::write(&object, "changed behind its back").unwrap();
    let name = object.strip_prefix(trial.at("w/state")).unwrap().to_str().unwrap().to_owned();
    eventually("an unhealthy status", || {
        let (code, status) = trial.json(&["status"]);
        let problems = status["problems"].to_string();
        code == Some(1) && problems.contains("evidence-damaged") && problems.contains(&name)
    });
    eventually("an entry in the journal", || {
        acts(&trial.at("w"), "reverified").iter().any(|act| act["facts"]["damaged"] == "1")
    });
    assert!(trial.log().contains("evidence is damaged"));
    // beside the running window
    trial.done(&["repair", "b"]);
    assert_eq!(fs::read(&object).unwrap(), good);
    eventually("a healthy status", || trial.json(&["status"]).0 == Some(0));
    eventually("a word in the journal", || acts(&trial.at("w"), "evidence-put-back").len() == 1);
    daemon.end();
    assert_eq!(trial.json(&["audit", "verify"]).0, Some(0));
}

#[test]
fn a_file_that_the_disk_does_not_give_is_named_and_the_others_are_looked_at() {
    let trial = small();
    trial.set("reverify_every", "\"1s\"");
    trial.set("rescan", "\"100ms\"");
    let below = |folder: PathBuf| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut objects: Vec<PathBuf> = below(trial.at("w/state/evidence/objects")).flat_map(below).collect();
    objects.sort();
    assert!(objects.len() > 2);
    // one opens and gives nothing; the others are changed, before it and behind it
    let unreadable = objects.remove(objects.len() / 2);
    fs::remove_file(&unreadable).unwrap();
    fs::create_dir(&unreadable).unwrap();
    objects.iter().for_each(|object| fs::write(object, "changed behind its back").unwrap());
    let daemon = trial.run();
    eventually("all of them by name", || {
        let damage = trial.json(&["status"]).1["reverified"]["damage"].to_string();
        let is_named = |object: &PathBuf| damage.contains(object.file_name().unwrap().to_str().unwrap());
        is_named(&unreadable) && objects.iter().all(is_named)
    });
    daemon.end();
}

// S 7.1.5
#[test]
fn how_far_the_reserve_follows_is_all_missing_where_it_cannot_be_read() {
    let trial = small();
    with_reserve(&trial);
    let daemon = trial.run();
    eventually("a reserve that has everything", || reserve_is_current(&trial));
    daemon.end();
    let journal = fs::read_to_string(trial.at("w/state/journal/00000001.log")).unwrap();
    let entries = journal.lines().count() as u64 - 1;
    let path = trial.at("w/state/reserve/followed.json");
    let good = fs::read_to_string(&path).unwrap();
    let mut beyond: Value = serde_json::from_str(&good).unwrap();
    beyond["journal"]["segment"] = 99.into();
    for (remembered, is_read) in [("{".to_owned(), false), (beyond.to_string(), true)] {
        fs::write(&path, &remembered).unwrap();
        let (_, status) = trial.json(&["status"]);
        let reserve = &status["reserve"];
        assert_eq!(reserve["entries_behind"].as_u64(), Some(entries), "{remembered}: {reserve}");
        assert!(reserve["oldest_seconds"].is_u64(), "{reserve}");
        assert_eq!((&reserve["database_is_current"], reserve["reached"].is_string()), (&false.into(), is_read));
    }
}

#[test]
fn what_grows_while_it_is_copied_and_can_be_made_anew_is_in_no_reserve() {
    let trial = small();
    let to = with_reserve(&trial);
    fs::write(trial.at("w/state/archiving-fails.json"), "{}").unwrap(); // of this machine and moment
    let daemon = trial.run();
    eventually("a reserve that has everything", || reserve_is_current(&trial));
    assert!(trial.at("w/state/alive").exists() && trial.at("w/state/archiving-fails.json").exists());
    daemon.end();
    assert!(trial.at("w/state/transparency/nodes").exists());
    let standing: Value = serde_json::from_slice(&fs::read(trial.at("reserve/reserve.json")).unwrap()).unwrap();
    let files: Vec<&String> = standing["files"].as_object().unwrap().keys().collect();
    let anew = ["/nodes", "/alive", "/archiving-fails.json"];
    let grows = |file: &&String| anew.iter().any(|name| file.ends_with(name));
    assert!(!files.is_empty() && !files.iter().any(grows), "{files:?}");
    trial.done(&["restore", &to, "r"]);
    assert!(!trial.at("r/state/transparency/nodes").exists());
    let made_anew = trial.pencere(&["once", "--config", "r/pencere.toml"]);
    assert_eq!(made_anew.status.code(), Some(0), "{}", said(&made_anew));
    assert!(trial.at("r/state/transparency/nodes").exists());
    trial.done(&["audit", "verify", "--config", "r/pencere.toml"]);
}
