//! What stands beside a statement, from the answer of either engine.
//!
//! Owns the form of that answer, one JSON text a question, and what is made of it. Never asks.

use super::Fault;
use super::layout::Layout;
use super::mark::period;
use crate::document::{Content, ParticipantName, Quantity};
use crate::schema::{Key, Standing, Stood};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// One record that stands: sender, period, revision, submission, content in hexadecimal, station,
/// decimals.
type Record = (String, String, i64, String, String, Option<String>, Vec<Option<i64>>);

/// All of them.
pub(super) type Answer = Vec<Record>;

/// What stands, as a statement of this key is judged beside it.
pub(super) fn gather(layout: &Layout, key: &Key, answer: Answer) -> Result<Standing, Fault> {
    let mut standing = Standing::default();
    for (participant, of_period, revision, submission, content, station, decimals) in answer {
        let participant: ParticipantName = participant.parse().map_err(|_| odd("submission", "participant"))?;
        let of_period = period(&of_period).ok_or_else(|| odd("submission", "period"))?;
        let station = match station.map(|code| code.parse()).transpose() {
            Ok(station) => station,
            Err(_) => return Err(odd(&layout.table(), "station")),
        };
        if participant != key.participant {
            if let (Some(station), true) = (station, of_period == key.period) {
                standing.elsewhere.insert(station, participant);
            }
            continue;
        }
        let stood = match standing.same_year.entry(of_period) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(Stood {
                submission: submission.parse().map_err(|_| odd("submission", "id"))?,
                revision: u16::try_from(revision).map_err(|_| odd("submission", "revision"))?,
                content: content.to_ascii_lowercase().parse().map(Content).map_err(|_| odd("submission", "content"))?,
                values: BTreeMap::new(),
            }),
        };
        if let Some(station) = station {
            let places = layout.decimals().map(|(_, places)| places);
            let values = decimals.into_iter().zip(places);
            let values = values.map(|(scaled, places)| scaled.map(|scaled| Quantity::from_scaled(scaled, places)));
            stood.values.insert(station, values.collect());
        }
    }
    standing.current = standing.same_year.get(&key.period).cloned();
    Ok(standing)
}

/// A stored value that no load could have written.
pub(super) fn odd(table: &str, column: &str) -> Fault {
    Fault::Wrong(format!("`{table}` has a value in `{column}` that no load has written"))
}
