//! Postgres' notifications conform as a transport, as the brokers do; and what a broker doubles, reorders or brings too early is shown
//! once, in the log's order.

#![allow(clippy::unwrap_used)] // a test panics where it fails

mod common;

use std::sync::Arc;

use async_trait::async_trait;
use common::{Client, House, Running, User};
use serde_json::Value;
use tenfold_app::arguments::Broker;
use tenfold_app::delivery::broker::NotifyTransport;
use tenfold_broker::conformance::{RecordingHandler, Server, World, suite};
use tenfold_broker::connection::queue_of;
use tenfold_broker::transport::MessageHandler;
use tenfold_core::envelope::{Envelope, FleetKey, MessageNotice};
use tenfold_core::ids::{InstanceId, Position};
use tenfold_log::append::{CommitHook, Doorbell, Writer};
use tenfold_log::database::Database;
use tenfold_log::names::instance_channel;
use tenfold_testcases::broker::{BrokerKind, SharedBroker, publish_by_hand, shared};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Servers that have nothing but the log. Its medium is the database, on which everything else rests, too: what happens
/// when that dies is for the tests of crashes.
struct OverPostgres(House);

#[async_trait]
impl World for OverPostgres {
    async fn server(&self, handler: Arc<RecordingHandler>) -> Server {
        let (id, doorbell) = (InstanceId(Uuid::now_v7()), Doorbell::default());
        let commit_hook = CommitHook {
            doorbell: doorbell.clone(),
            publisher: None,
        };
        let writer = Writer::with_commit_hook(self.0.database.clone(), commit_hook)
            .await
            .unwrap();
        let listening = CancellationToken::new();
        let (ready, listens) = tokio::sync::oneshot::channel();
        let listen = listen(self.0.database.clone(), id, handler, ready);
        tokio::spawn(listening.clone().run_until_cancelled_owned(listen));
        listens.await.unwrap();
        Server {
            id,
            transport: Arc::new(NotifyTransport { doorbell }),
            life: Box::new((writer, listening.drop_guard())),
        }
    }

    async fn kill(&self) {}
    async fn come_back(&self) {}
    async fn freeze(&self) {}
    async fn thaw(&self) {}

    fn carries_contents(&self) -> bool {
        false
    }

    fn can_fail(&self) -> bool {
        false
    }
}

async fn listen(
    database: Database,
    id: InstanceId,
    handler: Arc<RecordingHandler>,
    ready: tokio::sync::oneshot::Sender<()>,
) {
    let channel = instance_channel(id);
    let (_client, mut notifications) = database.connect_listening("test", &[&channel]).await.unwrap();
    ready.send(()).unwrap();
    while notifications.next().await.is_some() {
        handler.check_log();
    }
}

#[tokio::test]
async fn notifications_conform() {
    suite(&OverPostgres(House::new().await)).await;
}

/// Two servers over a broker, a user on each, and they are friends.
struct Two {
    house: House,
    broker: SharedBroker,
    url: String,
    key: FleetKey,
    here: Running,
    there: Running,
    alice: User,
    bob: User,
    /// Alice writes here.
    alices: Client,
    /// Bob reads there.
    bobs: Client,
}

impl Two {
    async fn over(kind: BrokerKind) -> Two {
        let shared = tokio::task::spawn_blocking(move || shared(kind)).await.unwrap();
        let broker = shared.expect("the broker is installed");
        let url = broker.url.clone();
        let key = FleetKey::new(*Uuid::new_v4().as_bytes().repeat(2).first_chunk().unwrap());
        let mut house = House::new().await;
        house.broker = Some(Broker {
            address: url.parse().unwrap(),
            key: key.clone(),
        });
        let here = house.server(2).await;
        let [alice, carol] = [house.user("alice").await, house.user("carol").await];
        let there = house.server(2).await;
        let bob = house.user("bob").await;
        let (mut alices, mut bobs) = (here.client().await, there.client().await);
        drop(carol);
        for (client, user, line) in [
            (&mut alices, &alice, "invite TOKEN bob"),
            (&mut bobs, &bob, "accept-invite TOKEN alice"),
        ] {
            let line = line.replace("TOKEN", &user.token.to_string());
            assert_eq!(client.says(&line).await, "Success!");
        }
        bobs.attach(&bob).await;
        Two {
            house,
            broker,
            url,
            key,
            here,
            there,
            alice,
            bob,
            alices,
            bobs,
        }
    }

    async fn send(&mut self, text: &str) -> i64 {
        let reply = self.alices.ask(&format!("send {} bob {text}", self.alice.token)).await;
        assert_eq!(reply["message"], "Success!", "{reply}");
        reply["position"].as_i64().unwrap()
    }

    /// Puts on bob's server's queue what a server of the fleet could have put there.
    async fn put(&self, notices: Vec<MessageNotice>) {
        let to = self.there.instance;
        let (url, body) = (self.url.clone(), Envelope { to, notices }.seal(&self.key));
        let put = move || publish_by_hand(&url, &queue_of(to), body.as_bytes());
        tokio::task::spawn_blocking(put).await.unwrap();
    }

    async fn shown(&mut self) -> (String, i64) {
        let push = self.bobs.next().await;
        let text = push["message"].as_str().unwrap_or_else(|| panic!("{push}"));
        (text.to_owned(), push["position"].as_i64().unwrap())
    }

    /// Everything up to the log's head has been shown, and it was nothing.
    async fn nothing_more(&mut self) {
        let reply = self.bobs.ask(&format!("sync {}", self.bob.token)).await;
        assert_eq!(reply["message"], "Success!", "{reply}");
        assert_eq!(reply.get("push"), None::<&Value>);
    }
}

fn notice(position: i64, text: &str) -> MessageNotice {
    MessageNotice {
        position: Position(position),
        from: "alice".into(),
        group: None,
        text: text.into(),
    }
}

/// The broker brings again, late, and in another order what was sent, and what is not in the log at all.
async fn what_comes_twice_or_in_disorder_is_shown_once_in_order(kind: BrokerKind) {
    let mut two = Two::over(kind).await;
    let mut sent = Vec::new();
    for number in 0..20 {
        let text = format!("message {number}");
        let position = two.send(&text).await;
        sent.push((text, position));
        if number % 5 == 4 {
            let mut again: Vec<MessageNotice> = sent.iter().map(|(text, position)| notice(*position, text)).collect();
            again.reverse();
            two.put(again.clone()).await;
            two.put(again).await;
        }
    }
    for wanted in &sent {
        assert_eq!(&two.shown().await, wanted);
    }
    let last = sent.last().unwrap().1;
    two.put(vec![
        notice(last + 1_000_000, "from the future"),
        notice(1, "from the past"),
    ])
    .await;
    two.nothing_more().await;
    let position = two.send("and on").await;
    assert_eq!(two.shown().await, ("and on".to_owned(), position));
    two.nothing_more().await;
    drop((two.here, two.house, two.broker));
}

#[tokio::test]
async fn rabbitmq_doubles_and_disorders_and_nobody_notices() {
    what_comes_twice_or_in_disorder_is_shown_once_in_order(BrokerKind::RabbitMq).await;
}

#[tokio::test]
async fn activemq_doubles_and_disorders_and_nobody_notices() {
    what_comes_twice_or_in_disorder_is_shown_once_in_order(BrokerKind::ActiveMq).await;
}
