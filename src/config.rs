//! The one configuration file, `baohao.toml`, and its overrides from the environment.
//!
//! Every key has a default that works, so no file is needed to begin. An environment variable
//! `BAOHAO_STORE_DATABASE` overrides the key `store.database`. Secrets come only from files or the
//! environment, never from the command line.

use gateway::authority::http::Server as AuthorityServer;
use gateway::hlr::http::Server as Hss;
use gateway::hlr::osmo::Server as Hlr;
use gateway::hlr::pyhss::Server as PyHss;
use gateway::mail::smtp::Server as MailServer;
use gateway::smdp::es2plus::Server as SmdpServer;
use gateway::smsc::smpp::Centre as Smsc;
use gateway::usage::nats::Server as Nats;
use serde::Deserialize;
use std::fmt;
use std::path::{Path, PathBuf};
use store::Options;

/// The configuration of one process.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// Where this process listens and how it is reached.
    pub(crate) site: Site,
    /// Where data, blobs and keys lie.
    pub(crate) store: StorePlace,
    /// The operator made on the first start.
    pub(crate) operator: FirstOperator,
    /// What stands behind the ports.
    pub(crate) network: Network,
    /// How fast it may go.
    pub(crate) limit: Limit,
    /// The register, if `network.hlr` is `osmo_hlr`.
    pub(crate) hlr: Hlr,
    /// The operator's interface in front of its register, if `network.hlr` is `http`.
    pub(crate) hss: Hss,
    /// The message centre, if `network.sms` is `smpp`.
    pub(crate) smsc: Smsc,
    /// The mail server, if `network.mail` is `smtp`.
    pub(crate) mail: MailServer,
    /// The usage feed, if `network.usage` is `nats`.
    pub(crate) nats: Nats,
    /// The SM-DP+, if `network.smdp` is `es2plus`.
    pub(crate) smdp: SmdpServer,
    /// The identity authority, if `network.authority` is `http`.
    pub(crate) authority: AuthorityServer,
    /// PyHSS, if `network.hlr` is `pyhss`.
    pub(crate) pyhss: PyHss,
}

/// `[limit]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Limit {
    /// Numbers that one process sweeps in a second, and so the most that it asks of the network for
    /// them; 0 for as many as it can.
    pub(crate) sweep_per_second: u32,
    /// Requests that one API token may make in a second, over time.
    pub(crate) token_per_second: u32,
}

impl Default for Limit {
    fn default() -> Self {
        let limits = service::app::Limits::default();
        Self {
            sweep_per_second: limits.sweep_per_second.unwrap_or(0),
            token_per_second: limits.token_per_second,
        }
    }
}

impl Config {
    /// The limits as the use cases take them.
    pub(crate) fn limits(&self) -> service::app::Limits {
        service::app::Limits {
            sweep_per_second: Some(self.limit.sweep_per_second).filter(|rate| *rate > 0),
            token_per_second: self.limit.token_per_second,
        }
    }
}

/// `[site]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Site {
    /// Address and port.
    pub(crate) listen: String,
    /// How the outside reaches the pages, for links in notices.
    pub(crate) base_url: String,
    /// Requests for pages that are worked on at once; whoever comes then waits on a page of its
    /// own.
    pub(crate) requests_max: usize,
    /// Address and port for `/metrics`, `/healthz` and `/readyz`, which only the operator may
    /// reach; none if empty. The last two are also where the pages are.
    pub(crate) health_listen: String,
}

/// `[store]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StorePlace {
    /// A path (SQLite) or a `postgres://` URL; in it `sslmode`: `disable`, `prefer`, `require` or
    /// `verify-full`.
    pub(crate) database: String,
    /// The `postgres://` URL of a standby from which reports are read.
    pub(crate) replica: Option<String>,
    /// Who may sign the certificate of the PostgreSQL server, as PEM, with `sslmode=verify-full`;
    /// whom the system trusts if it is not given.
    pub(crate) ca_file: Option<PathBuf>,
    /// Connections to the database that one process holds at most.
    pub(crate) connections: usize,
    /// Seconds that one statement may run (PostgreSQL).
    pub(crate) statement_timeout_seconds: u64,
    /// Seconds that it may wait for a row which somebody else writes (PostgreSQL).
    pub(crate) lock_timeout_seconds: u64,
    /// Seconds after which the server ends a transaction that lies still (PostgreSQL).
    pub(crate) idle_timeout_seconds: u64,
    /// A folder for sealed blobs, or `s3://BUCKET/PREFIX` in a program built with `--features s3`.
    pub(crate) blobs: String,
    /// The key file; made on the first start, readable by its owner only.
    pub(crate) key_file: PathBuf,
    /// A folder for the models that read documents; without them a person reads.
    pub(crate) models: PathBuf,
    /// The shared library of ONNX Runtime, to run the models with it instead of what is part of
    /// the program; only in a program built with `--features ort`.
    pub(crate) onnxruntime: Option<PathBuf>,
}

/// `[operator]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct FirstOperator {
    pub(crate) code: String,
    pub(crate) name_zh: String,
    pub(crate) name_en: String,
    /// Two to four characters that open every SMS.
    pub(crate) brand: String,
    pub(crate) hotline: String,
    /// The policy pack: `cn`, `hk`, `gb`, `us`, `ng`, `ph`.
    pub(crate) policy: String,
    /// The legal time zone, such as `Asia/Shanghai`.
    pub(crate) zone: String,
    /// The language of notices when the receiver chose none: `zh` or `en`.
    pub(crate) language: String,
}

/// `[network]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Network {
    /// `none` (nothing is provisioned, cases wait), `simulator` (for trials; says so) or `osmo_hlr`
    /// for the register of `[hlr]`; `http` for the interface of `[hss]`, `pyhss` for `[pyhss]`.
    pub(crate) hlr: HlrAdapter,
    /// The same for text messages; `smpp` for the message centre of `[smsc]`.
    pub(crate) sms: SmsAdapter,
    /// The same for e-mail; `smtp` for the server of `[mail]`.
    pub(crate) mail: MailAdapter,
    /// Where usage comes from by itself: `none`, or `nats` for the stream of `[nats]`. Files and
    /// pushes are taken in always.
    pub(crate) usage: UsageAdapter,
    /// What prepares eSIM profiles: `none` (there are no eSIMs), `simulator`, or `es2plus` for the
    /// SM-DP+ of `[smdp]`.
    pub(crate) smdp: SmdpAdapter,
    /// Who knows which name belongs to which number: `none` (a person decides without),
    /// `simulator`, or `http` for the interface of `[authority]`.
    pub(crate) authority: AuthorityAdapter,
}

/// Which adapter stands behind the port for the register.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HlrAdapter {
    #[default]
    None,
    Simulator,
    OsmoHlr,
    Http,
    Pyhss,
}

/// Which adapter stands behind the port for text messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SmsAdapter {
    #[default]
    None,
    Simulator,
    Smpp,
}

/// Which adapter stands behind the port for e-mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MailAdapter {
    #[default]
    None,
    Simulator,
    Smtp,
}

/// Where usage comes from by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UsageAdapter {
    #[default]
    None,
    Nats,
}

/// Which adapter stands behind the port for the identity authority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AuthorityAdapter {
    #[default]
    None,
    Simulator,
    Http,
}

/// Which adapter stands behind the port for eSIM profiles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SmdpAdapter {
    #[default]
    None,
    Simulator,
    Es2plus,
}

impl Default for Site {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".into(),
            base_url: "http://127.0.0.1:8080".into(),
            requests_max: service::app::Site::REQUESTS_MAX,
            health_listen: String::new(),
        }
    }
}

impl Default for StorePlace {
    fn default() -> Self {
        Self::in_folder(Path::new("baohao-data"))
    }
}

impl StorePlace {
    /// Everything in one folder, as the demo and a small operator keep it.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self {
            database: folder.join("baohao.db").to_string_lossy().into_owned(),
            replica: None,
            ca_file: None,
            connections: Options::CONNECTIONS,
            statement_timeout_seconds: Options::STATEMENT_SECONDS,
            lock_timeout_seconds: Options::LOCK_SECONDS,
            idle_timeout_seconds: Options::IDLE_SECONDS,
            blobs: folder.join("blobs").to_string_lossy().into_owned(),
            key_file: folder.join("keys.json"),
            models: folder.join("models"),
            onnxruntime: None,
        }
    }

    /// How the database is opened.
    pub(crate) fn options(&self) -> Result<Options, ConfigError> {
        let within = |name: &str, value: u64, most: u64| match value {
            value if (1..=most).contains(&value) => Ok(value),
            _ => Err(ConfigError(format!("store.{name}: 1 to {most}, not {value}"))),
        };
        within("connections", self.connections as u64, 1_000)?;
        let seconds = |name, value| within(name, value, 86_400).map(std::time::Duration::from_secs);
        Ok(Options {
            address: self.database.clone(),
            replica: self.replica.clone().filter(|url| !url.is_empty()),
            ca_file: self.ca_file.clone(),
            connections: self.connections,
            statement_timeout: seconds(
                "statement_timeout_seconds",
                self.statement_timeout_seconds,
            )?,
            lock_timeout: seconds("lock_timeout_seconds", self.lock_timeout_seconds)?,
            idle_timeout: seconds("idle_timeout_seconds", self.idle_timeout_seconds)?,
        })
    }
}

impl Default for FirstOperator {
    fn default() -> Self {
        Self {
            code: "operator".into(),
            name_zh: "运营商".into(),
            name_en: "Operator".into(),
            brand: "保号".into(),
            hotline: "10000".into(),
            policy: "cn".into(),
            zone: "Asia/Shanghai".into(),
            language: "zh".into(),
        }
    }
}

impl Default for Network {
    fn default() -> Self {
        Self {
            hlr: HlrAdapter::None,
            sms: SmsAdapter::None,
            mail: MailAdapter::None,
            usage: UsageAdapter::None,
            smdp: SmdpAdapter::None,
            authority: AuthorityAdapter::None,
        }
    }
}

/// Why the configuration cannot be used: where, what, and the nearest right thing.
#[derive(Debug)]
pub(crate) struct ConfigError(String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl std::error::Error for ConfigError {}

/// Reads `path`, or the defaults if it is `None` and no `baohao.toml` lies here; then the
/// environment's overrides.
pub(crate) fn load(path: Option<&Path>) -> Result<Config, ConfigError> {
    let here = Path::new("baohao.toml");
    let path = path.or_else(|| here.exists().then_some(here));
    let text = match path {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| ConfigError(format!("{}: {error}", path.display())))?,
        None => String::new(),
    };
    let shown = path.unwrap_or(here).display().to_string();
    parse(&shown, &text, std::env::vars())
}

/// The sections whose keys the environment overrides: all there are.
const SECTIONS: [&str; 13] = [
    "site",
    "store",
    "operator",
    "network",
    "limit",
    "hlr",
    "hss",
    "smsc",
    "mail",
    "nats",
    "smdp",
    "authority",
    "pyhss",
];

fn parse(
    shown: &str,
    text: &str,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Config, ConfigError> {
    // Parsed once as itself, so that an error has its line; then with the overrides.
    toml::from_str::<Config>(text).map_err(|error| explain(shown, text, &error))?;
    let mut table: toml::Table = text.parse().expect("it was parsed a line above");
    no_secrets(shown, &table)?;
    for (name, value) in environment {
        let Some(key) = name.strip_prefix("BAOHAO_") else { continue };
        let Some((section, key)) = key.split_once('_') else { continue };
        let (section, key) = (section.to_ascii_lowercase(), key.to_ascii_lowercase());
        if !SECTIONS.contains(&section.as_str()) {
            continue;
        }
        let value = typed(&section, &key, value)
            .map_err(|error| ConfigError(format!("{name}: {}", error.message())))?;
        let section = table.entry(section).or_insert_with(|| toml::Table::new().into());
        if let Some(section) = section.as_table_mut() {
            section.insert(key, value);
        }
    }
    table.try_into().map_err(|error: toml::de::Error| {
        ConfigError(format!("environment (BAOHAO_…): {}", error.message()))
    })
}

/// What an environment variable says, as the key wants it: text, a number, or yes and no. A hotline
/// of digits stays text.
fn typed(section: &str, key: &str, value: String) -> Result<toml::Value, toml::de::Error> {
    let number = value.parse().ok().map(toml::Value::Integer);
    let yes = value.parse().ok().map(toml::Value::Boolean);
    let fit = |value: toml::Value| {
        let section_of = toml::Table::from_iter([(key.to_owned(), value.clone())]);
        let table = toml::Table::from_iter([(section.to_owned(), section_of.into())]);
        table.try_into::<Config>().map(|_| value)
    };
    fit(value.into()).or_else(|error| {
        let mut others = number.into_iter().chain(yes);
        others.find_map(|value| fit(value).ok()).ok_or(error)
    })
}

/// Secrets come from files of their own or the environment: this file is copied and shown around.
fn no_secrets(shown: &str, table: &toml::Table) -> Result<(), ConfigError> {
    let has = |section: Option<&toml::Value>| section.is_some_and(|s| s.get("password").is_some());
    let backups = table.get("smsc").and_then(|smsc| smsc.get("backup")?.as_array());
    let is_backup = backups.is_some_and(|backups| backups.iter().any(|backup| has(Some(backup))));
    for (name, is_there) in [
        ("smsc", has(table.get("smsc"))),
        ("smsc.backup", is_backup),
        ("mail", has(table.get("mail"))),
        ("hss", has(table.get("hss"))),
        ("nats", has(table.get("nats"))),
        ("pyhss", has(table.get("pyhss"))),
    ] {
        if is_there {
            return Err(ConfigError(format!(
                "{shown}: {name}.password must not stand here; name a file with `password_file`"
            )));
        }
    }
    Ok(())
}

/// What `password_file` holds, without the end of its line; `password` if that is set.
pub(crate) fn secret(password: &str, file: Option<&Path>) -> Result<String, ConfigError> {
    match file {
        Some(path) if password.is_empty() => std::fs::read_to_string(path)
            .map(|text| text.trim_end_matches(['\r', '\n']).to_owned())
            .map_err(|error| ConfigError(format!("{}: {error}", path.display()))),
        _ => Ok(password.to_owned()),
    }
}

/// The error with its line and, for an unknown key, the nearest known one.
fn explain(shown: &str, text: &str, error: &toml::de::Error) -> ConfigError {
    let line = error.span().map_or(1, |span| {
        text.get(..span.start).map_or(1, |before| before.matches('\n').count() + 1)
    });
    let message = error.message();
    let mut names = message.split('`').skip(1).step_by(2);
    let hint = match (message.starts_with("unknown field"), names.next()) {
        (true, Some(wrong)) => names
            .min_by_key(|known| distance(wrong, known))
            .map(|known| format!("; did you mean `{known}`?"))
            .unwrap_or_default(),
        _ => String::new(),
    };
    ConfigError(format!("{shown}:{line}: {message}{hint}"))
}

/// The Levenshtein distance, for short keys.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for ((j, cb), above) in b.iter().enumerate().zip(row.windows(2)) {
            let [corner, above] = above else { continue };
            let left = next.get(j).copied().unwrap_or(usize::MAX - 1);
            next.push((corner + usize::from(ca != *cb)).min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
        let vars = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        parse("baohao.toml", text, vars).map_err(|error| error.to_string())
    }

    #[test]
    fn a_mistyped_key_is_named_with_its_line_and_the_nearest_key() {
        let error = parsed("[site]\nlisten = \"0.0.0.0:80\"\nbase_ulr = \"x\"\n", &[]).unwrap_err();
        assert!(error.starts_with("baohao.toml:3: unknown field `base_ulr`"), "{error}");
        assert!(error.ends_with("did you mean `base_url`?"), "{error}");
    }

    #[test]
    fn the_environment_overrides_the_file() {
        let text = "[store]\ndatabase = \"a.db\"\n";
        let config = parsed(text, &[("BAOHAO_STORE_DATABASE", "b.db"), ("BAOHAO_LOG", "info")]);
        assert_eq!(config.unwrap().store.database, "b.db");
        assert!(parsed("", &[("BAOHAO_STORE_DATABSE", "b.db")]).is_err());
    }

    #[test]
    fn the_environment_overrides_numbers_too_and_digits_stay_text_where_text_is_wanted() {
        let config = parsed(
            "[limit]\nsweep_per_second = 7\n",
            &[
                ("BAOHAO_LIMIT_SWEEP_PER_SECOND", "50"),
                ("BAOHAO_SITE_REQUESTS_MAX", "8"),
                ("BAOHAO_OPERATOR_HOTLINE", "10086"),
            ],
        );
        let config = config.unwrap();
        assert_eq!((config.limit.sweep_per_second, config.site.requests_max), (50, 8));
        assert_eq!(config.operator.hotline, "10086");
        for wrong in ["fifty", "-1", ""] {
            let error = parsed("", &[("BAOHAO_LIMIT_TOKEN_PER_SECOND", wrong)]).unwrap_err();
            assert!(error.starts_with("BAOHAO_LIMIT_TOKEN_PER_SECOND: "), "{error}");
        }
    }

    #[test]
    fn every_section_can_be_overridden() {
        let error = parsed("[x]\n", &[]).unwrap_err();
        let (message, _hint) = error.split_once("; did you mean").expect("a hint");
        let there_are: Vec<_> = message.split('`').skip(3).step_by(2).collect();
        assert_eq!(there_are, SECTIONS);
        for name in SECTIONS {
            let key = format!("BAOHAO_{}_NONSENSE", name.to_ascii_uppercase());
            assert!(parsed("", &[(&key, "1")]).is_err(), "{name} is not overridden");
        }
    }

    #[test]
    fn a_password_in_the_file_is_refused_and_not_repeated() {
        for text in [
            "[smsc]\npassword = \"hush\"\n",
            "[mail]\npassword = \"hush\"\n",
            "[hss]\npassword = \"hush\"\n",
            "[nats]\npassword = \"hush\"\n",
            "[pyhss]\npassword = \"hush\"\n",
            "[[smsc.backup]]\nname = \"b\"\npassword = \"hush\"\n",
        ] {
            let error = parsed(text, &[]).unwrap_err();
            assert!(error.contains("password_file") && !error.contains("hush"), "{error}");
        }
        let config = parsed("[network]\nsms = \"smpp\"\n", &[("BAOHAO_SMSC_PASSWORD", "hush")]);
        let config = config.unwrap();
        assert_eq!((config.network.sms, config.smsc.password.as_str()), (SmsAdapter::Smpp, "hush"));
        assert!(!format!("{config:?}").contains("hush"));
    }

    #[test]
    fn the_database_is_opened_as_the_configuration_says() {
        let text =
            "[store]\nconnections = 40\nlock_timeout_seconds = 3\nreplica = \"postgres://b\"";
        let options = parsed(text, &[]).unwrap().store.options().unwrap();
        assert_eq!((options.connections, options.lock_timeout.as_secs()), (40, 3));
        assert_eq!(options.statement_timeout.as_secs(), Options::STATEMENT_SECONDS);
        assert_eq!(options.replica.as_deref(), Some("postgres://b"));
        for (text, key) in [
            ("[store]\nconnections = 0", "store.connections"),
            ("[store]\nconnections = 1001", "store.connections"),
            ("[store]\nidle_timeout_seconds = 0", "store.idle_timeout_seconds"),
        ] {
            let error = parsed(text, &[]).unwrap().store.options().unwrap_err().to_string();
            assert!(error.starts_with(key), "{error}");
        }
    }

    #[test]
    fn distances_are_right() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }
}
