//! The judgement of one document: the four questions between staging and load, asked in one place.
//!
//! Shared by the daemon and by `pencere check`, so that both give the same verdict. Owns what is
//! known of a document at each step ([`Matter`]), for its answer. Touches no clock or network, and of the
//! disk only the spool of a long document; what stands in BOEMİS is given to it.

use super::arrived::UnderWay;
use super::metrics::{Metrics, Stage};
use crate::advice::Advice;
use crate::authority::{self, Authorised, Unauthorised};
use crate::boemis::Ahead;
use crate::config::{Config, Settings, World};
use crate::document::{Content, DatasetName, Decision, Digest, ParticipantName, Period, Revision, SubmissionId};
use crate::finding::{Code, Finding, Stop};
use crate::host::Scratch;
use crate::journal::Answered;
use crate::receipt::{self, Known};
use crate::schema::{
    self, Again, Following, Inspected, InspectedApproval, Key, RowFault, Standing, Subject, Validated,
    ValidatedApproval,
};
use crate::signature::{self, Grounds, Report, Unverified, Verified};
use crate::staging::{About, Staged};
use crate::trust::IdentityProfile;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// What every verdict of this window rests on.
#[derive(Clone, Debug)]
pub struct Judge {
    /// Registry, stations, datasets and trust.
    world: Arc<World>,
    /// What `pencere.toml` says.
    settings: Arc<Settings>,
    /// Where records are laid away that are too many for memory.
    scratch: Scratch,
    /// Where rows may be written ahead of their mark; none of who loads nothing.
    ahead: Option<Ahead>,
    /// Where it is noted whose a document is that came by mail; none of who tells nobody.
    under_way: Option<UnderWay>,
    /// Where it is observed how long each question took; none of who is no running window.
    metrics: Option<Arc<Metrics>>,
}

/// What is known of a document so far: it grows with each question answered.
#[derive(Clone, Debug)]
pub struct Matter {
    /// For the receipt.
    pub known: Known,
    /// The digest of its content, once its signatures are good.
    pub content: Option<Content>,
    /// Fingerprints of its signers' certificates.
    pub signers: Vec<Digest>,
    /// The verdict on its signatures.
    pub report: Option<Report>,
    /// Whose statement on what, once read.
    pub key: Option<Key>,
    /// Of an approval: which submission it speaks of, by id or by a receipt's number.
    pub names: Option<String>,
    /// Of a proposal: the body in whose place its data are to stand (R 3.13).
    pub about: Option<ParticipantName>,
}

impl Matter {
    /// Of a document that only arrived.
    pub fn new(about: &About) -> Self {
        let document = &about.document;
        let mut known =
            Known::arrival(about.id, about.received, document.name.clone(), Some(document.sha256), Some(document.size));
        known.detached = about.detached.as_ref().map(|given| (given.name.clone(), given.sha256, given.size));
        known.participant = about.participant.clone();
        Self::of_known(known)
    }

    /// Of something that is not read at all.
    pub fn of_known(known: Known) -> Self {
        Self { known, content: None, signers: Vec::new(), report: None, key: None, names: None, about: None }
    }

    /// Its id.
    pub fn id(&self) -> SubmissionId {
        self.known.id
    }

    fn signed(&mut self, report: &Report, signers: impl Iterator<Item = Digest>) {
        self.signers = signers.collect();
        self.known.signers = report
            .signatures
            .iter()
            .map(|signature| {
                let who = signature.signer.as_ref().map(|who| (who.subject.as_str(), who.certificate_sha256));
                receipt::signer(who, signature.indication, signature.sub_indication)
            })
            .collect();
        self.report = Some(report.clone());
    }
}

/// What an earlier answer tells of the same document.
#[derive(Clone, Debug)]
pub struct Recalled {
    participant: Option<ParticipantName>,
    dataset: Option<DatasetName>,
    period: Option<Period>,
    revision: Option<Revision>,
    records: Option<u64>,
}

impl Recalled {
    /// Of this answer.
    pub fn of(answered: &Answered) -> Self {
        Self {
            participant: answered.participant.clone(),
            dataset: answered.dataset.clone(),
            period: answered.period,
            revision: answered.revision,
            records: answered.records,
        }
    }
}

impl Judge {
    /// By this world, and what the configuration says besides.
    pub fn new(config: &Config, world: &Arc<World>) -> Self {
        Self::of(Arc::clone(config.shared_settings()), Arc::clone(world))
    }

    /// By a world and settings of another time.
    pub fn of(settings: Arc<Settings>, world: Arc<World>) -> Self {
        Self { world, settings, scratch: Scratch::of_system(), ahead: None, under_way: None, metrics: None }
    }

    /// The same, with a place of the window's own for what is too much for memory.
    pub fn with_scratch(self, scratch: Scratch) -> Self {
        Self { scratch, ..self }
    }

    /// The same, for a window whose loader takes turns with this.
    pub fn with_ahead(self, ahead: Ahead) -> Self {
        Self { ahead: Some(ahead), ..self }
    }

    /// The same, for a window that tells who waits long that his document is safe.
    pub(super) fn with_under_way(self, under_way: UnderWay) -> Self {
        Self { under_way: Some(under_way), ..self }
    }

    /// The same, for a window that counts.
    pub(super) fn with_metrics(self, metrics: &Arc<Metrics>) -> Self {
        Self { metrics: Some(Arc::clone(metrics)), ..self }
    }

    /// Asks, guarded, and observes how long the answer took.
    fn ask<T>(&self, id: SubmissionId, stage: Stage, ask: impl FnOnce() -> Result<T, Stop>) -> Result<T, Stop> {
        let question = match stage {
            Stage::Verify => "signature",
            Stage::Authorise => "authority",
            Stage::Inspect => "form",
            Stage::Validate | Stage::Load | Stage::Seal => "content",
        };
        match &self.metrics {
            Some(metrics) => metrics.timed(stage, || guarded(id, question, ask)),
            None => guarded(id, question, ask),
        }
    }

    /// Notes whose a document is that is verified, and that came by no participant's channel.
    pub(super) fn note_under_way(&self, matter: &Matter) {
        if let (Some(under_way), None) = (&self.under_way, &matter.known.participant)
            && let Some(whose) = self.sender_of(matter)
        {
            under_way.note(matter.id(), whose, matter.known.received);
        }
    }

    /// Where rows may be written ahead.
    pub(super) fn ahead(&self) -> Option<&Ahead> {
        self.ahead.as_ref()
    }

    /// Registry, stations, datasets and trust that it judges by.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// What `pencere.toml` says that it judges by.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What the answer to these very octets said of them, for the answer to their duplicate.
    pub fn recall(&self, recalled: &Recalled, matter: &mut Matter) {
        let Recalled { participant, dataset, period, revision, records } = recalled.clone();
        let known = &mut matter.known;
        let registered = participant.as_ref().and_then(|whose| self.world.registry.participants.get(whose));
        known.voen = registered.map(|one| one.voen.clone());
        known.participant = participant.or(known.participant.take());
        (known.dataset, known.period, known.revision, known.records) = (dataset, period, revision, records);
    }

    /// A document that cannot be loaded yet is held, unless it is wrong whatever stands: that is told
    /// at once. What depends on the statements that stand is asked when these are known.
    pub fn hold(&self, inspected: Inspected, finding: Finding) -> Stop {
        match self.validate(inspected, &Standing::unknown()) {
            Err(stop @ Stop::Reject(_)) => stop,
            Ok(_) | Err(_) => Stop::Hold(finding),
        }
    }

    /// Who signed it, and does it hold? A document that cannot be told yet is held only when its
    /// signer is known here; every other INDETERMINATE is rejected (docs/architecture.md: how a document stops).
    ///
    /// # Errors
    /// How it stops.
    pub fn verify(&self, staged: Staged, matter: &mut Matter) -> Result<Verified, Stop> {
        self.ask(matter.id(), Stage::Verify, || self.ask_who_signed(staged, matter))
    }

    fn ask_who_signed(&self, staged: Staged, matter: &mut Matter) -> Result<Verified, Stop> {
        let grounds = Grounds {
            trust: &self.world.trust,
            policy: &self.world.policy,
            profile: self.profile(),
            limits: &self.settings.limits,
        };
        match signature::verify(staged, grounds) {
            Ok(verified) => {
                let signers = verified.signers().iter().map(|certificate| certificate.sha256());
                matter.signed(verified.report(), signers);
                matter.content = Some(verified.content());
                Ok(verified)
            }
            Err(unverified) => {
                let Unverified { report, signers, stop, .. } = *unverified;
                let known = |fingerprint: &Digest| self.world.registry.holder(fingerprint).is_some();
                let fingerprints: Vec<Digest> = signers.iter().map(|certificate| certificate.sha256()).collect();
                let stop = match stop {
                    Stop::Hold(finding) if fingerprints.is_empty() || !fingerprints.iter().all(known) => finding.into(),
                    stop => stop,
                };
                matter.signed(&report, fingerprints.into_iter());
                Err(stop)
            }
        }
    }

    /// Whose registered persons signed it, and left it whole: the only one who is answered about what came by no
    /// channel of a participant. None where a signature is broken, a signer is not registered, or they are several
    /// bodies'.
    pub fn sender_of(&self, matter: &Matter) -> Option<ParticipantName> {
        let signatures = &matter.report.as_ref()?.signatures;
        let intact = signatures.iter().all(|one| one.integrity == signature::Integrity::Intact);
        let mut signers = signatures.iter().map(|one| one.signer.as_ref().map(|signer| signer.certificate_sha256));
        let (first, mut all) = (signers.next()??, BTreeSet::new());
        for fingerprint in std::iter::once(Some(first)).chain(signers) {
            let holds = |one: &&authority::Participant| {
                one.persons.iter().any(|person| fingerprint.is_some_and(|it| person.certificates.contains(&it)))
            };
            let mut holders = self.world.registry.participants.values().filter(holds);
            all.insert(holders.next().filter(|_| holders.next().is_none())?.slug.clone());
        }
        all.pop_first().filter(|_| intact && all.is_empty())
    }

    /// May they file it here and now?
    ///
    /// # Errors
    /// How it stops.
    pub fn authorise(&self, verified: Verified, matter: &mut Matter) -> Result<Authorised, Stop> {
        self.ask(matter.id(), Stage::Authorise, || self.ask_whether_they_may(verified, matter))
    }

    fn ask_whether_they_may(&self, verified: Verified, matter: &mut Matter) -> Result<Authorised, Stop> {
        let window = &self.settings.window.window;
        let channel = verified.about().participant.clone();
        let authorised = match authority::authorise(verified, &self.world.registry, window, self.profile()) {
            Ok(authorised) => authorised,
            Err(Unauthorised { stop, claimed, names }) => {
                matter.names = names;
                if let (Some(participant), Some((dataset, period))) = (channel, claimed) {
                    matter.known.dataset = Some(dataset.clone());
                    matter.known.period = Some(period);
                    matter.key = Some(Key { participant, dataset, period });
                }
                return Err(stop);
            }
        };
        matter.known.participant = Some(authorised.participant().clone());
        matter.known.voen = Some(authorised.voen().clone());
        matter.known.dataset = Some(authorised.dataset().clone());
        matter.about = authorised.proposer().map(|_| authorised.stated_for().clone());
        Ok(authorised)
    }

    /// Has it the form of its dataset? Faults are gathered, not told yet.
    ///
    /// # Errors
    /// How it stops.
    pub fn inspect(&self, authorised: Authorised, matter: &mut Matter) -> Result<Inspected, Stop> {
        self.ask_its_form(authorised, matter, None)
    }

    /// The same, and who follows gets its records if they are many.
    ///
    /// # Errors
    /// How it stops.
    pub(super) fn inspect_followed(
        &self,
        authorised: Authorised,
        matter: &mut Matter,
        following: &Following,
    ) -> Result<Inspected, Stop> {
        self.ask_its_form(authorised, matter, Some(following))
    }

    fn ask_its_form(
        &self,
        authorised: Authorised,
        matter: &mut Matter,
        following: Option<&Following>,
    ) -> Result<Inspected, Stop> {
        let (datasets, limits, scratch) = (&self.world.datasets, &self.settings.schema, &self.scratch);
        let inspect = || match following {
            Some(following) => schema::inspect_followed(authorised, datasets, limits, (scratch, following)),
            None => schema::inspect(authorised, datasets, limits, scratch),
        };
        let inspected = self.ask(matter.id(), Stage::Inspect, inspect)?;
        matter.known.records = Some(inspected.records() as u64);
        let sender = inspected.authorised().participant();
        if let Some(statement) = inspected.statement() {
            matter.known.period = Some(statement.key.period);
            matter.known.revision = Some(statement.revision);
            // a proposal keeps its place among its sender's documents, and is in the way of nobody else's
            matter.key = Some(Key { participant: sender.clone(), ..statement.key.clone() });
        }
        Ok(inspected)
    }

    /// The faulty rows of a table that was rejected, for its sender; none where no row is at fault.
    ///
    /// # Errors
    /// In words: what could not be read, or laid away.
    pub fn returned(&self, authorised: Authorised, told: Vec<RowFault>, more: bool) -> Result<Option<String>, String> {
        let World { datasets, stations, .. } = &*self.world;
        let again = Again { datasets, stations, limits: &self.settings.schema, scratch: &self.scratch };
        schema::returned(authorised, told, more, &again)
    }

    /// Has it the form of an approval?
    ///
    /// # Errors
    /// How it stops.
    pub fn inspect_approval(&self, authorised: Authorised, matter: &mut Matter) -> Result<InspectedApproval, Stop> {
        let inspected = self.ask(matter.id(), Stage::Inspect, || schema::inspect_approval(authorised))?;
        matter.names = Some(inspected.names().to_owned());
        Ok(inspected)
    }

    /// May this stage follow, beside what it is about as it stands?
    ///
    /// # Errors
    /// How it stops.
    pub fn validate_approval(
        &self,
        inspected: InspectedApproval,
        subject: Option<&Subject>,
    ) -> Result<ValidatedApproval, Stop> {
        let id = inspected.authorised().verified().about().id;
        self.ask(id, Stage::Validate, || schema::validate_approval(inspected, subject, &self.world.datasets))
    }

    /// The word for what holds: it waits where its dataset asks for an approval, and where it is proposed (R 3.13).
    pub fn word_for(&self, matter: &Matter) -> Decision {
        let described = matter.known.dataset.as_ref().and_then(|name| self.world.datasets.by_name.get(name));
        match matter.about.is_some() || described.is_some_and(|dataset| dataset.approval.is_some()) {
            true => Decision::Pending,
            false => Decision::Accepted,
        }
    }

    /// Do form and content hold, beside what stands already?
    ///
    /// # Errors
    /// How it stops, with every fault.
    pub fn validate(&self, inspected: Inspected, standing: &Standing) -> Result<Validated, Stop> {
        let id = inspected.authorised().verified().about().id;
        let World { datasets, stations, .. } = &*self.world;
        self.ask(id, Stage::Validate, || schema::validate(inspected, standing, datasets, stations))
    }

    /// Whether they hold beside what stands now; [`Judge::validate`] need not ask again when that stands then, too.
    pub fn foresee(&self, inspected: &mut Inspected, standing: Standing) -> bool {
        let id = inspected.authorised().verified().about().id;
        let (datasets, stations) = (&self.world.datasets, &self.world.stations);
        self.ask(id, Stage::Validate, || schema::foresee(inspected, standing, datasets, stations)).unwrap_or(false)
    }

    fn profile(&self) -> &IdentityProfile {
        &self.settings.identity
    }
}

/// A question that panics is a fault of ours, and of this document alone: nothing but arguments went in, and
/// nothing came out. It is held, whoever sent it, until a mended program judges it again; the others go on, and
/// a person is told at once. What the panic said went to stderr; it may repeat the document, so it is not
/// repeated here.
fn guarded<T>(id: SubmissionId, question: &str, ask: impl FnOnce() -> Result<T, Stop>) -> Result<T, Stop> {
    catch_unwind(AssertUnwindSafe(ask)).unwrap_or_else(|_| {
        tracing::error!(advice = %Advice::NotJudged, submission = %id, question,
            "a fault of ours: the judgement panicked, and the document is held");
        Err(Stop::Hold(Finding::new(Code::LoadNotJudged).found(question)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_judgement_that_panics_holds_its_document_and_nothing_else() {
        let id = SubmissionId::new(jiff::Timestamp::UNIX_EPOCH);
        let stop = guarded::<()>(id, "form", || panic!("of the test")).unwrap_err();
        assert!(matches!(&stop, Stop::Hold(finding) if finding.code == Code::LoadNotJudged), "{stop:?}");
        assert_eq!(guarded(id, "form", || Ok(1)).unwrap(), 1);
    }
}
