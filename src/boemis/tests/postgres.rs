//! What PostgreSQL alone has: roles, lines that break, servers that go and come back.

use super::server::{Database, Server};
use super::*;
use std::io::Read;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The lock of all loads, as the engine takes it.
const LOCK: &str = "SELECT pg_advisory_xact_lock(72908232542547)";

async fn open(database: &Database, role: &str, datasets: &Datasets) -> Result<Boemis, Fault> {
    Boemis::open(&database.url_for(role).parse().unwrap(), &Settings::default(), datasets).await
}

async fn prepare(database: &Database, role: &str, datasets: &Datasets) -> Prepared {
    let Location::Postgres(owner) = database.url().parse().unwrap() else { panic!("no server") };
    let (loaders, readers) = ([role.to_owned()], [format!("{role}_reader")]);
    prepare_as_owner(&owner, &Settings::default(), datasets, &loaders, &readers).await.unwrap()
}

fn wrong(fault: Fault) -> String {
    match fault {
        Fault::Wrong(why) => why,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn where_postgis_is_shapes_are_shown_as_geometries() {
    let database = Server::shared().database();
    let role = "the_cartographer";
    database.does(&format!("DROP ROLE IF EXISTS {role}; CREATE ROLE {role} LOGIN; CREATE ROLE {role}_reader LOGIN"));
    let plots = drawn::plots();
    let before = prepare(&database, role, &plots).await;
    assert!(!before.steps.concat().contains("plots_map"));
    let mut boemis = open(&database, role, &plots).await.unwrap();
    database.does("CREATE SCHEMA \"g I s\"; CREATE EXTENSION postgis SCHEMA \"g I s\"");
    boemis.prepare(&plots).await.unwrap(); // the window's own role makes nothing, and lacks nothing
    let after = prepare(&database, role, &plots).await;
    assert_eq!((after.steps.len(), prepare(&database, role, &plots).await.steps.len()), (2, 0));
    database.does(&format!("GRANT USAGE ON SCHEMA \"g I s\" TO {role}_reader"));

    drawn::load_plots(&mut boemis, "iqtisadiyyat", 3).await;
    boemis.close().await.unwrap();
    let ask = |what: &str| {
        let out =
            database.psql(&format!("{role}_reader")).arg("-c").arg(format!("SELECT {what} FROM plots_map")).output();
        String::from_utf8(out.unwrap().stdout).unwrap().trim().to_owned()
    };
    assert_eq!(ask("count(*), count(geom), count(DISTINCT code)"), "3|2|3");
    assert_eq!(ask("max(\"g I s\".ST_SRID(geom)), max(\"g I s\".GeometryType(geom))"), "4326|POLYGON");
    // a kilometre by a kilometre, and a sliver of half a metre
    let metres: f64 = ask("max(\"g I s\".ST_Area(geom::\"g I s\".geography))").parse().unwrap();
    assert!((1_000_000.0..1_002_000.0).contains(&metres), "{metres}");
    // what shows it may be made anew
    let wider = drawn::with_column(plots, "remark");
    assert!(prepare(&database, role, &wider).await.steps.concat().contains("DROP VIEW \"plots_map\""));
}

#[tokio::test]
async fn the_loaders_role_may_insert_and_nothing_else() {
    let database = Server::shared().database();
    let role = "the_loader";
    // roles are the server's, and another run of this test may have made them
    database.does(&format!("DROP ROLE IF EXISTS {role}; CREATE ROLE {role} LOGIN; CREATE ROLE {role}_reader LOGIN"));
    let why = wrong(open(&database, role, &usual()).await.unwrap_err());
    assert!(why.contains("pencere boemis prepare"), "{why}");
    let missing = Reader::open(&database.url_for(role).parse().unwrap(), &Settings::default(), &usual()).await;
    assert!(matches!(missing, Err(Fault::Missing { .. })));
    let Location::Postgres(owner) = database.url().parse().unwrap() else { panic!("no server") };
    let nobody = prepare_as_owner(&owner, &Settings::default(), &usual(), &["no \"one".to_owned()], &[]).await;
    assert!(wrong(nobody.unwrap_err()).contains("CREATE ROLE \"no \"\"one\" LOGIN"));
    assert_eq!(database.ask("SELECT count(*) FROM pg_class WHERE relname = 'submission'"), "0");

    let prepared = prepare(&database, role, &usual()).await;
    assert_eq!((prepared.migrations, prepared.steps.is_empty()), (6, false));
    assert!(prepared.grants.iter().all(|grant| !grant.contains("UPDATE") && !grant.contains("DELETE")));
    let again = prepare(&database, role, &usual()).await;
    assert_eq!((again.migrations, again.steps.len()), (0, 0));

    let mut boemis = open(&database, role, &usual()).await.unwrap();
    let mut long = filing("azerenerji generation 2025-Q2 1", &[]);
    long.records = (1..=1500).map(|n| format!("GUN-{n:04} 1")).collect();
    let first = filing("azerenerji generation 2025-Q1 1", &["GUN-0001 3"]);
    let other = filing("azerisiq generation 2025-Q1 1", &["KUL-0001 1"]);
    load(&mut boemis, &[&first, &long, &other]).await;
    assert_eq!(boemis.contest(&[other.id], now()).await.unwrap().len(), 1);
    assert_eq!(database.ask("SELECT id FROM submission WHERE contested_at IS NOT NULL"), other.id.to_string());

    let mark = "id, participant, dataset, period, revision, content, rows, records, received_at, loaded_at, signers";
    for tried in [
        "UPDATE submission SET revision = 7".to_owned(),
        "UPDATE submission SET contested_at = NULL".to_owned(),
        "DELETE FROM submission".to_owned(),
        "TRUNCATE submission CASCADE".to_owned(),
        "DROP TABLE submission CASCADE".to_owned(),
        "ALTER TABLE submission DISABLE TRIGGER ALL".to_owned(),
        "SET session_replication_role = replica".to_owned(),
        "UPDATE generation_record SET energy_mwh = 1".to_owned(),
        "DELETE FROM generation_record".to_owned(),
        "TRUNCATE generation_record".to_owned(),
        "DROP VIEW generation_current".to_owned(),
        "CREATE TABLE mine (a int)".to_owned(),
        "CREATE TEMPORARY TABLE submission (a int)".to_owned(),
        "CREATE SCHEMA mine".to_owned(),
        "COPY submission TO PROGRAM 'true'".to_owned(),
        "INSERT INTO dataset_column VALUES ('a', 'b', 'station', 0)".to_owned(),
        "DELETE FROM submission_act".to_owned(),
        "UPDATE submission_act SET at = ''".to_owned(),
        "DELETE FROM _sqlx_migrations".to_owned(),
        "SELECT nextval(pg_get_serial_sequence('submission', 'number'))".to_owned(),
        // a mark that was born contested, and another number's
        format!("INSERT INTO submission ({mark}, contested_at) SELECT {mark}, 'x' FROM submission"),
        format!("INSERT INTO submission (number, {mark}) OVERRIDING SYSTEM VALUE SELECT 99, {mark} FROM submission"),
    ] {
        let told = database.denied(role, &tried).unwrap_or_else(|| panic!("{tried}"));
        assert!(told.contains("permission denied") || told.contains("must be "), "{tried}: {told}");
    }
    // one more record for what is loaded, and one for what is not
    for number in [1, 999] {
        let more = format!("INSERT INTO generation_record VALUES ({number}, 2, 'GUN-0002', 1)");
        assert!(database.denied(role, &more).unwrap().contains("a record without its load"));
    }
    assert!(database.denied(&format!("{role}_reader"), "SELECT * FROM generation_total").is_none());
    assert!(database.denied(&format!("{role}_reader"), "DELETE FROM submission_act").is_some());
    let insert = "INSERT INTO submission_act (submission, act, at) SELECT id, 'contested', 'x' FROM submission";
    assert!(database.denied(&format!("{role}_reader"), insert).is_some());

    // a description that grows waits for the owner, and is loaded by then
    let mut grown = usual();
    let more = dataset("generation", YearRule::Sum, &[("energy_mwh", 3), ("own_use_mwh", 1)]);
    grown.by_name.insert(more.name.clone(), more);
    let why = wrong(boemis.prepare(&grown).await.unwrap_err());
    assert!(why.contains("pencere boemis prepare") && why.contains("own_use_mwh"), "{why}");
    prepare(&database, role, &grown).await;
    boemis.prepare(&grown).await.unwrap();
    assert_eq!(boemis.totals(&first.key().dataset).await.unwrap().len(), 3);
    assert!(database.denied(&format!("{role}_reader"), "SELECT own_use_mwh FROM generation_total").is_none());
    boemis.close().await.unwrap();
    drop(database);
}

#[tokio::test]
async fn a_line_that_broke_between_groups_holds_nobody_and_one_in_a_group_all_of_it() {
    let database = Server::shared().database();
    let mut boemis = open(&database, "owner", &usual()).await.unwrap();
    let all: Vec<Filing> =
        (1..=4).map(|quarter| filing(&format!("azerenerji generation 2025-Q{quarter} 1"), &["GUN-0001 3"])).collect();
    database.cut();
    load(&mut boemis, &[&all[0]]).await;
    database.cut();
    assert!(boemis.mark(all[0].id).await.unwrap().is_some());
    database.cut();
    assert_eq!(boemis.uncontested().await.unwrap(), 1);

    let mut batch = boemis.begin(now()).await.unwrap();
    let _ = batch.load(all[1].validated()).await.unwrap();
    database.cut();
    let unloaded = batch.load(all[2].validated()).await.unwrap_err();
    assert!(unloaded.fault.is_away(), "{}", unloaded.fault);
    assert!(batch.commit().await.unwrap_err().fault.is_away());
    assert_eq!(database.ask("SELECT count(*) FROM submission"), "1");
    // the line breaks in the commit itself
    let mut batch = boemis.begin(now()).await.unwrap();
    let _ = batch.load(all[1].validated()).await.unwrap();
    database.cut();
    assert!(batch.commit().await.unwrap_err().fault.is_away());
    let loaded = load(&mut boemis, &[&all[0], &all[1], &all[2], &all[3]]).await;
    assert_eq!(loaded.iter().map(Loaded::stood_already).collect::<Vec<_>>(), [true, false, false, false]);
    assert_eq!(database.ask("SELECT count(*), (SELECT count(*) FROM generation_record) FROM submission"), "4|4");
}

/// A line to a server that breaks once: behind the next COMMIT, whose answer nobody hears.
fn breaking_line(port: u16) -> (u16, Arc<AtomicBool>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let here = listener.local_addr().unwrap().port();
    let breaks = Arc::new(AtomicBool::new(true));
    let armed = Arc::clone(&breaks);
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (mut client, mut server) = (client.unwrap(), TcpStream::connect(("127.0.0.1", port)).unwrap());
            let (mut back, mut from) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            let deaf = Arc::new(AtomicBool::new(false));
            let is_deaf = Arc::clone(&deaf);
            std::thread::spawn(move || {
                let mut octets = [0; 8192];
                while let Ok(count @ 1..) = from.read(&mut octets) {
                    if is_deaf.load(Ordering::SeqCst) {
                        let _ = back.shutdown(Shutdown::Both); // the server has done it by now
                        return;
                    }
                    let _ = back.write_all(&octets[..count]);
                }
                let _ = back.shutdown(Shutdown::Both);
            });
            let armed = Arc::clone(&armed);
            std::thread::spawn(move || {
                let mut octets = [0; 8192];
                while let Ok(count @ 1..) = client.read(&mut octets) {
                    let commits = octets[..count].windows(6).any(|word| word == b"COMMIT");
                    if commits && armed.swap(false, Ordering::SeqCst) {
                        deaf.store(true, Ordering::SeqCst);
                    }
                    let _ = server.write_all(&octets[..count]);
                }
                let _ = server.shutdown(Shutdown::Both);
            });
        }
    });
    (here, breaks)
}

#[tokio::test]
async fn after_a_commit_that_nobody_heard_of_the_mark_decides() {
    let database = Server::shared().database();
    let (port, breaks) = breaking_line(database.port());
    breaks.store(false, Ordering::SeqCst);
    let url = database.url().replace(&format!(":{}/", database.port()), &format!(":{port}/"));
    let mut boemis = Boemis::open(&url.parse().unwrap(), &Settings::default(), &usual()).await.unwrap();
    let alone = filing("azerenerji generation 2025-Q1 1", &["GUN-0001 3"]);
    let [one, two] = [2, 3].map(|quarter| filing(&format!("azerenerji generation 2025-Q{quarter} 1"), &["GUN-0001 3"]));

    breaks.store(true, Ordering::SeqCst);
    let mut batch = boemis.begin(now()).await.unwrap();
    assert!(batch.load_alone(alone.validated()).await.unwrap_err().fault.is_away());
    assert!(batch.commit().await.is_err());
    assert_eq!(database.ask("SELECT count(*) FROM submission"), "1", "it was committed all the same");
    breaks.store(true, Ordering::SeqCst);
    let mut batch = boemis.begin(now()).await.unwrap();
    assert!(batch.load(one.validated()).await.is_ok() && batch.load(two.validated()).await.is_ok());
    assert!(batch.commit().await.unwrap_err().fault.is_away());
    assert_eq!(database.ask("SELECT count(*) FROM submission"), "3");

    let loaded = load(&mut boemis, &[&alone, &one, &two]).await;
    assert!(loaded.iter().all(Loaded::stood_already));
    assert_eq!(database.ask("SELECT count(*), (SELECT count(*) FROM generation_record) FROM submission"), "3|3");
}

#[tokio::test]
async fn another_loader_is_waited_for_and_then_held() {
    let database = Server::shared().database();
    let mut boemis = open(&database, "owner", &usual()).await.unwrap();
    let one = filing("azerenerji generation 2025-Q1 1", &["GUN-0001 3"]);
    let holding = database.holding(LOCK);
    let fault = boemis.begin(now()).await.err().unwrap();
    assert!(matches!(Stop::from(fault), Stop::Hold(f) if f.code.slug() == "load.database-away"));
    drop(holding);
    load(&mut boemis, &[&one]).await;

    // two programs that load: the second waits for the first, and sees what it loaded
    let mut second = open(&database, "owner", &usual()).await.unwrap();
    let mut batch = boemis.begin(now()).await.unwrap();
    let next = filing("azerenerji generation 2025-Q1 2", &["GUN-0001 4"]);
    let _ = batch.load(next.validated()).await.unwrap();
    assert!(second.begin(now()).await.err().unwrap().is_away());
    batch.commit().await.unwrap();
    let mut batch = second.begin(now()).await.unwrap();
    assert_eq!(batch.standing(&next.key(), new_id()).await.unwrap().current.unwrap().submission, next.id);
}

#[tokio::test]
async fn what_the_server_cannot_do_now_is_held_and_then_done() {
    let database = Server::shared().database();
    let mut boemis = open(&database, "owner", &usual()).await.unwrap();
    let short = filing("azerenerji generation 2025-Q1 1", &["GUN-0001 3"]);
    let mut long = filing("azerenerji generation 2025-Q2 1", &[]);
    long.records = (1..=3000).map(|n| format!("GUN-{n:04} 1")).collect();
    let refuses = |code: &str| {
        database.does(&format!(
            "CREATE OR REPLACE FUNCTION refuses() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'as told' USING ERRCODE = '{code}'; END $$; \
             CREATE TRIGGER refuses BEFORE INSERT ON generation_record FOR EACH STATEMENT EXECUTE FUNCTION refuses()"
        ));
    };
    let lets_go_on = || database.does("DROP TRIGGER refuses ON generation_record");
    for (code, is_away) in [("53100", true), ("58030", true), ("40001", true), ("23514", false)] {
        refuses(code);
        for filed in [&short, &long] {
            let mut batch = boemis.begin(now()).await.unwrap();
            let unloaded = batch.load_alone(filed.validated()).await.unwrap_err();
            assert_eq!(unloaded.fault.is_away(), is_away, "{code}: {}", unloaded.fault);
            assert_eq!(batch.commit().await.is_err(), is_away);
        }
        lets_go_on();
    }
    // in a group, what is refused takes no other with it
    refuses("23514");
    let elsewhere = filing("azerenerji capacity 2025-Q1 1", &["GUN-0001 3"]);
    let mut batch = boemis.begin(now()).await.unwrap();
    let statements = [&short, &long, &elsewhere].map(Filing::validated).into();
    let told: Vec<bool> = batch.load_all(statements).await.iter().map(Result::is_ok).collect();
    assert_eq!(told, [false, false, true]);
    assert_eq!(batch.commit().await.unwrap().len(), 1);
    lets_go_on();
    // a database that is kept from changing, as for its upkeep
    let name = database.ask("SELECT current_database()");
    database.does(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on"));
    database.cut();
    let mut batch = boemis.begin(now()).await.unwrap();
    assert!(batch.load(short.validated()).await.unwrap_err().fault.is_away());
    drop(batch);
    database.does(&format!("BEGIN READ WRITE; ALTER DATABASE {name} RESET ALL; COMMIT"));
    database.cut();
    assert_eq!(load(&mut boemis, &[&short, &long]).await.len(), 2);
    assert_eq!(database.ask("SELECT count(*), sum(records) FROM submission"), "3|3002");
}

#[tokio::test]
async fn a_server_that_went_is_away_and_back() {
    let mut server = Server::new();
    let database = server.database();
    let mut boemis = open(&database, "owner", &usual()).await.unwrap();
    let all: Vec<Filing> =
        (1..=3).map(|quarter| filing(&format!("azerenerji generation 2025-Q{quarter} 1"), &["GUN-0001 3"])).collect();
    let mut batch = boemis.begin(now()).await.unwrap();
    let _ = batch.load(all[0].validated()).await.unwrap();
    server.crash();
    assert!(batch.load(all[1].validated()).await.unwrap_err().fault.is_away());
    drop(batch);
    assert!(boemis.begin(now()).await.err().unwrap().is_away());
    assert!(boemis.mark(all[0].id).await.unwrap_err().is_away());
    assert!(open(&database, "owner", &usual()).await.unwrap_err().is_away());
    server.start();
    load(&mut boemis, &[&all[0]]).await;
    server.stop();
    assert!(boemis.begin(now()).await.err().unwrap().is_away());
    server.start();
    load(&mut boemis, &[&all[0], &all[1], &all[2]]).await;
    assert_eq!(database.ask("SELECT count(*), count(DISTINCT id) FROM submission"), "3|3");
}

#[tokio::test]
async fn the_line_is_sealed_and_the_password_lies_in_a_file() {
    let mut server = Server::new();
    let database = server.database();
    database.does("CREATE ROLE secret LOGIN SUPERUSER PASSWORD 'söz: @/?%'");
    let at = |name: &str| server.folder().join(name);
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"])
        .args(["-addext", "subjectAltName=IP:127.0.0.1", "-keyout"])
        .args([at("key.pem"), "-out".into(), at("cert.pem")])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let (key, cert) = [at("key.pem"), at("cert.pem")].map(|path| std::fs::read_to_string(path).unwrap()).into();
    server.configure("server.key", &key);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(at("data/server.key"), mode).unwrap();
    server.configure("server.crt", &cert);
    server.configure("postgresql.conf", "ssl = on");
    let who = "hostssl all secret 127.0.0.1/32 scram-sha-256\nhostnossl all secret 127.0.0.1/32 reject";
    server.configure("pg_hba.conf", who);
    let trusted = at("cert.pem");
    server.stop();
    server.start();

    let file = tempfile::NamedTempFile::new().unwrap();
    let open = async |mode: &str, password: &str| {
        std::fs::write(file.path(), password).unwrap();
        let url = format!("{}?sslmode={mode}&sslrootcert={}", database.url_for("secret"), trusted.display());
        let location: Location = url.parse().unwrap();
        let location = location.with_password_file(Some(file.path().to_owned()));
        Boemis::open(&location, &Settings::default(), &usual()).await
    };
    open("verify-full", "söz: @/?%\n").await.unwrap().close().await.unwrap();
    let fault = open("verify-full", "another").await.unwrap_err();
    assert!(fault.is_away() && fault.to_string().contains("28P01"), "{fault}");
    assert!(!fault.to_string().contains("another"));
    assert!(open("disable", "söz: @/?%").await.is_err(), "the server takes it on a sealed line alone");
    let stranger = format!("{}?sslmode=verify-full", database.url_for("secret"));
    let stranger: Location = stranger.parse().unwrap();
    let stranger = stranger.with_password_file(Some(file.path().to_owned()));
    let fault = Boemis::open(&stranger, &Settings::default(), &usual()).await.unwrap_err();
    assert!(fault.to_string().contains("certificate"), "{fault}");
}

#[tokio::test]
async fn what_is_no_database_of_this_version_is_not_touched() {
    let database = Server::shared().database();
    open(&database, "owner", &usual()).await.unwrap().close().await.unwrap();
    database.does("INSERT INTO _sqlx_migrations VALUES (9, 'later', now(), true, 'x', 0)");
    let why = wrong(open(&database, "owner", &usual()).await.unwrap_err());
    assert!(why.contains("newer"), "{why}");
    let name = database.ask("SELECT current_database()");
    database.does(&format!("CREATE DATABASE {name}_ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"));
    let ascii: Location = format!("{}_ascii", database.url()).parse().unwrap();
    let why = wrong(Boemis::open(&ascii, &Settings::default(), &usual()).await.unwrap_err());
    assert!(why.contains("UTF8 is needed"), "{why}");
    let nowhere: Location = format!("{}_nowhere", database.url()).parse().unwrap();
    assert!(Boemis::open(&nowhere, &Settings::default(), &usual()).await.unwrap_err().is_away());
}

/// `PENCERE_ROWS` asks for more, and tells what it took beside `psql \copy` of the same rows (docs/benchmarks.md).
#[tokio::test]
async fn a_very_long_statement_is_copied_in() {
    let asked: Option<usize> = std::env::var("PENCERE_ROWS").ok().map(|text| text.parse().expect("a number"));
    let count = asked.unwrap_or(20_000);
    let database = Server::shared().database();
    let mut boemis = open(&database, "owner", &usual()).await.unwrap();
    let mut long = filing("azerenerji generation 2025-Q1 1", &[]);
    long.records = (1..=count).map(|n| format!("GUN-{:04} {n}.001", n % 9999 + 1)).collect();
    let validated = long.validated();
    let begun = std::time::Instant::now();
    let mut batch = boemis.begin(now()).await.unwrap();
    let _ = batch.load(validated).await.unwrap();
    let loaded = batch.commit().await.unwrap();
    let ours = begun.elapsed();
    let mut reader = Reader::open(&database.url().parse().unwrap(), &Settings::default(), &usual()).await.unwrap();
    let begun = std::time::Instant::now();
    assert_eq!(reader.stored_rows(loaded[0].mark()).await.unwrap(), loaded[0].mark().rows);
    let read = begun.elapsed();
    assert_eq!(database.ask("SELECT count(*), max(record) FROM generation_record"), format!("{count}|{count}"));

    let file = tempfile::NamedTempFile::new().unwrap();
    let rows = database.psql("owner").args(["-c", "COPY generation_record TO STDOUT"]).output().unwrap();
    std::fs::write(file.path(), rows.stdout).unwrap();
    database.does(
        "CREATE TABLE plain (submission bigint NOT NULL, record bigint NOT NULL, station text, energy_mwh bigint, \
         PRIMARY KEY (submission, record))",
    );
    let begun = std::time::Instant::now();
    let copy = format!("\\copy plain FROM '{}'", file.path().display());
    let copied = database.psql("owner").args(["-c", &copy]).output();
    let theirs = begun.elapsed();
    assert!(copied.unwrap().status.success());
    assert_eq!(database.ask("SELECT count(*) FROM plain"), count.to_string());
    if asked.is_some() {
        println!("{count} rows: loaded with their digest in {ours:?}, read back in {read:?}; psql \\copy {theirs:?}");
    }
}
