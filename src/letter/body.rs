//! How the octets of a part are encoded (RFC 2045 6), undone as a stream.
//!
//! Owns the three codings. What is not of its coding makes the part *broken*, and is never guessed at: a lenient
//! decoder would give other octets than the sender's.

use crate::document::{Digest, Digester};
use std::io::{self, Write};

/// Octets that are gathered before they go on.
const BLOCK: usize = 16 << 10;

/// A decoder, and where its octets go.
pub(super) struct Body<S> {
    coding: Coding,
    out: Vec<u8>,
    sink: S,
    digest: Digester,
    size: u64,
    is_broken: bool,
}

enum Coding {
    /// 7bit, 8bit, binary.
    None,
    Base64 {
        quad: [u8; 4],
        filled: usize,
        /// Padding came: nothing but white space may follow.
        is_over: bool,
    },
    Quoted {
        state: Quoted,
        /// White space that counts only when its line goes on.
        white: Vec<u8>,
    },
    /// One that nobody knows.
    Unknown,
}

#[derive(Clone, Copy)]
enum Quoted {
    Plain,
    /// Behind `=`.
    Mark,
    /// Behind `=` and one digit.
    Digit(u8),
    /// Behind `=` and white space: a line must end.
    Soft,
}

/// White space at the end of a line of quoted-printable that is kept until it is known whether it counts, in
/// octets: a line has 76 at most.
const WHITE_MAX: usize = 1000;

impl<S: Write> Body<S> {
    /// By the name of its coding, in any letter case; none is `7bit`.
    pub(super) fn new(coding: Option<&str>, sink: S) -> Self {
        let coding = coding.map(|name| name.trim().to_ascii_lowercase());
        let coding = match coding.as_deref() {
            None | Some("7bit" | "8bit" | "binary") => Coding::None,
            Some("base64") => Coding::Base64 { quad: [0; 4], filled: 0, is_over: false },
            Some("quoted-printable") => Coding::Quoted { state: Quoted::Plain, white: Vec::new() },
            Some(_) => Coding::Unknown,
        };
        let is_broken = matches!(coding, Coding::Unknown);
        Self { coding, out: Vec::new(), sink, digest: Digester::new(), size: 0, is_broken }
    }

    /// Takes encoded octets.
    pub(super) fn take(&mut self, octets: &[u8]) -> io::Result<()> {
        match &mut self.coding {
            Coding::None | Coding::Unknown => self.out.extend_from_slice(octets),
            Coding::Base64 { quad, filled, is_over } => {
                for &octet in octets {
                    if octet.is_ascii_whitespace() {
                        continue;
                    }
                    let Some(value) = digit64(octet).filter(|_| !*is_over) else {
                        self.is_broken = true;
                        continue;
                    };
                    quad[*filled] = value;
                    *filled += 1;
                    if *filled == 4 {
                        *filled = 0;
                        *is_over = quad[3] == PADDING;
                        self.is_broken |= !unpack(*quad, &mut self.out);
                    }
                }
            }
            Coding::Quoted { state, white } => {
                for &octet in octets {
                    self.is_broken |= !quoted(octet, state, white, &mut self.out);
                }
            }
        }
        match self.out.len() >= BLOCK {
            true => self.pass_on(),
            false => Ok(()),
        }
    }

    /// The end: sink, number and digest of what was decoded, and whether it was broken.
    pub(super) fn finish(mut self) -> io::Result<(S, u64, Digest, bool)> {
        match &self.coding {
            Coding::Base64 { filled, .. } => self.is_broken |= *filled > 0,
            // white space at the very end of the last line is the relay's (RFC 2045 6.7, rule 3)
            Coding::Quoted { state, .. } => self.is_broken |= !matches!(state, Quoted::Plain | Quoted::Mark),
            Coding::None | Coding::Unknown => {}
        }
        self.pass_on()?;
        self.sink.flush()?;
        Ok((self.sink, self.size, self.digest.finish(), self.is_broken))
    }

    fn pass_on(&mut self) -> io::Result<()> {
        self.sink.write_all(&self.out)?;
        self.digest.update(&self.out);
        self.size += self.out.len() as u64;
        self.out.clear();
        Ok(())
    }
}

/// What a padding character counts as.
const PADDING: u8 = 64;

fn digit64(octet: u8) -> Option<u8> {
    Some(match octet {
        b'A'..=b'Z' => octet - b'A',
        b'a'..=b'z' => octet - b'a' + 26,
        b'0'..=b'9' => octet - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        b'=' => PADDING,
        _ => return None,
    })
}

/// Whether four digits are what an encoder writes; their octets.
fn unpack(quad: [u8; 4], out: &mut Vec<u8>) -> bool {
    let [a, b, c, d] = quad;
    if a == PADDING || b == PADDING || (c == PADDING && d != PADDING) {
        return false;
    }
    out.push(a << 2 | b >> 4);
    match (c, d) {
        (PADDING, _) => b & 0x0F == 0,
        (c, PADDING) => {
            out.push(b << 4 | c >> 2);
            c & 0x03 == 0
        }
        (c, d) => {
            out.push(b << 4 | c >> 2);
            out.push(c << 6 | d);
            true
        }
    }
}

/// One octet of quoted-printable; whether it may stand there.
fn quoted(octet: u8, state: &mut Quoted, white: &mut Vec<u8>, out: &mut Vec<u8>) -> bool {
    let hex = |octet: u8| (octet as char).to_digit(16).map(|digit| digit as u8);
    match *state {
        Quoted::Plain => match octet {
            b'=' => {
                out.append(white);
                *state = Quoted::Mark;
                true
            }
            b' ' | b'\t' => {
                if white.len() >= WHITE_MAX {
                    out.append(white);
                }
                white.push(octet);
                true
            }
            b'\r' | b'\n' => {
                white.clear();
                out.push(octet);
                true
            }
            octet => {
                out.append(white);
                out.push(octet);
                (0x21..=0x7E).contains(&octet)
            }
        },
        Quoted::Mark => match (octet, hex(octet)) {
            (b'\n', _) => {
                *state = Quoted::Plain;
                true
            }
            (b'\r' | b' ' | b'\t', _) => {
                *state = Quoted::Soft;
                true
            }
            (_, Some(high)) => {
                *state = Quoted::Digit(high);
                true
            }
            (_, None) => {
                *state = Quoted::Plain;
                false
            }
        },
        Quoted::Digit(high) => {
            *state = Quoted::Plain;
            match hex(octet) {
                Some(low) => {
                    out.push(high << 4 | low);
                    true
                }
                None => false,
            }
        }
        Quoted::Soft => match octet {
            b'\n' => {
                *state = Quoted::Plain;
                true
            }
            b'\r' | b' ' | b'\t' => true,
            _ => {
                *state = Quoted::Plain;
                false
            }
        },
    }
}
