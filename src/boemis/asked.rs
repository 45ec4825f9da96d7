//! The questions that both engines understand as they stand here.
//!
//! Owns their texts, and the reading of what came back where that needs no engine. What an engine asks in its own
//! way, it has itself. Never talks to a database.

use super::layout::Layout;
use super::views;
use crate::document::Period;
use crate::schema::{Key, Look, PeriodKinds};

/// The mark of a submission, in the order of [`RawMark`](super::mark::RawMark).
pub(super) const MARK: &str = "SELECT id, participant, dataset, period, revision, content, rows, records, received_at, \
    loaded_at, signers, approved_at, replaces, reason, note, proposed_by FROM submission WHERE id = $1";

/// The revision of a statement that holds.
pub(super) const HOLDS: &str = "SELECT max(revision) FROM submission WHERE dataset = $1 AND period = $2 \
    AND participant = $3 AND contested_at IS NULL AND approved_at IS NOT NULL";

/// The highest revision of a statement that has not fallen, waiting ones among them, and its submission. What somebody
/// else proposes is no revision of it before it is approved.
pub(super) const NEWEST: &str = "SELECT revision, id FROM submission WHERE dataset = $1 AND period = $2 \
    AND participant = $3 AND contested_at IS NULL AND (proposed_by IS NULL OR approved_at IS NOT NULL) \
    ORDER BY revision DESC LIMIT 1";

/// What was done to a load, in its order.
pub(super) const ACTS: &str = "SELECT act, by_submission FROM submission_act WHERE submission = $1 ORDER BY number";

/// What documents did: to which load, by which document.
pub(super) const DEEDS: &str = "SELECT submission, by_submission, act FROM submission_act \
    WHERE by_submission IS NOT NULL";

/// An act, unless it was done.
pub(super) const ACT: &str = "INSERT INTO submission_act (submission, act, at, by_submission) VALUES ($1, $2, $3, $4) \
    ON CONFLICT DO NOTHING";

/// Whether this document did this.
pub(super) const DONE: &str = "SELECT count(*) FROM submission_act WHERE submission = $1 AND act = $2 \
    AND by_submission = $3";

/// All that holds no more.
pub(super) const CONTESTED: &str = "SELECT id FROM submission WHERE contested_at IS NOT NULL";

/// All that was ever loaded, in its order.
pub(super) const LOADS: &str = "SELECT id FROM submission ORDER BY number";

/// How many loads hold, wait, or are superseded.
pub(super) const UNCONTESTED: &str = "SELECT count(*) FROM submission WHERE contested_at IS NULL";

/// Records read at a time when all of a statement are wanted.
pub(super) const PAGE: usize = 500;

/// A page of the records of a submission, behind one.
pub(super) fn rows(layout: &Layout) -> String {
    let columns: Vec<String> = layout.stored().map(|(name, ..)| format!(", r.\"{name}\"")).collect();
    format!(
        // in the order of the table's key, so that no engine sorts all records for each page
        "SELECT r.\"record\"{} FROM \"{}\" r WHERE r.\"submission\" = (SELECT number FROM submission WHERE id = $1) \
         AND r.\"record\" > $2 ORDER BY r.\"submission\", r.\"record\" LIMIT {PAGE}",
        columns.concat(),
        layout.table()
    )
}

/// The rows of the `_total` view: period, stations, and each decimal as text.
pub(super) fn totals(layout: &Layout) -> String {
    let decimals: Vec<String> = layout.decimals().map(|(c, _)| format!(", CAST(\"{}\" AS text)", c.name)).collect();
    format!(
        "SELECT period, {}{} FROM \"{}_total\" ORDER BY period",
        layout.keys_counted(),
        decimals.concat(),
        layout.stem
    )
}

/// The year of a statement and its parts, as many as its dataset has, whatever the statement's period is.
pub(super) fn periods_of(layout: &Layout, key: &Key) -> Vec<Period> {
    match layout.periods {
        PeriodKinds::None => vec![key.period],
        kinds => kinds.of_year(Some(key.period.year().unwrap_or_default())),
    }
}

/// The period a year ago, for a question; what no period is called where there is none.
pub(super) fn year_ago(key: &Key) -> String {
    key.period.year_ago().map_or_else(|| "-".to_owned(), |period| period.to_string())
}

/// What a dataset's rules look at besides, with the layouts of these: what has no table yet has nothing that stands.
pub(super) fn looks(layout: &Layout, all: &[Layout]) -> Vec<(Look, Layout)> {
    let of = |look: &Look| all.iter().find(|one| one.slug == look.dataset.as_str()).cloned();
    layout.looks.iter().filter_map(|look| Some((look.clone(), of(look)?))).collect()
}

/// Of which revisions what stands is asked, loaded before `horizon`: the highest that holds, which one that waits for
/// an approval does not. Where a `participant` asks about the dataset itself, of its own statement the highest, waiting
/// or not; of others' both: what holds until the other is approved, and what waits to hold then.
pub(super) fn standing_before(layout: &Layout, horizon: &str, participant: Option<&str>) -> String {
    let latest = highest(horizon, "");
    if !layout.awaits {
        return latest;
    }
    let held = highest(horizon, " AND x.approved_at IS NOT NULL");
    match participant {
        Some(participant) => format!("(({latest}) OR (s.participant <> {participant} AND {held}))"),
        None => held,
    }
}

fn highest(horizon: &str, only: &str) -> String {
    format!(
        "s.contested_at IS NULL AND {counts} AND s.revision = \
         (SELECT max(x.revision) FROM submission x WHERE x.dataset = s.dataset AND x.period = s.period \
         AND x.participant = s.participant AND x.contested_at IS NULL AND {counts_of_all}{only} \
         AND x.number < {horizon}) AND s.number < {horizon}",
        counts = counts("s"),
        counts_of_all = counts("x"),
    )
}

/// Whether a submission counts as its body's statement: what somebody else proposes does once it is approved (R 3.13).
fn counts(submission: &str) -> String {
    format!("({submission}.proposed_by IS NULL OR {submission}.approved_at IS NOT NULL)")
}

/// The loads that wait for an approval.
pub(super) const WAITING: &str = "SELECT id FROM submission WHERE approved_at IS NULL AND contested_at IS NULL";

/// What this document did.
pub(super) const DEED: &str = "SELECT submission, act FROM submission_act WHERE by_submission = $1";

/// Of which of these statements the records are asked for, too: of all; but where there are no periods, and so no parts
/// of a year, of none. The sender's own are what is superseded, however many.
pub(super) fn joined(layout: &Layout) -> &'static str {
    match layout.periods {
        PeriodKinds::None => " AND 1 = 0",
        PeriodKinds::QuarterAndYear | PeriodKinds::MonthAndYear => "",
    }
}

/// Who of the others stated a key that is among `keys`, or any: beside a statement of the submission `$1`, of the
/// dataset `$2`, by the body `$3`, for the period `$4`.
pub(super) fn elsewhere(layout: &Layout, keys: Option<&str>) -> String {
    let key = layout.key().map_or("", |key| key.name.as_str());
    // in this order: the keys that are asked for, the rows that have them, the marks of these
    let (from, among) = match keys {
        Some(keys) => (format!("{keys} CROSS JOIN "), format!(" AND r.\"{key}\" = k.value")),
        None => (String::new(), String::new()),
    };
    format!(
        "SELECT DISTINCT r.\"{key}\" AS key, s.participant AS participant FROM {from}\"{table}\" r \
         CROSS JOIN submission s WHERE s.number = r.submission{among} AND s.dataset = $2 AND s.participant <> $3 \
         AND s.period = $4 AND {standing}{gave_no_way}",
        table = layout.table(),
        standing = standing_before(layout, &horizon("$1"), Some("$3")),
        gave_no_way = views::gave_no_way(layout),
    )
}

/// Of whose statements the records of the sender's year and of the period are asked for: of the sender's, and of
/// others' for the period; where these are asked for by their keys ([`elsewhere`]), of the sender's alone.
pub(super) fn whose(layout: &Layout, sender: &str, period: &str) -> String {
    match layout.periods {
        PeriodKinds::None => format!("s.participant = {sender}"),
        PeriodKinds::QuarterAndYear | PeriodKinds::MonthAndYear => {
            format!("(s.participant = {sender} OR s.period = {period})")
        }
    }
}

/// Whether another body's statement than `$2`'s stands for the dataset `$1`.
pub(super) const OTHERS: &str = "SELECT count(*) FROM (SELECT 1 FROM submission WHERE dataset = $1 \
    AND participant <> $2 AND contested_at IS NULL LIMIT 1) AS one";

/// Only what was loaded before the submission itself: all, unless it was loaded already, and then what stood when it
/// was. So recovery judges it by what it was judged by the first time.
pub(super) fn horizon(id: &str) -> String {
    format!("coalesce((SELECT m.number FROM submission m WHERE m.id = {id}), 9223372036854775807)")
}

/// By what was known at the moment `$1`: who filed for the dataset `$2`, for which period, and when it came. What was
/// contested by then is not there, nor what others proposed: by that nobody has filed.
pub(super) fn filed() -> String {
    format!(
        "SELECT participant, period, received_at FROM submission WHERE dataset = $2 AND {loaded} <= $1 \
         AND (contested_at IS NULL OR {contested} > $1) AND proposed_by IS NULL",
        loaded = views::moment("loaded_at"),
        contested = views::moment("contested_at"),
    )
}

/// What a moment is bound as, for `views::as_of`.
pub(super) fn moment(at: jiff::Timestamp) -> String {
    format!("{at:.9}").trim_end_matches('Z').to_owned()
}
