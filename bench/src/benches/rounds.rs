//! Two sides that take turns, so that a machine that gets slower or faster meanwhile does so for both.

use std::time::Duration;

use crate::arguments::Options;
use crate::failure::Failure;
use crate::load::{self, Request, Tally};
use crate::people::Person;
use crate::pgbench::Pgbench;
use crate::program::tell;
use crate::report::{Table, figure};
use crate::statistics::{Times, median};

/// What both sides did in each round.
#[derive(Debug, Default)]
pub struct Rounds {
    /// Tenfold's figures.
    pub ours: Vec<f64>,
    /// The other's.
    pub theirs: Vec<f64>,
}

/// Runs both sides in turn, each for one round's time. Before the first round both run for a second that is not
/// counted, so that caches and connections are warm.
///
/// # Errors
/// Whatever either side fails with.
pub async fn alternate(
    options: &Options,
    mut ours: impl AsyncFnMut(Duration) -> Result<f64, Failure>,
    mut theirs: impl AsyncFnMut(Duration) -> Result<f64, Failure>,
) -> Result<Rounds, Failure> {
    let warm_up = Duration::from_secs(1);
    ours(warm_up).await?;
    theirs(warm_up).await?;
    let mut rounds = Rounds::default();
    for round in 1..=options.rounds() {
        tell(&format!("round {round} of {}", options.rounds()));
        rounds.ours.push(ours(options.round()).await?);
        rounds.theirs.push(theirs(options.round()).await?);
    }
    Ok(rounds)
}

/// People asking, each waiting for its reply, in turn with as many of pgbench's clients; also how long each reply took,
/// the warm-up's among them.
///
/// # Errors
/// As [`alternate`].
pub async fn against_pgbench(
    options: &Options,
    people: &mut [Person],
    requests: &mut [Request],
    pgbench: &Pgbench,
) -> Result<(Rounds, Times), Failure> {
    let clients = people.len();
    let mut replies = Times::default();
    let rounds = alternate(
        options,
        async |duration: Duration| {
            let Tally { replies: times, rate } = load::run(people, requests, duration).await?;
            replies.append(&times);
            Ok(rate)
        },
        async |duration: Duration| pgbench.run(clients, duration).await,
    )
    .await?;
    Ok((rounds, replies))
}

impl Rounds {
    /// The median of Tenfold's.
    pub fn value(&self) -> f64 {
        median(&self.ours)
    }

    /// The median of the other's.
    pub fn against(&self) -> f64 {
        median(&self.theirs)
    }

    /// A row for each round and one for the medians.
    pub fn table(&self, ours: &str, theirs: &str) -> Table {
        let mut table = Table::new(&["round", ours, theirs, "ratio"]);
        let row = |name: String, ours: f64, theirs: f64| [name, figure(ours), figure(theirs), figure(ours / theirs)];
        for (index, (ours, theirs)) in self.ours.iter().zip(&self.theirs).enumerate() {
            table.row(row((index + 1).to_string(), *ours, *theirs));
        }
        table.row(row("median".into(), self.value(), self.against()));
        table
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[tokio::test]
    async fn the_sides_take_turns_and_the_warm_up_does_not_count() {
        let options = Options {
            database: None,
            seconds: 10,
            quick: false,
        };
        let order = RefCell::new(String::new());
        let side = |name| {
            let order = &order;
            async move |_| {
                order.borrow_mut().push(name);
                Ok(order.borrow().len() as f64)
            }
        };
        let rounds = alternate(&options, side('A'), side('B')).await.unwrap();
        assert_eq!(*order.borrow(), "ABABABABABAB");
        assert_eq!(rounds.ours, [3.0, 5.0, 7.0, 9.0, 11.0]);
        assert_eq!((rounds.value(), rounds.against()), (7.0, 8.0));
    }
}
