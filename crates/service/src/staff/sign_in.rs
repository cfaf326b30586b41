use super::password;
use crate::App;
use crate::error::Error;
use crate::retry;
use domain::access::Role;
use domain::id::{OperatorId, StaffId};
use domain::staff::{Failures, StaffRefusal};
use domain::time::At;
use seal::{Sensitive, totp};
use store::staff::{self, Staff, StaffSession};
use store::{AuditEntry, Batch};

/// Longer than any password or login; what is longer is not read.
const TYPED_LEN_MAX: usize = 200;

/// What was typed.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// The login; case and spaces around it do not matter.
    pub login: String,
    /// The password.
    pub password: Sensitive<String>,
    /// The one-time code of the authenticator app; spaces do not matter.
    pub code: String,
}

/// A new session. Its token goes into a cookie and is stored nowhere.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The token.
    pub token: Sensitive<String>,
    /// Who signed in.
    pub staff_id: StaffId,
    /// Of which operator.
    pub operator_id: OperatorId,
    /// What the person may do.
    pub roles: Vec<Role>,
}

/// Signs in with login, password and one-time code. Whatever is wrong, the answer is the same and
/// takes as long; five failures lock the login for a while, whether or not it exists; a code is
/// good once.
pub async fn sign_in(app: &App, typed: SignIn) -> Result<SignedIn, Error> {
    let login: String = typed.login.trim().to_lowercase().chars().take(TYPED_LEN_MAX).collect();
    let code: String = typed.code.chars().filter(|c| !c.is_whitespace()).take(12).collect();
    let index = app.store.keys.blind("sign_in_failure.login", &login);
    check_lock(app, index).await?;
    let found = Staff::by_login(&app.store.db, &app.store.keys, &login).await?;
    let staff = found.filter(|staff| staff.disabled_at.is_none());
    let hash = staff.as_ref().map(|staff| staff.password_hash.clone());
    let is_readable = typed.password.expose().len() <= TYPED_LEN_MAX;
    let is_right = password::verify(typed.password, hash).await? && is_readable;
    let Some(staff) = staff.filter(|_| is_right) else {
        return Err(fail(app, index).await);
    };
    let at = app.now();
    let last = staff.code_last_step;
    let step = totp::accept(staff.code_secret.expose(), &code, at.millis(), last);
    let Some(step) = step else {
        return Err(fail(app, index).await);
    };
    match begin(app, &staff, step, index, at).await {
        // The same code was used a moment ago, or the account was closed.
        Err(Error::Conflict) => Err(fail(app, index).await),
        other => other,
    }
}

async fn check_lock(app: &App, index: [u8; 16]) -> Result<(), Error> {
    let failures = staff::Failures::load(&app.store.db, index).await?;
    Ok(rule_of(&failures).check(app.now())?)
}

async fn begin(
    app: &App,
    staff: &Staff,
    step: i64,
    index: [u8; 16],
    at: At,
) -> Result<SignedIn, Error> {
    let token = seal::entropy::secret();
    let session = StaffSession {
        token_hash: seal::sha256(token.as_bytes()),
        staff_id: staff.id,
        signed_in_at: at,
        seen_at: at,
    };
    let mut batch = Batch::new(at);
    staff.spend_code(&mut batch, step);
    session.insert(&mut batch, staff.operator_id);
    staff::Failures::clear(&mut batch, index);
    batch.audit(AuditEntry {
        operator_id: staff.operator_id,
        subject: staff.id.to_string(),
        subject_version: staff.version + 1,
        actor: staff.id.to_string(),
        action: "staff.sign_in".to_owned(),
        detail_json: "{}".to_owned(),
        at,
    });
    app.store.db.commit(batch).await?;
    Ok(SignedIn {
        token: token.into(),
        staff_id: staff.id,
        operator_id: staff.operator_id,
        roles: staff.roles.clone(),
    })
}

/// Counts the failure; the answer says that something was wrong, or that the login is locked now.
async fn fail(app: &App, index: [u8; 16]) -> Error {
    let counted = retry(|| async {
        let before = staff::Failures::load(&app.store.db, index).await?;
        let at = app.now();
        let after = rule_of(&before).plus_one(at);
        let row = staff::Failures {
            failed_count: after.count,
            version: before.version,
            last_failed_at: after.last_at,
            locked_until: after.locked_until,
        };
        let mut batch = Batch::new(at);
        row.save(&mut batch, index);
        app.store.db.commit(batch).await?;
        Ok(after.check(at))
    })
    .await;
    match counted {
        Ok(Ok(())) => StaffRefusal::WrongSignIn.into(),
        Ok(Err(locked)) => locked.into(),
        Err(error) => error,
    }
}

fn rule_of(row: &staff::Failures) -> Failures {
    Failures {
        count: row.failed_count,
        last_at: row.last_failed_at,
        locked_until: row.locked_until,
    }
}
