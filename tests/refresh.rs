//! Revocation lists and OCSP answers that a window fetches: what is held for want of one goes on by itself.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A trial window whose authority's lists come from a server of this test.
struct Window {
    folder: tempfile::TempDir,
    served: Arc<Mutex<Option<Vec<u8>>>>,
    asked: Arc<AtomicUsize>,
}

impl Window {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let window = Self { folder, served: Arc::default(), asked: Arc::default() };
        window.pencere(&["init", "w"]);
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (served, asked) = (Arc::clone(&window.served), Arc::clone(&window.asked));
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let _ = stream.read(&mut [0; 4096]);
                asked.fetch_add(1, Ordering::SeqCst);
                let _ = match &*served.lock().unwrap() {
                    Some(list) => write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", list.len())
                        .and_then(|()| stream.write_all(list)),
                    None => write!(stream, "HTTP/1.1 503 Away\r\nContent-Length: 0\r\n\r\n"),
                };
            }
        });
        let toml = fs::read_to_string(window.at("w/pencere.toml")).unwrap();
        let toml = toml.replace("crl_urls = []", &format!("crl_urls = [\"http://127.0.0.1:{port}/ca.crl\"]"));
        window.put("w/pencere.toml", toml.replace("refresh = \"1h\"", "refresh = \"1s\""));
        let ca = "[ca]\ndefault_ca=d\n[d]\ndatabase=index\ncrlnumber=crlnumber\ndefault_md=sha256\n\
                  certificate=w/pki/ca.crt\nprivate_key=w/pki/ca.key\n";
        for (name, octets) in [("ca.cnf", ca), ("index", ""), ("crlnumber", "01\n")] {
            window.put(name, octets);
        }
        window
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn put(&self, name: &str, octets: impl AsRef<[u8]>) {
        fs::write(self.at(name), octets).unwrap();
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.folder.path()).env("PENCERE_CONFIG", self.at("w/pencere.toml"));
        for name in ["HTTP_PROXY", "ALL_PROXY"] {
            command.env_remove(name).env_remove(name.to_ascii_lowercase());
        }
        command
    }

    fn pencere(&self, arguments: &[&str]) -> String {
        let output = self.command(env!("CARGO_BIN_EXE_pencere"), arguments).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Sets a key of the window.
    fn set(&self, key: &str, value: &str) {
        let toml = fs::read_to_string(self.at("w/pencere.toml")).unwrap();
        let line = toml.lines().find(|line| line.starts_with(&format!("{key} = "))).unwrap().to_owned();
        self.put("w/pencere.toml", toml.replace(&format!("\n{line}\n"), &format!("\n{key} = {value}\n")));
    }

    /// A responder of the authority (`openssl ocsp`) at this port, to whom azerenerji's certificate is good, or
    /// revoked an hour ago.
    fn responder(&self, port: u16, is_revoked: bool) -> Running {
        let mut index = String::new();
        for person in ["azerenerji", "azerisiq", "ekologiya", "energetika", "iqtisadiyyat", "meliorasiya"] {
            let certificate = format!("w/pki/{person}.crt");
            let output = self.command("openssl", &["x509", "-in", &certificate, "-noout", "-serial"]).output().unwrap();
            let serial = String::from_utf8(output.stdout).unwrap().trim().replace("serial=", "");
            let since = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(1);
            let (word, since) = match person == "azerenerji" && is_revoked {
                true => ("R", since.strftime("%y%m%d%H%M%SZ").to_string()),
                false => ("V", String::new()),
            };
            index += &format!("{word}\t400101000000Z\t{since}\t{serial}\tunknown\t/CN={person}\n");
        }
        self.put("index", index);
        let port = port.to_string();
        let own = ["-rsigner", "w/pki/ca.crt", "-rkey", "w/pki/ca.key", "-CA", "w/pki/ca.crt", "-index", "index"];
        let arguments = [&["ocsp", "-port", &port, "-ndays", "1"][..], &own].concat();
        let mut command = self.command("openssl", &arguments);
        Running(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    fn status(&self) -> (Option<i32>, String) {
        let output = self.command(env!("CARGO_BIN_EXE_pencere"), &["status", "--format", "json"]).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    }

    /// The authority's list, after it revoked these.
    fn list(&self, revoked: &[&str]) -> Vec<u8> {
        let openssl = |arguments: &[&str]| {
            assert!(self.command("openssl", arguments).stderr(Stdio::null()).status().unwrap().success());
        };
        for name in revoked {
            openssl(&["ca", "-config", "ca.cnf", "-revoke", &format!("w/pki/{name}.crt")]);
        }
        openssl(&["ca", "-config", "ca.cnf", "-gencrl", "-crlhours", "2", "-out", "ca.crl"]);
        fs::read(self.at("ca.crl")).unwrap()
    }

    fn serve(&self, list: Option<Vec<u8>>) {
        *self.served.lock().unwrap() = list;
    }

    /// Drops a signed statement under this name.
    fn drop(&self, name: &str, period: &str) {
        let form = ["template", "generation", "--format", "csv", "--participant", "azerenerji", "--period", period];
        let csv: String = self
            .pencere(&form)
            .lines()
            .map(|line| match line.strip_suffix(',') {
                Some(row) => format!("{row},0\n"),
                None => format!("{line}\n"),
            })
            .collect();
        self.put(name, csv);
        self.pencere(&["sign", name, "--key", "w/pki/azerenerji.key", "--cert", "w/pki/azerenerji.crt"]);
        for file in [format!("{name}.p7s"), name.to_owned()] {
            fs::rename(self.at(&file), self.at("w/drop/azerenerji/in").join(&file)).unwrap();
        }
    }

    /// Waits for an answer to this name whose file ends so, and gives its decision.
    fn decision(&self, name: &str, ending: &str) -> String {
        let (folder, end) = (self.at("w/drop/azerenerji/receipts"), Instant::now() + Duration::from_secs(60));
        loop {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                let file = path.file_name().unwrap().to_string_lossy().into_owned();
                if file.starts_with(name) && file.ends_with(ending) {
                    let receipt = fs::read_to_string(path).unwrap();
                    let decision = receipt.split("<Decision>").nth(1).unwrap();
                    let code = receipt.split(" code=\"").nth(1).map(|rest| rest.split('"').next().unwrap());
                    return format!("{} {}", decision.split('<').next().unwrap(), code.unwrap_or_default());
                }
            }
            assert!(Instant::now() < end, "no {ending} for {name}: {}", log(&self.at("log")));
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn run(&self) -> Running {
        let log = fs::File::create(self.at("log")).unwrap();
        let mut run = self.command(env!("CARGO_BIN_EXE_pencere"), &["run"]);
        Running(run.stdout(Stdio::null()).stderr(log).spawn().unwrap())
    }
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn log(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

// S 8.1.12
#[test]
fn what_waits_for_a_list_goes_on_by_itself_when_it_is_fetched() {
    let window = Window::new();
    let _running = window.run();
    window.drop("a.csv", "2026-Q1");
    assert_eq!(window.decision("a.csv", ".held.xml"), "held signature.revocation-unknown");
    window.serve(Some(window.list(&[])));
    assert!(window.decision("a.csv", ".receipt.xml").starts_with("accepted"), "{}", log(&window.at("log")));
    assert!(log(&window.at("log")).contains("could not be fetched"), "the failures before were told");
    // a list by somebody else who takes the authority's name does not take its place
    let good = fs::read(window.at("ca.crl")).unwrap();
    let mut forged = String::from_utf8(good).unwrap();
    let middle = forged.len() - 60;
    let other = if &forged[middle..=middle] == "A" { "B" } else { "A" };
    forged.replace_range(middle..=middle, other);
    window.serve(Some(forged.into_bytes()));
    std::thread::sleep(Duration::from_secs(3));
    window.drop("b.csv", "2026-Q2");
    assert!(window.decision("b.csv", ".receipt.xml").starts_with("accepted"));
    // and a revocation counts from the moment that its list is here
    window.serve(Some(window.list(&["azerenerji"])));
    let end = Instant::now() + Duration::from_secs(60);
    let reloads = |text: &str| text.matches("were read again").count();
    while reloads(&log(&window.at("log"))) < 2 {
        assert!(Instant::now() < end, "{}", log(&window.at("log")));
        std::thread::sleep(Duration::from_millis(50));
    }
    window.drop("c.csv", "2026-Q3");
    assert_eq!(window.decision("c.csv", ".receipt.xml"), "rejected signature.certificate-revoked");
}

#[test]
fn once_fetches_before_it_begins() {
    let window = Window::new();
    window.serve(Some(window.list(&[])));
    window.drop("a.csv", "2026-Q1");
    window.pencere(&["once"]);
    assert!(window.decision("a.csv", ".receipt.xml").starts_with("accepted"));
    // what is fetched is kept: nobody needs to be there the next time
    window.serve(None);
    window.drop("b.csv", "2026-Q2");
    window.pencere(&["once"]);
    assert!(window.decision("b.csv", ".receipt.xml").starts_with("accepted"));
}

/// A port at which nobody listens.
fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

#[test]
fn what_waits_for_an_answer_goes_on_by_itself_and_a_revocation_contests_it_later() {
    let window = Window::new();
    let port = free_port();
    window.set("crl_urls", "[]");
    window.set("ocsp", &format!("[\"pki/ca.crt http://127.0.0.1:{port}/\"]"));
    let running = window.run();
    window.drop("a.csv", "2026-Q1");
    assert_eq!(window.decision("a.csv", ".held.xml"), "held signature.revocation-unknown");
    let (code, status) = window.status();
    assert!(code == Some(1) && status.contains("refresh-failed"), "{status}");
    {
        let _responder = window.responder(port, false);
        assert!(window.decision("a.csv", ".receipt.xml").starts_with("accepted"), "{}", log(&window.at("log")));
        let end = Instant::now() + Duration::from_secs(30);
        while window.status().0 != Some(0) {
            assert!(Instant::now() < end, "{}", window.status().1);
            std::thread::sleep(Duration::from_millis(100));
        }
        drop(running);
        window.drop("b.csv", "2026-Q2");
        window.pencere(&["once"]);
        assert!(window.decision("b.csv", ".receipt.xml").starts_with("accepted"));
    }
    std::thread::sleep(Duration::from_millis(1100));
    let _responder = window.responder(port, true);
    let end = Instant::now() + Duration::from_secs(30);
    while !fs::read_dir(window.at("w/drop/energetika/receipts")).unwrap().flatten().any(|entry| {
        let name = entry.file_name().into_string().unwrap();
        name.starts_with("b.csv.") && name.ends_with(".2.receipt.xml")
    }) {
        assert!(Instant::now() < end, "{}", window.status().1);
        window.pencere(&["once"]);
        std::thread::sleep(Duration::from_millis(300));
    }
    assert_eq!(window.decision("b.csv", ".2.receipt.xml"), "contested signature.certificate-revoked");
    // answers about certificates that the document names itself are never asked for
    let asked = fs::read_dir(window.at("w/state/trust")).unwrap().flatten();
    let answers = asked.filter(|entry| entry.path().extension().is_some_and(|end| end == "ocsp")).count();
    assert_eq!(answers, 6, "the registered persons");
}

#[test]
fn an_answer_by_somebody_else_is_not_kept() {
    let window = Window::new();
    let port = free_port();
    window.set("crl_urls", "[]");
    window.set("ocsp", &format!("[\"pki/ca.crt http://127.0.0.1:{port}/\"]"));
    let request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "9"];
    let files = ["-keyout", "other.key", "-out", "other.crt", "-subj", "/CN=Other"];
    let mut command = window.command("openssl", &[&request[..], &files].concat());
    assert!(command.stderr(Stdio::null()).status().unwrap().success());
    drop(window.responder(free_port(), false)); // for its index
    let port = port.to_string();
    let own = ["-rsigner", "other.crt", "-rkey", "other.key", "-CA", "w/pki/ca.crt", "-index", "index"];
    let mut command = window.command("openssl", &[&["ocsp", "-port", &port, "-ndays", "1"][..], &own].concat());
    let _responder = Running(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let _running = window.run();
    window.drop("a.csv", "2026-Q1");
    assert_eq!(window.decision("a.csv", ".held.xml"), "held signature.revocation-unknown");
    let end = Instant::now() + Duration::from_secs(30);
    while !log(&window.at("log")).contains("not by whoever may answer") {
        assert!(Instant::now() < end, "{}", log(&window.at("log")));
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(
        !window
            .at("w/drop/azerenerji/receipts")
            .read_dir()
            .unwrap()
            .flatten()
            .any(|entry| { entry.file_name().to_string_lossy().ends_with(".receipt.xml") })
    );
}

#[test]
fn a_list_by_an_authority_that_is_unknown_here_is_not_kept() {
    let window = Window::new();
    let request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "9"];
    let files = ["-keyout", "other.key", "-out", "other.crt", "-subj", "/CN=Other"];
    let mut command = window.command("openssl", &[&request[..], &files].concat());
    assert!(command.stderr(Stdio::null()).status().unwrap().success());
    let own = window.at("ca.cnf");
    let text = fs::read_to_string(&own).unwrap();
    window.put("ca.cnf", text.replace("w/pki/ca.crt", "other.crt").replace("w/pki/ca.key", "other.key"));
    window.serve(Some(window.list(&[])));
    let _running = window.run();
    window.drop("a.csv", "2026-Q1");
    assert_eq!(window.decision("a.csv", ".held.xml"), "held signature.revocation-unknown");
    let end = Instant::now() + Duration::from_secs(30);
    while !log(&window.at("log")).contains("is signed by none of the anchors") {
        assert!(Instant::now() < end, "{}", log(&window.at("log")));
        std::thread::sleep(Duration::from_millis(50));
    }
    let kept = fs::read_dir(window.at("w/state/trust")).unwrap().flatten();
    let kept: Vec<_> = kept.map(|entry| entry.path()).filter(|path| path.extension().unwrap() != "failed").collect();
    assert!(kept.is_empty(), "{kept:?}");
}

#[test]
fn once_does_not_ask_again_and_again_where_nobody_answers() {
    let window = Window::new();
    window.set("refresh", "\"1h\"");
    for _ in 0..4 {
        window.pencere(&["once"]);
    }
    assert_eq!(window.asked.load(Ordering::SeqCst), 1, "the others came before the pause was over");
    let (code, status) = window.status();
    assert!(code == Some(1) && status.contains("refresh-failed") && status.contains("503"), "{status}");
}
