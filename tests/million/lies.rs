//! Index files that lie: changed, with every checksum made to fit again, as somebody would who wants to be believed.

use serde_json::Value;

/// An index file of a closed segment, to be changed.
#[derive(Clone)]
pub struct Index {
    header: Value,
    fold: Value,
    /// What follows upon the fold.
    rest: Vec<u8>,
}

impl Index {
    pub fn read(octets: &[u8]) -> Self {
        let end = octets.iter().position(|octet| *octet == b'\n').unwrap();
        let header: Value = serde_json::from_slice(&octets[9..end]).unwrap();
        let (fold, rest) = octets[end + 1..].split_at(number(&header["fold"]["octets"]));
        Self { fold: serde_json::from_slice(fold).unwrap(), rest: rest.to_vec(), header }
    }

    /// The file's octets, every checksum made to fit.
    pub fn octets(&self) -> Vec<u8> {
        let (fold, mut header) = (serde_json::to_vec(&self.fold).unwrap(), self.header.clone());
        let was = number(&header["fold"]["octets"]);
        header["fold"]["octets"] = fold.len().into();
        header["fold"]["crc32"] = crc32fast::hash(&fold).into();
        for part in ["lines", "standing", "filter", "arrivals", "accepted", "settled", "notes"] {
            header[part]["begin"] = (number(&header[part]["begin"]) - was + fold.len()).into();
        }
        let json = serde_json::to_string(&header).unwrap();
        let mut octets = format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes())).into_bytes();
        octets.extend(fold);
        octets.extend(&self.rest);
        octets
    }

    /// One submission more than there are.
    pub fn counts_one_more(mut self) -> Self {
        let count = &mut self.fold["counts"][0][1];
        *count = (count.as_u64().unwrap() + 1).into();
        self
    }

    /// No place where a submission arrived is one.
    pub fn hides_what_arrived(self) -> Self {
        self.part("arrivals", |octets| octets.fill(0))
    }

    /// No line is found by any key.
    pub fn hides_its_lines(self) -> Self {
        self.table("lines", |entry| entry[..8].fill(0))
    }

    /// Whatever content stood by a submission has fallen.
    pub fn lets_all_fall(self) -> Self {
        self.table("standing", |entry| entry[16..].fill(0))
    }

    /// What stands after another segment has fallen in this one.
    pub fn lets_fall_what_stands_in(self, other: &Self) -> Self {
        let mut lying = Self { header: self.header.clone(), ..self };
        let table = &other.header["standing"];
        let (begin, shift) = (other.place("standing"), number(&lying.header["fold"]["octets"]));
        let len = other.place("filter") - begin;
        lying.header["standing"] = table.clone();
        lying.header["standing"]["begin"] = (lying.rest.len() + shift).into();
        lying.rest.extend(&other.rest[begin..begin + len]);
        lying.header["filter"] = other.header["filter"].clone();
        lying.header["filter"]["begin"] = (lying.rest.len() + shift).into();
        let (begin, len) = (other.place("filter"), number(&other.header["filter"]["octets"]));
        lying.rest.extend(&other.rest[begin..begin + len]);
        // the last part ends with the file
        let (begin, len) = (lying.place("notes"), number(&lying.header["notes"]["octets"]));
        lying.header["notes"]["begin"] = (lying.rest.len() + shift).into();
        lying.rest.extend_from_within(begin..begin + len);
        lying.lets_all_fall()
    }

    fn place(&self, part: &str) -> usize {
        number(&self.header[part]["begin"]) - number(&self.header["fold"]["octets"])
    }

    fn part(mut self, part: &str, change: impl Fn(&mut [u8])) -> Self {
        let (begin, len) = (self.place(part), number(&self.header[part]["octets"]));
        let octets = &mut self.rest[begin..begin + len];
        change(octets);
        self.header[part]["crc32"] = crc32fast::hash(octets).into();
        self
    }

    /// Each bucket has its number, its entries and a checksum over both.
    fn table(mut self, table: &str, change: impl Fn(&mut [u8])) -> Self {
        let (begin, told) = (self.place(table), self.header[table].clone());
        let (buckets, width) = (number(&told["buckets"]), 8 + number(&told["width"]));
        let first = |rest: &[u8], bucket: usize| {
            let place = begin + 4 * bucket;
            u32::from_be_bytes(rest[place..place + 4].try_into().unwrap()) as usize
        };
        for bucket in 0..buckets {
            let (from, to) = (first(&self.rest, bucket), first(&self.rest, bucket + 1));
            let at = begin + 4 * (buckets + 1) + from * width + 4 * bucket;
            let (sum, entries) = self.rest[at..at + 4 + (to - from) * width].split_at_mut(4);
            entries.chunks_mut(width).for_each(&change);
            let mut fits = crc32fast::Hasher::new();
            fits.update(&(bucket as u32).to_be_bytes());
            fits.update(entries);
            sum.copy_from_slice(&fits.finalize().to_be_bytes());
        }
        self
    }
}

/// An index of the act log whose last line speaks of no submission that was answered once.
pub fn of_acts(octets: &[u8]) -> Vec<u8> {
    let line = octets.split_inclusive(|octet| *octet == b'\n').next_back().unwrap();
    let mut told: Value = serde_json::from_slice(line[9..].trim_ascii_end()).unwrap();
    told["low"] = told["high"].clone();
    let json = serde_json::to_string(&told).unwrap();
    let mut lying = octets[..octets.len() - line.len()].to_vec();
    lying.extend(format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes())).into_bytes());
    lying
}

fn number(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}
