//! Manual pages and completions are what the command line says of itself, and `pencere.toml(5)` what the shipped
//! configuration says.
//!
//! They lie in `debian/man` and `debian/completions`, so that a package is made without another build;
//! `PENCERE_REWRITE=1` writes them anew.

use clap::{Command, CommandFactory};
use clap_complete::{Shell, generate};
use clap_mangen::Man;
use pencere::commands::Arguments;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

type Pages = BTreeMap<PathBuf, Vec<u8>>;

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A page for each command, those within others too.
fn pages(command: &Command, name: &str, pages: &mut Pages) {
    let mut octets = Vec::new();
    // clap wants a name that stays: as long as this test
    let stays: &'static str = name.to_owned().leak();
    let command = command.clone().name(stays).display_name(stays).bin_name(name.replace('-', " "));
    let man = Man::new(command.clone()).manual("pencere").source(concat!("pencere ", env!("CARGO_PKG_VERSION")));
    man.render(&mut octets).unwrap();
    let more = if name == "pencere" { WHOLE } else { "" };
    let text = format!("{}{more}{SEE_ALSO}", String::from_utf8(octets).unwrap());
    pages.insert(format!("man/{name}.1").into(), text.into_bytes());
    for below in command.get_subcommands().filter(|below| below.get_name() != "help" && !below.is_hide_set()) {
        self::pages(below, &format!("{name}-{}", below.get_name()), pages);
    }
}

const WHOLE: &str = r".SH ENVIRONMENT
.TP
\fBPENCERE_CONFIG\fR
The window's configuration, where no \fB\-\-config\fR names it.
.TP
\fBPENCERE_LOG\fR
What is logged, as \fIdebug\fR or \fIinfo,pencere::intake=debug\fR.
.SH FILES
.TP
\fI/etc/pencere/pencere.toml\fR
The configuration: \fBpencere.toml\fR(5).
.TP
\fI/var/lib/pencere\fR
All that the window keeps: journal, evidence, its database.
.TP
\fI/srv/pencere/drop/PARTICIPANT/in\fR, \fI.../receipts\fR
Where a participant drops, and where its answers appear.
.SH EXIT STATUS
0: done, and the answer is yes. 1: done, and the answer is no. 2: wrong usage, a missing file or a wrong
configuration. 3: the program could not do its work.
";

const SEE_ALSO: &str = r".SH SEE ALSO
\fBpencere\fR(1), \fBpencere.toml\fR(5), \fI/usr/share/doc/pencere/\fR
";

/// The shipped configuration as a page: each section with what its comments say.
fn configuration() -> String {
    let shipped = fs::read_to_string(top().join("config/pencere.toml")).unwrap();
    let escaped = |text: &str| {
        let text = text.replace('\\', "\\e").replace('-', "\\-");
        if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
    };
    let mut page = format!(
        ".TH PENCERE.TOML 5 \"\" \"pencere {}\" \"pencere\"\n.SH NAME\npencere.toml \\- the configuration of a \
         window of BOEM\\[u0130]S\n.SH DESCRIPTION\n",
        env!("CARGO_PKG_VERSION")
    );
    let mut comment: Vec<&str> = Vec::new();
    let mut keys: Vec<&str> = Vec::new();
    let tell = |page: &mut String, comment: &mut Vec<&str>, keys: &mut Vec<&str>| {
        if !keys.is_empty() {
            let keys: Vec<String> = keys.iter().map(|key| format!("\\fB{}\\fR", escaped(key))).collect();
            page.push_str(&format!(".TP\n{}\n", keys.join(", ")));
        }
        let mut is_shown = false;
        for line in comment.iter() {
            // an example keeps its lines
            if line.starts_with("    ") != is_shown {
                page.push_str(if is_shown { ".EE\n" } else { ".EX\n" });
                is_shown = !is_shown;
            }
            page.push_str(&format!("{}\n", escaped(line)));
        }
        if is_shown {
            page.push_str(".EE\n");
        }
        if keys.is_empty() && !comment.is_empty() {
            page.push_str(".PP\n");
        }
        comment.clear();
        keys.clear();
    };
    for line in shipped.lines() {
        if let Some(text) = line.strip_prefix('#') {
            if !keys.is_empty() {
                tell(&mut page, &mut comment, &mut keys);
            }
            comment.push(text.strip_prefix(' ').unwrap_or(text));
        } else if line.starts_with('[') {
            tell(&mut page, &mut comment, &mut keys);
            page.push_str(&format!(".SH {}\n", escaped(line)));
        } else if let Some((key, _)) = line.split_once(" = ") {
            keys.push(key);
        } else if line.is_empty() {
            tell(&mut page, &mut comment, &mut keys);
        }
    }
    tell(&mut page, &mut comment, &mut keys);
    // a heading is no place for a paragraph's end
    let page = page.replace(".PP\n.SH", ".SH").replace("\n\n", "\n.PP\n");
    format!("{page}.SH FILES\n\\fI/etc/pencere/pencere.toml\\fR, \\fI/usr/share/doc/pencere/examples/\\fR\n{SEE_ALSO}")
}

fn made() -> Pages {
    let mut made = Pages::new();
    let mut command = Arguments::command();
    command.build();
    pages(&command, "pencere", &mut made);
    made.insert("man/pencere.toml.5".into(), configuration().into_bytes());
    for (shell, name) in [(Shell::Bash, "pencere.bash"), (Shell::Zsh, "_pencere"), (Shell::Fish, "pencere.fish")] {
        let mut octets = Vec::new();
        generate(shell, &mut Arguments::command(), "pencere", &mut octets);
        made.insert(Path::new("completions").join(name), octets);
    }
    made
}

#[test]
fn pages_and_completions_are_those_of_this_command_line() {
    let folder = top().join("debian");
    let made = made();
    if std::env::var_os("PENCERE_REWRITE").is_some() {
        for side in ["man", "completions"] {
            let _ = fs::remove_dir_all(folder.join(side));
            fs::create_dir_all(folder.join(side)).unwrap();
        }
        made.iter().for_each(|(path, octets)| fs::write(folder.join(path), octets).unwrap());
    }
    let mut there = Pages::new();
    for side in ["man", "completions"] {
        for entry in fs::read_dir(folder.join(side)).unwrap() {
            let path = entry.unwrap().path();
            there.insert(path.strip_prefix(&folder).unwrap().to_owned(), fs::read(&path).unwrap());
        }
    }
    let names = |pages: &Pages| pages.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&there), names(&made), "PENCERE_REWRITE=1 writes them anew");
    let other: Vec<_> =
        made.iter().filter(|(path, octets)| there.get(*path) != Some(octets)).map(|one| one.0).collect();
    assert!(other.is_empty(), "not as the command line has it: {other:?}; PENCERE_REWRITE=1 writes them anew");
}

#[test]
fn every_key_of_the_configuration_stands_on_its_page() {
    let page = configuration();
    let shipped = fs::read_to_string(top().join("config/pencere.toml")).unwrap();
    for key in shipped.lines().filter_map(|line| line.split_once(" = ")).map(|(key, _)| key) {
        if !key.starts_with('#') {
            assert!(page.contains(&format!("\\fB{}\\fR", key.replace('-', "\\-"))), "{key}");
        }
    }
}
