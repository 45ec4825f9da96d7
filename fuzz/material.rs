//! What fuzzing begins with: the samples and the corpora of others, cut to what each target reads.
//!
//! Nothing of it is kept in the repository a second time. Reads files; judges nothing.

use std::fs;
use std::path::{Path, PathBuf};

/// Longer seeds make each round slow and show nothing that a short one does not.
const SEED_MAX: usize = 48 * 1024;

/// The repository's top, from the crate that runs this.
fn top() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    match here.join("inbox-samples").is_dir() {
        true => here.to_owned(),
        false => here.join(".."),
    }
}

/// Every file below these folders, by name.
fn files(folders: &[&str]) -> Vec<(PathBuf, Vec<u8>)> {
    let mut open: Vec<PathBuf> = folders.iter().map(|folder| top().join(folder)).collect();
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            match entry.path() {
                path if path.is_dir() => open.push(path),
                path => found.extend(fs::read(&path).ok().map(|octets| (path, octets))),
            }
        }
    }
    found.sort();
    found
}

fn ends(path: &Path, endings: &[&str]) -> bool {
    path.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| endings.contains(&ending))
}

/// The seeds of the target of this name.
pub fn seeds(target: &str) -> Vec<Vec<u8>> {
    const DOCUMENTS: &[&str] = &["inbox-samples", "tests/corpora/xmldsig"];
    let of = |folders: &[&str], endings: &[&str]| {
        let found = files(folders).into_iter().filter(|(path, _)| ends(path, endings));
        found.map(|(_, octets)| octets).collect::<Vec<_>>()
    };
    let mut seeds = match target {
        "xml" | "canonical" | "xmldsig" => of(DOCUMENTS, &["xml"]),
        "cms" => signature_files(),
        "letter" => of(&["inbox-samples"], &["eml"]),
        "json" => of(&["inbox-samples", "config/datasets"], &["geojson", "json"]),
        "container" => of(&["inbox-samples", "tests/corpora/asic"], &["asice", "asics", "bdoc", "edoc", "sce", "scs"]),
        "der" => {
            let cms = of(&["inbox-samples"], &["p7s", "p7m"]);
            cms.into_iter().chain(certificates()).collect()
        }
        "certificate" => {
            let pem = of(&["inbox-samples/pki"], &["crt", "crl"]);
            pem.into_iter().chain(certificates()).collect()
        }
        _ => Vec::new(),
    };
    seeds.retain(|seed| seed.len() <= SEED_MAX);
    seeds.sort();
    seeds.dedup();
    seeds
}

/// Signature files with what they sign, framed as the target reads them.
fn signature_files() -> Vec<Vec<u8>> {
    let found = files(&["inbox-samples"]).into_iter().filter(|(path, _)| ends(path, &["p7s", "p7m"]));
    let framed = found.filter_map(|(path, cms)| {
        let content = fs::read(path.with_extension("")).unwrap_or_default();
        let length = u16::try_from(cms.len()).ok()?;
        Some([&length.to_be_bytes()[..], &cms, &content].concat())
    });
    framed.collect()
}

/// The sample PKI in DER, as it stands in signatures.
fn certificates() -> Vec<Vec<u8>> {
    let pem = files(&["inbox-samples/pki"]).into_iter().filter(|(path, _)| ends(path, &["crt"]));
    let parsed = pem.filter_map(|(_, pem)| pencere::forms::certificate::Certificate::from_pem(&pem).ok());
    parsed.flatten().map(|certificate| certificate.der().to_vec()).collect()
}
