//! Schema: the form of a submission and the rules of its dataset.
//!
//! Owns the dataset descriptions as values ([`Dataset`]) and what is generated from them
//! ([`publish`], [`template()`]). [`inspect`] reads the form, [`validate`] judges the content; together
//! they name all faults of a file in one answer, each with its place (R 4.9). Judges only: the time
//! is that of reception, what stands in BOEMİS and the register are arguments; no clock, disk or
//! network of its own.

mod approval;
mod correction;
mod csv;
mod description;
mod faults;
mod form;
mod geojson;
mod limits;
mod pattern;
pub mod publish;
mod reading;
mod records;
mod returned;
mod rows;
mod rules;
mod shape;
pub mod spreadsheet;
mod statement;
mod tally;
mod template;
#[cfg(test)]
mod tests;
mod xml;

pub use crate::document::SUBMISSION_NAMESPACE as NAMESPACE;
pub use approval::{
    InspectedApproval, Passed, Proposal, Subject, SubjectState, ValidatedApproval, Wish, approval_form,
    inspect_approval, validate_approval,
};
pub use correction::{Replacing, proposed_to};
pub use description::{
    Approval, Approver, Check, Class, Column, ColumnKind, Dataset, Datasets, EPSG, Look, PeriodKinds, Ratio, Rule,
    Shapes, Span, Text, TextForm, TotalRule, YearRule,
};
pub use form::TEXT_MAX;
pub use limits::Limits;
pub use pattern::Pattern;
pub use publish::SHIPPED;
pub use records::{Following, Records};
pub use returned::{Again, RowFault, returned};
pub use statement::{Bearing, Figures, Key, Record, Spot, Standing, Statement, Stood, Topic, Understood, Value};
pub use template::{Format, template};

use crate::authority::{Authorised, Stations, Written};
use crate::document::{Content, Digester};
use crate::finding::{Code, Finding, Place, Stop};
use crate::host::{Octets, Scratch};
use reading::Reading;
use records::Laying;
use std::io::{self, BufReader, Read};

/// A document that was read: its form is known, its faults are gathered, nothing is judged yet.
#[derive(Debug)]
pub struct Inspected {
    authorised: Authorised,
    /// None when the document does not say its period or revision in their form.
    statement: Option<Statement>,
    /// What was read, but for what the statement has taken from it.
    reading: Reading,
    /// What the content came to, judged ahead.
    foreseen: Option<Box<Foreseen>>,
}

/// A judgement made ahead.
#[derive(Debug)]
struct Foreseen {
    /// Beside what.
    standing: Standing,
    judged: Judged,
}

/// What form and content come to: every fault and warning, and whether it is rejected.
#[derive(Debug)]
struct Judged {
    findings: Vec<Finding>,
    errors: bool,
}

impl Inspected {
    /// What it states, when it says for which period and as which revision. Its form may have
    /// faults all the same; only [`validate`] says that it holds.
    pub fn statement(&self) -> Option<&Statement> {
        self.statement.as_ref()
    }
    /// The authorised document.
    pub fn authorised(&self) -> &Authorised {
        &self.authorised
    }
    /// Whether its records are too many for memory.
    pub fn is_long(&self) -> bool {
        self.statement.as_ref().is_some_and(|statement| statement.records.near().is_none())
    }
    /// Whether it is long and was judged ahead, beside something else than what stands: to judge it again takes long.
    pub fn was_foreseen_otherwise(&self, standing: &Standing, datasets: &Datasets) -> bool {
        self.is_long()
            && self.foreseen.as_ref().is_some_and(|foreseen| !self.stands(&foreseen.standing, standing, datasets))
    }
    /// Whether this is the same beside what it states.
    fn stands(&self, then: &Standing, now: &Standing, datasets: &Datasets) -> bool {
        then == now
            || self
                .statement
                .as_ref()
                .is_some_and(|statement| then.beside(statement, datasets) == now.beside(statement, datasets))
    }
    /// How many records were read.
    pub fn records(&self) -> usize {
        self.statement.as_ref().map_or(self.reading.records.len(), |statement| statement.records.len())
    }
}

/// A document whose form and content hold: typed records and warnings, ready to load.
#[derive(Debug)]
pub struct Validated {
    authorised: Authorised,
    statement: Statement,
    replacing: Replacing,
    understood: Vec<Understood>,
    warnings: Vec<Finding>,
}

impl Validated {
    /// The authorised document it came from.
    pub fn authorised(&self) -> &Authorised {
        &self.authorised
    }
    /// Key, revision and records.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }
    /// What it takes the place of.
    pub fn replacing(&self) -> &Replacing {
        &self.replacing
    }
    /// What was read, for the receipt.
    pub fn understood(&self) -> &[Understood] {
        &self.understood
    }
    /// Warnings shown to the sender.
    pub fn warnings(&self) -> &[Finding] {
        &self.warnings
    }
}

/// Reads the form. Faults do not end the reading: they are gathered in the value, and
/// [`validate`] gives them back together with those of the content. Records that are too many for memory are laid
/// away in `scratch`.
///
/// # Errors
/// [`Stop::Reject`] when there is no such dataset, [`Stop::Hold`] when its many records could not be laid away,
/// [`Stop::Halt`] when the document, which is ours by now, cannot be read again as it was verified.
pub fn inspect(
    authorised: Authorised,
    datasets: &Datasets,
    limits: &Limits,
    scratch: &Scratch,
) -> Result<Inspected, Stop> {
    inspect_laying(authorised, datasets, limits, Laying::from(scratch))
}

/// The same, with somebody who follows if the document is long.
///
/// # Errors
/// As [`inspect`].
pub fn inspect_followed(
    authorised: Authorised,
    datasets: &Datasets,
    limits: &Limits,
    (scratch, following): (&Scratch, &Following),
) -> Result<Inspected, Stop> {
    inspect_laying(authorised, datasets, limits, Laying { scratch, following: Some(following) })
}

fn inspect_laying(
    authorised: Authorised,
    datasets: &Datasets,
    limits: &Limits,
    laying: Laying<'_>,
) -> Result<Inspected, Stop> {
    let dataset = dataset_of(&authorised, datasets)?;
    let covered = authorised.verified().covered();
    let mut reading = match covered.written()? {
        Written::Xml => {
            let mut inspector = xml::XmlInspector::new(dataset, limits, laying);
            covered.read_xml(&mut |event| inspector.feed(event))?;
            inspector.finish()
        }
        written => read_octets(covered.octets(), authorised.verified().content(), dataset, written, (limits, laying))?,
    };
    if let Some(error) = &reading.lost {
        return Err(not_laid_away(error));
    }
    let statement = match (reading.period, reading.revision) {
        (Some(period), Some(revision)) => Some(Statement {
            key: Key { participant: authorised.stated_for().clone(), dataset: dataset.name.clone(), period },
            revision,
            records: std::mem::take(&mut reading.records),
        }),
        _ => None,
    };
    Ok(Inspected { authorised, statement, reading, foreseen: None })
}

/// Reads a table or a collection that was verified. What lies in a file may have changed since, so it is digested
/// again while it is read; what lies in memory cannot.
fn read_octets<'s>(
    octets: &Octets,
    content: Content,
    dataset: &Dataset,
    written: Written,
    (limits, laying): (&Limits, impl Into<Laying<'s>>),
) -> Result<Reading, Stop> {
    let gone = |error| Stop::Halt(format!("a verified document can no longer be read: {error}"));
    if octets.in_memory().is_some() {
        return read(octets.reader(), dataset, written, (limits, laying.into())).map_err(gone);
    }
    let mut again = DigestedAgain { octets: octets.reader(), digester: Digester::new() };
    let reading = read(&mut again, dataset, written, (limits, laying.into())).map_err(gone)?;
    std::io::copy(&mut again, &mut std::io::sink()).map_err(gone)?; // what a limit has left unread
    match again.digester.finish() == content.0 {
        true => Ok(reading),
        false => Err(Stop::Halt("a verified document read differently the second time: another digest".to_owned())),
    }
}

fn read(
    input: impl Read,
    dataset: &Dataset,
    written: Written,
    (limits, laying): (&Limits, Laying<'_>),
) -> io::Result<Reading> {
    /// Octets that are read from the disk, and digested, at a time.
    const PIECE: usize = 64 << 10;
    match written {
        Written::GeoJson => geojson::inspect(input, dataset, limits, laying),
        Written::Table | Written::Xml => csv::inspect(BufReader::with_capacity(PIECE, input), dataset, limits, laying),
    }
}

struct DigestedAgain<R> {
    octets: R,
    digester: Digester,
}

impl<R: Read> Read for DigestedAgain<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.octets.read(buffer)?;
        self.digester.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

/// Records that could not be laid away, or not be read back: it is our disk's fault, and of this document alone.
fn not_laid_away(error: &io::Error) -> Stop {
    Stop::Hold(Finding::new(Code::LoadNotJudged).found(format!("spool: {}", error.kind())))
}

/// Judges the content by the rules of its dataset, at the time of reception.
///
/// `standing` is what BOEMİS holds for the statement's key; a document without a
/// [`statement`](Inspected::statement) is judged with an empty one, and rejected.
///
/// # Errors
/// [`Stop::Reject`] with every fault of form and content, errors before warnings; [`Stop::Hold`] when records that
/// were laid away cannot be read back; [`Stop::Halt`] for a state that cannot be.
pub fn validate(
    mut inspected: Inspected,
    standing: &Standing,
    datasets: &Datasets,
    stations: &Stations,
) -> Result<Validated, Stop> {
    let foreseen = inspected.foreseen.take();
    let foreseen = foreseen.filter(|foreseen| inspected.stands(&foreseen.standing, standing, datasets));
    let Judged { findings, errors } = match foreseen {
        Some(foreseen) => foreseen.judged,
        None => judged(&inspected, standing, datasets, stations)?,
    };
    let Inspected { authorised, statement, reading, .. } = inspected;
    match statement {
        Some(statement) if !errors => {
            let mut understood = rules::understood(dataset_of(&authorised, datasets)?, &reading.tally);
            let verified = authorised.verified();
            let replaced = standing.current.as_ref().filter(|stood| stood.submission != verified.about().id);
            understood.extend(reading.correction.understood(replaced, verified.enclosed()));
            let replacing = reading.correction.replacing(replaced);
            Ok(Validated { authorised, statement, replacing, understood, warnings: findings })
        }
        Some(_) => Err(Stop::Reject(findings)),
        None if errors => Err(Stop::Reject(findings)),
        None => Err(Stop::Halt("a document without period or revision has no fault of form".to_owned())),
    }
}

/// Judges ahead, beside what stands now: whether it holds. [`validate`] asks nothing more when the same stands then.
///
/// # Errors
/// As [`validate`], but for what is rejected.
pub fn foresee(
    inspected: &mut Inspected,
    standing: Standing,
    datasets: &Datasets,
    stations: &Stations,
) -> Result<bool, Stop> {
    let judged = judged(inspected, &standing, datasets, stations)?;
    let holds = !judged.errors && inspected.statement.is_some();
    inspected.foreseen = Some(Box::new(Foreseen { standing, judged }));
    Ok(holds)
}

fn judged(
    inspected: &Inspected,
    standing: &Standing,
    datasets: &Datasets,
    stations: &Stations,
) -> Result<Judged, Stop> {
    let Inspected { authorised, reading, .. } = inspected;
    let about = authorised.verified().about();
    let content = authorised.verified().content();
    if authorised.proposer().is_none() && standing.repeats(content).is_some_and(|earlier| earlier != about.id) {
        return Err(Stop::Halt(format!("the duplicate {} reached the rules", about.id)));
    }
    let mut faults = reading.faults.clone();
    let (read, wanted) = (reading.correction.about.as_deref(), authorised.about().map(|voen| voen.as_str()));
    if read != wanted && !faults.any_errors() {
        // whoever is let through for one body is not let through for another
        let finding = Finding::new(Code::SchemaInvalid).at(Place::whole().path("about"));
        faults.push(finding.found(read.unwrap_or("—")).wanted(wanted.unwrap_or("—")));
    }
    let case = case_of(inspected, standing, datasets, stations)?;
    rules::judge(&case, &mut faults);
    if let Some(error) = case.lost.take() {
        return Err(not_laid_away(&error));
    }
    let errors = faults.any_errors();
    let mut findings = faults.finish();
    if !findings.is_empty() {
        let mut places: Vec<&mut Place> = findings.iter_mut().map(|finding| &mut finding.place).collect();
        authorised.verified().covered().locate(&mut places);
    }
    Ok(Judged { findings, errors })
}

/// Every fault of single records, up to `returned_rows_max`, and whether there are more: of those that need nothing but
/// the document and the register. What stands in BOEMİS is not asked, nor what records come to together.
fn faults_of_rows(
    authorised: Authorised,
    (datasets, stations): (&Datasets, &Stations),
    limits: &Limits,
    scratch: &Scratch,
) -> Result<(Authorised, Vec<Finding>), Stop> {
    let limits = Limits { findings_max: limits.returned_rows_max, ..*limits };
    let inspected = inspect(authorised, datasets, &limits, scratch)?;
    let standing = Standing::default();
    let mut faults = inspected.reading.faults.clone();
    let case = case_of(&inspected, &standing, datasets, stations)?;
    rules::judge_each(&case, &mut faults);
    if let Some(error) = case.lost.take() {
        return Err(not_laid_away(&error));
    }
    Ok((inspected.authorised, faults.finish()))
}

/// Everything that the rules look at.
fn case_of<'a>(
    inspected: &'a Inspected,
    standing: &'a Standing,
    datasets: &'a Datasets,
    stations: &'a Stations,
) -> Result<rules::Case<'a>, Stop> {
    let Inspected { authorised, statement, reading, .. } = inspected;
    let dataset = dataset_of(authorised, datasets)?;
    let about = authorised.verified().about();
    Ok(rules::Case {
        dataset,
        datasets,
        id: about.id,
        content: authorised.verified().content(),
        participant: authorised.stated_for(),
        owner: authorised.is_stated_for_owner(),
        proposer: authorised.proposer(),
        proposer_is_owner: authorised.proposer().is_some() && authorised.is_owner(),
        received: about.received,
        period: reading.period,
        revision: reading.revision,
        correction: &reading.correction,
        grounded: !authorised.verified().enclosed().is_empty(),
        records: statement.as_ref().map_or(&reading.records, |statement| &statement.records),
        tally: &reading.tally,
        total: reading.total.as_ref(),
        broken: &reading.broken,
        standing,
        stations,
        lost: rules::Lost::default(),
    })
}

/// The description of the dataset that the document was authorised for (R 3.5.3).
fn dataset_of<'a>(authorised: &Authorised, datasets: &'a Datasets) -> Result<&'a Dataset, Stop> {
    let name = authorised.dataset();
    datasets.by_name.get(name).ok_or_else(|| {
        let known: Vec<_> = datasets.by_name.keys().map(|name| name.as_str()).collect();
        Finding::new(Code::SchemaUnknownDataset).found(name).wanted(known.join(", ")).into()
    })
}

#[cfg(test)]
impl Validated {
    /// A statement believed without a look, of an arrival that nobody saw, for tests of later rooms.
    pub(crate) fn unseen_arrival(
        id: crate::document::SubmissionId,
        held: bool,
        content: crate::document::Content,
        statement: Statement,
    ) -> Self {
        let (participant, dataset) = (statement.key.participant.clone(), statement.key.dataset.clone());
        let authorised = Authorised::unseen_arrival(id, held, content, participant, dataset);
        let replacing = Replacing::default();
        Self { authorised, statement, replacing, understood: Vec::new(), warnings: Vec::new() }
    }

    /// The same, as a proposal of somebody else's.
    pub(crate) fn proposed_by(self, proposer: crate::document::ParticipantName) -> Self {
        Self { authorised: self.authorised.proposed_by(proposer), ..self }
    }

    /// The same, which says that it takes the place of something.
    pub(crate) fn replacing_this(self, replacing: Replacing) -> Self {
        Self { replacing, ..self }
    }
}
