//! Contesting: an acceptance that the journal puts in doubt leaves what holds, and is answered so.
//!
//! Owns the order: the journal's word is durable first; then BOEMİS takes the load out of what holds, in one
//! transaction, and doing that again changes nothing; then the receipt is sealed and lies in the folders of
//! sender and owner (S 2.1.3). A stop anywhere in between is taken up from the journal's word at the next
//! start. Never puts an acceptance in doubt: the later look does.

use super::answering::{Facts, Ready, unsealed};
use super::window::{Halt, Window};
use crate::advice::Advice;
use crate::boemis::{self, Boemis};
use crate::document::{Decision, ParticipantName, SubmissionId};
use crate::finding::{Code, Finding, Hint};
use crate::journal::{Answered, Contested};
use crate::ledger::{Arrived, Submission};
use crate::receipt::{Answer, Doubt};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Receipts sealed together: one sync for all of them.
const AT_ONCE: usize = 256;

impl Window {
    /// Takes up all that is in doubt; what BOEMİS cannot be asked about stays for later.
    ///
    /// # Errors
    /// [`Halt`].
    pub(super) async fn contest_all(&mut self, now: Timestamp) -> Result<(), Halt> {
        let is_due = self.later.next.is_none_or(|next| next <= now);
        let all: Vec<Contested> = match is_due {
            true => self.later.doubts.values().cloned().collect(),
            false => Vec::new(),
        };
        for some in all.chunks(AT_ONCE) {
            self.reach_boemis().await?;
            let ids: Vec<SubmissionId> = some.iter().map(|doubt| doubt.id).collect();
            let loads = match &mut self.boemis {
                Some(boemis) => boemis.contest(&ids, now).await,
                None => {
                    self.put_off_contests(now);
                    return Ok(());
                }
            };
            let loads = match loads {
                Ok(loads) => loads,
                Err(fault) if fault.is_away() => {
                    tracing::error!(advice = %Advice::BoemisAway,
                        %fault, "what is contested waits until BOEMİS is back");
                    (self.boemis, self.tally.away) = (None, true);
                    self.put_off_contests(now);
                    return Ok(());
                }
                Err(fault) => return Err(Halt::wrong(fault)),
            };
            let mut loads: HashMap<SubmissionId, boemis::Contested> =
                loads.into_iter().map(|load| (load.mark.id, load)).collect();
            let mut receipts = Vec::with_capacity(some.len());
            for doubt in some {
                // its acceptance comes first; what holds does not wait for that
                if self.left.contains(&doubt.id) {
                    continue;
                }
                let load = loads.remove(&doubt.id);
                let is_approval = self.ledger.state(doubt.id)?.is_some_and(|one| one.acted().is_some());
                if load.is_none() && !is_approval {
                    tracing::error!(advice = %Advice::BoemisLacks,
                        submission = %doubt.id, "contested, and BOEMİS holds no load of it");
                }
                receipts.push(self.contested(doubt, load, is_approval)?);
                self.later.doubts.remove(&doubt.id);
            }
            self.give(receipts, Vec::new())?;
            (self.later.next, self.tally.away) = (None, false);
        }
        if is_due && !self.later.doubts.is_empty() {
            self.put_off_contests(now);
        }
        Ok(())
    }

    /// Before anything is judged by what holds in BOEMİS: what is in doubt holds there no more. While that cannot
    /// be done, BOEMİS is away.
    pub(super) async fn contest_first(&mut self) -> Result<(), Halt> {
        if self.boemis.is_some() && !self.later.doubts.is_empty() {
            self.later.next = None;
            self.contest_all(self.host.clock.now()).await?;
        }
        Ok(())
    }

    /// What the journal contested is contested in a database that was opened: it may be an older copy of it, and
    /// its word is not the truth about that.
    pub(super) async fn contest_in(&self, boemis: &mut Boemis) -> Result<Result<(), boemis::Fault>, Halt> {
        let contested = self.ledger.contested()?;
        if contested.is_empty() {
            return Ok(Ok(()));
        }
        let known: HashSet<SubmissionId> = match boemis.contested().await {
            Ok(known) => known.into_iter().collect(),
            Err(fault) => return Ok(Err(fault)),
        };
        let missing: Vec<SubmissionId> = contested.into_iter().filter(|id| !known.contains(id)).collect();
        let loads = match boemis.contest(&missing, self.host.clock.now()).await {
            Ok(loads) => loads,
            Err(fault) => return Ok(Err(fault)),
        };
        for load in loads.iter().filter(|load| !self.later.doubts.contains_key(&load.mark.id)) {
            tracing::warn!(advice = %Advice::BoemisCaughtUp,
                submission = %load.mark.id, "contested before, and BOEMİS did not know of it: it does now");
        }
        Ok(Ok(()))
    }

    fn put_off_contests(&mut self, now: Timestamp) {
        let pause = SignedDuration::try_from(self.settings().hold.retry_first);
        self.later.next = now.saturating_add(pause.unwrap_or(SignedDuration::from_secs(10))).ok();
    }

    /// The sealed answer to one: as it was sealed, if it was.
    fn contested(
        &mut self,
        doubt: &Contested,
        load: Option<boemis::Contested>,
        is_approval: bool,
    ) -> Result<Ready, Halt> {
        let id = doubt.id;
        let Some(Submission { arrival: Arrived::Held(held), answers, last: Some(accepted), .. }) =
            self.ledger.state(id)?
        else {
            return Err(Halt::wrong(format!("submission {id} is contested, and was never accepted")));
        };
        let turn = self.turn_after(id, answers)?;
        let name = &held.document.name;
        let facts = Facts::accepted(accepted);
        let (answer, sealed) = match self.sealed_before(id, turn.answer)? {
            Some((record, sealed)) => (Answer::sealed_before(record, name, turn, None), sealed),
            None => {
                let record = self.seal.outcome(id, answers).map_err(unsealed)?;
                let answer =
                    record.and_then(|record| Answer::contested(record, name, turn, put(doubt, load, is_approval)));
                let answer = answer.ok_or_else(|| never_sealed(doubt))?;
                let sealed = self.seal_logged(&[answer.record()])?.pop();
                (Some(answer), sealed.ok_or_else(|| never_sealed(doubt))?)
            }
        };
        let answer = answer.ok_or_else(|| never_sealed(doubt))?;
        let (receipt, answered) = self.keep(answer, sealed, facts)?;
        Ok((receipt, answered, held.participant.clone()))
    }

    /// To whom else an answer goes: what is contested, to the owner; what is said of a proposal, to the body that it is
    /// about (R 3.13).
    pub(super) fn also_to(&self, answered: &Answered, channel: Option<&ParticipantName>) -> BTreeSet<ParticipantName> {
        let bodies = &self.world.registry.participants;
        let owner = bodies.values().find(|one| one.owner && answered.decision == Decision::Contested);
        let about = answered.about.as_ref().and_then(|about| bodies.get(about));
        let others = owner.into_iter().chain(about).filter(|one| Some(&one.slug) != channel);
        others.map(|one| one.slug.clone()).collect()
    }
}

fn never_sealed(doubt: &Contested) -> Halt {
    Halt::wrong(format!("submission {} is contested, and the seal knows of no acceptance", doubt.id))
}

/// The doubt in words: the date, the serial number, and what holds now.
fn put(doubt: &Contested, load: Option<boemis::Contested>, is_approval: bool) -> Doubt {
    let Contested { signer, authority, serial, revoked, .. } = doubt;
    let whose = match authority {
        true => ("Vermiş mərkəzin sertifikatının", "The serial number of the authority's certificate is"),
        false => ("Sertifikatın", "The serial number of the certificate is"),
    };
    let holds = match load.and_then(|load| load.holds) {
        None if is_approval => (
            "Bu qərarla təsdiq edilən təqdimat da artıq qüvvədə deyil.".to_owned(),
            "What was approved by this decision holds no more either.".to_owned(),
        ),
        Some(revision) => (
            format!("BOEMİS-də indi bu hesabatın {revision} nömrəli redaksiyası qüvvədədir."),
            format!("In BOEMİS revision {revision} of this statement holds now."),
        ),
        None => (
            "BOEMİS-də indi bu hesabatın heç bir redaksiyası qüvvədə deyil.".to_owned(),
            "In BOEMİS no revision of this statement holds now.".to_owned(),
        ),
    };
    let hint = Hint {
        az: format!("{} seriya nömrəsi {serial}. {}", whose.0, holds.0).into(),
        en: format!("{} {serial}. {}", whose.1, holds.1).into(),
    };
    let sub_indication = if *authority { "REVOKED_CA_NO_POE" } else { "REVOKED_NO_POE" };
    let finding = Finding::new(Code::SignatureCertificateRevoked).found(revoked).hint(hint);
    Doubt { signer: *signer, sub_indication, finding }
}
