//! The state of the machine: what a lone core and the disk do at this moment.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// What was seen.
#[derive(Clone, Copy, Debug)]
pub struct Probe {
    /// Millions of multiplications in a chain, per second: falls when others use the cores.
    pub chain_per_second: f64,
    /// The median of an overwrite of 4 KiB with `fdatasync`, in microseconds.
    pub sync_micros: u64,
}

impl Probe {
    /// Looks for about a second; writes a file of 4 KiB in `folder`.
    pub fn look(folder: &Path) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let began = Instant::now();
        let counts: Vec<u64> = std::thread::scope(|scope| {
            let all: Vec<_> = (0..cores).map(|_| scope.spawn(chain)).collect();
            all.into_iter().map(|thread| thread.join().expect("it counts")).collect()
        });
        let chain_per_second = counts.iter().sum::<u64>() as f64 / began.elapsed().as_secs_f64();
        Self { chain_per_second: chain_per_second / 1e6, sync_micros: sync(folder) }
    }

    /// Whether two looks differ so much (a fifth) that what was measured between them says little.
    pub fn is_far_from(self, other: Self) -> bool {
        (self.chain_per_second / other.chain_per_second - 1.0).abs() > 0.2
    }
}

impl std::fmt::Display for Probe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.0} M/s, {} µs a sync", self.chain_per_second, self.sync_micros)
    }
}

fn chain() -> u64 {
    let (began, mut count, mut value) = (Instant::now(), 0_u64, 1_u64);
    while began.elapsed() < Duration::from_millis(500) {
        for _ in 0..100_000 {
            value = std::hint::black_box(value.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        }
        count += 100_000;
    }
    count
}

fn sync(folder: &Path) -> u64 {
    let path = folder.join("probe");
    let open = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
    let file = open.expect("the folder can be written");
    let mut micros: Vec<u128> = (0..100)
        .map(|_| {
            let began = Instant::now();
            file.write_all_at(&[7; 4096], 0).and_then(|()| file.sync_data()).expect("it writes");
            began.elapsed().as_micros()
        })
        .collect();
    drop(std::fs::remove_file(&path));
    micros.sort_unstable();
    u64::try_from(micros.get(50).copied().unwrap_or(0)).unwrap_or(0)
}
