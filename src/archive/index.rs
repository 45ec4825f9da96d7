//! The index of a unit: one row a submission, for a fast search (R 5.7.5).
//!
//! Owns the form of `index.csv`: RFC 4180, each value in quotation marks where it needs them. Never judges a value.

use super::gather::{Came, Member};
use serde::Serialize;

/// The columns, in their order.
pub const COLUMNS: [&str; 10] =
    ["number", "id", "body", "dataset", "period", "revision", "decision", "received", "name", "sha256"];

/// One submission of a unit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The number of its last receipt.
    pub number: String,
    /// Its id.
    pub id: String,
    /// The body that it is of, by its slug; empty where nobody could tell.
    pub body: String,
    /// The dataset, the period and the revision, as far as they were read.
    pub dataset: String,
    /// As `2026-Q3`.
    pub period: String,
    /// From 1.
    pub revision: String,
    /// The last word on it.
    pub decision: String,
    /// When it was received, UTC.
    pub received: String,
    /// The document's name as given, percent-encoded where it is odd.
    pub name: String,
    /// The document's digest; empty for what was never read.
    pub sha256: String,
}

impl Row {
    /// The row of a submission.
    pub fn of(member: &Member) -> Self {
        let answer = member.answer();
        let text = |value: Option<String>| value.unwrap_or_default();
        let (channel, name, sha256) = match &member.came {
            Came::Held(held) => {
                (held.participant.as_ref(), held.document.name.shown(), held.document.sha256.to_string())
            }
            Came::InPlace(refused) => (Some(&refused.participant), refused.name.shown(), String::new()),
        };
        let body = answer.and_then(|answer| answer.participant.as_ref()).or(channel);
        Self {
            number: text(answer.map(|answer| answer.receipt.number.clone())),
            id: member.id.to_string(),
            body: text(body.map(ToString::to_string)),
            dataset: text(answer.and_then(|answer| answer.dataset.as_ref()).map(ToString::to_string)),
            period: text(answer.and_then(|answer| answer.period).map(|period| period.to_string())),
            revision: text(answer.and_then(|answer| answer.revision).map(|revision| revision.to_string())),
            decision: text(answer.map(|answer| answer.decision.to_string())),
            received: member.received().to_string(),
            name,
            sha256,
        }
    }

    fn values(&self) -> [&str; 10] {
        let Self { number, id, body, dataset, period, revision, decision, received, name, sha256 } = self;
        [number, id, body, dataset, period, revision, decision, received, name, sha256]
    }
}

/// The index as a file.
pub fn write(rows: &[Row]) -> String {
    let mut text = line(&COLUMNS);
    rows.iter().for_each(|row| text.push_str(&line(&row.values())));
    text
}

/// One line of CSV.
pub fn line(values: &[&str]) -> String {
    let quoted = |value: &&str| match value.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{}\"", value.replace('"', "\"\"")),
        false => (*value).to_owned(),
    };
    let mut line = values.iter().map(quoted).collect::<Vec<_>>().join(",");
    line.push('\n');
    line
}

/// Reads an index; none when it is of another form.
pub fn read(text: &str) -> Option<Vec<Row>> {
    let mut lines = text.lines();
    if lines.next()? != COLUMNS.join(",") {
        return None;
    }
    lines.map(row).collect()
}

fn row(line: &str) -> Option<Row> {
    let [number, id, body, dataset, period, revision, decision, received, name, sha256] =
        <[String; 10]>::try_from(fields(line)?).ok()?;
    Some(Row { number, id, body, dataset, period, revision, decision, received, name, sha256 })
}

/// The values of a line; no value of an index has a line end.
fn fields(line: &str) -> Option<Vec<String>> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let (value, behind) = match rest.strip_prefix('"') {
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                let (value, behind) = rest.split_at(end);
                (value.to_owned(), behind)
            }
            Some(quoted) => {
                let (mut value, mut from) = (String::new(), quoted);
                loop {
                    let (piece, behind) = from.split_once('"')?;
                    value.push_str(piece);
                    match behind.strip_prefix('"') {
                        Some(more) => {
                            value.push('"');
                            from = more;
                        }
                        None => break (value, behind),
                    }
                }
            }
        };
        fields.push(value);
        match behind.strip_prefix(',') {
            Some(more) => rest = more,
            None => return behind.is_empty().then_some(fields),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_again(names in proptest::collection::vec("[a-zəş,\"' ]{0,8}", 0..4)) {
            let rows: Vec<Row> = names.into_iter().map(|name| Row { name, id: "x".into(), ..Row::default() }).collect();
            prop_assert_eq!(read(&write(&rows)), Some(rows.clone()));
            let text = write(&rows);
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let names: Vec<String> = reader.records().map(|record| record.unwrap()[8].to_owned()).collect();
            prop_assert_eq!(names, rows.into_iter().map(|row| row.name).collect::<Vec<_>>());
        }
    }

    #[test]
    fn another_form_is_not_read() {
        assert_eq!(read("a,b\n"), None);
        for bad in ["1,2\n", "\"1,2,3,4,5,6,7,8,9,10\n", "\"1\"x,2,3,4,5,6,7,8,9,10\n"] {
            assert_eq!(read(&format!("{}\n{bad}", COLUMNS.join(","))), None, "{bad}");
        }
    }
}
