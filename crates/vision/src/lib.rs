//! Photos of documents and people: read safely, clean, measure, compare.
//!
//! Everything works on whole images in memory and blocks; the caller runs it on a blocking thread
//! and bounds how many run at once. No model is used here and none is pretended: what needs one
//! (reading the text, comparing faces, liveness) is not offered by this crate.
//!
//! The way of a photo: [`decode`] refuses what is not one clear still image within the limits,
//! turns it upright, shrinks it, and drops everything but the pixels; [`measure`] says whether a
//! person could read it; [`fingerprint`] tells whether two photos are the same;
//! [`Picture::to_jpeg`] writes a file without any metadata.
//!
//! ```
//! let photo = vision::specimen::document_front(&vision::specimen::Holder::default());
//! let jpeg = photo.to_jpeg();
//! let read = vision::decode(&jpeg, &vision::Limits::default())?;
//! let quality = vision::measure(&read.picture, read.original);
//! assert!(quality.faults(&vision::Thresholds::DOCUMENT).is_empty());
//! # Ok::<(), vision::ImageError>(())
//! ```

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "pixels are small numbers, clamped before they are cast"
)]

mod align;
mod compare;
mod decode;
mod draw;
mod glyph;
mod jpeg;
mod mark;
mod measure;
mod picture;
pub mod specimen;

pub use align::{Landmarks, TEMPLATE, aligned, template};
pub use compare::{Fingerprint, fingerprint};
pub use decode::{Decoded, ImageError, Limits, Size, check, decode};
pub use mark::stamp;
pub use measure::{Fault, FaultKind, Quality, Severity, Thresholds, measure};
pub use picture::{Picture, Region};
