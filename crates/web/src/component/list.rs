//! Lists of facts and of things to do.

use super::{Html, Tag, components};
use askama::Template;
use std::fmt::Display;

/// One fact of a [`Summary`].
#[derive(Clone, Debug)]
pub struct SummaryRow {
    key: String,
    value: Html,
    change: Option<(String, String)>,
}

/// Facts as key and value, each with an optional link to change it.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "component/summary.html")]
pub struct Summary {
    rows: Vec<SummaryRow>,
}

impl Summary {
    /// No fact yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more fact.
    pub fn row(mut self, key: impl Display, value: impl Display) -> Self {
        let value = Html(super::escape(&value.to_string()));
        self.rows.push(SummaryRow { key: key.to_string(), value, change: None });
        self
    }

    /// One more fact with a component as its value.
    pub fn part(mut self, key: impl Display, value: Html) -> Self {
        self.rows.push(SummaryRow { key: key.to_string(), value, change: None });
        self
    }

    /// The fact before can be changed at `href`; `text` is the link, such as 更改.
    pub fn change(mut self, text: impl Display, href: impl Display) -> Self {
        if let Some(row) = self.rows.last_mut() {
            row.change = Some((text.to_string(), href.to_string()));
        }
        self
    }
}

/// One thing to do; without a link it cannot be started yet.
#[derive(Clone, Debug)]
pub struct Task {
    name: String,
    hint: Option<String>,
    href: Option<String>,
    state: Tag,
}

impl Task {
    /// The task `name` in the state `state`.
    pub fn new(name: impl Display, state: Tag) -> Self {
        Self { name: name.to_string(), hint: None, href: None, state }
    }

    /// Where it is done.
    pub fn href(mut self, href: impl Display) -> Self {
        self.href = Some(href.to_string());
        self
    }

    /// A second, lighter line.
    pub fn hint(mut self, hint: impl Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }
}

/// Things to do, in order; the whole row is the link.
#[derive(Clone, Debug, Template)]
#[template(path = "component/tasks.html")]
pub struct TaskList {
    tasks: Vec<Task>,
}

impl TaskList {
    /// The list of `tasks`.
    pub fn new(tasks: Vec<Task>) -> Self {
        Self { tasks }
    }
}

components!(Summary, TaskList);
