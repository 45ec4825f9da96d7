//! The form of single values: the patterns that XSD and table schema publish, and beside each the
//! check that the reader does. A property test holds that both say the same.
//!
//! Blanks around a value are refused, in XSD by types whose `whiteSpace` is `preserve`: a value is
//! what was signed, nobody trims it.

use super::correction::Replaces;
use super::{ColumnKind, Dataset, PeriodKinds, TextForm, Value};
use crate::document::{Period, Quantity, QuantityFault, Revision, StationCode, letters};
use crate::finding::Hint;
use std::borrow::Cow;

/// A station's code, at most [`STATION_MAX`] characters.
pub(super) const STATION: &str = "[A-Z]{2,3}-[0-9]{4,}";
/// Longest station code, in characters.
pub(super) const STATION_MAX: usize = 32;
/// A year from 1900 to 9990.
const YEAR: &str = "(19[0-9]{2}|[2-8][0-9]{3}|9[0-8][0-9]{2}|99[0-8][0-9]|9990)";
/// Longest value of a text column that a description may allow, in characters: what a finding can repeat whole.
pub const TEXT_MAX: usize = 120;
/// A revision, 1 to 9999.
pub(super) const REVISION: &str = "[1-9][0-9]{0,3}";
/// What a correction replaces: a revision, or a submission by its id.
pub(super) const REPLACES: &str = "[1-9][0-9]{0,3}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
/// Why something is corrected (R 3.4.5): a meter or its reading, the arithmetic, data that came late, the register, a
/// decision of a court or an inspection, and whatever else a note explains.
pub(super) const REASONS: [&str; 6] = ["measurement", "arithmetic", "late-data", "register", "decision", "other"];
/// Characters of a note at most: what a receipt repeats whole. Part of the published form, so no setting.
pub(super) const NOTE_MAX: usize = 200;
/// A note is one line: no control character, no separator of lines or paragraphs. For the table schema.
pub(super) const NOTE: &str = "[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]+";
/// The same for the XML Schema, whose patterns know no such escapes.
pub(super) const NOTE_XSD: &str = "[^\\p{Cc}\\p{Zl}\\p{Zp}]+";
/// A VÖEN by its form; its check digit is judged by authority.
pub(super) const SENDER: &str = "[0-9]{10}";
/// A window's id.
pub(super) const TO: &str = "[A-Za-z0-9._-]{1,64}";
/// Longest `id` of a document, in characters.
pub(super) const ID_MAX: usize = 128;
/// The word that marks the total among the stations of a CSV.
pub(super) const TOTAL: &str = "TOTAL";

/// XML 1.0 (fifth edition) production 4 without the colon: what an NCName begins with.
const NAME_START: [(char, char); 15] = [
    ('A', 'Z'),
    ('_', '_'),
    ('a', 'z'),
    ('\u{c0}', '\u{d6}'),
    ('\u{d8}', '\u{f6}'),
    ('\u{f8}', '\u{2ff}'),
    ('\u{370}', '\u{37d}'),
    ('\u{37f}', '\u{1fff}'),
    ('\u{200c}', '\u{200d}'),
    ('\u{2070}', '\u{218f}'),
    ('\u{2c00}', '\u{2fef}'),
    ('\u{3001}', '\u{d7ff}'),
    ('\u{f900}', '\u{fdcf}'),
    ('\u{fdf0}', '\u{fffd}'),
    ('\u{10000}', '\u{effff}'),
];
/// Production 4a: what else it may hold.
const NAME_REST: [(char, char); 5] =
    [('-', '.'), ('0', '9'), ('\u{b7}', '\u{b7}'), ('\u{300}', '\u{36f}'), ('\u{203f}', '\u{2040}')];

/// The pattern of an NCName, its characters written out: XSD's own `NCName` trims blanks, and
/// `\i` follows another edition of XML in each library.
pub(super) fn ncname_pattern() -> String {
    let ranges = |ranges: &[(char, char)]| -> String {
        ranges
            .iter()
            .map(|&(from, to)| {
                let shown = |c: char| match c {
                    '-' => "\\-".to_owned(),
                    c if c.is_ascii() => c.to_string(),
                    c => format!("&#x{:X};", c as u32),
                };
                if from == to { shown(from) } else { format!("{}-{}", shown(from), shown(to)) }
            })
            .collect()
    };
    let start = ranges(&NAME_START);
    format!("[{start}][{start}{}]*", ranges(&NAME_REST))
}

/// Whether the text is an NCName of bearable length.
pub(super) fn is_id(text: &str) -> bool {
    let within = |c: char, ranges: &[(char, char)]| ranges.iter().any(|&(from, to)| (from..=to).contains(&c));
    let mut chars = text.chars();
    chars.next().is_some_and(|c| within(c, &NAME_START))
        && chars.all(|c| within(c, &NAME_START) || within(c, &NAME_REST))
        && text.chars().count() <= ID_MAX
}

/// Whether the text has the form of a window's id.
pub(super) fn is_to(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// Whether the text has the form of a note.
pub(super) fn is_note(text: &str) -> bool {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    (1..=NOTE_MAX).contains(&text.chars().count()) && !text.contains(breaks)
}

/// Whether the text has the form of a VÖEN.
pub(super) fn is_sender(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit())
}

/// The pattern of a decimal with so many places; the digits before the point are those that
/// [`Quantity`] bears.
pub(super) fn decimal_pattern(places: u8) -> String {
    let whole = 14usize.saturating_sub(usize::from(places));
    match places {
        0 => format!("0|[1-9][0-9]{{0,{whole}}}"),
        places => format!("(0|[1-9][0-9]{{0,{whole}}})(\\.[0-9]{{1,{places}}})?"),
    }
}

/// The pattern of a period: a year or one of its parts.
pub(super) fn period_pattern(kinds: PeriodKinds) -> String {
    match kinds {
        PeriodKinds::QuarterAndYear => format!("{YEAR}(-Q[1-4])?"),
        PeriodKinds::MonthAndYear => format!("{YEAR}(-M(0[1-9]|1[0-2]))?"),
        PeriodKinds::None => String::new(),
    }
}

/// Why a value has not its form: what was wanted, and words for this case.
#[derive(Debug)]
pub(super) struct Misformed {
    /// An example or a range.
    pub wanted: Cow<'static, str>,
    /// What to do.
    pub hint: Option<Hint>,
}

impl Misformed {
    fn new(wanted: impl Into<Cow<'static, str>>, az: &'static str, en: &'static str) -> Self {
        Self { wanted: wanted.into(), hint: Some(Hint::fixed(az, en)) }
    }
}

/// The frame of a statement: what stands once in a document, in XML as attributes of the root, in
/// CSV as columns with one and the same value, in GeoJSON as members of `submission`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    Id,
    To,
    Dataset,
    Period,
    Revision,
    Sender,
    Replaces,
    Reason,
    Note,
    /// Of a correction to another body's data (R 3.13): whose.
    About,
}

impl Frame {
    /// What only a correction says (R 3.4.5), and a blank form does not show.
    const CORRECTION: [Self; 4] = [Self::Replaces, Self::Reason, Self::Note, Self::About];

    /// Whether only a correction says it.
    pub fn is_of_correction(self) -> bool {
        Self::CORRECTION.contains(&self)
    }

    /// The attributes of the root, in the order in which the schema lists them; of GeoJSON the members.
    pub fn attributes(dataset: &Dataset) -> impl Iterator<Item = Self> {
        let all = [Self::Id, Self::To, Self::Dataset, Self::Period, Self::Revision, Self::Sender];
        let periodic = dataset.periods != PeriodKinds::None;
        all.into_iter().chain(Self::CORRECTION).filter(move |&frame| frame != Self::Period || periodic)
    }

    /// The columns of a CSV, in the order of the template.
    pub fn columns(dataset: &Dataset) -> impl Iterator<Item = Self> {
        let all = [Self::Dataset, Self::Period, Self::Revision, Self::Sender, Self::To];
        let periodic = dataset.periods != PeriodKinds::None;
        all.into_iter().chain(Self::CORRECTION).filter(move |&frame| frame != Self::Period || periodic)
    }

    /// Its name in both.
    pub fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::To => "to",
            Self::Dataset => "dataset",
            Self::Period => "period",
            Self::Revision => "revision",
            Self::Sender => "sender",
            Self::Replaces => "replaces",
            Self::Reason => "reason",
            Self::Note => "note",
            Self::About => "about",
        }
    }

    /// Whether the form demands it in XML. A window that is not for trials demands `to` as well;
    /// that is authority's to say, which knows the window.
    pub fn required_in_xml(self) -> bool {
        self != Self::To && !self.is_of_correction()
    }

    /// Whether the form demands it in CSV, where a trial window spares `sender` too (CONTRACT 3).
    pub fn required_in_csv(self) -> bool {
        !matches!(self, Self::To | Self::Sender) && !self.is_of_correction()
    }

    /// Whether the form demands it in GeoJSON.
    pub fn required_in_geojson(self) -> bool {
        !matches!(self, Self::To | Self::Id) && !self.is_of_correction()
    }

    /// Whether the text has the form of this one.
    pub fn judge(self, text: &str, dataset: &Dataset) -> Result<(), Misformed> {
        let (fits, wrong) = match self {
            Self::Id => (
                is_id(text),
                Misformed::new(
                    "S-1",
                    "«id» hərf və ya «_» ilə başlayan, boşluqsuz addır.",
                    "“id” is a name without blanks that begins with a letter or “_”.",
                ),
            ),
            Self::To => (
                is_to(text),
                Misformed::new(
                    "trial",
                    "«to» pəncərənin adıdır: ən çoxu 64 latın hərfi, rəqəm, nöqtə, alt xətt və defis.",
                    "“to” is the window's id: at most 64 Latin letters, digits, points, underscores and hyphens.",
                ),
            ),
            Self::Dataset => (
                text == dataset.name.as_str(),
                Misformed {
                    wanted: dataset.name.to_string().into(),
                    hint: Some(Hint::fixed(
                        "Bir sənəd yalnız bir məlumat toplusu üçündür.",
                        "One document is for one dataset.",
                    )),
                },
            ),
            Self::Period => {
                let (az, en) = match dataset.periods {
                    PeriodKinds::MonthAndYear => {
                        ("Ay 2026-M09, il isə 2026 kimi yazılır.", "A month is written 2026-M09, a year 2026.")
                    }
                    PeriodKinds::QuarterAndYear | PeriodKinds::None => {
                        ("Rüb 2026-Q3, il isə 2026 kimi yazılır.", "A quarter is written 2026-Q3, a year 2026.")
                    }
                };
                let fits = text.parse::<Period>().is_ok_and(|period| dataset.periods.takes(period));
                (fits, Misformed::new(dataset.periods.examples(), az, en))
            }
            Self::Revision => (
                text.parse::<Revision>().is_ok(),
                Misformed::new(
                    "1–9999",
                    "Redaksiya 1-dən 9999-a qədər tam ədəddir, əvvəlində sıfır və boşluq olmadan.",
                    "A revision is a whole number from 1 to 9999, without leading zeros or blanks.",
                ),
            ),
            Self::Sender | Self::About => (
                is_sender(text),
                Misformed::new(
                    "VÖEN",
                    "VÖEN on rəqəmdir, boşluqsuz və defissiz.",
                    "A VÖEN is ten digits, without blanks or hyphens.",
                ),
            ),
            Self::Replaces => (
                text.parse::<Replaces>().is_ok(),
                Misformed::new(
                    "1–9999, xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
                    "«replaces» əvəz olunan redaksiyanın nömrəsi və ya qəbzdəki təqdimat nömrəsidir (kiçik hərflərlə).",
                    "“replaces” is the number of the revision replaced, or the submission id of its receipt (in small \
                     letters).",
                ),
            ),
            Self::Reason => (
                REASONS.contains(&text),
                Misformed {
                    wanted: REASONS.join(", ").into(),
                    hint: Some(Hint::fixed(
                        "Düzəlişin səbəbi bu dəyərlərdən biridir; qalanı «note» ilə izah edilir.",
                        "The reason of a correction is one of these; what more there is to say stands in “note”.",
                    )),
                },
            ),
            Self::Note => (
                is_note(text),
                Misformed::new(
                    format!("1–{NOTE_MAX}"),
                    "Qeyd bir sətirdir: ən çoxu 200 işarə, sətir keçidi və idarəedici işarə olmadan.",
                    "A note is one line: at most 200 characters, no line break and no control character.",
                ),
            ),
        };
        if fits { Ok(()) } else { Err(wrong) }
    }
}

/// Reads the value of a column; `mark` stands before the decimals.
pub(super) fn value(kind: &ColumnKind, text: &str, mark: char) -> Result<Value, Misformed> {
    read(kind, text, mark).map_err(|wrong| match of_a_spreadsheet(text) {
        Some(hint) => Misformed { hint: Some(hint), ..wrong },
        None => wrong,
    })
}

/// What a spreadsheet or an editor leaves in a value and nobody sees there, or means: told before anything else.
fn of_a_spreadsheet(text: &str) -> Option<Hint> {
    const FORMULA: Hint = Hint::fixed(
        "Xanada düstur var; onun nəticəsini dəyər kimi yazın (Excel: «Xüsusi yerləşdir» → «Dəyərlər»).",
        "The cell holds a formula; write what it comes to, as a value (Excel: “Paste special”, “Values”).",
    );
    const NO_BREAK: Hint = Hint::fixed(
        "Dəyərdə adi boşluğa oxşayan qırılmaz boşluq (U+00A0 və ya U+202F) var; onu silin.",
        "The value holds a no-break space (U+00A0 or U+202F), which looks like a blank; remove it.",
    );
    match text.chars().next() {
        Some('=' | '@' | '＝' | '＠') => Some(FORMULA),
        // a lone figure has its sign by mistake; one that is reckoned with is a formula
        Some('+' | '-') if text.contains(['(', '*', '/']) => Some(FORMULA),
        _ => text.contains(['\u{a0}', '\u{202f}']).then_some(NO_BREAK),
    }
}

fn read(kind: &ColumnKind, text: &str, mark: char) -> Result<Value, Misformed> {
    match kind {
        ColumnKind::Text(of) if fits(&of.form, text) => Ok(Value::Text(text.to_owned())),
        ColumnKind::Text(of) => Err(text_fault(&of.form, text)),
        // read by the geometry room (`shape.rs`), never from one text alone
        ColumnKind::Geometry(_) => Err(Misformed { wanted: "GML, WKT".into(), hint: None }),
        ColumnKind::Station => text.parse::<StationCode>().map(Value::Station).map_err(|_| station_fault(text)),
        &ColumnKind::Decimal { places } => Quantity::parse(text, places, mark)
            .map(Value::Decimal)
            .map_err(|fault| decimal_fault(fault, text, places, mark)),
    }
}

/// Whether a word has its form.
pub(super) fn fits(form: &TextForm, text: &str) -> bool {
    match form {
        TextForm::Codes(codes) => codes.iter().any(|code| code == text),
        TextForm::Pattern(pattern, longest) => text.chars().count() <= *longest && pattern.fits(text),
    }
}

/// A word that fits, for forms and guides.
pub(super) fn example(form: &TextForm) -> String {
    match form {
        TextForm::Codes(codes) => codes.first().cloned().unwrap_or_default(),
        TextForm::Pattern(pattern, _) => pattern.example(),
    }
}

fn text_fault(form: &TextForm, text: &str) -> Misformed {
    let (mut wanted, near) = match form {
        TextForm::Codes(codes) => (codes.join(", "), letters::near(text, codes.iter().map(String::as_str))),
        TextForm::Pattern(pattern, longest) => (format!("{} (≤ {longest})", pattern.as_str()), Vec::new()),
    };
    let looks_right = || {
        let folded = letters::folded(text);
        fits(form, &folded) || fits(form, &folded.to_uppercase())
    };
    let hint = if text.is_empty() {
        Hint::fixed("Dəyər yazılmayıb.", "No value stands there.")
    } else if fits(form, text.trim()) {
        Hint::fixed("Dəyərin əvvəlində və sonunda boşluq olmamalıdır.", "No blank may stand before or after the value.")
    } else if fits(form, &text.to_lowercase()) || fits(form, &text.to_uppercase()) {
        Hint::fixed(
            "Böyük və kiçik hərflər olduğu kimi yazılır.",
            "Capital and small letters are written as they are given.",
        )
    } else {
        let strange = matches!(form, TextForm::Pattern(..)) && looks_right();
        let strange = letters::hint(text, &near).filter(|_| strange || !near.is_empty());
        strange.unwrap_or(match form {
            TextForm::Codes(_) => {
                Hint::fixed("Yalnız bu dəyərlərdən biri ola bilər.", "It is one of these and no other.")
            }
            TextForm::Pattern(..) => Hint::fixed("Dəyər bu formada yazılır.", "The value is written in this form."),
        })
    };
    // a long list is cut before it comes to what is meant
    if let ([meant], true) = (&near[..], looks_right()) {
        wanted = (*meant).to_owned();
    }
    Misformed { wanted: wanted.into(), hint: Some(hint) }
}

/// Whether a word stands where the total is meant.
fn means_total(text: &str) -> bool {
    const WORDS: [&str; 9] = ["total", "cemi", "yekun", "toplam", "umumi", "hamisi", "sum", "итого", "всего"];
    let folded = |text: &str| letters::folded(text.trim_matches(|c: char| !c.is_alphanumeric()));
    text.split_whitespace().any(|word| {
        let (plain, folded) = (word.to_lowercase(), folded(word));
        WORDS.iter().any(|total| *total == folded || plain == *total)
    })
}

fn station_fault(text: &str) -> Misformed {
    let hint = if text.is_empty() {
        Hint::fixed("Stansiyanın kodu yazılmayıb.", "The station's code is not filled in.")
    } else if means_total(text) {
        Hint::fixed(
            "Yekun CSV-də stansiyanın yerinə yazılan «TOTAL» sözü ilə, XML-də ayrıca «Total» elementində göstərilir.",
            "The total stands in CSV under the word “TOTAL” in place of a station, in XML in an element of its own, \
             “Total”.",
        )
    } else if text.trim().parse::<StationCode>().is_ok() {
        Hint::fixed("Kodun əvvəlində və sonunda boşluq olmamalıdır.", "No blank may stand before or after the code.")
    } else if text.to_ascii_uppercase().parse::<StationCode>().is_ok() {
        Hint::fixed("Kod böyük hərflərlə yazılır.", "The code is written in capital letters.")
    } else if text.chars().filter(|c| c.is_alphabetic()).count() > 3 && !text.contains(|c: char| c.is_ascii_digit()) {
        Hint::fixed(
            "Burada stansiyanın adı deyil, reyestrdəki kodu yazılır.",
            "What stands here is the station's code in the register, not its name.",
        )
    } else if let Some(strange) = letters::stranger(text) {
        strange.told()
    } else {
        Hint::fixed(
            "Stansiyanın kodu iki və ya üç böyük hərf, defis və ən azı dörd rəqəmdir.",
            "A station's code is two or three capital letters, a hyphen and at least four digits.",
        )
    };
    Misformed { wanted: "GUN-0001".into(), hint: Some(hint) }
}

/// Letters in the place of a figure: what a spreadsheet made of it, or a unit beside it.
fn of_letters(text: &str) -> Option<Hint> {
    const ERROR: Hint = Hint::fixed(
        "Xanada düsturun xətası var; düsturu düzəldin və nəticəsini dəyər kimi yazın.",
        "The cell holds the error of a formula; mend the formula, and write what it comes to as a value.",
    );
    const DATE: Hint = Hint::fixed(
        "Cədvəl proqramı ədədi tarixə çevirib; xananın formatını «Ədəd» edin və rəqəmi yenidən yazın.",
        "A spreadsheet made a date of the figure; format the cell as a number, and type the figure again.",
    );
    const UNIT: Hint = Hint::fixed(
        "Ədədin yanında söz və ya ölçü vahidi yazılmır; yalnız ədədi saxlayın.",
        "No word and no unit stands beside the figure; leave the figure alone.",
    );
    if text.starts_with('#') {
        return Some(ERROR);
    }
    let at = text.find(char::is_alphabetic).filter(|_| text.starts_with(|c: char| c.is_ascii_digit()))?;
    let (number, _) = text.split_at_checked(at)?;
    let day = number.strip_suffix(['.', '-', '/']).unwrap_or_default();
    let is_date = (1..=2).contains(&day.len()) && day.bytes().all(|octet| octet.is_ascii_digit());
    Some(if is_date { DATE } else { UNIT })
}

fn decimal_fault(fault: QuantityFault, text: &str, places: u8, mark: char) -> Misformed {
    let example = match places {
        0 => "98765".to_owned(),
        places => format!("98765{mark}{}", &"432109876543210"[..usize::from(places.min(15))]),
    };
    let of_letters = of_letters(text).filter(|_| !matches!(fault, QuantityFault::Exponent));
    let hint = of_letters.unwrap_or_else(|| decimal_hint(fault, text, places, mark));
    Misformed { wanted: example.into(), hint: Some(hint) }
}

fn decimal_hint(fault: QuantityFault, text: &str, places: u8, mark: char) -> Hint {
    match fault {
        QuantityFault::Empty => Hint::fixed(
            "Dəyər yazılmayıb; göstərici yoxdursa, 0 yazın.",
            "No value stands there; where there was none, write 0.",
        ),
        QuantityFault::Sign => Hint::fixed(
            "İşarə (+ və ya −) yazılmır; miqdar mənfi ola bilməz.",
            "Write no sign (+ or −); the amount cannot be negative.",
        ),
        QuantityFault::Exponent => Hint::fixed(
            "Ədədi üstlü formada (1e5) deyil, bütöv yazın: 100000.",
            "Write the number out, 100000, and not with an exponent, 1e5.",
        ),
        QuantityFault::Separator if mark == '.' && text.matches(',').count() == 1 && !text.contains(['.', ' ']) => {
            Hint::fixed(
                "Vergül olmaz: onluq hissə nöqtə ilə ayrılır (1234.5), minliklər ayrılmır.",
                "No comma: decimals follow a point (1234.5), and thousands are not separated.",
            )
        }
        QuantityFault::Separator if mark == ',' && text.matches('.').count() == 1 && !text.contains([',', ' ']) => {
            Hint::fixed(
                "Bu faylda onluq işarəsi vergüldür; hər yerdə eyni işarəni yazın, minlikləri ayırmayın.",
                "The decimal mark of this file is the comma; use the same one throughout, \
                 and do not separate thousands.",
            )
        }
        QuantityFault::Separator => Hint::fixed(
            "Minlikləri ayırmayın: nə boşluq, nə vergül, nə nöqtə; yalnız bir onluq işarəsi ola bilər.",
            "Do not separate thousands, be it by blank, comma or point; one decimal mark may stand.",
        ),
        QuantityFault::Places => Hint {
            az: format!("Onluq işarəsindən sonra ən çoxu {places} rəqəm ola bilər.").into(),
            en: format!("At most {places} digits may follow the decimal mark.").into(),
        },
        QuantityFault::TooLarge => Hint::fixed(
            "Ədəd həddindən böyükdür; ölçü vahidini yoxlayın.",
            "The number is larger than any real one; check its unit.",
        ),
        QuantityFault::BarePoint => Hint::fixed(
            "Onluq işarəsinin hər iki tərəfində rəqəm olmalıdır: 0.5.",
            "A digit must stand on both sides of the decimal mark: 0.5.",
        ),
        QuantityFault::Form if text.trim().len() != text.len() => Hint::fixed(
            "Ədədin əvvəlində və sonunda boşluq olmamalıdır.",
            "No blank may stand before or after the number.",
        ),
        QuantityFault::Form if text.starts_with('0') => {
            Hint::fixed("Ədəd sıfırla başlamır.", "A number does not begin with a zero.")
        }
        QuantityFault::Form => Hint::fixed(
            "Yalnız 0–9 rəqəmləri və bir onluq işarəsi ola bilər.",
            "Only the digits 0–9 and one decimal mark may stand.",
        ),
    }
}
