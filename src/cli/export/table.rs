//! A table that grows row by row in constant memory: CSV or a workbook.

use super::{Failure, Form};
use crate::cli::out;
use rust_xlsxwriter::Workbook;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Rows of one sheet, the header among them: no spreadsheet takes more.
const SHEET_ROWS_MAX: u32 = 1_048_576;

/// A table being written.
pub(super) enum Table {
    Csv(BufWriter<Box<dyn Write + Send>>),
    Xlsx(Box<Sheets>),
}

/// A workbook being written; its rows wait in temporary files.
pub(super) struct Sheets {
    book: Workbook,
    path: PathBuf,
    columns: Vec<String>,
    /// Rows in the last sheet; full when there is none yet.
    rows: u32,
}

impl Table {
    /// A new file with its header, or standard output.
    pub(super) fn create(path: &Path, form: Form, columns: &[&str]) -> Result<Self, Failure> {
        let is_standard_output = path == Path::new("-");
        if form == Form::Xlsx {
            if is_standard_output {
                return Err(out::language().export_needs_file().into());
            }
            // Found out before the work is done, not after it.
            drop(new_file(path)?);
            return Ok(Self::Xlsx(Box::new(Sheets {
                book: Workbook::new(),
                path: path.to_owned(),
                columns: columns.iter().map(|&column| column.to_owned()).collect(),
                rows: SHEET_ROWS_MAX,
            })));
        }
        let out: Box<dyn Write + Send> =
            if is_standard_output { Box::new(io::stdout()) } else { Box::new(new_file(path)?) };
        let mut out = BufWriter::with_capacity(1 << 20, out);
        writeln!(out, "{}", columns.join(","))?;
        Ok(Self::Csv(out))
    }

    /// Adds rows.
    pub(super) fn add(&mut self, lines: &[Vec<String>]) -> Result<(), Failure> {
        match self {
            Self::Csv(out) => {
                for line in lines {
                    // Digits, codes and instants only: nothing needs quotes, and nothing is taken
                    // for a formula.
                    writeln!(out, "{}", line.join(","))?;
                }
                Ok(())
            }
            Self::Xlsx(sheets) => lines.iter().try_for_each(|line| sheets.add(line)),
        }
    }

    /// Completes the file.
    pub(super) fn end(self) -> Result<(), Failure> {
        match self {
            Self::Csv(mut out) => Ok(out.flush()?),
            Self::Xlsx(mut sheets) => {
                if sheets.rows == SHEET_ROWS_MAX && sheets.book.worksheets().is_empty() {
                    sheets.begin_sheet()?;
                }
                Ok(sheets.book.save(&sheets.path)?)
            }
        }
    }
}

impl Sheets {
    fn begin_sheet(&mut self) -> Result<(), Failure> {
        let sheet = self.book.add_worksheet_with_constant_memory()?;
        for (column, name) in (0..).zip(&self.columns) {
            sheet.set_column_width(column, 22)?;
            sheet.write_string(0, column, name)?;
        }
        self.rows = 1;
        Ok(())
    }

    fn add(&mut self, line: &[String]) -> Result<(), Failure> {
        if self.rows == SHEET_ROWS_MAX {
            self.begin_sheet()?;
        }
        let row = self.rows;
        let sheet = self.book.worksheets_mut().last_mut().ok_or("a workbook without a sheet")?;
        for (column, cell) in (0..).zip(line) {
            if !cell.is_empty() {
                // As text: a spreadsheet rounds numbers of more than fifteen digits.
                sheet.write_string(row, column, cell)?;
            }
        }
        self.rows += 1;
        Ok(())
    }
}

/// Whether whoever read it has gone away.
pub(super) fn is_closed(error: &(dyn std::error::Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Which SIM belongs to which number is for its owner alone to read.
fn new_file(path: &Path) -> Result<File, Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => out::language().export_exists(path.display()).into(),
        _ => format!("cannot write {}: {error}", path.display()).into(),
    })
}
