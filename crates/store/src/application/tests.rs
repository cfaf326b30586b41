use super::contact::{Code, Contact};
use super::document::{Document, RedoRow};
use super::received::Received;
use super::*;
use crate::error::CommitError;
use crate::keys::Keys;
use crate::on_both_engines;
use crate::testing::folder;
use domain::application::Terms;
use domain::decision::Redo;
use domain::id::BlobId;
use domain::notice::Channel;
use domain::reason::{Item, Reason};
use seal::Keyring;

const AT: At = At::from_millis(1_773_194_400_000);

fn facts(draft_days: u16) -> Facts {
    let policy: domain::policy::Policy =
        toml::from_str(include_str!("../../../../policies/cn.toml")).unwrap();
    let terms = Terms { draft_days, ..Terms::of(&policy) };
    Facts::draft(Kind::Registration, &terms, AT)
}

/// A new application, committed with its key.
async fn begun(db: &Db, number: u128) -> (Application, DataKey) {
    let folder = folder();
    let keys = Keys::new(Keyring::create(&folder.join("keys")).unwrap());
    let mut batch = Batch::new(AT);
    let key = keys.create(&mut batch, AT);
    let mut application = Application {
        id: ApplicationId::from_u128(number),
        operator_id: OperatorId(1),
        reference: format!("R7K2Q{number}"),
        version: 1,
        facts: facts(14),
        data_key_id: DataKeyId::from_u128(key.id()),
        lang: "zh".into(),
        zone: None,
        msisdn: None,
        iccid: None,
        party_id: None,
        appeal_of: None,
        appealed_by: None,
        taken_by: None,
        policy: "cn/1".into(),
        created_at: AT,
        changed_at: AT,
        sealed_form: None,
    };
    application.seal_form(&key, "样本".as_bytes());
    insert(&mut batch, &application);
    db.commit(batch).await.unwrap();
    (application, key)
}

on_both_engines! {
    async fn an_application_reads_back_as_it_was_written(fresh: Fresh) {
        let (mut application, key) = begun(&fresh, 7).await;
        let read = load(&fresh, application.id).await.unwrap().unwrap();
        assert_eq!(read, application);
        assert_eq!(read.open_form(&key).unwrap().unwrap(), "样本".as_bytes());
        assert_eq!(by_reference(&fresh, "R7K2Q7").await.unwrap(), Some(application.id));
        assert_eq!(by_reference(&fresh, "R7K2Q8").await.unwrap(), None);

        application.facts.state = State::Submitted;
        application.facts.redo_rounds = 2;
        application.appealed_by = Some(ApplicationId::from_u128(8));
        application.facts.promise = Some(Promise {
            due_at: AT.plus_days(3),
            is_provisional: true,
            counted_from: AT,
            business_days: 3,
        });
        let mut batch = Batch::new(AT.plus_minutes(1));
        let mut stale = application.clone();
        update(&mut batch, &mut application);
        fresh.commit(batch).await.unwrap();
        assert_eq!(application.version, 2);
        let read = load(&fresh, application.id).await.unwrap().unwrap();
        assert_eq!(read, application);
        let provisional = provisional(&fresh, OperatorId(1), None, 10).await.unwrap();
        assert_eq!(provisional, [application.id]);
        assert_eq!(count(&fresh, OperatorId(1)).await.unwrap(), [(State::Submitted, 1)]);

        let mut batch = Batch::new(AT);
        update(&mut batch, &mut stale);
        assert!(matches!(fresh.commit(batch).await, Err(CommitError::Conflict(_))));
    }

    async fn one_open_application_per_number(fresh: Fresh) {
        let (one, _) = begun(&fresh, 1).await;
        let (two, _) = begun(&fresh, 2).await;
        let msisdn = Msisdn::parse("13800138000").unwrap();
        let mut batch = Batch::new(AT);
        claim_number(&mut batch, &one, msisdn);
        fresh.commit(batch).await.unwrap();
        let mut batch = Batch::new(AT);
        claim_number(&mut batch, &two, msisdn);
        assert!(matches!(fresh.commit(batch).await, Err(CommitError::Duplicate(_))));
        assert_eq!(open_of_number(&fresh, msisdn).await.unwrap(), Some(one.id));

        let mut batch = Batch::new(AT);
        close_number(&mut batch, &Application { msisdn: Some(msisdn), ..one.clone() });
        claim_number(&mut batch, &two, msisdn);
        fresh.commit(batch).await.unwrap();
        assert_eq!(open_of_number(&fresh, msisdn).await.unwrap(), Some(two.id));
        let all = of_number(&fresh, OperatorId(1), msisdn, 10).await.unwrap();
        assert_eq!(all.len(), 2);
        assert_eq!(of_number(&fresh, OperatorId(2), msisdn, 10).await.unwrap(), []);
    }

    async fn photos_replace_one_another_and_redo_is_ticked_off(fresh: Fresh) {
        let (application, _) = begun(&fresh, 3).await;
        let id = application.id;
        for round in 1..=2 {
            let document = Document {
                item: Item::DocumentFront,
                round,
                blob_id: BlobId::from_u128(round.unsigned_abs().into()),
                digest: [7; 32],
                fingerprint: [9; 32],
                quality: serde_json::json!({"sharpness": 12.5}),
                is_sent_anyway: false,
                uploaded_at: AT.plus_minutes(round),
                replaced_at: None,
            };
            let mut batch = Batch::new(AT);
            document.insert(&mut batch, id);
            fresh.commit(batch).await.unwrap();
        }
        let current = Document::current(&fresh, id).await.unwrap();
        assert_eq!(current.len(), 1);
        assert_eq!(current[0].round, 2);
        assert_eq!(Document::every(&fresh, id).await.unwrap().len(), 2);

        let redo = Redo { item: Item::DocumentFront, reason: Reason::D2 };
        let row = RedoRow { redo, round: 2, region: Some("0,0,500,500".into()), is_done: false };
        let mut batch = Batch::new(AT);
        document::set_redo(&mut batch, id, std::slice::from_ref(&row));
        fresh.commit(batch).await.unwrap();
        assert_eq!(document::redo(&fresh, id).await.unwrap(), [row]);
        let mut batch = Batch::new(AT);
        document::redo_done(&mut batch, id, Item::DocumentFront);
        fresh.commit(batch).await.unwrap();
        assert!(document::redo(&fresh, id).await.unwrap()[0].is_done);
    }

    async fn what_was_sent_is_taken_once_and_leaves_nothing(fresh: Fresh) {
        let (application, _) = begun(&fresh, 5).await;
        let id = application.id;
        let keys = Keys::new(Keyring::create(&folder().join("keys")).unwrap());
        let mut sent = Vec::new();
        for number in 1..=2_u128 {
            let mut batch = Batch::new(AT);
            let data_key_id = DataKeyId::from_u128(keys.create(&mut batch, AT).id());
            let blob_id = BlobId::from_u128(number);
            let blob = crate::BlobRecord {
                id: blob_id,
                operator_id: OperatorId(1),
                data_key_id,
                media_type: "application/octet-stream".into(),
                size_bytes: 1,
                created_at: AT,
            };
            blob.insert(&mut batch);
            let item = Item::Portrait;
            let digest = [7; 32];
            let received =
                Received { item, blob_id, data_key_id, digest, refused: None, received_at: AT };
            received.put(&mut batch, id, sent.last());
            fresh.commit(batch).await.unwrap();
            sent.push(received);
        }
        let [first, second] = sent.try_into().unwrap();
        assert_eq!(Received::list(&fresh, id).await.unwrap(), std::slice::from_ref(&second));
        assert!(keys.load(&fresh, first.data_key_id).await.unwrap().is_none(), "replaced");
        assert!(crate::BlobRecord::load(&fresh, first.blob_id).await.unwrap().is_none());
        type Step = fn(&Received, &mut Batch, ApplicationId);
        let steps: [Step; 2] = [Received::take, |one, batch, id| one.refuse(batch, id, "damaged")];
        for step in steps {
            let mut batch = Batch::new(AT);
            step(&first, &mut batch, id);
            assert!(matches!(fresh.commit(batch).await, Err(CommitError::Conflict(_))));
        }
        let mut batch = Batch::new(AT);
        second.refuse(&mut batch, id, "damaged");
        fresh.commit(batch).await.unwrap();
        let left = Received::list(&fresh, id).await.unwrap();
        assert_eq!(left[0].refused.as_deref(), Some("damaged"));
        assert!(keys.load(&fresh, second.data_key_id).await.unwrap().is_none());
        for step in steps {
            let mut batch = Batch::new(AT);
            step(&second, &mut batch, id);
            assert!(matches!(fresh.commit(batch).await, Err(CommitError::Conflict(_))), "twice");
        }
        let mut batch = Batch::new(AT);
        left[0].erase(&mut batch, id);
        fresh.commit(batch).await.unwrap();
        assert_eq!(Received::list(&fresh, id).await.unwrap(), []);
    }

    async fn contacts_and_codes(fresh: Fresh) {
        let (application, key) = begun(&fresh, 4).await;
        let contact = Contact::of(application.id, Channel::Email, "a@example.org", &key, [5; 16]);
        let mut batch = Batch::new(AT);
        contact.upsert(&mut batch, application.id);
        let code = Code {
            subject: application.id.to_bytes().to_vec(),
            hash: [1; 32],
            sent_at: AT,
            expires_at: AT.plus_minutes(15),
            tries: 0,
            window_at: AT,
            sends: 1,
            version: 0,
        };
        code.send(&mut batch, [5; 16], "contact");
        fresh.commit(batch).await.unwrap();
        let read = Contact::list(&fresh, application.id).await.unwrap();
        assert_eq!(read, [contact]);
        assert_eq!(read[0].open(application.id, &key).unwrap(), "a@example.org");
        let stored = Code::load(&fresh, [5; 16], "contact").await.unwrap().unwrap();
        assert_eq!((stored.version, stored.tries), (1, 0));
        let mut batch = Batch::new(AT);
        stored.miss(&mut batch, [5; 16], "contact");
        fresh.commit(batch).await.unwrap();
        let stored = Code::load(&fresh, [5; 16], "contact").await.unwrap().unwrap();
        assert_eq!((stored.version, stored.tries), (2, 1));
        let mut batch = Batch::new(AT);
        stored.spend(&mut batch, [5; 16], "contact");
        stored.miss(&mut batch, [5; 16], "contact");
        assert!(matches!(fresh.commit(batch).await, Err(CommitError::Conflict(_))));
    }
}
