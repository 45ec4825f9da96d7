//! Mails that are signed as a whole: what of them files where policy has it so, and nothing where it has not.
//!
//! `inbox-samples/signed-mail/` holds one mail for each case, with what it comes to in `expected.toml`;
//! `PENCERE_REWRITE=1` makes those that are missing and writes that. The others come through a real server.

#[path = "mail/dovecot.rs"]
mod dovecot;
#[path = "window/lists.rs"]
#[allow(dead_code)] // the tests of contests use all of it
mod lists;
#[path = "mail/message.rs"]
mod message;
#[path = "samples/receipt.rs"]
#[allow(dead_code)] // the walk over the samples uses all of it
mod receipt;
#[path = "mail_signed/samples.rs"]
mod samples;
#[path = "window/trial.rs"]
mod trial;

use dovecot::Dovecot;
use lists::{list, seconds};
use message::{Maildir, base64, by_openssl, journalled};
use pencere::document::Digest;
use samples::Sample;
use std::fmt::Write;
use std::fs;
use trial::{Trial, capacity, eventually, generation, said, voen};

const HEAD: &str = "\
# What becomes of each of these mails in a window whose registry has mail_signature = \"files\" for azerenerji and for
# nobody else: `why` is the journal's reason for which it was rejected, `submissions` what was taken out of it: name,
# decision, whose, findings. Made from tests/mail_signed/samples.rs by PENCERE_REWRITE=1 cargo test --test mail_signed.
";

/// Has the mails of azerenerji's persons file, where they are to this window.
fn agree(trial: &Trial) {
    trial.set("mail.addresses", "[\"window@boemis.example\"]");
    trial.change(
        "registry.toml",
        "[participants.azerenerji]\n",
        "[participants.azerenerji]\nmail_signature = \"files\"\n",
    );
}

fn listed(trial: &Trial) -> Vec<String> {
    let (_, list) = trial.json(&["list"]);
    let text = |value: &serde_json::Value| value.as_str().unwrap_or("nobody").to_owned();
    let one = |one: &serde_json::Value| {
        let findings: Vec<String> = one["findings"].as_array().unwrap().iter().map(text).collect();
        let line = format!("{}: {} {}", text(&one["name"]), text(&one["state"]), text(&one["participant"]));
        format!("{line} {}", findings.join(" ")).trim_end().to_owned()
    };
    list["submissions"].as_array().unwrap().iter().map(one).collect()
}

/// The reasons for which messages were rejected, in their order.
fn reasons(trial: &Trial) -> Vec<String> {
    let journal = fs::read_to_string(trial.at("w/state/journal/00000001.log")).unwrap();
    let lines = journal.lines().filter(|line| line.contains("\"act\":\"letter-rejected\""));
    let why = |line: &str| line.split_once("\"why\":\"").unwrap().1.split('"').next().unwrap().to_owned();
    lines.map(why).collect()
}

/// Delivers a mail: why it was rejected, or what was taken out of it.
fn deliver(trial: &Trial, office: &Maildir, mail: &[u8]) -> (Option<String>, Vec<String>) {
    let (counts, before) = (office.counts(), listed(trial).len());
    office.deliver(mail);
    trial.done(&["once"]);
    let (waiting, processed, rejected) = office.counts();
    assert_eq!((waiting, processed + rejected), (0, counts.1 + counts.2 + 1));
    let why = (rejected > counts.2).then(|| reasons(trial).pop().unwrap());
    (why, listed(trial).split_off(before))
}

#[test]
fn each_sample_comes_to_what_is_claimed() {
    let rewrite = std::env::var_os("PENCERE_REWRITE").is_some();
    let trial = Trial::new();
    agree(&trial);
    pencere::commands::trial::register_sample_pki(&trial.at("w"), &samples::root().join("pki")).unwrap();
    let office = Maildir::new(&trial, "office");
    let (mut expected, mut wrong) = (String::from(HEAD), Vec::new());
    fs::create_dir_all(samples::folder()).unwrap();
    let all = samples::all();
    for sample in &all {
        if rewrite && !sample.path().exists() {
            fs::write(sample.path(), sample.make()).unwrap();
        }
        let mail = fs::read(sample.path()).unwrap_or_else(|_| panic!("{} is to be made", sample.name));
        let (why, submissions) = deliver(&trial, &office, &mail);
        let told: Vec<&str> = why.iter().chain(&submissions).map(String::as_str).collect();
        let is_said = |(told, says): (&&str, &&str)| told.starts_with(*says);
        if told.len() != sample.says.len() || !told.iter().zip(sample.says).all(is_said) {
            wrong.push(format!("{}: {:?} was claimed, it is {told:?}", sample.name, sample.says));
        }
        write!(expected, "\n[{}]\nnote = {:?}\n", sample.name, sample.note).unwrap();
        if let Some(why) = why {
            writeln!(expected, "why = {why:?}").unwrap();
        }
        if !submissions.is_empty() {
            writeln!(expected, "submissions = {submissions:?}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // as a Maildir has it, with the line ends of its machine, and under another id: the same documents
    let again = |sample: &Sample| {
        let mail = String::from_utf8(fs::read(sample.path()).unwrap()).unwrap().replace("\r\n", "\n");
        let (id, other) = (format!("<{}@", sample.name), format!("<{}-again@", sample.name));
        assert_eq!(mail.matches(&id).count(), 1);
        deliver(&trial, &office, mail.replace(&id, &other).as_bytes())
    };
    for sample in all.iter().filter(|sample| ["clear", "opaque", "text", "wrapped"].contains(&sample.name)) {
        assert_eq!(again(sample), (None, vec!["c.csv: duplicate azerenerji".to_owned()]), "{}", sample.name);
    }
    let path = samples::folder().join("expected.toml");
    if rewrite {
        fs::write(&path, &expected).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap_or_default(), expected, "PENCERE_REWRITE=1 writes it");
    for entry in fs::read_dir(samples::folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_made = all.iter().any(|one| name == format!("{}.eml", one.name));
        assert!(is_made || name == "expected.toml", "{name} is in no table");
    }
    trial.done(&["audit", "verify"]);
}

/// A signed part to the window, with the table and, where there is one, another document.
fn part(table: &str, more: Option<(&str, &[u8])>) -> String {
    let attached = |name: &str, octets: &[u8]| {
        format!(
            "--in\nContent-Type: application/octet-stream; name=\"{name}\"\nContent-Transfer-Encoding: base64\n\n{}",
            base64(octets)
        )
    };
    let more = more.map(|(name, octets)| attached(name, octets)).unwrap_or_default();
    format!(
        "To: <window@boemis.example>\nContent-Type: multipart/mixed; boundary=in; hp=\"clear\"\n\n{}{more}--in--\n",
        attached("c.csv", table.as_bytes())
    )
}

fn table(period: &str) -> String {
    capacity(voen("azerenerji"), period, 1, "SU-0001", "424")
}

/// Runs commands where a container of evidence was unpacked.
fn in_container(trial: &Trial, commands: &str) {
    let output = trial.tool("sh", &["-e", "-c", commands]).current_dir(trial.at("x")).output().unwrap();
    assert!(output.status.success(), "{commands}: {}", said(&output));
}

/// What the page of a submission's evidence says of its signature, which runs as it stands, and proves the mail and the
/// document in it.
fn proven(trial: &Trial, id: &str) -> String {
    let _ = fs::remove_dir_all(trial.at("x"));
    let _ = fs::remove_file(trial.at("x.asice"));
    trial.done(&["evidence", id, "-o", "x.asice"]);
    trial.succeeds("unzip", &["-q", "x.asice", "-d", "x"]);
    let readme = fs::read_to_string(trial.at("x/README.txt")).unwrap();
    let begin = readme.rfind("openssl cms -verify ").unwrap();
    let commands = readme[begin..].split("\n# ").next().unwrap();
    in_container(trial, commands);
    commands.to_owned()
}

/// The number of what was taken last.
fn last_id(trial: &Trial) -> String {
    let (_, list) = trial.json(&["list"]);
    list["submissions"].as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_signed_mail_files_through_a_server_and_its_receipt_and_evidence_prove_it() {
    let trial = Trial::new();
    agree(&trial);
    let server = Dovecot::new();
    server.configure(&trial, "office", "tls", "poll = \"300ms\"\n");
    let daemon = trial.run();
    for (opaque, period) in [(false, "2001-Q1"), (true, "2001-Q2")] {
        let table = table(period);
        let own = trial.signed("own.xml", generation(voen("azerenerji"), period, 1, "SU-0001", "1"), "azerenerji");
        let mail =
            by_openssl(&trial, &format!("{period}@x"), &part(&table, Some(("own.xml", &own))), "azerenerji", opaque);
        server.append("office", &mail);
        eventually("both answers", || trial.answers("azerenerji").len() == if opaque { 4 } else { 2 });
        let (file, _) = trial.answers_to("azerenerji", "c.csv").pop().unwrap();
        let receipts: Vec<_> = trial.answers_to("azerenerji", "c.csv");
        assert!(receipts.iter().all(|(_, text)| receipt::decision(text) == "accepted"), "{receipts:?}");
        fs::write(trial.at("c.csv"), &table).unwrap();
        let of_this = receipts.iter().filter(|(name, _)| {
            let name = format!("w/drop/azerenerji/receipts/{name}");
            trial.pencere(&["receipt", "verify", &name, "--document", "c.csv"]).status.code() == Some(0)
        });
        assert_eq!(of_this.count(), 1, "the receipt speaks of the table as its sender has it: {file}");
    }
    eventually("both mails to be put away", || server.counts("office") == (0, 2, 0));
    daemon.end();
    assert_eq!(journalled(&trial, "\"mail_signed\":true"), 2);
    trial.keeps_persons_out_of_the_log();
    assert_eq!(trial.sql("SELECT count(*) FROM capacity_current"), "2\n");
    trial.done(&["audit", "verify"]);
    for period in ["2001-Q1", "2001-Q2"] {
        let (_, list) = trial.json(&["list"]);
        let all = list["submissions"].as_array().unwrap().iter();
        let is_it = |one: &&serde_json::Value| one["name"] == "c.csv" && one["period"] == period;
        let id = all.clone().find(is_it).unwrap()["id"].as_str().unwrap().to_owned();
        let (code, told) = trial.json(&["explain", &id]);
        assert_eq!((code, &told["same"]), (Some(0), &true.into()), "{told:#}");
        assert!(proven(&trial, &id).contains("signed-mail"));
        in_container(
            &trial,
            &format!("openssl cms -verify -CAfile ../w/pki/ca.crt {} >/dev/null", {
                let name = if period == "2001-Q1" { "signed-mail.eml" } else { "signed-mail.p7m" };
                let form = if period == "2001-Q1" { "SMIME" } else { "DER" };
                format!("-inform {form} -in original/{name}")
            }),
        );
    }
}

#[test]
fn by_default_no_mail_files_and_what_is_agreed_later_is_read_again() {
    let trial = Trial::new();
    let office = Maildir::new(&trial, "office");
    let mail = by_openssl(&trial, "early@x", &part(&table("2001-Q1"), None), "azerenerji", false);
    let (why, submissions) = deliver(&trial, &office, &mail);
    assert_eq!((why.as_deref(), submissions.len()), (Some("nothing in it is a signed document"), 0));
    assert_eq!(journalled(&trial, "\"event\":\"held\""), 0, "nothing of it is kept");
    let digest = Digest::of(table("2001-Q1").as_bytes()).to_string();
    assert_eq!(journalled(&trial, &format!("\"sha256\":\"{digest}\"")), 1, "but its digest");
    agree(&trial);
    let rejected = office.path().join(".Rejected/cur");
    let rejected = fs::read_dir(rejected).unwrap().next().unwrap().unwrap().path();
    fs::rename(rejected, office.path().join("new/again")).unwrap();
    trial.done(&["once"]);
    assert_eq!(office.counts(), (0, 1, 0));
    assert_eq!(receipt::decision(&trial.answer("azerenerji", "c.csv").1), "accepted");
    // what was filed by it stays filed and can be told again when it is agreed no more
    trial.change("registry.toml", "mail_signature = \"files\"", "mail_signature = \"nothing\"");
    assert_eq!(deliver(&trial, &office, &mail), (None, Vec::new()), "the very same message is known");
    let again = by_openssl(&trial, "late@x", &part(&table("2001-Q2"), None), "azerenerji", true);
    let (why, submissions) = deliver(&trial, &office, &again);
    assert_eq!((why.as_deref(), submissions.len()), (Some("nothing in it is a signed document"), 0));
    assert_eq!(trial.sql("SELECT count(*) FROM capacity_current"), "1\n");
    let (code, told) = trial.json(&["explain", "c.csv"]);
    assert_eq!((code, &told["same"]), (Some(0), &true.into()), "{told:#}");
    trial.done(&["audit", "verify"]);
}

#[test]
fn a_mail_that_is_read_again_after_a_crash_files_once() {
    let trial = Trial::new();
    agree(&trial);
    let office = Maildir::new(&trial, "office");
    let quarters: Vec<String> = (1990..=1995).flat_map(|y| (1..=4).map(move |q| format!("{y}-Q{q}"))).collect();
    for (nth, quarter) in quarters.iter().enumerate() {
        let part = part(&table(quarter), None);
        office.deliver(by_openssl(&trial, &format!("{quarter}@x"), &part, "azerenerji", nth % 2 == 0));
    }
    for some in [1, 9, 17] {
        let daemon = trial.run();
        eventually("some answers", || trial.answers("azerenerji").len() >= some);
        daemon.kill();
    }
    let daemon = trial.run();
    eventually("all mails", || office.counts() == (0, quarters.len(), 0));
    daemon.end();
    assert_eq!(trial.answers("azerenerji").len(), quarters.len());
    assert_eq!(journalled(&trial, "\"event\":\"held\""), quarters.len());
    assert_eq!(trial.sql("SELECT count(*) FROM capacity_current"), format!("{}\n", quarters.len()));
    trial.done(&["audit", "verify"]);
}

#[test]
fn a_mail_whose_signer_cannot_be_told_yet_is_held_and_goes_on_by_itself() {
    let trial = Trial::new();
    agree(&trial);
    let publish = |from: i64| fs::write(trial.at("w/pki/ca.crl"), list(&trial, seconds(from), &[])).unwrap();
    trial.set("crls", "[\"pki/ca.crl\"]");
    publish(-1_000_000);
    let office = Maildir::new(&trial, "office");
    let mail = by_openssl(&trial, "held@x", &part(&table("2001-Q1"), None), "azerenerji", false);
    let (why, submissions) = deliver(&trial, &office, &mail);
    assert_eq!((why, submissions), (None, vec!["c.csv: held azerenerji signature.revocation-unknown".to_owned()]));
    publish(0);
    let daemon = trial.run();
    assert_eq!(receipt::decision(&trial.answer("azerenerji", "c.csv").1), "accepted");
    daemon.end();
    assert_eq!(office.counts(), (0, 1, 0));
    let (code, told) = trial.json(&["explain", "c.csv"]);
    assert_eq!((code, &told["same"]), (Some(0), &true.into()), "{told:#}");
    trial.done(&["audit", "verify"]);
}

#[test]
fn the_word_for_it_is_checked_and_wants_an_address() {
    let trial = Trial::new();
    let head = "[participants.azerenerji]\n";
    let mistakes = || {
        let output = trial.pencere(&["config", "check"]);
        (output.status.code(), said(&output))
    };
    trial.change("registry.toml", head, &format!("{head}mail_signature = \"file\"\n"));
    let (code, told) = mistakes();
    assert!(code == Some(2) && told.contains("mail_signature") && told.contains("\"files\""), "{told}");
    trial.change("registry.toml", "mail_signature = \"file\"", "mail_signature = \"files\"");
    let (code, told) = mistakes();
    assert!(code == Some(2) && told.contains("[mail] addresses"), "{told}");
    trial.set("mail.addresses", "[\"window@boemis\u{259}\"]");
    let (code, told) = mistakes();
    assert!(code == Some(2) && told.contains("mail.addresses"), "{told}");
    trial.set("mail.addresses", "[\"window@boemis.example\"]");
    assert_eq!(mistakes().0, Some(0));
}

/// A mail of these very octets, signed as they are, in parts that this boundary tells apart.
fn by_hand(trial: &Trial, id: &str, part: &[u8], boundary: &str) -> Vec<u8> {
    fs::write(trial.at("part"), part).unwrap();
    let keys = ["-signer", "w/pki/azerenerji.crt", "-inkey", "w/pki/azerenerji.key"];
    let arguments = ["cms", "-sign", "-cades", "-binary", "-in", "part", "-outform", "DER"];
    let signature = trial.succeeds("openssl", &[&arguments[..], &keys[..]].concat()).stdout;
    let head = format!(
        "From: office@agency.example\nTo: window@boemis.example\nMessage-ID: <{id}>\nMIME-Version: 1.0\n\
         Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=\"{boundary}\"\n\n\
         --{boundary}\n"
    );
    let foot = format!(
        "\n--{boundary}\nContent-Type: application/pkcs7-signature; name=\"smime.p7s\"\n\
         Content-Transfer-Encoding: base64\n\n{}--{boundary}--\n",
        base64(&signature)
    );
    [head.replace('\n', "\r\n").as_bytes(), part, foot.replace('\n', "\r\n").as_bytes()].concat()
}

#[test]
fn what_is_accepted_by_a_mail_openssl_verifies_too_and_what_it_reads_otherwise_files_nothing() {
    let trial = Trial::new();
    agree(&trial);
    let office = Maildir::new(&trial, "office");
    let long = |count: usize| format!("{}\r\nx", "y".repeat(count));
    let cases = [
        ("Salam".to_owned(), true),
        ("--sg2\r\n--s\r\n--\r\n--sg-\r\n".to_owned(), true),
        ("a  \r\nb\t\r\n  \r\n\r\n".to_owned(), true),
        ("From here\r\n.\r\n..\r\n".to_owned(), true),
        (long(1021), true),
        (long(1022), true),
        (long(1023), true),
        (long(5000), true),
        (long(70_000), true),
        ("a\r\r\nb".to_owned(), false),
        ("a\rb".to_owned(), false),
        ("a\0b".to_owned(), false),
        (format!("{}\r{}", "y".repeat(1022), "z"), false),
    ];
    for (nth, (text, files)) in cases.iter().enumerate() {
        let table = table(&format!("{}-Q1", 1980 + nth));
        let part = format!(
            "To: window@boemis.example\nContent-Type: multipart/mixed; boundary=\"sg1\"; hp=\"clear\"\n\n--sg1\n\
             Content-Type: text/plain\n\nTEXT\n--sg1\nContent-Type: text/csv; name=\"c.csv\"\n\
             Content-Transfer-Encoding: base64\n\n{}--sg1--\n",
            base64(table.as_bytes())
        );
        let part = part.replace('\n', "\r\n").replace("TEXT", text);
        let mail = by_hand(&trial, &format!("{nth}@x"), part.as_bytes(), "sg");
        let (why, submissions) = deliver(&trial, &office, &mail);
        match files {
            true => {
                assert!(
                    submissions.len() == 1 && submissions[0].contains("accepted"),
                    "{nth}: {why:?} {submissions:?}"
                );
                proven(&trial, &last_id(&trial));
            }
            false => {
                let why = why.unwrap_or_default();
                assert_eq!((&*why, submissions.len()), ("nothing in it is a signed document", 0), "{nth}");
            }
        }
    }
}

#[test]
fn a_document_that_is_named_as_its_mail_is_kept_lies_beside_it_in_evidence() {
    let trial = Trial::new();
    agree(&trial);
    let office = Maildir::new(&trial, "office");
    for (opaque, name, period) in [(false, "signed-mail.eml", "2001-Q1"), (true, "signed-mail.p7m", "2001-Q2")] {
        let part = part(&table(period), None).replace("c.csv", name);
        let mail = by_openssl(&trial, &format!("{period}@x"), &part, "azerenerji", opaque);
        let (why, submissions) = deliver(&trial, &office, &mail);
        let told = submissions.concat();
        assert!(told.starts_with(&format!("{name}: accepted azerenerji")), "{why:?} {told}");
        proven(&trial, &last_id(&trial));
        assert_eq!(fs::read(trial.at("x/original").join(name)).unwrap(), table(period).as_bytes());
        assert_eq!(fs::read_dir(trial.at("x/original")).unwrap().count(), 2);
    }
}

#[test]
fn a_registered_person_whose_certificate_has_ended_is_told_so() {
    let trial = Trial::new();
    agree(&trial);
    let own = "certificates = [\"pki/azerenerji.crt\"]";
    trial.change("registry.toml", own, "certificates = [\"pki/azerenerji.crt\", \"pki/expired.crt\"]");
    let office = Maildir::new(&trial, "office");
    let mail = by_openssl(&trial, "expired@x", &part(&table("2001-Q1"), None), "expired", false);
    let (why, submissions) = deliver(&trial, &office, &mail);
    let told = submissions.concat();
    assert!(why.is_none() && told.starts_with("c.csv: rejected azerenerji"), "{why:?} {told}");
    assert!(told.contains("signature.certificate-expired"), "{told}");
    assert_eq!(receipt::decision(&trial.answer("azerenerji", "c.csv").1), "rejected");
}

#[test]
fn a_mail_with_more_statements_than_are_allowed_files_none_of_them() {
    let trial = Trial::new();
    agree(&trial);
    trial.set("mail.signed_statements_max", "2");
    let office = Maildir::new(&trial, "office");
    let of = |periods: &[&str]| {
        let first = part(&table(periods[0]), Some(("d.csv", table(periods[1]).as_bytes())));
        let more = part(&table(periods.last().unwrap()), None).replace("c.csv", "e.csv");
        let more = &more[more.find("--in").unwrap()..];
        if periods.len() == 2 { first } else { first.replace("--in--\n", more) }
    };
    let mail = |id: &str, periods: &[&str]| by_openssl(&trial, id, &of(periods), "azerenerji", false);
    let (why, submissions) = deliver(&trial, &office, &mail("three@x", &["2001-Q1", "2001-Q2", "2001-Q3"]));
    assert_eq!(submissions.len(), 0);
    let wanted = "the mail's signature covers more statements than mail.signed_statements_max";
    assert_eq!(why.as_deref(), Some(wanted));
    for period in ["2001-Q1", "2001-Q2", "2001-Q3"] {
        assert_eq!(journalled(&trial, &Digest::of(table(period).as_bytes()).to_string()), 1, "{period}");
    }
    let (why, submissions) = deliver(&trial, &office, &mail("two@x", &["2001-Q1", "2001-Q2"]));
    assert_eq!((why, submissions.len()), (None, 2));
}
