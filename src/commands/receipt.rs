//! `pencere receipt`: proves a receipt, or shows it as a page of text.

use super::{Outcome, OutputArgs, Screen, Trouble, WindowArgs};
use crate::finding::Language;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

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

/// Runs the command.
///
/// # Errors
/// Always: the body is not there yet.
pub fn verify(_args: &ReceiptVerifyArgs, _screen: &mut Screen) -> Outcome {
    Err(Trouble::broken("this command has no body yet"))
}

/// Runs the command.
///
/// # Errors
/// Always: the body is not there yet.
pub fn show(_args: &ReceiptShowArgs, _screen: &mut Screen) -> Outcome {
    Err(Trouble::broken("this command has no body yet"))
}
