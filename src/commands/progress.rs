//! A progress bar while `once` and `demo` work: on a terminal only, on stderr, gone at the end.
//!
//! Into a pipe or a file nothing is written, so logs and answers stay clean.

use super::Screen;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Counts documents done of documents found; the bar goes away when this is dropped.
#[derive(Debug)]
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar for `total` documents, shown only when somebody watches.
    pub fn new(screen: &Screen, total: u64) -> Self {
        let target = match screen.is_live() {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        // The fallback never happens: the template is fixed and a test reads it.
        let style = ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar());
        Self(ProgressBar::with_draw_target(Some(total), target).with_style(style.progress_chars("█▌ ")))
    }

    /// Octets copied, of which nobody knows the end.
    pub fn octets(screen: &Screen) -> Self {
        let bar = Self::new(screen, 0);
        bar.0.set_style(ProgressStyle::with_template(OCTETS).unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar
    }

    /// So many more are copied.
    pub fn more(&self, count: u64) {
        self.0.inc(count);
    }

    /// More was found.
    pub fn found(&self, more: u64) {
        self.0.inc_length(more);
    }

    /// One more is answered.
    pub fn done(&self) {
        self.0.inc(1);
    }

    /// Writes a line above the bar without tearing it.
    pub fn aside(&self, write: impl FnOnce()) {
        self.0.suspend(write);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        // also when the work ended with an error
        self.0.finish_and_clear();
    }
}

const TEMPLATE: &str = "  {bar:32} {pos}/{len} documents  {elapsed}";
const OCTETS: &str = "  {spinner} {bytes}  {bytes_per_sec}  {elapsed}";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::Format;

    #[test]
    fn it_is_hidden_when_nobody_watches() {
        assert!([TEMPLATE, OCTETS].iter().all(|template| ProgressStyle::with_template(template).is_ok()));
        let screen = Screen::over(Format::Text, Box::new(Vec::new()), Box::new(Vec::new()));
        let progress = Progress::new(&screen, 2);
        progress.done();
        assert!(progress.0.is_hidden());
        assert_eq!(progress.0.position(), 1);
    }
}
