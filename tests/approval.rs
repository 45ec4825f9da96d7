//! What waits for an approval: entered, sent for checking, approved or refused, and withdrawn, each by a signed
//! document of its own (S 4.2.1, R 3.3, R 3.4.5). Real windows; BOEMİS is looked at with the database's own tool.

#[path = "samples/receipt.rs"]
#[allow(dead_code)] // the walk over the samples uses all of it
mod receipt;
#[path = "window/trial.rs"]
mod trial;

use std::fs;
use trial::{Locked, Trial, grid, said, voen};

const HOLDS: &str = "SELECT code, revision FROM grid_current ORDER BY code";

fn holds(trial: &Trial) -> String {
    trial.sql(HOLDS).trim_end().to_owned()
}

/// A window in which a line waits for approval.
fn pending() -> Trial {
    let trial = Trial::new();
    trial.set("settle", "\"1ms\"");
    file(&trial, "a.xml", 1, "VL-1");
    trial
}

fn file(trial: &Trial, name: &str, revision: u32, code: &str) {
    trial.put("azerenerji", name, trial.signed("line.xml", grid(revision, code), "azerenerji"));
    trial.done(&["once"]);
}

/// Takes a submission through a stage, signed by that body's person: the word and the findings of the answer.
fn stage(trial: &Trial, what: &str, stage: &str, body: &str, name: &str) -> (String, Vec<String>) {
    trial.put(body, name, trial.approval(what, stage, body, name));
    trial.pencere(&["once"]);
    let answers = trial.answers_to(body, name);
    let (_, text) = answers.last().expect("an answer");
    (receipt::decision(text).to_owned(), receipt::codes(text).into_iter().map(str::to_owned).collect())
}

/// The decisions on a document, in the order of its answers.
fn decisions(trial: &Trial, name: &str) -> Vec<String> {
    let mut answers = trial.answers_to("azerenerji", name);
    answers.sort_by_key(|(file, _)| file.len()); // the first has no number
    answers.iter().map(|(_, text)| receipt::decision(text).to_owned()).collect()
}

fn fits(trial: &Trial) {
    let audit = trial.pencere(&["audit", "verify"]);
    assert_eq!(audit.status.code(), Some(0), "{}", said(&audit));
}

/// The slugs of no finding.
fn none() -> Vec<String> {
    Vec::new()
}

#[test]
fn what_is_entered_is_checked_approved_and_withdrawn_by_documents_of_their_own() {
    let trial = pending();
    assert_eq!(decisions(&trial, "a.xml"), ["pending"]);
    assert_eq!(holds(&trial), "");
    fits(&trial);
    // before it was checked, and by those who may not
    let answer = |found: (String, Vec<String>)| format!("{} {}", found.0, found.1.join(" "));
    assert_eq!(answer(stage(&trial, "a.xml", "approved", "energetika", "early.xml")), "rejected rule.approval-not-due");
    assert_eq!(
        answer(stage(&trial, "a.xml", "approved", "azerenerji", "own.xml")),
        "rejected authority.may-not-approve"
    );
    assert_eq!(
        answer(stage(&trial, "a.xml", "refused", "azerisiq", "strange.xml")),
        "rejected authority.may-not-approve"
    );
    // its sender sends it to checking, once
    assert_eq!(stage(&trial, "a.xml", "checking", "azerenerji", "checking.xml"), ("accepted".to_owned(), none()));
    assert_eq!(answer(stage(&trial, "a.xml", "checking", "energetika", "again.xml")), "rejected rule.approval-not-due");
    assert_eq!((decisions(&trial, "a.xml"), holds(&trial)), (vec!["pending".to_owned()], String::new()));
    assert_eq!(stage(&trial, "a.xml", "approved", "energetika", "approved.xml"), ("accepted".to_owned(), none()));
    assert_eq!(decisions(&trial, "a.xml"), ["pending", "accepted"]);
    assert_eq!(holds(&trial), "VL-1|1");
    fits(&trial);
    // the same again is a duplicate of what did it
    let twice = fs::read(trial.at("signed")).unwrap();
    trial.put("energetika", "twice.xml", twice);
    trial.pencere(&["once"]);
    assert_eq!(receipt::decision(&trial.answers_to("energetika", "twice.xml")[0].1), "duplicate");
    // what is not to be repeated is named by the document that did it; all else comes out the same
    let (code, explained) = trial.json(&["explain", "a.xml"]);
    assert_eq!((code, explained["same"].as_bool()), (Some(0), Some(true)), "{explained}");
    let (code, explained) = trial.json(&["explain", "approved.xml"]);
    assert_eq!((code, explained["same"].as_bool()), (Some(0), Some(true)), "{explained}");
    assert_eq!(stage(&trial, "a.xml", "withdrawn", "azerenerji", "back.xml"), ("accepted".to_owned(), none()));
    assert_eq!(decisions(&trial, "a.xml"), ["pending", "accepted", "contested"]);
    assert_eq!(holds(&trial), "");
    let (_, text) = trial.answers_to("azerenerji", "a.xml").into_iter().max_by_key(|(file, _)| file.len()).unwrap();
    assert_eq!(receipt::codes(&text), ["rule.withdrawn"]);
    assert!(text.contains("sərhəd səhvdir"), "{text}");
    fits(&trial);
    // its number is free again
    file(&trial, "b.xml", 1, "VL-2");
    assert_eq!(decisions(&trial, "b.xml"), ["pending"]);
    fits(&trial);
}

#[test]
fn a_collection_made_of_the_template_is_signed_into_a_container_and_waits() {
    let trial = Trial::new();
    trial.set("settle", "\"1ms\"");
    let form = trial.pencere(&["template", "grid", "--participant", "azerenerji", "--format", "geojson"]);
    assert_eq!(form.status.code(), Some(0), "{}", said(&form));
    let form = String::from_utf8(form.stdout).unwrap();
    let read: serde_json::Value = serde_json::from_str(&form).expect("the template is JSON");
    assert_eq!(read["submission"]["sender"], voen("azerenerji"), "{form}");
    // its frame as it stands; a feature as a GIS writes it, with an id of its own
    let frame = &form[..form.find("\"features\"").unwrap()];
    let feature = r#"{"type": "Feature", "id": "lines.7", "properties": {"code": "VL-7", "element": "line",
        "level": "distribution", "voltage_kv": 110, "owner": "9990000631"},
        "geometry": {"type": "LineString", "coordinates": [[49.61, 40.52], [49.7, 40.5]]}}"#;
    fs::write(trial.at("net.geojson"), format!("{frame}\"features\": [{feature}]}}")).unwrap();
    let (key, cert) = ("w/pki/azerenerji.key", "w/pki/azerenerji.crt");
    trial.done(&["sign", "net.geojson", "--key", key, "--cert", cert, "--format", "asice"]);
    let verified = trial.json(&["verify", "net.geojson.asice", "--trust", "w/pki/ca.crt"]);
    assert_eq!(verified.1["indication"], "TOTAL-PASSED", "{verified:?}");
    trial.put("azerenerji", "net.asice", fs::read(trial.at("net.geojson.asice")).unwrap());
    trial.done(&["once"]);
    assert_eq!(decisions(&trial, "net.asice"), ["pending"]);
    assert_eq!(trial.sql("SELECT code, geometry FROM grid_history"), "VL-7|LINESTRING(49.61 40.52,49.7 40.5)\n");
}

// R 3.13
#[test]
fn what_is_refused_says_why_and_may_be_filed_again() {
    let trial = pending();
    assert_eq!(stage(&trial, "a.xml", "refused", "energetika", "no.xml"), ("accepted".to_owned(), none()));
    assert_eq!(decisions(&trial, "a.xml"), ["pending", "rejected"]);
    let (_, text) = trial.answers_to("azerenerji", "a.xml").into_iter().max_by_key(|(file, _)| file.len()).unwrap();
    assert_eq!(receipt::codes(&text), ["rule.refused"]);
    assert!(text.contains("sərhəd səhvdir"), "{text}");
    for receipt in trial.answers_to("azerenerji", "a.xml").into_iter().chain(trial.answers_to("energetika", "no.xml")) {
        let side = if receipt.0.starts_with("a.xml") { "azerenerji" } else { "energetika" };
        assert!(trial.xmlsec_proves(&trial.side(side, "receipts").join(receipt.0)));
    }
    fits(&trial);
    let (code, row) = trial.json(&["list", "--state", "rejected"]);
    assert_eq!((code, row.to_string().contains("a.xml")), (Some(0), true), "{row}");
    trial.put("azerenerji", "a2.xml", trial.signed("line.xml", grid(1, "VL-1"), "azerenerji"));
    trial.done(&["once"]);
    assert_eq!(decisions(&trial, "a2.xml"), ["pending"], "the same content, judged afresh");
    fits(&trial);
}

#[test]
fn only_the_newest_revision_is_approved_and_what_held_holds_until_then() {
    let trial = pending();
    stage(&trial, "a.xml", "checking", "azerenerji", "c1.xml");
    stage(&trial, "a.xml", "approved", "energetika", "y1.xml");
    assert_eq!(holds(&trial), "VL-1|1");
    file(&trial, "b.xml", 2, "VL-2");
    stage(&trial, "b.xml", "checking", "azerenerji", "c2.xml");
    file(&trial, "c.xml", 3, "VL-3");
    assert_eq!(holds(&trial), "VL-1|1", "what waits supersedes nothing");
    let (word, codes) = stage(&trial, "b.xml", "approved", "energetika", "y2.xml");
    assert_eq!((word.as_str(), codes[0].as_str()), ("rejected", "rule.approval-superseded"));
    stage(&trial, "c.xml", "checking", "azerenerji", "c3.xml");
    stage(&trial, "c.xml", "approved", "energetika", "y3.xml");
    assert_eq!(holds(&trial), "VL-3|3");
    fits(&trial);
    // a lower revision is stale beside one that waits
    file_expecting(&trial, "d.xml", 2, "rejected");
    fits(&trial);
}

fn file_expecting(trial: &Trial, name: &str, revision: u32, word: &str) {
    trial.put("azerenerji", name, trial.signed("line.xml", grid(revision, "VL-9"), "azerenerji"));
    trial.pencere(&["once"]);
    assert_eq!(decisions(trial, name), [word]);
}

#[test]
fn whoever_entered_it_does_not_approve_it() {
    let trial = Trial::new();
    trial.set("settle", "\"1ms\"");
    let own = grid(1, "VL-1").replace(voen("azerenerji"), voen("energetika"));
    trial.put("energetika", "a.xml", trial.signed("line.xml", own, "energetika"));
    trial.done(&["once"]);
    stage(&trial, "a.xml", "checking", "energetika", "checking.xml");
    let (word, codes) = stage(&trial, "a.xml", "approved", "energetika", "approved.xml");
    assert_eq!((word.as_str(), codes[0].as_str()), ("rejected", "rule.approval-same-person"));
    // a right that is for entering alone
    trial.change(
        "registry.toml",
        "rights = [\"file\", \"approve\"]\nfrom = \"2020-01-01\"\n\n[participants.iqt",
        "rights = [\"file\"]\nfrom = \"2020-01-01\"\n\n[participants.iqt",
    );
    let (word, codes) = stage(&trial, "a.xml", "withdrawn", "energetika", "back.xml");
    assert_eq!((word.as_str(), codes[0].as_str()), ("rejected", "authority.no-right"));
}

#[test]
fn an_approval_of_something_else_is_refused() {
    let trial = pending();
    stage(&trial, "a.xml", "checking", "azerenerji", "checking.xml");
    let form = trial.pencere(&["approval", "a.xml", "--stage", "approved"]);
    let text = String::from_utf8(form.stdout).unwrap();
    let content = text.split_once("content=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
    let id = text.split_once("submission=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
    let number = trial.answers_to("azerenerji", "a.xml")[0].1.split_once(" number=\"").unwrap().1.to_owned();
    let number = number.split_once('"').unwrap().0;
    for (at, (changed, word)) in [
        (text.replace(&content, &"0".repeat(64)), "rejected rule.approval-other-content"),
        (text.replace(&content, "yes"), "rejected schema.invalid"),
        (text.replace(&id, "01900000-0000-7000-8000-000000000000"), "rejected rule.approval-unknown"),
        (text.replace(&id, "1/2026/9"), "rejected rule.approval-unknown"),
        (text.replace("dataset=\"grid\"", "dataset=\"cadastre\""), "rejected rule.approval-unknown"),
        (text.replace("stage=\"approved\"", "stage=\"refused\""), "rejected schema.missing"),
        (text.replace("stage=\"approved\"", "stage=\"yes\""), "rejected schema.invalid"),
        (text.replace("<!-- <Reason></Reason> -->", "<Because/>"), "rejected schema.invalid"),
        (text.replace("to=\"trial\"", "to=\"main\""), "rejected authority.other-window"),
        (text.replace(&id, number), "accepted "),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("{at}.xml");
        let signed = trial.signed(&name, changed, "energetika");
        trial.put("energetika", &name, &signed);
        fs::write(trial.at("checked.xml"), &signed).unwrap();
        let (_, checked) = trial.json(&["check", "checked.xml", "--participant", "energetika"]);
        trial.pencere(&["once"]);
        let answer = trial.answers_to("energetika", &name).remove(0).1;
        let found = format!("{} {}", receipt::decision(&answer), receipt::codes(&answer).join(" "));
        assert_eq!(found, word, "{at}");
        assert_eq!(checked["decision"].as_str(), word.split_once(' ').map(|(word, _)| word), "{checked}");
    }
    assert_eq!(holds(&trial), "VL-1|1");
}

#[test]
fn what_an_older_copy_of_boemis_lost_is_approved_again() {
    let trial = pending();
    stage(&trial, "a.xml", "checking", "azerenerji", "checking.xml");
    let before = trial.keep_boemis();
    stage(&trial, "a.xml", "approved", "energetika", "approved.xml");
    trial.put_boemis_back(&before);
    trial.done(&["once"]);
    assert_eq!(holds(&trial), "VL-1|1");
    fits(&trial);
    assert_eq!(decisions(&trial, "a.xml"), ["pending", "accepted"]);
    // and one from before it was loaded at all
    let trial = Trial::new();
    trial.set("settle", "\"1ms\"");
    trial.done(&["once"]);
    let before = trial.keep_boemis();
    file(&trial, "a.xml", 1, "VL-1");
    stage(&trial, "a.xml", "checking", "azerenerji", "checking.xml");
    stage(&trial, "a.xml", "approved", "energetika", "approved.xml");
    trial.put_boemis_back(&before);
    trial.done(&["once"]);
    assert_eq!(holds(&trial), "VL-1|1");
    fits(&trial);
}

#[test]
fn a_database_changed_behind_the_windows_back_is_found_by_an_audit() {
    let trial = pending();
    if trial.database().is_some() {
        return; // its own tests hold what the loader's role can do
    }
    trial.tamper("UPDATE submission SET approved_at = loaded_at");
    let audit = trial.pencere(&["audit", "verify"]);
    assert_eq!(audit.status.code(), Some(1), "{}", said(&audit));
    assert!(said(&audit).contains("waits for an approval, and in BOEMİS it has one"), "{}", said(&audit));
    let trial = pending();
    trial.tamper(
        "INSERT INTO submission_act (submission, act, at, by_submission) SELECT id, 'approved', loaded_at, \
        '01900000-0000-7000-8000-000000000000' FROM submission",
    );
    let audit = trial.pencere(&["audit", "verify"]);
    assert_eq!(audit.status.code(), Some(1), "{}", said(&audit));
    assert!(said(&audit).contains("by a document that did nothing"), "{}", said(&audit));
}

#[test]
fn two_rulings_on_one_submission_in_one_run_come_one_after_the_other() {
    let trial = pending();
    stage(&trial, "a.xml", "checking", "azerenerji", "checking.xml");
    trial.put("energetika", "yes.xml", trial.approval("a.xml", "approved", "energetika", "yes.xml"));
    trial.put("azerenerji", "back.xml", trial.approval("a.xml", "withdrawn", "azerenerji", "back.xml"));
    trial.done(&["once"]);
    let of = |body: &str, name: &str| {
        let answers = trial.answers_to(body, name);
        answers.iter().map(|(_, text)| receipt::decision(text).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of("azerenerji", "back.xml"), ["accepted"]);
    // whichever came first: the other one is told that it is too late, or comes upon it
    match of("energetika", "yes.xml")[..] {
        [ref word] if word == "accepted" => {
            assert_eq!(decisions(&trial, "a.xml"), ["pending", "accepted", "contested"])
        }
        [ref word] if word == "rejected" => assert_eq!(decisions(&trial, "a.xml"), ["pending", "rejected"]),
        ref other => panic!("{other:?}"),
    }
    assert_eq!(holds(&trial), "");
    fits(&trial);
    trial.done(&["once"]);
}

#[test]
fn an_approval_waits_for_the_answer_to_what_it_is_about() {
    // what a window says of the same content
    let other = pending();
    let form = String::from_utf8(other.pencere(&["approval", "a.xml", "--stage", "withdrawn", "--reason", "x"]).stdout);
    let form = form.unwrap().replace(voen("energetika"), voen("azerenerji"));
    let id_of = |text: &str| text.split_once("submission=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
    let trial = Trial::new();
    trial.set("settle", "\"1ms\"");
    trial.done(&["once"]);
    let locked = Locked::new(&trial);
    trial.put("azerenerji", "a.xml", trial.signed("line.xml", grid(1, "VL-1"), "azerenerji"));
    trial.pencere(&["once"]);
    let (held, _) = trial.answers_to("azerenerji", "a.xml").remove(0);
    let id = held.strip_prefix("a.xml.").unwrap().split_once('.').unwrap().0.to_owned();
    let text = form.replace(&id_of(&form), &id);
    trial.put("azerenerji", "back.xml", trial.signed("back.xml", text, "azerenerji"));
    trial.pencere(&["once"]);
    drop(locked);
    trial.done(&["once"]);
    trial.done(&["once"]);
    let mut words = decisions(&trial, "a.xml");
    words.sort_unstable();
    assert_eq!(words, ["held", "pending", "rejected"]);
    let words = trial.answers_to("azerenerji", "back.xml");
    let mut words: Vec<&str> = words.iter().map(|(_, text)| receipt::decision(text)).collect();
    words.sort_unstable();
    assert_eq!(words, ["accepted", "held"]);
    fits(&trial);
    // also what it was told while it waited is judged again
    trial.done(&["explain", "back.xml"]);
    trial.done(&["backup", "copy"]);
    let stage = "UPDATE submission_act SET act = 'refused' WHERE act = 'withdrawn'";
    trial.tamper(stage);
    let (code, audit) = trial.json(&["audit", "verify"]);
    let told = audit["first_unfit"].as_str().unwrap_or_default();
    assert!(code == Some(1) && told.contains("BOEMİS says another one"), "{audit}");
}

/// Issues a certificate of the trial's authority for a person of the ministry.
fn issue(trial: &Trial, name: &str, fin: &str) {
    let subject =
        format!("/C=AZ/O=Energetika Nazirliyi/2.5.4.97=VATAZ-{}/serialNumber={fin}/CN=Sınaq", voen("energetika"));
    let (key, request, certificate) = (format!("w/pki/{name}.key"), format!("{name}.csr"), format!("w/pki/{name}.crt"));
    let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-utf8"];
    let begin = ["req", "-new", "-subj", &subject, "-keyout", &key, "-out", &request];
    trial.succeeds("openssl", &[&begin[..], &curve[..]].concat());
    fs::write(trial.at("use.cnf"), "keyUsage = critical, digitalSignature, nonRepudiation\n").unwrap();
    let sign = ["x509", "-req", "-in", &request, "-CA", "w/pki/ca.crt", "-CAkey", "w/pki/ca.key", "-days", "30"];
    trial.succeeds("openssl", &[&sign[..], &["-extfile", "use.cnf", "-out", &certificate]].concat());
}

#[test]
fn four_eyes_are_those_of_two_persons_and_not_of_two_certificates() {
    let trial = Trial::new();
    trial.set("settle", "\"1ms\"");
    issue(&trial, "second", "1SNQ0E1"); // the same person's
    issue(&trial, "third", "1SNQ0E7");
    let person = "\n[[participants.energetika.persons]]\nname = \"Quliyev Anar\"\nfin = \"1SNQ0E7\"\n\
        certificates = [\"pki/third.crt\"]\ndatasets = [\"grid\"]\nrights = [\"approve\"]\nfrom = \"2020-01-01\"\n";
    trial.change("registry.toml", "[\"pki/energetika.crt\"]", "[\"pki/energetika.crt\", \"pki/second.crt\"]");
    trial.change("registry.toml", "\n[participants.iqtisadiyyat]", &format!("{person}\n[participants.iqtisadiyyat]"));
    let own = grid(1, "VL-1").replace(voen("azerenerji"), voen("energetika"));
    trial.put("energetika", "a.xml", trial.signed("line.xml", own, "energetika"));
    trial.done(&["once"]);
    stage(&trial, "a.xml", "checking", "energetika", "checking.xml");
    let form = trial.pencere(&["approval", "a.xml", "--stage", "approved"]).stdout;
    for (signer, wanted) in [("second", "rejected rule.approval-same-person"), ("third", "accepted ")] {
        let name = format!("{signer}.xml");
        trial.put("energetika", &name, trial.signed(&name, &form, signer));
        trial.pencere(&["once"]);
        let (_, text) = trial.answers_to("energetika", &name).remove(0);
        assert_eq!(format!("{} {}", receipt::decision(&text), receipt::codes(&text).join(" ")), wanted, "{signer}");
    }
    assert_eq!(holds(&trial), "VL-1|1");
    // who may approve alone files nothing
    let more = grid(2, "VL-2").replace(voen("azerenerji"), voen("energetika"));
    trial.put("energetika", "b.xml", trial.signed("line.xml", more, "third"));
    trial.pencere(&["once"]);
    assert_eq!(receipt::codes(&trial.answers_to("energetika", "b.xml")[0].1), ["authority.no-right"]);
}

#[test]
fn what_holds_and_what_waits_both_stand_in_anothers_way() {
    let trial = pending();
    stage(&trial, "a.xml", "checking", "azerenerji", "c1.xml");
    stage(&trial, "a.xml", "approved", "energetika", "y1.xml");
    file(&trial, "b.xml", 2, "VL-2");
    let theirs = |code: &str, revision| grid(revision, code).replace(voen("azerenerji"), voen("azerisiq"));
    for (name, code) in [("x.xml", "VL-1"), ("y.xml", "VL-2")] {
        trial.put("azerisiq", name, trial.signed("line.xml", theirs(code, 1), "azerisiq"));
        trial.pencere(&["once"]);
        assert_eq!(receipt::codes(&trial.answers_to("azerisiq", name)[0].1), ["rule.other-sender"], "{code}");
    }
    // refused, it stands in nobody's way any more, and what held holds on
    stage(&trial, "b.xml", "refused", "energetika", "n2.xml");
    assert_eq!(holds(&trial), "VL-1|1");
    trial.put("azerisiq", "z.xml", trial.signed("line.xml", theirs("VL-2", 1), "azerisiq"));
    trial.done(&["once"]);
    stage(&trial, "z.xml", "checking", "azerisiq", "c3.xml");
    stage(&trial, "z.xml", "approved", "energetika", "y3.xml");
    assert_eq!(holds(&trial), "VL-1|1\nVL-2|1");
    fits(&trial);
}

#[test]
fn what_was_said_to_wait_waits_when_it_is_loaded_again_and_what_was_accepted_holds() {
    let trial = pending();
    let before = Trial::new();
    let nothing = {
        before.done(&["once"]);
        before.keep_boemis()
    };
    // the description asks for no approval any more: what waits does not hold by that
    let path = trial.at("w/datasets/grid/dataset.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("[approval]\nby = [\"owner\"]\nchecking = true\n", "")).unwrap();
    file(&trial, "b.xml", 2, "VL-2");
    assert_eq!(decisions(&trial, "b.xml"), ["accepted"]);
    assert_eq!(holds(&trial), "VL-2|2");
    // and the other way: what was accepted holds, though approval is asked for again
    fs::write(&path, text).unwrap();
    if trial.database().is_none() {
        trial.put_boemis_back(&nothing);
        trial.done(&["once"]);
        assert_eq!(holds(&trial), "VL-2|2");
        assert_eq!(trial.sql("SELECT count(*) FROM submission WHERE approved_at IS NULL").trim(), "1");
        fits(&trial);
    }
}
