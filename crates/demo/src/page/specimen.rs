//! Sample photos to register with, drawn by the program.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use vision::specimen::{self, Holder};
use words::Lang;

/// Radius of the blur in pixels: enough that no letter can be read.
const BLUR_RADIUS: f32 = 9.0;
/// Light that is left in the dark photo.
const DARK_LIGHT: f32 = 0.18;
/// The lamp's share of the width.
const GLARE_SIZE: f32 = 0.22;

/// Who is on the samples.
pub(crate) fn holder() -> Holder {
    Holder::default()
}

/// Who is on the sample residence permit: nobody, with a number of Hong Kong's form.
fn resident() -> Holder {
    Holder {
        name: "样本二".to_owned(),
        birth: (2000, 2, 29),
        number: "81000020000229993X".to_owned(),
        valid: "2024.01.01-2029.01.01".to_owned(),
        is_male: true,
        seed: 21,
    }
}

/// Who is on the sample passport: nobody, with the zone of a published sample's form.
fn traveller() -> (Holder, [&'static str; 2]) {
    let holder = Holder {
        name: "TEST SAMPLE ONE".to_owned(),
        birth: (1985, 6, 15),
        number: "999000001".to_owned(),
        seed: 33,
        ..Holder::default()
    };
    let zone = [
        "P<GBRTEST<<SAMPLE<ONE<<<<<<<<<<<<<<<<<<<<<<<",
        "9990000010GBR8506151<3111301<<<<<<<<<<<<<<<2",
    ];
    (holder, zone)
}

/// Every sample: file name without `.jpg`, and what it is.
pub(crate) fn list(t: Lang) -> Vec<(&'static str, &'static str)> {
    vec![
        ("front", t.demo_specimen_front()),
        ("back", t.demo_specimen_back()),
        ("portrait", t.demo_specimen_portrait()),
        ("front-blurred", t.demo_specimen_blurred()),
        ("front-glare", t.demo_specimen_glare()),
        ("portrait-dark", t.demo_specimen_dark()),
        ("permit-front", t.demo_specimen_permit_front()),
        ("permit-back", t.demo_specimen_permit_back()),
        ("passport", t.demo_specimen_passport()),
    ]
}

/// `GET /demo/specimens/{name}.jpg`.
pub(crate) async fn photo(Path(name): Path<String>) -> Response {
    let Some(name) = name.strip_suffix(".jpg").map(str::to_owned) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let drawn = tokio::task::spawn_blocking(move || draw(&name)).await;
    match drawn {
        Ok(Some(jpeg)) => ([(header::CONTENT_TYPE, "image/jpeg")], jpeg).into_response(),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

pub(crate) fn draw(name: &str) -> Option<Vec<u8>> {
    let holder = holder();
    let picture = match name {
        "front" => specimen::document_front(&holder),
        "back" => specimen::document_back(&holder),
        "portrait" => specimen::portrait(&holder),
        "front-blurred" => specimen::blurred(&specimen::document_front(&holder), BLUR_RADIUS),
        "front-glare" => specimen::with_glare(&specimen::document_front(&holder), GLARE_SIZE),
        "portrait-dark" => specimen::darkened(&specimen::portrait(&holder), DARK_LIGHT),
        "permit-front" => specimen::document_front(&resident()),
        "permit-back" => specimen::residence_permit_back(&resident()),
        "passport" => {
            let (holder, zone) = traveller();
            specimen::passport(&holder, zone)
        }
        _ => return None,
    };
    Some(picture.to_jpeg())
}
