//! The command line as callers meet it: arguments, streams, exit codes.

use super::*;
use clap::CommandFactory;
use sign::{Destination, SignatureForm};
use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

/// A stream that can be read afterwards, and that can break.
#[derive(Clone, Default)]
struct Paper {
    written: Rc<RefCell<Vec<u8>>>,
    breaks: Option<io::ErrorKind>,
}

impl Paper {
    fn text(&self) -> String {
        String::from_utf8(self.written.borrow().clone()).unwrap()
    }
}

impl Write for Paper {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        match self.breaks {
            Some(kind) => Err(kind.into()),
            None => self.written.borrow_mut().write(octets),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn papers(format: Format) -> (Paper, Paper, Screen) {
    let (out, err) = (Paper::default(), Paper::default());
    let screen = Screen::over(format, Box::new(out.clone()), Box::new(err.clone()));
    (out, err, screen)
}

fn parse(line: &str) -> Result<Arguments, clap::Error> {
    Arguments::try_parse_from(line.split(' '))
}

#[test]
fn the_arguments_are_consistent() {
    Arguments::command().debug_assert();
}

#[test]
fn every_command_and_argument_has_a_help_text() {
    fn walk(command: &clap::Command, path: &str) {
        for argument in command.get_arguments() {
            assert!(argument.get_help().is_some(), "{path} {} has no help", argument.get_id());
        }
        for below in command.get_subcommands() {
            let path = format!("{path} {}", below.get_name());
            assert!(below.get_about().is_some(), "{path} has no help");
            walk(below, &path);
        }
    }
    walk(&Arguments::command(), "pencere");
}

#[test]
fn what_the_contract_names_is_understood() {
    for line in [
        "pencere init window",
        "pencere demo",
        "pencere demo window",
        "pencere run --config a.toml",
        "pencere once --config a.toml --format json",
        "pencere check a.xml b.csv --participant azerenerji --format json",
        "pencere verify a.xml --content b --trust x.pem --trust folder --at 2026-10-05T09:00:00+04:00 --format json",
        "pencere sign a.xml --key k --cert c",
        "pencere sign a.xml --key k --cert c --format asice -o out",
        "pencere sign a.xml b.csv --key k --cert c --out-dir out",
        "pencere sign a.xml --key k --cert c --tsa http://tsa.example/ --tsa-timeout 5",
        "pencere template generation --format csv --participant azerenerji --period 2026-Q3",
        "pencere receipt verify r.xml --document a.xml --seal seal.crt --format json",
        "pencere receipt show r.xml --lang en",
        "pencere list --format json",
        "pencere show 0199",
        "pencere report generation --by type,quarter --from 2025 --to 2025-Q3 --format xlsx -o r.xlsx",
        "pencere report completeness --participant azerisiq --lang en --known-at 2026-02-01",
        "pencere as-of cadastre --known-at 2026-02-01T00:00:00Z --format json",
        "pencere export open -o open --dataset generation --format json",
        "pencere audit verify",
        "pencere status --format json",
        "pencere config check --config a.toml",
        "pencere verify a.xml --policy policy.toml",
        "pencere identity probe a.crt --format json",
        "pencere identity probe a.xml --participant azerenerji --out-dir pki",
    ] {
        assert!(parse(line).is_ok(), "{line}: {}", parse(line).unwrap_err());
    }
}

#[test]
fn what_the_readme_shows_is_understood() {
    let shown = |line: &&str| line.starts_with("    ") && line.trim_start().starts_with("pencere ");
    let readme: Vec<_> = include_str!("../../README.md").lines().filter(shown).collect();
    assert!(readme.len() > 10);
    for line in readme {
        let words = line.split_whitespace().take_while(|word| !["#", ">"].contains(word));
        assert!(Arguments::try_parse_from(words).is_ok(), "{line}");
    }
}

#[test]
fn what_nobody_meant_is_refused_with_2() {
    for line in [
        "pencere",
        "pencere open",
        "pencere init",
        "pencere check",
        "pencere verify a.xml --at yesterday",
        "pencere sign a.xml --key k",
        "pencere sign a.xml --key k --cert c -o out --out-dir out",
        "pencere template Generation",
        "pencere template generation --period 2026-Q5",
        "pencere check a.xml --participant ../etc",
        "pencere list --state lost",
        "pencere audit",
        "pencere report",
        "pencere report generation --by moon",
        "pencere report generation --from yesterday",
        "pencere as-of generation --known-at yesterday",
        "pencere export open",
    ] {
        let refusal = parse(line).expect_err(line);
        assert_eq!(refusal.exit_code(), i32::from(Exit::Usage.code()), "{line}");
    }
    assert_eq!(parse("pencere check --help").unwrap_err().exit_code(), 0);
}

#[test]
fn a_signed_result_never_replaces_what_nobody_named() {
    let args = |line: &str| match parse(line).unwrap().command {
        Command::Sign(args) => args,
        other => panic!("{other:?}"),
    };
    let beside = args("pencere sign d/q.xml d/q.csv --key k --cert c");
    for (file, form, result) in [
        ("d/q.xml", SignatureForm::Xades, "d/q.signed.xml"),
        ("d/q.csv", SignatureForm::Cades, "d/q.csv.p7s"),
        ("d/q.csv", SignatureForm::Asice, "d/q.csv.asice"),
    ] {
        let wanted = Destination { path: result.into(), replace: false };
        assert_eq!(beside.destination(file.as_ref(), form), Ok(wanted));
    }
    let folder = args("pencere sign d/q.csv --key k --cert c --out-dir o");
    let wanted = Destination { path: "o/q.csv.p7s".into(), replace: true };
    assert_eq!(folder.destination("d/q.csv".as_ref(), SignatureForm::Cades), Ok(wanted));
    let two = args("pencere sign a.xml b.xml --key k --cert c -o o");
    assert_eq!(two.destination("a.xml".as_ref(), SignatureForm::Xades).unwrap_err().exit(), Exit::Usage);
    assert_eq!(beside.destination("..".as_ref(), SignatureForm::Xades).unwrap_err().exit(), Exit::Usage);
}

#[test]
fn json_is_one_value_on_stdout_and_people_read_stderr() {
    let (out, err, mut screen) = papers(Format::Json);
    screen.say("for people");
    screen.note("beside");
    screen.json(&serde_json::json!({"decision": "accepted"}));
    assert_eq!(screen.close(Ok(Exit::Done)), Exit::Done);
    assert_eq!((out.text().as_str(), err.text().as_str()), ("{\"decision\":\"accepted\"}\n", "beside\n"));
}

#[test]
fn a_command_without_an_answer_still_says_one_json_value() {
    let (out, err, screen) = papers(Format::Json);
    assert_eq!(screen.close(Err(Trouble::usage("no such file: a.xml"))), Exit::Usage);
    let value: serde_json::Value = serde_json::from_str(&out.text()).unwrap();
    assert_eq!(value, serde_json::json!({"error": {"exit": 2, "message": "no such file: a.xml"}}));
    assert_eq!(err.text(), "pencere: no such file: a.xml\n");
}

#[test]
fn text_for_people_moves_no_cursor() {
    let (out, err, mut screen) = papers(Format::Text);
    screen.say("Gəncə\u{1b}[2J\nikinci");
    screen.note("a\u{202e}b");
    screen.json(&1);
    assert_eq!(screen.close(Ok(Exit::No)), Exit::No);
    assert_eq!((out.text().as_str(), err.text().as_str()), ("Gəncə\\u{1b}[2J\nikinci\n", "a\\u{202e}b\n"));
}

#[test]
fn a_reader_that_went_away_changes_nothing_and_a_full_disk_does() {
    for (kind, exit) in [(io::ErrorKind::BrokenPipe, Exit::No), (io::ErrorKind::StorageFull, Exit::Broken)] {
        let out = Paper { breaks: Some(kind), ..Paper::default() };
        let err = Paper { breaks: Some(io::ErrorKind::BrokenPipe), ..Paper::default() };
        let mut screen = Screen::over(Format::Text, Box::new(out), Box::new(err));
        screen.say("one");
        screen.say("two");
        screen.note("three");
        assert_eq!(screen.close(Ok(Exit::No)), exit, "{kind}");
    }
}

#[test]
fn the_configuration_is_found_by_flag_then_variable_then_default() {
    let flag = WindowArgs { config: Some("a.toml".into()) };
    let none = WindowArgs { config: None };
    assert_eq!(flag.named_with(Some("b.toml".into())), Some("a.toml".into()));
    assert_eq!(none.named_with(Some("b.toml".into())), Some("b.toml".into()));
    assert_eq!((none.named_with(Some("".into())), none.named_with(None)), (None, None));
    assert_eq!((flag.path(), WindowArgs::DEFAULT), ("a.toml".into(), "/etc/pencere/pencere.toml"));
}

/// The answer of `list` or `show` in a window whose journal has these events.
fn answer(window: &std::path::Path, line: &str) -> (Outcome, serde_json::Value, String) {
    let line = format!("pencere {line} --config {}", window.join("pencere.toml").display());
    let mut texts = Vec::new();
    let mut outcome = None;
    for (format, more) in [(Format::Json, " --format json"), (Format::Text, "")] {
        let (out, _, mut screen) = papers(format);
        outcome = Some(match parse(&format!("{line}{more}")).unwrap().command {
            Command::List(args) => list::run(&args, &mut screen),
            Command::Show(args) => show::run(&args, &mut screen),
            other => panic!("{other:?}"),
        });
        texts.push(out.text());
    }
    (outcome.unwrap(), serde_json::from_str(&texts[0]).unwrap_or_default(), texts.remove(1))
}

// S 3.1.6
#[test]
fn submissions_are_listed_and_shown_from_the_journal() {
    use crate::document::Decision;
    use crate::journal::Journal;
    use crate::journal::samples::{answered, at, closed, deferred, digest, held, id};
    let folder = crate::host::test_folder();
    let window = folder.path().join("window");
    trial::make(&window, at(0)).unwrap();
    let disk = crate::host::Disk::system();
    let mut journal = Journal::open(&disk, &window.join("state"), Default::default()).unwrap();
    let events = [
        held(1, "a"),
        answered(1, 1, Decision::Accepted, "c"),
        closed(1),
        held(2, "b"),
        deferred(2, 1),
        held(3, "a"),
        answered(3, 1, Decision::Duplicate, "c"),
    ];
    for (second, event) in (0..).zip(events) {
        journal.append(at(second), event).unwrap();
    }
    journal.sync().unwrap();
    // the writer stays open: reading takes no lock
    let (outcome, list, text) = answer(&window, "list");
    assert_eq!(outcome, Ok(Exit::Done));
    let states: Vec<_> = list["submissions"].as_array().unwrap().iter().map(|row| row["state"].clone()).collect();
    assert_eq!(states, ["accepted", "held", "duplicate"]);
    assert!(text.contains("hesabat-2.xml") && text.contains("2026-10-01 04:00:01"), "{text}");
    let first = &list["submissions"][0];
    assert_eq!((&first["period"], &first["revision"], &first["records"]), (&"2026-Q3".into(), &1.into(), &12.into()));
    assert_eq!(list["submissions"][1]["findings"], serde_json::json!(["load.database-away"]));
    assert_eq!(list["submissions"][1]["next_try"], at(60).to_string());
    for (line, count, left_out) in [
        ("list --state held", 1, 0),
        ("list --participant azerisiq", 0, 0),
        ("list --dataset generation", 2, 0),
        ("list --limit 1", 1, 2),
    ] {
        let list = answer(&window, line).1;
        assert_eq!(list["submissions"].as_array().unwrap().len(), count, "{line}");
        assert_eq!(list["left_out"], left_out, "{line}");
    }
    for what in [id(2).to_string(), "hesabat-2.xml".to_owned(), digest("b").to_string()] {
        let (outcome, shown, text) = answer(&window, &format!("show {what}"));
        assert_eq!(outcome, Ok(Exit::Done));
        let events: Vec<_> = shown["events"].as_array().unwrap().iter().map(|one| one["event"].clone()).collect();
        assert_eq!(events, ["held", "deferred"]);
        assert!(text.contains("put off: load.database-away") && text.contains("2026-10-01T00:00:04Z"), "{text}");
    }
    let (_, shown, text) = answer(&window, &format!("show {}", digest("a")));
    assert_eq!((shown["submissions"].as_array().unwrap().len(), &shown["events"]), (2, &serde_json::json!([])));
    assert!(text.contains("2 submissions"), "{text}");
    assert_eq!(answer(&window, "show trial/2026/9-9").0.unwrap_err().exit(), Exit::Usage);
}
