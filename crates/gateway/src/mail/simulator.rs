//! Mail boxes in memory.

use crate::network::Network;
use service::port::{Later, Mail, OutgoingMail, PortError};
use std::sync::Arc;

/// A view of [`Network`] as a mail server.
#[derive(Clone, Debug)]
pub struct Simulator(pub Arc<Network>);

impl Mail for Simulator {
    fn submit<'a>(&'a self, mail: &'a OutgoingMail) -> Later<'a, Result<String, PortError>> {
        Box::pin(async move { self.0.submit_mail(mail) })
    }

    fn recognises_repeats(&self) -> bool {
        true
    }
}
