//! What the dashboard and the alarms show of a metric.

/// A graph of the dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // GRAPHS has their titles
pub enum Graph {
    Users,
    Servers,
    Ratio,
    LoginWait,
    Boot,
    Drain,
    Ends,
    Failures,
    States,
    Lifecycle,
    Room,
}

/// A line of a graph that shows one series. Of a counter it shows how much it grew within each period.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// In which graph.
    pub graph: Graph,
    /// The value of the metric's further dimension.
    pub value: Option<&'static str>,
    /// The statistic, such as `Average` or `p99`.
    pub statistic: &'static str,
    /// How it is drawn.
    pub drawn: Drawn,
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub enum Drawn {
    Visible {
        label: &'static str,
        color: &'static str,
        on_the_right: bool,
    },
    /// Not at all: the graph's expressions use it under this name.
    Operand(&'static str),
}

/// A visible line.
pub const fn line(graph: Graph, statistic: &'static str, label: &'static str, color: &'static str) -> Line {
    let (value, on_the_right) = (None, false);
    let drawn = Drawn::Visible {
        label,
        color,
        on_the_right,
    };
    Line {
        graph,
        value,
        statistic,
        drawn,
    }
}

/// An operand of the graph's expressions.
pub const fn operand(graph: Graph, statistic: &'static str, id: &'static str) -> Line {
    let (value, drawn) = (None, Drawn::Operand(id));
    Line {
        graph,
        value,
        statistic,
        drawn,
    }
}

impl Line {
    /// The line of one value of the metric's further dimension.
    pub const fn of(self, value: &'static str) -> Line {
        let value = Some(value);
        Line { value, ..self }
    }

    /// On the axis to the right.
    pub const fn on_the_right(self) -> Line {
        let drawn = match self.drawn {
            Drawn::Visible { label, color, .. } => Drawn::Visible {
                label,
                color,
                on_the_right: true,
            },
            operand @ Drawn::Operand(_) => operand,
        };
        Line { drawn, ..self }
    }
}

/// An alarm on one metric of the catalogue. On a counter it watches how much it grew within a period.
#[derive(Clone, Copy, Debug)]
pub struct Alarm {
    /// Its name, behind that of the fleet and the environment.
    pub name: &'static str,
    /// What whoever is woken reads.
    pub description: &'static str,
    /// The statistic of the metric.
    pub statistic: &'static str,
    /// How long a period is, in seconds.
    pub period: u32,
    /// In how many periods in a row the condition must hold.
    pub periods: u32,
    /// How the value stands to the threshold where something is wrong.
    pub is: Comparison,
    /// What a period without data means.
    pub missing: Missing,
}

/// How a value stands to the threshold.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub enum Comparison {
    AtLeast(u32),
    AtMost(u32),
    Below(u32),
}

/// What a period without data means.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub enum Missing {
    Breaching,
    NotBreaching,
}

impl Comparison {
    /// As CloudWatch writes it, and the threshold.
    pub fn name_and_threshold(self) -> (&'static str, u32) {
        match self {
            Comparison::AtLeast(threshold) => ("GreaterThanOrEqualToThreshold", threshold),
            Comparison::AtMost(threshold) => ("LessThanOrEqualToThreshold", threshold),
            Comparison::Below(threshold) => ("LessThanThreshold", threshold),
        }
    }
}

impl Missing {
    /// As CloudWatch writes it.
    pub fn name(self) -> &'static str {
        match self {
            Missing::Breaching => "breaching",
            Missing::NotBreaching => "notBreaching",
        }
    }
}
