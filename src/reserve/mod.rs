//! Copies of the window's own records: a backup in a folder, the reserve that follows the window, and what is
//! put back from either (S 5.4, 8.1.4 items 1, 5, 7; R 3.4.7).
//!
//! Owns what a copy consists of and when it is whole; never decides about a document, and changes nothing of the
//! window that it copies.
//!
//! # What makes a copy good
//! Everything in a window refers to something that was durable before it: the journal to evidence, the answers in it
//! to loads in BOEMİS and to acts of the seal. So one moment is chosen, and each record is cut there:
//!
//! 1. The end of the journal and of the act log are noted.
//! 2. BOEMİS is copied, as it is at one moment after that, by SQLite itself and without stopping anybody.
//! 3. The journal is cut behind the noted end, before the first answer that speaks of a load that this copy does not
//!    hold: it was given after the moment. What stands before it is as old as the copy or older, and so is every
//!    *held* of a load in the copy, for that was journalled before the load was made.
//! 4. The act log is cut behind the last act that the cut journal knows of: no number that it names is free.
//! 5. Evidence grows, so it is copied then and has all that the journal names; what is archived may be let go
//!    meanwhile, and lies in the units, which are copied last.
//!
//! A window made from such a copy finishes what was open, and answers nothing twice: what a crash between two of
//! these steps would have left is what it finds (docs/architecture.md: what a crash leaves).

mod again;
mod backup;
mod copy;
mod fault;
mod fetch;
mod follow;
mod followed;
mod lay;
mod manifest;
mod mend;
mod moment;
mod parts;
mod reverify;
mod store;

pub use again::{Whole, lay_again};
pub use backup::{Holdings, Made, take};
pub use fault::Fault;
pub use fetch::{fetch, is_reserve};
pub use follow::{Database, RESERVE, Settings, Standing, follow};
pub use followed::{Failing, Followed, Lag};
pub use lay::{Laid, lay, skip_numbers};
pub use manifest::{About, MANIFEST, Moved, Unsound, state_of};
pub use mend::{Mended, Source, mend};
pub use reverify::{Damage, Reverified, Reverify, reverify};
pub use store::{Address, NoAddress};
