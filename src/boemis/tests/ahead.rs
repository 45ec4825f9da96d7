//! Rows that stand before their mark, in SQLite.

use super::*;

fn long(count: usize) -> Filing {
    let mut long = filing("azerenerji generation 2025-Q1 1", &[]);
    (long.records, long.far) = ((1..=count).map(|n| format!("GUN-{n:04} {n}.001")).collect(), true);
    long
}

async fn write(ahead: &Ahead, window: &Window, long: &Filing) {
    let (location, settings) =
        (window.location(), Settings { busy_timeout: Duration::from_secs(60), ..Settings::default() });
    let (validated, datasets) = (long.validated(), usual());
    let done = ahead.write((&location, &settings), &datasets, (long.id, long.content()), validated.statement());
    done.await.unwrap();
}

const ROWS: &str = "SELECT count(*) FROM generation_record";
const SEEN: &str = "SELECT count(*) FROM generation_history";

#[tokio::test]
async fn rows_written_ahead_are_seen_by_nobody_before_their_mark() {
    let (window, ahead, long) = (Window::sqlite(), Ahead::default(), long(9_000));
    let mut boemis = window.open().await.with_ahead(ahead.clone());
    write(&ahead, &window, &long).await;
    assert_eq!((window.ask(ROWS), window.ask(SEEN)), ("9000".to_owned(), "0".to_owned()));
    let other = filing("azerisiq generation 2025-Q1 1", &["KUL-0001 1.5"]);
    load(&mut boemis, &[&other]).await;
    assert_eq!((window.ask(ROWS), window.ask(SEEN)), ("9001".to_owned(), "1".to_owned()));

    let loaded = load(&mut boemis, &[&long]).await;
    assert_eq!((window.ask(ROWS), window.ask(SEEN)), ("9001".to_owned(), "9001".to_owned()));
    assert_eq!(loaded[0].mark().rows, {
        let near = Filing { far: false, ..long.clone() };
        let plain = Window::sqlite();
        load(&mut plain.open().await, &[&near]).await[0].mark().rows
    });
    let after = filing("azerenerji generation 2025-Q2 1", &["GUN-0001 2"]);
    load(&mut boemis, &[&after]).await;
    assert_eq!(
        window.ask("SELECT group_concat(participant || period, ' ') FROM (SELECT * FROM submission ORDER BY number)"),
        "azerisiq2025-Q1 azerenerji2025-Q1 azerenerji2025-Q2"
    );
    assert_eq!(window.ask("PRAGMA foreign_key_check; PRAGMA integrity_check"), "ok");
    let mut reader = window.reader().await;
    assert_eq!(reader.stored_rows(loaded[0].mark()).await.unwrap(), loaded[0].mark().rows);
    // done again it changes nothing
    assert!(load(&mut boemis, &[&long]).await[0].stood_already());
}

#[tokio::test]
async fn rows_of_another_document_are_not_taken_for_this_one() {
    let (window, ahead, long) = (Window::sqlite(), Ahead::default(), long(300));
    let mut boemis = window.open().await.with_ahead(ahead.clone());
    write(&ahead, &window, &long).await;
    let mut other = long.clone();
    other.records[7] = "GUN-0008 8.002".to_owned();
    let loaded = load(&mut boemis, &[&other]).await;
    assert_eq!((window.ask(ROWS), window.ask(SEEN)), ("600".to_owned(), "300".to_owned()));
    assert_eq!(window.ask("SELECT energy_mwh FROM generation_current WHERE station = 'GUN-0008'"), "8.002");
    let mut reader = window.reader().await;
    assert_eq!(reader.stored_rows(loaded[0].mark()).await.unwrap(), loaded[0].mark().rows);
}

#[tokio::test]
async fn rows_that_are_not_the_last_any_more_are_written_anew() {
    let (window, ahead) = (Window::sqlite(), Ahead::default());
    let mut boemis = window.open().await.with_ahead(ahead.clone());
    let (first, mut second) = (long(500), long(400));
    second.text = "azerenerji generation 2025-Q2 1".to_owned();
    write(&ahead, &window, &first).await;
    write(&ahead, &window, &second).await;
    assert_eq!(window.ask(ROWS), "900", "what waits for its mark is not swept");
    load(&mut boemis, &[&second]).await;
    load(&mut boemis, &[&first]).await;
    assert_eq!((window.ask(SEEN), window.ask(ROWS)), ("900".to_owned(), "1400".to_owned()));
    // what turned out to be of no use is swept before the next
    let mut third = long(7);
    third.text = "azerenerji generation 2025-Q3 1".to_owned();
    write(&ahead, &window, &third).await;
    load(&mut boemis, &[&third]).await;
    assert_eq!((window.ask(SEEN), window.ask(ROWS)), ("907".to_owned(), "907".to_owned()));
    assert_eq!(
        window.ask(
            "SELECT count(DISTINCT record) FROM generation_history h JOIN submission s ON s.id = \
        h.submission JOIN generation_record r ON r.submission = s.number WHERE h.period = '2025-Q1'"
        ),
        "500"
    );
}

#[tokio::test]
async fn what_a_crash_left_without_a_mark_is_swept_and_nothing_else() {
    let (window, mut second) = (Window::sqlite(), long(30));
    let mut boemis = window.open().await;
    let stands = filing("azerisiq generation 2025-Q1 1", &["KUL-0001 1.5"]);
    load(&mut boemis, &[&stands]).await;
    write(&Ahead::default(), &window, &long(5_000)).await; // nobody remembers it
    assert_eq!(window.ask(ROWS), "5001");
    second.text = "azerenerji generation 2025-Q2 1".to_owned();
    let ahead = Ahead::default();
    write(&ahead, &window, &second).await;
    assert_eq!((window.ask(ROWS), window.ask(SEEN)), ("31".to_owned(), "1".to_owned()));
    load(&mut boemis.with_ahead(ahead), &[&second]).await;
    assert_eq!(window.ask(SEEN), "31");
    // also where a mark was written above it since
    let (ahead, mut third) = (Ahead::default(), long(40));
    third.text = "azerenerji generation 2025-Q3 1".to_owned();
    write(&ahead, &window, &third).await;
    write(&Ahead::default(), &window, &long(7)).await; // sweeps the other, and is left itself
    const MARK: &str = "INSERT INTO submission SELECT number + 5000000, 'x', participant, dataset, '2020-Q1', revision, \
        content, rows, 0, received_at, loaded_at, signers, contested_at, approved_at, NULL, NULL, NULL, NULL \
        FROM submission LIMIT 1";
    assert_eq!(window.refuses(MARK), None);
    third.text = "azerenerji generation 2025-Q4 1".to_owned();
    write(&Ahead::default(), &window, &third).await;
    assert_eq!(window.ask(ROWS), (31 + 40).to_string());
    // what was loaded is as safe as ever
    for sql in ["DELETE FROM generation_record", "UPDATE generation_record SET energy_mwh = 0"] {
        assert!(window.refuses(sql).is_some_and(|why| why.contains("never changed")), "{sql}");
    }
}

#[tokio::test]
async fn groups_are_loaded_between_the_steps_of_what_is_written_ahead() {
    let (window, ahead) = (Window::sqlite(), Ahead::default());
    let settings = Settings { busy_timeout: Duration::ZERO, ..Settings::default() };
    let boemis = Boemis::open(&window.location(), &settings, &usual()).await.unwrap();
    let mut boemis = boemis.with_ahead(ahead.clone());
    let long = long(60_000);
    // without turns one of them would find the database locked
    let mut small = 0;
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(write(&ahead, &window, &long));
        });
        let (boemis, small) = (&mut boemis, &mut small);
        let loading = scope.spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                while !writing.is_finished() {
                    *small += 1;
                    let filed = filing(&format!("azerisiq generation {}-Q1 1", 1950 + *small), &["KUL-0001 1"]);
                    load(boemis, &[&filed]).await;
                }
            });
        });
        loading.join().unwrap();
    });
    load(&mut boemis, &[&long]).await;
    assert_eq!(window.ask(SEEN), (60_000 + small).to_string());
}

#[tokio::test]
async fn records_under_the_next_loads_number_are_told_and_taken_away_at_the_next_start() {
    let window = Window::sqlite();
    let mut boemis = window.open().await;
    load(&mut boemis, &[&filing("azerisiq generation 2025-Q1 1", &["KUL-0001 1.5"])]).await;
    const PLANTED: &str = "INSERT INTO generation_record (submission, record, station, energy_mwh) \
        SELECT max(number) + 1, 1, 'GUN-0001', 7 FROM submission";
    assert_eq!(window.refuses(PLANTED), None);
    let next = filing("azerenerji generation 2025-Q1 1", &["GUN-0001 2"]);
    let mut batch = boemis.begin(now()).await.unwrap();
    let unloaded = batch.load(next.validated()).await.unwrap_err();
    assert!(unloaded.fault.to_string().contains("which no load wrote"), "{}", unloaded.fault);
    batch.abandon().await.unwrap();
    Ahead::default().sweep(&window.location(), &Settings::default(), &usual()).await.unwrap();
    assert_eq!(window.ask(ROWS), "1");
    load(&mut boemis, &[&next]).await;
    assert_eq!((window.ask(ROWS), window.ask(SEEN)), ("2".to_owned(), "2".to_owned()));
    // nothing that was loaded is taken away by it
    Ahead::default().sweep(&window.location(), &Settings::default(), &usual()).await.unwrap();
    assert_eq!(window.ask(ROWS), "2");
}

#[tokio::test]
async fn two_of_one_group_stand_behind_their_rows_in_either_order_of_writing() {
    for backwards in [false, true] {
        let (window, ahead) = (Window::sqlite(), Ahead::default());
        let (first, mut second) = (long(500), long(700));
        second.text = "azerenerji generation 2025-Q2 1".to_owned();
        let mut boemis = window.open().await.with_ahead(ahead.clone());
        for one in if backwards { [&second, &first] } else { [&first, &second] } {
            write(&ahead, &window, one).await;
        }
        let small = filing("azerisiq generation 2025-Q1 1", &["KUL-0001 1.5"]);
        let mut batch = boemis.begin(now()).await.unwrap();
        let loads = batch.load_all([&first, &small, &second].map(Filing::validated).into()).await;
        let ids: Vec<_> = loads.into_iter().map(|load| load.unwrap().id()).collect();
        assert_eq!(ids, [first.id, small.id, second.id]);
        batch.commit().await.unwrap();
        // written once: none was written anew beside what stood
        assert_eq!((window.ask(ROWS), window.ask(SEEN)), ("1201".to_owned(), "1201".to_owned()), "{backwards}");
    }
}

/// What follows a reader gets these pieces, and learns that they are all unless the document has a fault.
async fn follow(ahead: &Ahead, window: &Window, long: &Filing, is_whole: bool) -> Result<(), Fault> {
    let (location, settings, datasets) = (window.location(), Settings::default(), usual());
    let records: Vec<Record> = long.records.iter().map(|text| record(text, &[3])).collect();
    let (sender, receiver) = std::sync::mpsc::sync_channel(records.len() + 1);
    records.chunks(100).for_each(|piece| sender.send(piece.to_vec()).unwrap());
    if is_whole {
        sender.send(Vec::new()).unwrap();
    }
    drop(sender);
    let entered = ahead.enter_at_once().unwrap();
    assert!(ahead.enter_at_once().is_none(), "one statement at a time");
    let about = (&long.key().dataset, long.id, long.content());
    let followed = ahead.follow((&location, &settings), &datasets, about, receiver).await;
    drop(entered);
    assert_eq!(ahead.is_written(long.id, long.content(), long.records.len()), is_whole);
    followed
}

#[tokio::test]
async fn rows_written_while_their_document_is_read_are_those_of_the_document() {
    let (window, ahead, long) = (Window::sqlite(), Ahead::default(), long(2_345));
    let mut boemis = window.open().await.with_ahead(ahead.clone());
    follow(&ahead, &window, &long, true).await.unwrap();
    assert_eq!((window.ask(ROWS), window.ask(SEEN)), ("2345".to_owned(), "0".to_owned()));
    let loaded = load(&mut boemis, &[&long]).await;
    assert_eq!((window.ask(ROWS), window.ask(SEEN)), ("2345".to_owned(), "2345".to_owned()));
    let mut reader = window.reader().await;
    assert_eq!(reader.stored_rows(loaded[0].mark()).await.unwrap(), loaded[0].mark().rows);
}

#[tokio::test]
async fn rows_of_a_document_with_a_fault_are_no_load_and_are_swept() {
    let (window, ahead, bad, mut good) = (Window::sqlite(), Ahead::default(), long(1_000), long(300));
    let mut boemis = window.open().await.with_ahead(ahead.clone());
    assert!(follow(&ahead, &window, &bad, false).await.is_err());
    assert_eq!(window.ask(SEEN), "0");
    good.text = "azerenerji generation 2025-Q2 1".to_owned();
    follow(&ahead, &window, &good, true).await.unwrap();
    assert_eq!(window.ask(ROWS), "300", "what was left is gone");
    // and one that was read to its end and found wrong then
    ahead.discard(good.id);
    write(&ahead, &window, &long(7)).await;
    assert_eq!(window.ask(ROWS), "7");
    load(&mut boemis, &[&bad]).await;
    assert_eq!(window.ask("SELECT sum(records) FROM submission"), "1000", "its mark stands behind its own rows");
    assert_eq!(window.ask(SEEN), "1000");
}
