//! How far the models that read documents have come: told by whoever brings them, shown on the
//! first page of the demo.

use std::sync::{Mutex, PoisonError};

/// Where they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Models {
    /// Nothing was brought and nothing will be: a person reads.
    #[default]
    Absent,
    /// On their way: megabytes that came, and all.
    Arriving {
        /// So many came.
        done_mb: u64,
        /// Of so many.
        size_mb: u64,
    },
    /// They read.
    Ready,
    /// They could not be brought; what whoever brought them said.
    Failed(String),
}

/// The newest word of them.
#[derive(Debug, Default)]
pub struct ModelNews(Mutex<Models>);

impl ModelNews {
    /// Says where they are now.
    pub fn tell(&self, models: Models) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = models;
    }

    /// Where they were last.
    pub fn now(&self) -> Models {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
