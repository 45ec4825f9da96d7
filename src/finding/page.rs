//! `docs/findings.md`, made from the table of findings: for those who write documents, and for
//! those who answer the telephone. Never says anything that the table does not.

use super::{Code, Language, Severity, Stage};
use std::fmt::Write;

/// The page as Markdown: each finding with its slug, severity, stage, ENTSO-E reason, clause, and both texts, in the
/// order of a document's path.
pub fn page() -> String {
    let mut page = String::from(
        "# Findings\n\n\
         What can be wrong with a document, in the order in which it is looked at. A finding has a slug that never\n\
         changes its meaning. An *error* rejects or holds the whole submission; a *warning* is\n\
         shown and rejects nothing.\n\n\
         Reasons are those of ENTSO-E's code list 92. Clauses: `S` the BOEMİS statute (Cabinet decision 348 of 2023),\n\
         `R` the Rules (decree 263 of 2018), `C 27` the Rules on exchange of electronic documents (Cabinet decision\n\
         27 of 2006). `{found}`, `{wanted}` and `{path}` stand for what was found, what was wanted, and where.\n\n\
         This page is generated from `src/finding/table.rs`; `PENCERE_REWRITE=1 cargo test finding` writes it anew.\n",
    );
    let mut stage = None;
    for &code in Code::ALL {
        if stage != Some(code.stage()) {
            stage = Some(code.stage());
            section(&mut page, format_args!("\n## {}\n", heading(code.stage())));
        }
        let severity = match code.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let stage = format!("{:?}", code.stage()).to_lowercase();
        section(
            &mut page,
            format_args!(
                "\n### `{}`\n\n| severity | stage | reason | clause |\n|---|---|---|---|\n\
                 | {severity} | {stage} | {} | {} |\n",
                code.slug(),
                code.reason(),
                code.clause()
            ),
        );
        for (language, mark) in [(Language::Az, "az"), (Language::En, "en")] {
            section(&mut page, format_args!("\n**{mark}** {}\n", plain(code.text(language))));
        }
    }
    page
}

fn section(page: &mut String, text: std::fmt::Arguments<'_>) {
    let written = page.write_fmt(text);
    debug_assert!(written.is_ok(), "a String refuses no text");
}

fn heading(stage: Stage) -> &'static str {
    match stage {
        Stage::Intake => "Intake: how the file came",
        Stage::Signature => "Signature: who signed what",
        Stage::Authority => "Authority: whether the signer may file it",
        Stage::Schema => "Schema: the form of the document",
        Stage::Rule => "Rules: what it states",
        Stage::Load => "Load: why it waits",
        Stage::Receipt => "Receipts: the answers of `receipt verify`",
    }
}

/// The text with Markdown's own signs made plain.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '*' | '_' | '`' | '<' | '>' | '[' | ']' | '\\' | '|') {
            plain.push('\\');
        }
        plain.push(c);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_page_is_that_of_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/findings.md");
        if std::env::var_os("PENCERE_REWRITE").is_some() {
            std::fs::write(path, page()).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(committed == page(), "docs/findings.md is out of date; PENCERE_REWRITE=1 cargo test finding writes it");
    }

    #[test]
    fn every_finding_stands_on_the_page_once() {
        let page = page();
        for &code in Code::ALL {
            assert_eq!(page.matches(&format!("### `{}`\n", code.slug())).count(), 1);
            assert!(page.contains(&plain(code.text(Language::Az))) && page.contains(&plain(code.text(Language::En))));
        }
    }
}
