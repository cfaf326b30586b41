//! `baohao status`: what there is to say about a number.

use crate::cli::{Failure, out, place::Place};
use crate::wiring;
use clap::Args;
use domain::access::Actor;
use domain::msisdn::Msisdn;
use domain::number::ServiceProfile;
use domain::time::{At, Zone};
use serde_json::{Value, json};
use service::number::{NumberStatus, Switching};
use std::process::ExitCode;
use words::Lang;

/// Say where a number stands: state, holds and what lifts them, what the network allows, until
/// when it is kept.
#[derive(Debug, Args)]
pub(crate) struct Status {
    #[command(flatten)]
    place: Place,
    /// The number, in any usual way of writing it.
    #[arg(value_name = "NUMBER")]
    number: String,
}

impl Status {
    pub(crate) fn run(self, is_json: bool) -> Result<ExitCode, Failure> {
        super::runtime()?.block_on(async {
            let msisdn = Msisdn::parse(&self.number)
                .map_err(|refusal| super::in_words(service::Error::refused(&refusal)))?;
            let app = wiring::open_app(&self.place.existing()?).await?;
            let status = match service::number::status(&app, &Actor::System, msisdn).await {
                Err(service::Error::NotFound) => {
                    return Err(format!("{msisdn} is none of our numbers").into());
                }
                other => other?,
            };
            let zone = service::operator::load(&app, status.operator_id).await?.zone;
            if is_json {
                out::line(as_json(&status));
            } else {
                print(&status, out::language(), &zone);
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

fn print(status: &NumberStatus, lang: Lang, zone: &Zone) {
    let word = |id: &str| lang.by_id(id, &[]).unwrap_or_else(|| id.to_owned());
    let line = |name: &str, text: &str| out::line(format_args!("{name:<12} {text}"));
    line("number", &status.msisdn.to_string());
    line("status", &word(&status.word.message_id()));
    line("state", &format!("{} since {}", status.lifecycle.code(), time(status.since, zone)));
    if let Some(until) = status.until {
        line("until", &time(until, zone));
    }
    if let Some(iccid) = &status.iccid {
        line("sim", iccid);
    }
    line("allowed", &services(status.allows));
    let network = match status.switching {
        Switching::Nothing => "nothing to tell".to_owned(),
        Switching::Since(at) => format!("told, not confirmed, since {}", time(at, zone)),
        Switching::Confirmed(at) => format!("confirmed {}", time(at, zone)),
    };
    line("network", &network);
    if let Some(applied) = status.differs() {
        line("applied", &format!("{} (the network cannot do exactly that)", services(applied)));
    }
    if let Some(at) = status.drift_at {
        line("", &format!("changed by somebody else {}, put right", time(at, zone)));
    }
    for hold in &status.holds {
        let id = hold.kind.code().replace('_', "-");
        line("hold", &word(&format!("hold-{id}-name")));
        line("", &format!("since {}", time(hold.since, zone)));
        if let Some(until) = hold.until {
            line("", &format!("until {}", time(until, zone)));
        }
        line("", &word(&format!("hold-{id}-reason")));
        line("", &word(&format!("hold-{id}-remedy")));
    }
    if let Some(keep) = status.keep.as_ref().filter(|keep| keep.is_running) {
        line("keep until", &format!("{} ({} days left)", keep.deadline_on, keep.days_left));
        for (act, on) in &keep.next {
            line("then", &format!("{on} {}", word(&act.message_id())));
        }
    }
}

fn services(profile: ServiceProfile) -> String {
    let codes: Vec<&str> = profile.services().map(domain::number::Service::code).collect();
    if codes.is_empty() { "nothing".to_owned() } else { codes.join(", ") }
}

/// An instant on the operator's clock.
pub(super) fn time(at: At, zone: &Zone) -> String {
    at.civil_in(zone).strftime("%Y-%m-%d %H:%M").to_string()
}

fn as_json(status: &NumberStatus) -> Value {
    let holds = status.holds.iter().map(|hold| {
        json!({
            "kind": hold.kind, "reference": hold.reference, "since": hold.since,
            "until": hold.until, "set_by": hold.set_by, "lifted_by": hold.lifter,
            "proofs": hold.proofs, "appeal": hold.appeal,
        })
    });
    let keep = status.keep.as_ref().filter(|keep| keep.is_running).map(|keep| {
        json!({
            "deadline_on": keep.deadline_on, "days_left": keep.days_left,
            "counts": keep.counts, "last_use": keep.last_use, "held_until_on": keep.held_until_on,
        })
    });
    let (network, network_since) = match status.switching {
        Switching::Nothing => ("nothing", None),
        Switching::Since(at) => ("telling", Some(at)),
        Switching::Confirmed(at) => ("confirmed", Some(at)),
    };
    let codes = |profile: ServiceProfile| {
        profile.services().map(domain::number::Service::code).collect::<Vec<_>>()
    };
    let (allows, applied) = (codes(status.allows), status.applied.map(codes));
    json!({
        "number": status.msisdn.to_string(), "status": status.word,
        "state": status.lifecycle, "since": status.since, "until": status.until,
        "iccid": status.iccid, "allows": allows, "network": network,
        "network_since": network_since, "applied": applied, "changed_at": status.drift_at,
        "holds": holds.collect::<Vec<_>>(), "keep": keep,
    })
}
