//! A time-stamping authority that stands in for a real one: tokens made by `openssl ts`, served over HTTP
//! or HTTPS by a thread of the test.

use openssl::ssl::{SslAcceptor, SslFiletype, SslMethod};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

const CONFIGURATION: &str = "[tsa]\nserial = serial\nsigner_digest = sha256\ndefault_policy = 1.2.3.4\n\
    digests = sha256\ness_cert_id_alg = sha256\n[req]\ndistinguished_name = dn\n[dn]\n\
    [tsa_v3]\nextendedKeyUsage = critical,timeStamping\n\
    [web_v3]\nsubjectAltName = DNS:localhost\nbasicConstraints = critical,CA:TRUE\n";

/// Keys and certificates of the authority, in a folder that goes away.
pub struct Authority {
    folder: tempfile::TempDir,
    turn: Mutex<()>,
}

impl Authority {
    pub fn new() -> Arc<Self> {
        let authority = Self { folder: tempfile::tempdir().unwrap(), turn: Mutex::new(()) };
        fs::write(authority.at("cnf"), CONFIGURATION).unwrap();
        fs::write(authority.at("serial"), "01").unwrap();
        for name in ["tsa", "web"] {
            let (key, certificate, extensions) = (format!("{name}.key"), format!("{name}.crt"), format!("{name}_v3"));
            assert!(authority.openssl(&[
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-keyout",
                &key,
                "-out",
                &certificate,
                "-subj",
                "/CN=Authority",
                "-days",
                "9",
                "-config",
                "cnf",
                "-extensions",
                &extensions,
            ]));
        }
        Arc::new(authority)
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn openssl(&self, arguments: &[&str]) -> bool {
        Command::new("openssl").args(arguments).current_dir(self.folder.path()).output().unwrap().status.success()
    }

    /// The answer to a request.
    pub fn answer(&self, request: &[u8]) -> Vec<u8> {
        let _turn = self.turn.lock().unwrap();
        fs::write(self.at("query"), request).unwrap();
        let reply = ["ts", "-reply", "-config", "cnf", "-section", "tsa", "-queryfile", "query", "-out", "reply"];
        self.openssl(&[&reply[..], &["-signer", "tsa.crt", "-inkey", "tsa.key"]].concat());
        fs::read(self.at("reply")).unwrap()
    }

    /// Whether `openssl ts` takes the token for one over these octets.
    pub fn verifies(&self, data: &[u8], token: &[u8]) -> bool {
        let _turn = self.turn.lock().unwrap();
        fs::write(self.at("data"), data).unwrap();
        fs::write(self.at("token"), token).unwrap();
        self.openssl(&["ts", "-verify", "-data", "data", "-in", "token", "-token_in", "-CAfile", "tsa.crt"])
    }
}

/// What a server says to a request.
pub type Saying = Box<dyn Fn(&[u8]) -> Vec<u8> + Send>;

/// A server at a port of this machine, for as long as the test runs.
pub struct Server {
    pub port: u16,
    asked: Arc<AtomicUsize>,
}

impl Server {
    pub fn http(saying: Saying) -> Self {
        Self::start(saying, |stream| Box::new(stream))
    }

    /// With a certificate for `localhost` that only `web.crt` vouches for.
    pub fn https(authority: &Path, saying: Saying) -> Self {
        let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
        acceptor.set_private_key_file(authority.join("web.key"), SslFiletype::PEM).unwrap();
        acceptor.set_certificate_chain_file(authority.join("web.crt")).unwrap();
        let acceptor = acceptor.build();
        Self::start(saying, move |stream| match acceptor.accept(stream) {
            Ok(stream) => Box::new(stream),
            Err(_) => Box::new(Nobody), // whoever asked went away again
        })
    }

    fn start(saying: Saying, open: impl Fn(TcpStream) -> Box<dyn Talk> + Send + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let (port, asked) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
        let count = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut stream = BufReader::new(open(stream));
                let Some(body) = request(&mut stream) else { continue };
                count.fetch_add(1, Ordering::SeqCst);
                let _ = stream.get_mut().write_all(&saying(&body));
            }
        });
        Self { port, asked }
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

trait Talk: Read + Write {}
impl<T: Read + Write> Talk for T {}

struct Nobody;

impl Read for Nobody {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Ok(0)
    }
}

impl Write for Nobody {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        Ok(octets.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The body of a POST with the media type of a time-stamp request.
fn request(stream: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let head = head.to_ascii_lowercase();
    assert!(head.starts_with("post /tsa http/1.1\r\n"), "{head}");
    assert!(head.contains("\r\ncontent-type: application/timestamp-query\r\n"), "{head}");
    let length = head.split("\r\ncontent-length: ").nth(1)?.split("\r\n").next()?.parse().ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(body)
}

/// A response of HTTP.
pub fn http(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// The response that an authority gives.
pub fn reply(body: &[u8]) -> Vec<u8> {
    http("200 OK", "Content-Type: application/timestamp-reply\r\n", body)
}
