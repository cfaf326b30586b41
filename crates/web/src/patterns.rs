//! `GET /patterns`, in the demo only: every component once, in the language and size of the page.
//!
//! The browser tests look at this page; so should whoever changes a component.

use crate::component::{
    Button, Checks, Choice, Component as _, DateField, Delivery, DueChip, Empty, Errors, Example,
    Examples, FileState, FileTile, Html, Message, MessageList, Moment, Notice, Pagination, Pick,
    SelectField, SmsBubble, Summary, Tag, Task, TaskList, TextArea, TextField, Timeline, Tone,
};
use crate::shell::{Shell, assets};
use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::time::At;
use words::Lang;

/// The samples are of this instant: 12 March 2027, 10:00 in Beijing.
const SAMPLE_AT: At = At::from_millis(1_804_816_800_000);

#[derive(Template)]
#[template(path = "patterns.html")]
struct Patterns {
    t: Lang,
    groups: Vec<(&'static str, Html)>,
}

/// Every component as a page.
pub(crate) async fn page(shell: Shell) -> Response {
    if shell.sandbox.is_none() {
        return StatusCode::NOT_FOUND.into_response();
    }
    write(&shell)
}

/// The page for `shell`, whatever it is.
pub fn write(shell: &Shell) -> Response {
    let t = shell.lang;
    let groups = vec![
        (t.pattern_buttons(), buttons(t)),
        (t.pattern_fields(), fields(t)),
        (t.pattern_photos(), photos(t)),
        (t.pattern_messages(), messages(t)),
        (t.pattern_dates(), dates(shell)),
        (t.pattern_lists(), lists(shell)),
    ];
    shell.page(t.pattern_title()).script(&assets::UPLOAD_JS).body(&Patterns { t, groups })
}

fn buttons(t: Lang) -> Html {
    Html::join([
        Button::new(t, t.common_continue()).html(),
        Button::link(t.start_status(), "/status").quiet().html(),
        Button::new(t, t.common_cancel()).danger().html(),
        Pagination::new(t, "2 / 7", Some("?page=1".into()), Some("?page=3".into())).html(),
    ])
}

fn fields(t: Lang) -> Html {
    let mut errors = Errors::none();
    errors.push("pattern-code", t.pattern_wrong());
    errors.push("pattern-day", t.pattern_wrong());
    errors.push("pattern-who", t.pattern_wrong());
    let picks = || {
        vec![
            Pick::new("yes", t.common_yes()).hint(t.start_need_document()).chosen(true),
            Pick::new("no", t.common_no()),
        ]
    };
    let ticks = vec![
        Pick::new("pattern-tick", t.common_delivered()).chosen(true),
        Pick::new("pattern-tock", t.common_on_its_way()),
    ];
    Html::join([
        errors.summary(t),
        TextField::new("pattern-name", t.pattern_label())
            .hint(t.start_price())
            .value("阿依古丽·买买提")
            .html(),
        TextField::new("pattern-code", t.pattern_code())
            .one_time_code()
            .value("48291")
            .errors(&errors)
            .html(),
        DateField::new("pattern-day", t.pattern_label(), ["1990", "13", "1"], t)
            .errors(&errors)
            .html(),
        Choice::new("pattern-pick", t.pattern_label(), picks()).html(),
        Choice::new("pattern-who", t.pattern_label(), picks()).errors(&errors).html(),
        Checks::new(t.pattern_label(), ticks).hint(t.start_time()).html(),
        SelectField::new("pattern-list", t.pattern_label(), picks()).value("no").html(),
        TextArea::new("pattern-text", t.pattern_label()).value("…").html(),
    ])
}

fn photos(t: Lang) -> Html {
    let warning = FileState::Warning(vec![t.example_glare_fix().to_owned()]);
    Html::join([
        Examples::new(t, Example::ALL.to_vec()).html(),
        Examples::new(t, Example::faces()).html(),
        FileTile::new(t, t.pattern_label())
            .state(warning)
            .preview(assets::MARK.url(), t.pattern_label())
            .html(),
    ])
}

fn messages(t: Lang) -> Html {
    let tags = Tone::ALL.map(|tone| Tag::new(tone, tone.class()).html());
    Html::join([
        Notice::new(Tone::Blue, t.start_time()).html(),
        Notice::new(Tone::Amber, t.photo_kept()).title(t.photo_warning()).html(),
        Notice::new(Tone::Red, t.shell_fault_text()).link(t.shell_to_start(), "/").html(),
        Notice::new(Tone::Green, t.photo_checked()).html(),
        Html::join(tags),
        SmsBubble::new(t, Lang::Zh, "【保号】验证码482913，15分钟内有效。", 1).html(),
        Empty::new(t.pattern_empty()).link(t.start_register(), "/register").html(),
    ])
}

fn dates(shell: &Shell) -> Html {
    let t = shell.lang;
    let due = |hours: i64| {
        let at = SAMPLE_AT.plus_minutes(hours * 60);
        let machine = shell.when(at).machine();
        DueChip::new(t, SAMPLE_AT.millis(), at.millis(), machine).html()
    };
    let promise = SAMPLE_AT.plus_minutes(2 * 1440 + 480);
    Html::join([
        shell.when(promise).block(t.pattern_why()).html(),
        due(-2),
        due(3),
        due(26),
        due(90),
    ])
}

fn lists(shell: &Shell) -> Html {
    let t = shell.lang;
    let moment = |days: i64| {
        let when = shell.when(SAMPLE_AT.plus_days(days));
        (when.both(), when.machine())
    };
    let ((past, past_at), (now, now_at), (next, next_at)) = (moment(-2), moment(0), moment(2));
    let timeline = vec![
        Moment::past(past, past_at, t.pattern_label()),
        Moment::past(&now, now_at, t.pattern_label()).detail(t.start_price()),
        Moment::future(next, next_at, t.pattern_label()),
    ];
    let message = |text: &str, delivery| Message {
        when: now.clone(),
        channel: "SMS ···8000".to_owned(),
        text: text.to_owned(),
        delivery,
    };
    Html::join([
        Summary::new()
            .row(t.pattern_label(), "138 0013 8000")
            .change(t.common_change(), "#")
            .part(t.pattern_why(), Tag::new(Tone::Blue, t.common_on_its_way()).html())
            .html(),
        TaskList::new(vec![
            Task::new(t.start_need_card(), Tag::new(Tone::Green, t.common_delivered())).href("#"),
            Task::new(t.start_need_portrait(), Tag::new(Tone::Grey, t.common_not_yet()))
                .hint(t.start_time()),
        ])
        .html(),
        Timeline::new(t, t.pattern_lists(), timeline).html(),
        MessageList::new(
            t,
            vec![
                message(t.photo_checked(), Delivery::Delivered),
                message(t.photo_kept(), Delivery::Failed),
            ],
        )
        .html(),
    ])
}
