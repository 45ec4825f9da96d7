//! What a certificate says of policies: those it is issued under, and what it demands of those below it.
//!
//! Reads the extensions of RFC 5280 4.2.1.4, .5, .11 and .14. Never decides whether a path keeps to them.

use super::super::der::{DerFault, Element, Reader, tag};

/// The policy that stands for every policy (RFC 5280 4.2.1.4).
pub const ANY_POLICY: &str = "2.5.29.32.0";

/// The policies of one certificate.
#[derive(Debug, Default)]
pub struct Policies {
    /// Those it is issued under; none when it names none.
    pub own: Vec<String>,
    /// A policy of its issuer's domain, and the one in the domain of its subject that is as good.
    pub mapped: Vec<(String, String)>,
    /// After how many certificates more each must be issued under a policy that the path allows.
    pub explicit_after: Option<u32>,
    /// After how many certificates more no policy is mapped any longer.
    pub no_mapping_after: Option<u32>,
    /// After how many certificates more [`ANY_POLICY`] no longer stands for every policy.
    pub no_any_after: Option<u32>,
}

impl Policies {
    /// Takes an extension, if it is one about policies.
    ///
    /// # Errors
    /// One that is malformed.
    pub(super) fn take(&mut self, oid: &str, value: &[u8]) -> Result<(), DerFault> {
        match oid {
            "2.5.29.32" => self.own = each(value, |policy| policy.any()?.oid())?,
            "2.5.29.33" => {
                self.mapped = each(value, |mapping| Ok((mapping.any()?.oid()?, mapping.any()?.oid()?)))?;
            }
            "2.5.29.36" => {
                let mut fields = Reader::only(value)?.reader();
                let mut skip = |number| fields.optional(tag::context_primitive(number)).map(|field| field.map(small));
                (self.explicit_after, self.no_mapping_after) = (skip(0)?.transpose()?, skip(1)?.transpose()?);
                fields.finish()?;
            }
            "2.5.29.54" => self.no_any_after = Some(Reader::only(value)?.small()?),
            _ => {}
        }
        Ok(())
    }
}

fn each<T>(value: &[u8], read: impl Fn(&mut Reader<'_>) -> Result<T, DerFault>) -> Result<Vec<T>, DerFault> {
    let (mut list, mut all) = (Reader::only(value)?.reader(), Vec::new());
    while !list.is_empty() {
        all.push(read(&mut list.take(tag::SEQUENCE, "a certificate policy is malformed")?.reader())?);
    }
    Ok(all)
}

/// SkipCerts: an INTEGER that its context names.
fn small(field: Element<'_>) -> Result<u32, DerFault> {
    Element { tag: tag::INTEGER, ..field }.small()
}
