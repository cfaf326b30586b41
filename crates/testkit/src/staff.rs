use crate::{Browser, TestApp};
use domain::access::{Actor, Role};
use domain::id::{OperatorId, StaffId};
use seal::totp;
use service::App;
use service::staff::NewStaff;

/// The password of every [`Colleague`].
const PASSWORD: &str = "seven green lamps";

/// A member of staff whose secrets the test knows.
#[derive(Clone, Debug)]
pub struct Colleague {
    /// Who.
    pub staff_id: StaffId,
    /// Of which operator.
    pub operator_id: OperatorId,
    /// What is typed to sign in.
    pub login: String,
    roles: Vec<Role>,
    secret: Vec<u8>,
}

impl TestApp {
    /// Adds a member of staff; `login` is also the name.
    pub async fn staff(&self, operator_id: i64, login: &str, roles: &[Role]) -> Colleague {
        let secret = seal::sha256(login.as_bytes()).to_vec();
        let new = NewStaff {
            operator_id: OperatorId(operator_id),
            login: login.to_owned(),
            name: login.to_owned().into(),
            roles: roles.to_vec(),
            password: Some(PASSWORD.to_owned().into()),
            code_secret: Some(secret.clone().into()),
        };
        let added = service::staff::add(&self.app, &Actor::System, new).await;
        let staff_id = added.expect("a sound account").staff_id;
        Colleague {
            staff_id,
            operator_id: OperatorId(operator_id),
            login: login.to_owned(),
            roles: roles.to_vec(),
            secret,
        }
    }
}

impl Colleague {
    /// The actor of this person's steps.
    pub fn actor(&self) -> Actor {
        Actor::Staff {
            operator_id: self.operator_id,
            staff_id: self.staff_id,
            roles: self.roles.clone(),
        }
    }

    /// The one-time code of now.
    pub fn code(&self, app: &App) -> String {
        totp::code(&self.secret, totp::step_at(app.now().millis()))
    }

    /// Signs in on the sign-in page.
    pub async fn sign_in(&self, app: &App, browser: &mut Browser) {
        browser.open("/desk/sign-in").await;
        let form = browser.form("sign-in").fill("login", &self.login).fill("password", PASSWORD);
        browser.send(form.fill("code", &self.code(app))).await;
        assert!(browser.cookie("staff").is_some(), "{}", browser.page.text());
    }
}
