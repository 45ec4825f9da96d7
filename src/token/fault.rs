//! Why a key in a token cannot be had or does not sign: facts first, and for each what to do.
//!
//! Holds no PIN.

use super::pin::Tries;
use cryptoki::error::{Error, RvError};
use std::path::PathBuf;

/// Why a key in a token cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// Nobody says which module drives the token.
    #[error(
        "nobody says which PKCS#11 module drives the token: name its file in the URI \
         (?module-path=/usr/lib/….so), by --pkcs11-module or by PKCS11_MODULE"
    )]
    NoModule,
    /// The module cannot be loaded.
    #[error("the PKCS#11 module {path} cannot be used: {why}")]
    Module {
        /// Which.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// No token of that description is there.
    #[error("there is no token {wanted}{}", listed(found, "no token is in any reader; is it plugged in?"))]
    NoToken {
        /// What was looked for.
        wanted: String,
        /// What is there.
        found: Vec<String>,
    },
    /// Several are.
    #[error("several tokens are {wanted}; name one by its label or serial number{}", listed(found, ""))]
    SeveralTokens {
        /// What was looked for.
        wanted: String,
        /// Which.
        found: Vec<String>,
    },
    /// It has no user's PIN yet.
    #[error("the token “{0}” is not ready: no PIN of its user was ever set")]
    NotReady(String),
    /// It asks for a PIN, and nobody can be asked.
    #[error(
        "the token “{0}” asks for a PIN: name a file that holds it (?pin-source=file:/PATH), or sign at a terminal"
    )]
    PinMissing(String),
    /// The file with the PIN cannot be read.
    #[error("the file {path} does not give a PIN: {why}")]
    PinFile {
        /// Which.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The PIN is wrong.
    #[error("the token “{token}” refuses the PIN; {}", after(*.tries))]
    PinWrong {
        /// Which.
        token: String,
        /// What it says of the tries that are left.
        tries: Tries,
    },
    /// One try is left, and that is a person's.
    #[error(
        "the token “{0}” has one try left before it locks its PIN, so the PIN that is written down was not tried: \
         sign once at a terminal with the right PIN, then correct the one that is written down"
    )]
    PinLast(String),
    /// It is locked.
    #[error(
        "the PIN of the token “{0}” is locked after too many wrong ones: whoever issued the token can unlock it \
         (with its PUK or the PIN of its security officer)"
    )]
    PinLocked(String),
    /// The PIN must be changed first.
    #[error("the PIN of the token “{0}” must be changed before it is used, with the program that came with the token")]
    PinExpired(String),
    /// No such key.
    #[error("there is no private key {wanted}{}", listed(found, "the token holds no private key"))]
    NoKey {
        /// What was looked for.
        wanted: String,
        /// What is there.
        found: Vec<String>,
    },
    /// Several keys match.
    #[error("several keys match; name one by its id or label{}", listed(found, ""))]
    SeveralKeys {
        /// Which.
        found: Vec<String>,
    },
    /// A key that asks for the PIN before each signature.
    #[error(
        "the key {0} asks for its PIN anew before each signature (CKA_ALWAYS_AUTHENTICATE), which pencere does not \
         support: use a key of the token that does not, or the program that came with the token"
    )]
    AsksEachTime(String),
    /// The token has no certificate for the key.
    #[error("the token holds no certificate with the id of the key {0}; name its certificate's file with --cert")]
    NoCertificate(String),
    /// The certificate is another key's.
    #[error("the key {0} is not the key of the certificate")]
    OtherKey(String),
    /// The key or its token cannot do what is asked.
    #[error("the key {0} cannot sign: it is neither RSA nor ECDSA on P-256, P-384 or P-521 nor Ed25519")]
    Unsuitable(String),
    /// What it made is no signature of the certificate's key.
    #[error(
        "what the token made is no signature of the certificate's key, and was thrown away: the token or its module \
         fails"
    )]
    WrongValue,
    /// The token does not answer as it should.
    #[error("the token does not do its work: {0}; is it still plugged in?")]
    Device(String),
}

impl TokenFault {
    /// Whether whoever called can mend it: by another argument, another PIN, another token.
    pub fn is_usage(&self) -> bool {
        !matches!(self, Self::Device(_) | Self::WrongValue)
    }

    /// Whether starting again mends nothing, or costs a try of the PIN. A token that is not there may come.
    pub fn is_lasting(&self) -> bool {
        self.is_usage() && !matches!(self, Self::NoToken { .. } | Self::Module { .. })
    }

    /// What a module says.
    pub(super) fn device(error: &Error) -> Self {
        Self::Device(words(error))
    }
}

/// What a module's answer is called in PKCS #11, without the crate's explanations of it.
pub(super) fn words(error: &Error) -> String {
    match error {
        Error::Pkcs11(RvError::VendorDefined(code) | RvError::UnknownErrorCode(code), function) => {
            format!("C_{function:?} answers {code:#x}")
        }
        Error::Pkcs11(code, function) => format!("C_{function:?} answers {code:?}"),
        other => other.to_string(),
    }
}

fn listed(found: &[String], none: &str) -> String {
    match found {
        [] if none.is_empty() => String::new(),
        [] => format!(": {none}"),
        found => format!(". There is:\n  {}", found.join("\n  ")),
    }
}

fn after(tries: Tries) -> &'static str {
    match tries {
        Tries::All => "it does not tell how many tries are left",
        Tries::Few => "few tries are left before it locks itself",
        Tries::Last => "ONE try is left: the next wrong PIN locks it",
        Tries::None => "it is locked now, and whoever issued it can unlock it",
    }
}
