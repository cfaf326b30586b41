//! A portrait: whether a person could be known by it, and whether it shows the person on the
//! document.
//!
//! Everything here judges numbers that a model and the picture's own statistics gave, by limits
//! from the policy. A fault is a warning to the applicant first; a score is a hint to a person,
//! never a verdict. What five places of a face cannot tell is not said: whether the eyes are open,
//! whether the person lives, whether it is the right person.

mod judge;
mod limits;
mod matched;

pub use judge::{Finding, FindingKind, Severity, faults};
pub use limits::Limits;
pub use matched::{Band, Compared, band, check_match, check_quality, is_copy};

use crate::reading::Unread;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A place in a photo, in ten-thousandths of its width and height.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spot {
    /// From the left edge.
    pub x: i32,
    /// From the top edge.
    pub y: i32,
}

/// A face that was found: eyes, nose and corners of the mouth, the picture's left first.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// How sure the model is that it is a face, 0 to 1.
    pub sureness: f32,
    /// Between the eyes, in pixels of the photo.
    pub eyes_px: f32,
    /// The five places.
    pub spots: [Spot; 5],
}

/// Never the places: they are of a person's face.
impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Found({:.2}, {:.0} px)", self.sureness, self.eyes_px)
    }
}

/// What was measured of the largest face of a portrait. Shares are from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measures {
    /// The line of the eyes against the horizontal, in degrees, clockwise.
    pub roll_degrees: f32,
    /// How far the nose lies beside the middle of the eyes, in distances between the eyes; the sign
    /// says to which side of the picture.
    pub turn: f32,
    /// How far the nose lies below the eyes, of the way from eyes to mouth.
    pub nod: f32,
    /// Variance of the Laplacian on the face alone, upright and of one size.
    pub sharpness: f32,
    /// Mean brightness of the face, 0 to 255.
    pub brightness: f32,
    /// Share of the face that is black or nearly.
    pub dark_share: f32,
    /// Share of the face that is burnt out.
    pub bright_share: f32,
    /// Brightness of the face's left half by that of its right.
    pub side_ratio: f32,
    /// Share of the region of the eyes that is far darker than the cheeks: dark glasses.
    pub eyes_dark_share: f32,
    /// How far the colour of mouth and chin lies from that of cheeks and forehead: a mask.
    pub lower_colour: f32,
    /// How far the strongest regular pattern of fine lines stands out: a screen or a print.
    pub pattern: f32,
}

/// What was seen on a portrait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Portrait {
    /// Faces the model is sure of by its own threshold.
    pub faces: u32,
    /// Surface of the second largest face, of the largest.
    pub second_share: f32,
    /// The largest.
    pub face: Option<Found>,
    /// What was measured of it.
    pub measures: Option<Measures>,
    /// Whether a straight frame lies around it, as of a card, a print or a screen.
    pub is_framed: bool,
}

/// What was seen on the document beside the portrait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OnDocument {
    /// The face, if one was found.
    pub face: Option<Found>,
    /// Cosine between it and the portrait's face, −1 to 1; none unless both were found.
    pub cosine: Option<f32>,
    /// In how many of 256 bits the fingerprints of both faces, cut out alike, differ; copies of one
    /// picture differ in few.
    pub bits: Option<u32>,
}

/// What models saw on a portrait, and on the document's photo if there was one. The vectors that
/// were compared are not part of it and are never kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Faces {
    /// The portrait.
    pub portrait: Portrait,
    /// The document; none if there was no photo of it.
    pub document: Option<OnDocument>,
    /// How long the models took, in milliseconds.
    pub millis: u32,
}

/// What became of looking at a portrait.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FacesSeen {
    /// The models looked; what they saw may still be nothing.
    Looked(Faces),
    /// They did not.
    Unread(Unread),
}
