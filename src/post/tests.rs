//! What is composed verifies with OpenSSL's own program; what is owed outlives whoever owes it.

use super::*;
use crate::document::{Decision, MailAddress, SubmissionId, Thread};
use crate::host::{Disk, test_folder};
use jiff::{SignedDuration, Timestamp};
use std::path::Path;
use std::process::Command;

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
    assert!(again.untold().is_empty() && again.due().is_none());
    assert_eq!(again.forget(after(30 * 86_400)).unwrap(), 0, "it is remembered for thirty days");
    // it comes back
    assert!(again.bounced("<other@b.test>", "5.1.1", "x@y").unwrap().is_none());
    let id = format!("<{id}.1.azerenerji@b.test>");
    assert_eq!(again.bounced(&id, "5.1.1", "x@y").unwrap().unwrap().answers().len(), 1);
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
    assert!(outbox.due().unwrap() > after(14) && outbox.due_mails(now(), false, 9).is_empty());
    assert_eq!(outbox.away("connection refused", after(5 * 86_400 + 1)).unwrap(), 1);
    assert!(outbox.due().is_none());
    let survey = Survey::of(&Disk::system(), state.path());
    assert_eq!((survey.failed.len(), survey.away.unwrap().tries), (1, 2));
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
