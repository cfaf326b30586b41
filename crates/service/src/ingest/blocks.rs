//! The blocks that an import touches: which numbers exist there, what is known of their use, what
//! is new.

use super::fault::RowFault;
use super::parse::Parsed;
use crate::app::App;
use crate::error::Error;
use domain::id::OperatorId;
use domain::msisdn::{BLOCK_SIZE, Msisdn};
use domain::sim::Imsi;
use domain::time::At;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};
use store::activity::{self, Activity, Known, NumberSet, Second, SimSpan, Stored};
use store::{Batch, Job};

/// IMSIs whose history is kept in memory.
const SIMS_MAX: usize = 1_000_000;

/// Memory for what rows said and blocks do not know yet, of all cores together.
const NOTES_BYTES: usize = 16 << 20;

/// Uses that are looked up beside one another.
pub(super) const USES_AT_ONCE: usize = 32;

/// One block in memory.
#[derive(Debug)]
struct Block {
    id: u64,
    numbers: NumberSet,
    fresh: Mutex<Fresh>,
}

/// What the rows since the last commit said of a block.
#[derive(Debug, Default)]
struct Fresh {
    activity: Activity,
    /// Places that a row of this import made newer and whose holder was reminded.
    saved: BTreeSet<u16>,
}

/// A use of a number, before anybody asked whether we have it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Use {
    /// The E.164 digits.
    pub(super) digits: u64,
    pub(super) second: Second,
    pub(super) kind: u8,
    /// Where its row ends.
    pub(super) end: u32,
}

/// One use, in its block.
#[derive(Clone, Copy, Debug)]
struct Note {
    second: Second,
    place: u16,
    kind: u8,
}

/// What the rows that one core read said, by block. A block is some hundred kilobytes that cores
/// share, so notes come to it by the thousand, and lie near one another when they do.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// By the place in [`Blocks::blocks`].
    of_block: Vec<Vec<Note>>,
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

impl Block {
    fn fresh(&self) -> MutexGuard<'_, Fresh> {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, notes: &mut Vec<Note>) {
        let mut fresh = self.fresh();
        for Note { second, place, kind } in notes.drain(..) {
            if fresh.activity.note(place, kind, second) && self.numbers.is_reminded(place) {
                fresh.saved.insert(place);
            }
        }
    }
}

/// All blocks in memory.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    /// Whose numbers may be touched; `None` for all operators.
    operator_id: Option<OperatorId>,
    places: HashMap<u64, usize, BuildHasherDefault<BlockHash>>,
    blocks: Vec<Block>,
    /// Bytes of members for each block, beside one another: they are looked at for every row.
    members: Vec<u8>,
    /// Notes that one core keeps of one block, at most.
    notes_max: usize,
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
    pub(super) fn new(operator_id: Option<OperatorId>) -> Self {
        Self { operator_id, ..Self::default() }
    }

    /// Takes in uses of numbers that are known to be there, until one is not, and says how many.
    pub(super) fn take(&self, uses: &[Use], notes: &mut Notes) -> usize {
        if notes.of_block.len() < self.blocks.len() {
            notes.of_block.resize_with(self.blocks.len(), Vec::new);
        }
        let mut taken = 0;
        // In three steps, so that the memory of some rows is fetched at the same time.
        for uses in uses.chunks(USES_AT_ONCE) {
            let mut places = [usize::MAX; USES_AT_ONCE];
            for (place, used) in places.iter_mut().zip(uses) {
                *place = self.places.get(&block_of(used.digits)).copied().unwrap_or(usize::MAX);
            }
            let mut is_known = [false; USES_AT_ONCE];
            for ((is_known, &at), used) in is_known.iter_mut().zip(&places).zip(uses) {
                let place = usize::from(place_of(used.digits));
                let byte = self.members.get(at.wrapping_mul(NumberSet::PRESENT_BYTES) + place / 8);
                *is_known =
                    at != usize::MAX && byte.is_some_and(|byte| byte >> (place % 8) & 1 == 1);
            }
            for ((is_known, at), used) in is_known.into_iter().zip(places).zip(uses) {
                let Some(notes) = notes.of_block.get_mut(at).filter(|_| is_known) else {
                    return taken;
                };
                if notes.len() >= self.notes_max
                    && let Some(block) = self.blocks.get(at)
                {
                    block.take(notes);
                }
                let Use { digits, second, kind, .. } = *used;
                notes.push(Note { second, place: place_of(digits), kind });
                taken += 1;
            }
        }
        taken
    }

    /// Puts to the blocks whatever the cores still keep.
    pub(super) fn take_notes(&self, parsed: &mut [Parsed]) {
        for part in parsed {
            for (block, notes) in self.blocks.iter().zip(&mut part.notes.of_block) {
                if !notes.is_empty() {
                    block.take(notes);
                }
            }
        }
    }

    /// Finds the numbers of the SIMs in `parsed` and puts their events to the others that wait.
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
        for part in parsed {
            for used in &part.of_sims {
                let spans = self.sims.get(&used.imsi).map_or(&[][..], Vec::as_slice);
                match activity::served_at(spans, used.used_at) {
                    Some(msisdn) => part.waiting.push(used.event(msisdn)),
                    None => part.faults.push((used.from, RowFault::ImsiUnknown)),
                }
            }
        }
        Ok(())
    }

    /// Looks up what has to be looked up for the events that wait, and takes them in.
    pub(super) async fn settle(&mut self, app: &App, parsed: &mut [Parsed]) -> Result<(), Error> {
        if parsed.iter().all(|part| part.waiting.is_empty()) {
            return Ok(());
        }
        self.load_blocks(app, parsed).await?;
        self.take_waiting(parsed);
        self.look_up(app, parsed).await?;
        self.take_waiting(parsed);
        debug_assert!(parsed.iter().all(|part| part.waiting.is_empty()), "all was looked up");
        Ok(())
    }

    /// Takes in or refuses the events of whose numbers enough is known.
    fn take_waiting(&self, parsed: &mut [Parsed]) {
        for Parsed { waiting, done, notes, faults, .. } in parsed {
            waiting.retain(|event| {
                if self.take(&[event.used], notes) > 0 {
                    *done += 1;
                    return false;
                }
                let block = self.get(block_of(event.used.digits));
                let place = place_of(event.used.digits);
                if block.is_none_or(|block| block.numbers.get(place) != Known::Absent) {
                    return true;
                }
                // A SIM that serves somebody else's number is told like one that nobody knows.
                let is_by_sim = event.is_by_sim;
                let unknown =
                    if is_by_sim { RowFault::ImsiUnknown } else { RowFault::NumberUnknown };
                faults.push((event.from, unknown));
                false
            });
        }
    }

    async fn load_blocks(&mut self, app: &App, parsed: &[Parsed]) -> Result<(), Error> {
        let waiting = parsed.iter().flat_map(|part| &part.waiting);
        let ids = waiting.map(|event| block_of(event.used.digits));
        let missing = ids.filter(|id| !self.places.contains_key(id)).collect::<BTreeSet<u64>>();
        if missing.is_empty() {
            return Ok(());
        }
        let ids: Vec<u64> = missing.into_iter().collect();
        let sets = activity::load_sets(&app.store.db, &ids, self.operator_id).await?;
        for (id, numbers) in ids.into_iter().zip(sets) {
            self.places.insert(id, self.blocks.len());
            self.blocks.push(Block { id, numbers, fresh: Mutex::default() });
        }
        self.copy_members();
        let keepers = self.blocks.len() * parsed.len().max(1);
        let share = (NOTES_BYTES / size_of::<Note>() / keepers).clamp(16, 4096);
        // A power of two, as the memory of a list grows by those.
        self.notes_max = 1 << share.ilog2();
        Ok(())
    }

    async fn look_up(&mut self, app: &App, parsed: &[Parsed]) -> Result<(), Error> {
        let mut places: BTreeMap<u64, BTreeSet<u16>> = BTreeMap::new();
        for event in parsed.iter().flat_map(|part| &part.waiting) {
            let digits = event.used.digits;
            places.entry(block_of(digits)).or_default().insert(place_of(digits));
        }
        let mut asked = Vec::new();
        for block in &mut self.blocks {
            if let Some(places) = places.remove(&block.id) {
                asked.push((block.id, &mut block.numbers, places.into_iter().collect()));
            }
        }
        if asked.is_empty() {
            return Ok(());
        }
        activity::look_up(&app.store.db, asked, self.operator_id).await?;
        self.copy_members();
        Ok(())
    }

    fn copy_members(&mut self) {
        self.members.clear();
        for block in &self.blocks {
            self.members.extend_from_slice(block.numbers.present());
        }
    }

    /// About how many bytes the blocks take in memory.
    pub(super) fn bytes(&self) -> usize {
        let bytes = |block: &Block| block.fresh().activity.bytes() + NumberSet::BYTES;
        self.blocks.iter().map(bytes).sum()
    }

    fn get(&self, id: u64) -> Option<&Block> {
        self.blocks.get(*self.places.get(&id)?)
    }

    /// The changed blocks, in order.
    pub(super) fn dirty(&self) -> Vec<u64> {
        let is_dirty = |block: &&Block| !block.fresh().activity.is_empty();
        let mut dirty: Vec<u64> = self.blocks.iter().filter(is_dirty).map(|b| b.id).collect();
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
            let fresh = block.fresh();
            let before = (!fresh.saved.is_empty()).then(|| merged.clone());
            merged.merge(&fresh.activity);
            activity::write(batch, block.id, &merged, version);
            for &(operator_id, msisdn) in block.numbers.learned() {
                learned.entry(operator_id).or_default().push(msisdn);
            }
            let Some(before) = before else { continue };
            for &place in &fresh.saved {
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
        self.places.clear();
        self.blocks.clear();
        self.members.clear();
    }
}

const fn block_of(digits: u64) -> u64 {
    digits / BLOCK_SIZE
}

const fn place_of(digits: u64) -> u16 {
    (digits % BLOCK_SIZE) as u16
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
