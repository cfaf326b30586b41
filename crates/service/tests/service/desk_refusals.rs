//! Every refusal of access, staff and review has its message, in both languages.

use domain::access::AccessRefusal;
use domain::refusal::Refusal;
use domain::review::ReviewRefusal;
use domain::staff::StaffRefusal;
use words::Lang;

fn check(refusals: &[impl Refusal]) {
    for refusal in refusals {
        for lang in Lang::ALL {
            let text = lang.refusal(refusal.code(), &refusal.values());
            assert!(text.is_some_and(|text| !text.is_empty()), "{} in {lang:?}", refusal.code());
        }
    }
}

#[test]
fn every_refusal_has_its_message() {
    check(&AccessRefusal::ALL);
    check(&StaffRefusal::ALL);
    check(&ReviewRefusal::ALL);
}

/// The closed lists the desk shows have words of their own.
#[test]
fn every_word_of_the_desk_exists() {
    use domain::application::State;
    use domain::check::{CheckKind, Outcome};
    use domain::reason::{Item, Reason};
    use domain::review::{SecondRule, ViewReason};
    let lists = [
        ("desk-state", State::ALL.map(State::code).to_vec()),
        ("review-check", CheckKind::ALL.map(CheckKind::code).to_vec()),
        ("review-rule", SecondRule::ALL.map(SecondRule::code).to_vec()),
        ("review-why", ViewReason::GIVEN.map(ViewReason::code).to_vec()),
        ("item", Item::ALL.map(Item::code).to_vec()),
        ("reason", Reason::ALL.iter().map(|reason| reason.code()).collect()),
        (
            "review-outcome",
            [Outcome::Pass, Outcome::Warn, Outcome::Fail, Outcome::Unavailable]
                .map(Outcome::code)
                .to_vec(),
        ),
    ];
    for (area, codes) in lists {
        for code in codes {
            let id = format!("{area}-{}", code.replace('_', "-").to_ascii_lowercase());
            assert!(Lang::has(&id), "{id}");
        }
    }
}
