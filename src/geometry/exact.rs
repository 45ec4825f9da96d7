//! Points on a grid of ticks, and the few questions about them, answered exactly.
//!
//! Shapes are asked about only when they lie in the country, where a coordinate is less than 2^43 ticks: a
//! difference fits 44 bits, the product of two 88, and the sum of all that a geometry has, an `i128`. Most signs
//! floating point tells sooner; it is believed only where its rounding leaves no doubt.

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

/// On which side of the line from a to b the point c lies: 1 to the left, -1 to the right, 0 on the line. Floating
/// point decides where it is sure of the sign, and whole numbers where it is not.
pub(super) fn side(a: Point, b: Point, c: Point) -> i32 {
    let way = |from: Point, to: Point| (to.x.saturating_sub(from.x) as f64, to.y.saturating_sub(from.y) as f64);
    let ((along_x, along_y), (to_x, to_y)) = (way(a, b), way(a, c));
    let (left, right) = (along_x * to_y, along_y * to_x);
    let turned = left - right;
    if turned.abs() > (left.abs() + right.abs()) * UNSURE {
        return if turned > 0.0 { 1 } else { -1 };
    }
    turn(a, b, c).signum() as i32
}

/// What a difference of two products is wrong by, at most, to the sum of their sizes: each factor, each product and the
/// difference is rounded by 2^-53 of itself, and this is twice all of these.
const UNSURE: f64 = 1e-15;

/// Whether the sides of the corner at b part by more than one in `sharp`, where floating point is sure of that.
pub(super) fn is_plainly_blunt((a, b, c): (Point, Point, Point), sharp: i128) -> bool {
    let way = |to: Point| (to.x.saturating_sub(b.x) as f64, to.y.saturating_sub(b.y) as f64);
    let ((back_x, back_y), (on_x, on_y)) = (way(a), way(c));
    let opening = (back_x * on_y - back_y * on_x).abs();
    let along = back_x * on_x + back_y * on_y;
    let unsure = (back_x.abs() + back_y.abs()) * (on_x.abs() + on_y.abs()) * UNSURE;
    (opening - unsure) * sharp as f64 > along + unsure
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
    let (at_c, at_d) = (side(a, b, c), side(a, b, d));
    if at_c == 0 && at_d == 0 {
        let from = a.max(c);
        return if from < b.min(d) { Meeting::Along(from) } else { Meeting::Apart };
    }
    let (at_a, at_b) = (side(c, d, a), side(c, d, b));
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn point() -> impl Strategy<Value = Point> {
        (0_i64..1 << 43, 0_i64..1 << 43).prop_map(|(x, y)| Point { x, y })
    }

    proptest! {
        /// Floating point says nothing that whole numbers do not: of three points anywhere, and of three that lie
        /// nearly on a line.
        #[test]
        fn the_side_is_that_of_whole_numbers(
            (a, b, c) in (point(), point(), point()), part in 0_i64..1000, off in (-3_i64..4, -3_i64..4),
        ) {
            prop_assert_eq!(i128::from(side(a, b, c)), turn(a, b, c).signum());
            let near = Point { x: a.x + (b.x - a.x) / 1000 * part + off.0, y: a.y + (b.y - a.y) / 1000 * part + off.1 };
            prop_assert_eq!(i128::from(side(a, b, near)), turn(a, b, near).signum());
            for (a, b, c) in [(a, b, c), (b, a, near), (a, near, b)] {
                let (back, on) = (difference(b, a), difference(b, c));
                let is_sharp = dot(back, on) > 0 && cross(back, on).abs() * 115 < dot(back, on);
                prop_assert!(!(is_sharp && is_plainly_blunt((a, b, c), 115)), "{:?}", (a, b, c));
            }
        }
    }
}
