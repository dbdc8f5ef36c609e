use tokio::io::{AsyncReadExt, duplex};

use super::super::socket::split;
use super::*;
use crate::protocol::{ConnectError, INCOMING};
use tenfold_core::protocol::Place;

/// For what must come: long enough for a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
const QUEUE: &str = "tenfold.x";

/// A broker that says what a test wants.
struct Broker {
    reading: Reading,
    writing: Writing,
}

impl Broker {
    async fn hear(&mut self, command: Command) -> Frame {
        let heard = timeout(PATIENCE, self.reading.hear()).await.unwrap().unwrap();
        assert_eq!(heard.command, command);
        heard
    }

    async fn hear_the_end(&mut self) {
        assert!(timeout(PATIENCE, self.reading.hear()).await.unwrap().is_err());
    }

    async fn say(&mut self, frame: Frame) {
        self.writing.say([frame]).await.unwrap();
    }

    /// Lets a client in, and hears what it wants; its message to itself is held back.
    async fn welcome(&mut self) -> Frame {
        self.hear(Command::Connect).await;
        let connected = Frame::new(Command::Connected).with("version", "1.2");
        self.say(connected.with("server", "ActiveMQ/5.17.2").with("heart-beat", "0,0"))
            .await;
        let subscription = self.hear(Command::Subscribe).await;
        self.say(receipt(subscription.header("receipt").unwrap())).await;
        let to_itself = self.hear(Command::Send).await;
        Frame {
            command: Command::Message,
            ..to_itself
        }
    }

    async fn serve(&mut self, ahead: i64) {
        let message = self.welcome().await;
        self.say(message.with("timestamp", (now() + ahead).to_string())).await;
    }
}

fn receipt(of: &str) -> Frame {
    Frame::new(Command::Receipt).with("receipt-id", of)
}

/// A broker, a client's greeting to it, and both ends of what comes to the client.
fn pair(
    buffer: usize,
) -> (
    Broker,
    impl Future<Output = Result<Greeting, ConnectError>>,
    mpsc::Sender<Incoming>,
    mpsc::Receiver<Incoming>,
) {
    let (ours, theirs) = duplex(buffer);
    let (reading, writing) = split(Box::new(theirs));
    let (sender, incoming) = mpsc::channel(INCOMING);
    let to = sender.clone();
    let greeting = async move {
        let address: Address = "stomp://ann:secret@host".parse().unwrap();
        let place: Place = address.places[0].clone();
        let mut greeting = Greeting::begin(Box::new(ours), &address, &place).await?;
        greeting.listen(QUEUE, &to).await?;
        Ok(greeting)
    };
    (Broker { reading, writing }, greeting, sender, incoming)
}

/// A broker and a link to it, whose buffers hold that much; its clock is `ahead` milliseconds.
async fn linked(buffer: usize, ahead: i64) -> (Broker, Link) {
    let (mut broker, greeting, sender, incoming) = pair(buffer);
    let (greeting, ()) = tokio::join!(greeting, broker.serve(ahead));
    (broker, begin(greeting.unwrap(), sender, incoming))
}

async fn next(link: &mut Link) -> Incoming {
    timeout(PATIENCE, link.incoming.recv()).await.unwrap().unwrap()
}

fn text(body: &str) -> Incoming {
    Incoming::Message(body.into())
}

#[tokio::test]
async fn activemq_messages_expire_by_the_brokers_clock() {
    let hour = 3_600_000;
    for ahead in [hour, -hour] {
        let (mut broker, mut link) = linked(1 << 16, ahead).await;
        assert_eq!(link.product, "ActiveMQ 5.17.2");
        link.sending.publish("tenfold.y", 1, "hi".into()).await.unwrap();
        let sent = broker.hear(Command::Send).await;
        assert_eq!(
            (sent.header("destination"), sent.header("receipt")),
            (Some("/queue/tenfold.y"), Some("1"))
        );
        let expires: i64 = sent.header("expires").unwrap().parse().unwrap();
        let off = expires - now() - ahead - milliseconds(MESSAGE_LIFE);
        assert!(off.abs() < milliseconds(PATIENCE), "{off}");
    }
}

#[tokio::test]
async fn activemq_messages_that_wait_from_before_are_brought_and_old_greetings_are_not() {
    let (mut broker, greeting, _sender, mut incoming) = pair(1 << 16);
    let serve = async {
        let ours = broker.welcome().await;
        let old = Frame::new(Command::Message)
            .with("correlation-id", "tenfold-clock-1")
            .with("timestamp", "7");
        let waiting = Frame::new(Command::Message).carrying(b"waiting".to_vec());
        broker.writing.say([old, waiting, ours]).await.unwrap();
    };
    let (greeting, ()) = tokio::join!(greeting, serve);
    assert_eq!(greeting.unwrap().ahead, 0);
    assert_eq!(incoming.try_recv(), Ok(text("waiting")));
    assert!(incoming.try_recv().is_err());
}

#[tokio::test]
async fn activemq_users_without_rights_are_told_so() {
    let (mut broker, greeting, ..) = pair(1 << 16);
    let serve = async {
        broker.welcome().await;
        let said = "User ann is not authorized to write to: queue://tenfold.x";
        broker.say(Frame::new(Command::Error).with("message", said)).await;
    };
    let (greeting, ()) = tokio::join!(greeting, serve);
    let words = "not authorized to write to: queue://tenfold.x";
    assert_eq!(greeting.err(), Some(ConnectError::Forbidden(words.into())));
}

#[tokio::test]
async fn activemq_receipts_confirm_and_messages_come_in_order() {
    let (mut broker, mut link) = linked(1 << 16, 0).await;
    let messages = ["1", "2", "3"].map(|body| Frame::new(Command::Message).carrying(body.into()));
    broker.writing.say(messages).await.unwrap();
    broker.writing.say([receipt("7"), receipt("subscribed")]).await.unwrap();
    broker.say(Frame::new(Command::Message).carrying(b"4".to_vec())).await;
    for wanted in [text("1"), text("2"), text("3"), Incoming::Confirmed(7), text("4")] {
        assert_eq!(next(&mut link).await, wanted);
    }
}

#[tokio::test]
async fn activemq_connection_ends_with_its_link() {
    let (mut broker, link) = linked(1 << 16, 0).await;
    drop(link);
    broker.hear_the_end().await;
    // Even where more came than was ever taken.
    let (mut broker, link) = linked(1 << 10, 0).await;
    let flood = (0..4 * INCOMING).map(|_| Frame::new(Command::Message));
    assert!(
        timeout(Duration::from_millis(50), broker.writing.say(flood))
            .await
            .is_err()
    );
    drop(link);
    broker.hear_the_end().await;
}

#[tokio::test]
async fn activemq_goodbye_is_said_and_heard() {
    let (mut broker, link) = linked(1 << 16, 0).await;
    let Link {
        sending, mut incoming, ..
    } = link;
    let serve = async {
        let goodbye = broker.hear(Command::Disconnect).await;
        broker.say(receipt(goodbye.header("receipt").unwrap())).await;
        broker.hear_the_end().await;
    };
    let closed = timeout(PATIENCE, sending.close());
    let (closed, ()) = tokio::join!(closed, serve);
    closed.unwrap();
    assert_eq!(
        incoming.recv().await,
        Some(Incoming::Lost("we have closed the connection".into()))
    );
}

#[tokio::test]
async fn activemq_errors_end_the_connection_and_publishing_tells_why() {
    let (mut broker, mut link) = linked(1 << 16, 0).await;
    broker
        .say(Frame::new(Command::Error).with("message", "Out of memory."))
        .await;
    let why = "it says: Out of memory";
    assert_eq!(next(&mut link).await, Incoming::Lost(why.into()));
    assert_eq!(
        link.sending.publish(QUEUE, 1, String::new()).await,
        Err(Lost(why.into()))
    );
    broker.hear_the_end().await;
}

#[tokio::test]
async fn activemq_publishing_that_is_given_up_leaves_nothing_half_said() {
    let (mut broker, mut link) = linked(64, 0).await;
    let mut tag = 0;
    let given_up = async {
        loop {
            tag += 1;
            link.sending.publish(QUEUE, tag, "x".repeat(1000)).await.unwrap();
        }
    };
    assert!(timeout(Duration::from_millis(50), given_up).await.is_err());
    let last = async { link.sending.publish(QUEUE, 0, "last".into()).await.unwrap() };
    let hear = async {
        for tag in 1.. {
            let sent = broker.hear(Command::Send).await;
            match sent.header("receipt") {
                Some("0") => return sent.body,
                receipt => assert_eq!((receipt, sent.body.len()), (Some(&*tag.to_string()), 1000)),
            }
        }
        unreachable!()
    };
    let ((), body) = tokio::join!(last, hear);
    assert_eq!(body, b"last");
}

#[tokio::test]
async fn activemq_signs_of_life_are_given_where_nothing_is_to_be_said() {
    let (ours, mut theirs) = duplex(64);
    let (_frames, mut waiting) = mpsc::channel(1);
    let (_reading, writing) = split(Box::new(ours));
    let mut heard = [0; 3];
    tokio::select! {
        lost = write(writing, &mut waiting, Some(Duration::from_millis(1))) => panic!("{lost}"),
        read = timeout(PATIENCE, theirs.read_exact(&mut heard)) => assert_eq!(read.unwrap().unwrap(), 3),
    }
    assert_eq!(&heard, b"\n\n\n");
}

#[tokio::test]
async fn activemq_brokers_that_give_no_sign_of_life_are_lost() {
    let (mut broker, greeting, sender, incoming) = pair(1 << 16);
    let (greeting, ()) = tokio::join!(greeting, broker.serve(0));
    let mut greeting = greeting.unwrap();
    greeting.reading.patience = Some(Duration::from_millis(50));
    let mut link = begin(greeting, sender, incoming);
    assert_eq!(next(&mut link).await, Incoming::Lost("it gives no sign of life".into()));
    broker.hear_the_end().await;
}
