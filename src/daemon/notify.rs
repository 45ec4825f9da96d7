//! What the service manager is told (sd_notify(3)): ready, status, alive, reloading, stopping (S 8.1.5).
//!
//! Without `NOTIFY_SOCKET` all of it does nothing, so the daemon runs the same by hand. A manager
//! that cannot be reached never stops the window: it is logged, and the work goes on.

use crate::advice::Advice;
use crate::host::printable_line;
use sd_notify::NotifyState;
use std::time::Duration;

/// Longest status text, in characters: one line of `systemctl status`.
const STATUS_MAX: usize = 200;

/// The window watches its folders; also the end of a reload. Sent with what stands in `systemctl status`.
pub fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(&one_line(status))]);
}

/// What `systemctl status` shows of the work under way.
pub fn status(status: &str) {
    tell(&[NotifyState::Status(&one_line(status))]);
}

/// A reload begins; [`ready`] must follow, whether it succeeds or the old configuration stays.
pub fn reloading() {
    // A reload is only believed with the time of its begin (sd_notify(3), MONOTONIC_USEC).
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(error) => tracing::warn!(advice = %Advice::ManagerUntold,
            %error, "the service manager is not told of the reload: no monotonic time"),
    }
}

/// The window closes.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// The loop is still turning. Call it from the loop itself, never from a timer of its own: a thread
/// that only says "alive" would hide a loop that hangs.
pub fn alive() {
    tell(&[NotifyState::Watchdog]);
}

/// How often [`alive`] is expected: half of what the manager allows. None when it does not watch.
pub fn alive_every() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|allowed| allowed / 2).filter(|every| !every.is_zero())
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(advice = %Advice::ManagerUntold, %error, "the service manager cannot be told");
    }
}

/// A line end inside a status would begin another assignment of the protocol.
fn one_line(text: &str) -> String {
    printable_line(&text.chars().take(STATUS_MAX).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixDatagram;
    use std::process::Command;

    /// Runs one of the tests below again in a process of its own, with these variables.
    fn in_a_process(test: &str, variables: &[(&str, &str)]) -> bool {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &format!("daemon::notify::tests::{test}"), "--ignored", "--quiet"])
            .env_remove("NOTIFY_SOCKET")
            .env_remove("WATCHDOG_PID")
            .env_remove("WATCHDOG_USEC")
            .envs(variables.iter().copied())
            .output()
            .unwrap()
            .status
            .success()
    }

    #[test]
    #[ignore = "one half of the_manager_hears_each_state"]
    fn speak() {
        assert_eq!(alive_every(), Some(Duration::from_secs(15)));
        ready("watching 6 folders");
        status("evil\nMAINPID=1");
        alive();
        reloading();
        stopping();
    }

    #[test]
    #[ignore = "one half of nobody_listening_is_no_fault"]
    fn speak_to_nobody() {
        assert_eq!(alive_every(), None);
        ready("watching");
        alive();
        stopping();
    }

    #[test]
    fn the_manager_hears_each_state() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        assert!(in_a_process("speak", &[("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", "30000000")]));
        let mut heard = Vec::new();
        for _ in 0..5 {
            let mut octets = [0; 1000];
            let count = socket.recv(&mut octets).unwrap();
            heard.push(String::from_utf8(octets[..count].to_vec()).unwrap());
        }
        assert_eq!(heard[0], "READY=1\nSTATUS=watching 6 folders\n");
        assert_eq!(heard[1], "STATUS=evil\\u{a}MAINPID=1\n");
        assert_eq!(heard[2], "WATCHDOG=1\n");
        let since = heard[3].strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap().trim_end();
        assert!(since.parse::<u64>().unwrap() > 0);
        assert_eq!(heard[4], "STOPPING=1\n");
    }

    #[test]
    fn nobody_listening_is_no_fault() {
        assert!(in_a_process("speak_to_nobody", &[]));
        assert!(in_a_process("speak_to_nobody", &[("NOTIFY_SOCKET", "/nowhere/notify")]));
        assert!(in_a_process("speak_to_nobody", &[("WATCHDOG_USEC", "soon")]));
    }
}
