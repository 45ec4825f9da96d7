//! The parts of the way from octets to a verdict, each by itself: what a change to one of them costs or gains.
//!
//!     taskset -c 1 cargo bench --bench parts [-- NAME]
//!
//! Rates are of octets where a part's work grows with them. Nothing is remembered between two rounds unless its name
//! says so. What the program as a whole is worth beside others, `benches/*.sh` say; this says where its time goes.

#[path = "parts/material.rs"]
mod material;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use jiff::{SignedDuration, Timestamp};
use material::Pki;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use pencere::container::{Container, Limits as ContainerLimits};
use pencere::document::Digest;
use pencere::forms::certificate::Certificate;
use pencere::forms::cms::{self, SignedData};
use pencere::forms::der;
use pencere::forms::value::{self, Form};
use pencere::forms::xmldsig::Signature;
use pencere::host::Octets;
use pencere::trust::{Snapshot, ValidationData, When};
use pencere::xml::{Canonicaliser, Element, Event, Limits, Method, Reader};
use std::hint::black_box;
use std::time::Duration;

/// The two shapes of a document.
fn documents() -> [(&'static str, Vec<u8>); 2] {
    [("canonical", material::canonical()), ("messy", material::messy())]
}

fn reader(octets: &[u8]) -> Reader<&[u8]> {
    Reader::new(octets, octets.len() as u64, &Limits::default())
}

/// Octets become events; events become canonical octets; octets become a digest.
fn octets(criterion: &mut Criterion) {
    let documents = documents();
    let mut group = criterion.benchmark_group("octets");
    for (shape, document) in &documents {
        group.throughput(Throughput::Bytes(document.len() as u64));
        group.bench_with_input(BenchmarkId::new("reader", shape), document, |bencher, document| {
            bencher.iter(|| {
                let (mut reader, mut events) = (reader(document), 0u64);
                while !matches!(reader.next().unwrap(), Event::Done) {
                    events += 1;
                }
                events
            });
        });
        group.bench_with_input(BenchmarkId::new("canonical form", shape), document, |bencher, document| {
            bencher.iter(|| {
                let (mut reader, mut written) = (reader(document), 0u64);
                let method = Method::Exclusive { comments: false, inclusive: Vec::new() };
                let mut canonicaliser =
                    Canonicaliser::document(method, |piece: &[u8]| written += black_box(piece).len() as u64);
                loop {
                    let event = reader.next().unwrap();
                    canonicaliser.take(&event).unwrap();
                    if let Event::Done = event {
                        break;
                    }
                }
                let _ = canonicaliser.finish();
                written
            });
        });
    }
    let document = &documents[0].1;
    group.throughput(Throughput::Bytes(document.len() as u64));
    group.bench_function("digest", |bencher| bencher.iter(|| Digest::of(black_box(document))));
    group.finish();
}

/// What is small is read whole, by its form.
fn forms(criterion: &mut Criterion) {
    let pki = Pki::new();
    let mut group = criterion.benchmark_group("forms");
    let xades = pki.xades();
    group.bench_function("XMLDSig with XAdES", |bencher| {
        bencher.iter(|| Signature::read(&Element::read(&mut reader(xades.as_bytes())).unwrap()).unwrap());
    });
    let content = Octets::from(b"measured".to_vec());
    let cms = cms::sign_detached(&content, &pki.key, &pki.person, Timestamp::now()).unwrap();
    group.bench_function("CMS", |bencher| {
        bencher.iter(|| {
            let der = der::definite(black_box(&cms)).unwrap();
            SignedData::read(&der).unwrap().signers.len()
        });
    });
    let container = material::container(32);
    group.bench_function("ASiC directory of 33", |bencher| {
        bencher.iter(|| Container::open(&container, &ContainerLimits::default()).unwrap().entries().len());
    });
    group.bench_function("certificate", |bencher| {
        bencher.iter(|| Certificate::from_der(black_box(pki.person.der())).unwrap());
    });
    group.finish();
}

/// Whether a value is a key's.
fn values(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("values");
    let rsa = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let keys: [(&str, PKey<Private>); 2] = [("RSA-2048", rsa), ("P-256", Pki::new().key)];
    let octets = [7; 1024];
    for (name, key) in &keys {
        let algorithm = value::algorithm_for(key).unwrap();
        let signature = value::sign(key, algorithm, &octets, Form::Raw).unwrap();
        group.bench_function(*name, |bencher| {
            bencher.iter(|| assert_eq!(value::verify(key, algorithm, &octets, &signature, Form::Raw), Ok(true)));
        });
    }
    group.finish();
}

/// Whether a certificate is believed: its path, and what is said of it.
fn trust(criterion: &mut Criterion) {
    let pki = Pki::new();
    let now = Timestamp::now();
    // asked about an earlier moment than that at which is asked: no snapshot remembers such an answer
    let when = When { at: now, now: now + SignedDuration::from_secs(1) };
    let snapshot =
        |revocation| Snapshot::new(vec![pki.ca.clone()], Vec::new(), revocation, SignedDuration::from_hours(1), now);
    let mut group = criterion.benchmark_group("trust");
    let mut judge = |name: &str, snapshot: Snapshot, data: ValidationData| {
        group.bench_function(name, |bencher| bencher.iter(|| snapshot.judge(&pki.person, &data, when).unwrap()));
    };
    judge("path", snapshot(None), ValidationData::default());
    judge("path, list of 100 000, its maker known", snapshot(Some(vec![pki.list(100_000)])), ValidationData::default());
    let responses = vec![pki.answer()];
    let when_answered = ValidationData { responses, ..ValidationData::default() };
    judge("path, OCSP answer, its maker known", snapshot(Some(Vec::new())), when_answered);
    group.finish();
}

/// Half a minute for all: the figures of a quiet machine differ by some percent from run to run.
fn settings() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(30)
}

criterion_group! { name = parts; config = settings(); targets = octets, forms, values, trust }
criterion_main!(parts);
