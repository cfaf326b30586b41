//! Usage events from NATS JetStream.
//!
//! A durable pull consumer holds our place in the operator's stream. A batch of messages becomes
//! one commit by the path of files; only then are they acknowledged. Dying anywhere in between, or
//! a server that dies, means that messages come again, and coming again changes nothing: a number
//! keeps the newest use of each kind. Nothing that comes can block what comes after it: what makes
//! no sense is recorded, counted and told off for good.

mod connect;
mod feed;
mod pieces;
mod rejects;
mod settings;

pub use settings::{Server, SettingsError};

use crate::meter::Meter;
use feed::Feed;
use service::App;
use service::port::PortError;
use std::future::Future;
use std::sync::Arc;
use words::Lang;

/// The feed of one stream.
#[derive(Debug)]
pub struct Nats {
    server: Server,
    meter: Arc<Meter>,
    lang: Lang,
}

impl Nats {
    /// With reasons for rejected rows in `lang`. Nothing is connected yet.
    pub fn new(server: Server, meter: Arc<Meter>, lang: Lang) -> Result<Self, SettingsError> {
        Ok(Self { server: server.checked()?, meter, lang })
    }

    /// Takes in what comes until `shutdown` is ready. What was not acknowledged then comes again,
    /// to us or another process.
    pub async fn run(self, app: Arc<App>, shutdown: impl Future<Output = ()>) {
        let mut feed = Feed::new(self.server, self.meter, self.lang, app);
        tokio::select! {
            () = feed.run_forever() => {}
            () = shutdown => {}
        }
    }

    /// A harmless look: can the servers be reached, do they let us in, is there the stream, is our
    /// consumer as it must be. Makes nothing.
    pub async fn check(&self) -> Result<(), PortError> {
        let client = connect::connect(&self.server, &self.meter).await?;
        connect::consumer(&client, &self.server, false).await.map(drop)
    }
}
