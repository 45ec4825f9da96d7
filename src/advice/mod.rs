//! Advice: what the log asks people to do, as data (S 8.1.12).
//!
//! Owns the one table ([`Advice`]): a slug that is never renamed, systemd's MESSAGE_ID that is never reused, which
//! command to run, and two texts that say what it means and what to do. Every warning and every error of the program
//! names one (`tests/advice.rs` holds that), also where nothing is to be done: then it says so. From the table are
//! made the log line's `advice` and `do`, the journal's MESSAGE_ID, and the catalogues that `journalctl -x` shows
//! (`systemd/pencere.catalog`). Never logs, and knows nothing of any line but its kind.

mod catalogue;
mod table;

pub use catalogue::catalogue;
pub use table::Advice;

use std::fmt;

/// In which language a catalogue is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tongue {
    /// Azerbaijani.
    Az,
    /// English.
    En,
}

/// What is known of an advice.
#[derive(Clone, Copy, Debug)]
struct Row {
    slug: &'static str,
    id: &'static str,
    run: &'static str,
    az: (&'static str, &'static str),
    en: (&'static str, &'static str),
}

impl Advice {
    /// Its name in a log line: never renamed, never reused.
    pub fn slug(self) -> &'static str {
        self.row().slug
    }

    /// systemd's id of it, 32 hexadecimal digits (sd_journal_print(3), MESSAGE_ID).
    pub fn id(self) -> &'static str {
        self.row().id
    }

    /// Which command to run; `nothing` where pencere sees to it by itself.
    pub fn run(self) -> &'static str {
        self.row().run
    }

    /// The advice of this slug.
    pub fn of_slug(slug: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|advice| advice.slug() == slug)
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}
