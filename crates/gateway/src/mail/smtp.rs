//! E-mail by SMTP (RFC 5321), encrypted unless the server is on this machine.
//!
//! What was said is exact: a connection that fails before the message is handed over is "not sent";
//! 4xx is "later", 5xx is "refused"; only a connection lost after that is in doubt.

use crate::meter::Meter;
use lettre::Address;
use lettre::address::Envelope;
use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, Message, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, TlsParameters, TlsParametersBuilder,
};
use lettre::transport::smtp::{Error, extension::ClientId};
use service::port::{Later, Mail, OutgoingMail, PortError};
use std::fmt::{self, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// No step of a submission takes longer.
const STEP_TIME: Duration = Duration::from_secs(20);
/// Neither the way to the hand-over nor the hand-over itself: the outbox holds a job for a minute.
const HALF_TIME: Duration = Duration::from_secs(25);

/// How the connection is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Security {
    /// It begins in the clear and must become encrypted (RFC 3207).
    #[default]
    Starttls,
    /// Encrypted from the first byte (RFC 8314).
    Tls,
    /// In the clear: for a server on this machine.
    None,
}

/// The mail server that takes our messages.
#[derive(Clone, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// `host:port`.
    pub address: String,
    /// How the connection is protected.
    pub security: Security,
    /// Certificates (PEM) that may have signed the server's, beside those of the system.
    pub ca_file: Option<PathBuf>,
    /// Who we are; empty for a server that asks nobody.
    pub user: String,
    /// The file with the password. The environment `BAOHAO_MAIL_PASSWORD` goes before it.
    pub password_file: Option<PathBuf>,
    /// The password; never in the configuration file.
    pub password: String,
    /// Whom the messages come from: `name@example.com` or `Name <name@example.com>`.
    pub from: String,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            address: "127.0.0.1:25".into(),
            security: Security::Starttls,
            ca_file: None,
            user: String::new(),
            password_file: None,
            password: String::new(),
            from: "baohao@localhost".into(),
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server {{ address: {}, security: {:?}, .. }}", self.address, self.security)
    }
}

/// Why the settings of the mail server cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadServer(String);

/// The port to a real mail server.
pub struct Smtp {
    server: Server,
    host: String,
    from: Mailbox,
    hello: ClientId,
    tls: Option<TlsParameters>,
    meter: Arc<Meter>,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Smtp {{ server: {:?} }}", self.server)
    }
}

impl Smtp {
    /// Checks the settings; connects to nobody yet. What happens is counted by `meter`.
    pub fn new(server: Server, meter: Arc<Meter>) -> Result<Self, BadServer> {
        let bad = |what: &str, error: &dyn fmt::Display| BadServer(format!("{what}: {error}"));
        let from: Mailbox = server.from.parse().map_err(|error| bad("mail.from", &error))?;
        let (host, port) = server.address.rsplit_once(':').unwrap_or(("", ""));
        if host.is_empty() || port.parse::<u16>().is_err() {
            return Err(bad("mail.address", &"it must be host:port"));
        }
        let host = host.to_owned();
        let tls = match server.security {
            Security::None => None,
            Security::Starttls | Security::Tls => {
                Some(tls_of(&server, &host).map_err(|error| bad("mail.ca_file", &error))?)
            }
        };
        let hello = ClientId::Domain(from.email.domain().to_owned());
        Ok(Self { server, host, from, hello, tls, meter })
    }

    /// Connects, encrypts and signs in, then goes: whether the server would take a message.
    pub async fn check(&self) -> Result<(), PortError> {
        let mut connection = self.connected().await?;
        let _ = connection.quit().await;
        Ok(())
    }

    async fn connected(&self) -> Result<AsyncSmtpConnection, PortError> {
        let wrapped = self.tls.clone().filter(|_| self.server.security == Security::Tls);
        let connected = AsyncSmtpConnection::connect_tokio1(
            self.server.address.as_str(),
            Some(STEP_TIME),
            &self.hello,
            wrapped,
            None,
        );
        let mut connection = connected.await.map_err(|error| self.not_sent("connect", &error))?;
        self.meter.connected();
        if self.server.security == Security::Starttls {
            let tls = self.tls.clone().ok_or_else(|| PortError::NotSent("no TLS".into()))?;
            let encrypted = connection.starttls(tls, &self.hello).await;
            encrypted.map_err(|error| self.not_sent("encrypt", &error))?;
        }
        if !self.server.user.is_empty() {
            let Server { user, password, .. } = &self.server;
            let credentials = Credentials::new(user.clone(), password.clone());
            let signed = connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await;
            signed.map_err(|error| self.not_sent("sign in", &error))?;
        }
        Ok(connection)
    }

    async fn hand_over(&self, mail: &OutgoingMail) -> Result<String, PortError> {
        let to: Address =
            mail.to.parse().map_err(|_| PortError::Rejected("no e-mail address".into()))?;
        let message_id = format!("<{}@{}>", mail.notice_id, self.from.email.domain());
        let message = self.message(mail, to.clone(), message_id)?;
        let envelope = Envelope::new(Some(self.from.email.clone()), vec![to])
            .map_err(|_| PortError::Rejected("no receiver".into()))?;
        let mut connection = tokio::time::timeout(HALF_TIME, self.connected())
            .await
            .unwrap_or_else(|_| Err(PortError::NotSent("no answer in time".into())))?;
        let message = message.formatted();
        let answer = tokio::time::timeout(HALF_TIME, connection.send(&envelope, &message)).await;
        let Ok(answer) = answer else {
            return Err(PortError::Unreachable(format!("no answer in time from {}", self.host)));
        };
        // What it says to a goodbye changes nothing.
        drop(tokio::time::timeout(Duration::from_secs(1), connection.quit()).await);
        if let Err(error) = &answer {
            self.look_at(error);
        }
        match answer {
            Ok(_) => Ok(mail.notice_id.clone()),
            Err(error) if error.is_permanent() => Err(PortError::Rejected(status(&error))),
            Err(error) if error.is_transient() => Err(PortError::NotSent(status(&error))),
            // The server never saw it.
            Err(error) if error.is_client() => Err(PortError::Rejected("cannot be written".into())),
            Err(_) => Err(PortError::Unreachable(format!("no answer from {}", self.host))),
        }
    }

    /// What failed, without a word of the server's: it may repeat an address.
    fn not_sent(&self, step: &str, error: &Error) -> PortError {
        self.look_at(error);
        PortError::NotSent(format!("{step}: {}", status(error)))
    }

    fn look_at(&self, error: &Error) {
        if error.is_response() {
            self.meter.garbage();
        }
    }

    fn message(
        &self,
        mail: &OutgoingMail,
        to: Address,
        message_id: String,
    ) -> Result<Message, PortError> {
        let texts = MultiPart::alternative()
            .singlepart(SinglePart::plain(mail.text.clone()))
            .singlepart(SinglePart::html(html(mail)));
        let body = match &mail.calendar {
            None => texts,
            Some(calendar) => {
                let kind = ContentType::parse("text/calendar; charset=utf-8; method=PUBLISH")
                    .map_err(|_| PortError::Rejected("calendar".into()))?;
                let file = Attachment::new("baohao.ics".to_owned()).body(calendar.clone(), kind);
                MultiPart::mixed().multipart(texts).singlepart(file)
            }
        };
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .message_id(Some(message_id))
            .subject(mail.subject.clone())
            .multipart(body)
            .map_err(|_| PortError::Rejected("cannot be written".into()))
    }
}

impl Mail for Smtp {
    fn submit<'a>(&'a self, mail: &'a OutgoingMail) -> Later<'a, Result<String, PortError>> {
        Box::pin(self.hand_over(mail))
    }

    fn recognises_repeats(&self) -> bool {
        false
    }
}

fn tls_of(server: &Server, host: &str) -> Result<TlsParameters, String> {
    let mut builder: TlsParametersBuilder = TlsParameters::builder(host.to_owned());
    if let Some(path) = &server.ca_file {
        let pem = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let certificate = Certificate::from_pem(&pem).map_err(|error| error.to_string())?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().map_err(|error| error.to_string())
}

fn status(error: &Error) -> String {
    match error.status() {
        Some(code) => format!("status {code}"),
        None if error.is_timeout() => "no answer in time".to_owned(),
        None if error.is_tls() => "no trusted encryption".to_owned(),
        None if error.is_client() => "it does not offer what is needed".to_owned(),
        None => "connection failed".to_owned(),
    }
}

/// The text as a page: paragraphs and links, nothing that must be fetched.
fn html(mail: &OutgoingMail) -> String {
    let mut paragraphs = String::new();
    for paragraph in mail.text.split("\n\n").map(str::trim).filter(|text| !text.is_empty()) {
        let lines: Vec<String> = paragraph.lines().map(linked).collect();
        let _ = write!(paragraphs, "<p>{}</p>", lines.join("<br>"));
    }
    format!(
        "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{}</title></head><body style=\"font:16px/1.6 \
         sans-serif;max-width:36em;margin:1em auto;padding:0 1em\">{paragraphs}</body></html>",
        escaped(&mail.lang),
        escaped(&mail.subject),
    )
}

/// A line with what looks like a link made one.
fn linked(line: &str) -> String {
    let mut out = String::new();
    for word in line.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        if bare.starts_with("https://") && bare.is_ascii() {
            let (link, rest) = (escaped(bare), word.get(bare.len()..).unwrap_or_default());
            let _ = write!(out, "<a href=\"{link}\">{link}</a>{rest}");
        } else {
            out.push_str(&escaped(word));
        }
    }
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(text: &str) -> OutgoingMail {
        OutgoingMail {
            notice_id: "ntc_1.email".into(),
            to: "someone@example.com".into(),
            subject: "保号提醒 <尾号8000>".into(),
            text: text.into(),
            lang: "zh".into(),
            calendar: None,
        }
    }

    #[test]
    fn nothing_in_a_text_becomes_markup() {
        let page = html(&mail("a <b> & \"c\"\n\nhttps://bao.example/x?a=1&b=2 更多\n第二行"));
        assert!(page.contains("<p>a &lt;b&gt; &amp; &quot;c&quot;</p>"), "{page}");
        assert!(page.contains("<a href=\"https://bao.example/x?a=1&amp;b=2\">"), "{page}");
        assert!(page.contains(" 更多<br>第二行</p>"), "{page}");
        assert!(page.contains("lang=\"zh\"") && page.contains("&lt;尾号8000&gt;"), "{page}");
    }

    #[test]
    fn settings_that_cannot_work_are_named() {
        let bad = |server: Server| Smtp::new(server, Arc::default()).unwrap_err().to_string();
        assert!(
            bad(Server { from: "nobody".into(), ..Server::default() }).starts_with("mail.from")
        );
        assert!(bad(Server { address: "x".into(), ..Server::default() }).starts_with("mail.addr"));
        let shown = format!("{:?}", Server { password: "secret".into(), ..Server::default() });
        assert!(!shown.contains("secret"));
    }
}
