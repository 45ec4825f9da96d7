//! The seal: builds, numbers and signs receipts from bounded outcome records.
//!
//! Owns the seal's key (in memory or in a token, nowhere else), the numbers of receipts, and the act log. It
//! builds each receipt itself from an [`OutcomeRecord`] with its own clock, and refuses what
//! contradicts what it sealed before: the caller then halts. Never signs a digest or a text that
//! somebody hands it, and never reads a document.
//!
//! On disk: the act log. A crash leaves it with whole lines and perhaps a torn last one,
//! cut off at the next start; numbers go on without a gap, but where a restore says that it left one (`skips.rs`).

mod acts;
mod apart;
mod call;
mod commitment;
mod content;
mod escape;
mod fault;
mod followed;
mod keeper;
mod key;
mod plain;
mod record;
mod sealed;
mod sealer;
mod skips;
mod stamp;
mod walk;

pub use acts::LogFault;
pub use commitment::{Commitment, Entry, PreviousRecord, SinceRecord};
pub use content::NAMESPACE;
pub(crate) use content::{SAID_BEGINS, SAID_ENDS};

pub use fault::{OpenFault, Refused};
pub use keeper::{Keeper, KeeperFault};
pub use key::KeyPlace;
pub use plain::plain;
pub use record::{FileRecord, OriginalRecord, OutcomeRecord, SignerRecord, TotalRecord};
pub use sealed::{Again, Sealed};
pub use sealer::Sealer;
pub use skips::Skips;
pub use stamp::Stamper;
pub use walk::{ActsReader, Told, last_act, whole_length};

use crate::document::{BAKU, Decision, Digest, SubmissionId};
use crate::forms::certificate::Certificate;
use crate::forms::xades::{self, XadesSigner};
use crate::host::side_by_side;
use acts::{Act, Acts};
use jiff::Timestamp;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Which window answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its id, as documents are addressed to it; the first part of every number.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// `test`, or what the administrator calls the real one.
    pub environment: String,
}

/// What the seal needs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The seal's certificate, PEM (`seal.certificate`).
    pub certificate: PathBuf,
    /// Where its key lies (`seal.key`).
    pub key: KeyPlace,
    /// The act log, `state/seal/acts.log`; it and its folder are made when missing.
    pub acts: PathBuf,
}

/// The seal's only clock.
pub type Now = Box<dyn Fn() -> Timestamp + Send + Sync>;

/// The window's seal.
pub struct Seal {
    signer: XadesSigner,
    window: Window,
    now: Now,
    acts: Acts,
    /// Who has the time stamped on receipts, if anybody.
    stamper: Option<Arc<dyn Stamper>>,
    /// Set once the act log could not be written or synced as it should: nothing is sealed then
    /// until it was read again.
    broken: bool,
}

impl Seal {
    /// Reads key, certificate and act log.
    ///
    /// # Errors
    /// When one of them is missing, wrong or damaged, or another process seals with the same log.
    pub fn open(settings: &Settings, window: Window, now: Now) -> Result<Self, OpenFault> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if !(1..=64).contains(&window.id.len()) || !window.id.bytes().all(plain) {
            return Err(OpenFault::WindowId(window.id));
        }
        let certificate = certificate_of(settings)?;
        let key = settings.key.open(&certificate)?;
        let signer = XadesSigner::new(key, certificate)?;
        let acts = Acts::open(&settings.acts)?;
        Ok(Self { signer, window, now, acts, stamper: None, broken: false })
    }

    /// Has each receipt that is sealed from now on time-stamped (XAdES-B-T), as far as that is to be had.
    pub fn stamped_by(self, stamper: Arc<dyn Stamper>) -> Self {
        Self { stamper: Some(stamper), ..self }
    }

    /// Seals a group and makes its acts durable with one sync. Each outcome comes with its place in the transparency
    /// log; of the receipts of one body in a group, each is tied to the one before.
    ///
    /// The same answer with the same outcome, asked for again, gives the same octets again: number,
    /// time, place in the log, signature value and time-stamp come from the act log. (After a renewal of the
    /// certificate or of a finding's wording the octets differ; number and time never do.)
    ///
    /// # Errors
    /// [`Refused`]; of the group nothing is sealed then.
    pub fn seal<'a>(&mut self, asked: impl IntoIterator<Item = Asked<'a>>) -> Result<Vec<Sealed>, Refused> {
        let sealed = self.seal_unsynced(asked)?;
        self.sync()?;
        Ok(sealed)
    }

    /// As [`Seal::seal`], without the sync: no receipt may leave the window before [`Seal::sync`].
    /// For those who sync other files at the same time.
    ///
    /// # Errors
    /// As [`Seal::seal`].
    pub fn seal_unsynced<'a>(&mut self, asked: impl IntoIterator<Item = Asked<'a>>) -> Result<Vec<Sealed>, Refused> {
        if self.broken {
            return Err(Refused::Broken);
        }
        let mut group = Group::default();
        let (mut sealed, mut numbered) = (Vec::new(), Vec::new());
        for (record, commitment) in asked {
            if group.latest.contains_key(&record.id) {
                // its act must be known before another answer to the same submission is looked at
                self.write_all(std::mem::take(&mut numbered), &mut group, &mut sealed)?;
            }
            numbered.push(self.number(record, commitment, &mut group)?);
        }
        self.write_all(numbered, &mut group, &mut sealed)?;
        if !group.acts.is_empty()
            && let Err(fault) = self.acts.append(&group.acts)
        {
            // a full disk leaves the log as it was; the group may be tried again once there is room
            self.broken = !self.acts.is_whole();
            return Err(fault.into());
        }
        Ok(sealed)
    }

    /// What was sealed as this answer before, and what its receipt would be today. None when nothing was. For whoever
    /// was told of no seal: what was sealed is said, whatever a later judgement would come to. [`Seal::sync`] as ever.
    ///
    /// # Errors
    /// As [`Seal::seal`].
    pub fn again(&self, id: SubmissionId, answer: u32) -> Result<Option<Again>, Refused> {
        if self.broken {
            return Err(Refused::Broken);
        }
        let Some(act) = self.acts.find(id, answer)? else { return Ok(None) };
        let draft = self.draft(&act.record, &act.number, act.issued, act.log.as_ref());
        let (today, _) = self.write(&draft, Some(Made::of(&act)))?;
        Ok(Some(Again { record: act.record, was: act.sealed, today }))
    }

    /// The years in which it gave numbers.
    pub fn years(&self) -> impl Iterator<Item = i16> {
        self.acts.years()
    }

    /// The last number that it gave in a year; what a restore leaves out comes behind it.
    pub fn last_ordinal(&self, year: i16) -> u64 {
        self.acts.last_of(year)
    }

    /// The number that it gives next in a year: within the year, and whole.
    pub fn next_number(&self, year: i16) -> (u64, String) {
        let ordinal = self.acts.next(year);
        (ordinal, self.numbered(year, ordinal))
    }

    /// The place in the transparency log that was given to the last act, with its number; none where that has none.
    ///
    /// # Errors
    /// The act log.
    pub fn last_commitment(&self) -> Result<Option<(String, Commitment)>, Refused> {
        Ok(self.acts.last()?.and_then(|act| Some((act.number, act.log?))))
    }

    fn numbered(&self, year: i16, ordinal: u64) -> String {
        format!("{}-{year:04}-{ordinal:06}", self.window.id)
    }

    /// The year and the place in it that a receipt's number says, `ID-YYYY-NNNNNN`; the id may have been another.
    pub fn place_of(number: &str) -> Option<(i16, u64)> {
        let (rest, ordinal) = number.rsplit_once('-')?;
        let (_, year) = rest.rsplit_once('-')?;
        Some((year.parse().ok()?, ordinal.parse().ok()?))
    }

    /// What was sealed as this answer, without its receipt.
    ///
    /// # Errors
    /// The act log.
    pub fn outcome(&self, id: SubmissionId, answer: u32) -> Result<Option<OutcomeRecord>, Refused> {
        Ok(self.acts.find(id, answer)?.map(|act| act.record))
    }

    /// Makes all acts durable.
    ///
    /// # Errors
    /// What the disk says; the seal then seals nothing more until it is opened again, since nobody
    /// knows which lines a failed sync has lost.
    pub fn sync(&mut self) -> Result<(), Refused> {
        self.acts.sync().map_err(|fault| {
            self.broken = true;
            Refused::Log(fault.into())
        })
    }

    /// Looks whether the record may be sealed, and gives it its number, or finds the one it has.
    fn number<'a>(
        &self,
        record: &'a OutcomeRecord,
        commitment: Commitment,
        group: &mut Group,
    ) -> Result<Numbered<'a>, Refused> {
        let (id, answer) = (record.id, record.answer);
        if let Some(what) = record.unbounded() {
            return Err(Refused::Unbounded { id, what });
        }
        let outcome = record.digest();
        if let Some(act) = self.before(id, answer, group)? {
            if act.outcome != outcome {
                return Err(Refused::OtherOutcome { id, answer, number: act.number });
            }
            return Ok(Numbered { record, act, again: Some(commitment) });
        }
        let last = match group.latest.get(&id) {
            Some(&latest) => Some(latest),
            None => self.acts.latest(id)?.map(|latest| (latest.answer, latest.decision)),
        };
        let next = last.map_or(1, |(answer, _)| answer.saturating_add(1));
        if answer != next {
            return Err(Refused::OutOfTurn { id, asked: answer, next });
        }
        match last {
            Some((_, before)) if !may_follow(before, record.decision) => {
                return Err(Refused::CannotFollow { id, before, after: record.decision });
            }
            // contested means: accepted before, and now in doubt
            None if record.decision == Decision::Contested => {
                return Err(Refused::CannotFollow { id, before: record.decision, after: record.decision });
            }
            _ => {}
        }
        let now = (self.now)();
        let issued = Timestamp::from_second(now.as_second()).unwrap_or(now);
        let year = BAKU.to_datetime(issued).year();
        let ordinal = *group.next.entry(year).or_insert_with(|| self.acts.next(year));
        let number = self.numbered(year, ordinal);
        group.next.insert(year, ordinal.saturating_add(1));
        group.latest.insert(id, (answer, record.decision));
        let (decision, value) = (record.decision, String::new());
        // digest and value come with the signature
        let (act, record_of) = (acts::FORMAT, record.clone());
        let act = Act {
            act,
            year,
            ordinal,
            number,
            id,
            answer,
            decision,
            outcome,
            issued,
            sealed: outcome,
            value,
            stamp: None,
            log: Some(commitment),
            record: record_of,
        };
        Ok(Numbered { record, act, again: None })
    }

    /// Writes what was numbered, one after the other, since each is tied to the one before; and signs side by side:
    /// that is most of the work. Then the time is stamped on what was signed: before its act is written, since that
    /// says what the octets are, and no octets leave before their act. A crash meanwhile leaves nothing: who asks
    /// again is given the same number.
    fn write_all(
        &self,
        numbered: Vec<Numbered<'_>>,
        group: &mut Group,
        sealed: &mut Vec<Sealed>,
    ) -> Result<(), Refused> {
        let mut drafts = Vec::with_capacity(numbered.len());
        for Numbered { record, mut act, again } in numbered {
            let before = record.participant.as_ref().and_then(|body| group.previous.get(body));
            let again = match again {
                Some(commitment) => Some(commitment.behind(before)),
                None => {
                    act.log = act.log.map(|commitment| commitment.behind(before));
                    None
                }
            };
            let draft = self.draft(record, &act.number, act.issued, act.log.as_ref());
            let logged = again.as_ref().or(act.log.as_ref());
            if !logged.is_some_and(|commitment| commitment.is_of(record, draft.said)) {
                return Err(Refused::NotLogged { id: record.id, answer: record.answer });
            }
            if let (Some(body), Some(size)) = (&record.participant, draft.log_size) {
                let previous = PreviousRecord { number: act.number.clone(), content: draft.content, size };
                group.previous.insert(body.clone(), previous);
            }
            drafts.push((draft, act, again));
        }
        let written = side_by_side(drafts, |(draft, act, again)| match again {
            Some(commitment) => self.seal_again(draft, act, commitment),
            None => {
                let (sealed, value) = self.write(&draft, None)?;
                Ok((Some(Act { sealed: sealed.sha256, value, ..act }), sealed))
            }
        });
        let mut written = written?.into_iter().collect::<Result<Vec<_>, Refused>>()?;
        self.stamp(&mut written)?;
        for (act, one) in written {
            group.acts.extend(act);
            sealed.push(one);
        }
        Ok(())
    }

    /// Puts time-stamps behind the signatures that were made now, where they are to be had.
    fn stamp(&self, written: &mut [(Option<Act>, Sealed)]) -> Result<(), Refused> {
        let Some(stamper) = &self.stamper else { return Ok(()) };
        let mut fresh: Vec<(&mut Act, &mut Sealed)> =
            written.iter_mut().filter_map(|(act, sealed)| Some((act.as_mut()?, sealed))).collect();
        if fresh.is_empty() {
            return Ok(());
        }
        let over: Vec<String> = fresh.iter().map(|(act, _)| xades::stamped(&suffix(&act.record), &act.value)).collect();
        let tokens = stamper.stamp(&over);
        for ((act, sealed), token) in fresh.iter_mut().zip(tokens) {
            act.stamp = token;
            let draft = self.draft(&act.record, &act.number, act.issued, act.log.as_ref());
            let (again, _) = self.write(&draft, Some(Made::of(act)))?;
            act.sealed = again.sha256;
            **sealed = again;
        }
        Ok(())
    }

    /// The act that sealed this answer already, in this group or before.
    fn before(&self, id: SubmissionId, answer: u32, group: &Group) -> Result<Option<Act>, Refused> {
        match group.latest.contains_key(&id) {
            true => match group.acts.iter().rev().find(|act| act.id == id && act.answer == answer) {
                Some(act) => Ok(Some(act.clone())),
                None => Ok(self.acts.find(id, answer)?),
            },
            false => Ok(self.acts.find(id, answer)?),
        }
    }

    /// The same number, time and, where nothing was renewed, octets; else the act that tells of the
    /// new ones, with the place in the log that was given now.
    fn seal_again(&self, draft: Draft<'_>, act: Act, commitment: Commitment) -> Result<(Option<Act>, Sealed), Refused> {
        let (sealed, _) = self.write(&draft, Some(Made::of(&act)))?;
        if sealed.sha256 == act.sealed {
            return Ok((None, sealed));
        }
        let draft = self.draft(draft.record, &act.number, act.issued, Some(&commitment));
        let (sealed, value) = self.write(&draft, None)?;
        Ok((
            Some(Act { act: acts::FORMAT, sealed: sealed.sha256, value, stamp: None, log: Some(commitment), ..act }),
            sealed,
        ))
    }

    /// Builds the receipt without its signature.
    fn draft<'a>(
        &self,
        record: &'a OutcomeRecord,
        number: &str,
        issued: Timestamp,
        commitment: Option<&Commitment>,
    ) -> Draft<'a> {
        let mut xml = String::with_capacity(8 * 1024);
        let said = content::write(&mut xml, record, &self.window, (number, issued), commitment);
        let said = Digest::of(&xml.as_bytes()[said]);
        let content = Digest::of(xml.as_bytes());
        xml.truncate(xml.len() - content::END.len());
        let log_size = commitment.map(|commitment| commitment.size);
        Draft { record, number: number.to_owned(), issued, xml, said, content, log_size }
    }

    /// Signs a receipt, or puts in what was made for it before.
    fn write(&self, draft: &Draft<'_>, made: Option<Made<'_>>) -> Result<(Sealed, String), Refused> {
        let Draft { record, number, issued, xml, content, log_size, said: _ } = draft;
        let mut xml = xml.clone();
        let suffix = suffix(record);
        let lacks_stamp = self.stamper.is_some() && made.is_none_or(|made| made.stamp.is_none());
        let value = match made {
            Some(Made { value, stamp: Some(stamp) }) => {
                self.signer.write_stamped(content, *issued, &suffix, value, stamp, &mut xml);
                value.to_owned()
            }
            Some(Made { value, stamp: None }) => {
                self.signer.write_again(content, *issued, &suffix, value, &mut xml);
                value.to_owned()
            }
            None => self.signer.sign(content, *issued, &suffix, &mut xml)?,
        };
        xml.push_str(content::END);
        let sealed = Sealed {
            id: record.id,
            answer: record.answer,
            decision: record.decision,
            number: number.clone(),
            issued: *issued,
            sha256: Digest::of(xml.as_bytes()),
            octets: xml.into_bytes().into(),
            lacks_stamp,
            content: *content,
            log_size: *log_size,
        };
        Ok((sealed, value))
    }
}

/// The seal's certificate.
fn certificate_of(settings: &Settings) -> Result<Certificate, OpenFault> {
    let path = &settings.certificate;
    let octets = std::fs::read(path).map_err(|fault| OpenFault::File { path: path.clone(), fault })?;
    // the first one is the seal's; what follows it, if anything, is its chain
    let found = Certificate::from_pem(&octets).ok().and_then(|certificates| certificates.into_iter().next());
    found.ok_or_else(|| OpenFault::NotPem { path: path.clone(), what: "a certificate" })
}

/// An outcome with its place in the transparency log.
pub type Asked<'a> = (&'a OutcomeRecord, Commitment);

/// The digest of all that a receipt on this outcome says: of the octets that stand between `</Issued>` and `<Log>` in
/// it. The transparency log has it before the receipt is numbered and sealed.
pub fn said(record: &OutcomeRecord) -> Digest {
    Digest::of(said_text(record).as_bytes())
}

fn said_text(record: &OutcomeRecord) -> String {
    let mut text = String::with_capacity(4 * 1024);
    content::said(&mut text, record);
    text
}

/// A receipt without its signature.
struct Draft<'a> {
    record: &'a OutcomeRecord,
    number: String,
    issued: Timestamp,
    /// Up to the end tag of the root.
    xml: String,
    /// The digest of what it says ([`said`]).
    said: Digest,
    /// The digest of the whole document.
    content: Digest,
    log_size: Option<u64>,
}

/// What was made for a receipt: its signature value, and the time-stamp over that.
#[derive(Clone, Copy)]
struct Made<'a> {
    value: &'a str,
    stamp: Option<&'a [u8]>,
}

impl<'a> Made<'a> {
    fn of(act: &'a Act) -> Self {
        Self { value: &act.value, stamp: act.stamp.as_deref() }
    }
}

/// Ends every Id of a receipt: no other answer has it, and nothing but its signature has an Id.
fn suffix(record: &OutcomeRecord) -> String {
    format!("{}-{}", record.id, record.answer)
}

/// What a group has done so far; the act log knows of it only when the whole group is well.
#[derive(Default)]
struct Group {
    acts: Vec<Act>,
    latest: HashMap<SubmissionId, (u32, Decision)>,
    next: HashMap<i16, u64>,
    /// Of each body the last receipt in this group.
    previous: HashMap<String, PreviousRecord>,
}

/// A record that may be sealed, with its act: the one that stands, or a new one still without
/// signature value and digest.
struct Numbered<'a> {
    record: &'a OutcomeRecord,
    act: Act,
    /// Sealed before: the place in the log that was given now, in case its octets cannot be had again.
    again: Option<Commitment>,
}

/// Which word may follow which: what is final stays, but that an acceptance may become contested.
fn may_follow(before: Decision, after: Decision) -> bool {
    use Decision::*;
    match before {
        Accepted => after == Contested,
        Rejected | Duplicate | Contested => false,
        Held => matches!(after, Accepted | Rejected | Duplicate | Pending),
        Pending => matches!(after, Accepted | Rejected | Duplicate),
    }
}

#[cfg(test)]
mod tests;
