//! From a centre's address to a bound connection.

use super::pdu::{self, Pdu};
use super::settings::Centre;
use crate::tls::{self, Stream};
use bytes::BytesMut;
use service::port::PortError;
use std::io::{Error, ErrorKind};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Connects and binds, then goes: whether the centre lets us in.
pub async fn check(centre: &Centre) -> Result<(), PortError> {
    let answer = tokio::time::timeout(centre.response_time(), bound(centre)).await;
    let late = |_| Err(std::io::ErrorKind::TimedOut.into());
    let (mut stream, _) = answer.unwrap_or_else(late).map_err(|error: Error| {
        let said = error.to_string();
        if said.contains("bind refused") {
            PortError::Rejected(said)
        } else {
            PortError::NotSent(said)
        }
    })?;
    let mut out = BytesMut::new();
    Pdu::new(pdu::UNBIND, 2).put(&mut out);
    // What it says to a goodbye changes nothing.
    drop(stream.write_all(&out).await);
    Ok(())
}

/// Connects and binds as transceiver; also what came with the answer.
pub(super) async fn bound(centre: &Centre) -> Result<(Box<dyn Stream>, BytesMut), Error> {
    let tcp = TcpStream::connect(&centre.address).await?;
    tcp.set_nodelay(true)?;
    let mut stream: Box<dyn Stream> = if centre.tls {
        tls::encrypt(tcp, centre.host(), centre.ca_file.as_deref()).await?
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
