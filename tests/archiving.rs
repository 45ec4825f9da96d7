//! Archive units of real windows, looked at with unzip, sha256sum and Python beside our own commands.

#[path = "window/trial.rs"]
mod trial;

use serde_json::Value;
use std::fs;
use std::path::Path;
use trial::{Trial, capacity, eventually, generation, said, voen};

/// A window with an accepted XML, an accepted CSV with a detached signature and an odd name, and a rejected file.
fn window(pack_entry_max: &str) -> Trial {
    let trial = Trial::new();
    for (key, value) in
        [("settle", "1ms"), ("pair_wait", "1ms"), ("rescan", "50ms"), ("pack_entry_max", pack_entry_max)]
    {
        trial.set(key, &format!("\"{value}\""));
    }
    let statement = generation(voen("azerenerji"), "2024-Q1", 1, "SU-0001", "100.000");
    trial.put("azerenerji", "a.xml", trial.signed("a.xml", statement, "azerenerji"));
    let table = capacity(voen("azerisiq"), "2024", 1, "KUL-0001", "50.000");
    let signature = trial.signed("b.csv", &table, "azerisiq");
    trial.put("azerisiq", "güc cədvəli.csv.p7s", signature);
    trial.put("azerisiq", "güc cədvəli.csv", table);
    trial.put("azerenerji", "c.xml", b"<Submission/>");
    trial.done(&["once"]);
    trial
}

fn list(trial: &Trial) -> Vec<Value> {
    let (_, answer) = trial.json(&["list"]);
    answer["submissions"].as_array().unwrap().clone()
}

fn make(trial: &Trial) -> Vec<Value> {
    let (code, answer) = trial.json(&["archive", "make", "--before", "2100-01-01"]);
    assert_eq!(code, Some(0), "{answer}");
    answer["units"].as_array().unwrap().clone()
}

/// Every verdict comes again, and can be taken along.
fn explained(trial: &Trial, rows: &[Value]) {
    for row in rows {
        let id = row["id"].as_str().unwrap();
        let (code, answer) = trial.json(&["explain", id]);
        assert_eq!((code, &answer["same"]), (Some(0), &true.into()), "{}: {answer}", row["name"]);
        let container = format!("{id}.asice");
        trial.done(&["evidence", id, "-o", &container]);
        trial.succeeds("unzip", &["-qo", &container, "-d", &format!("e-{id}")]);
        let files = files_below(&trial.at(format!("e-{id}")));
        let original = files.iter().find(|(name, _)| name.starts_with("original/") && !name.ends_with(".p7s")).unwrap();
        let sum = String::from_utf8(trial.succeeds("sha256sum", &[&format!("e-{id}/{}", original.0)]).stdout).unwrap();
        assert!(sum.contains(row["sha256"].as_str().unwrap()), "{sum}");
    }
}

fn files_below(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let (mut open, mut found) = (vec![folder.to_owned()], Vec::new());
    while let Some(one) = open.pop() {
        for entry in fs::read_dir(one).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => open.push(path),
                false => {
                    let name = path.strip_prefix(folder).unwrap().display().to_string();
                    found.push((name, fs::read(&path).unwrap()));
                }
            }
        }
    }
    found.sort();
    found
}

// R 5.6, 5.7.1, 5.7.3
#[test]
fn a_unit_is_the_same_octets_each_time_and_is_checked_without_pencere() {
    let trial = window("256KiB");
    let twin = trial.copy();
    let before = list(&trial);
    assert_eq!(before.len(), 3);
    let units = make(&trial);
    assert_eq!((units.len(), units[0]["submissions"].as_u64()), (1, Some(3)));
    assert_eq!(units[0]["sha256"], make(&twin)[0]["sha256"], "the same submissions give the same octets");
    assert!(make(&trial).is_empty(), "what is archived is not archived again");

    let zip = "w/archive/trial-000001.zip";
    let sum = String::from_utf8(trial.succeeds("sha256sum", &[zip]).stdout).unwrap();
    assert!(sum.starts_with(units[0]["sha256"].as_str().unwrap()), "{sum}");
    trial.succeeds("unzip", &["-q", zip, "-d", "u"]);
    trial.succeeds("sh", &["-c", "cd u && sha256sum --quiet --strict -c SHA256SUMS"]);
    trial.succeeds("sh", &["-c", "cd u && find . -type f | wc -l | grep -qx $(($(wc -l < SHA256SUMS) + 1))"]);
    let python = format!(
        "import zipfile\nz=zipfile.ZipFile('{zip}')\nassert z.testzip() is None\nn=z.namelist()\nassert n==sorted(n)\n\
         assert all(i.compress_type==0 and i.date_time==(1980,1,1,0,0,0) for i in z.infolist())"
    );
    trial.succeeds("python3", &["-c", &python]);
    let note: Value = serde_json::from_slice(&fs::read(trial.at("u/NOTE.json")).unwrap()).unwrap();
    let line = "cd u && grep ' submissions/' SHA256SUMS | sha256sum";
    let sums = String::from_utf8(trial.succeeds("sh", &["-c", line]).stdout).unwrap();
    assert!(sums.starts_with(note["submissions_sha256"].as_str().unwrap()), "{sums}");
    assert_eq!(note["statistics"]["by_decision"]["accepted"]["submissions"], 2, "{note}");
    assert!(fs::read_to_string(trial.at("u/OXU.txt")).unwrap().contains("Bütövlüyünü necə yoxlamalı"));

    for row in &before {
        let folder = trial.at(format!("u/submissions/{}", row["id"].as_str().unwrap()));
        let files = files_below(&folder);
        let original = |name: &str| files.iter().find(|(file, _)| file == name).map(|(_, octets)| octets.clone());
        let has = |name: &str| original(name).is_some();
        let accepted = row["state"] == "accepted";
        assert_eq!((has("records.csv"), has("records.json")), (accepted, accepted), "{files:?}");
        assert!(has("journal.jsonl") && files.iter().any(|(name, _)| name.ends_with(".txt")));
        // each receipt is the one that lies in its folder, and the seal in the unit proves it
        let (name, sealed) =
            files.iter().find(|(name, _)| name.ends_with(".xml") && name.starts_with("receipts/")).unwrap();
        let answers = trial.answers(row["participant"].as_str().unwrap());
        assert!(answers.iter().any(|(_, text)| text.as_bytes() == sealed.as_slice()), "{name}");
        assert!(trial.xmlsec_proves(&folder.join(name)));
        match row["name"].as_str().unwrap() {
            "a.xml" => {
                assert!(has("original/a.xml"), "{files:?}");
                let csv = String::from_utf8(original("records.csv").unwrap()).unwrap();
                assert_eq!(
                    csv,
                    "dataset,period,revision,participant,station,energy_mwh\n\
                     generation,2024-Q1,1,azerenerji,SU-0001,100.000\n"
                );
            }
            "güc cədvəli.csv" => {
                assert!(has("original/document.csv") && has("original/signature.p7s"), "{files:?}");
                let json: Value = serde_json::from_slice(&original("records.json").unwrap()).unwrap();
                assert_eq!(json["records"][0]["capacity_mw"], "50.000", "{json}");
            }
            _ => {}
        }
    }
    let seal =
        files_below(&trial.at("u/certificates")).into_iter().find(|(name, _)| name.starts_with("seal-")).unwrap();
    let seal = format!("u/certificates/{}", seal.0);
    trial.succeeds("openssl", &["x509", "-noout", "-in", &seal]);
    // the place in the log is proven from the unit alone, without the window
    let (_, receipt) = files_below(&trial.at("u/submissions"))
        .into_iter()
        .map(|(name, _)| (name.clone(), format!("u/submissions/{name}")))
        .find(|(name, _)| name.contains("/receipts/") && name.ends_with(".xml"))
        .unwrap();
    let log = fs::read_dir(trial.at("u/certificates")).unwrap().map(|entry| entry.unwrap().file_name());
    let log = log.map(|name| name.into_string().unwrap()).find(|name| name.starts_with("log-")).unwrap();
    let verify = ["receipt", "verify", &receipt, "--seal", &seal, "--log", &format!("u/certificates/{log}")];
    let answer = trial.pencere(&verify);
    assert_eq!(answer.status.code(), Some(0), "{}", said(&answer));
    let other = ["receipt", "verify", &receipt, "--seal", &seal, "--log", &seal];
    assert_ne!(trial.pencere(&other).status.code(), Some(0), "the seal's key is not the log's");

    // its state is told, and the notice has its due date
    assert!(list(&trial).iter().all(|row| row["archived"] == "trial-000001"));
    let (_, shown) = trial.json(&["show", before[0]["id"].as_str().unwrap()]);
    let last = shown["events"].as_array().unwrap().last().unwrap();
    assert_eq!((last["act"].as_str(), last["facts"]["unit"].as_str()), (Some("archived"), Some("trial-000001")));
    let notice: Value =
        serde_json::from_slice(&fs::read(trial.at("w/archive/notices/trial-000001.json")).unwrap()).unwrap();
    assert_eq!((&notice["due"], &notice["sha256"]), (&units[0]["due"], &units[0]["sha256"]));
    let (_, status) = trial.json(&["status"]);
    assert_eq!(status["notices"][0]["unit"], "trial-000001");
    trial.done(&["archive", "notice", "sent", "trial-000001"]);
    assert_eq!(trial.json(&["status"]).1["notices"], serde_json::json!([]));
    assert_eq!(trial.pencere(&["archive", "notice", "sent", "trial-000001"]).status.code(), Some(2));

    let (code, found) = trial.json(&["archive", "search", "--dataset", "capacity"]);
    assert_eq!((code, found["found"].as_array().unwrap().len()), (Some(0), 1));
    assert_eq!(found["found"][0]["name"], "güc cədvəli.csv");
    assert_eq!(trial.pencere(&["archive", "search", "nothing-of-it"]).status.code(), Some(1));
}

// R 5.7.2
#[test]
fn what_is_damaged_is_named_and_a_protocol_says_what_was_read() {
    let trial = window("256KiB");
    make(&trial);
    let (code, answer) = trial.json(&["archive", "verify", "-p", "p.txt"]);
    assert_eq!((code, &answer["units"][0]["verified"]["submissions"]), (Some(0), &3.into()));
    assert_eq!(answer["units"][0]["verified"]["receipts"], 3);
    assert_eq!(answer["units"][0]["verified"]["logged"], 3);
    let protocol = fs::read_to_string(trial.at("p.txt")).unwrap();
    assert!(protocol.contains("Təhvil alan tərəf") && protocol.contains("BÜTÖVDÜR"), "{protocol}");
    let (code, sample) = trial.json(&["archive", "verify", "--sample", "2"]);
    assert_eq!((code, sample["units"][0]["chosen"].as_array().unwrap().len()), (Some(0), 2));

    // an octet of an original, with a ZIP that is made anew around it: only the digests tell
    let zip = trial.at("w/archive/trial-000001.zip");
    let good = fs::read(&zip).unwrap();
    let change = |script: &str| {
        let python = format!(
            "import zipfile\ni=zipfile.ZipFile('w/archive/trial-000001.zip')\no=zipfile.ZipFile('x.zip','w')\n\
             for n in i.namelist():\n d=i.read(n)\n {script}\n \
             o.writestr(zipfile.ZipInfo(n),d)\no.close()"
        );
        trial.succeeds("python3", &["-c", &python]);
        let verified = trial.pencere(&["archive", "verify", "x.zip"]);
        assert_eq!(verified.status.code(), Some(1), "{script}: {}", said(&verified));
        said(&verified)
    };
    let said_of = change("d=d.replace(b'100.000',b'900.000') if n.endswith('/original/a.xml') else d");
    assert!(said_of.contains("/original/a.xml: its octets are not those"), "{said_of}");
    let said_of = change("d=d.replace(b'accepted',b'rejected') if n=='index.csv' else d");
    assert!(said_of.contains("index.csv: its octets are not those"), "{said_of}");
    // with digests made anew, the seal tells
    let said_of = change(
        "import hashlib\n s=globals().setdefault('s',{})\n \
         d=d.replace(b'>accepted<',b'>rejected<') if '/receipts/' in n else d\n \
         d=b''.join(b'%s  %s\\n'%(hashlib.sha256(i.read(m).replace(b'>accepted<',b'>rejected<') \
         if '/receipts/' in m else i.read(m)).hexdigest().encode(),m.encode()) for m in i.namelist() \
         if m!='SHA256SUMS') if n=='SHA256SUMS' else d",
    );
    assert!(said_of.contains("NOTE.json: the digests are not those of a recount"), "{said_of}");
    let mut bad = good.clone();
    let at = memchr::memmem::find(&bad, b"100.000").unwrap();
    bad[at] ^= 1;
    let replace = |octets: &[u8]| {
        fs::remove_file(&zip).unwrap();
        fs::write(&zip, octets).unwrap();
    };
    replace(&bad);
    let (code, answer) = trial.json(&["archive", "verify"]);
    assert_eq!(code, Some(1), "{answer}");
    // the last pack stays anyway: behind this one there is another
    trial.put("azerenerji", "d.xml", b"<Submission/>");
    trial.done(&["once"]);
    let prune = trial.pencere(&["archive", "prune"]);
    assert!(prune.status.code() == Some(3) && said(&prune).contains("nothing leaves"), "{}", said(&prune));
    fs::remove_file(&zip).unwrap();
    let (code, answer) = trial.json(&["archive", "verify"]);
    assert!(code == Some(1) && answer["units"][0]["unfit"].as_str().unwrap().contains("missing"), "{answer}");
    // put back from a copy elsewhere, and from nothing else
    fs::write(trial.at("copy.zip"), &bad).unwrap();
    assert_eq!(trial.pencere(&["archive", "import", "copy.zip"]).status.code(), Some(1));
    fs::write(trial.at("copy.zip"), &good).unwrap();
    trial.done(&["archive", "import", "copy.zip"]);
    trial.done(&["archive", "verify", "--all"]);
}

// R 5.7.5
#[test]
fn what_left_the_active_store_is_found_in_its_unit() {
    for pack_entry_max in ["256KiB", "0B"] {
        let trial = window(pack_entry_max);
        let stored = || -> u64 {
            let below = |folder: &str| {
                files_below(&trial.at(folder)).iter().map(|(_, octets)| octets.len() as u64).sum::<u64>()
            };
            below("w/state/evidence/packs") + below("w/state/evidence/objects")
        };
        let old = list(&trial);
        // another that stays active, in a pack of its own
        let young = generation(voen("azerenerji"), "2024-Q2", 1, "SU-0001", "200.000");
        let moment = jiff::Timestamp::now().to_string();
        trial.put("azerenerji", "d.xml", trial.signed("d.xml", young, "azerenerji"));
        trial.done(&["once"]);
        assert_eq!(trial.json(&["archive", "prune"]).1["files"], 0, "nothing is archived yet");
        let (_, made) = trial.json(&["archive", "make", "--before", &moment]);
        assert_eq!(made["units"][0]["submissions"], 3);
        let before = stored();
        let (code, pruned) = trial.json(&["archive", "prune"]);
        assert!(code == Some(0) && pruned["files"].as_u64() > Some(0), "{pack_entry_max}: {pruned}");
        assert_eq!(stored(), before - pruned["octets"].as_u64().unwrap());
        let (code, audit) = trial.json(&["audit", "verify"]);
        assert_eq!((code, &audit["fits"]), (Some(0), &true.into()), "{audit}");
        assert_eq!(trial.json(&["archive", "prune"]).1["files"], 0);
        explained(&trial, &old);

        // the original octets, and the same content again is known
        let id = old.iter().find(|row| row["name"] == "a.xml").unwrap()["id"].as_str().unwrap();
        trial.done(&["archive", "get", id, "-o", "got"]);
        let original = fs::read(trial.at("got/original/a.xml")).unwrap();
        let sum = String::from_utf8(trial.succeeds("sha256sum", &["got/original/a.xml"]).stdout).unwrap();
        assert!(old.iter().any(|row| sum.starts_with(row["sha256"].as_str().unwrap())));
        trial.put("azerenerji", "again.xml", &original);
        trial.done(&["once"]);
        let again = list(&trial).into_iter().find(|row| row["name"] == "again.xml").unwrap();
        assert_eq!((again["state"].as_str(), again["original"].as_str()), (Some("duplicate"), Some(id)));

        // a unit that is not what it was is found by the audit
        let zip = trial.at("w/archive/trial-000001.zip");
        let mut bad = fs::read(&zip).unwrap();
        let at = memchr::memmem::find(&bad, b">accepted<").unwrap();
        bad[at] ^= 1;
        fs::remove_file(&zip).unwrap();
        fs::write(&zip, bad).unwrap();
        let (code, audit) = trial.json(&["audit", "verify"]);
        assert_eq!(code, Some(1), "{audit}");
        assert!(audit["first_unfit"].as_str().unwrap().contains("trial-000001.zip"), "{audit}");
    }
}

// R 5.7.4
#[test]
fn a_fresh_window_takes_a_unit_in_and_gives_back_the_same() {
    let trial = window("256KiB");
    let units = make(&trial);
    let old = list(&trial);
    let fresh = Trial::new();
    let zip = trial.at("w/archive/trial-000001.zip");
    let zip = zip.to_str().unwrap();
    fresh.done(&["archive", "import", zip]);
    let (_, known) = fresh.json(&["archive", "list"]);
    assert_eq!((&known[0]["sha256"], &known[0]["window"]), (&units[0]["sha256"], &"trial".into()));
    let strip = |rows: Vec<Value>| -> Vec<Value> {
        let keys =
            ["id", "state", "received", "name", "sha256", "participant", "dataset", "period", "revision", "receipt"];
        rows.iter().map(|row| keys.iter().map(|key| row[*key].clone()).collect()).collect()
    };
    assert_eq!(strip(list(&fresh)), strip(old.clone()), "the round trip is equal");
    let id = old[0]["id"].as_str().unwrap();
    let (_, here) = trial.json(&["show", id]);
    let (_, there) = fresh.json(&["show", id]);
    let events = |shown: &Value| {
        shown["events"].as_array().unwrap().iter().filter(|e| e["event"] != "act").cloned().collect::<Vec<_>>()
    };
    assert_eq!(events(&there), events(&here));
    trial.done(&["archive", "get", id, "-o", "got"]);
    fresh.done(&["archive", "get", id, "-o", "got"]);
    assert_eq!(files_below(&fresh.at("got")), files_below(&trial.at("got")));
    fresh.done(&["archive", "verify"]);
    fresh.done(&["audit", "verify"]);
    explained(&fresh, &old);
    fresh.done(&["once"]);
    fresh.done(&["archive", "import", zip]); // again: it is there
    assert_eq!(fresh.json(&["archive", "list"]).1.as_array().unwrap().len(), 1);
    // its own units go on behind that number
    let statement = generation(voen("azerenerji"), "2024-Q3", 1, "SU-0001", "100.000");
    fresh.put("azerenerji", "n.xml", fresh.signed("n.xml", statement, "azerenerji"));
    fresh.done(&["once"]);
    assert_eq!(make(&fresh)[0]["unit"], "trial-000002");
}

// R 3.4.6
#[test]
fn a_running_window_archives_by_itself_and_a_kill_doubles_nothing() {
    let trial = window("256KiB");
    trial.set("after", "\"1s\"");
    trial.set("archive.every", "\"1s\"");
    trial.set("prune", "true");
    for pause in [0, 3, 10, 30, 60, 120] {
        let daemon = trial.run();
        std::thread::sleep(std::time::Duration::from_millis(pause));
        daemon.kill();
        let (code, answer) = trial.json(&["archive", "verify"]);
        let is_young = answer["units"].as_array().unwrap().is_empty();
        assert_eq!(code, Some(i32::from(is_young)), "{answer}");
    }
    let daemon = trial.run();
    eventually("all to be archived", || list(&trial).iter().all(|row| row["archived"].is_string()));
    let statement = generation(voen("azerenerji"), "2024-Q2", 1, "SU-0001", "100.000");
    trial.put("azerenerji", "d.xml", trial.signed("d.xml", statement, "azerenerji"));
    trial.answer("azerenerji", "d.xml");
    eventually("the fourth to be archived", || {
        let rows = list(&trial);
        rows.len() == 4 && rows.iter().all(|row| row["archived"].is_string())
    });
    let (_, units) = trial.json(&["archive", "list"]);
    let total: u64 = units.as_array().unwrap().iter().map(|unit| unit["submissions"].as_u64().unwrap()).sum();
    assert_eq!(total, 4, "each once: {units}");
    assert!(
        !trial.at("w/state/evidence/packs/00000001.pack").exists() || {
            eventually("the first pack to go", || !trial.at("w/state/evidence/packs/00000001.pack").exists());
            true
        }
    );
    let make = trial.pencere(&["archive", "make"]);
    assert_eq!(make.status.code(), Some(3), "{}", said(&make));
    let (_, status) = trial.json(&["status"]);
    let unit = status["notices"][0]["unit"].as_str().unwrap().to_owned();
    let (_, told) = trial.json(&["archive", "notice", "sent", &unit]);
    assert_eq!(told["journalled"], false);
    let sent = || trial.json(&["archive", "list"]).1.as_array().unwrap().iter().any(|one| one["notice_sent"] == true);
    eventually("the running window to journal it", sent);
    trial.done(&["audit", "verify"]);
    trial.done(&["archive", "verify"]);
    daemon.end();
}
