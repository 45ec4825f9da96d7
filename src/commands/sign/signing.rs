//! One signature of each form, with a time-stamp where one is wanted: what the files around it have in
//! common. Writes nothing; reads what is signed once.

use super::stamp::Authority;
use crate::commands::Trouble;
use crate::forms::certificate::Certificate;
use crate::forms::cms::{Detached, SignFault};
use crate::forms::key::{KeyFault, SigningKey};
use crate::forms::xades::{self, Object, XadesSigner};
use crate::host::Octets;
use jiff::Timestamp;
use std::path::Path;
use std::sync::Arc;

/// Who signs, and when.
pub(super) struct Signing {
    pub(super) key: Arc<dyn SigningKey>,
    pub(super) certificate: Certificate,
    /// Those that lead from it to an anchor.
    pub(super) path: Vec<Certificate>,
    pub(super) at: Timestamp,
    /// Who stamps the time on each signature, if anybody.
    pub(super) authority: Option<Authority>,
}

impl Signing {
    /// A XAdES signature of an object, as text.
    ///
    /// # Errors
    /// Usage: a key that XML signatures are not made with. Broken: OpenSSL's or the token's, or no time-stamp.
    pub(super) fn xades(&self, object: Object<'_>, file: &Path) -> Result<String, Trouble> {
        let signer = XadesSigner::new(Arc::clone(&self.key), self.certificate.clone());
        let signer = signer.map_err(|fault| Trouble::usage(fault.to_string()))?.with_path(&self.path);
        let suffix = xades::fresh_suffix().map_err(|error| Trouble::broken(error.to_string()))?;
        let mut text = String::new();
        let value = signer.sign(object, self.at, &suffix, &mut text);
        let value = value.map_err(|fault| Trouble::broken(fault.to_string()))?;
        if let Some(authority) = &self.authority {
            let token = authority.stamp(xades::stamped(&suffix, &value).as_bytes(), file)?;
            text.clear();
            signer.write_stamped(object, self.at, &suffix, &value, &token, &mut text);
        }
        Ok(text)
    }

    /// A detached CAdES signature of octets, as DER.
    ///
    /// # Errors
    /// Usage: a key that nobody signs with. Broken: the disk's, OpenSSL's or the token's, or no time-stamp.
    pub(super) fn cades(&self, content: &Octets, file: &Path) -> Result<Vec<u8>, Trouble> {
        let signed = Detached::sign(content, &*self.key, &self.certificate, self.at);
        let signed = signed.map_err(|fault| match fault {
            SignFault::KeyDiffers | SignFault::Key(KeyFault::Value(_)) => Trouble::usage(fault.to_string()),
            SignFault::Key(KeyFault::Away(_)) | SignFault::Time | SignFault::Read(_) => {
                Trouble::broken(format!("{}: {fault}", file.display()))
            }
        })?;
        let token = self.authority.as_ref().map(|authority| authority.stamp(signed.value(), file)).transpose()?;
        Ok(signed.to_der(&self.path, token.as_deref()))
    }
}
