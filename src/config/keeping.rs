//! `[downtime]`, `[metrics]`, `[archive]`, `[calendar]`, `[export]`, `[sandbox]`: what is kept and told about the
//! window itself, what is kept for good, what is given to everybody, and what its process is kept from.
//!
//! Reads tables and opens no file.

use super::reader::{self, At, Table};
use super::settings::{ExportSettings, value};
use crate::archive;
use crate::archive::calendar::Calendar;
use crate::daemon::{alive, enclosure, metrics};
use std::path::{Path, PathBuf};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);
/// What `export.licence` says where nothing is said of terms, and `metrics.listen` where nobody is answered.
const NONE: &str = "none";
/// What `archive.after` says where nothing is archived by itself.
const NEVER: &str = "never";

/// `[downtime]`.
pub(super) fn downtime(mut table: Table<'_, '_>) -> alive::Settings {
    let default = alive::Settings::default();
    let bounds = Duration::from_millis(100)..=Duration::from_secs(3600);
    let settings = alive::Settings { every: value(table.duration("alive", bounds), default.every) };
    table.finish();
    settings
}

/// `[sandbox]`.
pub(super) fn sandbox(base: &Path, mut table: Table<'_, '_>) -> enclosure::Settings {
    let default = enclosure::Settings::default();
    let paths = |found: Option<Vec<At<String>>>| -> Vec<PathBuf> {
        found.unwrap_or_default().into_iter().map(|path| base.join(path.value)).collect()
    };
    let settings = enclosure::Settings {
        enabled: value(table.boolean("enabled"), default.enabled),
        also_read: paths(table.one_or_more("also_read")),
        also_write: paths(table.one_or_more("also_write")),
    };
    table.finish();
    settings
}

/// `[metrics]`.
pub(super) fn metrics(mut table: Table<'_, '_>) -> metrics::Settings {
    let default = metrics::Settings::default();
    let listen = table.string("listen").filter(|listen| listen.value != NONE).and_then(|listen| {
        let found = listen.value.parse();
        found.map_err(|fault: metrics::NotLoopback| table.source().mistake(&listen.spot, fault.to_string())).ok()
    });
    let bounds = SECOND..=Duration::from_secs(3600);
    let settings = metrics::Settings { listen, every: value(table.duration("every", bounds), default.every) };
    table.finish();
    settings
}

/// `[archive]`.
pub(super) fn archive(base: &Path, table: Option<Table<'_, '_>>) -> archive::Settings {
    let default = archive::Settings::in_folder(base.join("archive"));
    let Some(mut table) = table else { return default };
    let after = table.string("after").filter(|after| after.value != NEVER).and_then(|after| {
        let found = reader::duration(&after.value).filter(|after| (SECOND..=36_500 * DAY).contains(after));
        if found.is_none() {
            let wanted = "\"never\", or a duration with its unit (s, m, h or d), from 1 s to 36500 d";
            table.source().mistake(&after.spot, format!("{:?} does not fit; wanted is {wanted}", after.value));
        }
        found
    });
    let settings = archive::Settings {
        after,
        every: value(table.duration("every", SECOND..=365 * DAY), default.every),
        to: table.string("to").map_or(default.to, |to| base.join(to.value)),
        unit_max: value(table.size("unit_max", 1 << 10..=2 << 30), default.unit_max),
        prune: value(table.boolean("prune"), default.prune),
    };
    table.finish();
    settings
}

/// `[calendar]`.
pub(super) fn calendar(mut table: Table<'_, '_>) -> Calendar {
    let mut calendar = Calendar::default();
    for day in table.strings("holidays").unwrap_or_default() {
        match day.value.parse().ok().filter(|_| day.value.len() == 10) {
            Some(found) => drop(calendar.holidays.insert(found)),
            None => table.source().mistake(&day.spot, format!("{:?} is no day as \"2026-03-20\"", day.value)),
        }
    }
    table.finish();
    calendar
}

/// `[export]`.
pub(super) fn export(mut table: Table<'_, '_>) -> ExportSettings {
    let licence = table.string("licence").filter(|licence| licence.value != NONE);
    if let Some(licence) = licence.as_ref().filter(|licence| licence.value.trim().is_empty()) {
        table.source().mistake(&licence.spot, "names no licence: write its name, as \"CC-BY-4.0\", or \"none\"");
    }
    let url = table.string("licence_url").filter(|url| url.value != NONE);
    if let Some(url) =
        url.as_ref().filter(|url| !url.value.starts_with("https://") && !url.value.starts_with("http://"))
    {
        table.source().mistake(&url.spot, format!("{:?} is no address as \"https://…\", nor \"none\"", url.value));
    }
    if let (None, Some(url)) = (&licence, &url) {
        table.source().mistake(&url.spot, "the address of a licence that `licence` does not name");
    }
    table.finish();
    ExportSettings { licence: licence.map(|found| found.value), licence_url: url.map(|found| found.value) }
}
