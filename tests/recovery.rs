//! What a window that was stopped half-way has said or loaded is what the next one says.
//!
//! A window in this process dies at each step of its own disk in turn; the world is changed before
//! the next one begins.

#[path = "samples/receipt.rs"]
#[allow(dead_code)] // the walk over the samples uses all of it
mod receipt;
#[path = "window/trial.rs"]
mod trial;

use jiff::Timestamp;
use pencere::config::Config;
use pencere::daemon::watch;
use pencere::daemon::window::{Halt, Window};
use pencere::host::{Clock, Disk, Fault, Faults, Host};
use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use trial::{Locked, PARTICIPANTS, Trial, generation, grid, said, voen};

const ENOSPC: i32 = 28;

/// Once through all that waits.
fn carry(trial: &Trial, disk: Disk) -> Result<(), Halt> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let config = Config::load(&trial.at("w/pencere.toml"), Timestamp::now())
            .map_err(|mistakes| Halt::broken(format!("{mistakes:?}")))?;
        let window = Window::open(config, Host { clock: Clock::system(), disk }).await?;
        let mut window = match watch::once(window, |_| {}).await {
            Ok((_, window)) => window,
            Err(halt) => return Err(halt),
        };
        window.rest().await?;
        window.close().await
    })
}

fn template() -> Trial {
    let trial = Trial::new();
    trial.set("settle", "\"1ms\"");
    trial.set("hold.retry_first", "\"10ms\"");
    trial.set("busy_timeout", "\"10ms\"");
    trial
}

/// A receipt longer than what shares a pack lies in evidence as a file of its own; of one that was laid and not closed,
/// a loss of power may leave nothing.
#[test]
fn a_long_receipt_that_a_loss_of_power_took_is_laid_again() {
    let trial = template();
    trial.set("pack_entry_max", "\"1KiB\"");
    let statement = generation(voen("azerenerji"), "2024-Q1", 1, "SU-0001", "100.000");
    trial.put("azerenerji", "a.xml", trial.signed("a.xml", statement, "azerenerji"));
    // dies at the last steps of the run, after the receipt was laid and before it was closed
    let steps = steps(&trial, &|_| {});
    let died = (steps.saturating_sub(40)..steps).find_map(|step| {
        let trial = trial.copy();
        let ended = carry(&trial, Disk::faulty(Faults::at(step, Fault::Death)));
        let journal = fs::read_to_string(trial.at("w/state/journal/00000001.log")).unwrap_or_default();
        let is_open = journal.contains("\"event\":\"answered\"") && !journal.contains("\"event\":\"closed\"");
        (ended.is_err() && is_open && !trial.answers("azerenerji").is_empty()).then_some(trial)
    });
    let trial = died.unwrap();
    let (name, whole) = trial.answers("azerenerji").remove(0);
    let path = trial.side("azerenerji", "receipts").join(name);
    for left in [&b""[..], &whole.as_bytes()[..whole.len() / 2]] {
        let trial = trial.copy();
        let path = trial.side("azerenerji", "receipts").join(path.file_name().unwrap());
        fs::write(&path, left).unwrap();
        carry(&trial, Disk::system()).unwrap();
        assert!(fs::read_to_string(&path).unwrap() == whole, "{}", path.display());
    }
}

/// Steps that a whole run takes.
fn steps(template: &Trial, drop: &dyn Fn(&Trial)) -> u64 {
    let (trial, counted) = (template.copy(), Faults::none());
    drop(&trial);
    carry(&trial, Disk::faulty(Arc::clone(&counted))).unwrap();
    counted.steps()
}

/// Every sealed answer by file name: decision and number; numbers are without a gap.
fn answers(trial: &Trial) -> BTreeMap<String, String> {
    let mut numbers = Vec::new();
    let mut all = BTreeMap::new();
    for (file, text) in PARTICIPANTS.iter().flat_map(|one| trial.answers(one)) {
        let number = receipt::attribute(&text, "Receipt", "number").unwrap();
        numbers.push(number.rsplit('-').next().unwrap().parse::<usize>().unwrap());
        all.insert(file, receipt::decision(&text).to_owned());
    }
    numbers.sort_unstable();
    assert!(numbers.iter().copied().eq(1..=all.len()), "{numbers:?}: {all:?}");
    all
}

/// The decisions on a document, in the order of the file names (`held` before `receipt`).
fn decisions<'a>(all: &'a BTreeMap<String, String>, name: &str) -> Vec<&'a str> {
    all.iter().filter(|(file, _)| trial::is_answer_to(file, name)).map(|(_, word)| word.as_str()).collect()
}

fn suspend(trial: &Trial, participant: &str) {
    let path = trial.at("w/registry.toml");
    let text = fs::read_to_string(&path).unwrap();
    let section = text.find(&format!("[participants.{participant}]")).unwrap();
    let (before, after) = text.split_at(section);
    fs::write(path, format!("{before}{}", after.replacen("suspended = false", "suspended = true", 1))).unwrap();
}

#[test]
fn a_death_between_seal_and_journal_leaves_what_was_sealed_as_the_answer() {
    let template = template();
    let statement = |revision, mwh| generation(voen("azerenerji"), "2024-Q1", revision, "SU-0001", mwh);
    let wrong = statement(1, "100.000").replace("<Total><EnergyMWh>1", "<Total><EnergyMWh>9");
    let wrong = template.signed("a.xml", wrong, "azerenerji");
    let good = template.signed("b.xml", statement(2, "100.000"), "azerenerji");
    // a signature without its document is refused by intake, which only the first run knows
    let drop = |trial: &Trial| {
        trial.put("azerenerji", "a.xml", &wrong);
        trial.put("azerenerji", "b.xml", &good);
    };
    let mut taken_up = 0;
    for n in 1..=steps(&template, &drop) {
        let trial = template.copy();
        drop(&trial);
        let first = carry(&trial, Disk::faulty(Faults::at(n, Fault::Death)));
        let acts = fs::read_to_string(trial.at("w/state/seal/acts.log")).unwrap_or_default().lines().count();
        let answered = PARTICIPANTS.iter().map(|one| trial.answers(one).len()).sum::<usize>();
        taken_up += usize::from(acts == 2 && answered == 0);
        let end = carry(&trial, Disk::system());
        assert!(end.is_ok(), "step {n}, first {first:?}: {end:?}");
        let all = answers(&trial);
        assert_eq!(
            (decisions(&all, "a.xml"), decisions(&all, "b.xml")),
            (vec!["rejected"], vec!["accepted"]),
            "step {n}"
        );
    }
    // how many steps lie between the two is a matter of which thread comes first
    assert!(taken_up > 0, "{taken_up}");
}

#[test]
fn a_finding_of_intake_that_was_sealed_is_not_lost_with_the_process() {
    let template = template();
    template.set("pair_wait", "\"1ms\"");
    let signature = template.signed("q.csv", "dataset\n", "azerenerji");
    let drop = |trial: &Trial| trial.put("azerenerji", "q.csv.p7s", &signature);
    for n in 1..=steps(&template, &drop) {
        let trial = template.copy();
        drop(&trial);
        let first = carry(&trial, Disk::faulty(Faults::at(n, Fault::Death)));
        let end = carry(&trial, Disk::system());
        assert!(end.is_ok(), "step {n}, first {first:?}: {end:?}");
        assert_eq!(answers(&trial).into_values().collect::<Vec<_>>(), ["rejected"], "step {n}");
    }
}

#[test]
fn a_held_answer_that_was_sealed_on_a_full_disk_is_given_and_then_the_final_one() {
    let template = template();
    carry(&template, Disk::system()).unwrap(); // the database is there
    let text = generation(voen("azerenerji"), "2024-Q1", 1, "SU-0001", "100.000");
    let octets = template.signed("a.xml", text, "azerenerji");
    let drop = |trial: &Trial| trial.put("azerenerji", "a.xml", &octets);
    let mut held = 0;
    for n in 1..=steps(&template, &drop) {
        let trial = template.copy();
        drop(&trial);
        let locked = Locked::new(&trial);
        let first = carry(&trial, Disk::faulty(Faults::at(n, Fault::Lasting(ENOSPC))));
        std::mem::drop(locked);
        let end = carry(&trial, Disk::system());
        assert!(end.is_ok(), "step {n}, first {first:?}: {end:?}");
        let all = answers(&trial);
        match decisions(&all, "a.xml")[..] {
            ["held", "accepted"] => held += 1,
            ["accepted"] => {}
            ref other => panic!("step {n}, first {first:?}: {other:?}"),
        }
    }
    assert!(held > 1, "{held}");
}

#[test]
fn what_was_loaded_is_accepted_whatever_would_be_judged_since() {
    let template = template();
    let text = generation(voen("azerenerji"), "2024-Q1", 1, "SU-0001", "100.000");
    let octets = template.signed("a.xml", text, "azerenerji");
    let drop = |trial: &Trial| trial.put("azerenerji", "a.xml", &octets);
    let mut believed = 0;
    for n in 1..=steps(&template, &drop) {
        let trial = template.copy();
        drop(&trial);
        let first = carry(&trial, Disk::faulty(Faults::at(n, Fault::Death)));
        let database = trial.at("w/state/boemis.sqlite").exists();
        let loaded = database && trial.sql("SELECT count(*) FROM submission").trim() == "1";
        // the seal's own memory is lost too, so that only the mark speaks
        let answered = !trial.answers("azerenerji").is_empty();
        let acts = trial.at("w/state/seal/acts.log");
        if loaded
            && !answered
            && !fs::read_to_string(trial.at("w/state/journal/00000001.log")).unwrap().contains("\"answered\"")
        {
            fs::write(&acts, b"").unwrap();
            believed += 1;
        }
        suspend(&trial, "azerenerji");
        let end = carry(&trial, Disk::system());
        assert!(end.is_ok(), "step {n}, first {first:?}: {end:?}");
        let word = if loaded { "accepted" } else { "rejected" };
        assert_eq!(decisions(&answers(&trial), "a.xml"), [word], "step {n}");
        // and by that mark a second one is a duplicate, or as little allowed
        trial.put("azerenerji", "again.xml", &octets);
        carry(&trial, Disk::system()).unwrap();
        let word = if loaded { "duplicate" } else { "rejected" };
        assert_eq!(decisions(&answers(&trial), "again.xml"), [word], "step {n}");
    }
    assert!(believed > 0);
}

/// What was done to a submission in BOEMİS, by which its view shows it, and the answers to both are one thing:
/// whichever was done before the window died, the next one finishes.
#[test]
fn an_approval_is_done_once_and_both_are_answered_once_wherever_the_window_died() {
    let template = template();
    template.put("azerenerji", "a.xml", template.signed("a.xml", grid(1, "VL-1"), "azerenerji"));
    carry(&template, Disk::system()).unwrap();
    template.put("azerenerji", "checking.xml", template.approval("a.xml", "checking", "azerenerji", "c.xml"));
    carry(&template, Disk::system()).unwrap();
    for (stage, word, rows) in [("approved", "accepted", "1"), ("refused", "rejected", "0")] {
        let octets = template.approval("a.xml", stage, "energetika", "e.xml");
        let drop = |trial: &Trial| trial.put("energetika", "ruled.xml", &octets);
        let mut done = 0;
        for n in 1..=steps(&template, &drop) {
            let trial = template.copy();
            drop(&trial);
            let first = carry(&trial, Disk::faulty(Faults::at(n, Fault::Death)));
            let acts = trial.sql("SELECT count(*) FROM submission_act").trim().to_owned();
            done += usize::from(acts == "2" && trial.answers("energetika").is_empty());
            for _ in 0..2 {
                let end = carry(&trial, Disk::system());
                assert!(end.is_ok(), "{stage}, step {n}, first {first:?}: {end:?}");
            }
            let all = answers(&trial);
            assert_eq!(decisions(&all, "ruled.xml"), ["accepted"], "{stage}, step {n}");
            let mut of_both = decisions(&all, "a.xml");
            of_both.sort_unstable();
            let mut wanted = ["pending", word];
            wanted.sort_unstable();
            assert_eq!(of_both, wanted, "{stage}, step {n}");
            assert_eq!(trial.sql("SELECT count(*) FROM grid_current").trim(), rows, "{stage}, step {n}");
            if n % 8 == 0 {
                let audit = trial.pencere(&["audit", "verify"]);
                assert_eq!(audit.status.code(), Some(0), "{stage}, step {n}: {}", said(&audit));
            }
        }
        assert!(done > 1, "{done}");
    }
}

/// What was done is believed, whatever the register says since; what was not is judged by it.
#[test]
fn what_was_approved_is_approved_whatever_would_be_judged_since() {
    let template = template();
    template.put("azerenerji", "a.xml", template.signed("a.xml", grid(1, "VL-1"), "azerenerji"));
    carry(&template, Disk::system()).unwrap();
    template.put("azerenerji", "checking.xml", template.approval("a.xml", "checking", "azerenerji", "c.xml"));
    carry(&template, Disk::system()).unwrap();
    let octets = template.approval("a.xml", "approved", "energetika", "e.xml");
    let drop = |trial: &Trial| trial.put("energetika", "ruled.xml", &octets);
    let mut believed = 0;
    for n in 1..=steps(&template, &drop) {
        let trial = template.copy();
        drop(&trial);
        let first = carry(&trial, Disk::faulty(Faults::at(n, Fault::Death)));
        let is_done = trial.sql("SELECT count(*) FROM submission_act").trim() == "2";
        believed += usize::from(is_done && trial.answers("energetika").is_empty());
        suspend(&trial, "energetika");
        let end = carry(&trial, Disk::system());
        assert!(end.is_ok(), "step {n}, first {first:?}: {end:?}");
        let all = answers(&trial);
        let (word, of_both) =
            if is_done { ("accepted", vec!["accepted", "pending"]) } else { ("rejected", vec!["pending"]) };
        assert_eq!(decisions(&all, "ruled.xml"), [word], "step {n}");
        assert_eq!(decisions(&all, "a.xml"), of_both, "step {n}");
    }
    assert!(believed > 1, "{believed}");
}

#[test]
fn an_approval_waits_while_boemis_is_away() {
    let trial = template();
    trial.set("hold.retry_first", "\"1m\"");
    trial.put("azerenerji", "a.xml", trial.signed("a.xml", grid(1, "VL-1"), "azerenerji"));
    carry(&trial, Disk::system()).unwrap();
    trial.put("azerenerji", "checking.xml", trial.approval("a.xml", "checking", "azerenerji", "c.xml"));
    let locked = Locked::new(&trial);
    carry(&trial, Disk::system()).unwrap();
    assert_eq!(decisions(&answers(&trial), "checking.xml"), ["held"]);
    drop(locked);
    carry(&trial, Disk::system()).unwrap();
    assert_eq!(decisions(&answers(&trial), "checking.xml"), ["held", "accepted"]);
    assert_eq!(trial.sql("SELECT act FROM submission_act").trim(), "checking");
}

#[test]
fn what_is_refused_in_its_folder_is_answered_once_wherever_the_window_died() {
    let template = template();
    let drop = |trial: &Trial| fs::create_dir(trial.side("azerenerji", "in").join("folder.xml")).unwrap();
    let steps = steps(&template, &drop);
    for n in 1..=steps {
        for fault in [Fault::Death, Fault::Lasting(ENOSPC)] {
            let trial = template.copy();
            drop(&trial);
            let first = carry(&trial, Disk::faulty(Faults::at(n, fault)));
            for _ in 0..2 {
                let end = carry(&trial, Disk::system());
                assert!(end.is_ok(), "step {n}, first {first:?}: {end:?}");
                assert_eq!(decisions(&answers(&trial), "folder.xml"), ["rejected"], "step {n}, {fault:?}");
            }
        }
    }
}

#[test]
fn a_held_receipt_that_a_crash_took_lies_in_its_folder_again() {
    let trial = template();
    trial.set("hold.retry_first", "\"1m\"");
    carry(&trial, Disk::system()).unwrap();
    let text = generation(voen("azerenerji"), "2024-Q1", 1, "SU-0001", "100.000");
    let octets = trial.signed("a.xml", text, "azerenerji");
    trial.put("azerenerji", "a.xml", &octets);
    let _locked = Locked::new(&trial);
    carry(&trial, Disk::system()).unwrap();
    let before = trial.answers("azerenerji");
    assert_eq!(before.len(), 1);
    fs::remove_file(trial.side("azerenerji", "receipts").join(&before[0].0)).unwrap();
    carry(&trial, Disk::system()).unwrap();
    assert_eq!(trial.answers("azerenerji"), before);
}

#[test]
fn receipts_that_cannot_be_published_stay_in_view_and_lie_in_their_folder_after_all() {
    let trial = template();
    trial.set("group_documents", "1");
    let statement = |revision| generation(voen("azerenerji"), "2024-Q1", revision, "SU-0001", "100.000");
    for revision in 1..=3 {
        let octets = trial.signed("a.xml", statement(revision), "azerenerji");
        trial.put("azerenerji", format!("{revision}.xml"), octets);
    }
    let receipts = trial.side("azerenerji", "receipts");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let config = Config::load(&trial.at("w/pencere.toml"), Timestamp::now()).unwrap();
        let host = Host { clock: Clock::system(), disk: Disk::system() };
        let window = Window::open(config, host).await.unwrap();
        let mut seen = Vec::new();
        // The folder goes while its documents are under way: one that is gone before is left alone.
        let watching = |progress| {
            let _ = fs::remove_dir(&receipts);
            seen.push(format!("{progress:?}"));
        };
        let (_, window) = watch::once(window, watching).await.unwrap();
        assert!(seen.len() >= 6, "one group each: {seen:?}");
        assert!(window.tally.troubles().is_some_and(|told| told.contains("azerenerji")), "{:?}", window.tally);
        window.close().await.unwrap();
    });
    fs::create_dir(&receipts).unwrap();
    carry(&trial, Disk::system()).unwrap();
    assert_eq!(answers(&trial).into_values().collect::<Vec<_>>(), ["accepted"; 3]);
}

#[test]
fn ids_rise_over_a_restart_though_the_clock_went_back() {
    let trial = template();
    let text = generation(voen("azerenerji"), "2024-Q1", 1, "SU-0001", "100.000");
    let octets = trial.signed("a.xml", text, "azerenerji");
    trial.put("azerenerji", "a.xml", &octets);
    let clock = Clock::fixed(Timestamp::now() + jiff::SignedDuration::from_hours(2));
    let runs = std::sync::atomic::AtomicBool::new(true);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while runs.load(std::sync::atomic::Ordering::Relaxed) {
                clock.advance(jiff::SignedDuration::from_millis(1));
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let result = runtime.block_on(async {
            let config = Config::load(&trial.at("w/pencere.toml"), Timestamp::now()).unwrap();
            let window = Window::open(config, Host { clock: clock.clone(), disk: Disk::system() }).await?;
            let (_, window) = watch::once(window, |_| {}).await?;
            window.close().await
        });
        runs.store(false, std::sync::atomic::Ordering::Relaxed);
        result.unwrap();
    });
    trial.put("azerenerji", "b.xml", &octets);
    trial.done(&["once"]); // another process, by the system's clock
    let id = |name: &str| {
        let (_, text) = trial.answers_to("azerenerji", name).into_iter().next().unwrap();
        receipt::attribute(&text, "Receipt", "id").unwrap().to_owned()
    };
    assert!(id("a.xml") < id("b.xml"), "{} {}", id("a.xml"), id("b.xml"));
}

/// A window with one statement that died at this step, and what its act log and journal tell.
fn died(template: &Trial, octets: &[u8], fits: impl Fn(&str, &str) -> bool) -> Trial {
    let drop = |trial: &Trial| trial.put("azerenerji", "a.xml", octets);
    let dies_at = |n: u64| {
        let trial = template.copy();
        drop(&trial);
        let _ = carry(&trial, Disk::faulty(Faults::at(n, Fault::Death)));
        let read = |name: &str| fs::read_to_string(trial.at("w/state").join(name)).unwrap_or_default();
        fits(&read("seal/acts.log"), &read("journal/00000001.log")).then_some(trial)
    };
    // threads beside the window take steps of their own, so that no run takes quite the same
    let found = (0..5).find_map(|_| (1..=steps(template, &drop)).rev().find_map(dies_at));
    found.unwrap()
}

/// The codes of what `status` finds wrong.
fn problems(trial: &Trial) -> Vec<String> {
    let (_, answer) = trial.json(&["status"]);
    let problems = answer["problems"].as_array().unwrap();
    problems.iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect()
}

/// Such a window never opened again.
#[test]
fn what_was_sealed_as_accepted_is_loaded_again_when_boemis_was_lost_before_the_answer() {
    let template = template();
    let statement = |period| generation(voen("azerenerji"), period, 1, "SU-0001", "100.000");
    let octets = template.signed("a.xml", statement("2024-Q1"), "azerenerji");
    let sealed = |acts: &str, journal: &str| acts.contains("accepted") && !journal.contains("\"answered\"");
    let trial = died(&template, &octets, sealed);
    for name in ["boemis.sqlite", "boemis.sqlite-wal", "boemis.sqlite-shm"] {
        let _ = fs::remove_file(trial.at("w/state").join(name));
    }
    assert!(problems(&trial).contains(&"not-loaded".to_owned()), "{:?}", problems(&trial));
    let unloadable = trial.copy();
    carry(&trial, Disk::system()).unwrap();
    assert_eq!(decisions(&answers(&trial), "a.xml"), ["accepted"]);
    assert_eq!(trial.sql("SELECT count(*) FROM submission").trim(), "1");
    trial.done(&["audit", "verify", "--config", "w/pencere.toml"]);
    // what today's registry does not let through waits, is listed, and keeps nobody
    suspend(&unloadable, "azerenerji");
    let other = generation(voen("azerisiq"), "2024-Q1", 1, "KUL-0001", "100.000");
    unloadable.put("azerisiq", "b.xml", unloadable.signed("b.xml", other, "azerisiq"));
    carry(&unloadable, Disk::system()).unwrap();
    assert_eq!(receipt::decision(&unloadable.answer("azerisiq", "b.xml").1), "accepted");
    assert!(unloadable.answers("azerenerji").is_empty(), "its number is given to it alone, later");
    assert!(problems(&unloadable).contains(&"not-loaded".to_owned()), "{:?}", problems(&unloadable));
    fs::copy(trial.at("w/registry.toml"), unloadable.at("w/registry.toml")).unwrap();
    carry(&unloadable, Disk::system()).unwrap();
    assert_eq!(decisions(&answers(&unloadable), "a.xml"), ["accepted"]);
}

/// Changes an octet of what bears this mark in the window's packs.
fn damage(trial: &Trial, mark: &str) {
    let packs = fs::read_dir(trial.at("w/state/evidence/packs")).unwrap().map(|entry| entry.unwrap().path());
    let damaged = packs.filter(|path| {
        let mut octets = fs::read(path).unwrap();
        let at = octets.windows(mark.len()).rposition(|piece| piece == mark.as_bytes());
        at.is_some_and(|at| {
            octets[at] ^= 1;
            fs::write(path, octets).unwrap();
            true
        })
    });
    assert_eq!(damaged.count(), 1, "{mark}");
}

#[test]
fn a_damaged_octet_in_an_unclosed_receipt_keeps_no_window_shut() {
    let template = template();
    let statement = generation(voen("azerenerji"), "2024-Q1", 1, "SU-0001", "100.000");
    let octets = template.signed("a.xml", statement, "azerenerji");
    let answered = |_: &str, journal: &str| journal.contains("\"answered\"") && !journal.contains("\"closed\"");
    let trial = died(&template, &octets, answered);
    fs::remove_dir_all(trial.side("azerenerji", "receipts")).unwrap();
    fs::create_dir(trial.side("azerenerji", "receipts")).unwrap();
    damage(&trial, "urn:boemis:receipt:1");
    carry(&trial, Disk::system()).unwrap();
    let all = trial.answers("azerenerji");
    assert_eq!(decisions(&answers(&trial), "a.xml"), ["accepted"]);
    assert!(trial.xmlsec_proves(&trial.side("azerenerji", "receipts").join(&all[0].0)), "the very octets");
    assert_eq!(problems(&trial), ["evidence-damaged"]);
}

#[test]
fn a_damaged_octet_in_a_held_document_keeps_nobody_else_waiting() {
    let trial = template();
    carry(&trial, Disk::system()).unwrap();
    let statement = |of: &str, station| generation(voen(of), "2024-Q1", 1, station, "100.000");
    let octets = trial.signed("a.xml", statement("azerenerji", "SU-0001"), "azerenerji");
    trial.put("azerenerji", "a.xml", &octets);
    let locked = Locked::new(&trial);
    carry(&trial, Disk::system()).unwrap();
    drop(locked);
    assert_eq!(decisions(&answers(&trial), "a.xml"), ["held"]);
    damage(&trial, "<Station>SU-0001");
    trial.put("azerisiq", "b.xml", trial.signed("b.xml", statement("azerisiq", "KUL-0001"), "azerisiq"));
    carry(&trial, Disk::system()).unwrap();
    assert_eq!(decisions(&answers(&trial), "b.xml"), ["accepted"]);
    assert_eq!(decisions(&answers(&trial), "a.xml"), ["held"]);
    assert!(problems(&trial).contains(&"evidence-damaged".to_owned()), "{:?}", problems(&trial));
    damage(&trial, "=Station>SU-0001"); // put right again
    carry(&trial, Disk::system()).unwrap();
    assert!(decisions(&answers(&trial), "a.xml").contains(&"accepted"), "{:?}", answers(&trial));
}

/// What has its answer waits for nothing: damaged, it cannot be loaded again, and put right it is at the next start.
#[test]
fn a_damaged_octet_in_a_closed_document_brings_no_second_answer() {
    let trial = template();
    trial.set("documents_max", "1");
    let signed = |name: &str, period| {
        trial.signed(name, generation(voen("azerenerji"), period, 1, "SU-0001", "100.000"), "azerenerji")
    };
    trial.put("azerenerji", "a.xml", signed("a.xml", "2024-Q1"));
    carry(&trial, Disk::system()).unwrap();
    for ending in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(trial.at(format!("w/state/boemis.sqlite{ending}")));
    }
    damage(&trial, "<Station>SU-0001");
    // its body goes on, and nothing of it is held
    trial.put("azerenerji", "b.xml", signed("b.xml", "2024-Q2"));
    // what states the same cannot be judged beside what is not there
    let second = generation(voen("azerenerji"), "2024-Q1", 2, "SU-0001", "101.000");
    trial.put("azerenerji", "c.xml", trial.signed("c.xml", second, "azerenerji"));
    carry(&trial, Disk::system()).unwrap();
    assert_eq!(decisions(&answers(&trial), "b.xml"), ["accepted"]);
    damage(&trial, "=Station>SU-0001"); // put right again
    carry(&trial, Disk::system()).unwrap();
    carry(&trial, Disk::system()).unwrap();
    assert_eq!(decisions(&answers(&trial), "a.xml"), ["accepted"]);
    assert_eq!(decisions(&answers(&trial), "c.xml"), ["held", "accepted"]);
    assert_eq!(trial.sql("SELECT count(*) FROM submission").trim(), "3", "loaded again");
    let (code, audit) = trial.json(&["audit", "verify"]);
    assert_eq!(code, Some(0), "{audit} {:?}", answers(&trial));
}

/// While BOEMİS is away only what may turn out good is held: what is broken is told at once, also when it came twice.
#[test]
fn a_broken_document_that_came_twice_is_not_held_while_boemis_is_away() {
    let trial = template();
    trial.done(&["once"]);
    let good = trial.signed("g.xml", generation(voen("azerenerji"), "2024-Q1", 1, "SU-0001", "100.000"), "azerenerji");
    let broken = String::from_utf8(good.clone()).unwrap().replace("100.000", "100.001");
    for name in ["a.xml", "b.xml", "c.xml"] {
        trial.put("azerenerji", name, &broken);
    }
    trial.put("azerenerji", "d.xml", &good);
    let locked = Locked::new(&trial);
    carry(&trial, Disk::system()).unwrap();
    drop(locked);
    let decisions: Vec<(String, String)> = trial
        .answers("azerenerji")
        .iter()
        .map(|(name, text)| (name[..1].to_owned(), receipt::decision(text).to_owned()))
        .collect();
    let wanted = [("a", "rejected"), ("b", "rejected"), ("c", "rejected"), ("d", "held")];
    assert_eq!(decisions, wanted.map(|(name, word)| (name.to_owned(), word.to_owned())));
}

/// Records that are too many for memory are laid away, and their rows written before their mark.
#[test]
fn a_long_statement_is_loaded_once_wherever_the_window_died() {
    let template = template();
    template.set("memory_max", "\"1B\"");
    let statement = generation(voen("azerenerji"), "2024-Q1", 1, "SU-0001", "100.000");
    let octets = template.signed("a.xml", statement, "azerenerji");
    let drop = |trial: &Trial| trial.put("azerenerji", "a.xml", &octets);
    let steps = steps(&template, &drop);
    const EIO: i32 = 5;
    for n in 1..=steps {
        for fault in [Fault::Death, Fault::Error(EIO)] {
            let trial = template.copy();
            drop(&trial);
            let first = carry(&trial, Disk::faulty(Faults::at(n, fault)));
            let end = carry(&trial, Disk::system());
            assert!(end.is_ok(), "step {n}, first {first:?}: {end:?}");
            let all = answers(&trial);
            let said = decisions(&all, "a.xml");
            let accepted = said.iter().filter(|word| **word == "accepted").count();
            assert_eq!((accepted, said.last()), (1, Some(&"accepted")), "step {n}, {fault:?}: {said:?}");
            assert_eq!(trial.sql("SELECT count(*) FROM generation_history").trim(), "1", "step {n}, {fault:?}");
            assert_eq!(fs::read_dir(trial.at("w/state/staging/incoming")).unwrap().count(), 0, "step {n}");
        }
    }
    let trial = template.copy();
    drop(&trial);
    carry(&trial, Disk::system()).unwrap();
    trial.done(&["audit", "verify", "--config", "w/pencere.toml"]);
    trial.done(&["explain", "a.xml", "--config", "w/pencere.toml"]);
}
