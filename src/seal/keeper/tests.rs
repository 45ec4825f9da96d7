//! A seal apart, called over a real socket by its window, and by somebody who took the window over.

use super::super::commitment::samples::committed;
use super::super::tests::{P256, folder, record};
use super::super::{KeyPlace, Sealed, Sealer, said};
use super::*;
use crate::document::{Decision, SubmissionId};
use crate::host::Clock;
use crate::journal::samples::opened;
use crate::journal::{Decided, Event, Journal};
use crate::seal::Settings as SealSettings;
use jiff::Timestamp;
use std::thread;
use tempfile::TempDir;

/// A window's state with its journal, and a seal apart behind a socket.
struct Apart {
    folder: TempDir,
    journal: Journal,
    leaves: Vec<String>,
}

fn window() -> Window {
    Window { id: "trial".into(), name: "BOEMİS <sınaq>".into(), environment: "test".into() }
}

fn now() -> Timestamp {
    "2026-11-21T20:35:58.7Z".parse().unwrap()
}

impl Apart {
    fn new() -> Self {
        let folder = folder(P256);
        let journal = opened(&Disk::system(), folder.path(), crate::journal::Settings { segment_max: 4096 }).unwrap();
        let apart = Self { folder, journal, leaves: Vec::new() };
        apart.serve();
        apart
    }

    fn settings(&self, key: KeyPlace) -> SealSettings {
        let path = self.folder.path();
        SealSettings { certificate: path.join("seal.crt"), key, acts: path.join("apart/acts.log") }
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// A process of its own is a thread here.
    fn serve(&self) {
        let listener = UnixListener::bind(self.socket()).unwrap();
        let settings = self.settings(KeyPlace::File(self.folder.path().join("seal.key")));
        let state = self.folder.path().to_owned();
        let keeper = Keeper::open(&settings, window(), Box::new(now), &Disk::system(), &state).unwrap();
        thread::spawn(move || keeper.serve(&listener).map(|never| match never {}));
    }

    fn call(&self) -> Result<Sealer, OpenFault> {
        self.call_as(window())
    }

    fn call_as(&self, window: Window) -> Result<Sealer, OpenFault> {
        Sealer::open(&self.settings(KeyPlace::Apart(self.socket())), window, Box::new(Timestamp::now), None)
    }

    /// Writes what is to be said into the journal; the commitment of each, to all that stands there.
    fn log(&mut self, records: &[&OutcomeRecord]) -> Vec<Commitment> {
        for record in records {
            let OutcomeRecord { id, answer, decision, .. } = **record;
            let decided = Decided { id, answer, decision, said: said(record) };
            self.journal.append(now(), Event::Decided(decided)).unwrap();
        }
        let written = self.journal.sync().unwrap();
        self.leaves.extend(written.leaves().iter().map(|leaf| leaf.json.clone()));
        committed(&self.leaves).split_off(self.leaves.len() - records.len())
    }

    fn seal(&mut self, sealer: &mut Sealer, record: &OutcomeRecord) -> Result<Sealed, Refused> {
        let commitment = self.log(&[record]).remove(0);
        Ok(sealer.seal_unsynced([(record, commitment)])?.remove(0))
    }
}

fn another(decision: Decision) -> OutcomeRecord {
    OutcomeRecord { id: SubmissionId::new(Clock::system().now()), ..record(decision) }
}

#[test]
fn a_seal_apart_does_what_one_in_the_process_does() {
    let mut apart = Apart::new();
    let mut sealer = apart.call().unwrap();
    let records: Vec<OutcomeRecord> = (0..60).map(|_| another(Decision::Accepted)).collect();
    let group: Vec<&OutcomeRecord> = records.iter().collect();
    let commitments = apart.log(&group);
    let sealed = sealer.seal_unsynced(group.iter().copied().zip(commitments)).unwrap();
    sealer.sync().unwrap();
    assert_eq!(sealed.len(), 60);
    assert_eq!((sealed[0].number(), sealed[59].number()), ("trial-2026-000001", "trial-2026-000060"));
    // the rest of the register is told as well, by the process that keeps it
    assert_eq!(sealer.outcome(records[7].id, 1).unwrap().as_ref(), Some(&records[7]));
    assert_eq!(sealer.outcome(records[7].id, 2).unwrap(), None);
    let (again, octets) = sealer.sealed(records[7].id, 1, |_| None).unwrap().unwrap();
    assert_eq!((&again, octets.unwrap().octets()), (&records[7], sealed[7].octets()));
    assert_eq!(sealer.next_number(2026).unwrap(), (61, "trial-2026-000061".to_owned()));
    assert_eq!((sealer.last_ordinal(2026).unwrap(), sealer.last_ordinal(2025).unwrap()), (60, 0));
    drop(sealer);
    // the window comes back, over many segments of its journal, and goes on
    let mut sealer = apart.call().unwrap();
    assert_eq!(sealer.years(), [2026]);
    assert_eq!(sealer.last_commitment().unwrap().unwrap().0, "trial-2026-000060");
    for n in 61..90 {
        let sealed = apart.seal(&mut sealer, &another(Decision::Rejected)).unwrap();
        assert_eq!(sealed.number(), format!("trial-2026-{n:06}"));
    }
}

#[test]
fn what_does_not_stand_in_the_journal_is_sealed_for_nobody() {
    let mut apart = Apart::new();
    let mut taken_over = apart.call().unwrap();
    apart.seal(&mut taken_over, &another(Decision::Accepted)).unwrap();
    let forged = another(Decision::Accepted);
    let entry = super::super::commitment::samples::entry(&forged);
    // a tree of its own, signed by the log's very key
    let own = committed(&[apart.leaves.clone(), vec![entry.clone()]].concat()).pop().unwrap();
    // the journal's tree, and another entry at a place that is there
    apart.log(&[&another(Decision::Rejected)]);
    let real = committed(&apart.leaves).pop().unwrap();
    let elsewhere = Commitment { entry, ..real.clone() };
    // an entry that stands there, of another submission
    let of_another = real;
    for commitment in [own, elsewhere, of_another] {
        let refused = taken_over.seal_unsynced([(&forged, commitment)]).unwrap_err();
        assert!(matches!(refused, Refused::Apart { may_pass: false, .. }), "{refused}");
    }
    assert_eq!(taken_over.outcome(forged.id, 1).unwrap(), None);
    assert_eq!(taken_over.next_number(2026).unwrap().0, 2);
    // and once it stands there, it is
    assert_eq!(apart.seal(&mut taken_over, &forged).unwrap().number(), "trial-2026-000002");
}

#[test]
fn nobody_gets_a_second_answer_that_differs() {
    let mut apart = Apart::new();
    let mut taken_over = apart.call().unwrap();
    let rejected = another(Decision::Rejected);
    let first = apart.seal(&mut taken_over, &rejected).unwrap();
    let accepted = OutcomeRecord { decision: Decision::Accepted, ..rejected.clone() };
    let fewer = OutcomeRecord { records: Some(1), ..rejected.clone() };
    let later = OutcomeRecord { answer: 2, ..accepted.clone() };
    for other in [&accepted, &fewer, &later] {
        let refused = apart.seal(&mut taken_over, other).unwrap_err();
        assert!(matches!(refused, Refused::Apart { may_pass: false, .. }), "{refused}");
    }
    // the same is the same
    let again = apart.seal(&mut taken_over, &rejected).unwrap();
    assert_eq!((again.number(), again.octets()), (first.number(), first.octets()));
}

#[test]
fn a_journal_that_was_rewritten_is_followed_no_more() {
    let mut apart = Apart::new();
    let mut sealer = apart.call().unwrap();
    for _ in 0..3 {
        apart.seal(&mut sealer, &another(Decision::Accepted)).unwrap();
    }
    sealer.sync().unwrap();
    drop(sealer);
    // another past in its place
    let folder = apart.folder.path().join("journal");
    std::fs::rename(&folder, apart.folder.path().join("true-journal")).unwrap();
    let other = opened(&Disk::system(), apart.folder.path(), crate::journal::Settings::default()).unwrap();
    let true_leaves = std::mem::take(&mut apart.leaves);
    let true_journal = std::mem::replace(&mut apart.journal, other);
    let forged: Vec<OutcomeRecord> = (0..4).map(|_| another(Decision::Accepted)).collect();
    let commitments = apart.log(&forged.iter().collect::<Vec<_>>());
    // the seal that runs finds its place no more, and one that starts finds another tree
    let asked = || forged.iter().zip(commitments.clone());
    let refused = apart.call().map(|mut sealer| sealer.seal_unsynced(asked()).unwrap_err().to_string());
    let said = refused.unwrap_or_else(|fault| fault.to_string());
    assert!(said.contains("journal"), "{said}");
    drop(std::mem::replace(&mut apart.journal, true_journal));
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::rename(apart.folder.path().join("true-journal"), &folder).unwrap();
    apart.leaves = true_leaves;
    let mut sealer = apart.call().unwrap();
    assert_eq!(apart.seal(&mut sealer, &another(Decision::Accepted)).unwrap().number(), "trial-2026-000004");
}

#[test]
fn another_window_and_another_certificate_are_told_so() {
    let apart = Apart::new();
    for other in [
        Window { id: "other".into(), ..window() },
        Window { environment: "production".into(), ..window() },
        Window { name: "BOEMİS".into(), ..window() },
    ] {
        let said = apart.call_as(other).err().unwrap().to_string();
        assert!(said.contains("this seal is of trial"), "{said}");
    }
    let stranger = folder(P256);
    let settings = SealSettings {
        certificate: stranger.path().join("seal.crt"),
        ..apart.settings(KeyPlace::Apart(apart.socket()))
    };
    let said = Sealer::open(&settings, window(), Box::new(Timestamp::now), None).err().unwrap().to_string();
    assert!(said.contains("another certificate"), "{said}");
    std::fs::remove_file(apart.socket()).unwrap();
    let said = apart.call().err().unwrap().to_string();
    assert!(said.contains("See that pencere-seal runs"), "{said}");
}

#[test]
fn whoever_does_not_say_who_he_is_gets_nothing() {
    let apart = Apart::new();
    let stream = UnixStream::connect(apart.socket()).unwrap();
    for ask in [Ask::Sync, Ask::Numbers(2026)] {
        call::send(&stream, &ask as &Ask<OutcomeRecord, Commitment>).unwrap();
        assert!(matches!(call::receive(&stream), Ok(Some(Reply::Refused(_)))));
    }
    // what is no frame ends the call, and the next is heard
    std::io::Write::write_all(&mut &stream, &[0xff; 64]).unwrap();
    assert!(matches!(call::receive::<Reply>(&stream), Ok(None) | Err(_)));
    drop(stream);
    apart.call().unwrap();
}

/// Gives every other token.
struct Clockmaker;

impl Stamper for Clockmaker {
    fn stamp(&self, over: &[String]) -> Vec<Option<Vec<u8>>> {
        over.iter().enumerate().map(|(at, _)| (at % 2 == 0).then(|| b"token".to_vec())).collect()
    }
}

#[test]
fn time_is_stamped_by_the_window_and_kept_by_the_seal() {
    let mut apart = Apart::new();
    let settings = apart.settings(KeyPlace::Apart(apart.socket()));
    let stamper: Arc<dyn Stamper> = Arc::new(Clockmaker);
    let mut sealer = Sealer::open(&settings, window(), Box::new(Timestamp::now), Some(stamper)).unwrap();
    let records = [another(Decision::Accepted), another(Decision::Rejected)];
    let commitments = apart.log(&[&records[0], &records[1]]);
    let sealed = sealer.seal_unsynced(records.iter().zip(commitments)).unwrap();
    assert_eq!(sealed.iter().map(Sealed::lacks_stamp).collect::<Vec<_>>(), [false, true]);
    let (_, again) = sealer.sealed(records[0].id, 1, |_| None).unwrap().unwrap();
    assert_eq!(again.unwrap().octets(), sealed[0].octets());
}
