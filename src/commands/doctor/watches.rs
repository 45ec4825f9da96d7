//! What the kernel lets one user watch: each drop folder takes an inotify instance, and what cannot be watched is only
//! scanned, so that its answers come later.

use super::{Patient, Report};
use std::path::Path;

/// Where the kernel tells its limits (inotify(7)).
const LIMITS: &str = "/proc/sys/fs/inotify";

pub(super) fn look(patient: &Patient<'_>, report: &mut Report) {
    let Some(config) = &patient.config else { return };
    let maildirs = patient.settings.mail.mailboxes.iter();
    let maildirs = maildirs.filter(|one| matches!(one.place, crate::intake::mail::Place::Maildir(_))).count();
    // a mailbox has two folders; one more instance is another program's of the same user
    let folders = config.world().registry.participants.len();
    limit("max_user_instances", folders + maildirs + 1, Path::new(LIMITS), report);
    limit("max_user_watches", folders + 2 * maildirs + 1, Path::new(LIMITS), report);
}

fn limit(name: &str, wanted: usize, limits: &Path, report: &mut Report) {
    let check = format!("inotify.{name}");
    let told = std::fs::read_to_string(limits.join(name)).ok().and_then(|text| text.trim().parse::<usize>().ok());
    match told {
        Some(most) if most < wanted => report.warning(
            check,
            format!("the window wants {wanted}, and one user may have {most}: folders beyond that are only scanned"),
            format!("echo fs.inotify.{name}={} > /etc/sysctl.d/60-pencere.conf; sysctl --system", 2 * wanted.max(512)),
        ),
        Some(most) => report.well(check, format!("{wanted} wanted, {most} allowed")),
        None => report.warning(check, "the kernel does not tell this limit", "see that /proc is there"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Result;
    use super::*;

    #[test]
    fn a_limit_that_is_too_low_is_told_with_the_line_that_raises_it() {
        let folder = crate::host::test_folder();
        std::fs::write(folder.path().join("max_user_instances"), "128\n").unwrap();
        let result = |wanted| {
            let mut report = Report::default();
            limit("max_user_instances", wanted, folder.path(), &mut report);
            report.checks.remove(0)
        };
        assert_eq!(result(128).result, Result::Well);
        let low = result(129);
        assert_eq!(low.result, Result::Warning);
        assert!(low.todo.unwrap().contains("fs.inotify.max_user_instances=1024"));
        std::fs::remove_file(folder.path().join("max_user_instances")).unwrap();
        assert_eq!(result(1).result, Result::Warning);
    }
}
