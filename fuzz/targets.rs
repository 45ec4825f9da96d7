//! The fuzz targets: what must hold of any octets at all.
//!
//! One function a reader of hostile input. Each panics when its claim breaks and returns otherwise;
//! none touches a clock, a network or a tool. The very same run under libFuzzer (`make fuzz`) and, over
//! altered seeds, in `make test` (`tests/fuzz.rs`).

use pencere::container::{self, Container};
use pencere::document::Digest;
use pencere::forms::certificate::Certificate;
use pencere::forms::timestamp::Token;
use pencere::forms::{cms, der, pem};
use pencere::host::Octets;
use pencere::json;
use pencere::letter::{self, Letter};
use pencere::signature::{self, Context, Indication, Policy, Report, TimeSource};
use pencere::trust::{IdentityProfile, OcspResponse, RevocationList, Snapshot, ValidationData, When};
use pencere::xml::{Canonicaliser, Event, Fault, Limits, Method, Reader, Wrong};
use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// Takes any octets at all, and panics when its claim breaks.
pub type Target = fn(&[u8]);

/// Every target by its name.
pub const ALL: [(&str, Target); 9] = [
    ("xml", xml),
    ("canonical", canonical),
    ("xmldsig", xmldsig),
    ("cms", signature_file),
    ("container", whole_container),
    ("der", encoding),
    ("certificate", certificate),
    ("json", streamed_json),
    ("letter", mail),
];

/// Gives its octets one at a time, so that every boundary of the reader's buffers is met.
struct Slowly<'a>(&'a [u8]);

impl Read for Slowly<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match (self.0.split_first(), buffer.first_mut()) {
            (Some((first, rest)), Some(place)) => {
                (*place, self.0) = (*first, rest);
                Ok(1)
            }
            _ => Ok(0),
        }
    }
}

/// The same in runs, where much is taken at once.
fn canonical_in_runs(octets: &[u8], method: Method) -> Result<Vec<u8>, Fault> {
    let mut reader = Reader::new(octets, octets.len() as u64, &Limits::default());
    let mut out = Vec::new();
    let canonicaliser = Canonicaliser::document(method, |piece: &[u8]| out.extend_from_slice(piece));
    let _ = canonicaliser.whole(&mut reader)?;
    Ok(out)
}

fn canonical_form<R: Read>(octets: R, size: usize, method: Method) -> Result<Vec<u8>, Fault> {
    let mut reader = Reader::new(octets, size as u64, &Limits::default());
    let mut out = Vec::new();
    let mut canonicaliser = Canonicaliser::document(method, |piece: &[u8]| out.extend_from_slice(piece));
    loop {
        let event = reader.next()?;
        canonicaliser.take(&event).map_err(|wrong| Fault { offset: 0, wrong })?;
        if let Event::Done = event {
            break;
        }
    }
    let _ = canonicaliser.finish();
    Ok(out)
}

const INCLUSIVE: Method = Method::Inclusive { comments: true, eleven: false };

/// A document reads the same in whatever pieces it comes, and in runs as in events.
fn xml(octets: &[u8]) {
    for method in [INCLUSIVE, Method::Exclusive { comments: false, inclusive: vec!["a".into()] }] {
        match (canonical_form(octets, octets.len(), method.clone()), canonical_in_runs(octets, method)) {
            (Ok(one), Ok(other)) => assert!(one == other, "in runs it reads otherwise"),
            (Err(one), Err(other)) => assert_eq!(format!("{one:?}"), format!("{other:?}")),
            (one, other) => panic!("in events {:?}, in runs {:?}", one.err(), other.err()),
        }
    }
    let at_once = canonical_form(octets, octets.len(), INCLUSIVE);
    let slowly = canonical_form(Slowly(octets), octets.len(), INCLUSIVE);
    match (at_once, slowly) {
        (Ok(one), Ok(other)) => assert!(one == other, "in pieces it reads otherwise"),
        (Err(_), Err(_)) => {} // of two faults it names the one that it meets first
        (one, other) => panic!("at once {:?}, in pieces {:?}", one.err(), other.err()),
    }
}

/// JSON reads the same in whatever pieces it comes, and where it ends, it ends at the same place.
fn streamed_json(octets: &[u8]) {
    fn whole(input: impl Read) -> Result<(), json::Fault> {
        let mut reader = json::Reader::new(input);
        reader.skip()?;
        reader.end()
    }
    let places = |read: Result<(), json::Fault>| read.map_err(|fault| fault.offset);
    assert_eq!(places(whole(octets)), places(whole(Slowly(octets))), "in pieces it reads otherwise");
}

/// Limits under which a message of some kilobytes can meet each of them.
const LETTER: letter::Limits =
    letter::Limits { size: 48 << 10, header: 4 << 10, header_lines: 60, depth: 4, parts: 12, attachments: 6 };

/// A message reads the same in whatever pieces it comes; what comes out of it is bounded, is no more than went in, and
/// may stand in a header or be a file's name.
fn mail(octets: &[u8]) {
    fn read(input: impl Read) -> Result<Letter<Vec<u8>>, letter::Fault> {
        letter::read(input, &LETTER, &mut || Ok(Vec::new()))
    }
    let (at_once, slowly) = (read(octets), read(Slowly(octets)));
    let letter = match (at_once, slowly) {
        (Ok(one), Ok(other)) => {
            assert_eq!(format!("{one:?}"), format!("{other:?}"), "in pieces it reads otherwise");
            one
        }
        (Err(one), Err(other)) => return assert_eq!(one.to_string(), other.to_string()),
        (one, other) => panic!("at once {:?}, in pieces {:?}", one.err(), other.err()),
    };
    assert_eq!((letter.size, letter.digest), (octets.len() as u64, Digest::of(octets)));
    let is_plain = |text: &String| text.len() <= 250 && text.bytes().all(|octet| octet.is_ascii_graphic());
    let ids = letter.message_id.iter().chain(&letter.references).chain(&letter.from);
    let returned = letter.report.iter().flat_map(|report| {
        report.original_message_id.iter().chain(report.deliveries.iter().filter_map(|one| one.recipient.as_ref()))
    });
    assert!(ids.chain(returned).all(is_plain), "{letter:?}");
    assert!(letter.references.len() <= 10 && letter.attachments.len() <= LETTER.attachments);
    if let Some(signed) = &letter.signed {
        assert_eq!((signed.size, signed.sha256), (signed.octets.len() as u64, Digest::of(&signed.octets)));
        let whole = Octets::from(signed.octets.clone());
        if let Ok((part, cms)) = letter::split(&whole, &LETTER, 16 << 10) {
            assert!(part.len() + cms.len() as u64 <= whole.len(), "more came out of it than is in it");
            let _ = letter::inside(&part, &LETTER, &mut || Ok(Vec::new()));
        }
    }
    assert!(letter.attachments.iter().map(|one| one.size).sum::<u64>() <= letter.size, "more came out than went in");
    let mut last = 0;
    for one in &letter.attachments {
        assert_eq!((one.size, one.sha256), (one.octets.len() as u64, Digest::of(&one.octets)));
        assert!(one.part > last && one.part as usize <= LETTER.parts, "{one:?}");
        assert!(one.name.as_ref().is_none_or(|name| !name.contains(['/', '\\', '\0'])), "{:?}", one.name);
        last = one.part;
    }
    // what was decoded whole and needed no decoding is found in the message
    let plain = letter.attachments.iter().filter(|one| !one.is_broken && one.size > 0 && letter.attachments.len() == 1);
    for one in plain.filter(|_| !octets.to_ascii_lowercase().windows(8).any(|word| word == b"encoding")) {
        assert!(octets.windows(one.octets.len()).any(|window| window == one.octets), "octets that nobody sent");
    }
}

/// The canonical form of a canonical form is itself, and without comments it is that of the whole
/// without them; it is at most so much larger as the canonicaliser allows.
fn canonical(octets: &[u8]) {
    let exclusive = |comments| Method::Exclusive { comments, inclusive: vec!["p".to_owned()] };
    let eleven = |comments| Method::Inclusive { comments, eleven: true };
    let inclusive = |comments| Method::Inclusive { comments, eleven: false };
    for method in [exclusive, eleven, inclusive] as [fn(bool) -> Method; 3] {
        let Ok(whole) = canonical_form(octets, octets.len(), method(true)) else { return };
        let again = |form: &[u8], comments| match canonical_form(form, form.len(), method(comments)) {
            Ok(again) => Some(again),
            Err(Fault { wrong: Wrong::Limit(..), .. }) => None, // references made a tag longer than one may be
            Err(fault) => panic!("a canonical form is refused: {fault:?}"),
        };
        assert!(again(&whole, true).is_none_or(|again| again == whole), "a canonical form has another one");
        let bare = canonical_form(octets, octets.len(), method(false)).expect("it was read a moment ago");
        assert!(again(&bare, false).is_none_or(|again| again == bare), "a bare form has another one");
        assert!(again(&whole, false).is_none_or(|again| again == bare), "comments change what is beside them");
    }
}

/// What every verdict here rests on: the sample authority, the samples' time, the laxest policy.
struct Grounds {
    trust: Snapshot,
    policy: Policy,
    profile: IdentityProfile,
    /// Contents that somebody signed with a key of the sample PKI.
    signed: BTreeSet<Digest>,
}

impl Grounds {
    fn judge(&self, file: &Octets, content: Option<&Octets>) -> Report {
        let at = AT.parse().expect("a time");
        let (trust, policy, profile) = (&self.trust, &self.policy, &self.profile);
        let context = Context { trust, policy, profile, at, time_source: TimeSource::Reception };
        signature::examine(file, content, &context, &Limits::default()).expect("octets in memory can be read").0
    }

    /// Nobody made a signature here: what passes, and is covered whole, was signed before.
    fn hold(&self, report: &Report, content: impl FnOnce() -> Option<Digest>) {
        let whole = report.signatures.iter().all(|one| one.covers_whole_document);
        if report.indication == Indication::TotalPassed && whole {
            let content = content().expect("what passes can be read");
            assert!(self.signed.contains(&content), "nobody signed this, and it passes: {report:#?}");
        }
    }
}

const AT: &str = "2026-11-16T07:00:00Z";

static GROUNDS: LazyLock<Grounds> = LazyLock::new(|| {
    let anchors = Certificate::from_pem(include_bytes!("../inbox-samples/pki/ca.crt")).expect("the sample authority");
    let at = AT.parse().expect("a time");
    let trust = Snapshot::new(anchors, Vec::new(), None, jiff::SignedDuration::ZERO, at);
    let policy = small(Policy::trial());
    let mut grounds = Grounds { trust, policy, profile: IdentityProfile::standard(), signed: BTreeSet::new() };
    grounds.signed = signed(&grounds);
    grounds
});

/// Limits under which one round stays short.
fn small(policy: Policy) -> Policy {
    let container = container::Limits { entry: 1 << 20, total: 4 << 20, entries: 64, ..policy.container };
    Policy { container, ..policy }
}

fn content_of(octets: &Octets) -> Option<Digest> {
    signature::content_of_xml(octets, &Limits::default()).ok().map(|content| content.0)
}

/// The names and octets of a container's files, as one digest: what lies in META-INF is about them, and
/// the first entry says what kind of container it is.
fn files_of(octets: &Octets, policy: &Policy) -> Option<Digest> {
    let container = Container::open(octets, &policy.container).ok()?;
    let entries = container.entries().iter();
    let entries = entries.filter(|entry| !entry.name.starts_with("META-INF/") && entry.name != "mimetype");
    let mut told: Vec<String> = Vec::new();
    for entry in entries {
        told.push(format!("{} {}\n", Digest::of_reader(container.read(entry)).ok()?, entry.name));
    }
    told.sort();
    Some(Digest::of(told.concat().as_bytes()))
}

/// The contents of the samples that pass as they lie in the repository.
fn signed(grounds: &Grounds) -> BTreeSet<Digest> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut open: Vec<PathBuf> = vec![here.join("inbox-samples"), here.join("../inbox-samples")];
    let mut signed = BTreeSet::new();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let Ok(file) = std::fs::read(&path).map(Octets::from) else { continue };
            let passes = |report: &Report| report.indication == Indication::TotalPassed;
            if passes(&grounds.judge(&file, None)) {
                signed.extend(content_of(&file).or_else(|| files_of(&file, &grounds.policy)));
            }
            let detached = std::fs::read(path.with_added_extension("p7s")).map(Octets::from);
            if detached.is_ok_and(|detached| passes(&grounds.judge(&detached, Some(&file)))) {
                signed.extend(Digest::of_reader(file.reader()).ok());
            }
        }
    }
    assert!(signed.len() > 20, "the samples were not found");
    signed
}

/// XML with signatures inside: no panic, and nothing passes that nobody signed.
fn xmldsig(octets: &[u8]) {
    let file = Octets::from(octets.to_vec());
    let report = GROUNDS.judge(&file, None);
    GROUNDS.hold(&report, || content_of(&file));
}

/// A signature file over content: two octets that say how long the file is, the file, the content.
fn signature_file(octets: &[u8]) {
    let Some((length, rest)) = octets.split_first_chunk() else { return };
    let length = usize::from(u16::from_be_bytes(*length)).min(rest.len());
    let (file, content) = rest.split_at(length);
    let (file, content) = (Octets::from(file.to_vec()), Octets::from(content.to_vec()));
    let report = GROUNDS.judge(&file, Some(&content));
    GROUNDS.hold(&report, || Digest::of_reader(content.reader()).ok());
    let _ = GROUNDS.judge(&file, None);
}

/// A container: its entries are what its directory says, no name stands twice, and none passes with
/// files that nobody signed.
fn whole_container(octets: &[u8]) {
    let file = Octets::from(octets.to_vec());
    if let Ok(container) = Container::open(&file, &GROUNDS.policy.container) {
        let mut names = BTreeSet::new();
        for entry in container.entries() {
            assert!(names.insert(&entry.name), "{} stands twice", entry.name);
            let size = io::copy(&mut container.read(entry), &mut io::sink()).expect("it was unpacked before");
            assert_eq!(size, entry.size, "{}", entry.name);
        }
    }
    if octets.starts_with(b"PK") {
        let report = GROUNDS.judge(&file, None);
        GROUNDS.hold(&report, || files_of(&file, &GROUNDS.policy));
    }
}

/// BER made definite is DER that stays as it is; whatever reads it reads to an end.
fn encoding(octets: &[u8]) {
    if let Ok(definite) = der::definite(octets) {
        assert!(der::definite(&definite).is_ok_and(|again| again == definite), "definite, and not the same again");
        elements(&definite, 8);
        let _ = Token::read(&definite).map(|token| token.time);
        if let Ok(signed) = cms::SignedData::read(&definite) {
            for attributes in signed.signers.iter().filter_map(|signer| signer.attributes.as_ref()) {
                assert!(attributes.signed_octets().iter().all(|octets| der::definite(octets).is_ok()));
            }
        }
    }
    let _ = pem::cms(octets);
}

fn elements(octets: &[u8], depth: usize) {
    let mut reader = der::Reader::new(octets);
    while let Ok(element) = reader.any() {
        let _ = (element.oid(), element.small(), element.integer(), element.boolean(), element.time(), element.text());
        if depth > 0 {
            elements(element.content, depth - 1);
        }
    }
}

/// A certificate, a revocation list or an OCSP response: all that is read of it is read to an end.
fn certificate(octets: &[u8]) {
    let at = When::at_once(AT.parse().expect("a time"));
    let data = brought(octets);
    if let Some(anchor) = GROUNDS.trust.anchors().first() {
        let _ = GROUNDS.trust.judge(anchor, &data, at);
    }
    for certificate in
        Certificate::from_der(octets).into_iter().chain(Certificate::from_file(octets).unwrap_or_default())
    {
        let _ = (certificate.subject(), certificate.issuer(), certificate.authority(), certificate.serial());
        let _ = (certificate.key_usage(), certificate.extended_key_usage(), certificate.policies());
        let _ = (GROUNDS.profile.fin(&certificate), GROUNDS.profile.voen(&certificate));
        let _ = GROUNDS.trust.judge(&certificate, &data, at);
        let again = Certificate::from_der(certificate.der()).expect("it was read a moment ago");
        assert_eq!(again.sha256(), certificate.sha256());
    }
}

/// What the octets bring along to prove a path, whatever they are read as.
fn brought(octets: &[u8]) -> ValidationData {
    ValidationData {
        certificates: GROUNDS.trust.anchors().to_vec(),
        lists: RevocationList::from_file(octets).unwrap_or_default(),
        responses: OcspResponse::from_der(octets).into_iter().collect(),
    }
}
