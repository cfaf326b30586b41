//! The texts a subscriber may send to the service number, read forgivingly.
//!
//! Two letters or the word written out, in Chinese or English; any case, full-width letters,
//! spaces, a leading `#` or `＃`, a full stop at the end. A number or a code may follow, as in
//! `GS 8000`.

use serde::{Deserialize, Serialize};

/// The longest text looked at; the longest thing understood is far shorter.
pub const COMMAND_CHARS_MAX: usize = 64;

/// What the subscriber asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// `CX`: where the application stands.
    Progress,
    /// `BH`: the date until which the number is kept.
    Keep,
    /// `YE`: the balance.
    Balance,
    /// `TC`: the plans.
    Plans,
    /// `GS`: the phone is lost; block it.
    ReportLoss,
    /// `JG`: the phone was found; unblock it.
    LiftLoss,
    /// `RG`: a person shall call back.
    CallBack,
    /// `ZH`: write to me in Chinese.
    Chinese,
    /// `EN`: write to me in English.
    English,
    /// `?` or `0`: what can I send?
    Help,
    /// `Y`: yes to what was asked last.
    Yes,
    /// `N`: no, that was not me.
    No,
    /// Digits alone: a code that was asked for.
    Code,
}

impl Command {
    /// Every command.
    pub const ALL: [Self; 13] = [
        Self::Progress,
        Self::Keep,
        Self::Balance,
        Self::Plans,
        Self::ReportLoss,
        Self::LiftLoss,
        Self::CallBack,
        Self::Chinese,
        Self::English,
        Self::Help,
        Self::Yes,
        Self::No,
        Self::Code,
    ];
}

/// A text understood: the command and the digits that followed, if any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// What is asked.
    pub command: Command,
    /// Digits after it: a number, its last four digits, or a code.
    pub digits: Option<String>,
}

/// Every form understood, in capitals and without spaces.
const FORMS: &[(&str, Command)] = &[
    ("CX", Command::Progress),
    ("STATUS", Command::Progress),
    ("查进度", Command::Progress),
    ("查進度", Command::Progress),
    ("进度", Command::Progress),
    ("查询", Command::Progress),
    ("查询进度", Command::Progress),
    ("BH", Command::Keep),
    ("KEEP", Command::Keep),
    ("保号", Command::Keep),
    ("保號", Command::Keep),
    ("查保号", Command::Keep),
    ("保号期限", Command::Keep),
    ("查期限", Command::Keep),
    ("YE", Command::Balance),
    ("BAL", Command::Balance),
    ("BALANCE", Command::Balance),
    ("余额", Command::Balance),
    ("餘額", Command::Balance),
    ("查余额", Command::Balance),
    ("TC", Command::Plans),
    ("PLAN", Command::Plans),
    ("PLANS", Command::Plans),
    ("套餐", Command::Plans),
    ("查套餐", Command::Plans),
    ("GS", Command::ReportLoss),
    ("LOST", Command::ReportLoss),
    ("LOSS", Command::ReportLoss),
    ("挂失", Command::ReportLoss),
    ("掛失", Command::ReportLoss),
    ("JG", Command::LiftLoss),
    ("UNLOST", Command::LiftLoss),
    ("FOUND", Command::LiftLoss),
    ("解挂", Command::LiftLoss),
    ("解掛", Command::LiftLoss),
    ("解除挂失", Command::LiftLoss),
    ("RG", Command::CallBack),
    ("AGENT", Command::CallBack),
    ("人工", Command::CallBack),
    ("人工服务", Command::CallBack),
    ("转人工", Command::CallBack),
    ("ZH", Command::Chinese),
    ("CHINESE", Command::Chinese),
    ("中文", Command::Chinese),
    ("EN", Command::English),
    ("ENGLISH", Command::English),
    ("英文", Command::English),
    ("英语", Command::English),
    ("?", Command::Help),
    ("0", Command::Help),
    ("HELP", Command::Help),
    ("帮助", Command::Help),
    ("幫助", Command::Help),
    ("菜单", Command::Help),
    ("Y", Command::Yes),
    ("YES", Command::Yes),
    ("是", Command::Yes),
    ("续", Command::Yes),
    ("N", Command::No),
    ("NO", Command::No),
    ("否", Command::No),
    ("不是", Command::No),
    ("不是我", Command::No),
];

/// Reads a text; `None` if it is nothing known.
///
/// ```
/// use domain::command::{parse, Command};
/// assert_eq!(parse(" ｂｈ ").map(|p| p.command), Some(Command::Keep));
/// assert_eq!(parse("GS 8000").and_then(|p| p.digits).as_deref(), Some("8000"));
/// assert_eq!(parse("see you at 8"), None);
/// ```
pub fn parse(text: &str) -> Option<Parsed> {
    let plain = plain(text)?;
    if let Some((_, command)) = FORMS.iter().find(|(form, _)| *form == plain) {
        return Some(Parsed { command: *command, digits: None });
    }
    if is_digits(&plain, 4..=8) {
        return Some(Parsed { command: Command::Code, digits: Some(plain) });
    }
    // The longest form that digits follow; `0` and `?` take none.
    let followed = FORMS.iter().filter_map(|(form, command)| {
        let digits = plain.strip_prefix(form)?;
        (is_digits(digits, 4..=15) && *command != Command::Help).then_some((form, command, digits))
    });
    let (_, command, digits) = followed.max_by_key(|(form, ..)| form.len())?;
    Some(Parsed { command: *command, digits: Some(digits.to_owned()) })
}

/// Capitals, half-width, without spaces, invisible characters and marks around; `None` if nothing
/// is left or it is longer than any command.
fn plain(text: &str) -> Option<String> {
    let mut plain = String::new();
    for c in text.chars() {
        let c = match c {
            '\u{ff01}'..='\u{ff5e}' => {
                char::from_u32(u32::from(c) - 0xfee0).expect("half-width ASCII")
            }
            '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => continue,
            c if c.is_whitespace() || c.is_control() || c == '-' => continue,
            c => c,
        };
        plain.extend(c.to_uppercase());
        if plain.len() > COMMAND_CHARS_MAX {
            return None;
        }
    }
    let trimmed = plain
        .trim_start_matches(['#', '*', '+', '"', '“', '‘', '\''])
        .trim_end_matches(['.', '。', '!', '#', ',', '，', '"', '”', '’', '\'']);
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

fn is_digits(text: &str, len: std::ops::RangeInclusive<usize>) -> bool {
    len.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn command(text: &str) -> Option<Command> {
        parse(text).map(|parsed| parsed.command)
    }

    #[test]
    fn every_documented_form() {
        let documented = [
            ("CX", "STATUS", "查进度", Command::Progress),
            ("BH", "KEEP", "保号", Command::Keep),
            ("YE", "BAL", "余额", Command::Balance),
            ("TC", "PLAN", "套餐", Command::Plans),
            ("GS", "LOST", "挂失", Command::ReportLoss),
            ("JG", "UNLOST", "解挂", Command::LiftLoss),
            ("RG", "AGENT", "人工", Command::CallBack),
            ("ZH", "zh", "中文", Command::Chinese),
            ("EN", "en", "英文", Command::English),
            ("?", "0", "帮助", Command::Help),
        ];
        for (short, word, written, expected) in documented {
            for text in [short, word, written] {
                let lower = text.to_lowercase();
                let wide: String = text
                    .chars()
                    .map(|c| match c {
                        '!'..='~' => char::from_u32(u32::from(c) + 0xfee0).expect("full-width"),
                        c => c,
                    })
                    .collect();
                let spaced: String = text.chars().flat_map(|c| [' ', c]).collect();
                let hashed = format!("＃{text}");
                let ended = format!("{text}。\r\n");
                for form in [text, &lower, &wide, &spaced, &hashed, &ended] {
                    assert_eq!(command(form), Some(expected), "{form:?}");
                }
            }
        }
    }

    #[test]
    fn replies_codes_and_digits_that_follow() {
        assert_eq!(command("y"), Some(Command::Yes));
        assert_eq!(command("Ｎ"), Some(Command::No));
        let code = Parsed { command: Command::Code, digits: Some("482913".into()) };
        assert_eq!(parse("482 913"), Some(code.clone()));
        assert_eq!(parse("４８２９１３"), Some(code));
        let lost = |d: &str| Some(Parsed { command: Command::ReportLoss, digits: Some(d.into()) });
        assert_eq!(parse("gs 8000"), lost("8000"));
        assert_eq!(parse("挂失 138-0013-8000"), lost("13800138000"));
        assert_eq!(parse("lost+8613800138000"), None);
        assert_eq!(parse("LOST 8613800138000"), lost("8613800138000"));
    }

    #[test]
    fn ordinary_texts_are_nothing_known() {
        for text in ["", "  ", "hello", "CXXZ", "GS12", "00", "退订", "#", "1", "KEEP IT UP"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC*") {
            let _ = parse(&text);
        }

        #[test]
        fn noise_around_changes_nothing(
            form in 0..FORMS.len(),
            before in "[ \u{3000}\t#＃\u{200b}]{0,4}",
            after in "[ 。.!\r\n]{0,4}",
        ) {
            let (text, expected) = FORMS[form];
            prop_assert_eq!(command(&format!("{before}{text}{after}")), Some(expected));
        }
    }
}
