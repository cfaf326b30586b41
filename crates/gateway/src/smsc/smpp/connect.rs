//! From a centre's address to a bound connection.

use super::pdu::{self, Pdu};
use super::settings::Centre;
use bytes::BytesMut;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use std::io::{Error, ErrorKind};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// A connection, encrypted or not.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Connects and binds as transceiver; also what came with the answer.
pub(super) async fn bound(centre: &Centre) -> Result<(Box<dyn Stream>, BytesMut), Error> {
    let tcp = TcpStream::connect(&centre.address).await?;
    tcp.set_nodelay(true)?;
    let mut stream: Box<dyn Stream> = if centre.tls {
        let name = ServerName::try_from(centre.host().to_owned()).map_err(Error::other)?;
        Box::new(TlsConnector::from(Arc::new(tls(centre)?)).connect(name, tcp).await?)
    } else {
        Box::new(tcp)
    };
    let mut out = BytesMut::new();
    pdu::bind(1, &centre.system_id, &centre.password, &centre.system_type).put(&mut out);
    stream.write_all(&out).await?;
    stream.flush().await?;
    let mut buffer = BytesMut::new();
    loop {
        match Pdu::take(&mut buffer) {
            Err(_) => return Err(Error::new(ErrorKind::InvalidData, "it does not speak SMPP")),
            Ok(Some(answer)) if answer.id == pdu::BIND_TRANSCEIVER | pdu::RESPONSE => {
                return match answer.status {
                    pdu::OK => Ok((stream, buffer)),
                    status => Err(Error::other(format!("bind refused: status 0x{status:02x}"))),
                };
            }
            Ok(Some(answer)) if answer.id == pdu::GENERIC_NACK => {
                return Err(Error::other(format!("bind refused: status 0x{:02x}", answer.status)));
            }
            // Nothing else may come before the answer.
            Ok(Some(_)) => {}
            Ok(None) => {
                if stream.read_buf(&mut buffer).await? == 0 {
                    return Err(ErrorKind::UnexpectedEof.into());
                }
            }
        }
    }
}

fn tls(centre: &Centre) -> Result<ClientConfig, Error> {
    let mut roots = RootCertStore::empty();
    match &centre.ca_file {
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
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
