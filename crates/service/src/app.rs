//! What every use case is given: the store, the clock, the ports.

use crate::clock::Clock;
use crate::maintenance;
use crate::port::{Authority, Faces, Hlr, Mail, Ocr, Smdp, Sms};
use domain::time::At;
use std::sync::Arc;
use store::Store;

/// The running program, as the use cases see it.
#[derive(Debug)]
pub struct App {
    /// Database, keys and blobs.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The home location register.
    pub hlr: Arc<dyn Hlr>,
    /// Text messages out.
    pub sms: Arc<dyn Sms>,
    /// E-mail out.
    pub mail: Arc<dyn Mail>,
    /// What prepares eSIM profiles.
    pub smdp: Arc<dyn Smdp>,
    /// Who knows which name belongs to which number.
    pub authority: Arc<dyn Authority>,
    /// What reads documents.
    pub ocr: Arc<dyn Ocr>,
    /// What finds and compares faces.
    pub faces: Arc<dyn Faces>,
    /// How the outside reaches the pages.
    pub site: Site,
    /// Whether the pages are closed.
    pub maintenance: maintenance::Watch,
    /// How fast it may go.
    pub limits: Limits,
    /// What this process remembers while it runs.
    pub memory: Memory,
}

/// What one process remembers while it runs; nothing is lost when it is forgotten.
#[derive(Debug, Default)]
pub struct Memory {
    /// The texts handed over last.
    pub(crate) recent: crate::notice::Recent,
    /// The numbers of which the network is being told.
    pub(crate) in_hand: crate::provision::InHand,
    /// How many are handing in photos or applications.
    pub(crate) intake: crate::register::Intake,
}

/// How fast the program may go, where an operator may want another speed.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Numbers that one process sweeps in a second, and so the most that it asks of the network for
    /// them; `None` for as many as it can.
    pub sweep_per_second: Option<u32>,
    /// Requests that one token may make per second, over time; twice as many at once after a pause.
    pub token_per_second: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { sweep_per_second: None, token_per_second: 200 }
    }
}

/// How the outside reaches the pages, for links in notices.
#[derive(Clone, Debug)]
pub struct Site {
    /// Such as `https://bao.example`, without a slash at the end.
    pub base_url: String,
    /// Requests for pages that are worked on at once; others wait.
    pub requests_max: usize,
}

impl Site {
    /// A few times what two cores keep busy with; more at once only makes each slower.
    pub const REQUESTS_MAX: usize = 256;
}

impl Site {
    /// The host name, to which codes are bound.
    pub fn domain(&self) -> &str {
        let rest = self.base_url.split_once("://").map_or(self.base_url.as_str(), |(_, rest)| rest);
        rest.split(['/', ':']).next().unwrap_or(rest)
    }

    /// A link for a text: without the scheme, which phones add themselves.
    pub fn link(&self, path: &str) -> String {
        let rest = self.base_url.split_once("://").map_or(self.base_url.as_str(), |(_, rest)| rest);
        format!("{rest}/{}", path.trim_start_matches('/'))
    }
}

impl App {
    /// The present instant.
    pub fn now(&self) -> At {
        self.clock.now()
    }
}
