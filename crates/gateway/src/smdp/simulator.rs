//! The SM-DP+ of the simulated network.

use crate::network::{Ask, Network};
use service::port::{Later, Linked, ProfileOrder, Smdp, Told};
use std::sync::Arc;

/// A view of [`Network`] as an SM-DP+: it has every profile that it is asked for.
#[derive(Clone, Debug)]
pub struct Simulator(pub Arc<Network>);

/// Where phones would reach it; the name is reserved (RFC 2606).
const ADDRESS: &str = "smdp.simulated.example";

impl Smdp for Simulator {
    fn address(&self) -> Option<String> {
        Some(ADDRESS.to_owned())
    }

    fn order<'a>(&'a self, order: &'a ProfileOrder) -> Later<'a, Told<()>> {
        Box::pin(async move { self.0.ask(order, Ask::Order) })
    }

    fn confirm<'a>(&'a self, order: &'a ProfileOrder) -> Later<'a, Told<Linked>> {
        let linked = Linked { matching_id: order.matching_id.clone(), address: None };
        Box::pin(async move { Ok(self.0.ask(order, Ask::Confirm)?.map(|()| linked)) })
    }

    fn release<'a>(&'a self, order: &'a ProfileOrder) -> Later<'a, Told<()>> {
        Box::pin(async move { self.0.ask(order, Ask::Release) })
    }

    fn cancel<'a>(&'a self, order: &'a ProfileOrder, is_reusable: bool) -> Later<'a, Told<()>> {
        Box::pin(async move { self.0.ask(order, Ask::Cancel { is_reusable }) })
    }
}
