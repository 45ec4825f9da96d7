//! `pencere doctor` on a healthy machine and on broken ones, each fault made for real.

#[path = "window/trial.rs"]
mod trial;
#[path = "mail/dovecot.rs"]
mod dovecot;
#[path = "mail/message.rs"]
mod message;
#[path = "authority/mod.rs"]
mod authority;

use authority::Authority;
use authority::server::Server as Authorities;
use dovecot::Dovecot;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::PathBuf;
use trial::{Trial, said};

/// What it says, by the slug of each check.
struct Told {
    code: Option<i32>,
    answer: Value,
}

fn doctor(trial: &Trial) -> Told {
    let output = trial.pencere(&["doctor", "--format", "json"]);
    let answer = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(&output)));
    Told { code: output.status.code(), answer }
}

impl Told {
    fn of(&self, check: &str) -> &Value {
        let checks = self.answer["checks"].as_array().unwrap();
        // the worst of several
        let is_asked = |one: &&Value| one["check"] == check;
        let worst = checks.iter().filter(is_asked).find(|one| one["result"] == "fault");
        worst.or_else(|| checks.iter().find(is_asked)).unwrap_or_else(|| panic!("no {check} in {}", self.answer))
    }

    fn faults(&self) -> Vec<&str> {
        let checks = self.answer["checks"].as_array().unwrap();
        let faults = checks.iter().filter(|one| one["result"] == "fault");
        let mut faults: Vec<&str> = faults.map(|one| one["check"].as_str().unwrap()).collect();
        faults.dedup();
        faults
    }

    /// It is a fault, with words and with something to do, and the answer is no.
    fn finds(&self, check: &str, word: &str) {
        let found = self.of(check);
        assert_eq!((found["result"].as_str(), self.code), (Some("fault"), Some(1)), "{check}: {}", self.answer);
        assert!(found["message"].as_str().unwrap().contains(word), "{word}: {found}");
        assert!(!found["todo"].as_str().unwrap().is_empty(), "{found}");
        assert_eq!(self.answer["healthy"], false);
    }
}

/// All that lies in the window: owner, mode, time of change and octets. What SQLite keeps beside a database while
/// anybody reads it is left out.
fn everything(trial: &Trial) -> BTreeMap<PathBuf, (u32, u32, i64, Vec<u8>)> {
    let mut all = BTreeMap::new();
    let mut folders = vec![trial.at("w")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if ["wal", "shm"].iter().any(|end| path.to_str().unwrap().ends_with(&format!(".sqlite-{end}"))) {
                continue;
            }
            let meta = path.symlink_metadata().unwrap();
            if meta.is_dir() {
                folders.push(path.clone());
            }
            let octets = if meta.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
            let at = if meta.is_file() { meta.mtime_nsec() } else { 0 };
            all.insert(path, (meta.uid(), meta.mode(), at, octets));
        }
    }
    all
}

#[test]
fn a_healthy_window_is_told_so_and_nothing_is_changed() {
    let trial = Trial::new();
    trial.done(&["once"]);
    let before = everything(&trial);
    let told = doctor(&trial);
    assert_eq!((told.code, told.faults()), (Some(0), vec![]), "{}", told.answer);
    for check in
        ["configuration", "seal.certificate", "seal.key", "log.key", "certificates", "boemis", "space", "state"]
    {
        assert_eq!(told.of(check)["result"], "well", "{check}: {}", told.of(check));
    }
    for participant in trial::PARTICIPANTS {
        assert_eq!(told.of(&format!("drop.{participant}"))["result"], "well", "{}", told.answer);
    }
    assert_eq!((&told.answer["healthy"], &told.answer["window"]), (&true.into(), &"trial".into()));
    let text = said(&trial.pencere(&["doctor"]));
    assert!(text.contains("well    seal.key") && text.contains("Nothing is wrong"), "{text}");
    let after = everything(&trial);
    let changed: Vec<_> =
        after.keys().chain(before.keys()).filter(|path| after.get(*path) != before.get(*path)).collect();
    assert!(changed.is_empty(), "a look changes nothing: {changed:?}");
    let running = trial.run();
    let told = doctor(&trial);
    assert_eq!((told.code, &told.of("daemon")["result"]), (Some(0), &"well".into()), "{}", told.answer);
    drop(running);
}

#[test]
fn keys_that_others_can_read_and_certificates_that_ended_are_faults() {
    let trial = Trial::new();
    trial.done(&["once"]);
    let key = trial.at("w/pki/seal.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let told = doctor(&trial);
    told.finds("seal.key", "can be read by others");
    assert!(told.of("seal.key")["todo"].as_str().unwrap().contains("chmod 600"));
    fs::remove_file(&key).unwrap();
    doctor(&trial).finds("seal.key", "seal.key");
    trial.set("seal.certificate", "\"pki/expired.crt\"");
    let told = doctor(&trial);
    told.finds("seal.certificate", "days ago");
    told.finds("configuration", "ended on");
    let nothing = trial.at("w/pki/seal.crt");
    fs::write(&nothing, "no certificate").unwrap();
    trial.set("seal.certificate", "\"pki/seal.crt\"");
    doctor(&trial).finds("seal.certificate", "CERTIFICATE");
    // a person's is the person's to renew
    let trial = Trial::new();
    fs::copy(trial.at("w/pki/expired.crt"), trial.at("w/pki/azerenerji.crt")).unwrap();
    let told = doctor(&trial);
    let found = told.of("persons");
    assert_eq!((found["result"].as_str(), told.code), (Some("warning"), Some(0)), "{}", told.answer);
    assert!(found["message"].as_str().unwrap().contains("azerenerji.crt"), "{found}");
}

#[test]
fn a_configuration_that_is_wrong_is_told_and_the_rest_is_looked_at_all_the_same() {
    let trial = Trial::new();
    trial.done(&["once"]);
    fs::write(trial.at("w/stations.toml"), "[stations.X]\n").unwrap();
    let told = doctor(&trial);
    told.finds("configuration", "stations.toml");
    assert_eq!(told.of("boemis")["result"], "well");
    fs::write(trial.at("w/pencere.toml"), "[window\n").unwrap();
    let output = trial.pencere(&["doctor", "--format", "json"]);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &answer["error"]["exit"]), (Some(2), &2.into()));
}

#[test]
fn a_database_that_is_damaged_or_away_is_a_fault() {
    let trial = Trial::new();
    assert_eq!(doctor(&trial).of("boemis")["result"], "warning", "there is none before the window ran");
    trial.done(&["once"]);
    if trial.database().is_some() {
        return; // a server is another's to damage
    }
    for beside in ["boemis.sqlite-wal", "boemis.sqlite-shm"] {
        let _ = fs::remove_file(trial.at("w/state").join(beside));
    }
    fs::write(trial.at("w/state/boemis.sqlite"), vec![b'x'; 8192]).unwrap();
    doctor(&trial).finds("boemis", "BOEMİS");
    trial.set("url", "\"postgres://window@127.0.0.1:1/boemis?sslmode=disable\"");
    let told = doctor(&trial);
    told.finds("boemis", "away");
    assert!(told.of("boemis")["todo"].as_str().unwrap().contains("psql"));
}

#[test]
fn servers_that_nobody_is_behind_are_faults_each_by_its_name() {
    let trial = Trial::new();
    trial.done(&["once"]);
    trial.set("crl_urls", "[\"http://127.0.0.1:1/ca.crl\"]");
    trial.set("trust.timestamping", "[\"pki/ca.crt\"]");
    trial.set("seal.tsa", "\"http://127.0.0.1:1/tsa\"");
    let text = fs::read_to_string(trial.at("w/pencere.toml")).unwrap();
    let mailbox = "\n[mail.mailboxes.office]\nkind = \"imap\"\nhost = \"127.0.0.1\"\nport = 1\nuser = \"u\"\n\
                   password = \"password\"\n[mail.mailboxes.here]\nkind = \"maildir\"\npath = \"maildir\"\n";
    fs::write(trial.at("w/pencere.toml"), text + mailbox).unwrap();
    fs::write(trial.at("w/password"), "secret\n").unwrap();
    fs::set_permissions(trial.at("w/password"), fs::Permissions::from_mode(0o640)).unwrap();
    let told = doctor(&trial);
    told.finds("revocation", "127.0.0.1:1/ca.crl");
    told.finds("seal.tsa", "127.0.0.1:1/tsa");
    told.finds("mailbox.office", "127.0.0.1:1");
    told.finds("mailbox.here", "maildir/new");
    told.finds("mailbox.office.password", "read by others");
    for side in ["new", "cur", "tmp"] {
        fs::create_dir_all(trial.at("w/maildir").join(side)).unwrap();
    }
    assert_eq!(doctor(&trial).of("mailbox.here")["result"], "well");
    // a list that comes and is none is no list
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut asked = [0; 4096];
            let _ = stream.read(&mut asked); // whatever it is
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nno list");
        }
    });
    trial.set("crl_urls", &format!("[\"http://{address}/ca.crl\"]"));
    doctor(&trial).finds("revocation", "CRL");
    assert!(!trial.at("w/state/trust").join("refresher").exists(), "nothing of it is kept");
}

#[test]
fn an_authority_that_stamps_time_is_well_when_it_is_believed() {
    let trial = Trial::new();
    trial.done(&["once"]);
    let authority = Authority::new();
    let server = Authorities::of(&authority);
    fs::copy(authority.at("clocks.crt"), trial.at("w/pki/clocks.crt")).unwrap();
    trial.set("trust.timestamping", "[\"pki/clocks.crt\"]");
    trial.set("seal.tsa", &format!("\"{}\"", server.url()));
    let told = doctor(&trial);
    assert_eq!((told.of("seal.tsa")["result"].as_str(), told.code), (Some("well"), Some(0)), "{}", told.answer);
    trial.set("trust.timestamping", "[\"pki/ca.crt\"]");
    doctor(&trial).finds("seal.tsa", &server.url());
}

#[test]
fn a_mail_server_is_well_with_the_right_password_and_a_fault_with_another() {
    let trial = Trial::new();
    trial.done(&["once"]);
    let server = Dovecot::new();
    server.configure(&trial, "office", "tls", "");
    let password = trial.at("w/imap.password");
    fs::set_permissions(&password, fs::Permissions::from_mode(0o600)).unwrap();
    let told = doctor(&trial);
    assert_eq!((told.of("mailbox.office")["result"].as_str(), told.code), (Some("well"), Some(0)), "{}", told.answer);
    fs::write(&password, "another\n").unwrap();
    doctor(&trial).finds("mailbox.office", "login");
}

#[test]
fn a_mail_key_that_others_can_read_and_a_server_that_takes_no_mail_are_faults() {
    let trial = Trial::new();
    trial.done(&["once"]);
    let mut openssl = trial.tool("openssl", &["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    openssl.args(["-nodes", "-days", "20", "-subj", "/CN=window", "-addext", "extendedKeyUsage=emailProtection"]);
    let made = openssl.args(["-keyout", "w/pki/mail.key", "-out", "w/pki/mail.crt"]).output().unwrap();
    assert!(made.status.success(), "{}", said(&made));
    trial.set("mail.from", "\"window@example.az\"");
    trial.set("mail.smtp.server", "\"localhost:1\"");
    trial.set("mail.sign.certificate", "\"pki/mail.crt\"");
    trial.set("mail.sign.key", "\"pki/mail.key\"");
    fs::set_permissions(trial.at("w/pki/mail.key"), fs::Permissions::from_mode(0o640)).unwrap();
    let told = doctor(&trial);
    told.finds("smtp", "localhost:1");
    told.finds("mail.key", "read by others");
    let ends = told.of("mail.certificate");
    assert!(ends["result"] == "warning" && ends["message"].as_str().unwrap().contains("days"), "{ends}");
}

#[test]
fn folders_that_the_window_cannot_use_are_faults_seen_with_its_own_eyes() {
    let trial = Trial::new();
    trial.done(&["once"]);
    fs::remove_dir_all(trial.side("azerisiq", "in")).unwrap();
    fs::write(trial.side("azerisiq", "in"), "a file").unwrap();
    doctor(&trial).finds("drop.azerisiq", "azerisiq/in");
    if !rustix::process::geteuid().is_root() {
        return;
    }
    // the window runs as another, and root is not asked what root can do
    let trial = Trial::new();
    trial.done(&["once"]);
    let (nobody, group) = (Some(65_534), Some(65_534));
    fs::set_permissions(trial.at(""), fs::Permissions::from_mode(0o755)).unwrap();
    for path in everything(&trial).into_keys().chain([trial.at("w")]) {
        chown(path, nobody, group).unwrap();
    }
    let told = doctor(&trial);
    assert_eq!((told.code, told.faults()), (Some(0), vec![]), "{}", told.answer);
    chown(trial.side("azerenerji", "receipts"), Some(0), Some(0)).unwrap();
    chown(trial.at("w/pki/seal.key"), Some(0), Some(0)).unwrap();
    let (upload, inward) = (trial.side("ekologiya", "in").join("a.xml"), trial.side("ekologiya", "in"));
    fs::write(&upload, "x").unwrap();
    fs::set_permissions(&upload, fs::Permissions::from_mode(0o600)).unwrap();
    let told = doctor(&trial);
    told.finds("drop.azerenerji", "receipts");
    told.finds("seal.key", "denied");
    told.finds("drop.ekologiya", "a.xml");
    // and a folder of somebody else's is no chroot beneath a window's
    fs::remove_file(&upload).unwrap();
    chown(&inward, Some(33), Some(33)).unwrap();
    fs::set_permissions(&inward, fs::Permissions::from_mode(0o777)).unwrap();
    let told = doctor(&trial);
    assert_eq!(told.of("drop.ekologiya")["result"], "warning", "{}", told.answer);
    assert!(told.of("drop.ekologiya")["message"].as_str().unwrap().contains("chroot"), "{}", told.answer);
}

#[test]
fn a_full_disk_a_seal_that_is_away_and_what_status_finds_are_told() {
    let trial = Trial::new();
    trial.done(&["once"]);
    trial.set("free_min", "\"900000GiB\"");
    doctor(&trial).finds("space", "free");
    trial.set("free_min", "\"1MiB\"");
    trial.set("seal.key", &format!("\"socket:{}\"", trial.at("socket").display()));
    let told = doctor(&trial);
    told.finds("seal.socket", "socket");
    assert!(told.of("seal.socket")["todo"].as_str().unwrap().contains("pencere-seal"));
    trial.set("seal.key", "\"pki/seal.key\"");
    fs::write(trial.side("azerenerji", "in").join("a.xml"), "<a/>").unwrap();
    doctor(&trial).finds("status.not-running", "no window is open");
}
