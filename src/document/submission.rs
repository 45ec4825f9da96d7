//! A submission's own marks: its id, revision, content and the decision on it.

use super::Digest;
use std::fmt;
use std::str::FromStr;
use std::sync::Mutex;
use uuid::{ContextV7, Uuid};

/// The namespace of a submission in XML (CONTRACT 3).
pub const SUBMISSION_NAMESPACE: &str = "urn:boemis:submission:1";

/// The id of one submission: a UUID of version 7, so that ids sort by arrival.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubmissionId(Uuid);

/// Counts within one millisecond, so that ids made by one process rise (RFC 9562 6.2).
static CONTEXT: Mutex<ContextV7> = Mutex::new(ContextV7::new());

impl SubmissionId {
    /// A new id for something that arrives now. Made once, before anything is kept under it. While
    /// the clock stands or rises, so do the ids.
    pub fn new(now: jiff::Timestamp) -> Self {
        let seconds = now.as_second().max(0) as u64;
        let nanos = now.subsec_nanosecond().max(0) as u32;
        Self(Uuid::new_v7(uuid::Timestamp::from_unix(&CONTEXT, seconds, nanos)))
    }
}

impl SubmissionId {
    /// Its 16 octets; they sort as the ids do.
    pub fn octets(self) -> [u8; 16] {
        self.0.into_bytes()
    }

    /// An id that was kept as its octets.
    pub fn from_octets(octets: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(octets))
    }

    /// From now on every new id of this process is above this one: an earlier process may have made
    /// it by a clock that was ahead.
    pub fn rise_above(known: Self) {
        if let Some((seconds, nanos)) = known.0.get_timestamp().map(|made| made.to_unix()) {
            // The counter within the millisecond is not known: the next one is above all of it. An
            // id that is thrown away moves the context there, which never goes back.
            let millis = seconds.saturating_mul(1000).saturating_add(u64::from(nanos / 1_000_000)).saturating_add(1);
            let nanos = u32::try_from(millis % 1000).unwrap_or(0) * 1_000_000;
            Uuid::new_v7(uuid::Timestamp::from_unix(&CONTEXT, millis / 1000, nanos));
        }
    }
}

impl fmt::Display for SubmissionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for SubmissionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for SubmissionId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        Uuid::try_parse(text).map(Self)
    }
}

impl serde::Serialize for SubmissionId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for SubmissionId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Which version of a statement this is: 1 to 9999; a higher one supersedes (CONTRACT 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(u16);

impl Revision {
    /// The number itself.
    pub fn get(self) -> u16 {
        self.0
    }
}

impl FromStr for Revision {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let plain = (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
        match plain.then(|| text.parse()) {
            Some(Ok(number)) => Ok(Self(number)),
            _ => Err("a revision is a whole number from 1 to 9999"),
        }
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The digest of a submission's content: the covered octets without signatures, whatever the
/// packaging, name or channel (CONTRACT 3). Equal contents are duplicates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Content(pub Digest);

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The window's word on a submission (CONTRACT 4 and 5). There is no default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// Loaded into BOEMİS.
    Accepted,
    /// Not loaded; the sender can mend it.
    Rejected,
    /// The same content stands, is pending or is held already.
    Duplicate,
    /// Waits for an approval.
    Pending,
    /// Safe in the window; nobody can tell yet.
    Held,
    /// Accepted before, and put in doubt by a later revocation.
    Contested,
}

impl Decision {
    /// The word as the contract writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Duplicate => "duplicate",
            Self::Pending => "pending",
            Self::Held => "held",
            Self::Contested => "contested",
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_made_within_one_instant_rise() {
        let now = "2026-11-21T12:00:00.123456789Z".parse().unwrap();
        let ids: Vec<SubmissionId> = (0..2000).map(|_| SubmissionId::new(now)).collect();
        assert!(ids.is_sorted_by(|one, next| one < next));
    }

    #[test]
    fn ids_rise_above_what_an_earlier_process_made_by_a_clock_that_was_ahead() {
        let ahead: SubmissionId = "01ffffff-ffff-7fff-bfff-ffffffffffff".parse().unwrap();
        SubmissionId::rise_above(ahead);
        let ids: Vec<SubmissionId> =
            (0..2000).map(|_| SubmissionId::new("2020-01-01T00:00:00Z".parse().unwrap())).collect();
        assert!(ahead < ids[0] && ids.is_sorted_by(|one, next| one < next), "{ahead} {}", ids[0]);
    }
}
