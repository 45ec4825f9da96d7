//! Annexes: files elsewhere that hold octets of evidence, and where in them each lies.
//!
//! ```text
//! evidence/annexes/<name>.annex     pencere-annex 1 <path of the file>
//!                                   <sha256> <offset, 20 digits> <length, 20 digits>
//!                                   …                              (by digest, ascending)
//! ```
//!
//! What is no longer found in its pack or as an object is looked for here, and verified against its digest like
//! everything that evidence gives out. A pack or an object can be let go once an annex gives back every octet of it;
//! what of a pack is to stay is laid as an object of its own before that.
//! Never knows what such a file is, nor why something lies in it.

use super::{EvidenceError, Kept, PackEntry, Reader};
use crate::advice::Advice;
use crate::document::Digest;
use crate::host::Octets;
use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// How the first line begins; the number is the format's version.
const HEADER: &str = "pencere-annex 1 ";
/// Octets of a record: digest, two numbers of 20 digits, two spaces, LF.
const RECORD: u64 = 64 + 1 + 20 + 1 + 20 + 1;
/// The largest annex, in octets: a unit has fewer than 65,536 files.
const ANNEX_MAX: u64 = 16 << 20;
/// Longest first line, in octets: a path may have 4096.
const HEADER_MAX: u64 = 8192;

/// Where something lies in the file of an annex.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Its digest.
    pub sha256: Digest,
    /// Where it begins.
    pub offset: u64,
    /// Its length in octets.
    pub size: u64,
}

/// An annex, for whoever copies it: where what it speaks of lies is another place then.
#[derive(Clone, Debug)]
pub struct AnnexFile {
    /// Its name.
    pub name: String,
    /// The file that holds the octets.
    pub file: PathBuf,
    /// Its records.
    records: Vec<u8>,
}

impl AnnexFile {
    /// The same, lying in `folder` and speaking of `file`, both by their places in a copy.
    pub fn naming(&self, folder: &Path, file: &Path) -> Vec<u8> {
        let copy = Path::new("/copy"); // what they have in common, wherever that comes to lie
        let path = from(&copy.join(folder), &copy.join(file));
        [format!("{HEADER}{}\n", path.display()).as_bytes(), &self.records].concat()
    }
}

/// What was let go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Released {
    /// Packs and objects.
    pub files: u64,
    /// Their octets.
    pub octets: u64,
}

/// Whether what lies in the file of an annex may be relied upon, by the annex's name.
pub type Relied<'a> = &'a mut dyn FnMut(&str) -> bool;

/// Something in the file of an annex.
struct Lying {
    /// The annex's name.
    annex: String,
    /// The file.
    file: PathBuf,
    /// Where in it.
    place: Place,
}

impl Reader {
    fn annexes(&self) -> PathBuf {
        self.folder.join("annexes")
    }

    /// Takes a file as an annex, under this name; an earlier one of the name is replaced. Durable afterwards.
    ///
    /// # Errors
    /// What the disk says.
    pub fn annex(&self, name: &str, file: &Path, mut places: Vec<Place>) -> Result<(), EvidenceError> {
        let folder = self.annexes();
        self.disk.make_folder(&folder).map_err(EvidenceError::disk("make folder", &folder))?;
        let passing = folder.join(format!("{name}.part"));
        let disk = |step| EvidenceError::disk(step, &passing);
        match self.disk.unlink(&passing) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(disk("delete")(error)),
            _ => {}
        }
        let path = std::path::absolute(file).map_err(EvidenceError::disk("find", file))?;
        let base = std::path::absolute(&folder).map_err(EvidenceError::disk("find", &folder))?;
        let path = from(&base, &path);
        // a first line that cannot be read again would hide all that it stands for
        let line = path.to_str().filter(|line| !line.contains('\n')).ok_or_else(|| {
            let why = "an annex cannot name a file by a path with a line end, or that is no UTF-8";
            EvidenceError::disk("name", file)(io::Error::new(ErrorKind::InvalidInput, why))
        })?;
        let mut text = format!("{HEADER}{line}\n");
        places.sort_unstable();
        places.dedup_by_key(|place| place.sha256);
        for Place { sha256, offset, size } in &places {
            text.push_str(&format!("{sha256} {offset:020} {size:020}\n"));
        }
        let part = self.disk.create(&passing).map_err(disk("create"))?;
        part.write_at(text.as_bytes(), 0).map_err(disk("write"))?;
        part.sync().map_err(disk("sync"))?;
        let lasting = folder.join(format!("{name}.annex"));
        self.disk.rename(&passing, &lasting).map_err(disk("rename"))?;
        self.disk.sync_folder(&folder).map_err(EvidenceError::disk("sync folder", &folder))
    }

    /// Takes an annex away, by its name; whether there was one. Durable afterwards.
    ///
    /// # Errors
    /// What the disk says.
    pub fn unannex(&self, name: &str) -> Result<bool, EvidenceError> {
        let folder = self.annexes();
        let path = folder.join(format!("{name}.annex"));
        match self.disk.unlink(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            other => other.map_err(EvidenceError::disk("delete", &path))?,
        }
        self.disk.sync_folder(&folder).map_err(EvidenceError::disk("sync folder", &folder))?;
        Ok(true)
    }

    /// What lies in their folder; nothing where there is none.
    fn annexes_listed(&self) -> Result<Vec<OsString>, EvidenceError> {
        let folder = self.annexes();
        match self.disk.list(&folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            other => other.map_err(EvidenceError::disk("list", &folder)),
        }
    }

    /// The names of the annexes.
    ///
    /// # Errors
    /// What the disk says.
    pub fn annex_names(&self) -> Result<Vec<String>, EvidenceError> {
        Ok(self
            .annexes_listed()?
            .iter()
            .filter_map(|name| Some(name.to_str()?.strip_suffix(".annex")?.to_owned()))
            .collect())
    }

    /// The size of what has this digest in an annex.
    pub(super) fn size_in_annex(&self, sha256: Digest) -> Result<Option<u64>, EvidenceError> {
        Ok(self.looked_up(sha256)?.first().map(|lying| lying.place.size))
    }

    /// Where annexes have this digest, the latest first: of the same octets in two files either will do. An annex that
    /// cannot be read is passed over: it hides what it alone knows, and nothing else.
    fn looked_up(&self, sha256: Digest) -> Result<Vec<Lying>, EvidenceError> {
        let (folder, names) = (self.annexes(), self.annexes_listed()?);
        let mut all = Vec::new();
        for name in names.iter().rev() {
            let Some(annex) = name.as_encoded_bytes().strip_suffix(b".annex") else { continue };
            let path = folder.join(name);
            match self.disk.open(&path).and_then(|index| look_up(&index, sha256)) {
                Ok(None) => {}
                Ok(Some((file, place))) => {
                    let annex = String::from_utf8_lossy(annex).into_owned();
                    all.push(Lying { annex, file: folder.join(file), place });
                }
                Err(error) => {
                    tracing::warn!(advice = %Advice::EvidenceUnread,
                        %error, path = %path.display(), "an annex cannot be read, and is passed over")
                }
            }
        }
        Ok(all)
    }

    /// Every annex.
    ///
    /// # Errors
    /// What the disk says.
    pub fn annex_files(&self) -> Result<Vec<AnnexFile>, EvidenceError> {
        let (folder, names) = (self.annexes(), self.annexes_listed()?);
        let mut all = Vec::new();
        for name in names.iter().filter_map(|name| name.to_str()).filter(|name| name.ends_with(".annex")) {
            let path = folder.join(name);
            let octets = match self.disk.read(&path, ANNEX_MAX) {
                Ok(octets) => octets,
                Err(error) => {
                    tracing::warn!(advice = %Advice::EvidenceUnread,
                        %error, path = %path.display(), "an annex cannot be read, and is passed over");
                    continue;
                }
            };
            let end = memchr::memchr(b'\n', &octets).unwrap_or(octets.len());
            let (head, records) = octets.split_at(end);
            let file = std::str::from_utf8(head).ok().and_then(|line| line.strip_prefix(HEADER));
            let records = records.get(1..).filter(|records| (records.len() as u64).is_multiple_of(RECORD));
            let (Some(file), Some(records)) = (file, records) else { continue };
            let base = std::path::absolute(&folder).map_err(EvidenceError::disk("find", &folder))?;
            all.push(AnnexFile { name: name.to_owned(), file: plain(&base.join(file)), records: records.to_vec() });
        }
        Ok(all)
    }

    /// The octets of something kept, from an annex, verified; none when no annex has it. Of several files each is
    /// tried; where none gives it back, the first says why.
    pub(super) fn in_annex(&self, kept: &Kept) -> Result<Option<Octets>, EvidenceError> {
        self.in_annex_of(kept, &mut |_| true)
    }

    /// The same from those annexes alone that are relied upon.
    fn in_annex_of(&self, kept: &Kept, is_relied_upon: Relied<'_>) -> Result<Option<Octets>, EvidenceError> {
        let mut why = None;
        for lying in self.looked_up(kept.sha256)? {
            if !is_relied_upon(&lying.annex) {
                continue;
            }
            match self.given_back(kept, &lying) {
                Ok(octets) => return Ok(Some(octets)),
                Err(error) => why = why.or(Some(error)),
            }
        }
        why.map_or(Ok(None), Err)
    }

    /// The octets of something kept from this place, verified.
    fn given_back(&self, kept: &Kept, Lying { file, place, .. }: &Lying) -> Result<Octets, EvidenceError> {
        let damaged = |what| EvidenceError::Damaged { path: file.clone(), offset: place.offset, what };
        let open = self.disk.open(file).map_err(EvidenceError::disk("open", file))?;
        let len = open.metadata().map_err(EvidenceError::disk("read", file))?.len();
        if place.size != kept.size || place.offset.saturating_add(place.size) > len {
            return Err(damaged("it has other lengths than its index says"));
        }
        let whole = Octets::File(Arc::new(open), len);
        let octets = whole.pieces([(place.offset, place.size)]);
        let sha256 = Digest::of_reader(octets.reader()).map_err(EvidenceError::disk("read", file))?;
        if sha256 != kept.sha256 {
            return Err(damaged("the octets are not those that were kept"));
        }
        // small ones are held in memory, as from a pack
        if kept.size > super::Settings::default().pack_entry_max {
            return Ok(octets);
        }
        let head = octets.head(kept.size as usize).map_err(EvidenceError::disk("read", file))?;
        match Digest::of(&head) == kept.sha256 {
            true => Ok(Octets::from(head)),
            false => Err(damaged("it changed while it was read")),
        }
    }

    /// Lets a pack go: none of its octets is only there, each was read from an annex just now; what is to stay is
    /// laid as an object of its own before. None, and the pack stays, where another entry is in no annex. The last
    /// pack always stays: numbers are never used twice. Only annexes that `is_relied_upon` count, by their names: it is
    /// asked when one would be read.
    ///
    /// # Errors
    /// What the disk says, and damage, in the pack or in an annex; it stays then.
    pub fn release_pack(
        &self,
        number: u32,
        stays: &HashSet<Digest>,
        is_relied_upon: Relied<'_>,
    ) -> Result<Option<Released>, EvidenceError> {
        if self.packs()?.last().is_none_or(|&last| number >= last) {
            return Ok(None);
        }
        let (entries, _torn) = self.walk(number)?; // what is torn was promised to nobody
        let kept = |PackEntry { sha256, size, offset }: PackEntry| Kept {
            sha256,
            size,
            location: super::Location::Pack { number, offset },
        };
        let (laid, rest): (Vec<Kept>, Vec<Kept>) =
            entries.into_iter().map(kept).partition(|kept| stays.contains(&kept.sha256));
        for kept in &rest {
            if self.in_annex_of(kept, is_relied_upon)?.is_none() {
                return Ok(None);
            }
        }
        let mut octets = 0;
        for kept in &laid {
            octets += self.lay(kept)?;
        }
        let gone = self.let_go(&self.pack_path(number))?;
        Ok(Some(Released { octets: gone.octets.saturating_sub(octets), ..gone }))
    }

    /// Lays an entry of a pack as an object of its own, durable afterwards; how many octets are new.
    fn lay(&self, kept: &Kept) -> Result<u64, EvidenceError> {
        let path = self.object_path(kept.sha256);
        let whole = Kept { location: super::Location::Object, ..kept.clone() };
        if path.exists() && self.read_object(&whole).is_ok() {
            return Ok(0);
        }
        let octets = self.read(kept)?;
        let octets = octets.head(usize::try_from(kept.size).unwrap_or(usize::MAX));
        let octets = octets.map_err(EvidenceError::disk("read", &path))?;
        let folder = path.parent().map_or_else(|| self.objects_folder(), Path::to_owned);
        self.disk.make_folder(&folder).map_err(EvidenceError::disk("make folder", &folder))?;
        let passing = path.with_extension("part");
        let disk = |step| EvidenceError::disk(step, &passing);
        match self.disk.unlink(&passing) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(disk("delete")(error)),
            _ => {}
        }
        let part = self.disk.create(&passing).map_err(disk("create"))?;
        part.write_at(&octets, 0).map_err(disk("write"))?;
        part.sync().map_err(disk("sync"))?;
        self.disk.rename(&passing, &path).map_err(disk("rename"))?;
        self.disk.sync_folder(&folder).map_err(EvidenceError::disk("sync folder", &folder))?;
        let above = self.objects_folder();
        self.disk.sync_folder(&above).map_err(EvidenceError::disk("sync folder", &above))?;
        Ok(kept.size)
    }

    /// Lets an object go, as [`Reader::release_pack`] a pack. One that was put there less than `age` ago stays: it may
    /// be on its way in at this moment.
    ///
    /// # Errors
    /// As [`Reader::release_pack`].
    pub fn release_object(
        &self,
        sha256: Digest,
        age: Duration,
        is_relied_upon: Relied<'_>,
    ) -> Result<Option<Released>, EvidenceError> {
        let path = self.object_path(sha256);
        let about = match std::fs::metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other.map_err(EvidenceError::disk("read", &path))?,
        };
        let changed = Duration::from_secs(u64::try_from(about.ctime()).unwrap_or(0));
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let kept = Kept { sha256, size: about.len(), location: super::Location::Object };
        if now.saturating_sub(changed) < age || self.in_annex_of(&kept, is_relied_upon)?.is_none() {
            return Ok(None);
        }
        self.let_go(&path).map(Some)
    }

    fn let_go(&self, path: &Path) -> Result<Released, EvidenceError> {
        let octets = std::fs::metadata(path).map_err(EvidenceError::disk("read", path))?.len();
        self.disk.unlink(path).map_err(EvidenceError::disk("delete", path))?;
        if let Some(folder) = path.parent() {
            self.disk.sync_folder(folder).map_err(EvidenceError::disk("sync folder", folder))?;
        }
        Ok(Released { files: 1, octets })
    }

    /// The digests of all objects, in no order.
    ///
    /// # Errors
    /// What the disk says.
    pub fn objects(&self) -> Result<Vec<Digest>, EvidenceError> {
        let (top, mut found) = (self.objects_folder(), Vec::new());
        let list = |folder: &Path| match self.disk.list(folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            other => other.map_err(EvidenceError::disk("list", folder)),
        };
        for first in list(&top)? {
            for rest in list(&top.join(&first))? {
                let name = format!("{}{}", first.to_string_lossy(), rest.to_string_lossy());
                found.extend(name.parse::<Digest>());
            }
        }
        Ok(found)
    }
}

/// Without `..`, by its letters alone.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, part| {
        match part {
            Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
        plain
    })
}

/// Finds a digest among the records; the file's path beside it.
fn look_up(index: &File, sha256: Digest) -> io::Result<Option<(PathBuf, Place)>> {
    let odd = || io::Error::new(ErrorKind::InvalidData, "this is no annex of a format that is known here");
    let len = index.metadata()?.len();
    let mut head = vec![0; len.min(HEADER_MAX) as usize];
    index.read_exact_at(&mut head, 0)?;
    let end = memchr::memchr(b'\n', &head).ok_or_else(odd)?;
    let path = head.get(..end).and_then(|line| std::str::from_utf8(line).ok());
    let path = path.and_then(|line| line.strip_prefix(HEADER)).ok_or_else(odd)?;
    let start = end as u64 + 1;
    if !(len - start).is_multiple_of(RECORD) {
        return Err(odd());
    }
    let (mut low, mut high) = (0, (len - start) / RECORD);
    while low < high {
        let middle = low + (high - low) / 2;
        let mut record = [0; RECORD as usize];
        index.read_exact_at(&mut record, start + middle * RECORD)?;
        let place = std::str::from_utf8(&record).ok().and_then(read).ok_or_else(odd)?;
        match place.sha256.cmp(&sha256) {
            std::cmp::Ordering::Equal => return Ok(Some((PathBuf::from(path), place))),
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    Ok(None)
}

fn read(record: &str) -> Option<Place> {
    let mut parts = record.strip_suffix('\n')?.split(' ');
    let (sha256, offset, size) = (parts.next()?, parts.next()?, parts.next()?);
    Some(Place { sha256: sha256.parse().ok()?, offset: offset.parse().ok()?, size: size.parse().ok()? })
}

/// The way to a file from a folder, where they have more in common than the root: a window that is moved as a whole
/// finds it again.
fn from(folder: &Path, file: &Path) -> PathBuf {
    let (ours, theirs): (Vec<Component>, Vec<Component>) = (folder.components().collect(), file.components().collect());
    let shared = ours.iter().zip(&theirs).take_while(|(one, other)| one == other).count();
    if shared < 2 {
        return file.to_owned();
    }
    let up = ours.iter().skip(shared).map(|_| Component::ParentDir);
    up.chain(theirs.iter().skip(shared).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Evidence, Settings};
    use super::*;
    use crate::host::{Disk, test_folder};

    #[test]
    fn what_an_annex_gives_back_may_go_and_nothing_else() {
        let folder = test_folder();
        let state = folder.path().join("state");
        let settings = Settings { pack_entry_max: 64, pack_max: 100 };
        let mut evidence = Evidence::open(&Disk::system(), &state, settings).unwrap();
        let things: Vec<Vec<u8>> = (0..6u8).map(|n| vec![n; if n == 5 { 100 } else { 40 }]).collect();
        let mut kept = Vec::new();
        for thing in &things {
            kept.push(evidence.append(thing).unwrap());
            evidence.sync().unwrap();
        }
        let reader = evidence.reader().clone();
        let packs = reader.packs().unwrap();
        assert!(packs.len() > 2, "{packs:?}");
        // all but the third, one behind the other
        let file = folder.path().join("unit");
        let annexed: Vec<usize> = (0..6).filter(|n| *n != 2).collect();
        let (mut octets, mut places) = (Vec::new(), Vec::new());
        for &n in &annexed {
            places.push(Place { sha256: kept[n].sha256, offset: octets.len() as u64, size: kept[n].size });
            octets.extend_from_slice(&things[n]);
        }
        std::fs::write(&file, &octets).unwrap();
        let nothing = HashSet::new();
        assert_eq!(reader.release_pack(1, &nothing, &mut |_| true).unwrap(), None);
        reader.annex("unit-1", &file, places).unwrap();
        // what lies in an annex alone that nobody verified is no reason to let anything go
        assert_eq!(reader.release_pack(1, &nothing, &mut |name| name != "unit-1").unwrap(), None);
        let all: Relied<'_> = &mut |_| true;
        for &number in &packs {
            let holds_third = matches!(kept[2].location, super::super::Location::Pack { number: n, .. } if n == number);
            let stays = holds_third || Some(&number) == packs.last();
            assert_eq!(reader.release_pack(number, &nothing, all).unwrap().is_none(), stays, "pack {number}");
            if holds_third && Some(&number) != packs.last() {
                // where it is to stay, it is an object of its own since, and found as before
                let released = reader.release_pack(number, &HashSet::from([kept[2].sha256]), all).unwrap().unwrap();
                assert!(released.octets > 0 && reader.object_path(kept[2].sha256).is_file());
                std::fs::remove_file(reader.object_path(kept[2].sha256)).unwrap();
                assert!(reader.read(&kept[2]).unwrap_err().to_string().contains("No such file"));
                assert!(reader.find(kept[2].sha256).unwrap().is_none());
                std::fs::write(reader.object_path(kept[2].sha256), &things[2]).unwrap();
            }
        }
        let object = kept[5].sha256;
        assert!(reader.objects().unwrap().contains(&object));
        let hour = Duration::from_secs(3600);
        assert_eq!(reader.release_object(object, hour, all).unwrap(), None, "too young");
        assert_eq!(reader.release_object(object, Duration::ZERO, &mut |_| false).unwrap(), None, "nobody verified it");
        let gone = Some(Released { files: 1, octets: 100 });
        assert_eq!(reader.release_object(object, Duration::ZERO, all).unwrap(), gone);
        for (kept, thing) in kept.iter().zip(&things) {
            assert_eq!(reader.read(kept).unwrap().head(1000).unwrap(), *thing);
        }
        // moved as a whole, it is found again
        let moved = test_folder();
        std::fs::rename(&state, moved.path().join("state")).unwrap();
        std::fs::rename(&file, moved.path().join("unit")).unwrap();
        let elsewhere = Reader::new(&Disk::system(), &moved.path().join("state"));
        assert_eq!(elsewhere.read(&kept[0]).unwrap().head(1000).unwrap(), things[0]);
        // changed, cut or gone, it is named
        let unit = moved.path().join("unit");
        octets[0] ^= 1;
        std::fs::write(&unit, &octets).unwrap();
        let error = elsewhere.read(&kept[0]).unwrap_err().to_string();
        assert!(error.contains("unit") && error.contains("not those"), "{error}");
        std::fs::write(&unit, &octets[..10]).unwrap();
        assert!(elsewhere.read(&kept[1]).unwrap_err().to_string().contains("lengths"));
        std::fs::remove_file(&unit).unwrap();
        assert!(elsewhere.read(&kept[0]).unwrap_err().to_string().contains("unit"));
    }

    #[test]
    fn of_two_annexes_either_will_do_and_one_that_cannot_be_read_hides_nothing_else() {
        let folder = test_folder();
        let state = folder.path().join("state");
        let reader = Reader::new(&Disk::system(), &state);
        let thing = b"what was kept";
        let kept =
            Kept { sha256: Digest::of(thing), size: thing.len() as u64, location: super::super::Location::Object };
        let place = Place { sha256: kept.sha256, offset: 0, size: kept.size };
        for name in ["a-1", "b-2"] {
            let file = folder.path().join(name);
            std::fs::write(&file, thing).unwrap();
            reader.annex(name, &file, vec![place]).unwrap();
        }
        std::fs::write(folder.path().join("b-2"), b"what was lost").unwrap();
        assert_eq!(reader.read(&kept).unwrap().head(100).unwrap(), thing, "the other has it");
        std::fs::write(state.join("evidence/annexes/c-3.annex"), "pencere-annex 1 ../x\ny\nz").unwrap();
        std::fs::write(state.join("evidence/annexes/d-4.annex"), "").unwrap();
        assert_eq!(reader.read(&kept).unwrap().head(100).unwrap(), thing, "an annex that is none is passed over");
        assert!(reader.find(Digest::of(b"another")).unwrap().is_none());
        std::fs::remove_file(folder.path().join("a-1")).unwrap();
        let error = reader.read(&kept).unwrap_err().to_string();
        assert!(error.contains("b-2") && error.contains("not those"), "{error}");
        // a path that no annex could name again is refused
        let odd = folder.path().join("x\ny");
        std::fs::write(&odd, thing).unwrap();
        assert!(reader.annex("e-5", &odd, vec![place]).is_err());
    }

    #[test]
    fn the_way_to_a_file_is_short_where_it_can_be() {
        let way = |folder: &str, file: &str| from(Path::new(folder), Path::new(file)).display().to_string();
        assert_eq!(way("/w/state/evidence/annexes", "/w/archive/a.zip"), "../../../archive/a.zip");
        assert_eq!(way("/var/lib/p/annexes", "/mnt/a.zip"), "/mnt/a.zip");
    }
}
