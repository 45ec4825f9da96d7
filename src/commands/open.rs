//! `pencere export open`: what BOEMİS holds for everybody (S 8.1.4, 10.3), as files that others publish.
//!
//! Owns which data leaves and in which form: of datasets whose description says `class = "open"`, what the view
//! `<dataset>_current` shows, and nothing else, so no person and no FİN is in it. GeoJSON (RFC 7946) where records
//! have a shape, else CSV (RFC 4180), and a data package (Frictionless, Data Package 1) that says what the files are,
//! with their digests. The same data gives the same octets. Never touches a file in the folder that an earlier export
//! did not make.

mod manifest;
mod written;

use super::files::Making;
use super::{Exit, Outcome, OutputArgs, Screen, Table, Trouble, WindowArgs, as_of, opening, report};
use crate::boemis::Records;
use crate::document::{DatasetName, Digest};
use crate::schema::{Class, Dataset};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What to export.
#[derive(Debug, Subcommand)]
pub enum ExportCommand {
    Open(OpenArgs),
}

/// Write the data that is open to everybody into a folder
///
/// Of each dataset of the class open what holds: GeoJSON in WGS 84 (RFC 7946) where records have
/// a shape, else CSV (RFC 4180, UTF-8, decimal point). datapackage.json says what the files are,
/// as of when, with the SHA-256 of each, and on which terms, where [export] of the configuration
/// names some. Nothing of a restricted dataset, and no person, is in them. The folder is new,
/// empty, or that of an earlier export, whose files are replaced. Works beside a running daemon.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct OpenArgs {
    /// The folder: new, empty, or that of an earlier export
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    /// Only this dataset; may be given several times [default: all that are open]
    #[arg(long = "dataset", value_name = "DATASET")]
    pub datasets: Vec<DatasetName>,
    /// By what was known at this moment (a day in Baku, or RFC 3339) [default: now]
    #[arg(long, value_name = "MOMENT", value_parser = super::times::moment)]
    pub known_at: Option<Timestamp>,
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub answer: OutputArgs,
}

/// A file of the export.
#[derive(Debug, Serialize)]
pub(super) struct Exported {
    /// The dataset.
    dataset: DatasetName,
    /// Its name in the folder.
    file: String,
    /// How many records it has.
    records: usize,
    /// Its size in octets.
    octets: usize,
    /// Its SHA-256.
    sha256: Digest,
}

/// The answer for programs.
#[derive(Serialize)]
struct Answer<'a> {
    folder: String,
    /// UTC.
    as_of: Timestamp,
    files: &'a [Exported],
    /// Datasets that are not for everybody.
    left_out: Vec<&'a DatasetName>,
    /// Files of an earlier export that are gone.
    removed: &'a [String],
}

/// The name of the data package, by which a folder is known as an export.
const MANIFEST: &str = "datapackage.json";

/// Writes it.
///
/// # Errors
/// Usage: the configuration, a dataset that is not open, or a folder with other things in it. Broken: the database's or
/// the disk's.
pub fn open(args: &OpenArgs, screen: &mut Screen) -> Outcome {
    let config = opening::config(&args.window, screen)?;
    let datasets = &config.world().datasets;
    super::times::known_by(args.known_at, Timestamp::now())?;
    for name in &args.datasets {
        let dataset = as_of::named(name, datasets)?;
        if dataset.class != Class::Open {
            let class = dataset.class.as_str();
            return Err(Trouble::usage(format!("{name} is not open to everybody: its class is {class}")));
        }
    }
    let asked = |dataset: &&Dataset| args.datasets.is_empty() || args.datasets.contains(&dataset.name);
    let (open, closed): (Vec<&Dataset>, Vec<&Dataset>) =
        datasets.by_name.values().filter(asked).partition(|dataset| dataset.class == Class::Open);
    let before = earlier(&args.output)?;
    let as_of = args.known_at.unwrap_or_else(|| report::seconds(Timestamp::now()));
    let (mut files, mut described) = (Vec::new(), Vec::new());
    let runtime = opening::runtime()?;
    let mut reader = runtime.block_on(report::reader(&config))?;
    fs::create_dir_all(&args.output).map_err(|error| broken(&args.output, &error))?;
    for dataset in &open {
        // a dataset is held in memory at a time
        let records = runtime.block_on(reader.as_of(&dataset.name, args.known_at));
        let records = records.map_err(|fault| Trouble::broken(fault.to_string()))?;
        let (exported, text) = made(dataset, records)?;
        write(&args.output.join(&exported.file), text.as_bytes())?;
        described.push(manifest::resource(dataset, &exported));
        files.push(exported);
    }
    let _ = runtime.block_on(reader.close()); // it only looked
    let settings = config.settings();
    let package = manifest::package(&settings.window, &settings.export, as_of, described);
    let kept: BTreeSet<&str> = files.iter().map(|file| file.file.as_str()).collect();
    let removed: Vec<String> = before.into_iter().filter(|file| !kept.contains(file.as_str())).collect();
    // gone before the package says that all is there: what is open no more must not stay
    for file in &removed {
        let path = args.output.join(file);
        fs::remove_file(&path).map_err(|error| broken(&path, &error))?;
    }
    write(&args.output.join(MANIFEST), package.as_bytes())?;
    let folder = args.output.display().to_string();
    let left_out = closed.iter().map(|dataset| &dataset.name).collect();
    screen.json(&Answer { folder: folder.clone(), as_of, files: &files, left_out, removed: &removed });
    tell(&files, &closed, &removed, screen);
    Ok(Exit::Done)
}

fn made(dataset: &Dataset, records: Records) -> Result<(Exported, String), Trouble> {
    let count = records.rows.len();
    let (ending, text) = match dataset.geometry_column() {
        Some(_) => ("geojson", written::geojson(dataset, records).map_err(Trouble::broken)?),
        None => ("csv", written::csv(dataset, records)),
    };
    let exported = Exported {
        dataset: dataset.name.clone(),
        file: format!("{}.{ending}", dataset.name),
        records: count,
        octets: text.len(),
        sha256: Digest::of(text.as_bytes()),
    };
    Ok((exported, text))
}

/// The data files of an earlier export that are there; none in a new or empty folder.
///
/// # Errors
/// Usage: it holds something else.
fn earlier(folder: &Path) -> Result<Vec<String>, Trouble> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Trouble::reading(folder, &error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry.map_err(|error| Trouble::reading(folder, &error))?.file_name());
    }
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let ours = fs::read(folder.join(MANIFEST)).ok().and_then(|octets| manifest::files(&octets)).unwrap_or_default();
    let is_known = |name: &std::ffi::OsString| {
        name.to_str().is_some_and(|name| name == MANIFEST || ours.iter().any(|file| file == name))
    };
    match names.iter().find(|name| !is_known(name)) {
        None => Ok(ours.into_iter().filter(|file| folder.join(file).exists()).collect()),
        Some(other) => Err(Trouble::usage(format!(
            "{} holds {}, which no earlier export made: name a new or empty folder",
            folder.display(),
            other.to_string_lossy()
        ))),
    }
}

fn write(path: &Path, octets: &[u8]) -> Result<(), Trouble> {
    let mut file = Making::begin(path, true)?;
    file.write_all(octets).map_err(|error| broken(path, &error))?;
    file.finish()
}

fn broken(path: &Path, error: &std::io::Error) -> Trouble {
    Trouble::broken(format!("{}: {error}", path.display()))
}

fn tell(files: &[Exported], closed: &[&Dataset], removed: &[String], screen: &mut Screen) {
    use super::table::Side;
    let heads = [("file", Side::Left), ("records", Side::Right), ("octets", Side::Right), ("SHA-256", Side::Left)];
    let mut table = Table::new(heads);
    for file in files {
        let (records, octets) = (file.records.to_string(), file.octets.to_string());
        table.row([file.file.clone(), records, octets, file.sha256.to_string()]);
    }
    screen.table(&table);
    for dataset in closed {
        screen.say(format!("left out: {} is {}", dataset.name, dataset.class.as_str()));
    }
    removed.iter().for_each(|file| screen.say(format!("removed: {file}, of an earlier export")));
}
