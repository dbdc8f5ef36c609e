//! The exchange, on a real database, with machines wherever a test puts them.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use tenfold_core::enrolment::{Application, Settings, token_hash};
use tenfold_core::envelope::FleetKey;
use tenfold_core::ids::InstanceId;
use tenfold_core::launch_failure::LaunchFailure;
use tenfold_log::database::Database;
use tenfold_log::sealing::MasterKey;
use uuid::Uuid;

use super::exchange::{Exchange, ExchangeError, Registry, ServerSettings};
use super::refusals::TokenRefusal;
use crate::broker::{Access, Broker};
use crate::store::Store;
use tenfold_fleet::plan::ProviderRef;
use tenfold_fleet::provider::ProviderError;
use tenfold_fleet::provider::ec2::Whereabouts;

const DATABASE: &str = "postgres://tenfold:s3cr3t@db/tenfold?sslmode=verify-full&sslrootcert=/etc/root.pem";
const ROOTS: &str = "-----BEGIN CERTIFICATE-----";
const HOME: [u8; 4] = [10, 0, 0, 5];

type Answer = Result<Option<Whereabouts>, ProviderError>;

/// What EC2 says of every machine.
#[derive(Clone)]
struct Said(Arc<Mutex<Answer>>);

impl Registry for Said {
    fn whereabouts(&self, _instance: InstanceId) -> BoxFuture<'_, Answer> {
        let answer = self.0.lock().unwrap().clone();
        Box::pin(async move { answer })
    }
}

struct World {
    exchange: Exchange,
    said: Said,
    instance: InstanceId,
    token: String,
    fresh: Option<tenfold_testcases::database::Database>,
}

impl World {
    /// A token that holds for so long, and its machine at home.
    async fn new(valid: Duration) -> World {
        let fresh = tokio::task::spawn_blocking(tenfold_testcases::database::Database::fresh);
        let fresh = fresh.await.unwrap();
        let database = Database::parse(&fresh.url).unwrap();
        database.migrate().await.unwrap();
        let store = Store::new(&database, &database);
        let (instance, token) = (InstanceId(Uuid::now_v7()), "7".repeat(64));
        store.give_out(token_hash(&token), instance, valid).await.unwrap();
        let said = Said(Arc::new(Mutex::new(Ok(Some(at(HOME, Some([54, 0, 0, 5])))))));
        let server_settings = ServerSettings {
            database: DATABASE.into(),
            database_root_certificates: Some(ROOTS.into()),
            broker: Some(Access {
                broker: Broker::parse("amqp://ann:s3cr3t@host").unwrap(),
                key: FleetKey::new([7; 32]),
            }),
            master_key: MasterKey::new([3; 32]),
            quotas: Default::default(),
            tls: None,
            port: 9001,
        };
        World {
            exchange: Exchange {
                store,
                registry: Box::new(said.clone()),
                server_settings,
                refused: Default::default(),
            },
            said,
            instance,
            token,
            fresh: Some(fresh),
        }
    }

    async fn ask(&self, token: &str, from: [u8; 4]) -> Result<Settings, ExchangeError> {
        let application = Application {
            instance: self.instance.0,
            token: token.to_owned(),
        };
        self.exchange.answer(&application, IpAddr::from(from)).await
    }

    async fn refused(&self, token: &str, from: [u8; 4], reason: TokenRefusal) {
        assert_eq!(self.ask(token, from).await, Err(ExchangeError::Refused(reason)));
        assert_eq!(self.exchange.refused.count(reason), 1, "{}", reason.name());
    }

    fn ec2_says(&self, answer: Answer) {
        *self.said.0.lock().unwrap() = answer;
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let fresh = self.fresh.take();
        let _ = std::thread::spawn(move || drop(fresh)).join();
    }
}

fn at(private: [u8; 4], public: Option<[u8; 4]>) -> Whereabouts {
    Whereabouts {
        reference: ProviderRef("i-1".into()),
        private: vec![private.into()],
        public: public.map(IpAddr::from),
    }
}

const MINUTES: Duration = Duration::from_secs(300);

#[tokio::test]
async fn a_good_token_from_its_machine_gets_everything_once() {
    let world = World::new(MINUTES).await;
    let settings = world.ask(&world.token, HOME).await.unwrap();
    assert_eq!(settings.database, DATABASE);
    assert_eq!(settings.database_root_certificates.as_deref(), Some(ROOTS));
    assert_eq!(settings.broker.as_deref(), Some("amqp://ann:s3cr3t@host"));
    assert_eq!(settings.fleet_key, Some(FleetKey::new([7; 32]).reveal()));
    assert_eq!(
        (settings.listen.as_str(), settings.advertise_host.as_str()),
        ("10.0.0.5:9001", "54.0.0.5")
    );
    world.refused(&world.token, HOME, TokenRefusal::Used).await;
}

#[tokio::test]
async fn of_many_at_once_one_gets_it() {
    let world = World::new(MINUTES).await;
    let asked = join_all((0..20).map(|_| world.ask(&world.token, HOME))).await;
    assert_eq!(asked.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(world.exchange.refused.count(TokenRefusal::Used), 19);
}

#[tokio::test]
async fn a_token_that_was_never_given_out_or_for_another_instance_is_refused() {
    let mut world = World::new(MINUTES).await;
    world.refused(&"8".repeat(64), HOME, TokenRefusal::Unknown).await;
    world.instance = InstanceId(Uuid::now_v7());
    assert_eq!(
        world.ask(&world.token, HOME).await,
        Err(ExchangeError::Refused(TokenRefusal::Unknown))
    );
}

#[tokio::test]
async fn a_token_whose_time_is_over_is_refused() {
    let world = World::new(Duration::ZERO).await;
    world.refused(&world.token, HOME, TokenRefusal::Late).await;
}

#[tokio::test]
async fn a_token_of_an_instance_that_is_over_is_refused() {
    let world = World::new(MINUTES).await;
    let sql = format!(
        "insert into instance (id, state, seats, position) values ('{}', 'terminated', 10, 1)",
        world.instance
    );
    let url = world.fresh.as_ref().unwrap().url.clone();
    let database = Database::parse(&url).unwrap();
    let client = database.connect("test").await.unwrap();
    client.batch_execute(&sql).await.unwrap();
    world.refused(&world.token, HOME, TokenRefusal::Late).await;
}

#[tokio::test]
async fn a_token_shown_from_elsewhere_is_refused_and_stays_good_for_its_machine() {
    let world = World::new(MINUTES).await;
    world
        .refused(&world.token, [10, 0, 0, 6], TokenRefusal::Elsewhere)
        .await;
    // The outer address is a router's: who comes by it comes from outside.
    assert_eq!(
        world.ask(&world.token, [54, 0, 0, 5]).await,
        Err(ExchangeError::Refused(TokenRefusal::Elsewhere))
    );
    world.ask(&world.token, HOME).await.unwrap();
}

#[tokio::test]
async fn while_ec2_says_nothing_the_token_is_kept_for_later() {
    let world = World::new(MINUTES).await;
    for nothing in [Ok(None), Err(ProviderError::new(LaunchFailure::Throttled, "too often"))] {
        world.ec2_says(nothing);
        assert!(matches!(
            world.ask(&world.token, HOME).await,
            Err(ExchangeError::NotNow(_))
        ));
    }
    world.ec2_says(Ok(Some(at(HOME, None))));
    let settings = world.ask(&world.token, HOME).await.unwrap();
    assert_eq!(settings.advertise_host, "10.0.0.5");
}

#[tokio::test]
async fn an_address_in_the_other_familys_clothes_is_the_same() {
    let world = World::new(MINUTES).await;
    let mapped: IpAddr = "::ffff:10.0.0.5".parse().unwrap();
    let application = Application {
        instance: world.instance.0,
        token: world.token.clone(),
    };
    world.exchange.answer(&application, mapped).await.unwrap();
}

#[tokio::test]
async fn the_database_keeps_no_token() {
    let world = World::new(MINUTES).await;
    let url = world.fresh.as_ref().unwrap().url.clone();
    let client = Database::parse(&url).unwrap().connect("test").await.unwrap();
    let row = client
        .query_one("select enrolment::text from enrolment", &[])
        .await
        .unwrap();
    let kept: String = row.get(0);
    assert!(!kept.contains(&world.token), "{kept}");
}
