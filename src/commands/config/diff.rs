//! `pencere config diff`: what the files say now, beside what the window judges by.
//!
//! What is in force is read from journal and evidence, so it is what was read then, whatever became of the files.

use crate::commands::explain::shelf::Shelf;
use crate::commands::{Exit, Outcome, OutputArgs, Screen, Trouble, WindowArgs, opening, records, times};
use crate::config::{Config, FileRead, Part};
use crate::document::Digest;
use crate::journal::{Entry, InForce};
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use similar::TextDiff;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What a file takes effect by.
const RELOAD: &str = "reload";
const RESTART: &str = "restart";

/// Lines around a change that are shown.
const AROUND: usize = 3;

/// Show what changed in the configuration since it came into force
///
/// Each file that differs from what the window read last, line by line, and whether a reload takes
/// it or the next start. Personal numbers are masked. `pencere replay` tells which answers would
/// have been others by it.
///
/// Exit code 0: nothing changed. 1: something did. 2: the files have mistakes, which are named.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct ConfigDiffArgs {
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// The answer for programs.
#[derive(Serialize)]
struct Answer {
    /// When what is in force came into force.
    since: Timestamp,
    /// The list of it in evidence.
    grounds: Digest,
    same: bool,
    /// Files that differ, in order of their paths.
    files: Vec<Changed>,
}

#[derive(Serialize)]
struct Changed {
    path: PathBuf,
    part: Part,
    /// `changed`, `added` or `removed`.
    change: &'static str,
    /// `reload` or `restart`.
    takes_effect: &'static str,
    /// Line by line, where both are text.
    diff: Option<String>,
}

/// Shows it.
///
/// # Errors
/// Usage: mistakes in the files, or a window that never started. Broken: records that cannot be read.
pub fn run(args: &ConfigDiffArgs, screen: &mut Screen) -> Outcome {
    let config = opening::config(&args.window, screen)?;
    let (since, in_force, shelf) = in_force(&config)?;
    let then = shelf.list(in_force.grounds)?;
    let was_in = then.files.iter().find(|file| file.part == Part::Window).map(|file| folder_of(&file.path));
    let was_in = was_in.ok_or_else(|| Trouble::broken("no pencere.toml is among what is in force"))?;
    let is_in = folder_of(config.path());
    let now = config.files().iter().chain(&config.world().files);
    let mut now: BTreeMap<(Part, PathBuf), &FileRead> =
        now.map(|file| ((file.part, within(&file.path, &is_in)), file)).collect();
    let mut files = Vec::new();
    let one = |path: PathBuf, part: Part, change, diff| {
        let takes_effect = if part.is_fixed() { RESTART } else { RELOAD };
        Changed { path, part, change, takes_effect, diff }
    };
    for file in then.files {
        let path = within(&file.path, &was_in);
        match now.remove(&(file.part, path.clone())) {
            Some(same) if same.digest == file.sha256 => {}
            Some(other) => {
                let old = shelf.file(&format!("{} of that time", file.path.display()), file.sha256)?;
                let lines = diff(&path, file.part, &old, &other.octets);
                files.push(one(path, file.part, "changed", lines));
            }
            None => files.push(one(path, file.part, "removed", None)),
        }
    }
    files.extend(now.into_keys().map(|(part, path)| one(path, part, "added", None)));
    files.sort_by(|one, other| one.path.cmp(&other.path));
    // which files there are is what pencere.toml names, and a running window goes by the one that it began with
    if files.iter().any(|file| file.part == Part::Window) {
        files.iter_mut().filter(|file| file.change != "changed").for_each(|file| file.takes_effect = RESTART);
    }
    let answer = Answer { since, grounds: in_force.grounds, same: files.is_empty(), files };
    tell(&answer, screen);
    screen.json(&answer);
    Ok(Exit::answer(answer.same))
}

/// What came into force last, and when; with the files of then.
fn in_force(config: &Config) -> Result<(Timestamp, InForce, Shelf), Trouble> {
    let mut shelf = Shelf::new(config.settings());
    let mut last = None;
    let mut journal = records::journal(&config.settings().window.paths.state)?;
    while let Some((Entry { time, event }, _)) = journal.next()? {
        shelf.note(&event);
        last = event.comes_into_force().map(|in_force| (time, in_force)).or(last);
    }
    let never = || Trouble::usage("nothing is in force yet: the window was never started");
    let (since, in_force) = last.ok_or_else(never)?;
    Ok((since, in_force, shelf))
}

fn folder_of(path: &Path) -> PathBuf {
    path.parent().unwrap_or(Path::new("")).to_owned()
}

/// The path from the folder of `pencere.toml` on: that may be called by another name today.
fn within(path: &Path, folder: &Path) -> PathBuf {
    PathBuf::from(path.strip_prefix(folder).unwrap_or(path).to_string_lossy().into_owned())
}

/// Line by line; none where one of them is no text. Personal numbers are masked where they are shown, and not where
/// they are compared.
fn diff(path: &Path, part: Part, old: &[u8], new: &[u8]) -> Option<String> {
    let (old, new) = (std::str::from_utf8(old).ok()?, std::str::from_utf8(new).ok()?);
    let named = |when: &str| format!("{} ({when})", path.display());
    let lines = TextDiff::from_lines(old, new);
    let lines = lines.unified_diff().context_radius(AROUND).header(&named("in force"), &named("now")).to_string();
    match part {
        Part::Registry => Some(lines.split_inclusive('\n').map(masked).collect()),
        _ => Some(lines),
    }
}

/// A line of the registry with a personal number masked as in a log: a screen is looked at by many.
fn masked(line: &str) -> String {
    let key = line.get(1..).unwrap_or_default().trim_start();
    let is_number = key.strip_prefix("fin").is_some_and(|rest| rest.trim_start().starts_with('='));
    let quoted = line.find('"').and_then(|from| Some((from + 1, from + 1 + line.get(from + 1..)?.find('"')?)));
    match quoted.filter(|_| is_number) {
        Some((from, to)) => {
            let shown: String = line.get(from..to).unwrap_or_default().chars().take(2).collect();
            let (before, behind) = (line.get(..from).unwrap_or_default(), line.get(to..).unwrap_or_default());
            format!("{before}{shown}*****{behind}")
        }
        None => line.to_owned(),
    }
}

fn tell(answer: &Answer, screen: &mut Screen) {
    for file in &answer.files {
        match &file.diff {
            Some(lines) if !lines.is_empty() => screen.say(lines.trim_end()),
            _ => screen.say(format!("{}: {}", file.path.display(), file.change)),
        }
    }
    screen.say(match answer.files.len() {
        0 => format!("Nothing changed since {}.", times::both(answer.since)),
        count => format!("{count} file(s) changed since {}.", times::both(answer.since)),
    });
    let takes = |when: &str| answer.files.iter().any(|file| file.takes_effect == when);
    if takes("reload") {
        screen.say("A reload takes it: systemctl reload pencere");
    }
    if takes("restart") {
        screen.say("The next start takes pencere.toml and the seal's certificate: systemctl restart pencere");
    }
    if !answer.same {
        screen.say("Before that: pencere replay --since DAY tells which answers would have been others.");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // another number of the same first signs once showed nothing, and so did another limit of seven digits
    #[test]
    fn another_personal_number_is_a_change_and_no_number_is_shown() {
        let (old, new) = ("fin = \"1SNQ0S6\"\nname = \"A\"\n", "fin = \"1SHACKR\"\nname = \"A\"\n");
        let lines = diff(Path::new("registry.toml"), Part::Registry, old.as_bytes(), new.as_bytes()).unwrap();
        assert!(lines.contains("-fin = \"1S*****\"\n+fin = \"1S*****\"\n"), "{lines}");
        let lines =
            diff(Path::new("pencere.toml"), Part::Window, b"records_max = 1000000\n", b"records_max = 1099999\n");
        assert!(lines.unwrap().contains("-records_max = 1000000\n+records_max = 1099999\n"));
    }

    #[test]
    fn what_is_no_text_is_not_shown() {
        assert_eq!(diff(Path::new("a.crl"), Part::Trust, b"\xFF\x00", b"text"), None);
    }
}
