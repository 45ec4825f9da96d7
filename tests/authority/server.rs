//! A server of time-stamps: HTTP or HTTPS by a thread of the test, which says whatever the test lets it say.

use super::Authority;
use openssl::ssl::{SslAcceptor, SslFiletype, SslMethod};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

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

    /// That answers as this authority does.
    pub fn of(authority: &Arc<Authority>) -> Self {
        let authority = Arc::clone(authority);
        Self::http(Box::new(move |query| reply(&authority.answer(query))))
    }

    /// The address to ask.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/tsa", self.port)
    }

    /// With a certificate for `localhost` that only `web.crt` in the authority's folder vouches for.
    pub fn https(authority: &Authority, saying: Saying) -> Self {
        authority.issue("web", None, "subjectAltName=DNS:localhost\nbasicConstraints=critical,CA:TRUE\n", 9);
        let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
        acceptor.set_private_key_file(authority.at("web.key"), SslFiletype::PEM).unwrap();
        acceptor.set_certificate_chain_file(authority.at("web.crt")).unwrap();
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
