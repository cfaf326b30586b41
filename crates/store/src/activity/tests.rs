use super::*;
use crate::error::CommitError;
use crate::on_both_engines;
use domain::id::OperatorId;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn second(n: u32) -> Second {
    Second::of(At::from_millis(946_684_800_000 + i64::from(n) * 1000)).unwrap()
}

#[test]
fn seconds_reach_from_2000_to_2136() {
    assert_eq!(Second::of(At::from_millis(946_684_800_000)), None);
    assert_eq!(Second::of(At::from_millis(0)), None);
    assert_eq!(Second::of(At::from_millis(i64::MIN)), None);
    let at = At::from_millis(1_773_194_400_999);
    assert_eq!(Second::of(at).map(Second::at), Some(At::from_millis(1_773_194_400_000)));
    let last = At::from_millis(946_684_800_000 + i64::from(u32::MAX) * 1000);
    assert_eq!(Second::of(last).map(Second::at), Some(last));
    assert_eq!(Second::of(last.plus_millis(1000)), None);
}

type Model = BTreeMap<(u16, u8), u32>;

fn newest_of(model: &Model, place: u16, kinds: u16) -> Option<At> {
    let of_place = model.range((place, 0)..=(place, u8::MAX));
    let wanted = of_place.filter(|((_, kind), _)| kinds >> kind & 1 == 1);
    wanted.map(|(_, &n)| second(n).at()).max()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_block_agrees_with_a_map(
        events in prop::collection::vec((0_u16..40, 0_u8..6, 1_u32..500), 0..200),
        cut in 0_usize..200,
        kinds in any::<u16>(),
        dense in any::<bool>(),
    ) {
        let (mut model, mut whole) = (Model::new(), Activity::default());
        let (mut first, mut rest) = (Activity::default(), Activity::default());
        let crowd = (0..10_000).map(|place| (place, 3, 7)).filter(|_| dense);
        for (n, (place, kind, at)) in events.into_iter().chain(crowd).enumerate() {
            let known = model.entry((place, kind)).or_default();
            prop_assert_eq!(whole.note(place, kind, second(at)), at > *known);
            *known = at.max(*known);
            if n < cut { &mut first } else { &mut rest }.note(place, kind, second(at));
        }
        first.merge(&rest);
        prop_assert!(first == whole);
        let stored = whole.encode();
        let again = Activity::decode(&stored).unwrap();
        prop_assert!(again == whole);
        for place in (0..40).chain([9_999, 10_000, u16::MAX]) {
            let want = newest_of(&model, place, kinds);
            prop_assert_eq!(whole.newest(place, kinds).map(|(at, _)| at), want);
            let read = layers::newest_in(&stored, place, kinds).unwrap();
            prop_assert_eq!(read.map(|(at, _)| at), want);
        }
    }

    #[test]
    fn damaged_blocks_are_told_and_never_panic(
        mut stored in prop::collection::vec(any::<u8>(), 0..64), form in any::<bool>(),
    ) {
        if form && let Some(first) = stored.first_mut() {
            *first = 1;
        }
        let _ = Activity::decode(&stored);
        let _ = layers::newest_in(&stored, 3, u16::MAX);
    }
}

#[test]
fn a_cut_block_is_damaged() {
    let mut activity = Activity::default();
    activity.note(7, 2, second(9));
    let stored = activity.encode();
    for length in [0, 2, stored.len() - 1] {
        assert!(Activity::decode(&stored[..length]).is_err(), "{length}");
    }
}

on_both_engines! {
    async fn blocks_and_cursor_are_written_together_and_checked(db: Fresh) {
        let msisdn = Msisdn::parse("13800138000").unwrap();
        let (block, place) = (msisdn.block(), place_of(msisdn));
        assert_eq!(number_at(block, place), Some(msisdn));
        assert_eq!(last_event(&db, msisdn, u16::MAX).await.unwrap(), None);

        let mut activity = Activity::default();
        activity.note(place, 4, second(100));
        activity.note(place, 1, second(90));
        let mut cursor = Cursor::start("hash".to_owned(), OperatorId(1));
        cursor.offset_bytes = 12;
        let mut batch = Batch::new(At::from_millis(5));
        write(&mut batch, block, &activity, 0);
        write_cursor(&mut batch, &cursor);
        db.commit(batch).await.unwrap();

        let newest = Some((second(100).at(), 4));
        assert_eq!(last_event(&db, msisdn, u16::MAX).await.unwrap(), newest);
        assert_eq!(last_event(&db, msisdn, 1 << 1).await.unwrap(), Some((second(90).at(), 1)));
        assert_eq!(last_event(&db, msisdn, 1 << 2).await.unwrap(), None);
        let stored = load_many(&db, &[block + 1, block]).await.unwrap();
        assert_eq!((stored[0].version, stored[1].version), (0, 1));
        assert_eq!(stored[1].activity, activity);
        let known = load_cursor(&db, "hash").await.unwrap().unwrap();
        assert_eq!((known.offset_bytes, known.version), (12, 1));

        let mut late = Batch::new(At::from_millis(6));
        write(&mut late, block, &activity, 0);
        assert!(matches!(db.commit(late).await, Err(CommitError::Conflict("activity.write"))));
        let mut twice = Batch::new(At::from_millis(6));
        write_cursor(&mut twice, &cursor);
        assert!(matches!(db.commit(twice).await, Err(CommitError::Conflict("feed_cursor.write"))));
    }
}
