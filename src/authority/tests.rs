//! The whole room on real certificates: what `authorise` makes of a signed table.

use super::*;
use crate::document::{Digest, SubmissionId};
use crate::finding::Code;
use crate::forms::certificate::Certificate;
use crate::forms::issue::{Holder, Issued, Validity};
use crate::staging::About;
use jiff::Timestamp;
use jiff::civil::date;

const VOEN: &str = "9990000631";

struct Cards {
    authority: Issued,
}

impl Cards {
    fn new() -> Self {
        Self { authority: Issued::authority("Sınaq", "Sınaq", validity()).unwrap() }
    }

    fn card(&self, fin: &str, voen: &str) -> Certificate {
        let holder = Holder { name: "Sınaq Şəxs", fin, body: "Sınaq ASC", voen };
        let pem = self.authority.person(holder, validity()).unwrap().certificate_pem().unwrap();
        Certificate::from_pem(&pem).unwrap().remove(0)
    }
}

fn validity() -> Validity {
    Validity { from: "2026-01-01T00:00:00Z".parse().unwrap(), to: "2027-01-01T00:00:00Z".parse().unwrap() }
}

fn registry(card: &Certificate) -> Registry {
    let datasets: std::collections::BTreeSet<DatasetName> = ["generation".parse().unwrap()].into();
    let person = Person {
        name: "Sınaq Şəxs".to_owned(),
        fin: "1SNQ0A5".parse().unwrap(),
        certificates: vec![card.sha256()],
        datasets: datasets.clone(),
        rights: [Right::File].into(),
        from: date(2026, 1, 1),
        to: None,
    };
    let slug: ParticipantName = "azerenerji".parse().unwrap();
    let body = Participant {
        slug: slug.clone(),
        name: "«Azərenerji» ASC".to_owned(),
        voen: VOEN.parse().unwrap(),
        owner: false,
        datasets,
        suspended: false,
        mail: None,
        answers: Answers::default(),
        mail_signature: false,
        persons: vec![person],
    };
    Registry { participants: [(slug, body)].into() }
}

fn authorised(registry: &Registry, signers: Vec<Certificate>, channel: Option<&str>) -> Result<Authorised, Stop> {
    let received: Timestamp = "2026-10-05T08:00:00Z".parse().unwrap();
    let mut about = About::unseen(SubmissionId::new(received), true);
    about.received = received;
    about.participant = channel.map(|slug| slug.parse().unwrap());
    let table = format!("dataset;sender;to\r\ngeneration;{VOEN};trial\r\n");
    let verified = Verified::unseen_table(about, signers, &table);
    let window = Window { id: "trial".parse().unwrap(), environment: Environment::Production };
    authorise(verified, registry, &window, &IdentityProfile::standard()).map_err(|unauthorised| unauthorised.stop)
}

#[test]
fn a_registered_person_files_for_the_body_and_nothing_is_lost_on_the_way() {
    let cards = Cards::new();
    let card = cards.card("1SNQ0A5", VOEN);
    let registry = registry(&card);
    for channel in [Some("azerenerji"), None] {
        let authorised = authorised(&registry, vec![card.clone()], channel).unwrap();
        assert_eq!(authorised.participant().as_str(), "azerenerji");
        assert_eq!(authorised.dataset().as_str(), "generation");
        assert_eq!((authorised.voen().as_str(), authorised.is_owner()), (VOEN, false));
        assert_eq!(authorised.verified().signers()[0].sha256(), card.sha256());
    }
}

#[test]
fn a_refusal_names_the_line_and_the_column_of_the_table() {
    let cards = Cards::new();
    let card = cards.card("1SNQ0A5", VOEN);
    let mut registry = registry(&card);
    for body in registry.participants.values_mut() {
        body.voen = "9990000221".parse().unwrap();
    }
    let card = Cards::new().card("1SNQ0A5", "9990000221");
    for person in registry.participants.values_mut().flat_map(|body| &mut body.persons) {
        person.certificates = vec![card.sha256()];
    }
    let Err(Stop::Reject(findings)) = authorised(&registry, vec![card], None) else { panic!("the sender differs") };
    assert_eq!(findings[0].code, Code::AuthoritySenderDiffers);
    let place = &findings[0].place;
    assert_eq!((place.line, place.row, place.path.as_deref()), (Some(2), Some(2), Some("sender")));
}

#[test]
fn certificates_decide_as_they_are_written() {
    let cards = Cards::new();
    let card = cards.card("1SNQ0A5", VOEN);
    let registry = registry(&card);
    let renewed = cards.card("1SNQ0A5", VOEN);
    assert_ne!(Digest::of(renewed.der()), card.sha256());
    let held = authorised(&registry, vec![renewed.clone()], Some("azerenerji")).unwrap_err();
    assert!(matches!(held, Stop::Hold(finding) if finding.code == Code::AuthorityCertificateUnconfirmed));
    let refused = |signers, channel| match authorised(&registry, signers, channel).unwrap_err() {
        Stop::Reject(findings) => findings[0].code,
        other => panic!("{other:?}"),
    };
    let stranger = cards.card("9YAD0X9", "9990000891");
    assert_eq!(refused(vec![stranger.clone()], Some("azerenerji")), Code::AuthorityUnknownSigner);
    assert_eq!(refused(vec![card.clone(), stranger], None), Code::AuthorityUnknownSigner);
    let of_another_body = cards.card("1SNQ0A5", "9990000891");
    assert_eq!(refused(vec![of_another_body], None), Code::AuthorityIdentityDiffers);
    assert_eq!(refused(vec![card], Some("azerisiq")), Code::AuthorityOtherParticipant);
    assert!(matches!(authorised(&registry, Vec::new(), None), Err(Stop::Halt(_))), "nobody signed");
}
