//! BOEMİS locked, away, or away at the start: documents are held and answered so, and loaded once when it is back.

use crate::crowd::{Answers, Dice, Seed, documents, faults};
use crate::trial::{Locked, PATIENCE, Trial, eventually};
use crate::{assert_end, drop_into, template, times, wait_for_the_end};
use std::fs;

fn held(trial: &Trial) -> u64 {
    trial.json(&["status"]).1["held"]["count"].as_u64().unwrap()
}

fn quick() -> Trial {
    let trial = template();
    trial.set("busy_timeout", "\"10ms\"");
    trial
}

#[test]
fn the_database_is_locked_again_and_again() {
    let seed = Seed::new();
    let mut dice = Dice(seed.0);
    let trial = quick();
    let all = documents(&trial, 24 * times().min(10), &mut dice);
    trial.done(&["once"]);
    let daemon = trial.run();
    let mut were_held = 0;
    for part in all.chunks(8) {
        let locked = Locked::new(&trial);
        drop_into(&trial, part);
        eventually("held ones", || held(&trial) > 0);
        were_held += 1;
        drop(locked);
    }
    wait_for_the_end(&trial);
    daemon.end();
    assert!(were_held >= 3);
    // numbers are given to held answers too, and all that is held is answered in the end
    let (_, wrong) = faults(&trial, &all, Answers::One);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_database_is_away_at_the_start_and_goes_away_again() {
    let seed = Seed::new();
    let mut dice = Dice(seed.0);
    let trial = quick();
    let all = documents(&trial, 24 * times().min(10), &mut dice);
    let (folder, away) = (trial.at("w/db"), trial.at("w/db.away"));
    trial.set("url", "\"sqlite://db/boemis.sqlite\"");
    fs::create_dir(&folder).unwrap();
    trial.done(&["once"]);
    let parts: Vec<_> = all.chunks(all.len().div_ceil(3)).collect();
    fs::rename(&folder, &away).unwrap();
    let mut daemon = trial.run();
    drop_into(&trial, parts[0]);
    eventually("held ones", || held(&trial) > 0);
    fs::rename(&away, &folder).unwrap();
    // a folder that was not there when the process shut itself in is in reach of the next one, which systemd starts
    assert_eq!(daemon.wait(PATIENCE).and_then(|status| status.code()), Some(3), "{}", trial.log());
    assert!(trial.log().contains("was not there at the start"));
    let daemon = trial.run();
    wait_for_the_end(&trial);
    // a database that is moved under the window is moved with all that it holds open
    fs::rename(&folder, &away).unwrap();
    drop_into(&trial, parts[1]);
    std::thread::sleep(std::time::Duration::from_millis(200));
    fs::rename(&away, &folder).unwrap();
    wait_for_the_end(&trial);
    daemon.end();
    // and at a start of `once` alone
    fs::rename(&folder, &away).unwrap();
    drop_into(&trial, parts[2]);
    trial.pencere(&["once"]);
    assert!(held(&trial) > 0);
    fs::rename(&away, &folder).unwrap();
    trial.done(&["once"]);
    // where the other programs look for it
    fs::copy(trial.at("w/db/boemis.sqlite"), trial.at("w/state/boemis.sqlite")).unwrap();
    assert_end(&trial, &all);
}
