//! A stream of choices that proptest draws and shrinks: what it does not say is nought, the plain one.

use proptest::prelude::*;
use std::cell::Cell;

/// Choices to be made, one after the other.
#[derive(Clone, Debug)]
pub struct Choices {
    drawn: Vec<u16>,
    next: Cell<usize>,
}

impl Choices {
    /// The plain ones, always.
    pub fn none() -> Self {
        Self { drawn: Vec::new(), next: Cell::new(0) }
    }

    /// The same from the beginning.
    pub fn again(&self) -> Self {
        Self { drawn: self.drawn.clone(), next: Cell::new(0) }
    }

    /// One of so many.
    pub fn below(&self, count: usize) -> usize {
        let drawn = self.drawn.get(self.next.get()).copied().unwrap_or(0);
        self.next.set(self.next.get() + 1);
        usize::from(drawn) % count.max(1)
    }

    /// One of these.
    pub fn of<'a>(&self, these: &[&'a str]) -> &'a str {
        these[self.below(these.len())]
    }

    /// Yes once in so many times.
    pub fn rarely(&self, times: usize) -> bool {
        self.below(times) == times - 1
    }
}

/// So many choices at most.
pub fn choices(most: usize) -> impl Strategy<Value = Choices> {
    proptest::collection::vec(any::<u16>(), 1..most).prop_map(|drawn| Choices { drawn, next: Cell::new(0) })
}
