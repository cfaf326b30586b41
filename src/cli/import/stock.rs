//! `baohao import numbers`, `sims` and `sanctions`: what the operator has to give out, and to whom
//! it may not.

use crate::cli::{Failure, out, place::Place, runtime};
use crate::wiring;
use clap::Args;
use domain::access::Actor;
use domain::id::OperatorId;
use domain::identity::{DocumentKind, IdentityNumber};
use domain::msisdn::Msisdn;
use domain::number::SimRef;
use domain::refusal::Refusal;
use domain::sim::{Eid, Iccid, Imsi, SimKeys};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;
use service::App;
use service::inventory::{
    Brought, LOT_ROWS, NewSim, PROFILE_TYPE_CHARS_MAX, bring_numbers, bring_sims,
};
use service::sanction::NewSanction;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio::sync::mpsc;
use words::Lang;

/// Lots on their way at the same time: one is looked up while the one before is written.
const LOTS_AT_ONCE: usize = 2;
/// Bytes of one line.
const LINE_BYTES_MAX: usize = 1000;

/// Bring numbers into stock: CSV with the column msisdn.
///
/// Numbers that are known already are left as they are, so a file may come twice and an import may
/// be interrupted. Rejected rows go to FILE.rejects.csv.
#[derive(Debug, Args)]
pub(crate) struct Numbers {
    #[command(flatten)]
    stock: Stock,
}

/// Bring SIMs into stock: CSV with the columns iccid, imsi and perhaps eid, k, opc and
/// profile_type.
///
/// Cards that are known already are left as they are, so a file may come twice and an import may
/// be interrupted. K and OPc (MILENAGE, 32 hexadecimal digits each) are sealed at once; a card
/// that came without them may get them later. With a profile_type it is no card but an eSIM
/// profile of that type, which the SM-DP+ has under this ICCID. Rejected rows go to
/// FILE.rejects.csv, without the keys.
#[derive(Debug, Args)]
pub(crate) struct Sims {
    #[command(flatten)]
    stock: Stock,
}

/// Record a sanctions list: CSV with the columns kind, number, source, from and perhaps until.
///
/// `kind` is that of the document, such as resident_id; days are written 2026-03-14. An identity
/// that is listed already gets the new entry. Rejected rows go to FILE.rejects.csv.
#[derive(Debug, Args)]
pub(crate) struct Sanctions {
    #[command(flatten)]
    stock: Stock,
}

#[derive(Debug, Args)]
struct Stock {
    /// The file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The operator's code; may be left out if there is only one.
    #[arg(long, value_name = "CODE")]
    operator: Option<String>,
    #[command(flatten)]
    place: Place,
}

impl Numbers {
    pub(crate) fn run(self, json: bool) -> Result<ExitCode, Failure> {
        self.stock.run(json, Columns { names: &["msisdn"], needed: 1 }, |cells| {
            Msisdn::parse(cells.first().copied().unwrap_or_default())
                .map(Row::Number)
                .map_err(|refusal| reason(&refusal))
        })
    }
}

impl Sims {
    pub(crate) fn run(self, json: bool) -> Result<ExitCode, Failure> {
        let columns = Columns { names: &SIM_COLUMNS, needed: 2 };
        self.stock.run(json, columns, |cells| sim(cells).map(Row::Sim))
    }
}

impl Sanctions {
    pub(crate) fn run(self, json: bool) -> Result<ExitCode, Failure> {
        let columns = Columns { names: &["kind", "number", "source", "from", "until"], needed: 4 };
        self.stock.run(json, columns, |cells| sanction(cells).map(Row::Sanction))
    }
}

fn sanction(cells: &[&str]) -> Result<NewSanction, String> {
    let cell = |at: usize| cells.get(at).copied().unwrap_or_default();
    let lang = out::language();
    let day = |text: &str| text.parse::<Date>().map_err(|_| lang.stock_not_a_day(text));
    let kind = DocumentKind::named(cell(0)).ok_or_else(|| lang.stock_unknown_document(cell(0)))?;
    let from_on = day(cell(3))?;
    // The day decides only about days of birth that lie ahead; the list's own day will do.
    let read = IdentityNumber::read(kind, cell(1), from_on);
    let (document, _) = read.map_err(|finding| reason(&finding))?;
    let until = Some(cell(4)).filter(|text| !text.is_empty()).map(day).transpose()?;
    Ok(NewSanction { document, source: cell(2).to_owned(), from_on, until_on: until })
}

fn sim(cells: &[&str]) -> Result<NewSim, String> {
    let cell = |at: usize| cells.get(at).copied().unwrap_or_default();
    let eid = Some(cell(2)).filter(|text| !text.is_empty()).map(Eid::parse).transpose();
    let has_keys = !(cell(3).is_empty() && cell(4).is_empty());
    let keys = has_keys.then(|| SimKeys::parse(cell(3), cell(4))).transpose();
    let profile_type = Some(cell(5)).filter(|text| !text.is_empty());
    if profile_type.is_some_and(|text| text.chars().count() > PROFILE_TYPE_CHARS_MAX) {
        return Err(out::language().stock_profile_type(PROFILE_TYPE_CHARS_MAX));
    }
    Ok(NewSim {
        sim: SimRef {
            iccid: Iccid::parse(cell(0)).map_err(|refusal| reason(&refusal))?,
            imsi: Imsi::parse(cell(1)).map_err(|refusal| reason(&refusal))?,
        },
        eid: eid.map_err(|refusal| reason(&refusal))?,
        profile_type: profile_type.map(str::to_owned),
        keys: keys.map_err(|refusal| reason(&refusal))?,
    })
}

const SIM_COLUMNS: [&str; 6] = ["iccid", "imsi", "eid", "k", "opc", "profile_type"];

fn reason(refusal: &impl Refusal) -> String {
    let words = out::language().refusal(refusal.code(), &refusal.values());
    words.unwrap_or_else(|| refusal.code().to_owned())
}

enum Row {
    Number(Msisdn),
    Sim(NewSim),
    Sanction(NewSanction),
}

/// Rows of one commit.
#[derive(Default)]
struct Lot {
    numbers: Vec<Msisdn>,
    sims: Vec<NewSim>,
    sanctions: Vec<NewSanction>,
}

impl Lot {
    fn add(&mut self, row: Row) {
        match row {
            Row::Number(msisdn) => self.numbers.push(msisdn),
            Row::Sim(sim) => self.sims.push(sim),
            Row::Sanction(entry) => self.sanctions.push(entry),
        }
    }

    fn len(&self) -> usize {
        self.numbers.len() + self.sims.len() + self.sanctions.len()
    }

    async fn bring(self, app: &App, operator_id: OperatorId) -> Result<Brought, Failure> {
        let system = Actor::System;
        let listed = service::sanction::record(app, &system, operator_id, &self.sanctions).await?;
        let numbers = bring_numbers(app, &system, operator_id, self.numbers).await?;
        let sims = bring_sims(app, &system, operator_id, self.sims).await?;
        Ok(Brought { new: listed + numbers.new + sims.new, known: numbers.known + sims.known })
    }
}

/// How a row of the file is read.
type Parse = fn(&[&str]) -> Result<Row, String>;

impl Stock {
    fn run(self, json: bool, columns: Columns, parse: Parse) -> Result<ExitCode, Failure> {
        runtime()?.block_on(async {
            let app = wiring::open_app(&self.place.existing()?).await?;
            let operator_id = crate::cli::only_operator(&app, self.operator.as_deref()).await?;
            let shown = self.file.display();
            let file = File::open(&self.file).map_err(|e| format!("cannot read {shown}: {e}"))?;
            let mut lines = Lines { reader: BufReader::new(file), number: 0 };
            let header = lines.next()?.ok_or_else(|| format!("{shown} is empty"))?;
            let places = columns.places(&header)?;
            let rows = Rows {
                secret: columns.secret(&places),
                places,
                lines,
                parse,
                rejects: Rejects { path: rejects_path(&self.file), file: None, count: 0 },
            };
            let (sender, receiver) = mpsc::channel(LOTS_AT_ONCE);
            let reading = tokio::task::spawn_blocking(move || rows.send(&sender));
            let lots = stream::unfold(receiver, |mut receiver| async {
                Some((receiver.recv().await?, receiver))
            });
            let brought = lots
                .map(|lot: Lot| lot.bring(&app, operator_id))
                .buffered(LOTS_AT_ONCE)
                .try_fold(Brought::default(), |sum, more| async move {
                    Ok(Brought { new: sum.new + more.new, known: sum.known + more.known })
                })
                .await?;
            let rejects = reading.await??;
            self.report(json, columns.names.contains(&"source"), brought, &rejects);
            Ok(ExitCode::SUCCESS)
        })
    }

    fn report(&self, json: bool, is_list: bool, brought: Brought, rejects: &Rejects) {
        let file = self.file.display();
        let written = (rejects.count > 0).then(|| rejects.path.display().to_string());
        if json {
            out::line(serde_json::json!({
                "file": file.to_string(),
                "new": brought.new,
                "known": brought.known,
                "rejected": rejects.count,
                "rejects": written,
            }));
            return;
        }
        let lang: Lang = out::language();
        out::line(if is_list {
            lang.stock_listed(file, brought.new, rejects.count)
        } else {
            lang.stock_finished(file, brought.new, brought.known, rejects.count)
        });
        if let Some(path) = written {
            out::line(lang.stock_rejects_written(path));
        }
    }
}

/// Columns that nobody may see again.
const SECRET: [&str; 2] = ["k", "opc"];

/// The columns of a file, of which the first ones are needed.
#[derive(Clone, Copy)]
struct Columns {
    names: &'static [&'static str],
    needed: usize,
}

impl Columns {
    /// Where each stands.
    fn places(self, header: &str) -> Result<Vec<Option<usize>>, Failure> {
        let found = cells(header.trim_start_matches('\u{feff}'));
        let place = |name: &&str| found.iter().position(|cell| cell.eq_ignore_ascii_case(name));
        let places: Vec<Option<usize>> = self.names.iter().map(place).collect();
        let needed = self.names.iter().zip(&places).take(self.needed);
        if let Some((column, _)) = needed.into_iter().find(|(_, place)| place.is_none()) {
            return Err(format!("the first line must name the column `{column}`").into());
        }
        Ok(places)
    }

    /// Where the secrets stand.
    fn secret(self, places: &[Option<usize>]) -> Vec<usize> {
        let named = self.names.iter().zip(places);
        named.filter(|(name, _)| SECRET.contains(name)).filter_map(|(_, place)| *place).collect()
    }
}

/// A row as it came, without its secrets.
fn without(cells: &[&str], secret: &[usize]) -> String {
    let shown = |(at, cell): (usize, &&str)| {
        if secret.contains(&at) { "•••".to_owned() } else { (*cell).to_owned() }
    };
    cells.iter().enumerate().map(shown).collect::<Vec<_>>().join(",")
}

fn cells(line: &str) -> Vec<&str> {
    line.split(',').map(|cell| cell.trim().trim_matches('"').trim()).collect()
}

fn rejects_path(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".rejects.csv");
    PathBuf::from(name)
}

/// The rows of a file, on their way to be brought in.
struct Rows {
    places: Vec<Option<usize>>,
    /// Where secrets stand, which no file of rejected rows may repeat.
    secret: Vec<usize>,
    lines: Lines,
    parse: Parse,
    rejects: Rejects,
}

impl Rows {
    /// Reads to the end, lot by lot; ends early if nobody takes them any more.
    fn send(mut self, lots: &mpsc::Sender<Lot>) -> Result<Rejects, Failure> {
        let mut lot = Lot::default();
        while let Some(line) = self.lines.next()? {
            let all = cells(&line);
            let cell = |at: &Option<usize>| at.and_then(|at| all.get(at).copied());
            let cells: Vec<&str> =
                self.places.iter().map(|at| cell(at).unwrap_or_default()).collect();
            match (self.parse)(&cells) {
                Ok(row) => lot.add(row),
                Err(reason) => {
                    let row = without(&all, &self.secret);
                    self.rejects.add(self.lines.number, &reason, &row)?;
                }
            }
            if lot.len() == LOT_ROWS && lots.blocking_send(std::mem::take(&mut lot)).is_err() {
                return Ok(self.rejects);
            }
        }
        if lot.len() > 0 {
            drop(lots.blocking_send(lot));
        }
        self.rejects.end()?;
        Ok(self.rejects)
    }
}

struct Lines {
    reader: BufReader<File>,
    number: u64,
}

impl Lines {
    /// The next line that is not empty. Bytes that are not UTF-8 become marks, and the row is
    /// rejected for them.
    fn next(&mut self) -> Result<Option<String>, Failure> {
        loop {
            let mut bytes = Vec::new();
            if self.reader.read_until(b'\n', &mut bytes)? == 0 {
                return Ok(None);
            }
            self.number += 1;
            bytes.truncate(LINE_BYTES_MAX);
            let line = String::from_utf8_lossy(&bytes).trim().to_owned();
            if !line.is_empty() {
                return Ok(Some(line));
            }
        }
    }
}

/// The file of rejected rows, made with the first of them.
struct Rejects {
    path: PathBuf,
    file: Option<BufWriter<File>>,
    count: u64,
}

impl Rejects {
    fn add(&mut self, line: u64, reason: &str, row: &str) -> Result<(), Failure> {
        if self.file.is_none() {
            let mut file = BufWriter::new(File::create(&self.path)?);
            writeln!(file, "line,reason,row")?;
            self.file = Some(file);
        }
        if let Some(file) = &mut self.file {
            let quoted = |text: &str| text.replace('"', "\"\"");
            writeln!(file, "{line},\"{}\",\"{}\"", quoted(reason), quoted(row))?;
        }
        self.count += 1;
        Ok(())
    }

    fn end(&mut self) -> Result<(), Failure> {
        if let Some(file) = &mut self.file {
            file.flush()?;
        }
        Ok(())
    }
}
