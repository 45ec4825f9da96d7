//! `pencere config diff`: what the files say now, beside what the window judges by.
//!
//! What is in force is read from journal and evidence, so it is what was read then, whatever became of the files.

use crate::commands::explain::shelf::Shelf;
use crate::commands::{Exit, Outcome, OutputArgs, Screen, Trouble, WindowArgs, opening, records, times};
use crate::config::{Config, FileRead, Part};
use crate::document::{Digest, Fin};
use crate::journal::{Entry, InForce};
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use similar::TextDiff;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

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
    let now = config.files().iter().chain(&config.world().files);
    let mut now: BTreeMap<(Part, PathBuf), &FileRead> =
        now.map(|file| ((file.part, PathBuf::from(file.path.to_string_lossy().into_owned())), file)).collect();
    let mut files = Vec::new();
    let one = |path: PathBuf, part: Part, change, diff| {
        let takes_effect = if part.is_fixed() { "restart" } else { "reload" };
        Changed { path, part, change, takes_effect, diff }
    };
    for file in then.files {
        match now.remove(&(file.part, file.path.clone())) {
            Some(same) if same.digest == file.sha256 => {}
            Some(other) => {
                let old = shelf.file(&format!("{} of that time", file.path.display()), file.sha256)?;
                files.push(one(file.path.clone(), file.part, "changed", diff(&file.path, &old, &other.octets)));
            }
            None => files.push(one(file.path, file.part, "removed", None)),
        }
    }
    files.extend(now.into_keys().map(|(part, path)| one(path, part, "added", None)));
    files.sort_by(|one, other| one.path.cmp(&other.path));
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

/// Line by line; none where one of them is no text.
fn diff(path: &Path, old: &[u8], new: &[u8]) -> Option<String> {
    let (old, new) = (masked(std::str::from_utf8(old).ok()?), masked(std::str::from_utf8(new).ok()?));
    let named = |when: &str| format!("{} ({when})", path.display());
    let lines = TextDiff::from_lines(&old, &new);
    Some(lines.unified_diff().context_radius(AROUND).header(&named("in force"), &named("now")).to_string())
}

/// The text with every personal number masked as in a log: a screen is looked at by many.
fn masked(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut word = String::new();
    let put = |word: &mut String, shown: &mut String| {
        match word.parse::<Fin>() {
            Ok(fin) => shown.push_str(&fin.to_string()),
            Err(_) => shown.push_str(word),
        }
        word.clear();
    };
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            word.push(c);
        } else {
            put(&mut word, &mut shown);
            shown.push(c);
        }
    }
    put(&mut word, &mut shown);
    shown
}

fn tell(answer: &Answer, screen: &mut Screen) {
    for file in &answer.files {
        match &file.diff {
            Some(lines) => screen.say(lines.trim_end()),
            None => screen.say(format!("{}: {}", file.path.display(), file.change)),
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

    #[test]
    fn personal_numbers_are_masked_and_nothing_else() {
        let text = "fin = \"1SNQ0E1\"  # 5AB\nvoen = \"9990000221\"\nname = \"Nazirlik\" 1234567\n";
        assert_eq!(masked(text), "fin = \"1S*****\"  # 5AB\nvoen = \"9990000221\"\nname = \"Nazirlik\" 12*****\n");
    }

    #[test]
    fn what_is_no_text_is_not_shown() {
        assert_eq!(diff(Path::new("a.crl"), b"\xFF\x00", b"text"), None);
        let lines = diff(Path::new("a.toml"), b"a = 1\nb = 2\n", b"a = 1\nb = 3\n").unwrap();
        assert!(lines.contains("-b = 2\n+b = 3\n") && lines.contains("a.toml (in force)"), "{lines}");
    }
}
