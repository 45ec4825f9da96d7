//! pencere, the integration window of BOEMİS: signed files in, rows and sealed receipts out.

pub mod archive;
pub mod authority;
pub mod boemis;
pub mod commands;
pub mod config;
pub mod daemon;
pub mod document;
pub mod evidence;
pub mod finding;
pub mod forms;
pub mod host;
pub mod intake;
pub mod journal;
pub mod ledger;
pub mod receipt;
pub mod schema;
pub mod seal;
pub mod signature;
pub mod staging;
pub mod trust;
pub mod xml;
