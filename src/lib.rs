//! pencere, the integration window of BOEMİS: signed files in, rows and sealed receipts out.
//!
//! An agency drops a signed statement in its folder. The window makes it safe, asks who signed it,
//! whether they may file it, and whether it is right; it loads what is, and lays a sealed receipt
//! beside it that says so, or says everything that is to be mended. This page is the tour: it goes the
//! way a document goes.
//!
//! # The path
//!
//! ```text
//! intake → staging → signature → authority → schema → boemis → receipt → archive
//!         journal, transparency log, evidence, ledger and seal stand beside the path
//! ```
//!
//! Each room asks one question, takes one value, and gives back another that nobody else can make.
//!
//! | Room | Asks | Takes | Gives |
//! |---|---|---|---|
//! | [`intake`] | what came, and is it all there? | names in a folder | [`Arrival`] |
//! | [`staging`] | is it safe with us? | `Arrival` | [`Staged`]: durable; nobody can read its octets |
//! | [`signature`] | who signed it, and is it whole? | `Staged` | [`Verified`]: gives only what is signed |
//! | [`authority`] | may they file this, for this body? | `Verified` | [`Authorised`] |
//! | [`schema`] | has it the form, and does the content hold? | `Authorised` | [`Inspected`], then [`Validated`] |
//! | [`boemis`] | do rows and load mark stand? | `Validated` | [`Loaded`]: only after the commit |
//! | [`receipt`] | what is to be said? | `&Loaded`, or how it stopped | [`Answer`], and sealed a [`Receipt`] |
//! | [`archive`] | is anything left to do? | a journal that says no | [`Closed`] |
//!
//! [`Arrival`]: intake::Arrival
//! [`Staged`]: staging::Staged
//! [`Verified`]: signature::Verified
//! [`Authorised`]: authority::Authorised
//! [`Inspected`]: schema::Inspected
//! [`Validated`]: schema::Validated
//! [`Loaded`]: boemis::Loaded
//! [`Answer`]: receipt::Answer
//! [`Receipt`]: receipt::Receipt
//! [`Closed`]: archive::Closed
//!
//! The two ends touch the world. The three in the middle only judge: the value, dated snapshots and the
//! time of reception go in, a value or a [`Stop`](finding::Stop) comes out. They touch no clock, disk or
//! network, so every verdict can be repeated, in a test, after a crash, or a year later.
//!
//! A document stops in one of three ways, none of them the default: *reject*, when its sender can mend
//! it; *hold*, when nobody can tell yet; *halt*, when we are wrong. Why is a
//! [`Finding`](finding::Finding): data first, and a sentence only where somebody reads it.
//!
//! # Where to start reading
//!
//! 1. [`daemon::judgement`]: the four questions in the middle, one after the other, in one page.
//! 2. [`daemon::carry`]: a group of documents through every room; all branching is there.
//! 3. [`daemon::watch`]: when something is done. [`daemon::window`]: opening, recovery, reload.
//! 4. Then the room you came for. Each file opens with what it owns and what it never does.
//!
//! `CONTRACT n` in a comment is section n of `docs/contract.md`: what callers may rely on.
//!
//! [`commands`] is the command line; `check` asks the same questions as the daemon by the same code.
//!
//! # What is durable, and when
//!
//! The [`journal`] is the truth; it holds digests, never content. Originals and receipts lie in
//! [`evidence`]. The [`ledger`] is an index that may be thrown away, sled and the files beside the journal's closed
//! segments. In this order, each once for a group:
//!
//! 1. Evidence is synced, then the journal: the submission is *held safely*. Only now may its source go.
//! 2. BOEMİS commits rows and load mark in one transaction: it is *loaded*. The mark is unique there, so
//!    nothing is loaded twice, whatever was lost elsewhere.
//! 3. What is to be said becomes a line of the journal, and so a leaf of the [`transparency`] log: it is *decided*.
//!    A checkpoint is signed over what is durable, never over anything else.
//! 4. The [`seal`] takes the outcome with its place in the log and writes down its act; evidence and journal take the
//!    receipt: it is *answered*. That line is a leaf too.
//! 5. The receipt's file appears by rename, and the journal notes *closed*. If that is lost, the file is
//!    published again at the next start, under the same name.
//!
//! An acceptance may fall once more, when a revocation from before its reception becomes known later
//! (`daemon/later.rs`, `daemon/contest.rs`): the journal says so first, then BOEMİS takes the load out of what
//! holds, then the receipt is sealed for sender and owner.
//!
//! # What does not compile
//!
//! The order of the path is held by the types. Each of these would skip a room:
//!
//! What is staged cannot be read, only verified:
//!
//! ```
//! use pencere::{signature, staging};
//! fn read(staged: staging::Staged, grounds: signature::Grounds<'_>) -> Option<u64> {
//!     let verified = signature::verify(staged, grounds).ok()?;
//!     Some(verified.covered().octets().len())
//! }
//! ```
//! ```compile_fail,E0624
//! fn read(staged: pencere::staging::Staged) {
//!     let (_, octets, _) = staged.into_octets();
//! }
//! ```
//! ```compile_fail,E0616
//! fn read(staged: pencere::staging::Staged) -> u64 {
//!     staged.document.len()
//! }
//! ```
//!
//! What is staged cannot be authorised, only what is verified:
//!
//! ```
//! use pencere::authority::{Authorised, Registry, Unauthorised, Window, authorise};
//! use pencere::{signature::Verified, trust::IdentityProfile};
//! fn skip(it: Verified, r: &Registry, w: &Window, p: &IdentityProfile) -> Result<Authorised, Unauthorised> {
//!     authorise(it, r, w, p)
//! }
//! ```
//! ```compile_fail,E0308
//! use pencere::authority::{Authorised, Registry, Unauthorised, Window, authorise};
//! use pencere::{staging::Staged, trust::IdentityProfile};
//! fn skip(it: Staged, r: &Registry, w: &Window, p: &IdentityProfile) -> Result<Authorised, Unauthorised> {
//!     authorise(it, r, w, p)
//! }
//! ```
//!
//! `Verified` is made in its room alone, and there is one of it:
//!
//! ```
//! use pencere::signature::Verified;
//! fn look(it: &Verified) -> usize {
//!     it.signers().len()
//! }
//! ```
//! ```compile_fail,E0451
//! use pencere::document::Content;
//! use pencere::forms::certificate::Certificate;
//! use pencere::signature::{Covered, Report, Verified};
//! use pencere::staging::About;
//! fn forge(about: About, signers: Vec<Certificate>, report: Report, covered: Covered, content: Content) -> Verified {
//!     Verified { about, signers, report, covered, content }
//! }
//! ```
//! ```compile_fail,E0599
//! use pencere::signature::Verified;
//! fn double(it: Verified) -> (Verified, Verified) {
//!     (it.clone(), it)
//! }
//! ```
//!
//! What was verified cannot be read as a dataset before it is authorised, and what was read is not
//! validated yet:
//!
//! ```
//! use pencere::authority::{Authorised, Stations};
//! use pencere::finding::Stop;
//! use pencere::host::Scratch;
//! use pencere::schema::{Datasets, Limits, Standing, Validated, inspect, validate};
//! fn judge(it: Authorised, s: &Standing, d: &Datasets, st: &Stations, l: &Limits) -> Result<Validated, Stop> {
//!     validate(inspect(it, d, l, &Scratch::of_system())?, s, d, st)
//! }
//! ```
//! ```compile_fail,E0308
//! use pencere::finding::Stop;
//! use pencere::host::Scratch;
//! use pencere::schema::{Datasets, Inspected, Limits, inspect};
//! use pencere::signature::Verified;
//! fn skip(it: Verified, d: &Datasets, l: &Limits) -> Result<Inspected, Stop> {
//!     inspect(it, d, l, &Scratch::of_system())
//! }
//! ```
//!
//! Only what is validated is loaded, and once:
//!
//! ```
//! use pencere::{boemis::Batch, schema::Validated};
//! async fn load(batch: &mut Batch<'_>, it: Validated) -> bool {
//!     batch.load(it).await.is_ok()
//! }
//! ```
//! ```compile_fail,E0308
//! use pencere::{boemis::Batch, schema::Inspected};
//! async fn load(batch: &mut Batch<'_>, it: Inspected) -> bool {
//!     batch.load(it).await.is_ok()
//! }
//! ```
//! ```compile_fail,E0382
//! use pencere::{boemis::Batch, schema::Validated};
//! async fn load(batch: &mut Batch<'_>, it: Validated) -> bool {
//!     batch.load(it).await.is_ok() && batch.load(it).await.is_ok()
//! }
//! ```
//!
//! Only what is committed is acknowledged:
//!
//! ```
//! use pencere::{boemis::Loaded, receipt::{Answer, Turn}};
//! fn say(it: &Loaded) -> Answer {
//!     Answer::accepted(it, Turn::FIRST)
//! }
//! ```
//! ```compile_fail,E0308
//! use pencere::{receipt::{Answer, Turn}, schema::Validated};
//! fn say(it: &Validated) -> Answer {
//!     Answer::accepted(it, Turn::FIRST)
//! }
//! ```
//! ```compile_fail,E0308
//! use pencere::{boemis::Pending, receipt::{Answer, Turn}};
//! fn say(it: &Pending) -> Answer {
//!     Answer::accepted(it, Turn::FIRST)
//! }
//! ```
//!
//! Migrations, a restore, and whoever holds the database, stand outside this proof; `pencere audit
//! verify` looks at them.

// The leaves: what every room may use, and what uses no room.
pub mod advice; // what the log asks people to do: one table
pub mod container; // ZIP archives, read strictly and written plainly
pub mod document; // names with one meaning everywhere: ids, periods, quantities, VÖEN and FİN, digests
pub mod finding; // what is found: the table of findings, and how a document stops
pub mod forms; // formats of others: XMLDSig, XAdES, ASiC, CMS, time-stamps, X.509, PEM
pub mod geometry; // areas, lines and places: read, judged exactly, kept as WGS 84
pub mod host; // the only clock and disk, each with a faulty twin for the tests
pub mod json; // one JSON reader that streams
pub mod line; // the private line to a server of mail: its name, its authority, its password
pub mod letter; // mail messages: their parts as a stream, what their headers say
pub mod trust; // whom the window believes: anchors, revocation lists, identities
pub mod xml; // one XML reader for all, and canonicalisation

// The path, in the order of a document.
pub mod intake; // what arrived
pub mod staging; // safe with us, and only then gone from its source
pub mod signature; // who signed what
pub mod authority; // who may file what
pub mod schema; // form and content of a dataset, from its description
pub mod boemis; // rows, history, load marks
pub mod receipt; // the answer
pub mod archive; // the end

// Beside the path.
pub mod journal; // the truth: what happened, in order, with digests and without content
pub mod evidence; // originals and receipts
pub mod fetch; // asking others over HTTP, bounded
pub mod token; // keys in PKCS#11 tokens, which sign and are never seen
pub mod transparency; // what was said, as a tree that can only grow, and its signed checkpoints
pub mod ledger; // the index of what is open or recent; built again from the journal when it is lost
pub mod post; // what goes out by mail: composed, signed, owed until it is taken
pub mod reserve; // copies of all that, and what is put back from them
pub mod seal; // the key that receipts are sealed with, here or in a process apart, and the register of what it sealed

// Over all of it.
pub mod config; // the settings of every room, each mistake with its place
pub mod daemon; // the loop, and the way through every room
pub mod commands; // the command line
