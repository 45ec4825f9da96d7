//! Clause, code and test: what the two acts ask stands in `docs/clauses.toml`, and where it is done and shown is found
//! by the marks in the sources. Holds both against each other, and makes `docs/clauses.md` of them
//! (`PENCERE_REWRITE=1`).
//!
//! A mark is the act's letter (S the statute, R the Rules), a space, and the clause, as prose has it: several after one
//! letter are parted by a comma, `and` or `to`, items of one follow the word `item`. Code is what is shipped: the
//! sources, the configuration, the units. In tests only comments are read, for their literals are samples; a mark above
//! a test is that test's. Of a sample's answer, the clauses of its findings are shown, and that of its dataset where it
//! was taken.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

const TABLE: &str = "docs/clauses.toml";
const PAGE: &str = "docs/clauses.md";
/// How much of a long row is shown: files of the code, tests, samples.
const SHOWN: [usize; 3] = [5, 4, 3];

#[test]
fn every_mark_is_of_a_clause_that_the_table_has() {
    let table = Table::read();
    let wrong = table.unknown(&marks());
    assert!(wrong.is_empty(), "{TABLE} has no such clause: {wrong:#?}");
}

// S 8.1.15: what is demanded and neither done nor owned up to fails here
#[test]
fn every_clause_is_done_and_shown_or_said_not_to_be() {
    let table = Table::read();
    let wrong = [table.malformed(), table.untrue(&Cited::of(&marks()))].concat();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

// S 1.2, 8.1.15
#[test]
fn every_finding_rests_on_a_clause_of_an_act() {
    let text = read("src/finding/table.rs");
    let (mut found, mut wrong) = (0, Vec::new());
    for line in text.lines().filter(|line| ["\" Error ", "\" Warning "].iter().any(|sign| line.contains(sign))) {
        let clause = line.trim_end().trim_end_matches('"').rsplit('"').next().unwrap_or_default();
        found += 1;
        if clause != "C 27" && clauses(clause).is_empty() {
            wrong.push(line.trim());
        }
    }
    assert!(found > 80 && wrong.is_empty(), "of {found}: {wrong:#?}");
}

#[test]
fn the_page_is_what_the_table_and_the_marks_say() {
    let page = Table::read().page(&Cited::of(&marks()));
    let path = top().join(PAGE);
    if std::env::var_os("PENCERE_REWRITE").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let stands = fs::read_to_string(&path).unwrap_or_default();
    let differs = stands.lines().zip(page.lines()).find(|(one, other)| one != other);
    assert!(stands == page, "{PAGE} is another (PENCERE_REWRITE=1 writes it); first: {differs:?}");
}

#[test]
fn marks_are_read_as_prose_has_them() {
    for (text, wanted) in [
        ("// (S 4.2.1, R 3.3).", "S 4.2.1|R 3.3"),
        ("R 3.5.5 and 3.4.5: a higher one", "R 3.5.5|R 3.4.5"),
        ("(S 5.4, 8.1.4 items 1, 5, 7; R 3.4.7)", "S 5.4|S 8.1.4 item 1|S 8.1.4 item 5|S 8.1.4 item 7|R 3.4.7"),
        ("S 8.1.4 item 6, 10.3", "S 8.1.4 item 6|S 10.3"),
        ("the datasets (S 6.1.4 to 6.1.6)", "S 6.1.4|S 6.1.5|S 6.1.6"),
        ("S item 2.2, and S item 3.", "S item 2.2|S item 3"),
        ("R decree 4.1", "R decree 4.1"),
        ("ASiC-S 4.3, XADES 1.2, \"S\" 1.2, R 5, S, R2 4.1, S 4. It", ""),
    ] {
        assert_eq!(clauses(text).join("|"), wanted, "{text}");
    }
}

#[test]
fn a_mark_in_a_test_is_that_tests() {
    // written with another sign, or this test would cite them
    let text = "//! Head (R§1.1).\n\n// S§1.1\n#[test]\nfn one() {\n    let text = \"S§9.9\"; // S§1.2\n}\n\n\
        /// Two (S§1.3).\nasync fn two() {}\n";
    let found = in_tests("tests/a.rs", &text.replace('§', " "));
    let found: Vec<_> = found.iter().map(|mark| format!("{} {} {}", mark.clause, mark.line, mark.test)).collect();
    assert_eq!(found, ["R 1.1 1 ", "S 1.1 3 one", "S 1.2 6 one", "S 1.3 9 two"]);
}

#[test]
fn whatever_is_untrue_in_the_table_is_found() {
    let mark = |clause: &str, place| Mark { place, ..Mark::new(clause, "f", 1) };
    let both = |clause: &str| [mark(clause, Place::Code), mark(clause, Place::Test)];
    let untrue = |row: &str, marks: &[Mark]| {
        let table = Table::parse(&format!("[chapters]\n\"S 1\" = \"One\"\n\n{row}\n[\"S 1.9\"]\nasks = \"x\"\n"));
        let marks: Vec<_> = marks.iter().cloned().chain(both("S 1.9")).collect();
        [table.malformed(), table.untrue(&Cited::of(&marks)), table.unknown(&marks)].concat()
    };
    let row = "[\"S 1.1\"]\nasks = \"x\"\n";
    assert!(untrue(row, &both("S 1.1")).is_empty());
    assert_eq!(untrue(row, &both("S 1.1")[..1]).len(), 1, "no test");
    assert_eq!(untrue(row, &both("S 1.1")[1..]).len(), 1, "no code");
    assert_eq!(untrue(row, &both("S 1.2")).len(), 3, "an unknown clause, at both places, and a clause without marks");
    for (word, marks, faults) in [
        ("not-done = \"x\"", 0, 0),
        ("not-done = \"x\"", 1, 0),
        ("not-done = \"x\"", 2, 1),
        ("lacks = \"x\"", 2, 0),
        ("lacks = \"x\"", 1, 1),
        ("elsewhere = \"x\"", 0, 0),
        ("as = [\"S 1.9\"]", 0, 0),
        ("as = [\"S 1.8\"]", 0, 1),
        ("as = [\"S 1.1\"]", 0, 1),
        ("lacks = \"\"", 2, 1),
        ("lack = \"x\"", 2, 1),
        ("not-done = \"x\"\nelsewhere = \"x\"", 0, 1),
    ] {
        let found = untrue(&format!("{row}{word}\n"), &both("S 1.1")[..marks]);
        assert_eq!(found.len(), faults, "{word}, {marks} marks: {found:?}");
    }
    assert_eq!(untrue("[\"S 2.1\"]\nasks = \"x\"\n", &both("S 2.1")).len(), 1, "no such chapter");
    assert_eq!(untrue("[\"S 1.1 item\"]\nasks = \"x\"\n", &[]).len(), 2, "no clause is written so");
}

// ---- the table ------------------------------------------------------------------------------

/// What a row may say besides what its clause asks, one of these at most.
const WORDS: [&str; 4] = ["lacks", "not-done", "elsewhere", "as"];

/// `docs/clauses.toml`, in the order of the acts.
struct Table {
    chapters: BTreeMap<String, String>,
    rows: Vec<Row>,
}

struct Row {
    clause: String,
    asks: String,
    /// Which of [`WORDS`], and what it says.
    word: Option<(String, String)>,
    /// The clauses of `as`.
    others: Vec<String>,
    /// What is wrong with its form.
    faults: Vec<String>,
}

/// How it stands with a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Done,
    Partly,
    NotDone,
    Elsewhere,
}

impl Table {
    fn read() -> Self {
        Self::parse(&read(TABLE))
    }

    fn parse(text: &str) -> Self {
        let mut table: toml::Table = text.parse().unwrap();
        let chapters = table.remove("chapters").unwrap().try_into().unwrap();
        let mut rows: Vec<_> = table.into_iter().map(|(clause, row)| Row::of(clause, row)).collect();
        rows.sort_by_key(|row| order(&row.clause));
        Self { chapters, rows }
    }

    fn row(&self, clause: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.clause == clause)
    }

    /// Rows whose form is not that of the table.
    fn malformed(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for row in &self.rows {
            let mut faults = row.faults.clone();
            if clauses(&row.clause) != [row.clause.as_str()] {
                faults.push("is written as no clause".to_owned());
            }
            if !self.chapters.contains_key(&chapter(&row.clause)) {
                faults.push(format!("is of no chapter ({})", chapter(&row.clause)));
            }
            faults.extend(self.leads_nowhere(row, &mut Vec::new()));
            wrong.extend(faults.into_iter().map(|fault| format!("{TABLE}: {} {fault}", row.clause)));
        }
        wrong
    }

    /// Where `as` names what is not there, or leads back to itself.
    fn leads_nowhere<'a>(&'a self, row: &'a Row, before: &mut Vec<&'a str>) -> Option<String> {
        if before.contains(&row.clause.as_str()) {
            return Some(format!("asks what itself asks ({})", before.join(", ")));
        }
        before.push(&row.clause);
        let found = row.others.iter().find_map(|other| match self.row(other) {
            Some(other) => self.leads_nowhere(other, before),
            None => Some(format!("names {other}, which is not there")),
        });
        before.pop();
        found
    }

    /// Marks of clauses that no row has.
    fn unknown(&self, marks: &[Mark]) -> Vec<String> {
        let wrong = marks.iter().filter(|mark| self.row(&mark.clause).is_none());
        wrong.map(|mark| format!("{}:{}: {}", mark.file, mark.line, mark.clause)).collect()
    }

    /// Rows that say something else than the marks.
    fn untrue(&self, cited: &Cited) -> Vec<String> {
        let mut wrong = Vec::new();
        for row in &self.rows {
            let (code, tests) = (cited.has_code(&row.clause), cited.has_test(&row.clause));
            let fault = match (row.word(), code, tests) {
                ("not-done", true, true) => "is said not to be done, and code and test cite it",
                ("as" | "elsewhere" | "not-done", ..) | (_, true, true) => continue,
                (_, true, false) => "is cited by code, and by no test or sample",
                (_, false, true) => "is cited by a test or sample, and by no code",
                (_, false, false) => "is cited nowhere, and not said not to be done",
            };
            wrong.push(format!("{} {fault}", row.clause));
        }
        wrong
    }

    /// How it stands with a row; of several clauses whose demands are its own, as with the furthest from done.
    fn state(&self, row: &Row) -> State {
        match row.word() {
            "lacks" => State::Partly,
            "not-done" => State::NotDone,
            "elsewhere" => State::Elsewhere,
            "as" => {
                let states: BTreeSet<_> = row.others.iter().map(|other| self.state(self.row(other).unwrap())).collect();
                match (states.first(), states.len()) {
                    (Some(one), 1) => *one,
                    _ => State::Partly,
                }
            }
            _ => State::Done,
        }
    }
}

impl Row {
    fn of(clause: String, row: toml::Value) -> Self {
        let mut found = Self { clause, asks: String::new(), word: None, others: Vec::new(), faults: Vec::new() };
        for (key, value) in row.as_table().into_iter().flatten() {
            let text = value.as_str().unwrap_or_default().to_owned();
            match (key.as_str(), value.as_array()) {
                ("asks", _) => found.asks = text,
                ("as", Some(others)) => {
                    found.others = others.iter().filter_map(|other| Some(other.as_str()?.to_owned())).collect();
                    found.say(key, found.others.join(", "));
                }
                (word, None) if WORDS[..3].contains(&word) => found.say(key, text),
                _ => found.faults.push(format!("has a key {key} that means nothing")),
            }
        }
        if found.asks.is_empty() {
            found.faults.push("does not say what it asks".to_owned());
        }
        found
    }

    fn say(&mut self, word: &str, text: String) {
        if text.is_empty() {
            self.faults.push(format!("says nothing by {word}"));
        }
        if let Some((other, _)) = self.word.replace((word.to_owned(), text)) {
            self.faults.push(format!("says both {other} and {word}"));
        }
    }

    fn word(&self) -> &str {
        self.word.as_ref().map_or("", |(word, _)| word)
    }
}

// ---- marks ----------------------------------------------------------------------------------

/// A clause that is named somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mark {
    clause: String,
    /// From the repository's top; of a sample its folder.
    file: String,
    line: usize,
    place: Place,
    /// The test that it belongs to, where it belongs to one.
    test: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Code,
    Test,
    /// Answered with a finding of this clause, after which it is named, or taken as of a dataset of this clause.
    Sample,
    /// The clause is among others that its answer names.
    SampleBeside,
    /// Says of what is done, and does nothing.
    Prose,
}

impl Mark {
    fn new(clause: &str, file: &str, line: usize) -> Self {
        Self { clause: clause.to_owned(), file: file.to_owned(), line, place: Place::Code, test: String::new() }
    }
}

/// All marks of the repository.
fn marks() -> Vec<Mark> {
    let sources = files("src", &["rs", "sql"]);
    let for_tests: BTreeSet<_> = sources.iter().flat_map(|name| modules_for_tests(name, &read(name))).collect();
    let mut found = Vec::new();
    for name in &sources {
        let text = read(name);
        if name.ends_with("/tests.rs") || name.contains("/tests/") || for_tests.contains(name) {
            found.extend(in_tests(name, &text));
            continue;
        }
        let code =
            text.lines().count() - text.find("#[cfg(test)]\nmod tests {").map_or(0, |at| text[at..].lines().count());
        found.extend(in_lines(name, &text, Place::Code).into_iter().filter(|mark| mark.line <= code));
        found.extend(in_tests(name, &text).into_iter().filter(|mark| mark.line > code));
    }
    for name in files("tests", &["rs"]) {
        found.extend(in_tests(&name, &read(&name)));
    }
    let configuration = files("config", &["toml"]).into_iter().chain(files("systemd", &["service", "socket", "conf"]));
    for name in configuration {
        found.extend(in_lines(&name, &read(&name), Place::Code));
    }
    let pages = files("docs", &["md"]).into_iter().filter(|name| name != PAGE && name != "docs/findings.md");
    for name in pages.chain(["README.md", "CHANGELOG.md"].map(str::to_owned)) {
        found.extend(in_lines(&name, &read(&name), Place::Prose));
    }
    for name in files("inbox-samples", &["xml"]).into_iter().filter(|name| name.ends_with("/expected.receipt.xml")) {
        found.extend(in_answer(name.trim_end_matches("/expected.receipt.xml"), &read(&name)));
    }
    assert!(found.len() > 500, "only {} marks were found", found.len());
    found
}

/// All marks of a text, line by line.
fn in_lines(name: &str, text: &str, place: Place) -> Vec<Mark> {
    let numbered = text.lines().enumerate();
    let found = numbered.flat_map(|(at, line)| clauses(line).into_iter().map(move |clause| (at + 1, clause)));
    found.map(|(line, clause)| Mark { place, ..Mark::new(&clause, name, line) }).collect()
}

/// Those in the comments of a test program, each with its test: the next one, where only comments and attributes are
/// between, else the one that it stands in.
fn in_tests(name: &str, text: &str) -> Vec<Mark> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let trimmed = line.trim_start();
        let comment = if trimmed.starts_with("//") { Some(0) } else { trimmed.find(" // ") };
        let Some(comment) = comment.map(|at| &trimmed[at..]) else { continue };
        let above = |line: &&&str| ["//", "#["].iter().any(|sign| line.trim_start().starts_with(sign));
        let next = lines[at..].iter().find(|line| !above(line)).and_then(|line| function(line));
        let within = || lines[..at].iter().rev().find_map(|line| function(line));
        let test = match trimmed.starts_with("//!") {
            true => "",
            false => next.or_else(within).unwrap_or_default(),
        };
        let test = test.to_owned();
        let marks = clauses(comment).into_iter().map(|clause| Mark::new(&clause, name, at + 1));
        found.extend(marks.map(|mark| Mark { place: Place::Test, test: test.clone(), ..mark }));
    }
    found
}

/// Those that a sample's answer names.
fn in_answer(folder: &str, answer: &str) -> Vec<Mark> {
    let slug = folder.rsplit('/').next().unwrap_or_default();
    let mut found = Vec::new();
    for (at, line) in answer.lines().enumerate() {
        let mut named = Vec::new();
        if line.starts_with("<Finding ") {
            let place = if attribute(line, "code") == slug { Place::Sample } else { Place::SampleBeside };
            named.extend(clauses(attribute(line, "clause")).into_iter().map(|clause| (clause, place)));
        }
        if line.starts_with("<Submission ") && ["accepted/", "pending/"].iter().any(|part| folder.contains(part)) {
            let name = format!("config/datasets/{}/dataset.toml", attribute(line, "dataset"));
            let dataset: Option<toml::Table> =
                fs::read_to_string(top().join(name)).ok().and_then(|text| text.parse().ok());
            let clause = dataset.and_then(|dataset| Some(dataset.get("clause")?.as_str()?.to_owned()));
            named.extend(clause.map(|clause| (clause, Place::Sample)));
        }
        found.extend(named.iter().map(|(clause, place)| Mark { place: *place, ..Mark::new(clause, folder, at + 1) }));
    }
    found
}

fn attribute<'a>(line: &'a str, name: &str) -> &'a str {
    let value = line.split_once(&format!(" {name}=\"")).map_or("", |(_, rest)| rest);
    value.split('"').next().unwrap_or_default()
}

/// The name of the function that a line begins.
fn function(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let rest = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ")?;
    rest.split(['(', '<']).next()
}

/// The files that one declares as modules for tests alone.
fn modules_for_tests(name: &str, text: &str) -> Vec<String> {
    let Some((folder, file)) = name.rsplit_once('/') else { return Vec::new() };
    let folder = match file {
        "mod.rs" | "lib.rs" | "main.rs" => folder.to_owned(),
        _ => format!("{folder}/{}", file.trim_end_matches(".rs")),
    };
    let declared = |item: &str| {
        let item = item.trim_start().trim_start_matches("pub(crate) ").strip_prefix("mod ")?;
        Some(format!("{folder}/{}.rs", item.lines().next()?.strip_suffix(';')?))
    };
    text.split("#[cfg(test)]").skip(1).filter_map(declared).collect()
}

/// The clauses that a text names, in its order.
fn clauses(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, act) in text.match_indices(['S', 'R']) {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || "-_.".contains(c)) {
            continue;
        }
        let Some(mut rest) = text[at + 1..].strip_prefix(' ') else { continue };
        let head = if act == "S" { "item " } else { "decree " };
        if let Some(named) = rest.strip_prefix(head) {
            let length = number(named);
            if length > 0 {
                found.push(format!("{act} {head}{}", &named[..length]));
            }
            continue;
        }
        let mut last: Option<String> = None;
        loop {
            let length = number(rest);
            if !rest[..length].contains('.') {
                break;
            }
            let one = format!("{act} {}", &rest[..length]);
            rest = &rest[length..];
            let items = items(&mut rest);
            match (last.take(), items.is_empty()) {
                (Some(first), true) => found.extend(between(&first, &one)),
                (_, true) => {}
                (_, false) => found.extend(items.iter().map(|item| format!("{one} item {item}"))),
            }
            if items.is_empty() {
                found.push(one.clone());
            }
            let Some((joint, next)) = [", ", " and ", " to "].iter().find_map(|j| Some((*j, rest.strip_prefix(*j)?)))
            else {
                break;
            };
            last = (joint == " to ").then_some(one);
            rest = next;
        }
    }
    found
}

/// How long the number is that a text begins with: digits, parted by dots.
fn number(text: &str) -> usize {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    text[..end].trim_end_matches('.').len()
}

/// Takes `item 4`, or `items 1, 5 and 7`, off the beginning of a text.
fn items(rest: &mut &str) -> Vec<u32> {
    let mut found = Vec::new();
    let Some(mut text) = [" items ", " item "].iter().find_map(|word| rest.strip_prefix(*word)) else { return found };
    while let Ok(item) = text[..number(text)].parse() {
        found.push(item);
        text = &text[number(text)..];
        *rest = text;
        let Some(next) = [", ", " and "].iter().find_map(|joint| text.strip_prefix(*joint)) else { break };
        text = next;
    }
    found
}

/// The clauses between two, of which only the last number differs.
fn between(first: &str, last: &str) -> Vec<String> {
    let split = |clause: &str| {
        let (stem, number) = clause.rsplit_once('.')?;
        Some((stem.to_owned(), number.parse::<u32>().ok()?))
    };
    match (split(first), split(last)) {
        (Some((stem, from)), Some((other, to))) if stem == other => {
            (from + 1..to).map(|number| format!("{stem}.{number}")).collect()
        }
        _ => Vec::new(),
    }
}

/// What clauses are sorted by: the act, what came before it, the numbers; items come before what is below their clause.
fn order(clause: &str) -> (bool, bool, Vec<u32>) {
    let act = clause.split(' ').skip(1).filter(|word| *word != "decree");
    let (mut head, mut numbers) = (clause.contains(" decree "), Vec::new());
    for (at, word) in act.enumerate() {
        match word {
            "item" if at == 0 => head = true,
            "item" => numbers.push(0),
            _ => numbers.extend(word.split('.').map(|part| part.parse::<u32>().unwrap_or_default())),
        }
    }
    (clause.starts_with('R'), !head, numbers)
}

/// The chapter that a clause stands in, as the table names it.
fn chapter(clause: &str) -> String {
    let (_, body, numbers) = order(clause);
    format!("{} {}", &clause[..1], if body { numbers.first().copied().unwrap_or_default() } else { 0 })
}

// ---- what cites a clause --------------------------------------------------------------------

/// Where each clause is cited.
#[derive(Default)]
struct Cited {
    /// The files of the code.
    code: BTreeMap<String, BTreeSet<String>>,
    /// File and test.
    tests: BTreeMap<String, BTreeSet<(String, String)>>,
    /// Folders of samples, those first that are named after a finding of the clause.
    samples: BTreeMap<String, BTreeSet<(bool, String)>>,
}

impl Cited {
    fn of(marks: &[Mark]) -> Self {
        let mut found = Self::default();
        for Mark { clause, file, place, test, .. } in marks {
            let clause = clause.clone();
            match place {
                Place::Code => drop(found.code.entry(clause).or_default().insert(file.clone())),
                Place::Test => drop(found.tests.entry(clause).or_default().insert((file.clone(), test.clone()))),
                Place::Sample => drop(found.samples.entry(clause).or_default().insert((false, file.clone()))),
                Place::SampleBeside => drop(found.samples.entry(clause).or_default().insert((true, file.clone()))),
                Place::Prose => {}
            }
        }
        found
    }

    fn has_code(&self, clause: &str) -> bool {
        self.code.contains_key(clause)
    }

    fn has_test(&self, clause: &str) -> bool {
        self.tests.contains_key(clause) || self.samples.contains_key(clause)
    }

    /// The files of the code, as links.
    fn code_cell(&self, clause: &str) -> String {
        let found = self.code.get(clause).into_iter().flatten();
        cell(found.map(|file| link(file.trim_start_matches("src/"), file)).collect(), SHOWN[0])
    }

    /// Tests and samples, as links.
    fn test_cell(&self, clause: &str) -> String {
        let tests = self.tests.get(clause).into_iter().flatten().map(|(file, test)| match test.is_empty() {
            true => link(file, file),
            false => link(&test.replace('_', " "), file),
        });
        let samples = self.samples.get(clause).into_iter().flatten();
        let named = |folder: &str| folder.trim_start_matches("inbox-samples/").to_owned();
        let samples: Vec<_> = samples.map(|(_, folder)| link(&named(folder), folder)).collect();
        let cells = [cell(tests.collect(), SHOWN[1]), cell(samples, SHOWN[2])];
        cells.into_iter().filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join(" · ")
    }
}

fn link(text: &str, to: &str) -> String {
    format!("[{text}](../{to})")
}

/// So many of them, and that there are more.
fn cell(mut shown: Vec<String>, most: usize) -> String {
    if shown.len() > most {
        shown.truncate(most);
        shown.push("…".to_owned());
    }
    shown.join(", ")
}

// ---- the page -------------------------------------------------------------------------------

const PREFACE: &str = "\
# Clause, code and test

What the BOEMİS statute (`S`, Cabinet decision 348 of 2023) and the Rules (`R`, decree 263 of 2018) ask of the
window, in our words, where it is done, and which test or sample shows it. This page is made by `tests/clauses.rs` of
[clauses.toml](clauses.toml) and of the clauses that are cited in the sources, and CI holds it: a clause that is cited
and does not stand here, one that stands here and is neither cited by code and test nor said not to be done, and one
that is said not to be done and is, all fail. Links lead to the file that cites the clause; of a long row the first are
shown.

- **done**: code cites it, and a test or sample shows it.
- **partly**: so too, and what is named lacks.
- **not done**: what is named is not there, or no test holds it.
- *elsewhere*: an organisation has to do it, and no program.
- *as*: it asks what other clauses ask, and stands as they do.

What only gives words, forms bodies or founds the acts is left out. `C 27` in findings is another act, the rules on
the exchange of electronic documents (Cabinet decision 27 of 2006).
";

impl Table {
    fn page(&self, cited: &Cited) -> String {
        let mut page = PREFACE.to_owned();
        page.push_str("\n| | clauses | done | partly | not done | elsewhere |\n|---|---|---|---|---|---|\n");
        for (act, name) in [("S", "Statute"), ("R", "Rules")] {
            let rows: Vec<_> = self.rows.iter().filter(|row| row.clause.starts_with(act)).collect();
            let of = |state| rows.iter().filter(|row| self.state(row) == state).count();
            let counts = [State::Done, State::Partly, State::NotDone, State::Elsewhere].map(of);
            let [done, partly, not_done, elsewhere] = counts;
            let all = rows.len();
            writeln!(page, "| {name} | {all} | {done} | {partly} | {not_done} | {elsewhere} |").unwrap();
        }
        let mut last = String::new();
        for row in &self.rows {
            let chapter = chapter(&row.clause);
            if chapter != last {
                let title = self.chapters.get(&chapter).map_or("", String::as_str);
                write!(page, "\n## {title}\n\n").unwrap();
                page.push_str("| clause | asks | code | tests and samples | state |\n|---|---|---|---|---|\n");
                last = chapter;
            }
            let (code, tests) = (cited.code_cell(&row.clause), cited.test_cell(&row.clause));
            writeln!(page, "| {} | {} | {code} | {tests} | {} |", row.clause, row.asks, self.told(row)).unwrap();
        }
        page
    }

    /// How it stands with a row, for people.
    fn told(&self, row: &Row) -> String {
        let said = row.word.as_ref().map_or("", |(_, text)| text);
        let word = match self.state(row) {
            State::Done => "done",
            State::Partly => "partly",
            State::NotDone => "not done",
            State::Elsewhere => "elsewhere",
        };
        match row.word() {
            "lacks" => format!("**partly**; lacks: {said}"),
            "not-done" => format!("**not done**: {said}"),
            "elsewhere" => format!("*elsewhere*: {said}"),
            "as" => format!("*as* {said}: {word}"),
            _ => "done".to_owned(),
        }
    }
}

// ---- files ----------------------------------------------------------------------------------

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(top().join(name)).unwrap()
}

/// The files below a folder with one of these endings, by their names from the top.
fn files(folder: &str, endings: &[&str]) -> Vec<String> {
    let (mut open, mut found): (Vec<PathBuf>, Vec<String>) = (vec![top().join(folder)], Vec::new());
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| endings.iter().any(|wanted| ending == *wanted)) {
                found.push(path.strip_prefix(top()).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}
