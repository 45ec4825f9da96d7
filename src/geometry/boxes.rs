//! Many boxes, and which of them meet another: some seventeen octets each, whatever order they come in.
//!
//! Boxes are kept in whole 32 billionths of a degree, some three millimetres, and their width and height with eleven
//! binary places, made larger and never smaller by that: what meets is always found, and of what is found a little may
//! only nearly meet. The last come are looked through one
//! by one; those before them stand in trees of sizes that double, as the digits of a number do, so that a box is put
//! into a tree some twenty times at most (Bentley and Saxe, 1980). A tree is its boxes in the order of a curve that
//! keeps neighbours together, and over each sixteen one box around them. Nothing is ever taken out.

use super::Bounds;

/// Boxes that stand in no tree yet, at most.
const LOOSE: usize = 512;
/// Boxes under one.
const NODE: usize = 16;

/// A box as it is kept.
#[derive(Clone, Copy, Debug)]
struct Small {
    /// West and south, in ticks.
    corner: [i32; 2],
    /// Width and height ([`extent`]).
    size: [u16; 2],
}

/// West, south, east, north, in ticks.
type Sides = [i64; 4];

/// Boxes that come one by one.
#[derive(Debug, Default)]
pub(super) struct Boxes {
    all: Vec<Small>,
    /// Of the first of `all`; each larger than the next.
    trees: Vec<Tree>,
    /// How many of `all` stand in trees.
    grown: usize,
}

/// Boxes by the order of the curve.
#[derive(Debug)]
struct Tree {
    order: Vec<u32>,
    /// From the boxes around sixteen to those around all.
    levels: Vec<Vec<Small>>,
}

impl Boxes {
    /// Makes room for so many more.
    pub fn reserve(&mut self, count: usize) {
        self.all.reserve_exact(count);
    }

    /// Adds one; its number is how many there were.
    pub fn add(&mut self, bounds: Bounds) {
        self.all.push(Small::around(around(bounds)));
        if self.all.len() - self.grown < LOOSE {
            return;
        }
        let mut order: Vec<u32> = (self.grown..self.all.len()).map(|at| at as u32).collect();
        order.sort_unstable_by_key(|&at| self.place(at));
        self.grown = self.all.len();
        while let Some(tree) = self.trees.pop_if(|tree| tree.order.len() <= order.len()) {
            order = self.merged(tree.order, order);
        }
        let tree = Tree { levels: self.levels(&order), order };
        self.trees.push(tree);
    }

    /// Gives the numbers of those that meet these bounds, the latest first but for what stands in trees, until `take`
    /// has enough.
    pub fn meeting(&self, bounds: Bounds, mut take: impl FnMut(usize) -> bool) {
        let wanted = around(bounds);
        for at in (self.grown..self.all.len()).rev() {
            if self.get(at).is_some_and(|one| meet(&one.sides(), &wanted)) && !take(at) {
                return;
            }
        }
        for tree in self.trees.iter().rev() {
            if !self.look(tree, tree.levels.len(), 0, &wanted, &mut take) {
                return;
            }
        }
    }

    /// Looks at what lies under sixteen boxes of a level, level 0 being the boxes themselves.
    fn look(
        &self,
        tree: &Tree,
        level: usize,
        node: usize,
        wanted: &Sides,
        take: &mut impl FnMut(usize) -> bool,
    ) -> bool {
        let Some(below) = level.checked_sub(1) else {
            let here = tree.order.iter().skip(node * NODE).take(NODE).map(|&at| at as usize);
            return here.filter(|&at| self.get(at).is_some_and(|one| meet(&one.sides(), wanted))).all(take);
        };
        let boxes = tree.levels.get(below).map_or(&[][..], Vec::as_slice);
        let here = boxes.iter().enumerate().skip(node * NODE).take(NODE);
        here.filter(|(_, one)| meet(&one.sides(), wanted)).all(|(at, _)| self.look(tree, below, at, wanted, take))
    }

    fn get(&self, at: usize) -> Option<&Small> {
        self.all.get(at)
    }

    /// Where on the curve a box stands.
    fn place(&self, at: u32) -> u64 {
        let Some(small) = self.get(at as usize) else { return 0 };
        let [west, south, east, north] = small.sides();
        // as the low half of two's complement: neighbours stay neighbours but for the two ends of the earth
        let middle = |one: i64, other: i64| one.midpoint(other) as u32;
        spread(middle(west, east)) | spread(middle(south, north)) << 1
    }

    fn merged(&self, one: Vec<u32>, other: Vec<u32>) -> Vec<u32> {
        let mut merged = Vec::with_capacity(one.len() + other.len());
        let (mut one, mut other) = (one.into_iter().peekable(), other.into_iter().peekable());
        while let (Some(&first), Some(&second)) = (one.peek(), other.peek()) {
            let next = if self.place(first) <= self.place(second) { one.next() } else { other.next() };
            merged.extend(next);
        }
        merged.extend(one.chain(other));
        merged
    }

    fn levels(&self, order: &[u32]) -> Vec<Vec<Small>> {
        let mut levels: Vec<Vec<Small>> = Vec::new();
        let boxes = order.chunks(NODE).map(|some| union(some.iter().filter_map(|&at| self.get(at as usize))));
        levels.push(boxes.collect());
        while let Some(last) = levels.last().filter(|last| last.len() > NODE) {
            let above = last.chunks(NODE).map(|some| union(some.iter())).collect();
            levels.push(above);
        }
        levels
    }
}

impl Small {
    /// The smallest that holds all of this.
    fn around([west, south, east, north]: Sides) -> Self {
        let low = |ticks: i64| ticks.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32;
        let corner = [low(west), low(south)];
        let size = [extent(east - i64::from(corner[0])), extent(north - i64::from(corner[1]))];
        Self { corner, size }
    }

    fn sides(self) -> Sides {
        let ([west, south], [width, height]) = (self.corner.map(i64::from), self.size.map(ticks));
        [west, south, west + width, south + height]
    }
}

/// Binary places of a width.
const PLACES: u32 = 11;

/// A width in two octets: below them its places, above them how far they are shifted; rounded up.
fn extent(width: i64) -> u16 {
    let mut width = width.clamp(0, i64::from(u32::MAX)) as u64;
    let mut shift = 0;
    while width >> PLACES != 0 {
        width = width.div_ceil(2);
        shift += 1;
    }
    (shift << PLACES) | width as u16
}

/// What [`extent`] made of a width.
fn ticks(extent: u16) -> i64 {
    i64::from(extent & ((1 << PLACES) - 1)) << (extent >> PLACES)
}

fn around(bounds: Bounds) -> Sides {
    const TICK: i64 = 32;
    let near = |nano: i64| nano.div_euclid(TICK).clamp(i64::from(i32::MIN), i64::from(i32::MAX));
    let far = |nano: i64| near(nano.saturating_add(TICK - 1));
    [near(bounds.west), near(bounds.south), far(bounds.east), far(bounds.north)]
}

fn meet(one: &Sides, other: &Sides) -> bool {
    one[0] <= other[2] && other[0] <= one[2] && one[1] <= other[3] && other[1] <= one[3]
}

fn union<'b>(boxes: impl Iterator<Item = &'b Small>) -> Small {
    let all = boxes
        .map(|one| one.sides())
        .reduce(|all, one| [all[0].min(one[0]), all[1].min(one[1]), all[2].max(one[2]), all[3].max(one[3])]);
    Small::around(all.unwrap_or_default())
}

/// The bits of a number with one between each two (Morton, 1966).
fn spread(number: u32) -> u64 {
    let mut bits = u64::from(number);
    for (shift, mask) in [
        (16, 0x0000_FFFF_0000_FFFF),
        (8, 0x00FF_00FF_00FF_00FF),
        (4, 0x0F0F_0F0F_0F0F_0F0F),
        (2, 0x3333_3333_3333_3333),
        (1, 0x5555_5555_5555_5555),
    ] {
        bits = (bits | bits << shift) & mask;
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bounds(west: i64, south: i64, width: i64, height: i64) -> Bounds {
        Bounds { west, south, east: west + width, north: south + height }
    }

    proptest! {
        /// What meets is found, whatever tree it stands in; and nothing that lies further off than the ticks.
        #[test]
        fn what_meets_is_found(
            given in proptest::collection::vec((0i64..20_000, 0i64..20_000, 0i64..900, 0i64..900), 1..3000),
            asked in proptest::collection::vec((0i64..20_000, 0i64..20_000, 0i64..3000, 0i64..3000), 1..8),
            // from millimetres to a degree and more, and on either side of Greenwich and the equator
            scale in 1i64..100_000,
            (west, south) in (-60_000_000_000i64..50_000_000_000, -60_000_000_000i64..50_000_000_000),
        ) {
            let at = |(x, y, width, height): (i64, i64, i64, i64)| {
                (west + x * scale, south + y * scale, width * scale, height * scale)
            };
            let given: Vec<_> = given.into_iter().map(at).collect();
            let asked: Vec<_> = asked.into_iter().map(at).collect();
            let mut boxes = Boxes::default();
            for (west, south, width, height) in &given {
                boxes.add(bounds(*west, *south, *width, *height));
            }
            for (west, south, width, height) in asked {
                let wanted = bounds(west, south, width, height);
                let mut found = Vec::new();
                boxes.meeting(wanted, |at| { found.push(at); true });
                found.sort_unstable();
                let within = |slack: i64| given.iter().enumerate().filter(move |(_, (w, s, x, y))| {
                    *w <= wanted.east + slack && wanted.west <= w + x + slack
                        && *s <= wanted.north + slack && wanted.south <= s + y + slack
                }).map(|(at, _)| at);
                prop_assert!(within(0).all(|at| found.binary_search(&at).is_ok()));
                let near: Vec<usize> = within(64 + ((1000 * scale) >> (PLACES - 2))).collect();
                prop_assert!(found.iter().all(|at| near.binary_search(at).is_ok()));
                prop_assert!(found.windows(2).all(|pair| pair[0] < pair[1]), "none twice");
            }
        }
    }

    #[test]
    fn a_width_in_two_octets_is_never_smaller_and_hardly_larger() {
        let mut width = 0i64;
        while width <= i64::from(u32::MAX) {
            let kept = ticks(extent(width));
            assert!(kept >= width && kept - width <= width >> (PLACES - 2), "{width} is kept as {kept}");
            width += 1 + width / 997;
        }
        assert_eq!(ticks(extent(-1)), 0);
        assert!(ticks(extent(i64::MAX)) >= i64::from(u32::MAX));
    }

    #[test]
    fn who_has_enough_is_given_no_more() {
        let mut boxes = Boxes::default();
        for _ in 0..2000 {
            boxes.add(bounds(0, 0, 10, 10));
        }
        for enough in [1, 100, 600, 2000] {
            let mut given = 0;
            boxes.meeting(bounds(5, 5, 1, 1), |_| {
                given += 1;
                given < enough
            });
            assert_eq!(given, enough);
        }
    }
}
