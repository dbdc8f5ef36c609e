//! Tests of the wire.

mod lines {
    use proptest::prelude::*;

    use super::super::*;

    fn lines_of(chunks: &[&[u8]]) -> Vec<Line> {
        let mut buffer = LineBuffer::new();
        let mut lines = Vec::new();
        for chunk in chunks {
            buffer.push(chunk);
            while let Some(line) = buffer.next_line() {
                lines.push(line);
            }
        }
        lines.extend(buffer.finish());
        lines
    }

    fn text(line: &str) -> Line {
        Line::Text(line.into())
    }

    #[test]
    fn lines_arrive_in_pieces() {
        assert_eq!(
            lines_of(&[b"ab", b"c\r\nd\n\n", b"e"]),
            [text("abc"), text("d"), text(""), text("e")]
        );
    }

    #[test]
    fn the_limit_is_exact() {
        let fits = vec![b'x'; LINE_LIMIT];
        let over = vec![b'x'; LINE_LIMIT + 1];
        assert_eq!(lines_of(&[&fits, b"\r\n"]), [text(std::str::from_utf8(&fits).unwrap())]);
        assert_eq!(lines_of(&[&over, b"\n", b"next\n"]), [Line::TooLong, text("next")]);
    }

    #[test]
    fn a_line_without_end_holds_no_memory() {
        let mut buffer = LineBuffer::new();
        for _ in 0..100 {
            buffer.push(&[b'x'; 10_000]);
            assert_eq!(buffer.next_line(), None);
            assert!(buffer.bytes.len() <= LINE_LIMIT + 10_001);
        }
        buffer.push(b"\nnext\n");
        assert_eq!(buffer.next_line(), Some(Line::TooLong));
        assert_eq!(buffer.next_line(), Some(text("next")));
    }

    #[test]
    fn what_is_no_text_is_said_so_and_the_next_line_lives() {
        assert_eq!(
            lines_of(&[b"a\0b\n\xff\xfe\nok\n"]),
            [Line::NotText, Line::NotText, text("ok")]
        );
    }

    proptest! {
        #[test]
        fn where_the_bytes_are_cut_does_not_matter(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0usize..200) {
            let cut = cut.min(bytes.len());
            prop_assert_eq!(lines_of(&[&bytes]), lines_of(&[&bytes[..cut], &bytes[cut..]]));
        }
    }
}

mod request {
    use super::super::*;

    #[test]
    fn words_are_separated_by_spaces_and_tabs_only() {
        let request = Request::parse(" \tpost \t x\u{a0}y  hello \t").unwrap();
        assert_eq!((request.word, request.rest), ("post", "x\u{a0}y  hello"));
        assert_eq!(Request::parse(" \t "), None);
    }

    #[test]
    fn an_id_may_stand_in_front() {
        let id = Uuid::from_u128(5);
        let line = format!("@{id}  logout x");
        let request = Request::parse(&line).unwrap();
        assert_eq!(
            (request.id, request.word, request.rest),
            (Some(CommandId(id)), "logout", "x")
        );
        assert_eq!(Request::parse("@me hello").unwrap().word, "@me");
        assert_eq!(Request::parse(&format!("@{id} ")), None);
    }

    #[test]
    fn a_message_keeps_its_inner_blanks() {
        assert_eq!(
            words_and_message::<1>("bob  hi \t there "),
            Some((["bob"], "hi \t there"))
        );
        assert_eq!(words_and_message::<1>("bob "), None);
        assert_eq!(exactly::<1>(" a "), Some(["a"]));
        assert_eq!(exactly::<1>("a b"), None);
        assert_eq!(exactly::<0>(""), Some([]));
    }

    #[test]
    fn positions_are_plain_numbers() {
        assert_eq!(position("12"), Some(Position(12)));
        for word in ["-1", "+1", "", "1.0", "99999999999999999999"] {
            assert_eq!(position(word), None, "{word}");
        }
    }
}

mod reply {
    use super::super::*;

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

mod push {
    use super::super::*;

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
