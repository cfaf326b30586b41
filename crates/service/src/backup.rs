//! Backups of an installation, and the proof that one which came back is whole.

use crate::app::App;
use crate::audit::{self, Verified};
use crate::error::Error;
use domain::id::BlobId;
use std::path::Path;
use std::sync::Arc;
pub use store::backup::{Checked, Held, Manifest, Parts, Progress, check, restore};
use store::{AuditEntry, Batch, BlobRecord};

/// Records of blobs read at once.
const PAGE: i64 = 500;

/// Makes a backup in the new folder `target` while others work, and notes it in the audit log of
/// every operator. The key file is in it only if `with_keys`.
pub async fn make(
    app: &App,
    parts: &Parts,
    target: &Path,
    with_keys: bool,
    tell: Arc<dyn Fn(Progress) + Send + Sync>,
) -> Result<Manifest, Error> {
    let at = app.now();
    let manifest = store::backup::make(&app.store, parts, target, with_keys, at, tell).await?;
    let mut batch = Batch::new(app.now());
    for operator in crate::operator::list(app).await? {
        let id = seal::entropy::uuid_v7(batch.at().millis());
        let detail = serde_json::json!({
            "sums_sha256": manifest.sums_sha256,
            "has_keys": with_keys,
            "blobs": manifest.blobs,
        });
        let at = batch.at();
        batch.audit(AuditEntry {
            operator_id: operator.id,
            subject: format!("backup_{id:032x}"),
            subject_version: 1,
            actor: "system".to_owned(),
            action: "installation.backed_up".to_owned(),
            detail_json: detail.to_string(),
            at,
        });
    }
    app.store.db.commit(batch).await?;
    Ok(manifest)
}

/// What a proof found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    /// The audit logs.
    pub logs: Vec<Verified>,
    /// Sealed objects that opened.
    pub opened: u64,
    /// Those whose key was erased with their person: they must not open.
    pub erased: u64,
    /// Those that should open and do not.
    pub broken: Vec<String>,
}

impl Proof {
    /// Whether everything is as it should be.
    pub fn holds(&self) -> bool {
        self.broken.is_empty() && self.logs.iter().all(|log| log.findings.is_empty())
    }
}

/// Verifies every audit log and opens every sealed object.
pub async fn prove(app: &App) -> Result<Proof, Error> {
    let mut proof = Proof { logs: audit::verify(app).await?, ..Proof::default() };
    let (db, mut after) = (&app.store.db, None::<BlobId>);
    loop {
        let some = BlobRecord::list(db, after, PAGE).await?;
        let Some((last, _)) = some.last() else { return Ok(proof) };
        after = Some(*last);
        for (id, data_key_id) in some {
            let Some(key) = app.store.keys.load(db, data_key_id).await? else {
                proof.erased += 1;
                continue;
            };
            match app.store.blobs.get(&key, id).await {
                Ok(_) => proof.opened += 1,
                Err(error) => proof.broken.push(error.to_string()),
            }
        }
    }
}
