//! Reads the dataset descriptions: `<datasets>/<name>/dataset.toml`, one folder a dataset; the
//! folder's name is the dataset's. Never validates a record.

use super::files::{Gathered, Part};
use super::mistake::Mistake;
use super::reader::{At, Source, Spot, Table};
use super::rules::{self, Reference};
use crate::document::{DatasetName, ParticipantName};
use crate::host::sandbox;
use crate::schema::{
    Approval, Approver, Class, Column, ColumnKind, Dataset, Datasets, EPSG, Pattern, PeriodKinds, Shapes, TEXT_MAX,
    Text, TextForm, TotalRule, YearRule,
};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Whom a description names, and where.
pub(super) struct Competence {
    path: PathBuf,
    bodies: Vec<At<ParticipantName>>,
}

/// A dataset falls to bodies of the registry: to none at all, or to one whose name was mistyped, is odd. The registry
/// decides, and a window need not know every body that there is.
pub(super) fn fall_to_somebody(gathered: &mut Gathered, named: &[Competence], registered: &BTreeSet<String>) {
    for Competence { path, bodies } in named {
        let is_known = |body: &At<ParticipantName>| registered.contains(body.value.as_str());
        let is_nobodys = !bodies.iter().any(is_known);
        for body in bodies.iter().filter(|body| !is_known(body)) {
            let meant = super::reader::meant(body.value.as_str(), registered.iter().map(String::as_str));
            if is_nobodys || !meant.is_empty() {
                let message = format!("\"{}\" is no participant of the registry{meant}", body.value);
                gathered.warnings.push(body.spot.mistake_in(path, message));
            }
        }
    }
}

/// All descriptions, as far as they can be read, and whom they name.
pub(super) fn read(gathered: &mut Gathered, folder: &Path) -> (Datasets, Vec<Competence>) {
    let (mut datasets, mut named) = (Datasets::default(), Vec::new());
    let mut described = BTreeSet::new();
    let mut references: Vec<(PathBuf, DatasetName, Reference)> = Vec::new();
    let folders = match gathered.shelf.folders(folder) {
        Ok(folders) => folders,
        Err(error) => {
            let advice = sandbox::advice(&error);
            gathered.mistakes.push(Mistake::of_file(folder, format!("cannot be listed: {error}{advice}")));
            Vec::new()
        }
    };
    for folder in folders {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match name.parse::<DatasetName>() {
            Ok(name) => {
                described.insert(name.clone());
                let path = folder.join("dataset.toml");
                let read = gathered.toml(&path, Part::Datasets, |_, source, top| dataset(source, name, top));
                if let Some((dataset, names, bodies)) = read.flatten() {
                    named.push(Competence { path: path.clone(), bodies });
                    references.extend(names.into_iter().map(|to| (path.clone(), dataset.name.clone(), to)));
                    datasets.by_name.insert(dataset.name.clone(), dataset);
                }
            }
            Err(_) if name.starts_with('.') => {}
            Err(form) => gathered.mistakes.push(Mistake::of_file(&folder, form)),
        }
    }
    for (path, name, reference) in references {
        let of = datasets.by_name.get(&name);
        if described.contains(&reference.dataset.value) && !datasets.by_name.contains_key(&reference.dataset.value) {
            continue; // its own mistakes are told
        }
        let fault = of.and_then(|of| reference.fault(of, datasets.by_name.get(&reference.dataset.value)));
        gathered.mistakes.extend(fault.map(|(spot, message)| spot.mistake_in(&path, message)));
    }
    (datasets, named)
}

type Read = (Dataset, Vec<Reference>, Vec<At<ParticipantName>>);

fn dataset(source: &Source<'_>, name: DatasetName, mut top: Table<'_, '_>) -> Option<Read> {
    top.need(&["title", "clause", "class", "periods", "total", "columns"]);
    let title = titles(&mut top);
    let clause = top.string("clause");
    let class = top.word("class", &[("open", Class::Open), ("restricted", Class::Restricted)]);
    let periods = [
        ("quarter-and-year", PeriodKinds::QuarterAndYear),
        ("month-and-year", PeriodKinds::MonthAndYear),
        ("none", PeriodKinds::None),
    ];
    let periods = top.word("periods", &periods);
    let totals = [("optional", TotalRule::Optional), ("required", TotalRule::Required), ("none", TotalRule::None)];
    let total = top.word("total", &totals);
    if periods.as_ref().is_some_and(|periods| periods.value != PeriodKinds::None) {
        top.need(&["year"]);
    }
    let year = top.word("year", &[("sum", YearRule::Sum), ("last", YearRule::Last)]);
    let competence = competence(source, &mut top);
    let approval = approval(source, &mut top);
    let tables = top.tables("columns");
    let wanted = tables.len();
    let columns: Vec<(Column, Spot)> = tables
        .into_iter()
        .filter_map(|table| {
            let spot = table.spot().clone();
            Some((column(source, table)?, spot))
        })
        .collect();
    let mut once = true;
    for (number, (column, spot)) in columns.iter().enumerate() {
        let mut before = columns.iter().take(number);
        if before.any(|(other, _)| other.name == column.name || other.element == column.element) {
            let message = format!("the column {} or its element {} stands twice", column.name, column.element);
            source.mistake(spot, message);
            once = false;
        }
    }
    // of columns that are broken, or stand twice, nobody knows what else they are
    let whole = once && columns.len() == wanted;
    if let (true, Some(total)) = (whole, &total) {
        keys(source, &columns, total);
        shapes(source, &columns, total);
    }
    let tables = top.tables("rules");
    let (checks, references) = match &periods {
        Some(periods) if whole => rules::read(source, &columns, periods.value, tables),
        _ => rules::skip(tables),
    };
    top.finish();
    let (title_az, title_en) = title?;
    let dataset = Dataset {
        name,
        title_az,
        title_en,
        clause: clause?.value,
        class: class?.value,
        competence: competence.iter().map(|body| body.value.clone()).collect(),
        approval,
        periods: periods?.value,
        total: total?.value,
        year: year.map_or(YearRule::Sum, |year| year.value),
        columns: columns.into_iter().map(|(column, _)| column).collect(),
        rules: checks,
    };
    Some((dataset, references, competence))
}

/// To whom the dataset falls by default.
fn competence(source: &Source<'_>, top: &mut Table<'_, '_>) -> Vec<At<ParticipantName>> {
    let named = top.strings("competence").unwrap_or_default().into_iter();
    let parsed = |name: At<String>| match name.value.parse() {
        Ok(value) => Some(At { value, spot: name.spot }),
        Err(form) => {
            source.mistake(&name.spot, format!("{:?} does not fit: {form}", name.value));
            None
        }
    };
    named.filter_map(parsed).collect()
}

/// Who approves what is filed: `by` names bodies, or the owner by that word.
fn approval(source: &Source<'_>, top: &mut Table<'_, '_>) -> Option<Approval> {
    let mut table = top.table("approval")?;
    table.need(&["by", "checking"]);
    let bodies = table.strings("by").unwrap_or_default();
    if bodies.is_empty() && table.has("by") {
        table.mistake("`by` names nobody: what is filed would wait for ever".to_owned());
    }
    let body = |body: At<String>| match body.value.as_str() {
        "owner" => Some(Approver::Owner),
        name => match name.parse() {
            Ok(name) => Some(Approver::Body(name)),
            Err(form) => {
                source.mistake(&body.spot, format!("{name:?} does not fit: {form}"));
                None
            }
        },
    };
    let by = bodies.into_iter().filter_map(body).collect();
    let checking = table.boolean("checking");
    table.finish();
    Some(Approval { by, checking: checking?.value })
}

/// What a record is of is said by one column at most, and the row of a total says `TOTAL` there and nothing in words
/// elsewhere.
fn keys(source: &Source<'_>, columns: &[(Column, Spot)], total: &At<TotalRule>) {
    let mut keys = columns.iter().filter(|(column, _)| column.is_key());
    let key = keys.next();
    for (column, spot) in keys {
        source.mistake(spot, format!("{} is a second key; a record is of one thing", column.name));
    }
    if total.value == TotalRule::None {
        return;
    }
    if let Some((Column { kind: ColumnKind::Text(Text { form, .. }), name, .. }, spot)) = key {
        let takes = match form {
            TextForm::Codes(codes) => codes.iter().any(|code| code == "TOTAL"),
            TextForm::Pattern(pattern, longest) => *longest >= 5 && pattern.fits("TOTAL"),
        };
        if takes {
            source.mistake(spot, format!("{name} takes the word TOTAL, which in CSV marks the total"));
        }
    }
    if total.value == TotalRule::Required && key.is_none() {
        source.mistake(&total.spot, "needs a column that is a station or a key: in CSV it marks the row of the total");
    }
    let words = columns.iter().filter(|(column, _)| !column.is_key() && !column.is_decimal() && column.required);
    for (column, spot) in words {
        let message =
            format!("{} is a required word, which a total does not have; `total` is \"none\" then", column.name);
        source.mistake(spot, message);
    }
}

/// A record has one shape at most, which no total has, and the names of the columns that it is in CSV and in BOEMİS are
/// nobody else's.
fn shapes(source: &Source<'_>, columns: &[(Column, Spot)], total: &At<TotalRule>) {
    let mut drawn = columns.iter().filter(|(column, _)| matches!(column.kind, ColumnKind::Geometry(_)));
    let Some((shape, spot)) = drawn.next() else { return };
    for (column, spot) in drawn {
        source.mistake(spot, format!("{} is a second shape; a record has one", column.name));
    }
    if total.value != TotalRule::None {
        source
            .mistake(spot, format!("{} is a shape, which a total does not have; `total` is \"none\" then", shape.name));
    }
    let sent = format!("{}_sent", shape.name);
    let others = columns.iter().filter(|(column, _)| column.name != shape.name);
    for (column, spot) in others.filter(|(column, _)| column.name == EPSG || column.name == sent) {
        source.mistake(spot, format!("{} belongs to the shape in {}", column.name, shape.name));
    }
    if shape.name == EPSG {
        source.mistake(spot, format!("{EPSG} is the name of the coordinate system beside a shape"));
    }
}

/// What a column holds, before its form is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Station,
    Decimal,
    Text,
    Geometry,
}

fn column(source: &Source<'_>, mut table: Table<'_, '_>) -> Option<Column> {
    table.need(&["name", "element", "kind", "required", "title"]);
    let name = table.string("name").filter(|name| named(source, name, "a column", false));
    let element = table.string("element").filter(|name| named(source, name, "an element", true));
    let kinds =
        [("station", Kind::Station), ("decimal", Kind::Decimal), ("text", Kind::Text), ("geometry", Kind::Geometry)];
    let kind = table.word("kind", &kinds);
    let read = kind.as_ref().map(|kind| kind.value);
    let places = table.integer("places", 0..=9);
    let key = table.boolean("key");
    let codes = table.strings("codes");
    let pattern = table.parsed::<Pattern>("pattern");
    let longest = table.integer("longest", 1..=TEXT_MAX as u64);
    let shapes = table.word("shapes", &Shapes::WORDS);
    match read {
        Some(Kind::Decimal) => table.need(&["places"]),
        Some(Kind::Geometry) => table.need(&["shapes"]),
        Some(Kind::Text) if !table.has("codes") => table.need(&["pattern", "longest"]),
        _ => {}
    }
    let unit = table.string("unit");
    let required = table.boolean("required");
    let title = titles(&mut table);
    let others: &[&str] = match read {
        Some(Kind::Station) => &["places", "key", "codes", "pattern", "longest", "shapes"],
        Some(Kind::Decimal) => &["key", "codes", "pattern", "longest", "shapes"],
        Some(Kind::Text) if table.has("codes") => &["places", "pattern", "longest", "shapes"],
        Some(Kind::Text) => &["places", "shapes"],
        Some(Kind::Geometry) => &["places", "key", "codes", "pattern", "longest", "unit"],
        None => &[],
    };
    for other in others.iter().filter(|other| table.has(other)) {
        table.mistake(format!("`{other}` does not belong to a column of this kind"));
    }
    table.finish();
    let kind = match read? {
        Kind::Station => ColumnKind::Station,
        Kind::Decimal => ColumnKind::Decimal { places: places?.value as u8 },
        Kind::Geometry => ColumnKind::Geometry(shapes?.value),
        Kind::Text => {
            let form = match codes {
                Some(codes) => TextForm::Codes(words(source, codes)?),
                None => TextForm::Pattern(pattern?.value, longest?.value as usize),
            };
            ColumnKind::Text(Text { form, key: key.is_some_and(|key| key.value) })
        }
    };
    let (title_az, title_en) = title?;
    Some(Column {
        name: name?.value,
        element: element?.value,
        kind,
        unit: unit.map(|unit| unit.value),
        required: required?.value,
        title_az,
        title_en,
    })
}

/// Whether a name can stand in SQL, or in XML.
fn named(source: &Source<'_>, name: &At<String>, what: &str, capital: bool) -> bool {
    let frame = ["dataset", "period", "revision", "sender", "to", "replaces", "reason", "note", "about"];
    let first = |c: char| if capital { c.is_ascii_uppercase() } else { c.is_ascii_lowercase() };
    let rest = |c: char| {
        c.is_ascii_digit() || if capital { c.is_ascii_alphabetic() } else { c.is_ascii_lowercase() || c == '_' }
    };
    let fits = name.value.len() <= 63
        && name.value.starts_with(first)
        && name.value.chars().all(rest)
        && !frame.contains(&name.value.as_str());
    if !fits {
        let form = if capital { "letters and digits, as EnergyMWh" } else { "a-z, 0-9 and _, as energy_mwh" };
        let message = format!(
            "{:?} is no name of {what}: {form}; dataset, period, revision, sender, to, \
             replaces, reason, note and about are taken",
            name.value
        );
        source.mistake(&name.spot, message);
    }
    fits
}

/// The words that a column may hold.
fn words(source: &Source<'_>, codes: Vec<At<String>>) -> Option<Vec<String>> {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let wrong: Vec<&At<String>> = codes
        .iter()
        .filter(|code| code.value.is_empty() || code.value.len() > TEXT_MAX || !code.value.chars().all(plain))
        .collect();
    for code in &wrong {
        source.mistake(&code.spot, format!("{:?} is no word: letters, digits, - _ . and /", code.value));
    }
    (wrong.is_empty() && !codes.is_empty()).then(|| codes.into_iter().map(|code| code.value).collect())
}

/// `title.az` and `title.en`.
fn titles(table: &mut Table<'_, '_>) -> Option<(String, String)> {
    let mut title = table.table("title")?;
    title.need(&["az", "en"]);
    let (az, en) = (title.string("az"), title.string("en"));
    title.finish();
    Some((az?.value, en?.value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::publish;

    /// The link between a description and what is published beside it.
    #[test]
    fn shipped_descriptions_are_read_and_give_what_lies_beside_them() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/datasets");
        let mut gathered = Gathered::default();
        let (datasets, _) = read(&mut gathered, &folder);
        assert!(gathered.mistakes.is_empty(), "{:?}", gathered.mistakes);
        let names: Vec<_> = datasets.by_name.keys().map(|name| name.as_str()).collect();
        assert_eq!(names, ["cadastre", "capacity", "carbon-revenue", "gas-savings", "generation", "grid"]);
        for (name, dataset) in &datasets.by_name {
            for (file, text) in publish::files(dataset) {
                let path = folder.join(name.as_str()).join(file);
                if std::env::var_os("PENCERE_REWRITE").is_some() {
                    std::fs::write(&path, &text).unwrap();
                }
                let committed = std::fs::read_to_string(&path).unwrap();
                assert_eq!(committed, text, "{} — PENCERE_REWRITE=1 writes it", path.display());
            }
        }
    }
}
