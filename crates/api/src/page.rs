//! Pages of a list: a cursor that callers pass back and do not look into.

use crate::problem::{ApiRefusal, Problem};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Things on one page, unless the caller says how many.
const LIMIT: u32 = 50;
/// Things on one page at most.
const LIMIT_MAX: u32 = 200;

/// Which page of a list.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// The `next` of the page before; none for the first page.
    pub(crate) cursor: Option<String>,
    /// How many things, 1 to 200 (50 unless given).
    pub(crate) limit: Option<u32>,
}

impl PageQuery {
    /// How many things to load: one more than is shown tells whether there is a next page.
    pub(crate) fn limit(&self) -> usize {
        usize::try_from(self.limit.unwrap_or(LIMIT).clamp(1, LIMIT_MAX)).unwrap_or(1)
    }

    /// Where the page begins, if not at the start.
    pub(crate) fn after<T: for<'de> Deserialize<'de>>(&self) -> Result<Option<T>, Problem> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let read =
            URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|json| serde_json::from_slice(&json).ok());
        read.map(Some).ok_or_else(|| ApiRefusal::CursorInvalid.into())
    }
}

/// Where the next page begins, as callers pass it back.
pub(crate) fn cursor(last: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(last).unwrap_or_default())
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// The things.
    pub(crate) items: Vec<T>,
    /// Pass it as `cursor` to read on; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

impl<T> Page<T> {
    /// A page of at most `limit` of `loaded` (which has one more if there is a next page).
    pub(crate) fn of<L, C: Serialize>(
        mut loaded: Vec<L>,
        limit: usize,
        cursor: impl Fn(&L) -> C,
        show: impl Fn(L) -> T,
    ) -> Self {
        let has_next = loaded.len() > limit;
        loaded.truncate(limit);
        let next = loaded.last().filter(|_| has_next).map(|last| self::cursor(&cursor(last)));
        Self { items: loaded.into_iter().map(show).collect(), next }
    }
}
