//! A window's configuration and records, as the commands read them.
//!
//! The journal is read with the indexes of its closed segments, never the ledger's sled: that needs no lock, so
//! every command works beside a running daemon and without one. Events are folded to one [`Submission`] each.
//! [`Known`] answers questions without reading what it is not asked for; [`Records`] folds everything, for who
//! looks at every line. Never writes anything.

use super::{ListState, Trouble, WindowArgs};
use crate::archive::gather::ARCHIVED;
use crate::config::{Config, Mistake, Settings};
use crate::daemon::restored::LOADING_AGAIN;
use crate::document::{DatasetName, Digest, ParticipantName, SubmissionId};
use crate::host::Disk;
use crate::journal::{Acted, Answered, Entry, Event, Held, JournalError, Phase, Position, Reader, RefusedInPlace};
use crate::ledger::{Fold, LedgerError, State, View};
use crate::schema::Datasets;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::Path;

/// The window's configuration with all files that it names.
///
/// # Errors
/// Usage: every mistake in it.
pub fn config(args: &WindowArgs) -> Result<Config, Trouble> {
    Config::load(&args.path(), Timestamp::now()).map_err(|mistakes| refused(&mistakes))
}

/// What the window's `pencere.toml` sets.
///
/// # Errors
/// Usage: every mistake in it.
pub fn settings(args: &WindowArgs) -> Result<Settings, Trouble> {
    match args.advice() {
        Some(advice) => Err(Trouble::usage(advice)),
        None => settings_at(&args.path()),
    }
}

/// What this `pencere.toml` sets.
///
/// # Errors
/// As [`settings`].
pub fn settings_at(path: &Path) -> Result<Settings, Trouble> {
    Config::settings_of(path).map_err(|mistakes| refused(&mistakes))
}

/// The descriptions of the datasets, without a look at anything else that the configuration names.
///
/// # Errors
/// Usage: every mistake in them.
pub fn datasets(settings: &Settings) -> Result<Datasets, Trouble> {
    Config::datasets_of(settings).map_err(|mistakes| refused(&mistakes))
}

fn refused(mistakes: &[Mistake]) -> Trouble {
    let lines: Vec<String> = mistakes.iter().map(|mistake| format!("\n  {mistake}")).collect();
    Trouble::usage(format!("the configuration has mistakes:{}", lines.concat()))
}

/// The journal of the window with this state folder.
///
/// # Errors
/// Broken: the disk's, or a damaged journal.
pub fn journal(state: &Path) -> Result<Reader, Trouble> {
    Ok(Reader::open(&Disk::system(), state)?)
}

impl From<JournalError> for Trouble {
    fn from(error: JournalError) -> Self {
        match error.is_damage() {
            true => Self::broken(format!("{error}; pencere audit verify says more")),
            false => Self::broken(error.to_string()),
        }
    }
}

/// How a submission came.
#[derive(Clone, Debug)]
pub enum Came {
    /// Taken into the window.
    Held(Box<Held>),
    /// Left where it is, and answered.
    InPlace(Box<RefusedInPlace>),
}

/// Where a submission stands by the journal.
#[derive(Clone, Debug)]
pub struct Submission {
    /// How it came.
    pub came: Came,
    /// Where it stands on its way.
    pub phase: Phase,
    /// How many answers it got, held ones counted.
    pub answers: u32,
    /// The last of them.
    pub last: Option<Answered>,
    /// Numbers and digests of all its receipts, in order.
    pub receipts: Vec<(String, Digest)>,
    /// When it was first put off; none when it never was, or is judged since.
    pub put_off: Option<Timestamp>,
    /// The archive unit in which it lies as it stands now.
    pub archived: Option<String>,
}

impl Submission {
    /// Its id.
    pub fn id(&self) -> SubmissionId {
        match &self.came {
            Came::Held(held) => held.id,
            Came::InPlace(refused) => refused.id,
        }
    }

    /// Whose it is: by its signer once that is settled, by its channel before.
    pub fn participant(&self) -> Option<&ParticipantName> {
        let settled = self.last.as_ref().and_then(|answered| answered.participant.as_ref());
        settled.or(match &self.came {
            Came::Held(held) => held.participant.as_ref(),
            Came::InPlace(refused) => Some(&refused.participant),
        })
    }

    /// The dataset, once read.
    pub fn dataset(&self) -> Option<&DatasetName> {
        self.last.as_ref().and_then(|answered| answered.dataset.as_ref())
    }

    /// When it was received.
    pub fn received(&self) -> Timestamp {
        match &self.came {
            Came::Held(held) => held.received,
            Came::InPlace(refused) => refused.received,
        }
    }

    /// The document's name for people.
    pub fn name(&self) -> String {
        match &self.came {
            Came::Held(held) => held.document.name.shown(),
            Came::InPlace(refused) => refused.name.shown(),
        }
    }

    /// The document's digest; none of what was never read.
    pub fn sha256(&self) -> Option<Digest> {
        match &self.came {
            Came::Held(held) => Some(held.document.sha256),
            Came::InPlace(_) => None,
        }
    }

    /// Where it stands, in one word.
    pub fn state(&self) -> ListState {
        match State::of(&self.phase, self.last.as_ref().map(|answered| answered.decision)) {
            State::Accepted if self.last.as_ref().is_some_and(|last| last.acted.is_some()) => ListState::Approval,
            state => state.into(),
        }
    }

    /// What it did, when it is an approval that was taken.
    pub fn acted(&self) -> Option<Acted> {
        self.last.as_ref().and_then(|last| last.acted)
    }

    /// Whether it was loaded, and holds no more: contested, refused, or withdrawn.
    pub fn has_fallen(&self) -> bool {
        let was_loaded = self.last.as_ref().is_some_and(|last| last.rows.is_some());
        was_loaded && matches!(self.state(), ListState::Contested | ListState::Rejected)
    }

    /// Whether this is what somebody means: by id, receipt number, name, or SHA-256 of the
    /// document, its detached signature or a receipt.
    pub fn is_meant(&self, what: &str) -> bool {
        let digest = what.parse::<Digest>().ok();
        let has = |sha256: Digest| digest == Some(sha256);
        let files = match &self.came {
            Came::Held(held) => [Some(&held.document), held.detached.as_ref()],
            Came::InPlace(refused) => return refused.name.shown() == what || self.answers_to(what, digest),
        };
        files.into_iter().flatten().any(|file| file.name.shown() == what || has(file.sha256))
            || self.answers_to(what, digest)
    }

    fn answers_to(&self, what: &str, digest: Option<Digest>) -> bool {
        what.parse() == Ok(self.id())
            || self.receipts.iter().any(|(number, sha256)| number == what || digest == Some(*sha256))
            || self.last.as_ref().is_some_and(|answered| answered.receipt.file_name == what)
    }
}

/// Another submission that one has to do with, and its last receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Other {
    /// Its id.
    pub id: SubmissionId,
    /// The number of its last receipt.
    pub receipt: Option<String>,
}

impl Other {
    /// The number of its last receipt, as text.
    pub fn number(&self) -> &str {
        self.receipt.as_deref().unwrap_or("-")
    }
}

impl fmt::Display for Other {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let receipt = self.receipt.as_ref().map(|number| format!(", receipt {number}"));
        write!(f, "{}{}", self.id, receipt.unwrap_or_default())
    }
}

/// What a submission took the place of, and what took its own (R 3.4.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Succession {
    /// What stood when it was loaded.
    pub replaces: Option<Other>,
    /// What holds in its stead; while it waits for an approval, also what waits in its stead.
    pub replaced_by: Option<Other>,
    /// What other bodies propose to put in its stead and nobody has judged yet (R 3.13).
    pub proposals: Vec<Other>,
}

/// The journal, folded.
#[derive(Debug, Default)]
pub struct Records {
    submissions: Vec<Submission>,
    places: HashMap<SubmissionId, usize>,
    /// What was contested when an older copy of BOEMİS was found: it is not loaded again.
    not_loaded_again: HashSet<SubmissionId>,
}

/// Why records could not be folded.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// The journal cannot be read, or is damaged.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// What it tells cannot have happened.
    #[error("journal: before segment {}, octet {}: {why}", .behind.segment, .behind.offset)]
    Impossible {
        /// The place behind the line.
        behind: Position,
        /// Why not.
        why: String,
    },
}

impl From<Unfit> for Trouble {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::Journal(error) => error.into(),
            other => Self::broken(format!("{other}; pencere audit verify says more")),
        }
    }
}

impl Records {
    /// All submissions, in the order in which the journal knows them.
    pub fn submissions(&self) -> &[Submission] {
        &self.submissions
    }

    /// One of them.
    pub fn get(&self, id: SubmissionId) -> Option<&Submission> {
        self.places.get(&id).and_then(|&place| self.submissions.get(place))
    }

    /// Whether it is known, and has no answer yet: what it does in BOEMİS may be done already.
    pub fn is_on_its_way(&self, id: SubmissionId) -> bool {
        self.get(id).is_some_and(|one| one.phase.is_to_be_judged())
    }

    /// Folds one entry in.
    ///
    /// # Errors
    /// [`Unfit::Impossible`].
    pub fn take(&mut self, entry: Entry, behind: Position) -> Result<(), Unfit> {
        let Entry { time, event } = entry;
        let Some(id) = event.id() else {
            if matches!(&event, Event::Act { act, .. } if act == LOADING_AGAIN) {
                let contested = self.submissions.iter().filter(|one| one.has_fallen());
                self.not_loaded_again.extend(contested.map(Submission::id));
            }
            return Ok(());
        };
        let place = self.places.get(&id).copied();
        let known = place.and_then(|place| self.submissions.get_mut(place));
        let before = known.as_ref().map(|submission| (&submission.phase, submission.answers));
        let after = Phase::after(before, &event)
            .map_err(|impossible| Unfit::Impossible { behind, why: impossible.to_string() })?;
        let Some(phase) = after else {
            // an act beside the path
            if let (Event::Act { act, facts, .. }, Some(submission)) = (&event, known)
                && act == ARCHIVED
            {
                submission.archived = facts.get("unit").cloned();
            }
            return Ok(());
        };
        let came = match (event, known) {
            (Event::Held(held), _) => Came::Held(held),
            (Event::RefusedInPlace(refused), _) => Came::InPlace(refused),
            (event, Some(submission)) => {
                if !matches!(event, Event::Settled { .. }) {
                    submission.archived = None; // until it is archived as it stands now
                }
                if let Event::Answered(answered) = event {
                    submission.answers = answered.answer;
                    submission.receipts.push((answered.receipt.number.clone(), answered.receipt.sha256));
                    submission.last = Some(*answered);
                }
                submission.put_off = match phase {
                    Phase::Deferred { .. } => submission.put_off.or(Some(time)),
                    _ => None,
                };
                submission.phase = phase;
                return Ok(());
            }
            // a phase is given to what is unknown only when it arrives
            (_, None) => return Ok(()),
        };
        self.places.insert(id, self.submissions.len());
        let (answers, last, receipts, put_off, archived) = (0, None, Vec::new(), None, None);
        self.submissions.push(Submission { came, phase, answers, last, receipts, put_off, archived });
        Ok(())
    }

    /// Whether an older copy of BOEMİS may lack this for good.
    pub fn may_be_lost(&self, id: SubmissionId) -> bool {
        self.not_loaded_again.contains(&id)
    }
}

/// What the window knows, to be asked.
#[derive(Debug)]
pub struct Known {
    view: View,
}

impl Known {
    /// Of the window with this state folder.
    ///
    /// # Errors
    /// [`Trouble`]: a journal that cannot be read, is damaged, or tells what cannot have happened.
    pub fn read(state: &Path) -> Result<Self, Trouble> {
        Ok(Self { view: View::open(&Disk::system(), state)? })
    }

    /// How everything stands, in numbers.
    pub fn fold(&self) -> &Fold {
        self.view.fold()
    }

    /// One submission, with all that happened to it.
    ///
    /// # Errors
    /// As [`Known::read`], and for all that follow.
    pub fn get(&self, id: SubmissionId) -> Result<Option<(Submission, Vec<Entry>)>, Trouble> {
        let entries = self.view.entries(id)?;
        let folded = folded(&entries)?;
        Ok(folded.map(|submission| (submission, entries.into_iter().map(|(entry, _)| entry).collect())))
    }

    /// Those with which something is left to do, in order of arrival.
    pub fn open(&self) -> Result<Vec<Submission>, Trouble> {
        let each = self.fold().open().map(|id| Ok(self.get(id)?.map(|(submission, _)| submission)));
        each.filter_map(Result::transpose).collect()
    }

    /// Those that are meant by this ([`Submission::is_meant`]), in order of arrival.
    pub fn meant(&self, what: &str) -> Result<Vec<Submission>, Trouble> {
        let mut meant = Vec::new();
        for id in self.view.meant(what)? {
            meant.extend(self.get(id)?.map(|(submission, _)| submission).filter(|one| one.is_meant(what)));
        }
        Ok(meant)
    }

    /// What this took the place of, and what took its own.
    ///
    /// # Errors
    /// As [`Known::read`].
    pub fn succession(&self, of: &Submission) -> Result<Succession, Trouble> {
        let replaces = match of.last.as_ref().and_then(|last| last.replaces) {
            None => None,
            Some(id) => {
                let last = self.view.submission(Some(id))?.and_then(|one| one.last);
                Some(Other { id, receipt: last.map(|last| last.receipt.number) })
            }
        };
        let replaced_by = match of.state() {
            ListState::Accepted => self.in_place_of(of.id(), false)?,
            ListState::Pending => self.in_place_of(of.id(), true)?,
            // it holds no more, or never did, by itself
            _ => None,
        };
        let mut proposals = Vec::new();
        for one in self.view.replacing(of.id())? {
            let is_proposed = one.last.as_ref().is_some_and(|last| last.about.is_some());
            if is_proposed && State::of(&one.phase, one.decision()) == State::Pending {
                proposals.push(Other { id: one.id(), receipt: one.last.map(|last| last.receipt.number) });
            }
        }
        Ok(Succession { replaces, replaced_by, proposals })
    }

    /// What holds in the place of this one, or waits in it; through those in between that do neither.
    fn in_place_of(&self, id: SubmissionId, waiting: bool) -> Result<Option<Other>, Trouble> {
        let (mut seen, mut next) = (HashSet::from([id]), vec![id]);
        while let Some(id) = next.pop() {
            for one in self.view.replacing(id)? {
                let holds = match State::of(&one.phase, one.decision()) {
                    State::Accepted => true,
                    // what another body proposes is in nobody's stead yet
                    State::Pending => waiting && one.last.as_ref().is_some_and(|last| last.about.is_none()),
                    _ => false,
                };
                if holds {
                    return Ok(Some(Other { id: one.id(), receipt: one.last.map(|last| last.receipt.number) }));
                }
                if seen.insert(one.id()) {
                    next.push(one.id());
                }
            }
        }
        Ok(None)
    }

    /// Whether what lies in this participant's folder under this name and inode was left there and has its answer.
    pub fn is_answered_in_place(&self, slug: &str, name: &str, inode: u64) -> Result<bool, Trouble> {
        let left = self.view.find_left(slug, name, inode)?;
        Ok(left.is_some_and(|left| left.last.is_some()))
    }

    /// All that are accepted, or wait for an approval, and have not fallen, in order of arrival. Each is read.
    pub fn accepted(&self) -> Result<Vec<SubmissionId>, Trouble> {
        let mut accepted = Vec::new();
        self.view.backwards(|id| {
            accepted.extend(self.view.submission(Some(id))?.filter(|one| one.is_loaded()).map(|one| one.id()));
            Ok::<_, Trouble>(true)
        })?;
        accepted.reverse();
        Ok(accepted)
    }

    /// Shows each submission, the newest first; none is kept.
    ///
    /// # Errors
    /// As [`Known::read`].
    pub fn each(&self, mut see: impl FnMut(&Submission)) -> Result<(), Trouble> {
        self.view.backwards(|id| {
            self.get(id)?.iter().for_each(|(submission, _)| see(submission));
            Ok::<_, Trouble>(true)
        })
    }

    /// Of those that fit, the last so many, in order of arrival; nothing older is read than must be.
    pub fn last(&self, count: usize, fits: impl Fn(&Submission) -> bool) -> Result<Vec<Submission>, Trouble> {
        let mut found = Vec::new();
        if count == 0 {
            return Ok(found);
        }
        self.view.backwards(|id| {
            found.extend(self.get(id)?.map(|(submission, _)| submission).filter(&fits));
            Ok::<_, Trouble>(found.len() < count)
        })?;
        found.reverse();
        Ok(found)
    }
}

/// The submission of which these entries tell.
fn folded(entries: &[(Entry, Position)]) -> Result<Option<Submission>, Unfit> {
    let mut records = Records::default();
    for (entry, behind) in entries {
        records.take(entry.clone(), *behind)?;
    }
    Ok(records.submissions.pop())
}

impl From<LedgerError> for Trouble {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Journal(error) => error.into(),
            LedgerError::Impossible(_) => Self::broken(format!("journal: {error}; pencere audit verify says more")),
            other => Self::broken(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests;
