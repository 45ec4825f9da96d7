//! A configuration as an administrator breaks it: each mistake with its file, line and key.

use super::*;
use std::fs;

const PENCERE: &str = include_str!("../../config/pencere.toml");

/// A trial window in a folder of its own.
struct Window(tempfile::TempDir);

impl Window {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        crate::commands::trial::make(dir.path(), Timestamp::now()).unwrap();
        Self(dir)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn change(&self, file: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(file)).unwrap();
        assert!(text.contains(from), "{from} is not in {file}");
        fs::write(self.path(file), text.replacen(from, to, 1)).unwrap();
    }

    fn load(&self) -> Result<Config, Vec<Mistake>> {
        Config::load(&self.path("pencere.toml"), Timestamp::now())
    }

    /// The mistakes as `file:line key`, and their sentences.
    fn mistakes(&self) -> Vec<(String, String)> {
        self.told(&self.load().expect_err("there is a mistake"))
    }

    fn told(&self, mistakes: &[Mistake]) -> Vec<(String, String)> {
        let place = |mistake: &Mistake| {
            let file = mistake.file.strip_prefix(self.0.path()).unwrap_or(&mistake.file).display();
            format!("{file}:{} {}", mistake.line.unwrap_or(0), mistake.key)
        };
        mistakes.iter().map(|mistake| (place(mistake), mistake.message.clone())).collect()
    }

    fn line(&self, file: &str, text: &str) -> usize {
        let content = fs::read_to_string(self.path(file)).unwrap();
        content.lines().position(|line| line.starts_with(text)).unwrap() + 1
    }
}

// S 8.1.13
#[test]
fn the_shipped_example_names_every_key_that_is_read() {
    let mut section = String::new();
    let mut shown = std::collections::BTreeSet::new();
    for line in PENCERE.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']').to_owned();
            shown.insert(section.clone());
        } else if let Some((key, _)) = line.split_once(" = ")
            && !line.starts_with('#')
        {
            shown.insert(format!("{section}.{key}"));
        }
    }
    assert_eq!(settings::keys(PENCERE), shown);
}

#[test]
fn the_shipped_example_gives_the_defaults_where_it_says_so() {
    let window = Window::new();
    let example = window.load().unwrap().settings().clone();
    // all that has a default is left out; the trial's own settle, pair_wait and free_min, and what follows from them, are
    // the exceptions
    let bare = "[window]\nid = \"trial\"\nname = \"n\"\nenvironment = \"test\"\n\
        [boemis]\nurl = \"sqlite://state/boemis.sqlite\"\n\
        [trust]\nanchors = \"pki\"\n[seal]\ncertificate = \"pki/seal.crt\"\nkey = \"pki/seal.key\"\n";
    fs::remove_file(window.path("pki/seal.key")).unwrap();
    let (source, table) = reader::Source::parse(Path::new("pencere.toml"), bare);
    let bare = settings::read(window.0.path(), source.top(table)).settings.unwrap();
    assert!(source.finish().0.is_empty());
    assert_eq!(bare.intake.settle, std::time::Duration::from_secs(10));
    let crate::intake::Settings { settle, pair_wait, unanswered_max, free_min, .. } = bare.intake;
    let trial = crate::intake::Settings { settle, pair_wait, unanswered_max, free_min, ..example.intake };
    assert_eq!(unanswered_max, crate::intake::Settings::default().unanswered_max);
    let both = |settings: &Settings, intake: &crate::intake::Settings| {
        format!(
            "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
            (intake, settings.group, &settings.location, &settings.hold),
            (settings.schema, settings.evidence, settings.journal, settings.ledger),
            (&settings.boemis.cache_kib, settings.boemis.busy_timeout, settings.boemis.checkpoint_pages),
            (&settings.log, &settings.policy, &settings.limits),
            &settings.identity,
            settings.trust.crl_grace,
            &settings.window.paths,
            (settings.trust.intermediates.len(), settings.trust.crls.len()),
        )
    };
    assert_eq!(both(&bare, &bare.intake), both(&example, &trial));
}

#[test]
fn a_responder_is_asked_about_the_persons_that_its_authority_certified() {
    let window = Window::new();
    let wrong = ["http://a/", "pki/ca.crt ftp://a/", "pki/none.crt http://a/", "pki/seal.key http://a/"];
    let all: Vec<String> = wrong.iter().map(|text| format!("{text:?}")).collect();
    window.change("pencere.toml", "ocsp = []", &format!("ocsp = [{}]", all.join(", ")));
    let told = window.mistakes();
    let place = format!("pencere.toml:{} trust.ocsp", window.line("pencere.toml", "ocsp"));
    assert_eq!(told.iter().map(|(at, _)| at.starts_with(&place)).collect::<Vec<_>>(), [true; 4], "{told:?}");
    assert!(told.iter().any(|(_, what)| what.contains("http://HOST/")), "{told:?}");
    window.change("pencere.toml", &format!("ocsp = [{}]", all.join(", ")), "ocsp = \"pki/ca.crt http://a/\"");
    let config = window.load().unwrap();
    let (world, settings) = (config.world(), config.settings());
    // expired.crt and stranger.crt are in no registry
    assert_eq!(world.asked.len(), world.registry.participants.len());
    assert!(world.asked.iter().all(|one| one.url == "http://a/" && one.issuer.is_ca() && !one.certificate.is_ca()));
    assert!(settings.trust.revocation && world.trust.checks_revocation() && !world.trust.knows_of_revocation());
    assert!(config.warnings().iter().any(|warning| warning.message.contains("no answer yet")));
}

#[test]
fn the_logs_key_and_certificate_are_looked_at_before_the_window_needs_them() {
    let window = Window::new();
    let place = format!("pencere.toml:{} transparency.key", window.line("pencere.toml", "key = \"pki/log.key\""));
    fs::copy(window.path("pki/seal.key"), window.path("pki/log.key")).unwrap();
    let told = window.mistakes();
    assert!(told.len() == 1 && told[0].0 == place && told[0].1.contains("not that of the key"), "{told:?}");
    fs::remove_file(window.path("pki/log.key")).unwrap();
    assert_eq!(window.mistakes()[0].0, place);
}

#[test]
fn mistakes_of_all_files_come_at_once() {
    let window = Window::new();
    window.change("pencere.toml", "settle = \"200ms\"", "settle = 200");
    window.change("pencere.toml", "rescan = ", "recsan = ");
    window.change("registry.toml", "voen = \"9990000351\"", "voen = \"9990000352\"");
    window.change("registry.toml", "fin = \"1SNQ0L3\"", "fin = \"1SNQOL3\"");
    window.change("stations.toml", "mw = \"8.33\"", "mw = \"8,33\"");
    window.change("stations.toml", "operator = \"energetika\"", "operator = \"energtika\"");
    fs::write(window.path("pki/seal.key"), "nothing").unwrap();
    let mistakes = window.mistakes();
    let places: Vec<&str> = mistakes.iter().map(|(place, _)| place.as_str()).collect();
    let at = |file: &str, text: &str, key: &str| format!("{file}:{} {key}", window.line(file, text));
    let wanted = [
        at("pencere.toml", "settle", "intake.settle"),
        at("pencere.toml", "recsan", "intake.recsan"),
        at("pencere.toml", "key = ", "seal.key"),
        at("registry.toml", "voen = \"9990000352\"", "participants.iqtisadiyyat.voen"),
        at("registry.toml", "fin = \"1SNQOL3\"", "participants.ekologiya.persons[1].fin"),
        at("stations.toml", "operator = \"energtika\"", "stations.SU-0004.operator"),
        at("stations.toml", "mw = \"8,33\"", "stations.KSU-0004.mw"),
    ];
    assert_eq!(places, wanted, "{mistakes:#?}");
    let all: String = mistakes.iter().map(|(_, message)| message.as_str()).collect();
    assert!(!all.contains("1SNQOL3"), "a FİN with a slip is still somebody's");
    assert!(all.contains("\"rescan\" is meant") && all.contains("\"energetika\" is meant"), "{mistakes:#?}");
}

#[test]
fn certificates_must_fit_their_persons_and_nobody_else() {
    let window = Window::new();
    window.change("registry.toml", "\"pki/azerisiq.crt\"", "\"pki/azerenerji.crt\"");
    window.change("registry.toml", "\"pki/ekologiya.crt\"", "\"pki/none.crt\"");
    window.change("registry.toml", "\"pki/meliorasiya.crt\"", "\"pki/ca.key\"");
    let mistakes = window.mistakes();
    let told = |key: &str, part: &str| {
        let key = format!("participants.{key}.persons[1].certificates");
        let found = mistakes.iter().any(|(place, message)| place.ends_with(&key) && message.contains(part));
        assert!(found, "{key}: {part}: {mistakes:#?}");
    };
    told("azerisiq", "registered already, for azerenerji");
    told("azerisiq", "FİN of another person");
    told("ekologiya", "cannot be read");
    told("meliorasiya", "holds no certificate");
    assert_eq!(mistakes.len(), 4, "{mistakes:#?}");
}

#[test]
fn a_seal_that_proves_nothing_is_refused() {
    let window = Window::new();
    window.change("pencere.toml", "key = \"pki/seal.key\"", "key = \"pki/ca.key\"");
    window.change("pencere.toml", "certificate = \"pki/seal.crt\"", "certificate = \"pki/expired.crt\"");
    let mistakes = window.mistakes();
    assert!(mistakes.iter().any(|(place, text)| place.ends_with("seal.certificate") && text.contains("ended on")));
    assert!(mistakes.iter().any(|(place, text)| place.ends_with("seal.key") && text.contains("is not the key")));
    assert_eq!(mistakes.len(), 2, "{mistakes:#?}");
}

// S 8.1.3
#[test]
fn a_seal_is_spoken_of_before_it_ends() {
    let window = Window::new();
    let end = Timestamp::now() + jiff::SignedDuration::from_hours(24 * 365 * 20);
    let at = |hours: i64| Config::load(&window.path("pencere.toml"), end - jiff::SignedDuration::from_hours(hours));
    assert!(at(24 * 40).unwrap().warnings().is_empty());
    assert!(at(24 * 20).unwrap().warnings().iter().any(|warning| warning.key == "seal.certificate"));
    assert!(at(-24).unwrap_err().iter().any(|mistake| mistake.message.contains("ended on")));
}

// S 2.1.3
#[test]
fn what_is_odd_is_a_warning_and_stops_nothing() {
    let window = Window::new();
    fs::create_dir(window.path("drop/unknown")).unwrap();
    fs::remove_dir_all(window.path("drop/azerisiq")).unwrap();
    window.change("registry.toml", "datasets = [\"cadastre\", \"carbon-revenue\"]", "datasets = [\"cadaster\"]");
    window.change("registry.toml", "owner = true\n", "");
    let config = window.load().unwrap();
    let warnings: String = config.warnings().iter().map(|warning| format!("{warning}\n")).collect();
    for part in [
        "drop/unknown: belongs to no participant",
        "azerisiq/in",
        "\"cadastre\" is meant",
        "cannot file it",
        "`owner = true`",
    ] {
        assert!(warnings.contains(part), "{part}: {warnings}");
    }
}

// S 3.1.5
#[test]
fn a_reload_is_whole_or_not_at_all() {
    let window = Window::new();
    let config = window.load().unwrap();
    let now = Timestamp::now();
    let digests = |world: &World| world.digests().map(|(path, digest)| (path.to_owned(), digest)).collect::<Vec<_>>();
    let before = digests(config.world());
    assert_eq!(digests(&config.reload_world(now).unwrap()), before);
    // 2 registers, 6 persons' certificates, 1 anchor
    assert_eq!(before.len(), 2 + 6 + 1 + config.world().datasets.by_name.len());

    window.change("registry.toml", "suspended = false", "suspended = true");
    let world = config.reload_world(now).unwrap();
    assert!(world.registry.participants[&"energetika".parse().unwrap()].suspended);
    assert_ne!(digests(&world), before);

    window.change("stations.toml", "type = \"hydro\"", "type = \"hidro\"");
    fs::remove_file(window.path("pki/ca.crt")).unwrap();
    let mistakes = window.told(&config.reload_world(now).unwrap_err());
    let anchors = format!("pencere.toml:{} trust.anchors", window.line("pencere.toml", "anchors"));
    assert!(mistakes.iter().any(|(place, _)| *place == anchors), "{mistakes:#?}");
    assert!(
        mistakes.iter().any(|(place, text)| place.ends_with("SU-0001.type") && text.contains("\"hydro\" is meant"))
    );
    assert!(!config.world().registry.participants[&"energetika".parse().unwrap()].suspended, "the old one stays");
}

#[test]
fn a_description_of_a_dataset_is_read_with_all_its_columns() {
    let window = Window::new();
    let folder = window.path("datasets/heat");
    fs::create_dir(&folder).unwrap();
    let text = r#"
title = { az = "İstilik", en = "Heat" }
clause = "S 6.1.4"
class = "open"
periods = "quarter-and-year"
total = "optional"
year = "sum"

[[columns]]
name = "station"
element = "Station"
kind = "station"
required = true
title.az = "Stansiya"
title.en = "Station"

[[columns]]
name = "heat_mwh"
element = "HeatMWh"
kind = "decimal"
places = 3
unit = "MWh"
required = true
title.az = "İstilik"
title.en = "Heat"

[[rules]]
rule = "capacity-hours"
column = "heat_mwh"
"#;
    fs::write(folder.join("dataset.toml"), text).unwrap();
    let config = window.load().unwrap();
    let dataset = &config.world().datasets.by_name[&"heat".parse().unwrap()];
    assert_eq!((dataset.columns.len(), dataset.title_az.as_str()), (2, "İstilik"));
    assert_eq!(dataset.columns[1].kind, crate::schema::ColumnKind::Decimal { places: 3 });

    let broken = text.replace("places = 3\n", "").replace("sum", "summ");
    fs::write(folder.join("dataset.toml"), broken).unwrap();
    let mistakes = window.mistakes();
    let keys: Vec<&str> = mistakes.iter().filter_map(|(place, _)| place.split(' ').nth(1)).collect();
    assert_eq!(keys, ["year", "columns[2].places"], "{mistakes:#?}");
}

#[test]
fn one_mistake_in_the_registry_is_one_mistake() {
    let window = Window::new();
    let registry = fs::read_to_string(window.path("registry.toml")).unwrap();
    let told = |text: &str| {
        fs::write(window.path("registry.toml"), text).unwrap();
        window.mistakes()
    };
    // its stations do not lose their operator for it
    let wrong = registry.replacen("suspended = false", "suspended = 1", 6);
    let mistakes = told(&wrong);
    assert!(mistakes.len() == 6 && mistakes.iter().all(|(place, _)| place.contains("suspended")), "{mistakes:#?}");
    // a table that stands there twice
    let twice = "\n[participants.azerisiq]\nname = \"x\"\nvoen = \"1\"\ndatasets = []\nsuspended = false\n";
    let mistakes = told(&(registry.clone() + twice));
    assert!(mistakes.len() == 1 && mistakes[0].0.ends_with("participants.azerisiq"), "{mistakes:#?}");
    assert!(mistakes[0].1.contains("second time"));
    // a heading that is broken: nobody can tell which participants there are
    let mistakes = told(&registry.replace("[participants.azerenerji]", "[participants.azerenerji"));
    assert!(mistakes.iter().all(|(place, _)| place.starts_with("registry.toml")), "{mistakes:#?}");
}

#[test]
fn a_file_that_is_no_toml_no_utf8_or_no_file_is_told_and_does_not_end_the_reading() {
    let window = Window::new();
    fs::write(window.path("stations.toml"), b"[stations]\n\xff").unwrap();
    window.change("registry.toml", "[participants.energetika]", "[participants.energetika");
    window.change(
        "pencere.toml",
        "url = \"sqlite://state/boemis.sqlite\"",
        "url = \"postgres://u:secret@h/d?sslmod=require\"",
    );
    let mistakes = window.mistakes();
    let all: String = mistakes.iter().map(|(place, message)| format!("{place}: {message}\n")).collect();
    for part in ["stations.toml:2 : is not UTF-8", "this is no TOML", "boemis.url: no address of a PostgreSQL database"]
    {
        assert!(all.contains(part), "{part}: {all}");
    }
    assert!(!all.contains("secret"));
    let missing = Config::load(&window.path("none.toml"), Timestamp::now()).unwrap_err();
    assert!(missing.len() == 1 && missing[0].to_string().contains("cannot be read"));
}

#[test]
fn an_identity_is_a_shipped_profile_or_lists_of_ones_own() {
    let window = Window::new();
    let told = |section: &str| {
        let text = fs::read_to_string(window.path("pencere.toml")).unwrap();
        let (from, to) = (text.find("[identity]").unwrap(), text.find("[hold]").unwrap());
        fs::write(window.path("pencere.toml"), format!("{}[identity]\n{section}\n{}", &text[..from], &text[to..]))
            .unwrap();
        window.load().map(|config| config.settings().identity.clone()).map_err(|mistakes| window.told(&mistakes))
    };
    use crate::trust::IdentityProfile;
    for name in IdentityProfile::NAMES {
        assert_eq!(told(&format!("profile = \"{name}\"")), Ok(IdentityProfile::shipped(name).unwrap()));
    }
    assert_eq!(told(""), Ok(IdentityProfile::standard()));
    let own = IdentityProfile::new(&[("2.5.4.5", "FIN-{}")], &[("1.2.3", "{}/TIN")]).unwrap();
    assert_eq!(told("fin = [\"2.5.4.5 FIN-{}\"]\nvoen = [\"1.2.3 {}/TIN\"]"), Ok(own));
    for (section, key, part) in [
        ("profile = \"etsy\"", "identity.profile", "\"etsi\" is meant"),
        ("profile = \"etsi\"\nfin = [\"2.5.4.5 {}\"]\nvoen = [\"2.5.4.11 {}\"]", "identity.profile", "beside fin"),
        ("fin = [\"2.5.4.5 {}\"]", "identity.voen", "is missing"),
        ("fin = [\"2.5.4.5 {}\"]\nvoen = [\"2.5.4.11\"]", "identity.voen", "exactly one hole"),
    ] {
        let mistakes = told(section).unwrap_err();
        assert_eq!(mistakes.len(), 1, "{mistakes:#?}");
        assert!(mistakes[0].0.ends_with(key) && mistakes[0].1.contains(part), "{mistakes:#?}");
    }
}

#[test]
fn the_terms_of_open_data_have_a_name_and_an_address() {
    let window = Window::new();
    assert_eq!(window.load().unwrap().settings().export, ExportSettings::default());
    let url = "licence_url = \"none\"";
    window.change("pencere.toml", url, "licence_url = \"https://example.org/terms\"");
    let place = |key: &str| format!("pencere.toml:{} export.{key}", window.line("pencere.toml", &format!("{key} = ")));
    assert_eq!(window.mistakes()[0].0, place("licence_url"));
    window.change("pencere.toml", "licence = \"none\"", "licence = \" \"");
    assert_eq!(window.mistakes()[0].0, place("licence"));
    window.change("pencere.toml", "licence = \" \"", "licence = \"CC-BY-4.0\"");
    let export = window.load().unwrap().settings().export.clone();
    assert_eq!(export.licence.zip(export.licence_url), Some(("CC-BY-4.0".into(), "https://example.org/terms".into())));
    window.change("pencere.toml", "https://example.org/terms", "example.org");
    assert!(window.mistakes()[0].1.contains("no address"));
}

const POLICY: &str = include_str!("../../config/policy.toml");

#[test]
fn the_shipped_policy_is_the_one_that_is_built_in() {
    let window = Window::new();
    assert_eq!(window.load().unwrap().world().policy.suite, crate::signature::Suite::built_in());
    let files = window.load().unwrap().world().files.len();
    window.change("pencere.toml", "policy = \"built-in\"", "policy = \"policy.toml\"");
    fs::write(window.path("policy.toml"), POLICY).unwrap();
    let config = window.load().unwrap();
    assert_eq!(config.world().policy.suite, crate::signature::Suite::built_in(), "the two readers agree");
    assert_eq!(config.world().files.len(), files + 1, "its digest is journalled with those of the trust");
    fs::write(window.path("policy.toml"), POLICY.replace("2026.2", "2026.3")).unwrap();
    let world = config.reload_world(Timestamp::now()).unwrap();
    assert_eq!(
        (world.policy.suite.version.as_str(), config.world().policy.suite.version.as_str()),
        ("2026.3", "2026.2")
    );
    assert!(world.policy.plain && world.policy.trial, "the rest is the window's own");
}

#[test]
fn every_mistake_of_a_policy_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy.toml");
    let told = |text: &str| {
        fs::write(&path, text).unwrap();
        let mistakes = suite_of(&path).err().unwrap_or_default();
        let row = |mistake: &Mistake| (mistake.line.unwrap_or(0), mistake.key.clone(), mistake.message.clone());
        mistakes.iter().map(row).collect::<Vec<_>>()
    };
    assert_eq!(told(POLICY), []);
    let text = "name = \"own\"\nversion = \"\"\ndigests = [\n{ name = \"SHA256\" },\n{ name = \"SHA-1\" },\n\
        { name = \"SHA-512\", until = \"2030-02-30\" },\n{ name = \"MD5\", until = \"2004-08-01\" },\n\
        { name = \"MD5\", until = \"2005-08-01\" }]\nsignatures = [{ name = \"DSA\" }]\n\
        rsa = [\n{ bits = 512 },\n{ bits = 1024 },\n{ bits = 2048, untill = \"2029-01-01\" }]\nhmac = true\n";
    let mistakes = told(text);
    let places: Vec<(usize, &str)> = mistakes.iter().map(|(line, key, _)| (*line, key.as_str())).collect();
    let wanted = [
        (1, "curves"),
        (2, "version"),
        (4, "digests[1].name"),
        (5, "digests[2].name"),
        (6, "digests[3].until"),
        (8, "digests[5].name"),
        (9, "signatures[1].name"),
        (11, "rsa[1].bits"),
        (12, "rsa[2].bits"),
        (13, "rsa[3].untill"),
        (14, "hmac"),
    ];
    assert_eq!(places, wanted, "{mistakes:#?}");
    let says =
        |line: usize, part: &str| assert!(mistakes.iter().any(|one| one.0 == line && one.2.contains(part)), "{part}");
    says(4, "\"SHA-256\" is meant");
    says(5, "for old files alone");
    says(8, "a second time");
    says(12, "for old files alone");
    says(13, "\"until\" is meant");
    assert!(
        told(&POLICY.replace("digests = [", "digests = []\nold = [")).iter().any(|one| one.2.contains("ever pass"))
    );
    assert!(suite_of(&folder.path().join("none.toml")).is_err());
}

// S 8.1.8
#[test]
fn parameters_follow_each_other_and_what_they_name_exists() {
    let window = Window::new();
    let path = "datasets/gas-savings/dataset.toml";
    let shipped = fs::read_to_string(window.path(path)).unwrap();
    let told = |rules: &str| {
        let text = format!("{}\n{rules}", shipped.split("\n# Thousand m³").next().unwrap());
        fs::write(window.path(path), &text).unwrap();
        let mistakes = window.load().map(|_| Vec::new()).unwrap_or_else(|_| window.mistakes());
        let line = |place: &str| place.split(' ').next().unwrap().rsplit(':').next().unwrap().parse::<usize>().unwrap();
        let shown = |(place, text): &(String, String)| {
            let key = place.split(' ').nth(1).unwrap();
            let stands = shipped_line(&fs::read_to_string(window.path(path)).unwrap(), line(place));
            format!("{key} [{stands}] {text}")
        };
        mistakes.iter().map(shown).collect::<Vec<_>>()
    };
    let change = |dates: &str, percent: u32| {
        format!("[[rules]]\nrule = \"change\"\ncolumn = \"gas_thousand_m3\"\npercent = {percent}\n{dates}\n")
    };
    let both = |first: &str, second: &str| told(&(change(first, 50) + &change(second, 30)));
    let until = "to = \"2025-12-31\"";
    assert_eq!(both(until, "from = \"2026-01-01\""), [""; 0]);
    let wrong = [
        (both(until, "from = \"2025-12-31\""), "rules[2].from [from = \"2025-12-31\"] overlaps the entry"),
        (both(until, "from = \"2026-01-02\""), "rules[2].from [from = \"2026-01-02\"] leaves a gap after 2025-12-31"),
        (both("from = \"2020-01-01\"", "from = \"2026-01-01\""), "rules[1] [[[rules]]] the same rule begins anew"),
        (both("", ""), "rules[2] [[[rules]]] the same rule stands twice"),
        (
            told(&change("from = \"2026-02-01\"\nto = \"2026-01-01\"", 50)),
            "rules[1].to [to = \"2026-01-01\"] lies before",
        ),
        (told(&change("", 0)), "rules[1].percent [percent = 0] 0 is out of bounds"),
        (told("[[rules]]\nrule = \"chance\"\n"), "rules[1].rule [rule = \"chance\"] \"chance\" is not known here"),
    ];
    for (said, wanted) in wrong {
        assert_eq!(said.len(), 1, "{said:#?}");
        assert!(said[0].starts_with(wanted), "{said:#?} {wanted}");
    }
    let ratio = |dataset: &str, base: &str, more: &str| {
        told(&format!(
            "[[rules]]\nrule = \"ratio\"\ncolumn = \"gas_thousand_m3\"\ndataset = \"{dataset}\"\n\
             base = \"{base}\"\n{more}\n"
        ))
    };
    assert_eq!(ratio("generation", "energy_mwh", "warn_above = \"0.26\""), [""; 0]);
    for (said, wanted) in [
        (ratio("generasiya", "energy_mwh", ""), "rules[1].dataset [dataset = \"generasiya\"] there is no dataset"),
        (ratio("generation", "station", ""), "rules[1].base [base = \"station\"] \"station\" is no decimal column"),
        (ratio("gas-savings", "gas_thousand_m3", ""), "rules[1].dataset [dataset = \"gas-savings\"] a figure stands"),
        (ratio("generation", "energy_mwh", "warn_above = 0.26"), "rules[1].warn_above [warn_above = 0.26] is a float"),
        (
            ratio("generation", "energy_mwh", "warn_below = \"0.3\"\nwarn_above = \"0.2\""),
            "rules[1] [[[rules]]] reject_below, warn_below",
        ),
    ] {
        assert_eq!(said.len(), 1, "{said:#?}");
        assert!(said[0].starts_with(wanted), "{said:#?} {wanted}");
    }
}

/// The line of that number.
fn shipped_line(text: &str, number: usize) -> String {
    text.lines().nth(number - 1).unwrap_or_default().to_owned()
}

#[test]
fn parameters_that_cannot_be_right_are_told_once_at_their_place() {
    let window = Window::new();
    let path = "datasets/generation/dataset.toml";
    let shipped = fs::read_to_string(window.path(path)).unwrap();
    let told = |old: &str, new: &str| {
        assert!(shipped.contains(old), "{old}");
        fs::write(window.path(path), shipped.replacen(old, new, 1)).unwrap();
        let mistakes = window.load().map(|_| Vec::new()).unwrap_or_else(|_| window.mistakes());
        mistakes.into_iter().map(|(place, text)| format!("{place} {text}")).collect::<Vec<_>>()
    };
    let part = "solar = \"0.38\"";
    for wrong in ["38", "1.0001", "0"] {
        let said = told(part, &format!("solar = \"{wrong}\""));
        assert!(said.len() == 1 && said[0].contains("is no part of a whole"), "{wrong}: {said:#?}");
    }
    assert_eq!(told(part, "solar = \"1\""), [""; 0]);
    let days = "days = { quarter = 30, year = 60 }";
    let said = told(days, "days = { quarter = 30 }");
    assert!(said.len() == 1 && said[0].contains("days.year is missing here"), "{said:#?}");
    let said = told(days, "days = { quarter = 30, year = 60, month = 10 }");
    assert!(said.len() == 1 && said[0].contains("days.month"), "this dataset has no months: {said:#?}");
    // a column that stands twice is one mistake, where it stands the second time
    let column = "[[columns]]\nname = \"energy_mwh\"";
    let again = format!(
        "[[columns]]\nname = \"energy_mwh\"\nelement = \"Energy\"\nkind = \"decimal\"\nplaces = 3\n\
        required = true\ntitle = {{ az = \"S\", en = \"M\" }}\n\n{column}"
    );
    let said = told(column, &again);
    let line = shipped.split(column).next().unwrap().matches('\n').count() + again.matches('\n').count();
    assert!(said.len() == 1 && said[0].contains("the column energy_mwh or its element"), "{said:#?}");
    assert!(said[0].contains(&format!("dataset.toml:{line} ")), "{line}: {said:#?}");
}

#[test]
fn capacities_are_dated_in_their_order_and_end_with_that_of_today() {
    let window = Window::new();
    let shipped = fs::read_to_string(window.path("stations.toml")).unwrap();
    let told = |capacities: &str| {
        let text = shipped.replacen("mw = \"424\"", &format!("mw = \"424\"\ncapacities = [{capacities}]"), 1);
        fs::write(window.path("stations.toml"), text).unwrap();
        match window.load() {
            Ok(config) => {
                let station =
                    config.world().stations.by_code.values().find(|one| one.mw.to_string() == "424.000").unwrap();
                let on = |day: &str| station.mw_on(day.parse().unwrap()).to_string();
                vec![on("1954-01-01"), on("2017-12-31"), on("2018-01-01")]
            }
            Err(mistakes) => window.told(&mistakes).into_iter().map(|(at, what)| format!("{at} {what}")).collect(),
        }
    };
    let (old, new) = ("{ from = \"1954-01-01\", mw = \"402\" }", "{ from = \"2018-01-01\", mw = \"424\" }");
    assert_eq!(told(&format!("{old}, {new}")), ["402.000", "402.000", "424.000"]);
    assert_eq!(told(new), ["424.000", "424.000", "424.000"]);
    for (wrong, what) in [
        (format!("{new}, {old}"), "does not lie after the `from` before it"),
        (old.to_owned(), "is not the last of `capacities`"),
        (format!("{old}, {{ from = \"2018-01-01\" }}"), "is missing here"),
        (format!("{old}, {{ from = \"2018-01-01\", mw = \"0\" }}"), "some capacity"),
    ] {
        assert!(told(&wrong).iter().any(|one| one.contains(what)), "{wrong}: {:?}", told(&wrong));
    }
}

#[test]
fn values_of_a_list_and_numbers_with_a_check_digit_name_a_column_of_their_kind() {
    let window = Window::new();
    let path = "datasets/grid/dataset.toml";
    let shipped = fs::read_to_string(window.path(path)).unwrap();
    let told = |rule: &str| {
        fs::write(window.path(path), format!("{}\n{rule}", shipped.split("\n# The voltages").next().unwrap())).unwrap();
        let mistakes = window.load().map(|_| Vec::new()).unwrap_or_else(|_| window.mistakes());
        mistakes.into_iter().map(|(_, text)| text).collect::<Vec<_>>()
    };
    let one_of = |column: &str, values: &str| {
        told(&format!("[[rules]]\nrule = \"one-of\"\ncolumn = \"{column}\"\nvalues = {values}\n"))
    };
    let voen = |column: &str| told(&format!("[[rules]]\nrule = \"voen\"\ncolumn = \"{column}\"\n"));
    assert_eq!((one_of("voltage_kv", "[\"0.4\"]"), voen("owner")), (Vec::new(), Vec::new()));
    for (said, wanted) in [
        (one_of("owner", "[\"1\"]"), "is no decimal column"),
        (one_of("voltage_kv", "[]"), "names nothing"),
        (one_of("voltage_kv", "[\"0,4\"]"), "is no limit"),
        (voen("voltage_kv"), "is no column of words"),
    ] {
        assert!(said.iter().any(|text| text.contains(wanted)), "{said:#?} {wanted}");
    }
}

#[test]
fn a_dataset_that_falls_to_nobody_is_odd_and_so_is_a_mistyped_body() {
    let window = Window::new();
    let path = "datasets/grid/dataset.toml";
    let shipped = fs::read_to_string(window.path(path)).unwrap();
    let told = |competence: &str| -> Vec<String> {
        let old = "competence = [\"energetika\", \"azerenerji\", \"azerisiq\"]";
        assert!(shipped.contains(old));
        fs::write(window.path(path), shipped.replace(old, competence)).unwrap();
        let config = window.load().unwrap();
        let warnings = config.warnings().iter().map(|warning| format!("{}: {}", warning.key, warning.message));
        warnings.filter(|warning| warning.starts_with("competence")).collect()
    };
    let registered = window.load().unwrap().world().registry.participants.keys().next().unwrap().to_string();
    assert_eq!(told(&format!("competence = [\"{registered}\"]")), [""; 0]);
    assert_eq!(told(&format!("competence = [\"{registered}\", \"elsewhere-altogether\"]")), [""; 0]);
    let said = told("competence = [\"nobody\"]");
    assert!(said.len() == 1 && said[0].contains("\"nobody\" is no participant of the registry"), "{said:?}");
    let said = told(&format!("competence = [\"{registered}\", \"{registered}x\"]"));
    assert!(said.len() == 1 && said[0].contains(&format!("perhaps \"{registered}\" is meant")), "{said:?}");
}

#[test]
fn columns_of_words_say_their_form_and_a_total_is_told_from_them() {
    let window = Window::new();
    let folder = window.path("datasets/meters");
    fs::create_dir(&folder).unwrap();
    let told = |total: &str, key: &str, more: &str| {
        let text = format!(
            "title = {{ az = \"S\", en = \"M\" }}\nclause = \"S 1.3\"\nclass = \"open\"\nperiods = \"none\"\n\
             total = \"{total}\"\n[[columns]]\nname = \"meter\"\nelement = \"Meter\"\nkind = \"text\"\n{key}\n\
             required = true\ntitle = {{ az = \"S\", en = \"M\" }}\n{more}"
        );
        fs::write(folder.join("dataset.toml"), text).unwrap();
        let mistakes = window.load().map(|_| Vec::new()).unwrap_or_else(|_| window.mistakes());
        mistakes.into_iter().map(|(_, text)| text).collect::<Vec<_>>()
    };
    let pattern = "key = true\npattern = \"[A-Z]{2}-[0-9]{6}\"\nlongest = 9";
    assert_eq!(told("optional", pattern, ""), [""; 0]);
    assert_eq!(told("none", "codes = [\"a\", \"b\"]", ""), [""; 0]);
    let second = "[[columns]]\nname = \"other\"\nelement = \"Other\"\nkind = \"station\"\nrequired = true\n\
        title = { az = \"B\", en = \"O\" }\n";
    for (said, wanted) in [
        (told("optional", "key = true\npattern = \"[A-Z]+\"\nlongest = 9", ""), "takes the word TOTAL"),
        (told("required", "codes = [\"a\"]", ""), "needs a column that is a station or a key"),
        (told("optional", "codes = [\"a\"]", ""), "is a required word, which a total does not have"),
        (told("optional", "key = true\npattern = \"(a|b)\"\nlongest = 9", ""), "does not fit: a row of letters"),
        (told("optional", "key = true\npattern = \"a\"", ""), "is missing here"),
        (told("none", "codes = [\"a b\"]", ""), "is no word"),
        (told("none", "codes = [\"a\"]\nplaces = 2", ""), "`places` does not belong to a column of this kind"),
        (told("optional", pattern, second), "is a second key"),
    ] {
        assert!(said.iter().any(|text| text.contains(wanted)), "{said:#?} {wanted}");
    }
}

#[test]
fn a_record_has_one_shape_which_no_total_has_and_rules_of_shapes_need_one() {
    let window = Window::new();
    let folder = window.path("datasets/plots");
    fs::create_dir(&folder).unwrap();
    let column = |name: &str, form: &str| {
        format!(
            "[[columns]]\nname = \"{name}\"\nelement = \"{}\"\n{form}\nrequired = false\n\
             title = {{ az = \"S\", en = \"M\" }}\n",
            name.replace('_', "").to_uppercase()
        )
    };
    let told = |total: &str, columns: &[(&str, &str)], rules: &str| {
        let columns: String = columns.iter().map(|(name, form)| column(name, form)).collect();
        let text = format!(
            "title = {{ az = \"S\", en = \"M\" }}\nclause = \"S 1.3\"\nclass = \"open\"\nperiods = \"none\"\n\
             total = \"{total}\"\n{columns}{rules}"
        );
        fs::write(folder.join("dataset.toml"), text).unwrap();
        let mistakes = window.load().map(|_| Vec::new()).unwrap_or_else(|_| window.mistakes());
        mistakes.into_iter().map(|(_, text)| text).collect::<Vec<_>>()
    };
    let shape = ("shape", "kind = \"geometry\"\nshapes = \"areas\"");
    let area = ("area_ha", "kind = \"decimal\"\nplaces = 3");
    let rules = "[[rules]]\nrule = \"area\"\ncolumn = \"area_ha\"\npercent = 1\n[[rules]]\nrule = \"overlaps\"\n";
    assert_eq!(told("none", &[area, shape], rules), [""; 0]);
    let word = "kind = \"text\"\ncodes = [\"a\"]";
    let ends = "[[rules]]\nrule = \"ends-meet\"\ncolumn = \"word\"\nof = [\"a\"]\nmetres = 1\n";
    assert_eq!(told("none", &[("word", word), shape], ends), [""; 0]);
    for (said, wanted) in [
        (told("none", &[shape, ("other", shape.1)], ""), "other is a second shape"),
        (told("optional", &[area, shape], ""), "shape is a shape, which a total does not have"),
        (told("none", &[shape, ("epsg", word)], ""), "epsg belongs to the shape in shape"),
        (told("none", &[shape, ("shape_sent", word)], ""), "shape_sent belongs to the shape in shape"),
        (told("none", &[("epsg", shape.1)], ""), "epsg "),
        (told("none", &[("shape", "kind = \"geometry\"")], ""), "is missing here"),
        (told("none", &[("shape", "kind = \"geometry\"\nshapes = \"circles\"")], ""), "circles"),
        (told("none", &[("shape", &format!("{}\nplaces = 1", shape.1))], ""), "`places` does not belong"),
        (told("none", &[area], rules), "is a rule of shapes"),
        (told("none", &[("area_ha", "kind = \"decimal\"\nplaces = 4"), shape], rules), "has more than 3 places"),
        (told("none", &[area, shape], &rules.replace("percent = 1\n", "")), "is missing here"),
        (told("none", &[("word", word)], ends), "is a rule of shapes"),
        (told("none", &[shape], ends), "is no column of this dataset that has `codes`"),
        (told("none", &[("word", word), shape], &ends.replace("[\"a\"]", "[\"b\"]")), "is none of the codes"),
        (told("none", &[("word", word), shape], &ends.replace("metres = 1", "metres = 0")), "out of bounds"),
    ] {
        assert!(said.iter().any(|text| text.contains(wanted)), "{said:#?} {wanted}");
    }
}

// S 6.1, R 4.5.2
#[test]
fn the_shipped_registry_gives_each_dataset_to_those_to_whom_it_falls() {
    let config = Window::new().load().unwrap();
    let world = config.world();
    for (name, dataset) in &world.datasets.by_name {
        let registered = world.registry.participants.iter().filter(|(_, body)| body.datasets.contains(name));
        let mut registered: Vec<_> = registered.map(|(slug, _)| slug.clone()).collect();
        let mut falls = dataset.competence.clone();
        registered.sort();
        falls.sort();
        assert_eq!(registered, falls, "{name}");
    }
}
