//! What runs, by its tags.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{Filter, Instance};
use tenfold_core::ids::InstanceId;
use tokio::time::Instant;
use uuid::Uuid;

use super::errors;
use super::tags::{INSTANCE, Tags, of_instance};
use crate::plan::ProviderRef;
use crate::provider::{Machine, ProviderError};

/// How many instances EC2 lists in one answer.
const PAGE: i32 = 500;
/// How old a list may be that is given again: the fleet is looked at more often than AWS likes to be asked.
const FRESH: Duration = Duration::from_secs(2);

/// For so long a launched instance is listed though EC2's own list does not show it yet.
const LAG: Duration = Duration::from_secs(30);
/// In every other state it is over.
const ALIVE: [&str; 4] = ["pending", "running", "stopping", "stopped"];

/// What is remembered of lists and launches. Times count from any fixed moment.
#[derive(Default)]
struct Seen {
    list: Option<(Duration, Result<Vec<Machine>, ProviderError>)>,
    /// How often in a row EC2 could not be asked.
    failures: u32,
    /// Launched, and not seen in a list since.
    young: HashMap<ProviderRef, (InstanceId, Duration)>,
}

impl Seen {
    /// It is in every list from now on, as a provider promises.
    pub fn launched(&mut self, instance: InstanceId, reference: ProviderRef, now: Duration) {
        self.young.insert(reference, (instance, now));
    }

    /// It is in no list any more.
    pub fn forget(&mut self, reference: &ProviderRef) {
        self.young.remove(reference);
        if let Some((_, Ok(machines))) = &mut self.list {
            machines.retain(|machine| machine.reference != *reference);
        }
    }

    /// The last list, while it is young enough. After failures it is kept for longer each time: whoever asks too often is
    /// told to ask even less.
    fn recent(&mut self, now: Duration, fresh: Duration) -> Option<Result<Vec<Machine>, ProviderError>> {
        let (at, list) = self.list.as_ref()?;
        let kept = fresh.saturating_mul(2u32.saturating_pow(self.failures.min(4)));
        if now.saturating_sub(*at) >= kept {
            return None;
        }
        let list = list.clone();
        Some(list.map(|machines| self.with_young(machines, now)))
    }

    fn keep(&mut self, list: Result<Vec<Machine>, ProviderError>, asked_at: Duration, now: Duration) {
        match &list {
            Ok(machines) => {
                self.failures = 0;
                self.young
                    .retain(|reference, _| !machines.iter().any(|machine| machine.reference == *reference));
            }
            Err(_) => self.failures = self.failures.saturating_add(1),
        }
        // A list is as old as its question, a failure as its answer.
        let at = if list.is_ok() { asked_at } else { now };
        self.list = Some((at, list));
    }

    fn with_young(&mut self, mut machines: Vec<Machine>, now: Duration) -> Vec<Machine> {
        self.young.retain(|_, (_, since)| now.saturating_sub(*since) < LAG);
        for (reference, (instance, _)) in &self.young {
            if !machines.iter().any(|machine| machine.reference == *reference) {
                machines.push(Machine {
                    instance: *instance,
                    reference: reference.clone(),
                });
            }
        }
        machines.sort();
        machines
    }
}

/// Lists instances, as often as EC2 likes.
pub(super) struct Lister {
    client: Client,
    tags: Tags,
    pub page: i32,
    began: Instant,
    seen: Mutex<Seen>,
}

impl Lister {
    pub fn new(client: Client, tags: Tags) -> Lister {
        Lister {
            client,
            tags,
            page: PAGE,
            began: Instant::now(),
            seen: Mutex::default(),
        }
    }

    pub async fn list(&self) -> Result<Vec<Machine>, ProviderError> {
        if let Some(list) = self.seen().recent(self.now(), FRESH) {
            return list;
        }
        let asked_at = self.now();
        let listed = self.describe(None).await;
        let listed = listed.map(|instances| instances.iter().filter_map(machine).collect());
        let mut seen = self.seen();
        seen.keep(listed.clone(), asked_at, self.now());
        listed.map(|machines| seen.with_young(machines, self.now()))
    }

    /// It was launched, and is in every list from now on.
    pub fn launched(&self, instance: InstanceId, reference: ProviderRef) {
        self.seen().launched(instance, reference, self.now());
    }

    /// It was ended, and is in no list any more.
    pub fn forget(&self, reference: &ProviderRef) {
        self.seen().forget(reference);
    }

    /// What was launched for that request.
    pub async fn launched_for(&self, instance: InstanceId) -> Result<Option<ProviderRef>, ProviderError> {
        let instances = self.describe(Some(of_instance(instance))).await?;
        let machines = instances.iter().filter_map(machine);
        Ok(machines.map(|machine| machine.reference).next())
    }

    /// Where the instance is that was launched for that request.
    pub async fn whereabouts(&self, instance: InstanceId) -> Result<Option<Whereabouts>, ProviderError> {
        let found = self.describe(Some(of_instance(instance))).await?;
        Ok(found.first().and_then(whereabouts))
    }

    /// The living instances with the fleet's tags that pass `filter`.
    async fn describe(&self, filter: Option<Filter>) -> Result<Vec<Instance>, ProviderError> {
        let alive = Filter::builder()
            .name("instance-state-name")
            .set_values(Some(ALIVE.map(String::from).to_vec()));
        let filters = self.tags.filters().chain([alive.build()]).chain(filter).collect();
        let request = self.client.describe_instances().set_filters(Some(filters));
        let mut pages = request.max_results(self.page).into_paginator().send();
        let mut instances = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| errors::trouble("DescribeInstances", &error))?;
            let found = page.reservations.unwrap_or_default().into_iter();
            instances.extend(found.flat_map(|reservation| reservation.instances.unwrap_or_default()));
        }
        Ok(instances)
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        // Nothing inside can be left half done by a panic.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One that carries the fleet's tags but no request's was launched by nobody that we know: it gets an id that nothing has,
/// so that it is ended.
fn machine(instance: &Instance) -> Option<Machine> {
    let reference = ProviderRef(instance.instance_id()?.to_owned());
    let tag = instance.tags().iter().find(|tag| tag.key() == Some(INSTANCE));
    let id = tag.and_then(|tag| Uuid::try_parse(tag.value()?).ok());
    Some(Machine {
        instance: InstanceId(id.unwrap_or_default()),
        reference,
    })
}

/// What EC2 says of where an instance is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whereabouts {
    /// EC2's name of it.
    pub reference: ProviderRef,
    /// Its addresses inside the network.
    pub private: Vec<IpAddr>,
    /// Its address outside, where it has one.
    pub public: Option<IpAddr>,
}

fn whereabouts(instance: &Instance) -> Option<Whereabouts> {
    let address = |text: Option<&str>| text.and_then(|text| text.parse().ok());
    let mut private: Vec<IpAddr> = address(instance.private_ip_address()).into_iter().collect();
    for interface in instance.network_interfaces() {
        private.extend(address(interface.private_ip_address()));
    }
    private.dedup();
    Some(Whereabouts {
        reference: ProviderRef(instance.instance_id()?.to_owned()),
        private,
        public: address(instance.public_ip_address()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn a_machine(number: u128) -> Machine {
        Machine {
            instance: InstanceId(Uuid::from_u128(number)),
            reference: ProviderRef(format!("i-{number}")),
        }
    }

    #[test]
    fn a_list_is_given_again_while_it_is_young() {
        let mut seen = Seen::default();
        assert_eq!(seen.recent(Duration::ZERO, SECOND), None);
        seen.keep(Ok(vec![a_machine(1)]), Duration::ZERO, Duration::ZERO);
        assert_eq!(seen.recent(SECOND / 2, SECOND), Some(Ok(vec![a_machine(1)])));
        assert_eq!(seen.recent(SECOND, SECOND), None);
    }

    #[test]
    fn a_failure_is_kept_for_longer_each_time() {
        let mut seen = Seen::default();
        let failed = || Err(ProviderError::other("no"));
        seen.keep(failed(), Duration::ZERO, Duration::ZERO);
        assert!(seen.recent(SECOND, SECOND).is_some() && seen.recent(2 * SECOND, SECOND).is_none());
        seen.keep(failed(), 2 * SECOND, 2 * SECOND);
        assert!(seen.recent(5 * SECOND, SECOND).is_some());
        seen.keep(Ok(Vec::new()), 6 * SECOND, 6 * SECOND);
        assert!(seen.recent(7 * SECOND, SECOND).is_none());
    }

    #[test]
    fn what_was_launched_is_listed_until_the_list_shows_it_and_what_was_ended_is_not() {
        let mut seen = Seen::default();
        let Machine { instance, reference } = a_machine(1);
        seen.keep(Ok(Vec::new()), Duration::ZERO, Duration::ZERO);
        seen.launched(instance, reference.clone(), Duration::ZERO);
        assert_eq!(seen.recent(Duration::ZERO, SECOND), Some(Ok(vec![a_machine(1)])));
        assert_eq!(seen.with_young(Vec::new(), LAG), [], "EC2 would have shown it by now");
        seen.launched(instance, reference.clone(), LAG);
        seen.keep(Ok(vec![a_machine(1)]), LAG, LAG);
        seen.forget(&reference);
        assert_eq!(seen.recent(LAG, SECOND), Some(Ok(Vec::new())));
    }
}
