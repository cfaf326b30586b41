//! What to try first.

use super::{Here, failed};
use crate::api::Listed;
use crate::people::PASSWORD;
use crate::{ACCOUNTS, Models, World};
use askama::Template;
use axum::response::Response;
use service::Error;
use web::shell::Shell;
use words::Lang;

/// Free numbers shown.
const FREE_SHOWN: usize = 5;

struct AccountLine {
    login: &'static str,
    role: String,
    operator: String,
    code: String,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    t: Lang,
    password: &'static str,
    accounts: Vec<AccountLine>,
    free: Vec<Listed>,
    examples: Vec<(Listed, String)>,
    models: String,
    specimens: Vec<(&'static str, &'static str)>,
    specimen_name: String,
    specimen_number: String,
}

/// `GET /demo`.
pub(crate) async fn page(shell: Shell, Here(world): Here) -> Response {
    match view(&world, shell.lang).await {
        Ok(home) => shell.page(shell.lang.demo_title()).body(&home),
        Err(error) => failed(&error),
    }
}

async fn view(world: &World, t: Lang) -> Result<Home, Error> {
    let operators = service::operator::list(&world.app).await?;
    let name_of = |id| {
        let operator = operators.iter().find(|operator| operator.id == id);
        operator.map_or_else(String::new, |operator| match t {
            Lang::Zh => operator.name_zh.clone(),
            Lang::En => operator.name_en.clone(),
        })
    };
    let millis = world.now().millis();
    let accounts = ACCOUNTS.iter().map(|account| AccountLine {
        login: account.login,
        role: role_word(t, account.role.code()),
        operator: name_of(account.operator_id),
        code: account.code_at(millis),
    });
    let word = |listed: Listed| {
        let word = t.by_id(&listed.state_message, &[]).unwrap_or_default();
        (listed, word)
    };
    let examples = world.example_numbers().await?.into_iter().map(word).collect();
    let holder = super::specimen::holder();
    Ok(Home {
        t,
        password: PASSWORD,
        accounts: accounts.collect(),
        free: world.free_numbers(FREE_SHOWN).await?,
        examples,
        models: models(world, t),
        specimens: super::specimen::list(t),
        specimen_name: holder.name,
        specimen_number: holder.number,
    })
}

/// Whether photos of documents are read, and if not, what would change that.
fn models(world: &World, t: Lang) -> String {
    if world.app.ocr.models().is_ok() && world.app.faces.models().is_ok() {
        return t.demo_models_ready().to_owned();
    }
    match world.models().now() {
        Models::Arriving { done_mb, size_mb } => t.demo_models_arriving(done_mb, size_mb),
        Models::Failed(why) => t.demo_models_failed(why),
        Models::Absent | Models::Ready => t.demo_models_absent().to_owned(),
    }
}

/// The role as the desk calls it.
fn role_word(t: Lang, code: &str) -> String {
    t.by_id(&format!("access-role-{code}"), &[]).unwrap_or_else(|| code.to_owned())
}
