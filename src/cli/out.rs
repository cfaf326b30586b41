//! Writing to the terminal. A closed pipe ends the output quietly.

use std::error::Error;
use std::io::Write;
use words::Lang;

/// Prints one line to standard output.
pub(crate) fn line(text: impl std::fmt::Display) {
    // A reader that has gone away (`| head`) is no failure of ours.
    drop(writeln!(std::io::stdout().lock(), "{text}"));
}

/// Prints a remark to standard error, so that the output stays usable.
pub(crate) fn note(text: impl std::fmt::Display) {
    drop(writeln!(std::io::stderr().lock(), "{text}"));
}

/// Prints why a command failed, with its causes, to standard error.
pub(crate) fn complain(error: &(dyn Error + Send + Sync + 'static)) {
    drop(writeln!(std::io::stderr().lock(), "baohao: {}", causes(error)));
}

/// An error with its causes, in one line.
pub(crate) fn causes(error: &(dyn Error + Send + Sync + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// The language of the environment: Chinese if `LC_ALL`, `LC_MESSAGES` or `LANG` says so, else
/// English.
pub(crate) fn language() -> Lang {
    let value = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(value);
    set.and_then(|value| Lang::from_code(&value)).unwrap_or(Lang::En)
}

/// What a use case answered about `thing`, in the words of the environment's language.
pub(crate) fn told(error: &service::Error, thing: impl std::fmt::Display) -> super::Failure {
    let text = match error {
        service::Error::Refused(refused) => {
            let words = language().refusal(refused.code, &refused.values);
            words.unwrap_or_else(|| refused.code.to_owned())
        }
        other => other.with_causes(),
    };
    format!("{thing}: {text}").into()
}
