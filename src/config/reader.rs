//! A taking reader over TOML: each setting is taken out of its table by name, mistakes are
//! gathered instead of ending the reading, and what is left over is an unknown key.
//!
//! Owns lines, keys and the sentences about types. Never knows what a setting means, and never
//! gives a default: an absent key is `None` for the caller to decide.

use super::mistake::Mistake;
use crate::document::letters::near;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Where a key or value stands.
#[derive(Clone, Debug)]
pub struct Spot {
    line: usize,
    key: String,
}

impl Spot {
    /// A mistake at this place of a file that was read before.
    pub fn mistake_in(&self, file: &Path, message: impl Into<String>) -> Mistake {
        Mistake { line: Some(self.line), key: self.key.clone(), ..Mistake::of_file(file, message) }
    }
}

/// A value and where it stands, so that it can be found wrong later.
#[derive(Clone, Debug)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub spot: Spot,
}

/// One TOML file under reading.
pub struct Source<'t> {
    file: PathBuf,
    text: &'t str,
    /// Offsets at which lines start.
    lines: Vec<usize>,
    mistakes: RefCell<Vec<Mistake>>,
    warnings: RefCell<Vec<Mistake>>,
    /// Lines whose syntax is broken: what was recovered from them is not judged again.
    broken: BTreeSet<usize>,
    /// Every key that was asked for, dotted; list and entry numbers left out.
    asked: RefCell<BTreeSet<String>>,
}

impl<'t> Source<'t> {
    /// Parses the text; a broken line is a mistake, and the rest is read all the same.
    pub fn parse(file: &Path, text: &'t str) -> (Self, DeTable<'t>) {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let mut source = Self {
            file: file.to_owned(),
            text,
            lines,
            mistakes: RefCell::default(),
            warnings: RefCell::default(),
            broken: BTreeSet::new(),
            asked: RefCell::default(),
        };
        let (table, errors) = DeTable::parse_recoverable(text);
        // the lines of a table that stands there twice are one mistake, its heading's
        let mut twice = 0..0;
        for error in errors {
            let line = source.line(error.span().map_or(0, |span| span.start));
            let is_new = source.broken.insert(line);
            if !is_new || twice.contains(&line) {
                continue;
            }
            let fault = error.message().trim_end_matches('.');
            let mut spot = Spot { line, key: String::new() };
            if fault == "duplicate key" {
                let (key, end) = source.heading(line);
                (spot.key, twice) = (key, line..end);
                source.put(&spot, "stands here a second time".to_owned());
            } else {
                source.put(&spot, format!("this is no TOML: {fault}"));
            }
        }
        (source, table.into_inner())
    }

    /// The top of the file as a table.
    pub fn top<'s>(&'s self, table: DeTable<'t>) -> Table<'s, 't> {
        self.table(String::new(), String::new(), 0..0, table)
    }

    /// Whether the text is no TOML somewhere: what stands there may be missing from the tables.
    pub fn is_broken(&self) -> bool {
        !self.broken.is_empty()
    }

    /// The key of a line as it is written, and behind which line its table ends; of a plain setting
    /// the very next.
    fn heading(&self, line: usize) -> (String, usize) {
        let is_heading = |text: &str| text.trim_start().starts_with('[');
        let mut lines = self.text.lines().skip(line.saturating_sub(1));
        let text = lines.next().unwrap_or_default();
        if !is_heading(text) {
            return (text.split('=').next().unwrap_or_default().trim().to_owned(), line + 1);
        }
        let key = text.split('#').next().unwrap_or_default().trim().trim_matches(['[', ']']).trim();
        (key.to_owned(), line + 1 + lines.take_while(|text| !is_heading(text)).count())
    }

    /// Notes a mistake.
    pub fn mistake(&self, spot: &Spot, message: impl Into<String>) {
        if !self.broken.contains(&spot.line) {
            self.put(spot, message.into());
        }
    }

    /// Notes what is odd but does not stop a window.
    pub fn warning(&self, spot: &Spot, message: impl Into<String>) {
        let mistake = self.as_mistake(spot, message.into());
        self.warnings.borrow_mut().push(mistake);
    }

    /// What was gathered: mistakes, warnings and the keys that were asked for.
    pub fn finish(self) -> (Vec<Mistake>, Vec<Mistake>, BTreeSet<String>) {
        let mut mistakes = self.mistakes.into_inner();
        mistakes.sort_by_key(|mistake| mistake.line);
        (mistakes, self.warnings.into_inner(), self.asked.into_inner())
    }

    fn put(&self, spot: &Spot, message: String) {
        let mistake = self.as_mistake(spot, message);
        self.mistakes.borrow_mut().push(mistake);
    }

    fn as_mistake(&self, spot: &Spot, message: String) -> Mistake {
        Mistake { file: self.file.clone(), line: Some(spot.line), key: spot.key.clone(), message }
    }

    fn line(&self, offset: usize) -> usize {
        self.lines.partition_point(|&start| start <= offset.min(self.text.len()))
    }

    fn table<'s>(&'s self, key: String, form: String, at: Range<usize>, entries: DeTable<'t>) -> Table<'s, 't> {
        let entries = entries
            .into_iter()
            .map(|(key, value)| Entry {
                line: self.line(key.span().start),
                name: key.into_inner().into_owned(),
                value: Some(value),
            })
            .collect();
        let spot = Spot { line: self.line(at.start), key };
        Table { source: self, spot, form, entries, known: Vec::new() }
    }
}

struct Entry<'t> {
    name: String,
    line: usize,
    /// None once taken.
    value: Option<Spanned<DeValue<'t>>>,
}

/// A table whose settings are taken out one by one. Ends with [`Table::finish`].
#[must_use = "a table that is not finished hides its unknown keys"]
pub struct Table<'s, 't> {
    source: &'s Source<'t>,
    spot: Spot,
    /// The dotted key without names and numbers of entries: `participants.persons`.
    form: String,
    entries: Vec<Entry<'t>>,
    known: Vec<&'static str>,
}

impl<'s, 't> Table<'s, 't> {
    /// Where the table stands.
    pub fn spot(&self) -> &Spot {
        &self.spot
    }

    /// Notes a mistake about the table as a whole.
    pub fn mistake(&self, message: impl Into<String>) {
        self.source.mistake(&self.spot, message);
    }

    /// The file this table is read from.
    pub fn source(&self) -> &'s Source<'t> {
        self.source
    }

    /// Notes each of these keys that is absent. Ask before taking.
    pub fn need(&self, keys: &[&str]) {
        for key in keys {
            // in a broken file the key may stand on the broken line
            if self.source.broken.is_empty() && !self.has(key) {
                let spot = Spot { line: self.spot.line, key: join(&self.spot.key, key) };
                self.source.mistake(&spot, "is missing here");
            }
        }
    }

    /// Whether the key stands here, taken or not.
    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.name == key)
    }

    /// A string.
    pub fn string(&mut self, key: &'static str) -> Option<At<String>> {
        self.taken(key, "a string in quotation marks", |value| match value {
            DeValue::String(text) => Ok(text.into_owned()),
            _ => Err(String::new()),
        })
    }

    /// A string that is parsed; `Err`'s text says what is wanted.
    pub fn parsed<T: FromStr>(&mut self, key: &'static str) -> Option<At<T>>
    where
        T::Err: std::fmt::Display,
    {
        let text = self.string(key)?;
        match text.value.parse() {
            Ok(value) => Some(At { value, spot: text.spot }),
            Err(fault) => {
                self.source.mistake(&text.spot, format!("{:?} does not fit: {fault}", text.value));
                None
            }
        }
    }

    /// One of a few words.
    pub fn word<T: Copy>(&mut self, key: &'static str, words: &[(&'static str, T)]) -> Option<At<T>> {
        let text = self.string(key)?;
        let found = words.iter().find(|(word, _)| *word == text.value).map(|&(_, value)| value);
        if found.is_none() {
            let known = words.iter().map(|&(word, _)| word);
            self.source.mistake(
                &text.spot,
                format!(
                    "{:?} is not known here: it is {}{}",
                    text.value,
                    listed(known.clone()),
                    meant(&text.value, known)
                ),
            );
        }
        found.map(|value| At { value, spot: text.spot })
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, key: &'static str) -> Option<At<bool>> {
        self.taken(key, "true or false, without quotation marks", |value| match value {
            DeValue::Boolean(value) => Ok(value),
            _ => Err(String::new()),
        })
    }

    /// A whole number within bounds.
    pub fn integer(&mut self, key: &'static str, bounds: RangeInclusive<u64>) -> Option<At<u64>> {
        let wanted = format!("a whole number from {} to {}", bounds.start(), bounds.end());
        self.taken(key, &wanted, |value| match value {
            DeValue::Integer(number) => match u64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) if bounds.contains(&number) => Ok(number),
                _ => Err(format!("{} is out of bounds", number.as_str())),
            },
            _ => Err(String::new()),
        })
    }

    /// A duration with its unit, `"200ms"`, within bounds.
    pub fn duration(&mut self, key: &'static str, bounds: RangeInclusive<Duration>) -> Option<At<Duration>> {
        let wanted = format!(
            "a duration in quotation marks with its unit (ms, s, m, h or d), from {:?} to {:?}",
            bounds.start(),
            bounds.end()
        );
        self.taken(key, &wanted, |value| match value {
            DeValue::String(text) => match duration(&text) {
                Some(duration) if bounds.contains(&duration) => Ok(duration),
                Some(_) => Err(format!("{text:?} is out of bounds")),
                None => Err(format!("{text:?} is no duration")),
            },
            DeValue::Integer(number) => {
                let number = number.as_str();
                Err(format!("{number} has no unit; perhaps \"{number}s\" or \"{number}ms\" is meant"))
            }
            _ => Err(String::new()),
        })
    }

    /// A size in octets with its unit, `"64MiB"`, within bounds.
    pub fn size(&mut self, key: &'static str, bounds: RangeInclusive<u64>) -> Option<At<u64>> {
        let wanted = format!(
            "a size in quotation marks with its unit (B, KiB, MiB or GiB), from {} to {} octets",
            bounds.start(),
            bounds.end()
        );
        self.taken(key, &wanted, |value| match value {
            DeValue::String(text) => match size(&text) {
                Some(size) if bounds.contains(&size) => Ok(size),
                Some(_) => Err(format!("{text:?} is out of bounds")),
                None => Err(format!("{text:?} is no size")),
            },
            DeValue::Integer(number) => {
                let number = number.as_str();
                Err(format!("{number} has no unit; perhaps \"{number}B\" or \"{number}MiB\" is meant"))
            }
            _ => Err(String::new()),
        })
    }

    /// A day, `"2026-09-30"`; TOML's own date is taken too.
    pub fn day(&mut self, key: &'static str) -> Option<At<jiff::civil::Date>> {
        self.taken(key, "a day as \"2026-09-30\"", |value| {
            let text = match value {
                DeValue::String(text) => text.into_owned(),
                DeValue::Datetime(date) => date.to_string(),
                _ => return Err(String::new()),
            };
            let plain = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
            match text.parse() {
                Ok(day) if plain => Ok(day),
                _ => Err(format!("{text:?} is no day")),
            }
        })
    }

    /// A list of strings.
    pub fn strings(&mut self, key: &'static str) -> Option<Vec<At<String>>> {
        let (spot, value) = self.take(key)?;
        match value.into_inner() {
            DeValue::Array(items) => Some(self.texts(&spot, items)),
            other => self.wrong_type(&spot, &other, "a list of strings in square brackets"),
        }
    }

    /// One string, or a list of them.
    pub fn one_or_more(&mut self, key: &'static str) -> Option<Vec<At<String>>> {
        let (spot, value) = self.take(key)?;
        match value.into_inner() {
            DeValue::String(text) => Some(vec![At { value: text.into_owned(), spot }]),
            DeValue::Array(items) => Some(self.texts(&spot, items)),
            other => self.wrong_type(&spot, &other, "a string, or a list of strings in square brackets"),
        }
    }

    /// A table below this one.
    pub fn table(&mut self, key: &'static str) -> Option<Table<'s, 't>> {
        let (spot, value) = self.take(key)?;
        let at = value.span();
        match value.into_inner() {
            DeValue::Table(table) => {
                let form = join(&self.form, key);
                let mut table = self.source.table(spot.key, form, at, table);
                table.spot.line = spot.line;
                Some(table)
            }
            other => self.wrong_type(&spot, &other, &format!("a table, [{}]", spot.key)),
        }
    }

    /// A list of tables, `[[persons]]`; empty when absent.
    pub fn tables(&mut self, key: &'static str) -> Vec<Table<'s, 't>> {
        let Some((spot, value)) = self.take(key) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            let wanted = format!("a list of tables, [[{}]]", spot.key);
            return self.wrong_type(&spot, value.get_ref(), &wanted).unwrap_or_default();
        };
        let form = join(&self.form, key);
        let mut tables = Vec::new();
        for (number, item) in items.clone().into_iter().enumerate() {
            let at = item.span();
            let key = format!("{}[{}]", spot.key, number + 1);
            match item.into_inner() {
                DeValue::Table(table) => tables.push(self.source.table(key, form.clone(), at, table)),
                other => {
                    let spot = Spot { line: self.source.line(at.start), key };
                    self.wrong_type::<()>(&spot, &other, "a table");
                }
            }
        }
        tables
    }

    /// All that stands here as tables by name, `[stations.GUN-0001]`: nothing is left over.
    pub fn entries(self) -> Vec<(At<String>, Table<'s, 't>)> {
        let mut entries = Vec::new();
        for entry in self.entries {
            let Some(value) = entry.value else { continue };
            let spot = Spot { line: entry.line, key: join(&self.spot.key, &entry.name) };
            let at = value.span();
            match value.into_inner() {
                DeValue::Table(table) => {
                    let mut table = self.source.table(spot.key.clone(), self.form.clone(), at, table);
                    table.spot.line = spot.line;
                    entries.push((At { value: entry.name, spot }, table));
                }
                other => {
                    let wanted = format!("a table, [{}]", spot.key);
                    self.source.mistake(&spot, wrong(&other, &wanted));
                }
            }
        }
        entries
    }

    /// Notes what was never asked for: an unknown key is a mistake, never ignored.
    pub fn finish(self) {
        for entry in self.entries.iter().filter(|entry| entry.value.is_some()) {
            let spot = Spot { line: entry.line, key: join(&self.spot.key, &entry.name) };
            let known = self.known.iter().copied();
            self.source.mistake(&spot, format!("is not a key that is known here{}", meant(&entry.name, known)));
        }
    }

    fn take(&mut self, key: &'static str) -> Option<(Spot, Spanned<DeValue<'t>>)> {
        self.known.push(key);
        self.source.asked.borrow_mut().insert(join(&self.form, key));
        let entry = self.entries.iter_mut().find(|entry| entry.name == key)?;
        let value = entry.value.take()?;
        Some((Spot { line: entry.line, key: join(&self.spot.key, key) }, value))
    }

    /// Takes a plain value. `read` answers with what is wrong, empty for another type.
    fn taken<T>(
        &mut self,
        key: &'static str,
        wanted: &str,
        read: impl FnOnce(DeValue<'t>) -> Result<T, String>,
    ) -> Option<At<T>> {
        let (spot, value) = self.take(key)?;
        let value = value.into_inner();
        let type_wrong = wrong(&value, wanted);
        match read(value) {
            Ok(value) => Some(At { value, spot }),
            Err(fault) if fault.is_empty() => {
                self.source.mistake(&spot, type_wrong);
                None
            }
            Err(fault) => {
                self.source.mistake(&spot, format!("{fault}; wanted is {wanted}"));
                None
            }
        }
    }

    fn texts(&self, list: &Spot, items: toml::de::DeArray<'t>) -> Vec<At<String>> {
        let mut texts = Vec::new();
        for item in items {
            let spot = Spot { line: self.source.line(item.span().start), key: list.key.clone() };
            match item.into_inner() {
                DeValue::String(text) => texts.push(At { value: text.into_owned(), spot }),
                other => self.source.mistake(&spot, wrong(&other, "a string in quotation marks")),
            }
        }
        texts
    }

    fn wrong_type<T>(&self, spot: &Spot, value: &DeValue<'_>, wanted: &str) -> Option<T> {
        self.source.mistake(spot, wrong(value, wanted));
        None
    }
}

impl<T> At<T> {
    /// The value in another form, at the same place.
    pub fn map<U>(self, with: impl FnOnce(T) -> U) -> At<U> {
        At { value: with(self.value), spot: self.spot }
    }
}

fn wrong(value: &DeValue<'_>, wanted: &str) -> String {
    let article = if matches!(value, DeValue::Integer(_) | DeValue::Array(_)) { "an" } else { "a" };
    format!("is {article} {}; wanted is {wanted}", value.type_str())
}

fn join(prefix: &str, key: &str) -> String {
    match prefix.is_empty() {
        true => key.to_owned(),
        false => format!("{prefix}.{key}"),
    }
}

fn listed<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.map(|word| format!("{word:?}")).collect::<Vec<_>>().join(" or ")
}

/// `; perhaps "settle" is meant`, when a known word is near.
pub fn meant<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    near(word, known).first().map(|other| format!("; perhaps {other:?} is meant")).unwrap_or_default()
}

/// Digits and a unit right behind them.
fn with_unit(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    Some((number.parse().ok()?, unit))
}

pub(super) fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = with_unit(text)?;
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    Some(Duration::from_millis(number.checked_mul(milliseconds)?))
}

fn size(text: &str) -> Option<u64> {
    let (number, unit) = with_unit(text)?;
    let octets = match unit {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(text: &str, read: impl FnOnce(&mut Table<'_, '_>)) -> Vec<String> {
        let (source, table) = Source::parse(Path::new("w.toml"), text);
        let mut top = source.top(table);
        read(&mut top);
        top.finish();
        source.finish().0.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_mistake_is_told_with_its_line_and_key() {
        let text = "[intake]\nsettle = 200\nresca = \"10s\"\npair_wait = \"1 minute\"\nwide = 7\n\n[more]\n";
        let found = mistakes(text, |top| {
            let mut intake = top.table("intake").unwrap();
            let any = Duration::ZERO..=Duration::from_secs(60);
            intake.need(&["settle", "size_max"]);
            assert!(intake.duration("settle", any.clone()).is_none());
            assert!(intake.duration("rescan", any.clone()).is_none());
            assert!(intake.duration("pair_wait", any).is_none());
            assert!(intake.boolean("wide").is_none());
            intake.finish();
        });
        assert_eq!(found.len(), 6, "{found:#?}");
        let starts = |number: usize, start: &str| assert!(found[number].starts_with(start), "{found:#?}");
        starts(0, "w.toml:1: intake.size_max: is missing");
        starts(1, "w.toml:2: intake.settle: 200 has no unit; perhaps \"200s\" or \"200ms\"");
        starts(2, "w.toml:3: intake.resca: is not a key that is known here; perhaps \"rescan\" is meant");
        starts(3, "w.toml:4: intake.pair_wait: \"1 minute\" is no duration");
        starts(4, "w.toml:5: intake.wide: is an integer; wanted is true or false");
        starts(5, "w.toml:7: more: is not a key");
    }

    #[test]
    fn a_broken_line_does_not_hide_the_other_mistakes() {
        let found = mistakes("a = \nb = 1\nc = true\n", |top| {
            top.need(&["a", "d"]);
            assert!(top.string("a").is_none_or(|a| a.value.is_empty()));
            assert!(top.string("b").is_none());
            assert!(top.boolean("c").is_some());
        });
        assert_eq!(found.len(), 2, "{found:#?}");
        assert!(
            found[0].starts_with("w.toml:1: this is no TOML") && found[1].starts_with("w.toml:2: b: is an integer")
        );
    }

    #[test]
    fn durations_and_sizes_carry_their_unit() {
        assert_eq!(duration("200ms"), Some(Duration::from_millis(200)));
        assert_eq!(duration("5m"), Some(Duration::from_secs(300)));
        assert_eq!(size("64MiB"), Some(64 << 20));
        for bad in ["", "10", "s", "-1s", "1 s", "1.5s", "99999999999999999999s", "18446744073709551615h", "٣s"] {
            assert_eq!(duration(bad), None, "{bad:?}");
        }
        assert_eq!(size("1MB"), None);
    }

    #[test]
    fn lists_of_tables_and_tables_by_name_know_their_lines() {
        let text = "[people.a]\nx = \"1\"\n[[people.a.cards]]\nn = 1\n[[people.a.cards]]\nm = 2\n";
        let found = mistakes(text, |top| {
            for (name, mut person) in top.table("people").unwrap().entries() {
                assert_eq!(name.value, "a");
                assert_eq!(person.string("x").unwrap().value, "1");
                for mut card in person.tables("cards") {
                    card.need(&["n"]);
                    card.integer("n", 0..=5);
                    card.finish();
                }
                person.finish();
            }
        });
        assert_eq!(found.len(), 2, "{found:#?}");
        assert!(found[0].starts_with("w.toml:5: people.a.cards[2].n: is missing"), "{found:#?}");
        assert!(found[1].starts_with("w.toml:6: people.a.cards[2].m: is not a key"), "{found:#?}");
    }
}
