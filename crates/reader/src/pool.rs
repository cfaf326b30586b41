//! A few threads that read, a short queue before them, and a deadline for every picture: however
//! many pictures come, memory and time stay bounded.

use crate::session::ModelError;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How many at once, how many may wait, and how long one may take with its wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolLimits {
    /// Threads.
    pub threads: usize,
    /// Pictures that may wait; each is a few megabytes.
    pub waiting_max: usize,
    /// From being handed in to the answer.
    pub deadline: Duration,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self { threads: 1, waiting_max: 16, deadline: Duration::from_secs(20) }
    }
}

/// Why a picture was not read. None of these says anything about the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// As many pictures wait as may. Try again later.
    #[error("too many pictures wait")]
    Full,
    /// Its time was over. Try again later.
    #[error("the deadline is over")]
    Deadline,
    /// The model failed on it; it would fail again.
    #[error("the model failed")]
    Failed,
}

/// One picture's work: told its deadline, or why it is not even begun.
type Job = (Instant, Box<dyn FnOnce(Result<Instant, PoolError>) + Send>);

/// The threads. They end when this is dropped and the queue is empty.
#[derive(Debug)]
pub struct Pool {
    queue: SyncSender<Job>,
    deadline: Duration,
}

impl Pool {
    /// Starts the threads.
    pub fn start(limits: PoolLimits) -> std::io::Result<Self> {
        let (queue, jobs) = sync_channel(limits.waiting_max);
        let jobs = Arc::new(Mutex::new(jobs));
        for index in 0..limits.threads.max(1) {
            let jobs = Arc::clone(&jobs);
            std::thread::Builder::new()
                .name(format!("reader-{index}"))
                .spawn(move || serve(&jobs))?;
        }
        Ok(Self { queue, deadline: limits.deadline })
    }

    /// Hands in `work` on a picture, which is told the instant at which it must have ended.
    /// `answer` is called once, on a thread of the pool or, when the queue is full, at once on this
    /// one.
    pub fn submit<T: 'static>(
        &self,
        work: impl FnOnce(Instant) -> Result<T, ModelError> + Send + 'static,
        answer: impl FnOnce(Result<T, PoolError>) + Send + 'static,
    ) {
        let until = Instant::now() + self.deadline;
        let job = move |may: Result<Instant, PoolError>| {
            let until = match may {
                Ok(until) => until,
                Err(error) => return answer(Err(error)),
            };
            let result = match catch_unwind(AssertUnwindSafe(|| work(until))) {
                Ok(Ok(seen)) => Ok(seen),
                Ok(Err(ModelError::Deadline)) => Err(PoolError::Deadline),
                Ok(Err(_)) | Err(_) => Err(PoolError::Failed),
            };
            answer(result);
        };
        if let Err(TrySendError::Full((_, job)) | TrySendError::Disconnected((_, job))) =
            self.queue.try_send((until, Box::new(job)))
        {
            job(Err(PoolError::Full));
        }
    }
}

fn serve(jobs: &Mutex<Receiver<Job>>) {
    loop {
        // A thread that died holding the lock left nothing half done in the queue.
        let next = jobs.lock().unwrap_or_else(std::sync::PoisonError::into_inner).recv();
        let Ok((until, job)) = next else { return };
        let is_late = Instant::now() > until;
        job(if is_late { Err(PoolError::Deadline) } else { Ok(until) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn what_does_not_fit_in_the_queue_is_told_at_once() {
        let (open, gate) = channel::<()>();
        let (begun, begins) = channel::<()>();
        let gate = Arc::new(Mutex::new(gate));
        let limits = PoolLimits { waiting_max: 2, ..PoolLimits::default() };
        let pool = Pool::start(limits).expect("threads");
        let (answers, answered) = channel();
        let submit = |name: u8| {
            let (answers, gate, begun) = (answers.clone(), Arc::clone(&gate), begun.clone());
            let work = move |_| {
                begun.send(()).unwrap();
                gate.lock().unwrap().recv().unwrap();
                Ok(())
            };
            pool.submit(work, move |result| answers.send((name, result)).unwrap());
        };
        submit(0);
        begins.recv().unwrap();
        (1..5).for_each(submit);
        let refused = [answered.recv().unwrap(), answered.recv().unwrap()];
        assert_eq!(refused, [(3, Err(PoolError::Full)), (4, Err(PoolError::Full))]);
        (0..3).for_each(|_| open.send(()).unwrap());
        let read: Vec<_> = answered.iter().take(3).collect();
        assert_eq!(read, [(0, Ok(())), (1, Ok(())), (2, Ok(()))]);
    }

    #[test]
    fn a_panic_and_a_late_picture_cost_no_thread() {
        let pool = Pool::start(PoolLimits::default()).expect("threads");
        let (answers, answered) = channel();
        for name in 1..5 {
            let answers = answers.clone();
            let work = move |_| match name {
                1 => panic!("a model that cannot"),
                2 => Err(ModelError::Run("no".to_owned())),
                3 => Err(ModelError::Deadline),
                _ => Ok(()),
            };
            pool.submit(work, move |result| answers.send(result).unwrap());
        }
        let all: Vec<_> = answered.iter().take(4).collect();
        use PoolError::{Deadline, Failed};
        assert_eq!(all, [Err(Failed), Err(Failed), Err(Deadline), Ok(())]);
    }

    #[test]
    fn what_waited_too_long_is_not_begun() {
        let limits = PoolLimits { deadline: Duration::ZERO, ..PoolLimits::default() };
        let pool = Pool::start(limits).expect("threads");
        let (answers, answered) = channel();
        let work = |_| -> Result<(), ModelError> { panic!("it was begun") };
        pool.submit(work, move |result| answers.send(result).unwrap());
        assert_eq!(answered.recv().unwrap(), Err(PoolError::Deadline));
    }
}
