//! The sieve: whether anybody entitled stands behind what came by mail, before any of it is kept.
//!
//! A folder is open to its participant, and a mailbox to everybody. What nobody of the registry signed, or what was
//! altered since, is neither held nor numbered, or a stranger could fill evidence, register and transparency log; its
//! message stays whole in the mailbox's folder of rejected ones, and is read again once an administrator puts it back.
//! A mail that is signed as a whole files what is in it for those alone whose body has that agreed (the registry's
//! `mail_signature`): of all other signed mail nothing is taken for it, and nobody is answered about it.
//! Who may yet turn out to be entitled (his certificate awaits a confirmation, or its standing cannot be known now) is
//! let through: the judgement holds him. Looks beside the loop at more than a little. Decides nothing about a document
//! that is let through, and remembers nothing.

use super::judgement::{Judge, Matter};
use crate::document::SubmissionId;
use crate::finding::Stop;
use crate::host::{Octets, side_by_side};
use crate::intake::mail::{Delivery, Left, Parcel, Piece, Post};
use crate::staging::{About, Custody, Given, Staged};
use jiff::Timestamp;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::Notify;

/// Up to so many octets are looked at in a millisecond or two, on the loop itself.
const SMALL: u64 = 256 << 10;

/// What one mailbox brought, and whether anything in it is to be held.
#[derive(Debug)]
pub(super) struct Sifted {
    pub(super) mailbox: usize,
    pub(super) delivery: Delivery,
    /// False where strangers' hands alone are in it.
    pub(super) is_entitled: bool,
}

/// What of a message is held already, because it was read before.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known {
    /// Something of it.
    pub(super) any: bool,
    /// Something that its own signature signs: then all that this signs.
    pub(super) by_mail: bool,
}

/// What came of a round, once it is all there.
type Done = Arc<Mutex<Option<Vec<Sifted>>>>;

/// A round of messages that is looked at beside the loop.
#[derive(Debug)]
pub(super) struct Sieve {
    thread: JoinHandle<()>,
    done: Done,
}

/// A round: at once, or beside the loop, which hears of its end.
pub(super) enum Sieving {
    Done(Vec<Sifted>),
    Begun(Sieve),
}

impl Sieve {
    /// Looks at what each message of a round brings; those that are known already need no look.
    pub(super) fn begin(round: Vec<(Sifted, Known)>, judge: Judge, now: Timestamp, told: &Arc<Notify>) -> Sieving {
        let is_looked_at =
            |(one, known): &&(Sifted, Known)| !known.any || (is_mail_signed(&one.delivery) && !known.by_mail);
        let octets: u64 = round.iter().filter(is_looked_at).map(|(one, _)| size(&one.delivery)).sum();
        if octets <= SMALL {
            return Sieving::Done(round.into_iter().map(|one| sift(one, &judge, now)).collect());
        }
        let (done, told): (Done, _) = (Arc::default(), Arc::clone(told));
        let into = Arc::clone(&done);
        let thread = std::thread::spawn(move || {
            let sifted = side_by_side(round, |one| sift(one, &judge, now));
            *into.lock().unwrap_or_else(PoisonError::into_inner) = sifted.ok();
            told.notify_one();
        });
        Sieving::Begun(Self { thread, done })
    }

    /// Whether it has come to its end.
    pub(super) fn is_done(&self) -> bool {
        self.done.lock().unwrap_or_else(PoisonError::into_inner).is_some() || self.thread.is_finished()
    }

    /// What came of it; none where it failed: its messages are without a verdict then, and read again at the next
    /// start.
    pub(super) fn end(self) -> Option<Vec<Sifted>> {
        let _ = self.thread.join();
        self.done.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Whether something in it is signed by the mail alone: that is looked at though another part of it is known.
fn is_mail_signed(delivery: &Delivery) -> bool {
    matches!(delivery, Delivery::Post(_, post) if post.parcels.iter().any(|parcel| parcel.mail_signed))
}

fn size(delivery: &Delivery) -> u64 {
    let Delivery::Post(_, post) = delivery else { return 0 };
    let octets = |piece: &Piece| piece.file.metadata().map_or(0, |metadata| metadata.len());
    post.parcels.iter().flat_map(|parcel| std::iter::once(&parcel.document).chain(&parcel.detached)).map(octets).sum()
}

fn sift((mut one, known): (Sifted, Known), judge: &Judge, now: Timestamp) -> Sifted {
    if let Delivery::Post(_, post) = &mut one.delivery {
        if !known.by_mail {
            leave_unagreed(post, judge, now);
        }
        // whose mail may file is asked above
        let is_entitled = |parcel: &Parcel| parcel.mail_signed || is_entitled(parcel, judge, now);
        one.is_entitled = known.any || post.parcels.iter().any(is_entitled);
    }
    one
}

/// Leaves what only the mail's own signature would file, unless it files for whoever made it. He is the same for all
/// of it, so that one is asked. Each statement is judged with the whole mail: so many that this takes long file
/// nothing.
fn leave_unagreed(post: &mut Post, judge: &Judge, now: Timestamp) {
    let first = post.parcels.iter().find(|parcel| parcel.mail_signed);
    let Some(first) = first else { return };
    let most = judge.settings().mail.signed_statements;
    let why = match may_file_by_mail(first, judge, now) {
        true if post.parcels.iter().filter(|parcel| parcel.mail_signed).count() <= most => return,
        true => Left::TooMany,
        false => Left::MailSigned,
    };
    for parcel in post.parcels.extract_if(.., |parcel| parcel.mail_signed) {
        post.unagreed.push(parcel.document.sha256);
        post.left.push((parcel.document.name.shown(), why));
    }
}

/// Whether a mail is signed, and left whole, by a registered person whose body has it agreed that this files.
fn may_file_by_mail(parcel: &Parcel, judge: &Judge, now: Timestamp) -> bool {
    let Ok(staged) = staged(parcel, now) else { return true };
    let mut matter = Matter::new(staged.about());
    if let Err(Stop::Halt(_)) = judge.verify(staged, &mut matter) {
        return true;
    }
    let sender = judge.sender_of(&matter);
    let body = sender.and_then(|sender| judge.world().registry.participants.get(&sender));
    body.is_some_and(|body| body.mail_signature)
}

/// Whether somebody of the registry signed this, or may turn out to be of it. What cannot be read is let through to
/// whoever says so.
fn is_entitled(parcel: &Parcel, judge: &Judge, now: Timestamp) -> bool {
    let Ok(staged) = staged(parcel, now) else { return true };
    let mut matter = Matter::new(staged.about());
    let verified = judge.verify(staged, &mut matter);
    match verified.and_then(|verified| judge.authorise(verified, &mut matter)) {
        Ok(_) | Err(Stop::Hold(_) | Stop::Halt(_)) => true,
        Err(Stop::Reject(_)) => judge.sender_of(&matter).is_some(),
    }
}

fn staged(parcel: &Parcel, now: Timestamp) -> io::Result<Staged> {
    let (document, octets) = given(&parcel.document)?;
    let (detached, beside) = parcel.detached.as_ref().map(given).transpose()?.unzip();
    let about = About {
        id: SubmissionId::new(now),
        received: now,
        participant: None,
        document,
        detached,
        mail_signed: parcel.mail_signed,
        custody: Custody::Glance,
    };
    Ok(Staged::glance(about, octets, beside))
}

fn given(piece: &Piece) -> io::Result<(Given, Octets)> {
    let file = piece.file.try_clone()?;
    let size = file.metadata()?.len();
    let given = Given { name: piece.name.clone(), size, sha256: piece.sha256 };
    Ok((given, Octets::File(Arc::new(file), size)))
}
