//! The reader of containers against archives built octet by octet, each test named after its trick.

use super::{Container, Entry, Fault, Limits};
use crate::finding::Code;
use flate2::{Compress, Compression, FlushCompress};
use std::io::Read;

/// One entry as a test wants it written; what local header and directory say may differ.
#[derive(Clone)]
struct Made {
    name: Vec<u8>,
    octets: Vec<u8>,
    packed: bool,
    flags: u16,
    /// The directory's own: name, flags, method, checksum, packed size, size.
    central: Central,
    extra: Vec<u8>,
    attributes: u32,
    made_by: u8,
    before: Vec<u8>,
    after: Vec<u8>,
}

#[derive(Clone, Default)]
struct Central {
    name: Option<Vec<u8>>,
    flags: Option<u16>,
    method: Option<u16>,
    crc: Option<u32>,
    packed: Option<u32>,
    size: Option<u32>,
    offset: Option<u32>,
}

fn made(name: &str, octets: &[u8]) -> Made {
    Made {
        name: name.into(),
        octets: octets.to_vec(),
        packed: false,
        flags: 0,
        central: Central::default(),
        extra: Vec::new(),
        attributes: 0,
        made_by: 0,
        before: Vec::new(),
        after: Vec::new(),
    }
}

fn packed(name: &str, octets: &[u8]) -> Made {
    Made { packed: true, ..made(name, octets) }
}

fn deflate(octets: &[u8]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(octets.len() + 1024);
    Compress::new(Compression::best(), false).compress_vec(octets, &mut packed, FlushCompress::Finish).unwrap();
    packed
}

fn le16(number: usize) -> [u8; 2] {
    u16::try_from(number).unwrap().to_le_bytes()
}

fn archive(entries: &[Made]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for one in entries {
        file.extend(&one.before);
        let offset = file.len() as u32;
        let data = if one.packed { deflate(&one.octets) } else { one.octets.clone() };
        let method = if one.packed { 8u16 } else { 0 };
        let (crc, packed, size) = (crc32fast::hash(&one.octets), data.len() as u32, one.octets.len() as u32);
        let later = one.flags & 8 != 0;
        file.extend(b"PK\x03\x04\x14\0");
        file.extend([one.flags.to_le_bytes(), method.to_le_bytes(), [0; 2], [0; 2]].concat());
        let facts: Vec<u8> = [crc, packed, size].into_iter().flat_map(u32::to_le_bytes).collect();
        file.extend(if later { &[0; 12][..] } else { &facts });
        file.extend([le16(one.name.len()), le16(one.extra.len())].concat());
        file.extend([&one.name[..], &one.extra, &data].concat());
        if later && one.after.is_empty() {
            file.extend([&b"PK\x07\x08"[..], &facts].concat());
        }
        file.extend(&one.after);
        let says = &one.central;
        let name = says.name.as_ref().unwrap_or(&one.name);
        directory.extend([b'P', b'K', 1, 2, 20, one.made_by, 20, 0]);
        directory.extend(says.flags.unwrap_or(one.flags).to_le_bytes());
        directory.extend(says.method.unwrap_or(method).to_le_bytes());
        directory.extend([0; 4]);
        for number in [says.crc.unwrap_or(crc), says.packed.unwrap_or(packed), says.size.unwrap_or(size)] {
            directory.extend(number.to_le_bytes());
        }
        directory.extend([le16(name.len()), le16(one.extra.len()), [0; 2], [0; 2], [0; 2]].concat());
        directory.extend(one.attributes.to_le_bytes());
        directory.extend(says.offset.unwrap_or(offset).to_le_bytes());
        directory.extend([&name[..], &one.extra].concat());
    }
    let start = file.len() as u32;
    file.extend(&directory);
    file.extend(b"PK\x05\x06\0\0\0\0");
    file.extend([le16(entries.len()), le16(entries.len())].concat());
    file.extend([(directory.len() as u32).to_le_bytes(), start.to_le_bytes()].concat());
    file.extend([0; 2]);
    file
}

fn open(file: Vec<u8>) -> Result<Container, Fault> {
    Container::open(&file.into(), &Limits::default())
}

/// Why an archive is refused.
fn refused(entries: &[Made]) -> String {
    why(archive(entries))
}

fn why(file: Vec<u8>) -> String {
    match open(file) {
        Ok(container) => panic!("it was taken: {:?}", container.entries()),
        Err(Fault::Malformed(what)) => what,
        Err(other) => panic!("{other:?}"),
    }
}

fn limit(file: Vec<u8>, limits: &Limits) -> u64 {
    match Container::open(&file.into(), limits) {
        Err(Fault::Limit(_, most)) => most,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_in_order_is_read_as_it_was_written() {
    let long = "ə".repeat(100_000);
    let mut entries = vec![
        made("mimetype", b"application/vnd.etsi.asic-e+zip"),
        packed("a/ə.xml", long.as_bytes()),
        made("empty", b""),
        packed("empty too", b""),
        made("META-INF/", b""),
    ];
    entries[1].flags = 1 << 11 | 1 << 3;
    entries[2].extra = b"\x54\x55\x05\0\x01\0\0\0\0".to_vec();
    entries[3].flags = 1 << 3;
    let bare = [crc32fast::hash(b""), deflate(b"").len() as u32, 0];
    entries[3].after = bare.into_iter().flat_map(u32::to_le_bytes).collect(); // a descriptor without its mark
    let mut file = archive(&entries);
    let end = file.len();
    file[end - 2] = 3;
    file.extend(b"PK!"); // a comment
    let container = open(file).unwrap();
    assert_eq!(container.entries().len(), entries.len());
    for (entry, made) in container.entries().iter().zip(&entries) {
        let mut octets = Vec::new();
        container.read(entry).read_to_end(&mut octets).unwrap();
        assert_eq!((entry.name.as_bytes(), octets), (&made.name[..], made.octets.clone()));
    }
    assert!(container.entries().last().is_some_and(Entry::is_folder));
}

#[test]
fn a_comment_holds_no_records_of_an_archive() {
    let entries = [made("a", b"1")];
    for (comment, is_refused) in [(b"PK\x03\x04", true), (b"PK\x01\x02", true), (b"LIB\x02", false)] {
        let mut file = archive(&entries);
        let end = file.len();
        file[end - 2] = comment.len() as u8;
        file.extend(comment);
        assert_eq!(open(file).is_err(), is_refused, "{comment:?}");
    }
}

#[test]
fn nothing_stands_before_between_or_behind() {
    let (a, b) = (made("a", b"1"), made("b", b"2"));
    let one = Made { before: b"prefix".to_vec(), ..a.clone() };
    assert!(refused(&[one, b.clone()]).contains("before"));
    let mut prefixed = b"MZ".to_vec(); // with the offsets of the archive behind it
    prefixed.extend(archive(std::slice::from_ref(&a)));
    assert!(why(prefixed).contains("between the central directory"));
    assert!(refused(&[a.clone(), Made { before: b"gap".to_vec(), ..b.clone() }]).contains("behind an entry"));
    assert!(refused(&[a.clone(), Made { after: b"gap".to_vec(), ..b.clone() }]).contains("behind an entry"));
    let mut trailed = archive(&[a.clone(), b.clone()]);
    trailed.extend(b"more");
    assert!(why(trailed).contains("behind the end"));
    let mut second = archive(std::slice::from_ref(&a));
    second.extend(archive(std::slice::from_ref(&b)));
    assert!(why(second).contains("between"));
    assert!(why(archive(&[])).contains("no entries"));
    assert!(why(b"PK\x03\x04 and so on".to_vec()).contains("no central directory"));
}

#[test]
fn entries_do_not_share_octets() {
    let (a, b) = (made("a", b"1"), made("b", b"2"));
    let twice = Made { central: Central { offset: Some(0), ..Central::default() }, ..b.clone() };
    assert!(refused(&[a.clone(), twice]).contains("reaches into the next"));
    let mut inner = archive(&[made("inner", b"x")]);
    inner.truncate(36);
    let outer = Made { central: Central::default(), ..made("outer", &inner) };
    let nested = Made { central: Central { offset: Some(35), ..Central::default() }, ..made("inner", b"x") };
    assert!(!refused(&[outer, nested]).is_empty());
    // a packed size that swallows the next entry
    let far = Central { packed: Some(40), size: Some(40), ..Central::default() };
    assert!(refused(&[Made { central: far, ..a }, b]).contains("local header"));
}

/// The first one says that it reaches over the directory and beyond the end of the file.
#[test]
fn an_entry_behind_the_directory_is_refused() {
    let size = Some(5000);
    let first = Made { central: Central { packed: size, size, ..Central::default() }, ..made("a.xml", b"a") };
    let offset = Some(30 + 5 + 5000);
    let second = Made { central: Central { offset, ..Central::default() }, ..made("b.xml", b"b") };
    let mut file = archive(&[first, second]);
    for at in [18, 22] {
        file[at..at + 4].copy_from_slice(&5000u32.to_le_bytes());
    }
    assert!(why(file).contains("behind the central directory"));
}

#[test]
fn the_local_header_says_what_the_directory_says() {
    let says = |central| refused(&[Made { central, ..made("a", b"1") }]);
    let none = Central::default;
    assert!(says(Central { name: Some(b"b".to_vec()), ..none() }).contains("another name"));
    assert!(says(Central { flags: Some(2), ..none() }).contains("flags"));
    assert!(says(Central { method: Some(8), ..none() }).contains("another compression"));
    assert!(says(Central { crc: Some(7), ..none() }).contains("checksum in the local header"));
    assert!(says(Central { size: Some(2), ..none() }).contains("two sizes"));
    let later = |central| refused(&[Made { flags: 8, central, ..packed("a", b"1") }]);
    assert!(later(Central { crc: Some(7), ..none() }).contains("data descriptor"));
    assert!(later(Central { size: Some(7), ..none() }).contains("data descriptor"));
    assert!(refused(&[Made { flags: 8, after: b"no".to_vec(), ..made("a", b"1") }]).contains("behind an entry"));
}

/// Both headers agree, and the data does not.
#[test]
fn sizes_and_checksums_that_lie_are_found_by_unpacking() {
    let lie = |crc: Option<u32>, size: Option<u32>, entry: Made| {
        let mut file = archive(&[Made { central: Central { crc, size, ..Central::default() }, ..entry }]);
        crc.into_iter().for_each(|crc| file[14..18].copy_from_slice(&crc.to_le_bytes()));
        size.into_iter().for_each(|size| file[22..26].copy_from_slice(&size.to_le_bytes()));
        why(file)
    };
    assert!(lie(Some(7), None, made("a", b"1")).contains("another checksum"));
    assert!(lie(None, Some(5), packed("a", b"123456")).contains("more octets"));
    assert!(lie(None, Some(7), packed("a", b"123456")).contains("fewer octets"));
    assert!(lie(Some(7), None, packed("a", b"123456")).contains("another checksum"));
}

#[test]
fn packed_data_ends_with_its_last_block() {
    let pack = |data: &[u8], size: u32, crc: u32| {
        let central = Central { method: Some(8), crc: Some(crc), size: Some(size), ..Central::default() };
        let mut file = archive(&[Made { central, ..made("a", data) }]);
        file[8] = 8;
        file[14..18].copy_from_slice(&crc.to_le_bytes());
        file[22..26].copy_from_slice(&size.to_le_bytes());
        open(file)
    };
    let (whole, crc) = (deflate(b"123456"), crc32fast::hash(b"123456"));
    assert!(pack(&whole, 6, crc).is_ok());
    let fails = |data: &[u8]| matches!(pack(data, 6, crc), Err(Fault::Malformed(_)));
    assert!(fails(&whole[..whole.len() - 1]) && fails(&[&whole[..], b"x"].concat()) && fails(b"\xFF\xFF"));
    // a stored block that says another one follows, and none does
    let open_ended = [&[0, 6, 0, 0xF9, 0xFF][..], b"123456"].concat();
    assert!(fails(&open_ended));
}

#[test]
fn names_that_lead_astray_are_refused() {
    for name in ["/a", "../a", "a/../b", "./a", "a//b", "a\\b", "C:/a", "a\0b", "a\nb", "", "/", "a/."] {
        assert!(refused(&[made(name, b"")]).contains("name"), "{name:?}");
    }
    assert!(refused(&[Made { name: b"\xFF".to_vec(), flags: 1 << 11, ..made("", b"") }]).contains("not UTF-8"));
    assert!(refused(&[Made { name: b"\x84.txt".to_vec(), ..made("", b"") }]).contains("not UTF-8")); // ä of code page 437
    let flagged = Made { flags: 1 << 11, ..made("ə", b"1") };
    assert!(refused(&[flagged, made("ə", b"2")]).contains("twice"));
    assert!(refused(&[made("a", b"1"), made("a", b"2")]).contains("twice"));
    assert!(refused(&[made("a/", b"1")]).contains("folder"));
    assert!(refused(&[Made { attributes: 0o120_777 << 16, made_by: 3, ..made("a", b"b") }]).contains("a link"));
    assert!(open(archive(&[Made { attributes: 0o100_644 << 16, made_by: 3, ..made("a", b"b") }])).is_ok());
}

#[test]
fn what_is_not_processed_is_refused() {
    for flags in [1, 1 << 6 | 1, 1 << 13] {
        assert!(refused(&[Made { flags, ..made("a", b"1") }]).contains("encryption"));
    }
    assert!(refused(&[Made { flags: 1 << 5, ..made("a", b"1") }]).contains("flag"));
    for (header, place) in [(&b"PK\x03\x04"[..], 4), (b"PK\x01\x02", 6)] {
        let mut later = archive(&[made("a", b"1")]);
        let at = memchr::memmem::find(&later, header).unwrap() + place;
        later[at] = 63;
        assert!(open(later.clone()).is_ok());
        later[at] = 64; // Python reads no such entry
        assert!(format!("{:?}", open(later)).contains("a version of ZIP"));
    }
    let lzma = Central { method: Some(14), ..Central::default() };
    assert!(refused(&[Made { central: lzma, ..made("a", b"1") }]).contains("other than deflate"));
    let extra = |kind: u8, high: u8| Made { extra: vec![kind, high, 0, 0], ..made("a", b"1") };
    assert!(refused(&[extra(1, 0)]).contains("ZIP64"));
    assert!(refused(&[extra(0x75, 0x70)]).contains("second name"));
    assert!(refused(&[extra(0x01, 0x99)]).contains("encryption"));
    assert!(refused(&[Made { extra: vec![7, 7, 9, 0], ..made("a", b"1") }]).contains("breaks off"));
    let large = Central { size: Some(u32::MAX), ..Central::default() };
    assert!(refused(&[Made { central: large, ..packed("a", b"1") }]).contains("ZIP64"));
    let mut many = archive(&[made("a", b"1")]);
    let end = many.len();
    many[end - 14..end - 10].fill(0xFF);
    assert!(why(many).contains("ZIP64"));
}

#[test]
fn a_bomb_is_refused_before_it_is_unpacked() {
    let limits = Limits::default();
    let zeros = vec![0; 2 << 20];
    assert_eq!(limit(archive(&[packed("a", &zeros)]), &limits), limits.ratio);
    assert_eq!(limit(archive(&[packed("a", &zeros)]), &Limits { entry: 9, ..limits.clone() }), 9);
    let two = [packed("a", b"123456"), packed("b", b"123456")];
    assert_eq!(limit(archive(&two), &Limits { total: 11, ..limits.clone() }), 11);
    assert_eq!(limit(archive(&two), &Limits { entries: 1, ..limits.clone() }), 1);
    assert_eq!(limit(archive(&[made("abc", b"")]), &Limits { name: 2, ..limits.clone() }), 2);
    // one that says it is small is stopped where it says it ends
    let mut lying =
        archive(&[Made { central: Central { size: Some(9), ..Central::default() }, ..packed("a", &zeros) }]);
    lying[22..26].copy_from_slice(&9u32.to_le_bytes());
    assert!(why(lying).contains("more octets"));
    let found = |fault: Fault| fault.finding().map(|finding| finding.code);
    assert_eq!(found(Fault::Limit(String::new(), 1)), Some(Code::SignatureContainerLimit));
    assert_eq!(found(Fault::Malformed(String::new())), Some(Code::SignatureContainer));
}

/// Whatever single octet is changed, nothing panics, and what is still taken has the same contents.
#[test]
fn no_changed_octet_changes_what_is_read() {
    let entries = [made("a", b"one"), Made { flags: 8, ..packed("b/c", b"two two two two") }];
    let file = archive(&entries);
    for at in 0..file.len() {
        for bit in 0..8 {
            let mut changed = file.clone();
            changed[at] ^= 1 << bit;
            let Ok(container) = open(changed) else { continue };
            for (entry, made) in container.entries().iter().zip(&entries) {
                let mut octets = Vec::new();
                container.read(entry).read_to_end(&mut octets).unwrap();
                assert_eq!((entry.name.as_bytes(), octets), (&made.name[..], made.octets.clone()), "octet {at}");
            }
        }
    }
    for length in 0..file.len() {
        assert!(open(file[..length].to_vec()).is_err());
    }
}
