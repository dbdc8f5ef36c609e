//! Serving, and the end: commands under way are finished, and the last login server on a database takes the fleet and
//! its private Postgres down.

use std::sync::Arc;
use std::time::Duration;

use tenfold_log::database::in_words;
use tenfold_service::essential::{EssentialTaskError, EssentialTasks};
use tenfold_service::{Settings, open_files, serve};
use tokio::time::timeout;

use super::metrics::{Publisher, Publishing};
use super::start::Server;
use crate::commands::LoginService;
use crate::log_check::LogCheck;
use crate::postgres::Postgres;
use tenfold_fleet::change_signal::ChangeSignal;
use tenfold_fleet::membership::Member;
use tenfold_fleet::reconcile::Executor;
use tenfold_fleet::take_down::take_down;

/// More connections are refused, whatever the system allows.
const MOST_CONNECTIONS: usize = 20_000;
/// How long the last server may take to record the end of the fleet; then it ends it unrecorded.
const TAKE_DOWN_TIMEOUT: Duration = Duration::from_secs(20);
/// How long the others are asked whether they are there.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(3);

impl Server {
    /// Serves until it is asked to stop, or a part of it has failed that it cannot do without, and then ends in good order.
    ///
    /// # Errors
    /// [`EssentialTaskError`], where that is why it ended.
    pub async fn run(self) -> Result<(), EssentialTaskError> {
        let Server {
            listener,
            postgres,
            member,
            context,
            reconciler,
            changes,
            quotas,
            tls,
            broker,
            publisher,
            log_check,
            tasks,
            stopping,
        } = self;
        let essential = EssentialTasks::new(stopping.clone());
        for (name, task) in tasks {
            essential.spawn(name, task);
        }
        essential.spawn("the log's writer", context.writer.clone().ended());
        essential.spawn("what tells of changes", outlast(changes.clone()));
        if let Some(broker) = broker {
            tokio::spawn(crate::broker::watch(broker, stopping.clone()));
        }
        tokio::spawn(log_check.clone().watch(stopping.clone()));
        let publishing = publisher.map(Publisher::start);
        let executor = reconciler.executor.clone();
        let database = reconciler.database.clone();
        let reconciling = essential.spawn("the fleet", reconciler.run(member, stopping.clone()));
        let seat_queue = essential.spawn("the seat queue", context.seats.clone().watch(changes, stopping.clone()));
        let log_bounding = tokio::spawn(postgres.clone().bound_log(stopping.clone()));
        if let Ok(own) = listener.local_addr() {
            let neighbours = context.neighbours.clone();
            tokio::spawn(neighbours.watch(context.store.clone(), own, stopping.clone()));
        }
        let settings = Settings {
            connections: open_files::raise_limit().min(MOST_CONNECTIONS),
            tls: tls.clone(),
            overruns: Arc::clone(&context.overruns),
            ..Settings::default().with_quotas(&quotas)
        };
        if let Some(tls) = tls {
            tokio::spawn(tls.watch(stopping.clone()));
        }
        let service = Arc::new(LoginService(Arc::clone(&context)));
        tokio::join!(
            serve(listener, service, settings, stopping.clone()),
            context.refused_logins.watch(&context.store, &stopping)
        );
        let member = match reconciling.await {
            Ok(member) => member,
            // With a failed task its membership is gone.
            Err(_) => timeout(DATABASE_TIMEOUT, Member::join(&database))
                .await
                .ok()
                .and_then(Result::ok),
        };
        let _ = tokio::join!(seat_queue, log_bounding);
        let end = End {
            executor: &executor,
            postgres: &postgres,
            writer: &context.writer,
            log_check: &log_check,
            fleet_ends: (!executor.fleet_outlives_login_servers()).then_some("the last login server was stopped"),
        };
        leave(member, end, publishing).await;
        essential.check()
    }

    /// Ends the fleet instead of serving: for one that outlives its login servers.
    ///
    /// # Errors
    /// [`EndFleetError`].
    pub async fn end_fleet(self) -> Result<(), EndFleetError> {
        self.stopping.cancel();
        let executor = self.reconciler.executor.clone();
        let end = End {
            executor: &self.reconciler.executor,
            postgres: &self.postgres,
            writer: &self.context.writer,
            log_check: &self.log_check,
            fleet_ends: Some("the operator ended the fleet"),
        };
        match leave(Some(self.member), end, None).await {
            Left::ToOthers => Err(EndFleetError::StillServed),
            Left::Unsure => Err(EndFleetError::Unknown),
            Left::Last => match executor.machines().await {
                Some(machines) if machines.is_empty() => Ok(()),
                _ => Err(EndFleetError::NotAll),
            },
        }
    }
}

/// Ends when nobody tells of changes any more.
async fn outlast(mut changes: ChangeSignal) {
    while changes.changed().await.is_ok() {}
}

/// The fleet was not ended, or not all of it.
#[derive(Debug, thiserror::Error)]
pub enum EndFleetError {
    /// Another login server serves the database; nothing was ended.
    #[error(
        "another login server serves this database and would launch the fleet anew: stop it first, then say --end-fleet again"
    )]
    StillServed,
    /// Whether another one serves cannot be told; nothing was ended.
    #[error("the database did not answer whether another login server serves it, and nothing was ended: try again")]
    Unknown,
    /// Some machines run on, or cannot be looked for.
    #[error("not every application server was ended, as the log above says: try again, or end them by hand")]
    NotAll,
}

/// What an ending server has still in its hands.
#[derive(Clone, Copy)]
struct End<'a> {
    executor: &'a Executor,
    postgres: &'a Postgres,
    writer: &'a tenfold_log::append::Writer,
    log_check: &'a LogCheck,
    /// Why the fleet ends with the last login server; nothing where it runs on.
    fleet_ends: Option<&'static str>,
}

/// Who serves when this server has left.
enum Left {
    /// Nobody.
    Last,
    /// Others.
    ToOthers,
    /// The database did not say.
    Unsure,
}

/// Gives back what this server has.
async fn leave(member: Option<Member>, end: End<'_>, publishing: Option<Publishing>) -> Left {
    let is_last = match member {
        Some(mut member) => match timeout(DATABASE_TIMEOUT, member.leave()).await {
            Ok(Ok(true)) => Some(member),
            Ok(Ok(false)) => {
                tracing::info!("stopping; another login server takes over the fleet");
                end.writer.close().await;
                sign(end.log_check).await;
                end_publishing(publishing, false).await;
                return Left::ToOthers;
            }
            _ => None,
        },
        None => None,
    };
    match end.fleet_ends {
        // Whom an operator ends by mistake is not to be got back.
        Some(_) if is_last.is_none() && end.executor.fleet_outlives_login_servers() => return Left::Unsure,
        Some(reason) => end_fleet(is_last.as_ref(), end.executor, reason).await,
        None => tracing::info!(
            "stopping; the application servers run on, and the next login server takes them over; `--end-fleet` ends them"
        ),
    }
    // The writer tries for a minute where the database is away, and nobody waits for what it has.
    let _ = timeout(DATABASE_TIMEOUT, end.writer.close()).await;
    sign(end.log_check).await;
    end_publishing(publishing, is_last.is_some()).await;
    // Application servers that run on need the database.
    if end.fleet_ends.is_some()
        && let Err(error) = end.postgres.stop().await
    {
        tracing::warn!(%error, "the private Postgres could not be stopped and still runs");
    }
    match is_last {
        Some(_) => Left::Last,
        None => Left::Unsure,
    }
}

/// Ends the application servers; `last` is the membership of the last login server, where the database can be reached.
async fn end_fleet(last: Option<&Member>, executor: &Executor, reason: &str) {
    let Some(member) = last else {
        tracing::warn!("the database cannot be reached: ending the application servers without recording it");
        return executor.end_all().await;
    };
    match timeout(TAKE_DOWN_TIMEOUT, take_down(member.client(), executor, reason)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(error = %in_words(&error), "the application servers were ended, but the log could not record it")
        }
        Err(_) => tracing::warn!("the fleet did not end in time; the next login server ends what is left of it"),
    }
}

/// The log's end is signed, too.
async fn sign(log_check: &LogCheck) {
    match timeout(DATABASE_TIMEOUT, log_check.sign()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the end of the log was not signed; the next login server does it"),
        Err(_) => tracing::warn!("the end of the log could not be signed in time; the next login server does it"),
    }
}

/// The end of the fleet is published, too.
async fn end_publishing(publishing: Option<Publishing>, is_last: bool) {
    if let Some(publishing) = publishing {
        publishing.end(is_last).await;
    }
}
