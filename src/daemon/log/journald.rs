//! The journal of systemd: each line of the log as an entry with fields of its own (systemd.journal-fields(7)).
//!
//! Owns the native protocol and which fields there are. `MESSAGE` is the whole line, because `journalctl` shows nothing
//! else unless asked; what people look for has a field of its own name: `SUBMISSION_ID`, `PARTICIPANT`, a `FINDING`
//! each, `MESSAGE_ID` for the catalogue; every value stands in a field that begins with `F_`, too. An entry that does
//! not fit into a datagram loses its fields and keeps its line. Whatever a value holds, it ends no field.

use super::Told;
use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

/// Names another socket than systemd's, for tests and containers.
pub(super) const VARIABLE: &str = "PENCERE_JOURNAL_SOCKET";
/// Where systemd listens.
const SOCKET: &str = "/run/systemd/journal/socket";
/// Of an entry that was too large the line is kept, up to so many octets.
const LINE_MAX: usize = 16 << 10;

/// Whoever hears the entries.
pub(super) struct Journald {
    socket: UnixDatagram,
}

impl Journald {
    /// Reaches the journal.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn open() -> io::Result<Self> {
        let path = std::env::var_os(VARIABLE).filter(|path| !path.is_empty());
        Self::at(&path.map_or_else(|| PathBuf::from(SOCKET), PathBuf::from))
    }

    pub(super) fn at(path: &Path) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.connect(path)?;
        Ok(Self { socket })
    }
}

impl<S: Subscriber> Layer<S> for Journald {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let (told, metadata) = (Told::of(event), event.metadata());
        let line = told.line();
        let mut entry = head(&told, metadata, &line);
        put(&mut entry, "TARGET", metadata.target());
        if let (Some(file), Some(line)) = (metadata.file(), metadata.line()) {
            put(&mut entry, "CODE_FILE", file);
            put(&mut entry, "CODE_LINE", &line.to_string());
        }
        for (name, value) in &told.fields {
            let value = super::plain(value);
            match *name {
                "submission" | "id" => put(&mut entry, "SUBMISSION_ID", &value),
                "participant" | "body" if !value.is_empty() => put(&mut entry, "PARTICIPANT", &value),
                "finding" | "findings" => findings(&value).for_each(|slug| put(&mut entry, "FINDING", slug)),
                _ => {}
            }
            put(&mut entry, &format!("F_{}", name.to_ascii_uppercase()), &value);
        }
        // a journal that does not hear is no reason to stop
        if self.socket.send(&entry).is_err() {
            let end = line.floor_char_boundary(LINE_MAX);
            let _ = self.socket.send(&head(&told, metadata, line.get(..end).unwrap_or_default()));
        }
    }
}

fn head(told: &Told, metadata: &Metadata<'_>, line: &str) -> Vec<u8> {
    let mut entry = Vec::with_capacity(line.len() + 512);
    put(&mut entry, "MESSAGE", line);
    let priority = match *metadata.level() {
        Level::ERROR => "3",
        Level::WARN => "4",
        Level::INFO => "6",
        Level::DEBUG | Level::TRACE => "7",
    };
    put(&mut entry, "PRIORITY", priority);
    put(&mut entry, "SYSLOG_IDENTIFIER", "pencere");
    if let Some(advice) = told.advice {
        put(&mut entry, "MESSAGE_ID", advice.id());
        put(&mut entry, "ADVICE", advice.slug());
    }
    entry
}

/// The slugs of `a.b×2,c.d`.
fn findings(told: &str) -> impl Iterator<Item = &str> {
    let one = |part: &'_ str| part.split('×').next().map_or("", str::trim).len();
    told.split(',').map(move |part| part.get(..one(part)).unwrap_or_default()).filter(|slug| !slug.is_empty())
}

/// `NAME=value`, or with its length before it where it has several lines.
fn put(entry: &mut Vec<u8>, name: &str, value: &str) {
    entry.extend(name.bytes().map(|c| if c.is_ascii_alphanumeric() { c } else { b'_' }));
    if value.contains('\n') {
        entry.push(b'\n');
        entry.extend((value.len() as u64).to_le_bytes());
    } else {
        entry.push(b'=');
    }
    entry.extend(value.bytes());
    entry.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advice::Advice;
    use crate::host::test_folder;
    use std::time::Duration;
    use tracing_subscriber::layer::SubscriberExt;

    /// The entries that a journal of the test's own hears.
    fn heard(events: impl FnOnce(), count: usize) -> Vec<String> {
        let folder = test_folder();
        let path = folder.path().join("journal");
        let journal = UnixDatagram::bind(&path).unwrap();
        journal.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let layer = Journald::at(&path).unwrap();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), events);
        let mut octets = vec![0; 1 << 20];
        let mut next = || {
            let length = journal.recv(&mut octets).unwrap();
            String::from_utf8_lossy(&octets[..length]).into_owned()
        };
        (0..count).map(|_| next()).collect()
    }

    #[test]
    fn an_entry_has_the_line_and_the_fields_that_people_look_for() {
        let heard = heard(
            || {
                tracing::info!(
                    submission = "0199-1",
                    participant = "azerenerji",
                    records = 3u64,
                    findings = "rule.station-missing×16,schema.invalid",
                    "answered\nforged"
                );
                tracing::error!(advice = %Advice::BoemisAway, why = "a\nPRIORITY=0", "BOEMİS is away");
            },
            2,
        );
        let line = "MESSAGE=answered\\u{a}forged submission=0199-1 participant=azerenerji records=3 \
                    findings=rule.station-missing×16,schema.invalid\n";
        assert!(heard[0].starts_with(line), "{}", heard[0]);
        for field in [
            "PRIORITY=6",
            "SYSLOG_IDENTIFIER=pencere",
            "SUBMISSION_ID=0199-1",
            "F_SUBMISSION=0199-1",
            "PARTICIPANT=azerenerji",
            "FINDING=rule.station-missing",
            "FINDING=schema.invalid",
            "F_RECORDS=3",
        ] {
            assert!(heard[0].lines().any(|line| line == field), "{field}: {}", heard[0]);
        }
        assert!(heard[0].contains("CODE_FILE=") && !heard[0].contains("MESSAGE_ID="));
        let id = format!("MESSAGE_ID={}", Advice::BoemisAway.id());
        assert!(heard[1].lines().any(|line| line == id), "{}", heard[1]);
        assert!(heard[1].contains(" advice=boemis-away do=\"pencere status\"\n"), "{}", heard[1]);
        assert_eq!(heard[1].lines().filter(|line| line.starts_with("PRIORITY=")).collect::<Vec<_>>(), ["PRIORITY=3"]);
    }

    #[test]
    fn an_entry_that_is_too_large_keeps_its_line() {
        let long = "\u{202e}".repeat(1000);
        let heard = heard(
            || {
                tracing::warn!(
                    a = long,
                    b = long,
                    c = long,
                    d = long,
                    e = long,
                    f = long,
                    g = long,
                    h = long,
                    i = long,
                    j = long,
                    k = long,
                    l = long,
                    m = long,
                    n = long,
                    "too large"
                );
            },
            1,
        );
        assert!(heard[0].starts_with("MESSAGE=too large a="), "{}", &heard[0][..80]);
        assert!(heard[0].contains("PRIORITY=4\n"));
    }

    #[test]
    fn what_has_several_lines_says_how_long_it_is() {
        let mut entry = Vec::new();
        put(&mut entry, "F_A B", "x\ny");
        assert_eq!(entry, b"F_A_B\n\x03\0\0\0\0\0\0\0x\ny\n");
    }
}
