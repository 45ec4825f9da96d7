//! The commands from outside, in a trial window made by `init`: exit codes, JSON, files that other
//! tools verify.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const XADES_ID: &str = "http://uri.etsi.org/01903/v1.3.2#:SignedProperties";

/// A trial window in a folder that goes away with it; commands run in that folder.
struct Window {
    folder: tempfile::TempDir,
}

impl Window {
    fn new() -> Self {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let window = Self { folder };
        assert_eq!(window.run(&["init", "w"]).status.code(), Some(0));
        window
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn put(&self, name: &str, octets: impl AsRef<[u8]>) {
        fs::write(self.at(name), octets).unwrap();
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.at(name)).unwrap()
    }

    fn tool(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env("PENCERE_CONFIG", self.at("w/pencere.toml")).env_remove("PENCERE_LOG");
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.tool(env!("CARGO_BIN_EXE_pencere"), arguments).output().unwrap()
    }

    /// Exit code and stderr.
    fn fails(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = self.run(arguments);
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }

    /// Exit code and stdout.
    fn says(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = self.run(arguments);
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    }

    /// Exit code and the one JSON value on stdout.
    fn json(&self, arguments: &[&str]) -> (Option<i32>, Value) {
        let output = self.run(&[arguments, &["--format", "json"]].concat());
        let value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {}", String::from_utf8_lossy(&output.stderr)));
        (output.status.code(), value)
    }

    fn sign(&self, file: &str) {
        let (code, errors) = self.fails(&["sign", file, "--key", KEY, "--cert", CERT]);
        assert_eq!(code, Some(0), "{file}: {errors}");
    }

    fn xmlsec_verifies(&self, file: &str, certificate: &str) -> bool {
        let arguments =
            ["--verify", "--enabled-key-data", "key-name", "--pubkey-cert-pem", certificate, "--id-attr:Id", XADES_ID];
        self.tool("xmlsec1", &arguments).arg(file).output().unwrap().status.success()
    }
}

const KEY: &str = "w/pki/azerenerji.key";
const CERT: &str = "w/pki/azerenerji.crt";
const CA: &str = "w/pki/ca.crt";

#[test]
fn init_makes_a_window_once_and_says_what_comes_next() {
    let window = Window::new();
    let (code, said) = window.fails(&["init", "w"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("not empty"), "{said}");
    let (code, said) = window.says(&["init", "second window"]);
    assert_eq!(code, Some(0));
    for path in ["second window/pencere.toml", "second window/pki/azerenerji.key", "second window/drop/azerenerji/in"] {
        assert!(said.contains(&format!("'{path}'")), "{said}");
        assert!(window.at(path).exists());
    }
}

#[test]
fn every_mistake_of_a_configuration_is_named() {
    let window = Window::new();
    assert_eq!(window.json(&["config", "check"]).0, Some(0));
    let path = window.at("w/pencere.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("settle = ", "setle = ").replace("seal.crt", "seel.crt")).unwrap();
    let (code, answer) = window.json(&["config", "check"]);
    let mistakes = answer["mistakes"].as_array().unwrap();
    assert_eq!((code, mistakes.len()), (Some(2), 2), "{answer}");
    assert!(mistakes.iter().all(|mistake| mistake["line"].is_u64() && mistake["file"].is_string()), "{answer}");
    assert!(mistakes.iter().any(|mistake| mistake["key"] == "seal.certificate"), "{answer}");
    let (code, said) = window.says(&["config", "check"]);
    assert!(code == Some(2) && said.contains("intake.setle") && said.contains("pencere.toml:"), "{said}");
    assert_eq!(window.fails(&["list"]).0, Some(2));
    assert_eq!(window.json(&["config", "check", "--config", "none.toml"]).0, Some(2));
}

#[test]
fn records_stay_readable_while_the_registry_is_broken() {
    let window = Window::new();
    window.put("w/registry.toml", "broken");
    assert_eq!(window.fails(&["config", "check"]).0, Some(2));
    assert_eq!(window.fails(&["list"]).0, Some(0));
    let (code, status) = window.json(&["status"]);
    assert_eq!((code, &status["problems"][0]["code"]), (Some(1), &"configuration-wrong".into()));
    assert!(status["problems"][0]["message"].as_str().unwrap().contains("run `pencere config check`"), "{status}");
}

#[test]
fn a_template_is_a_form_that_can_be_signed_and_read() {
    let window = Window::new();
    let template = |arguments: &[&str]| window.run(&[&["template"], arguments].concat());
    let csv = template(&["generation", "--format", "csv", "--participant", "azerenerji", "--period", "2026-Q3"]);
    let text = String::from_utf8(csv.stdout).unwrap();
    assert!(text.starts_with("dataset,period,revision,sender,to,station,energy_mwh"), "{text}");
    assert!(text.contains("GUN-0001") && !text.contains("GUN-0900") && !text.contains("KUL-0001"), "{text}");
    let xml = template(&["generation", "--participant", "energetika", "--period", "2026"]);
    let text = String::from_utf8(xml.stdout).unwrap();
    assert!(text.contains("urn:boemis:submission:1") && text.contains("KUL-0001"), "the owner files for any: {text}");
    for wrong in [
        &["generation", "--participant", "azerenerji"][..],
        &["generation", "--period", "2026-Q3"],
        &["generation", "--participant", "nobody", "--period", "2026-Q3"],
        &["weather", "--participant", "azerenerji", "--period", "2026-Q3"],
    ] {
        let refused = template(wrong);
        assert_eq!((refused.status.code(), refused.stdout.is_empty()), (Some(2), true), "{wrong:?}");
    }
}

#[test]
fn xml_is_signed_inside_whatever_its_root_looks_like() {
    let window = Window::new();
    let roots = [
        "<a/>",
        "<a b='1' />\n",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<p:a xmlns:p=\"urn:x\"><p:b/></p:a><!-- </p:a> --><?pi </x> ?>\n",
        "<a>\r\n<!-- </a> --><b><![CDATA[</a>]]></b>\n</a  >",
        "\u{feff}<ds:a xmlns:ds=\"urn:y\"><b xmlns=\"urn:z\" xmlns:xades=\"urn:u\">Gəncə</b></ds:a>",
        "<Submission xmlns=\"urn:boemis:submission:1\" xml:lang=\"az\"/>",
    ];
    for (number, root) in roots.iter().enumerate() {
        let (plain, signed) = (format!("{number}.xml"), format!("{number}.signed.xml"));
        window.put(&plain, root);
        window.sign(&plain);
        assert!(window.xmlsec_verifies(&signed, CERT), "{root}");
        let (code, verdict) = window.json(&["verify", &signed, "--trust", CA]);
        assert_eq!((code, &verdict["indication"]), (Some(0), &"TOTAL-PASSED".into()), "{root}: {verdict}");
        // not one octet but the signature
        let text = String::from_utf8(window.read(&signed)).unwrap();
        let (start, end) = (text.find("<ds:Signature ").unwrap(), text.rfind("</ds:Signature>").unwrap() + 15);
        let without = format!("{}{}", &text[..start], &text[end..]);
        if !root.contains("/>\n") && !root.ends_with("/>") {
            assert_eq!(without, *root);
        }
    }
}

#[test]
fn what_cannot_be_signed_inside_is_refused_and_leaves_nothing() {
    let window = Window::new();
    window.put("ok.xml", "<a/>");
    window.sign("ok.xml");
    let utf16: Vec<u8> = "\u{feff}<a/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    window.put("utf16.xml", utf16);
    window.put("open.xml", "<a><b></a>");
    window.put("dtd.xml", "<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>");
    window.put("again.xml", window.read("ok.signed.xml"));
    window.put("deep.xml", "<a><b><c><s:Signature xmlns:s='http://www.w3.org/2000/09/xmldsig#'/></c></b></a>");
    window.put("csv.csv", "a,b\n1,2\n");
    let before = fs::read_dir(window.folder.path()).unwrap().count();
    for (file, why) in [
        ("utf16.xml", "UTF-16"),
        ("open.xml", "well-formed"),
        ("dtd.xml", "cannot be signed as XML"),
        ("again.xml", "already"),
        ("deep.xml", "already"),
        ("ok.xml", "stands there already"),
        ("missing.xml", "cannot read"),
        ("w", "not a regular file"),
    ] {
        let (code, said) = window.fails(&["sign", file, "--key", KEY, "--cert", CERT]);
        assert!(code == Some(2) && said.contains(why), "{file}: {code:?} {said}");
    }
    let (code, _) = window.fails(&["sign", "csv.csv", "--format", "xades", "--key", KEY, "--cert", CERT]);
    assert_eq!(code, Some(2));
    assert_eq!(fs::read_dir(window.folder.path()).unwrap().count(), before, "nothing was left behind");
    // -o and --out-dir replace
    window.put("there", "old");
    for (arguments, result) in [(["-o", "there"], "there"), (["--out-dir", "w"], "w/ok.signed.xml")] {
        let arguments = [&["sign", "ok.xml", "--key", KEY, "--cert", CERT][..], &arguments].concat();
        for _ in 0..2 {
            assert_eq!(window.fails(&arguments).0, Some(0));
        }
        assert!(window.xmlsec_verifies(result, CERT));
    }
    // a folder that is not there yet is made, and what is read is never replaced
    let sign = |more: &[&str]| window.fails(&[&["sign", "ok.xml", "--key", KEY, "--cert", CERT][..], more].concat());
    assert_eq!(sign(&["--out-dir", "new/folder"]).0, Some(0));
    assert!(window.xmlsec_verifies("new/folder/ok.signed.xml", CERT));
    let before = window.read("ok.xml");
    for input in ["ok.xml", "./w/../ok.xml", KEY] {
        let (code, said) = sign(&["-o", input]);
        assert!(code == Some(2) && said.contains("is read here"), "{said}");
    }
    assert_eq!(window.read("ok.xml"), before);
}

#[test]
fn keys_that_do_not_fit_are_told_clearly() {
    let window = Window::new();
    window.put("a.csv", "a");
    let sign = |key: &str, cert: &str| window.fails(&["sign", "a.csv", "--key", key, "--cert", cert]);
    let encrypted = ["pkey", "-in", KEY, "-aes128", "-passout", "pass:x", "-out", "locked.key"];
    assert!(window.tool("openssl", &encrypted).output().unwrap().status.success());
    for (key, cert, why) in [
        ("w/pki/azerisiq.key", CERT, "is not the key of"),
        ("locked.key", CERT, "is encrypted"),
        (CERT, CERT, "holds no private key"),
        (KEY, KEY, "holds no certificate"),
        ("none.key", CERT, "cannot read none.key"),
    ] {
        let (code, said) = sign(key, cert);
        assert!(code == Some(2) && said.contains(why), "{key} {cert}: {said}");
    }
    let (code, said) = sign("w/pki/expired.key", "w/pki/expired.crt");
    assert!(code == Some(0) && said.contains("ended on"), "{said}");
    let (code, verdict) = window.json(&["verify", "a.csv.p7s", "--trust", CA]);
    assert_eq!((code, &verdict["sub_indication"]), (Some(1), &"OUT_OF_BOUNDS_NO_POE".into()), "{verdict}");
}

#[test]
fn anything_else_gets_a_signature_beside_it() {
    let window = Window::new();
    window.put("a.csv", "dataset,period\r\ngeneration,2026-Q3\r\n");
    window.sign("a.csv");
    let openssl = ["cms", "-verify", "-binary", "-inform", "DER", "-in", "a.csv.p7s", "-content", "a.csv"];
    let chain = ["-CAfile", CA, "-purpose", "any", "-out", "read"];
    let verified = window.tool("openssl", &[&openssl[..], &chain].concat()).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    assert_eq!(window.read("read"), window.read("a.csv"));
    let (code, verdict) = window.json(&["verify", "a.csv.p7s", "--trust", "w/pki"]);
    assert_eq!((code, &verdict["signatures"][0]["format"]), (Some(0), &"CAdES-B-B".into()), "{verdict}");
    let signer = &verdict["signatures"][0]["signer"];
    assert!(signer["fin"].is_string() && signer["voen"] == "9990000631", "{signer}");
    let (_, said) = window.says(&["verify", "a.csv.p7s"]);
    assert!(!said.contains(signer["fin"].as_str().unwrap()), "people are shown no whole FİN: {said}");
    // the document elsewhere, gone, or another
    fs::rename(window.at("a.csv"), window.at("b.csv")).unwrap();
    let (code, said) = window.fails(&["verify", "a.csv.p7s"]);
    assert!(code == Some(2) && said.contains("--content"), "{said}");
    assert_eq!(window.json(&["verify", "a.csv.p7s", "--content", "b.csv", "--trust", CA]).0, Some(0));
    let (code, verdict) = window.json(&["verify", "a.csv.p7s", "--content", CA, "--trust", CA]);
    assert_eq!((code, &verdict["sub_indication"]), (Some(1), &"HASH_FAILURE".into()), "{verdict}");
    assert_eq!(verdict["signatures"][0]["integrity"], "broken");
}

#[test]
fn the_verdict_is_the_contracts_for_whatever_is_given() {
    let window = Window::new();
    window.put("plain.csv", "a,b\n");
    window.put("plain.xml", "<a/>");
    window.put("empty", "");
    window.put("broken.xml", "<a");
    window.put("broken.asice", "PK\x03\x04 and so on");
    for file in ["plain.csv", "plain.xml", "empty", "broken.xml", "broken.asice"] {
        let (code, verdict) = window.json(&["verify", file]);
        let wanted = serde_json::json!(
            {"indication": "TOTAL-FAILED", "sub_indication": "FORMAT_FAILURE", "signatures": []});
        assert_eq!((code, verdict), (Some(1), wanted), "{file}");
    }
    window.put("a.pdf", b"%PDF-1.7");
    let (code, verdict) = window.json(&["verify", "a.pdf"]);
    assert_eq!((code, &verdict["sub_indication"]), (Some(1), &"GENERIC".into()), "{verdict}");
    assert_eq!(verdict["indication"], "INDETERMINATE");
    assert_eq!(verdict["signatures"][0]["integrity"], "unsupported");
    window.put("junk.p7s", "hello");
    window.put("junk", "hello");
    let (code, verdict) = window.json(&["verify", "junk.p7s"]);
    assert_eq!((code, &verdict["sub_indication"]), (Some(1), &"FORMAT_FAILURE".into()), "{verdict}");
    let (code, answer) = window.json(&["verify", "missing"]);
    assert_eq!((code, &answer["error"]["exit"]), (Some(2), &2.into()));
    assert_eq!(window.fails(&["verify", "plain.xml", "--trust", "missing.pem"]).0, Some(2));
    assert_eq!(window.fails(&["verify", "plain.xml", "--trust", "plain.csv"]).0, Some(2));
}

#[test]
fn signatures_of_other_programs_are_judged() {
    let window = Window::new();
    let template = "<a><b>1</b><ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:SignedInfo>\
        <ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>\
        <ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256\"/>\
        <ds:Reference URI=\"\"><ds:Transforms>\
        <ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/></ds:Transforms>\
        <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue/></ds:Reference>\
        </ds:SignedInfo><ds:SignatureValue/><ds:KeyInfo><ds:X509Data/></ds:KeyInfo></ds:Signature></a>";
    window.put("t.xml", template);
    let key = format!("{KEY},{CERT}");
    let signed = window.tool("xmlsec1", &["--sign", "--privkey-pem", &key, "--output", "s.xml", "t.xml"]).output();
    let signed = signed.unwrap();
    assert!(signed.status.success(), "{}", String::from_utf8_lossy(&signed.stderr));
    let (code, verdict) = window.json(&["verify", "s.xml", "--trust", CA]);
    assert_eq!((code, &verdict["signatures"][0]["format"]), (Some(0), &"XMLDSig".into()), "{verdict}");
    let (code, verdict) = window.json(&["verify", "s.xml"]);
    assert_eq!((code, &verdict["sub_indication"]), (Some(1), &"NO_CERTIFICATE_CHAIN_FOUND".into()));
    assert_eq!(
        (&verdict["indication"], &verdict["signatures"][0]["integrity"]),
        (&"INDETERMINATE".into(), &"intact".into())
    );
    let altered = String::from_utf8(window.read("s.xml")).unwrap().replace("<b>1</b>", "<b>2</b>");
    window.put("altered.xml", altered);
    let (code, verdict) = window.json(&["verify", "altered.xml", "--trust", CA]);
    assert_eq!((code, &verdict["sub_indication"]), (Some(1), &"HASH_FAILURE".into()));
    // at another time
    let (code, verdict) = window.json(&["verify", "s.xml", "--trust", CA, "--at", "2001-01-01T00:00:00Z"]);
    assert_eq!((code, &verdict["signatures"][0]["time_source"]), (Some(1), &"asserted".into()), "{verdict}");
    // content inside the signature file
    window.put("m", "figures");
    let openssl = ["cms", "-sign", "-binary", "-nodetach", "-outform", "DER", "-in", "m", "-out", "m.p7m"];
    let signed = window.tool("openssl", &[&openssl[..], &["-signer", CERT, "-inkey", KEY]].concat()).output().unwrap();
    assert!(signed.status.success());
    assert_eq!(window.json(&["verify", "m.p7m", "--trust", CA]).0, Some(0));
}

// R 3.15
#[test]
fn a_receipt_is_proven_by_the_seal_and_by_nothing_else() {
    let window = Window::new();
    window.put("a.csv", "figures");
    let sha256 = openssl::sha::sha256(b"figures").map(|octet| format!("{octet:02x}")).concat();
    let receipt = format!(
        "<Receipt xmlns=\"urn:boemis:receipt:1\" id=\"0199a000-0000-7000-8000-000000000001\" number=\"trial/1\" \
         window=\"trial\" environment=\"test\"><Issued>2026-10-05T05:00:00Z</Issued>\
         <Received>2026-10-05T05:00:00Z</Received>\
         <Decision>rejected</Decision><Document name=\"a.csv\" sha256=\"{sha256}\" size=\"7\"/></Receipt>"
    );
    window.put("r.xml", receipt);
    let seal = ["--key", "w/pki/seal.key", "--cert", "w/pki/seal.crt"];
    assert_eq!(window.run(&[&["sign", "r.xml", "-o", "sealed.xml"], &seal[..]].concat()).status.code(), Some(0));
    window.sign("r.xml");
    let (code, answer) = window.json(&["receipt", "verify", "sealed.xml", "--document", "a.csv"]);
    assert_eq!(
        (code, answer),
        (Some(0), serde_json::json!({"proven": true, "findings": [], "log": null, "time_stamp": null}))
    );
    assert_eq!(window.json(&["receipt", "verify", "sealed.xml", "--seal", "w/pki/seal.crt"]).0, Some(0));
    let altered = String::from_utf8(window.read("sealed.xml")).unwrap().replace("rejected", "accepted");
    window.put("altered.xml", altered);
    for (arguments, slug) in [
        (&["r.signed.xml"][..], "receipt.not-the-seal"),
        (&["r.xml"], "receipt.not-the-seal"),
        (&["sealed.xml", "--seal", CERT], "receipt.not-the-seal"),
        (&["altered.xml"], "receipt.altered"),
        (&["a.csv"], "receipt.not-a-receipt"),
        (&["sealed.xml", "--document", CA], "receipt.other-document"),
    ] {
        let (code, answer) = window.json(&[&["receipt", "verify"], arguments].concat());
        assert_eq!((code, &answer["proven"]), (Some(1), &false.into()), "{arguments:?}");
        let finding = &answer["findings"][0];
        assert_eq!(finding["code"], slug, "{arguments:?}");
        assert!(finding["message"]["az"].is_string() && finding["stage"] == "receipt" && finding["clause"].is_string());
    }
    let mut nowhere = window.tool(env!("CARGO_BIN_EXE_pencere"), &["receipt", "verify", "sealed.xml"]);
    let nowhere = nowhere.env_remove("PENCERE_CONFIG").output().unwrap();
    let said = String::from_utf8(nowhere.stderr).unwrap();
    assert!(nowhere.status.code() == Some(2) && said.contains("--seal"), "{said}");
    let (code, page) = window.says(&["receipt", "show", "sealed.xml", "--lang", "en"]);
    assert!(code == Some(0) && page.contains("trial/1"), "{page}");
    assert_ne!(page, window.says(&["receipt", "show", "sealed.xml"]).1);
    assert_eq!(window.fails(&["receipt", "show", "a.csv"]).0, Some(2));
}

#[test]
fn an_unused_window_has_nothing_to_tell_and_is_healthy() {
    let window = Window::new();
    let (code, answer) = window.json(&["list"]);
    assert_eq!((code, answer), (Some(0), serde_json::json!({"left_out": 0, "submissions": []})));
    let (code, answer) = window.json(&["status"]);
    assert_eq!((code, &answer["healthy"], &answer["daemon"]), (Some(0), &true.into(), &Value::Null));
    assert_eq!(answer["participants"].as_array().unwrap().len(), 6);
    assert_eq!(window.fails(&["show", "nothing"]).0, Some(2));
    let (code, answer) = window.json(&["audit", "verify"]);
    assert_eq!((code, &answer["fits"], &answer["first_unfit"]), (Some(0), &true.into(), &Value::Null));
    window.put("w/drop/azerisiq/in/a.xml", "<a/>");
    window.put("w/drop/azerisiq/in/b.xml.part", "<a");
    let (code, status) = window.json(&["status"]);
    assert_eq!((code, &status["waiting"], &status["problems"][0]["code"]), (Some(1), &1.into(), &"not-running".into()));
}

#[test]
fn a_journal_that_is_no_journal_is_named() {
    let window = Window::new();
    fs::create_dir_all(window.at("w/state/journal")).unwrap();
    window.put("w/state/journal/00000002.log", "");
    assert_eq!((window.fails(&["list"]).0, window.fails(&["status"]).0), (Some(3), Some(3)));
    let (code, answer) = window.json(&["audit", "verify"]);
    assert_eq!(code, Some(1));
    assert!(answer["first_unfit"].as_str().unwrap().contains("00000001.log"), "{answer}");
}

#[test]
fn a_reader_that_goes_away_changes_no_answer() {
    let window = Window::new();
    for arguments in
        [&["status"][..], &["list"], &["template", "generation", "--participant", "azerenerji", "--period", "2026"]]
    {
        let mut command = window.tool(env!("CARGO_BIN_EXE_pencere"), arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        assert_eq!((ended.status.code(), ended.stderr.is_empty()), (Some(0), true), "{arguments:?}");
    }
}

/// A quarter of a gibibyte in, 16 MiB of memory at most; a program that was not optimised is itself
/// larger, and its pages count.
// R 2.1.8
#[test]
fn a_large_file_is_not_held_in_memory() {
    let window = Window::new();
    let file = fs::File::create(window.at("large.bin")).unwrap();
    file.set_len(256 << 20).unwrap();
    window.sign("large.bin");
    let peak = peak_kib(&window.at("large.bin.p7s"), &window.at(CA));
    let most = if cfg!(debug_assertions) { 24 << 10 } else { 16 << 10 };
    assert!((1..=most).contains(&peak), "{peak} KiB");
}

/// What carries its document inside leaves it where it lies: `.p7m` in DER and in the pieces of BER, and a
/// container whose entry is not packed.
#[test]
fn a_large_document_inside_its_packaging_is_not_held_in_memory() {
    let window = Window::new();
    let file = fs::File::create(window.at("large.bin")).unwrap();
    file.set_len(48 << 20).unwrap();
    let by = ["-in", "large.bin", "-signer", CERT, "-inkey", KEY, "-outform", "DER"];
    for (name, how) in [("whole.p7m", &["-nodetach"][..]), ("pieces.p7m", &["-nodetach", "-stream"])] {
        let arguments = [&["cms", "-sign", "-binary", "-cades", "-out", name], how, &by].concat();
        assert!(window.tool("openssl", &arguments).output().unwrap().status.success());
    }
    let (code, errors) = window.fails(&["sign", "large.bin", "--format", "asice", "--key", KEY, "--cert", CERT]);
    assert_eq!(code, Some(0), "{errors}");
    for name in ["whole.p7m", "pieces.p7m", "large.bin.asice"] {
        let peak = peak_kib(&window.at(name), &window.at(CA));
        let most = if cfg!(debug_assertions) { 26 << 10 } else { 18 << 10 };
        assert!((1..=most).contains(&peak), "{name}: {peak} KiB");
    }
}

/// Every question with its answer, on request; the verdict stands first either way.
#[test]
fn verify_explains_itself_when_asked() {
    let window = Window::new();
    window.put("a.xml", "<a>1</a>");
    window.sign("a.xml");
    let (code, short) = window.says(&["verify", "a.signed.xml", "--trust", CA]);
    let (_, long) = window.says(&["verify", "a.signed.xml", "--trust", CA, "--explain"]);
    assert_eq!(code, Some(0));
    assert!(short.starts_with("TOTAL-PASSED") && long.starts_with("TOTAL-PASSED"), "{long}");
    assert!(!short.contains('?') && long.matches('?').count() > 20, "{long}");
    assert!(long.contains("yes       Was its value made with the key of that certificate?"), "{long}");
    assert!(long.contains("not asked Is it known that none of them was revoked?"), "{long}");
    window.put("b.xml", String::from_utf8(window.read("a.signed.xml")).unwrap().replace("<a>1", "<a>2"));
    let (_, json) = window.json(&["verify", "b.xml", "--trust", CA]);
    let checks = json["signatures"][0]["checks"].as_array().unwrap();
    let answer = |slug: &str| {
        let found = checks.iter().filter(|row| row["check"] == slug);
        found
            .map(|row| (row["answer"].as_str().unwrap(), row["found"].as_str().unwrap_or_default()))
            .collect::<Vec<_>>()
    };
    assert_eq!(answer("references"), [("no", "")]);
    assert_eq!(answer("reference")[0], ("no", ""), "the whole document is the reference that differs");
    assert!(answer("reference")[1].1.starts_with("#properties-") && answer("reference")[1].0 == "yes");
    assert_eq!((answer("signature-value"), answer("chain")), (vec![("yes", "")], vec![("not asked", "")]));
    assert!(checks.iter().all(|row| row["question"]["az"].is_string() && row["question"]["en"].is_string()));
    // a stamp without a signature says when, and nobody's name
    let stamped = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpora/asic/valid/1xTST-text-data-file.asics");
    let stamped = stamped.to_str().unwrap();
    let (code, json) = window.json(&["verify", stamped]);
    assert_eq!(
        (code, &json["sub_indication"], &json["signatures"]),
        (Some(1), &"FORMAT_FAILURE".into(), &Value::Array(vec![]))
    );
    assert_eq!((&json["timestamps"][0]["kind"], &json["timestamps"][0]["intact"]), (&"container".into(), &true.into()));
    let (_, text) = window.says(&["verify", stamped]);
    let time = json["timestamps"][0]["time"].as_str().unwrap();
    assert!(text.contains("signature.time-stamp-only") && text.contains(time), "{text}");
}

/// The largest resident set of a verification, in KiB.
fn peak_kib(signature: &Path, trust: &Path) -> u64 {
    let mut verify = Command::new(env!("CARGO_BIN_EXE_pencere"));
    verify.arg("verify").arg(signature).arg("--trust").arg(trust).stdout(Stdio::null());
    let mut child = verify.spawn().unwrap();
    let mut peak = 0;
    loop {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = peak.max(line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0));
        if let Some(ended) = child.try_wait().unwrap() {
            assert!(ended.success());
            return peak;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// A signature by `xmlsec1` with one reference, over this URI.
const TEMPLATE: &str = "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" Id=\"ID\"><ds:SignedInfo>\
    <ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>\
    <ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256\"/>\
    <ds:Reference URI=\"URI\">TRANSFORMS<ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>\
    <ds:DigestValue/></ds:Reference></ds:SignedInfo><ds:SignatureValue/><ds:KeyInfo><ds:X509Data>\
    <ds:X509Certificate/></ds:X509Data></ds:KeyInfo>OBJECT</ds:Signature>";

impl Window {
    /// Has `xmlsec1` fill the template in a file with this person's key.
    fn xmlsec(&self, file: &str, more: &[&str]) {
        let key = format!("{KEY},{CERT}");
        let mut arguments = vec!["--sign", "--privkey-pem", &key, "--output", file];
        arguments.extend(more);
        arguments.push(file);
        let output = self.tool("xmlsec1", &arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn an_xml_signature_around_its_object_or_beside_its_file_is_judged() {
    let window = Window::new();
    let plain = TEMPLATE.replace("TRANSFORMS", "");
    window.put(
        "enveloping.xml",
        plain.replace("URI=\"URI\"", "URI=\"#o\"").replace("OBJECT", "<ds:Object Id=\"o\"><a/></ds:Object>"),
    );
    window.put("doc.xml", "<a>1</a>\n");
    window.put("detached.xml", plain.replace("URI=\"URI\"", "URI=\"doc.xml\"").replace("OBJECT", ""));
    window.xmlsec("enveloping.xml", &[]);
    window.xmlsec("detached.xml", &[]);
    let (code, around) = window.json(&["verify", "enveloping.xml", "--trust", CA]);
    assert_eq!((code, &around["signatures"][0]["integrity"]), (Some(0), &"intact".into()));
    let (code, beside) = window.json(&["verify", "detached.xml", "--trust", CA, "--content", "doc.xml"]);
    assert_eq!((code, &beside["signatures"][0]["covers_whole_document"]), (Some(0), &true.into()), "{beside}");
    window.put("doc.xml", "<a>2</a>\n");
    let (code, other) = window.json(&["verify", "detached.xml", "--trust", CA, "--content", "doc.xml"]);
    assert_eq!((code, &other["sub_indication"]), (Some(1), &"HASH_FAILURE".into()));
    // nothing is looked for by itself
    let (code, alone) = window.json(&["verify", "detached.xml", "--trust", CA]);
    assert_eq!((code, &alone["signatures"][0]["integrity"]), (Some(1), &"unsupported".into()));
}

#[test]
fn a_counter_signature_is_told_and_makes_nobody_a_signer() {
    let window = Window::new();
    window.put("doc.xml", "<a>1</a>");
    let output = window.run(&["sign", "doc.xml", "--key", KEY, "--cert", CERT, "-o", "signed.xml"]);
    assert!(output.status.success());
    let signed = String::from_utf8(window.read("signed.xml")).unwrap();
    let value = signed.split("<ds:SignatureValue Id=\"").nth(1).unwrap().split('"').next().unwrap();
    let transforms =
        "<ds:Transforms><ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/></ds:Transforms>";
    let counter = TEMPLATE.replace("Id=\"ID\"", "Id=\"counter\"").replace("OBJECT", "");
    let counter = counter.replace("URI=\"URI\"", &format!("URI=\"#{value}\"")).replace("TRANSFORMS", transforms);
    let properties = format!(
        "<xades:UnsignedProperties><xades:UnsignedSignatureProperties><xades:CounterSignature>{counter}\
         </xades:CounterSignature></xades:UnsignedSignatureProperties></xades:UnsignedProperties>"
    );
    let end = signed.find("</xades:QualifyingProperties>").unwrap();
    window.put("countered.xml", format!("{}{properties}{}", &signed[..end], &signed[end..]));
    let ids =
        ["--node-xpath", "//*[@Id='counter']", "--id-attr:Id", "http://www.w3.org/2000/09/xmldsig#:SignatureValue"];
    window.xmlsec("countered.xml", &ids);
    let (code, report) = window.json(&["verify", "countered.xml", "--trust", CA]);
    let signatures = report["signatures"].as_array().unwrap();
    assert_eq!((code, signatures.len()), (Some(0), 1), "{report}");
    assert_eq!(signatures[0]["counter_signatures"], 1);
}

#[test]
fn verify_says_no_where_what_people_read_is_not_what_was_signed() {
    let window = Window::new();
    let sign = |content: &str, form: &[&str], out: &str| {
        window.put("content", content);
        let (key, certificate) = (KEY, CERT);
        let fixed = ["cms", "-sign", "-binary", "-cades", "-in", "content", "-signer", certificate, "-inkey", key];
        let output = window.tool("openssl", &[&fixed[..], form, &["-out", out]].concat()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    // a signature file that holds the document of another day
    sign("a,1\n", &["-nodetach", "-outform", "DER"], "doc.csv.p7s");
    window.put("doc.csv", "a,2\n");
    assert_ne!(window.json(&["verify", "doc.csv.p7s", "--trust", CA]).0, Some(0));
    window.put("doc.csv", "a,1\n");
    assert_eq!(window.json(&["verify", "doc.csv.p7s", "--trust", CA]).0, Some(0));
    // a signature that names no file, where a file is given
    window.put("doc.xml", "<a>1</a>");
    assert!(window.run(&["sign", "doc.xml", "--key", KEY, "--cert", CERT, "-o", "signed.xml"]).status.success());
    let (code, report) = window.json(&["verify", "signed.xml", "--trust", CA, "--content", "doc.csv"]);
    assert_eq!((code, &report["signatures"][0]["covers_whole_document"]), (Some(1), &false.into()), "{report}");
    // a message whose readable part is not the one that is signed inside the other
    sign("a,1\n", &["-nodetach", "-outform", "PEM"], "inner.pem");
    let pem = String::from_utf8(window.read("inner.pem")).unwrap();
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).map(|line| format!("{line}\n")).collect();
    let part = "Content-Type: application/pkcs7-signature\nContent-Transfer-Encoding: base64\n";
    window.put(
        "multi.p7m",
        format!("Content-Type: multipart/signed; boundary=\"x\"\n\n--x\n\na,999\n--x\n{part}\n{body}\n--x--\n"),
    );
    assert_ne!(window.json(&["verify", "multi.p7m", "--trust", CA]).0, Some(0));
    window.put("tail.p7m", format!("{pem}a,999\n"));
    assert_ne!(window.json(&["verify", "tail.p7m", "--trust", CA]).0, Some(0));
    window.put("alone.p7m", format!("\n{pem}\n"));
    assert_eq!(window.json(&["verify", "alone.p7m", "--trust", CA]).0, Some(0));
}
