//! Disks that are full, fail, take no more files, or became read-only, at every step of the whole process: what
//! cannot be kept stays with its sender, and when the disk is well all is answered, once.

use crate::crowd::{Answers, Dice, Document, Seed, documents, faults};
use crate::injector::{EIO, ENOSPC, EROFS, Injector};
use crate::trial::{PARTICIPANTS, Trial, eventually, said};
use crate::{assert_end, drop_into, template, times};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use std::process::{Command, Output};
use std::time::Duration;

fn once(trial: &Trial, change: impl FnOnce(&mut Command)) -> Output {
    let mut command = trial.tool(env!("CARGO_BIN_EXE_pencere"), &["once"]);
    change(&mut command);
    command.output().unwrap()
}

/// Runs until nothing waits, on a disk that is well.
fn finish(trial: &Trial, documents: &[Document], case: &str) {
    let end = once(trial, |_| {});
    assert_eq!(end.status.code(), Some(0), "{case}: {}", said(&end));
    let (_, wrong) = faults(trial, documents, Answers::One);
    assert!(wrong.is_empty(), "{case}:\n{}", wrong.join("\n"));
}

/// One step after the other fails with this error, once or from then on; some of them in CI.
fn every_step_fails(error: i64, lasting: bool, what: &str) {
    let seed = Seed::new();
    let mut dice = Dice(seed.0);
    let template = template();
    let documents = documents(&template, 8, &mut dice);
    let run = |first: u64, last: u64| {
        let trial = template.copy();
        drop_into(&trial, &documents);
        let injector = Injector::new(&trial, "state");
        injector.fail(first, last, error);
        let output = once(&trial, |command| injector.over(command));
        (trial, injector, output)
    };
    let (trial, injector, output) = run(0, 0);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let steps = injector.steps();
    assert!(steps > 100, "only {steps} steps were seen");
    finish(&trial, &documents, "no fault");
    let (mut walked, mut stopped) = (0, 0);
    let one_in = if times() > 1 { 1 } else { steps / 8 };
    for first in 1..=steps {
        if dice.below(one_in) > 0 {
            continue;
        }
        let last = if lasting { u64::MAX } else { first };
        let (trial, injector, output) = run(first, last);
        let case = format!("{what} from step {first} of {steps} (lasting: {lasting}): {}", said(&output));
        assert!(matches!(output.status.code(), Some(0 | 3)), "{case}");
        // a step that was not come to this time cannot have failed
        walked += usize::from(injector.failed() > 0);
        stopped += usize::from(output.status.code() == Some(3));
        finish(&trial, &documents, &case);
    }
    println!("{what}, lasting {lasting}: {walked} of {steps} steps failed, {stopped} of them stopped the run");
    assert!(walked > 0 && stopped > 0);
}

#[test]
fn disk_full_at_every_step() {
    every_step_fails(ENOSPC, true, "disk full");
}

#[test]
fn disk_full_for_a_moment_at_every_step() {
    every_step_fails(ENOSPC, false, "disk full");
}

#[test]
fn input_and_output_error_at_every_step() {
    every_step_fails(EIO, false, "EIO");
}

#[test]
fn read_only_from_every_step_on() {
    every_step_fails(EROFS, true, "read-only");
}

/// What rustix calls by itself: renames and opens in the drop folders, which fail at the word of strace.
#[test]
fn drop_folders_that_became_read_only() {
    let seed = Seed::new();
    let mut dice = Dice(seed.0);
    let template = template();
    let documents = documents(&template, 8, &mut dice);
    let mut met = 0;
    for first in 1..=12 * times().min(10) {
        let trial = template.copy();
        drop_into(&trial, &documents);
        let fault = format!("inject=renameat2,unlinkat,mkdirat:error=EROFS:when={first}+");
        let log = trial.at("strace.log");
        let strace = ["-f", "-qq", "-o", log.to_str().unwrap(), "-e", "trace=renameat2,unlinkat,mkdirat", "-e", &fault];
        let output = trial.tool("strace", &[&strace[..], &[env!("CARGO_BIN_EXE_pencere"), "once"]].concat()).output();
        let output = output.unwrap();
        met += usize::from(std::fs::read_to_string(&log).unwrap().contains("(INJECTED)"));
        let case = format!("EROFS from call {first} on: {}", said(&output));
        finish(&trial, &documents, &case);
    }
    assert!(met > 3, "{met}");
}

#[test]
fn no_descriptors_left_for_a_while() {
    let seed = Seed::new();
    let mut dice = Dice(seed.0);
    let trial = template();
    let all = documents(&trial, 16 * times().min(20), &mut dice);
    let (before, during) = all.split_at(all.len() / 2);
    let mut daemon = trial.run();
    let process = daemon.process();
    drop_into(&trial, before);
    let open = || std::fs::read_dir(format!("/proc/{}/fd", process.as_raw_nonzero())).unwrap().count() as u64;
    for spare in [0, 1, 2, 3] {
        set_descriptors(process, open() + spare);
        let part = during.len() / 4;
        drop_into(&trial, &during[part * spare as usize..part * (spare as usize + 1)]);
        std::thread::sleep(Duration::from_millis(300));
        if !daemon.is_alive() {
            break;
        }
    }
    drop_into(&trial, &during[during.len() / 4 * 4..]);
    // it lives on, or said that it cannot, and a manager starts it again
    let daemon = match daemon.is_alive() {
        true => {
            set_descriptors(process, 1024);
            daemon
        }
        false => trial.run(),
    };
    eventually("the end of the work", || {
        PARTICIPANTS.iter().all(|one| trial.names(one, "in").is_empty() && trial.names(one, ".taken").is_empty())
    });
    daemon.end();
    assert_end(&trial, &all);
}

fn set_descriptors(process: Pid, limit: u64) {
    prlimit(Some(process), Resource::Nofile, Rlimit { current: Some(limit), maximum: Some(1024) }).unwrap();
}

#[test]
fn a_disk_that_is_slow_and_a_disk_that_fails_under_a_running_daemon() {
    let seed = Seed::new();
    let mut dice = Dice(seed.0);
    let trial = template();
    trial.set("rescan", "\"200ms\"");
    let all = documents(&trial, 24 * times().min(20), &mut dice);
    let parts: Vec<&[Document]> = all.chunks(all.len().div_ceil(4)).collect();
    let injector = Injector::new(&trial, "state");
    let mut daemon = trial.start_with(|command| injector.over(command));
    assert!(daemon.is_ready(), "{}", trial.log());
    injector.slow(Duration::from_millis(2));
    drop_into(&trial, parts[0]);
    std::thread::sleep(Duration::from_millis(100));
    for (part, error) in parts[1..].iter().zip([ENOSPC, EIO, EROFS]) {
        injector.fail(1 + dice.below(40), u64::MAX, error);
        drop_into(&trial, part);
        std::thread::sleep(Duration::from_millis(400));
        injector.heal();
        // one that cannot go on says so and ends; a manager starts it again
        if !daemon.is_alive() {
            daemon = trial.start_with(|command| injector.over(command));
            assert!(daemon.is_ready(), "{}", trial.log());
        }
    }
    eventually("the end of the work", || {
        if !daemon.is_alive() {
            daemon = trial.run();
        }
        PARTICIPANTS.iter().all(|one| trial.names(one, "in").is_empty() && trial.names(one, ".taken").is_empty())
    });
    // it may say at its very end that it could not go on; what it left is finished by the next
    daemon.signal(rustix::process::Signal::TERM);
    let code = daemon.wait(crate::trial::PATIENCE).and_then(|status| status.code());
    assert!([Some(0), Some(3)].contains(&code), "{code:?} {}", trial.log());
    trial.done(&["once"]);
    assert_end(&trial, &all);
}
