//! Checkpoints of a transparency log: the C2SP forms `signed-note` and `tlog-checkpoint`.
//!
//! ```text
//! pencere/trial
//! 42
//! 3Lw0hUyL…=
//!
//! — pencere/trial mB5bKw…=
//! ```
//!
//! The first line names the log, the second says how many leaves it had, the third the root over them in Base64; then
//! an empty line and signatures, each with the key's name and, in Base64, its id and the Ed25519 signature over all
//! lines before the empty one. Owns the form and its verification; never decides whose key is believed.

use crate::document::Digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey, Private, Public};
use openssl::sign::{Signer, Verifier};
use std::fmt;
use std::str::FromStr;

/// The kind of a key that signs notes with Ed25519 (C2SP signed-note).
const ED25519: u8 = 1;

/// Longest note, in octets: one of three lines with the signatures of a log and its witnesses.
pub const NOTE_MAX: usize = 8 * 1024;

/// Why a note is not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteFault {
    /// It has not the form of a checkpoint.
    #[error("this is no checkpoint")]
    Form,
    /// It is another log's.
    #[error("the checkpoint names another log")]
    OtherLog,
    /// No signature on it is of this key.
    #[error("the checkpoint is not signed with this key")]
    NotSigned,
    /// A signature says that it is of this key, and is not.
    #[error("the signature on the checkpoint is wrong")]
    Wrong,
}

/// What a checkpoint says. Proven by nothing until [`LogKey::verify`] gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log.
    pub origin: String,
    /// How many leaves it had.
    pub size: u64,
    /// The root over them.
    pub root: Digest,
}

impl Checkpoint {
    /// The lines that are signed.
    fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(self.root.as_bytes()))
    }

    /// What a note says, whoever signed it.
    ///
    /// # Errors
    /// [`NoteFault::Form`].
    pub fn read(note: &str) -> Result<Self, NoteFault> {
        let (text, _) = parts(note)?;
        let mut lines = text.lines();
        let mut read = || {
            let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
            let root = BASE64.decode(root).ok()?.try_into().ok()?;
            let checkpoint =
                Self { origin: origin.to_owned(), size: size.parse().ok()?, root: Digest::from_bytes(root) };
            // one spelling each: no sign, no leading zero, and nothing behind (an extension of the form)
            (checkpoint.text() == text && is_name(origin)).then_some(checkpoint)
        };
        read().ok_or(NoteFault::Form)
    }
}

/// Text with its last line feed, and the lines of the signatures.
fn parts(note: &str) -> Result<(&str, &str), NoteFault> {
    if note.len() > NOTE_MAX {
        return Err(NoteFault::Form);
    }
    let at = note.find("\n\n").ok_or(NoteFault::Form)?;
    let (text, signatures) = note.split_at_checked(at + 1).ok_or(NoteFault::Form)?;
    let signatures = signatures.strip_prefix('\n').filter(|lines| lines.ends_with('\n')).ok_or(NoteFault::Form)?;
    Ok((text, signatures))
}

/// Whether a key or a log may be called so: something, without white space and plus signs.
pub fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 255 && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

/// The public key of a log, with its name: `NAME+ID+KEY`, the form of the Go tools' verifier keys.
#[derive(Clone)]
pub struct LogKey {
    name: String,
    public: [u8; 32],
}

impl LogKey {
    /// The key of this name; none for a name that no key can have, and for a key that is none of Ed25519.
    pub fn new<T: openssl::pkey::HasPublic>(name: &str, key: &PKey<T>) -> Option<Self> {
        let public = (key.id() == Id::ED25519).then(|| key.raw_public_key().ok()?.try_into().ok())??;
        is_name(name).then(|| Self { name: name.to_owned(), public })
    }

    /// Its name, which is the log's.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first octets of the digest over name and key, by which a signature says whose it is.
    fn id(&self) -> [u8; 4] {
        let named = [self.name.as_bytes(), &[b'\n', ED25519], &self.public].concat();
        let [a, b, c, d, ..] = *Digest::of(&named).as_bytes();
        [a, b, c, d]
    }

    /// What a note says that this key signed.
    ///
    /// # Errors
    /// [`NoteFault`].
    pub fn verify(&self, note: &str) -> Result<Checkpoint, NoteFault> {
        let checkpoint = Checkpoint::read(note)?;
        if checkpoint.origin != self.name {
            return Err(NoteFault::OtherLog);
        }
        let (text, signatures) = parts(note)?;
        let mut is_signed = false;
        for line in signatures.lines() {
            let (name, value) = line.strip_prefix("— ").and_then(|line| line.split_once(' ')).ok_or(NoteFault::Form)?;
            let value = BASE64.decode(value).map_err(|_| NoteFault::Form)?;
            let Some((id, signature)) = value.split_at_checked(4) else { return Err(NoteFault::Form) };
            if name == self.name && id == self.id() {
                match self.is_signature(text.as_bytes(), signature) {
                    true => is_signed = true,
                    false => return Err(NoteFault::Wrong),
                }
            }
        }
        is_signed.then_some(checkpoint).ok_or(NoteFault::NotSigned)
    }

    fn is_signature(&self, text: &[u8], signature: &[u8]) -> bool {
        let verified = PKey::<Public>::public_key_from_raw_bytes(&self.public, Id::ED25519)
            .and_then(|key| Verifier::new_without_digest(&key)?.verify_oneshot(signature, text));
        verified.unwrap_or(false)
    }
}

impl fmt::Display for LogKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d] = self.id();
        let key = [&[ED25519][..], &self.public].concat();
        write!(f, "{}+{a:02x}{b:02x}{c:02x}{d:02x}+{}", self.name, BASE64.encode(key))
    }
}

impl fmt::Debug for LogKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl PartialEq for LogKey {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.public) == (&other.name, &other.public)
    }
}

impl Eq for LogKey {}

impl FromStr for LogKey {
    type Err = NoteFault;

    fn from_str(text: &str) -> Result<Self, NoteFault> {
        let mut parts = text.splitn(3, '+'); // the Base64 at the end may have plus signs of its own
        let mut read = || {
            let (name, _id, key) = (parts.next()?, parts.next()?, parts.next()?);
            let [ED25519, public @ ..] = &BASE64.decode(key).ok()?[..] else { return None };
            let key = Self { name: name.to_owned(), public: public.try_into().ok()? };
            (is_name(name) && key.to_string() == text).then_some(key) // its id fits too
        };
        read().ok_or(NoteFault::Form)
    }
}

/// The key that signs a log's checkpoints.
#[derive(Debug)]
pub struct LogSigner {
    key: PKey<Private>,
    public: LogKey,
}

impl LogSigner {
    /// Of this name; none where [`LogKey::new`] gives none.
    pub fn new(name: &str, key: PKey<Private>) -> Option<Self> {
        let public = LogKey::new(name, &key)?;
        Some(Self { key, public })
    }

    /// Its public half.
    pub fn key(&self) -> &LogKey {
        &self.public
    }

    /// The signed note that says how large the log is, and the root over it.
    ///
    /// # Errors
    /// What OpenSSL says.
    pub fn sign(&self, size: u64, root: Digest) -> Result<String, ErrorStack> {
        let text = Checkpoint { origin: self.public.name.clone(), size, root }.text();
        let signature = Signer::new_without_digest(&self.key)?.sign_oneshot_to_vec(text.as_bytes())?;
        let value = BASE64.encode([&self.public.id()[..], &signature].concat());
        Ok(format!("{text}\n— {} {value}\n", self.public.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(name: &str) -> LogSigner {
        LogSigner::new(name, PKey::generate_ed25519().unwrap()).unwrap()
    }

    #[test]
    fn a_checkpoint_is_read_as_it_was_signed_and_no_other_passes() {
        let root = Digest::of(b"root");
        let (one, other) = (signer("pencere/trial"), signer("pencere/trial"));
        let note = one.sign(42, root).unwrap();
        let wanted = Checkpoint { origin: "pencere/trial".to_owned(), size: 42, root };
        assert_eq!(one.key().verify(&note), Ok(wanted));
        assert_eq!(other.key().verify(&note), Err(NoteFault::NotSigned));
        assert_eq!(signer("pencere/other").key().verify(&note), Err(NoteFault::OtherLog));
        for (old, new, fault) in [
            ("42", "43", NoteFault::Wrong),
            ("42", "042", NoteFault::Form),
            ("42\n", "42 \n", NoteFault::Form),
            ("\n\n", "\nmore\n\n", NoteFault::Form),
            ("— ", "- ", NoteFault::Form),
        ] {
            assert_eq!(one.key().verify(&note.replacen(old, new, 1)), Err(fault), "{old:?} {new:?}");
        }
        assert_eq!(one.key().verify(note.trim_end()), Err(NoteFault::Form));
        // the signature of a witness beside it is let be, and one that only says that it is the log's is not
        let witness = signer("witness.example").sign(42, root).unwrap();
        let cosigned = format!("{note}{}\n", witness.lines().last().unwrap());
        assert!(one.key().verify(&cosigned).is_ok());
        let at = note.rfind(' ').unwrap() + 12;
        let mut broken = note.clone().into_bytes();
        broken[at] = if broken[at] == b'A' { b'B' } else { b'A' };
        assert_eq!(one.key().verify(std::str::from_utf8(&broken).unwrap()), Err(NoteFault::Wrong));
    }

    #[test]
    fn a_key_is_read_back_from_its_text_whatever_stands_in_its_base64() {
        for _ in 0..200 {
            let key = signer("boemis.example/pencere").key().clone();
            assert_eq!(key.to_string().parse(), Ok(key.clone()), "{key}");
            assert_eq!(key.to_string().replacen("boemis", "boemiz", 1).parse::<LogKey>(), Err(NoteFault::Form));
        }
        assert!(LogKey::new("two words", &PKey::generate_ed25519().unwrap()).is_none());
        assert!(LogKey::new("a+b", &PKey::generate_ed25519().unwrap()).is_none());
        assert!(LogKey::new("x", &PKey::generate_x25519().unwrap()).is_none());
    }
}
