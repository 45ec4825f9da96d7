//! Signature values: made with a private key, checked with a public one.
//!
//! One algorithm, one key, one form of writing at a time, and a key of another kind than the
//! algorithm's never fits. Whether the algorithm is good enough is policy, not form.

use super::algorithm::{DigestAlgorithm, SignatureAlgorithm};
use super::der::{self, DerFault, Reader, tag};
use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;
use openssl::md_ctx::MdCtx;
use openssl::nid::Nid;
use openssl::pkey::{HasPublic, Id, PKey, PKeyRef, Private};
use openssl::pkey_ctx::{PkeyCtx, PkeyCtxRef};
use openssl::rsa::Padding;
use openssl::sign::RsaPssSaltlen;

/// How the two numbers of an ECDSA or DSA signature are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// XML Signature 1.1 6.4.3: r and s side by side, each as long as the order of the group.
    Raw,
    /// CMS (RFC 5753 7.2): a DER sequence of two integers.
    Der,
}

/// Why a value could not even be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueFault {
    /// The key is of another kind than the algorithm.
    #[error("the key in the certificate is not one for {0}")]
    KeyDiffers(SignatureAlgorithm),
    /// The cryptographic library lacks the algorithm.
    #[error("{0} is not available")]
    Unavailable(SignatureAlgorithm),
    /// The algorithm signs the octets themselves, and only a digest is at hand.
    #[error("{0} does not sign a digest")]
    NeedsOctets(SignatureAlgorithm),
    /// The key has no algorithm here, or the library failed to sign.
    #[error("this key cannot sign")]
    CannotSign,
}

/// Whether `signature` is `key`'s over these octets.
///
/// # Errors
/// When that cannot be told: another kind of key, or an algorithm that is not at hand.
pub fn verify<T: HasPublic>(
    key: &PKeyRef<T>,
    algorithm: SignatureAlgorithm,
    octets: &[u8],
    signature: &[u8],
    form: Form,
) -> Result<bool, ValueFault> {
    match algorithm.digest() {
        Some(digest) => {
            let digest = digest.digest(octets).ok_or(ValueFault::Unavailable(algorithm))?;
            verify_digest(key, algorithm, &digest, signature, form)
        }
        None => {
            fits(key, algorithm)?;
            let mut context = MdCtx::new().map_err(|_| ValueFault::Unavailable(algorithm))?;
            context.digest_verify_init(None, key).map_err(|_| ValueFault::Unavailable(algorithm))?;
            // an error here is a signature of the wrong length or shape: not this key's
            Ok(context.digest_verify(octets, signature).unwrap_or(false))
        }
    }
}

/// The same over a digest that was computed before.
///
/// # Errors
/// As above; EdDSA takes no digest.
pub fn verify_digest<T: HasPublic>(
    key: &PKeyRef<T>,
    algorithm: SignatureAlgorithm,
    digest: &[u8],
    signature: &[u8],
    form: Form,
) -> Result<bool, ValueFault> {
    fits(key, algorithm)?;
    let over = algorithm.digest().ok_or(ValueFault::NeedsOctets(algorithm))?;
    if digest.len() != over.size() {
        return Ok(false);
    }
    let two_numbers;
    let signature = match (algorithm, form) {
        (SignatureAlgorithm::Ecdsa(_) | SignatureAlgorithm::Dsa(_), Form::Raw) => match from_raw(key, signature) {
            Some(der) => {
                two_numbers = der;
                two_numbers.as_slice()
            }
            None => return Ok(false),
        },
        (SignatureAlgorithm::Ecdsa(_) | SignatureAlgorithm::Dsa(_), Form::Der) if !is_two_numbers(signature) => {
            return Ok(false);
        }
        _ => signature,
    };
    let context = context(key, algorithm, PkeyCtxRef::verify_init).ok_or(ValueFault::Unavailable(algorithm));
    Ok(context?.verify(digest, signature).unwrap_or(false) || verify_without_null(key, algorithm, digest, signature))
}

/// Whether it is a PKCS #1 v1.5 value whose DigestInfo leaves the parameters of its digest algorithm out.
/// Old smart cards write it so, OpenSSL takes NULL alone, and a verifier must take both (RFC 4055 2.1).
fn verify_without_null<T: HasPublic>(
    key: &PKeyRef<T>,
    algorithm: SignatureAlgorithm,
    digest: &[u8],
    signature: &[u8],
) -> bool {
    let SignatureAlgorithm::RsaPkcs1(over) = algorithm else { return false };
    let verify = || {
        let identifier = der::element(tag::SEQUENCE, &[&der::oid(over.oid())?]);
        let info = der::element(tag::SEQUENCE, &[&identifier, &der::element(tag::OCTET_STRING, &[digest])]);
        let mut context = PkeyCtx::new(key).ok()?;
        context.verify_init().ok()?;
        context.set_rsa_padding(Padding::PKCS1).ok()?;
        context.verify(&info, signature).ok() // no digest is set: the whole of what is padded is compared
    };
    verify().unwrap_or(false)
}

/// The algorithm with which this key signs: PKCS #1 v1.5 and SHA-256 for RSA, which every verifier
/// knows; the digest of its curve's strength for ECDSA (RFC 5753, FIPS 186-5).
///
/// # Errors
/// A key that this program does not sign with.
pub fn algorithm_for<T: HasPublic>(key: &PKeyRef<T>) -> Result<SignatureAlgorithm, ValueFault> {
    match key.id() {
        Id::RSA => Ok(SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256)),
        Id::EC => match curve(key) {
            Some(Nid::X9_62_PRIME256V1) => Ok(SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha256)),
            Some(Nid::SECP384R1) => Ok(SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha384)),
            Some(Nid::SECP521R1) => Ok(SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha512)),
            _ => Err(ValueFault::CannotSign),
        },
        Id::ED25519 => Ok(SignatureAlgorithm::Ed25519),
        _ => Err(ValueFault::CannotSign),
    }
}

/// Signs these octets.
///
/// # Errors
/// A key of another kind, or one that fails.
pub fn sign(
    key: &PKey<Private>,
    algorithm: SignatureAlgorithm,
    octets: &[u8],
    form: Form,
) -> Result<Vec<u8>, ValueFault> {
    match algorithm.digest() {
        Some(digest) => {
            let digest = digest.digest(octets).ok_or(ValueFault::Unavailable(algorithm))?;
            sign_digest(key, algorithm, &digest, form)
        }
        None => {
            fits(key, algorithm)?;
            let mut signature = Vec::new();
            let mut context = MdCtx::new().map_err(|_| ValueFault::CannotSign)?;
            context.digest_sign_init(None, key).map_err(|_| ValueFault::CannotSign)?;
            context.digest_sign_to_vec(octets, &mut signature).map_err(|_| ValueFault::CannotSign)?;
            Ok(signature)
        }
    }
}

/// Signs a digest that was computed before.
///
/// # Errors
/// As above; EdDSA takes no digest.
pub fn sign_digest(
    key: &PKey<Private>,
    algorithm: SignatureAlgorithm,
    digest: &[u8],
    form: Form,
) -> Result<Vec<u8>, ValueFault> {
    fits(key, algorithm)?;
    let over = algorithm.digest().ok_or(ValueFault::NeedsOctets(algorithm))?;
    if digest.len() != over.size() {
        return Err(ValueFault::CannotSign);
    }
    let mut context = context(key, algorithm, PkeyCtxRef::sign_init).ok_or(ValueFault::Unavailable(algorithm))?;
    let mut signature = Vec::new();
    context.sign_to_vec(digest, &mut signature).map_err(|_| ValueFault::CannotSign)?;
    match (algorithm, form) {
        (SignatureAlgorithm::Ecdsa(_), Form::Raw) => to_raw(key, &signature).ok_or(ValueFault::CannotSign),
        (SignatureAlgorithm::Dsa(_), _) => Err(ValueFault::CannotSign), // never made, only recognised
        _ => Ok(signature),
    }
}

/// A key context set up for the algorithm; none when the library refuses.
fn context<T>(
    key: &PKeyRef<T>,
    algorithm: SignatureAlgorithm,
    init: impl FnOnce(&mut PkeyCtxRef<T>) -> Result<(), openssl::error::ErrorStack>,
) -> Option<PkeyCtx<T>> {
    let mut context = PkeyCtx::new(key).ok()?;
    init(&mut context).ok()?;
    match algorithm {
        SignatureAlgorithm::RsaPkcs1(_) => context.set_rsa_padding(Padding::PKCS1).ok()?,
        SignatureAlgorithm::RsaPss { .. } => context.set_rsa_padding(Padding::PKCS1_PSS).ok()?,
        _ => {}
    }
    context.set_signature_md(algorithm.digest()?.md()?).ok()?;
    if let SignatureAlgorithm::RsaPss { mask, salt, .. } = algorithm {
        context.set_rsa_mgf1_md(mask.md()?).ok()?;
        // longer than any key could carry: not a length
        context
            .set_rsa_pss_saltlen(RsaPssSaltlen::custom(i32::try_from(salt).ok().filter(|&salt| salt <= 4096)?))
            .ok()?;
    }
    Some(context)
}

/// The key's kind must be the algorithm's.
fn fits<T: HasPublic>(key: &PKeyRef<T>, algorithm: SignatureAlgorithm) -> Result<(), ValueFault> {
    let fits = match algorithm {
        SignatureAlgorithm::RsaPkcs1(_) => key.id() == Id::RSA,
        SignatureAlgorithm::RsaPss { .. } => key.id() == Id::RSA || key.id() == Id::RSA_PSS,
        SignatureAlgorithm::Ecdsa(_) => key.id() == Id::EC,
        SignatureAlgorithm::Dsa(_) => key.id() == Id::DSA,
        SignatureAlgorithm::Ed25519 => key.id() == Id::ED25519,
        SignatureAlgorithm::Ed448 => key.id() == Id::ED448,
    };
    if fits { Ok(()) } else { Err(ValueFault::KeyDiffers(algorithm)) }
}

/// The named curve of an EC key; none for other keys and for curves spelled out.
pub fn curve<T: HasPublic>(key: &PKeyRef<T>) -> Option<Nid> {
    key.ec_key().ok()?.group().curve_name()
}

/// Octets of the order of the key's group: the length of r and of s.
fn order_octets<T: HasPublic>(key: &PKeyRef<T>) -> Option<usize> {
    match key.id() {
        Id::DSA => usize::try_from(key.dsa().ok()?.q().num_bytes()).ok(),
        // An EC key's bits are those of its order; to ask the key itself would have it converted.
        Id::EC => Some(usize::try_from(key.bits()).ok()?.div_ceil(8)),
        _ => None,
    }
}

fn from_raw<T: HasPublic>(key: &PKeyRef<T>, signature: &[u8]) -> Option<Vec<u8>> {
    let length = order_octets(key)?;
    if signature.len() != length * 2 {
        return None;
    }
    let (r, s) = signature.split_at(length);
    Some(der::element(tag::SEQUENCE, &[&der::unsigned(r), &der::unsigned(s)]))
}

/// A raw value in another form of writing, for a key that writes none but the raw one (PKCS #11 2.3.1); as it
/// is for an algorithm whose values have one form. None for what is no value of this key.
pub fn written<T: HasPublic>(
    key: &PKeyRef<T>,
    algorithm: SignatureAlgorithm,
    raw: Vec<u8>,
    form: Form,
) -> Option<Vec<u8>> {
    match (algorithm, form) {
        (SignatureAlgorithm::Ecdsa(_) | SignatureAlgorithm::Dsa(_), Form::Der) => from_raw(key, &raw),
        _ => Some(raw),
    }
}

/// DigestInfo (RFC 8017 9.2): what is signed by PKCS #1 v1.5, for a key that pads and no more.
pub fn digest_info(over: DigestAlgorithm, digest: &[u8]) -> Option<Vec<u8>> {
    let identifier = der::element(tag::SEQUENCE, &[&der::oid(over.oid())?, &[tag::NULL, 0]]);
    Some(der::element(tag::SEQUENCE, &[&identifier, &der::element(tag::OCTET_STRING, &[digest])]))
}

/// The two numbers of a raw ECDSA value whose halves are not as long as the order, written as they should
/// be; none for a value of the right length, of an odd one, or whose numbers do not fit. Some signers leave
/// leading zeros out (an old fault of Java's) or put more before them: the numbers are the same, and
/// whoever reads them so must say that their form is wrong.
pub fn respelled<T: HasPublic>(key: &PKeyRef<T>, signature: &[u8]) -> Option<Vec<u8>> {
    let length = order_octets(key).filter(|_| key.id() == Id::EC)?;
    let half = signature.len() / 2;
    if half == 0 || half == length || half > length * 2 || !signature.len().is_multiple_of(2) {
        return None;
    }
    let padded = i32::try_from(length).ok()?;
    let (r, s) = signature.split_at(half);
    let mut raw = BigNum::from_slice(r).ok()?.to_vec_padded(padded).ok()?;
    raw.extend(BigNum::from_slice(s).ok()?.to_vec_padded(padded).ok()?);
    Some(raw)
}

fn to_raw(key: &PKeyRef<Private>, signature: &[u8]) -> Option<Vec<u8>> {
    let length = i32::try_from(order_octets(key)?).ok()?;
    let numbers = EcdsaSig::from_der(signature).ok()?;
    let mut raw = numbers.r().to_vec_padded(length).ok()?;
    raw.extend(numbers.s().to_vec_padded(length).ok()?);
    Some(raw)
}

/// Two positive integers in their shortest form and nothing else, so that no signature has two spellings.
fn is_two_numbers(signature: &[u8]) -> bool {
    let read = || -> Result<(), DerFault> {
        let mut whole = Reader::new(signature);
        let mut numbers = whole.take(tag::SEQUENCE, "no sequence")?.reader();
        numbers.any()?.integer()?;
        numbers.any()?.integer()?;
        numbers.finish()?;
        whole.finish()
    };
    read().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use openssl::ec::{EcGroup, EcKey};
    use openssl::rsa::Rsa;

    fn ec(curve: Nid) -> PKey<Private> {
        PKey::from_ec_key(EcKey::generate(&EcGroup::from_curve_name(curve).unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn each_key_signs_and_only_its_own_value_is_right() {
        let rsa = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let ed = PKey::generate_ed25519().unwrap();
        let keys = [ec(Nid::X9_62_PRIME256V1), ec(Nid::SECP384R1), ec(Nid::SECP521R1), rsa, ed];
        for key in &keys {
            let algorithm = algorithm_for(key).unwrap();
            for form in [Form::Raw, Form::Der] {
                let mut signature = sign(key, algorithm, b"octets", form).unwrap();
                assert_eq!(verify(key, algorithm, b"octets", &signature, form), Ok(true), "{algorithm} {form:?}");
                assert_eq!(verify(key, algorithm, b"Octets", &signature, form), Ok(false), "{algorithm} {form:?}");
                for longer in [[&[0], signature.as_slice()].concat(), [signature.as_slice(), &[0]].concat()] {
                    assert_eq!(verify(key, algorithm, b"octets", &longer, form), Ok(false), "{algorithm} {form:?}");
                }
                signature[20] ^= 1;
                assert_eq!(verify(key, algorithm, b"octets", &signature, form), Ok(false), "{algorithm} {form:?}");
                assert_eq!(verify(key, algorithm, b"octets", b"", form), Ok(false), "{algorithm} {form:?}");
            }
            for other in keys.iter().filter(|other| other.id() != key.id()) {
                let signature = sign(key, algorithm, b"octets", Form::Der).unwrap();
                let answer = verify(other, algorithm, b"octets", &signature, Form::Der);
                assert_eq!(answer, Err(ValueFault::KeyDiffers(algorithm)));
            }
        }
    }

    #[test]
    fn a_digest_info_may_leave_null_out() {
        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let algorithm = algorithm_for(&key).unwrap();
        let digest = DigestAlgorithm::Sha256.digest(b"octets").unwrap();
        let sign = |info: &[u8]| {
            let mut context = PkeyCtx::new(&key).unwrap();
            context.sign_init().unwrap();
            context.set_rsa_padding(Padding::PKCS1).unwrap();
            let mut signature = Vec::new();
            context.sign_to_vec(info, &mut signature).unwrap();
            verify(&key, algorithm, b"octets", &signature, Form::Raw)
        };
        let oid = der::oid(DigestAlgorithm::Sha256.oid()).unwrap();
        let info = |parameters: &[u8], digest: &[u8]| {
            let identifier = der::element(tag::SEQUENCE, &[&oid, parameters]);
            der::element(tag::SEQUENCE, &[&identifier, &der::element(tag::OCTET_STRING, &[digest])])
        };
        assert_eq!(sign(&info(b"", &digest)), Ok(true));
        assert_eq!(sign(&info(&[5, 0], &digest)), Ok(true));
        for wrong in
            [info(&[4, 0], &digest), info(b"", &[0; 32]), digest.clone(), [&info(b"", &digest)[..], b"x"].concat()]
        {
            assert_eq!(sign(&wrong), Ok(false));
        }
    }

    #[test]
    fn the_parameters_of_pss_count() {
        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let pss = SignatureAlgorithm::pss(DigestAlgorithm::Sha256);
        let other = |mask, salt| SignatureAlgorithm::RsaPss { digest: DigestAlgorithm::Sha256, mask, salt };
        let signature = sign(&key, pss, b"octets", Form::Der).unwrap();
        assert_eq!(verify(&key, pss, b"octets", &signature, Form::Raw), Ok(true));
        for odd in [
            other(DigestAlgorithm::Sha384, 32),
            other(DigestAlgorithm::Sha256, 20),
            other(DigestAlgorithm::Sha256, 4096),
        ] {
            assert_eq!(verify(&key, odd, b"octets", &signature, Form::Raw), Ok(false), "{odd:?}");
        }
        let without = SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256);
        assert_eq!(verify(&key, without, b"octets", &signature, Form::Raw), Ok(false));
    }

    #[test]
    fn a_raw_value_of_another_length_is_respelled_by_its_numbers() {
        let key = ec(Nid::SECP521R1);
        let number = |octets: usize, last: u8| [vec![0; octets - 1], vec![last]].concat();
        let right = [number(66, 1), number(66, 2)].concat();
        for octets in [1, 64, 65, 67, 132] {
            assert_eq!(respelled(&key, &[number(octets, 1), number(octets, 2)].concat()), Some(right.clone()));
        }
        let large = [vec![1; 67], number(67, 2)].concat();
        for none in [&b""[..], &right, &right[1..], &[0; 131], &[0; 266], &large] {
            assert_eq!(respelled(&key, none), None);
        }
        let rsa = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        assert_eq!(respelled(&rsa, &[0; 64]), None);
    }

    #[test]
    fn raw_numbers_have_exactly_the_length_of_the_order() {
        let key = ec(Nid::SECP521R1);
        let algorithm = algorithm_for(&key).unwrap();
        let raw = sign(&key, algorithm, b"octets", Form::Raw).unwrap();
        assert_eq!(raw.len(), 132);
        let der = sign(&key, algorithm, b"octets", Form::Der).unwrap();
        assert_eq!(verify(&key, algorithm, b"octets", &der, Form::Raw), Ok(false));
        assert_eq!(verify(&key, algorithm, b"octets", &raw, Form::Der), Ok(false));
    }
}
