//! The SM-DP+ of the simulated world, and phones that install from it.

use super::state::{Change, Esim, EsimStage};
use super::{Event, FaultKind, Network, Port};
use domain::esim::{ActivationCode, Point};
use service::port::{PortError, ProfileOrder, SmdpRefusal, Told};

/// What is asked of it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ask {
    Order,
    Confirm,
    Release,
    Cancel { is_reusable: bool },
}

/// Why a phone did not install a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InstallError {
    /// It is no activation code.
    #[error("this is no activation code")]
    NoCode,
    /// No profile waits under it.
    #[error("no profile waits under this code")]
    Nothing,
    /// The profile is for another chip.
    #[error("the profile is for another phone")]
    OtherPhone,
}

impl Network {
    /// One question with the faults that apply to the profile.
    pub(crate) fn ask(&self, order: &ProfileOrder, ask: Ask) -> Told<()> {
        let mut inner = self.lock();
        let fault = inner.faults.draw(Port::Smdp, &order.iccid);
        match fault {
            Some(FaultKind::Reject) => return Ok(Err(SmdpRefusal::Other)),
            Some(FaultKind::Throttle) => return Err(PortError::Throttled),
            Some(FaultKind::Never) => {
                return Err(PortError::Unreachable("simulated silence".into()));
            }
            Some(FaultKind::Late { .. } | FaultKind::WrongOrder | FaultKind::Twice) | None => {}
        }
        let known = inner.state.esims.get(&order.iccid).cloned();
        let told = answer(known.as_ref(), order, ask);
        if let Ok(esim) = &told {
            inner.apply(Change::Esim { iccid: order.iccid.clone(), esim: esim.clone() });
        }
        match fault {
            // Done, but the answer was lost: the caller cannot know.
            Some(FaultKind::Late { .. } | FaultKind::WrongOrder) => {
                Err(PortError::Unreachable("simulated delay".into()))
            }
            // Asked twice, it refuses the second time; the first answer is the one that counts.
            _ => Ok(told.map(drop)),
        }
    }

    /// A phone with the chip `eid` (if it says so) scans an activation code and installs what waits
    /// under it; the program is told as ES2+ tells.
    pub fn install(&self, code: &str, eid: Option<&str>) -> Result<(), InstallError> {
        let code = ActivationCode::parse(code).map_err(|_| InstallError::NoCode)?;
        let now = self.now();
        let mut inner = self.lock();
        let waits = inner.state.esims.iter().find(|(_, esim)| {
            esim.stage == EsimStage::Released && esim.matching_id == code.matching_id()
        });
        let (iccid, esim) = waits.ok_or(InstallError::Nothing)?;
        let (iccid, esim) = (iccid.clone(), esim.clone());
        let is_other = esim.eid.is_some() && esim.eid.as_deref() != eid;
        let points: &[(Point, bool)] = if is_other {
            &[(Point::Eligibility, false)]
        } else {
            &[(Point::Download, true), (Point::Installation, true), (Point::Enabling, true)]
        };
        let mut changes: Vec<Change> = points
            .iter()
            .map(|(point, is_well)| {
                let (iccid, point) = (iccid.clone(), point.id());
                let event = Event::Download { iccid, point, is_well: *is_well, at: now };
                Change::Queued { due: now, event }
            })
            .collect();
        if !is_other {
            let esim = Esim { stage: EsimStage::Installed, ..esim };
            changes.push(Change::Esim { iccid, esim });
        }
        inner.apply_all(changes);
        drop(inner);
        self.news.notify_one();
        if is_other { Err(InstallError::OtherPhone) } else { Ok(()) }
    }

    /// A profile of the SM-DP+, if somebody asked for it.
    pub fn esim(&self, iccid: &str) -> Option<Esim> {
        self.lock().state.esims.get(iccid).cloned()
    }
}

/// What becomes of a profile.
fn answer(known: Option<&Esim>, order: &ProfileOrder, ask: Ask) -> Result<Esim, SmdpRefusal> {
    let stage = known.map_or(EsimStage::Available, |esim| esim.stage);
    let made =
        |stage| Esim { stage, matching_id: order.matching_id.clone(), eid: order.eid.clone() };
    match (ask, stage) {
        (Ask::Order, EsimStage::Available) => Ok(made(EsimStage::Allocated)),
        (Ask::Confirm, EsimStage::Allocated) => Ok(made(EsimStage::Confirmed)),
        (Ask::Release, EsimStage::Confirmed) => Ok(made(EsimStage::Released)),
        (Ask::Cancel { is_reusable: true }, EsimStage::Allocated | EsimStage::Confirmed) => {
            Ok(made(EsimStage::Available))
        }
        (
            Ask::Cancel { is_reusable: false },
            EsimStage::Allocated | EsimStage::Confirmed | EsimStage::Released,
        ) => Ok(made(EsimStage::Unavailable)),
        (_, EsimStage::Available) => Err(SmdpRefusal::Unknown),
        _ => Err(SmdpRefusal::InUse),
    }
}
