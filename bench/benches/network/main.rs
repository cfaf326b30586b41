//! Notices through the whole durable path beside a bare `rusmppc` loop on the same message centre
//! and window, and provisioning beside a bare loop on the control interface of the same osmo-hlr:
//! `cargo bench -p baohao-bench --bench network [-- NOTICES [NUMBERS [WINDOW]]]`, on SQLite.
//!
//! Needs `node` with npm `smpp` in `target/smsc` (as `.ci/run` puts it there) and the Debian
//! package `osmo-hlr`; what is missing is left out with a word.

mod notices;
mod provisioning;
#[path = "../../../crates/gateway/tests/osmo_hlr/register.rs"]
#[expect(dead_code, clippy::unwrap_used, clippy::indexing_slicing, reason = "made for tests")]
mod register;

fn main() {
    let [notices, numbers, window] = bench::arguments([20_000, 2_000, 100]);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("a runtime starts").block_on(async {
        notices::measure(notices, window).await;
        provisioning::measure(numbers).await;
    });
}

/// The program on a fresh database, with these ports.
fn app_of(
    test: &testkit::TestApp,
    hlr: Option<std::sync::Arc<dyn service::port::Hlr>>,
    sms: Option<std::sync::Arc<dyn service::port::Sms>>,
) -> std::sync::Arc<service::App> {
    std::sync::Arc::new(service::App {
        store: test.store.clone(),
        clock: std::sync::Arc::new(service::clock::SystemClock),
        hlr: hlr.unwrap_or_else(|| test.app.hlr.clone()),
        sms: sms.unwrap_or_else(|| test.app.sms.clone()),
        mail: test.app.mail.clone(),
        smdp: test.app.smdp.clone(),
        authority: test.app.authority.clone(),
        ocr: test.app.ocr.clone(),
        faces: test.app.faces.clone(),
        site: test.app.site.clone(),
        maintenance: service::maintenance::Watch::default(),
        limits: service::app::Limits::default(),
        memory: service::app::Memory::default(),
    })
}
