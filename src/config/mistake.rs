//! A mistake in a configuration: in which file, on which line, at which key, what is wrong and
//! what is wanted. Made by the readers beside it, never printed here.

use std::fmt;
use std::path::{Path, PathBuf};

/// One mistake. Its text never repeats a FİN (R 2.1.4).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Mistake {
    /// The file it stands in.
    pub file: PathBuf,
    /// Its line, from 1; none when it is the file itself that is wrong.
    pub line: Option<usize>,
    /// The key, dotted from the top of the file: `intake.settle`; empty for the whole file.
    pub key: String,
    /// What is wrong and what is wanted, as one sentence or two.
    pub message: String,
}

impl Mistake {
    /// A mistake that is no line's: the file is missing, unreadable or empty.
    pub fn of_file(file: &Path, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: None, key: String::new(), message: message.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        if !self.key.is_empty() {
            write!(f, " {}:", self.key)?;
        }
        write!(f, " {}", self.message)
    }
}
