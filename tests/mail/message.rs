//! Messages for the tests, and the Maildir they are delivered to: made here where every octet matters, by other
//! programs where their way of writing does.

#![allow(dead_code)] // each test uses a part of it

use super::trial::Trial;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

static DELIVERED: AtomicU32 = AtomicU32::new(0);

/// One attachment: its name, its media type, its octets.
pub type Part<'a> = (&'a str, &'a str, Vec<u8>);

/// A message with a covering text and attachments.
pub fn message(id: &str, fields: &str, parts: &[Part<'_>]) -> String {
    let mut mail = format!(
        "From: Office <office@agency.example>\nTo: window@boemis.example\nSubject: statements\nMessage-ID: <{id}>\n\
         {fields}MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"=-outer\"\n\n\
         --=-outer\nContent-Type: text/plain; charset=utf-8\n\nPlease find attached.\n"
    );
    for (name, media, octets) in parts {
        write!(
            mail,
            "--=-outer\nContent-Type: {media}; name=\"{name}\"\nContent-Disposition: attachment; filename=\"{name}\"\n\
             Content-Transfer-Encoding: base64\n\n{}",
            base64(octets)
        )
        .unwrap();
    }
    mail.push_str("--=-outer--\n");
    mail
}

/// In lines of 76, as mail has it.
pub fn base64(octets: &[u8]) -> String {
    use ::base64::Engine;
    let text = ::base64::engine::general_purpose::STANDARD.encode(octets);
    let lines = text.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap());
    lines.map(|line| format!("{line}\n")).collect()
}

/// A number that no other message has.
pub fn next_number() -> u32 {
    DELIVERED.fetch_add(1, Ordering::Relaxed)
}

/// A Maildir in the trial's folder.
pub struct Maildir(PathBuf);

impl Maildir {
    /// A new one, named in the configuration as `office`.
    pub fn new(trial: &Trial, name: &str) -> Self {
        let maildir = Self(trial.at("w").join(name));
        for side in ["new", "cur", "tmp"] {
            fs::create_dir_all(maildir.0.join(side)).unwrap();
        }
        configure(trial, name, &format!("kind = \"maildir\"\npath = \"{name}\"\npoll = \"200ms\"\n"));
        maildir
    }

    /// Delivers as a mail system does.
    pub fn deliver(&self, mail: impl AsRef<[u8]>) -> String {
        let name = format!("1000.{:06}.host", next_number());
        fs::write(self.0.join("tmp").join(&name), mail).unwrap();
        fs::rename(self.0.join("tmp").join(&name), self.0.join("new").join(&name)).unwrap();
        name
    }

    /// How many messages lie where: waiting, processed, rejected.
    pub fn counts(&self) -> (usize, usize, usize) {
        let count = |side: &str| fs::read_dir(self.0.join(side)).map_or(0, Iterator::count);
        (count("new") + count("cur"), count(".Processed/cur"), count(".Rejected/cur"))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

/// Adds a mailbox to the configuration.
pub fn configure(trial: &Trial, name: &str, keys: &str) {
    let path = trial.at("w/pencere.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, format!("{text}\n[mail.mailboxes.{name}]\n{keys}")).unwrap();
}

/// What the journal holds of a kind of event.
pub fn journalled(trial: &Trial, mark: &str) -> usize {
    let mut count = 0;
    for entry in fs::read_dir(trial.at("w/state/journal")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "log") {
            count += String::from_utf8_lossy(&fs::read(path).unwrap()).matches(mark).count();
        }
    }
    count
}

/// A message that Python's email package writes: `files` lie in the trial's folder.
pub fn by_python(trial: &Trial, id: &str, files: &[&str]) -> Vec<u8> {
    const SCRIPT: &str = "import sys, email.message, pathlib\n\
        m = email.message.EmailMessage()\n\
        m['From'] = 'Ofis <office@agency.example>'; m['To'] = 'window@boemis.example'\n\
        m['Subject'] = 'Hesabat \\u0259'; m['Message-ID'] = '<' + sys.argv[1] + '>'\n\
        m.set_content('Salam, \\u0259lav\\u0259d\\u0259dir.')\n\
        for f in sys.argv[2:]:\n    \
        m.add_attachment(pathlib.Path(f).read_bytes(), maintype='application', subtype='octet-stream', filename=f)\n\
        sys.stdout.buffer.write(bytes(m))\n";
    let output = trial.tool("python3", &[&["-c", SCRIPT, id], files].concat()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The entity signed as a mail by openssl, with the field that names it; opaque or with its parts to be read.
pub fn by_openssl(trial: &Trial, id: &str, entity: &str, signer: &str, opaque: bool) -> Vec<u8> {
    fs::write(trial.at("entity"), entity.replace('\n', "\r\n")).unwrap();
    let (cert, key) = (format!("w/pki/{signer}.crt"), format!("w/pki/{signer}.key"));
    let mut arguments = vec!["smime", "-sign", "-in", "entity", "-signer", &cert, "-inkey", &key];
    arguments.extend(["-from", "office@agency.example", "-to", "window@boemis.example", "-subject", "signed"]);
    if opaque {
        arguments.push("-nodetach");
    }
    let output = trial.succeeds("openssl", &arguments);
    [format!("Message-ID: <{id}>\n").as_bytes(), &output.stdout].concat()
}

/// A program that must be there.
pub fn has(program: &str) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}
