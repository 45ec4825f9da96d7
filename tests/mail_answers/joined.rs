//! A letter and the mail that answers it.

use super::dovecot::Dovecot;
use super::message::{Maildir, journalled, message};
use super::server::{ADDRESS, Server, window};
use super::trial::{Trial, capacity, eventually, generation, voen};
use super::{XML, decisions, of_another, pair, proven, receipt, statement, text};

#[test]
fn one_mail_answers_a_letter_with_all_its_receipts_and_goes_to_the_registered_address() {
    let (trial, server) = window("[\"mail\"]", "starttls");
    let office = Dovecot::new();
    office.configure(&trial, "office", "tls", "");
    let first = statement(&trial, "2001-Q1");
    let (table, signature) = pair(&trial, "2001-Q1");
    let parts = [
        ("a.xml", XML, first.clone()),
        ("b.csv", "text/csv", table),
        ("b.csv.p7s", "application/pkcs7-signature", signature),
        ("c.xml", XML, of_another(&trial, "2001-Q1")),
        ("cover.pdf", "application/pdf", b"%PDF-1.7 see attached".to_vec()),
    ];
    // where answers are asked to go, by every field that asks for it
    let fields = "References: <first@window.example>\n <before@agency.example>\nReply-To: thief@elsewhere.example\n\
                  Sender: thief@elsewhere.example\nReturn-Path: <thief@elsewhere.example>\n\
                  Disposition-Notification-To: thief@elsewhere.example\nErrors-To: thief@elsewhere.example\n\
                  X-Reply-To: thief@elsewhere.example\nMail-Followup-To: thief@elsewhere.example\n";
    office.deliver("office", message("letter.1@agency.example", fields, &parts));
    let daemon = trial.run();
    let (mail, receipts) = proven(&trial, &server.waits_for(1)[0]);
    assert_eq!(decisions(&receipts), ["accepted", "accepted", "rejected"]);
    assert_eq!(mail.header("in-reply-to"), "<letter.1@agency.example>");
    let references: Vec<&str> = mail.header("references").split_whitespace().collect();
    assert_eq!(references, ["<first@window.example>", "<before@agency.example>", "<letter.1@agency.example>"]);
    assert_eq!(mail.header("auto-submitted"), "auto-replied");
    assert_eq!(Server::to(&server.mails()[0]), ADDRESS);
    assert!(!mail.headers.to_string().contains("thief"), "{}", mail.headers);
    // each receipt speaks of its document, and of no other
    let named = |start: &str| mail.parts.iter().find(|(name, _)| name.starts_with(start)).unwrap().1.clone();
    std::fs::write(trial.at("of-a.xml"), named("a.xml.")).unwrap();
    std::fs::write(trial.at("a.xml"), first).unwrap();
    trial.done(&["receipt", "verify", "of-a.xml", "--document", "a.xml"]);
    std::fs::write(trial.at("of-b.xml"), named("b.csv.")).unwrap();
    let other = trial.pencere(&["receipt", "verify", "of-b.xml", "--document", "a.xml"]);
    assert_eq!(other.status.code(), Some(1));
    eventually("the letter to be put away", || office.counts("office") == (0, 1, 0));
    eventually("the journal to hear", || journalled(&trial, "\"act\":\"answer-mailed\"") == 3);
    daemon.end();
    // a start answers nothing again
    trial.done(&["once"]);
    assert_eq!((server.mails().len(), trial.answers("azerenerji").len()), (1, 0));
    trial.done(&["audit", "verify"]);
    trial.keeps_persons_out_of_the_log();
}

#[test]
fn letters_of_several_bodies_are_answered_to_each_with_its_own() {
    let (trial, server) = window("[\"mail\"]", "starttls");
    let mail = "azerisiq@boemis.test";
    let (head, body) = ("[participants.azerisiq]\n", format!("mail = \"{mail}\"\nanswers = [\"mail\"]\n"));
    trial.change("registry.toml", head, &format!("{head}{body}"));
    let office = Maildir::new(&trial, "office");
    // one letter with a document of each: whoever collects for others sends both
    let other = generation(voen("azerisiq"), "2019-Q1", 1, "KUL-0001", "1.5");
    let parts =
        [("a.xml", XML, statement(&trial, "2001-Q1")), ("b.xml", XML, trial.signed("b.xml", other, "azerisiq"))];
    office.deliver(message("both@x", "", &parts));
    trial.done(&["once"]);
    let mails = server.mails();
    assert_eq!(mails.len(), 2);
    let mut told: Vec<(String, Vec<String>)> = Vec::new();
    for path in &mails {
        let (mail, receipts) = proven(&trial, path);
        assert_eq!((receipts.len(), mail.header("in-reply-to")), (1, "<both@x>"));
        let names = mail.parts.iter().filter_map(|(name, _)| name.split('.').next()).filter(|name| !name.is_empty());
        told.push((Server::to(path), names.map(str::to_owned).collect()));
    }
    told.sort();
    let wanted = |to: &str, name: &str| (to.to_owned(), vec![name.to_owned()]);
    assert_eq!(told, [wanted(mail, "b"), wanted(ADDRESS, "a")]);
}

#[test]
fn a_message_id_that_is_used_again_hides_no_document() {
    let (trial, server) = window("[\"mail\"]", "starttls");
    let office = Maildir::new(&trial, "office");
    let of = |nth: usize| message("same@x", "", &[("a.xml", XML, statement(&trial, &format!("2001-Q{nth}")))]);
    let (first, second) = (of(1), of(2));
    office.deliver(&first);
    trial.done(&["once"]);
    // another letter under the same id, and the first one again
    office.deliver(second);
    office.deliver(first);
    trial.done(&["once"]);
    let mails = server.mails();
    assert_eq!((mails.len(), office.counts()), (2, (0, 3, 0)));
    for path in &mails {
        let (mail, receipts) = proven(&trial, path);
        assert_eq!((decisions(&receipts), mail.header("in-reply-to")), (vec!["accepted"], "<same@x>"));
    }
    assert_ne!(Server::field(&mails[0], "Message-ID"), Server::field(&mails[1], "Message-ID"));
    assert_eq!(trial.sql("SELECT count(*) FROM generation_current"), "2\n");
}

#[test]
fn the_same_document_by_both_ways_is_loaded_once_and_the_answer_names_the_other_arrival() {
    let (trial, server) = window("[\"folder\", \"mail\"]", "starttls");
    let office = Dovecot::new();
    office.configure(&trial, "office", "starttls", "");
    let (by_folder, by_mail) = (statement(&trial, "2001-Q1"), statement(&trial, "2001-Q2"));
    let daemon = trial.run();
    trial.put("azerenerji", "dropped.xml", &by_folder);
    let (original, first) = trial.answer("azerenerji", "dropped.xml");
    server.waits_for(1);
    office.deliver("office", message("again@x", "", &[("mailed.xml", XML, by_folder)]));
    let (mail, receipts) = proven(&trial, &server.waits_for(2)[1]);
    assert_eq!((decisions(&receipts), mail.header("in-reply-to")), (vec!["duplicate"], "<again@x>"));
    names_both(&trial, &receipts[0], &first, "mailed.xml");
    assert!(original.starts_with("dropped.xml."));
    // what is in the mail is what lies in the folder
    assert_eq!(trial.answer("azerenerji", "mailed.xml").1, receipts[0]);
    // the other way round
    office.deliver("office", message("first@x", "", &[("early.xml", XML, by_mail.clone())]));
    let (_, receipts) = proven(&trial, &server.waits_for(3)[2]);
    assert_eq!(decisions(&receipts), ["accepted"]);
    let first = receipts[0].clone();
    trial.put("azerenerji", "late.xml", by_mail);
    let (mail, receipts) = proven(&trial, &server.waits_for(4)[3]);
    assert_eq!((decisions(&receipts), mail.header("in-reply-to")), (vec!["duplicate"], ""));
    names_both(&trial, &receipts[0], &first, "late.xml");
    daemon.end();
    assert_eq!(trial.sql("SELECT count(*) FROM generation_current"), "2\n");
    assert_eq!(trial.answers("azerenerji").len(), 4);
    assert_eq!(server.mails().len(), 4);
}

/// The receipt names its own arrival and, by id and number, the one before it.
fn names_both(trial: &Trial, receipt: &str, original: &str, name: &str) {
    let of = |text: &str, what: &str| receipt::attribute(text, "Receipt", what).unwrap().to_owned();
    assert_eq!(receipt::attribute(receipt, "Document", "name"), Some(name));
    let named = |what: &str| receipt::attribute(receipt, "Original", what).map(str::to_owned);
    assert_eq!(named("number"), Some(of(original, "number")), "{receipt}");
    assert_eq!(named("id"), Some(of(original, "id")));
    std::fs::write(trial.at("shown.xml"), receipt).unwrap();
    let shown = trial.pencere(&["receipt", "show", "shown.xml", "--lang", "en"]);
    assert!(String::from_utf8(shown.stdout).unwrap().contains(&of(original, "number")));
}

#[test]
fn what_a_document_says_is_no_link_in_the_mail_that_answers_it() {
    let (trial, server) = window("[\"mail\"]", "starttls");
    let office = Maildir::new(&trial, "office");
    let own = voen("azerenerji");
    let values =
        ["http://evil.example/pay", "www.evil.example", "pay@evil.example", "javascript:alert(1)", "evil.example"];
    let mut parts = Vec::new();
    for (nth, value) in values.iter().enumerate() {
        let document = generation(own, &format!("200{nth}-Q1"), 1, value, value);
        parts.push((format!("{nth}.xml"), trial.signed("v.xml", document, "azerenerji")));
        let table = capacity(own, &format!("200{nth}-Q1"), 1, value, value);
        parts.push((format!("{nth}.csv.p7s"), trial.signed("v.csv", &table, "azerenerji")));
        parts.push((format!("{nth}.csv"), table.into_bytes()));
    }
    // and what a file is called
    parts.push(("https---evil.example.xml".to_owned(), statement(&trial, "2010-Q1")));
    parts.push(("pay@evil.example".to_owned(), statement(&trial, "2010-Q2")));
    let parts: Vec<_> = parts.iter().map(|(name, octets)| (name.as_str(), XML, octets.clone())).collect();
    office.deliver(message("links@x", "", &parts));
    trial.done(&["once"]);
    let (mail, receipts) = proven(&trial, &server.mails()[0]);
    assert_eq!(receipts.len(), values.len() * 2 + 2);
    assert_eq!(receipts.iter().filter(|text| receipt::decision(text) == "rejected").count(), values.len() * 2);
    let text = text(&mail);
    assert!(text.contains("evil[.]example"), "it is quoted: {text}");
    for link in ["://", "www.evil", "@", "evil.example ", "evil.example\n", "evil.example/", "evil.example\""] {
        assert!(!text.contains(link), "{link}: {text}");
    }
    assert!(!mail.headers.to_string().contains("evil"), "nothing of a document in a header: {}", mail.headers);
}
