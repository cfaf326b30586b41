//! What is known of numbers before the network is told: of those that one claim of jobs brought,
//! by three reads for all of them.

use crate::app::App;
use crate::error::Error;
use domain::msisdn::Msisdn;
use domain::sim::{Imsi, SimKeys};
use std::collections::HashMap;
use store::number::provision::{self, Provision};
use store::number::sim_key;

/// What is wanted for the SIMs of one number, and their keys if they were read as well.
pub(crate) struct Known {
    rows: Vec<Provision>,
    keys: Option<HashMap<Imsi, SimKeys>>,
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Known").field("rows", &self.rows).finish_non_exhaustive()
    }
}

impl Known {
    fn of(mut rows: Vec<Provision>, keys: Option<HashMap<Imsi, SimKeys>>) -> Self {
        rows.sort_by_key(|row| row.profile.is_some());
        Self { rows, keys }
    }

    /// The SIMs, those that must go first.
    pub(super) fn in_order(&self) -> &[Provision] {
        &self.rows
    }

    /// The keys of a SIM; `None` if none came with it.
    pub(super) async fn keys(&self, app: &App, imsi: Imsi) -> Result<Option<SimKeys>, Error> {
        match &self.keys {
            Some(keys) => Ok(keys.get(&imsi).cloned()),
            None => Ok(sim_key::load(&app.store.db, &app.store.keys, imsi).await?),
        }
    }
}

/// Looks at one number.
pub(super) async fn look(app: &App, msisdn: Msisdn) -> Result<Known, Error> {
    Ok(Known::of(provision::of_number(&app.store.db, msisdn).await?, None))
}

/// Looks at many; what failed is left for each to look at by itself.
pub(crate) async fn look_many(app: &App, msisdns: &[Msisdn]) -> HashMap<Msisdn, Known> {
    try_look(app, msisdns).await.unwrap_or_else(|error| {
        tracing::warn!(error = %error.with_causes(), "numbers are looked at one by one");
        HashMap::new()
    })
}

async fn try_look(app: &App, msisdns: &[Msisdn]) -> Result<HashMap<Msisdn, Known>, Error> {
    // One alone has as much to wait for either way.
    if msisdns.len() < 2 {
        return Ok(HashMap::new());
    }
    let rows = provision::of_many(&app.store.db, msisdns).await?;
    let imsis: Vec<Imsi> = rows.iter().filter(|row| has_keys(row)).map(|row| row.imsi).collect();
    let keys = sim_key::load_many(&app.store.db, &app.store.keys, &imsis).await?;
    let mut of_number: HashMap<Msisdn, Vec<Provision>> = HashMap::new();
    for row in rows {
        of_number.entry(row.msisdn).or_default().push(row);
    }
    let known = of_number.into_iter().map(|(msisdn, rows)| {
        let own = |row: &Provision| keys.get_key_value(&row.imsi);
        let of_these = rows.iter().filter_map(own).map(|(imsi, keys)| (*imsi, keys.clone()));
        let of_these = of_these.collect();
        (msisdn, Known::of(rows, Some(of_these)))
    });
    Ok(known.collect())
}

/// Whether its keys are needed: a record that goes, or is confirmed, is not made.
fn has_keys(row: &Provision) -> bool {
    row.profile.is_some() && row.step != provision::ProvisionStep::Confirmed
}
