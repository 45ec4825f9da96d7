//! The rooms keep to themselves: which may import which, and the style of their files.
//!
//! Reads `src/**` as text. Comments, string literals and test modules are taken out first, so that
//! only what the program does is held. Each exception stands in a list with its reason, and an
//! exception that is no longer needed fails too.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The path of a document. A room imports the one directly before it.
const PATH: &[&str] = &["intake", "staging", "signature", "authority", "schema", "boemis", "receipt", "archive"];
/// Shared leaves: every room may import them, and they import only each other.
const LEAVES: &[&str] = &[
    "advice",
    "container",
    "document",
    "finding",
    "geometry",
    "host",
    "json",
    "letter",
    "line",
    "xml",
    "forms",
    "trust",
];
/// Stand beside the path and import only leaves.
const BESIDE: &[&str] = &["journal", "transparency", "evidence", "fetch", "token", "ledger", "seal", "post", "reserve"];
/// Look at everything.
const OVERSEERS: &[&str] = &["daemon", "commands"];
/// Judge a value by arguments alone: no clock, disk or network (the middle three, trust and geometry).
const JUDGES: &[&str] = &["signature", "authority", "schema", "trust", "geometry"];

/// Imports beyond the table: from, to, why.
const IMPORTS: &[(&str, &str, &str)] = &[
    ("staging", "evidence", "what it makes safe lies there"),
    ("staging", "journal", "held safely means: the journal says so"),
    ("seal", "token", "its key may lie in one"),
    ("seal", "journal", "a seal apart reads it for itself: what does not stand there is not sealed"),
    ("receipt", "seal", "the answer is asked of the seal, which alone numbers and signs it"),
    ("archive", "journal", "closed is what the journal closes"),
    ("archive", "evidence", "what a unit holds lies there, and is found in the unit once it lies there no more"),
    ("journal", "evidence", "an entry says where in evidence its octets lie"),
    ("transparency", "journal", "its leaves are the journal's lines"),
    ("ledger", "journal", "it is the journal's index, and is built from it"),
    ("reserve", "journal", "it copies it, and is led by it"),
    ("reserve", "evidence", "it copies it, and puts back what is damaged there"),
    ("reserve", "boemis", "it copies the database, and asks the copy what it holds"),
    ("reserve", "seal", "it copies the act log, and writes down which numbers a restore leaves out"),
];
/// Files that break a rule of style: rule, file, why.
const STYLE: &[(&str, &str, &str)] = &[
    ("long line", "src/finding/table.rs", "a sentence for people stands whole on its line"),
    ("long line", "src/geometry/findings.rs", "so does one there"),
    ("long line", "src/advice/table.rs", "and one there"),
    (
        "floating point",
        "src/geometry/ellipsoid.rs",
        "projections and areas on an ellipsoid are nothing for whole numbers",
    ),
    ("floating point", "src/geometry/exact.rs", "it tells the signs of which its rounding leaves no doubt"),
];
/// Files that may hold `unsafe`: file, why.
const UNSAFE: &[(&str, &str)] = &[];

fn may_import(from: &str, to: &str) -> bool {
    let beside = |room: &str| BESIDE.contains(&room);
    match from {
        _ if from == to => true,
        // the commands start the daemon; what they find it is handed
        "daemon" => to != "commands",
        "commands" => true,
        // the rooms' settings; nobody but the overseers asks it anything
        "config" => to != "commands",
        "audit" => beside(to) || LEAVES.contains(&to) || ["boemis", "receipt"].contains(&to),
        _ if LEAVES.contains(&to) => true,
        _ => PATH.windows(2).any(|pair| pair[1] == from && pair[0] == to),
    }
}

#[test]
fn a_room_imports_the_one_before_it_and_the_leaves() {
    let rooms = rooms();
    let mut wrong = Vec::new();
    let mut needed = BTreeSet::new();
    for file in sources() {
        let Some(from) = file.room() else { continue };
        for to in file.imports() {
            if !rooms.contains(&to) || may_import(&from, &to) {
                continue;
            }
            match IMPORTS.iter().find(|(f, t, _)| (*f, *t) == (from.as_str(), to.as_str())) {
                Some(exception) => drop(needed.insert((exception.0, exception.1))),
                None => wrong.push(format!("{}: {from} must not import {to}", file.name)),
            }
        }
    }
    let stale: Vec<_> = IMPORTS.iter().filter(|(from, to, _)| !needed.contains(&(*from, *to))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(stale.is_empty(), "exceptions no longer needed: {stale:?}");
}

#[test]
fn every_room_is_one_that_the_table_knows() {
    let known: BTreeSet<_> = [PATH, LEAVES, BESIDE, OVERSEERS, &["config", "audit"]].concat().into_iter().collect();
    for room in rooms() {
        assert!(known.contains(room.as_str()), "src/{room} is in no row of the table");
    }
}

#[test]
fn the_judging_rooms_touch_no_clock_disk_or_network() {
    let forbidden = [
        "std::fs",
        "std::net",
        "std::time",
        "std::env",
        "std::process",
        "tokio::",
        "Timestamp::now",
        "rustix::",
        "sqlx::",
        "ureq::",
    ];
    let mut wrong = Vec::new();
    for file in sources() {
        if file.room().is_some_and(|room| JUDGES.contains(&room.as_str())) {
            let found = forbidden.iter().filter(|what| file.code.contains(**what));
            wrong.extend(found.map(|what| format!("{}: {what}", file.name)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn only_the_signature_room_takes_a_staged_document_apart() {
    let home = |name: &str| name.starts_with("src/signature/") || name == "src/staging/mod.rs";
    let wrong: Vec<_> = sources().into_iter().filter(|f| f.code.contains("into_octets") && !home(&f.name)).collect();
    assert!(wrong.is_empty(), "{:?}", wrong.iter().map(|file| &file.name).collect::<Vec<_>>());
}

#[test]
fn the_files_keep_the_style() {
    let mut broken: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for file in sources().into_iter().chain(files("tests")).chain(files("benches")).chain(files("fuzz")) {
        let mut breaks = |rule: &'static str, line: usize| {
            broken.entry((rule, file.name.clone())).or_insert(line);
        };
        if !file.text.starts_with("//!") {
            breaks("no promise at the top", 1);
        }
        let banned = ["util", "utils", "common", "helper", "helpers", "types", "prelude", "misc"];
        if Path::new(&file.name).components().any(|part| {
            let part = part.as_os_str().to_string_lossy();
            banned.contains(&part.trim_end_matches(".rs"))
        }) {
            breaks("a name that says nothing", 1);
        }
        for (number, line) in file.text.lines().enumerate() {
            if line.chars().count() > 120 {
                breaks("long line", number + 1);
            }
            if ["/home/", "/root/", "/work/", "/Users/"].iter().any(|path| line.contains(*path)) && !file.is_this() {
                breaks("a path of one machine", number + 1);
            }
            if line.ends_with([' ', '\t']) || line.contains('\t') || line.contains('\r') {
                breaks("stray white space", number + 1);
            }
        }
        for (number, line) in file.code.lines().enumerate() {
            if ["todo!(", "unimplemented!(", "dbg!("].iter().any(|what| line.contains(what)) {
                breaks("unfinished", number + 1);
            }
            if file.name.starts_with("src/")
                && ["println!(", "print!(", "eprintln!(", "eprint!("].iter().any(|what| line.contains(what))
            {
                breaks("panics on a broken stream", number + 1);
            }
            if has_word(line, "unsafe") && !UNSAFE.iter().any(|(name, _)| *name == file.name) {
                breaks("unsafe", number + 1);
            }
            if file.name.starts_with("src/") && (has_word(line, "f64") || has_word(line, "f32")) {
                breaks("floating point", number + 1);
            }
        }
    }
    let excepted = |rule: &str, name: &str| STYLE.iter().any(|(r, n, _)| (*r, *n) == (rule, name));
    let wrong: Vec<_> = broken.iter().filter(|((rule, name), _)| !excepted(rule, name)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let stale: Vec<_> =
        STYLE.iter().filter(|(r, n, _)| !broken.keys().any(|(rule, name)| rule == r && name == n)).collect();
    assert!(stale.is_empty(), "exceptions no longer needed: {stale:?}");
    for (name, why) in UNSAFE {
        let file = sources().into_iter().find(|file| file.name == *name);
        assert!(file.is_some_and(|file| has_word(&file.code, "unsafe")), "{name} ({why}) holds no unsafe any more");
    }
}

#[test]
fn there_is_one_crypto_stack() {
    let lock = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap();
    assert!(lock.contains("name = \"openssl\""));
    for other in ["rustls", "ring", "aws-lc-rs", "aws-lc-sys", "boring", "openssl-src"] {
        assert!(!lock.contains(&format!("name = \"{other}\"\n")), "{other} came into Cargo.lock beside OpenSSL");
    }
}

#[test]
fn every_crate_says_why_it_is_there() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let reasons = fs::read_to_string(top.join("docs/dependencies.md")).unwrap();
    let manifest: toml::Table = fs::read_to_string(top.join("Cargo.toml")).unwrap().parse().unwrap();
    for table in ["dependencies", "dev-dependencies"] {
        for name in manifest[table].as_table().unwrap().keys() {
            let row = |line: &str| line.starts_with('|') && line.contains(&format!("`{name}`"));
            assert!(reasons.lines().any(row), "docs/dependencies.md has no row for {name}");
        }
    }
}

/// A file under the law.
struct Source {
    /// Its name from the repository's top.
    name: String,
    /// As it stands.
    text: String,
    /// Without comments, literals and test modules; the lines stay where they are.
    code: String,
}

impl Source {
    /// The room that it belongs to; none for `main.rs` and `lib.rs`.
    fn room(&self) -> Option<String> {
        let below = self.name.strip_prefix("src/")?;
        match below.split_once('/') {
            Some((room, _)) => Some(room.to_owned()),
            None => Some(below.trim_end_matches(".rs").to_owned()).filter(|name| name != "main" && name != "lib"),
        }
    }

    /// The files that this one, a `mod.rs`, declares for tests alone.
    fn modules_for_tests(&self) -> Vec<String> {
        let Some(folder) = self.name.strip_suffix("mod.rs") else { return Vec::new() };
        let declared = |item: &str| {
            let item = item.trim_start().trim_start_matches("pub(crate) ").strip_prefix("mod ")?;
            Some(format!("{folder}{}.rs", &item[..item.find([';', ' '])?]))
        };
        self.text.split("#[cfg(test)]").skip(1).filter_map(declared).collect()
    }

    fn is_this(&self) -> bool {
        self.name == file!()
    }

    /// The rooms it names by `crate::`, `pencere::`, or by enough `super::` to leave its own.
    fn imports(&self) -> BTreeSet<String> {
        let below = self.name.trim_start_matches("src/").trim_end_matches(".rs");
        let depth = below.split('/').filter(|part| *part != "mod").count();
        let up = "super::".repeat(depth);
        let mut found = BTreeSet::new();
        for start in ["crate::", "pencere::", up.as_str()] {
            for (at, _) in self.code.match_indices(start) {
                let before = self.code[..at].chars().next_back();
                if before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':') {
                    found.extend(first_names(&self.code[at + start.len()..]));
                }
            }
        }
        found
    }
}

/// The first name of a path, or of each path in `{a::b, c}`.
fn first_names(rest: &str) -> Vec<String> {
    let name = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let Some(group) = rest.strip_prefix('{') else { return vec![name(rest)] };
    let (mut depth, mut fresh, mut names) = (0, true, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            c if fresh && !c.is_whitespace() => {
                names.push(name(&group[at..]));
                fresh = false;
            }
            _ => {}
        }
    }
    names
}

fn has_word(line: &str, word: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|part| part == word)
}

fn rooms() -> BTreeSet<String> {
    sources().iter().filter_map(Source::room).collect()
}

/// What the program is made of: `src` without the files that hold only tests, which are `tests.rs`,
/// what lies in `tests/`, and what its module file declares under `#[cfg(test)]`.
fn sources() -> Vec<Source> {
    let all = files("src");
    let for_tests: BTreeSet<String> = all.iter().flat_map(Source::modules_for_tests).collect();
    let is_test = |name: &str| name.ends_with("/tests.rs") || name.contains("/tests/") || for_tests.contains(name);
    let found: Vec<_> = all.into_iter().filter(|file| !is_test(&file.name)).collect();
    assert!(found.len() > 10, "src was not found");
    found
}

fn files(folder: &str) -> Vec<Source> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut open, mut found): (Vec<PathBuf>, Vec<PathBuf>) = (vec![top.join(folder)], Vec::new());
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => open.push(path),
                false => found.extend(path.extension().is_some_and(|ending| ending == "rs").then_some(path)),
            }
        }
    }
    found.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(top).unwrap().to_str().unwrap().to_owned();
        Source { name, code: without_tests(&without_prose(&text)), text }
    };
    found.into_iter().map(read).collect()
}

/// Blanks comments and the insides of literals.
fn without_prose(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let prose = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(hashes) = raw_string(&code, rest) {
            let open = rest.find('"').unwrap() + 1;
            let close = format!("\"{}", "#".repeat(hashes));
            rest[open..].find(&close).map_or(rest.len(), |end| open + end + close.len())
        } else if c == '"' {
            quoted(rest, '"')
        } else if c == '\'' && is_character(rest) {
            quoted(rest, '\'')
        } else {
            code.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        };
        code.extend(rest[..prose].chars().filter(|c| *c == '\n'));
        rest = &rest[prose..];
    }
    code
}

/// How many hashes a raw string that begins here has.
fn raw_string(before: &str, rest: &str) -> Option<usize> {
    let word = before.chars().next_back().is_some_and(|c| c.is_alphanumeric() && c != 'b' || c == '_');
    let inner = rest.strip_prefix('r').filter(|_| !word)?;
    let hashes = inner.bytes().take_while(|octet| *octet == b'#').count();
    inner[hashes..].starts_with('"').then_some(hashes)
}

/// Whether a quote begins a character and not a lifetime.
fn is_character(rest: &str) -> bool {
    let mut next = rest.chars().skip(1);
    next.next() == Some('\\') || next.next() == Some('\'')
}

/// Where the literal ends that begins here.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

/// Blanks what stands under `#[cfg(test)]`: a module with its body, or one item.
fn without_tests(code: &str) -> String {
    let mut kept = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(at) = rest.find("#[cfg(test)]") {
        kept.push_str(&rest[..at]);
        let item = &rest[at..];
        let (mut depth, mut end) = (0, item.len());
        for (place, c) in item.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 1 => {
                    end = place + 1;
                    break;
                }
                '}' => depth -= 1,
                ';' if depth == 0 => {
                    end = place + 1;
                    break;
                }
                _ => {}
            }
        }
        kept.extend(item[..end].chars().filter(|c| *c == '\n'));
        rest = &item[end..];
    }
    kept + rest
}

#[test]
fn the_reader_of_sources_sees_what_it_must() {
    let text = "use crate::{a::{b, c}, d};\nlet s = \"crate::e \\\" crate::f\"; // crate::g\nlet r = r#\"crate::h\"#;\n\
        fn f<'a>(c: char) -> bool { c == '\"' || crate::i::j() }\n\
        #[cfg(test)]\nmod tests {\n use crate::k; }\ncrate::l!();\n\
        use super::super::m; mycrate::n();";
    let code = without_tests(&without_prose(text));
    assert_eq!(code.lines().count(), text.lines().count());
    let file = Source { name: "src/room/file.rs".to_owned(), text: text.to_owned(), code };
    assert_eq!(file.imports().into_iter().collect::<Vec<_>>(), ["a", "d", "i", "l", "m"]);
    assert_eq!(file.room().as_deref(), Some("room"));
}

#[test]
fn the_table_is_the_one_we_mean() {
    for (from, to) in [("staging", "intake"), ("boemis", "schema"), ("seal", "forms"), ("config", "signature")] {
        assert!(may_import(from, to), "{from} {to}");
    }
    for (from, to) in [("boemis", "signature"), ("intake", "staging"), ("journal", "ledger"), ("forms", "signature")] {
        assert!(!may_import(from, to), "{from} {to}");
    }
    for room in PATH.iter().chain(LEAVES).chain(BESIDE) {
        for asked in ["config", "daemon", "commands", "audit"] {
            assert!(!may_import(room, asked), "{room} {asked}");
        }
    }
}
