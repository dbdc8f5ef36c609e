//! What happened to the fleet, read back from CloudWatch: each transition once, however the login server ends and whatever becomes of
//! the calls.

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

/// How often instances came into each state in each minute.
type Transitions = BTreeMap<(String, String), u32>;

/// A service whose metrics go to CloudWatch through a proxy.
struct Watched {
    account: Account,
    proxy: Proxy,
    service: Service,
}

impl Watched {
    fn start() -> Watched {
        let account = Account::fresh();
        let proxy = Proxy::start(&account.url);
        let options = Options::new()
            .with("--seats", "2")
            .with("--metrics", "cloudwatch")
            .with("--metrics-every", "1s")
            .with("--metrics-settled", "3s")
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

    fn happened(&self) -> Transitions {
        let mut found = Transitions::new();
        for line in log::tail(&self.service.database.url) {
            let event: Value = serde_json::from_str(&line).expect("tail --json prints JSON");
            let kind = event["kind"].as_str().expect("an event has a kind");
            if let Some(state) = kind.strip_prefix("Instance") {
                let minute = event["at"].as_str().expect("an event has a time")[..16].to_owned();
                *found.entry((state.to_lowercase(), minute)).or_default() += 1;
            }
        }
        found
    }

    fn published(&self) -> Transitions {
        let of_state = |state: &'static str| {
            let minutes = self
                .account
                .by_minute(FLEET, "InstanceTransitions", Some(("State", state)), "Sum");
            minutes
                .into_iter()
                .map(move |(minute, sum)| ((state.to_owned(), minute), sum.round() as u32))
        };
        STATES.into_iter().flat_map(of_state).collect()
    }

    fn all_is_published(&self) {
        let happened = self.happened();
        assert!(happened.len() >= 4, "{happened:?}");
        eventually_is("everything that happened is published once", &happened, || {
            self.published()
        });
    }

    /// Waits until the answer to a call with news of the log is held, and lets those without go.
    fn hold_news(&self) {
        self.proxy.always(PUT, Fault::HoldReply);
        eventually("an answer to news is held", || {
            let is_holding = self.proxy.is_holding();
            let is_news = self.has_call_in_doubt();
            if is_holding && !is_news {
                self.proxy.release();
            }
            (is_holding && is_news).then_some(())
        });
    }

    fn has_call_in_doubt(&self) -> bool {
        let rows = self
            .service
            .database
            .rows("select from published where call is not null and attempted_at is not null");
        !rows.is_empty()
    }

    fn restart_after_a_kill(&mut self) {
        self.service.kill_login_server(0);
        assert!(self.has_call_in_doubt(), "it was killed in the middle of a call");
        self.proxy.never(PUT);
        self.proxy.release();
        self.service.add_login_server();
    }
}

mod aws {
    use super::*;

    #[test]
    fn everything_that_happens_is_published_once_also_the_end() {
        let mut watched = Watched::start();
        watched.come_and_go(0..5);
        let stays = Person::new(watched.service.address(), "stays");
        let account = watched.account.clone();
        let waits = || account.total(FLEET, "LoginWait", None, "SampleCount");
        eventually_is("each login's wait is published", &6.0, waits);
        let sessions = || {
            account
                .by_minute(FLEET, "Sessions", None, "Maximum")
                .into_values()
                .fold(0.0, f64::max)
        };
        eventually("sessions are published", || (sessions() >= 1.0).then_some(()));
        drop(stays);
        watched.service.stop();
        // Nobody runs any more who could publish anything.
        assert_eq!(watched.published(), watched.happened());
        let count = |state| {
            watched
                .account
                .total(FLEET, "InstanceTransitions", Some(("State", state)), "Sum")
        };
        assert_eq!(
            watched.account.total(FLEET, "InstanceBoot", None, "SampleCount"),
            count("ready")
        );
        assert_eq!(
            watched.account.total(FLEET, "InstanceDrain", None, "SampleCount"),
            count("draining")
        );
        assert_eq!(count("ready"), count("terminated"));
    }

    #[test]
    fn a_server_that_is_killed_before_it_knows_that_a_call_arrived_does_not_make_it_again() {
        let mut watched = Watched::start();
        watched.proxy.always(PUT, Fault::HoldReply);
        // Nobody waits for CloudWatch.
        watched.come_and_go(0..3);
        watched.hold_news();
        watched.restart_after_a_kill();
        watched.come_and_go(3..6);
        watched.all_is_published();
        watched.service.stop();
        assert_eq!(watched.published(), watched.happened());
    }

    #[test]
    fn a_server_that_is_killed_before_a_call_arrives_has_it_made_by_the_next() {
        let mut watched = Watched::start();
        watched.proxy.always(PUT, Fault::LoseRequest);
        watched.come_and_go(0..3);
        eventually("a call is lost", || watched.has_call_in_doubt().then_some(()));
        watched.restart_after_a_kill();
        watched.all_is_published();
        watched.service.stop();
        assert_eq!(watched.published(), watched.happened());
    }

    #[test]
    fn while_cloudwatch_is_away_the_fleet_goes_on_and_all_of_it_is_published_later() {
        let mut watched = Watched::start();
        watched.proxy.always(PUT, Fault::LoseRequest);
        watched.proxy.always("GetMetricStatistics", Fault::LoseRequest);
        watched.come_and_go(0..3);
        // The next server finds what this one could not say, and cannot say it either.
        watched.service.stop_login_server(0);
        watched.service.add_login_server();
        watched.come_and_go(3..6);
        watched.proxy.never(PUT);
        watched.proxy.never("GetMetricStatistics");
        watched.all_is_published();
        let log = watched.service.log_tail();
        assert!(log.contains("metrics are published again"), "{log}");
        watched.service.stop();
        assert_eq!(watched.published(), watched.happened());
    }

    #[test]
    fn answers_that_get_lost_double_nothing() {
        let mut watched = Watched::start();
        watched.proxy.always(PUT, Fault::LoseReply);
        watched.come_and_go(0..3);
        watched.all_is_published();
        watched.proxy.never(PUT);
        watched.come_and_go(3..5);
        watched.all_is_published();
        watched.service.stop();
        assert_eq!(watched.published(), watched.happened());
    }

    #[test]
    fn whoever_takes_over_the_fleet_publishes() {
        let mut watched = Watched::start();
        watched.service.add_login_server();
        watched.proxy.always(PUT, Fault::HoldReply);
        watched.come_and_go(0..3);
        watched.hold_news();
        watched.service.kill_login_server(0);
        watched.proxy.never(PUT);
        watched.proxy.release();
        watched.come_and_go(3..6);
        watched.all_is_published();
        watched.service.stop();
        assert_eq!(watched.published(), watched.happened());
    }
}
