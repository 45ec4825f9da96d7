//! A window whose BOEMİS is in PostgreSQL, from outside: signed files in, rows and sealed receipts out, whatever its
//! server does meanwhile.

#[path = "window/trial.rs"]
mod trial;

use std::fs;
use std::path::PathBuf;
use trial::servers::{Database, Server};
use trial::{Trial, eventually, generation, said, voen};

const FIGURES: &str =
    "SELECT period, station, energy_mwh, participant, revision FROM generation_current ORDER BY period";

fn window() -> Trial {
    patient(Trial::on(Server::shared().database()))
}

/// What is held is soon tried again.
fn patient(trial: Trial) -> Trial {
    trial.set("settle", "\"1ms\"");
    trial.set("hold.retry_first", "\"50ms\"");
    trial.set("hold.retry_last", "\"1s\"");
    trial.set("connect_timeout", "\"1s\"");
    trial
}

fn database(trial: &Trial) -> &Database {
    trial.database().unwrap()
}

/// Signed statements of so many quarters of one body, by name.
fn statements(trial: &Trial, from: usize, count: usize) -> Vec<(String, Vec<u8>)> {
    let names: Vec<String> = (from..from + count).map(|n| format!("{n:04}.xml")).collect();
    fs::create_dir_all(trial.at("signed")).unwrap();
    for (n, name) in (from..).zip(&names) {
        let period = format!("{}-Q{}", 1955 + n / 4, n % 4 + 1);
        let text = generation(voen("azerenerji"), &period, 1, "SU-0001", &format!("{}.125", 100 + n));
        fs::write(trial.at(name), text).unwrap();
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let keys = ["--key", "w/pki/azerenerji.key", "--cert", "w/pki/azerenerji.crt", "--out-dir", "signed"];
    trial.done(&[&["sign"][..], &names, &keys].concat());
    let read = |name: &&str| {
        let signed = trial.at("signed").join(name.replace(".xml", ".signed.xml"));
        ((*name).to_owned(), fs::read(signed).unwrap())
    };
    names.iter().map(read).collect()
}

fn put_all(trial: &Trial, all: &[(String, Vec<u8>)]) {
    all.iter().for_each(|(name, octets)| trial.put("azerenerji", name, octets));
}

/// Every one is accepted once, and stands once.
fn all_stand(trial: &Trial, all: &[(String, Vec<u8>)]) {
    for (name, _) in all {
        let answers = trial.answers_to("azerenerji", name);
        let last: Vec<&String> =
            answers.iter().filter(|(file, _)| file.ends_with(".receipt.xml")).map(|(_, text)| text).collect();
        assert!(last.len() == 1 && last[0].contains(">accepted</"), "{name}: {answers:?}");
    }
    let count = "SELECT count(*), count(DISTINCT id), (SELECT count(*) FROM generation_record) FROM submission";
    assert_eq!(database(trial).ask(count), format!("{0}|{0}|{0}", all.len()));
    let (code, audited) = trial.json(&["audit", "verify"]);
    assert_eq!((code, &audited["loads"]), (Some(0), &all.len().into()), "{audited}");
}

#[test]
fn a_signed_file_becomes_rows_and_a_receipt_and_who_alters_a_row_is_found_out() {
    let trial = window();
    let text = generation(voen("azerenerji"), "2024-Q1", 1, "SU-0001", "100.5");
    trial.put("azerenerji", "a.xml", trial.signed("a.xml", &text, "azerenerji"));
    trial.done(&["once"]);
    let (file, receipt) = trial.answer("azerenerji", "a.xml");
    assert!(receipt.contains(">accepted</"), "{receipt}");
    assert!(trial.xmlsec_proves(&trial.side("azerenerji", "receipts").join(&file)));
    assert_eq!(trial.sql(FIGURES), "2024-Q1|SU-0001|100.500|azerenerji|1\n");
    assert_eq!(trial.sql("SELECT * FROM generation_total ORDER BY period"), "2024|100.500|1\n2024-Q1|100.500|1\n");
    assert!(!trial.at("w/state/boemis.sqlite").exists());
    // the same again is known, and `check` asks the same
    trial.put("azerenerji", "b.xml", trial.signed("a.xml", &text, "azerenerji"));
    let (code, checked) = trial.json(&["check", "signed", "--participant", "azerenerji"]);
    assert_eq!((code, checked["decision"].as_str()), (Some(0), Some("duplicate")), "{checked}");
    trial.done(&["once"]);
    assert!(trial.answer("azerenerji", "b.xml").1.contains(">duplicate</"));
    trial.done(&["status"]);
    trial.done(&["audit", "verify"]);
    trial.tamper("UPDATE generation_record SET energy_mwh = energy_mwh + 1");
    let (code, audited) = trial.json(&["audit", "verify"]);
    assert_eq!(code, Some(1));
    assert!(audited["first_unfit"].as_str().unwrap().contains("its rows in BOEMİS were changed"), "{audited}");
}

/// By its owner, as whom triggers are no obstacle.
#[test]
fn a_changed_view_moved_moments_and_rows_of_no_load_are_found_out() {
    let trial = window();
    let all = statements(&trial, 0, 2);
    put_all(&trial, &all);
    trial.done(&["once"]);
    all_stand(&trial, &all);
    let changes = [
        (
            "CREATE OR REPLACE VIEW generation_current AS SELECT station, energy_mwh * 2 AS energy_mwh, period, \
             submission, participant, revision FROM generation_history",
            "the view generation_current shows something else",
        ),
        ("DROP VIEW generation_total", "the view generation_total"),
        ("UPDATE submission SET approved_at = '1999-01-01T00:00:00Z' WHERE number = 2", "its moments in BOEMİS"),
        ("UPDATE submission SET loaded_at = '1999-01-01T00:00:00Z' WHERE number = 1", "its moments in BOEMİS"),
        (
            "INSERT INTO generation_record SELECT 99, record, station, energy_mwh FROM generation_record LIMIT 1",
            "BOEMİS has 1 rows of no load, the first in generation_record",
        ),
    ];
    let kept = trial.keep_boemis();
    for (sql, told) in changes {
        trial.tamper(sql);
        let (code, audited) = trial.json(&["audit", "verify"]);
        let first = audited["first_unfit"].as_str().unwrap_or_default();
        assert!(code == Some(1) && first.contains(told), "{told}: {audited}");
        trial.put_boemis_back(&kept);
    }
    trial.done(&["audit", "verify"]);
}

#[test]
fn the_owner_prepares_and_the_windows_role_loads() {
    let trial = window();
    let database = database(&trial);
    let role = format!("loads_{}", database.name());
    database.does(&format!("CREATE ROLE {role} LOGIN PASSWORD 'hidden-word'"));
    let url = database.url_for(&format!("{role}:hidden-word"));
    trial.set("url", &format!("\"{url}\""));
    let refused = trial.pencere(&["once"]);
    assert_eq!(refused.status.code(), Some(3));
    assert!(said(&refused).contains("pencere boemis prepare"), "{}", said(&refused));
    let (code, prepared) = trial.json(&["boemis", "prepare", "--url", &database.url()]);
    assert_eq!((code, prepared["role"].as_str(), &prepared["migrations"]), (Some(0), Some(&*role), &6.into()));
    let told = said(&trial.pencere(&["boemis", "prepare", "--url", &database.url()]));
    assert!(told.contains("has all tables and views.") && told.contains("GRANT INSERT"), "{told}");
    let all = statements(&trial, 0, 3);
    put_all(&trial, &all);
    trial.done(&["once"]);
    all_stand(&trial, &all);
    for tried in ["UPDATE submission SET records = 2", "DELETE FROM generation_record", "DROP VIEW generation_total"] {
        assert!(database.denied(&role, tried).is_some(), "{tried}");
    }
    // nobody who looks sees the password
    trial.done(&["backup", "kept"]);
    let mut seen = vec![trial.log(), prepared.to_string(), said(&trial.pencere(&["status"])), said(&refused)];
    let mut open = vec![trial.at("kept")];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            match path.is_dir() {
                true => open.push(path),
                // evidence keeps what the window was set to, as it was: which is why a real window's has no password
                false if path.components().any(|part| part.as_os_str() == "evidence") => {}
                false => seen.push(String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned()),
            }
        }
    }
    assert!(seen.iter().any(|text| text.contains(&role)) && !seen.iter().any(|text| text.contains("hidden-word")));
    trial.set("environment", "\"production\"");
    let checked = said(&trial.pencere(&["config", "check"]));
    assert!(checked.contains("password_file") && !checked.contains("hidden-word"), "{checked}");
}

/// A real window: with an authority, a seal and a log key of its own, and stations of the one body that is registered.
fn becomes_real(trial: &Trial) {
    let openssl = |arguments: &[&str]| drop(trial.succeeds("openssl", arguments));
    let new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "300"];
    for (name, subject) in [("ca", "/O=Mərkəz/CN=Mərkəz"), ("seal", "/O=Pəncərə/CN=Möhür")] {
        let (key, crt) = (format!("w/pki/{name}.key"), format!("w/pki/{name}.crt"));
        openssl(&[&new[..], &["-utf8", "-subj", subject, "-keyout", &key, "-out", &crt]].concat());
    }
    trial.set("environment", "\"production\"");
    let registry = "[participants.energetika]\nname = \"Energetika Nazirliyi\"\nvoen = \"9990000221\"\nowner = true\n\
                    datasets = [\"generation\"]\nsuspended = false\n";
    fs::write(trial.at("w/registry.toml"), registry).unwrap();
    let stations = fs::read_to_string(trial.at("w/stations.toml")).unwrap();
    let stations = stations.replace("\"azerenerji\"", "\"energetika\"").replace("\"azerisiq\"", "\"energetika\"");
    fs::write(trial.at("w/stations.toml"), stations).unwrap();
}

/// What `once` says, which is refused for the role's sake.
fn refused(trial: &Trial, why: &str) {
    let once = trial.pencere(&["once"]);
    assert_eq!(once.status.code(), Some(2), "{why}: {}", said(&once));
    assert!(said(&once).contains(why) && said(&once).contains("pencere boemis prepare"), "{why}: {}", said(&once));
}

/// Whether `status` has a problem with the role.
fn is_told(trial: &Trial, why: &str) -> bool {
    let (_, status) = trial.json(&["status"]);
    let problems = status["problems"].as_array().unwrap();
    let told = problems.iter().find(|problem| problem["code"] == "boemis-role");
    told.is_some_and(|problem| problem["message"].as_str().unwrap().contains(why))
}

#[test]
fn a_trial_says_that_its_role_may_do_too_much_and_goes_on() {
    let trial = window();
    trial.done(&["once"]);
    let status = said(&trial.pencere(&["status"]));
    assert!(status.starts_with("exit status: 0 healthy") && status.contains("it is a superuser"), "{status}");
    let (code, audited) = trial.json(&["audit", "verify"]);
    assert_eq!((code, audited["role_beyond"].as_str()), (Some(0), Some("it is a superuser")), "{audited}");
}

#[test]
fn a_real_window_refuses_a_role_that_could_change_what_is_loaded() {
    let trial = window();
    becomes_real(&trial);
    let database = database(&trial);
    refused(&trial, "it is a superuser");
    assert_eq!(database.ask("SELECT count(*) FROM pg_class WHERE relname = 'submission'"), "0", "nothing is made");
    let role = format!("alone_{}", database.name());
    database.does(&format!("CREATE ROLE {role} LOGIN"));
    trial.set("url", &format!("\"{}\"", database.url_for(&role)));
    let prepare = || trial.done(&["boemis", "prepare", "--url", &database.url()]);
    prepare();
    trial.done(&["once"]);
    assert!(!is_told(&trial, ""));
    trial.done(&["audit", "verify"]);
    // what was granted beside, the owner's command takes again
    for (granted, told) in [
        ("GRANT UPDATE (records) ON submission", "it has UPDATE on submission"),
        ("GRANT UPDATE, DELETE ON submission, generation_record", "it has DELETE on generation_record and 1 more"),
        ("GRANT TRUNCATE ON capacity_record", "it has TRUNCATE on capacity_record"),
        ("GRANT TRIGGER ON submission_act", "it has TRIGGER on submission_act"),
        ("GRANT INSERT ON dataset_column", "it has INSERT on dataset_column"),
        ("GRANT INSERT ON generation_current", "it has INSERT on generation_current"),
        ("GRANT CREATE ON SCHEMA public", "it has CREATE in the schema public"),
    ] {
        database.does(&format!("{granted} TO {role}"));
        refused(&trial, told);
        assert!(is_told(&trial, told), "{told}");
        let (code, audited) = trial.json(&["audit", "verify"]);
        assert!(code == Some(1) && audited["first_unfit"].as_str().unwrap().contains(told), "{told}: {audited}");
        prepare();
        trial.done(&["once"]);
    }
    // what is not of our tables, who gave it takes
    for (given, told, taken) in [
        (
            format!("GRANT pg_write_all_data TO {role}"),
            "pg_write_all_data",
            format!("REVOKE pg_write_all_data FROM {role}"),
        ),
        (format!("ALTER ROLE {role} CREATEROLE"), "it may create roles", format!("ALTER ROLE {role} NOCREATEROLE")),
        (
            format!("ALTER VIEW generation_total OWNER TO {role}"),
            "it owns generation_total",
            "ALTER VIEW generation_total OWNER TO owner".to_owned(),
        ),
        (
            format!("ALTER FUNCTION submission_stays() OWNER TO {role}"),
            "it owns the function submission_stays",
            "ALTER FUNCTION submission_stays() OWNER TO owner".to_owned(),
        ),
    ] {
        database.does(&given);
        refused(&trial, told);
        database.does(&taken);
        prepare();
        trial.done(&["once"]);
    }
    // a window that runs takes no new world beside such a role, and says so
    let daemon = trial.run();
    database.does(&format!("GRANT DELETE ON submission TO {role}"));
    daemon.signal(rustix::process::Signal::HUP);
    eventually("the reload to be refused", || {
        let (_, status) = trial.json(&["status"]);
        status["last_reload"]["refused"].as_str().is_some_and(|why| why.contains("it has DELETE on submission"))
    });
    daemon.end();
}

#[test]
fn a_server_that_dies_in_the_middle_of_its_work_costs_nobody_anything() {
    let mut server = Server::new();
    let trial = patient(Trial::on(server.database()));
    trial.set("group_documents", "20");
    let all = statements(&trial, 0, 160);
    let daemon = trial.run();
    let (first, rest) = all.split_at(100);
    put_all(&trial, first);
    eventually("the first answers", || !trial.names("azerenerji", "receipts").is_empty());
    server.crash();
    put_all(&trial, rest);
    eventually("held answers", || {
        trial.names("azerenerji", "receipts").iter().any(|name| name.to_string_lossy().ends_with(".held.xml"))
    });
    let status = said(&trial.pencere(&["status"]));
    assert!(status.contains("load.database-away"), "{status}");
    server.start();
    eventually("all to be answered", || {
        let answers = trial.answers("azerenerji");
        answers.iter().filter(|(file, _)| file.ends_with(".receipt.xml")).count() == all.len()
    });
    // once more, in order, and while nothing is on its way
    server.stop();
    server.start();
    let more = statements(&trial, 160, 30);
    put_all(&trial, &more);
    eventually("all to be answered", || {
        let answers = trial.answers("azerenerji");
        answers.iter().filter(|(file, _)| file.ends_with(".receipt.xml")).count() == all.len() + more.len()
    });
    daemon.end();
    all_stand(&trial, &[all, more].concat());
}

#[test]
fn groups_that_are_loaded_beside_other_work_and_lines_that_are_cut_lose_nothing() {
    let trial = window();
    trial.set("group_documents", "25");
    let all = statements(&trial, 0, 200);
    put_all(&trial, &all);
    let daemon = trial.run();
    for _ in 0..10 {
        std::thread::sleep(std::time::Duration::from_millis(30));
        database(&trial).cut();
    }
    eventually("all to be answered", || {
        let answers = trial.answers("azerenerji");
        answers.iter().filter(|(file, _)| file.ends_with(".receipt.xml")).count() == all.len()
    });
    daemon.kill();
    trial.done(&["once"]);
    all_stand(&trial, &all);
}

#[test]
fn an_older_database_is_noticed_and_loaded_into_again() {
    let trial = window();
    let all = statements(&trial, 0, 12);
    let (first, rest) = all.split_at(5);
    put_all(&trial, first);
    trial.done(&["once"]);
    let older = trial.keep_boemis();
    put_all(&trial, rest);
    trial.done(&["once"]);
    trial.put_boemis_back(&older);
    assert_eq!(trial.pencere(&["audit", "verify"]).status.code(), Some(1));
    trial.done(&["once"]);
    all_stand(&trial, &all);
    // nothing at all is left, not even tables
    database(&trial).does("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    assert_eq!(trial.pencere(&["status"]).status.code(), Some(1));
    trial.done(&["once"]);
    all_stand(&trial, &all);
    assert_eq!(trial.answers("azerenerji").len(), all.len(), "nobody is answered twice");
}

#[test]
fn a_backup_stands_alone_and_never_leads_to_the_server() {
    let trial = window();
    let all = statements(&trial, 0, 6);
    put_all(&trial, &all);
    trial.done(&["once"]);
    let figures = trial.sql(FIGURES);
    let (code, made) = trial.json(&["backup", "b"]);
    assert_eq!((code, &made["fits"]), (Some(0), &true.into()), "{made}");
    let left_out = made["left_out"].to_string();
    assert!(left_out.contains("pg_dump") && left_out.contains("held 6 loads"), "{left_out}");
    let moved = made["moved"].as_array().unwrap();
    let url = moved.iter().find(|one| one["key"] == "boemis.url").unwrap();
    assert_eq!(url["is"], "sqlite://state/boemis.sqlite");
    assert!(!trial.at("b/state/boemis.sqlite").exists());

    let (code, restored) = trial.json(&["restore", "b", "r"]);
    assert_eq!((code, &restored["fits"]), (Some(0), &true.into()), "{restored}");
    trial.done(&["once", "--config", "r/pencere.toml"]);
    let again = trial.succeeds("sqlite3", &["-readonly", "r/state/boemis.sqlite", FIGURES]);
    assert_eq!(String::from_utf8(again.stdout).unwrap(), figures, "both engines print the same");
    trial.done(&["audit", "verify", "--config", "r/pencere.toml"]);
    assert_eq!(database(&trial).ask("SELECT count(*) FROM submission"), "6", "and the server's was left alone");
}
