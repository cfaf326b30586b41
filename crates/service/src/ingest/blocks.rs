//! The blocks that an import touches: which numbers exist there, what is known of their use, what
//! is new.

use super::chunk::{Chunk, Place, Reject};
use super::fault::RowFault;
use super::row::{Use, Who};
use crate::app::App;
use crate::error::Error;
use domain::id::OperatorId;
use domain::msisdn::Msisdn;
use domain::sim::Imsi;
use domain::time::At;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::activity::{self, Activity, NumberSet, Second, SimSpan, Stored};
use store::{Batch, Job};

/// How far ahead of our clock an event may be: other clocks differ.
const AHEAD_MINUTES: i64 = 10;

/// IMSIs whose history is kept in memory.
const SIMS_MAX: usize = 1_000_000;

/// One block in memory.
#[derive(Debug, Default)]
struct Block {
    numbers: NumberSet,
    /// What the rows since the last commit said.
    fresh: Activity,
    /// Places that a row of this import made newer and whose holder was reminded.
    saved: BTreeSet<u16>,
    is_dirty: bool,
}

/// All blocks in memory.
#[derive(Debug)]
pub(super) struct Blocks {
    /// Whose numbers may be touched; `None` for all operators.
    operator_id: Option<OperatorId>,
    blocks: HashMap<u64, Block>,
    sims: HashMap<Imsi, Vec<SimSpan>>,
    latest: At,
}

/// What became of the rows of one chunk.
#[derive(Debug, Default)]
pub(super) struct Applied {
    pub(super) done: u64,
    pub(super) rejects: Vec<Reject>,
}

impl Blocks {
    pub(super) fn new(operator_id: Option<OperatorId>) -> Self {
        let (blocks, sims) = (HashMap::new(), HashMap::new());
        Self { operator_id, blocks, sims, latest: At::from_millis(i64::MIN) }
    }

    /// Takes in the rows of a chunk, in memory only.
    pub(super) async fn apply(&mut self, app: &App, chunk: &Chunk) -> Result<Applied, Error> {
        self.latest = app.now().plus_minutes(AHEAD_MINUTES);
        self.load_sims(app, chunk).await?;
        self.load_numbers(app, chunk).await?;
        let mut applied = Applied { done: 0, rejects: chunk.rejects().collect() };
        for &(place, used) in &chunk.uses {
            match self.take(used) {
                Ok(()) => applied.done += 1,
                Err(fault) => applied.rejects.push(chunk.reject(place, fault)),
            }
        }
        applied.rejects.sort_by_key(|reject| reject.line);
        Ok(applied)
    }

    fn take(&mut self, used: Use) -> Result<(), RowFault> {
        if used.used_at > self.latest {
            return Err(RowFault::InstantFuture);
        }
        let second = Second::of(used.used_at).ok_or(RowFault::InstantTooOld)?;
        let msisdn = self.number_of(used)?;
        let block = self.blocks.get_mut(&msisdn.block()).ok_or(RowFault::NumberUnknown)?;
        let place = activity::place_of(msisdn);
        if !block.numbers.has(place) {
            return Err(RowFault::NumberUnknown);
        }
        if block.fresh.note(place, used.kind.index(), second) {
            block.is_dirty = true;
            if block.numbers.is_reminded(place) {
                block.saved.insert(place);
            }
        }
        Ok(())
    }

    fn number_of(&self, used: Use) -> Result<Msisdn, RowFault> {
        match used.who {
            Who::Number(msisdn) => Ok(msisdn),
            Who::Sim(imsi) => {
                let spans = self.sims.get(&imsi).ok_or(RowFault::ImsiUnknown)?;
                activity::served_at(spans, used.used_at).ok_or(RowFault::ImsiUnknown)
            }
        }
    }

    async fn load_sims(&mut self, app: &App, chunk: &Chunk) -> Result<(), Error> {
        let of_sim = |(_, used): &(Place, Use)| match used.who {
            Who::Sim(imsi) => Some(imsi),
            Who::Number(_) => None,
        };
        if self.sims.len() > SIMS_MAX {
            self.sims.clear();
        }
        let named: BTreeSet<Imsi> = chunk
            .uses
            .iter()
            .filter_map(of_sim)
            .filter(|imsi| !self.sims.contains_key(imsi))
            .collect();
        if !named.is_empty() {
            let named: Vec<Imsi> = named.into_iter().collect();
            self.sims.extend(activity::load_sims(&app.store.db, &named).await?);
        }
        Ok(())
    }

    async fn load_numbers(&mut self, app: &App, chunk: &Chunk) -> Result<(), Error> {
        let mut asked: BTreeMap<u64, BTreeSet<u16>> = BTreeMap::new();
        for (_, used) in &chunk.uses {
            let Ok(msisdn) = self.number_of(*used) else { continue };
            let place = activity::place_of(msisdn);
            let block = self.blocks.entry(msisdn.block()).or_default();
            if !block.numbers.is_asked(place) {
                asked.entry(msisdn.block()).or_default().insert(place);
            }
        }
        let sets = self.blocks.iter_mut().filter_map(|(id, block)| {
            let places = asked.remove(id)?;
            Some((*id, (&mut block.numbers, places)))
        });
        let sets: BTreeMap<_, _> = sets.collect();
        if !sets.is_empty() {
            activity::load_numbers(&app.store.db, sets, self.operator_id).await?;
        }
        Ok(())
    }

    /// About how many bytes the blocks take in memory.
    pub(super) fn bytes(&self) -> usize {
        let bytes = |block: &Block| block.fresh.bytes() + NumberSet::BYTES;
        self.blocks.values().map(bytes).sum()
    }

    /// The changed blocks, in order.
    pub(super) fn dirty(&self) -> Vec<u64> {
        let mut dirty: Vec<u64> =
            self.blocks.iter().filter(|(_, block)| block.is_dirty).map(|(id, _)| *id).collect();
        dirty.sort_unstable();
        dirty
    }

    /// Adds these blocks, merged with what is stored, and a job for each number that was saved. The
    /// caller commits, and calls [`Blocks::forget`] once all are committed.
    pub(super) async fn stage(
        &self,
        app: &App,
        batch: &mut Batch,
        ids: &[u64],
    ) -> Result<(), Error> {
        let stored = activity::load_many(&app.store.db, ids).await?;
        let changed = ids.iter().filter_map(|id| Some((*id, self.blocks.get(id)?)));
        for ((id, block), Stored { activity: mut merged, version }) in changed.zip(stored) {
            let before = (!block.saved.is_empty()).then(|| merged.clone());
            merged.merge(&block.fresh);
            activity::write(batch, id, &merged, version);
            let Some(before) = before else { continue };
            for &place in &block.saved {
                // By kind: a use that does not count must not hide an earlier one that does.
                let is_newer = merged.differs(&before, place);
                if let (true, Some(msisdn)) = (is_newer, activity::number_at(id, place)) {
                    batch.job(saved(msisdn, batch.at()));
                }
            }
        }
        Ok(())
    }

    /// Forgets what was committed.
    pub(super) fn forget(&mut self) {
        self.blocks.clear();
    }
}

/// A number whose holder was reminded has been used: look at it now, so that the holder is told.
fn saved(msisdn: Msisdn, at: At) -> Job {
    Job {
        kind: "keep.saved",
        key: format!("number:{msisdn}"),
        payload: serde_json::json!({}),
        run_at: at,
    }
}
