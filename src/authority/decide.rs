//! The questions of authority in their order, over plain values: each step takes what the step
//! before proved and answers with the first thing that is wrong.

use super::Form;
use super::claims::{Claim, Claims};
use super::registry::{Participant, Person, Registry, Right};
use super::window::{Environment, Window};
use crate::document::{BAKU, DatasetName, Digest, Fin, ParticipantName, Voen, letters};
use crate::finding::{Code, Finding, Hint, Place, Stop};
use crate::forms::certificate::Certificate;
use crate::signature::Written;
use crate::trust::IdentityProfile;
use jiff::Timestamp;

/// What authority looks at in a signer's certificate.
#[derive(Clone, Debug)]
pub(super) struct Signer {
    /// The certificate's fingerprint.
    pub fingerprint: Digest,
    /// FİN by the identity profile.
    pub fin: Option<Fin>,
    /// VÖEN by the identity profile.
    pub voen: Option<Voen>,
}

impl Signer {
    pub fn of(certificate: &Certificate, profile: &IdentityProfile) -> Self {
        Self { fingerprint: certificate.sha256(), fin: profile.fin(certificate), voen: profile.voen(certificate) }
    }
}

/// Signers who are all registered persons of one participant.
#[derive(Debug)]
pub(super) struct Signers<'r> {
    participant: &'r Participant,
    persons: Vec<&'r Person>,
    /// Whether somebody signed with a certificate that is not registered for him.
    unconfirmed: bool,
}

/// Signers who may file something for their participant at that moment.
#[derive(Debug)]
pub(super) struct Entitled<'r>(Signers<'r>);

/// What a document may be filed as.
#[derive(Debug)]
pub(super) struct Granted<'r> {
    pub participant: &'r Participant,
    pub dataset: DatasetName,
    pub form: Form,
    /// In whose place the data are to stand, where that is another body.
    pub about: Option<&'r Participant>,
}

impl<'r> Signers<'r> {
    /// Finds every signer in the registry (R 3.2): all persons of one participant, that of the
    /// channel, in certificates issued for it.
    pub fn known(registry: &'r Registry, signers: &[Signer], channel: Option<&ParticipantName>) -> Result<Self, Stop> {
        let mut found: Vec<(&Participant, &Person, bool)> = Vec::new();
        for signer in signers {
            found.push(person(registry, signer, channel)?);
        }
        let Some(&(participant, ..)) = found.first() else {
            // `signature` passes nothing on without a signer
            return Err(Stop::Halt("a verified document without a signer".to_owned()));
        };
        let wanted = channel.unwrap_or(&participant.slug);
        for (other, ..) in &found {
            if other.slug != *wanted {
                let finding = Finding::new(Code::AuthorityOtherParticipant).found(&other.slug).wanted(wanted);
                return Err(finding.into());
            }
        }
        for signer in signers {
            // R 4.6: what stands in the certificate must not contradict the register
            if let Some(voen) = &signer.voen
                && *voen != participant.voen
            {
                let finding = Finding::new(Code::AuthorityIdentityDiffers).found(voen).wanted(&participant.voen);
                return Err(finding.into());
            }
        }
        let unconfirmed = found.iter().any(|&(.., registered)| !registered);
        Ok(Self { participant, persons: found.into_iter().map(|(_, person, _)| person).collect(), unconfirmed })
    }

    /// Whether what they signed may be a mail, and not the document: by what is agreed with their body alone.
    pub fn agreed(self, mail_signed: bool) -> Result<Self, Stop> {
        match mail_signed && !self.participant.mail_signature {
            true => Err(Finding::new(Code::AuthorityMailSignature).into()),
            false => Ok(self),
        }
    }

    /// Whether participant and persons may act at all on that day, in Baku.
    pub fn entitled(self, received: Timestamp) -> Result<Entitled<'r>, Stop> {
        // S 10.4: access is suspended
        if self.participant.suspended {
            return Err(Finding::new(Code::AuthoritySuspended).into());
        }
        let today = BAKU.to_datetime(received).date();
        for person in &self.persons {
            // R 3.2: both days belong to the period
            if today < person.from || person.to.is_some_and(|to| today > to) {
                let to = person.to.map_or(String::new(), |to| to.to_string());
                let period = format!("{} – {to}", person.from);
                return Err(Finding::new(Code::AuthorityNotActive).found(period.trim_end()).wanted(today).into());
            }
        }
        Ok(Entitled(self))
    }
}

/// The person who holds this certificate, or the FİN in it; and whether by the certificate.
fn person<'r>(
    registry: &'r Registry,
    signer: &Signer,
    channel: Option<&ParticipantName>,
) -> Result<(&'r Participant, &'r Person, bool), Stop> {
    let all = || {
        registry.participants.values().flat_map(|participant| participant.persons.iter().map(move |p| (participant, p)))
    };
    if let Some((participant, person)) = registry.holder(&signer.fingerprint)
        && signer.fin.as_ref().is_none_or(|fin| *fin == person.fin)
    {
        return Ok((participant, person, true));
    }
    let Some(fin) = &signer.fin else {
        return Err(Finding::new(Code::AuthorityIdentityMissing).into());
    };
    // one person may act for several bodies: the channel says for which
    let holders = || all().filter(|(_, person)| person.fin == *fin);
    let of_channel = holders().find(|(participant, _)| Some(&participant.slug) == channel);
    match of_channel.or_else(|| holders().next()) {
        Some((participant, person)) => Ok((participant, person, false)),
        None => Err(Finding::new(Code::AuthorityUnknownSigner).into()),
    }
}

impl<'r> Entitled<'r> {
    /// Whether they may file this document: they have the right to, its dataset is theirs, its sender is their body,
    /// and it is addressed to this window.
    pub fn may_file(self, registry: &'r Registry, window: &Window, claims: &Claims) -> Result<Granted<'r>, Stop> {
        let Signers { participant, persons, unconfirmed } = self.0;
        let proposes = claims.proposes();
        // R 3.5.2, 3.3: to enter and to approve are rights of their own
        let (rights, word): (&[Right], &str) = match claims.form {
            Form::Submission if proposes => (&[Right::Propose, Right::File], "propose"),
            Form::Submission => (&[Right::File], "file"),
            Form::Approval => (&[Right::Approve], "approve"),
        };
        if persons.iter().any(|person| !rights.iter().any(|right| person.rights.contains(right))) {
            return Err(Finding::new(Code::AuthorityNoRight).found(word).into());
        }
        let dataset = dataset(registry, participant, claims)?;
        // R 3.6: outside its competence a body files nothing; what it proposes (R 3.13) is another body's
        if !proposes && !participant.datasets.contains(&dataset.1) {
            return Err(Finding::new(Code::AuthorityNotCompetent).at(dataset.0).found(&dataset.1).into());
        }
        if !proposes && persons.iter().any(|person| !person.datasets.contains(&dataset.1)) {
            let right = format!("{word} {}", dataset.1);
            return Err(Finding::new(Code::AuthorityNoRight).at(dataset.0).found(right).into());
        }
        sender(participant, window, claims)?;
        let about = about(registry, participant, claims)?;
        addressee(window, claims)?;
        // only what would go on but for this waits: the rest is the sender's to mend now
        match unconfirmed {
            true => Err(Stop::Hold(Finding::new(Code::AuthorityCertificateUnconfirmed))),
            false => Ok(Granted { participant, dataset: dataset.1, form: claims.form, about }),
        }
    }
}

fn dataset(registry: &Registry, participant: &Participant, claims: &Claims) -> Result<(Place, DatasetName), Finding> {
    let Claim { text, place } = claims.dataset.as_ref().ok_or_else(|| missing(claims, "dataset"))?;
    let wanted = || participant.datasets.iter().map(DatasetName::as_str).collect::<Vec<_>>().join(", ");
    match text.parse::<DatasetName>() {
        // a name that is nobody's competence is a slip, not a trespass; only the signer's own
        // datasets are told
        Ok(name) if registry.participants.values().any(|participant| participant.datasets.contains(&name)) => {
            Ok((place.clone(), name))
        }
        _ => {
            let near = letters::near(text, participant.datasets.iter().map(DatasetName::as_str));
            let finding = Finding::new(Code::SchemaUnknownDataset).at(place.clone()).found(text).wanted(wanted());
            Err(Finding { hint: letters::hint(text, &near), ..finding })
        }
    }
}

/// The document's `sender` is the signers' body (R 4.6).
fn sender(participant: &Participant, window: &Window, claims: &Claims) -> Result<(), Finding> {
    let Some(Claim { text, place }) = &claims.sender else {
        // whose a proposal is, nobody guesses: that of two bodies is never one content
        let is_trial = window.environment == Environment::Test;
        let may_miss = claims.written == Written::Table && is_trial && !claims.proposes();
        return if may_miss { Ok(()) } else { Err(missing(claims, "sender")) };
    };
    let sender: Voen =
        text.parse().map_err(|_| Finding::new(Code::AuthoritySenderInvalid).at(place.clone()).found(text))?;
    match sender == participant.voen {
        true => Ok(()),
        false => {
            Err(Finding::new(Code::AuthoritySenderDiffers).at(place.clone()).found(&sender).wanted(&participant.voen))
        }
    }
}

/// Whose data a proposal is about (R 3.13): another registered body's.
fn about<'r>(
    registry: &'r Registry,
    participant: &Participant,
    claims: &Claims,
) -> Result<Option<&'r Participant>, Finding> {
    let Some(Claim { text, place }) = claims.about.as_ref().filter(|_| claims.proposes()) else { return Ok(None) };
    let voen = text.parse::<Voen>().ok();
    let mut bodies = registry.participants.values();
    match bodies.find(|body| voen.as_ref() == Some(&body.voen)) {
        Some(body) if body.slug == participant.slug => {
            Err(Finding::new(Code::AuthorityAboutItself).at(place.clone()).found(text))
        }
        Some(body) => Ok(Some(body)),
        None => Err(Finding::new(Code::AuthorityAboutUnknown).at(place.clone()).found(text)),
    }
}

/// The document is addressed to this window (C 27, 3.1: an address is a requisite).
fn addressee(window: &Window, claims: &Claims) -> Result<(), Finding> {
    match &claims.to {
        Some(to) if to.text == window.id.as_str() => Ok(()),
        Some(to) => {
            Err(Finding::new(Code::AuthorityOtherWindow).at(to.place.clone()).found(&to.text).wanted(&window.id))
        }
        None if window.environment == Environment::Test => Ok(()),
        None => Err(missing(claims, "to")),
    }
}

fn missing(claims: &Claims, name: &'static str) -> Finding {
    let place = match claims.written {
        Written::Table => claims.place.clone().path(name),
        Written::Xml => claims.place.clone(),
        Written::GeoJson => claims.place.clone().path(format!("/submission/{name}")),
    };
    let hint = match claims.written {
        Written::Table => Hint::fixed("CSV-də bu, sütundur.", "In CSV this is a column."),
        Written::Xml => {
            Hint::fixed("XML-də bu, kök elementin atributudur.", "In XML this is an attribute of the root.")
        }
        Written::GeoJson => Hint::fixed(
            "GeoJSON-da bu, «features»-dən əvvəl dayanan «submission» obyektinin üzvüdür.",
            "In GeoJSON this is a member of the object “submission”, which stands before “features”.",
        ),
    };
    Finding::new(Code::SchemaMissing).at(place).wanted(name).hint(hint)
}

#[cfg(test)]
mod tests;
