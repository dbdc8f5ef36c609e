//! What the broker says when it ends a connection or a channel, in words. Its own texts name users, and are not repeated.

use amqprs::{Close, CloseChannel};

use crate::protocol::ConnectError;

const FORCED: u16 = 320;
const NO_SUCH_PATH: u16 = 402;
const REFUSED: u16 = 403;
const NOT_FOUND: u16 = 404;
const NOT_ALLOWED: u16 = 530;
const INTERNAL: u16 = 541;

/// AMQP's numbers of methods: a class and one of its methods.
const PUBLISH: (u16, u16) = (60, 40);
const CONSUME: (u16, u16) = (60, 20);

/// An end, as the broker gives its reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    /// AMQP's number of the reason.
    code: u16,
    /// The method that was not to its liking; zeros where it was none.
    method: (u16, u16),
    /// It is going down.
    is_shutdown: bool,
    /// Too many are there already.
    is_limit: bool,
}

impl From<&Close> for Closed {
    fn from(close: &Close) -> Closed {
        let method = (close.class_id(), close.method_id());
        Closed::new(close.reply_code(), method, close.reply_text())
    }
}

impl From<&CloseChannel> for Closed {
    fn from(close: &CloseChannel) -> Closed {
        let method = (close.class_id(), close.method_id());
        Closed::new(close.reply_code(), method, close.reply_text())
    }
}

impl Closed {
    fn new(code: u16, method: (u16, u16), text: &str) -> Closed {
        Closed {
            code,
            method,
            is_shutdown: text.contains("shutdown"),
            is_limit: text.contains("limit"),
        }
    }

    /// Finds it in what the client library says when a connection does not come about: the frame as a debugger shows it.
    pub fn in_frame(shown: &str) -> Option<Closed> {
        let (_, after) = shown.split_once("reply_code: ")?;
        let digits = after.split(|other: char| !other.is_ascii_digit()).next()?;
        Some(Closed::new(digits.parse().ok()?, (0, 0), after))
    }

    /// Why a connection was lost.
    pub fn words(self) -> String {
        match self.code {
            FORCED if self.is_shutdown => "it is shutting down".into(),
            FORCED => "somebody closed the connection there".into(),
            REFUSED if self.method == PUBLISH => "this user may not write to queues".into(),
            REFUSED => "this user may not use our queue".into(),
            NOT_FOUND => "our queue is not there any more".into(),
            code => format!("it ended the connection with AMQP's code {code}"),
        }
    }

    /// Why none comes about.
    pub fn refusal(self, virtual_host: &str) -> ConnectError {
        match self.code {
            NOT_ALLOWED if self.is_limit => ConnectError::Forbidden("it has as many connections as it allows".into()),
            NO_SUCH_PATH | NOT_ALLOWED => ConnectError::VirtualHost(virtual_host.to_owned()),
            REFUSED if self.method == (0, 0) => ConnectError::RefusedLogin,
            REFUSED => ConnectError::Forbidden(self.missing_right().into()),
            INTERNAL => ConnectError::Unexpected("an internal error: its log says more".into()),
            _ => ConnectError::Unexpected(self.words()),
        }
    }

    fn missing_right(self) -> &'static str {
        match self.method {
            PUBLISH => "no permission to write to amq.default",
            CONSUME => "no permission to read tenfold.*",
            _ => "no permission to configure tenfold.*",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forbidden(why: &str) -> ConnectError {
        ConnectError::Forbidden(why.into())
    }

    #[test]
    fn rabbitmq_says_in_a_frame_why_it_lets_nobody_in() {
        let frame = |code, text| {
            format!(
                "failed to open connection, reason: Close(MethodHeader(10, 50), Close {{ reply_code: {code}, reply_text: \
                 ShortStr(30, \"{text}\"), class_id: 10, method_id: 40 }})"
            )
        };
        let said = |code, text| Closed::in_frame(&frame(code, text)).map(|closed| closed.refusal("v"));
        let no_host = Some(ConnectError::VirtualHost("v".into()));
        assert_eq!(said(530, "NOT_ALLOWED - vhost v not found"), no_host);
        assert_eq!(
            said(530, "NOT_ALLOWED - access to vhost 'v' refused for user 'ann'"),
            no_host
        );
        let full = said(
            530,
            "NOT_ALLOWED - connection refused for user 'ann': user connection limit (1) is reached",
        );
        assert_eq!(full, Some(forbidden("it has as many connections as it allows")));
        assert_eq!(
            said(403, "ACCESS_REFUSED - login refused"),
            Some(ConnectError::RefusedLogin)
        );
        assert!(matches!(said(504, "CHANNEL_ERROR"), Some(ConnectError::Unexpected(_))));
        for other in ["", "Tune(MethodHeader(10, 30))", "reply_code: ", "reply_code: 99999999"] {
            assert_eq!(Closed::in_frame(other), None, "{other}");
        }
    }

    #[test]
    fn rabbitmq_says_which_right_is_missing_by_the_method() {
        let refused = |method| {
            Closed::new(
                403,
                method,
                "ACCESS_REFUSED - access to queue 'q' refused for user 'ann'",
            )
        };
        for (method, right) in [
            ((50, 10), "configure"),
            ((50, 40), "configure"),
            (PUBLISH, "write"),
            (CONSUME, "read"),
        ] {
            let said = refused(method).refusal("v").to_string();
            assert!(said.contains(right) && !said.contains("ann"), "{said}");
        }
    }

    #[test]
    fn rabbitmq_tells_a_shutdown_from_other_ends() {
        let words = |code, text| Closed::new(code, (0, 0), text).words();
        let shutdown = "CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'";
        assert_eq!(words(320, shutdown), "it is shutting down");
        let by_hand = words(320, "CONNECTION_FORCED - user 'ann' is deleted");
        assert_eq!(by_hand, "somebody closed the connection there");
        assert!(words(501, "FRAME_ERROR").contains("501"));
    }
}
