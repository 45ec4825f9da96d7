//! Drop folders as agencies use and abuse them, on a real disk.
