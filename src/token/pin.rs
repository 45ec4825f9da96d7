//! PINs: where one comes from, and how it is read.
//!
//! Never prints one, never writes one anywhere; what held it is wiped when it goes.

use super::fault::TokenFault;
use cryptoki::types::AuthPin;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Octets of a file that holds a PIN and an end of line: no token takes a longer one.
const FILE_MAX: u64 = 258;

/// Where a PIN comes from.
#[derive(Clone, Debug, Default)]
pub enum PinFrom {
    /// Somebody is asked for it, or the reader has keys of its own.
    #[default]
    Asked,
    /// It was given.
    Value(AuthPin),
    /// The one line of this file.
    File(PathBuf),
}

/// What somebody is told who is asked for a PIN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The token's label.
    pub token: String,
    /// What it says of the tries that are left.
    pub tries: Tries,
}

/// What a token tells of how many wrong PINs it takes. None tells a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tries {
    /// Nothing was wrong since the last right one.
    All,
    /// One was wrong (`CKF_USER_PIN_COUNT_LOW`).
    Few,
    /// The next wrong one locks it (`CKF_USER_PIN_FINAL_TRY`).
    Last,
    /// It takes none any more (`CKF_USER_PIN_LOCKED`).
    None,
}

/// The PIN in a file: its one line.
pub(super) fn in_file(path: &Path) -> Result<AuthPin, TokenFault> {
    let fault = |why: String| TokenFault::PinFile { path: path.to_owned(), why };
    let mut text = String::with_capacity(FILE_MAX as usize); // never moved while it grows, so no copy stays
    let file = File::open(path).map_err(|error| fault(error.to_string()))?;
    file.take(FILE_MAX).read_to_string(&mut text).map_err(|error| fault(error.to_string()))?;
    // some editors begin a file with the byte order mark
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let end = text.trim_end_matches(['\n', '\r']).len().max(start);
    if text.len() as u64 >= FILE_MAX || text[start..end].contains(['\n', '\r']) {
        wipe(text);
        return Err(fault("it is more than one line with a PIN".to_owned()));
    }
    if start == end {
        return Err(fault("it is empty".to_owned()));
    }
    let pin = AuthPin::from(&text[start..end]);
    wipe(text);
    Ok(pin)
}

/// Overwrites a text before its memory is given back.
pub fn wipe(text: String) {
    // a secret is overwritten when it goes
    drop(AuthPin::from(text));
}
