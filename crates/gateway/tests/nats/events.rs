//! Usage events: as rows of a file and as messages.

use async_nats::HeaderMap;
use async_nats::jetstream::Context;
use domain::number::UsageKind;
use futures::StreamExt as _;
use futures::stream;
use std::fmt::Write as _;
use std::time::Duration;

pub(crate) const NOON: i64 = 1_773_194_400;

/// Publications on their way at once.
const WINDOW: usize = 500;

/// Event `n` of many. Each is the only one of its number and kind, so that whatever is lost shows.
pub(crate) fn row(n: usize) -> (String, &'static str, i64) {
    let kinds = UsageKind::ALL.len();
    // Coprime with any count in use: the numbers come in no order.
    let number = 13_800_130_000_u64 + (n / kinds) as u64;
    let kind = UsageKind::ALL[n % kinds].code();
    let second = NOON - i64::try_from(n * 7919 % 1_000_000).unwrap();
    (number.to_string(), kind, second)
}

/// The order in which `count` events come: none that helps.
pub(crate) fn shuffled(count: usize) -> Vec<usize> {
    let step = [7919, 7907, 7901].into_iter().find(|step| !count.is_multiple_of(*step)).unwrap();
    (0..count).map(|n| n * step % count).collect()
}

pub(crate) fn json(n: usize) -> String {
    let (number, kind, second) = row(n);
    format!("{{\"msisdn\":\"{number}\",\"kind\":\"{kind}\",\"instant\":{second}}}")
}

pub(crate) fn file(count: usize) -> String {
    let mut text = "msisdn,kind,instant\n".to_owned();
    for n in 0..count {
        let (number, kind, second) = row(n);
        let _ = writeln!(text, "{number},{kind},{second}");
    }
    text
}

/// Puts messages into the stream, each until the server says that it has it, and once: the server
/// knows a repeat by its id.
pub(crate) async fn publish(context: &Context, messages: Vec<(String, String)>) {
    let put = |(id, payload): (String, String)| async move {
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Msg-Id", id.as_str());
        loop {
            let sent =
                context.publish_with_headers("usage.a", headers.clone(), payload.clone().into());
            if let Ok(taken) = sent.await
                && taken.await.is_ok()
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    stream::iter(messages.into_iter().map(put)).buffer_unordered(WINDOW).count().await;
}
