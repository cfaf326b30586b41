//! The list of all statements: one line per module.

use crate::statement::Statement;

/// Every registered statement of the program.
pub fn all() -> impl Iterator<Item = &'static Statement> {
    let areas: &[&[&'static Statement]] = &[
        crate::activity::ALL,
        crate::application::ALL,
        crate::application::authority::ALL,
        crate::application::check::ALL,
        crate::application::contact::ALL,
        crate::application::document::ALL,
        crate::application::guess::ALL,
        crate::application::part::ALL,
        crate::application::face::ALL,
        crate::application::live::ALL,
        crate::application::reading::ALL,
        crate::application::received::ALL,
        crate::application::EVENTS,
        crate::api_token::ALL,
        crate::audit::ALL,
        crate::blobs::ALL,
        crate::calendar::ALL,
        crate::conversation::ALL,
        crate::idempotency::ALL,
        crate::notice::ALL,
        crate::reach::ALL,
        crate::job::ALL,
        crate::keys::ALL,
        crate::maintenance::ALL,
        crate::number::ALL,
        crate::number::esim::ALL,
        crate::number::history::ALL,
        crate::number::ledger::ALL,
        crate::number::party::ALL,
        crate::number::pool::ALL,
        crate::number::provision::ALL,
        crate::number::shard::ALL,
        crate::number::states::ALL,
        crate::number::stock::ALL,
        crate::number::sim::ALL,
        crate::number::sim_key::ALL,
        crate::operator::ALL,
        crate::party::ALL,
        #[cfg(test)]
        crate::audit::tests::ALL,
        #[cfg(test)]
        crate::postgres::tests::ALL,
        crate::review::ALL,
        crate::staff::ALL,
        #[cfg(test)]
        crate::db::faults::ALL,
        #[cfg(test)]
        crate::db::tests::ALL,
    ];
    areas.iter().flat_map(|area| area.iter().copied())
}

/// For `audit verify`: one statement per kind of subject. Given an operator, it answers with the
/// subjects whose state row has another version than their newest audit entry: the subject, the
/// version of the state, the version of the entry (0 if there is none).
pub(crate) fn state_versions() -> &'static [&'static Statement] {
    &[
        &crate::api_token::STATE_VERSIONS,
        &crate::application::VERSIONS,
        &crate::number::VERSIONS,
        &crate::number::esim::VERSIONS,
    ]
}
