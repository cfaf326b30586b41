//! An SM-DP+ for tests: remembers its profiles and every call, and misbehaves on demand.

use service::port::{Heard, Later, Linked, PortError, ProfileOrder, Smdp, SmdpRefusal, Told};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard};

/// What the next call meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmdpFault {
    /// It is not done, and there is no answer.
    Silence,
    /// It is done, and the answer is lost.
    Lost,
    /// It is done, and the answer never comes: whoever waits is stopped.
    Hangs,
    /// It is refused.
    Refused(SmdpRefusal),
    /// Nothing happens to this call.
    Well,
}

/// How far a profile is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestProfile {
    /// `allocated`, `confirmed`, `released`, `available` or `unavailable`.
    pub state: &'static str,
    /// By what a phone gets it.
    pub matching_id: String,
    /// The chip it is bound to.
    pub eid: Option<String>,
}

#[derive(Debug, Default)]
struct World {
    profiles: BTreeMap<String, TestProfile>,
    calls: Vec<(&'static str, String)>,
    faults: VecDeque<SmdpFault>,
    heard: Vec<Heard>,
}

/// The SM-DP+.
#[derive(Debug, Default)]
pub struct TestSmdp(Mutex<World>);

impl TestSmdp {
    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().expect("no test panics while it holds this")
    }

    /// What the next calls meet, one after the other.
    pub fn will(&self, faults: impl IntoIterator<Item = SmdpFault>) {
        self.world().faults.extend(faults);
    }

    /// Every call so far: which, and its id.
    pub fn calls(&self) -> Vec<(&'static str, String)> {
        self.world().calls.clone()
    }

    /// Every profile that was ever asked for, by ICCID.
    pub fn profiles(&self) -> BTreeMap<String, TestProfile> {
        self.world().profiles.clone()
    }

    /// What it told and how it was taken.
    pub fn heard_so_far(&self) -> Vec<Heard> {
        self.world().heard.clone()
    }

    fn call<T: Send + 'static>(
        &self,
        what: &'static str,
        order: &ProfileOrder,
        act: impl FnOnce(&mut World) -> Result<T, SmdpRefusal>,
    ) -> Later<'static, Told<T>> {
        let mut world = self.world();
        world.calls.push((what, order.call_id.clone()));
        let lost = || Err(PortError::Unreachable("a test".to_owned()));
        let told = match world.faults.pop_front().unwrap_or(SmdpFault::Well) {
            SmdpFault::Silence => lost(),
            SmdpFault::Refused(refusal) => Ok(Err(refusal)),
            SmdpFault::Well => Ok(act(&mut world)),
            SmdpFault::Lost => {
                drop(act(&mut world));
                lost()
            }
            SmdpFault::Hangs => {
                drop(act(&mut world));
                return Box::pin(std::future::pending());
            }
        };
        Box::pin(async { told })
    }
}

impl Smdp for TestSmdp {
    fn address(&self) -> Option<String> {
        Some("smdp.example".to_owned())
    }

    fn order<'a>(&'a self, order: &'a ProfileOrder) -> Later<'a, Told<()>> {
        self.call("order", order, |world| {
            let profile = TestProfile {
                state: "allocated",
                matching_id: String::new(),
                eid: order.eid.clone(),
            };
            match world.profiles.get(&order.iccid) {
                Some(known) if known.state != "available" => Err(SmdpRefusal::InUse),
                _ => {
                    world.profiles.insert(order.iccid.clone(), profile);
                    Ok(())
                }
            }
        })
    }

    fn confirm<'a>(&'a self, order: &'a ProfileOrder) -> Later<'a, Told<Linked>> {
        self.call("confirm", order, |world| {
            let profile = world.profiles.get_mut(&order.iccid).ok_or(SmdpRefusal::Unknown)?;
            if profile.state != "allocated" {
                return Err(SmdpRefusal::MatchingId);
            }
            profile.state = "confirmed";
            profile.matching_id.clone_from(&order.matching_id);
            profile.eid.clone_from(&order.eid);
            Ok(Linked { matching_id: order.matching_id.clone(), address: None })
        })
    }

    fn release<'a>(&'a self, order: &'a ProfileOrder) -> Later<'a, Told<()>> {
        self.call("release", order, |world| {
            let profile = world.profiles.get_mut(&order.iccid).ok_or(SmdpRefusal::Unknown)?;
            if profile.state != "confirmed" {
                return Err(SmdpRefusal::InUse);
            }
            profile.state = "released";
            Ok(())
        })
    }

    fn cancel<'a>(&'a self, order: &'a ProfileOrder, is_reusable: bool) -> Later<'a, Told<()>> {
        self.call("cancel", order, |world| {
            let profile = world.profiles.get_mut(&order.iccid).ok_or(SmdpRefusal::Unknown)?;
            profile.state = if is_reusable { "available" } else { "unavailable" };
            Ok(())
        })
    }

    fn heard(&self, heard: Heard) {
        self.world().heard.push(heard);
    }
}
