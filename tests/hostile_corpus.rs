//! `docs/hostile-corpus.md`: every hostile sample, and every one that a signature was refused for, with
//! our verdict beside those of `xmlsec1`, the JDK and `openssl cms` on the same file.
//!
//! `PENCERE_REWRITE=1` writes the page. The tools of others change: where another version is installed
//! than the page was written with, that is said, and our own columns alone are held.

#[path = "samples/case.rs"]
#[allow(dead_code)]
mod case;
mod peers;
#[path = "samples/receipt.rs"]
#[allow(dead_code)]
mod receipt;

use case::{EXPECTED, Sample};
use pencere::forms::certificate::Certificate;
use pencere::signature::{self, Context, Policy, TimeSource};
use pencere::trust::{IdentityProfile, Snapshot};
use pencere::xml::Limits;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// What stands in a cell where a tool does not read such a file.
const NOTHING: &str = "–";
/// How the tools say that they take a file; the page sets it in bold.
const ACCEPTS: &[&str] = &["valid", "by a bare key", "opens"];

/// A sample's row.
struct Row {
    name: String,
    note: String,
    verdict: String,
    finding: String,
    peers: [String; 3],
}

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn is_xml(octets: &[u8]) -> bool {
    let text = octets.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(octets);
    text.trim_ascii_start().starts_with(b"<") || octets.starts_with(b"\xFF\xFE<")
}

fn is_signature_file(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with(".p7s") || name.ends_with(".p7m")
}

/// What `pencere verify` says, in the words of EN 319 102-1.
fn verdict(file: &[u8], content: Option<&[u8]>) -> String {
    let at = "2026-11-16T07:00:00Z".parse().unwrap();
    let anchors = Certificate::from_pem(&fs::read(peers::pki("ca.crt")).unwrap()).unwrap();
    let trust = Snapshot::new(anchors, Vec::new(), None, jiff::SignedDuration::ZERO, at);
    let (policy, profile) = (Policy::trial(), IdentityProfile::standard());
    let context = Context { trust: &trust, policy: &policy, profile: &profile, at, time_source: TimeSource::Reception };
    let content = content.map(|octets| octets.to_vec().into());
    let (report, nothing) =
        signature::examine(&file.to_vec().into(), content.as_ref(), &context, &Limits::default()).unwrap();
    let sub = report.sub_indication.map(|sub| serde_json::to_value(sub).unwrap().as_str().unwrap().to_owned());
    match (nothing, sub) {
        (Some(_), _) => "refused unread".to_owned(),
        (None, Some(sub)) => format!("{} / {sub}", report.indication.as_str()),
        (None, None) => report.indication.as_str().to_owned(),
    }
}

/// The rows, without the JDK, and beside them the files that it is to be asked about.
fn rows(scratch: &Path) -> (Vec<Row>, Vec<(usize, PathBuf)>) {
    let is_wanted = |sample: &Sample| {
        let name = sample.name.as_str();
        name.starts_with("hostile/") || name.starts_with("rejected/signature.")
    };
    let (mut rows, mut for_java) = (Vec::new(), Vec::new());
    for sample in Sample::all(&top().join("inbox-samples")).into_iter().filter(is_wanted) {
        let documents = sample.documents();
        let beside = documents.iter().find(|(name, _)| is_signature_file(name));
        let document = documents.iter().find(|(name, _)| !is_signature_file(name)).or(beside);
        let Some((name, octets)) = document else { continue };
        let detached = beside.filter(|(own, _)| own != name);
        let (xmlsec1, mut java, mut openssl) = match is_xml(octets) {
            true => (peers::xmlsec1_says(octets).to_owned(), String::new(), NOTHING.to_owned()),
            false if octets.starts_with(b"PK") => (NOTHING.to_owned(), String::new(), NOTHING.to_owned()),
            false => (NOTHING.to_owned(), NOTHING.to_owned(), NOTHING.to_owned()),
        };
        if java.is_empty() {
            let path = scratch.join(rows.len().to_string());
            fs::write(&path, octets).unwrap();
            for_java.push((rows.len(), path));
            java = NOTHING.to_owned();
        }
        if let Some((_, file)) = beside {
            let form = if file.starts_with(b"\x30") { "DER" } else { "SMIME" };
            let form = if file.starts_with(b"-----") { "PEM" } else { form };
            openssl = word(match detached {
                Some(_) => peers::openssl_cms(file, &["-inform", form], octets),
                None => peers::openssl_attached(file, form),
            });
        }
        let answer = fs::read_to_string(sample.folder.join(EXPECTED)).unwrap();
        rows.push(Row {
            verdict: match detached {
                Some((_, file)) => verdict(file, Some(octets)),
                None => verdict(octets, None),
            },
            finding: receipt::codes(&answer).first().unwrap_or(&NOTHING).to_string(),
            note: sample.case.note.split_whitespace().collect::<Vec<_>>().join(" "),
            name: sample.name,
            peers: [xmlsec1, java, openssl],
        });
    }
    (rows, for_java)
}

fn word(accepts: bool) -> String {
    if accepts { "valid" } else { "refused" }.to_owned()
}

/// A cell, with Markdown's own signs made plain.
fn cell(text: &str) -> String {
    let plain = text.replace('|', "\\|").replace('<', "&lt;");
    if ACCEPTS.contains(&text) { format!("**{plain}**") } else { plain }
}

fn page(rows: &[Row], versions: &str) -> String {
    let mut page = format!("{HEAD}{versions}\n\n");
    for (title, claim) in [("Hostile documents", "hostile/"), ("Refused for their signature", "rejected/")] {
        let _ = write!(page, "## {title}\n\n{COLUMNS}");
        for row in rows.iter().filter(|row| row.name.starts_with(claim)) {
            let [xmlsec1, java, openssl] = &row.peers;
            let name = row.name.strip_prefix(claim).unwrap();
            let cells = [&row.note, &row.verdict, &format!("`{}`", row.finding), xmlsec1, java, openssl];
            let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
            let _ = writeln!(page, "| [{name}](../inbox-samples/{}/) | {} |", row.name, cells.join(" | "));
        }
        page.push('\n');
    }
    let accepted = |row: &&Row| row.peers.iter().any(|verdict| ACCEPTS.contains(&verdict.as_str()));
    let accepted: Vec<&Row> = rows.iter().filter(accepted).collect();
    let _ = write!(page, "{TAIL}{} of {} files are taken by at least one of the others", accepted.len(), rows.len());
    let signature = |row: &&&Row| row.finding.starts_with("signature.");
    let of_those = accepted.iter().filter(signature).count();
    let _ = writeln!(page, "; {of_those} of these we refuse for their signature or their container,\nthe rest later.");
    page
}

/// The page with the columns of others, and what follows from them, left out.
fn ours(page: &str) -> Vec<String> {
    let rows = page.lines().filter(|line| line.starts_with("| ["));
    rows.map(|line| line.split(" | ").take(4).collect::<Vec<_>>().join(" | ")).collect()
}

#[test]
fn the_committed_page_is_what_the_tools_say() {
    let scratch = tempfile::tempdir().unwrap();
    let (mut rows, for_java) = rows(scratch.path());
    let files: Vec<PathBuf> = for_java.iter().map(|(_, path)| path.clone()).collect();
    for ((row, _), verdict) in for_java.iter().zip(peers::jdk(&files)) {
        rows[*row].peers[1] = verdict;
    }
    assert!(rows.len() > 80, "{} rows", rows.len());
    let versions = peers::versions();
    let page = page(&rows, &versions);
    let path = top().join("docs/hostile-corpus.md");
    if std::env::var_os("PENCERE_REWRITE").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let again = "PENCERE_REWRITE=1 cargo test --test hostile_corpus writes it";
    assert_eq!(ours(&committed), ours(&page), "docs/hostile-corpus.md is out of date; {again}");
    if committed.contains(&versions) {
        assert!(committed == page, "docs/hostile-corpus.md is out of date; {again}");
    } else {
        println!("SKIPPED: the page was not written with {versions} The columns of others stand as they are.");
    }
}

/// Nothing on the page passes with us: what verifies is refused for what it says, or hides.
// S 8.1.4 item 2
#[test]
fn nothing_here_is_accepted() {
    for sample in Sample::all(&top().join("inbox-samples")) {
        if sample.name.starts_with("hostile/") || sample.name.starts_with("rejected/") {
            let answer = fs::read_to_string(sample.folder.join(EXPECTED)).unwrap();
            assert_eq!(receipt::decision(&answer), "rejected", "{}", sample.name);
            assert!(!receipt::codes(&answer).is_empty(), "{}", sample.name);
        }
    }
}

const HEAD: &str = "\
# The hostile corpus

Documents that were made to deceive or to exhaust a verifier, and those that are refused for their signature. They lie
in [inbox-samples](../inbox-samples/README.md), are signed with the keys of the sample PKI, and may be used to try any
other verifier. This page is made by `tests/hostile_corpus.rs`, which asks every tool about every file in each run.

| column | says |
|---|---|
| `verify` | what `pencere verify` says of the signatures alone, in the words of EN 319 102-1. TOTAL-PASSED here \
means: each signature is genuine, for what it covers; *refused unread*: the file is not read as a document with \
signatures at all |
| window | the finding for which the window refuses the document. Nothing on this page is loaded |
| xmlsec1 | `xmlsec1 --verify` on the first signature, with the sample authority trusted and the Ids made known that \
the samples use |
| JDK | the program of the JDK's own guide (`tests/peers/Jdk.java`): first signature, every Id known, the certificate \
from KeyInfo, then its path by PKIX. For a container: whether `java.util.zip.ZipFile` opens it |
| openssl | `openssl cms -verify -binary` with the sample authority trusted |

*valid* means that the tool says yes: digests, value and path. *by a bare key* means yes as well, and that anybody's key
would do. *intact, untrusted*: digests and value are right, and nobody vouches for the key. A dash: the tool does not
read such files. What others take is set in bold. Several of them only do what they promise: they tell whether *a*
signature is right, and leave to the caller what it covers. That is the question at which most callers fail, and it is
why the window asks it itself.

Written with ";

const COLUMNS: &str = "\
| sample | what it tries | `verify` | window | xmlsec1 | JDK | openssl |
|---|---|---|---|---|---|---|
";

const TAIL: &str = "## In numbers\n\n";
