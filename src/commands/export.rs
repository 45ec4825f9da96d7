//! `pencere audit export`: the journal as lines that any tool reads (R 3.4.12, R 3.17).
//!
//! Owns the form of an exported line. Each entry was checked before it is given out, its text is the journal's own,
//! octet for octet, and stands beside its place and chain, so that an export can be held against the journal, and a
//! part of it against the whole. Works beside a running daemon, in constant memory; with `--participant` it remembers
//! the ids of that one's submissions, 16 octets each. Never writes to the journal.

use super::files::Making;
use super::{Exit, Outcome, Screen, Trouble, WindowArgs, records, times};
use crate::document::{ParticipantName, SubmissionId};
use crate::journal::{Event, Reader};
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::HashSet;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

/// Write the journal out as lines, each entry checked, for an auditor's own tools
///
/// Each line has the segment, the octet at which the entry begins, its chain and the entry
/// itself. docs/journal.md says how to read and check them, and the journal itself, with
/// cut, jq, sha256sum and python3. Works beside a running daemon.
///
/// Exit code 0: written. 1: the journal is damaged; what stands before that was written.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct AuditExportArgs {
    /// Write into this file, and replace it [default: stdout]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The form of a line
    #[arg(long = "format", value_enum, default_value_t = Form::Jsonl)]
    pub form: Form,
    /// Only entries of this moment and later (a day in Baku, or RFC 3339)
    #[arg(long, value_name = "DAY", value_parser = times::moment)]
    pub from: Option<Timestamp>,
    /// Only entries before this moment
    #[arg(long, value_name = "DAY", value_parser = times::moment)]
    pub to: Option<Timestamp>,
    /// Only entries about submissions of this participant
    #[arg(long, value_name = "PARTICIPANT")]
    pub participant: Option<ParticipantName>,
    #[command(flatten)]
    pub window: WindowArgs,
}

/// The form of an exported line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// JSON, one value a line
    Jsonl,
    /// CSV with a header
    Csv,
}

/// Writes it.
///
/// # Errors
/// Usage: the configuration, or a file that cannot be made. Broken: the disk's.
pub fn run(args: &AuditExportArgs, screen: &mut Screen) -> Outcome {
    let settings = records::settings(&args.window)?;
    let journal = records::journal(&settings.window.paths.state)?;
    match &args.output {
        Some(path) => {
            let mut file = BufWriter::new(Making::begin(path, true)?);
            let exit = export(args, journal, &mut file, screen)?;
            let broken = |error: std::io::Error| Trouble::broken(format!("{}: {error}", path.display()));
            file.into_inner().map_err(|error| broken(error.into_error()))?.finish()?;
            Ok(exit)
        }
        // a reader that went away (`| head`) is no error, which a screen knows
        None => {
            let mut stdout = BufWriter::with_capacity(64 * 1024, OnScreen(screen));
            let exit = export_to(args, journal, &mut stdout);
            drop(stdout);
            let (exit, said) = exit?;
            screen.note(said);
            Ok(exit)
        }
    }
}

fn export(args: &AuditExportArgs, journal: Reader, into: &mut impl Write, screen: &mut Screen) -> Outcome {
    let (exit, said) = export_to(args, journal, into)?;
    screen.note(said);
    Ok(exit)
}

/// Octets of the answer, as they are.
struct OnScreen<'a>(&'a mut Screen);

impl Write for OnScreen<'_> {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        self.0.raw(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What came of it, and a remark on that.
fn export_to(args: &AuditExportArgs, mut journal: Reader, into: &mut impl Write) -> Result<(Exit, String), Trouble> {
    let broken = |error: std::io::Error| Trouble::broken(format!("the export cannot be written: {error}"));
    if args.form == Form::Csv {
        into.write_all(b"segment,offset,chain,time,event,submission,entry\n").map_err(broken)?;
    }
    let mut wanted = Wanted { args, ids: HashSet::new() };
    let (mut entries, mut written) = (0u64, 0u64);
    loop {
        let (entry, behind) = match journal.next() {
            Ok(Some(next)) => next,
            Ok(None) => break,
            Err(error) if error.is_damage() => {
                return Ok((Exit::No, format!("{error}; the {written} entries before it that were asked for are out")));
            }
            Err(error) => return Err(error.into()),
        };
        entries += 1;
        if !wanted.takes(entry.time, &entry.event) {
            continue;
        }
        let (offset, json) = journal.as_written();
        let text = std::str::from_utf8(json).map_err(|error| Trouble::broken(error.to_string()))?;
        let (segment, chain) = (behind.segment, behind.chain);
        let line = match args.form {
            Form::Jsonl => {
                format!("{{\"segment\":{segment},\"offset\":{offset},\"chain\":\"{chain}\",\"entry\":{text}}}\n")
            }
            Form::Csv => {
                let id = entry.event.id().map(|id| id.to_string()).unwrap_or_default();
                let (time, word, text) = (entry.time, word(text)?, text.replace('"', "\"\""));
                format!("{segment},{offset},{chain},{time},{word},{id},\"{text}\"\n")
            }
        };
        into.write_all(line.as_bytes()).map_err(broken)?;
        written += 1;
    }
    into.flush().map_err(broken)?;
    let end = journal.position();
    let torn = if journal.is_torn() { "; an unfinished write stands behind that" } else { "" };
    let said = format!(
        "{written} of {entries} entries; the journal ends in segment {} at octet {}, chain {}{torn}",
        end.segment, end.offset, end.chain
    );
    Ok((Exit::Done, said))
}

/// Which entries are asked for.
struct Wanted<'a> {
    args: &'a AuditExportArgs,
    /// Submissions of the participant that is asked for.
    ids: HashSet<SubmissionId>,
}

impl Wanted<'_> {
    fn takes(&mut self, time: Timestamp, event: &Event) -> bool {
        let whose = match event {
            Event::Held(held) => held.participant.as_ref(),
            Event::RefusedInPlace(refused) => Some(&refused.participant),
            Event::Answered(answered) => answered.participant.as_ref(),
            _ => None,
        };
        let is_theirs = match &self.args.participant {
            None => true,
            Some(participant) => {
                if let Some(id) = event.id().filter(|_| whose == Some(participant)) {
                    self.ids.insert(id);
                }
                event.id().is_some_and(|id| self.ids.contains(&id))
            }
        };
        is_theirs && self.args.from.is_none_or(|from| time >= from) && self.args.to.is_none_or(|to| time < to)
    }
}

/// The event's word, as the journal has it.
#[derive(Deserialize)]
struct Word {
    event: String,
}

fn word(entry: &str) -> Result<String, Trouble> {
    let word: Word = serde_json::from_str(entry).map_err(|error| Trouble::broken(error.to_string()))?;
    Ok(word.event)
}
