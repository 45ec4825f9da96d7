//! The two engines behind one face.
//!
//! Owns nothing but the choice, made once, when the store is opened; whoever is above does not know which it was.

use super::acts::{Act, Deed, Done, Situation};
use super::mark::Mark;
use super::standing::Question;
use super::views::Engine;
use super::{Counted, Fault, Filed, Location, Records, Settings, Total, layout::Layout, postgres, sqlite};
use crate::document::{DatasetName, Digest, Revision, SubmissionId};
use crate::schema::{self, Datasets, Key, Standing};
use jiff::Timestamp;

/// An open database.
#[derive(Debug)]
pub(super) enum Store {
    Sqlite(Box<sqlite::Store>),
    Postgres(Box<postgres::Store>),
}

/// A transaction under way. Dropped without a commit, it leaves nothing.
pub(super) enum Transaction<'s> {
    Sqlite(sqlite::Transaction<'s>),
    Postgres(postgres::Transaction<'s>),
}

/// What came of an insert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Insert {
    /// Mark and records are in the transaction.
    Done,
    /// Nothing was written: a mark of the same id, or of the same statement and revision, stands.
    Stands,
}

/// A document to be written: its mark and its records.
pub(super) type Document<'a> = (&'a Mark, &'a schema::Records);

/// What stands for a statement of this key by this submission, but for what [`Question`] asks besides.
pub(super) type Asked<'a> = (&'a Key, SubmissionId);

/// The same question to whichever it is.
macro_rules! either {
    ($which:expr, $kind:ident, $one:ident => $asked:expr) => {
        match $which {
            $kind::Sqlite($one) => $asked,
            $kind::Postgres($one) => $asked,
        }
    };
}

impl Store {
    pub(super) async fn open(location: &Location, settings: &Settings, datasets: &Datasets) -> Result<Self, Fault> {
        match location {
            Location::Sqlite(path) => {
                let store = sqlite::Store::open(path, settings, datasets).await?;
                Ok(Self::Sqlite(Box::new(store)))
            }
            Location::Postgres(server) => {
                let store = postgres::Store::open(server, settings, datasets).await?;
                Ok(Self::Postgres(Box::new(store)))
            }
        }
    }

    pub(super) async fn open_read_only(
        location: &Location,
        settings: &Settings,
        datasets: &Datasets,
    ) -> Result<Self, Fault> {
        match location {
            Location::Sqlite(path) => {
                let store = sqlite::Store::open_read_only(path, settings, datasets).await?;
                Ok(Self::Sqlite(Box::new(store)))
            }
            Location::Postgres(server) => {
                let store = postgres::Store::open_read_only(server, settings, datasets).await?;
                Ok(Self::Postgres(Box::new(store)))
            }
        }
    }

    pub(super) async fn prepare(&mut self, datasets: &Datasets) -> Result<(), Fault> {
        either!(self, Self, store => store.prepare(datasets).await)
    }

    pub(super) async fn begin(&mut self) -> Result<Transaction<'_>, Fault> {
        match self {
            Self::Sqlite(store) => store.begin().await.map(Transaction::Sqlite),
            Self::Postgres(store) => store.begin().await.map(Transaction::Postgres),
        }
    }

    pub(super) async fn mark(&mut self, id: SubmissionId) -> Result<Option<Mark>, Fault> {
        either!(self, Self, store => store.mark(id).await)
    }

    pub(super) async fn standing(&mut self, question: Question<'_>) -> Result<Standing, Fault> {
        either!(self, Self, store => store.standing(question).await)
    }

    pub(super) async fn totals(&mut self, dataset: &DatasetName) -> Result<Vec<Total>, Fault> {
        either!(self, Self, store => store.totals(dataset).await)
    }

    pub(super) async fn stored_rows(&mut self, mark: &Mark) -> Result<Digest, Fault> {
        either!(self, Self, store => store.stored_rows(mark).await)
    }

    pub(super) async fn texts(
        &mut self,
        mark: &Mark,
        take: &mut dyn FnMut(Vec<String>) -> Result<(), Fault>,
    ) -> Result<Digest, Fault> {
        either!(self, Self, store => store.texts(mark, take).await)
    }

    pub(super) fn columns(&self, mark: &Mark) -> Result<Vec<String>, Fault> {
        either!(self, Self, store => store.columns(mark))
    }

    pub(super) async fn as_of(&mut self, dataset: &DatasetName, at: Option<Timestamp>) -> Result<Records, Fault> {
        either!(self, Self, store => store.as_of(dataset, at).await)
    }

    pub(super) async fn counted(
        &mut self,
        dataset: &DatasetName,
        at: Option<Timestamp>,
    ) -> Result<Vec<Counted>, Fault> {
        either!(self, Self, store => store.counted(dataset, at).await)
    }

    pub(super) async fn filed(&mut self, dataset: &DatasetName, at: Timestamp) -> Result<Vec<Filed>, Fault> {
        either!(self, Self, store => store.filed(dataset, at).await)
    }

    pub(super) async fn contest(&mut self, marks: &[Mark], now: Timestamp) -> Result<Vec<Option<Revision>>, Fault> {
        either!(self, Self, store => store.contest(marks, now).await)
    }

    pub(super) async fn situation(&mut self, id: SubmissionId) -> Result<Option<Situation>, Fault> {
        either!(self, Self, store => store.situation(id).await)
    }

    pub(super) async fn acts(&mut self) -> Result<Vec<Deed>, Fault> {
        either!(self, Self, store => store.acts().await)
    }

    pub(super) async fn waiting(&mut self) -> Result<Vec<SubmissionId>, Fault> {
        either!(self, Self, store => store.waiting().await)
    }

    pub(super) async fn deed(&mut self, by: SubmissionId) -> Result<Option<Done>, Fault> {
        either!(self, Self, store => store.deed(by).await)
    }

    pub(super) async fn act(&mut self, act: Act) -> Result<bool, Fault> {
        either!(self, Self, store => store.act(act).await)
    }

    pub(super) fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    /// The datasets that have tables.
    pub(super) fn layouts(&self) -> Vec<Layout> {
        either!(self, Self, store => store.layouts())
    }

    /// The number that a question without values has for its answer, however long it takes.
    pub(super) async fn count(&mut self, doing: &'static str, sql: String) -> Result<u64, Fault> {
        let count = either!(self, Self, store => store.count(doing, sql).await)?;
        u64::try_from(count).map_err(|_| Fault::Wrong(format!("{doing}: {count} of something")))
    }

    /// The first word of the answer to a question without values, if there is any.
    pub(super) async fn word(&mut self, doing: &'static str, sql: &'static str) -> Result<Option<String>, Fault> {
        either!(self, Self, store => store.word(doing, sql).await)
    }

    /// What the role may do beyond reading and inserting.
    pub(super) async fn beyond(&mut self) -> Result<Option<String>, Fault> {
        match self {
            Self::Sqlite(_) => Ok(None), // a file has no roles
            Self::Postgres(store) => store.word(postgres::LOOKING_AT_ROLE, postgres::BEYOND).await,
        }
    }

    pub(super) async fn loads(&mut self) -> Result<Vec<SubmissionId>, Fault> {
        either!(self, Self, store => store.loads().await)
    }

    pub(super) async fn contested(&mut self) -> Result<Vec<SubmissionId>, Fault> {
        either!(self, Self, store => store.contested().await)
    }

    pub(super) async fn uncontested(&mut self) -> Result<u64, Fault> {
        either!(self, Self, store => store.uncontested().await)
    }

    pub(super) async fn missing(&mut self, ids: &[SubmissionId]) -> Result<Vec<SubmissionId>, Fault> {
        either!(self, Self, store => store.missing(ids).await)
    }

    pub(super) async fn rest(&mut self) -> Result<(), Fault> {
        match self {
            Self::Sqlite(store) => store.rest().await,
            Self::Postgres(_) => Ok(()), // its server looks after itself
        }
    }

    pub(super) async fn close(self) -> Result<(), Fault> {
        match self {
            Self::Sqlite(store) => store.close().await,
            Self::Postgres(store) => store.close().await,
        }
    }
}

impl Transaction<'_> {
    pub(super) fn layout(&self, dataset: &DatasetName) -> Option<&Layout> {
        either!(self, Self, transaction => transaction.layout(dataset))
    }

    pub(super) async fn standing_all(&mut self, asked: &[Question<'_>]) -> Result<Vec<Standing>, Fault> {
        either!(self, Self, transaction => transaction.standing_all(asked).await)
    }

    pub(super) async fn mark(&mut self, id: SubmissionId) -> Result<Option<Mark>, Fault> {
        either!(self, Self, transaction => transaction.mark(id).await)
    }

    pub(super) async fn insert_all(&mut self, documents: &[Document<'_>]) -> Vec<Result<Insert, Fault>> {
        either!(self, Self, transaction => transaction.insert_all(documents).await)
    }

    /// The mark of rows that were written ahead; nothing where it must be written with them.
    pub(super) async fn insert_behind(&mut self, mark: &Mark, number: i64) -> Result<Option<Insert>, Fault> {
        match self {
            Self::Sqlite(transaction) => transaction.insert_behind(mark, number).await,
            Self::Postgres(_) => Ok(None),
        }
    }

    pub(super) async fn insert_and_commit(&mut self, document: Document<'_>) -> Result<Insert, Fault> {
        either!(self, Self, transaction => transaction.insert_and_commit(document).await)
    }

    pub(super) async fn commit(self) -> Result<(), Fault> {
        either!(self, Self, transaction => transaction.commit().await)
    }

    pub(super) async fn abandon(self) -> Result<(), Fault> {
        either!(self, Self, transaction => transaction.abandon().await)
    }
}
