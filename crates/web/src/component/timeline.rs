//! What happened and what will: the past solid, the future dotted.

use super::{Tone, components};
use askama::Template;
use std::fmt::Display;

/// One moment of a [`Timeline`].
#[derive(Clone, Debug)]
pub struct Moment {
    when: String,
    machine: String,
    what: String,
    detail: Option<String>,
    is_future: bool,
}

impl Moment {
    /// `what` happened at `when`; `machine` is the same for the `datetime` attribute.
    pub fn past(when: impl Display, machine: impl Display, what: impl Display) -> Self {
        Self {
            when: when.to_string(),
            machine: machine.to_string(),
            what: what.to_string(),
            detail: None,
            is_future: false,
        }
    }

    /// `what` will happen, at the latest at `when`.
    pub fn future(when: impl Display, machine: impl Display, what: impl Display) -> Self {
        Self { is_future: true, ..Self::past(when, machine, what) }
    }

    /// A second line.
    pub fn detail(mut self, detail: impl Display) -> Self {
        self.detail = Some(detail.to_string());
        self
    }
}

/// Moments in order of time, the future last.
#[derive(Clone, Debug, Template)]
#[template(path = "component/timeline.html")]
pub struct Timeline {
    label: String,
    future: &'static str,
    moments: Vec<Moment>,
}

impl Timeline {
    /// The moments under the accessible name `label`.
    pub fn new(t: words::Lang, label: impl Display, moments: Vec<Moment>) -> Self {
        Self { label: label.to_string(), future: t.common_not_yet(), moments }
    }

    /// The last moment of the past: the line below it is dotted already.
    fn is_last_past(&self, index: usize) -> bool {
        let past = self.moments.iter().filter(|moment| !moment.is_future).count();
        index + 1 == past
    }
}

/// Whether a message arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The network says so.
    Delivered,
    /// On its way, or nobody can say.
    Pending,
    /// The network says no.
    Failed,
}

/// One message that was sent.
#[derive(Clone, Debug)]
pub struct Message {
    /// When.
    pub when: String,
    /// By SMS or by mail, and to what masked address.
    pub channel: String,
    /// What it says.
    pub text: String,
    /// Whether it arrived.
    pub delivery: Delivery,
}

/// Messages sent, newest first, each with its mark.
#[derive(Clone, Debug, Template)]
#[template(path = "component/messages.html")]
pub struct MessageList {
    t: words::Lang,
    messages: Vec<Message>,
}

impl MessageList {
    /// The list of `messages`.
    pub fn new(t: words::Lang, messages: Vec<Message>) -> Self {
        Self { t, messages }
    }
}

impl Delivery {
    fn tone(self) -> Tone {
        match self {
            Self::Delivered => Tone::Green,
            Self::Pending => Tone::Grey,
            Self::Failed => Tone::Red,
        }
    }

    fn word(self, t: words::Lang) -> &'static str {
        match self {
            Self::Delivered => t.common_delivered(),
            Self::Pending => t.common_on_its_way(),
            Self::Failed => t.common_not_delivered(),
        }
    }
}

components!(Timeline, MessageList);
