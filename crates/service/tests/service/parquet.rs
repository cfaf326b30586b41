//! Usage files in Parquet, where the program is built to read them.
#![cfg(feature = "parquet")]
#![expect(clippy::unwrap_used, reason = "tests")]

use domain::access::Actor;
use domain::id::OperatorId;
use domain::msisdn::Msisdn;
use domain::number::{Facts, UsageKind};
use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use service::ingest::{MEMORY_BYTES, Rejects, Source, feed_of, import, parquet_rows};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use store::number::{self, NumberRow};
use store::{Batch, activity};
use testkit::{START, TestApp, folder, on_both_engines};

const SCHEMA: &str = "message usage {
    optional binary cell (UTF8);
    required int64 MSISDN;
    required binary kind (UTF8);
    required int64 instant (TIMESTAMP(MICROS, true));
}";

/// Rows of number, kind and second.
fn write(path: &Path, rows: &[(i64, &str, i64)]) {
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut writer =
        SerializedFileWriter::new(File::create(path).unwrap(), schema, Arc::new(properties))
            .unwrap();
    for some in rows.chunks(2) {
        let mut group = writer.next_row_group().unwrap();
        let texts = |column: &dyn Fn(&(i64, &str, i64)) -> String| -> Vec<ByteArray> {
            some.iter().map(|row| ByteArray::from(column(row).as_str())).collect()
        };
        let numbers = |column: &dyn Fn(&(i64, &str, i64)) -> i64| -> Vec<i64> {
            some.iter().map(column).collect()
        };
        let cells = texts(&|_| "a,\"b\"".to_owned());
        let mut column = group.next_column().unwrap().unwrap();
        let levels = vec![1; some.len()];
        column.typed::<ByteArrayType>().write_batch(&cells, Some(&levels), None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int64Type>().write_batch(&numbers(&|row| row.0), None, None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        let kinds = texts(&|row| row.1.to_owned());
        column.typed::<ByteArrayType>().write_batch(&kinds, None, None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        let micros = numbers(&|row| row.2 * 1_000_000);
        column.typed::<Int64Type>().write_batch(&micros, None, None).unwrap();
        column.close().unwrap();
        group.close().unwrap();
    }
    writer.close().unwrap();
}

on_both_engines! {
    async fn a_parquet_file_is_taken_in_like_its_rows_as_csv(db: Fresh) {
        let app = TestApp::on(db).await;
        let msisdn = Msisdn::parse("13800130000").unwrap();
        let mut batch = Batch::new(app.now());
        let facts = Facts::in_stock(START);
        number::insert(
            &mut batch,
            &NumberRow { msisdn, operator_id: OperatorId(1), version: 1, facts },
        );
        app.store.db.commit(batch).await.unwrap();

        let path = folder().join("usage.parquet");
        let day = |days: i64| START.plus_days(days).millis() / 1000;
        let number = 8_613_800_130_000;
        let rows = [
            (number, "mo_sms", day(-20)),
            (number, "mo_call", day(-9)),
            (13_800_130_001, "mo_call", day(-9)),
            (number, "mo,call", day(-8)),
            (number, "mo_call", day(-10)),
        ];
        write(&path, &rows);
        let take = || async {
            let mut file = File::open(&path).unwrap();
            let feed = feed_of(&mut file).unwrap();
            let input = parquet_rows(&File::open(&path).unwrap()).unwrap().unwrap();
            let source = Source { input, feed, commit_rows: 2, memory_bytes: MEMORY_BYTES };
            let mut rejects = Rejects::keep(10);
            let stop = AtomicBool::new(false);
            let report = import(&app, &Actor::System, source, &mut rejects, &stop, &|_| {}).await;
            (report.unwrap(), rejects.into_kept())
        };
        let (report, rejects) = take().await;
        assert_eq!((report.done, report.rejected, report.is_finished), (3, 2, true));
        let lines: Vec<u64> = rejects.iter().map(|reject| reject.line).collect();
        assert_eq!(lines, [4, 5]);
        let found = activity::last_event(&app.store.db, msisdn, u16::MAX).await.unwrap();
        let wanted = (START.plus_days(-9).millis() / 1000, UsageKind::MoCall.index());
        assert_eq!(found.map(|(at, kind)| (at.millis() / 1000, kind)), Some(wanted));
        let (again, _) = take().await;
        assert_eq!((again.done, again.rejected, again.skipped), (0, 0, 5));
    }
}

#[test]
fn a_cut_parquet_file_is_told_and_a_csv_is_left_alone() {
    use std::io::Read;
    let path = folder().join("usage.parquet");
    write(&path, &[(8_613_800_130_000, "mo_sms", 1_773_451_613)]);
    let whole = std::fs::read(&path).unwrap();
    let half = path.with_extension("half");
    std::fs::write(&half, whole.get(..whole.len() / 2).unwrap()).unwrap();
    let mut rows = parquet_rows(&File::open(&half).unwrap()).unwrap().unwrap();
    let error = rows.read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
    let csv = path.with_extension("csv");
    std::fs::write(&csv, "msisdn,kind,instant\n").unwrap();
    assert!(parquet_rows(&File::open(&csv).unwrap()).unwrap().is_none());
}
