//! Claims: what a document says of itself before anybody believes it — dataset, sender and
//! addressee, read from what the signatures cover and from nothing else (CONTRACT 3).
//!
//! Looks at the root of XML, at the header and first row of CSV, at what stands before the features of GeoJSON; never
//! at the records.

use super::Form;
use crate::document::{APPROVAL_NAMESPACE, DatasetName, Period, SUBMISSION_NAMESPACE};
use crate::finding::{Code, Finding, Place, Stop};
use crate::json;
use crate::signature::{Covered, CoveredEvent, Written};
use std::io::{BufReader, Read};

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
        let mark = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let body = head.get(mark..).unwrap_or_default();
        // the header's names hold neither mark, so the first that occurs is the separator
        let separator =
            body.iter().copied().find(|octet| matches!(octet, b',' | b';' | b'\n')).filter(|&octet| octet != b'\n');
        let mut rows = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true) // unequal rows are the schema's to tell, with their own finding
            .delimiter(separator.unwrap_or(b','))
            .from_reader(BufReader::new(body));
        let mut number = 0;
        let mut row = || -> Result<Option<(u64, Vec<String>)>, Finding> {
            let mut record = csv::ByteRecord::new();
            match rows.read_byte_record(&mut record) {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(error) => return Err(Finding::new(Code::SchemaInvalid).found(error).wanted("CSV")),
            }
            let offset = record.position().map_or(0, |position| position.byte()) + mark as u64;
            number += 1;
            let mut fields = Vec::new();
            for field in &record {
                let text = std::str::from_utf8(field).map_err(|_| not_utf8(&head, offset, number))?;
                fields.push(text.to_owned());
            }
            Ok(Some((offset, fields)))
        };
        let place = |offset, row| Place::at(offset).row(row);
        let Some((header_at, header)) = row()? else {
            return Err(Finding::new(Code::SchemaMissing)
                .at(place(0, 1))
                .wanted("dataset, period, revision, …")
                .into());
        };
        let first = row()?;
        let claim = |name: &str| {
            let column = header.iter().position(|field| field.trim() == name)?;
            let (offset, fields) = first.as_ref()?;
            let text = fields.get(column)?.clone();
            Some(Claim { text, place: place(*offset, 2).path(name) })
        };
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
            place: place(header_at, 1),
        })
    }
}

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
        assert_eq!(csv("dataset,sender\n").unwrap().dataset, None);
        let latin = Claims::of_csv(&b"dataset\ng\xe9n\n"[..]);
        assert!(matches!(latin, Err(Stop::Reject(findings)) if findings[0].code == Code::SchemaEncoding));
    }
}
