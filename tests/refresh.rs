//! Revocation lists that a running window fetches: what is held for want of one goes on by itself.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A trial window whose authority's lists come from a server of this test.
struct Window {
    folder: tempfile::TempDir,
    served: Arc<Mutex<Option<Vec<u8>>>>,
}

impl Window {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let window = Self { folder, served: Arc::default() };
        window.pencere(&["init", "w"]);
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let served = Arc::clone(&window.served);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let _ = stream.read(&mut [0; 4096]);
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
