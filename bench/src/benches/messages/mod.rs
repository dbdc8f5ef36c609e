//! From the sender's `Success!` to the recipient's line, against what carries messages between servers: NOTIFY to
//! LISTEN on the same Postgres, or a queue at the same broker.

mod exchange;
mod notify;
mod queue;
mod transport;

use std::time::Duration;

use super::rounds::Rounds;
use crate::arguments::Options;
use crate::broker::Broker;
use crate::failure::Failure;
use crate::people::{Person, befriend, newcomers, spread};
use crate::program::tell;
use crate::report::{Report, Summary, Table, figure};
use crate::service::Service;
use crate::stage::Stage;
use crate::statistics::Times;
use exchange::{Pace, Taken, exchange};
use transport::Transport;

const USERS: usize = 20;
/// Friends are one place on (mostly on the same server) and half the circle on (on the other one).
const STEPS: [usize; 2] = [1, USERS / 2];

/// What was measured.
#[derive(Debug, Default)]
struct Measured {
    same_server: Times,
    other_server: Times,
    transport: Times,
    /// The 99th percentiles round by round, of which the medians are reported.
    rounds: Rounds,
}

/// Friends write to each other at `rate` messages a second; then as fast as replies come.
///
/// # Errors
/// Where something cannot be started, or does not do its part.
pub async fn measure(stage: &Stage, options: &Options, rate: u32, broker: Option<&Broker>) -> Result<Report, Failure> {
    let service = Service::start_with(stage, &[], broker).await?;
    let mut people = friends(&service).await?;
    let servers = spread(&people).len();
    if broker.is_some() {
        service.wait_for_broker(servers).await?;
    }
    let mut transport = Transport::connect(stage, broker).await?;
    let mut measured = Measured::default();
    measured
        .round(&mut people, &mut transport, rate, Duration::from_secs(1))
        .await?;
    measured = Measured::default();
    for round in 1..=options.rounds() {
        tell(&format!("round {round} of {}", options.rounds()));
        measured
            .round(&mut people, &mut transport, rate, options.round())
            .await?;
    }
    tell("as fast as replies come");
    let unpaced = exchange(&mut people, Pace::AsRepliesCome, options.round()).await?;
    let through = broker.map_or_else(
        || "without broker".into(),
        |broker| format!("through {}", broker.title()),
    );
    let mut report = report(&measured, &unpaced, transport.name(), options.round());
    report.title =
        format!("messages: {USERS} users on {servers} application servers, {rate} messages a second, {through}");
    if service.did_without_broker() {
        report
            .notes
            .push("The broker was lost at times, and messages were delivered through Postgres: the figures are not the broker's.".into());
    }
    Ok(report)
}

/// Everybody, in an order in which neighbours share a server, but where one server ends and the next begins.
async fn friends(service: &Service) -> Result<Vec<Person>, Failure> {
    tell(&format!("registering and logging in {USERS} users, and making friends"));
    let mut people = newcomers(service.address, None, "user", USERS).await?;
    people.sort_by_key(|person| person.connection.server());
    befriend(&mut people, &STEPS).await?;
    for person in &mut people {
        let attach = format!("attach {}", person.position);
        person.does(&attach).await?;
    }
    Ok(people)
}

impl Measured {
    async fn round(
        &mut self,
        people: &mut [Person],
        transport: &mut Transport,
        rate: u32,
        duration: Duration,
    ) -> Result<(), Failure> {
        let taken = exchange(people, Pace::ASecond(rate), duration).await?;
        let carried = transport.measure(rate, duration).await?;
        self.rounds.ours.push(taken.all().percentile(0.99));
        self.rounds.theirs.push(carried.percentile(0.99));
        self.same_server.append(&taken.same_server);
        self.other_server.append(&taken.other_server);
        self.transport.append(&carried);
        Ok(())
    }

    fn all(&self) -> Times {
        let mut all = self.same_server.clone();
        all.append(&self.other_server);
        all
    }
}

/// All but the title.
fn report(measured: &Measured, unpaced: &Taken, transport: &str, round: Duration) -> Report {
    let mut table = Table::new(&["milliseconds", "p50", "p99", "longest", "messages"]);
    for (name, times) in [
        ("message to a friend on the same server", &measured.same_server),
        ("message to a friend on another server", &measured.other_server),
        ("all messages", &measured.all()),
        (transport, &measured.transport),
        ("all messages, as fast as replies come", &unpaced.all()),
    ] {
        let shares = [0.5, 0.99, 1.0].map(|share| figure(times.percentile(share)));
        table.row(
            [name.to_owned()]
                .into_iter()
                .chain(shares)
                .chain([times.count().to_string()]),
        );
    }
    let fastest = figure(unpaced.all().count() as f64 / round.as_secs_f64());
    Report {
        title: String::new(),
        table,
        notes: vec![
            "Measured is from the sender's `Success!` to the recipient's line; one that is there before counts as 0."
                .into(),
            format!("As fast as replies come: {fastest} messages/s, each shown to its recipient."),
            "The figures of the last line are medians of the rounds' p99.".into(),
        ],
        summary: Summary::of("messages", measured.rounds.value(), measured.rounds.against(), "ms"),
    }
}
