//! The catalogue is what the code publishes: every series comes out of some event, some look at the fleet or some login, and
//! nothing else comes out.

use std::collections::BTreeSet;
use std::num::NonZeroU16;
use std::time::Duration;

use chrono::DateTime;
use tenfold_core::event::{Event, Recorded};
use tenfold_core::facts::InstanceState;
use tenfold_core::ids::{CommandId, EventId, InstanceId, Position};
use tenfold_core::launch_failure::LaunchFailure;
use tenfold_metrics::datum::Datum;
use tenfold_metrics::gauges::{Server, Snapshot};
use tenfold_metrics::lives::Lives;
use tenfold_metrics::series::{Series, series};
use uuid::Uuid;

const INSTANCE: InstanceId = InstanceId(Uuid::nil());

fn terminated(reason: &str, launch_failure: Option<LaunchFailure>) -> Event {
    Event::InstanceTerminated {
        instance: INSTANCE,
        reason: reason.to_owned(),
        launch_failure,
    }
}

/// A life that comes through every state, and launches that fail in every way.
fn events() -> Vec<Event> {
    let requested = Event::InstanceRequested {
        instance: INSTANCE,
        seats: 10,
    };
    let launched = Event::InstanceLaunched {
        instance: INSTANCE,
        reference: "i-1".to_owned(),
    };
    let ready = Event::InstanceReady {
        instance: INSTANCE,
        host: None,
        port: 1,
    };
    let draining = Event::InstanceDraining { instance: INSTANCE };
    let lost = Event::InstanceLost {
        instance: INSTANCE,
        reason: "it stopped answering".to_owned(),
        launch_failure: None,
    };
    let drained = [
        requested.clone(),
        launched,
        ready.clone(),
        draining,
        terminated("it was drained", None),
    ];
    let crashed = [requested.clone(), ready, lost, terminated("gone", None)];
    let failed = LaunchFailure::ALL.map(|failure| [requested.clone(), terminated("it was not", Some(failure))]);
    drained
        .into_iter()
        .chain(crashed)
        .chain(failed.into_iter().flatten())
        .collect()
}

fn recorded((number, event): (i64, Event)) -> Recorded {
    Recorded {
        position: Position(number),
        id: EventId(Uuid::nil()),
        version: number,
        command: CommandId(Uuid::nil()),
        ordinal: 0,
        actor: None,
        at: DateTime::UNIX_EPOCH + Duration::from_secs(number.unsigned_abs()),
        event,
    }
}

#[test]
fn every_series_of_the_catalogue_is_published_and_no_other() {
    let mut lives = Lives::default();
    let events = (1..).zip(events()).map(recorded);
    let mut data: Vec<Datum> = events.flat_map(|event| lives.fold(&event)).collect();
    let ready = Server {
        state: InstanceState::Ready,
        seats: 10,
        users: 1,
    };
    let snapshot = Snapshot {
        at: DateTime::UNIX_EPOCH,
        sessions: 1,
        users_waiting: 0,
        servers: vec![ready],
        of_nobody: 0,
        refused: 1,
        seats_of_one: NonZeroU16::MIN,
        most_servers: 1,
    };
    data.extend(snapshot.gauges());
    data.push(Datum::login_wait(DateTime::UNIX_EPOCH, Duration::from_secs(1)));
    let published: BTreeSet<Series> = data.iter().map(|datum| datum.series).collect();
    assert_eq!(published, series().into_iter().collect());
}
