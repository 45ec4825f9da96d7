//! What must stand inside the signature of a mail, each demand with a mail that fails it.

use super::*;

const TABLE: &[u8] = b"dataset,period\r\ngeneration,2026-Q3\r\n";
const PART: &str = "Content-Type: text/csv; name=a.csv\n\ndataset,period\ngeneration,2026-Q3\n\n";

fn policy() -> MailPolicy {
    MailPolicy { addresses: vec!["Window@boemis.example".parse().unwrap()], ..MailPolicy::default() }
}

/// What is wrong with a signed part that holds the table.
fn told(part: &str) -> Option<(Code, Option<String>)> {
    let part = Octets::from(part.replace('\n', "\r\n").into_bytes());
    let fault = fault_inside(&TABLE.to_vec().into(), &part, &policy()).unwrap();
    fault.map(|finding| (finding.code, finding.found))
}

fn mixed(fields: &str, parts: &str) -> String {
    format!("{fields}Content-Type: multipart/mixed; boundary=b; hp=\"clear\"\n\n--b\n\nhello\n--b\n{parts}--b--\n")
}

const TO: &str = "To: BOEMIS <window@BOEMIS.example>\n";

#[test]
fn a_protected_mail_to_this_window_alone_makes_the_table_in_it_a_statement() {
    assert_eq!(told(&mixed(TO, PART)), None);
    assert_eq!(
        told(&format!("{TO}Content-Type: text/csv; hp=clear; name=a.csv\n\ndataset,period\ngeneration,2026-Q3\n")),
        None
    );
    let wrapped =
        format!("Content-Type: message/rfc822; forwarded=no\n\n{}", mixed(TO, PART).replace("; hp=\"clear\"", ""));
    assert_eq!(told(&wrapped), None);
    // a name decides nothing, and a coding is undone
    let coded =
        PART.replacen("\n\n", "\nContent-Transfer-Encoding: quoted-printable\n\n", 1).replacen("data", "=64ata", 1);
    assert_eq!(told(&mixed(TO, &coded.replace("a.csv", "b.txt"))), None);
}

#[test]
fn a_header_that_the_signature_does_not_protect_says_nothing() {
    let unprotected = Some((Code::SignatureMailHeader, None));
    assert_eq!(told(&mixed("", PART)), unprotected, "no To at all");
    assert_eq!(told(&mixed(TO, PART).replace("; hp=\"clear\"", "")), unprotected);
    assert_eq!(told(&mixed(TO, PART).replace("clear", "cipher")), unprotected);
    assert_eq!(told(&mixed(TO, PART).replace("hp=\"clear\"", "protected-headers=\"v1\"")), unprotected);
    // who forwards a message to this window did not write it
    let forwarded = format!("Content-Type: message/rfc822\n\n{}", mixed(TO, PART));
    assert_eq!(told(&forwarded), unprotected);
    assert_eq!(told(&forwarded.replace("rfc822\n", "rfc822; forwarded=yes\n")), unprotected);
}

#[test]
fn a_mail_to_somebody_else_or_to_others_as_well_is_not_to_this_window() {
    let found = |fields: &str| match told(&mixed(fields, PART)) {
        Some((Code::SignatureMailReceiver, found)) => found.unwrap(),
        other => panic!("{fields}: {other:?}"),
    };
    assert_eq!(found("To: other@boemis.example\n"), "other@boemis.example");
    assert_eq!(found("To: window@boemis.example <other@boemis.example>\n"), "other@boemis.example");
    assert_eq!(
        found("To: window@boemis.example,\n other@boemis.example\n"),
        "To: window@boemis.example, other@boemis.example"
    );
    assert_eq!(found("To: window: window@boemis.example;\n"), "To: window: window@boemis.example;");
    assert_eq!(found(&format!("{TO}{TO}")), [TO.trim(), TO.trim()].join("; "));
    for other in ["Cc: a@b.example\n", "Bcc: a@b.example\n", "Resent-To: window@boemis.example\n"] {
        assert_eq!(found(&format!("{TO}{other}")), format!("{}; {}", TO.trim(), other.trim()));
    }
    let many = found(&format!("To: {}window@boemis.example\n", "a@boemis.example, ".repeat(50)));
    assert!(many.starts_with("To: a@boemis.example, a@") && many.ends_with('…'), "{many}");
    assert_eq!(many.chars().count(), Finding::VALUE_MAX + 1, "{many}");
    assert_eq!(told(&mixed(&format!("{TO}Cc:\nBcc: \n"), PART)), None, "a field that holds nothing is no copy");
    let nobody = MailPolicy::default();
    let part = Octets::from(mixed(TO, PART).replace('\n', "\r\n").into_bytes());
    let fault = fault_inside(&TABLE.to_vec().into(), &part, &nobody).unwrap();
    assert_eq!(fault.map(|finding| finding.code), Some(Code::SignatureMailReceiver), "a window without an address");
}

#[test]
fn only_a_part_that_stands_beside_others_is_in_it() {
    let outside = |part: &str| match told(part) {
        Some((Code::SignatureNotCovering, _)) => {}
        other => panic!("{part}: {other:?}"),
    };
    outside(&mixed(TO, &PART.replace("Q3", "Q2")));
    outside(&mixed(TO, &PART.replacen("\n\n", "\n\n ", 1)));
    let within =
        |kind: &str| mixed(TO, &format!("Content-Type: {kind}; boundary=in\n\n--in\n{PART}--in\n{PART}--in--\n"));
    assert_eq!(told(&within("multipart/mixed")), None);
    outside(&within("multipart/alternative"));
    outside(&within("multipart/signed"));
    let signed = within("multipart/mixed").replace("multipart/mixed; boundary=b", "multipart/signed; boundary=b");
    outside(&signed);
    // a wrapper below somebody else's signature is not the part that this one signs
    let wrapper = format!("Content-Type: message/rfc822; forwarded=no\n\n{}", mixed(TO, PART));
    assert_eq!(told(&wrapper), None);
    let fields = "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=s; hp=clear";
    let signature = "Content-Type: application/pkcs7-signature\nContent-Transfer-Encoding: base64\n\nMAMC\n";
    outside(&format!("{TO}{fields}\n\n--s\n{wrapper}\n--s\n{signature}--s--\n"));
    outside(&mixed(TO, &format!("Content-Type: message/rfc822\n\n{PART}")));
    outside(&mixed(TO, &format!("Content-Type: message/rfc822; forwarded=no\n\n{PART}")));
    let broken = PART.replacen("\n\n", "\nContent-Transfer-Encoding: base64\n\n", 1);
    outside(&mixed(TO, &broken));
    // what cannot be read in one way is not read
    let twice =
        mixed(TO, PART).replacen("Content-Type: multipart", "Content-Type: text/plain\nContent-Type: multipart", 1);
    assert_eq!(told(&twice).map(|(code, _)| code), Some(Code::SignatureFormat));
}
