//! The path itself: OpenSSL builds and verifies it (RFC 5280 section 6), we read its answer.

use super::{Chain, Distrust, Doubt, policies};
use crate::finding::Code;
use crate::forms::certificate::Certificate;
use jiff::Timestamp;
use openssl::error::ErrorStack;
use openssl::stack::Stack;
use openssl::x509::X509StoreContext;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};

/// Longest path below the anchor, in certificates: three levels are usual, and building is
/// exponential for a forest made on purpose.
const DEPTH_MAX: i32 = 8;
/// Foreign certificates looked at for a path: what a signature may bring along.
const OTHERS_MAX: usize = 32;
/// OpenSSL's security level 2: RSA of 2048 bits and 112-bit digests at least, for CAs too.
const LEVEL: i32 = 2;

/// Finds a path that is good at `at`.
pub(super) fn find(
    anchors: &[Certificate],
    intermediates: &[Certificate],
    signer: &Certificate,
    others: &[Certificate],
    at: Timestamp,
) -> Result<Chain, Distrust> {
    let failed = |_| Distrust::new(Doubt::NoCertificateChainFound, Code::SignatureUntrusted, signer.authority());
    let store = store(anchors, at).map_err(failed)?;
    let mut stones = Stack::new().map_err(failed)?;
    for certificate in intermediates.iter().chain(others.iter().take(OTHERS_MAX)) {
        stones.push(certificate.x509().to_owned()).map_err(failed)?;
    }
    let mut context = X509StoreContext::new().map_err(failed)?;
    let answer = context.init(&store, signer.x509(), &stones, |context| {
        if context.verify_cert()? {
            let chain = context.chain().into_iter().flatten().map(|x509| x509.to_der());
            return Ok(Ok(chain.collect::<Result<Vec<_>, _>>()?));
        }
        let at_fault = context.current_cert().map(|x509| x509.to_der()).transpose()?;
        Ok(Err((context.error().as_raw(), context.error().error_string(), at_fault)))
    });
    let unreadable = |_| Distrust::new(Doubt::NoCertificateChainFound, Code::SignatureUntrusted, signer.authority());
    match answer.map_err(failed)? {
        Ok(chain) => {
            // each was given to OpenSSL a moment ago: none is decoded anew, which costs more than all the rest
            let all = || std::iter::once(signer).chain(anchors).chain(intermediates).chain(others);
            let given = |der: &Vec<u8>| match all().find(|one| one.der() == der) {
                Some(known) => Ok(known.clone()),
                None => Certificate::from_der(der),
            };
            let certificates = chain.iter().map(given).collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
            check_authorities(&certificates)?;
            if !policies::hold(&certificates) {
                let fact = format!("certificatePolicies, {}", signer.authority());
                return Err(Distrust::new(Doubt::ChainConstraintsFailure, Code::SignatureUntrusted, fact));
            }
            Ok(Chain { certificates })
        }
        Err((error, words, at_fault)) => {
            let at_fault = at_fault.and_then(|der| Certificate::from_der(&der).ok());
            Err(read(error, words, at_fault.as_ref().unwrap_or(signer), signer))
        }
    }
}

/// What a signer's own certificate must allow (RFC 5280 4.2.1.3, ETSI EN 319 412-2 4.3.2).
pub(super) fn check_signer(signer: &Certificate) -> Result<(), Distrust> {
    let refuse = |fact: &str| Err(Distrust::new(Doubt::ChainConstraintsFailure, Code::SignatureKeyUsage, fact));
    if signer.is_ca() || signer.key_usage().is_some_and(|usage| usage.key_cert_sign()) {
        return refuse("CA");
    }
    match signer.key_usage() {
        Some(usage) if !usage.digital_signature() && !usage.non_repudiation() => refuse("keyUsage"),
        _ => Ok(()),
    }
}

/// OpenSSL lets some CAs pass that do not say they are one; only the anchor may (RFC 5280 6.1.4 k).
fn check_authorities(path: &[Certificate]) -> Result<(), Distrust> {
    let between = path.get(1..path.len().saturating_sub(1)).unwrap_or_default();
    match between.iter().find(|certificate| !certificate.is_ca()) {
        Some(odd) => Err(Distrust::new(
            Doubt::ChainConstraintsFailure,
            Code::SignatureUntrusted,
            format!("basicConstraints, {}", odd.authority()),
        )),
        None => Ok(()),
    }
}

fn store(anchors: &[Certificate], at: Timestamp) -> Result<X509Store, ErrorStack> {
    let mut parameters = X509VerifyParam::new()?;
    // an intermediate that was made an anchor is one
    parameters.set_flags(X509VerifyFlags::PARTIAL_CHAIN | X509VerifyFlags::TRUSTED_FIRST)?;
    parameters.set_time(at.as_second());
    parameters.set_depth(DEPTH_MAX);
    parameters.set_auth_level(LEVEL);
    let mut builder = X509StoreBuilder::new()?;
    for anchor in anchors {
        builder.add_cert(anchor.x509().to_owned())?;
    }
    builder.set_param(&parameters)?;
    Ok(builder.build())
}

/// OpenSSL's verdict (x509_vfy.h) in the words of EN 319 102-1.
fn read(error: i32, words: &str, at_fault: &Certificate, signer: &Certificate) -> Distrust {
    // the signer is known to whoever reads this, and his subject holds a FİN (R 2.1.4)
    let whose = |fact: String| match at_fault == signer || !at_fault.is_ca() {
        true => fact,
        false => format!("{fact}, {}", at_fault.subject()),
    };
    match error {
        9 => {
            let fact = whose(at_fault.not_before().to_string());
            Distrust::new(Doubt::OutOfBoundsNoPoe, Code::SignatureCertificateNotYetValid, fact)
        }
        10 => Distrust::new(
            Doubt::OutOfBoundsNoPoe,
            Code::SignatureCertificateExpired,
            whose(at_fault.not_after().to_string()),
        ),
        // keys and digests too small for security level 2
        66..=68 => {
            let fact = whose(words.to_owned());
            Distrust::new(Doubt::CryptoConstraintsFailure, Code::SignatureWeakAlgorithm, fact)
        }
        // path length, not a CA, key usage of a CA, critical extensions, name constraints
        24..=26 | 32 | 34 | 37..=42 | 47..=53 | 79..=94 => {
            let fact = whose(words.to_owned());
            Distrust::new(Doubt::ChainConstraintsFailure, Code::SignatureUntrusted, fact)
        }
        _ => Distrust::new(Doubt::NoCertificateChainFound, Code::SignatureUntrusted, at_fault.authority()),
    }
}
