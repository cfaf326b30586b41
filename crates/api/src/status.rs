//! What there is to say about a number: its state, holds with their remedies, and dates; never who
//! holds it.

use crate::Api;
use crate::caller::Caller;
use crate::field;
use crate::numbers::{Answer, Body};
use crate::problem::{Problem, ProblemBody, language_of};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use domain::number::ServiceProfile;
use serde::{Deserialize, Serialize};
use service::keep::KeepView;
use service::number::{self, BalanceView, HoldView, NumberStatus, Switching};
use utoipa::ToSchema;
use words::Lang;

/// The longest key of a payment.
const KEY_LEN_MAX: usize = 100;

/// A number and everything there is to say about it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Status {
    /// E.164 digits.
    msisdn: String,
    /// Grows with every change.
    version: i64,
    /// The one word, such as `in_use`, `keep_due`, `incoming_only`, `suspended`, `quarantine`.
    word: &'static str,
    /// The same in the caller's language.
    text: String,
    /// Where it is in its life.
    lifecycle: &'static str,
    /// Since when.
    #[schema(format = DateTime)]
    since: String,
    /// When the reservation, the closing or the quarantine ends.
    #[schema(format = DateTime)]
    until: Option<String>,
    /// Why it is being closed or was.
    cause: Option<&'static str>,
    /// The holder episode: one uninterrupted holding by one party.
    episode: Option<Episode>,
    /// The card that serves it.
    iccid: Option<String>,
    /// What the network is to allow. Emergency calls, the hotline and top-up are always possible.
    allows: Vec<&'static str>,
    /// The restrictions in force, the gravest first.
    holds: Vec<Hold>,
    /// By when identity must be proven again.
    #[schema(format = DateTime)]
    reverify_by: Option<String>,
    /// How far the network is.
    network: Network,
    /// How the number is kept, while somebody holds it.
    keep: Option<Keep>,
}

/// One uninterrupted holding of the number by one party.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Episode {
    /// Its id; it changes with the holder.
    id: String,
    /// When it began.
    #[schema(format = DateTime)]
    since: String,
}

/// One restriction, with reason, remedy, documents and appeal.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Hold {
    /// What kind.
    kind: &'static str,
    /// The order's reference, for orders.
    reference: Option<String>,
    /// Its name in the caller's language.
    name: String,
    /// Why, in the caller's language.
    reason: String,
    /// What to do, in the caller's language.
    remedy: String,
    /// Since when.
    #[schema(format = DateTime)]
    since: String,
    /// Until when, if it ends by itself.
    #[schema(format = DateTime)]
    until: Option<String>,
    /// `policy`, `holder`, `operator` or `authority`.
    set_by: String,
    /// What it takes away.
    bars: Vec<&'static str>,
    /// Who or what may lift it.
    lifted_by: String,
    /// What has to be shown.
    proofs: Vec<String>,
    /// Where to object: `operator`, `authority` or `not_needed`.
    appeal: String,
}

/// How far the network is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Network {
    /// `nothing` to tell, `switching` or `confirmed`.
    state: &'static str,
    /// Since when.
    #[schema(format = DateTime)]
    since: Option<String>,
    /// What it was last read to allow: more or less than `allows` where it cannot bar as finely as
    /// that. Absent before the first reading.
    applied: Option<Vec<&'static str>>,
    /// When it was last found changed by somebody else, and put right.
    #[schema(format = DateTime)]
    changed_at: Option<String>,
}

/// How a number is kept alive. All days are of `zone`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Keep {
    /// The last day of the window: use on this day is in time.
    #[schema(format = Date)]
    deadline_on: String,
    /// Days from today to that day; negative once it has passed.
    days_left: i64,
    /// Whether the window runs; it stands still during a pause and some holds.
    is_running: bool,
    /// Whether a reminder was sent in this window.
    is_reminded: bool,
    /// For how many days a use keeps the number.
    window_days: i32,
    /// The kinds of use that count.
    counts: Vec<&'static str>,
    /// The kinds that do not.
    counts_not: Vec<&'static str>,
    /// The newest use that counted.
    last_use: Option<LastUse>,
    /// What comes without use, with its days.
    next: Vec<Rung>,
    /// The day on which the number would go into quarantine without any use.
    #[schema(format = Date)]
    held_until_on: String,
    /// The legal time zone.
    zone: String,
}

/// A use of the number.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LastUse {
    /// What kind.
    kind: &'static str,
    /// When.
    #[schema(format = DateTime)]
    at: String,
}

/// One step of the keep-alive ladder.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Rung {
    /// `remind`, `bar_outgoing`, `suspend` or `quarantine`.
    act: String,
    /// When.
    #[schema(format = Date)]
    on: String,
}

/// The balance of the number's holder.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Balance {
    /// In minor units, such as fen.
    minor: i64,
    /// ISO 4217.
    currency: String,
    /// Decimal places of the currency.
    decimals: u32,
    /// The last day on which it still pays a pause; absent where no pause is offered.
    #[schema(format = Date)]
    keeps_until_on: Option<String>,
}

/// Money paid in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TopUp {
    /// The payment's own name: the same key is the same payment, for ever.
    key: String,
    /// In minor units, more than 0.
    minor: i64,
}

/// An extension.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Extension {
    /// The extension's own name: the same key is the same extension, for ever.
    key: String,
}

/// What there is to say about a number.
#[utoipa::path(
    get, path = "/api/v1/numbers/{msisdn}", tag = "numbers",
    params(("msisdn" = String, Path, description = "The number")),
    responses(
        (status = 200, body = Status),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("token" = ["numbers:read"])),
)]
pub(crate) async fn show(
    State(api): State<Api>,
    caller: Caller,
    headers: HeaderMap,
    Path(msisdn): Path<String>,
) -> Answer<Status> {
    let msisdn = field::msisdn_of_path(&msisdn)?;
    let status = number::status(&api.app, &caller.actor, msisdn).await?;
    Ok(Json(Status::of(status, language_of(&headers))))
}

/// The balance of the number's holder.
#[utoipa::path(
    get, path = "/api/v1/numbers/{msisdn}/balance", tag = "numbers",
    params(("msisdn" = String, Path, description = "The number")),
    responses(
        (status = 200, body = Balance),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("token" = ["numbers:read"])),
)]
pub(crate) async fn balance(
    State(api): State<Api>,
    caller: Caller,
    Path(msisdn): Path<String>,
) -> Answer<Balance> {
    let msisdn = field::msisdn_of_path(&msisdn)?;
    Ok(Json(number::balance(&api.app, &caller.actor, msisdn).await?.into()))
}

/// Takes in a payment of the holder; it pays what is owed and counts as use where the policy says
/// so.
#[utoipa::path(
    post, path = "/api/v1/numbers/{msisdn}/top-up", tag = "numbers", request_body = TopUp,
    params(("msisdn" = String, Path, description = "The number")),
    responses(
        (status = 200, body = Balance),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("token" = ["numbers:write"])),
)]
pub(crate) async fn top_up(
    State(api): State<Api>,
    caller: Caller,
    Path(msisdn): Path<String>,
    body: Body<TopUp>,
) -> Answer<Balance> {
    let msisdn = field::msisdn_of_path(&msisdn)?;
    let Json(body) = body?;
    let key = key(&body.key)?;
    number::top_up(&api.app, &caller.actor, msisdn, key, body.minor).await?;
    Ok(Json(number::balance(&api.app, &caller.actor, msisdn).await?.into()))
}

/// Extends the keep-alive date by one window, for the fee of the policy, from the balance.
#[utoipa::path(
    post, path = "/api/v1/numbers/{msisdn}/extend", tag = "numbers", request_body = Extension,
    params(("msisdn" = String, Path, description = "The number")),
    responses(
        (status = 200, body = Balance),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("token" = ["numbers:write"])),
)]
pub(crate) async fn extend(
    State(api): State<Api>,
    caller: Caller,
    Path(msisdn): Path<String>,
    body: Body<Extension>,
) -> Answer<Balance> {
    let msisdn = field::msisdn_of_path(&msisdn)?;
    let Json(body) = body?;
    number::extend(&api.app, &caller.actor, msisdn, key(&body.key)?).await?;
    Ok(Json(number::balance(&api.app, &caller.actor, msisdn).await?.into()))
}

fn key(given: &str) -> Result<&str, Problem> {
    let is_good =
        (1..=KEY_LEN_MAX).contains(&given.len()) && given.bytes().all(|b| b.is_ascii_graphic());
    let hint = || format!("1 to {KEY_LEN_MAX} visible ASCII characters");
    if is_good { Ok(given) } else { Err(Problem::bad_field("key", hint())) }
}

impl Status {
    fn of(status: NumberStatus, lang: Lang) -> Self {
        let (state, since) = match status.switching {
            Switching::Nothing => ("nothing", None),
            Switching::Since(at) => ("switching", Some(at)),
            Switching::Confirmed(at) => ("confirmed", Some(at)),
        };
        let network = Network {
            state,
            since: since.map(field::instant),
            applied: status.applied.map(services),
            changed_at: status.drift_at.map(field::instant),
        };
        Self {
            msisdn: status.msisdn.to_string(),
            version: status.version,
            word: status.word.code(),
            text: lang.by_id(&status.word.message_id(), &[]).unwrap_or_default(),
            lifecycle: status.lifecycle.code(),
            since: field::instant(status.since),
            until: status.until.map(field::instant),
            cause: status.cause.map(domain::number::Cause::code),
            episode: status
                .holder
                .map(|(_, id, since)| Episode { id: id.to_string(), since: field::instant(since) }),
            iccid: status.iccid,
            allows: services(status.allows),
            holds: status.holds.iter().map(|hold| Hold::of(hold, lang)).collect(),
            reverify_by: status.reverify_by.map(field::instant),
            network,
            keep: status.keep.as_ref().map(Keep::of),
        }
    }
}

impl Hold {
    fn of(hold: &HoldView, lang: Lang) -> Self {
        let text = |part: &str| {
            let kind = hold.kind.code().replace('_', "-");
            lang.by_id(&format!("hold-{kind}-{part}"), &[]).unwrap_or_default()
        };
        Self {
            kind: hold.kind.code(),
            reference: Some(hold.reference.clone()).filter(|reference| !reference.is_empty()),
            name: text("name"),
            reason: text("reason"),
            remedy: text("remedy"),
            since: field::instant(hold.since),
            until: hold.until.map(field::instant),
            set_by: field::code(&hold.set_by),
            bars: services(hold.bars),
            lifted_by: field::code(&hold.lifter),
            proofs: hold.proofs.iter().map(field::code).collect(),
            appeal: field::code(&hold.appeal),
        }
    }
}

impl Keep {
    fn of(keep: &KeepView) -> Self {
        Self {
            deadline_on: keep.deadline_on.to_string(),
            days_left: keep.days_left,
            is_running: keep.is_running,
            is_reminded: keep.is_reminded,
            window_days: keep.window_days,
            counts: keep.counts.iter().map(|kind| kind.code()).collect(),
            counts_not: keep.counts_not.iter().map(|kind| kind.code()).collect(),
            last_use: keep
                .last_use
                .map(|last| LastUse { kind: last.kind.code(), at: field::instant(last.at) }),
            next: keep
                .next
                .iter()
                .map(|(act, on)| Rung { act: field::code(act), on: on.to_string() })
                .collect(),
            held_until_on: keep.held_until_on.to_string(),
            zone: keep.zone.name().to_owned(),
        }
    }
}

impl From<BalanceView> for Balance {
    fn from(view: BalanceView) -> Self {
        Self {
            minor: view.minor,
            currency: view.currency,
            decimals: view.decimals,
            keeps_until_on: view.keeps_until_on.map(|on| on.to_string()),
        }
    }
}

fn services(profile: ServiceProfile) -> Vec<&'static str> {
    profile.services().map(domain::number::Service::code).collect()
}
