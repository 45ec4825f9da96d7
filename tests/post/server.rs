//! A mail server on loopback for a trial window, the window's mail key, and mails taken apart by other programs.

#![allow(dead_code)] // each test uses a part of it

use super::trial::{Trial, eventually};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Where the answers of the trial's participant go.
pub const ADDRESS: &str = "energetika-hesabat@azerenerji.test";

/// A server that may go and come back.
pub struct Server {
    folder: PathBuf,
    port: u16,
    how: &'static str,
    child: Option<Child>,
}

/// A mail that verified.
pub struct Opened {
    pub headers: Value,
    /// Name and octets; the text to be read is the first.
    pub parts: Vec<(String, Vec<u8>)>,
}

impl Opened {
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].as_str().unwrap_or_default()
    }

    pub fn part(&self, ending: &str) -> Option<&[u8]> {
        self.parts.iter().find(|(name, _)| name.ends_with(ending)).map(|(_, octets)| octets.as_slice())
    }
}

/// Debian's Python, for whom aiosmtpd is installed; another's elsewhere.
fn python() -> &'static str {
    if Path::new("/usr/bin/python3").exists() { "/usr/bin/python3" } else { "python3" }
}

fn free() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/post").join(name)
}

/// A trial window whose participant `azerenerji` is answered by these ways, and a server that runs.
pub fn window(answers: &str, how: &'static str) -> (Trial, Server) {
    let trial = Trial::new();
    let folder = trial.at("mails");
    fs::create_dir(&folder).unwrap();
    let certificate = |name: &str, more: [&str; 2]| {
        let (key, crt) = (format!("w/pki/{name}.key"), format!("w/pki/{name}.crt"));
        let made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"];
        let named = ["-subj", "/CN=localhost", "-keyout", &key, "-out", &crt, "-addext", more[0], "-addext", more[1]];
        trial.succeeds("openssl", &[&made[..], &named[..]].concat());
    };
    certificate("server", ["subjectAltName=DNS:localhost", "extendedKeyUsage=serverAuth"]);
    certificate("mail", ["subjectAltName=email:window@boemis.test", "extendedKeyUsage=emailProtection"]);
    fs::write(trial.at("w/password"), "secret\n").unwrap();
    let port = free();
    trial.set("mail.from", "\"window@boemis.test\"");
    trial.set("mail.smtp.server", &format!("\"localhost:{port}\""));
    trial.set("mail.smtp.security", &format!("\"{how}\""));
    trial.set("mail.smtp.ca", "\"pki/server.crt\"");
    if how == "starttls" {
        trial.set("mail.smtp.user", "\"window\"");
        trial.set("mail.smtp.password", "\"password\"");
    }
    trial.set("mail.smtp.retry_first", "\"1s\"");
    trial.set("mail.sign.certificate", "\"pki/mail.crt\"");
    trial.set("mail.sign.key", "\"pki/mail.key\"");
    trial.set("rescan", "\"1s\"");
    let (head, body) = ("[participants.azerenerji]\n", format!("mail = \"{ADDRESS}\"\nanswers = {answers}\n"));
    trial.change("registry.toml", head, &format!("{head}{body}"));
    let mut server = Server { folder, port, how, child: None };
    server.mode("ok");
    server.start(&trial);
    (trial, server)
}

impl Server {
    /// One that takes mail from anybody in the open, as the way into an organisation does: for programs that send.
    pub fn open_to_all(trial: &Trial) -> Self {
        let folder = trial.at("sent");
        fs::create_dir(&folder).unwrap();
        let mut server = Self { folder, port: free(), how: "open", child: None };
        server.mode("ok");
        server.start(trial);
        server
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// How it behaves from now on.
    pub fn mode(&self, mode: &str) {
        fs::write(self.folder.join("mode.part"), mode).unwrap();
        fs::rename(self.folder.join("mode.part"), self.folder.join("mode")).unwrap();
    }

    pub fn start(&mut self, trial: &Trial) {
        let mut command = Command::new(python());
        command.arg(script("server.py")).arg(self.port.to_string()).arg(&self.folder);
        command.arg(trial.at("w/pki/server.crt")).arg(trial.at("w/pki/server.key")).arg(self.how);
        self.runs(command);
    }

    /// Another stands in its place, which says in the open what a server says in private.
    pub fn injects(&mut self, trial: &Trial) {
        self.stop();
        let mut command = Command::new(python());
        command.arg(script("inject.py")).arg(self.port.to_string());
        command.arg(trial.at("w/pki/server.crt")).arg(trial.at("w/pki/server.key"));
        self.runs(command);
    }

    fn runs(&mut self, mut command: Command) {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line.trim(), "ready");
        self.child = Some(child);
    }

    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// The mails that it has, in their order.
    pub fn mails(&self) -> Vec<PathBuf> {
        let mut mails: Vec<PathBuf> = fs::read_dir(&self.folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        mails.retain(|path| path.extension().is_some_and(|ending| ending == "eml"));
        mails.sort();
        mails
    }

    /// How often a mail to the first address was tried in a mode.
    pub fn tried(&self, mode: &str) -> usize {
        let tried = fs::read_to_string(self.folder.join("tried")).unwrap_or_default();
        tried.lines().filter(|line| *line == mode).count()
    }

    /// The field of a mail, as it stands in its header on one line; the mail is not verified.
    pub fn field(mail: &Path, name: &str) -> Option<String> {
        let octets = fs::read(mail).unwrap();
        let text = String::from_utf8_lossy(&octets).replace("\r\n", "\n");
        let head = text.split("\n\n").next().unwrap_or_default().replace("\n ", " ").replace("\n\t", " ");
        let mut fields = head.lines().filter_map(|line| line.split_once(": "));
        fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    }

    /// Whom a mail was handed over for.
    pub fn to(mail: &Path) -> String {
        fs::read_to_string(mail.with_extension("to")).unwrap()
    }

    /// Waits for so many mails.
    pub fn waits_for(&self, count: usize) -> Vec<PathBuf> {
        eventually(&format!("mail number {count}"), || self.mails().len() >= count);
        self.mails()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Verifies a mail with OpenSSL's program, and takes it apart with Python's library.
pub fn opened(trial: &Trial, mail: &Path) -> Opened {
    let to = fs::read_to_string(mail.with_extension("to")).unwrap();
    let inner = mail.with_extension("inner");
    let (mail, inner_name) = (mail.to_str().unwrap(), inner.to_str().unwrap());
    trial.succeeds("openssl", &["cms", "-verify", "-in", mail, "-CAfile", "w/pki/mail.crt", "-out", inner_name]);
    let open = script("open.py");
    let folder = trial.at("mails");
    let output = trial.succeeds(python(), &[open.to_str().unwrap(), mail, inner_name, folder.to_str().unwrap()]);
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let parts = told["parts"].as_array().unwrap().iter().map(|part| {
        let octets = fs::read(part["path"].as_str().unwrap()).unwrap();
        (part["name"].as_str().unwrap_or_default().to_owned(), octets)
    });
    let opened = Opened { parts: parts.collect(), headers: told["headers"].clone() };
    assert_eq!(opened.header("to"), to.replace(' ', ", "), "{}", opened.headers);
    opened
}
