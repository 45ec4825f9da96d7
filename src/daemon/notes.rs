//! What commands did beside the window, journalled by it: it alone writes the journal.

use super::window::{Halt, Window};

impl Window {
    /// Journals what commands left to be told; nothing is done where nothing was left.
    ///
    /// # Errors
    /// The journal or the ledger.
    pub(super) fn take_notes(&mut self) -> Result<(), Halt> {
        self.take_post_notes();
        let (now, state) = (self.host.clock.now(), self.settings().window.paths.state.clone());
        let Some(noted) = self.journal.append_notes(&self.host.disk, &state, now)? else { return Ok(()) };
        self.settle()?;
        noted.done(&self.host.disk);
        Ok(())
    }
}
