//! The daemon: what makes the window a service of its machine.

pub mod log;
pub mod notify;
