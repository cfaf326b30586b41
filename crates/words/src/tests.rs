use super::*;

#[test]
fn messages_are_sorted_so_that_they_are_found() {
    assert!(MESSAGES.is_sorted_by_key(|m| m.id));
    for message in MESSAGES {
        assert!(Lang::has(message.id));
    }
    assert!(!Lang::has("no-such-message"));
}

#[test]
fn values_and_plurals() {
    assert_eq!(Lang::En.common_days(1), "1 day");
    assert_eq!(Lang::En.common_days(12), "12 days");
    assert_eq!(Lang::Zh.common_days(12), "12天");
    assert_eq!(Lang::En.by_id("common-days", &[("n", "1")]).as_deref(), Some("1 day"));
    assert_eq!(Lang::En.by_id("common-days", &[]), None, "a missing value is not hidden");
    assert_eq!(Lang::Zh.by_id("common-continue", &[]).as_deref(), Some("继续"));
}

#[test]
fn dates() {
    assert_eq!(Lang::Zh.day_month_time((3, 14), (18, 0)), "3月14日 18:00");
    assert_eq!(Lang::En.day_month_time((3, 14), (18, 0)), "14 Mar 18:00");
    assert_eq!(Lang::En.date(2027, 1, 2), "2 Jan 2027");
    assert_eq!(Lang::Zh.weekday(7), "星期日");
}

#[test]
fn languages_are_chosen_by_weight() {
    assert_eq!(Lang::from_accept("en-GB,en;q=0.9,zh-CN;q=0.8"), Some(Lang::En));
    assert_eq!(Lang::from_accept("zh-Hans-CN"), Some(Lang::Zh));
    assert_eq!(Lang::from_accept("en;q=0, zh;q=0.1"), Some(Lang::Zh));
    assert_eq!(Lang::from_accept("*, de"), None);
    assert_eq!(Lang::from_accept(""), None);
}

/// A text left in the other language is the fault people notice first.
#[test]
fn no_chinese_character_strays_into_english() {
    fn check(id: &str, pieces: &[Piece]) {
        for piece in pieces {
            match piece {
                Piece::Text(text) => {
                    let stray = text.chars().find(|c| ('\u{2e80}'..='\u{9fff}').contains(c));
                    assert!(stray.is_none(), "{id} has {stray:?} in English");
                }
                Piece::Value(_) => {}
                Piece::Choose { when, otherwise, .. } => {
                    when.iter().for_each(|(_, p)| check(id, p));
                    check(id, otherwise);
                }
            }
        }
    }
    for message in MESSAGES.iter().filter(|m| !m.id.ends_with("-native")) {
        check(message.id, message.en);
    }
}
