//! Where applicants are reached, the one-time codes that prove it, and their consents.

use crate::batch::{Batch, Expect};
use crate::db::Db;
use crate::error::{Error, ErrorKind};
use crate::params;
use crate::statement::Statement;
use crate::value::Row;
use domain::id::ApplicationId;
use domain::notice::Channel;
use domain::time::At;
use seal::{DataKey, Place};

pub(crate) const ALL: &[&Statement] = &[
    &UPSERT,
    &LIST,
    &DROP_OTHERS,
    &ERASE,
    &LOAD_CODE,
    &INSERT_CODE,
    &RENEW_CODE,
    &TRY_CODE,
    &DELETE_CODE,
    &INSERT_CONSENT,
    &CONSENTS,
];

const UPSERT: Statement = Statement::new(
    "application_contact.upsert",
    "insert into application_contact (bucket, application_id, channel, address, address_index, \
        confirmed_at, recorded_at) values ($1, $2, $3, $4, $5, $6, $7) \
     on conflict (bucket, application_id, channel, address_index) do update set \
        address = excluded.address, confirmed_at = excluded.confirmed_at, \
        recorded_at = excluded.recorded_at",
);
const LIST: Statement = Statement::new(
    "application_contact.list",
    "select channel, address, address_index, confirmed_at from application_contact \
     where bucket = $1 and application_id = $2 order by recorded_at desc",
);
const DROP_OTHERS: Statement = Statement::new(
    "application_contact.drop_others",
    "delete from application_contact where bucket = $1 and application_id = $2 \
        and channel = $3 and address_index <> $4",
);
const ERASE: Statement = Statement::new(
    "application_contact.erase",
    "delete from application_contact where bucket = $1 and application_id = $2",
);
const LOAD_CODE: Statement = Statement::new(
    "contact_code.load",
    "select subject, code_hash, sent_at, expires_at, tries, window_at, sends, version \
     from contact_code where bucket = $1 and address_index = $2 and purpose = $3",
);
const INSERT_CODE: Statement = Statement::new(
    "contact_code.insert",
    "insert into contact_code (bucket, address_index, purpose, subject, code_hash, sent_at, \
        expires_at, tries, window_at, sends, version) \
     values ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, 1)",
);
const RENEW_CODE: Statement = Statement::new(
    "contact_code.renew",
    "update contact_code set subject = $4, code_hash = $5, sent_at = $6, expires_at = $7, \
        tries = 0, window_at = $8, sends = $9, version = version + 1 \
     where bucket = $1 and address_index = $2 and purpose = $3 and version = $10",
);
const TRY_CODE: Statement = Statement::new(
    "contact_code.try",
    "update contact_code set tries = tries + 1, version = version + 1 \
     where bucket = $1 and address_index = $2 and purpose = $3 and version = $4",
);
const DELETE_CODE: Statement = Statement::new(
    "contact_code.spend",
    "update contact_code set expires_at = 0, version = version + 1 \
     where bucket = $1 and address_index = $2 and purpose = $3 and version = $4",
);
const INSERT_CONSENT: Statement = Statement::new(
    "consent.insert",
    "insert into consent (bucket, application_id, purpose, text_version, is_given, at) \
     values ($1, $2, $3, $4, $5, $6) \
     on conflict (bucket, application_id, purpose, at) do update set is_given = excluded.is_given",
);
const CONSENTS: Statement = Statement::new(
    "consent.list",
    "select purpose, text_version, is_given, at from consent \
     where bucket = $1 and application_id = $2 order by at",
);

/// A way to reach an applicant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Another number, or e-mail.
    pub channel: Channel,
    /// The address, sealed.
    pub sealed: Vec<u8>,
    /// Its blind index.
    pub index: [u8; 16],
    /// When the applicant proved that it reaches him.
    pub confirmed_at: Option<At>,
}

impl Contact {
    /// Of an address, sealed under the application's key.
    pub fn of(
        id: ApplicationId,
        channel: Channel,
        address: &str,
        key: &DataKey,
        index: [u8; 16],
    ) -> Self {
        let sealed = key.seal(address.as_bytes(), &place(id, channel));
        Self { channel, sealed, index, confirmed_at: None }
    }

    /// The address, opened.
    pub fn open(&self, id: ApplicationId, key: &DataKey) -> Result<String, Error> {
        key.open_text(&self.sealed, &place(id, self.channel)).map_err(|error| {
            let text = format!("the contact of {id} does not open");
            Error::caused(ErrorKind::Corrupt, text, error)
        })
    }

    /// Records the contact, beside others on its channel.
    pub fn upsert(&self, batch: &mut Batch, id: ApplicationId) {
        let at = batch.at();
        let values = params![
            id.bucket(),
            id,
            self.channel.key(),
            self.sealed.as_slice(),
            self.index,
            self.confirmed_at,
            at,
        ];
        batch.push(&UPSERT, values, Expect::Rows(1));
    }

    /// The contacts of an application, the one given last first.
    pub async fn list(db: &Db, id: ApplicationId) -> Result<Vec<Self>, Error> {
        let rows = db.query(&LIST, params![id.bucket(), id]).await?;
        rows.iter()
            .map(|row| {
                Ok(Self {
                    channel: row.parse(0, Channel::from_key)?,
                    sealed: row.get(1)?,
                    index: row.get(2)?,
                    confirmed_at: row.get(3)?,
                })
            })
            .collect()
    }

    /// Removes the other contacts on the same channel: this one is confirmed now.
    pub fn drop_others(&self, batch: &mut Batch, id: ApplicationId) {
        let values = params![id.bucket(), id, self.channel.key(), self.index];
        batch.push(&DROP_OTHERS, values, Expect::Any);
    }

    /// Removes the contacts of an application.
    pub fn erase(batch: &mut Batch, id: ApplicationId) {
        batch.push(&ERASE, params![id.bucket(), id], Expect::Any);
    }
}

fn place(id: ApplicationId, channel: Channel) -> Vec<u8> {
    Place { table: "application_contact", column: channel.key(), row: &id.to_bytes() }.aad()
}

/// A one-time code as stored: never the code itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// What the code opens: the bytes of an id.
    pub subject: Vec<u8>,
    /// Hash of the code with the address's index.
    pub hash: [u8; 32],
    /// When it was sent.
    pub sent_at: At,
    /// Until when it is good.
    pub expires_at: At,
    /// Wrong tries so far.
    pub tries: i64,
    /// Since when sends are counted.
    pub window_at: At,
    /// Sends since then.
    pub sends: i64,
    /// Grows with every change; 0 before the first code.
    pub version: i64,
}

impl Code {
    /// The code sent last to this address for this purpose.
    pub async fn load(db: &Db, index: [u8; 16], purpose: &str) -> Result<Option<Self>, Error> {
        let values = params![index_bucket(index), index, purpose];
        db.query_opt(&LOAD_CODE, values).await?.as_ref().map(Self::of_row).transpose()
    }

    /// Puts a new code in place of the one loaded with this version.
    pub fn send(&self, batch: &mut Batch, index: [u8; 16], purpose: &str) {
        let mut values = params![
            index_bucket(index),
            index,
            purpose,
            self.subject.as_slice(),
            self.hash,
            self.sent_at,
            self.expires_at,
            self.window_at,
            self.sends,
        ];
        if self.version == 0 {
            batch.push(&INSERT_CODE, values, Expect::Rows(1));
        } else {
            values.push(self.version.into());
            batch.push(&RENEW_CODE, values, Expect::Rows(1));
        }
    }

    /// Counts a wrong try.
    pub fn miss(&self, batch: &mut Batch, index: [u8; 16], purpose: &str) {
        let values = params![index_bucket(index), index, purpose, self.version];
        batch.push(&TRY_CODE, values, Expect::Rows(1));
    }

    /// Spends the code: it is good once.
    pub fn spend(&self, batch: &mut Batch, index: [u8; 16], purpose: &str) {
        let values = params![index_bucket(index), index, purpose, self.version];
        batch.push(&DELETE_CODE, values, Expect::Rows(1));
    }

    fn of_row(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            subject: row.get(0)?,
            hash: row.get(1)?,
            sent_at: row.get(2)?,
            expires_at: row.get(3)?,
            tries: row.get(4)?,
            window_at: row.get(5)?,
            sends: row.get(6)?,
            version: row.get(7)?,
        })
    }
}

/// The bucket of a blind index: its last bits, which are as good as random.
pub(crate) fn index_bucket(index: [u8; 16]) -> i64 {
    i64::try_from(u128::from_be_bytes(index) & 1023).unwrap_or_default()
}

/// A consent given or taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// What for, as a stable word.
    pub purpose: String,
    /// The version of the text that was shown.
    pub text_version: i64,
    /// Given, or taken back.
    pub is_given: bool,
    /// When.
    pub at: At,
}

impl Consent {
    /// Adds a receipt.
    pub fn insert(&self, batch: &mut Batch, id: ApplicationId) {
        let values = params![
            id.bucket(),
            id,
            self.purpose.as_str(),
            self.text_version,
            self.is_given,
            self.at,
        ];
        batch.push(&INSERT_CONSENT, values, Expect::Rows(1));
    }

    /// All receipts of an application, oldest first.
    pub async fn list(db: &Db, id: ApplicationId) -> Result<Vec<Self>, Error> {
        let rows = db.query(&CONSENTS, params![id.bucket(), id]).await?;
        rows.iter()
            .map(|row| {
                Ok(Self {
                    purpose: row.get(0)?,
                    text_version: row.get(1)?,
                    is_given: row.get(2)?,
                    at: row.get(3)?,
                })
            })
            .collect()
    }
}
