use domain::authority::Answer;
use service::port::{Authority, AuthorityQuestion, Later, PortError};
use std::collections::VecDeque;
use std::sync::Mutex;

/// An authority that answers what a test laid ready; until something is, nobody is connected.
#[derive(Debug, Default)]
pub struct TestAuthority {
    answers: Mutex<Option<VecDeque<Result<Answer, PortError>>>>,
    asked: Mutex<Vec<AuthorityQuestion>>,
}

impl TestAuthority {
    /// Answers these, in order; then it is silent.
    pub fn answers(&self, answers: impl IntoIterator<Item = Result<Answer, PortError>>) {
        let mut laid = self.answers.lock().expect("no test panics while it holds this");
        laid.get_or_insert_default().extend(answers);
    }

    /// What it was asked so far.
    pub fn asked(&self) -> Vec<AuthorityQuestion> {
        self.asked.lock().expect("no test panics while it holds this").clone()
    }
}

impl Authority for TestAuthority {
    fn is_connected(&self) -> bool {
        self.answers.lock().expect("no test panics while it holds this").is_some()
    }

    fn ask<'a>(&'a self, question: &'a AuthorityQuestion) -> Later<'a, Result<Answer, PortError>> {
        let lock = "no test panics while it holds this";
        self.asked.lock().expect(lock).push(question.clone());
        let laid = self.answers.lock().expect(lock).as_mut().and_then(VecDeque::pop_front);
        let silent = || Err(PortError::Unreachable("silent".to_owned()));
        Box::pin(async move { laid.unwrap_or_else(silent) })
    }
}
