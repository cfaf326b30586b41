use super::password;
use crate::App;
use crate::error::Error;
use domain::access::{Action, Actor, Role};
use domain::id::{DataKeyId, OperatorId, StaffId};
use domain::staff::{PASSWORD_LEN_MIN, StaffRefusal, is_login};
use seal::{Sensitive, totp};
use store::staff::Staff;
use store::{AuditEntry, Batch, CommitError};

/// Characters of a name.
const NAME_LEN_MAX: usize = 40;

/// An account to be made.
#[derive(Clone, Debug)]
pub struct NewStaff {
    /// The tenant.
    pub operator_id: OperatorId,
    /// What will be typed to sign in.
    pub login: String,
    /// As colleagues know the person.
    pub name: Sensitive<String>,
    /// At least one.
    pub roles: Vec<Role>,
    /// Made up if absent.
    pub password: Option<Sensitive<String>>,
    /// The secret of the one-time codes; made up if absent.
    pub code_secret: Option<Sensitive<Vec<u8>>>,
}

/// The new account with its secrets, which are shown this once.
#[derive(Clone, Debug)]
pub struct Added {
    /// Who.
    pub staff_id: StaffId,
    /// What is typed to sign in.
    pub login: String,
    /// The password.
    pub password: Sensitive<String>,
    /// For an authenticator app, by hand.
    pub code_secret: Sensitive<String>,
    /// For an authenticator app, as a QR code.
    pub code_uri: Sensitive<String>,
}

/// Makes an account. Password and code secret come back once and are stored hashed and sealed.
pub async fn add(app: &App, actor: &Actor, new: NewStaff) -> Result<Added, Error> {
    crate::access::require(actor, Action::ManageStaff, Some(new.operator_id))?;
    check(&new)?;
    let at = app.now();
    let password = new.password.unwrap_or_else(|| Sensitive::new(made_up_password()));
    let code_secret = new
        .code_secret
        .unwrap_or_else(|| Sensitive::new(seal::entropy::bytes::<{ totp::SECRET_LEN }>().to_vec()));
    let mut batch = Batch::new(at);
    let key = app.store.keys.create(&mut batch, at);
    let staff = Staff {
        id: StaffId::from_u128(seal::entropy::uuid_v7(at.millis())),
        operator_id: new.operator_id,
        login: new.login,
        data_key_id: DataKeyId::from_u128(key.id()),
        name: new.name,
        password_hash: password::hash(password.clone()).await?,
        code_secret,
        code_last_step: None,
        version: 1,
        disabled_at: None,
        roles: new.roles,
    };
    staff.insert(&mut batch, &key);
    let roles: Vec<&str> = staff.roles.iter().map(|role| role.code()).collect();
    batch.audit(AuditEntry {
        operator_id: staff.operator_id,
        subject: staff.id.to_string(),
        subject_version: staff.version,
        actor: actor.audit_name(),
        action: "staff.add".to_owned(),
        detail_json: serde_json::json!({ "roles": roles }).to_string(),
        at,
    });
    match app.store.db.commit(batch).await {
        Err(CommitError::Duplicate(_)) => return Err(StaffRefusal::LoginTaken.into()),
        other => other?,
    }
    let secret = staff.code_secret.expose();
    Ok(Added {
        staff_id: staff.id,
        code_secret: Sensitive::new(totp::base32(secret)),
        code_uri: Sensitive::new(totp::uri("Baohao", &staff.login, secret)),
        login: staff.login,
        password,
    })
}

fn check(new: &NewStaff) -> Result<(), StaffRefusal> {
    let name_length = new.name.expose().trim().chars().count();
    if !is_login(&new.login) {
        return Err(StaffRefusal::LoginMalformed);
    }
    if !(1..=NAME_LEN_MAX).contains(&name_length) {
        return Err(StaffRefusal::NameMalformed);
    }
    if new.roles.is_empty() {
        return Err(StaffRefusal::NoRole);
    }
    let chosen = new.password.as_ref();
    if chosen.is_some_and(|chosen| chosen.expose().chars().count() < PASSWORD_LEN_MIN) {
        return Err(StaffRefusal::PasswordTooShort);
    }
    Ok(())
}

/// Four groups of four characters: 78 bits.
fn made_up_password() -> String {
    let groups: Vec<String> = (0..4).map(|_| seal::entropy::readable(4)).collect();
    groups.join("-")
}
