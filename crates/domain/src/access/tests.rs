use super::*;

const OWN: OperatorId = OperatorId(1);
const OTHER: OperatorId = OperatorId(2);

fn staff(id: u128, roles: &[Role]) -> Actor {
    let staff_id = StaffId::from_u128(id);
    Actor::Staff { operator_id: OWN, staff_id, roles: roles.to_vec() }
}

#[test]
fn nothing_of_another_operator_exists_for_anyone_but_the_program() {
    for action in Action::ALL {
        let everyone = [
            staff(1, &Role::ALL),
            Actor::Applicant { operator_id: OWN, application_id: ApplicationId::from_u128(1) },
            Actor::Holder { operator_id: OWN, party_id: PartyId::from_u128(1) },
            Actor::Token {
                operator_id: OWN,
                name: String::new(),
                scopes: action.scope().map(str::to_owned).into_iter().collect(),
            },
        ];
        for actor in everyone {
            assert_eq!(can(&actor, *action, Some(OTHER)), Decision::Hidden, "{actor:?} {action:?}");
        }
        assert_eq!(can(&Actor::System, *action, Some(OTHER)), Decision::Allowed);
    }
}

#[test]
fn administrators_and_auditors_see_no_person() {
    for action in Action::ALL.iter().filter(|action| action.shows_person()) {
        for role in [Role::Administrator, Role::Auditor, Role::Clerk, Role::Agent] {
            let answer = can(&staff(1, &[role]), *action, Some(OWN));
            assert_eq!(answer, Decision::Refused(AccessRefusal::NotYourRole), "{action:?}");
        }
    }
    let auditor: Vec<_> = Action::ALL.iter().filter(|a| a.is_for(Role::Auditor)).collect();
    assert_eq!(auditor, [&Action::ReadAudit], "auditors read the audit log only");
}

#[test]
fn who_took_an_application_never_reviews_it_whatever_the_roles() {
    let actor = staff(1, &Role::ALL);
    let hands = Hands { taken_by: Some(StaffId::from_u128(1)), ..Hands::default() };
    for action in Action::ALL.iter().filter(|action| action.is_barred_to_taker()) {
        let refused = Decision::Refused(AccessRefusal::TookTheCase);
        assert_eq!(can_review(&actor, *action, OWN, &hands), refused);
        let colleague = staff(2, &Role::ALL);
        assert_eq!(can_review(&colleague, *action, OWN, &hands), Decision::Allowed);
    }
}

#[test]
fn the_second_look_and_the_settling_are_for_other_people() {
    let [first, second, lead] = [1, 2, 3].map(|id| staff(id, &[Role::Reviewer, Role::Lead]));
    let hands = Hands {
        taken_by: None,
        first_by: Some(StaffId::from_u128(1)),
        second_by: Some(StaffId::from_u128(2)),
    };
    let refused = Decision::Refused(AccessRefusal::DecidedFirst);
    let ask = |actor, action| can_review(actor, action, OWN, &hands);
    assert_eq!(ask(&first, Action::SecondCheck), refused);
    assert_eq!(ask(&second, Action::SecondCheck), Decision::Allowed);
    assert_eq!(ask(&first, Action::SettleDisagreement), refused);
    assert_eq!(ask(&second, Action::SettleDisagreement), refused);
    assert_eq!(ask(&lead, Action::SettleDisagreement), Decision::Allowed);
}

#[test]
fn a_token_does_what_its_scopes_say_and_no_more() {
    for action in Action::ALL {
        let token = |scopes: &[&str]| Actor::Token {
            operator_id: OWN,
            name: "bss".to_owned(),
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        };
        let refused = Decision::Refused(AccessRefusal::NotYourRole);
        assert_eq!(can(&token(&[]), *action, Some(OWN)), refused);
        assert_eq!(can(&token(&["everything"]), *action, Some(OWN)), refused);
        if let Some(scope) = action.scope() {
            assert_eq!(can(&token(&[scope]), *action, Some(OWN)), Decision::Allowed);
        }
    }
}

#[test]
fn codes_are_unique() {
    let mut codes: Vec<_> = Action::ALL.iter().map(|action| action.code()).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), Action::ALL.len());
    for role in Role::ALL {
        assert_eq!(Role::from_code(role.code()), Some(role));
    }
}
