//! Mails of ours that come back (RFC 3464), as other programs say so.

use super::message::{Maildir, journalled, message};
use super::server::{ADDRESS, Server, window};
use super::trial::Trial;
use super::{XML, problems, proven, statement};
use std::fs;
use std::path::Path;

/// A report by Python's email package, with the whole mail in it.
fn by_python(trial: &Trial, original: &Path, status: &str) -> Vec<u8> {
    const SCRIPT: &str = "import sys, email, pathlib\n\
        from email.mime.base import MIMEBase\n\
        from email.mime.message import MIMEMessage\n\
        from email.mime.multipart import MIMEMultipart\n\
        from email.mime.text import MIMEText\n\
        from email.message import Message\n\
        report = MIMEMultipart('report', report_type='delivery-status')\n\
        report['From'] = 'MAILER-DAEMON@relay.example'; report['To'] = 'window@boemis.test'\n\
        report['Subject'] = 'Undelivered'; report['Message-ID'] = '<' + sys.argv[3] + '.python@relay.example>'\n\
        report.attach(MIMEText('It could not be delivered.'))\n\
        whole, one = Message(), Message()\n\
        whole['Reporting-MTA'] = 'dns; relay.example'\n\
        one['Final-Recipient'] = 'rfc822; ' + sys.argv[2]; one['Action'] = 'failed'; one['Status'] = sys.argv[3]\n\
        status = MIMEBase('message', 'delivery-status')\n\
        status.set_payload([whole, one])\n\
        report.attach(status)\n\
        report.attach(MIMEMessage(email.message_from_bytes(pathlib.Path(sys.argv[1]).read_bytes())))\n\
        sys.stdout.buffer.write(bytes(report))\n";
    let output = trial.succeeds("python3", &["-c", SCRIPT, original.to_str().unwrap(), ADDRESS, status]);
    output.stdout
}

/// A report as Postfix writes it (bounce(8)): the whole mail, or its header alone where `bounce_size_limit` says so.
fn as_postfix(original: &str, action: &str, status: &str, whole: bool) -> String {
    let boundary = "4bXq7N3Jt2z9sVd.1764309600/relay.example";
    let (kind, original) = match whole {
        true => ("message/rfc822", original),
        false => ("text/rfc822-headers", original.split_once("\n\n").unwrap().0),
    };
    format!(
        "Return-Path: <>\nX-Original-To: window@boemis.test\nDelivered-To: window@boemis.test\n\
         Received: by relay.example (Postfix)\n\tid 4bXq7P1Zk7z9sVf; Sat, 28 Nov 2026 10:00:00 +0400 (+04)\n\
         Date: Sat, 28 Nov 2026 10:00:00 +0400 (+04)\nFrom: MAILER-DAEMON@relay.example (Mail Delivery System)\n\
         Subject: Undelivered Mail Returned to Sender\nTo: window@boemis.test\nAuto-Submitted: auto-replied\n\
         MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"{boundary}\"\n\
         Content-Transfer-Encoding: 8bit\nMessage-Id: <{action}.{whole}.4bXq7P1Zk7z9sVf@relay.example>\n\n\
         This is a MIME-encapsulated message.\n\n--{boundary}\nContent-Description: Notification\n\
         Content-Type: text/plain; charset=us-ascii\n\nThis is the mail system at host relay.example.\n\n\
         I'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients.\n\n\
         <{ADDRESS}>: host mx.azerenerji.test[192.0.2.7] said: {status} Mailbox full\n    (in reply to RCPT TO \
         command)\n\n--{boundary}\nContent-Description: Delivery report\nContent-Type: message/delivery-status\n\n\
         Reporting-MTA: dns; relay.example\nX-Postfix-Queue-ID: 4bXq7N3Jt2z9sVd\n\
         X-Postfix-Sender: rfc822; window@boemis.test\nArrival-Date: Sat, 28 Nov 2026 09:59:58 +0400 (+04)\n\n\
         Final-Recipient: rfc822; {ADDRESS}\nOriginal-Recipient: rfc822;{ADDRESS}\nAction: {action}\n\
         Status: {status}\nRemote-MTA: dns; mx.azerenerji.test\n\
         Diagnostic-Code: smtp; 552 {status} Mailbox\n    full\n\n--{boundary}\n\
         Content-Description: Undelivered Message\nContent-Type: {kind}\nContent-Transfer-Encoding: 8bit\n\n\
         Return-Path: <window@boemis.test>\n{original}\n--{boundary}--\n"
    )
}

#[test]
fn a_mail_that_came_back_is_shown_and_goes_out_again_when_a_person_says_so() {
    let (trial, server) = window("[\"mail\"]", "tls");
    let office = Maildir::new(&trial, "office");
    for nth in 1..=4 {
        let document = statement(&trial, &format!("2001-Q{nth}"));
        office.deliver(message(&format!("{nth}@x"), "", &[(&format!("{nth}.xml"), XML, document)]));
    }
    trial.done(&["once"]);
    let mails = server.mails();
    assert_eq!((mails.len(), office.counts()), (4, (0, 4, 0)));
    let read = |nth: usize| fs::read_to_string(&mails[nth]).unwrap().replace("\r\n", "\n");
    // one is on its way still, which is no failure
    office.deliver(as_postfix(&read(3), "delayed", "4.2.2", false));
    trial.done(&["once"]);
    assert_eq!((problems(&trial), journalled(&trial, "answer-bounced")), (vec![], 0));
    office.deliver(by_python(&trial, &mails[0], "5.1.1"));
    office.deliver(as_postfix(&read(1), "failed", "5.2.2", true));
    office.deliver(as_postfix(&read(2), "failed", "5.7.1", false));
    let again = as_postfix(&read(1), "failed", "5.2.2", true).replace("failed.true", "once.more");
    office.deliver(again);
    trial.done(&["once"]);
    assert_eq!(office.counts(), (0, 9, 0), "reports are dealt with, and answered by nobody");
    assert_eq!(server.mails().len(), 4);
    let (code, status) = trial.json(&["status"]);
    assert_eq!((code, problems(&trial)), (Some(1), vec!["mail-failed".to_owned()]));
    let failed = status["mail"]["failed"].as_array().unwrap();
    let of = |nth: usize| {
        let id = Server::field(&mails[nth], "Message-ID").unwrap();
        failed.iter().find(|one| one["message_id"] == id.trim_matches(['<', '>'])).unwrap()
    };
    for (nth, status) in [(0, "5.1.1"), (1, "5.2.2"), (2, "5.7.1")] {
        let why = of(nth)["why"].as_str().unwrap();
        assert!(why.contains("a report says") && why.contains(status) && why.contains(ADDRESS), "{why}");
    }
    assert_eq!((failed.len(), journalled(&trial, "\"act\":\"answer-bounced\"")), (3, 3), "told once each");
    // after a person mended the address
    trial.done(&["post", "retry", "all"]);
    trial.done(&["once"]);
    let all = server.mails();
    assert_eq!((all.len(), problems(&trial)), (7, vec![]));
    for again in &all[4..] {
        let id = Server::field(again, "Message-ID").unwrap();
        let first = mails.iter().find(|mail| Server::field(mail, "Message-ID").as_ref() == Some(&id)).unwrap();
        assert_eq!(proven(&trial, again).1, proven(&trial, first).1, "the same receipt under the same id");
    }
    trial.done(&["audit", "verify"]);
}

#[test]
fn a_report_on_a_mail_that_is_not_ours_changes_nothing() {
    let (trial, server) = window("[\"mail\"]", "tls");
    let office = Maildir::new(&trial, "office");
    office.deliver(message("a@x", "", &[("a.xml", XML, statement(&trial, "2001-Q1"))]));
    trial.done(&["once"]);
    let strange = "From: <window@boemis.test>\nMessage-ID: <guessed@boemis.test>\n\nx\n";
    office.deliver(as_postfix(strange, "failed", "5.1.1", true));
    // one that names our mail, with a document in it: what came back is filed by nobody
    let mail = message("b@x", "Return-Path: <>\n", &[("b.xml", XML, statement(&trial, "2001-Q2"))]);
    office.deliver(mail);
    trial.done(&["once"]);
    assert_eq!((problems(&trial), office.counts(), server.mails().len()), (vec![], (0, 2, 1), 1));
    assert_eq!(trial.sql("SELECT count(*) FROM generation_current"), "1\n");
}
