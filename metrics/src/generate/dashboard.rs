//! The dashboard's body: an overview of the alarms, and graphs whose lines the catalogue lists.

use serde_json::{Map, Value, json};

use super::target::Target;
use crate::catalogue::{CATALOGUE, Kind, NAMESPACE, Series};
use crate::shown::{Drawn, Graph, Line};

/// The width of the dashboard, in CloudWatch's units.
const WIDTH: u32 = 24;
const HEIGHT: u32 = 6;
/// How high the alarms are, and the text below them.
const HEADER: u32 = 2;

/// What a graph looks like.
struct Look {
    graph: Graph,
    title: &'static str,
    /// The period, in seconds.
    period: u32,
    width: u32,
    stacked: bool,
    /// The unit at the axis to the left.
    axis: Option<&'static str>,
    /// A horizontal line, with its label.
    mark: Option<(u32, &'static str)>,
    /// Expressions of the graph's operands: label, color, expression. `SEATS` is the seats of one server.
    expressions: &'static [(&'static str, &'static str, &'static str)],
}

const fn look(graph: Graph, title: &'static str, period: u32) -> Look {
    let (width, stacked, axis, mark, expressions): (_, _, _, _, &[_]) = (8, false, None, None, &[]);
    Look {
        graph,
        title,
        period,
        width,
        stacked,
        axis,
        mark,
        expressions,
    }
}

/// The graphs, from left to right and from top to bottom.
#[rustfmt::skip] // a table
const GRAPHS: [Look; 11] = [
    look(Graph::Users, "Users and seats", 60),
    Look {
        expressions: &[
            ("servers that run", "#1f77b4", "launched + ready + draining"),
            ("ceil(users / SEATS)", "#7f7f7f", "CEIL((seats - free + waiting) / SEATS)"),
        ],
        ..look(Graph::Servers, "Servers, and the fewest that would do", 60)
    },
    Look { mark: Some((1, "the least possible")), ..look(Graph::Ratio, "Servers ÷ the fewest that would do", 300) },
    Look { axis: Some("ms"), ..look(Graph::LoginWait, "How long a login waits for a seat", 300) },
    Look { axis: Some("ms"), ..look(Graph::Boot, "How long a server takes to boot", 300) },
    Look { axis: Some("ms"), ..look(Graph::Drain, "How long a server takes to drain", 300) },
    look(Graph::Ends, "Launches and ends", 300),
    Look { width: 16, stacked: true, ..look(Graph::Failures, "Failed launches by reason", 300) },
    Look { stacked: true, ..look(Graph::States, "Servers by state", 60) },
    look(Graph::Lifecycle, "The lifecycle: servers that came into a state", 300),
    look(Graph::Room, "Room to grow, and what nobody owns", 60),
];

/// The dashboard's body, as PutDashboard takes it.
pub fn dashboard(target: &Target) -> Value {
    let mut widgets = vec![alarms(target), text(target)];
    let (mut x, mut y) = (0, 2 * HEADER);
    for graph in &GRAPHS {
        if x + graph.width > WIDTH {
            (x, y) = (0, y + HEIGHT);
        }
        widgets.push(json!({
            "type": "metric", "x": x, "y": y, "width": graph.width, "height": HEIGHT,
            "properties": properties(graph, target),
        }));
        x += graph.width;
    }
    json!({ "start": "-PT3H", "periodOverride": "inherit", "widgets": widgets })
}

fn alarms(target: &Target) -> Value {
    let arn = |name| {
        let (region, account) = (&target.region, &target.account);
        format!(
            "arn:aws:cloudwatch:{region}:{account}:alarm:{}",
            target.alarm_name(name)
        )
    };
    let alarms = CATALOGUE.iter().filter_map(|metric| metric.alarm);
    let arns: Vec<String> = alarms.map(|alarm| arn(alarm.name)).collect();
    json!({
        "type": "alarm", "x": 0, "y": 0, "width": WIDTH, "height": HEADER,
        "properties": { "title": "Is anything wrong now?", "sortBy": "stateUpdatedTimestamp", "alarms": arns },
    })
}

fn text(target: &Target) -> Value {
    let (fleet, environment) = (&target.owner.fleet, &target.owner.environment);
    let markdown = format!(
        "**Tenfold, fleet {fleet}, {environment}.** What each graph tells, and what to do, is in `dashboards/README.md`. This dashboard is \
         generated from `metrics/src/catalogue.rs` and published by `bin/dashboard put`: what is changed here is lost."
    );
    json!({
        "type": "text", "x": 0, "y": HEADER, "width": WIDTH, "height": HEADER,
        "properties": { "markdown": markdown },
    })
}

fn properties(graph: &Look, target: &Target) -> Value {
    let mut axes = Map::new();
    let lines = lines(graph.graph);
    let is_right = |line: &Line| matches!(line.drawn, Drawn::Visible { on_the_right: true, .. });
    axes.insert("left".into(), axis(graph.axis));
    if lines.iter().any(|(_, line)| is_right(line)) {
        axes.insert("right".into(), axis(None));
    }
    let mut properties = json!({
        "title": graph.title,
        "region": target.region,
        "view": "timeSeries",
        "stacked": graph.stacked,
        "period": graph.period,
        "yAxis": axes,
        "metrics": rows(graph, &lines, target),
    });
    if let Some((value, label)) = graph.mark {
        properties["annotations"] = json!({ "horizontal": [{ "value": value, "label": label, "color": "#7f7f7f" }] });
    }
    if graph.width > 8 {
        properties["legend"] = json!({ "position": "right" });
    }
    properties
}

fn axis(label: Option<&str>) -> Value {
    let mut axis = json!({ "min": 0, "showUnits": false });
    if let Some(label) = label {
        axis["label"] = label.into();
    }
    axis
}

/// The graph's lines, with what they show.
fn lines(graph: Graph) -> Vec<(Series, Line)> {
    let of_metric = CATALOGUE.iter().flat_map(|metric| {
        let series = move |line: &Line| Series {
            metric: metric.metric,
            value: line.value,
        };
        metric.lines.iter().map(move |line| (series(line), *line))
    });
    of_metric.filter(|(_, line)| line.graph == graph).collect()
}

fn rows(graph: &Look, lines: &[(Series, Line)], target: &Target) -> Vec<Value> {
    let of_seats = |text: &str| text.replace("SEATS", &target.seats);
    let expressions = graph.expressions.iter().enumerate();
    let expressions = expressions.map(|(number, (label, color, expression))| {
        json!([{ "id": format!("e{number}"), "label": of_seats(label), "color": color, "expression": of_seats(expression) }])
    });
    let lines = lines.iter().enumerate();
    let lines = lines.flat_map(|(number, (series, line))| rows_of(*series, *line, number, target));
    expressions.chain(lines).collect()
}

/// One row shows a level. A counter takes two: the total, which is not drawn, and its growth.
fn rows_of(series: Series, line: Line, number: usize, target: &Target) -> Vec<Value> {
    let total = format!("m{number}");
    match line.drawn {
        Drawn::Operand(id) => vec![row(
            series,
            json!({ "id": id, "stat": line.statistic, "visible": false }),
            target,
        )],
        Drawn::Visible { label, color, .. } if series.metric.definition().kind == Kind::Counter => vec![
            json!([{ "id": format!("d{number}"), "label": label, "color": color, "expression": format!("DIFF({total})") }]),
            row(
                series,
                json!({ "id": total, "stat": line.statistic, "visible": false }),
                target,
            ),
        ],
        Drawn::Visible {
            label,
            color,
            on_the_right,
        } => {
            let mut options = json!({ "stat": line.statistic, "label": label, "color": color });
            if on_the_right {
                options["yAxis"] = "right".into();
            }
            vec![row(series, options, target)]
        }
    }
}

fn row(series: Series, options: Value, target: &Target) -> Value {
    let owner = [
        ("Fleet", &*target.owner.fleet),
        ("Environment", &*target.owner.environment),
    ];
    let name = series.metric.definition().name;
    let mut row = vec![Value::from(NAMESPACE), name.into()];
    for (name, value) in owner.into_iter().chain(series.dimension()) {
        row.extend([name.into(), value.into()]);
    }
    row.push(options);
    row.into()
}
