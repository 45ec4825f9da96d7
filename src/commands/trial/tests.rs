//! A trial window as others find it: by `Config`, by openssl, by file modes.

use super::*;
use crate::config::Config;
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

fn now() -> Timestamp {
    Timestamp::now()
}

fn window() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let window = dir.path().join("window");
    make(&window, now()).unwrap();
    (dir, window)
}

#[test]
fn a_trial_window_is_whole_and_without_a_mistake() {
    let (_dir, window) = window();
    let config = Config::load(&window.join("pencere.toml"), now())
        .unwrap_or_else(|mistakes| panic!("{}", mistakes.iter().map(|m| format!("{m}\n")).collect::<String>()));
    assert!(config.warnings().is_empty(), "{:?}", config.warnings());
    let world = config.world();
    assert_eq!(world.registry.participants.len(), 6);
    assert!(world.registry.participants.values().all(|participant| participant.persons[0].certificates.len() == 1));
    let owners: Vec<_> = world.registry.participants.values().filter(|participant| participant.owner).collect();
    assert_eq!(owners.len(), 1);
    assert_eq!(owners[0].slug.as_str(), "energetika");
    let fixed = [
        ("GUN-0001", "230.000", Some("2023-10-26"), "azerenerji"),
        ("SU-0001", "424.000", Some("1954-01-01"), "azerenerji"),
        ("SU-0002", "380.000", Some("1982-01-01"), "azerenerji"),
        ("SU-0003", "150.000", Some("2000-01-01"), "azerenerji"),
        ("KUL-0001", "50.000", Some("2018-01-01"), "azerisiq"),
        ("KUL-0002", "240.000", Some("2026-01-08"), "azerenerji"),
        ("GUN-0900", "445.000", None, "azerenerji"),
    ];
    for (code, mw, from, operator) in fixed {
        let station = &world.stations.by_code[&code.parse().unwrap()];
        assert_eq!(station.mw.to_string(), mw, "{code}");
        assert_eq!(station.from.map(|from| from.to_string()).as_deref(), from, "{code}");
        assert_eq!(station.operator.as_str(), operator, "{code}");
    }
    assert_eq!(world.trust.anchors().len(), 1);
    assert_eq!(config.settings().intake.settle, std::time::Duration::from_millis(200));
    let database = config.settings().location.file().unwrap();
    assert_eq!(database, window.join("state/boemis.sqlite"));
}

#[test]
fn nothing_is_made_where_something_lies() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(".hidden"), "").unwrap();
    assert!(matches!(make(dir.path(), now()), Err(Trouble::NotEmpty(_))));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn keys_are_the_owners_alone_and_openssl_judges_the_certificates_as_named() {
    let (_dir, window) = window();
    let pki = window.join("pki");
    let names: BTreeSet<String> =
        fs::read_dir(&pki).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let people = ["energetika", "iqtisadiyyat", "ekologiya", "meliorasiya", "azerenerji", "azerisiq"];
    for name in people.iter().chain(&["ca", "seal", "expired", "stranger"]) {
        assert!(names.contains(&format!("{name}.crt")), "{name}");
        let key = fs::metadata(pki.join(format!("{name}.key"))).unwrap();
        assert_eq!(key.permissions().mode() & 0o777, 0o600, "{name}");
    }
    let verifies = |name: &str| {
        let mut openssl = Command::new("openssl");
        openssl.args(["verify", "-x509_strict", "-CAfile"]).arg(pki.join("ca.crt"));
        let output = openssl.arg(pki.join(format!("{name}.crt"))).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert!(people.iter().all(|name| verifies(name).0) && verifies("stranger").0);
    assert!(verifies("expired").1.contains("certificate has expired"));
    assert!(!verifies("seal").0, "receipts are proven by the seal's certificate, not by a CA");
    let subject = |name: &str| {
        let mut openssl = Command::new("openssl");
        let output =
            openssl.args(["x509", "-noout", "-subject", "-nameopt", "utf8,sep_multiline", "-in"]).arg(pki.join(name));
        String::from_utf8(output.output().unwrap().stdout).unwrap()
    };
    assert_eq!(subject("expired.crt"), subject("azerenerji.crt"));
    assert!(subject("azerenerji.crt").contains("VATAZ-9990000631"), "{}", subject("azerenerji.crt"));
}

#[test]
fn sample_persons_become_known_beside_the_windows_own() {
    let (dir, window) = window();
    let samples = dir.path().join("samples");
    sample_pki(&samples).unwrap();
    register_sample_pki(&window, &samples).unwrap();
    let config = Config::load(&window.join("pencere.toml"), now()).unwrap();
    let world = config.world();
    assert!(world.registry.participants.values().all(|participant| participant.persons[0].certificates.len() == 2));
    assert_eq!(world.trust.anchors().len(), 2);
    assert!(matches!(register_sample_pki(&window, &samples), Err(Trouble::Disk(..) | Trouble::Changed(..))));
}

#[test]
fn a_production_window_refuses_the_trial_pki_and_seal() {
    let (_dir, window) = window();
    let path = window.join("pencere.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("environment = \"test\"", "environment = \"production\"")).unwrap();
    let mistakes = Config::load(&path, now()).unwrap_err();
    let keys: Vec<_> = mistakes.iter().map(|mistake| mistake.key.as_str()).collect();
    assert_eq!(keys, ["trust.anchors", "seal.certificate"], "{mistakes:#?}");
    assert!(mistakes.iter().all(|mistake| mistake.message.contains("trial")), "{mistakes:#?}");
}

/// Makes the repository's sample PKI, once: `cargo test --lib sample_pki_anew -- --ignored`.
#[test]
#[ignore = "writes into the repository"]
fn sample_pki_anew() {
    sample_pki(&Path::new(env!("CARGO_MANIFEST_DIR")).join("inbox-samples/pki")).unwrap();
}
