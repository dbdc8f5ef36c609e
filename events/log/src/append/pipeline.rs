//! Several statements in one round trip, in an order that can be relied on.

use std::future::{Future, poll_fn};
use std::task::Poll;

use crate::database::Client;
use futures_util::future::maybe_done;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row, Statement};

/// A value of a statement.
pub(super) type Parameter<'a> = Box<dyn ToSql + Sync + Send + 'a>;

/// Statements to be sent together. Each is on its way before the first has answered.
#[derive(Default)]
pub(super) struct Pipeline<'a> {
    steps: Vec<(&'a Statement, Vec<Parameter<'a>>)>,
}

impl<'a> Pipeline<'a> {
    /// Adds a statement.
    pub fn then(&mut self, statement: &'a Statement, parameters: Vec<Parameter<'a>>) {
        self.steps.push((statement, parameters));
    }

    /// Sends all and waits for all; the rows of each.
    ///
    /// # Errors
    /// The first statement's that failed: what fails behind it fails because of it.
    pub async fn run(self, client: &Client) -> Result<Vec<Vec<Row>>, Error> {
        let running = self.steps.iter().map(|(statement, parameters)| {
            let parameters: Vec<&(dyn ToSql + Sync)> = parameters
                .iter()
                .map(|parameter| &**parameter as &(dyn ToSql + Sync))
                .collect();
            async move { client.query(*statement, &parameters).await }
        });
        in_order(running).await.into_iter().collect()
    }
}

/// Polls all futures in their order, again and again, until all are done. A statement is sent when it is first
/// polled, so this is the order in which they are carried out.
async fn in_order<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.map(|future| Box::pin(maybe_done(future))).collect();
    poll_fn(|context| {
        let mut pending = false;
        for future in &mut running {
            pending |= future.as_mut().poll(context).is_pending();
        }
        if pending { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    running
        .iter_mut()
        .filter_map(|future| future.as_mut().take_output())
        .collect()
}

/// A parameter of a statement.
pub(super) fn parameter<'a>(value: impl ToSql + Sync + Send + 'a) -> Parameter<'a> {
    Box::new(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_are_started_in_order_before_any_is_done() {
        let started = std::cell::RefCell::new(Vec::new());
        let futures = (0..50).map(|index| {
            let started = &started;
            async move {
                started.borrow_mut().push(index);
                tokio::task::yield_now().await;
                started.borrow().len()
            }
        });
        assert_eq!(in_order(futures).await, vec![50; 50]);
        assert_eq!(*started.borrow(), (0..50).collect::<Vec<_>>());
    }
}
