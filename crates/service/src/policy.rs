//! Which policy holds for an operator.

use crate::app::App;
use crate::error::Error;
use domain::id::OperatorId;
use domain::operator::Operator;
use domain::policy::{Policy, effective};
use domain::time::At;
use std::sync::{LazyLock, OnceLock};

/// The packs that ship, as text.
const PACKS: [&str; 6] = [
    include_str!("../../../policies/cn.toml"),
    include_str!("../../../policies/hk.toml"),
    include_str!("../../../policies/gb.toml"),
    include_str!("../../../policies/us.toml"),
    include_str!("../../../policies/ng.toml"),
    include_str!("../../../policies/ph.toml"),
];

/// Every version of every pack that ships.
pub fn packs() -> &'static [Policy] {
    static PARSED: LazyLock<Vec<Policy>> = LazyLock::new(|| {
        let parse = |text: &&str| parse(text).expect("a test reads every pack");
        PACKS.iter().map(parse).collect()
    });
    &PARSED
}

/// What [`add_packs`] added.
static ADDED: OnceLock<Vec<Policy>> = OnceLock::new();

/// Adds packs that do not ship to those that operators of this process may name, once; for tests of
/// rules that no pack that ships has.
#[doc(hidden)]
pub fn add_packs(packs: Vec<Policy>) {
    ADDED.get_or_init(|| packs);
}

/// Reads a policy; if it may not be used, everything that is wrong with it, one line each.
pub fn parse(text: &str) -> Result<Policy, Vec<String>> {
    let policy: Policy = toml::from_str(text).map_err(|error| vec![error.to_string()])?;
    let faults = policy.faults();
    if faults.is_empty() {
        return Ok(policy);
    }
    Err(faults.iter().map(ToString::to_string).collect())
}

/// The policy that holds for an operator at `at`.
pub async fn of(app: &App, operator_id: OperatorId, at: At) -> Result<Policy, Error> {
    of_operator(&crate::operator::load(app, operator_id).await?, at)
}

/// The same when the operator is at hand: its pack, with its own legal zone.
pub fn of_operator(operator: &Operator, at: At) -> Result<Policy, Error> {
    let all = || packs().iter().chain(ADDED.get().into_iter().flatten());
    let ours = || all().filter(|policy| policy.code == operator.policy_pack);
    let held = effective(ours(), at.date_in(&operator.zone)).or_else(|| ours().next());
    let Some(policy) = held else {
        let text = format!("operator {} names an unknown pack", operator.id);
        return Err(Error::fault(text));
    };
    Ok(Policy { zone: operator.zone.clone(), ..policy.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pack_parses_and_bad_ones_say_why() {
        let codes: Vec<&str> = packs().iter().map(|policy| policy.code.as_str()).collect();
        assert_eq!(codes, ["cn", "hk", "gb", "us", "ng", "ph"]);
        let bad =
            PACKS[0].replace("value = 3, source = \"product", "value = 300, source = \"product");
        let faults = parse(&bad).unwrap_err();
        assert_eq!(faults, ["second_check.sample_percent: must be from 0 to 100"]);
        let unreadable = parse("code = 7").unwrap_err();
        assert!(unreadable.first().is_some_and(|text| text.contains("code")));
    }
}
