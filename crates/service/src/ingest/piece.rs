//! Taking in a feed that has no end, piece by piece.

use super::{Bytes, Cursor, Import, MEMORY_BYTES, Reject, Rejects, Report, Source, open, stored};
use crate::app::App;
use crate::error::Error;
use domain::access::Actor;
use domain::id::OperatorId;
use store::activity;

/// Takes in the next rows of `feed`, written as a file is: by the same path, but nothing is skipped
/// because its like came before. When this returns, they are committed.
///
/// A text whose header cannot be used is refused as a whole. Two processes had better not take in
/// the same feed at the same time: one has to begin again.
pub async fn take_in_piece(
    app: &App,
    actor: &Actor,
    feed: &str,
    bytes: &[u8],
) -> Result<(Report, Vec<Reject>), Error> {
    let operator_id = actor.operator_id();
    crate::retry(|| async {
        let mut cursor = match activity::load_cursor(&app.store.db, feed).await? {
            Some(known) => known,
            None => Cursor::start(feed.to_owned(), operator_id.unwrap_or(OperatorId(1))),
        };
        // Where a piece ends says nothing about the next.
        (cursor.offset_bytes, cursor.is_finished) = (0, false);
        let source = Source {
            input: Box::new(Bytes::new(bytes.to_vec())),
            feed: feed.to_owned(),
            commit_rows: u64::MAX,
            memory_bytes: MEMORY_BYTES,
        };
        let mut rejects = Rejects::keep(usize::MAX);
        let mut report = Report { is_finished: true, ..Report::default() };
        let (form, header_lines, mut texts) = open(source, &cursor).await?;
        cursor.line = stored(header_lines);
        let mut import = Import::new(app, operator_id, form);
        while import.take_next(&mut texts, &mut cursor, &mut rejects, &mut report).await? {}
        import.commit(&mut cursor, &mut rejects).await?;
        Ok((report, rejects.into_kept()))
    })
    .await
}
