//! Operators: who they are, and how one joins.

use crate::app::App;
use crate::error::Error;
use domain::id::OperatorId;
use domain::operator::Operator;
use domain::refusal::Refusal;
use store::{Batch, CommitError};

/// Why an operator cannot join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperatorRefusal {
    /// The code is not lower-case letters, digits and dashes.
    BadCode,
    /// Another operator has this id or code.
    Exists,
}

impl OperatorRefusal {
    /// Every refusal.
    pub const ALL: [Self; 2] = [Self::BadCode, Self::Exists];
}

impl Refusal for OperatorRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::BadCode => "operator.bad_code",
            Self::Exists => "operator.exists",
        }
    }
}

/// The operator `id`; [`Error::NotFound`] if there is none.
pub async fn load(app: &App, id: OperatorId) -> Result<Operator, Error> {
    store::operator::load(&app.store.db, id).await?.ok_or(Error::NotFound)
}

/// The operator with this code; [`Error::NotFound`] if there is none.
pub async fn by_code(app: &App, code: &str) -> Result<Operator, Error> {
    store::operator::by_code(&app.store.db, code).await?.ok_or(Error::NotFound)
}

/// All operators, oldest first.
pub async fn list(app: &App) -> Result<Vec<Operator>, Error> {
    Ok(store::operator::list(&app.store.db).await?)
}

/// Adds an operator. The id is the caller's choice, so that a repeated start adds none twice.
pub async fn join(app: &App, operator: &Operator) -> Result<(), Error> {
    if !Operator::is_code(&operator.code) {
        return Err(OperatorRefusal::BadCode.into());
    }
    let mut batch = Batch::new(app.now());
    store::operator::insert(&mut batch, operator);
    match app.store.db.commit(batch).await {
        Err(CommitError::Duplicate(_)) => Err(OperatorRefusal::Exists.into()),
        other => Ok(other?),
    }
}
