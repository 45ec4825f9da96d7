//! Trust as a dated snapshot: anchors, intermediates, revocation lists; and the path from a
//! signer's certificate to an anchor, judged at a given moment.
//!
//! Owns the identity profile too: what a believed certificate says of its holder. Never reads a
//! file, a clock or a network; who refreshes the snapshot is not the judge's business.

mod heard;
mod identity;
mod path;
mod policies;
mod revocation;
mod standing;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod trial;

pub use heard::Heard;
pub use identity::IdentityProfile;
pub use revocation::RevocationList;
pub use standing::OcspResponse;

use revocation::Speaks;

use crate::document::{Digest, Digester};
use crate::finding::Code;
use crate::forms::certificate::Certificate;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// What was trusted at a moment.
pub struct Snapshot {
    anchors: Vec<Certificate>,
    intermediates: Vec<Certificate>,
    /// Whom it believes about time.
    clocks: Vec<Certificate>,
    revocation: Option<Vec<RevocationList>>,
    /// OCSP responses that were asked for.
    answers: Vec<OcspResponse>,
    grace: SignedDuration,
    taken_at: Timestamp,
    digest: Digest,
    known: Mutex<HashMap<Digest, Known>>,
    /// Whether paths are remembered.
    remembers: bool,
    /// Certificates met lately: OpenSSL takes longer to decode a key than to verify with it.
    met: Mutex<HashMap<Digest, Certificate>>,
}

/// The two moments of a judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When {
    /// The one that is asked about: of the proof that the signature was there, or of its reception.
    pub at: Timestamp,
    /// The one at which is asked; what was said later than that is not believed.
    pub now: Timestamp,
}

impl When {
    /// How far the clocks of others may be ahead of ours.
    const AHEAD: SignedDuration = SignedDuration::from_mins(5);

    /// Asked about the moment at which is asked.
    pub fn at_once(now: Timestamp) -> Self {
        Self { at: now, now }
    }

    /// Whether this moment has come when we ask.
    fn has_come(&self, moment: Timestamp) -> bool {
        moment <= self.now.checked_add(Self::AHEAD).unwrap_or(Timestamp::MAX)
    }
}

/// What a document brings along to prove a path: it counts only where somebody whom the snapshot believes
/// has signed it.
#[derive(Clone, Debug, Default)]
pub struct ValidationData {
    /// Certificates that may stand in the path.
    pub certificates: Vec<Certificate>,
    /// Revocation lists.
    pub lists: Vec<RevocationList>,
    /// OCSP responses.
    pub responses: Vec<OcspResponse>,
}

/// What is known of a path that was believed, when it is looked at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// A certificate of it was revoked by the moment at which it was believed.
    Revoked {
        /// Its place in the path; 0 is the signer's own.
        depth: usize,
        /// Since when.
        moment: Timestamp,
    },
    /// Not as far as is known.
    Good {
        /// When the newest word on the signer's own certificate was said; none when there is none.
        newest: Option<Timestamp>,
    },
}

/// A path from signer to anchor.
#[derive(Clone, Debug)]
pub struct Chain {
    /// Signer first, anchor last.
    pub certificates: Vec<Certificate>,
}

/// Why a certificate is not believed at that moment.
#[derive(Debug, Clone)]
pub struct Distrust {
    /// EN 319 102-1 sub-indication.
    pub verdict: Doubt,
    /// The finding that says so.
    pub code: Code,
    /// The fact for the finding's hole.
    pub fact: String,
}

/// EN 319 102-1 sub-indications that a chain may end in, each with INDETERMINATE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Doubt {
    NoCertificateChainFound,
    ChainConstraintsFailure,
    OutOfBoundsNoPoe,
    RevokedNoPoe,
    RevokedCaNoPoe,
    TryLater,
    CryptoConstraintsFailure,
}

/// A path that was found good, and from when to when it stays so by this snapshot.
struct Known {
    chain: Chain,
    from: Timestamp,
    until: Timestamp,
}

impl Snapshot {
    /// Octets of a certificate that is remembered: those of persons have one or two thousand.
    const MET_MAX: usize = 16 * 1024;
    /// Paths remembered at most: one a signer, and a window has tens of them; a flood of strangers
    /// finds no path and is not remembered.
    const KNOWN_MAX: usize = 1024;

    /// A snapshot of these anchors (self-signed or not), of intermediates that may stand in a path,
    /// and of revocation lists; `None` means that the window checks no revocation, an empty list
    /// that it does and has none at hand. `grace` is how long after its `nextUpdate` a list still
    /// counts as fresh.
    pub fn new(
        anchors: Vec<Certificate>,
        intermediates: Vec<Certificate>,
        revocation: Option<Vec<RevocationList>>,
        grace: SignedDuration,
        taken_at: Timestamp,
    ) -> Self {
        let mut digester = Digester::new();
        part(&mut digester, "anchors", anchors.iter().map(Certificate::sha256));
        part(&mut digester, "intermediates", intermediates.iter().map(Certificate::sha256));
        match &revocation {
            Some(lists) => part(&mut digester, "lists", lists.iter().map(RevocationList::sha256)),
            None => part(&mut digester, "unchecked", std::iter::empty()),
        }
        digester.update(format!("grace {}\n", grace.as_secs()).as_bytes());
        let digest = digester.finish();
        Self {
            anchors,
            intermediates,
            clocks: Vec::new(),
            revocation,
            answers: Vec::new(),
            grace,
            taken_at,
            digest,
            known: Mutex::default(),
            remembers: true,
            met: Mutex::default(),
        }
    }

    /// The same, which believes these about time as well (RFC 3161): anchors of time-stamping authorities.
    /// Without them no time-stamp counts.
    pub fn with_clocks(self, clocks: Vec<Certificate>) -> Self {
        let mut digester = Digester::new();
        digester.update(self.digest.as_bytes());
        part(&mut digester, "clocks", clocks.iter().map(Certificate::sha256));
        Self { digest: digester.finish(), clocks, ..self }
    }

    /// The same, with OCSP responses that responders of the window's own choice gave.
    pub fn with_answers(self, answers: Vec<OcspResponse>) -> Self {
        let mut digester = Digester::new();
        digester.update(self.digest.as_bytes());
        part(&mut digester, "answers", answers.iter().map(OcspResponse::sha256));
        Self { digest: digester.finish(), answers, ..self }
    }

    /// When it was taken.
    pub fn taken_at(&self) -> Timestamp {
        self.taken_at
    }

    /// The digest of all that decides in it, in no order: the journal names a snapshot by this.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The anchors.
    pub fn anchors(&self) -> &[Certificate] {
        &self.anchors
    }

    /// The same, which looks for every path anew and remembers none: to measure that.
    pub fn without_memory_of_paths(self) -> Self {
        Self { remembers: false, ..self }
    }

    /// Whether revocation is checked.
    pub fn checks_revocation(&self) -> bool {
        self.revocation.is_some()
    }

    /// Builds a path from the signer to an anchor, with the help of what came along, and judges it
    /// (RFC 5280 section 6, EN 319 102-1 5.2.6).
    ///
    /// # Errors
    /// The first reason not to believe the certificate.
    pub fn judge(&self, signer: &Certificate, data: &ValidationData, when: When) -> Result<Chain, Distrust> {
        // what came along differs from document to document, and so does a proof: then nothing is remembered
        let is_plain = self.remembers && data.lists.is_empty() && data.responses.is_empty() && when.at == when.now;
        let key = Self::key(signer, &data.certificates);
        if is_plain {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = known.get(&key).filter(|known| known.from <= when.at && when.at <= known.until) {
                return Ok(known.chain.clone());
            }
        }
        let chain = path::find(&self.anchors, &self.intermediates, signer, &data.certificates, when.at)?;
        path::check_signer(signer)?;
        let until = self.check_revocation(&chain, data, when)?;
        if is_plain {
            // a list that came later may have said something else: not earlier than now
            let from = when.at;
            let until = chain.certificates.iter().map(Certificate::not_after).min().map_or(until, |end| end.min(until));
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if known.len() >= Self::KNOWN_MAX {
                known.clear();
            }
            known.insert(key, Known { chain: chain.clone(), from, until });
        }
        Ok(chain)
    }

    /// Whether a time-stamping authority is believed: its certificate is for that alone (RFC 3161 2.3), and
    /// leads to one of those who are believed about time.
    ///
    /// # Errors
    /// The first reason not to.
    pub fn judge_clock(&self, clock: &Certificate, data: &ValidationData, when: When) -> Result<Chain, Distrust> {
        /// id-kp-timeStamping.
        const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";
        if !clock.is_only_for(TIME_STAMPING) {
            let (verdict, code) = (Doubt::ChainConstraintsFailure, Code::SignatureKeyUsage);
            return Err(Distrust::new(verdict, code, "extendedKeyUsage"));
        }
        let chain = path::find(&self.clocks, &self.intermediates, clock, &data.certificates, when.at)?;
        path::check_signer(clock)?;
        self.check_revocation(&chain, data, when)?;
        Ok(chain)
    }

    fn check_revocation(&self, chain: &Chain, data: &ValidationData, when: When) -> Result<Timestamp, Distrust> {
        let known = revocation::Known { words: &self.words(data), must_know: self.revocation.is_some() };
        revocation::check(known, &chain.certificates, when, self.grace)
    }

    /// Looks again at a path that was believed at `when.at`, signer first, by what is known now. The path
    /// itself is not built again: whether it was to be believed then is decided.
    pub fn look_again(&self, path: &[Certificate], when: When) -> Again {
        let nothing = ValidationData::default();
        let known = revocation::Known { words: &self.words(&nothing), must_know: false };
        let standing = revocation::ask(known, path, when, self.grace);
        match standing.revoked {
            Some((depth, moment)) => Again::Revoked { depth, moment },
            None => Again::Good { newest: standing.newest },
        }
    }

    /// A path from the signer to an anchor at this moment, whatever became of its certificates since.
    pub fn path(&self, signer: &Certificate, at: Timestamp) -> Option<Chain> {
        path::find(&self.anchors, &self.intermediates, signer, &[], at).ok()
    }

    /// Whether anything is known here about revocation.
    pub fn knows_of_revocation(&self) -> bool {
        self.revocation.iter().flatten().next().is_some() || !self.answers.is_empty()
    }

    /// All that is said about revocation: by what the snapshot holds, and by what came along.
    fn words<'a>(&'a self, data: &'a ValidationData) -> Vec<&'a dyn Speaks> {
        let lists = self.revocation.iter().flatten().chain(&data.lists).map(|list| list as &dyn Speaks);
        let answers = self.answers.iter().chain(&data.responses).map(|answer| answer as &dyn Speaks);
        lists.chain(answers).collect()
    }

    /// Whether an anchor or an intermediate of ours signed this list.
    pub fn knows_maker_of(&self, list: &RevocationList) -> bool {
        let known = self.anchors.iter().chain(&self.intermediates);
        known.filter(|authority| list.names(authority)).any(|authority| list.is_signed_by(authority))
    }

    /// A certificate by its DER, decoded once for as long as it is met again and again. This says
    /// nothing about whether it is believed.
    ///
    /// # Errors
    /// As [`Certificate::from_der`].
    pub fn certificate(&self, der: &[u8]) -> Result<Certificate, String> {
        let key = Digest::of(der);
        if let Some(certificate) = self.met.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(certificate.clone());
        }
        let certificate = Certificate::from_der(der)?;
        if der.len() > Self::MET_MAX {
            return Ok(certificate);
        }
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        if met.len() >= Self::KNOWN_MAX {
            met.clear();
        }
        met.insert(key, certificate.clone());
        Ok(certificate)
    }

    fn key(signer: &Certificate, others: &[Certificate]) -> Digest {
        let mut digests: Vec<Digest> = others.iter().map(Certificate::sha256).collect();
        digests.sort();
        let mut digester = Digester::new();
        digester.update(signer.sha256().as_bytes());
        digests.iter().for_each(|digest| digester.update(digest.as_bytes()));
        digester.finish()
    }
}

/// What of one kind decides, in no order, into the digest of all.
fn part(digester: &mut Digester, name: &str, digests: impl Iterator<Item = Digest>) {
    let digests: BTreeSet<Digest> = digests.collect();
    digester.update(format!("{name} {}\n", digests.len()).as_bytes());
    digests.iter().for_each(|digest| digester.update(digest.as_bytes()));
}

impl Default for Snapshot {
    /// Nothing and nobody is trusted.
    fn default() -> Self {
        Self::new(Vec::new(), Vec::new(), None, SignedDuration::ZERO, Timestamp::UNIX_EPOCH)
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Snapshot({}, taken {})", self.digest, self.taken_at)
    }
}

impl Distrust {
    fn new(verdict: Doubt, code: Code, fact: impl Into<String>) -> Self {
        Self { verdict, code, fact: fact.into() }
    }
}
