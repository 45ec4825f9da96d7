//! The rules of a verdict one by one: what each fact means in the words of EN 319 102-1.
//!
//! Answers one question each, and decides nothing about their order.

use super::super::checks::Check;
use super::super::policy::Property;
use super::super::suite::Weakness;
use super::super::{Indication, SubIndication};
use super::{Context, Facts, Verdict};
use crate::finding::{Code, Finding, Hint};
use crate::forms::claims::{Claims, Malformed};
use crate::trust::Distrust;

/// What the signer says beside signing: 5.2.4 the policy it was signed by, 5.2.8 the form of the rest.
pub(super) fn properties(claims: &Claims, context: &Context<'_>, verdict: &mut Verdict) {
    match claims.malformed.first() {
        None => verdict.answers.yes(Check::Properties),
        Some(Malformed(name, how)) => {
            let finding = Finding::new(Code::SignatureFormat).found(format!("{name}: {how}"));
            verdict.refuse(Check::Properties, Indication::TotalFailed, SubIndication::FormatFailure, finding);
        }
    }
    let Some(policy) = &claims.policy else { return };
    match context.policy.takes(policy) {
        Ok(()) => verdict.answers.yes(Check::SignaturePolicy),
        Err(named) => {
            let finding = Finding::new(Code::SignaturePolicyUnknown).found(named);
            verdict.doubt(Check::SignaturePolicy, SubIndication::SignaturePolicyNotAvailable, finding);
        }
    }
}

/// Whether the signature has this property, signed.
pub(super) fn has(facts: &Facts, property: Property) -> bool {
    let says = |what: fn(&Claims) -> bool| facts.claims.as_deref().is_some_and(what);
    match property {
        Property::SigningTime => facts.signing_time.is_some(),
        Property::ObjectFormat => says(|claims| !claims.formats.is_empty()),
        Property::SignaturePolicy => says(|claims| claims.policy.is_some()),
        Property::Role => says(|claims| !claims.roles.is_empty()),
        Property::Commitment => says(|claims| !claims.commitments.is_empty()),
        Property::Place => says(|claims| !claims.place.is_empty()),
    }
}

/// Why a certificate is not believed, as the answer to the one question of trust that ended in it: those before
/// it were answered with yes, those behind it nobody came to ask.
pub(super) fn distrusted(distrust: &Distrust, verdict: &mut Verdict) {
    let (before, check): (&[Check], _) = match distrust.code {
        Code::SignatureCertificateExpired | Code::SignatureCertificateNotYetValid => (&[], Check::Validity),
        Code::SignatureWeakAlgorithm => (&[], Check::ChainAlgorithms),
        Code::SignatureKeyUsage => (&[Check::Chain, Check::Validity], Check::Usage),
        Code::SignatureCertificateRevoked | Code::SignatureRevocationUnknown => {
            (&[Check::Chain, Check::Validity, Check::Usage], Check::Revocation)
        }
        _ => (&[], Check::Chain),
    };
    before.iter().for_each(|check| verdict.answers.yes(*check));
    let finding = Finding::new(distrust.code).found(&distrust.fact);
    verdict.doubt(check, distrust.verdict.into(), finding);
}

/// What the policy does not take. Of what it once took nobody has proven here that it was made in
/// that time (EN 319 102-1 5.2.8).
pub(super) fn too_weak(weak: Weakness) -> (SubIndication, Finding) {
    let finding = Finding::new(Code::SignatureWeakAlgorithm).found(weak.what);
    match weak.until {
        None => (SubIndication::CryptoConstraintsFailure, finding),
        Some(day) => {
            let hint = Hint {
                az: format!("({day} tarixinə qədər kifayət edirdi.)").into(),
                en: format!("(It was good enough until {day}.)").into(),
            };
            (SubIndication::CryptoConstraintsFailureNoPoe, finding.hint(hint))
        }
    }
}

/// A finding of the form's own rules, in the words of EN 319 102-1.
pub(super) fn own_rule(finding: &Finding, verdict: &mut Verdict) {
    use Indication::{Indeterminate, TotalFailed};
    let (check, indication, sub_indication) = match finding.code {
        Code::SignatureFormat
        | Code::SignatureDoubledId
        | Code::SignatureContainer
        | Code::SignatureDoubledReference => (Check::Format, TotalFailed, SubIndication::FormatFailure),
        Code::SignatureReferenceUnresolved => (Check::References, Indeterminate, SubIndication::SignedDataNotFound),
        Code::SignatureUnsupported | Code::SignatureLimit => (Check::Processed, Indeterminate, SubIndication::Generic),
        Code::SignatureHiddenContent => (Check::Hidden, Indeterminate, SubIndication::SigConstraintsFailure),
        Code::SignatureNotCovering => (Check::Coverage, Indeterminate, SubIndication::SigConstraintsFailure),
        _ => (Check::Properties, Indeterminate, SubIndication::SigConstraintsFailure),
    };
    verdict.refuse(check, indication, sub_indication, finding.clone());
}
