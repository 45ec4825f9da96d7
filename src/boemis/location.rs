//! Where BOEMİS is, as the configuration writes it.
//!
//! Owns the reading of `[boemis] url`. Never opens anything.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// `sqlite://` and a path, taken letter by letter: nothing in it is an option or an escape.
    Sqlite(PathBuf),
}

/// Why a text is no location.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocationFault {
    /// Another scheme, or none.
    #[error("write sqlite:// and the path of the file, as sqlite://state/boemis.sqlite")]
    Scheme,
    /// PostgreSQL is spoken by a later version.
    #[error("this version keeps BOEMİS in SQLite alone; write sqlite:// and the path of the file")]
    Postgres,
    /// No path, one that SQLite would not take as the name of a file, or one with options.
    #[error("after sqlite:// stands the plain path of a file, without ? or #, and not :memory:")]
    Path,
}

impl Location {
    /// The same, a relative path taken from this folder (that of the configuration file).
    pub fn beneath(self, folder: &Path) -> Self {
        match self {
            Self::Sqlite(path) => Self::Sqlite(folder.join(path)),
        }
    }
}

impl FromStr for Location {
    type Err = LocationFault;

    fn from_str(text: &str) -> Result<Self, LocationFault> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Err(LocationFault::Postgres);
        }
        let path = text.strip_prefix("sqlite://").ok_or(LocationFault::Scheme)?;
        // SQLite reads `file:` as a URI with options, and `:memory:` as no file at all
        let odd = path.is_empty()
            || path.ends_with('/')
            || path.starts_with(':')
            || path.starts_with("file:")
            || path.contains(['?', '#', '\0']);
        match odd {
            true => Err(LocationFault::Path),
            false => Ok(Self::Sqlite(PathBuf::from(path))),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_a_plain_path_or_refused() {
        let at = |text: &str| text.parse::<Location>();
        assert_eq!(at("sqlite:///a/b.sqlite"), Ok(Location::Sqlite("/a/b.sqlite".into())));
        assert_eq!(
            at("sqlite://state/b.sqlite").map(|l| l.beneath(Path::new("/w"))),
            Ok(Location::Sqlite("/w/state/b.sqlite".into()))
        );
        assert_eq!(at("postgres://h/db"), Err(LocationFault::Postgres));
        for bad in ["sqlite://", "sqlite://:memory:", "sqlite://a?mode=memory", "sqlite://file:a", "sqlite://a/"] {
            assert_eq!(at(bad), Err(LocationFault::Path), "{bad}");
        }
        assert_eq!(at("/a/b.sqlite"), Err(LocationFault::Scheme));
    }
}
