//! A group of statements in one transaction, and what comes of it.
//!
//! Owns the only way to a [`Loaded`]: [`Batch::load`] takes a [`Validated`], and only after
//! [`Batch::commit`] do the values exist that an accepted receipt is made from. Never judges a
//! statement: it refuses only what could not have come here, and halts then.

use super::ahead::{Ahead, Turn, Written};
use super::mark::Mark;
use super::standing::Question;
use super::store::{Document, Insert, Transaction};
use super::{Fault, rows};
use crate::document::SubmissionId;
use crate::schema::{Key, Replacing, Standing, Understood, Validated};
use jiff::Timestamp;
use std::collections::HashMap;

/// A statement whose rows and mark are committed.
///
/// Nobody else can make one, so nothing is acknowledged that was not committed:
///
/// ```compile_fail,E0451
/// fn forge(validated: pencere::schema::Validated, mark: pencere::boemis::Mark) -> pencere::boemis::Loaded {
///     pencere::boemis::Loaded { mark, validated, stood: false }
/// }
/// ```
#[derive(Debug)]
pub struct Loaded {
    mark: Mark,
    validated: Validated,
    stood: bool,
}

impl Loaded {
    /// Its id.
    pub fn id(&self) -> SubmissionId {
        self.mark.id
    }
    /// Its mark.
    pub fn mark(&self) -> &Mark {
        &self.mark
    }
    /// How many records stand.
    pub fn records(&self) -> u64 {
        self.mark.records
    }
    /// Whether an earlier attempt had committed it already, and nothing was written now.
    pub fn stood_already(&self) -> bool {
        self.stood
    }
    /// What was loaded.
    pub fn validated(&self) -> &Validated {
        &self.validated
    }
    /// Whether it waits for an approval before it holds.
    pub fn is_pending(&self) -> bool {
        self.mark.approved.is_none()
    }
    /// What was read.
    pub fn understood(&self) -> &[Understood] {
        self.validated.understood()
    }
}

/// A statement that is in the transaction and not committed: a promise that proves nothing.
#[derive(Debug)]
#[must_use = "nothing is loaded before the batch is committed"]
pub struct Pending {
    id: SubmissionId,
    stood: bool,
}

impl Pending {
    /// Its id.
    pub fn id(&self) -> SubmissionId {
        self.id
    }
    /// Whether an earlier attempt had committed it already.
    pub fn stands_already(&self) -> bool {
        self.stood
    }
}

/// A statement that was not taken into the group, given back so that it can be held.
#[derive(Debug)]
pub struct Unloaded {
    /// The statement.
    pub validated: Box<Validated>,
    /// Why. When it is away, the group is lost with it and a commit will say so.
    pub fault: Fault,
}

/// A group of which nothing was loaded, given back so that each can be held.
#[derive(Debug)]
pub struct Uncommitted {
    /// The statements in the order of loading.
    pub statements: Vec<Validated>,
    /// Why.
    pub fault: Fault,
}

/// A group under way: it holds the database's write lock, so keep it short. Dropped without a
/// commit, it leaves nothing behind.
pub struct Batch<'s> {
    transaction: Transaction<'s>,
    now: Timestamp,
    ahead: &'s Ahead,
    /// Nothing is written ahead meanwhile.
    _turn: Turn,
    loads: Vec<(Mark, Validated, bool)>,
    /// What was said of loads before, whatever is asked for today.
    before: HashMap<SubmissionId, Before>,
    /// Why the transaction is lost, once it is.
    lost: Option<Fault>,
}

/// What was said of a load before it is made again.
#[derive(Clone, Copy, Debug)]
pub struct Before {
    /// Whether it waits for an approval.
    pub waits: bool,
    /// What it took the place of.
    pub replaces: Option<SubmissionId>,
}

/// Rows of this mark that stand already.
fn written(ahead: &Ahead, mark: &Mark) -> Option<Written> {
    ahead.of(mark.id, mark.content).filter(|written| written.number.is_some() && written.records == mark.records)
}

impl<'s> Batch<'s> {
    pub(super) fn new(transaction: Transaction<'s>, now: Timestamp, (ahead, turn): (&'s Ahead, Turn)) -> Self {
        Self { transaction, now, ahead, _turn: turn, loads: Vec::new(), before: HashMap::new(), lost: None }
    }

    /// A load that is made again waits for an approval, and takes the place of another, as it was said to; not as its
    /// dataset would have it today.
    pub fn loaded_before(&mut self, id: SubmissionId, before: Before) {
        self.before.insert(id, before);
    }

    /// All that stands and bears on a statement of this key by the submission `id`, this group's
    /// earlier loads among it. If `id` itself was loaded already, what stood before it.
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn standing(&mut self, key: &Key, id: SubmissionId) -> Result<Standing, Fault> {
        let mut all = self.standing_all(&[Question::of_any(key, id)]).await?;
        all.pop().ok_or_else(|| Fault::Wrong("a question was not answered".to_owned()))
    }

    /// The same for many, in their order: none of them sees another, so ask together only about
    /// statements that share no [bearing](crate::schema::Datasets::bearings).
    ///
    /// # Errors
    /// As [`Batch::standing`].
    pub async fn standing_all(&mut self, asked: &[Question<'_>]) -> Result<Vec<Standing>, Fault> {
        self.usable()?;
        let result = self.transaction.standing_all(asked).await;
        self.noting(result)
    }

    /// Takes a statement into the group. One that an earlier attempt committed (same id, content
    /// and rows) is taken without writing anything.
    ///
    /// # Errors
    /// [`Fault::Away`] loses the whole group. [`Fault::Wrong`] leaves the rest of it as it was: the
    /// document was only looked at, its mark stands with other digests, its statement stands in
    /// this revision already, or its records are unlike their dataset.
    pub async fn load(&mut self, validated: Validated) -> Result<Pending, Unloaded> {
        let mut all = self.load_all(vec![validated]).await;
        all.pop().unwrap_or_else(|| unreachable!("one statement was given, so one result came back"))
    }

    /// The same with many, in their order.
    pub async fn load_all(&mut self, statements: Vec<Validated>) -> Vec<Result<Pending, Unloaded>> {
        self.take_all(statements, false).await
    }

    /// The same with the only statement of a group: loaded and committed in one round trip where
    /// that is possible. [`Batch::commit`] then only says so.
    ///
    /// # Errors
    /// As [`Batch::load`].
    pub async fn load_alone(&mut self, validated: Validated) -> Result<Pending, Unloaded> {
        let alone = self.loads.is_empty();
        let mut all = self.take_all(vec![validated], alone).await;
        all.pop().unwrap_or_else(|| unreachable!("one statement was given, so one result came back"))
    }

    async fn take_all(&mut self, statements: Vec<Validated>, commits: bool) -> Vec<Result<Pending, Unloaded>> {
        let marks: Vec<Result<Mark, Fault>> =
            statements.iter().map(|validated| self.usable().and_then(|()| self.mark_for(validated))).collect();
        let documents: Vec<Document<'_>> = marks
            .iter()
            .zip(&statements)
            .filter_map(|(mark, validated)| Some((mark.as_ref().ok()?, &validated.statement().records)))
            .collect();
        // whoever stops waiting in the middle leaves a group that cannot be committed
        let lost = self.lost.replace(Fault::Wrong("the loading of a group was broken off".to_owned()));
        let inserted = match (commits, documents.as_slice()) {
            (true, &[alone]) if written(self.ahead, alone.0).is_none() => {
                vec![self.transaction.insert_and_commit(alone).await]
            }
            (_, []) => Vec::new(),
            (_, documents) => self.insert_all(documents).await,
        };
        self.lost = lost;
        let mut inserted = inserted.into_iter();
        let mut results = Vec::with_capacity(statements.len());
        for (mark, validated) in marks.into_iter().zip(statements) {
            let taken = match mark {
                Ok(mark) => {
                    let inserted = inserted.next().unwrap_or_else(|| Err(Fault::Wrong("nothing was tried".to_owned())));
                    match self.noting(inserted) {
                        Ok(Insert::Done) => Ok((mark, false)),
                        Ok(Insert::Stands) => self.earlier(mark).await.map(|earlier| (earlier, true)),
                        Err(fault) => Err(fault),
                    }
                }
                Err(fault) => Err(fault),
            };
            results.push(match taken {
                Ok((mark, stood)) => {
                    let id = mark.id;
                    self.loads.push((mark, validated, stood));
                    Ok(Pending { id, stood })
                }
                Err(fault) => Err(Unloaded { validated: Box::new(validated), fault }),
            });
        }
        results
    }

    /// Writes documents: of those whose rows were written ahead the mark alone, behind all others and in the order of
    /// their numbers. (What is written together does not bear on each other, so no other order is asked for; and a
    /// mark whose number is passed by another's can stand behind its rows no more.)
    async fn insert_all(&mut self, documents: &[Document<'_>]) -> Vec<Result<Insert, Fault>> {
        let number = |at: &usize| written(self.ahead, documents.get(*at)?.0)?.number;
        let mut order: Vec<(Option<i64>, usize)> = (0..documents.len()).map(|at| (number(&at), at)).collect();
        order.sort_unstable(); // what has no number comes first
        let (plain, ahead) = order.split_at(order.partition_point(|(number, _)| number.is_none()));
        let plain: Vec<Document<'_>> = plain.iter().filter_map(|(_, at)| documents.get(*at).copied()).collect();
        let mut all = match plain.is_empty() {
            true => Vec::new(),
            false => self.transaction.insert_all(&plain).await,
        };
        for (number, at) in ahead {
            if let Some(Err(fault)) = all.last()
                && fault.is_away()
            {
                all.resize(documents.len(), Err(fault.clone()));
                break;
            }
            let (Some(number), Some(document)) = (number, documents.get(*at)) else { continue };
            match self.behind(document.0, *number).await {
                Ok(Some(inserted)) => all.push(Ok(inserted)),
                Ok(None) => all.extend(self.transaction.insert_all(std::slice::from_ref(document)).await),
                Err(fault) => all.push(Err(fault)),
            }
        }
        let mut placed: Vec<(usize, Result<Insert, Fault>)> = order.iter().map(|(_, at)| *at).zip(all).collect();
        placed.sort_unstable_by_key(|(at, _)| *at);
        placed.into_iter().map(|(_, inserted)| inserted).collect()
    }

    /// The mark of rows that were written ahead; none where they are of no use.
    async fn behind(&mut self, mark: &Mark, number: i64) -> Result<Option<Insert>, Fault> {
        let inserted = self.transaction.insert_behind(mark, number).await?;
        if inserted != Some(Insert::Done) {
            self.ahead.discard(mark.id);
        }
        Ok(inserted)
    }

    /// The mark that stands in the way of this one, if it is of the same load.
    async fn earlier(&mut self, mark: Mark) -> Result<Mark, Fault> {
        let result = self.transaction.mark(mark.id).await;
        match self.noting(result)? {
            Some(earlier) if earlier.is_same_load(&mark) => Ok(earlier),
            Some(_) => Err(Fault::Wrong(format!("{} is marked as loaded with other content or rows", mark.id))),
            None => Err(Fault::Wrong(format!(
                "{}: revision {} of {} {} by {} stands already from another submission",
                mark.id, mark.revision, mark.key.dataset, mark.key.period, mark.key.participant
            ))),
        }
    }

    fn mark_for(&self, validated: &Validated) -> Result<Mark, Fault> {
        let (statement, authorised) = (validated.statement(), validated.authorised());
        let verified = authorised.verified();
        let about = verified.about();
        let (id, key) = (about.id, &statement.key);
        if !about.is_held() {
            return Err(Fault::Wrong(format!("{id} was only looked at and may not be loaded")));
        }
        if (&key.participant, &key.dataset) != (authorised.stated_for(), authorised.dataset()) {
            return Err(Fault::Wrong(format!("{id} states something else than was authorised")));
        }
        let layout = self.transaction.layout(&key.dataset).ok_or_else(|| Fault::no_table(&key.dataset))?;
        let proposed_by = authorised.proposer().cloned();
        // R 3.13: what is proposed waits in every dataset
        let waits = self.before.get(&id).map_or(layout.awaits || proposed_by.is_some(), |before| before.waits);
        Ok(Mark {
            id,
            key: key.clone(),
            revision: statement.revision,
            content: verified.content(),
            rows: match self.ahead.of(id, verified.content()) {
                Some(written) if written.records == statement.records.len() as u64 => written.rows,
                _ => rows::digest(layout, statement)?,
            },
            records: statement.records.len() as u64,
            received: about.received,
            loaded: self.now,
            approved: (!waits).then_some(self.now),
            signers: verified.signers().iter().map(|signer| signer.sha256()).collect(),
            replacing: match self.before.get(&id) {
                // what it replaced then may be gone, or be another one by today's order
                Some(Before { replaces, .. }) => Replacing { submission: *replaces, ..validated.replacing().clone() },
                None => validated.replacing().clone(),
            },
            proposed_by,
        })
    }

    /// Makes the group durable. Only now is anything loaded.
    ///
    /// # Errors
    /// Nothing of the group was loaded, as far as can be told; when the disk failed in the very
    /// act, the mark decides, and loading again is harmless.
    pub async fn commit(self) -> Result<Vec<Loaded>, Uncommitted> {
        let Self { transaction, ahead, loads, lost, .. } = self;
        let committed = match lost {
            Some(fault) => Err(fault),
            None => transaction.commit().await,
        };
        match committed {
            Ok(()) => {
                loads.iter().for_each(|(mark, ..)| ahead.marked(mark.id));
                Ok(loads.into_iter().map(|(mark, validated, stood)| Loaded { mark, validated, stood }).collect())
            }
            Err(fault) => {
                Err(Uncommitted { statements: loads.into_iter().map(|(_, validated, _)| validated).collect(), fault })
            }
        }
    }

    /// Gives the group up and waits until the lock is free.
    ///
    /// # Errors
    /// The database is away; the group is gone all the same.
    pub async fn abandon(self) -> Result<(), Fault> {
        self.transaction.abandon().await
    }

    fn usable(&self) -> Result<(), Fault> {
        match &self.lost {
            Some(fault) => Err(fault.clone()),
            None => Ok(()),
        }
    }

    fn noting<T>(&mut self, result: Result<T, Fault>) -> Result<T, Fault> {
        if let Err(fault) = &result
            && fault.is_away()
        {
            self.lost = Some(fault.clone());
        }
        result
    }
}
