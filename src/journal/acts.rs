//! Names of acts that readers of the journal know: what is archived, and what was told of it.
//!
//! Owns nothing else. Their facts are of who writes them.

/// The act by which a submission, or a unit, is archived.
pub const ARCHIVED: &str = "archived";
/// The act by which the notice of a unit was sent.
pub const NOTICE_SENT: &str = "notice-sent";
