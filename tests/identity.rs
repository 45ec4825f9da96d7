//! `pencere identity probe`, with certificates that the `openssl` tool made in every shape: what it
//! proposes is pasted into a window, and the window takes the person's statement.

use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

const FIN: &str = "5VBK5VR";
/// azerenerji's in a trial window.
const VOEN: &str = "9990000631";

/// A folder with a CA of its own, where a trial window can be made.
struct Bench(tempfile::TempDir);

impl Bench {
    fn new() -> Self {
        let bench = Self(tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap());
        bench.openssl(&["genpkey", "-out", "ca.key", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]);
        bench.openssl(&[
            "req",
            "-new",
            "-x509",
            "-key",
            "ca.key",
            "-subj",
            "/CN=Mərkəz",
            "-utf8",
            "-days",
            "30",
            "-out",
            "ca.crt",
        ]);
        bench
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, octets: impl AsRef<[u8]>) {
        fs::write(self.at(name), octets).unwrap();
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.at(name)).unwrap()
    }

    fn openssl(&self, arguments: &[&str]) {
        let done = Command::new("openssl").args(arguments).current_dir(self.0.path()).output().unwrap();
        assert!(done.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    /// `person.key` and `person.crt` with this subject; each `+` joins attributes in one RDN.
    fn person(&self, subject: &str) {
        self.openssl(&["genpkey", "-out", "person.key", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]);
        self.openssl(&["req", "-new", "-utf8", "-key", "person.key", "-subj", subject, "-out", "person.csr"]);
        let extensions = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,nonRepudiation\n\
            extendedKeyUsage=emailProtection\ncrlDistributionPoints=URI:http://ca.example/list.crl\n\
            authorityInfoAccess=OCSP;URI:http://ca.example/ocsp,caIssuers;URI:http://ca.example/ca.crt\n";
        self.put("extensions", extensions);
        let issue = "x509 -req -in person.csr -CA ca.crt -CAkey ca.key -days 30 -extfile extensions -out person.crt";
        self.openssl(&issue.split(' ').collect::<Vec<_>>());
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pencere"));
        command.args(arguments).current_dir(self.0.path()).stdin(Stdio::null());
        command.env("PENCERE_CONFIG", self.at("w/pencere.toml")).env_remove("PENCERE_LOG").output().unwrap()
    }

    /// Exit code and the one JSON value on stdout.
    fn json(&self, arguments: &[&str]) -> (Option<i32>, Value) {
        let output = self.run(&[arguments, &["--format", "json"]].concat());
        let value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {}", String::from_utf8_lossy(&output.stderr)));
        (output.status.code(), value)
    }

    /// Exit code, and what is said of the only certificate.
    fn probe(&self, file: &str) -> (Option<i32>, Value) {
        let (code, answer) = self.json(&["identity", "probe", file]);
        assert_eq!(answer["certificates"].as_array().unwrap().len(), 1, "{answer}");
        assert_eq!(code == Some(0), answer["found"] == true, "{answer}");
        (code, answer["certificates"][0].clone())
    }

    /// Exit code and what is said to people.
    fn says(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = self.run(arguments);
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    }
}

/// The decision on a statement of the person, in a window whose registry and `[identity]` are what the
/// probe says.
fn decision(bench: &Bench, shown: &Value) -> String {
    if !bench.at("w").exists() {
        assert_eq!(bench.run(&["init", "w"]).status.code(), Some(0));
    }
    let registry = format!(
        "[participants.azerenerji]\nname = \"ASC\"\nvoen = \"{VOEN}\"\nowner = true\ndatasets = [\"generation\", \
         \"capacity\"]\nsuspended = false\n\n{}",
        shown["registry"].as_str().unwrap().replace("participants.X", "participants.azerenerji")
    );
    bench.put("w/registry.toml", registry);
    // `certificates` is relative to the registry
    bench.put("w/person.crt", bench.text("person.crt"));
    let mut config = bench.text("w/pencere.toml").replace("\"pki/ca.crt\"", "\"../ca.crt\"");
    let (from, to) = (config.find("[identity]").unwrap(), config.find("[hold]").unwrap());
    config.replace_range(from..to, &format!("{}\n", shown["identity"].as_str().unwrap()));
    bench.put("w/pencere.toml", config);
    let stations = bench.text("w/stations.toml");
    let kept = stations.find("[stations.GUN-0001]").unwrap();
    let end = stations[kept + 1..].find("\n[").map_or(stations.len(), |at| kept + 1 + at);
    bench.put("w/stations.toml", &stations[kept..end]);
    let statement = format!(
        "dataset,period,revision,sender,to,station,energy_mwh\ngeneration,2025-Q3,1,{VOEN},trial,GUN-0001,98765.432\n"
    );
    bench.put("a.csv", statement);
    let sign = ["sign", "a.csv", "--key", "person.key", "--cert", "person.crt", "-o", "a.csv.p7s"];
    assert_eq!(bench.run(&sign).status.code(), Some(0));
    let (_, answer) = bench.json(&["check", "a.csv"]);
    format!("{} {}", answer["decision"].as_str().unwrap_or("?"), answer["findings"])
}

#[test]
fn what_is_proposed_is_what_a_window_needs() {
    let bench = Bench::new();
    for (subject, profile) in [
        (format!("/C=AZ/O=Sınaq ASC/organizationIdentifier=VATAZ-{VOEN}/CN=Əliyev Rəşad/serialNumber={FIN}"), "bare"),
        (format!("/C=AZ/CN=Əliyev Rəşad/serialNumber=PNOAZ-{FIN}/organizationIdentifier=VATAZ-{VOEN}"), "etsi"),
        (format!("/C=AZ/OU=Şöbə/OU={VOEN}/CN=Əliyev Rəşad/serialNumber={FIN}"), "unit"),
        (format!("/CN=Əliyev Rəşad/serialNumber={FIN}/organizationIdentifier=NTRAZ-{VOEN}"), "standard"),
        // one RDN of several attributes, and no profile of ours
        (format!("/C=AZ/CN=Əliyev \"R\" Rəşad+serialNumber=FIN: {FIN}/OU=VÖEN\\\\{VOEN} (ƏDV)"), ""),
        (format!("/SN=Əliyev/GN=Rəşad/UID={FIN}/title=AZ{VOEN}"), ""),
    ] {
        bench.person(&subject.replace("organizationIdentifier", "2.5.4.97"));
        let (code, shown) = bench.probe("person.crt");
        assert_eq!(code, Some(0), "{subject}: {shown}");
        assert_eq!((&shown["fin"], &shown["voen"]), (&FIN.into(), &VOEN.into()), "{subject}");
        assert_eq!(shown["profile"].as_str().unwrap_or_default(), profile, "{subject}: {shown}");
        let name = if subject.contains("\"R\"") { "Əliyev \"R\" Rəşad" } else { "Əliyev Rəşad" };
        let entry: toml::Table = shown["registry"].as_str().unwrap().parse().unwrap();
        let person = &entry["participants"]["X"]["persons"][0];
        assert_eq!((person["name"].as_str(), person["fin"].as_str()), (Some(name), Some(FIN)), "{subject}");
        let decision = decision(&bench, &shown);
        assert!(decision.starts_with("accepted"), "{subject}: {decision}");
    }
}

#[test]
fn everything_that_a_person_must_know_is_shown_and_a_fin_only_where_it_must_be() {
    let bench = Bench::new();
    bench.person(&format!("/C=AZ/CN=Əliyev {FIN}/serialNumber={FIN}/2.5.4.97=VATAZ-{VOEN}/OU=9990000632"));
    let (_, shown) = bench.probe("person.crt");
    assert_eq!(shown["crls"][0], "http://ca.example/list.crl");
    assert_eq!(
        (&shown["ocsp"][0], &shown["issuers"][0]),
        (&"http://ca.example/ocsp".into(), &"http://ca.example/ca.crt".into())
    );
    assert_eq!(shown["key_usage"], serde_json::json!(["digitalSignature", "nonRepudiation"]));
    assert_eq!((&shown["key"], &shown["issuer"]), (&"EC P-256".into(), &"CN=Mərkəz".into()));
    let subject: Vec<(&str, &str)> = shown["subject"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["oid"].as_str().unwrap(), one["name"].as_str().unwrap()))
        .collect();
    let wanted = [
        ("2.5.4.6", "C"),
        ("2.5.4.3", "CN"),
        ("2.5.4.5", "serialNumber"),
        ("2.5.4.97", "organizationIdentifier"),
        ("2.5.4.11", "OU"),
    ];
    assert_eq!(subject, wanted);
    assert_eq!(shown["subject"][4]["looks_like"][0]["fault"], "natural-person");

    let (code, said) = bench.says(&["identity", "probe", "person.crt", "--participant", "azerenerji"]);
    assert_eq!(code, Some(0));
    for part in [
        "serialNumber",
        "5V*****",
        "form and check digit are right",
        "of a natural person",
        "nonRepudiation",
        "http://ca.example/ocsp",
        "CN=Mərkəz",
        "profile = \"bare\"",
        "[[participants.azerenerji.persons]]",
        "emailProtection",
    ] {
        let part = if part == "emailProtection" { "1.3.6.1.5.5.7.3.4" } else { part };
        assert!(said.contains(part), "{part}: {said}");
    }
    let bare: Vec<&str> = said.lines().filter(|line| line.contains(FIN)).collect();
    assert_eq!(bare, [format!("fin = \"{FIN}\"")], "bare in the registry's entry alone: {said}");
    assert!(said.contains("name = \"Əliyev\""), "{said}");
}

#[test]
fn what_cannot_be_read_is_said_and_not_guessed() {
    let bench = Bench::new();
    let remarks = |shown: &Value| shown["remarks"].to_string();
    // two in one place: nobody can tell which
    bench.person(&format!("/CN=x/serialNumber={FIN}/OU={VOEN}/OU=9990000221"));
    let (code, shown) = bench.probe("person.crt");
    assert_eq!((code, &shown["voen"], &shown["profile"]), (Some(1), &Value::Null, &Value::Null));
    assert!(remarks(&shown).contains("Several numbers"), "{shown}");
    // two in two places: the profile's order decides, and it is said
    bench.person(&format!("/CN=x/serialNumber={FIN}/OU=9990000221/2.5.4.97=VATAZ-{VOEN}"));
    let (code, shown) = bench.probe("person.crt");
    assert_eq!((code, &shown["voen"], &shown["profile"]), (Some(0), &VOEN.into(), &"bare".into()));
    assert!(remarks(&shown).contains("9990000221"), "{shown}");
    // no body; and a number whose check digit is wrong is none
    bench.person(&format!("/CN=x/serialNumber={FIN}/OU=9990000632/2.5.4.97=VATAZ-9990000641"));
    let (code, shown) = bench.probe("person.crt");
    assert_eq!((code, &shown["fin"], &shown["voen"]), (Some(1), &FIN.into(), &Value::Null));
    assert!(shown["registry"].as_str().unwrap().contains("names no body"), "{shown}");
    assert_eq!(shown["subject"][3]["looks_like"][0]["fault"], "check-digit", "{shown}");
    // a number among words that are another text in every certificate
    bench.person(&format!("/CN=Əliyev Rəşad {FIN}/O=ASC {VOEN}"));
    let (code, shown) = bench.probe("person.crt");
    assert_eq!((code, &shown["fin"], &shown["registry"]), (Some(1), &Value::Null, &Value::Null), "{shown}");
    // nothing at all
    bench.person("/C=AZ/O=ENERGYS/CN=Əliyev Rəşad");
    let (code, shown) = bench.probe("person.crt");
    assert_eq!((code, &shown["fin"], &shown["voen"]), (Some(1), &Value::Null, &Value::Null));
    assert_eq!((shown["remarks"].as_array().unwrap().len(), &shown["identity"]), (2, &Value::Null), "{shown}");
}

#[test]
fn signed_files_show_their_signers() {
    let bench = Bench::new();
    bench.person(&format!("/CN=Əliyev/serialNumber={FIN}/2.5.4.97=VATAZ-{VOEN}"));
    let (_, alone) = bench.probe("person.crt");
    bench.openssl(&["x509", "-in", "person.crt", "-outform", "DER", "-out", "person.der"]);
    bench.put("chain.pem", bench.text("ca.crt") + &bench.text("person.crt"));
    bench.put("a.csv", "a\n1\n");
    bench.put("a.xml", "<a xmlns=\"urn:a\">1</a>");
    for file in ["a.csv", "a.xml"] {
        assert_eq!(bench.run(&["sign", file, "--key", "person.key", "--cert", "person.crt"]).status.code(), Some(0));
    }
    bench.put("b.p7s", fs::read(bench.at("a.csv.p7s")).unwrap());
    let attached = "cms -sign -binary -nodetach -in a.csv -signer person.crt -inkey person.key -outform PEM -out a.p7m";
    bench.openssl(&attached.split(' ').collect::<Vec<_>>());
    for (file, format) in [
        ("person.der", None),
        ("chain.pem", None),
        ("a.signed.xml", Some("XAdES-B-B")),
        ("a.csv.p7s", Some("CAdES-B-B")),
        ("b.p7s", Some("CAdES-B-B")), // its document is not there, nor asked for
        ("a.p7m", Some("CMS")),
    ] {
        let (code, shown) = bench.probe(file);
        assert_eq!(
            (code, &shown["sha256"], shown["signature"].as_str()),
            (Some(0), &alone["sha256"], format),
            "{file}"
        );
    }
    // the certificate is saved under the name that the entry gives it
    let (code, answer) = bench.json(&["identity", "probe", "a.signed.xml", "--out-dir", "."]);
    assert_eq!((code, &answer["certificates"][0]["integrity"]), (Some(0), &"intact".into()));
    let entry: toml::Table = answer["certificates"][0]["registry"].as_str().unwrap().parse().unwrap();
    let path = entry["participants"]["X"]["persons"][0]["certificates"][0].as_str().unwrap();
    assert_eq!(bench.probe(path).1["sha256"], alone["sha256"]);
    // of strangers, in a container
    let container = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpora/asic/valid/PSS-signature.asice");
    let (code, answer) = bench.json(&["identity", "probe", container.to_str().unwrap()]);
    assert!(code == Some(1) && !answer["certificates"].as_array().unwrap().is_empty(), "{answer}");
}

#[test]
fn other_files_are_told_apart() {
    let bench = Bench::new();
    bench.put("a.csv", "a\n1\n");
    bench.put("a.pdf", "%PDF-1.7\n");
    bench.put("cut.crt", &bench.text("ca.crt")[..200]);
    for (file, reason) in [("a.csv", "signature.missing"), ("a.pdf", "signature.pdf")] {
        let (code, answer) = bench.json(&["identity", "probe", file]);
        assert_eq!((code, &answer["reason"]["code"]), (Some(1), &reason.into()), "{answer}");
        assert_eq!((&answer["found"], answer["certificates"].as_array().unwrap().len()), (&false.into(), 0));
        assert!(bench.says(&["identity", "probe", file]).1.contains(reason));
    }
    for arguments in [&["identity", "probe", "missing"][..], &["identity", "probe", "cut.crt"], &["identity", "probe"]]
    {
        assert_eq!(bench.run(arguments).status.code(), Some(2), "{arguments:?}");
    }
}
