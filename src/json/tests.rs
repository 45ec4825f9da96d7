//! The reader takes what `serde_json` takes, in whatever pieces it comes, and gives the same of it.

use super::*;
use proptest::prelude::*;

/// One octet at a time.
struct Slowly<'a>(&'a [u8]);

impl Read for Slowly<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.0.len().min(1).min(buffer.len());
        buffer[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

fn skips(input: impl Read) -> Result<(), Fault> {
    let mut reader = Reader::new(input);
    reader.skip()?;
    reader.end()
}

fn place_of(text: &[u8]) -> u64 {
    skips(text).unwrap_err().offset
}

#[test]
fn depth_is_bounded() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(skips(nested(16).as_bytes()).is_ok());
    for deeper in [nested(17), "[".repeat(1_000_000), "{\"a\":".repeat(17)] {
        assert!(matches!(skips(deeper.as_bytes()).unwrap_err().wrong, Wrong::Limit(_, DEPTH_MAX)));
    }
}

#[test]
fn a_fault_has_its_place() {
    assert_eq!(place_of(b"{\"a\": 1 \"b\": 2}"), 8);
    assert_eq!(place_of(b"\xEF\xBB\xBF{\"a\" 1}"), 8);
    assert_eq!(place_of(b"[01]"), 1);
    assert_eq!(place_of(b"[1, tru]"), 4);
    assert_eq!(place_of(b"[1, 2"), 5);
    assert_eq!(place_of(b"[] []"), 3);
    let text = b"[\"a\xFFb\"]";
    assert_eq!(place_of(text), 3);
    assert!(matches!(skips(&text[..]).unwrap_err().wrong, Wrong::Encoding(0xFF)));
}

#[test]
fn a_value_is_given_as_it_stands_and_no_more_of_it_than_asked() {
    let text = " {\"a\": [1.50, \"ə\\u0259\"]} ,";
    let mut reader = Reader::new(Slowly(text.as_bytes()));
    let (value, at) = reader.as_it_stands(100).unwrap();
    assert_eq!((value.as_deref(), at), (Some(text[1..].trim_end_matches([' ', ','])), 1));
    assert!(reader.takes(b',').unwrap());
    let mut reader = Reader::new(text.as_bytes());
    assert_eq!(reader.as_it_stands(5).unwrap(), (None, 1));
    assert!(reader.takes(b',').unwrap(), "what is too long is passed all the same");
    assert_eq!(Reader::new(&b"\"abcdef\""[..]).string(2).unwrap(), "abc");
    let long = format!("[{}]", "1".repeat(NUMBER_MAX + 1));
    assert!(matches!(skips(long.as_bytes()).unwrap_err().wrong, Wrong::Limit(_, NUMBER_MAX)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn it_takes_what_serde_json_takes(text in r#"[\[\]{}:,"0-9.eE+\-truefalsn\\uəd8c ]{0,14}"#) {
        let told = serde_json::from_str::<serde_json::Value>(&text).is_ok();
        let (at_once, slowly) = (skips(text.as_bytes()), skips(Slowly(text.as_bytes())));
        // numbers that no f64 holds are numbers all the same
        let is_large = text.contains(['e', 'E']);
        prop_assert!(at_once.is_ok() == told || is_large, "{} {:?}", text, at_once);
        prop_assert_eq!(at_once.map_err(|fault| fault.offset), slowly.map_err(|fault| fault.offset));
    }

    #[test]
    fn a_string_is_what_serde_json_makes_of_it(inside in r#"([a-zə€😀 ]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4}|\\ud83d\\ude00){0,6}"#) {
        let text = format!("\"{inside}\"");
        let ours = Reader::new(Slowly(text.as_bytes())).string(100).ok();
        prop_assert_eq!(ours, serde_json::from_str::<String>(&text).ok(), "{}", text);
    }

    #[test]
    fn any_octets_are_answered(octets in prop::collection::vec(any::<u8>(), 0..40)) {
        let (at_once, slowly) = (skips(&octets[..]), skips(Slowly(&octets)));
        prop_assert_eq!(at_once.is_ok(), slowly.is_ok());
    }
}
