//! The numbers as text: OpenMetrics 1.0 as the library writes it, or the older format of Prometheus (0.0.4).
//!
//! Both are of one writing. In the older one a counter's name ends in `_total` in its heading, too, and what begins
//! with `# UNIT` or `# EOF` does not exist.

use super::Metrics;
use std::fmt::Write;

/// The type of what [`openmetrics`] writes.
pub(super) const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// The type of what [`classic`] writes.
pub(super) const CLASSIC: &str = "text/plain; version=0.0.4; charset=utf-8";

impl Metrics {
    /// All numbers, for who understands OpenMetrics or not; none when they cannot be written.
    pub(super) fn text(&self, is_open: bool) -> Option<String> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry).ok()?;
        Some(if is_open { text } else { classic(&text) })
    }
}

fn classic(text: &str) -> String {
    let mut classic = String::with_capacity(text.len());
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line == "# EOF" || line.starts_with("# UNIT ") {
            continue;
        }
        // a heading is HELP and then TYPE, which alone says what it is
        let is_counter = |line: &str| line.starts_with("# TYPE ") && line.ends_with(" counter");
        let counts =
            is_counter(line) || line.starts_with("# HELP ") && lines.peek().is_some_and(|next| is_counter(next));
        let mut words = line.splitn(4, ' ');
        let _ = match (counts, words.next(), words.next(), words.next(), words.next()) {
            (true, Some(sign), Some(what), Some(name), Some(rest)) => {
                writeln!(classic, "{sign} {what} {name}_total {rest}")
            }
            _ => writeln!(classic, "{line}"),
        };
    }
    classic
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_older_format_names_counters_whole_and_ends_without_a_mark() {
        let metrics = Metrics::new();
        metrics.turns.inc();
        let (open, classic) = (metrics.text(true).unwrap(), metrics.text(false).unwrap());
        assert!(open.contains("# TYPE pencere_loop_turns counter\npencere_loop_turns_total 1\n"), "{open}");
        assert!(open.ends_with("# EOF\n"));
        let heading = "# HELP pencere_loop_turns_total Turns of the window's loop.\n\
                       # TYPE pencere_loop_turns_total counter\npencere_loop_turns_total 1\n";
        assert!(classic.contains(heading) && !classic.contains("# EOF"), "{classic}");
        let numbers =
            |text: &str| text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(numbers(&open), numbers(&classic));
    }
}
