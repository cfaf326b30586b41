//! What was asked for again.

use crate::app::App;
use crate::error::Error;
use domain::id::ApplicationId;
use domain::reason::{Item, Reason};
use store::application::document::redo;
use store::application::received::Received;

/// One item to be redone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedoView {
    /// Which.
    pub item: Item,
    /// Why, in public reasons.
    pub reasons: Vec<Reason>,
    /// The photo it was said of; 0 if it is no photo.
    pub round: i64,
    /// The marked part of that photo, as `left,top,width,height` in thousandths.
    pub region: Option<String>,
    /// Whether it was redone.
    pub is_done: bool,
}

/// The items to be redone, in the order of the pages. A photo that came and is not drawn yet counts
/// as redone; if nothing can be drawn of it, it is asked for again.
pub(super) async fn list(app: &App, id: ApplicationId) -> Result<Vec<RedoView>, Error> {
    let received = Received::list(&app.store.db, id).await?;
    let is_here = |item: Item| received.iter().any(|new| new.item == item && new.is_waiting());
    let mut views: Vec<RedoView> = Vec::new();
    for row in redo(&app.store.db, id).await? {
        let reason = row.redo.reason.public();
        match views.iter_mut().find(|view| view.item == row.redo.item) {
            Some(view) => view.reasons.push(reason),
            None => views.push(RedoView {
                item: row.redo.item,
                reasons: vec![reason],
                round: row.round,
                region: row.region,
                is_done: row.is_done || is_here(row.redo.item),
            }),
        }
    }
    views.sort_by_key(|view| view.item);
    Ok(views)
}

/// Whether one of `items` was asked for again.
pub(super) async fn is_asked(app: &App, id: ApplicationId, items: &[Item]) -> Result<bool, Error> {
    let rows = redo(&app.store.db, id).await?;
    Ok(rows.iter().any(|row| items.contains(&row.redo.item)))
}
