//! Whether there is room for what is to be taken.
//!
//! Owns one question to the file systems. Never reserves anything: what is written in the same moment by
//! somebody else can still make a write fail, and then that write says so.

use super::Why;
use crate::host::Disk;
use std::path::Path;

/// Octets that a document takes, beside its answer, for each of its own: it is kept, read into records, and loaded.
const COPIES: u64 = 3;

/// Whether so many octets may be taken where this much is to stay free in each of these places, so that what is
/// taken can also be answered. With nothing that is to stay free nothing is asked.
///
/// # Errors
/// [`Why::Room`] with the first place that has less.
pub fn room<'p>(places: impl IntoIterator<Item = &'p Path>, stays_free: u64, octets: u64) -> Result<(), Why> {
    let wanted = stays_free.saturating_add(octets.saturating_mul(COPIES));
    for place in places {
        // a file system that does not say how much is free says so when it is written to
        let free = Disk::free(place).unwrap_or(u64::MAX);
        if stays_free > 0 && free < wanted {
            return Err(Why::Room { place: place.to_owned(), free, wanted });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_taken_where_too_little_would_stay_free() {
        let place = tempfile::tempdir().unwrap();
        let room = |stays_free, octets| room([place.path()], stays_free, octets);
        assert!(room(1, 0).is_ok());
        let Err(why @ Why::Room { wanted, .. }) = room(u64::MAX - 5, 1) else { panic!("there is no such disk") };
        assert_eq!(wanted, u64::MAX - 2);
        assert!(why.is_full() && why.to_string().contains("intake.free_min"));
        assert!(room(1, u64::MAX / 2).is_err(), "what is taken counts three times");
        assert!(room(0, u64::MAX).is_ok(), "nobody asked");
        assert!(super::room([Path::new("/nothing/there")], 1, 1).is_ok(), "whoever writes there is told");
    }
}
