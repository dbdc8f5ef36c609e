//! A screen as an SVG: a text a line, and a rectangle behind what has a colour of its own.

use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

/// A character's size in pixels.
const WIDTH: f64 = 8.4;
const HEIGHT: f64 = 17.0;
const MARGIN: f64 = 8.0;
const PAPER: &str = "#16181d";
const INK: &str = "#d5d8de";

/// How some cells look.
#[derive(Clone, PartialEq)]
struct Look {
    ink: &'static str,
    paper: Option<&'static str>,
    modifier: Modifier,
}

impl Look {
    fn of(cell: &Cell) -> Look {
        let (ink, paper) = (colour(cell.fg).unwrap_or(INK), colour(cell.bg));
        let (ink, paper) = match cell.modifier.contains(Modifier::REVERSED) {
            true => (paper.unwrap_or(PAPER), Some(ink)),
            false => (ink, paper),
        };
        Look {
            ink,
            paper,
            modifier: cell.modifier - Modifier::REVERSED,
        }
    }

    fn attributes(&self) -> String {
        let mut attributes = format!("fill=\"{}\"", self.ink);
        for (modifier, attribute) in [
            (Modifier::BOLD, " font-weight=\"bold\""),
            (Modifier::DIM, " opacity=\"0.6\""),
            (Modifier::CROSSED_OUT, " text-decoration=\"line-through\""),
        ] {
            if self.modifier.contains(modifier) {
                attributes.push_str(attribute);
            }
        }
        attributes
    }
}

fn colour(colour: Color) -> Option<&'static str> {
    Some(match colour {
        Color::Red => "#e06c75",
        Color::Green => "#98c379",
        Color::Yellow => "#e5c07b",
        Color::Cyan => "#56b6c2",
        _ => return None,
    })
}

/// The buffer as an SVG.
pub fn svg(buffer: &Buffer) -> String {
    let (width, height) = (
        f64::from(buffer.area.width) * WIDTH + 2.0 * MARGIN,
        f64::from(buffer.area.height) * HEIGHT + 2.0 * MARGIN,
    );
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" font-size=\"14\" \
         font-family=\"ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" xml:space=\"preserve\">\n\
         <rect width=\"{width:.0}\" height=\"{height:.0}\" rx=\"6\" fill=\"{PAPER}\"/>\n"
    );
    for y in 0..buffer.area.height {
        line(&mut svg, buffer, y);
    }
    svg.push_str("</svg>\n");
    svg
}

fn line(svg: &mut String, buffer: &Buffer, y: u16) {
    let mut x = 0;
    while x < buffer.area.width {
        let look = Look::of(&buffer[(x, y)]);
        let start = x;
        let mut text = String::new();
        while x < buffer.area.width && Look::of(&buffer[(x, y)]) == look {
            text.push_str(buffer[(x, y)].symbol());
            x += 1;
        }
        run(svg, &look, (start, x, y), &text);
    }
}

fn run(svg: &mut String, look: &Look, (start, end, y): (u16, u16, u16), text: &str) {
    let (left, top) = (f64::from(start) * WIDTH + MARGIN, f64::from(y) * HEIGHT + MARGIN);
    let width = f64::from(end - start) * WIDTH;
    if let Some(paper) = look.paper {
        let _ = writeln!(
            svg,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{HEIGHT:.1}\" fill=\"{paper}\"/>"
        );
    }
    if text.trim().is_empty() {
        return;
    }
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = writeln!(
        svg,
        "<text x=\"{left:.1}\" y=\"{:.1}\" textLength=\"{width:.1}\" lengthAdjust=\"spacingAndGlyphs\" {}>{escaped}</text>",
        top + HEIGHT - 4.5,
        look.attributes()
    );
}
