//! `pencere setup` as a server's administrator meets it: real users, real modes and access lists, and a real sshd. What
//! wants root is left out where there is none.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Users of every Debian, who do nothing here: one is the window, the others an agency's account and a stranger.
const WINDOW: &str = "nobody";
const ACCOUNT: &str = "www-data";
const STRANGER: &str = "games";

/// A server that is a folder. Where root is at hand, root's all the way down, as sshd wants it.
struct Server(tempfile::TempDir);

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn numbers(user: &str) -> (u32, u32) {
    let number = |what: &str| {
        let output = Command::new("id").args([what, user]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
    };
    (number("-u"), number("-g"))
}

fn said(output: &Output) -> String {
    [&output.stdout[..], &output.stderr[..]].map(String::from_utf8_lossy).concat()
}

impl Server {
    fn new() -> Self {
        let builder = |folder: &str| tempfile::Builder::new().prefix("pencere-setup").tempdir_in(folder);
        let folder = if is_root() {
            builder("/srv").or_else(|_| builder("/var/lib")).unwrap()
        } else {
            builder("/tmp").unwrap()
        };
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Self(folder)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pencere"));
        command.args(arguments).env_remove("PENCERE_LOG").env("PENCERE_CONFIG", self.at("etc/pencere/pencere.toml"));
        command.stdin(Stdio::null()).current_dir("/");
        command
    }

    fn setup(&self, arguments: &[&str]) -> Output {
        let root = self.0.path().to_str().unwrap();
        self.command(&[&["setup", "--root", root, "--user", WINDOW][..], arguments].concat()).output().unwrap()
    }

    /// A window for trying out, whose agency `azerenerji` has an account where there is root.
    fn set_up(&self) -> Output {
        let account = format!("azerenerji={ACCOUNT}");
        let account: &[&str] = if is_root() { &["--account", &account] } else { &[] };
        let output = self.setup(&[&TRIAL[..], account].concat());
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        output
    }

    /// A command as the window's user.
    fn by_the_window(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(arguments);
        if is_root() {
            let (uid, gid) = numbers(WINDOW);
            command.uid(uid).gid(gid);
        }
        command.output().unwrap()
    }

    /// Everything that lies there: owner, mode, and digest.
    fn everything(&self) -> BTreeMap<PathBuf, (u32, u32, u32, Vec<u8>)> {
        let mut all = BTreeMap::new();
        let mut folders = vec![self.0.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                let metadata = path.symlink_metadata().unwrap();
                let octets = if metadata.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
                if metadata.is_dir() {
                    folders.push(path.clone());
                }
                all.insert(path, (metadata.uid(), metadata.gid(), metadata.mode(), octets));
            }
        }
        all
    }

    fn is_empty(&self) -> bool {
        self.everything().is_empty()
    }

    /// Owner and mode.
    fn of(&self, name: &str) -> (u32, u32) {
        let metadata = self.at(name).symlink_metadata().unwrap();
        (metadata.uid(), metadata.mode() & 0o7777)
    }
}

const TRIAL: [&str; 6] = ["--id", "sinaq", "--name", "Sınaq pəncərəsi", "--environment", "test"];

/// Runs a shell as a user; what it said, or how it failed.
fn by(user: &str, script: &str) -> Result<String, String> {
    let (uid, gid) = numbers(user);
    let output = Command::new("sh").args(["-c", script]).uid(uid).gid(gid).current_dir("/").output().unwrap();
    match output.status.success() {
        true => Ok(String::from_utf8(output.stdout).unwrap()),
        false => Err(said(&output)),
    }
}

/// A statement, signed by the agency's person of a trial.
fn signed(server: &Server, name: &str, period: &str) -> PathBuf {
    let folder = server.at("tmp");
    fs::create_dir_all(&folder).unwrap();
    let document = folder.join(name);
    let rows = "dataset,period,revision,sender,to,station,energy_mwh";
    let voen = {
        let registry = fs::read_to_string(server.at("etc/pencere/registry.toml")).unwrap();
        let at = registry.find("[participants.azerenerji]").unwrap();
        registry[at..].split("voen = \"").nth(1).unwrap()[..10].to_owned()
    };
    let sums: String =
        ["SU-0001", "TOTAL"].map(|what| format!("generation,{period},1,{voen},sinaq,{what},12.500\n")).concat();
    fs::write(&document, format!("{rows}\n{sums}")).unwrap();
    let pki = server.at("etc/pencere/pki");
    let key = pki.join("azerenerji.key");
    let certificate = pki.join("azerenerji.crt");
    let mut command = server.command(&["sign", document.to_str().unwrap()]);
    command.args(["--format", "asice", "--key", key.to_str().unwrap(), "--cert", certificate.to_str().unwrap()]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    folder.join(format!("{name}.asice"))
}

#[test]
fn the_window_that_is_made_works_and_each_has_what_is_his() {
    let server = Server::new();
    let told = said(&server.set_up());
    assert!(told.contains("pencere.toml") && told.contains("pencere doctor"), "{told}");
    let checked = server.by_the_window(&["config", "check"]);
    assert_eq!(checked.status.code(), Some(0), "{}", said(&checked));
    let config = fs::read_to_string(server.at("etc/pencere/pencere.toml")).unwrap();
    assert!(config.contains("settle = \"10s\"") && !config.contains("200ms\"\n"), "a real window's values");
    if !is_root() {
        return;
    }
    let ((window, _), (account, _)) = (numbers(WINDOW), numbers(ACCOUNT));
    for (place, owner, mode) in [
        ("etc/pencere", 0, 0o750),
        ("etc/pencere/pencere.toml", 0, 0o640),
        ("etc/pencere/pki/seal.key", window, 0o400),
        ("etc/pencere/pki/azerenerji.key", window, 0o400),
        ("var/lib/pencere", window, 0o750),
        ("srv/pencere/drop", 0, 0o755),
        ("srv/pencere/drop/azerenerji", 0, 0o755),
        ("srv/pencere/drop/azerenerji/in", account, 0o770),
        ("srv/pencere/drop/azerenerji/receipts", window, 0o750),
        ("srv/pencere/drop/azerenerji/.taken", window, 0o700),
        ("srv/pencere/drop/azerisiq/in", window, 0o750),
    ] {
        assert_eq!(server.of(place), (owner, mode), "{place}");
    }
    // the agency drops, the window takes and answers, the agency reads its answer, and nobody else either
    let file = signed(&server, "2026-Q3.csv", "2026-Q3");
    let home = server.at("srv/pencere/drop/azerenerji");
    let (home, file) = (home.display(), file.display());
    fs::set_permissions(format!("{file}"), fs::Permissions::from_mode(0o644)).unwrap();
    by(ACCOUNT, &format!("umask 077; cat {file} > {home}/in/a.asice")).unwrap();
    for refused in [
        format!("ls {home}/in"),
        format!("cat {home}/in/a.asice"),
        format!("touch {home}/in/b"),
        format!("ls {home}/receipts"),
    ] {
        assert!(by(STRANGER, &refused).is_err(), "{refused}");
    }
    for refused in [format!("touch {home}/receipts/x"), format!("touch {home}/x"), format!("ls {home}/.taken")] {
        assert!(by(ACCOUNT, &refused).is_err(), "{refused}");
    }
    let once = server.by_the_window(&["once"]);
    assert_eq!(once.status.code(), Some(0), "{}", said(&once));
    let receipts = by(ACCOUNT, &format!("cat {home}/receipts/*.receipt.xml")).unwrap();
    assert!(receipts.contains("<Decision>accepted<"), "{receipts}");
    assert_eq!(by(ACCOUNT, &format!("ls -A {home}/in")).unwrap(), "");
    let backup = server.at("backup");
    fs::create_dir(&backup).unwrap();
    std::os::unix::fs::chown(&backup, Some(window), None).unwrap();
    let backup = server.by_the_window(&["backup", backup.to_str().unwrap()]);
    assert_eq!(backup.status.code(), Some(0), "{}", said(&backup));
    let doctor = server.command(&["doctor", "--format", "json"]).output().unwrap();
    let answer: Value = serde_json::from_slice(&doctor.stdout).unwrap();
    assert_eq!((doctor.status.code(), &answer["healthy"]), (Some(0), &true.into()), "{answer}");
}

#[test]
fn done_again_it_changes_nothing_and_contradicts_nothing_that_stands() {
    let server = Server::new();
    server.set_up();
    let before = server.everything();
    for arguments in [&[][..], &TRIAL] {
        let again = server.setup(arguments);
        assert_eq!(again.status.code(), Some(0), "{}", said(&again));
        assert!(said(&again).contains("nothing was changed"), "{}", said(&again));
    }
    for arguments in [
        &["--id", "other"][..],
        &["--environment", "production"],
        &["--boemis", "sqlite:///elsewhere"],
        &["--anchor", "/etc/passwd"],
        &["--account", "nobody-knows=root"],
        &["--account", "azerenerji=nobody-knows"],
        &["--account", "azerenerji=root"],
    ] {
        let refused = server.setup(arguments);
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}: {}", said(&refused));
    }
    assert_eq!(server.everything(), before);
    // a participant that is new gets its folder, and nothing else is touched
    let registry = server.at("etc/pencere/registry.toml");
    let text = fs::read_to_string(&registry).unwrap();
    let new = "\n[participants.yenilik]\nname = \"Yenilik\"\nvoen = \"9990000891\"\ndatasets = [\"grid\"]\nsuspended = \
               false\n";
    fs::write(&registry, format!("{text}{new}")).unwrap();
    let again = server.setup(&[]);
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
    let mut after = server.everything();
    let home = server.at("srv/pencere/drop/yenilik");
    assert!(home.join("in").is_dir());
    after.retain(|path, _| !path.starts_with(&home) && *path != registry);
    let mut before = before;
    before.remove(&registry);
    assert_eq!(after, before);
}

#[test]
fn what_is_missing_or_wrong_is_told_and_then_nothing_is_made() {
    let server = Server::new();
    let key = "/dev/null";
    for (arguments, word) in [
        (&[][..], "--id"),
        (&["--id", "boemis"], "--name"),
        (&["--id", "boemis", "--name", "P"], "--environment"),
        (&["--id", "boemis", "--name", "P", "--environment", "production"], "--anchor"),
        (&["--id", "Böyük", "--name", "P", "--environment", "test"], "id"),
        (&["--id", "a", "--name", "P", "--environment", "test", "--boemis", "mysql://x"], "sqlite://"),
        (&["--id", "a", "--name", "P", "--environment", "production", "--anchor", "/none"], "/none"),
        (&["--id", "a", "--name", "P", "--environment", "production", "--anchor", "/etc/passwd"], "certificate"),
        (&["--id", "a", "--name", "P", "--environment", "test", "--seal-key", key], "key"),
        (&["--id", "a", "--name", "P", "--environment", "test", "--registry", "/etc/passwd"], "--anchor"),
    ] {
        let refused = server.setup(arguments);
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}: {}", said(&refused));
        assert!(said(&refused).contains(word), "{arguments:?}: {}", said(&refused));
        assert!(server.is_empty(), "{arguments:?}: {:?}", server.everything().keys());
    }
}

/// Killed at each of its renames in turn: what is there then is whole, and done again it goes on to the end.
#[test]
fn one_that_is_killed_leaves_no_window_or_a_whole_one() {
    let mut ended = false;
    for nth in 1..80 {
        let server = Server::new();
        let root = server.0.path().to_str().unwrap();
        let mut command = Command::new("strace");
        command.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=rename,renameat2", "-e"]);
        command.arg(format!("inject=rename,renameat2:signal=KILL:when={nth}"));
        command.args([env!("CARGO_BIN_EXE_pencere"), "setup", "--root", root, "--user", WINDOW]).args(TRIAL);
        let output = command.stdin(Stdio::null()).output().unwrap();
        if output.status.code() == Some(0) {
            ended = true;
            break;
        }
        let stands = server.at("etc/pencere/pki/seal.key");
        let key = fs::read(&stands).ok();
        let again = server.setup(&TRIAL);
        assert_eq!(again.status.code(), Some(0), "after {nth}: {}", said(&again));
        assert!(key.is_none_or(|key| key == fs::read(&stands).unwrap()), "after {nth}: the key that stood is another");
        let checked = server.by_the_window(&["config", "check"]);
        assert_eq!(checked.status.code(), Some(0), "after {nth}: {}", said(&checked));
        let is_left = |path: &PathBuf| path.ends_with(".setup") || path.to_str().unwrap().contains(".pencere-setup-");
        let left: Vec<_> = server.everything().into_keys().filter(is_left).collect();
        assert!(left.is_empty(), "after {nth}: {left:?}");
    }
    assert!(ended, "it renames less often than that");
}

#[test]
fn at_a_terminal_it_asks_for_what_was_not_said() {
    let server = Server::new();
    let root = server.0.path().to_str().unwrap();
    let line = format!("{} setup --root {root} --user {WINDOW} --environment test", env!("CARGO_BIN_EXE_pencere"));
    let mut script = Command::new("script");
    script.args(["-qec", &line, "/dev/null"]).env_remove("PENCERE_LOG");
    let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    // a line as it is typed, and nothing for what has a default
    for answer in ["sinaq\n", "Sınaq pəncərəsi\n", "\n"] {
        std::thread::sleep(Duration::from_millis(500));
        input.write_all(answer.as_bytes()).unwrap();
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("The database"), "{}", said(&output));
    let config = fs::read_to_string(server.at("etc/pencere/pencere.toml")).unwrap();
    assert!(config.contains("name = \"Sınaq pəncərəsi\"") && config.contains("var/lib/pencere/boemis.sqlite"));
}

/// An authority that is none for trials, and the registry of one body whose person it knows.
fn for_real(server: &Server) -> (PathBuf, PathBuf) {
    let folder = server.at("given");
    fs::create_dir(&folder).unwrap();
    let openssl = |line: &str| {
        let output = Command::new("openssl").args(line.split(' ')).current_dir(&folder).output().unwrap();
        assert!(output.status.success(), "{line}: {}", said(&output));
    };
    let fresh = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    openssl(&format!("req -x509 {fresh} -days 400 -subj /CN=Authority -keyout ca.key -out ca.crt"));
    openssl(&format!("req -new {fresh} -subj /CN=Person/serialNumber=1SNQ0A5 -keyout p.key -out p.csr"));
    openssl("x509 -req -in p.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 300 -out p.crt");
    let registry = "[participants.azerenerji]\nname = \"A\"\nvoen = \"9990000631\"\nowner = true\ndatasets = \
                    [\"generation\"]\nsuspended = false\n[[participants.azerenerji.persons]]\nname = \"P\"\nfin = \
                    \"1SNQ0A5\"\ncertificates = [\"p.crt\"]\ndatasets = [\"generation\"]\nrights = [\"file\"]\nfrom = \
                    \"2020-01-01\"\n";
    fs::write(folder.join("registry.toml"), registry).unwrap();
    fs::write(folder.join("stations.toml"), "[stations]\n").unwrap();
    (folder.join("ca.crt"), folder.join("registry.toml"))
}

#[test]
fn a_window_for_real_has_its_own_seal_and_no_key_of_a_trial() {
    let server = Server::new();
    let (anchor, registry) = for_real(&server);
    let (anchor, registry) = (anchor.to_str().unwrap(), registry.to_str().unwrap());
    let stations = server.at("given/stations.toml");
    let asked = ["--id", "boemis", "--name", "BOEMİS inteqrasiya pəncərəsi", "--environment", "production"];
    let lists =
        ["--anchor", anchor, "--crl-url", "http://127.0.0.1:1/ca.crl", "--stations", stations.to_str().unwrap()];
    let output = server.setup(&[&asked[..], &lists, &["--registry", registry]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let keys: Vec<_> = server.everything().into_keys().filter(|path| path.starts_with(server.at("etc"))).collect();
    let keys: Vec<_> = keys.iter().filter(|path| path.extension().is_some_and(|end| end == "key")).collect();
    assert_eq!(keys, [&server.at("etc/pencere/pki/seal.key")]);
    assert!(server.at("etc/pencere/p.crt").is_file(), "the certificates that the registry names came along");
    let mut openssl = Command::new("openssl");
    openssl.args(["x509", "-noout", "-text", "-in"]).arg(server.at("etc/pencere/pki/seal.crt"));
    let text = said(&openssl.output().unwrap());
    assert!(text.contains("Digital Signature") && !text.contains("Certificate Policies"), "{text}");
    let checked = server.by_the_window(&["config", "check"]);
    assert_eq!(checked.status.code(), Some(0), "{}", said(&checked));
    let doctor = server.command(&["doctor"]).output().unwrap();
    assert!(doctor.status.code() == Some(1) && said(&doctor).contains("127.0.0.1:1/ca.crl"), "{}", said(&doctor));
}

#[test]
fn a_seal_apart_alone_has_the_key_and_the_window_works_by_it() {
    if !is_root() {
        return;
    }
    let server = Server::new();
    let output = server.setup(&[&TRIAL[..], &["--seal-apart", "--seal-user", STRANGER]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let ((seal, _), (window, group)) = (numbers(STRANGER), numbers(WINDOW));
    assert_eq!(server.of("etc/pencere/pki/seal.key"), (seal, 0o400));
    assert_eq!(server.of("var/lib/pencere-seal"), (seal, 0o750));
    assert!(by(WINDOW, &format!("cat {}", server.at("etc/pencere/pki/seal.key").display())).is_err());
    let doctor = server.command(&["doctor"]).output().unwrap();
    assert!(doctor.status.code() == Some(1) && said(&doctor).contains("pencere-seal.socket"), "{}", said(&doctor));
    // systemd opens the socket for it, and the window's group may ask
    let socket = server.at("run/pencere-seal.sock");
    fs::create_dir(server.at("run")).unwrap();
    let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    std::os::unix::fs::chown(&socket, Some(0), Some(group)).unwrap();
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o660)).unwrap();
    let mut command = server.command(&["seal", "--config", server.at("etc/pencere/seal.toml").to_str().unwrap()]);
    command.uid(seal).gid(group).stdin(Stdio::from(std::os::fd::OwnedFd::from(listener)));
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    let _seal = Running(child);
    assert!(ready.contains("ready"), "{ready}");
    let file = signed(&server, "2026-Q3.csv", "2026-Q3");
    let dropped = server.at("srv/pencere/drop/azerenerji/in/a.asice");
    fs::copy(file, &dropped).unwrap();
    std::os::unix::fs::chown(&dropped, Some(window), Some(group)).unwrap();
    let once = server.by_the_window(&["once"]);
    assert_eq!(once.status.code(), Some(0), "{}", said(&once));
    let receipts = fs::read_dir(server.at("srv/pencere/drop/azerenerji/receipts")).unwrap().count();
    assert_eq!(receipts, 2);
    let acts = fs::read_to_string(server.at("var/lib/pencere-seal/acts.log")).unwrap();
    assert_eq!(acts.lines().count(), 1);
    let doctor = server.command(&["doctor"]).output().unwrap();
    assert_eq!(doctor.status.code(), Some(0), "{}", said(&doctor));
    let before = server.everything();
    let again = server.setup(&["--seal-user", STRANGER]);
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
    assert_eq!(server.everything(), before);
}

/// What runs, and is killed when it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A real sshd on a free port, by the stanza of docs/sftp.md.
struct Sshd {
    _running: Running,
    port: u16,
    folder: PathBuf,
}

impl Sshd {
    fn new(server: &Server) -> Self {
        let folder = server.at("ssh");
        fs::create_dir(&folder).unwrap();
        for name in ["host", "id"] {
            let mut made = Command::new("ssh-keygen");
            made.args(["-q", "-t", "ed25519", "-N", "", "-f", name]).current_dir(&folder);
            let output = made.output().unwrap();
            assert!(output.status.success(), "{}", said(&output));
        }
        fs::create_dir(folder.join("keys")).unwrap();
        fs::copy(folder.join("id.pub"), folder.join("keys").join(ACCOUNT)).unwrap();
        let guide = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/sftp.md")).unwrap();
        let stanza = guide.split("    Match Group pencere-sftp\n").nth(1).unwrap();
        let stanza: String =
            stanza.lines().take_while(|line| line.starts_with("        ")).map(|line| format!("{line}\n")).collect();
        // the account of every Debian that stands for the agency's is of no group of ours, and named otherwise
        let stanza = stanza.replace("/srv/pencere/drop/%u", server.at("srv/pencere/drop/azerenerji").to_str().unwrap());
        let stanza = stanza.replace("/etc/pencere-sftp/%u", folder.join("keys/%u").to_str().unwrap());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let at = folder.display();
        let text = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {at}/host\nPidFile none\nUsePAM no\nSubsystem sftp \
             internal-sftp\nMatch User {ACCOUNT}\n{stanza}"
        );
        fs::write(folder.join("sshd_config"), text).unwrap();
        fs::create_dir_all("/run/sshd").unwrap();
        let mut sshd = Command::new("/usr/sbin/sshd");
        sshd.args(["-D", "-f"]).arg(folder.join("sshd_config")).arg("-E").arg(folder.join("log"));
        let running = Running(sshd.stdin(Stdio::null()).spawn().unwrap());
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "{}", fs::read_to_string(folder.join("log")).unwrap());
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { _running: running, port, folder }
    }

    /// A session of these commands, each of which must do what it says.
    fn sftp(&self, commands: &str) -> Output {
        let mut sftp = Command::new("sftp");
        sftp.args(["-b", "-", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-P"]);
        sftp.arg(self.port.to_string()).arg("-i").arg(self.folder.join("id")).arg(format!("{ACCOUNT}@127.0.0.1"));
        let mut child = sftp.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(commands.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }
}

/// The service that makes uploads readable, with the one privilege that its unit gives it.
fn uploads(server: &Server) -> Running {
    let (uid, gid) = numbers(WINDOW);
    let mut command = Command::new("setpriv");
    command.arg(format!("--reuid={uid}")).arg(format!("--regid={gid}")).arg("--clear-groups");
    command.args(["--inh-caps=-all,+fowner", "--ambient-caps=-all,+fowner", "--bounding-set=-all,+fowner"]);
    command.args([env!("CARGO_BIN_EXE_pencere"), "uploads"]).env_remove("PENCERE_LOG");
    command.env("PENCERE_CONFIG", server.at("etc/pencere/pencere.toml")).current_dir("/");
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    assert!(ready.contains("ready"), "{ready}");
    Running(child)
}

#[test]
fn by_sftp_an_agency_uploads_whatever_its_client_makes_of_modes_and_fetches_its_answer() {
    if !is_root() {
        return;
    }
    let server = Server::new();
    server.set_up();
    let sshd = Sshd::new(&server);
    let (open, closed) = (signed(&server, "2026-Q1.csv", "2026-Q1"), signed(&server, "2026-Q2.csv", "2026-Q2"));
    fs::set_permissions(&open, fs::Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o600)).unwrap();
    let inward = server.at("srv/pencere/drop/azerenerji/in");

    // without the service, a client's 0600 shuts the window off, and doctor says what is missing
    let put = sshd.sftp(&format!("put {}\nput {}\n", open.display(), closed.display()));
    assert!(put.status.success(), "{}{}", said(&put), fs::read_to_string(sshd.folder.join("log")).unwrap());
    let read = |name: &str| by(WINDOW, &format!("cat {}/{name} > /dev/null", inward.display()));
    assert!(read("2026-Q1.csv.asice").is_ok());
    assert!(read("2026-Q2.csv.asice").is_err(), "acl(5): the mask is the group's bits");
    let doctor = server.command(&["doctor"]).output().unwrap();
    assert!(doctor.status.code() == Some(1) && said(&doctor).contains("pencere-uploads"), "{}", said(&doctor));

    // with it all is readable, at its start, at an upload, and when a client shuts it once more (`put -p`)
    let _service = uploads(&server);
    let eventually = |name: &str| {
        let until = Instant::now() + Duration::from_secs(30);
        while let Err(why) = read(name) {
            assert!(Instant::now() < until, "{name}: {why}");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    eventually("2026-Q2.csv.asice");
    let put = sshd.sftp(&format!("put -p {} again.part\nrename again.part again.asice\n", closed.display()));
    assert!(put.status.success(), "{}", said(&put));
    eventually("again.asice");
    let stranger = by(STRANGER, &format!("cat {}/again.asice", inward.display()));
    assert!(stranger.is_err());

    let once = server.by_the_window(&["once"]);
    assert_eq!(once.status.code(), Some(0), "{}", said(&once));
    let got = server.at("tmp/got");
    fs::create_dir(&got).unwrap();
    let get = sshd.sftp(&format!("ls -l\nlcd {}\nget /receipts/*.receipt.xml\n", got.display()));
    assert!(get.status.success(), "{}", said(&get));
    assert!(!said(&get).contains(".asice"), "what was taken is gone from in/: {}", said(&get));
    assert_eq!(fs::read_dir(&got).unwrap().count(), 3);
    for refused in
        ["put /etc/hostname /receipts/x\n", "put /etc/hostname /x\n", "ls /.taken\n", "ls /../../etc/pencere\n"]
    {
        assert!(!sshd.sftp(refused).status.success(), "{refused}");
    }
}
