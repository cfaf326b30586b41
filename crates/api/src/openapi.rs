//! The description of the interface, made from the handlers themselves.

use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

/// Everything under `/api/v1`.
#[derive(Debug, OpenApi)]
#[openapi(
    info(
        title = "Baohao operator API",
        description = "For an operator's own systems: numbers, SIMs, applications, reviews, holds, \
            usage and the audit log of one operator.\n\n\
            Every request carries a token (`baohao token add`). Every request that changes \
            something may carry an `Idempotency-Key`; sent again within a day it is answered as \
            the first time and done once. Errors are problem details (RFC 9457) with a stable \
            `code`, in the language of `Accept-Language` (`zh` or `en`). What belongs to another \
            operator is not found.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    paths(
        crate::numbers::list,
        crate::numbers::bring,
        crate::state::show,
        crate::state::show_many,
        crate::status::show,
        crate::status::balance,
        crate::status::top_up,
        crate::status::extend,
        crate::numbers::reserve,
        crate::numbers::drop_reservation,
        crate::numbers::allocate,
        crate::numbers::release,
        crate::numbers::retire,
        crate::numbers::replace_sim,
        crate::numbers::transfer,
        crate::numbers::close,
        crate::numbers::withdraw_close,
        crate::numbers::recover,
        crate::numbers::port_out,
        crate::numbers::port_return,
        crate::pools::list,
        crate::pools::put,
        crate::pools::drop,
        crate::pools::free,
        crate::holds::set,
        crate::holds::lift,
        crate::sims::list,
        crate::sims::bring,
        crate::sims::show,
        crate::applications::list,
        crate::applications::send,
        crate::applications::show,
        crate::applications::answer,
        crate::applications::appeal,
        crate::applications::withdraw,
        crate::applications::reopen,
        crate::applications::ask_person,
        crate::reviews::queue,
        crate::reviews::show,
        crate::reviews::decide,
        crate::reviews::undo,
        crate::usage::push,
        crate::audit::list,
    ),
    modifiers(&Tokens),
    tags(
        (name = "numbers", description = "Numbers, their state and the commands of their life"),
        (name = "holds", description = "What restricts a number"),
        (name = "sims", description = "SIM cards"),
        (name = "applications", description = "Requests that need identity, with their documents"),
        (name = "reviews", description = "Cases that wait for a person, and decisions"),
        (name = "usage", description = "Who used a number, how and when"),
        (name = "audit", description = "What was changed, by whom"),
    ),
)]
pub struct Description;

struct Tokens;

impl Modify for Tokens {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        openapi.components.get_or_insert_default().add_security_scheme("token", scheme);
    }
}

/// The description as it is served and committed.
pub fn json() -> String {
    let mut text = Description::openapi().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}
