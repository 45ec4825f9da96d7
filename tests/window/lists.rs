//! The trial window's authority as one that revokes: its lists are made by `openssl ca`.

use super::trial::Trial;
use jiff::{SignedDuration, Timestamp};
use std::fs;

const CONFIGURATION: &str = "[ca]\ndefault_ca=d\n[d]\ndatabase=index\ncrlnumber=crlnumber\ndefault_md=sha256\n\
    certificate=w/pki/ca.crt\nprivate_key=w/pki/ca.key\n";

/// So many seconds from now.
pub fn seconds(count: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_secs(count)
}

fn compact(moment: Timestamp) -> String {
    moment.strftime("%Y%m%d%H%M%SZ").to_string()
}

/// The serial number of a certificate, in hexadecimal.
fn serial(trial: &Trial, certificate: &str) -> String {
    let output = trial.succeeds("openssl", &["x509", "-in", certificate, "-noout", "-serial"]);
    String::from_utf8(output.stdout).unwrap().trim().trim_start_matches("serial=").to_owned()
}

/// A list of the authority that was made then, in PEM: these certificates were revoked, each since then.
pub fn list(trial: &Trial, made: Timestamp, revoked: &[(&str, Timestamp)]) -> Vec<u8> {
    list_for(trial, made, revoked, "unspecified")
}

/// The same with this reason for each.
pub fn list_for(trial: &Trial, made: Timestamp, revoked: &[(&str, Timestamp)], reason: &str) -> Vec<u8> {
    fs::write(trial.at("ca.cnf"), CONFIGURATION).unwrap();
    if !trial.at("crlnumber").exists() {
        fs::write(trial.at("crlnumber"), "01\n").unwrap();
    }
    let line = |(certificate, since): &(&str, Timestamp)| {
        // the two-digit years of `openssl ca`
        let since = compact(*since)[2..].to_owned();
        format!("R\t400101000000Z\t{since},{reason}\t{}\tunknown\t/CN=x\n", serial(trial, certificate))
    };
    fs::write(trial.at("index"), revoked.iter().map(line).collect::<String>()).unwrap();
    let (made, next) = (compact(made), compact(made + SignedDuration::from_hours(48)));
    let dates = ["-crl_lastupdate", &made, "-crl_nextupdate", &next];
    trial.succeeds("openssl", &[&["ca", "-config", "ca.cnf", "-gencrl", "-out", "list.pem"][..], &dates].concat());
    fs::read(trial.at("list.pem")).unwrap()
}

/// Another certificate of the same person and key, as `w/pki/<name>.crt`, registered beside the first.
pub fn renew(trial: &Trial, person: &str, name: &str) {
    let (old, key) = (format!("w/pki/{person}.crt"), format!("w/pki/{person}.key"));
    let request = ["x509", "-in", &old, "-x509toreq", "-signkey", &key, "-out", "request"];
    trial.succeeds("openssl", &request);
    let (new, authority) = (format!("w/pki/{name}.crt"), ["-CA", "w/pki/ca.crt", "-CAkey", "w/pki/ca.key"]);
    let issue = ["x509", "-req", "-in", "request", "-days", "30", "-out", &new];
    trial.succeeds("openssl", &[&issue[..], &authority].concat());
    fs::copy(trial.at(key), trial.at(format!("w/pki/{name}.key"))).unwrap();
    let (one, both) = (format!("[\"pki/{person}.crt\"]"), format!("[\"pki/{person}.crt\", \"pki/{name}.crt\"]"));
    trial.change("registry.toml", &one, &both);
}
