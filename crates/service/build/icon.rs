//! The icon of the phone page as a PNG, for home screens that take no SVG: what `assets/phone/icon.svg` shows, drawn here so
//! that no picture lies in the tree.

use std::io::{self, Write as _};

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

/// A point, across and down, in parts of [`UNIT`].
type Point = (i64, i64);

/// The side in pixels that home screens ask for.
const SIDE: u16 = 180;

/// Each pixel is looked at so many times across and down.
const FINE: i64 = 4;

/// So many parts has a unit of the SVG, which is 512 units wide: the middle of each look falls on a whole part.
const UNIT: i64 = 45;

/// The ground in red, green and blue; what lies on it is white.
const GROUND: [u16; 3] = [0x17, 0x4a, 0x86];

/// The house's corners, clockwise, in units.
static HOUSE: [Point; 5] = [(112, 256), (256, 128), (400, 256), (400, 392), (112, 392)];

/// The tick's two strokes, in units, and half of their width.
static TICK: [(Point, Point); 2] = [((184, 296), (236, 348)), ((236, 348), (332, 244))];
const HALF_STROKE: i64 = 18;

/// The picture as a file.
pub(crate) fn png() -> io::Result<Vec<u8>> {
    let mut pixels = ZlibEncoder::new(Vec::new(), Compression::best());
    for y in 0..i64::from(SIDE) {
        // Each row begins with its filter: none.
        pixels.write_all(&[0])?;
        for x in 0..i64::from(SIDE) {
            pixels.write_all(&colour(x, y))?;
        }
    }
    let mut head: Vec<u8> = Vec::new();
    head.extend(u32::from(SIDE).to_be_bytes());
    head.extend(u32::from(SIDE).to_be_bytes());
    // Eight bits for each of three colours, packed and filtered as usual, row by row.
    head.extend([8_u8, 2, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [(b"IHDR", head), (b"IDAT", pixels.finish()?), (b"IEND", Vec::new())] {
        let length = u32::try_from(data.len()).map_err(io::Error::other)?;
        let mut sum = Crc::new();
        sum.update(kind);
        sum.update(&data);
        file.extend(length.to_be_bytes());
        file.extend(kind);
        file.extend(data);
        file.extend(sum.sum().to_be_bytes());
    }
    Ok(file)
}

/// The colour of a pixel: as white as many looks at it as fall on white.
fn colour(x: i64, y: i64) -> [u8; 3] {
    let place = |pixel: i64, look: i64| (2 * (FINE * pixel + look) + 1) * 16;
    let looks = (0..FINE).flat_map(|across| (0..FINE).map(move |down| (place(x, across), place(y, down))));
    let (mut white, mut all) = (0, 0);
    for look in looks {
        white += u16::from(is_white(look));
        all += 1;
    }
    GROUND.map(|ground| u8::try_from((ground * (all - white) + 255 * white) / all).unwrap_or(u8::MAX))
}

fn is_white(point: Point) -> bool {
    let next = HOUSE.iter().cycle().skip(1);
    let inside = HOUSE.iter().zip(next).all(|(from, to)| side(parts(*from), parts(*to), point) >= 0);
    inside && !TICK.iter().any(|(from, to)| is_near(parts(*from), parts(*to), point))
}

fn parts((x, y): Point) -> Point {
    (x * UNIT, y * UNIT)
}

/// On which side of a line a point lies, times the line's length: how far away.
fn side(from: Point, to: Point, point: Point) -> i64 {
    (to.0 - from.0) * (point.1 - from.1) - (to.1 - from.1) * (point.0 - from.0)
}

fn square_between(one: Point, other: Point) -> i64 {
    (one.0 - other.0).pow(2) + (one.1 - other.1).pow(2)
}

/// Whether a point lies on a stroke with round ends.
fn is_near(from: Point, to: Point, point: Point) -> bool {
    let (most, length) = ((HALF_STROKE * UNIT).pow(2), square_between(from, to));
    let along = (point.0 - from.0) * (to.0 - from.0) + (point.1 - from.1) * (to.1 - from.1);
    if along <= 0 {
        square_between(point, from) <= most
    } else if along >= length {
        square_between(point, to) <= most
    } else {
        side(from, to, point).pow(2) <= most * length
    }
}
