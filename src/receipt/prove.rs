//! The proof of a receipt: it is this window's, whole, and speaks of this document.
//!
//! A receipt is proven by the window's published seal certificate and by no other: not by a chain,
//! not by a certificate authority (CONTRACT 5). Never trusts what the receipt says of itself.

use super::Told;
use crate::document::Digest;
use crate::finding::{Code, Finding};
use crate::forms::certificate::Certificate;
use crate::host::Octets;
use std::io;

/// A receipt that was proven by a seal certificate. Made by [`prove`] alone.
#[derive(Debug)]
pub struct Proven {
    told: Told,
}

impl Proven {
    /// What it says.
    pub fn told(&self) -> &Told {
        &self.told
    }
}

/// Why a receipt was not proven.
#[derive(Debug)]
pub enum Unproven {
    /// It does not prove what was asked.
    No(Finding),
    /// The receipt or the document cannot be read.
    Disk(io::Error),
}

impl From<Finding> for Unproven {
    fn from(finding: Finding) -> Self {
        Self::No(finding)
    }
}

/// Proves a receipt by the seal's certificate and, where a document is given, that it speaks of
/// that very document.
///
/// `verify` is the signature engine. It must answer for the one `ds:Signature` child of the root:
/// that its references hold, among them one to the whole document without the signature and one to
/// its own signed properties, and that its value was made with **exactly the key of this
/// certificate**, whatever `KeyInfo` says. It answers with [`Code::ReceiptAltered`] where a digest
/// differs and with [`Code::ReceiptNotTheSeal`] where the value is another key's.
///
/// # Errors
/// [`Unproven`].
pub fn prove(
    receipt: &Octets,
    seal: &Certificate,
    document: Option<&Octets>,
    verify: impl FnOnce(&Octets, &Certificate) -> Result<(), Finding>,
) -> Result<Proven, Unproven> {
    let told = Told::read(receipt)?;
    // one signature, of the root, with one certificate, which is the seal's
    let sealed_by = match told.seals.as_slice() {
        [certificates] if told.signature_count == 1 => certificates.as_slice(),
        _ => return Err(Finding::new(Code::ReceiptNotTheSeal).into()),
    };
    if !matches!(sealed_by, [der] if der.as_slice() == seal.der()) {
        return Err(Finding::new(Code::ReceiptNotTheSeal).into());
    }
    verify(receipt, seal)?;
    if let Some(document) = document {
        let found = Digest::of_reader(document.reader()).map_err(Unproven::Disk)?;
        let wanted = told.document.sha256.as_deref().map(str::parse::<Digest>);
        if wanted != Some(Ok(found)) {
            let wanted = told.document.sha256.clone().unwrap_or_default();
            return Err(Finding::new(Code::ReceiptOtherDocument).found(found).wanted(wanted).into());
        }
    }
    Ok(Proven { told })
}
