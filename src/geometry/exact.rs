//! Points on a grid of ticks, and the few questions about them, answered exactly.
//!
//! Shapes are asked about only when they lie in the country, where a coordinate is less than 2^43 ticks: a
//! difference fits 44 bits, the product of two 88, and the sum of all that a geometry has, an `i128`.

use std::cmp::Ordering;

/// A point, ordered from west to east, then from south to north.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Point {
    pub x: i64,
    pub y: i64,
}

/// From a to b, then to c: positive when that turns left, 0 when all three lie on one line.
pub(super) fn turn(a: Point, b: Point, c: Point) -> i128 {
    cross(difference(a, b), difference(a, c))
}

/// The way from a to b.
pub(super) fn difference(a: Point, b: Point) -> (i128, i128) {
    (i128::from(b.x) - i128::from(a.x), i128::from(b.y) - i128::from(a.y))
}

pub(super) fn cross(u: (i128, i128), v: (i128, i128)) -> i128 {
    u.0 * v.1 - u.1 * v.0
}

pub(super) fn dot(u: (i128, i128), v: (i128, i128)) -> i128 {
    u.0 * v.0 + u.1 * v.1
}

/// Twice the area that a closed ring encloses; negative when it goes clockwise.
pub(super) fn doubled_area(ring: &[Point]) -> i128 {
    let Some(&first) = ring.first() else { return 0 };
    ring.windows(2).map(|pair| turn(first, pair[0], pair[1])).sum()
}

/// Two directions by the angle from the x axis, anticlockwise; equal when they are the same direction.
pub(super) fn by_angle(u: (i128, i128), v: (i128, i128)) -> Ordering {
    let half = |(x, y): (i128, i128)| u8::from(y < 0 || (y == 0 && x < 0));
    half(u).cmp(&half(v)).then_with(|| 0.cmp(&cross(u, v)))
}

/// How two segments meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meeting {
    /// Not at all, or only end to end.
    Apart,
    /// In the inner of both.
    Cross,
    /// Along a piece.
    Along(Point),
    /// An end of the second lies in the inner of the first.
    FirstHolds(Point),
    /// An end of the first lies in the inner of the second.
    SecondHolds(Point),
}

/// How the segments a–b and c–d meet, each given from its lesser to its greater end.
pub(super) fn meeting((a, b): (Point, Point), (c, d): (Point, Point)) -> Meeting {
    let (at_c, at_d) = (turn(a, b, c).signum(), turn(a, b, d).signum());
    if at_c == 0 && at_d == 0 {
        let from = a.max(c);
        return if from < b.min(d) { Meeting::Along(from) } else { Meeting::Apart };
    }
    let (at_a, at_b) = (turn(c, d, a).signum(), turn(c, d, b).signum());
    let within = |point: Point, from: Point, to: Point| from < point && point < to;
    if at_c * at_d < 0 && at_a * at_b < 0 {
        Meeting::Cross
    } else if at_c == 0 && within(c, a, b) {
        Meeting::FirstHolds(c)
    } else if at_d == 0 && within(d, a, b) {
        Meeting::FirstHolds(d)
    } else if at_a == 0 && within(a, c, d) {
        Meeting::SecondHolds(a)
    } else if at_b == 0 && within(b, c, d) {
        Meeting::SecondHolds(b)
    } else {
        Meeting::Apart
    }
}

/// Where two crossing segments cross, to the nearest tick or two.
pub(super) fn crossing((a, b): (Point, Point), (c, d): (Point, Point)) -> Point {
    let (along, other) = (difference(a, b), difference(c, d));
    let mut whole = cross(along, other);
    let mut share = cross(difference(a, c), other);
    // both fit 89 bits; 74 are more than a coordinate has, and leave room for a product with 44
    let spare = whole.unsigned_abs().max(share.unsigned_abs()).leading_zeros();
    let shift = 54_u32.saturating_sub(spare);
    whole >>= shift;
    share >>= shift;
    let part = |way: i128| i64::try_from((way * share).checked_div(whole).unwrap_or(0)).unwrap_or(0);
    Point { x: a.x.saturating_add(part(along.0)), y: a.y.saturating_add(part(along.1)) }
}
