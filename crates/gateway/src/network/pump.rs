//! Carries what the simulated world says into the program.

use super::{Event, Network, ReceiptStatus};
use service::notice::{Status, receipt};
use service::{App, Error};

/// Tells the program every event that is due; how many. An event that cannot be stored stays and is
/// told again.
pub async fn pump(network: &Network, app: &App) -> Result<usize, Error> {
    let events = network.events();
    let count = events.len();
    for (id, event) in events {
        match event {
            Event::Receipt { message_id, status, at } => {
                let status = match status {
                    ReceiptStatus::Delivered => Status::Delivered,
                    ReceiptStatus::Undeliverable => Status::Undeliverable,
                    ReceiptStatus::Expired => Status::Expired,
                };
                receipt(app, &message_id, status, at).await?;
            }
            Event::Incoming { .. } | Event::Usage { .. } => {}
        }
        network.done(id);
    }
    Ok(count)
}
