//! `pencere receipt`: proves a receipt, or shows it as a page of text.

use super::answer::FindingAnswer;
use super::records::{Known, Other};
use super::{Exit, Outcome, OutputArgs, Screen, Trouble, WindowArgs, files, records, times, verify};
use crate::config::Config;
use crate::document::Digest;
use crate::finding::{Code, Finding, Language};
use crate::forms::certificate::Certificate;
use crate::forms::note::{Checkpoint, LogKey};
use crate::host::Octets;
use crate::receipt::{self, Place, Proven, Unproven};
use crate::signature::{self, Context, Policy, StampReport, TimeSource};
use crate::trust::{IdentityProfile, Snapshot};
use crate::xml::Limits;
use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use serde::Serialize;
use std::path::PathBuf;
use std::sync::Arc;

/// What to do with a receipt.
#[derive(Debug, Subcommand)]
pub enum ReceiptCommand {
    Verify(ReceiptVerifyArgs),
    Show(ReceiptShowArgs),
}

/// Prove that the window issued this receipt
///
/// And that it is unchanged, and, with --document, that it speaks of exactly that file. The
/// seal certificate decides, not any authority: a signature by anybody else is a no.
///
/// A receipt carries its place in the window's transparency log, proven from the receipt alone:
/// what it says is a leaf of that log, under a checkpoint that continues the one in the receipt
/// before it. --log asks that the checkpoint be signed by this very key, --previous that the
/// receipt before be this one.
///
/// A time-stamp on the receipt proves that it was there at a moment. Whether it counts, the
/// authorities named with --trust decide, else those of the configured window; whatever comes
/// of it, the receipt is proven without.
///
/// Exit code 0: proven. 1: not proven.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct ReceiptVerifyArgs {
    /// The receipt (….receipt.xml)
    #[arg(value_name = "RECEIPT")]
    pub receipt: PathBuf,
    /// The document that it should speak of
    #[arg(long, value_name = "FILE")]
    pub document: Option<PathBuf>,
    /// The window's published seal certificate (PEM) [default: that of the configured window]
    #[arg(long, value_name = "CERT")]
    pub seal: Option<PathBuf>,
    /// The published certificate of the log's key (PEM) [default: that of the configured window, if any]
    #[arg(long, value_name = "CERT")]
    pub log: Option<PathBuf>,
    /// The receipt that this one names as the one before
    #[arg(long, value_name = "RECEIPT")]
    pub previous: Option<PathBuf>,
    /// Certificates that are believed about time: a file (PEM or DER) or a folder; may be given several times
    #[arg(long, value_name = "PATH")]
    pub trust: Vec<PathBuf>,
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Print the receipt as a page of text
///
/// The page is made from the sealed XML. It proves nothing: that is `receipt verify`. Where a
/// window is named, a line behind the page says what has replaced it since, by that window's journal.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct ReceiptShowArgs {
    /// The receipt (….receipt.xml)
    #[arg(value_name = "RECEIPT")]
    pub receipt: PathBuf,
    /// The language of the page: az (Azərbaycan dili) or en (English)
    #[arg(long = "lang", value_enum, default_value_t = PageLanguage::Az)]
    pub language: PageLanguage,
    #[command(flatten)]
    pub window: WindowArgs,
}

/// The language of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PageLanguage {
    /// Azərbaycan dili
    Az,
    /// English
    En,
}

impl From<PageLanguage> for Language {
    fn from(language: PageLanguage) -> Self {
        match language {
            PageLanguage::Az => Self::Az,
            PageLanguage::En => Self::En,
        }
    }
}

/// Proves the receipt.
///
/// # Errors
/// Usage: a file is missing, or nobody says what the seal certificate is. Broken: the disk's.
pub fn verify(args: &ReceiptVerifyArgs, screen: &mut Screen) -> Outcome {
    let receipt = files::octets(&args.receipt)?;
    let document = args.document.as_deref().map(files::octets).transpose()?;
    let seal = seal(args)?;
    let limits = Limits::default();
    let engine = |octets: &Octets, seal: &Certificate| signature::prove(octets, seal, &limits);
    let mut time_stamp = None;
    let mut log = None;
    let finding = match receipt::prove(&receipt, &seal, document.as_ref(), engine) {
        Ok(proven) => {
            let told = proven.told();
            let placed = placed(&receipt, &proven, &seal, args)?;
            match placed {
                Err(finding) => Some(finding),
                Ok(place) => {
                    screen.say(format!(
                        "Proven: receipt {} of {}: {}\n  {}\n  SHA-256 {}",
                        told.number,
                        told.window,
                        told.decision,
                        told.document.name,
                        told.document.sha256.as_deref().unwrap_or("-")
                    ));
                    if document.is_some() {
                        screen.say("  The document given is that very one.");
                    }
                    log = place.as_ref().map(LogAnswer::of);
                    tell_place(place.as_ref(), args, screen);
                    if told.stamped.is_some() {
                        time_stamp = stamp(&receipt, args, screen)?;
                    }
                    None
                }
            }
        }
        Err(Unproven::No(finding)) => Some(finding),
        Err(Unproven::Disk(error)) => return Err(Trouble::broken(format!("cannot be read to its end: {error}"))),
    };
    if let Some(finding) = &finding {
        screen.say(format!("Not proven: {}\n  {}", finding.message(Language::En), finding.code.slug()));
    }
    if let Some(StampReport { time, reason, .. }) = &time_stamp {
        let time = time.map_or_else(|| "-".to_owned(), times::both);
        screen.say(match reason {
            None => format!("  A time-stamp proves that it was there at {time}."),
            Some(reason) => {
                format!("  Its time-stamp says {time}, and does not count: {} ({})", reason.message, reason.code)
            }
        });
    }
    let findings: Vec<_> = finding.iter().map(FindingAnswer::of).collect();
    screen.json(&Proof { proven: findings.is_empty(), findings, log, time_stamp });
    Ok(Exit::answer(finding.is_none()))
}

/// The answer for programs.
#[derive(Serialize)]
struct Proof<'a> {
    /// Whether the receipt is proven and, where a document was given, speaks of it.
    proven: bool,
    /// Why not; empty when proven.
    findings: Vec<FindingAnswer<'a>>,
    /// Its place in the transparency log; null of one from before there was a log, or where it is not proven.
    log: Option<LogAnswer>,
    /// The time-stamp on it; null where there is none, or where it is not proven.
    time_stamp: Option<StampReport>,
}

/// A place in a log, for programs.
#[derive(Serialize)]
struct LogAnswer {
    /// The log's name.
    origin: String,
    /// The key that signed the checkpoint: `NAME+ID+KEY`.
    key: String,
    /// The place of the leaf.
    index: u64,
    /// The size of the log in the checkpoint.
    size: u64,
    /// The root over it.
    root: Digest,
    /// The receipt before of the same body; null where it is the first.
    previous: Option<String>,
}

impl LogAnswer {
    fn of(place: &Place) -> Self {
        Self {
            origin: place.checkpoint.origin.clone(),
            key: place.key.to_string(),
            index: place.index,
            size: place.checkpoint.size,
            root: place.checkpoint.root,
            previous: place.previous.as_ref().map(|tie| tie.number.clone()),
        }
    }
}

/// The place of a proven receipt, by the log's key where that is known, and behind the receipt before where one is
/// given.
fn placed(
    octets: &Octets,
    proven: &Proven,
    seal: &Certificate,
    args: &ReceiptVerifyArgs,
) -> Result<Result<Option<Place>, Finding>, Trouble> {
    let key = log_key(args, proven)?;
    let place = match receipt::place(octets, proven, key.as_ref()) {
        Ok(place) => place,
        Err(finding) => return Ok(Err(finding)),
    };
    let Some(path) = &args.previous else { return Ok(Ok(place)) };
    let before = files::octets(path)?;
    let engine = |octets: &Octets, seal: &Certificate| signature::prove(octets, seal, &Limits::default());
    let before_proven = match receipt::prove(&before, seal, None, engine) {
        Ok(proven) => proven,
        Err(Unproven::No(finding)) => return Ok(Err(finding)),
        Err(Unproven::Disk(error)) => return Err(Trouble::broken(format!("cannot be read to its end: {error}"))),
    };
    let followed = || {
        let none = || Finding::new(Code::ReceiptNotInLog).found("a receipt without a log");
        let before_place = receipt::place(&before, &before_proven, key.as_ref())?.ok_or_else(none)?;
        let here = place.as_ref().ok_or_else(none)?;
        receipt::follows(here, &before_place, &before_proven.told().number, receipt::content(&before)?)
    };
    Ok(followed().map(|()| place))
}

/// The key that a checkpoint must be signed with: of the certificate that is named, else of the configured window.
fn log_key(args: &ReceiptVerifyArgs, proven: &Proven) -> Result<Option<LogKey>, Trouble> {
    let named_by_receipt = || {
        let log = proven.told().log.as_ref()?;
        Some(log.key.parse::<LogKey>().ok()?.name().to_owned())
    };
    let (path, origin) = match (&args.log, &args.seal) {
        (Some(path), _) => (path.clone(), named_by_receipt()),
        // whoever names the seal asks no window
        (None, Some(_)) => return Ok(None),
        (None, None) => {
            let config = args.window.named().unwrap_or_else(|| args.window.path());
            let log = records::settings_at(&config)?.transparency;
            match log.key.certificate.exists() {
                true => (log.key.certificate, Some(log.origin)),
                false => return Ok(None),
            }
        }
    };
    let certificate = files::certificate(&path)?;
    let Some(origin) = origin else { return Ok(None) }; // a receipt without a log
    files::log_key(&certificate, &origin)
        .map(Some)
        .ok_or_else(|| Trouble::usage(format!("{}: not the certificate of a log's key", path.display())))
}

fn tell_place(place: Option<&Place>, args: &ReceiptVerifyArgs, screen: &mut Screen) {
    let Some(place) = place else {
        screen.say("  It is from before the window had a transparency log.");
        return;
    };
    let Checkpoint { origin, size, root, .. } = &place.checkpoint;
    screen.say(format!("  In the log {origin} its word is leaf {} of {size}, root {root}.", place.index));
    match (&place.previous, &args.previous) {
        (Some(tie), Some(_)) => screen.say(format!("  It continues {}, which is the receipt given.", tie.number)),
        (Some(tie), None) => screen.say(format!("  It continues {}: ask for that one with --previous.", tie.number)),
        (None, _) => screen.say("  It is the first receipt of its body in this log."),
    }
}

/// What comes of the time-stamp on a proven receipt, by those who are believed about time: whom `--trust` names,
/// else those of the configured window.
fn stamp(receipt: &Octets, args: &ReceiptVerifyArgs, screen: &mut Screen) -> Result<Option<StampReport>, Trouble> {
    let now = Timestamp::now();
    let path = args.window.path();
    let (trust, policy);
    let world = match args.trust.is_empty() && (args.window.named().is_some() || path.exists()) {
        true => Config::load(&path, now).ok().map(|config| Arc::clone(config.world())),
        false => None,
    };
    let (trust, policy) = match &world {
        Some(world) => (&*world.trust, &world.policy),
        None => {
            trust = Snapshot::default().with_clocks(verify::anchors(&args.trust, screen)?);
            policy = Policy::trial(); // whom the caller names is believed
            (&trust, &policy)
        }
    };
    let profile = IdentityProfile::standard();
    let context = Context { trust, policy, profile: &profile, at: now, time_source: TimeSource::Now };
    let examined = signature::examine(receipt, None, &context, &Limits::default());
    let (report, _) = examined.map_err(|error| Trouble::broken(format!("cannot be read to its end: {error}")))?;
    let stamps = report.signatures.into_iter().flat_map(|signature| signature.timestamps);
    // of several, one that counts
    Ok(stamps.reduce(|best, next| if best.counts { best } else { next }))
}

/// The certificate that decides: the one named, else the configured window's.
fn seal(args: &ReceiptVerifyArgs) -> Result<Certificate, Trouble> {
    let path = match (&args.seal, args.window.named()) {
        (Some(path), _) => path.clone(),
        (None, Some(config)) => records::settings_at(&config)?.seal.certificate,
        (None, None) => {
            let config = args.window.path();
            if !config.exists() {
                return Err(Trouble::usage(
                    "name the window's published seal certificate with --seal, or its configuration with --config",
                ));
            }
            records::settings_at(&config)?.seal.certificate
        }
    };
    files::certificate(&path)
}

/// What has replaced the submission of this receipt since, where a window is named and has sealed it.
fn replaced_by(receipt: &[u8], window: &WindowArgs) -> Result<Option<Other>, Trouble> {
    let Some(config) = window.named() else { return Ok(None) };
    let known = Known::read(&records::settings_at(&config)?.window.paths.state)?;
    let meant = known.meant(&Digest::of(receipt).to_string())?;
    let [one] = meant.as_slice() else { return Ok(None) };
    Ok(known.succession(one)?.replaced_by)
}

/// Prints the page.
///
/// # Errors
/// Usage: the file is missing or is no receipt.
pub fn show(args: &ReceiptShowArgs, screen: &mut Screen) -> Outcome {
    let octets = files::small(&args.receipt)?;
    match receipt::page(&octets, args.language.into()) {
        Ok(page) => {
            screen.say(page);
            if let Some(by) = replaced_by(&octets, &args.window)? {
                screen.say(match args.language {
                    PageLanguage::Az => format!("\nSonradan əvəz edən təqdimat: {}, qəbz: {}", by.id, by.number()),
                    PageLanguage::En => {
                        format!("\nReplaced since by the submission {}, receipt {}", by.id, by.number())
                    }
                });
            }
            Ok(Exit::Done)
        }
        Err(finding) => {
            let message = finding.message(Language::En);
            Err(Trouble::usage(format!("{}: {message} ({})", args.receipt.display(), finding.code.slug())))
        }
    }
}
