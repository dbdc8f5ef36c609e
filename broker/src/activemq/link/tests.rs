use tokio::io::{AsyncReadExt, duplex};

use super::*;
use crate::activemq::socket::split;
use crate::protocol::{ConnectError, INCOMING};
use tenfold_core::protocol::Endpoint;

/// For what must come: long enough for a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
const QUEUE: &str = "tenfold.x";

/// A broker that says what a test wants.
struct Broker {
    reading: Reading,
    writing: Writing,
}

impl Broker {
    async fn next_frame(&mut self, command: Command) -> Frame {
        let frame = timeout(PATIENCE, self.reading.next_frame()).await.unwrap().unwrap();
        assert_eq!(frame.command, command);
        frame
    }

    async fn expect_the_end(&mut self) {
        assert!(timeout(PATIENCE, self.reading.next_frame()).await.unwrap().is_err());
    }

    async fn send(&mut self, frame: Frame) {
        self.writing.send([frame]).await.unwrap();
    }

    /// Lets a client in, and hears what it wants; its message to itself is held back.
    async fn welcome(&mut self) -> Frame {
        self.next_frame(Command::Connect).await;
        let connected = Frame::new(Command::Connected).with("version", "1.2");
        self.send(connected.with("server", "ActiveMQ/5.17.2").with("heart-beat", "0,0"))
            .await;
        let subscription = self.next_frame(Command::Subscribe).await;
        self.send(receipt(subscription.header("receipt").unwrap())).await;
        let to_itself = self.next_frame(Command::Send).await;
        Frame {
            command: Command::Message,
            ..to_itself
        }
    }

    async fn serve(&mut self, ahead: i64) {
        let message = self.welcome().await;
        self.send(message.with("timestamp", (now() + ahead).to_string())).await;
    }
}

fn receipt(of: &str) -> Frame {
    Frame::new(Command::Receipt).with("receipt-id", of)
}

/// A broker, a client's handshake to it, and both ends of what comes to the client.
fn pair(
    buffer: usize,
) -> (
    Broker,
    impl Future<Output = Result<Handshake, ConnectError>>,
    mpsc::Sender<Incoming>,
    mpsc::Receiver<Incoming>,
) {
    let (ours, theirs) = duplex(buffer);
    let (reading, writing) = split(Box::new(theirs));
    let (sender, incoming) = mpsc::channel(INCOMING);
    let to = sender.clone();
    let handshake = async move {
        let address: Address = "stomp://ann:secret@host".parse().unwrap();
        let endpoint: Endpoint = address.endpoints[0].clone();
        let mut handshake = Handshake::begin(Box::new(ours), &address, &endpoint).await?;
        handshake.listen(QUEUE, &to).await?;
        Ok(handshake)
    };
    (Broker { reading, writing }, handshake, sender, incoming)
}

/// A broker and a link to it, whose buffers hold that much; its clock is `ahead` milliseconds.
async fn linked(buffer: usize, ahead: i64) -> (Broker, Link) {
    let (mut broker, handshake, sender, incoming) = pair(buffer);
    let (handshake, ()) = tokio::join!(handshake, broker.serve(ahead));
    (broker, begin(handshake.unwrap(), sender, incoming))
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
        let sent = broker.next_frame(Command::Send).await;
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
    let (mut broker, handshake, _sender, mut incoming) = pair(1 << 16);
    let serve = async {
        let ours = broker.welcome().await;
        let old = Frame::new(Command::Message)
            .with("correlation-id", "tenfold-clock-1")
            .with("timestamp", "7");
        let waiting = Frame::new(Command::Message).carrying(b"waiting".to_vec());
        broker.writing.send([old, waiting, ours]).await.unwrap();
    };
    let (handshake, ()) = tokio::join!(handshake, serve);
    assert_eq!(handshake.unwrap().ahead, 0);
    assert_eq!(incoming.try_recv(), Ok(text("waiting")));
    assert!(incoming.try_recv().is_err());
}

#[tokio::test]
async fn activemq_users_without_rights_are_told_so() {
    let (mut broker, handshake, ..) = pair(1 << 16);
    let serve = async {
        broker.welcome().await;
        let said = "User ann is not authorized to write to: queue://tenfold.x";
        broker.send(Frame::new(Command::Error).with("message", said)).await;
    };
    let (handshake, ()) = tokio::join!(handshake, serve);
    let words = "not authorized to write to: queue://tenfold.x";
    assert_eq!(handshake.err(), Some(ConnectError::Forbidden(words.into())));
}

#[tokio::test]
async fn activemq_receipts_confirm_and_messages_come_in_order() {
    let (mut broker, mut link) = linked(1 << 16, 0).await;
    let messages = ["1", "2", "3"].map(|body| Frame::new(Command::Message).carrying(body.into()));
    broker.writing.send(messages).await.unwrap();
    broker
        .writing
        .send([receipt("7"), receipt("subscribed")])
        .await
        .unwrap();
    broker.send(Frame::new(Command::Message).carrying(b"4".to_vec())).await;
    for wanted in [text("1"), text("2"), text("3"), Incoming::Confirmed(7), text("4")] {
        assert_eq!(next(&mut link).await, wanted);
    }
}

#[tokio::test]
async fn activemq_connection_ends_with_its_link() {
    let (mut broker, link) = linked(1 << 16, 0).await;
    drop(link);
    broker.expect_the_end().await;
    // Even where more came than was ever taken.
    let (mut broker, link) = linked(1 << 10, 0).await;
    let flood = (0..4 * INCOMING).map(|_| Frame::new(Command::Message));
    assert!(
        timeout(Duration::from_millis(50), broker.writing.send(flood))
            .await
            .is_err()
    );
    drop(link);
    broker.expect_the_end().await;
}

#[tokio::test]
async fn activemq_goodbye_is_said_and_heard() {
    let (mut broker, link) = linked(1 << 16, 0).await;
    let Link {
        sending, mut incoming, ..
    } = link;
    let serve = async {
        let disconnect = broker.next_frame(Command::Disconnect).await;
        broker.send(receipt(disconnect.header("receipt").unwrap())).await;
        broker.expect_the_end().await;
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
        .send(Frame::new(Command::Error).with("message", "Out of memory."))
        .await;
    let why = "it says: Out of memory";
    assert_eq!(next(&mut link).await, Incoming::Lost(why.into()));
    assert_eq!(
        link.sending.publish(QUEUE, 1, String::new()).await,
        Err(LostError(why.into()))
    );
    broker.expect_the_end().await;
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
            let sent = broker.next_frame(Command::Send).await;
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
    let (mut broker, handshake, sender, incoming) = pair(1 << 16);
    let (handshake, ()) = tokio::join!(handshake, broker.serve(0));
    let mut handshake = handshake.unwrap();
    handshake.reading.patience = Some(Duration::from_millis(50));
    let mut link = begin(handshake, sender, incoming);
    assert_eq!(next(&mut link).await, Incoming::Lost("it gives no sign of life".into()));
    broker.expect_the_end().await;
}
