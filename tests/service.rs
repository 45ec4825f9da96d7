//! The systemd units, users and folders: what they promise, and that systemd agrees where its tools are installed.

#[path = "window/trial.rs"]
mod trial;

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use trial::{Trial, said};

const WINDOW: &str = "pencere.service";
const SEAL: &str = "pencere-seal.service";
const SOCKET: &str = "pencere-seal.socket";
/// What is done on a schedule: the service, the command that it runs, and what it may write beside the state.
const SCHEDULED: [(&str, &str, &str); 3] = [
    ("pencere-verify", "/usr/bin/pencere audit verify --config /etc/pencere/pencere.toml", ""),
    ("pencere-backup", "/usr/bin/pencere backup --config /etc/pencere/pencere.toml", "/var/backups/pencere"),
    ("pencere-archive", "/usr/bin/pencere archive make --config /etc/pencere/pencere.toml", "/srv/pencere/archive"),
];

fn services() -> Vec<String> {
    let scheduled = SCHEDULED.iter().map(|(name, ..)| format!("{name}.service"));
    [WINDOW.to_owned(), SEAL.to_owned()].into_iter().chain(scheduled).collect()
}

fn timers() -> Vec<String> {
    SCHEDULED.iter().map(|(name, ..)| format!("{name}.timer")).collect()
}
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
    assert_eq!(settings["Service.SystemCallFilter"], FILTER);
    assert!(settings.contains_key("Service.MemoryMax") && settings.contains_key("Service.TasksMax"));
}

/// Also the calls by which the process shuts itself in, which stand in no set of systemd 252.
const FILTER: [&str; 3] = [
    "@system-service",
    "~@privileged @resources",
    "landlock_create_ruleset landlock_add_rule landlock_restrict_self seccomp",
];

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
        ("Group", "pencere"),
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
    assert_eq!(seal["Service.SystemCallFilter"], FILTER);
    for (key, value) in [("SocketGroup", "pencere"), ("SocketMode", "0660"), ("Accept", "no")] {
        assert_eq!(socket[&format!("Socket.{key}")], [value], "{key}");
    }
    assert_eq!(socket["Socket.ListenStream"], ["/run/pencere-seal.sock"]);
}

#[test]
fn systemd_finds_them_well_closed() {
    // The threshold is in tenths: at most 0.8 of 10. (Asked of the window are 1.5, and of the seal 0.8.)
    for unit in services() {
        let path = path_of(&unit);
        let arguments = ["security", "--offline=true", "--threshold=8", "--no-pager", path.to_str().unwrap()];
        if let Some((good, said)) = analyze(&arguments) {
            assert!(good, "{unit}: {said}");
        }
    }
}

#[test]
fn systemd_understands_every_line() {
    // `verify` wants the binary to be there, so the units are read with that of this build.
    let folder = tempfile::tempdir().unwrap();
    let own = [SOCKET, NUMBERS, NUMBERS_SOCKET].map(str::to_owned);
    let all: Vec<String> = services().into_iter().chain(timers()).chain(own).collect();
    for unit in &all {
        let text = std::fs::read_to_string(path_of(unit)).unwrap();
        let text = text.replace("/usr/bin/pencere", env!("CARGO_BIN_EXE_pencere"));
        std::fs::write(folder.path().join(unit), text).unwrap();
    }
    for unit in &all {
        let path = folder.path().join(unit);
        if let Some((good, said)) = analyze(&["verify", "--man=no", path.to_str().unwrap()]) {
            assert!(good && !said.contains("Unknown") && !said.contains(&format!("{unit}:")), "{unit}: {said}");
        }
    }
}

#[test]
fn what_is_done_on_a_schedule_has_the_user_of_the_window_and_its_time_last() {
    for (name, command, writes) in SCHEDULED {
        let (service, timer) = (settings(&format!("{name}.service")), settings(&format!("{name}.timer")));
        assert!(service["Service.ExecStart"][0].contains(command), "{name}");
        let writes: Vec<&str> = Some(writes).into_iter().filter(|writes| !writes.is_empty()).collect();
        assert_eq!(service.get("Service.ReadWritePaths").cloned().unwrap_or_default(), writes, "{name}");
        for (key, value) in [
            ("Type", "oneshot"),
            ("User", "pencere"),
            ("Group", "pencere"),
            ("StateDirectory", "pencere"),
            ("ProtectSystem", "strict"),
            ("PrivateNetwork", "yes"),
            ("CapabilityBoundingSet", ""),
            ("NoNewPrivileges", "yes"),
            ("LimitCORE", "0"),
            ("Nice", "19"),
            ("IOSchedulingClass", "idle"),
        ] {
            assert_eq!(service[&format!("Service.{key}")], [value], "{name}: {key}");
        }
        // nobody starts it but its timer, which catches up
        assert!(!service.keys().any(|key| key.starts_with("Install.")), "{name}");
        assert_eq!(timer["Timer.Persistent"], ["true"], "{name}");
        assert_eq!(timer["Install.WantedBy"], ["timers.target"], "{name}");
        let when = &timer["Timer.OnCalendar"][0];
        if let Some((good, said)) = analyze(&["calendar", when]) {
            assert!(good && said.contains("Next elapse"), "{name}: {said}");
        }
    }
}

/// What the manager would run: words, a quoted one being one, with its own signs taken away (systemd.service(5)).
fn command(line: &str) -> Vec<String> {
    let pieces = line.split('\'').enumerate();
    let words = pieces.flat_map(|(nth, piece)| match nth % 2 {
        1 => vec![piece.to_owned()],
        _ => piece.split_whitespace().map(str::to_owned).collect(),
    });
    words.map(|word| word.replace("$$", "$").replace("%%", "%")).collect()
}

/// The same of a unit's key, run for a trial window.
fn runs(trial: &Trial, unit: &str, key: &str) -> Output {
    let line = &settings(unit)[&format!("Service.{key}")][0];
    let of_trial = |word: String| {
        let word = word.replace("/usr/bin/pencere", env!("CARGO_BIN_EXE_pencere"));
        let word = word.replace("/etc/pencere/pencere.toml", trial.at("w/pencere.toml").to_str().unwrap());
        word.replace("/var/lib/pencere", trial.at("w/state").to_str().unwrap())
    };
    let words: Vec<String> = command(line).into_iter().map(of_trial).collect();
    let arguments: Vec<&str> = words[1..].iter().map(String::as_str).collect();
    trial.tool(&words[0], &arguments).env("BACKUPS", trial.at("backups")).output().unwrap()
}

// R 3.4.1, R 3.4.6, R 3.4.7
#[test]
fn what_is_done_on_a_schedule_works_beside_a_window_and_archives_without_one() {
    let trial = Trial::new();
    trial.set("archive.after", "\"1s\"");
    std::fs::create_dir(trial.at("backups")).unwrap();
    let daemon = trial.run();
    for unit in ["pencere-verify.service", "pencere-backup.service"] {
        let output = runs(&trial, unit, "ExecStart");
        assert_eq!(output.status.code(), Some(0), "{unit}: {}", said(&output));
    }
    let made: Vec<_> = std::fs::read_dir(trial.at("backups")).unwrap().flatten().map(|one| one.file_name()).collect();
    let made: Vec<_> = made.iter().map(|name| name.to_str().unwrap()).collect();
    // 2026-11-28T013000Z
    assert!(made.len() == 1 && made[0].len() == 18 && made[0].ends_with('Z') && made[0].contains('T'), "{made:?}");
    trial.done(&[
        "audit",
        "verify",
        "--config",
        trial.at("backups").join(made[0]).join("pencere.toml").to_str().unwrap(),
    ]);
    // a running window archives by itself: that is no failure of the unit's (1 to 254 of a condition)
    assert_eq!(runs(&trial, "pencere-archive.service", "ExecCondition").status.code(), Some(1));
    daemon.end();
    for key in ["ExecCondition", "ExecStart"] {
        let output = runs(&trial, "pencere-archive.service", key);
        assert_eq!(output.status.code(), Some(0), "{key}: {}", said(&output));
    }
}

/// The lines of a file of systemd's, in words; what is quoted is one.
fn lines(file: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path_of(file)).unwrap();
    let words = |line: &str| {
        let pieces = line.split('"').enumerate();
        let words = pieces.flat_map(|(nth, piece)| match nth % 2 {
            1 => vec![piece.to_owned()],
            _ => piece.split_whitespace().map(str::to_owned).collect(),
        });
        words.collect()
    };
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(words).collect()
}

#[test]
fn users_and_folders_are_those_of_the_units() {
    let users: BTreeSet<String> = lines("pencere.sysusers").into_iter().map(|line| line[1].clone()).collect();
    let folders: BTreeSet<String> = lines("pencere.tmpfiles").into_iter().map(|line| line[1].clone()).collect();
    for unit in services() {
        let settings = settings(&unit);
        assert!(users.contains(&settings["Service.User"][0]), "{unit}");
        assert!(folders.contains(&format!("/var/lib/{}", settings["Service.StateDirectory"][0])), "{unit}");
        for path in settings.get("Service.ReadWritePaths").into_iter().flatten() {
            assert!(folders.contains(path), "{unit}: {path}");
        }
    }
    for line in lines("pencere.tmpfiles") {
        assert!(
            line[0] == "d" && line[5] == "-",
            "a folder that is made, and of which nothing is taken away: {line:?}"
        );
        let is_users = |name: &String| name == "root" || users.contains(name);
        assert!(is_users(&line[3]) && is_users(&line[4]), "{line:?}");
    }
}

/// A tool of systemd's in a system of its own below a folder; none where it is not installed.
fn below(root: &Path, tool: &str, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(tool);
    let output = command.arg(format!("--root={}", root.display())).args(arguments).output().ok()?;
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{tool}: {said}");
    Some(said)
}

#[test]
fn systemd_makes_the_users_and_the_folders() {
    if !rustix::process::geteuid().is_root() {
        return; // to give a folder to somebody is for the machine's root
    }
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("etc")).unwrap();
    let file = |name: &str| path_of(name).to_str().unwrap().to_owned();
    if below(root.path(), "systemd-sysusers", &[&file("pencere.sysusers")]).is_none() {
        return;
    }
    let numbers = |list: &str| -> BTreeMap<String, Vec<String>> {
        let text = std::fs::read_to_string(root.path().join("etc").join(list)).unwrap();
        let fields = |line: &str| line.split(':').map(str::to_owned).collect::<Vec<_>>();
        text.lines().map(fields).map(|fields| (fields[0].clone(), fields)).collect()
    };
    let (users, groups) = (numbers("passwd"), numbers("group"));
    assert_eq!(users["pencere"][3], groups["pencere"][2]);
    // the seal is of the window's group, and nobody is of the seal's
    assert_eq!(users["pencere-seal"][3], groups["pencere"][2]);
    assert_ne!(users["pencere-seal"][2], users["pencere"][2]);
    assert!(users.values().all(|user| user[6].ends_with("/nologin")), "{users:?}");
    // twice: what is there stays as it is
    for _ in 0..2 {
        below(root.path(), "systemd-sysusers", &[&file("pencere.sysusers")]);
        below(root.path(), "systemd-tmpfiles", &["--create", &file("pencere.tmpfiles")]);
    }
    let number = |list: &BTreeMap<String, Vec<String>>, name: &str| match name {
        "root" => 0,
        name => list[name][2].parse().unwrap(),
    };
    for line in lines("pencere.tmpfiles") {
        let made = std::fs::metadata(root.path().join(line[1].trim_start_matches('/'))).unwrap();
        let found = (made.permissions().mode() & 0o7777, made.uid(), made.gid());
        let mode = u32::from_str_radix(&line[2], 8).unwrap();
        assert_eq!(found, (mode, number(&users, &line[3]), number(&groups, &line[4])), "{line:?}");
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
