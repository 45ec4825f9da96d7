//! The journal read by others: the very commands that docs/journal.md tells, and the export.

#[path = "window/trial.rs"]
mod trial;

use serde_json::Value;
use std::process::Output;
use trial::{Trial, generation, said, voen};

/// The blocks of a kind in a page, in their order.
fn blocks(page: &str, kind: &str) -> Vec<String> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(page);
    let text = std::fs::read_to_string(path).unwrap();
    let begin = format!("```{kind}\n");
    text.split(begin.as_str()).skip(1).map(|rest| rest.split("\n```").next().unwrap().to_owned()).collect()
}

fn told(trial: &Trial, program: &str, flag: &str, script: &str) -> Output {
    let mut command = trial.tool(program, &[flag, script]);
    command.env("JOURNAL", trial.at("w/state/journal")).env("EXPORT", trial.at("export.jsonl"));
    command.output().unwrap()
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", said(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A window with two accepted statements of two participants, and a rejected one, in several segments.
fn window() -> Trial {
    let trial = Trial::new();
    trial.set("segment_max", "\"64KiB\"");
    trial.set("settle", "\"1ms\"");
    trial.set("pair_wait", "\"1ms\"");
    for (participant, station) in [("azerenerji", "SU-0001"), ("azerisiq", "KUL-0001")] {
        let statement = generation(voen(participant), "2024-Q1", 1, station, "100.000");
        trial.put(participant, "ə.xml", trial.signed("a.xml", statement, participant));
    }
    trial.put("azerenerji", "b.xml", b"<Submission/>");
    trial.done(&["once"]);
    for _ in 0..40 {
        trial.done(&["once"]); // each start and end is told
    }
    trial
}

// R 3.4.12
#[test]
fn what_the_page_tells_holds_of_a_real_journal() {
    let trial = window();
    let _daemon = trial.run(); // beside it
    let names = std::fs::read_dir(trial.at("w/state/journal")).unwrap().map(|entry| entry.unwrap().path());
    let segments = names.filter(|path| path.extension() == Some("log".as_ref())).count();
    assert!(segments > 1, "one segment proves little");
    let [read, answered] = &blocks("journal.md", "sh")[..] else { panic!("two blocks") };
    let events: Vec<Value> =
        text(&told(&trial, "sh", "-c", read)).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (_, audit) = trial.json(&["audit", "verify"]);
    assert_eq!(audit["entries"].as_u64().unwrap(), events.len() as u64);
    let decisions = text(&told(&trial, "sh", "-c", answered));
    assert_eq!((decisions.lines().count(), decisions.matches("\taccepted\t").count()), (3, 2), "{decisions}");

    let by_hand = text(&told(&trial, "bash", "-c", &blocks("journal.md", "bash")[0]));
    let lines: Vec<&str> = by_hand.lines().collect();
    assert!(lines.len() == 2 && lines[0] == lines[1] && lines[0].len() == 64, "{by_hand}");

    let python = blocks("journal.md", "python");
    let whole = text(&told(&trial, "python3", "-c", &python[0]));
    assert!(whole.starts_with(&format!("{} entries, {segments} segments", events.len())), "{whole}");
    let note = trial.pencere(&["audit", "export", "-o", "export.jsonl"]);
    let note = String::from_utf8(note.stderr).unwrap();
    assert!(note.contains(whole.trim().rsplit(' ').next().unwrap()), "{note} {whole}");
    assert!(text(&told(&trial, "python3", "-c", &python[2])).contains("every exported entry"));
    // the tree, made anew by the page, is the one that the window's log has
    let tree = text(&told(&trial, "python3", "-c", &python[1]));
    let wanted = format!("{} {} ", audit["leaves"], audit["root"].as_str().unwrap());
    assert!(tree.starts_with(&wanted), "{tree} {wanted}");

    // one letter in the first segment, with and without a checksum that fits again
    let path = trial.at("w/state/journal/00000001.log");
    let good = std::fs::read_to_string(&path).unwrap();
    let bad = good.replacen("accepted", "rejected", 1);
    std::fs::write(&path, &bad).unwrap();
    let refused = told(&trial, "python3", "-c", &python[0]);
    assert!(!refused.status.success() && said(&refused).contains("not those that were written"), "{}", said(&refused));
    let line = bad.lines().zip(good.lines()).position(|(bad, good)| bad != good).unwrap();
    let summed: Vec<String> =
        bad.lines().map(|line| format!("{:08x} {}\n", crc32fast::hash(&line.as_bytes()[9..]), &line[9..])).collect();
    std::fs::write(&path, summed.concat()).unwrap();
    let refused = said(&told(&trial, "python3", "-c", &python[0]));
    assert!(refused.contains(&format!("line {}: a line before", line + 1)), "{refused}");
    let export = trial.pencere(&["audit", "export"]);
    assert_eq!((export.status.code(), export.stdout.iter().filter(|o| **o == b'\n').count()), (Some(1), line - 1));
}

// R 3.17
#[test]
fn an_export_is_chosen_by_time_and_participant() {
    let trial = window();
    let export = |more: &[&str]| text(&trial.pencere(&[&["audit", "export"], more].concat()));
    let lines = |text: &str| -> Vec<Value> { text.lines().map(|line| serde_json::from_str(line).unwrap()).collect() };
    let all = lines(&export(&[]));
    let theirs = lines(&export(&["--participant", "azerisiq"]));
    let ids: std::collections::BTreeSet<&str> =
        theirs.iter().map(|line| line["entry"]["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 1);
    let of_it = all.iter().filter(|line| line["entry"]["id"].as_str().is_some_and(|id| ids.contains(id)));
    assert_eq!(of_it.count(), theirs.len());
    assert!(theirs.len() >= 3, "{theirs:?}");
    let middle = all[all.len() / 2]["entry"]["time"].as_str().unwrap();
    let (before, after) = (lines(&export(&["--to", middle])), lines(&export(&["--from", middle])));
    assert!(before.len() > 1 && after.len() > 1 && before.len() + after.len() == all.len());

    let csv = export(&["--format", "csv"]);
    std::fs::write(trial.at("e.csv"), &csv).unwrap();
    let count = "import csv,json\nrows=list(csv.DictReader(open('e.csv',encoding='utf-8')))\n\
                 assert all(json.loads(r['entry'])['event']==r['event'] for r in rows)\nprint(len(rows))";
    assert_eq!(text(&trial.succeeds("python3", &["-c", count])).trim(), all.len().to_string());
}
