//! Claims: what a document says of itself before anybody believes it — dataset, sender and
//! addressee, read from what the signatures cover and from nothing else (CONTRACT 3).
//!
//! Looks at the root of XML, at the header and first row of CSV, at what stands before the features of GeoJSON; never
//! at the records.

use super::{Form, heading};
use crate::document::{APPROVAL_NAMESPACE, DatasetName, Period, SUBMISSION_NAMESPACE};
use crate::finding::{Code, Finding, Hint, Place, Stop};
use crate::json;
use crate::signature::{Covered, CoveredEvent, Written};
use std::io::Read;

/// Octets of a CSV file that are looked at for its header and first row, and of a GeoJSON file for what stands before
/// its features: enough for columns of any dataset, too few to fill memory. Fixed, since no document of the form comes
/// near it.
const HEAD_MAX: u64 = 1 << 20;
/// Characters of a member's name or value that are looked at, more than any right one has.
const TEXT_MAX: usize = 160;

/// One claim and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The text, as it stands.
    pub text: String,
    /// Its place.
    pub place: Place,
}

/// What a document claims; what it leaves out is `None` with its place beside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The dataset.
    pub dataset: Option<Claim>,
    /// The sender's VÖEN.
    pub sender: Option<Claim>,
    /// Of a correction proposed to another body's data (R 3.13): that body's VÖEN.
    pub about: Option<Claim>,
    /// The window it is addressed to.
    pub to: Option<Claim>,
    /// The period; asked for by nobody here, it only says what a held document is of.
    pub period: Option<Claim>,
    /// Of an approval: the submission that it speaks of; likewise asked for by nobody here.
    pub submission: Option<Claim>,
    /// What kind of document it is.
    pub form: Form,
    /// In which form it is written: in CSV a test window lets `sender` be left out.
    pub written: Written,
    /// Where a missing claim should stand.
    pub place: Place,
}

impl Claims {
    /// Reads them from what the signatures cover.
    ///
    /// # Errors
    /// A rejection when the document is no submission; a halt when it cannot be read.
    pub fn read(covered: &Covered) -> Result<Self, Stop> {
        match covered.written()? {
            Written::Xml => {
                let mut claims = None;
                covered.read_xml(&mut |event| {
                    claims = Some(Self::of_root(event));
                    false
                })?;
                Ok(claims.unwrap_or_else(|| Err(Finding::new(Code::SchemaInvalid).wanted("<Submission>")))?)
            }
            Written::Table => Self::of_csv(covered.octets().reader()),
            Written::GeoJson => Self::of_collection(covered.octets().reader()),
        }
    }

    /// Whether a document that the mail's signature alone signs may be this: a statement, and nothing that takes
    /// another one through a stage (S 4.2.1), which wants an act of its own.
    ///
    /// # Errors
    /// The finding that says so.
    pub fn by(&self, mail_signature: bool) -> Result<(), Finding> {
        match self.form {
            Form::Approval if mail_signature => {
                Err(Finding::new(Code::AuthorityMailSignature).at(self.place.clone()).hint(Hint::fixed(
                    "Təsdiq sənədi həmişə özü imzalanmalıdır.",
                    "An approval must always bear a signature of its own.",
                )))
            }
            Form::Submission | Form::Approval => Ok(()),
        }
    }

    /// Dataset and period, when both are in their form.
    pub fn of(&self) -> Option<(DatasetName, Period)> {
        if self.form == Form::Approval {
            return None; // it states nothing itself
        }
        let period = match &self.period {
            Some(claim) => claim.text.parse().ok()?,
            None => Period::None,
        };
        Some((self.dataset.as_ref()?.text.parse().ok()?, period))
    }

    /// Whether it proposes a correction to another body's data.
    pub fn proposes(&self) -> bool {
        self.form == Form::Submission && self.about.is_some()
    }

    /// Of an approval, the submission that it speaks of.
    pub fn names(&self) -> Option<String> {
        let named = self.submission.as_ref().filter(|_| self.form == Form::Approval);
        named.map(|claim| claim.text.chars().take(TEXT_MAX).collect())
    }

    /// From the first event of an XML document, the start of its root.
    fn of_root(event: CoveredEvent<'_>) -> Result<Self, Finding> {
        let CoveredEvent::Start { namespace, local, attributes, offset } = event else {
            return Err(Finding::new(Code::SchemaInvalid).wanted("<Submission>"));
        };
        let place = Place::at(offset).path(format!("/{local}"));
        let form = match (namespace, local) {
            (SUBMISSION_NAMESPACE, "Submission") => Form::Submission,
            (APPROVAL_NAMESPACE, "Approval") => Form::Approval,
            _ => {
                let wanted = format!("{{{SUBMISSION_NAMESPACE}}}Submission");
                let found = format!("{{{namespace}}}{local}");
                return Err(Finding::new(Code::SchemaInvalid).at(place).found(found).wanted(wanted));
            }
        };
        let claim = |name: &str| {
            let attribute =
                attributes.iter().find(|attribute| attribute.namespace.is_empty() && attribute.local == name)?;
            let place = Place::at(offset).path(format!("/{local}/@{name}"));
            Some(Claim { text: attribute.value.to_owned(), place })
        };
        Ok(Self {
            dataset: claim("dataset"),
            sender: claim("sender"),
            about: claim("about"),
            to: claim("to"),
            period: claim("period"),
            submission: claim("submission"),
            form,
            written: Written::Xml,
            place,
        })
    }

    /// From the member `submission` of a GeoJSON document, which stands before its features.
    fn of_collection(octets: impl Read) -> Result<Self, Stop> {
        let mut json = json::Reader::new(octets.take(HEAD_MAX));
        Self::before_features(&mut json).map_err(|fault| match (fault.finding(), fault.wrong) {
            (Some(finding), _) => finding.into(),
            (None, wrong) => Stop::Halt(format!("reading a held document: {wrong:?}")),
        })
    }

    fn before_features(json: &mut json::Reader<impl Read>) -> Result<Self, json::Fault> {
        let place = Place::at(json.place()?).path("/submission");
        let (written, form) = (Written::GeoJson, Form::Submission);
        let (dataset, sender, about, to, period, submission) = (None, None, None, None, None, None);
        let mut claims = Self { dataset, sender, about, to, period, submission, form, written, place };
        json.expect(b'{')?;
        let mut goes_on = !json.takes(b'}')?;
        while goes_on {
            let (name, _) = json.name(TEXT_MAX)?;
            match name.as_str() {
                "features" => break,
                "submission" if json.kind()? == json::Kind::Object => {
                    claims.place.offset = Some(json.place()?);
                    claims.of_submission(json)?;
                    break;
                }
                _ => json.skip()?,
            }
            goes_on = json.takes(b',')?;
        }
        Ok(claims)
    }

    /// Its members. One that stands twice is the schema's to refuse, so it is no matter which of them is believed.
    fn of_submission(&mut self, json: &mut json::Reader<impl Read>) -> Result<(), json::Fault> {
        json.expect(b'{')?;
        let mut goes_on = !json.takes(b'}')?;
        while goes_on {
            let (name, _) = json.name(TEXT_MAX)?;
            let at = json.place()?;
            if json.kind()? == json::Kind::String {
                let text = json.string(TEXT_MAX)?;
                let claim = Claim { text, place: Place::at(at).path(format!("/submission/{name}")) };
                match name.as_str() {
                    "dataset" => self.dataset = Some(claim),
                    "sender" => self.sender = Some(claim),
                    "about" => self.about = Some(claim),
                    "to" => self.to = Some(claim),
                    "period" => self.period = Some(claim),
                    _ => {}
                }
            } else {
                json.skip()?;
            }
            goes_on = json.takes(b',')?;
        }
        json.expect(b'}')
    }

    /// From the header and first row of a CSV document.
    fn of_csv(mut octets: impl Read) -> Result<Self, Stop> {
        let mut head = Vec::new();
        octets
            .by_ref()
            .take(HEAD_MAX)
            .read_to_end(&mut head)
            .map_err(|error| Stop::Halt(format!("reading a held document: {error}")))?;
        let mut rows = rows(&head);
        let Some(header) = rows.next() else {
            let place = Place::at(0).row(1);
            return Err(Finding::new(Code::SchemaMissing).at(place).wanted("dataset, period, revision, …").into());
        };
        if let Some(finding) = heading::unreadable(header.octets) {
            return Err(finding.into());
        }
        let delimiter = heading::delimiter(header.octets);
        let names = header.fields(delimiter, &head)?;
        let first = rows.find(|row| row.octets.iter().any(|&octet| octet != delimiter));
        if !names.iter().any(|name| name.trim() == "dataset") {
            header.names_none(&names, delimiter)?;
        }
        let Some(first) = first else { return Err(heading::no_rows("dataset").into()) };
        if let Some(finding) = heading::cut_otherwise(first.octets, delimiter, names.len(), first.place()) {
            return Err(finding.into());
        }
        let fields = first.fields(delimiter, &head)?;
        let claim = |name: &str| {
            let column = names.iter().position(|field| field.trim() == name)?;
            let text = fields.get(column)?.clone();
            Some(Claim { text, place: first.place().path(name) })
        };
        if claim("dataset").is_none() && heading::is_torn(first.octets) {
            return Err(heading::torn(first.octets, first.place()).into());
        }
        // a column that stands but is empty leaves the claim out
        let stated = |name: &str| claim(name).filter(|claim| !claim.text.is_empty());
        Ok(Self {
            dataset: stated("dataset"),
            sender: stated("sender"),
            about: stated("about"),
            to: stated("to"),
            period: stated("period"),
            submission: None,
            form: Form::Submission,
            written: Written::Table,
            place: header.place(),
        })
    }
}

/// A row of a table, as it lies there: a line (a value that goes on in the next is the schema's to refuse).
struct Row<'h> {
    octets: &'h [u8],
    offset: u64,
    number: u64,
}

/// The rows of a table's beginning, without the byte order mark of UTF-8 and without line ends.
fn rows(head: &[u8]) -> impl Iterator<Item = Row<'_>> {
    let mark = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let body = head.get(mark..).filter(|body| !body.is_empty());
    let mut offset = mark as u64;
    let lines = body.into_iter().flat_map(|body| body.split(|&octet| octet == b'\n'));
    lines.zip(1..).map(move |(line, number)| {
        let row = Row { octets: line.strip_suffix(b"\r").unwrap_or(line), offset, number };
        offset += line.len() as u64 + 1;
        row
    })
}

impl Row<'_> {
    fn place(&self) -> Place {
        Place::at(self.offset).row(self.number)
    }

    /// Its fields; unequal rows are the schema's to tell, with their own finding.
    fn fields(&self, delimiter: u8, head: &[u8]) -> Result<Vec<String>, Finding> {
        let mut rows =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(self.octets);
        let mut record = csv::ByteRecord::new();
        if let Err(error) = rows.read_byte_record(&mut record) {
            return Err(Finding::new(Code::SchemaInvalid).at(self.place()).found(error).wanted("CSV"));
        }
        let text = |field: &[u8]| std::str::from_utf8(field).map(str::to_owned);
        record.iter().map(text).collect::<Result<_, _>>().map_err(|_| not_utf8(head, self.offset, self.number))
    }

    /// Why a header without `dataset` has no such name, where more can be said than that it is missing.
    fn names_none(&self, names: &[String], delimiter: u8) -> Result<(), Stop> {
        if let Some(finding) = names.iter().find_map(|name| heading::joined(name, delimiter, self.place())) {
            return Err(finding.into());
        }
        let slip = |name: &String| {
            let (wanted, hint) = FRAME.iter().find_map(|&wanted| Some((wanted, heading::misnamed(name, wanted)?)))?;
            let finding = Finding::new(Code::SchemaInvalid).at(self.place()).found(name).wanted(wanted).hint(hint);
            Some((wanted == "dataset", finding))
        };
        let slips: Vec<(bool, Finding)> = names.iter().filter_map(slip).collect();
        if slips.iter().any(|(is_dataset, _)| *is_dataset) {
            return Err(Stop::Reject(slips.into_iter().map(|(_, finding)| finding).collect()));
        }
        if slips.is_empty() && !names.iter().any(|name| FRAME.contains(&name.trim())) {
            let wanted = FRAME.join(", ") + ", …";
            let names = names.iter().map(String::as_str);
            return Err(heading::nameless(self.octets, names, &wanted, self.place()).into());
        }
        Ok(())
    }
}

/// The names that the header of every table has.
const FRAME: [&str; 5] = ["dataset", "period", "revision", "sender", "to"];

/// The first octet from here on that is not UTF-8, as the schema tells it.
fn not_utf8(head: &[u8], from: u64, row: u64) -> Finding {
    let rest = usize::try_from(from).ok().and_then(|from| head.get(from..)).unwrap_or_default();
    let good = std::str::from_utf8(rest).map_or_else(|fault| fault.valid_up_to(), |_| 0);
    let octet = rest.get(good).copied().unwrap_or_default();
    let place = Place::at(from + good as u64).row(row);
    Finding::new(Code::SchemaEncoding).at(place).found(format!("0x{octet:02X}")).wanted("UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::SUBMISSION_NAMESPACE as NAMESPACE;
    use crate::signature::CoveredAttribute;

    fn csv(text: &str) -> Result<Claims, Stop> {
        Claims::of_csv(text.as_bytes())
    }

    #[test]
    fn the_root_alone_says_what_an_xml_document_claims() {
        let attribute = |namespace, local, value| CoveredAttribute { namespace, local, value };
        let attributes = [
            attribute("urn:other", "dataset", "capacity"),
            attribute("", "dataset", "generation"),
            attribute("", "sender", "9990000631"),
        ];
        let root = |namespace, local| CoveredEvent::Start { namespace, local, attributes: &attributes, offset: 39 };
        let claims = Claims::of_root(root(NAMESPACE, "Submission")).unwrap();
        let dataset = claims.dataset.unwrap();
        assert_eq!(
            (dataset.text.as_str(), dataset.place.path.as_deref()),
            ("generation", Some("/Submission/@dataset"))
        );
        assert_eq!((dataset.place.offset, claims.to), (Some(39), None));
        for (namespace, local) in [("", "Submission"), (NAMESPACE, "Receipt"), (APPROVAL_NAMESPACE, "Submission")] {
            assert_eq!(Claims::of_root(root(namespace, local)).unwrap_err().code, Code::SchemaInvalid);
        }
    }

    #[test]
    fn columns_stand_in_any_order_with_either_separator_and_a_mark_before() {
        for text in [
            "dataset,period,sender,to,station\ngeneration,2026-Q3,9990000631,trial,GUN-0001\n",
            "\u{feff}to;\"sender\";dataset\r\ntrial;9990000631;\"generation\"\r\n",
            "sender;to;dataset\n9990000631;trial;generation",
        ] {
            let claims = csv(text).unwrap();
            let texts = [claims.dataset, claims.sender, claims.to].map(|claim| claim.unwrap().text);
            assert_eq!(texts, ["generation", "9990000631", "trial"], "{text:?}");
        }
    }

    #[test]
    fn a_claim_knows_its_row_column_and_offset() {
        let claims = csv("\u{feff}dataset,to\ngeneration,\n").unwrap();
        let place = claims.dataset.unwrap().place;
        assert_eq!((place.offset, place.row, place.path.as_deref()), (Some(14), Some(2), Some("dataset")));
        assert_eq!(claims.to, None);
    }

    #[test]
    fn a_heading_that_claims_nothing_says_why() {
        for (text, slug, hint) in [
            ("dataset,sender\n", "schema.missing", "No row follows"),
            ("dataset,sender\n,\n\r\n", "schema.missing", "No row follows"),
            ("sep=;\ndataset;sender\n", "schema.invalid", "Remove the line"),
            ("DATASET,period\ngeneration,2026\n", "schema.invalid", "small letters"),
            (" dataset2,period,dаtaset\na,2026,generation\n", "schema.invalid", "Character 2, “а” (U+0430, a Cyrillic"),
            ("toplu,dövr\ngeneration,2026\n", "schema.invalid", "none of these is known"),
            ("generation,2026-Q3,1\n", "schema.invalid", "begins with a row of data"),
            ("dataset,period,to\ngeneration;2026;trial\n", "schema.invalid", "two signs"),
            ("dataset,period;to;x\ngeneration;2026;trial;y\n", "schema.invalid", "two signs"),
        ] {
            let Err(Stop::Reject(findings)) = csv(text) else { panic!("{text}") };
            let said = findings[0].message(crate::finding::Language::En);
            assert!(findings[0].code.slug() == slug && said.contains(hint), "{text:?}: {said}");
        }
    }

    #[test]
    fn a_collection_says_before_its_features_what_it_claims() {
        let of = |text: &str| Claims::of_collection(text.as_bytes());
        let text = "\u{feff}{\"type\": \"FeatureCollection\", \"bbox\": [1, {}], \"submission\": {\"s\\u0065nder\": \
                    \"9990000631\", \"revision\": 1, \"dataset\": \"grid\"}, \"features\": [";
        let claims = of(text).unwrap();
        let (dataset, sender) = (claims.dataset.unwrap(), claims.sender.unwrap());
        assert_eq!((dataset.text.as_str(), sender.text.as_str(), claims.to), ("grid", "9990000631", None));
        assert!(text[dataset.place.offset.unwrap() as usize..].starts_with("\"grid\""));
        assert_eq!(sender.place.path.as_deref(), Some("/submission/sender"));
        let behind = of("{\"features\": [], \"submission\": {\"dataset\": \"grid\"}}").unwrap();
        assert_eq!((behind.dataset, behind.place.path.as_deref()), (None, Some("/submission")));
        assert!(matches!(of("{\"a\" 1}"), Err(Stop::Reject(found)) if found[0].code == Code::SchemaNotWellformed));
    }

    #[test]
    fn what_is_no_table_is_refused_and_not_guessed() {
        assert!(matches!(csv(""), Err(Stop::Reject(findings)) if findings[0].code == Code::SchemaMissing));
        assert!(matches!(csv("period,sender\n2026,1\n"), Ok(Claims { dataset: None, .. })));
        let latin = Claims::of_csv(&b"dataset\ng\xe9n\n"[..]);
        assert!(matches!(latin, Err(Stop::Reject(findings)) if findings[0].code == Code::SchemaEncoding));
    }
}
