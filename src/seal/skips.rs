//! Numbers that are left out on purpose: after a restore, since the window that was lost may have given them.
//!
//! Owns `skips` beside the act log: a line for each gap, `<year> <last> <next>`: behind the number `last` of
//! the year follows `next`. Written only for a window that is being restored, before its seal is opened; the seal
//! reads it at its start, and knows such a gap from one that damage left.

use super::acts::LogFault;
use crate::host::Disk;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

/// The largest file of gaps, in octets: each restore adds a line or two of some thirty.
const SIZE_MAX: u64 = 1 << 20;

/// The gaps by year and the number before them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skips(HashMap<(i16, u64), u64>);

impl Skips {
    /// Where the gaps of this act log are written down.
    pub fn path(acts: &Path) -> PathBuf {
        acts.with_file_name("skips")
    }

    /// The gaps in the numbers of this act log.
    ///
    /// # Errors
    /// What the disk says; a line that is none.
    pub fn read(disk: &Disk, acts: &Path) -> Result<Self, LogFault> {
        let octets = match disk.read(&Self::path(acts), SIZE_MAX) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            other => other?,
        };
        let what = "the file of skipped numbers is not as written";
        let damaged = || LogFault::Damaged { path: Self::path(acts), offset: 0, what: what.into() };
        let text = std::str::from_utf8(&octets).map_err(|_| damaged())?;
        let mut skips = Self::default();
        for line in text.lines() {
            let mut words = line.split(' ');
            let (year, last, next) = (words.next(), words.next(), words.next());
            let year = year.and_then(|word| word.parse().ok()).ok_or_else(damaged)?;
            let last: u64 = last.and_then(|word| word.parse().ok()).ok_or_else(damaged)?;
            let next: u64 = next.and_then(|word| word.parse().ok()).filter(|next| *next > last).ok_or_else(damaged)?;
            skips.add(year, last, next);
        }
        Ok(skips)
    }

    /// Behind `last` follows `next`, or more where more was skipped there before.
    pub fn add(&mut self, year: i16, last: u64, next: u64) {
        let follows = self.0.entry((year, last)).or_default();
        *follows = next.max(*follows);
    }

    /// The number that follows upon this one in its year.
    pub fn next(&self, year: i16, last: u64) -> u64 {
        self.0.get(&(year, last)).copied().unwrap_or(last.saturating_add(1))
    }

    /// The file's text; empty when nothing is skipped.
    pub fn text(&self) -> String {
        let mut lines: Vec<_> = self.0.iter().map(|((year, last), next)| format!("{year} {last} {next}\n")).collect();
        lines.sort();
        lines.concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::test_folder;

    #[test]
    fn gaps_are_read_back_and_only_grow() {
        let (folder, disk) = (test_folder(), Disk::system());
        let acts = folder.path().join("acts.log");
        assert_eq!(Skips::read(&disk, &acts).unwrap(), Skips::default());
        let mut skips = Skips::default();
        skips.add(2026, 5, 100_006);
        skips.add(2026, 5, 11);
        skips.add(2027, 0, 100_001);
        std::fs::write(Skips::path(&acts), skips.text()).unwrap();
        let read = Skips::read(&disk, &acts).unwrap();
        assert_eq!(read, skips);
        assert_eq!([(2026, 4), (2026, 5), (2027, 0)].map(|(year, last)| read.next(year, last)), [5, 100_006, 100_001]);
        for bad in ["2026 5\n", "2026 5 5\n", "x", "2026 5 six\n"] {
            std::fs::write(Skips::path(&acts), bad).unwrap();
            assert!(Skips::read(&disk, &acts).is_err(), "{bad}");
        }
    }
}
