//! The only clock and disk of our own code, with a faulty twin for the tests.
//!
//! Owns time ([`Clock`]) and octets at rest ([`Octets`]). Never decides anything.

mod octets;
mod printable;

pub use octets::{Octets, OctetsReader};
pub use printable::{is_unprintable, printable, printable_line};
