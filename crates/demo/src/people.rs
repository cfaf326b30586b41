//! The two operators of the demo and their staff. Nothing here is secret: it is printed at start.

use domain::access::{Actor, Role};
use domain::id::OperatorId;
use domain::operator::Operator;
use domain::time::Zone;
use seal::{Sensitive, totp};
use service::staff::{self, NewStaff};
use service::{App, Error};

/// A member of staff of the demo.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    /// The tenant.
    pub operator_id: OperatorId,
    /// What is typed to sign in.
    pub login: &'static str,
    /// The name.
    pub name: &'static str,
    /// The one role.
    pub role: Role,
}

/// The password of every account.
pub(crate) const PASSWORD: &str = "paper lamp river 42";

const FIRST: OperatorId = OperatorId(1);
const SECOND: OperatorId = OperatorId(2);

/// Every account: each role for the first operator, two for the second, to see that they are apart.
pub const ACCOUNTS: &[Account] = &[
    Account { operator_id: FIRST, login: "reviewer", name: "李工", role: Role::Reviewer },
    Account { operator_id: FIRST, login: "reviewer2", name: "王工", role: Role::Reviewer },
    Account { operator_id: FIRST, login: "lead", name: "赵组长", role: Role::Lead },
    Account { operator_id: FIRST, login: "clerk", name: "小陈", role: Role::Clerk },
    Account { operator_id: FIRST, login: "agent", name: "小周", role: Role::Agent },
    Account { operator_id: FIRST, login: "admin", name: "孙管理员", role: Role::Administrator },
    Account { operator_id: FIRST, login: "auditor", name: "钱审计", role: Role::Auditor },
    Account { operator_id: SECOND, login: "reviewer-b", name: "Robin", role: Role::Reviewer },
    Account { operator_id: SECOND, login: "lead-b", name: "Kim", role: Role::Lead },
];

impl Account {
    /// The secret of the one-time codes, as an authenticator app wants it.
    pub fn secret(&self) -> String {
        totp::base32(&self.secret_bytes())
    }

    /// The password.
    pub const fn password(&self) -> &'static str {
        PASSWORD
    }

    /// The one-time code at this instant.
    pub fn code_at(&self, millis: i64) -> String {
        totp::code(&self.secret_bytes(), totp::step_at(millis))
    }

    fn secret_bytes(&self) -> Vec<u8> {
        let hash = seal::sha256(format!("baohao demo {}", self.login).as_bytes());
        hash.iter().take(totp::SECRET_LEN).copied().collect()
    }
}

/// The operators of the demo.
pub(crate) fn operators() -> [Operator; 2] {
    [
        Operator {
            id: FIRST,
            code: "demo".into(),
            name_zh: "保号通信".into(),
            name_en: "Baohao Mobile".into(),
            brand: "保号通".into(),
            hotline: "10100".into(),
            zone: Zone::shanghai(),
            policy_pack: "cn".into(),
            language: "zh".into(),
        },
        Operator {
            id: SECOND,
            code: "second".into(),
            name_zh: "另一家".into(),
            name_en: "Other Mobile".into(),
            brand: "另一家".into(),
            hotline: "10200".into(),
            zone: Zone::shanghai(),
            policy_pack: "cn".into(),
            language: "en".into(),
        },
    ]
}

/// Adds the operators and their staff.
pub(crate) async fn seed(app: &App) -> Result<(), Error> {
    for operator in operators() {
        service::operator::join(app, &operator).await?;
    }
    for account in ACCOUNTS {
        let new = NewStaff {
            operator_id: account.operator_id,
            login: account.login.to_owned(),
            name: Sensitive::new(account.name.to_owned()),
            roles: vec![account.role],
            password: Some(Sensitive::new(PASSWORD.to_owned())),
            code_secret: Some(Sensitive::new(account.secret_bytes())),
        };
        staff::add(app, &Actor::System, new).await?;
    }
    Ok(())
}
