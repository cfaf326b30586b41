//! The blocks that an import touches: which numbers exist there, what is known of their use, what
//! is new. Blocks are divided into shards, so that each core changes its own.

use super::fault::RowFault;
use super::parse::{Event, Parsed, shard_of};
use crate::app::App;
use crate::error::Error;
use domain::id::OperatorId;
use domain::msisdn::Msisdn;
use domain::sim::Imsi;
use domain::time::At;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use store::activity::{self, Activity, Known, NumberSet, SimSpan, Stored};
use store::{Batch, Job};

/// IMSIs whose history is kept in memory.
const SIMS_MAX: usize = 1_000_000;

/// One block in memory.
#[derive(Debug)]
struct Block {
    id: u64,
    numbers: NumberSet,
    /// What the rows since the last commit said.
    fresh: Activity,
    /// Places that a row of this import made newer and whose holder was reminded.
    saved: BTreeSet<u16>,
    is_dirty: bool,
}

/// The blocks of one core.
#[derive(Debug, Default)]
pub(super) struct Shard {
    places: HashMap<u64, usize, BuildHasherDefault<BlockHash>>,
    blocks: Vec<Block>,
    /// Events of a text that need a look at the database first.
    waiting: Vec<Event>,
    faults: Vec<(u32, RowFault)>,
    done: u64,
}

/// Blocks are few and their ids are no secret: one multiplication spreads them.
#[derive(Debug, Default)]
struct BlockHash(u64);

impl Hasher for BlockHash {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    fn write_u64(&mut self, id: u64) {
        self.0 = (self.0.rotate_left(5) ^ id).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

impl Shard {
    /// Takes in the events whose numbers are known; the others wait.
    fn take_all(&mut self, events: &[Event]) {
        for &event in events {
            let place = event.place();
            let block = self.places.get(&event.block()).and_then(|&at| self.blocks.get_mut(at));
            let Some(block) = block else {
                self.waiting.push(event);
                continue;
            };
            match block.numbers.get(place) {
                Known::Present => {
                    block.take(place, event);
                    self.done += 1;
                }
                Known::Absent => self.faults.push((event.from, RowFault::NumberUnknown)),
                Known::NotAsked => self.waiting.push(event),
            }
        }
    }
}

impl Block {
    fn take(&mut self, place: u16, event: Event) {
        if self.fresh.note(place, event.kind(), event.second) {
            self.is_dirty = true;
            if self.numbers.is_reminded(place) {
                self.saved.insert(place);
            }
        }
    }
}

/// Takes in what was parsed, each shard on its own core; what has to be looked up waits.
pub(super) fn apply(shards: &mut [Shard], parsed: &[Parsed]) {
    let own = |shard: &mut Shard, at: usize| {
        for part in parsed {
            shard.take_all(part.events.get(at).map_or(&[], Vec::as_slice));
        }
    };
    let Some((first, others)) = shards.split_first_mut() else { return };
    if others.is_empty() || parsed.len() < 2 {
        own(first, 0);
        for (at, shard) in others.iter_mut().enumerate() {
            own(shard, at + 1);
        }
        return;
    }
    std::thread::scope(|scope| {
        for (at, shard) in others.iter_mut().enumerate() {
            scope.spawn(move || own(shard, at + 1));
        }
        own(first, 0);
    });
}

/// All blocks in memory.
#[derive(Debug)]
pub(super) struct Blocks {
    /// Whose numbers may be touched; `None` for all operators.
    operator_id: Option<OperatorId>,
    pub(super) shards: Vec<Shard>,
    sims: HashMap<Imsi, Vec<SimSpan>>,
}

/// What became of the rows of a text.
#[derive(Debug, Default)]
pub(super) struct Applied {
    pub(super) done: u64,
    /// The bad rows, in order, by where they begin.
    pub(super) faults: Vec<(u32, RowFault)>,
}

impl Blocks {
    pub(super) fn new(operator_id: Option<OperatorId>, shards: usize) -> Self {
        let shards = (0..shards.max(1)).map(|_| Shard::default()).collect();
        Self { operator_id, shards, sims: HashMap::new() }
    }

    /// Finds the numbers of the SIMs in `parsed` and puts their events to the others.
    pub(super) async fn resolve_sims(
        &mut self,
        app: &App,
        parsed: &mut [Parsed],
    ) -> Result<(), Error> {
        if self.sims.len() > SIMS_MAX {
            self.sims.clear();
        }
        let named: BTreeSet<Imsi> = parsed
            .iter()
            .flat_map(|part| part.of_sims.iter().map(|used| used.imsi))
            .filter(|imsi| !self.sims.contains_key(imsi))
            .collect();
        if !named.is_empty() {
            let named: Vec<Imsi> = named.into_iter().collect();
            self.sims.extend(activity::load_sims(&app.store.db, &named).await?);
        }
        let shards = self.shards.len();
        for part in parsed {
            for used in &part.of_sims {
                let spans = self.sims.get(&used.imsi).map_or(&[][..], Vec::as_slice);
                let Some(msisdn) = activity::served_at(spans, used.used_at) else {
                    part.faults.push((used.from, RowFault::ImsiUnknown));
                    continue;
                };
                let event = used.event(msisdn);
                if let Some(events) = part.events.get_mut(shard_of(event.block(), shards)) {
                    events.push(event);
                }
            }
        }
        Ok(())
    }

    /// Looks up what has to be looked up for the events that wait, and takes them in.
    pub(super) async fn settle(&mut self, app: &App) -> Result<(), Error> {
        self.load_blocks(app).await?;
        for shard in &mut self.shards {
            let waiting = std::mem::take(&mut shard.waiting);
            shard.take_all(&waiting);
        }
        self.look_up(app).await?;
        for shard in &mut self.shards {
            let waiting = std::mem::take(&mut shard.waiting);
            shard.take_all(&waiting);
            debug_assert!(shard.waiting.is_empty(), "everything was looked up");
        }
        Ok(())
    }

    async fn load_blocks(&mut self, app: &App) -> Result<(), Error> {
        let missing = |shard: &Shard| {
            let ids = shard.waiting.iter().map(|event| event.block());
            ids.filter(|id| !shard.places.contains_key(id)).collect::<BTreeSet<u64>>()
        };
        let ids: BTreeSet<u64> = self.shards.iter().flat_map(missing).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let ids: Vec<u64> = ids.into_iter().collect();
        let sets = activity::load_sets(&app.store.db, &ids, self.operator_id).await?;
        let count = self.shards.len();
        for (id, numbers) in ids.into_iter().zip(sets) {
            let Some(shard) = self.shards.get_mut(shard_of(id, count)) else { continue };
            shard.places.insert(id, shard.blocks.len());
            let (fresh, saved) = (Activity::default(), BTreeSet::new());
            shard.blocks.push(Block { id, numbers, fresh, saved, is_dirty: false });
        }
        Ok(())
    }

    async fn look_up(&mut self, app: &App) -> Result<(), Error> {
        let mut asked = Vec::new();
        for shard in &mut self.shards {
            let mut places: BTreeMap<u64, BTreeSet<u16>> = BTreeMap::new();
            for event in &shard.waiting {
                places.entry(event.block()).or_default().insert(event.place());
            }
            for block in &mut shard.blocks {
                if let Some(places) = places.remove(&block.id) {
                    asked.push((block.id, &mut block.numbers, places.into_iter().collect()));
                }
            }
        }
        if asked.is_empty() {
            return Ok(());
        }
        Ok(activity::look_up(&app.store.db, asked, self.operator_id).await?)
    }

    /// What became of the rows since it was last asked.
    pub(super) fn outcome(&mut self, parsed: &mut [Parsed]) -> Applied {
        let mut applied = Applied::default();
        for shard in &mut self.shards {
            applied.done += std::mem::take(&mut shard.done);
            applied.faults.append(&mut shard.faults);
        }
        // A SIM that serves somebody else's number is told like one that nobody knows.
        if !applied.faults.is_empty() {
            let of_sims: BTreeSet<u32> =
                parsed.iter().flat_map(|part| part.of_sims.iter().map(|used| used.from)).collect();
            for (from, fault) in &mut applied.faults {
                if *fault == RowFault::NumberUnknown && of_sims.contains(from) {
                    *fault = RowFault::ImsiUnknown;
                }
            }
        }
        for part in parsed {
            applied.faults.append(&mut part.faults);
        }
        applied.faults.sort_unstable_by_key(|(from, _)| *from);
        applied
    }

    /// About how many bytes the blocks take in memory.
    pub(super) fn bytes(&self) -> usize {
        let bytes = |block: &Block| block.fresh.bytes() + NumberSet::BYTES;
        self.all().map(bytes).sum()
    }

    fn all(&self) -> impl Iterator<Item = &Block> {
        self.shards.iter().flat_map(|shard| &shard.blocks)
    }

    fn get(&self, id: u64) -> Option<&Block> {
        let shard = self.shards.get(shard_of(id, self.shards.len()))?;
        shard.blocks.get(*shard.places.get(&id)?)
    }

    /// The changed blocks, in order.
    pub(super) fn dirty(&self) -> Vec<u64> {
        let mut dirty: Vec<u64> =
            self.all().filter(|block| block.is_dirty).map(|block| block.id).collect();
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
        let changed = ids.iter().filter_map(|id| self.get(*id));
        let mut learned: BTreeMap<OperatorId, Vec<Msisdn>> = BTreeMap::new();
        for (block, Stored { activity: mut merged, version }) in changed.zip(stored) {
            let before = (!block.saved.is_empty()).then(|| merged.clone());
            merged.merge(&block.fresh);
            activity::write(batch, block.id, &merged, version);
            for &(operator_id, msisdn) in block.numbers.learned() {
                learned.entry(operator_id).or_default().push(msisdn);
            }
            let Some(before) = before else { continue };
            for &place in &block.saved {
                // By kind: a use that does not count must not hide an earlier one that does.
                let is_newer = merged.differs(&before, place);
                if let (true, Some(msisdn)) = (is_newer, activity::number_at(block.id, place)) {
                    batch.job(saved(msisdn, batch.at()));
                }
            }
        }
        for (operator_id, numbers) in learned {
            activity::learn(&app.store.db, batch, operator_id, &numbers).await?;
        }
        Ok(())
    }

    /// Forgets what was committed.
    pub(super) fn forget(&mut self) {
        for shard in &mut self.shards {
            shard.places.clear();
            shard.blocks.clear();
        }
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
