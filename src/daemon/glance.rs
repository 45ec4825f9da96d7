//! A glance: the daemon's exact verdict on a file, nothing loaded or changed.
//!
//! Owns what `pencere check` looks at besides the file: the journal for duplicates, BOEMİS for what
//! stands. Every question of the judgement itself is [`Judge`]'s, the daemon's own.

use super::judgement::{Judge, Matter, Recalled};
use super::window::Halt;
use super::{again, approving};
use crate::authority::{Authorised, Form};
use crate::boemis::{self, Reader};
use crate::config::Config;
use crate::document::{ApprovalStage, Decision, SubmissionId};
use crate::evidence;
use crate::finding::{Code, Finding, Severity, Stop};
use crate::host::{Host, Octets};
use crate::journal::{Answered, Phase};
use crate::ledger::{self, Arrived, Submission, View};
use crate::schema::{Key, Standing};
use crate::staging::{About, Staged};
use std::collections::HashMap;

/// What the window would answer.
#[derive(Debug)]
pub struct Verdict {
    /// The word.
    pub decision: Decision,
    /// What is known of the document.
    pub matter: Matter,
    /// Errors before warnings.
    pub findings: Vec<Finding>,
    /// For a duplicate: what it repeats, and how that was decided.
    pub original: Option<(SubmissionId, Decision)>,
}

impl Verdict {
    /// Whether the answer is yes: accepted, pending, or a duplicate of an accepted one.
    pub fn is_yes(&self) -> bool {
        match self.decision {
            Decision::Accepted | Decision::Pending => true,
            Decision::Duplicate => {
                matches!(self.original, Some((_, Decision::Accepted | Decision::Pending)))
            }
            Decision::Rejected | Decision::Held | Decision::Contested => false,
        }
    }

    /// How many of the findings are warnings.
    pub fn warnings(&self) -> usize {
        self.findings.iter().filter(|finding| finding.severity() == Severity::Warning).count()
    }
}

/// Looks at files beside a running daemon, or without one.
pub struct Glance {
    config: Config,
    host: Host,
    before: Before,
    boemis: Option<Reader>,
}

/// What the journal says of earlier documents, as far as duplicates are concerned.
struct Before {
    view: View,
    /// What held documents state: a later one of the same waits behind it.
    waits: HashMap<Key, SubmissionId>,
}

/// An earlier document that stands, and what it states.
struct Stands {
    id: SubmissionId,
    decision: Decision,
    recalled: Recalled,
}

impl Glance {
    /// Opens the window's records for reading.
    ///
    /// # Errors
    /// Records that cannot be read.
    pub async fn open(config: Config, host: Host) -> Result<Self, Halt> {
        let settings = config.settings();
        let before = Before::read(&host, &settings.window.paths.state)?;
        let boemis = match Reader::open(&settings.location, &settings.boemis, &config.world().datasets).await {
            Ok(reader) => Some(reader),
            Err(boemis::Fault::Missing { .. }) => None, // nothing stands yet
            Err(fault) => return Err(Halt::broken(fault)),
        };
        Ok(Self { config, host, before, boemis })
    }

    /// What the window would answer if this were dropped now, by `about.participant` or by whoever
    /// signed it.
    ///
    /// # Errors
    /// Our own disk or database.
    pub async fn judge(&mut self, about: About, document: Octets, detached: Option<Octets>) -> Result<Verdict, Halt> {
        let mut matter = Matter::new(&about);
        let id = about.id;
        let channel = about.participant.clone();
        let sums = (about.document.sha256, about.detached.as_ref().map(|given| given.sha256));
        let earlier = match &channel {
            Some(whose) => stands(self.before.view.find_octets(Some(whose), sums.0, sums.1)?),
            None => None,
        };
        let of_size = self.config.settings().intake.fault_of_size(document.len());
        if let (None, Some(fault)) = (&earlier, of_size) {
            return Verdict::stopped(matter, fault.into());
        }
        let judge = Judge::new(&self.config, self.config.world());
        if let Some(earlier) = &earlier {
            // as the window does: they are known, and who signed them is looked up for the answer
            let _ = judge.verify(Staged::glance(about, document, detached), &mut matter);
            judge.recall(&earlier.recalled, &mut matter);
            return Ok(Verdict::duplicate(matter, earlier));
        }
        let verified = match judge.verify(Staged::glance(about, document, detached), &mut matter) {
            Ok(verified) => verified,
            Err(stop) => return Verdict::stopped(matter, stop),
        };
        let authorised = match judge.authorise(verified, &mut matter) {
            Ok(authorised) => authorised,
            Err(stop) => return Verdict::stopped(matter, stop),
        };
        let content = (authorised.participant().clone(), authorised.verified().content());
        let earlier = stands(self.before.view.find_content(&content.0, content.1)?);
        if authorised.form() == Form::Approval {
            if let Some(earlier) = &earlier {
                return Ok(Verdict::duplicate(matter, earlier));
            }
            return self.judge_approval(&judge, authorised, matter).await;
        }
        let inspected = judge.inspect(authorised, &mut matter);
        if let Some(earlier) = &earlier {
            return Ok(Verdict::duplicate(matter, earlier));
        }
        let inspected = match inspected {
            Ok(inspected) => inspected,
            Err(stop) => return Verdict::stopped(matter, stop),
        };
        if let Some(earlier) = matter.key.as_ref().and_then(|key| self.before.waits.get(key)) {
            let waits = Finding::new(Code::LoadWaitsForEarlier).found(earlier);
            return Verdict::stopped(matter, judge.hold(inspected, waits));
        }
        let standing = match (inspected.statement(), &mut self.boemis) {
            (Some(statement), Some(boemis)) => boemis.standing_beside(statement, id).await.map_err(Halt::broken)?,
            _ => Standing::default(),
        };
        match judge.validate(inspected, &standing) {
            Ok(validated) => {
                let findings = validated.warnings().to_vec();
                let decision = judge.word_for(&matter);
                Ok(Verdict { decision, matter, findings, original: None })
            }
            Err(stop) => Verdict::stopped(matter, stop),
        }
    }

    async fn judge_approval(
        &mut self,
        judge: &Judge,
        authorised: Authorised,
        mut matter: Matter,
    ) -> Result<Verdict, Halt> {
        let approval = match judge.inspect_approval(authorised, &mut matter) {
            Ok(approval) => approval,
            Err(stop) => return Verdict::stopped(matter, stop),
        };
        let named = ledger::named(approval.names(), |number| self.before.view.find_receipt(number))?;
        let situation = match (named, &mut self.boemis) {
            (Some(id), Some(boemis)) => boemis.situation(id).await.map_err(Halt::broken)?,
            _ => None,
        };
        let registry = &judge.world().registry;
        let mut subject = situation.map(|one| approving::subject(one, &approving::signers(&approval), registry));
        if let (Some(subject), Some(boemis)) = (&mut subject, &mut self.boemis)
            && approving::is_to_be_rejudged(&approval, subject)
            && let Some(Submission { arrival: Arrived::Held(held), .. }) =
                self.before.view.submission(Some(subject.id))?
        {
            let disk = &self.host.disk;
            let evidence = evidence::Reader::new(disk, &self.config.settings().window.paths.state);
            let staged = again::staged(&held, &evidence).map_err(Halt::broken)?;
            let rejudged = approving::read_again(staged, judge)?;
            let faults = match rejudged {
                Ok(inspected) => {
                    let by = approval.authorised().verified().about().id;
                    let standing = match inspected.statement() {
                        Some(statement) => boemis.standing_beside(statement, by).await.map_err(Halt::broken)?,
                        None => Standing::default(),
                    };
                    approving::faults_of(judge, inspected, &standing)?
                }
                Err(faults) => Some(faults),
            };
            approving::rejudged(subject, faults);
        }
        match judge.validate_approval(approval, subject.as_ref()) {
            Ok(_) => Ok(Verdict { decision: Decision::Accepted, matter, findings: Vec::new(), original: None }),
            Err(stop) => Verdict::stopped(matter, stop),
        }
    }

    /// Now, by the host's clock.
    pub fn now(&self) -> jiff::Timestamp {
        self.host.clock.now()
    }

    /// Closes what was opened.
    pub async fn close(self) {
        if let Some(reader) = self.boemis
            && let Err(fault) = reader.close().await
        {
            tracing::debug!(%fault, "BOEMİS could not be closed");
        }
    }
}

impl Verdict {
    fn duplicate(matter: Matter, earlier: &Stands) -> Self {
        let original = Some((earlier.id, earlier.decision));
        Self { decision: Decision::Duplicate, matter, findings: Vec::new(), original }
    }

    pub(super) fn stopped(matter: Matter, stop: Stop) -> Result<Self, Halt> {
        let (decision, findings) = match stop {
            Stop::Reject(findings) => (Decision::Rejected, findings),
            Stop::Hold(finding) => (Decision::Held, vec![finding]),
            Stop::Halt(why) => return Err(Halt::Wrong(why)),
        };
        Ok(Self { decision, matter, findings, original: None })
    }
}

impl Before {
    fn read(host: &Host, state: &std::path::Path) -> Result<Self, Halt> {
        let view = View::open(&host.disk, state)?;
        let mut waits = HashMap::new();
        for submission in view.open_submissions()? {
            if let Some(Answered { decision: Decision::Held, participant, dataset, period, .. }) = submission.last
                && let (Some(participant), Some(dataset), Some(period)) = (participant, dataset, period)
            {
                let key = Key { participant, dataset, period };
                let id = submission.arrival.id();
                let first = waits.entry(key).or_insert(id);
                *first = id.min(*first);
            }
        }
        Ok(Self { view, waits })
    }
}

/// An earlier submission, if it stands: the last word on it decides.
fn stands(earlier: Option<Submission>) -> Option<Stands> {
    let fell = |phase: &Phase| match phase {
        Phase::Contested(_) => true,
        Phase::Ruled(ruled) => ruled.stage != ApprovalStage::Approved,
        _ => false,
    };
    let earlier = earlier.filter(|earlier| !fell(&earlier.phase))?;
    let answered = earlier.last?;
    let (id, decision, recalled) = (answered.id, answered.decision, Recalled::of(&answered));
    match decision {
        Decision::Accepted | Decision::Pending | Decision::Held => Some(Stands { id, decision, recalled }),
        Decision::Rejected | Decision::Duplicate | Decision::Contested => None,
    }
}
