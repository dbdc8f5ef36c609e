//! What a server answers: one JSON object on one line.

use serde::{Deserialize, Serialize};

use super::endpoint::Address;
use super::text;
use crate::ids::Position;

/// A reply. What is not there is left out of the line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// 0, or 1 for every refusal.
    pub status: u8,
    /// In words; lists have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// list-invite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite: Option<Vec<String>>,
    /// list-friend.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub friend: Option<Vec<String>>,
    /// list-group, list-joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Vec<String>>,
    /// receive-post.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post: Option<Vec<PostLine>>,
    /// login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// How far the log had come with this command; for login, where a new client attaches from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// login: where the session is served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<Address>,
    /// There and `null` where the session has no seat: ask a login server. There and an address: ask there.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub moved: Option<Option<Address>>,
}

/// A post in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostLine {
    /// Who wrote it.
    pub id: String,
    /// What.
    pub message: String,
}

/// Tells `"moved":null` from no `moved` at all.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Address>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl Reply {
    /// `Success!`, without a position.
    pub fn success() -> Reply {
        Reply {
            message: Some(text::SUCCESS.into()),
            ..Reply::default()
        }
    }

    /// `Bye!`
    pub fn bye() -> Reply {
        Reply {
            message: Some(text::BYE.into()),
            ..Reply::default()
        }
    }

    /// Status 1 with a sentence.
    pub fn refused(message: impl Into<String>) -> Reply {
        Reply {
            status: 1,
            message: Some(message.into()),
            ..Reply::default()
        }
    }

    /// The session is served at `address`, or nowhere.
    pub fn moved(address: Option<Address>) -> Reply {
        Reply {
            moved: Some(address),
            ..Reply::refused(text::SERVED_ELSEWHERE)
        }
    }

    /// The same with the position the log reached.
    pub fn at(self, position: Position) -> Reply {
        Reply {
            position: Some(position),
            ..self
        }
    }

    /// The line, without its end.
    pub fn to_line(&self) -> String {
        serde_json::to_string(self).expect("a reply has nothing that JSON cannot say")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_the_contract() {
        assert_eq!(Reply::success().to_line(), r#"{"status":0,"message":"Success!"}"#);
        assert_eq!(
            Reply::success().at(Position(7)).to_line(),
            r#"{"status":0,"message":"Success!","position":7}"#
        );
        let list = Reply {
            invite: Some(vec!["a".into()]),
            ..Reply::default()
        };
        assert_eq!(list.to_line(), r#"{"status":0,"invite":["a"]}"#);
        let posts = vec![PostLine {
            id: "a".into(),
            message: "he said \"hi\"".into(),
        }];
        let list = Reply {
            post: Some(posts),
            ..Reply::default()
        };
        assert_eq!(
            list.to_line(),
            r#"{"status":0,"post":[{"id":"a","message":"he said \"hi\""}]}"#
        );
    }

    #[test]
    fn moved_to_nowhere_differs_from_not_moved() {
        let nowhere = Reply::moved(None);
        assert!(nowhere.to_line().ends_with(r#""moved":null}"#));
        assert_eq!(serde_json::from_str::<Reply>(&nowhere.to_line()).unwrap(), nowhere);
        assert_eq!(serde_json::from_str::<Reply>(r#"{"status":0}"#).unwrap().moved, None);
        let there = Reply::moved(Some(Address { host: None, port: 9 }));
        assert!(there.to_line().ends_with(r#""moved":{"port":9}}"#));
    }
}
