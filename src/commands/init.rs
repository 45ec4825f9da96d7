//! `pencere init`: a complete trial window in an empty or new folder.

use super::{Exit, Outcome, Screen, Trouble, trial};
use clap::Args;
use jiff::Timestamp;
use std::path::{Path, PathBuf};

/// Make a complete trial window in an empty or new folder
///
/// It has a configuration, participants, stations, datasets, a CA with keys, and the drop
/// folders. CA and keys are for trying out: a real window refuses them.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct InitArgs {
    /// The folder to make it in: new, or empty
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// Makes the window and says what can be done with it.
///
/// # Errors
/// Usage: the folder is not empty or cannot be made. Broken: the disk's or OpenSSL's.
pub fn run(args: &InitArgs, screen: &mut Screen) -> Outcome {
    trial::make(&args.folder, Timestamp::now())?;
    screen.say(next_steps(&args.folder));
    Ok(Exit::Done)
}

fn next_steps(folder: &Path) -> String {
    let at = |name: &str| quoted(&folder.join(name));
    let config = at("pencere.toml");
    format!(
        "A trial window stands in {folder}. Its keys are for trying out only.\n\n\
         Open it (Ctrl-C closes it):\n  pencere run --config {config}\n\n\
         Then, from another terminal, fill in a form, sign it, drop it:\n\
         \x20 pencere template generation --format csv --participant azerenerji --period 2026-Q3 --config {config} > \
         2026-Q3.csv\n\
         \x20 pencere sign 2026-Q3.csv --key {key} --cert {crt}\n\
         \x20 cp 2026-Q3.csv 2026-Q3.csv.p7s {inward}/\n\n\
         The answer appears in {receipts}/. What became of it:\n  pencere list --config {config}",
        folder = quoted(folder),
        key = at("pki/azerenerji.key"),
        crt = at("pki/azerenerji.crt"),
        inward = at("drop/azerenerji/in"),
        receipts = at("drop/azerenerji/receipts"),
    )
}

/// A path as a shell takes it.
pub(super) fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+,@%".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text,
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

impl From<trial::Trouble> for Trouble {
    fn from(trouble: trial::Trouble) -> Self {
        let text = trouble.to_string();
        match trouble {
            trial::Trouble::NotEmpty(_) | trial::Trouble::Changed(..) => Self::usage(text),
            // a folder that cannot be is the caller's to name otherwise; a disk that is full is not
            trial::Trouble::Disk(_, error) => match error.kind() {
                std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::broken(text),
                _ => Self::usage(text),
            },
            trial::Trouble::Issue(_) | trial::Trouble::Shipped(_) => Self::broken(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_quoted_as_a_shell_takes_it() {
        for (path, text) in [("window", "window"), ("my window", "'my window'"), ("it's", r"'it'\''s'")] {
            assert_eq!(quoted(Path::new(path)), text);
        }
    }
}
