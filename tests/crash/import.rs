//! Usage files, killed while they are taken in.

use crate::{Folder, baohao, kill_within, rounds, succeed, verify_audit};
use domain::id::OperatorId;
use domain::msisdn::Msisdn;
use domain::number::{Facts, UsageKind};
use domain::operator::Operator;
use domain::time::{At, Zone};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use store::number::NumberRow;
use store::{Batch, Db, activity};

const NUMBERS: u64 = 600;
const ROWS: u64 = 60_000;
const START: i64 = 1_770_000_000;

fn msisdn(n: u64) -> Msisdn {
    // Spread over three blocks.
    Msisdn::from_e164(8_613_800_130_000 + n % 3 * 10_000 + n).unwrap()
}

/// One row, its use if it is a good one.
fn row(line: u64, draw: u64) -> (String, Option<(u64, UsageKind, i64)>) {
    let n = draw % (NUMBERS + 6);
    let kind = UsageKind::ALL[usize::try_from(draw / 1000 % 9).unwrap()];
    let second = START + i64::try_from(draw % 5_000_000).unwrap();
    if line.is_multiple_of(1000) {
        return (format!("{},no_such_kind,{second}", msisdn(n)), None);
    }
    let used = (n < NUMBERS).then_some((n, kind, second));
    (format!("{},{},{second}", msisdn(n), kind.code()), used)
}

/// The newest uses that the first `lines` lines of the file tell of.
type Newest = BTreeMap<(u64, u8), i64>;

struct Written {
    uses: Vec<Option<(u64, UsageKind, i64)>>,
}

impl Written {
    fn write(path: &Path) -> Self {
        let mut text = "msisdn,kind,instant\n".to_owned();
        let mut uses = Vec::new();
        for line in 2..ROWS + 2 {
            let (row, used) = row(line, seal::entropy::below(u64::MAX));
            writeln!(text, "{row}").unwrap();
            uses.push(used);
        }
        std::fs::write(path, text).unwrap();
        Self { uses }
    }

    /// By the first `line` lines, the header among them.
    fn newest(&self, line: i64) -> Newest {
        let rows = usize::try_from((line - 1).max(0)).unwrap();
        let mut newest = Newest::new();
        for &(n, kind, second) in self.uses[..rows].iter().flatten() {
            let known = newest.entry((n, kind.index())).or_insert(second);
            *known = second.max(*known);
        }
        newest
    }
}

pub(crate) async fn stock(database: &str) {
    let db = Db::open(database).await.unwrap();
    let mut batch = Batch::new(At::from_millis(START * 1000));
    store::operator::insert(
        &mut batch,
        &Operator {
            id: OperatorId(1),
            code: "crash".to_owned(),
            name_zh: "试".to_owned(),
            name_en: "Try".to_owned(),
            brand: "试".to_owned(),
            hotline: "10086".to_owned(),
            zone: Zone::shanghai(),
            policy_pack: "cn".to_owned(),
            language: "zh".to_owned(),
        },
    );
    for n in 0..NUMBERS {
        let facts = Facts::in_stock(batch.at());
        let row = NumberRow { msisdn: msisdn(n), operator_id: OperatorId(1), version: 1, facts };
        store::number::insert(&mut batch, &row);
        batch.audit(store::AuditEntry {
            operator_id: OperatorId(1),
            subject: store::number::subject(msisdn(n)),
            subject_version: 1,
            actor: "system".to_owned(),
            action: "number.stock".to_owned(),
            detail_json: "{}".to_owned(),
            at: batch.at(),
        });
    }
    db.commit(batch).await.unwrap();
}

/// What the database holds: how far it came, and the newest uses.
async fn look(database: &str, feed: &str) -> (Option<activity::Cursor>, Newest) {
    let db = Db::open(database).await.unwrap();
    let cursor = activity::load_cursor(&db, feed).await.unwrap();
    let mut newest = Newest::new();
    for n in 0..NUMBERS {
        for kind in UsageKind::ALL {
            let kinds = 1 << kind.index();
            if let Some((at, _)) = activity::last_event(&db, msisdn(n), kinds).await.unwrap() {
                newest.insert((n, kind.index()), at.millis() / 1000);
            }
        }
    }
    (cursor, newest)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_usage_file_killed_again_and_again_is_taken_in_exactly() {
    let folder = Folder::new();
    let file = folder.path("usage.csv");
    let database = folder.path("baohao.db");
    let database = database.to_str().unwrap();
    let written = Written::write(&file);
    let feed = service::ingest::feed_of(&mut File::open(&file).unwrap()).unwrap();
    stock(database).await;
    let data = folder.path("");
    let data = data.to_str().unwrap();
    let file = file.to_str().unwrap();
    let import = || baohao(&["import", "usage", file, "--data", data, "--commit-rows", "500"]);

    let (mut reached, mut killed) = (0, 0);
    for round in 0..rounds() {
        // Short moments too: a fast machine takes the whole file in before the long ones.
        let millis_max = [20, 60, 150, 400][usize::try_from(round % 4).unwrap()];
        let mut child = import().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        killed += u64::from(kill_within(&mut child, millis_max));
        let (cursor, newest) = look(database, &feed).await;
        let line = cursor.map_or(0, |cursor| cursor.line);
        assert!(line >= reached, "what was committed stays: {line} after {reached}");
        reached = line;
        assert!(newest == written.newest(line), "exactly the rows up to the cursor, line {line}");
    }
    assert!(killed > 0, "nothing was killed");

    let said = succeed(&import().output().unwrap());
    let (cursor, newest) = look(database, &feed).await;
    assert!(cursor.is_some_and(|cursor| cursor.is_finished), "{said}");
    assert!(newest == written.newest(i64::try_from(ROWS).unwrap() + 1));
    let rejects = std::fs::read_to_string(format!("{file}.rejects.csv")).unwrap();
    let lines: Vec<usize> = rejects
        .lines()
        .skip(1)
        .map(|line| line.split(',').next().unwrap().parse().unwrap())
        .collect();
    let bad = written.uses.iter().enumerate().filter(|(_, used)| used.is_none());
    assert_eq!(lines, bad.map(|(at, _)| at + 2).collect::<Vec<_>>(), "each bad row once");
    let again = succeed(&import().output().unwrap());
    assert!(again.contains("was taken in before"), "{again}");
    verify_audit(folder.path("").as_path());
}
