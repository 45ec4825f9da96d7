//! The guide page of a dataset: what to file, how to write it, what is checked. In Azerbaijani, and
//! beside it in English (S 4.2.5).

use crate::finding::Language;
use crate::schema::form::{self, Frame, TOTAL};
use crate::schema::rules::trimmed;
use crate::schema::template::{collection, feature, form_of, member, quoted};
use crate::schema::{
    Check, Class, ColumnKind, Dataset, EPSG, NAMESPACE, PeriodKinds, Ratio, Rule, Span, TotalRule, YearRule, shape,
};

/// The page.
pub(super) fn page(dataset: &Dataset, language: Language) -> String {
    let az = language == Language::Az;
    let pick = |in_az: &str, in_en: &str| if az { in_az.to_owned() } else { in_en.to_owned() };
    let periodic = dataset.periods != PeriodKinds::None;
    let mut page = String::new();
    page.push_str(&pick(
        "<!-- dataset.toml faylından yaradılıb; əl ilə dəyişməyin. -->\n",
        "<!-- Generated from dataset.toml; do not edit. -->\n",
    ));
    page.push_str(&format!("# {} (`{}`)\n\n", if az { &dataset.title_az } else { &dataset.title_en }, dataset.name));
    page.push_str(&pick(&format!("Hüquqi əsas: {}. ", dataset.clause), &format!("Legal ground: {}. ", dataset.clause)));
    page.push_str(&pick(
        "Bir sənəd bir qurumun bu toplu üzrə bütöv məlumatıdır; sənəd imzalanır və qurumun qovluğuna qoyulur.\n\n",
        "One document is a body's whole statement for this dataset; it is signed and put into the body's folder.\n\n",
    ));
    page.push_str(&match dataset.class {
        Class::Open => pick("Mühafizə dərəcəsi: açıq (`open`).", "Class of protection: `open`."),
        Class::Restricted => pick(
            "Mühafizə dərəcəsi: məhdud (`restricted`); açıq nəşrə daxil edilmir.",
            "Class of protection: `restricted`; it is left out of what is published.",
        ),
    });
    if !dataset.competence.is_empty() {
        let bodies: Vec<String> = dataset.competence.iter().map(|body| format!("`{body}`")).collect();
        page.push_str(&pick(" Səlahiyyət (reyestr həll edir): ", " Competence (the registry decides): "));
        page.push_str(&format!("{}.", bodies.join(", ")));
    }
    page.push_str("\n\n");

    page.push_str(&pick(
        "## Sütunlar\n\n| CSV | XML | nədir | vahid | forma |\n|---|---|---|---|---|\n",
        "## Columns\n\n| CSV | XML | what it is | unit | form |\n|---|---|---|---|---|\n",
    ));
    for frame in Frame::columns(dataset) {
        let (what_az, what_en, example) = match frame {
            Frame::Dataset => ("məlumat toplusu", "the dataset", dataset.name.as_str()),
            Frame::Period if dataset.periods == PeriodKinds::MonthAndYear => {
                ("dövr: ay və ya il", "the period: a month or a year", dataset.periods.examples())
            }
            Frame::Period => ("dövr: rüb və ya il", "the period: a quarter or a year", dataset.periods.examples()),
            Frame::Revision => ("redaksiya; düzəlişdə artırılır", "the revision; raised for a correction", "1–9999"),
            Frame::Sender => ("göndərən qurumun VÖEN-i", "the VÖEN of the sending body", VOEN),
            Frame::To | Frame::Id => ("pəncərənin adı", "the id of the window", "trial"),
            Frame::Replaces => (
                "düzəlişdə: əvəz etdiyi redaksiyanın və ya qəbzdəki təqdimatın nömrəsi (olmaya bilər)",
                "of a correction: the revision it replaces, or the submission id of its receipt (may be left out)",
                "1",
            ),
            Frame::Reason => (
                "düzəlişin səbəbi (olmaya bilər)",
                "the reason of the correction (may be left out)",
                "measurement`, `arithmetic`, `late-data`, `register`, `decision`, `other",
            ),
            Frame::Note => (
                "düzəlişə qeyd: bir sətir, ən çoxu 200 işarə (olmaya bilər)",
                "a note on the correction: one line, at most 200 characters (may be left out)",
                "…",
            ),
            Frame::About => (
                "başqa qurumun məlumatına düzəliş təklifində: həmin qurumun VÖEN-i (olmaya bilər)",
                "of a correction proposed to another body's data: that body's VÖEN (may be left out)",
                "9990000631",
            ),
        };
        page.push_str(&format!("| `{0}` | `@{0}` | {1} | | `{example}` |\n", frame.name(), pick(what_az, what_en)));
    }
    for column in &dataset.columns {
        let form = match column.kind {
            ColumnKind::Station => "`GUN-0001`".to_owned(),
            ColumnKind::Text(ref of) => format!("`{}`", form_of(&of.form)),
            ColumnKind::Decimal { places } => pick(
                &format!("onluq ədəd, nöqtədən sonra ən çoxu {places} rəqəm"),
                &format!("decimal, at most {places} digits after the point"),
            ),
            ColumnKind::Geometry(shapes) => {
                let what = pick("WKT-nin koordinat sistemi", "the coordinate system of the WKT");
                page.push_str(&format!("| `{EPSG}` | | {what} | | `4326`, `32638`, `32639` |\n"));
                let kinds: Vec<&str> = shapes.kinds().iter().map(|kind| kind.name()).collect();
                format!("WKT: `{}`; XML: GML 3.2", kinds.join("`, `"))
            }
        };
        page.push_str(&format!(
            "| `{}` | `{}` | {}{} | {} | {form} |\n",
            column.name,
            column.element,
            if az { &column.title_az } else { &column.title_en },
            if column.required { String::new() } else { pick(" (olmaya bilər)", " (may be left out)") },
            column.unit.as_deref().unwrap_or_default(),
        ));
    }

    let sample = sample(dataset);
    page.push_str(&format!("\n## XML\n\n```xml\n{}```\n\n", sample.0));
    page.push_str(&pick(
        &format!(
            "Sxem: `{}.xsd`. Elementlərin sırası belədir; \
             dəyərlərin ətrafında boşluq olmur. `ds:Signature` kök elementin içindədir.\n",
            dataset.name
        ),
        &format!(
            "Schema: `{}.xsd`. The elements stand in this order; \
             no blank surrounds a value. `ds:Signature` stands inside the root.\n",
            dataset.name
        ),
    ));
    page.push_str(&format!("\n## CSV\n\n```csv\n{}```\n\n", sample.1));
    page.push_str(&pick(
        &format!(
            "Cədvəl sxemi: `{}.schema.json`. Kodlaşdırma UTF-8; sütunların sırası sərbəstdir; \
             ayırıcı `,` və ya `;`. `;` olduqda onluq işarəsi vergül də ola bilər, \
             amma bütün faylda eyni işarə. Dırnaqda \
             sətir keçidi olmur. İmza ayrıca `.p7s` faylındadır.\n",
            dataset.name
        ),
        &format!(
            "Table schema: `{}.schema.json`. UTF-8; columns in any order; \
             separated by `,` or `;`. With `;` the decimal mark may be a comma, the same one throughout the file. \
             No line break stands in quotes. The signature is a `.p7s` file beside it.\n",
            dataset.name
        ),
    ));

    if let Some(text) = &sample.2 {
        page.push_str(&format!("\n## GeoJSON\n\n```json\n{text}```\n\n"));
        page.push_str(&pick(
            "RFC 7946, UTF-8. `submission` `features`-dən əvvəl dayanır; hər `Feature` bir qeyddir, xassələri CSV \
             sütunlarının adlarını daşıyır, `geometry` həmişə WGS 84-dədir (uzunluq, enlik). Ədədlər yazıldığı kimi \
             oxunur, dırnaqda da ola bilər; boş qalan `null` yazılır. Tanınmayan adlar rədd edilir. Fayl ASiC \
             konteynerində göndərilir, yaxud imza ayrıca `.p7s` faylındadır.\n",
            "RFC 7946, UTF-8. `submission` stands before `features`; each `Feature` is a record, its properties bear \
             the names of the columns in CSV, its `geometry` is in WGS 84 always (longitude, latitude). Numbers are \
             read as they are written and may stand in quotes; what is left out is `null`. Names that are not known \
             are refused. The file is sent in an ASiC container, or its signature is a `.p7s` file beside it.\n",
        ));
    }

    page.push_str(&pick("\n## Yoxlamalar\n\n", "\n## What is checked\n\n"));
    for (in_az, in_en) in rules(dataset, periodic) {
        page.push_str(&format!("- {}\n", if az { in_az } else { in_en }));
    }
    page
}

/// The rules that this description switches on, and those that always hold.
fn rules(dataset: &Dataset, periodic: bool) -> Vec<(String, String)> {
    let mut rules: Vec<(String, String)> = Vec::new();
    let mut rule = |az: &str, en: &str| rules.push((az.to_owned(), en.to_owned()));
    rule(
        "Ədədlər işarəsiz, üstlü yazılışsız və minlikləri ayrılmadan yazılır; göstərici yoxdursa, 0.",
        "Numbers have no sign, exponent or thousands separator; where there was none, 0.",
    );
    match (dataset.station_column(), dataset.key_column().and_then(|at| dataset.columns.get(at))) {
        (Some(_), _) => rule(
            "Hər stansiya reyestrdədir, qurumun özünündür və bir dəfə yazılır.",
            "Each station is in the register, is the body's own, and stands once.",
        ),
        (None, Some(key)) => {
            rule(&format!("Hər `{}` bir dəfə yazılır.", key.name), &format!("Each `{}` stands once.", key.name))
        }
        (None, None) => {}
    }
    if dataset.takes_total_alone() {
        rule(
            "Bölgü məlum deyilsə, yalnız yekun yazıla bilər; o, bir qeyd kimi yüklənir.",
            "Where the parts are not known the total may stand alone; it is then loaded as one record.",
        );
    }
    match dataset.total {
        TotalRule::Optional => rule(
            "Yekun yazılmaya bilər; yazılıbsa, dəqiq cəmdir.",
            "A total may be left out; where it stands, it is the exact sum.",
        ),
        TotalRule::Required => rule("Yekun yazılmalıdır və dəqiq cəmdir.", "A total must stand, and is the exact sum."),
        TotalRule::None => rule("Yekun yazılmır.", "There is no total."),
    }
    if periodic {
        rule(
            "Dövr bitdikdən sonra (Bakı vaxtı ilə) göndərilir.",
            "A period is filed after it has ended, in Baku time.",
        );
        if dataset.station_column().is_some() {
            rule("Stansiya həmin dövrdə istismardadır.", "The station is in service in that period.");
        }
        let months = dataset.periods == PeriodKinds::MonthAndYear;
        match (dataset.year, months) {
            (YearRule::Sum, false) => rule(
                "İl dörd rübün cəminə bərabərdir (beşi də verildikdə, hər stansiya üzrə).",
                "The year is the sum of its four quarters (once all five stand, station by station).",
            ),
            (YearRule::Last, false) => rule(
                "İl dördüncü rübə bərabərdir (il və bütün rüblər verildikdə, hər stansiya üzrə).",
                "The year equals its fourth quarter (once the year and all quarters stand, station by station).",
            ),
            (YearRule::Sum, true) => rule(
                "İl on iki ayın cəminə bərabərdir (hamısı verildikdə, hər sətir üzrə).",
                "The year is the sum of its twelve months (once all stand, row by row).",
            ),
            (YearRule::Last, true) => rule(
                "İl on ikinci aya bərabərdir (il və bütün aylar verildikdə, hər sətir üzrə).",
                "The year equals its twelfth month (once the year and all months stand, row by row).",
            ),
        }
    }
    rules.extend(dataset.rules.iter().map(|rule| described(dataset, rule)));
    let mut rule = |az: &str, en: &str| rules.push((az.to_owned(), en.to_owned()));
    rule(
        "Daha yüksək redaksiya əvvəlkini əvəz edir; aşağı redaksiya və eyni redaksiyanın başqa məzmunu rədd edilir.",
        "A higher revision supersedes the one before; a lower one, or the same with other content, is rejected.",
    );
    rule(
        "Düzəliş nəyi (`replaces`) və niyə (`reason`) əvəz etdiyini yazır, əsas sənədi ilə bir ASiC konteynerində \
         göndərilir; olmayan üçün xəbərdarlıq edilir. `replaces` qüvvədə olandan başqasını göstərirsə, rədd edilir.",
        "A correction says what it replaces (`replaces`) and why (`reason`), and comes with its basis document in one \
         ASiC container; a warning is given for what is lacking. Where `replaces` is not what stands, it is rejected.",
    );
    rule(
        "Başqa qurumun məlumatına düzəliş təklifi həmin qurumu (`about`), nəyi (`replaces`) və niyə (`reason`) yazır; \
         təsdiq edilənə qədər heç nəyi dəyişmir.",
        "A correction proposed to another body's data says whose (`about`), what it replaces (`replaces`) and why \
         (`reason`); until it is approved, it changes nothing.",
    );
    if dataset.station_column().is_some() {
        rule(
            "İstismarda olan öz stansiyanız yazılmayıbsa, xəbərdarlıq edilir; sənəd qəbul olunur.",
            "A warning is given where a station of yours in service is left out; the document is taken.",
        );
    }
    rules
}

/// A VÖEN in examples: synthetic, and right by its check digit.
const VOEN: &str = "9990000221";

/// A figure that the dataset's own list of usual ones has, where it has such a list of this column.
fn usual(dataset: &Dataset, at: usize) -> Option<String> {
    dataset.rules.iter().find_map(|rule| match &rule.check {
        Check::OneOf { column, values } if *column == at => Some(trimmed(&values.last()?.to_string())),
        _ => None,
    })
}

/// One rule of the description, with its parameters and the days on which they are in force.
fn described(dataset: &Dataset, rule: &Rule) -> (String, String) {
    let name = |column: usize| dataset.columns.get(column).map_or("", |column| column.name.as_str());
    let (az, en) = match &rule.check {
        Check::CapacityHours { column } => (
            format!("`{}` stansiyanın gücü ilə dövrün saatlarının hasilindən çox ola bilməz.", name(*column)),
            format!("`{}` is at most the station's capacity times the hours of the period.", name(*column)),
        ),
        Check::AsRegistered { column } => (
            format!("`{}` reyestrdəki gücdən fərqlənirsə, xəbərdarlıq edilir.", name(*column)),
            format!("A warning is given where `{}` differs from the capacity in the register.", name(*column)),
        ),
        Check::Utilisation { column, most } => {
            let mut limits: Vec<String> = Vec::new();
            for ((span, kind), limit) in most {
                limits.push(format!("{} {} {}", span_word(*span), kind.as_str(), trimmed(&limit.to_string())));
            }
            let limits = limits.join(", ");
            (
                format!("`{}` üzrə gücdən istifadə əmsalı bundan yüksəkdirsə, xəbərdarlıq: {limits}.", name(*column)),
                format!("A warning is given where the capacity factor of `{}` is above: {limits}.", name(*column)),
            )
        }
        Check::Zero { column } => (
            format!("Stansiya bütün dövr istismarda olub, `{}` isə sıfırdırsa, xəbərdarlıq.", name(*column)),
            format!("A warning is given for `{}` of zero from a station in service throughout.", name(*column)),
        ),
        Check::Change { column, percent } => (
            format!("`{}` bir il əvvəlkindən {percent} %-dən çox fərqlənirsə, xəbərdarlıq.", name(*column)),
            format!("A warning is given where `{}` is more than {percent} % from that of a year ago.", name(*column)),
        ),
        Check::Area { column, percent } => (
            format!("`{}` çəkilmiş sahədən ən çoxu {percent} % fərqlənə bilər (WGS 84 ellipsoidində).", name(*column)),
            format!("`{}` is the area that is drawn, within {percent} % (on the ellipsoid of WGS 84).", name(*column)),
        ),
        Check::Overlaps => (
            "Sənəddəki sahələr bir-birini örtürsə, xəbərdarlıq edilir.".to_owned(),
            "A warning is given where areas of the document overlap.".to_owned(),
        ),
        Check::DrawnAs { column, lines, sites } => {
            let (lines, sites) = (lines.join("`, `"), sites.join("`, `"));
            (
                format!("`{0}`-də `{lines}` xətt kimi, `{sites}` nöqtə və ya sahə kimi çəkilir.", name(*column)),
                format!(
                    "Where `{0}` is `{lines}`, a line is drawn; where it is `{sites}`, a point or an area.",
                    name(*column)
                ),
            )
        }
        Check::EndsMeet { column, of, metres } => {
            let of = of.join("`, `");
            (
                format!(
                    "`{}` üzrə `{of}` xəttinin ucundan {metres} m məsafədə sənəddə yarımstansiya yoxdursa, \
                     xəbərdarlıq.",
                    name(*column)
                ),
                format!(
                    "A warning is given where a line whose `{}` is `{of}` ends further than {metres} m from every \
                     substation of the document.",
                    name(*column)
                ),
            )
        }
        Check::OneOf { column, values } => {
            let values: Vec<String> = values.iter().map(|value| trimmed(&value.to_string())).collect();
            let values = values.join(", ");
            (
                format!("`{}` bunlardan biri deyilsə, xəbərdarlıq edilir: {values}.", name(*column)),
                format!("A warning is given where `{}` is none of {values}.", name(*column)),
            )
        }
        Check::Voen { column } => (
            format!("`{}` VÖEN-dir: onun yoxlama rəqəmi düzgün olmalıdır.", name(*column)),
            format!("`{}` is a VÖEN whose check digit fits.", name(*column)),
        ),
        Check::Ratio(ratio) => in_proportion(name(ratio.column), ratio),
        Check::Deadline { days } => {
            let days: Vec<String> = days.iter().map(|(span, days)| format!("{} +{days}", span_word(*span))).collect();
            let days = days.join(", ");
            (
                format!("Dövr bitdikdən sonra bu qədər gün ərzində verilir, gec olsa, xəbərdarlıq: {days}."),
                format!("Due so many days after the end of the period, a warning when late: {days}."),
            )
        }
    };
    let (from, to) = (rule.from.map(|day| day.to_string()), rule.to.map(|day| day.to_string()));
    let dates = match (from, to) {
        (None, None) => String::new(),
        (from, to) => format!(" ({} – {})", from.unwrap_or("…".to_owned()), to.unwrap_or("…".to_owned())),
    };
    (az + &dates, en + &dates)
}

/// A proportion with its limits.
fn in_proportion(column: &str, ratio: &Ratio) -> (String, String) {
    let factor = match trimmed(&ratio.factor.to_string()).as_str() {
        "1" => String::new(),
        factor => format!(" × {factor}"),
    };
    let hours = if ratio.hours { " × h" } else { "" };
    let what = format!("`{column}` / (`{}.{}`{factor}{hours})", ratio.dataset, ratio.base);
    let (mut az, mut en) = (what.clone(), what);
    let limits = [
        (ratio.reject_below, ratio.reject_above, "rədd edilir", "rejected"),
        (ratio.warn_below, ratio.warn_above, "xəbərdarlıq", "a warning"),
    ];
    for (least, most, in_az, in_en) in limits {
        let below = least.map(|limit| format!("< {}", trimmed(&limit.to_string())));
        let above = most.map(|limit| format!("> {}", trimmed(&limit.to_string())));
        let outside: Vec<String> = below.into_iter().chain(above).collect();
        if !outside.is_empty() {
            az.push_str(&format!("; {}: {in_az}", outside.join(" və ya ")));
            en.push_str(&format!("; {}: {in_en}", outside.join(" or ")));
        }
    }
    if ratio.needs {
        az.push_str("; o biri göstərici sıfırdırsa: rədd edilir, hələ verilməyibsə: xəbərdarlıq");
        en.push_str("; where the other figure is zero: rejected, where it has not been stated yet: a warning");
    }
    (az + ".", en + ".")
}

fn span_word(span: Span) -> &'static str {
    match span {
        Span::Month => "M",
        Span::Quarter => "Q",
        Span::Year => "Y",
    }
}

/// The same small statement in XML and CSV, and where there is a shape in GeoJSON.
fn sample(dataset: &Dataset) -> (String, String, Option<String>) {
    let value = |places: u8| match places {
        0 => "230".to_owned(),
        places => format!("230.{}", &"500000000000000"[..usize::from(places.min(15))]),
    };
    let said = |frame: Frame| match frame {
        Frame::Id => "S-1",
        Frame::To => "trial",
        Frame::Dataset => dataset.name.as_str(),
        Frame::Period => dataset.periods.examples().split(',').next().unwrap_or_default(),
        Frame::Revision => "1",
        Frame::Sender => VOEN,
        Frame::Replaces | Frame::Reason | Frame::Note | Frame::About => "", // not in a first statement
    };
    let first = |frame: &Frame| !frame.is_of_correction();
    let attributes: String = Frame::attributes(dataset)
        .filter(first)
        .map(|frame| format!(" {}=\"{}\"", frame.name(), said(frame)))
        .collect();
    let (mut record, mut total) = (String::new(), String::new());
    let (mut record_row, mut total_row) = (Vec::new(), Vec::new());
    let (mut properties, mut drawn) = (Vec::new(), None);
    for (at, column) in dataset.columns.iter().enumerate() {
        match column.kind {
            ColumnKind::Station => {
                record.push_str(&format!("<{0}>GUN-0001</{0}>", column.element));
                record_row.push("GUN-0001".to_owned());
                properties.push(format!("\"{}\": \"GUN-0001\"", column.name));
                total_row.push(TOTAL.to_owned());
            }
            ColumnKind::Text(ref of) => {
                let is_voen = dataset.rules.iter().any(|rule| rule.check == Check::Voen { column: at });
                let example = if is_voen { VOEN.to_owned() } else { form::example(&of.form) };
                record.push_str(&format!("<{0}>{example}</{0}>", column.element));
                properties.push(format!("\"{}\": {}", column.name, quoted(&example)));
                record_row.push(example);
                total_row.push(if column.is_key() { TOTAL.to_owned() } else { String::new() });
            }
            ColumnKind::Decimal { places } => {
                let value = usual(dataset, at).unwrap_or_else(|| value(places));
                let element = format!("<{0}>{value}</{0}>", column.element);
                record.push_str(&element);
                properties.push(format!("\"{}\": {value}", column.name));
                total.push_str(&element);
                record_row.push(value.clone());
                total_row.push(value);
            }
            ColumnKind::Geometry(shapes) => {
                let (gml, wkt) = shape::example(shapes);
                drawn = Some(shape::example_in_geojson(shapes));
                record.push_str(&format!("<{0}>{gml}</{0}>", column.element));
                record_row.extend([shape::EXAMPLE_EPSG.to_owned(), format!("\"{wkt}\"")]);
                total_row.extend([String::new(), String::new()]);
            }
        }
    }
    let has_total = dataset.total != TotalRule::None && dataset.key_column().is_some();
    let total = if has_total { format!("  <Total>{total}</Total>\n") } else { String::new() };
    let xml =
        format!("<Submission xmlns=\"{NAMESPACE}\"{attributes}>\n  <Record>{record}</Record>\n{total}</Submission>\n");
    let frames: Vec<Frame> = Frame::columns(dataset).filter(first).collect();
    let line = |row: Vec<String>| {
        frames.iter().map(|&frame| said(frame).to_owned()).chain(row).collect::<Vec<_>>().join(",") + "\n"
    };
    let header = frames
        .iter()
        .map(|frame| frame.name())
        .chain(dataset.columns.iter().flat_map(|column| column.in_csv()))
        .collect::<Vec<_>>()
        .join(",");
    let total = if has_total { line(total_row) } else { String::new() };
    let geojson = drawn.map(|drawn| {
        let members: Vec<String> =
            Frame::attributes(dataset).filter(first).map(|frame| member(frame, said(frame))).collect();
        collection(&members, &[feature(&properties, drawn)])
    });
    (xml, format!("{header}\n{}{total}", line(record_row)), geojson)
}
