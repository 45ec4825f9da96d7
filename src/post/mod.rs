//! Post: what goes out by mail, so that a receipt reaches who has no folder.
//!
//! Owns composing ([`Draft`]), the S/MIME signature over whole mails by a key of its own ([`MailKey`]), the durable
//! [`Outbox`], and the [`Courier`] who speaks to the server. Who is owed what, and when a round is made, is the
//! daemon's (`daemon/posting.rs`). Never reads mail, never writes to an address but those that it is given, and nobody
//! waits for it: a document is closed once its answer lies in the outbox.
//!
//! After an error: what is owed stays owed. `docs/mail-out.md` tells an administrator what each state means.

mod compose;
mod courier;
mod key;
mod outbox;
mod settings;
#[cfg(test)]
mod tests;
mod wire;

pub use compose::{Attachment, Auto, Draft, message_id};
pub use courier::{Courier, Failure};
pub use key::{KeyFault, MailKey};
pub use outbox::{Away, Mail, Matter, Notice, Outbox, Owed, Stage, Survey};
pub use settings::{Alerts, Pace, Server, Settings, Sign};
