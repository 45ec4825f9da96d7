//! What counts in totals, record by record, and what was filed when: the ground of reports.
//!
//! Owns the reading of what either engine answers. A report sums these records and nothing else, so that its figures
//! are those of the `_total` views. Never sums, and never decides what counts: that is the text of the views.

use super::Fault;
use super::layout::Layout;
use super::mark::period;
use super::standing::odd;
use crate::document::{ParticipantName, Period, Quantity};
use jiff::Timestamp;

/// A record in a period in which it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// A part of a year, or a year: a record of a quarter counts in its quarter, and in its year unless an annual
    /// statement takes its place there.
    pub period: Period,
    /// Whether its statement is of just that year. Of a part of a year: never.
    pub annual: bool,
    /// Who stated it.
    pub participant: ParticipantName,
    /// The station, or the word that is its key; none where it is of no one.
    pub key: Option<String>,
    /// Its decimals in the order of the description; none where an optional one was left out.
    pub values: Vec<Option<Quantity>>,
}

/// A statement that was loaded and is not contested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filed {
    /// Whose.
    pub participant: ParticipantName,
    /// Of which period.
    pub period: Period,
    /// When it came.
    pub received: Timestamp,
}

impl Counted {
    /// From the columns of `views::counted`.
    pub(super) fn read(
        layout: &Layout,
        of_period: &str,
        annual: &str,
        participant: &str,
        key: Option<String>,
        scaled: Vec<Option<i64>>,
    ) -> Result<Self, Fault> {
        let of_period = period(of_period).ok_or_else(|| odd("submission", "period"))?;
        let values = scaled.into_iter().zip(layout.decimals());
        Ok(Self {
            period: of_period,
            annual: annual == "y" && matches!(of_period, Period::Year(_)),
            participant: participant.parse().map_err(|_| odd("submission", "participant"))?,
            key,
            values: values.map(|(scaled, (_, places))| Some(Quantity::from_scaled(scaled?, places))).collect(),
        })
    }
}

impl Filed {
    /// From the columns of `asked::filed`.
    pub(super) fn read(participant: &str, of_period: &str, received: &str) -> Result<Self, Fault> {
        Ok(Self {
            participant: participant.parse().map_err(|_| odd("submission", "participant"))?,
            period: period(of_period).ok_or_else(|| odd("submission", "period"))?,
            received: received.parse().map_err(|_| odd("submission", "received_at"))?,
        })
    }
}
