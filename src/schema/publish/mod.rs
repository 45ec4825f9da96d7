//! What is published of a dataset, generated from its description: schema, table schema, blank
//! forms and guides. Committed beside the description; a test holds that both agree.

mod guide;
mod table;
mod xsd;

use super::template::published;
use super::{Dataset, Format};
use crate::finding::Language;

/// The descriptions and published files that a new window begins with: path below `datasets/`, text.
pub const SHIPPED: &[(&str, &str)] = &[
    ("capacity/capacity.schema.json", include_str!("../../../config/datasets/capacity/capacity.schema.json")),
    ("capacity/capacity.xsd", include_str!("../../../config/datasets/capacity/capacity.xsd")),
    ("capacity/dataset.toml", include_str!("../../../config/datasets/capacity/dataset.toml")),
    ("capacity/guide.az.md", include_str!("../../../config/datasets/capacity/guide.az.md")),
    ("capacity/guide.en.md", include_str!("../../../config/datasets/capacity/guide.en.md")),
    ("capacity/template.csv", include_str!("../../../config/datasets/capacity/template.csv")),
    ("capacity/template.xml", include_str!("../../../config/datasets/capacity/template.xml")),
    ("generation/dataset.toml", include_str!("../../../config/datasets/generation/dataset.toml")),
    ("generation/generation.schema.json", include_str!("../../../config/datasets/generation/generation.schema.json")),
    ("generation/generation.xsd", include_str!("../../../config/datasets/generation/generation.xsd")),
    ("generation/guide.az.md", include_str!("../../../config/datasets/generation/guide.az.md")),
    ("generation/guide.en.md", include_str!("../../../config/datasets/generation/guide.en.md")),
    ("generation/template.csv", include_str!("../../../config/datasets/generation/template.csv")),
    ("generation/template.xml", include_str!("../../../config/datasets/generation/template.xml")),
];

/// The files that follow from a description: name, text. They stand beside its `dataset.toml`.
pub fn files(dataset: &Dataset) -> Vec<(String, String)> {
    let name = &dataset.name;
    vec![
        (format!("{name}.xsd"), xsd::schema(dataset)),
        (format!("{name}.schema.json"), table::schema(dataset)),
        ("template.xml".to_owned(), published(dataset, Format::Xml)),
        ("template.csv".to_owned(), published(dataset, Format::Csv)),
        ("guide.az.md".to_owned(), guide::page(dataset, Language::Az)),
        ("guide.en.md".to_owned(), guide::page(dataset, Language::En)),
    ]
}
