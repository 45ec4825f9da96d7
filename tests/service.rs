//! The systemd units: what they promise, and that systemd agrees where its tools are installed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

const WINDOW: &str = "pencere.service";
const SEAL: &str = "pencere-seal.service";
const SOCKET: &str = "pencere-seal.socket";
const NUMBERS: &str = "pencere-metrics.service";
const NUMBERS_SOCKET: &str = "pencere-metrics.socket";

fn path_of(unit: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd").join(unit)
}

/// Section and key, with the values in order.
fn settings(unit: &str) -> BTreeMap<String, Vec<String>> {
    let (mut section, mut settings) = (String::new(), BTreeMap::<String, Vec<String>>::new());
    for line in std::fs::read_to_string(path_of(unit)).unwrap().lines() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.to_owned();
            continue;
        }
        let (key, value) = line.split_once('=').unwrap_or_else(|| panic!("{line} is no setting"));
        settings.entry(format!("{section}.{key}")).or_default().push(value.to_owned());
    }
    settings
}

// S 8.1.5
#[test]
fn the_manager_is_told_and_the_window_comes_back() {
    let settings = settings(WINDOW);
    for (key, value) in [
        ("Type", "notify"),
        ("NotifyAccess", "main"),
        ("Restart", "on-failure"),
        ("RestartPreventExitStatus", "2"),
        ("ExecReload", "/bin/kill -HUP $MAINPID"),
        ("ExecStart", "/usr/bin/pencere run --config /etc/pencere/pencere.toml"),
        ("StateDirectory", "pencere"),
        ("ReadWritePaths", "/srv/pencere/drop"),
    ] {
        assert_eq!(settings[&format!("Service.{key}")], [value], "{key}");
    }
    assert!(settings.contains_key("Service.WatchdogSec"));
    assert_eq!(settings["Install.WantedBy"], ["multi-user.target"]);
}

// S item 2.2, S 5.1.2, 8.1.2
#[test]
fn it_can_do_little_beyond_its_folders() {
    let settings = settings(WINDOW);
    for (key, value) in [
        ("User", "pencere"),
        ("NoNewPrivileges", "yes"),
        ("CapabilityBoundingSet", ""),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("PrivateNetwork", "yes"),
        ("RestrictAddressFamilies", "AF_UNIX"),
        ("MemoryDenyWriteExecute", "yes"),
        ("LimitCORE", "0"),
    ] {
        assert_eq!(settings[&format!("Service.{key}")], [value], "{key}");
    }
    assert_eq!(settings["Service.SystemCallFilter"], ["@system-service", "~@privileged @resources"]);
}

/// The output of `systemd-analyze`, or none where it is not installed.
fn analyze(arguments: &[&str]) -> Option<(bool, String)> {
    let output = Command::new("systemd-analyze").args(arguments).env("SYSTEMD_COLORS", "0").output().ok()?;
    let text = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8_lossy(&text).into_owned()))
}

// S 8.1.4 item 8
#[test]
fn the_seal_is_asked_by_the_window_and_reaches_nothing_else() {
    let (seal, socket) = (settings(SEAL), settings(SOCKET));
    for (key, value) in [
        ("Type", "notify"),
        ("Restart", "on-failure"),
        ("RestartPreventExitStatus", "2"),
        ("ExecStart", "/usr/bin/pencere seal --config /etc/pencere/seal.toml"),
        ("StandardInput", "socket"),
        ("User", "pencere-seal"),
        ("StateDirectory", "pencere-seal"),
        ("ProtectSystem", "strict"),
        ("InaccessiblePaths", "-/srv"),
        ("TemporaryFileSystem", "/var/lib/pencere:ro"),
        ("BindReadOnlyPaths", "/var/lib/pencere/journal"),
        ("PrivateNetwork", "yes"),
        ("RestrictAddressFamilies", "AF_UNIX"),
        ("CapabilityBoundingSet", ""),
        ("NoNewPrivileges", "yes"),
        ("LimitCORE", "0"),
    ] {
        assert_eq!(seal[&format!("Service.{key}")], [value], "{key}");
    }
    // the user of a process that calls would be nobody
    assert!(!seal.contains_key("Service.PrivateUsers"));
    for (key, value) in [("SocketGroup", "pencere"), ("SocketMode", "0660"), ("Accept", "no")] {
        assert_eq!(socket[&format!("Socket.{key}")], [value], "{key}");
    }
    assert_eq!(socket["Socket.ListenStream"], ["/run/pencere-seal.sock"]);
}

#[test]
fn systemd_finds_them_well_closed() {
    // The threshold is in tenths: at most 1.5 of 10 for the window, and 0.8 for the seal.
    for (unit, threshold) in [(WINDOW, "--threshold=15"), (SEAL, "--threshold=8")] {
        let path = path_of(unit);
        let arguments = ["security", "--offline=true", threshold, "--no-pager", path.to_str().unwrap()];
        if let Some((good, said)) = analyze(&arguments) {
            assert!(good, "{unit}: {said}");
        }
    }
}

#[test]
fn systemd_understands_every_line() {
    // `verify` wants the binary to be there, so the units are read with that of this build.
    let folder = tempfile::tempdir().unwrap();
    for unit in [WINDOW, SEAL, SOCKET, NUMBERS, NUMBERS_SOCKET] {
        let text = std::fs::read_to_string(path_of(unit)).unwrap();
        let text = text.replace("/usr/bin/pencere", env!("CARGO_BIN_EXE_pencere"));
        std::fs::write(folder.path().join(unit), text).unwrap();
    }
    for unit in [WINDOW, SEAL, SOCKET, NUMBERS, NUMBERS_SOCKET] {
        let path = folder.path().join(unit);
        if let Some((good, said)) = analyze(&["verify", "--man=no", path.to_str().unwrap()]) {
            assert!(good && !said.contains("Unknown") && !said.contains(&format!("{unit}:")), "{unit}: {said}");
        }
    }
}

#[test]
fn the_numbers_are_given_on_this_machine_alone_and_ask_for_no_more_rights() {
    let (socket, proxy, drop_in) = (settings(NUMBERS_SOCKET), settings(NUMBERS), settings("metrics.conf"));
    assert_eq!(socket["Socket.ListenStream"], ["127.0.0.1:9464"]);
    let start = &proxy["Service.ExecStart"][0];
    assert!(start.ends_with(" /run/pencere/metrics.sock") && start.contains("systemd-socket-proxyd"), "{start}");
    // a question never starts the window, and the window gets no network for it
    assert!(!start.contains("pencere run") && !socket.contains_key("Socket.Service"));
    let keys: Vec<&str> = drop_in.keys().map(String::as_str).collect();
    assert_eq!(keys, ["Service.RuntimeDirectory", "Service.RuntimeDirectoryMode"]);
    assert_eq!(drop_in["Service.RuntimeDirectoryMode"], ["0750"]);
}
