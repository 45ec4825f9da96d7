//! What is wrong with a geometry, as findings: which row of the table, and the words that make the case clear.

use super::crs::CrsFault;
use super::fault::{Bound, Fault, Form, Guess, What};
use super::number::{self, NumberFault};
use crate::finding::{Code, Finding, Hint, Place};

/// What a `srsName` may say; of a cell of a table its reader says it.
const TAKEN: &str = "urn:ogc:def:crs:EPSG::4326, urn:ogc:def:crs:EPSG::32638, urn:ogc:def:crs:EPSG::32639";
const COUNTRY: &str = "44.7–51.73° E, 37.89–42.59° N";

impl Fault {
    /// The finding, at a place that has the path or column of the geometry, its row, and its offset where the
    /// fault itself has none.
    pub fn finding(&self, mut place: Place) -> Finding {
        place.offset = self.offset.or(place.offset);
        let found = self.found();
        let finding = |code| {
            let finding = Finding::new(code).at(place.clone());
            if found.is_empty() { finding } else { finding.found(&found) }
        };
        let hinted = |code, hint: Hint| finding(code).hint(hint);
        match &self.what {
            What::Form(form) => {
                Finding { found: Some(form_name(*form).to_owned()), ..hinted(Code::SchemaGeometry, form_hint(*form)) }
            }
            What::Unsupported(name) => hinted(Code::SchemaGeometryKind, STRAIGHT).found(name).wanted(KINDS),
            What::Limit(bound, max) => limit(finding(Code::SchemaLimit), *bound, *max),
            What::System(fault) => system(finding(Code::SchemaCoordinateSystem), fault),
            What::Number(fault, text) => hinted(Code::SchemaGeometry, number_hint(*fault)).found(text),
            What::Kind(kind, taken) => {
                let taken: Vec<_> = taken.iter().map(|kind| kind.name()).collect();
                finding(Code::SchemaGeometryKind).found(kind).wanted(taken.join(", "))
            }
            What::Outside => finding(Code::RuleCoordinatesOutside).wanted(COUNTRY),
            What::Swapped => hinted(Code::RuleCoordinatesSwapped, AXES).wanted(self.in_order()),
            What::OtherSystem(guess) => other_system(finding(Code::RuleCoordinatesOfOtherSystem), *guess),
            What::NotClosed => hinted(Code::RuleRing, NOT_CLOSED),
            What::TooFewPoints(_) => hinted(Code::RuleRing, TOO_FEW),
            What::NoExtent => finding(Code::RuleNoExtent),
            What::Spike => hinted(Code::RuleSelfIntersection, SPIKE),
            What::SelfCrossing => finding(Code::RuleSelfIntersection),
            What::SelfTouch => hinted(Code::RuleSelfIntersection, SELF_TOUCH),
            What::SelfOverlap => hinted(Code::RuleSelfIntersection, UPON_EACH_OTHER),
            What::RingsCross => finding(Code::RuleRingsCross).hint(CROSS),
            What::RingsShare => hinted(Code::RuleRingsCross, UPON_EACH_OTHER),
            What::Disconnected => hinted(Code::RuleRingsCross, DISCONNECTED),
            What::HoleOutside => hinted(Code::RuleHoleOutside, HOLE_OUTSIDE),
            What::HoleInHole => hinted(Code::RuleHoleOutside, HOLE_IN_HOLE),
            What::PartsOverlap => finding(Code::RulePartsOverlap),
            What::PartsShare => hinted(Code::RulePartsOverlap, UPON_EACH_OTHER),
            What::Repeated(_) => finding(Code::RulePointsRepeated),
            What::Sharp => finding(Code::RuleSharpCorner),
            What::Orientation => finding(Code::RuleRingSense),
            What::EndMeetsNothing(metres) => finding(Code::RuleEndMeetsNothing).wanted(format!("≤ {metres} m")),
            What::AreaDiffers(stated, computed) => finding(Code::RuleAreaDiffers)
                .found(number::thousandths(*stated))
                .wanted(number::thousandths(*computed)),
            What::Overlaps(other, area) => {
                let hint = Hint {
                    az: format!("Ortaq sahə təxminən {area} m².").into(),
                    en: format!("What they have in common is about {area} m².").into(),
                };
                finding(Code::RuleAreasOverlap).found(format!("№ {other}")).hint(hint)
            }
            What::OverlapsUnchecked(count) => {
                let hint = Hint {
                    az: format!("{count} sahə həddən artıq böyük olduğu üçün bütün qonşuları ilə tutuşdurulmayıb.")
                        .into(),
                    en: format!(
                        "{count} areas were not held against all their neighbours: there was too much to hold."
                    )
                    .into(),
                };
                finding(Code::RuleAreasOverlap).found("?").hint(hint)
            }
        }
    }

    /// Its places in a line.
    fn found(&self) -> String {
        // where they meet comes first: a long line is cut at its end
        let mut spots: Vec<String> = self.meets.iter().map(|meets| format!("→ ({meets})")).collect();
        spots.extend(self.spots.iter().map(ToString::to_string));
        if let What::Repeated(count) = self.what {
            spots.push(format!("× {count}"));
        }
        spots.join(" ")
    }

    /// The first point's numbers the other way round.
    fn in_order(&self) -> String {
        let sent = self.spots.first().map_or("", |spot| &spot.coordinates);
        sent.split_once(' ').map_or_else(String::new, |(first, second)| format!("{second} {first}"))
    }
}

const KINDS: &str = "Point, LineString, MultiLineString (MultiCurve), Polygon, MultiPolygon (MultiSurface)";

const STRAIGHT: Hint = Hint::fixed(
    "Həndəsəni düz parçalarla və bu növlərdən biri kimi yazın (ogr2ogr: «-nlt CONVERT_TO_LINEAR -nlt PROMOTE_TO_MULTI»).",
    "Write it in straight pieces as one of these kinds (ogr2ogr: “-nlt CONVERT_TO_LINEAR -nlt PROMOTE_TO_MULTI”).",
);
const AXES: Hint = Hint::fixed(
    "WKT və GeoJSON-da əvvəl uzunluq (E), sonra enlik (N); «urn:ogc:def:crs:EPSG::4326» ilə GML-də əvvəl enlik; UTM-də əvvəl şərq, sonra şimal koordinatı.",
    "In WKT and GeoJSON longitude (E) comes first, then latitude (N); in GML with “urn:ogc:def:crs:EPSG::4326” latitude comes first; in UTM easting, then northing.",
);
const NOT_CLOSED: Hint = Hint::fixed(
    "Halqanın son nöqtəsi ilk nöqtəsi ilə eyni olmalıdır; sonda ilk nöqtəni təkrarlayın.",
    "The last point of a ring must be its first; repeat the first point at the end.",
);
const TOO_FEW: Hint = Hint::fixed(
    "Halqada ən azı üç fərqli künc olmalıdır, ilk nöqtə sonda təkrarlanmaqla dörd nöqtə.",
    "A ring has at least three different corners, four points with the first repeated at the end.",
);
const SPIKE: Hint = Hint::fixed(
    "Sərhəd bu nöqtəyə gedib eyni xətlə geri qayıdır; nöqtəni silin.",
    "The boundary goes out to this point and back on the same line; remove the point.",
);
const SELF_TOUCH: Hint = Hint::fixed(
    "Halqa bu nöqtədən iki dəfə keçir. Onu iki halqaya və ya iki hissəyə ayırın.",
    "The ring goes through this point twice. Split it into two rings, or into two parts.",
);
const UPON_EACH_OTHER: Hint = Hint::fixed("İki parça bir-birinin üzərindədir.", "Two segments lie upon each other.");
const CROSS: Hint = Hint::fixed(
    "Daxili halqa xarici halqanı yalnız ayrı-ayrı nöqtələrdə toxuna bilər.",
    "Rings of one area may touch each other at single points alone.",
);
const DISCONNECTED: Hint = Hint::fixed(
    "Halqalar bir neçə nöqtədə toxunaraq sahəni parçalayır; hər parçanı ayrıca hissə kimi yazın.",
    "By touching at several points the rings cut the area to pieces; write each piece as a part of its own.",
);
const HOLE_OUTSIDE: Hint = Hint::fixed(
    "Çoxbucaqlının ilk halqası xarici sərhəddir; digərləri onun içində olmalıdır. Kənardakı ayrıca hissədirsə, onu ayrıca çoxbucaqlı kimi yazın.",
    "The first ring of a polygon is its outer boundary; the others lie inside. If what lies outside is a part of its own, write it as a polygon of its own.",
);
const HOLE_IN_HOLE: Hint = Hint::fixed(
    "Boşluğun içində başqa boşluq var; onu silin, yaxud boşluqdakı adanı ayrıca hissə kimi yazın.",
    "It lies in another hole; remove it, or write the island in the hole as a part of its own.",
);

fn limit(finding: Finding, bound: Bound, max: usize) -> Finding {
    let (what, hint) = match bound {
        Bound::Points => (
            format!("> {max}"),
            Hint::fixed(
                "Bir həndəsədə nöqtələr həddən çoxdur: sərhədi sadələşdirin ([schema] geometry_points_max).",
                "One geometry has too many points: simplify its boundary ([schema] geometry_points_max).",
            ),
        ),
        Bound::Text => (
            format!("> {max} B"),
            Hint::fixed(
                "Həndəsənin mətni həddən uzundur: koordinatların artıq onluq rəqəmlərini atın ([schema] geometry_text_max).",
                "The text of one geometry is too long: drop surplus decimals of its coordinates ([schema] geometry_text_max).",
            ),
        ),
    };
    finding.found(what).wanted(max).hint(hint)
}

fn system(finding: Finding, fault: &CrsFault) -> Finding {
    let (found, hint) = match fault {
        CrsFault::Pulkovo(code) => (
            format!("EPSG:{code}"),
            Hint::fixed(
                "Bu, başqa datuma (Pulkovo 1942) aid sistemdir, pəncərə onu çevirmir. Koordinatları WGS 84-ə ölçmənin öz parametrləri ilə çevirin (ogr2ogr: «-t_srs EPSG:32639»).",
                "It is of another datum (Pulkovo 1942), and the window does not convert it. Convert the coordinates to WGS 84 with the parameters of their survey (ogr2ogr: “-t_srs EPSG:32639”).",
            ),
        ),
        CrsFault::WebMercator(code) => (
            format!("EPSG:{code}"),
            Hint::fixed(
                "Bu, xəritə şəkilləri üçün sistemdir, ölçüləri təhrif edir. Koordinatları çevirin (ogr2ogr: «-t_srs EPSG:4326»).",
                "It is a system for map pictures, which distorts measures. Convert the coordinates (ogr2ogr: “-t_srs EPSG:4326”).",
            ),
        ),
        CrsFault::ThreeDimensional(code) => (
            format!("EPSG:{code}"),
            Hint::fixed(
                "Hündürlük qəbul edilmir. İkiölçülü koordinatlar göndərin (ogr2ogr: «-dim XY -t_srs EPSG:4326»).",
                "Heights are not taken. Send coordinates in two dimensions (ogr2ogr: “-dim XY -t_srs EPSG:4326”).",
            ),
        ),
        CrsFault::OtherZone(code) => (
            format!("EPSG:{code}"),
            Hint::fixed(
                "Ölkə UTM-in 38 və 39-cu şimal zonalarındadır. Koordinatları bunlardan birinə çevirin.",
                "The country lies in zones 38 and 39 north of UTM. Convert the coordinates to one of them.",
            ),
        ),
        CrsFault::Other(code) => (
            format!("EPSG:{code}"),
            Hint::fixed(
                "Koordinatları WGS 84-ə çevirin (ogr2ogr: «-t_srs EPSG:4326»).",
                "Convert the coordinates to WGS 84 (ogr2ogr: “-t_srs EPSG:4326”).",
            ),
        ),
        CrsFault::Ambiguous(name) => (
            name.clone(),
            Hint::fixed(
                "Bu ad enliyin, yoxsa uzunluğun əvvəl gəldiyini açıq qoyur. «urn:ogc:def:crs:EPSG::4326» yazın (əvvəl enlik).",
                "This name leaves open whether latitude or longitude comes first. Write “urn:ogc:def:crs:EPSG::4326” (latitude first).",
            ),
        ),
        CrsFault::Unknown(name) => (
            name.clone(),
            Hint::fixed(
                "«srsName» atributunda sistemi bu adlardan biri ilə adlandırın.",
                "Let the attribute “srsName” name the system by one of these.",
            ),
        ),
        CrsFault::Missing => (
            "?".to_owned(),
            Hint::fixed(
                "Həndəsə elementində «srsName» atributu yoxdur. Onu yazın, məsələn «urn:ogc:def:crs:EPSG::4326».",
                "The geometry's element has no “srsName” attribute. Write it, for instance “urn:ogc:def:crs:EPSG::4326”.",
            ),
        ),
        CrsFault::Contradicts(name) => (
            name.clone(),
            Hint::fixed(
                "Bir həndəsənin içində koordinat sistemi dəyişir. «srsName» atributunu yalnız xarici elementdə yazın.",
                "The coordinate system changes inside one geometry. Write “srsName” on its outermost element alone.",
            ),
        ),
    };
    finding.found(found).wanted(TAKEN).hint(hint)
}

fn other_system(finding: Finding, guess: Guess) -> Finding {
    // of GeoJSON there is one system, and nothing in it names another (RFC 7946 4)
    let is_geojson = finding.place.path.as_deref().is_some_and(|path| path.starts_with("/features"));
    let remedy = if is_geojson { CONVERT } else { NAME_OR_CONVERT };
    match guess {
        Guess::System(crs) => finding.wanted(crs).hint(remedy),
        Guess::Utm => finding.wanted("EPSG:32638 / EPSG:32639").hint(remedy),
        Guess::GaussKrueger => {
            finding.wanted("Pulkovo 1942 / Gauss–Krüger (EPSG:28408, EPSG:28409)").hint(Hint::fixed(
                "Bu datum qəbul edilmir: koordinatları WGS 84-ə çevirin.",
                "This datum is not taken: convert the coordinates to WGS 84.",
            ))
        }
        Guess::WebMercator => finding.wanted("EPSG:3857").hint(Hint::fixed(
            "Bu sistem qəbul edilmir: koordinatları WGS 84-ə çevirin (ogr2ogr: «-t_srs EPSG:4326»).",
            "This system is not taken: convert the coordinates to WGS 84 (ogr2ogr: “-t_srs EPSG:4326”).",
        )),
    }
}

const NAME_OR_CONVERT: Hint =
    Hint::fixed("Düzgün kodu yazın və ya koordinatları çevirin.", "Name the right code, or convert the coordinates.");
const CONVERT: Hint = Hint::fixed(
    "GeoJSON yalnız WGS 84-dədir və sistem adlandırmır: koordinatları uzunluq və enliyə çevirin (ogr2ogr: «-lco RFC7946=YES»).",
    "GeoJSON is in WGS 84 alone and names no system: convert the coordinates to longitude and latitude (ogr2ogr: “-lco RFC7946=YES”).",
);

fn number_hint(fault: NumberFault) -> Hint {
    match fault {
        NumberFault::NotFinite => Hint::fixed(
            "Koordinat sonlu ədəd olmalıdır (NaN və ya Inf yox).",
            "A coordinate must be a finite number (not NaN or Inf).",
        ),
        NumberFault::TooLarge => Hint::fixed(
            "Koordinat Yer üzərində ola bilməyəcək qədər böyükdür.",
            "The coordinate is larger than any on Earth.",
        ),
        NumberFault::Comma => Hint::fixed(
            "Koordinatlarda onluq nöqtə yazılır, vergül yox.",
            "Coordinates have a decimal point, not a comma.",
        ),
        NumberFault::Form => Hint::fixed(
            "Burada koordinat (ədəd) olmalıdır, məsələn 49.8671.",
            "A coordinate (a number) must stand here, for instance 49.8671.",
        ),
    }
}

/// The fault in a word, the same in every language.
fn form_name(form: Form) -> &'static str {
    match form {
        Form::Missing => "—",
        Form::Empty => "EMPTY",
        Form::Unknown | Form::Unexpected | Form::Unfinished | Form::Trailing => "?",
        Form::OneCoordinate => "x",
        Form::ThreeDimensional => "x y z",
        Form::SridDiffers => "SRID",
        Form::Element | Form::Second => "<…>",
        Form::StrayText => "…",
        Form::Link => "xlink:href",
        Form::OldCoordinates => "gml:coordinates",
        Form::OldNamespace => "xmlns",
        Form::NotLinear => "interpolation",
        Form::Patches => "gml:patches",
        Form::Gap => "gml:segments",
        Form::Count => "count",
        Form::Json => "JSON",
        Form::Doubled => "{ }",
        Form::Feature => "Feature",
        Form::JsonCrs => "crs",
    }
}

fn form_hint(form: Form) -> Hint {
    let (az, en) = match form {
        Form::Missing => ("Həndəsə yoxdur; onu yazın.", "There is no geometry; write it."),
        Form::Empty => ("Həndəsədə nöqtə yoxdur.", "The geometry has no points."),
        Form::Unknown => (
            "Həndəsə növünün adı ilə başlamalıdır, məsələn «POLYGON((…))».",
            "It must begin with the name of a kind of geometry, for instance “POLYGON((…))”.",
        ),
        Form::Unfinished => (
            "Mətn yarımçıq kəsilib: cədvəl proqramının xananı kəsib-kəsmədiyini yoxlayın.",
            "The text breaks off: check whether a spreadsheet cut the cell.",
        ),
        Form::Unexpected => (
            "Bu yerdə mötərizələrin, vergüllərin və ədədlərin sırası pozulub.",
            "Brackets, commas and numbers are out of order here.",
        ),
        Form::Trailing => ("Həndəsədən sonra artıq mətn var; onu silin.", "Something follows the geometry; remove it."),
        Form::OneCoordinate => (
            "Nöqtədə bir koordinat var. Onluq vergül yazılmadığını yoxlayın: 49.8671 40.4093.",
            "A point has one coordinate. Check that no decimal comma is written: 49.8671 40.4093.",
        ),
        Form::ThreeDimensional => (
            "Nöqtə iki koordinatdan ibarətdir; hündürlük (Z) və ölçü (M) qəbul edilmir (ogr2ogr: «-dim XY»).",
            "A point has two coordinates; heights (Z) and measures (M) are not taken (ogr2ogr: “-dim XY”).",
        ),
        Form::SridDiffers => (
            "Mətndəki SRID «epsg» sütunundakı koddan fərqlidir.",
            "The SRID in the text is another than the code in the column “epsg”.",
        ),
        Form::Element => (
            "Bu element və ya atribut burada ola bilməz; GML 3.2 sadə həndəsələri (SF-0) yazın.",
            "This element or attribute has no place here; write simple features of GML 3.2 (level SF-0).",
        ),
        Form::StrayText => (
            "Elementlərin arasında mətn ola bilməz; koordinatlar gml:posList və ya gml:pos içində yazılır.",
            "No text may stand between the elements; coordinates stand in gml:posList or gml:pos.",
        ),
        Form::Link => {
            ("Keçidlər izlənmir; həndəsənin özünü yazın.", "Links are not followed; write the geometry itself.")
        }
        Form::OldCoordinates => (
            "gml:coordinates GML 2-dəndir; gml:posList yazın (ogr2ogr: «-dsco FORMAT=GML3.2»).",
            "gml:coordinates is of GML 2; write gml:posList (ogr2ogr: “-dsco FORMAT=GML3.2”).",
        ),
        Form::OldNamespace => (
            "GML-in ad sahəsi «http://www.opengis.net/gml/3.2» olmalıdır (ogr2ogr: «-dsco FORMAT=GML3.2»).",
            "The namespace of GML must be “http://www.opengis.net/gml/3.2” (ogr2ogr: “-dsco FORMAT=GML3.2”).",
        ),
        Form::NotLinear => (
            "Yalnız düz parçalar qəbul edilir (ogr2ogr: «-nlt CONVERT_TO_LINEAR»).",
            "Only straight segments are taken (ogr2ogr: “-nlt CONVERT_TO_LINEAR”).",
        ),
        Form::Patches => (
            "Səthdə yalnız bir PolygonPatch ola bilər; onları birləşdirin və ya gml:MultiSurface yazın.",
            "A surface may have one PolygonPatch; merge them, or write a gml:MultiSurface.",
        ),
        Form::Gap => (
            "Əyrinin parçaları bir-birinə bitişmir; ayrı xətlər üçün gml:MultiCurve yazın.",
            "The segments of the curve do not join; for separate lines write a gml:MultiCurve.",
        ),
        Form::Count => (
            "«count» atributu nöqtələrin sayı ilə üst-üstə düşmür.",
            "The attribute “count” is not the number of points.",
        ),
        Form::Second => ("Bir yazıda yalnız bir həndəsə ola bilər.", "A record has one geometry."),
        Form::Json => ("Mətn düzgün JSON deyil (RFC 8259).", "The text is not JSON (RFC 8259)."),
        Form::Doubled => ("Obyektin bir üzvü iki dəfə yazılıb.", "A member of the object stands twice."),
        Form::Feature => (
            "Burada həndəsə obyekti olmalıdır, «Feature» yox; onun «geometry» üzvünü yazın.",
            "A geometry object must stand here, not a “Feature”; write its “geometry” member.",
        ),
        Form::JsonCrs => (
            "GeoJSON yalnız WGS 84-dədir (RFC 7946); koordinatları çevirin və «crs» üzvünü silin (ogr2ogr: «-lco RFC7946=YES»).",
            "GeoJSON is in WGS 84 alone (RFC 7946); convert the coordinates and remove “crs” (ogr2ogr: “-lco RFC7946=YES”).",
        ),
    };
    Hint::fixed(az, en)
}
