use crate::App;
use crate::error::Error;
use domain::access::{Actor, Role};
use domain::id::{OperatorId, StaffId};
use domain::staff::{SESSION_HOURS, session_ends_at};
use domain::time::At;
use seal::Sensitive;
use store::Batch;
use store::staff::{Staff, StaffSession};

/// Use is noted to the minute: one write a minute, not one a request.
const TOUCH_MILLIS: i64 = 60_000;

/// Who is signed in, and until when.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who.
    pub staff_id: StaffId,
    /// Of which operator.
    pub operator_id: OperatorId,
    /// What is typed to sign in.
    pub login: String,
    /// As colleagues know the person.
    pub name: Sensitive<String>,
    /// What the person may do.
    pub roles: Vec<Role>,
    /// When the session ends unless it is used again.
    pub ends_at: At,
    /// When it ends in any case.
    pub ends_at_latest: At,
}

impl Session {
    /// The actor of this person's steps.
    pub fn actor(&self) -> Actor {
        Actor::Staff {
            operator_id: self.operator_id,
            staff_id: self.staff_id,
            roles: self.roles.clone(),
        }
    }
}

/// The session behind a token; `None` if there is none, or it was idle or open for too long, or the
/// account was closed. Roles are as they are now, not as they were at sign-in.
pub async fn session(app: &App, token: &str) -> Result<Option<Session>, Error> {
    let (at, store) = (app.now(), &app.store);
    let token_hash = seal::sha256(token.as_bytes());
    let Some(found) = StaffSession::load(&store.db, token_hash).await? else { return Ok(None) };
    if at >= session_ends_at(found.signed_in_at, found.seen_at) {
        return Ok(None);
    }
    let Some(staff) = Staff::by_id(&store.db, &store.keys, found.staff_id).await? else {
        return Ok(None);
    };
    if staff.disabled_at.is_some() {
        return Ok(None);
    }
    if at.millis() - found.seen_at.millis() >= TOUCH_MILLIS {
        let mut batch = Batch::new(at);
        found.touch(&mut batch);
        store.db.commit(batch).await?;
    }
    Ok(Some(Session {
        staff_id: staff.id,
        operator_id: staff.operator_id,
        login: staff.login,
        name: staff.name,
        roles: staff.roles,
        ends_at: session_ends_at(found.signed_in_at, at),
        ends_at_latest: found.signed_in_at.plus_minutes(SESSION_HOURS * 60),
    }))
}

/// Ends the session behind a token; nothing happens if there is none.
pub async fn sign_out(app: &App, token: &str) -> Result<(), Error> {
    let mut batch = Batch::new(app.now());
    StaffSession::end(&mut batch, seal::sha256(token.as_bytes()));
    Ok(app.store.db.commit(batch).await?)
}
