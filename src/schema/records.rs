//! The records of a statement: in memory while they are few, in a spool while they are many.
//!
//! Owns that choice, which nobody else sees: whoever reads them gets them piece by piece, in their order and as often
//! as he wants. What lies in a spool is digested block by block, and a block that comes back as another is an error,
//! never a record. Knows nothing of what a record means.

use super::Limits;
use super::statement::{Record, Spot, Value};
use crate::document::Digest;
use crate::geometry::Geometry;
use crate::host::{Coded, Scratch, Spool, made_ahead, put_number, put_signed, put_text};
use std::borrow::Cow;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

/// Octets of a block: one reading of the disk, and some thousand records of a plain dataset. A longer record is a
/// block by itself.
const BLOCK: usize = 64 << 10;

/// The records of a statement, in the order of the document.
#[derive(Clone, Debug, Default)]
pub struct Records {
    near: Vec<Record>,
    /// Where each value of each near record begins, record after record: kept apart, so that a record that is loaded
    /// carries no more than it means.
    offsets: Vec<u64>,
    /// Where they all lie when there are too many to be near.
    far: Option<Arc<Far>>,
}

/// Records in a spool.
#[derive(Debug)]
struct Far {
    spool: Spool,
    blocks: Vec<Block>,
    count: u64,
}

/// A block of a spool: records one behind the other.
#[derive(Debug)]
struct Block {
    /// Records before it.
    before: u64,
    begin: u64,
    end: u64,
    /// The first half of the digest of its octets: the disk is no adversary.
    digest: [u8; 16],
}

/// A record, with its place among all and where its values begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'r> {
    /// From 0.
    pub nth: u64,
    pub record: &'r Record,
    pub offsets: &'r [u64],
}

/// Some records that follow each other.
struct Piece<'r> {
    before: u64,
    records: Cow<'r, [Record]>,
    offsets: Cow<'r, [u64]>,
}

impl Records {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.far.as_ref().map_or(self.near.len(), |far| usize::try_from(far.count).unwrap_or(usize::MAX))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them, when they are few enough to lie in memory.
    pub fn near(&self) -> Option<&[Record]> {
        self.far.is_none().then_some(&self.near)
    }

    /// All of them, piece by piece; a piece takes about as much memory as a hundred kilobytes of the document, or as
    /// one record.
    ///
    /// # Errors
    /// Each: what the disk says, after which there is none.
    pub fn pieces(&self) -> impl Iterator<Item = io::Result<Cow<'_, [Record]>>> {
        self.all_pieces().map(|piece| piece.map(|piece| piece.records))
    }

    fn all_pieces(&self) -> impl Iterator<Item = io::Result<Piece<'_>>> {
        let near =
            || Piece { before: 0, records: Cow::Borrowed(&self.near[..]), offsets: Cow::Borrowed(&self.offsets) };
        let near = self.far.is_none().then(near).filter(|piece| !piece.records.is_empty());
        let far = self.far.iter().flat_map(|far| far.blocks.iter().map(|block| far.piece(block)));
        let mut is_lost = false;
        let until_lost = move |piece: &io::Result<_>| !std::mem::replace(&mut is_lost, piece.is_err());
        near.map(Ok).into_iter().chain(far).take_while(until_lost)
    }

    /// Gives each of them, until `take` has enough.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) fn each(&self, take: &mut dyn FnMut(&Row<'_>) -> bool) -> io::Result<()> {
        /// Pieces that are taken back before they are wanted.
        const AHEAD: usize = 2;
        let mut lost = Ok(());
        let mut give = |piece: io::Result<Piece<'_>>| match piece {
            Ok(piece) => piece.each(take),
            Err(error) => {
                lost = Err(error);
                false
            }
        };
        match &self.far {
            Some(far) if far.blocks.len() > AHEAD => {
                made_ahead(far.blocks.iter().map(|block| far.piece(block)), AHEAD, give);
            }
            _ => drop(self.all_pieces().map(&mut give).take_while(|goes_on| *goes_on).count()),
        }
        lost
    }

    /// One of them; none where there are not so many.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) fn nth(&self, nth: u64) -> io::Result<Option<Cow<'_, Record>>> {
        let Some(far) = &self.far else {
            let near = usize::try_from(nth).ok().and_then(|nth| self.near.get(nth));
            return Ok(near.map(Cow::Borrowed));
        };
        let behind = far.blocks.partition_point(|block| block.before <= nth);
        let Some(block) = behind.checked_sub(1).and_then(|at| far.blocks.get(at)) else { return Ok(None) };
        let records = far.piece(block)?.records.into_owned();
        let at = usize::try_from(nth - block.before).unwrap_or(usize::MAX);
        Ok(records.into_iter().nth(at).map(Cow::Owned))
    }
}

impl Piece<'_> {
    fn each(&self, take: &mut dyn FnMut(&Row<'_>) -> bool) -> bool {
        let columns = self.offsets.len().checked_div(self.records.len()).unwrap_or_default();
        (self.before..).zip(self.records.iter()).enumerate().all(|(at, (nth, record))| {
            let offsets = self.offsets.get(at * columns..(at + 1) * columns).unwrap_or_default();
            take(&Row { nth, record, offsets })
        })
    }
}

impl Far {
    fn piece(&self, block: &Block) -> io::Result<Piece<'static>> {
        let octets = self.spool.read(block.begin, block.end)?;
        let odd = || io::Error::new(io::ErrorKind::InvalidData, "a spool gave other octets than were laid into it");
        if digest(&octets) != block.digest {
            return Err(odd());
        }
        let (mut records, mut offsets) = (Vec::new(), Vec::new());
        let mut coded = Coded(&octets);
        while !coded.is_empty() {
            records.push(taken(&mut coded, &mut offsets).ok_or_else(odd)?);
        }
        Ok(Piece { before: block.before, records: records.into(), offsets: offsets.into() })
    }
}

fn digest(octets: &[u8]) -> [u8; 16] {
    let digest = Digest::of(octets);
    let mut half = [0; 16];
    half.copy_from_slice(&digest.as_bytes()[..16]);
    half
}

impl FromIterator<Record> for Records {
    /// Believed, and without places: for tests.
    fn from_iter<I: IntoIterator<Item = Record>>(records: I) -> Self {
        Self { near: records.into_iter().collect(), ..Self::default() }
    }
}

#[cfg(test)]
impl Records {
    /// All of these laid away, for tests of later rooms.
    pub(crate) fn laid_away(records: impl IntoIterator<Item = Record>) -> Self {
        let mut gathering = Gathering::new(&Limits { memory_max: 0, ..Limits::default() }, &Scratch::of_system());
        records.into_iter().for_each(|record| gathering.push(record, &[]));
        gathering.finish().expect("a test's folder takes some octets")
    }
}

/// Who wants the records of a long document while it is still being read.
///
/// Asked once, when it turns out to be long; whoever answers gets them piece by piece, in their order, and behind the
/// last an empty piece. Without that the reading has found a fault, or came to no end, and they are worth nothing.
#[derive(Clone)]
pub struct Following(Arc<dyn Fn() -> Option<SyncSender<Vec<Record>>> + Send + Sync>);

impl Following {
    /// Asks this.
    pub fn new(begin: impl Fn() -> Option<SyncSender<Vec<Record>>> + Send + Sync + 'static) -> Self {
        Self(Arc::new(begin))
    }
}

impl fmt::Debug for Following {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Following")
    }
}

/// Where records go that are too many for memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Laying<'s> {
    pub scratch: &'s Scratch,
    pub following: Option<&'s Following>,
}

impl<'s> From<&'s Scratch> for Laying<'s> {
    fn from(scratch: &'s Scratch) -> Self {
        Self { scratch, following: None }
    }
}

/// Records that are being read.
#[derive(Debug)]
pub(super) struct Gathering {
    scratch: Scratch,
    following: Option<Following>,
    follower: Option<SyncSender<Vec<Record>>>,
    /// Those of the open block, for the follower.
    going: Vec<Record>,
    memory_max: usize,
    near: Vec<Record>,
    offsets: Vec<u64>,
    /// About how much the near ones take.
    octets: usize,
    far: Option<Far>,
    block: Vec<u8>,
    /// Records in the open block.
    in_block: u64,
    lost: Option<io::Error>,
}

impl Gathering {
    pub fn new<'s>(limits: &Limits, laying: impl Into<Laying<'s>>) -> Self {
        let Laying { scratch, following } = laying.into();
        Self {
            scratch: scratch.clone(),
            following: following.cloned(),
            follower: None,
            going: Vec::new(),
            memory_max: limits.memory_max,
            near: Vec::new(),
            offsets: Vec::new(),
            octets: 0,
            far: None,
            block: Vec::new(),
            in_block: 0,
            lost: None,
        }
    }

    /// How many there are so far.
    pub fn len(&self) -> u64 {
        self.far.as_ref().map_or(self.near.len() as u64, |far| far.count)
    }

    /// Takes one more. After a fault of the disk nothing more is taken, and [`Gathering::finish`] says so.
    pub fn push(&mut self, record: Record, offsets: &[u64]) {
        if self.lost.is_some() {
            return;
        }
        if self.far.is_none() {
            self.octets += held(&record) + size_of_val(offsets);
            if self.octets <= self.memory_max {
                self.near.push(record);
                self.offsets.extend_from_slice(offsets);
                return;
            }
        }
        let laid = self.spill().and_then(|()| self.lay(record, offsets));
        self.lost = laid.err();
    }

    /// Whether the disk failed: nothing that is read further counts.
    pub fn is_lost(&self) -> bool {
        self.lost.is_some()
    }

    /// Gives nothing on any more: the document has a fault.
    pub fn forsake(&mut self) {
        (self.following, self.follower) = (None, None);
        self.going = Vec::new();
    }

    /// Lays away what was near.
    fn spill(&mut self) -> io::Result<()> {
        if self.far.is_some() {
            return Ok(());
        }
        self.far = Some(Far { spool: self.scratch.spool()?, blocks: Vec::new(), count: 0 });
        let (near, offsets) = (std::mem::take(&mut self.near), std::mem::take(&mut self.offsets));
        let columns = offsets.len().checked_div(near.len()).unwrap_or_default();
        self.follower = self.following.take().and_then(|Following(begin)| begin());
        for (at, record) in near.into_iter().enumerate() {
            self.lay(record, offsets.get(at * columns..(at + 1) * columns).unwrap_or_default())?;
        }
        Ok(())
    }

    fn lay(&mut self, record: Record, offsets: &[u64]) -> io::Result<()> {
        lay(&mut self.block, &record, offsets);
        if self.follower.is_some() {
            self.going.push(record);
        }
        self.in_block += 1;
        if let Some(far) = &mut self.far {
            far.count += 1;
        }
        if self.block.len() >= BLOCK { self.close() } else { Ok(()) }
    }

    /// Ends the open block.
    fn close(&mut self) -> io::Result<()> {
        let Some(far) = self.far.as_mut().filter(|_| !self.block.is_empty()) else { return Ok(()) };
        let begin = far.spool.append(&self.block)?;
        let (before, end) = (far.count - self.in_block, far.spool.len());
        far.blocks.push(Block { before, begin, end, digest: digest(&self.block) });
        self.in_block = 0;
        self.block.clear();
        self.block.shrink_to(2 * BLOCK);
        let room = self.going.len();
        let going = std::mem::replace(&mut self.going, Vec::with_capacity(room));
        self.give(going);
        Ok(())
    }

    /// Waits until there is room for them; a follower who has gone gets no more.
    fn give(&mut self, records: Vec<Record>) {
        if self.follower.as_ref().is_some_and(|follower| follower.send(records).is_err()) {
            self.follower = None;
        }
    }

    /// All that was taken.
    ///
    /// # Errors
    /// What the disk said.
    pub fn finish(mut self) -> io::Result<Records> {
        self.close()?;
        if self.lost.is_none() {
            self.give(Vec::new());
        }
        match self.lost {
            Some(error) => Err(error),
            None => Ok(Records { near: self.near, offsets: self.offsets, far: self.far.map(Arc::new) }),
        }
    }
}

/// About how many octets a record takes in memory, with what the allocator needs for each of its parts.
fn held(record: &Record) -> usize {
    const PART: usize = 16;
    let more = |value: &Value| match value {
        Value::Absent | Value::Decimal(_) => 0,
        Value::Station(code) => code.as_str().len() + 2 * PART,
        Value::Text(text) => text.len() + PART,
        Value::Geometry(shape) => size_of::<Geometry>() + shape.sent().len() + 16 * shape.points() + 6 * PART,
    };
    let values: usize = record.values.iter().map(|value| size_of::<Value>() + more(value)).sum();
    size_of::<Record>() + PART + values
}

/// The signs before the values.
const ABSENT: u8 = 0;
const STATION: u8 = 1;
const DECIMAL: u8 = 2;
const TEXT: u8 = 3;
const GEOMETRY: u8 = 4;

/// Adds a record.
fn lay(octets: &mut Vec<u8>, record: &Record, offsets: &[u64]) {
    record.spot.lay(octets);
    put_number(octets, record.values.len() as u64);
    for value in &record.values {
        match value {
            Value::Absent => octets.push(ABSENT),
            Value::Station(code) => {
                octets.push(STATION);
                put_text(octets, code.as_str());
            }
            Value::Decimal(quantity) => {
                octets.extend([DECIMAL, quantity.places()]);
                put_signed(octets, quantity.scaled());
            }
            Value::Text(text) => {
                octets.push(TEXT);
                put_text(octets, text);
            }
            Value::Geometry(geometry) => {
                octets.push(GEOMETRY);
                geometry.lay(octets);
            }
        }
    }
    put_number(octets, offsets.len() as u64);
    let mut last = record.spot.offset().unwrap_or_default();
    for &offset in offsets {
        put_signed(octets, offset.wrapping_sub(last) as i64);
        last = offset;
    }
}

/// Takes one back; its offsets go behind those of others. None where no record was laid.
fn taken(octets: &mut Coded<'_>, offsets: &mut Vec<u64>) -> Option<Record> {
    let spot = Spot::taken(octets)?;
    let count = octets.count(1)?;
    let mut values = Vec::with_capacity(count);
    for _ in 0..count {
        values.push(match octets.octet()? {
            ABSENT => Value::Absent,
            STATION => Value::Station(octets.text()?.parse().ok()?),
            DECIMAL => {
                let places = octets.octet()?;
                Value::Decimal(crate::document::Quantity::from_scaled(octets.signed()?, places))
            }
            TEXT => Value::Text(octets.text()?.to_owned()),
            GEOMETRY => Value::Geometry(Arc::new(Geometry::taken(octets)?)),
            _ => return None,
        });
    }
    let mut last = spot.offset().unwrap_or_default();
    for _ in 0..octets.count(1)? {
        last = last.wrapping_add(octets.signed()? as u64);
        offsets.push(last);
    }
    Some(Record { values, spot })
}
