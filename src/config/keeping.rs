//! `[downtime]`: how what is kept about the window itself comes about.
//!
//! Reads tables and opens no file.

use super::reader::Table;
use super::settings::value;
use crate::daemon::alive;
use std::time::Duration;

/// `[downtime]`.
pub(super) fn downtime(mut table: Table<'_, '_>) -> alive::Settings {
    let default = alive::Settings::default();
    let bounds = Duration::from_millis(100)..=Duration::from_secs(3600);
    let settings = alive::Settings { every: value(table.duration("alive", bounds), default.every) };
    table.finish();
    settings
}
