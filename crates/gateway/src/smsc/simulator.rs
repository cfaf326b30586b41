//! The message centre of the simulated network.

use crate::network::Network;
use service::port::{Later, OutgoingSms, PortError, Sms};
use std::sync::Arc;

/// A view of [`Network`] as a message centre.
#[derive(Clone, Debug)]
pub struct Simulator(pub Arc<Network>);

impl Sms for Simulator {
    fn submit<'a>(&'a self, sms: &'a OutgoingSms) -> Later<'a, Result<Vec<String>, PortError>> {
        Box::pin(async move { self.0.submit(sms).map(|id| vec![id]) })
    }

    fn recognises_repeats(&self) -> bool {
        true
    }
}
