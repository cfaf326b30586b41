//! The network page: faults to inject.

use super::{Here, back_to};
use askama::Template;
use axum::extract::Form;
use axum::response::Response;
use gateway::network::{Fault, FaultKind, Port};
use serde::Deserialize;
use web::component::{Button, Component as _, Empty, Html, Pick, SelectField, TextField};
use web::shell::Shell;
use words::Lang;

/// How late "late" is on this page.
const LATE_MILLIS: i64 = 10_000;

const PORTS: [Port; 6] =
    [Port::Hlr, Port::Sms, Port::Receipt, Port::Mail, Port::Smdp, Port::Authority];
const KINDS: [(&str, FaultKind); 6] = [
    ("late", FaultKind::Late { millis: LATE_MILLIS }),
    ("twice", FaultKind::Twice),
    ("never", FaultKind::Never),
    ("wrong_order", FaultKind::WrongOrder),
    ("reject", FaultKind::Reject),
    ("throttle", FaultKind::Throttle),
];

#[derive(Template)]
#[template(path = "network.html")]
struct Page {
    t: Lang,
    records: usize,
    faults: Vec<String>,
    empty: Html,
    fields: Html,
    add: Html,
    clear: Html,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Inject {
    port: String,
    kind: String,
    times: String,
    #[serde(default)]
    only: String,
}

/// `GET /demo/network`.
pub(crate) async fn page(shell: Shell, Here(world): Here) -> Response {
    let t = shell.lang;
    let ports = PORTS.map(|port| Pick::new(port_key(port), port_name(t, port)));
    let kinds = KINDS.map(|(key, kind)| Pick::new(key, kind_name(t, kind)));
    let page = Page {
        t,
        records: world.network().records().len(),
        faults: world.network().faults().iter().map(|(_, fault)| line(t, fault)).collect(),
        empty: Empty::new(t.demo_network_no_faults()).html(),
        fields: Html::join([
            SelectField::new("port", t.demo_network_port(), ports.to_vec()).html(),
            SelectField::new("kind", t.demo_network_kind(), kinds.to_vec()).html(),
            TextField::new("times", t.demo_network_times()).value(1).digits().html(),
            TextField::new("only", t.demo_handset_which()).digits().html(),
        ]),
        add: Button::new(t, t.demo_network_add()).html(),
        clear: Button::new(t, t.demo_network_clear()).quiet().html(),
    };
    shell.page(t.demo_network()).body(&page)
}

/// `POST /demo/network`.
pub(crate) async fn inject(Here(world): Here, Form(form): Form<Inject>) -> Response {
    let port = PORTS.into_iter().find(|port| port_key(*port) == form.port);
    let kind = KINDS.into_iter().find(|(key, _)| *key == form.kind);
    if let (Some(port), Some((_, fault))) = (port, kind) {
        let times = form.times.trim().parse().unwrap_or(1).clamp(1, 1_000);
        let found = world.phone(&form.only);
        let only = found.and_then(|found| match (port, found.record, found.number) {
            (Port::Hlr, Some(record), _) => Some(record.imsi),
            (_, _, number) => number,
        });
        world.network().inject(Fault { port, fault, times, only });
    }
    back_to("/demo/network")
}

/// `POST /demo/network/clear`.
pub(crate) async fn clear(Here(world): Here) -> Response {
    world.network().clear_faults();
    world.network().set_chaos(None);
    back_to("/demo/network")
}

fn line(t: Lang, fault: &Fault) -> String {
    let only = fault.only.as_deref().unwrap_or("–");
    let (port, kind) = (port_name(t, fault.port), kind_name(t, fault.fault));
    format!("{port} · {kind} · {} × · {only}", fault.times)
}

const fn port_key(port: Port) -> &'static str {
    match port {
        Port::Hlr => "hlr",
        Port::Sms => "sms",
        Port::Receipt => "receipt",
        Port::Mail => "mail",
        Port::Smdp => "smdp",
        Port::Authority => "authority",
    }
}

fn port_name(t: Lang, port: Port) -> &'static str {
    match port {
        Port::Hlr => t.demo_network_port_hlr(),
        Port::Sms => t.demo_network_port_sms(),
        Port::Receipt => t.demo_network_port_receipt(),
        Port::Mail => t.demo_network_port_mail(),
        Port::Smdp => t.demo_network_port_smdp(),
        Port::Authority => t.demo_network_port_authority(),
    }
}

fn kind_name(t: Lang, kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Late { .. } => t.demo_network_kind_late(),
        FaultKind::Twice => t.demo_network_kind_twice(),
        FaultKind::Never => t.demo_network_kind_never(),
        FaultKind::WrongOrder => t.demo_network_kind_wrong_order(),
        FaultKind::Reject => t.demo_network_kind_reject(),
        FaultKind::Throttle => t.demo_network_kind_throttle(),
    }
}
