//! What is composed verifies with OpenSSL's own program; what is owed outlives whoever owes it.

use super::*;
use crate::document::{Decision, MailAddress, SubmissionId, Thread};
use crate::host::{Disk, test_folder};
use crate::line::{Peer, Security};
use jiff::{SignedDuration, Timestamp};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

fn now() -> Timestamp {
    "2026-10-05T08:00:00Z".parse().unwrap()
}

fn address(text: &str) -> MailAddress {
    text.parse().unwrap()
}

fn openssl(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("openssl").args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn key(folder: &Path, uses: &str) -> Result<MailKey, KeyFault> {
    let extension = format!("extendedKeyUsage={uses}");
    let arguments = [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-keyout",
        "mail.key",
        "-out",
        "mail.crt",
        "-days",
        "30",
        "-subj",
        "/CN=window",
        "-addext",
        "keyUsage=critical,digitalSignature",
        "-addext",
        &extension,
    ];
    openssl(folder, &arguments);
    let sign = Sign { certificate: folder.join("mail.crt"), key: folder.join("mail.key") };
    MailKey::open(&Disk::system(), &sign, Timestamp::now())
}

#[test]
fn a_mail_verifies_whole_and_its_attachment_is_what_was_given() {
    let folder = test_folder();
    let key = key(folder.path(), "emailProtection").unwrap();
    let octets: Vec<u8> = (0..=255).cycle().take(3000).collect();
    let attachment = Attachment {
        name: "hesabat ə ü 2026 — birinci rüb, Mingəçevir.receipt.xml".to_owned(),
        plain_name: "receipt.xml".to_owned(),
        media: "application/xml",
        octets: octets.clone().into(),
    };
    let references = (0..40).map(|nth| format!("<r{nth}@x.test>")).chain(["<bad\r\nBcc: a@b.c>".to_owned()]).collect();
    let thread =
        Thread { message_id: "<q1@agency.test>".to_owned(), references, mailbox: "m".into(), part: 1, silent: false };
    let text = "Qəbul edildi\n.\nFrom here: http://evil.example/a www.evil.com evil.zip me@evil.com rule.total-differs \
                hesabat.xml 1.234\n\u{1b}[2J\u{202e}";
    let draft = Draft {
        from: &address("window@boemis.test"),
        to: &[address("agency@example.test")],
        subject: "[trial] Qəbz TRIAL-2026-000001: qəbul edildi / accepted, and some more to make it long",
        date: now(),
        message_id: "a.1@boemis.test",
        thread: Some(&thread),
        auto: Auto::Replied,
        text,
        attachments: std::slice::from_ref(&attachment),
    };
    let mail = draft.compose(&key).unwrap();
    let text = String::from_utf8(mail.clone()).unwrap();
    assert!(text.is_ascii() && text.replace("\r\n", "").find(['\r', '\n']).is_none());
    assert!(text.lines().all(|line| line.len() <= 998), "{text}");
    assert!(text.lines().filter(|line| !line.contains("References")).all(|line| line.len() <= 200), "{text}");
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    for line in [
        "Message-ID: <a.1@boemis.test>",
        "In-Reply-To: <q1@agency.test>",
        "Auto-Submitted: auto-replied",
        "Date: Mon, 05 Oct 2026 08:00:00 +0000",
        "From: <window@boemis.test>",
        "To: <agency@example.test>",
    ] {
        assert!(head.lines().any(|one| one == line), "{line}: {head}");
    }
    assert!(!head.contains("Bcc") && head.contains("<r0@x.test>") && head.contains("<r39@x.test>"), "{head}");
    assert!(!head.contains("<r5@x.test>"), "{head}");
    std::fs::write(folder.path().join("mail.eml"), &mail).unwrap();
    let inner = openssl(folder.path(), &["cms", "-verify", "-in", "mail.eml", "-CAfile", "mail.crt"]);
    std::fs::write(folder.path().join("inner.eml"), &inner).unwrap();
    let script = "import email, email.policy, sys\n\
        m = email.message_from_binary_file(open('inner.eml', 'rb'), policy=email.policy.default)\n\
        parts = list(m.iter_parts())\n\
        open('part', 'wb').write(parts[1].get_payload(decode=True))\n\
        open('text', 'wb').write(parts[0].get_payload(decode=True))\n\
        print(parts[1].get_filename())";
    let output = Command::new("python3").args(["-c", script]).current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), attachment.name);
    assert_eq!(std::fs::read(folder.path().join("part")).unwrap(), octets);
    let body = std::fs::read_to_string(folder.path().join("text")).unwrap();
    assert!(!body.contains("http://") && !body.contains("evil.") && !body.contains('@'), "{body}");
    assert!(!body.contains('\u{1b}') && !body.contains('\u{202e}'), "{body}");
    assert!(body.contains("rule.total-differs hesabat.xml 1.234") && body.contains("Qəbul edildi"), "{body}");
    // one octet changed on the way, and it does not verify
    let changed = text.replacen("text/plain", "text/plaim", 1);
    std::fs::write(folder.path().join("changed.eml"), changed).unwrap();
    let arguments = ["cms", "-verify", "-in", "changed.eml", "-CAfile", "mail.crt"];
    let refused = Command::new("openssl").args(arguments).current_dir(folder.path()).output().unwrap();
    assert!(!refused.status.success());
    // and composed again, it is the same mail
    let again = String::from_utf8(draft.compose(&key).unwrap()).unwrap();
    assert_eq!(again.split_once("\r\n\r\n").unwrap().0, head);
}

#[test]
fn a_key_for_something_else_signs_no_mail() {
    let folder = test_folder();
    assert!(matches!(key(folder.path(), "serverAuth"), Err(KeyFault::Certificate(_))));
    key(folder.path(), "emailProtection").unwrap();
    let sign = Sign { certificate: folder.path().join("mail.crt"), key: folder.path().join("mail.key") };
    let later = Timestamp::now().saturating_add(SignedDuration::from_hours(24 * 60)).unwrap();
    assert!(matches!(MailKey::open(&Disk::system(), &sign, later), Err(KeyFault::Certificate(_))));
    openssl(folder.path(), &["ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", "mail.key"]);
    assert!(matches!(MailKey::open(&Disk::system(), &sign, Timestamp::now()), Err(KeyFault::Key(_))));
}

fn answer(id: SubmissionId, nth: u32, decision: Decision, thread: Option<&str>) -> Owed<String> {
    Owed {
        id,
        answer: nth,
        participant: "azerenerji".parse().unwrap(),
        decision,
        number: "N".to_owned(),
        file_name: "a.receipt.xml".to_owned(),
        thread: thread.map(|id| {
            let (references, mailbox) = (Vec::new(), "m".to_owned());
            Thread { message_id: id.to_owned(), references, mailbox, part: 1, silent: false }
        }),
        octets: 0,
        kept: String::new(),
        since: now(),
        due: now(),
    }
}

fn outbox(state: &Path) -> Outbox<String> {
    Outbox::open(&Disk::system(), state, &address("w@b.test"), Pace::default()).unwrap()
}

fn after(seconds: i64) -> Timestamp {
    now().saturating_add(SignedDuration::from_secs(seconds)).unwrap()
}

#[test]
fn what_is_owed_outlives_a_stop_at_every_step_and_is_one_mail() {
    let state = test_folder();
    let id = SubmissionId::new(now());
    let one = answer(id, 1, Decision::Accepted, None);
    outbox(state.path()).owe(one.clone()).unwrap();
    let again = outbox(state.path());
    again.owe(one.clone()).unwrap();
    assert_eq!((again.form(now(), false).unwrap(), again.form(now(), false).unwrap()), (1, 0));
    let again = outbox(state.path());
    again.owe(one.clone()).unwrap();
    assert_eq!(again.form(now(), false).unwrap(), 0, "it is in a mail");
    let names = again.due_mails(now(), false, 9);
    assert_eq!(names.len(), 1);
    let mail = again.mail(&names[0]).unwrap();
    assert_eq!(mail.message_id, format!("{id}.1.azerenerji@b.test"));
    // not now: later, and with the same id
    assert!(!again.later(mail, "451 busy", now()).unwrap());
    assert!(again.due_mails(now(), false, 9).is_empty() && again.due_mails(after(31), false, 9) == names);
    let again = outbox(state.path());
    let mail = again.mail(&names[0]).unwrap();
    assert_eq!((mail.tries, mail.why.as_deref()), (1, Some("451 busy")));
    again.taken(mail, vec![address("a@b.c")], after(40)).unwrap();
    // the journal has not heard of it
    let again = outbox(state.path());
    assert!(again.due_mails(after(999_999), true, 9).is_empty());
    let untold = again.untold();
    assert_eq!((untold.len(), untold[0].tries, untold[0].to.len()), (1, 2, 1));
    again.journalled(&names[0]).unwrap();
    let again = outbox(state.path());
    again.owe(one.clone()).unwrap();
    assert!(again.untold().is_empty() && again.due(now()).is_none());
    assert_eq!(again.forget(after(30 * 86_400)).unwrap(), 0, "it is remembered for thirty days");
    // it comes back
    assert!(again.bounced("<other@b.test>", "5.1.1", "x@y").unwrap().is_none());
    let id = format!("<{id}.1.azerenerji@b.test>");
    assert!(again.bounced(&id, "5.1.1", "x@y").unwrap().is_none(), "it never went to that one");
    assert_eq!(again.bounced(&id, "5.1.1", "A@b.c").unwrap().unwrap().answers().len(), 1);
    let survey = Survey::of(&Disk::system(), state.path());
    assert_eq!((survey.owed, survey.failed.len()), (0, 1));
    assert!(survey.failed[0].1.why.as_ref().unwrap().contains("5.1.1"));
    assert_eq!(
        (again.again("../owed/x", after(50)).unwrap(), again.again(&survey.failed[0].0, after(50)).unwrap()),
        (0, 1)
    );
    assert_eq!(again.due_mails(after(50), false, 9), names);
}

#[test]
fn what_is_too_old_is_given_up_and_stays() {
    let state = test_folder();
    let outbox = outbox(state.path());
    outbox.owe(answer(SubmissionId::new(now()), 1, Decision::Accepted, None)).unwrap();
    outbox.form(now(), false).unwrap();
    assert_eq!(outbox.away("connection refused", now()).unwrap(), 0);
    assert!(outbox.due(now()).unwrap() > after(14) && outbox.due_mails(now(), false, 9).is_empty());
    let old = after(5 * 86_400 + 1);
    for _ in 0..6 {
        assert_eq!(outbox.away("connection refused", old).unwrap(), 0, "age alone is no reason");
    }
    assert_eq!(outbox.away("connection refused", old).unwrap(), 1);
    assert!(outbox.due(old).is_none());
    let survey = Survey::of(&Disk::system(), state.path());
    assert_eq!((survey.failed.len(), survey.away.unwrap().tries), (1, 8));
    outbox.reached();
    assert!(Survey::of(&Disk::system(), state.path()).away.is_none());
}

#[test]
fn the_answers_of_a_letter_go_together_and_a_word_on_arrival_is_overtaken() {
    let state = test_folder();
    let outbox = outbox(state.path());
    let ids: Vec<SubmissionId> = (0..3).map(|_| SubmissionId::new(now())).collect();
    let letter = Some("l@x.test");
    outbox.expect("l@x.test", 3).unwrap();
    outbox.owe(answer(ids[0], 1, Decision::Accepted, letter)).unwrap();
    outbox.owe(answer(ids[1], 1, Decision::Held, letter)).unwrap();
    outbox.owe(answer(ids[2], 1, Decision::Rejected, letter)).unwrap();
    assert_eq!(outbox.form(after(1), false).unwrap(), 0, "one is awaited");
    let mut late = answer(ids[1], 2, Decision::Accepted, letter);
    late.since = after(2);
    outbox.owe(late).unwrap();
    assert_eq!(outbox.form(after(2), false).unwrap(), 1);
    let mail = outbox.mail(&outbox.due_mails(after(2), false, 9)[0]).unwrap();
    let said: Vec<_> = mail.answers().iter().map(|one| one.decision).collect();
    assert_eq!(said.len(), 3);
    assert!(!said.contains(&Decision::Held));
    // alone, the word on arrival waits a minute, and then goes
    outbox.owe(answer(SubmissionId::new(now()), 1, Decision::Held, None)).unwrap();
    assert_eq!((outbox.form(after(59), false).unwrap(), outbox.form(after(60), false).unwrap()), (0, 1));
}

/// One mail that is owed.
fn owed(state: &Path) -> (Outbox<String>, String) {
    let outbox = outbox(state);
    outbox.owe(answer(SubmissionId::new(now()), 1, Decision::Accepted, None)).unwrap();
    outbox.form(now(), false).unwrap();
    let name = outbox.due_mails(now(), false, 9).remove(0);
    (outbox, name)
}

#[test]
fn a_clock_that_was_ahead_neither_strands_nor_gives_up_what_is_owed() {
    let state = test_folder();
    let (outbox, name) = owed(state.path());
    let ahead = after(365 * 86_400);
    assert!(!outbox.later(outbox.mail(&name).unwrap(), "451 busy", ahead).unwrap(), "tried once, it is not too old");
    assert_eq!(outbox.due_mails(ahead, false, 9).len(), 0);
    // the clock is right again, and the mail as due as any
    assert!(outbox.due(after(60)).is_some_and(|due| due <= after(60)));
    assert_eq!(outbox.due_mails(after(60), false, 9), std::slice::from_ref(&name));
    // nor does a server that was away then keep it
    outbox.away("connection refused", ahead).unwrap();
    assert!(outbox.due_mails(ahead, false, 9).is_empty());
    assert!(outbox.due(after(60)).is_some_and(|due| due <= after(60)));
    assert_eq!(outbox.due_mails(after(60), false, 9), std::slice::from_ref(&name));
    // one that is away now does, and nobody asks for a round before
    outbox.away("connection refused", after(60)).unwrap();
    assert!(
        outbox.due(after(61)).is_some_and(|due| due > after(61)) && outbox.due_mails(after(61), false, 9).is_empty()
    );
    // nor does the next process wait for that moment
    let again = self::outbox(state.path());
    assert!(again.due(after(60)).is_some_and(|due| due <= after(60)));
    assert_eq!(again.due_mails(after(60), false, 9), std::slice::from_ref(&name));
    // a pause as it is meant is kept
    assert!(!again.later(again.mail(&name).unwrap(), "451 busy", after(60)).unwrap());
    assert!(again.due_mails(after(61), false, 9).is_empty() && again.due(after(61)).unwrap() > after(61));
    // an answer that waits for its letter is put into a mail
    let held = test_folder();
    let outbox = self::outbox(held.path());
    let mut word = answer(SubmissionId::new(now()), 1, Decision::Held, None);
    word.since = ahead;
    outbox.owe(word).unwrap();
    assert!(outbox.due(after(60)).is_some_and(|due| due <= after(60)));
    assert_eq!(outbox.form(after(60), false).unwrap(), 1);
}

#[test]
fn a_mail_is_given_up_by_age_and_tries_together() {
    let state = test_folder();
    let (outbox, name) = owed(state.path());
    for nth in 1..30 {
        assert!(!outbox.later(outbox.mail(&name).unwrap(), "451 busy", after(nth)).unwrap(), "it is not old");
    }
    assert!(outbox.later(outbox.mail(&name).unwrap(), "451 busy", after(6 * 86_400)).unwrap());
    let survey = Survey::of(&Disk::system(), state.path());
    assert_eq!((survey.failed.len(), survey.failed[0].1.tries), (1, 30));
}

#[test]
fn what_was_sent_yesterday_outlives_a_clock_that_jumps() {
    let state = test_folder();
    let (outbox, name) = owed(state.path());
    outbox.taken(outbox.mail(&name).unwrap(), vec![address("a@b.c")], now()).unwrap();
    outbox.journalled(&name).unwrap();
    let day = 86_400;
    assert_eq!([0, 1, 366].map(|days| outbox.forget(after(days * day)).unwrap()), [0, 0, 0], "a year ahead");
    assert_eq!([2, 10, 20, 29].map(|days| outbox.forget(after(days * day)).unwrap()), [0; 4], "and right again");
    assert_eq!(outbox.forget(after(31 * day)).unwrap(), 1);
}

#[test]
fn each_receiver_of_a_notice_gets_a_mail_of_its_own() {
    let state = test_folder();
    let outbox = outbox(state.path());
    let to = ["admin@b.test", "gone@b.test", "night@b.test"].map(address).to_vec();
    let notice = Notice::new(to, "s".to_owned(), "t".to_owned());
    outbox.notify("alert", notice.clone(), now()).unwrap();
    let names = outbox.due_mails(now(), false, 9);
    let mails: Vec<_> = names.iter().map(|name| outbox.mail(name).unwrap()).collect();
    let mut whom: Vec<_> = mails
        .iter()
        .map(|mail| match &mail.matter {
            Matter::Notice(notice) => notice.to.iter().map(|one| one.as_str()).collect::<Vec<_>>().join(" "),
            Matter::Answers { .. } => String::new(),
        })
        .collect();
    whom.sort();
    assert_eq!(whom, ["admin@b.test", "gone@b.test", "night@b.test"]);
    // one that fails leaves the others, and the same notice once more is none
    outbox.fail(mails[0].clone(), "550 no such user").unwrap();
    outbox.notify("alert", notice, now()).unwrap();
    assert_eq!(outbox.due_mails(now(), false, 9), names[1..]);
}

#[test]
fn an_entry_that_cannot_be_read_is_told_of() {
    let state = test_folder();
    let (outbox, name) = owed(state.path());
    outbox.owe(answer(SubmissionId::new(now()), 1, Decision::Accepted, None)).unwrap();
    let survey = || Survey::of(&Disk::system(), state.path());
    assert!(survey().unreadable.is_empty());
    let at = |below: &str| state.path().join("outbox").join(below);
    std::fs::write(at(&format!("owed/{name}.json")), "").unwrap();
    std::fs::write(at("waiting/x.1.azerenerji.json"), vec![b' '; (4 << 20) + 1]).unwrap();
    assert_eq!(survey().unreadable, ["waiting/x.1.azerenerji.json".to_owned(), format!("owed/{name}.json")]);
    assert_eq!((survey().waiting, survey().owed), (1, 0));
    // nothing is written that could not be read again
    let mut long = answer(SubmissionId::new(now()), 1, Decision::Accepted, None);
    long.kept = "x".repeat(4 << 20);
    assert!(outbox.owe(long).unwrap_err().to_string().contains("the most"));
}

#[test]
fn a_letter_of_many_receipts_goes_in_mails_that_are_no_larger_than_is_set() {
    let state = test_folder();
    let outbox = outbox(state.path());
    outbox.expect("l@x.test", 7).unwrap();
    for nth in 0..7u64 {
        let mut one = answer(SubmissionId::new(now()), 1, Decision::Accepted, Some("l@x.test"));
        // the last is larger than any mail, and goes alone
        one.octets = if nth == 6 { 30 << 20 } else { 3 << 20 };
        // and entries that would make a mail too large to be read again
        one.kept = if nth < 2 { "x".repeat(3 << 20) } else { String::new() };
        outbox.owe(one).unwrap();
    }
    let formed = outbox.form(now(), false).unwrap();
    let mails: Vec<_> =
        outbox.due_mails(now(), false, 9).iter().map(|name| outbox.mail(name).expect("it is read again")).collect();
    assert_eq!(mails.len(), formed);
    assert_eq!(mails.iter().map(|mail| mail.answers().len()).sum::<usize>(), 7);
    for mail in &mails {
        let octets: u64 = mail.answers().iter().map(|one| one.octets).sum();
        assert!(octets * 4 / 3 < Pace::default().size_max || mail.answers().len() == 1, "{octets}");
    }
    assert!(mails.iter().any(|mail| mail.answers().len() == 2), "what fits goes together");
}

#[test]
fn a_stop_between_a_mail_and_what_its_answers_were_told_makes_no_second_mail() {
    let state = test_folder();
    let (ids, letter) = ([(); 3].map(|()| SubmissionId::new(now())), Some("l@x.test"));
    let first = outbox(state.path());
    let waiting = |id: SubmissionId| state.path().join(format!("outbox/waiting/{id}.1.azerenerji.json"));
    first.owe(answer(ids[0], 1, Decision::Accepted, letter)).unwrap();
    first.owe(answer(ids[1], 1, Decision::Accepted, letter)).unwrap();
    let kept = [ids[0], ids[1]].map(|id| std::fs::read(waiting(id)).unwrap());
    assert_eq!(first.form(now(), false).unwrap(), 1);
    drop(first);
    // as if it had stopped once the mail stood
    for (id, octets) in [ids[0], ids[1]].into_iter().zip(kept) {
        std::fs::write(waiting(id), octets).unwrap();
        std::fs::remove_file(state.path().join(format!("outbox/told/{id}.1.azerenerji"))).unwrap();
    }
    let again = outbox(state.path());
    again.owe(answer(ids[0], 1, Decision::Accepted, letter)).unwrap();
    again.owe(answer(ids[2], 1, Decision::Accepted, letter)).unwrap();
    assert_eq!(again.form(now(), false).unwrap(), 1);
    let names = again.due_mails(now(), false, 9);
    let mut told: Vec<_> =
        names.iter().flat_map(|name| again.mail(name).unwrap().answers().to_vec()).map(|one| one.id).collect();
    told.sort();
    let mut all = ids.to_vec();
    all.sort();
    assert_eq!((names.len(), told), (2, all), "each answer is in one mail");
}

#[test]
fn a_server_that_drips_is_left_in_time() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut line, _) = listener.accept().unwrap();
        // an octet before each patience ends, and never a line's end
        while line.write_all(b"2").is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let peer = Peer { host: "localhost".to_owned(), port, security: Security::StartTls, ca: None };
    let server = Server { peer, account: None, timeout: Duration::from_millis(100), paused: false };
    let mut courier = Courier::new(&Disk::system(), &server, &address("w@b.test")).unwrap();
    let began = Instant::now();
    let why = courier.knock().unwrap_err();
    assert!(why.contains("in time") && began.elapsed() < Duration::from_secs(5), "{why}");
    assert!(!courier.is_open());
}
