//! A real dovecot for a test, on free ports of 127.0.0.1, without root: one user, whose mailboxes are Maildirs in its
//! folder, and a certificate that only its own CA file vouches for.
//!
//! It ends with the program that started it: a shell waits for the end of its input. As root it runs as `nobody`.

#![allow(dead_code)] // each test uses a part of it

use super::message;
use super::trial::Trial;
use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server.
pub struct Dovecot {
    folder: tempfile::TempDir,
    tls: u16,
    plain: u16,
    watched: Option<Child>,
}

const PASSWORD: &str = "secret";

fn free() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn user() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    match rustix::process::geteuid().is_root() {
        true => "nobody".to_owned(),
        false => String::from_utf8(output.stdout).unwrap().trim().to_owned(),
    }
}

fn group(user: &str) -> String {
    let output = Command::new("id").args(["-gn", user]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

impl Dovecot {
    pub fn new() -> Self {
        Self::able(None)
    }

    /// One that says that it can do this and nothing else, and is believed by nobody but its readers.
    pub fn able(capability: Option<&str>) -> Self {
        let folder = tempfile::Builder::new().prefix("dc").tempdir_in("/tmp").unwrap();
        let (user, at) = (user(), folder.path().display().to_string());
        let group = group(&user);
        for name in ["run", "state", "mail"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"])
            .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
            .args(["-keyout", "key.pem", "-out", "cert.pem"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let (tls, plain) = (free(), free());
        let configuration = format!(
            "protocols = imap\nlisten = 127.0.0.1\nbase_dir = {at}/run\nstate_dir = {at}/state\nlog_path = {at}/log\n\
             default_internal_user = {user}\ndefault_internal_group = {group}\ndefault_login_user = {user}\n\
             ssl = yes\nssl_cert = <{at}/cert.pem\nssl_key = <{at}/key.pem\nauth_mechanisms = plain login\n\
             disable_plaintext_auth = yes\nfirst_valid_uid = 1\nfirst_valid_gid = 1\n\
             mail_location = maildir:{at}/mail/%u\nmailbox_idle_check_interval = 1 secs\n\
             passdb {{\n  driver = static\n  args = password={PASSWORD}\n}}\n\
             userdb {{\n  driver = static\n  args = uid={user} gid={group} home={at}/mail/%u\n}}\n\
             service anvil {{\n  chroot =\n}}\nservice stats {{\n  chroot =\n}}\n\
             service imap-login {{\n  chroot =\n  inet_listener imap {{\n    port = {plain}\n  }}\n  \
             inet_listener imaps {{\n    port = {tls}\n    ssl = yes\n  }}\n}}\n\
             namespace inbox {{\n  inbox = yes\n}}\n"
        );
        let capability = capability.map(|able| format!("protocol imap {{\n  imap_capability = {able}\n}}\n"));
        let configuration = configuration + &capability.unwrap_or_default();
        fs::write(folder.path().join("dovecot.conf"), configuration).unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let mut server = Self { folder, tls, plain, watched: None };
        server.own();
        server.start();
        server
    }

    /// As root, all of it is the server's user's.
    fn own(&self) {
        if rustix::process::geteuid().is_root() {
            let owner = format!("nobody:{}", group("nobody"));
            // a server that runs makes files and takes them away while the tree is walked
            let owned =
                || Command::new("chown").args(["-R", &owner]).arg(self.folder.path()).status().unwrap().success();
            assert!((0..20).any(|_| owned()), "the tree of the server is not its user's");
        }
    }

    pub fn start(&mut self) {
        let at = self.folder.path().display();
        let run =
            format!("/usr/sbin/dovecot -F -c {at}/dovecot.conf >>{at}/out 2>&1 </dev/null & cat; kill -TERM $!; wait");
        let mut command = match rustix::process::geteuid().is_root() {
            true => {
                let mut command = Command::new("runuser");
                command.args(["-u", "nobody", "--", "sh", "-c", &run]);
                command
            }
            false => {
                let mut command = Command::new("sh");
                command.args(["-c", &run]);
                command
            }
        };
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/");
        self.watched = Some(command.spawn().unwrap());
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.tls)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(60), "no server: {}", self.said());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Ends it: every line to it breaks.
    pub fn stop(&mut self) {
        if let Some(mut watched) = self.watched.take() {
            drop(watched.stdin.take());
            watched.wait().unwrap();
        }
    }

    /// SIGKILL to all of it: nothing is finished.
    pub fn kill(&mut self) {
        use rustix::process::{Pid, Signal, kill_process};
        let master = fs::read_to_string(self.folder.path().join("run/master.pid")).unwrap();
        let master: i32 = master.trim().parse().unwrap();
        // it forks no more from here on: a child that is not in the list would hold the port, and the next one be mute
        let _ = kill_process(Pid::from_raw(master).unwrap(), Signal::STOP);
        let parent = |of: i32| -> Option<i32> {
            let stat = fs::read_to_string(format!("/proc/{of}/stat")).ok()?;
            stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
        };
        let names = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let running = names.filter_map(|name| name.parse::<i32>().ok());
        let all: Vec<i32> = running.filter(|one| parent(*one) == Some(master)).collect();
        for one in [vec![master], all].concat() {
            let _ = kill_process(Pid::from_raw(one).unwrap(), Signal::KILL); // it may have ended by itself
        }
        self.stop();
    }

    pub fn said(&self) -> String {
        let read = |name: &str| fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        format!("{}{}", read("out"), read("log"))
    }

    /// Names it in the configuration of a window, as the user `name`.
    pub fn configure(&self, trial: &Trial, name: &str, security: &str, more: &str) {
        fs::write(trial.at("w/imap.password"), format!("{PASSWORD}\n")).unwrap();
        fs::copy(self.folder.path().join("cert.pem"), trial.at("w/pki/imap-ca.pem")).unwrap();
        let port = if security == "tls" { self.tls } else { self.plain };
        let keys = format!(
            "kind = \"imap\"\nhost = \"localhost\"\nport = {port}\nsecurity = \"{security}\"\n\
             ca = \"pki/imap-ca.pem\"\n\
             user = \"{name}\"\npassword = \"imap.password\"\ntimeout = \"10s\"\n{more}"
        );
        message::configure(trial, name, &keys);
    }

    fn home(&self, user: &str) -> PathBuf {
        self.folder.path().join("mail").join(user)
    }

    /// Delivers to a user's INBOX, as a mail system on the server does.
    pub fn deliver(&self, user: &str, mail: impl AsRef<[u8]>) {
        let home = self.home(user);
        if !home.join("tmp").exists() {
            for side in ["new", "cur", "tmp"] {
                fs::create_dir_all(home.join(side)).unwrap();
            }
            self.own();
        }
        let name = format!("2000.{:06}.host", message::next_number());
        let part = home.join("tmp").join(&name);
        fs::write(&part, mail).unwrap();
        // not all that lies there: the server moves what it has while this goes on
        let theirs = fs::metadata(&home).unwrap();
        std::os::unix::fs::chown(&part, Some(theirs.uid()), Some(theirs.gid())).unwrap();
        fs::rename(part, home.join("new").join(&name)).unwrap();
    }

    /// Has another program's IMAP append a message to a user's INBOX.
    pub fn append(&self, user: &str, mail: &[u8]) {
        const SCRIPT: &str = "import imaplib, ssl, sys\n\
            c = ssl.create_default_context(cafile=sys.argv[1])\n\
            m = imaplib.IMAP4_SSL('localhost', int(sys.argv[2]), ssl_context=c)\n\
            m.login(sys.argv[3], sys.argv[4])\n\
            said = m.append('INBOX', None, None, sys.stdin.buffer.read())\n\
            m.logout()\n\
            sys.exit(said[0] != 'OK')\n";
        let mut command = Command::new("python3");
        command.args(["-c", SCRIPT]).arg(self.folder.path().join("cert.pem")).arg(self.tls.to_string());
        let mut child = command.args([user, PASSWORD]).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(mail).unwrap();
        assert!(child.wait().unwrap().success(), "{}", self.said());
    }

    /// How many messages lie where: waiting, processed, rejected.
    pub fn counts(&self, user: &str) -> (usize, usize, usize) {
        let count = |side: &str| {
            let count = |side: &Path| fs::read_dir(side).map_or(0, Iterator::count);
            count(&self.home(user).join(side).join("new")) + count(&self.home(user).join(side).join("cur"))
        };
        (count("."), count(".Processed"), count(".Rejected"))
    }

    /// Has the server count the messages of an INBOX anew, under another UIDVALIDITY.
    pub fn renumber(&mut self, user: &str) {
        self.stop();
        for entry in fs::read_dir(self.home(user)).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("dovecot")) {
                let _ = fs::remove_file(path);
            }
        }
        // the next count begins with the second of its making
        std::thread::sleep(Duration::from_millis(1100));
        self.start();
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        self.stop();
    }
}
