//! What happened to the fleet, read back from CloudWatch: running totals that equal the log's counts, however the login server ends and
//! whatever becomes of the calls.

use std::collections::BTreeMap;

use serde_json::Value;
use tenfold_testcases::aws::Account;
use tenfold_testcases::aws::proxy::{Fault, Proxy};
use tenfold_testcases::log;
use tenfold_testcases::person::Person;
use tenfold_testcases::service::{Options, Service};
use tenfold_testcases::waiting::{eventually, eventually_is};

const FLEET: &str = "under-test";
const STATES: [&str; 6] = ["requested", "launched", "ready", "draining", "terminated", "lost"];
const PUT: &str = "PutMetricData";

/// How many instances came into each state.
type Totals = BTreeMap<String, u32>;

/// A service whose metrics go to CloudWatch through a proxy.
struct Watched {
    account: Account,
    proxy: Proxy,
    service: Service,
}

impl Watched {
    /// With something that happens to every call that publishes, from the beginning.
    fn start(fault: Fault) -> Watched {
        let account = Account::fresh();
        let proxy = Proxy::start(&account.url);
        proxy.always(PUT, fault);
        let options = Options::new()
            .with("--seats", "2")
            .with("--metrics", "cloudwatch")
            .with("--metrics-every", "1s")
            .with("--fleet-name", FLEET)
            .with("--environment", "test")
            .with_variables(account.variables(&proxy.url));
        let service = Service::start(options);
        Watched {
            account,
            proxy,
            service,
        }
    }

    /// So many people come, each with the number in their name, and go again.
    fn come_and_go(&self, numbers: std::ops::Range<u32>) {
        let name = |number| format!("user{number}");
        let mut people: Vec<Person> = numbers
            .map(|number| Person::new(self.service.address(), &name(number)))
            .collect();
        for person in &mut people {
            person.does("logout");
        }
        self.service
            .wait_for("every server has ended", &0, |state| state.active_instances().len());
    }

    fn happened(&self) -> Totals {
        let mut found: Totals = STATES.map(|state| (state.to_owned(), 0)).into();
        for line in log::tail(&self.service.database.url) {
            let event: Value = serde_json::from_str(&line).expect("tail --json prints JSON");
            let kind = event["kind"].as_str().expect("an event has a kind");
            if let Some(state) = kind.strip_prefix("Instance") {
                *found.entry(state.to_lowercase()).or_default() += 1;
            }
        }
        found
    }

    fn published(&self) -> Totals {
        let states = STATES.into_iter();
        let total = |state: &str| {
            Some((
                state.to_owned(),
                self.greatest("InstanceTransitions", Some(("State", state)))?,
            ))
        };
        states.filter_map(total).collect()
    }

    /// The greatest value of a level within the last hour, which of a total is the last.
    fn greatest(&self, metric: &str, split: Option<(&str, &str)>) -> Option<u32> {
        let minutes = self.account.by_minute(FLEET, metric, split, "Maximum");
        minutes.into_values().map(|value| value.round() as u32).max()
    }

    fn all_is_published(&self) {
        let happened = self.happened();
        assert!(happened["terminated"] > 0, "{happened:?}");
        eventually_is("the totals are the log's counts", &happened, || self.published());
    }

    fn put_is_held(&self) {
        eventually("an answer is held", || self.proxy.is_holding().then_some(()));
    }

    fn restart_after_a_kill(&mut self) {
        self.service.kill_login_server(0);
        self.proxy.never(PUT);
        self.proxy.release();
        self.service.add_login_server();
    }

    /// Nobody runs any more who could publish anything.
    fn stop_and_compare(&mut self) {
        self.service.stop();
        assert_eq!(self.published(), self.happened());
    }
}

mod aws {
    use super::*;

    #[test]
    fn everything_that_happens_is_published_also_the_end() {
        let mut watched = Watched::start(Fault::None);
        watched.come_and_go(0..5);
        let stays = Person::new(watched.service.address(), "stays");
        let account = watched.account.clone();
        let count = |metric| account.total(FLEET, metric, None, "SampleCount") as u32;
        eventually_is("each login's wait is published", &6, || count("LoginWait"));
        eventually("sessions are published", || {
            watched.greatest("Sessions", None).filter(|sessions| *sessions >= 1)
        });
        drop(stays);
        watched.stop_and_compare();
        let happened = watched.happened();
        assert_eq!(count("InstanceBoot"), happened["ready"]);
        assert_eq!(count("InstanceDrain"), happened["draining"]);
        assert_eq!(happened["ready"], happened["terminated"]);
        assert_eq!(watched.greatest("LaunchFailures", None), Some(0));
    }

    #[test]
    fn a_server_that_is_killed_before_it_knows_that_a_call_arrived_changes_no_total() {
        let mut watched = Watched::start(Fault::HoldReply);
        // Nobody waits for CloudWatch.
        watched.come_and_go(0..3);
        watched.put_is_held();
        watched.restart_after_a_kill();
        watched.come_and_go(3..6);
        watched.all_is_published();
        watched.stop_and_compare();
    }

    #[test]
    fn what_a_server_that_was_killed_could_not_say_the_next_one_says() {
        let mut watched = Watched::start(Fault::LoseRequest);
        watched.come_and_go(0..3);
        assert_eq!(watched.published(), Totals::new());
        watched.restart_after_a_kill();
        watched.all_is_published();
        watched.stop_and_compare();
    }

    #[test]
    fn while_cloudwatch_is_away_the_fleet_goes_on_and_all_of_it_is_published_later() {
        let mut watched = Watched::start(Fault::LoseRequest);
        watched.come_and_go(0..3);
        // Neither the server that is stopped can say it, nor the next one.
        watched.service.stop_login_server(0);
        watched.service.add_login_server();
        let before = watched.proxy.calls(PUT).len();
        watched.come_and_go(3..6);
        eventually("it has tried", || {
            (watched.proxy.calls(PUT).len() > before).then_some(())
        });
        watched.proxy.never(PUT);
        watched.all_is_published();
        let log = watched.service.log_tail();
        assert!(log.contains("metrics are published again"), "{log}");
        watched.stop_and_compare();
    }

    #[test]
    fn a_call_that_is_repeated_changes_no_total() {
        let mut watched = Watched::start(Fault::LoseReply);
        watched.come_and_go(0..3);
        watched.all_is_published();
        watched.proxy.never(PUT);
        watched.come_and_go(3..5);
        watched.all_is_published();
        watched.stop_and_compare();
    }

    #[test]
    fn whoever_takes_over_the_fleet_publishes() {
        let mut watched = Watched::start(Fault::HoldReply);
        watched.service.add_login_server();
        watched.come_and_go(0..3);
        watched.put_is_held();
        watched.service.kill_login_server(0);
        watched.proxy.never(PUT);
        watched.proxy.release();
        watched.come_and_go(3..6);
        watched.all_is_published();
        watched.stop_and_compare();
    }
}
