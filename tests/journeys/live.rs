//! The live capture in a real browser: a camera that shows a drawn person, who does as the page
//! says or does not; no camera, a refused one, a page that nobody looks at, and no JavaScript.
//!
//! The camera is Chromium's own, fed from a file of which every picture is read when its turn
//! comes. While it runs the test writes the person's next pose over the file: so the person can
//! follow an order that nobody knew when the camera was opened.

use crate::program::Demo;
use crate::webdriver::Camera;
use crate::{Visitor, begin, driver, models, upload, visit_with, window};
use domain::live::Step;
use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};
use testkit::faces::{CAMERA, Pose, before_camera};
use vision::Picture;

/// Pictures of the film; each is a little different, as of a living person.
const FRAMES: u32 = 6;
/// What stands before each picture of the file.
const BEFORE: &[u8] = b"FRAME\n";
/// Longer than the page takes for a film.
const PATIENCE: Duration = Duration::from_secs(90);

/// The first line of the film.
fn head() -> String {
    let (wide, high) = CAMERA;
    format!("YUV4MPEG2 W{wide} H{high} F20:1 Ip A1:1 C420jpeg\n")
}

/// A camera whose picture the test changes.
struct Person {
    path: PathBuf,
    file: File,
    /// Every pose that the tests know, drawn beforehand: a person turns in no time.
    poses: Vec<(Pose, Vec<Vec<u8>>)>,
}

impl Person {
    fn sits(pose: Pose) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("baohao-camera-{}-{count}.y4m", std::process::id());
        let path = std::env::temp_dir().join(name);
        let mut file = File::create(&path).expect("a film");
        file.write_all(head().as_bytes()).expect("a head");
        let poses = [Pose::STRAIGHT, Pose::NOBODY].into_iter().chain(Step::ALL.map(Pose::of));
        let drawn = |pose: Pose| (0..FRAMES).map(|at| planes(&before_camera(pose, at))).collect();
        let poses: Vec<(Pose, Vec<Vec<u8>>)> = poses.map(|pose| (pose, drawn(pose))).collect();
        let person = Self { path, file, poses };
        person.moves(pose);
        person
    }

    /// The person moves: every picture of the film is another one from now on.
    fn moves(&self, pose: Pose) {
        let known = self.poses.iter().find(|(known, _)| *known == pose);
        let mut place = head().len() as u64;
        for picture in &known.expect("a pose that was drawn").1 {
            self.file.write_all_at(BEFORE, place).expect("a picture");
            self.file.write_all_at(picture, place + BEFORE.len() as u64).expect("a picture");
            place += (BEFORE.len() + picture.len()) as u64;
        }
    }
}

impl Person {
    /// Nobody sits so still that two pictures are the same: a corner of every picture flickers.
    fn breathes(&self, count: u32) {
        let (wide, _) = CAMERA;
        let light = 120 + u8::try_from(count % 97).unwrap_or(0);
        let row = [light; 16];
        let mut place = head().len() as u64;
        for picture in self.poses.first().map(|(_, film)| film).into_iter().flatten() {
            let first = place + BEFORE.len() as u64;
            for down in 0..16 {
                let at = first + u64::from(down * wide);
                self.file.write_all_at(&row, at).expect("a corner");
            }
            place += (BEFORE.len() + picture.len()) as u64;
        }
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.path));
    }
}

/// As cameras hand pictures on: light, then the two colours at half the size (JFIF, 4:2:0).
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a weighted mean of bytes is a byte"
)]
fn planes(picture: &Picture) -> Vec<u8> {
    let (wide, high) = CAMERA;
    let pixel = |x: u32, y: u32| {
        let start = ((y * wide + x) * 3) as usize;
        [0, 1, 2].map(|channel| f32::from(picture.raw()[start + channel]))
    };
    let mut out = Vec::with_capacity((wide * high * 3 / 2) as usize);
    for y in 0..high {
        for x in 0..wide {
            let [r, g, b] = pixel(x, y);
            out.push((0.299 * r + 0.587 * g + 0.114 * b) as u8);
        }
    }
    for weights in [[-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]] {
        for y in (0..high).step_by(2) {
            for x in (0..wide).step_by(2) {
                let [r, g, b] = pixel(x, y);
                let [wr, wg, wb]: [f32; 3] = weights;
                out.push((wr * r + wg * g + wb * b + 128.0) as u8);
            }
        }
    }
    out
}

/// What the page says.
fn said(visitor: &Visitor<'_>) -> String {
    visitor.page.text("[data-say]")
}

/// Comes to the page of the live capture with an application that only is not sent.
fn come(visitor: &Visitor<'_>, mail: &str) {
    let page = &visitor.page;
    let free = visitor.demo.get("/numbers/free");
    begin(visitor, &free[0], mail, "myself");
    visitor.go("/register/document");
    page.pick("[name=document][value=resident_id]");
    visitor.send();
    upload(visitor, "front");
    upload(visitor, "back");
    visitor.go("/register/identity");
    page.fill("[name=name]", "样本三");
    page.fill("[name=document_number]", "11010519491231002X");
    if !page.has("[name=is_long_term]:checked") && !page.has("[name='expires-year'][value='2040']")
    {
        page.fill("[name='expires-year']", "2040");
        page.fill("[name='expires-month']", "1");
        page.fill("[name='expires-day']", "1");
    }
    visitor.send();
    visitor.go("/register/photo/portrait");
    upload(visitor, "portrait");
    visitor.go("/register/consents");
    page.pick("[name=registration]");
    page.pick("[name=portrait]");
    visitor.send();
    visitor.follow("main a[href='/register/live']");
}

/// Presses the button and lets the person do what `acts` does to each sentence of the page, until
/// it says that it has ended.
fn film(visitor: &Visitor<'_>, person: Option<&Person>, acts: impl FnMut(&str)) -> String {
    // What it says of the last film is no answer to this one.
    visitor.page.run("document.querySelector('[data-say]').textContent = ''");
    visitor.page.click("[data-live] button");
    std::thread::scope(|scope| {
        // Dropped at the end, whatever happened: then the person is let go.
        let (_over, until_over) = mpsc::channel::<()>();
        if let Some(person) = person {
            scope.spawn(move || {
                let mut count = 0;
                while until_over.recv_timeout(BREATH) == Err(RecvTimeoutError::Timeout) {
                    count += 1;
                    person.breathes(count);
                }
            });
        }
        listen(visitor, acts)
    })
}

/// How often the corner changes: a camera shows at least as many pictures.
const BREATH: Duration = Duration::from_millis(50);

/// What the page says at the end; the person hears everything before.
fn listen(visitor: &Visitor<'_>, mut acts: impl FnMut(&str)) -> String {
    let (begun, mut before) = (Instant::now(), String::new());
    while begun.elapsed() < PATIENCE {
        let now = said(visitor);
        if ENDS.iter().any(|end| now.contains(end)) {
            return now;
        }
        if now != before {
            acts(&now);
            before = now;
        }
    }
    panic!("it never ends: {before}")
}

/// What the page asks for, in either language.
fn pose_of(sentence: &str) -> Option<Pose> {
    let asked = [
        (["正视镜头", "Look straight into"], Pose::STRAIGHT),
        (["您的左边", "to your left"], Pose::of(Step::Left)),
        (["您的右边", "to your right"], Pose::of(Step::Right)),
        (["并靠近镜头", "come closer"], Pose::of(Step::Closer)),
    ];
    asked.into_iter().find(|(words, _)| words.iter().any(|w| sentence.contains(w))).map(|(_, p)| p)
}

/// What the page says when it has ended, in either language.
const ENDS: [&str; 9] = [
    "看到了",
    "没有",
    "后台",
    "Seen,",
    "Not recognised",
    "did not work",
    "not allowed",
    "No camera",
    "background",
];

fn with_camera(demo: &Demo, camera: &Camera, what: &str, go: impl FnOnce(&Visitor<'_>)) {
    let Some(driver) = driver() else { return };
    let window =
        if what.ends_with("en") { window(1280, "en", true) } else { window(360, "zh-CN", true) };
    visit_with((&driver, camera), demo, what, window, go);
}

/// A demo with the models, whose log is kept; none where there are no models.
fn demo() -> Option<Demo> {
    Some(Demo::start_watched(&models()?))
}

#[test]
fn whoever_does_as_the_page_says_passes_and_whoever_does_not_is_told_why() {
    let Some(demo) = demo() else { return };
    let person = Person::sits(Pose::STRAIGHT);
    with_camera(&demo, &Camera::Shows(person.path.clone()), "live-en", |visitor| {
        come(visitor, "live@example.org");
        let follows = |sentence: &str| {
            if let Some(pose) = pose_of(sentence) {
                person.moves(pose);
            }
        };
        let end = film(visitor, Some(&person), follows);
        visitor.look();
        assert!(end.contains("Seen, thank you"), "{end}");
        assert!(!visitor.page.has("[data-live] video[srcObject]"), "the camera is let go");
        // The same person sits still.
        person.moves(Pose::STRAIGHT);
        let end = film(visitor, Some(&person), |_| {});
        assert!(end.contains("a movement could not be seen"), "{end}");
        // Turns to the wrong side.
        let mirrored = |sentence: &str| {
            if let Some(pose) = pose_of(sentence) {
                person.moves(Pose { turn: -pose.turn, ..pose });
            }
        };
        let end = film(visitor, Some(&person), mirrored);
        assert!(end.contains("in another order"), "{end}");
        visitor.look();
        // Goes away.
        person.moves(Pose::NOBODY);
        let end = film(visitor, Some(&person), |_| {});
        assert!(end.contains("a face could not be seen"), "{end}");
        // The newest film counts; with or without one the application can be sent.
        visitor.go("/register/check");
        visitor.follow("form[action='/register/send'] button");
        assert!(visitor.page.url().ends_with("/register/receipt"), "{}", visitor.page.text("main"));
    });
    // Read, looked at, filmed, compared and sent: nothing of it is anywhere but sealed.
    demo.left_nothing_of(&["样本三", "11010519491231002X", "live@example.org", "SPECIMEN ROAD"]);
}

#[test]
fn a_page_that_nobody_looks_at_films_nobody() {
    let Some(demo) = demo() else { return };
    let person = Person::sits(Pose::STRAIGHT);
    with_camera(&demo, &Camera::Shows(person.path.clone()), "live-hidden-zh", |visitor| {
        come(visitor, "hidden@example.org");
        let end = film(visitor, Some(&person), |sentence| {
            if pose_of(sentence).is_some() {
                visitor.page.put_away(true);
            }
        });
        assert!(end.contains("切到后台"), "{end}");
        visitor.page.put_away(false);
        // It can be tried again.
        let end = film(visitor, Some(&person), |sentence| {
            if let Some(pose) = pose_of(sentence) {
                person.moves(pose);
            }
        });
        assert!(end.contains("看到了"), "{end}");
    });
}

#[test]
fn without_a_camera_or_leave_to_use_it_the_page_says_so_and_goes_on() {
    let Some(demo) = demo() else { return };
    let cameras = [
        (Camera::None, "live-none-zh", "没有找到可用的摄像头"),
        (Camera::Refused, "live-refused-zh", "没有得到摄像头的许可"),
    ];
    for (at, (camera, what, says)) in cameras.into_iter().enumerate() {
        with_camera(&demo, &camera, what, |visitor| {
            come(visitor, &format!("camera{at}@example.org"));
            let end = film(visitor, None, |_| {});
            visitor.look();
            assert!(end.contains(says), "{end}");
            assert!(!visitor.page.has("[data-live] button[disabled]"), "it can be tried again");
            visitor.follow("main p:last-child a[href='/register/check']");
            visitor.follow("form[action='/register/send'] button");
            let url = visitor.page.url();
            assert!(url.ends_with("/register/receipt"), "{}", visitor.page.text("main"));
        });
    }
}

#[test]
fn without_javascript_the_page_says_that_it_is_not_needed() {
    let Some(demo) = demo() else { return };
    let Some(driver) = driver() else { return };
    let window = window(1280, "en", false);
    visit_with((&driver, &Camera::None), &demo, "live-plain", window, |visitor| {
        come(visitor, "plain@example.org");
        let text = visitor.page.text("main");
        assert!(text.contains("This page needs JavaScript"), "{text}");
        assert!(!text.contains("Start the camera"), "{text}");
        visitor.follow("main p:last-child a[href='/register/check']");
        visitor.follow("form[action='/register/send'] button");
        assert!(visitor.page.url().ends_with("/register/receipt"), "{}", visitor.page.text("main"));
    });
}
