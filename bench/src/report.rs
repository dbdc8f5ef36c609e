//! What a benchmark found: a table for people, and one line of JSON for programs.

use std::fmt::{self, Display};

use serde::Serialize;

/// The result of one benchmark.
#[derive(Debug)]
pub struct Report {
    /// What was measured, in one line.
    pub title: String,
    /// The figures.
    pub table: Table,
    /// How the figures are to be read, a line each.
    pub notes: Vec<String>,
    /// The figures in short.
    pub summary: Summary,
}

/// The last line of the output.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// The benchmark's name.
    pub bench: &'static str,
    /// Tenfold's figure.
    pub value: f64,
    /// The other's.
    pub against: f64,
    /// The first over the second.
    pub ratio: f64,
    /// What the figures count.
    pub unit: &'static str,
}

impl Summary {
    /// From both figures; the ratio is theirs.
    pub fn of(bench: &'static str, value: f64, against: f64, unit: &'static str) -> Summary {
        Summary {
            bench,
            value,
            against,
            ratio: value / against,
            unit,
        }
        .rounded()
    }

    fn rounded(mut self) -> Summary {
        for figure in [&mut self.value, &mut self.against, &mut self.ratio] {
            // JSON has no infinity; nothing was measured then.
            // Six digits: on a busy machine a ratio may be so small that three would make nothing of it.
            *figure = if figure.is_finite() {
                (*figure * 1e6).round() / 1e6
            } else {
                0.0
            };
        }
        self
    }
}

/// Rows of text under headings; the first column is words, the others are figures.
#[derive(Debug, Default)]
pub struct Table {
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table.
    pub fn new(headings: &[&str]) -> Table {
        Table {
            headings: headings.iter().map(ToString::to_string).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row; missing cells stay empty.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    fn width(&self, column: usize) -> usize {
        let cells = self
            .rows
            .iter()
            .chain([&self.headings])
            .filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    }

    fn line(&self, cells: &[String]) -> String {
        let cell = |column: usize| {
            let (text, width) = (cells.get(column).map_or("", String::as_str), self.width(column));
            if column == 0 {
                format!("{text:<width$}")
            } else {
                format!("{text:>width$}")
            }
        };
        let cells: Vec<String> = (0..self.headings.len()).map(cell).collect();
        format!("  {}", cells.join("   ")).trim_end().to_owned()
    }
}

impl Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.line(&self.headings))?;
        self.rows.iter().try_for_each(|row| writeln!(f, "{}", self.line(row)))
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n\n{}", self.title, self.table)?;
        self.notes.iter().try_for_each(|note| writeln!(f, "{note}"))?;
        let json = serde_json::to_string(&self.summary).map_err(|_| fmt::Error)?;
        writeln!(f, "\n{json}")
    }
}

/// A figure as people read it: as many decimals as it takes for three digits or so.
pub fn figure(figure: f64) -> String {
    match figure.abs() {
        large if large >= 100.0 => format!("{figure:.0}"),
        middle if middle >= 10.0 => format!("{figure:.1}"),
        _ => format!("{figure:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_is_the_contracts_json() {
        let report = Report {
            title: "commands".into(),
            table: Table::new(&["round"]),
            notes: vec!["a note".into()],
            summary: Summary::of("commands", 3000.0, 2000.0, "commands/s"),
        };
        let said = report.to_string();
        let last = said.lines().last().unwrap();
        assert_eq!(
            last,
            r#"{"bench":"commands","value":3000.0,"against":2000.0,"ratio":1.5,"unit":"commands/s"}"#
        );
    }

    #[test]
    fn columns_stand_under_each_other() {
        let mut table = Table::new(&["round", "rate"]);
        table.row(["1".into(), "1234".into()]);
        table.row(["median".into(), "9".into()]);
        assert_eq!(table.to_string(), "  round    rate\n  1        1234\n  median      9\n");
    }

    #[test]
    fn figures_have_three_digits_or_so() {
        assert_eq!([1.2345, 12.345, 1234.5].map(figure), ["1.23", "12.3", "1234"]);
    }
}
