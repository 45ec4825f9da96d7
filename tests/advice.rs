//! What the log asks people to do: every warning and error names its advice, every advice a command that there is, and
//! the catalogues are what systemd reads. And a real window's entries, heard by a journal of the test's own.

#[path = "window/trial.rs"]
mod trial;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use trial::{Trial, generation, said, voen};

fn top(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The sources of the program.
fn sources() -> Vec<(String, String)> {
    let (mut open, mut found) = (vec![top("src")], Vec::new());
    while let Some(folder) = open.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            match path.is_dir() {
                true => open.push(path),
                false if path.extension().is_some_and(|end| end == "rs") => {
                    found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
                }
                false => {}
            }
        }
    }
    assert!(found.len() > 100);
    found
}

// S 8.1.12
#[test]
fn every_warning_and_every_error_names_its_advice() {
    let (mut without, mut named, mut lines) = (Vec::new(), BTreeSet::new(), 0);
    for (name, text) in sources() {
        let program = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for start in ["tracing::warn!(", "tracing::error!("] {
            for (at, _) in program.match_indices(start) {
                let call = program[at + start.len()..].trim_start();
                lines += 1;
                if !call.starts_with("advice = %Advice::") {
                    without.push(format!("{name}: {}", call.lines().next().unwrap_or_default()));
                }
            }
        }
        let advices = text.split("%Advice::").skip(1);
        named.extend(advices.map(|rest| rest.chars().take_while(|c| c.is_alphanumeric()).collect::<String>()));
    }
    assert!(lines > 100 && without.is_empty(), "{without:#?}");
    let table = fs::read_to_string(top("src/advice/table.rs")).unwrap();
    let table = table.split_once("\nadvices! {\n").unwrap().1;
    let rows: BTreeSet<String> = table
        .lines()
        .filter(|line| line.starts_with("    ") && !line.starts_with("     "))
        .map(|line| line.trim_start().split(' ').next().unwrap().to_owned())
        .collect();
    assert_eq!(rows, named, "a row that no line names, or the other way round");
}

/// The entries of a catalogue: id, subject and text.
fn entries(name: &str) -> Vec<(String, String)> {
    let text = fs::read_to_string(top("systemd").join(name)).unwrap();
    let entries = text.split("\n-- ").skip(1).filter_map(|entry| entry.split_once('\n'));
    entries.map(|(id, text)| (id.to_owned(), text.to_owned())).collect()
}

#[test]
fn both_catalogues_have_every_id_and_name_commands_that_there_are() {
    let (english, azerbaijani) = (entries("pencere.catalog"), entries("pencere.az.catalog"));
    let ids = |entries: &[(String, String)]| entries.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>();
    assert!(english.len() > 40);
    assert_eq!(ids(&english), ids(&azerbaijani));
    let trial = Trial::new();
    let mut commands = BTreeSet::new();
    for (_, text) in english.iter().chain(&azerbaijani) {
        let runs = text.lines().filter_map(|line| line.strip_prefix("Run: ").or(line.strip_prefix("Əmr: ")));
        for run in runs.flat_map(|run| run.split("; ")).filter(|run| run.starts_with("pencere ")) {
            let words = run.split(' ').skip(1).take_while(|word| word.bytes().all(|c| c.is_ascii_lowercase()));
            commands.insert(words.map(str::to_owned).collect::<Vec<_>>());
        }
    }
    assert!(commands.len() > 5, "{commands:?}");
    for command in commands {
        let words: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
        assert_eq!(trial.pencere(&words).status.code(), Some(0), "{words:?}");
    }
}

#[test]
fn systemd_reads_the_catalogues_in_both_languages() {
    if Command::new("journalctl").arg("--version").output().is_err() {
        return eprintln!("SKIPPED: journalctl is not installed");
    }
    let folder = tempfile::tempdir().unwrap();
    let catalogs = folder.path().join("usr/lib/systemd/catalog");
    fs::create_dir_all(&catalogs).unwrap();
    fs::create_dir_all(folder.path().join("var/lib/systemd/catalog")).unwrap();
    for name in ["pencere.catalog", "pencere.az.catalog"] {
        fs::copy(top("systemd").join(name), catalogs.join(name)).unwrap();
    }
    let root = format!("--root={}", folder.path().display());
    let journalctl = |arguments: &[&str], language: &str| {
        let mut command = Command::new("journalctl");
        command.arg(&root).args(arguments).env("LC_ALL", language).env("LANG", language).env("LC_MESSAGES", language);
        command.output().unwrap()
    };
    let updated = journalctl(&["--update-catalog"], "C");
    assert!(updated.status.success(), "{}", said(&updated));
    assert!(!said(&updated).contains("atalog"), "systemd has something to say: {}", said(&updated));
    let listed = journalctl(&["--list-catalog"], "C");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    for (id, text) in entries("pencere.catalog") {
        let subject = text.lines().next().unwrap().strip_prefix("Subject: ").unwrap().to_owned();
        assert!(listed.contains(&id) && listed.contains(&subject), "{id} {subject}: {listed}");
    }
}

#[test]
fn a_window_tells_the_journal_whose_submission_it_speaks_of() {
    let trial = Trial::new();
    trial.set("settle", "\"1ms\"");
    trial.change("pencere.toml", "\nformat = \"auto\"", "\nformat = \"journald\"");
    let path = trial.at("journal.sock");
    let journal = UnixDatagram::bind(&path).unwrap();
    journal.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut daemon = trial.start_with(|command| {
        command.env("PENCERE_JOURNAL_SOCKET", &path).env_remove("PENCERE_LOG");
    });
    assert!(daemon.is_ready(), "{}", trial.log());
    let statement = generation(voen("azerenerji"), "2025-Q1", 1, "KUL-0001", "10");
    trial.put("azerenerji", "no.xml", trial.signed("no.xml", statement, "azerenerji"));
    let entry = |what: &str| {
        let (begin, mut octets) = (Instant::now(), vec![0; 1 << 20]);
        loop {
            assert!(begin.elapsed() < Duration::from_secs(30), "{what} was not heard");
            let length = journal.recv(&mut octets).unwrap();
            let entry = String::from_utf8_lossy(&octets[..length]).into_owned();
            if entry.starts_with(&format!("MESSAGE={what}")) {
                return entry;
            }
        }
    };
    let field = |entry: &str, name: &str| {
        let found = entry.lines().find_map(|line| line.strip_prefix(&format!("{name}=")));
        found.unwrap_or_else(|| panic!("{name}: {entry}")).to_owned()
    };
    let open = entry("the window is open");
    let answered = entry("answered");
    assert_eq!(field(&answered, "PARTICIPANT"), "azerenerji");
    assert_eq!(field(&answered, "FINDING"), "authority.not-your-station");
    assert_eq!(field(&answered, "SYSLOG_IDENTIFIER"), "pencere");
    let (file, _) = trial.answer("azerenerji", "no.xml");
    assert_eq!(file, format!("no.xml.{}.receipt.xml", field(&answered, "SUBMISSION_ID")));
    // what asks for something, by its id in the catalogue
    trial.change("registry.toml", "[participants.azerisiq]", "[participants.azerisiq");
    daemon.signal(rustix::process::Signal::HUP);
    let refused = entry("the configuration stays as it was");
    assert_eq!((field(&refused, "PRIORITY"), field(&refused, "ADVICE")), ("3".to_owned(), "reload-refused".to_owned()));
    assert!(refused.lines().next().unwrap().ends_with("do=\"pencere config check\""), "{refused}");
    let ids: BTreeSet<String> = entries("pencere.catalog").into_iter().map(|(id, _)| id).collect();
    for entry in [open, answered, refused] {
        assert!(ids.contains(&field(&entry, "MESSAGE_ID")), "{entry}");
    }
    daemon.end();
}
