//! Time-stamp tokens (RFC 3161 2.4.2) as a form: what one says was there, and when.
//!
//! Reads a token strictly and never decides whether to believe it: its signature is judged as any other
//! CMS signature, and whom to believe about time is `trust`'s.

use super::algorithm::{DigestAlgorithm, digest_identifier};
use super::cms::SignedData;
use super::der::{DerFault, Element, Reader, tag};
use jiff::Timestamp;

/// The content type of a token.
pub const TST_INFO: &str = "1.2.840.113549.1.9.16.1.4";

/// A token, over octets that [`definite`](super::der::definite) gave.
#[derive(Debug)]
pub struct Token<'a> {
    /// The signed data that the token is.
    pub signed: SignedData<'a>,
    /// The TSTInfo in it, as it is signed.
    pub info: &'a [u8],
    /// What was stamped: the digest algorithm, dotted when it is unknown, and the digest.
    pub imprint: (Result<DigestAlgorithm, String>, &'a [u8]),
    /// When.
    pub time: Timestamp,
    /// The authority's serial number of the token, contents octets.
    pub serial: &'a [u8],
    /// What the asker sent along to know the answer again, contents octets.
    pub nonce: Option<&'a [u8]>,
}

impl<'a> Token<'a> {
    /// Reads a token.
    ///
    /// # Errors
    /// What is not of this form.
    pub fn read(der: &'a [u8]) -> Result<Self, DerFault> {
        let signed = SignedData::read(der)?;
        if signed.content_type != TST_INFO {
            return Err(DerFault("this is no time-stamp token"));
        }
        // RFC 3161 2.4.2: exactly the signature of the authority
        if signed.signers.len() != 1 {
            return Err(DerFault("a time-stamp token has not exactly one signer"));
        }
        let info = signed.content.ok_or(DerFault("a time-stamp token is empty"))?;
        let whole = Reader::only(info)?;
        if whole.tag != tag::SEQUENCE {
            return Err(DerFault("the TSTInfo is malformed"));
        }
        let mut fields = whole.reader();
        if fields.any()?.small()? != 1 {
            return Err(DerFault("the TSTInfo is of an unknown version"));
        }
        fields.any()?.oid()?; // the policy of the authority
        let mut imprint = fields.take(tag::SEQUENCE, "a time-stamp token has no imprint")?.reader();
        let algorithm = imprint.take(tag::SEQUENCE, "an imprint has no algorithm")?;
        let algorithm = match digest_identifier(algorithm)? {
            Some(known) => Ok(known),
            None => Err(algorithm.reader().any()?.oid()?),
        };
        let digest = imprint.take(tag::OCTET_STRING, "an imprint has no digest")?.content;
        imprint.finish()?;
        let serial = fields.any()?.integer()?;
        let time = time(fields.take(tag::GENERALIZED_TIME, "a time-stamp token has no time")?)?;
        fields.optional(tag::SEQUENCE)?; // accuracy
        fields.optional(tag::BOOLEAN)?; // ordering
        let nonce = fields.optional(tag::INTEGER)?.map(Element::integer).transpose()?;
        fields.optional(tag::context(0))?; // the authority's name, which its certificate says as well
        fields.optional(tag::context(1))?; // extensions
        fields.finish()?;
        Ok(Self { signed, info, imprint: (algorithm, digest), time, serial, nonce })
    }
}

/// GeneralizedTime, with a fraction of a second or none (RFC 3161 2.4.2): the second that it is in.
fn time(element: Element<'_>) -> Result<Timestamp, DerFault> {
    const FAULT: DerFault = DerFault("the time of a time-stamp token is malformed");
    let text = element.content;
    let whole = match text.get(14) {
        Some(b'.') => {
            let fraction = text.get(15..text.len() - 1).unwrap_or_default();
            let digits = !fraction.is_empty() && fraction.iter().all(u8::is_ascii_digit);
            // X.690 11.7.3: no zeros at the end
            if !digits || fraction.last() == Some(&b'0') || text.last() != Some(&b'Z') {
                return Err(FAULT);
            }
            [&text[..14], b"Z"].concat()
        }
        _ => text.to_vec(),
    };
    Element { tag: element.tag, content: &whole, raw: &whole }.time().map_err(|_| FAULT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_may_have_a_fraction_and_no_other_form() {
        let read = |text: &str| {
            time(Element { tag: tag::GENERALIZED_TIME, content: text.as_bytes(), raw: text.as_bytes() })
                .map(|time| time.to_string())
        };
        assert_eq!(read("20261116063000Z").as_deref(), Ok("2026-11-16T06:30:00Z"));
        assert_eq!(read("20261116063000.25Z").as_deref(), Ok("2026-11-16T06:30:00Z"));
        let bad = ["20261116063000", "20261116063000.Z", "20261116063000.50Z", "20261116063000.2", "202611160630Z", ""];
        for bad in bad.into_iter().chain(["20261116063000+0400", "20261116063000.2x5Z", "2026111606300.25Z"]) {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
