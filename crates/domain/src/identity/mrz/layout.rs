//! Where each field of a machine-readable zone stands, and what may stand in each column.

use super::column;

/// A run of columns, counted from 0 over all lines joined.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) from: usize,
    pub(super) to: usize,
}

impl Span {
    /// The characters of this span.
    pub(super) fn of<'a>(&self, zone: &'a [u8]) -> &'a [u8] {
        zone.get(self.from..self.to).unwrap_or_default()
    }
}

const fn span(from: usize, to: usize) -> Span {
    Span { from, to }
}

/// One of the three forms. ICAO counts columns from 1 in each line; here they count from 0 over
/// all lines.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) issuer: Span,
    pub(super) names: Span,
    pub(super) number: Span,
    pub(super) number_check: Span,
    pub(super) nationality: Span,
    pub(super) birth: Span,
    pub(super) birth_check: Span,
    pub(super) sex: Span,
    pub(super) expiry: Span,
    pub(super) expiry_check: Span,
    pub(super) optional: Span,
    pub(super) composite: [Span; 4],
    pub(super) composite_check: Span,
}

impl Layout {
    pub(super) const TD1: Self = Self {
        issuer: span(2, 5),
        number: span(5, 14),
        number_check: column(14),
        optional: span(15, 30),
        birth: span(30, 36),
        birth_check: column(36),
        sex: column(37),
        expiry: span(38, 44),
        expiry_check: column(44),
        nationality: span(45, 48),
        composite: [span(5, 30), span(30, 37), span(38, 45), span(48, 59)],
        composite_check: column(59),
        names: span(60, 90),
    };

    pub(super) const TD2: Self = Self {
        issuer: span(2, 5),
        names: span(5, 36),
        number: span(36, 45),
        number_check: column(45),
        nationality: span(46, 49),
        birth: span(49, 55),
        birth_check: column(55),
        sex: column(56),
        expiry: span(57, 63),
        expiry_check: column(63),
        optional: span(64, 71),
        composite: [span(36, 46), span(49, 56), span(57, 71), span(0, 0)],
        composite_check: column(71),
    };

    pub(super) const TD3: Self = Self {
        issuer: span(2, 5),
        names: span(5, 44),
        number: span(44, 53),
        number_check: column(53),
        nationality: span(54, 57),
        birth: span(57, 63),
        birth_check: column(63),
        sex: column(64),
        expiry: span(65, 71),
        expiry_check: column(71),
        optional: span(72, 86),
        composite: [span(44, 54), span(57, 64), span(65, 87), span(0, 0)],
        composite_check: column(87),
    };

    /// The check digit of the optional field, which only TD3 has: the column after it.
    pub(super) fn optional_check(&self, zone: &[u8]) -> Option<u8> {
        zone.get(self.optional.to).copied()
    }

    /// Whether each column holds what may stand there: letters or fillers in names, countries and
    /// the document's kind; digits in expiry and checks; digits or fillers in birth.
    pub(super) fn fits_columns(&self, zone: &[u8]) -> bool {
        let letters = |span: Span| all(span.of(zone), |b| b.is_ascii_uppercase() || b == b'<');
        let digits = |span: Span| all(span.of(zone), |b| b.is_ascii_digit());
        let digits_or_fillers =
            |span: Span| all(span.of(zone), |b| b.is_ascii_digit() || b == b'<');
        letters(span(0, 2))
            && letters(self.issuer)
            && letters(self.names)
            && letters(self.nationality)
            && digits_or_fillers(self.number_check)
            && digits_or_fillers(self.birth)
            && digits(self.birth_check)
            && all(self.sex.of(zone), |b| matches!(b, b'F' | b'M' | b'<'))
            && digits(self.expiry)
            && digits(self.expiry_check)
            && digits(self.composite_check)
    }
}

fn all(field: &[u8], may: impl Fn(u8) -> bool) -> bool {
    field.iter().all(|&byte| may(byte))
}
