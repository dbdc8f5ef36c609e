//! Serving, and the end: commands under way are finished, and the last login server on a database takes the fleet and
//! its private Postgres down.

use std::sync::Arc;
use std::time::Duration;

use tenfold_log::database::in_words;
use tenfold_service::{Settings, open_files, serve};
use tokio::time::timeout;

use super::metrics::{Publisher, Publishing};
use super::{Reception, Server};
use crate::broker;
use crate::fleet::membership::Member;
use crate::fleet::reconcile::Hand;
use crate::fleet::take_down::take_down;
use crate::postgres::Postgres;

/// More connections are turned away, whatever the system allows.
const MOST_CONNECTIONS: usize = 20_000;
/// How long the last server may take to record the end of the fleet; then it ends it unrecorded.
const TAKE_DOWN: Duration = Duration::from_secs(20);
/// How long the others are asked whether they are there.
const ASK: Duration = Duration::from_secs(3);

impl Server {
    /// Serves until it is asked to stop, and then ends in good order.
    pub async fn run(self) {
        let Server {
            listener,
            postgres,
            member,
            desk,
            reconciler,
            rung,
            broker,
            publisher,
            errands,
            stopping,
        } = self;
        errands.into_iter().for_each(|errand| drop(tokio::spawn(errand)));
        if let Some(broker) = broker {
            tokio::spawn(broker::watch(broker, stopping.clone()));
        }
        let publishing = publisher.map(Publisher::start);
        let hand = reconciler.hand.clone();
        let reconciling = tokio::spawn(reconciler.run(member, stopping.clone()));
        let seating = tokio::spawn(desk.seating.clone().watch(rung, stopping.clone()));
        let settings = Settings {
            connections: open_files::raise_limit().min(MOST_CONNECTIONS),
            ..Settings::default()
        };
        let reception = Arc::new(Reception(Arc::clone(&desk)));
        tokio::join!(
            serve(listener, reception, settings, stopping.clone()),
            desk.sum_up(&stopping)
        );
        let member = reconciling.await.unwrap_or_default();
        let _ = seating.await;
        leave(member, &hand, &postgres, &desk.writer, publishing).await;
    }
}

async fn leave(
    member: Option<Member>,
    hand: &Hand,
    postgres: &Postgres,
    writer: &tenfold_log::append::Writer,
    publishing: Option<Publishing>,
) {
    let is_last = match member {
        Some(mut member) => match timeout(ASK, member.leave()).await {
            Ok(Ok(true)) => Some(member),
            Ok(Ok(false)) => {
                tracing::info!("another login server goes on with the fleet");
                writer.close().await;
                end_publishing(publishing, false).await;
                return;
            }
            _ => None,
        },
        None => None,
    };
    match &is_last {
        Some(member) => match timeout(TAKE_DOWN, take_down(member.client(), hand)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(error = %in_words(&error), "the end of the fleet was not recorded"),
            Err(_) => tracing::warn!("the fleet did not end in time; the next login server ends what is left of it"),
        },
        None => {
            tracing::warn!("the database is away: ending the application servers without recording it");
            hand.end_all().await;
        }
    }
    // The writer tries for a minute where the database is away, and nobody waits for what it has.
    let _ = timeout(ASK, writer.close()).await;
    end_publishing(publishing, is_last.is_some()).await;
    if let Err(error) = postgres.stop().await {
        tracing::warn!(%error, "the private Postgres was left running");
    }
}

/// The end of the fleet is news too.
async fn end_publishing(publishing: Option<Publishing>, is_last: bool) {
    if let Some(publishing) = publishing {
        publishing.end(is_last).await;
    }
}
