//! The program from outside: streams, exit codes and the configuration that it looks for.

use std::process::{Command, Output, Stdio};

fn pencere(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pencere"));
    command.args(arguments).env_remove("PENCERE_CONFIG").env_remove("PENCERE_LOG").stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    pencere(arguments).output().unwrap()
}

#[test]
fn help_is_an_answer_and_a_wrong_usage_is_not() {
    let help = run(&["--help"]);
    assert_eq!((help.status.code(), help.stderr.is_empty()), (Some(0), true));
    for command in
        ["init", "demo", "run", "once", "check", "verify", "sign", "template", "list", "show", "status", "audit verify"]
            .into_iter()
            .chain(["receipt verify", "receipt show", "config check"])
    {
        let mut arguments: Vec<_> = command.split(' ').collect();
        arguments.push("--help");
        let help = run(&arguments);
        assert_eq!(help.status.code(), Some(0), "{command}");
        assert!(String::from_utf8(help.stdout).unwrap().contains(&format!("Usage: pencere {command}")), "{command}");
    }
    for wrong in [&[][..], &["open"], &["check"], &["verify", "x", "--format", "yaml"]] {
        let refused = run(wrong);
        assert_eq!((refused.status.code(), refused.stdout.is_empty()), (Some(2), true), "{wrong:?}");
    }
}

#[test]
fn a_reader_that_went_away_is_no_panic() {
    for arguments in [&["--help"][..], &["list", "--help"], &["--version"]] {
        let mut child = pencere(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(0), "{arguments:?}");
        assert_eq!(String::from_utf8_lossy(&ended.stderr), "", "{arguments:?}");
    }
}

#[test]
fn a_log_filter_that_is_not_understood_is_a_wrong_usage() {
    let refused = pencere(&["status", "--format", "json"]).env("PENCERE_LOG", "loudest=very").output().unwrap();
    let value: serde_json::Value = serde_json::from_slice(&refused.stdout).unwrap();
    assert_eq!((refused.status.code(), &value["error"]["exit"]), (Some(2), &2.into()));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("PENCERE_LOG"));
}
