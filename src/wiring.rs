//! Builds the running program from its configuration.

use crate::config::{Adapter, Config, StorePlace};
use domain::id::OperatorId;
use domain::operator::Operator;
use domain::time::Zone;
use gateway::network::{Network, carry};
use gateway::{Unconnected, hlr, mail, smsc};
use seal::Keyring;
use service::app::{App, Site};
use service::clock::{Clock, SystemClock};
use std::path::Path;
use std::sync::Arc;
use store::{Blobs, Db, Keys, Store};

type Failure = crate::cli::Failure;

/// Opens database, key file and blobs, making what is not there yet.
pub(crate) async fn open_store(place: &StorePlace) -> Result<Store, Failure> {
    if let Some(folder) = place.key_file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    }
    let keyring = Keyring::open_or_create(&place.key_file)?;
    let db = Db::open(&place.database).await?;
    Ok(Store { db, keys: Keys::new(keyring), blobs: Blobs::open(&place.blobs)? })
}

/// The program with the ports that the configuration names. Nothing is sent or provisioned by it
/// before somebody runs the outbox.
pub(crate) async fn open_app(config: &Config) -> Result<Arc<App>, Failure> {
    let store = open_store(&config.store).await?;
    let folder = config.store.key_file.parent().unwrap_or(Path::new("."));
    // On a demo's folder it is as late as in the demo: time must not run backwards.
    let clock: Arc<dyn Clock> = match demo::clock_of_folder(folder)? {
        Some(clock) => Arc::new(clock),
        None => Arc::new(SystemClock),
    };
    let wanted = [config.network.hlr, config.network.sms, config.network.mail];
    let network = if wanted.contains(&Adapter::Simulator) {
        let path = folder.join("simulated-network.json");
        tracing::warn!(path = %path.display(), "the network is simulated");
        Some(Arc::new(Network::open(Arc::clone(&clock), &path)?))
    } else {
        None
    };
    let simulated = |adapter| network.clone().filter(|_| adapter == Adapter::Simulator);
    let app = Arc::new(App {
        store,
        hlr: match simulated(config.network.hlr) {
            Some(network) => Arc::new(hlr::Simulator(network)),
            None => Arc::new(Unconnected),
        },
        sms: match simulated(config.network.sms) {
            Some(network) => Arc::new(smsc::Simulator(network)),
            None => Arc::new(Unconnected),
        },
        mail: match simulated(config.network.mail) {
            Some(network) => Arc::new(mail::Simulator(network)),
            None => Arc::new(Unconnected),
        },
        clock,
        site: Site {
            base_url: config.site.base_url.trim_end_matches('/').to_owned(),
            requests_max: config.site.requests_max,
        },
        maintenance: service::maintenance::Watch::default(),
        limits: config.limits(),
    });
    if let Some(network) = network {
        tokio::spawn(carry(network, Arc::downgrade(&app)));
    }
    Ok(app)
}

/// All pages and interfaces of an installation.
pub(crate) fn router(app: Arc<App>) -> axum::Router {
    web::router(Arc::clone(&app)).merge(api::router(app))
}

/// Adds the configured operator if there is none yet.
pub(crate) async fn first_operator(app: &App, config: &Config) -> Result<(), Failure> {
    if !service::operator::list(app).await?.is_empty() {
        return Ok(());
    }
    let first = config.operator.clone();
    let operator = Operator {
        id: OperatorId(1),
        code: first.code,
        name_zh: first.name_zh,
        name_en: first.name_en,
        brand: first.brand,
        hotline: first.hotline,
        zone: Zone::named(&first.zone)
            .ok_or_else(|| format!("operator.zone: unknown time zone `{}`", first.zone))?,
        policy_pack: first.policy,
        language: first.language,
    };
    Ok(service::operator::join(app, &operator).await?)
}
