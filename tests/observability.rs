//! Numbers and health of a running window, asked as Prometheus asks; the alerts on them, and the runbook.
//!
//! What is counted is held against the journal, read here without pencere.

#[path = "window/trial.rs"]
mod trial;

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use trial::servers::Server;
use trial::{Trial, eventually, generation, said, voen};

/// A window that gives its numbers at a Unix socket and looks every second.
fn window(trial: Trial) -> Trial {
    trial.set("settle", "\"1ms\"");
    trial.set("metrics.every", "\"1s\"");
    trial.set("metrics.listen", &format!("\"unix:{}\"", socket(&trial).display()));
    trial
}

fn socket(trial: &Trial) -> PathBuf {
    trial.at("numbers.sock")
}

/// Status, head and body of an answer; none when nothing answers.
fn exchange(mut stream: impl Read + Write, request: &str) -> Option<(u16, String, String)> {
    stream.write_all(request.as_bytes()).ok()?;
    let mut octets = Vec::new();
    let _ = stream.read_to_end(&mut octets); // who was sent away may find the line cut
    let text = String::from_utf8(octets).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, head.to_ascii_lowercase(), body.to_owned()))
}

fn get_as(trial: &Trial, path: &str, accept: &str) -> Option<(u16, String, String)> {
    let stream = UnixStream::connect(socket(trial)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    exchange(stream, &format!("GET {path} HTTP/1.1\r\nHost: w\r\nAccept: {accept}\r\n\r\n"))
}

fn get(trial: &Trial, path: &str) -> (u16, String) {
    let (status, _, body) = get_as(trial, path, "*/*").unwrap_or_else(|| panic!("{path}: {}", trial.log()));
    (status, body)
}

/// The numbers by name and labels, as they are written.
fn numbers(trial: &Trial) -> BTreeMap<String, f64> {
    let (status, body) = get(trial, "/metrics");
    assert_eq!(status, 200);
    let lines = body.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.rsplit_once(' ').unwrap())
        .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
        .collect()
}

/// The names that are told of, with their types.
fn names(text: &str) -> BTreeMap<String, String> {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    types.map(|(name, kind)| (name.to_owned(), kind.to_owned())).collect()
}

/// What the journal's lines tell, read without pencere: the fourth word of each is its JSON.
fn journal(trial: &Trial) -> Vec<Value> {
    let mut segments: Vec<PathBuf> = fs::read_dir(trial.at("w/state/journal"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "log"))
        .collect();
    segments.sort();
    let text: String = segments.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    text.lines().filter_map(|line| serde_json::from_str(line.splitn(4, ' ').nth(3)?).ok()).collect()
}

fn text<'v>(event: &'v Value, key: &str) -> &'v str {
    event[key].as_str().unwrap_or("-")
}

/// What `/metrics` must say after these lines.
fn counted(journal: &[Value]) -> BTreeMap<String, f64> {
    let mut counts = BTreeMap::new();
    let mut count = |name: String, by: u64| *counts.entry(name).or_insert(0.0) += by as f64;
    for event in journal {
        let whose = format!("participant=\"{}\"", text(event, "participant"));
        match text(event, "event") {
            "held" => {
                let size =
                    event["document"]["size"].as_u64().unwrap() + event["detached"]["size"].as_u64().unwrap_or(0);
                count(format!("pencere_received_total{{{whose}}}"), 1);
                count(format!("pencere_received_bytes_total{{{whose}}}"), size);
            }
            "answered" => {
                let of = match text(event, "dataset") {
                    known @ ("generation" | "capacity" | "grid") => known,
                    _ => "-",
                };
                let of = format!("{whose},dataset=\"{of}\"");
                count(format!("pencere_submissions_total{{{of},decision=\"{}\"}}", text(event, "decision")), 1);
                let findings = event["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
                for code in findings.iter().filter_map(Value::as_str).collect::<BTreeSet<_>>() {
                    count(format!("pencere_findings_total{{{of},code=\"{code}\"}}"), 1);
                }
            }
            _ => {}
        }
    }
    counts
}

#[test]
fn what_is_counted_is_what_the_journal_says() {
    let trial = window(Trial::new());
    let daemon = trial.run();
    let of = |period: &str, station: &str| generation(voen("azerenerji"), period, 1, station, "10");
    let good = trial.signed("good.xml", of("2025-Q1", "SU-0001"), "azerenerji");
    let foreign = trial.signed("foreign.xml", of("2025-Q1", "KUL-0001"), "azerenerji");
    let strange = trial.signed("strange.xml", of("2025-Q2", "SU-0001"), "stranger");
    let odd = of("2025-Q3", "SU-0001").replace("dataset=\"generation\"", "dataset=\"no-such-dataset\"");
    let odd = trial.signed("odd.xml", odd, "azerenerji");
    for (name, octets) in [("good", &good), ("foreign", &foreign), ("strange", &strange), ("odd", &odd)] {
        let name = format!("{name}.xml");
        trial.put("azerenerji", &name, octets);
        trial.answer("azerenerji", &name);
    }
    trial.put("azerenerji", "again.xml", &good);
    trial.answer("azerenerji", "again.xml");
    let counts = |numbers: &BTreeMap<String, f64>| {
        let kept = [
            "pencere_received_total",
            "pencere_received_bytes_total",
            "pencere_submissions_total",
            "pencere_findings_total",
        ];
        let is_kept = |name: &str| kept.iter().any(|one| name.starts_with(&format!("{one}{{")));
        numbers.iter().filter(|(name, _)| is_kept(name)).map(|(name, value)| (name.clone(), *value)).collect()
    };
    let told: BTreeMap<String, f64> = counts(&numbers(&trial));
    assert_eq!(told, counted(&journal(&trial)), "{}", trial.log());
    for decision in ["accepted", "rejected", "duplicate"] {
        assert!(told.keys().any(|name| name.contains(&format!("decision=\"{decision}\""))), "{decision}: {told:?}");
    }
    assert!(told.keys().all(|name| !name.contains("no-such-dataset")), "{told:?}");
    // every stage was timed, and every write of the journal
    let all = numbers(&trial);
    for stage in ["verify", "authorise", "inspect", "validate", "load", "seal"] {
        assert!(all[&format!("pencere_stage_duration_seconds_count{{stage=\"{stage}\"}}")] >= 1.0, "{stage}");
    }
    assert!(all["pencere_journal_sync_duration_seconds_count"] >= 5.0);
    daemon.end();
}

#[test]
fn a_window_tells_what_it_stands_on_and_what_status_says() {
    let trial = window(Trial::new());
    let daemon = trial.run();
    eventually("a look", || numbers(&trial).contains_key("pencere_look_timestamp_seconds"));
    let (status, body) = get(&trial, "/healthz");
    assert!(status == 200 && body.starts_with("alive: "), "{status} {body}");
    let (status, body) = get(&trial, "/readyz");
    assert!(status == 200 && body.starts_with("ready\n"), "{status} {body}");
    for name in ["loop: alive", "database: well", "seal: well", "journal: well", "disk: well", "refresher: well"] {
        assert!(body.contains(name), "{name}: {body}");
    }
    let before = numbers(&trial);
    assert_eq!(before["pencere_problems{code=\"halted\"}"], 0.0);
    assert!(before.keys().any(|name| name.starts_with("pencere_build_info{version=\"0.1.0\"")), "{before:?}");
    // a file that waits for its other half is seen
    trial.put("azerisiq", "alone.csv", "dataset,period\n");
    eventually("a file that waits", || numbers(&trial)["pencere_waiting_files{participant=\"azerisiq\"}"] == 1.0);
    // and a reload that is refused, which status tells of, too
    trial.change("registry.toml", "[participants.azerisiq]", "[participants.azerisiq");
    daemon.signal(rustix::process::Signal::HUP);
    eventually("a problem", || numbers(&trial)["pencere_problems{code=\"reload-refused\"}"] == 1.0);
    assert_eq!(numbers(&trial)["pencere_reloads_total{result=\"refused\"}"], 1.0);
    // BOEMİS goes away, and comes back
    if trial.database().is_none() {
        let (there, gone) = (trial.at("w/state/boemis.sqlite"), trial.at("w/state/elsewhere"));
        fs::rename(&there, &gone).unwrap();
        eventually("a database that is gone", || get(&trial, "/readyz").1.contains("database: not well"));
        assert_eq!(get(&trial, "/healthz").0, 200);
        fs::rename(&gone, &there).unwrap();
        eventually("a database that is back", || get(&trial, "/readyz").1.contains("database: well"));
    }
    daemon.end();
}

// S 8.1.5
#[test]
fn a_server_that_goes_away_is_told_within_a_look_and_its_return_too() {
    let mut server = Server::new();
    let trial = window(Trial::on(server.database()));
    trial.set("connect_timeout", "\"1s\"");
    let daemon = trial.run();
    eventually("health", || get(&trial, "/readyz").0 == 200);
    server.stop();
    eventually("no health", || get(&trial, "/readyz").0 == 503);
    let (_, body) = get(&trial, "/readyz");
    assert!(body.contains("database: not well, ") && body.contains("pencere status"), "{body}");
    assert_eq!(get(&trial, "/healthz").0, 200, "the loop turns all the same");
    eventually("the number", || numbers(&trial)["pencere_dependency_ready{dependency=\"database\"}"] == 0.0);
    server.start();
    eventually("health again", || get(&trial, "/readyz").0 == 200);
    daemon.end();
}

#[test]
fn who_asks_slowly_or_wrongly_keeps_nobody_from_anything() {
    let trial = window(Trial::new());
    let mut daemon = trial.run();
    let connect = || UnixStream::connect(socket(&trial)).unwrap();
    assert_eq!(get(&trial, "/").0, 404);
    let (status, head, _) =
        exchange(connect(), "POST /metrics HTTP/1.1\r\nHost: w\r\nContent-Length: 4\r\n\r\nabcd").unwrap();
    assert!(status == 405 && head.contains("allow: get, head"), "{head}");
    let long = format!("GET /metrics HTTP/1.1\r\nHost: w\r\nX: {}\r\n\r\n", "x".repeat(100_000));
    assert!(exchange(connect(), &long).is_none_or(|(status, ..)| status == 431 || status == 400));
    assert!(exchange(connect(), "\0\u{7f}garbage\r\n\r\n").is_none_or(|(status, ..)| status == 400));
    // HEAD has no body
    let (status, _, body) = exchange(connect(), "HEAD /metrics HTTP/1.1\r\nHost: w\r\n\r\n").unwrap();
    assert_eq!((status, body.as_str()), (200, ""));
    // so many that say nothing: they are left after 5 s, and then others have their turn
    let silent: Vec<UnixStream> = (0..40).map(|_| connect()).collect();
    let statement = generation(voen("azerenerji"), "2025-Q1", 1, "SU-0001", "10");
    trial.put("azerenerji", "meanwhile.xml", trial.signed("meanwhile.xml", statement, "azerenerji"));
    trial.answer("azerenerji", "meanwhile.xml");
    let begin = Instant::now();
    let (status, ..) = get_as(&trial, "/healthz", "*/*").unwrap();
    assert!(status == 200 && begin.elapsed() < Duration::from_secs(18), "after {:?}", begin.elapsed());
    drop(silent);
    assert!(daemon.is_alive());
    daemon.end();
}

#[test]
fn the_text_is_what_prometheus_reads() {
    let trial = window(Trial::new());
    let daemon = trial.run();
    let (status, head, open) = get_as(&trial, "/metrics", "application/openmetrics-text;version=1.0.0").unwrap();
    assert!(status == 200 && head.contains("application/openmetrics-text; version=1.0.0"), "{head}");
    assert!(open.ends_with("# EOF\n"));
    let (_, head, classic) = get_as(&trial, "/metrics", "text/plain").unwrap();
    assert!(head.contains("text/plain; version=0.0.4") && !classic.contains("# EOF"), "{head}");
    for (name, kind) in names(&classic) {
        assert!(name.starts_with("pencere_"), "{name}");
        assert_eq!(kind == "counter", name.ends_with("_total"), "{name} {kind}");
    }
    let Some(mut check) = promtool(&["check", "metrics"]) else { return daemon.end() };
    let mut check = check.stdin(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    check.stdin.take().unwrap().write_all(classic.as_bytes()).unwrap();
    let output = check.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    daemon.end();
}

#[test]
fn an_address_that_others_can_reach_is_refused() {
    let trial = Trial::new();
    for listen in ["0.0.0.0:9464", "192.0.2.7:9464", "unix:numbers.sock", "9464"] {
        trial.set("metrics.listen", &format!("{listen:?}"));
        let output = trial.pencere(&["config", "check"]);
        let told = said(&output);
        assert!(output.status.code() == Some(2) && told.contains("metrics.listen"), "{listen}: {told}");
    }
    trial.set("metrics.listen", "\"none\"");
    trial.done(&["config", "check"]);
    // and one that systemd should have handed over, and did not
    trial.set("metrics.listen", "\"systemd\"");
    let output = trial.pencere(&["run"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("pencere-metrics.socket"), "{}", said(&output));
}

#[test]
fn an_address_of_this_machine_answers_and_one_that_is_taken_is_told() {
    let trial = window(Trial::new());
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    trial.set("metrics.listen", &format!("\"{address}\""));
    let output = trial.pencere(&["run"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(said(&output).contains("[metrics] listen"), "{}", said(&output));
    drop(taken);
    let daemon = trial.run();
    let stream = TcpStream::connect(address).unwrap();
    let (status, ..) = exchange(stream, "GET /healthz HTTP/1.0\r\n\r\n").unwrap();
    assert_eq!(status, 200);
    daemon.end();
}

#[test]
fn a_socket_of_the_service_manager_is_taken_over() {
    let activate = "systemd-socket-activate";
    if Command::new(activate).arg("--version").output().is_err() {
        return eprintln!("SKIPPED: {activate} is not installed");
    }
    let trial = window(Trial::new());
    trial.set("metrics.listen", "\"systemd\"");
    let path = socket(&trial);
    let mut command = trial.tool(activate, &["--listen", path.to_str().unwrap(), "-E", "PENCERE_CONFIG"]);
    let mut child = command.args([env!("CARGO_BIN_EXE_pencere"), "run"]).spawn().unwrap();
    // the first question starts it, and waits for it
    let answer = || get_as(&trial, "/healthz", "*/*").is_some_and(|(status, ..)| status == 200);
    eventually("an answer", answer);
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(child.wait().unwrap().success());
}

fn promtool(arguments: &[&str]) -> Option<Command> {
    let mut command = Command::new("promtool");
    if command.arg("--version").output().is_err() {
        eprintln!("SKIPPED: promtool is not installed (Debian: prometheus)");
        return None;
    }
    let mut command = Command::new("promtool");
    command.args(arguments).current_dir(top("config/prometheus"));
    Some(command)
}

fn top(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn read(name: &str) -> String {
    fs::read_to_string(top(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn prometheus_understands_the_rules_and_they_do_what_they_are_for() {
    for arguments in [["check", "rules", "pencere.rules.yml"], ["test", "rules", "pencere.test.yml"]] {
        let Some(mut promtool) = promtool(&arguments) else { return };
        let output = promtool.output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
    }
}

/// The words of a text that are names of metrics.
fn metrics_in(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("pencere_")).map(str::to_owned).collect()
}

#[test]
fn what_rules_dashboard_and_guide_name_is_what_the_window_gives() {
    let trial = window(Trial::new());
    let daemon = trial.run();
    let statement = generation(voen("azerenerji"), "2025-Q1", 1, "KUL-0001", "10");
    trial.put("azerenerji", "no.xml", trial.signed("no.xml", statement, "azerenerji"));
    trial.answer("azerenerji", "no.xml");
    let given = names(&get(&trial, "/metrics").1);
    daemon.end();
    let dashboard: Value = serde_json::from_str(&read("config/prometheus/dashboard.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let exprs = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap()).map(|target| text(target, "expr"));
    let exprs: String = exprs.collect::<Vec<_>>().join("\n");
    let rules = read("config/prometheus/pencere.rules.yml");
    let guide = read("docs/observability.md");
    for (place, said) in [("rules", &rules), ("dashboard", &exprs), ("guide", &guide)] {
        for name in metrics_in(said) {
            let of_histogram = ["_bucket", "_count", "_sum"].iter().find_map(|end| name.strip_suffix(end));
            assert!(
                given.contains_key(&name) || of_histogram.is_some_and(|name| given.contains_key(name)),
                "{place}: {name}"
            );
        }
    }
    let guided = metrics_in(&guide);
    let untold: Vec<_> = given.keys().filter(|name| !guided.contains(*name)).collect();
    assert!(untold.is_empty(), "docs/observability.md says nothing of {untold:?}");
}

/// The sections of the runbook: heading and text.
fn sections() -> BTreeMap<String, String> {
    let runbook = read("docs/runbook.md");
    let sections = runbook.split("\n### ").skip(1).filter_map(|section| section.split_once('\n'));
    sections.map(|(heading, text)| (heading.to_owned(), text.split("\n## ").next().unwrap().to_owned())).collect()
}

// S 8.1.12
#[test]
fn every_alert_and_every_problem_has_its_page_of_the_runbook() {
    let (sections, rules) = (sections(), read("config/prometheus/pencere.rules.yml"));
    let after = |line: &str, key: &str| {
        line.trim_start().strip_prefix(key).map(|rest| rest.trim_matches(['"', ' ']).to_owned())
    };
    let alerts: Vec<String> = rules.lines().filter_map(|line| after(line, "- alert: ")).collect();
    let pages: Vec<String> = rules.lines().filter_map(|line| after(line, "runbook: ")).collect();
    assert!(alerts.len() >= 15 && alerts.len() == pages.len(), "{alerts:?} {pages:?}");
    for (alert, page) in alerts.iter().zip(&pages) {
        // one alert for many problems sends to the problem's own
        let own = page == &format!("docs/runbook.md#{}", alert.to_lowercase()) && sections.contains_key(alert);
        let by_code = page == "docs/runbook.md#{{ $labels.code }}";
        assert!(own || by_code, "{alert}: {page}");
    }
    let trial = window(Trial::new());
    let daemon = trial.run();
    eventually("a look", || numbers(&trial).contains_key("pencere_look_timestamp_seconds"));
    let all = numbers(&trial);
    daemon.end();
    let codes: BTreeSet<&str> =
        all.keys().filter_map(|name| name.strip_prefix("pencere_problems{code=\"")?.strip_suffix("\"}")).collect();
    assert!(codes.len() >= 30, "{codes:?}");
    for code in &codes {
        assert!(sections.contains_key(*code), "docs/runbook.md has no section {code}");
    }
    let known = |name: &String| alerts.contains(name) || codes.contains(name.as_str());
    let stale: Vec<_> = sections.keys().filter(|name| !known(name)).collect();
    assert!(stale.is_empty(), "no alert and no problem: {stale:?}");
    for (name, text) in &sections {
        for part in ["**Means**: ", "**Do**: ", "**Don't**: "] {
            assert!(text.contains(part), "{name} does not say {part}");
        }
    }
}

#[test]
fn the_numbers_know_every_problem_that_status_can_tell() {
    let mut told = BTreeSet::new();
    for file in fs::read_dir(top("src/commands/status")).unwrap().map(|entry| entry.unwrap().path()) {
        told.extend(codes_in(&fs::read_to_string(file).unwrap()));
    }
    told.extend(codes_in(&read("src/commands/status.rs")));
    let list = read("src/commands/status/numbers.rs");
    let list = list.split_once("CODES: [").unwrap().1.split_once("];").unwrap().0;
    let known: BTreeSet<String> = list.split('"').skip(1).step_by(2).map(str::to_owned).collect();
    assert_eq!(told, known);
}

/// The codes of problems in a source.
fn codes_in(source: &str) -> BTreeSet<String> {
    let starts = ["code: \"", "problem(\""];
    let found = starts.iter().flat_map(|start| source.split(start).skip(1)).filter_map(|rest| rest.split('"').next());
    found.map(str::to_owned).collect()
}
