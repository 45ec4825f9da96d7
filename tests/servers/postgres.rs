//! Real PostgreSQL servers for tests: one a test program, and own ones for tests that stop theirs.
//!
//! A server lives in a folder of its own, listens on a free port of 127.0.0.1 alone, and trusts whoever comes. It ends
//! with the program that started it, however that ends: it is watched by a shell that waits for the end of its input.
//! Nothing is synced. As root it runs as `nobody`, for the server refuses root.

#![allow(dead_code)] // each test program uses a part of it

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// A server.
pub struct Server {
    folder: tempfile::TempDir,
    port: u16,
    watched: Option<Child>,
    /// Nobody stays to take its folder away.
    is_shared: bool,
}

/// A database of a server, which nobody else has.
pub struct Database {
    port: u16,
    name: String,
}

/// Numbers of databases, which no two have.
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// Two at a time would wait for each other's template.
static MAKING: Mutex<()> = Mutex::new(());

/// Whom every server knows as its owner.
const OWNER: &str = "owner";

impl Server {
    /// The one of this test program.
    pub fn shared() -> &'static Self {
        static SERVER: OnceLock<Server> = OnceLock::new();
        SERVER.get_or_init(|| Self::made(true))
    }

    /// One that a test may stop.
    pub fn new() -> Self {
        Self::made(false)
    }

    fn made(is_shared: bool) -> Self {
        let folder = tempfile::Builder::new().prefix("pg").tempdir_in("/tmp").unwrap();
        if rustix::process::geteuid().is_root() {
            let owned = Command::new("chown").arg("nobody").arg(folder.path()).status().unwrap();
            assert!(owned.success());
        }
        let data = folder.path().join("data");
        let options = ["--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8", "-U", OWNER, "-D"];
        let made = program("initdb").args(options).arg(&data).current_dir(folder.path()).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = Self { folder, port, watched: None, is_shared };
        server.start();
        server
    }

    /// Starts it again.
    pub fn start(&mut self) {
        let postgres = path("postgres");
        let postgres = format!(
            "{} -D data -k . -p {} -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off \
             -c max_connections=200 -c shared_buffers=32MB",
            postgres.display(),
            self.port
        );
        // at the end of the input a fast end; and nothing of it is heard by whoever reads the tests' output
        let left =
            if self.is_shared { format!("; cd /; rm -rf {}", self.folder.path().display()) } else { String::new() };
        let watch = format!("{postgres} >>log 2>&1 </dev/null & cat; kill -INT $! 2>/dev/null; wait{left}");
        let mut command = as_user("sh");
        command.args(["-c", &watch]).current_dir(self.folder.path());
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        self.watched = Some(command.spawn().unwrap());
        let begun = Instant::now();
        while !self.answers() {
            let log = || fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(begun.elapsed() < Duration::from_secs(60), "no server: {}", log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Adds to its configuration, in force from the next start.
    pub fn configure(&self, file: &str, text: &str) {
        let path = self.folder.path().join("data").join(file);
        let old = fs::read_to_string(&path).unwrap_or_default();
        fs::write(&path, format!("{text}\n{old}")).unwrap();
        if rustix::process::geteuid().is_root() {
            assert!(Command::new("chown").arg("nobody").arg(&path).status().unwrap().success());
        }
    }

    /// Where its files lie.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn answers(&self) -> bool {
        let port = self.port.to_string();
        let asked = program("pg_isready").args(["-q", "-h", "127.0.0.1", "-p", &port]).current_dir("/").status();
        asked.unwrap().success()
    }

    /// Ends it in order: whoever is connected is told to go.
    pub fn stop(&mut self) {
        if let Some(mut watched) = self.watched.take() {
            drop(watched.stdin.take());
            watched.wait().unwrap();
        }
    }

    /// Ends it as a crash does: nobody is told anything.
    pub fn crash(&mut self) {
        let pid = fs::read_to_string(self.folder.path().join("data/postmaster.pid")).unwrap();
        let pid = pid.lines().next().unwrap().to_owned();
        assert!(Command::new("kill").args(["-QUIT", &pid]).status().unwrap().success());
        self.stop();
    }

    /// A new, empty database.
    pub fn database(&self) -> Database {
        Database::made(self.port, "template0")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Database {
    fn made(port: u16, template: &str) -> Self {
        let name = format!("boemis_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let postgres = Self { port, name: "postgres".to_owned() };
        let _one = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
        postgres.does(&format!("CREATE DATABASE {name} TEMPLATE {template}"));
        Self { port, name }
    }

    /// Another with the same in it; nobody may be connected to this one.
    pub fn copy(&self) -> Self {
        Self::made(self.port, &self.name)
    }

    /// The port that its server listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its name on the server.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Takes what is in this one for what was in another.
    pub fn becomes(&self, other: &Self) {
        let postgres = Self { port: self.port, name: "postgres".to_owned() };
        postgres.does(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
        postgres.does(&format!("CREATE DATABASE {} TEMPLATE {}", self.name, other.name));
    }

    /// Its address for this role.
    pub fn url_for(&self, role: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{}", self.port, self.name)
    }

    /// Its address for its owner.
    pub fn url(&self) -> String {
        self.url_for(OWNER)
    }

    /// psql, ready to be asked.
    pub fn psql(&self, role: &str) -> Command {
        let mut command = Command::new("psql");
        command.args(["-X", "-At", "-v", "ON_ERROR_STOP=1", "-d", &self.url_for(role)]);
        command.env_remove("PGOPTIONS").stdin(Stdio::null());
        command
    }

    /// What psql answers its owner, a line a row.
    pub fn ask(&self, sql: &str) -> String {
        let output = self.psql(OWNER).args(["-c", sql]).output().unwrap();
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// Something done by its owner.
    pub fn does(&self, sql: &str) {
        self.ask(sql);
    }

    /// What a role is told that tries this; none when it may.
    pub fn denied(&self, role: &str, sql: &str) -> Option<String> {
        let output = self.psql(role).args(["-c", sql]).output().unwrap();
        (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Its owner in a transaction that has done this and does not end before the value is dropped.
    pub fn holding(&self, sql: &str) -> Holding {
        let mut child = self.psql(OWNER).arg("-q").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let text = format!("BEGIN;\n{sql};\n\\echo held\n");
        child.stdin.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
        let mut seen = Vec::new();
        let mut octet = [0];
        while !seen.ends_with(b"held\n") {
            child.stdout.as_mut().unwrap().read_exact(&mut octet).unwrap();
            seen.push(octet[0]);
        }
        Holding(child)
    }

    /// Ends every connection to it but the one that asks.
    pub fn cut(&self) {
        self.does(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() \
             AND pid <> pg_backend_pid()",
        );
    }
}

/// A psql with an open transaction.
pub struct Holding(Child);

impl Drop for Holding {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A program of the newest server that is installed, where Debian keeps it or where it is found by its name.
fn path(name: &str) -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin").join(name))))
        .filter(|(_, path): &(u32, PathBuf)| path.is_file())
        .collect();
    found.sort();
    found.pop().map_or_else(|| Path::new(name).to_owned(), |(_, path)| path)
}

fn program(name: &str) -> Command {
    as_user(path(name))
}

/// A program that does not run as root.
fn as_user(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = match rustix::process::geteuid().is_root() {
        true => {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"]).arg(program);
            command
        }
        false => Command::new(program),
    };
    command.env("LC_ALL", "C.UTF-8");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PG") {
            command.env_remove(name);
        }
    }
    command
}
