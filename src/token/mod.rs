//! Keys in PKCS#11 tokens: cards, sticks and modules that sign and never give a private key away.
//!
//! Owns how a token and a key in it are found, how its PIN is given, and what is asked of it: one signature at a
//! time, which is verified before anybody gets it. A PIN is tried once: no wrong one is ever tried again, and a
//! written one never where it would be the last try. Knows which files it takes
//! beside that ([`Needs`]). Decides nothing about what is signed.

mod fault;
mod module;
mod needs;
mod objects;
mod pin;
mod uri;

pub use fault::TokenFault;
pub use needs::Needs;
pub use pin::{PinFrom, Question, Tries, wipe};
pub use uri::{Uri, UriFault, is_uri};

use crate::forms::algorithm::SignatureAlgorithm;
use crate::forms::certificate::Certificate;
use crate::forms::key::{KeyFault, SigningKey};
use crate::forms::value::{self, Form, ValueFault};
use cryptoki::context::Pkcs11;
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use module::Present;
use objects::Key;
use openssl::pkey::{PKey, PKeyRef, Public};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Who is asked for a PIN that nobody gave: nothing means that there is nobody.
pub type Ask<'a> = &'a mut dyn FnMut(&Question) -> Option<String>;

/// A key that was found in a token whose user is logged in, with the certificates beside it.
pub struct Found {
    access: Access,
    open: Open,
    certificates: Vec<Certificate>,
}

/// What it takes to come to the key again.
struct Access {
    module: Pkcs11,
    uri: Uri,
    pin: Option<AuthPin>,
}

/// A session in which the key can be used. Closing it logs out.
struct Open {
    session: Session,
    key: Key,
}

/// Finds the key that a URI means. `module` drives the token where the URI names none.
///
/// # Errors
/// [`TokenFault`].
pub fn find(uri: &Uri, module: Option<&Path>, ask: Ask<'_>) -> Result<Found, TokenFault> {
    let path: PathBuf = uri.module().cloned().or_else(|| module.map(Path::to_owned)).ok_or(TokenFault::NoModule)?;
    let mut access = Access { module: module::load(&path)?, uri: uri.clone(), pin: None };
    let token = module::token(&access.module, uri)?;
    let session = access.session(&token)?;
    access.pin = access.log_in(&session, &token, ask)?;
    let key = objects::key(&session, &token, uri)?;
    if key.asks_each_time {
        return Err(TokenFault::AsksEachTime(key.name));
    }
    let certificates = objects::certificates(&session, &key)?;
    Ok(Found { access, open: Open { session, key }, certificates })
}

impl Access {
    fn session(&self, token: &Present) -> Result<Session, TokenFault> {
        self.module.open_ro_session(token.slot).map_err(|error| TokenFault::device(&error))
    }

    /// Logs the user in where the token asks for it, and gives the PIN that was right.
    fn log_in(&self, session: &Session, token: &Present, ask: Ask<'_>) -> Result<Option<AuthPin>, TokenFault> {
        let label = || token.label.clone();
        if !token.is_ready() {
            return Err(TokenFault::NotReady(label()));
        }
        if !token.asks_for_pin() {
            return Ok(None);
        }
        let tries = token.tries();
        if tries == Tries::None {
            return Err(TokenFault::PinLocked(label()));
        }
        let written = match self.uri.pin() {
            PinFrom::Value(pin) => Some(pin.clone()),
            PinFrom::File(path) => Some(pin::in_file(path)?),
            PinFrom::Asked => None,
        };
        if written.is_some() && tries == Tries::Last {
            return Err(TokenFault::PinLast(label()));
        }
        let pin = match written {
            Some(pin) => Some(pin),
            None if token.has_keypad() => None,
            None => match ask(&Question { token: label(), tries }) {
                Some(pin) => Some(AuthPin::from(pin)),
                None => return Err(TokenFault::PinMissing(label())),
            },
        };
        self.give(session, token, pin.as_ref())?;
        Ok(pin)
    }

    fn give(&self, session: &Session, token: &Present, pin: Option<&AuthPin>) -> Result<(), TokenFault> {
        let label = || token.label.clone();
        let Err(error) = session.login(UserType::User, pin) else { return Ok(()) };
        match error {
            Error::Pkcs11(RvError::UserAlreadyLoggedIn, _) => Ok(()), // by another session of this process
            Error::Pkcs11(RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange, _) => {
                Err(TokenFault::PinWrong { token: label(), tries: token.tries_now(&self.module) })
            }
            Error::Pkcs11(RvError::PinLocked, _) => Err(TokenFault::PinLocked(label())),
            Error::Pkcs11(RvError::PinExpired, _) => Err(TokenFault::PinExpired(label())),
            Error::Pkcs11(RvError::UserPinNotInitialized, _) => Err(TokenFault::NotReady(label())),
            other => Err(TokenFault::device(&other)),
        }
    }

    /// Opens it all again, with the PIN that was right before, for a token that went and came back.
    fn again(&self) -> Result<Open, TokenFault> {
        let token = module::token(&self.module, &self.uri)?;
        let session = self.session(&token)?;
        if token.asks_for_pin() && (self.pin.is_some() || token.has_keypad()) {
            if matches!(token.tries(), Tries::Last | Tries::None) {
                return Err(TokenFault::PinLast(token.label));
            }
            self.give(&session, &token, self.pin.as_ref())?;
        }
        let key = objects::key(&session, &token, &self.uri)?;
        Ok(Open { session, key })
    }
}

impl Found {
    /// The certificates in the token: that of the key first, where there is one.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// What names the key.
    pub fn name(&self) -> &str {
        &self.open.key.name
    }

    /// Whether the certificate is this key's. Where the token tells nothing public of it, a signature does, over
    /// octets that mean nothing.
    ///
    /// # Errors
    /// [`TokenFault`].
    pub fn belongs_to(&self, certificate: &Certificate) -> Result<bool, TokenFault> {
        let public = certificate.public_key();
        if let Some(material) = &self.open.key.public {
            return Ok(material.is_of(public));
        }
        let Ok(algorithm) = value::algorithm_for(public) else { return Ok(false) };
        const NOTHING: &[u8] = b"pencere looks whose key this is";
        let input = match algorithm.digest() {
            Some(digest) => digest.digest(NOTHING).unwrap_or_default(),
            None => NOTHING.to_vec(),
        };
        match raw(&self.open, algorithm, &input) {
            Ok(signature) => Ok(checked(public, algorithm, &input, signature, Form::Raw).is_some()),
            // a mechanism for another kind of key
            Err(Error::Pkcs11(RvError::KeyTypeInconsistent | RvError::MechanismInvalid, _)) => Ok(false),
            Err(error) => Err(TokenFault::device(&error)),
        }
    }

    /// The key, for signatures of this certificate alone.
    ///
    /// # Errors
    /// It is another key's, or of a kind that nobody signs with here.
    pub fn for_certificate(self, certificate: &Certificate) -> Result<TokenKey, TokenFault> {
        if !self.belongs_to(certificate)? {
            return Err(TokenFault::OtherKey(self.open.key.name));
        }
        let public = certificate.public_key();
        if value::algorithm_for(public).is_err() {
            return Err(TokenFault::Unsuitable(self.open.key.name));
        }
        Ok(TokenKey { access: self.access, open: Mutex::new(Held::Open(self.open)), public: public.clone() })
    }
}

/// What is held of a token between two signatures.
enum Held {
    /// All that is needed.
    Open(Open),
    /// It went away, and may come back.
    Lost,
    /// It came back and did not let us in: its PIN is not tried once more.
    Shut(TokenFault),
}

/// A key in a token, ready to sign. A token does one thing at a time, and whoever comes meanwhile waits.
pub struct TokenKey {
    access: Access,
    open: Mutex<Held>,
    public: PKey<Public>,
}

impl TokenKey {
    /// Signs, and once more where the token was away meanwhile; what comes of it is verified.
    fn make(&self, algorithm: SignatureAlgorithm, input: &[u8], form: Form) -> Result<Vec<u8>, KeyFault> {
        let away = |fault: TokenFault| KeyFault::Away(fault.to_string());
        let mut held = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let first = match &*held {
            Held::Open(open) => match raw(open, algorithm, input) {
                Err(error) if is_loss(&error) => None,
                answer => Some(answer),
            },
            Held::Lost => None,
            Held::Shut(fault) => return Err(away(fault.clone())),
        };
        let signature = match first {
            Some(answer) => answer,
            None => {
                *held = Held::Lost; // closed before it is opened anew
                match self.access.again() {
                    Ok(open) => {
                        let answer = raw(&open, algorithm, input);
                        *held = Held::Open(open);
                        answer
                    }
                    Err(fault @ (TokenFault::PinWrong { .. } | TokenFault::PinLast(_) | TokenFault::PinLocked(_))) => {
                        *held = Held::Shut(fault.clone());
                        return Err(away(fault));
                    }
                    Err(fault) => return Err(away(fault)),
                }
            }
        };
        let signature = signature.map_err(|error| away(TokenFault::device(&error)))?;
        checked(&self.public, algorithm, input, signature, form).ok_or_else(|| away(TokenFault::WrongValue))
    }
}

impl SigningKey for TokenKey {
    fn belongs_to(&self, public: &PKeyRef<Public>) -> bool {
        self.public.public_eq(public)
    }

    fn sign_digest(&self, algorithm: SignatureAlgorithm, digest: &[u8], form: Form) -> Result<Vec<u8>, KeyFault> {
        match algorithm.digest() {
            Some(over) if over.size() == digest.len() => self.make(algorithm, digest, form),
            Some(_) => Err(ValueFault::CannotSign.into()),
            None => Err(ValueFault::NeedsOctets(algorithm).into()),
        }
    }

    fn sign_octets(&self, algorithm: SignatureAlgorithm, octets: &[u8], form: Form) -> Result<Vec<u8>, KeyFault> {
        match algorithm {
            SignatureAlgorithm::Ed25519 => self.make(algorithm, octets, form),
            _ => Err(ValueFault::CannotSign.into()),
        }
    }
}

/// What the token makes of a digest, or of octets where the algorithm takes no digest.
fn raw(open: &Open, algorithm: SignatureAlgorithm, input: &[u8]) -> Result<Vec<u8>, Error> {
    let sign = |mechanism: &Mechanism<'_>, input: &[u8]| open.session.sign(mechanism, open.key.handle, input);
    match algorithm {
        SignatureAlgorithm::RsaPkcs1(over) => {
            sign(&Mechanism::RsaPkcs, &value::digest_info(over, input).ok_or(Error::NotSupported)?)
        }
        SignatureAlgorithm::Ecdsa(_) => sign(&Mechanism::Ecdsa, input),
        SignatureAlgorithm::Ed25519 => sign(&Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Pure)), input),
        _ => Err(Error::NotSupported),
    }
}

/// The value in the form that is wanted, if it is one of this key over this input.
fn checked(
    public: &PKeyRef<Public>,
    algorithm: SignatureAlgorithm,
    input: &[u8],
    raw: Vec<u8>,
    form: Form,
) -> Option<Vec<u8>> {
    let raw = match algorithm {
        // some modules leave zeros out before the two numbers
        SignatureAlgorithm::Ecdsa(_) => value::respelled(public, &raw).unwrap_or(raw),
        _ => raw,
    };
    let is_right = match algorithm.digest() {
        Some(_) => value::verify_digest(public, algorithm, input, &raw, Form::Raw),
        None => value::verify(public, algorithm, input, &raw, Form::Raw),
    };
    match is_right {
        Ok(true) => value::written(public, algorithm, raw, form),
        _ => None,
    }
}

/// Whether the session or the token behind it is gone, so that another one may do.
fn is_loss(error: &Error) -> bool {
    use RvError::{
        DeviceError, DeviceRemoved, KeyHandleInvalid, ObjectHandleInvalid, SessionClosed, SessionHandleInvalid,
        TokenNotPresent, UserNotLoggedIn,
    };
    let Error::Pkcs11(code, _) = error else { return false };
    matches!(
        code,
        DeviceError
            | DeviceRemoved
            | KeyHandleInvalid
            | ObjectHandleInvalid
            | SessionClosed
            | SessionHandleInvalid
            | TokenNotPresent
            | UserNotLoggedIn
    )
}
