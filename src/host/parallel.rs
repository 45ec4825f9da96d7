//! Work side by side: many like things, where it is all computing; two waits, where it is the disk's.

use std::sync::PoisonError;

/// Below so many things a thread costs more than it gains.
const ALONE: usize = 8;

/// The work panicked on one of the things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a thread panicked")]
pub struct Panicked;

/// Does the work on each thing, on as many threads as the machine has processors; the results are
/// in the order of the things.
///
/// # Errors
/// [`Panicked`].
pub fn side_by_side<T: Send, R: Send>(mut things: Vec<T>, work: impl Fn(T) -> R + Sync) -> Result<Vec<R>, Panicked> {
    if things.len() <= ALONE {
        return Ok(things.into_iter().map(work).collect());
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let piece = things.len().div_ceil(threads);
    let mut results = Vec::with_capacity(things.len());
    let work = &work;
    std::thread::scope(|scope| {
        let mut others = Vec::with_capacity(threads);
        let mut rest = things.split_off(piece);
        while !rest.is_empty() {
            let next = rest.split_off(rest.len().min(piece));
            let mine = std::mem::replace(&mut rest, next);
            others.push(scope.spawn(move || mine.into_iter().map(work).collect::<Vec<_>>()));
        }
        results.extend(things.into_iter().map(work));
        for other in others {
            results.extend(other.join().map_err(|_| Panicked)?);
        }
        Ok(results)
    })
}

/// Does two things at the same time, the first in a thread of its own; where none can be had, one
/// after the other.
pub fn at_the_same_time<A: Send, B>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B) -> (A, B) {
    let one = std::sync::Mutex::new(Some(one));
    let take = || one.lock().unwrap_or_else(PoisonError::into_inner).take();
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().spawn_scoped(scope, || take().map(|one| one()));
        let second = other();
        let first = thread.ok().and_then(|thread| match thread.join() {
            Ok(first) => first,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        match (first, take()) {
            (Some(first), _) => (first, second),
            (None, Some(one)) => (one(), second),
            (None, None) => unreachable!("it was done, or is still here"),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_in_the_order_of_the_things() {
        for count in [0, 1, ALONE, ALONE + 1, 100, 257] {
            let things: Vec<usize> = (0..count).collect();
            let results = side_by_side(things.clone(), |thing| thing * 2).unwrap();
            assert_eq!(results, things.iter().map(|thing| thing * 2).collect::<Vec<_>>(), "{count}");
        }
    }

    #[test]
    fn two_things_are_both_done() {
        assert_eq!(at_the_same_time(|| 1, || "two"), (1, "two"));
    }
}
