//! Reads a cryptographic policy (R decree 4.1): names, days and sizes, each mistake with its place. Knows the form
//! of `config/policy.toml` and what no policy may say; never judges a signature.

use super::files::{Gathered, Part};
use super::reader::{At, Source, Table};
use crate::signature::{CURVES, DIGESTS, RSA_BITS_MIN, SCHEMES, Suite, Term};
use jiff::civil::Date;
use std::path::Path;
use std::sync::Arc;

/// The policy of this file; none when it cannot be understood.
pub(super) fn read(gathered: &mut Gathered, path: &Path) -> Option<Arc<Suite>> {
    gathered.toml(path, Part::Trust, |_, source, top| suite(source, top)).flatten().map(Arc::new)
}

fn suite(source: &Source<'_>, mut top: Table<'_, '_>) -> Option<Suite> {
    top.need(&["name", "version", "digests", "signatures", "rsa", "curves"]);
    let name = line(source, top.string("name"));
    let version = line(source, top.string("version"));
    let digests = named(&mut top, "digests", &DIGESTS);
    for (digest, until) in &digests {
        if digest.value.is_broken() && !is_old(until.as_ref()) {
            source.mistake(&digest.spot, format!("{} is broken: {FOR_OLD_FILES}", digest.value));
        }
    }
    let schemes = named(&mut top, "signatures", &SCHEMES);
    let rsa = sizes(&mut top);
    let curves = named(&mut top, "curves", &CURVES);
    top.finish();
    Some(Suite {
        name: name?,
        version: version?,
        digests: terms(digests),
        schemes: terms(schemes),
        rsa: terms(rsa),
        curves: terms(curves),
    })
}

const FOR_OLD_FILES: &str =
    "for old files alone it may be named, with the day of its end as `until`, which is no later than 2020-01-01";

/// Whether what is broken is named for old files: by then everybody knew, whose policy it is or not.
fn is_old(until: Option<&At<Date>>) -> bool {
    until.is_some_and(|until| until.value <= jiff::civil::date(2020, 1, 1))
}

type Row<T> = (At<T>, Option<At<Date>>);

fn terms<T>(rows: Vec<Row<T>>) -> Vec<Term<T>> {
    let term = |(what, until): Row<T>| Term { what: what.value, until: until.map(|until| until.value) };
    rows.into_iter().map(term).collect()
}

/// `{ name = "SHA-256", until = "2029-01-01" }`, each name once.
fn named<T: Copy + PartialEq>(top: &mut Table<'_, '_>, key: &'static str, known: &[(&'static str, T)]) -> Vec<Row<T>> {
    rows(top, key, "name", |table| table.word("name", known))
}

/// `{ bits = 2048, until = "2029-01-01" }`, each size once. 1024 bits are what old cards have; 16384
/// are the most that OpenSSL checks a signature with.
fn sizes(top: &mut Table<'_, '_>) -> Vec<Row<u32>> {
    let rows = rows(top, "rsa", "bits", |table| {
        let bits = table.integer("bits", 1024..=16_384)?;
        Some(At { value: u32::try_from(bits.value).ok()?, spot: bits.spot })
    });
    for (bits, until) in &rows {
        if bits.value < RSA_BITS_MIN && !is_old(until.as_ref()) {
            let short = format!("{} bits are fewer than {RSA_BITS_MIN}: {FOR_OLD_FILES}", bits.value);
            top.source().mistake(&bits.spot, short);
        }
    }
    rows
}

fn rows<'s, 't, T: PartialEq>(
    top: &mut Table<'s, 't>,
    key: &'static str,
    what: &'static str,
    read: impl Fn(&mut Table<'s, 't>) -> Option<At<T>>,
) -> Vec<Row<T>> {
    let mut rows: Vec<Row<T>> = Vec::new();
    let tables = top.tables(key);
    if tables.is_empty() && top.has(key) && ["digests", "signatures"].contains(&key) {
        top.mistake(format!("{key} names nothing, so no signature could ever pass"));
    }
    for mut table in tables {
        table.need(&[what]);
        let (found, until) = (read(&mut table), table.day("until"));
        let is_dated = until.is_some() || !table.has("until");
        table.finish();
        let Some(found) = found else { continue };
        if rows.iter().any(|(known, _)| known.value == found.value) {
            top.source().mistake(&found.spot, "stands here a second time");
        } else if is_dated {
            rows.push((found, until)); // one whose day is wrong is told once
        }
    }
    rows
}

fn line(source: &Source<'_>, text: Option<At<String>>) -> Option<String> {
    let text = text?;
    if text.value.trim().is_empty() || text.value.chars().any(char::is_control) {
        source.mistake(&text.spot, "names the policy in answers: give it a text on one line");
    }
    Some(text.value)
}
