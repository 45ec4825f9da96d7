//! The log: where lines go and what they look like.
//!
//! One line per change of state, each complete in itself, all to stderr, so that stdout keeps the answer. On a
//! terminal or in a file: time (UTC), level, message, fields. Under systemd the journal gets the same line with its
//! fields beside it. As JSON on demand. A warning or an error ends with the advice that it is and the command to run
//! ([`Advice`]). Whatever a value holds, it cannot end a line or move a cursor. Never decides what is logged: that is
//! the rooms', and `PENCERE_LOG`'s.

mod journald;

use crate::advice::Advice;
use crate::host::{is_unprintable, printable_line};
use jiff::Timestamp;
use journald::Journald;
use std::fmt::{self, Write as _};
use std::io::IsTerminal;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

/// `[log]` of the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `log.format`: `auto` (default), `text`, `json` or `journald`.
    #[serde(default)]
    pub format: LogFormat,
}

/// What a line looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// The journal when stderr leads there, else text.
    #[default]
    Auto,
    /// Time, level, message, `key=value`.
    Text,
    /// One JSON object a line.
    Json,
    /// The journal of systemd, with fields of their own.
    Journald,
}

/// Who asks for a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// The daemon: every change of state.
    Daemon,
    /// A command that answers by itself: only what went wrong.
    Command,
}

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum LogFault {
    /// The caller wrote it wrong.
    #[error("{VARIABLE} is not understood ({0}); write a level (error, warn, info, debug, trace) or target=level, …")]
    Filter(String),
    /// `log.format` is `journald` and there is none.
    #[error("log.format is journald, but the journal cannot be reached: {0}")]
    Journal(std::io::Error),
    /// A log was set up before.
    #[error("the log is set up already")]
    Twice,
}

/// Sets what is logged: a level, or `target=level` pairs with commas between.
pub const VARIABLE: &str = "PENCERE_LOG";

/// Longest value in a line, in characters: long enough for a path or a list of findings.
const VALUE_MAX: usize = 1000;

/// Begins to log, for the whole process, once.
///
/// # Errors
/// A filter that is not understood, a journal that is not there, a second call.
pub fn start(settings: Settings, voice: Voice) -> Result<(), LogFault> {
    let filter = match std::env::var(VARIABLE) {
        Ok(filter) if !filter.trim().is_empty() => {
            filter.parse::<Targets>().map_err(|e| LogFault::Filter(e.to_string()))?
        }
        _ => match voice {
            // of our libraries only what goes wrong
            Voice::Daemon => Targets::new().with_default(Level::WARN).with_target("pencere", Level::INFO),
            Voice::Command => Targets::new().with_default(Level::WARN),
        },
    };
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let text = Shape::Text { colour };
    let shape = match settings.format {
        LogFormat::Text => text,
        LogFormat::Json => Shape::Json,
        LogFormat::Journald => return install(filter, Journald::open().map_err(LogFault::Journal)?),
        LogFormat::Auto => match leads_to_journal(std::env::var("JOURNAL_STREAM").ok().as_deref()).then(Journald::open)
        {
            Some(Ok(journal)) => return install(filter, journal),
            _ => text,
        },
    };
    install(filter, lines(shape, std::io::stderr))
}

fn install(
    filter: Targets,
    layer: impl Layer<tracing_subscriber::layer::Layered<Targets, tracing_subscriber::Registry>> + Send + Sync,
) -> Result<(), LogFault> {
    tracing_subscriber::registry().with(filter).with(layer).try_init().map_err(|_| LogFault::Twice)
}

fn lines<S, W>(shape: Shape, writer: W) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'w> tracing_subscriber::fmt::MakeWriter<'w> + 'static,
{
    tracing_subscriber::fmt::layer()
        .event_format(Line { shape, now: Timestamp::now })
        .with_writer(writer)
        .log_internal_errors(false) // a closed stderr is no reason to stop
}

/// Whether stderr is the stream that systemd connected to the journal: its device and inode are
/// what `JOURNAL_STREAM` names (systemd.exec(5)); a redirection afterwards would differ.
fn leads_to_journal(stream: Option<&str>) -> bool {
    let Some((device, inode)) = stream.and_then(|stream| stream.split_once(':')) else { return false };
    let (Ok(device), Ok(inode)) = (device.parse::<u64>(), inode.parse::<u64>()) else { return false };
    rustix::fs::fstat(std::io::stderr()).is_ok_and(|stat| stat.st_dev == device && stat.st_ino == inode)
}

#[derive(Clone, Copy, Debug)]
enum Shape {
    Text { colour: bool },
    Json,
}

/// Writes one event as one line.
struct Line {
    shape: Shape,
    now: fn() -> Timestamp,
}

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let told = Told::of(event);
        let now = (self.now)();
        let level = event.metadata().level();
        match self.shape {
            Shape::Text { colour } => {
                let (on, off) = match (colour, *level) {
                    (true, Level::ERROR) => ("\u{1b}[31m", "\u{1b}[0m"),
                    (true, Level::WARN) => ("\u{1b}[33m", "\u{1b}[0m"),
                    _ => ("", ""),
                };
                writeln!(writer, "{now:.3} {on}{level:5}{off} {}", told.line())
            }
            Shape::Json => writeln!(writer, "{}", told.json(now, event.metadata())),
        }
    }
}

/// What an event tells: its message and its fields, cut and made printable.
#[derive(Default)]
struct Told {
    message: String,
    advice: Option<Advice>,
    /// Whether it asks for something: a warning or an error.
    asks: bool,
    fields: Vec<(&'static str, serde_json::Value)>,
}

impl Told {
    fn of(event: &Event<'_>) -> Self {
        let asks = *event.metadata().level() <= Level::WARN;
        let mut told = Self { asks, ..Self::default() };
        event.record(&mut told);
        told
    }

    fn take(&mut self, field: &Field, text: &str) {
        let mut text = match text.char_indices().nth(VALUE_MAX) {
            None => text.to_owned(),
            Some((end, _)) => format!("{}…", &text[..end]),
        };
        if text.contains(is_unprintable) {
            text = printable_line(&text);
        }
        match field.name() {
            "message" => self.message = text,
            "advice" if Advice::of_slug(&text).is_some() => self.advice = Advice::of_slug(&text),
            name => self.fields.push((name, text.into())),
        }
    }

    /// `message key=value key="a value" advice=slug do="a command"`.
    fn line(&self) -> String {
        let mut line = self.message.clone();
        let fields = self.fields.iter().map(|(name, value)| (*name, plain(value)));
        let advice = self.advice.filter(|_| self.asks);
        let advice = advice.map(|advice| [("advice", advice.slug().into()), ("do", advice.run().into())]);
        for (name, text) in fields.chain(advice.into_iter().flatten()) {
            let bare = !text.is_empty() && !text.contains([' ', '"', '=']);
            let _ = match bare {
                true => write!(line, " {name}={text}"),
                false => write!(line, " {name}=\"{}\"", text.replace('"', "\\\"")),
            };
        }
        line.trim_start().to_owned()
    }

    fn json(self, now: Timestamp, metadata: &Metadata<'_>) -> String {
        let mut object = serde_json::Map::new();
        object.insert("time".to_owned(), format!("{now:.3}").into());
        object.insert("level".to_owned(), metadata.level().as_str().to_lowercase().into());
        object.insert("target".to_owned(), metadata.target().into());
        object.insert("message".to_owned(), self.message.into());
        if let Some(advice) = self.advice {
            object.insert("advice".to_owned(), advice.slug().into());
            object.insert("do".to_owned(), advice.run().into());
        }
        for (name, value) in self.fields {
            // a field never hides time, level, target or message
            let name = match object.contains_key(name) {
                true => format!("field_{name}"),
                false => name.to_owned(),
            };
            object.insert(name, value);
        }
        serde_json::Value::Object(object).to_string()
    }
}

fn plain(value: &serde_json::Value) -> std::borrow::Cow<'_, str> {
    match value {
        serde_json::Value::String(text) => text.into(),
        other => other.to_string().into(),
    }
}

impl Visit for Told {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.take(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.take(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.fields.push((field.name(), value.into()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.fields.push((field.name(), value.into()));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.fields.push((field.name(), value.into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Paper {
        fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(octets);
            Ok(octets.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(shape: Shape, events: impl FnOnce()) -> String {
        let paper = Paper::default();
        let writer = paper.clone();
        let layer = lines(shape, move || writer.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), events);
        let octets = paper.0.lock().unwrap().clone();
        String::from_utf8(octets).unwrap()
    }

    fn hostile() {
        let name = "a\nERROR forged\u{1b}[31m\u{9b}2J\u{202e}.xml";
        tracing::info!(file = %name, participant = "azerenerji", records = 3u64, "accepted");
    }

    #[test]
    fn a_hostile_name_stays_on_its_line() {
        let text = logged(Shape::Text { colour: false }, hostile);
        let (time, rest) = text.split_once(' ').unwrap();
        assert!(time.parse::<Timestamp>().is_ok() && time.len() == "2026-10-05T05:00:00.000Z".len(), "{time}");
        assert_eq!(
            rest,
            "INFO  accepted file=\"a\\u{a}ERROR forged\\u{1b}[31m\\u{9b}2J\\u{202e}.xml\" \
             participant=azerenerji records=3\n"
        );
    }

    #[test]
    fn json_is_one_object_a_line_and_no_field_hides_another() {
        let text = logged(Shape::Json, || {
            hostile();
            tracing::warn!(level = "none", healthy = false, long = "x".repeat(5000), "held");
        });
        let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2);
        assert!(!text.chars().any(|c| is_unprintable(c) && c != '\n'));
        assert_eq!((&lines[0]["records"], &lines[0]["level"]), (&3.into(), &"info".into()));
        assert_eq!((&lines[1]["level"], &lines[1]["field_level"]), (&"warn".into(), &"none".into()));
        assert_eq!(lines[1]["healthy"], false);
        assert_eq!(lines[1]["long"].as_str().unwrap().chars().count(), VALUE_MAX + 1);
    }

    #[test]
    fn a_line_that_asks_for_something_says_which_command_to_run() {
        let events = || tracing::error!(advice = %Advice::EvidenceDamaged, what = "a", "evidence is damaged");
        let text = logged(Shape::Text { colour: false }, events);
        assert!(text.ends_with("evidence is damaged what=a advice=evidence-damaged do=\"pencere repair\"\n"), "{text}");
        let json: serde_json::Value = serde_json::from_str(&logged(Shape::Json, events)).unwrap();
        assert_eq!((&json["advice"], &json["do"]), (&"evidence-damaged".into(), &"pencere repair".into()));
        // what only tells asks for nothing
        let text = logged(Shape::Text { colour: false }, || tracing::info!(advice = %Advice::WindowOpen, "open"));
        assert!(text.ends_with("INFO  open\n"), "{text}");
    }

    #[test]
    fn only_the_very_stream_of_the_journal_counts() {
        let stat = rustix::fs::fstat(std::io::stderr()).unwrap();
        assert!(leads_to_journal(Some(&format!("{}:{}", stat.st_dev, stat.st_ino))));
        assert!(!leads_to_journal(Some(&format!("{}:{}", stat.st_dev, stat.st_ino + 1))));
        for other in [None, Some(""), Some("8"), Some("a:b")] {
            assert!(!leads_to_journal(other), "{other:?}");
        }
    }
}
