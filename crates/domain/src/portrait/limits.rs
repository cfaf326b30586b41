//! Where a portrait is good enough, and how alike two faces must be.

use serde::{Deserialize, Serialize};

/// Limits, as a policy gives them. Percentages are of a hundred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// How sure the model must be that a face is one.
    pub sureness_percent_min: i64,
    /// A second face may have so much of the first one's surface.
    pub second_percent_max: i64,
    /// Pixels between the eyes, below which it fails.
    pub eyes_px_fail: i64,
    /// The same, below which it warns.
    pub eyes_px_warn: i64,
    /// Degrees by which the head may be tilted to a side.
    pub roll_degrees_max: i64,
    /// How far the nose may lie beside the middle, of the distance between the eyes.
    pub turn_percent_max: i64,
    /// Sharpness in tenths, below which it fails.
    pub sharpness_tenths_fail: i64,
    /// The same, below which it warns.
    pub sharpness_tenths_warn: i64,
    /// Brightness of the face, from 0 to 255, at least.
    pub brightness_min: i64,
    /// The same, at most.
    pub brightness_max: i64,
    /// How much of the face may be black, and how much burnt out.
    pub clipped_percent_max: i64,
    /// The brighter half of the face may have so much of the darker one's brightness.
    pub side_percent_max: i64,
    /// How much of the region of the eyes may be dark.
    pub eyes_dark_percent_max: i64,
    /// How far mouth and chin may differ in colour.
    pub lower_colour_max: i64,
    /// How far a regular pattern may stand out.
    pub pattern_max: i64,
    /// A cosine below this is a mismatch.
    pub review_percent_min: i64,
    /// A cosine from this on is consistent.
    pub consistent_percent_min: i64,
    /// A cosine above this is one and the same picture.
    pub copy_percent_min: i64,
    /// Fingerprints of two faces, of 256 bits, that differ in at most so many are of one picture.
    pub copy_bits_max: i64,
}

impl Limits {
    /// Starting values: sharpness, and the bands of the cosine, from measurements on a few dozen
    /// public photos; the others are proposals for an operator to tune (decision 126).
    pub const DEFAULT: Self = Self {
        sureness_percent_min: 70,
        second_percent_max: 30,
        eyes_px_fail: 60,
        eyes_px_warn: 90,
        roll_degrees_max: 10,
        turn_percent_max: 20,
        sharpness_tenths_fail: 30,
        sharpness_tenths_warn: 50,
        brightness_min: 60,
        brightness_max: 200,
        clipped_percent_max: 5,
        side_percent_max: 160,
        eyes_dark_percent_max: 60,
        lower_colour_max: 28,
        pattern_max: 12,
        review_percent_min: 30,
        consistent_percent_min: 45,
        copy_percent_min: 97,
        copy_bits_max: 72,
    };

    /// The first key whose value cannot be used, with what is wrong.
    pub fn fault(&self) -> Option<(&'static str, String)> {
        let ranges = [
            ("portrait.sureness_percent_min", self.sureness_percent_min, 30, 100),
            ("portrait.second_percent_max", self.second_percent_max, 0, 100),
            ("portrait.eyes_px_fail", self.eyes_px_fail, 1, self.eyes_px_warn),
            ("portrait.eyes_px_warn", self.eyes_px_warn, 1, 1_000),
            ("portrait.roll_degrees_max", self.roll_degrees_max, 1, 90),
            ("portrait.turn_percent_max", self.turn_percent_max, 1, 100),
            (
                "portrait.sharpness_tenths_fail",
                self.sharpness_tenths_fail,
                0,
                self.sharpness_tenths_warn,
            ),
            ("portrait.sharpness_tenths_warn", self.sharpness_tenths_warn, 0, 10_000),
            ("portrait.brightness_min", self.brightness_min, 0, self.brightness_max),
            ("portrait.brightness_max", self.brightness_max, 0, 255),
            ("portrait.clipped_percent_max", self.clipped_percent_max, 0, 100),
            ("portrait.side_percent_max", self.side_percent_max, 100, 1_000),
            ("portrait.eyes_dark_percent_max", self.eyes_dark_percent_max, 0, 100),
            ("portrait.lower_colour_max", self.lower_colour_max, 0, 255),
            ("portrait.pattern_max", self.pattern_max, 1, 10_000),
            (
                "portrait.review_percent_min",
                self.review_percent_min,
                -100,
                self.consistent_percent_min,
            ),
            (
                "portrait.consistent_percent_min",
                self.consistent_percent_min,
                -100,
                self.copy_percent_min,
            ),
            ("portrait.copy_percent_min", self.copy_percent_min, 1, 100),
            ("portrait.copy_bits_max", self.copy_bits_max, 0, 128),
        ];
        let outside = ranges.into_iter().find(|(_, value, min, max)| !(min..=max).contains(&value));
        outside
            .map(|(key, value, min, max)| (key, format!("is {value}, must be from {min} to {max}")))
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
