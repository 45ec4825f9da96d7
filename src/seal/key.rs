//! Where the seal's key lies, and how it is had.
//!
//! Nobody is ever asked for anything: a window starts by itself.

use super::OpenFault;
use crate::forms::certificate::Certificate;
use crate::forms::key::SigningKey;
use crate::token::{self, Uri};
use openssl::pkey::PKey;
use std::path::PathBuf;
use std::sync::Arc;

/// Where the seal's key lies (`seal.key`).
#[derive(Clone, Debug)]
pub enum KeyPlace {
    /// A file: PEM without a passphrase.
    File(PathBuf),
    /// A PKCS#11 token, which keeps it.
    Token(Box<Uri>),
    /// A process of its own, behind this socket; nobody else can reach it.
    Apart(PathBuf),
}

impl KeyPlace {
    /// The key, for seals by this certificate.
    pub(super) fn open(&self, certificate: &Certificate) -> Result<Arc<dyn SigningKey>, OpenFault> {
        match self {
            Self::File(path) => {
                let octets = std::fs::read(path).map_err(|fault| OpenFault::File { path: path.clone(), fault })?;
                // a callback that gives no passphrase, so that an encrypted key is refused and never asked for
                let key = PKey::private_key_from_pem_callback(&octets, |_| Ok(0)).map_err(|_| OpenFault::NotPem {
                    path: path.clone(),
                    what: "a private key without a passphrase",
                })?;
                Ok(Arc::new(key))
            }
            Self::Token(uri) => {
                let found = token::find(uri, None, &mut |_| None)?;
                Ok(Arc::new(found.for_certificate(certificate)?))
            }
            Self::Apart(path) => {
                Err(OpenFault::Apart { path: path.clone(), told: "its key is not for this process".into() })
            }
        }
    }
}
