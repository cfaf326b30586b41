use super::components;
use askama::Template;

/// The signature element: the reason above, the day very large, the time zone below.
///
/// Made by [`When::block`](crate::shell::when::When::block).
#[derive(Clone, Debug, Template)]
#[template(path = "component/date_block.html")]
pub struct DateBlock {
    /// What happens then.
    pub why: String,
    /// For the `datetime` attribute.
    pub machine: String,
    /// `3月14日`.
    pub day: String,
    /// `2027 星期日 18:00`.
    pub time: String,
    /// `北京时间`.
    pub zone: String,
    /// The same instant where the visitor is.
    pub local: Option<String>,
}

components!(DateBlock);
