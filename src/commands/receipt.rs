//! `pencere receipt`: proves a receipt, or shows it as a page of text.

use super::answer::FindingAnswer;
use super::{Exit, Outcome, OutputArgs, Screen, Trouble, WindowArgs, files, records, times, verify};
use crate::config::Config;
use crate::finding::Language;
use crate::forms::certificate::Certificate;
use crate::host::Octets;
use crate::receipt::{self, Unproven};
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
/// The page is made from the sealed XML. It proves nothing: that is `receipt verify`.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct ReceiptShowArgs {
    /// The receipt (….receipt.xml)
    #[arg(value_name = "RECEIPT")]
    pub receipt: PathBuf,
    /// The language of the page: az (Azərbaycan dili) or en (English)
    #[arg(long = "lang", value_enum, default_value_t = PageLanguage::Az)]
    pub language: PageLanguage,
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
    let finding = match receipt::prove(&receipt, &seal, document.as_ref(), engine) {
        Ok(proven) => {
            let told = proven.told();
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
            if told.stamped.is_some() {
                time_stamp = stamp(&receipt, args, screen)?;
            }
            if let Some(StampReport { time, reason, .. }) = &time_stamp {
                let time = time.map_or_else(|| "-".to_owned(), times::both);
                screen.say(match reason {
                    None => format!("  A time-stamp proves that it was there at {time}."),
                    Some(reason) => {
                        format!(
                            "  Its time-stamp says {time}, and does not count: {} ({})",
                            reason.message, reason.code
                        )
                    }
                });
            }
            None
        }
        Err(Unproven::No(finding)) => {
            screen.say(format!("Not proven: {}\n  {}", finding.message(Language::En), finding.code.slug()));
            Some(finding)
        }
        Err(Unproven::Disk(error)) => return Err(Trouble::broken(format!("cannot be read to its end: {error}"))),
    };
    let findings: Vec<_> = finding.iter().map(FindingAnswer::of).collect();
    screen.json(&Proof { proven: findings.is_empty(), findings, time_stamp });
    Ok(Exit::answer(finding.is_none()))
}

/// The answer for programs.
#[derive(Serialize)]
struct Proof<'a> {
    /// Whether the receipt is proven and, where a document was given, speaks of it.
    proven: bool,
    /// Why not; empty when proven.
    findings: Vec<FindingAnswer<'a>>,
    /// The time-stamp on it; null where there is none, or where it is not proven.
    time_stamp: Option<StampReport>,
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
        Some(world) => (&world.trust, &world.policy),
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

/// Prints the page.
///
/// # Errors
/// Usage: the file is missing or is no receipt.
pub fn show(args: &ReceiptShowArgs, screen: &mut Screen) -> Outcome {
    let octets = files::small(&args.receipt)?;
    match receipt::page(&octets, args.language.into()) {
        Ok(page) => {
            screen.say(page);
            Ok(Exit::Done)
        }
        Err(finding) => {
            let message = finding.message(Language::En);
            Err(Trouble::usage(format!("{}: {message} ({})", args.receipt.display(), finding.code.slug())))
        }
    }
}
