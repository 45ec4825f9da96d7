//! Whom no mail goes to: machines, lists, strangers, and whoever a From names.

use super::faked::Faked;
use super::message::{Maildir, journalled, message};
use super::server::{ADDRESS, Server, opened, window};
use super::trial::{eventually, generation, voen};
use super::{XML, of_another, proven, statement, text};
use jiff::{SignedDuration, Timestamp};

#[test]
fn a_machines_letter_is_answered_in_the_folder_alone() {
    let (trial, server) = window("[\"mail\"]", "starttls");
    let office = Maildir::new(&trial, "office");
    let fields = [
        "Auto-Submitted: auto-generated\n",
        "Auto-Submitted: auto-replied (vacation)\n",
        "List-Id: <statements.agency.example>\n",
        "List-Unsubscribe: <mailto:off@agency.example>\n",
        "Precedence: bulk\n",
        "Precedence: list\n",
        "Precedence: junk\n",
        "X-Autoreply: yes\n",
    ];
    for (nth, field) in fields.iter().enumerate() {
        let document = statement(&trial, &format!("20{nth:02}-Q1"));
        office.deliver(message(&format!("machine.{nth}@x"), field, &[(&format!("{nth}.xml"), XML, document)]));
    }
    // what a mail system gives back is filed by nobody
    let returned = statement(&trial, "2020-Q1");
    office.deliver(message("null@x", "Return-Path: <>\n", &[("returned.xml", XML, returned.clone())]));
    trial.done(&["once"]);
    assert_eq!(office.counts(), (0, fields.len(), 1));
    assert_eq!((server.mails().len(), trial.answers("azerenerji").len()), (0, fields.len()));
    for (nth, field) in fields.iter().enumerate() {
        assert_eq!(trial.answers_to("azerenerji", &format!("{nth}.xml")).len(), 1, "{field}");
    }
    // a person's letter with the very same document is answered by mail alone
    office.deliver(message("person@x", "Auto-Submitted: no\n", &[("returned.xml", XML, returned)]));
    trial.done(&["once"]);
    let mails = server.mails();
    let (mail, _) = proven(&trial, &mails[0]);
    assert_eq!((mails.len(), mail.header("in-reply-to")), (1, "<person@x>"));
    assert_eq!(trial.answers("azerenerji").len(), fields.len());
    assert_eq!(trial.sql("SELECT count(*) FROM generation_current"), format!("{}\n", fields.len() + 1));
}

#[test]
fn no_mail_goes_to_an_address_that_is_not_of_the_registry() {
    let (trial, server) = window("[\"mail\"]", "starttls");
    let office = Maildir::new(&trial, "office");
    let good = String::from_utf8(statement(&trial, "2001-Q1")).unwrap();
    let strangers = trial.signed("s.xml", generation(voen("azerenerji"), "2001-Q2", 1, "SU-0001", "1"), "stranger");
    let asks = "Reply-To: victim@elsewhere.example\nReturn-Path: <victim@elsewhere.example>\n\
                Disposition-Notification-To: victim@elsewhere.example\n";
    let from_victim = |mail: String| mail.replace("office@agency.example", "victim@elsewhere.example");
    let altered = good.replace("1000.5", "2000.5").into_bytes();
    office.deliver(from_victim(message("altered@x", asks, &[("a.xml", XML, altered)])));
    office.deliver(from_victim(message("stranger@x", asks, &[("s.xml", XML, strangers)])));
    office.deliver(from_victim(message("nothing@x", asks, &[])));
    office.deliver(from_victim(message("unsigned@x", asks, &[("u.csv", "text/csv", b"a,b\n".to_vec())])));
    office.deliver(from_victim(
        "From: office@agency.example\nMessage-ID: <cut@x>\nContent-Type: multipart/mixed\n\n".into(),
    ));
    // somebody else's mail program bears a document that a registered person signed: that body is told
    office.deliver(from_victim(message("good@x", asks, &[("good.xml", XML, good.into_bytes())])));
    trial.done(&["once"]);
    assert_eq!(office.counts(), (0, 1, 5));
    let mails = server.mails();
    assert_eq!(mails.iter().map(|mail| Server::to(mail)).collect::<Vec<_>>(), [ADDRESS]);
    let (mail, _) = proven(&trial, &mails[0]);
    assert!(!mail.headers.to_string().contains("victim"), "{}", mail.headers);
    assert_eq!(journalled(&trial, "\"act\":\"letter-rejected\""), 5);
}

#[test]
fn of_unsigned_letters_the_registered_address_is_told_once_an_hour() {
    const HOUR: SignedDuration = SignedDuration::from_mins(61);
    let (trial, server) = window("[\"mail\"]", "starttls");
    let office = Maildir::new(&trial, "office");
    let mut now = Timestamp::now();
    let mut number = 0;
    let mut hear = |fields: &str, from: &str, name: &str| {
        number += 1;
        let mail = message(&format!("{name}.{number}@x"), fields, &[("u.csv", "text/csv", b"a,b\n".to_vec())]);
        office.deliver(mail.replace("office@agency.example", from));
    };
    // the address of the registry in any letter case, and what a machine or a stranger writes
    for (fields, from) in [
        ("", ADDRESS),
        ("Reply-To: thief@elsewhere.example\n", ADDRESS),
        ("", "Energetika-Hesabat@Azerenerji.TEST"),
        ("Auto-Submitted: auto-replied\n", ADDRESS),
        ("", "somebody@elsewhere.example"),
    ] {
        hear(fields, from, "first");
    }
    let mut pass = |trial: &_| {
        Faked::open_at(trial, now).once().close();
        now = now.checked_add(HOUR).unwrap();
        // what is gathered over the hour goes out by its end
        Faked::open_at(trial, now).once().close();
    };
    pass(&trial);
    assert_eq!(server.mails().len(), 1);
    let mail = opened(&trial, &server.mails()[0]);
    assert_eq!((Server::to(&server.mails()[0]).as_str(), mail.header("auto-submitted")), (ADDRESS, "auto-generated"));
    assert!(!mail.headers.to_string().contains("thief") && !text(&mail).contains("@"), "{}", text(&mail));
    hear("", ADDRESS, "second");
    hear("", ADDRESS, "second");
    pass(&trial);
    assert_eq!(server.mails().len(), 2);
    // only machines and strangers
    hear("List-Id: <l.example>\n", ADDRESS, "third");
    hear("", "somebody@elsewhere.example", "third");
    pass(&trial);
    assert_eq!(server.mails().len(), 2);
    assert_eq!(office.counts(), (0, 0, 9));
}

/// The look at what is wrong comes once a minute here, so this test takes a little longer than one.
// S 8.1.4 item 3, 8.1.11
#[test]
fn refusals_by_mail_again_and_again_are_one_alert_and_the_owner_is_told() {
    const OWNER: &str = "sahib@energetika.test";
    let (trial, server) = window("[\"folder\"]", "starttls");
    let office = Maildir::new(&trial, "office");
    trial.set("mail.alerts.to", "[\"admin@boemis.test\"]");
    trial.set("mail.alerts.every", "\"1m\"");
    let head = "[participants.energetika]\n";
    trial.change("registry.toml", head, &format!("{head}mail = \"{OWNER}\"\n"));
    let daemon = trial.run();
    for nth in 0..7 {
        let document = of_another(&trial, &format!("20{nth:02}-Q1"));
        office.deliver(message(&format!("refused.{nth}@x"), "", &[(&format!("{nth}.xml"), XML, document)]));
    }
    eventually("all refusals", || trial.answers("azerenerji").len() == 7);
    let to = |whom: &str| server.mails().into_iter().filter(|mail| Server::to(mail) == whom).collect::<Vec<_>>();
    let begun = std::time::Instant::now();
    while to(OWNER).is_empty() {
        assert!(begun.elapsed().as_secs() < 120, "{:?} {}", server.mails(), trial.log());
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    let incident = opened(&trial, &to(OWNER)[0]);
    assert!(text(&incident).contains("8.1.11") && text(&incident).contains("refusals"), "{}", text(&incident));
    assert_eq!(incident.header("auto-submitted"), "auto-generated");
    eventually("the alert", || {
        to("admin@boemis.test").iter().any(|mail| text(&opened(&trial, mail)).contains("refusals"))
    });
    daemon.end();
    // one at the start, of the certificate that ends, and one that gathers: none for each file
    assert!(to("admin@boemis.test").len() <= 2 && to(OWNER).len() == 1, "{:?}", server.mails());
    assert_eq!(server.mails().len(), to("admin@boemis.test").len() + 1, "nobody else is told");
}
