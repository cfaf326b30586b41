//! One `Db` over SQLite and PostgreSQL: registered statements, batches, migrations, queue, blobs.

/// Database, keys and blobs together.
#[derive(Debug, Clone)]
pub struct Store {}
