//! The page of text: a receipt for people, made from the sealed XML and from nothing else (R 1.6).
//!
//! Plain text of at most 78 columns, no control characters but the line feed. It is not sealed, says so, and says
//! how to prove the XML. Never shows a character that moves a cursor or turns the direction of text.

use super::{Told, ToldFile, ToldFinding};
use crate::document::BAKU;
use crate::finding::{Code, Finding, Language, grouped};
use jiff::Timestamp;

/// Columns of the page, for the narrowest terminal and a sheet of A4.
const COLUMNS: usize = 78;
/// Column at which values begin.
const VALUES: usize = 18;

/// The page, in this language, of a receipt's octets.
///
/// # Errors
/// `receipt.not-a-receipt` when they are none.
pub fn page(octets: &[u8], language: Language) -> Result<String, Finding> {
    let told = Told::read_octets(octets)?;
    let mut page = Page { text: String::with_capacity(4096), words: words(language) };
    page.head(&told);
    page.facts(&told);
    page.understood(&told, language);
    page.findings(&told, language);
    page.foot();
    Ok(page.text)
}

struct Page {
    text: String,
    words: &'static Words,
}

impl Page {
    fn head(&mut self, told: &Told) {
        let words = self.words;
        self.rule('=');
        self.paragraph(0, &format!("{}  {}", words.receipt, told.number));
        self.paragraph(0, if told.issued_by.is_empty() { &told.window } else { &told.issued_by });
        self.rule('=');
        if told.environment == "test" {
            self.paragraph(0, words.test); // S 5.1.5
            self.rule('=');
        }
        self.blank();
        let (word, meaning) = (words.decision)(case(told)).unwrap_or((&told.decision, ""));
        self.paragraph(0, word);
        self.paragraph(0, meaning);
        self.blank();
    }

    fn facts(&mut self, told: &Told) {
        let words = self.words;
        self.value(words.number, &told.number);
        self.value(words.window, &told.window);
        self.value(words.issued, &self.time(&told.issued));
        if let Some(stamped) = &told.stamped {
            self.value(words.stamped, &self.time(stamped));
        }
        if let Some(log) = &told.log {
            let name = log.checkpoint.lines().next().unwrap_or_default();
            self.value(words.logged, &format!("{name} № {}", log.index));
        }
        self.value(words.received, &self.time(&told.received));
        self.value(words.submission, &told.id);
        if let Some(original) = &told.original {
            let decision = (words.decision)(&original.decision).map_or(original.decision.as_str(), |(word, _)| word);
            self.value(words.original, &format!("{} ({decision})", original.number));
            self.value("", &original.id);
        }
        self.blank();
        self.file(words.file, &told.document);
        if let Some(signature) = &told.signature {
            self.file(words.signature, signature);
        }
        let sender = [told.participant.as_deref(), told.voen.as_deref().map(|_| "VÖEN"), told.voen.as_deref()];
        self.value(words.sender, &sender.into_iter().flatten().collect::<Vec<_>>().join(" "));
        for signer in &told.signers {
            self.value(words.signer, signer.subject.as_deref().unwrap_or("—"));
            let verdict = [Some(signer.indication.as_str()), signer.sub_indication.as_deref()];
            self.value("", &verdict.into_iter().flatten().collect::<Vec<_>>().join(" / "));
        }
        self.blank();
    }

    fn understood(&mut self, told: &Told, language: Language) {
        let words = self.words;
        // what was loaded has their number among its totals
        let counted = told.understood.iter().any(|total| total.title_en == EN.records);
        let records = told.records.clone().filter(|_| !counted);
        let facts = [
            (words.dataset, &told.dataset),
            (words.period, &told.period),
            (words.revision, &told.revision),
            (words.records, &records),
        ];
        if told.understood.is_empty() && facts.iter().all(|(_, value)| value.is_none()) {
            return;
        }
        self.heading(words.understood);
        for (label, value) in facts {
            self.value(label, value.as_deref().unwrap_or_default());
        }
        for total in &told.understood {
            let title = match language {
                Language::Az => &total.title_az,
                Language::En => &total.title_en,
            };
            match clean(title).chars().count() + 3 < VALUES {
                true => self.value(title, &format!("{} {}", total.value, total.unit)),
                false => self.paragraph(2, &format!("{title}: {} {}", total.value, total.unit)),
            }
        }
        self.blank();
    }

    fn findings(&mut self, told: &Told, language: Language) {
        let words = self.words;
        // what holds a document is no fault of its sender
        let errors = if told.decision == "held" { words.why_held } else { words.errors };
        for (severity, heading) in [("error", errors), ("warning", words.warnings)] {
            let of_severity: Vec<_> = told.findings.iter().filter(|finding| finding.severity == severity).collect();
            if of_severity.is_empty() {
                continue;
            }
            self.heading(&format!("{heading} ({})", of_severity.len()));
            if severity == "warning" && matches!(told.decision.as_str(), "accepted" | "pending") {
                self.paragraph(2, words.no_bar);
                self.blank();
            }
            let message = |finding: &ToldFinding| match language {
                Language::Az => finding.message_az.clone(),
                Language::En => finding.message_en.clone(),
            };
            let slugs = of_severity.iter().map(|finding| (finding.code.as_str(), message(finding)));
            for (count, (nth, message)) in grouped(slugs, language).into_iter().enumerate() {
                let Some(finding) = of_severity.get(nth) else { continue };
                self.hanging(&format!("{}.", count + 1), &message);
                let place: Vec<String> = [
                    (words.line, &finding.line),
                    (words.column, &finding.column),
                    (words.row, &finding.row),
                    ("", &finding.path),
                ]
                .into_iter()
                .filter_map(|(label, value)| value.as_ref().map(|value| format!("{label} {value}").trim().to_owned()))
                .collect();
                if !place.is_empty() {
                    self.paragraph(6, &format!("{}: {}", words.place, place.join(", ")));
                }
                self.paragraph(6, &format!("[{} · {} · {}]", finding.code, finding.clause, finding.reason));
                self.blank();
            }
        }
    }

    fn foot(&mut self) {
        self.rule('-');
        self.paragraph(0, self.words.unsealed);
        self.text.push_str(
            "\n    pencere receipt verify RECEIPT.xml --seal seal.crt\n\n    \
             xmlsec1 --verify --enabled-key-data key-name \\\n      \
             --pubkey-cert-pem seal.crt --id-attr:Id \\\n      \
             http://uri.etsi.org/01903/v1.3.2#:SignedProperties RECEIPT.xml\n",
        );
    }

    fn file(&mut self, label: &str, file: &ToldFile) {
        let size = file.size.as_ref().map(|size| format!("{size} {}", self.words.octets)).unwrap_or_default();
        self.value(label, &file.name);
        self.value("", &size);
        if let Some(sha256) = &file.sha256 {
            // whole on its line, so that it can be copied and searched for
            self.paragraph(2, &format!("SHA-256 {sha256}"));
        }
    }

    /// `21.11.2026 24:35:58 (Bakı) · 2026-11-21T20:35:58Z`; what is no time is shown as it stands.
    fn time(&self, text: &str) -> String {
        match text.parse::<Timestamp>() {
            Ok(at) => {
                let baku = BAKU.to_datetime(at);
                format!(
                    "{:02}.{:02}.{:04} {:02}:{:02}:{:02} ({}) = {text}",
                    baku.day(),
                    baku.month(),
                    baku.year(),
                    baku.hour(),
                    baku.minute(),
                    baku.second(),
                    self.words.baku
                )
            }
            Err(_) => text.to_owned(),
        }
    }

    fn heading(&mut self, text: &str) {
        self.paragraph(0, text);
        self.rule('-');
    }

    /// A label and its value; nothing where there is no value.
    fn value(&mut self, label: &str, value: &str) {
        let value = clean(value);
        for (count, line) in wrap(value.trim(), COLUMNS - VALUES).into_iter().enumerate() {
            let label = if count == 0 { clean(label) } else { String::new() };
            self.line(&format!("  {label:<width$}{line}", width = VALUES - 2));
        }
    }

    /// A paragraph with its mark in the margin.
    fn hanging(&mut self, mark: &str, text: &str) {
        for (count, line) in wrap(&clean(text), COLUMNS - 6).into_iter().enumerate() {
            self.line(&format!("{:>4}  {line}", if count == 0 { mark } else { "" }));
        }
    }

    fn paragraph(&mut self, indent: usize, text: &str) {
        for line in wrap(&clean(text), COLUMNS - indent) {
            self.line(&format!("{}{line}", " ".repeat(indent)));
        }
    }

    fn rule(&mut self, mark: char) {
        self.line(&mark.to_string().repeat(COLUMNS));
    }

    fn blank(&mut self) {
        if !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }
}

/// Takes out what moves a cursor, breaks a line or turns the direction of text.
fn clean(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => ' ',
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// Breaks a text into lines of at most so many characters, at blanks where it can.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut length = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let mut word: Vec<char> = word.chars().collect();
        if length > 0 && length + 1 + word.len() > columns {
            lines.push(std::mem::take(&mut line));
            length = 0;
        }
        while word.len() > columns {
            lines.push(word.drain(..columns).collect());
        }
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        length += word.len();
        line.extend(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// The page's own words.
struct Words {
    receipt: &'static str,
    test: &'static str,
    decision: fn(&str) -> Option<(&'static str, &'static str)>,
    number: &'static str,
    window: &'static str,
    issued: &'static str,
    stamped: &'static str,
    logged: &'static str,
    received: &'static str,
    submission: &'static str,
    original: &'static str,
    file: &'static str,
    signature: &'static str,
    octets: &'static str,
    sender: &'static str,
    signer: &'static str,
    understood: &'static str,
    dataset: &'static str,
    period: &'static str,
    revision: &'static str,
    records: &'static str,
    errors: &'static str,
    why_held: &'static str,
    warnings: &'static str,
    no_bar: &'static str,
    place: &'static str,
    line: &'static str,
    column: &'static str,
    row: &'static str,
    baku: &'static str,
    unsealed: &'static str,
}

/// The decision as people are told it: what was withdrawn is in no doubt, and an approval is loaded nowhere.
fn case(told: &Told) -> &str {
    let is_withdrawn = told.findings.iter().any(|finding| finding.code == Code::RuleWithdrawn.slug());
    match told.decision.as_str() {
        "contested" if is_withdrawn => "withdrawn",
        "rejected" if is_withdrawn => "withdrawn",
        "accepted" if told.records.is_none() => "taken",
        decision => decision,
    }
}

fn words(language: Language) -> &'static Words {
    match language {
        Language::Az => &AZ,
        Language::En => &EN,
    }
}

const AZ: Words = Words {
    receipt: "QƏBZ",
    test: "BU, SINAQDIR (TEST). Bu qəbz sınaq pəncərəsindəndir və hüquqi qüvvəsi yoxdur.",
    decision: |decision| match decision {
        "accepted" => Some(("QƏBUL EDİLDİ", "Sənəd yoxlanıldı və BOEMİS-ə yükləndi.")),
        "rejected" => Some((
            "RƏDD EDİLDİ",
            "Heç nə yüklənmədi. Aşağıdakı səhvləri düzəldin, sənədi yenidən imzalayın və göndərin.",
        )),
        "duplicate" => {
            Some(("TƏKRARDIR", "Bu məzmun əvvəl də gəlib və ikinci dəfə yüklənmədi. Heç nə etmək lazım deyil."))
        }
        "taken" => Some(("QƏBUL EDİLDİ", "Sənəd yoxlanıldı və təqdimat aşağıda göstərilən mərhələdən keçdi.")),
        "pending" => Some((
            "TƏSDİQ GÖZLƏYİR",
            "Sənəd yoxlanıldı. Təsdiq edildikdən sonra qüvvəyə minəcək; nəticə ayrıca qəbzlə bildiriləcək.",
        )),
        "withdrawn" => Some((
            "GERİ GÖTÜRÜLDÜ",
            "Sənəd imzalı qərarla geri götürülüb və BOEMİS-də artıq qüvvədə deyil. Səbəb aşağıdadır.",
        )),
        "held" => Some((
            "SAXLANILIB",
            "Sənəd pəncərədə təhlükəsizdir, qərar isə hələ verilə bilmir. Pəncərə özü yenidən cəhd edəcək və \
             nəticəni ayrıca qəbzlə bildirəcək.",
        )),
        "contested" => Some((
            "ŞÜBHƏ ALTINDADIR",
            "Sənəd əvvəl qəbul edilib, sonradan isə aşağıdakı səbəbdən şübhə yaranıb və BOEMİS-də artıq qüvvədə \
             deyil. Göstəricilər düzgündürsə, onları qüvvədə olan sertifikatla imzalayıb yenidən göndərin.",
        )),
        _ => None,
    },
    number: "Nömrə",
    window: "Pəncərə",
    issued: "Verilib",
    stamped: "Vaxt möhürü",
    logged: "Jurnalda yeri",
    received: "Qəbul olunub",
    submission: "Göndəriş",
    original: "İlk göndəriş",
    file: "Fayl",
    signature: "İmza faylı",
    octets: "bayt",
    sender: "Göndərən",
    signer: "İmzalayan",
    understood: "Pəncərənin oxuduğu",
    dataset: "Məlumat toplusu",
    period: "Dövr",
    revision: "Redaksiya",
    records: "Yazıların sayı",
    errors: "Səhvlər",
    why_held: "Gözləmənin səbəbi",
    warnings: "Xəbərdarlıqlar",
    no_bar: "Xəbərdarlıqlar sənədin qəbuluna mane olmur.",
    place: "Yeri",
    line: "sətir",
    column: "sütun",
    row: "cədvəl sətri",
    baku: "Bakı",
    unsealed: "Bu səhifə möhürlənməyib və yalnız oxumaq üçündür. Sübut onun yanındakı möhürlü XML qəbzdir. Onu \
               pəncərənin dərc olunmuş möhür sertifikatı ilə bu əmrlərdən biri yoxlayır:",
};

const EN: Words = Words {
    receipt: "RECEIPT",
    test: "THIS IS A TEST. This receipt comes from a trial window and has no legal force.",
    decision: |decision| match decision {
        "accepted" => Some(("ACCEPTED", "The document was checked and loaded into BOEMİS.")),
        "rejected" => {
            Some(("REJECTED", "Nothing was loaded. Mend the faults below, sign the document again and send it."))
        }
        "duplicate" => {
            Some(("DUPLICATE", "This content came before and was not loaded a second time. Nothing needs to be done."))
        }
        "taken" => {
            Some(("ACCEPTED", "The document was checked, and took the submission through the stage named below."))
        }
        "pending" => Some((
            "WAITS FOR APPROVAL",
            "The document was checked. It will hold once it is approved; a receipt of its own will tell the outcome.",
        )),
        "withdrawn" => Some((
            "WITHDRAWN",
            "The document was withdrawn by a signed decision, and holds in BOEMİS no more. The reason is below.",
        )),
        "held" => Some((
            "HELD",
            "The document is safe in the window, and nobody can decide on it yet. The window tries again by itself \
             and will tell the outcome in a receipt of its own.",
        )),
        "contested" => Some((
            "CONTESTED",
            "The document was accepted before, is in doubt since for the reason below, and holds in BOEMİS no more. \
             If its figures are right, sign them with a certificate in force and send them again.",
        )),
        _ => None,
    },
    number: "Number",
    window: "Window",
    issued: "Issued",
    stamped: "Time-stamp",
    logged: "In the log",
    received: "Received",
    submission: "Submission",
    original: "First sent as",
    file: "File",
    signature: "Signature file",
    octets: "octets",
    sender: "Sender",
    signer: "Signer",
    understood: "What the window read",
    dataset: "Dataset",
    period: "Period",
    revision: "Revision",
    records: "Records",
    errors: "Errors",
    why_held: "Why it waits",
    warnings: "Warnings",
    no_bar: "Warnings do not stand in the way of the document being taken.",
    place: "Place",
    line: "line",
    column: "column",
    row: "row",
    baku: "Baku",
    unsealed: "This page is not sealed and is for reading alone. The proof is the sealed XML receipt beside it. Either \
               of these proves it by the window's published seal certificate:",
};
