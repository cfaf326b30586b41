//! How a number is kept alive: the date, what counts, what comes next. One view for the page, the
//! SMS answer and the API.

use crate::app::App;
use crate::error::Error;
use crate::number;
use crate::work::Next;
use domain::access::{Action, Actor};
use domain::ical;
use domain::ladder;
use domain::msisdn::Msisdn;
use domain::number::{Event, Facts, HoldKind, Lifecycle, Usage, UsageKind};
use domain::policy::{LadderAct, Policy};
use domain::time::{At, Zone};
use jiff::civil::Date;
use store::ClaimedJob;
use words::Lang;

/// The job by which a number that was reminded learns at once that it was used; its key is the
/// number's subject.
pub const SAVED: &str = "keep.saved";

/// Runs the job: the newest use that the feed knows takes effect now, not at the next deadline.
pub async fn run(app: &App, job: &ClaimedJob) -> Result<Next, Error> {
    let Some(msisdn) = store::number::of_subject(&job.key) else {
        return Err(Error::fault(format!("{SAVED} with the key {}", job.key)));
    };
    let known = number::load(app, &Actor::System, Action::SeeNumber, msisdn).await;
    let last_use = match known {
        Ok((row, _)) => row.facts.last_use.filter(|last| last.at > row.facts.keep_from),
        Err(Error::NotFound) => None,
        Err(error) => return Err(error),
    };
    if let Some(Usage { kind, at: used_at }) = last_use {
        match number::apply_as_system(app, msisdn, &Event::UsageSeen { kind, used_at }).await {
            // Meanwhile it is nobody's, or being closed.
            Ok(_) | Err(Error::Refused(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Next::Done)
}

/// How a number is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeepView {
    /// The number.
    pub msisdn: Msisdn,
    /// The last day of the window, in `zone`: use on this day is in time.
    pub deadline_on: Date,
    /// Days from today to that day; negative once it has passed.
    pub days_left: i64,
    /// Whether the window runs at the moment. It stands still during a pause and while we, or an
    /// authority, do not let the holder use the number; then the date does not apply.
    pub is_running: bool,
    /// Whether a reminder was sent in this window.
    pub is_reminded: bool,
    /// The pause that was agreed, if there is one.
    pub paused_until: Option<At>,
    /// For how many days a use keeps the number.
    pub window_days: i32,
    /// What counts.
    pub counts: Vec<UsageKind>,
    /// What does not.
    pub counts_not: Vec<UsageKind>,
    /// The newest use that counted, if there was one since the holder has the number.
    pub last_use: Option<Usage>,
    /// From when the window counts.
    pub from: At,
    /// What comes without use, with its days.
    pub next: Vec<(LadderAct, Date)>,
    /// The day on which the number would go into quarantine without any use.
    pub held_until_on: Date,
    /// The legal zone of all these days.
    pub zone: Zone,
}

/// How a number in use is kept; a refusal for one that nobody holds.
pub async fn view(app: &App, msisdn: Msisdn) -> Result<KeepView, Error> {
    view_for(app, &Actor::System, msisdn).await
}

/// The same for an actor who must be allowed to see it.
pub async fn view_for(app: &App, actor: &Actor, msisdn: Msisdn) -> Result<KeepView, Error> {
    let (row, policy) = number::load(app, actor, Action::SeeNumber, msisdn).await?;
    if row.facts.lifecycle != Lifecycle::Active {
        return Err(domain::number::NumberRefusal::because(row.facts.lifecycle).into());
    }
    Ok(of(msisdn, &row.facts, &policy, app.now()))
}

/// The view of loaded facts.
pub fn of(msisdn: Msisdn, facts: &Facts, policy: &Policy, at: At) -> KeepView {
    let deadline_on = ladder::deadline_on(facts, policy);
    let today = at.date_in(&policy.zone);
    let left = today.until(deadline_on).map_or(0, |span| i64::from(span.get_days()));
    let counting: &[UsageKind] = &policy.keep_alive.counting;
    let (counts, counts_not) = UsageKind::ALL.into_iter().partition(|kind| counting.contains(kind));
    KeepView {
        msisdn,
        deadline_on,
        days_left: left,
        is_running: ladder::is_running(facts),
        is_reminded: facts.ladder.is_some() && ladder::anchor(facts) <= facts.keep_from,
        paused_until: facts.holds.get(HoldKind::RetentionPause).and_then(|hold| hold.until),
        window_days: *policy.keep_alive.window_days,
        counts,
        counts_not,
        last_use: facts.last_use,
        from: ladder::anchor(facts),
        next: ladder::plan(facts, policy),
        held_until_on: ladder::held_until_on(facts, policy),
        zone: policy.zone.clone(),
    }
}

/// The calendar file of a view: the last day, with an alarm a week and a day before.
pub fn calendar(view: &KeepView, lang: Lang, at: At) -> String {
    let tail = view.msisdn.tail4();
    let summary = lang.ical_keep_summary(&tail);
    ical::all_day(&ical::AllDay {
        uid: format!("keep-{}-{}@baohao", view.msisdn, view.deadline_on),
        on: view.deadline_on,
        summary: &summary,
        description: lang.ical_keep_description(),
        alarm_days: &[7, 1],
        stamp: at,
    })
}
