//! What can happen, as the journal tells it: digests and names, never content, never a FİN.

use crate::document::{
    ApprovalStage, Content, DatasetName, Decision, Digest, GivenName, ParticipantName, Period, Revision, SubmissionId,
    Thread,
};
use crate::evidence::{Kept, Location};
use crate::finding::Finding;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One line of the journal: an event and when it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub time: Timestamp,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

/// Something that happened in the window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The window began to work.
    Started {
        /// The program's version.
        version: String,
        /// The digest of each configuration file it read: registry, stations, datasets, trust.
        configuration: BTreeMap<String, Digest>,
    },
    /// The window ended in good order.
    Stopped {},
    /// Configuration was read again.
    Reloaded {
        /// The digest of each file, as found.
        configuration: BTreeMap<String, Digest>,
        /// Why the old one stays in force; none when the new one is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refused: Option<String>,
    },
    /// A submission is safe in the window: its source may be released.
    Held(Box<Held>),
    /// Something that is no regular file lies in a drop folder; it stays there and is answered once.
    RefusedInPlace(Box<RefusedInPlace>),
    /// What is said of a submission stands; its receipt is sealed after this line, with the proof that it is here.
    Decided(Decided),
    /// A receipt was sealed and is in evidence.
    Answered(Box<Answered>),
    /// Nobody can tell yet; it is tried again.
    Deferred {
        /// Which submission.
        id: SubmissionId,
        /// The slug of the finding that holds it.
        finding: String,
        /// Which attempt failed, from 1.
        attempt: u32,
        /// When it is tried again; none when it waits for a person.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<Timestamp>,
    },
    /// The last receipt is where its receiver finds it; nothing is left to do.
    Closed {
        /// Which submission.
        id: SubmissionId,
    },
    /// Revocation data that was issued after its reception takes nothing from an acceptance: it is not
    /// looked at again.
    Settled {
        /// Which submission.
        id: SubmissionId,
        /// When the data was issued, of its last signer.
        issued: Timestamp,
    },
    /// A certificate behind an acceptance was revoked before: it is to leave what holds, and to be answered
    /// so.
    Contested(Box<Contested>),
    /// A signed document took it through a stage that ends its waiting or its holding: to be answered so.
    Ruled(Box<Ruled>),
    /// The path by which a signer's certificate was believed first is in evidence.
    Path(Box<KeptPath>),
    /// The window stopped because it is wrong.
    Halted {
        /// Why.
        why: String,
    },
    /// What a person or the window did beside the path: an approval, a new key, a backup.
    Act {
        /// What was done, a short slug.
        act: String,
        /// Who did it, as the system knows him.
        by: String,
        /// On which submission.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<SubmissionId>,
        /// What else there is to say.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        facts: BTreeMap<String, String>,
    },
}

/// By whom the window's own acts are: there is one name for it, whichever room acts.
const WINDOW: &str = "pencere";

impl Event {
    /// Says what the window did by itself.
    pub fn of_window(act: &str, id: Option<SubmissionId>, facts: BTreeMap<String, String>) -> Self {
        Self::Act { act: act.to_owned(), by: WINDOW.to_owned(), id, facts }
    }

    /// The submission it speaks of.
    pub fn id(&self) -> Option<SubmissionId> {
        match self {
            Self::Held(held) => Some(held.id),
            Self::RefusedInPlace(refused) => Some(refused.id),
            Self::Decided(decided) => Some(decided.id),
            Self::Answered(answered) => Some(answered.id),
            Self::Contested(contested) => Some(contested.id),
            Self::Ruled(ruled) => Some(ruled.id),
            Self::Deferred { id, .. } | Self::Closed { id } | Self::Settled { id, .. } => Some(*id),
            Self::Act { id, .. } => *id,
            Self::Started { .. } | Self::Stopped {} | Self::Reloaded { .. } => None,
            Self::Path(_) | Self::Halted { .. } => None,
        }
    }
}

impl Event {
    /// Whether its line is a leaf of the transparency log: what was said, and the receipt that says it.
    pub fn is_leaf(&self) -> bool {
        matches!(self, Self::Decided(_) | Self::Answered(_))
    }
}

/// What is said of a submission, as the transparency log has it. A stop between this line and the receipt leaves a
/// second one for the same answer, which is judged again; the receipt says which of them it speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Which submission.
    pub id: SubmissionId,
    /// Which of its answers, from 1.
    pub answer: u32,
    /// The word.
    pub decision: Decision,
    /// The digest of all that the receipt says ([`crate::seal::said`]).
    pub said: Digest,
}

/// An acceptance that a later revocation puts in doubt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contested {
    /// Which submission.
    pub id: SubmissionId,
    /// The fingerprint of the signer's certificate.
    pub signer: Digest,
    /// Whether an authority's certificate on the way to the anchor was revoked, and not the signer's own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub authority: bool,
    /// The serial number of the revoked certificate, in decimal.
    pub serial: String,
    /// Since when it is revoked.
    pub revoked: Timestamp,
    /// The moment at which the signature was believed: its reception, or a time-stamp's before that.
    pub moment: Timestamp,
}

/// What a signed document ruled on a submission (S 4.2.1, R 3.4.5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruled {
    /// Which submission.
    pub id: SubmissionId,
    /// What became of it: approved, refused, withdrawn.
    pub stage: ApprovalStage,
    /// The document that says so.
    pub by: SubmissionId,
    /// Its sender.
    pub body: ParticipantName,
    /// Why, in its signer's words, as far as a receipt has room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What an accepted approval did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acted {
    /// On which submission.
    pub on: SubmissionId,
    /// What.
    pub stage: ApprovalStage,
}

/// A path in evidence: certificates in PEM, the signer's first, the anchor last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptPath {
    /// The fingerprint of the signer's certificate.
    pub signer: Digest,
    /// Its SHA-256.
    pub sha256: Digest,
    /// Its size in octets.
    pub size: u64,
    /// Where it lies.
    pub location: Location,
}

impl KeptPath {
    /// The same as evidence knows it.
    pub fn kept(&self) -> Kept {
        Kept { sha256: self.sha256, size: self.size, location: self.location }
    }
}

/// A submission that is safe in the window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Its id, made at arrival.
    pub id: SubmissionId,
    /// Whose channel it came by; none where only the signer can say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participant: Option<ParticipantName>,
    /// The channel: `folder`, `maildir`, `imap`.
    pub channel: String,
    /// When it was received; every judgement is made at this time, also after a crash.
    pub received: Timestamp,
    /// The document.
    pub document: HeldFile,
    /// The detached signature that came with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detached: Option<HeldFile>,
    /// Whether that is the signed mail which the document came in, and not a signature of the document alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mail_signed: bool,
    /// Of what came by mail: the message, so that an answer by mail can refer to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<Thread>,
}

impl Held {
    /// The size of the document and its detached signature together, in octets.
    pub fn size(&self) -> u64 {
        self.document.size.saturating_add(self.detached.as_ref().map_or(0, |file| file.size))
    }
}

/// A file of a held submission: what was given, where it lay, where it lies now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldFile {
    /// Its name as given.
    #[serde(with = "name")]
    pub name: GivenName,
    /// Its SHA-256.
    pub sha256: Digest,
    /// Its size in octets.
    pub size: u64,
    /// Where it lies in evidence.
    pub location: Location,
    /// What the source was, when it was a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
}

impl HeldFile {
    /// The same as evidence knows it.
    pub fn kept(&self) -> Kept {
        Kept { sha256: self.sha256, size: self.size, location: self.location }
    }
}

/// Which file, exactly: a device and inode at a change time, which nobody can set at will.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The device.
    pub device: u64,
    /// The inode on it.
    pub inode: u64,
    /// Size in octets.
    pub size: u64,
    /// Modification time, nanoseconds since 1970.
    pub modified: i64,
    /// Change time (ctime), nanoseconds since 1970.
    pub changed: i64,
}

/// Something in a drop folder that is left where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedInPlace {
    /// The id its receipt bears.
    pub id: SubmissionId,
    /// Whose folder.
    pub participant: ParticipantName,
    /// Its name.
    #[serde(with = "name")]
    pub name: GivenName,
    /// By what it is known again, as intake writes it: its inode, its name, and of a file its
    /// modification time. The same name on another inode is something new.
    pub key: String,
    /// When it was seen.
    pub received: Timestamp,
    /// The slug of the finding.
    pub finding: String,
    /// The finding whole, so that it can be answered after a crash: no file was read for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole: Option<Finding>,
}

impl RefusedInPlace {
    /// Its inode, with which intake's key begins.
    pub fn inode(&self) -> Option<u64> {
        self.key.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    }
}

/// A sealed answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// Which submission.
    pub id: SubmissionId,
    /// 1 for its first answer, 2 for the next, and so on; held answers count too.
    pub answer: u32,
    /// The word.
    pub decision: Decision,
    /// The participant as settled by the signature; the channel's before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participant: Option<ParticipantName>,
    /// The dataset, when read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<DatasetName>,
    /// The period, when read.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "text")]
    pub period: Option<Period>,
    /// The revision, when read.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "text")]
    pub revision: Option<Revision>,
    /// Records read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<u64>,
    /// The digest of the content, when the signature was good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
    /// The fingerprints of the signers' certificates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signers: Vec<Digest>,
    /// By signer the proven moment at which the signature was believed, where that is not the reception.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub proven: BTreeMap<Digest, Timestamp>,
    /// The slugs of the findings, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<String>,
    /// For a duplicate: what it repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<SubmissionId>,
    /// For an acceptance: the digest of its rows in BOEMİS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<Digest>,
    /// For an accepted approval: what it did. Nothing is loaded of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acted: Option<Acted>,
    /// Of what was loaded: the submission that stood before, and whose place it takes (R 3.4.5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<SubmissionId>,
    /// Of a proposal that was loaded: the body in whose place its data are to stand (R 3.13). It is told each answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<ParticipantName>,
    /// The receipt.
    pub receipt: SealedReceipt,
    /// By which grounds it was judged: the digest of the list of them, which lies in evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grounds: Option<Digest>,
    /// What is needed besides to judge it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dossier: Option<KeptFile>,
    /// Who is answered by mail: an act tells of each once a server took it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by_mail: Vec<ParticipantName>,
}

/// A file of ours in evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFile {
    /// Its SHA-256.
    pub sha256: Digest,
    /// Its size in octets.
    pub size: u64,
    /// Where it lies.
    pub location: Location,
}

impl KeptFile {
    /// The same as evidence knows it.
    pub fn kept(&self) -> Kept {
        Kept { sha256: self.sha256, size: self.size, location: self.location }
    }
}

impl From<Kept> for KeptFile {
    fn from(Kept { sha256, size, location }: Kept) -> Self {
        Self { sha256, size, location }
    }
}

/// A receipt as the journal knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedReceipt {
    /// Its number.
    pub number: String,
    /// The name of its file in the receiver's folder.
    pub file_name: String,
    /// Its SHA-256.
    pub sha256: Digest,
    /// Its size in octets.
    pub size: u64,
    /// Where it lies in evidence.
    pub location: Location,
    /// Whether a time-stamp was wanted on it and not to be had.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lacks_stamp: bool,
    /// Its place in the transparency log; none of receipts from before there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logged: Option<Logged>,
}

/// By what the next receipt of the same body ties itself to this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logged {
    /// The digest that its seal signs.
    pub content: Digest,
    /// The size of the log in its checkpoint.
    pub size: u64,
}

impl SealedReceipt {
    /// The same as evidence knows it.
    pub fn kept(&self) -> Kept {
        Kept { sha256: self.sha256, size: self.size, location: self.location }
    }
}

/// A name as text when it is plain, else `{"percent": "%FFx"}`: never both, so never in doubt.
mod name {
    use crate::document::GivenName;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Form {
        Plain(String),
        Odd { percent: String },
    }

    pub fn serialize<S: Serializer>(name: &GivenName, serializer: S) -> Result<S::Ok, S::Error> {
        let shown = name.shown();
        match name.is_plain() {
            true => Form::Plain(shown).serialize(serializer),
            false => Form::Odd { percent: shown }.serialize(serializer),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<GivenName, D::Error> {
        match Form::deserialize(deserializer)? {
            Form::Plain(name) => Ok(GivenName::new(name)),
            Form::Odd { percent } => decode(&percent)
                .map(|octets| GivenName::new(OsString::from_vec(octets)))
                .ok_or_else(|| serde::de::Error::custom("this name is not percent-encoded")),
        }
    }

    fn decode(percent: &str) -> Option<Vec<u8>> {
        let mut octets = Vec::new();
        let mut rest = percent.bytes();
        while let Some(octet) = rest.next() {
            let mut digit = || (rest.next()? as char).to_digit(16);
            octets.push(match octet {
                b'%' => (digit()? * 16 + digit()?) as u8,
                plain => plain,
            });
        }
        Some(octets)
    }
}

/// A value by its printed form.
mod text {
    use serde::{Deserialize, Deserializer, Serializer};
    use std::fmt::Display;
    use std::str::FromStr;

    pub fn serialize<S: Serializer, T: Display>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.collect_str(value),
            None => serializer.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>, T: FromStr>(deserializer: D) -> Result<Option<T>, D::Error>
    where
        T::Err: Display,
    {
        let text = Option::<String>::deserialize(deserializer)?;
        // An empty text is what Period::None prints: a dataset without periods has none to tell.
        text.filter(|text| !text.is_empty()).map(|text| text.parse().map_err(serde::de::Error::custom)).transpose()
    }
}
