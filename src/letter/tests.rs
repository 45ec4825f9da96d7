//! Letters of every form, and what a hostile one may try.

use super::*;
use base64::Engine;
use proptest::prelude::*;

fn read(mail: &str) -> Letter<Vec<u8>> {
    read_with(mail, &Limits::default()).unwrap()
}

fn read_with(mail: &str, limits: &Limits) -> Result<Letter<Vec<u8>>, Fault> {
    super::read(mail.replace('\n', "\r\n").as_bytes(), limits, &mut || Ok(Vec::new()))
}

fn told(letter: &Letter<Vec<u8>>) -> Vec<(u32, &str, &str, String)> {
    let one = |one: &Attachment<Vec<u8>>| String::from_utf8_lossy(&one.octets).into_owned();
    let all = letter.attachments.iter();
    all.map(|a| (a.part, a.name.as_deref().unwrap_or("-"), a.media.as_str(), one(a))).collect()
}

#[test]
fn attachments_come_out_of_any_nesting_and_the_text_does_not() {
    let letter = read(
        "Message-ID: <a.1@agency.example>\nReferences: <r1@x> <r2@x>\nFrom: \"B., C\" <Office@Agency.Example>\n\
         Content-Type: multipart/mixed; boundary=\"out er\"\n\npreamble\n--out er\n\
         Content-Type: multipart/alternative; boundary=in\n\n--in\n\nplain\n--in\n\
         Content-Type: text/html\n\n<p>\n--in--\n\
         --out er\nContent-Type: text/csv; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\
         Content-Disposition: attachment; filename*0*=utf-8''hesabat%20; filename*1*=%C9%99.csv\n\na=3Db=\n,c  \nd\n\
         --out er\nContent-Type: application/xml; name=\"=?utf-8?B?xLEueG1s?=\"\nContent-Transfer-Encoding: base64\n\n\
         PGE+\nPC9hPg==\n--out er\nContent-Type: text/plain; name=../x.txt\n\nkept\n\n--out er--\nepilogue\n",
    );
    assert_eq!(letter.message_id.as_deref(), Some("a.1@agency.example"));
    assert_eq!(letter.references, ["r1@x", "r2@x"]);
    assert_eq!((letter.from.as_deref(), letter.nature), (Some("office@agency.example"), Nature::Person));
    assert_eq!(
        told(&letter),
        [
            (4, "hesabat ə.csv", "text/csv", "a=b,c\r\nd".to_owned()),
            (5, "ı.xml", "application/xml", "<a></a>".to_owned()),
            (6, "x.txt", "text/plain", "kept\r\n".to_owned()),
        ]
    );
    assert!(letter.attachments.iter().all(|one| !one.is_broken && one.sha256 == Digest::of(&one.octets)));
}

#[test]
fn the_signature_of_the_mail_and_what_was_forwarded_are_no_attachments() {
    let letter = read(
        "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=s\n\n--s\n\
         Content-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: message/rfc822\n\n\
         Content-Type: multipart/mixed; boundary=f\n\n--f\nContent-Type: text/csv; name=inner.csv\n\nx\n--f--\n\
         --m\nContent-Type: text/csv; name=a.csv\n\na\n--m\n\
         Content-Type: application/pkcs7-signature; name=a.csv.p7s\n\n\
         sig\n--m--\n--s\nContent-Type: application/pkcs7-signature; name=smime.p7s\n\nS\n--s--\n",
    );
    let names: Vec<_> = letter.attachments.iter().map(|one| one.name.as_deref().unwrap()).collect();
    assert_eq!(names, ["a.csv", "a.csv.p7s"]);
    assert_eq!(letter.message_id, None);
    assert_eq!(letter.key(), format!("sha256:{}", letter.digest));
    let layer = read("Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\n\nMII\n");
    assert!(layer.attachments[0].is_layer);
    let sealed = read("Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\n\nMII\n");
    assert!(!sealed.attachments[0].is_layer);
}

#[test]
fn robots_lists_and_bounces_are_known() {
    let nature = |fields: &str| read(&format!("{fields}\n\ntext\n")).nature;
    assert_eq!(nature("Auto-Submitted: no"), Nature::Person);
    assert_eq!(nature("Auto-Submitted: auto-generated (cron)"), Nature::Automatic);
    assert_eq!(nature("Auto-Submitted: Auto-Replied; x=y"), Nature::Vacation);
    assert_eq!(nature("X-Autoreply: yes"), Nature::Vacation);
    assert_eq!(nature("Precedence: bulk"), Nature::List);
    assert_eq!(nature("List-Id: <a.b>"), Nature::List);
    assert_eq!(nature("Return-Path: <>"), Nature::Bounce);
    assert_eq!(nature("Return-Path: <a@b>"), Nature::Person);
    let letter = read(
        "From: MAILER-DAEMON@relay.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=r\n\n\
         --r\n\nIt failed.\n--r\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; relay\n\n\
         Final-Recipient: rfc822; Office@Agency.Example\nAction: failed\nStatus: 5.1.1 (no such user)\n\n\
         Final-Recipient: rfc822; b@x\nAction: delayed\nStatus: 4.4.7\n\n--r\nContent-Type: message/rfc822\n\n\
         Subject: receipt\nMessage-ID:\n <receipt.7@window.example>\n\nbody\n--r--\n",
    );
    assert_eq!(letter.nature, Nature::Bounce);
    let report = letter.report.unwrap();
    assert_eq!(report.original_message_id.as_deref(), Some("receipt.7@window.example"));
    let one = |recipient: &str, action, status| Delivery { recipient: Some(recipient.to_owned()), action, status };
    assert_eq!(
        report.deliveries,
        [one("office@agency.example", Action::Failed, Some((5, 1, 1))), one("b@x", Action::Delayed, Some((4, 4, 7))),]
    );
}

#[test]
fn what_two_readers_could_read_differently_is_refused() {
    let refused = |mail: &str| read_with(mail, &Limits::default()).unwrap_err().to_string();
    let twice = "Content-Type: text/plain\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n";
    assert!(refused(twice).contains("twice"));
    assert!(refused("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n").contains("ends within a part"));
    assert!(refused("Content-Type: multipart/mixed\n\n--b\n\nx\n--b--\n").contains("without a boundary"));
    let same = "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n\
                x\n--b--\n--b--\n";
    assert!(refused(same).contains("same boundary"));
    let encoded = "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n--b\n\nx\n--b--\n";
    assert!(refused(encoded).contains("encoded together"));
}

#[test]
fn a_name_that_no_file_could_have_is_none() {
    let name = |length: usize| {
        let mail = format!("Content-Type: text/csv; name=\"{}\"\n\nx\n", "n".repeat(length));
        read(&mail).attachments.remove(0).name
    };
    assert_eq!(name(255), Some("n".repeat(255)));
    assert_eq!(name(256), None);
}

#[test]
fn a_faulty_encoding_is_never_guessed_at() {
    let broken = |coding: &str, body: &str| {
        let mail = format!("Content-Type: text/csv; name=a\nContent-Transfer-Encoding: {coding}\n\n{body}\n");
        read(&mail).attachments[0].is_broken
    };
    assert!(!broken("base64", "YQ==") && !broken("BASE64 ", "YW\nJj") && !broken("8bit", "ə"));
    for body in ["YQ=", "YQ", "Y!Q=", "YQ==YQ==", "YR==", "=QQQ", "Y==="] {
        assert!(broken("base64", body), "{body}");
    }
    assert!(!broken("quoted-printable", "a=3d=\nb") && broken("quoted-printable", "a=3xb"));
    assert!(broken("quoted-printable", "ə") && broken("quoted-printable", "=x"));
    assert!(broken("x-uuencode", "x"));
}

#[test]
fn every_limit_ends_the_reading() {
    let parts = |count: usize, head: &str| {
        let part = format!("--b\n{head}\nx\n");
        format!("Content-Type: multipart/mixed; boundary=b\n\n{}--b--\n", part.repeat(count))
    };
    let nested = |depth: usize| {
        let down: String =
            (0..depth).map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}x\n\n--b{n}x\n")).collect();
        let up: String = (0..depth).rev().map(|n| format!("--b{n}x--\n")).collect();
        format!("{down}\nx\n{up}")
    };
    let limits = Limits { size: 4000, header: 500, header_lines: 9, depth: 3, parts: 5, attachments: 2 };
    let key = |mail: String| match read_with(&mail, &limits).map(drop) {
        Ok(()) => "",
        Err(Fault::Limit { key, .. }) => key,
        Err(other) => panic!("{other}"),
    };
    let file = "Content-Type: text/csv; name=a\n";
    assert_eq!((key(parts(5, "")), key(parts(6, ""))), ("", "mail.parts_max"));
    assert_eq!((key(parts(2, file)), key(parts(3, file))), ("", "mail.attachments_max"));
    assert_eq!((key(nested(3)), key(nested(4))), ("", "mail.depth_max"));
    assert_eq!(key("A: b\n".repeat(10)), "mail.header_lines_max");
    assert_eq!(key(format!("A: {}\n", "b".repeat(600))), "mail.header_max");
    assert_eq!(key(format!("A: b\n\n{}", "c".repeat(4000))), "mail.message_max");
}

#[test]
fn a_long_line_is_no_boundary_in_its_middle() {
    let long = format!("{}--b", "x".repeat(64 << 10));
    let letter = read(&format!(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/csv; name=a\n\n{long}\n--b--\n"
    ));
    assert_eq!(letter.attachments[0].octets, long.as_bytes());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn what_was_encoded_comes_back(octets in prop::collection::vec(any::<u8>(), 0..3000), width in 4usize..80) {
        let text = base64::engine::general_purpose::STANDARD.encode(&octets);
        let lines: Vec<&str> = text.as_bytes().chunks(width).map(|line| std::str::from_utf8(line).unwrap()).collect();
        let mail = format!(
            "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: a/b\nContent-Transfer-Encoding: base64\n\n\
             {}\n--b--\n", lines.join("\n"));
        let letter = read(&mail);
        prop_assert_eq!(&letter.attachments[0].octets, &octets);
        prop_assert!(!letter.attachments[0].is_broken);
    }

    #[test]
    fn nothing_makes_it_panic(mail in "(?s)[-bA-C:;=\\n \"/<>@*'%0-9]{0,400}") {
        let head = "Content-Type: multipart/mixed; boundary=b\n";
        for mail in [mail.clone(), format!("{head}\n--b\n{mail}"), format!("{head}{mail}")] {
            let _ = read_with(&mail, &Limits::default());
        }
    }
}

/// A message that CMS signs: the part, what stands between, and the signature part.
fn signed_mail(part: &str, more: &str) -> String {
    format!(
        "To: window@x\nContent-Type: multipart/signed; micalg=sha-256; protocol=\"application/x-pkcs7-signature\";\n \
         boundary=\"--s 1\"\n\npreamble\n----s 1  \n{part}\n----s 1\n{more}\
         Content-Type: application/x-pkcs7-signature; name=smime.p7s\n\
         Content-Transfer-Encoding: base64\n\nMAMC\nAQc=\n\n----s 1--\nepilogue\n"
    )
}

#[test]
fn what_is_signed_as_a_whole_is_kept_as_it_was_signed_and_taken_apart_again() {
    let part =
        "Content-Type: multipart/mixed; boundary=m\n\n--m\n\nhello\n--m\nContent-Type: text/csv; name=a\n\nx\n--m--\n";
    let mail = signed_mail(part, "");
    let at_once = read(&mail).signed.unwrap();
    let with_lf = super::read(mail.as_bytes(), &Limits::default(), &mut || Ok(Vec::new())).unwrap().signed.unwrap();
    assert_eq!(
        (at_once.sha256, at_once.size),
        (with_lf.sha256, with_lf.size),
        "what a relay does to line ends is undone"
    );
    assert_eq!(at_once.sha256, Digest::of(&at_once.octets));
    let text = String::from_utf8(at_once.octets.clone()).unwrap();
    assert!(text.starts_with("Content-Type: multipart/signed; ") && text.ends_with("\r\n----s 1--\r\n"), "{text}");
    assert!(!text.contains("preamble") && !text.contains("epilogue") && !text.replace("\r\n", "").contains('\n'));
    let (inside, cms) = split(&at_once.octets.into(), &Limits::default(), 100).unwrap();
    assert_eq!(inside.whole().unwrap(), part.replace('\n', "\r\n").as_bytes());
    assert_eq!(cms, [0x30, 3, 2, 1, 7]);
    let letter = super::inside(&inside, &Limits::default(), &mut || Ok(Vec::new())).unwrap();
    assert_eq!((told(&letter).len(), letter.is_protected, letter.receivers), (1, false, Receivers::Nobody));
}

#[test]
fn a_whole_that_is_not_two_parts_in_order_is_not_signed_as_one() {
    let kept = |mail: &str| read(mail).signed.is_some();
    let part = "Content-Type: text/csv; name=a\n\nx";
    let mail = signed_mail(part, "");
    assert!(kept(&mail));
    assert!(!kept(&signed_mail(part, "Content-Type: text/csv; name=b\n\ny\n----s 1\n")), "a third part");
    assert!(!kept(
        &mail.replace("protocol=\"application/x-pkcs7-signature\"", "protocol=\"application/pgp-signature\"")
    ));
    assert!(!kept(&mail.replace("Content-Type: application/x-pkcs7-signature", "Content-Type: text/plain")));
    assert!(!kept(&mail.replace("\"--s 1\"", "\"--s\t1\"").replace("--s 1", "--s\t1")), "a boundary of other signs");
    let around = format!("Content-Type: multipart/mixed; boundary=o\n\n--o\n{mail}--o\n\nfooter\n--o--\n");
    assert!(!kept(&around), "a list put something around it");
    let swapped = "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=s\n\n--s\n\
                   Content-Type: application/pkcs7-signature\n\nS\n--s\n\nx\n--s--\n";
    assert!(!kept(swapped));
    // taken apart it must be what is kept, to the letter
    let cut = |change: &dyn Fn(String) -> String| {
        let text = String::from_utf8(read(&mail).signed.unwrap().octets).unwrap();
        split(&change(text).into_bytes().into(), &Limits::default(), 100).map(drop).map_err(|fault| fault.to_string())
    };
    assert_eq!(cut(&|text| text), Ok(()));
    let wrong: [&dyn Fn(String) -> String; 7] = [
        &|text| text + "x",
        &|text| text.replacen("\r\n\r\n", "\r\n\r\nx\r\n", 1),
        &|text| text.replace("MAMC", "MA*C"),
        &|text| text.replace("MAMC", &"MAMC".repeat(60)),
        &|text| text.replace("base64", "7bit"),
        &|text| text.replace("----s 1--\r\n", ""),
        &|text| text.replace("Content-Type: application/x", "Content-Type: text/x"),
    ];
    for (at, change) in wrong.iter().enumerate() {
        assert!(cut(change).is_err(), "{at}");
    }
}

#[test]
fn a_wrapped_message_is_opened_where_its_sender_says_that_it_is_his_own() {
    let message = "To: window@x\nCc: a@x\nContent-Type: text/csv; name=a\n\nx\n";
    let opened = |head: &str| {
        let part = format!("Content-Type: message/rfc822{head}\n\n{message}").replace('\n', "\r\n").into_bytes();
        super::inside(&part.into(), &Limits::default(), &mut || Ok(Vec::new())).unwrap()
    };
    let own = opened("; forwarded=no");
    assert_eq!((own.attachments.len(), own.is_protected), (1, true));
    assert_eq!(own.receivers, Receivers::Others("To: window@x; Cc: a@x".to_owned()));
    for head in ["", "; forwarded=yes", "; forwarded=no\nContent-Transfer-Encoding: base64"] {
        let letter = opened(head);
        assert!(letter.attachments.is_empty() && !letter.is_protected, "{head}");
    }
}

#[test]
fn a_wrapper_that_is_signed_once_more_is_not_opened() {
    let wrapper = "Content-Type: message/rfc822; forwarded=no\n\nTo: window@x\nContent-Type: text/csv; name=a\n\nx\n";
    let opened = |part: &str| {
        let part = part.replace('\n', "\r\n").into_bytes();
        super::inside(&part.into(), &Limits::default(), &mut || Ok(Vec::new())).unwrap()
    };
    assert_eq!(opened(wrapper).attachments.len(), 1);
    let letter = opened(&signed_mail(wrapper, ""));
    assert!(letter.is_signed && !letter.is_protected && letter.wrapped.is_none() && letter.attachments.is_empty());
    // nor is what is signed within the wrapper the wrapper's own
    let letter = opened(&format!("Content-Type: message/rfc822; forwarded=no\n\n{}", signed_mail(wrapper, "")));
    assert!(letter.is_signed && letter.attachments.is_empty());
}

#[test]
fn what_is_kept_has_a_boundary_of_its_own_and_nothing_that_programs_read_otherwise() {
    let kept = |part: &[u8]| {
        let part = part.to_vec().into();
        super::join(&part, &[0x30, 3, 2, 1, 7], &mut || Ok(Vec::new())).unwrap().map(|kept| kept.octets)
    };
    let long = "x".repeat(200_000);
    let sound = ["", "a", "a\r\nb\r\n", "--s\r\n--s1--\r\n \t \r\n", &long, &format!("{}\r\n", &long[..65_535])];
    for part in sound {
        let octets = kept(part.as_bytes()).unwrap();
        let size = octets.len();
        assert_eq!(super::read(&octets[..], &Limits::default(), &mut || Ok(io::sink())).unwrap().size, size as u64);
        if !part.is_empty() {
            let (again, cms) = split(&octets.into(), &Limits::default(), 100).unwrap();
            assert!(again.whole().unwrap() == part.as_bytes() && cms == [0x30, 3, 2, 1, 7], "{size}");
        }
    }
    let torn = format!("{}\rx", &long[..65_535]);
    for part in ["a\0b", "a\r\r\nb", "a\rb", "a\nb", "a\r", "\n", &torn] {
        assert!(kept(part.as_bytes()).is_none(), "{part:?}");
    }
}
