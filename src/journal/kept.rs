//! What of evidence an event names: the one list by which evidence is walked, copied and mended.

use super::{Event, HeldFile, KeptFile};
use crate::evidence::{Kept, Location};

impl Event {
    /// Lets go where the files lie that it names: they are to be found by their digests, wherever they are.
    pub fn lies_anywhere(&mut self) {
        let anywhere = Location::Object;
        match self {
            Self::Held(held) => {
                held.document.location = anywhere;
                held.detached.iter_mut().for_each(|file| file.location = anywhere);
            }
            Self::Answered(answered) => {
                answered.receipt.location = anywhere;
                answered.dossier.iter_mut().for_each(|kept| kept.location = anywhere);
            }
            Self::Path(path) => path.location = anywhere,
            _ => {}
        }
    }

    /// All that this event promises to lie in evidence, in the order in which it came there.
    pub fn kept(&self) -> Vec<Kept> {
        match self {
            Self::Held(held) => std::iter::once(&held.document).chain(&held.detached).map(HeldFile::kept).collect(),
            Self::Answered(answered) => {
                let dossier = answered.dossier.as_ref().map(KeptFile::kept);
                std::iter::once(answered.receipt.kept()).chain(dossier).collect()
            }
            Self::Path(path) => vec![path.kept()],
            event => event.files_kept().iter().map(KeptFile::kept).collect(),
        }
    }
}
