//! BOEMİS in a PostgreSQL server, version 15 or later.
//!
//! Owns the one writing connection, its settings, and when it is made anew. A transaction that does not come to its
//! end takes the connection with it, and the server rolls back. A group begins with a lock of the whole database's
//! loads, so that what is read in it cannot change before it is written, whoever else loads; a connection that was
//! lost while nobody used it is made anew in silence. Whatever may be over by itself is *away*
//! ([`link::fault`]). Never decides what may be loaded.

mod link;
mod prepare;
mod read;
mod role;
mod snapshot;
mod write;

pub use prepare::Prepared;
pub(super) use prepare::prepare_as_owner;
pub(super) use role::{BEYOND, LOOKING as LOOKING_AT_ROLE, MEND as ROLE_MEND};
pub(super) use snapshot::Snapshot;
pub(super) use write::Transaction;

use self::link::{Driver, Link};
use self::read::Plans;
use super::acts::{Act, Deed, Done, Situation};
use super::layout::Layout;
use super::location::Server;
use super::mark::Mark;
use super::standing::Question;
use super::{Counted, Fault, Filed, Records, Settings, Total};
use crate::document::{DatasetName, Digest, Revision, SubmissionId};
use crate::schema::{Datasets, Standing};
use jiff::Timestamp;
use sqlx::Connection;
use sqlx::postgres::PgConnection;

/// How many times as long as for any other statement (`statement_timeout`) is waited for one of an audit: it makes each
/// view twice and whole, and no document waits for it. Ten minutes where that is 20 s.
const AUDITED: u32 = 30;

/// An open database.
#[derive(Debug)]
pub(super) struct Store {
    server: Server,
    settings: Settings,
    writes: bool,
    driver: Driver,
    connection: Option<PgConnection>,
    /// Something did not come to its end on this connection: it is not used again.
    broken: bool,
    plans: Plans,
}

impl Store {
    /// Opens the database for writing. Tables and views are made where the role may make them; where it may not, they
    /// must be there.
    pub(super) async fn open(server: &Server, settings: &Settings, datasets: &Datasets) -> Result<Self, Fault> {
        let mut store = Self::new(server, settings, true)?;
        store.prepare(datasets).await?;
        Ok(store)
    }

    /// Opens what is there for reading alone.
    pub(super) async fn open_read_only(
        server: &Server,
        settings: &Settings,
        datasets: &Datasets,
    ) -> Result<Self, Fault> {
        let mut store = Self::new(server, settings, false)?;
        let mut link = store.connected("opening the database for reading").await?;
        let plans = prepare::look(&mut link, datasets).await;
        let Some(plans) = store.ended(plans)? else {
            return Err(Fault::Missing { path: server.to_string() });
        };
        store.plans = plans;
        Ok(store)
    }

    fn new(server: &Server, settings: &Settings, writes: bool) -> Result<Self, Fault> {
        Ok(Self {
            server: server.clone(),
            settings: settings.clone(),
            writes,
            driver: Driver::new()?,
            connection: None,
            broken: false,
            plans: Plans::default(),
        })
    }

    /// Makes tables and views follow the descriptions, or finds that they do.
    pub(super) async fn prepare(&mut self, datasets: &Datasets) -> Result<(), Fault> {
        let any_role = self.settings.any_role;
        let mut link = self.connected("preparing the datasets").await?;
        let plans = prepare::prepare(&mut link, datasets, any_role).await;
        self.plans = self.ended(plans)?;
        Ok(())
    }

    /// A transaction, begun; on a new connection where the server gave up the last one meanwhile.
    pub(super) async fn begin(&mut self) -> Result<Transaction<'_>, Fault> {
        const DOING: &str = "starting a group";
        let was_there = self.connection.is_some() && !self.broken;
        let mut begun = self.begun(DOING).await;
        if was_there && begun.as_ref().is_err_and(|fault| fault.is_away()) && self.connection.is_none() {
            begun = self.begun(DOING).await;
        }
        begun?;
        let Self { connection, driver, settings, plans, broken, .. } = self;
        let connection = connection.as_mut().ok_or_else(closed)?;
        *broken = false; // from here on the transaction says how it ends
        Ok(Transaction::new(Link { connection, driver, patience: link::patience(settings) }, plans, broken))
    }

    /// Begins on the connection that is there, or a new one; without one when that was lost.
    async fn begun(&mut self, doing: &'static str) -> Result<(), Fault> {
        let mut link = self.connection_at_hand(doing).await?;
        let begun = link.raw(doing, write::BEGIN).await;
        match self.ended(begun) {
            // a lock that another holds is no reason for another connection
            Err(fault) if !link::is_lock(&fault) => {
                self.connection = None;
                Err(fault)
            }
            other => other,
        }
    }

    pub(super) async fn mark(&mut self, id: SubmissionId) -> Result<Option<Mark>, Fault> {
        let mut link = self.connected("looking for a mark").await?;
        let mark = read::mark(&mut link, id).await;
        self.ended(mark)
    }

    pub(super) async fn standing(&mut self, question: Question<'_>) -> Result<Standing, Fault> {
        let plans = std::mem::take(&mut self.plans);
        let standing = match self.connected("reading what stands").await {
            Ok(mut link) => read::questions(&mut link, &plans, &[question]).await,
            Err(fault) => Err(fault),
        };
        self.plans = plans;
        self.ended(standing)?.pop().ok_or_else(|| Fault::Wrong("a question was not answered".to_owned()))
    }

    pub(super) async fn totals(&mut self, dataset: &DatasetName) -> Result<Vec<Total>, Fault> {
        let plans = std::mem::take(&mut self.plans);
        let totals = match self.connected("reading totals").await {
            Ok(mut link) => read::totals(&mut link, &plans, dataset).await,
            Err(fault) => Err(fault),
        };
        self.plans = plans;
        self.ended(totals)
    }

    pub(super) async fn stored_rows(&mut self, mark: &Mark) -> Result<Digest, Fault> {
        let plans = std::mem::take(&mut self.plans);
        let rows = match self.connected("reading records back").await {
            Ok(mut link) => read::stored_rows(&mut link, &plans, mark).await,
            Err(fault) => Err(fault),
        };
        self.plans = plans;
        self.ended(rows)
    }

    pub(super) async fn texts(
        &mut self,
        mark: &Mark,
        take: &mut dyn FnMut(Vec<String>) -> Result<(), Fault>,
    ) -> Result<Digest, Fault> {
        let plans = std::mem::take(&mut self.plans);
        let rows = match self.connected("reading records back").await {
            Ok(mut link) => read::texts(&mut link, &plans, mark, take).await,
            Err(fault) => Err(fault),
        };
        self.plans = plans;
        self.ended(rows)
    }

    pub(super) fn columns(&self, mark: &Mark) -> Result<Vec<String>, Fault> {
        read::columns(&self.plans, mark)
    }

    pub(super) async fn as_of(&mut self, dataset: &DatasetName, at: Option<Timestamp>) -> Result<Records, Fault> {
        let plans = std::mem::take(&mut self.plans);
        let records = match self.connected("reading what held at a moment").await {
            Ok(mut link) => read::as_of(&mut link, &plans, dataset, at).await,
            Err(fault) => Err(fault),
        };
        self.plans = plans;
        self.ended(records)
    }

    pub(super) async fn counted(
        &mut self,
        dataset: &DatasetName,
        at: Option<Timestamp>,
    ) -> Result<Vec<Counted>, Fault> {
        let plans = std::mem::take(&mut self.plans);
        let counted = match self.connected("reading what counts").await {
            Ok(mut link) => read::counted(&mut link, &plans, dataset, at).await,
            Err(fault) => Err(fault),
        };
        self.plans = plans;
        self.ended(counted)
    }

    pub(super) async fn filed(&mut self, dataset: &DatasetName, at: Timestamp) -> Result<Vec<Filed>, Fault> {
        let mut link = self.connected("reading what was filed").await?;
        let filed = read::filed(&mut link, dataset, at).await;
        self.ended(filed)
    }

    /// Contests loads, in one transaction: the first moment stays. Of each the revision that holds then.
    pub(super) async fn contest(&mut self, marks: &[Mark], now: Timestamp) -> Result<Vec<Option<Revision>>, Fault> {
        let mut link = self.connected("contesting loads").await?;
        let holds = write::contest(&mut link, marks, now).await;
        self.ended(holds)
    }

    pub(super) async fn situation(&mut self, id: SubmissionId) -> Result<Option<Situation>, Fault> {
        let mut link = self.connected("reading what was done to a load").await?;
        let situation = read::situation(&mut link, id).await;
        self.ended(situation)
    }

    pub(super) async fn acts(&mut self) -> Result<Vec<Deed>, Fault> {
        let mut link = self.connected("reading what was done").await?;
        let acts = read::acts(&mut link).await;
        self.ended(acts)
    }

    pub(super) async fn waiting(&mut self) -> Result<Vec<SubmissionId>, Fault> {
        let mut link = self.connected("reading what waits").await?;
        let waiting = read::waiting(&mut link).await;
        self.ended(waiting)
    }

    pub(super) async fn deed(&mut self, by: SubmissionId) -> Result<Option<Done>, Fault> {
        let mut link = self.connected("reading what was done").await?;
        let deed = read::deed(&mut link, by).await;
        self.ended(deed)
    }

    /// Does one thing to a load, unless this document did it; whether it was to be done.
    pub(super) async fn act(&mut self, act: Act) -> Result<bool, Fault> {
        let mut link = self.connected("doing what a document says").await?;
        let done = write::act(&mut link, act).await;
        self.ended(done)
    }

    pub(super) fn layouts(&self) -> Vec<Layout> {
        self.plans.layouts()
    }

    pub(super) async fn count(&mut self, doing: &'static str, sql: String) -> Result<i64, Fault> {
        let time = self.settings.statement_timeout.saturating_mul(AUDITED);
        let patience = time.saturating_add(self.settings.connect_timeout);
        let link = self.connected(doing).await?;
        let count = read::count(&mut Link { patience, ..link }, doing, time, sql).await;
        self.ended(count)
    }

    pub(super) async fn word(&mut self, doing: &'static str, sql: &'static str) -> Result<Option<String>, Fault> {
        let mut link = self.connected(doing).await?;
        let word = read::word(&mut link, doing, sql).await;
        self.ended(word)
    }

    pub(super) async fn loads(&mut self) -> Result<Vec<SubmissionId>, Fault> {
        let mut link = self.connected("reading what is loaded").await?;
        let loads = read::loads(&mut link).await;
        self.ended(loads)
    }

    pub(super) async fn contested(&mut self) -> Result<Vec<SubmissionId>, Fault> {
        let mut link = self.connected("reading what is contested").await?;
        let contested = read::contested(&mut link).await;
        self.ended(contested)
    }

    pub(super) async fn uncontested(&mut self) -> Result<u64, Fault> {
        let mut link = self.connected("counting loads").await?;
        let count = read::uncontested(&mut link).await;
        self.ended(count)
    }

    pub(super) async fn missing(&mut self, ids: &[SubmissionId]) -> Result<Vec<SubmissionId>, Fault> {
        let mut link = self.connected("looking for marks").await?;
        let missing = read::missing(&mut link, ids).await;
        self.ended(missing)
    }

    pub(super) async fn close(mut self) -> Result<(), Fault> {
        if let Some(connection) = self.connection.take()
            && !self.broken
        {
            // what the server does not hear, it finds out
            let _ = self.driver.within(self.settings.connect_timeout, connection.close()).await;
        }
        Ok(())
    }

    /// The connection, which the server still has; made anew where it has not.
    async fn connected(&mut self, doing: &'static str) -> Result<Link<'_>, Fault> {
        if self.writes
            && !self.broken
            && let Some(connection) = &mut self.connection
        {
            let here = self.driver.within(self.settings.connect_timeout, connection.ping()).await;
            self.broken = !matches!(here, Ok(Ok(())));
        }
        self.connection_at_hand(doing).await
    }

    /// The connection as it is; made where there is none. Until [`Store::ended`] it counts as broken: whoever stops
    /// waiting in the middle leaves an answer behind that nobody will read.
    async fn connection_at_hand(&mut self, doing: &'static str) -> Result<Link<'_>, Fault> {
        if self.broken {
            self.connection = None;
        }
        if self.connection.is_none() {
            let made = link::connect(&self.driver, &self.server, &self.settings, self.writes, doing).await?;
            self.connection = Some(made);
        }
        self.broken = true;
        let connection = self.connection.as_mut().ok_or_else(closed)?;
        Ok(Link { connection, driver: &self.driver, patience: link::patience(&self.settings) })
    }

    fn ended<T>(&mut self, result: Result<T, Fault>) -> Result<T, Fault> {
        self.broken = result.is_err();
        result
    }
}

fn closed() -> Fault {
    Fault::Wrong("the connection is closed".to_owned())
}
