//! The ledger emptied, torn, or from another day: it is only an index, and nobody notices but the log.

use crate::crowd::{Dice, Seed, documents};
use crate::trial::Trial;
use crate::{assert_end, drop_into, template, times};
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;

fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    assert!(Command::new("cp").arg("-a").args([from, to]).status().unwrap().success());
}

/// Changes the ledger in one of the ways in which a disk, or a person, may.
fn torture(trial: &Trial, earlier: &Path, dice: &mut Dice) -> String {
    let ledger = trial.at("w/state/ledger");
    let db = ledger.join("db");
    let length = fs::metadata(&db).map_or(0, |it| it.len());
    match dice.below(7) {
        0 => {
            fs::remove_dir_all(&ledger).unwrap();
            "gone".to_owned()
        }
        1 => {
            fs::remove_dir_all(&ledger).unwrap();
            fs::create_dir(&ledger).unwrap();
            "emptied".to_owned()
        }
        2 => {
            copy(earlier, &ledger);
            "from another day".to_owned()
        }
        3 => {
            let to = dice.below(length + 1);
            File::options().write(true).open(&db).unwrap().set_len(to).unwrap();
            format!("cut to {to} of {length}")
        }
        4 => {
            let (at, file) = (dice.below(length + 1), File::options().write(true).open(&db).unwrap());
            file.write_all_at(&[0; 512], at).unwrap();
            format!("a sector of zeros at {at} of {length}")
        }
        5 => {
            let (at, file) = (dice.below(length + 1), File::options().write(true).open(&db).unwrap());
            let noise: Vec<u8> = (0..64).map(|_| dice.below(256) as u8).collect();
            file.write_all_at(&noise, at).unwrap();
            format!("noise at {at} of {length}")
        }
        _ => {
            let snapshots = fs::read_dir(&ledger).unwrap().map(|entry| entry.unwrap().path());
            let snapshots = snapshots.filter(|path| path.to_string_lossy().contains("snap"));
            let gone = snapshots.map(|path| fs::remove_file(path).unwrap()).count();
            fs::write(ledger.join("conf"), "segment_size: nonsense\n").unwrap();
            format!("{gone} snapshots gone, its settings nonsense")
        }
    }
}

#[test]
fn a_ledger_that_was_tortured_is_made_anew_or_believed_rightly() {
    let seed = Seed::new();
    let mut dice = Dice(seed.0);
    let trial = template();
    let rounds = 8 * times().min(25);
    let all = documents(&trial, rounds * 3, &mut dice);
    let earlier = trial.at("earlier");
    trial.done(&["once"]);
    copy(&trial.at("w/state/ledger"), &earlier);
    for (round, part) in all.chunks(all.len().div_ceil(rounds)).enumerate() {
        drop_into(&trial, part);
        // now and then it is a crash that it is found after
        if dice.below(2) == 0 {
            let mut daemon = trial.start_with(|_| {});
            assert!(daemon.is_ready(), "{}", trial.log());
            std::thread::sleep(std::time::Duration::from_millis(dice.below(200)));
            daemon.kill();
        }
        let what = torture(&trial, &earlier, &mut dice);
        let output = trial.pencere(&["once"]);
        assert!(output.status.success(), "round {round}, {what}: {}", crate::trial::said(&output));
        if dice.below(4) == 0 {
            copy(&trial.at("w/state/ledger"), &earlier);
        }
    }
    trial.done(&["once"]);
    assert_end(&trial, &all);
}
