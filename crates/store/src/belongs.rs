//! Whose data a PostgreSQL database holds, seen before its schema is touched.

use crate::error::{Error, ErrorKind};
use crate::options::Options;
use crate::postgres::connect_alone;
use domain::id::DataKeyId;
use seal::Keyring;

/// Whose data a database holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Belongs {
    /// Nobody's: it has no operator.
    Nobody,
    /// What is sealed in it opens with this key file.
    Us,
    /// Somebody else's.
    Others,
}

/// Looks into the PostgreSQL database of these options and changes nothing, not even the schema,
/// which may be of an older program; `keyring` is our key file if there is one.
pub async fn belongs(options: &Options, keyring: Option<&Keyring>) -> Result<Belongs, Error> {
    let fail = |e| Error::caused(ErrorKind::Unavailable, "look into the database", e);
    let client = connect_alone(options, "baohao look").await?;
    let has_schema = "select to_regclass('operator') is not null and \
        to_regclass('data_key') is not null";
    if !client.query_one(has_schema, &[]).await.map_err(fail)?.get::<_, bool>(0) {
        return Ok(Belongs::Nobody);
    }
    let has_operator = "select exists (select 1 from operator)";
    if !client.query_one(has_operator, &[]).await.map_err(fail)?.get::<_, bool>(0) {
        return Ok(Belongs::Nobody);
    }
    let any_key = "select id, wrapped from data_key where wrapped is not null limit 1";
    let (Some(keyring), Some(row)) = (keyring, client.query_opt(any_key, &[]).await.map_err(fail)?)
    else {
        return Ok(Belongs::Others);
    };
    let id = DataKeyId::from_bytes(row.get(0));
    let is_ours = id.is_some_and(|id| keyring.unwrap(id.as_u128(), row.get(1)).is_ok());
    Ok(if is_ours { Belongs::Us } else { Belongs::Others })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Batch;
    use crate::keys::Keys;
    use crate::testing::{Engine, OwnServer, folder, fresh};
    use domain::time::At;

    #[tokio::test]
    async fn a_database_of_others_is_known_by_what_the_key_file_does_not_open() {
        let Some(db) = fresh(Engine::Postgres).await else { return };
        let folder = folder();
        let ours = Keyring::create(&folder.join("ours")).unwrap();
        let theirs = Keyring::create(&folder.join("theirs")).unwrap();
        let options = Options::new(db.address());
        let look = async |keyring| belongs(&options, keyring).await.unwrap();
        assert_eq!(look(Some(&ours)).await, Belongs::Nobody);
        let mut batch = Batch::new(At::from_millis(1));
        crate::operator::insert(&mut batch, &crate::testing::operator(1));
        db.commit(batch).await.unwrap();
        assert_eq!(look(Some(&ours)).await, Belongs::Others, "nothing says that it is ours");
        let mut batch = Batch::new(At::from_millis(1));
        Keys::new(theirs.clone()).create(&mut batch, At::from_millis(1));
        db.commit(batch).await.unwrap();
        assert_eq!(look(Some(&ours)).await, Belongs::Others);
        assert_eq!(look(None).await, Belongs::Others);
        assert_eq!(look(Some(&theirs)).await, Belongs::Us);
    }

    #[tokio::test]
    async fn a_database_without_a_schema_is_nobodys_and_stays_without_one() {
        let Some(server) = OwnServer::start("") else { return };
        let address = server.address("127.0.0.1", "postgres", "?sslmode=disable");
        let found = belongs(&Options::new(&address), None).await.unwrap();
        assert_eq!(found, Belongs::Nobody);
        // It would fail if looking had made one.
        server.psql("postgres", "create table schema_migration (name text)");
    }
}
