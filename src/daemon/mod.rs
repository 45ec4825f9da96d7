//! The daemon: what makes the window a service of its machine.
//!
//! Owns the loop, the open window, and `carry`, which takes documents through every room. Decides
//! nothing about a document: the rooms do.

pub mod again;
mod alerting;
pub mod approving;
pub mod alive;
mod answering;
mod arrived;
pub mod archiving;
pub mod archiving_fails;
pub mod archivist;
mod aside;
pub mod carry;
mod contest;
mod decide;
pub mod dossier;
pub mod enclosure;
mod fitting;
mod folders;
mod following;
mod forerun;
pub mod glance;
pub mod grounds;
mod holds;
pub mod home;
pub mod judgement;
mod letters;
mod later;
mod load;
mod logged;
pub mod log;
mod look;
pub mod metrics;
mod notes;
pub mod notify;
mod orphans;
mod owing;
mod packing;
pub mod pages;
pub mod posting;
pub mod pruning;
pub mod refresh;
pub mod restored;
mod returned;
mod reverifying;
mod sieve;
pub mod stalls;
pub mod stamps;
mod unread;
mod unsigned;
pub mod watch;
pub mod window;
pub mod witnessing;

pub use following::holdings;
pub use letters::standings;
