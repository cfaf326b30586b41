//! "What is this number's state, and until when?", many times a second.
//!
//! Questions that arrive while others are being read wait, and are then read together: tokens,
//! numbers, holds and the network in one trip and on one snapshot. So a token that was revoked, or
//! a number that changed, by whatever process, is seen by the next question. Only two things are
//! kept: the newest uses of a block, believed while the block has the version they were taken from,
//! and the policy of the day. The answers are those of [`crate::number::status`], in short.

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
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::activity::{self, Newest};
use store::api_token::StoredToken;
use store::number::states::{self, States, Told};
use tokio::sync::oneshot;

/// Numbers in one question.
pub const NUMBERS_MAX: usize = 1_000;
/// Numbers read together, unless one question has more.
const TOGETHER_MAX: usize = 256;
/// Reads under way at the same time: the fewer, the more share one.
const READS_MAX: usize = 2;
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

/// The questions of one process.
#[derive(Default)]
pub struct Lookups {
    waiting: Mutex<Waiting>,
    newest: Mutex<HashMap<(u64, u16), Arc<Newest>>>,
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
        self.ask(app, Ask { token_id, msisdns: msisdns.clone(), reply });
        let (stored, mut found) = match answer.await {
            Ok(answer) => answer,
            // The shared read failed: whoever asks hears of it, or that it has passed.
            Err(_) => {
                let states = states::load(&app.store.db, &[token_id], &msisdns).await?;
                let found = self.say(app, &states, &msisdns).await?;
                (states.tokens.get(&token_id).cloned(), found)
            }
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
        waiting.asks.push(ask);
        if waiting.reads < READS_MAX {
            waiting.reads += 1;
            let (own, app) = (Arc::clone(self), Arc::clone(app));
            tokio::spawn(async move {
                let reading = Reading { own: &own };
                while let Some(asks) = own.take() {
                    own.answer(&app, asks).await;
                }
                drop(reading);
            });
        }
    }

    /// Some of those that wait.
    fn take(&self) -> Option<Vec<Ask>> {
        let mut waiting = lock(&self.waiting);
        let mut count = 0;
        let fits = |ask: &&Ask| {
            count += ask.msisdns.len();
            count <= TOGETHER_MAX
        };
        let some = waiting.asks.iter().take_while(fits).count().max(1).min(waiting.asks.len());
        let asks: Vec<Ask> = waiting.asks.drain(..some).collect();
        (!asks.is_empty()).then_some(asks)
    }

    /// Reads for all of them; if that fails, each finds out for itself.
    async fn answer(&self, app: &App, asks: Vec<Ask>) {
        let tokens: BTreeSet<TokenId> = asks.iter().map(|ask| ask.token_id).collect();
        let tokens: Vec<TokenId> = tokens.into_iter().collect();
        let msisdns: BTreeSet<Msisdn> =
            asks.iter().flat_map(|ask| ask.msisdns.iter().copied()).collect();
        let msisdns: Vec<Msisdn> = msisdns.into_iter().collect();
        let Ok(states) = states::load(&app.store.db, &tokens, &msisdns).await else { return };
        let Ok(said) = self.say(app, &states, &msisdns).await else { return };
        let said: HashMap<Msisdn, Option<NumberState>> = msisdns.into_iter().zip(said).collect();
        for ask in asks {
            let found = ask.msisdns.iter().map(|m| said.get(m).cloned().flatten()).collect();
            let _ = ask.reply.send((states.tokens.get(&ask.token_id).cloned(), found));
        }
    }

    /// What there is to say of numbers that were read.
    async fn say(
        &self,
        app: &App,
        states: &States,
        msisdns: &[Msisdn],
    ) -> Result<Vec<Option<NumberState>>, Error> {
        let now = app.now();
        let policies = self.policies(&states.operators, now)?;
        let used = self.newest(app, states, &policies).await?;
        let say = |msisdn: &Msisdn| {
            let mut row = states.numbers.get(msisdn)?.clone();
            let policy = policies.get(&row.operator_id)?;
            let newest = used.get(&(msisdn.block(), number::counting_kinds(policy)));
            number::take_in(&mut row, newest.and_then(|newest| newest.get(*msisdn)), now);
            let told = states.told.get(msisdn).map_or(&[][..], Vec::as_slice);
            let facts = &row.facts;
            let is_held = facts.holder.is_some();
            let is_near =
                is_held && facts.ladder.is_some() && ladder::anchor(facts) <= facts.keep_from;
            Some(NumberState {
                msisdn: *msisdn,
                operator_id: row.operator_id,
                version: row.version,
                word: status_word(facts, switching(facts, told), is_near),
                lifecycle: facts.lifecycle,
                allows: facts.profile(),
                until: facts.until,
                deadline_on: is_held.then(|| ladder::deadline_on(facts, policy)),
                is_running: ladder::is_running(facts),
            })
        };
        Ok(msisdns.iter().map(say).collect())
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

    /// The newest uses of every block that is asked about, read again where the block was written.
    async fn newest(
        &self,
        app: &App,
        states: &States,
        policies: &HashMap<OperatorId, Arc<Policy>>,
    ) -> Result<HashMap<(u64, u16), Arc<Newest>>, Error> {
        let mut found = HashMap::new();
        let mut missing = BTreeSet::new();
        {
            let kept = lock(&self.newest);
            for row in states.numbers.values() {
                let block = row.msisdn.block();
                let version = states.versions.get(&block);
                let (Some(version), Some(policy)) = (version, policies.get(&row.operator_id))
                else {
                    continue;
                };
                let key = (block, number::counting_kinds(policy));
                match kept.get(&key).filter(|newest| newest.version == *version) {
                    Some(newest) => drop(found.insert(key, Arc::clone(newest))),
                    None => drop(missing.insert(key)),
                }
            }
        }
        for key in missing {
            let stored = activity::load_many(&app.store.db, &[key.0]).await?;
            let Some(stored) = stored.first() else { continue };
            let newest = Arc::new(Newest::of(stored, key.1));
            let mut kept = lock(&self.newest);
            if kept.len() >= BLOCKS_MAX
                && let Some(any) = kept.keys().next().copied()
            {
                kept.remove(&any);
            }
            kept.insert(key, Arc::clone(&newest));
            found.insert(key, newest);
        }
        Ok(found)
    }
}

/// Counts a read as ended, also if it panicked, and leaves nobody waiting for a read that is over.
struct Reading<'a> {
    own: &'a Lookups,
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        let mut waiting = lock(&self.own.waiting);
        waiting.reads -= 1;
        if waiting.reads == 0 {
            // Those that came between the last look and now ask for themselves.
            waiting.asks.clear();
        }
    }
}

fn switching(facts: &Facts, told: &[Told]) -> Switching {
    let ours = facts.sim.and_then(|sim| told.iter().find(|told| told.imsi == sim.imsi));
    match ours {
        None => Switching::Nothing,
        Some(told) if told.is_confirmed => {
            Switching::Confirmed(told.confirmed_at.unwrap_or(told.wanted_at))
        }
        Some(told) => Switching::Since(told.wanted_at),
    }
}
