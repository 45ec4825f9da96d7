//! What a statement may at most hold, each limit with its unit and reason (S 8.1.4).

/// The limits of reading one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Findings in one answer, a count (`schema.findings_max`). 100: more than anybody mends in one
    /// sitting, and a receipt with them stays below 100 kB. What passes it is named, not listed.
    pub findings_max: usize,
    /// Records in one document, a count (`schema.records_max`). 100 000: three thousand times the
    /// stations of the register, and with about 200 octets a record still 20 MB of memory.
    pub records_max: u64,
    /// One CSV row, in octets (`schema.row_max`). 64 KiB: a hundred times the longest row of a
    /// shipped dataset, so that a file without line ends is refused before it fills the memory.
    pub row_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { findings_max: 100, records_max: 100_000, row_max: 64 * 1024 }
    }
}
