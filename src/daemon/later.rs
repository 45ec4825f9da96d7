//! The later look: what was accepted is looked at once more, when revocation data is there that was issued
//! after its reception.
//!
//! Owns when that is done (at the start and whenever trust was read anew, some hundreds at a time, so that
//! nobody who waits for an answer waits for long), what is kept for it (the path by which a signer was
//! believed, once for each), and what an acceptance comes to: settled, or contested. The judgement itself is
//! `trust`'s, the same that every document meets, at the moment at which the signature was believed.
//!
//! An acceptance is settled by the first data on the certificates of all its signers that was issued after
//! the reception. Of the authorities above them the data that is there counts: they publish it twice a year,
//! and nobody waits for that. Where nothing is known about a certificate, its acceptances stay unsettled in
//! the index, which costs nothing until trust is read anew: the configuration may name a list one day.

use super::judgement::Matter;
use super::window::{Halt, Window};
use crate::advice::Advice;
use crate::document::{ApprovalStage, Decision, Digest, SubmissionId};
use crate::finding::Stop;
use crate::forms::certificate::Certificate;
use crate::journal::{Contested, Event, KeptPath, Phase};
use crate::ledger::{Arrived, Place, Submission, Unsettled};
use crate::signature::Report;
use crate::staging::Staging;
use crate::trust::{Again, When};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Write;

/// Acceptances looked at in one go: a few milliseconds, between two documents.
const AT_ONCE: usize = 512;

/// What is known of later looks.
#[derive(Debug, Default)]
pub(super) struct Later {
    /// Where the look goes on; none when all was looked at.
    due: Option<Place>,
    /// What could not be contested yet, because its own receipt has not reached its folder.
    postponed: bool,
    /// Paths that the look under way has read.
    paths: HashMap<Digest, Option<Vec<Certificate>>>,
    /// Signers whose path is in evidence: registered persons, so not many.
    kept: HashSet<Digest>,
    /// Put in doubt by the journal, and still to be taken out of BOEMİS and answered.
    pub(super) doubts: BTreeMap<SubmissionId, Contested>,
    /// When these are tried again, after BOEMİS was away.
    pub(super) next: Option<Timestamp>,
}

/// What an acceptance comes to.
enum Comes {
    /// Data that was issued then takes nothing from it.
    Settled(Timestamp),
    To(Box<Contested>),
    /// Nothing newer than its reception is known of some signer.
    Waits,
}

impl Window {
    /// Everything that was accepted and is not settled is to be looked at: newer data may be there.
    pub(super) fn look_later(&mut self) {
        self.later.paths.clear();
        self.later.due = self.world.trust.knows_of_revocation().then(Place::default);
    }

    /// When the later look goes on; none when there is nothing to do.
    pub(super) fn next_later(&self, now: Timestamp) -> Option<Timestamp> {
        let doubts = (!self.later.doubts.is_empty()).then(|| self.later.next.unwrap_or(now));
        [self.later.due.as_ref().map(|_| now), doubts].into_iter().flatten().min()
    }

    /// What was put off because a receipt had not reached its folder is looked at again.
    pub(super) fn look_at_postponed(&mut self) {
        if std::mem::take(&mut self.later.postponed) {
            self.look_later();
        }
    }

    /// Looks at some of what is due, and takes up what is in doubt; whether there was anything, and nothing
    /// of it waits for BOEMİS.
    ///
    /// # Errors
    /// [`Halt`]: we are wrong or our own disk fails.
    pub async fn go_on_later(&mut self, now: Timestamp) -> Result<bool, Halt> {
        if self.next_later(now).is_none_or(|next| next > now) {
            return Ok(false);
        }
        if let Some(place) = self.later.due.take() {
            self.look_at_some(&place, now)?;
        }
        self.contest_all(now).await?;
        Ok(self.later.due.is_some() || self.later.doubts.is_empty())
    }

    fn look_at_some(&mut self, place: &Place, now: Timestamp) -> Result<(), Halt> {
        self.close_laid()?; // nothing is closed after it is contested
        let (some, behind) = self.ledger.unsettled(place, AT_ONCE)?;
        let (mut settled, mut contested) = (0u32, 0u32);
        for one in some {
            match self.look_at(&one, now)? {
                Comes::Settled(_) if self.ruled.contains_key(&one.id) => self.later.postponed = true,
                Comes::Settled(issued) => {
                    self.journal.append(now, Event::Settled { id: one.id, issued })?;
                    settled += 1;
                }
                Comes::To(_) if self.is_busy(one.id)? => {
                    self.later.postponed = true;
                }
                Comes::To(doubt) => {
                    let Contested { id, serial, revoked, .. } = &*doubt;
                    tracing::warn!(advice = %Advice::Contested, submission = %id, serial, %revoked,
                        "accepted, and its signer's certificate was revoked before: it is contested");
                    self.journal.append(now, Event::Contested(doubt.clone()))?;
                    if let Some(approved) = self.approved_by(one.id)? {
                        tracing::warn!(advice = %Advice::Contested, submission = %approved, approval = %one.id,
                            "approved by a document that is contested: it is contested with it");
                        let doubt = Contested { id: approved, ..*doubt.clone() };
                        self.journal.append(now, Event::Contested(Box::new(doubt.clone())))?;
                        self.later.doubts.insert(approved, doubt);
                    }
                    self.later.doubts.insert(one.id, *doubt);
                    contested += 1;
                }
                Comes::Waits => {}
            }
        }
        // durable before anything is done about it
        self.settle()?;
        if settled > 0 || contested > 0 {
            tracing::info!(settled, contested, "looked at acceptances by data that was issued later");
        }
        self.later.due = behind;
        if self.later.due.is_none() {
            self.later.paths.clear();
        }
        Ok(())
    }

    /// Whether it, or what it approved, cannot be contested now, because an answer to it is on its way.
    fn is_busy(&self, id: SubmissionId) -> Result<bool, Halt> {
        let is_busy = |id: &SubmissionId| self.laid.contains(id) || self.ruled.contains_key(id);
        let acted = self.ledger.state(id)?.and_then(|one| one.acted());
        Ok(is_busy(&id) || acted.is_some_and(|acted| is_busy(&acted.on)))
    }

    /// The submission that holds by this approval, if it is one.
    fn approved_by(&self, id: SubmissionId) -> Result<Option<SubmissionId>, Halt> {
        let acted = self.ledger.state(id)?.and_then(|one| one.acted());
        let Some(acted) = acted.filter(|acted| acted.stage == ApprovalStage::Approved) else { return Ok(None) };
        let holds = |one: &Submission| {
            one.decision() == Some(Decision::Accepted) && matches!(one.phase, Phase::Answered | Phase::Closed)
        };
        let is_free = !self.later.doubts.contains_key(&acted.on);
        Ok(self.ledger.state(acted.on)?.filter(|one| is_free && holds(one)).map(|one| one.id()))
    }

    fn look_at(&mut self, one: &Unsettled, now: Timestamp) -> Result<Comes, Halt> {
        let (mut issued, mut waits) = (None::<Timestamp>, false);
        let world = self.world();
        for &(signer, moment) in &one.signers {
            let Some(path) = self.path(one, signer)? else {
                waits = true;
                continue;
            };
            let mut again = world.trust.look_again(&path, When { at: moment, now });
            if let Again::Good { .. } = again
                && moment < one.received
                && let at_reception @ Again::Revoked { .. } =
                    world.trust.look_again(&path, When { at: one.received, now })
            {
                // all hangs on the proof of that moment, whose authority may have been revoked as well
                match self.passes_today(one)? {
                    Some(true) => {}
                    Some(false) => again = at_reception,
                    None => {
                        waits = true;
                        continue;
                    }
                }
            }
            match again {
                Again::Revoked { depth, moment: revoked } => {
                    let serial = path.get(depth).map_or("", Certificate::serial).to_owned();
                    let (id, authority) = (one.id, depth > 0);
                    return Ok(Comes::To(Box::new(Contested { id, signer, authority, serial, revoked, moment })));
                }
                Again::Good { newest: Some(newest) } if newest > one.received => {
                    issued = Some(issued.map_or(newest, |issued| issued.min(newest)));
                }
                Again::Good { .. } => waits = true,
            }
        }
        Ok(match issued.filter(|_| !waits) {
            Some(issued) => Comes::Settled(issued),
            None => Comes::Waits,
        })
    }

    /// Whether the document itself, judged anew at its reception by what is known now, passes; none when nobody can
    /// tell: it was destroyed (R 5.13), or something is not known of its other certificates.
    fn passes_today(&mut self, one: &Unsettled) -> Result<Option<bool>, Halt> {
        let Some(submission) = self.ledger.state(one.id)? else { return Ok(None) };
        let Arrived::Held(held) = &submission.arrival else { return Ok(None) };
        let staged = Staging::new(&self.host.clock, &mut self.evidence, &mut self.journal).again(held);
        let Ok(staged) = staged else {
            tracing::warn!(advice = %Advice::SignerUnknown,
                submission = %one.id, "a time-stamp keeps this acceptance, and its document is gone");
            return Ok(None);
        };
        let mut matter = Matter::new(staged.about());
        match self.judge_of_today().verify(staged, &mut matter) {
            Ok(_) => Ok(Some(true)),
            Err(Stop::Reject(_)) => Ok(Some(false)),
            Err(Stop::Hold(_)) => Ok(None),
            Err(Stop::Halt(why)) => Err(Halt::wrong(why)),
        }
    }

    /// The path by which a signer was believed; none where nobody can tell any more.
    fn path(&mut self, one: &Unsettled, signer: Digest) -> Result<Option<Vec<Certificate>>, Halt> {
        if let Some(path) = self.later.paths.get(&signer) {
            return Ok(path.clone());
        }
        let kept = self.ledger.path(signer)?;
        let read = |kept: &KeptPath| {
            let octets = self.evidence.reader().read(&kept.kept()).map_err(|error| error.to_string())?;
            Certificate::from_file(&octets.whole().map_err(|error| error.to_string())?)
        };
        let path = match kept.as_ref().map(read) {
            Some(Ok(path)) => Some(path),
            Some(Err(why)) => {
                tracing::error!(advice = %Advice::SignerUnknown,
                    %signer, why, "the path of a signer cannot be read; the document is asked for it");
                self.path_of_original(one, signer)?
            }
            None => self.path_of_original(one, signer)?,
        };
        if path.is_none() {
            tracing::warn!(advice = %Advice::SignerUnknown,
                submission = %one.id, %signer, "no path of this signer is known: nobody can look again");
        }
        self.later.paths.insert(signer, path.clone());
        Ok(path)
    }

    /// The same, from the document itself: the window was stopped before it could keep the path.
    fn path_of_original(&mut self, one: &Unsettled, signer: Digest) -> Result<Option<Vec<Certificate>>, Halt> {
        let Some(submission) = self.ledger.state(one.id)? else { return Ok(None) };
        let Arrived::Held(held) = &submission.arrival else { return Ok(None) };
        let staged = Staging::new(&self.host.clock, &mut self.evidence, &mut self.journal).again(held);
        let Ok(staged) = staged else { return Ok(None) }; // it may have been destroyed since (R 5.13)
        let mut matter = Matter::new(staged.about());
        let _ = self.judge_of_today().verify(staged, &mut matter); // who signed it is told in any case
        let signatures = matter.report.into_iter().flat_map(|report| report.signatures);
        let mut signers = signatures.filter_map(|signature| signature.signer);
        let Some(who) = signers.find(|who| who.certificate_sha256 == signer) else { return Ok(None) };
        let path = match who.path.is_empty() {
            true => self.world.trust.path(&who.certificate, one.received).map(|chain| chain.certificates),
            false => Some(who.path),
        };
        if let Some(path) = &path {
            let event = self.keep_path(signer, path)?;
            self.evidence.sync().map_err(Halt::broken)?;
            self.journal.append(self.host.clock.now(), event)?;
        }
        Ok(path)
    }

    /// Keeps the paths by which these signers were believed, unless they are; what the journal is to say of
    /// that once evidence is durable.
    pub(super) fn keep_paths(&mut self, report: &Report) -> Result<Vec<Event>, Halt> {
        let mut events = Vec::new();
        for who in report.signatures.iter().filter_map(|signature| signature.signer.as_ref()) {
            let signer = who.certificate_sha256;
            if who.path.is_empty() || self.later.kept.contains(&signer) {
                continue;
            }
            match self.ledger.path(signer)? {
                Some(_) => drop(self.later.kept.insert(signer)),
                None => events.push(self.keep_path(signer, &who.path)?),
            }
        }
        Ok(events)
    }

    fn keep_path(&mut self, signer: Digest, path: &[Certificate]) -> Result<Event, Halt> {
        let mut octets = Vec::new();
        for certificate in path {
            let pem = certificate.x509().to_pem().map_err(Halt::broken)?;
            octets.write_all(&pem).map_err(Halt::broken)?;
        }
        let kept = self.evidence.append(&octets).map_err(Halt::broken)?;
        self.later.kept.insert(signer);
        let (sha256, size, location) = (kept.sha256, kept.size, kept.location);
        Ok(Event::Path(Box::new(KeptPath { signer, sha256, size, location })))
    }
}

/// By signer the moment at which the signature was believed, where a time-stamp proves one before the
/// reception. Of several signatures with one certificate the latest counts.
pub(super) fn proven(report: &Report) -> BTreeMap<Digest, Timestamp> {
    let mut moments: BTreeMap<Digest, Option<Timestamp>> = BTreeMap::new();
    for signature in &report.signatures {
        let Some(who) = &signature.signer else { continue };
        let proven = signature.proven();
        let moment = moments.entry(who.certificate_sha256).or_insert(proven);
        *moment = moment.zip(proven).map(|(one, other)| one.max(other));
    }
    moments.into_iter().filter_map(|(signer, moment)| Some((signer, moment?))).collect()
}
