//! What is published of a dataset, generated from its description: schema, table schema, blank
//! forms and guides. Committed beside the description; a test holds that both agree.

mod guide;
mod table;
mod xsd;

use super::template::published;
use super::{Dataset, Format};
use crate::finding::Language;

macro_rules! shipped {
    ($path:literal) => {
        ($path, include_str!(concat!("../../../config/datasets/", $path)))
    };
}

/// The descriptions and published files that a new window begins with: path below `datasets/`, text.
pub const SHIPPED: &[(&str, &str)] = &[
    shipped!("cadastre/cadastre.schema.json"),
    shipped!("cadastre/cadastre.xsd"),
    shipped!("cadastre/dataset.toml"),
    shipped!("cadastre/guide.az.md"),
    shipped!("cadastre/guide.en.md"),
    shipped!("cadastre/template.csv"),
    shipped!("cadastre/template.geojson"),
    shipped!("cadastre/template.xml"),
    shipped!("capacity/capacity.schema.json"),
    shipped!("capacity/capacity.xsd"),
    shipped!("capacity/dataset.toml"),
    shipped!("capacity/guide.az.md"),
    shipped!("capacity/guide.en.md"),
    shipped!("capacity/template.csv"),
    shipped!("capacity/template.xml"),
    shipped!("carbon-revenue/carbon-revenue.schema.json"),
    shipped!("carbon-revenue/carbon-revenue.xsd"),
    shipped!("carbon-revenue/dataset.toml"),
    shipped!("carbon-revenue/guide.az.md"),
    shipped!("carbon-revenue/guide.en.md"),
    shipped!("carbon-revenue/template.csv"),
    shipped!("carbon-revenue/template.xml"),
    shipped!("gas-savings/dataset.toml"),
    shipped!("gas-savings/gas-savings.schema.json"),
    shipped!("gas-savings/gas-savings.xsd"),
    shipped!("gas-savings/guide.az.md"),
    shipped!("gas-savings/guide.en.md"),
    shipped!("gas-savings/template.csv"),
    shipped!("gas-savings/template.xml"),
    shipped!("generation/dataset.toml"),
    shipped!("generation/generation.schema.json"),
    shipped!("generation/generation.xsd"),
    shipped!("generation/guide.az.md"),
    shipped!("generation/guide.en.md"),
    shipped!("generation/template.csv"),
    shipped!("generation/template.xml"),
    shipped!("grid/dataset.toml"),
    shipped!("grid/grid.schema.json"),
    shipped!("grid/grid.xsd"),
    shipped!("grid/guide.az.md"),
    shipped!("grid/guide.en.md"),
    shipped!("grid/template.csv"),
    shipped!("grid/template.geojson"),
    shipped!("grid/template.xml"),
];

/// The files that follow from a description: name, text. They stand beside its `dataset.toml`.
pub fn files(dataset: &Dataset) -> Vec<(String, String)> {
    let name = &dataset.name;
    let drawn = dataset.geometry_column().map(|_| ("template.geojson".to_owned(), published(dataset, Format::GeoJson)));
    let files = vec![
        (format!("{name}.xsd"), xsd::schema(dataset)),
        (format!("{name}.schema.json"), table::schema(dataset)),
        ("template.xml".to_owned(), published(dataset, Format::Xml)),
        ("template.csv".to_owned(), published(dataset, Format::Csv)),
        ("guide.az.md".to_owned(), guide::page(dataset, Language::Az)),
        ("guide.en.md".to_owned(), guide::page(dataset, Language::En)),
    ];
    files.into_iter().chain(drawn).collect()
}
