//! Signed documents, altered: what changes the meaning never verifies, another spelling of the same
//! always does, and of each run the tools that others use see a part and must agree.
//!
//! The runs are the same each time. `PENCERE_TORTURE=50` makes fifty times as many, other ones each
//! time (`make torture`); `PENCERE_PEERS` says how many of each property's cases the other tools see.

#[path = "altered/change.rs"]
mod change;
#[path = "altered/choices.rs"]
mod choices;
#[path = "altered/der.rs"]
mod der;
mod peers;
#[path = "altered/signed.rs"]
mod signed;
#[path = "altered/tree.rs"]
mod tree;
#[path = "altered/zip.rs"]
mod zip;

use choices::{Choices, choices};
use peers::{openssl, xmllint, xmlsec1};
use pencere::container::{self, Container};
use pencere::forms::certificate::Certificate;
use pencere::signature::{self, Context, Indication, Integrity, Policy, Report, SignatureReport, TimeSource};
use pencere::trust::{IdentityProfile, Snapshot};
use pencere::xml::Limits;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use signed::{CONTENT, Signed};
use std::io::Read;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Cases of each property that `xmlsec1` or `openssl` sees as well, at some ten milliseconds each.
const PEERS: usize = 24;

fn number(variable: &str) -> Option<usize> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}

fn cases(count: u32) -> ProptestConfig {
    let torture = number("PENCERE_TORTURE").map(|times| u32::try_from(times).unwrap());
    let rng_seed = if torture.is_some() { RngSeed::Random } else { RngSeed::Fixed(2026) };
    let cases = count * torture.unwrap_or(1);
    // whoever drew nothing that changes anything draws again
    ProptestConfig { cases, rng_seed, max_global_rejects: 16 * cases, ..ProptestConfig::default() }
}

/// Whether this case is among those that the others see.
fn is_shown(seen: &AtomicUsize) -> bool {
    let times = number("PENCERE_TORTURE").unwrap_or(1);
    seen.fetch_add(1, Ordering::Relaxed) < number("PENCERE_PEERS").unwrap_or(PEERS) * times
}

static DOCUMENTS: LazyLock<Vec<Signed>> = LazyLock::new(signed::documents);
static FILES: LazyLock<Vec<(&str, Vec<u8>)>> = LazyLock::new(signed::signature_files);
static CONTAINERS: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(zip::containers);
static TRUST: LazyLock<Snapshot> = LazyLock::new(|| {
    let anchors = Certificate::from_pem(include_bytes!("../inbox-samples/pki/ca.crt")).unwrap();
    Snapshot::new(anchors, Vec::new(), None, jiff::SignedDuration::ZERO, at())
});

fn at() -> jiff::Timestamp {
    "2026-11-16T07:00:00Z".parse().unwrap()
}

fn examine(file: &[u8], content: Option<&[u8]>) -> Report {
    let (policy, profile) = (Policy::trial(), IdentityProfile::standard());
    let time_source = TimeSource::Reception;
    let context = Context { trust: &TRUST, policy: &policy, profile: &profile, at: at(), time_source };
    let content = content.map(|octets| octets.to_vec().into());
    signature::examine(&file.to_vec().into(), content.as_ref(), &context, &Limits::default()).unwrap().0
}

/// What lies in a container, as this program reads it.
fn objects(container: &[u8]) -> Vec<(String, Vec<u8>)> {
    let octets = container.to_vec().into();
    let container = Container::open(&octets, &container::Limits::default()).unwrap();
    let read = |entry| {
        let mut inside = Vec::new();
        container.read(entry).read_to_end(&mut inside).unwrap();
        inside
    };
    let mut objects: Vec<_> = container.entries().iter().map(|entry| (entry.name.clone(), read(entry))).collect();
    objects.sort();
    objects
}

fn passes(report: &Report) -> bool {
    report.indication == Indication::TotalPassed && report.signatures.iter().all(|one| one.covers_whole_document)
}

fn is_intact(report: &Report) -> bool {
    report.signatures.iter().any(|one| one.integrity == Integrity::Intact)
}

#[test]
fn what_is_altered_here_is_good_before() {
    for signed in DOCUMENTS.iter() {
        let report = examine(signed.text.as_bytes(), None);
        assert!(passes(&report), "{}: {report:#?}", signed.name);
        assert!(xmlsec1(signed.text.as_bytes()), "{}", signed.name);
        let root = tree::read(&signed.text);
        assert_eq!(tree::read(&root.spelt(&Choices::none())), root, "{}", signed.name);
    }
    for (name, file) in FILES.iter() {
        let report = examine(file, Some(CONTENT));
        assert!(passes(&report), "{name}: {report:#?}");
        assert!(openssl(file, CONTENT), "{name}");
        assert_eq!(der::read(file).written(&Choices::none()), *file, "{name}");
    }
}

/// Another spelling of a document in which the base64 outside of what is signed is broken otherwise,
/// and what stands before and behind the root is otherwise, too.
fn respelt(signed: &Signed, choices: &Choices) -> Vec<u8> {
    let mut root = tree::read(&signed.text);
    if signed.exclusive && choices.below(3) == 1 {
        root.attributes.push(("xmlns:nobody".into(), "urn:nobody".into()));
    }
    broken_otherwise(&mut root, choices);
    if choices.below(4) == 3 {
        let place = choices.below(root.children.len());
        root.children.insert(place, tree::Node::Aside("<!-- nobody signs a comment -->".into()));
    }
    let before = choices.of(&[
        "",
        "<?xml version=\"1.0\"?>",
        "<?xml version='1.0' encoding='utf-8' standalone='yes' ?>\r\n",
        "<!-- before -->\n",
        "\u{feff}",
    ]);
    let text = format!("{before}{}{}", root.spelt(choices), choices.of(&["", "\n", " \r\n<!-- behind -->"]));
    if !before.contains("encoding") && !before.starts_with('\u{feff}') && choices.below(6) == 5 {
        return [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    }
    text.into_bytes()
}

/// Lines of base64 where no digest sees them.
fn broken_otherwise(element: &mut tree::Element, choices: &Choices) {
    let is_base64 = ["ds:SignatureValue", "ds:X509Certificate"].contains(&element.name.as_str());
    for child in &mut element.children {
        match child {
            tree::Node::Element(child) => broken_otherwise(child, choices),
            tree::Node::Text(text) if is_base64 && choices.below(2) == 1 => {
                let plain: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
                let every = 20 + choices.below(60);
                let lines: Vec<String> = plain.chunks(every).map(|line| line.iter().collect()).collect();
                *text = lines.join(choices.of(&["\n", "\r\n", " ", "\t"])).replace("\r\n", "\n");
            }
            _ => {}
        }
    }
}

/// The parts of a canonical form that these signatures cover: all without the signature, and within it
/// what it says of itself.
fn covered(signed: &Signed, canonical: &[u8]) -> Option<(String, Vec<String>)> {
    let text = signed.referred(std::str::from_utf8(canonical).ok()?)?;
    let start = text.find("<ds:Signature ")?;
    let end = text.find("</ds:Signature>")? + "</ds:Signature>".len();
    let signature = &text[start..end];
    let part = |name: &str| {
        let found = signature.find(&format!("<{name}"));
        let end = signature.find(&format!("</{name}>"));
        found.zip(end).and_then(|(from, to)| signature.get(from..to)).unwrap_or_default().to_owned()
    };
    let parts = ["ds:SignedInfo", "xades:SignedProperties"].map(part);
    Some((format!("{}{}", &text[..start], &text[end..]), parts.to_vec()))
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn a_canonical_change_never_verifies(
        which in any::<prop::sample::Index>(),
        drawn in choices(24),
        spelling in prop_oneof![3 => Just(Choices::none()), 1 => choices(400)],
    ) {
        static SEEN: AtomicUsize = AtomicUsize::new(0);
        let signed = which.get(&DOCUMENTS);
        let mut root = tree::read(&signed.text);
        let mut said = Vec::new();
        for _ in 0..=drawn.below(3) {
            said.extend(change::change(&mut root, &drawn));
        }
        prop_assume!(!said.is_empty() && change::plain(&root) != change::plain(&tree::read(&signed.text)));
        let altered = root.spelt(&spelling);
        let report = examine(altered.as_bytes(), None);
        prop_assert!(!passes(&report) && !is_intact(&report), "{}, {said:?}: {altered}", signed.name);
        if is_shown(&SEEN) {
            prop_assert!(!xmlsec1(altered.as_bytes()), "xmlsec1 takes it: {}, {said:?}: {altered}", signed.name);
        }
    }

    #[test]
    fn another_spelling_always_verifies(which in any::<prop::sample::Index>(), drawn in choices(600)) {
        static SEEN: AtomicUsize = AtomicUsize::new(0);
        let signed = which.get(&DOCUMENTS);
        let altered = respelt(signed, &drawn);
        let report = examine(&altered, None);
        let shown = || String::from_utf8_lossy(&altered).into_owned();
        prop_assert!(passes(&report), "{}: {report:#?}\n{}", signed.name, shown());
        if is_shown(&SEEN) {
            prop_assert!(xmlsec1(&altered), "xmlsec1 refuses it: {}\n{}", signed.name, shown());
        }
    }
}

proptest! {
    #![proptest_config(cases(250))]

    /// Octets of the file itself. Whether the meaning changed is for libxml2 to say.
    #[test]
    fn octets_that_change_the_canonical_form_never_verify(
        which in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        how in 0..6u8,
        octet in any::<u8>(),
    ) {
        static SEEN: AtomicUsize = AtomicUsize::new(0);
        let signed = which.get(&DOCUMENTS);
        let mut octets = signed.text.clone().into_bytes();
        let place = place.index(octets.len() - 1);
        match how {
            0 => octets[place] ^= 1 << (octet % 8),
            1 => octets[place] = octet,
            2 => drop(octets.remove(place)),
            3 => octets.insert(place, octets[place]),
            4 => octets.swap(place, place + 1),
            _ => octets.insert(place, b" \t\n\r"[usize::from(octet) % 4]),
        }
        let option = if signed.exclusive { "--exc-c14n" } else { "--c14n" };
        let before = xmllint(option, signed.text.as_bytes()).unwrap();
        let after = xmllint(option, &octets);
        let report = examine(&octets, None);
        let shown = || String::from_utf8_lossy(&octets).into_owned();
        match after {
            None => prop_assert!(!passes(&report) && !is_intact(&report), "{}", shown()),
            // what libxml2 takes and we refuse, no signer writes: a declaration of another version, say
            Some(after) if after == before => prop_assert!(
                passes(&report) || report.signatures.is_empty(), "{}: {report:#?}\n{}", signed.name, shown()
            ),
            Some(after) if covered(signed, &after) != covered(signed, &before) => prop_assert!(
                !passes(&report) && !is_intact(&report), "{}: {report:#?}\n{}", signed.name, shown()
            ),
            Some(_) => {} // in the signature and beside what it covers: its value, its key
        }
        if passes(&report) && is_shown(&SEEN) {
            prop_assert!(xmlsec1(&octets), "xmlsec1 refuses it: {}\n{}", signed.name, shown());
        }
    }

    /// Any part of a signature file; what passes all the same says what it said before.
    #[test]
    fn an_altered_signature_file_says_nothing_new(which in any::<prop::sample::Index>(), drawn in choices(16)) {
        static SEEN: AtomicUsize = AtomicUsize::new(0);
        let (name, file) = which.get(&FILES);
        let mut root = der::read(file);
        let paths = root.paths();
        let path = &paths[drawn.below(paths.len())];
        let said = der::change(&mut root, path, &drawn);
        let altered = root.written(&Choices::none());
        prop_assume!(altered != *file);
        let (before, report) = (examine(file, Some(CONTENT)), examine(&altered, Some(CONTENT)));
        // content info, content, signed data, its signer infos, the only one, its attributes or its value
        let signer = root_signer(file);
        let in_signer = path.strip_prefix(&signer[..]);
        let of_signer = in_signer.and_then(|rest| rest.first().map(|&part| (part, rest)));
        // a set has no order, and is digested sorted (X.690 8.12, RFC 5652 5.4); openssl digests it as it comes
        let is_order = said == "swapped" && of_signer.is_some_and(|(part, rest)| part == ATTRIBUTES && rest.len() == 2);
        if of_signer.is_some_and(|(part, _)| part == ATTRIBUTES && !is_order || part == VALUE) {
            prop_assert!(!passes(&report) && !is_intact(&report), "{name} {path:?} {said}: {report:#?}");
        }
        if passes(&report) {
            let told = |one: &SignatureReport| (one.signer.clone(), one.signing_time);
            let same = report.signatures.iter().all(|one| told(one) == told(&before.signatures[0]));
            prop_assert!(same, "{name} {path:?} {said}: {report:#?}");
            // a certificate that cannot be read and is not the signer's is passed over here, and not by openssl
            if !is_order && !path.starts_with(CERTIFICATES) && is_shown(&SEEN) {
                prop_assert!(openssl(&altered, CONTENT), "openssl refuses it: {name} {path:?} {said}");
            }
        }
    }

    #[test]
    fn a_signature_file_in_longer_lengths_verifies(which in any::<prop::sample::Index>(), drawn in choices(200)) {
        static SEEN: AtomicUsize = AtomicUsize::new(0);
        let (name, file) = which.get(&FILES);
        let mut root = der::read(file);
        let report = examine(&root.written(&drawn), Some(CONTENT));
        prop_assert!(passes(&report), "{name}: {report:#?}");
        if is_shown(&SEEN) {
            // what openssl digests, or holds against something, as it comes and not in DER
            root.at(CERTIFICATES).is_rigid = true;
            for part in [ATTRIBUTES, ALGORITHM] {
                root.at(&[&root_signer(file)[..], &[part]].concat()).is_rigid = true;
            }
            let altered = root.written(&drawn.again());
            prop_assert!(passes(&examine(&altered, Some(CONTENT))) && openssl(&altered, CONTENT), "{name}");
        }
    }

    #[test]
    fn an_altered_container_never_says_something_new(which in any::<prop::sample::Index>(), drawn in choices(8)) {
        static SEEN: AtomicUsize = AtomicUsize::new(0);
        let (name, file) = which.get(&CONTAINERS);
        let (altered, said) = zip::change(file, &drawn);
        prop_assume!(altered != *file);
        if passes(&examine(&altered, None)) {
            let (own, before) = (objects(&altered), objects(file));
            prop_assert_eq!(own, before, "{} {}", name, said);
            if is_shown(&SEEN) {
                let (theirs, before) = (zip::as_python_reads(&altered), zip::as_python_reads(file));
                prop_assert!(theirs.is_some() && theirs == before, "python reads something else: {name} {said}");
            }
        }
    }

    #[test]
    fn altered_content_never_verifies(
        which in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        how in 0..4u8,
        bit in 0..8u8,
    ) {
        let (name, file) = which.get(&FILES);
        let mut content = CONTENT.to_vec();
        let place = place.index(content.len() - 1);
        match how {
            0 => content[place] ^= 1 << bit,
            1 => drop(content.remove(place)),
            2 => content.insert(place, content[place]),
            _ => content.swap(place, place + 1),
        }
        prop_assume!(content != CONTENT);
        let report = examine(file, Some(&content));
        prop_assert!(!passes(&report) && !is_intact(&report), "{name}: {report:#?}");
    }
}

/// Of a SignerInfo (RFC 5652 5.3): the signed attributes, the algorithm, the value.
const ATTRIBUTES: usize = 3;
const ALGORITHM: usize = 4;
const VALUE: usize = 5;
/// The way to the certificates, in all of these files.
const CERTIFICATES: &[usize] = &[1, 0, 3];

/// The way to the only SignerInfo: the last part of SignedData holds it.
fn root_signer(file: &[u8]) -> Vec<usize> {
    let root = der::read(file);
    vec![1, 0, root.at_way(&[1, 0]).children.len() - 1, 0]
}
