//! JSON as far as a geometry needs it (RFC 8259): values are stepped over, strings compared, numbers kept by
//! their digits.
//!
//! `serde_json` gives neither a number's digits nor its place. Depth is bounded, nothing recurses further.

use crate::json::is_number;

/// Arrays and objects that may be open at once: a `crs` member has two, RFC 7946 asks for no more than seven.
const DEPTH_MAX: usize = 16;

/// A text that is being read.
#[derive(Clone, Debug)]
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

/// What is not JSON, at this octet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotJson(pub usize);

impl<'a> Scanner<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Where it stands, blanks behind it.
    pub fn place(&mut self) -> usize {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        self.at
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub fn next_is(&mut self, sign: char) -> bool {
        self.place();
        self.rest().starts_with(sign)
    }

    pub fn is_at_end(&mut self) -> bool {
        self.place() == self.text.len()
    }

    pub fn takes(&mut self, sign: char) -> bool {
        let takes = self.next_is(sign);
        self.at += usize::from(takes);
        takes
    }

    pub fn expect(&mut self, sign: char) -> Result<(), NotJson> {
        if self.takes(sign) { Ok(()) } else { Err(NotJson(self.at)) }
    }

    /// A string as it stands, without its quotes and with its escapes.
    pub fn string(&mut self) -> Result<&'a str, NotJson> {
        self.expect('"')?;
        let (start, mut escaped) = (self.at, 0_u8);
        for (at, c) in self.rest().char_indices() {
            match (c, escaped) {
                (c, 1) => {
                    escaped = match c {
                        'u' => 5,
                        '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' => 0,
                        _ => return Err(NotJson(start + at)),
                    };
                }
                (c, 2..) if c.is_ascii_hexdigit() => escaped = if escaped == 2 { 0 } else { escaped - 1 },
                (_, 2..) => return Err(NotJson(start + at)),
                ('\\', _) => escaped = 1,
                ('"', _) => {
                    self.at = start + at + 1;
                    return Ok(self.text.get(start..start + at).unwrap_or_default());
                }
                (c, _) if c < ' ' => return Err(NotJson(start + at)),
                _ => {}
            }
        }
        Err(NotJson(self.text.len()))
    }

    /// A number's digits.
    pub fn number(&mut self) -> Result<&'a str, NotJson> {
        let start = self.place();
        let rest = self.rest();
        let end =
            rest.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '-' | '.')).unwrap_or(rest.len());
        let number = rest.get(..end).unwrap_or_default();
        self.at += end;
        if is_number(number) { Ok(number) } else { Err(NotJson(start)) }
    }

    /// Steps over a value, whatever it is.
    pub fn skip(&mut self) -> Result<(), NotJson> {
        self.skip_within(DEPTH_MAX)
    }

    fn skip_within(&mut self, depth: usize) -> Result<(), NotJson> {
        let start = self.place();
        let deeper = || depth.checked_sub(1).ok_or(NotJson(start));
        match self.rest().chars().next() {
            Some('"') => self.string().map(drop),
            Some('[') => {
                let depth = deeper()?;
                self.at += 1;
                if self.takes(']') {
                    return Ok(());
                }
                loop {
                    self.skip_within(depth)?;
                    if !self.takes(',') {
                        return self.expect(']');
                    }
                }
            }
            Some('{') => {
                let depth = deeper()?;
                self.at += 1;
                if self.takes('}') {
                    return Ok(());
                }
                loop {
                    self.string()?;
                    self.expect(':')?;
                    self.skip_within(depth)?;
                    if !self.takes(',') {
                        return self.expect('}');
                    }
                }
            }
            Some('t' | 'f' | 'n') => {
                let word = ["true", "false", "null"].into_iter().find(|word| self.rest().starts_with(word));
                self.at += word.ok_or(NotJson(start))?.len();
                Ok(())
            }
            _ => self.number().map(drop),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn skips(text: &str) -> bool {
        let mut scanner = Scanner::new(text);
        scanner.skip().is_ok() && scanner.is_at_end()
    }

    #[test]
    fn depth_is_bounded() {
        assert!(skips(&format!("{}{}", "[".repeat(16), "]".repeat(16))));
        assert!(!skips(&format!("{}{}", "[".repeat(17), "]".repeat(17))));
        assert!(!skips(&"[".repeat(1_000_000)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn it_takes_what_serde_json_takes(text in r#"[\[\]{}:,"0-9.eE+\-truefalsn\\u ]{0,12}"#) {
            let told = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
            prop_assert_eq!(skips(&text), told, "{}", text);
        }
    }
}
