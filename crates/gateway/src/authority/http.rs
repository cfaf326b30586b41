//! An authority over HTTP and JSON. No two are alike, so the configuration says what is sent and
//! how the answer is read; the program only fills in and looks up.

use crate::http::{Answer as Reply, Client, Place, Trouble};
use crate::meter::Meter;
use crate::tls;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::authority::{Answer, Belongs, Likeness};
use serde_json::Value;
use service::port::{Authority, AuthorityQuestion, Later, PortError};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How an authority is asked and understood (`[authority]`).
#[derive(Clone, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// `https://host:port/prefix`; in the clear only on this machine or in a tunnel.
    pub base_url: String,
    /// The path that is posted to, after the prefix.
    pub path: String,
    /// Certificates (PEM) that may have signed the server's; none means those of the system.
    pub ca_file: Option<PathBuf>,
    /// Our certificate (PEM), if it wants one.
    pub certificate_file: Option<PathBuf>,
    /// The key (PEM) of our certificate.
    pub key_file: Option<PathBuf>,
    /// The header that carries the token, such as `authorization`.
    pub token_header: String,
    /// What stands before the token in the header, such as `Bearer `.
    pub token_prefix: String,
    /// The file with the token. The environment `BAOHAO_AUTHORITY_PASSWORD` goes before it.
    pub password_file: Option<PathBuf>,
    /// The token; never in the configuration file.
    pub password: String,
    /// An answer that takes longer, in seconds, is none.
    pub response_seconds: u64,
    /// What is sent: any JSON in which the texts `{id}`, `{kind}`, `{number}`, `{name}` and
    /// `{portrait}` (base64 of the JPEG) stand for the question.
    pub request: Value,
    /// What `{kind}` is for each document, such as `resident_id = "01"`.
    pub kinds: BTreeMap<String, String>,
    /// Where the answer stands and what it means.
    pub answer: AnswerMap,
}

/// How an answer is read. Places are JSON pointers (RFC 6901), such as `/data/result`.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AnswerMap {
    /// Where it says whether name and number belong together.
    pub belongs: String,
    /// Its words for: they do.
    pub matches: Vec<String>,
    /// Its words for: the number is somebody else's.
    pub mismatch: Vec<String>,
    /// Its words for: nobody has the number.
    pub no_record: Vec<String>,
    /// Its words for: it will not answer this.
    pub refused: Vec<String>,
    /// Where it says whether the portrait shows that person; empty if it never does.
    pub likeness: String,
    /// Its words for: it does.
    pub likeness_match: Vec<String>,
    /// Its words for: it cannot tell.
    pub likeness_unclear: Vec<String>,
    /// Its words for: somebody else.
    pub likeness_mismatch: Vec<String>,
    /// Its words for: it has no photo.
    pub likeness_no_photo: Vec<String>,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            base_url: String::new(),
            path: "/".into(),
            ca_file: None,
            certificate_file: None,
            key_file: None,
            token_header: "authorization".into(),
            token_prefix: "Bearer ".into(),
            password_file: None,
            password: String::new(),
            response_seconds: 5,
            request: Value::Null,
            kinds: BTreeMap::new(),
            answer: AnswerMap::default(),
        }
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Server {{ base_url: {}, path: {}, .. }}", self.base_url, self.path)
    }
}

/// Why the settings cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(String);

/// The authority.
pub struct Http {
    server: Server,
    client: Client,
    meter: Arc<Meter>,
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Authority({})", self.server.base_url)
    }
}

impl Http {
    /// Nothing is asked yet. An error if the settings, or a file that they name, cannot be used.
    pub fn new(server: Server, meter: Arc<Meter>) -> Result<Self, SettingsError> {
        server.checked()?;
        let place = Place::parse("authority.base_url", &server.base_url).map_err(SettingsError)?;
        let own = server.certificate_file.as_deref().zip(server.key_file.as_deref());
        let tls = place
            .is_encrypted
            .then(|| tls::config_as(server.ca_file.as_deref(), own))
            .transpose()
            .map_err(|error| SettingsError(format!("authority: {error}")))?;
        let patience = Duration::from_secs(server.response_seconds.clamp(1, 14));
        let client = Client::new(place, tls, patience, Arc::clone(&meter));
        Ok(Self { server, client, meter })
    }

    /// Whether it can be reached and takes our token: the question is empty, so nobody is asked
    /// about; any answer but a refusal of who we are will do.
    pub async fn check(&self) -> Result<(), PortError> {
        match self.post(b"{}".to_vec()).await? {
            Reply { status, .. } if matches!(status.as_u16(), 401 | 403) => {
                Err(PortError::Rejected(format!("status {}", status.as_u16())))
            }
            Reply { status, .. } if status.is_server_error() => {
                Err(PortError::Unreachable(format!("status {}", status.as_u16())))
            }
            Reply { .. } => Ok(()),
        }
    }

    async fn post(&self, body: Vec<u8>) -> Result<Reply, PortError> {
        let Server { token_header, token_prefix, password, path, .. } = &self.server;
        let token = format!("{token_prefix}{password}");
        let headers = [(token_header.as_str(), token.as_str())];
        let headers = if password.is_empty() { &[][..] } else { &headers[..] };
        self.client.send("POST", path, headers, body).await.map_err(|trouble| match trouble {
            Trouble::NoConnection => PortError::NotSent("no connection to the authority".into()),
            Trouble::Lost(why) => PortError::Unreachable(why.to_owned()),
            Trouble::Garbage => nonsense(),
        })
    }

    async fn answer(&self, question: &AuthorityQuestion) -> Result<Answer, PortError> {
        let kind = self.server.kinds.get(question.document.as_str());
        let Some(kind) = kind else {
            return Err(PortError::Rejected("authority.kinds names no such document".to_owned()));
        };
        let body = filled(&self.server.request, question, kind);
        let Reply { status, body } = self.post(body.to_string().into_bytes()).await?;
        match status.as_u16() {
            200..=299 => {}
            429 | 503 => return Err(PortError::Throttled),
            500..=599 => return Err(PortError::Unreachable("the authority failed".to_owned())),
            other => return Err(PortError::Rejected(format!("status {other}"))),
        }
        let said: Option<Value> = serde_json::from_slice(&body).ok();
        let has_portrait = question.portrait.is_some();
        match said.as_ref().and_then(|said| self.server.answer.read(said, has_portrait)) {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(())) => Err(PortError::Rejected("it will not answer this".to_owned())),
            None => {
                self.meter.garbage();
                Err(nonsense())
            }
        }
    }
}

impl Authority for Http {
    fn is_connected(&self) -> bool {
        true
    }

    fn ask<'a>(&'a self, question: &'a AuthorityQuestion) -> Later<'a, Result<Answer, PortError>> {
        Box::pin(self.answer(question))
    }
}

fn nonsense() -> PortError {
    PortError::Unreachable("an answer that makes no sense".to_owned())
}

/// The request with the question in it. Only whole texts of the JSON change, so what a person typed
/// cannot change its shape.
fn filled(request: &Value, question: &AuthorityQuestion, kind: &str) -> Value {
    match request {
        Value::String(text) => {
            let portrait = || question.portrait.as_ref().map(|jpeg| STANDARD.encode(jpeg));
            match text.as_str() {
                "{id}" => question.id.clone().into(),
                "{kind}" => kind.into(),
                "{number}" => question.number.clone().into(),
                "{name}" => question.name.clone().into(),
                "{portrait}" => portrait().map_or(Value::Null, Value::String),
                other => other.into(),
            }
        }
        Value::Array(values) => values.iter().map(|value| filled(value, question, kind)).collect(),
        Value::Object(fields) => {
            let of =
                |(name, value): (&String, &Value)| (name.clone(), filled(value, question, kind));
            Value::Object(fields.iter().map(of).collect())
        }
        other => other.clone(),
    }
}

impl AnswerMap {
    /// What the authority said; an error if it will not answer, `None` if it makes no sense.
    fn read(&self, said: &Value, has_portrait: bool) -> Option<Result<Answer, ()>> {
        let word = word_at(said, &self.belongs)?;
        if self.refused.contains(&word) {
            return Some(Err(()));
        }
        let words = [
            (&self.matches, Belongs::Match),
            (&self.mismatch, Belongs::Mismatch),
            (&self.no_record, Belongs::NoRecord),
        ];
        let belongs = meant(&words, &word)?;
        let likeness = match belongs {
            Belongs::Match if has_portrait && !self.likeness.is_empty() => {
                Some(self.likeness_of(&word_at(said, &self.likeness)?)?)
            }
            _ => None,
        };
        Some(Ok(Answer { belongs, likeness }))
    }

    fn likeness_of(&self, word: &str) -> Option<Likeness> {
        let words = [
            (&self.likeness_match, Likeness::Match),
            (&self.likeness_unclear, Likeness::Unclear),
            (&self.likeness_mismatch, Likeness::Mismatch),
            (&self.likeness_no_photo, Likeness::NoPhoto),
        ];
        meant(&words, word)
    }
}

/// What the word means; `None` if it stands in no list.
fn meant<T: Copy>(words: &[(&Vec<String>, T)], word: &str) -> Option<T> {
    let has = |list: &&Vec<String>| list.iter().any(|known| known == word);
    words.iter().find(|(list, _)| has(list)).map(|(_, meaning)| *meaning)
}

/// The text, number or truth value at a place, as a word.
fn word_at(said: &Value, place: &str) -> Option<String> {
    match said.pointer(place)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(is_true) => Some(is_true.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

impl Server {
    fn checked(&self) -> Result<(), SettingsError> {
        let wrong = |text: &str| Err(SettingsError(text.to_owned()));
        if !self.path.starts_with('/') || self.path.chars().any(|c| c.is_whitespace() || c == '#') {
            return wrong("authority.path: must be like /verify");
        }
        let asked = self.request.to_string();
        if !asked.contains("\"{number}\"") || !asked.contains("\"{name}\"") {
            return wrong("authority.request: needs the texts {name} and {number}");
        }
        if self.kinds.is_empty() {
            return wrong("authority.kinds: which documents does it know, and as what?");
        }
        let unknown = |name: &&String| domain::identity::DocumentKind::named(name).is_none();
        if let Some(name) = self.kinds.keys().find(unknown) {
            return Err(SettingsError(format!("authority.kinds: no document is named `{name}`")));
        }
        let answer = &self.answer;
        if !answer.belongs.starts_with('/') || answer.matches.is_empty() {
            return wrong("authority.answer: belongs (such as /code) and matches are needed");
        }
        if !answer.likeness.is_empty() && answer.likeness_match.is_empty() {
            return wrong("authority.answer: likeness without likeness_match");
        }
        match (&self.certificate_file, &self.key_file) {
            (Some(_), Some(_)) | (None, None) => Ok(()),
            _ => wrong("authority: certificate_file and key_file belong together"),
        }
    }
}
