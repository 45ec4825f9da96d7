//! What a loss of power leaves of a write that was never synced.
//!
//! Owns the one mark by which such a rest is known from damage: sectors that were never written. Reads nothing, cuts
//! nothing; whoever keeps the file decides what its rest is.

/// Octets in a disk sector: what a loss of power leaves unwritten, it leaves by whole sectors.
const SECTOR: u64 = 512;

/// Whether a whole sector of these octets was never written, the first standing at `begin` of its file.
pub fn has_hole(rest: &[u8], begin: u64) -> bool {
    let to_sector = (SECTOR - begin % SECTOR) % SECTOR;
    let (head, sectors) = rest.split_at((to_sector as usize).min(rest.len()));
    let empty = |sector: &[u8]| !sector.is_empty() && sector.iter().all(|&octet| octet == 0);
    empty(head) || sectors.chunks(SECTOR as usize).any(empty)
}
