//! The Time-Stamp Protocol as it is asked (RFC 3161): a request is written, and the answer to it read.
//!
//! Holds the answer against the request: granted, over the same digest, with the same nonce, and with the
//! certificates that were asked for. Of the token it reads no more than that. Never decides whether the
//! token's own signature is right or its authority is believed, and never sends anything.

use super::algorithm::DigestAlgorithm;
use super::der::{self, DerFault, Reader, tag};
use super::timestamp::Token;
use crate::document::Digest;
use openssl::error::ErrorStack;

/// The media type of a request (RFC 3161 3.4).
pub const QUERY: &str = "application/timestamp-query";
/// The media type of an answer.
pub const REPLY: &str = "application/timestamp-reply";

/// Why an answer gives no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TspFault {
    /// The authority does not grant it: its own words.
    #[error("the time-stamping authority refuses: {0}")]
    Refused(String),
    /// It is no answer of this protocol.
    #[error("the answer is no time-stamp response: {0}")]
    Malformed(#[from] DerFault),
    /// It answers something else: what differs.
    #[error("the answer is not to this request: {0}")]
    Other(&'static str),
}

/// A request for a time-stamp, which remembers what was asked.
pub struct Request {
    imprint: Digest,
    /// The contents of an INTEGER: positive, in its shortest form.
    nonce: [u8; 8],
}

impl Request {
    /// Asks for a time-stamp over these octets.
    ///
    /// # Errors
    /// When the system's random source fails.
    pub fn over(octets: &[u8]) -> Result<Self, ErrorStack> {
        let mut nonce = [0; 8];
        openssl::rand::rand_bytes(&mut nonce)?;
        nonce[0] = nonce[0] & 0x3f | 0x40; // X.690 8.3.2: neither negative nor a needless zero
        Ok(Self { imprint: Digest::of(octets), nonce })
    }

    /// TimeStampReq (RFC 3161 2.4.1): version 1, SHA-256, the nonce, and the certificates wanted.
    pub fn to_der(&self) -> Vec<u8> {
        let sha256 = der::oid(DigestAlgorithm::Sha256.oid()).unwrap_or_default();
        // RFC 5754 2 would leave the NULL out and takes both; authorities of old know it with
        let algorithm = der::element(tag::SEQUENCE, &[&sha256, &[tag::NULL, 0]]);
        let digest = der::element(tag::OCTET_STRING, &[self.imprint.as_bytes()]);
        der::element(
            tag::SEQUENCE,
            &[
                &[tag::INTEGER, 1, 1],
                &der::element(tag::SEQUENCE, &[&algorithm, &digest]),
                &der::element(tag::INTEGER, &[&self.nonce]),
                &[tag::BOOLEAN, 1, 0xff],
            ],
        )
    }

    /// The token of an answer to this request, as DER.
    ///
    /// # Errors
    /// It is refused, malformed, or an answer to something else.
    pub fn token(&self, response: &[u8]) -> Result<Vec<u8>, TspFault> {
        const ODD: DerFault = DerFault("the response is malformed");
        let response = der::definite(response)?;
        let response = Reader::only(&response)?;
        if response.tag != tag::SEQUENCE {
            return Err(ODD.into());
        }
        let mut fields = response.reader();
        let mut status = fields.take(tag::SEQUENCE, "the status is missing")?.reader();
        let number = status.take(tag::INTEGER, "the status is missing")?.small()?;
        // RFC 3161 2.4.2: granted, or granted with modifications, which are held against the request below
        if number > 1 {
            return Err(TspFault::Refused(refusal(number, status)?));
        }
        let token = fields.take(tag::SEQUENCE, "the token is missing")?.raw;
        fields.finish()?;
        self.hold(token)?;
        Ok(token.to_vec())
    }

    /// Holds a token against what was asked (RFC 3161 2.2).
    fn hold(&self, token: &[u8]) -> Result<(), TspFault> {
        let token = Token::read(token)?;
        if token.signed.certificates.is_empty() {
            return Err(TspFault::Other("it comes without certificates"));
        }
        let (algorithm, digest) = token.imprint;
        if algorithm != Ok(DigestAlgorithm::Sha256) || digest != self.imprint.as_bytes() {
            return Err(TspFault::Other("it is over another digest"));
        }
        match token.nonce {
            Some(nonce) if nonce == self.nonce => Ok(()),
            Some(_) => Err(TspFault::Other("its nonce is another")),
            None => Err(TspFault::Other("it has no nonce")),
        }
    }
}

/// Characters of a refusal that are passed on: somebody reads them in a terminal.
const WORDS_MAX: usize = 400;

/// PKIStatus and PKIFailureInfo in words (RFC 3161 2.4.2), and what the authority itself says.
fn refusal(number: u32, mut rest: Reader<'_>) -> Result<String, DerFault> {
    const STATUS: [&str; 6] = [
        "granted",
        "granted with modifications",
        "rejection",
        "waiting",
        "a revocation is imminent",
        "a revocation has occurred",
    ];
    const FAILURES: [(usize, &str); 8] = [
        (0, "unrecognised or unsupported algorithm"),
        (2, "transaction not permitted or supported"),
        (5, "the data was in the wrong format"),
        (14, "its time source is not available"),
        (15, "the requested policy is not supported"),
        (16, "the requested extension is not supported"),
        (17, "additional information is not available"),
        (25, "a system failure"),
    ];
    let status = usize::try_from(number).ok().and_then(|at| STATUS.get(at)).copied();
    let mut words = vec![status.map_or_else(|| format!("status {number}"), str::to_owned)];
    if let Some(texts) = rest.optional(tag::SEQUENCE)? {
        let mut texts = texts.reader();
        while !texts.is_empty() {
            words.extend(texts.any()?.text());
        }
    }
    if let Some(bits) = rest.optional(tag::BIT_STRING)? {
        // X.690 8.6.2: the first octet tells how many bits of the last are unused
        let bits = bits.content.get(1..).unwrap_or_default();
        let is_set = |at: usize| bits.get(at / 8).is_some_and(|octet| octet & 0x80 >> (at % 8) != 0);
        words.extend(FAILURES.iter().filter(|(at, _)| is_set(*at)).map(|(_, what)| (*what).to_owned()));
    }
    rest.finish()?;
    Ok(words.join(", ").chars().take(WORDS_MAX).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::path::Path;
    use std::process::Command;

    /// A time-stamping authority in a folder, asked by `openssl ts`.
    struct Authority(tempfile::TempDir);

    impl Authority {
        fn new() -> Self {
            let authority = Self(tempfile::tempdir().unwrap());
            authority.put("serial", b"01");
            authority.put(
                "tsa.cnf",
                b"[tsa]\nserial = serial\nsigner_digest = sha256\ndefault_policy = 1.2.3\ndigests = sha256\n\
                  ess_cert_id_alg = sha256\n[req]\ndistinguished_name = dn\n[dn]\n[v3]\n\
                  extendedKeyUsage = critical,timeStamping\n",
            );
            authority.openssl(&[
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-keyout",
                "key",
                "-out",
                "crt",
                "-subj",
                "/CN=TSA",
                "-days",
                "9",
                "-config",
                "tsa.cnf",
                "-extensions",
                "v3",
            ]);
            authority
        }

        fn at(&self) -> &Path {
            self.0.path()
        }

        fn put(&self, name: &str, octets: &[u8]) {
            std::fs::write(self.at().join(name), octets).unwrap();
        }

        fn openssl(&self, arguments: &[&str]) -> bool {
            let output = Command::new("openssl").args(arguments).current_dir(self.at()).output().unwrap();
            output.status.success()
        }

        fn answer(&self, request: &[u8]) -> Vec<u8> {
            self.put("query", request);
            let reply = ["ts", "-reply", "-config", "tsa.cnf", "-section", "tsa", "-queryfile", "query"];
            self.openssl(&[&reply[..], &["-signer", "crt", "-inkey", "key", "-out", "reply"]].concat());
            std::fs::read(self.at().join("reply")).unwrap()
        }

        fn verifies(&self, data: &[u8], token: &[u8]) -> bool {
            self.put("data", data);
            self.put("token", token);
            let arguments = ["ts", "-verify", "-data", "data", "-in", "token", "-token_in", "-CAfile", "crt"];
            self.openssl(&arguments)
        }
    }

    #[test]
    fn an_authority_answers_and_another_verifier_agrees() {
        let authority = Authority::new();
        let request = Request::over(b"value").unwrap();
        let response = authority.answer(&request.to_der());
        let token = request.token(&response).unwrap();
        assert!(authority.verifies(b"value", &token));
        assert!(!authority.verifies(b"another", &token));
        // the answer to another question: another nonce, another digest
        let again = Request::over(b"value").unwrap();
        assert_eq!(again.token(&response), Err(TspFault::Other("its nonce is another")));
        let other = Request { nonce: request.nonce, ..Request::over(b"other").unwrap() };
        assert_eq!(other.token(&response), Err(TspFault::Other("it is over another digest")));
        assert!(matches!(request.token(&token), Err(TspFault::Malformed(_))), "a token is no response");
        for length in 0..response.len() {
            assert!(request.token(&response[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn what_was_asked_for_and_left_out_is_missed() {
        let authority = Authority::new();
        let request = Request::over(b"value").unwrap();
        let whole = request.to_der();
        let sequence = Reader::only(&whole).unwrap().content;
        let (bare, nonce) = (sequence.len() - 3, sequence.len() - 3 - 10);
        let without = |from: usize, to: usize| {
            let kept = [&sequence[..from], &sequence[to..]].concat();
            request.token(&authority.answer(&der::element(tag::SEQUENCE, &[&kept])))
        };
        assert_eq!(without(bare, sequence.len()), Err(TspFault::Other("it comes without certificates")));
        assert_eq!(without(nonce, bare), Err(TspFault::Other("it has no nonce")));
    }

    #[test]
    fn a_refusal_is_told_in_the_authoritys_words() {
        let authority = Authority::new();
        let request = Request::over(b"value").unwrap();
        // SHA-256 by a name that the authority does not take
        let sha256 = der::oid(DigestAlgorithm::Sha256.oid()).unwrap();
        let other = der::oid(DigestAlgorithm::Sha3_256.oid()).unwrap();
        let asked = request.to_der();
        let at = memchr::memmem::find(&asked, &sha256).unwrap();
        let asked = [&asked[..at], &other, &asked[at + sha256.len()..]].concat();
        let Err(TspFault::Refused(words)) = request.token(&authority.answer(&asked)) else { panic!("it was granted") };
        assert!(words.starts_with("rejection, ") && words.contains("algorithm"), "{words}");
        let waiting = [0x30, 5, 0x30, 3, 2, 1, 3];
        assert_eq!(request.token(&waiting), Err(TspFault::Refused("waiting".into())));
        let granted = [0x30, 5, 0x30, 3, 2, 1, 0];
        assert_eq!(request.token(&granted), Err(DerFault("the token is missing").into()));
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
            let request = Request::over(b"value").unwrap();
            prop_assert!(request.token(&octets).is_err());
            let nested = der::element(tag::SEQUENCE, &[&[0x30, 3, 2, 1, 0], &der::element(tag::SEQUENCE, &[&octets])]);
            prop_assert!(request.token(&nested).is_err());
        }
    }
}
