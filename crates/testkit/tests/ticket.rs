//! Tickets, on the outside of the use cases that give them.

use service::ticket::{self, Purpose};
use testkit::{TestApp, on_both_engines};

on_both_engines! {
    async fn a_ticket_is_good_for_its_purpose_until_its_end_and_unchanged(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        let until = app.now().plus_minutes(30);
        let given = ticket::issue(&app, Purpose::Applicant, "app_1", until);
        assert_eq!(ticket::read(&app, Purpose::Applicant, &given).as_deref(), Some("app_1"));
        assert_eq!(ticket::read(&app, Purpose::Holder, &given), None, "another purpose");
        for at in 0..given.len() {
            let change = |(place, c)| match (place == at, c) {
                (false, c) => c,
                (true, 'A') => 'B',
                (true, _) => 'A',
            };
            let changed: String = given.chars().enumerate().map(change).collect();
            assert_eq!(ticket::read(&app, Purpose::Applicant, &changed), None, "changed at {at}");
        }
        app.advance_seconds(30 * 60);
        assert_eq!(ticket::read(&app, Purpose::Applicant, &given), None, "over");
    }
}
