//! What every provider must do.

use std::time::Duration;

use tenfold_core::ids::InstanceId;
use uuid::Uuid;

use super::{Machine, Provider};

/// Runs the suite against what `make` makes for a fleet of that name. Programs it launches must run until they are
/// ended.
pub async fn suite<P: Provider>(make: impl Fn(String) -> P) {
    let provider = make(Uuid::new_v4().to_string());
    launched_is_listed_and_terminated_is_gone(&provider).await;
    what_is_gone_may_be_ended_again(&provider).await;
    several_may_be_launched_at_once(&provider).await;
    let fleet = Uuid::new_v4().to_string();
    a_successor_finds_what_its_predecessor_launched(make(fleet.clone()), make(fleet)).await;
    fleets_do_not_see_each_other(&provider, &make(Uuid::new_v4().to_string())).await;
}

fn an_instance() -> InstanceId {
    InstanceId(Uuid::now_v7())
}

async fn launched_is_listed_and_terminated_is_gone(provider: &impl Provider) {
    assert_eq!(provider.list().await.unwrap(), []);
    let instance = an_instance();
    let reference = provider.launch(instance).await.unwrap();
    let machine = Machine { instance, reference };
    listed(provider, std::slice::from_ref(&machine)).await;
    provider.terminate(&machine.reference).await.unwrap();
    assert_eq!(provider.list().await.unwrap(), []);
}

async fn what_is_gone_may_be_ended_again(provider: &impl Provider) {
    let reference = provider.launch(an_instance()).await.unwrap();
    provider.terminate(&reference).await.unwrap();
    provider.terminate(&reference).await.unwrap();
}

async fn several_may_be_launched_at_once(provider: &impl Provider) {
    let instances = [an_instance(), an_instance(), an_instance()];
    let launches = instances.map(|instance| async move {
        let reference = provider.launch(instance).await.unwrap();
        Machine { instance, reference }
    });
    let mut machines = futures_util::future::join_all(launches).await;
    machines.sort();
    listed(provider, &machines).await;
    let ends = machines.iter().map(|machine| provider.terminate(&machine.reference));
    for ended in futures_util::future::join_all(ends).await {
        ended.unwrap();
    }
    assert_eq!(provider.list().await.unwrap(), []);
}

async fn a_successor_finds_what_its_predecessor_launched(predecessor: impl Provider, successor: impl Provider) {
    let instance = an_instance();
    let reference = predecessor.launch(instance).await.unwrap();
    drop(predecessor);
    listed(
        &successor,
        &[Machine {
            instance,
            reference: reference.clone(),
        }],
    )
    .await;
    successor.terminate(&reference).await.unwrap();
    assert_eq!(successor.list().await.unwrap(), []);
}

async fn fleets_do_not_see_each_other(one: &impl Provider, other: &impl Provider) {
    let reference = one.launch(an_instance()).await.unwrap();
    assert_eq!(other.list().await.unwrap(), []);
    one.terminate(&reference).await.unwrap();
}

/// A list may lag behind a launch for a moment, where a process has not yet become its program.
async fn listed(provider: &impl Provider, wanted: &[Machine]) {
    let mut found = Vec::new();
    for _ in 0..200 {
        found = provider.list().await.unwrap();
        if found == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(found, wanted);
}
