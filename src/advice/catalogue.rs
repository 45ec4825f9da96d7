//! `systemd/pencere.catalog` and `systemd/pencere.az.catalog`, made from the table: what `journalctl -x` shows beside a
//! line (systemd's message catalogue). Never says anything that the table does not.

use super::{Advice, Tongue};
use std::fmt::Write;

/// Characters of a line, as in systemd's own catalogue.
const WIDTH: usize = 78;

/// The catalogue in this language, which the file's name tells: the one without a name is what everybody else gets.
pub fn catalogue(tongue: Tongue) -> String {
    let (header, command, nothing) = match tongue {
        Tongue::En => (ENGLISH, "Run:", "There is nothing to be done."),
        Tongue::Az => (AZERBAIJANI, "Əmr:", "Heç nə etmək lazım deyil."),
    };
    let mut text = String::from(header);
    for &advice in Advice::ALL {
        let row = advice.row();
        let (subject, body) = match tongue {
            Tongue::Az => row.az,
            Tongue::En => row.en,
        };
        let body = wrapped(body);
        let run = match row.run {
            "nothing" => nothing.to_owned(),
            run => format!("{command} {run}"),
        };
        let id = row.id;
        let written = write!(
            text,
            "\n-- {id}\nSubject: {subject}\nDefined-By: pencere\nDocumentation: \
             file:///usr/share/doc/pencere/runbook.md\n\n{body}\n\n{run}\n"
        );
        debug_assert!(written.is_ok(), "a String refuses no text");
    }
    text
}

const ENGLISH: &str = "# What pencere's log lines mean, and what to do: shown by `journalctl -x`. Install as\n\
    # /usr/lib/systemd/catalog/pencere.catalog and run `journalctl --update-catalog`. Made from src/advice/table.rs;\n\
    # `PENCERE_REWRITE=1 cargo test advice` writes it anew.\n";
const AZERBAIJANI: &str = "# pencere jurnalının sətirləri nə deməkdir və nə etmək lazımdır: `journalctl -x` göstərir.\n\
    # /usr/lib/systemd/catalog/pencere.az.catalog kimi qoyulur, sonra `journalctl --update-catalog`. Mənbə:\n\
    # src/advice/table.rs; `PENCERE_REWRITE=1 cargo test advice` yenidən yazır.\n";

fn wrapped(text: &str) -> String {
    let (mut lines, mut line) = (Vec::new(), String::new());
    for word in text.split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn the_catalogues_are_those_of_the_table() {
        for (tongue, name) in [(Tongue::En, "pencere.catalog"), (Tongue::Az, "pencere.az.catalog")] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd").join(name);
            let text = catalogue(tongue);
            if std::env::var_os("PENCERE_REWRITE").is_some() {
                std::fs::write(&path, &text).unwrap();
            }
            let committed = std::fs::read_to_string(&path).unwrap();
            assert!(committed == text, "systemd/{name} is out of date; PENCERE_REWRITE=1 cargo test advice writes it");
        }
    }

    #[test]
    fn slugs_and_ids_are_of_one_advice_each() {
        let (mut slugs, mut ids) = (BTreeSet::new(), BTreeSet::new());
        for advice in Advice::ALL {
            assert!(slugs.insert(advice.slug()), "{advice}");
            assert!(ids.insert(advice.id()), "{advice}");
            let is_hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
            assert!(advice.id().len() == 32 && advice.id().bytes().all(is_hex), "{advice}");
            assert!(advice.slug().bytes().all(|c| c.is_ascii_lowercase() || c == b'-'), "{advice}");
            assert_eq!(Advice::of_slug(advice.slug()), Some(*advice));
            let row = advice.row();
            for (subject, body) in [row.az, row.en] {
                assert!(!subject.is_empty() && subject.chars().count() <= 100, "{advice}: {subject}");
                assert!(body.ends_with('.') && !subject.ends_with('.'), "{advice}");
            }
        }
    }
}
