//! How the simulated world misbehaves: on demand, or by chance from a seed.

use serde::{Deserialize, Serialize};

/// The most faults waiting at a time: a demo needs a handful, a mistake should not fill memory.
pub(super) const FAULTS_MAX: usize = 100;

/// Which part of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Port {
    /// Commands to the register.
    Hlr,
    /// Submitting a text.
    Sms,
    /// The delivery receipt of a text, or the bounce of an e-mail.
    Receipt,
    /// Submitting an e-mail.
    Mail,
    /// Asking the SM-DP+ for something.
    Smdp,
    /// Asking the identity authority.
    Authority,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FaultKind {
    /// No answer in time, but it is done later.
    Late { millis: i64 },
    /// Done or told twice.
    Twice,
    /// No answer, and it is not done.
    Never,
    /// It takes effect after what comes next.
    WrongOrder,
    /// Refused for good; of a receipt: not deliverable.
    Reject,
    /// Asked to slow down.
    Throttle,
}

/// One fault to happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Where.
    pub port: Port,
    /// What.
    pub fault: FaultKind,
    /// How many times.
    #[serde(default = "once")]
    pub times: u32,
    /// Only for this IMSI, number or address.
    #[serde(default)]
    pub only: Option<String>,
}

fn once() -> u32 {
    1
}

/// Faults by chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chaos {
    /// The same seed gives the same faults for the same calls.
    pub seed: u64,
    /// How many calls of a hundred go wrong.
    pub percent: u8,
}

#[derive(Debug, Default)]
pub(super) struct Faults {
    waiting: Vec<(u64, Fault)>,
    next_id: u64,
    chaos: Option<Chaos>,
}

impl Faults {
    pub(super) fn inject(&mut self, fault: Fault) -> u64 {
        self.next_id += 1;
        if self.waiting.len() >= FAULTS_MAX {
            self.waiting.remove(0);
        }
        self.waiting.push((self.next_id, fault));
        self.next_id
    }

    pub(super) fn list(&self) -> Vec<(u64, Fault)> {
        self.waiting.clone()
    }

    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }

    pub(super) fn set_chaos(&mut self, chaos: Option<Chaos>) {
        self.chaos = chaos;
    }

    /// The fault of this call, which is thereby used up.
    pub(super) fn draw(&mut self, port: Port, about: &str) -> Option<FaultKind> {
        self.take(port, about, |_| true).or_else(|| self.by_chance(port))
    }

    /// As [`Faults::draw`], for a read: only silence and slowness apply.
    pub(super) fn draw_for_read(&mut self, about: &str) -> Option<FaultKind> {
        let applies = |kind| matches!(kind, FaultKind::Never | FaultKind::Throttle);
        let drawn = self.take(Port::Hlr, about, applies);
        drawn.or_else(|| self.by_chance(Port::Hlr).filter(|kind| applies(*kind)))
    }

    fn take(
        &mut self,
        port: Port,
        about: &str,
        applies: impl Fn(FaultKind) -> bool,
    ) -> Option<FaultKind> {
        let (_, fault) = self.waiting.iter_mut().find(|(_, fault)| {
            fault.port == port
                && fault.times > 0
                && applies(fault.fault)
                && fault.only.as_deref().is_none_or(|only| only == about)
        })?;
        fault.times -= 1;
        let kind = fault.fault;
        self.waiting.retain(|(_, fault)| fault.times > 0);
        Some(kind)
    }

    fn by_chance(&mut self, port: Port) -> Option<FaultKind> {
        let chaos = self.chaos.as_mut()?;
        chaos.seed = splitmix(chaos.seed);
        if chaos.seed % 100 >= u64::from(chaos.percent) {
            return None;
        }
        Some(match ((chaos.seed >> 32) % 5, port) {
            (0, _) => FaultKind::Late { millis: 1_500 },
            (1, _) => FaultKind::Twice,
            (2, _) => FaultKind::WrongOrder,
            (3, Port::Hlr | Port::Sms | Port::Mail) => FaultKind::Throttle,
            (_, _) => FaultKind::Never,
        })
    }
}

/// The next state of a small generator (Steele, Lea and Flood, 2014); chance without a library.
fn splitmix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
