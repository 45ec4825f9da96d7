//! Who owes which statement, and whether it came: in time, late or not at all (S item 3, S 4.2.3, 7.1.5, 9.1.4).
//!
//! Owed is what falls to a participant by the registry of today: a statement for each period that has ended, of each
//! dataset that it is competent for, where it operates a station that was in service in that period; of a dataset that
//! knows no stations, from each that is competent but the owner, who states what it obtained. A year is owed beside its
//! parts, and told by them where all stand. By when it is due, the dataset's description says. What was contested did
//! not come. Never judges a figure.

use super::ReportArgs;
use super::asked::{By, Range};
use crate::authority::{Participant, Right};
use crate::boemis::{Counted, Filed};
use crate::commands::Trouble;
use crate::commands::records::Known;
use crate::commands::sheet::{Cell, Column, Sheet, said};
use crate::config::World;
use crate::document::{BAKU, DatasetName, ParticipantName, Period};
use crate::finding::Language;
use crate::schema::{Check, Dataset, Datasets, PeriodKinds, Span};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use std::collections::{BTreeMap, BTreeSet};

/// By what it can be asked for.
pub(super) const POSSIBLE: [By; 5] = [By::Participant, By::Dataset, By::Period, By::Quarter, By::Year];

/// What is known besides what BOEMİS holds.
pub(super) struct Ground<'a> {
    pub(super) world: &'a World,
    pub(super) known_at: Timestamp,
    pub(super) waiting: Vec<Waiting>,
    pub(super) range: Range,
}

/// What BOEMİS holds of a dataset.
pub(super) struct Stated<'a> {
    pub(super) dataset: &'a Dataset,
    pub(super) filed: Vec<Filed>,
    pub(super) counted: Vec<Counted>,
}

/// A statement that came and is not decided.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    participant: ParticipantName,
    dataset: DatasetName,
    period: Period,
}

/// The datasets that are asked about.
pub(super) fn asked_of<'a>(args: &ReportArgs, datasets: &'a Datasets) -> Vec<&'a Dataset> {
    let asked = |dataset: &&Dataset| args.dataset.as_ref().is_none_or(|name| *name == dataset.name);
    datasets.by_name.values().filter(asked).collect()
}

/// What waits, as far as it is known what it is.
///
/// # Errors
/// A journal that cannot be read.
pub(super) fn waiting(known: &Known) -> Result<Vec<Waiting>, Trouble> {
    let one = |submission: &crate::commands::records::Submission| {
        let last = submission.last.as_ref()?;
        let (dataset, period) = (last.dataset.clone()?, last.period?);
        Some(Waiting { participant: submission.participant()?.clone(), dataset, period })
    };
    Ok(known.open()?.iter().filter_map(one).collect())
}

/// How it stands with a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Status {
    InTime,
    Late,
    /// It came, and nothing says by when it was due.
    Stated,
    /// Others stated all that falls to it.
    Elsewhere,
    /// A year all of whose parts stand.
    InParts,
    /// It came, and is not decided.
    Waiting,
    /// There is time yet.
    NotDue,
    Missing,
}

impl Status {
    const ALL: [Self; 8] = [
        Self::InTime,
        Self::Late,
        Self::Stated,
        Self::Elsewhere,
        Self::InParts,
        Self::Waiting,
        Self::NotDue,
        Self::Missing,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::InTime => "in-time",
            Self::Late => "late",
            Self::Stated => "stated",
            Self::Elsewhere => "by-others",
            Self::InParts => "in-parts",
            Self::Waiting => "waiting",
            Self::NotDue => "not-due",
            Self::Missing => "missing",
        }
    }

    fn word(self, language: Language) -> &'static str {
        let (az, en) = match self {
            Self::InTime => ("vaxtında", "in time"),
            Self::Late => ("gecikib", "late"),
            Self::Stated => ("təqdim olunub", "stated"),
            Self::Elsewhere => ("başqa qurum təqdim edib", "stated by others"),
            Self::InParts => ("hissələri üzrə verilib", "told by its parts"),
            Self::Waiting => ("baxılır", "waits"),
            Self::NotDue => ("vaxtı bitməyib", "not due yet"),
            Self::Missing => ("təqdim edilməyib", "missing"),
        };
        said(language, az, en)
    }
}

/// A statement that is owed.
struct Owed<'a> {
    dataset: &'a Dataset,
    period: Period,
    participant: &'a Participant,
    status: Status,
    due: Option<Date>,
    received: Option<Date>,
    /// Days that it came late, is overdue, or may still take.
    days: Option<u64>,
    /// Stations that are to be stated, and those of them that are; none where they need not be.
    stations: Option<(u64, u64)>,
    /// Why it cannot come, while it does not.
    hindered: Option<Hindered>,
}

/// Why nobody can file it.
#[derive(Clone, Copy)]
enum Hindered {
    Suspended,
    NobodyMay,
}

impl Ground<'_> {
    fn today(&self) -> Date {
        BAKU.to_datetime(self.known_at).date()
    }

    /// The periods of a dataset that are asked about and have ended.
    fn periods(&self, dataset: &Dataset) -> Vec<Period> {
        if dataset.periods == PeriodKinds::None {
            return vec![Period::None];
        }
        let years = self.range.years().into_iter().flatten();
        let all = years.flat_map(|year| dataset.periods.of_year(Some(year)));
        all.filter(|period| self.range.has(*period) && period.has_ended(self.known_at)).collect()
    }

    /// The stations that a participant has to state, where it has to state any; none where it owes nothing.
    fn owes(&self, participant: &Participant, dataset: &Dataset, period: Period) -> Option<BTreeSet<String>> {
        if !participant.datasets.contains(&dataset.name) {
            return None;
        }
        if dataset.station_column().is_none() {
            return (!participant.owner).then(BTreeSet::new);
        }
        let stations = self.world.stations.by_code.values();
        let theirs = stations.filter(|station| station.operator == participant.slug && station.in_service(period));
        Some(theirs.map(|station| station.code.to_string()).collect()).filter(|codes: &BTreeSet<_>| !codes.is_empty())
    }

    fn hindered(&self, participant: &Participant, dataset: &Dataset) -> Option<Hindered> {
        let today = self.today();
        let may = participant.persons.iter().any(|person| {
            person.rights.contains(&Right::File)
                && person.datasets.contains(&dataset.name)
                && person.from <= today
                && person.to.is_none_or(|to| today <= to)
        });
        match (participant.suspended, may) {
            (true, _) => Some(Hindered::Suspended),
            (false, false) => Some(Hindered::NobodyMay),
            (false, true) => None,
        }
    }

    fn owed<'a>(&'a self, stated: &Stated<'a>, period: Period, participant: &'a Participant) -> Option<Owed<'a>> {
        let dataset = stated.dataset;
        let codes = self.owes(participant, dataset, period)?;
        let due = due(dataset, period);
        let received = stated.came(participant, period);
        let is_waiting = self
            .waiting
            .iter()
            .any(|one| one.participant == participant.slug && one.dataset == dataset.name && one.period == period);
        let today = self.today();
        let (status, days) = match (received, due) {
            (Some(day), Some(due)) if day > due => (Status::Late, days(due, day)),
            (Some(_), Some(_)) => (Status::InTime, None),
            (Some(_), None) => (Status::Stated, None),
            (None, _) if stated.has_all(&codes, period) => (Status::Elsewhere, None),
            (None, _) if self.in_parts(stated, period, participant) => (Status::InParts, None),
            (None, _) if is_waiting => (Status::Waiting, None),
            (None, Some(due)) if today <= due => (Status::NotDue, days(today, due)),
            (None, due) => (Status::Missing, due.and_then(|due| days(due, today))),
        };
        let must_state =
            dataset.station_column().and_then(|at| dataset.columns.get(at)).is_some_and(|one| one.required);
        let has = stated.keys(period);
        let stations = must_state
            .then(|| (codes.len() as u64, codes.iter().filter(|code| has.contains(code.as_str())).count() as u64));
        let hindered = match status {
            Status::Missing | Status::NotDue => self.hindered(participant, dataset),
            _ => None,
        };
        Some(Owed { dataset, period, participant, status, due, received, days, stations, hindered })
    }

    /// Whether a year is told by its parts: whatever falls to the participant in each was stated.
    fn in_parts(&self, stated: &Stated<'_>, period: Period, participant: &Participant) -> bool {
        let Period::Year(year) = period else { return false };
        let parts = stated.dataset.periods.parts(year).into_iter();
        let owed = parts.filter_map(|part| Some((part, self.owes(participant, stated.dataset, part)?)));
        let mut stands =
            owed.map(|(part, codes)| stated.came(participant, part).is_some() || stated.has_all(&codes, part));
        stands.next().is_some_and(|first| first) && stands.all(|stands| stands)
    }
}

impl Stated<'_> {
    /// The day on which the first statement came that stands.
    fn came(&self, participant: &Participant, period: Period) -> Option<Date> {
        let theirs = self.filed.iter().filter(|one| one.participant == participant.slug && one.period == period);
        theirs.map(|one| one.received).min().map(|at| BAKU.to_datetime(at).date())
    }

    /// What was stated for just this period, by whomever.
    fn keys(&self, period: Period) -> BTreeSet<&str> {
        let is_year = matches!(period, Period::Year(_));
        let of_period = self.counted.iter().filter(|one| one.period == period && one.annual == is_year);
        of_period.filter_map(|one| one.key.as_deref()).collect()
    }

    fn has_all(&self, codes: &BTreeSet<String>, period: Period) -> bool {
        let keys = self.keys(period);
        !codes.is_empty() && codes.iter().all(|code| keys.contains(code.as_str()))
    }
}

/// The last day on which a statement is in time, by the rule that is in force on the period's last day.
fn due(dataset: &Dataset, period: Period) -> Option<Date> {
    let (span, last) = (Span::of(period)?, period.last_day()?);
    dataset.rules.iter().filter(|rule| rule.in_force(last)).find_map(|rule| match &rule.check {
        Check::Deadline { days } => last.checked_add(i64::from(*days.get(&span)?).days()).ok(),
        _ => None,
    })
}

/// From one day to a later one.
fn days(from: Date, to: Date) -> Option<u64> {
    u64::try_from(from.duration_until(to).as_hours() / 24).ok()
}

/// The report.
pub(super) fn sheet(args: &ReportArgs, ground: &Ground<'_>, stated: &[Stated<'_>], language: Language) -> Sheet {
    let mut owed = Vec::new();
    for stated in stated {
        for period in ground.periods(stated.dataset) {
            let participants = ground.world.registry.participants.values();
            let asked = participants.filter(|one| args.participant.as_ref().is_none_or(|slug| *slug == one.slug));
            owed.extend(asked.filter_map(|participant| ground.owed(stated, period, participant)));
        }
    }
    // a row by quarters is of no year
    if args.by.contains(&By::Quarter) {
        owed.retain(|one| matches!(one.period, Period::Quarter(..)));
    }
    owed.sort_by_key(|one| {
        (one.period.first_day(), one.period.last_day(), one.dataset.name.clone(), one.participant.slug.clone())
    });
    let title = said(language, "Hesabatların tamlığı", "Completeness of statements").to_owned();
    let sums = summed(&owed, language);
    let (columns, rows, total) = match args.by.is_empty() {
        true => (each_column(language), owed.iter().map(|one| each_row(one, language)).collect(), None),
        false => {
            let (rows, total) = grouped(&args.by, &owed);
            (grouped_columns(&args.by, language), rows, total)
        }
    };
    let remarks = if owed.is_empty() { Vec::new() } else { vec![sums] };
    Sheet { title, facts: Vec::new(), columns, rows, total, remarks }
}

fn each_column(language: Language) -> Vec<Column> {
    let said = |az, en| said(language, az, en);
    vec![
        Column::words("period", said("Dövr", "Period")),
        Column::words("dataset", said("Məlumat toplusu", "Dataset")),
        Column::words("participant", said("İştirakçı", "Participant")),
        Column::words("status", said("Vəziyyət", "Status")),
        Column::words("due", said("Son gün", "Due")),
        Column::words("received", said("Alınıb", "Received")),
        Column::numbers("days", said("Gün", "Days")),
        Column::numbers("stations", said("Bildirilən stansiya", "Stations stated")),
        Column::numbers("stations_owed", said("gözlənilən", "owed")),
        Column::words("hindered", said("Qeyd", "Note")),
    ]
}

fn each_row(one: &Owed<'_>, language: Language) -> Vec<Cell> {
    let count = |count: Option<u64>| count.map_or(Cell::Empty, Cell::Count);
    let hindered = one.hindered.map_or(Cell::Empty, |hindered| match hindered {
        Hindered::Suspended => {
            Cell::Word("suspended", said(language, "girişi dayandırılıb", "its access is suspended"))
        }
        Hindered::NobodyMay => Cell::Word(
            "nobody-may-file",
            said(language, "təqdim etmək hüququ olan şəxs yoxdur", "nobody has the right to file it"),
        ),
    });
    vec![
        Cell::text(Some(one.period.to_string()).filter(|period| !period.is_empty())),
        Cell::text(Some(&one.dataset.name)),
        Cell::text(Some(&one.participant.slug)),
        Cell::Word(one.status.as_str(), one.status.word(language)),
        Cell::text(one.due),
        Cell::text(one.received),
        count(one.days),
        count(one.stations.map(|(_, stated)| stated)),
        count(one.stations.map(|(owed, _)| owed)),
        hindered,
    ]
}

/// How many of each status, in a sentence.
fn summed(owed: &[Owed<'_>], language: Language) -> String {
    let counts = Status::ALL.into_iter().filter_map(|status| {
        let count = owed.iter().filter(|one| one.status == status).count();
        (count > 0).then(|| format!("{}: {count}", status.word(language)))
    });
    let counts: Vec<String> = counts.collect();
    format!("{}: {} ({})", said(language, "Gözlənilən hesabatlar", "Statements owed"), owed.len(), counts.join(", "))
}

fn grouped(by: &[By], owed: &[Owed<'_>]) -> (Vec<Vec<Cell>>, Option<Vec<Cell>>) {
    let label = |one: &Owed<'_>, by: &By| match by {
        By::Participant => Some(one.participant.slug.to_string()),
        By::Dataset => Some(one.dataset.name.to_string()),
        By::Year => one.period.year().map(|year| year.to_string()),
        _ => Some(one.period.to_string()).filter(|period| !period.is_empty()),
    };
    let mut groups: BTreeMap<Vec<Option<String>>, BTreeMap<Status, u64>> = BTreeMap::new();
    let mut all: BTreeMap<Status, u64> = BTreeMap::new();
    for one in owed {
        let labels = by.iter().map(|by| label(one, by)).collect();
        *groups.entry(labels).or_default().entry(one.status).or_default() += 1;
        *all.entry(one.status).or_default() += 1;
    }
    let counts = |of: &BTreeMap<Status, u64>| {
        let each = Status::ALL.map(|status| Cell::Count(of.get(&status).copied().unwrap_or(0)));
        std::iter::once(Cell::Count(of.values().sum())).chain(each).collect::<Vec<_>>()
    };
    let row = |(labels, of): (Vec<Option<String>>, BTreeMap<Status, u64>)| {
        labels.into_iter().map(Cell::text).chain(counts(&of)).collect()
    };
    let total = (!owed.is_empty()).then(|| by.iter().map(|_| Cell::Empty).chain(counts(&all)).collect());
    (groups.into_iter().map(row).collect(), total)
}

fn grouped_columns(by: &[By], language: Language) -> Vec<Column> {
    let title = |by: &By| match by {
        By::Participant => said(language, "İştirakçı", "Participant"),
        By::Dataset => said(language, "Məlumat toplusu", "Dataset"),
        By::Quarter => said(language, "Rüb", "Quarter"),
        By::Year => said(language, "İl", "Year"),
        _ => said(language, "Dövr", "Period"),
    };
    let heads = by.iter().map(|by| Column::words(by.as_str(), title(by)));
    let owed = Column::numbers("owed", said(language, "gözlənilir", "owed"));
    let each = Status::ALL.map(|status| Column::numbers(status.as_str(), status.word(language)));
    heads.chain([owed]).chain(each).collect()
}
