//! Behaviour with the real tool.
