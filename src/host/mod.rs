//! The only clock and disk of our own code, with a faulty twin for the tests.
//!
//! Owns time ([`Clock`]), the steps by which our own files change ([`Disk`], [`Appendix`]), octets at
//! rest ([`Octets`]), octets laid away for a while ([`Spool`]), and what a process may still reach ([`sandbox`]). Never
//! decides anything. BOEMİS and the
//! ledger's sled bring their own disk code; everything else that pencere writes goes through here, so that
//! a test can make every single step fail.

mod append;
mod clock;
mod coded;
mod disk;
mod faults;
mod octets;
mod parallel;
mod printable;
pub mod sandbox;
mod socket;
mod spool;
mod torn;

pub use append::Appendix;
pub use clock::{Clock, ClockState, since_start};
pub use coded::{Coded, put_digits, put_number, put_signed, put_text};
pub use disk::{Disk, DiskFile, Lock};
pub use faults::{Fault, Faults};
pub use octets::{Octets, OctetsReader};
pub use parallel::{Begun, Beside, Panicked, made_ahead, side_by_side};
pub use printable::{is_unprintable, printable, printable_line};
pub use socket::listen_at;
pub use spool::{Scratch, Spool};
pub use torn::has_hole;

/// Clock and disk together: all that a room which touches the world is given.
#[derive(Clone, Debug)]
pub struct Host {
    /// The time.
    pub clock: Clock,
    /// The disk.
    pub disk: Disk,
}

impl Host {
    /// The real ones.
    pub fn system() -> Self {
        Self { clock: Clock::system(), disk: Disk::system() }
    }
}

/// A folder for a test, in memory where the system has such: tests sync by the thousand.
#[cfg(test)]
pub(crate) fn test_folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a test needs a temporary folder")
}
