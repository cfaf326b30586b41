//! `baohao doctor`: whether everything that is configured works, and what to do about what does
//! not.

use crate::cli::{Failure, out, place::Place};
use crate::config::{
    AuthorityAdapter, Config, HlrAdapter, MailAdapter, SmdpAdapter, SmsAdapter, UsageAdapter,
};
use crate::wiring;
use clap::Args;
use gateway::hlr::osmo;
use gateway::{mail, smdp, smsc};
use reader::models::{Model, wheels};
use reader::{ModelFolder, Runtime, State};
use serde_json::json;
use service::clock::{Clock, SystemClock};
use service::port::PortError;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A port that says nothing for so long does not work.
const PORT_TIME: Duration = Duration::from_secs(15);
/// Signed requests are refused when clocks differ by minutes; half a minute is worth a word.
const CLOCK_SECONDS_MAX: i64 = 30;

/// Check every configured port: can it be reached, does it let us in, does it answer a harmless
/// question, is its clock right. Nothing is sent and nothing is provisioned.
///
/// Ends with 0 if all work and 1 if one does not.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    place: Place,
}

/// How it went at one port.
struct Finding {
    /// Which, as in message ids.
    port: &'static str,
    what: What,
    took: Duration,
}

enum What {
    /// Nothing is configured.
    Off,
    /// A simulator stands there.
    Simulated,
    /// It works; by how many seconds its clock is ahead, where it says so.
    Works(Option<i64>),
    /// It does not: of which kind, for the words of the fix, and what was said.
    Fails(&'static str, String),
}

impl Doctor {
    pub(crate) fn run(self, is_json: bool) -> Result<ExitCode, Failure> {
        super::runtime()?.block_on(async {
            let config = self.place.config()?;
            let findings = [
                timed("database", database(&self.place)).await,
                timed("hlr", register(&config)).await,
                timed("sms", centre(&config)).await,
                timed("mail", server(&config)).await,
                timed("usage", feed(&config)).await,
                timed("smdp", profiles(&config)).await,
                timed("authority", authority(&config)).await,
                timed("models", async { models(&config) }).await,
            ];
            for finding in &findings {
                if is_json {
                    out::line(finding.as_json());
                } else {
                    finding.print();
                }
            }
            let is_well = findings.iter().all(Finding::is_well);
            Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        })
    }
}

async fn timed(port: &'static str, check: impl Future<Output = What>) -> Finding {
    let begun = Instant::now();
    let late = |_| What::Fails("unreachable", "no answer in time".to_owned());
    let what = tokio::time::timeout(PORT_TIME, check).await.unwrap_or_else(late);
    Finding { port, what, took: begun.elapsed() }
}

async fn database(place: &Place) -> What {
    let config = match place.existing() {
        Ok(config) => config,
        Err(error) => return What::Fails("missing", error.to_string()),
    };
    let asked = async {
        let app = wiring::open_app(&config).await?;
        Ok::<_, Failure>(service::operator::list(&app).await?)
    };
    match asked.await {
        Ok(_) => What::Works(None),
        Err(error) => What::Fails("unreachable", out::causes(error.as_ref())),
    }
}

/// The files that read documents: none is no fault, a part of them or another one is; so is a
/// runtime that cannot be used.
fn models(config: &Config) -> What {
    if let Err(error) = Runtime::open(config.store.onnxruntime.as_deref()) {
        return What::Fails("settings", error.to_string());
    }
    let folder = ModelFolder::new(&config.store.models);
    let mut missing = 0;
    let all: Vec<Model> = wheels().into_iter().flat_map(|wheel| wheel.models).collect();
    for model in &all {
        match folder.state(model) {
            State::Ready => {}
            State::Missing => missing += 1,
            State::Wrong | State::Unreadable => {
                return What::Fails("wrong", folder.path(&model.id).display().to_string());
            }
        }
    }
    match missing {
        0 => What::Works(None),
        some if some == all.len() => What::Off,
        _ => What::Fails("missing", config.store.models.display().to_string()),
    }
}

async fn register(config: &Config) -> What {
    match config.network.hlr {
        HlrAdapter::None => What::Off,
        HlrAdapter::Simulator => What::Simulated,
        HlrAdapter::OsmoHlr => of_port(osmo::check(&config.hlr).await.map(|()| None)),
        HlrAdapter::Http => {
            let clock: Arc<dyn Clock> = Arc::new(SystemClock);
            match wiring::provisioning(config, &clock, &Arc::default()) {
                Ok(http) => of_port(http.health().await.map(Some)),
                Err(error) => What::Fails("settings", error.to_string()),
            }
        }
        HlrAdapter::Pyhss => match wiring::pyhss(config, &Arc::default()) {
            Ok(pyhss) => of_port(pyhss.check().await.map(|()| None)),
            Err(error) => What::Fails("settings", error.to_string()),
        },
    }
}

async fn centre(config: &Config) -> What {
    match config.network.sms {
        SmsAdapter::None => return What::Off,
        SmsAdapter::Simulator => return What::Simulated,
        SmsAdapter::Smpp => {}
    }
    match wiring::centres(&config.smsc) {
        Err(error) => What::Fails("settings", error.to_string()),
        Ok(centres) => {
            for centre in centres {
                if let Err(error) = smsc::smpp::check(&centre).await {
                    return of_port(Err(error));
                }
            }
            What::Works(None)
        }
    }
}

async fn server(config: &Config) -> What {
    match config.network.mail {
        MailAdapter::None => return What::Off,
        MailAdapter::Simulator => return What::Simulated,
        MailAdapter::Smtp => {}
    }
    let server = wiring::mail_server(&config.mail).map_err(|error| error.to_string());
    match server.and_then(|server| {
        mail::Smtp::new(server, Arc::default()).map_err(|error| error.to_string())
    }) {
        Err(error) => What::Fails("settings", error),
        Ok(smtp) => of_port(smtp.check().await.map(|()| None)),
    }
}

async fn feed(config: &Config) -> What {
    match config.network.usage {
        UsageAdapter::None => return What::Off,
        UsageAdapter::Nats => {}
    }
    match wiring::usage_feed(config, Arc::default()) {
        Err(error) => What::Fails("settings", error.to_string()),
        Ok(feed) => of_port(Box::pin(feed.check()).await.map(|()| None)),
    }
}

async fn profiles(config: &Config) -> What {
    match config.network.smdp {
        SmdpAdapter::None => return What::Off,
        SmdpAdapter::Simulator => return What::Simulated,
        SmdpAdapter::Es2plus => {}
    }
    match smdp::Es2plus::new(config.smdp.clone(), Arc::default()) {
        Err(error) => What::Fails("settings", error.to_string()),
        Ok(smdp) => of_port(smdp.check().await.map(|()| None)),
    }
}

async fn authority(config: &Config) -> What {
    match config.network.authority {
        AuthorityAdapter::None => return What::Off,
        AuthorityAdapter::Simulator => return What::Simulated,
        AuthorityAdapter::Http => {}
    }
    match wiring::identity_authority(config, &Arc::default()) {
        Err(error) => What::Fails("settings", error.to_string()),
        Ok(authority) => of_port(authority.check().await.map(|()| None)),
    }
}

fn of_port(checked: Result<Option<i64>, PortError>) -> What {
    match checked {
        Ok(Some(ahead)) if ahead.abs() > CLOCK_SECONDS_MAX => {
            What::Fails("clock", format!("{ahead} s"))
        }
        Ok(ahead) => What::Works(ahead),
        Err(error @ PortError::Rejected(_)) => What::Fails("refused", error.to_string()),
        Err(error) => What::Fails("unreachable", error.to_string()),
    }
}

impl Finding {
    fn is_well(&self) -> bool {
        !matches!(self.what, What::Fails(..))
    }

    /// What to do about it, in the words of the environment's language.
    fn fix(&self) -> Option<String> {
        let What::Fails(kind, _) = &self.what else { return None };
        let (lang, port) = (out::language(), self.port);
        lang.by_id(&format!("doctor-fix-{port}-{kind}"), &[])
            .or_else(|| lang.by_id(&format!("doctor-fix-{kind}"), &[]))
    }

    fn state(&self) -> &'static str {
        match self.what {
            What::Off => "off",
            What::Simulated => "simulated",
            What::Works(_) => "works",
            What::Fails(..) => "fails",
        }
    }

    fn print(&self) {
        let lang = out::language();
        let port = lang.by_id(&format!("doctor-port-{}", self.port), &[]).unwrap_or_default();
        let state = lang.by_id(&format!("doctor-{}", self.state()), &[]).unwrap_or_default();
        let more = match &self.what {
            What::Off | What::Simulated => String::new(),
            What::Works(None) => format!(" ({} ms)", self.took.as_millis()),
            What::Works(Some(ahead)) => {
                format!(" ({} ms; {})", self.took.as_millis(), lang.doctor_clock(ahead))
            }
            What::Fails(_, said) => format!(": {said}"),
        };
        out::line(format_args!("{port}: {state}{more}"));
        if let Some(fix) = self.fix() {
            out::line(format_args!("    {fix}"));
        }
    }

    fn as_json(&self) -> serde_json::Value {
        let (kind, said) = match &self.what {
            What::Fails(kind, said) => (Some(*kind), Some(said.as_str())),
            _ => (None, None),
        };
        let ahead = if let What::Works(ahead) = self.what { ahead } else { None };
        json!({
            "port": self.port, "state": self.state(), "kind": kind, "said": said,
            "fix": self.fix(), "clock_ahead_seconds": ahead,
            "millis": u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX),
        })
    }
}
