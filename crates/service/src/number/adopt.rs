//! Taking over numbers with their history from an earlier system, or for a demo.
//!
//! What happened to a number is told as a story of past events. The same rule that decides about
//! living numbers decides about the story, deadlines in between included; what comes out is written
//! as version 1 of the number. Nobody is written to about the past, and the network is expected to
//! be as the story ends: the reconciler will look.

use crate::app::App;
use crate::error::Error;
use crate::notice::reach::{self, Preference};
use crate::policy;
use crate::port::HlrRecord;
use domain::id::{OperatorId, PartyId};
use domain::msisdn::Msisdn;
use domain::number::{Effect, Event, Facts, Holder, SimRef, Step, decide, lean, needs_proof};
use domain::policy::Policy;
use domain::time::At;
use seal::Sensitive;
use std::collections::BTreeMap;
use store::number::provision::{self, Provision, ProvisionStep};
use store::number::{NumberRow, history, party, sim};
use store::party::{Party, PartyKind, Profile};
use store::{AuditEntry, Batch};

/// Numbers in one commit.
const COMMIT_MAX: usize = 250;
/// Deadlines in one story: a number lives through a few dozen in its life.
const DEADLINES_MAX: u32 = 200;
/// The network is compared with what is wanted within so many days, a share each day.
const COMPARE_DAYS: i64 = 28;

/// One number to be taken over.
#[derive(Clone, Debug)]
pub struct Adopted {
    /// Which.
    pub msisdn: Msisdn,
    /// What happened to it, oldest first; none of it after now.
    pub story: Vec<(At, Event)>,
    /// A holder of the story who is not known yet.
    pub holder: Option<AdoptedHolder>,
}

/// A person who comes with a number.
#[derive(Clone, Debug)]
pub struct AdoptedHolder {
    /// As in the story.
    pub party_id: PartyId,
    /// The name.
    pub name: Sensitive<String>,
    /// How the person is reached.
    pub preference: Preference,
}

/// Takes numbers over; what the network must know of their SIMs comes back. A number or SIM that is
/// known already is a conflict, and the numbers committed before it stay.
pub async fn adopt(
    app: &App,
    operator_id: OperatorId,
    numbers: &[Adopted],
) -> Result<Vec<HlrRecord>, Error> {
    let policy = policy::of(app, operator_id, app.now()).await?;
    let mut records = Vec::new();
    let mut slots = BTreeMap::new();
    for (turn, some) in numbers.chunks(COMMIT_MAX).enumerate() {
        let mut batch = Batch::new(app.now());
        for (place, adopted) in some.iter().enumerate() {
            let story = Story { operator_id, msisdn: adopted.msisdn, policy: &policy };
            let facts = story.tell(&mut batch, &adopted.story, app.now())?;
            let share = i64::try_from(turn * COMMIT_MAX + place).unwrap_or(0) % COMPARE_DAYS;
            records.extend(story.write(&mut batch, facts, &mut slots, share + 1));
            if let Some(holder) = &adopted.holder {
                know(app, &mut batch, operator_id, holder);
            }
        }
        app.store.db.commit(batch).await?;
    }
    Ok(records)
}

/// Records a person: sealed name, how to be reached.
fn know(app: &App, batch: &mut Batch, operator_id: OperatorId, holder: &AdoptedHolder) {
    let at = batch.at();
    let key = app.store.keys.create(batch, at);
    let name = holder.name.clone().into_exposed();
    let profile = Profile { name, birth: None, address: String::new() };
    let kind = PartyKind::Person;
    Party::new(holder.party_id, operator_id, kind, &key, &profile).insert(batch);
    reach::record(app, batch, holder.party_id, &key, &holder.preference);
}

struct Story<'a> {
    operator_id: OperatorId,
    msisdn: Msisdn,
    policy: &'a Policy,
}

impl Story<'_> {
    /// Lives through the story until `now`; histories are written on the way.
    fn tell(&self, batch: &mut Batch, story: &[(At, Event)], now: At) -> Result<Facts, Error> {
        let mut facts = Facts::in_stock(story.first().map_or(now, |(at, _)| *at));
        for (at, event) in story {
            facts = self.live(batch, facts, *at)?;
            facts = self.happen(batch, &facts, event, *at)?;
        }
        self.live(batch, facts, now)
    }

    /// Every deadline until `until`, each at its instant.
    fn live(&self, batch: &mut Batch, mut facts: Facts, until: At) -> Result<Facts, Error> {
        for _ in 0..DEADLINES_MAX {
            let Some(due) = facts.due_at.filter(|due| *due <= until) else { break };
            if needs_proof(&facts, self.policy, due) {
                // The earlier system vouches for its notices.
                facts.notice_proven_at = Some(due);
            }
            facts = self.happen(batch, &facts, &Event::DeadlinePassed, due)?;
        }
        Ok(facts)
    }

    fn happen(
        &self,
        batch: &mut Batch,
        facts: &Facts,
        event: &Event,
        at: At,
    ) -> Result<Facts, Error> {
        let Step { next, effects, .. } = decide(facts, self.policy, event, at)?;
        let mut past = Batch::new(at);
        for effect in effects {
            match effect {
                Effect::HolderChanged { to, .. } => {
                    history::insert_holder(&mut past, self.msisdn, 1, to);
                }
                Effect::SimChanged { from, to } => {
                    if let Some(new) = to {
                        sim::insert(&mut past, self.operator_id, new, None);
                        sim::take(&mut past, self.operator_id, new, self.msisdn);
                    }
                    if let Some(old) = from {
                        let state = sim::SimState::Dead;
                        sim::put_back(&mut past, old, self.msisdn, state);
                    }
                    history::insert_sim(&mut past, self.msisdn, 1, from, to);
                }
                // Money and notices of the past were the earlier system's.
                Effect::Tell(_)
                | Effect::Provision
                | Effect::Charge { .. }
                | Effect::GiveBack { .. } => {}
            }
        }
        batch.append(past);
        Ok(next)
    }

    /// Writes the number as it is now; what the network must know of its SIM.
    fn write(
        &self,
        batch: &mut Batch,
        facts: Facts,
        slots: &mut BTreeMap<PartyId, i64>,
        compare_in_days: i64,
    ) -> Option<HlrRecord> {
        let Self { operator_id, msisdn, policy } = *self;
        let now = batch.at();
        let (lifecycle, holder, sim) = (facts.lifecycle, facts.holder, facts.sim);
        let profile = facts.profile();
        let row = NumberRow { msisdn, operator_id, version: 1, facts };
        store::number::insert(batch, &row);
        batch.audit(AuditEntry {
            operator_id,
            subject: store::number::subject(msisdn),
            subject_version: 1,
            actor: "system".to_owned(),
            action: "number.adopted".to_owned(),
            detail_json: serde_json::json!({
                "to": lifecycle.code(),
                "policy": policy.label(),
            })
            .to_string(),
            at: now,
        });
        self.seat(batch, holder, slots);
        let SimRef { imsi, .. } = sim?;
        let lean = lean(&row.facts, policy);
        provision::want(batch, operator_id, msisdn, imsi, Some((profile, lean)));
        let wanted = Provision {
            msisdn,
            operator_id,
            imsi,
            profile: Some(profile),
            lean,
            applied: None,
            drift_count: 0,
            drift: None,
            step: ProvisionStep::Wanted,
            version: 1,
            wanted_at: now,
            confirmed_at: None,
            check_at: now,
            tries: 0,
            last_error: None,
            application_id: None,
        };
        wanted.confirm(batch, None, now.plus_days(compare_in_days));
        Some(HlrRecord {
            imsi: imsi.as_str().to_owned(),
            msisdn: Some(msisdn.to_string()),
            profile: profile.into(),
        })
    }

    fn seat(&self, batch: &mut Batch, holder: Option<Holder>, slots: &mut BTreeMap<PartyId, i64>) {
        if let Some(holder) = holder {
            let slot = slots.entry(holder.party_id).or_default();
            party::insert(batch, self.operator_id, self.msisdn, holder, *slot);
            *slot += 1;
        }
    }
}
