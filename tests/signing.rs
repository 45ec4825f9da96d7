//! What `pencere sign` makes, in the hands of others: containers, time-stamps, certificates that come along.
//!
//! A JDK judges containers where there is one; without it that one look is passed over, and says so.

mod authority;

use authority::Authority;
use authority::server::{Saying, Server, http, reply};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use pencere::container::{Container, Limits};
use pencere::forms::cms::SignedData;
use pencere::forms::der::{self, Reader};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const XADES_ID: &str = "http://uri.etsi.org/01903/v1.3.2#:SignedProperties";
const ODD: &str = "il ə – 100% & <q>'#?+;:.CSV";

/// A folder with the keys of a sample's sender, in which commands run.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap());
        let pki = Path::new(env!("CARGO_MANIFEST_DIR")).join("inbox-samples/pki");
        for (from, to) in [("azerenerji.key", "key"), ("azerenerji.crt", "crt"), ("ca.crt", "ca.crt")] {
            fs::copy(pki.join(from), desk.at(to)).unwrap();
        }
        desk
    }

    fn at(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: impl AsRef<Path>, octets: impl AsRef<[u8]>) {
        fs::write(self.at(name), octets).unwrap();
    }

    fn tool<S: AsRef<OsStr>>(&self, program: &str, arguments: &[S]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.0.path()).stdin(Stdio::null());
        for name in ["PENCERE_LOG", "SSL_CERT_FILE", "SSL_CERT_DIR"] {
            command.env_remove(name);
        }
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
            command.env_remove(name).env_remove(name.to_ascii_lowercase());
        }
        command
    }

    fn passes<S: AsRef<OsStr>>(&self, program: &str, arguments: &[S]) -> Vec<u8> {
        let output = self.tool(program, arguments).output().unwrap();
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        self.tool(env!("CARGO_BIN_EXE_pencere"), arguments)
    }

    /// Exit code and stderr.
    fn sign<S: AsRef<OsStr>>(&self, arguments: &[S]) -> (Option<i32>, String) {
        told(self.command(&["sign", "--key", "key", "--cert", "crt"]).args(arguments).output().unwrap())
    }

    /// The same, and the largest resident set in KiB.
    fn sign_watched<S: AsRef<OsStr>>(&self, arguments: &[S]) -> (Option<i32>, String, u64) {
        let mut command = self.command(&["sign", "--key", "key", "--cert", "crt"]);
        let mut child = command.args(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut peak = 0;
        while child.try_wait().unwrap().is_none() {
            let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            peak = peak.max(line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0));
            std::thread::sleep(Duration::from_millis(5));
        }
        let (code, said) = told(child.wait_with_output().unwrap());
        (code, said, peak)
    }

    fn signs<S: AsRef<OsStr>>(&self, arguments: &[S]) {
        let (code, said) = self.sign(arguments);
        assert_eq!(code, Some(0), "{said}");
    }

    /// Exit code, and the JSON of `verify`.
    fn verify(&self, file: impl AsRef<Path>, trust: &str) -> (Option<i32>, Value) {
        let file = self.at(file);
        let output = self.command(&[OsStr::new("verify"), file.as_os_str()]);
        let output = { output }.args(["--trust", trust, "--format", "json"]).output().unwrap();
        (output.status.code(), serde_json::from_slice(&output.stdout).unwrap())
    }

    fn is_intact(&self, file: impl AsRef<Path>) -> bool {
        let (code, verdict) = self.verify(file, "ca.crt");
        let one = &verdict["signatures"][0];
        let whole = one["covers_whole_document"] == true && one["integrity"] == "intact";
        assert_eq!(code == Some(0), whole, "{verdict}");
        whole
    }

    fn count(&self) -> usize {
        fs::read_dir(self.0.path()).unwrap().count()
    }
}

fn told(output: Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// The files of a container by Python's `zipfile`: name, octets; the archive is held to be in order.
const PYTHON: &str = "import base64, json, sys, zipfile\n\
    z = zipfile.ZipFile(sys.argv[1])\n\
    assert z.testzip() is None\n\
    assert all(i.compress_type == 0 and i.flag_bits & 8 == 0 and not i.extra for i in z.infolist())\n\
    print(json.dumps([[i.filename, base64.b64encode(z.read(i)).decode()] for i in z.infolist()]))\n";

/// Makes the container anew with this document in it.
const ANOTHER: &str = "import sys, zipfile\n\
    old, new = zipfile.ZipFile(sys.argv[1]), zipfile.ZipFile(sys.argv[2], 'w')\n\
    for i in old.infolist():\n\
    \x20new.writestr(i.filename, b'another' if i.filename == sys.argv[3] else old.read(i))\n\
    new.close()\n";

#[test]
fn a_container_is_read_by_others() {
    let desk = Desk::new();
    let unzip = Command::new("unzip").arg("-v").output().is_ok();
    let files = [("2026-Q3.csv", "text/csv", "a,b\r\n"), (ODD, "text/csv", ""), ("x.xml", "text/xml", "<a/>")];
    for (name, media_type, content) in files {
        desk.put(name, content);
        desk.signs(&[name, "--format", "asice"]);
        let container = format!("{name}.asice");
        let octets = fs::read(desk.at(&container)).unwrap();
        // EN 319 162-1 A.1: what it is can be told from its first octets
        assert_eq!(&octets[30..69], b"mimetypeapplication/vnd.etsi.asic-e+zip");

        let ours = Container::open(&octets.into(), &Limits::default()).unwrap();
        let listed: Vec<(String, String)> =
            serde_json::from_slice(&desk.passes("python3", &["-c", PYTHON, &container])).unwrap();
        let names = ["mimetype", name, "META-INF/manifest.xml", "META-INF/signatures0.xml"];
        assert_eq!(listed.iter().map(|(name, _)| &name[..]).collect::<Vec<_>>(), names);
        assert_eq!(ours.entries().iter().map(|entry| &entry.name[..]).collect::<Vec<_>>(), names);
        for (entry, (_, theirs)) in ours.entries().iter().zip(&listed) {
            let mut octets = Vec::new();
            ours.read(entry).read_to_end(&mut octets).unwrap();
            assert_eq!(&BASE64.encode(octets), theirs);
        }
        assert_eq!(BASE64.decode(&listed[1].1).unwrap(), content.as_bytes());
        if unzip {
            desk.passes("unzip", &["-t", &container]);
        }

        // the manifest names the document as it is called
        let folder = desk.at("unpacked");
        let unpack = "import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])";
        desk.passes("python3", &["-c", unpack, &container, folder.to_str().unwrap()]);
        let manifest = folder.join("META-INF/manifest.xml");
        let asked = |attribute: &str| {
            let path = format!("string(/*/*[2]/@*[local-name()='{attribute}'])");
            let said = desk.passes("xmllint", &["--xpath", &path, manifest.to_str().unwrap()]);
            String::from_utf8(said).unwrap().trim_end_matches('\n').to_owned()
        };
        assert_eq!((asked("full-path"), asked("media-type")), (name.to_owned(), media_type.to_owned()));

        // the signature, by libxml2 from the unpacked folder
        let arguments = ["--verify", "--enabled-key-data", "key-name", "--pubkey-cert-pem", "../crt"];
        let xmlsec = |signatures: &str| {
            let mut command = desk.tool("xmlsec1", &arguments);
            command.args(["--id-attr:Id", XADES_ID, signatures]).current_dir(&folder);
            command.output().unwrap()
        };
        let said = xmlsec("META-INF/signatures0.xml");
        assert!(said.status.success(), "{name}: {}", String::from_utf8_lossy(&said.stderr));
        fs::write(folder.join(name), "another").unwrap();
        assert!(!xmlsec("META-INF/signatures0.xml").status.success(), "{name}");
        fs::remove_dir_all(folder).unwrap();

        assert!(desk.is_intact(&container));
        let (_, verdict) = desk.verify(&container, "ca.crt");
        assert_eq!(verdict["signatures"].as_array().unwrap().len(), 1, "{verdict}");
        desk.passes("python3", &["-c", ANOTHER, &container, "another.asice", name]);
        assert!(!desk.is_intact("another.asice"));
    }
}

#[test]
fn the_jdk_finds_a_container_intact() {
    // a program in one file is compiled as it is run, which a JRE alone cannot
    let modules = Command::new("java").arg("--list-modules").output().map(|output| output.stdout);
    if !modules.is_ok_and(|modules| String::from_utf8_lossy(&modules).contains("jdk.compiler")) {
        eprintln!("passed over: there is no JDK here to judge containers");
        return;
    }
    let desk = Desk::new();
    let judge = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/signing/Judge.java");
    desk.put(ODD, "a,b\n");
    desk.signs(&[ODD, "--format", "asice", "-o", "made.asice"]);
    desk.passes("python3", &["-c", ANOTHER, "made.asice", "another.asice", ODD]);
    for (container, verdict) in [("made.asice", "intact\n"), ("another.asice", "broken\n")] {
        let said = desk.passes("java", &[judge.to_str().unwrap(), container, "crt"]);
        assert_eq!(String::from_utf8(said).unwrap(), verdict, "{container}");
    }
}

#[test]
fn what_cannot_lie_in_a_container_is_refused_and_leaves_nothing() {
    let desk = Desk::new();
    let names: [(&[u8], &str); 7] = [
        (b"mimetype", "the container's own"),
        (b"Meta-Inf", "the container's own"),
        (b"a\\b.csv", "a backslash"),
        (b"C:a.csv", "an absolute name"),
        (b"a\nb.csv", "a control character"),
        (b"\xFF.csv", "not UTF-8"),
        ("\u{ffff}.csv".as_bytes(), "does not know"),
    ];
    desk.put("good.csv", "a");
    for (name, _) in names {
        desk.put(OsStr::from_bytes(name), "a");
    }
    let before = desk.count();
    for (name, why) in names {
        let files = [OsStr::new("good.csv"), OsStr::from_bytes(name)];
        let (code, said) = desk.sign(&[&files[..], &["--format", "asice"].map(OsStr::new)].concat());
        assert!(code == Some(2) && said.contains(why) && said.contains("rename it"), "{said}");
    }
    desk.put("there.csv.asice", "old");
    desk.put("there.csv", "a");
    let (code, said) = desk.sign(&["there.csv", "--format", "asice"]);
    assert!(code == Some(2) && said.contains("stands there already"), "{said}");
    assert_eq!((desk.count(), fs::read(desk.at("there.csv.asice")).unwrap()), (before + 2, b"old".to_vec()));
    desk.signs(&["there.csv", "good.csv", "--format", "asice", "--out-dir", "out"]);
    assert!(desk.is_intact("out/there.csv.asice") && desk.is_intact("out/good.csv.asice"));
}

#[test]
fn a_document_larger_than_windows_take_is_signed_with_a_word_about_it() {
    let desk = Desk::new();
    let size = Limits::default().entry;
    for (name, size, noted) in [("just.csv", size, false), ("more.csv", size + 1, true)] {
        fs::File::create(desk.at(name)).unwrap().set_len(size).unwrap();
        let (code, said, peak) = desk.sign_watched(&[name, "--format", "asice"]);
        assert_eq!((code, said.contains("container_entry_size")), (Some(0), noted), "{said}");
        assert!((1..=24 << 10).contains(&peak), "it is not held in memory: {peak} KiB");
        fs::remove_file(desk.at(name)).unwrap();
        assert_eq!(desk.verify(format!("{name}.asice"), "ca.crt").0 == Some(0), !noted);
    }
}

/// The signature value as exclusive canonicalisation by libxml2 writes it alone.
fn canonical_value(desk: &Desk, file: &str) -> Vec<u8> {
    let element = desk.passes("xmllint", &["--xpath", "(//*[local-name()='SignatureValue'])[1]", file]);
    let element = String::from_utf8(element).unwrap();
    // older ones leave out what is declared further up
    let declared = "<ds:SignatureValue xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"";
    let element = match element.contains("xmlns:ds=") {
        true => element,
        false => element.replacen("<ds:SignatureValue", declared, 1),
    };
    desk.put("element.xml", element.trim_end());
    desk.passes("xmllint", &["--exc-c14n", "element.xml"])
}

/// The token in a XAdES signature, and what it is to be over.
fn xades_stamp(desk: &Desk, file: &str) -> (Vec<u8>, Vec<u8>) {
    let path = "string(//*[local-name()='UnsignedSignatureProperties']/*[local-name()='SignatureTimeStamp'][1]\
        [*[1][@Algorithm='http://www.w3.org/2001/10/xml-exc-c14n#']]/*[local-name()='EncapsulatedTimeStamp'])";
    let token = desk.passes("xmllint", &["--xpath", path, file]);
    (BASE64.decode(token.trim_ascii()).unwrap(), canonical_value(desk, file))
}

/// The same of a CMS signature.
fn cades_stamp(der: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let name = der::oid("1.2.840.113549.1.9.16.2.14").unwrap();
    let at = (0..der.len()).find(|&at| der[at..].starts_with(&name)).unwrap();
    let mut attribute = Reader::new(&der[at..]);
    attribute.any().unwrap();
    let token = Reader::only(attribute.any().unwrap().content).unwrap().raw.to_vec();
    (token, SignedData::read(der).unwrap().signers[0].signature.to_vec())
}

#[test]
fn signatures_of_every_form_are_time_stamped() {
    let (desk, authority) = (Desk::new(), Authority::new());
    let server = Server::of(&authority);
    let url = server.url();
    desk.put("a.xml", "<a xmlns='urn:x' xml:lang='az'>Gəncə</a>");
    desk.put("b.csv", "a,b\n");
    desk.signs(&["a.xml", "b.csv", "--tsa", &url]);
    desk.signs(&["b.csv", "--format", "asice", "--tsa", &url]);
    assert_eq!(server.asked(), 3);
    let der = fs::read(desk.at("b.csv.p7s")).unwrap();
    let unpack = "import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extract('META-INF/signatures0.xml')";
    desk.passes("python3", &["-c", unpack, "b.csv.asice"]);
    let mut tokens = Vec::new();
    for (token, value) in
        [xades_stamp(&desk, "a.signed.xml"), cades_stamp(&der), xades_stamp(&desk, "META-INF/signatures0.xml")]
    {
        assert!(authority.verifies(&value, &token));
        assert!(!authority.verifies(&[&value[..], b" "].concat(), &token));
        tokens.push(token);
    }
    tokens.dedup();
    assert_eq!(tokens.len(), 3);
    for file in ["a.signed.xml", "b.csv.p7s", "b.csv.asice"] {
        let (_, verdict) = desk.verify(file, "ca.crt");
        assert_eq!(verdict["signatures"][0]["integrity"], "intact", "{file}: {verdict}");
    }
    let arguments = ["--verify", "--enabled-key-data", "key-name", "--pubkey-cert-pem", "crt", "--id-attr:Id"];
    desk.passes("xmlsec1", &[&arguments[..], &[XADES_ID, "a.signed.xml"]].concat());
    let openssl = ["cms", "-verify", "-binary", "-inform", "DER", "-in", "b.csv.p7s", "-content", "b.csv"];
    desk.passes("openssl", &[&openssl[..], &["-CAfile", "ca.crt", "-purpose", "any", "-out", "read"]].concat());
}

#[test]
fn without_a_time_stamp_nothing_is_signed() {
    let (desk, authority) = (Desk::new(), Authority::new());
    desk.put("b.csv", "a,b\n");
    let before = desk.count();
    let fails = |url: &str, wanted: i32, why: &str| {
        for form in ["cades", "asice"] {
            let (code, said) = desk.sign(&["b.csv", "--format", form, "--tsa", url, "--tsa-timeout", "2"]);
            assert!(code == Some(wanted) && said.contains(why), "{url} {form}: {code:?} {said}");
        }
        assert_eq!(desk.count(), before, "nothing was left behind");
    };
    for url in
        ["localhost/tsa", "ftp://localhost/tsa", "http://", "file:///etc/passwd", "tsa", "http://me:word@localhost/tsa"]
    {
        fails(url, 2, "no address");
    }
    let closed = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    fails(&format!("http://127.0.0.1:{closed}/tsa"), 3, "cannot be reached");

    let against = |saying: Saying, why: &str| {
        let server = Server::http(saying);
        fails(&format!("http://127.0.0.1:{}/tsa", server.port), 3, why);
        server.asked()
    };
    let other = Server::http(Box::new(|_| reply(b"")));
    let elsewhere = format!("Location: http://127.0.0.1:{}/tsa\r\n", other.port);
    for status in ["302 Found", "307 Temporary Redirect"] {
        let elsewhere = elsewhere.clone();
        against(Box::new(move |_| http(status, &elsewhere, b"")), "sends to another address");
    }
    assert_eq!(other.asked(), 0, "no redirect is followed");
    assert_eq!(against(Box::new(|_| http("503 Busy", "", b"")), "HTTP status 503"), 2, "asked once each");
    let page = |_: &[u8]| http("200 OK", "Content-Type: text/html; charset=utf-8\r\n", b"<html></html>");
    against(Box::new(page), "text/html where application/timestamp-reply belongs");
    against(Box::new(|_| reply(&vec![0x30; 300 * 1024])), "larger than");
    against(Box::new(|_| reply(b"\x30\x05\x30\x03\x02\x01\x02")), "refuses: rejection");
    against(Box::new(|_| reply(b"")), "no time-stamp response");
    against(Box::new(|_| b"SSH-2.0\r\n\r\n".to_vec()), "cannot be reached");
    let late = |_: &[u8]| {
        std::thread::sleep(Duration::from_secs(6));
        Vec::new()
    };
    against(Box::new(late), "no answer within 2 s");
    // the answer to somebody else's question
    let old = authority.answer(&pencere::forms::tsp::Request::over(b"x").unwrap().to_der());
    against(Box::new(move |_| reply(&old)), "not to this request");

    let (code, said) = desk.sign(&["b.csv", "--tsa-timeout", "2"]);
    assert!(code == Some(2) && said.contains("--tsa"), "{said}");
}

#[test]
fn an_authority_behind_tls_must_be_the_one_it_says() {
    let (desk, authority) = (Desk::new(), Authority::new());
    let answers = authority.clone();
    let server = Server::https(&authority, Box::new(move |query| reply(&answers.answer(query))));
    desk.put("b.csv", "a,b\n");
    let sign = |host: &str, known: bool| {
        let url = format!("https://{host}:{}/tsa", server.port);
        let mut command = desk.command(&["sign", "--key", "key", "--cert", "crt", "b.csv", "-o", "out", "--tsa", &url]);
        if known {
            command.env("SSL_CERT_FILE", authority.at("web.crt"));
        }
        told(command.output().unwrap())
    };
    let (code, said) = sign("localhost", false);
    assert!(code == Some(3) && said.contains("SSL_CERT_FILE"), "{said}");
    let (code, said) = sign("127.0.0.1", true);
    assert!(code == Some(3) && said.contains("no safe connection"), "it is not its name: {said}");
    assert!(!desk.at("out").exists() && server.asked() == 0);
    assert_eq!(sign("localhost", true), (Some(0), String::new()));
    let (token, value) = cades_stamp(&fs::read(desk.at("out")).unwrap());
    assert!(authority.verifies(&value, &token));
}

#[test]
fn the_certificates_between_signer_and_anchor_come_along() {
    let desk = Desk::new();
    desk.put(
        "cnf",
        "[req]\ndistinguished_name = dn\n[dn]\n[ca]\nbasicConstraints = critical,CA:TRUE\nkeyUsage = keyCertSign\n\
         [leaf]\nkeyUsage = critical,nonRepudiation\n",
    );
    let issue = |name: &str, issuer: Option<&str>, extensions: &str| {
        let (key, certificate, subject) = (format!("{name}.key"), format!("{name}.crt"), format!("/CN={name}"));
        let arguments = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout"];
        let more = [&key, "-out", &certificate, "-subj", &subject, "-days", "9", "-config", "cnf", "-extensions"];
        let mut command = desk.tool("openssl", &[&arguments[..], &more, &[extensions]].concat());
        if let Some(issuer) = issuer {
            command.args(["-CA", &format!("{issuer}.crt"), "-CAkey", &format!("{issuer}.key")]);
        }
        assert!(command.output().unwrap().status.success(), "{name}");
    };
    issue("root", None, "ca");
    issue("first", Some("root"), "ca");
    issue("second", Some("first"), "ca");
    issue("person", Some("second"), "leaf");
    issue("stranger", Some("root"), "ca");
    let text = |names: &[&str]| names.iter().map(|name| fs::read(desk.at(format!("{name}.crt"))).unwrap()).collect();
    let all: Vec<Vec<u8>> = text(&["root", "stranger", "first", "person", "second"]);
    desk.put("all.pem", all.concat());
    desk.put("a.xml", "<a/>");
    desk.put("b.csv", "a,b\n");
    let made = ["a.signed.xml", "b.csv.p7s", "b.csv.asice"];
    for (cert, code) in [("all.pem", Some(0)), ("person.crt", Some(1))] {
        let sign = |files: &[&str]| {
            let sign = ["sign", "--key", "person.key", "--cert", cert, "--out-dir", "."];
            assert_eq!(told(desk.command(&[&sign[..], files].concat()).output().unwrap()), (Some(0), String::new()));
        };
        sign(&["a.xml", "b.csv"]);
        sign(&["b.csv", "--format", "asice"]);
        for file in made {
            let (found, verdict) = desk.verify(file, "root.crt");
            assert_eq!(found, code, "{file}: {verdict}");
            assert_eq!(verdict["signatures"][0]["integrity"], "intact");
        }
        let signature = fs::read(desk.at("b.csv.p7s")).unwrap();
        let xml = fs::read_to_string(desk.at("a.signed.xml")).unwrap();
        let along = if code == Some(0) { 3 } else { 1 };
        assert_eq!(SignedData::read(&signature).unwrap().certificates.len(), along, "no anchor, no stranger");
        assert_eq!(xml.matches("<ds:X509Certificate>").count(), along);
    }
}
