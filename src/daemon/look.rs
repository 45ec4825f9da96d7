//! Looking: what each document tells by itself, by signature, authority and form.
//!
//! Needs the document, the registry and the rules, and nothing that other documents change: so a
//! group is looked at side by side, and the next group while this one is being loaded. Decides
//! nothing: what a look comes to beside all others is [`carry`](super::carry)'s.

use super::carry::Case;
use super::judgement::{Judge, Matter};
use super::window::Halt;
use crate::document::{Content, Digest, ParticipantName, SubmissionId};
use crate::finding::{Finding, Stop};
use crate::host::{Panicked, side_by_side};
use crate::receipt::Turn;
use crate::schema::Inspected;
use crate::staging::Staged;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// A case that was looked at.
pub(super) struct Look {
    pub(super) matter: Matter,
    pub(super) octets: Octets,
    pub(super) turn: Turn,
    pub(super) attempt: u32,
    pub(super) is_fresh: bool,
    pub(super) seen: Seen,
}

/// Whose channel, and the digests of document and detached signature.
pub(super) type Octets = (Option<ParticipantName>, Digest, Option<Digest>);

/// What was seen.
pub(super) enum Seen {
    /// Verified and authorised; and whether it has the form of its dataset.
    Filed { participant: ParticipantName, content: Content, inspected: Box<Result<Inspected, Stop>> },
    /// Signature or authority stop it.
    Stopped(Stop),
    /// Intake's own finding stops it: nothing was looked at.
    Refused(Box<Staged>, Finding),
}

impl Look {
    /// Its id.
    pub(super) fn id(&self) -> SubmissionId {
        self.matter.id()
    }
}

/// A group that is being looked at, or was.
pub(super) enum Looking {
    Done(Vec<Look>),
    UnderWay(JoinHandle<Result<Vec<Look>, Panicked>>),
}

impl Looking {
    /// Looks at one or a few at once; at more in threads of their own, until [`Looking::end`].
    pub(super) fn begin(cases: Vec<Case>, judge: Judge) -> Result<Self, Halt> {
        /// Up to so many, a thread costs more than it gains.
        const AT_ONCE: usize = 4;
        if cases.len() <= AT_ONCE {
            return Ok(Self::Done(cases.into_iter().map(|case| look(case, &judge)).collect()));
        }
        // The thread takes the cases out; where there can be none, they are still here.
        let cases = Arc::new(Mutex::new(cases));
        let theirs = Arc::clone(&cases);
        let all = move |cases: &Mutex<Vec<Case>>| {
            let cases = cases.lock().map(|mut cases| std::mem::take(&mut *cases)).unwrap_or_default();
            side_by_side(cases, |case| look(case, &judge))
        };
        let mine = all.clone();
        match std::thread::Builder::new().name("look".to_owned()).spawn(move || all(&theirs)) {
            Ok(thread) => Ok(Self::UnderWay(thread)),
            Err(_) => Ok(Self::Done(mine(&cases).map_err(Halt::wrong)?)),
        }
    }

    /// Waits for it.
    pub(super) fn end(self) -> Result<Vec<Look>, Halt> {
        match self {
            Self::Done(looks) => Ok(looks),
            Self::UnderWay(thread) => thread.join().unwrap_or(Err(Panicked)).map_err(Halt::wrong),
        }
    }
}

/// Signature, authority, form: in that order, each given up to the next.
pub(super) fn look(case: Case, judge: &Judge) -> Look {
    let Case { staged, turn, attempt, refused, is_fresh } = case;
    let about = staged.about();
    let detached = about.detached.as_ref().map(|given| given.sha256);
    let octets = (about.participant.clone(), about.document.sha256, detached);
    let mut matter = Matter::new(about);
    let seen = match refused {
        Some(finding) => Seen::Refused(Box::new(staged), finding),
        None => see(staged, judge, &mut matter),
    };
    Look { matter, octets, turn, attempt, is_fresh, seen }
}

fn see(staged: Staged, judge: &Judge, matter: &mut Matter) -> Seen {
    let authorised = judge.verify(staged, matter).and_then(|verified| judge.authorise(verified, matter));
    match authorised {
        Ok(authorised) => Seen::Filed {
            participant: authorised.participant().clone(),
            content: authorised.verified().content(),
            inspected: Box::new(judge.inspect(authorised, matter)),
        },
        Err(stop) => Seen::Stopped(stop),
    }
}
