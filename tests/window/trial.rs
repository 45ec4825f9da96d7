//! A trial window seen from outside: made by `init`, run as processes, looked at with other tools.

#![allow(dead_code)] // each of the two test programs uses a part of it

use serde_json::Value;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

#[path = "../servers/postgres.rs"]
pub mod servers;

/// The participants of a trial window.
pub const PARTICIPANTS: [&str; 6] =
    ["azerenerji", "azerisiq", "ekologiya", "energetika", "iqtisadiyyat", "meliorasiya"];

/// Longest wait for what must come by itself: the machine may be busy with other tests.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How pencere is asked to name its signed properties (CONTRACT 5).
const XADES_ID: &str = "http://uri.etsi.org/01903/v1.3.2#:SignedProperties";

/// A trial window in a folder that goes away with it.
pub struct Trial {
    folder: tempfile::TempDir,
    /// Where BOEMİS is, if a server has it.
    database: Option<servers::Database>,
}

/// Names the engine that windows of [`Trial::new`] have their BOEMİS in: `postgres`, or SQLite where it is not set.
const ENGINE: &str = "PENCERE_TEST_BOEMIS";

/// A copy of BOEMİS.
pub enum Boemis {
    File(Vec<u8>),
    Server(servers::Database),
}

/// A running `pencere run`; killed when it is dropped.
pub struct Daemon {
    child: Child,
}

impl Trial {
    /// A new window; in memory where the system has such a place, unless `PENCERE_SCRATCH` names a folder.
    pub fn new() -> Self {
        match std::env::var(ENGINE).is_ok_and(|engine| engine == "postgres") {
            true => Self::on(servers::Server::shared().database()),
            false => Self::embedded(),
        }
    }

    /// A new window whose BOEMİS is there.
    pub fn on(database: servers::Database) -> Self {
        let trial = Self { database: Some(database), ..Self::embedded() };
        let url = trial.database.as_ref().map(|database| format!("\"{}\"", database.url()));
        trial.set("url", &url.unwrap_or_default());
        trial
    }

    /// The database of its server, if a server has it.
    pub fn database(&self) -> Option<&servers::Database> {
        self.database.as_ref()
    }

    fn embedded() -> Self {
        let scratch = std::env::var_os("PENCERE_SCRATCH").unwrap_or_else(|| "/dev/shm".into());
        let folder = tempfile::tempdir_in(scratch).or_else(|_| tempfile::tempdir()).unwrap();
        let trial = Self { folder, database: None };
        assert_eq!(trial.pencere(&["init", "w"]).status.code(), Some(0));
        trial
    }

    /// The same window, with the same keys, in a folder of its own.
    pub fn copy(&self) -> Self {
        // a window that has just died in this process may still be closing its database on a thread of its own, and
        // what lies beside that is gone while it is copied: then all is copied once more
        let copied = (0..20).find_map(|_| {
            let folder = tempfile::tempdir_in(self.folder.path().parent().unwrap()).unwrap();
            let copied = Command::new("cp").arg("-a").arg(self.at("w")).arg(folder.path()).status().unwrap();
            if !copied.success() {
                std::thread::sleep(Duration::from_millis(50));
            }
            copied.success().then_some(folder)
        });
        let folder = copied.expect("a copy");
        let copy = Self { folder, database: self.database.as_ref().map(servers::Database::copy) };
        if let Some(database) = &copy.database {
            copy.set("url", &format!("\"{}\"", database.url()));
        }
        copy
    }

    /// A folder beside this one's, in which no window is yet.
    pub fn empty(&self) -> Self {
        Self { folder: tempfile::tempdir_in(self.folder.path().parent().unwrap()).unwrap(), database: None }
    }

    /// A path in the folder; the window is in `w`.
    pub fn at(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A participant's `in`, `receipts` or `.taken`.
    pub fn side(&self, participant: &str, side: &str) -> PathBuf {
        self.at("w/drop").join(participant).join(side)
    }

    /// Replaces a text of a file of the window that stands there exactly once.
    pub fn change(&self, file: &str, old: &str, new: &str) {
        let path = self.at("w").join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches(old).count(), 1, "{file}: {old}");
        fs::write(path, text.replace(old, new)).unwrap();
    }

    /// Sets a key of `pencere.toml`, all of which stand there with their defaults: `key`, or `table.key` where several
    /// tables have one of the name.
    pub fn set(&self, key: &str, value: &str) {
        let path = self.at("w/pencere.toml");
        let text = fs::read_to_string(&path).unwrap();
        let (table, name) = key.rsplit_once('.').map_or(("", key), |(table, name)| (table, name));
        let at = if table.is_empty() { 0 } else { text.find(&format!("\n[{table}]\n")).unwrap() };
        let start = format!("\n{name} = ");
        let end = if table.is_empty() { text.len() } else { at + 1 + text[at + 1..].find("\n[").unwrap() };
        assert_eq!(text[at..end].matches(&start).count(), 1, "{key}");
        let at = at + text[at..].find(&start).unwrap();
        let (before, rest) = (&text[..at], &text[at + start.len()..]);
        let (_, after) = rest.split_once('\n').unwrap();
        fs::write(path, format!("{before}{start}{value}\n{after}")).unwrap();
    }

    /// A program that runs in the folder and knows the window.
    pub fn tool(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env("PENCERE_CONFIG", self.at("w/pencere.toml"));
        for variable in ["PENCERE_LOG", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "JOURNAL_STREAM"] {
            command.env_remove(variable);
        }
        command
    }

    pub fn pencere(&self, arguments: &[&str]) -> Output {
        self.tool(env!("CARGO_BIN_EXE_pencere"), arguments).output().unwrap()
    }

    /// The command ends with 0.
    pub fn done(&self, arguments: &[&str]) {
        let output = self.pencere(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", said(&output));
    }

    /// Exit code and the one JSON value on stdout.
    pub fn json(&self, arguments: &[&str]) -> (Option<i32>, Value) {
        let output = self.pencere(&[arguments, &["--format", "json"]].concat());
        let value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {}", said(&output)));
        (output.status.code(), value)
    }

    /// Another program's success.
    pub fn succeeds(&self, program: &str, arguments: &[&str]) -> Output {
        let output = self.tool(program, arguments).output().unwrap_or_else(|error| panic!("{program}: {error}"));
        assert!(output.status.success(), "{program} {arguments:?}: {}", said(&output));
        output
    }

    /// A copy of BOEMİS as it is now, while no window is open.
    pub fn keep_boemis(&self) -> Boemis {
        match &self.database {
            Some(database) => Boemis::Server(database.copy()),
            None => Boemis::File(fs::read(self.at("w/state/boemis.sqlite")).unwrap()),
        }
    }

    /// Puts a copy in the place of what is there.
    pub fn put_boemis_back(&self, kept: &Boemis) {
        match (kept, &self.database) {
            (Boemis::Server(kept), Some(database)) => database.becomes(kept),
            (Boemis::File(octets), None) => fs::write(self.at("w/state/boemis.sqlite"), octets).unwrap(),
            _ => panic!("a copy of another engine"),
        }
    }

    /// Changes what is loaded, as somebody may who first takes away what is in the way.
    pub fn tamper(&self, sql: &str) {
        if let Some(database) = &self.database {
            return database.does(&format!("SET session_replication_role = replica; {sql}"));
        }
        let fences = "SELECT 'DROP TRIGGER ' || name || ';' FROM sqlite_master WHERE type = 'trigger' \
            AND (name LIKE '%stays' OR name LIKE '%goes')";
        let sql = format!("{} {sql}", self.sql(fences));
        let aside = ["-cmd", ".timeout 5000", "-cmd", "PRAGMA foreign_keys = OFF"];
        self.succeeds("sqlite3", &[&aside[..], &["w/state/boemis.sqlite", &sql]].concat());
    }

    /// What the sqlite3 program, or psql, answers, a line a row.
    pub fn sql(&self, sql: &str) -> String {
        if let Some(database) = &self.database {
            let answer = database.ask(sql);
            return if answer.is_empty() { answer } else { answer + "\n" };
        }
        // A window that has just gone may still be closing its database on a thread of its own.
        let arguments = ["-readonly", "-cmd", ".timeout 5000", "w/state/boemis.sqlite", sql];
        let ask = || self.tool("sqlite3", &arguments).output().is_ok_and(|output| output.status.success());
        for _ in 0..20 {
            if ask() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        let output = self.succeeds("sqlite3", &arguments);
        String::from_utf8(output.stdout).unwrap()
    }

    /// Signs with the participant's own key; the signed octets (XML) or the signature (anything else).
    pub fn signed(&self, file: &str, octets: impl AsRef<[u8]>, signer: &str) -> Vec<u8> {
        fs::write(self.at(file), octets).unwrap();
        let (key, cert) = (format!("w/pki/{signer}.key"), format!("w/pki/{signer}.crt"));
        self.done(&["sign", file, "--key", &key, "--cert", &cert, "-o", "signed"]);
        fs::read(self.at("signed")).unwrap()
    }

    /// The document that takes a submission through a stage, signed by that body's person.
    pub fn approval(&self, what: &str, stage: &str, body: &str, file: &str) -> Vec<u8> {
        let mut arguments = vec!["approval", what, "--stage", stage, "--participant", body];
        if ["refused", "withdrawn"].contains(&stage) {
            arguments.extend(["--reason", "sərhəd səhvdir"]);
        }
        let form = self.pencere(&arguments);
        assert_eq!(form.status.code(), Some(0), "{}", said(&form));
        self.signed(file, form.stdout, body)
    }

    /// Drops a file, as a careful agency does: under a name of an upload, then renamed.
    pub fn put(&self, participant: &str, name: impl AsRef<OsStr>, octets: impl AsRef<[u8]>) {
        let folder = self.side(participant, "in");
        fs::write(folder.join(".upload"), octets).unwrap();
        fs::rename(folder.join(".upload"), folder.join(name.as_ref())).unwrap();
    }

    /// What lies in one of a participant's folders, by name.
    pub fn names(&self, participant: &str, side: &str) -> Vec<OsString> {
        let Ok(entries) = fs::read_dir(self.side(participant, side)) else { return Vec::new() };
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    }

    /// The sealed answers of a participant: file name and text.
    pub fn answers(&self, participant: &str) -> Vec<(String, String)> {
        let names = self.names(participant, "receipts").into_iter().filter_map(|name| name.into_string().ok());
        let read = |name: String| {
            let octets = fs::read(self.side(participant, "receipts").join(&name)).unwrap();
            (name, String::from_utf8_lossy(&octets).into_owned())
        };
        names.filter(|name| name.ends_with(".xml") && !name.starts_with('.')).map(read).collect()
    }

    /// The sealed answers to a document of this name.
    pub fn answers_to(&self, participant: &str, name: &str) -> Vec<(String, String)> {
        let mut answers = self.answers(participant);
        answers.retain(|(file, _)| is_answer_to(file, name));
        answers
    }

    /// Waits for the first final answer to a document: file name and text.
    pub fn answer(&self, participant: &str, name: &str) -> (String, String) {
        let mut found = None;
        eventually(&format!("an answer to {name}"), || {
            found = self.answers_to(participant, name).into_iter().find(|(file, _)| file.ends_with(".receipt.xml"));
            found.is_some()
        });
        found.unwrap()
    }

    /// The receipt is proven by xmlsec1 as CONTRACT 5 says.
    pub fn xmlsec_proves(&self, receipt: &Path) -> bool {
        let arguments = ["--verify", "--enabled-key-data", "key-name", "--pubkey-cert-pem", "w/pki/seal.crt"];
        let mut command = self.tool("xmlsec1", &arguments);
        command.args(["--id-attr:Id", XADES_ID]).arg(receipt).output().unwrap().status.success()
    }

    /// Everything the daemons of this window logged.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.at("log")).unwrap_or_default()).into_owned()
    }

    /// No FİN of the registry stands in what was logged.
    pub fn keeps_persons_out_of_the_log(&self) {
        let registry = fs::read_to_string(self.at("w/registry.toml")).unwrap();
        let fins: Vec<&str> = registry.lines().filter_map(|line| line.strip_prefix("fin = ")).collect();
        assert!(fins.len() >= 6, "{fins:?}");
        let log = self.log();
        assert!(log.contains("the window is open"), "{log}");
        for fin in fins {
            assert!(!log.contains(fin.trim_matches('"')), "{fin} in the log");
        }
    }

    /// A daemon that may not watch yet.
    pub fn start_with(&self, change: impl FnOnce(&mut Command)) -> Daemon {
        let log = File::options().append(true).create(true).open(self.at("log")).unwrap();
        let mut command = self.tool(env!("CARGO_BIN_EXE_pencere"), &["run"]);
        command.stdout(Stdio::piped()).stderr(log).env("PENCERE_LOG", "debug");
        change(&mut command);
        Daemon { child: command.spawn().unwrap() }
    }

    /// A daemon that watches.
    pub fn run(&self) -> Daemon {
        let mut daemon = self.start_with(|_| {});
        assert!(daemon.is_ready(), "{}", self.log());
        daemon
    }
}

impl Daemon {
    /// Waits for its line; false when it ended without one.
    pub fn is_ready(&mut self) -> bool {
        let Some(stdout) = self.child.stdout.take() else { return false };
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        line.contains("ready")
    }

    pub fn process(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_child(&self.child)
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(self.process(), signal).unwrap();
    }

    /// Whether it runs still.
    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Ends it in good order: SIGTERM, then as long as a starved machine may need; how fast it ends is no test's.
    pub fn end(mut self) {
        let begin = Instant::now();
        self.signal(rustix::process::Signal::TERM);
        let status = self.wait(Duration::from_secs(60));
        assert_eq!(status.and_then(|status| status.code()), Some(0), "after {:?}", begin.elapsed());
    }

    /// Its end, if it comes in time.
    pub fn wait(&mut self, patience: Duration) -> Option<ExitStatus> {
        let begin = Instant::now();
        while begin.elapsed() < patience {
            if let Some(status) = self.child.try_wait().unwrap() {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        None
    }

    /// SIGKILL: nothing more is written.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `NAME.<id>.receipt.xml`, `NAME.<id>.2.receipt.xml`, `NAME.<id>.held.xml`.
pub fn is_answer_to(file: &str, name: &str) -> bool {
    const ID: usize = 36;
    let id = file.strip_prefix(name).and_then(|rest| rest.strip_prefix('.')).and_then(|rest| rest.get(..ID));
    id.is_some_and(|id| id.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit()))
}

/// Waits for what must come by itself.
pub fn eventually(what: &str, mut there: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !there() {
        assert!(begin.elapsed() < PATIENCE, "{what} did not come within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// What a command said, for the message of a test.
pub fn said(output: &Output) -> String {
    format!("{} {}{}", output.status, String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A statement of one station's generation.
pub fn generation(voen: &str, period: &str, revision: u32, station: &str, mwh: &str) -> String {
    format!(
        "<Submission xmlns=\"urn:boemis:submission:1\" id=\"S-1\" to=\"trial\" dataset=\"generation\" \
         period=\"{period}\" revision=\"{revision}\" sender=\"{voen}\">\
         <Record><Station>{station}</Station><EnergyMWh>{mwh}</EnergyMWh></Record>\
         <Total><EnergyMWh>{mwh}</EnergyMWh></Total></Submission>"
    )
}

/// A statement of one station's capacity, as a table.
pub fn capacity(voen: &str, period: &str, revision: u32, station: &str, mw: &str) -> String {
    format!(
        "dataset,period,revision,sender,to,station,capacity_mw\n\
         capacity,{period},{revision},{voen},trial,{station},{mw}\n\
         capacity,{period},{revision},{voen},trial,TOTAL,{mw}\n"
    )
}

/// A line of azerenerji's grid, which waits for an approval.
pub fn grid(revision: u32, code: &str) -> String {
    format!(
        "<Submission xmlns=\"urn:boemis:submission:1\" id=\"S-1\" to=\"trial\" dataset=\"grid\" \
         revision=\"{revision}\" sender=\"{}\"><Record><Code>{code}</Code><Element>line</Element>\
         <Level>distribution</Level><VoltageKV>110</VoltageKV><Owner>9990000631</Owner><Geometry>\
         <gml:LineString xmlns:gml=\"http://www.opengis.net/gml/3.2\" srsName=\"urn:ogc:def:crs:EPSG::32639\">\
         <gml:posList>400000.25 4480000.5 405000 4481000</gml:posList></gml:LineString></Geometry></Record>\
         </Submission>",
        voen("azerenerji")
    )
}

/// A participant's synthetic number (the registry of a trial window).
pub fn voen(participant: &str) -> &'static str {
    match participant {
        "azerenerji" => "9990000631",
        "azerisiq" => "9990000761",
        "energetika" => "9990000221",
        other => panic!("{other}"),
    }
}

/// Another process that has locked the database; the lock goes with it.
pub enum Locked {
    File(Child),
    Server(servers::Holding),
}

impl Locked {
    pub fn new(trial: &Trial) -> Self {
        match &trial.database {
            None => Self::File(beside(trial, "w/state/boemis.sqlite", "BEGIN EXCLUSIVE;\nSELECT 'locked';\n")),
            Some(database) => Self::Server(database.holding("SELECT pg_advisory_xact_lock(72908232542547)")),
        }
    }
}

/// Another process that reads the database and does not end.
pub struct Reading(Child);

impl Reading {
    #[allow(dead_code)] // not every program with trials has databases read
    pub fn new(trial: &Trial, database: &str) -> Self {
        Self(beside(trial, database, "BEGIN;\nSELECT min('locked', id) FROM submission LIMIT 0;\nSELECT 'locked';\n"))
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// sqlite3 with an open transaction.
fn beside(trial: &Trial, database: &str, sql: &str) -> Child {
    // whoever has it at this moment lets go of it soon
    let mut command = trial.tool("sqlite3", &["-bail", "-cmd", ".timeout 10000", database]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.as_mut().unwrap().write_all(sql.as_bytes()).unwrap();
    let mut line = [0; 6];
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut line).unwrap();
    assert_eq!(&line, b"locked");
    child
}

impl Drop for Locked {
    fn drop(&mut self) {
        if let Self::File(child) = self {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}
