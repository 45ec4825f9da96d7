//! The form of a CSV submission (CONTRACT 3): UTF-8 with or without a byte order mark, `,` or `;`,
//! decimal point or, with `;`, decimal comma, columns in any order.
//!
//! A row is a record, or with `TOTAL` for its station the total. What in XML stands once in the
//! root (period, revision, sender) is a column here and has one value throughout.

use super::faults::name_shown;
use super::form::{self, Frame, TOTAL};
use super::limits;
use super::reading::{Reading, Taking, Total};
use super::records::Laying;
use super::rows::{Field, Kept, Next, Row, RowFault, Rows, delimiter};
use super::rules::trimmed;
use super::shape::{self, Outcome};
use super::statement::Spot;
use super::{Column, ColumnKind, Dataset, EPSG, Limits, PeriodKinds, Record, Shapes, TotalRule, Value};
use crate::authority::heading;
use crate::document::{Period, letters};
use crate::finding::{Code, Finding, Hint, Place};
use crate::host::side_by_side;
use std::io::{self, BufRead};

/// What a column of the file is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Frame(Frame),
    Column(usize),
    /// The coordinate system of the shape.
    Epsg,
    /// Not known; told at the header.
    Unknown,
}

/// Reads the form of one document.
///
/// # Errors
/// What the disk says.
pub(super) fn inspect<'s>(
    input: impl BufRead,
    dataset: &Dataset,
    limits: &Limits,
    laying: impl Into<Laying<'s>>,
) -> io::Result<Reading> {
    let row_max = limits.row_of(dataset);
    let mut rows = Rows::new(input, row_max);
    let mut table = Table {
        dataset,
        limits,
        delimiter: b',',
        mark: Some('.'),
        roles: Vec::new(),
        frame: Vec::new(),
        blank: None,
        torn: None,
        marks: Marks::default(),
        stated: 0,
        foreseen: None,
        offsets: Vec::new(),
        reading: Reading::new(dataset, limits.findings_max),
        taken: Taking::new(dataset, limits, laying),
    };
    if dataset.periods == PeriodKinds::None {
        table.reading.period = Some(Period::None);
    }
    let mut kept = Ahead::default();
    let goes = loop {
        match rows.next()? {
            Next::Row(row) if row.number > 1 && table.draws() => {
                kept.push(&row);
                if kept.is_full()
                    && let goes @ (Goes::Enough | Goes::Lost) = table.rows(&mut kept)
                {
                    break goes;
                }
            }
            other => {
                if let goes @ (Goes::Enough | Goes::Lost) = table.rows(&mut kept) {
                    break goes;
                }
                match other {
                    Next::End => break Goes::On,
                    Next::TooLong { number, offset } => {
                        let (found, place) = (format!("> {row_max}"), Place::at(offset).row(number));
                        table.fault(Code::SchemaLimit, place, &found, row_max, Some(ROW_TOO_LONG));
                        table.reading.breaks_all();
                        break Goes::Enough;
                    }
                    Next::Row(row) => {
                        if let goes @ (Goes::Enough | Goes::Lost) = table.take(&row) {
                            break goes;
                        }
                    }
                }
            }
        }
    };
    if goes != Goes::Enough {
        table.end();
    }
    Ok(table.finish())
}

/// Whether there is anything more to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goes {
    On,
    /// The rest says nothing.
    Enough,
    /// The disk failed.
    Lost,
}

/// Rows whose shapes are judged side by side, before each is taken in its order.
#[derive(Default)]
struct Ahead {
    rows: Vec<Kept>,
    octets: usize,
}

impl Ahead {
    /// Rows at a time: some ten milliseconds for their shapes, beside which a thread costs nothing.
    const ROWS: usize = 256;
    /// Octets at a time; a shape takes some times as much while it is judged.
    const OCTETS: usize = 256 << 10;

    fn push(&mut self, row: &Row<'_>) {
        self.octets += row.octets().len();
        self.rows.push(row.kept());
    }

    fn is_full(&self) -> bool {
        self.rows.len() >= Self::ROWS || self.octets >= Self::OCTETS
    }
}

struct Table<'a> {
    dataset: &'a Dataset,
    limits: &'a Limits,
    delimiter: u8,
    /// The decimal mark; none while the file, being of the `;` kind, has not shown its own.
    mark: Option<char>,
    roles: Vec<Role>,
    /// What the first row says, which every other repeats.
    frame: Vec<(Frame, String)>,
    /// The first of the blank rows that stand here, harmless if nothing follows.
    blank: Option<(u64, u64)>,
    /// The last row whose quotation mark stayed open.
    torn: Option<u64>,
    /// Figures that may be meant as thousands.
    marks: Marks,
    /// Rows that state something, broken ones too.
    stated: u64,
    /// What the shape of the row at hand came to, where it was judged ahead.
    foreseen: Option<Outcome>,
    /// Where the values of the row at hand begin: kept, so that no row asks for room of its own.
    offsets: Vec<u64>,
    reading: Reading,
    taken: Taking,
}

impl Table<'_> {
    fn finish(self) -> Reading {
        self.reading.with(self.taken)
    }

    /// Whether there are shapes to be judged.
    fn draws(&self) -> bool {
        self.drawn().is_some()
    }

    /// Where in a row the shape stands and its system, and what it may be.
    fn drawn(&self) -> Option<(usize, usize, Shapes)> {
        let column = self.dataset.geometry_column()?;
        let ColumnKind::Geometry(shapes) = self.dataset.columns.get(column)?.kind else { return None };
        let place = |wanted| self.roles.iter().position(|&role| role == wanted);
        Some((place(Role::Column(column))?, place(Role::Epsg)?, shapes))
    }

    /// Takes rows in their order, once their shapes are judged on as many threads as there are processors.
    fn rows(&mut self, ahead: &mut Ahead) -> Goes {
        let Ahead { rows, .. } = std::mem::take(ahead);
        let outcomes = match self.drawn() {
            Some(drawn) => {
                let (delimiter, columns, limits) = (self.delimiter, self.roles.len(), self.limits);
                let judge = |row: &Kept| outcome_of(&row.row(), delimiter, columns, drawn, limits);
                // whatever panicked does so again in its turn, where that is heard
                side_by_side(rows.iter().collect(), judge).unwrap_or_default()
            }
            None => Vec::new(),
        };
        let outcomes = outcomes.into_iter().chain(std::iter::repeat_with(|| None));
        for (row, outcome) in rows.iter().zip(outcomes) {
            self.foreseen = outcome;
            if let goes @ (Goes::Enough | Goes::Lost) = self.take(&row.row()) {
                return goes;
            }
        }
        self.foreseen = None;
        Goes::On
    }

    /// Takes the next row.
    fn take(&mut self, row: &Row<'_>) -> Goes {
        if row.number == 1 {
            return if self.header(row) { Goes::On } else { Goes::Enough };
        }
        let most = self.limits.records_max;
        if self.taken.len() >= most && !row.octets().is_empty() {
            let place = Place::at(row.offset).row(row.number);
            self.fault(Code::SchemaLimit, place, most.saturating_add(1), most, Some(limits::RECORDS));
            self.reading.breaks_all();
            return Goes::Enough;
        }
        self.row(row);
        self.taken.heed(&self.reading.faults);
        if self.taken.is_lost() { Goes::Lost } else { Goes::On }
    }

    fn fault(
        &mut self,
        code: Code,
        place: Place,
        found: impl std::fmt::Display,
        wanted: impl std::fmt::Display,
        hint: Option<Hint>,
    ) {
        let mut finding = Finding::new(code).at(place).found(found).wanted(wanted);
        finding.wanted = finding.wanted.filter(|wanted| wanted != NOTHING);
        finding.hint = hint;
        self.reading.faults.push(finding);
    }

    fn missing(&mut self, place: Place, wanted: &str, hint: Option<Hint>) {
        let mut finding = Finding::new(Code::SchemaMissing).at(place).wanted(wanted);
        finding.wanted = finding.wanted.filter(|wanted| wanted != NOTHING);
        finding.hint = hint;
        self.reading.faults.push(finding);
    }

    fn unreadable(&mut self, row: &Row<'_>, fault: RowFault, offset: u64) {
        let place = Place::at(offset).row(row.number);
        self.reading.breaks_all();
        match fault {
            RowFault::Encoding => {
                let octet = row.octets().get((offset - row.offset) as usize).copied().unwrap_or_default();
                self.fault(Code::SchemaEncoding, place, format!("0x{octet:02X}"), "UTF-8", None);
            }
            RowFault::Quote if heading::is_torn(row.octets()) => {
                // the second half of a value with a line break has its mark as well
                if self.torn.replace(row.number).is_some_and(|before| before + 1 == row.number) {
                    self.torn = None;
                } else {
                    self.reading.faults.push(heading::torn(row.octets(), Place::at(row.offset).row(row.number)));
                }
            }
            RowFault::Quote => {
                let found = String::from_utf8_lossy(row.octets()).into_owned();
                self.fault(Code::SchemaInvalid, place, found, "\"…\"", Some(QUOTES));
            }
        }
    }

    /// The header: which column is which, and by its sign the kind of file.
    fn header(&mut self, row: &Row<'_>) -> bool {
        if let Some(finding) = heading::unreadable(row.octets()) {
            self.reading.faults.push(finding);
            return false;
        }
        self.delimiter = delimiter(row.octets());
        if self.delimiter == b';' {
            self.mark = None;
        }
        let fields = match row.fields(self.delimiter) {
            Ok(fields) => fields,
            Err((fault, offset)) => {
                self.unreadable(row, fault, offset);
                return false;
            }
        };
        let mut unknown = Vec::new();
        for field in &fields {
            let place = || Place::at(field.offset).row(1).path(name_shown(&field.text));
            if let Some(finding) = heading::joined(&field.text, self.delimiter, place()) {
                self.reading.faults.push(finding);
                return false; // what the columns are, nobody can tell
            }
            let role = self.role(&field.text);
            if role == Role::Unknown {
                unknown.push((field.text.to_string(), field.offset));
            } else if self.roles.contains(&role) {
                let place = Place::at(field.offset).row(1).path(&*field.text);
                self.fault(
                    Code::SchemaInvalid,
                    place,
                    &field.text,
                    format!("1 × {}", field.text),
                    Some(COLUMN_DOUBLED),
                );
                self.roles.push(Role::Unknown);
                continue;
            }
            self.roles.push(role);
        }
        if self.roles.iter().all(|&role| role == Role::Unknown) {
            let wanted: Vec<_> = self.wanted().into_iter().map(|(name, _)| name).collect();
            let names = fields.iter().map(|field| &*field.text);
            let place = Place::at(row.offset).row(1);
            self.reading.faults.push(heading::nameless(row.octets(), names, &wanted.join(","), place));
            return false;
        }
        // A column of another name most often is one that is missing: named once, not twice.
        let absent = self.wanted().into_iter().filter(|(_, role)| !self.roles.contains(role)).collect::<Vec<_>>();
        for &(_, role) in &absent {
            if let Role::Column(column) = role {
                self.reading.breaks(column);
            }
        }
        let mut absent: Vec<String> = absent.into_iter().map(|(name, _)| name).collect();
        for (found, offset) in unknown {
            let (wanted, hint) = self.meant(&found, &mut absent);
            let place = Place::at(offset).row(1).path(name_shown(&found));
            self.fault(Code::SchemaInvalid, place, found, wanted, Some(hint));
        }
        for name in absent {
            self.missing(Place::at(row.offset).row(1).path(name.clone()), &name, Some(COLUMN_MISSING));
        }
        true
    }

    /// Which column is meant by a name that is none, and what is wrong with it: the one that it looks like, else one of
    /// those that are missing, from which it is taken.
    fn meant(&self, name: &str, absent: &mut Vec<String>) -> (String, Hint) {
        let frame = Frame::columns(self.dataset).map(|frame| frame.name().to_owned());
        let columns = self.dataset.columns.iter().flat_map(|column| column.in_csv().map(str::to_owned));
        let slip = |known: String| Some((heading::misnamed(name, &known)?, known));
        if let Some((hint, known)) = frame.chain(columns).find_map(slip) {
            absent.retain(|other| *other != known);
            return (known, hint);
        }
        let near = letters::near(name, absent.iter().map(String::as_str)).first().map(|&near| near.to_owned());
        match near.or_else(|| absent.first().cloned()) {
            Some(wanted) => {
                absent.retain(|other| *other != wanted);
                (wanted, COLUMN_UNKNOWN)
            }
            None => (NOTHING.to_owned(), COLUMN_SURPLUS),
        }
    }

    fn role(&self, name: &str) -> Role {
        Frame::columns(self.dataset)
            .find(|frame| frame.name() == name)
            .map(Role::Frame)
            .or_else(|| self.dataset.column(name).map(Role::Column))
            .or_else(|| self.dataset.geometry_column().filter(|_| name == EPSG).map(|_| Role::Epsg))
            .unwrap_or(Role::Unknown)
    }

    /// The columns that must stand.
    fn wanted(&self) -> Vec<(String, Role)> {
        let frame = Frame::columns(self.dataset)
            .filter(|frame| frame.required_in_csv())
            .map(|frame| (frame.name().to_owned(), Role::Frame(frame)));
        // a shape that may be left out has its system beside it where it stands
        let drawn = self.dataset.geometry_column().filter(|&at| self.roles.contains(&Role::Column(at)));
        let must = |(at, column): &(usize, &Column)| column.required || drawn == Some(*at);
        let columns = self.dataset.columns.iter().enumerate().filter(must);
        let of = |(at, column): (usize, &Column)| {
            let role = move |name: &str| if name == column.name { Role::Column(at) } else { Role::Epsg };
            column.in_csv().map(|name| (name.to_owned(), role(name))).collect::<Vec<_>>()
        };
        frame.chain(columns.flat_map(of)).collect()
    }

    fn row(&mut self, row: &Row<'_>) {
        let blank = row.octets().iter().all(|&octet| octet == self.delimiter);
        if blank {
            self.blank.get_or_insert((row.number, row.offset));
            return;
        }
        if let Some((number, offset)) = self.blank.take() {
            self.fault(Code::SchemaInvalid, Place::at(offset).row(number), "", NOTHING, Some(BLANK_ROW));
        }
        self.stated += 1;
        let fields = match row.fields(self.delimiter) {
            Ok(fields) => fields,
            Err((fault, offset)) => return self.unreadable(row, fault, offset),
        };
        if fields.len() != self.roles.len() {
            self.reading.breaks_all();
            let place = || Place::at(row.offset).row(row.number);
            if let Some(finding) = heading::cut_otherwise(row.octets(), self.delimiter, self.roles.len(), place()) {
                return self.reading.faults.push(finding);
            }
            let hint =
                if fields.len() > self.roles.len() && self.delimiter == b',' { ROW_TOO_WIDE } else { ROW_LENGTH };
            let columns = self.roles.len();
            return self.fault(Code::SchemaInvalid, place(), fields.len(), columns, Some(hint));
        }
        self.frame(row, &fields);
        self.record(row, &fields);
    }

    /// What every row repeats: judged in the first, compared in the others.
    fn frame(&mut self, row: &Row<'_>, fields: &[Field<'_>]) {
        let first = self.frame.is_empty();
        for (at, field) in fields.iter().enumerate() {
            let Some(&Role::Frame(frame)) = self.roles.get(at) else { continue };
            let place = || Place::at(field.offset).row(row.number).path(frame.name());
            if first {
                self.frame.push((frame, field.text.to_string()));
                self.first_frame(frame, &field.text, place());
            } else if let Some((_, said)) = self.frame.iter().find(|(known, _)| *known == frame)
                && *said != field.text
            {
                let said = said.clone();
                self.fault(Code::SchemaInvalid, place(), &field.text, said, Some(FRAME_DIFFERS));
            }
        }
    }

    fn first_frame(&mut self, frame: Frame, text: &str, place: Place) {
        if text.is_empty() && !frame.required_in_csv() {
            return; // left out, as a trial window allows (CONTRACT 3)
        }
        if let Err(wrong) = frame.judge(text, self.dataset) {
            return self.fault(Code::SchemaInvalid, place, text, wrong.wanted, wrong.hint);
        }
        match frame {
            Frame::Period => self.reading.period = text.parse().ok(),
            Frame::Revision => self.reading.revision = text.parse().ok(),
            Frame::Id | Frame::To | Frame::Dataset | Frame::Sender => {}
            Frame::Replaces | Frame::Reason | Frame::Note | Frame::About => {
                self.reading.correction.take(frame, text, place)
            }
        }
    }

    fn record(&mut self, row: &Row<'_>, fields: &[Field<'_>]) {
        let dataset = self.dataset;
        let mut values = vec![Value::Absent; dataset.columns.len()];
        let mut offsets = std::mem::take(&mut self.offsets);
        offsets.clear();
        offsets.resize(dataset.columns.len(), row.offset);
        let key = dataset.key_column().filter(|_| dataset.total != TotalRule::None);
        let total = key.is_some_and(|key| {
            fields.iter().zip(&self.roles).any(|(field, role)| *role == Role::Column(key) && field.text == TOTAL)
        });
        if total && self.reading.total.is_some() {
            let place = Place::at(row.offset).row(row.number);
            return self.fault(Code::SchemaInvalid, place, TOTAL, format!("1 × {TOTAL}"), Some(TOTAL_DOUBLED));
        }
        for (nth, field) in fields.iter().enumerate() {
            let Some(&Role::Column(at)) = self.roles.get(nth) else { continue };
            let Some(column) = dataset.columns.get(at) else { continue };
            if let Some(offset) = offsets.get_mut(at) {
                *offset = field.offset;
            }
            if (total && column.is_key()) || (field.text.is_empty() && !column.required) {
                continue;
            }
            if let ColumnKind::Geometry(shapes) = column.kind {
                let read = self.shape(row, fields, field, &column.name, shapes);
                match (read, values.get_mut(at)) {
                    (Some(value), Some(place)) => *place = value,
                    _ => self.reading.breaks(at),
                }
                continue;
            }
            let mark = if column.is_decimal() { self.mark_of(&field.text) } else { '.' };
            match (form::value(&column.kind, &field.text, mark), values.get_mut(at)) {
                (Ok(value), Some(place)) => {
                    *place = value;
                    if self.delimiter == b';' && column.is_decimal() {
                        self.marks
                            .take(&field.text, || Place::at(field.offset).row(row.number).path(column.name.as_str()));
                    }
                }
                (Ok(_), None) => {}
                (Err(wrong), _) => {
                    let place = Place::at(field.offset).row(row.number).path(column.name.as_str());
                    self.fault(Code::SchemaInvalid, place, &field.text, wrong.wanted, wrong.hint);
                    if !total {
                        self.reading.breaks(at);
                    }
                }
            }
        }
        let spot = Spot::Row(row.number, row.offset);
        if total {
            self.reading.total = Some(Total { values, offsets, spot });
        } else {
            self.taken.push(Record { values, spot }, &offsets);
            self.offsets = offsets;
        }
    }

    /// A cell of WKT, in the system that the cell beside it says; told whatever is wrong with either.
    fn shape(
        &mut self,
        row: &Row<'_>,
        fields: &[Field<'_>],
        field: &Field<'_>,
        name: &str,
        shapes: Shapes,
    ) -> Option<Value> {
        let at = self.roles.iter().position(|&role| role == Role::Epsg)?; // its lack was told at the header
        let epsg = fields.get(at)?;
        let crs = match shape::system(&epsg.text, Place::at(epsg.content).row(row.number).path(EPSG)) {
            Ok(crs) => crs,
            Err(finding) => {
                self.reading.faults.push(finding);
                return None;
            }
        };
        let place = Place::at(field.content).row(row.number).path(name);
        let outcome = self
            .foreseen
            .take()
            .unwrap_or_else(|| shape::outcome(shape::read_cell(&field.text, field.content, crs, self.limits), shapes));
        shape::told(outcome, &place, &mut self.reading.faults)
    }

    /// The file's decimal mark. With `;` it is the first that shows itself: were both allowed side
    /// by side, 1.234 and 1,234 in one file could mean a thousandfold difference.
    fn mark_of(&mut self, text: &str) -> char {
        if let Some(mark) = self.mark {
            return mark;
        }
        match (text.contains('.'), text.contains(',')) {
            (true, false) => *self.mark.insert('.'),
            (false, true) => *self.mark.insert(','),
            (true, true) | (false, false) => ',',
        }
    }

    fn end(&mut self) {
        if self.roles.is_empty() {
            let wanted: Vec<_> = self.wanted().into_iter().map(|(name, _)| name).collect();
            self.missing(Place::whole().row(1), &wanted.join(","), None);
        } else if self.stated == 0 {
            let station = self.dataset.columns.first().map_or_else(String::new, |column| column.name.clone());
            self.reading.faults.push(heading::no_rows(&station));
        } else if self.dataset.total == TotalRule::Required && self.reading.total.is_none() {
            self.missing(Place::whole(), TOTAL, None);
        }
        if let Some((text, place)) = self.marks.unclear.take() {
            let read = text.replace(',', ".");
            let finding = Finding::new(Code::SchemaMarkUnclear).at(place).found(text);
            self.reading.faults.push(finding.wanted(trimmed(&read)));
        }
        if self.stated == 1 {
            self.reading.take_total_alone(self.dataset, &mut self.taken);
        }
    }
}

/// Figures in which a mark stands: three digits behind it in every one may be decimals or thousands.
#[derive(Default)]
struct Marks {
    /// The first of them, and where it stands, while there is no other kind.
    unclear: Option<(String, Place)>,
    /// One of them can be nothing but a decimal.
    are_clear: bool,
}

impl Marks {
    fn take(&mut self, text: &str, place: impl FnOnce() -> Place) {
        let Some((whole, rest)) = text.split_once(['.', ',']).filter(|_| !self.are_clear) else { return };
        // nobody writes thousands of nothing
        if whole.starts_with('0') || whole.len() > 3 || rest.len() != 3 {
            *self = Self { unclear: None, are_clear: true };
        } else if self.unclear.is_none() {
            self.unclear = Some((text.to_owned(), place()));
        }
    }
}

/// What the shape of a row comes to; none where it is not to be judged, or the row cannot be read.
fn outcome_of(
    row: &Row<'_>,
    delimiter: u8,
    columns: usize,
    (shape, epsg, shapes): (usize, usize, Shapes),
    limits: &Limits,
) -> Option<Outcome> {
    let fields = row.fields(delimiter).ok().filter(|fields| fields.len() == columns)?;
    let (cell, epsg) = (fields.get(shape)?, fields.get(epsg)?);
    let crs = shape::system(&epsg.text, Place::whole()).ok()?;
    let is_left_out = cell.text.is_empty();
    (!is_left_out).then(|| shape::outcome(shape::read_cell(&cell.text, cell.content, crs, limits), shapes))
}

/// Wanted where nothing should stand.
const NOTHING: &str = "";
const ROW_TOO_LONG: Hint = Hint::fixed("Sətir çox uzundur (oktetlə).", "The row is too long (in octets).");
const QUOTES: Hint = Hint::fixed(
    "Dırnaqlar düzgün deyil: dəyər bütövlükdə dırnaqda olmalı, dırnaq həmin sətirdə bağlanmalıdır.",
    "The quotes are wrong: a value is quoted as a whole, and its quote closes in the same row.",
);
const COLUMN_DOUBLED: Hint = Hint::fixed("Bu sütun iki dəfə yazılıb.", "This column stands twice.");
const COLUMN_UNKNOWN: Hint = Hint::fixed(
    "Bu sütun tanınmır; adını olduğu kimi, kiçik hərflərlə və boşluqsuz yazın.",
    "This column is not known; write its name exactly, in small letters and without blanks.",
);
const COLUMN_SURPLUS: Hint =
    Hint::fixed("Bu toplunun belə sütunu yoxdur; onu silin.", "The dataset has no such column; remove it.");
const COLUMN_MISSING: Hint = Hint::fixed("Başlıqda bu sütun yoxdur.", "The header lacks this column.");
const BLANK_ROW: Hint =
    Hint::fixed("Sətirlərin arasında boş sətir var. Onu silin.", "A blank row stands between the rows. Remove it.");
const ROW_LENGTH: Hint = Hint::fixed(
    "Sətirdəki dəyərlərin sayı başlıqdakı sütunların sayına bərabər deyil.",
    "The row has another number of values than the header has columns.",
);
const ROW_TOO_WIDE: Hint = Hint::fixed(
    "Sətirdə başlıqdakı sütunlardan çox dəyər var. Onluq işarəsi vergüldürsə, \
     nöqtə ilə əvəz edin və ya sütunları «;» ilə ayırın.",
    "The row has more values than the header has columns. If a decimal comma is the cause, \
     write a point, or separate the columns by “;”.",
);
const FRAME_DIFFERS: Hint = Hint::fixed(
    "Bu sütunun dəyəri bütün sətirlərdə eyni olmalıdır.",
    "The value of this column must be the same in every row.",
);
const TOTAL_DOUBLED: Hint =
    Hint::fixed("Yekun sətri ikinci dəfə yazılıb.", "The row with the total stands a second time.");
