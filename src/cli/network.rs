//! `baohao network`: where the network is not quite as decided.

use crate::cli::{Failure, out, place::Place, status::time};
use crate::wiring;
use clap::Args;
use domain::access::Actor;
use domain::number::{Service, ServiceProfile};
use domain::time::Zone;
use serde_json::json;
use service::provision::{Odd, odd};
use std::process::ExitCode;

/// List the numbers that the network does not treat as decided: not told yet in spite of trying,
/// allowed something else because the network cannot bar as finely, or changed there by somebody
/// else and put right.
#[derive(Debug, Args)]
pub(crate) struct Network {
    #[command(flatten)]
    place: Place,
    /// Only this operator, by its code.
    #[arg(long, value_name = "CODE")]
    operator: Option<String>,
}

impl Network {
    pub(crate) fn run(self, is_json: bool) -> Result<ExitCode, Failure> {
        super::runtime()?.block_on(async {
            let app = wiring::open_app(&self.place.existing()?).await?;
            let operators = match &self.operator {
                Some(code) => vec![super::operator(&app, code).await?],
                None => service::operator::list(&app).await?,
            };
            let mut is_quiet = true;
            for operator in operators {
                for found in odd(&app, &Actor::System, operator.id).await? {
                    is_quiet = false;
                    if is_json {
                        out::line(as_json(&found));
                    } else {
                        out::line(in_words(&found, &operator.zone));
                    }
                }
            }
            if is_quiet && !is_json {
                out::line(out::language().network_none());
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

fn codes(profile: ServiceProfile) -> Vec<&'static str> {
    profile.services().map(Service::code).collect()
}

fn in_words(found: &Odd, zone: &Zone) -> String {
    let lang = out::language();
    let list = |profile: Option<ServiceProfile>| match profile.map(codes) {
        Some(codes) if !codes.is_empty() => codes.join(", "),
        _ => "–".to_owned(),
    };
    let mut parts = vec![found.msisdn.to_string()];
    if let Some((since, tries, said)) = &found.open {
        parts.push(lang.network_open(time(*since, zone), tries, said));
    }
    if found.applied.is_some() {
        parts.push(lang.network_applied(list(found.wanted), list(found.applied)));
    }
    if let Some((at, drift, count)) = &found.drift {
        let what = lang.by_id(&format!("network-drift-{}", drift.code()), &[]).unwrap_or_default();
        parts.push(lang.network_drift(time(*at, zone), what, count));
    }
    parts.join("; ")
}

fn as_json(found: &Odd) -> serde_json::Value {
    let open = found.open.as_ref();
    let drift = found.drift.as_ref();
    json!({
        "number": found.msisdn.to_string(),
        "wanted": found.wanted.map(codes),
        "applied": found.applied.map(codes),
        "open_since": open.map(|(since, ..)| since),
        "tries": open.map(|(_, tries, _)| tries),
        "said": open.map(|(.., said)| said),
        "changed_at": drift.map(|(at, ..)| at),
        "changed": drift.map(|(_, drift, _)| drift.code()),
        "changes": drift.map(|(.., count)| count),
    })
}
