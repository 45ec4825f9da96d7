//! What the commands do, one file each; the command line itself is read elsewhere.

pub mod init;
