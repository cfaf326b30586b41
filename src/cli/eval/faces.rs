//! `baohao eval faces`: how well faces are told apart, on pairs of photos of the operator's own.

use crate::cli::{Failure, out, place::Place};
use clap::Args;
use domain::portrait::Limits;
use indicatif::ProgressBar;
use reader::eval::faces::{Estimate, Group, Pairs, Point, Report, report, vector_of_file};
use reader::{FaceReader, FaceVector, ModelFolder, Runtime, face_reader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use words::Lang;

/// A list longer than this is refused: it is read whole.
const LIST_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Compare the photos of a list of pairs, and say what the number of pairs can carry.
#[derive(Debug, Args)]
pub(super) struct FacePairs {
    #[command(flatten)]
    place: Place,
    /// The list: a file of comma-separated lines with the columns `a`, `b` (pictures) and `same` (1
    /// or 0).
    #[arg(long, value_name = "FILE")]
    pairs: PathBuf,
    /// The folder below which the pictures lie.
    #[arg(long, value_name = "DIR")]
    images: PathBuf,
    /// A column of the list by which the figures are told apart, too.
    #[arg(long, value_name = "COLUMN")]
    group: Option<String>,
    /// Write the report as a page, too.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl FacePairs {
    pub(super) fn run(self, is_json: bool) -> Result<ExitCode, Failure> {
        let t = out::language();
        let store = self.place.config()?.store;
        let models = ModelFolder::new(store.models);
        let runtime = Runtime::open(store.onnxruntime.as_deref())?;
        let reader = face_reader(&models, &runtime).map_err(|error| {
            format!(
                "{error} in {}; {}",
                models.path(&error.id).display(),
                t.models_bring(reader::models::COMMAND)
            )
        })?;
        let at =
            |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let size = std::fs::metadata(&self.pairs).map_err(|error| at(&self.pairs, &error))?.len();
        if size > LIST_BYTES_MAX {
            return Err(at(&self.pairs, &"the list is too long").into());
        }
        let text = std::fs::read_to_string(&self.pairs).map_err(|error| at(&self.pairs, &error))?;
        let pairs =
            Pairs::read(&text, self.group.as_deref()).map_err(|error| at(&self.pairs, &error))?;
        let limits = Limits::DEFAULT;
        let vectors = vectors(&reader, &pairs, &self.images, &limits)?;
        let found: Vec<bool> = vectors.iter().map(Option::is_some).collect();
        let cosine = |a: usize, b: usize| {
            let (one, other) = (vectors.get(a)?.as_ref()?, vectors.get(b)?.as_ref()?);
            one.cosine(other)
        };
        let cosines: Vec<Option<f32>> =
            pairs.pairs.iter().map(|pair| cosine(pair.a, pair.b)).collect();
        let bands = [limits.review_percent_min, limits.consistent_percent_min];
        let bands = bands.map(|percent| percent as f64 / 100.0);
        let report = report(&pairs, &cosines, &found, &bands);
        if is_json {
            out::line(json(&report, pairs.contradictions()));
        } else {
            for line in lines(t, &report, pairs.contradictions()) {
                out::line(line);
            }
        }
        if let Some(path) = &self.html {
            let page = super::faces_page::write(t, &report, pairs.contradictions());
            std::fs::write(path, page).map_err(|error| at(path, &error))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// One for each picture; none where no face was found. A file that is no picture is an error: it
/// must not count as a face that was not found.
fn vectors(
    reader: &FaceReader,
    pairs: &Pairs,
    folder: &Path,
    limits: &Limits,
) -> Result<Vec<Option<FaceVector>>, Failure> {
    let bar = ProgressBar::new(pairs.pictures.len() as u64);
    let mut vectors = Vec::new();
    for name in &pairs.pictures {
        let path = folder.join(name);
        let file = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let sureness = limits.sureness_percent_min as f32 / 100.0;
        let vector = vector_of_file(reader, &file, sureness);
        vectors.push(vector.map_err(|error| format!("{}: {error}", path.display()))?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(vectors)
}

/// The report in words, the caution first.
pub(super) fn lines(t: Lang, report: &Report, contradictions: usize) -> Vec<String> {
    let mut lines = vec![t.eval_faces_title().to_owned(), t.eval_faces_caution().to_owned()];
    let ([pictures, lost], [same, other]) = (report.pictures, report.pairs);
    lines.push(t.eval_faces_pictures(pictures, lost, report.people));
    lines.push(t.eval_faces_pairs(same, report.lost[0], other, report.lost[1]));
    if contradictions > 0 {
        lines.push(t.eval_faces_contradictions(contradictions));
    }
    for (far, point) in &report.points {
        lines.push(match point {
            Point::Told { threshold, tar, tar_all } => {
                let [low, high] = tar.interval;
                let frr = Estimate { value: 1.0 - tar.value, interval: [1.0 - high, 1.0 - low] };
                let [low, high] = threshold.interval;
                let threshold = format!("{:.3} [{low:.3}, {high:.3}]", threshold.value);
                t.eval_faces_point(
                    percent(*far),
                    threshold,
                    shown(tar),
                    shown(&frr),
                    percent(*tar_all),
                )
            }
            Point::TooFew { needed } => t.eval_faces_too_few(percent(*far), other, needed),
        });
    }
    for (limit, [missed, accepted]) in &report.at_limits {
        let limit = format!("{limit:.2}");
        lines.push(t.eval_faces_limit(limit, same, missed, other, accepted));
    }
    for group in &report.groups {
        let [same, other] = group.pairs;
        lines.push(t.eval_faces_group(&group.name, same, other));
        let told = report.points.iter().filter(|(_, point)| matches!(point, Point::Told { .. }));
        for ((far, _), [tar, accepted]) in told.zip(&group.accepted) {
            let (tar, accepted) = (format!("{tar}/{same}"), format!("{accepted}/{other}"));
            lines.push(format!("  {}", t.eval_faces_group_point(percent(*far), tar, accepted)));
        }
    }
    lines.push(t.eval_faces_interval().to_owned());
    lines
}

fn shown(estimate: &Estimate) -> String {
    let [low, high] = estimate.interval;
    format!("{} [{}, {}]", percent(estimate.value), percent(low), percent(high))
}

fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

fn json(report: &Report, contradictions: usize) -> serde_json::Value {
    let estimate = |estimate: &Estimate| {
        let Estimate { value, interval } = estimate;
        serde_json::json!({ "value": value, "interval": interval })
    };
    let point = |(far, point): &(f64, Point)| match point {
        Point::Told { threshold, tar, tar_all } => serde_json::json!({
            "far": far,
            "told": true,
            "threshold": estimate(threshold),
            "tar": estimate(tar),
            "frr": 1.0 - tar.value,
            "tar_with_lost": tar_all,
        }),
        Point::TooFew { needed } => {
            serde_json::json!({ "far": far, "told": false, "pairs_needed": needed })
        }
    };
    let limit = |(limit, counts): &(f64, [usize; 2])| {
        let [rejected, accepted] = counts;
        serde_json::json!({ "limit": limit, "rejected": rejected, "accepted": accepted })
    };
    let group = |group: &Group| {
        let Group { name, pairs, accepted } = group;
        serde_json::json!({ "name": name, "pairs": pairs, "accepted": accepted })
    };
    serde_json::json!({
        "pictures": report.pictures[0],
        "pictures_without_face": report.pictures[1],
        "people": report.people,
        "genuine_pairs": report.pairs[0],
        "impostor_pairs": report.pairs[1],
        "failure_to_acquire": report.lost,
        "contradictions": contradictions,
        "points": report.points.iter().map(point).collect::<Vec<_>>(),
        "limits": report.at_limits.iter().map(limit).collect::<Vec<_>>(),
        "groups": report.groups.iter().map(group).collect::<Vec<_>>(),
        "histogram": report.histogram,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Report {
        let pairs = Pairs::read("a,b,same,sex\n1,2,1,f\n1,3,0,f\n", Some("sex")).expect("a list");
        report(&pairs, &[Some(0.8), Some(0.2)], &[true; 3], &[0.3])
    }

    #[test]
    fn too_few_pairs_are_told_as_too_few_and_no_rate_is_made_up() {
        let text = lines(Lang::En, &small(), 0).join("\n");
        assert!(text.contains("1 pairs of different people are too few; 300 are needed"), "{text}");
        assert!(!text.contains("TAR"), "{text}");
        assert!(
            text.contains("0 of 1 pairs of one person below it, 0 of 1 pairs of two"),
            "{text}"
        );
        let told = json(&small(), 0);
        assert_eq!(told["points"][0]["told"], false);
        assert_eq!(told["points"][2]["pairs_needed"], 30_000);
    }

    #[test]
    fn the_page_says_first_what_it_is_of_and_escapes_the_groups() {
        let mut report = small();
        report.groups[0].name = "<script>".to_owned();
        let page = super::super::faces_page::write(Lang::En, &report, 1);
        let caution = page.find("Measured on the pairs of this list").expect("the caution");
        assert!(caution < page.find("<svg").expect("a plot"));
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script"), "{page}");
        assert!(page.contains("other pairs say they are of one"));
    }
}
