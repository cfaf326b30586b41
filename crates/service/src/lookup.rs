//! "What is this number's state, and until when?", many times a second.
//!
//! Questions that arrive while others are being read wait, and are then read together: tokens,
//! numbers, holds and the network on one snapshot. On SQLite the answers are thought out where they
//! are read. So a token that was revoked, or a number that changed, by whatever process, is seen by
//! the next question. Only two things are kept: the newest uses of a block, believed while the
//! block has the version they were taken from, and the policy of the day. The answers are those of
//! [`crate::number::status`], in short.

use crate::app::App;
use crate::error::Error;
use crate::number::{self, StatusWord, Switching, status_word};
use crate::policy;
use crate::token::{self, Token};
use domain::access::Action;
use domain::id::{OperatorId, TokenId};
use domain::ladder;
use domain::msisdn::Msisdn;
use domain::number::{Facts, Lifecycle, ServiceProfile};
use domain::operator::Operator;
use domain::policy::Policy;
use domain::time::At;
use jiff::civil::Date;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use store::activity::{self, Newest};
use store::api_token::StoredToken;
use store::number::states::{self, Asked, Asker, State, States, Told};
use tokio::sync::oneshot;

/// Numbers in one question.
pub const NUMBERS_MAX: usize = 1_000;
/// Numbers read together, unless one question has more.
const TOGETHER_MAX: usize = 256;
/// So many reads are under way, the fewer the more share one, …
const READS_MIN: usize = 1;
/// … unless a question has waited for so long: then the file is slow, and …
const PATIENCE: Duration = Duration::from_millis(2);
/// … so many go on side by side.
const READS_MAX: usize = 8;
/// Blocks whose newest uses are kept: 80 kB each.
const BLOCKS_MAX: usize = 1_024;

/// The state of a number, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberState {
    /// Which.
    pub msisdn: Msisdn,
    /// The tenant.
    pub operator_id: OperatorId,
    /// Grows with every change.
    pub version: i64,
    /// The one word.
    pub word: StatusWord,
    /// Where it is in its life.
    pub lifecycle: Lifecycle,
    /// What the network is to allow.
    pub allows: ServiceProfile,
    /// When the reservation, the closing or the quarantine ends.
    pub until: Option<At>,
    /// The last day of the keep-alive window, in the operator's zone, while somebody holds it.
    pub deadline_on: Option<Date>,
    /// Whether that window runs.
    pub is_running: bool,
}

/// Who may ask and what there is to say; a number that the asker does not serve has no state.
pub type Answer = (Token, Vec<Option<NumberState>>);

struct Ask {
    asked_at: Instant,
    token_id: TokenId,
    msisdns: Vec<Msisdn>,
    reply: oneshot::Sender<(Option<StoredToken>, Vec<Option<NumberState>>)>,
}

#[derive(Default)]
struct Waiting {
    asks: Vec<Ask>,
    reads: usize,
}

type Policies = HashMap<OperatorId, (Operator, Date, Arc<Policy>)>;
/// A block, and the kinds of use that count.
type NewestKey = (u64, u16);

/// The questions of one process.
#[derive(Default)]
pub struct Lookups {
    waiting: Mutex<Waiting>,
    newest: Mutex<HashMap<NewestKey, Arc<Newest>>>,
    policies: Mutex<Policies>,
}

impl std::fmt::Debug for Lookups {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Lookups")
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Values are replaced whole: a panic leaves none half written.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Lookups {
    /// The states of up to [`NUMBERS_MAX`] numbers for the bearer of `text`, in the order asked;
    /// `None` if that is no valid token, a refusal if it may not see numbers.
    pub async fn states(
        self: &Arc<Self>,
        app: &Arc<App>,
        text: &str,
        msisdns: Vec<Msisdn>,
    ) -> Result<Option<Answer>, Error> {
        let Some((token_id, secret)) = token::parse(text) else { return Ok(None) };
        let (reply, answer) = oneshot::channel();
        self.ask(app, Ask { asked_at: Instant::now(), token_id, msisdns: msisdns.clone(), reply });
        let (stored, mut found) = match answer.await {
            Ok(answer) => answer,
            // The shared read failed, or uses of a block are to be read first: the asker does so.
            Err(_) => self.alone(app, token_id, msisdns).await?,
        };
        let stored = stored.and_then(|stored| token::verified(&stored, &secret));
        let Some(token) = stored.map(Token::of) else { return Ok(None) };
        let own = Some(token.operator_id);
        crate::access::require(&token.actor(), Action::SeeNumber, own)?;
        for state in &mut found {
            if state.as_ref().is_some_and(|state| state.operator_id != token.operator_id) {
                *state = None;
            }
        }
        Ok(Some((token, found)))
    }

    fn ask(self: &Arc<Self>, app: &Arc<App>, ask: Ask) {
        let mut waiting = lock(&self.waiting);
        let (now, oldest) = (ask.asked_at, waiting.asks.first());
        let is_slow = oldest.is_some_and(|oldest| now.duration_since(oldest.asked_at) > PATIENCE);
        waiting.asks.push(ask);
        if waiting.reads < if is_slow { READS_MAX } else { READS_MIN } {
            waiting.reads += 1;
            drop(waiting);
            let (own, app) = (Arc::clone(self), Arc::clone(app));
            let reading = Reading { own, app, asks: Vec::new(), is_over: false };
            states::read_for(&reading.app.store.db.clone(), Box::new(reading));
        }
    }

    /// Reads for one question, and the uses of every block it asks about.
    async fn alone(
        &self,
        app: &App,
        token_id: TokenId,
        msisdns: Vec<Msisdn>,
    ) -> Result<(Option<StoredToken>, Vec<Option<NumberState>>), Error> {
        let asked = Asked { tokens: vec![token_id], msisdns };
        let states = states::load(&app.store.db, asked).await?;
        let now = app.now();
        let policies = self.policies(&states.operators, now)?;
        // Each block once, also if it is written or forgotten meanwhile.
        let mut used: HashMap<NewestKey, Option<Arc<Newest>>> = HashMap::new();
        let mut found = Vec::with_capacity(states.numbers.len());
        for state in &states.numbers {
            let Some((state, policy)) = with_policy(state.as_ref(), &policies) else {
                found.push(None);
                continue;
            };
            let key = newest_key(state, policy);
            if let Some((key, version)) = key
                && !used.contains_key(&key)
            {
                let newest = match self.kept(key, version) {
                    Some(newest) => Some(newest),
                    None => self.newest(app, key).await?,
                };
                used.insert(key, newest);
            }
            let newest = key.and_then(|(key, _)| used.get(&key)?.as_deref());
            found.push(Some(say(state, policy, newest, now)));
        }
        Ok((states.tokens.into_iter().next(), found))
    }

    /// The newest uses of a block as of `version`, if they are kept.
    fn kept(&self, key: NewestKey, version: i64) -> Option<Arc<Newest>> {
        lock(&self.newest).get(&key).filter(|newest| newest.version == version).cloned()
    }

    /// Reads the newest uses of a block, and keeps them.
    async fn newest(&self, app: &App, key: NewestKey) -> Result<Option<Arc<Newest>>, Error> {
        let stored = activity::load_many(&app.store.db, &[key.0]).await?;
        let Some(stored) = stored.first() else { return Ok(None) };
        let newest = Arc::new(Newest::of(stored, key.1));
        let mut kept = lock(&self.newest);
        if kept.len() >= BLOCKS_MAX
            && let Some(any) = kept.keys().next().copied()
        {
            kept.remove(&any);
        }
        kept.insert(key, Arc::clone(&newest));
        Ok(Some(newest))
    }

    /// The policies of the day. They follow from the operator's row, which was just read, and the
    /// date in its zone.
    fn policies(
        &self,
        operators: &[Operator],
        now: At,
    ) -> Result<HashMap<OperatorId, Arc<Policy>>, Error> {
        let mut kept = lock(&self.policies);
        let mut all = HashMap::with_capacity(operators.len());
        for operator in operators {
            let today = now.date_in(&operator.zone);
            let fresh = kept.get(&operator.id).filter(|(o, on, _)| o == operator && *on == today);
            let policy = match fresh {
                Some((.., policy)) => Arc::clone(policy),
                None => {
                    let policy = Arc::new(policy::of_operator(operator, now)?);
                    let entry = (operator.clone(), today, Arc::clone(&policy));
                    kept.insert(operator.id, entry);
                    policy
                }
            };
            all.insert(operator.id, policy);
        }
        Ok(all)
    }
}

/// One of those who read: it takes the questions that wait when its turn comes.
struct Reading {
    own: Arc<Lookups>,
    app: Arc<App>,
    /// Those it took.
    asks: Vec<Ask>,
    is_over: bool,
}

impl Asker for Reading {
    fn next(&mut self) -> Option<Asked> {
        let mut waiting = lock(&self.own.waiting);
        let mut count = 0;
        let fits = |ask: &&Ask| {
            count += ask.msisdns.len();
            count <= TOGETHER_MAX
        };
        let some = waiting.asks.iter().take_while(fits).count().max(1).min(waiting.asks.len());
        if some == 0 {
            waiting.reads -= 1;
            self.is_over = true;
            return None;
        }
        self.asks.extend(waiting.asks.drain(..some));
        drop(waiting);
        let mut asked = Asked::default();
        for ask in &self.asks {
            asked.msisdns.extend_from_slice(&ask.msisdns);
            if !asked.tokens.contains(&ask.token_id) {
                asked.tokens.push(ask.token_id);
            }
        }
        Some(asked)
    }

    fn told(&mut self, states: Result<States, store::Error>) {
        let asks = std::mem::take(&mut self.asks);
        // If anything is amiss each finds out for itself.
        let Ok(states) = states else { return };
        let now = self.app.now();
        let Ok(policies) = self.own.policies(&states.operators, now) else { return };
        let mut rest = states.numbers.as_slice();
        for ask in asks {
            let (own, others) = rest.split_at(ask.msisdns.len().min(rest.len()));
            rest = others;
            // Where uses are to be read first there is no answer yet, and the asker reads them.
            let said = own.iter().map(|state| {
                let Some((state, policy)) = with_policy(state.as_ref(), &policies) else {
                    return Some(None);
                };
                let newest = match newest_key(state, policy) {
                    Some((key, version)) => Some(self.own.kept(key, version)?),
                    None => None,
                };
                Some(Some(say(state, policy, newest.as_deref(), now)))
            });
            if let Some(said) = said.collect() {
                let token = states.tokens.iter().find(|token| token.id == ask.token_id);
                let _ = ask.reply.send((token.cloned(), said));
            }
        }
    }
}

/// Counts a read as ended, also if it panicked, and leaves nobody waiting for a read that is over.
impl Drop for Reading {
    fn drop(&mut self) {
        if !self.is_over {
            let mut waiting = lock(&self.own.waiting);
            waiting.reads -= 1;
            if waiting.reads == 0 {
                // Those that wait for a read that will not come ask for themselves.
                waiting.asks.clear();
            }
        }
    }
}

/// A number that we serve, with the rules it is under.
fn with_policy<'a>(
    state: Option<&'a State>,
    policies: &'a HashMap<OperatorId, Arc<Policy>>,
) -> Option<(&'a State, &'a Policy)> {
    let state = state?;
    Some((state, policies.get(&state.row.operator_id)?))
}

/// Where the newest uses are kept that count for the number, and in which version; `None` if its
/// block was never used.
fn newest_key(state: &State, policy: &Policy) -> Option<(NewestKey, i64)> {
    let key = (state.row.msisdn.block(), number::counting_kinds(policy));
    state.version.map(|version| (key, version))
}

/// What there is to say of a number that was read.
fn say(state: &State, policy: &Policy, newest: Option<&Newest>, now: At) -> NumberState {
    let mut row = state.row.clone();
    let msisdn = row.msisdn;
    number::take_in(&mut row, newest.and_then(|newest| newest.get(msisdn)), now);
    let facts = &row.facts;
    let is_held = facts.holder.is_some();
    let is_near = is_held && facts.ladder.is_some() && ladder::anchor(facts) <= facts.keep_from;
    NumberState {
        msisdn,
        operator_id: row.operator_id,
        version: row.version,
        word: status_word(facts, switching(facts, state.told), is_near),
        lifecycle: facts.lifecycle,
        allows: facts.profile(),
        until: facts.until,
        deadline_on: is_held.then(|| ladder::deadline_on(facts, policy)),
        is_running: ladder::is_running(facts),
    }
}

fn switching(facts: &Facts, told: Option<Told>) -> Switching {
    match told.filter(|_| facts.sim.is_some()) {
        None => Switching::Nothing,
        Some(told) if told.is_confirmed => {
            Switching::Confirmed(told.confirmed_at.unwrap_or(told.wanted_at))
        }
        Some(told) => Switching::Since(told.wanted_at),
    }
}
