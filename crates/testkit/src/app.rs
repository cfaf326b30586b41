use crate::{TestAuthority, TestSmdp};
use domain::id::OperatorId;
use domain::operator::Operator;
use domain::portrait::{Faces as SeenFaces, Portrait};
use domain::reading::{Reading, Unread};
use domain::sim::SimKeys;
use domain::time::{At, Zone};
use jiff::civil::Date;
use seal::Keyring;
use service::app::{App, Site};
use service::clock::{Clock, MovableClock};
use service::port::{
    Authority, Faces, Hlr, HlrRecord, Later, Mail, ModelCard, ModelUsed, NetworkProfile, Ocr,
    OutgoingMail, OutgoingSms, PortError, Smdp, Sms,
};
use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use store::testing::Fresh;
use store::{Blobs, Keys, Store};

/// Wednesday 11 March 2026, 10:00 in Shanghai: the instant at which every test begins.
pub const START: At = At::from_millis(1_773_194_400_000);

/// The program on a fresh database, with a clock that stands still and ports that record.
#[derive(Debug)]
pub struct TestApp {
    /// What use cases take.
    pub app: Arc<App>,
    /// Moves only when told.
    pub clock: Arc<MovableClock>,
    /// What was sent and provisioned.
    pub outside: Arc<Outside>,
    /// What prepares eSIM profiles.
    pub smdp: Arc<TestSmdp>,
    /// The identity authority.
    pub authority: Arc<TestAuthority>,
    folder: PathBuf,
    _fresh: Fresh,
}

impl TestApp {
    /// On this database.
    pub async fn on(fresh: Fresh) -> Self {
        let folder = store::testing::folder();
        let keyring = Keyring::create(&folder.join("keys")).expect("a fresh folder");
        let blobs = folder.join("blobs");
        let blobs = Blobs::open(&blobs.to_string_lossy()).expect("a fresh folder");
        let clock = Arc::new(MovableClock::frozen_at(START));
        let outside = Arc::new(Outside::default());
        let smdp = Arc::new(TestSmdp::default());
        let authority = Arc::new(TestAuthority::default());
        let app = App {
            store: Store { db: fresh.db(), keys: Keys::new(keyring), blobs },
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            hlr: Arc::clone(&outside) as Arc<dyn Hlr>,
            sms: Arc::clone(&outside) as Arc<dyn Sms>,
            mail: Arc::clone(&outside) as Arc<dyn Mail>,
            smdp: Arc::clone(&smdp) as Arc<dyn Smdp>,
            authority: Arc::clone(&authority) as Arc<dyn Authority>,
            ocr: Arc::clone(&outside) as Arc<dyn Ocr>,
            faces: Arc::clone(&outside) as Arc<dyn Faces>,
            site: Site { base_url: "https://bao.example".into(), requests_max: Site::REQUESTS_MAX },
            maintenance: service::maintenance::Watch::default(),
            limits: service::app::Limits::default(),
            memory: service::app::Memory::default(),
        };
        Self { app: Arc::new(app), clock, outside, smdp, authority, folder, _fresh: fresh }
    }

    /// Adds an operator on the `cn` pack: 1 is `demo` (演示), 2 is `other` (别家).
    pub async fn operator(&self, id: i64) -> Operator {
        self.operator_under(id, "cn").await
    }

    /// The same on another pack.
    pub async fn operator_under(&self, id: i64, pack: &str) -> Operator {
        let (code, name, brand) = match id {
            1 => ("demo", "演示", "演示网"),
            _ => ("other", "别家", "别家网"),
        };
        let operator = Operator {
            id: OperatorId(id),
            code: code.to_owned(),
            name_zh: name.to_owned(),
            name_en: code.to_owned(),
            brand: brand.to_owned(),
            hotline: "10000".to_owned(),
            zone: Zone::shanghai(),
            policy_pack: pack.to_owned(),
            language: "zh".to_owned(),
        };
        service::operator::join(&self.app, &operator).await.expect("a new operator joins");
        operator
    }

    /// The program once more on the same database, as another process has it.
    pub fn beside(&self) -> Arc<App> {
        let outside = &self.outside;
        Arc::new(App {
            store: self.store.clone(),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            hlr: Arc::clone(outside) as Arc<dyn Hlr>,
            sms: Arc::clone(outside) as Arc<dyn Sms>,
            mail: Arc::clone(outside) as Arc<dyn Mail>,
            smdp: Arc::clone(&self.smdp) as Arc<dyn Smdp>,
            authority: Arc::clone(&self.authority) as Arc<dyn Authority>,
            ocr: Arc::clone(outside) as Arc<dyn Ocr>,
            faces: Arc::clone(outside) as Arc<dyn Faces>,
            site: self.site.clone(),
            maintenance: service::maintenance::Watch::default(),
            limits: self.limits,
            memory: service::app::Memory::default(),
        })
    }

    /// Where key file and blobs are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Lets so much time pass.
    pub fn advance_seconds(&self, seconds: i64) {
        self.clock.advance_millis(seconds * 1000);
    }
}

impl std::ops::Deref for TestApp {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The outside, as far as most tests need it: everything succeeds at once and is remembered.
#[derive(Debug, Default)]
pub struct Outside {
    sms: Mutex<Vec<OutgoingSms>>,
    mail: Mutex<Vec<OutgoingMail>>,
    records: Mutex<BTreeMap<String, HlrRecord>>,
    readings: Mutex<Option<VecDeque<Result<Reading, Unread>>>>,
    looks: Mutex<Option<VecDeque<Result<SeenFaces, Unread>>>>,
    films: Mutex<VecDeque<Result<Vec<Portrait>, Unread>>>,
}

impl Outside {
    /// Every text message so far.
    pub fn sms(&self) -> Vec<OutgoingSms> {
        self.sms.lock().expect("no test panics while it holds this").clone()
    }

    /// Every e-mail so far.
    pub fn mail(&self) -> Vec<OutgoingMail> {
        self.mail.lock().expect("no test panics while it holds this").clone()
    }

    /// The network's record of a SIM.
    pub fn record(&self, imsi: &str) -> Option<HlrRecord> {
        self.records.lock().expect("no test panics while it holds this").get(imsi).cloned()
    }

    /// From now on there are models, and they will say this of the photos that come, one after the
    /// other; nothing more once it is used up.
    pub fn will_read(&self, readings: impl IntoIterator<Item = Result<Reading, Unread>>) {
        let mut known = self.readings.lock().expect("no test panics while it holds this");
        known.get_or_insert_default().extend(readings);
    }

    /// From now on there are models of faces, and they will see this on the portraits that come,
    /// one after the other; nothing more once it is used up.
    pub fn will_see(&self, faces: impl IntoIterator<Item = Result<SeenFaces, Unread>>) {
        let mut known = self.looks.lock().expect("no test panics while it holds this");
        known.get_or_insert_default().extend(faces);
    }

    /// What is left of that is forgotten, and there are no models of faces any more.
    pub fn forget_faces(&self) {
        *self.looks.lock().expect("no test panics while it holds this") = None;
    }

    /// The same for the frames of the films that come.
    pub fn will_follow(&self, films: impl IntoIterator<Item = Result<Vec<Portrait>, Unread>>) {
        self.will_see([]);
        self.films.lock().expect("no test panics while it holds this").extend(films);
    }

    fn change(
        &self,
        imsi: &str,
        change: impl FnOnce(&mut HlrRecord),
    ) -> Later<'_, Result<(), PortError>> {
        let mut records = self.records.lock().expect("no test panics while it holds this");
        let fresh = || HlrRecord {
            imsi: imsi.to_owned(),
            msisdn: None,
            profile: NetworkProfile::default(),
        };
        change(records.entry(imsi.to_owned()).or_insert_with(fresh));
        Box::pin(async { Ok(()) })
    }
}

impl Ocr for Outside {
    fn models(&self) -> Result<Vec<ModelUsed>, Unread> {
        let readings = self.readings.lock().expect("no test panics while it holds this");
        let model = ModelUsed { id: "prescribed".to_owned(), sha256: "00".repeat(32) };
        readings.as_ref().map(|_| vec![model]).ok_or(Unread::NoModel)
    }

    fn cards(&self) -> Vec<ModelCard> {
        Vec::new()
    }

    fn read(&self, _: vision::Picture, _: Date) -> Later<'_, Result<Reading, Unread>> {
        let mut readings = self.readings.lock().expect("no test panics while it holds this");
        let next = readings.as_mut().ok_or(Unread::NoModel);
        let said = next.and_then(|said| said.pop_front().unwrap_or(Err(Unread::Failed)));
        Box::pin(async { said })
    }
}

impl Faces for Outside {
    fn models(&self) -> Result<Vec<ModelUsed>, Unread> {
        let looks = self.looks.lock().expect("no test panics while it holds this");
        let model = ModelUsed { id: "prescribed.face".to_owned(), sha256: "11".repeat(32) };
        looks.as_ref().map(|_| vec![model]).ok_or(Unread::NoModel)
    }

    fn look(
        &self,
        _: vision::Picture,
        document: Option<vision::Picture>,
    ) -> Later<'_, Result<SeenFaces, Unread>> {
        let mut looks = self.looks.lock().expect("no test panics while it holds this");
        let next = looks.as_mut().ok_or(Unread::NoModel);
        let seen = next.and_then(|seen| seen.pop_front().unwrap_or(Err(Unread::Failed)));
        // What was prescribed for a document that is not there was not seen.
        let seen = seen.map(|faces| match document {
            Some(_) => faces,
            None => SeenFaces { document: None, ..faces },
        });
        Box::pin(async move { seen })
    }

    fn follow(&self, _: Vec<vision::Picture>) -> Later<'_, Result<Vec<Portrait>, Unread>> {
        let mut films = self.films.lock().expect("no test panics while it holds this");
        let seen = films.pop_front().unwrap_or(Err(Unread::NoModel));
        Box::pin(async move { seen })
    }
}

impl Sms for Outside {
    fn submit<'a>(&'a self, sms: &'a OutgoingSms) -> Later<'a, Result<Vec<String>, PortError>> {
        self.sms.lock().expect("no test panics while it holds this").push(sms.clone());
        Box::pin(async { Ok(vec![format!("smsc-{}", sms.notice_id)]) })
    }

    fn recognises_repeats(&self) -> bool {
        true
    }
}

impl Mail for Outside {
    fn submit<'a>(&'a self, mail: &'a OutgoingMail) -> Later<'a, Result<String, PortError>> {
        self.mail.lock().expect("no test panics while it holds this").push(mail.clone());
        Box::pin(async { Ok(format!("mail-{}", mail.notice_id)) })
    }

    fn recognises_repeats(&self) -> bool {
        true
    }
}

impl Hlr for Outside {
    fn create<'a>(
        &'a self,
        imsi: &'a str,
        _keys: Option<&'a SimKeys>,
    ) -> Later<'a, Result<(), PortError>> {
        self.change(imsi, |_| {})
    }

    fn set_number<'a>(
        &'a self,
        imsi: &'a str,
        msisdn: Option<&'a str>,
    ) -> Later<'a, Result<(), PortError>> {
        self.change(imsi, |record| record.msisdn = msisdn.map(str::to_owned))
    }

    fn set_profile<'a>(
        &'a self,
        imsi: &'a str,
        profile: NetworkProfile,
    ) -> Later<'a, Result<(), PortError>> {
        self.change(imsi, |record| record.profile = profile)
    }

    fn read<'a>(&'a self, imsi: &'a str) -> Later<'a, Result<Option<HlrRecord>, PortError>> {
        let record = self.record(imsi);
        Box::pin(async { Ok(record) })
    }

    fn remove<'a>(&'a self, imsi: &'a str) -> Later<'a, Result<(), PortError>> {
        self.records.lock().expect("no test panics while it holds this").remove(imsi);
        Box::pin(async { Ok(()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::on_both_engines;
    on_both_engines! {
        async fn an_operator_joins_once(fresh: Fresh) {
            let app = TestApp::on(fresh).await;
            let operator = app.operator(1).await;
            let found = service::operator::by_code(&app, "demo").await.expect("it joined");
            assert_eq!(found, operator);
            let again = service::operator::join(&app, &operator).await;
            let refused =
                matches!(again, Err(service::Error::Refused(r)) if r.code == "operator.exists");
            assert!(refused);
            assert_eq!(service::operator::list(&app).await.expect("readable").len(), 1);
        }
    }
}
