//! Merkle trees of RFC 6962 2.1 (the same in RFC 9162 2.1): hashes of leaves and nodes, roots, and the two proofs.
//!
//! Owns the arithmetic alone: a tree's nodes are asked of whoever keeps them ([`Nodes`]), and a proof is verified from
//! what stands in it and nothing else. Never reads a file, never signs.

use crate::document::{Digest, Digester};
use std::cell::RefCell;
use std::collections::HashMap;

/// Longest proof: a tree of 2^64 leaves is 64 high, and a proof of consistency may name one node more.
pub const PROOF_MAX: usize = 65;

/// The hash of a leaf (RFC 6962 2.1).
pub fn leaf(octets: &[u8]) -> Digest {
    let mut digester = Digester::new();
    digester.update(&[0]);
    digester.update(octets);
    digester.finish()
}

/// The hash of an inner node.
pub fn node(left: &Digest, right: &Digest) -> Digest {
    let mut octets = [1; 65];
    octets[1..33].copy_from_slice(left.as_bytes());
    octets[33..].copy_from_slice(right.as_bytes());
    Digest::of(&octets)
}

/// The right edge of a tree: the roots of the full subtrees that make it up, the largest first. With it a tree grows
/// and tells its root, and needs nothing else.
///
/// ```
/// use pencere::forms::merkle::{Peaks, leaf, node};
/// let mut peaks = Peaks::default();
/// let leaves = [leaf(b"a"), leaf(b"b"), leaf(b"c")];
/// leaves.iter().for_each(|leaf| peaks.push(*leaf, |_, _, _| {}));
/// assert_eq!(peaks.root(), node(&node(&leaves[0], &leaves[1]), &leaves[2]));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peaks {
    size: u64,
    hashes: Vec<Digest>,
}

impl Peaks {
    /// Those of a tree of this size; none when their number does not fit it.
    pub fn new(size: u64, hashes: Vec<Digest>) -> Option<Self> {
        (size.count_ones() as usize == hashes.len()).then_some(Self { size, hashes })
    }

    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The hashes, the largest subtree's first.
    pub fn hashes(&self) -> &[Digest] {
        &self.hashes
    }

    /// Takes the next leaf. `completed` hears of each node that is complete now, from the leaf upwards: its level (0
    /// for leaves), its place among those of the level, its hash.
    pub fn push(&mut self, leaf: Digest, mut completed: impl FnMut(u32, u64, Digest)) {
        let (mut at, mut hash) = (self.size, leaf);
        completed(0, at, hash);
        let mut level = 0;
        while at & 1 == 1 {
            let Some(left) = self.hashes.pop() else { break }; // one for each bit that is set
            hash = node(&left, &hash);
            at >>= 1;
            level += 1;
            completed(level, at, hash);
        }
        self.hashes.push(hash);
        self.size += 1;
    }

    /// The root; of no leaves, the hash of nothing (RFC 6962 2.1).
    pub fn root(&self) -> Digest {
        let mut hashes = self.hashes.iter().rev();
        match hashes.next() {
            None => Digest::of(b""),
            Some(last) => hashes.fold(*last, |right, left| node(left, &right)),
        }
    }
}

/// Who keeps the complete nodes of a tree.
pub trait Nodes {
    /// What goes wrong there.
    type Fault;

    /// The node of this level (0 for leaves) at this place among those of the level.
    ///
    /// # Errors
    /// Theirs.
    fn node(&self, level: u32, at: u64) -> Result<Digest, Self::Fault>;
}

/// A tree of one size, of which proofs are wanted; what was reckoned for one is kept for the next.
pub struct Tree<'n, N> {
    nodes: &'n N,
    size: u64,
    known: RefCell<HashMap<(u64, u64), Digest>>,
}

impl<'n, N: Nodes> Tree<'n, N> {
    /// The tree of the first `size` leaves.
    pub fn new(nodes: &'n N, size: u64) -> Self {
        Self { nodes, size, known: RefCell::default() }
    }

    /// Its root.
    ///
    /// # Errors
    /// Those of the nodes, as for all that follow.
    pub fn root(&self) -> Result<Digest, N::Fault> {
        self.root_of(self.size)
    }

    /// The root of a beginning of it.
    pub fn root_of(&self, size: u64) -> Result<Digest, N::Fault> {
        match size {
            0 => Ok(Digest::of(b"")),
            size => self.over(0, size),
        }
    }

    /// The audit path of a leaf (RFC 6962 2.1.1); empty for a leaf that is not in the tree.
    pub fn inclusion(&self, index: u64) -> Result<Vec<Digest>, N::Fault> {
        let (mut begin, mut end) = (0, self.size);
        let mut path = Vec::new();
        while index < self.size && end - begin > 1 {
            let middle = begin + split(end - begin);
            match index < middle {
                true => (path.push(self.over(middle, end)?), end = middle),
                false => (path.push(self.over(begin, middle)?), begin = middle),
            };
        }
        path.reverse(); // the leaf's own neighbour comes first
        Ok(path)
    }

    /// The proof that the tree of the first `old` leaves is a beginning of this one (RFC 6962 2.1.2); empty for what
    /// is none, and for the same tree.
    pub fn consistency(&self, old: u64) -> Result<Vec<Digest>, N::Fault> {
        let mut proof = Vec::new();
        if (1..self.size).contains(&old) {
            let (mut begin, mut end, mut is_whole) = (0, self.size, true);
            while end != old {
                let middle = begin + split(end - begin);
                match old <= middle {
                    true => (proof.push(self.over(middle, end)?), end = middle),
                    false => (proof.push(self.over(begin, middle)?), begin = middle),
                };
                is_whole &= begin == 0;
            }
            if !is_whole {
                proof.push(self.over(begin, end)?);
            }
            proof.reverse();
        }
        Ok(proof)
    }

    /// The root over the leaves from `begin` to `end`, as they stand in a larger tree.
    fn over(&self, begin: u64, end: u64) -> Result<Digest, N::Fault> {
        let count = end - begin;
        if let Some(known) = self.known.borrow().get(&(begin, end)) {
            return Ok(*known);
        }
        let hash = match count.is_power_of_two() {
            true => self.nodes.node(count.trailing_zeros(), begin >> count.trailing_zeros())?,
            false => {
                let middle = begin + split(count);
                node(&self.over(begin, middle)?, &self.over(middle, end)?)
            }
        };
        self.known.borrow_mut().insert((begin, end), hash);
        Ok(hash)
    }
}

/// The largest power of two below `count`, which is two at least.
fn split(count: u64) -> u64 {
    1 << (u64::BITS - 1 - (count - 1).leading_zeros())
}

/// Whether this path leads from the leaf to the root (RFC 9162 2.1.3.2).
pub fn is_included(leaf: Digest, index: u64, size: u64, path: &[Digest], root: Digest) -> bool {
    if index >= size || path.len() > PROOF_MAX {
        return false;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, leaf);
    for beside in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node(beside, &hash);
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            hash = node(&hash, beside);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && hash == root
}

/// Whether the tree of the first `old` leaves with this root is a beginning of the one of `new` leaves with that root
/// (RFC 9162 2.1.4.2). Of no leaves every tree begins, which proves nothing: it is refused.
pub fn is_consistent(old: (u64, Digest), new: (u64, Digest), proof: &[Digest]) -> bool {
    let ((old, old_root), (new, new_root)) = (old, new);
    if old == 0 || old > new || proof.len() > PROOF_MAX {
        return false;
    }
    if old == new {
        return proof.is_empty() && old_root == new_root;
    }
    let mut proof = proof.iter();
    let (mut at, mut last) = (old - 1, new - 1);
    while at & 1 == 1 {
        (at, last) = (at >> 1, last >> 1);
    }
    let first = match old.is_power_of_two() {
        true => Some(&old_root),
        false => proof.next(),
    };
    let Some(&first) = first else { return false };
    let (mut of_old, mut of_new) = (first, first);
    for beside in proof {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            of_old = node(beside, &of_old);
            of_new = node(beside, &of_new);
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            of_new = node(&of_new, beside);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && of_old == old_root && of_new == new_root
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    /// All nodes of a tree, by level.
    #[derive(Default)]
    struct Whole(Vec<Vec<Digest>>);

    impl Nodes for Whole {
        type Fault = Infallible;
        fn node(&self, level: u32, at: u64) -> Result<Digest, Infallible> {
            Ok(self.0[level as usize][at as usize])
        }
    }

    fn grown(size: u64) -> (Whole, Peaks) {
        let (mut whole, mut peaks) = (Whole::default(), Peaks::default());
        for at in 0..size {
            peaks.push(leaf(&at.to_be_bytes()), |level, at, hash| {
                if whole.0.len() <= level as usize {
                    whole.0.push(Vec::new());
                }
                assert_eq!(whole.0[level as usize].len() as u64, at, "nodes are completed in their order");
                whole.0[level as usize].push(hash);
            });
        }
        (whole, peaks)
    }

    /// The definition of RFC 6962 2.1, word for word.
    fn by_definition(leaves: &[Digest]) -> Digest {
        match leaves {
            [] => Digest::of(b""),
            [one] => *one,
            leaves => {
                let (left, right) = leaves.split_at(split(leaves.len() as u64) as usize);
                node(&by_definition(left), &by_definition(right))
            }
        }
    }

    #[test]
    fn every_proof_of_every_small_tree_holds_and_no_other() {
        let ok = |result: Result<Vec<Digest>, Infallible>| result.unwrap();
        let leaves: Vec<Digest> = (0..70u64).map(|at| leaf(&at.to_be_bytes())).collect();
        let roots: Vec<Digest> = (0..=70).map(|size| by_definition(&leaves[..size])).collect();
        let (whole, _) = grown(70);
        for size in 1..=70u64 {
            let tree = Tree::new(&whole, size);
            let root = roots[size as usize];
            assert_eq!((tree.root().unwrap(), grown(size).1.root()), (root, root), "{size}");
            for index in 0..size {
                let path = ok(tree.inclusion(index));
                let leaf = leaves[index as usize];
                let of = |at, path: &[Digest]| is_included(leaf, at, size, path, root);
                assert!(of(index, &path), "{index} of {size}");
                assert!((0..size + 2).filter(|&at| of(at, &path)).eq([index]), "at one place alone");
                assert!(!is_included(leaves[(index as usize + 1) % 70], index, size, &path, root));
                assert!(!of(index, &[&path[..], &[root]].concat()) && (path.is_empty() || !of(index, &path[1..])));
                for at in 0..path.len() {
                    let mut other = path.clone();
                    other[at] = root;
                    assert!(!of(index, &other));
                }
            }
            for old in 1..=size {
                let proof = ok(tree.consistency(old));
                let old = (old, roots[old as usize]);
                assert!(is_consistent(old, (size, root), &proof), "{} in {size}", old.0);
                assert!(!is_consistent(old, (size, roots[0]), &proof));
                assert!(!is_consistent((old.0, roots[0]), (size, root), &proof));
                assert!(!is_consistent(old, (size, root), &[&proof[..], &[root]].concat()));
                assert!(proof.is_empty() || !is_consistent(old, (size, root), &proof[1..]));
                assert!(!is_consistent((size + 1, root), (size, root), &proof));
            }
        }
        assert!(!is_consistent((0, roots[0]), (5, roots[5]), &[]) && !is_included(roots[0], 0, 0, &[], roots[0]));
    }

    #[test]
    fn peaks_that_do_not_fit_their_size_are_none() {
        let (_, peaks) = grown(11);
        assert_eq!(Peaks::new(11, peaks.hashes().to_vec()), Some(peaks.clone()));
        assert_eq!(Peaks::new(12, peaks.hashes().to_vec()), None);
    }
}
