//! A window, and a seal apart, that shut themselves in: what is denied by the kernel, tried for real, and what goes on.
//!
//! What is denied is tried by this program in their place: halves of the tests run in processes of their own, which
//! read the configuration, shut themselves in as `pencere run` and `pencere seal` do, and then behave as whoever took
//! them over would.

#[path = "window/trial.rs"]
mod trial;

use pencere::config::{Config, SealApart};
use pencere::daemon::enclosure;
use pencere::host::Disk;
use pencere::host::sandbox::{Reach, Shut};
use rustix::process::Signal;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead, BufReader, ErrorKind};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use trial::{Daemon, Trial, eventually, generation, said, voen};

/// Names the folder of the trial to a half.
const FOLDER: &str = "PENCERE_TEST_SANDBOX";
const SECRET: &str = "what nobody drops";

/// Runs a half in a process of its own.
fn in_a_process(half: &str, folder: &Path) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", half, "--ignored", "--test-threads=1", "--nocapture"]).env(FOLDER, folder);
    let output = command.output().unwrap();
    assert!(output.status.success() && said(&output).contains("1 passed"), "{}", said(&output));
}

fn folder() -> PathBuf {
    PathBuf::from(std::env::var_os(FOLDER).expect("another test runs this half"))
}

fn is_denied(result: &io::Result<()>) -> bool {
    // what the program may not move counts as on another disk
    let kinds = [ErrorKind::PermissionDenied, ErrorKind::CrossesDevices];
    result.as_ref().is_err_and(|error| kinds.contains(&error.kind()))
}

fn denied(tries: Vec<(&str, io::Result<()>)>) {
    for (what, result) in tries {
        assert!(is_denied(&result), "{what}: {result:?}");
    }
}

/// A trial whose seal's key lies in `apart`, beside its act log, and a secret `outside`.
fn trial_apart() -> Trial {
    let trial = Trial::new();
    for folder in ["apart", "outside"] {
        fs::create_dir(trial.at(folder)).unwrap();
    }
    fs::write(trial.at("outside/secret"), SECRET).unwrap();
    fs::rename(trial.at("w/pki/seal.key"), trial.at("apart/seal.key")).unwrap();
    fs::copy(trial.at("w/pki/seal.crt"), trial.at("apart/seal.crt")).unwrap();
    symlink("../../apart", trial.at("w/state/seal")).unwrap();
    trial.set("seal.key", &format!("\"socket:{}\"", trial.at("apart/socket").display()));
    let window = fs::read_to_string(trial.at("w/pencere.toml")).unwrap();
    let named = ["id", "name", "environment"].map(|key| {
        let line = window.lines().find(|line| line.starts_with(&format!("{key} = "))).unwrap();
        format!("{line}\n")
    });
    let text = format!(
        "[window]\n{}state = {:?}\n[seal]\ncertificate = \"seal.crt\"\nkey = \"seal.key\"\nacts = \"acts.log\"\n",
        named.concat(),
        trial.at("w/state")
    );
    fs::write(trial.at("apart/seal.toml"), text).unwrap();
    trial
}

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
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `Seccomp` and `NoNewPrivs` of each thread of a process, as the kernel tells them (proc_pid_status(5)).
fn kept_in(process: i32) -> Vec<(String, String)> {
    let of = |status: &str, key: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(&format!("{key}:")));
        line.unwrap_or_default().trim().to_owned()
    };
    let threads = fs::read_dir(format!("/proc/{process}/task")).unwrap().flatten();
    let status = threads.filter_map(|thread| fs::read_to_string(thread.path().join("status")).ok());
    status.map(|status| (of(&status, "Seccomp"), of(&status, "NoNewPrivs"))).collect()
}

fn is_kept_in(process: i32) {
    let threads = kept_in(process);
    let both = ("2".to_owned(), "1".to_owned());
    assert!(!threads.is_empty() && threads.iter().all(|thread| *thread == both), "{threads:?}");
}

fn process(daemon: &Daemon) -> i32 {
    daemon.process().as_raw_nonzero().get()
}

fn drops(trial: &Trial, name: &str, station: &str) {
    let document = generation(voen("azerenerji"), "2026-Q3", 1, station, "12.5");
    trial.put("azerenerji", name, trial.signed(name, document, "azerenerji"));
}

/// The machine has what is tried here; else nothing of it can be shown.
fn whole(told: enclosure::Told) -> Shut {
    let shut = told.shut.expect("it is on by default");
    assert!(shut.calls && shut.files != Reach::Not, "{shut}");
    shut
}

// S item 2.2, S 8.1.4 item 8
#[test]
fn a_window_that_was_taken_over_reaches_its_folders_and_nothing_else() {
    let trial = trial_apart();
    fs::write(trial.at("apart/acts.log"), "").unwrap();
    symlink(trial.at("outside/secret"), trial.side("azerenerji", "in").join("link.xml")).unwrap();
    in_a_process("half_of_a_window", &trial.at(""));
    assert_eq!(fs::read_to_string(trial.at("outside/secret")).unwrap(), SECRET);
    assert_eq!(fs::read_dir(trial.at("outside")).unwrap().count(), 1);
    assert!(!trial.at("w/pki/new").exists() && trial.at("w/state/new").exists());
}

#[test]
#[ignore = "a half that is shut in; the test above runs it"]
fn half_of_a_window() {
    let folder = folder();
    let at = |name: &str| folder.join(name);
    let listens = TcpListener::bind("127.0.0.1:0").unwrap();
    let bound = rustix::net::socket(rustix::net::AddressFamily::UNIX, rustix::net::SocketType::STREAM, None).unwrap();
    let address = rustix::net::SocketAddrUnix::new(at("w/state/door")).unwrap();
    rustix::net::bind(&bound, &address).unwrap();
    let config = Config::load(&at("w/pencere.toml"), jiff::Timestamp::now()).unwrap();
    let shut = whole(enclosure::shut_window(&config, &Disk::system()));
    // what it is for goes on, in a thread that began behind that, too
    let state = at("w/state");
    let threads = std::thread::spawn(move || fs::write(state.join("new"), "#!/bin/sh\n"));
    threads.join().unwrap().unwrap();
    fs::write(at("w/drop/azerenerji/receipts/one"), "").unwrap();
    fs::rename(at("w/drop/azerenerji/receipts/one"), at("w/state/one")).unwrap();
    for name in ["w/pencere.toml", "w/registry.toml", "w/pki/azerenerji.crt", "apart/acts.log"] {
        fs::read(at(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    Config::load(&at("w/pencere.toml"), jiff::Timestamp::now()).unwrap();

    let read = |name: &str| fs::read(at(name)).map(drop);
    let write = |name: &str| fs::write(at(name), "mine");
    denied(vec![
        ("the seal's key", read("apart/seal.key")),
        ("the seal's configuration", read("apart/seal.toml")),
        ("what lies beside it", fs::read_dir(at("apart")).map(drop)),
        ("a link out of in/", read("w/drop/azerenerji/in/link.xml")),
        ("a file outside", read("outside/secret")),
        ("the same, written", write("outside/secret")),
        ("a new file outside", write("outside/new")),
        ("a folder outside", fs::read_dir(at("outside")).map(drop)),
        ("its own configuration, written", write("w/pencere.toml")),
        ("a new key for somebody", write("w/pki/new")),
        ("a certificate taken away", fs::remove_file(at("w/pki/azerenerji.crt"))),
        ("evidence carried away", fs::rename(at("w/state/new"), at("outside/new"))),
        ("the seal's acts, written", write("apart/acts.log")),
        ("a file for everybody", write("/dev/shm/pencere-new")),
        ("another", fs::write(std::env::temp_dir().join("pencere-new"), "")),
        ("the system's passwords", fs::read("/etc/shadow").map(drop)),
    ]);
    fs::set_permissions(at("w/state/new"), fs::Permissions::from_mode(0o755)).unwrap();
    let listen = |listener: io::Result<UnixListener>| listener.map(drop);
    denied(vec![
        ("another program", Command::new("/bin/true").status().map(drop)),
        ("one that was dropped", Command::new(at("w/state/new")).status().map(drop)),
        ("the same in a thread", std::thread::spawn(|| Command::new("/bin/true").status().map(drop)).join().unwrap()),
        ("a door to the network", TcpListener::bind("127.0.0.1:0").map(drop)),
        ("a door on this machine", listen(UnixListener::bind(at("w/state/another")))),
        ("a door that was prepared", rustix::net::listen(&bound, 1).map_err(io::Error::from)),
        ("a machine, where none is named", TcpStream::connect(listens.local_addr().unwrap()).map(drop)),
    ]);
    // who started this runs as the same user, and not in here
    let parent = rustix::process::getppid().unwrap();
    let memory = format!("/proc/{}/environ", parent.as_raw_nonzero());
    denied(vec![("another process", fs::read(memory).map(drop))]);
    if shut.files == Reach::Wholly {
        let signalled = rustix::process::test_kill_process(parent).map_err(io::Error::from);
        denied(vec![("a signal to another process", signalled)]);
    }
}

// S 8.1.4 item 8
#[test]
fn a_seal_that_was_taken_over_comes_to_no_document_and_not_to_its_key_again() {
    let trial = trial_apart();
    fs::create_dir_all(trial.at("w/state/journal")).unwrap();
    fs::write(trial.at("w/state/journal/line"), "").unwrap();
    // in a folder of its own, as /etc/pencere is beside /var/lib/pencere-seal
    fs::create_dir(trial.at("key")).unwrap();
    fs::rename(trial.at("apart/seal.key"), trial.at("key/seal.key")).unwrap();
    let path = trial.at("apart/seal.toml");
    let text = fs::read_to_string(&path).unwrap().replace("\"seal.key\"", "\"../key/seal.key\"");
    fs::write(&path, text).unwrap();
    in_a_process("half_of_a_seal", &trial.at(""));
}

#[test]
#[ignore = "a half that is shut in; the test above runs it"]
fn half_of_a_seal() {
    let folder = folder();
    let at = |name: &str| folder.join(name);
    let (apart, _) = SealApart::load(&at("apart/seal.toml"), jiff::Timestamp::now()).unwrap();
    whole(enclosure::shut_seal(&apart));
    fs::write(at("apart/acts.log"), "").unwrap();
    fs::read(at("w/state/journal/line")).unwrap();
    let read = |name: &str| fs::read(at(name)).map(drop);
    denied(vec![
        ("its key", read("key/seal.key")),
        ("the window's configuration", read("w/pencere.toml")),
        ("the window's keys", read("w/pki/ca.key")),
        ("a drop folder", fs::read_dir(at("w/drop/azerenerji/in")).map(drop)),
        ("the window's state", fs::read_dir(at("w/state")).map(drop)),
        ("the journal, written", fs::write(at("w/state/journal/line"), "mine")),
        ("a socket of the network", TcpStream::connect("127.0.0.1:1").map(drop)),
        ("a door", UnixListener::bind(at("apart/another")).map(drop)),
        ("another program", Command::new("/bin/true").status().map(drop)),
    ]);
}

#[test]
fn a_running_window_and_its_seal_are_shut_in_and_answer_as_ever() {
    let trial = trial_apart();
    let seal = Seal::of(&trial);
    let daemon = trial.run();
    is_kept_in(process(&daemon));
    is_kept_in(seal.0.id().cast_signed());
    symlink(trial.at("outside/secret"), trial.side("azerenerji", "in").join("link.xml")).unwrap();
    drops(&trial, "a.xml", "SU-0001");
    let (_, text) = trial.answer("azerenerji", "a.xml");
    assert!(text.contains("<Decision>accepted<"), "{text}");
    // a link is answered, and nobody looks where it leads
    let (_, text) = trial.answer("azerenerji", "link.xml");
    assert!(text.contains("<Decision>rejected<"), "{text}");
    let found = trial.tool("grep", &["-r", SECRET, "w"]).output().unwrap();
    assert_eq!(found.status.code(), Some(1), "{}", said(&found));
    is_kept_in(process(&daemon)); // with all the threads that it has by now
    let (code, status) = trial.json(&["status"]);
    assert_eq!((code, &status["sandbox"]["wanted"]), (Some(0), &true.into()), "{status}");
    assert_eq!(status["sandbox"]["shut"]["calls"], true, "{status}");
    assert_ne!(status["sandbox"]["shut"]["files"], "not", "{status}");
    assert!(trial.log().contains("this process is shut in"), "{}", trial.log());
    assert!(fs::read_to_string(trial.at("apart/log")).unwrap().contains("this process is shut in"));
    daemon.end();
    trial.done(&["audit", "verify"]);
}

// S 3.1.5
#[test]
fn a_reload_that_names_a_folder_outside_says_what_to_run() {
    let trial = Trial::new();
    fs::create_dir(trial.at("outside")).unwrap();
    fs::rename(trial.at("w/pki/azerenerji.crt"), trial.at("outside/new.crt")).unwrap();
    fs::copy(trial.at("outside/new.crt"), trial.at("w/pki/azerenerji.crt")).unwrap();
    let daemon = trial.run();
    let text = fs::read_to_string(trial.at("w/registry.toml")).unwrap();
    let (old, new) = ("\"pki/azerenerji.crt\"", format!("{:?}", trial.at("outside/new.crt")));
    assert!(text.contains(old));
    fs::write(trial.at("w/registry.toml"), text.replace(old, &new)).unwrap();
    trial.done(&["config", "check"]);
    daemon.signal(Signal::HUP);
    let mut refused = String::new();
    eventually("a reload", || {
        refused = trial.json(&["status"]).1["last_reload"]["refused"].as_str().unwrap_or_default().to_owned();
        !refused.is_empty()
    });
    assert!(refused.contains("outside/new.crt") && refused.contains("`systemctl restart pencere`"), "{refused}");
    assert!(refused.contains("`pencere config check`"), "{refused}");
    // it goes on by what it had, and does as it says after a start
    drops(&trial, "a.xml", "SU-0001");
    trial.answer("azerenerji", "a.xml");
    daemon.end();
    let daemon = trial.run();
    daemon.signal(Signal::HUP);
    eventually("a reload", || trial.json(&["status"]).1["last_reload"].is_object());
    assert_eq!(trial.json(&["status"]).1["last_reload"]["refused"], serde_json::Value::Null);
    daemon.end();
}

#[test]
fn folders_that_the_configuration_adds_are_reached() {
    let trial = Trial::new();
    fs::create_dir(trial.at("outside")).unwrap();
    trial.set("also_read", &format!("[{:?}]", trial.at("outside")));
    let daemon = trial.run();
    fs::copy(trial.at("w/pki/azerenerji.crt"), trial.at("outside/new.crt")).unwrap();
    let text = fs::read_to_string(trial.at("w/registry.toml")).unwrap();
    let new = format!("{:?}", trial.at("outside/new.crt"));
    fs::write(trial.at("w/registry.toml"), text.replace("\"pki/azerenerji.crt\"", &new)).unwrap();
    daemon.signal(Signal::HUP);
    eventually("a reload", || trial.json(&["status"]).1["last_reload"].is_object());
    assert_eq!(trial.json(&["status"]).1["last_reload"]["refused"], serde_json::Value::Null);
    daemon.end();
}

#[test]
fn a_window_that_is_told_not_to_says_so() {
    let trial = Trial::new();
    trial.set("enabled", "false");
    let daemon = trial.run();
    assert!(kept_in(process(&daemon)).iter().all(|thread| thread.0 == "0"));
    assert!(trial.log().contains("[sandbox] enabled = false"), "{}", trial.log());
    let (code, status) = trial.json(&["status"]);
    assert_eq!((code, &status["sandbox"]["wanted"]), (Some(0), &false.into()), "{status}");
    daemon.end();
}

/// From here on the kernel answers as one that has no such call.
fn kernel_without(calls: &[i64]) {
    let rules: BTreeMap<i64, Vec<_>> = calls.iter().map(|&call| (call, Vec::new())).collect();
    let lacks = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
    let arch = std::env::consts::ARCH.try_into().unwrap();
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, lacks, arch).unwrap();
    let program: BpfProgram = filter.try_into().unwrap();
    seccompiler::apply_filter_all_threads(&program).unwrap();
}

/// The window works, and is loud.
fn works_and_is_loud(words: &str) {
    let trial = Trial::new();
    let daemon = trial.run();
    drops(&trial, "a.xml", "SU-0001");
    trial.answer("azerenerji", "a.xml");
    let (code, status) = trial.json(&["status"]);
    let problems = status["problems"].as_array().unwrap();
    let told = problems.iter().find(|problem| problem["code"] == "not-shut-in");
    let told = told.map(|problem| problem["message"].as_str().unwrap()).unwrap_or_default();
    assert!(code == Some(1) && told.contains(words) && told.contains("[sandbox] enabled = false"), "{status}");
    let log = trial.log();
    assert!(log.lines().any(|line| line.contains("ERROR") && line.contains(words)), "{log}");
    daemon.end();
}

#[test]
fn on_a_kernel_that_cannot_it_works_and_is_loud() {
    in_a_process("half_without_landlock", Path::new("/"));
    in_a_process("half_without_seccomp", Path::new("/"));
}

#[test]
#[ignore = "a half on another kernel; the test above runs it"]
fn half_without_landlock() {
    folder();
    kernel_without(&[libc::SYS_landlock_create_ruleset]);
    works_and_is_loud("not kept from other files");
}

#[test]
#[ignore = "a half on another kernel; the test above runs it"]
fn half_without_seccomp() {
    folder();
    kernel_without(&[libc::SYS_seccomp]);
    works_and_is_loud("not kept from other programs");
}
