//! What an address says: where the server is, and whether the way to it is encrypted.

use crate::error::{Error, ErrorKind};
use crate::options::Options;
use crate::postgres::tls::Tls;
use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

/// How long a connection may take to be made.
const CONNECT_WAIT: Duration = Duration::from_secs(10);

/// `sslmode` of the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encryption {
    /// Never.
    Disable,
    /// If the server can.
    Prefer,
    /// Always, whoever the server is.
    Require,
    /// Always, and the server must prove its name.
    VerifyFull,
}

impl Encryption {
    fn of(word: &str) -> Result<Self, Error> {
        match word {
            "disable" => Ok(Self::Disable),
            "prefer" => Ok(Self::Prefer),
            "require" => Ok(Self::Require),
            "verify-full" => Ok(Self::VerifyFull),
            other => {
                let text = format!("sslmode={other}: use disable, prefer, require or verify-full");
                Err(Error::new(ErrorKind::Config, text))
            }
        }
    }
}

/// Takes `sslmode` out of the address: the driver knows only three of the four.
fn split(address: &str) -> Result<(String, Option<Encryption>), Error> {
    let Some((rest, query)) = address.split_once('?') else {
        return Ok((address.to_owned(), None));
    };
    let mut encryption = None;
    let mut kept = Vec::new();
    for part in query.split('&') {
        match part.strip_prefix("sslmode=") {
            Some(word) => encryption = Some(Encryption::of(word)?),
            None => kept.push(part),
        }
    }
    let mark = if kept.is_empty() { "" } else { "?" };
    Ok((format!("{rest}{mark}{}", kept.join("&")), encryption))
}

/// The driver's settings for `address`, and how it encrypts. Neither knows the session's settings
/// of [`session`].
pub(crate) fn parse(address: &str, options: &Options) -> Result<(Config, Tls), Error> {
    let (address, said) = split(address)?;
    let mut config: Config = address.parse().map_err(|e| {
        Error::caused(ErrorKind::Config, "the database address is not understood", e)
    })?;
    let is_local = config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_)));
    let encryption = said.unwrap_or(Encryption::Prefer);
    if options.ca_file.is_some() && encryption != Encryption::VerifyFull && !is_local {
        let text = "store.ca_file is of use with sslmode=verify-full alone: say so in the address";
        return Err(Error::new(ErrorKind::Config, text));
    }
    config.ssl_mode(match encryption {
        _ if is_local => SslMode::Disable,
        Encryption::Disable => SslMode::Disable,
        Encryption::Prefer => SslMode::Prefer,
        Encryption::Require | Encryption::VerifyFull => SslMode::Require,
    });
    config.application_name("baohao").connect_timeout(CONNECT_WAIT);
    let tls = Tls::new(encryption, options.ca_file.as_deref())?;
    Ok((config, tls))
}

/// Adds the settings of every session: time-outs against anything that hangs, and read-only unless
/// said otherwise.
pub(crate) fn session(config: &mut Config, options: &Options) {
    let millis = |time: Duration| time.as_millis();
    let settings = format!(
        "-c statement_timeout={} -c lock_timeout={} -c idle_in_transaction_session_timeout={} \
         -c default_transaction_read_only=on -c timezone=UTC",
        millis(options.statement_timeout),
        millis(options.lock_timeout),
        millis(options.idle_timeout)
    );
    let all = match config.get_options() {
        Some(own) => format!("{own} {settings}"),
        None => settings,
    };
    config.options(all);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(address: &str) -> Result<SslMode, String> {
        let parsed = parse(address, &Options::new(address));
        parsed.map(|(config, _)| config.get_ssl_mode()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_address_says_whether_the_way_is_encrypted() {
        for (query, wanted) in [
            ("", SslMode::Prefer),
            ("?sslmode=disable", SslMode::Disable),
            ("?sslmode=prefer&connect_timeout=3", SslMode::Prefer),
            ("?application_name=x&sslmode=require", SslMode::Require),
            ("?sslmode=verify-full", SslMode::Require),
        ] {
            let address = format!("postgres://db.example/x{query}");
            assert_eq!(mode(&address), Ok(wanted), "{query}");
        }
        let refused = mode("postgres://db.example/x?sslmode=verify-ca").unwrap_err();
        assert!(refused.contains("verify-full"), "{refused}");
        assert_eq!(mode("postgres://u@%2Ftmp/x?sslmode=require"), Ok(SslMode::Disable));
    }

    #[test]
    fn a_file_of_certificates_that_would_not_be_looked_at_is_refused() {
        let mut options = Options::new("postgres://db.example/x?sslmode=require");
        options.ca_file = Some("ca.pem".into());
        let address = options.address.clone();
        let error = parse(&address, &options).err().map(|error| error.to_string());
        assert!(error.is_some_and(|text| text.contains("sslmode=verify-full")));
    }

    #[test]
    fn time_outs_come_from_the_options() {
        let mut options = Options::new("postgres://db.example/x?options=-c%20work_mem%3D1MB");
        options.lock_timeout = Duration::from_millis(1_500);
        let (mut config, _) = parse(&options.address.clone(), &options).unwrap();
        session(&mut config, &options);
        let said = config.get_options().unwrap();
        assert!(said.starts_with("-c work_mem=1MB "), "{said}");
        assert!(said.contains("statement_timeout=30000 -c lock_timeout=1500 "), "{said}");
    }
}
