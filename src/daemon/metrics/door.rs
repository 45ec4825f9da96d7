//! The door: the one socket at which the numbers are given, opened at start and never again.
//!
//! Owns where it may be: an address of this machine alone, a Unix socket, or one that systemd opened and hands over
//! (whose address is held to the same). It is opened before anything is read that others wrote, and before the process
//! gives up the right to open such sockets.

use crate::host;
use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::str::FromStr;

/// Where the numbers are given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// `systemd`: the first socket that systemd hands over (LISTEN_FDS, sd_listen_fds(3)).
    Inherited,
    /// An address of this machine alone, `127.0.0.1:9464`.
    Tcp(SocketAddr),
    /// `unix:` and an absolute path. Who may use it say its mode (0660) and its folder.
    Unix(PathBuf),
}

/// Why a text is no such place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "write \"none\", an address of this machine alone with its port (\"127.0.0.1:9464\", \"[::1]:9464\"), \"unix:\" \
     and an absolute path of at most 100 octets, or \"systemd\"; the numbers are for this machine, and whoever carries \
     them further sees to who may read them"
)]
pub struct NotLoopback;

/// The longest path of a Unix socket, octets: the system has room for 107 (unix(7)).
const PATH_MAX: usize = 100;

impl FromStr for Listen {
    type Err = NotLoopback;

    fn from_str(text: &str) -> Result<Self, NotLoopback> {
        if text == "systemd" {
            return Ok(Self::Inherited);
        }
        if let Some(path) = text.strip_prefix("unix:") {
            let fits = path.starts_with('/') && path.len() <= PATH_MAX && !path.contains('\0');
            return if fits { Ok(Self::Unix(path.into())) } else { Err(NotLoopback) };
        }
        let address: SocketAddr = text.parse().map_err(|_| NotLoopback)?;
        if address.ip().is_loopback() { Ok(Self::Tcp(address)) } else { Err(NotLoopback) }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inherited => f.write_str("the socket of systemd"),
            Self::Tcp(address) => write!(f, "{address}"),
            Self::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Why it cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum DoorFault {
    /// The system says no.
    #[error("[metrics] listen: {listen}: {error}; see who has it with `ss -ltnxp`, or name another")]
    Closed {
        /// Where.
        listen: Listen,
        /// What it said.
        error: io::Error,
    },
    /// systemd was to hand one over.
    #[error(
        "[metrics] listen is \"systemd\", and no socket was handed over; start pencere-metrics.socket, or name an \
         address"
    )]
    NotHandedOver,
    /// What it handed over is open to other machines.
    #[error(
        "[metrics] listen: the socket that systemd handed over is {0}, which other machines can reach; set \
         ListenStream= of pencere-metrics.socket to an address of this machine alone"
    )]
    Open(SocketAddr),
}

/// An open socket.
#[derive(Debug)]
pub enum Door {
    /// On the network of this machine alone.
    Tcp(TcpListener),
    /// In a folder.
    Unix(UnixListener),
}

impl Door {
    /// Opens it. To be called once, before the process has threads.
    ///
    /// # Errors
    /// [`DoorFault`].
    pub fn open(listen: &Listen) -> Result<Self, DoorFault> {
        let closed = |error| DoorFault::Closed { listen: listen.clone(), error };
        let door = match listen {
            Listen::Inherited => Self::inherited()?,
            Listen::Tcp(address) => Self::Tcp(TcpListener::bind(address).map_err(closed)?),
            Listen::Unix(path) => Self::Unix(host::listen_at(path).map_err(closed)?),
        };
        match &door {
            Self::Tcp(listener) => listener.set_nonblocking(true),
            Self::Unix(listener) => listener.set_nonblocking(true),
        }
        .map_err(closed)?;
        Ok(door)
    }

    fn inherited() -> Result<Self, DoorFault> {
        let closed = |error| DoorFault::Closed { listen: Listen::Inherited, error };
        let mut handed = listenfd::ListenFd::from_env();
        match handed.take_tcp_listener(0) {
            Ok(Some(listener)) => {
                let address = listener.local_addr().map_err(closed)?;
                if address.ip().is_loopback() { Ok(Self::Tcp(listener)) } else { Err(DoorFault::Open(address)) }
            }
            Ok(None) => Err(DoorFault::NotHandedOver),
            // it is of another kind, and was left where it is
            Err(_) => match handed.take_unix_listener(0) {
                Ok(Some(listener)) => Ok(Self::Unix(listener)),
                Ok(None) => Err(DoorFault::NotHandedOver),
                Err(error) => Err(closed(error)),
            },
        }
    }

    /// Where it is, for the log.
    pub(super) fn place(&self) -> String {
        match self {
            Self::Tcp(listener) => listener.local_addr().map_or_else(|_| "tcp".to_owned(), |at| at.to_string()),
            Self::Unix(listener) => {
                let at = listener.local_addr().ok();
                let path = at.as_ref().and_then(|at| at.as_pathname());
                path.map_or_else(|| "a unix socket".to_owned(), |path| path.display().to_string())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_other_machines_could_reach_is_no_place_for_numbers() {
        for good in ["127.0.0.1:9464", "127.8.8.8:1", "[::1]:9464", "unix:/run/pencere/metrics.sock", "systemd"] {
            assert!(good.parse::<Listen>().is_ok(), "{good}");
        }
        let long = format!("unix:/{}", "x".repeat(PATH_MAX));
        for bad in ["0.0.0.0:9464", "[::]:9464", "192.0.2.1:9464", "localhost:9464", "9464", "unix:run/x", "", &long] {
            assert_eq!(bad.parse::<Listen>(), Err(NotLoopback), "{bad}");
        }
    }
}
