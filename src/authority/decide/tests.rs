//! Each question of authority with an answer of no, over a registry of two bodies.

use super::*;
use crate::finding::Severity;
use jiff::civil::date;

const OURS: &str = "9990000631";
const THEIRS: &str = "9990000221";

fn slug(text: &str) -> ParticipantName {
    text.parse().unwrap()
}

fn datasets(names: &[&str]) -> std::collections::BTreeSet<DatasetName> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

fn person(fin: &str, card: &[u8], names: &[&str]) -> Person {
    Person {
        name: "Sınaq".to_owned(),
        fin: fin.parse().unwrap(),
        certificates: vec![Digest::of(card)],
        datasets: datasets(names),
        rights: [Right::File].into(),
        from: date(2026, 1, 1),
        to: Some(date(2026, 12, 31)),
    }
}

fn participant(name: &str, voen: &str, names: &[&str], persons: Vec<Person>) -> Participant {
    Participant {
        slug: slug(name),
        name: name.to_owned(),
        voen: voen.parse().unwrap(),
        owner: name == "owner",
        datasets: datasets(names),
        suspended: false,
        mail: None,
        answers: crate::authority::Answers::default(),
        mail_signature: false,
        persons,
    }
}

/// `ours` files generation and capacity (its second person capacity alone); `owner` cadastre too.
fn registry() -> Registry {
    let ours = [person("1AAAAAA", b"a", &["generation", "capacity"]), person("1BBBBBB", b"b", &["capacity"])];
    let owner = [person("1CCCCCC", b"c", &["cadastre", "generation"])];
    let bodies = [
        participant("ours", OURS, &["generation", "capacity"], ours.into()),
        participant("owner", THEIRS, &["cadastre", "generation"], owner.into()),
    ];
    Registry { participants: bodies.into_iter().map(|body| (body.slug.clone(), body)).collect() }
}

fn signer(card: &[u8], fin: &str) -> Signer {
    Signer { fingerprint: Digest::of(card), fin: Some(fin.parse().unwrap()), voen: None }
}

fn claim(text: &str) -> Option<Claim> {
    (!text.is_empty()).then(|| Claim { text: text.to_owned(), place: Place::at(7) })
}

fn claims(dataset: &str, sender: &str, to: &str) -> Claims {
    Claims {
        dataset: claim(dataset),
        sender: claim(sender),
        about: None,
        to: claim(to),
        period: None,
        submission: None,
        form: Form::Submission,
        written: Written::Xml,
        place: Place::at(7),
    }
}

fn good() -> Claims {
    claims("generation", OURS, "trial")
}

fn received() -> Timestamp {
    "2026-10-05T08:00:00Z".parse().unwrap()
}

/// One submission with all that it is judged by.
struct Case {
    registry: Registry,
    signers: Vec<Signer>,
    channel: Option<ParticipantName>,
    received: Timestamp,
    environment: Environment,
    claims: Claims,
}

impl Case {
    fn new() -> Self {
        Self {
            registry: registry(),
            signers: vec![signer(b"a", "1AAAAAA")],
            channel: Some(slug("ours")),
            received: received(),
            environment: Environment::Test,
            claims: good(),
        }
    }

    fn ours(&mut self) -> &mut Participant {
        self.registry.participants.get_mut(&slug("ours")).unwrap()
    }

    fn judge(&self) -> Result<String, Stop> {
        let window = Window { id: "trial".parse().unwrap(), environment: self.environment };
        let entitled = Signers::known(&self.registry, &self.signers, self.channel.as_ref())?.entitled(self.received)?;
        let granted = entitled.may_file(&self.registry, &window, &self.claims)?;
        Ok(format!("{}: {}", granted.participant.slug, granted.dataset))
    }

    #[track_caller]
    fn refused(&self, code: Code) -> Finding {
        match self.judge() {
            Err(Stop::Reject(mut findings)) => {
                assert_eq!(findings.len(), 1, "it stops at the first");
                assert_eq!(findings[0].code, code, "{findings:?}");
                assert_eq!(findings[0].severity(), Severity::Error);
                let shown = format!("{findings:?}");
                assert!(!["1AAAAAA", "1BBBBBB", "1CCCCCC"].iter().any(|fin| shown.contains(fin)), "{shown}");
                findings.remove(0)
            }
            other => panic!("{other:?} where {} was wanted", code.slug()),
        }
    }
}

/// A case with one thing changed.
fn with(change: impl FnOnce(&mut Case)) -> Case {
    let mut case = Case::new();
    change(&mut case);
    case
}

#[test]
fn what_is_in_order_may_be_filed() {
    assert_eq!(Case::new().judge().unwrap(), "ours: generation");
    let without_channel = with(|case| case.channel = None);
    assert_eq!(without_channel.judge().unwrap(), "ours: generation");
    let both = with(|case| {
        case.signers.push(signer(b"b", "1BBBBBB"));
        case.claims = claims("capacity", OURS, "trial");
    });
    assert_eq!(both.judge().unwrap(), "ours: capacity");
}

// S 2.1.2
#[test]
fn a_stranger_learns_nothing_of_the_registry() {
    let case = with(|case| {
        case.signers = vec![signer(b"x", "9XXXXXX")];
        case.claims = claims("", "", "");
    });
    let finding = case.refused(Code::AuthorityUnknownSigner);
    assert_eq!((finding.found, finding.wanted, finding.hint), (None, None, None));
    let one_known = with(|case| case.signers.push(signer(b"x", "9XXXXXX")));
    one_known.refused(Code::AuthorityUnknownSigner);
    let nameless = with(|case| case.signers = vec![Signer { fin: None, ..signer(b"x", "9XXXXXX") }]);
    nameless.refused(Code::AuthorityIdentityMissing);
}

#[test]
fn a_registered_certificate_with_another_persons_fin_is_not_believed() {
    with(|case| case.signers = vec![signer(b"a", "9XXXXXX")]).refused(Code::AuthorityUnknownSigner);
    // with no FİN in it the fingerprint alone says who it is
    let bare = with(|case| case.signers = vec![Signer { fin: None, ..signer(b"a", "1AAAAAA") }]);
    assert!(bare.judge().is_ok());
}

#[test]
fn a_known_persons_new_certificate_waits_only_when_all_else_is_in_order() {
    let case = with(|case| case.signers = vec![signer(b"new", "1AAAAAA")]);
    assert!(matches!(case.judge(), Err(Stop::Hold(finding)) if finding.code == Code::AuthorityCertificateUnconfirmed));
    let other_window = with(|case| {
        case.signers = vec![signer(b"new", "1AAAAAA")];
        case.claims = claims("generation", OURS, "main");
    });
    other_window.refused(Code::AuthorityOtherWindow);
}

#[test]
fn one_person_of_two_bodies_acts_for_the_one_whose_channel_it_is() {
    let case = with(|case| {
        case.ours().persons.push(person("1CCCCCC", b"c2", &["generation"]));
        case.signers = vec![signer(b"new", "1CCCCCC")];
    });
    assert!(matches!(case.judge(), Err(Stop::Hold(_))));
    let registered = with(|case| {
        case.ours().persons.push(person("1CCCCCC", b"c2", &["generation"]));
        case.signers = vec![signer(b"c2", "1CCCCCC")];
    });
    assert_eq!(registered.judge().unwrap(), "ours: generation");
}

#[test]
fn signers_are_persons_of_the_channels_body() {
    let finding = with(|case| case.channel = Some(slug("owner"))).refused(Code::AuthorityOtherParticipant);
    assert_eq!((finding.found.as_deref(), finding.wanted.as_deref()), (Some("ours"), Some("owner")));
    with(|case| case.signers.push(signer(b"c", "1CCCCCC"))).refused(Code::AuthorityOtherParticipant);
    let no_channel = with(|case| {
        case.channel = None;
        case.signers.push(signer(b"c", "1CCCCCC"));
    });
    no_channel.refused(Code::AuthorityOtherParticipant);
}

#[test]
fn a_voen_in_the_certificate_is_the_bodys() {
    with(|case| case.signers[0].voen = Some(THEIRS.parse().unwrap())).refused(Code::AuthorityIdentityDiffers);
    assert!(with(|case| case.signers[0].voen = Some(OURS.parse().unwrap())).judge().is_ok());
}

// S 4.2.2, R 3.2
#[test]
fn body_and_person_must_be_active_and_have_the_right() {
    with(|case| case.ours().suspended = true).refused(Code::AuthoritySuspended);
    with(|case| case.ours().persons[0].rights = [Right::Approve].into()).refused(Code::AuthorityNoRight);
    let with_second = with(|case| {
        case.signers.push(signer(b"b", "1BBBBBB"));
        case.claims = good();
    });
    with_second.refused(Code::AuthorityNoRight);
}

#[test]
fn the_period_counts_days_of_baku() {
    // 2025-12-31T20:00Z is 2026-01-01 in Baku, 2026-12-31T19:59:59Z still 2026-12-31
    for (at, active) in [
        ("2025-12-31T19:59:59Z", false),
        ("2025-12-31T20:00:00Z", true),
        ("2026-12-31T19:59:59Z", true),
        ("2026-12-31T20:00:00Z", false),
    ] {
        let case = with(|case| case.received = at.parse().unwrap());
        match active {
            true => assert!(case.judge().is_ok(), "{at}"),
            false => drop(case.refused(Code::AuthorityNotActive)),
        }
    }
}

// R 3.6, 4.5.2
#[test]
fn a_dataset_is_within_the_competence() {
    let finding = with(|case| case.claims = claims("cadastre", OURS, "trial")).refused(Code::AuthorityNotCompetent);
    assert_eq!((finding.found.as_deref(), finding.place.offset), (Some("cadastre"), Some(7)));
    for slip in ["genration", "Generation", "../generation"] {
        let finding = with(|case| case.claims = claims(slip, OURS, "trial")).refused(Code::SchemaUnknownDataset);
        assert_eq!(finding.wanted.as_deref(), Some("capacity, generation"), "others' competence is not told");
    }
    let finding = with(|case| case.claims = claims("", OURS, "trial")).refused(Code::SchemaMissing);
    assert_eq!(finding.wanted.as_deref(), Some("dataset"));
}

#[test]
fn the_sender_is_the_signers_body() {
    with(|case| case.claims = claims("generation", THEIRS, "trial")).refused(Code::AuthoritySenderDiffers);
    for bad in ["9990000632", "999000063", "Azərenerji"] {
        with(|case| case.claims = claims("generation", bad, "trial")).refused(Code::AuthoritySenderInvalid);
    }
}

#[test]
fn what_may_be_left_out_depends_on_form_and_environment() {
    let case = |environment, csv, sender: &str, to: &str| {
        let written = if csv { Written::Table } else { Written::GeoJson };
        let claims = Claims { written, ..claims("generation", sender, to) };
        with(|case| (case.environment, case.claims) = (environment, claims))
    };
    use Environment::{Production, Test};
    assert!(case(Test, false, OURS, "").judge().is_ok());
    assert!(case(Test, true, "", "").judge().is_ok());
    assert!(case(Production, true, OURS, "trial").judge().is_ok());
    for (case, wanted) in [
        (case(Test, false, "", "trial"), "sender"),
        (case(Production, true, "", "trial"), "sender"),
        (case(Production, false, OURS, ""), "to"),
        (case(Production, true, OURS, ""), "to"),
    ] {
        assert_eq!(case.refused(Code::SchemaMissing).wanted.as_deref(), Some(wanted));
    }
    // an address that stands is looked at wherever it stands
    case(Test, true, "", "main").refused(Code::AuthorityOtherWindow);
}

#[test]
fn the_first_thing_that_is_wrong_is_told() {
    let mut case = with(|case| {
        case.ours().suspended = true;
        case.received = "2030-01-01T00:00:00Z".parse().unwrap();
        case.claims = claims("cadastre", THEIRS, "main");
    });
    case.refused(Code::AuthoritySuspended);
    case.ours().suspended = false;
    case.refused(Code::AuthorityNotActive);
    case.received = received();
    case.refused(Code::AuthorityNotCompetent);
    case.claims.dataset = claim("generation");
    case.refused(Code::AuthoritySenderDiffers);
    case.claims.sender = claim(OURS);
    case.refused(Code::AuthorityOtherWindow);
    case.claims.to = claim("trial");
    assert!(case.judge().is_ok());
}

#[test]
fn a_proposal_is_about_another_registered_body_and_needs_no_competence() {
    let about = |voen: &str| {
        let mut case = Case::new();
        case.claims = claims("cadastre", OURS, "trial");
        case.claims.about = claim(voen);
        case
    };
    // the dataset is the other's, and none of ours
    assert_eq!(about(THEIRS).judge().unwrap(), "ours: cadastre");
    assert_eq!(about(OURS).refused(Code::AuthorityAboutItself).found.as_deref(), Some(OURS));
    assert_eq!(about("9990000761").refused(Code::AuthorityAboutUnknown).found.as_deref(), Some("9990000761"));
    about("x").refused(Code::AuthorityAboutUnknown);
    // by a right of its own, which files nothing
    let mut case = about(THEIRS);
    case.ours().persons[0].rights = [Right::Propose].into();
    assert_eq!(case.judge().unwrap(), "ours: cadastre");
    case.ours().persons[0].rights = [Right::Approve].into();
    assert_eq!(case.refused(Code::AuthorityNoRight).found.as_deref(), Some("propose"));
    let mut case = Case::new();
    case.ours().persons[0].rights = [Right::Propose].into();
    assert_eq!(case.refused(Code::AuthorityNoRight).found.as_deref(), Some("file"));
    // whose it is, nobody guesses, also where a trial window spares the sender of a table
    let mut case = about(THEIRS);
    case.claims.sender = None;
    case.claims.written = Written::Table;
    case.refused(Code::SchemaMissing);
}

#[test]
fn a_mails_signature_files_statements_alone_and_only_where_it_is_agreed() {
    let agreed = |case: &Case, mail_signed| {
        let signers = Signers::known(&case.registry, &case.signers, None).unwrap();
        match signers.agreed(mail_signed) {
            Ok(_) => None,
            Err(Stop::Reject(findings)) => Some(findings[0].code),
            Err(other) => panic!("{other:?}"),
        }
    };
    let mut case = Case::new();
    assert_eq!(agreed(&case, false), None);
    assert_eq!(agreed(&case, true), Some(Code::AuthorityMailSignature));
    case.ours().mail_signature = true;
    assert_eq!(agreed(&case, true), None);
    // what is agreed with one body is not with another
    case.signers = vec![signer(b"c", "1CCCCCC")];
    assert_eq!(agreed(&case, true), Some(Code::AuthorityMailSignature));
    let approval = Claims { form: Form::Approval, ..good() };
    assert_eq!(good().by(true), Ok(()));
    assert_eq!(approval.by(false), Ok(()));
    assert_eq!(approval.by(true).unwrap_err().code, Code::AuthorityMailSignature);
}
