//! Power lost at any write, sync or rename of a whole run, and everything that was not synced kept, lost,
//! reordered or torn: the next run comes to the same end.
//!
//! Owns what is recorded and what must hold afterwards. What a file system may make of it is `power`'s.

use crate::crowd::{Answers, Dice, Document, Seed, documents, faults};
use crate::power::{Image, Loss, Names, Unsynced};
use crate::recorder::Recording;
use crate::trial::{PARTICIPANTS, Trial, said};
use crate::{drop_into, template, times};
use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Mutex;

/// What was recorded: a window and its documents, and what a run of it did.
struct Recorded {
    trial: Trial,
    documents: Vec<Document>,
    recording: Recording,
}

fn record(trial: Trial, documents: Vec<Document>) -> Recorded {
    let command = trial.tool(env!("CARGO_BIN_EXE_pencere"), &["once"]);
    let recording = Recording::of(&command, &trial.at("w"), &trial.at("strace.log"), "drop");
    Recorded { trial, documents, recording }
}

/// Walks through losses of power, and says how many there were.
fn walk(recorded: &Recorded, dice: &mut Dice, what: &str) -> usize {
    let Recorded { trial, documents, recording } = recorded;
    let steps = recording.steps.len();
    assert!(steps > 30, "{what}: {steps} steps are no whole run");
    let mut losses = Vec::new();
    for after in 1..=steps {
        for names in [Names::Ordered, Names::Loose] {
            for unsynced in [Unsynced::Kept, Unsynced::Lost, Unsynced::Reordered, Unsynced::Torn] {
                losses.push((Loss { after, names, unsynced }, dice.below(u64::MAX >> 32) << 8 | 1));
            }
        }
    }
    // in CI some dozens of them
    let wanted = if times() > 1 { losses.len() } else { 24 };
    while losses.len() > wanted {
        losses.swap_remove(dice.below(losses.len() as u64) as usize);
    }
    let total = losses.len();
    let (seen, left, wrong) = (Mutex::new(HashSet::new()), Mutex::new(losses), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some((loss, seed)) = { left.lock().unwrap().pop() } {
                    let image = Image::after(recording, loss, &mut Dice(seed));
                    if !seen.lock().unwrap().insert((image.digest(), loss.names == Names::Loose)) {
                        continue;
                    }
                    let found = recovered(trial, documents, recording, loss, &image);
                    if !found.is_empty() {
                        wrong.lock().unwrap().push(format!("{loss:?} (dice {seed}):\n  {}", found.join("\n  ")));
                    }
                }
            });
        }
    });
    let (seen, wrong) = (seen.into_inner().unwrap().len(), wrong.into_inner().unwrap());
    println!("{what}: {steps} steps, {total} losses of power, {seen} different folders, {} wrong", wrong.len());
    assert!(wrong.is_empty(), "{what}: {} of {seen} wrong:\n{}", wrong.len(), wrong[..wrong.len().min(10)].join("\n"));
    seen
}

/// What does not hold after a new run on what the loss left.
fn recovered(
    template: &Trial,
    documents: &[Document],
    recording: &Recording,
    loss: Loss,
    image: &Image,
) -> Vec<String> {
    let trial = template.empty();
    image.lay(&trial.at("w"));
    let mut wrong = Vec::new();
    let once = trial.pencere(&["once"]);
    if once.status.code() != Some(0) {
        wrong.push(format!("once: {}", said(&once)));
    }
    let answers = match loss.names {
        Names::Ordered => Answers::One,
        Names::Loose => Answers::OneForEachArrival,
    };
    wrong.extend(faults(&trial, documents, answers).1);
    // what somebody may have read before the loss is what stands there still
    // (what an earlier loss tore was nobody's receipt, and is made whole)
    let is_whole = |octets: &[u8]| !octets.contains(&0) && octets.trim_ascii_end().ends_with(b"</Receipt>");
    let seen = Image::seen(recording, loss.after);
    for (name, octets) in seen.files().filter(|(name, octets)| is_receipt(name) && is_whole(octets)) {
        if std::fs::read(trial.at("w").join(name)).ok().as_deref() != Some(octets) {
            wrong.push(format!("{} was seen before the loss, and is another one or gone", name.display()));
        }
    }
    let before = receipts(&trial);
    let again = trial.pencere(&["once"]);
    if again.status.code() != Some(0) || receipts(&trial) != before {
        wrong.push(format!("a second run did something: {}", said(&again)));
    }
    if !wrong.is_empty() {
        wrong.push(said(&once));
        if std::env::var_os("PENCERE_STEPS").is_some() {
            for step in recording.steps.iter().take(loss.after + 3).skip(loss.after.saturating_sub(400)) {
                wrong.push(format!("{step:?}").chars().take(130).collect());
            }
        }
    }
    wrong
}

fn is_receipt(name: &Path) -> bool {
    let file = name.file_name().and_then(|file| file.to_str()).unwrap_or_default();
    name.starts_with("drop") && file.ends_with(".receipt.xml") && !file.starts_with('.')
}

fn receipts(trial: &Trial) -> BTreeMap<String, String> {
    PARTICIPANTS.iter().flat_map(|one| trial.answers(one)).collect()
}

#[test]
fn power_lost_in_the_first_run_of_a_window() {
    let seed = Seed::new();
    let mut dice = Dice(seed.0);
    let trial = template();
    let documents = documents(&trial, 8, &mut dice);
    drop_into(&trial, &documents);
    walk(&record(trial, documents), &mut dice, "a first run");
}

#[test]
fn power_lost_in_a_later_run() {
    let seed = Seed::new();
    let mut dice = Dice(seed.0);
    let trial = template();
    let documents = documents(&trial, 16, &mut dice);
    let (first, second) = documents.split_at(documents.len() / 2);
    drop_into(&trial, first);
    trial.done(&["once"]);
    drop_into(&trial, second);
    walk(&record(trial, documents), &mut dice, "a later run");
}

#[test]
fn power_lost_while_large_documents_are_copied() {
    let seed = Seed::new();
    let mut dice = Dice(seed.0);
    let trial = template();
    trial.set("pack_entry_max", "\"1KiB\""); // larger ones are files of their own, and these are all larger
    let documents = documents(&trial, 8, &mut dice);
    drop_into(&trial, &documents);
    walk(&record(trial, documents), &mut dice, "large documents");
}

#[test]
fn power_lost_again_while_the_window_recovers() {
    let seed = Seed::new();
    let mut dice = Dice(seed.0);
    let trial = template();
    let documents = documents(&trial, 8, &mut dice);
    drop_into(&trial, &documents);
    let first = record(trial, documents);
    for _ in 0..times().min(5) {
        // in the second half there is something to recover
        let steps = first.recording.steps.len();
        let after = steps / 2 + dice.below(steps as u64 / 2) as usize;
        let loss = Loss { after, names: Names::Ordered, unsynced: Unsynced::Torn };
        let trial = first.trial.empty();
        Image::after(&first.recording, loss, &mut dice).lay(&trial.at("w"));
        let command = trial.tool(env!("CARGO_BIN_EXE_pencere"), &["once"]);
        let recording = Recording::of(&command, &trial.at("w"), &trial.at("strace.log"), "drop");
        let documents = first.documents.clone();
        walk(
            &Recorded { trial, documents, recording },
            &mut dice,
            &format!("a recovery from {after} of {steps} steps"),
        );
    }
}
