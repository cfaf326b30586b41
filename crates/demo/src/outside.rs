//! The simulated world and its clock, kept in the data folder.

use crate::clock;
use gateway::network::Network;
use gateway::{authority, handset, hlr, mail, smdp, smsc};
use service::clock::{Clock, MovableClock};
use service::port::{Authority, Hlr, Mail, Smdp, Sms};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What stands behind the ports in the demo.
#[derive(Clone, Debug)]
pub struct Outside {
    /// Runs with the machine's clock, ahead of it by what was advanced.
    pub clock: Arc<MovableClock>,
    /// Register, message centre, mail boxes, phones.
    pub network: Arc<Network>,
    pub(crate) folder: PathBuf,
}

impl Outside {
    /// The world remembered in `folder`, or a new one.
    pub fn open(folder: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let clock = Arc::new(MovableClock::running());
        clock.set_offset_millis(clock::read(folder)?);
        let path = folder.join("simulated-network.jsonl");
        let network = Network::open(Arc::clone(&clock) as Arc<dyn Clock>, &path)?;
        Ok(Self { clock, network: Arc::new(network), folder: folder.to_owned() })
    }

    /// The register.
    pub fn hlr(&self) -> Arc<dyn Hlr> {
        Arc::new(hlr::Simulator(Arc::clone(&self.network)))
    }

    /// The message centre.
    pub fn sms(&self) -> Arc<dyn Sms> {
        Arc::new(smsc::Simulator(Arc::clone(&self.network)))
    }

    /// The mail server.
    pub fn mail(&self) -> Arc<dyn Mail> {
        Arc::new(mail::Simulator(Arc::clone(&self.network)))
    }

    /// The SM-DP+.
    pub fn smdp(&self) -> Arc<dyn Smdp> {
        Arc::new(smdp::Simulator(Arc::clone(&self.network)))
    }

    /// The identity authority.
    pub fn authority(&self) -> Arc<dyn Authority> {
        Arc::new(authority::Simulator(Arc::clone(&self.network)))
    }

    pub(crate) fn phones(&self, service_numbers: Vec<String>) -> handset::Simulator {
        handset::Simulator::new(Arc::clone(&self.network), service_numbers)
    }
}
