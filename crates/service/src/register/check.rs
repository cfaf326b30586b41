//! The checks: each looks at one thing and says what came of it, with what was measured. What
//! needs a model or an authority that is not connected says so and never passes.

use super::authority::{authority_check, look_up};
use super::draw::{draw_received, unreadable};
use super::load::{Loaded, complete};
use super::photo::{faults_of, is_same, reason_of_same, worst};
use super::read;
use super::stage::stage_loaded;
use super::start::pair;
use super::{face, live};
use crate::app::App;
use crate::error::Error;
use crate::image::Haste;
use crate::work::Next;
use crate::{image, retry};
use domain::access::Actor;
use domain::application::form::{Identity, Who, tells_expiry};
use domain::application::{Event, Kind, State};
use domain::cap::{CapClass, CapHolder, Holdings, one_more};
use domain::check::{Check, CheckKind, Outcome};
use domain::decision::{self, Decision, Fired, Redo, Rule, Rules, Standing, Verdict};
use domain::finding::Severity as Weight;
use domain::id::{ApplicationId, PartyId};
use domain::identity;
use domain::reason::{Item, Reason};
use jiff::civil::Date;
use store::Batch;
use store::application::check::{Decided, insert, latest_run};
use store::application::document::Document;
use store::application::received::Received;
use store::party::{self, MATCH_COLUMN, Party};
use vision::{ImageError, Severity};

/// Photos that somebody else is drawing are waited for so long.
const AGAIN_MILLIS: i64 = 1_000;

/// Runs the checks of a submitted application and lets the rule decide what follows: the job
/// behind every submission. Safe to repeat: a run that was cut off begins again.
pub async fn run_checks(app: &App, id: ApplicationId) -> Result<Next, Error> {
    // The job of the photos comes before this one; whoever asks for the checks otherwise finds them
    // drawn as well.
    draw_received(app, id, Haste::Later).await?;
    retry(|| begin(app, id)).await?;
    retry(|| async {
        let Some(row) = store::application::load(&app.store.db, id).await? else {
            return Ok(Next::Done);
        };
        if row.facts.state != State::Checking {
            return Ok(Next::Done);
        }
        let loaded = complete(app, row).await?;
        let received = Received::list(&app.store.db, id).await?;
        if received.iter().any(Received::is_waiting) {
            return Ok(Next::At(app.now().plus_millis(AGAIN_MILLIS)));
        }
        let unreadable = unreadable(&received);
        if !unreadable.is_empty() {
            return ask_for_readable(app, loaded, &unreadable).await;
        }
        if read::is_readable(loaded.application.facts.kind, &loaded.form)
            && let Next::At(at) = read::read_photos(app, &loaded).await?
        {
            return Ok(Next::At(at));
        }
        if let Next::At(at) = face::look_at_faces(app, &loaded).await? {
            return Ok(Next::At(at));
        }
        if let Next::At(at) = look_up(app, &loaded).await? {
            return Ok(Next::At(at));
        }
        let checks = checks(app, &loaded).await?;
        let decision = decide(app, &loaded, &checks);
        let run = latest_run(&app.store.db, id).await? + 1;
        let policy = loaded.policy.label();
        let decided = Decided { decision, policy, at: app.now() };
        if decided.decision.verdict == Verdict::Approve
            && approve(app, &loaded, run, &checks, &decided).await?
        {
            return Ok(Next::Done);
        }
        let decided = by_person(decided);
        let mut batch = Batch::new(app.now());
        insert(&mut batch, id, run, &checks, &decided);
        let difficulty = domain::review::difficulty(&checks);
        let event = Event::ChecksDone { verdict: decided.decision.verdict };
        super::stage::stage_checked(app, &mut batch, loaded, &event, difficulty).await?;
        app.store.db.commit(batch).await?;
        Ok(Next::Done)
    })
    .await
}

/// What was sent without waiting for its photos comes back for those of which nothing could be
/// drawn, before anything else is looked at: there is no photo to look at, and no policy decides
/// about it.
async fn ask_for_readable(
    app: &App,
    loaded: Loaded,
    unreadable: &[(Item, ImageError)],
) -> Result<Next, Error> {
    let (kind, reason) = (CheckKind::ImageQuality, Reason::F1);
    let check = |(item, error): &(Item, ImageError)| {
        let check = Check::new(kind, Outcome::Fail).of(*item).because(reason);
        check.with("unreadable", error.code())
    };
    let checks: Vec<Check> = unreadable.iter().map(check).collect();
    let redo = unreadable.iter().map(|(item, _)| Redo { item: *item, reason }).collect();
    let verdict = Verdict::AskAgain { redo };
    let fired = vec![Fired { rule: Rule::AskAgainOnFail, check: Some(kind) }];
    let decision = Decision { verdict: verdict.clone(), fired };
    let decided = Decided { decision, policy: loaded.policy.label(), at: app.now() };
    let id = loaded.application.id;
    let run = latest_run(&app.store.db, id).await? + 1;
    let mut batch = Batch::new(app.now());
    insert(&mut batch, id, run, &checks, &decided);
    let difficulty = domain::review::difficulty(&checks);
    let event = Event::ChecksDone { verdict };
    super::stage::stage_checked(app, &mut batch, loaded, &event, difficulty).await?;
    app.store.db.commit(batch).await?;
    Ok(Next::Done)
}

async fn begin(app: &App, id: ApplicationId) -> Result<(), Error> {
    let Some(row) = store::application::load(&app.store.db, id).await? else { return Ok(()) };
    if row.facts.state != State::Submitted {
        return Ok(());
    }
    let loaded = complete(app, row).await?;
    let mut batch = Batch::new(app.now());
    let event = Event::ChecksStarted;
    stage_loaded(app, &mut batch, loaded, &event, &Actor::System, &[]).await?;
    Ok(app.store.db.commit(batch).await?)
}

/// Commits the machine's approval with the checks behind it; `false` if the number cannot be given
/// as things stand, which a person looks at.
async fn approve(
    app: &App,
    loaded: &Loaded,
    run: i64,
    checks: &[Check],
    decided: &Decided,
) -> Result<bool, Error> {
    let mut batch = Batch::new(app.now());
    insert(&mut batch, loaded.application.id, run, checks, decided);
    match crate::review::approve_by_machine(app, &mut batch, loaded).await {
        Ok(()) => {}
        Err(Error::Refused(refused)) => {
            let id = loaded.application.id;
            tracing::info!(application = %id, code = refused.code, "not approved by machine");
            return Ok(false);
        }
        Err(error) => return Err(error),
    }
    Ok(app.store.db.commit(batch).await.map(|()| true)?)
}

/// What the machine could not approve after all is for a person.
fn by_person(mut decided: Decided) -> Decided {
    if decided.decision.verdict == Verdict::Approve {
        let fired = vec![Fired { rule: Rule::ReviewOnRefusal, check: None }];
        decided.decision = Decision { verdict: Verdict::Review, fired };
    }
    decided
}

/// Appeals, and kinds whose number a person must look at, are always for people. So is what no
/// policy lets the machine approve.
fn decide(app: &App, loaded: &Loaded, checks: &[Check]) -> Decision {
    match loaded.application.facts.kind {
        Kind::Registration | Kind::BackRegistration => {
            let mut rules = Rules { may_approve: false, ..loaded.policy.checks.clone() };
            // Who was taken at an outlet stood before the clerk.
            if loaded.application.taken_by.is_some() {
                rules.required.retain(|kind| *kind != CheckKind::Liveness);
            }
            let decision = decision::decide(checks, &rules);
            decision.or_automatic(loaded.policy.automatic.as_ref(), &standing(app, loaded, checks))
        }
        Kind::Reverification
        | Kind::SimReplacement
        | Kind::Transfer
        | Kind::Recovery
        | Kind::Appeal => Decision {
            verdict: Verdict::Review,
            fired: vec![Fired { rule: Rule::ReviewAlways, check: None }],
        },
    }
}

/// What is known of the applicant besides the checks.
fn standing(app: &App, loaded: &Loaded, checks: &[Check]) -> Standing {
    let today = loaded.today(app.now());
    let birth = loaded.form.identity(today).and_then(|identity| identity.birth);
    let age = birth.and_then(|birth| identity::age(birth, today));
    let evidence = |kind: CheckKind, name: &str| {
        let check = checks.iter().find(|check| check.kind == kind)?;
        check.evidence.iter().find(|evidence| evidence.name == name).map(|one| one.value.as_str())
    };
    let is_known = evidence(CheckKind::DuplicateIdentity, "known") == Some("true");
    let holds = evidence(CheckKind::Cap, "held").is_some_and(|held| held != "0");
    let challenges = evidence(CheckKind::Liveness, "challenges");
    Standing {
        is_verified: is_known && holds,
        is_first_challenge: challenges.is_none_or(|given| given == "1"),
        is_adult_person: loaded.form.who == Some(Who::Myself)
            && !loaded.form.is_of_organisation()
            && age.is_some_and(|age| age >= crate::review::ADULT_AGE),
        draw: crate::review::draw(app, loaded.application.id),
    }
}

/// Every check there is, in order.
pub(super) async fn checks(app: &App, loaded: &Loaded) -> Result<Vec<Check>, Error> {
    if loaded.application.facts.kind == Kind::Appeal {
        return Ok(Vec::new());
    }
    let today = loaded.today(app.now());
    let identity = loaded.form.identity(today);
    let photos = Document::current(&app.store.db, loaded.application.id).await?;
    let mut checks = vec![
        sim_pairing(app, loaded).await?,
        document_accepted(loaded),
        document_format(loaded, today),
        document_dates(loaded, today),
        age(loaded, identity.as_ref(), today),
    ];
    checks.extend(image_quality(loaded, &photos));
    checks.push(same_image(&photos));
    checks.push(authority_check(app, loaded).await?);
    checks.extend(read::machine_read(app, loaded).await?);
    checks.push(live::live_check(app, loaded).await?);
    for check in face::face_checks(app, loaded).await? {
        // A portrait that is the document's photo is the same image twice, however it was cut.
        let is_same = |known: &Check| known.kind == CheckKind::SameImage;
        if is_same(&check) {
            checks.retain(|known| !is_same(known) || known.outcome != Outcome::Pass);
        }
        if !checks.iter().any(|known| is_same(known) && is_same(&check) && known.item == check.item)
        {
            checks.push(check);
        }
    }
    checks.extend(about_identity(app, loaded, identity.as_ref(), today).await?);
    checks.sort_by_key(|check| (check.kind, check.item));
    Ok(checks)
}

async fn sim_pairing(app: &App, loaded: &Loaded) -> Result<Check, Error> {
    let kind = loaded.application.facts.kind;
    let found = pair(app, loaded.operator.id, kind, &loaded.form).await?;
    Ok(match found {
        Ok(_) => Check::pass(CheckKind::SimPairing),
        Err(problem) => Check::new(CheckKind::SimPairing, Outcome::Fail)
            .of(Item::Sim)
            .because(Reason::M4)
            .with("found", problem.code),
    })
}

fn document_accepted(loaded: &Loaded) -> Check {
    let is_accepted = |kind| loaded.form.accepts(kind, &loaded.policy);
    if loaded.form.document.is_some_and(is_accepted) {
        return Check::pass(CheckKind::DocumentAccepted);
    }
    Check::new(CheckKind::DocumentAccepted, Outcome::Fail).because(Reason::D9)
}

fn document_format(loaded: &Loaded, today: Date) -> Check {
    let kind = CheckKind::DocumentFormat;
    let Some(document) = loaded.form.document else { return Check::unavailable(kind) };
    let checked = identity::check(document, &loaded.form.document_number, today);
    let outcome = match checked.findings.worst() {
        Some(Weight::Error) => Outcome::Fail,
        Some(Weight::Warn) => Outcome::Warn,
        Some(Weight::Info) | None => Outcome::Pass,
    };
    let mut check = Check::new(kind, outcome);
    if outcome != Outcome::Pass {
        check = check.of(Item::DocumentNumber).because(Reason::M2);
    }
    for finding in checked.findings.iter() {
        check = check.with("finding", domain::refusal::Refusal::code(&finding));
    }
    check
}

fn document_dates(loaded: &Loaded, today: Date) -> Check {
    let kind = CheckKind::DocumentDates;
    let Some(document) = loaded.form.document else { return Check::unavailable(kind) };
    let is_told_all_the_same = loaded.form.is_of_organisation() && !loaded.form.expires.is_empty();
    if !tells_expiry(document) && !is_told_all_the_same {
        return Check::pass(kind).with("because", "the document bears no last day");
    }
    if loaded.form.is_long_term {
        return Check::pass(kind).with("because", "long-term");
    }
    match loaded.form.expires.date() {
        Some(last) if last < today => Check::new(kind, Outcome::Fail).because(Reason::D8),
        Some(_) => Check::pass(kind),
        None => Check::unavailable(kind),
    }
}

fn age(loaded: &Loaded, identity: Option<&Identity>, today: Date) -> Check {
    let kind = CheckKind::Age;
    let birth = identity.and_then(|identity| identity.birth);
    let Some(age) = birth.and_then(|birth| identity::age(birth, today)) else {
        return Check::unavailable(kind);
    };
    let is_guarded = loaded.form.who == Some(Who::Child);
    let least =
        if is_guarded { *loaded.policy.ages.guardian_min } else { *loaded.policy.ages.alone_min };
    if i64::from(age) < least {
        return Check::new(kind, Outcome::Fail).because(Reason::E1).with("least", least);
    }
    if is_guarded {
        // A person reads the household register and the guardian's papers.
        return Check::new(kind, Outcome::Warn).of(Item::GuardianPapers).because(Reason::G1);
    }
    Check::pass(kind)
}

fn image_quality(loaded: &Loaded, photos: &[Document]) -> Vec<Check> {
    let kind = CheckKind::ImageQuality;
    let wanted = loaded.form.photos(loaded.application.facts.kind);
    let of_item = |item: Item| {
        let Some(photo) = photos.iter().find(|photo| photo.item == item) else {
            return Check::unavailable(kind).of(item).with("because", "no photo");
        };
        let faults = faults_of(photo);
        let outcome = match worst(&faults) {
            None => Outcome::Pass,
            Some(Severity::Warn) => Outcome::Warn,
            // The applicant saw the warning and sent it: a person decides.
            Some(Severity::Fail) if photo.is_sent_anyway => Outcome::Warn,
            Some(Severity::Fail) => Outcome::Fail,
        };
        let mut check = Check::new(kind, outcome).of(item);
        if let Some(first) = faults.first() {
            check = check.because(image::reason_of(first, item));
        }
        for (name, value) in measures(photo) {
            check = check.with(&name, value);
        }
        for fault in &faults {
            check = check.with("fault", fault.kind.code());
        }
        check.with("sent_anyway", photo.is_sent_anyway)
    };
    wanted.into_iter().map(of_item).collect()
}

/// The measured values, as they are shown.
fn measures(photo: &Document) -> Vec<(String, String)> {
    let Some(measured) = photo.quality.as_object() else { return Vec::new() };
    let shown = |(name, value): (&String, &serde_json::Value)| {
        let number = value.as_f64()?;
        Some((name.clone(), format!("{number:.2}")))
    };
    measured.iter().filter_map(shown).collect()
}

fn same_image(photos: &[Document]) -> Check {
    let pairs = photos.iter().enumerate();
    let mut same = pairs.flat_map(|(index, photo)| {
        let others = photos.iter().skip(index + 1);
        others.filter(|other| is_same(photo, other)).map(|other| (photo.item, other.item))
    });
    let Some((one, other)) = same.next() else { return Check::pass(CheckKind::SameImage) };
    // The later of the two in the order of the pages is the one to be taken again.
    let item = one.max(other);
    Check::new(CheckKind::SameImage, Outcome::Fail)
        .of(item)
        .because(reason_of_same(item))
        .with("same_as", one.min(other).code())
}

/// What is known of this identity: whether it is here already, how many numbers it has, and
/// whether it may have one.
async fn about_identity(
    app: &App,
    loaded: &Loaded,
    identity: Option<&Identity>,
    today: Date,
) -> Result<Vec<Check>, Error> {
    let kinds = [CheckKind::DuplicateIdentity, CheckKind::Cap, CheckKind::Sanctions];
    let Some(identity) = identity else {
        return Ok(kinds.map(Check::unavailable).to_vec());
    };
    let index = app.store.keys.blind(MATCH_COLUMN, &identity.document.match_key());
    let operator_id = loaded.operator.id;
    let known = party::claimant(&app.store.db, operator_id, index).await?;
    let sanction = party::sanction(&app.store.db, operator_id, index, today).await?;
    let sanctions = match sanction {
        Some(sanction) => Check::new(CheckKind::Sanctions, Outcome::Fail)
            .because(Reason::S1)
            .with("source", sanction.source),
        None => Check::pass(CheckKind::Sanctions),
    };
    Ok(vec![duplicate(app, identity, known).await?, cap(app, loaded, known).await?, sanctions])
}

async fn duplicate(app: &App, identity: &Identity, known: Option<PartyId>) -> Result<Check, Error> {
    let kind = CheckKind::DuplicateIdentity;
    let party = match known {
        Some(id) => Party::load(&app.store.db, id).await?,
        None => None,
    };
    let Some(party) = party else { return Ok(Check::pass(kind).with("known", false)) };
    let Some(key) = app.store.keys.load(&app.store.db, party.data_key_id).await? else {
        return Ok(Check::pass(kind).with("known", "erased"));
    };
    let profile = party.open(&key)?;
    let check = Check::pass(kind).with("known", true).with("party", party.id);
    if profile.name == identity.name {
        return Ok(check);
    }
    // The same document under another name: a renamed person, a typing error, or somebody else.
    let check = Check { outcome: Outcome::Warn, ..check };
    Ok(check.of(Item::Name).because(Reason::M1))
}

async fn cap(app: &App, loaded: &Loaded, known: Option<PartyId>) -> Result<Check, Error> {
    let held = match known {
        Some(party_id) => {
            store::number::party::held(&app.store.db, party_id, loaded.operator.id).await?.len()
        }
        None => 0,
    };
    let at_operator = i64::try_from(held).unwrap_or(i64::MAX);
    let is_organisation = loaded.form.is_of_organisation();
    let holder = if is_organisation { CapHolder::Organisation } else { CapHolder::Person };
    let holdings = Holdings { holder, at_operator, national: None };
    let answer = one_more(&loaded.policy.caps, CapClass::Prepaid, holdings);
    let check = match answer {
        Ok(()) => Check::pass(CheckKind::Cap),
        Err(_) => Check::new(CheckKind::Cap, Outcome::Fail).because(Reason::E2),
    };
    Ok(check.with("held", held))
}
