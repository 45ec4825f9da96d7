//! The whole window from outside: signers and readers are other people's programs, folders, events
//! and processes are real.

#[path = "samples/case.rs"]
#[allow(dead_code)] // the walk over the samples uses all of it
mod case;
#[path = "samples/receipt.rs"]
#[allow(dead_code)] // the walk over the samples uses all of it
mod receipt;
#[path = "window/trial.rs"]
mod trial;

use rustix::process::Signal;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use trial::{Locked, PARTICIPANTS, Reading, Trial, capacity, eventually, generation, said, voen};

const C14N: [(&str, &str); 3] = [
    ("exclusive", "http://www.w3.org/2001/10/xml-exc-c14n#"),
    ("inclusive", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"),
    ("inclusive-1.1", "http://www.w3.org/2006/12/xml-c14n11"),
];

/// A statement of SU-0001 for a period, signed by azerenerji's person with pencere itself.
fn statement(trial: &Trial, period: &str, mwh: &str) -> Vec<u8> {
    trial.signed("statement.xml", generation(voen("azerenerji"), period, 1, "SU-0001", mwh), "azerenerji")
}

/// Signed by xmlsec1, enveloped.
fn by_xmlsec(trial: &Trial, statement: &str, c14n: &str) -> Vec<u8> {
    let template = format!(
        "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:SignedInfo>\
         <ds:CanonicalizationMethod Algorithm=\"{c14n}\"/>\
         <ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256\"/>\
         <ds:Reference URI=\"\"><ds:Transforms>\
         <ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>\
         <ds:Transform Algorithm=\"{c14n}\"/></ds:Transforms>\
         <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue/></ds:Reference>\
         </ds:SignedInfo><ds:SignatureValue/><ds:KeyInfo><ds:X509Data/></ds:KeyInfo></ds:Signature></Submission>"
    );
    fs::write(trial.at("template.xml"), statement.replace("</Submission>", &template)).unwrap();
    let key = "w/pki/azerenerji.key,w/pki/azerenerji.crt";
    trial.succeeds("xmlsec1", &["--sign", "--privkey-pem", key, "--output", "made.xml", "template.xml"]);
    fs::read(trial.at("made.xml")).unwrap()
}

/// The detached signature made by openssl.
fn by_openssl(trial: &Trial, table: &str, form: &str) -> Vec<u8> {
    fs::write(trial.at("table.csv"), table).unwrap();
    let pair = ["-signer", "w/pki/azerenerji.crt", "-inkey", "w/pki/azerenerji.key"];
    let files = ["-in", "table.csv", "-out", "table.p7s", "-outform", form];
    trial.succeeds("openssl", &[&["cms", "-sign", "-binary"][..], &pair, &files].concat());
    fs::read(trial.at("table.p7s")).unwrap()
}

/// Drops a statement of each kind for quarters of this year; their names.
fn drop_one_of_each(trial: &Trial, year: u32) -> Vec<String> {
    let mut names = Vec::new();
    for (nth, (kind, c14n)) in C14N.iter().enumerate() {
        let plain = generation(voen("azerenerji"), &format!("{year}-Q{}", nth + 1), 1, "SU-0001", "1000.5");
        let name = format!("{kind}-{year}.xml");
        trial.put("azerenerji", &name, by_xmlsec(trial, &plain, c14n));
        names.push(name);
    }
    for (nth, form) in ["DER", "PEM"].iter().enumerate() {
        let table = capacity(voen("azerenerji"), &format!("{year}-Q{}", nth + 1), 1, "SU-0001", "424");
        let name = format!("{form}-{year}.csv");
        trial.put("azerenerji", format!("{name}.p7s"), by_openssl(trial, &table, form));
        trial.put("azerenerji", &name, table);
        names.push(name);
    }
    names
}

// S 6.3, R 3.15
#[test]
fn documents_of_other_signers_are_loaded_and_their_receipts_proven() {
    let trial = Trial::new();
    let names = drop_one_of_each(&trial, 2001);
    let originals: BTreeMap<&String, Vec<u8>> =
        names.iter().map(|name| (name, fs::read(trial.side("azerenerji", "in").join(name)).unwrap())).collect();
    let (code, done) = trial.json(&["once"]);
    assert_eq!((code, &done["answers"]["accepted"]), (Some(0), &5.into()), "{done}");
    let daemon = trial.run();
    let more = drop_one_of_each(&trial, 2002);
    for name in names.iter().chain(&more) {
        let (file, text) = trial.answer("azerenerji", name);
        assert_eq!(receipt::decision(&text), "accepted", "{name}: {:?}", receipt::codes(&text));
        assert!(trial.xmlsec_proves(&trial.side("azerenerji", "receipts").join(file)), "{name}");
    }
    daemon.end();
    for (table, column, value) in
        [("generation_current", "energy_mwh", "1000.500"), ("capacity_current", "capacity_mw", "424.000")]
    {
        let rows =
            trial.sql(&format!("SELECT period, station, {column}, participant, revision FROM {table} ORDER BY period"));
        let quarters = if column == "energy_mwh" { 3 } else { 2 };
        let row = |year: u32, quarter: u32| format!("{year}-Q{quarter}|SU-0001|{value}|azerenerji|1\n");
        let wanted: String =
            (2001..=2002).flat_map(|year| (1..=quarters).map(move |q| (year, q))).map(|(y, q)| row(y, q)).collect();
        assert_eq!(rows, wanted);
    }
    assert_eq!(trial.sql("SELECT energy_mwh, stations FROM generation_total WHERE period = '2001'"), "3001.500|1\n");

    // the receipt speaks of its document and of no other
    let (file, text) = trial.answer("azerenerji", &names[0]);
    let path = trial.side("azerenerji", "receipts").join(file);
    fs::write(trial.at("original"), &originals[&names[0]]).unwrap();
    fs::write(trial.at("other"), &originals[&names[1]]).unwrap();
    let verify = |receipt: &Path, document: &str| {
        trial.json(&["receipt", "verify", receipt.to_str().unwrap(), "--document", document])
    };
    assert_eq!(verify(&path, "original").0, Some(0));
    assert_eq!(verify(&path, "other").0, Some(1));
    let (code, answer) = {
        // an official of the same authority seals it instead
        let (start, end) = (text.find("<ds:Signature ").unwrap(), text.rfind("</ds:Signature>").unwrap() + 15);
        let forged = trial.signed("forged.xml", format!("{}{}", &text[..start], &text[end..]), "azerenerji");
        fs::write(trial.at("forged.receipt.xml"), forged).unwrap();
        verify(&trial.at("forged.receipt.xml"), "original")
    };
    assert!(code == Some(1) && answer.to_string().contains("receipt.not-the-seal"), "{code:?} {answer}");
    assert!(!trial.xmlsec_proves(&trial.at("forged.receipt.xml")));
    trial.keeps_persons_out_of_the_log();
}

#[test]
fn one_process_has_the_window_and_ends_when_it_is_told() {
    let trial = Trial::new();
    let daemon = trial.run();
    for command in ["run", "once"] {
        let second = trial.pencere(&[command]);
        assert_eq!(second.status.code(), Some(3), "{}", said(&second));
        assert!(said(&second).contains("open in another process"), "{}", said(&second));
    }
    assert_eq!(trial.json(&["status"]).0, Some(0), "reading commands work beside it");
    daemon.end();
    let mut daemon = trial.run();
    daemon.signal(Signal::INT);
    assert_eq!(daemon.wait(Duration::from_secs(60)).and_then(|status| status.code()), Some(0));
    assert_eq!(trial.json(&["once"]).0, Some(0));
}

// S 3.1.5
#[test]
fn a_reload_takes_effect_wholly_or_not_at_all() {
    let trial = Trial::new();
    let daemon = trial.run();
    let reloaded = |before: &Value| {
        let mut status = Value::Null;
        eventually("the reload", || {
            status = trial.json(&["status"]).1;
            !status["last_reload"].is_null() && status["last_reload"]["at"] != *before
        });
        status
    };
    let registry = fs::read_to_string(trial.at("w/registry.toml")).unwrap();
    let (before, after) = registry.split_once("[participants.azerenerji]").unwrap();
    let suspended = after.replacen("suspended = false", "suspended = true", 1);
    fs::write(trial.at("w/registry.toml"), format!("{before}[participants.azerenerji]{suspended}")).unwrap();
    daemon.signal(Signal::HUP);
    let status = reloaded(&Value::Null);
    assert_eq!(status["last_reload"]["refused"], Value::Null);
    trial.put("azerenerji", "a.xml", statement(&trial, "2001-Q1", "1"));
    assert_eq!(receipt::codes(&trial.answer("azerenerji", "a.xml").1), ["authority.suspended"]);

    fs::write(trial.at("w/registry.toml"), registry.replace("voen = ", "voe = ")).unwrap();
    daemon.signal(Signal::HUP);
    let status = reloaded(&status["last_reload"]["at"]);
    assert!(status["last_reload"]["refused"].as_str().unwrap().contains("mistakes"), "{status}");
    let (code, status) = trial.json(&["status"]);
    assert_eq!((code, &status["problems"][0]["code"]), (Some(1), &"reload-refused".into()), "{status}");
    trial.put("azerenerji", "b.xml", statement(&trial, "2001-Q1", "1"));
    assert_eq!(
        receipt::codes(&trial.answer("azerenerji", "b.xml").1),
        ["authority.suspended"],
        "the old stays in force"
    );

    fs::write(trial.at("w/registry.toml"), registry).unwrap();
    daemon.signal(Signal::HUP);
    reloaded(&status["last_reload"]["at"]);
    trial.put("azerenerji", "c.xml", statement(&trial, "2001-Q1", "1"));
    assert_eq!(receipt::decision(&trial.answer("azerenerji", "c.xml").1), "accepted");
    assert_eq!(trial.json(&["status"]).0, Some(0));
    daemon.end();
    trial.keeps_persons_out_of_the_log();
}

#[test]
fn a_folder_that_cannot_be_used_is_its_participants_own_matter() {
    let trial = Trial::new();
    trial.set("rescan", "\"1s\"");
    let signed = statement(&trial, "2026-Q2", "10");
    // one is missing in part, one is no folder at all
    fs::remove_dir(trial.side("ekologiya", "in")).unwrap();
    let home = trial.at("w/drop/azerisiq");
    fs::remove_dir_all(&home).unwrap();
    fs::write(&home, "").unwrap();
    trial.put("azerenerji", "a.xml", &signed);
    let (code, done) = trial.json(&["once"]);
    assert_eq!((code, &done["answers"]["accepted"]), (Some(0), &Value::from(1)), "{done}");
    assert!(done["unopened"]["azerisiq"].is_string() && done["unopened"].as_object().unwrap().len() == 1, "{done}");
    assert!(trial.side("ekologiya", "in").is_dir(), "made again");

    let problems = || {
        let (code, status) = trial.json(&["status"]);
        let problems = status["problems"].as_array().unwrap();
        assert_eq!(code, Some(i32::from(!problems.is_empty())));
        problems.iter().map(|problem| format!("{} {}", problem["code"], problem["message"])).collect::<Vec<_>>()
    };
    let told = problems();
    assert!(told.len() == 1 && told[0].contains("folder-unusable") && told[0].contains("azerisiq"), "{told:?}");

    let daemon = trial.run();
    fs::remove_file(&home).unwrap();
    for side in ["in", "receipts"] {
        fs::create_dir_all(home.join(side)).unwrap();
    }
    trial.put("azerisiq", "b.xml", &signed);
    trial.answer("azerisiq", "b.xml");
    assert_eq!(problems(), [""; 0]);

    // another folder under the name of one that is watched
    fs::rename(trial.side("azerisiq", "in"), home.join("before")).unwrap();
    fs::create_dir(trial.side("azerisiq", "in")).unwrap();
    eventually("the new folder", || trial.log().contains("the new one is open"));
    let begin = Instant::now();
    trial.put("azerisiq", "c.xml", signed);
    trial.answer("azerisiq", "c.xml");
    assert!(begin.elapsed() < trial::PATIENCE);
    daemon.end();
}

#[test]
fn what_is_held_for_a_folder_that_was_shut_at_the_start_is_told_once_it_opens() {
    let trial = Trial::new();
    trial.set("rescan", "\"1s\"");
    trial.set("hold.retry_first", "\"1s\"");
    let locked = Locked::new(&trial);
    let daemon = trial.run();
    trial.put("azerenerji", "a.xml", statement(&trial, "2001-Q1", "1"));
    eventually("the interim answer", || trial.answers_to("azerenerji", "a.xml").len() == 1);
    daemon.kill();
    // the answer is lost with the folder, which comes back empty
    let home = trial.at("w/drop/azerenerji");
    fs::remove_dir_all(&home).unwrap();
    fs::write(&home, "").unwrap();
    let daemon = trial.run();
    fs::remove_file(&home).unwrap();
    for side in ["in", "receipts"] {
        fs::create_dir_all(home.join(side)).unwrap();
    }
    eventually("the interim answer in its place", || trial.answers_to("azerenerji", "a.xml").len() == 1);
    assert!(trial.answers_to("azerenerji", "a.xml")[0].0.ends_with(".held.xml"));
    drop(locked);
    eventually("the last word", || trial.answers_to("azerenerji", "a.xml").len() == 2);
    daemon.end();
    assert_eq!(trial.sql("SELECT count(*) FROM submission"), "1\n");
}

#[test]
fn a_duplicate_is_answered_with_all_that_is_known_of_it() {
    let trial = Trial::new();
    let (first, anew) = (statement(&trial, "2001-Q1", "7"), statement(&trial, "2001-Q1", "7"));
    trial.put("azerenerji", "first.xml", &first);
    trial.done(&["once"]);
    for (name, octets) in [("same.xml", first), ("anew.xml", anew)] {
        fs::write(trial.at(name), &octets).unwrap();
        let (code, told) = trial.json(&["check", name, "--participant", "azerenerji"]);
        assert_eq!((code, &told["decision"], &told["period"]), (Some(0), &"duplicate".into(), &"2001-Q1".into()));
        assert_eq!(
            (&told["revision"], &told["records"], &told["sender"]),
            (&1.into(), &1.into(), &voen("azerenerji").into())
        );
        assert_eq!(told["signature"]["indication"], "TOTAL-PASSED", "{told}");
        trial.put("azerenerji", name, octets);
        trial.done(&["once"]);
        let (_, text) = trial.answer("azerenerji", name);
        assert_eq!(receipt::decision(&text), "duplicate");
        let said = |element: &str, attribute: &str| receipt::attribute(&text, element, attribute).unwrap_or_default();
        let submission = ["dataset", "period", "revision", "records"].map(|key| said("Submission", key));
        assert_eq!(submission, ["generation", "2001-Q1", "1", "1"], "{name}");
        assert_eq!((said("Sender", "voen"), said("Signer", "indication")), (voen("azerenerji"), "TOTAL-PASSED"));
    }
}

#[test]
fn once_names_what_is_missing_and_until_when() {
    let trial = Trial::new();
    for (name, octets) in [("a.csv", "x"), ("b.csv.p7s", "x"), ("c.csv", "x"), ("c.csv.p7s", "")] {
        trial.put("azerenerji", name, octets);
    }
    let output = trial.pencere(&["once"]);
    let told = said(&output);
    for line in ["in/a.csv waits for a.csv.p7s until 20", "in/b.csv.p7s waits for b.csv until 20"] {
        assert!(told.contains(line), "{line}: {told}");
    }
    assert!(told.contains("in/c.csv.p7s is empty (still being copied?)") && !told.contains('Z'), "{told}");
}

#[test]
fn check_refuses_the_sizes_that_intake_refuses() {
    let trial = Trial::new();
    trial.change("pencere.toml", "size_max = \"64MiB\"", "size_max = \"4KiB\"");
    for (size, code) in [(0, "intake.empty"), (4097, "intake.too-large")] {
        fs::write(trial.at("a.csv"), vec![b'a'; size]).unwrap();
        let (exit, told) = trial.json(&["check", "a.csv", "--participant", "azerenerji"]);
        assert_eq!((exit, &told["findings"][0]["code"]), (Some(1), &code.into()), "{told}");
    }
}

#[test]
fn the_service_manager_hears_of_every_change() {
    let trial = Trial::new();
    let path = trial.at("manager");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(trial::PATIENCE)).unwrap();
    let hear = |wanted: &str| {
        let (mut octets, begin) = ([0; 2000], Instant::now());
        loop {
            assert!(begin.elapsed() < trial::PATIENCE, "{wanted} was not heard");
            let count = socket.recv(&mut octets).unwrap_or_else(|error| panic!("{wanted}: {error}"));
            let heard = String::from_utf8(octets[..count].to_vec()).unwrap();
            if heard.lines().any(|line| line.starts_with(wanted)) {
                return heard;
            }
        }
    };
    let daemon = trial.start_with(|command| {
        command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "200000");
    });
    assert!(hear("READY=1").contains("STATUS="));
    hear("WATCHDOG=1");
    trial.put("azerenerji", "a.xml", statement(&trial, "2001-Q1", "1"));
    assert!(hear("STATUS=watching; 1 ").contains("0 held"));
    daemon.signal(Signal::HUP);
    assert!(hear("RELOADING=1").contains("MONOTONIC_USEC="));
    hear("READY=1");
    hear("WATCHDOG=1");
    daemon.end();
    hear("STOPPING=1");
}

#[test]
fn a_pair_is_one_submission_in_either_order_and_a_half_is_refused_in_time() {
    let trial = Trial::new();
    let pair = |period: &str| {
        let table = capacity(voen("azerenerji"), period, 1, "SU-0001", "424");
        let signature = trial.signed("table.csv", &table, "azerenerji");
        (table, signature)
    };
    // before its time is over, `once` leaves a half and names it
    let (table, signature) = pair("2001-Q1");
    trial.put("azerenerji", "first.csv", &table);
    let (code, done) = trial.json(&["once"]);
    assert_eq!((code, &done["waiting"][0]["name"]), (Some(0), &"first.csv".into()), "{done}");
    trial.put("azerenerji", "first.csv.p7s", &signature);
    assert_eq!(trial.json(&["once"]).1["answers"]["accepted"], 1);
    trial.set("pair_wait", "\"2s\"");
    let daemon = trial.run();
    let (table, signature) = pair("2001-Q2");
    trial.put("azerenerji", "second.csv.p7s", &signature);
    std::thread::sleep(Duration::from_millis(300));
    trial.put("azerenerji", "second.csv", &table);
    let (table, signature) = pair("2001-Q3");
    trial.put("azerenerji", "third.csv", &table);
    std::thread::sleep(Duration::from_millis(300));
    trial.put("azerenerji", "third.csv.p7s", &signature);
    for name in ["first.csv", "second.csv", "third.csv"] {
        assert_eq!(receipt::decision(&trial.answer("azerenerji", name).1), "accepted", "{name}");
    }
    assert_eq!(trial.answers("azerenerji").len(), 3);
    let begin = Instant::now();
    trial.put("azerenerji", "alone.csv", &table);
    trial.put("azerenerji", "lonely.csv.p7s", &signature);
    for (name, code) in [("alone.csv", "signature.missing"), ("lonely.csv.p7s", "intake.document-missing")] {
        let (_, text) = trial.answer("azerenerji", name);
        assert_eq!((receipt::decision(&text), receipt::codes(&text)), ("rejected", vec![code]));
    }
    assert!(begin.elapsed() >= Duration::from_millis(1900), "{:?}", begin.elapsed());
    daemon.end();
    assert!(trial.names("azerenerji", "in").is_empty());
}

/// A crash left a document taken, and a newer one came under its name: one run answers both.
#[test]
fn once_answers_also_what_a_crash_left_taken_where_a_newer_one_has_its_name() {
    let trial = Trial::new();
    let signed =
        |period| trial.signed("a.xml", generation(voen("azerenerji"), period, 1, "SU-0001", "10"), "azerenerji");
    trial.pencere(&["once"]); // makes the folders
    let id = pencere::document::SubmissionId::new(jiff::Timestamp::now());
    fs::write(trial.side("azerenerji", ".taken").join(format!("{id}~a.xml")), signed("2024-Q1")).unwrap();
    trial.put("azerenerji", "a.xml", signed("2024-Q2"));
    trial.done(&["once"]);
    assert!(trial.names("azerenerji", "in").is_empty() && trial.names("azerenerji", ".taken").is_empty());
    let answers = trial.answers_to("azerenerji", "a.xml");
    assert_eq!(answers.iter().map(|(_, text)| receipt::decision(text)).collect::<Vec<_>>(), ["accepted", "accepted"]);
}

#[test]
fn uploads_are_left_alone_and_what_is_no_file_is_answered_once() {
    let trial = Trial::new();
    trial.set("pair_wait", "\"1s\"");
    let folder = trial.side("azerenerji", "in");
    for upload in ["a.xml.part", "a.tmp", "a.xml.filepart", ".a.xml"] {
        fs::write(folder.join(upload), "under way").unwrap();
    }
    fs::write(trial.at("outside.xml"), statement(&trial, "2001-Q1", "1")).unwrap();
    fs::hard_link(trial.at("outside.xml"), folder.join("link.xml")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", folder.join("symlink.xml")).unwrap();
    fs::create_dir(folder.join("folder.xml")).unwrap();
    trial.succeeds("mkfifo", &[folder.join("fifo.xml").to_str().unwrap()]);
    let before = trial.names("azerenerji", "in");
    let odd = ["fifo.xml", "folder.xml", "link.xml", "symlink.xml"];
    let once = |wanted: usize| {
        assert_eq!(trial.json(&["once"]).0, Some(0));
        assert_eq!(trial.names("azerenerji", "in"), before);
        assert_eq!(trial.answers("azerenerji").len(), wanted);
    };
    once(4);
    once(4);
    for name in odd {
        let (_, text) = trial.answer("azerenerji", name);
        let code = match name {
            "link.xml" => "intake.hard-link",
            "symlink.xml" => "intake.link",
            _ => "intake.not-a-file",
        };
        assert_eq!((receipt::decision(&text), receipt::codes(&text)), ("rejected", vec![code]));
    }
    let daemon = trial.run();
    trial.put("azerenerji", "after.xml", statement(&trial, "2001-Q1", "1"));
    assert_eq!(receipt::decision(&trial.answer("azerenerji", "after.xml").1), "accepted");
    // an upload that is done, and a link whose other name went
    fs::rename(folder.join("a.tmp"), folder.join("b.xml")).unwrap();
    assert_eq!(receipt::decision(&trial.answer("azerenerji", "b.xml").1), "rejected");
    daemon.end();
    assert_eq!(trial.answers("azerenerji").len(), 6);
    assert_eq!(fs::read(folder.join("a.xml.part")).unwrap(), b"under way");
}

#[test]
fn names_are_data_whatever_their_octets() {
    let trial = Trial::new();
    let daemon = trial.run();
    let names: [(OsString, bool, &str); 6] = [
        ("a\nb.xml".into(), false, "a%0Ab.xml"),
        (OsString::from_vec(b"\xff\xfe.xml".to_vec()), false, "%FF%FE.xml"),
        (format!("{}.xml", "n".repeat(251)).into(), false, "nnnn"),
        (format!("{}.xml", "m".repeat(147)).into(), false, "mmmm"),
        (format!("{}.xml", "l".repeat(146)).into(), true, "llll"),
        ("%2e%2e $(reboot) ə.xml".into(), true, "reboot"),
    ];
    for (nth, (name, shown, inside)) in names.iter().enumerate() {
        let before = trial.answers("azerenerji").len();
        trial.put("azerenerji", name, statement(&trial, &format!("{}-Q1", 2001 + nth), "1"));
        eventually("an answer", || trial.answers("azerenerji").len() > before);
        let answers = trial.answers("azerenerji");
        let found = answers.iter().filter(|(_, text)| {
            receipt::attribute(text, "Document", "name").is_some_and(|true_name| true_name.contains(inside))
        });
        let found: Vec<_> = found.collect();
        let [(file, text)] = &found[..] else {
            panic!("{name:?}: {:?}", answers.iter().map(|one| &one.0).collect::<Vec<_>>())
        };
        assert_eq!(receipt::decision(text), "accepted", "{name:?}");
        let wanted = if *shown { name.to_str().unwrap() } else { "unnamed" };
        assert!(trial::is_answer_to(file, wanted), "{name:?}: {file}");
    }
    daemon.end();
    assert!(trial.names("azerenerji", "in").is_empty() && trial.names("azerenerji", ".taken").is_empty());
}

#[test]
fn three_hundred_files_of_all_kinds_are_all_answered() {
    let trial = Trial::new();
    trial.set("pair_wait", "\"1s\"");
    let good = statement(&trial, "2001-Q1", "1");
    let mut garbage = vec![0u8; 10 << 20];
    let mut state = 1u32;
    garbage.iter_mut().for_each(|octet| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *octet = (state >> 24) as u8;
    });
    let folder = trial.side("azerenerji", "in");
    fs::write(folder.join("garbage.xml"), &garbage).unwrap();
    fs::write(folder.join("garbage.bin"), &garbage).unwrap();
    fs::write(folder.join("empty.xml"), "").unwrap();
    fs::write(folder.join("nul.xml"), [0; 70_000]).unwrap();
    for n in 0..296usize {
        let octets: Vec<u8> = match n % 8 {
            0 => good.clone(),
            1 => good[..good.len() * (n + 1) / 297].to_vec(), // cut at every length
            2 => good.iter().rev().copied().collect(),
            3 => garbage[n * 1000..n * 1000 + n].to_vec(),
            4 => format!("dataset,period\ngeneration,{n}\n").into_bytes(),
            5 => [&good[..], b"<more/>"].concat(),
            6 => {
                format!("<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><a>&e;{n}</a>")
                    .into_bytes()
            }
            _ => b"PK\x03\x04".iter().copied().chain((0..n as u8).rev()).collect(),
        };
        let ending = ["xml", "csv", "p7m", "asice", "pdf", "txt", "edoc"][n % 7];
        fs::write(folder.join(format!("{n:03}.{ending}")), octets).unwrap();
    }
    let dropped = trial.names("azerenerji", "in");
    assert_eq!(dropped.len(), 300);
    let mut daemon = trial.run();
    eventually("every answer", || trial.names("azerenerji", "in").is_empty());
    eventually("the last receipt", || trial.answers("azerenerji").len() == 300);
    assert!(daemon.is_alive());
    daemon.end();
    for name in &dropped {
        assert_eq!(trial.answers_to("azerenerji", name.to_str().unwrap()).len(), 1, "{name:?}");
    }
    let accepted = trial.answers("azerenerji").iter().filter(|(_, text)| receipt::decision(text) == "accepted").count();
    assert_eq!((accepted, trial.sql("SELECT count(*) FROM submission")), (1, "1\n".to_owned()));
    assert_eq!(trial.json(&["audit", "verify"]).0, Some(0));
    for participant in PARTICIPANTS.iter().filter(|one| **one != "azerenerji") {
        assert!(trial.answers(participant).is_empty());
    }
    trial.keeps_persons_out_of_the_log();
}

#[test]
fn while_another_process_locks_the_database_documents_are_held() {
    let trial = Trial::new();
    trial.set("hold.retry_first", "\"1s\"");
    trial.set("hold.retry_last", "\"1s\"");
    trial.set("busy_timeout", "\"200ms\"");
    trial.set("pair_wait", "\"1s\"");
    let daemon = trial.run();
    trial.put("azerenerji", "before.xml", statement(&trial, "2001-Q1", "1"));
    assert_eq!(receipt::decision(&trial.answer("azerenerji", "before.xml").1), "accepted");
    let locked = Locked::new(&trial);
    trial.put("azerenerji", "held.xml", statement(&trial, "2001-Q2", "2"));
    trial.put("azerenerji", "wrong.xml", "<a/>");
    let held = |name: &str| {
        let mut answers = Vec::new();
        eventually("the interim answer", || {
            answers = trial.answers_to("azerenerji", name);
            !answers.is_empty()
        });
        let [(file, text)] = &answers[..] else { panic!("{answers:?}") };
        assert!(file.ends_with(".held.xml"), "{file}");
        assert_eq!((receipt::decision(text), receipt::codes(text)), ("held", vec!["load.database-away"]));
    };
    held("held.xml");
    assert_eq!(receipt::decision(&trial.answer("azerenerji", "wrong.xml").1), "rejected", "that needs no database");
    // nor does a wrong total, and not even behind a held document of the same period
    for (name, period, code) in [("total.xml", "2001-Q3", 1), ("behind.xml", "2001-Q2", 2)] {
        let wrong = generation(voen("azerenerji"), period, code, "SU-0001", "2")
            .replace("MWh>2</EnergyMWh></Total", "MWh>3</EnergyMWh></Total");
        trial.put("azerenerji", name, trial.signed("wrong.xml", wrong, "azerenerji"));
        assert_eq!(receipt::codes(&trial.answer("azerenerji", name).1)[..1], ["rule.total-differs"], "{name}");
    }
    fs::write(trial.at("again.xml"), statement(&trial, "2001-Q2", "2")).unwrap();
    let (code, again) = trial.json(&["check", "again.xml"]);
    assert_eq!((code, &again["decision"]), (Some(1), &"duplicate".into()), "of a held one: {again}");
    let (_, status) = trial.json(&["status"]);
    assert_eq!(
        (&status["held"]["count"], &status["held"]["oldest"]["name"]),
        (&1.into(), &"held.xml".into()),
        "{status}"
    );
    std::thread::sleep(Duration::from_millis(1500)); // a try in vain gives no other answer
    held("held.xml");
    drop(locked);
    assert_eq!(receipt::decision(&trial.answer("azerenerji", "held.xml").1), "accepted");
    assert_eq!(trial.answers_to("azerenerji", "held.xml").len(), 2);
    assert_eq!(trial.sql("SELECT energy_mwh FROM generation_current WHERE period = '2001-Q2'"), "2.000\n");
    daemon.end();

    // the same with `once`
    let locked = Locked::new(&trial);
    trial.put("azerenerji", "once.xml", statement(&trial, "2001-Q3", "3"));
    let (code, done) = trial.json(&["once"]);
    assert_eq!((code, &done["held"]), (Some(0), &1.into()), "{done}");
    held("once.xml");
    drop(locked);
    assert_eq!(trial.json(&["once"]).1["answers"]["accepted"], 1);
    assert_eq!(receipt::decision(&trial.answer("azerenerji", "once.xml").1), "accepted");
    assert_eq!(trial.json(&["audit", "verify"]).0, Some(0));
    trial.keeps_persons_out_of_the_log();
}

/// A small file system in memory, where this process may mount one.
struct Small(PathBuf);

impl Small {
    fn mount(trial: &Trial, at: PathBuf, size: &str) -> Result<Self, String> {
        let mount = ["-t", "tmpfs", "-o", &format!("size={size},mode=0700"), "tmpfs", at.to_str().unwrap()];
        match trial.tool("mount", &mount).output() {
            Ok(output) if output.status.success() => Ok(Self(at)),
            Ok(output) => Err(said(&output)),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

// S 8.1.4 item 4, 8.1.12
#[test]
fn on_a_full_disk_files_stay_and_are_answered_when_there_is_room() {
    let trial = Trial::new();
    let small = match Small::mount(&trial, trial.at("w/state"), "12m") {
        Ok(small) => small,
        Err(why) => return eprintln!("SKIPPED: no small file system can be mounted here: {why}"),
    };
    trial.set("rescan", "\"1s\"");
    trial.set("hold.retry_first", "\"1s\"");
    trial.set("free_min", "\"0B\"");
    let mut daemon = trial.run();
    trial.put("azerenerji", "before.xml", statement(&trial, "2001-Q1", "1"));
    assert_eq!(receipt::decision(&trial.answer("azerenerji", "before.xml").1), "accepted");
    std::thread::sleep(Duration::from_millis(500)); // what can wait is written
    let mut filler = fs::File::create(trial.at("w/state/filler")).unwrap();
    let piece = vec![1; 4096];
    while filler.write_all(&piece).is_ok() {}
    while filler.write_all(&[1]).is_ok() {}
    // longer than what the last page of a file may still have room for, so that it is evidence that is refused
    let long = generation(voen("azerenerji"), "2001-Q2", 1, "SU-0001", "2");
    let long = long.replace("<Total>", &format!("<!-- {} --><Total>", "x".repeat(16 << 10)));
    let document = trial.signed("statement.xml", long, "azerenerji");
    trial.put("azerenerji", "full.xml", &document);
    eventually("a word on it", || trial.log().contains("nothing can be kept") || !daemon.is_alive());
    assert!(daemon.is_alive(), "{}", trial.log());
    std::thread::sleep(Duration::from_millis(1500));
    assert!(daemon.is_alive());
    assert_eq!(trial.names("azerenerji", "in"), ["full.xml"]);
    assert_eq!(fs::read(trial.side("azerenerji", "in").join("full.xml")).unwrap(), document);
    assert!(trial.answers_to("azerenerji", "full.xml").is_empty());
    let tries = trial.log().matches("nothing can be kept").count();
    assert!(tries < 30, "{tries} tries within two seconds");
    drop(filler);
    fs::remove_file(trial.at("w/state/filler")).unwrap();
    assert_eq!(receipt::decision(&trial.answer("azerenerji", "full.xml").1), "accepted");
    daemon.end();
    assert_eq!(trial.json(&["audit", "verify"]).0, Some(0));
    assert_eq!(trial.sql("SELECT count(*) FROM submission"), "2\n");
    trial.keeps_persons_out_of_the_log();
    drop(small);
}

/// What is taken must also be answered, so nothing is taken any more while there is room for the answers alone.
#[test]
fn on_a_nearly_full_disk_nothing_is_taken_and_status_says_why() {
    let trial = Trial::new();
    let small = match Small::mount(&trial, trial.at("w/state"), "32m") {
        Ok(small) => small,
        Err(why) => return eprintln!("SKIPPED: no small file system can be mounted here: {why}"),
    };
    trial.set("rescan", "\"1s\"");
    trial.set("free_min", "\"12MiB\"");
    let daemon = trial.run();
    trial.put("azerenerji", "before.xml", statement(&trial, "2001-Q1", "1"));
    assert_eq!(receipt::decision(&trial.answer("azerenerji", "before.xml").1), "accepted");
    assert_eq!(trial.json(&["status"]).0, Some(0));
    fs::write(trial.at("w/state/filler"), vec![1; 22 << 20]).unwrap();
    trial.put("azerenerji", "waits.xml", statement(&trial, "2001-Q2", "2"));
    eventually("a word on it", || trial.log().contains("nothing can be kept"));
    let (code, status) = trial.json(&["status"]);
    let codes: Vec<&str> =
        status["problems"].as_array().unwrap().iter().filter_map(|one| one["code"].as_str()).collect();
    assert_eq!((code, codes), (Some(1), vec!["disk-nearly-full"]));
    assert_eq!(trial.names("azerenerji", "in"), ["waits.xml"]);
    fs::remove_file(trial.at("w/state/filler")).unwrap();
    assert_eq!(receipt::decision(&trial.answer("azerenerji", "waits.xml").1), "accepted");
    assert_eq!(trial.json(&["status"]).0, Some(0));
    daemon.end();
    drop(small);
}

/// A document that was refused beside another one is not refused when that other one was not loaded
/// after all: the database takes both in, and has no room for them when the group is to be committed.
#[test]
fn rejected_beside_rows_of_a_group_that_was_lost_is_held_with_it() {
    let trial = Trial::new();
    fs::create_dir(trial.at("w/db")).unwrap();
    let small = match Small::mount(&trial, trial.at("w/db"), "4m") {
        Ok(small) => small,
        Err(why) => return eprintln!("SKIPPED: no small file system can be mounted here: {why}"),
    };
    trial.set("url", "\"sqlite://db/boemis.sqlite\"");
    trial.set("hold.retry_first", "\"1s\"");
    trial.set("free_min", "\"0B\"");
    let daemon = trial.run();
    trial.put("azerenerji", "before.xml", statement(&trial, "2001-Q1", "1"));
    assert_eq!(receipt::decision(&trial.answer("azerenerji", "before.xml").1), "accepted");
    // whoever reads keeps the log of the database from being begun anew: a commit needs new room
    let reader = Reading::new(&trial, "w/db/boemis.sqlite");
    let mut filler = fs::File::create(trial.at("w/db/filler")).unwrap();
    while filler.write_all(&[1; 4096]).is_ok() {}
    daemon.signal(Signal::STOP); // so that both are in one group
    trial.put("azerenerji", "first.xml", statement(&trial, "2001-Q2", "2"));
    trial.put("azerenerji", "second.xml", statement(&trial, "2001-Q2", "3"));
    daemon.signal(Signal::CONT);
    for name in ["first.xml", "second.xml"] {
        eventually("the interim answer", || !trial.answers_to("azerenerji", name).is_empty());
        let (file, text) = trial.answers_to("azerenerji", name).remove(0);
        assert!(file.ends_with(".held.xml"), "{file}: {text}");
        assert_eq!(receipt::codes(&text), ["load.database-away"]);
    }
    assert!(trial.log().contains("nothing of the group was loaded"), "{}", trial.log());
    drop((filler, reader));
    fs::remove_file(trial.at("w/db/filler")).unwrap();
    let last = |name: &str| {
        eventually("the last word", || trial.answers_to("azerenerji", name).len() == 2);
        let answers = trial.answers_to("azerenerji", name);
        let (_, text) = answers.iter().find(|(file, _)| !file.ends_with(".held.xml")).unwrap().clone();
        text
    };
    assert_eq!(receipt::decision(&last("first.xml")), "accepted");
    assert_eq!(receipt::codes(&last("second.xml"))[..1], ["rule.revision-conflict"]);
    daemon.end();
    drop(small);
}

/// Every file of the state folder with its octets. Left out is what SQLite lays beside a database
/// that anybody reads: `-shm`, an index in memory, and `-wal`, which is empty when nobody wrote.
fn state(trial: &Trial) -> BTreeMap<PathBuf, Vec<u8>> {
    fn walk(folder: &Path, all: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => walk(&path, all),
                false if path.ends_with("boemis.sqlite-shm") => {}
                false if path.ends_with("boemis.sqlite-wal") => assert!(fs::read(&path).unwrap().is_empty()),
                false => drop(all.insert(path.clone(), fs::read(&path).unwrap())),
            }
        }
    }
    let mut all = BTreeMap::new();
    walk(&trial.at("w/state"), &mut all);
    all
}

/// Code, severity and place of each finding, as `check` and as a receipt has it.
fn findings_of_check(answer: &Value) -> Vec<[String; 6]> {
    let text = |finding: &Value, key: &str| match &finding[key] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let all = answer["findings"].as_array().unwrap().iter();
    all.map(|one| ["code", "severity", "line", "column", "row", "path"].map(|key| text(one, key))).collect()
}

fn findings_of_receipt(receipt: &str) -> Vec<[String; 6]> {
    let all = receipt.split("<Finding ").skip(1).map(|rest| format!("<Finding {rest}"));
    let text = |one: &str, key: &str| receipt::attribute(one, "Finding", key).unwrap_or_default().to_owned();
    let plain =
        |text: String| text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
    all.map(|one| ["code", "severity", "line", "column", "row", "path"].map(|key| plain(text(&one, key)))).collect()
}

/// The samples that need no change of the window: what is dropped, by whom.
fn simple_samples() -> Vec<case::Sample> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("inbox-samples");
    let mut samples = case::Sample::all(&root);
    samples.retain(|sample| {
        let case = &sample.case;
        let own = case.environment == "test" && case.anchors.is_empty() && case.crls.is_empty();
        let plain = case.kinds.is_empty() && case.stays.is_empty() && case.rename.is_empty() && case.change.is_empty();
        // intake speaks of files that nobody checks: an empty one, a signature alone
        let checked =
            !sample.name.contains("/intake.") && case.expect.as_ref().is_none_or(|code| !code.starts_with("intake."));
        own && plain && case.fill.is_empty() && checked
    });
    samples
}

// S 4.2.5
#[test]
fn check_says_what_the_receipt_will_say_and_changes_nothing() {
    let trial = Trial::new();
    let samples = simple_samples();
    assert!(samples.len() > 40, "{}", samples.len());
    let pki = Path::new(env!("CARGO_MANIFEST_DIR")).join("inbox-samples/pki");
    pencere::commands::trial::register_sample_pki(&trial.at("w"), &pki).unwrap();
    trial.set("pair_wait", "\"0s\"");
    // long enough that a signature, laid down first, is not taken before its document lies there
    trial.set("settle", "\"150ms\"");
    assert_eq!(trial.json(&["once"]).0, Some(0));
    let mut daemon = None;
    let mut seen = BTreeMap::new();
    for (nth, sample) in samples.iter().enumerate() {
        if nth == samples.len() / 2 {
            daemon = Some(trial.run()); // the second half beside a running daemon
        }
        let participant = sample.case.participant.as_str();
        let documents = sample.documents();
        let (main, _) = documents.iter().find(|(name, _)| !name.ends_with(".p7s")).unwrap_or(&documents[0]);
        let (main, folder) = (format!("{nth}-{main}"), trial.at("to-check"));
        fs::create_dir_all(&folder).unwrap();
        for (name, octets) in &documents {
            fs::write(folder.join(format!("{nth}-{name}")), octets).unwrap();
        }
        let before = daemon.is_none().then(|| state(&trial));
        let path = folder.join(&main);
        let (code, answer) = trial.json(&["check", path.to_str().unwrap(), "--participant", participant]);
        if let Some(before) = before {
            let after = state(&trial);
            assert!(before.keys().eq(after.keys()), "{}: {:?}", sample.name, after.keys());
            let changed: Vec<_> = before.iter().filter(|(path, octets)| after[*path] != **octets).collect();
            assert!(changed.is_empty(), "{}: {:?}", sample.name, changed.iter().map(|one| one.0).collect::<Vec<_>>());
        }
        // the signature first, so that no document is taken without it
        for (name, octets) in documents.iter().rev() {
            trial.put(participant, format!("{nth}-{name}"), octets);
        }
        if daemon.is_none() {
            assert_eq!(trial.json(&["once"]).0, Some(0));
        }
        let mut answers = Vec::new();
        eventually(&format!("{}: an answer", sample.name), || {
            answers = trial.answers_to(participant, &main);
            !answers.is_empty()
        });
        let [(_, text)] = &answers[..] else { panic!("{}: {} answers", sample.name, answers.len()) };
        let decision = receipt::decision(text);
        assert_eq!(answer["decision"], decision, "{}: {answer:#}", sample.name);
        let word = match decision {
            "duplicate" => receipt::attribute(text, "Original", "decision").unwrap(),
            decision => decision,
        };
        assert_eq!(code, Some(i32::from(!["accepted", "pending"].contains(&word))), "{}: {word}", sample.name);
        assert_eq!(findings_of_check(&answer), findings_of_receipt(text), "{}", sample.name);
        let said = |key: &str| match &answer[key] {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        };
        for key in ["dataset", "period", "revision"] {
            let told = receipt::attribute(text, "Submission", key).filter(|value| !value.is_empty());
            assert_eq!(said(key).as_deref(), told, "{}: {key}", sample.name);
        }
        *seen.entry(decision.to_owned()).or_insert(0) += 1;
    }
    assert!(seen["accepted"] > 2 && seen["rejected"] > 20, "{seen:?}");
    daemon.unwrap().end();
    trial.keeps_persons_out_of_the_log();
}
