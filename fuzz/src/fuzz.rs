//! libFuzzer around one of the targets, which `PENCERE_FUZZ_TARGET` names. Decides nothing itself.
#![no_main]

#[path = "../targets.rs"]
mod targets;

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static TARGET: LazyLock<targets::Target> = LazyLock::new(|| {
    let wanted = std::env::var("PENCERE_FUZZ_TARGET").expect("PENCERE_FUZZ_TARGET names a target");
    let names = || targets::ALL.map(|(name, _)| name);
    let found = targets::ALL.iter().find(|(name, _)| *name == wanted);
    found.unwrap_or_else(|| panic!("{wanted} is none of {:?}", names())).1
});

fuzz_target!(|octets: &[u8]| TARGET(octets));
