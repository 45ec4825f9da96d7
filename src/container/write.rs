//! Containers as they are written: what [`Container`](super::Container) takes, and nothing else of ZIP.
//!
//! Every entry is stored as it is, with its size and checksum before it, so that an archive is written
//! in one go and never grows by unpacking; nothing follows an entry but the next. Takes only names that
//! the reader takes. Never opens a file; holds the directory in memory, never an entry.

use super::name;
use crate::host::Octets;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::HashSet;
use std::io::{self, Read, Write};

/// Made on Unix (APPNOTE 4.4.2), by version 2.0 of the specification, which UTF-8 names do not raise.
const MADE_BY: u16 = 3 << 8 | 20;
/// Version 1.0 unpacks what is stored (4.4.3.2).
const NEEDED: u16 = 10;
/// The name is UTF-8 (4.4.4 bit 11).
const UTF8: u16 = 1 << 11;
/// A regular file that its owner may write and all may read (4.4.15).
const MODE: u32 = 0o100_644 << 16;

/// Why an entry cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteFault {
    /// Its name is none that a container may have.
    #[error("{0}")]
    Name(&'static str),
    /// Sizes and places are numbers of 32 bits: ZIP64 is not written, as it is not read.
    #[error("a container holds less than 4 GiB")]
    Large,
    /// What was to be written is not what was measured.
    #[error("it was changed while it was read")]
    Changed,
    /// The disk's, or the reader's.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Size and checksum of an entry, which stand before it.
#[derive(Clone, Default)]
pub struct Measure {
    size: u64,
    crc: crc32fast::Hasher,
}

impl Measure {
    /// Takes the next octets.
    pub fn take(&mut self, octets: &[u8]) {
        self.size += octets.len() as u64;
        self.crc.update(octets);
    }

    fn says(&self) -> (u64, u32) {
        (self.size, self.crc.clone().finalize())
    }
}

/// Writes an archive.
pub struct Writer<W> {
    out: W,
    /// Time and date of every entry as MS-DOS writes them (4.4.6).
    moment: [u16; 2],
    position: u32,
    names: HashSet<String>,
    directory: Vec<u8>,
}

impl<W: Write> Writer<W> {
    /// Begins an archive whose entries bear this time.
    pub fn new(out: W, at: Timestamp) -> Self {
        Self { out, moment: moment(at), position: 0, names: HashSet::new(), directory: Vec::new() }
    }

    /// Adds an entry that lies in memory.
    ///
    /// # Errors
    /// A name that it cannot have, or the disk.
    pub fn add(&mut self, name: &str, octets: &[u8]) -> Result<(), WriteFault> {
        let mut measure = Measure::default();
        measure.take(octets);
        self.copy(name, &measure, octets)
    }

    /// Adds an entry that was measured before, reading it once more.
    ///
    /// # Errors
    /// The same; and when it is not what was measured.
    pub fn copy(&mut self, name: &str, measured: &Measure, mut octets: impl Read) -> Result<(), WriteFault> {
        self.take_name(name)?;
        let (size, crc) = measured.says();
        let size = below_limit(size)?;
        let header = self.header(name, size, crc)?;
        self.write(b"PK\x03\x04")?;
        let offset = self.position - 4;
        self.write(&header)?;
        self.write(name.as_bytes())?;
        let (mut found, mut piece) = (Measure::default(), vec![0; 64 * 1024]);
        loop {
            let count = match octets.read(&mut piece) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            found.take(&piece[..count]);
            if found.size > u64::from(size) {
                return Err(WriteFault::Changed);
            }
            self.write(&piece[..count])?;
        }
        if found.says() != measured.says() {
            return Err(WriteFault::Changed);
        }
        self.directory.extend(b"PK\x01\x02");
        self.directory.extend(MADE_BY.to_le_bytes());
        self.directory.extend(&header[..26]);
        self.directory.extend([0; 6]); // no comment, the first part, no attributes of its own (4.4.12 to 4.4.14)
        self.directory.extend(MODE.to_le_bytes());
        self.directory.extend(offset.to_le_bytes());
        self.directory.extend(name.as_bytes());
        Ok(())
    }

    /// Writes the directory; gives back what was written to.
    ///
    /// # Errors
    /// The disk.
    pub fn finish(mut self) -> Result<W, WriteFault> {
        let (start, directory) = (self.position, std::mem::take(&mut self.directory));
        let count = u16::try_from(self.names.len()).ok().filter(|count| *count != u16::MAX);
        let count = count.ok_or(WriteFault::Large)?;
        self.write(&directory)?;
        let size = self.position - start;
        let numbers = [count, count].map(u16::to_le_bytes).concat();
        let places = [size, start].map(u32::to_le_bytes).concat();
        self.write(&[&b"PK\x05\x06\0\0\0\0"[..], &numbers, &places, &[0; 2]].concat())?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn take_name(&mut self, name: &str) -> Result<(), WriteFault> {
        if let Some(wrong) = wrong_name(name) {
            return Err(WriteFault::Name(wrong));
        }
        match self.names.insert(name.to_owned()) {
            true => Ok(()),
            false => Err(WriteFault::Name("a name that stands twice")),
        }
    }

    /// What local header and directory say alike (4.3.7 and 4.3.12), up to the length of extra fields.
    fn header(&self, name: &str, size: u32, crc: u32) -> Result<Vec<u8>, WriteFault> {
        let flags = if name.is_ascii() { 0 } else { UTF8 };
        let length = u16::try_from(name.len()).map_err(|_| WriteFault::Large)?;
        let [time, date] = self.moment;
        let mut header = [NEEDED, flags, 0, time, date].map(u16::to_le_bytes).concat();
        header.extend([crc, size, size].map(u32::to_le_bytes).concat());
        header.extend([length, 0].map(u16::to_le_bytes).concat());
        Ok(header)
    }

    fn write(&mut self, octets: &[u8]) -> Result<(), WriteFault> {
        let end = u64::from(self.position) + octets.len() as u64;
        self.position = below_limit(end)?;
        self.out.write_all(octets)?;
        Ok(())
    }
}

/// What keeps a file from having this name in a container, in words; none when nothing does.
pub fn wrong_name(name: &str) -> Option<&'static str> {
    if name.ends_with('/') {
        return Some("the name of a folder");
    }
    // the reader's own limit, which no file system's name reaches
    if name.len() > super::Limits::default().name {
        return Some("a name that is too long");
    }
    name::wrong(name.as_bytes())
}

/// 0xFFFFFFFF would say that ZIP64 knows more (4.4.8).
fn below_limit(number: u64) -> Result<u32, WriteFault> {
    u32::try_from(number).ok().filter(|number| *number != u32::MAX).ok_or(WriteFault::Large)
}

/// Time and date as MS-DOS writes them, in UTC: two seconds at a time, from 1980 on.
fn moment(at: Timestamp) -> [u16; 2] {
    let at = TimeZone::UTC.to_datetime(at);
    let Some(year) = u16::try_from(at.year() - 1980).ok().filter(|year| *year < 128) else {
        return [0, 1 << 5 | 1]; // 1980-01-01
    };
    let [month, day, hour, minute, second] =
        [at.month(), at.day(), at.hour(), at.minute(), at.second()].map(|part| u16::from(part.unsigned_abs()));
    let pair = second / 2;
    [hour << 11 | minute << 5 | pair, year << 9 | month << 5 | day]
}

/// Measures octets at rest, and lets `also` see them.
///
/// # Errors
/// The disk.
pub fn measure(octets: &Octets, mut also: impl FnMut(&[u8])) -> io::Result<Measure> {
    let (mut reader, mut measure, mut piece) = (octets.reader(), Measure::default(), vec![0; 64 * 1024]);
    loop {
        match reader.read(&mut piece) {
            Ok(0) => return Ok(measure),
            Ok(count) => {
                measure.take(&piece[..count]);
                also(&piece[..count]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Container, Limits};
    use super::*;
    use proptest::prelude::*;

    fn at() -> Timestamp {
        "2026-11-16T07:08:09Z".parse().unwrap()
    }

    fn written(files: &[(String, Vec<u8>)]) -> Result<Vec<u8>, WriteFault> {
        let mut writer = Writer::new(Vec::new(), at());
        for (name, octets) in files {
            writer.add(name, octets)?;
        }
        writer.finish()
    }

    proptest! {
        /// Whatever is written is read again, and only what cannot be read is refused.
        #[test]
        fn the_reader_takes_what_is_written(
            files in proptest::collection::vec((".{1,12}", proptest::collection::vec(any::<u8>(), 0..300)), 1..5)
        ) {
            match written(&files) {
                Ok(archive) => {
                    let container = Container::open(&archive.into(), &Limits::default()).unwrap();
                    prop_assert_eq!(container.entries().len(), files.len());
                    for (entry, (name, wanted)) in container.entries().iter().zip(&files) {
                        let mut octets = Vec::new();
                        container.read(entry).read_to_end(&mut octets).unwrap();
                        prop_assert_eq!((&entry.name, &octets, entry.is_packed), (name, wanted, false));
                    }
                }
                Err(WriteFault::Name(_)) => {
                    let twice = (1..files.len()).any(|n| files[..n].iter().any(|(name, _)| *name == files[n].0));
                    let refused = |name: &String| name::wrong(name.as_bytes()).is_some() || name.ends_with('/');
                    prop_assert!(twice || files.iter().any(|(name, _)| refused(name)));
                }
                Err(other) => return Err(TestCaseError::fail(other.to_string())),
            }
        }
    }

    #[test]
    fn names_that_lead_astray_are_not_written() {
        for name in ["/a", "../a", "a\\b", "C:a", "a\nb", "", "a/", &"a".repeat(600)] {
            assert!(matches!(written(&[(name.to_owned(), vec![])]), Err(WriteFault::Name(_))), "{name:?}");
        }
        let twice = [("a".to_owned(), vec![1]), ("a".to_owned(), vec![2])];
        assert!(matches!(written(&twice), Err(WriteFault::Name("a name that stands twice"))));
    }

    #[test]
    fn what_changed_since_it_was_measured_is_not_written() {
        let mut measured = Measure::default();
        measured.take(b"abc");
        for other in [&b"ab"[..], b"abcd", b"abd", b""] {
            let mut writer = Writer::new(Vec::new(), at());
            assert!(matches!(writer.copy("a", &measured, other), Err(WriteFault::Changed)), "{other:?}");
        }
    }

    #[test]
    fn what_needs_zip64_is_not_written() {
        let measured = Measure { size: u32::MAX.into(), crc: crc32fast::Hasher::new() };
        let mut writer = Writer::new(Vec::new(), at());
        assert!(matches!(writer.copy("a", &measured, io::empty()), Err(WriteFault::Large)));
        assert_eq!(below_limit(u64::from(u32::MAX) - 1).unwrap(), u32::MAX - 1);
    }

    #[test]
    fn moments_are_those_of_ms_dos() {
        assert_eq!(moment(at()), [7 << 11 | 8 << 5 | 4, 46 << 9 | 11 << 5 | 16]);
        for outside in ["1979-12-31T23:59:59Z", "2108-01-01T00:00:00Z"] {
            assert_eq!(moment(outside.parse().unwrap()), [0, 33], "{outside}");
        }
    }
}
