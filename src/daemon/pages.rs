//! The pages of text beside the receipts: made from the sealed octets, on a thread of their own; and beside the
//! receipt of a rejected table its faulty rows.
//!
//! A page is a courtesy, so nobody who waits for an answer waits for a page: those of a backlog are
//! made when all of it is answered. A submission is closed when its page lies there too, so that a
//! crash between the two leaves it open and the next start publishes both again. Owns the thread,
//! which begins with the first page.

use super::returned::Original;
use crate::advice::Advice;
use crate::document::SubmissionId;
use crate::finding::Language;
use crate::intake::folder::Outlet;
use crate::receipt;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SendError, SyncSender, channel, sync_channel};

/// Pages that wait for the end of a backlog at most; past it they are begun, and whoever orders more
/// than twice as many waits for the thread. 4096 receipts are about 20 MiB, and a second of work.
const WAITING_MAX: usize = 4096;

/// Pages of which the thread tells at once at most: a word for each would wake the window for each.
const TOLD_MAX: usize = 64;

/// How much the thread steps back behind whoever is waited for (nice(2)).
const NICE: i32 = 19;

/// A page to be made.
#[derive(Debug)]
pub struct Order {
    /// Whose answer it is.
    pub id: SubmissionId,
    /// Whether nothing is left to do for the submission once the page lies there.
    pub closes: bool,
    /// The sealed receipt.
    pub octets: Arc<[u8]>,
    /// The name of the receipt's file.
    pub file_name: String,
    /// Where both lie.
    pub outlet: Outlet,
    /// Of what was rejected: what its faulty rows are read from.
    pub(super) original: Option<Box<Original>>,
}

/// Makes pages while it lives; dropped, it lets the thread finish what was ordered.
#[derive(Debug, Default)]
pub struct Pages {
    thread: Option<(SyncSender<Order>, Receiver<Told>)>,
    /// Ordered, and not begun while others wait for their answers.
    waiting: Vec<Order>,
    /// Ordered from the thread and not yet known to be done.
    owed: usize,
    done: Vec<SubmissionId>,
}

/// Of each page that was made, which submission is closed by it.
type Told = Vec<Option<SubmissionId>>;

impl Pages {
    /// Orders a page; it is begun at the next [`Pages::begin`].
    pub fn order(&mut self, order: Order) {
        self.waiting.push(order);
        if self.waiting.len() >= WAITING_MAX {
            self.begin();
        }
    }

    /// Begins all that were ordered: nobody waits for an answer now.
    pub fn begin(&mut self) {
        if self.thread.is_none() && !self.waiting.is_empty() {
            self.thread = begin();
        }
        for order in std::mem::take(&mut self.waiting) {
            let order = match &self.thread {
                Some((orders, _)) => match orders.send(order) {
                    Ok(()) => {
                        self.owed += 1;
                        continue;
                    }
                    Err(SendError(order)) => {
                        self.collect();
                        order
                    }
                },
                None => order,
            };
            self.done.extend(make(&order));
        }
    }

    /// Whether some are still under way, or done and not yet asked for.
    pub fn is_idle(&self) -> bool {
        self.owed == 0 && self.done.is_empty() && self.waiting.is_empty()
    }

    /// The submissions that are closed by pages done since this was asked last.
    pub fn done(&mut self) -> Vec<SubmissionId> {
        if let Some((_, done)) = &self.thread {
            for told in done.try_iter() {
                self.owed = self.owed.saturating_sub(told.len());
                self.done.extend(told.into_iter().flatten());
            }
        }
        std::mem::take(&mut self.done)
    }

    /// The same, once all that were ordered are done.
    pub fn wait(&mut self) -> Vec<SubmissionId> {
        self.begin();
        self.collect();
        std::mem::take(&mut self.done)
    }

    /// Waits for all that is owed.
    fn collect(&mut self) {
        while self.owed > 0 {
            match self.thread.as_ref().map(|(_, done)| done.recv()) {
                Some(Ok(told)) => {
                    self.owed = self.owed.saturating_sub(told.len());
                    self.done.extend(told.into_iter().flatten());
                }
                // The thread is gone: what it owed stays open, and is made at the next start.
                Some(Err(_)) | None => {
                    (self.thread, self.owed) = (None, 0);
                }
            }
        }
    }
}

fn begin() -> Option<(SyncSender<Order>, Receiver<Told>)> {
    let (orders, waiting) = sync_channel::<Order>(WAITING_MAX);
    let (told, done) = channel();
    let work = move || {
        // On Linux this is of the thread alone; refused, it only means that pages are made sooner.
        let _ = rustix::process::nice(NICE);
        while let Ok(order) = waiting.recv() {
            let more = waiting.try_iter().take(TOLD_MAX - 1);
            let made = std::iter::once(order).chain(more).map(|order| make(&order)).collect();
            if told.send(made).is_err() {
                return;
            }
        }
    };
    match std::thread::Builder::new().name("pages".to_owned()).spawn(work) {
        Ok(_) => Some((orders, done)),
        Err(error) => {
            tracing::debug!(%error, "no thread for pages; each is made beside its receipt");
            None
        }
    }
}

/// Makes a page and lays it beside its receipt; which submission is closed by that. The receipt
/// stands without it, so what goes wrong is only said.
fn make(order: &Order) -> Option<SubmissionId> {
    let page = receipt::page(&order.octets, Language::Az).map_err(|finding| finding.message(Language::En));
    let stem = order.file_name.strip_suffix(".xml").unwrap_or(&order.file_name);
    let page_name = format!("{stem}.txt");
    let published = page.and_then(|page| order.outlet.publish(&page_name, page.as_bytes()).map_err(|e| e.to_string()));
    if let Err(why) = published {
        tracing::warn!(advice = %Advice::ReceiptUnpublished,
            submission = %order.id, page_name, why, "the page of a receipt could not be published");
    }
    if let Some(original) = &order.original {
        let rows_name = format!("{}.rows.csv", stem.strip_suffix(".receipt").unwrap_or(stem));
        let laid = original.rows(&order.octets).and_then(|rows| match rows {
            Some(rows) => order.outlet.publish(&rows_name, rows.as_bytes()).map(drop).map_err(|e| e.to_string()),
            None => Ok(()),
        });
        if let Err(why) = laid {
            tracing::warn!(advice = %Advice::ReceiptUnpublished,
                submission = %order.id, rows_name, why, "the faulty rows could not be given back");
        }
    }
    order.closes.then_some(order.id)
}
