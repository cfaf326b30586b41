//! The workers as they run in a program: at once, beside one another, until they are stopped.

#![expect(clippy::unwrap_used, reason = "tests")]

use service::App;
use service::port::{Later, Mail, OutgoingMail, PortError};
use service::register;
use std::sync::Arc;
use std::time::Duration;
use testkit::{Outside, TestApp, on_both_engines};

/// Mail that never answers for one receiver.
#[derive(Debug)]
struct HalfDead(Arc<Outside>);

impl Mail for HalfDead {
    fn recognises_repeats(&self) -> bool {
        Mail::recognises_repeats(&*self.0)
    }

    fn submit<'a>(&'a self, mail: &'a OutgoingMail) -> Later<'a, Result<String, PortError>> {
        if mail.to.starts_with("stuck") {
            return Box::pin(std::future::pending());
        }
        Mail::submit(&*self.0, mail)
    }
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let wait = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.expect(what);
}

on_both_engines! {
    async fn a_job_that_hangs_holds_up_no_other_and_no_end(fresh: Fresh) {
        let test = TestApp::on(fresh).await;
        test.operator(1).await;
        let app = Arc::new(App {
            store: test.store.clone(),
            clock: Arc::clone(&test.app.clock),
            hlr: Arc::clone(&test.app.hlr),
            sms: Arc::clone(&test.app.sms),
            mail: Arc::new(HalfDead(Arc::clone(&test.outside))),
            smdp: Arc::new(service::port::NoSmdp),
            authority: Arc::new(service::port::NoAuthority),
            ocr: Arc::new(service::port::NoModels),
        faces: Arc::new(service::port::NoModels),
            site: test.app.site.clone(),
            maintenance: service::maintenance::Watch::default(),
            limits: service::app::Limits::default(),
            memory: service::app::Memory::default(),
        });
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let worker = tokio::spawn(service::work::run_forever(Arc::clone(&app), async {
            drop(stopped.await);
        }));
        for (n, contact) in [(1, "stuck@example.org"), (2, "quick@example.org")] {
            let card = test.unregistered(1, n).await;
            let drafted = test.begin(1, &card).await;
            register::send_code(&app, &drafted.actor, drafted.id, contact).await.unwrap();
        }
        let outside = Arc::clone(&test.outside);
        until("the quick one arrives", || outside.mail().len() == 1).await;
        stop.send(()).unwrap();
        tokio::time::timeout(Duration::from_secs(20), worker).await.unwrap().unwrap();
        assert!(test.outside.mail().iter().all(|mail| mail.to == "quick@example.org"));
    }
}
