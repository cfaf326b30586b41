//! Connections to the servers of the feed, and the consumer that remembers where we are.

use super::settings::Server;
use crate::meter::Meter;
use crate::tls;
use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use async_nats::jetstream::context::{ConsumerInfoErrorKind, GetStreamErrorKind};
use async_nats::jetstream::stream::ConsumerErrorKind;
use async_nats::jetstream::{self, ErrorCode};
use async_nats::{Client, ConnectErrorKind, ConnectOptions, Event};
use service::port::PortError;
use std::sync::Arc;
use std::time::Duration;

/// The longest pause between two tries to connect.
const PAUSE_MILLIS_MAX: u64 = 10_000;

/// Batches that may wait for their acknowledgement, over all our processes.
const BATCHES_PENDING_MAX: usize = 10;

/// How long to wait before the try after `failed` failed ones: longer each time, never quite the
/// same, so that many do not come back at once.
pub(super) fn pause(failed: usize) -> Duration {
    let most = (100_u64 << failed.min(10)).min(PAUSE_MILLIS_MAX);
    Duration::from_millis(most / 2 + seal::entropy::below(most / 2 + 1))
}

fn options(server: &Server, meter: &Arc<Meter>) -> Result<ConnectOptions, PortError> {
    let meter = Arc::clone(meter);
    let mut options = ConnectOptions::new()
        .name("baohao")
        .connection_timeout(server.patience())
        .request_timeout(Some(server.patience()))
        .reconnect_delay_callback(pause)
        .event_callback(move |event| {
            match event {
                Event::Connected => meter.connected(),
                Event::Disconnected => tracing::warn!("the usage feed's server is away"),
                // What a server says may repeat what it was told: its kind is enough.
                Event::ServerError(_) => tracing::warn!("the usage feed's server complains"),
                Event::ClientError(error) => tracing::debug!(%error, "usage feed"),
                _ => {}
            }
            async {}
        });
    if server.is_encrypted() {
        let config = tls::config(server.ca_file.as_deref())
            .map_err(|error| PortError::Rejected(error.to_string()))?;
        options = options.require_tls(true).tls_client_config(config);
    }
    Ok(match (server.user.as_str(), server.password.as_str()) {
        ("", "") => options,
        ("", token) => options.token(token.to_owned()),
        (user, password) => options.user_and_password(user.to_owned(), password.to_owned()),
    })
}

/// A connection, at once; it heals by itself for as long as it is held.
pub(super) async fn connect(server: &Server, meter: &Arc<Meter>) -> Result<Client, PortError> {
    let addresses = server.addresses().map_err(|_| PortError::Rejected("nats.servers".into()))?;
    options(server, meter)?.max_reconnects(None).connect(addresses).await.map_err(|error| {
        match error.kind() {
            ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication => {
                PortError::Rejected("who we are, or our secret".into())
            }
            ConnectErrorKind::Tls => PortError::Rejected(format!("encryption: {error}")),
            _ => PortError::Unreachable(error.to_string()),
        }
    })
}

/// The durable consumer; made if `may_make` and it is not there.
pub(super) async fn consumer(
    client: &Client,
    server: &Server,
    may_make: bool,
) -> Result<Option<PullConsumer>, PortError> {
    let context = jetstream::new(client.clone());
    let stream = context.get_stream(&server.stream).await.map_err(|error| match error.kind() {
        GetStreamErrorKind::JetStream(refused)
            if refused.error_code() == ErrorCode::STREAM_NOT_FOUND =>
        {
            PortError::Rejected(format!("there is no stream `{}`", server.stream))
        }
        _ => PortError::Unreachable(format!("stream: {error}")),
    })?;
    let there = match stream.consumer_info(&server.durable).await {
        Ok(known) => Some(known.config),
        Err(error) if error.kind() == ConsumerInfoErrorKind::NotFound => None,
        Err(error) => return Err(PortError::Unreachable(format!("consumer: {error}"))),
    };
    if there.is_none() && !may_make {
        return Ok(None);
    }
    if let Some(there) = there {
        if there.ack_policy != AckPolicy::Explicit {
            // Others would acknowledge what we have not committed.
            let text = format!("consumer `{}` must have ack policy `explicit`", server.durable);
            return Err(PortError::Rejected(text));
        }
        if there.deliver_subject.is_some() {
            let text = format!("consumer `{}` pushes; it must be a pull consumer", server.durable);
            return Err(PortError::Rejected(text));
        }
    }
    let wanted = pull::Config {
        durable_name: Some(server.durable.clone()),
        filter_subject: server.subject.clone(),
        ack_policy: AckPolicy::Explicit,
        ack_wait: Duration::from_secs(server.ack_seconds),
        max_ack_pending: i64::try_from(server.batch_messages * BATCHES_PENDING_MAX)
            .unwrap_or(i64::MAX),
        ..pull::Config::default()
    };
    let made = stream.get_or_create_consumer(&server.durable, wanted).await;
    made.map(Some).map_err(|error| match error.kind() {
        ConsumerErrorKind::JetStream(refused) => {
            PortError::Rejected(format!("consumer: error {}", refused.error_code().0))
        }
        _ => PortError::Unreachable(format!("consumer: {error}")),
    })
}
