//! The real binary on a disk that fails and by a clock that steps: injector.c, built and preloaded.
//!
//! Owns the page that a test shares with the process: what is written there counts from the next call on. Needs
//! no privilege, so it works wherever the tests do.

use crate::trial::Trial;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

pub const EIO: i64 = 5;
pub const ENOSPC: i64 = 28;
pub const EROFS: i64 = 30;

/// Where a number stands in the page (struct plan).
const CLOCK: u64 = 0;
const STEPS: u64 = 1;
const FIRST: u64 = 2;
const LAST: u64 = 3;
const ERROR: u64 = 4;
const PAUSE: u64 = 5;
const FAILED: u64 = 6;
const NUMBERS: usize = 7;

/// What one window's processes share with its test.
pub struct Injector {
    page: File,
    path: PathBuf,
    root: PathBuf,
}

impl Injector {
    /// For the window's files beneath `w/state`, or another of its folders.
    pub fn new(trial: &Trial, beneath: &str) -> Self {
        let path = trial.at("plan");
        fs::write(&path, [0; NUMBERS * 8]).unwrap();
        let page = File::options().read(true).write(true).open(&path).unwrap();
        let root = trial.at("w").canonicalize().unwrap().join(beneath);
        Self { page, path, root }
    }

    /// Adds what the process needs to be under it.
    pub fn over(&self, command: &mut Command) {
        command.env("LD_PRELOAD", library()).env("PENCERE_TEST_PLAN", &self.path);
        command.env("PENCERE_TEST_ROOT", &self.root);
        // an absolute configuration makes all paths absolute, by which files are known
        command.env_remove("PENCERE_LOG");
    }

    /// These steps fail, counted from now on as 1.
    pub fn fail(&self, first: u64, last: u64, error: i64) {
        self.set(FIRST, 0);
        self.set(STEPS, 0);
        self.set(FAILED, 0);
        self.set(ERROR, error);
        self.set(LAST, i64::try_from(last).unwrap_or(i64::MAX));
        self.set(FIRST, first as i64);
    }

    /// All is well again.
    pub fn heal(&self) {
        self.set(FIRST, 0);
        self.set(PAUSE, 0);
    }

    /// Every step waits so long.
    pub fn slow(&self, pause: Duration) {
        self.set(PAUSE, pause.as_micros() as i64);
    }

    /// The time of day is so many seconds away from the system's.
    pub fn step_clock(&self, seconds: i64) {
        self.set(CLOCK, seconds * 1_000_000_000);
    }

    pub fn steps(&self) -> u64 {
        self.get(STEPS) as u64
    }

    pub fn failed(&self) -> u64 {
        self.get(FAILED) as u64
    }

    fn set(&self, at: u64, number: i64) {
        self.page.write_all_at(&number.to_ne_bytes(), at * 8).unwrap();
    }

    fn get(&self, at: u64) -> i64 {
        let mut octets = [0; 8];
        self.page.read_exact_at(&mut octets, at * 8).unwrap();
        i64::from_ne_bytes(octets)
    }
}

/// Built once for the program.
fn library() -> &'static PathBuf {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/torture/injector.c");
        let library = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("injector-{}.so", std::process::id()));
        let mut cc = Command::new("cc");
        cc.args(["-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o"]).arg(&library).arg(source);
        let output = cc.arg("-ldl").output().expect("a C compiler");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        library
    })
}
