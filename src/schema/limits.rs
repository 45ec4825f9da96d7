//! What a statement may at most hold, each limit with its unit and reason (S 8.1.4).

use super::Dataset;
use crate::finding::Hint;
use crate::geometry;

/// Which limit it is that records pass.
pub(super) const RECORDS: Hint = Hint::fixed(
    "Bu, sənəddəki yazıların sayının həddidir ([schema] records_max).",
    "This is the limit of the number of records in a document ([schema] records_max).",
);

/// The limits of reading one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Findings in one answer, a count (`schema.findings_max`). 100: more than anybody mends in one
    /// sitting, and a receipt with them stays below 100 kB. What passes it is named, not listed.
    pub findings_max: usize,
    /// Faults that the rows file beside a rejected table gives back with their rows, and so rows in it, a count
    /// (`schema.returned_rows_max`). 10 000: whoever mends in a spreadsheet mends a column at once, and with a hundred
    /// at a time would send a large table in a hundred rounds. At about a kibibyte each that is 10 MiB meanwhile.
    pub returned_rows_max: usize,
    /// Octets of that file, about (`schema.returned_size_max`). 16 MiB: what a spreadsheet opens in seconds, and room
    /// for a thousand rows with a shape in each; it lies in memory whole while it is made.
    pub returned_size_max: usize,
    /// Records in one document, a count (`schema.records_max`). 1 000 000: more parcels
    /// than a body has, or the meters of a city. A record's key takes eight octets of memory while it is read, and a
    /// shape twenty more where shapes are held against each other, so that is 28 MB.
    pub records_max: u64,
    /// About how much memory a document's records may take, in octets (`schema.memory_max`); what is more is laid
    /// away in a file of the state folder. 4 MiB: some ten thousand records of a plain dataset, three hundred times
    /// the stations of the register, so that what is usual meets no disk; and each document of a group may take as
    /// much.
    pub memory_max: usize,
    /// One CSV row, in octets (`schema.row_max`). 64 KiB: a hundred times the longest row of a
    /// shipped dataset, so that a file without line ends is refused before it fills the memory.
    pub row_max: usize,
    /// Points of one geometry (`schema.geometry_points_max`). 100 000: the most detailed parcels have some thousands;
    /// a geometry is judged whole, at about 300 octets a point, so this bounds memory (30 MB).
    pub geometry_points_max: usize,
    /// Octets of one geometry's WKT (`schema.geometry_text_max`), by which the row that it stands in may be longer.
    /// 6 MiB: what that many points take at 60 octets each.
    pub geometry_text_max: usize,
}

impl Limits {
    /// Those of one geometry.
    pub fn geometry(&self) -> geometry::Limits {
        geometry::Limits { points: self.geometry_points_max, text: self.geometry_text_max }
    }

    /// Octets of one CSV row of this dataset.
    pub(super) fn row_of(&self, dataset: &Dataset) -> usize {
        match dataset.geometry_column() {
            Some(_) => self.row_max.saturating_add(self.geometry_text_max),
            None => self.row_max,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            findings_max: 100,
            returned_rows_max: 10_000,
            returned_size_max: 16 << 20,
            records_max: 1_000_000,
            memory_max: 4 << 20,
            row_max: 64 * 1024,
            geometry_points_max: 100_000,
            geometry_text_max: 6 << 20,
        }
    }
}
