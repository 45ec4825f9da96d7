//! Whose signature it is: the key, its certificate, and those that lead on from it.
//!
//! A key comes from a file, or stays in a token and signs there. Never prints a PIN.

use super::SignArgs;
use crate::commands::{Trouble, files, prompt};
use crate::forms::certificate::Certificate;
use crate::forms::key::SigningKey;
use crate::token::{self, Question, TokenFault, Tries, Uri, is_uri};
use openssl::pkey::PKey;
use std::path::Path;
use std::sync::Arc;

/// Who signs.
pub(super) struct Signer {
    pub(super) key: Arc<dyn SigningKey>,
    pub(super) certificate: Certificate,
    /// Those that lead from it to an anchor.
    pub(super) path: Vec<Certificate>,
}

/// The signer that the command line names.
///
/// # Errors
/// Usage: there is no such key, or it is not the certificate's. Broken: the token fails.
pub(super) fn of(args: &SignArgs) -> Result<Signer, Trouble> {
    match (&args.pkcs11, &args.key, &args.cert) {
        (Some(uri), _, certificate) => in_token(uri, args.pkcs11_module.as_deref(), certificate.as_deref()),
        (None, Some(key), _) if key.to_str().is_some_and(is_uri) => {
            Err(Trouble::usage("--key names a file; a key in a token is named with --pkcs11"))
        }
        (None, Some(key), Some(certificate)) => in_file(key, certificate),
        (None, ..) => Err(Trouble::usage("name the key with --key and --cert, or with --pkcs11")),
    }
}

/// A key in a token; its certificate from a file or from there.
fn in_token(uri: &str, module: Option<&Path>, certificate: Option<&Path>) -> Result<Signer, Trouble> {
    let uri: Uri = uri.parse().map_err(|fault| Trouble::usage(format!("--pkcs11: {fault}")))?;
    let given = certificate.map(files::certificates).transpose()?;
    let module = module.filter(|module| !module.as_os_str().is_empty());
    let mut asked = Ok(());
    let mut ask = |question: &Question| match prompt::hidden(&words(question)) {
        Ok(answer) => answer,
        Err(trouble) => {
            asked = Err(trouble);
            None
        }
    };
    let found = token::find(&uri, module, &mut ask);
    asked?;
    let found = found.map_err(trouble)?;
    let all = given.unwrap_or_else(|| found.certificates().to_vec());
    let mut own = None;
    for one in &all {
        if found.belongs_to(one).map_err(trouble)? {
            own = Some(one.clone());
            break;
        }
    }
    let Some(own) = own else {
        let name = found.name().to_owned();
        return Err(trouble(match certificate {
            Some(_) => TokenFault::OtherKey(name),
            None => TokenFault::NoCertificate(name),
        }));
    };
    let key = found.for_certificate(&own).map_err(trouble)?;
    Ok(Signer { key: Arc::new(key), path: path(&own, &all), certificate: own })
}

fn words(question: &Question) -> String {
    let warned = match question.tries {
        Tries::All | Tries::None => "",
        Tries::Few => " (a wrong one was entered before)",
        Tries::Last => " (LAST TRY: a wrong one locks it)",
    };
    format!("PIN of the token “{}”{warned}: ", question.token)
}

fn trouble(fault: TokenFault) -> Trouble {
    match fault.is_usage() {
        true => Trouble::usage(fault.to_string()),
        false => Trouble::broken(fault.to_string()),
    }
}

/// A key in a file: of the certificates given the one that belongs to it, and those that lead on from it.
pub(super) fn in_file(key: &Path, certificate: &Path) -> Result<Signer, Trouble> {
    let text = files::small(key)?;
    let encrypted = memchr::memmem::find(&text, b"ENCRYPTED").is_some();
    let parsed = PKey::private_key_from_pem_callback(&text, |_| Ok(0)).or_else(|_| PKey::private_key_from_der(&text));
    let private = match parsed {
        Ok(private) => private,
        Err(_) if encrypted => {
            return Err(Trouble::usage(format!(
                "{0} is encrypted; sign with a copy that has no passphrase (openssl pkey -in {0} -out KEY), \
                 and delete that afterwards",
                key.display()
            )));
        }
        Err(_) => return Err(Trouble::usage(format!("{} holds no private key in PEM", key.display()))),
    };
    let found = files::certificates(certificate)?;
    match found.iter().find(|found| found.public_key().public_eq(&private)) {
        Some(own) => Ok(Signer { key: Arc::new(private), certificate: own.clone(), path: path(own, &found) }),
        None => Err(Trouble::usage(format!("{} is not the key of {}", key.display(), certificate.display()))),
    }
}

/// Certificates that go with a signature: more than any path has, and few enough for every reader.
const PATH_MAX: usize = 8;

/// Those of the certificates given that lead from a signer's to an anchor. The anchor itself stays out,
/// since whoever believes it has it (EN 319 122-1 6.3, EN 319 132-1 6.3), and so does what does not
/// belong to the path.
fn path(signer: &Certificate, given: &[Certificate]) -> Vec<Certificate> {
    let mut path: Vec<Certificate> = Vec::new();
    let issued = |issuer: &Certificate, one: &Certificate| {
        issuer.subject_der() == one.issuer_der() && one.x509().verify(issuer.public_key()).unwrap_or(false)
    };
    while path.len() < PATH_MAX {
        let last = path.last().unwrap_or(signer);
        let is_next = |next: &&Certificate| !next.is_self_issued() && !path.contains(next) && issued(next, last);
        match given.iter().find(is_next) {
            Some(next) => path.push(next.clone()),
            None => break,
        }
    }
    path
}
