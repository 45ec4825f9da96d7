//! A verdict is repeated from evidence alone, whatever became of the configuration since; and what proves it goes
//! into one container that others verify with their own tools.

#[path = "window/lists.rs"]
#[allow(dead_code)] // the tests of contests use all of it
mod lists;
#[path = "samples/receipt.rs"]
#[allow(dead_code)] // the walk over the samples uses all of it
mod receipt;
#[path = "window/trial.rs"]
mod trial;

use lists::{list, seconds};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use trial::{Trial, eventually, generation, said, voen};

/// A window that reads one list of its authority, made an hour ago.
fn window() -> Trial {
    let trial = Trial::new();
    trial.set("crls", "[\"pki/ca.crl\"]");
    trial.set("settle", "\"1ms\"");
    publish(&trial, -3600, &[]);
    trial
}

fn publish(trial: &Trial, made: i64, revoked: &[(&str, i64)]) {
    let revoked: Vec<_> = revoked.iter().map(|(name, since)| (*name, seconds(*since))).collect();
    fs::write(trial.at("w/pki/ca.crl"), list(trial, seconds(made), &revoked)).unwrap();
}

fn statement(period: &str, revision: u32, mwh: &str) -> String {
    generation(voen("azerenerji"), period, revision, "SU-0001", mwh)
}

fn file(trial: &Trial, name: &str, text: &str, signer: &str) {
    let octets = trial.signed(name, text, signer);
    trial.put("azerenerji", name, octets);
}

/// The answer of `explain` on a document of which every verdict is the same again.
fn same(trial: &Trial, what: &str) -> Value {
    let (code, answer) = trial.json(&["explain", what]);
    assert_eq!((code, answer["same"].as_bool()), (Some(0), Some(true)), "{what}: {answer:#}");
    answer
}

/// The last decision on it, and the first finding of that.
fn verdict(answer: &Value) -> (&str, &str) {
    let last = answer["answers"].as_array().unwrap().last().unwrap();
    let findings = &last["repeated"]["findings"];
    (last["decision"].as_str().unwrap(), findings[0]["code"].as_str().unwrap_or(""))
}

/// Documents that stop in every room; by name with what is decided on each.
fn file_all(trial: &Trial) -> Vec<(&'static str, &'static str, &'static str)> {
    let good = statement("2024-Q1", 1, "100.000");
    file(trial, "good.xml", &good, "azerenerji");
    trial.done(&["once"]);
    trial.put("azerenerji", "again.xml", fs::read(trial.at("signed")).unwrap());
    let altered = String::from_utf8(trial.signed("altered", statement("2024-Q2", 1, "5.000"), "azerenerji")).unwrap();
    trial.put("azerenerji", "altered.xml", altered.replace("5.000", "6.000"));
    file(trial, "stranger.xml", &statement("2024-Q2", 1, "5.000"), "stranger");
    file(trial, "total.xml", &statement("2024-Q2", 1, "5.000").replacen("5.000", "6.000", 1), "azerenerji");
    trial.done(&["once"]);
    file(trial, "conflict.xml", &statement("2024-Q1", 1, "101.000"), "azerenerji");
    file(trial, "quarter2.xml", &statement("2024-Q2", 1, "1.000"), "azerenerji");
    file(trial, "quarter3.xml", &statement("2024-Q3", 1, "1.000"), "azerenerji");
    file(trial, "quarter4.xml", &statement("2024-Q4", 7, "1.000"), "azerenerji");
    trial.done(&["once"]);
    file(trial, "year.xml", &statement("2024", 1, "104.000"), "azerenerji");
    file(trial, "jump.xml", &statement("2024-Q4", 9, "1.000"), "azerenerji");
    std::os::unix::fs::symlink("nowhere", trial.side("azerenerji", "in").join("link.csv")).unwrap();
    trial.done(&["once"]);
    vec![
        ("good.xml", "accepted", "rule.station-missing"),
        ("again.xml", "duplicate", ""),
        ("altered.xml", "rejected", "signature.digest-differs"),
        ("stranger.xml", "rejected", "authority.unknown-signer"),
        ("total.xml", "rejected", "rule.total-differs"),
        ("conflict.xml", "rejected", "rule.revision-conflict"),
        ("year.xml", "rejected", "rule.year-differs"),
        ("jump.xml", "accepted", "rule.revision-jump"),
    ]
}

// S 5.5, 7.1.10
#[test]
fn a_verdict_is_the_same_whatever_became_of_the_configuration() {
    let trial = window();
    let filed = file_all(&trial);
    let before: Vec<Value> = filed.iter().map(|(name, ..)| same(&trial, name)).collect();
    for ((name, decision, code), answer) in filed.iter().zip(&before) {
        assert_eq!(verdict(answer), (*decision, *code), "{name}");
    }
    // intake's own refusal was never judged
    let (code, answer) = trial.json(&["explain", "link.csv"]);
    assert_eq!((code, &answer["same"]), (Some(0), &Value::Null), "{answer:#}");
    assert!(answer["answers"][0]["nothing"].as_str().unwrap().contains("intake"), "{answer:#}");

    // the body is suspended, the station is smaller, and the certificate was revoked: a new window's words differ
    fs::copy(trial.at("w/registry.toml"), trial.at("registry.old")).unwrap();
    let registry = fs::read_to_string(trial.at("registry.old")).unwrap();
    fs::write(trial.at("w/registry.toml"), registry.replace("suspended = false", "suspended = true")).unwrap();
    let stations = fs::read_to_string(trial.at("w/stations.toml")).unwrap();
    fs::write(trial.at("w/stations.toml"), stations.replace("mw = \"424\"", "mw = \"0.001\"")).unwrap();
    file(&trial, "later.xml", &statement("2023-Q1", 1, "1.000"), "azerenerji");
    assert_eq!(trial.json(&["check", "later.xml"]).0, Some(1));
    trial.done(&["once"]);
    assert_eq!(verdict(&same(&trial, "later.xml")), ("rejected", "authority.suspended"));
    for ((name, ..), before) in filed.iter().zip(&before) {
        assert_eq!(&same(&trial, name), before, "{name}");
    }
    // nor is any of it read: what it names may be gone
    for gone in ["registry.toml", "stations.toml", "pki", "datasets"] {
        let path = trial.at("w").join(gone);
        fs::rename(&path, trial.at(format!("gone-{gone}"))).unwrap();
    }
    for ((name, ..), before) in filed.iter().zip(&before) {
        assert_eq!(&same(&trial, name), before, "{name}");
    }
    fs::remove_file(trial.at("w/state/boemis.sqlite")).unwrap();
    fs::remove_dir_all(trial.at("w/state/ledger")).unwrap();
    assert_eq!(&same(&trial, "conflict.xml"), &before[5]);
    let told = trial.pencere(&["explain", "total.xml"]);
    let told = String::from_utf8(told.stdout).unwrap();
    for words in ["Authority", "active on", "rule.total-differs", "the verdict is the same", "stations"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert_eq!(trial.pencere(&["explain", "nothing"]).status.code(), Some(2));
}

/// `replay` of all that was ever received: its exit code and its answer.
fn replay(trial: &Trial, more: &[&str]) -> (Option<i32>, Value) {
    let mut args = vec!["replay", "--since", "2020-01-01"];
    args.extend(more);
    trial.json(&args)
}

/// What would be answered otherwise: file, decision and what it would be.
fn changes(answer: &Value) -> Vec<(String, String, String)> {
    let text = |one: &Value, key: &str| one[key].as_str().unwrap_or("-").to_owned();
    let all = answer["changes"].as_array().unwrap().iter();
    all.map(|one| (text(one, "file"), text(one, "recorded"), text(one, "would_be"))).collect()
}

// S 5.7
#[test]
fn changed_rules_are_tried_on_what_was_filed_and_nothing_is_touched() {
    let trial = window();
    let filed = file_all(&trial);
    let list = || {
        let mut all = std::process::Command::new("find");
        all.arg(trial.at("w")).args(["-type", "f", "-not", "-name", "*-shm", "-printf", "%p %s %T@ %C@\n"]);
        let mut lines: Vec<String> =
            String::from_utf8(all.output().unwrap().stdout).unwrap().lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let before = list();
    let (code, answer) = replay(&trial, &[]);
    assert_eq!((code, changes(&answer)), (Some(0), vec![]), "{answer:#}");
    assert_eq!((answer["judged"].as_u64(), answer["duplicates"].as_u64()), (Some(filed.len() as u64 + 2), Some(1)));
    assert_eq!(answer["problems"].as_array().unwrap().len(), 0);

    // by a configuration that is to come: no places behind the point, so that what had three is refused
    let copied = std::process::Command::new("cp").arg("-r").args([trial.at("w"), trial.at("next")]).status();
    assert!(copied.unwrap().success());
    let dataset = trial.at("next/datasets/generation/dataset.toml");
    let text = fs::read_to_string(&dataset).unwrap();
    fs::write(&dataset, text.replacen("places = 3", "places = 0", 1)).unwrap();
    let next = trial.at("next/pencere.toml");
    let by = ["--by", next.to_str().unwrap()];
    let (code, answer) = replay(&trial, &by);
    let changed = changes(&answer);
    assert_eq!(code, Some(1), "{answer:#}");
    let to = |name: &str| {
        changed.iter().find(|(file, ..)| file == name).map(|(_, was, would)| (was.as_str(), would.as_str()))
    };
    assert_eq!(to("good.xml"), Some(("accepted", "rejected")));
    assert_eq!(to("total.xml"), Some(("rejected", "rejected")), "for another reason");
    assert_eq!((to("altered.xml"), to("stranger.xml")), (None, None), "it never came so far");
    let good = answer["changes"].as_array().unwrap().iter().find(|one| one["file"] == "good.xml").unwrap();
    assert_eq!(good["new_findings"][0]["code"], "schema.invalid", "{good:#}");
    assert_eq!(
        answer["ways"]["accepted -> rejected"].as_u64(),
        Some(changed.iter().filter(|one| one.1 == "accepted").count() as u64)
    );
    let told = trial.pencere(&["replay", "--since", "2020-01-01", "--by", by[1]]);
    let text = String::from_utf8(told.stdout).unwrap();
    for words in ["good.xml", "accepted -> rejected", "answers judged again"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    // nothing was received so late
    assert_eq!(trial.pencere(&["replay", "--since", "2099-01-01"]).status.code(), Some(2));
    assert_eq!(replay(&trial, &["--until", "2020-01-02"]).1["judged"], 0);
    assert_eq!(list(), before, "nothing was touched");

    // a registry of another day counts where it is asked for
    let registry = fs::read_to_string(trial.at("w/registry.toml")).unwrap();
    fs::write(trial.at("w/registry.toml"), registry.replace("suspended = false", "suspended = true")).unwrap();
    assert_eq!(replay(&trial, &[]).0, Some(0));
    let (code, answer) = replay(&trial, &["--registry", "now"]);
    assert_eq!(code, Some(1));
    assert!(changes(&answer).contains(&("good.xml".into(), "accepted".into(), "rejected".into())), "{answer:#}");
    // a wrong one is named, and nothing is replayed
    fs::write(&next, "[window\n").unwrap();
    assert_eq!(trial.pencere(&["replay", "--since", "2020-01-01", "--by", by[1]]).status.code(), Some(2));
}

#[test]
fn what_changed_in_the_configuration_is_shown_beside_what_is_in_force() {
    let trial = window();
    assert_eq!(trial.pencere(&["config", "diff"]).status.code(), Some(2), "nothing is in force yet");
    trial.done(&["once"]);
    let (code, answer) = trial.json(&["config", "diff"]);
    assert_eq!((code, answer["same"].as_bool()), (Some(0), Some(true)), "{answer:#}");
    let registry = fs::read_to_string(trial.at("w/registry.toml")).unwrap();
    let changed =
        registry.replacen("Elçin Rauf oğlu", "Elçin Rauf", 1).replacen("suspended = false", "suspended = true", 1);
    fs::write(trial.at("w/registry.toml"), changed).unwrap();
    trial.set("settle", "\"2ms\"");
    let (code, answer) = trial.json(&["config", "diff"]);
    assert_eq!((code, answer["same"].as_bool()), (Some(1), Some(false)), "{answer:#}");
    let of = |ending: &str| {
        let all = answer["files"].as_array().unwrap();
        all.iter().find(|one| one["path"].as_str().unwrap().ends_with(ending)).unwrap().clone()
    };
    assert_eq!(
        (of("registry.toml")["takes_effect"].as_str(), of("pencere.toml")["takes_effect"].as_str()),
        (Some("reload"), Some("restart"))
    );
    let lines = of("registry.toml")["diff"].as_str().unwrap().to_owned();
    assert!(
        lines.contains("-suspended = false\n+suspended = true\n") && lines.contains(" fin = \"1S*****\""),
        "{lines}"
    );
    assert!(!lines.contains("1SNQ0E"), "{lines}");
    assert!(of("pencere.toml")["diff"].as_str().unwrap().contains("+settle = \"2ms\""));
    // mistakes are named, and nothing else is
    trial.set("settle", "\"soon\"");
    assert_eq!(trial.pencere(&["config", "diff"]).status.code(), Some(2));
    // once it is in force, nothing differs
    trial.set("settle", "\"2ms\"");
    trial.done(&["once"]);
    assert_eq!(trial.json(&["config", "diff"]).0, Some(0));
}

/// A window under whose rules gas rests on nothing, and the same with the shipped rule.
#[test]
fn a_new_rule_that_asks_for_what_was_not_recorded_is_not_taken_for_an_acceptance() {
    let trial = window();
    let rule = trial.at("w/datasets/gas-savings/dataset.toml");
    let shipped = fs::read_to_string(&rule).unwrap();
    let mut kept: toml::Table = shipped.parse().unwrap();
    let rules = kept["rules"].as_array_mut().unwrap();
    rules.retain(|rule| rule["rule"].as_str() != Some("ratio"));
    let kept = kept.to_string();
    fs::write(&rule, &kept).unwrap();
    file(&trial, "energy.xml", &statement("2024-Q1", 1, "100.000"), "azerenerji");
    trial.done(&["once"]);
    let gas =
        statement("2024-Q1", 1, "99.000").replace("generation", "gas-savings").replace("EnergyMWh", "GasThousandM3");
    file(&trial, "gas.xml", &gas, "azerenerji");
    trial.done(&["once"]);
    assert_eq!(verdict(&same(&trial, "gas.xml")).0, "accepted");
    assert_eq!(replay(&trial, &[]).0, Some(0));
    fs::write(&rule, &shipped).unwrap();
    let (code, answer) = replay(&trial, &[]);
    assert_eq!(code, Some(1), "{answer:#}");
    assert!(changes(&answer).contains(&("gas.xml".into(), "accepted".into(), "-".into())), "{answer:#}");
}

#[test]
fn a_document_that_would_go_further_than_it_went_is_told_to_do_so() {
    let trial = window();
    let registry = fs::read_to_string(trial.at("w/registry.toml")).unwrap();
    fs::write(trial.at("w/registry.toml"), registry.replace("suspended = false", "suspended = true")).unwrap();
    file(&trial, "late.xml", &statement("2024-Q1", 1, "100.000"), "azerenerji");
    trial.done(&["once"]);
    fs::write(trial.at("w/registry.toml"), registry).unwrap();
    let (code, answer) = replay(&trial, &["--registry", "now"]);
    assert_eq!((code, changes(&answer)), (Some(1), vec![("late.xml".into(), "rejected".into(), "-".into())]));
    // what is missing from evidence is named, and the rest goes on
    let dossiers = kept(&trial);
    assert!(!dossiers.is_empty());
    dossiers.iter().for_each(|path| fs::remove_file(path).unwrap());
    let (code, answer) = replay(&trial, &[]);
    assert_eq!((code, answer["problems"].as_array().unwrap().len()), (Some(3), 1), "{answer:#}");
}

#[test]
fn what_is_contested_is_explained_by_the_list_that_contested_it() {
    let trial = window();
    file(&trial, "a.xml", &statement("2024-Q1", 1, "100.000"), "azerenerji");
    trial.done(&["once"]);
    publish(&trial, 60, &[("w/pki/azerenerji.crt", -3600)]);
    trial.done(&["once"]);
    publish(&trial, 120, &[]);
    let answer = same(&trial, "a.xml");
    let words: Vec<&str> =
        answer["answers"].as_array().unwrap().iter().map(|one| one["decision"].as_str().unwrap()).collect();
    assert_eq!(words, ["accepted", "contested"]);
    let grounds = |nth: usize| answer["answers"][nth]["grounds_sha256"].as_str().unwrap().to_owned();
    assert_ne!(grounds(0), grounds(1));
    trial.done(&["audit", "verify"]);
}

#[test]
fn what_waited_for_a_list_is_explained_as_held_and_as_decided() {
    let trial = Trial::new();
    trial.set("crls", "[\"pki/ca.crl\"]");
    publish(&trial, -1_000_000, &[]);
    file(&trial, "a.xml", &statement("2024-Q1", 1, "100.000"), "azerenerji");
    trial.done(&["once"]);
    assert_eq!(verdict(&same(&trial, "a.xml")), ("held", "signature.revocation-unknown"));
    publish(&trial, 0, &[]);
    let daemon = trial.run();
    trial.answer("azerenerji", "a.xml");
    daemon.end();
    let answer = same(&trial, "a.xml");
    assert_eq!((verdict(&answer).0, answer["answers"].as_array().unwrap().len()), ("accepted", 2));
}

/// Everything that evidence keeps, packs and objects.
fn kept(trial: &Trial) -> Vec<PathBuf> {
    let mut paths = vec![trial.at("w/state/evidence/packs"), trial.at("w/state/evidence/objects")];
    while let Some(at) = paths.iter().position(|path| path.is_dir()) {
        let folder = paths.swap_remove(at);
        paths.extend(fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    }
    paths.sort();
    paths
}

/// Changes one octet of what evidence keeps, behind this text.
fn damage(trial: &Trial, text: &str) {
    let mut changed = 0;
    for path in kept(trial) {
        let mut octets = fs::read(&path).unwrap();
        let finder = memchr::memmem::Finder::new(text);
        let places: Vec<usize> = finder.find_iter(&octets).collect();
        changed += places.len();
        places.iter().for_each(|at| octets[at + text.len() - 1] ^= 1);
        fs::write(path, octets).unwrap();
    }
    assert!(changed > 0, "{text}");
}

#[test]
fn evidence_that_is_damaged_or_gone_is_named() {
    let trial = window();
    file(&trial, "a.xml", &statement("2024-Q1", 1, "100.000"), "azerenerji");
    trial.done(&["once"]);
    trial.done(&["audit", "verify"]);
    let cases = [
        ("[participants.azerisiq]", "registry.toml"),
        ("[stations.SU-0001]", "stations.toml"),
        ("{\"dossier\":1", "dossier"),
        ("{\"grounds\":1", "grounds"),
        ("<EnergyMWh>100.000", "document"),
        ("<Receipt ", "receipt"),
    ];
    for (text, named) in cases {
        let copy = trial.copy();
        damage(&copy, text);
        let explained = copy.pencere(&["explain", "a.xml"]);
        assert_eq!(explained.status.code(), Some(3), "{text}: {}", said(&explained));
        assert!(said(&explained).contains(named), "{text}: {}", said(&explained));
        assert_eq!(copy.pencere(&["evidence", "a.xml", "-o", "x.asice"]).status.code(), Some(3), "{text}");
        assert!(!copy.at("x.asice").exists());
        let audited = copy.pencere(&["audit", "verify"]);
        assert_eq!(audited.status.code(), Some(1), "{text}: {}", said(&audited));
    }
    fs::remove_dir_all(trial.at("w/state/evidence/packs")).unwrap();
    assert_eq!(trial.pencere(&["explain", "a.xml"]).status.code(), Some(3));
}

#[test]
fn a_window_that_is_killed_loses_nothing_of_it() {
    let trial = window();
    let documents: Vec<Vec<u8>> = (0..12)
        .map(|n| trial.signed("s.xml", statement(&format!("20{:02}", n + 10), 1, &format!("{n}.000")), "azerenerji"))
        .collect();
    let daemon = trial.run();
    for (n, octets) in documents.iter().enumerate() {
        trial.put("azerenerji", format!("{n}.xml"), octets);
    }
    eventually("an answer", || !trial.answers("azerenerji").is_empty());
    daemon.kill();
    trial.done(&["once"]);
    for n in 0..documents.len() {
        assert_eq!(verdict(&same(&trial, &format!("{n}.xml"))).0, "accepted");
    }
    trial.done(&["audit", "verify"]);
}

#[test]
fn files_are_kept_once() {
    let trial = window();
    let packs = |trial: &Trial| -> Vec<u8> { kept(trial).iter().flat_map(|path| fs::read(path).unwrap()).collect() };
    trial.done(&["once"]);
    let first = packs(&trial);
    trial.done(&["once"]);
    assert_eq!(packs(&trial), first);
    fs::remove_dir_all(trial.at("w/state/ledger")).unwrap();
    trial.done(&["once"]);
    assert_eq!(packs(&trial), first, "a lost ledger learns from the journal what is kept");
    let registry = fs::read_to_string(trial.at("w/registry.toml")).unwrap();
    fs::write(trial.at("w/registry.toml"), format!("{registry}# another\n")).unwrap();
    trial.done(&["once"]);
    let times = |octets: &[u8], text: &str| memchr::memmem::find_iter(octets, text).count();
    let now = packs(&trial);
    assert_eq!((times(&first, "[participants.azerisiq]"), times(&now, "[participants.azerisiq]")), (1, 2));
    assert_eq!((times(&first, "[stations.SU-0001]"), times(&now, "[stations.SU-0001]")), (1, 1));
}

// R 2.1.1, 8.2
#[test]
fn a_container_is_verified_with_the_tools_of_others() {
    let trial = window();
    let table = trial::capacity(voen("azerenerji"), "2024", 1, "SU-0001", "424.000");
    let signature = trial.signed("güc.csv", &table, "azerenerji");
    trial.put("azerenerji", "güc.csv", &table);
    trial.put("azerenerji", "güc.csv.p7s", &signature);
    file(&trial, "a.xml", &statement("2024-Q1", 1, "100.000"), "azerenerji");
    trial.done(&["once"]);
    for (what, originals, signer) in [("a.xml", 1, None), ("güc.csv", 2, Some("energetika"))] {
        let mut arguments = vec!["evidence", what, "-o", "x.asice"];
        if signer.is_some() {
            arguments.extend(["--key", "w/pki/energetika.key", "--cert", "w/pki/energetika.crt"]);
        }
        let (code, answer) = trial.json(&arguments);
        assert_eq!((code, answer["same"].as_bool()), (Some(0), Some(true)), "{answer:#}");
        assert_eq!(answer["one_time"].as_bool(), Some(signer.is_none()));
        let _ = fs::remove_dir_all(trial.at("x"));
        trial.succeeds("unzip", &["-q", "x.asice", "-d", "x"]);
        let manifest = "x/META-INF/ASiCManifest.xml";
        let over = ["-in", "x/META-INF/signature.p7s", "-content", manifest, "-noverify", "-signer", "c.pem"];
        let verify = ["cms", "-verify", "-binary", "-inform", "DER", "-out", "/dev/null"];
        trial.succeeds("openssl", &[&verify[..], &over].concat());
        // every file is named with its digest, and every digest is right
        let python = "import base64,hashlib,sys,urllib.parse,xml.etree.ElementTree as t,zipfile\n\
            z=zipfile.ZipFile('x.asice'); assert z.testzip() is None; names=z.namelist()\n\
            assert names[0]=='mimetype' and z.getinfo('mimetype').compress_type==0\n\
            assert z.read('mimetype')==b'application/vnd.etsi.asic-e+zip'\n\
            d='{http://www.w3.org/2000/09/xmldsig#}DigestValue'; seen=set()\n\
            for r in t.fromstring(z.read('META-INF/ASiCManifest.xml')):\n\
            \x20   if not r.tag.endswith('DataObjectReference'): continue\n\
            \x20   n=urllib.parse.unquote(r.get('URI')); seen.add(n)\n\
            \x20   assert base64.b64encode(hashlib.sha256(z.read(n)).digest()).decode()==r.find(d).text, n\n\
            assert seen=={n for n in names if n!='mimetype' and not n.startswith('META-INF/')}\n";
        trial.succeeds("python3", &["-c", python]);
        assert_eq!(fs::read_dir(trial.at("x/original")).unwrap().count(), originals);
        assert_eq!(fs::read(trial.at("x/original").join(what)).unwrap(), dropped(&trial, what, &table));
        assert!(trial.xmlsec_proves(&trial.at("x/receipts/1.receipt.xml")));
        let chain = trial.succeeds("sh", &["-c", CHAIN]);
        assert!(String::from_utf8_lossy(&chain.stdout).contains("chained"), "{}", said(&chain));
        let trust = if signer.is_some() { "w/pki/ca.crt" } else { "c.pem" };
        let (code, report) = trial.json(&["verify", "x.asice", "--trust", trust]);
        assert_eq!(report["signatures"][0]["integrity"], "intact", "{report:#}");
        assert_eq!(report["signatures"][0]["covers_whole_document"], true, "{report:#}");
        assert_eq!(code, Some(0), "{report:#}");
        no_other_person(&trial);
        // a file that is changed, or added, is seen by ours and by theirs
        fs::write(trial.at("x/README.txt"), "other").unwrap();
        trial.succeeds("sh", &["-c", "cd x && zip -q -X ../x.asice README.txt"]);
        assert_eq!(trial.pencere(&["verify", "x.asice", "--trust", trust]).status.code(), Some(1));
    }
}

/// The chain of every line follows from the one before it, as the README says.
const CHAIN: &str = "while read -r word before; do read -r crc place chain json; \
    sum=$( (printf %s \"$before\" | xxd -r -p; printf %s \"$json\") | sha256sum | cut -d' ' -f1); \
    [ \"$word $sum\" = \"before $chain\" ] || exit 1; done < x/journal/lines.txt; echo chained";

fn dropped(trial: &Trial, what: &str, table: &str) -> Vec<u8> {
    match what {
        "a.xml" => fs::read(trial.at("signed")).unwrap(),
        _ => table.as_bytes().to_vec(),
    }
}

/// No FİN of the registry but the signer's stands in the container, but for whoever signed that (R 3.4.4, 5.15).
fn no_other_person(trial: &Trial) {
    let registry = fs::read_to_string(trial.at("w/registry.toml")).unwrap();
    let fins: Vec<&str> = registry.lines().filter_map(|line| line.strip_prefix("fin = ")).collect();
    let certificate = trial.succeeds("openssl", &["x509", "-in", "w/pki/azerenerji.crt", "-noout", "-subject"]).stdout;
    let own = String::from_utf8(certificate).unwrap();
    let others: Vec<&str> = fins.iter().map(|fin| fin.trim_matches('"')).filter(|fin| !own.contains(fin)).collect();
    assert!(others.len() >= 5, "{fins:?}");
    fs::remove_file(trial.at("x/META-INF/signature.p7s")).unwrap();
    let mut open = vec![trial.at("x")];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let octets = fs::read(&path).unwrap();
        for other in &others {
            assert!(memchr::memmem::find(&octets, other.as_bytes()).is_none(), "{other} in {}", path.display());
        }
    }
}
