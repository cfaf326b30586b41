//! Pictures that somebody made to harm: every one ends with a reading or a clear reason, in time,
//! without a panic and without memory that stays taken.
//!
//! 220 in the suite; `BAOHAO_HOSTILE=10000` for the full count. The models are stand-ins that see
//! text and faces everywhere, which is harder on what comes after them than the real ones; where
//! the real ones are (`BAOHAO_MODELS`), they look at a part of the accepted pictures too.

#![expect(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails loudly and says what it counted"
)]

use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder};
use jiff::civil::date;
use reader::{
    DocumentReader, FaceReader, ModelError, ModelFolder, Pool, PoolError, PoolLimits, Runtime,
    Session, Tensor,
};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};
use vision::{ImageError, Limits, Picture, decode};

const DEADLINE: Duration = Duration::from_secs(20);
/// Decoding holds a thread: nothing may take longer, not even on a busy machine.
const DECODE_MAX: Duration = Duration::from_secs(20);
/// Of the accepted pictures, one in so many goes to the real models.
const REAL_EACH: usize = 40;
/// Growth after the first tenth that is still flat: allocators keep some.
const GROWTH_BYTES_MAX: u64 = 160_000_000;

/// xorshift64*: the same pictures in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.roll() % end.max(1) as u64) as usize
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.roll() as u8).collect()
    }
}

/// Text wherever the picture is darker than its neighbour.
#[derive(Debug)]
struct SeesText;

impl Session for SeesText {
    fn run(&self, input: Tensor) -> Result<Vec<Tensor>, ModelError> {
        let [_, _, height, width] = input.shape[..] else { panic!("four axes") };
        let values = input.values[..width * height]
            .windows(2)
            .map(|pair| if pair[0] < pair[1] { 0.9 } else { 0.1 })
            .chain([0.9])
            .collect();
        Ok(vec![Tensor { shape: vec![1, 1, height, width], values }])
    }
}

/// Lines as they stand on documents of every kind that is read, and on two at once.
const LINES: [&str; 34] = [
    "姓名张三",
    "性别女民族汉",
    "出生1990年2月30日",
    "住址北京市东城区样本路1号",
    "公民身份号码11010519491231002X",
    "公民身份号码110105194912310021",
    "签发机关样本市公安局",
    "有效期限2020.01.01-2040.01.01",
    "有效期限2040.01.01-2020.01.01",
    "有效期限2020.01.01-长期",
    "中华人民共和国临时居民身份证",
    "中华人民共和国居民居住证",
    "公民身份号码810000199001010019",
    "通行证号码H12345678",
    "签发次数01",
    "永久居留身份证FOREIGNPERMANENTRESIDENTIDCARD",
    "国籍NATIONALITYUTO",
    "911124198108030024",
    "港澳居民来往内地通行证",
    "H1234567890",
    "台湾居民来往大陆通行证",
    "12345678",
    "CRH1234567890<<<<<<<<<<<<<<<<<",
    "CTT12345678<9<<<<<<<<<<<<<<<<<",
    "中华人民共和国护照PASSPORT",
    "P<CHNZHANG<<SAN<<<<<<<<<<<<<<<<<<<<<<<<<<<<<",
    "E123456784CHN8501012M3001019<<<<<<<<<<<<<<04",
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
    "营业执照",
    "统一社会信用代码91110000600037341L",
    "名称样本(北京)科技有限公司",
    "法定代表人张三营业期限2015年07月27日至2035",
    "年07月26日住所北京市样本路",
];

/// Every sign of those lines, once.
fn alphabet() -> Vec<char> {
    let signs: std::collections::BTreeSet<char> = LINES.iter().flat_map(|l| l.chars()).collect();
    signs.into_iter().collect()
}

/// Signs by chance, or a line of some document, whole, damaged or cut; sometimes it breaks.
#[derive(Debug)]
struct ReadsNonsense(Vec<char>);

impl ReadsNonsense {
    /// One sign in every second step, so that two alike are two; the first class is the blank.
    fn line(&self, dice: &mut Dice, steps: usize, classes: usize) -> Vec<f32> {
        let mut values = vec![0.0; steps * classes];
        let line: Vec<char> = LINES[dice.below(LINES.len())].chars().collect();
        let is_damaged = dice.below(3) == 0;
        for step in 0..steps {
            let sign = line.get(step / 2).filter(|_| step % 2 == 0);
            let class = sign.and_then(|sign| self.0.iter().position(|known| known == sign));
            let class = match class {
                Some(_) if is_damaged && dice.below(6) == 0 => dice.below(classes),
                class => class.map_or(0, |class| class + 1),
            };
            values[step * classes + class] = 0.5 + dice.below(500) as f32 / 1000.0;
        }
        values
    }
}

impl Session for ReadsNonsense {
    fn run(&self, input: Tensor) -> Result<Vec<Tensor>, ModelError> {
        let (steps, classes) = (input.shape[3] / 8, self.0.len() + 2);
        let seed = input.values.iter().step_by(97).map(|v| u64::from(v.to_bits())).sum::<u64>() | 1;
        let mut dice = Dice(seed);
        if dice.below(400) == 0 {
            return Err(ModelError::Run("broken".to_owned()));
        }
        let values = match dice.below(3) {
            0 => (0..steps * classes).map(|_| dice.below(1000) as f32 / 1000.0).collect(),
            _ => self.line(&mut dice, steps, classes),
        };
        Ok(vec![Tensor { shape: vec![1, steps, classes], values }])
    }
}

/// A few faces wherever it looks: whole ones, ones of no size, beyond the picture, turned inside
/// out, of numbers that are none; sometimes it breaks or answers in another shape.
#[derive(Debug)]
struct SeesFaces;

impl SeesFaces {
    fn wild(dice: &mut Dice) -> f32 {
        match dice.below(12) {
            0 => f32::NAN,
            1 => f32::INFINITY,
            2 => -1.0e30,
            3 => 88.0,
            4 => 0.0,
            _ => dice.below(12_000) as f32 / 1000.0 - 6.0,
        }
    }
}

impl Session for SeesFaces {
    fn run(&self, input: Tensor) -> Result<Vec<Tensor>, ModelError> {
        let seed = input.values.iter().step_by(97).map(|v| u64::from(v.to_bits())).sum::<u64>() | 1;
        let mut dice = Dice(seed);
        match dice.below(200) {
            0 => return Err(ModelError::Run("broken".to_owned())),
            1 => return Ok(vec![Tensor { shape: vec![1, 1], values: vec![0.5] }]),
            _ => {}
        }
        let side = input.shape[3];
        let mut outputs = Vec::new();
        for width in [1, 1, 4, 10] {
            for stride in [8, 16, 32] {
                let cells = (side / stride).pow(2);
                let values = vec![0.0; cells * width];
                outputs.push(Tensor { shape: vec![1, cells, width], values });
            }
        }
        // Places as a face has them, of which one or two are wild.
        let usual = [-1.0, -1.0, 1.0, -1.0, 0.0, 0.0, -0.8, 1.0, 0.8, 1.0];
        for _ in 0..dice.below(5) {
            let grid = dice.below(3);
            let cell = dice.below(outputs[grid].values.len());
            let scale = dice.below(8) as f32;
            for kind in [0, 3] {
                outputs[kind + grid].values[cell] = 0.6 + dice.below(500) as f32 / 1000.0;
            }
            let mut place = [0.5, 0.5, 1.5, 1.8];
            let mut marks = usual.map(|mark: f32| mark * scale);
            if dice.below(2) == 0 {
                place[dice.below(4)] = Self::wild(&mut dice);
                marks[dice.below(10)] = Self::wild(&mut dice);
            }
            outputs[6 + grid].values[cell * 4..cell * 4 + 4].copy_from_slice(&place);
            outputs[9 + grid].values[cell * 10..cell * 10 + 10].copy_from_slice(&marks);
        }
        Ok(outputs)
    }
}

/// Vectors by chance, of no length, of numbers that are none, too short.
#[derive(Debug)]
struct Embeds;

impl Session for Embeds {
    fn run(&self, input: Tensor) -> Result<Vec<Tensor>, ModelError> {
        let seed = input.values.iter().step_by(97).map(|v| u64::from(v.to_bits())).sum::<u64>() | 1;
        let mut dice = Dice(seed);
        let length = if dice.below(30) == 0 { dice.below(128) } else { 128 };
        let values = match dice.below(4) {
            0 => vec![0.0; length],
            1 => vec![f32::NAN; length],
            _ => (0..length).map(|_| dice.below(2000) as f32 / 1000.0 - 1.0).collect(),
        };
        Ok(vec![Tensor { shape: vec![1, length], values }])
    }
}

/// The metadata of an ONNX file that names an alphabet, and nothing else.
fn onnx(alphabet: &[char]) -> Vec<u8> {
    let length = |mut length: usize| {
        let mut bytes = Vec::new();
        while length > 127 {
            bytes.push(length as u8 | 128);
            length >>= 7;
        }
        bytes.push(length as u8);
        bytes
    };
    let field = |field: u8, content: &[u8]| {
        [&[field << 3 | 2][..], &length(content.len()), content].concat()
    };
    let lines: Vec<String> = alphabet.iter().map(char::to_string).collect();
    let value = field(2, lines.join("\n").as_bytes());
    field(14, &[field(1, b"character"), value].concat())
}

fn noise(dice: &mut Dice, width: u32, height: u32) -> Picture {
    let (kind, step) = (dice.below(3), dice.below(40) as u32 + 2);
    let mut raw = Vec::with_capacity((width * height * 3) as usize);
    for y in 0..height {
        for x in 0..width {
            let value = match kind {
                0 => dice.roll() as u8,
                1 if (x / step + y / step) % 2 == 0 => 20,
                1 => 230,
                _ => (x * 255 / width.max(1)) as u8,
            };
            raw.extend([value, value / 2, 255 - value]);
        }
    }
    Picture::from_raw(width, height, raw).expect("whole")
}

fn sized(dice: &mut Dice) -> Picture {
    let (width, height) = (200 + dice.below(300) as u32, 200 + dice.below(200) as u32);
    noise(dice, width, height)
}

fn png(picture: &Picture) -> Vec<u8> {
    let mut out = Vec::new();
    PngEncoder::new(&mut out)
        .write_image(picture.raw(), picture.width(), picture.height(), ExtendedColorType::Rgb8)
        .expect("in memory");
    out
}

fn webp(picture: &Picture) -> Vec<u8> {
    let mut out = Vec::new();
    WebPEncoder::new_lossless(&mut out)
        .write_image(picture.raw(), picture.width(), picture.height(), ExtendedColorType::Rgb8)
        .expect("in memory");
    out
}

fn deep(dice: &mut Dice) -> Vec<u8> {
    let mut out = Vec::new();
    let raw = dice.bytes(240 * 220 * 6);
    PngEncoder::new(&mut out)
        .write_image(&raw, 240, 220, ExtendedColorType::Rgb16)
        .expect("in memory");
    out
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 }
        })
    })
}

fn chunk(name: &[u8], content: &[u8]) -> Vec<u8> {
    let body = [name, content].concat();
    let length = u32::try_from(content.len()).expect("short").to_be_bytes();
    [&length[..], &body, &crc(&body).to_be_bytes()].concat()
}

/// A PNG that says it has so many pixels, and holds a few bytes.
fn claimed(width: u32, height: u32, between: &[u8]) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    let data = chunk(b"IDAT", &[0x78, 0x9c, 0x63, 0, 0, 0, 1, 0, 1]);
    [&b"\x89PNG\r\n\x1a\n"[..], &chunk(b"IHDR", &header), between, &data, &chunk(b"IEND", b"")]
        .concat()
}

/// A flat baseline JPEG of `components` colours: 4 is CMYK as Adobe writes it.
fn flat_jpeg(components: u8, side: u16, transform: u8) -> Vec<u8> {
    let segment = |marker: u8, content: &[u8]| {
        let length = u16::try_from(content.len() + 2).expect("short").to_be_bytes();
        [&[0xff, marker][..], &length, content].concat()
    };
    let each = |of: &dyn Fn(u8) -> Vec<u8>| (1..=components).flat_map(of).collect::<Vec<u8>>();
    let size = side.to_be_bytes();
    let frame = [&[8][..], &size, &size, &[components], &each(&|id| vec![id, 0x11, 0])].concat();
    let scan = [&[components][..], &each(&|id| vec![id, 0]), &[0, 63, 0]].concat();
    let codes = |class: u8, counts: [u8; 2], values: &[u8]| {
        [&[class][..], &counts, &[0; 14], values].concat()
    };
    let blocks = usize::from(side.div_ceil(8)).pow(2) * usize::from(components);
    // `00` for every block: no change of the mean, and the end of the block.
    let data = vec![0; blocks.div_ceil(4)];
    [
        vec![0xff, 0xd8],
        segment(0xee, &[b"Adobe\0\x64\0\0\0\0".as_slice(), &[transform]].concat()),
        segment(0xdb, &[&[0][..], &[16; 64]].concat()),
        segment(0xc0, &frame),
        segment(0xc4, &codes(0, [1, 0], &[0])),
        segment(0xc4, &codes(0x10, [1, 0], &[0])),
        segment(0xda, &scan),
        data,
        vec![0xff, 0xd9],
    ]
    .concat()
}

fn scratched(dice: &mut Dice, mut bytes: Vec<u8>, within: usize) -> Vec<u8> {
    for _ in 0..=dice.below(12) {
        let at = dice.below(within.min(bytes.len()));
        bytes[at] = dice.roll() as u8;
    }
    bytes
}

fn cut_short(dice: &mut Dice, bytes: Vec<u8>) -> Vec<u8> {
    let end = dice.below(bytes.len());
    bytes[..end].to_vec()
}

/// A WebP of one frame that says it moves (VP8X, ANIM, ANMF).
fn animated_webp(dice: &mut Dice) -> Vec<u8> {
    let still = webp(&noise(dice, 210, 210));
    let length = |content: &[u8]| u32::try_from(content.len()).expect("short").to_le_bytes();
    let part = |name: &[u8], content: &[u8]| [name, &length(content), content].concat();
    let size = [209, 0, 0, 209, 0, 0];
    let frame = [&[0; 6][..], &size, &[100, 0, 0, 0], &still[12..]].concat();
    let parts = [
        part(b"VP8X", &[&[2, 0, 0, 0][..], &size].concat()),
        part(b"ANIM", &[0; 6]),
        part(b"ANMF", &frame),
    ];
    part(b"RIFF", &[&b"WEBP"[..], &parts.concat()].concat())
}

/// An EXIF block of nonsense after the start of a JPEG.
fn with_exif(dice: &mut Dice, jpeg: &[u8]) -> Vec<u8> {
    let length = 40 + dice.below(4000);
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend(dice.bytes(length));
    let size = u16::try_from(exif.len() + 2).expect("short").to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &size, &exif, &jpeg[2..]].concat()
}

const KINDS: usize = 22;

fn hostile(index: usize) -> (&'static str, Vec<u8>) {
    let dice = &mut Dice(0x9e37_79b9_7f4a_7c15 ^ (index as u64 + 1) << 17);
    let picture = sized(dice);
    match index % KINDS {
        0 => ("jpeg, header fuzzed", scratched(dice, picture.to_jpeg(), 620)),
        1 => ("jpeg, body fuzzed", scratched(dice, picture.to_jpeg(), usize::MAX)),
        2 => ("png, fuzzed", scratched(dice, png(&picture), usize::MAX)),
        3 => ("webp, header fuzzed", scratched(dice, webp(&picture), 60)),
        4 => ("webp, body fuzzed", scratched(dice, webp(&picture), usize::MAX)),
        5 => ("bomb: many pixels", claimed(60_000 + dice.below(1_000_000) as u32, 60_000, b"")),
        6 => ("bomb: few bytes", claimed(7000, 7000, b"")),
        7 => {
            let text = [&b"k\0\0"[..], &dice.bytes(60_000)].concat();
            ("bomb: text", claimed(300, 300, &chunk(b"zTXt", &text)))
        }
        8 => ("jpeg, truncated", cut_short(dice, picture.to_jpeg())),
        9 => ("png, truncated", cut_short(dice, png(&picture))),
        10 => ("webp, truncated", cut_short(dice, webp(&picture))),
        11 => {
            let frames = chunk(b"acTL", &[0, 0, 0, 9, 0, 0, 0, 0]);
            ("png, animated", claimed(300, 300, &frames))
        }
        12 => ("webp, animated", animated_webp(dice)),
        13 => ("gif", [&b"GIF89a"[..], &dice.bytes(3000)].concat()),
        14 => ("polyglot: pdf", [&b"%PDF-1.7\n"[..], &picture.to_jpeg()].concat()),
        15 => (
            "polyglot: script",
            [&picture.to_jpeg()[..], b"<script>alert(1)</script>PK\x03\x04"].concat(),
        ),
        16 => ("1 x 1", png(&noise(dice, 1, 1))),
        17 if dice.below(2) == 0 => ("20000 x 1", png(&noise(dice, 20_000, 1))),
        17 => ("1 x 20000", png(&noise(dice, 1, 20_000))),
        18 => ("cmyk", flat_jpeg(4, 300, [0, 2][dice.below(2)])),
        19 => ("16 bit", deep(dice)),
        20 => (
            "wrong extension",
            match dice.below(3) {
                0 => [&b"BM"[..], &dice.bytes(500)].concat(),
                1 => [&b"\0\0\0\x18ftypheic"[..], &dice.bytes(500)].concat(),
                _ => dice.bytes(700),
            },
        ),
        _ => ("exif of nonsense", with_exif(dice, &picture.to_jpeg())),
    }
}

/// Bytes of memory that the process holds, where the system says so.
fn held_bytes() -> Option<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    pages.split_whitespace().nth(1)?.parse::<u64>().ok().map(|pages| pages * 4096)
}

fn models() -> Option<ModelFolder> {
    Some(ModelFolder::new(std::env::var_os("BAOHAO_MODELS")?))
}

/// What looks at a picture; the real one only at some.
type Look = Box<dyn Fn(Picture, Instant) -> Result<(), ModelError> + Send + Sync>;

fn pool() -> Pool {
    let limits = PoolLimits { deadline: DEADLINE, ..PoolLimits::default() };
    Pool::start(limits).expect("a thread")
}

/// Gives one picture to the pool and waits for its answer.
fn answer(
    what: &str,
    pool: &Pool,
    (look, picture): (&Arc<Look>, Picture),
) -> (Result<(), PoolError>, Duration) {
    let (send, receive) = mpsc::channel();
    let begun = Instant::now();
    let look = Arc::clone(look);
    pool.submit(move |until| look(picture, until), move |seen| send.send(seen).expect("heard"));
    // The deadline is looked at between steps: a step that was begun is ended first.
    let answer = receive.recv_timeout(DEADLINE * 2);
    let answer = answer.unwrap_or_else(|_| panic!("{what}: no answer within twice the deadline"));
    (answer, begun.elapsed())
}

/// What was said of each kind, how often.
type Told = BTreeMap<(&'static str, &'static str), u32>;

/// Decodes so many hostile pictures within `limits`, has those that are accepted looked at, and
/// says what came of each kind.
fn attack(limits: &Limits, look: Look, real: Option<Look>) -> Told {
    let count = std::env::var("BAOHAO_HOSTILE").map_or(220, |n| n.parse().expect("a number"));
    let (pool, look, real) = (pool(), Arc::new(look), real.map(Arc::new));
    let mut told = Told::new();
    let (mut accepted, mut seen, mut warm) = (0, 0, None);
    let (mut slowest, mut slowest_real) = (Duration::ZERO, Duration::ZERO);
    for index in 0..count {
        let (kind, bytes) = hostile(index);
        let begun = Instant::now();
        let decoded = catch_unwind(AssertUnwindSafe(|| decode(&bytes, limits)));
        let decoded = decoded.unwrap_or_else(|_| panic!("{kind} {index}: decoding panicked"));
        assert!(begun.elapsed() < DECODE_MAX, "{kind} {index}: {:?}", begun.elapsed());
        let said = match decoded {
            Err(error) => {
                assert!(ImageError::ALL.contains(&error));
                error.code()
            }
            Ok(decoded) => {
                accepted += 1;
                if let Some(real) = real.as_ref().filter(|_| accepted % REAL_EACH == 1) {
                    let what = format!("{kind} {index}, real");
                    let (read, took) = answer(&what, &pool, (real, decoded.picture.clone()));
                    assert_ne!(read, Err(PoolError::Failed), "{kind} {index}: the models failed");
                    slowest_real = slowest_real.max(took);
                    seen += 1;
                }
                let what = format!("{kind} {index}");
                let (read, took) = answer(&what, &pool, (&look, decoded.picture));
                slowest = slowest.max(took);
                match read {
                    Ok(()) => "looked at",
                    Err(PoolError::Failed) => "model failed",
                    Err(PoolError::Deadline) => "deadline",
                    Err(PoolError::Full) => panic!("{kind} {index}: nobody else waits"),
                }
            }
        };
        *told.entry((kind, said)).or_default() += 1;
        if index == count / 10 {
            warm = held_bytes();
        }
    }
    for ((kind, said), times) in &told {
        eprintln!("{kind:<20} {said:<16} {times}");
    }
    let grown = warm.zip(held_bytes()).map(|(before, after)| after.saturating_sub(before));
    eprintln!(
        "{count} pictures, {accepted} accepted, {seen} by the real models too, slowest \
         {slowest:?} and {slowest_real:?}, grown {grown:?}"
    );
    assert!(grown.is_none_or(|grown| grown < GROWTH_BYTES_MAX), "{grown:?} bytes more");
    for (kind, said) in [
        ("bomb: many pixels", "too_many_pixels"),
        ("png, animated", "animated"),
        ("webp, animated", "animated"),
        ("polyglot: pdf", "pdf"),
        ("1 x 1", "too_small"),
        ("gif", "not_an_image"),
        ("jpeg, truncated", "truncated"),
        ("16 bit", "looked at"),
    ] {
        assert!(told.contains_key(&(kind, said)), "{kind} was never told as {said}: {told:?}");
    }
    assert!(told.keys().all(|(kind, said)| *kind != "cmyk" || *said != "not_an_image"));
    told
}

#[test]
fn every_hostile_picture_ends_with_a_reading_or_a_clear_reason() {
    let look = |reader: DocumentReader| -> Look {
        Box::new(move |picture, until| reader.read(&picture, date(2026, 11, 27), until).map(drop))
    };
    let signs = alphabet();
    let nonsense = Box::new(ReadsNonsense(signs.clone()));
    let reader = DocumentReader::new(Box::new(SeesText), nonsense, &onnx(&signs));
    let real = models()
        .map(|folder| reader::document_reader(&folder, &Runtime::default()).expect("models"));
    attack(&Limits::default(), look(reader.expect("an alphabet")), real.map(look));
}

/// As a portrait, as the photo of the document beside one, and as a picture of a film, whose files
/// are smaller.
#[test]
fn every_hostile_portrait_and_film_ends_with_faces_or_a_clear_reason() {
    let look = |reader: FaceReader| -> Look {
        let good = vision::specimen::portrait(&vision::specimen::Holder::default());
        Box::new(move |picture, until| {
            // The three ways in turn, by the picture itself.
            match picture.raw().iter().map(|byte| usize::from(*byte)).sum::<usize>() % 3 {
                0 => reader.look(&picture, Some(&good), until).map(drop),
                1 => reader.look(&good, Some(&picture), until).map(drop),
                _ => reader.follow(&picture, until).map(drop),
            }
        })
    };
    let real =
        models().map(|folder| reader::face_reader(&folder, &Runtime::default()).expect("models"));
    let reader = FaceReader::new(Box::new(SeesFaces), Box::new(Embeds));
    // What a picture of a film may have: `FRAME_BYTES_MAX` of the use case.
    let limits = Limits { bytes_max: 1_000_000, ..Limits::default() };
    attack(&limits, look(reader), real.map(look));
}
