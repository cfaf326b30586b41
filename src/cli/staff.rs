//! `baohao staff`: accounts of the people who work at the desk.

use crate::cli::{Failure, out, place::Place};
use crate::wiring;
use clap::{Args, Subcommand};
use domain::access::{Actor, Role};
use service::staff::{Added, NewStaff};
use std::process::ExitCode;

/// Accounts of the people who work at the desk.
#[derive(Debug, Args)]
pub(crate) struct Staff {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Add(Add),
    List(List),
}

/// Add an account; password and code secret are printed this once.
#[derive(Debug, Args)]
struct Add {
    #[command(flatten)]
    place: Place,
    /// The operator, by its code.
    #[arg(long)]
    operator: String,
    /// What is typed to sign in.
    #[arg(long)]
    name: String,
    /// As colleagues know the person [default: as --name].
    #[arg(long)]
    display_name: Option<String>,
    /// clerk, reviewer, lead, agent, administrator or auditor; may be given more than once.
    #[arg(long = "role", required = true, value_parser = role)]
    roles: Vec<Role>,
}

/// List the accounts of an operator.
#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    place: Place,
    /// The operator, by its code.
    #[arg(long)]
    operator: String,
}

fn role(text: &str) -> Result<Role, String> {
    Role::from_code(text).ok_or_else(|| {
        let known: Vec<&str> = Role::ALL.into_iter().map(Role::code).collect();
        format!("unknown role; known are {}", known.join(", "))
    })
}

impl Staff {
    pub(crate) fn run(self, is_json: bool) -> Result<ExitCode, Failure> {
        super::runtime()?.block_on(async {
            match self.command {
                Command::Add(add) => add.run(is_json).await,
                Command::List(list) => list.run(is_json).await,
            }
        })
    }
}

impl Add {
    async fn run(self, is_json: bool) -> Result<ExitCode, Failure> {
        let app = wiring::open_app(&self.place.existing()?).await?;
        let operator = service::operator::by_code(&app, &self.operator)
            .await
            .map_err(|error| out::told(&error, format_args!("operator {}", self.operator)))?;
        let new = NewStaff {
            operator_id: operator.id,
            name: self.display_name.unwrap_or_else(|| self.name.clone()).into(),
            login: self.name,
            roles: self.roles,
            password: None,
            code_secret: None,
        };
        let login = new.login.clone();
        let added = service::staff::add(&app, &Actor::System, new)
            .await
            .map_err(|error| out::told(&error, format_args!("account {login}")))?;
        out::line(if is_json { as_json(&added) } else { as_text(&added) });
        Ok(ExitCode::SUCCESS)
    }
}

fn as_text(added: &Added) -> String {
    format!(
        "Account      {}\nPassword     {}\nCode secret  {}\nFor an app   {}\n\
         Shown this once. Sign in at /desk.",
        added.login,
        added.password.expose(),
        added.code_secret.expose(),
        added.code_uri.expose()
    )
}

fn as_json(added: &Added) -> String {
    serde_json::json!({
        "staff_id": added.staff_id,
        "login": added.login,
        "password": added.password.expose(),
        "code_secret": added.code_secret.expose(),
        "code_uri": added.code_uri.expose(),
    })
    .to_string()
}

impl List {
    async fn run(self, is_json: bool) -> Result<ExitCode, Failure> {
        let app = wiring::open_app(&self.place.existing()?).await?;
        let operator = service::operator::by_code(&app, &self.operator)
            .await
            .map_err(|error| out::told(&error, format_args!("operator {}", self.operator)))?;
        for member in service::staff::list(&app, &Actor::System, operator.id).await? {
            let roles: Vec<&str> = member.roles.iter().map(|role| role.code()).collect();
            let is_open = member.disabled_at.is_none();
            if is_json {
                out::line(serde_json::json!({
                    "staff_id": member.staff_id,
                    "login": member.login,
                    "roles": roles,
                    "is_open": is_open,
                }));
            } else {
                let closed = if is_open { "" } else { "  closed" };
                out::line(format_args!("{:<24} {}{closed}", member.login, roles.join(", ")));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
