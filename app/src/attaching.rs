//! `attach`, `ack` and `sync`: the words by which clients, rather than people, ask for what is pushed.

use std::time::Duration;

use tenfold_core::command::Actor;
use tenfold_core::ids::Position;
use tenfold_core::protocol::{Reply, exactly, position, text};
use tenfold_log::read::ReadError;
use tenfold_service::{Answer, Outbound};
use tokio::time::timeout;

use crate::app::{App, Caller};
use crate::delivery::delivery_loop::ConnectionId;

/// How long a sync waits. The log's stragglers are given up after a second or so; this is for a database that is away.
const SYNC_PATIENCE: Duration = Duration::from_secs(30);

const NOT_ATTACHED: &str = "This connection is not attached to that session: attach <token> <position> first";
const NOT_IN_TIME: &str = "The messages did not come in time; try again";

/// Which of the three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttachingWord {
    /// `attach <token> <position>`
    Attach,
    /// `ack <token> <position>`
    Ack,
    /// `sync <token> [position]`
    Sync,
}

impl AttachingWord {
    /// The one that is written so.
    pub fn from_word(word: &str) -> Option<AttachingWord> {
        match word {
            "attach" => Some(Self::Attach),
            "ack" => Some(Self::Ack),
            "sync" => Some(Self::Sync),
            _ => None,
        }
    }

    /// The usage reply.
    fn usage(self) -> &'static str {
        match self {
            Self::Attach => "Usage: attach <token> <position>",
            Self::Ack => "Usage: ack <token> <position>",
            Self::Sync => "Usage: sync <token> [position]",
        }
    }
}

/// Answers them on one connection.
pub(crate) struct Attaching<'connection> {
    pub app: &'connection App,
    pub connection: ConnectionId,
    pub outbound: &'connection Outbound,
}

impl Attaching<'_> {
    /// `caller` is nobody where the token is not authentic.
    pub async fn answer(&self, word: AttachingWord, caller: Option<Caller<'_>>) -> Result<Answer, ReadError> {
        if word == AttachingWord::Ack {
            self.ack(caller);
            return Ok(Answer::none());
        }
        let Some(Caller { actor, rest, .. }) = caller else {
            return Ok(Reply::refused(text::NOT_LOGIN_YET).into());
        };
        if let Some(redirected) = self.app.redirection(&actor).await? {
            return Ok(Answer::from(redirected).to(actor.session));
        }
        self.app.active.note(actor.session);
        let session = actor.session;
        let answer = match (word, exactly(rest).map(|[word]| position(word)), exactly(rest)) {
            (AttachingWord::Attach, Some(Some(from)), _) => self.attach(actor, from),
            (AttachingWord::Sync, Some(Some(to)), _) => self.sync(&actor, Some(to)).await?.into(),
            (AttachingWord::Sync, _, Some([])) => self.sync(&actor, None).await?.into(),
            _ => Reply::refused(word.usage()).into(),
        };
        Ok(answer.to(session))
    }

    /// The reply goes out before the first push can.
    fn attach(&self, actor: Actor, from: Position) -> Answer {
        let most = self.app.quotas.limits.attachments;
        if self.app.delivery.others_of(actor.session, self.connection) >= most {
            self.app.quotas.overruns.count("attachments", &actor.account);
            let refusal = format!("This session has {most} connections, which is the most; close one and try again");
            return Reply::refused(refusal).into();
        }
        self.outbound.send(&Reply::success().to_line());
        self.app
            .delivery
            .attach(self.connection, actor, from, self.outbound.clone());
        Answer::none()
    }

    /// Whatever is wrong with it, it has no reply.
    fn ack(&self, caller: Option<Caller<'_>>) {
        let Some(Caller { actor, rest, .. }) = caller else {
            return;
        };
        if let Some(shown) = exactly(rest).and_then(|[word]| position(word)) {
            self.app.delivery.acknowledge(actor.session, shown);
        }
    }

    async fn sync(&self, actor: &Actor, to: Option<Position>) -> Result<Reply, ReadError> {
        let head = self.app.reader.head().await?;
        let to = to.unwrap_or(head);
        if to > head {
            let refusal = format!("Position {to} is beyond the log's end, which is {head}");
            return Ok(Reply::refused(refusal));
        }
        let Some(reached) = self.app.delivery.sync(self.connection, actor.session, to) else {
            return Ok(Reply::refused(NOT_ATTACHED));
        };
        tokio::select! {
            reached = timeout(SYNC_PATIENCE, reached) => match reached {
                Ok(Ok(())) => Ok(Reply::success().at(to)),
                Ok(Err(_)) => self.detached(actor).await,
                Err(_) => Ok(Reply::refused(NOT_IN_TIME)),
            },
            () = self.outbound.closed() => Ok(Reply::refused(NOT_IN_TIME)),
            () = self.app.stopping.cancelled() => Ok(Reply::moved(None)),
        }
    }

    /// The session moved or ended while its sync waited.
    async fn detached(&self, actor: &Actor) -> Result<Reply, ReadError> {
        let redirected = self.app.redirection(actor).await?;
        Ok(redirected.unwrap_or_else(|| Reply::refused(NOT_ATTACHED)))
    }
}
