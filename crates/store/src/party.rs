//! Parties, their identity documents, the claims on identities, and sanctions.

use crate::application::contact::index_bucket;
use crate::batch::{Batch, Expect};
use crate::db::Db;
use crate::error::{Error, ErrorKind};
use crate::params;
use crate::statement::Statement;
use crate::value::Row;
use domain::id::{DataKeyId, OperatorId, PartyId};
use domain::identity::{DocumentKind, IdentityNumber};
use domain::time::At;
use jiff::civil::Date;
use seal::{DataKey, Place};

pub(crate) const ALL: &[&Statement] = &[
    &INSERT,
    &LOAD,
    &TOUCH,
    &UPDATE_PROFILE,
    &INSERT_DOCUMENT,
    &DOCUMENTS,
    &CLAIM,
    &CLAIMANT,
    &SANCTION,
    &INSERT_SANCTION,
];

const INSERT: Statement = Statement::new(
    "party.insert",
    "insert into party (bucket, id, operator_id, kind, data_key_id, name, birth, address, \
        version, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9)",
);
const LOAD: Statement = Statement::new(
    "party.load",
    "select id, operator_id, kind, data_key_id, name, birth, address, version, created_at, \
        erased_at from party where bucket = $1 and id = $2",
);
const TOUCH: Statement = Statement::new(
    "party.touch",
    "update party set version = version + 1 where bucket = $1 and id = $2 and version = $3",
);
const UPDATE_PROFILE: Statement = Statement::new(
    "party.update_profile",
    "update party set name = $4, birth = $5, address = $6, version = version + 1 \
     where bucket = $1 and id = $2 and version = $3",
);
const INSERT_DOCUMENT: Statement = Statement::new(
    "identity_document.insert",
    "insert into identity_document (bucket, party_id, match_index, kind, number, expires_on, \
        recorded_at) values ($1, $2, $3, $4, $5, $6, $7) \
     on conflict (bucket, party_id, match_index) do update set kind = excluded.kind, \
        number = excluded.number, expires_on = excluded.expires_on, \
        recorded_at = excluded.recorded_at",
);
const DOCUMENTS: Statement = Statement::new(
    "identity_document.list",
    "select kind, number, expires_on, recorded_at, match_index from identity_document \
     where bucket = $1 and party_id = $2 order by recorded_at desc",
);
const CLAIM: Statement = Statement::new(
    "identity_claim.insert",
    "insert into identity_claim (bucket, operator_id, match_index, party_id) \
     values ($1, $2, $3, $4)",
);
const CLAIMANT: Statement = Statement::new(
    "identity_claim.load",
    "select party_id from identity_claim \
     where bucket = $1 and operator_id = $2 and match_index = $3",
);
const SANCTION: Statement = Statement::new(
    "sanction.load",
    "select source, from_on, until_on from sanction \
     where bucket = $1 and match_index = $2 and operator_id in (0, $3) and from_on <= $4 \
        and (until_on is null or until_on >= $4) order by operator_id limit 1",
);
const INSERT_SANCTION: Statement = Statement::new(
    "sanction.insert",
    "insert into sanction (bucket, match_index, operator_id, source, from_on, until_on, \
        recorded_at) values ($1, $2, $3, $4, $5, $6, $7) \
     on conflict (bucket, match_index, operator_id) do update set source = excluded.source, \
        from_on = excluded.from_on, until_on = excluded.until_on, \
        recorded_at = excluded.recorded_at",
);
/// The name under which identities are blinded.
pub const MATCH_COLUMN: &str = "identity_document.match";

/// What a party is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartyKind {
    /// A person.
    Person,
    /// An organisation.
    Organisation,
}

impl PartyKind {
    const fn code(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Organisation => "organisation",
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        [Self::Person, Self::Organisation].into_iter().find(|kind| kind.code() == code)
    }
}

/// A party as stored; personal fields sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Its id.
    pub id: PartyId,
    /// The tenant.
    pub operator_id: OperatorId,
    /// Person or organisation.
    pub kind: PartyKind,
    /// The key of everything sealed about it.
    pub data_key_id: DataKeyId,
    sealed_name: Option<Vec<u8>>,
    sealed_birth: Option<Vec<u8>>,
    sealed_address: Option<Vec<u8>>,
    /// Grows with every change, and with every number that is added or taken away.
    pub version: i64,
    /// When it was first seen.
    pub created_at: At,
    /// When it was erased.
    pub erased_at: Option<At>,
}

/// What is known of a party, in the open.
#[derive(Clone, PartialEq, Eq)]
pub struct Profile {
    /// The name.
    pub name: String,
    /// Day of birth.
    pub birth: Option<Date>,
    /// The address; empty if the operator does not ask for it.
    pub address: String,
}

/// Never the content: it is personal.
impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Profile(•••)")
    }
}

/// A document of a party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartyDocument {
    /// Kind and number.
    pub number: IdentityNumber,
    /// Its last day.
    pub expires: Option<Date>,
    /// When it was recorded.
    pub recorded_at: At,
}

impl Party {
    /// A new party with its profile sealed under `key`.
    pub fn new(
        id: PartyId,
        operator_id: OperatorId,
        kind: PartyKind,
        key: &DataKey,
        profile: &Profile,
    ) -> Self {
        let mut party = Self {
            id,
            operator_id,
            kind,
            data_key_id: DataKeyId::from_u128(key.id()),
            sealed_name: None,
            sealed_birth: None,
            sealed_address: None,
            version: 1,
            created_at: At::default(),
            erased_at: None,
        };
        party.seal(key, profile);
        party
    }

    fn seal(&mut self, key: &DataKey, profile: &Profile) {
        let seal = |column, text: &str| Some(key.seal(text.as_bytes(), &place(self.id, column)));
        self.sealed_name = seal("name", &profile.name);
        self.sealed_birth = profile.birth.and_then(|birth| seal("birth", &birth.to_string()));
        self.sealed_address =
            if profile.address.is_empty() { None } else { seal("address", &profile.address) };
    }

    /// The profile, opened with the party's key.
    pub fn open(&self, key: &DataKey) -> Result<Profile, Error> {
        let open = |column, sealed: &Option<Vec<u8>>| match sealed {
            Some(sealed) => key.open_text(sealed, &place(self.id, column)).map_err(|error| {
                let text = format!("the {column} of {} does not open", self.id);
                Error::caused(ErrorKind::Corrupt, text, error)
            }),
            None => Ok(String::new()),
        };
        Ok(Profile {
            name: open("name", &self.sealed_name)?,
            birth: open("birth", &self.sealed_birth)?.parse().ok(),
            address: open("address", &self.sealed_address)?,
        })
    }

    /// Adds the party.
    pub fn insert(&self, batch: &mut Batch) {
        let at = batch.at();
        let values = params![
            self.id.bucket(),
            self.id,
            self.operator_id,
            self.kind.code(),
            self.data_key_id,
            self.sealed_name.clone(),
            self.sealed_birth.clone(),
            self.sealed_address.clone(),
            at,
        ];
        batch.push(&INSERT, values, Expect::Rows(1));
    }

    /// The party `id`.
    pub async fn load(db: &Db, id: PartyId) -> Result<Option<Self>, Error> {
        let row = db.query_opt(&LOAD, params![id.bucket(), id]).await?;
        row.as_ref().map(Self::of_row).transpose()
    }

    /// Makes the batch a conflict if the party changed since it was loaded: whatever is counted
    /// per party rests on this.
    pub fn touch(&self, batch: &mut Batch) {
        batch.push(&TOUCH, params![self.id.bucket(), self.id, self.version], Expect::Rows(1));
    }

    /// Writes a new profile over the version that was loaded.
    pub fn update(&mut self, batch: &mut Batch, key: &DataKey, profile: &Profile) {
        self.seal(key, profile);
        let values = params![
            self.id.bucket(),
            self.id,
            self.version,
            self.sealed_name.clone(),
            self.sealed_birth.clone(),
            self.sealed_address.clone(),
        ];
        batch.push(&UPDATE_PROFILE, values, Expect::Rows(1));
        self.version += 1;
    }

    /// Records a document of the party; the same document again takes the place of the old.
    pub fn insert_document(
        &self,
        batch: &mut Batch,
        key: &DataKey,
        document: &PartyDocument,
        index: [u8; 16],
    ) {
        let sealed = key.seal(document.number.as_str().as_bytes(), &self.number_place(index));
        let values = params![
            self.id.bucket(),
            self.id,
            index,
            document.number.kind().as_str(),
            sealed,
            document.expires.map(|date| date.to_string()),
            document.recorded_at,
        ];
        batch.push(&INSERT_DOCUMENT, values, Expect::Rows(1));
    }

    /// The documents of the party, the newest first.
    pub async fn documents(&self, db: &Db, key: &DataKey) -> Result<Vec<PartyDocument>, Error> {
        let rows = db.query(&DOCUMENTS, params![self.id.bucket(), self.id]).await?;
        rows.iter()
            .map(|row| {
                let kind = row.parse(0, DocumentKind::named)?;
                let sealed: Vec<u8> = row.get(1)?;
                let expires: Option<String> = row.get(2)?;
                let number =
                    key.open_text(&sealed, &self.number_place(row.get(4)?)).map_err(|error| {
                        let text = format!("a document of {} does not open", self.id);
                        Error::caused(ErrorKind::Corrupt, text, error)
                    })?;
                Ok(PartyDocument {
                    number: IdentityNumber::from_stored(kind, number),
                    expires: expires.and_then(|date| date.parse().ok()),
                    recorded_at: row.get(3)?,
                })
            })
            .collect()
    }

    fn number_place(&self, index: [u8; 16]) -> Vec<u8> {
        let row = [self.id.to_bytes(), index].concat();
        Place { table: "identity_document", column: "number", row: &row }.aad()
    }

    fn of_row(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.get(0)?,
            operator_id: row.get(1)?,
            kind: row.parse(2, PartyKind::from_code)?,
            data_key_id: row.get(3)?,
            sealed_name: row.get(4)?,
            sealed_birth: row.get(5)?,
            sealed_address: row.get(6)?,
            version: row.get(7)?,
            created_at: row.get(8)?,
            erased_at: row.get(9)?,
        })
    }
}

fn place(id: PartyId, column: &str) -> Vec<u8> {
    Place { table: "party", column, row: &id.to_bytes() }.aad()
}

/// Claims an identity for a party: if another party of the operator has it, a duplicate.
pub fn claim(batch: &mut Batch, operator_id: OperatorId, index: [u8; 16], party_id: PartyId) {
    let values = params![index_bucket(index), operator_id, index, party_id];
    batch.push(&CLAIM, values, Expect::Rows(1));
}

/// The party of the operator that has this identity.
pub async fn claimant(
    db: &Db,
    operator_id: OperatorId,
    index: [u8; 16],
) -> Result<Option<PartyId>, Error> {
    let row = db.query_opt(&CLAIMANT, params![index_bucket(index), operator_id, index]).await?;
    row.map(|row| row.get(0)).transpose()
}

/// A sanction in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sanction {
    /// Which list or order.
    pub source: String,
    /// Its first day.
    pub from_on: Date,
    /// Its last day.
    pub until_on: Option<Date>,
}

/// The sanction on this identity in force on `today`, for all operators or this one.
pub async fn sanction(
    db: &Db,
    operator_id: OperatorId,
    index: [u8; 16],
    today: Date,
) -> Result<Option<Sanction>, Error> {
    let values = params![index_bucket(index), index, operator_id, today.to_string()];
    let date = |text: &str| text.parse::<Date>().ok();
    let Some(row) = db.query_opt(&SANCTION, values).await? else { return Ok(None) };
    let until: Option<String> = row.get(2)?;
    Ok(Some(Sanction {
        source: row.get(0)?,
        from_on: row.parse(1, date)?,
        until_on: until.as_deref().and_then(date),
    }))
}

/// Records a sanction on an identity; operator 0 stands for all.
pub fn insert_sanction(
    batch: &mut Batch,
    operator_id: OperatorId,
    index: [u8; 16],
    sanction: &Sanction,
) {
    let at = batch.at();
    let values = params![
        index_bucket(index),
        index,
        operator_id,
        sanction.source.as_str(),
        sanction.from_on.to_string(),
        sanction.until_on.map(|date| date.to_string()),
        at,
    ];
    batch.push(&INSERT_SANCTION, values, Expect::Rows(1));
}
