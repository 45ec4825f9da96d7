//! Each fault by a drawing that has it, with its place; and its neighbours that are sound.

use super::*;
use crate::finding::{Language, Place};

/// What is wrong with a drawing of small numbers, or odd about it.
fn wrong(drawing: &str) -> Vec<What> {
    let faults = judge(&near(drawing), Crs::Wgs84).map_or_else(|faults| faults, |judged| judged.warnings);
    faults.into_iter().map(|fault| fault.what).collect()
}

#[test]
fn what_is_sound_has_no_fault() {
    for drawing in [
        "POINT(0 0)",
        "LINESTRING(0 0,1 1)",
        "LINESTRING(0 0,2 2,2 0,0 2)",
        "MULTILINESTRING((0 0,1 1),(5 5,6 6))",
        "POLYGON((0 0,10 0,10 10,0 10,0 0))",
        "POLYGON((0 0,0 10,10 10,10 0,0 0))",
        // a hole; a hole that touches the outer ring at a corner of its own, and at one of the ring's
        "POLYGON((0 0,10 0,10 10,0 10,0 0),(2 2,4 2,4 4,2 4,2 2))",
        "POLYGON((0 0,10 0,10 10,0 10,0 0),(0 5,4 4,4 6,0 5))",
        "POLYGON((0 0,10 0,10 10,0 10,0 0),(0 0,4 2,2 4,0 0))",
        // two holes that touch at a point
        "POLYGON((0 0,10 0,10 10,0 10,0 0),(2 2,4 2,4 4,2 4,2 2),(4 4,6 4,6 6,4 6,4 4))",
        // three holes that meet in one point
        "POLYGON((0 0,10 0,10 10,0 10,0 0),(5 5,6 3,7 4,5 5),(5 5,4 7,3 6,5 5),(5 5,3 3,4 2,5 5))",
        "MULTIPOLYGON(((0 0,1 0,1 1,0 1,0 0)),((5 5,6 5,6 6,5 6,5 5)))",
        // parts that touch at a point, and an island in the lake of another part
        "MULTIPOLYGON(((0 0,1 0,1 1,0 1,0 0)),((1 1,2 1,2 2,1 2,1 1)))",
        "MULTIPOLYGON(((0 0,10 0,10 10,0 10,0 0),(2 2,8 2,8 8,2 8,2 2)),((4 4,6 4,6 6,4 6,4 4)))",
        // a part that touches the other in two points: parts need not hang together
        "MULTIPOLYGON(((0 0,10 0,10 4,5 1,0 4,0 0)),((0 4,5 3,10 4,10 8,0 8,0 4)))",
    ] {
        assert_eq!(wrong(drawing), [], "{drawing}");
    }
}

#[test]
fn each_fault_is_found_at_its_place() {
    for (drawing, what, place) in [
        ("POLYGON((0 0,10 0,10 10,0 10))", What::NotClosed, "1/1:1 1/1:4"),
        ("POLYGON((0 0,10 0,0 0))", What::TooFewPoints(3), "1/1:1"),
        ("POLYGON((3 3,3 3,3 3,3 3))", What::NoExtent, "1/1:1"),
        ("LINESTRING(1 1,1 1)", What::NoExtent, "1/1:1"),
        ("LINESTRING(1 1)", What::NoExtent, "1/1:1"),
        // the hourglass
        ("POLYGON((0 0,10 10,10 0,0 10,0 0))", What::SelfCrossing, "1/1:1 1/1:3"),
        // through a corner of its own, crossing and touching
        ("POLYGON((0 0,5 5,10 0,10 10,5 5,0 10,0 0))", What::SelfTouch, "1/1:2 1/1:5"),
        ("POLYGON((0 0,5 5,10 10,10 0,5 5,0 10,0 0))", What::SelfCrossing, "1/1:2 1/1:5"),
        // a corner upon a segment
        ("POLYGON((0 0,10 0,10 10,5 0,0 10,0 0))", What::SelfTouch, "1/1:1 1/1:4"),
        ("POLYGON((0 0,10 0,10 10,10 15,10 10,0 10,0 0))", What::Spike, "1/1:4"),
        ("POLYGON((0 0,10 0,10 10,0 10,0 0),(5 5,15 5,15 6,5 6,5 5))", What::RingsCross, "1/1:2 1/2:1"),
        ("POLYGON((0 0,10 0,10 10,0 10,0 0),(0 2,4 2,4 4,0 4,0 2))", What::RingsShare, "1/1:4 1/2:4"),
        ("POLYGON((0 0,10 0,10 10,0 10,0 0),(12 2,14 2,14 4,12 4,12 2))", What::HoleOutside, "1/2:1"),
        ("POLYGON((2 2,4 2,4 4,2 4,2 2),(0 0,10 0,10 10,0 10,0 0))", What::HoleOutside, "1/1:1 1/2:1"),
        // outside, but touching
        ("POLYGON((0 0,10 0,10 10,0 10,0 0),(10 5,14 4,14 6,10 5))", What::HoleOutside, "1/2:1"),
        (
            "POLYGON((0 0,10 0,10 10,0 10,0 0),(1 1,9 1,9 9,1 9,1 1),(3 3,5 3,5 5,3 5,3 3))",
            What::HoleInHole,
            "1/3:1 1/2:1",
        ),
        // a hole that touches the outer ring twice, two holes that do so together, a closed chain of holes
        ("POLYGON((0 0,10 0,10 10,0 10,0 0),(0 5,5 4,10 5,5 6,0 5))", What::Disconnected, "1/2:3"),
        (
            "POLYGON((0 0,10 0,10 10,0 10,0 0),(0 5,3 4,5 5,3 6,0 5),(5 5,7 4,10 5,7 6,5 5))",
            What::Disconnected,
            "1/3:3",
        ),
        ("MULTIPOLYGON(((0 0,4 0,4 4,0 4,0 0)),((2 2,6 2,6 6,2 6,2 2)))", What::PartsOverlap, "1/1:3 2/1:4"),
        ("MULTIPOLYGON(((0 0,9 0,9 9,0 9,0 0)),((2 2,4 2,4 4,2 4,2 2)))", What::PartsOverlap, "2/1:1 1/1:1"),
        ("MULTIPOLYGON(((0 0,1 0,1 1,0 1,0 0)),((1 0,2 0,2 1,1 1,1 0)))", What::PartsShare, "1/1:2 2/1:4"),
    ] {
        let (found, spots) = match judge(&near(drawing), Crs::Wgs84) {
            Ok(judged) => panic!("{drawing} was taken: {judged:?}"),
            Err(faults) => {
                let at = faults[0].spots.iter().map(|s| format!("{}/{}:{}", s.part, s.ring, s.point));
                (faults[0].what.clone(), at.collect::<Vec<_>>().join(" "))
            }
        };
        assert_eq!(found, what, "{drawing}");
        assert_eq!(spots, place, "{drawing}");
    }
}

#[test]
fn a_spike_is_told_once_and_as_nothing_else() {
    for drawing in [
        "POLYGON((0 0,10 0,30 0,10 0,10 10,0 10,0 0))",
        "POLYGON((0 0,10 0,10 10,10 15,10 10,0 10,0 0))",
        "POLYGON((0 0,10 0,10 10,0 10,0 0),(2 2,4 2,7 2,4 2,4 4,2 4,2 2))",
    ] {
        let faults = judge(&near(drawing), Crs::Wgs84).unwrap_err();
        let whats: Vec<_> = faults.iter().map(|fault| fault.what.clone()).collect();
        assert_eq!(whats, [What::Spike], "{drawing}");
    }
}

#[test]
fn a_crossing_is_told_with_both_segments_and_the_point() {
    let faults = judge(&near("POLYGON((0 0,10 10,10 0,0 10,0 0))"), Crs::Wgs84).unwrap_err();
    let fault = &faults[0];
    assert_eq!(fault.meets.as_deref(), Some("49.005 40.005"));
    assert_eq!(
        (&*fault.spots[0].coordinates, fault.spots[0].to.clone()),
        ("49 40", Some((2, "49.01 40.01".to_owned())))
    );
    assert_eq!(
        (&*fault.spots[1].coordinates, fault.spots[1].to.clone()),
        ("49.01 40", Some((4, "49 40.01".to_owned())))
    );
    let finding = fault.finding(Place::whole().path("geometry"));
    assert_eq!(finding.found.as_deref(), Some("→ (49.005 40.005) 1/1:1–2 (49 40) 1/1:3–4 (49.01 40)"));
    assert_eq!(fault.offset, Some("POLYGON((".len() as u64));
}

#[test]
fn several_faults_are_told_in_one_round() {
    let two = "MULTIPOLYGON(((0 0,10 10,10 0,0 10,0 0)),((20 0,30 10,30 0,20 10,20 0)))";
    assert_eq!(wrong(two), [What::SelfCrossing, What::SelfCrossing]);
    let open_and_short = "MULTIPOLYGON(((0 0,10 10,10 0,0 10)),((20 0,30 10,20 0)))";
    assert_eq!(wrong(open_and_short), [What::NotClosed, What::TooFewPoints(3)]);
}

#[test]
fn faults_without_number_are_told_up_to_some_of_each_kind() {
    let short: Vec<_> = (0..20_000).map(|_| "((0 0,1 1,0 0))").collect();
    let found = wrong(&format!("MULTIPOLYGON({})", short.join(",")));
    assert_eq!(found, vec![What::TooFewPoints(3); 4]);
    let mut crossing: Vec<_> = (0..2_000).map(|_| "((0 0,10 10,10 0,0 10,0 0))").collect();
    crossing.push("((0 0,0 0,1 1,1 0,0 0))");
    let found = wrong(&format!("MULTIPOLYGON({})", crossing.join(",")));
    assert!((1..=9).contains(&found.len()) && found.last() == Some(&What::Repeated(1)), "{found:?}");
}

#[test]
fn repeats_and_sharp_corners_only_warn() {
    assert_eq!(wrong("POLYGON((0 0,10 0,10 0,10 0,10 10,0 10,0 10,0 0))"), [What::Repeated(3)]);
    assert_eq!(wrong("LINESTRING(0 0,0 0,1 1)"), [What::Repeated(1)]);
    assert_eq!(wrong("POLYGON((0 0,100 0,1000 0.5,100 1,100 10,0 10,0 0))"), [What::Sharp]);
    let kept = judge(&near("POLYGON((0 0,10 0,10 0,10 10,0 10,0 0))"), Crs::Wgs84).unwrap().geometry;
    assert_eq!(kept.points(), 5);
    assert!(kept.sent().contains("49.010000 40.000000,49.010000 40.000000"), "{}", kept.sent());
}

#[test]
fn an_area_that_is_no_area() {
    assert_eq!(wrong("POLYGON((0 0,5 5,10 10,0 0))"), [What::Spike, What::Spike]);
    // less than is kept: a triangle of hundredths of a millimetre
    let tiny = "POLYGON((49 40,49.0000000001 40,49.0000000001 40.0000000001,49 40))";
    assert_eq!(judge(tiny, Crs::Wgs84).unwrap_err()[0].what, What::NoExtent);
}

#[test]
fn coordinates_outside_are_explained_where_they_can_be() {
    let square = |x: f64, y: f64, side: f64| {
        format!("POLYGON(({x} {y},{} {y},{} {},{x} {},{x} {y}))", x + side, x + side, y + side, y + side)
    };
    let what = |text: String, crs| judge(&text, crs).unwrap_err()[0].what.clone();
    for (text, crs, expected) in [
        (square(40.4, 49.8, 0.01), Crs::Wgs84, What::Swapped),
        (square(4_473_000.0, 400_000.0, 100.0), Crs::Utm39, What::Swapped),
        (square(400_000.0, 4_473_000.0, 100.0), Crs::Utm38, What::OtherSystem(Guess::System(Crs::Utm39))),
        (square(700_000.0, 4_500_000.0, 100.0), Crs::Utm39, What::OtherSystem(Guess::System(Crs::Utm38))),
        (square(400_000.0, 4_473_000.0, 100.0), Crs::Wgs84, What::OtherSystem(Guess::System(Crs::Utm39))),
        (square(500_000.0, 4_473_000.0, 100.0), Crs::Wgs84, What::OtherSystem(Guess::Utm)),
        (square(49.8, 40.4, 0.01), Crs::Utm39, What::OtherSystem(Guess::System(Crs::Wgs84))),
        (square(8_650_000.0, 4_470_000.0, 100.0), Crs::Utm38, What::OtherSystem(Guess::GaussKrueger)),
        (square(4_470_000.0, 8_650_000.0, 100.0), Crs::Utm38, What::OtherSystem(Guess::GaussKrueger)),
        (square(5_540_000.0, 4_900_000.0, 100.0), Crs::Wgs84, What::OtherSystem(Guess::WebMercator)),
        (square(30.0, 50.0, 0.01), Crs::Wgs84, What::Outside),
        (square(0.0, 0.0, 0.01), Crs::Wgs84, What::Outside),
        (square(-1e9, 1e9, 1.0), Crs::Utm38, What::Outside),
    ] {
        assert_eq!(what(text.clone(), crs), expected, "{text} in {crs}");
    }
    // one point astray: it is named, and nothing is made of it
    let faults = judge("LINESTRING(49.8 40.4,49.9 40.5,4.99 40.5)", Crs::Wgs84).unwrap_err();
    assert_eq!((faults[0].what.clone(), faults[0].spots[0].point), (What::Outside, 3));
}

#[test]
fn a_kind_that_is_not_wanted_is_refused() {
    let sketch = wkt::read(&near("POINT(0 0)"), 0, Crs::Wgs84, &Limits::default()).unwrap();
    assert_eq!(sketch.judge(AREAS).unwrap_err()[0].what, What::Kind(Kind::Point, AREAS));
}

#[test]
fn the_stated_area_is_held_against_the_drawn_one() {
    let field = judge(&near("POLYGON((0 0,10 0,10 10,0 10,0 0))"), Crs::Wgs84).unwrap().geometry;
    let drawn = field.area_ha_thousandths();
    assert_eq!(field.agrees(drawn, 0), Ok(()));
    assert_eq!(field.agrees(drawn * 1009 / 1000, 10), Ok(()));
    assert_eq!(field.agrees(drawn * 1011 / 1000, 10).unwrap_err().what, What::AreaDiffers(drawn * 1011 / 1000, drawn));
    assert!(field.agrees(drawn * 989 / 1000, 10).is_err() && field.agrees(0, 10).is_err());
    // a garden of 49 square metres, stated as 0.005 ha
    let garden =
        judge("POLYGON((400000 4473000,400007 4473000,400007 4473007,400000 4473007,400000 4473000))", Crs::Utm39);
    assert_eq!(garden.unwrap().geometry.agrees(5, 10), Ok(()));
}

#[test]
fn overlaps_are_warned_of_and_neighbours_are_not() {
    let area = |drawing: &str| judge(&near(drawing), Crs::Wgs84).unwrap().geometry;
    let mut overlaps = Overlaps::default();
    let nobody = &mut |_| None;
    assert_eq!(overlaps.add(1, &area("POLYGON((0 0,10 0,10 10,0 10,0 0))"), 8, nobody), []);
    assert_eq!(overlaps.add(2, &area("POLYGON((10 0,20 0,20 10,10 10,10 0))"), 8, nobody), []);
    // in the lake of another
    assert_eq!(
        overlaps.add(3, &area("POLYGON((30 0,40 0,40 10,30 10,30 0),(32 2,38 2,38 8,32 8,32 2))"), 8, nobody),
        []
    );
    assert_eq!(overlaps.add(4, &area("POLYGON((33 3,37 3,37 7,33 7,33 3))"), 8, nobody), []);
    let found = overlaps.add(5, &area("POLYGON((9 9,11 9,11 11,9 11,9 9))"), 8, nobody);
    let mut records: Vec<_> = found.iter().map(|fault| fault.what.clone()).collect();
    records.sort_by_key(|what| format!("{what:?}"));
    // a thousandth of a degree each way: 111 by 85 metres
    let [What::Overlaps(1, area_1), What::Overlaps(2, area_2)] = records[..] else { panic!("{records:?}") };
    assert!([area_1, area_2].iter().all(|area| (9_300..9_600).contains(area)), "{area_1} {area_2}");
    assert!(found.iter().all(Fault::is_warning));
    assert_eq!(overlaps.finish(), None);
}

#[test]
fn what_was_not_compared_is_told() {
    let field = judge(&near("POLYGON((0 0,10 0,10 10,0 10,0 0))"), Crs::Wgs84).unwrap().geometry;
    let far = judge(&near("POLYGON((50 0,60 0,60 10,50 10,50 0))"), Crs::Wgs84).unwrap().geometry;
    let nobody = &mut |_| None;
    // room for two: the third finds the second alone, and one of the fields lies unseen
    let mut narrow = Overlaps::within(10, 1_000);
    let found: Vec<_> = (1..=3).map(|record| narrow.add(record, &field, 8, nobody).len()).collect();
    assert_eq!(found, [0, 1, 2]);
    assert_eq!(narrow.add(4, &field, 8, nobody).len(), 2);
    assert_eq!(narrow.add(5, &far, 8, nobody), []);
    assert_eq!(narrow.finish().map(|fault| fault.what), Some(What::OverlapsUnchecked(1)));
    // whoever still has what is not kept is asked for it
    let mut asked = Vec::new();
    let mut whole = Overlaps::within(10, 1_000_000);
    let mut again = |record| {
        asked.push(record);
        Some(field.clone())
    };
    let found: Vec<_> = (1..=4).map(|record| whole.add(record, &field, 8, &mut again).len()).collect();
    assert_eq!((found, whole.finish()), (vec![0, 1, 2, 3], None));
    assert_eq!(asked, [1]);
    // work for one comparison of ten points
    let mut tired = Overlaps::within(1_000, 10);
    let found: Vec<_> = (1..=3).map(|record| tired.add(record, &field, 8, nobody).len()).collect();
    assert_eq!(found, [0, 1, 0]);
    assert_eq!(tired.finish().map(|fault| fault.what), Some(What::OverlapsUnchecked(1)));
    // no more than asked for
    let mut many = Overlaps::default();
    assert_eq!((1..=4).map(|record| many.add(record, &field, 1, nobody).len()).collect::<Vec<_>>(), [0, 1, 1, 1]);
}

#[test]
fn every_fault_has_words_in_both_languages_and_none_is_left_open() {
    let drawings = [
        "POLYGON((0 0,10 0,10 10,0 10))",
        "POLYGON((0 0,10 10,10 0,0 10,0 0))",
        "POLYGON((0 0,10 0,10 10,0 10,0 0),(0 2,4 2,4 4,0 4,0 2))",
        "MULTIPOLYGON(((0 0,9 0,9 9,0 9,0 0)),((2 2,4 2,4 4,2 4,2 2)))",
        "POLYGON((0 0,1 1",
        "POINT Z(0 0 0)",
        "MULTIPOINT(0 0)",
    ];
    for drawing in drawings {
        let finding = judge(&near(drawing), Crs::Wgs84).unwrap_err()[0].finding(Place::at(7).path("geometry").row(3));
        assert_eq!((finding.place.row, finding.place.path.as_deref()), (Some(3), Some("geometry")));
        for language in [Language::Az, Language::En] {
            let message = finding.message(language);
            assert!(message.starts_with("geometry: ") && !message.contains('{'), "{message}");
        }
    }
}
