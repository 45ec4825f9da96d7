//! A clock that steps back and forth under the window: ids still rise, nothing waits for a time that was, and each
//! document is answered once.

use crate::crowd::{Dice, Document, Seed, documents};
use crate::injector::Injector;
use crate::trial::Trial;
use crate::{assert_end, drop_into, receipt, template, times, wait_for_the_end};

const HOUR: i64 = 3600;

/// Documents of one file each: two halves that come apart wait by the time of their files, which a clock that runs
/// ahead has over at once (CONTRACT 3).
fn whole(trial: &Trial, count: usize, dice: &mut Dice) -> Vec<Document> {
    let mut all = documents(trial, count, dice);
    all.retain(|one| one.files.len() == 1);
    all
}

#[test]
fn the_clock_steps_back_and_forth_under_a_running_daemon() {
    let seed = Seed::new();
    let mut dice = Dice(seed.0);
    let trial = template();
    let all = whole(&trial, 24 * times().min(10), &mut dice);
    let injector = Injector::new(&trial, "state");
    let mut daemon = trial.start_with(|command| injector.over(command));
    assert!(daemon.is_ready(), "{}", trial.log());
    let steps = [0, 2 * HOUR, -HOUR, 24 * HOUR, -2 * HOUR, 300 * 24 * HOUR, HOUR, 0];
    let mut last = String::new();
    for (part, seconds) in all.chunks(all.len().div_ceil(steps.len())).zip(steps) {
        injector.step_clock(seconds);
        drop_into(&trial, part);
        wait_for_the_end(&trial);
        // ids are the order of arrival, whatever the clock says
        let ids = part.iter().flat_map(|one| trial.answers_to(one.participant, &one.name));
        let ids: Vec<String> =
            ids.map(|(_, text)| receipt::attribute(&text, "Receipt", "id").unwrap().to_owned()).collect();
        assert!(ids.iter().all(|id| *id > last), "{seconds} s: {ids:?} after {last}");
        last = ids.into_iter().max().unwrap();
    }
    daemon.end();
    assert_end(&trial, &all);
}

#[test]
fn the_clock_is_another_at_each_start() {
    let seed = Seed::new();
    let mut dice = Dice(seed.0);
    let trial = template();
    let all = whole(&trial, 16 * times().min(10), &mut dice);
    let injector = Injector::new(&trial, "state");
    let steps = [24 * HOUR, -HOUR, 0, 2 * HOUR];
    for (part, seconds) in all.chunks(all.len().div_ceil(steps.len())).zip(steps) {
        injector.step_clock(seconds);
        drop_into(&trial, part);
        let mut command = trial.tool(env!("CARGO_BIN_EXE_pencere"), &["once"]);
        injector.over(&mut command);
        let begin = std::time::Instant::now();
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", crate::trial::said(&output));
        let took = begin.elapsed();
        assert!(took < crate::trial::PATIENCE, "{seconds} s: a step of the clock was waited for, {took:?}");
    }
    wait_for_the_end(&trial);
    assert_end(&trial, &all);
}
