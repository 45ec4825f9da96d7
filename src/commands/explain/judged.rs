//! Each verdict on a submission, repeated: what it comes to, and what differs from what was recorded.

use super::past::Past;
use super::shelf::Shelf;
use crate::commands::Trouble;
use crate::daemon::again::{self, NotJudged, Repeated, Wanted};
use crate::daemon::dossier::{Beside, Dossier};
use crate::daemon::grounds::Grounds;
use crate::daemon::judgement::Judge;
use crate::document::{Decision, Digest};
use crate::journal::{Answered, KeptFile};
use crate::receipt::Told;
use std::sync::Arc;

/// What was judged by, as it is listed and as it judges.
pub(in crate::commands) type By = Arc<(Grounds, Judge)>;

/// One answer, explained.
pub(in crate::commands) struct Explained {
    pub answered: Answered,
    pub dossier: Dossier,
    /// The receipt as it was sealed.
    pub receipt: Told,
    /// By what it was judged.
    pub by: By,
    /// The digest of that.
    pub grounds: Digest,
    pub came: Came,
}

/// What the repetition came to.
pub(in crate::commands) enum Came {
    /// Judged again.
    Repeated {
        /// The verdict.
        again: Box<Repeated>,
        /// What differs from the recorded one; nothing when it is the same.
        differs: Vec<String>,
    },
    /// The later look, taken again; what differs.
    Doubted(Vec<String>),
    /// There is nothing to repeat.
    NotJudged(NotJudged),
}

impl Explained {
    /// Whether the verdict is the same; none when there was nothing to repeat.
    pub fn same(&self) -> Option<bool> {
        match &self.came {
            Came::Repeated { differs, .. } | Came::Doubted(differs) => Some(differs.is_empty()),
            Came::NotJudged(_) => None,
        }
    }

    /// What differs.
    pub fn differs(&self) -> &[String] {
        match &self.came {
            Came::Repeated { differs, .. } | Came::Doubted(differs) => differs,
            Came::NotJudged(_) => &[],
        }
    }
}

/// Repeats every verdict on a submission, in their order.
///
/// # Errors
/// Broken: something that is needed is missing or damaged; the text names it.
pub(in crate::commands) fn all(past: &mut Past) -> Result<Vec<Explained>, Trouble> {
    let answers = past.answers.clone();
    answers.into_iter().map(|answered| one(past, answered)).collect()
}

/// What is recorded of an answer besides its line in the journal.
pub(in crate::commands) struct Recorded {
    pub dossier: Dossier,
    /// The receipt as it was sealed.
    pub receipt: Told,
    /// By which grounds it was judged.
    pub grounds: Digest,
}

impl Recorded {
    /// Of this answer.
    ///
    /// # Errors
    /// Broken: something that is needed is missing or damaged; the text names it.
    pub fn of(shelf: &Shelf, answered: &Answered) -> Result<Self, Trouble> {
        let which = which(answered);
        let kept = answered.dossier.as_ref().map(KeptFile::kept).zip(answered.grounds);
        let (kept, grounds) = kept.ok_or_else(|| {
            Trouble::broken(format!("{which} was given by a version that kept nothing to repeat its verdict from"))
        })?;
        let octets = shelf.octets(&format!("the dossier of {which}"), &kept)?;
        let dossier = Dossier::read(&octets);
        let dossier =
            dossier.map_err(|why| Trouble::broken(format!("the dossier of {which} cannot be read: {why}")))?;
        if (dossier.id, dossier.answer, dossier.grounds) != (answered.id, answered.answer, answered.grounds) {
            return Err(Trouble::broken(format!("the dossier of {which} speaks of another answer")));
        }
        let octets = shelf.octets(&format!("the receipt of {which}"), &answered.receipt.kept())?;
        let receipt = Told::read_octets(&octets)
            .map_err(|_| Trouble::broken(format!("the receipt of {which} in evidence is none")))?;
        Ok(Self { dossier, receipt, grounds })
    }
}

/// An answer, for people.
pub(in crate::commands) fn which(answered: &Answered) -> String {
    format!("answer {} of submission {}", answered.answer, answered.id)
}

fn one(past: &mut Past, answered: Answered) -> Result<Explained, Trouble> {
    let Recorded { dossier, receipt, mut grounds } = Recorded::of(past.shelf(), &answered)?;
    let (came, by) = if answered.decision == Decision::Contested && dossier.beside == Beside::Doubt {
        let (differs, by, of_doubt) = doubted(past, &which(&answered))?;
        grounds = of_doubt;
        (Came::Doubted(differs), by)
    } else {
        let by = past.judge(grounds, dossier.taken)?;
        (repeated(past, &which(&answered), &answered, &dossier, (&receipt, &by.1))?, by)
    };
    Ok(Explained { answered, dossier, receipt, by, grounds, came })
}

fn repeated(
    past: &Past,
    which: &str,
    answered: &Answered,
    dossier: &Dossier,
    (receipt, judge): (&Told, &Judge),
) -> Result<Came, Trouble> {
    let Some(held) = &past.held else { return Ok(Came::NotJudged(NotJudged::Intake)) };
    let original = past.original.as_ref().map(|(held, answered)| (held, answered));
    let wanted = Wanted { held, answered, dossier, original };
    let staged = again::staged(held, past.shelf().evidence());
    let staged = staged.map_err(|error| Trouble::broken(format!("the document of {which}: {error}")))?;
    match again::repeat(&wanted, staged, judge) {
        Ok(Ok(again)) => {
            let differs = again.differs(&wanted, receipt);
            Ok(Came::Repeated { again: Box::new(again), differs })
        }
        Ok(Err(not_judged)) => Ok(Came::NotJudged(not_judged)),
        Err(why) => Err(Trouble::broken(format!("{which} cannot be judged again: {why}"))),
    }
}

/// The later look that contested an acceptance, by the grounds of that moment.
fn doubted(past: &mut Past, which: &str) -> Result<(Vec<String>, By, Digest), Trouble> {
    let missing = |what: &str| Trouble::broken(format!("{which} is contested, and {what}"));
    let (now, doubt, in_force) = past.doubt.clone().ok_or_else(|| missing("the journal does not say why"))?;
    let in_force = in_force.ok_or_else(|| missing("no grounds were kept at that time"))?;
    let received = past.held.as_ref().map(|held| held.received).ok_or_else(|| missing("it was never held"))?;
    let by = past.judge(in_force.grounds, in_force.taken)?;
    let path = past.path(doubt.signer)?.ok_or_else(|| missing("the path of its signer was never kept"))?;
    let differs = again::doubt(past.id, &doubt, &path, &by.1, (received, now));
    Ok((differs, by, in_force.grounds))
}
