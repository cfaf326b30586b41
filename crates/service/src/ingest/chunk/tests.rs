use super::*;
use crate::ingest::blocks::Blocks;
use crate::ingest::fault::RowFault;
use crate::ingest::is_foreign;
use crate::ingest::parse::{Parsed, Reading, parse};
use crate::ingest::rejects::rejects_of;
use domain::time::At;
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use std::io::{Cursor, Write};

type Seen = (Vec<(u64, i64)>, Vec<(u64, RowFault)>);

/// Reads all of `file` in chunks of about `chunk_bytes`: the good rows by line and instant, the bad
/// ones by line and reason, and where each chunk ended.
fn read(file: &[u8], chunk_bytes: usize) -> Result<(Seen, Vec<(u64, u64)>), Error> {
    read_from(file, chunk_bytes, 0, 0)
}

fn read_from(
    file: &[u8],
    chunk_bytes: usize,
    offset: u64,
    line: u64,
) -> Result<(Seen, Vec<(u64, u64)>), Error> {
    let input = Box::new(Cursor::new(file.to_vec()));
    let mut chunks = Chunks::open(input, chunk_bytes, offset)?;
    let (mut uses, mut faults, mut ends) = (Vec::new(), Vec::new(), Vec::new());
    let (mut text, mut parsed) = (Text::default(), [Parsed::default(), Parsed::default()]);
    let mut line = line.max(chunks.header_lines);
    while chunks.next(&mut text)? {
        let latest = At::from_millis(i64::MAX);
        let reading = Reading { form: chunks.form, latest, is_open: text.is_open };
        parse(&text.bytes, reading, &Blocks::default(), &mut parsed);
        if ends.is_empty() && is_foreign(&parsed) {
            return Err(FileRefusal::NotUtf8.into());
        }
        // Where a row stands is told by its line, as it is for a rejected one.
        let bad: Vec<_> = parsed.iter().flat_map(|part| part.faults.clone()).collect();
        let told = rejects_of(&text.bytes, line, &bad);
        faults.extend(told.into_iter().map(|reject| (reject.line, reject.fault)));
        let events = parsed.iter().flat_map(|part| &part.waiting);
        let mut good: Vec<_> = events.map(|event| (event.from, event.used.second)).collect();
        good.sort_unstable();
        for (from, second) in good {
            let told = rejects_of(&text.bytes, line, &[(from, RowFault::Columns)]);
            uses.push((told[0].line, second.at().millis() / 1000));
        }
        line += parsed.iter().map(|part| part.lines).sum::<u64>();
        ends.push((text.offset_bytes, line));
    }
    Ok(((uses, faults), ends))
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn file(rows: &[Option<u32>]) -> String {
    let line = |row: &Option<u32>| match row {
        Some(second) => format!("13800138000,mo_sms,{}\n", 1_700_000_000 + second),
        None => "13800138000,nothing,1\r\n".to_owned(),
    };
    "msisdn,kind,instant\n".to_owned() + &rows.iter().map(line).collect::<String>()
}

fn refusal(file: &[u8]) -> &'static str {
    match read(file, 1 << 20) {
        Err(Error::Refused(refused)) => refused.code,
        other => panic!("{other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn pieces_of_any_size_give_the_rows_of_the_whole(
        rows in prop::collection::vec(prop::option::weighted(0.9, 0_u32..1000), 1..80),
        chunk_bytes in 1_usize..300,
        zipped in any::<bool>(),
        resume in any::<prop::sample::Index>(),
    ) {
        let text = file(&rows);
        let bytes = if zipped { gzip(text.as_bytes()) } else { text.clone().into_bytes() };
        let ((uses, faults), ends) = read(&bytes, chunk_bytes).unwrap();
        let line = |at: usize| at as u64 + 2;
        let want = |(at, row): (usize, &Option<u32>)| {
            row.map(|s| (line(at), 1_700_000_000 + i64::from(s)))
        };
        let wanted: Vec<(u64, i64)> = rows.iter().enumerate().filter_map(want).collect();
        prop_assert_eq!(&uses, &wanted);
        prop_assert_eq!(faults.len() + uses.len(), rows.len());
        prop_assert_eq!(ends.last(), Some(&(text.len() as u64, rows.len() as u64 + 1)));
        // Going on from the end of any chunk gives the rest.
        let &(offset, line) = resume.get(&ends);
        let ((rest, _), _) = read_from(&bytes, chunk_bytes, offset, line).unwrap();
        let later: Vec<_> = uses.iter().copied().filter(|(at, _)| *at > line).collect();
        prop_assert_eq!(rest, later);
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), size in 1_usize..64) {
        let _ = read(&bytes, size);
        let headed = [b"msisdn,kind,instant\n".as_slice(), &bytes].concat();
        let _ = read(&headed, size);
    }
}

#[test]
fn marks_at_the_start_are_understood() {
    let text = file(&[Some(1), Some(2)]);
    let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    let (seen, _) = read(text.as_bytes(), 1 << 20).unwrap();
    assert_eq!(read(&marked, 1 << 20).unwrap().0, seen);
    assert_eq!(read(&gzip(&marked), 16).unwrap().0, seen);
    let json = r#"{"msisdn":"13800138000","kind":"mo_sms","instant":1700000001}
{"msisdn":"13800138000","kind":"mo_sms","instant":1700000002}
"#;
    let ((uses, faults), _) = read(json.as_bytes(), 16).unwrap();
    assert_eq!((uses, faults), (vec![(1, 1_700_000_001), (2, 1_700_000_002)], vec![]));
}

#[test]
fn files_that_cannot_be_read_are_refused_as_a_whole() {
    let utf16: Vec<u8> = file(&[Some(1)]).encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(refusal(b""), "usage_file.empty");
    assert_eq!(refusal(&[b"\xff\xfe".as_slice(), &utf16].concat()), "usage_file.utf16");
    assert_eq!(refusal(&utf16), "usage_file.utf16");
    assert_eq!(refusal(b"\xba\xc5\xc2\xeb,kind,instant\n"), "usage_file.not_utf8");
    assert_eq!(refusal(b"number,kind,instant\n"), "usage_file.column_missing");
    let gbk = b"13800138000,mo_sms,1700000000,\xb1\xb1\xbe\xa9\n".repeat(20);
    let gbk = [b"msisdn,kind,instant,place\n".as_slice(), &gbk].concat();
    assert_eq!(refusal(&gbk), "usage_file.not_utf8");
    assert_eq!(refusal(&vec![b'a'; 100_000]), "usage_file.no_header");
    let zipped = gzip(file(&vec![Some(1); 5000]).as_bytes());
    assert_eq!(refusal(&zipped[..zipped.len() / 2]), "usage_file.compressed");
}

#[test]
fn odd_lines_are_rejected_by_their_number() {
    let mut text = file(&[Some(1)]).into_bytes();
    text.extend_from_slice(b"13800138000,mo_sms,17000\xff\n\n   \n");
    text.extend(vec![b'x'; 200_000]);
    text.extend_from_slice(b"\n13800138000,mo_sms,1700000003\n13800138000,mo_sms,170000");
    for chunk_bytes in [7, 1000, 1 << 20] {
        let ((uses, faults), ends) = read(&text, chunk_bytes).unwrap();
        assert_eq!(uses, [(2, 1_700_000_001), (7, 1_700_000_003)], "{chunk_bytes}");
        let wanted = [(3, RowFault::Encoding), (6, RowFault::TooLong), (8, RowFault::CutOff)];
        assert_eq!(faults, wanted, "{chunk_bytes}");
        assert_eq!(ends.last(), Some(&(text.len() as u64, 8)), "{chunk_bytes}");
    }
}
