//! From a reader to a writer, chunk by chunk: whole lines of a chunk are shared among the cores
//! and their answers written in the order of the lines.

use super::outcome::judge;
use super::{Checker, Count, Kind};
use service::lines::split;
use std::io::{self, ErrorKind, Read, Write};

/// Bytes read at once.
const CHUNK_BYTES: usize = 1 << 20;

/// Smaller chunks than this are not worth a second thread.
const SHARE_BYTES_MIN: usize = 32 << 10;

/// A line longer than this is no number: it is cut, and told to be wrong.
const LINE_BYTES_MAX: usize = 1024;

/// The answers to some lines.
#[derive(Debug, Default)]
struct Answers {
    text: Vec<u8>,
    count: Count,
}

/// Checks all lines of `input`. A reader of `output` that has gone away ends it quietly.
pub(super) fn check(
    checker: &Checker,
    input: &mut dyn Read,
    output: &mut dyn Write,
) -> io::Result<Count> {
    let mut total = Count::default();
    let mut line_number = 1;
    let mut buffer = vec![0; CHUNK_BYTES];
    let mut kept = 0;
    loop {
        let free = buffer.get_mut(kept..).unwrap_or_default();
        let read = match input.read(free) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            other => other?,
        };
        let filled = kept + read;
        let all = buffer.get(..filled).unwrap_or_default();
        // At the end the last line may lack its break; a line that fills the buffer is given up.
        let whole = if read == 0 || filled == buffer.len() && !all.contains(&b'\n') {
            filled
        } else if checker.kind == Kind::Mrz {
            end_of_zones(all)
        } else {
            memchr::memrchr(b'\n', all).map_or(0, |at| at + 1)
        };
        let lines = all.get(..whole).unwrap_or_default();
        match answer(checker, lines, &mut line_number, output) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(total),
            other => total.add(other?),
        }
        if read == 0 {
            return Ok(total);
        }
        buffer.copy_within(whole..filled, 0);
        kept = filled - whole;
    }
}

fn answer(
    checker: &Checker,
    lines: &[u8],
    line_number: &mut u64,
    output: &mut dyn Write,
) -> io::Result<Count> {
    let first = *line_number;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let is_shared = lines.len() >= SHARE_BYTES_MIN && checker.kind != Kind::Mrz;
    let parts = split(lines, if is_shared { cores } else { 1 });
    let mut starts = Vec::with_capacity(parts.len());
    for part in &parts {
        starts.push(*line_number);
        *line_number += memchr::memchr_iter(b'\n', part).count() as u64;
    }
    let mut total = Count::default();
    let answers: Vec<Answers> = match parts.as_slice() {
        [part] => vec![answer_part(checker, part, first)],
        parts => std::thread::scope(|scope| {
            let spawn = |(part, start)| scope.spawn(move || answer_part(checker, part, start));
            let threads: Vec<_> = parts.iter().copied().zip(starts).map(spawn).collect();
            let join = |thread: std::thread::ScopedJoinHandle<'_, Answers>| {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            threads.into_iter().map(join).collect()
        }),
    };
    for part in answers {
        output.write_all(&part.text)?;
        total.add(part.count);
    }
    output.flush()?;
    Ok(total)
}

fn answer_part(checker: &Checker, lines: &[u8], first: u64) -> Answers {
    let mut answers = Answers { text: Vec::with_capacity(lines.len() * 6), ..Answers::default() };
    if checker.kind == Kind::Mrz {
        answer_zones(checker, lines, first, &mut answers);
        return answers;
    }
    for (line_number, line) in (first..).zip(lines.split(|&byte| byte == b'\n')) {
        let line = line.get(..LINE_BYTES_MAX).unwrap_or(line).trim_ascii();
        if !line.is_empty() {
            tell(checker, line, line_number, &mut answers);
        }
    }
    answers
}

fn tell(checker: &Checker, line: &[u8], line_number: u64, answers: &mut Answers) {
    let outcome = judge(checker, line);
    let counted = checker.teller.tell(&mut answers.text, line, line_number, &outcome);
    answers.count.add(counted);
}

/// How many lines a zone has that begins with this line.
fn lines_of_zone(first: &[u8]) -> usize {
    match first.len() {
        44 | 36 => 2,
        30 => 3,
        _ => 1,
    }
}

/// Gathers the lines of each zone; a blank line, or one of another length, ends it early.
fn zones(lines: &[u8]) -> impl Iterator<Item = (usize, Vec<&[u8]>)> {
    let mut rest =
        lines.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii).enumerate().peekable();
    std::iter::from_fn(move || {
        let (at, first) = rest.find(|(_, line)| !line.is_empty())?;
        let mut zone = vec![first];
        while zone.len() < lines_of_zone(first) {
            match rest.next_if(|(_, line)| line.len() == first.len()) {
                Some((_, line)) => zone.push(line),
                None => break,
            }
        }
        Some((at, zone))
    })
}

/// Where the last whole zone ends: what follows may go on in the next chunk.
fn end_of_zones(lines: &[u8]) -> usize {
    let broken = memchr::memrchr(b'\n', lines).map_or(0, |at| at + 1);
    let whole = lines.get(..broken).unwrap_or_default();
    let mut end = broken;
    if let Some((_, zone)) = zones(whole).last()
        && let Some(first) = zone.first()
        && zone.len() < lines_of_zone(first)
        && !whole.ends_with(b"\n\n")
    {
        end = first.as_ptr().addr() - whole.as_ptr().addr();
    }
    end
}

fn answer_zones(checker: &Checker, lines: &[u8], first: u64, answers: &mut Answers) {
    for (at, zone) in zones(lines) {
        tell(checker, &zone.join(&b'/'), first + at as u64, answers);
    }
}
