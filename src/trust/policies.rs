//! Certificate policies of a path (RFC 5280 6.1, as RFC 9618 computes it).
//!
//! This window itself demands no policy: its initial set is any policy. What a CA demands of those below it
//! holds all the same. OpenSSL cannot be asked for just that: told to check, and given no policies, it refuses
//! every path in which a CA demands one.

use crate::forms::certificate::{ANY_POLICY, Certificate};
use std::collections::BTreeSet;

/// Which policies are allowed at one certificate of the path.
struct Allowed<'a> {
    /// Each of them.
    these: BTreeSet<&'a str>,
    /// Every other one too.
    any: bool,
}

/// Whether a path, signer first and anchor last, keeps to what the CAs in it demand of policies.
pub(super) fn hold(path: &[Certificate]) -> bool {
    let Some((_, below)) = path.split_last() else { return false };
    // RFC 5280 6.1.2: one more than there are certificates stands for never
    let never = u32::try_from(below.len() + 1).unwrap_or(u32::MAX);
    let (mut explicit, mut mapping, mut no_any) = (never, never, never);
    let mut allowed = Allowed { these: BTreeSet::new(), any: true };
    for (index, certificate) in below.iter().enumerate().rev() {
        let (is_signer, policies) = (index == 0, certificate.policies());
        let is_self_issued = certificate.is_self_issued();
        // 6.1.3 d, e: what it is issued under, of what is allowed
        let stands_for_any =
            policies.own.iter().any(|own| own == ANY_POLICY) && (no_any > 0 || (!is_signer && is_self_issued));
        let mut next = Allowed { these: BTreeSet::new(), any: allowed.any && stands_for_any };
        let named = policies.own.iter().map(String::as_str).filter(|own| *own != ANY_POLICY);
        next.these.extend(named.filter(|own| allowed.any || allowed.these.contains(own)));
        if stands_for_any {
            next.these.extend(allowed.these);
        }
        allowed = next;
        // 6.1.3 f
        let is_empty = |allowed: &Allowed<'_>| !allowed.any && allowed.these.is_empty();
        if explicit == 0 && is_empty(&allowed) {
            return false;
        }
        if is_signer {
            // 6.1.5 a, b, g
            let demands = policies.explicit_after == Some(0);
            return !((explicit.saturating_sub(1) == 0 || demands) && is_empty(&allowed));
        }
        // 6.1.4 a, b
        if policies.mapped.iter().any(|(from, to)| from == ANY_POLICY || to == ANY_POLICY) {
            return false;
        }
        let from: BTreeSet<&str> = policies.mapped.iter().map(|(from, _)| from.as_str()).collect();
        let is_allowed = |from: &str| allowed.any || allowed.these.contains(from);
        let to = policies.mapped.iter().filter(|(from, _)| mapping > 0 && is_allowed(from));
        let to: Vec<&str> = to.map(|(_, to)| to.as_str()).collect();
        allowed.these.retain(|one| !from.contains(one));
        allowed.these.extend(to);
        // 6.1.4 h, i, j
        let step = |count: u32, then: Option<u32>| {
            let count = if is_self_issued { count } else { count.saturating_sub(1) };
            then.map_or(count, |then| count.min(then))
        };
        explicit = step(explicit, policies.explicit_after);
        mapping = step(mapping, policies.no_mapping_after);
        no_any = step(no_any, policies.no_any_after);
    }
    // the anchor alone: a signer who is an anchor is bound by nobody
    true
}
