//! Business calendars: those that ship, with the years that were imported since.

use crate::app::App;
use crate::error::Error;
use crate::register;
use domain::calendar::Calendar;
use std::sync::LazyLock;
use store::Batch;

/// The calendars that ship. A policy pack without one counts weekends only, provisionally.
const SHIPPED: [&str; 1] = [include_str!("../../../policies/calendars/cn.toml")];

/// Read once: every step of an application goes by a calendar.
fn shipped() -> &'static [Calendar] {
    static PARSED: LazyLock<Vec<Calendar>> = LazyLock::new(|| {
        let parse = |text: &&str| parse(text).expect("a test reads every calendar");
        SHIPPED.iter().map(parse).collect()
    });
    &PARSED
}

/// The calendar of a policy pack.
pub async fn of(app: &App, name: &str) -> Result<Calendar, Error> {
    let mut calendar = Calendar::empty(name);
    for shipped in shipped().iter().filter(|shipped| shipped.name() == name) {
        calendar = calendar.merged(shipped.clone());
    }
    for text in store::calendar::of_name(&app.store.db, name).await? {
        calendar = calendar.merged(parse(&text).map_err(Error::fault)?);
    }
    Ok(calendar)
}

/// Reads a calendar file; if it cannot be used, why, with the line.
pub fn parse(text: &str) -> Result<Calendar, String> {
    toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// The years that were taken over.
    pub years: Vec<i16>,
    /// Open promises that were provisional and are confirmed as they were.
    pub confirmed: u64,
    /// Open promises that moved; the applicants are told.
    pub moved: u64,
}

/// Takes over the years of a calendar and counts provisional promises again. Importing the same
/// file twice changes nothing.
pub async fn import(app: &App, calendar: Calendar) -> Result<Imported, Error> {
    let name = calendar.name().to_owned();
    let mut imported = Imported::default();
    let mut batch = Batch::new(app.now());
    for (year, one) in calendar.split() {
        let text = toml::to_string(&one).map_err(|error| Error::fault(error.to_string()))?;
        store::calendar::upsert(&mut batch, &name, year, &text);
        imported.years.push(year);
    }
    app.store.db.commit(batch).await?;
    for operator in crate::operator::list(app).await? {
        if operator.policy_pack == name {
            let (confirmed, moved) = register::recount(app, operator.id).await?;
            imported.confirmed += confirmed;
            imported.moved += moved;
        }
    }
    Ok(imported)
}
