//! What a command says, and on which stream.
//!
//! With `--format json` stdout gets exactly one JSON value and people are spoken to on stderr; else
//! the answer is text on stdout. Whatever is said, no control character of a hostile name reaches
//! the terminal. A reader that went away (`| head`) is no error: nothing more is written, and the
//! answer stays what it is. Never panics on a broken stream, as `println!` would.

use super::{Exit, Outcome, Table, Trouble};
use crate::host::printable;
use clap::ValueEnum;
use serde::Serialize;
use std::io::{self, IsTerminal, Write};

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

/// The two streams of a command.
pub struct Screen {
    format: Format,
    stdout: Stream,
    stderr: Stream,
    answered: bool,
    live: bool,
}

impl Screen {
    /// The process's own stdout and stderr.
    pub fn standard(format: Format) -> Self {
        let mut screen = Self::over(format, Box::new(io::stdout()), Box::new(io::stderr()));
        screen.live = io::stderr().is_terminal();
        screen
    }

    /// Any two writers.
    pub fn over(format: Format, stdout: Box<dyn Write>, stderr: Box<dyn Write>) -> Self {
        Self { format, stdout: Stream::new(stdout), stderr: Stream::new(stderr), answered: false, live: false }
    }

    /// The form that was asked for.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Whether somebody watches, so that a progress bar makes sense: stderr is a terminal.
    pub fn is_live(&self) -> bool {
        self.live
    }

    /// The answer for programs. Only the first one of a command is written: callers read one value.
    pub fn json(&mut self, value: &impl Serialize) {
        debug_assert!(!self.answered, "a command answers once");
        if self.format == Format::Json && !self.answered {
            self.answered = true;
            match serde_json::to_string(value) {
                Ok(text) => self.stdout.line(&text),
                Err(error) => self.stdout.fail(io::Error::other(error)),
            }
        }
    }

    /// Text of the answer, for people: one line or several. Silent with `--format json`.
    pub fn say(&mut self, text: impl AsRef<str>) {
        if self.format == Format::Text {
            self.stdout.line(&printable(text.as_ref()));
        }
    }

    /// A table of the answer, for people. Silent with `--format json`.
    pub fn table(&mut self, table: &Table) {
        if self.format == Format::Text {
            self.stdout.line(&table.to_string());
        }
    }

    /// Octets of the answer as they are (a form to be saved into a file), in every format.
    pub fn raw(&mut self, octets: &[u8]) {
        self.stdout.put(octets);
    }

    /// A remark beside the answer: stderr, in every format.
    pub fn note(&mut self, text: impl AsRef<str>) {
        self.stderr.line(&printable(text.as_ref()));
    }

    /// Ends the command: says what went wrong, and gives the exit code. An answer that could not be
    /// written whole (a full disk, not a reader that went away) is no answer: 3.
    pub fn close(mut self, outcome: Outcome) -> Exit {
        let exit = match outcome {
            Ok(exit) => exit,
            Err(trouble) => {
                self.note(format!("pencere: {trouble}"));
                self.explain(&trouble);
                trouble.exit()
            }
        };
        self.stdout.flush();
        if let Some(error) = self.stdout.error.take() {
            self.note(format!("pencere: the answer could not be written: {error}"));
            return Exit::Broken;
        }
        exit
    }

    /// With `--format json` a command that could not answer still says one value.
    fn explain(&mut self, trouble: &Trouble) {
        if self.format == Format::Json && !self.answered {
            let value = serde_json::json!({"error": {"exit": trouble.exit().code(), "message": trouble.to_string()}});
            self.json(&value);
        }
    }
}

/// A writer that remembers its first error and is silent after it.
struct Stream {
    to: Box<dyn Write>,
    gone: bool,
    error: Option<io::Error>,
}

impl Stream {
    fn new(to: Box<dyn Write>) -> Self {
        Self { to, gone: false, error: None }
    }

    /// One write a line, so that lines of several processes do not mix.
    fn line(&mut self, text: &str) {
        let mut line = String::with_capacity(text.len() + 1);
        line.push_str(text.strip_suffix('\n').unwrap_or(text));
        line.push('\n');
        self.put(line.as_bytes());
        self.flush();
    }

    fn put(&mut self, octets: &[u8]) {
        if !self.gone
            && let Err(error) = self.to.write_all(octets)
        {
            self.fail(error);
        }
    }

    fn flush(&mut self) {
        if !self.gone
            && let Err(error) = self.to.flush()
        {
            self.fail(error);
        }
    }

    fn fail(&mut self, error: io::Error) {
        self.gone = true;
        if error.kind() != io::ErrorKind::BrokenPipe {
            self.error = Some(error);
        }
    }
}
