//! By whom was believed what lies in a container of evidence: the paths of its signers and of those who stamped the
//! time, and which revocation data spoke of them.
//!
//! Believes nobody by itself: asks the repeated judgement, and the trust of that time.

use crate::commands::Trouble;
use crate::commands::explain::judged::{Came, Explained};
use crate::commands::explain::past::Past;
use crate::document::Digest;
use crate::forms::certificate::Certificate;
use crate::host::Octets;
use crate::signature::{self, Context, Report, StampReport, TimeSource};
use crate::trust::When;
use crate::xml::Limits;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// A path, the anchor last.
type Certificates = Vec<Certificate>;

/// The paths of all verdicts on a submission.
#[derive(Default)]
pub(super) struct Paths {
    /// Of each signer, by the digest of his certificate: the path, or that certificate alone where it has none.
    pub(super) signers: BTreeMap<Digest, Certificates>,
    /// Of each time-stamping authority that counted.
    pub(super) clocks: BTreeMap<Digest, Certificates>,
    /// All certificates of these.
    pub(super) certificates: BTreeSet<Digest>,
    /// The lists and answers that spoke of one of them.
    pub(super) said: BTreeSet<Digest>,
}

impl Paths {
    /// Of these verdicts.
    ///
    /// # Errors
    /// Broken: evidence that is missing or damaged.
    pub(super) fn of(past: &Past, all: &[Explained]) -> Result<Self, Trouble> {
        let mut paths = Self::default();
        for one in all {
            let when = when(past, one);
            for signer in signers(past, one) {
                if let Some(path) = path(past, one, signer)? {
                    paths.hear(one, &path, when);
                    // who was believed once is shown by that path
                    let known = paths.signers.entry(signer).or_default();
                    if known.len() < path.len() {
                        *known = path;
                    }
                }
            }
            let mut stamps = report(one).map(stamps).unwrap_or_default();
            stamps.extend(stamps_on_receipt(past, one)?);
            for path in stamps {
                paths.hear(one, &path, when);
                paths.clocks.extend(path.first().map(Certificate::sha256).map(|clock| (clock, path)));
            }
        }
        Ok(paths)
    }

    fn hear(&mut self, one: &Explained, path: &[Certificate], when: When) {
        self.certificates.extend(path.iter().map(Certificate::sha256));
        self.said.extend(one.by.1.world().trust.heard(path, when).into_iter().map(|heard| heard.sha256));
    }
}

/// About which moment was asked, and when.
fn when(past: &Past, one: &Explained) -> When {
    match (&one.came, &past.doubt) {
        (Came::Doubted(_), Some((now, doubt, _))) => When { at: doubt.moment, now: *now },
        _ => When { at: one.dossier.received, now: one.dossier.received.max(one.dossier.taken) },
    }
}

fn report(one: &Explained) -> Option<&Report> {
    match &one.came {
        Came::Repeated { again, .. } => again.matter.report.as_ref(),
        Came::Doubted(_) | Came::NotJudged(_) => None,
    }
}

/// Whoever signed, or is said to have.
fn signers(past: &Past, one: &Explained) -> BTreeSet<Digest> {
    let reported = report(one).into_iter().flat_map(|report| &report.signatures);
    let reported = reported.filter_map(|signature| Some(signature.signer.as_ref()?.certificate_sha256));
    let doubted = past.doubt.iter().map(|(_, doubt, _)| doubt.signer);
    reported.chain(doubted).chain(one.answered.signers.iter().copied()).collect()
}

/// The path by which a signer was believed. Of one who was not, the path that his certificate has all the same, so that
/// what revoked it goes along; else that certificate alone.
fn path(past: &Past, one: &Explained, signer: Digest) -> Result<Option<Certificates>, Trouble> {
    let found = report(one).into_iter().flat_map(|report| &report.signatures);
    let mut signers = found.filter_map(|signature| signature.signer.as_ref());
    match signers.find(|who| who.certificate_sha256 == signer) {
        Some(who) if who.path.is_empty() => {
            let (trust, own) = (&one.by.1.world().trust, &who.certificate);
            let moments = [one.dossier.received, own.not_after()];
            let chain = moments.into_iter().find_map(|at| trust.path(own, at));
            Ok(Some(chain.map_or_else(|| vec![own.clone()], |chain| chain.certificates)))
        }
        Some(who) => Ok(Some(who.path.clone())),
        None => past.path(signer),
    }
}

fn stamps(report: &Report) -> Vec<Certificates> {
    let of_signatures = report.signatures.iter().flat_map(|signature| &signature.timestamps);
    let all: Vec<&StampReport> = of_signatures.chain(&report.timestamps).collect();
    all.into_iter().map(|stamp| stamp.path.clone()).filter(|path| !path.is_empty()).collect()
}

/// Those over the seal, at the moment that they state.
fn stamps_on_receipt(past: &Past, one: &Explained) -> Result<Vec<Certificates>, Trouble> {
    let stamped = one.receipt.stamped.as_ref().and_then(|moment| moment.parse::<Timestamp>().ok());
    let Some(at) = stamped else { return Ok(Vec::new()) };
    let octets = past.shelf().octets("a receipt", &one.answered.receipt.kept())?;
    let (world, profile) = (one.by.1.world(), &one.by.1.settings().identity);
    let context = Context { trust: &world.trust, policy: &world.policy, profile, at, time_source: TimeSource::Now };
    let examined = signature::examine(&Octets::from(octets.to_vec()), None, &context, &Limits::default());
    let (report, _) = examined.map_err(|error| Trouble::broken(format!("a receipt: {error}")))?;
    Ok(stamps(&report))
}
