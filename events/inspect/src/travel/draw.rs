//! A model on a screen. Nothing is decided here but where things stand and how they look.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Margin, Rect};
use ratatui::style::{Color, Modifier, Style, Stylize};
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Block, Clear, Paragraph, Wrap};

use super::model::Model;
use super::panel::{Mark, Panel};
use super::scene::{EventLine, Scene};

/// The least that everything has room on.
const LEAST: (u16, u16) = (60, 16);
/// How many panels stand above the event.
const ABOVE: usize = 4;
const KEYS: &str = "←→ step  g position  t time  u user  / text  z zoom  Enter show  ? help  q quit";
const HELP: [(&str, &str); 17] = [
    ("→ ↓ space", "one event on"),
    ("← ↑ backspace", "one event back"),
    ("PgDn, PgUp", "a hundred events on, back"),
    ("Home, End", "before the first event, to the last"),
    ("g", "to a position"),
    ("t", "to a time: 2026-11-24 18:30, -2h"),
    ("u, U", "the next, previous event about a user"),
    ("k, K", "the next, previous event of a type"),
    ("/", "the next event with this in a text or a name"),
    ("n, N", "the next, previous one of what was looked for last"),
    ("f", "only events about a user; steps go along them"),
    ("r", "load what has been recorded meanwhile"),
    ("Enter", "explain the event, as `show` does; Esc goes back"),
    ("z", "the next projection as large as all; Esc: all again"),
    ("Esc", "back to where you were before the last jump"),
    ("?", "this help"),
    ("q", "quit"),
];

/// Draws the model on the whole of the frame.
pub fn draw(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let (width, height) = LEAST;
        let words = format!("travel needs {width} columns and {height} lines: enlarge the window, or press q to quit");
        frame.render_widget(Paragraph::new(words).wrap(Wrap { trim: true }), area);
        return;
    }
    let middle = (area.height / 3).max(7);
    let rows = Layout::vertical([
        Constraint::Length(1),
        Constraint::Fill(1),
        Constraint::Length(middle),
        Constraint::Fill(1),
        Constraint::Length(1),
    ]);
    let [title, above, event, below, foot] = rows.areas(area);
    frame.render_widget(title_line(&model.scene, area.width), title);
    let split = model.scene.panels.len().min(ABOVE);
    match model.zoomed.and_then(|zoomed| model.scene.panels.get(zoomed..=zoomed)) {
        Some(zoomed) => {
            let rows = Layout::vertical([Constraint::Fill(1), Constraint::Length(middle)]);
            let [large, event] = rows.areas(area.inner(Margin::new(0, 1)));
            panels(zoomed, frame, large);
            events(&model.scene, frame, event);
        }
        None => {
            panels(&model.scene.panels[..split], frame, above);
            events(&model.scene, frame, event);
            panels(&model.scene.panels[split..], frame, below);
        }
    }
    frame.render_widget(foot_line(model), foot);
    if let Some((lines, above)) = &model.shown {
        explanation(lines, *above, frame, area.inner(Margin::new(0, 1)));
    }
    if model.help {
        help(frame, area);
    }
}

fn title_line(scene: &Scene, width: u16) -> Line<'_> {
    let (end, events) = scene.end;
    let time = scene.at.as_ref().map(|at| format!("  {at}"));
    let filter = scene.filter.as_ref().map(|name| format!("  only {name}"));
    let left = format!(
        " position {} of {end}{}{}",
        scene.position,
        time.unwrap_or_default(),
        filter.unwrap_or_default()
    );
    let right = format!("event {} of {events} ", scene.ordinal);
    let gap = usize::from(width).saturating_sub(left.chars().count() + right.chars().count());
    Line::from(format!("{left}{}{right}", " ".repeat(gap))).style(Style::new().reversed().bold())
}

fn panels(panels: &[Panel], frame: &mut Frame<'_>, area: Rect) {
    let columns = Layout::horizontal(panels.iter().map(|_| Constraint::Fill(1))).split(area);
    for (panel, column) in panels.iter().zip(columns.iter()) {
        let changed = panel.rows.iter().any(|row| row.mark != Mark::Same);
        let border = if changed {
            Style::new().fg(Color::Yellow)
        } else {
            Style::new().dim()
        };
        let title = Span::styled(
            format!(" {} {} ", panel.title, panel.count),
            if changed {
                Style::new().fg(Color::Yellow).bold()
            } else {
                Style::new().bold()
            },
        );
        let block = Block::bordered().border_style(border).title(title);
        let rows = panel.rows.iter().map(|row| marked(row.mark, &row.text));
        let room = usize::from(column.height.saturating_sub(2));
        frame.render_widget(
            Paragraph::new(fitting(rows, panel.rows.len(), room)).block(block),
            *column,
        );
    }
}

/// As many lines as there is room for; the last one tells of those that are left out while any of them changed.
fn fitting<'a>(lines: impl Iterator<Item = Line<'a>>, count: usize, room: usize) -> Text<'a> {
    let mut lines: Vec<Line<'a>> = lines.take(room).collect();
    if count > room
        && let Some(last) = lines.last_mut()
    {
        *last = Line::from("  …").style(Style::new().dim());
    }
    Text::from(lines)
}

fn marked(mark: Mark, text: &str) -> Line<'_> {
    let (sign, style) = match mark {
        Mark::Same => ("  ", Style::new()),
        Mark::New => ("+ ", Style::new().fg(Color::Green).bold()),
        Mark::Gone => ("- ", Style::new().fg(Color::Red).add_modifier(Modifier::CROSSED_OUT)),
        Mark::Changed => ("~ ", Style::new().fg(Color::Yellow).bold()),
    };
    Line::from(vec![
        Span::styled(sign, style.not_crossed_out()),
        Span::styled(text, style),
    ])
}

fn events(scene: &Scene, frame: &mut Frame<'_>, area: Rect) {
    let block = Block::bordered()
        .border_style(Style::new().fg(Color::Cyan))
        .title(" Event ".bold());
    let room = usize::from(area.height.saturating_sub(2));
    let inner = area.inner(Margin::new(1, 1));
    frame.render_widget(block, area);
    let mut lines: Vec<Line<'_>> = Vec::new();
    // What it says of itself takes a line below it.
    let before = (room.saturating_sub(2)) / 2;
    let at = scene.events.iter().position(|event| event.position == scene.position);
    let (past, rest) = scene.events.split_at(at.unwrap_or(0));
    let shown = &past[past.len().saturating_sub(before)..];
    lines.extend((shown.len()..before).map(|_| Line::default()));
    lines.extend(shown.iter().map(|event| event_line(event, Style::new().dim())));
    let mut rest = rest.iter();
    match at.and_then(|_| rest.next()) {
        Some(current) => {
            lines.push(event_line(current, Style::new().bold().reversed()));
            lines.push(Line::from(format!("            {}", scene.details)).style(Style::new().fg(Color::Cyan)));
        }
        None => lines.push(Line::from("            before the first event").bold().reversed()),
    }
    lines.extend(rest.map(|event| event_line(event, Style::new().dim())));
    lines.truncate(room);
    frame.render_widget(Paragraph::new(lines), inner);
}

fn event_line(event: &EventLine, style: Style) -> Line<'_> {
    Line::from(format!("{:>10}  {}", event.position.0, event.sentence)).style(style)
}

fn foot_line(model: &Model) -> Line<'_> {
    match (&model.asking, &model.message) {
        (Some((question, answer)), _) => Line::from(vec![
            Span::from(question.words()).bold(),
            Span::from(answer.as_str()),
            Span::from("█").slow_blink(),
        ]),
        (None, Some(message)) => Line::from(message.as_str()).style(Style::new().fg(Color::Yellow)),
        (None, None) => Line::from(KEYS).style(Style::new().dim()),
    }
}

fn explanation(lines: &[String], above: usize, frame: &mut Frame<'_>, area: Rect) {
    let block = Block::bordered()
        .border_style(Style::new().fg(Color::Cyan))
        .title(" Show: ↑↓ scroll, Esc goes back ".bold());
    let lines: Vec<Line<'_>> = lines[above..].iter().map(|line| Line::from(line.as_str())).collect();
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }).block(block), area);
}

fn help(frame: &mut Frame<'_>, area: Rect) {
    let (width, height) = (72.min(area.width), (HELP.len() as u16 + 2).min(area.height));
    let middle = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    let line = |(keys, what): &(&'static str, &'static str)| {
        Line::from(vec![Span::from(format!(" {keys:<14} ")).bold(), Span::from(*what)])
    };
    let lines: Vec<Line<'_>> = HELP.iter().map(line).collect();
    frame.render_widget(Clear, middle);
    frame.render_widget(
        Paragraph::new(lines).block(Block::bordered().title(" Keys ".bold())),
        middle,
    );
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use tenfold_core::ids::Position;

    use super::super::panel::PanelRow;
    use super::*;

    fn scene() -> Scene {
        let row = |text: &str, mark| PanelRow {
            text: text.into(),
            mark,
        };
        let panel = |title, rows: Vec<PanelRow>| Panel { title, count: 12, rows };
        let event = |position, sentence: &str| EventLine {
            position: Position(position),
            kind: "Posted".into(),
            sentence: sentence.into(),
        };
        Scene {
            position: Position(8),
            ordinal: 7,
            end: (Position(20), 19),
            at: Some("2023-11-14 22:13:20.000 UTC".into()),
            events: vec![
                event(7, "ann invited bob"),
                event(8, "bob accepted"),
                event(9, "ann posted \"hi\""),
            ],
            details: "stream …0001 version 3".into(),
            panels: vec![
                panel("Accounts", vec![row("bob", Mark::Same)]),
                panel("Friends", vec![row("ann – bob", Mark::New)]),
                panel("Invites", vec![row("ann → bob", Mark::Gone)]),
                panel(
                    "Posts",
                    (0..50)
                        .map(|number| row(&format!("ann: {number}"), Mark::Same))
                        .collect(),
                ),
                panel("Groups", vec![]),
                panel("Sessions", vec![]),
                panel("Servers", vec![row("…0009 draining 1/10", Mark::Changed)]),
            ],
            filter: None,
        }
    }

    /// The lines of the screen.
    fn screen(model: &Model, width: u16, height: u16) -> Vec<String> {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(model, frame)).unwrap();
        let buffer = terminal.backend().buffer().clone();
        let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..height).map(row).collect()
    }

    fn line_with<'a>(screen: &'a [String], text: &str) -> &'a str {
        let line = screen.iter().find(|line| line.contains(text));
        line.unwrap_or_else(|| panic!("{text}: {screen:#?}"))
    }

    #[test]
    fn everything_has_room_on_80_by_24() {
        let screen = screen(&Model::new(scene()), 80, 24);
        assert!(
            screen[0].starts_with(" position 8 of 20  2023-11-14 22:13:20.000 UTC"),
            "{}",
            screen[0]
        );
        assert!(screen[0].ends_with("event 7 of 19 "), "{}", screen[0]);
        let titles = line_with(&screen, "Accounts 12");
        assert!(titles.contains("Friends 12") && titles.contains("Invites 12") && titles.contains("Posts 12"));
        let titles = line_with(&screen, "Groups 12");
        assert!(titles.contains("Sessions 12") && titles.contains("Servers 12"));
        let changed = line_with(&screen, "+ ann – bob");
        assert!(changed.contains("- ann → bob"), "{changed}");
        line_with(&screen, "~ …0009 draining 1/10");
        line_with(&screen, "8  bob accepted");
        line_with(&screen, "stream …0001 version 3");
        line_with(&screen, "9  ann posted \"hi\"");
        line_with(&screen, "  …");
        assert!(screen[23].contains("q quit"), "{}", screen[23]);
    }

    #[test]
    fn the_event_stays_in_the_middle_and_what_does_not_fit_is_left_out() {
        let mut scene = scene();
        scene.events = (1..=30)
            .map(|position| EventLine {
                position: Position(position),
                ..scene.events[0].clone()
            })
            .collect();
        for position in [1, 2, 15, 29, 30] {
            scene.position = Position(position);
            let screen = screen(&Model::new(scene.clone()), 80, 24);
            let at = screen
                .iter()
                .position(|line| line.contains(&format!("  {position}  ann")))
                .unwrap();
            assert!((9..14).contains(&at), "{position}: {at}");
        }
        scene.position = Position::START;
        line_with(&screen(&Model::new(scene), 80, 24), "before the first event");
    }

    #[test]
    fn questions_messages_and_help_are_shown() {
        let mut model = Model::new(scene());
        model.message = Some("nobody has ever been called zoe".into());
        assert!(screen(&model, 80, 24)[23].contains("called zoe"));
        model.press(crossterm::event::KeyCode::Char('g').into());
        model.press(crossterm::event::KeyCode::Char('5').into());
        assert!(screen(&model, 80, 24)[23].starts_with("go to position: 5"));
        model.asking = None;
        model.help = true;
        line_with(&screen(&model, 80, 24), "the next, previous event of a type");
        line_with(&screen(&model, 80, 24), "Esc goes back");
    }

    #[test]
    fn an_explanation_and_a_zoomed_projection_take_the_room() {
        let mut model = Model::new(scene());
        model.zoomed = Some(3);
        let zoomed = screen(&model, 80, 24);
        line_with(&zoomed, "Posts 12");
        line_with(&zoomed, "ann: 10");
        line_with(&zoomed, "8  bob accepted");
        assert!(!zoomed.concat().contains("Friends 12"));
        model.shown = Some(((0..50).map(|line| format!("line {line}.")).collect(), 5));
        let shown = screen(&model, 80, 24);
        line_with(&shown, "line 5.");
        assert!(!shown.concat().contains("line 4.") && shown[23].contains("q quit"));
    }

    #[test]
    fn no_size_of_the_window_is_too_small_or_too_large_to_be_drawn() {
        let mut model = Model::new(scene());
        for help in [false, true] {
            model.help = help;
            for (width, height) in [(1, 1), (10, 3), (60, 16), (61, 17), (80, 24), (300, 100)] {
                assert_eq!(screen(&model, width, height).len(), usize::from(height));
            }
        }
        assert!(screen(&model, 40, 10).concat().contains("60 columns"));
        let nothing = screen(&Model::new(Scene::default()), 80, 24);
        assert!(nothing[0].contains("position 0 of 0"));
    }
}
