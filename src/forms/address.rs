//! Where a certificate says that more about it can be had (RFC 5280 4.2.1.13 and 4.2.2.1).
//!
//! Names addresses; never asks one, and never says that one is to be believed.

use super::certificate::Certificate;
use openssl::nid::Nid;
use openssl::x509::GeneralNameRef;

/// The addresses of one certificate, in the order in which they stand there; any of them may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// Revocation lists.
    pub crls: Vec<String>,
    /// OCSP responders.
    pub ocsp: Vec<String>,
    /// The certificate of the authority that issued it.
    pub issuers: Vec<String>,
}

impl Addresses {
    /// Those of this certificate.
    pub fn of(certificate: &Certificate) -> Self {
        let x509 = certificate.x509();
        let mut found = Self::default();
        for point in x509.crl_distribution_points().iter().flatten() {
            let names = point.distpoint().and_then(|point| point.fullname());
            found.crls.extend(names.into_iter().flatten().filter_map(address));
        }
        for description in x509.authority_info().iter().flatten() {
            let list = match description.method().nid() {
                Nid::AD_OCSP => &mut found.ocsp,
                Nid::AD_CA_ISSUERS => &mut found.issuers,
                _ => continue,
            };
            list.extend(address(description.location()));
        }
        found
    }
}

fn address(name: &GeneralNameRef) -> Option<String> {
    name.uri().map(str::to_owned)
}
