//! What a window asks of a seal that is another process, and what it is told: JSON in frames, each behind its length.
//!
//! Owns the form of both, and its bounds. A frame is never made room for before its octets are there, and what is not
//! exactly of this form is refused. Never judges what is asked (`keeper.rs`), and never believes what is told
//! (`apart.rs`).

use super::commitment::Commitment;
use super::{Again, OutcomeRecord, Sealed};
use crate::document::{Digest, SubmissionId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};

/// The form of these frames; a window and its seal are of one version, or do not speak.
pub(super) const VERSION: u32 = 1;

/// The longest frame, in octets. A receipt stays far below a mebibyte, and a group has at most some dozens; a
/// commitment adds some kilobytes to each.
pub(super) const FRAME_MAX: usize = 128 << 20;

/// What is asked, of records that lie elsewhere or are its own.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Ask<R, C> {
    /// Comes first, and once.
    Hello(Hello),
    /// Seal a group.
    Seal(Vec<(R, C)>),
    /// The answer to [`Reply::Stamp`]: tokens in Base64, in the order of what they are over.
    Tokens(Vec<Option<String>>),
    /// Make all acts durable.
    Sync,
    /// What was sealed as this answer?
    Again(SubmissionId, u32),
    /// The same, without its receipt.
    Outcome(SubmissionId, u32),
    /// Which numbers were given in this year, and which comes next?
    Numbers(i16),
}

/// Who asks.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hello {
    pub version: u32,
    /// The window's id, name and environment, as its receipts are to say them.
    pub id: String,
    pub name: String,
    pub environment: String,
    /// Whether it has time stamped on receipts.
    pub stamps: bool,
}

/// What is told.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Reply {
    /// To [`Ask::Hello`].
    Welcome(Box<Welcome>),
    /// To [`Ask::Seal`].
    Sealed(Vec<Sealed>),
    /// In the middle of [`Ask::Seal`]: time is to be stamped on these.
    Stamp(Vec<String>),
    /// To [`Ask::Sync`].
    Synced,
    /// To [`Ask::Again`].
    Again(Option<Box<Again>>),
    /// To [`Ask::Outcome`].
    Outcome(Option<Box<OutcomeRecord>>),
    /// To [`Ask::Numbers`].
    Numbers(Numbers),
    /// To anything.
    Refused(Refusal),
}

/// What a seal says of itself.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Welcome {
    /// The SHA-256 of its certificate.
    pub certificate: Digest,
    /// The years in which it gave numbers.
    pub years: Vec<i16>,
    /// The place in the transparency log that was given to the last act, with its number.
    pub last: Option<(String, Commitment)>,
}

/// The numbers of one year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Numbers {
    /// The last that was given; 0 before the first.
    pub last: u64,
    /// The next, within the year and whole.
    pub next: (u64, String),
}

/// Why something was not done.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Refusal {
    /// In words, for the log.
    pub told: String,
    /// Whether it may be done after a restart: a full disk, a token that was away.
    pub may_pass: bool,
}

/// Sends one frame.
///
/// # Errors
/// What the system says; a frame that is longer than one may be.
pub(super) fn send(mut stream: impl Write, what: &impl Serialize) -> io::Result<()> {
    let mut frame = vec![0; 4];
    serde_json::to_writer(&mut frame, what)?;
    let length = frame.len() - 4;
    if length > FRAME_MAX {
        return Err(too_long(length));
    }
    frame[..4].copy_from_slice(&(length as u32).to_be_bytes());
    stream.write_all(&frame)?;
    stream.flush()
}

/// Receives one frame; none where the other side has ended before it.
///
/// # Errors
/// What the system says; a frame that breaks off, is longer than one may be, or is of another form.
pub(super) fn receive<T: DeserializeOwned>(mut stream: impl Read) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    let first = loop {
        match stream.read(&mut length) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => break other?,
        }
    };
    if first == 0 {
        return Ok(None);
    }
    stream.read_exact(&mut length[first..])?;
    let length = u32::from_be_bytes(length) as usize;
    if length > FRAME_MAX {
        return Err(too_long(length));
    }
    let mut frame = Vec::new(); // grows with what comes, not with what is promised
    stream.take(length as u64).read_to_end(&mut frame)?;
    if frame.len() < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(serde_json::from_slice(&frame)?))
}

fn too_long(length: usize) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("a frame of {length} octets; at most {FRAME_MAX} are spoken"))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Asked = Ask<OutcomeRecord, Commitment>;

    fn sent(what: &Ask<&OutcomeRecord, &Commitment>) -> Vec<u8> {
        let mut octets = Vec::new();
        send(&mut octets, what).unwrap();
        octets
    }

    #[test]
    fn a_frame_comes_as_it_was_sent_and_two_come_apart() {
        let both = [sent(&Ask::Sync), sent(&Ask::Numbers(2026))].concat();
        let mut read = &both[..];
        assert!(matches!(receive(&mut read), Ok(Some(Asked::Sync))));
        assert!(matches!(receive(&mut read), Ok(Some(Asked::Numbers(2026)))));
        assert!(matches!(receive::<Asked>(&mut read), Ok(None)));
    }

    #[test]
    fn what_is_no_whole_frame_of_this_form_is_refused() {
        let good = sent(&Ask::Numbers(2026));
        for end in 1..good.len() {
            assert!(receive::<Asked>(&good[..end]).is_err(), "{end}");
        }
        let framed = |json: &str| [&(json.len() as u32).to_be_bytes()[..], json.as_bytes()].concat();
        for wrong in ["", "{}", "\"stop\"", "{\"numbers\":40000}", "\"sync\" ,", "{\"sync\":1}", "{\"hello\":{}}"] {
            assert!(receive::<Asked>(&framed(wrong)[..]).is_err(), "{wrong}");
        }
        // four gibibytes are promised, and none of them is made room for
        assert_eq!(receive::<Asked>(&[0xff; 64][..]).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
