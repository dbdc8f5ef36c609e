//! The grid: 24 columns, and rows without end.

use super::findings::Findings;
use super::object::Object;

/// The grid's width.
const COLUMNS: i64 = 24;
const HIGHEST: i64 = 1000;
/// What a widget has that says nothing of its size.
const USUAL: i64 = 6;

/// Where a widget is; nothing where CloudWatch chooses the place.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    path: String,
    x: i64,
    y: i64,
    width: i64,
    height: i64,
}

/// Checks a widget's place.
pub(crate) fn place(widget: &Object, findings: &mut Findings) -> Option<Place> {
    let bounds = [
        ("x", 0..=COLUMNS - 1),
        ("y", 0..=i64::MAX),
        ("width", 1..=COLUMNS),
        ("height", 1..=HIGHEST),
    ];
    let [x, y, width, height] = bounds.map(|(field, bounds)| widget.whole(field, bounds, findings));
    if widget.has("x") != widget.has("y") {
        let (there, missing) = if widget.has("x") { ("x", "y") } else { ("y", "x") };
        findings.add(
            widget.path.as_str(),
            format!("\"{there}\" without \"{missing}\": write both, or leave both out"),
        );
    }
    let place = Place {
        path: widget.path.clone(),
        x: x?,
        y: y?,
        width: width.unwrap_or(USUAL),
        height: height.unwrap_or(USUAL),
    };
    if place.x + place.width > COLUMNS {
        let sentence = format!(
            "it ends at column {} of {COLUMNS}: make it narrower, or move it to the left",
            place.x + place.width
        );
        findings.add(widget.path.as_str(), sentence);
    }
    Some(place)
}

/// Finds widgets that lie on another one.
pub(crate) fn overlaps(places: &[Option<Place>], findings: &mut Findings) {
    let places: Vec<&Place> = places.iter().flatten().collect();
    for (index, place) in places.iter().enumerate() {
        if let Some(other) = places[..index].iter().find(|other| touch(place, other)) {
            findings.add(
                place.path.as_str(),
                format!("it lies on {}: move one of them", other.path),
            );
        }
    }
}

fn touch(one: &Place, other: &Place) -> bool {
    let crosses = |start: i64, length: i64, other: i64, other_length: i64| {
        start < other.saturating_add(other_length) && other < start.saturating_add(length)
    };
    crosses(one.x, one.width, other.x, other.width) && crosses(one.y, one.height, other.y, other.height)
}
