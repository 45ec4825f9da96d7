//! Asking whoever sits at the terminal, also for something that nobody else should see.
//!
//! What is asked for in secret is neither shown, kept nor logged, and the terminal is as before when this returns.
//! Where there is no terminal, nobody is asked.

use super::Trouble;
use crate::token::wipe;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};

/// Characters of an answer, at most: no PIN or passphrase is longer.
const ANSWER_MAX: usize = 256;

/// Characters of a line that anybody may see, at most: longer is no name, path or address.
const LINE_MAX: u64 = 4096;

/// Asks for one line that anybody may see; without the white space around it. `None` where nobody sits: standard input
/// is no terminal.
///
/// # Errors
/// Usage: whoever was asked broke off. Broken: the terminal's.
pub(super) fn line(question: &str) -> Result<Option<String>, Trouble> {
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    let broken = |error: io::Error| Trouble::broken(format!("the terminal: {error}"));
    let Ok(mut terminal) = OpenOptions::new().read(true).write(true).open("/dev/tty") else { return Ok(None) };
    terminal.write_all(question.as_bytes()).map_err(broken)?;
    let mut answer = String::new();
    let count = BufReader::new(terminal.take(LINE_MAX)).read_line(&mut answer).map_err(broken)?;
    match count {
        0 => Err(Trouble::usage("broken off; nothing was done")),
        _ => Ok(Some(answer.trim().to_owned())),
    }
}

/// Asks for one line in secret. `None` where there is no terminal.
///
/// # Errors
/// Usage: whoever was asked broke off. Broken: the terminal's.
pub(super) fn hidden(question: &str) -> Result<Option<String>, Trouble> {
    // what stdin and stdout are does not matter: files may come and go through them
    let Ok(terminal) = OpenOptions::new().read(true).write(true).open("/dev/tty") else { return Ok(None) };
    let broken = |error: io::Error| Trouble::broken(format!("the terminal: {error}"));
    let silent = Silent::new(&terminal).map_err(broken)?;
    let answer = ask(&terminal, question);
    drop(silent);
    match answer.map_err(broken)? {
        Some(answer) => Ok(Some(answer)),
        None => Err(Trouble::usage("broken off; nothing was signed")),
    }
}

/// A terminal that shows nothing, sends no signals and gives each key at once, until this goes.
struct Silent<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Silent<'a> {
    fn new(terminal: &'a File) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut silent = before.clone();
        // with signals on, the one that ends the program would leave the terminal silent
        silent.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG);
        tcsetattr(terminal, OptionalActions::Flush, &silent)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Silent<'_> {
    fn drop(&mut self) {
        let _ = tcsetattr(self.terminal, OptionalActions::Flush, &self.before); // nobody is left to be told
    }
}

/// The line, without its end; none when it is broken off (Ctrl-C, Ctrl-D or a terminal that went away).
fn ask(mut terminal: &File, question: &str) -> io::Result<Option<String>> {
    terminal.write_all(question.as_bytes())?;
    let mut answer = Vec::with_capacity(ANSWER_MAX);
    let mut octet = [0];
    let done = loop {
        match (terminal.read(&mut octet)?, octet[0]) {
            (0, _) | (_, 3 | 4) => break false,
            (_, b'\r' | b'\n') => break true,
            (_, 8 | 127) => {
                // a character may have several octets
                while answer.pop().is_some_and(|octet: u8| octet & 0xC0 == 0x80) {}
            }
            (_, 21) => answer.clear(), // Ctrl-U
            (_, octet) if answer.len() < ANSWER_MAX => answer.push(octet),
            _ => {}
        }
    };
    terminal.write_all(b"\n")?;
    match (done, String::from_utf8(answer)) {
        (true, Ok(answer)) => Ok(Some(answer)),
        (false, Ok(answer)) => {
            wipe(answer);
            Ok(None)
        }
        (_, Err(_)) => Err(io::Error::new(io::ErrorKind::InvalidData, "what was typed is no text")),
    }
}
