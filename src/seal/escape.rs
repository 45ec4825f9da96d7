//! Escaping as Canonical XML 1.0 (2.3) writes it, so that what the seal writes is canonical
//! already. Characters that XML 1.0 cannot hold become U+FFFD: a name with a NUL stays visibly odd.

/// Appends `text` as character data.
pub(super) fn text(out: &mut String, text: &str) {
    push(out, text, |c| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '\r' => Some("&#xD;"),
        _ => None,
    });
}

/// Appends ` name="value"`.
pub(super) fn attribute(out: &mut String, name: &str, value: &str) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    push(out, value, |c| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '"' => Some("&quot;"),
        '\t' => Some("&#x9;"),
        '\n' => Some("&#xA;"),
        '\r' => Some("&#xD;"),
        _ => None,
    });
    out.push('"');
}

/// Copies runs of plain characters whole, and replaces the rest one by one.
fn push(out: &mut String, value: &str, escaped: impl Fn(char) -> Option<&'static str>) {
    let mut run = 0;
    for (at, c) in value.char_indices() {
        let instead = match escaped(c) {
            Some(instead) => instead,
            None if is_xml(c) => continue,
            None => "\u{fffd}",
        };
        out.push_str(&value[run..at]);
        out.push_str(instead);
        run = at + c.len_utf8();
    }
    out.push_str(&value[run..]);
}

/// XML 1.0 2.2: the characters that a document may hold.
fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}
