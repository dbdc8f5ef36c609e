//! Replies and messages in the words the person reads, pure.

use tenfold_core::protocol::reply::Reply;

use crate::event::{Message, Recipient};

/// The lines of a reply.
pub fn reply(reply: &Reply) -> Vec<String> {
    if let Some(message) = &reply.message {
        return vec![message.clone()];
    }
    let names = [
        (&reply.invite, "No invitations"),
        (&reply.friend, "No friends"),
        (&reply.group, "No groups"),
    ];
    for (list, none) in names {
        if let Some(list) = list {
            return or_none(list.clone(), none);
        }
    }
    match &reply.post {
        Some(posts) => {
            let lines = posts
                .iter()
                .map(|post| format!("{}: {}", post.id, post.message))
                .collect();
            or_none(lines, "No posts")
        }
        None => Vec::new(),
    }
}

fn or_none(lines: Vec<String>, none: &str) -> Vec<String> {
    if lines.is_empty() { vec![none.to_owned()] } else { lines }
}

/// The line of a message.
pub fn message(message: &Message) -> String {
    match &message.to {
        Recipient::User(user) => format!("<<<{}->{user}: {}>>>", message.from, message.text),
        Recipient::Group(group) => format!("<<<{}->GROUP<{group}>: {}>>>", message.from, message.text),
    }
}

/// Names that a reply has in it, to be completed later.
pub fn names_in(reply: &Reply) -> Vec<String> {
    let lists = [&reply.invite, &reply.friend, &reply.group];
    let listed = lists.into_iter().flatten().flatten().cloned();
    let authors = reply.post.iter().flatten().map(|post| post.id.clone());
    listed.chain(authors).collect()
}

#[cfg(test)]
mod tests {
    use tenfold_core::ids::Position;

    use super::*;

    fn read(line: &str) -> Vec<String> {
        reply(&serde_json::from_str(line).unwrap())
    }

    #[test]
    fn a_message_stands_alone() {
        assert_eq!(read(r#"{"status":0,"message":"Success!","position":9}"#), ["Success!"]);
        assert_eq!(read(r#"{"status":1,"message":"Not login yet"}"#), ["Not login yet"]);
    }

    #[test]
    fn lists_have_a_line_for_each() {
        assert_eq!(read(r#"{"status":0,"friend":["b","a"]}"#), ["b", "a"]);
        let posts = r#"{"status":0,"post":[{"id":"a","message":"hello"},{"id":"a","message":"b: c"}]}"#;
        assert_eq!(read(posts), ["a: hello", "a: b: c"]);
    }

    #[test]
    fn empty_lists_say_so() {
        assert_eq!(read(r#"{"status":0,"invite":[]}"#), ["No invitations"]);
        assert_eq!(read(r#"{"status":0,"friend":[]}"#), ["No friends"]);
        assert_eq!(read(r#"{"status":0,"post":[]}"#), ["No posts"]);
        assert_eq!(read(r#"{"status":0,"group":[]}"#), ["No groups"]);
    }

    #[test]
    fn messages_name_both_ends() {
        let mut sent = Message {
            user: "USER_B".into(),
            serial: 1,
            from: "USER_A".into(),
            to: Recipient::User("USER_B".into()),
            text: "HELLO WORLD".into(),
            position: Position(812),
        };
        assert_eq!(message(&sent), "<<<USER_A->USER_B: HELLO WORLD>>>");
        sent.to = Recipient::Group("GROUP_A".into());
        assert_eq!(message(&sent), "<<<USER_A->GROUP<GROUP_A>: HELLO WORLD>>>");
    }
}
