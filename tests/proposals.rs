//! Corrections that a body proposes to another body's data: they change nothing until they are approved (R 3.13,
//! 6.0.14). Real windows; BOEMİS is looked at with the database's own tool.

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
use std::fs;
use std::sync::Arc;
use trial::{Locked, Trial, generation, grid, said, voen};

const FIGURES: &str = "SELECT participant, revision, station, energy_mwh FROM generation_current ORDER BY station";

fn figures(trial: &Trial) -> String {
    trial.sql(FIGURES).trim_end().to_owned()
}

/// What azerenerji states of its station.
fn own(revision: u32, mwh: &str) -> String {
    generation(voen("azerenerji"), "2024-Q1", revision, "SU-0001", mwh)
}

/// What this body proposes in its place, as revision `revision`, with these claims.
fn proposed(by: &str, revision: u32, said: &str, mwh: &str) -> String {
    let frame = format!("sender=\"{}\" about=\"{}\" {said}", voen(by), voen("azerenerji"));
    own(revision, mwh).replace(&format!("sender=\"{}\"", voen("azerenerji")), &frame)
}

const GROUNDS: &str = "replaces=\"1\" reason=\"measurement\"";

fn file(trial: &Trial, body: &str, name: &str, text: &str) -> (String, Vec<String>) {
    trial.put(body, name, trial.signed(name, text, body));
    trial.pencere(&["once"]);
    answer(trial, body, name)
}

/// The last answer to a document: its word, and its findings.
fn answer(trial: &Trial, body: &str, name: &str) -> (String, Vec<String>) {
    let answers = trial.answers_to(body, name);
    let (_, text) = answers.iter().max_by_key(|(file, _)| file.len()).expect("an answer");
    (receipt::decision(text).to_owned(), receipt::codes(text).into_iter().map(str::to_owned).collect())
}

fn told(found: (String, Vec<String>)) -> String {
    format!("{} {}", found.0, found.1.join(" "))
}

/// Takes a submission through a stage: the word and the findings of the answer.
fn stage(trial: &Trial, what: &str, stage: &str, body: &str, name: &str) -> String {
    trial.put(body, name, trial.approval(what, stage, body, name));
    trial.pencere(&["once"]);
    told(answer(trial, body, name))
}

/// The decisions on a document that lie in this body's folder, in the order of its answers.
fn decisions(trial: &Trial, body: &str, name: &str) -> Vec<String> {
    let mut answers = trial.answers_to(body, name);
    answers.sort_by_key(|(file, _)| file.len()); // the first has no number
    answers.iter().map(|(_, text)| receipt::decision(text).to_owned()).collect()
}

fn fits(trial: &Trial) {
    let audit = trial.pencere(&["audit", "verify"]);
    assert_eq!(audit.status.code(), Some(0), "{}", said(&audit));
}

/// A window in which azerenerji has stated a figure.
fn window() -> Trial {
    let trial = Trial::new();
    trial.set("settle", "\"1ms\"");
    trial.set("hold.retry_first", "\"10ms\"");
    trial.set("busy_timeout", "\"10ms\"");
    assert_eq!(file(&trial, "azerenerji", "a.xml", &own(1, "100.000")).0, "accepted");
    trial
}

/// One in which azerisiq has proposed another.
fn proposed_to() -> Trial {
    let trial = window();
    assert_eq!(file(&trial, "azerisiq", "p.xml", &proposed("azerisiq", 2, GROUNDS, "90.000")).0, "pending");
    trial
}

const FIRST: &str = "azerenerji|1|SU-0001|100.000";
const CORRECTED: &str = "azerenerji|2|SU-0001|90.000";

#[test]
fn what_is_proposed_changes_nothing_until_it_is_approved_and_then_stands_in_the_others_place() {
    let trial = proposed_to();
    let (word, codes) = answer(&trial, "azerisiq", "p.xml");
    assert_eq!(word, "pending");
    for code in ["rule.correction-ungrounded", "rule.proposal-not-concerned"] {
        assert!(codes.contains(&code.to_owned()), "{codes:?}");
    }
    assert_eq!(figures(&trial), FIRST);
    assert_eq!(trial.sql("SELECT energy_mwh FROM generation_total WHERE period = '2024-Q1'"), "100.000\n");
    // the body that it is about is told by the very same receipt, and is not asked
    assert_eq!(trial.answers_to("azerenerji", "p.xml"), trial.answers_to("azerisiq", "p.xml"));
    let (_, text) = trial.answers_to("azerisiq", "p.xml").remove(0);
    assert!(text.contains(voen("azerenerji")), "{text}");
    fits(&trial);
    let (_, shown) = trial.json(&["show", "p.xml"]);
    let row = &shown["submissions"][0];
    assert_eq!((row["participant"].as_str(), row["about"].as_str()), (Some("azerisiq"), Some("azerenerji")), "{row}");
    let (_, shown) = trial.json(&["show", "a.xml"]);
    let replaced = &shown["submissions"][0];
    assert_eq!((&replaced["proposals"][0]["id"], replaced["replaced_by"].is_null()), (&row["id"], true), "{replaced}");
    assert_eq!(row["replaces"]["id"], replaced["id"]);
    for (body, name) in [("azerisiq", "self.xml"), ("azerenerji", "about.xml")] {
        let word = stage(&trial, "p.xml", "approved", body, name);
        assert_eq!(word, "rejected authority.may-not-approve", "{body}");
        let name = format!("no-{name}");
        assert_eq!(stage(&trial, "p.xml", "refused", body, &name), "rejected authority.may-not-approve", "{body}");
    }
    assert_eq!(figures(&trial), FIRST);
    assert_eq!(stage(&trial, "p.xml", "approved", "energetika", "yes.xml"), "accepted ");
    assert_eq!(figures(&trial), CORRECTED);
    for body in ["azerisiq", "azerenerji"] {
        assert_eq!(decisions(&trial, body, "p.xml"), ["pending", "accepted"], "{body}");
    }
    assert_eq!(trial.sql("SELECT revision, proposed_by FROM generation_history ORDER BY revision"), "1|\n2|azerisiq\n");
    let (_, shown) = trial.json(&["show", "a.xml"]);
    assert_eq!(shown["submissions"][0]["replaced_by"]["id"], row["id"], "{shown}");
    fits(&trial);
    for name in ["p.xml", "yes.xml"] {
        let (code, explained) = trial.json(&["explain", name]);
        assert_eq!((code, explained["same"].as_bool()), (Some(0), Some(true)), "{explained}");
    }
    // it is no more its sender's to take back, nor the other body's, who states a revision of its own instead
    for body in ["azerisiq", "azerenerji"] {
        let name = format!("back-{body}.xml");
        let word = stage(&trial, "p.xml", "withdrawn", body, &name);
        assert_eq!(word, "rejected authority.may-not-approve", "{body}");
    }
    assert_eq!(stage(&trial, "p.xml", "withdrawn", "energetika", "back.xml"), "accepted ");
    assert_eq!(decisions(&trial, "azerisiq", "p.xml"), ["pending", "accepted", "contested"]);
    assert_eq!(decisions(&trial, "azerenerji", "p.xml"), ["pending", "accepted", "contested"]);
    assert_eq!(figures(&trial), FIRST);
    assert_eq!(file(&trial, "azerenerji", "b.xml", &own(2, "95.000")).0, "accepted");
    assert_eq!(figures(&trial), "azerenerji|2|SU-0001|95.000");
    fits(&trial);
    // and an archive unit tells of it what its receipts say
    let (code, made) = trial.json(&["archive", "make", "--before", "2100-01-01"]);
    assert_eq!((code, &made["left_out"]), (Some(0), &serde_json::json!({})), "{made}");
    trial.done(&["archive", "verify"]);
}

#[test]
fn what_is_refused_says_why_and_may_be_proposed_again() {
    let trial = proposed_to();
    assert_eq!(stage(&trial, "p.xml", "refused", "energetika", "no.xml"), "accepted ");
    for body in ["azerisiq", "azerenerji"] {
        assert_eq!(told(answer(&trial, body, "p.xml")), "rejected rule.refused");
        let (name, text) = trial.answers_to(body, "p.xml").into_iter().max_by_key(|(file, _)| file.len()).unwrap();
        assert!(text.contains("sərhəd səhvdir"), "{text}");
        assert!(trial.xmlsec_proves(&trial.side(body, "receipts").join(name)));
    }
    assert_eq!(figures(&trial), FIRST);
    assert_eq!(file(&trial, "azerisiq", "q.xml", &proposed("azerisiq", 2, GROUNDS, "90.000")).0, "pending");
    fits(&trial);
    // its sender takes it back, before anybody judged it
    assert_eq!(stage(&trial, "q.xml", "withdrawn", "azerisiq", "back.xml"), "accepted ");
    assert_eq!(told(answer(&trial, "azerisiq", "q.xml")), "rejected rule.withdrawn");
    assert_eq!(stage(&trial, "q.xml", "approved", "energetika", "late.xml"), "rejected rule.approval-not-due");
    assert_eq!(figures(&trial), FIRST);
    fits(&trial);
}

#[test]
fn it_is_not_in_the_way_of_the_others_own_revision_which_outdates_it() {
    let trial = proposed_to();
    let (word, codes) = file(&trial, "azerenerji", "b.xml", &own(2, "80.000"));
    assert_eq!((word.as_str(), codes.contains(&"rule.revision-jump".to_owned())), ("accepted", false), "{codes:?}");
    assert_eq!(figures(&trial), "azerenerji|2|SU-0001|80.000");
    fs::write(trial.at("check.xml"), trial.approval("p.xml", "approved", "energetika", "check.xml")).unwrap();
    let (_, checked) = trial.json(&["check", "check.xml", "--participant", "energetika"]);
    assert_eq!(checked["findings"][0]["code"], "rule.proposal-outdated", "{checked}");
    assert_eq!(stage(&trial, "p.xml", "approved", "energetika", "yes.xml"), "rejected rule.proposal-outdated");
    assert_eq!(decisions(&trial, "azerisiq", "p.xml"), ["pending"]);
    let (code, explained) = trial.json(&["explain", "yes.xml"]);
    assert_eq!((code, explained["same"].as_bool()), (Some(0), Some(true)), "{explained}");
    assert_eq!(figures(&trial), "azerenerji|2|SU-0001|80.000");
    assert_eq!(stage(&trial, "p.xml", "refused", "energetika", "no.xml"), "accepted ");
    fits(&trial);
}

#[test]
fn the_same_twice_is_a_duplicate_and_of_two_for_one_the_first_that_is_approved_holds() {
    let trial = proposed_to();
    assert_eq!(file(&trial, "azerisiq", "p2.xml", &proposed("azerisiq", 2, GROUNDS, "90.000")).0, "duplicate");
    assert!(trial.answers_to("azerenerji", "p2.xml").is_empty(), "a duplicate is told to its sender alone");
    // another one by the same body, and one by a third: all of them wait side by side
    assert_eq!(file(&trial, "azerisiq", "q.xml", &proposed("azerisiq", 2, GROUNDS, "91.000")).0, "pending");
    assert_eq!(file(&trial, "energetika", "r.xml", &proposed("energetika", 2, GROUNDS, "92.000")).0, "pending");
    assert_eq!(trial.sql("SELECT count(*) FROM submission WHERE approved_at IS NULL"), "3\n");
    let (_, shown) = trial.json(&["show", "a.xml"]);
    assert_eq!(shown["submissions"][0]["proposals"].as_array().map(Vec::len), Some(3), "{shown}");
    // two rulings in one run
    trial.put("energetika", "q-yes.xml", trial.approval("q.xml", "approved", "energetika", "q-yes.xml"));
    std::thread::sleep(std::time::Duration::from_millis(20));
    trial.put("energetika", "p-yes.xml", trial.approval("p.xml", "approved", "energetika", "p-yes.xml"));
    trial.pencere(&["once"]);
    assert_eq!(told(answer(&trial, "energetika", "q-yes.xml")), "accepted ");
    assert_eq!(told(answer(&trial, "energetika", "p-yes.xml")), "rejected rule.proposal-outdated");
    assert_eq!(figures(&trial), "azerenerji|2|SU-0001|91.000");
    // who entered it does not approve it, as ever
    assert_eq!(stage(&trial, "r.xml", "refused", "energetika", "r-no.xml"), "rejected rule.approval-same-person");
    fits(&trial);
}

#[test]
fn a_proposal_says_whose_what_and_why_and_is_judged_as_if_that_body_had_filed_it() {
    let trial = window();
    let good = |said: &str| proposed("azerisiq", 2, said, "90.000");
    let about = format!("about=\"{}\"", voen("azerenerji"));
    let cases = [
        (good("replaces=\"1\""), "rejected rule.proposal-ungrounded"),
        (good("reason=\"measurement\""), "rejected rule.proposal-ungrounded"),
        (good("replaces=\"2\" reason=\"measurement\""), "rejected rule.replaces-other"),
        (good(GROUNDS).replace(&about, "about=\"9990000999\""), "rejected authority.about-unknown"),
        (good(GROUNDS).replace(&about, "about=\"\""), "rejected authority.about-unknown"),
        (good(GROUNDS).replace(&about, &format!("about=\"{}\"", voen("azerisiq"))), "rejected authority.about-itself"),
        (good(GROUNDS).replace("2024-Q1", "2024-Q2"), "rejected rule.proposal-of-nothing"),
        (good(GROUNDS).replace("revision=\"2\"", "revision=\"1\""), "rejected rule.revision-conflict"),
        (good(GROUNDS).replace("SU-0001", "KUL-0001"), "rejected authority.not-your-station"),
        (good(GROUNDS).replace("<Total><EnergyMWh>90", "<Total><EnergyMWh>80"), "rejected rule.total-differs"),
        (good(GROUNDS).replace("generation", "generations"), "rejected schema.unknown-dataset"),
        (good(GROUNDS).replace(voen("azerisiq"), voen("energetika")), "rejected authority.sender-differs"),
    ];
    for (at, (text, wanted)) in cases.into_iter().enumerate() {
        let name = format!("{at}.xml");
        fs::write(trial.at(&name), trial.signed(&name, &text, "azerisiq")).unwrap();
        let (_, checked) = trial.json(&["check", &name, "--participant", "azerisiq"]);
        let (word, codes) = file(&trial, "azerisiq", &name, &text);
        let wanted = wanted.split_once(' ').unwrap();
        assert_eq!((word.as_str(), codes[0].as_str()), wanted, "{at}: {codes:?}");
        assert_eq!(
            (checked["decision"].as_str(), checked["findings"][0]["code"].as_str()),
            (Some(wanted.0), Some(wanted.1)),
            "{at}"
        );
        assert!(trial.answers_to("azerenerji", &name).is_empty(), "{at}: what was not taken is its sender's alone");
    }
    // as a table, in which a trial window spares the sender, but not of a proposal
    let table = format!(
        "dataset,period,revision,sender,to,replaces,reason,about,station,energy_mwh\n\
         generation,2024-Q1,2,{},trial,1,arithmetic,{},SU-0001,90\n",
        voen("azerisiq"),
        voen("azerenerji")
    );
    for (name, text, wanted) in
        [("x.csv", table.replace(voen("azerisiq"), ""), "rejected"), ("y.csv", table.clone(), "pending")]
    {
        let signature = trial.signed(name, &text, "azerisiq");
        trial.put("azerisiq", format!("{name}.p7s"), signature);
        trial.put("azerisiq", name, &text);
        trial.pencere(&["once"]);
        assert_eq!(answer(&trial, "azerisiq", name).0, wanted, "{name}");
    }
    assert_eq!(figures(&trial), FIRST);
    assert_eq!(stage(&trial, "y.csv", "approved", "energetika", "yes.xml"), "accepted ");
    assert_eq!(figures(&trial), CORRECTED);
    // who proposes and is competent for nothing does so by a right of its own, and files nothing by it
    let registry = fs::read_to_string(trial.at("w/registry.toml")).unwrap();
    let at = registry.find("[participants.azerisiq]").unwrap();
    let (before, rest) = registry.split_at(at);
    let rest = rest.replacen("rights = [\"file\", \"approve\"]", "rights = [\"propose\"]", 1);
    fs::write(trial.at("w/registry.toml"), format!("{before}{rest}")).unwrap();
    let next = proposed("azerisiq", 3, "replaces=\"2\" reason=\"measurement\"", "70.000");
    assert_eq!(file(&trial, "azerisiq", "z.xml", &next).0, "pending");
    let own = generation(voen("azerisiq"), "2024-Q1", 1, "KUL-0001", "5.000");
    assert_eq!(told(file(&trial, "azerisiq", "own.xml", &own)), "rejected authority.no-right");
    fits(&trial);
}

#[test]
fn what_was_filed_meanwhile_is_asked_about_when_it_is_approved() {
    let trial = window();
    // a second station is proposed, which then is stated by the owner
    let more = |text: String| {
        let record = "<Record><Station>SU-0002</Station><EnergyMWh>1</EnergyMWh></Record><Total><EnergyMWh>91.000";
        text.replace("<Total><EnergyMWh>90.000", record)
    };
    assert_eq!(file(&trial, "azerisiq", "p.xml", &more(proposed("azerisiq", 2, GROUNDS, "90.000"))).0, "pending");
    let owners = generation(voen("energetika"), "2024-Q1", 1, "SU-0002", "2.000");
    assert_eq!(file(&trial, "energetika", "o.xml", &owners).0, "accepted", "a proposal is in nobody's way");
    assert_eq!(stage(&trial, "p.xml", "approved", "energetika", "yes.xml"), "rejected rule.proposal-outdated");
    let (_, text) = trial.answers_to("energetika", "yes.xml").remove(0);
    assert!(text.contains("rule.other-sender"), "{text}");
    assert_eq!(figures(&trial), format!("{FIRST}\nenergetika|1|SU-0002|2.000"));
    // nor is whoever was suspended since
    assert_eq!(file(&trial, "azerisiq", "q.xml", &proposed("azerisiq", 2, GROUNDS, "90.000")).0, "pending");
    let registry = fs::read_to_string(trial.at("w/registry.toml")).unwrap();
    let at = registry.find("[participants.azerisiq]").unwrap();
    let (before, rest) = registry.split_at(at);
    fs::write(
        trial.at("w/registry.toml"),
        format!("{before}{}", rest.replacen("suspended = false", "suspended = true", 1)),
    )
    .unwrap();
    assert_eq!(stage(&trial, "q.xml", "approved", "energetika", "q-yes.xml"), "rejected rule.proposal-outdated");
    assert_eq!(figures(&trial), format!("{FIRST}\nenergetika|1|SU-0002|2.000"));
    fits(&trial);
}

#[test]
fn where_a_dataset_asks_for_an_approval_it_goes_through_the_same_stages() {
    let trial = Trial::new();
    trial.set("settle", "\"1ms\"");
    let codes = "SELECT code, revision, participant FROM grid_current ORDER BY code";
    assert_eq!(file(&trial, "azerenerji", "a.xml", &grid(1, "VL-1")).0, "pending");
    assert_eq!(stage(&trial, "a.xml", "checking", "azerenerji", "c1.xml"), "accepted ");
    assert_eq!(stage(&trial, "a.xml", "approved", "energetika", "y1.xml"), "accepted ");
    let theirs = format!("sender=\"{}\" about=\"{}\" {GROUNDS}", voen("azerisiq"), voen("azerenerji"));
    let text = grid(2, "VL-2").replace(&format!("sender=\"{}\"", voen("azerenerji")), &theirs);
    assert_eq!(file(&trial, "azerisiq", "p.xml", &text).0, "pending");
    // what is proposed keeps no other body from stating the same
    let other = grid(1, "VL-2").replace(voen("azerenerji"), voen("azerisiq"));
    assert_eq!(file(&trial, "azerisiq", "own.xml", &other).0, "pending");
    assert_eq!(stage(&trial, "own.xml", "withdrawn", "azerisiq", "own-back.xml"), "accepted ");
    assert_eq!(stage(&trial, "p.xml", "approved", "energetika", "early.xml"), "rejected rule.approval-not-due");
    assert_eq!(stage(&trial, "p.xml", "checking", "azerenerji", "c.xml"), "rejected authority.may-not-approve");
    assert_eq!(stage(&trial, "p.xml", "checking", "azerisiq", "c2.xml"), "accepted ");
    // a revision that waits itself is newer than what is to be replaced
    assert_eq!(file(&trial, "azerenerji", "b.xml", &grid(2, "VL-3")).0, "pending");
    assert_eq!(stage(&trial, "p.xml", "approved", "energetika", "y2.xml"), "rejected rule.proposal-outdated");
    assert_eq!(stage(&trial, "b.xml", "withdrawn", "azerenerji", "b-back.xml"), "accepted ");
    assert_eq!(stage(&trial, "p.xml", "approved", "energetika", "y3.xml"), "accepted ");
    assert_eq!(trial.sql(codes), "VL-2|2|azerenerji\n");
    fits(&trial);
}

#[test]
fn what_a_restart_or_an_older_copy_of_boemis_finds_is_what_there_was() {
    let trial = window();
    let before = trial.keep_boemis();
    assert_eq!(file(&trial, "azerisiq", "p.xml", &proposed("azerisiq", 2, GROUNDS, "90.000")).0, "pending");
    assert_eq!(file(&trial, "azerisiq", "q.xml", &proposed("azerisiq", 2, GROUNDS, "91.000")).0, "pending");
    // the ledger is built again from the journal
    fs::remove_dir_all(trial.at("w/state/ledger")).unwrap();
    trial.done(&["once"]);
    assert_eq!(figures(&trial), FIRST);
    fits(&trial);
    // both are loaded again, and wait as they did
    trial.put_boemis_back(&before);
    trial.done(&["once"]);
    assert_eq!(figures(&trial), FIRST);
    assert_eq!(trial.sql("SELECT count(*) FROM submission WHERE approved_at IS NULL"), "2\n");
    fits(&trial);
    assert_eq!(stage(&trial, "q.xml", "approved", "energetika", "yes.xml"), "accepted ");
    assert_eq!(figures(&trial), "azerenerji|2|SU-0001|91.000");
    trial.put_boemis_back(&before);
    trial.done(&["once"]);
    assert_eq!(figures(&trial), "azerenerji|2|SU-0001|91.000");
    assert_eq!(
        trial.sql("SELECT DISTINCT participant, proposed_by FROM submission WHERE revision = 2"),
        "azerenerji|azerisiq\n"
    );
    fits(&trial);
    assert_eq!(decisions(&trial, "azerisiq", "q.xml"), ["pending", "accepted"]);
    // one that is behind a held one of its sender waits, and the other body's own do not
    let locked = Locked::new(&trial);
    let next = proposed("azerisiq", 3, "replaces=\"2\" reason=\"measurement\"", "70.000");
    assert_eq!(file(&trial, "azerisiq", "r.xml", &next).0, "held");
    drop(locked);
    trial.done(&["once"]);
    trial.done(&["once"]);
    let words = decisions(&trial, "azerisiq", "r.xml");
    assert!(words.contains(&"pending".to_owned()), "{words:?}");
    assert_eq!(figures(&trial), "azerenerji|2|SU-0001|91.000");
    fits(&trial);
}

fn carry(trial: &Trial, disk: Disk) -> Result<(), Halt> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let config = Config::load(&trial.at("w/pencere.toml"), Timestamp::now())
            .map_err(|mistakes| Halt::broken(format!("{mistakes:?}")))?;
        let window = Window::open(config, Host { clock: Clock::system(), disk }).await?;
        let (_, mut window) = watch::once(window, |_| {}).await?;
        window.rest().await?;
        window.close().await
    })
}

/// Carries what waits with a death or a fault at each step, and once more; then it is as it would be without.
fn at_any_step(template: &Trial, check: &dyn Fn(&Trial, &str)) {
    const EIO: i32 = 5;
    let counted = Faults::none();
    carry(&template.copy(), Disk::faulty(Arc::clone(&counted))).unwrap();
    let mut stopped = 0;
    for n in 1..=counted.steps() {
        let faults = [Fault::Death, Fault::Error(EIO)];
        for fault in faults.into_iter().take(if n % 3 == 0 { 2 } else { 1 }) {
            let trial = template.copy();
            let faults = Faults::at(n, fault);
            let first = carry(&trial, Disk::faulty(Arc::clone(&faults)));
            stopped += usize::from(first.is_err());
            if n % 2 == 0 {
                faults.lose_power(|unsynced| unsynced / 2).unwrap();
            }
            let case = format!("step {n}, {fault:?}, first {first:?}");
            let end = carry(&trial, Disk::system());
            assert!(end.is_ok(), "{case}: {end:?}");
            check(&trial, &case);
            fits(&trial);
        }
    }
    assert!(stopped > 5, "{stopped}");
}

#[test]
fn a_stop_at_any_step_of_proposing_comes_to_the_same_end() {
    let template = window();
    let text = proposed("azerisiq", 2, GROUNDS, "90.000");
    template.put("azerisiq", "p.xml", template.signed("p.xml", text, "azerisiq"));
    at_any_step(&template, &|trial, case| {
        let mut answers = trial.answers_to("azerisiq", "p.xml");
        answers.retain(|(_, text)| receipt::decision(text) != "held"); // where a fault kept BOEMİS away
        assert_eq!(answers.len(), 1, "{case}");
        assert_eq!(receipt::decision(&answers[0].1), "pending", "{case}");
        assert_eq!(trial.answers_to("azerenerji", "p.xml"), answers, "{case}");
        assert_eq!(figures(trial), FIRST, "{case}");
        assert_eq!(trial.sql("SELECT count(*) FROM submission WHERE proposed_by = 'azerisiq'"), "1\n", "{case}");
    });
}

#[test]
fn a_stop_at_any_step_of_approving_a_proposal_comes_to_the_same_end() {
    let template = proposed_to();
    let yes = template.approval("p.xml", "approved", "energetika", "yes.xml");
    template.put("energetika", "yes.xml", yes);
    at_any_step(&template, &|trial, case| {
        assert_eq!(decisions(trial, "azerisiq", "p.xml"), ["pending", "accepted"], "{case}");
        assert_eq!(trial.answers_to("azerenerji", "p.xml"), trial.answers_to("azerisiq", "p.xml"), "{case}");
        assert_eq!(told(answer(trial, "energetika", "yes.xml")), "accepted ", "{case}");
        assert_eq!(figures(trial), CORRECTED, "{case}");
    });
}
