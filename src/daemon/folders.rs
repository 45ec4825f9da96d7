//! The drop folders of a running window: opened at start, at a reload and at every rescan.
//!
//! Owns what is done about a folder that cannot be opened, recovered or read: it is told once, tried
//! again at each rescan, and never keeps the other participants from being served. What lies in the
//! folders is intake's.

use super::window::{Halt, Window};
use crate::advice::Advice;
use crate::document::ParticipantName;
use crate::intake::DropFolder;
use crate::intake::folder::Recovered;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::io;

impl Window {
    /// Sees to it that every participant's folder is open and is the one its name leads to, and asks for a
    /// scan of each ([`Window::scan_slices`]). What cannot be is told, and stands in [`Window::shut`].
    ///
    /// # Errors
    /// The ledger: ours, not a folder's.
    pub fn scan(&mut self) -> Result<(), Halt> {
        let open = self.queue.folders().iter().map(|folder| folder.participant().clone());
        let all: BTreeSet<ParticipantName> = open.chain(self.world.registry.participants.keys().cloned()).collect();
        all.iter().try_for_each(|participant| self.scan_by(participant, DropFolder::ask_scan))
    }

    /// The same for one participant, of whose folder events may be missing.
    ///
    /// # Errors
    /// As [`Window::scan`].
    pub fn scan_one(&mut self, participant: &ParticipantName) -> Result<(), Halt> {
        self.scan_by(participant, DropFolder::ask_scan_first)
    }

    fn scan_by(&mut self, participant: &ParticipantName, ask: fn(&mut DropFolder)) -> Result<(), Halt> {
        match self.ready_folder(participant)? {
            Ok(()) => {
                if let Some(folder) = self.queue.folder(participant) {
                    ask(folder);
                }
            }
            Err(error) => self.tell_of_folder(participant, Err(error)),
        }
        Ok(())
    }

    /// Goes on with the scans under way, a slice of each folder: however much lies in one, the others are
    /// served meanwhile. Whether any goes on still.
    pub fn scan_slices(&mut self, now: Timestamp) -> bool {
        for (participant, result) in self.queue.scan_slices(now) {
            self.tell_of_folder(&participant, result);
        }
        self.queue.is_scanning()
    }

    /// How much is ready to be looked at.
    pub(super) fn ready(&mut self, now: Timestamp) -> usize {
        self.queue.ready(now).into_iter().sum()
    }

    /// Opens every participant's folder, without a look at what lies there.
    ///
    /// # Errors
    /// As [`Window::scan`].
    pub(super) fn open_folders(&mut self) -> Result<(), Halt> {
        let all: Vec<ParticipantName> = self.world.registry.participants.keys().cloned().collect();
        for participant in &all {
            let result = self.ready_folder(participant)?;
            self.tell_of_folder(participant, result);
        }
        Ok(())
    }

    /// Whose folders cannot be used, and why.
    pub fn shut(&self) -> impl Iterator<Item = (&ParticipantName, &str)> {
        self.shut.iter().map(|(participant, why)| (participant, why.as_str()))
    }

    fn ready_folder(&mut self, participant: &ParticipantName) -> Result<io::Result<()>, Halt> {
        let is_new = match self.queue.folder(participant) {
            None => true,
            Some(folder) if folder.is_replaced() => false,
            Some(_) => return Ok(Ok(())),
        };
        // What was taken and is safe must not be given back by the recovery of the new handle.
        self.learn()?;
        self.ledger.position()?;
        if let Some(ahead) = &mut self.ahead {
            self.sources.append(&mut ahead.sources);
        }
        self.release_sources();
        Ok(self.open_folder(participant, is_new).map(|recovered| {
            if !is_new {
                tracing::warn!(advice = %Advice::FolderUnusable,
                    %participant, "the drop folder was replaced while the window runs; the new one is open");
            }
            if recovered.given_back + recovered.stranded > 0 {
                let Recovered { given_back, stranded, .. } = recovered;
                tracing::info!(%participant, given_back, stranded,
                    "files that an interrupted run had taken lie in their folder again");
            }
        }))
    }

    /// A folder that was never open is made where that is allowed. One that was open and is gone is
    /// not: whoever replaces it is about to put another in its place.
    fn open_folder(&mut self, participant: &ParticipantName, is_new: bool) -> io::Result<Recovered> {
        let settings = self.settings();
        let home = settings.window.paths.drop.join(participant.as_str());
        let intake = settings.intake;
        if is_new && DropFolder::make(&home)? {
            tracing::warn!(advice = %Advice::FolderUnusable, %participant, folder = %home.display(),
                "the participant's drop folder was missing and was made; see to its owner and mode");
        }
        let mut folder = DropFolder::open(participant.clone(), &home, intake)?;
        let ledger = &self.ledger;
        let recovered = folder.recover(&|id| matches!(ledger.state(id), Ok(Some(_))))?;
        self.queue.put(folder);
        Ok(recovered)
    }

    /// Tells once of a folder that cannot be used, and once that it can be again.
    fn tell_of_folder(&mut self, participant: &ParticipantName, result: io::Result<()>) {
        match result {
            Ok(()) => {
                if self.shut.remove(participant).is_some() {
                    // what was left for it is published by the same rescan
                    tracing::info!(%participant, "the participant's drop folder is open again");
                }
            }
            Err(error) => {
                let why = error.to_string();
                if self.shut.get(participant) != Some(&why) {
                    tracing::error!(advice = %Advice::FolderUnusable, %participant, why,
                        "the participant's drop folder cannot be used and is left out, all others are served; \
                         mend its name, owner or mode (in/ and receipts/): it is tried again at each rescan");
                    self.shut.insert(participant.clone(), why);
                }
            }
        }
    }
}
