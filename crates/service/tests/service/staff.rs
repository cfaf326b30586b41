//! Signing in as staff, on both engines.
#![expect(clippy::unwrap_used, reason = "tests")]

use domain::access::{Actor, Role};
use domain::id::OperatorId;
use seal::{Sensitive, totp};
use service::staff::{self, Added, NewStaff, SignIn, SignedIn};
use service::{App, Error};
use testkit::{TestApp, on_both_engines};

const PASSWORD: &str = "seven green lamps";
const SECRET: [u8; totp::SECRET_LEN] = [7; totp::SECRET_LEN];

async fn add(app: &App, login: &str, roles: &[Role]) -> Result<Added, Error> {
    let new = NewStaff {
        operator_id: OperatorId(1),
        login: login.to_owned(),
        name: Sensitive::new("李工".to_owned()),
        roles: roles.to_vec(),
        password: Some(PASSWORD.to_owned().into()),
        code_secret: Some(SECRET.to_vec().into()),
    };
    staff::add(app, &Actor::System, new).await
}

fn code_now(app: &App) -> String {
    totp::code(&SECRET, totp::step_at(app.now().millis()))
}

async fn sign_in(app: &App, login: &str, password: &str, code: &str) -> Result<SignedIn, String> {
    let password = password.to_owned().into();
    let typed = SignIn { login: login.to_owned(), password, code: code.to_owned() };
    staff::sign_in(app, typed).await.map_err(|error| code_of(&error))
}

fn code_of(error: &Error) -> String {
    match error {
        Error::Refused(refused) => match refused.values.first() {
            Some((_, value)) => format!("{} {value}", refused.code),
            None => refused.code.to_owned(),
        },
        other => format!("{other:?}"),
    }
}

on_both_engines! {
    async fn a_reviewer_signs_in_works_and_signs_out(db: Fresh) {
        let app = TestApp::on(db).await;
        let added = add(&app, "li.gong", &[Role::Reviewer]).await.unwrap();
        let code = code_now(&app);
        let signed = sign_in(&app, " Li.Gong ", PASSWORD, &format!(" {code} ")).await.unwrap();
        let token = signed.token.expose();
        let session = staff::session(&app, token).await.unwrap().unwrap();
        assert_eq!(session.staff_id, added.staff_id);
        assert_eq!((session.name.expose().as_str(), session.roles), ("李工", vec![Role::Reviewer]));
        assert!(staff::session(&app, "another token").await.unwrap().is_none());
        staff::sign_out(&app, token).await.unwrap();
        assert!(staff::session(&app, token).await.unwrap().is_none());
    }

    async fn a_code_is_good_once_even_for_two_at_once(db: Fresh) {
        let app = TestApp::on(db).await;
        add(&app, "li", &[Role::Reviewer]).await.unwrap();
        let code = code_now(&app);
        let tries = (0..4).map(|_| {
            let (app, code) = (std::sync::Arc::clone(&app.app), code.clone());
            tokio::spawn(async move { sign_in(&app, "li", PASSWORD, &code).await.is_ok() })
        });
        let mut wins = 0;
        for attempt in tries.collect::<Vec<_>>() {
            wins += u32::from(attempt.await.unwrap());
        }
        assert_eq!(wins, 1);
        app.advance_seconds(30);
        sign_in(&app, "li", PASSWORD, &code_now(&app)).await.unwrap();
    }

    async fn whatever_is_wrong_the_answer_is_the_same_and_five_lock(db: Fresh) {
        let app = TestApp::on(db).await;
        add(&app, "li", &[Role::Reviewer]).await.unwrap();
        let code = code_now(&app);
        for login in ["li", "nobody"] {
            let wrong_code = if login == "li" { "000000" } else { code.as_str() };
            for (password, code) in
                [("wrong", code.as_str()), ("", &code), (PASSWORD, wrong_code), ("wrong", &code)]
            {
                let answer = sign_in(&app, login, password, code).await.unwrap_err();
                assert_eq!(answer, "staff.wrong_sign_in", "{login} {password}");
            }
            let fifth = sign_in(&app, login, "wrong", &code).await.unwrap_err();
            assert_eq!(fifth, "staff.locked 15", "{login}");
            let right = sign_in(&app, login, PASSWORD, &code).await.unwrap_err();
            assert_eq!(right, "staff.locked 15", "{login}");
        }
        app.advance_seconds(14 * 60 + 30);
        let code = code_now(&app);
        assert_eq!(sign_in(&app, "li", PASSWORD, &code).await.unwrap_err(), "staff.locked 1");
        app.advance_seconds(30);
        sign_in(&app, "li", PASSWORD, &code_now(&app)).await.unwrap();
        app.advance_seconds(30);
        let once = sign_in(&app, "li", "wrong", "000000").await.unwrap_err();
        assert_eq!(once, "staff.wrong_sign_in", "a success forgets the failures before");
    }

    async fn a_session_ends_idle_and_after_twelve_hours(db: Fresh) {
        let app = TestApp::on(db).await;
        add(&app, "li", &[Role::Reviewer]).await.unwrap();
        let idle = sign_in(&app, "li", PASSWORD, &code_now(&app)).await.unwrap();
        app.advance_seconds(30 * 60);
        assert!(staff::session(&app, idle.token.expose()).await.unwrap().is_none());
        let busy = sign_in(&app, "li", PASSWORD, &code_now(&app)).await.unwrap();
        for _ in 0..36 {
            assert!(staff::session(&app, busy.token.expose()).await.unwrap().is_some());
            app.advance_seconds(20 * 60);
        }
        assert!(staff::session(&app, busy.token.expose()).await.unwrap().is_none());
    }

    async fn accounts_that_cannot_be_are_refused_with_the_field(db: Fresh) {
        let app = TestApp::on(db).await;
        add(&app, "li", &[Role::Reviewer]).await.unwrap();
        let refusal = |result: Result<Added, Error>| code_of(&result.unwrap_err());
        assert_eq!(refusal(add(&app, "li", &[Role::Lead]).await), "staff.login_taken");
        assert_eq!(refusal(add(&app, "Li Gong", &[Role::Lead]).await), "staff.login_malformed");
        assert_eq!(refusal(add(&app, "wang", &[]).await), "staff.no_role");
        let reviewer = Actor::Staff {
            operator_id: OperatorId(1),
            staff_id: domain::id::StaffId::from_u128(1),
            roles: vec![Role::Reviewer],
        };
        let error = staff::list(&app, &reviewer, OperatorId(1)).await.unwrap_err();
        assert_eq!(code_of(&error), "access.not_your_role");
        let error = staff::list(&app, &reviewer, OperatorId(2)).await.unwrap_err();
        assert!(matches!(error, Error::NotFound));
    }

    async fn made_up_secrets_work_and_nothing_of_them_is_stored_readable(db: Fresh) {
        let app = TestApp::on(db).await;
        let new = NewStaff {
            operator_id: OperatorId(1),
            login: "wang".to_owned(),
            name: Sensitive::new("王组长".to_owned()),
            roles: vec![Role::Lead, Role::Reviewer],
            password: None,
            code_secret: None,
        };
        let added = staff::add(&app, &Actor::System, new).await.unwrap();
        assert_eq!(added.password.expose().len(), 19);
        assert!(added.code_uri.expose().starts_with("otpauth://totp/Baohao:wang?secret="));
        let stored = store::staff::Staff::by_login(&app.store.db, &app.store.keys, "wang");
        let stored = stored.await.unwrap().unwrap();
        assert!(!stored.password_hash.contains(added.password.expose()));
        let step = totp::step_at(app.now().millis());
        let code = totp::code(stored.code_secret.expose(), step);
        sign_in(&app, "wang", added.password.expose(), &code).await.unwrap();
        assert_eq!(format!("{added:?}").matches("•••").count(), 3);
    }
}
