//! At home: a window's verdict by its profile, for an agency that has no window (S 4.2.5).
//!
//! Every question is [`Judge`]'s, the daemon's own. Three nobody can answer at home, and they are answered as if all
//! were well: whether the signer is registered, whether his certificate was revoked, and what stands in the window
//! already. Who signed is taken for a registered person of the body that the document names. Loads nothing.

use super::glance::Verdict;
use super::judgement::{Judge, Matter};
use super::window::Halt;
use crate::authority::{self, Form, Person, Registry, Right};
use crate::config::{Settings, World};
use crate::document::{DatasetName, Fin, ParticipantName, Voen};
use crate::forms::certificate::Certificate;
use crate::host::Octets;
use crate::schema::Standing;
use crate::signature::Verified;
use crate::staging::{About, Staged};
use jiff::civil::Date;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A person whose certificate shows no FİN: synthetic, and stands for nobody.
const NOBODY: &str = "0000000";

/// The window that a profile was made of, as far as it is known at home.
pub struct Home {
    settings: Arc<Settings>,
    world: World,
}

/// What came of a look.
pub enum Looked {
    /// The verdict.
    Judged(Box<Verdict>),
    /// An approval: what it speaks of stands in the window, and is not here.
    Approval,
}

impl Home {
    /// Of a profile.
    pub fn new((settings, world): (Arc<Settings>, World)) -> Self {
        Self { settings, world }
    }

    /// What the window is and judges by.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Its participants, without persons.
    pub fn registry(&self) -> &Registry {
        &self.world.registry
    }

    /// What the window would answer if this were dropped by a registered person, with nothing before it.
    ///
    /// # Errors
    /// Our own disk, or a fault of the program.
    pub fn judge(&self, about: &About, document: &Octets, detached: Option<&Octets>) -> Result<Looked, Halt> {
        let staged = || Staged::glance(about.clone(), document.clone(), detached.cloned());
        let mut matter = Matter::new(about);
        let judged = |verdict: Result<Verdict, Halt>| verdict.map(|verdict| Looked::Judged(Box::new(verdict)));
        if let Some(fault) = self.settings.intake.fault_of_size(document.len()) {
            return judged(Verdict::stopped(matter, fault.into()));
        }
        let verified = match self.judge_with(None).verify(staged(), &mut matter) {
            Ok(verified) => verified,
            Err(stop) => return judged(Verdict::stopped(matter, stop)),
        };
        let judge = self.judge_with(self.body_of(&verified, about.participant.as_ref()).map(|of| (of, &verified)));
        let authorised = match judge.authorise(verified, &mut matter) {
            Ok(authorised) => authorised,
            Err(stop) => return judged(Verdict::stopped(matter, stop)),
        };
        if authorised.form() == Form::Approval {
            return Ok(Looked::Approval);
        }
        let inspected = match judge.inspect(authorised, &mut matter) {
            Ok(inspected) => inspected,
            Err(stop) => return judged(Verdict::stopped(matter, stop)),
        };
        judged(match judge.validate(inspected, &Standing::unknown()) {
            Ok(validated) => {
                let (findings, decision) = (validated.warnings().to_vec(), judge.word_for(&matter));
                Ok(Verdict { decision, matter, findings, original: None })
            }
            Err(stop) => Verdict::stopped(matter, stop),
        })
    }

    /// Whose document it is: whom the caller names, else whom the document names, else whom the certificate names.
    fn body_of(&self, verified: &Verified, channel: Option<&ParticipantName>) -> Option<ParticipantName> {
        let of = |voen: &Voen| {
            let mut all = self.world.registry.participants.values();
            all.find(|one| one.voen == *voen).map(|one| one.slug.clone())
        };
        let claimed = || authority::sender(verified).and_then(|text| text.parse().ok());
        let shown = || verified.signers().iter().find_map(|one| self.settings.identity.voen(one));
        channel.cloned().or_else(|| of(&claimed().or_else(shown)?))
    }

    /// Who judges; with the signers of this document registered for this body, if there are any.
    fn judge_with(&self, signed: Option<(ParticipantName, &Verified)>) -> Judge {
        let mut registry = self.world.registry.clone();
        if let Some((body, verified)) = signed
            && let Some(one) = registry.participants.get_mut(&body)
        {
            one.persons.extend(
                verified
                    .signers()
                    .iter()
                    .filter_map(|certificate| self.person(certificate, one.datasets.iter().cloned().collect())),
            );
        }
        let world = World { registry, ..self.world.clone() };
        Judge::of(Arc::clone(&self.settings), Arc::new(world))
    }

    fn person(&self, certificate: &Certificate, datasets: BTreeSet<DatasetName>) -> Option<Person> {
        let fin: Option<Fin> = self.settings.identity.fin(certificate).or_else(|| NOBODY.parse().ok());
        Some(Person {
            name: String::new(),
            fin: fin?,
            certificates: vec![certificate.sha256()],
            datasets,
            rights: BTreeSet::from([Right::File, Right::Approve, Right::Propose]),
            from: Date::MIN,
            to: None,
        })
    }
}
