//! Keys in PKCS#11 tokens: SoftHSM's, filled by other programs; and a window whose seal lies in one.
//!
//! What cards do and SoftHSM does not (a locked PIN, a last try, a token that goes away) is played by a module
//! before it.

#[path = "token/softhsm.rs"]
mod softhsm;
#[path = "window/trial.rs"]
mod trial;

use softhsm::{PIN, SoftHsm, module, told};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use trial::Trial;

const PERSON: &str = "keyUsage=critical,digitalSignature,nonRepudiation\n";
const AUTHORITY: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n";
const P256: [&str; 4] = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];

/// How pencere is asked to name its signed properties (CONTRACT 5).
const XADES_ID: &str = "http://uri.etsi.org/01903/v1.3.2#:SignedProperties";

/// A token `t` with a key of this kind and no certificate; both lie beside as files.
fn one_key(kind: &[&str]) -> SoftHsm {
    let hsm = SoftHsm::new();
    hsm.token("t");
    hsm.issue("signer", kind, None, PERSON);
    hsm.import_key("t", "signer.key", "01", "signer");
    hsm.put("a.xml", "<a xmlns='urn:x'>Gəncə</a>");
    hsm.put("b.csv", "a,b\n");
    hsm
}

/// Which of the forms another program finds in order: XAdES by xmlsec1, CAdES by openssl.
fn verified(hsm: &SoftHsm) -> (bool, bool) {
    let xmlsec = ["--verify", "--enabled-key-data", "key-name", "--pubkey-cert-pem", "signer.crt", "--id-attr:Id"];
    let xmlsec = hsm.tool("xmlsec1", &[&xmlsec[..], &[XADES_ID, "a.signed.xml"]].concat()).output().unwrap();
    let cms = ["cms", "-verify", "-binary", "-inform", "DER", "-in", "b.csv.p7s", "-content", "b.csv"];
    let cms = hsm.tool("openssl", &[&cms[..], &["-noverify", "-out", "read"]].concat()).output().unwrap();
    (xmlsec.status.success(), cms.status.success())
}

#[test]
fn keys_of_every_kind_sign_in_a_token() {
    for kind in [
        &P256[..],
        &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
        &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
        &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    ] {
        let hsm = one_key(kind);
        let uri = hsm.uri("token=t;object=signer");
        let (code, said) = hsm.sign(&["a.xml", "b.csv", "--pkcs11", &uri, "--cert", "signer.crt"]);
        assert_eq!(code, Some(0), "{kind:?}: {said}");
        assert_eq!(verified(&hsm), (true, true), "{kind:?}");
        let (code, said) = hsm.sign(&["b.csv", "--pkcs11", &uri, "--cert", "signer.crt", "--format", "asice"]);
        assert_eq!(code, Some(0), "{kind:?}: {said}");
        // many: numbers that begin with zeros are written at their full length
        for nth in 0..12 {
            hsm.put("b.csv", format!("a,b\n{nth}"));
            let (code, said) = hsm.sign(&["b.csv", "--pkcs11", &uri, "--cert", "signer.crt", "--out-dir", "."]);
            assert_eq!(code, Some(0), "{kind:?}: {said}");
            assert_eq!(verified(&hsm), (true, true), "{kind:?}");
        }
    }
}

/// `openssl cms` of 3.0 cannot tell about Ed25519, so the verdict is our own.
#[test]
fn so_does_ed25519_where_its_form_is_known() {
    let hsm = one_key(&["-algorithm", "ED25519"]);
    let uri = hsm.uri("token=t;id=%01");
    let (code, said) = hsm.sign(&["b.csv", "--pkcs11", &uri, "--cert", "signer.crt"]);
    assert_eq!(code, Some(0), "{said}");
    let verify = ["verify", "b.csv.p7s", "--content", "b.csv", "--format", "json"];
    let output = hsm.tool(env!("CARGO_BIN_EXE_pencere"), &verify).output().unwrap();
    let verdict: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(verdict["signatures"][0]["integrity"], "intact", "{verdict}");
    let (code, said) = hsm.sign(&["a.xml", "--pkcs11", &uri, "--cert", "signer.crt"]);
    assert!(code == Some(2) && said.contains("neither RSA"), "{said}");
}

#[test]
fn the_certificates_may_lie_in_the_token_too() {
    let hsm = SoftHsm::new();
    hsm.token("Əli's card");
    hsm.issue("root", &P256, None, AUTHORITY);
    hsm.issue("between", &P256, Some("root"), AUTHORITY);
    hsm.issue("signer", &P256, Some("between"), PERSON);
    hsm.put("b.csv", "a,b\n");
    hsm.import_key("Əli's card", "signer.key", "a1b2", "signer");
    let uri = hsm.uri("token=%C6%8Fli's%20card;id=%a1%b2;type=private");
    let (code, said) = hsm.sign(&["b.csv", "--pkcs11", &uri]);
    assert!(code == Some(2) && said.contains("no certificate with the id") && said.contains("--cert"), "{said}");
    for (file, id) in [("root.crt", "01"), ("between.crt", "02"), ("signer.crt", "a1b2")] {
        hsm.import_certificate("Əli's card", file, id);
    }
    let (code, said) = hsm.sign(&["b.csv", "--pkcs11", &uri]);
    assert_eq!(code, Some(0), "{said}");
    // the path comes along, the anchor does not: openssl finds its way from root.crt alone
    let cms = ["cms", "-verify", "-binary", "-inform", "DER", "-in", "b.csv.p7s", "-content", "b.csv"];
    hsm.passes("openssl", &[&cms[..], &["-CAfile", "root.crt", "-purpose", "any", "-out", "read"]].concat());
    hsm.passes("openssl", &["cms", "-cmsout", "-inform", "DER", "-in", "b.csv.p7s", "-certsout", "certs.pem"]);
    let certificates = fs::read_to_string(hsm.at("certs.pem")).unwrap();
    assert_eq!(certificates.matches("BEGIN CERTIFICATE").count(), 2);
}

#[test]
fn what_is_wrong_is_told_with_what_to_do_and_signs_nothing() {
    let hsm = one_key(&P256);
    hsm.token("other");
    hsm.issue("second", &P256, None, PERSON);
    hsm.import_key("t", "second.key", "02", "second");
    hsm.put("wrong", "0000\n");
    hsm.put("two", "1\n2\n");
    hsm.put("empty", "\n");
    let before = fs::read_dir(hsm.at("")).unwrap().count();
    let module = module();
    let refuses = |uri: &str, more: &[&str], said: &[&str]| {
        let (code, told) = hsm.sign(&[&["b.csv", "--pkcs11", uri][..], more].concat());
        assert_eq!(code, Some(2), "{uri}: {told}");
        said.iter().for_each(|said| assert!(told.contains(said), "{uri}: {said}: {told}"));
        assert_eq!(fs::read_dir(hsm.at("")).unwrap().count(), before, "{uri}");
    };
    let cert = ["--cert", "signer.crt"];
    refuses("token=t", &cert, &["--pkcs11: it does not begin"]);
    refuses(&hsm.uri("token=t;x-own=1"), &cert, &["“x-own” is not supported; known are token"]);
    refuses(&hsm.uri("token=absent"), &cert, &["no token pkcs11:token=absent", "pkcs11:token=other;serial="]);
    refuses(&hsm.uri("id=%01"), &cert, &["several tokens", "pkcs11:token=t;serial="]);
    refuses(&hsm.uri("token=t;id=%09"), &cert, &["no private key", "pkcs11:token=t;object=second;id=%02"]);
    refuses(&hsm.uri("token=t"), &cert, &["several keys match", "pkcs11:token=t;object=signer;id=%01"]);
    refuses(&hsm.uri("token=other"), &cert, &["the token holds no private key"]);
    refuses(&hsm.uri("token=t;object=second"), &cert, &["object=second", "is not the key of the certificate"]);
    let with = |query: &str| format!("pkcs11:token=t;id=%01?module-path={module}{query}");
    refuses(&with("&pin-value=1111"), &cert, &["“t” refuses the PIN"]);
    // SoftHSM remembers that one was wrong
    let file = |name: &str| with(&format!("&pin-source=file:{}", hsm.path(name)));
    refuses(&file("wrong"), &cert, &["“t” refuses the PIN; few tries are left"]);
    refuses(&file("absent"), &cert, &["absent does not give a PIN"]);
    refuses(&file("two"), &cert, &["more than one line"]);
    refuses(&file("empty"), &cert, &["it is empty"]);
    refuses(&with("&pin-value=47%2511-07&pin-source=file:/a"), &cert, &["give one of them"]);
    refuses("pkcs11:token=t;id=%01", &cert, &["--pkcs11-module", "PKCS11_MODULE"]);
    refuses("pkcs11:token=t?module-path=/no/such.so", &cert, &["/no/such.so cannot be used: there is no such file"]);
    let no_module = format!("pkcs11:token=t?module-path={}", hsm.path("b.csv"));
    refuses(&no_module, &cert, &["no library that can be loaded"]);
    let (code, said) = hsm.sign(&["b.csv", "--pkcs11", "pkcs11:", "--key", "signer.key"]);
    assert!(code == Some(2) && said.contains("cannot be used with"), "{said}");
    // and the right one, by each way to name the module and the PIN
    let id = ["b.csv", "--out-dir", ".", "--cert", "signer.crt", "--pkcs11"];
    let (code, said) = hsm.sign(&[&id[..], &[&with("&pin-value=47%2511-07")]].concat());
    assert_eq!(code, Some(0), "{said}");
    let bare = format!("pkcs11:token=t;id=%01?pin-source=file:{}", hsm.path("pin"));
    let (code, said) = hsm.sign(&[&id[..], &[&bare, "--pkcs11-module", module]].concat());
    assert_eq!(code, Some(0), "{said}");
    std::os::unix::fs::symlink(module, hsm.at("here.so")).unwrap();
    let (code, said) = hsm.sign(&[&id[..], &[&bare, "--pkcs11-module", "here.so"]].concat());
    assert_eq!(code, Some(0), "{said}");
    let mut command = hsm.tool(env!("CARGO_BIN_EXE_pencere"), &["sign"]);
    let (code, said) = told(command.args(id).arg(&bare).env("PKCS11_MODULE", module));
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn a_pin_is_asked_for_at_a_terminal_and_never_shown() {
    let hsm = one_key(&P256);
    let uri = format!("pkcs11:token=t;id=%01?module-path={}", module());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/token/asked.py");
    let ask = |answer: &str| -> (i32, String, Option<bool>) {
        let sign = [env!("CARGO_BIN_EXE_pencere"), "sign", "b.csv", "--out-dir", "out", "--cert", "signer.crt"];
        let arguments = [&[script.to_str().unwrap(), answer], &sign[..], &["--pkcs11", &uri]].concat();
        serde_json::from_slice(&hsm.passes("python3", &arguments).stdout).unwrap()
    };
    let (code, shown, echo) = ask(&format!("{PIN}x\\x7f\\r"));
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("PIN of the token “t”: ") && !shown.contains("47%"), "{shown}");
    assert_ne!(echo, Some(false), "the terminal shows again what is typed");
    fs::remove_dir_all(hsm.at("out")).unwrap();
    for (answer, code, said) in [("0000\\r", 2, "refuses the PIN"), ("47\\x03", 2, "broken off")] {
        let (exit, shown, _) = ask(answer);
        assert!(exit == code && shown.contains(said), "{shown}");
        assert!(!shown.contains("47") && !hsm.at("out/b.csv.p7s").exists(), "{shown}");
    }
    let (_, shown, _) = ask("\\x03");
    assert!(shown.contains("(a wrong one was entered before)"), "{shown}");
    // without a terminal nobody is asked
    let (code, said) = told(hsm.tool("setsid", &["-w", env!("CARGO_BIN_EXE_pencere"), "sign", "b.csv"]).args([
        "--cert",
        "signer.crt",
        "--pkcs11",
        &uri,
    ]));
    assert!(code == Some(2) && said.contains("pin-source=file:"), "{said}");
}

/// A module before SoftHSM that fails as it is told.
struct Shim {
    hsm: SoftHsm,
}

impl Shim {
    fn new() -> Self {
        let shim = Self { hsm: one_key(&P256) };
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/token/shim.c");
        let defined = format!("-DMODULE=\"{}\"", module());
        let build = ["-shared", "-fPIC", "-o", "shim.so", &defined, source.to_str().unwrap(), "-ldl"];
        shim.hsm.passes("cc", &build);
        shim
    }

    fn uri(&self) -> String {
        format!(
            "pkcs11:token=t;id=%01?module-path={}&pin-source=file:{}",
            self.hsm.path("shim.so"),
            self.hsm.path("pin")
        )
    }

    /// Signs while it fails so: exit code, stderr, and how often somebody tried to log in.
    fn sign(&self, how: &[(&str, &str)]) -> (Option<i32>, String, usize) {
        let _ = fs::remove_file(self.hsm.at("logins"));
        let _ = fs::remove_file(self.hsm.at("b.csv.p7s"));
        let arguments = ["sign", "b.csv", "a.xml", "--out-dir", ".", "--cert", "signer.crt", "--pkcs11", &self.uri()];
        let mut command = self.hsm.tool(env!("CARGO_BIN_EXE_pencere"), &arguments);
        command.env("SHIM_LOGINS", self.hsm.at("logins")).envs(how.iter().copied());
        let (code, said) = told(&mut command);
        assert_eq!(code == Some(0), self.hsm.at("b.csv.p7s").exists(), "{said}");
        (code, said, fs::read(self.hsm.at("logins")).unwrap_or_default().len())
    }
}

#[test]
fn a_pin_is_never_tried_where_it_could_lock_the_token() {
    let shim = Shim::new();
    assert_eq!(shim.sign(&[]).0, Some(0));
    // PKCS #11 2.40 3.2: CKF_USER_PIN_FINAL_TRY, CKF_USER_PIN_LOCKED
    let (code, said, logins) = shim.sign(&[("SHIM_FLAGS", "20000")]);
    assert!(code == Some(2) && said.contains("one try left") && logins == 0, "{said}");
    let (code, said, logins) = shim.sign(&[("SHIM_FLAGS", "40000")]);
    assert!(code == Some(2) && said.contains("is locked") && logins == 0, "{said}");
    // CKR_PIN_LOCKED, CKR_PIN_EXPIRED: the module says so itself
    let (code, said, logins) = shim.sign(&[("SHIM_LOGIN", "a4")]);
    assert!(code == Some(2) && said.contains("is locked") && logins == 1, "{said}");
    let (code, said, logins) = shim.sign(&[("SHIM_LOGIN", "a3")]);
    assert!(code == Some(2) && said.contains("must be changed") && logins == 1, "{said}");
    // CKR_DEVICE_ERROR is nobody's mistake
    let (code, said, logins) = shim.sign(&[("SHIM_LOGIN", "30")]);
    assert!(code == Some(3) && said.contains("C_Login answers DeviceError") && logins == 1, "{said}");
}

#[test]
fn a_token_that_comes_back_signs_on_and_one_that_does_not_is_told() {
    let shim = Shim::new();
    let (code, said, logins) = shim.sign(&[("SHIM_SIGN", "lost")]);
    assert_eq!((code, logins), (Some(0), 2), "{said}");
    assert_eq!(verified(&shim.hsm), (true, true));
    let (code, said, logins) = shim.sign(&[("SHIM_SIGN", "gone")]);
    assert!(code == Some(3) && said.contains("C_Sign answers DeviceRemoved") && logins == 2, "{said}");
    // it comes back with another PIN: that is found out by one try, and no more
    let changed = [("SHIM_SIGN", "lost"), ("SHIM_LOGIN", "a0"), ("SHIM_LATER", "1")];
    let (code, said, logins) = shim.sign(&changed);
    assert!(code == Some(3) && said.contains("refuses the PIN") && logins == 2, "{said}");
}

#[test]
fn a_wrong_value_is_found_before_anybody_gets_it() {
    let shim = Shim::new();
    let (code, said, _) = shim.sign(&[("SHIM_SIGN", "wrong")]);
    assert!(code == Some(3) && said.contains("thrown away"), "{said}");
}

/// A trial window whose seal's key lies in a token and nowhere else.
fn sealed_by_token(hsm: &SoftHsm, names: &str) -> Trial {
    let trial = Trial::new();
    fs::copy(trial.at("w/pki/seal.key"), hsm.at("seal.key")).unwrap();
    fs::remove_file(trial.at("w/pki/seal.key")).unwrap();
    hsm.token("window");
    hsm.import_key("window", "seal.key", "5e", "seal");
    trial.change("pencere.toml", "key = \"pki/seal.key\"", &format!("key = \"{}\"", hsm.uri(names)));
    trial
}

fn once(trial: &Trial, hsm: &SoftHsm) -> (Option<i32>, String) {
    let mut command: Command = trial.tool(env!("CARGO_BIN_EXE_pencere"), &["once"]);
    told(command.env("SOFTHSM2_CONF", hsm.at("conf")))
}

const STATEMENT: &str = "dataset,period,revision,sender,to,station,energy_mwh\n\
    generation,2020-Q3,1,9990000631,trial,SU-0001,1.5\n";

#[test]
fn a_window_seals_with_a_token() {
    let hsm = SoftHsm::new();
    let trial = sealed_by_token(&hsm, "token=window;object=seal");
    assert_eq!(trial.pencere(&["config", "check"]).status.code(), Some(0));
    for nth in 0..20 {
        let name = format!("{nth}.csv");
        let statement = STATEMENT.replace("2020-Q3,1", &format!("2020-Q3,{}", nth + 1));
        let signature = trial.signed(&name, &statement, "azerenerji");
        trial.put("azerenerji", &name, &statement);
        trial.put("azerenerji", format!("{name}.p7s"), signature);
    }
    let (code, said) = once(&trial, &hsm);
    assert_eq!(code, Some(0), "{said}");
    let answers = trial.answers("azerenerji");
    assert_eq!(answers.len(), 20, "{said}");
    for (name, _) in &answers {
        assert!(trial.xmlsec_proves(&trial.side("azerenerji", "receipts").join(name)), "{name}");
    }
    let receipt = trial.side("azerenerji", "receipts").join(&answers[0].0);
    trial.done(&["receipt", "verify", receipt.to_str().unwrap()]);
    trial.done(&["audit", "verify"]);
    // the PIN is nowhere in what the window keeps
    let kept = Command::new("grep").args(["-rlF", PIN]).arg(trial.at("w")).output().unwrap();
    assert!(kept.stdout.is_empty(), "{}", String::from_utf8_lossy(&kept.stdout));
}

/// SoftHSM reads its configuration and writes where its tokens lie: both are found from the module's own configuration.
#[test]
fn a_window_and_a_seal_that_shut_themselves_in_reach_their_token() {
    let hsm = SoftHsm::new();
    let trial = sealed_by_token(&hsm, "token=window;object=seal");
    let put = |name: &str, revision: u32| {
        let statement = STATEMENT.replace("2020-Q3,1", &format!("2020-Q3,{revision}"));
        let signature = trial.signed(name, &statement, "azerenerji");
        trial.put("azerenerji", name, &statement);
        trial.put("azerenerji", format!("{name}.p7s"), signature);
    };
    let run = || {
        let mut daemon = trial.start_with(|command| _ = command.env("SOFTHSM2_CONF", hsm.at("conf")));
        assert!(daemon.is_ready(), "{}", trial.log());
        daemon
    };
    let daemon = run();
    put("a.csv", 1);
    trial.answer("azerenerji", "a.csv");
    assert!(trial.log().contains("this process is shut in"), "{}", trial.log());
    daemon.end();
    // and the same apart
    let named = ["id = \"trial\"", "environment = \"test\""].join("\n");
    let window = fs::read_to_string(trial.at("w/pencere.toml")).unwrap();
    let name = window.lines().find(|line| line.starts_with("name = ")).unwrap();
    let (state, acts) = (trial.at("w/state"), trial.at("w/state/seal/acts.log"));
    let text = format!(
        "[window]\n{named}\n{name}\nstate = {state:?}\n[seal]\ncertificate = \"w/pki/seal.crt\"\n\
         key = {:?}\nacts = {acts:?}\n",
        hsm.uri("token=window;object=seal")
    );
    fs::write(trial.at("seal.toml"), text).unwrap();
    let mut seal = trial.tool(env!("CARGO_BIN_EXE_pencere"), &["seal", "--config", "seal.toml", "--socket", "s"]);
    seal.env("SOFTHSM2_CONF", hsm.at("conf"))
        .stdout(Stdio::piped())
        .stderr(fs::File::create(trial.at("apart")).unwrap());
    let mut seal = seal.spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(seal.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    let said = || fs::read_to_string(trial.at("apart")).unwrap();
    assert!(ready.contains("ready") && said().contains("this process is shut in"), "{ready}{}", said());
    trial.set("seal.key", &format!("\"socket:{}\"", trial.at("s").display()));
    let daemon = run();
    put("b.csv", 2);
    let (receipt, _) = trial.answer("azerenerji", "b.csv");
    assert!(trial.xmlsec_proves(&trial.side("azerenerji", "receipts").join(receipt)), "{}", said());
    daemon.end();
    seal.kill().unwrap();
    seal.wait().unwrap();
}

#[test]
fn a_window_whose_token_fails_takes_nothing_and_says_why() {
    let hsm = SoftHsm::new();
    let trial = sealed_by_token(&hsm, "token=window");
    let signature = trial.signed("a.csv", STATEMENT, "azerenerji");
    trial.put("azerenerji", "a.csv", STATEMENT);
    trial.put("azerenerji", "a.csv.p7s", signature);
    // 2: the service is not started again with a wrong PIN until the token is locked (systemd/pencere.service)
    hsm.put("pin", "0000");
    let (code, said) = once(&trial, &hsm);
    assert!(code == Some(2) && said.contains("the seal's key: the token “window” refuses the PIN"), "{said}");
    hsm.put("pin", PIN);
    hsm.issue("other", &P256, None, PERSON);
    let (seal, other) = (trial.at("w/pki/seal.crt"), trial.at("w/pki/energetika.crt"));
    fs::rename(&seal, trial.at("seal.crt")).unwrap();
    fs::copy(other, &seal).unwrap();
    let (code, said) = once(&trial, &hsm);
    assert!(code == Some(2) && said.contains("is not the key of the certificate"), "{said}");
    fs::rename(trial.at("seal.crt"), &seal).unwrap();
    assert_eq!(trial.names("azerenerji", "in").len(), 2, "nothing was taken");
    let (code, said) = once(&trial, &hsm);
    assert_eq!((code, trial.answers("azerenerji").len()), (Some(0), 1), "{said}");
}

#[test]
fn what_cannot_be_in_a_configuration_is_told_before_any_token_is_touched() {
    let trial = Trial::new();
    let refuses = |uri: &str, said: &str| {
        let window = trial.copy();
        window.change("pencere.toml", "key = \"pki/seal.key\"", &format!("key = \"{uri}\""));
        let output = window.pencere(&["config", "check"]);
        let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(told.contains(said) && told.contains("seal.key"), "{uri}: {told}");
        assert!(!told.contains("4711"), "{told}");
        output.status.code()
    };
    let module = module();
    assert_eq!(refuses("pkcs11:token=t", "?module-path="), Some(2));
    assert_eq!(refuses("pkcs11:token=t?module-path=/no.so", "/no.so is not there"), Some(2));
    assert_eq!(refuses("pkcs11:token=t?x-pin=4711", "“x-pin” is not supported"), Some(2));
    assert_eq!(refuses(&format!("pkcs11:token=t?module-path={module}&pin-value=4711"), "pin-source=file:"), Some(2));
    let absent = format!("pkcs11:token=t?module-path={module}&pin-source=file:/no/pin");
    assert_eq!(refuses(&absent, "/no/pin, is not there"), Some(2));
    let hsm = SoftHsm::new();
    let read_by_all = format!("pkcs11:token=t?module-path={module}&pin-source=file:{}", hsm.path("pin"));
    assert_eq!(refuses(&read_by_all, "chmod 600"), Some(0), "a warning");
}
