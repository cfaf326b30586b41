//! The encrypted way to PostgreSQL.

use crate::error::{Error, ErrorKind};
use crate::postgres::address::Encryption;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::future::Future;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::Socket;
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::{self, ClientConfig, DigitallySignedStruct, RootCertStore};
use tokio_rustls::rustls::{Error as TlsError, SignatureScheme};

/// Makes encrypted connections, all with the same settings.
#[derive(Clone)]
pub(crate) struct Tls {
    config: Arc<ClientConfig>,
}

impl Tls {
    /// With `verify-full` the server must show a certificate of its name, signed by somebody in
    /// `ca_file`, or by somebody whom the system trusts; otherwise any certificate does, as with
    /// PostgreSQL's own programs.
    pub(crate) fn new(encryption: Encryption, ca_file: Option<&Path>) -> Result<Self, Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|e| Error::caused(ErrorKind::Bug, "cannot begin with TLS", e))?;
        let config = if encryption == Encryption::VerifyFull {
            builder.with_root_certificates(roots(ca_file)?).with_no_client_auth()
        } else {
            let anybody = Arc::new(Anybody(provider));
            builder.dangerous().with_custom_certificate_verifier(anybody).with_no_client_auth()
        };
        Ok(Self { config: Arc::new(config) })
    }
}

fn roots(ca_file: Option<&Path>) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    let Some(path) = ca_file else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        return Ok(roots);
    };
    let fail = |cause: &dyn std::fmt::Display| {
        Error::new(ErrorKind::Config, format!("store.ca_file {}: {cause}", path.display()))
    };
    for certificate in CertificateDer::pem_file_iter(path).map_err(|e| fail(&e))? {
        roots.add(certificate.map_err(|e| fail(&e))?).map_err(|e| fail(&e))?;
    }
    if roots.is_empty() { Err(fail(&"there is no certificate in it")) } else { Ok(roots) }
}

/// What to tell if the server's certificate, or its lack, is why there is no connection.
pub(super) fn explain(error: &tokio_postgres::Error) -> Option<String> {
    use rustls::CertificateError as Why;
    let mut cause: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(error);
    // The driver has no other sign of it.
    if cause.is_some_and(|cause| cause.to_string() == "server does not support TLS") {
        return Some("the database server does not encrypt: switch `ssl` on there".to_owned());
    }
    let tls = loop {
        let inner = cause?;
        if let Some(tls) = inner.downcast_ref::<TlsError>() {
            break tls;
        }
        // What an input/output error carries is not among its causes.
        let carried = inner.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(tls) = carried.and_then(|carried| carried.downcast_ref::<TlsError>()) {
            break tls;
        }
        cause = inner.source();
    };
    let why = match tls {
        TlsError::InvalidCertificate(Why::UnknownIssuer) => {
            "its certificate is signed by nobody in store.ca_file, or nobody the system trusts"
        }
        TlsError::InvalidCertificate(Why::NotValidForName | Why::NotValidForNameContext { .. }) => {
            "its certificate is for another name than the address says"
        }
        TlsError::InvalidCertificate(Why::Expired | Why::ExpiredContext { .. }) => {
            "its certificate has expired"
        }
        TlsError::InvalidCertificate(_) => "its certificate is not sound",
        _ => return None,
    };
    Some(format!("the database server was not trusted: {why}"))
}

/// Trusts any server, whatever it shows: whoever stands in between could show the like.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

impl MakeTlsConnect<Socket> for Tls {
    type Stream = Encrypted;
    type TlsConnect = Connector;
    type Error = io::Error;

    fn make_tls_connect(&mut self, host: &str) -> io::Result<Connector> {
        // A socket in the file system has no name, and is not encrypted.
        let name = if host.is_empty() { "localhost" } else { host };
        let name = ServerName::try_from(name.to_owned()).map_err(io::Error::other)?;
        Ok(Connector { connector: TlsConnector::from(Arc::clone(&self.config)), name })
    }
}

/// Makes one encrypted connection.
pub(crate) struct Connector {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl TlsConnect<Socket> for Connector {
    type Stream = Encrypted;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Encrypted>> + Send>>;

    fn connect(self, socket: Socket) -> Self::Future {
        Box::pin(async move {
            let stream = self.connector.connect(self.name, socket).await?;
            Ok(Encrypted(Box::new(stream)))
        })
    }
}

/// An encrypted connection.
pub(crate) struct Encrypted(Box<TlsStream<Socket>>);

impl tokio_postgres::tls::TlsStream for Encrypted {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
