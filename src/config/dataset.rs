//! Reads the dataset descriptions: `<datasets>/<name>/dataset.toml`, one folder a dataset; the
//! folder's name is the dataset's. Never validates a record.

use super::files::{Gathered, Part};
use super::mistake::Mistake;
use super::reader::{Source, Table};
use crate::document::DatasetName;
use crate::schema::{Column, ColumnKind, Dataset, Datasets, PeriodKinds, TotalRule, YearRule};
use std::path::Path;

/// All descriptions, as far as they can be read.
pub(super) fn read(gathered: &mut Gathered, folder: &Path) -> Datasets {
    let mut datasets = Datasets::default();
    let folders = match gathered.shelf.folders(folder) {
        Ok(folders) => folders,
        Err(error) => {
            gathered.mistakes.push(Mistake::of_file(folder, format!("cannot be listed: {error}")));
            Vec::new()
        }
    };
    for folder in folders {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match name.parse::<DatasetName>() {
            Ok(name) => {
                let path = folder.join("dataset.toml");
                let dataset = gathered.toml(&path, Part::Datasets, |_, source, top| dataset(source, name, top));
                datasets.by_name.extend(dataset.flatten().map(|dataset| (dataset.name.clone(), dataset)));
            }
            Err(_) if name.starts_with('.') => {}
            Err(form) => gathered.mistakes.push(Mistake::of_file(&folder, form)),
        }
    }
    datasets
}

fn dataset(source: &Source<'_>, name: DatasetName, mut top: Table<'_, '_>) -> Option<Dataset> {
    top.need(&["title", "clause", "periods", "total", "year", "columns"]);
    let title = titles(&mut top);
    let clause = top.string("clause");
    let periods =
        top.word("periods", &[("quarter-and-year", PeriodKinds::QuarterAndYear), ("none", PeriodKinds::None)]);
    let total = top.word("total", &[("optional", TotalRule::Optional), ("required", TotalRule::Required)]);
    let year = top.word("year", &[("sum", YearRule::Sum), ("last", YearRule::Last)]);
    let (energy, capacity) = (top.string("energy_column"), top.string("capacity_column"));
    let tables = top.tables("columns");
    let wanted = tables.len();
    let columns: Vec<Column> = tables.into_iter().filter_map(column).collect();
    for (number, column) in columns.iter().enumerate() {
        let before = columns.iter().take(number);
        if before.clone().any(|other| other.name == column.name || other.element == column.element) {
            top.mistake(format!("the column {} or its element {} stands twice", column.name, column.element));
        }
    }
    for named in [&energy, &capacity].into_iter().flatten() {
        let decimal = |column: &Column| column.name == named.value && matches!(column.kind, ColumnKind::Decimal { .. });
        if columns.len() == wanted && !columns.iter().any(decimal) {
            source.mistake(&named.spot, format!("{:?} is no decimal column of this dataset", named.value));
        }
    }
    top.finish();
    let (title_az, title_en) = title?;
    Some(Dataset {
        name,
        title_az,
        title_en,
        clause: clause?.value,
        periods: periods?.value,
        total: total?.value,
        year: year?.value,
        columns,
        energy_column: energy.map(|name| name.value),
        capacity_column: capacity.map(|name| name.value),
    })
}

fn column(mut table: Table<'_, '_>) -> Option<Column> {
    table.need(&["name", "element", "kind", "required", "title"]);
    let name = table.string("name");
    let element = table.string("element");
    let decimal = table.word("kind", &[("station", false), ("decimal", true)]);
    if decimal.as_ref().is_some_and(|decimal| decimal.value) {
        table.need(&["places"]);
    }
    let places = table.integer("places", 0..=9);
    let unit = table.string("unit");
    let required = table.boolean("required");
    let title = titles(&mut table);
    table.finish();
    let kind = match decimal?.value {
        true => ColumnKind::Decimal { places: places?.value as u8 },
        false => ColumnKind::Station,
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
        let datasets = read(&mut gathered, &folder);
        assert!(gathered.mistakes.is_empty(), "{:?}", gathered.mistakes);
        assert_eq!(datasets.by_name.keys().map(|name| name.as_str()).collect::<Vec<_>>(), ["capacity", "generation"]);
        for (name, dataset) in &datasets.by_name {
            for (file, text) in publish::files(dataset) {
                let path = folder.join(name.as_str()).join(file);
                assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "{}", path.display());
            }
            let (energy, capacity) = (dataset.energy_column.as_deref(), dataset.capacity_column.as_deref());
            let expected = match name.as_str() {
                "generation" => (Some("energy_mwh"), None),
                _ => (None, Some("capacity_mw")),
            };
            assert_eq!((energy, capacity), expected);
        }
    }
}
