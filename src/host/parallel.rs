//! Many like things side by side, for work that is all computing.

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
}
