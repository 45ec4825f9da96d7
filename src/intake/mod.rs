//! Intake: what an agency dropped becomes an [`Arrival`], or is answered where it lies (S 6.3).
//!
//! Owns the channels: the drop folders ([`folder`]) and the mailboxes ([`mail`], read from a `maildir` or over
//! `imap`). It decides what is a submission (one
//! document, perhaps with its detached signature), when it is complete, and in which order it goes
//! on. It never believes anything a document says, never builds a path from a given name, never
//! follows a link, and never deletes what `staging` has not called safe.
//!
//! ```text
//! in/NAME ──take──▶ .taken/<id>~NAME ──(staging: held safely)──▶ release: unlinked
//!                                    ──(staging: changed)──────▶ give_back: in/NAME again
//! ```

mod arrival;
pub mod folder;
mod group;
pub mod mail;
pub mod imap;
mod maildir;
mod settings;

pub use arrival::{Arrival, Channel, Facts, Incoming, Key, Origin, Refusal};
pub use folder::DropFolder;
pub use group::{Group, Missing, Queue, Waiting};
pub use settings::{GroupLimits, Settings};

#[cfg(test)]
mod tests;
