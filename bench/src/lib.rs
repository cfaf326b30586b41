//! What the measurements share: realistic load, an installation to measure, a PostgreSQL beside
//! it, and the state of the machine.
//!
//! A rate alone says little on a machine that others use: each program runs the peer and ours on
//! the same data in the same run and prints the ratio (docs/PERFORMANCE.md).

pub mod installation;
pub mod load;
pub mod peer;
pub mod photo;
pub mod probe;

use std::io::Write;

/// As the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// One line of the result.
pub fn say(line: &str) {
    drop(writeln!(std::io::stdout().lock(), "{line}"));
}

/// The numbers among the arguments, each with what it is if it is not given.
pub fn arguments<const N: usize>(otherwise: [u64; N]) -> [u64; N] {
    let given = std::env::args().skip(1).filter_map(|text| text.replace('_', "").parse().ok());
    let mut values = otherwise;
    for (value, given) in values.iter_mut().zip(given) {
        *value = given;
    }
    values
}
