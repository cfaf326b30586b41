//! Builds the running program from its configuration.

use crate::config::{
    self, AuthorityAdapter, Config, HlrAdapter, MailAdapter, SmdpAdapter, SmsAdapter, StorePlace,
    UsageAdapter,
};
use domain::id::OperatorId;
use domain::operator::Operator;
use domain::time::Zone;
use gateway::meter::{Meter, Metered};
use gateway::network::{Network, carry};
use gateway::ocr::Models;
use gateway::{Unconnected, authority, hlr, mail, smdp, smsc, usage};
use reader::{ModelFolder, PoolLimits, Runtime};
use seal::Keyring;
use service::app::{App, Site};
use service::clock::{Clock, SystemClock};
use service::port::{Authority, Faces, Hlr, Mail, NoAuthority, NoModels, NoSmdp, Ocr, Smdp, Sms};
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
    let db = Db::open_with(&place.options()?).await?;
    Ok(Store { db, keys: Keys::new(keyring), blobs: Blobs::open(&place.blobs)? })
}

/// The program for one command: nothing real is connected, and nothing is sent or provisioned.
pub(crate) async fn open_app(config: &Config) -> Result<Arc<App>, Failure> {
    open(config, false).await.map(|running| running.app)
}

/// The program that runs the outbox, with the ports that the configuration names.
pub(crate) async fn open_worker(config: &Config) -> Result<Running, Failure> {
    open(config, true).await
}

/// The program and what counts at its ports.
pub(crate) struct Running {
    pub(crate) app: Arc<App>,
    /// By the name of the port.
    pub(crate) meters: Vec<(&'static str, Arc<Meter>)>,
    /// Usage that comes by itself, if any does; for whoever does the work.
    pub(crate) usage: Option<usage::Nats>,
}

/// What stands behind the ports.
struct Ports {
    hlr: Arc<dyn Hlr>,
    sms: Arc<dyn Sms>,
    ears: Option<smsc::smpp::Ears>,
    mail: Arc<dyn Mail>,
    smdp: Arc<dyn Smdp>,
    authority: Arc<dyn Authority>,
    network: Option<Arc<Network>>,
}

async fn open(config: &Config, is_worker: bool) -> Result<Running, Failure> {
    let store = open_store(&config.store).await?;
    let folder = config.store.key_file.parent().unwrap_or(Path::new("."));
    // On a demo's folder it is as late as in the demo: time must not run backwards.
    let clock: Arc<dyn Clock> = match demo::clock_of_folder(folder)? {
        Some(clock) => Arc::new(clock),
        None => Arc::new(SystemClock),
    };
    let names = ["hlr", "sms", "mail", "usage", "smdp", "authority"];
    let meters = names.map(|name| (name, Arc::new(Meter::default())));
    let [hlr, sms, mail, usage, smdp, authority] =
        meters.each_ref().map(|(_, meter)| Arc::clone(meter));
    let ports = ports(config, is_worker, &clock, [&hlr, &sms, &mail, &smdp, &authority])?;
    let usage = match config.network.usage {
        UsageAdapter::Nats if is_worker => Some(usage_feed(config, usage)?),
        UsageAdapter::Nats | UsageAdapter::None => None,
    };
    let (ocr, faces) = if is_worker { models(&config.store)? } else { no_models() };
    let app = Arc::new(App {
        store,
        hlr: Arc::new(Metered { meter: hlr, port: ports.hlr }),
        sms: Arc::new(Metered { meter: sms, port: ports.sms }),
        mail: Arc::new(Metered { meter: mail, port: ports.mail }),
        smdp: Arc::new(Metered { meter: smdp, port: ports.smdp }),
        authority: Arc::new(Metered { meter: authority, port: ports.authority }),
        ocr,
        faces,
        clock,
        site: Site {
            base_url: config.site.base_url.trim_end_matches('/').to_owned(),
            requests_max: config.site.requests_max,
        },
        maintenance: service::maintenance::Watch::default(),
        limits: config.limits(),
        memory: service::app::Memory::default(),
    });
    if let Some(ears) = ports.ears {
        tokio::spawn(smsc::smpp::hear(ears, Arc::downgrade(&app)));
    }
    if let Some(network) = ports.network {
        tokio::spawn(carry(network, Arc::downgrade(&app)));
    }
    Ok(Running { app, meters: meters.into(), usage })
}

/// The ports behind which models stand.
type Looking = (Arc<dyn Ocr>, Arc<dyn Faces>);

fn no_models() -> Looking {
    (Arc::new(NoModels), Arc::new(NoModels))
}

/// The models that read documents and compare faces; a file that is another one stops the start.
fn models(place: &StorePlace) -> Result<Looking, Failure> {
    let runtime = Runtime::open(place.onnxruntime.as_deref())?;
    let folder = ModelFolder::new(&place.models);
    let models = Arc::new(Models::open(folder, runtime, PoolLimits::default())?);
    let folder = place.models.display();
    if let Err(why) = Ocr::models(&*models) {
        let why = why.code();
        tracing::warn!(why, %folder, "documents are not read by machine: `baohao models fetch`");
    }
    if let Err(why) = Faces::models(&*models) {
        let why = why.code();
        tracing::warn!(why, %folder, "faces are not compared by machine: `baohao models fetch`");
    }
    Ok((Arc::clone(&models) as Arc<dyn Ocr>, models))
}

fn ports(
    config: &Config,
    is_worker: bool,
    clock: &Arc<dyn Clock>,
    [hlr_meter, sms_meter, mail_meter, smdp_meter, authority_meter]: [&Arc<Meter>; 5],
) -> Result<Ports, Failure> {
    let wanted = &config.network;
    let network = simulated(config, clock)?;
    let world = |is_wanted| network.clone().filter(|_| is_wanted);
    let nothing = || Arc::new(Unconnected);
    let hlr: Arc<dyn Hlr> = match world(wanted.hlr == HlrAdapter::Simulator) {
        Some(network) => Arc::new(hlr::Simulator(network)),
        None if is_worker && wanted.hlr == HlrAdapter::OsmoHlr => {
            Arc::new(hlr::Osmo::start(config.hlr.clone(), Arc::clone(hlr_meter)))
        }
        None if is_worker && wanted.hlr == HlrAdapter::Http => {
            Arc::new(provisioning(config, clock, hlr_meter)?)
        }
        None if is_worker && wanted.hlr == HlrAdapter::Pyhss => Arc::new(pyhss(config, hlr_meter)?),
        None => nothing(),
    };
    let (sms, ears): (Arc<dyn Sms>, _) = match world(wanted.sms == SmsAdapter::Simulator) {
        Some(network) => (Arc::new(smsc::Simulator(network)), None),
        None if is_worker && wanted.sms == SmsAdapter::Smpp => {
            let (smpp, ears) =
                smsc::Smpp::start(Arc::clone(clock), centres(&config.smsc)?, sms_meter);
            (smpp, Some(ears))
        }
        None => (nothing(), None),
    };
    let mail: Arc<dyn Mail> = match (world(wanted.mail == MailAdapter::Simulator), wanted.mail) {
        (Some(network), _) => Arc::new(mail::Simulator(network)),
        (None, MailAdapter::Smtp) => {
            Arc::new(mail::Smtp::new(mail_server(&config.mail)?, Arc::clone(mail_meter))?)
        }
        (None, _) => nothing(),
    };
    let smdp: Arc<dyn Smdp> = match world(wanted.smdp == SmdpAdapter::Simulator) {
        Some(network) => Arc::new(smdp::Simulator(network)),
        None if is_worker && wanted.smdp == SmdpAdapter::Es2plus => {
            let server = config.smdp.clone();
            Arc::new(smdp::Es2plus::new(server, Arc::clone(smdp_meter))?)
        }
        None => Arc::new(NoSmdp),
    };
    let authority: Arc<dyn Authority> = match world(wanted.authority == AuthorityAdapter::Simulator)
    {
        Some(network) => Arc::new(authority::Simulator(network)),
        None if is_worker && wanted.authority == AuthorityAdapter::Http => {
            Arc::new(identity_authority(config, authority_meter)?)
        }
        None => Arc::new(NoAuthority),
    };
    Ok(Ports { hlr, sms, ears, mail, smdp, authority, network })
}

/// The operator's interface in front of its register.
pub(crate) fn provisioning(
    config: &Config,
    clock: &Arc<dyn Clock>,
    meter: &Arc<Meter>,
) -> Result<hlr::Http, Failure> {
    let mut server = config.hss.clone();
    server.password = config::secret(&server.password, server.password_file.as_deref())?;
    Ok(hlr::Http::new(server, Arc::clone(clock), Arc::clone(meter))?)
}

/// Who knows which name belongs to which number.
pub(crate) fn identity_authority(
    config: &Config,
    meter: &Arc<Meter>,
) -> Result<authority::Http, Failure> {
    let mut server = config.authority.clone();
    server.password = config::secret(&server.password, server.password_file.as_deref())?;
    Ok(authority::Http::new(server, Arc::clone(meter))?)
}

/// PyHSS, with its key.
pub(crate) fn pyhss(config: &Config, meter: &Arc<Meter>) -> Result<hlr::PyHss, Failure> {
    let mut server = config.pyhss.clone();
    server.password = config::secret(&server.password, server.password_file.as_deref())?;
    Ok(hlr::PyHss::new(server, Arc::clone(meter))?)
}

/// The stream that tells of usage.
pub(crate) fn usage_feed(config: &Config, meter: Arc<Meter>) -> Result<usage::Nats, Failure> {
    let mut server = config.nats.clone();
    server.password = config::secret(&server.password, server.password_file.as_deref())?;
    Ok(usage::Nats::new(server, meter, crate::cli::out::language())?)
}

/// The simulated network, if any port is to have it.
fn simulated(config: &Config, clock: &Arc<dyn Clock>) -> Result<Option<Arc<Network>>, Failure> {
    let wanted = &config.network;
    let is_simulated = wanted.hlr == HlrAdapter::Simulator
        || wanted.sms == SmsAdapter::Simulator
        || wanted.mail == MailAdapter::Simulator
        || wanted.smdp == SmdpAdapter::Simulator
        || wanted.authority == AuthorityAdapter::Simulator;
    if !is_simulated {
        return Ok(None);
    }
    let folder = config.store.key_file.parent().unwrap_or(Path::new("."));
    let path = folder.join("simulated-network.json");
    tracing::warn!(path = %path.display(), "the network is simulated");
    Ok(Some(Arc::new(Network::open(Arc::clone(clock), &path)?)))
}

/// The message centre and its backups, with their passwords.
pub(crate) fn centres(first: &smsc::smpp::Centre) -> Result<Vec<smsc::smpp::Centre>, Failure> {
    let mut centres = Vec::new();
    for centre in std::iter::once(first).chain(&first.backup) {
        let mut centre = centre.clone();
        centre.backup.clear();
        centre.password = config::secret(&centre.password, centre.password_file.as_deref())?;
        if centre.system_id.is_empty() {
            return Err(format!("smsc.system_id: who are we at `{}`?", centre.name).into());
        }
        if centres.iter().any(|known: &smsc::smpp::Centre| known.name == centre.name) {
            return Err(format!("smsc.name: two centres are named `{}`", centre.name).into());
        }
        centres.push(centre);
    }
    Ok(centres)
}

pub(crate) fn mail_server(server: &mail::smtp::Server) -> Result<mail::smtp::Server, Failure> {
    let mut server = server.clone();
    server.password = config::secret(&server.password, server.password_file.as_deref())?;
    Ok(server)
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
    let joined = service::operator::join(app, &operator).await;
    // Several processes may begin at once: whoever was faster made the same one.
    if joined.is_err() && !service::operator::list(app).await?.is_empty() {
        return Ok(());
    }
    Ok(joined?)
}
