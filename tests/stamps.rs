//! Receipts with time-stamps: a window whose authority answers, and one whose authority does everything else.
//!
//! Whatever the authority does, a receipt comes soon, is proven by xmlsec1, and is never sealed twice.

mod authority;
#[path = "window/trial.rs"]
mod trial;

use authority::Authority;
use authority::server::{Saying, Server, http, reply};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use pencere::forms::tsp::Request;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use trial::{Trial, generation, said, voen};

/// A window that asks this address, and believes this authority.
fn window(url: &str, authority: &Authority) -> Trial {
    let trial = Trial::new();
    fs::copy(authority.at("clocks.crt"), trial.at("w/pki/clocks.crt")).unwrap();
    trial.set("timestamping", "[\"pki/clocks.crt\"]");
    trial.set("seal.tsa", &format!("\"{url}\""));
    trial.set("tsa_timeout", "\"2s\"");
    trial
}

fn drop_one(trial: &Trial, name: &str, revision: u32) {
    let statement = generation(voen("azerenerji"), "2020-Q3", revision, "SU-0001", "1.5");
    let signed = trial.signed("statement.xml", statement, "azerenerji");
    trial.put("azerenerji", name, signed);
}

/// Processes what waits; what was logged.
fn once(trial: &Trial) -> String {
    let output = trial.pencere(&["once"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    String::from_utf8(output.stderr).unwrap()
}

/// The receipts, each proven by xmlsec1 and by pencere.
fn receipts(trial: &Trial) -> Vec<(PathBuf, String)> {
    let folder = trial.side("azerenerji", "receipts");
    let all: Vec<_> = trial.answers("azerenerji").into_iter().map(|(name, text)| (folder.join(name), text)).collect();
    for (path, _) in &all {
        assert!(trial.xmlsec_proves(path), "{}", path.display());
        trial.done(&["receipt", "verify", path.to_str().unwrap()]);
    }
    all
}

/// What `receipt verify` says of the stamp.
fn told(trial: &Trial, receipt: &Path, more: &[&str]) -> Value {
    let arguments = [&["receipt", "verify", receipt.to_str().unwrap()], more].concat();
    let (code, answer) = trial.json(&arguments);
    assert_eq!((code, &answer["proven"]), (Some(0), &Value::Bool(true)), "{answer}");
    answer["time_stamp"].clone()
}

fn is_stamped(receipt: &(PathBuf, String)) -> bool {
    receipt.1.contains("<xades:EncapsulatedTimeStamp>")
}

/// The token in a receipt, and what it is to be over as libxml2 writes it alone.
fn token(trial: &Trial, receipt: &Path) -> (Vec<u8>, Vec<u8>) {
    let path = receipt.to_str().unwrap();
    let asked = |xpath: &str| trial.succeeds("xmllint", &["--xpath", xpath, path]).stdout;
    let token = asked("string(//*[local-name()='EncapsulatedTimeStamp'])");
    let value = String::from_utf8(asked("(//*[local-name()='SignatureValue'])[1]")).unwrap();
    let declared = "<ds:SignatureValue xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"";
    let value = match value.contains("xmlns:ds=") {
        true => value,
        false => value.replacen("<ds:SignatureValue", declared, 1),
    };
    fs::write(trial.at("value.xml"), value.trim_end()).unwrap();
    let canonical = trial.succeeds("xmllint", &["--exc-c14n", "value.xml"]).stdout;
    (BASE64.decode(token.trim_ascii()).unwrap(), canonical)
}

#[test]
fn receipts_are_time_stamped_and_proven_by_others() {
    let authority = Authority::new();
    let server = Server::of(&authority);
    let trial = window(&server.url(), &authority);
    for revision in 1..=12 {
        drop_one(&trial, &format!("{revision}.xml"), revision);
    }
    let foreign = generation(voen("azerenerji"), "2020-Q3", 1, "KUL-0001", "1.5");
    let foreign = trial.signed("statement.xml", foreign, "azerenerji");
    trial.put("azerenerji", "rejected.xml", foreign);
    once(&trial);
    let all = receipts(&trial);
    assert_eq!((all.len(), server.asked()), (13, 13));
    for receipt in &all {
        let (token, value) = token(&trial, &receipt.0);
        assert!(authority.verifies(&value, &token), "{}", receipt.1);
        let stamp = told(&trial, &receipt.0, &[]);
        assert_eq!(stamp["counts"], true, "{stamp}");
        trial.succeeds(
            "xmllint",
            &[
                "--noout",
                "--nonet",
                "--schema",
                concat!(env!("CARGO_MANIFEST_DIR"), "/config/receipt.xsd"),
                receipt.0.to_str().unwrap(),
            ],
        );
        let page = fs::read_to_string(receipt.0.with_extension("txt")).unwrap();
        let year = &stamp["time"].as_str().unwrap()[..4];
        assert!(page.contains("Vaxt möhürü") && page.matches(year).count() >= 3, "{page}");
        let shown = trial
            .succeeds(env!("CARGO_BIN_EXE_pencere"), &["receipt", "show", receipt.0.to_str().unwrap(), "--lang", "en"]);
        assert!(String::from_utf8(shown.stdout).unwrap().contains("Time-stamp"));
    }
    trial.done(&["audit", "verify"]);
    trial.done(&["status"]);

    // whom nobody believes about time proves nothing, and takes nothing from the receipt
    let seal = trial.at("w/pki/seal.crt");
    let seal = ["--seal", seal.to_str().unwrap(), "--trust"];
    let named = |path: &Path| told(&trial, &all[0].0, &[&seal[..], &[path.to_str().unwrap()]].concat());
    assert_eq!(named(&authority.at("clocks.crt"))["counts"], true);
    let strange = Authority::new();
    let stamp = named(&strange.at("clocks.crt"));
    assert_eq!((&stamp["counts"], &stamp["reason"]["code"]), (&false.into(), &"signature.untrusted".into()), "{stamp}");
    // a stamp of another receipt is seen to be that; so is one that somebody broke
    let (mine, other) = (token(&trial, &all[0].0).0, token(&trial, &all[1].0).0);
    let altered = all[0].1.replace(&BASE64.encode(mine), &BASE64.encode(other));
    fs::write(trial.at("altered.xml"), altered).unwrap();
    let stamp = told(&trial, Path::new("altered.xml"), &[]);
    assert_eq!(stamp["reason"]["code"], "signature.digest-differs", "{stamp}");
}

#[test]
fn a_container_of_evidence_has_the_path_of_a_receipts_time_stamp() {
    let authority = Authority::new();
    let server = Server::of(&authority);
    let trial = window(&server.url(), &authority);
    drop_one(&trial, "a.xml", 1);
    once(&trial);
    trial.done(&["evidence", "a.xml", "-o", "x.asice"]);
    trial.succeeds("unzip", &["-q", "x.asice", "-d", "x"]);
    let read = |path: &Path| fs::read(path).unwrap();
    let [clock] = &fs::read_dir(trial.at("x/clocks")).unwrap().collect::<Vec<_>>()[..] else { panic!("one authority") };
    let path = clock.as_ref().unwrap().path();
    let verify = ["verify", "-purpose", "timestampsign", "-CAfile", "w/pki/clocks.crt", path.to_str().unwrap()];
    trial.succeeds("openssl", &verify);
    let anchors = fs::read_dir(trial.at("x/grounds/files")).unwrap().map(|entry| read(&entry.unwrap().path()));
    let wanted = read(&trial.at("w/pki/clocks.crt"));
    assert!(anchors.into_iter().any(|octets| octets == wanted), "whom the window believed about time");
}

#[test]
fn a_receipt_goes_without_rather_than_late() {
    let authority = Authority::new();
    let closed = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let trial = window(&format!("http://127.0.0.1:{closed}/tsa"), &authority);
    drop_one(&trial, "1.xml", 1);
    drop_one(&trial, "2.xml", 2);
    let log = once(&trial);
    assert!(log.contains("go without a time-stamp") && log.contains("cannot be reached"), "{log}");
    let all = receipts(&trial);
    assert!(all.len() == 2 && !all.iter().any(is_stamped));
    assert_eq!(told(&trial, &all[0].0, &[]), Value::Null);
    let (code, status) = trial.json(&["status"]);
    let problem = &status["problems"][0];
    assert_eq!((code, &problem["code"]), (Some(1), &"receipts-unstamped".into()), "{status}");
    assert!(problem["message"].as_str().unwrap().starts_with("2 receipts since"), "{problem}");
    // the next one gets its stamp, what went before stays as it went, and all is well again
    let server = Server::of(&authority);
    trial.set("seal.tsa", &format!("\"{}\"", server.url()));
    drop_one(&trial, "3.xml", 3);
    once(&trial);
    let now = receipts(&trial);
    assert_eq!((now.iter().filter(|one| is_stamped(one)).count(), server.asked()), (1, 1));
    assert!(all.iter().all(|before| now.contains(before)));
    trial.done(&["status"]);
}

#[test]
fn an_authority_that_is_silent_is_waited_for_once_and_then_left_alone() {
    let authority = Authority::new();
    let silent: Saying = Box::new(|_| {
        std::thread::sleep(Duration::from_secs(600));
        Vec::new()
    });
    let server = Server::http(silent);
    let trial = window(&server.url(), &authority);
    let daemon = trial.run();
    let begin = Instant::now();
    drop_one(&trial, "1.xml", 1);
    trial.answer("azerenerji", "1.xml");
    let waited = begin.elapsed();
    assert!(waited >= Duration::from_secs(2) && server.asked() == 1, "{waited:?}");
    for revision in 2..=5 {
        drop_one(&trial, &format!("{revision}.xml"), revision);
        trial.answer("azerenerji", &format!("{revision}.xml"));
    }
    assert_eq!(server.asked(), 1, "it was not asked again");
    assert_eq!(trial.log().matches("go without a time-stamp").count(), 1, "{}", trial.log());
    assert!(trial.log().contains("did not answer within 2s"), "{}", trial.log());
    assert!(receipts(&trial).iter().all(|one| !is_stamped(one)));
    daemon.end();
}

#[test]
fn a_crash_while_the_authority_is_waited_for_leaves_nothing_sealed() {
    let authority = Authority::new();
    let silent = Server::http(Box::new(|_| {
        std::thread::sleep(Duration::from_secs(600));
        Vec::new()
    }));
    let trial = window(&silent.url(), &authority);
    trial.set("tsa_timeout", "\"10s\"");
    let daemon = trial.run();
    drop_one(&trial, "1.xml", 1);
    trial::eventually("the question to the authority", || silent.asked() == 1);
    daemon.kill();
    assert!(trial.answers("azerenerji").is_empty());
    let server = Server::of(&authority);
    trial.set("seal.tsa", &format!("\"{}\"", server.url()));
    let daemon = trial.run();
    drop_one(&trial, "2.xml", 2);
    let numbers: Vec<String> = ["1.xml", "2.xml"]
        .map(|name| trial.answer("azerenerji", name).1)
        .map(|receipt| receipt.split("number=\"").nth(1).unwrap().split('"').next().unwrap().to_owned())
        .to_vec();
    assert!(numbers[0].ends_with("-000001") && numbers[1].ends_with("-000002"), "{numbers:?}");
    daemon.end();
    let all = receipts(&trial);
    assert!(all.len() == 2 && all.iter().all(is_stamped));
    trial.done(&["audit", "verify"]);
}

#[test]
fn an_authority_that_comes_back_is_asked_again() {
    let authority = Authority::new();
    let (answers, mut turn) = (Arc::clone(&authority), 0);
    let turns = std::sync::Mutex::new(move || {
        turn += 1;
        turn
    });
    let server = Server::http(Box::new(move |query| match turns.lock().unwrap()() {
        1 => http("503 Busy", "", b""),
        _ => reply(&answers.answer(query)),
    }));
    let trial = window(&server.url(), &authority);
    trial.set("tsa_retry", "\"1s\"");
    let daemon = trial.run();
    for revision in 1..=3 {
        drop_one(&trial, &format!("{revision}.xml"), revision);
        trial.answer("azerenerji", &format!("{revision}.xml"));
        std::thread::sleep(Duration::from_millis(1100));
    }
    let stamped: Vec<bool> = receipts(&trial).iter().map(is_stamped).collect();
    assert_eq!(stamped, [false, true, true]);
    assert!(trial.log().contains("receipts are time-stamped again"), "{}", trial.log());
    daemon.end();
}

#[test]
fn what_is_no_stamp_of_this_receipt_by_somebody_believed_never_gets_into_it() {
    let (authority, strange) = (Authority::new(), Authority::new());
    let old = authority.answer(&Request::over(b"another").unwrap().to_der());
    // TimeStampReq ends with the nonce (2 and 8 octets) and certReq (3); the digest is its one string of 32 octets
    let with = |change: fn(&mut Vec<u8>)| -> Saying {
        let authority = Arc::clone(&authority);
        Box::new(move |query| {
            let mut query = query.to_vec();
            change(&mut query);
            reply(&authority.answer(&query))
        })
    };
    let nonce = with(|query| {
        let at = query.len() - 4;
        query[at] ^= 1;
    });
    let imprint = with(|query| {
        let at = query.windows(2).position(|two| two == [4, 32]).unwrap();
        query[at + 2] ^= 1;
    });
    // the last octets of a token are those of its signature
    let broken: Saying = {
        let authority = Arc::clone(&authority);
        Box::new(move |query| {
            let mut answer = authority.answer(query);
            *answer.last_mut().unwrap() ^= 1;
            reply(&answer)
        })
    };
    let cases: [(Saying, &str); 9] = [
        (Box::new(|_| reply(b"rubbish")), "no time-stamp response"),
        (Box::new(|_| b"SSH-2.0\r\n\r\n".to_vec()), "cannot be reached"),
        (Box::new(|_| http("200 OK", "Content-Type: text/html\r\n", b"<html/>")), "text/html where"),
        (Box::new(|_| reply(&vec![0x30; 100 * 1024])), "larger than"),
        (Box::new(move |_| reply(&old)), "over another digest"),
        (nonce, "its nonce is another"),
        (imprint, "over another digest"),
        (broken, "go without"),
        (Box::new(move |query| reply(&strange.answer(query))), "go without"),
    ];
    let trial = window("http://127.0.0.1:1/tsa", &authority);
    for (nth, (saying, why)) in cases.into_iter().enumerate() {
        let server = Server::http(saying);
        trial.set("seal.tsa", &format!("\"{}\"", server.url()));
        let name = format!("{nth}.xml");
        drop_one(&trial, &name, nth as u32 + 1);
        let log = once(&trial);
        assert!(log.contains("go without a time-stamp") && log.contains(why), "{why}: {log}");
        assert_eq!(server.asked(), 1, "{why}");
    }
    let all = receipts(&trial);
    assert!(all.len() == 9 && !all.iter().any(is_stamped));
}

#[test]
fn a_configuration_by_which_no_stamp_could_count_is_a_mistake() {
    let trial = Trial::new();
    let refuses = |tsa: &str, why: &str| {
        let window = trial.copy();
        window.set("seal.tsa", tsa);
        let output = window.pencere(&["config", "check"]);
        let said = said(&output);
        assert!(output.status.code() == Some(2) && said.contains("seal.tsa") && said.contains(why), "{said}");
    };
    refuses("\"http://127.0.0.1/tsa\"", "[trust] timestamping");
    refuses("\"ftp://127.0.0.1/tsa\"", "no address");
    trial.set("tsa_timeout", "\"11s\"");
    let output = trial.pencere(&["config", "check"]);
    assert!(output.status.code() == Some(2) && said(&output).contains("100ms to 10s"), "{}", said(&output));
}
