//! What the program is built from: whose it is, where it comes from, and the list of it that goes with a release.

use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Licences under which a crate may be here: none asks for more than to be named.
const LICENCES: [&str; 9] = [
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "Unicode-3.0",
    "ISC",
    "Zlib",
    "BSD-3-Clause",
    "CC0-1.0",
    "Unlicense",
];

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

fn metadata() -> Value {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).args(["metadata", "--locked", "--format-version", "1"]);
    let told = cargo.output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    serde_json::from_slice(&told.stdout).unwrap()
}

/// Whether one may choose among the licences of an expression so that each is a known one.
fn is_free(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    let either = |one: &str| one.trim_matches(['(', ')']).split(" OR ").any(|one| LICENCES.contains(&one.trim()));
    expression.split(" AND ").all(either)
}

#[test]
fn every_crate_comes_from_one_registry_under_a_licence_that_asks_for_its_name_alone() {
    assert!(is_free("MIT/Apache-2.0") && is_free("(MIT OR GPL-3.0) AND Unicode-3.0"));
    assert!(!is_free("GPL-3.0-only") && !is_free("MIT AND GPL-3.0-only"));
    let told = metadata();
    let packages = told["packages"].as_array().unwrap();
    assert!(packages.len() > 200);
    for package in packages.iter().filter(|package| package["name"] != "pencere") {
        let name = package["name"].as_str().unwrap();
        assert_eq!(package["source"], REGISTRY, "{name} comes from somewhere else");
        let licence = package["license"].as_str().unwrap_or("");
        assert!(is_free(licence), "{name} is under {licence:?}");
    }
}

#[test]
fn a_digest_stands_beside_every_crate() {
    let lock = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap();
    let lock: toml::Table = lock.parse().unwrap();
    for package in lock["package"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        assert!(name == "pencere" || package["checksum"].as_str().is_some_and(|sum| sum.len() == 64), "{name}");
    }
}

#[test]
fn the_list_of_parts_is_whole_and_the_same_each_time() {
    let made = || {
        let mut sbom = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/sbom"));
        let made = sbom.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        made.stdout
    };
    let first = made();
    assert_eq!(first, made());
    let bill: Value = serde_json::from_slice(&first).unwrap();
    assert_eq!((bill["bomFormat"].as_str(), bill["specVersion"].as_str()), (Some("CycloneDX"), Some("1.5")));
    let parts = bill["components"].as_array().unwrap();
    let names: BTreeSet<&str> = parts.iter().map(|part| part["name"].as_str().unwrap()).collect();
    for wanted in ["openssl", "openssl-sys", "sqlx", "libsqlite3-sys", "tokio", "lettre", "sled", "quick-xml"] {
        assert!(names.contains(wanted), "{wanted} is missing");
    }
    for left_out in ["proptest", "criterion", "tempfile", "pencere"] {
        assert!(!names.contains(left_out), "{left_out} is in no program that is installed");
    }
    let known: BTreeSet<&str> = parts.iter().map(|part| part["bom-ref"].as_str().unwrap()).collect();
    assert_eq!(known.len(), parts.len(), "each stands there once");
    for part in parts {
        assert_eq!(part["hashes"][0]["content"].as_str().unwrap().len(), 64, "{part}");
        assert!(!part["licenses"][0]["expression"].as_str().unwrap().is_empty(), "{part}");
    }
    for edges in bill["dependencies"].as_array().unwrap() {
        for to in edges["dependsOn"].as_array().unwrap() {
            assert!(known.contains(to.as_str().unwrap()), "{to} is needed and does not stand there");
        }
    }
}
