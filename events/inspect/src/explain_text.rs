//! An explanation for people, as `show` prints it and `travel` shows it.

use std::io::{self, Write};

use tenfold_core::escape::{escaped, escaped_json};

use crate::clock::Clock;
use crate::explain::{EventLine, Explanation};
use crate::names::short;
use crate::paint::Paint;

/// Writes it.
pub(crate) fn write_text(
    out: &mut impl Write,
    explanation: &Explanation,
    clock: Clock,
    paint: Paint,
) -> io::Result<()> {
    let event = &explanation.event;
    writeln!(out, "{}", paint.bold(&explanation.sentence))?;
    writeln!(
        out,
        "  {} at position {}, {}, version {} of stream {}",
        escaped(&event.kind),
        event.position,
        clock.shown(event.at),
        event.version,
        short(event.stream)
    )?;
    writeln!(out, "  data {}", escaped_json(event.data.get()))?;
    if let Some(personal) = &event.personal {
        writeln!(out, "  personal {}", escaped_json(personal.get()))?;
    }
    section(
        out,
        paint,
        "What it changed",
        &explanation.changes,
        "nothing in any projection",
    )?;
    let command: Vec<String> = explanation.same_command.iter().map(line).collect();
    let title = format!("The other events of the same command ({})", short(event.command));
    section(out, paint, &title, &command, "none")?;
    let preconditions: Vec<String> = explanation
        .preconditions
        .iter()
        .map(|one| match (&one.event, one.held) {
            (Some(event), _) => format!("{}, by {}", one.requirement, line(event)),
            (None, true) => one.requirement.clone(),
            (None, false) => format!("{}: WHICH WAS NOT SO", one.requirement),
        })
        .collect();
    section(out, paint, "Preconditions", &preconditions, "none")?;
    let mut caused: Vec<String> = explanation.caused.iter().map(line).collect();
    if explanation.caused_more {
        caused.push("and perhaps more".into());
    }
    section(out, paint, "Events that required it", &caused, "none yet")?;
    if !explanation.delivered.is_empty() {
        section(out, paint, "Whom it was for", &explanation.delivered, "")?;
    }
    Ok(())
}

fn line(event: &EventLine) -> String {
    format!("{}: {}", event.position, event.sentence)
}

fn section(out: &mut impl Write, paint: Paint, title: &str, lines: &[String], nothing: &str) -> io::Result<()> {
    writeln!(out, "\n{}", paint.bold(title))?;
    if lines.is_empty() {
        return writeln!(out, "  {nothing}");
    }
    lines.iter().try_for_each(|line| writeln!(out, "  {line}"))
}
