//! Keys and certificates: there, kept from others, and in force for how long. A key in a token is left alone: each look
//! might cost a try of its PIN.

use super::{Patient, Report};
use crate::config::Part;
use crate::forms::certificate::Certificate;
use crate::line::Secret;
use crate::seal::{KeyPlace, Sealer};
use jiff::{SignedDuration, Timestamp};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// So long before its end a certificate is spoken of: long enough to have another issued and published.
const RENEWAL: SignedDuration = SignedDuration::from_hours(30 * 24);

pub(super) fn look(patient: &Patient<'_>, report: &mut Report) {
    let settings = patient.settings;
    let renew = "put the new certificate and its key in their places, publish it to the agencies, restart the window";
    own("seal.certificate", &settings.seal.certificate, renew, patient.now, report);
    seal_key(patient, report);
    let log = &settings.transparency.key;
    if !log.is_own || log.certificate.exists() {
        own("log.certificate", &log.certificate, "have it made anew over the same key", patient.now, report);
        kept("log.key", &log.key, report);
    }
    if let Some(post) = &settings.post {
        own("mail.certificate", &post.sign.certificate, "have the mail key certified anew", patient.now, report);
        kept("mail.key", &post.sign.key, report);
        if let Some((_, secret)) = &post.server.account {
            secret_kept("smtp.password", secret, report);
        }
    }
    for mailbox in &settings.mail.mailboxes {
        if let crate::intake::mail::Place::Imap(server) = &mailbox.place {
            secret_kept(&format!("mailbox.{}.password", mailbox.name), &server.password, report);
        }
    }
    others(patient, report);
}

fn seal_key(patient: &Patient<'_>, report: &mut Report) {
    let settings = patient.settings;
    match &settings.seal.key {
        KeyPlace::File(path) => kept("seal.key", path, report),
        KeyPlace::Token(_) => report.well("seal.key", "it lies in a token, which is opened by the window alone"),
        KeyPlace::Apart(path) if patient.daemon.is_some() => {
            report.well("seal.socket", format!("the window that is open has the seal behind {}", path.display()));
        }
        KeyPlace::Apart(path) => {
            let window = settings.window_of_receipts();
            match Sealer::open(&settings.seal, window, Box::new(Timestamp::now), None) {
                Ok(_) => report.well("seal.socket", format!("the seal behind {} answers", path.display())),
                Err(fault) => report.fault(
                    "seal.socket",
                    fault.to_string(),
                    "systemctl status pencere-seal.socket pencere-seal; journalctl -u pencere-seal; docs/seal.md",
                ),
            }
        }
    }
}

/// A certificate of the window's own.
fn own(check: &str, path: &Path, renew: &str, now: Timestamp, report: &mut Report) {
    let found = fs::read(path).map_err(|error| error.to_string()).and_then(|octets| Certificate::from_file(&octets));
    match found.as_deref() {
        Ok([certificate, ..]) => match left(certificate, now) {
            Left::Ended(told) => report.fault(check, format!("{}: {told}", path.display()), renew),
            Left::Soon(told) => report.warning(check, format!("{}: {told}", path.display()), renew),
            Left::Long(told) => report.well(check, format!("{}: {told}", path.display())),
        },
        Ok([]) => report.fault(check, format!("{} holds no certificate", path.display()), "put it there"),
        Err(why) => {
            let todo = "put it there, readable by the window's user";
            report.fault(check, format!("{}: {why}", path.display()), todo);
        }
    }
}

enum Left {
    Ended(String),
    Soon(String),
    Long(String),
}

fn left(certificate: &Certificate, now: Timestamp) -> Left {
    let (begin, end) = (certificate.not_before(), certificate.not_after());
    let days = end.duration_since(now).as_hours() / 24;
    match end.duration_since(now) {
        over if over.is_negative() => Left::Ended(format!("it ended on {end}, {} days ago", -days)),
        _ if begin > now => Left::Ended(format!("it is in force from {begin} only")),
        rest if rest < RENEWAL => Left::Soon(format!("it ends on {end}, in {days} days")),
        _ => Left::Long(format!("in force until {end}, for {days} days")),
    }
}

/// A key or password that is readable for the window and for nobody else.
fn kept(check: &str, path: &Path, report: &mut Report) {
    let opened = fs::File::open(path).and_then(|file| file.metadata());
    match opened {
        Ok(metadata) if metadata.permissions().mode() & 0o077 != 0 => {
            let message = format!("{} can be read by others than its owner", path.display());
            report.fault(
                check,
                message,
                format!("chmod 600 {0}; if somebody may have read it, renew it", path.display()),
            );
        }
        Ok(_) => report.well(check, format!("{}: readable by its owner alone", path.display())),
        Err(error) => {
            let todo = format!("ls -l {0}; it is to be the window's user's: chown pencere {0}", path.display());
            report.fault(check, format!("{}: {error}", path.display()), todo);
        }
    }
}

fn secret_kept(check: &str, secret: &Secret, report: &mut Report) {
    match secret {
        Secret::File(path) => kept(check, path, report),
        Secret::Credential(name) => {
            report.well(check, format!("systemd hands the credential {name} to the service, and to nobody else"));
        }
    }
}

/// The certificates of persons and authorities. A person's that ended is the person's to renew, and is no fault of the
/// window; of an authority's nobody's signature is believed any more.
fn others(patient: &Patient<'_>, report: &mut Report) {
    let Some(config) = &patient.config else { return };
    let mut told = 0;
    for file in &config.world().files {
        let check = match file.part {
            Part::Registry => "persons",
            Part::Trust => "authorities",
            _ => continue,
        };
        for certificate in Certificate::from_file(&file.octets).unwrap_or_default() {
            let what = format!("{} ({})", file.path.display(), certificate.serial());
            let (message, todo) = match (left(&certificate, patient.now), file.part) {
                (Left::Long(_), _) => continue,
                (Left::Ended(why) | Left::Soon(why), Part::Registry) => (
                    format!("a person's certificate, {what}: {why}"),
                    "ask for the new one: pencere identity probe CERT says what to add to the registry",
                ),
                (Left::Ended(why) | Left::Soon(why), _) => {
                    (format!("an authority's certificate, {what}: {why}"), "ask the authority for its new one")
                }
            };
            told += 1;
            report.warning(check, message, todo);
        }
    }
    if told == 0 {
        let message = "the certificates of persons and authorities are in force for 30 days at least";
        report.well("certificates", message);
    }
}
