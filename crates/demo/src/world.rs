//! The demo's world: the program, the outside, and time.

use crate::models::ModelNews;
use crate::outside::Outside;
use crate::seed::Scale;
use crate::{clock, seed};
use domain::time::{At, DAY_MILLIS};
use gateway::handset::{self, Attempt};
use gateway::network::{Network, carry, pump};
use serde::Serialize;
use service::clock::Clock as _;
use service::{App, Error, provision, sweep, work};
use std::future::Future;
use std::sync::Arc;
use tokio::sync::Mutex;

/// How far the clock may be moved at once: two years show everything a number can live through.
pub(crate) const ADVANCE_DAYS_MAX: i64 = 731;

/// Rounds of work at one instant; more would mean that work makes work for ever.
const ROUNDS_MAX: u32 = 1_000;

/// A person of the demo uses the phone once in so many days.
const USE_DAYS: i64 = 23;

/// The program in its simulated surroundings.
#[derive(Debug)]
pub struct World {
    pub(crate) app: Arc<App>,
    pub(crate) outside: Outside,
    pub(crate) phones: handset::Simulator,
    pub(crate) scale: Scale,
    /// SIMs of people who use their phone now and then.
    lively: Vec<String>,
    /// Held while time moves, so that nobody moves it twice at once.
    moving: Mutex<()>,
    models: Arc<ModelNews>,
}

/// What happened while time passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Advanced {
    /// Instants at which something was due.
    pub stops: u64,
    /// Jobs done.
    pub jobs: u64,
    /// Numbers looked at because their date had come.
    pub numbers: u64,
    /// Receipts, texts and usage the network reported.
    pub events: u64,
}

impl World {
    /// The world around `app`, whose ports and clock must be those of `outside`. A new data folder
    /// is seeded.
    pub async fn open(app: Arc<App>, outside: Outside, scale: Scale) -> Result<Arc<Self>, Error> {
        if service::operator::list(&app).await?.is_empty() {
            seed::seed(&app, &outside.network, scale).await?;
        }
        let operators = service::operator::list(&app).await?;
        let hotlines = operators.into_iter().map(|operator| operator.hotline).collect();
        let phones = outside.phones(hotlines);
        Ok(Arc::new(Self {
            app,
            outside,
            phones,
            lively: seed::lively_sims(scale),
            scale,
            moving: Mutex::new(()),
            models: Arc::default(),
        }))
    }

    /// The program.
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// The network.
    pub fn network(&self) -> &Arc<Network> {
        &self.outside.network
    }

    /// Where the models that read documents are.
    pub fn models(&self) -> &Arc<ModelNews> {
        &self.models
    }

    /// The instant of the demo's clock.
    pub fn now(&self) -> At {
        self.outside.clock.now()
    }

    /// Carries what the network says into the program until `shutdown` is ready.
    pub async fn run(self: Arc<Self>, shutdown: impl Future<Output = ()>) {
        let carrying = carry(Arc::clone(self.network()), Arc::downgrade(&self.app));
        tokio::select! {
            () = shutdown => {}
            () = carrying => {}
        }
    }

    /// Moves the clock forward, stopping at every instant at which something is due and doing it
    /// there, in order, as if the time had passed.
    pub async fn advance(&self, millis: i64) -> Result<Advanced, Error> {
        let _alone = self.moving.lock().await;
        let target = self.now().plus_millis(millis.clamp(0, ADVANCE_DAYS_MAX * DAY_MILLIS));
        let mut advanced = Advanced::default();
        loop {
            self.settle(&mut advanced).await?;
            let now = self.now();
            if now >= target {
                return Ok(advanced);
            }
            let next = self.next_stop(now, target).await?;
            let offset = self.outside.clock.offset_millis() + (next.millis() - now.millis());
            clock::write(&self.outside.folder, offset)
                .map_err(|_| Error::fault("remember the demo's clock"))?;
            self.outside.clock.set_offset_millis(offset);
            advanced.stops += 1;
            self.live_on(now, next);
        }
    }

    /// The phones of people who use them do so now and then while time is moved: each day some call
    /// somebody.
    fn live_on(&self, from: At, to: At) {
        let day = |at: At| at.millis().div_euclid(DAY_MILLIS);
        for today in day(from)..day(to) {
            for (place, imsi) in (0_i64..).zip(&self.lively) {
                if (place + today) % USE_DAYS == 0 {
                    let to = "13900000000".to_owned();
                    let _verdict = self.phones.attempt(imsi, &Attempt::Call { to });
                }
            }
        }
    }

    /// Does everything that is due now and what follows from it.
    pub(crate) async fn settle(&self, advanced: &mut Advanced) -> Result<(), Error> {
        for _ in 0..ROUNDS_MAX {
            let swept = sweep::run(&self.app, self.now(), false).await?;
            let report = work::run_due(&self.app).await?;
            let checked = provision::reconcile(&self.app).await?;
            let events = pump(self.network(), &self.app).await?;
            advanced.numbers += swept.due;
            advanced.jobs += report.done;
            advanced.events += events as u64;
            let worked = report.done + report.failed + report.dead + checked.numbers;
            if worked == 0 && events == 0 {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The next instant at which something is due; at most a day ahead.
    async fn next_stop(&self, now: At, target: At) -> Result<At, Error> {
        let due = [
            work::next_due(&self.app).await?,
            sweep::next_due(&self.app).await?,
            self.network().next_due(),
        ];
        let due = due.into_iter().flatten().min().unwrap_or(target);
        // What is due but was put off must not hold time up.
        Ok(due.max(now.plus_millis(1_000)).min(now.plus_days(1)).min(target))
    }
}
