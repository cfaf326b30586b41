//! A few threads that read, a short queue before them, and a deadline for every picture: however
//! many pictures come, memory and time stay bounded.

use crate::document::DocumentReader;
use crate::session::ModelError;
use domain::reading::Reading;
use jiff::civil::Date;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use vision::Picture;

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

type Answer = Box<dyn FnOnce(Result<Reading, PoolError>) + Send>;

struct Job {
    picture: Picture,
    today: Date,
    until: Instant,
    answer: Answer,
}

/// The threads. They end when this is dropped and the queue is empty.
#[derive(Debug)]
pub struct Pool {
    queue: SyncSender<Job>,
    deadline: Duration,
}

impl Pool {
    /// Starts the threads.
    pub fn start(reader: Arc<DocumentReader>, limits: PoolLimits) -> std::io::Result<Self> {
        let read = move |picture: &Picture, today, until| reader.read(picture, today, until);
        Self::start_with(Arc::new(read), limits)
    }

    fn start_with(read: Arc<Read>, limits: PoolLimits) -> std::io::Result<Self> {
        let (queue, jobs) = sync_channel(limits.waiting_max);
        let jobs = Arc::new(Mutex::new(jobs));
        for index in 0..limits.threads.max(1) {
            let (jobs, read) = (Arc::clone(&jobs), Arc::clone(&read));
            std::thread::Builder::new()
                .name(format!("reader-{index}"))
                .spawn(move || work(&jobs, read.as_ref()))?;
        }
        Ok(Self { queue, deadline: limits.deadline })
    }

    /// Hands in a picture of a document; `answer` is called once, on a thread of the pool or, when
    /// the queue is full, at once on this one.
    pub fn submit(
        &self,
        picture: Picture,
        today: Date,
        answer: impl FnOnce(Result<Reading, PoolError>) + Send + 'static,
    ) {
        let until = Instant::now() + self.deadline;
        let job = Job { picture, today, until, answer: Box::new(answer) };
        if let Err(TrySendError::Full(job) | TrySendError::Disconnected(job)) =
            self.queue.try_send(job)
        {
            (job.answer)(Err(PoolError::Full));
        }
    }
}

type Read = dyn Fn(&Picture, Date, Instant) -> Result<Reading, ModelError> + Send + Sync;

fn work(jobs: &Mutex<Receiver<Job>>, read: &Read) {
    loop {
        // A thread that died holding the lock left nothing half done in the queue.
        let next = jobs.lock().unwrap_or_else(std::sync::PoisonError::into_inner).recv();
        let Ok(Job { picture, today, until, answer }) = next else { return };
        let result = if Instant::now() > until {
            Err(PoolError::Deadline)
        } else {
            match catch_unwind(AssertUnwindSafe(|| read(&picture, today, until))) {
                Ok(Ok(reading)) => Ok(reading),
                Ok(Err(ModelError::Deadline)) => Err(PoolError::Deadline),
                Ok(Err(_)) | Err(_) => Err(PoolError::Failed),
            }
        };
        drop(picture);
        answer(result);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use std::sync::mpsc::channel;

    fn picture(width: u32) -> Picture {
        Picture::from_raw(width, 1, vec![0; width as usize * 3]).expect("whole")
    }

    fn pool(limits: PoolLimits, read: Arc<Read>) -> Pool {
        Pool::start_with(read, limits).expect("threads")
    }

    #[test]
    fn what_does_not_fit_in_the_queue_is_told_at_once() {
        let (open, gate) = channel::<()>();
        let (begun, begins) = channel::<()>();
        let (gate, begun) = (Mutex::new(gate), Mutex::new(begun));
        let read = move |_: &Picture, _, _| {
            begun.lock().unwrap().send(()).unwrap();
            gate.lock().unwrap().recv().unwrap();
            Ok(Reading::default())
        };
        let limits = PoolLimits { waiting_max: 2, ..PoolLimits::default() };
        let pool = pool(limits, Arc::new(read));
        let (answers, answered) = channel();
        let submit = |name: u8| {
            let answers = answers.clone();
            pool.submit(picture(1), date(2026, 1, 1), move |result| {
                answers.send((name, result.map(drop))).unwrap();
            });
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
        let read = |picture: &Picture, _, _| match picture.width() {
            1 => panic!("a model that cannot"),
            2 => Err(ModelError::Run("no".to_owned())),
            3 => Err(ModelError::Deadline),
            _ => Ok(Reading::default()),
        };
        let pool = pool(PoolLimits::default(), Arc::new(read));
        let (answers, answered) = channel();
        for width in 1..5 {
            let answers = answers.clone();
            pool.submit(picture(width), date(2026, 1, 1), move |result| {
                answers.send(result.map(drop)).unwrap();
            });
        }
        let all: Vec<_> = answered.iter().take(4).collect();
        use PoolError::{Deadline, Failed};
        assert_eq!(all, [Err(Failed), Err(Failed), Err(Deadline), Ok(())]);
    }
}
