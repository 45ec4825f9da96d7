//! An agency without a window asks what the window would answer, by a profile that the window gave out (S 4.2.5).

#[path = "window/trial.rs"]
mod trial;

use serde_json::Value;
use std::fs;
use std::process::Command;
use trial::{Trial, generation, said, voen};

/// A window, its profile, and a folder that knows nothing of it.
fn profile() -> Trial {
    let trial = Trial::new();
    // what lies beside a certificate in its file, and in folders below that of the anchors, stays at home
    let pem = |name: &str| fs::read_to_string(trial.at("w/pki").join(name)).unwrap();
    fs::write(trial.at("w/pki/seal.pem"), pem("seal.crt") + &pem("seal.key")).unwrap();
    fs::create_dir_all(trial.at("w/trust/stamps")).unwrap();
    fs::write(trial.at("w/trust/ca.pem"), pem("ca.crt") + &pem("ca.key")).unwrap();
    fs::copy(trial.at("w/pki/stranger.crt"), trial.at("w/trust/stamps/stamps.pem")).unwrap();
    trial.set("anchors", "[\"trust\"]");
    trial.set("timestamping", "[\"trust/stamps\"]");
    trial.change("pencere.toml", "certificate = \"pki/seal.crt\"", "certificate = \"pki/seal.pem\"");
    let stations = fs::read_to_string(trial.at("w/stations.toml")).unwrap();
    fs::write(trial.at("w/stations.toml"), format!("# duty: +994 50 000 00 00\n{stations}")).unwrap();
    let (key, cert) = (trial.at("w/pki/energetika.key"), trial.at("w/pki/energetika.crt"));
    let out = trial.at("profile.asice");
    let made = trial.pencere(&[
        "profile",
        "export",
        "-o",
        out.to_str().unwrap(),
        "--key",
        key.to_str().unwrap(),
        "--cert",
        cert.to_str().unwrap(),
    ]);
    assert_eq!(made.status.code(), Some(0), "{}", said(&made));
    fs::copy(cert, trial.at("publisher.crt")).unwrap();
    trial
}

fn file(trial: &Trial, name: &str, text: &str, signer: &str) {
    let octets = trial.signed(name, text, signer);
    fs::write(trial.at(name), octets).unwrap();
}

/// What `check` answers: with the window, or with the profile alone.
fn checked(trial: &Trial, name: &str, more: &[&str]) -> (Option<i32>, Value) {
    let (file, profile) = (trial.at(name), trial.at("profile.asice"));
    let mut args = vec!["check", file.to_str().unwrap()];
    args.extend(more);
    if more.is_empty() {
        args.extend(["--profile", profile.to_str().unwrap()]);
    }
    trial.json(&args)
}

// S 4.2.5
#[test]
fn at_home_the_verdict_is_the_windows() {
    let trial = profile();
    let statement = |mwh: &str| generation(voen("azerenerji"), "2024-Q1", 1, "SU-0001", mwh);
    file(&trial, "good.xml", &statement("100.000"), "azerenerji");
    file(&trial, "total.xml", &statement("5.000").replacen("5.000", "6.000", 1), "azerenerji");
    file(&trial, "physics.xml", &statement("99999999.000"), "azerenerji");
    file(&trial, "other.xml", &statement("100.000"), "ekologiya");
    let altered = String::from_utf8(trial.signed("altered", statement("5.000"), "azerenerji")).unwrap();
    fs::write(trial.at("altered.xml"), altered.replace("5.000", "6.000")).unwrap();
    let window = trial.at("w/pencere.toml");
    let window = ["--config", window.to_str().unwrap()];
    for name in ["good.xml", "total.xml", "physics.xml", "altered.xml", "other.xml"] {
        let (at_home, in_window) = (checked(&trial, name, &[]), checked(&trial, name, &window));
        assert_eq!(at_home.1["decision"], in_window.1["decision"], "{name}: {:#}", at_home.1);
        assert_eq!(at_home.0, in_window.0, "{name}");
    }
    for name in ["total.xml", "physics.xml", "altered.xml"] {
        assert_eq!(checked(&trial, name, &[]).1["findings"], checked(&trial, name, &window).1["findings"], "{name}");
    }
    // the window is gone, and nothing of it is asked
    fs::rename(trial.at("w"), trial.at("gone")).unwrap();
    let (code, answer) = checked(&trial, "good.xml", &[]);
    assert_eq!((code, answer["decision"].as_str()), (Some(0), Some("accepted")), "{answer:#}");
    let by = &answer["profile"];
    assert_eq!((by["window"].as_str(), by["not_asked"][0].as_str()), (Some("trial"), Some("registration")), "{by:#}");
    let told = trial.pencere(&[
        "check",
        trial.at("good.xml").to_str().unwrap(),
        "--profile",
        trial.at("profile.asice").to_str().unwrap(),
        "--profile-cert",
        trial.at("publisher.crt").to_str().unwrap(),
    ]);
    let text = String::from_utf8(told.stdout).unwrap();
    assert!(text.contains("would be accepted") && text.contains("Not asked here"), "{text}");
    assert!(!text.contains("Nobody vouches"), "{text}");
    assert_eq!(by["proven"], false);
}

#[test]
fn a_profile_tells_nothing_of_persons_and_nobody_changes_it() {
    let trial = profile();
    let container = trial.at("profile.asice");
    let unzip = |args: &[&str], more: &[&str]| {
        let done = Command::new("unzip").args(args).arg(&container).args(more).output().unwrap();
        String::from_utf8_lossy(&done.stdout).into_owned()
    };
    let names = unzip(&["-Z1"], &[]);
    assert!(!names.lines().any(|name| name == "anchors/02.pem") && names.contains("timestamping/01.pem"), "{names}");
    for wanted in ["registry.toml", "stations.toml", "datasets/generation/dataset.toml", "anchors/01.pem", "seal.crt"] {
        assert!(names.lines().any(|name| name == wanted), "{wanted}: {names}");
    }
    // who signed it stands in the signature, as in any
    let text = unzip(&["-p"], &["-x", "META-INF/*"]);
    let registry = fs::read_to_string(trial.at("w/registry.toml")).unwrap();
    let secrets = registry.lines().filter_map(|line| line.strip_prefix("fin = ").or(line.strip_prefix("mail = ")));
    let fins: Vec<&str> = secrets.map(|value| value.trim_matches('"')).collect();
    assert!(fins.len() >= 5);
    for secret in
        fins.iter().copied().chain(["persons", "PRIVATE KEY", "+994", "boemis.sqlite", trial.at("w").to_str().unwrap()])
    {
        assert!(!text.contains(secret), "{secret} is in the profile");
    }
    // others verify it with their own tools; and so does the program
    let (at, cert) = (container.to_str().unwrap(), trial.at("w/pki/ca.crt"));
    let verified = trial.pencere(&["verify", at, "--trust", cert.to_str().unwrap()]);
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));

    let document = generation(voen("azerenerji"), "2024-Q1", 1, "SU-0001", "100.000");
    file(&trial, "good.xml", &document, "azerenerji");
    let good = trial.at("good.xml");
    let with = |profile: &str, more: &[&str]| {
        let mut args = vec!["check", good.to_str().unwrap(), "--profile", profile];
        args.extend(more);
        let done = trial.pencere(&args);
        (done.status.code(), said(&done))
    };
    assert_eq!(with(at, &[]).0, Some(0));
    // by another than the one who is believed
    let (code, why) = with(at, &["--profile-cert", cert.to_str().unwrap()]);
    assert!(code == Some(2) && why.contains("is signed by"), "{why}");
    // with another rule inside
    let changed = trial.at("changed.asice");
    const CHANGE: &str = "import sys, zipfile\n\
        one, other = zipfile.ZipFile(sys.argv[1]), zipfile.ZipFile(sys.argv[2], 'w')\n\
        for entry in one.infolist():\n\
        \x20   text = one.read(entry)\n\
        \x20   if entry.filename.endswith('generation/dataset.toml'): text = text.replace(b'0.38', b'9.99')\n\
        \x20   other.writestr(entry, text)\n\
        other.close()\n";
    let python = Command::new("python3").args(["-c", CHANGE]).args([&container, &changed]).status();
    assert!(python.unwrap().success());
    let (code, why) = with(changed.to_str().unwrap(), &[]);
    assert!(code == Some(2) && why.contains("is no profile"), "{why}");
    // the seal signs outcomes alone
    let (key, seal) = (trial.at("w/pki/seal.key"), trial.at("w/pki/seal.crt"));
    let (key, seal, other) = (key.to_str().unwrap(), seal.to_str().unwrap(), trial.at("other.asice"));
    let refused = trial.pencere(&["profile", "export", "-o", other.to_str().unwrap(), "--key", key, "--cert", seal]);
    assert!(refused.status.code() == Some(2) && !other.exists(), "{}", said(&refused));
    // and what is something else
    let (code, why) = with(good.to_str().unwrap(), &[]);
    assert!(code == Some(2) && why.contains("is no profile"), "{why}");
}
