//! An XML document as a tree, for changing it: read from what the signers wrote, written in any of
//! the spellings that XML has for the same thing.
//!
//! A reader of its own, so that nothing of the program's is believed here. Takes what the signers
//! write and no more: no DTD, and references to characters and the five entities alone.

use super::choices::Choices;
use std::fmt::Write;

/// One node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    Element(Element),
    Text(String),
    /// A comment or a processing instruction, as it stands.
    Aside(String),
}

/// One element; declarations of namespaces are attributes among the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub children: Vec<Node>,
}

/// Reads a document's root; what stands before and behind it is left out.
pub fn read(document: &str) -> Element {
    let mut open: Vec<Element> = Vec::new();
    let mut rest = document;
    loop {
        let text = rest.find('<').expect("the root has an end");
        if let Some(parent) = open.last_mut().filter(|_| text > 0) {
            push_text(parent, &decoded(&rest[..text]));
        }
        rest = &rest[text..];
        let (ending, kind) = match rest {
            _ if rest.starts_with("<![CDATA[") => ("]]>", 'c'),
            _ if rest.starts_with("<!--") => ("-->", 'a'),
            _ if rest.starts_with("<?") => ("?>", 'a'),
            _ if rest.starts_with("</") => (">", 'e'),
            _ => (">", 's'),
        };
        let end = match kind {
            's' => tag_end(rest),
            _ => rest.find(ending).expect("markup ends") + ending.len(),
        };
        let (markup, behind) = rest.split_at(end);
        rest = behind;
        match (kind, open.last_mut()) {
            ('c', Some(parent)) => push_text(parent, &markup[9..end - 3]),
            ('a', Some(parent)) => parent.children.push(Node::Aside(markup.to_owned())),
            ('s', _) => open.push(start_tag(markup)),
            _ => {}
        }
        if kind == 'e' || kind == 's' && markup.ends_with("/>") {
            let done = open.pop().expect("every end has a start");
            match open.last_mut() {
                Some(parent) => parent.children.push(Node::Element(done)),
                None => return done,
            }
        }
    }
}

/// Where a start tag ends: at the first `>` outside of values.
fn tag_end(rest: &str) -> usize {
    let mut quote = None;
    let end = rest.char_indices().find(|&(_, c)| match quote {
        Some(open) => {
            quote = quote.filter(|_| c != open);
            false
        }
        None => {
            quote = Some(c).filter(|c| matches!(c, '"' | '\''));
            c == '>'
        }
    });
    end.expect("a tag ends").0 + 1
}

fn push_text(parent: &mut Element, text: &str) {
    match parent.children.last_mut() {
        Some(Node::Text(before)) => before.push_str(text),
        _ => parent.children.push(Node::Text(text.to_owned())),
    }
}

fn start_tag(markup: &str) -> Element {
    let inside = markup[1..].strip_suffix('>').expect("a tag ends");
    let inside = inside.strip_suffix('/').unwrap_or(inside);
    let (name, mut rest) = inside.split_at(inside.find(char::is_whitespace).unwrap_or(inside.len()));
    let mut attributes = Vec::new();
    while let Some((name, value)) = rest.split_once('=') {
        let value = value.trim_start();
        let quote = value.chars().next().expect("a value");
        let end = value[1..].find(quote).expect("the value ends") + 1;
        attributes.push((name.trim().to_owned(), decoded(&value[1..end])));
        rest = &value[end + 1..];
    }
    Element { name: name.to_owned(), attributes, children: Vec::new() }
}

fn decoded(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, reference)) = rest.split_once('&') {
        let (name, behind) = reference.split_once(';').expect("a reference ends");
        out.push_str(before);
        out.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            number => {
                let code = match number.strip_prefix("#x") {
                    Some(hex) => u32::from_str_radix(hex, 16).ok(),
                    None => number[1..].parse().ok(),
                };
                char::from_u32(code.expect("a number")).expect("a character")
            }
        });
        rest = behind;
    }
    out + rest
}

impl Element {
    /// What is the same however it is spelt: attributes by name, neighbouring texts as one, no empty ones.
    pub fn plain(&self) -> Self {
        let mut plain = Self { children: Vec::new(), ..self.clone() };
        plain.attributes.sort();
        for child in &self.children {
            match child {
                Node::Element(element) => plain.children.push(Node::Element(element.plain())),
                Node::Text(text) if text.is_empty() => {}
                Node::Text(text) => push_text(&mut plain, text),
                Node::Aside(aside) => plain.children.push(Node::Aside(aside.clone())),
            }
        }
        plain
    }

    /// Writes it in the spelling that these choices make of it.
    pub fn spelt(&self, choices: &Choices) -> String {
        let mut out = String::new();
        self.write(choices, &mut out);
        out
    }

    fn write(&self, choices: &Choices, out: &mut String) {
        out.push('<');
        out.push_str(&self.name);
        let mut attributes = self.attributes.clone();
        while !attributes.is_empty() {
            let (name, value) = attributes.remove(choices.below(attributes.len()));
            let quote = ['"', '\''][choices.below(2)];
            out.push_str(choices.of(&[" ", "  ", "\n", "\t", "\r\n "]));
            out.push_str(&name);
            out.push_str(choices.of(&["=", " =", "= ", "\n=\t"]));
            out.push(quote);
            for c in value.chars() {
                let must = matches!(c, '<' | '&' | '\t' | '\n' | '\r') || c == quote;
                character(c, must, choices, out);
            }
            out.push(quote);
        }
        out.push_str(choices.of(&["", " ", "\n"]));
        if self.children.is_empty() && choices.below(2) == 0 {
            out.push_str("/>");
            return;
        }
        out.push('>');
        for child in &self.children {
            match child {
                Node::Element(element) => element.write(choices, out),
                Node::Text(text) => write_text(text, choices, out),
                Node::Aside(aside) => out.push_str(aside),
            }
        }
        let _ = write!(out, "</{}{}>", self.name, choices.of(&["", " ", "\t\n"]));
    }
}

fn write_text(text: &str, choices: &Choices, out: &mut String) {
    let may_be_cdata = !text.contains("]]") && !text.contains('\r');
    if may_be_cdata && choices.rarely(8) {
        let _ = write!(out, "<![CDATA[{text}]]>");
        return;
    }
    let mut before = ' ';
    for c in text.chars() {
        match c {
            // XML 1.0 2.11: each of them is one line feed to whoever reads it
            '\n' if before != '\r' => out.push_str(choices.of(&["\n", "\r\n", "&#10;", "&#xA;"])),
            c => character(c, matches!(c, '<' | '&' | '\r') || c == '>' && before == ']', choices, out),
        }
        before = c;
    }
}

fn character(c: char, must: bool, choices: &Choices, out: &mut String) {
    if !must && !choices.rarely(12) {
        out.push(c);
        return;
    }
    let name = match c {
        '&' => Some("amp"),
        '<' => Some("lt"),
        '>' => Some("gt"),
        '"' => Some("quot"),
        '\'' => Some("apos"),
        _ => None,
    };
    let _ = match (choices.below(4), name) {
        (0, Some(name)) => write!(out, "&{name};"),
        (1, _) => write!(out, "&#{};", u32::from(c)),
        (2, _) => write!(out, "&#x000{:X};", u32::from(c)),
        _ => write!(out, "&#x{:x};", u32::from(c)),
    };
}
