//! Where BOEMİS is, as the configuration writes it.
//!
//! Owns the reading of `[boemis] url`. Never opens anything, and never shows a password: a location is
//! written as it may stand in a log.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// `sqlite://` and a path, taken letter by letter: nothing in it is an option or an escape.
    Sqlite(PathBuf),
    /// A database of a PostgreSQL server.
    Postgres(Box<Server>),
}

/// `postgres://USER@HOST:PORT/DATABASE?sslmode=…`, as libpq writes it.
#[derive(Clone, PartialEq, Eq)]
pub struct Server {
    /// As it was written, which may be with a password.
    url: String,
    /// Without it.
    shown: String,
    /// `password_file`: the file that holds the password, read at every connection.
    password_file: Option<PathBuf>,
}

/// Why a text is no location.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocationFault {
    /// Another scheme, or none.
    #[error(
        "write sqlite:// and the path of the file, as sqlite://state/boemis.sqlite, or \
         postgres://USER@HOST/DATABASE"
    )]
    Scheme,
    /// What PostgreSQL's own programs would not read, or an unknown parameter.
    #[error(
        "no address of a PostgreSQL database: write postgres://USER@HOST:PORT/DATABASE; behind a ? may stand host, \
         hostaddr, port, dbname, user, sslmode, sslrootcert, sslcert, sslkey, application_name and options"
    )]
    Postgres,
    /// A certificate's path that would depend on where the program was started.
    #[error("sslrootcert, sslcert and sslkey are absolute paths, without escapes")]
    Certificate,
    /// No path, one that SQLite would not take as the name of a file, or one with options.
    #[error("after sqlite:// stands the plain path of a file, without ? or #, and not :memory:")]
    Path,
}

impl Location {
    /// The same, a relative path taken from this folder (that of the configuration file).
    pub fn beneath(self, folder: &Path) -> Self {
        match self {
            Self::Sqlite(path) => Self::Sqlite(folder.join(path)),
            Self::Postgres(server) => Self::Postgres(server),
        }
    }

    /// The file of an embedded database; none where a server has it.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }

    /// The same, with the file that holds the password; an embedded database has none.
    pub fn with_password_file(self, file: Option<PathBuf>) -> Self {
        match self {
            Self::Sqlite(path) => Self::Sqlite(path),
            Self::Postgres(server) => Self::Postgres(Box::new(Server { password_file: file, ..*server })),
        }
    }

    /// Whether the address itself holds a password, which then lies wherever the configuration is copied.
    pub fn holds_password(&self) -> bool {
        matches!(self, Self::Postgres(server) if server.url != server.shown)
    }
}

impl Server {
    /// As it was written: for the driver alone.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// As whom the window comes: the user of the address, else `PGUSER`, else the process's own.
    pub fn role(&self) -> String {
        let options = self.url.parse::<sqlx::postgres::PgConnectOptions>();
        options.map(|options| options.get_username().to_owned()).unwrap_or_default()
    }

    pub(super) fn password_file(&self) -> Option<&Path> {
        self.password_file.as_deref()
    }

    /// Whether it is reached over the network, and not by a socket of this machine.
    pub fn is_far(&self) -> bool {
        let options = self.url.parse::<sqlx::postgres::PgConnectOptions>();
        options.map_or(true, |options| options.get_socket().is_none() && !options.get_host().starts_with('/'))
    }

    /// The files that a connection reads, whether they are there or not: certificates and key, and the password.
    pub fn files(&self) -> Vec<PathBuf> {
        let query = self.url.split_once('?').map_or("", |(_, query)| query);
        let named = query.split('&').filter_map(|parameter| parameter.split_once('='));
        let named = named.filter(|(key, _)| CERTIFICATES.contains(key)).map(|(_, path)| PathBuf::from(path));
        let variables = ["PGSSLROOTCERT", "PGSSLCERT", "PGSSLKEY", "PGPASSFILE"];
        let of_environment = variables.iter().filter_map(std::env::var_os).map(PathBuf::from);
        // where no file is named, the driver looks there
        let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".pgpass"));
        named.chain(of_environment).chain(self.password_file.clone()).chain(home).collect()
    }
}

/// The parameters that name files.
const CERTIFICATES: [&str; 3] = ["sslrootcert", "sslcert", "sslkey"];

/// What may stand behind the `?`: the driver passes over what it does not know, and a mistyped `sslmode` would
/// leave the line open.
const PARAMETERS: [&str; 11] = [
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "application_name",
    "options",
];

impl FromStr for Server {
    type Err = LocationFault;

    fn from_str(url: &str) -> Result<Self, LocationFault> {
        let (scheme, rest) = url.split_once("://").ok_or(LocationFault::Scheme)?;
        let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (key, value) = parameter.split_once('=').ok_or(LocationFault::Postgres)?;
            if !PARAMETERS.contains(&key) {
                return Err(LocationFault::Postgres);
            }
            if CERTIFICATES.contains(&key) && (!value.starts_with('/') || value.contains(['%', '+'])) {
                return Err(LocationFault::Certificate);
            }
        }
        url.parse::<sqlx::postgres::PgConnectOptions>().map_err(|_| LocationFault::Postgres)?;
        let end = address.find('/').unwrap_or(address.len());
        let shown = match address.get(..end).and_then(|host| host.rsplit_once('@')) {
            Some((user, _)) => {
                let behind = rest.get(user.len()..).unwrap_or_default();
                format!("{scheme}://{}{behind}", user.split_once(':').map_or(user, |(user, _)| user))
            }
            None => url.to_owned(),
        };
        Ok(Self { url: url.to_owned(), shown, password_file: None })
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("url", &self.shown).field("password_file", &self.password_file).finish()
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl FromStr for Location {
    type Err = LocationFault;

    fn from_str(text: &str) -> Result<Self, LocationFault> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(Box::new(text.parse()?)));
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
            Self::Postgres(server) => server.fmt(f),
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
        for bad in ["sqlite://", "sqlite://:memory:", "sqlite://a?mode=memory", "sqlite://file:a", "sqlite://a/"] {
            assert_eq!(at(bad), Err(LocationFault::Path), "{bad}");
        }
        assert_eq!(at("/a/b.sqlite"), Err(LocationFault::Scheme));
    }

    #[test]
    fn a_password_is_never_shown_and_nothing_unknown_is_passed_over() {
        let at = |text: &str| text.parse::<Location>();
        for (url, shown) in [
            ("postgres://boemis@db.example/b", "postgres://boemis@db.example/b"),
            ("postgresql://boemis:p%40ss:w/ord@h:5433/b?sslmode=require", ""),
            ("postgres://boemis:p%40ss:word@h:5433/b?sslmode=require", "postgres://boemis@h:5433/b?sslmode=require"),
            ("postgres:///b?host=/run/postgresql&user=w", "postgres:///b?host=/run/postgresql&user=w"),
        ] {
            match at(url) {
                Ok(location) => {
                    assert_eq!(location.to_string(), shown);
                    assert_eq!(location.holds_password(), url != shown);
                    assert!(!format!("{location:?}").contains(":word"), "{location:?}");
                }
                Err(fault) => assert_eq!((fault, shown), (LocationFault::Postgres, ""), "{url}"),
            }
        }
        for bad in
            ["postgres://h/b?sslmod=require", "postgres://h/b?password=x", "postgres://h:x/b", "postgres://h/b?ssl"]
        {
            assert_eq!(at(bad), Err(LocationFault::Postgres), "{bad}");
        }
        assert_eq!(at("postgres://h/b?sslrootcert=ca.crt"), Err(LocationFault::Certificate));
    }
}
