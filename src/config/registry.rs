//! Reads `registry.toml`: participants and their responsible persons (S 2.1.2, 4.2.2, R 3.2), with the
//! certificates that it names. Never judges a document.

use super::files::{Gathered, Part};
use super::mistake::Mistake;
use super::reader::{At, Source, Spot, Table};
use crate::authority::{Answers, Participant, Person, Registry, Right};
use crate::document::{DatasetName, Digest, Fin, IdentityFault, MailAddress, ParticipantName, Voen};
use crate::forms::certificate::Certificate;
use crate::trust::IdentityProfile;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The datasets of the statute (S 6.1.1 to 6.1.6): a competence may name one before the window
/// has a description of it.
const OF_THE_STATUTE: [&str; 6] = ["cadastre", "grid", "capacity", "generation", "gas-savings", "carbon-revenue"];

/// What the registry's file is read against.
pub(super) struct Against<'a> {
    /// Where certificates keep FİN and VÖEN.
    pub profile: &'a IdentityProfile,
    /// The datasets that have a description.
    pub datasets: BTreeSet<DatasetName>,
    /// Whether mail goes out at all; none where nobody can tell.
    pub posts: Option<bool>,
    /// Whether the window's own address is known.
    pub is_addressed: bool,
}

/// What was read of the registry.
pub(super) struct Read {
    /// As far as it can be read; complete when no mistake was noted.
    pub registry: Registry,
    /// The slugs that stand there, of participants with a mistake inside, too; none where the file
    /// is no TOML throughout, so that nobody can tell.
    pub declared: Option<BTreeSet<String>>,
}

/// The registry; none when the file cannot be read at all.
pub(super) fn read(gathered: &mut Gathered, path: &Path, against: &Against<'_>) -> Option<Read> {
    let base = path.parent().unwrap_or(Path::new("")).to_owned();
    gathered.toml(path, Part::Registry, |gathered, source, top| {
        let certificates = Some((gathered, base.as_path()));
        let (registered, declared) = (BTreeMap::new(), BTreeSet::new());
        let (registry, declared) =
            Reading { certificates, source, against, registered, declared, owner: None }.registry(top);
        Read { registry, declared: (!source.is_broken()).then_some(declared) }
    })
}

/// The participants and persons of a registry's text, certificates left unread.
pub(super) fn persons_of(text: &str) -> Result<Registry, Vec<Mistake>> {
    let profile = IdentityProfile::standard();
    let against = Against { profile: &profile, datasets: BTreeSet::new(), posts: None, is_addressed: true };
    let (source, table) = Source::parse(Path::new("registry.toml"), text);
    let top = source.top(table);
    let reading = Reading {
        certificates: None,
        source: &source,
        against: &against,
        registered: BTreeMap::new(),
        declared: BTreeSet::new(),
        owner: None,
    };
    let (registry, _) = reading.registry(top);
    let (mistakes, ..) = source.finish();
    if mistakes.is_empty() { Ok(registry) } else { Err(mistakes) }
}

struct Reading<'a, 's, 't> {
    /// Where certificates are gathered, and the folder their paths start from; none when they are
    /// left unread.
    certificates: Option<(&'a mut Gathered, &'a Path)>,
    source: &'s Source<'t>,
    against: &'a Against<'a>,
    /// Certificate by certificate, whose it is: no two persons may share one.
    registered: BTreeMap<Digest, String>,
    /// Every slug that stands there.
    declared: BTreeSet<String>,
    owner: Option<String>,
}

impl Reading<'_, '_, '_> {
    fn registry(mut self, mut top: Table<'_, '_>) -> (Registry, BTreeSet<String>) {
        top.need(&["participants"]);
        let mut registry = Registry::default();
        let participants = top.table("participants");
        let spot = participants.as_ref().map(|table| table.spot().clone());
        for (slug, table) in participants.map(Table::entries).unwrap_or_default() {
            self.declared.insert(slug.value.clone());
            if let Some(participant) = self.participant(&slug, table) {
                self.voen_is_alone(&registry, &participant, &slug.spot);
                registry.participants.insert(participant.slug.clone(), participant);
            }
        }
        top.finish();
        if let (None, Some(spot)) = (&self.owner, spot) {
            self.source
                .warning(&spot, "none of these is `owner = true`, so nobody may file for every station (S 7.1.4)");
        }
        (registry, self.declared)
    }

    fn participant(&mut self, slug: &At<String>, mut table: Table<'_, '_>) -> Option<Participant> {
        table.need(&["name", "voen", "datasets", "suspended"]);
        let name = table.string("name");
        let voen = table.string("voen").and_then(|voen| self.voen(&voen));
        let owner = table.boolean("owner").is_some_and(|owner| owner.value);
        let datasets = table.strings("datasets").map(|texts| self.datasets(texts));
        let suspended = table.boolean("suspended");
        let (mail, answers) = self.answers(slug, &mut table);
        let mail_signature = self.mail_signature(&mut table);
        let mut persons = Vec::new();
        for person in table.tables("persons") {
            let known = datasets.clone().unwrap_or_default();
            persons.extend(self.person(slug, voen.as_ref(), &known, person));
        }
        table.finish();
        if owner && let Some(other) = self.owner.replace(slug.value.clone()) {
            self.source.mistake(&slug.spot, format!("is owner, and so is {other}; BOEMİS has one owner (S 2.1.3)"));
        }
        let slug = self.slug(slug)?;
        Some(Participant {
            slug,
            name: name?.value,
            voen: voen?,
            owner,
            datasets: datasets?,
            suspended: suspended?.value,
            mail,
            answers,
            mail_signature,
            persons,
        })
    }

    fn person(
        &mut self,
        slug: &At<String>,
        voen: Option<&Voen>,
        competence: &BTreeSet<DatasetName>,
        mut table: Table<'_, '_>,
    ) -> Option<Person> {
        table.need(&["name", "fin", "certificates", "datasets", "rights", "from"]);
        let name = table.string("name");
        let fin = table.string("fin").and_then(|text| match text.value.parse::<Fin>() {
            Ok(fin) => Some(fin),
            Err(_) => {
                // the text is not repeated: it may be somebody's FİN with a slip
                self.source.mistake(&text.spot, "is no FİN: seven of 0-9 and A-Z without I and O (R 4.6)");
                None
            }
        });
        let mut fingerprints = Vec::new();
        for path in table.strings("certificates").unwrap_or_default() {
            let whose = format!("{}: {}", slug.value, name.as_ref().map_or("?", |name| name.value.as_str()));
            fingerprints.extend(self.certificate(&path, &whose, fin.as_ref(), voen));
        }
        let datasets = table.strings("datasets").map(|texts| {
            for text in texts.iter().filter(|text| competence.iter().all(|known| known.as_str() != text.value)) {
                self.source.warning(
                    &text.spot,
                    format!(
                        "{:?} is not among the datasets of {}, so this person cannot file it",
                        text.value, slug.value
                    ),
                );
            }
            self.datasets(texts)
        });
        let rights = table.strings("rights").map(|texts| self.rights(texts));
        let (from, to) = (table.day("from"), table.day("to"));
        if let (Some(from), Some(to)) = (&from, &to)
            && to.value < from.value
        {
            self.source.mistake(&to.spot, "lies before `from`");
        }
        table.finish();
        Some(Person {
            name: name?.value,
            fin: fin?,
            certificates: fingerprints,
            datasets: datasets?,
            rights: rights?,
            from: from?.value,
            to: to.map(|to| to.value),
        })
    }

    /// Where and by which ways it is answered.
    fn answers(&self, slug: &At<String>, table: &mut Table<'_, '_>) -> (Option<MailAddress>, Answers) {
        let mail = table.string("mail").and_then(|text| super::post::address(self.source, &text));
        let Some(words) = table.strings("answers") else {
            return (mail.map(|mail| mail.value), Answers::default());
        };
        let mut answers = Answers { folder: false, mail: false };
        for word in &words {
            match word.value.as_str() {
                "folder" => answers.folder = true,
                "mail" => answers.mail = true,
                other => {
                    let meant = super::reader::meant(other, ["folder", "mail"].into_iter());
                    let message = format!("{other:?} is no way to answer: it is \"folder\" or \"mail\"{meant}");
                    self.source.mistake(&word.spot, message);
                }
            }
        }
        let spot = words.first().map_or(&slug.spot, |word| &word.spot);
        if words.is_empty() {
            self.source.mistake(spot, "has `answers`, and none in it: it is answered in its folder, by mail, or both");
        }
        if answers.mail && mail.is_none() && !table.has("mail") {
            self.source.mistake(spot, "is answered by mail, and no address stands beside it as `mail`");
        }
        if answers.mail && self.against.posts == Some(false) {
            self.source.mistake(spot, "is answered by mail, and [mail.smtp] of the window names no server");
        }
        (mail.map(|mail| mail.value), answers)
    }

    /// Whether its mail's own signature files; by default it does not.
    fn mail_signature(&self, table: &mut Table<'_, '_>) -> bool {
        let Some(files) = table.word("mail_signature", &[("nothing", false), ("files", true)]) else { return false };
        if files.value && !self.against.is_addressed {
            let message = "asks whether a mail is to this window, and [mail] addresses names none of its addresses";
            self.source.mistake(&files.spot, message);
        }
        files.value
    }

    fn slug(&self, slug: &At<String>) -> Option<ParticipantName> {
        slug.value.parse().map_err(|form: &str| self.source.mistake(&slug.spot, form)).ok()
    }

    fn voen(&self, text: &At<String>) -> Option<Voen> {
        let fault = match text.value.parse() {
            Ok(voen) => return Some(voen),
            Err(IdentityFault::Form) => "a VÖEN has ten digits, the last of them 1",
            Err(IdentityFault::CheckDigit) => "the check digit, the ninth, does not follow from the first eight",
            Err(IdentityFault::NotABody) => "it ends in 2 and so belongs to a natural person; a participant is a body",
        };
        self.source.mistake(&text.spot, format!("{:?} is no VÖEN of a body: {fault} (R 4.6)", text.value));
        None
    }

    fn voen_is_alone(&self, registry: &Registry, participant: &Participant, spot: &Spot) {
        if let Some(other) = registry.participants.values().find(|other| other.voen == participant.voen) {
            self.source.mistake(spot, format!("has the VÖEN of {}; every body has its own", other.slug));
        }
    }

    fn datasets(&self, texts: Vec<At<String>>) -> BTreeSet<DatasetName> {
        let mut datasets = BTreeSet::new();
        for text in texts {
            match text.value.parse::<DatasetName>() {
                Ok(name) => {
                    if !self.against.datasets.contains(&name) && !OF_THE_STATUTE.contains(&name.as_str()) {
                        let known = OF_THE_STATUTE.iter().copied();
                        let meant = super::reader::meant(name.as_str(), known);
                        self.source.warning(&text.spot, format!("\"{name}\" is no dataset of this window{meant}"));
                    }
                    datasets.insert(name);
                }
                Err(form) => self.source.mistake(&text.spot, format!("{:?}: {form}", text.value)),
            }
        }
        datasets
    }

    fn rights(&self, texts: Vec<At<String>>) -> BTreeSet<Right> {
        let mut rights = BTreeSet::new();
        for text in texts {
            match text.value.as_str() {
                "file" => rights.insert(Right::File),
                "approve" => rights.insert(Right::Approve),
                "propose" => rights.insert(Right::Propose),
                other => {
                    let meant = super::reader::meant(other, ["file", "approve", "propose"].into_iter());
                    self.source.mistake(
                        &text.spot,
                        format!("{other:?} is no right: it is \"file\", \"approve\" or \"propose\"{meant}"),
                    );
                    false
                }
            };
        }
        rights
    }

    /// Fingerprint of a person's certificate, which must fit the person as far as it speaks.
    fn certificate(
        &mut self,
        text: &At<String>,
        whose: &str,
        fin: Option<&Fin>,
        voen: Option<&Voen>,
    ) -> Option<Digest> {
        let (gathered, base) = self.certificates.as_mut()?;
        let octets = gathered.named(self.source, &text.spot, &base.join(&text.value), Part::Registry)?;
        let certificate = match Certificate::from_file(&octets) {
            Ok(found) if found.len() == 1 => found.into_iter().next()?,
            Ok(found) => {
                let message = format!("{} holds {} certificates; one file, one certificate", text.value, found.len());
                self.source.mistake(&text.spot, message);
                return None;
            }
            Err(fault) => {
                self.source.mistake(&text.spot, format!("{} holds no certificate: {fault}", text.value));
                return None;
            }
        };
        let fingerprint = certificate.sha256();
        if let Some(other) = self.registered.insert(fingerprint, whose.to_owned()) {
            self.source.mistake(
                &text.spot,
                format!("{} is registered already, for {other}; nobody could tell who signed", text.value),
            );
        }
        let in_it = self.against.profile.fin(&certificate);
        if let (Some(in_it), Some(fin)) = (&in_it, fin)
            && in_it != fin
        {
            self.source.mistake(&text.spot, format!("{} bears the FİN of another person", text.value));
        }
        if let (Some(in_it), Some(voen)) = (self.against.profile.voen(&certificate), voen)
            && in_it != *voen
        {
            let message = format!("{} was issued for the body {in_it}, and this participant is {voen}", text.value);
            self.source.warning(&text.spot, message);
        }
        Some(fingerprint)
    }
}
