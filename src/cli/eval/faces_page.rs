//! The report on faces as one page: the words of the command line, and how the pairs are spread.

use reader::eval::faces::{Point, Report};
use std::fmt::Write as _;
use words::Lang;

/// Width and height of the plot in pixels.
const PLOT: [f64; 2] = [640.0, 200.0];

/// Writes the page.
pub(super) fn write(t: Lang, report: &Report, contradictions: usize) -> String {
    let mut lines = super::faces::lines(t, report, contradictions).into_iter();
    let title = escaped(&lines.next().unwrap_or_default());
    let caution = escaped(&lines.next().unwrap_or_default());
    let mut page = format!(
        "<!doctype html><html lang=\"{}\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <style>{}svg{{max-width:100%;height:auto}}</style><h1>{title}</h1>\
         <p class=\"caution\">{caution}</p>",
        t.code(),
        super::page::STYLE,
    );
    // Writing to a String cannot fail.
    let _ = write!(
        page,
        "<figure>{}<figcaption>{}</figcaption></figure><ul>",
        plot(report),
        t.eval_faces_plot()
    );
    for line in lines {
        let _ = write!(page, "<li>{}</li>", escaped(&line));
    }
    page.push_str("</ul></html>\n");
    page
}

/// Both histograms over the cosine, with the thresholds that are told as lines.
fn plot(report: &Report) -> String {
    let [width, height] = PLOT;
    let x = |cosine: f64| f64::midpoint(cosine, 1.0) * width;
    let mut svg =
        format!("<svg viewBox=\"0 0 {width} {}\" width=\"{width}\" role=\"img\">", height + 24.0);
    for (bins, ink) in report.histogram.iter().zip(["#08434e", "#c26a00"]) {
        let all = bins.iter().sum::<usize>().max(1) as f64;
        let most = bins.iter().copied().max().unwrap_or(1).max(1) as f64 / all;
        for (index, count) in bins.iter().enumerate() {
            let high = *count as f64 / all / most * height;
            let left = index as f64 * width / bins.len() as f64;
            let wide = width / bins.len() as f64 - 1.0;
            let _ = write!(
                svg,
                "<rect x=\"{left:.1}\" y=\"{:.1}\" width=\"{wide:.1}\" height=\"{high:.1}\" \
                 fill=\"{ink}\" opacity=\".6\"/>",
                height - high
            );
        }
    }
    for (far, point) in &report.points {
        if let Point::Told { threshold, .. } = point {
            let at = x(threshold.value.clamp(-1.0, 1.0));
            let _ = write!(
                svg,
                "<path d=\"M{at:.1} 0V{height}\" stroke=\"#7a1712\"/>\
                 <text x=\"{at:.1}\" y=\"12\" font-size=\"12\">{far}</text>"
            );
        }
    }
    for tick in [-1.0, -0.5, 0.0, 0.5, 1.0] {
        let (at, y) = (x(tick).clamp(8.0, width - 12.0), height + 18.0);
        let _ = write!(
            svg,
            "<text x=\"{at}\" y=\"{y}\" font-size=\"12\" text-anchor=\"middle\">{tick}</text>"
        );
    }
    svg.push_str("</svg>");
    svg
}

/// Names of groups come from a file.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
