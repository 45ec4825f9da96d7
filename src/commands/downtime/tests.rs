use super::*;
use crate::journal::samples::{answered, at, deferred, held, id};
use std::collections::BTreeMap;
use std::time::Duration;

fn act(act: &str, facts: &[(&str, Timestamp)]) -> Event {
    let facts = facts.iter().map(|(name, moment)| ((*name).to_owned(), moment.to_string())).collect();
    Event::Act { act: act.to_owned(), by: "window".to_owned(), id: None, facts }
}

fn started() -> Event {
    Event::Started { version: "0".to_owned(), configuration: BTreeMap::new() }
}

fn read(events: Vec<Event>) -> Register {
    let mut register = Register { with_holds: true, ..Register::default() };
    for (second, event) in (0..).zip(events) {
        register.take(Entry { time: at(second), event });
    }
    register
}

/// Kind, begin, latest begin, end, how often worked once.
type Told = (Kind, Timestamp, Option<Timestamp>, Option<Timestamp>, u64);

fn told(rows: &[Row]) -> Vec<Told> {
    rows.iter().map(|row| (row.kind, row.from, row.not_after, row.to, row.once)).collect()
}

#[test]
fn what_only_once_works_is_never_down() {
    let once = || vec![started(), Event::Stopped {}];
    let killed = vec![started()];
    let rows = read([once(), once(), killed, once()].concat()).finish(None, false, at(99));
    assert!(rows.is_empty(), "{rows:?}");
}

#[test]
fn each_kind_has_its_row() {
    let halted = Event::Halted { why: "a test".to_owned() };
    let bounds = [("not-before", at(7)), ("not-after", at(8))];
    let events = vec![
        started(),
        act("watching", &[]), // 1
        Event::Stopped {},    // 2: planned, until 6, worked once in between
        started(),
        Event::Stopped {},
        started(),
        act("watching", &[]), // 6
        act("else", &[]),     // 7: the last line before a crash
        started(),            // 8
        act("was-down", &bounds),
        act("watching", &[]), // 10
        halted,               // 11: until now; starts that fail change nothing
        started(),
    ];
    let rows = read(events).finish(None, false, at(99));
    let wanted = [
        (Kind::Stop, at(2), None, Some(at(6)), 1),
        (Kind::Crash, at(7), Some(at(8)), Some(at(10)), 0),
        (Kind::Halt, at(11), None, None, 0),
    ];
    assert_eq!(told(&rows), wanted);
    assert_eq!(rows[2].cause, "a test");
}

#[test]
fn a_crash_before_a_start_that_halts_keeps_its_row() {
    let halted = || Event::Halted { why: "a start that halts".to_owned() };
    let bounds = [("not-before", at(5)), ("not-after", at(6))];
    let was_down = || act("was-down", &bounds);
    let events =
        vec![started(), act("watching", &[]), was_down(), halted(), started(), was_down(), act("watching", &[])];
    let rows = read(events).finish(None, true, at(99));
    assert_eq!(told(&rows), [(Kind::Crash, at(5), Some(at(6)), Some(at(6)), 0)]);
}

#[test]
fn a_daemon_that_is_gone_is_down_since_its_last_sign() {
    let events = || vec![started(), act("watching", &[])];
    assert!(read(events()).finish(None, true, at(99)).is_empty(), "it runs");
    let unknown = read(events()).finish(None, false, at(99));
    assert_eq!(told(&unknown), [(Kind::Crash, at(1), None, None, 0)]);
    let left = alive::Found { at: at(30), until: at(50), every: Duration::from_secs(10), rebooted: true };
    let known = read(events()).finish(Some(left), false, at(99));
    assert_eq!(told(&known), [(Kind::Crash, at(30), Some(at(50)), None, 0)]);
    assert!(known[0].cause.contains("machine"));
}

#[test]
fn holds_last_until_their_answer_and_the_database_is_away_until_nothing_waits_for_it() {
    let waits = |n, finding: &str| match deferred(n, 1) {
        Event::Deferred { id, attempt, next, .. } => Event::Deferred { id, attempt, next, finding: finding.to_owned() },
        other => panic!("{other:?}"),
    };
    let away = Code::LoadDatabaseAway.slug();
    let events = vec![
        held(1, "a"),
        held(2, "b"),
        waits(1, "signature.revocation-unknown"), // 2
        waits(1, away),                           // 3
        waits(2, away),                           // 4
        answered(1, 1, Decision::Held, "a"),
        answered(1, 2, Decision::Accepted, "a"), // 6
        answered(2, 1, Decision::Rejected, "b"), // 7
    ];
    let rows = read(events).finish(None, false, at(99));
    let wanted = [
        (Kind::Hold, at(2), None, Some(at(6)), 0),
        (Kind::Database, at(3), None, Some(at(7)), 0),
        (Kind::Hold, at(4), None, Some(at(7)), 0),
    ];
    assert_eq!(told(&rows), wanted);
    assert_eq!((rows[0].submission, rows[2].submission), (Some(id(1)), Some(id(2))));
    assert!(rows[0].cause.contains("load.database-away") && rows[0].cause.contains(", "), "{}", rows[0].cause);
}

#[test]
fn a_daemon_that_stood_still_was_down_and_is_up_again() {
    let moments = [("from", at(2)), ("to", at(9))];
    let rows = read(vec![started(), act("watching", &[]), act("stalled", &moments)]).finish(None, true, at(99));
    assert_eq!(told(&rows), [(Kind::Stall, at(2), None, Some(at(9)), 0)]);
    assert!(rows[0].kind.is_down() && !rows[0].in_doubt);
}

#[test]
fn a_crash_over_which_the_clock_was_set_back_is_told_with_its_doubt() {
    let events = || vec![started(), act("watching", &[])];
    let left = alive::Found { at: at(80), until: at(100), every: Duration::from_secs(10), rebooted: false };
    assert!(!left.is_fresh(at(5)), "nobody is up by a sign from the future");
    let lasting = read(events()).finish(Some(left), false, at(5));
    assert!(lasting[0].kind == Kind::Crash && lasting[0].in_doubt, "{lasting:?}");
    // started again, by a clock that stands before the sign
    let bounds = [("not-before", at(80)), ("not-after", at(80))];
    let again = [started(), act("was-down", &bounds), act("watching", &[])];
    let rows = read(events().into_iter().chain(again).collect()).finish(None, true, at(6));
    assert_eq!(told(&rows), [(Kind::Crash, at(80), Some(at(80)), Some(at(4)), 0)]);
    assert!(rows[0].in_doubt && rows[0].cause.contains("clock"), "{rows:?}");
    assert_eq!((rows[0].begins(), rows[0].ends()), (at(4), Some(at(80))));
}
