//! The fuzz targets over altered seeds: a bounded run of the very same functions that `make fuzz` gives
//! to libFuzzer, on the stable compiler and within the tests.
//!
//! The runs are the same each time. `PENCERE_FUZZ_ROUNDS` says how many a target, `PENCERE_FUZZ_TARGET` which
//! target alone; what makes one panic is written below `target/tmp`, and once mended kept in `fuzz/regressions`.
//! `PENCERE_FUZZ_SEEDS` names a folder into which the seeds are written, for libFuzzer.

#[path = "../fuzz/material.rs"]
mod material;
#[path = "../fuzz/targets.rs"]
mod targets;

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

/// Rounds of each target: together some seconds on one core.
const ROUNDS: usize = 5_000;
/// What an altered input may grow to.
const OCTETS_MAX: usize = 64 * 1024;

/// Words that the formats are made of: an octet alone seldom finds one.
const WORDS: &[&[u8]] = &[
    b"<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">",
    b"</ds:Signature>",
    b"<![CDATA[",
    b"]]>",
    b"<!--",
    b"-->",
    b"<?",
    b"?>",
    b"&#13;",
    b"&#x10FFFF;",
    b"xmlns=\"\"",
    b" xmlns:p=\"urn:p\"",
    b" Id=\"S-1\"",
    b" xml:base=\"../\"",
    b"URI=\"#S-1\"",
    b"\xFF\xFE",
    b"\xEF\xBB\xBF",
    b"\x30\x80",
    b"\0\0",
    b"\x84\xFF\xFF\xFF\xFF",
    b"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x09\x04",
    b"PK\x01\x02",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"META-INF/signatures.xml",
    b"-----BEGIN CMS-----",
    b"\r\n--=-b\r\n",
    b"\r\n--=-b--\r\n",
    b"Content-Type: multipart/mixed; boundary=\"=-b\"\r\n\r\n",
    b"Content-Type: message/rfc822\r\n\r\n",
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\n",
    b"Content-Transfer-Encoding: base64\r\n\r\n",
    b"; filename*0*=utf-8''%0D%0A",
    b"=?utf-8?B?",
    b"Message-ID: <a@x>\r\n",
];

/// Numbers that are the same each time (xorshift64*, Marsaglia and Vigna).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).unwrap() % count.max(1)
    }
}

/// One to eight alterations of a seed.
fn altered(seeds: &[Vec<u8>], numbers: &mut Numbers) -> Vec<u8> {
    let mut octets = seeds[numbers.below(seeds.len())].clone();
    for _ in 0..=numbers.below(8) {
        let (one, other) = (numbers.below(octets.len() + 1), numbers.below(octets.len() + 1));
        let (from, to) = (one.min(other), one.max(other).min(one.min(other) + 256));
        match numbers.below(8) {
            0 if one < octets.len() => octets[one] ^= 1 << numbers.below(8),
            1 if one < octets.len() => octets[one] = u8::try_from(numbers.below(256)).unwrap(),
            2 => drop(octets.drain(from..to)),
            3 => {
                let piece = octets[from..to].to_vec();
                octets.splice(other..other, piece);
            }
            4 => octets[from..to].reverse(),
            5 => {
                let stranger = &seeds[numbers.below(seeds.len())];
                let start = numbers.below(stranger.len() + 1);
                let end = stranger.len().min(start + numbers.below(512));
                octets.splice(from..to, stranger[start..end].iter().copied());
            }
            6 => octets.truncate(one),
            _ => drop(octets.splice(one..one, WORDS[numbers.below(WORDS.len())].iter().copied())),
        }
    }
    octets.truncate(OCTETS_MAX);
    octets
}

fn rounds() -> usize {
    std::env::var("PENCERE_FUZZ_ROUNDS").map_or(ROUNDS, |text| text.parse().expect("PENCERE_FUZZ_ROUNDS is a number"))
}

/// Runs a target on an input; says where the input lies that broke it.
fn holds(name: &str, target: targets::Target, octets: &[u8]) -> Result<(), String> {
    catch_unwind(|| target(octets)).map_err(|_| {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{name}"));
        fs::write(&path, octets).unwrap();
        format!("{name}: {}", path.display())
    })
}

// S 8.1.4 item 4
#[test]
fn the_targets_hold_over_seeds_and_altered_seeds() {
    let mut broken = Vec::new();
    let only = std::env::var("PENCERE_FUZZ_TARGET").ok();
    for (name, target) in targets::ALL.into_iter().filter(|(name, _)| only.as_ref().is_none_or(|only| only == name)) {
        let seeds = material::seeds(name);
        assert!(seeds.len() > 8, "{name} has {} seeds", seeds.len());
        let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
        let altered = (0..rounds()).map(|_| altered(&seeds, &mut numbers));
        let found = seeds.iter().cloned().chain(altered).find_map(|octets| holds(name, target, &octets).err());
        broken.extend(found);
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn what_fuzzing_found_once_holds() {
    let mut broken = Vec::new();
    for (name, target) in targets::ALL {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/regressions").join(name);
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let octets = fs::read(entry.unwrap().path()).unwrap();
            broken.extend(holds(name, target, &octets).err());
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn seeds_of_every_target_are_written_where_libfuzzer_looks() {
    let kept = tempfile::tempdir().unwrap();
    let folder = std::env::var_os("PENCERE_FUZZ_SEEDS").map_or(kept.path().to_owned(), Into::into);
    for (target, _) in targets::ALL {
        let folder = folder.join(target);
        fs::create_dir_all(&folder).unwrap();
        for (number, seed) in material::seeds(target).iter().enumerate() {
            fs::write(folder.join(format!("seed-{number:04}")), seed).unwrap();
        }
        assert!(fs::read_dir(&folder).unwrap().count() > 8, "{target}");
    }
}
