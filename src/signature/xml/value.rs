//! Whose key made the value of one signature, and whether it did.

use super::super::checks::Check;
use super::super::judge::{Commitment, Context, Facts, Outcome};
use super::draft::Draft;
use super::part::Select;
use crate::finding::{Code, Finding};
use crate::forms::certificate::Certificate;
use crate::forms::qualifying::Properties;
use crate::forms::value::{self, Form};
use crate::forms::xmldsig::{Rendering, Signature};
use crate::xml::{Fault, Limits};
use openssl::pkey::{PKeyRef, Public};

impl Draft<'_> {
    /// Finds the signer's certificate and checks the value over the canonical SignedInfo.
    pub(super) fn value(
        &self,
        signature: &Signature,
        committed: Option<&Properties>,
        facts: &mut Facts,
        context: &Context<'_>,
        limits: &Limits,
    ) -> Result<(), Fault> {
        let unsupported = |what: &str| Outcome::Unsupported { what: what.to_owned() };
        let (method, algorithm) = match (&signature.canonicalisation, &signature.algorithm) {
            (Ok(method), Ok(algorithm)) => (method, *algorithm),
            (Err(what), _) | (_, Err(what)) => {
                facts.outcome = unsupported(&what.0);
                return Ok(());
            }
        };
        let mut info = Vec::new();
        let mut sink = Some(|octets: &[u8]| info.extend_from_slice(octets));
        let how = Rendering::Canonical(method.clone());
        self.render(Select::SignedInfo, &how, limits, &mut (Vec::new(), 0), &mut || sink.take(), &mut drop)?;
        let mut certificates = Vec::new();
        for der in &signature.certificates {
            match context.trust.certificate(der) {
                Ok(certificate) => certificates.push(certificate),
                Err(_) => {
                    facts.outcome = Outcome::Malformed { what: "an X509Certificate that is none".into() };
                    return Ok(());
                }
            }
        }
        let mut fits = |key: &PKeyRef<Public>| {
            let check = |value: &[u8]| value::verify(key, algorithm, &info, value, Form::Raw);
            let answer = check(&signature.value);
            let Some(raw) = value::respelled(key, &signature.value).filter(|_| answer == Ok(false)) else {
                return answer;
            };
            let answer = check(&raw);
            if answer == Ok(true) {
                // XMLDSig 1.1 6.4.3: each as long as the order. The numbers hold, their form does not.
                let what = format!("r and s of {} octets where {} belong", signature.value.len() / 2, raw.len() / 2);
                facts.faults.push(Finding::new(Code::SignatureFormat).found(what));
            }
            answer
        };
        let signer = match committed {
            // EN 319 132-1, 5.2.2: the first one named is the signing certificate; of both versions, where both
            // stand there
            Some(properties) => {
                let Some(named) =
                    properties.signing_certificates.iter().map(Option::as_ref).collect::<Option<Vec<_>>>()
                else {
                    facts.commitment = Commitment::Differs;
                    return Ok(());
                };
                let means = |certificate: &Certificate| {
                    named.iter().try_fold(true, |all, one| Some(all && one.means(certificate)?))
                };
                if certificates.first().is_some_and(|first| means(first).is_none()) {
                    facts.outcome = unsupported("a digest algorithm in SigningCertificate");
                    return Ok(());
                }
                let position = certificates.iter().position(|certificate| means(certificate) == Some(true));
                facts.commitment = if position.is_some() { Commitment::Signed } else { Commitment::Differs };
                // one good digest commits; a broken one beside it takes nothing from that
                let used: Vec<_> = named.iter().filter_map(|one| one.algorithm.as_ref().ok().copied()).collect();
                let has_good = used.iter().any(|digest| !digest.is_broken());
                facts.digests.extend(used.iter().filter(|digest| !has_good || !digest.is_broken()));
                position.or_else(|| leaf(&certificates))
            }
            None => leaf(&certificates),
        };
        let Some(signer) = signer else {
            // A bare key tells whether the value is intact, and never whose it is (XMLDSig 1.1 4.5).
            let key = signature.key.as_deref().filter(|_| certificates.is_empty());
            let answer = key.map(fits);
            match (answer, &facts.outcome) {
                (Some(Ok(true)), _) => facts.answers.yes(Check::Value),
                (Some(Ok(false)), Outcome::Intact) => facts.outcome = Outcome::ValueWrong,
                (_, Outcome::Intact) => facts.outcome = Outcome::NoKey,
                _ => {}
            }
            return Ok(());
        };
        let signer = certificates.remove(signer);
        match fits(signer.public_key()) {
            Ok(true) => facts.answers.yes(Check::Value),
            Ok(false) => {
                facts.answers.set(Check::Value, false);
                if facts.outcome == Outcome::Intact {
                    facts.outcome = Outcome::ValueWrong;
                }
            }
            Err(fault) if matches!(facts.outcome, Outcome::Intact) => facts.outcome = unsupported(&fault.to_string()),
            Err(_) => {}
        }
        facts.signer = Some(signer);
        facts.data.certificates = certificates;
        Ok(())
    }
}

/// Of the certificates in a KeyInfo, the one that issued none of the others.
fn leaf(certificates: &[Certificate]) -> Option<usize> {
    let issues = |one: &Certificate| {
        certificates.iter().any(|other| other.der() != one.der() && other.issuer_der() == one.subject_der())
    };
    certificates.iter().position(|certificate| !issues(certificate)).or(if certificates.is_empty() {
        None
    } else {
        Some(0)
    })
}
