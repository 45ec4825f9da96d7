//! What lies in a container of evidence: each piece by its name, from evidence and from the judgement repeated.
//!
//! Of the registry only what concerns the signers comes out, and of `pencere.toml` nothing but its digest: a
//! registry names other persons (R 3.4.4, R 5.15).

use super::readme;
use crate::commands::Trouble;
use crate::commands::explain::judged::{Came, Explained};
use crate::commands::explain::past::Past;
use crate::commands::explain::{answer, told};
use crate::config::Part;
use crate::container::write::{self, Measure};
use crate::daemon::again::Repeated;
use crate::daemon::grounds::GroundsFile;
use crate::document::Digest;
use crate::document::Digester;
use crate::forms::certificate::Certificate;
use crate::host::Octets;
use crate::journal::{HeldFile, KeptFile};
use crate::trust::{Heard, OcspResponse, RevocationList, When};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// One file of the container.
pub(super) struct Piece {
    pub(super) name: String,
    pub(super) media_type: &'static str,
    pub(super) sha256: Digest,
    pub(super) measure: Measure,
    pub(super) octets: Octets,
}

const TEXT: &str = "text/plain";
const JSON: &str = "application/json";
const OTHER: &str = "application/octet-stream";

impl Piece {
    fn of(name: impl Into<String>, media_type: &'static str, octets: impl Into<Octets>) -> Result<Self, Trouble> {
        let (name, octets, mut digester) = (name.into(), octets.into(), Digester::new());
        let measure = write::measure(&octets, |piece| digester.update(piece));
        let measure = measure.map_err(|error| Trouble::broken(format!("{name}: {error}")))?;
        Ok(Self { sha256: digester.finish(), name, media_type, measure, octets })
    }
}

/// All of them, the README first.
pub(super) fn all(past: &Past, all: &[Explained]) -> Result<Vec<Piece>, Trouble> {
    let mut pieces = vec![Piece::of("README.txt", TEXT, readme::text(past).into_bytes())?];
    if let Some(held) = &past.held {
        let mut file = |file: &HeldFile, other: &str| {
            let octets = past.evidence().read(&file.kept());
            let octets = octets.map_err(|error| Trouble::broken(format!("the document: {error}")))?;
            pieces.push(Piece::of(format!("original/{}", plain(file, other)), OTHER, octets)?);
            Ok::<_, Trouble>(())
        };
        file(&held.document, "document")?;
        held.detached.as_ref().map(|detached| file(detached, "document.p7s")).transpose()?;
    }
    for one in all {
        let number = one.answered.answer;
        let receipt = past.octets("a receipt", &one.answered.receipt.kept())?;
        pieces.push(Piece::of(format!("receipts/{number}.receipt.xml"), "text/xml", receipt.to_vec())?);
        if let Some(kept) = one.answered.dossier.as_ref().map(KeptFile::kept) {
            let dossier = past.octets("a dossier", &kept)?;
            pieces.push(Piece::of(format!("judgement/{number}.dossier.json"), JSON, dossier.to_vec())?);
        }
    }
    let text = told::lines(past, all).join("\n") + "\n";
    pieces.push(Piece::of("judgement/explanation.txt", TEXT, text.into_bytes())?);
    pieces.push(Piece::of("judgement/explanation.json", JSON, json(&answer(past, all))?)?);
    pieces.push(match &past.exported {
        None => Piece::of("journal/lines.txt", TEXT, lines(past))?,
        Some(lines) => Piece::of("journal/lines.jsonl", JSON, lines.clone())?,
    });
    for (name, octets) in grounds(past, all)? {
        pieces.push(Piece::of(name, OTHER, octets)?);
    }
    Ok(pieces)
}

/// The name that the file was dropped under, where it can stand in a container.
fn plain(file: &HeldFile, other: &str) -> String {
    let shown = file.name.shown();
    match file.name.is_plain() && !shown.contains('/') && write::wrong_name(&shown).is_none() {
        true => shown,
        false => other.to_owned(),
    }
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, Trouble> {
    serde_json::to_vec_pretty(value).map_err(|error| Trouble::broken(error.to_string()))
}

/// The journal's lines on the submission, each behind the chain before it.
fn lines(past: &Past) -> Vec<u8> {
    let mut text = Vec::new();
    for (before, line) in &past.lines {
        text.extend(format!("before {before}\n").bytes());
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    text
}

/// What it was judged by, each once by its name.
fn grounds(past: &Past, all: &[Explained]) -> Result<BTreeMap<String, Vec<u8>>, Trouble> {
    let mut files = BTreeMap::new();
    for one in all {
        let short = &one.grounds.to_string()[..16];
        let folder = format!("grounds/{short}");
        let list = past.file("the list of the grounds", one.grounds)?;
        files.insert(format!("{folder}/grounds.json"), list.to_vec());
        let said: BTreeSet<Digest> = heard(past, one)?.into_iter().map(|heard| heard.sha256).collect();
        for file in &one.by.0.files {
            let octets = past.file(&file.path.display().to_string(), file.sha256)?;
            if let Some(name) = name(file, &octets, &said) {
                files.insert(format!("{folder}/{name}"), octets.to_vec());
            }
        }
        files.insert(format!("{folder}/registry-excerpt.json"), json(&excerpt(one))?);
        for signer in &one.answered.signers {
            if let Some(path) = path(past, one, *signer)? {
                files.insert(format!("signers/{signer}.pem"), pem(&path)?);
            }
        }
    }
    Ok(files)
}

/// Under which name a file of the configuration goes along; none that concerns others, or says where things lie.
fn name(file: &GroundsFile, octets: &[u8], said: &BTreeSet<Digest>) -> Option<String> {
    let last = file.path.file_name()?.to_str().filter(|last| last.bytes().all(|b| b.is_ascii_graphic()))?;
    match file.part {
        Part::Window | Part::Registry => None,
        Part::Seal => Some("seal.crt".to_owned()),
        Part::Stations => Some("stations.toml".to_owned()),
        Part::Datasets => {
            let dataset = file.path.parent()?.file_name()?.to_str()?;
            Some(format!("datasets/{dataset}.toml"))
        }
        Part::Trust => {
            let lists = RevocationList::from_file(octets).unwrap_or_default();
            let spoke = lists.iter().any(|list| said.contains(&list.sha256()))
                || OcspResponse::from_der(octets).is_ok_and(|answer| said.contains(&answer.sha256()));
            let is_other = lists.is_empty() && OcspResponse::from_der(octets).is_err();
            (spoke || is_other).then(|| format!("trust/{}-{last}", &file.sha256.to_string()[..8]))
        }
    }
}

fn heard(past: &Past, one: &Explained) -> Result<Vec<Heard>, Trouble> {
    match (&one.came, &past.doubt) {
        (Came::Repeated { again, .. }, _) => Ok(told::heard(again, one, &one.by.1).concat()),
        (Came::Doubted(_), Some((now, doubt, _))) => {
            let path = past.path(doubt.signer)?.unwrap_or_default();
            Ok(one.by.1.world().trust.heard(&path, When { at: doubt.moment, now: *now }))
        }
        _ => Ok(Vec::new()),
    }
}

/// The path by which a signer was believed; his certificate alone where he was not.
fn path(past: &Past, one: &Explained, signer: Digest) -> Result<Option<Vec<Certificate>>, Trouble> {
    let found = repeated(one).into_iter().flat_map(|again| &again.matter.report).flat_map(|report| &report.signatures);
    let mut signers = found.filter_map(|signature| signature.signer.as_ref());
    match signers.find(|who| who.certificate_sha256 == signer) {
        Some(who) if who.path.is_empty() => Ok(Some(vec![who.certificate.clone()])),
        Some(who) => Ok(Some(who.path.clone())),
        None => past.path(signer),
    }
}

fn repeated(one: &Explained) -> Option<&Repeated> {
    match &one.came {
        Came::Repeated { again, .. } => Some(again),
        Came::Doubted(_) | Came::NotJudged(_) => None,
    }
}

fn pem(path: &[Certificate]) -> Result<Vec<u8>, Trouble> {
    let mut all = Vec::new();
    for certificate in path {
        all.extend(certificate.x509().to_pem().map_err(|error| Trouble::broken(error.to_string()))?);
    }
    Ok(all)
}

/// What the registry has of the signers, and nobody else: the digest of the whole stands beside it.
#[derive(Serialize)]
struct Excerpt<'a> {
    /// The digest of the whole file, by which the window judged.
    registry_sha256: Option<Digest>,
    persons: Vec<PersonExcerpt<'a>>,
}

#[derive(Serialize)]
struct PersonExcerpt<'a> {
    participant: &'a str,
    body: &'a str,
    voen: &'a str,
    owner: bool,
    suspended: bool,
    competence: Vec<&'a str>,
    person: &'a str,
    /// Masked: the certificate has it.
    fin: String,
    certificates: &'a [Digest],
    datasets: Vec<&'a str>,
    rights: Vec<String>,
    from: String,
    to: Option<String>,
}

fn excerpt(one: &Explained) -> Excerpt<'_> {
    let (grounds, judge) = &*one.by;
    let is_registry =
        |file: &&GroundsFile| file.part == Part::Registry && file.path == judge.settings().window.paths.registry;
    let signers = &one.answered.signers;
    let bodies = judge.world().registry.participants.values();
    let persons = bodies.flat_map(|body| body.persons.iter().map(move |person| (body, person)));
    let signed = persons.filter(|(_, person)| person.certificates.iter().any(|one| signers.contains(one)));
    let persons = signed.map(|(body, person)| PersonExcerpt {
        participant: body.slug.as_str(),
        body: &body.name,
        voen: body.voen.as_str(),
        owner: body.owner,
        suspended: body.suspended,
        competence: body.datasets.iter().map(|dataset| dataset.as_str()).collect(),
        person: &person.name,
        fin: person.fin.to_string(),
        certificates: &person.certificates,
        datasets: person.datasets.iter().map(|dataset| dataset.as_str()).collect(),
        rights: person.rights.iter().map(|right| format!("{right:?}").to_lowercase()).collect(),
        from: person.from.to_string(),
        to: person.to.map(|to| to.to_string()),
    });
    let registry_sha256 = grounds.files.iter().find(is_registry).map(|file| file.sha256);
    Excerpt { registry_sha256, persons: persons.collect() }
}
