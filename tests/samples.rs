//! The walk over `inbox-samples/`: each sample is dropped into a window of its own, and the answer
//! must be the one that its folder claims and that lies beside it.
//!
//! `PENCERE_REWRITE=1` writes the expected receipts; a claim that does not hold fails all the same.

#[path = "samples/case.rs"]
mod case;
#[path = "samples/receipt.rs"]
mod receipt;
#[path = "samples/world.rs"]
mod world;

use case::{EXPECTED, Sample};
use jiff::{SignedDuration, Timestamp};
use pencere::config::Config;
use pencere::daemon::glance::Glance;
use pencere::daemon::window::Window;
use pencere::document::{Digest, GivenName, SubmissionId};
use pencere::finding::{Code, Stage};
use pencere::host::{Clock, Host, Octets};
use pencere::staging::{About, Custody, Given};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use world::World;

/// Codes that no document alone can cause, and why.
const WITHOUT_A_SAMPLE: &[(Code, &str)] = &[
    (Code::IntakeUnreadable, "a file whose permissions deny it to the window; whoever runs as root reads it"),
    (Code::RuleMoreWarnings, "more than 200 findings in one answer; the tests of the receipts make so many"),
    (Code::SignaturePropertyMissing, "only where [signature] required asks for more; the tests of properties do"),
    (Code::SignaturePolicyUnknown, "only where [signature] policies names some; the tests of properties do"),
    (Code::SignatureStampOnly, "containers of others are such, and lie in tests/corpora/asic; theirs are the tests"),
    (
        Code::SignatureStampOrder,
        "a time-stamp that lies about its time needs an authority that does: tests/archived.rs makes one",
    ),
    (Code::SignatureMailHeader, "of mails that are signed as a whole: tests/mail_signed.rs"),
    (Code::SignatureMailReceiver, "likewise"),
    (Code::AuthorityMailSignature, "likewise, for a body that had it agreed and has it no more"),
    (Code::RuleRefused, "said in a later answer, when somebody refuses what waits: tests/approval.rs"),
    (Code::RuleWithdrawn, "said in a later answer, when somebody withdraws it: tests/approval.rs"),
    (Code::LoadNotJudged, "a fault of ours that nobody knows of: what causes it is mended, and is a sample then"),
    (Code::LoadDatabaseAway, "our database is away; the tests of the store and of the daemon make it so"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("inbox-samples")
}

/// 11:00 in Baku, when the third quarter of 2026 has ended and the fourth has not.
fn now() -> Timestamp {
    "2026-11-16T07:00:00Z".parse().unwrap()
}

/// What one sample came to.
struct Walked {
    codes: BTreeSet<String>,
    faults: Vec<String>,
}

fn walk(sample: &Sample, rewrite: bool) -> Walked {
    let mut faults = Vec::new();
    let case = &sample.case;
    let world = World::new(sample, &root().join("pki"), now());
    let participant = case.participant.as_str();

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut window = runtime.block_on(Open::window(&world));
    let before = sample.before();
    if !before.is_empty() {
        let usual = case.before_participant.as_deref().unwrap_or(participant);
        let whose = |name: &str| case.before_of.get(name).map_or(usual, String::as_str);
        // those of one body after the other, one round for as many as come together
        for some in before.chunk_by(|one, next| whose(&one.0) == whose(&next.0)) {
            world.put(whose(&some[0].0), some, now());
            runtime.block_on(window.round());
        }
    }
    let (receipts_before, rows_before) = (world.receipts(participant), world.rows());
    let documents = sample.documents();
    let looked = runtime.block_on(look(&world, participant, &documents));
    world.put(participant, &documents, now());
    for (name, kind) in &case.kinds {
        world.put_odd(participant, name, *kind);
    }
    runtime.block_on(window.round());
    runtime.block_on(window.window.close()).unwrap();

    let mut answers = world.receipts(participant);
    answers.retain(|answer| !receipts_before.contains(answer));
    let [(name, text)] = &answers[..] else {
        let names: Vec<_> = answers.iter().map(|(name, _)| name).collect();
        return Walked { codes: BTreeSet::new(), faults: vec![format!("not one answer but {names:?}")] };
    };
    let claim = sample.claim();
    let (decision, codes) = (receipt::decision(text), receipt::codes(text));
    if decision != claim.decision {
        faults.push(format!("{decision}, not {}: {codes:?}", claim.decision));
    }
    if claim.code.is_some_and(|code| !codes.contains(&code)) {
        faults.push(format!("claimed {:?}, found {codes:?}", claim.code));
    }
    // `check` looks at what intake lets through, and must say the same
    let at_intake = codes.iter().any(|code| code.starts_with("intake."));
    if let Some((word, found)) = looked.filter(|_| !at_intake)
        && (word != decision || found != codes)
    {
        faults.push(format!("check says {word} {found:?}, the window {decision} {codes:?}"));
    }
    let ending = if decision == "held" { ".held.xml" } else { ".receipt.xml" };
    let id = receipt::attribute(text, "Receipt", "id").unwrap();
    if !name.ends_with(&format!(".{id}{ending}")) {
        faults.push(format!("its name is {name}"));
    }

    // the verdict is the same when it is repeated from evidence alone
    let config = world.folder.join("pencere.toml");
    let explained = Command::new(env!("CARGO_BIN_EXE_pencere")).args(["explain", id, "--config"]).arg(config).output();
    let explained = explained.unwrap();
    if explained.status.code() != Some(0) {
        faults.push(format!("explain: {explained:?}"));
    }

    // what is no file stays where it is; all else is safe in the window
    let staying: Vec<_> = case.kinds.keys().chain(&case.stays).cloned().collect();
    if world.waiting(participant) != staying {
        faults.push(format!("in the folder still: {:?}", world.waiting(participant)));
    }
    let rows_after = world.rows();
    let own = rows_after.iter().find(|(submission, _)| submission == id).map(|(_, count)| count.to_string());
    match decision {
        // an approval has no records of its own
        "accepted" if own.is_none() && receipt::attribute(text, "Submission", "records").is_none() => {}
        "accepted" if own.as_deref() == receipt::attribute(text, "Submission", "records") && own.is_some() => {}
        "accepted" => faults.push(format!("{own:?} rows in BOEMİS")),
        // what waits for an approval is shown by no view, either
        _ if rows_after == rows_before => {}
        _ => faults.push(format!("BOEMİS changed from {rows_before:?} to {rows_after:?}")),
    }

    let normalised = receipt::normalised(text);
    let path = sample.folder.join(EXPECTED);
    if rewrite {
        fs::write(&path, &normalised).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    if expected != normalised {
        let lines = expected.lines().zip(normalised.lines()).find(|(one, other)| one != other);
        faults.push(format!("another receipt than expected; first: {lines:?}"));
    }
    Walked { codes: codes.into_iter().map(str::to_owned).collect(), faults }
}

/// An open window under a clock that stands still.
struct Open {
    clock: Clock,
    window: Window,
}

impl Open {
    async fn window(world: &World) -> Self {
        let config = Config::load(&world.folder.join("pencere.toml"), now())
            .unwrap_or_else(|mistakes| panic!("{}", mistakes.iter().map(|m| format!("{m}\n")).collect::<String>()));
        let host = Host { clock: Clock::fixed(now()), ..Host::system() };
        Self { clock: host.clock.clone(), window: Window::open(config, host).await.unwrap() }
    }

    /// One round over all that lies in its folders, a second later, when all of it has settled.
    async fn round(&mut self) {
        let begin = self.window.now();
        self.window.queue().scan_all(begin).unwrap();
        self.clock.advance(SignedDuration::from_secs(1));
        loop {
            let group = self.window.take_group(self.window.now());
            if group.is_empty() {
                break;
            }
            self.window.carry(group).await.unwrap();
        }
        self.window.rest().await.unwrap();
    }
}

/// What `check` says of the document before it is dropped: the word, and the findings' slugs.
async fn look(
    world: &World,
    participant: &str,
    documents: &[(String, Vec<u8>)],
) -> Option<(String, Vec<&'static str>)> {
    let is_signature = |name: &str| name.to_lowercase().ends_with(".p7s");
    let (name, octets) = documents.iter().find(|(name, _)| !is_signature(name))?;
    let detached = documents.iter().find(|(name, _)| is_signature(name));
    let given = |name: &str, octets: &[u8]| Given {
        name: GivenName::new(name),
        size: octets.len() as u64,
        sha256: Digest::of(octets),
    };
    let config = Config::load(&world.folder.join("pencere.toml"), now()).ok()?;
    let received = now() + SignedDuration::from_secs(60);
    let host = Host { clock: Clock::fixed(received), ..Host::system() };
    let mut glance = Glance::open(config, host).await.unwrap();
    let about = About {
        id: SubmissionId::new(received),
        received,
        participant: Some(participant.parse().unwrap()),
        document: given(name, octets),
        detached: detached.map(|(name, octets)| given(name, octets)),
        mail_signed: false,
        custody: Custody::Glance,
    };
    let detached = detached.map(|(_, octets)| Octets::from(octets.clone()));
    let verdict = glance.judge(about, Octets::from(octets.clone()), detached).await.unwrap();
    glance.close().await;
    let codes = verdict.findings.iter().map(|finding| finding.code.slug()).collect();
    Some((verdict.decision.to_string(), codes))
}

// S 4.2.5, R 3.5.1, 4.9
#[test]
fn every_sample_is_answered_as_its_folder_claims() {
    let rewrite = std::env::var_os("PENCERE_REWRITE").is_some();
    let only = std::env::var("PENCERE_SAMPLE").ok();
    let mut samples = Sample::all(&root());
    samples.retain(|sample| only.as_ref().is_none_or(|only| sample.name.contains(only.as_str())));
    assert!(!samples.is_empty());
    let next = AtomicUsize::new(0);
    let (codes, faults) = (Mutex::new(BTreeSet::new()), Mutex::new(Vec::new()));
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(sample) = samples.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let walked = std::panic::catch_unwind(|| walk(sample, rewrite))
                        .unwrap_or_else(|_| Walked { codes: BTreeSet::new(), faults: vec!["panicked".to_owned()] });
                    codes.lock().unwrap().extend(walked.codes);
                    let told = walked.faults.into_iter().map(|fault| format!("{}: {fault}", sample.name));
                    faults.lock().unwrap().extend(told);
                }
            });
        }
    });
    let mut faults = faults.into_inner().unwrap();
    faults.sort();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    if only.is_none() {
        every_finding_has_a_sample(&codes.into_inner().unwrap());
    }
}

fn every_finding_has_a_sample(seen: &BTreeSet<String>) {
    for &code in Code::ALL {
        if code.stage() == Stage::Receipt {
            continue; // of `receipt verify`, never in an answer to a document
        }
        let excused = WITHOUT_A_SAMPLE.iter().any(|(known, _)| *known == code);
        let slug = code.slug();
        assert!(seen.contains(slug) || excused, "no sample causes {slug}, and nothing says why there is none");
        assert!(!(seen.contains(slug) && excused), "{slug} has a sample and needs no excuse");
    }
}

// S 5.1.5
#[test]
fn a_real_window_refuses_the_sample_pki_and_any_trial_authority() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("window");
    pencere::commands::trial::make(&folder, now()).unwrap();
    pencere::commands::trial::register_sample_pki(&folder, &root().join("pki")).unwrap();
    let path = folder.join("pencere.toml");
    assert!(Config::load(&path, now()).is_ok());
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\nenvironment = \"test\"", "\nenvironment = \"production\"")).unwrap();
    let mistakes: Vec<_> = Config::load(&path, now()).unwrap_err().iter().map(ToString::to_string).collect();
    for refused in ["pki/ca.crt is of a trial PKI", "pki/sample-ca.crt is of a trial PKI", "seal for trials"] {
        assert!(mistakes.iter().any(|mistake| mistake.contains(refused)), "{refused}: {mistakes:?}");
    }
}
