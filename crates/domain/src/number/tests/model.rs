//! Random events of any length against a naive model.
