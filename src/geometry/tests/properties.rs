//! What holds for any geometry: sound ones pass, a crossing is found where it was put, an independent checker
//! agrees, nothing panics, and time grows as `n log n`.

use super::*;
use geo::{Coord, LineString, Polygon, Validation};
use proptest::prelude::*;

/// A star around a middle: corners in the order of their angles, so that no two segments cross.
fn star() -> impl Strategy<Value = Vec<(i64, i64)>> {
    prop::collection::vec(1_000_u32..1_000_000, 3..60).prop_map(|radii| {
        let count = radii.len() as f64;
        let corner = |(at, radius): (usize, u32)| {
            let angle = (at as f64 / count) * std::f64::consts::TAU;
            let (x, y) = (f64::from(radius) * angle.cos(), f64::from(radius) * angle.sin());
            (x.round() as i64, y.round() as i64)
        };
        radii.into_iter().enumerate().map(corner).collect()
    })
}

/// WKT of a ring given in ten-millionths of a degree around 49.5° E, 40.5° N, closed.
fn ring(corners: &[(i64, i64)]) -> String {
    let corner =
        |&(x, y): &(i64, i64)| format!("{} {}", number::shown(495_000_000 + x, 7), number::shown(405_000_000 + y, 7));
    let mut words: Vec<_> = corners.iter().map(corner).collect();
    words.push(words[0].clone());
    format!("({})", words.join(","))
}

/// Whether it is taken, or refused for what `geo` does not look for: no area, or one that falls to pieces.
#[derive(Debug, PartialEq)]
enum Verdict {
    Taken,
    RefusedHereAlone,
    Refused,
}

impl Verdict {
    fn is_that_of(&self, sound_by_another: bool) -> bool {
        *self == Self::RefusedHereAlone || (*self == Self::Taken) == sound_by_another
    }
}

fn verdict(text: &str) -> Verdict {
    let Err(faults) = judge(text, Crs::Wgs84) else { return Verdict::Taken };
    let alone = |what: &What| matches!(what, What::Disconnected | What::Spike | What::NoExtent);
    let all = faults.iter().filter(|fault| !fault.is_warning()).all(|fault| alone(&fault.what));
    if all { Verdict::RefusedHereAlone } else { Verdict::Refused }
}

/// What `geo` says of the same rings, on whole numbers, which it holds exactly.
fn sound_by_another(rings: &[Vec<(i64, i64)>]) -> bool {
    let line = |ring: &Vec<(i64, i64)>| {
        let mut corners: Vec<Coord<f64>> = ring.iter().map(|&(x, y)| Coord { x: x as f64, y: y as f64 }).collect();
        corners.push(corners[0]);
        LineString::new(corners)
    };
    let mut lines = rings.iter().map(line);
    Polygon::new(lines.next().unwrap(), lines.collect()).is_valid()
}

/// Whether a ring goes back upon itself, which some checkers let pass.
fn has_repeats(ring: &[(i64, i64)]) -> bool {
    (0..ring.len()).any(|at| ring[at] == ring[(at + 1) % ring.len()])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn stars_pass_whatever_corner_they_begin_at(corners in star(), first in 0_usize..60, back in any::<bool>()) {
        let mut corners = corners;
        let turn = first % corners.len();
        corners.rotate_left(turn);
        if back {
            corners.reverse();
        }
        let judged = judge(&format!("POLYGON({})", ring(&corners)), Crs::Wgs84);
        prop_assert!(judged.is_ok(), "{:?}", judged);
        let geometry = judged.unwrap().geometry;
        let again = judge(&geometry.wkt(), Crs::Wgs84).unwrap().geometry;
        prop_assert_eq!(again.wkb(), geometry.wkb());
        let json = geojson::read(&geometry.geojson(), 0, &Limits::default()).unwrap().judge(AREAS).unwrap();
        prop_assert_eq!(json.geometry.wkb(), geometry.wkb());
        prop_assert!(json.warnings.iter().all(|fault| fault.what != What::Orientation));
    }

    #[test]
    fn two_corners_exchanged_are_found_there(count in 8_usize..60, at in 0_usize..60) {
        // on a round one, exchanging two neighbours makes exactly one crossing: of the segments around them
        let mut corners: Vec<(i64, i64)> = (0..count).map(|at| {
            let angle = (at as f64 / count as f64) * std::f64::consts::TAU;
            ((1e6 * angle.cos()).round() as i64, (1e6 * angle.sin()).round() as i64)
        }).collect();
        let at = 1 + at % (count - 3);
        corners.swap(at, at + 1);
        let faults = judge(&format!("POLYGON({})", ring(&corners)), Crs::Wgs84).unwrap_err();
        let first = &faults[0];
        prop_assert_eq!(&first.what, &What::SelfCrossing);
        let points: Vec<_> = first.spots.iter().map(|spot| spot.point).collect();
        prop_assert_eq!(points, [at, at + 2]);
    }

    #[test]
    fn any_ring_on_a_small_grid_is_judged_as_another_judges_it(
        corners in prop::collection::vec((0_i64..6, 0_i64..6), 3..9),
    ) {
        prop_assume!(!has_repeats(&corners));
        let ours = verdict(&format!("POLYGON({})", ring(&corners)));
        let other = sound_by_another(std::slice::from_ref(&corners));
        prop_assert!(ours.is_that_of(other), "{:?}: {:?}", corners, ours);
    }

    #[test]
    fn holes_on_a_small_grid_are_judged_as_another_judges_them(
        hole in prop::collection::vec((-1_i64..10, -1_i64..10), 3..5),
        second in prop::collection::vec((0_i64..9, 0_i64..9), 3..5),
    ) {
        prop_assume!(!has_repeats(&hole) && !has_repeats(&second));
        let rings = [vec![(0, 0), (8, 0), (8, 8), (0, 8)], hole, second];
        for count in 2..=3 {
            let rings = &rings[..count];
            let text: Vec<_> = rings.iter().map(|corners| ring(corners)).collect();
            let ours = verdict(&format!("POLYGON({})", text.join(",")));
            let other = sound_by_another(rings);
            prop_assert!(ours.is_that_of(other), "{:?}: {:?}", rings, ours);
        }
    }

    #[test]
    fn any_text_is_answered(text in r"(POLYGON|LINESTRING|MULTIPOLYGON|POINT)?[ (),0-9.eE+-]{0,60}") {
        let _ = judge(&text, Crs::Wgs84);
        let _ = judge(&text, Crs::Utm38);
        let _ = geojson::read(&text, 0, &Limits::default());
    }

    #[test]
    fn any_order_of_elements_is_answered(steps in prop::collection::vec((0_usize..24, "[0-9 .]{0,9}"), 0..40)) {
        let mut reader = GmlReader::new(0, &Limits::default());
        let names = ["Point", "LineString", "Curve", "segments", "LineStringSegment", "MultiCurve", "curveMember",
            "Polygon", "Surface", "patches", "PolygonPatch", "MultiSurface", "surfaceMember", "exterior", "interior",
            "LinearRing", "pos", "posList"];
        for (step, text) in steps {
            match names.get(step) {
                Some(name) if step < 2 => reader.start(GML_NAMESPACE, name, [("", "srsName", "EPSG:32639")], 1),
                Some(name) => reader.start(GML_NAMESPACE, name, [], 1),
                None if step < 21 => reader.text(&text, 1),
                None => reader.end(1),
            }
        }
        let _ = reader.finish().map(|sketch| sketch.judge(ANY));
    }
}

/// Long slanting teeth, all of whose boxes overlap: what makes comparing by boxes quadratic.
fn comb(teeth: i64) -> Vec<(i64, i64)> {
    let mut corners = Vec::new();
    for tooth in 0..teeth {
        corners.push((2 * tooth, -2 * tooth));
        corners.push((2 * tooth + 1 + 8_000_000, 8_000_000 - 2 * tooth - 1));
    }
    corners.push((2 * teeth - 8_000_000, -2 * teeth - 8_000_000));
    corners
}

#[test]
fn a_hundred_thousand_points_are_judged_without_comparing_each_to_each() {
    // each to each would be five thousand million comparisons; a test that takes those does not end in an hour
    let corners = comb(49_000);
    let text = format!("POLYGON({})", ring(&corners));
    assert!(text.len() < Limits::default().text);
    let judged = judge(&text, Crs::Wgs84);
    assert!(judged.is_ok(), "{:?}", judged.unwrap_err().first());
    // rings without number at one point
    let holes: Vec<_> =
        (1..16_000).map(|at| ring(&[(0, 0), (1_000_000, 200 * at), (1_000_000, 200 * at + 100)])).collect();
    let outer = ring(&[(-10, -10), (4_000_000, -10), (4_000_000, 4_000_000), (-10, 4_000_000)]);
    let many = judge(&format!("POLYGON({outer},{})", holes.join(",")), Crs::Wgs84);
    assert!(many.is_ok(), "{:?}", many.unwrap_err().first());
}
