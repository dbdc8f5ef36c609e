//! What a server sends unasked.

use serde::{Deserialize, Serialize};

use super::endpoint::Address;
use crate::ids::Position;

/// A push; `user` is the name of the session's user it is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "push", rename_all = "lowercase")]
pub enum Push {
    /// Somebody wrote: to this user (`to`) or to a group they are in (`group`).
    Message {
        /// For whom.
        user: String,
        /// By whom.
        from: String,
        /// The recipient, where it was sent to a person.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<String>,
        /// The group, where it was sent to one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<String>,
        /// What they wrote.
        message: String,
        /// Its position in the log.
        position: Position,
    },
    /// The user is now served there.
    Moved {
        /// Whose session.
        user: String,
        /// Where.
        app: Address,
    },
    /// The session is over; everything before its end has been pushed.
    Ended {
        /// Whose session.
        user: String,
    },
    /// A login that waits for a server says so.
    Progress {
        /// Whose login.
        user: String,
        /// How it stands.
        message: String,
    },
}

impl Push {
    /// The line, without its end.
    pub fn to_line(&self) -> String {
        serde_json::to_string(self).expect("a push has nothing that JSON cannot say")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_the_contract() {
        let direct = Push::Message {
            user: "b".into(),
            from: "a".into(),
            to: Some("b".into()),
            group: None,
            message: "hi".into(),
            position: Position(812),
        };
        assert_eq!(
            direct.to_line(),
            r#"{"push":"message","user":"b","from":"a","to":"b","message":"hi","position":812}"#
        );
        assert_eq!(
            Push::Ended { user: "b".into() }.to_line(),
            r#"{"push":"ended","user":"b"}"#
        );
    }
}
