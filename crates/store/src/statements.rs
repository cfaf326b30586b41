//! The list of all statements: one line per module.

use crate::statement::Statement;

/// Every registered statement of the program.
pub fn all() -> impl Iterator<Item = &'static Statement> {
    let areas: &[&[&'static Statement]] = &[
        crate::audit::ALL,
        crate::blobs::ALL,
        crate::job::ALL,
        crate::keys::ALL,
        crate::operator::ALL,
        #[cfg(test)]
        crate::db::tests::ALL,
    ];
    areas.iter().flat_map(|area| area.iter().copied())
}
