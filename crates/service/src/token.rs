//! Tokens of the operator API: made and revoked by the command line, checked on every request.

use crate::app::App;
use crate::error::Error;
use crate::id;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::access::{Action, Actor};
use domain::id::{DataKeyId, OperatorId, TokenId};
use domain::refusal::Refusal;
use domain::time::At;
use seal::Sensitive;
use std::borrow::Cow;
use std::collections::BTreeSet;
use store::api_token::StoredToken;
use store::{AuditEntry, Batch, CommitError};

/// How every token begins, so that a scanner of source code or logs can find one that leaked.
const PREFIX: &str = "bht_";
/// Characters of a token's name.
const NAME_MAX: usize = 40;

/// Why a token cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenRefusal {
    /// The name is not 1 to 40 lower-case letters, digits and dashes.
    BadName,
    /// The operator has a token of this name already, perhaps a revoked one.
    NameTaken,
    /// No action needs this scope.
    UnknownScope(String),
    /// A token without a scope can do nothing.
    NoScope,
}

impl TokenRefusal {
    /// Every refusal.
    pub fn all() -> Vec<Self> {
        let scope = String::from("x");
        vec![Self::BadName, Self::NameTaken, Self::UnknownScope(scope), Self::NoScope]
    }
}

impl Refusal for TokenRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::BadName => "token.bad_name",
            Self::NameTaken => "token.name_taken",
            Self::UnknownScope(_) => "token.unknown_scope",
            Self::NoScope => "token.no_scope",
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::BadName | Self::NameTaken => Some("name"),
            Self::UnknownScope(_) | Self::NoScope => Some("scope"),
        }
    }

    fn values(&self) -> Vec<(&'static str, Cow<'static, str>)> {
        let known = scopes().into_iter().collect::<Vec<_>>().join(", ");
        match self {
            Self::UnknownScope(scope) => {
                vec![("scope", scope.clone().into()), ("known", known.into())]
            }
            Self::NoScope => vec![("known", known.into())],
            Self::BadName | Self::NameTaken => Vec::new(),
        }
    }
}

/// A token, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its id.
    pub id: TokenId,
    /// The tenant it acts for.
    pub operator_id: OperatorId,
    /// Its name at the operator.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: At,
    /// Since when it no longer works.
    pub revoked_at: Option<At>,
    pub(crate) data_key_id: DataKeyId,
}

impl Token {
    /// Who acts when this token is shown.
    pub fn actor(&self) -> Actor {
        Actor::Token {
            operator_id: self.operator_id,
            name: self.name.clone(),
            scopes: self.scopes.clone(),
        }
    }

    pub(crate) fn of(stored: StoredToken) -> Self {
        Self {
            id: stored.id,
            operator_id: stored.operator_id,
            name: stored.name,
            scopes: stored.scopes,
            created_at: stored.created_at,
            revoked_at: stored.revoked_at,
            data_key_id: stored.data_key_id,
        }
    }
}

/// Every scope that some action needs, sorted.
pub fn scopes() -> BTreeSet<&'static str> {
    Action::ALL.iter().filter_map(|action| action.scope()).collect()
}

/// Makes a token for an operator and gives its text, which nobody can read again later.
pub async fn add(
    app: &App,
    operator_id: OperatorId,
    name: &str,
    wanted: &[String],
) -> Result<(Token, Sensitive<String>), Error> {
    let is_name_char = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > NAME_MAX || !name.chars().all(is_name_char) {
        return Err(TokenRefusal::BadName.into());
    }
    if wanted.is_empty() {
        return Err(TokenRefusal::NoScope.into());
    }
    let known = scopes();
    if let Some(unknown) = wanted.iter().find(|scope| !known.contains(scope.as_str())) {
        return Err(TokenRefusal::UnknownScope(unknown.clone()).into());
    }
    crate::operator::load(app, operator_id).await?;
    let now = app.now();
    let secret: [u8; 32] = seal::entropy::bytes();
    let mut batch = Batch::new(now);
    let key = app.store.keys.create(&mut batch, now);
    let stored = StoredToken {
        id: id::new(now),
        operator_id,
        name: name.to_owned(),
        scopes: wanted.to_vec(),
        secret_hash: seal::sha256(&secret),
        data_key_id: DataKeyId::from_u128(key.id()),
        version: 1,
        created_at: now,
        revoked_at: None,
    };
    store::api_token::insert(&mut batch, &stored);
    let detail = serde_json::json!({ "name": name, "scopes": wanted });
    batch.audit(entry(&stored, "token.add", &detail, now));
    match app.store.db.commit(batch).await {
        Err(CommitError::Duplicate("api_token.insert")) => Err(TokenRefusal::NameTaken.into()),
        other => {
            other?;
            let secret = URL_SAFE_NO_PAD.encode(secret);
            let text = format!("{PREFIX}{:032x}_{secret}", stored.id.as_u128());
            Ok((Token::of(stored), Sensitive::new(text)))
        }
    }
}

/// All tokens of an operator, by name.
pub async fn list(app: &App, operator_id: OperatorId) -> Result<Vec<Token>, Error> {
    let stored = store::api_token::list(&app.store.db, operator_id).await?;
    Ok(stored.into_iter().map(Token::of).collect())
}

/// Ends a token; from now on it is refused. Ending it again changes nothing.
pub async fn revoke(app: &App, operator_id: OperatorId, name: &str) -> Result<(), Error> {
    crate::retry(|| async {
        let all = store::api_token::list(&app.store.db, operator_id).await?;
        let stored = all.into_iter().find(|token| token.name == name).ok_or(Error::NotFound)?;
        if stored.revoked_at.is_some() {
            return Ok(());
        }
        let now = app.now();
        let mut batch = Batch::new(now);
        store::api_token::revoke(&mut batch, &stored);
        let changed = StoredToken { version: stored.version + 1, ..stored };
        batch.audit(entry(&changed, "token.revoke", &serde_json::json!({}), now));
        Ok(app.store.db.commit(batch).await?)
    })
    .await
}

/// The valid token of this text; `None` for anything else, without saying why.
pub async fn authenticate(app: &App, text: &str) -> Result<Option<Token>, Error> {
    let Some((id, secret)) = parse(text) else { return Ok(None) };
    let stored = store::api_token::load(&app.store.db, id).await?;
    Ok(stored.and_then(|stored| verified(&stored, &secret)).map(Token::of))
}

/// The stored token, if this is its secret and it still works.
pub(crate) fn verified(stored: &StoredToken, secret: &[u8]) -> Option<StoredToken> {
    let is_same = seal::is_same_secret(&stored.secret_hash, &seal::sha256(secret));
    (is_same && stored.revoked_at.is_none()).then(|| stored.clone())
}

/// The id and the secret that a token's text names.
pub(crate) fn parse(text: &str) -> Option<(TokenId, Vec<u8>)> {
    let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
    let id = format!("tok_{id}").parse().ok()?;
    Some((id, URL_SAFE_NO_PAD.decode(secret).ok()?))
}

fn entry(token: &StoredToken, action: &str, detail: &serde_json::Value, at: At) -> AuditEntry {
    AuditEntry {
        operator_id: token.operator_id,
        subject: token.id.to_string(),
        subject_version: token.version,
        actor: Actor::System.audit_name(),
        action: action.to_owned(),
        detail_json: detail.to_string(),
        at,
    }
}
