//! The settings of intake, each with its unit, its default and the reason for it.

use crate::finding::{Code, Finding};
use std::time::Duration;

/// How drop folders are watched (`[intake]`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `intake.settle`: for so long nothing may have changed about a file that a scan found,
    /// because a scan cannot know whether its writer is done. 10 s: longer than a stalled network
    /// copy pauses between two blocks.
    pub settle: Duration,
    /// `intake.rescan`: how often the folders are read whole, for what no event told of (network
    /// file systems, overflow). 10 s: as long as settling, so a file waits twice that at worst;
    /// reading a thousand names takes about a millisecond.
    pub rescan: Duration,
    /// `intake.pair_wait`: for so long, from its modification time, a file without a signature
    /// inside waits for its other half. 10 min: the largest document over a line of 1 Mbit/s.
    pub pair_wait: Duration,
    /// `intake.size_max`: largest file, in octets. 64 MiB: about half a million records, a hundred
    /// times the largest statement known. Memory does not grow with it (docs/benchmarks.md), disk and time do.
    pub size_max: u64,
    /// `intake.free_min`: with fewer octets free than these, and three times what a group has, nothing is taken, so
    /// that what was taken can always be answered. 64 MiB: four groups of 16 MiB, or some ten thousand receipts.
    pub free_min: u64,
    /// `intake.patience`: a document that takes longer than this to look at goes on beside its group, which waits
    /// for all of them together four times as long. 20 ms: a hundred usual documents, and nobody notices it.
    pub patience: Duration,
    /// `intake.unanswered_max`: nothing that was dropped waits longer than this for its answer while a window
    /// is open, or `status` is unhealthy. 11 min 30 s: the longest wait for another half, two rescans,
    /// settling, and a minute for the work.
    pub unanswered_max: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            settle: Duration::from_secs(10),
            rescan: Duration::from_secs(10),
            pair_wait: Duration::from_secs(600),
            size_max: 64 << 20,
            free_min: 64 << 20,
            patience: Duration::from_millis(20),
            unanswered_max: Duration::from_secs(690),
        }
    }
}

impl Settings {
    /// Why a file of this size is no document, if it is none.
    pub fn fault_of_size(&self, size: u64) -> Option<Finding> {
        match size {
            0 => Some(Finding::new(Code::IntakeEmpty)),
            size if size > self.size_max => Some(Finding::new(Code::IntakeTooLarge).found(size).wanted(self.size_max)),
            _ => None,
        }
    }
}

/// How much goes on together: it shares one sync and one transaction. A lone document never waits
/// for company.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupLimits {
    /// `intake.group_documents`: most submissions in a group. 256: each holds up to two open
    /// files, half of the 1,024 that a process has by default.
    pub documents: usize,
    /// `intake.group_octets`: most octets in a group; a submission larger than a quarter goes alone.
    /// 16 MiB: the cost of a sync is spread wide enough, and nobody waits long behind it.
    pub octets: u64,
    /// `intake.group_beside`: most submissions in a group of one body's backlog while others drop one by
    /// one. 8: they wait for it no longer than for their own.
    pub beside: usize,
}

impl Default for GroupLimits {
    fn default() -> Self {
        Self { documents: 256, octets: 16 << 20, beside: 8 }
    }
}
