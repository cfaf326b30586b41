//! Signing in as staff: when a login locks, how long a session lives.

use crate::refusal::Refusal;
use crate::time::At;
use std::borrow::Cow;

/// Failures in a row after which a login locks.
pub const FAILURES_MAX: i64 = 5;
/// How long the first lock lasts; each further one twice as long, up to [`LOCK_MINUTES_MAX`].
pub const LOCK_MINUTES: i64 = 15;
/// The longest lock.
pub const LOCK_MINUTES_MAX: i64 = 24 * 60;
/// Failures are forgotten after so long without another.
pub const FAILURES_FORGOTTEN_HOURS: i64 = 24;
/// A session ends after so long without use.
pub const IDLE_MINUTES: i64 = 30;
/// A session ends after so long, however much it is used.
pub const SESSION_HOURS: i64 = 12;
/// Characters of a password someone chooses.
pub const PASSWORD_LEN_MIN: usize = 12;

/// Failed sign-ins under one login so far. Logins that do not exist are counted as well, so that
/// locking tells nobody which exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failures {
    /// How many in a row.
    pub count: i64,
    /// The last one.
    pub last_at: At,
    /// No sign-in before this instant.
    pub locked_until: Option<At>,
}

impl Failures {
    /// None yet.
    pub const NONE: Self = Self { count: 0, last_at: At::from_millis(0), locked_until: None };

    /// Refuses while the login is locked.
    pub fn check(&self, at: At) -> Result<(), StaffRefusal> {
        match self.locked_until {
            Some(until) if at < until => {
                // Rounded up: "in 0 minutes" would be a lie.
                let minutes_left = (until.millis() - at.millis() + 59_999) / 60_000;
                Err(StaffRefusal::Locked { minutes_left })
            }
            _ => Ok(()),
        }
    }

    /// After one more failure at `at`.
    #[must_use]
    pub fn plus_one(&self, at: At) -> Self {
        let forgotten_at = self.last_at.plus_minutes(FAILURES_FORGOTTEN_HOURS * 60);
        let count = if at >= forgotten_at { 1 } else { self.count + 1 };
        let locked_until = (count % FAILURES_MAX == 0).then(|| {
            let doublings = u32::try_from(count / FAILURES_MAX - 1).unwrap_or(u32::MAX).min(20);
            at.plus_minutes((LOCK_MINUTES << doublings).min(LOCK_MINUTES_MAX))
        });
        Self { count, last_at: at, locked_until }
    }
}

/// When a session ends unless it is used again.
pub fn session_ends_at(signed_in_at: At, seen_at: At) -> At {
    seen_at.plus_minutes(IDLE_MINUTES).min(signed_in_at.plus_minutes(SESSION_HOURS * 60))
}

/// Whether a login has the right form: 2 to 40 of `a-z`, `0-9`, `.`, `-`, `_`, beginning with a
/// letter.
pub fn is_login(login: &str) -> bool {
    let letter = |c: u8| c.is_ascii_lowercase();
    (2..=40).contains(&login.len())
        && login.bytes().next().is_some_and(letter)
        && login.bytes().all(|c| letter(c) || c.is_ascii_digit() || b".-_".contains(&c))
}

/// Why something about staff is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaffRefusal {
    /// Login, password or code is wrong; never which.
    WrongSignIn,
    /// Too many failures.
    Locked {
        /// Minutes until the next try, at least 1.
        minutes_left: i64,
    },
    /// The login has not the right form.
    LoginMalformed,
    /// Someone has this login already.
    LoginTaken,
    /// A chosen password is too short.
    PasswordTooShort,
    /// An account without a role could do nothing.
    NoRole,
    /// The name is empty or too long.
    NameMalformed,
}

impl StaffRefusal {
    /// One of each.
    pub const ALL: [Self; 7] = [
        Self::WrongSignIn,
        Self::Locked { minutes_left: 1 },
        Self::LoginMalformed,
        Self::LoginTaken,
        Self::PasswordTooShort,
        Self::NoRole,
        Self::NameMalformed,
    ];
}

impl Refusal for StaffRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::WrongSignIn => "staff.wrong_sign_in",
            Self::Locked { .. } => "staff.locked",
            Self::LoginMalformed => "staff.login_malformed",
            Self::LoginTaken => "staff.login_taken",
            Self::PasswordTooShort => "staff.password_too_short",
            Self::NoRole => "staff.no_role",
            Self::NameMalformed => "staff.name_malformed",
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::WrongSignIn | Self::Locked { .. } => None,
            Self::LoginMalformed | Self::LoginTaken => Some("login"),
            Self::PasswordTooShort => Some("password"),
            Self::NoRole => Some("role"),
            Self::NameMalformed => Some("name"),
        }
    }

    fn values(&self) -> Vec<(&'static str, Cow<'static, str>)> {
        match self {
            Self::Locked { minutes_left } => {
                vec![("minutes", Cow::Owned(minutes_left.to_string()))]
            }
            Self::PasswordTooShort => {
                vec![("length", Cow::Owned(PASSWORD_LEN_MIN.to_string()))]
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: At = At::from_millis(1_700_000_000_000);

    fn failed(times: i64) -> Failures {
        (0..times).fold(Failures::NONE, |failures, _| failures.plus_one(AT))
    }

    #[test]
    fn every_fifth_failure_locks_for_twice_as_long() {
        assert_eq!(failed(4).check(AT), Ok(()));
        for (times, minutes_left) in [(5, 15), (10, 30), (15, 60), (100, 1440), (500, 1440)] {
            let refused = StaffRefusal::Locked { minutes_left };
            assert_eq!(failed(times).check(AT), Err(refused), "{times}");
        }
        let locked = failed(5);
        let last_second = AT.plus_minutes(15).plus_millis(-1);
        assert_eq!(locked.check(last_second), Err(StaffRefusal::Locked { minutes_left: 1 }));
        assert_eq!(locked.check(AT.plus_minutes(15)), Ok(()));
    }

    #[test]
    fn failures_are_forgotten_after_a_day() {
        let later = AT.plus_minutes(FAILURES_FORGOTTEN_HOURS * 60);
        assert_eq!(failed(4).plus_one(later).count, 1);
        assert_eq!(failed(4).plus_one(later.plus_millis(-1)).count, 5);
    }

    #[test]
    fn a_session_ends_idle_or_old() {
        assert_eq!(session_ends_at(AT, AT), AT.plus_minutes(30));
        let late = AT.plus_minutes(11 * 60 + 50);
        assert_eq!(session_ends_at(AT, late), AT.plus_minutes(12 * 60));
    }

    #[test]
    fn logins_have_a_form() {
        for good in ["li", "li.gong", "reviewer-2", "a1_b"] {
            assert!(is_login(good), "{good}");
        }
        for bad in ["", "a", "1a", "Li", "李工", "a b", "a@b", "-ab", &"a".repeat(41)] {
            assert!(!is_login(bad), "{bad}");
        }
    }
}
