//! A window whose seal is a process of its own: what it answers is proven as ever, and what it is without is not had by
//! anybody. The key and the act log lie where the window's process does not look.

#[path = "window/trial.rs"]
mod trial;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::process::{Child, Stdio};
use std::time::Duration;
use trial::{Trial, eventually, generation, said, voen};

/// The seal of a trial, running; killed when it is dropped.
struct Seal(Child);

impl Seal {
    fn of(trial: &Trial) -> Self {
        let mut command = trial.tool(env!("CARGO_BIN_EXE_pencere"), &["seal", "--config", "apart/seal.toml"]);
        command.args(["--socket".as_ref(), trial.at("apart/socket").as_os_str()]);
        let log = fs::File::options().append(true).create(true).open(trial.at("apart/log")).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        assert!(ready.contains("ready"), "{ready}{}", fs::read_to_string(trial.at("apart/log")).unwrap());
        Self(child)
    }
}

impl Drop for Seal {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// A window without its key: that, and the act log, lie in `apart`, where alone the seal writes.
fn trial_apart() -> Trial {
    let trial = Trial::new();
    fs::create_dir(trial.at("apart")).unwrap();
    fs::rename(trial.at("w/pki/seal.key"), trial.at("apart/seal.key")).unwrap();
    fs::copy(trial.at("w/pki/seal.crt"), trial.at("apart/seal.crt")).unwrap();
    std::os::unix::fs::symlink("../../apart", trial.at("w/state/seal")).unwrap();
    trial.set("seal.key", &format!("\"socket:{}\"", trial.at("apart/socket").display()));
    let window = fs::read_to_string(trial.at("w/pencere.toml")).unwrap();
    let of_window = |key: &str| {
        let line = window.lines().find(|line| line.starts_with(&format!("{key} = "))).unwrap();
        format!("{line}\n")
    };
    let named: String = ["id", "name", "environment"].into_iter().map(of_window).collect();
    let text = format!(
        "[window]\n{named}state = {:?}\n[seal]\ncertificate = \"seal.crt\"\nkey = \"seal.key\"\nacts = \"acts.log\"\n",
        trial.at("w/state")
    );
    fs::write(trial.at("apart/seal.toml"), text).unwrap();
    trial
}

fn drops(trial: &Trial, name: &str, station: &str) {
    let document = generation(voen("azerenerji"), "2026-Q3", 1, station, "12.5");
    let signed = trial.signed(name, document, "azerenerji");
    trial.put("azerenerji", name, signed);
}

fn once(trial: &Trial) -> (Option<i32>, String) {
    let output = trial.pencere(&["once"]);
    (output.status.code(), said(&output))
}

#[test]
fn what_it_seals_is_proven_as_ever_and_the_window_has_no_key() {
    let trial = trial_apart();
    let seal = Seal::of(&trial);
    drops(&trial, "a.xml", "SU-0001");
    drops(&trial, "b.xml", "SU-9999");
    let (code, told) = once(&trial);
    assert_eq!(code, Some(0), "{told}");
    for (name, decision) in [("a.xml", "accepted"), ("b.xml", "rejected")] {
        let answers = trial.answers_to("azerenerji", name);
        assert!(answers.len() == 1 && answers[0].1.contains(&format!("<Decision>{decision}<")), "{name}: {told}");
    }
    for name in trial.names("azerenerji", "receipts") {
        let receipt = trial.side("azerenerji", "receipts").join(&name);
        if name.to_str().unwrap().ends_with(".receipt.xml") {
            assert!(trial.xmlsec_proves(&receipt), "{name:?}");
            trial.done(&["receipt", "verify", receipt.to_str().unwrap()]);
        }
    }
    trial.done(&["audit", "verify"]);
    assert_eq!(trial.pencere(&["status"]).status.code(), Some(0));
    // the same with another process of either, over what both know
    drop(seal);
    let seal = Seal::of(&trial);
    drops(&trial, "c.xml", "SU-0002");
    assert_eq!(once(&trial).0, Some(0));
    assert_eq!(trial.answers("azerenerji").len(), 3);
    trial.done(&["audit", "verify"]);
    let acts = fs::read_to_string(trial.at("apart/acts.log")).unwrap();
    assert_eq!(acts.lines().count(), 3);
    drop(seal);
}

#[test]
fn a_window_whose_seal_is_away_takes_nothing_and_says_so() {
    let trial = trial_apart();
    drops(&trial, "a.xml", "SU-0001");
    let (code, told) = once(&trial);
    assert!(code == Some(3) && told.contains("See that pencere-seal runs"), "{told}");
    assert_eq!(trial.names("azerenerji", "in"), ["a.xml"]);
    let _seal = Seal::of(&trial);
    assert_eq!(once(&trial).0, Some(0));
    assert_eq!(trial.answers("azerenerji").len(), 1);
}

/// Neither doubles nor loses what the other heard or did not hear.
#[test]
fn a_seal_that_is_killed_again_and_again_leaves_every_document_with_one_answer() {
    let trial = trial_apart();
    let document = generation(voen("azerenerji"), "2026-Q3", 1, "SU-0001", "12.5");
    let signed = trial.signed("a.xml", document, "azerenerji");
    for round in 0..6 {
        let mut seal = Seal::of(&trial);
        let mut daemon = trial.run();
        for nth in 0..20 {
            trial.put("azerenerji", format!("{round}-{nth}.xml"), &signed);
        }
        std::thread::sleep(Duration::from_millis(20 + 30 * round));
        seal.0.kill().unwrap();
        // it stops by itself, and where the seal died behind its last answer, at the next
        trial.put("azerenerji", format!("{round}-more.xml"), &signed);
        let ended = daemon.wait(trial::PATIENCE);
        assert_eq!(ended.and_then(|status| status.code()), Some(3));
    }
    let _seal = Seal::of(&trial);
    assert_eq!(once(&trial).0, Some(0), "{}", trial.log());
    for round in 0..6 {
        for nth in (0..20).map(|nth| nth.to_string()).chain(["more".to_owned()]) {
            let name = format!("{round}-{nth}.xml");
            assert_eq!(trial.answers_to("azerenerji", &name).len(), 1, "{name}");
        }
    }
    let accepted = |(_, text): &(String, String)| text.contains("<Decision>accepted<");
    assert_eq!(trial.answers("azerenerji").iter().filter(|answer| accepted(answer)).count(), 1);
    trial.done(&["audit", "verify"]);
}

#[test]
fn whoever_is_not_the_window_is_sent_away() {
    if !rustix::process::geteuid().is_root() {
        return; // who is another user is for the machine's root to play
    }
    let trial = trial_apart();
    let seal = Seal::of(&trial);
    // the state belongs to somebody else now: this process is a stranger
    trial.succeeds("chown", &["nobody", "w/state"]);
    let mut stranger = UnixStream::connect(trial.at("apart/socket")).unwrap();
    let mut told = String::new();
    let _ = stranger.write_all(&[0, 0, 0, 6]);
    let _ = std::io::Read::read_to_string(&mut stranger, &mut told);
    assert_eq!(told, "");
    eventually("the seal says so", || {
        fs::read_to_string(trial.at("apart/log")).unwrap().contains("somebody who is not the window called the seal")
    });
    trial.succeeds("chown", &["root", "w/state"]);
    drops(&trial, "a.xml", "SU-0001");
    assert_eq!(once(&trial).0, Some(0));
    drop(seal);
}

#[test]
fn what_is_wrong_with_it_is_told_by_its_line() {
    let trial = trial_apart();
    let seal = |more: &[&str]| {
        let output = trial.pencere(&[&["seal", "--config", "apart/seal.toml"], more].concat());
        (output.status.code(), said(&output))
    };
    let (code, told) = seal(&[]);
    assert!(code == Some(2) && told.contains("standard input is no listening socket"), "{told}");
    let path = trial.at("apart/seal.toml");
    let good = fs::read_to_string(&path).unwrap();
    for (old, new, wanted) in [
        ("acts = ", "act = ", "acts"),
        ("\"seal.key\"", "\"socket:/run/x\"", "another seal's socket"),
        ("\"seal.key\"", "\"nothing.key\"", "cannot be read"),
        ("state = ", "drop = ", "drop"),
    ] {
        assert!(good.contains(old));
        fs::write(&path, good.replace(old, new)).unwrap();
        let (code, told) = seal(&["--socket", "s"]);
        assert!(code == Some(2) && told.contains(wanted) && told.contains("seal.toml:"), "{old}: {told}");
    }
    fs::write(&path, &good).unwrap();
    fs::write(trial.at("file"), "mine").unwrap();
    let (code, told) = seal(&["--socket", "file"]);
    assert!(code == Some(2) && told.contains("is no socket"), "{told}");
    assert_eq!(fs::read_to_string(trial.at("file")).unwrap(), "mine");
    let _running = Seal::of(&trial);
    let (code, told) = seal(&["--socket", "apart/socket"]);
    assert!(code == Some(2) && told.contains("another seal listens there"), "{told}");
    let (code, told) = seal(&["--socket", "another"]);
    assert!(code == Some(3) && told.contains("in use by another process"), "{told}");
    trial.change("pencere.toml", "key = \"socket:/", "key = \"socket:");
    let (code, told) = once(&trial);
    assert!(code == Some(2) && told.contains("is no whole path of a socket"), "{told}");
    let mode = fs::metadata(trial.at("apart/acts.log")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
}
