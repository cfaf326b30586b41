//! Reads many specimens and counts.

use crate::document::DocumentReader;
use crate::eval::{Fonts, Level, Score, Set, specimen};
use crate::session::ModelError;
use domain::identity::DocumentKind;
use jiff::civil::Date;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use vision::{Limits, decode};

/// No picture of a measurement is given up: slow machines measure too.
const PATIENCE: Duration = Duration::from_mins(30);

/// What is to be measured.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Which fonts and seeds.
    pub set: Set,
    /// Which document.
    pub kind: DocumentKind,
    /// How hard.
    pub level: Level,
    /// How many documents; most have two photos each.
    pub cards: u32,
    /// Threads that read.
    pub threads: usize,
    /// The day on which the cards are read; the same day gives the same figures.
    pub today: Date,
}

impl Run {
    /// Draws, photographs and reads every card. `tick` is called after each.
    pub fn go(
        &self,
        reader: &DocumentReader,
        fonts: &Fonts,
        tick: impl Fn() + Sync,
    ) -> Result<Score, ModelError> {
        let next = AtomicU32::new(0);
        let total = Mutex::new(Ok(Score::default()));
        std::thread::scope(|scope| {
            for _ in 0..self.threads.max(1) {
                scope.spawn(|| {
                    let result = self.some(reader, fonts, &next, &tick);
                    let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
                    match (total.as_mut(), result) {
                        (Ok(total), Ok(score)) => total.merge(&score),
                        (Ok(_), Err(error)) => *total = Err(error),
                        (Err(_), _) => {}
                    }
                });
            }
        });
        total.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// One thread's share.
    fn some(
        &self,
        reader: &DocumentReader,
        fonts: &Fonts,
        next: &AtomicU32,
        tick: &(impl Fn() + Sync),
    ) -> Result<Score, ModelError> {
        let mut score = Score::default();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= self.cards {
                return Ok(score);
            }
            let specimen = specimen(fonts, self.set, self.kind, self.level, index);
            score.cards += 1;
            for (side, file) in &specimen.photos {
                let photo = decode(file, &Limits::default());
                let photo = photo.expect("the made-up camera writes whole files").picture;
                let reading = reader.read(&photo, self.today, Instant::now() + PATIENCE)?;
                score.add(*side, &specimen, &reading);
            }
            tick();
        }
    }
}
