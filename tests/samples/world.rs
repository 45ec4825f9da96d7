//! The window of one sample: a trial window in a folder of its own, changed as the sample says.

use super::case::{Kind, Sample};
use jiff::Timestamp;
use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::x509::extension::{BasicConstraints, KeyUsage};
use openssl::x509::{X509Builder, X509NameBuilder};
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

pub struct World {
    /// Outlives the window.
    _scratch: tempfile::TempDir,
    pub folder: PathBuf,
}

impl World {
    pub fn new(sample: &Sample, pki: &Path, now: Timestamp) -> Self {
        let scratch = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let folder = scratch.path().join("window");
        pencere::commands::trial::make(&folder, now).unwrap();
        pencere::commands::trial::register_sample_pki(&folder, pki).unwrap();
        let world = Self { _scratch: scratch, folder };
        let case = &sample.case;
        for name in case.anchors.iter().chain(&case.crls) {
            fs::copy(pki.join(name), world.folder.join("pki").join(name)).unwrap();
        }
        let list = |names: &[String]| names.iter().map(|name| format!("\"pki/{name}\"")).collect::<Vec<_>>().join(", ");
        if !case.anchors.is_empty() {
            let new = format!("\nanchors = [{}]", list(&case.anchors));
            world.change("pencere.toml", "\nanchors = [\"pki/ca.crt\", \"pki/sample-ca.crt\"]", &new);
        }
        if !case.crls.is_empty() {
            world.change("pencere.toml", "\ncrls = []", &format!("\ncrls = [{}]", list(&case.crls)));
        }
        if case.environment != "test" {
            let new = format!("\nenvironment = \"{}\"", case.environment);
            world.change("pencere.toml", "\nenvironment = \"test\"", &new);
            world.unmarked_seal(now);
        }
        for change in &case.change {
            world.change(&change.file, &change.old, &change.new);
        }
        world
    }

    /// Replaces a text that stands exactly once.
    fn change(&self, file: &str, old: &str, new: &str) {
        let path = self.folder.join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches(old).count(), 1, "{file}: {old}");
        fs::write(path, text.replace(old, new)).unwrap();
    }

    /// A seal that is not for trials, made for this window alone: a real window wants such a one.
    fn unmarked_seal(&self, now: Timestamp) {
        let key =
            PKey::from_ec_key(EcKey::generate(&EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap()).unwrap())
                .unwrap();
        let mut name = X509NameBuilder::new().unwrap();
        name.append_entry_by_nid(Nid::COMMONNAME, "möhür").unwrap();
        let name = name.build();
        let mut builder = X509Builder::new().unwrap();
        builder.set_version(2).unwrap();
        builder.set_serial_number(&Asn1Integer::from_bn(&BigNum::from_u32(1).unwrap()).unwrap()).unwrap();
        builder.set_subject_name(&name).unwrap();
        builder.set_issuer_name(&name).unwrap();
        builder.set_not_before(&Asn1Time::from_unix(now.as_second() - 86_400).unwrap()).unwrap();
        builder.set_not_after(&Asn1Time::from_unix(now.as_second() + 86_400).unwrap()).unwrap();
        builder.set_pubkey(&key).unwrap();
        let usage = KeyUsage::new().critical().digital_signature().non_repudiation().build().unwrap();
        builder.append_extension(usage).unwrap();
        builder.append_extension(BasicConstraints::new().critical().build().unwrap()).unwrap();
        builder.sign(&key, MessageDigest::sha256()).unwrap();
        let pki = self.folder.join("pki");
        fs::write(pki.join("seal.crt"), builder.build().to_pem().unwrap()).unwrap();
        fs::write(pki.join("seal.key"), key.private_key_to_pem_pkcs8().unwrap()).unwrap();
        fs::set_permissions(pki.join("seal.key"), fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn drop(&self, participant: &str) -> PathBuf {
        self.folder.join("drop").join(participant)
    }

    /// Drops documents, each a second younger than the one before it, the youngest an hour old: so
    /// their order is told, and what waits for another half has waited long enough.
    pub fn put(&self, participant: &str, documents: &[(String, Vec<u8>)], now: Timestamp) {
        let newest = SystemTime::UNIX_EPOCH + Duration::from_secs((now.as_second() - 3_600) as u64);
        for (nth, (name, octets)) in documents.iter().enumerate() {
            let path = self.drop(participant).join("in").join(name);
            fs::write(&path, octets).unwrap();
            let older = Duration::from_secs((documents.len() - nth) as u64);
            File::options().write(true).open(path).unwrap().set_modified(newest - older).unwrap();
        }
    }

    /// Puts what is no ordinary file.
    pub fn put_odd(&self, participant: &str, name: &str, kind: Kind) {
        let path = self.drop(participant).join("in").join(name);
        match kind {
            Kind::Fifo => assert!(Command::new("mkfifo").arg(&path).status().unwrap().success()),
            Kind::Symlink => std::os::unix::fs::symlink("../../../pencere.toml", &path).unwrap(),
            Kind::Hardlink => fs::hard_link(&path, self.folder.join("another-name")).unwrap(),
        }
    }

    /// What lies in a participant's `in/`, by name.
    pub fn waiting(&self, participant: &str) -> Vec<String> {
        self.names(participant, "in").into_iter().filter(|name| !name.starts_with('.')).collect()
    }

    /// The receipts of a participant: name and text.
    pub fn receipts(&self, participant: &str) -> Vec<(String, String)> {
        let names = self.names(participant, "receipts").into_iter();
        let read = |name: String| {
            let text = fs::read_to_string(self.drop(participant).join("receipts").join(&name)).unwrap();
            (name, text)
        };
        names.filter(|name| name.ends_with(".xml")).map(read).collect()
    }

    fn names(&self, participant: &str, side: &str) -> Vec<String> {
        let entries = fs::read_dir(self.drop(participant).join(side)).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// How many rows BOEMİS has of each submission, superseded ones too.
    pub fn rows(&self) -> Vec<(String, u64)> {
        let of = |view: &str| format!("SELECT submission, count(*) FROM {view}_current GROUP BY 1");
        let datasets = ["cadastre", "grid", "generation", "capacity", "gas_savings", "carbon_revenue"];
        let sql = datasets.map(of).join(" UNION ALL ");
        let output =
            Command::new("sqlite3").arg("-readonly").arg(self.folder.join("state/boemis.sqlite")).arg(sql).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let row = |line: &str| line.split_once('|').map(|(id, count)| (id.to_owned(), count.parse().unwrap()));
        text.lines().filter_map(row).collect()
    }
}
