//! Encrypted connections, as all adapters make them.

use rustls_pki_types::ServerName;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::io::Error;
use std::path::Path;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// A connection, encrypted or not.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Encrypts `tcp` for `host`, whose certificate must be signed by one of `ca_file` (PEM), or by one
/// of the system's if there is none.
pub(crate) async fn encrypt(
    tcp: TcpStream,
    host: &str,
    ca_file: Option<&Path>,
) -> Result<Box<dyn Stream>, Error> {
    let name = ServerName::try_from(host.to_owned()).map_err(Error::other)?;
    Ok(Box::new(TlsConnector::from(Arc::new(config(ca_file)?)).connect(name, tcp).await?))
}

/// How connections are encrypted; `ca_file` as in [`encrypt`].
pub(crate) fn config(ca_file: Option<&Path>) -> Result<ClientConfig, Error> {
    config_as(ca_file, None)
}

/// The same, and we say who we are by a certificate and its key, both files (PEM).
pub(crate) fn config_as(
    ca_file: Option<&Path>,
    own: Option<(&Path, &Path)>,
) -> Result<ClientConfig, Error> {
    let mut roots = RootCertStore::empty();
    match ca_file {
        Some(path) => {
            for certificate in CertificateDer::pem_file_iter(path).map_err(Error::other)? {
                roots.add(certificate.map_err(Error::other)?).map_err(Error::other)?;
            }
        }
        None => {
            let (_, _) =
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(Error::other)?;
    let config = config.with_root_certificates(roots);
    let Some((certificate, key)) = own else { return Ok(config.with_no_client_auth()) };
    let chain = CertificateDer::pem_file_iter(certificate).map_err(Error::other)?;
    let chain = chain.collect::<Result<Vec<_>, _>>().map_err(Error::other)?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(Error::other)?;
    config.with_client_auth_cert(chain, key).map_err(Error::other)
}
