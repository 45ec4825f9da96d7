//! One open window: everything that is held while it works, opened in order and closed in order.
//!
//! Owns opening, recovery by the state table, reloading of registry, stations, datasets and trust,
//! and the end. What is done with documents is [`carry`](super::carry)'s.

use super::alerting::{Finds, Hints};
use super::alive;
use super::answering::Laid;
use super::arrived::UnderWay;
use super::aside::Aside;
use super::carry::{Case, Taken};
use super::fitting;
use super::holds::Holds;
use super::later::Later;
use super::letters::Letters;
use super::look;
use super::metrics::{Looks, Metrics};
use super::pages::Pages;
use super::posting::Poster;
use super::stamps::Stamps;
use crate::advice::Advice;
use crate::archive::Closed;
use crate::boemis::{self, Ahead, Boemis};
use crate::config::{Config, Settings, World};
use crate::document::{DatasetName, Decision, Digest, ParticipantName, SubmissionId};
use crate::evidence::Evidence;
use crate::host::{Beside, Host, sandbox};
use crate::intake::folder::Outlet;
use crate::intake::{Queue, Refusal};
use crate::journal::{Event, Journal, JournalError, Phase, Ruled, Written};
use crate::ledger::{Arrived, Ledger, LedgerError, Opened, Submission};
use crate::receipt::Turn;
use crate::reserve::Holdings;
use crate::schema::Key;
use crate::seal::{OpenFault, PreviousRecord, Sealer, Stamper};
use crate::staging::Staging;
use crate::transparency;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::Notify;

/// Why a window cannot be opened, or cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Halt {
    /// Another process has this window open.
    #[error("this window is open in another process; `pencere status` shows what it does")]
    InUse,
    /// Our own disk or one of our own files; the text says which and what to do.
    #[error("{0}")]
    Broken(String),
    /// The configuration names what cannot be used: starting again mends nothing.
    #[error("{0}")]
    Misconfigured(String),
    /// The window's own records are not of one past: not even this may be written into them. `status` sees the same.
    #[error("halted: {0}")]
    Unfit(String),
    /// An impossible state: intake stops, nothing is touched, a person must look.
    #[error("halted: {0}")]
    Wrong(String),
}

impl Halt {
    /// Something of ours cannot be opened or written.
    pub fn broken(error: impl std::fmt::Display) -> Self {
        Self::Broken(error.to_string())
    }

    /// A state that cannot be.
    pub fn wrong(error: impl std::fmt::Display) -> Self {
        Self::Wrong(error.to_string())
    }
}

impl From<JournalError> for Halt {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::InUse { .. } => Self::InUse,
            error if error.is_damage() => Self::wrong(error),
            error => Self::broken(error),
        }
    }
}

impl From<LedgerError> for Halt {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Journal(error) => error.into(),
            LedgerError::Impossible(_) => Self::wrong(error),
            error => Self::broken(error),
        }
    }
}

/// What was done since the window opened.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Answers by decision.
    pub answers: BTreeMap<Decision, u64>,
    /// What stands in the way right now, for `systemctl status`; none when all is well.
    pub trouble: Option<String>,
    /// Whether BOEMİS is away.
    pub away: bool,
    /// The same of receipts that cannot be published, until they can.
    pub publishing: Option<String>,
    /// The same of revocation data that cannot be fetched.
    pub refreshing: Option<String>,
    /// The same of time-stamps on receipts, which go without.
    pub stamping: Option<String>,
    /// The same of what was accepted and is not in BOEMİS.
    pub unloaded: Option<String>,
    /// The same of the reserve, which does not follow.
    pub reserving: Option<String>,
    /// The same of the checkpoint in the state folder.
    pub laying: Option<String>,
    /// The same of checkpoints, which do not go where others keep them.
    pub witnessing: Option<String>,
    /// The same of archive units that cannot be made.
    pub archiving: Option<String>,
    /// The same of mail that does not go out.
    pub posting: Option<String>,
    /// The same of a mailbox that cannot be read.
    pub mail: Option<String>,
}

impl Tally {
    /// All that stands in the way right now; none when all is well.
    pub fn troubles(&self) -> Option<String> {
        let away = self.away.then_some("BOEMİS is away; documents are held");
        let mail = [&self.posting, &self.mail];
        let beside =
            [&self.unloaded, &self.reserving, &self.archiving, &self.laying, &self.witnessing].into_iter().chain(mail);
        let own = [&self.trouble, &self.publishing, &self.refreshing, &self.stamping].into_iter().chain(beside);
        let own = own.flatten().map(String::as_str);
        let all: Vec<&str> = own.chain(away).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}

/// A submission that waits for its next try.
#[derive(Clone, Debug)]
pub struct Waits {
    /// When it is tried again.
    pub next: Timestamp,
    /// How often it was tried.
    pub attempt: u32,
    /// The slug of the finding that holds it.
    pub finding: String,
    /// What it states, when that is known: later documents of the same key wait behind it.
    pub key: Option<Key>,
    /// Of an approval, the submission that it speaks of, when that is known: later approvals of it wait behind it.
    pub names: Option<String>,
    /// Whose it is: held submissions are bounded for each participant.
    pub participant: Option<ParticipantName>,
    /// Its size with its detached signature, in octets.
    pub size: u64,
    /// When it was received.
    pub received: Timestamp,
}

impl Waits {
    /// Whether to look at it may take long.
    pub(super) fn is_large(&self) -> bool {
        self.size > look::SMALL
    }

    /// When it is tried again: no try lies further ahead than the longest pause between two, so one that does was set
    /// by a clock that was set back since, and is due now.
    pub(super) fn due(&self, pause: Duration, now: Timestamp) -> Timestamp {
        match Duration::try_from(self.next.duration_since(now)) {
            Ok(ahead) if ahead > pause => now,
            _ => self.next,
        }
    }
}

/// An open window.
pub struct Window {
    /// Waits for the disk while we go on. (First: it ends before the journal lets its lock go.)
    pub(super) beside: Beside,
    pub(super) host: Host,
    pub(super) config: Config,
    pub(super) world: Arc<World>,
    pub(super) journal: Journal,
    pub(super) evidence: Evidence,
    pub(super) ledger: Ledger,
    pub(super) transparency: transparency::Log,
    /// Of each body the last receipt since the start, which the next one is tied to.
    pub(super) last_receipts: HashMap<String, PreviousRecord>,
    /// None while the database is away.
    pub(super) boemis: Option<Boemis>,
    /// Rows that stand there before their mark, and whose turn it is to write.
    pub(super) written_ahead: Ahead,
    /// It was opened, and nobody has held it against the journal yet.
    pub(super) is_uncompared: bool,
    pub(super) seal: Sealer,
    /// Who stamps the time on receipts, if anybody.
    pub(super) stamps: Option<Arc<Stamps>>,
    pub(super) queue: Queue,
    /// Held submissions by id, which is their order of arrival.
    pub(super) waits: BTreeMap<SubmissionId, Waits>,
    /// What was told of the held submissions already.
    pub(super) holds: Holds,
    /// Large ones that are held behind another, and not tried before that is decided.
    pub(super) behind: BTreeSet<SubmissionId>,
    pub(super) later: Later,
    /// What is durable and the ledger has not learned yet, in order. It learns before anything else
    /// is asked of it; only an answer that is being given does not wait for that.
    pub(super) unlearned: Vec<Written>,
    /// Sources of what is safe, still to be removed, and their octets together.
    pub(super) sources: Vec<(ParticipantName, SubmissionId)>,
    pub(super) sources_octets: u64,
    pub(super) pages: Pages,
    /// The next group, safe and being looked at while this one is finished.
    pub(super) ahead: Option<Taken>,
    /// What is looked at beside the groups, because it takes long; and who tells that some of it is done.
    pub(super) aside: Vec<Aside>,
    pub(super) told: Arc<Notify>,
    /// What came by mail and is judged still, for who is to be told that it arrived.
    pub(super) under_way: UnderWay,
    /// The group whose receipts are being laid into their folders.
    pub(super) laying: Option<JoinHandle<Vec<Laid>>>,
    /// Submissions whose answers lie in their folders with their pages, still to be closed.
    pub(super) laid: Vec<SubmissionId>,
    /// Where something was laid since that was made durable last.
    pub(super) laid_into: BTreeMap<ParticipantName, Outlet>,
    /// Submissions whose last receipt could not be published.
    pub(super) left: BTreeSet<SubmissionId>,
    /// What is to be refused in its folder once something can be kept again.
    pub(super) unrefused: Vec<Refusal>,
    /// Whose refusals are under way, by intake's key: the ledger does not know of them yet.
    pub(super) refusing: BTreeSet<(ParticipantName, String)>,
    /// Whose folders cannot be used, and why.
    pub(super) shut: BTreeMap<ParticipantName, String>,
    /// By what is judged now, as the list of it is named in evidence.
    pub(super) grounds: Option<Digest>,
    /// What the window consists of, where a reserve follows it.
    pub(super) holdings: Option<Arc<Holdings>>,
    /// What was accepted and cannot be loaded again, by what it states: what comes on the same cannot be judged beside
    /// what is not there, and waits.
    pub(super) lacking: HashMap<Key, SubmissionId>,
    /// What signed documents ruled on, still to be answered.
    pub(super) ruled: BTreeMap<SubmissionId, Ruled>,
    /// Who hands over what is owed by mail; none where none goes out.
    pub(super) poster: Option<Arc<Poster>>,
    /// Who says what is wrong with the window; none of one that tells nobody.
    pub(super) finds: Option<Finds>,
    /// What alerts are told of by the loop.
    pub(super) hints: Arc<Hints>,
    /// The mailboxes that are read, and what of them has no verdict.
    pub(super) letters: Letters,
    /// What is counted.
    pub(super) metrics: Arc<Metrics>,
    /// Who says what is seen of the window, in numbers; none of one that tells nobody.
    pub(super) looks: Option<Looks>,
    /// What was done so far.
    pub tally: Tally,
}

impl Window {
    /// Opens the window: locks it, brings journal, evidence, ledger, database, seal and folders up,
    /// and finishes what a crash left (docs/architecture.md: what a crash leaves).
    ///
    /// # Errors
    /// [`Halt`]: nothing was taken then.
    pub async fn open(config: Config, host: Host) -> Result<Self, Halt> {
        Self::open_counted(config, host, Metrics::new()).await
    }

    /// The same, and counts there.
    ///
    /// # Errors
    /// As [`Window::open`].
    pub async fn open_counted(config: Config, host: Host, metrics: Arc<Metrics>) -> Result<Self, Halt> {
        let (state, journal) = (config.settings().window.paths.state.clone(), config.settings().journal);
        let opened = Self::open_all(config, host.clone(), metrics).await;
        if let Err(halt @ (Halt::Broken(_) | Halt::Wrong(_))) = &opened {
            // `status` has nowhere else to learn it from; a start that fails again and again says so once
            let written = Journal::open(&host.disk, &state, journal).and_then(|mut journal| {
                let (now, why) = (host.clock.now(), halt.to_string());
                if journal.take_opened().last_halt.as_ref() == Some(&why) {
                    return Ok(());
                }
                // a crash before it is a stoppage of its own
                for event in alive::was_down(&host, &state).into_iter().chain([Event::Halted { why }]) {
                    journal.append(now, event)?;
                }
                journal.sync().map(drop)
            });
            if let Err(error) = written {
                tracing::error!(advice = %Advice::Halted, %error, "the halt could not be journalled");
            }
        }
        opened
    }

    async fn open_all(config: Config, host: Host, metrics: Arc<Metrics>) -> Result<Self, Halt> {
        let settings = config.settings().clone();
        let state = &settings.window.paths.state;
        // The journal holds the lock by which a window has one process: it comes first.
        let mut journal = Journal::open(&host.disk, state, settings.journal)?;
        let evidence = Evidence::open(&host.disk, state, settings.evidence).map_err(Halt::broken)?;
        let (ledger, opened) = Ledger::open(&host.disk, state, &journal, settings.ledger)?;
        if let Opened::Rebuilt(entries) = opened
            && entries > 0
        {
            tracing::info!(entries, "the ledger was rebuilt from the journal");
        }
        let mut transparency = transparency::Log::open(&host, state, &mut journal, &settings.transparency)?;
        // Held documents are tried in the order of their ids, which is that of their arrival.
        ledger.newest()?.into_iter().for_each(SubmissionId::rise_above);
        let world = Arc::clone(config.world());
        let clock = host.clock.clone();
        let stamps = settings.stamps.clone();
        let stamps = stamps.map(|stamps| Arc::new(Stamps::new(stamps, host.clock.clone(), Arc::clone(&world))));
        let stamper = stamps.as_ref().map(|stamps| Arc::clone(stamps) as Arc<dyn Stamper>);
        let (of, now) = (settings.window_of_receipts(), Box::new(move || clock.now()));
        let seal = Sealer::open(&settings.seal, of, now, stamper).map_err(|fault| match fault {
            // a PIN that is refused must not be tried at every start of a service
            OpenFault::Token(ref token) if token.is_lasting() => Halt::Misconfigured(fault.to_string()),
            fault => Halt::broken(fault),
        })?;
        fitting::acts(&seal, &settings.seal.acts, &ledger, host.clock.now())?;
        fitting::tree(&seal, &mut transparency, &host, state)?;
        let told = Arc::new(Notify::new());
        let mut window = Self {
            host,
            config,
            world,
            journal,
            evidence,
            ledger,
            transparency,
            last_receipts: HashMap::new(),
            boemis: None,
            written_ahead: Ahead::default(),
            is_uncompared: false,
            lacking: HashMap::new(),
            seal,
            stamps,
            queue: Queue::new(Vec::new()),
            waits: BTreeMap::new(),
            holds: Holds::default(),
            behind: BTreeSet::new(),
            later: Later::default(),
            unlearned: Vec::new(),
            sources: Vec::new(),
            sources_octets: 0,
            beside: Beside::default(),
            pages: Pages::default(),
            ahead: None,
            aside: Vec::new(),
            under_way: UnderWay::new(&told),
            told,
            laying: None,
            laid: Vec::new(),
            laid_into: BTreeMap::new(),
            left: BTreeSet::new(),
            unrefused: Vec::new(),
            refusing: BTreeSet::new(),
            shut: BTreeMap::new(),
            grounds: None,
            holdings: None,
            ruled: BTreeMap::new(),
            poster: None,
            finds: None,
            hints: Arc::default(),
            letters: Letters::default(),
            metrics,
            looks: None,
            tally: Tally::default(),
        };
        window.begin().await?;
        Ok(window)
    }

    /// Brings folders, database and what was left up; the journal hears of the start.
    async fn begin(&mut self) -> Result<(), Halt> {
        self.open_folders()?;
        self.reach_boemis().await?;
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let configuration = self.digests();
        let was_down = alive::was_down(&self.host, &self.settings().window.paths.state);
        let is_up_again = was_down.is_some();
        self.tell([Event::Started { version, configuration }].into_iter().chain(was_down))?;
        if is_up_again {
            self.is_up_again();
        }
        // behind what tells of a crash: the last line before that is the last sign of life
        self.keep_grounds(&self.world())?;
        self.open_outbox()?;
        self.take_notes()?;
        self.load_again().await?;
        self.recover().await?;
        self.look_later();
        self.look_at_holdings();
        Ok(())
    }

    /// What `pencere.toml` says.
    pub fn settings(&self) -> &Settings {
        self.config.settings()
    }

    /// The folders.
    pub fn queue(&mut self) -> &mut Queue {
        &mut self.queue
    }

    /// What it judges by now.
    pub fn world(&self) -> Arc<World> {
        Arc::clone(&self.world)
    }

    /// Clock and disk.
    pub fn host(&self) -> Host {
        self.host.clone()
    }

    /// Now, by the window's clock.
    pub fn now(&self) -> Timestamp {
        self.host.clock.now()
    }

    /// Submissions that are held.
    pub fn held(&self) -> &BTreeMap<SubmissionId, Waits> {
        &self.waits
    }

    /// Opens the database if it is not; it may be away.
    ///
    /// # Errors
    /// A database that is not as it must be.
    pub(super) async fn reach_boemis(&mut self) -> Result<(), Halt> {
        if self.boemis.is_some() {
            return Ok(());
        }
        let settings = self.config.settings();
        let (location, boemis, datasets) = (&settings.location, &settings.boemis, &self.world.datasets);
        let mut opened = Boemis::open(location, boemis, datasets).await;
        if opened.is_ok()
            && let Err(fault) = self.written_ahead.sweep(location, boemis, datasets).await
        {
            opened = Err(fault);
        }
        opened = opened.map(|boemis| boemis.with_ahead(self.written_ahead.clone()));
        if let Ok(boemis) = &mut opened
            && let Err(fault) = self.contest_in(boemis).await?
        {
            opened = Err(fault);
        }
        match opened {
            Ok(boemis) => (self.boemis, self.is_uncompared) = (Some(boemis), true),
            Err(boemis::Fault::Away { doing, cause }) => {
                if let Some(why) = self.shut_out_of_boemis() {
                    return Err(Halt::Broken(why));
                }
                tracing::error!(advice = %Advice::BoemisAway,
                    doing, cause, "BOEMİS is away; documents are held until it is back");
                self.tally.away = true;
            }
            // a start that is tried again by itself mends no rights
            Err(fault @ boemis::Fault::Role(_)) => return Err(Halt::Misconfigured(fault.to_string())),
            Err(fault) => return Err(Halt::wrong(fault)),
        }
        Ok(())
    }

    /// Why an embedded BOEMİS is out of this process's reach, where its folder came only after the process shut itself
    /// in: nothing but another start mends that, and a service is started again by itself.
    fn shut_out_of_boemis(&self) -> Option<String> {
        let file = self.settings().location.file()?;
        let error = sandbox::denies_writing(file)?;
        let advice = sandbox::advice(&error);
        Some(format!("the folder of {} was not there at the start: {error}{advice}", file.display()))
    }

    /// Writes events and makes them durable at once.
    pub(super) fn tell(&mut self, events: impl IntoIterator<Item = Event>) -> Result<(), Halt> {
        for event in events {
            self.journal.append(self.host.clock.now(), event)?;
        }
        self.settle()
    }

    /// Makes durable what was journalled and lets the ledger learn it.
    pub(super) fn settle(&mut self) -> Result<(), Halt> {
        self.sync_journal()?;
        self.learn()
    }

    /// Makes durable what was journalled; the ledger learns it by [`Window::learn`].
    pub(super) fn sync_journal(&mut self) -> Result<(), Halt> {
        let written = self.journal.sync()?;
        for closed in Closed::from_journal(&written) {
            tracing::debug!(submission = %closed.id(), "closed");
        }
        self.took(written)
    }

    /// Lets the ledger learn what is durable.
    pub(super) fn learn(&mut self) -> Result<(), Halt> {
        match self.unlearned.is_empty() {
            true => Ok(()),
            false => Ok(self.ledger.apply_aside(std::mem::take(&mut self.unlearned))?),
        }
    }

    /// Removes the sources of what is safe. (A file that is made right after many were removed is
    /// slow on some file systems, so that comes when nobody waits for an answer.)
    pub(super) fn release_sources(&mut self) {
        self.sources_octets = 0;
        for (participant, id) in std::mem::take(&mut self.sources) {
            if let Some(folder) = self.queue.folder(&participant)
                && let Err(error) = folder.release(id)
            {
                tracing::warn!(advice = %Advice::FileLeft, %participant, submission = %id, %error,
                    "a source could not be removed; it is at the next start");
            }
        }
    }

    /// Finishes what the last process left: answers that were sealed are published again, what was
    /// only held is judged, at its recorded reception time.
    async fn recover(&mut self) -> Result<(), Halt> {
        let open = self.ledger.open_submissions()?;
        if open.is_empty() {
            return Ok(());
        }
        tracing::info!(submissions = open.len(), "finishing what was under way");
        let (mut cases, mut refused) = (Vec::new(), Vec::new());
        for submission in open {
            // Also a held answer may not have reached its folder.
            self.publish_again(&submission)?;
            match &submission.phase {
                Phase::Held => cases.extend(self.case(&submission)?),
                Phase::Deferred { finding, attempt, next } => {
                    let held = match &submission.arrival {
                        Arrived::Held(held) => Some(held),
                        Arrived::RefusedInPlace(_) => None,
                    };
                    let (key, now) = (key_of(&submission), self.host.clock.now());
                    let waits = Waits {
                        // what others have to wait behind is told by another look alone
                        next: next.filter(|_| key.is_some()).unwrap_or(now),
                        attempt: *attempt,
                        finding: finding.clone(),
                        key,
                        names: None,
                        participant: held.and_then(|held| held.participant.clone()),
                        size: held.map_or(0, |held| held.size()),
                        received: held.map_or(self.host.clock.now(), |held| held.received),
                    };
                    self.waits.insert(submission.id(), waits);
                }
                // The thing lies in its folder still, and is answered under the id that it has.
                Phase::Refused => {
                    if let Arrived::RefusedInPlace(in_place) = submission.arrival {
                        refused.push(*in_place);
                    }
                }
                Phase::Contested(doubt) => drop(self.later.doubts.insert(submission.id(), (**doubt).clone())),
                Phase::Ruled(ruled) => drop(self.ruled.insert(submission.id(), (**ruled).clone())),
                Phase::Answered | Phase::Closed => {}
            }
        }
        self.close_laid()?;
        self.contest_all(self.host.clock.now()).await?; // what it stood in the way of is judged without it
        self.answer_ruled().await?;
        self.answer_refused(refused)?;
        let group = self.settings().group.documents.max(1);
        while !cases.is_empty() {
            let rest = cases.split_off(cases.len().min(group));
            self.judge(std::mem::replace(&mut cases, rest)).await?;
        }
        Ok(())
    }

    /// A held submission as a case to be judged again; none where its octets cannot be read: all others go on, and it
    /// waits for `pencere repair`.
    pub(super) fn case(&mut self, submission: &Submission) -> Result<Option<Case>, Halt> {
        let Arrived::Held(held) = &submission.arrival else { return Ok(None) };
        let staging = Staging::new(&self.host.clock, &mut self.evidence, &mut self.journal);
        let staged = match staging.again(held) {
            Ok(staged) => staged,
            Err(error) => {
                self.unreadable(submission, held, &error);
                return Ok(None);
            }
        };
        let attempt = match &submission.phase {
            Phase::Deferred { attempt, .. } => *attempt,
            _ => 0,
        };
        let turn = Turn { answer: submission.answers + 1, held_before: submission.answers > 0 };
        Ok(Some(Case { staged, turn, attempt, refused: None, is_fresh: false }))
    }

    /// Reads registry, stations, datasets and trust again: wholly, or not at all (S 3.1.5). What
    /// was held is tried again at once.
    ///
    /// # Errors
    /// The journal; a wrong configuration is no error, it is told and the old one stays.
    pub async fn reload(&mut self) -> Result<(), Halt> {
        self.finish_ahead().await?; // it was looked at by the world of its time
        let refused = match self.config.reload_world(self.host.clock.now()) {
            Ok(world) => self.take_world(world).await?,
            Err(mistakes) => {
                for mistake in &mistakes {
                    tracing::error!(advice = %Advice::ReloadRefused,
                        %mistake, "reload: a mistake in the configuration");
                }
                Some(format!("{} mistakes; the first: {}", mistakes.len(), mistakes[0]))
            }
        };
        match &refused {
            None => tracing::info!("registry, stations, datasets and trust were read again"),
            Some(why) => tracing::error!(advice = %Advice::ReloadRefused, why, "the configuration stays as it was"),
        }
        let configuration = self.digests();
        self.tell([Event::Reloaded { configuration, refused }])?;
        if self.tally.unloaded.is_some() {
            self.is_uncompared = true; // perhaps the new world takes what the old one did not
            self.load_again().await?;
        }
        let now = self.host.clock.now();
        for waits in self.waits.values_mut() {
            waits.next = now;
        }
        Ok(())
    }

    /// Puts a new world in force; why not, when it cannot be.
    async fn take_world(&mut self, world: World) -> Result<Option<String>, Halt> {
        if let Some(boemis) = &mut self.boemis
            && let Err(fault) = boemis.prepare(&world.datasets).await
        {
            return Ok(Some(format!("BOEMİS does not take the datasets: {fault}")));
        }
        self.written_ahead.discard_all(); // also while BOEMİS is away
        if let Err(halt) = self.keep_grounds(&world) {
            return Ok(Some(format!("it cannot be kept in evidence: {halt}")));
        }
        let is_newer = world.trust.digest() != self.world.trust.digest();
        self.world = Arc::new(world);
        self.look_at_holdings();
        if is_newer {
            self.look_later();
        }
        if let Some(stamps) = &self.stamps {
            stamps.renew(Arc::clone(&self.world));
        }
        // A new participant's folder is open before anything is judged by the new world.
        self.scan()?;
        Ok(None)
    }

    fn digests(&self) -> BTreeMap<String, Digest> {
        let named = |path: &std::path::Path, digest| (path.display().to_string(), digest);
        let fixed = self.config.files().iter().map(|file| named(&file.path, file.digest));
        fixed.chain(self.world.digests().map(|(path, digest)| named(path, digest))).collect()
    }

    /// What BOEMİS holds of a dataset, quarters and years; nothing while it is away.
    ///
    /// # Errors
    /// A database that is not as it must be.
    pub async fn totals(&mut self, dataset: &DatasetName) -> Result<Vec<boemis::Total>, Halt> {
        match &mut self.boemis {
            Some(boemis) => boemis.totals(dataset).await.map_err(Halt::broken),
            None => Ok(Vec::new()),
        }
    }

    /// For idle moments: makes durable what can wait, and lets the stores rest.
    ///
    /// # Errors
    /// The journal or the ledger.
    pub async fn rest(&mut self) -> Result<(), Halt> {
        self.release_sources();
        self.close_laid()?;
        self.take_notes()?;
        self.settle()?;
        self.ledger.tend()?;
        self.ledger.flush()?;
        self.rest_transparency()?;
        if let Some(boemis) = &mut self.boemis
            && let Err(fault) = boemis.rest().await
        {
            tracing::debug!(%fault, "BOEMİS could not rest");
        }
        Ok(())
    }

    /// Writes down that and why the window stops, as far as that can still be written; whether it could.
    pub fn halt(&mut self, halt: &Halt) -> bool {
        // What was to be written with what failed is not true by itself.
        self.journal.forget();
        let told = self.tell([Event::Halted { why: halt.to_string() }]);
        if let Err(error) = &told {
            tracing::error!(advice = %Advice::Halted, %error, "the halt could not be journalled");
        }
        told.is_ok()
    }

    /// Ends in good order.
    ///
    /// # Errors
    /// What could not be written; nothing is lost by that, the next start finishes it.
    pub async fn close(mut self) -> Result<(), Halt> {
        self.finish_ahead().await?;
        self.end_mailboxes()?;
        self.drop_aside();
        self.release_sources();
        self.close_laid()?;
        self.journal_mailed()?;
        self.take_notes()?;
        self.tell([Event::Stopped {}])?;
        self.rest_transparency()?;
        self.witness_last();
        let (disk, state) = (self.host.disk.clone(), self.settings().window.paths.state.clone());
        self.ledger.close(&disk, &state)?;
        match self.boemis.take() {
            Some(boemis) => boemis.close().await.map_err(Halt::broken),
            None => Ok(()),
        }
    }
}

/// What a held submission was found to state, from its held answer.
pub(super) fn key_of(submission: &Submission) -> Option<Key> {
    let answered = submission.last.as_ref()?;
    Some(Key {
        participant: answered.participant.clone()?,
        dataset: answered.dataset.clone()?,
        period: answered.period?,
    })
}
