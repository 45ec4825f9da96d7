//! The directory of a ZIP archive, and the local header of each entry held against it.
//!
//! Section numbers are APPNOTE's. Reads headers only; never unpacks anything.

use super::{Entry, Fault, Limits, name};
use crate::host::Octets;
use std::collections::HashSet;
use std::io::{self, BufReader, Read};

/// End of central directory record (4.3.16) without its comment.
const END: usize = 22;
/// Central directory header (4.3.12) without name, extra field and comment.
const CENTRAL: usize = 46;
/// Local file header (4.3.7) without name and extra field.
const LOCAL: usize = 30;
/// The highest version that an entry may need (4.4.3.2): 6.3. What needs less is not always written as what it
/// needs, so that nothing can be said of the rest; what claims more, other programs refuse.
const VERSION_MAX: u8 = 63;

/// General purpose bits (4.4.4) that change nothing or are processed: 1 and 2 (how hard it was
/// packed), 3 (a data descriptor follows), 11 (the name is UTF-8).
const FLAGS: u16 = 0b1000_0000_1110;
const DESCRIPTOR: u16 = 1 << 3;
const ENCRYPTED: u16 = 1 << 0 | 1 << 6 | 1 << 13;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// Extra fields (4.5, 4.6) that would change what an entry is: ZIP64, another name, another
/// encryption.
const EXTRA_REFUSED: [(u16, &str); 3] =
    [(0x0001, "ZIP64"), (0x7075, "a second name in an extra field"), (0x9901, "encryption")];

/// Reads the entries, in the order in which they lie in the file.
pub fn read(octets: &Octets, limits: &Limits) -> Result<Vec<Entry>, Fault> {
    let end = End::find(octets)?;
    if end.entries > limits.entries {
        return Err(Fault::Limit(format!("{} entries", end.entries), limits.entries as u64));
    }
    let mut directory = BufReader::new(octets.reader_at(end.start).take(end.size));
    let mut found = Vec::with_capacity(end.entries);
    let (mut names, mut total) = (HashSet::new(), 0u64);
    for _ in 0..end.entries {
        let header = Central::read(&mut directory, limits)?;
        if !names.insert(header.entry.name.clone()) {
            return Err(Fault::malformed("a name that stands twice", &header.entry.name));
        }
        total += header.entry.size; // each is at most 32 bits
        if total > limits.total {
            return Err(Fault::Limit(format!("{total} octets unpacked"), limits.total));
        }
        found.push(header);
    }
    if directory.read(&mut [0])? != 0 {
        return Err(Fault::Malformed("a directory of more entries than it says".into()));
    }
    lay_out(octets, found, end.start)
}

/// Holds that the entries lie one behind the other, from the first octet to the directory.
fn lay_out(octets: &Octets, mut found: Vec<Central>, directory: u64) -> Result<Vec<Entry>, Fault> {
    found.sort_by_key(|header| header.offset);
    let ends: Vec<u64> = found.iter().skip(1).map(|header| header.offset).chain([directory]).collect();
    let (mut entries, mut position) = (Vec::with_capacity(found.len()), 0);
    for (mut header, end) in found.into_iter().zip(ends) {
        if header.offset != position {
            return Err(Fault::malformed("octets before an entry that belong to none", &header.entry.name));
        }
        if end < header.offset {
            return Err(Fault::malformed("an entry behind the central directory", &header.entry.name));
        }
        header.hold_local(octets, end)?;
        header.hold_end(octets, end)?;
        position = end;
        entries.push(header.entry);
    }
    Ok(entries)
}

/// Where the directory lies.
struct End {
    start: u64,
    size: u64,
    entries: usize,
}

impl End {
    /// The last record of the file; behind it stands its comment and nothing else.
    fn find(octets: &Octets) -> Result<Self, Fault> {
        let malformed = |what: &str| Fault::Malformed(what.into());
        let length = octets.len().min((END + usize::from(u16::MAX)) as u64);
        let from = octets.len() - length;
        let mut tail = Vec::with_capacity(length as usize);
        octets.reader_at(from).take(length).read_to_end(&mut tail)?;
        let Some(at) = memchr::memmem::rfind(&tail, b"PK\x05\x06") else {
            return Err(malformed("no central directory"));
        };
        let record = &tail[at..];
        if record.len() < END || record.len() - END != usize::from(u16_at(record, 20)) {
            return Err(malformed("octets behind the end of the archive"));
        }
        if holds_records(&record[END..]) {
            return Err(malformed("records of an archive in its comment"));
        }
        let (start, size) = (u32_at(record, 16), u32_at(record, 12));
        let (here, entries) = (u16_at(record, 8), u16_at(record, 10));
        if start == u32::MAX || size == u32::MAX || here == u16::MAX || entries == u16::MAX {
            return Err(malformed("ZIP64"));
        }
        if u16_at(record, 4) != 0 || u16_at(record, 6) != 0 || here != entries {
            return Err(malformed("an archive of several parts"));
        }
        // a ZIP64 locator (4.3.15), a signature of the archive (4.3.13) or anything else would lie between
        if u64::from(start) + u64::from(size) != from + at as u64 {
            return Err(malformed("octets between the central directory and its end record"));
        }
        if entries == 0 {
            return Err(malformed("no entries"));
        }
        Ok(Self { start: start.into(), size: size.into(), entries: entries.into() })
    }
}

/// Whether a comment, where signers name themselves and EN 319 162-1 A.1 lets the media type stand,
/// holds what a reader that looks for entries takes for one.
fn holds_records(comment: &[u8]) -> bool {
    [b"PK\x01\x02", b"PK\x03\x04"].iter().any(|mark| memchr::memmem::find(comment, *mark).is_some())
}

/// One header of the central directory.
struct Central {
    entry: Entry,
    offset: u64,
    flags: u16,
    method: u16,
}

impl Central {
    fn read(directory: &mut impl Read, limits: &Limits) -> Result<Self, Fault> {
        let breaks_off = || Fault::Malformed("a central directory that breaks off".into());
        let header = take(directory, CENTRAL)?.ok_or_else(breaks_off)?;
        if !header.starts_with(b"PK\x01\x02") {
            return Err(Fault::Malformed("a central directory header that is none".into()));
        }
        let length = usize::from(u16_at(&header, 28));
        if length > limits.name {
            return Err(Fault::Limit(format!("{length} octets of a name"), limits.name as u64));
        }
        let name = take(directory, length)?.ok_or_else(breaks_off)?;
        let extra = take(directory, u16_at(&header, 30).into())?.ok_or_else(breaks_off)?;
        let comment = take(directory, u16_at(&header, 32).into())?.ok_or_else(breaks_off)?;
        let (flags, method) = (u16_at(&header, 8), u16_at(&header, 10));
        let shown = String::from_utf8_lossy(&name);
        let malformed = |what: &str| Err(Fault::malformed(what, &shown));
        if let Some(wrong) = name::wrong(&name) {
            return malformed(wrong);
        }
        if let Some(wrong) = wrong_extra(&extra) {
            return malformed(wrong);
        }
        if holds_records(&comment) {
            return malformed("records of an archive in a comment");
        }
        if header[6] > VERSION_MAX {
            return malformed("a version of ZIP that nobody knows");
        }
        if flags & ENCRYPTED != 0 {
            return malformed("encryption");
        }
        if flags & !FLAGS != 0 {
            return malformed("a general purpose flag that is not processed");
        }
        if method != STORED && method != DEFLATED {
            return malformed("a compression other than deflate");
        }
        let (packed, size, offset) = (u32_at(&header, 20), u32_at(&header, 24), u32_at(&header, 42));
        if packed == u32::MAX || size == u32::MAX || offset == u32::MAX || u16_at(&header, 34) == u16::MAX {
            return malformed("ZIP64");
        }
        if u16_at(&header, 34) != 0 {
            return malformed("an archive of several parts");
        }
        if method == STORED && packed != size {
            return malformed("two sizes of what is not packed");
        }
        // 4.4.15: on Unix (4.4.2) the upper half is the mode; a link is no file (stat: S_IFMT, S_IFLNK)
        if header[5] == 3 && u16_at(&header, 40) & 0o170_000 == 0o120_000 {
            return malformed("a link");
        }
        if name.ends_with(b"/") && size != 0 {
            return malformed("a folder that holds octets");
        }
        let entry = Entry {
            name: shown.clone().into_owned(),
            size: size.into(),
            is_packed: method == DEFLATED,
            crc: u32_at(&header, 16),
            packed_size: packed.into(),
            at: 0, // its local header tells
        };
        if entry.size > limits.entry {
            return Err(Fault::Limit(format!("{size} octets in {shown}"), limits.entry));
        }
        if entry.size > Limits::RATIO_FROM && entry.size > entry.packed_size.saturating_mul(limits.ratio) {
            let times = entry.size / entry.packed_size.max(1);
            return Err(Fault::Limit(format!("{shown} grows {times} times"), limits.ratio));
        }
        Ok(Self { entry, offset: offset.into(), flags, method })
    }

    /// Holds the local header against this one, and learns where the data begins.
    fn hold_local(&mut self, octets: &Octets, end: u64) -> Result<(), Fault> {
        let differs = |what: &str| Fault::malformed(what, &self.entry.name);
        let mut reader = octets.reader_at(self.offset).take(end - self.offset);
        let overlap = || differs("an entry that reaches into the next");
        let header = take(&mut reader, LOCAL)?.ok_or_else(overlap)?;
        if !header.starts_with(b"PK\x03\x04") {
            return Err(differs("a local header that is none"));
        }
        let name = take(&mut reader, u16_at(&header, 26).into())?.ok_or_else(overlap)?;
        let extra = take(&mut reader, u16_at(&header, 28).into())?.ok_or_else(overlap)?;
        if name != self.entry.name.as_bytes() {
            return Err(differs("another name in the local header"));
        }
        if header[4] > VERSION_MAX {
            return Err(differs("a version of ZIP that nobody knows"));
        }
        if u16_at(&header, 6) != self.flags {
            return Err(differs("other flags in the local header"));
        }
        if u16_at(&header, 8) != self.method {
            return Err(differs("another compression in the local header"));
        }
        if let Some(wrong) = wrong_extra(&extra) {
            return Err(differs(wrong));
        }
        // 4.4.4 bit 3: the three are zero there and follow the data; some write them all the same
        let later = self.flags & DESCRIPTOR != 0;
        let entry = &self.entry;
        let here = [entry.crc.into(), entry.packed_size, entry.size];
        for (wanted, at) in here.into_iter().zip([14, 18, 22]) {
            let found = u64::from(u32_at(&header, at));
            if found != wanted && !(later && found == 0) {
                return Err(differs("another size or checksum in the local header"));
            }
        }
        self.entry.at = self.offset + (LOCAL + name.len() + extra.len()) as u64;
        Ok(())
    }

    /// Holds that the data ends where the next thing begins, but for a data descriptor (4.3.9) that
    /// says the same again.
    fn hold_end(&self, octets: &Octets, end: u64) -> Result<(), Fault> {
        let entry = &self.entry;
        let data_end = entry.at + entry.packed_size;
        let rest = end.checked_sub(data_end);
        let rest = rest.ok_or_else(|| Fault::malformed("an entry that reaches into the next", &entry.name))?;
        let descriptor = match (self.flags & DESCRIPTOR != 0, rest) {
            (false, 0) => return Ok(()),
            (true, 12 | 16) => take(&mut octets.reader_at(data_end), rest as usize)?.unwrap_or_default(),
            _ => return Err(Fault::malformed("octets behind an entry that belong to none", &entry.name)),
        };
        let fields = descriptor.strip_prefix(b"PK\x07\x08").filter(|_| rest == 16);
        let fields = fields.unwrap_or(&descriptor);
        let same = fields.len() == 12
            && u32_at(fields, 0) == entry.crc
            && u64::from(u32_at(fields, 4)) == entry.packed_size
            && u64::from(u32_at(fields, 8)) == entry.size;
        match same {
            true => Ok(()),
            false => Err(Fault::malformed("another size or checksum in the data descriptor", &entry.name)),
        }
    }
}

/// What is wrong with extra fields (4.5): each is a kind, a length and so many octets.
fn wrong_extra(mut extra: &[u8]) -> Option<&'static str> {
    while !extra.is_empty() {
        if extra.len() < 4 {
            return Some("an extra field that breaks off");
        }
        let kind = u16_at(extra, 0);
        if let Some((_, what)) = EXTRA_REFUSED.iter().find(|(refused, _)| *refused == kind) {
            return Some(what);
        }
        match extra.get(4 + usize::from(u16_at(extra, 2))..) {
            Some(rest) => extra = rest,
            None => return Some("an extra field that breaks off"),
        }
    }
    None
}

/// The next so many octets; none when there are fewer.
fn take(from: &mut impl Read, count: usize) -> io::Result<Option<Vec<u8>>> {
    let mut octets = vec![0; count];
    match from.read_exact(&mut octets) {
        Ok(()) => Ok(Some(octets)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// A number of two octets, the lower one first; zero beyond the end.
fn u16_at(octets: &[u8], at: usize) -> u16 {
    octets.get(at..at + 2).map_or(0, |two| u16::from_le_bytes([two[0], two[1]]))
}

/// A number of four octets, the lowest first; zero beyond the end.
fn u32_at(octets: &[u8], at: usize) -> u32 {
    octets.get(at..at + 4).map_or(0, |four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}
