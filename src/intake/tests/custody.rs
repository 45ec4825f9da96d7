//! Taken, released, given back, and every crash between.

use super::*;

#[test]
fn releasing_never_touches_a_newer_file_of_the_same_name() {
    let mut drop = Drop::one();
    drop.put("a.xml", SIGNED);
    drop.tell("a.xml");
    let first = drop.take(Timestamp::now()).arrivals.remove(0);
    drop.put("a.xml", b"<newer/>");
    drop.release(first.id());
    assert_eq!(fs::read(drop.at("a.xml")).unwrap(), b"<newer/>");
    assert!(drop.names(".taken").is_empty());
}

#[test]
fn what_changed_while_it_was_taken_is_a_new_arrival() {
    let mut drop = Drop::one();
    drop.put("a.xml", SIGNED);
    let mut writer = File::options().append(true).open(drop.at("a.xml")).unwrap();
    drop.tell("a.xml");
    let first = drop.take(Timestamp::now()).arrivals.remove(0);
    assert!(!first.document().has_changed().unwrap());
    writer.write_all(b"<!-- more -->").unwrap();
    assert!(first.document().has_changed().unwrap());
    assert!(drop.give_back(first.id()));
    drop.tell("a.xml"); // the event of our own renaming
    assert!(drop.take(Timestamp::now()).is_empty(), "its writer may not be done");
    writer.write_all(b"\n").unwrap();
    std::mem::drop(writer);
    drop.tell("a.xml"); // the writer's closing
    let second = drop.take(Timestamp::now()).arrivals.remove(0);
    assert!(second.id() != first.id() && octets(second.document()).len() > SIGNED.len());
}

#[test]
fn what_cannot_go_back_yet_goes_back_when_its_name_is_free() {
    let mut drop = Drop::one();
    drop.put("a.xml", SIGNED);
    drop.tell("a.xml");
    let first = drop.take(Timestamp::now()).arrivals.remove(0);
    drop.put("a.xml", b"<newer/>");
    assert!(!drop.give_back(first.id()));
    assert_eq!(fs::read(drop.at("a.xml")).unwrap(), b"<newer/>");
    fs::remove_file(drop.at("a.xml")).unwrap();
    drop.queue.scan_all(in_seconds(0)).unwrap();
    assert_eq!(fs::read(drop.at("a.xml")).unwrap(), SIGNED);
    assert_eq!(names(&drop.find(in_seconds(11))), ["a.xml"]);
}

#[test]
fn another_file_under_the_name_at_the_moment_of_taking_is_put_back() {
    let mut drop = Drop::one();
    drop.put("a.xml", SIGNED);
    drop.tell("a.xml");
    // the same size and times, so that only the inode tells
    let modified = fs::metadata(drop.at("a.xml")).unwrap().modified().unwrap();
    drop.put("b.part", &[b"<T>", &SIGNED[3..]].concat());
    File::options().write(true).open(drop.at("b.part")).unwrap().set_modified(modified).unwrap();
    fs::rename(drop.at("b.part"), drop.at("a.xml")).unwrap();
    assert!(drop.take(Timestamp::now()).is_empty());
    assert_eq!(drop.names("in"), ["a.xml"]);
    assert_eq!(names(&drop.find(in_seconds(11))), ["a.xml"]);
}

#[test]
fn a_crash_at_any_step_loses_and_doubles_nothing() {
    let long = "n".repeat(247) + ".csv";
    let pair = [long.clone(), long.clone() + ".p7s"];
    for name in ["a.csv".to_owned(), long] {
        let signature = format!("{name}.p7s");
        let mut drop = Drop::one();
        let put = |drop: &mut Drop| {
            for name in [&name, &signature] {
                drop.put(name, CSV);
                drop.tell(name);
            }
            drop.take(Timestamp::now()).arrivals.remove(0).id()
        };
        // taken, not yet known to be safe
        put(&mut drop);
        assert_eq!(drop.restart(&|_| false), folder::Recovered { given_back: 2, ..Default::default() });
        assert_eq!((drop.names("in").len(), drop.names(".taken").len()), (2, 0));
        let id = drop.find(in_seconds(11)).arrivals.remove(0).id();
        // safe, not yet released
        assert_eq!(drop.restart(&|known| known == id), folder::Recovered { released: 2, ..Default::default() });
        assert_eq!((drop.names("in").len(), drop.names(".taken").len()), (0, 0));
        // released
        let id = put(&mut drop);
        drop.release(id);
        assert_eq!(drop.restart(&|known| known == id), folder::Recovered::default());
        // one half released; and beside it a newer file of the same name
        let id = put(&mut drop);
        let folder = drop.root.path().join("azerenerji/.taken");
        let direct = folder.join(format!("{id}~{name}"));
        let taken = if name.len() < 200 { direct } else { folder.join(format!("{id}~")).join(&name) };
        fs::remove_file(taken).unwrap();
        drop.put(&name, b"newer");
        assert_eq!(drop.restart(&|known| known == id), folder::Recovered { released: 1, ..Default::default() });
        assert_eq!(fs::read(drop.at(&name)).unwrap(), b"newer");
        // not safe, and a newer file of the same name: the older waits its turn
        drop.tell(&name);
        drop.put(&signature, CSV);
        drop.tell(&signature);
        drop.take(Timestamp::now());
        drop.put(&name, b"newest");
        let recovered = drop.restart(&|_| false);
        assert_eq!((recovered.given_back, recovered.stranded), (1, 1));
        assert!(drop.find(in_seconds(11)).arrivals[0].detached().is_some());
        assert_eq!(names(&drop.find(in_seconds(71))), [name.as_str()], "given back by the scan");
    }
    assert!(pair.iter().all(|name| name.len() <= 255));
}

#[test]
fn a_file_linked_back_by_a_crashed_window_is_one_file_again() {
    let mut drop = Drop::one();
    drop.put("a.xml", SIGNED);
    drop.tell("a.xml");
    let id = drop.take(Timestamp::now()).arrivals.remove(0).id();
    let taken = drop.root.path().join(format!("azerenerji/.taken/{id}~a.xml"));
    fs::hard_link(&taken, drop.at("a.xml")).unwrap();
    assert_eq!(drop.restart(&|_| false), folder::Recovered { given_back: 1, ..Default::default() });
    assert_eq!(names(&drop.find(in_seconds(11))), ["a.xml"]);
}

#[test]
fn what_is_not_ours_in_the_taken_folder_is_left_alone() {
    let mut drop = Drop::one();
    let folder = drop.root.path().join("azerenerji/.taken");
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    fs::write(folder.join("notes"), b"x").unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    assert_eq!(drop.restart(&|_| true), folder::Recovered::default());
    assert!(folder.join("notes").exists());
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700, "ours alone again");
}

#[test]
fn the_folder_opened_at_start_counts() {
    let mut drop = Drop::one();
    let home = drop.root.path().join("azerenerji");
    drop.put("a.xml", SIGNED);
    fs::rename(home.join("in"), home.join("moved")).unwrap();
    fs::create_dir(home.join("in")).unwrap();
    drop.put("b.xml", SIGNED);
    assert_eq!(names(&drop.find(in_seconds(11))), ["a.xml"]);
    // and a link in its place is refused at the next start
    fs::remove_dir_all(home.join("in")).unwrap();
    symlink(home.join("moved"), home.join("in")).unwrap();
    let error = DropFolder::open(who("azerenerji"), &home, settings()).unwrap_err();
    assert!(error.to_string().contains("/azerenerji/in: "), "{error}");
}
