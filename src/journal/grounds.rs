//! What the journal says of the grounds of verdicts: which files of the configuration lie in evidence, and
//! by which of them was judged from when on.
//!
//! Acts of the window, beside the path of a document: their names and facts are told here alone.

use super::event::{Event, KeptFile};
use crate::document::Digest;
use crate::evidence::Location;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The act by which files of the configuration came into evidence.
const KEPT: &str = "configuration-kept";
/// The act from which on is judged by these grounds.
const GROUNDS: &str = "grounds";
/// Files that one line speaks of at most: a hundred octets each, far below the longest line.
const FILES_MAX: usize = 512;

/// From when on is judged by what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InForce {
    /// The digest of the list of all that is judged by.
    pub grounds: Digest,
    /// When the trust snapshot among them was taken.
    pub taken: Timestamp,
    /// The program's version.
    pub version: String,
}

impl Event {
    /// Says that these files of the configuration lie in evidence, in as many lines as it takes.
    pub fn keeping(files: &[KeptFile]) -> impl Iterator<Item = Self> + '_ {
        files.chunks(FILES_MAX).map(|some| {
            let facts = some.iter().map(|kept| (kept.sha256.to_string(), place(kept))).collect();
            Self::of_window(KEPT, None, facts)
        })
    }

    /// Says by what is judged from here on.
    pub fn in_force(now: &InForce) -> Self {
        let InForce { grounds, taken, version } = now;
        let facts = [("grounds", grounds.to_string()), ("taken", taken.to_string()), ("version", version.clone())];
        Self::of_window(GROUNDS, None, facts.map(|(name, fact)| (name.to_owned(), fact)).into())
    }

    /// The files of the configuration that came into evidence with this event.
    pub fn files_kept(&self) -> Vec<KeptFile> {
        match self {
            Self::Act { act, facts, .. } if act == KEPT => {
                facts.iter().filter_map(|(sha256, place)| read(sha256, place)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// By what is judged from this event on, if it says so.
    pub fn comes_into_force(&self) -> Option<InForce> {
        match self {
            Self::Act { act, facts, .. } if act == GROUNDS => Some(InForce {
                grounds: facts.get("grounds")?.parse().ok()?,
                taken: facts.get("taken")?.parse().ok()?,
                version: facts.get("version")?.clone(),
            }),
            _ => None,
        }
    }
}

/// `<size> object`, or `<size> <pack> <offset>`.
fn place(kept: &KeptFile) -> String {
    match kept.location {
        Location::Object => format!("{} object", kept.size),
        Location::Pack { number, offset } => format!("{} {number} {offset}", kept.size),
    }
}

fn read(sha256: &str, place: &str) -> Option<KeptFile> {
    let (size, place) = place.split_once(' ')?;
    let location = match place.split_once(' ') {
        None => (place == "object").then_some(Location::Object)?,
        Some((number, offset)) => Location::Pack { number: number.parse().ok()?, offset: offset.parse().ok()? },
    };
    Some(KeptFile { sha256: sha256.parse().ok()?, size: size.parse().ok()?, location })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_read_again() {
        let kept = |text: &str, location| KeptFile { sha256: Digest::of(text.as_bytes()), size: 7, location };
        let mut files = vec![kept("a", Location::Object), kept("b", Location::Pack { number: 3, offset: 15 })];
        files.extend((0..1000u64).map(|n| kept(&n.to_string(), Location::Pack { number: 1, offset: n })));
        let events: Vec<Event> = Event::keeping(&files).collect();
        assert_eq!(events.len(), 2);
        let mut read: Vec<KeptFile> = events.iter().flat_map(Event::files_kept).collect();
        files.sort_by_key(|kept| kept.sha256);
        read.sort_by_key(|kept| kept.sha256);
        assert_eq!(read, files);
        let now =
            InForce { grounds: Digest::of(b"grounds"), taken: Timestamp::UNIX_EPOCH, version: "0.1.0".to_owned() };
        assert_eq!(Event::in_force(&now).comes_into_force(), Some(now));
        assert_eq!(Event::Stopped {}.comes_into_force(), None);
    }
}
