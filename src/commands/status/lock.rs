//! Whether somebody has the window open, by the kernel's list of locks. Never locks anything itself.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The process that has locked the journal's folder, by the kernel's list of locks. Nothing is
/// locked for a look, so that a daemon that starts at this moment never finds its place taken. Of a
/// process in another PID namespace the list does not tell.
pub(in crate::commands) fn holder(journal: &Path) -> Option<u32> {
    let inode = fs::metadata(journal).ok()?;
    locked(&fs::read_to_string("/proc/locks").ok()?, inode.dev(), inode.ino())
}

/// The process with a whole lock (`flock`) on this inode: lines are
/// `1: FLOCK  ADVISORY  WRITE 1234 fd:01:131 0 EOF` (proc_locks(5)).
fn locked(locks: &str, device: u64, inode: u64) -> Option<u32> {
    let place = format!("{:02x}:{:02x}:{inode}", rustix::fs::major(device), rustix::fs::minor(device));
    let same_inode = format!(":{inode}");
    let holders = locks.lines().filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            // one that waits has an arrow in the second place
            [_, "FLOCK", _, "WRITE", process, at, ..] => Some((at, process.parse::<u32>().ok()?)),
            _ => None,
        }
    });
    let mut fallback = None;
    for (at, process) in holders {
        if at == place {
            return Some(process);
        }
        // some file systems (btrfs, overlays) show another device to stat than to the list
        if at.ends_with(&same_inode) && is_ours(process) {
            fallback = Some(process);
        }
    }
    fallback
}

fn is_ours(process: u32) -> bool {
    fs::read_to_string(format!("/proc/{process}/comm")).is_ok_and(|name| name.trim_end() == env!("CARGO_PKG_NAME"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Disk, test_folder};
    use crate::journal::{Journal, Settings};

    #[test]
    fn a_daemon_is_seen_by_its_lock_and_a_look_locks_nothing() {
        let folder = test_folder();
        assert_eq!(holder(&folder.path().join("journal")), None);
        let journal = Journal::open(&Disk::system(), folder.path(), Settings::default()).unwrap();
        let path = folder.path().join("journal");
        assert_eq!(holder(&path), Some(std::process::id()));
        drop(journal);
        // a child that another test begins just now has the open file too, until it is the program that it is to be
        for _ in 0..500 {
            if holder(&path).is_some() {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
        }
        assert_eq!(holder(&path), None);
    }

    #[test]
    fn the_kernels_list_is_read_strictly() {
        let device = rustix::fs::makedev(0xfd, 1);
        let list = "1: FLOCK  ADVISORY  WRITE 12 fd:01:77 0 EOF\n1: -> FLOCK  ADVISORY  WRITE 13 fd:01:78 0 EOF\n\
                2: POSIX  ADVISORY  WRITE 14 fd:01:79 0 EOF\n3: FLOCK  ADVISORY  READ 15 fd:01:80 0 EOF\nodd\n";
        let found = |inode| locked(list, device, inode);
        assert_eq!((found(77), found(78), found(79), found(80), found(7)), (Some(12), None, None, None, None));
        // the same inode elsewhere, held by nobody of ours
        assert_eq!(locked("1: FLOCK  ADVISORY  WRITE 1 00:19:77 0 EOF\n", device, 77), None);
    }
}
