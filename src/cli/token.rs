//! `baohao token`: tokens of the operator API.

use crate::cli::{Failure, out, place::Place};
use crate::wiring;
use clap::{Args, Subcommand};
use domain::time::{At, Zone};
use serde_json::json;
use service::App;
use service::token::Token as ApiToken;
use std::process::ExitCode;

/// Make, list and revoke tokens of the operator API.
#[derive(Debug, Args)]
pub(crate) struct Token {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a token and show it, once.
    Add {
        /// The operator's code.
        #[arg(long, value_name = "CODE")]
        operator: String,
        /// A name for the token, as it will stand in the audit log.
        #[arg(long, value_name = "NAME")]
        name: String,
        /// What it may do; may be given more than once.
        #[arg(long, value_name = "SCOPE", required = true)]
        scope: Vec<String>,
    },
    /// List the tokens of an operator.
    List {
        /// The operator's code.
        #[arg(long, value_name = "CODE")]
        operator: String,
    },
    /// Revoke a token: it is refused from now on.
    Revoke {
        /// The operator's code.
        #[arg(long, value_name = "CODE")]
        operator: String,
        /// The token's name.
        #[arg(long, value_name = "NAME")]
        name: String,
    },
}

impl Token {
    pub(crate) fn run(self, json: bool) -> Result<ExitCode, Failure> {
        super::runtime()?.block_on(async {
            let config = self.place.existing()?;
            let app = wiring::open_app(&config).await?;
            match self.command {
                Command::Add { operator, name, scope } => {
                    add(&app, &operator, &name, &scope, json).await
                }
                Command::List { operator } => list(&app, &operator, json).await,
                Command::Revoke { operator, name } => revoke(&app, &operator, &name).await,
            }
        })
    }
}

async fn add(
    app: &App,
    operator: &str,
    name: &str,
    scopes: &[String],
    json: bool,
) -> Result<ExitCode, Failure> {
    let operator = super::operator(app, operator).await?;
    let (token, text) =
        service::token::add(app, operator.id, name, scopes).await.map_err(super::in_words)?;
    if json {
        out::line(json!({ "name": token.name, "id": token.id, "token": text.expose() }));
    } else {
        out::line(text.expose());
        out::note("Keep it now: it is not stored and cannot be shown again.");
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(app: &App, operator: &str, json: bool) -> Result<ExitCode, Failure> {
    let operator = super::operator(app, operator).await?;
    for token in service::token::list(app, operator.id).await? {
        if json {
            out::line(as_json(&token));
        } else {
            let state = match token.revoked_at {
                Some(at) => format!("revoked {}", day(at, &operator.zone)),
                None => format!("since {}", day(token.created_at, &operator.zone)),
            };
            out::line(format_args!("{}  {state}  {}", token.name, token.scopes.join(" ")));
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn revoke(app: &App, operator: &str, name: &str) -> Result<ExitCode, Failure> {
    let operator = super::operator(app, operator).await?;
    match service::token::revoke(app, operator.id, name).await {
        Err(service::Error::NotFound) => {
            Err(format!("operator {} has no token {name}", operator.code).into())
        }
        other => {
            other.map_err(super::in_words)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn as_json(token: &ApiToken) -> serde_json::Value {
    json!({
        "name": token.name,
        "id": token.id,
        "scopes": token.scopes,
        "created_at": token.created_at,
        "revoked_at": token.revoked_at,
    })
}

fn day(at: At, zone: &Zone) -> String {
    at.date_in(zone).to_string()
}
