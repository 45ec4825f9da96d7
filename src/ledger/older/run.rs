//! The index file of one closed segment of the journal: `journal/00000001.index`.
//!
//! ```text
//! <crc32 of the rest of this line> {"index":1,"segment":1,"octets":…,"end":"<chain>",…}
//! the fold, as JSON · table of lines · table of what stands · filter · arrivals · accepted · settled · notes
//! ```
//!
//! The header says where each part lies, and the chain at its segment's end: since that depends on every line
//! before, a file that was made of another journal, or of another state of this one, is known and left aside.
//! Every part has a checksum of its own, the tables one for each bucket, and each is verified when it is read.
//! All of it is made of the journal; whoever deletes it costs the next start the time to make it again.
//!
//! A table is an array of fixed-width entries, sorted by the hash of their key and cut into buckets of about
//! [`BUCKET`]; a key is looked up by two small reads. The filter says of most keys that they are not in the
//! table of what stands, without reading: each new document asks whether its content is known.

use super::Fold;
use crate::document::{Digest, SubmissionId};
use crate::host::Disk;
use crate::journal::Position;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The format's version; a file of another one is made again.
const VERSION: u32 = 1;

/// Entries in a bucket, about: one read of a kilobyte.
const BUCKET: usize = 48;

/// Octets of a hash.
const HASH: usize = 8;

/// Octets that follow upon it where two keys must not be taken for one another.
const CHECK: usize = 8;

/// Bits of the filter for each key, and how many of them a key sets: one key in sixteen that is not there is
/// looked up in vain.
const FILTER_BITS: u64 = 6;
const FILTER_PROBES: u64 = 3;

/// Longest header, in octets; it has about a thousand.
const HEADER_MAX: u64 = 4 * 1024;

/// Octets of one [`Accepted`]: id, second and nanosecond of its reception, place of its answer.
const ACCEPTED: usize = 32;

/// What is kept of a key by which lines are found: not the key, whoever finds a line looks whether it is meant.
pub(super) fn hash(key: &[u8]) -> u64 {
    let (hash, _) = whole(key);
    hash
}

/// What is kept of a key by which something stands: nobody looks again whether it is meant, and a sender makes the
/// contents, so it is long enough that no two are found with the same one.
pub(super) type Whole = (u64, [u8; CHECK]);

/// See [`Whole`].
pub(super) fn whole(key: &[u8]) -> Whole {
    let digest = Digest::of(key);
    let (mut hash, mut check) = ([0; HASH], [0; CHECK]);
    hash.copy_from_slice(&digest.as_bytes()[..HASH]);
    check.copy_from_slice(&digest.as_bytes()[HASH..HASH + CHECK]);
    (u64::from_be_bytes(hash), check)
}

/// An acceptance that was not settled when it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Accepted {
    pub(super) id: SubmissionId,
    pub(super) received: Timestamp,
    /// Where in the segment its answer's line begins.
    pub(super) begin: u32,
}

/// Everything that a run holds.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) fold: Fold,
    /// Hash of a key, and where in the segment a line begins that has it.
    pub(super) lines: Vec<(u64, u32)>,
    /// Hash of a key, and by which submission it stands after this segment; none: it fell.
    pub(super) standing: Vec<(Whole, Option<SubmissionId>)>,
    pub(super) accepted: Vec<Accepted>,
    /// Where the first lines of submissions begin, in order.
    pub(super) arrivals: Vec<u32>,
    /// Whose acceptance was settled, or is none any more.
    pub(super) settled: Vec<SubmissionId>,
    /// Where lines begin that tell of signers' paths or of files of the configuration, in order.
    pub(super) notes: Vec<u32>,
    /// The lowest and the highest submission with a line in this segment.
    pub(super) ids: Option<(SubmissionId, SubmissionId)>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Header {
    index: u32,
    segment: u32,
    octets: u64,
    end: Digest,
    fold: Part,
    lines: Table,
    standing: Table,
    filter: Part,
    arrivals: Part,
    accepted: Part,
    accepted_ids: Option<(SubmissionId, SubmissionId)>,
    settled: Part,
    settled_ids: Option<(SubmissionId, SubmissionId)>,
    notes: Part,
    ids: Option<(SubmissionId, SubmissionId)>,
}

/// Octets from the end of the header on.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Part {
    begin: u64,
    octets: u64,
    crc32: u32,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Table {
    begin: u64,
    entries: u32,
    buckets: u32,
    /// Octets of a value.
    width: usize,
}

/// Why a run cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unread {
    /// It is not what was written, or of another journal.
    #[error("it was changed or rotted")]
    Rotten,
    /// What the disk says.
    #[error(transparent)]
    Disk(#[from] io::Error),
}

/// Where the octets of a run are.
#[derive(Debug)]
enum Source {
    Open(File),
    /// To be opened for each question: so many are open already.
    At(PathBuf),
    Memory(Vec<u8>),
}

/// An index.
#[derive(Debug)]
pub(super) struct Run {
    header: Header,
    /// Where the parts begin.
    body: u64,
    source: Source,
    filter: OnceLock<Vec<u8>>,
}

impl Run {
    /// The octets of an index file.
    pub(super) fn octets(end: Position, content: Content) -> io::Result<Vec<u8>> {
        let Content { fold, lines, standing, accepted, arrivals, settled, notes, ids } = content;
        let mut body = serde_json::to_vec(&fold)?;
        let fold = Part { begin: 0, octets: body.len() as u64, crc32: crc32fast::hash(&body) };
        let lines = lines.into_iter().map(|(hash, begin)| (hash, begin.to_be_bytes())).collect();
        let lines = table(&mut body, lines);
        let filter = filter(standing.iter().map(|((hash, _), _)| *hash), standing.len());
        let value = |check: [u8; CHECK], id: Option<SubmissionId>| {
            let mut value = [0; CHECK + 16];
            value[..CHECK].copy_from_slice(&check);
            value[CHECK..].copy_from_slice(&id.map_or([0; 16], SubmissionId::octets));
            value
        };
        let standing = standing.into_iter().map(|((hash, check), id)| (hash, value(check, id))).collect();
        let standing = table(&mut body, standing);
        let filter = part(&mut body, &filter);
        let arrivals = part(&mut body, &begins(&arrivals));
        let accepted_ids = bounds(accepted.iter().map(|one| one.id));
        let accepted: Vec<u8> = accepted.iter().flat_map(Accepted::octets).collect();
        let accepted = part(&mut body, &accepted);
        let settled_ids = bounds(settled.iter().copied());
        let settled: Vec<u8> = settled.iter().flat_map(|id| id.octets()).collect();
        let settled = part(&mut body, &settled);
        let notes = part(&mut body, &begins(&notes));
        let (index, segment, octets, end) = (VERSION, end.segment, end.offset, end.chain);
        let header = Header {
            index,
            segment,
            octets,
            end,
            fold,
            lines,
            standing,
            filter,
            arrivals,
            accepted,
            accepted_ids,
            settled,
            settled_ids,
            notes,
            ids,
        };
        let json = serde_json::to_string(&header)?;
        let mut whole = format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes())).into_bytes();
        whole.append(&mut body);
        Ok(whole)
    }

    /// Writes the octets of an index file, complete when it is there.
    pub(super) fn write(disk: &Disk, path: &Path, octets: &[u8]) -> io::Result<()> {
        let under_way = path.with_extension("index.part");
        let file = disk.open_or_create(&under_way)?;
        file.truncate(0)?;
        file.write_at(octets, 0)?;
        file.sync()?;
        disk.rename(&under_way, path)
    }

    /// Opens the index of the segment that ends there; none when there is none, or not of this journal.
    pub(super) fn open(disk: &Disk, path: PathBuf, end: Position, keeps: bool) -> io::Result<Option<Self>> {
        let file = match disk.open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let len = file.metadata()?.len();
        let mut head = vec![0; HEADER_MAX.min(len) as usize];
        file.read_exact_at(&mut head, 0)?;
        let Some((header, body)) = header(&head) else { return Ok(None) };
        let fits = header.ends_at(len.saturating_sub(body))
            && (header.index, header.segment, header.octets, header.end)
                == (VERSION, end.segment, end.offset, end.chain);
        let source = if keeps { Source::Open(file) } else { Source::At(path) };
        Ok(fits.then(|| Self { header, body, source, filter: OnceLock::new() }))
    }

    /// A run whose octets are kept in memory.
    pub(super) fn in_memory(octets: Vec<u8>) -> Option<Self> {
        let (header, body) = header(octets.get(..octets.len().min(HEADER_MAX as usize))?)?;
        Some(Self { header, body, source: Source::Memory(octets), filter: OnceLock::new() })
    }

    /// How many submissions it says arrived in its segment.
    pub(super) fn arrived(&self) -> u64 {
        self.header.arrivals.octets / 4
    }

    /// The segment that it is of.
    pub(super) fn segment(&self) -> u32 {
        self.header.segment
    }

    /// Where that ends.
    pub(super) fn end(&self) -> Position {
        Position { segment: self.header.segment, offset: self.header.octets, chain: self.header.end }
    }

    /// How everything stands at its end.
    pub(super) fn fold(&self) -> Result<Fold, Unread> {
        serde_json::from_slice(&self.part(self.header.fold)?).map_err(|_| Unread::Rotten)
    }

    /// Where lines begin that have this key, perhaps, in their order.
    pub(super) fn lines(&self, hash: u64) -> Result<Vec<u32>, Unread> {
        let mut begins = self.find(self.header.lines, hash, |value: [u8; 4]| u32::from_be_bytes(value))?;
        begins.sort_unstable();
        Ok(begins)
    }

    /// Whether a line of this submission may be here.
    pub(super) fn may_tell_of(&self, id: SubmissionId) -> bool {
        is_within(id, self.header.ids)
    }

    /// By which submission a key stands, where this segment changed that: `Some(None)` where it fell.
    pub(super) fn standing(&self, (hash, check): Whole) -> Result<Option<Option<SubmissionId>>, Unread> {
        if !self.may_stand(hash)? {
            return Ok(None);
        }
        let found = self.find(self.header.standing, hash, |value: [u8; CHECK + 16]| value)?;
        let found = found.iter().find_map(|value| value.strip_prefix(&check)?.first_chunk::<16>());
        Ok(found.map(|id| (*id != [0; 16]).then(|| SubmissionId::from_octets(*id))))
    }

    /// Where the first lines of submissions begin, in order.
    pub(super) fn arrivals(&self) -> Result<Vec<u32>, Unread> {
        self.begins(self.header.arrivals)
    }

    /// Where lines begin that tell of signers' paths or of files of the configuration, in order.
    pub(super) fn notes(&self) -> Result<Vec<u32>, Unread> {
        self.begins(self.header.notes)
    }

    fn begins(&self, part: Part) -> Result<Vec<u32>, Unread> {
        let octets = self.part(part)?;
        let (begins, _) = octets.as_chunks::<4>();
        Ok(begins.iter().map(|begin| u32::from_be_bytes(*begin)).collect())
    }

    /// Acceptances that this segment tells of, by id.
    pub(super) fn accepted(&self) -> Result<Vec<Accepted>, Unread> {
        let octets = self.part(self.header.accepted)?;
        octets.chunks(ACCEPTED).map(|one| Accepted::read(one).ok_or(Unread::Rotten)).collect()
    }

    /// The lowest and highest of them.
    pub(super) fn accepted_ids(&self) -> Option<(SubmissionId, SubmissionId)> {
        self.header.accepted_ids
    }

    /// Of the acceptances between these two, those that this segment settled or ended, by id.
    pub(super) fn settled(&self, low: SubmissionId, high: SubmissionId) -> Result<Vec<SubmissionId>, Unread> {
        if self.header.settled_ids.is_none_or(|(first, last)| last < low || high < first) {
            return Ok(Vec::new());
        }
        let octets = self.part(self.header.settled)?;
        let (ids, _) = octets.as_chunks::<16>();
        Ok(ids.iter().map(|id| SubmissionId::from_octets(*id)).filter(|id| (low..=high).contains(id)).collect())
    }

    fn may_stand(&self, hash: u64) -> Result<bool, Unread> {
        let filter = match self.filter.get() {
            Some(filter) => filter,
            None => {
                let read = self.part(self.header.filter)?;
                self.filter.get_or_init(|| read)
            }
        };
        Ok(probes(hash, filter.len()).all(|(place, bit)| filter.get(place).is_some_and(|octet| octet & bit != 0)))
    }

    fn find<const W: usize, T>(&self, table: Table, hash: u64, value: impl Fn([u8; W]) -> T) -> Result<Vec<T>, Unread> {
        if table.entries == 0 {
            return Ok(Vec::new());
        }
        if table.width != W {
            return Err(Unread::Rotten);
        }
        let bucket = bucket(hash, table.buckets);
        let begins = self.read(table.begin + 4 * u64::from(bucket), 8)?;
        let (begins, _) = begins.as_chunks::<4>();
        let (Some(first), Some(last)) = (begins.first(), begins.get(1)) else { return Err(Unread::Rotten) };
        let (first, last) = (u32::from_be_bytes(*first), u32::from_be_bytes(*last));
        if first > last || last > table.entries {
            return Err(Unread::Rotten);
        }
        let width = (HASH + W) as u64;
        let begin = table.begin + 4 * (u64::from(table.buckets) + 1) + u64::from(first) * width + 4 * u64::from(bucket);
        let octets = self.read(begin, 4 + u64::from(last - first) * width)?;
        let (sum, entries) = octets.split_first_chunk::<4>().ok_or(Unread::Rotten)?;
        if u32::from_be_bytes(*sum) != checksum(bucket, entries) {
            return Err(Unread::Rotten);
        }
        let wanted = hash.to_be_bytes();
        let of_key = entries.chunks(HASH + W).filter_map(|entry| entry.strip_prefix(&wanted));
        Ok(of_key.filter_map(|one| one.first_chunk::<W>()).map(|octets| value(*octets)).collect())
    }

    fn part(&self, part: Part) -> Result<Vec<u8>, Unread> {
        let octets = self.read(part.begin, part.octets)?;
        match crc32fast::hash(&octets) == part.crc32 {
            true => Ok(octets),
            false => Err(Unread::Rotten),
        }
    }

    fn read(&self, begin: u64, octets: u64) -> Result<Vec<u8>, Unread> {
        let (begin, octets) = (self.body + begin, usize::try_from(octets).map_err(|_| Unread::Rotten)?);
        let read = |file: &File| {
            let mut piece = vec![0; octets];
            match file.read_exact_at(&mut piece, begin) {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(Unread::Rotten),
                read => Ok(read.map(|()| piece)?),
            }
        };
        match &self.source {
            Source::Open(file) => read(file),
            Source::At(path) => read(&File::open(path)?),
            Source::Memory(whole) => {
                let begin = usize::try_from(begin).map_err(|_| Unread::Rotten)?;
                Ok(whole.get(begin..).and_then(|rest| rest.get(..octets)).ok_or(Unread::Rotten)?.to_vec())
            }
        }
    }
}

/// The first part in which an index file says another thing than one that was made anew; none where both say the same.
/// How everything stands is compared by what it means, all else octet by octet.
pub(super) fn differs(found: &[u8], made: &[u8]) -> Option<&'static str> {
    let split = |file| {
        let (header, body) = header(file)?;
        Some((header, file.get(usize::try_from(body).ok()?..)?))
    };
    let (Some((is, found)), Some((should, made))) = (split(found), split(made)) else { return Some("its first line") };
    if !is.ends_at(found.len() as u64) || is.of() != should.of() {
        return Some("its first line");
    }
    let fold = |body, part| serde_json::from_slice::<Fold>(part_of(body, part)?).ok();
    let is_fold = fold(found, is.fold);
    if is_fold.is_none() || is_fold != fold(made, should.fold) {
        return Some("how everything stands");
    }
    let tables = [
        ("where lines are found", is.lines, should.lines),
        ("by which submission a content stands", is.standing, should.standing),
    ];
    let parts = [
        ("its filter", is.filter, should.filter),
        ("what arrived", is.arrivals, should.arrivals),
        ("what was accepted", is.accepted, should.accepted),
        ("what was settled", is.settled, should.settled),
        ("where paths and configuration are told of", is.notes, should.notes),
    ];
    let table = |body, table: Table| {
        let octets = octets(body, table.begin, table.octets()?)?;
        Some((table.entries, table.buckets, table.width, octets))
    };
    let is_other = |(what, is, should)| (table(found, is) != table(made, should)).then_some(what);
    let other = tables.into_iter().find_map(is_other);
    other.or_else(|| {
        let is_other = |(what, is, should)| (part_of(found, is) != part_of(made, should)).then_some(what);
        parts.into_iter().find_map(is_other)
    })
}

/// A part of a file's body whose checksum fits.
fn part_of(body: &[u8], part: Part) -> Option<&[u8]> {
    octets(body, part.begin, part.octets).filter(|octets| crc32fast::hash(octets) == part.crc32)
}

fn octets(body: &[u8], begin: u64, count: u64) -> Option<&[u8]> {
    body.get(usize::try_from(begin).ok()?..)?.get(..usize::try_from(count).ok()?)
}

impl Table {
    /// Octets of it.
    fn octets(&self) -> Option<u64> {
        let entries = u64::from(self.entries).checked_mul((HASH + self.width) as u64)?;
        entries.checked_add(4 * (2 * u64::from(self.buckets) + 1))
    }
}

impl Header {
    /// Of what it is, and between which submissions it lies.
    fn of(&self) -> impl PartialEq + use<> {
        let place = (self.index, self.segment, self.octets, self.end);
        (place, self.ids, self.accepted_ids, self.settled_ids)
    }

    /// Whether all parts lie within so many octets, and the last ends there.
    fn ends_at(&self, len: u64) -> bool {
        let parts = [self.fold, self.filter, self.arrivals, self.accepted, self.settled, self.notes];
        let end = |part: Part| part.begin.checked_add(part.octets);
        let of_table = |table: Table| table.begin.checked_add(table.octets()?);
        let is_within = |end: Option<u64>| end.is_some_and(|end| end <= len);
        parts.into_iter().all(|part| is_within(end(part)))
            && [self.lines, self.standing].into_iter().all(|table| table.width <= 64 && is_within(of_table(table)))
            && end(self.notes) == Some(len)
    }
}

impl Accepted {
    fn octets(&self) -> [u8; ACCEPTED] {
        let mut octets = [0; ACCEPTED];
        octets[..16].copy_from_slice(&self.id.octets());
        octets[16..24].copy_from_slice(&self.received.as_second().to_be_bytes());
        octets[24..28].copy_from_slice(&self.received.subsec_nanosecond().to_be_bytes());
        octets[28..].copy_from_slice(&self.begin.to_be_bytes());
        octets
    }

    fn read(octets: &[u8]) -> Option<Self> {
        let (id, rest) = octets.split_first_chunk::<16>()?;
        let (second, rest) = rest.split_first_chunk::<8>()?;
        let (nanos, rest) = rest.split_first_chunk::<4>()?;
        let received = Timestamp::new(i64::from_be_bytes(*second), i32::from_be_bytes(*nanos)).ok()?;
        let begin = u32::from_be_bytes(*rest.first_chunk::<4>()?);
        Some(Self { id: SubmissionId::from_octets(*id), received, begin })
    }
}

fn header(head: &[u8]) -> Option<(Header, u64)> {
    let end = memchr::memchr(b'\n', head)?;
    let (sum, json) = head.get(..end)?.split_at_checked(9)?;
    if sum != format!("{:08x} ", crc32fast::hash(json)).as_bytes() {
        return None;
    }
    Some((serde_json::from_slice(json).ok()?, end as u64 + 1))
}

fn begins(begins: &[u32]) -> Vec<u8> {
    begins.iter().flat_map(|begin| begin.to_be_bytes()).collect()
}

fn part(body: &mut Vec<u8>, octets: &[u8]) -> Part {
    let begin = body.len() as u64;
    body.extend_from_slice(octets);
    Part { begin, octets: octets.len() as u64, crc32: crc32fast::hash(octets) }
}

/// The places of the buckets, then each with its checksum before it.
fn table<const W: usize>(body: &mut Vec<u8>, mut entries: Vec<(u64, [u8; W])>) -> Table {
    entries.sort_unstable();
    let begin = body.len() as u64;
    let buckets = u32::try_from(entries.len() / BUCKET + 1).unwrap_or(u32::MAX);
    let mut place = 0;
    for bucket_of in 0..buckets {
        body.extend_from_slice(&(place as u32).to_be_bytes());
        place += entries[place..].partition_point(|(hash, _)| bucket(*hash, buckets) <= bucket_of);
    }
    body.extend_from_slice(&(place as u32).to_be_bytes());
    let mut rest = entries.as_slice();
    for number in 0..buckets {
        let (these, others) = rest.split_at(rest.partition_point(|(hash, _)| bucket(*hash, buckets) <= number));
        let octets: Vec<u8> =
            these.iter().flat_map(|(hash, value)| hash.to_be_bytes().into_iter().chain(*value)).collect();
        body.extend_from_slice(&checksum(number, &octets).to_be_bytes());
        body.extend_from_slice(&octets);
        rest = others;
    }
    Table { begin, entries: entries.len() as u32, buckets, width: W }
}

fn checksum(bucket: u32, entries: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(&bucket.to_be_bytes());
    sum.update(entries);
    sum.finalize()
}

/// Hashes are spread evenly, so the upper part of one says its bucket.
fn bucket(hash: u64, buckets: u32) -> u32 {
    ((u128::from(hash) * u128::from(buckets)) >> 64) as u32
}

fn filter(hashes: impl Iterator<Item = u64>, count: usize) -> Vec<u8> {
    let mut filter = vec![0; (count as u64 * FILTER_BITS).div_ceil(8).max(1) as usize];
    let octets = filter.len();
    for hash in hashes {
        for (place, bit) in probes(hash, octets) {
            filter[place] |= bit;
        }
    }
    filter
}

/// The bits of a hash in a filter of so many octets.
fn probes(hash: u64, octets: usize) -> impl Iterator<Item = (usize, u8)> {
    let (step, bits) = (hash >> 32 | 1, octets as u64 * 8);
    (0..FILTER_PROBES).map(move |n| {
        let bit = hash.wrapping_add(n.wrapping_mul(step)) % bits.max(1);
        ((bit / 8) as usize, 1 << (bit % 8))
    })
}

fn bounds(ids: impl Iterator<Item = SubmissionId> + Clone) -> Option<(SubmissionId, SubmissionId)> {
    ids.clone().min().zip(ids.max())
}

fn is_within(id: SubmissionId, bounds: Option<(SubmissionId, SubmissionId)>) -> bool {
    bounds.is_some_and(|(low, high)| (low..=high).contains(&id))
}
