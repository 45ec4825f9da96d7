//! The clock: whether a time server sets it, and whether it was set back. Moments are what signatures, periods and
//! receipts are judged by.

use super::{Patient, Report};
use crate::host::Clock;
use jiff::Timestamp;
use std::path::Path;
use std::process::{Command, Stdio};

/// Where chronyd says that it runs.
const CHRONY: &str = "/run/chrony";

pub(super) fn look(patient: &Patient<'_>, report: &mut Report) {
    synchronised(Clock::system().state().synchronised, Path::new(CHRONY).exists().then(tracking).flatten(), report);
    behind(last_event(patient), patient.now, report);
}

/// By the word of systemd-timesyncd, else of chrony.
fn synchronised(timesync: Option<bool>, chrony: Option<bool>, report: &mut Report) {
    let check = "clock.synchronised";
    match timesync.or(chrony) {
        Some(true) => report.well(check, "a time server has set the clock since the system started"),
        Some(false) => report.fault(
            check,
            "no time server has set the clock since the system started: moments in receipts cannot be relied on",
            "timedatectl timesync-status, or chronyc sources: see that a server is named and reached",
        ),
        None => report.warning(
            check,
            "nobody can tell whether a time server sets the clock: neither systemd-timesyncd nor chronyd runs here",
            "apt install systemd-timesyncd, or chrony; on a virtual machine whose host sets the clock, leave it",
        ),
    }
}

/// What chronyd says of itself: its last word is the leap status, and `Not synchronised` where there is no server.
fn tracking() -> Option<bool> {
    let asked = Command::new("chronyc").args(["-c", "-n", "tracking"]).stdin(Stdio::null()).output().ok()?;
    asked.status.success().then(|| is_tracking(&String::from_utf8_lossy(&asked.stdout)))
}

fn is_tracking(told: &str) -> bool {
    told.trim_end().rsplit(',').next().is_some_and(|leap| matches!(leap, "Normal" | "Insert second" | "Delete second"))
}

/// The last moment that the window's journal tells of.
fn last_event(patient: &Patient<'_>) -> Option<Timestamp> {
    let known = super::super::records::Known::read(&patient.settings.window.paths.state).ok()?;
    known.fold().life.last
}

fn behind(last: Option<Timestamp>, now: Timestamp, report: &mut Report) {
    let check = "clock.forward";
    match last.filter(|last| *last > now) {
        Some(last) => report.fault(
            check,
            format!("the journal tells of {last}, and the clock says {now}: it was set back, or was ahead then"),
            "set the clock right; then start the window, which goes on behind its last moment",
        ),
        None => report.well(check, "the clock is not behind the last event in the journal"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Result;
    use super::*;

    #[test]
    fn nobody_who_can_tell_is_a_warning_and_never_well() {
        let result = |timesync, chrony| {
            let mut report = Report::default();
            synchronised(timesync, chrony, &mut report);
            report.checks[0].result
        };
        assert_eq!(result(Some(true), None), Result::Well);
        assert_eq!(result(None, Some(true)), Result::Well);
        assert_eq!(result(Some(false), None), Result::Fault);
        assert_eq!(result(None, Some(false)), Result::Fault);
        assert_eq!(result(None, None), Result::Warning);
    }

    #[test]
    fn chrony_says_it_with_its_last_word() {
        let head = "C0A80001,192.168.0.1,3,1700000000.1,0.0,0.0,0.0,1.2,0.0,0.1,0.01,0.001,64.2,";
        assert!(is_tracking(&format!("{head}Normal\n")));
        for told in [format!("{head}Not synchronised\n"), String::new(), "506 Cannot talk to daemon".to_owned()] {
            assert!(!is_tracking(&told), "{told}");
        }
    }

    #[test]
    fn a_clock_behind_the_journal_is_a_fault() {
        let at = |second| Timestamp::from_second(second).unwrap();
        for (last, wanted) in [(None, Result::Well), (Some(at(9)), Result::Well), (Some(at(11)), Result::Fault)] {
            let mut report = Report::default();
            behind(last, at(10), &mut report);
            assert_eq!(report.checks[0].result, wanted);
        }
    }
}
