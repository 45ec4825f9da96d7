//! Checkpoints where others keep them: what a real authority stamped proves when the log stood so, by openssl alone.

mod authority;
#[path = "window/trial.rs"]
mod trial;

use authority::Authority;
use authority::server::{Server, http};
use std::fs;
use std::path::PathBuf;
use trial::{Trial, eventually, generation, voen};

fn drop_one(trial: &Trial, name: &str, period: &str) {
    let signed = trial.signed(name, generation(voen("azerenerji"), period, 1, "SU-0001", "1.5"), "azerenerji");
    trial.put("azerenerji", name, signed);
    eventually("the receipt", || trial.answers_to("azerenerji", name).len() == 1);
}

/// What lies in the witnesses' folder with this ending.
fn lie(trial: &Trial, ending: &str) -> Vec<PathBuf> {
    let Ok(folder) = fs::read_dir(trial.at("kept")) else { return Vec::new() };
    let mut paths: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == ending));
    paths.sort();
    paths
}

fn window() -> Trial {
    let trial = Trial::new();
    trial.set("publish", &format!("{:?}", trial.at("kept").to_str().unwrap()));
    trial.set("publish_every", "\"1s\"");
    trial.set("rescan", "\"1s\"");
    trial
}

#[test]
fn a_checkpoint_goes_where_others_keep_it_and_an_authority_stamps_it() {
    let (trial, authority) = (window(), Authority::new());
    fs::copy(authority.at("clocks.crt"), trial.at("w/pki/clocks.crt")).unwrap();
    trial.set("timestamping", "[\"pki/clocks.crt\"]");
    let server = Server::of(&authority);
    trial.set("transparency.tsa", &format!("\"{}\"", server.url()));
    let daemon = trial.run();
    drop_one(&trial, "a.xml", "2020-Q1");
    eventually("a stamped checkpoint", || lie(&trial, "tst").len() == 1);
    drop_one(&trial, "b.xml", "2020-Q2");
    eventually("another", || lie(&trial, "tst").len() == 2);
    daemon.end();
    let (notes, tokens) = (lie(&trial, "checkpoint"), lie(&trial, "tst"));
    let text = |path: &PathBuf| path.to_str().unwrap().to_owned();
    for (note, token) in notes.iter().zip(&tokens) {
        assert_eq!(note.with_extension(""), token.with_extension(""));
        let clocks = text(&authority.at("clocks.crt"));
        let (note, token) = (text(note), text(token));
        let arguments = ["ts", "-verify", "-data", &note, "-in", &token, "-token_in", "-CAfile", &clocks];
        trial.succeeds("openssl", &arguments);
    }
    assert_eq!(notes.len(), 2);
    assert!(fs::read_to_string(&notes[0]).unwrap().starts_with("pencere/trial\n2\n"), "decided and answered");
    // whoever holds nothing against the log has proven nothing
    fs::create_dir(trial.at("empty")).unwrap();
    let verify = |folder: &str| trial.pencere(&["audit", "verify", "--checkpoint", folder]).status.code();
    assert_eq!(verify("empty"), Some(2));
    fs::write(trial.at("empty/x.checkpoint"), "nothing").unwrap();
    assert_eq!(verify("empty"), Some(2));
    // the folder as it lies is what the audit holds against the window
    trial.done(&["audit", "verify", "--checkpoint", "kept", "--config", "w/pencere.toml"]);
    let receipts = text(&trial.side("azerenerji", "receipts"));
    trial.done(&["audit", "compare", "kept", &receipts]);
}

#[test]
fn an_authority_or_a_folder_that_fails_is_told_and_made_up_for() {
    let (trial, authority) = (window(), Authority::new());
    fs::copy(authority.at("clocks.crt"), trial.at("w/pki/clocks.crt")).unwrap();
    trial.set("timestamping", "[\"pki/clocks.crt\"]");
    let silent = Server::http(Box::new(|_| http("503 Service Unavailable", "text/plain", b"later")));
    trial.set("transparency.tsa", &format!("\"{}\"", silent.url()));
    // folders where the checkpoint's file should be
    let taken: Vec<_> = (1..20).map(|size| trial.at(format!("kept/pencere-trial-{size:020}.checkpoint"))).collect();
    taken.iter().for_each(|path| fs::create_dir_all(path).unwrap());
    let daemon = trial.run();
    drop_one(&trial, "a.xml", "2020-Q1");
    eventually("the log's word", || trial.log().contains("checkpoints do not go where others keep them"));
    taken.iter().for_each(|path| fs::remove_dir(path).unwrap());
    eventually("the checkpoint without a stamp", || lie(&trial, "checkpoint").len() == 1);
    eventually("why it has none", || trial.log().contains("a checkpoint has no time-stamp"));
    daemon.end();
    assert!(lie(&trial, "tst").is_empty());
    // the next process stamps what lies there without
    let server = Server::of(&authority);
    trial.set("transparency.tsa", &format!("\"{}\"", server.url()));
    let daemon = trial.run();
    eventually("the stamp", || lie(&trial, "tst").len() == 1);
    daemon.end();
    assert_eq!(lie(&trial, "checkpoint").len(), 1);
}

#[test]
fn a_checkpoint_that_somebody_put_there_is_no_checkpoint_of_ours() {
    let trial = window();
    fs::create_dir(trial.at("kept")).unwrap();
    for size in 1..20 {
        fs::write(trial.at(format!("kept/pencere-trial-{size:020}.checkpoint")), "").unwrap();
    }
    // a window that is run by the clock publishes too, and says what stands in its way
    trial.put(
        "azerenerji",
        "a.xml",
        trial.signed("a.xml", generation(voen("azerenerji"), "2020-Q1", 1, "SU-0001", "1.5"), "azerenerji"),
    );
    trial.done(&["once"]);
    let (code, status) = trial.json(&["status"]);
    assert!(code == Some(1) && status["problems"].to_string().contains("checkpoints-kept-back"), "{status}");
    fs::remove_dir_all(trial.at("kept")).unwrap();
    trial.done(&["once"]);
    assert_eq!(lie(&trial, "checkpoint").len(), 1);
    assert!(!trial.json(&["status"]).1["problems"].to_string().contains("checkpoints-kept-back"));
}
