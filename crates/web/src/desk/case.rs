//! R2 to R4: the case, the decision form, the preview.

use super::Signed;
use super::form::{PRESETS, Sent};
use super::names;
use crate::component::{
    Button, Component as _, Errors, Html, Notice, Pick, SelectField, SmsBubble, Tag, TextArea, Tone,
};
use crate::shell::assets::{KEYS_JS, SWAP_JS, VIEWER_JS};
use crate::shell::{Shell, Width};
use askama::Template;
use axum::response::Response;
use domain::check::Outcome;
use domain::reading::{Agreement, LONG_TERM, Standing};
use domain::reason::{Item, Reason};
use domain::review::{ItemResult, Stage, Verdict, ViewReason, is_for_whole};
use service::register::FieldSeen;
use service::review::{self, CaseView, Content, Photo, Preview};
use words::Lang;

/// Everything a case page is made of.
pub(super) struct CaseParts<'a> {
    pub(super) view: &'a CaseView,
    pub(super) sent: &'a Sent,
    pub(super) errors: Errors,
    pub(super) previews: &'a [Preview],
    pub(super) undo: Html,
    pub(super) why: Option<ViewReason>,
}

#[derive(Template)]
#[template(path = "desk/case.html")]
struct CasePage {
    t: Lang,
    id: String,
    stamp: String,
    heading: String,
    kind: &'static str,
    stage: Html,
    due: Html,
    undo: Html,
    standing: Html,
    rules: Html,
    appealed: Option<String>,
    errors: Html,
    summary: String,
    images: Vec<Image>,
    preparing: Vec<String>,
    has_old_photos: bool,
    rows: Vec<Row>,
    faces: Option<super::faces::Pair>,
    checks: Vec<CheckRow>,
    passed: Vec<CheckRow>,
    passed_title: String,
    decided: Option<Decision>,
    history: Vec<(String, String)>,
    messages: Html,
    opinions: Vec<Opinion>,
    claim: Option<Html>,
    release: Option<Html>,
    look: Option<Html>,
    kept: Vec<String>,
}

struct Image {
    key: String,
    name: String,
    alt: String,
    src: String,
    zoom: u8,
    turns: u8,
    is_current: bool,
    note: Html,
    region: String,
}

struct Row {
    field: &'static str,
    typed: String,
    derived: String,
    read: Option<Cell>,
    is_doubtful: bool,
}

/// What a machine read, with where it stands.
struct Cell {
    value: String,
    /// How sure it is, in words.
    standing: &'static str,
    differs: bool,
    /// The part of the photo.
    crop: String,
    /// The photo and the place on it, for the box.
    spot: String,
}

struct CheckRow {
    name: String,
    item: String,
    outcome: Html,
    reason: String,
    evidence: String,
}

/// The decision form.
struct Decision {
    items: Vec<ItemBlock>,
    whole: Vec<ReasonPick>,
    whole_error: Option<String>,
    is_whole_open: bool,
    verdicts: Vec<(&'static str, &'static str, &'static str, bool)>,
    verdict_error: Option<String>,
    note: Html,
    previews: Html,
    buttons: Html,
}

struct ItemBlock {
    number: usize,
    code: &'static str,
    name: String,
    error: Option<String>,
    results: Vec<(&'static str, &'static str, bool)>,
    reasons: Vec<ReasonPick>,
    is_open: bool,
    is_image: bool,
    region: String,
    region_error: Option<String>,
    parts: Vec<(&'static str, &'static str, bool)>,
}

struct ReasonPick {
    code: &'static str,
    text: String,
    is_ticked: bool,
}

struct Opinion {
    title: String,
    lines: Vec<String>,
    note: String,
}

/// Writes the page.
pub(super) fn write(signed: &mut Signed, parts: &CaseParts<'_>) -> Response {
    signed.shell.width = Width::Full;
    let (shell, view) = (&signed.shell, parts.view);
    let t = shell.lang;
    let heading = t.desk_case_heading(&view.reference, &view.tail);
    let page = CasePage {
        t,
        id: view.application_id.to_string(),
        stamp: view.stamp.clone(),
        kind: names::kind(t, view.kind),
        stage: stage_tag(t, view.stage),
        due: super::due(shell, view.promise_at),
        undo: parts.undo.clone(),
        standing: standing(shell, view),
        rules: rules(t, view),
        appealed: view.appeal_of.map(|id| format!("/desk/case/{id}?why=complaint")),
        errors: parts.errors.summary(t),
        summary: announce(t, view, parts.sent),
        images: view.content.as_ref().map_or_else(Vec::new, |c| images(shell, parts, c)),
        preparing: view.content.as_ref().map_or_else(Vec::new, |c| preparing(t, c)),
        has_old_photos: view.content.iter().flat_map(|c| &c.images).any(|p| !p.is_current),
        rows: view.content.as_ref().map_or_else(Vec::new, |c| rows(t, parts, c)),
        faces: super::faces::pair(t, parts),
        checks: checks(t, view, false),
        passed_title: t.desk_checks_passed(passed_count(view)),
        passed: checks(t, view, true),
        decided: decision(t, parts),
        history: view.content.as_ref().map_or_else(Vec::new, |c| history(shell, c)),
        messages: view.content.as_ref().map_or_else(Html::default, |c| names::messages(shell, c)),
        opinions: view.content.as_ref().map_or_else(Vec::new, |c| opinions(shell, c)),
        claim: view.may_claim.then(|| Button::new(t, t.desk_claim()).html()),
        release: is_mine(view).then(|| Button::new(t, t.desk_release()).quiet().html()),
        look: (view.content.is_none()).then(|| look(t)),
        kept: if is_mine(view) { Vec::new() } else { kept(t, parts.sent) },
        heading: heading.clone(),
    };
    let out = shell.page(&heading).script(&KEYS_JS).script(&VIEWER_JS).script(&SWAP_JS);
    if parts.errors.is_empty() { out.body(&page) } else { out.invalid().body(&page) }
}

fn is_mine(view: &CaseView) -> bool {
    matches!(view.standing, review::Standing::Mine { .. })
}

pub(super) fn stage_tag(t: Lang, stage: Stage) -> Html {
    let tone = if stage == Stage::First { Tone::Grey } else { Tone::Violet };
    Tag::new(tone, names::stage(t, stage)).html()
}

fn standing(shell: &Shell, view: &CaseView) -> Html {
    let t = shell.lang;
    let who = |by: &Option<service::Sensitive<String>>| match by {
        Some(name) => name.expose().clone(),
        None => t.desk_standing_program().to_owned(),
    };
    match &view.standing {
        review::Standing::Mine { lease_until } => {
            Html::paragraph(&t.desk_standing_mine(shell.when(*lease_until).time()))
        }
        review::Standing::Free => Html::default(),
        review::Standing::Claimed { by, until } => {
            Notice::new(Tone::Amber, t.desk_standing_claimed(who(by), shell.when(*until).time()))
                .html()
        }
        review::Standing::Pending { by, settle_at, .. } => Notice::new(
            Tone::Blue,
            t.desk_standing_pending(who(by), names::seconds(shell, *settle_at)),
        )
        .html(),
        review::Standing::Closed { by, at } => {
            let when = at.map(|at| shell.when(at).legal()).unwrap_or_default();
            let text = t.desk_standing_closed(who(by), when, names::state(t, view.state));
            Notice::new(Tone::Blue, text).html()
        }
    }
}

fn rules(t: Lang, view: &CaseView) -> Html {
    if view.stage != Stage::Second {
        return Html::default();
    }
    let names: Vec<String> = view.second_rules.iter().map(|rule| names::rule(t, *rule)).collect();
    let text = t.desk_second_why(names.join(t.desk_joint()));
    Notice::new(Tone::Amber, text).title(t.desk_second_title()).html()
}

/// What a screen reader hears when the case opens.
fn announce(t: Lang, view: &CaseView, sent: &Sent) -> String {
    let items = view.content.as_ref().map_or(&[][..], |content| &content.items);
    let left = items.iter().filter(|item| sent.result(**item).is_none()).count();
    t.desk_announce(&view.reference, left)
}

fn preparing(t: Lang, content: &Content) -> Vec<String> {
    let told = |item: &Item| t.desk_photo_preparing(names::item(t, *item));
    content.preparing.iter().map(told).collect()
}

fn images(shell: &Shell, parts: &CaseParts<'_>, content: &Content) -> Vec<Image> {
    let t = shell.lang;
    let image = |photo: &Photo| {
        let (zoom, turns) = parts.sent.look(photo.item, photo.round);
        let item = names::item(t, photo.item);
        let why = parts.why.map_or(String::new(), |why| format!("&why={}", why.code()));
        let id = parts.view.application_id;
        let note = if photo.is_sent_anyway && photo.is_current {
            Tag::new(Tone::Amber, t.desk_photo_sent_anyway()).html()
        } else {
            Html::default()
        };
        Image {
            key: format!("{}-{}", photo.item.code(), photo.round),
            alt: t.desk_photo_alt(&item, photo.round),
            name: t.desk_photo_name(&item, photo.round, shell.when(photo.uploaded_at).legal()),
            src: format!(
                "/desk/case/{id}/image/{}/{}?z={zoom}&r={turns}{why}",
                photo.item.code(),
                photo.round
            ),
            zoom,
            turns,
            is_current: photo.is_current,
            note,
            region: if photo.is_current { photo.item.code().to_owned() } else { String::new() },
        }
    };
    content.images.iter().map(image).collect()
}

fn rows(t: Lang, parts: &CaseParts<'_>, content: &Content) -> Vec<Row> {
    let row = |row: &service::review::Compared| Row {
        field: names::field(t, row.field),
        typed: names::typed(t, &row.typed),
        derived: row.derived.as_ref().map(|text| text.expose().clone()).unwrap_or_default(),
        read: row.read.as_ref().map(|seen| cell(t, parts, seen)),
        is_doubtful: row.is_doubtful,
    };
    content.rows.iter().map(row).collect()
}

fn cell(t: Lang, parts: &CaseParts<'_>, seen: &FieldSeen) -> Cell {
    let (item, round) = (seen.item.code(), seen.round);
    let why = parts.why.map_or(String::new(), |why| format!("&why={}", why.code()));
    let (id, part, quarters) = (parts.view.application_id, &seen.part, seen.quarters);
    let value = match seen.value.expose().as_str() {
        LONG_TERM => t.desk_long_term().to_owned(),
        value => names::grouped(value),
    };
    Cell {
        value,
        standing: match seen.standing {
            Standing::Clear => t.desk_read_clear(),
            Standing::Doubtful => t.desk_read_doubtful(),
            Standing::Conflicting => t.desk_read_conflicting(),
        },
        differs: seen.agreement == Some(Agreement::Differs),
        crop: format!("/desk/case/{id}/image/{item}/{round}?part={part}&r={quarters}{why}"),
        spot: format!("{item}-{round}:{part}"),
    }
}

fn passed_count(view: &CaseView) -> usize {
    let checks = view.content.iter().flat_map(|content| &content.checks);
    checks.filter(|check| check.outcome == Outcome::Pass).count()
}

/// The checks that passed, or all others.
fn checks(t: Lang, view: &CaseView, is_passed: bool) -> Vec<CheckRow> {
    let all = view.content.iter().flat_map(|content| &content.checks);
    all.filter(|check| (check.outcome == Outcome::Pass) == is_passed)
        .map(|check| CheckRow {
            name: names::check(t, check.kind),
            item: check.item.map(|item| names::item(t, item)).unwrap_or_default(),
            outcome: Tag::new(tone(check.outcome), names::outcome(t, check.outcome)).html(),
            reason: check.reason.map(|reason| names::reason(t, reason)).unwrap_or_default(),
            evidence: names::evidence(t, check),
        })
        .collect()
}

fn tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Pass => Tone::Green,
        Outcome::Warn => Tone::Amber,
        Outcome::Fail => Tone::Red,
        Outcome::Unavailable => Tone::Grey,
    }
}

fn history(shell: &Shell, content: &Content) -> Vec<(String, String)> {
    let t = shell.lang;
    let line = |event: &service::review::Event| {
        (shell.when(event.at).legal(), names::state(t, event.state))
    };
    content.events.iter().rev().map(line).collect()
}

fn opinions(shell: &Shell, content: &Content) -> Vec<Opinion> {
    let t = shell.lang;
    let opinion = |past: &service::review::Past| {
        let by = past
            .by
            .as_ref()
            .map_or_else(|| t.desk_standing_program().to_owned(), |name| name.expose().clone());
        let verdict = names::verdict(t, past.opinion.verdict);
        let when = shell.when(past.at).legal();
        let stage = names::stage(t, past.stage);
        let mut title = t.desk_opinion_title(stage, by, verdict, when);
        if past.is_undone {
            title.push_str(t.desk_opinion_undone());
        }
        let mut lines: Vec<String> = Vec::new();
        for mark in past.opinion.marks.iter().filter(|mark| mark.result != ItemResult::Ok) {
            let reasons: Vec<String> =
                mark.reasons.iter().map(|reason| names::reason(t, *reason)).collect();
            let result = names::result(t, mark.result);
            let item = names::item(t, mark.item);
            lines.push(format!("{item}: {result} – {}", reasons.join(t.desk_joint())));
        }
        for reason in &past.opinion.reasons {
            lines.push(names::reason(t, *reason));
        }
        let note = past.note.as_ref().map(|note| note.expose().clone()).unwrap_or_default();
        Opinion { title, lines, note }
    };
    content.opinions.iter().rev().map(opinion).collect()
}

fn decision(t: Lang, parts: &CaseParts<'_>) -> Option<Decision> {
    let content = parts.view.content.as_ref().filter(|_| is_mine(parts.view))?;
    let (sent, errors) = (parts.sent, &parts.errors);
    let blocks = content.items.iter().enumerate();
    let ticked = sent.reasons("whole");
    let whole = Reason::ALL.iter().copied().filter(|reason| is_for_whole(*reason));
    let verdict = sent.verdict();
    let keys = ["a", "m", "r"];
    Some(Decision {
        items: blocks.map(|(at, item)| block(t, parts, at + 1, *item)).collect(),
        whole: whole.map(|reason| pick(t, reason, &ticked)).collect(),
        whole_error: errors.of("reason-whole"),
        is_whole_open: !ticked.is_empty() || errors.of("reason-whole").is_some(),
        verdicts: Verdict::ALL
            .into_iter()
            .zip(keys)
            .map(|(v, key)| (v.code(), names::verdict(t, v), key, verdict == Some(v)))
            .collect(),
        verdict_error: errors.of("verdict"),
        note: TextArea::new("note", t.desk_note())
            .hint(t.desk_note_hint())
            .value(sent.one("note"))
            .html(),
        previews: previews(t, parts.previews),
        buttons: Html::join([
            Button::new(t, t.desk_decide()).html(),
            Button::new(t, t.desk_preview())
                .quiet()
                .action(format!("/desk/case/{}/preview", parts.view.application_id))
                .html(),
        ]),
    })
}

fn previews(t: Lang, previews: &[Preview]) -> Html {
    let bubble =
        |preview: &Preview| SmsBubble::new(t, preview.lang, &preview.text, preview.segments).html();
    Html::join(previews.iter().map(bubble))
}

fn pick(t: Lang, reason: Reason, ticked: &[Reason]) -> ReasonPick {
    ReasonPick {
        code: reason.code(),
        text: format!("{} {}", reason.code(), names::reason(t, reason)),
        is_ticked: ticked.contains(&reason),
    }
}

fn block(t: Lang, parts: &CaseParts<'_>, number: usize, item: Item) -> ItemBlock {
    let (sent, errors) = (parts.sent, &parts.errors);
    let (code, chosen) = (item.code(), sent.result(item));
    let ticked = sent.reasons(code);
    let reasons = Reason::ALL.iter().copied().filter(|reason| reason.items().contains(&item));
    let part = sent.one(&format!("part-{code}"));
    let mut choices = vec![("", t.desk_part_none(), part.is_empty())];
    for (name, _, _) in PRESETS {
        choices.push((name, names::part(t, name), part == name));
    }
    ItemBlock {
        number,
        code,
        name: names::item(t, item),
        error: errors.of(&format!("result-{code}")),
        results: ItemResult::ALL
            .into_iter()
            .map(|result| (result.code(), names::result(t, result), chosen == Some(result)))
            .collect(),
        reasons: reasons.map(|reason| pick(t, reason, &ticked)).collect(),
        is_open: chosen.is_some_and(|result| result != ItemResult::Ok) || !ticked.is_empty(),
        is_image: item.is_image(),
        region: sent.region_text(item).to_owned(),
        region_error: errors.of(&format!("region-{code}")),
        parts: choices,
    }
}

/// What was entered before the case went out of this person's hands, so that it can be read.
fn kept(t: Lang, sent: &Sent) -> Vec<String> {
    let mut lines = Vec::new();
    for item in Item::ALL {
        if let Some(result) = sent.result(item) {
            let reasons = sent.reasons(item.code());
            let reasons: Vec<String> = reasons.iter().map(|r| names::reason(t, *r)).collect();
            let (item, result) = (names::item(t, item), names::result(t, result));
            lines.push(format!("{item}: {result} {}", reasons.join(t.desk_joint())));
        }
    }
    lines.extend(sent.reasons("whole").iter().map(|reason| names::reason(t, *reason)));
    lines.extend(sent.verdict().map(|verdict| names::verdict(t, verdict).to_owned()));
    lines.extend(Some(sent.one("note")).filter(|note| !note.is_empty()).map(str::to_owned));
    lines
}

/// Asks why somebody looks who does not have the case in hand.
fn look(t: Lang) -> Html {
    let picks = ViewReason::GIVEN.map(|why| Pick::new(why.code(), names::why(t, why)));
    Html::join([
        SelectField::new("why", t.desk_look_why(), picks.to_vec()).hint(t.desk_look_hint()).html(),
        Button::new(t, t.desk_look()).quiet().html(),
    ])
}
