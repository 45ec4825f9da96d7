//! A window in the test's own process, for what hours must pass over.

#![allow(dead_code)] // each test uses a part of it

use super::trial::Trial;
use jiff::Timestamp;
use pencere::config::Config;
use pencere::daemon::watch;
use pencere::daemon::window::Window;
use pencere::host::{Clock, Disk, Host};

/// A window in this process, whose clock the test sets.
pub struct Faked {
    pub clock: Clock,
    pub window: Window,
    runtime: tokio::runtime::Runtime,
}

impl Faked {
    pub fn open(trial: &Trial) -> Self {
        Self::open_at(trial, Timestamp::now())
    }

    pub fn open_at(trial: &Trial, moment: Timestamp) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let clock = Clock::fixed(moment);
        let host = Host { clock: clock.clone(), disk: Disk::system() };
        let window = runtime.block_on(async {
            let config = Config::load(&trial.at("w/pencere.toml"), Timestamp::now()).unwrap();
            Window::open(config, host).await.unwrap()
        });
        Self { clock, window, runtime }
    }

    /// What `once` does.
    pub fn once(self) -> Self {
        let Self { clock, window, runtime } = self;
        let (_, window) = runtime.block_on(watch::once(window, |_| {})).unwrap();
        Self { clock, window, runtime }
    }

    pub fn close(self) {
        self.runtime.block_on(self.window.close()).unwrap();
    }
}
