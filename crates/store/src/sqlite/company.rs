//! Batches that nobody waits for go to the disk together.
//!
//! A commit costs the disk the same for one batch as for many, and the disk serves others too. What
//! jobs write down about their own end may wait some milliseconds until more of them have ended.

use super::{Answer, Request, commit_many, gone};
use crate::batch::Op;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// So long the first waits for others.
const PATIENCE: Duration = Duration::from_millis(3);

type Waiting = Vec<(Vec<Op>, oneshot::Sender<Answer>)>;

/// Those who wait for one another.
#[derive(Debug)]
pub(super) struct Company {
    writer: mpsc::Sender<Request>,
    waiting: Arc<Mutex<Waiting>>,
}

impl Company {
    pub(super) fn of(writer: mpsc::Sender<Request>) -> Self {
        Self { writer, waiting: Arc::default() }
    }

    /// Commits the batch with those that come within [`PATIENCE`]; when it returns, it is durable.
    pub(super) async fn commit(&self, ops: Vec<Op>) -> Answer {
        let (reply, answer) = oneshot::channel();
        let is_first = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.push((ops, reply));
            waiting.len() == 1
        };
        if is_first {
            // By itself: whoever came first may give up, and the others must not wait for ever.
            tokio::spawn(set_out(self.writer.clone(), Arc::clone(&self.waiting)));
        }
        answer.await.map_err(|_| gone())?
    }
}

async fn set_out(writer: mpsc::Sender<Request>, waiting: Arc<Mutex<Waiting>>) {
    tokio::time::sleep(PATIENCE).await;
    let waiting = std::mem::take(&mut *waiting.lock().unwrap_or_else(PoisonError::into_inner));
    let (batches, replies): (Vec<_>, Vec<_>) = waiting.into_iter().unzip();
    match commit_many(&writer, batches).await {
        Ok(answers) => {
            for (reply, answer) in replies.into_iter().zip(answers) {
                let _ = reply.send(answer);
            }
        }
        Err(error) => {
            for reply in replies {
                let _ = reply.send(Err(error.again().into()));
            }
        }
    }
}
