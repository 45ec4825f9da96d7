//! PKCS#11 modules, loaded once in a process, and the tokens that they drive.
//!
//! A module stays loaded and initialised until the process ends: it may have threads of its own. It is a library of
//! others that runs in this process with all its rights, so it comes only from where a command line, the
//! environment or a configuration says.

use super::fault::{TokenFault, words};
use super::pin::Tries;
use super::uri::Uri;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Function, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::slot::{Slot, TokenInfo};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

static LOADED: Mutex<Vec<(PathBuf, Pkcs11)>> = Mutex::new(Vec::new());

/// Loads a module, or finds it loaded.
pub(super) fn load(path: &Path) -> Result<Pkcs11, TokenFault> {
    let fault = |why: String| TokenFault::Module { path: path.to_owned(), why };
    // a bare name would be looked for where the system keeps its libraries, and not here
    let path = &*std::path::absolute(path).map_err(|error| fault(error.to_string()))?;
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, module)) = loaded.iter().find(|(known, _)| known == path) {
        return Ok(module.clone());
    }
    if !path.is_file() {
        return Err(fault("there is no such file".to_owned()));
    }
    let module = Pkcs11::new(path).map_err(|error| match error {
        Error::LibraryLoading(error) => fault(format!("it is no library that can be loaded here ({error})")),
        Error::MissingSymbol(_) => fault("it is a library, but no PKCS#11 module".to_owned()),
        other => fault(words(&other)),
    })?;
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        // somebody else in this process did
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, Function::Initialize)) => {}
        Err(error) => return Err(fault(format!("{}; is it configured for this user?", words(&error)))),
    }
    loaded.push((path.to_owned(), module.clone()));
    Ok(module)
}

/// A token that is in a reader.
pub(super) struct Present {
    pub(super) slot: Slot,
    pub(super) label: String,
    pub(super) serial: String,
    info: TokenInfo,
}

impl Present {
    fn is(&self, uri: &Uri) -> bool {
        let same = |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
        same(&uri.token, &self.label)
            && same(&uri.serial, &self.serial)
            && same(&uri.manufacturer, self.info.manufacturer_id())
            && same(&uri.model, self.info.model())
            && uri.slot.is_none_or(|slot| slot == self.slot.id())
    }

    /// What it tells of wrong PINs.
    pub(super) fn tries(&self) -> Tries {
        match &self.info {
            info if info.user_pin_locked() => Tries::None,
            info if info.user_pin_final_try() => Tries::Last,
            info if info.user_pin_count_low() => Tries::Few,
            _ => Tries::All,
        }
    }

    /// The same, asked anew: a wrong PIN changes it.
    pub(super) fn tries_now(&self, module: &Pkcs11) -> Tries {
        match module.get_token_info(self.slot) {
            Ok(info) => Self { slot: self.slot, label: String::new(), serial: String::new(), info }.tries(),
            Err(_) => self.tries(),
        }
    }

    pub(super) fn is_ready(&self) -> bool {
        self.info.user_pin_initialized() || !self.info.login_required()
    }

    pub(super) fn asks_for_pin(&self) -> bool {
        self.info.login_required()
    }

    /// Whether the PIN is entered at the reader.
    pub(super) fn has_keypad(&self) -> bool {
        self.info.protected_authentication_path()
    }

    fn named(&self) -> String {
        Uri::naming(&self.label, &self.serial, "", &[]).to_string()
    }
}

/// The one token that a URI means.
pub(super) fn token(module: &Pkcs11, uri: &Uri) -> Result<Present, TokenFault> {
    let slots = module.get_slots_with_token().map_err(|error| TokenFault::device(&error))?;
    // a token that tells nothing of itself is none that was asked for
    let infos = slots.into_iter().filter_map(|slot| Some((slot, module.get_token_info(slot).ok()?)));
    let all: Vec<Present> = infos
        .filter(|(_, info)| info.token_initialized())
        .map(|(slot, info)| Present {
            slot,
            label: info.label().to_owned(),
            serial: info.serial_number().to_owned(),
            info,
        })
        .collect();
    let names = |tokens: &[Present]| tokens.iter().map(Present::named).collect();
    let there = names(&all);
    let mut meant: Vec<Present> = all.into_iter().filter(|token| token.is(uri)).collect();
    match meant.len() {
        0 => Err(TokenFault::NoToken { wanted: uri.to_string(), found: there }),
        1 => Ok(meant.remove(0)),
        _ => Err(TokenFault::SeveralTokens { wanted: uri.to_string(), found: names(&meant) }),
    }
}
