//! One connection from its first byte to its last: read, answer, write, all within bounds.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tenfold_core::protocol::lines::Line;
use tenfold_core::protocol::reply::Reply;
use tenfold_core::protocol::text;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use crate::conversation::{Answer, Conversation, Service};
use crate::inbound::Inbound;
use crate::outbound::Outbound;
use crate::slowing::Slowing;
use crate::writing::write_all_queued;

/// The bounds of connections, and of a server's end.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How many bytes may wait to be answered before no more are read.
    pub inbound: usize,
    /// How many bytes may wait to be written before no more commands are taken and no more is pushed.
    pub outbound: usize,
    /// A client that takes not a byte for so long is given up.
    pub stuck: Duration,
    /// How many clients may be connected.
    pub connections: usize,
    /// How long a stopping server may take to finish the commands it has.
    pub ending: Duration,
    /// What slows down those who are refused too often.
    pub slowing: Arc<Slowing>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            inbound: 64 * 1024,
            outbound: 256 * 1024,
            stuck: Duration::from_secs(30),
            connections: 20_000,
            ending: Duration::from_secs(5),
            slowing: Arc::default(),
        }
    }
}

/// Serves one client until it hangs up or `stopping` fires, and what it has sent by then is answered.
pub async fn converse<S: Service>(
    stream: impl AsyncRead + AsyncWrite,
    peer: Option<IpAddr>,
    service: &S,
    settings: &Settings,
    stopping: &CancellationToken,
) {
    let (mut reading, mut writing) = tokio::io::split(stream);
    let inbound = Inbound::new(settings.inbound);
    let outbound = Outbound::new(settings.outbound);
    let conversation = service.begin(peer, outbound.clone());
    let talk = Talk {
        peer,
        inbound: &inbound,
        outbound: &outbound,
        slowing: &settings.slowing,
        stopping,
    };
    let write = async {
        let written = write_all_queued(&mut writing, &outbound, settings.stuck).await;
        if let Err(error) = written {
            tracing::debug!(%error, "gave up on a client");
        }
        outbound.close();
    };
    // One task, three hands: none waits for the others but where a bound says so.
    tokio::join!(
        inbound.fill(&mut reading, &outbound, stopping),
        talk.to_the_end(conversation),
        write
    );
}

struct Talk<'connection> {
    peer: Option<IpAddr>,
    inbound: &'connection Inbound,
    outbound: &'connection Outbound,
    slowing: &'connection Slowing,
    stopping: &'connection CancellationToken,
}

impl Talk<'_> {
    async fn to_the_end(&self, mut conversation: impl Conversation) {
        while let Some(line) = self.inbound.next().await {
            self.outbound.room().await;
            let answer = answer(&mut conversation, line).await;
            if answer.is_refusal() {
                self.slow_down(&answer).await;
            }
            if let Some(reply) = answer.reply {
                self.outbound.send(&reply.to_line());
            }
        }
        drop(conversation);
        self.outbound.finish();
    }

    async fn slow_down(&self, answer: &Answer) {
        let delay = self.slowing.refused(self.peer, answer.session);
        if delay.is_zero() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(delay) => {}
            () = self.outbound.closed() => {}
            () = self.stopping.cancelled() => {}
        }
    }
}

async fn answer(conversation: &mut impl Conversation, line: Line) -> Answer {
    match line {
        // On the heap while it lasts: an idle connection does not pay for the largest command's state.
        Line::Text(line) => Box::pin(conversation.answer(&line)).await,
        Line::TooLong => Reply::refused(text::LINE_TOO_LONG).into(),
        Line::NotText => Reply::refused(text::NOT_TEXT).into(),
    }
}
