//! BOEMİS: validated statements become rows, in one transaction with their load mark.
//!
//! Owns the store: [`Boemis`] for the loader, [`Reader`] for whoever looks on, [`Batch`] for one
//! group. The last line against doubles is here: a submission's id is unique among the marks, and
//! so is (participant, dataset, period, revision) among those that are not contested and not only proposed. History
//! is kept; nothing is overwritten but that a load becomes approved or contested. Never judges a statement, and never
//! reads a clock: times are arguments.
//!
//! `sqlite` and `postgres` hold the engines, with one face (`store`) and the same names of tables and
//! views, which come from `layout`; what both do alike stands beside them once.

mod acts;
mod ahead;
mod asked;
mod audited;
mod batch;
mod copy;
mod counted;
mod fault;
mod layout;
mod location;
mod mark;
mod postgres;
mod rows;
mod sqlite;
mod standing;
mod steps;
mod store;
mod views;
#[cfg(test)]
mod tests;

pub use acts::{Enacted, Situation};
pub use ahead::{Ahead, Entered};
pub use audited::Unmarked;
pub use batch::{Batch, Before, Loaded, Pending, Uncommitted, Unloaded};
pub use copy::Copy;
pub use counted::{Counted, Filed};
pub use fault::Fault;
pub use location::{Location, LocationFault, Server};
pub use mark::{Mark, Stands};
pub use postgres::Prepared;
pub use standing::Question;

use crate::document::{DatasetName, Digest, Period, Revision, SubmissionId};
use crate::schema::{Datasets, Key, Standing, Statement};
use jiff::Timestamp;
use postgres::ROLE_MEND;
use std::time::Duration;
use store::Store;

/// Settings of the store (`[boemis]`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `busy_timeout`: how long another program's lock is waited for before documents are held.
    /// 1 s by default: longer than any backup step, short enough to answer *held* promptly.
    pub busy_timeout: Duration,
    /// `cache_kib`: SQLite's page cache, KiB. 256 by default: the inner pages of the indexes fit,
    /// and an idle window stays small.
    pub cache_kib: u32,
    /// `checkpoint_pages`: pages of 4 KiB in the log at which a commit moves it into the main file.
    /// 1000 (4 MiB) by default.
    pub checkpoint_pages: u32,
    /// `connect_timeout`: how long a connection to a server may take to be made. 5 s by default: a server that is
    /// there answers at once, and documents are to be answered *held* before their senders wonder.
    pub connect_timeout: Duration,
    /// `statement_timeout`: how long a server may work at one statement before it breaks it off, and documents are
    /// held. 20 s by default: the longest of them copies 64 MiB of a large document's rows in, in a few of them; and a
    /// service's watchdog, which hears nothing meanwhile, waits 60 s.
    pub statement_timeout: Duration,
    /// Whether a server's role may be any, and not only one that reads and inserts: so in a trial alone. No key of its
    /// own: the configuration takes it from `window.environment`.
    pub any_role: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            busy_timeout: Duration::from_secs(1),
            cache_kib: 256,
            checkpoint_pages: 1000,
            connect_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(20),
            any_role: true,
        }
    }
}

/// A row of a dataset's `_total` view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Total {
    /// A quarter or a year.
    pub period: Period,
    /// Stations counted.
    pub stations: u64,
    /// Each decimal column's name and exact sum; none where no record has a value.
    pub values: Vec<(String, Option<String>)>,
}

/// The records of one load, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Records {
    /// The columns' names, in the order of the dataset's description.
    pub columns: Vec<String>,
    /// Each record's values in that order, exact; empty where an optional one was left out.
    pub rows: Vec<Vec<String>>,
}

/// A load that is contested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contested {
    /// Its mark.
    pub mark: Mark,
    /// The revision of its statement that holds now; none when nothing does.
    pub holds: Option<Revision>,
}

/// BOEMİS as its one loader has it.
#[derive(Debug)]
pub struct Boemis {
    store: Store,
    ahead: Ahead,
}

impl Boemis {
    /// Opens the database, making it when there is none, and brings its tables and views in line
    /// with this version and these datasets.
    ///
    /// # Errors
    /// [`Fault::Away`] when it is locked or the disk refuses; [`Fault::Wrong`] when it is damaged,
    /// comes from a newer version, or a description contradicts what is stored.
    pub async fn open(location: &Location, settings: &Settings, datasets: &Datasets) -> Result<Self, Fault> {
        Ok(Self { store: Store::open(location, settings, datasets).await?, ahead: Ahead::default() })
    }

    /// The same, which takes turns with what is written ahead, and finds it.
    pub fn with_ahead(self, ahead: Ahead) -> Self {
        Self { ahead, ..self }
    }

    /// Takes new descriptions: all of them, or none.
    ///
    /// # Errors
    /// As [`Boemis::open`].
    pub async fn prepare(&mut self, datasets: &Datasets) -> Result<(), Fault> {
        let _turn = self.ahead.turn();
        self.ahead.discard_all();
        self.store.prepare(datasets).await
    }

    /// Starts a group; `now` is when its statements count as loaded. Its transaction begins with its
    /// first question, which says whether the database is locked by another program.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn begin(&mut self, now: Timestamp) -> Result<Batch<'_>, Fault> {
        let turn = self.ahead.turn();
        Ok(Batch::new(self.store.begin().await?, now, (&self.ahead, turn)))
    }

    /// As [`Batch::standing`], beside any group.
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn standing(&mut self, key: &Key, id: SubmissionId) -> Result<Standing, Fault> {
        self.store.standing(Question::of_any(key, id)).await
    }

    /// What bears on all that a statement states.
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn standing_beside(&mut self, statement: &Statement, id: SubmissionId) -> Result<Standing, Fault> {
        self.store.standing(Question::of(statement, id)).await
    }

    /// The mark of this submission, if it was loaded. Recovery believes it.
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn mark(&mut self, id: SubmissionId) -> Result<Option<Mark>, Fault> {
        self.store.mark(id).await
    }

    /// This submission's load, if it was committed: what its accepted answer can be made from.
    ///
    /// # Errors
    /// As [`Boemis::mark`].
    pub async fn stands(&mut self, id: SubmissionId) -> Result<Option<Stands>, Fault> {
        Ok(self.mark(id).await?.map(Stands::read))
    }

    /// Takes loads out of what holds, as put in doubt: all in one transaction, and done again it changes
    /// nothing. Their rows stay in the history. What was never loaded is left out of the answer.
    ///
    /// What holds is the highest revision that is not contested. So the revision that a contested one
    /// superseded holds again: to supersede is an act of the sender, and is done by a valid signature
    /// (S 9.1.2). Had the revocation been known at the reception, the document had been rejected and had
    /// superseded nothing; and who holds a key that was revoked must not be able to strike out what was
    /// rightly signed. It does not come back in silence: the receipt says which revision holds.
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn contest(&mut self, ids: &[SubmissionId], now: Timestamp) -> Result<Vec<Contested>, Fault> {
        let mut marks = Vec::with_capacity(ids.len());
        for &id in ids {
            marks.extend(self.mark(id).await?);
        }
        let _turn = self.ahead.turn();
        let holds = self.store.contest(&marks, now).await?;
        Ok(marks.into_iter().zip(holds).map(|(mark, holds)| Contested { mark, holds }).collect())
    }

    /// The loads that are contested, in no order.
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn contested(&mut self) -> Result<Vec<SubmissionId>, Fault> {
        self.store.contested().await
    }

    /// How many loads there are that are not contested.
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn uncontested(&mut self) -> Result<u64, Fault> {
        self.store.uncontested().await
    }

    /// Which of these have no load mark, in their order.
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn missing(&mut self, ids: &[SubmissionId]) -> Result<Vec<SubmissionId>, Fault> {
        self.store.missing(ids).await
    }

    /// The rows of the dataset's `_total` view, quarters and years in order.
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn totals(&mut self, dataset: &DatasetName) -> Result<Vec<Total>, Fault> {
        self.store.totals(dataset).await
    }

    /// For idle moments: moves what was committed into the main file, so that the next document
    /// does not wait for that.
    ///
    /// # Errors
    /// The database is away; nothing is lost by that.
    pub async fn rest(&mut self) -> Result<(), Fault> {
        let _turn = self.ahead.turn();
        self.store.rest().await
    }

    /// Closes the database so that its one file can be copied alone.
    ///
    /// # Errors
    /// The disk refuses, or a reader still looks at the log; nothing is lost by that, and the next
    /// start closes the gap.
    pub async fn close(self) -> Result<(), Fault> {
        self.ahead.end().await;
        self.store.close().await
    }
}

/// As the owner of a server's database: makes tables and views as these descriptions have them, and gives roles their
/// rights, which take the place of those that they had: a loader may insert and read, a reader may read.
///
/// # Errors
/// [`Fault::Away`] as ever; [`Fault::Wrong`] when the owner is none, a role is unknown, or a description contradicts
/// what is stored.
pub async fn prepare_as_owner(
    server: &Server,
    settings: &Settings,
    datasets: &Datasets,
    loaders: &[String],
    readers: &[String],
) -> Result<Prepared, Fault> {
    postgres::prepare_as_owner(server, settings, datasets, loaders, readers).await
}

/// BOEMİS for looking at, beside a running daemon or without one. It can write nothing.
#[derive(Debug)]
pub struct Reader {
    store: Store,
}

impl Reader {
    /// Opens an existing database for reading alone.
    ///
    /// # Errors
    /// [`Fault::Missing`] when there is none yet; else as [`Boemis::open`].
    pub async fn open(location: &Location, settings: &Settings, datasets: &Datasets) -> Result<Self, Fault> {
        Ok(Self { store: Store::open_read_only(location, settings, datasets).await? })
    }

    /// As [`Batch::standing`].
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn standing(&mut self, key: &Key, id: SubmissionId) -> Result<Standing, Fault> {
        self.store.standing(Question::of_any(key, id)).await
    }

    /// What bears on all that a statement states.
    ///
    /// # Errors
    /// As [`Reader::standing`].
    pub async fn standing_beside(&mut self, statement: &Statement, id: SubmissionId) -> Result<Standing, Fault> {
        self.store.standing(Question::of(statement, id)).await
    }

    /// As [`Boemis::mark`].
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn mark(&mut self, id: SubmissionId) -> Result<Option<Mark>, Fault> {
        self.store.mark(id).await
    }

    /// As [`Boemis::totals`].
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn totals(&mut self, dataset: &DatasetName) -> Result<Vec<Total>, Fault> {
        self.store.totals(dataset).await
    }

    /// The loads that are contested, in no order.
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn contested(&mut self) -> Result<Vec<SubmissionId>, Fault> {
        self.store.contested().await
    }

    /// All loads, in their order.
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn loads(&mut self) -> Result<Vec<SubmissionId>, Fault> {
        self.store.loads().await
    }

    /// As [`Boemis::uncontested`].
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn uncontested(&mut self) -> Result<u64, Fault> {
        self.store.uncontested().await
    }

    /// As [`Boemis::missing`].
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn missing(&mut self, ids: &[SubmissionId]) -> Result<Vec<SubmissionId>, Fault> {
        self.store.missing(ids).await
    }

    /// The digest of the records that stand for this mark now, read back from their table: equal
    /// to [`Mark::rows`] unless somebody changed them behind the window's back.
    ///
    /// # Errors
    /// The database is away, or holds what no load has written.
    pub async fn stored_rows(&mut self, mark: &Mark) -> Result<Digest, Fault> {
        self.store.stored_rows(mark).await
    }

    /// The records that stand for this mark now. All are held in memory: some hundred octets each.
    ///
    /// # Errors
    /// As [`Reader::stored_rows`].
    pub async fn records(&mut self, mark: &Mark) -> Result<Records, Fault> {
        let (columns, mut rows) = (self.columns(mark)?, Vec::new());
        let mut take = |values| {
            rows.push(values);
            Ok(())
        };
        self.each_record(mark, &mut take).await?;
        Ok(Records { columns, rows })
    }

    /// Gives the records that stand for this mark now, one after the other, some hundred of them in memory; then their
    /// digest, as [`Reader::stored_rows`]: who takes them knows only then that they are what was loaded.
    ///
    /// # Errors
    /// As [`Reader::stored_rows`]; and what `take` gives back, which ends it.
    pub async fn each_record(
        &mut self,
        mark: &Mark,
        take: &mut dyn FnMut(Vec<String>) -> Result<(), Fault>,
    ) -> Result<Digest, Fault> {
        self.store.texts(mark, take).await
    }

    /// The names of the columns of these records, in their order.
    ///
    /// # Errors
    /// No description tells of their dataset.
    pub fn columns(&self, mark: &Mark) -> Result<Vec<String>, Fault> {
        self.store.columns(mark)
    }

    /// What `<dataset>_current` showed at a moment, by what was known then: a load counts from its loading, and
    /// until it was contested; without a moment, what it shows now. The dataset's columns, then `period`,
    /// `submission`, `participant`, `revision`. All is held in memory.
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn as_of(
        &mut self,
        dataset: &DatasetName,
        known_at: impl Into<Option<Timestamp>>,
    ) -> Result<Records, Fault> {
        self.store.as_of(dataset, known_at.into()).await
    }

    /// The records of which the dataset's `_total` view is the sum, each in every period in which it counts, in no
    /// order: as they hold now, or by what was known at a moment. All are held in memory. Nothing where the dataset
    /// has no totals.
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn counted(&mut self, dataset: &DatasetName, known_at: Option<Timestamp>) -> Result<Vec<Counted>, Fault> {
        self.store.counted(dataset, known_at).await
    }

    /// What was loaded of a dataset by what was known at a moment, and was not contested then, in no order.
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn filed(&mut self, dataset: &DatasetName, known_at: Timestamp) -> Result<Vec<Filed>, Fault> {
        self.store.filed(dataset, known_at).await
    }

    /// Closes it.
    ///
    /// # Errors
    /// The disk refuses.
    pub async fn close(self) -> Result<(), Fault> {
        self.store.close().await
    }
}
