//! A photo in parts: broken off, repeated, in any order, somebody else's. On both engines.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use domain::reason::Item;
use service::Error;
use service::register::{self, PART_BYTES, Whole};
use testkit::{Applicant, Drafted, TestApp, on_both_engines};

const ITEM: Item = Item::DocumentFront;

/// A photo of several parts: the bytes after the picture's end are not looked at.
fn long_photo(n: u16) -> Vec<u8> {
    let mut bytes = Applicant::new(n).photo(ITEM);
    bytes.resize(2 * PART_BYTES + 1234, 0);
    bytes
}

fn whole(bytes: &[u8]) -> Whole {
    Whole { digest: seal::sha256(bytes), size_bytes: bytes.len() }
}

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> &'static str {
    match result.unwrap_err() {
        Error::Refused(refused) => refused.code,
        Error::NotFound => "404",
        other => panic!("{other:?}"),
    }
}

async fn draft(app: &TestApp, n: u16) -> Drafted {
    let card = app.unregistered(1, n).await;
    let drafted = app.begin(1, &card).await;
    app.confirm(&drafted, &Applicant::new(n).contact).await;
    for change in [
        register::Change::Who(Some(domain::application::form::Who::Myself)),
        register::Change::Document(Some(domain::identity::DocumentKind::ResidentId)),
    ] {
        register::save(app, &drafted.actor, drafted.id, &change).await.unwrap();
    }
    drafted
}

async fn put(app: &TestApp, drafted: &Drafted, bytes: &[u8], part: usize) -> Result<(), Error> {
    let piece = bytes.chunks(PART_BYTES).nth(part).unwrap();
    let of = (drafted.id, ITEM);
    register::put_part(app, &drafted.actor, of, whole(bytes), part, piece).await
}

async fn present(app: &TestApp, drafted: &Drafted, bytes: &[u8]) -> Vec<i64> {
    register::parts(app, &drafted.actor, (drafted.id, ITEM), whole(bytes)).await.unwrap()
}

on_both_engines! {
    async fn what_has_arrived_is_not_sent_again(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let drafted = draft(&app, 1).await;
        let bytes = long_photo(1);
        let of = (drafted.id, ITEM);
        put(&app, &drafted, &bytes, 2).await.unwrap();
        put(&app, &drafted, &bytes, 0).await.unwrap();
        put(&app, &drafted, &bytes, 0).await.unwrap();
        assert_eq!(present(&app, &drafted, &bytes).await, [0, 2]);
        let early = register::join(&app, &drafted.actor, of, whole(&bytes)).await;
        assert_eq!(code(early), "photo.incomplete");
        assert_eq!(present(&app, &drafted, &bytes).await, [0, 2], "what is here stays");
        put(&app, &drafted, &bytes, 1).await.unwrap();
        let uploaded = register::join(&app, &drafted.actor, of, whole(&bytes)).await.unwrap();
        assert_eq!((uploaded.item, uploaded.round), (ITEM, 1));
        assert_eq!(present(&app, &drafted, &bytes).await, Vec::<i64>::new(), "forgotten");
    }

    async fn another_file_and_another_applicant_do_not_mix(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let (mine, other) = (draft(&app, 1).await, draft(&app, 2).await);
        let (first, second) = (long_photo(1), long_photo(2));
        put(&app, &mine, &first, 0).await.unwrap();
        let foreign = register::put_part(
            &app,
            &other.actor,
            (mine.id, ITEM),
            whole(&first),
            1,
            first.chunks(PART_BYTES).nth(1).unwrap(),
        );
        assert_eq!(code(foreign.await), "404");
        let seen = register::parts(&app, &other.actor, (mine.id, ITEM), whole(&first)).await;
        assert_eq!(code(seen), "404");
        put(&app, &mine, &second, 1).await.unwrap();
        assert_eq!(present(&app, &mine, &first).await, Vec::<i64>::new(), "one file at a time");
        assert_eq!(present(&app, &mine, &second).await, [1]);
    }

    async fn what_is_no_part_of_the_file_is_refused(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let drafted = draft(&app, 1).await;
        let bytes = long_photo(1);
        let of = (drafted.id, ITEM);
        let wrong =
            [(0, 10), (0, PART_BYTES + 1), (2, PART_BYTES), (3, 1), (usize::MAX, 1)];
        for (part, length) in wrong {
            let piece = vec![0; length];
            let put = register::put_part(&app, &drafted.actor, of, whole(&bytes), part, &piece);
            assert_eq!(code(put.await), "photo.part_length", "{part} {length}");
        }
        let large = Whole { digest: [1; 32], size_bytes: 11_000_000 };
        let piece = vec![0; PART_BYTES];
        let put = register::put_part(&app, &drafted.actor, of, large, 0, &piece);
        assert_eq!(code(put.await), "photo.too_large");
        for part in 0..3 {
            let lie = Whole { digest: [7; 32], size_bytes: bytes.len() };
            let piece = bytes.chunks(PART_BYTES).nth(part).unwrap();
            register::put_part(&app, &drafted.actor, of, lie, part, piece).await.unwrap();
        }
        let lie = Whole { digest: [7; 32], size_bytes: bytes.len() };
        assert_eq!(code(register::join(&app, &drafted.actor, of, lie).await), "photo.other_file");
        let none = Whole { digest: [9; 32], size_bytes: 0 };
        assert_eq!(code(register::join(&app, &drafted.actor, of, none).await), "photo.incomplete");
    }
}
