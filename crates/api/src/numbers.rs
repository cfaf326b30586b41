//! Numbers over the interface: lists, status, stock, and the commands of their life.

use crate::Api;
use crate::caller::Caller;
use crate::field;
use crate::page::{Page, PageQuery};
use crate::problem::{Problem, ProblemBody};
use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use domain::access::Action;
use domain::msisdn::Msisdn;
use domain::number::Lifecycle;
use serde::{Deserialize, Serialize};
use service::inventory::{self, Listed};
use service::number::{self, Applied};
use utoipa::{IntoParams, ToSchema};

/// Numbers in one request.
const NUMBERS_MAX: usize = 1000;

/// A body of a request, or why it is none.
pub(crate) type Body<T> = Result<Json<T>, JsonRejection>;
/// An answer.
pub(crate) type Answer<T> = Result<Json<T>, Problem>;

/// Which numbers.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct NumbersQuery {
    /// Only numbers in this state, such as `active` or `quarantined`.
    lifecycle: Option<String>,
    /// The `next` of the page before; none for the first page.
    cursor: Option<String>,
    /// How many, 1 to 200 (50 unless given).
    limit: Option<u32>,
}

/// One line of a list of numbers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NumberListed {
    /// E.164 digits.
    #[schema(example = "8613800138000")]
    msisdn: String,
    /// Where it is in its life.
    #[schema(example = "active")]
    lifecycle: &'static str,
    /// When something falls due, if nothing happens before.
    #[schema(format = DateTime)]
    due_at: Option<String>,
}

impl From<Listed> for NumberListed {
    fn from(listed: Listed) -> Self {
        Self {
            msisdn: listed.msisdn.to_string(),
            lifecycle: listed.lifecycle.code(),
            due_at: listed.due_at.map(field::instant),
        }
    }
}

/// Numbers to bring into stock.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewNumbers {
    /// Up to 1000, E.164 digits with or without `+`, or eleven national digits.
    #[schema(max_items = 1000)]
    numbers: Vec<String>,
}

/// How many things were new.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Brought {
    /// Brought into stock.
    pub(crate) new: u64,
    /// Known before, and left as they were.
    pub(crate) known: u64,
}

/// A number after a command.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Changed {
    /// E.164 digits.
    msisdn: String,
    /// Where it is in its life now.
    lifecycle: &'static str,
    /// The kinds of the holds in force now.
    holds: Vec<&'static str>,
    /// When something falls due, if nothing happens before.
    #[schema(format = DateTime)]
    due_at: Option<String>,
    /// The rules that decided, as in the audit log.
    rules: Vec<&'static str>,
}

impl From<Applied> for Changed {
    fn from(applied: Applied) -> Self {
        let next = applied.step.next;
        Self {
            msisdn: applied.before.msisdn.to_string(),
            lifecycle: next.lifecycle.code(),
            holds: next.holds.iter().map(|hold| hold.kind.code()).collect(),
            due_at: next.due_at.map(field::instant),
            rules: applied.step.rules,
        }
    }
}

/// Lists numbers, in order.
#[utoipa::path(
    get, path = "/api/v1/numbers", tag = "numbers", params(NumbersQuery),
    responses(
        (status = 200, body = Page<NumberListed>),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("token" = ["numbers:read"])),
)]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    query: Result<Query<NumbersQuery>, QueryRejection>,
) -> Answer<Page<NumberListed>> {
    let Query(query) = query?;
    let lifecycle = query.lifecycle.as_deref();
    let lifecycle =
        lifecycle.map(|word| field::word("lifecycle", word, Lifecycle::from_code)).transpose()?;
    let page = PageQuery { cursor: query.cursor, limit: query.limit };
    let after = page.after::<i64>()?.and_then(Msisdn::from_i64);
    let limit = page.limit();
    let listed = inventory::numbers(&api.app, &caller.actor, lifecycle, after, limit + 1).await?;
    let page = Page::of(listed, limit, |listed| listed.msisdn.as_i64(), NumberListed::from);
    Ok(Json(page))
}

/// Brings numbers into stock. Numbers that are known already are counted and left alone.
#[utoipa::path(
    post, path = "/api/v1/numbers", tag = "numbers", request_body = NewNumbers,
    responses(
        (status = 200, body = Brought),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("token" = ["numbers:write"])),
)]
pub(crate) async fn bring(
    State(api): State<Api>,
    caller: Caller,
    body: Body<NewNumbers>,
) -> Answer<Brought> {
    caller.require(Action::StockNumber)?;
    let Json(body) = body?;
    if body.numbers.len() > NUMBERS_MAX {
        return Err(Problem::bad_field("numbers", format!("at most {NUMBERS_MAX} at once")));
    }
    let numbers = body.numbers.iter().enumerate();
    let numbers = numbers
        .map(|(index, text)| field::msisdn(&format!("numbers[{index}]"), text))
        .collect::<Result<Vec<_>, _>>()?;
    let operator_id = caller.operator_id();
    let brought = inventory::bring_numbers(&api.app, &caller.actor, operator_id, numbers).await?;
    Ok(Json(Brought { new: brought.new, known: brought.known }))
}

/// Until when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Until {
    /// The instant (RFC 3339).
    #[schema(format = DateTime)]
    until: String,
}

/// A card from stock.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Card {
    /// Its ICCID.
    iccid: String,
}

/// A card from stock, or none for the card that served the number last.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MaybeCard {
    /// Its ICCID.
    iccid: Option<String>,
}

/// A registered person or organisation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recipient {
    /// Its id (`pty_…`).
    party_id: String,
}

macro_rules! plain_commands {
    ($($(#[doc = $doc:literal])* $name:ident $path:literal => $verb:path;)*) => {$(
        $(#[doc = $doc])*
        #[utoipa::path(
            post, path = $path, tag = "numbers",
            params(("msisdn" = String, Path, description = "The number")),
            responses(
                (status = 200, body = Changed),
                (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
            ),
            security(("token" = ["numbers:write"])),
        )]
        pub(crate) async fn $name(
            State(api): State<Api>,
            caller: Caller,
            Path(number): Path<String>,
        ) -> Answer<Changed> {
            let number = field::msisdn_of_path(&number)?;
            Ok(Json($verb(&api.app, &caller.actor, number).await?.into()))
        }
    )*};
}

plain_commands! {
    /// Gives a reserved number back.
    drop_reservation "/api/v1/numbers/{msisdn}/drop-reservation" => number::drop_reservation;
    /// Parts a number from a SIM that was never registered; both go back into stock.
    release "/api/v1/numbers/{msisdn}/release" => number::release_unregistered;
    /// Takes a number out of use for good.
    retire "/api/v1/numbers/{msisdn}/retire" => number::retire;
    /// Begins to close a number; the holder may take that back for some days.
    close "/api/v1/numbers/{msisdn}/close" => number::close;
    /// Takes the closing back.
    withdraw_close "/api/v1/numbers/{msisdn}/withdraw-close" => number::withdraw_close;
    /// The number leaves for another operator.
    port_out "/api/v1/numbers/{msisdn}/port-out" => number::port_out;
    /// The number came back from another operator without its holder.
    port_return "/api/v1/numbers/{msisdn}/port-return" => number::port_return;
}

macro_rules! commands {
    ($(
        $(#[doc = $doc:literal])*
        $name:ident($body:ty) $path:literal =>
            |$api:ident, $caller:ident, $number:ident, $given:ident| $run:expr;
    )*) => {$(
        $(#[doc = $doc])*
        #[utoipa::path(
            post, path = $path, tag = "numbers", request_body = $body,
            params(("msisdn" = String, Path, description = "The number")),
            responses(
                (status = 200, body = Changed),
                (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
            ),
            security(("token" = ["numbers:write"])),
        )]
        pub(crate) async fn $name(
            State($api): State<Api>,
            $caller: Caller,
            Path(number): Path<String>,
            body: Body<$body>,
        ) -> Answer<Changed> {
            let $number = field::msisdn_of_path(&number)?;
            let Json($given) = body?;
            Ok(Json($run.await?.into()))
        }
    )*};
}

commands! {
    /// Sets a number aside for one request, at most as long as the policy allows.
    reserve(Until) "/api/v1/numbers/{msisdn}/reserve" => |api, caller, msisdn, given| {
        let until = field::at("until", &given.until)?;
        number::reserve(&api.app, &caller.actor, msisdn, until)
    };
    /// Joins a number with a SIM from stock; the network allows it nothing until its holder is
    /// registered.
    allocate(Card) "/api/v1/numbers/{msisdn}/allocate" => |api, caller, msisdn, given| {
        let iccid = field::iccid("iccid", &given.iccid)?;
        let sim = inventory::sim_ref(&api.app, &caller.actor, iccid).await?;
        number::allocate(&api.app, &caller.actor, msisdn, sim)
    };
    /// Serves a number by another SIM; the old one is dead from now on.
    replace_sim(Card) "/api/v1/numbers/{msisdn}/replace-sim" => |api, caller, msisdn, given| {
        let iccid = field::iccid("iccid", &given.iccid)?;
        let sim = inventory::sim_ref(&api.app, &caller.actor, iccid).await?;
        number::replace_sim(&api.app, &caller.actor, msisdn, sim)
    };
    /// Gives a number to another registered party; its holder episode begins now.
    transfer(Recipient) "/api/v1/numbers/{msisdn}/transfer" => |api, caller, msisdn, given| {
        let party_id = field::id("party_id", &given.party_id)?;
        number::transfer(&api.app, &caller.actor, msisdn, party_id)
    };
    /// Gives a number in quarantine back to its former holder.
    recover(MaybeCard) "/api/v1/numbers/{msisdn}/recover" => |api, caller, msisdn, given| {
        let sim = match given.iccid {
            None => None,
            Some(text) => {
                let iccid = field::iccid("iccid", &text)?;
                Some(inventory::sim_ref(&api.app, &caller.actor, iccid).await?)
            }
        };
        number::recover(&api.app, &caller.actor, msisdn, sim)
    };
}
