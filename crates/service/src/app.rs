//! What every use case is given: the store, the clock, the ports.

use crate::clock::Clock;
use crate::port::{Hlr, Mail, Sms};
use domain::time::At;
use std::sync::Arc;
use store::Store;

/// The running program, as the use cases see it.
#[derive(Debug)]
pub struct App {
    /// Database, keys and blobs.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The home location register.
    pub hlr: Arc<dyn Hlr>,
    /// Text messages out.
    pub sms: Arc<dyn Sms>,
    /// E-mail out.
    pub mail: Arc<dyn Mail>,
}

impl App {
    /// The present instant.
    pub fn now(&self) -> At {
        self.clock.now()
    }
}
