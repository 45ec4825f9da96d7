//! A mailbox as the loop sees it: messages come out, verdicts go in, and how it stands can be asked.
//!
//! Owns the two queues between a reader's thread and the loop. The one that comes out is short, so that a flood waits
//! in its mailbox; what is handed over and has no verdict is bounded as well.

use super::{MailboxSettings, Place, Post};
use crate::advice::Advice;
use crate::host::Scratch;
use crate::intake::{Channel, imap, maildir};
use crate::letter::{Fault, Limits};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::{Notify, mpsc};

/// Messages that wait for the loop, at most: each may hold the open files of all its attachments.
const WAITING_MAX: usize = 4;
/// Messages of one mailbox that have no verdict, at most.
pub(in crate::intake) const OPEN_MAX: usize = 32;

/// Which message, as its reader counts them.
pub type Ticket = u64;

/// What a reader hands over.
#[derive(Debug)]
pub enum Delivery {
    /// A message.
    Post(Ticket, Box<Post>),
    /// A message that is not read: by what it is known again, and why.
    Refused(Ticket, String, Fault),
    /// All that lay there was handed over: `once` waits for that.
    Quiet,
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Something of it was filed by a registered person's signature, or a mail system reported on mail of ours.
    Processed,
    /// Nothing of it was.
    Rejected,
    /// Nothing could be kept: it is read again later.
    Again,
}

/// What the loop tells a reader.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    /// What becomes of this message.
    Settle(Ticket, Verdict),
    /// Finish what was ordered and end.
    End,
}

/// How a mailbox stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// `maildir` or `imap`.
    pub kind: String,
    /// Whether it can be read now.
    pub connected: bool,
    /// When it was looked at last.
    pub last_look: Option<Timestamp>,
    /// What went wrong last; none once it goes well again.
    pub last_error: Option<String>,
    /// Since when it cannot be read, or messages of it cannot be moved.
    pub failing_since: Option<Timestamp>,
    /// Messages in it that have no verdict yet.
    pub waiting: u64,
    /// Messages that have one, and could not be moved yet.
    pub unmoved: u64,
}

/// A mailbox whose reader runs.
#[derive(Debug)]
pub struct Mailbox {
    name: String,
    channel: Channel,
    deliveries: mpsc::Receiver<Delivery>,
    orders: mpsc::UnboundedSender<Order>,
    standing: Arc<Mutex<Standing>>,
    /// Ends its wait, where it waits for more than orders.
    bell: Arc<Notify>,
    thread: Option<JoinHandle<()>>,
}

/// What a reader's thread has.
#[derive(Debug)]
pub struct Reader {
    pub(in crate::intake) settings: MailboxSettings,
    pub(in crate::intake) limits: Limits,
    pub(in crate::intake) size_max: u64,
    pub(in crate::intake) scratch: Scratch,
    pub(in crate::intake) deliveries: mpsc::Sender<Delivery>,
    pub(in crate::intake) orders: mpsc::UnboundedReceiver<Order>,
    pub(in crate::intake) bell: Arc<Notify>,
    standing: Arc<Mutex<Standing>>,
    told: Arc<Notify>,
}

impl Mailbox {
    /// Starts reading. `told` hears of every delivery.
    ///
    /// # Errors
    /// When no thread can be had.
    pub fn start(
        settings: &MailboxSettings,
        limits: Limits,
        size_max: u64,
        scratch: Scratch,
        told: &Arc<Notify>,
    ) -> std::io::Result<Self> {
        let (hand_over, deliveries) = mpsc::channel(WAITING_MAX);
        let (orders, ordered) = mpsc::unbounded_channel();
        let channel = match settings.place {
            Place::Maildir(_) => Channel::Maildir,
            Place::Imap(_) => Channel::Imap,
        };
        let standing = Standing { kind: channel.as_str().to_owned(), ..Standing::default() };
        let (standing, bell) = (Arc::new(Mutex::new(standing)), Arc::new(Notify::new()));
        let reader = Reader {
            settings: settings.clone(),
            limits,
            size_max,
            scratch,
            deliveries: hand_over,
            orders: ordered,
            bell: Arc::clone(&bell),
            standing: Arc::clone(&standing),
            told: Arc::clone(told),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = std::thread::Builder::new().name("mailbox".to_owned()).spawn(move || match channel {
            Channel::Maildir => runtime.block_on(maildir::read(reader)),
            Channel::Imap => runtime.block_on(imap::read(reader)),
        })?;
        let name = settings.name.clone();
        Ok(Self { name, channel, deliveries, orders, standing, bell, thread: Some(thread) })
    }

    /// Its name in the configuration.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How it is read.
    pub fn channel(&self) -> Channel {
        self.channel
    }

    /// The next delivery, if there is one.
    pub fn take(&mut self) -> Option<Delivery> {
        self.deliveries.try_recv().ok()
    }

    /// Whether one waits.
    pub fn is_waiting(&self) -> bool {
        !self.deliveries.is_empty()
    }

    /// Waits for the next delivery; none when the reader has ended, or for so long nothing came.
    pub async fn next(&mut self, patience: Duration) -> Option<Delivery> {
        tokio::time::timeout(patience, self.deliveries.recv()).await.ok().flatten()
    }

    /// Says what becomes of a message.
    pub fn settle(&self, ticket: Ticket, verdict: Verdict) {
        let _ = self.orders.send(Order::Settle(ticket, verdict)); // a reader that has ended moves nothing
        self.bell.notify_one();
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Has it end once what was ordered is done.
    pub fn ask_end(&self) {
        let _ = self.orders.send(Order::End);
        self.bell.notify_one();
    }

    /// Waits for that, but no longer than this.
    pub fn end(mut self, patience: Duration) {
        self.ask_end();
        self.deliveries.close();
        let begun = Instant::now();
        if let Some(thread) = self.thread.take() {
            while !thread.is_finished() && begun.elapsed() < patience {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
    }
}

impl Reader {
    /// Hands something over; whether anybody takes it still.
    pub(in crate::intake) async fn hand_over(&self, delivery: Delivery) -> bool {
        let is_taken = self.deliveries.send(delivery).await.is_ok();
        self.told.notify_one();
        is_taken
    }

    pub(in crate::intake) fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that it was looked at without a fault.
    pub(in crate::intake) fn looked(&self, waiting: usize) {
        let mut standing = self.standing();
        if standing.failing_since.take().is_some() && standing.unmoved == 0 {
            tracing::info!(mailbox = self.settings.name, "the mailbox can be read again");
        }
        let now = Timestamp::now();
        (standing.connected, standing.last_look, standing.waiting) = (true, Some(now), waiting as u64);
        standing.last_error = None;
    }

    /// Notes what went wrong, and says it once.
    pub(in crate::intake) fn fails(&self, why: &str) {
        let mut standing = self.standing();
        standing.connected = false;
        standing.failing_since.get_or_insert_with(Timestamp::now);
        if standing.last_error.as_deref() != Some(why) {
            tracing::error!(advice = %Advice::MailboxUnreadable,
                mailbox = self.settings.name, why, "the mailbox cannot be read; it is tried again");
            standing.last_error = Some(why.to_owned());
        }
    }
}
