use proptest::prelude::*;

use super::*;

/// What is heard when bytes come in pieces of these lengths, the last one again and again.
fn heard(bytes: &[u8], cuts: &[usize]) -> Result<Vec<Frame>, CodecError> {
    let (mut codec, mut source, mut frames) = (Codec::default(), BytesMut::new(), Vec::new());
    let (mut rest, mut cuts) = (bytes, cuts.iter().copied());
    let mut cut = usize::MAX;
    while !rest.is_empty() {
        cut = cuts.next().unwrap_or(cut).max(1);
        let (piece, after) = rest.split_at(cut.min(rest.len()));
        source.extend_from_slice(piece);
        while let Some(heard) = codec.decode(&mut source)? {
            frames.extend(match heard {
                Decoded::Frame(frame) => Some(frame),
                Decoded::Heartbeat => None,
            });
        }
        rest = after;
    }
    match codec.decode_eof(&mut source)? {
        Some(_) => panic!("it was held back until the end"),
        None => Ok(frames),
    }
}

/// What a decoder holds after these bytes.
fn held(codec: &Codec, source: &BytesMut) -> usize {
    let kept = |frame: &Frame| {
        let headers = frame.headers.iter().map(|(name, value)| name.len() + value.len());
        frame.body.len() + headers.sum::<usize>()
    };
    source.len()
        + match &codec.part {
            Part::Between => 0,
            Part::Headers { frame, .. } | Part::Body { frame, .. } => kept(frame),
        }
}

fn only(bytes: &[u8]) -> Frame {
    let mut frames = heard(bytes, &[]).unwrap();
    assert_eq!(frames.len(), 1);
    frames.remove(0)
}

fn any_frame() -> impl Strategy<Value = Frame> {
    let command = proptest::sample::select(&Command::ALL[..]);
    let odd = "[a-z:\\\\\r\n\0é ]{0,12}";
    let headers = proptest::collection::vec(("[a-z\\\\é-]{1,8}", odd), 0..5);
    let body = proptest::collection::vec(any::<u8>(), 0..300);
    (command, headers, body).prop_map(|(command, headers, body)| {
        let plain = |text: String| match command {
            // It comes as it is, and never with anything that would have to be escaped.
            Command::Connected => text.replace(['\\', '\r', '\n', ':'], ""),
            _ => text,
        };
        let headers = headers.into_iter().map(|(name, value)| (plain(name), plain(value)));
        let mut frame = Frame::new(command);
        frame.headers = headers.filter(|(name, _)| name != "content-length").collect();
        frame.carrying(body)
    })
}

proptest! {
    #[test]
    fn activemq_frames_are_heard_as_they_were_said_however_they_are_cut(
        frames in proptest::collection::vec(any_frame(), 1..5),
        beats in proptest::sample::select(&["", "\n", "\r\n\n"][..]),
        cuts in proptest::collection::vec(1usize..40, 1..30),
    ) {
        let mut bytes = BytesMut::new();
        for frame in &frames {
            frame.encode(&mut bytes);
            bytes.extend_from_slice(beats.as_bytes());
        }
        // Frames are compared and not printed: they show nothing of themselves.
        prop_assert!(heard(&bytes, &cuts) == Ok(frames));
    }

    #[test]
    fn activemq_garbage_ends_in_an_error_or_in_waiting(
        start in proptest::sample::select(&["", "MESSAGE\n", "ERROR\nx:y\n\n", "RECEIPT\ncontent-length:7\n\n", "\0\0\0"][..]),
        garbage in proptest::collection::vec(any::<u8>(), 0..600),
        cuts in proptest::collection::vec(1usize..40, 1..30),
    ) {
        let bytes = [start.as_bytes(), &garbage].concat();
        // How it is cut makes no difference to how it ends.
        prop_assert_eq!(heard(&bytes, &cuts).is_ok(), heard(&bytes, &[]).is_ok());
    }
}

#[test]
fn activemq_no_stream_makes_it_hold_more_than_its_bounds() {
    let endless: [(&str, &[u8], usize); 5] = [
        ("MESSAGE\n", b"x", LONGEST_HEADERS),
        ("MESSAGE\n", b"x:y\n", LONGEST_HEADERS),
        ("MESSAGE\n\n", b"x", LONGEST_BODY),
        ("MESSAGE\ncontent-length:1048577\n\n", b"\0", LONGEST_BODY),
        ("MESSAGE\ncontent-length:18446744073709551615\n\n", b"x", LONGEST_BODY),
    ];
    for (start, again, most) in endless {
        let (mut codec, mut source) = (Codec::default(), BytesMut::from(start));
        let piece = again.repeat(4096 / again.len());
        for _ in 0..600 {
            let decoded = codec.decode(&mut source);
            assert!(held(&codec, &source) <= most + piece.len(), "{start:?}");
            if decoded.is_err() {
                break;
            }
            source.extend_from_slice(&piece);
        }
    }
}

#[test]
fn activemq_bodies_that_are_too_long_are_left_out_and_the_next_frame_is_heard() {
    let long = vec![b'x'; LONGEST_BODY + 1];
    let next = b"\nRECEIPT\nreceipt-id:7\n\n\0";
    let said = [
        format!("MESSAGE\ncontent-length:{}\n\n", long.len()),
        "MESSAGE\n\n".into(),
    ];
    for start in said {
        let bytes = [start.as_bytes(), &long, b"\0", next].concat();
        let frames = heard(&bytes, &[10, 8192]).unwrap();
        assert_eq!((frames.len(), frames[0].body.len()), (2, 0), "{start:?}");
        assert_eq!(frames[1].header("receipt-id"), Some("7"));
    }
}

#[test]
fn activemq_what_the_broker_really_says_is_understood() {
    let connected =
        only(b"CONNECTED\nserver:ActiveMQ/5.17.2\nheart-beat:5000,5000\nsession:ID:vm-38009-1\nversion:1.2\n\n\0\n");
    assert_eq!(connected.header("session"), Some("ID:vm-38009-1"));
    assert_eq!(connected.header("server"), Some("ActiveMQ/5.17.2"));
    let message = only(b"MESSAGE\nexpires:0\nmessage-id:ID\\cvm-1\\c13\nexpires:9\n\nh\xc3\xa9llo\0\n");
    assert_eq!(message.header("message-id"), Some("ID:vm-1:13"));
    assert_eq!(message.header("expires"), Some("0"));
    assert_eq!(message.body, "héllo".as_bytes());
    assert_eq!(
        only(b"\r\nRECEIPT\r\nreceipt-id:4\r\n\r\n\0").header("receipt-id"),
        Some("4")
    );
}

#[test]
fn activemq_other_protocols_are_recognized_at_once() {
    for (said, meant) in [
        (&b"\0\0\x01R\x01ActiveMQ\0\0"[..], CodecError::OpenWire),
        (b"\x15\x03\x03\0\x02\x02\x46", CodecError::Tls),
        (b"AMQP\0\0\x09\x01", CodecError::NoStomp),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", CodecError::NoStomp),
        (b"E\0\0\0\x90SFATAL\0", CodecError::NoStomp),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", CodecError::NoStomp),
        (b"ERROR", CodecError::NoStomp),
        (b"MESSAGES\n\n\0", CodecError::NoStomp),
        (b"\0\0", CodecError::NoStomp),
    ] {
        for cuts in [&[][..], &[1]] {
            assert_eq!(heard(said, cuts), Err(meant.clone()), "{said:?}");
        }
    }
}

#[test]
fn activemq_frames_that_contradict_themselves_are_errors() {
    for wrong in [
        &b"MESSAGE\nx\n\n\0"[..],
        b"MESSAGE\nx:\xff\n\n\0",
        b"MESSAGE\ncontent-length:-1\n\n\0",
        b"MESSAGE\ncontent-length:1\n\nab\0",
    ] {
        assert!(matches!(heard(wrong, &[]), Err(CodecError::Malformed(_))), "{wrong:?}");
    }
}
