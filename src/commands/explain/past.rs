//! What the journal and evidence have of one submission: all that its verdicts are repeated from.
//!
//! Reads the journal once more, for this submission and for what it names; of a submission that was taken in with an
//! archive unit, what the unit has of it. Never writes, and never looks at today's configuration but for where the
//! records lie.

use super::shelf::Shelf;
use crate::commands::archive::Found;
use crate::commands::records::{self, Known, Submission, Succession};
use crate::commands::{Trouble, WindowArgs, archive, files};
use crate::config::Settings;
use crate::daemon::grounds::Grounds;
use crate::daemon::judgement::Judge;
use crate::document::{Digest, SubmissionId};
use crate::evidence::Kept;
use crate::forms::certificate::Certificate;
use crate::forms::note::LogKey;
use crate::journal::{Answered, Contested, Entry, Event, Held, InForce, KeptFile, KeptPath};
use jiff::Timestamp;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// One submission, as far as records go.
pub(in crate::commands) struct Past {
    pub id: SubmissionId,
    /// The document's name for people.
    pub name: String,
    /// None of what was left in its folder.
    pub held: Option<Held>,
    /// Its answers, in their order.
    pub answers: Vec<Answered>,
    /// What put its acceptance in doubt: when, and by which grounds.
    pub doubt: Option<(Timestamp, Contested, Option<InForce>)>,
    /// Of a duplicate: what it repeats, with the answer that this had then.
    pub original: Option<(Held, Answered)>,
    /// What it took the place of, and what took its own since.
    pub succession: Succession,
    /// Its lines in the journal as they stand, each with the chain before it.
    pub lines: Vec<(Digest, Vec<u8>)>,
    /// Of one that was taken in with a unit: its lines as the unit has them, without the chain before each.
    pub exported: Option<Vec<u8>>,
    /// What is kept of the configuration.
    shelf: Shelf,
    /// Paths by which signers were believed.
    paths: HashMap<Digest, KeptPath>,
    /// Where the certificate of the window's log lies.
    log: PathBuf,
}

impl Past {
    /// Of the one submission that is meant.
    ///
    /// # Errors
    /// Usage: nothing is known by that, or several are. Broken: records that cannot be read.
    pub fn find(what: &str, window: &WindowArgs) -> Result<Self, Trouble> {
        let settings = records::settings(window)?;
        let state = &settings.window.paths.state;
        let known = Known::read(state)?;
        let meant = known.meant(what.trim())?;
        match meant.as_slice() {
            [] => Self::taken_in(&settings, what.trim()),
            [one] => Ok(Self { succession: known.succession(one)?, ..Self::read(&settings, one)? }),
            several => {
                let ids: Vec<String> = several.iter().map(|one| one.id().to_string()).collect();
                let (count, ids) = (ids.len(), ids.join("\n  "));
                Err(Trouble::usage(format!("{count} submissions are meant by that; name one by its id:\n  {ids}")))
            }
        }
    }

    fn read(settings: &Settings, submission: &Submission) -> Result<Self, Trouble> {
        let mut past = Self::empty(submission.id(), submission.name(), settings);
        let original = submission.last.as_ref().and_then(|answered| answered.original);
        let (mut of_original, mut in_force): (Option<Held>, _) = (None, None);
        let mut journal = records::journal(&settings.window.paths.state)?;
        while let Some((Entry { time, event }, _)) = journal.next()? {
            past.shelf.note(&event);
            in_force = event.comes_into_force().or(in_force);
            let id = event.id();
            if id == Some(past.id) {
                past.lines.push((journal.before(), journal.line().to_owned()));
            }
            match event {
                Event::Held(held) if id == Some(past.id) => past.held = Some(*held),
                Event::Held(held) if original.is_some() && id == original => of_original = Some(*held),
                Event::Answered(answered) if id == Some(past.id) => past.answers.push(*answered),
                Event::Answered(answered) if original.is_some() && id == original => {
                    let is_before = !past.answers.iter().any(|mine| mine.original == original);
                    if let Some(held) = of_original.clone().filter(|_| is_before) {
                        past.original = Some((held, *answered));
                    }
                }
                Event::Contested(contested) if id == Some(past.id) => {
                    past.doubt = Some((time, *contested, in_force.clone()));
                }
                Event::Path(path) => drop(past.paths.insert(path.signer, *path)),
                _ => {}
            }
        }
        Ok(past)
    }

    fn empty(id: SubmissionId, name: String, settings: &Settings) -> Self {
        Self {
            id,
            name,
            held: None,
            answers: Vec::new(),
            doubt: None,
            original: None,
            succession: Succession::default(),
            lines: Vec::new(),
            exported: None,
            shelf: Shelf::new(settings),
            paths: HashMap::new(),
            log: settings.transparency.key.certificate.clone(),
        }
    }

    /// Of a submission of another window, from the units that were taken in: the latest that is meant.
    fn taken_in(settings: &Settings, what: &str) -> Result<Self, Trouble> {
        let all = archive::taken_in(settings)?;
        let found = all.last(|found| found.is_meant(what));
        let id = found.and_then(|found| Some((found, found.row.id.parse().ok()?)));
        let (found, id) = id.ok_or_else(|| {
            all.missing(format!(
                "nothing is known here by {what:?}: neither an id, nor a receipt's number, a file's name or a SHA-256"
            ))
        })?;
        let unit = archive::Told::read(settings, found)?;
        let mut past = Self::empty(id, found.row.name.clone(), settings);
        past.exported = Some(unit.lines.clone());
        for Kept { sha256, size, location } in unit.kept() {
            past.shelf.put(KeptFile { sha256, size, location });
        }
        for (signer, Kept { sha256, size, location }) in unit.paths() {
            past.paths.insert(signer, KeptPath { signer, sha256, size, location });
        }
        for Entry { time, event } in unit.entries()? {
            match event {
                Event::Held(held) => past.held = Some(*held),
                Event::Answered(answered) => past.answers.push(*answered),
                Event::Contested(contested) => past.doubt = Some((time, *contested, unit.doubted_by()?)),
                _ => {}
            }
        }
        if let Some(original) = past.answers.iter().rev().find_map(|answered| answered.original) {
            let original = original.to_string();
            let of_it = all.last(|found| found.row.id == original);
            past.original = of_it.map(|found| original_of(settings, found, &past.answers)).transpose()?.flatten();
        }
        Ok(past)
    }

    /// What is kept of the configuration.
    pub fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// Who judged by these grounds, and what they were.
    ///
    /// # Errors
    /// As [`Shelf::judge`].
    pub fn judge(&mut self, grounds: Digest, taken: Timestamp) -> Result<Arc<(Grounds, Judge)>, Trouble> {
        self.shelf.judge(grounds, taken)
    }

    /// The path by which a signer was believed first; none when it was never kept.
    ///
    /// # Errors
    /// As [`Shelf::octets`].
    pub fn path(&self, signer: Digest) -> Result<Option<Vec<Certificate>>, Trouble> {
        let Some(kept) = self.paths.get(&signer).map(KeptPath::kept) else { return Ok(None) };
        let what = format!("the path of the certificate {signer}");
        let octets = self.shelf.octets(&what, &kept)?;
        let path = Certificate::from_file(&octets).map_err(|why| Trouble::broken(format!("{what}: {why}")))?;
        Ok(Some(path))
    }

    /// The certificate of this log's key: the window's own, or what came in the unit that the submission was taken in
    /// with; none where it is another key's, or not there.
    pub fn log(&self, key: &LogKey) -> Option<Certificate> {
        /// Larger files hold no certificate of a log, in octets.
        const CERTIFICATE_MAX: u64 = 4096;
        let is_its = |one: &Certificate| files::log_key(one, key.name()).as_ref() == Some(key);
        if self.exported.is_none() {
            return files::certificate(&self.log).ok().filter(is_its);
        }
        // a unit tells its files by their digests alone
        let small = self.shelf.files().filter(|file| file.size <= CERTIFICATE_MAX);
        let octets = small.filter_map(|file| self.shelf.octets("a certificate", &file.kept()).ok());
        octets.filter_map(|octets| Certificate::from_file(&octets).ok()).flatten().find(is_its)
    }
}

/// What a duplicate repeats, with the answer that this had when the duplicate was answered.
fn original_of(settings: &Settings, found: &Found, answers: &[Answered]) -> Result<Option<(Held, Answered)>, Trouble> {
    let unit = archive::Told::read(settings, found)?;
    let repeated = answers.iter().filter(|answered| answered.original.is_some());
    let first = repeated.map(|answered| answered.receipt.number.as_str()).next();
    let (mut held, mut last) = (None, None);
    for Entry { event, .. } in unit.entries()? {
        match event {
            Event::Held(one) => held = Some(*one),
            // numbers of one window and year are given in order, and have one length
            Event::Answered(one) if first.is_none_or(|first| one.receipt.number.as_str() < first) => last = Some(*one),
            _ => {}
        }
    }
    Ok(held.zip(last))
}
