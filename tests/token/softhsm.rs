//! A SoftHSM of a test's own, filled by its own program and by OpenSC's: its configuration and tokens lie in a
//! folder that goes away with it.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The user's PIN of every token here. It has a character that a URI must escape.
pub const PIN: &str = "47%11-07";

/// Where systems keep the module.
const MODULES: [&str; 5] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
];

pub fn module() -> &'static str {
    MODULES.into_iter().find(|path| Path::new(path).is_file()).expect("SoftHSM is installed (.ci/packages test)")
}

pub struct SoftHsm(tempfile::TempDir);

impl SoftHsm {
    pub fn new() -> Self {
        let hsm = Self(tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap());
        fs::create_dir(hsm.at("tokens")).unwrap();
        let conf = format!("directories.tokendir = {}\nlog.level = ERROR\n", hsm.at("tokens").display());
        hsm.put("conf", conf);
        hsm.put("pin", format!("{PIN}\n"));
        hsm
    }

    pub fn at(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn path(&self, name: &str) -> String {
        self.at(name).to_str().unwrap().to_owned()
    }

    pub fn put(&self, name: &str, octets: impl AsRef<[u8]>) {
        fs::write(self.at(name), octets).unwrap();
    }

    /// A program that runs in the folder and knows the tokens.
    pub fn tool<S: AsRef<OsStr>>(&self, program: &str, arguments: &[S]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.0.path()).stdin(Stdio::null());
        command.env("SOFTHSM2_CONF", self.at("conf")).env_remove("PKCS11_MODULE").env_remove("PENCERE_LOG");
        command
    }

    pub fn passes<S: AsRef<OsStr>>(&self, program: &str, arguments: &[S]) -> Output {
        let output = self.tool(program, arguments).output().unwrap_or_else(|error| panic!("{program}: {error}"));
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    /// A new token with the user's PIN.
    pub fn token(&self, label: &str) {
        let arguments = ["--init-token", "--free", "--label", label, "--so-pin", "12345678", "--pin", PIN];
        self.passes("softhsm2-util", &arguments);
    }

    /// A key of this kind in files `NAME.key` and `NAME.crt`, issued by `issuer` or by itself.
    pub fn issue(&self, name: &str, kind: &[&str], issuer: Option<&str>, extensions: &str) {
        self.passes("openssl", &[&["genpkey", "-out", &format!("{name}.key")], kind].concat());
        self.put("ext", extensions);
        let (key, csr, crt) = (format!("{name}.key"), format!("{name}.csr"), format!("{name}.crt"));
        self.passes("openssl", &["req", "-new", "-key", &key, "-subj", &format!("/CN={name}"), "-out", &csr]);
        let by = match issuer {
            Some(issuer) => ["-CA", &format!("{issuer}.crt"), "-CAkey", &format!("{issuer}.key"), "-CAcreateserial"]
                .map(str::to_owned)
                .to_vec(),
            None => vec!["-signkey".to_owned(), key],
        };
        let by: Vec<&str> = by.iter().map(String::as_str).collect();
        let sign = ["x509", "-req", "-in", &csr, "-days", "30", "-extfile", "ext", "-out", &crt];
        self.passes("openssl", &[&sign[..], &by].concat());
    }

    /// Puts a key's file into a token, under this id (hexadecimal) and label.
    pub fn import_key(&self, token: &str, file: &str, id: &str, label: &str) {
        let key = ["--import", file, "--token", token, "--pin", PIN, "--id", id, "--label", label];
        self.passes("softhsm2-util", &key);
    }

    /// Puts a certificate's file into a token.
    pub fn import_certificate(&self, token: &str, file: &str, id: &str) {
        self.passes("openssl", &["x509", "-in", file, "-outform", "DER", "-out", "imported.der"]);
        let write = ["--module", module(), "--token-label", token, "--login", "--pin", PIN, "--type", "cert"];
        let write = [&write[..], &["--write-object", "imported.der", "--id", id, "--label", file]].concat();
        self.passes("pkcs11-tool", &write);
    }

    /// The URI of a key, whose PIN lies in a file.
    pub fn uri(&self, names: &str) -> String {
        format!("pkcs11:{names}?module-path={}&pin-source=file:{}", module(), self.path("pin"))
    }

    /// `pencere sign`: exit code and stderr.
    pub fn sign<S: AsRef<OsStr>>(&self, arguments: &[S]) -> (Option<i32>, String) {
        told(self.tool(env!("CARGO_BIN_EXE_pencere"), &["sign"]).args(arguments))
    }
}

/// Exit code and stderr. No PIN is ever in what a program says.
pub fn told(command: &mut Command) -> (Option<i32>, String) {
    let output = command.output().unwrap();
    let said = [output.stderr, output.stdout].concat();
    let said = String::from_utf8(said).unwrap();
    assert!(!said.contains(PIN) && !said.contains("47%2511"), "{said}");
    (output.status.code(), said)
}
