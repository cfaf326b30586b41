//! Writes load: `load numbers FILE COUNT`, `load sims FILE COUNT`,
//! `load usage FILE EVENTS NUMBERS`.

use bench::installation::now;
use bench::{load, say};
use std::path::Path;
use std::process::ExitCode;

const HOW: &str = "load numbers FILE COUNT\nload sims FILE COUNT\nload usage FILE EVENTS NUMBERS";

fn main() -> ExitCode {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let count = |at: usize| given.get(at).and_then(|text| text.replace('_', "").parse().ok());
    let (Some(what), Some(file), Some(first)) = (given.first(), given.get(1), count(2)) else {
        say(HOW);
        return ExitCode::from(2);
    };
    let file = Path::new(file);
    let done = match (what.as_str(), count(3)) {
        ("numbers", None) => load::write_numbers(file, first),
        ("sims", None) => load::write_sims(file, first),
        ("usage", Some(numbers)) => {
            let until = now().millis().unsigned_abs() / 1000;
            load::write_usage(file, first, numbers, until, 1)
        }
        _ => {
            say(HOW);
            return ExitCode::from(2);
        }
    };
    if let Err(error) = done {
        say(&format!("cannot write {}: {error}", file.display()));
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
