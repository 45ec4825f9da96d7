//! What an address of mail looks like.
//!
//! Parses and never resolves: whether anybody reads there is not known here.

/// Whether a text is an address that this window writes to: `local@domain` in plain ASCII, no quoting and no comments.
pub(super) fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let atom = |atom: &str| {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b);
        !atom.is_empty() && atom.bytes().all(fits)
    };
    let label = |label: &str| {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        (1..=63).contains(&label.len()) && label.bytes().all(fits) && !label.starts_with('-') && !label.ends_with('-')
    };
    local.len() <= 64 && local.split('.').all(atom) && domain.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use crate::document::MailAddress;

    #[test]
    fn an_address_is_plain_or_it_is_none() {
        for good in ["a@b.test", "ferid.eliyev+x@minenergy.gov.az", "w@localhost"] {
            assert_eq!(good.parse::<MailAddress>().unwrap().as_str(), good);
        }
        let long = format!("{}@b.test", "a".repeat(65));
        let bad = [
            "",
            "a",
            "@b",
            "a@",
            "a b@c.d",
            "a@b\r\nBcc: x@y",
            "\"a\"@b.c",
            "a..b@c.d",
            "a@-b.c",
            "a@b..c",
            "ə@b.c",
            "a@b.c, d@e.f",
            "<a@b.c>",
            &long,
        ];
        for bad in bad {
            assert!(bad.parse::<MailAddress>().is_err(), "{bad}");
        }
    }
}
