//! `pencere archive verify`: units are read and checked, with a protocol for two signatures (R 5.7.2).

use super::super::files::Making;
use super::{Exit, Outcome, OutputArgs, Screen, Trouble, WindowArgs, records, standing, unit_path};
use crate::archive::check::{Unfit, Verified};
use crate::archive::gather::KnownUnit;
use crate::archive::unit;
use crate::config::Settings;
use crate::daemon::archiving;
use crate::document::{BAKU, Digest};
use crate::forms::certificate::Certificate;
use crate::host::Disk;
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Read archive units and check them, and write a protocol for two signatures
///
/// Of each unit: the file itself against the journal's digest, its structure, note and index;
/// and of the submissions, all or a random sample: every file against its digest, every
/// receipt's seal, that it speaks of the original beside it, and that index, journal lines and
/// records say what it says. A unit that is given as a file needs no window.
///
/// Exit code 0: all that was checked is whole. 1: something is not, and is named; or there is
/// no unit, or no submission in it, and nothing was read.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct ArchiveVerifyArgs {
    /// Units, by name or file [default: all that the journal knows]
    #[arg(value_name = "UNIT")]
    pub units: Vec<String>,
    /// Only so many submissions, chosen at random over all units
    #[arg(long, value_name = "N", conflicts_with = "all")]
    pub sample: Option<NonZeroUsize>,
    /// Only if every receipt was sealed by this certificate, published by the window; may be repeated [default: by one
    /// in the unit]
    #[arg(long = "seal", value_name = "CERT")]
    pub seals: Vec<PathBuf>,
    /// All submissions; so it is without --sample as well
    #[arg(long)]
    pub all: bool,
    /// Write the protocol into this file, and replace it [default: with the answer]
    #[arg(short, long, value_name = "FILE")]
    pub protocol: Option<PathBuf>,
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// The answer for programs.
#[derive(Serialize)]
struct Answer {
    /// Whether all that was checked is whole; false where nothing was.
    whole: bool,
    /// How many submissions were to be chosen; null when all were checked.
    sample: Option<NonZeroUsize>,
    /// Whether the receipts were proven by certificates that were named, and not by those in the units.
    sealed_by_named: bool,
    units: Vec<UnitAnswer>,
}

#[derive(Serialize)]
struct UnitAnswer {
    unit: String,
    /// The digest of its file; null where it cannot be read.
    sha256: Option<Digest>,
    /// Submissions in it.
    submissions: u64,
    /// What was verified; null where something is wrong.
    verified: Option<Verified>,
    /// The submissions that were chosen; empty when all were checked.
    chosen: Vec<String>,
    /// Fingerprints of the certificates that seal its receipts.
    seals: Vec<Digest>,
    /// What is wrong; null when it is whole.
    unfit: Option<String>,
}

/// A unit to be checked.
struct Asked {
    name: String,
    path: PathBuf,
    known: Option<KnownUnit>,
}

/// Checks them.
///
/// # Errors
/// Usage: the configuration, or a unit that is not there. Broken: the disk.
pub fn run(args: &ArchiveVerifyArgs, screen: &mut Screen) -> Outcome {
    let asked = asked(args)?;
    let seals = super::seals(&args.seals)?;
    let sealed_by_named = !seals.is_empty();
    let mut answer = Answer { whole: false, sample: args.sample, sealed_by_named, units: Vec::new() };
    let chosen = match args.sample {
        Some(count) => Some(choose(&asked, count.get())?),
        None => None,
    };
    for one in &asked {
        let only = chosen.as_ref().map(|chosen| {
            chosen.iter().filter(|(path, _)| *path == one.path).map(|(_, id)| id.clone()).collect::<BTreeSet<_>>()
        });
        answer.units.push(check(one, only, &seals)?);
    }
    let read = |unit: &UnitAnswer| unit.verified.map_or(0, |verified| verified.submissions);
    answer.whole =
        answer.units.iter().all(|unit| unit.unfit.is_none()) && answer.units.iter().map(read).sum::<u64>() > 0;
    let protocol = protocol(&answer, Timestamp::now());
    if let Some(path) = &args.protocol {
        let mut file = Making::begin(path, true)?;
        file.write_all(protocol.as_bytes()).map_err(|error| Trouble::broken(format!("{}: {error}", path.display())))?;
        file.finish()?;
    }
    screen.json(&answer);
    match args.protocol {
        None => screen.say(protocol),
        Some(_) => tell(&answer, screen),
    }
    Ok(Exit::answer(answer.whole))
}

fn asked(args: &ArchiveVerifyArgs) -> Result<Vec<Asked>, Trouble> {
    let files = !args.units.is_empty() && args.units.iter().all(|unit| PathBuf::from(unit).is_file());
    let settings: Option<Settings> = match files && args.window.named().is_none() {
        true => None,
        false => Some(records::settings(&args.window)?),
    };
    let known = match &settings {
        Some(settings) => standing(settings)?.units,
        None => Vec::new(),
    };
    let of = |name: &str| known.iter().find(|known| known.name == name).cloned();
    if args.units.is_empty() {
        let to = settings.as_ref().map(|settings| settings.archive.to.clone()).unwrap_or_default();
        let all = known.iter().map(|unit| Asked {
            name: unit.name.clone(),
            path: archiving::path(&to, &unit.name),
            known: Some(unit.clone()),
        });
        return Ok(all.collect());
    }
    let one = |named: &String| {
        let path = unit_path(settings.as_ref(), named)?;
        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Asked { known: of(&name), name, path })
    };
    args.units.iter().map(one).collect()
}

/// So many submissions of all units, each as likely as any other: its unit's file, which alone tells two units of one
/// name apart, and its id.
fn choose(asked: &[Asked], count: usize) -> Result<BTreeSet<(PathBuf, String)>, Trouble> {
    let mut all = Vec::new();
    for one in asked {
        // what cannot be opened is told when it is checked
        if let Ok((_, unit)) = archiving::open(&Disk::system(), &one.path) {
            all.extend(unit.rows().iter().map(|row| (one.path.clone(), row.id.clone())));
        }
    }
    let mut chosen = BTreeSet::new();
    while chosen.len() < count && !all.is_empty() {
        let mut number = [0; 8];
        openssl::rand::rand_bytes(&mut number).map_err(|error| Trouble::broken(error.to_string()))?;
        let at = u64::from_le_bytes(number) % all.len() as u64;
        chosen.insert(all.swap_remove(at as usize));
    }
    Ok(chosen)
}

fn check(one: &Asked, only: Option<BTreeSet<String>>, seals: &[Certificate]) -> Result<UnitAnswer, Trouble> {
    let chosen: Vec<String> = only.iter().flatten().cloned().collect();
    let mut answer = UnitAnswer {
        unit: one.name.clone(),
        sha256: None,
        submissions: 0,
        verified: None,
        chosen,
        seals: Vec::new(),
        unfit: None,
    };
    let mut look = || -> Result<Verified, Unfit> {
        let disk = Disk::system();
        let file = disk.open(&one.path)?;
        let len = file.metadata()?.len();
        let octets = crate::host::Octets::File(std::sync::Arc::new(file), len);
        let sha256 = unit::digest(&octets)?;
        answer.sha256 = Some(sha256);
        if let Some(known) = one.known.as_ref().filter(|known| known.sha256 != sha256) {
            answer.submissions = known.submissions;
        }
        let unit = crate::archive::check::Unit::open(&octets)?;
        answer.submissions = unit.rows().len() as u64;
        answer.seals = unit.seals().iter().map(|seal| seal.sha256()).collect();
        let verified = unit.verify(only.as_ref(), seals, &archiving::engine)?;
        match one.known.as_ref().is_none_or(|known| known.sha256 == sha256) {
            true => Ok(verified),
            false => Err(Unfit::Wrong("it is whole, and not the file that the journal knows".to_owned())),
        }
    };
    match look() {
        Ok(verified) => answer.verified = Some(verified),
        Err(Unfit::Wrong(why)) => answer.unfit = Some(why),
        Err(Unfit::Disk(error)) if error.kind() == std::io::ErrorKind::NotFound => {
            answer.unfit = Some(format!("{} is missing", one.path.display()));
        }
        Err(Unfit::Disk(error)) => return Err(Trouble::broken(format!("{}: {error}", one.path.display()))),
    }
    Ok(answer)
}

fn tell(answer: &Answer, screen: &mut Screen) {
    if answer.units.is_empty() {
        screen.say("There is no archive unit: nothing was read.");
    }
    for unit in &answer.units {
        screen.say(match (&unit.verified, &unit.unfit) {
            (Some(verified), _) if verified.submissions == 0 => format!(
                "{}: none of its {} submissions was read; the file, its structure, note and index are whole",
                unit.unit, unit.submissions
            ),
            (Some(verified), _) => format!(
                "{}: whole; {} of {} submissions, {} files, {} receipts",
                unit.unit, verified.submissions, unit.submissions, verified.files, verified.receipts
            ),
            (None, why) => format!("{}: NOT WHOLE: {}", unit.unit, why.as_deref().unwrap_or("not checked")),
        });
    }
}

/// The protocol (R 5.7.2), in Azerbaijani.
fn protocol(answer: &Answer, now: Timestamp) -> String {
    let mut text = format!(
        "ARXİVİN OXUNMASININ YOXLANILMASI HAQQINDA PROTOKOL\n\
         (Qaydaların 5.7.2-ci yarımbəndi)\n\n\
         Tarix:        {} (Bakı)\n\
         Proqram:      pencere {}\n\
         Həcm:         {}\n",
        BAKU.to_datetime(now).strftime("%Y-%m-%d %H:%M"),
        env!("CARGO_PKG_VERSION"),
        match answer.sample {
            Some(count) => format!("bütün vahidlərdən təsadüfi seçilmiş {count} sənəd"),
            None => "bütün sənədlər".to_owned(),
        }
    );
    if answer.units.is_empty() {
        text.push_str("\nArxiv vahidi yoxdur: heç nə oxunmayıb və heç nə yoxlanılmayıb.\n");
    }
    for unit in &answer.units {
        let sha256 = unit.sha256.map_or_else(|| "oxunmadı".to_owned(), |sha256| sha256.to_string());
        text.push_str(&format!("\nVahid:        {}\nSHA-256:      {sha256}\n", unit.unit));
        for seal in &unit.seals {
            text.push_str(&format!("Möhür sertifikatı, SHA-256: {seal}\n"));
        }
        match (&unit.verified, &unit.unfit) {
            (Some(verified), _) => text.push_str(&found(unit, *verified, answer.sealed_by_named)),
            (None, why) => {
                let why = why.as_deref().unwrap_or_default();
                text.push_str(&format!("Nəticə:       POZULUB: {why}\n"));
            }
        }
        for id in &unit.chosen {
            text.push_str(&format!("    {id}\n"));
        }
    }
    text.push_str(
        "\nTəhvil verən tərəf:\n    Ad, soyad, vəzifə: ______________________________   İmza: ____________________\n\
         \nTəhvil alan tərəf:\n    Ad, soyad, vəzifə: ______________________________   İmza: ____________________\n",
    );
    text
}

/// What was read of a unit, what was not, and what that came to.
fn found(unit: &UnitAnswer, verified: Verified, sealed_by_named: bool) -> String {
    const OF_UNIT: &str = "faylın özü, quruluşu, arxiv qeydi və indeksi";
    let Verified { submissions, files, octets, receipts, .. } = verified;
    let rest = unit.submissions.saturating_sub(submissions);
    let unread = match rest {
        0 => String::new(),
        rest => format!("Yoxlanılmayıb: {rest} sənəd (seçilməyib)\n"),
    };
    if submissions == 0 {
        return format!(
            "Yoxlanılıb:   {OF_UNIT}\n{unread}\
             Nəticə:       SƏNƏDLƏRİ OXUNMAYIB. Yoxlanılan hissə düzdür; sənədlər barədə heç nə deyilmir.\n"
        );
    }
    let word = if rest == 0 { "BÜTÖVDÜR." } else { "YOXLANILAN SƏNƏDLƏR BÜTÖVDÜR." };
    let seal = match sealed_by_named {
        true => "göstərilmiş möhür sertifikatı ilə",
        false => "vahidin içindəki möhür sertifikatı ilə; onu dərc olunmuş sertifikatla tutuşdurun",
    };
    format!(
        "Yoxlanılıb:   {OF_UNIT};\n              \
         {} sənəddən {submissions}, {files} fayl, {octets} bayt, {receipts} qəbz\n{unread}\
         Nəticə:       {word} Faylların SHA-256 cəmləri və qəbzlərin möhürləri düzdür;\n              \
         indeks, jurnal sətirləri və yazıların sayı qəbzlərdə deyilənlərdir.\n\
         Möhür:        {seal}\n",
        unit.submissions
    )
}
