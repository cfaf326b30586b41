//! What happens at a port, counted since the start, for `/metrics` and `baohao doctor`.
//!
//! Nothing here knows whom a call was about: only how many there were, how they ended and how long
//! they took.

use domain::authority::Answer;
use domain::number::Capabilities;
use domain::sim::SimKeys;
use service::port::{
    Authority, AuthorityQuestion, Heard, Hlr, HlrRecord, Later, Linked, Mail, NetworkProfile,
    OutgoingMail, OutgoingSms, PortError, ProfileOrder, Smdp, Sms, Told,
};
use std::fmt::Write as _;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// Upper ends of the latency buckets, in microseconds: from a local register to a slow mail server.
const BUCKETS_MICROS: [u64; 10] =
    [500, 1_000, 2_500, 5_000, 10_000, 50_000, 100_000, 500_000, 1_000_000, 5_000_000];

/// How a call can fail, as it is named in metrics.
const FAILURES: [&str; 4] = ["unreachable", "rejected", "not_sent", "throttled"];

/// What else happens at ports, besides calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A part of a text was taken by the message centre.
    Taken,
    /// One was refused.
    Refused,
    /// The centre asked to slow down.
    Throttled,
    /// A part was handed over without an answer.
    InDoubt,
    /// A connection was lost.
    Disconnect,
    /// A connection did not come up.
    NotConnected,
    /// A receipt that says: delivered.
    Delivered,
    /// A receipt that says: never will be.
    Undeliverable,
    /// A receipt that says: its time is over.
    Expired,
    /// A receipt that says: nobody knows.
    Unknown,
    /// A text from a phone was stored.
    Text,
    /// The centre must tell something again: we were too busy or the database was away.
    PutOff,
    /// A message of the usage feed was committed.
    UsageMessages,
    /// One came again that was committed before, and was left out.
    UsageRepeats,
    /// A row of usage was taken in.
    UsageRows,
    /// A row of usage, or a whole message, was rejected.
    UsageRejects,
    /// The SM-DP+ refused what it was asked.
    EsimRefusals,
    /// It told of a download.
    EsimProgress,
    /// It told what was known, or too late.
    EsimRepeats,
    /// It told of a profile that was not ordered here.
    EsimUnknown,
}

impl Event {
    /// Each with its port and its name in metrics, in the order of the variants.
    const NAMES: [(&str, &str); 20] = [
        ("sms", "taken"),
        ("sms", "refused"),
        ("sms", "throttled"),
        ("sms", "in_doubt"),
        ("sms", "disconnect"),
        ("sms", "not_connected"),
        ("sms", "receipt_delivered"),
        ("sms", "receipt_undeliverable"),
        ("sms", "receipt_expired"),
        ("sms", "receipt_unknown"),
        ("sms", "text"),
        ("sms", "put_off"),
        ("usage", "message"),
        ("usage", "repeat"),
        ("usage", "row"),
        ("usage", "reject"),
        ("smdp", "refused"),
        ("smdp", "progress"),
        ("smdp", "repeat"),
        ("smdp", "unknown"),
    ];
}

/// Counts what happens at one port.
#[derive(Debug, Default)]
pub struct Meter {
    events: [AtomicU64; Event::NAMES.len()],
    waiting: AtomicU64,
    calls: AtomicU64,
    failures: [AtomicU64; FAILURES.len()],
    garbage: AtomicU64,
    connects: AtomicU64,
    took: [AtomicU64; BUCKETS_MICROS.len()],
    took_micros: AtomicU64,
}

fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

impl Meter {
    /// Something came that makes no sense.
    pub fn garbage(&self) {
        add(&self.garbage);
    }

    /// A connection came up.
    pub fn connected(&self) {
        add(&self.connects);
    }

    /// Units that made no sense.
    pub fn garbage_count(&self) -> u64 {
        get(&self.garbage)
    }

    /// Connections that came up.
    pub fn connects_count(&self) -> u64 {
        get(&self.connects)
    }

    /// It happened so many times more.
    pub fn count(&self, event: Event, times: usize) {
        if let Some(counter) = self.events.get(event as usize) {
            counter.fetch_add(times as u64, Ordering::Relaxed);
        }
    }

    /// How often it happened.
    pub fn count_of(&self, event: Event) -> u64 {
        self.events.get(event as usize).map_or(0, get)
    }

    /// How much waits at the other side, as it says.
    pub fn waiting(&self, count: u64) {
        self.waiting.store(count, Ordering::Relaxed);
    }

    /// Something that is no call went well and took so long.
    pub fn took(&self, took: Duration) {
        self.note(took, None);
    }

    /// Something that is no call failed.
    pub fn failed(&self, error: &PortError) {
        self.note(Duration::ZERO, Some(error));
    }

    async fn watch<T>(
        &self,
        call: impl Future<Output = Result<T, PortError>>,
    ) -> Result<T, PortError> {
        let begun = Instant::now();
        let ended = call.await;
        self.note(begun.elapsed(), ended.as_ref().err());
        ended
    }

    fn note(&self, took: Duration, error: Option<&PortError>) {
        add(&self.calls);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.took_micros.fetch_add(micros, Ordering::Relaxed);
        let fits = BUCKETS_MICROS.iter().zip(&self.took).find(|(end, _)| micros <= **end);
        if let Some((_, bucket)) = fits {
            add(bucket);
        }
        let place = error.map(|error| match error {
            PortError::Unreachable(_) => 0,
            PortError::Rejected(_) => 1,
            PortError::NotSent(_) => 2,
            PortError::Throttled => 3,
        });
        if let Some(counter) = place.and_then(|place| self.failures.get(place)) {
            add(counter);
        }
    }

    /// The counters of `port` in Prometheus' text format 0.0.4, without the `# TYPE` lines of
    /// [`Meter::TYPES`].
    pub fn write(&self, port: &str, out: &mut String) {
        let mut line = |name: &str, more: &str, value: u64| {
            let _ = writeln!(out, "baohao_port_{name}{{port=\"{port}\"{more}}} {value}");
        };
        line("garbage_total", "", get(&self.garbage));
        line("connects_total", "", get(&self.connects));
        for ((of, kind), counter) in Event::NAMES.iter().zip(&self.events) {
            if *of == port {
                line("events_total", &format!(",kind=\"{kind}\""), get(counter));
            }
        }
        if port == "usage" {
            line("waiting", "", get(&self.waiting));
        }
        for (kind, counter) in FAILURES.iter().zip(&self.failures) {
            line("failures_total", &format!(",kind=\"{kind}\""), get(counter));
        }
        let mut sum = 0;
        for (end, bucket) in BUCKETS_MICROS.iter().zip(&self.took) {
            sum += get(bucket);
            let seconds = Duration::from_micros(*end).as_secs_f64();
            line("call_seconds_bucket", &format!(",le=\"{seconds}\""), sum);
        }
        let calls = get(&self.calls);
        line("call_seconds_bucket", ",le=\"+Inf\"", calls);
        line("call_seconds_count", "", calls);
        let seconds = Duration::from_micros(get(&self.took_micros)).as_secs_f64();
        let _ = writeln!(out, "baohao_port_call_seconds_sum{{port=\"{port}\"}} {seconds}");
    }

    /// What each metric is; comes once, before any [`Meter::write`].
    pub const TYPES: &str = "# TYPE baohao_port_call_seconds histogram\n\
        # TYPE baohao_port_failures_total counter\n\
        # TYPE baohao_port_garbage_total counter\n\
        # TYPE baohao_port_connects_total counter\n\
        # TYPE baohao_port_events_total counter\n\
        # TYPE baohao_port_waiting gauge\n";
}

/// A port whose calls are counted.
#[derive(Debug)]
pub struct Metered<P: ?Sized> {
    /// Counts them.
    pub meter: Arc<Meter>,
    /// Answers them.
    pub port: Arc<P>,
}

impl Hlr for Metered<dyn Hlr> {
    fn capabilities(&self) -> Capabilities {
        self.port.capabilities()
    }

    fn has_come_back(&self) -> bool {
        self.port.has_come_back()
    }

    fn create<'a>(
        &'a self,
        imsi: &'a str,
        keys: Option<&'a SimKeys>,
    ) -> Later<'a, Result<(), PortError>> {
        Box::pin(self.meter.watch(self.port.create(imsi, keys)))
    }

    fn make_whole<'a>(
        &'a self,
        record: &'a HlrRecord,
        keys: &'a SimKeys,
    ) -> Later<'a, Result<Option<HlrRecord>, PortError>> {
        Box::pin(self.meter.watch(self.port.make_whole(record, keys)))
    }

    fn set_number<'a>(
        &'a self,
        imsi: &'a str,
        msisdn: Option<&'a str>,
    ) -> Later<'a, Result<(), PortError>> {
        Box::pin(self.meter.watch(self.port.set_number(imsi, msisdn)))
    }

    fn set_profile<'a>(
        &'a self,
        imsi: &'a str,
        profile: NetworkProfile,
    ) -> Later<'a, Result<(), PortError>> {
        Box::pin(self.meter.watch(self.port.set_profile(imsi, profile)))
    }

    fn read<'a>(&'a self, imsi: &'a str) -> Later<'a, Result<Option<HlrRecord>, PortError>> {
        Box::pin(self.meter.watch(self.port.read(imsi)))
    }

    fn remove<'a>(&'a self, imsi: &'a str) -> Later<'a, Result<(), PortError>> {
        Box::pin(self.meter.watch(self.port.remove(imsi)))
    }
}

impl Sms for Metered<dyn Sms> {
    fn submit<'a>(&'a self, sms: &'a OutgoingSms) -> Later<'a, Result<Vec<String>, PortError>> {
        Box::pin(self.meter.watch(self.port.submit(sms)))
    }

    fn recognises_repeats(&self) -> bool {
        self.port.recognises_repeats()
    }

    fn spellings(&self, message_id: &str) -> Vec<String> {
        self.port.spellings(message_id)
    }
}

impl Mail for Metered<dyn Mail> {
    fn submit<'a>(&'a self, mail: &'a OutgoingMail) -> Later<'a, Result<String, PortError>> {
        Box::pin(self.meter.watch(self.port.submit(mail)))
    }

    fn recognises_repeats(&self) -> bool {
        self.port.recognises_repeats()
    }
}

impl Authority for Metered<dyn Authority> {
    fn is_connected(&self) -> bool {
        self.port.is_connected()
    }

    fn ask<'a>(&'a self, question: &'a AuthorityQuestion) -> Later<'a, Result<Answer, PortError>> {
        Box::pin(self.meter.watch(self.port.ask(question)))
    }
}

impl Metered<dyn Smdp> {
    async fn told<T>(&self, call: Later<'_, Told<T>>) -> Told<T> {
        let told = self.meter.watch(call).await;
        if let Ok(Err(_)) = told {
            self.meter.count(Event::EsimRefusals, 1);
        }
        told
    }
}

impl Smdp for Metered<dyn Smdp> {
    fn is_connected(&self) -> bool {
        self.port.is_connected()
    }

    fn address(&self) -> Option<String> {
        self.port.address()
    }

    fn order<'a>(&'a self, order: &'a ProfileOrder) -> Later<'a, Told<()>> {
        Box::pin(self.told(self.port.order(order)))
    }

    fn confirm<'a>(&'a self, order: &'a ProfileOrder) -> Later<'a, Told<Linked>> {
        Box::pin(self.told(self.port.confirm(order)))
    }

    fn release<'a>(&'a self, order: &'a ProfileOrder) -> Later<'a, Told<()>> {
        Box::pin(self.told(self.port.release(order)))
    }

    fn cancel<'a>(&'a self, order: &'a ProfileOrder, is_reusable: bool) -> Later<'a, Told<()>> {
        Box::pin(self.told(self.port.cancel(order, is_reusable)))
    }

    fn heard(&self, heard: Heard) {
        match heard {
            Heard::Progress => self.meter.count(Event::EsimProgress, 1),
            Heard::Repeat => self.meter.count(Event::EsimRepeats, 1),
            Heard::Unknown => self.meter.count(Event::EsimUnknown, 1),
            Heard::Garbage => self.meter.garbage(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_add_up_and_every_kind_of_failure_is_told_apart() {
        let meter = Meter::default();
        let millis = Duration::from_millis;
        meter.note(millis(0), None);
        meter.note(millis(3), Some(&PortError::Throttled));
        meter.note(millis(60_000), Some(&PortError::Unreachable("x".into())));
        meter.garbage();
        meter.count(Event::UsageRejects, 3);
        let mut text = Meter::TYPES.to_owned();
        meter.write("hlr", &mut text);
        meter.write("usage", &mut text);
        for line in [
            "baohao_port_call_seconds_bucket{port=\"hlr\",le=\"0.0005\"} 1",
            "baohao_port_call_seconds_bucket{port=\"hlr\",le=\"0.005\"} 2",
            "baohao_port_call_seconds_bucket{port=\"hlr\",le=\"5\"} 2",
            "baohao_port_call_seconds_bucket{port=\"hlr\",le=\"+Inf\"} 3",
            "baohao_port_call_seconds_count{port=\"hlr\"} 3",
            "baohao_port_call_seconds_sum{port=\"hlr\"} 60.003",
            "baohao_port_failures_total{port=\"hlr\",kind=\"throttled\"} 1",
            "baohao_port_failures_total{port=\"hlr\",kind=\"unreachable\"} 1",
            "baohao_port_failures_total{port=\"hlr\",kind=\"rejected\"} 0",
            "baohao_port_garbage_total{port=\"hlr\"} 1",
            "baohao_port_events_total{port=\"usage\",kind=\"reject\"} 3",
            "baohao_port_events_total{port=\"usage\",kind=\"row\"} 0",
        ] {
            assert!(text.lines().any(|found| found == line), "no {line} in\n{text}");
        }
        assert!(!text.contains("events_total{port=\"hlr\""), "{text}");
    }
}
