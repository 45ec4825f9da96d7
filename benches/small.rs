//! How many small signed documents one processor verifies in a second, in process, from octets to verdict.
//!
//!     small CA FILE [SECONDS]
//!
//! Prints three rates: with nothing remembered, with certificates decoded once and the path to the anchor looked for
//! each time, and with the path remembered as a window remembers it. Every verdict must be TOTAL-PASSED: what does
//! not pass is no measure. Run by `benches/small.sh` beside another program, each pinned to one processor.

use jiff::{SignedDuration, Timestamp};
use pencere::forms::certificate::Certificate;
use pencere::host::Octets;
use pencere::signature::{self, Context, Indication, Policy, TimeSource};
use pencere::trust::{IdentityProfile, Snapshot};
use pencere::xml::Limits;
use std::time::{Duration, Instant};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let [ca, file, rest @ ..] = &words[..] else {
        println!("small: nothing to measure without CA and FILE");
        return;
    };
    let seconds = rest.first().and_then(|word| word.parse().ok()).unwrap_or(5);
    let anchors = Certificate::from_file(&std::fs::read(ca).expect("CA")).expect("CA holds a certificate");
    let octets = Octets::from(std::fs::read(file).expect("FILE"));
    let snapshot = || Snapshot::new(anchors.clone(), Vec::new(), None, SignedDuration::ZERO, Timestamp::UNIX_EPOCH);
    let (policy, profile, limits) = (Policy::trial(), IdentityProfile::standard(), Limits::default());
    let verify = |trust: &Snapshot| {
        let (at, time_source) = (Timestamp::now(), TimeSource::Now);
        let context = Context { trust, policy: &policy, profile: &profile, at, time_source };
        let (report, _) = signature::examine(&octets, None, &context, &limits).expect("memory can be read");
        assert_eq!(report.indication, Indication::TotalPassed, "{report:?}");
    };
    let (remembering, forgetting) = (snapshot(), snapshot().without_memory_of_paths());
    let rate = |one: &dyn Fn()| {
        (0..50).for_each(|_| one());
        let (begin, mut count) = (Instant::now(), 0u64);
        while begin.elapsed() < Duration::from_secs(seconds) {
            one();
            count += 1;
        }
        u128::from(count) * 1_000_000 / begin.elapsed().as_micros()
    };
    println!("all anew {} docs/s", rate(&|| verify(&snapshot())));
    println!("path each time {} docs/s", rate(&|| verify(&forgetting)));
    println!("path remembered {} docs/s", rate(&|| verify(&remembering)));
}
