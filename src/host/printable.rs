//! Text on its way to a terminal or a log: nothing in it moves a cursor or turns the reading direction.

/// Whether a character is never sent as it is: controls (C0, DEL, C1), line and paragraph separators,
/// bidirectional marks, embeddings and isolates, and the byte order mark.
pub fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || c == '\u{feff}'
}

/// A text of one or several lines: line ends and tabs stay, everything else that is unprintable
/// appears as `\u{1b}`.
///
/// ```
/// assert_eq!(pencere::host::printable("Gəncə\n\u{1b}[2J"), "Gəncə\n\\u{1b}[2J");
/// ```
pub fn printable(text: &str) -> String {
    escape(text, |c| matches!(c, '\n' | '\t'))
}

/// A text that stays on its line: line ends and tabs appear as `\u{a}` and `\u{9}` as well.
pub fn printable_line(text: &str) -> String {
    escape(text, |_| false)
}

fn escape(text: &str, stays: fn(char) -> bool) -> String {
    let mut printable = String::with_capacity(text.len());
    for c in text.chars() {
        match is_unprintable(c) && !stays(c) {
            true => printable.extend(c.escape_unicode()),
            false => printable.push(c),
        }
    }
    printable
}
