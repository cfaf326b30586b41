//! The texts that this process handed over last: a receipt for one of them, as most are, is written
//! down without looking anything up. What is remembered may be out of date; the version decides.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use store::notice::{Attempt, Message, Notice};

/// Texts remembered: some seconds of a busy centre, a few megabytes.
const TEXTS_MAX: usize = 20_000;

/// What was handed over under one message id.
#[derive(Clone, Debug)]
pub(super) struct HandedOver {
    pub(super) message: Message,
    pub(super) notice: Notice,
    /// As it was stored then; without address and body.
    pub(super) attempt: Attempt,
}

/// The last texts of this process.
#[derive(Debug, Default)]
pub struct Recent(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    texts: HashMap<String, HandedOver>,
    order: VecDeque<String>,
}

impl Recent {
    pub(super) fn remember(&self, message_id: &str, text: HandedOver) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Inner { texts, order } = &mut *inner;
        if texts.insert(message_id.to_owned(), text).is_none() {
            order.push_back(message_id.to_owned());
        }
        while order.len() > TEXTS_MAX {
            let oldest = order.pop_front();
            oldest.map(|oldest| texts.remove(&oldest));
        }
    }

    /// What was handed over under this id, which is thereby forgotten.
    pub(super) fn take(&self, message_id: &str) -> Option<HandedOver> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.texts.remove(message_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::{NoticeId, OperatorId};
    use domain::notice::Channel;
    use domain::time::At;
    use store::notice::State;

    fn text(n: u128) -> HandedOver {
        let at = At::from_millis(0);
        let notice_id = NoticeId::from_u128(n);
        HandedOver {
            message: Message { bucket: 0, notice_id, channel: Channel::Number, to_index: None },
            notice: Notice {
                bucket: 0,
                id: notice_id,
                operator_id: OperatorId(1),
                template: String::new(),
                lang: String::new(),
                msisdn: None,
                application_id: None,
                party_id: None,
                data_key_id: None,
                is_warning: false,
                created_at: at,
            },
            attempt: Attempt {
                channel: Channel::Number,
                address: Vec::new(),
                body: Vec::new(),
                state: State::Submitted,
                not_before: at,
                valid_minutes: 1,
                message_id: None,
                submitted_at: Some(at),
                settled_at: None,
                error: None,
                version: 1,
            },
        }
    }

    #[test]
    fn the_oldest_are_forgotten_and_what_was_taken_is_gone() {
        let recent = Recent::default();
        let count = TEXTS_MAX as u128 + 10;
        for n in 0..count {
            recent.remember(&n.to_string(), text(n));
        }
        assert!(recent.take("9").is_none() && recent.take("10").is_some());
        assert!(recent.take("10").is_none());
        // The newest message has an id that was given twice.
        recent.remember("11", text(500));
        assert_eq!(recent.take("11").unwrap().notice.id, NoticeId::from_u128(500));
    }
}
