//! Money of a holder episode: double entry, and the balance that is its sum.

use crate::batch::{Batch, Expect};
use crate::db::Db;
use crate::error::Error;
use crate::params;
use crate::statement::Statement;
use crate::value::Row;
use domain::id::EpisodeId;
use domain::money::{Account, Posting};
use domain::msisdn::Msisdn;
use domain::time::At;

pub(crate) const ALL: &[&Statement] = &[&INSERT, &BALANCE, &OPEN, &MOVE, &POSTED, &ENTRIES];

const INSERT: Statement = Statement::new(
    "ledger.insert",
    "insert into ledger (bucket, msisdn, key, account, episode_id, minor, posted_at) \
     values ($1, $2, $3, $4, $5, $6, $7)",
);
const BALANCE: Statement = Statement::new(
    "balance.load",
    "select minor, version from balance where bucket = $1 and msisdn = $2 and episode_id = $3",
);
const OPEN: Statement = Statement::new(
    "balance.insert",
    "insert into balance (bucket, msisdn, episode_id, minor, version) values ($1, $2, $3, $4, 1)",
);
const MOVE: Statement = Statement::new(
    "balance.move",
    "update balance set minor = minor + $5, version = version + 1 \
     where bucket = $1 and msisdn = $2 and episode_id = $3 and version = $4 and minor + $5 >= 0",
);
const POSTED: Statement = Statement::new(
    "ledger.posted",
    "select minor from ledger where bucket = $1 and msisdn = $2 and key = $3 and account = $4",
);
const ENTRIES: Statement = Statement::new(
    "ledger.of_episode",
    "select key, account, minor, posted_at from ledger \
     where bucket = $1 and msisdn = $2 and episode_id = $3 order by posted_at desc, key limit $4",
);

/// A balance and its version; 0 and 0 if there is none yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// In minor units.
    pub minor: i64,
    /// Grows with every movement.
    pub version: i64,
}

/// One row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerRow {
    /// The movement.
    pub key: String,
    /// The account, as [`Account::code`].
    pub account: String,
    /// Put in, or taken out if negative.
    pub minor: i64,
    /// When.
    pub posted_at: At,
}

/// The balance of an episode.
pub async fn balance(db: &Db, msisdn: Msisdn, episode_id: EpisodeId) -> Result<Balance, Error> {
    let values = params![msisdn.bucket(), msisdn, episode_id];
    let row = db.query_opt(&BALANCE, values).await?;
    row.map_or(Ok(Balance::default()), |row| {
        Ok(Balance { minor: row.get(0)?, version: row.get(1)? })
    })
}

/// Whether the movement with this key was posted already.
pub async fn is_posted(db: &Db, msisdn: Msisdn, key: &str) -> Result<bool, Error> {
    let values = params![msisdn.bucket(), msisdn, key, Account::Balance.code()];
    Ok(db.query_opt(&POSTED, values).await?.is_some())
}

/// The newest rows of an episode.
pub async fn entries(
    db: &Db,
    msisdn: Msisdn,
    episode_id: EpisodeId,
    count: i64,
) -> Result<Vec<LedgerRow>, Error> {
    let rows = db.query(&ENTRIES, params![msisdn.bucket(), msisdn, episode_id, count]).await?;
    let entry = |row: &Row| {
        let (key, account) = (row.get(0)?, row.get(1)?);
        Ok(LedgerRow { key, account, minor: row.get(2)?, posted_at: row.get(3)? })
    };
    rows.iter().map(entry).collect()
}

/// Posts a movement: a duplicate if its key was posted, a conflict if the balance moved meanwhile
/// or would fall below nothing.
pub fn post(
    batch: &mut Batch,
    msisdn: Msisdn,
    episode_id: EpisodeId,
    before: Balance,
    posting: &Posting,
) {
    let at = batch.at();
    let bucket = msisdn.bucket();
    for entry in posting.entries() {
        let account = entry.account.code();
        let values = params![bucket, msisdn, posting.key(), account, episode_id, entry.minor, at];
        batch.push(&INSERT, values, Expect::Rows(1));
        if entry.account == Account::Balance {
            if before.version == 0 {
                let values = params![bucket, msisdn, episode_id, entry.minor];
                batch.push(&OPEN, values, Expect::Rows(1));
            } else {
                let values = params![bucket, msisdn, episode_id, before.version, entry.minor];
                batch.push(&MOVE, values, Expect::Rows(1));
            }
        }
    }
}
