//! Receipts as they leave the seal, looked at with the tools their readers have.

use super::content;
use super::*;
use crate::finding::{Code, Finding, Place};
use proptest::prelude::*;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// A folder with a seal's key and certificate, made by openssl.
pub(crate) fn folder(key: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (key_path, certificate) = (at("seal.key"), at("seal.crt"));
    tool("openssl", &[&["genpkey", "-out", &key_path], key].concat());
    let request =
        ["req", "-x509", "-new", "-key", &key_path, "-out", &certificate, "-subj", "/CN=Möhür", "-days", "30"];
    tool("openssl", &request);
    folder
}

pub(crate) const P256: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
const P384: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"];
const P521: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"];
const RSA: &[&str] = &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];

fn tool(name: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(name).args(arguments).output().unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

pub(crate) fn open(folder: &Path) -> Seal {
    open_at(folder, "2026-11-21T20:35:58.7Z")
}

fn open_at(folder: &Path, at: &str) -> Seal {
    let at: Timestamp = at.parse().unwrap();
    try_open(folder, Box::new(move || at)).unwrap()
}

fn try_open(folder: &Path, now: Now) -> Result<Seal, OpenFault> {
    let settings = Settings {
        certificate: folder.join("seal.crt"),
        key: KeyPlace::File(folder.join("seal.key")),
        acts: folder.join("seal/acts.log"),
    };
    let window = Window { id: "trial".into(), name: "BOEMİS <sınaq>".into(), environment: "test".into() };
    Seal::open(&settings, window, now)
}

pub(crate) fn record(decision: Decision) -> OutcomeRecord {
    let received: Timestamp = "2026-11-21T20:35:57.25Z".parse().unwrap();
    OutcomeRecord {
        id: SubmissionId::new(received),
        answer: 1,
        decision,
        received,
        document: FileRecord { name: "rüb-3.xml".into(), sha256: Some(Digest::of(b"document")), size: Some(8) },
        signature: None,
        original: None,
        voen: Some("9990000221".into()),
        participant: Some("azerenerji".into()),
        dataset: Some("generation".into()),
        period: Some("2026-Q3".into()),
        revision: Some(1),
        records: Some(2),
        signers: vec![SignerRecord {
            subject: Some("CN=Əliyev \"Rəşad\",serialNumber=5VBK5VR".into()),
            certificate_sha256: Some(Digest::of(b"certificate")),
            indication: "TOTAL-PASSED".into(),
            sub_indication: None,
        }],
        understood: vec![TotalRecord {
            title_az: "İstehsal".into(),
            title_en: "Generation".into(),
            value: "98765.432".into(),
            unit: "MWh".into(),
        }],
        findings: Vec::new(),
    }
}

/// A record of each word, with all that may stand in one.
pub(crate) fn one_of_each() -> Vec<OutcomeRecord> {
    let finding = |code, path: &str| {
        let place = Place { line: Some(3), column: Some(17), row: Some(2), ..Place::whole().path(path) };
        Finding::new(code).at(place).found("9e9").wanted("0 < x & \"y\"")
    };
    let mut pending = record(Decision::Pending);
    pending.signature = Some(FileRecord { name: "a.csv.p7s".into(), sha256: Some(Digest::of(b"s")), size: Some(1) });
    let mut rejected = record(Decision::Rejected);
    rejected.findings =
        vec![finding(Code::SchemaInvalid, "/Submission/Record[2]"), finding(Code::RuleTotalDiffers, "energy_mwh")];
    rejected.signers[0].sub_indication = Some("HASH_FAILURE".into());
    let mut duplicate = record(Decision::Duplicate);
    duplicate.original =
        Some(OriginalRecord { id: rejected.id, number: "trial-2026-000001".into(), decision: Decision::Accepted });
    let mut held = record(Decision::Held);
    held.findings = vec![Finding::new(Code::LoadDatabaseAway)];
    let mut contested = record(Decision::Contested);
    contested.findings = vec![Finding::new(Code::SignatureCertificateRevoked).found("2026-11-20")];
    let mut accepted = record(Decision::Accepted);
    accepted.findings = vec![Finding::new(Code::RuleStationMissing).found("SU-0001")];
    (contested.id, contested.answer) = (accepted.id, 2);
    let mut bare = record(Decision::Rejected);
    bare.document = FileRecord { name: "fifo".into(), sha256: None, size: None };
    (bare.voen, bare.participant, bare.dataset, bare.period, bare.revision, bare.records) = Default::default();
    bare.signers = vec![SignerRecord {
        subject: None,
        certificate_sha256: None,
        indication: "TOTAL-FAILED".into(),
        sub_indication: Some("FORMAT_FAILURE".into()),
    }];
    bare.understood.clear();
    bare.findings = vec![Finding::new(Code::IntakeNotAFile).found("fifo")];
    vec![accepted, pending, rejected, duplicate, held, contested, bare]
}

/// What the contract tells an agency to type.
pub(crate) fn xmlsec1(certificate: &Path, octets: &[u8]) -> bool {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), octets).unwrap();
    let output = Command::new("xmlsec1")
        .args(["--verify", "--enabled-key-data", "key-name", "--pubkey-cert-pem"])
        .arg(certificate)
        .args(["--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties"])
        .arg(file.path())
        .output()
        .unwrap();
    output.status.success()
}

fn canonical(octets: &[u8], how: &str) -> Vec<u8> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), octets).unwrap();
    tool("xmllint", &["--nonet", how, file.path().to_str().unwrap()])
}

/// The receipt as it was before it was signed.
fn without_signature(octets: &[u8]) -> String {
    let xml = std::str::from_utf8(octets).unwrap();
    let (start, end) = (xml.find("<ds:Signature ").unwrap(), xml.find("</ds:Signature>").unwrap());
    format!("{}{}", &xml[..start], &xml[end + "</ds:Signature>".len()..])
}

/// Canonical whole, and its first reference holds the digest of itself without the signature.
fn assert_canonical(octets: &[u8]) {
    for how in ["--c14n", "--exc-c14n"] {
        assert_eq!(String::from_utf8_lossy(&canonical(octets, how)), String::from_utf8_lossy(octets), "{how}");
    }
    let bare = canonical(without_signature(octets).as_bytes(), "--exc-c14n");
    let digest = openssl::base64::encode_block(&openssl::sha::sha256(&bare));
    assert!(
        String::from_utf8_lossy(octets)
            .contains(&format!("<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference><ds:Reference Type"))
    );
}

#[test]
fn receipts_of_every_word_and_key_are_proven_by_xmlsec1_and_fit_their_schema() {
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/config/receipt.xsd");
    for key in [P256, P384, P521, RSA] {
        let folder = folder(key);
        let other = self::folder(key);
        for sealed in open(folder.path()).seal_now(&one_of_each()).unwrap() {
            let octets = sealed.octets();
            assert!(xmlsec1(&folder.path().join("seal.crt"), octets), "{}", sealed.decision());
            assert_eq!(sealed.sha256(), Digest::of(octets));
            if key != P256 {
                continue; // the octets differ by the signature value alone
            }
            assert_canonical(octets);
            let path = folder.path().join("receipt.xml");
            std::fs::write(&path, octets).unwrap();
            tool("xmllint", &["--nonet", "--noout", "--schema", schema, path.to_str().unwrap()]);
            if sealed.decision() == Decision::Accepted {
                assert!(!xmlsec1(&other.path().join("seal.crt"), octets), "another seal's certificate");
            }
        }
    }
}

#[test]
fn whatever_is_altered_is_noticed_by_xmlsec1() {
    let folder = folder(P256);
    let sealed = open(folder.path()).seal_now(&[record(Decision::Rejected)]).unwrap().remove(0);
    let xml = std::str::from_utf8(sealed.octets()).unwrap();
    let certificate = folder.path().join("seal.crt");
    for (from, to) in [
        ("<Decision>rejected", "<Decision>accepted"),
        ("trial-2026-000001", "trial-2026-000002"),
        ("<xades:SigningTime>2026", "<xades:SigningTime>2025"),
        ("text/xml</xades:MimeType>", "text/csv</xades:MimeType>"),
        ("xml-exc-c14n#\"></ds:CanonicalizationMethod>", "xml-exc-c14n#WithComments\"></ds:CanonicalizationMethod>"),
    ] {
        let altered = xml.replacen(from, to, 1);
        assert_ne!(altered, xml, "{from} stands nowhere");
        assert!(!xmlsec1(&certificate, altered.as_bytes()), "{from} became {to}");
    }
}

#[test]
fn the_contracts_names_stand_in_their_order() {
    let folder = folder(P256);
    let mut all = record(Decision::Duplicate);
    all.signature = Some(FileRecord { name: "b".into(), sha256: Some(Digest::of(b"s")), size: Some(1) });
    all.original = Some(OriginalRecord { id: all.id, number: "trial-2026-000009".into(), decision: Decision::Held });
    all.findings = vec![Finding::new(Code::RuleRevisionJump).found(3).wanted(2)];
    let sealed = open(folder.path()).seal_now(&[all]).unwrap().remove(0);
    let xml = without_signature(sealed.octets());
    let id = sealed.id();
    assert!(xml.starts_with(&format!(
        "<Receipt xmlns=\"urn:boemis:receipt:1\" environment=\"test\" id=\"{id}\" number=\"trial-2026-000001\" \
         window=\"trial\"><Issued by=\"BOEMİS &lt;sınaq>\">2026-11-21T20:35:58Z</Issued>\
         <Received>2026-11-21T20:35:57Z</Received><Decision>duplicate</Decision><Document name=\"rüb-3.xml\" sha256=\""
    )));
    let mut at = 0;
    for start in [
        "<Receipt ",
        "<Issued ",
        "<Received>",
        "<Decision>",
        "<Document ",
        "<Signature ",
        "<Original ",
        "<Sender ",
        "<Submission ",
        "<Signer ",
        "<Understood>",
        "<Finding ",
        "<Message xml:lang=\"az\">",
        "<Message xml:lang=\"en\">",
    ] {
        at = xml[at..].find(start).map(|found| at + found).unwrap_or_else(|| panic!("{start} is out of order"));
    }
}

#[test]
fn hostile_names_and_findings_make_well_formed_canonical_receipts() {
    let hostile = "<&>]]>\"'\u{0}\u{1b}[31m\u{fffe}\u{ffff}\t\r\n\u{200f}\u{202e}𝔘\u{85}\u{7f}</Receipt><!--";
    let mut record = record(Decision::Rejected);
    record.document.name = hostile.into();
    record.signers[0].subject = Some(hostile.into());
    record.understood[0].title_az = hostile.into();
    record.participant = Some(hostile.into());
    record.period = Some(hostile.into());
    let mut finding = Finding::new(Code::SchemaInvalid).at(Place::at(3).path(hostile)).found(hostile);
    finding.wanted = Some(hostile.into()); // past the cleaning
    record.findings = vec![finding];
    let folder = folder(P256);
    let sealed = open(folder.path()).seal_now(&[record]).unwrap().remove(0);
    assert_canonical(sealed.octets());
    assert!(xmlsec1(&folder.path().join("seal.crt"), sealed.octets()));
}

#[test]
fn numbers_go_on_without_a_gap_over_restarts_and_begin_anew_each_year_in_baku() {
    let folder = folder(P256);
    let number = |at: &str, count: usize| {
        let records: Vec<_> = (0..count).map(|_| record(Decision::Rejected)).collect();
        let sealed = open_at(folder.path(), at).seal_now(&records).unwrap();
        sealed.last().unwrap().number().to_owned()
    };
    assert_eq!(number("2026-12-31T19:59:59Z", 3), "trial-2026-000003");
    assert_eq!(number("2026-12-31T19:59:59Z", 2), "trial-2026-000005");
    assert_eq!(number("2026-12-31T20:00:00Z", 1), "trial-2027-000001");
    assert_eq!(number("2026-12-31T19:00:00Z", 1), "trial-2026-000006", "a clock set back goes on in its year");
}

#[test]
fn the_same_outcome_gets_the_same_octets_and_another_is_refused() {
    let folder = folder(P256);
    let first = record(Decision::Rejected);
    let sealed = open(folder.path()).seal_now([&first]).unwrap().remove(0);
    let mut seal = open_at(folder.path(), "2027-05-05T00:00:00Z");
    let again = seal.seal_now([&first, &first]).unwrap();
    assert_eq!(again[0].octets(), sealed.octets());
    assert_eq!(again[1].octets(), sealed.octets());
    let other = OutcomeRecord { records: Some(3), ..first.clone() };
    assert!(matches!(seal.seal_now([&other]), Err(Refused::OtherOutcome { answer: 1, .. })));
    // of a group with a refused one nothing is sealed, and no number is lost
    assert!(seal.seal_now(&[record(Decision::Accepted), other]).is_err());
    assert_eq!(seal.seal_now(&[record(Decision::Accepted)]).unwrap()[0].number(), "trial-2027-000001");
    // within one group as well
    let twice = record(Decision::Held);
    let pair = [twice.clone(), OutcomeRecord { decision: Decision::Accepted, ..twice }];
    assert!(matches!(seal.seal_now(&pair), Err(Refused::OtherOutcome { .. })));
}

#[test]
fn final_words_stay_final() {
    use Decision::*;
    let folder = folder(P256);
    let mut seal = open(folder.path());
    let mut follow = |words: &[Decision]| -> Result<(), Refused> {
        let first = record(Rejected);
        for (answer, &decision) in (1..).zip(words) {
            seal.seal_now(&[OutcomeRecord { answer, decision, ..first.clone() }])?;
        }
        Ok(())
    };
    for good in [
        &[Accepted, Contested][..],
        &[Held, Accepted, Contested],
        &[Held, Pending, Rejected],
        &[Held, Duplicate],
        &[Pending, Accepted],
    ] {
        assert!(follow(good).is_ok(), "{good:?}");
    }
    for bad in [
        &[Accepted, Rejected][..],
        &[Rejected, Accepted],
        &[Duplicate, Accepted],
        &[Rejected, Contested],
        &[Held, Contested],
        &[Contested],
        &[Held, Held],
        &[Pending, Held],
        &[Accepted, Contested, Accepted],
    ] {
        assert!(matches!(follow(bad), Err(Refused::CannotFollow { .. })), "{bad:?}");
    }
    let gap = OutcomeRecord { answer: 2, ..record(Accepted) };
    assert!(matches!(seal.seal_now(&[gap]), Err(Refused::OutOfTurn { asked: 2, next: 1, .. })));
}

#[test]
fn a_torn_end_is_cut_and_damage_is_refused() {
    let folder = folder(P256);
    let log = folder.path().join("seal/acts.log");
    let records: Vec<_> = (0..3).map(|_| record(Decision::Rejected)).collect();
    open(folder.path()).seal_now(&records).unwrap();
    let whole = std::fs::read(&log).unwrap();
    let last = whole[..whole.len() - 1].iter().rposition(|&b| b == b'\n').unwrap() + 1;
    for torn in [whole.len() - 1, last + 1, last + 40] {
        std::fs::write(&log, &whole[..torn]).unwrap();
        let number = open(folder.path()).seal_now(&records[2..]).unwrap()[0].number().to_owned();
        assert_eq!(number, "trial-2026-000003");
        assert_eq!(std::fs::read(&log).unwrap()[..last], whole[..last]);
    }
    let mut zeros = whole[..last].to_vec();
    zeros.resize(whole.len() + 20_000, 0);
    std::fs::write(&log, zeros).unwrap();
    assert_eq!(open(folder.path()).seal_now(&records).unwrap()[2].number(), "trial-2026-000003");

    let mut damaged = whole.clone();
    damaged[20] ^= 1;
    std::fs::write(&log, &damaged).unwrap();
    let now = || -> Now { Box::new(|| Timestamp::UNIX_EPOCH) };
    let fault = try_open(folder.path(), now()).err().unwrap().to_string();
    assert!(fault.contains("damaged at octet 0"), "{fault}");
    let first = whole.iter().position(|&b| b == b'\n').unwrap() + 1;
    std::fs::write(&log, [&whole[..first], &whole[last..]].concat()).unwrap();
    assert!(try_open(folder.path(), now()).is_err(), "a line taken out leaves a gap");
    std::fs::write(&log, [&whole[..], &whole[..first]].concat()).unwrap();
    assert!(try_open(folder.path(), now()).is_ok(), "the same answer sealed again is no gap");
}

#[test]
fn of_a_group_without_its_beginning_nothing_is_kept_and_a_bad_line_before_good_ones_is_damage() {
    let folder = folder(P256);
    let log = folder.path().join("seal/acts.log");
    let records: Vec<_> = (0..5).map(|_| record(Decision::Rejected)).collect();
    open(folder.path()).seal_now(&records[..2]).unwrap();
    let durable = std::fs::read(&log).unwrap();
    open(folder.path()).seal_now(&records[2..]).unwrap();
    let whole = std::fs::read(&log).unwrap();
    let group = whole.strip_prefix(durable.as_slice()).unwrap();
    let second = group.iter().position(|&b| b == b'\n').unwrap() + 1;

    // the sector in which the group begins was not written again, the later ones were
    let mut torn = whole.clone();
    let sector = (durable.len() + 1).next_multiple_of(512);
    assert!(sector < durable.len() + second, "the second and third line are whole");
    torn[durable.len()..sector].fill(0);
    std::fs::write(&log, &torn).unwrap();
    let number = open(folder.path()).seal_now(&records[2..3]).unwrap()[0].number().to_owned();
    assert_eq!(number, "trial-2026-000003");
    let left = std::fs::read(&log).unwrap();
    assert!(left.starts_with(&durable) && left.iter().filter(|&&b| b == b'\n').count() == 3);

    let mut damaged = whole.clone();
    damaged[durable.len() + 20] ^= 1;
    std::fs::write(&log, &damaged).unwrap();
    let fault = try_open(folder.path(), Box::new(|| Timestamp::UNIX_EPOCH)).err().unwrap().to_string();
    assert!(fault.contains("a bad line before good ones"), "{fault}");
    assert_eq!(std::fs::read(&log).unwrap(), damaged, "nothing was cut off");
}

#[test]
fn one_log_has_one_seal() {
    let folder = folder(P256);
    let _seal = open(folder.path());
    let second = try_open(folder.path(), Box::new(|| Timestamp::UNIX_EPOCH));
    assert!(matches!(second, Err(OpenFault::Log(LogFault::InUse))));
}

#[test]
fn what_memory_let_go_is_found_in_the_log() {
    let folder = folder(P256);
    let mut seal = open(folder.path());
    drop(std::mem::replace(&mut seal.acts, Acts::open_bounded(&folder.path().join("other.log"), 2, 1 << 20).unwrap()));
    let records: Vec<_> = (0..6).map(|_| record(Decision::Held)).collect();
    let sealed = seal.seal_now(&records).unwrap();
    assert_eq!(seal.seal_now(&records[..1]).unwrap()[0].octets(), sealed[0].octets());
    let later = OutcomeRecord { answer: 2, decision: Decision::Accepted, ..records[0].clone() };
    assert_eq!(seal.seal_now(&[later]).unwrap()[0].number(), "trial-2026-000007");
    assert_eq!(
        seal.seal_now(&records[..1]).unwrap()[0].octets(),
        sealed[0].octets(),
        "an earlier answer, asked for again"
    );
    let other = OutcomeRecord { records: None, ..records[1].clone() };
    assert!(matches!(seal.seal_now(&[other]), Err(Refused::OtherOutcome { .. })));
}

#[test]
fn the_act_log_s_index_may_be_missing_torn_or_wrong() {
    let folder = folder(P256);
    let (log, index) = (folder.path().join("other.log"), folder.path().join("other.index"));
    let mut seal = open(folder.path());
    let again = |seal: &mut Seal| seal.acts = Acts::open_bounded(&log, 2, 3000).unwrap();
    let lines = || std::fs::read_to_string(&index).unwrap_or_default().lines().count();
    again(&mut seal);
    let records: Vec<_> = (0..12).map(|_| record(Decision::Held)).collect();
    let sealed = seal.seal_now(&records).unwrap();
    let later = OutcomeRecord { answer: 2, decision: Decision::Accepted, ..records[1].clone() };
    seal.seal_now(std::slice::from_ref(&later)).unwrap();
    assert!(lines() > 3, "{}", lines());
    let whole = std::fs::read(&index).unwrap();
    let torn = whole[..whole.len() / 3].to_vec();
    let mut changed = whole.clone();
    changed[20] ^= 1;
    let zeros = vec![0; whole.len()];
    let others = {
        let log = folder.path().join("fourth.log");
        let mut other = open(folder.path());
        other.acts = Acts::open_bounded(&log, 2, 3000).unwrap();
        other.seal_now(&(0..14).map(|_| record(Decision::Held)).collect::<Vec<_>>()).unwrap();
        std::fs::read(log.with_extension("index")).unwrap()
    };
    assert_ne!(others, whole);
    let cases: [(&str, Option<&[u8]>); 7] = [
        ("whole", Some(&whole)),
        ("torn", Some(&torn)),
        ("changed", Some(&changed)),
        ("zeroed", Some(&zeros)),
        ("another log's", Some(&others)),
        ("empty", Some(&[])),
        ("a folder", None),
    ];
    for (case, octets) in cases {
        match octets {
            Some(octets) => std::fs::write(&index, octets).unwrap(),
            None => {
                std::fs::remove_file(&index).unwrap();
                std::fs::create_dir(&index).unwrap();
            }
        }
        drop(std::mem::replace(&mut seal.acts, Acts::open_bounded(&folder.path().join("third.log"), 2, 99).unwrap()));
        again(&mut seal);
        assert_eq!(seal.acts.next(2026), 14, "{case}");
        for (record, sealed) in records.iter().zip(&sealed) {
            let found = seal.acts.find(record.id, 1).unwrap().map(|act| act.number);
            assert_eq!(found.as_deref(), Some(sealed.number()), "{case}");
        }
        assert_eq!(seal.acts.find(later.id, 2).unwrap().unwrap().decision, Decision::Accepted, "{case}");
        assert_eq!(seal.acts.find(later.id, 3).unwrap(), None, "{case}");
        assert!(lines() > 2 || octets.is_none(), "{case}");
    }
    std::fs::remove_dir(&index).unwrap();
    // a log that lost its end, as one from a backup: the index is cut back with it
    let octets = std::fs::read(&log).unwrap();
    let kept = octets.iter().enumerate().filter(|(_, octet)| **octet == b'\n').nth(5).unwrap().0 + 1;
    drop(std::mem::replace(&mut seal.acts, Acts::open_bounded(&folder.path().join("third.log"), 2, 99).unwrap()));
    std::fs::write(&log, &octets[..kept]).unwrap();
    again(&mut seal);
    assert_eq!(seal.acts.next(2026), 7);
    assert!(seal.acts.find(records[5].id, 1).unwrap().is_some());
    assert_eq!(seal.acts.find(records[6].id, 1).unwrap(), None);
}

#[test]
fn a_record_past_its_bounds_is_refused() {
    let folder = folder(P256);
    let mut record = record(Decision::Rejected);
    record.findings = vec![Finding::new(Code::SchemaMissing); OutcomeRecord::FINDINGS_MAX + 1];
    assert!(matches!(open(folder.path()).seal_now(&[record]), Err(Refused::Unbounded { what: "findings", .. })));
}

#[test]
fn a_foreign_or_locked_key_is_refused() {
    let (one, other) = (folder(P256), folder(P256));
    std::fs::copy(other.path().join("seal.key"), one.path().join("seal.key")).unwrap();
    let now = || -> Now { Box::new(|| Timestamp::UNIX_EPOCH) };
    assert!(matches!(try_open(one.path(), now()), Err(OpenFault::Signer(xades::SignerFault::OtherKey))));
    let path = other.path().join("seal.key").to_str().unwrap().to_owned();
    let locked = format!("{path}.locked");
    tool("openssl", &["pkey", "-in", &path, "-aes128", "-passout", "pass:x", "-out", &locked]);
    std::fs::rename(locked, path).unwrap();
    assert!(matches!(try_open(other.path(), now()), Err(OpenFault::NotPem { .. })));
}

proptest! {
    #[test]
    fn what_is_escaped_reads_back(value in any::<String>()) {
        let mut xml = String::from("<a");
        super::escape::attribute(&mut xml, "b", &value);
        xml.push('>');
        super::escape::text(&mut xml, &value);
        xml.push_str("</a>");
        let wanted: String = value
            .chars()
            .map(|c| match c {
                '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
                c => c,
            })
            .collect();
        let mut reader = quick_xml::Reader::from_str(&xml);
        let quick_xml::events::Event::Start(start) = reader.read_event().unwrap() else { panic!("{xml}") };
        let attribute = start.attributes().next().unwrap().unwrap();
        let read = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).unwrap();
        prop_assert_eq!(read.into_owned(), wanted.clone());
        let text = reader.read_text(quick_xml::name::QName("a")).unwrap();
        prop_assert_eq!(quick_xml::escape::unescape(&text.into_inner()).unwrap().into_owned(), wanted);
        let mut content = String::new();
        let window = Window { id: "w".into(), name: value.clone(), environment: value };
        content::write(&mut content, &record(Decision::Held), &window, ("n", Timestamp::UNIX_EPOCH), None);
        prop_assert!(content.ends_with(content::END));
    }
}

#[test]
fn what_was_sealed_is_given_back_whole_by_its_answer_alone() {
    let folder = folder(P256);
    let records = one_of_each();
    let before = open(folder.path()).seal_now(&records).unwrap();
    let mut seal = open_at(folder.path(), "2026-12-01T00:00:00Z");
    for (record, before) in records.iter().zip(&before) {
        let (again, sealed) = seal.again(record.id, record.answer).unwrap().unwrap().or_kept(|_| None);
        let sealed = sealed.unwrap();
        assert_eq!(&again, record);
        assert_eq!((sealed.number(), sealed.octets()), (before.number(), before.octets()));
        assert!(seal.again(record.id, record.answer + 9).unwrap().is_none());
    }
    let bound = {
        let finding = Finding::new(Code::SchemaInvalid).at(Place::whole().path("\u{1}".repeat(1024)));
        let finding = Finding { found: Some("\u{1}".repeat(1024)), wanted: Some("\u{1}".repeat(1024)), ..finding };
        OutcomeRecord { findings: vec![finding; OutcomeRecord::FINDINGS_MAX], ..record(Decision::Rejected) }
    };
    seal.seal_now([&bound]).unwrap();
    drop(seal);
    assert_eq!(open(folder.path()).again(bound.id, 1).unwrap().unwrap().or_kept(|_| None).0, bound);
}

/// A receipt may lie with its receiver before the journal knows of it: what the window answers after
/// a renewal of its certificate must be those very octets, not others under the same number.
#[test]
fn octets_that_left_under_an_earlier_certificate_stay_the_answer() {
    let folder = folder(P256);
    let record = record(Decision::Accepted);
    let before = open(folder.path()).seal_now([&record]).unwrap().remove(0);
    let (key, certificate) = (folder.path().join("seal.key"), folder.path().join("seal.crt"));
    let (key, certificate) = (key.to_str().unwrap(), certificate.to_str().unwrap());
    tool("openssl", &["req", "-x509", "-new", "-key", key, "-out", certificate, "-subj", "/CN=Möhür", "-days", "31"]);
    let mut asked = None;
    let mut seal = open(folder.path());
    let kept = |sha256| {
        asked = Some(sha256);
        Some(Arc::clone(before.octets()))
    };
    let (again, sealed) = seal.again(record.id, 1).unwrap().unwrap().or_kept(kept);
    let sealed = sealed.unwrap();
    assert_eq!((again, asked), (record.clone(), Some(before.sha256())));
    assert_eq!((sealed.octets(), sealed.sha256()), (before.octets(), before.sha256()));
    // other octets are not believed; what nobody has is logged and made anew, under the same number
    let (again, none) = seal.again(record.id, 1).unwrap().unwrap().or_kept(|_| Some(Arc::from(&b"<Receipt/>"[..])));
    assert!(none.is_none());
    let anew = seal.seal_now([&again]).unwrap().remove(0);
    assert_eq!((anew.number(), anew.issued()), (before.number(), before.issued()));
    assert_ne!(anew.octets(), before.octets());
}

#[test]
fn a_whole_line_of_another_format_is_never_cut_off() {
    let folder = folder(P256);
    open(folder.path()).seal_now([&record(Decision::Rejected)]).unwrap();
    let log = folder.path().join("seal/acts.log");
    let json = std::fs::read_to_string(&log).unwrap()[9..].trim_end().replace("\"act\":3", "\"act\":4");
    let line = format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes()));
    std::fs::write(&log, &line).unwrap();
    let settings = Settings {
        certificate: folder.path().join("seal.crt"),
        key: KeyPlace::File(folder.path().join("seal.key")),
        acts: log.clone(),
    };
    let window = Window { id: "trial".into(), name: "BOEMİS".into(), environment: "test".into() };
    let opened = Seal::open(&settings, window, Box::new(Timestamp::now));
    assert!(matches!(opened, Err(OpenFault::Log(LogFault::Damaged { .. }))));
    assert_eq!(std::fs::read_to_string(&log).unwrap(), line);
}

#[test]
fn what_is_said_without_the_tables_words_stays_when_these_change() {
    for record in one_of_each() {
        let mut said = String::new();
        content::said(&mut said, &record);
        let (before, worded) = plain(&said);
        assert_eq!(worded, !record.findings.is_empty(), "{said}");
        let Some(finding) = record.findings.first() else { continue };
        for (words, other) in [
            (finding.code.clause(), "R 9.9 > \u{201e}x\u{201c}"),
            (finding.code.reason(), "Z99"),
            ("severity=\"error\"", "severity=\"warning\""),
            ("<Message xml:lang=\"en\">", "<Message xml:lang=\"en\">In clearer words: "),
        ] {
            assert_eq!(plain(&said.replace(words, other)), (before, true), "{words}");
        }
        let slug = format!("code=\"{}\"", finding.code.slug());
        for (fact, other) in [(slug.as_str(), "code=\"load.other\""), ("<Decision>", "<Decision>x")] {
            assert_ne!(plain(&said.replacen(fact, other, 1)).0, before, "{fact}");
        }
    }
}
