//! What was judged by, as it lies in a container of evidence: each file of the configuration once, by its digest, and
//! beside each list of grounds where every file of it lies here, or why it does not.
//!
//! Leaves nothing out in silence. Of the registry only what concerns the signers comes out, and of `pencere.toml`
//! nothing but its digest: a registry names other persons (R 3.4.4, R 5.15).

use super::gathered::{json, pem};
use super::paths::Paths;
use crate::commands::Trouble;
use crate::commands::explain::judged::Explained;
use crate::commands::explain::past::Past;
use crate::config::Part;
use crate::daemon::grounds::GroundsFile;
use crate::document::Digest;
use crate::forms::certificate::Certificate;
use crate::host::printable_line;
use crate::trust::{OcspResponse, RevocationList};
use serde::Serialize;
use std::collections::BTreeMap;

/// Why a file is not here, for people.
type Why = &'static str;

const OTHERS: Why = "başqalarına aiddir və pəncərədə qalır / concerns others, and stays with the window";
const NO_PATH: Why = "buradakı sertifikat yollarının heç birinə daxil deyil, pəncərədə qalır / \
    on nobody's path here, and stays with the window";

/// Files by their names in the container.
#[derive(Default)]
pub(super) struct Grounds {
    pub(super) files: BTreeMap<String, Vec<u8>>,
    /// Files of the configuration, by their digests.
    names: BTreeMap<Digest, String>,
    /// The seals' certificates among them.
    seals: Vec<(Certificate, String)>,
}

impl Grounds {
    /// What all verdicts on a submission were judged by.
    ///
    /// # Errors
    /// Broken: evidence that is missing or damaged.
    pub(super) fn of(past: &Past, all: &[Explained], paths: &Paths) -> Result<Self, Trouble> {
        let mut grounds = Self::default();
        for one in all {
            let folder = format!("grounds/{}", short(one.grounds));
            if grounds.files.contains_key(&format!("{folder}/contents.txt")) {
                continue;
            }
            let mut contents = CONTENTS.to_owned();
            for file in &one.by.0.files {
                let octets = past.shelf().file(&file.path.display().to_string(), file.sha256)?;
                let place = grounds.take(file, &octets, paths);
                let (place, why) = place.as_ref().map_or_else(|why| ("-", *why), |place| (place.as_str(), ""));
                let path = printable_line(&file.path.display().to_string());
                contents.push_str(format!("{}  {place}  {path}  {why}", file.sha256).trim_end());
                contents.push('\n');
            }
            let excerpt = json(&excerpt(one))?;
            let sha256 = Digest::of(&excerpt);
            let place = format!("grounds/files/{}-registry-excerpt.json", short(sha256));
            contents.push_str(&format!("{sha256}  {place}  {EXCERPT}\n"));
            grounds.files.insert(place, excerpt);
            let list = past.shelf().file("the list of the grounds", one.grounds)?;
            grounds.files.insert(format!("{folder}/grounds.json"), list.to_vec());
            grounds.files.insert(format!("{folder}/contents.txt"), contents.into_bytes());
        }
        Ok(grounds)
    }

    /// Takes a file in, once; where it lies, or why it does not go along.
    fn take(&mut self, file: &GroundsFile, octets: &[u8], paths: &Paths) -> Result<String, Why> {
        if let Some(known) = self.names.get(&file.sha256) {
            return Ok(known.clone());
        }
        match file.part {
            Part::Window | Part::Registry => return Err(OTHERS),
            Part::Trust if !is_of(octets, paths) => return Err(NO_PATH),
            Part::Trust | Part::Seal | Part::Stations | Part::Datasets => {}
        }
        let name = name(file);
        if file.part == Part::Seal {
            let found = Certificate::from_file(octets).unwrap_or_default();
            self.seals.extend(found.into_iter().map(|seal| (seal, name.clone())));
        }
        self.names.insert(file.sha256, name.clone());
        self.files.insert(name.clone(), octets.to_vec());
        Ok(name)
    }

    /// Where the certificate lies that a receipt says it is sealed with: the configuration's, else as it stands in the
    /// receipt.
    ///
    /// # Errors
    /// Broken: the receipt bears none.
    pub(super) fn seal(&mut self, one: &Explained) -> Result<String, Trouble> {
        let of_receipt: Vec<&[u8]> = one.receipt.certificates().collect();
        if let Some((_, name)) = self.seals.iter().find(|(seal, _)| of_receipt.contains(&seal.der())) {
            return Ok(name.clone());
        }
        let broken = |why: &str| Trouble::broken(format!("receipt {}: {why}", one.answered.receipt.number));
        let der = of_receipt.first().ok_or_else(|| broken("it does not say what it is sealed with"))?;
        let seal = Certificate::from_der(der).map_err(|why| broken(&why))?;
        let name = format!("grounds/files/{}-seal.pem", short(seal.sha256()));
        self.files.insert(name.clone(), pem(std::slice::from_ref(&seal))?);
        self.seals.push((seal, name.clone()));
        Ok(name)
    }
}

const EXCERPT: &str = "reyestrdən imzalayanlara aid hissə / of the registry what concerns the signers";
const CONTENTS: &str = "\
# Hər sətir: faylın SHA-256 özəti, bu konteynerdəki yeri, o vaxtkı adı; burada yoxdursa, «-» və səbəbi.
# Each line: the file's SHA-256, where it lies in this container, its name of that time; if it is not here, - and why.
";

/// Enough of a digest to tell a few files apart.
pub(super) fn short(sha256: Digest) -> String {
    let mut text = sha256.to_string();
    text.truncate(16);
    text
}

/// Whether a file of the trust goes along: what stands on a path here, or speaks of one; the policy always.
fn is_of(octets: &[u8], paths: &Paths) -> bool {
    let lists = RevocationList::from_file(octets).unwrap_or_default();
    let answer = OcspResponse::from_der(octets).ok();
    let certificates = Certificate::from_file(octets).unwrap_or_default();
    let is_other = lists.is_empty() && answer.is_none() && certificates.is_empty();
    is_other
        || lists.iter().any(|list| paths.said.contains(&list.sha256()))
        || answer.is_some_and(|answer| paths.said.contains(&answer.sha256()))
        || certificates.iter().any(|one| paths.certificates.contains(&one.sha256()))
}

/// By its digest, and by its own name where every tool and every shell takes that as it is.
fn name(file: &GroundsFile) -> String {
    let last = || file.path.file_name().and_then(|name| name.to_str());
    let own = match file.part {
        Part::Seal => Some("seal.crt".to_owned()),
        Part::Stations => Some("stations.toml".to_owned()),
        Part::Datasets => {
            let dataset = file.path.parent().and_then(|folder| folder.file_name()?.to_str());
            dataset.map(|dataset| format!("{dataset}.toml"))
        }
        Part::Window | Part::Registry | Part::Trust => last().map(str::to_owned),
    };
    let is_plain = |own: &String| {
        own.len() <= 100 && own.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    };
    let short = short(file.sha256);
    match own.filter(is_plain) {
        Some(own) => format!("grounds/files/{short}-{own}"),
        None => format!("grounds/files/{short}"),
    }
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
    /// Whether the signature of a mail files for it.
    mail_signature: bool,
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
        mail_signature: body.mail_signature,
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
