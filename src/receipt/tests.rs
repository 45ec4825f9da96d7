//! Answers, pages and proofs, on receipts that a real seal has sealed.

use super::*;
use crate::finding::{Hint, Language, Place};
use crate::forms::certificate::Certificate;
use crate::host::Octets;
use crate::seal::{KeyPlace, Seal, Settings, Window};
use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const RECEIVED: &str = "2026-11-21T20:35:57Z";

fn tool(name: &str, arguments: &[&str]) {
    let output = Command::new(name).args(arguments).output().unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A folder with a seal in it.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (key, certificate) = (at("seal.key"), at("seal.crt"));
    tool("openssl", &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", &key]);
    tool("openssl", &["req", "-x509", "-new", "-key", &key, "-out", &certificate, "-subj", "/CN=Seal", "-days", "30"]);
    folder
}

fn seal(folder: &Path, environment: &str) -> Seal {
    let settings = Settings {
        certificate: folder.join("seal.crt"),
        key: KeyPlace::File(folder.join("seal.key")),
        acts: folder.join("acts.log"),
    };
    let window =
        Window { id: "trial".into(), name: "BOEMİS inteqrasiya pəncərəsi".into(), environment: environment.into() };
    Seal::open(&settings, window, Box::new(|| "2026-11-21T20:35:58Z".parse().unwrap())).unwrap()
}

fn known(name: impl AsRef<OsStr>) -> Known {
    let received: Timestamp = RECEIVED.parse().unwrap();
    let name = GivenName::new(name.as_ref());
    let mut known = Known::arrival(SubmissionId::new(received), received, name, Some(Digest::of(b"document")), Some(8));
    known.participant = Some("azerenerji".parse().unwrap());
    known.voen = Some("9990000221".parse().unwrap());
    known.dataset = Some("generation".parse().unwrap());
    known.period = Some("2026-Q3".parse().unwrap());
    known.revision = Some("1".parse().unwrap());
    known.records = Some(2);
    known.signers = vec![signer(
        Some(("CN=Rəşad Əliyev,O=Azərenerji ASC", Digest::of(b"certificate"))),
        crate::signature::Indication::TotalPassed,
        None::<crate::signature::SubIndication>,
    )];
    known.understood = vec![total("İstehsal", "Generation", "98765.432", "MWh")];
    known
}

fn receipt(folder: &Path, answer: Answer) -> Receipt {
    let sealed = seal(folder, "test").seal_now([answer.record()]).unwrap().remove(0);
    Receipt::new(answer, sealed).unwrap()
}

fn at(line: u64, column: u64) -> Place {
    Place { line: Some(line), column: Some(column), ..Place::whole().path("/Submission/Record[2]/EnergyMWh") }
}

/// The signature engine of these tests: xmlsec1, with the seal's key and no other.
fn xmlsec1(certificate: &Path) -> impl Fn(&Octets, &Certificate) -> Result<(), Finding> {
    move |octets, _| {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(octets.in_memory().unwrap()).unwrap();
        let output = Command::new("xmlsec1")
            .args(["--verify", "--enabled-key-data", "key-name", "--pubkey-cert-pem"])
            .arg(certificate)
            .args(["--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties"])
            .arg(file.path())
            .output()
            .unwrap();
        match String::from_utf8_lossy(&output.stderr) {
            _ if output.status.success() => Ok(()),
            told if told.contains("digest") => Err(Finding::new(Code::ReceiptAltered)),
            _ => Err(Finding::new(Code::ReceiptNotTheSeal)),
        }
    }
}

#[test]
fn files_are_named_after_the_outcome_and_none_twice() {
    let held_first = |answer| Turn { answer, held_before: true };
    let later = |answer| Turn { answer, held_before: false };
    let known = known("Rüb-3.xml");
    let stem = format!("Rüb-3.xml.{}", known.id);
    let name = |answer: Answer| answer.stem.strip_prefix(&stem).unwrap().to_owned();
    let finding = || Finding::new(Code::LoadDatabaseAway);
    assert_eq!(name(Answer::held(known.clone(), finding())), ".held");
    assert_eq!(name(Answer::rejected(known.clone(), Turn::FIRST, vec![finding()])), ".receipt");
    assert_eq!(name(Answer::rejected(known.clone(), held_first(2), vec![finding()])), ".receipt");
    let contested = |known: Known, turn| {
        let accepted = Answer::make(Decision::Accepted, known.clone(), Turn::FIRST, vec![]);
        let doubt = Doubt { signer: Digest::of(b"certificate"), sub_indication: "REVOKED_NO_POE", finding: finding() };
        Answer::contested(accepted.record, &known.name, turn, doubt).unwrap()
    };
    assert_eq!(name(contested(known.clone(), later(2))), ".2.receipt");
    assert_eq!(name(contested(known.clone(), held_first(3))), ".2.receipt");
    for odd in ["a\nb".as_bytes(), b"\xff", &[b'x'; 151], b"..", b"a/b"] {
        let known = super::tests::known(OsStr::from_bytes(odd));
        let id = known.id;
        let folder = folder();
        let receipt = receipt(folder.path(), Answer::make(Decision::Pending, known, Turn::FIRST, vec![]));
        assert_eq!(receipt.file_name(), format!("unnamed.{id}.receipt.xml"));
        assert_eq!(receipt.page_name(), format!("unnamed.{id}.receipt.txt"));
    }
    let longest = super::tests::known("x".repeat(150));
    let answer = contested(longest, later(u32::MAX));
    assert!(format!("{}.xml", answer.stem).len() <= 255);
}

#[test]
fn findings_are_bounded_and_what_is_left_out_is_said() {
    let many = |code: Code, count: usize| vec![Finding::new(code).at(Place::whole().path("é/".repeat(9000))); count];
    let record = |findings| Answer::rejected(known("a.xml"), Turn::FIRST, findings).record().clone();
    let codes = |record: &OutcomeRecord| record.findings.iter().map(|finding| finding.code).collect::<Vec<_>>();

    let exact = record(many(Code::SchemaInvalid, OutcomeRecord::FINDINGS_MAX));
    assert!(codes(&exact).iter().all(|&code| code == Code::SchemaInvalid));
    let errors = record(many(Code::SchemaInvalid, 5000));
    assert_eq!(errors.findings.len(), OutcomeRecord::FINDINGS_MAX);
    assert_eq!(codes(&errors).last(), Some(&Code::SchemaTooManyFaults));
    let warnings = record(many(Code::RuleStationMissing, 5000));
    assert_eq!(codes(&warnings).last(), Some(&Code::RuleMoreWarnings));
    assert_eq!(warnings.findings.last().unwrap().found.as_deref(), Some("4801"));
    let mixed = record([many(Code::RuleStationMissing, 3), many(Code::RuleTotalDiffers, 2)].concat());
    assert_eq!(codes(&mixed)[..2], [Code::RuleTotalDiffers; 2], "errors first");

    let long = "🟦".repeat(5000);
    let hint = Hint { az: long.clone().into(), en: long.clone().into() };
    let mut finding = Finding::new(Code::SchemaInvalid).hint(hint);
    (finding.found, finding.wanted) = (Some(long.clone()), Some(long.clone()));
    let mut known = known("y".repeat(255));
    known.signers = vec![signer(Some((&long, Digest::of(b""))), "X", Some("Y")); 99];
    known.understood = vec![total(&long, &long, &long, &long); 99];
    let folder = folder();
    // the seal would refuse what passes its own bounds
    let receipt = receipt(folder.path(), Answer::rejected(known, Turn::FIRST, vec![finding; 999]));
    assert!(Told::read_octets(receipt.octets()).is_ok());
}

#[test]
fn a_receipt_reads_back_as_it_was_meant() {
    let folder = folder();
    let mut known = known("rüb <3> & \"q\".csv");
    known.detached = Some((GivenName::new("a.csv.p7s"), Digest::of(b"s"), 1));
    let original = known.id;
    let (id, number) = (known.id, "trial-2026-000007");
    let answer = Answer::duplicate(known, Turn::FIRST, (original, number, Decision::Accepted));
    let receipt = receipt(folder.path(), answer);
    let told = Told::read_octets(receipt.octets()).unwrap();
    assert_eq!((told.id, told.number.as_str()), (id.to_string(), receipt.number()));
    assert_eq!((told.document.name.as_str(), told.document.size.as_deref()), ("rüb <3> & \"q\".csv", Some("8")));
    assert_eq!(told.document.sha256, Some(Digest::of(b"document").to_string()));
    assert_eq!(told.signature.unwrap().name, "a.csv.p7s");
    assert_eq!((told.original.unwrap().number.as_str(), told.decision.as_str()), (number, "duplicate"));
    assert_eq!((told.voen.as_deref(), told.participant.as_deref()), (Some("9990000221"), Some("azerenerji")));
    assert_eq!((told.period.as_deref(), told.revision.as_deref()), (Some("2026-Q3"), Some("1")));
    assert_eq!((told.signers[0].indication.as_str(), told.signers[0].sub_indication.clone()), ("TOTAL-PASSED", None));
    assert_eq!((told.understood[0].value.as_str(), told.understood[0].unit.as_str()), ("98765.432", "MWh"));
}

// R 1.6
#[test]
fn the_page_says_what_the_receipt_says() {
    let folder = folder();
    let findings = vec![
        Finding::new(Code::RuleStationMissing).found("SU-0001"),
        Finding::new(Code::RuleTotalDiffers).at(at(12, 30)).found("100.000").wanted("98765.432"),
    ];
    let receipt = receipt(folder.path(), Answer::rejected(known("rüb-3.xml"), Turn::FIRST, findings));
    let az = page(receipt.octets(), Language::Az).unwrap();
    let en = page(receipt.octets(), Language::En).unwrap();
    for text in [&az, &en] {
        assert!(text.lines().all(|line| line.chars().count() <= 78), "{text}");
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
        for fact in [receipt.number(), "98765.432 MWh", "9990000221", "2026-11-21T20:35:57Z", "22.11.2026 00:35:57"] {
            assert!(text.contains(fact), "{fact} is not in\n{text}");
        }
        assert!(text.contains("TEST") && text.contains("xmlsec1 --verify") && text.contains("rule.total-differs"));
    }
    assert!(az.contains("RƏDD EDİLDİ") && az.contains("sətir 12, sütun 30") && az.contains("Səhvlər (1)"));
    assert!(en.contains("REJECTED") && en.contains("line 12, column 30") && en.contains("Warnings (1)"));
    // of what is refused no page says that it is taken
    assert!(!az.contains("sənəd qəbul olunur") && !az.contains("mane olmur"), "{az}");
    assert!(!en.contains("is taken") && !en.contains("in the way"), "{en}");
    if std::env::var_os("PENCERE_SHOW").is_some() {
        println!("{az}\n{en}");
    }
}

#[test]
fn that_warnings_are_no_bar_is_said_once_and_of_what_is_accepted_alone() {
    let folder = folder();
    let warnings = || vec![Finding::new(Code::RuleLate).found("a").wanted("b"), Finding::new(Code::RuleRevisionJump)];
    let accepted =
        receipt(folder.path(), Answer::make(Decision::Accepted, known("rüb-3.xml"), Turn::FIRST, warnings()));
    for (language, words) in [(Language::Az, "qəbuluna mane olmur"), (Language::En, "stand in the way")] {
        let page = page(accepted.octets(), language).unwrap();
        assert_eq!(page.matches(words).count(), 1, "{page}");
    }
    for &code in Code::ALL {
        let texts = [code.text(Language::Az), code.text(Language::En)];
        assert!(!texts[0].contains("sənəd qəbul olunur") && !texts[1].contains("the document is taken"), "{texts:?}");
    }
}

#[test]
fn no_hostile_text_reaches_the_page() {
    let folder = folder();
    let hostile = "a\u{1b}[2J\u{202e}\u{200f}\u{2066}\u{9b}31m\u{2028}\u{fffe}b";
    let mut known = known(hostile);
    known.signers = vec![signer(Some((hostile, Digest::of(b""))), "X", Some(hostile))];
    let finding = Finding::new(Code::SchemaInvalid).at(Place::whole().path(hostile)).found(hostile);
    let receipt = receipt(folder.path(), Answer::rejected(known, Turn::FIRST, vec![finding]));
    for language in [Language::Az, Language::En] {
        let page = page(receipt.octets(), language).unwrap();
        let odd = |c: char| {
            c != '\n' && c.is_control()
                || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}')
        };
        assert!(!page.contains(odd), "{page:?}");
    }
}

#[test]
fn a_page_is_made_of_a_receipt_alone() {
    for odd in [
        "",
        "x",
        "<Receipt/>",
        "<r:Receipt xmlns:r='urn:boemis:receipt:2'/>",
        "<a xmlns='urn:boemis:receipt:1'/>",
        "<!DOCTYPE Receipt [<!ENTITY a 'b'>]><Receipt xmlns='urn:boemis:receipt:1'>&a;</Receipt>",
        "<Receipt xmlns='urn:boemis:receipt:1'>&a;</Receipt>",
        "<Receipt xmlns='urn:boemis:receipt:1'>",
        "<Receipt xmlns='urn:boemis:receipt:1'/><Receipt/>",
        "<Receipt xmlns='urn:boemis:receipt:1'/>x",
        "<Receipt xmlns='urn:boemis:receipt:1' id='1' id='2'/>",
        "<Receipt xmlns='urn:boemis:receipt:1'></Receip>",
    ] {
        let finding = page(odd.as_bytes(), Language::Az).unwrap_err();
        assert_eq!(finding.code, Code::ReceiptNotAReceipt, "{odd}");
    }
    let deep = format!("<Receipt xmlns='urn:boemis:receipt:1'>{}", "<a>".repeat(100_000));
    assert!(page(deep.as_bytes(), Language::Az).is_err());
    assert!(page(b"\xff\xfe<", Language::Az).is_err());
    assert!(page(b"<Receipt xmlns='urn:boemis:receipt:1'/>", Language::En).is_ok());
}

fn certificate(folder: &Path) -> Certificate {
    let pem = std::fs::read(folder.join("seal.crt")).unwrap();
    Certificate::from_pem(&pem).unwrap().remove(0)
}

#[test]
fn only_the_seal_proves_and_only_its_own_document() {
    let (window, stranger) = (folder(), folder());
    let findings = vec![Finding::new(Code::SchemaInvalid)];
    let sealed = |folder: &Path| receipt(folder, Answer::rejected(known("a.xml"), Turn::FIRST, findings.clone()));
    let (own, foreign) = (sealed(window.path()), sealed(stranger.path()));
    let seal = certificate(window.path());
    let path = window.path().join("seal.crt");
    let prove_text = |text: &[u8], document: Option<&[u8]>| {
        let document = document.map(|document| Octets::from(document.to_vec()));
        let receipt = Octets::from(text.to_vec());
        let word = |answer: Result<Proven, Unproven>| match answer {
            Ok(proven) => Ok(proven.told().number.clone()),
            Err(Unproven::No(finding)) => Err(finding.code),
            Err(Unproven::Disk(fault)) => panic!("{fault}"),
        };
        let theirs = word(prove(&receipt, &seal, document.as_ref(), xmlsec1(&path)));
        let engine =
            |octets: &Octets, seal: &Certificate| crate::signature::prove(octets, seal, &crate::xml::Limits::default());
        let ours = word(prove(&receipt, &seal, document.as_ref(), engine));
        assert_eq!(ours.is_ok(), theirs.is_ok(), "{ours:?} and {theirs:?}");
        ours
    };
    let xml = String::from_utf8(own.octets().to_vec()).unwrap();
    assert_eq!(prove_text(own.octets(), None), Ok(own.number().to_owned()));
    assert_eq!(prove_text(own.octets(), Some(b"document")), Ok(own.number().to_owned()));
    assert_eq!(prove_text(own.octets(), Some(b"another")), Err(Code::ReceiptOtherDocument));
    assert_eq!(prove_text(foreign.octets(), None), Err(Code::ReceiptNotTheSeal));
    assert_eq!(prove_text(b"<a/>", None), Err(Code::ReceiptNotAReceipt));
    let altered = xml.replace("<Decision>rejected", "<Decision>accepted");
    assert_eq!(prove_text(altered.as_bytes(), None), Err(Code::ReceiptAltered));
    // a foreign signature that shows the seal's certificate
    let element = |xml: &str| {
        let start = xml.find("<ds:X509Certificate>").unwrap();
        xml[start..xml.find("</ds:X509Certificate>").unwrap()].to_owned()
    };
    let forged = String::from_utf8(foreign.octets().to_vec()).unwrap();
    let forged = forged.replace(&element(&forged), &element(&xml));
    assert!(matches!(prove_text(forged.as_bytes(), None), Err(Code::ReceiptNotTheSeal | Code::ReceiptAltered)));
    // no signature, two of them, or one in another place
    let (start, end) = (xml.find("<ds:Signature ").unwrap(), xml.find("</Receipt>").unwrap());
    let signature = &xml[start..end];
    let bare = xml.replace(signature, "");
    let inside = bare.replace("</Received>", &format!("{signature}</Received>"));
    for text in [bare.clone(), xml.replace(signature, &signature.repeat(2)), inside] {
        assert_eq!(prove_text(text.as_bytes(), None), Err(Code::ReceiptNotTheSeal));
    }
}

#[tokio::test]
async fn what_is_committed_is_acknowledged_with_all_that_is_known_of_it() {
    use crate::boemis::{Boemis, Location, Settings};
    use crate::schema::{Class, Column, ColumnKind, Dataset, Datasets, Key, PeriodKinds, Record, Spot, Statement};
    use crate::schema::{TotalRule, Validated, Value, YearRule};
    let column = |name: &str, kind| Column {
        name: name.to_owned(),
        element: String::new(),
        kind,
        unit: None,
        required: true,
        title_az: String::new(),
        title_en: String::new(),
    };
    let generation = Dataset {
        name: "generation".parse().unwrap(),
        title_az: String::new(),
        title_en: String::new(),
        clause: String::new(),
        periods: PeriodKinds::QuarterAndYear,
        total: TotalRule::Optional,
        year: YearRule::Sum,
        columns: vec![column("station", ColumnKind::Station), column("energy_mwh", ColumnKind::Decimal { places: 3 })],
        class: Class::Open,
        competence: Vec::new(),
        approval: None,
        rules: Vec::new(),
    };
    let datasets = Datasets { by_name: [(generation.name.clone(), generation)].into() };
    let energy = crate::document::Quantity::parse("5", 3, '.').unwrap();
    let statement = Statement {
        key: Key {
            participant: "azerenerji".parse().unwrap(),
            dataset: "generation".parse().unwrap(),
            period: "2026-Q3".parse().unwrap(),
        },
        revision: "4".parse().unwrap(),
        records: [Record {
            values: vec![Value::Station("GUN-0001".parse().unwrap()), Value::Decimal(energy)],
            spot: Spot::Whole,
        }]
        .into_iter()
        .collect(),
    };
    let at: Timestamp = RECEIVED.parse().unwrap();
    let id = SubmissionId::new(at);
    let folder = folder();
    let location = Location::Sqlite(folder.path().join("boemis.sqlite"));
    let mut boemis = Boemis::open(&location, &Settings::default(), &datasets).await.unwrap();
    let mut batch = boemis.begin(at).await.unwrap();
    let content = crate::document::Content(Digest::of(b"content"));
    let pending = batch.load(Validated::unseen_arrival(id, true, content, statement)).await.unwrap();
    assert_eq!(pending.id(), id);
    let loaded = batch.commit().await.unwrap().remove(0);
    let receipt = receipt(folder.path(), Answer::accepted(&loaded, Turn::FIRST));
    boemis.close().await.unwrap();

    assert_eq!((receipt.id(), receipt.decision()), (id, Decision::Accepted));
    let told = Told::read_octets(receipt.octets()).unwrap();
    assert_eq!((told.id, told.decision.as_str()), (id.to_string(), "accepted"));
    assert_eq!((told.document.name.as_str(), told.document.size.as_deref()), ("unseen.xml", Some("1")));
    assert_eq!((told.participant.as_deref(), told.dataset.as_deref()), (Some("azerenerji"), Some("generation")));
    let numbers = [told.period, told.revision, told.records].map(Option::unwrap_or_default);
    assert_eq!(numbers, ["2026-Q3", "4", "1"]);
}
