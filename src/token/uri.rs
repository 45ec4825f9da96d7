//! `pkcs11:` URIs (RFC 7512): which token, which key in it, by which module, and where its PIN is.
//!
//! Reads strictly: what it does not know could narrow down which key is meant, or say how to treat it, so it
//! is refused by name and never passed over; so are vendors' own attributes (`x-…`). A PIN that stands in a URI
//! is kept where nothing prints it.

use super::pin::PinFrom;
use cryptoki::types::AuthPin;
use std::fmt::{self, Write as _};
use std::path::PathBuf;
use std::str::FromStr;

/// Longest URI, in octets: with every attribute at the length that PKCS #11 gives it, each octet escaped, it
/// has less than half of that.
const URI_MAX: usize = 4096;

/// What the attributes of the query and of the path are called that are known.
const KNOWN: &str = "token, serial, manufacturer, model, slot-id, object, id, type=private, module-path, pin-source, \
                     pin-value";

/// A key in a token.
#[derive(Clone, Debug, Default)]
pub struct Uri {
    pub(super) token: Option<String>,
    pub(super) serial: Option<String>,
    pub(super) manufacturer: Option<String>,
    pub(super) model: Option<String>,
    pub(super) slot: Option<u64>,
    pub(super) object: Option<String>,
    pub(super) id: Option<Vec<u8>>,
    module: Option<PathBuf>,
    pin: PinFrom,
}

/// Why a text is no URI of a key. None of them repeats the text: a PIN may stand in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UriFault {
    /// It does not begin so.
    #[error("it does not begin with `pkcs11:`")]
    Scheme,
    /// It is too long.
    #[error("it is longer than {URI_MAX} octets")]
    Long,
    /// A piece is not of the form `name=value`.
    #[error("attribute {0} is not of the form name=value")]
    Form(usize),
    /// An attribute that is not known.
    #[error("the attribute “{0}” is not supported; known are {KNOWN}")]
    Unknown(String),
    /// An attribute that stands on the other side of the question mark.
    #[error("the attribute “{0}” belongs {1} the question mark")]
    Place(&'static str, &'static str),
    /// It stands twice.
    #[error("the attribute “{0}” stands twice")]
    Twice(&'static str),
    /// A value that cannot be.
    #[error("the value of “{0}” {1}")]
    Value(&'static str, &'static str),
}

/// The attributes: name, and whether it belongs to the query.
const ATTRIBUTES: [(&str, bool); 11] = [
    ("token", false),
    ("serial", false),
    ("manufacturer", false),
    ("model", false),
    ("slot-id", false),
    ("object", false),
    ("id", false),
    ("type", false),
    ("module-path", true),
    ("pin-source", true),
    ("pin-value", true),
];

impl FromStr for Uri {
    type Err = UriFault;

    fn from_str(text: &str) -> Result<Self, UriFault> {
        let text = text.trim();
        let Some(rest) = scheme(text) else { return Err(UriFault::Scheme) };
        if text.len() > URI_MAX {
            return Err(UriFault::Long);
        }
        let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
        let mut uri = Self::default();
        let mut seen = Vec::new();
        let pieces = |text: &str, by: char| text.split(by).map(str::to_owned).collect::<Vec<_>>();
        let path = Some(path).filter(|path| !path.is_empty()).map(|path| pieces(path, ';')).unwrap_or_default();
        let query = query.map(|query| pieces(query, '&')).unwrap_or_default();
        let all = path.iter().map(|piece| (piece, false)).chain(query.iter().map(|piece| (piece, true)));
        for (nth, (piece, in_query)) in all.enumerate() {
            let (name, value) = piece.split_once('=').ok_or(UriFault::Form(nth + 1))?;
            let known = ATTRIBUTES.iter().find(|(known, _)| *known == name);
            let &(name, of_query) = known.ok_or_else(|| UriFault::Unknown(shown(name)))?;
            if of_query != in_query {
                return Err(UriFault::Place(name, if of_query { "behind" } else { "before" }));
            }
            if seen.contains(&name) {
                return Err(UriFault::Twice(name));
            }
            seen.push(name);
            uri.take(name, decoded(name, value, in_query)?)?;
        }
        if seen.contains(&"pin-source") && seen.contains(&"pin-value") {
            // RFC 7512 2.4: the two are not to stand together
            return Err(UriFault::Value("pin-value", "stands beside a pin-source; give one of them"));
        }
        Ok(uri)
    }
}

impl Uri {
    fn take(&mut self, name: &'static str, value: Vec<u8>) -> Result<(), UriFault> {
        let raw = value;
        let text = |octets: Vec<u8>| String::from_utf8(octets).map_err(|_| UriFault::Value(name, "is not UTF-8"));
        let absolute = |octets: Vec<u8>| -> Result<PathBuf, UriFault> {
            let path = text(octets)?;
            // RFC 7512 2.4: file:/PATH; RFC 8089 2 has file:///PATH as well
            let plain = path.strip_prefix("file:").filter(|_| name == "pin-source").unwrap_or(&path);
            let plain = plain.strip_prefix("//").filter(|rest| rest.starts_with('/')).unwrap_or(plain);
            match plain.starts_with('/') && !plain.starts_with("//") {
                true => Ok(PathBuf::from(plain)),
                false if name == "pin-source" => Err(UriFault::Value(name, "is not file: with an absolute path")),
                false => Err(UriFault::Value(name, "is not an absolute path")),
            }
        };
        match name {
            "token" => self.token = Some(text(raw)?),
            "serial" => self.serial = Some(text(raw)?),
            "manufacturer" => self.manufacturer = Some(text(raw)?),
            "model" => self.model = Some(text(raw)?),
            "object" => self.object = Some(text(raw)?),
            "id" if raw.is_empty() => return Err(UriFault::Value(name, "is empty")),
            "id" => self.id = Some(raw),
            "slot-id" => {
                let digits = !raw.is_empty() && raw.iter().all(u8::is_ascii_digit);
                let number = text(raw)?.parse().ok().filter(|_| digits);
                self.slot = Some(number.ok_or(UriFault::Value(name, "is not a number"))?);
            }
            "type" if raw == b"private" => {}
            "type" => return Err(UriFault::Value(name, "is not “private”: a private key signs; leave it out")),
            "module-path" => self.module = Some(absolute(raw)?),
            "pin-source" => self.pin = PinFrom::File(absolute(raw)?),
            "pin-value" if raw.is_empty() => return Err(UriFault::Value(name, "is empty")),
            _ => self.pin = PinFrom::Value(AuthPin::from(text(raw)?)),
        }
        Ok(())
    }

    /// The module that it names.
    pub fn module(&self) -> Option<&PathBuf> {
        self.module.as_ref()
    }

    /// Where the PIN is.
    pub fn pin(&self) -> &PinFrom {
        &self.pin
    }

    /// Names a key of a token: what a list of keys says, to be copied.
    pub(super) fn naming(token: &str, serial: &str, object: &str, id: &[u8]) -> Self {
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Self {
            token: text(token),
            serial: text(serial),
            object: text(object),
            id: Some(id.to_vec()).filter(|id| !id.is_empty()),
            ..Self::default()
        }
    }
}

/// What it names: never the PIN, nor where that is, nor the module.
impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::from("pkcs11:");
        let texts = [
            ("token", &self.token),
            ("serial", &self.serial),
            ("manufacturer", &self.manufacturer),
            ("model", &self.model),
            ("object", &self.object),
        ];
        let mut first = true;
        let mut put = |name: &str, value: String| {
            let between = if std::mem::take(&mut first) { "" } else { ";" };
            let _ = write!(out, "{between}{name}={value}"); // a String takes whatever is written to it
        };
        for (name, value) in texts {
            value.iter().for_each(|value| put(name, escaped(value)));
        }
        self.slot.iter().for_each(|slot| put("slot-id", slot.to_string()));
        // RFC 7512 2.3: the whole of an id is best escaped
        self.id.iter().for_each(|id| put("id", id.iter().map(|octet| format!("%{octet:02X}")).collect()));
        f.write_str(&out)
    }
}

/// Whether a text is meant as such a URI, for keys that may be files as well.
pub fn is_uri(text: &str) -> bool {
    scheme(text).is_some()
}

/// What stands behind the scheme, which is written in any case (RFC 3986 3.1). What only looks a little like it may
/// hold a PIN as well: it is taken for a URI, and refused as one if need be, and never shown as the name of a file.
fn scheme(text: &str) -> Option<&str> {
    const SCHEME: &str = "pkcs11:";
    let (scheme, rest) = text.trim_start().split_at_checked(SCHEME.len())?;
    scheme.eq_ignore_ascii_case(SCHEME).then_some(rest)
}

/// Printable, and short: it comes from a command line or a file.
fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(40).collect()
}

/// Characters that need no escape (RFC 7512 2.3): unreserved ones, and of the others those that the side they
/// stand on allows.
fn is_plain(octet: u8, in_query: bool) -> bool {
    let aside: &[u8] = if in_query { b":[]@!$'()*+,=/?|" } else { b":[]@!$'()*+,=&" };
    octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) || aside.contains(&octet)
}

fn decoded(name: &'static str, value: &str, in_query: bool) -> Result<Vec<u8>, UriFault> {
    let (mut octets, mut rest) = (Vec::with_capacity(value.len()), value.as_bytes());
    while let Some((&octet, behind)) = rest.split_first() {
        rest = behind;
        match octet {
            b'%' => {
                let digits = rest.split_at_checked(2).filter(|(digits, _)| digits.iter().all(u8::is_ascii_hexdigit));
                let (digits, behind) = digits.ok_or(UriFault::Value(name, "has a % without two hexadecimal digits"))?;
                let digits = std::str::from_utf8(digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok());
                octets.push(digits.ok_or(UriFault::Value(name, "has a % without two hexadecimal digits"))?);
                rest = behind;
            }
            octet if is_plain(octet, in_query) => octets.push(octet),
            _ => return Err(UriFault::Value(name, "has a character that must be written as % and two digits")),
        }
    }
    match octets.contains(&0) && name != "id" {
        true => Err(UriFault::Value(name, "has an octet of zero")),
        false => Ok(octets),
    }
}

fn escaped(text: &str) -> String {
    let one = |octet: u8| match is_plain(octet, false) {
        true => char::from(octet).to_string(),
        false => format!("%{octet:02X}"),
    };
    text.bytes().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Uri, UriFault> {
        text.parse()
    }

    #[test]
    fn what_others_print_is_read() {
        // as p11tool and the examples of RFC 7512 3 write them
        let uri = read(
            "pkcs11:model=SoftHSM%20v2;manufacturer=SoftHSM%20project;serial=9b7d1e5f;token=M%C3%B6h%C3%BCr;\
             id=%01%a2;object=seal;type=private?pin-source=file:/etc/token_pin&module-path=/usr/lib/p11.so",
        )
        .unwrap();
        assert_eq!(uri.token.as_deref(), Some("Möhür"));
        assert_eq!(uri.model.as_deref(), Some("SoftHSM v2"));
        assert_eq!(uri.id.as_deref(), Some(&[1, 0xa2][..]));
        assert_eq!(uri.module(), Some(&PathBuf::from("/usr/lib/p11.so")));
        assert!(matches!(uri.pin(), PinFrom::File(path) if path.as_os_str() == "/etc/token_pin"));
        let again = read(&uri.to_string()).unwrap();
        assert_eq!((&again.token, &again.id, &again.object), (&uri.token, &uri.id, &uri.object));
        assert!(matches!(again.pin(), PinFrom::Asked));
        for form in ["file:/a", "file:///a", "/a"] {
            let uri = read(&format!("pkcs11:?pin-source={form}")).unwrap();
            assert!(matches!(uri.pin(), PinFrom::File(path) if path.as_os_str() == "/a"), "{form}");
        }
        assert!(read("pkcs11:").is_ok());
    }

    #[test]
    fn a_pin_is_never_printed() {
        let uri = read("pkcs11:token=t?pin-value=4711%25").unwrap();
        for text in [format!("{uri}"), format!("{uri:?}"), format!("{:?}", uri.pin())] {
            assert!(!text.contains("4711"), "{text}");
        }
        for wrong in
            ["pkcs11:token=t?pin-value=4711%", "pkcs11:pin-value=4711", "pkcs11:token=t?pin-value=4711&x-y=4711"]
        {
            assert!(!read(wrong).unwrap_err().to_string().contains("4711"), "{wrong}");
        }
    }

    #[test]
    fn what_is_not_known_or_not_right_is_refused_by_name() {
        for (text, said) in [
            ("pkcs12:token=a", "does not begin"),
            ("pkcs11:token", "attribute 1 is not of the form"),
            ("pkcs11:token=a;", "attribute 2 is not of the form"),
            ("pkcs11:token=a;token=b", "“token” stands twice"),
            ("pkcs11:x-vendor=a", "“x-vendor” is not supported"),
            ("pkcs11:library-version=3", "“library-version” is not supported"),
            ("pkcs11:token=a?module-name=p11", "“module-name” is not supported"),
            ("pkcs11:module-path=/a", "“module-path” belongs behind the question mark"),
            ("pkcs11:?id=%01", "“id” belongs before the question mark"),
            ("pkcs11:token=a b", "“token” has a character"),
            ("pkcs11:token=a%2", "“token” has a % without"),
            ("pkcs11:token=%+1", "“token” has a % without"),
            ("pkcs11:token=%ff", "“token” is not UTF-8"),
            ("pkcs11:token=%00", "“token” has an octet of zero"),
            ("pkcs11:id=", "“id” is empty"),
            ("pkcs11:slot-id=+1", "“slot-id” is not a number"),
            ("pkcs11:type=cert", "“type” is not “private”"),
            ("pkcs11:?module-path=p11.so", "“module-path” is not an absolute path"),
            ("pkcs11:?pin-source=pin", "“pin-source” is not file:"),
            ("pkcs11:?pin-source=|/bin/pin", "“pin-source” is not file:"),
            ("pkcs11:?pin-source=file://host/pin", "“pin-source” is not file:"),
            ("pkcs11:?pin-source=/a&pin-value=1", "give one of them"),
        ] {
            let fault = read(text).unwrap_err().to_string();
            assert!(fault.contains(said), "{text}: {fault}");
        }
        assert_eq!(read(&format!("pkcs11:token={}", "a".repeat(URI_MAX))).unwrap_err(), UriFault::Long);
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_the_same(token in "\\PC{0,32}", id in proptest::collection::vec(any::<u8>(), 1..20)) {
            prop_assume!(!token.contains('\0') && !token.is_empty());
            let uri = Uri::naming(&token, "", "", &id);
            let again = read(&uri.to_string()).unwrap();
            prop_assert_eq!((again.token, again.id), (Some(token), Some(id)));
        }

        #[test]
        fn no_text_makes_it_panic(text in "pkcs11:(token|id|pin-value|x|=|;|%|%4|\\?|&|ə|.){0,20}") {
            let _ = read(&text);
        }
    }
}
