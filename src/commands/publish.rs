//! `pencere publish`: what follows from the descriptions of a window's datasets, written beside them.
//!
//! Owns nothing but the writing: the texts are `schema::publish`'s. A window never reads them back; they are for
//! agencies, who check and fill in with tools of their own.

use super::{Exit, Outcome, Screen, Trouble, WindowArgs, records};
use crate::document::DatasetName;
use crate::schema::publish;
use clap::Args;
use std::path::Path;

/// Write what follows from a dataset's description: schemas, forms and guides
///
/// XSD, table schema, blank forms and guide pages go beside dataset.toml, each complete when it
/// is visible. What is up to date is left alone. Each file that was written is told on stdout.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct PublishArgs {
    /// The datasets [default: all]
    #[arg(value_name = "DATASET")]
    pub datasets: Vec<DatasetName>,
    /// Write nothing; answer no (exit 1) where a file is missing or out of date
    #[arg(long)]
    pub check: bool,
    #[command(flatten)]
    pub window: WindowArgs,
}

/// Writes, or looks.
///
/// # Errors
/// Usage: no such dataset. Else the disk.
pub fn run(args: &PublishArgs, screen: &mut Screen) -> Outcome {
    let config = records::config(&args.window)?;
    let known = &config.world().datasets.by_name;
    if let Some(unknown) = args.datasets.iter().find(|name| !known.contains_key(*name)) {
        let known: Vec<&str> = known.keys().map(|name| name.as_str()).collect();
        return Err(Trouble::usage(format!("there is no dataset {unknown}; there are {}", known.join(", "))));
    }
    let folder = &config.settings().window.paths.datasets;
    let mut stale = 0;
    for (name, dataset) in known.iter().filter(|(name, _)| args.datasets.is_empty() || args.datasets.contains(name)) {
        for (file, text) in publish::files(dataset) {
            let path = folder.join(name.as_str()).join(&file);
            if std::fs::read(&path).is_ok_and(|octets| octets == text.as_bytes()) {
                continue;
            }
            stale += 1;
            if !args.check {
                put(&path, &text).map_err(|error| Trouble::broken(format!("{}: {error}", path.display())))?;
            }
            screen.say(path.display().to_string());
        }
    }
    Ok(Exit::answer(!args.check || stale == 0))
}

/// Writes a file whole: readers see the old one or the new one.
fn put(path: &Path, text: &str) -> std::io::Result<()> {
    let new = path.with_extension("part");
    std::fs::write(&new, text)?;
    std::fs::rename(&new, path)
}
