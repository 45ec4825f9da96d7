//! Nodes become octets become a digest: by canonicalisation, or as base64 that their text is.
//!
//! Owns how events are fed into a digest. Never decides which events are fed.

use crate::forms::xmldsig::Rendering;
use crate::xml::{Canonicaliser, Event, Run, Sink, Wrong, XmlAttribute};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Feeds what a reference means into `S`.
pub enum Render<S> {
    /// By a canonicalisation.
    Canonical(Box<Canonicaliser<S>>),
    /// The text alone, decoded.
    Base64(Base64<S>),
}

impl<S: Sink> Render<S> {
    /// Of a whole document.
    pub fn document(rendering: Rendering, sink: S) -> Self {
        match rendering {
            Rendering::Canonical(method) => Self::Canonical(Box::new(Canonicaliser::document(method, sink))),
            Rendering::Base64 => Self::Base64(Base64::new(sink)),
        }
    }

    /// Of one element that inherits these attributes.
    pub fn element(rendering: Rendering, inherited: Vec<XmlAttribute>, sink: S) -> Self {
        match rendering {
            Rendering::Canonical(method) => Self::Canonical(Box::new(Canonicaliser::element(method, inherited, sink))),
            Rendering::Base64 => Self::Base64(Base64::new(sink)),
        }
    }

    /// Takes the next event.
    ///
    /// # Errors
    /// More output than the input so far allows.
    pub fn take(&mut self, event: &Event<'_>) -> Result<(), Wrong> {
        match (self, event) {
            (Self::Canonical(canonical), event) => canonical.take(event)?,
            // XMLDSig 1.1 6.6.2: of a node-set the text nodes count, whatever elements they lie in
            (Self::Base64(text), Event::Text { octets, .. }) => text.take(octets),
            (Self::Base64(_), _) => {}
        }
        Ok(())
    }

    /// Whether it can take a run: a canonicalisation alone can, which need not tell text from tags.
    pub fn takes_runs(&self) -> bool {
        matches!(self, Self::Canonical(_))
    }

    /// Takes a run, if it [can](Self::takes_runs).
    pub fn take_run(&mut self, run: &Run<'_>) {
        match self {
            Self::Canonical(canonical) => canonical.take_run(run),
            Self::Base64(text) => text.sound = false, // no digest rather than a wrong one
        }
    }

    /// Gives the sink back, all octets taken; none when the text was no base64.
    pub fn finish(self) -> Option<S> {
        match self {
            Self::Canonical(canonical) => Some(canonical.finish()),
            Self::Base64(text) => text.finish(),
        }
    }
}

/// Base64 with white space anywhere and its padding whole, decoded piece by piece.
pub struct Base64<S> {
    sink: S,
    /// Characters not yet decoded.
    held: Vec<u8>,
    sound: bool,
}

impl<S: Sink> Base64<S> {
    /// Characters decoded at once: whole groups of four.
    const PIECE: usize = 16 * 1024;

    fn new(sink: S) -> Self {
        Self { sink, held: Vec::new(), sound: true }
    }

    fn take(&mut self, text: &[u8]) {
        self.held.extend(text.iter().filter(|octet| !matches!(octet, b' ' | b'\t' | b'\n' | b'\r')));
        let whole = self.held.len() / Self::PIECE * Self::PIECE;
        if whole == self.held.len() {
            return; // the last group may be padded and is not known to be the last
        }
        let rest = self.held.split_off(whole);
        let ahead = std::mem::replace(&mut self.held, rest);
        self.sound &= !ahead.contains(&b'='); // padding stands at the end alone
        self.decode(&ahead);
    }

    fn decode(&mut self, text: &[u8]) {
        match STANDARD.decode(text) {
            Ok(octets) if self.sound => self.sink.take(&octets),
            _ => self.sound = false,
        }
    }

    fn finish(mut self) -> Option<S> {
        let last = std::mem::take(&mut self.held);
        self.decode(&last);
        self.sound.then_some(self.sink)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(pieces: &[&str]) -> Option<Vec<u8>> {
        let mut octets = Vec::new();
        let mut render = Render::element(Rendering::Base64, Vec::new(), |piece: &[u8]| octets.extend_from_slice(piece));
        for piece in pieces {
            let event = Event::Text { octets: piece.as_bytes(), plain: true, offset: 0 };
            render.take(&event).unwrap();
            render.take(&Event::Comment(b"AAAA")).unwrap();
        }
        let sound = render.finish().is_some();
        sound.then_some(octets)
    }

    #[test]
    fn base64_comes_in_any_pieces() {
        assert_eq!(decoded(&["c29\n", "tZ", " SB0ZX\t", "h0"]).unwrap(), b"some text");
        assert_eq!(decoded(&["YQ", "=", "= "]).unwrap(), b"a");
        assert_eq!(decoded(&[]).unwrap(), b"");
        let long = vec![7; 100_000];
        let text = STANDARD.encode(&long);
        for size in [1, 7, 16 * 1024, 64 * 1024] {
            let pieces: Vec<&str> =
                (0..text.len()).step_by(size).map(|at| &text[at..(at + size).min(text.len())]).collect();
            assert_eq!(decoded(&pieces).unwrap(), long, "{size}");
        }
    }

    #[test]
    fn what_is_no_base64_has_no_octets() {
        let padded = format!("{}YQ=={}", "AAAA".repeat(5_000), "AAAA".repeat(5_000));
        for text in ["YQ", "YQ=", "YQ==YQ==", "Y Q*=", "a", &padded] {
            assert_eq!(decoded(&[text]), None, "{}", &text[..text.len().min(9)]);
        }
    }
}
