//! Work side by side: many like things, where it is all computing; two waits, where it is the disk's.

use std::sync::mpsc::{Receiver, SendError, Sender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// Below so many things a thread costs more than it gains.
const ALONE: usize = 8;

/// Threads at one time, at most: a group has little for more, and the service's `TasksMax` has room
/// for several such works at once.
const THREADS_MAX: usize = 8;

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
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX);
    let piece = things.len().div_ceil(threads);
    let mut results = Vec::with_capacity(things.len());
    let work = &work;
    std::thread::scope(|scope| {
        let mut others = Vec::with_capacity(threads);
        let mut rest = things.split_off(piece);
        while !rest.is_empty() {
            let next = rest.split_off(rest.len().min(piece));
            let mine = std::mem::replace(&mut rest, next);
            // Where no thread can be had, its things are still here.
            let mine = Arc::new(Mutex::new(mine));
            let theirs = Arc::clone(&mine);
            let all = move |things: &Mutex<Vec<T>>| {
                let things = things.lock().map(|mut things| std::mem::take(&mut *things)).unwrap_or_default();
                things.into_iter().map(work).collect::<Vec<R>>()
            };
            let thread = std::thread::Builder::new().spawn_scoped(scope, move || all(&theirs));
            others.push(thread.map_err(|_| mine));
        }
        results.extend(things.into_iter().map(work));
        for other in others {
            match other {
                Ok(thread) => results.extend(thread.join().map_err(|_| Panicked)?),
                Err(mine) => results.extend(mine.lock().map_err(|_| Panicked)?.drain(..).map(work)),
            }
        }
        Ok(results)
    })
}

/// Gives things one by one to `take`, in their order, until it has enough; meanwhile another thread makes the next, at
/// most so many before they are wanted.
pub fn made_ahead<T: Send>(things: impl Iterator<Item = T> + Send, most: usize, mut take: impl FnMut(T) -> bool) {
    let things = Mutex::new(things);
    let all = |things: &Mutex<_>, give: &mut dyn FnMut(T) -> bool| {
        let mut things = things.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(thing) = Iterator::next(&mut *things) {
            if !give(thing) {
                return;
            }
        }
    };
    std::thread::scope(|scope| {
        let (sender, made) = sync_channel(most);
        let make = || all(&things, &mut move |thing| sender.send(thing).is_ok());
        match std::thread::Builder::new().name("ahead".to_owned()).spawn_scoped(scope, make) {
            // who has enough lets the rest go here, and the other thread ends
            Ok(_) => made.into_iter().map(&mut take).take_while(|goes_on| *goes_on).for_each(drop),
            Err(_) => all(&things, &mut take),
        }
    });
}

type Job = Box<dyn FnOnce() + Send>;

/// A thread that waits for the disk in its owner's place: one thing after another, in their order.
/// It begins with the first; who drops this waits until all is done.
#[derive(Debug, Default)]
pub struct Beside {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // what it has begun is done before whoever relies on it goes
        }
    }
}

/// Something that is being done beside.
#[derive(Debug)]
pub struct Begun<T>(Receiver<T>);

impl Beside {
    /// Begins something; where no thread can be had, does it at once.
    pub fn begin<T: Send + 'static>(&mut self, work: impl FnOnce() -> T + Send + 'static) -> Begun<T> {
        let (told, result) = channel();
        let job: Job = Box::new(move || {
            let _ = told.send(work()); // whoever began it may not wait for it
        });
        if self.jobs.is_none() {
            let (jobs, waiting) = channel::<Job>();
            let work = move || waiting.into_iter().for_each(|job| job());
            self.thread = std::thread::Builder::new().name("beside".to_owned()).spawn(work).ok();
            self.jobs = self.thread.is_some().then_some(jobs);
        }
        let refused = match &self.jobs {
            Some(jobs) => jobs.send(job).err().map(|SendError(job)| job),
            None => Some(job),
        };
        if let Some(job) = refused {
            self.jobs = None; // a thing before it panicked; the next gets a new thread
            job();
        }
        Begun(result)
    }
}

impl<T> Begun<T> {
    /// Waits for it.
    ///
    /// # Errors
    /// [`Panicked`].
    pub fn wait(self) -> Result<T, Panicked> {
        self.0.recv().map_err(|_| Panicked)
    }
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
    fn what_is_made_ahead_comes_in_order_and_no_longer_than_wanted() {
        for (count, wanted) in [(0, 5), (1, 5), (100, 1000), (100, 7)] {
            let mut got = Vec::new();
            made_ahead(0..count, 2, |thing| {
                got.push(thing);
                got.len() < wanted
            });
            assert_eq!(got, (0..count.min(wanted)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_is_done_beside_is_done_in_order_and_a_panic_is_told() {
        let mut beside = Beside::default();
        let all: Vec<Begun<usize>> = (0..5).map(|one| beside.begin(move || one)).collect();
        assert_eq!(all.into_iter().map(|one| one.wait().unwrap()).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        assert_eq!(beside.begin(|| panic!("of the test")).wait().map(|()| 0), Err(Panicked));
        while beside.begin(|| 1).wait().is_err() {} // until the thread is gone
        assert_eq!(beside.begin(|| 2).wait(), Ok(2));
    }
}
