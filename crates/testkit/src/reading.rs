//! What models would say of a document, prescribed.

use domain::identity::DocumentKind;
use domain::reading::{Field, FieldName, Place, Reading, Side, Standing};

/// Confidence of every prescribed value.
const CONFIDENCE: f32 = 0.97;

/// A reading of one side with these values, one below the other.
pub fn reading(side: Side, fields: &[(FieldName, &str)]) -> Reading {
    let field = |(down, (name, value)): (u16, &(FieldName, &str))| Field {
        name: *name,
        value: (*value).to_owned(),
        confidence: CONFIDENCE,
        place: Place { x: 200, y: 100 + down * 120, width: 300, height: 60 },
        standing: Standing::Doubtful,
    };
    let fields = (0..).zip(fields).map(field).collect();
    Reading { side: Some(side), fields, ..Reading::default() }
}

/// Both sides of a card with this name and number, valid without end.
pub fn card(name: &str, number: &str) -> [Reading; 2] {
    [
        reading(Side::Front, &[(FieldName::Name, name), (FieldName::Number, number)]),
        reading(Side::Back, &[(FieldName::ValidUntil, domain::reading::LONG_TERM)]),
    ]
}

/// The data page of another country's passport.
pub fn passport(name: &str, number: &str, [birth, until]: [&str; 2]) -> Reading {
    let fields = [
        (FieldName::Name, name),
        (FieldName::Number, number),
        (FieldName::Birth, birth),
        (FieldName::ValidUntil, until),
    ];
    let document = Some(DocumentKind::ForeignPassport);
    Reading { document, ..reading(Side::Front, &fields) }
}
