//! `pencere demo`: the whole way, on samples, before one's eyes.

mod samples;

use super::progress::Progress as Bar;
use super::table::{Side, Table};
use super::{Exit, Outcome, Screen, Trouble, opening, trial};
use crate::boemis::Total;
use crate::config::Config;
use crate::daemon::watch::{self, Progress};
use crate::daemon::window::Window;
use crate::document::Period;
use crate::host::{Host, Octets};
use crate::receipt::Told;
use clap::Args;
use std::path::{Path, PathBuf};

/// Show the whole way on sample files: trial window, documents, receipts, totals
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct DemoArgs {
    /// The folder to make the trial window in: new, or empty [default: a new temporary folder]
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// A folder that holds something, a disk or database that fails.
pub fn run(args: &DemoArgs, screen: &mut Screen) -> Outcome {
    let host = Host::system();
    let now = host.clock.now();
    let folder = match &args.folder {
        Some(folder) => folder.clone(),
        None => std::env::temp_dir().join(format!("pencere-demo-{}", now.as_millisecond())),
    };
    trial::make(&folder, now)?;
    let pki = folder.join("pki").join("samples");
    samples::write_pki(&pki).map_err(|error| broken(&pki, &error))?;
    trial::register_sample_pki(&folder, &pki)?;
    screen.say(format!("A trial window stands in {}.\n", folder.display()));

    let dropped = samples::drop_all(&folder.join("drop")).map_err(|error| broken(&folder, &error))?;
    screen.say(format!("Six bodies have a drop folder there. {dropped} signed files were put into two of them:\n"));
    let path = folder.join("pencere.toml");
    let config = Config::load(&path, now).map_err(|mistakes| {
        Trouble::broken(mistakes.first().map_or_else(String::new, ToString::to_string)) // we made it ourselves
    })?;
    let bar = Bar::new(screen, 0);
    let datasets: Vec<_> = config.world().datasets.by_name.keys().cloned().collect();
    let totals = opening::runtime()?.block_on(async {
        let window = Window::open(config, host).await.map_err(opening::halted)?;
        let (_, mut window) = watch::once(window, |progress| match progress {
            Progress::Found(count) => bar.found(count),
            Progress::Done(count) => (0..count).for_each(|_| bar.done()),
        })
        .await
        .map_err(opening::halted)?;
        let mut totals = Vec::new();
        for dataset in datasets {
            totals.push((dataset.clone(), window.totals(&dataset).await.map_err(opening::halted)?));
        }
        window.close().await.map_err(opening::halted)?;
        Ok::<_, Trouble>(totals)
    })?;
    drop(bar);
    let receipts = receipts(&folder.join("drop")).map_err(|error| broken(&folder, &error))?;
    show_receipts(&receipts, screen);
    for (dataset, totals) in &totals {
        show_totals(dataset.as_str(), totals, screen);
    }
    next_steps(&folder, &path, &receipts, screen);
    Ok(Exit::Done)
}

/// Every receipt in the drop folders, in the order of its number.
fn receipts(drop: &Path) -> std::io::Result<Vec<(PathBuf, Told)>> {
    let mut receipts = Vec::new();
    for participant in std::fs::read_dir(drop)? {
        for entry in std::fs::read_dir(participant?.path().join("receipts"))? {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == "xml") {
                let octets = Octets::from(std::fs::read(&path)?);
                let told = Told::read(&octets).map_err(|_| std::io::Error::other("a receipt that is none"))?;
                receipts.push((path, told));
            }
        }
    }
    receipts.sort_by(|(_, one), (_, other)| one.number.cmp(&other.number));
    Ok(receipts)
}

fn show_receipts(receipts: &[(PathBuf, Told)], screen: &mut Screen) {
    let heads = [("receipt", Side::Left), ("file", Side::Left), ("answer", Side::Left), ("why", Side::Left)];
    let mut table = Table::new(heads);
    for (_, told) in receipts {
        let findings: Vec<&str> = told.findings.iter().map(|finding| finding.code.as_str()).collect();
        let why = match &findings[..] {
            [] => String::new(),
            [one] => (*one).to_owned(),
            [first, rest @ ..] => format!("{first}, and {} more", rest.len()),
        };
        table.row([told.number.as_str(), told.document.name.as_str(), told.decision.as_str(), why.as_str()]);
    }
    screen.table(&table);
    screen.say("");
}

fn show_totals(dataset: &str, totals: &[Total], screen: &mut Screen) {
    let Some(first) = totals.first() else { return };
    screen.say(format!("What BOEMİS holds now, dataset {dataset}:\n"));
    let columns = first.values.iter().map(|(name, _)| (name.as_str(), Side::Right));
    let heads = [("period", Side::Left)].into_iter().chain(columns).chain([("stations", Side::Right)]);
    let mut table = Table::new(heads);
    for total in totals {
        let period = match total.period {
            Period::None => String::new(),
            period => period.to_string(),
        };
        let values = total.values.iter().map(|(_, value)| value.clone().unwrap_or_default());
        table.row([period].into_iter().chain(values).chain([total.stations.to_string()]));
    }
    screen.table(&table);
    screen.say("");
}

fn next_steps(folder: &Path, config: &Path, receipts: &[(PathBuf, Told)], screen: &mut Screen) {
    let seal = folder.join("pki").join("seal.crt");
    if let Some((receipt, _)) = receipts.first() {
        screen.say("Read an answer as its receiver does, in Azerbaijani or English, and prove it:\n");
        screen.say(format!("    pencere receipt show --lang en '{}'", receipt.display()));
        screen.say(format!("    pencere receipt verify --seal '{}' '{}'", seal.display(), receipt.display()));
        screen.say("\nwith nothing of ours:\n");
        screen.say(format!(
            "    xmlsec1 --verify --enabled-key-data key-name --pubkey-cert-pem '{}' \\\n      \
             --id-attr:Id http://uri.etsi.org/01903/v1.3.2#:SignedProperties '{}'",
            seal.display(),
            receipt.display()
        ));
    }
    screen.say("\nOpen this window, and drop files of your own:\n");
    screen.say(format!("    pencere run --config '{}'", config.display()));
}

fn broken(path: &Path, error: &std::io::Error) -> Trouble {
    Trouble::broken(format!("{}: {error}", path.display()))
}
