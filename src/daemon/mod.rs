//! The daemon: what makes the window a service of its machine.
//!
//! Owns the loop, the open window, and `carry`, which takes documents through every room. Decides
//! nothing about a document: the rooms do.

mod answering;
pub mod carry;
mod contest;
mod decide;
mod folders;
pub mod glance;
mod holds;
pub mod judgement;
mod later;
mod load;
mod logged;
pub mod log;
mod look;
pub mod notify;
pub mod pages;
pub mod refresh;
mod restored;
pub mod stamps;
pub mod watch;
pub mod window;
