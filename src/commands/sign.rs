//! `pencere sign`: signs files as the window wants them.

use super::{Outcome, Screen, Trouble};
use clap::{Args, ValueEnum};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Sign files with a key and certificate
///
/// An XML file gets its signature inside (XAdES), anything else a signature file beside it
/// (CMS). Written are NAME.signed.xml, FILE.p7s, or FILE.asice; what stands there already
/// is not replaced, unless -o or --out-dir says where to write.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct SignArgs {
    /// The files to sign
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// The signer's private key (PEM)
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// The signer's certificate (PEM)
    #[arg(long, value_name = "FILE")]
    pub cert: PathBuf,
    /// The form of the signature [default: xades for XML, cades for anything else]
    #[arg(long, value_enum)]
    pub format: Option<SignatureForm>,
    /// Write the result here (one FILE only), replacing what stands there
    #[arg(short = 'o', long = "out", value_name = "OUT", conflicts_with = "out_dir")]
    pub out: Option<PathBuf>,
    /// Write the results into this folder, replacing what stands there
    #[arg(long, value_name = "DIR")]
    pub out_dir: Option<PathBuf>,
}

/// The form of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SignatureForm {
    /// Inside the XML document
    Xades,
    /// A file of its own beside the document
    Cades,
    /// One container with document and signature
    Asice,
}

/// Where a result goes, and whether it may replace what stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The file to write.
    pub path: PathBuf,
    /// Replace it, or refuse.
    pub replace: bool,
}

impl SignArgs {
    /// Where the result for `file` goes in this form.
    ///
    /// # Errors
    /// `-o` with several files; a FILE without a file name.
    pub fn destination(&self, file: &Path, form: SignatureForm) -> Result<Destination, Trouble> {
        if let Some(out) = &self.out {
            return match self.files.len() {
                1 => Ok(Destination { path: out.clone(), replace: true }),
                _ => Err(Trouble::usage("-o names one result, but several files are to be signed; use --out-dir")),
            };
        }
        let name =
            file.file_name().ok_or_else(|| Trouble::usage(format!("{} is not the name of a file", file.display())))?;
        let name = match form {
            SignatureForm::Xades => with_ending(file.file_stem().unwrap_or(name), ".signed.xml"),
            SignatureForm::Cades => with_ending(name, ".p7s"),
            SignatureForm::Asice => with_ending(name, ".asice"),
        };
        Ok(match &self.out_dir {
            Some(folder) => Destination { path: folder.join(name), replace: true },
            None => Destination { path: file.with_file_name(name), replace: false },
        })
    }
}

fn with_ending(name: &std::ffi::OsStr, ending: &str) -> OsString {
    let mut name = name.to_owned();
    name.push(ending);
    name
}

/// Runs the command.
///
/// # Errors
/// Always: the body is not there yet.
pub fn run(args: &SignArgs, _screen: &mut Screen) -> Outcome {
    for file in &args.files {
        let form = args.format.unwrap_or(match file.extension().is_some_and(|ending| ending == "xml") {
            true => SignatureForm::Xades,
            false => SignatureForm::Cades,
        });
        let Destination { path, replace } = args.destination(file, form)?;
        if !replace && path.exists() {
            return Err(Trouble::usage(format!(
                "{} stands there already; use -o or --out-dir to replace it",
                path.display()
            )));
        }
    }
    Err(Trouble::broken("this command has no body yet"))
}
