//! What a step tells the holder, as a notice in the same batch.

use super::stage::Change;
use crate::app::Site;
use crate::notice::{NoticeRequest, To};
use domain::id::PartyId;
use domain::money::{self, Fee};
use domain::msisdn::Msisdn;
use domain::notice::{Counted, Template};
use domain::number::{Cause, Effect, HoldKind, Step, Tell, UsageKind};
use domain::policy::Policy;

/// The notices of a step. Whoever held the number when it happened is told; a number that nobody
/// held tells nobody.
pub(super) fn requests(site: &Site, change: &Change<'_>, step: &Step) -> Vec<NoticeRequest> {
    let Some(party_id) = told(change, step) else { return Vec::new() };
    let (msisdn, version) = (change.row.msisdn, change.row.version + 1);
    let writer = Writer { msisdn, policy: change.policy, site };
    let tells = step.effects.iter().filter_map(|effect| match effect {
        Effect::Tell(tell) => Some(tell),
        Effect::HolderChanged { .. }
        | Effect::SimChanged { .. }
        | Effect::Provision
        | Effect::Charge { .. }
        | Effect::GiveBack { .. } => None,
    });
    let requests = tells.enumerate().filter_map(|(place, tell)| {
        Some(NoticeRequest {
            operator_id: change.row.operator_id,
            template: writer.template(tell)?,
            about: Some(msisdn),
            application_id: None,
            to: To::Holder(party_id),
            dedup: format!("{}:v{version}:{place}", store::number::subject(msisdn)),
        })
    });
    requests.collect()
}

/// Who is told: the one who held it before, who may be another one afterwards.
fn told(change: &Change<'_>, step: &Step) -> Option<PartyId> {
    let facts = &change.row.facts;
    let before = facts.holder.map(|holder| holder.party_id).or(facts.former_party_id);
    before.or(step.next.holder.map(|holder| holder.party_id))
}

struct Writer<'a> {
    msisdn: Msisdn,
    policy: &'a Policy,
    site: &'a Site,
}

impl Writer<'_> {
    fn template(&self, tell: &Tell) -> Option<Template> {
        let tail = self.msisdn.tail4();
        let link = || self.site.link("numbers");
        let template = match tell {
            Tell::Remind { days_left, deadline_on } => Template::Reminder {
                tail,
                days_left: u32::try_from(*days_left).unwrap_or(0),
                due_on: *deadline_on,
            },
            Tell::LastDay { held_days, .. } => Template::LastDay {
                tail,
                held_days: u32::try_from(*held_days).unwrap_or(0),
                extend_fee: self.extend_fee(),
            },
            Tell::Saved { kind, used_on, deadline_on } => Template::Saved {
                tail,
                counted: counted(*kind),
                counted_on: *used_on,
                until: *deadline_on,
            },
            Tell::Restricted { hold, held_until_on } => {
                return self.restricted(*hold, *held_until_on);
            }
            Tell::Lifted { hold: HoldKind::Loss, .. } => Template::Unlost { tail },
            Tell::Lifted { hold: HoldKind::RetentionPause, deadline_on }
            | Tell::Recovered { deadline_on } => {
                Template::Resumed { tail, keep_by: Some(*deadline_on) }
            }
            Tell::Lifted { .. } | Tell::CloseWithdrawn => Template::Restored { tail },
            Tell::ReverifyOrdered { by } => {
                Template::ReverifyDue { tail, until: by.date_in(&self.policy.zone), link: link() }
            }
            Tell::Paused { until_on } => Template::Paused { tail, until: *until_on },
            Tell::SimReplaced => Template::SimReplaced { tail },
            Tell::Transferred => Template::Transferred { tail },
            Tell::Closing { until_on } => Template::Closing { tail, until: *until_on },
            Tell::Quarantined { cause, until_on } => {
                let recover_until = until_on.yesterday().unwrap_or(*until_on);
                match cause {
                    Cause::Request => Template::Closed { tail, recover_until },
                    Cause::Inactivity | Cause::Arrears | Cause::PortReturn => {
                        Template::Quarantined { tail, recover_until, link: link() }
                    }
                }
            }
            Tell::Released => Template::Released { tail },
            // The other operator welcomes its new customer.
            Tell::PortedOut => return None,
        };
        Some(template)
    }

    /// What one window more costs, where it is offered.
    fn extend_fee(&self) -> Option<String> {
        let minor = self.policy.fees.minor(Fee::Extension);
        let price = || money::price(minor, &self.policy.currency, self.policy.currency_decimals);
        (minor > 0).then(price)
    }

    fn restricted(
        &self,
        hold: HoldKind,
        held_until_on: Option<jiff::civil::Date>,
    ) -> Option<Template> {
        let tail = self.msisdn.tail4();
        let link = self.site.link("numbers");
        match (hold, held_until_on) {
            (HoldKind::InactiveOutgoing, Some(until)) => {
                Some(Template::OutgoingBarred { tail, until })
            }
            (HoldKind::InactiveFull, Some(held_until)) => {
                Some(Template::Suspended { tail, held_until, link })
            }
            (HoldKind::Loss, _) => Some(Template::Lost { tail, link }),
            (HoldKind::ArrearsOutgoing | HoldKind::ArrearsFull, _) => {
                Some(Template::Arrears { tail, link })
            }
            (HoldKind::Fraud | HoldKind::ReverifyDue | HoldKind::Authority, _) => {
                Some(Template::SafetyStop { tail, link })
            }
            (
                HoldKind::InactiveOutgoing
                | HoldKind::InactiveFull
                | HoldKind::Unregistered
                | HoldKind::RetentionPause
                | HoldKind::SimSwapCooling,
                _,
            ) => None,
        }
    }
}

fn counted(kind: UsageKind) -> Counted {
    match kind {
        UsageKind::MoCall | UsageKind::MtCall => Counted::Call,
        UsageKind::MoSms | UsageKind::MtSms => Counted::Text,
        UsageKind::DataSession => Counted::Data,
        UsageKind::TopUp => Counted::TopUp,
        UsageKind::PlanFeePaid | UsageKind::Extension | UsageKind::Vas => Counted::Other,
    }
}
