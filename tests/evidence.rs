//! A container of evidence holds what proves a verdict, nothing of others and nothing twice, whatever the window's
//! configuration looks like; and its own page tells how to check it.

#[path = "window/lists.rs"]
#[allow(dead_code)] // the tests of contests use all of it
mod lists;
#[path = "window/trial.rs"]
mod trial;

use lists::{list, seconds};
use pencere::document::Digest;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use trial::{Trial, capacity, generation, said, voen};

/// A window that has decided on `a.xml`.
fn decided(trial: &Trial) {
    let text = generation(voen("azerenerji"), "2024-Q1", 1, "SU-0001", "100.000");
    trial.put("azerenerji", "a.xml", trial.signed("a.xml", text, "azerenerji"));
    trial.done(&["once"]);
}

/// The container on a submission, unpacked as `x`: its digests, each with the file's name.
fn unpacked(trial: &Trial, what: &str) -> Vec<(String, String)> {
    trial.done(&["evidence", what, "-o", "x.asice"]);
    trial.succeeds("unzip", &["-q", "x.asice", "-d", "x"]);
    let sums = fs::read_to_string(trial.at("x/SHA256SUMS")).unwrap();
    let split = |line: &str| line.split_once("  ").map(|(sum, name)| (sum.to_owned(), name.to_owned())).unwrap();
    sums.lines().map(split).collect()
}

fn sha256(path: &Path) -> String {
    Digest::of(&fs::read(path).unwrap()).to_string()
}

/// Each list of what was judged by, with where its files lie.
fn contents(trial: &Trial) -> Vec<String> {
    let folders = fs::read_dir(trial.at("x/grounds")).unwrap().map(|entry| entry.unwrap().path().join("contents.txt"));
    folders.filter(|path| path.exists()).map(|path| fs::read_to_string(path).unwrap()).collect()
}

#[test]
fn many_anchors_and_many_lists_do_not_stop_a_container() {
    let trial = Trial::new();
    fs::create_dir(trial.at("w/pki/anchors")).unwrap();
    fs::copy(trial.at("w/pki/ca.crt"), trial.at("w/pki/anchors/own.crt")).unwrap();
    let key = ["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "other.key"];
    trial.succeeds("openssl", &key);
    for nth in 0..70 {
        let (subject, out) = (format!("/CN=anchor {nth}"), format!("w/pki/anchors/{nth}.crt"));
        let made = ["req", "-x509", "-new", "-key", "other.key", "-days", "30", "-subj", &subject, "-out", &out];
        trial.succeeds("openssl", &made);
    }
    fs::create_dir(trial.at("w/pki/lists")).unwrap();
    for nth in 0..70 {
        fs::write(trial.at(format!("w/pki/lists/{nth}.crl")), list(&trial, seconds(nth - 3600), &[])).unwrap();
    }
    trial.set("anchors", "[\"pki/anchors\"]");
    trial.set("crls", "[\"pki/lists\"]");
    decided(&trial);
    let files = unpacked(&trial, "a.xml");
    assert!(files.len() > 70, "each list spoke of the signer: {}", files.len());
    let digests: BTreeSet<&String> = files.iter().map(|(sum, _)| sum).collect();
    let is_there = |name: &str| digests.contains(&sha256(&trial.at("w/pki/anchors").join(name)));
    assert!(is_there("own.crt"), "the anchor on the signer's path");
    assert!((0..70).all(|nth| !is_there(&format!("{nth}.crt"))), "{files:?}");
    let [told] = &contents(&trial)[..] else { panic!("one list of grounds") };
    for nth in 0..70 {
        let line = told.lines().find(|line| line.contains(&format!("/anchors/{nth}.crt")));
        assert!(line.is_some_and(|line| line.contains("  -  ") && line.contains("path")), "{nth}: {told}");
    }
    let (code, report) = trial.json(&["verify", "x.asice", "--trust", "w/pki/ca.crt"]);
    assert_eq!(report["signatures"][0]["integrity"], "intact", "{code:?} {report:#}");
    assert_eq!(report["signatures"][0]["covers_whole_document"], true, "{report:#}");
}

#[test]
fn a_file_whose_name_has_spaces_or_other_letters_goes_along_by_its_digest() {
    let trial = Trial::new();
    let own = "kök mərkəz (1).crt";
    fs::rename(trial.at("w/pki/ca.crt"), trial.at("w/pki").join(own)).unwrap();
    trial.set("anchors", &format!("[\"pki/{own}\"]"));
    decided(&trial);
    let files = unpacked(&trial, "a.xml");
    let sum = sha256(&trial.at("w/pki").join(own));
    let name = format!("grounds/files/{}", &sum[..16]);
    assert!(files.contains(&(sum.clone(), name.clone())), "{files:?}");
    let told = contents(&trial).concat();
    let line = told.lines().find(|line| line.starts_with(&sum)).unwrap();
    assert!(line.contains(&name) && line.ends_with(own), "{line}");
    let readme = fs::read_to_string(trial.at("x/README.txt")).unwrap();
    assert!(readme.contains("by its digest alone") && readme.contains("yalnız özəti ilə adlanır"), "{readme}");
    // whatever the list of grounds names is either here or said not to be
    let grounds = fs::read_dir(trial.at("x/grounds")).unwrap().map(|entry| entry.unwrap().path().join("grounds.json"));
    let grounds: Vec<_> = grounds.filter(|path| path.exists()).collect();
    let list: serde_json::Value = serde_json::from_slice(&fs::read(&grounds[0]).unwrap()).unwrap();
    for file in list["files"].as_array().unwrap() {
        let sum = file["sha256"].as_str().unwrap();
        let line = told.lines().find(|line| line.starts_with(sum)).unwrap_or_else(|| panic!("{file}"));
        let (_, rest) = line.split_once("  ").unwrap();
        let (place, rest) = rest.split_once("  ").unwrap();
        match place {
            "-" => assert!(rest.contains(" / "), "{line}"),
            place => assert_eq!(sha256(&trial.at("x").join(place)), sum),
        }
    }
}

#[test]
fn what_revoked_a_signer_who_was_refused_goes_along_with_his_anchor() {
    let trial = Trial::new();
    trial.set("crls", "[\"pki/ca.crl\"]");
    let revoked = [("w/pki/azerenerji.crt", seconds(-7200))];
    fs::write(trial.at("w/pki/ca.crl"), list(&trial, seconds(-3600), &revoked)).unwrap();
    decided(&trial);
    assert!(trial.answers("azerenerji")[0].1.contains("signature.certificate-revoked"));
    let files = unpacked(&trial, "a.xml");
    for name in ["w/pki/ca.crl", "w/pki/ca.crt"] {
        assert!(files.iter().any(|(sum, _)| *sum == sha256(&trial.at(name))), "{name}: {files:?}");
    }
}

/// The commands of the page in this container, run as they stand.
fn run(trial: &Trial, container: &str) -> std::process::Output {
    trial.succeeds("sh", &["-c", "rm -rf bundle page && mkdir page"]);
    trial.succeeds("unzip", &["-q", "-d", "page", container, "README.txt"]);
    let readme = fs::read_to_string(trial.at("page/README.txt")).unwrap();
    let from = readme.find("\nunzip ").unwrap();
    let commands = readme[from..].replace("FILE.asice", container);
    trial.tool("sh", &["-e", "-c", &commands]).output().unwrap()
}

// R 8.2
#[test]
fn the_commands_of_the_readme_run_with_two_grounds() {
    let trial = Trial::new();
    trial.set("crls", "[\"pki/ca.crl\"]");
    trial.set("settle", "\"1ms\"");
    let publish = |made| {
        fs::write(trial.at("w/pki/ca.crl"), list(&trial, seconds(made), &[])).unwrap();
        sha256(&trial.at("w/pki/ca.crl"))
    };
    let old = publish(-1_000_000);
    let table = capacity(voen("azerenerji"), "2024", 1, "SU-0001", "424.000");
    let name = "il's güc.csv";
    let signature = trial.signed("güc.csv", &table, "azerenerji");
    trial.put("azerenerji", name, &table);
    trial.put("azerenerji", format!("{name}.p7s"), &signature);
    decided(&trial); // both wait for a newer list
    let lists = [old, publish(0)];
    let daemon = trial.run();
    trial.answer("azerenerji", name);
    trial.answer("azerenerji", "a.xml");
    daemon.end();
    for what in ["a.xml", name] {
        let _ = fs::remove_dir_all(trial.at("x"));
        let files = unpacked(&trial, what);
        assert_eq!(contents(&trial).len(), 2, "{what}: the grounds changed between the answers");
        let digests: BTreeSet<&String> = files.iter().map(|(sum, _)| sum).collect();
        assert_eq!(digests.len(), files.len(), "{what}: each once: {files:?}");
        for list in &lists {
            assert!(digests.contains(&list), "{what}: the list that was too old, and the one that decided");
        }
        let ran = run(&trial, "x.asice");
        let told = said(&ran);
        assert!(ran.status.success(), "{what}: {told}");
        assert_eq!(told.matches("Signature Verified Successfully").count(), 2, "{what}: {told}");
        // xmlsec1 says so on stderr, of two receipts, and of the document where that is XML
        let sealed = if what == "a.xml" { 3 } else { 2 };
        assert_eq!(told.lines().filter(|line| *line == "OK").count(), sealed, "{what}: {told}");
        assert_eq!(fs::read(trial.at("x/log.crt")).unwrap(), fs::read(trial.at("w/pki/log.crt")).unwrap());

        // what somebody changed is found by them
        let readme = fs::read_to_string(trial.at("x/README.txt")).unwrap();
        for changed in files.iter().map(|(_, name)| name).filter(|name| *name != "README.txt") {
            let (whole, at) = (fs::read(trial.at("x").join(changed)).unwrap(), trial.at("x").join(changed));
            let mut octets = whole.clone();
            let middle = octets.len() / 2;
            octets[middle] ^= 1;
            fs::write(&at, octets).unwrap();
            let begin = readme.find("sha256sum --check").unwrap();
            let command = readme[begin..].lines().next().unwrap();
            let held = trial.tool("sh", &["-c", &format!("cd x && {command}")]).output().unwrap();
            assert!(!held.status.success(), "{changed}");
            fs::write(&at, whole).unwrap();
        }
    }
    // another key's checkpoint, and a leaf that is not in the log
    let receipt = fs::read_to_string(trial.at("x/receipts/2.receipt.xml")).unwrap();
    let begin = receipt.find("<Inclusion>").unwrap() + "<Inclusion>".len();
    let other = if receipt.as_bytes()[begin] == b'A' { "B" } else { "A" };
    let altered = format!("{}{other}{}", &receipt[..begin], &receipt[begin + 1..]);
    fs::write(trial.at("bundle/receipts/2.receipt.xml"), altered).unwrap();
    let place = trial.tool("sh", &["-c", "cd bundle && python3 place.py receipts/2.receipt.xml"]).output().unwrap();
    assert!(!place.status.success() && said(&place).contains("not in the log"), "{}", said(&place));
}

#[test]
fn the_commands_of_the_readme_run_for_what_was_taken_in_with_a_unit() {
    let trial = Trial::new();
    decided(&trial);
    trial.done(&["archive", "make", "--before", "2100-01-01"]);
    let fresh = Trial::new();
    fresh.done(&["archive", "import", trial.at("w/archive/trial-000001.zip").to_str().unwrap()]);
    let files = unpacked(&fresh, "a.xml");
    assert!(files.iter().any(|(_, name)| name == "journal/lines.jsonl"), "{files:?}");
    // the log is that of the window which decided
    let published = |of: &Trial, path: &str| of.succeeds("openssl", &["x509", "-in", path, "-outform", "DER"]).stdout;
    assert_eq!(published(&fresh, "x/log.crt"), published(&trial, "w/pki/log.crt"));
    let ran = run(&fresh, "x.asice");
    assert!(ran.status.success(), "{}", said(&ran));
    assert_eq!(said(&ran).matches("Signature Verified Successfully").count(), 1, "{}", said(&ran));
}
