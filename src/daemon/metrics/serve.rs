//! Giving the numbers: `/metrics`, `/healthz`, `/readyz`, over HTTP/1.1.
//!
//! Owns one thread and the bounds of who asks: so many at once, so long each, so many octets of a request; one answer a
//! connection, and no body is ever read. Whoever asks costs the loop nothing: numbers are copied out of what is counted
//! anyway. Changes nothing, and says nothing of a document.

use super::health::Health;
use super::text::{CLASSIC, OPENMETRICS};
use super::{Door, Metrics};
use crate::advice::Advice;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

/// Connections at once; others wait in the system's queue. A scraper and a few people have one each.
const CONNECTIONS_MAX: usize = 16;
/// How long a connection may take from its beginning to its end.
const PATIENCE: Duration = Duration::from_secs(5);
/// Octets of a request's head at most, the least that the library takes.
const HEAD_MAX: usize = 8192;
/// Header lines of a request at most.
const HEADERS_MAX: usize = 64;
/// After a failure of the system (no file handle left) the next try comes so much later.
const AGAIN: Duration = Duration::from_millis(500);

/// Answers from now on, in a thread of its own, until the process ends.
///
/// # Errors
/// The system gives no thread or no event queue.
pub fn serve(door: Door, metrics: &Arc<Metrics>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let place = door.place();
    metrics.pulse.is_to_be_served();
    let metrics = Arc::clone(metrics);
    let work = move || {
        let Err(error) = runtime.block_on(accept_all(door, metrics));
        tracing::error!(advice = %Advice::NumbersNotGiven,
            %error, "nobody gives the window's numbers; the next start does");
    };
    std::thread::Builder::new().name("metrics".to_owned()).spawn(work)?;
    tracing::info!(at = place, "the window's numbers are given");
    Ok(())
}

enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

async fn accept_all(door: Door, metrics: Arc<Metrics>) -> io::Result<Infallible> {
    let listener = match door {
        Door::Tcp(listener) => Listener::Tcp(TcpListener::from_std(listener)?),
        Door::Unix(listener) => Listener::Unix(UnixListener::from_std(listener)?),
    };
    let seats = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(seat) = Arc::clone(&seats).acquire_owned().await else { continue }; // it is never closed
        let accepted = match &listener {
            Listener::Tcp(listener) => listener.accept().await.map(|(stream, _)| begin(stream, seat, &metrics)),
            Listener::Unix(listener) => listener.accept().await.map(|(stream, _)| begin(stream, seat, &metrics)),
        };
        if accepted.is_err() {
            sleep(AGAIN).await;
        }
    }
}

/// Answers one, while others are accepted.
fn begin(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    seat: OwnedSemaphorePermit,
    metrics: &Arc<Metrics>,
) {
    let metrics = Arc::clone(metrics);
    tokio::spawn(async move {
        let service = service_fn(move |request| {
            let answer = answer(&request, &metrics);
            async move { Ok::<_, Infallible>(answer) }
        });
        let mut http = http1::Builder::new();
        http.keep_alive(false).max_buf_size(HEAD_MAX).max_headers(HEADERS_MAX);
        // whoever is slower, or speaks something else, is left
        let _ = timeout(PATIENCE, http.serve_connection(TokioIo::new(stream), service)).await;
        drop(seat);
    });
}

fn answer(request: &Request<Incoming>, metrics: &Metrics) -> Response<Full<Bytes>> {
    const PLAIN: &str = "text/plain; charset=utf-8";
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut response = told(StatusCode::METHOD_NOT_ALLOWED, PLAIN, "only GET and HEAD\n".to_owned());
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let health = |Health { is_good, words }: Health| {
        let status = if is_good { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        told(status, PLAIN, words)
    };
    match request.uri().path() {
        "/metrics" => {
            let accepts = request.headers().get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
            let is_open = accepts.into_iter().any(|accept| accept.contains("application/openmetrics-text"));
            match metrics.text(is_open) {
                Some(text) => told(StatusCode::OK, if is_open { OPENMETRICS } else { CLASSIC }, text),
                None => told(StatusCode::INTERNAL_SERVER_ERROR, PLAIN, "the numbers cannot be written\n".to_owned()),
            }
        }
        "/healthz" => health(metrics.alive()),
        "/readyz" => health(metrics.ready()),
        _ => told(StatusCode::NOT_FOUND, PLAIN, "here are /metrics, /healthz and /readyz\n".to_owned()),
    }
}

fn told(status: StatusCode, kind: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
