use super::{Action, Actor, Decision, Hands, Role, can, can_review};
use crate::id::{ApplicationId, OperatorId, PartyId, StaffId};
use std::fmt::Write as _;

const OWN: OperatorId = OperatorId(1);
const OTHER: OperatorId = OperatorId(2);
const SELF: StaffId = StaffId::from_u128(1);

/// The matrix as committed: for each action who may, on things of the own operator; then what the
/// conditions change.
pub fn matrix() -> String {
    let actors = actors();
    let mut out = String::from(
        "Who may do what, written by `cargo xtask docs` from domain::access.\n\n\
         y  allowed    .  refused    h  hidden: does not exist for the asker (404)\n\n",
    );
    section(&mut out, "A thing of the own operator", &actors, |actor, action| {
        can(actor, action, Some(OWN))
    });
    section(&mut out, "A thing of another operator", &actors, |actor, action| {
        can(actor, action, Some(OTHER))
    });
    let staff: Vec<_> = actors.into_iter().filter(|(_, a)| a.staff_id().is_some()).collect();
    for (title, hands) in [
        ("A case the asker took at an outlet", Hands { taken_by: Some(SELF), ..Hands::default() }),
        ("A case the asker decided first", Hands { first_by: Some(SELF), ..Hands::default() }),
        ("A case the asker looked at second", Hands { second_by: Some(SELF), ..Hands::default() }),
    ] {
        section(&mut out, title, &staff, |actor, action| can_review(actor, action, OWN, &hands));
    }
    out
}

/// One actor per role, and one of each other kind; the token has every scope.
fn actors() -> Vec<(&'static str, Actor)> {
    let mut all: Vec<(&'static str, Actor)> = Role::ALL
        .into_iter()
        .map(|role| {
            let actor = Actor::Staff { operator_id: OWN, staff_id: SELF, roles: vec![role] };
            (role.code(), actor)
        })
        .collect();
    let scopes = Action::ALL.iter().filter_map(|a| a.scope()).map(str::to_owned).collect();
    all.push(("token", Actor::Token { operator_id: OWN, name: "all".to_owned(), scopes }));
    all.push((
        "applicant",
        Actor::Applicant { operator_id: OWN, application_id: ApplicationId::from_u128(1) },
    ));
    all.push(("holder", Actor::Holder { operator_id: OWN, party_id: PartyId::from_u128(1) }));
    all
}

fn section(
    out: &mut String,
    title: &str,
    actors: &[(&'static str, Actor)],
    answer: impl Fn(&Actor, Action) -> Decision,
) {
    let _ = writeln!(out, "{title}\n");
    let names: Vec<&str> = actors.iter().map(|(name, _)| *name).collect();
    let _ = writeln!(out, "{:<20} {}", "action", names.join(" "));
    for action in Action::ALL {
        let _ = write!(out, "{:<20}", action.code());
        for (name, actor) in actors {
            let mark = match answer(actor, *action) {
                Decision::Allowed => "y",
                Decision::Refused(_) => ".",
                Decision::Hidden => "h",
            };
            let _ = write!(out, " {mark:<width$}", width = name.len());
        }
        let length = out.trim_end_matches(' ').len();
        out.truncate(length);
        out.push('\n');
    }
    out.push('\n');
}
