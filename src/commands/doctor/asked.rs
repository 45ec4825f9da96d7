//! Those whom the window asks: its database, its mailboxes, its mail server, who stamps time, who tells of revocation.
//! Each is called as the window calls it, and nothing of what comes is kept.

use super::{Patient, Report};
use crate::boemis::{Fault, Reader};
use crate::commands::{Trouble, opening};
use crate::daemon::{refresh, stamps};
use crate::host::Disk;
use crate::intake::imap;
use crate::intake::mail::{MailboxSettings, Place};
use crate::post::Courier;
use crate::schema::Datasets;
use std::path::Path;
use std::sync::Arc;

pub(super) fn look(patient: &Patient<'_>, report: &mut Report) -> Result<(), Trouble> {
    opening::runtime()?.block_on(async {
        database(patient, report).await;
        for mailbox in &patient.settings.mail.mailboxes {
            read(mailbox, report).await;
        }
    });
    smtp(patient, report);
    time(patient, report);
    revocation(patient, report);
    Ok(())
}

async fn database(patient: &Patient<'_>, report: &mut Report) {
    let (check, settings) = ("boemis", patient.settings);
    let is_file = settings.location.file().is_some();
    match Reader::open(&settings.location, &settings.boemis, &Datasets::default()).await {
        Ok(reader) => {
            let _ = reader.close().await; // it only looked
            report.well(check, "BOEMİS can be read");
        }
        Err(fault @ Fault::Missing { .. }) if is_file => {
            report.warning(check, fault.to_string(), "start the window, which makes it; restore it if there was one");
        }
        Err(fault) => {
            let todo = match (&fault, is_file) {
                (Fault::Missing { .. }, _) => "as the database's owner: pencere boemis prepare (docs/postgresql.md)",
                (Fault::Role(_), _) => "pencere boemis prepare takes from the role what is too much",
                (Fault::Away { .. }, true) => "see who locks it, and that the window's user can read it: fuser, ls -l",
                (Fault::Away { .. }, false) => "see that the server runs and is reached (psql), and its certificate",
                (Fault::Wrong(_), _) => "stop the window; pencere audit verify; docs/backup.md",
            };
            report.fault(check, fault.to_string(), todo);
        }
    }
}

async fn read(mailbox: &MailboxSettings, report: &mut Report) {
    let check = format!("mailbox.{}", mailbox.name);
    if mailbox.paused {
        report.warning(check, "it is paused, and is not read", "take the word away from its kind to have it read");
        return;
    }
    match &mailbox.place {
        Place::Maildir(path) => match ["new", "cur"].iter().try_for_each(|side| writable(&path.join(side))) {
            Ok(()) => report.well(check, format!("{} can be read", path.display())),
            Err(why) => report.fault(check, why, "see its owner and mode: messages are moved out of new/ and cur/"),
        },
        Place::Imap(server) => match imap::probe(server).await {
            Ok(()) => report.well(check, format!("{} lets {} in", server.peer.host, server.user)),
            Err(why) => report.fault(check, why, "see host, port, ca, user and password of the mailbox; docs/mail.md"),
        },
    }
}

fn writable(path: &Path) -> Result<(), String> {
    use rustix::fs::Access;
    let told = rustix::fs::access(path, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK);
    told.map_err(|errno| format!("{}: {}", path.display(), std::io::Error::from(errno)))
}

fn smtp(patient: &Patient<'_>, report: &mut Report) {
    let (check, Some(post)) = ("smtp", &patient.settings.post) else { return };
    let peer = &post.server.peer;
    if post.server.paused {
        report.warning(check, "[mail.smtp] server is paused: nothing is sent", "take that word away to have it sent");
        return;
    }
    match Courier::new(&Disk::system(), &post.server, &post.from).and_then(|mut courier| courier.knock()) {
        Ok(()) => report.well(check, format!("{}:{} takes mail from {}", peer.host, peer.port, post.from)),
        Err(why) => report.fault(check, why, "see server, security, ca, user and password of [mail.smtp]"),
    }
}

/// A stamp over nothing of anybody's.
const OVER: &str = "pencere doctor";

fn time(patient: &Patient<'_>, report: &mut Report) {
    let settings = patient.settings;
    let Some(config) = &patient.config else { return };
    let of_log = settings.witnesses.stamps.as_ref().filter(|log| settings.stamps.as_ref() != Some(log));
    for (check, wanted) in [("seal.tsa", settings.stamps.as_ref()), ("log.tsa", of_log)] {
        let Some(wanted) = wanted else { continue };
        match stamps::probe(wanted, Arc::clone(config.world()), OVER) {
            Ok(()) => report.well(check, format!("{} stamps the time, and is believed", wanted.url)),
            Err(why) => report.fault(check, why, "see its address, the network, and [trust] timestamping"),
        }
    }
}

fn revocation(patient: &Patient<'_>, report: &mut Report) {
    let Some(config) = &patient.config else { return };
    for (address, came) in refresh::probe(patient.settings, config.world()) {
        match came {
            Ok(()) => report.well("revocation", format!("{address} answers, and may speak for its authority")),
            Err(why) => report.fault(
                "revocation",
                format!("{address}: {why}"),
                "see the address in [trust] and the network: whom it concerns is held once the last list is stale",
            ),
        }
    }
}
