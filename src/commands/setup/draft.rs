//! A configuration in a folder of its own, beside the place where it will stand.
//!
//! Owns what stands in a new window's files. It is checked there, as the daemon would read it; then what is missing in
//! the right place moves over, whole folders where none is, `pencere.toml` at last: as long as that is not there, no
//! window is. What stood before is copied in first, so that the check is of all of it, and is never written over.

use super::accounts::Account;
use super::asked::Answers;
use super::folders::{Made, broken, own};
use super::places::Places;
use super::{Path, PathBuf, Screen, Trouble};
use crate::authority::Environment;
use crate::commands::trial;
use crate::config::{Config, SealApart};
use crate::forms::issue::{Issued, Validity, fresh_key};
use crate::host::Disk;
use jiff::{SignedDuration, Timestamp};
use openssl::pkey::{PKey, Private};
use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};

/// How long a seal is in force that this makes: three years, within which its algorithm stays good (ETSI TS 119 312),
/// and few enough for somebody to remember how it was made.
const IN_FORCE: SignedDuration = SignedDuration::from_hours(3 * 365 * 24);
/// A clock may be set back a little after this.
const BEFORE: SignedDuration = SignedDuration::from_hours(1);

/// How a draft is called, before the number of its process.
const NAME: &str = ".pencere-setup-";

/// The draft; gone with this.
pub(super) struct Draft {
    folder: PathBuf,
    etc: PathBuf,
    /// The folder above, where this made it.
    above: Option<PathBuf>,
}

impl Draft {
    /// All that these answers ask for.
    ///
    /// # Errors
    /// Usage: a file that cannot be read, or whose place is taken.
    pub(super) fn make(answers: &Answers, places: &Places, now: Timestamp) -> Result<Self, Trouble> {
        let above = places.etc.parent().unwrap_or(Path::new("/")).to_owned();
        let is_new = !above.exists();
        DirBuilder::new().recursive(true).mode(0o755).create(&above).map_err(|error| broken(&above, &error))?;
        swept(&above);
        let folder = above.join(format!("{NAME}{}", std::process::id()));
        let etc = places.etc.clone();
        let draft = Self { folder, etc, above: is_new.then_some(above) };
        DirBuilder::new().mode(0o700).create(&draft.folder).map_err(|error| broken(&draft.folder, &error))?;
        if draft.etc.exists() {
            copied(&draft.etc, &draft.folder)?;
        }
        draft.fill(answers, places, now)?;
        Ok(draft)
    }

    fn fill(&self, answers: &Answers, places: &Places, now: Timestamp) -> Result<(), Trouble> {
        self.put("pencere.toml", window(answers, places)?.as_bytes())?;
        let pki = self.folder.join("pki");
        trial::folder_at(&pki, 0o750)?;
        match &answers.registry {
            Some(path) => self.registry(path)?,
            None if answers.is_trial() => self.put("registry.toml", trial::REGISTRY.as_bytes())?,
            None => self.put("registry.toml", nobody().as_bytes())?,
        }
        let has_nobody = answers.registry.is_none() && !answers.is_trial();
        match &answers.stations {
            Some(path) => self.take(path, Path::new("stations.toml"))?,
            None if has_nobody => self.put("stations.toml", no_station().as_bytes())?,
            None => self.put("stations.toml", trial::STATIONS.as_bytes())?,
        }
        if !self.folder.join("datasets").exists() {
            trial::datasets(&self.folder.join("datasets"))?;
        }
        for anchor in &answers.anchors {
            let name = anchor.file_name().ok_or_else(|| Trouble::usage(format!("{}: no file", anchor.display())))?;
            trial::folder_at(&pki.join("anchors"), 0o750)?;
            self.take(anchor, &Path::new("pki/anchors").join(name))?;
        }
        if answers.is_trial() && !pki.join("ca.crt").exists() {
            trial::persons(&pki, now)?;
        }
        if answers.seal_apart {
            self.put("seal.toml", apart(answers, places).as_bytes())?;
        }
        self.seal(answers, now)
    }

    /// Key and certificate; the certificate is made over the key that is there.
    fn seal(&self, answers: &Answers, now: Timestamp) -> Result<(), Trouble> {
        let at = self.folder.join("pki/seal.key");
        if let Some(path) = &answers.seal_key {
            self.take(path, Path::new("pki/seal.key"))?;
        } else if !at.exists() {
            let made = fresh_key().and_then(|key| key.private_key_to_pem_pkcs8()).map_err(trial::Trouble::Issue)?;
            trial::write(&at, &made, 0o600)?;
        }
        if let Some(path) = &answers.seal_certificate {
            return self.take(path, Path::new("pki/seal.crt"));
        }
        let certificate = self.folder.join("pki/seal.crt");
        if certificate.exists() {
            return Ok(());
        }
        let octets = fs::read(&at).map_err(|error| broken(&at, &error))?;
        let key: PKey<Private> = PKey::private_key_from_pem_callback(&octets, |_| Ok(0))
            .map_err(|_| Trouble::usage("the seal's key is no private key in PEM, or an encrypted one"))?;
        let is_trial = answers.environment == Environment::Test;
        let validity = Validity { from: now - BEFORE, to: now + IN_FORCE };
        let made = Issued::seal_over(key, &answers.name, is_trial, validity).and_then(|seal| seal.certificate_pem());
        trial::write(&certificate, &made.map_err(trial::Trouble::Issue)?, 0o640)?;
        Ok(())
    }

    /// The registry, with the certificates that it names beside itself.
    fn registry(&self, path: &Path) -> Result<(), Trouble> {
        self.take(path, Path::new("registry.toml"))?;
        let text = fs::read_to_string(path).map_err(|error| Trouble::reading(path, &error))?;
        // what is no registry is told where it is checked
        let Ok(table) = text.parse::<toml::Table>() else { return Ok(()) };
        let beside = path.parent().unwrap_or(Path::new(""));
        for name in certificates(&table) {
            let name = Path::new(&name);
            let is_plain = name.components().all(|part| matches!(part, std::path::Component::Normal(_)));
            if is_plain && beside.join(name).is_file() && !self.folder.join(name).exists() {
                let to = self.folder.join(name);
                trial::folder_at(to.parent().unwrap_or(&self.folder), 0o750)?;
                self.take(&beside.join(name), name)?;
            }
        }
        Ok(())
    }

    /// A text of our own, unless something stands there.
    fn put(&self, name: &str, octets: &[u8]) -> Result<(), Trouble> {
        let to = self.folder.join(name);
        match to.exists() {
            true => Ok(()),
            false => Ok(trial::write(&to, octets, 0o640)?),
        }
    }

    /// A file of the caller's, which must not meet another.
    fn take(&self, from: &Path, to: &Path) -> Result<(), Trouble> {
        let octets = fs::read(from).map_err(|error| Trouble::reading(from, &error))?;
        let there = self.folder.join(to);
        match fs::read(&there) {
            Ok(stands) if stands == octets => Ok(()),
            Ok(_) => Err(Trouble::usage(format!(
                "{} stands, and is another than {}; what stands is never changed",
                self.etc.join(to).display(),
                from.display()
            ))),
            Err(_) => Ok(trial::write(&there, &octets, 0o600)?),
        }
    }

    /// The configuration, without a mistake; what is odd is told.
    ///
    /// # Errors
    /// Usage: every mistake, under the name that its file would have.
    pub(super) fn checked(&self, places: &Places, screen: &mut Screen) -> Result<Config, Trouble> {
        let (draft, etc) = (self.folder.display().to_string(), self.etc.display().to_string());
        let named = |text: String| text.replace(&draft, &etc);
        let apart = self.folder.join("seal.toml");
        if apart.exists()
            && let Err(mistakes) = SealApart::load(&apart, Timestamp::now())
        {
            mistakes.iter().for_each(|mistake| screen.note(named(mistake.to_string())));
            return Err(Trouble::usage("the seal apart cannot be; nothing was done"));
        }
        match Config::load(&self.folder.join("pencere.toml"), Timestamp::now()) {
            Ok(config) => {
                // the folders are made next
                let odd = config.warnings().iter().filter(|odd| odd.file != places.drop());
                odd.for_each(|odd| screen.note(format!("warning: {}", named(odd.to_string()))));
                Ok(config)
            }
            Err(mistakes) => {
                mistakes.iter().for_each(|mistake| screen.note(named(mistake.to_string())));
                Err(Trouble::usage(format!("mistakes in what was asked for: {}; nothing was done", mistakes.len())))
            }
        }
    }

    /// Lets it appear.
    ///
    /// # Errors
    /// Broken: the disk's, or somebody else who makes the same at this moment.
    pub(super) fn promote(
        &self,
        places: &Places,
        (window, seal): (Account, Account),
        screen: &mut Screen,
    ) -> Result<(), Trouble> {
        given(&self.folder, window, seal)?;
        let (from, to) = (self.folder.join("pencere.toml"), places.config());
        let aside = self.folder.with_extension("toml");
        fs::rename(&from, &aside).map_err(|error| broken(&from, &error))?;
        let mut made = Vec::new();
        let moved = moved(&self.folder, &self.etc, &mut made)
            .and_then(|()| durable(&self.etc))
            .and_then(|()| Disk::system().rename_new(&aside, &to).map_err(|error| broken(&to, &error)))
            .and_then(|()| durable(&self.etc));
        let _ = fs::remove_file(&aside); // it moved, or is of no more use
        moved?;
        made.push(to);
        made.into_iter().for_each(|path| screen.say(Made::file(path).to_string()));
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // nobody is left to be told; the folder above is not empty once a window stands there
        let _ = fs::remove_dir_all(&self.folder);
        if let Some(above) = &self.above {
            let _ = fs::remove_dir(above);
        }
    }
}

/// `pencere.toml`: the shipped one, with what was said and with a real window's values.
fn window(answers: &Answers, places: &Places) -> Result<String, Trouble> {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let path = |path: &Path| quoted(&path.display().to_string());
    let seal = match answers.seal_apart {
        true => quoted(&format!("socket:{}", places.seal_socket().display())),
        false => quoted("pki/seal.key"),
    };
    let crl_urls: Vec<String> = answers.crl_urls.iter().map(|url| quoted(url)).collect();
    let anchors = if answers.is_trial() { "pki/ca.crt" } else { "pki/anchors" };
    let changes = [
        (
            "As it stands here it is that of a trial window, which\n# `pencere init` makes; where a real window wants \
          another value, the comment says so.",
            "`pencere setup` made it and never changes it again: it is yours.\n# \
          Where the comments speak of a trial, that is what `pencere init` makes."
                .to_owned(),
        ),
        ("\nid = \"trial\"", format!("\nid = {}", quoted(&answers.id))),
        ("\nname = \"BOEMİS inteqrasiya pəncərəsi (sınaq)\"", format!("\nname = {}", quoted(&answers.name))),
        ("\nenvironment = \"test\"", format!("\nenvironment = \"{}\"", answers.environment.as_str())),
        ("\nstate = \"state\"", format!("\nstate = {}", path(&places.state))),
        ("\ndrop = \"drop\"", format!("\ndrop = {}", path(&places.drop()))),
        ("\nsettle = \"200ms\"", "\nsettle = \"10s\"".to_owned()),
        ("\npair_wait = \"60s\"", "\npair_wait = \"10m\"".to_owned()),
        ("\nfree_min = \"1MiB\"", "\nfree_min = \"64MiB\"".to_owned()),
        ("\nunanswered_max = \"141s\"", "\nunanswered_max = \"690s\"".to_owned()),
        ("\nurl = \"sqlite://state/boemis.sqlite\"", format!("\nurl = {}", quoted(&answers.boemis))),
        ("\nanchors = [\"pki/ca.crt\"]", format!("\nanchors = [\"{anchors}\"]")),
        ("\ncrl_urls = []", format!("\ncrl_urls = [{}]", crl_urls.join(", "))),
        ("\nkey = \"pki/seal.key\"", format!("\nkey = {seal}")),
        ("\norigin = \"pencere/trial\"", format!("\norigin = {}", quoted(&format!("pencere/{}", answers.id)))),
        ("\nkey = \"pki/log.key\"\ncertificate = \"pki/log.crt\"", "\n#key = \n#certificate = ".to_owned()),
        ("\nto = \"archive\"", format!("\nto = {}", path(&places.archive()))),
    ];
    let changes = changes.map(|(old, new)| (old.to_owned(), new));
    let text = trial::replaced(trial::PENCERE.to_owned(), &changes);
    text.map_err(|old| Trouble::broken(format!("the shipped configuration has not exactly one {old:?}")))
}

/// `seal.toml`: what the seal apart is told of the window.
fn apart(answers: &Answers, places: &Places) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let path = |path: &Path| quoted(&path.display().to_string());
    let window = format!(
        "[window]\nid = {}\nname = {}\nenvironment = \"{}\"\nstate = {}\n",
        quoted(&answers.id),
        quoted(&answers.name),
        answers.environment.as_str(),
        path(&places.state)
    );
    let acts = path(&places.seal_state().join("acts.log"));
    let seal = format!("[seal]\ncertificate = \"pki/seal.crt\"\nkey = \"pki/seal.key\"\nacts = {acts}\n");
    format!("# The seal as a process of its own (docs/seal.md). [window] is as in pencere.toml.\n{window}\n{seal}")
}

/// Drafts of processes that are no more, with whatever keys are in them.
fn swept(above: &Path) {
    for entry in fs::read_dir(above).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(process) = name.strip_prefix(NAME).map(|rest| rest.trim_end_matches(".toml")) else { continue };
        let is_number = !process.is_empty() && process.bytes().all(|octet| octet.is_ascii_digit());
        if is_number && !Path::new("/proc").join(process).exists() {
            // one that stays is in nobody's way
            let _ = fs::remove_dir_all(entry.path()).or_else(|_| fs::remove_file(entry.path()));
        }
    }
}

/// A register without a station: what the shipped one says of its form.
fn no_station() -> String {
    let head = trial::STATIONS.split_once("\n\n").map_or("", |(head, _)| head);
    // behind the last of these stands what is true of the shipped stations alone
    let form = head.rsplit_once("\n#\n").map_or(head, |(form, _)| form);
    format!("{form}\n\n[stations]\n")
}

/// A registry without anybody: what the shipped one says of its form.
fn nobody() -> String {
    let head = trial::REGISTRY.split_once("\n\n").map_or("", |(head, _)| head);
    let parts: Vec<&str> = head.split("\n#\n").collect();
    let kept = match parts[..] {
        [title, _of_the_sample, form] => format!("{title}\n#\n{form}"),
        _ => head.to_owned(),
    };
    format!("{kept}\n\n[participants]\n")
}

/// The files of certificates that a registry names.
fn certificates(registry: &toml::Table) -> Vec<String> {
    let participants = registry.get("participants").and_then(toml::Value::as_table);
    let persons = participants.into_iter().flat_map(|table| table.values()).filter_map(|one| one.get("persons"));
    let persons = persons.filter_map(toml::Value::as_array).flatten();
    let named = persons.filter_map(|person| person.get("certificates").and_then(toml::Value::as_array)).flatten();
    named.filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

/// What stands, for the check; links are followed, and whatever is neither file nor folder is left out.
fn copied(from: &Path, to: &Path) -> Result<(), Trouble> {
    let reading = |error: std::io::Error| broken(from, &error);
    for entry in fs::read_dir(from).map_err(reading)? {
        let entry = entry.map_err(reading)?;
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        let Ok(metadata) = fs::metadata(&path) else { continue };
        if metadata.is_dir() {
            trial::folder_at(&to, 0o700)?;
            copied(&path, &to)?;
        } else if metadata.is_file() {
            let octets = fs::read(&path).map_err(|error| broken(&path, &error))?;
            trial::write(&to, &octets, 0o600)?;
        }
    }
    Ok(())
}

/// Root's, readable by the window. A key is the window's alone, those of a trial's persons too, which its copies have;
/// the seal's is whose the seal is.
fn given(folder: &Path, window: Account, seal: Account) -> Result<(), Trouble> {
    let root = Account { uid: 0, gid: window.gid };
    let set = |path: &Path, owner: Account, mode: u32| {
        own(path, owner)?;
        fs::set_permissions(path, Permissions::from_mode(mode)).map_err(|error| broken(path, &error))
    };
    for entry in fs::read_dir(folder).map_err(|error| broken(folder, &error))? {
        let path = entry.map_err(|error| broken(folder, &error))?.path();
        if path.is_dir() {
            set(&path, root, 0o750)?;
            given(&path, window, seal)?;
        } else if path.ends_with("pki/seal.key") {
            set(&path, seal, 0o400)?;
        } else if path.extension().is_some_and(|end| end == "key") {
            set(&path, window, 0o400)?;
        } else {
            set(&path, root, 0o640)?;
        }
    }
    Ok(())
}

/// Moves what is missing there; of a pair the key comes first, over which a certificate can be made.
fn moved(from: &Path, to: &Path, made: &mut Vec<PathBuf>) -> Result<(), Trouble> {
    let mut names = Disk::system().list(from).map_err(|error| broken(from, &error))?;
    names.reverse();
    for name in names {
        let (from, to) = (from.join(&name), to.join(&name));
        if to.symlink_metadata().is_err() {
            Disk::system().rename_new(&from, &to).map_err(|error| broken(&to, &error))?;
            made.push(to);
        } else if from.is_dir() && to.is_dir() {
            moved(&from, &to, made)?;
        }
    }
    Ok(())
}

/// What moved is there also when the power goes.
fn durable(folder: &Path) -> Result<(), Trouble> {
    let synced = fs::File::open(folder).and_then(|file| rustix::fs::syncfs(&file).map_err(Into::into));
    synced.map_err(|error| broken(folder, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_without_anybody_tells_its_form_and_nothing_of_the_sample() {
        let text = nobody();
        assert!(text.contains("[[participants.<name>.persons]]") && text.ends_with("\n[participants]\n"), "{text}");
        assert!(!text.contains("synthetic"), "{text}");
        assert!(crate::config::persons_of(&text).is_ok_and(|registry| registry.participants.is_empty()));
    }

    #[test]
    fn a_register_without_a_station_tells_its_form() {
        let text = no_station();
        assert!(text.contains("operator") && !text.contains("published") && text.ends_with("\n[stations]\n"), "{text}");
        assert!(text.parse::<toml::Table>().is_ok());
    }

    #[test]
    fn the_certificates_of_a_registry_are_found() {
        let named = certificates(&trial::REGISTRY.parse().unwrap());
        assert!(named.len() >= 6 && named.contains(&"pki/azerenerji.crt".to_owned()), "{named:?}");
    }
}
