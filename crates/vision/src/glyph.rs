//! A small stroke font of our own: Latin letters, digits, and the few Chinese characters that
//! marks and specimens need.
//!
//! A glyph is a list of polylines on a grid of 16 × 16, each point two hexadecimal digits (across,
//! down), polylines separated by blanks. Latin glyphs use the left nine columns.

/// The polylines of a character and its width on the grid; `None` if the font does not have it.
pub(crate) fn strokes(character: char) -> Option<(&'static str, f32)> {
    if let Some(strokes) = latin(character.to_ascii_uppercase()) {
        return Some((strokes, 11.0));
    }
    CHINESE.iter().find(|(known, _)| *known == character).map(|(_, strokes)| (*strokes, 19.0))
}

/// The points of one polyline.
pub(crate) fn points(polyline: &str) -> impl Iterator<Item = (f32, f32)> + '_ {
    let digits = |pair: &[u8]| match pair {
        [x, y] => Some((digit(*x)?, digit(*y)?)),
        _ => None,
    };
    polyline.as_bytes().chunks(2).filter_map(digits)
}

fn digit(hexadecimal: u8) -> Option<f32> {
    let value = char::from(hexadecimal).to_digit(16)?;
    u16::try_from(value).ok().map(f32::from)
}

const fn latin(character: char) -> Option<&'static str> {
    Some(match character {
        ' ' => "",
        '0' | 'O' => "2060828c6e2e0c0220",
        '1' => "13404e 1e7e",
        '2' => "02206082850e8e",
        '3' => "02206082856737 67898c6e2e0c",
        '4' => "6e600a8a",
        '5' => "80100666888c6e2e0c",
        '6' => "826020020c2e6e8c886606",
        '7' => "00804e",
        '8' => "270502206082856727090c2e6e8c8967",
        '9' => "0c2e6e8c82602002062888",
        'A' => "0e408e 1979",
        'B' => "0e006082856707 67898c6e0e",
        'C' => "826020020c2e6e8c",
        'D' => "000e5e8b835000",
        'E' => "80000e8e 0767",
        'F' => "80000e 0767",
        'G' => "826020020c2e6e8c8848",
        'H' => "000e 808e 0787",
        'I' => "2060 404e 2e6e",
        'J' => "808c6e2e0c",
        'K' => "000e 8008 258e",
        'L' => "000e8e",
        'M' => "0e0047808e",
        'N' => "0e008e80",
        'P' => "0e006082856707",
        'Q' => "2060828c6e2e0c0220 5a8e",
        'R' => "0e006082856707 478e",
        'S' => "82602002052767898c6e2e0c",
        'T' => "0080 404e",
        'U' => "000c2e6e8c80",
        'V' => "004e80",
        'W' => "002e476e80",
        'X' => "008e 800e",
        'Y' => "004680 464e",
        'Z' => "00800e8e",
        '-' => "1777",
        '.' => "3e4e",
        ',' => "4d3f",
        ':' => "4445 4b4c",
        '/' => "0e80",
        '<' => "82078c",
        '·' => "4748",
        _ => return None,
    })
}

const CHINESE: [(char, &str); 54] = [
    ('一', "08f8"),
    ('二', "34c4 0dfd"),
    ('三', "22d2 38c8 0efe"),
    ('四', "11e1ee1e11 616639 9198d8"),
    ('五', "11d1 715e 27c7be 0efe"),
    ('六', "7082 05f5 581f a8ff"),
    ('七', "08f5 606eeeeb"),
    ('八', "520e 81a8fe"),
    ('九', "50570f 05b4bdfdfa"),
    ('十', "07f7 808f"),
    ('样', "0464 303f 340b 3669 80a3 e0c3 74f4 88e8 7cfc b4bf"),
    ('本', "03f3 707f 730c 73fc 4bab"),
    ('仅', "4006 343f 73e36f 85ff"),
    ('供', "4006 343f 74f4 8082 9097 d0d7 69f9 9b6f cbff"),
    ('用', "21290f 21e1ef 26e6 2beb 818f"),
    ('于', "21d1 06f6 818e5d"),
    ('尾', "10d0d4 14d4 10180f c546 3ae9 3dfc 868eeefc"),
    ('号', "20d0d42420 07f7 574adadd9f"),
    ('实', "7082 0502f2e5 4567 2859 0bfb 94991f 9cef"),
    ('名', "7016 62d21d 5587 59d9df5f59"),
    ('登', "116107 2345 90f7 d1b3 f3c5 48b8 4ababc4c4a 5d6e ad9e 1fef"),
    ('记', "2042 05353d5b 71e1e676 767efefb"),
    ('姓', "30185f 544a0f 0464 9076 84e4 89e9 7efe b0be"),
    ('性', "303f 1408 4356 9076 84e4 89e9 7efe b0be"),
    ('别', "1070741410 07877e5e 453b0f b1bb f0fece"),
    ('男', "20d0d62620 23d3 7076 19e9deaf 766b0f"),
    ('女', "6029df b49a1f 04f4"),
    ('出', "808e 2226d6d2 181eeee8"),
    ('生', "4116 34e4 39d9 0efe 808e"),
    ('年', "4015 33e3 37d7 373b 0bfb 838f"),
    ('月', "30391f 30d0deaf 34d4 39d9"),
    ('日', "30d0df3f30 37d7"),
    ('住', "4006 343f 90b2 74f4 89e9 7efe b4be"),
    ('址', "0464 303c 0d6b b0be b6f6 858e 7efe"),
    ('公', "5007 90f7 762ecd aaef"),
    ('民', "20d0d525 202f6c 29e9 759bdffd"),
    ('身', "8062 424a 42b2be8f 45b5 48b8 0bbb f70f"),
    ('份', "4006 343f 9066 b0f6 77e7debf a76f"),
    ('码', "0161 3109 27676e2e27 81d1c6 9287f7eecf 7bcb"),
    ('证', "2042 05353d5b 71f1 b1be b7f7 858e 6efe"),
    ('件', "4006 343f 9076 84f4 6afa b0bf"),
    ('中', "23d3d92923 808f"),
    ('国', "10e0ef1f10 43c3 47c7 3cdc 838c a9ba"),
    ('有', "04f4 80550b 575f 56d6deaf 59d9 5cdc"),
    ('关', "4063 c0a3 25d5 09f9 85891f 89ff"),
    ('机', "0464 303f 340a 3668 92997f 92d2ddeffc"),
    ('发', "4125f5 80670f 68d89c4f 69bdff b1d3"),
    ('签', "3004 2262 4254 a084 a2f2 c2d4 8419 84f9 49b9 3b4d 7b8d dbbd 1fff"),
    ('期', "0383 202b 606b 2666 2868 0b8b 2c0f 5c7f a1a98f a1f1ffdf a5f5 a9f9"),
    ('限', "101f 105035592a 71d1d777 74d4 717fad a7ff e8bb"),
    ('效', "4042 0383 2407 6487 670f 287f b095 a3f3 e3ca8f a6cbff"),
    ('安', "7082 0502f2e5 644add c79c1f 08f8"),
    ('局', "20e0e424 20290f 46e6eebf 59a9ad5d59"),
    ('市', "7082 03f3 363d 36d6ddbc 838f"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_glyph_is_made_of_whole_points() {
        let latin = (' '..='Z').filter_map(super::latin);
        for strokes in latin.chain(CHINESE.iter().map(|(_, strokes)| *strokes)) {
            for polyline in strokes.split(' ').filter(|p| !p.is_empty()) {
                assert_eq!(polyline.len() % 2, 0, "{polyline}");
                assert_eq!(points(polyline).count(), polyline.len() / 2, "{polyline}");
            }
        }
    }
}
