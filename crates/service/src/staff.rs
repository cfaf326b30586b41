//! Staff: accounts, signing in with password and one-time code, sessions.

mod add;
mod password;
mod session;
mod sign_in;

pub use add::{Added, NewStaff, add};
pub use session::{Session, session, sign_out};
pub use sign_in::{SignIn, SignedIn, sign_in};

use crate::App;
use crate::error::Error;
use domain::access::{Action, Actor, Role};
use domain::id::{OperatorId, StaffId};
use domain::time::At;
use seal::Sensitive;
use store::staff::Staff;

/// A member of staff as administrators and leads see it.
#[derive(Clone, Debug)]
pub struct Member {
    /// Who.
    pub staff_id: StaffId,
    /// What is typed to sign in.
    pub login: String,
    /// As colleagues know the person.
    pub name: Sensitive<String>,
    /// What the person may do.
    pub roles: Vec<Role>,
    /// Since when the account is closed.
    pub disabled_at: Option<At>,
}

/// The staff of an operator, by login.
pub async fn list(app: &App, actor: &Actor, operator_id: OperatorId) -> Result<Vec<Member>, Error> {
    crate::access::require(actor, Action::ManageStaff, Some(operator_id))?;
    let store = &app.store;
    let staff = Staff::of_operator(&store.db, &store.keys, operator_id).await?;
    Ok(staff.into_iter().map(Member::of).collect())
}

/// The name of a colleague of the same operator, for "decided by"; `None` if there is none such.
pub async fn name_of(
    app: &App,
    operator_id: OperatorId,
    staff_id: StaffId,
) -> Result<Option<Sensitive<String>>, Error> {
    let found = Staff::by_id(&app.store.db, &app.store.keys, staff_id).await?;
    Ok(found.filter(|staff| staff.operator_id == operator_id).map(|staff| staff.name))
}

impl Member {
    fn of(staff: Staff) -> Self {
        Self {
            staff_id: staff.id,
            login: staff.login,
            name: staff.name,
            roles: staff.roles,
            disabled_at: staff.disabled_at,
        }
    }
}
