//! The report as one page: figures, and each rate drawn with its interval.

use super::{Measured, field, percent, shown, word};
use reader::eval::{Rate, Set, Verdict};
use std::fmt::Write as _;
use words::Lang;

pub(super) const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;\
    margin:2rem auto;padding:0 1rem;color:#14212b}table{border-collapse:collapse;width:100%}\
    th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #d5dce0;\
    vertical-align:top}.missed{font-weight:600;color:#7a1712}\
    .caution{background:#fff3cd;padding:.6rem 1rem}svg{display:block}";

/// Width of a plot in pixels; the left end is 90 %.
const PLOT: f64 = 320.0;
const FROM: f64 = 0.9;

/// Writes the page. Nothing in it comes from outside: words of ours and numbers.
pub(super) fn write(t: Lang, set: Set, all: &[Measured]) -> String {
    let mut page = format!(
        "<!doctype html><html lang=\"{}\"><meta charset=\"utf-8\"><title>{title}</title>\
         <style>{STYLE}</style><h1>{title}</h1><p class=\"caution\">{}</p>",
        t.code(),
        t.eval_caution(),
        title = t.eval_title(),
    );
    for measured in all {
        level(&mut page, t, set, measured);
    }
    page.push_str("</html>\n");
    page
}

fn level(page: &mut String, t: Lang, set: Set, measured: &Measured) {
    let heading = measured.heading(t, set);
    // Writing to a String cannot fail.
    let _ = write!(page, "<h2>{heading}</h2><table>");
    for (name, rate, target, verdict) in measured.lines(t) {
        let class = if verdict == Verdict::Missed { " class=\"missed\"" } else { "" };
        let _ = write!(
            page,
            "<tr><th scope=\"row\">{name} ({})</th><td>{}</td><td{class}>{}</td></tr>",
            percent(target),
            shown(rate),
            word(t, verdict),
        );
    }
    page.push_str("</table><table>");
    for (name, exact, wrong) in &measured.score.fields {
        let _ = write!(
            page,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}: {}</td></tr>",
            field(t, *name),
            plot(*exact),
            shown(*exact),
            t.eval_wrong(),
            shown(*wrong),
        );
    }
    let _ = write!(page, "</table><p>{}</p>", t.eval_time(format!("{:.0}", measured.millis())));
}

/// The rate as a dot with its interval as a line, from 90 to 100 %.
fn plot(rate: Rate) -> String {
    let (Some(share), Some([low, high])) = (rate.share(), rate.interval()) else {
        return String::new();
    };
    let x = |share: f64| ((share - FROM) / (1.0 - FROM)).clamp(0.0, 1.0) * PLOT + 4.0;
    format!(
        "<svg width=\"{}\" height=\"18\" role=\"img\" aria-label=\"{}\">\
         <line x1=\"4\" x2=\"{}\" y1=\"9\" y2=\"9\" stroke=\"#d5dce0\"/>\
         <line x1=\"{:.1}\" x2=\"{:.1}\" y1=\"9\" y2=\"9\" stroke=\"#14212b\" stroke-width=\"3\"/>\
         <circle cx=\"{:.1}\" cy=\"9\" r=\"4\" fill=\"#14212b\"/></svg>",
        PLOT + 8.0,
        shown(rate),
        PLOT + 4.0,
        x(low),
        x(high),
        x(share),
    )
}
