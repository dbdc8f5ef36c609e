//! What is sealed today is opened for as long as there are logs: the file never changes. Another scheme gets another file
//! beside it.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

use serde_json::Value;
use tenfold_log::sealing::{MasterKey, SealContext};
use uuid::Uuid;

const GOLDEN: &str = include_str!("golden/sealed-1.jsonl");

fn bytes(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap().as_bytes();
    let digits = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    text.chunks(2).map(digits).collect()
}

#[test]
fn what_was_ever_sealed_is_opened() {
    let mut opened = 0;
    for line in GOLDEN.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let id = |field: &str| line[field].as_str().unwrap().parse::<Uuid>().unwrap();
        let master: MasterKey = line["master"].as_str().unwrap().parse().unwrap();
        assert_eq!(master.fingerprint(), line["fingerprint"].as_str().unwrap());
        let key = master
            .unwrap(id("stream"), &bytes(&line["wrapped"]))
            .expect("the account's key is unwrapped");
        let context = SealContext {
            id: id("id"),
            stream: id("stream"),
            kind: line["kind"].as_str().unwrap(),
        };
        let personal = key
            .open(context, &bytes(&line["sealed"]))
            .expect("the personal part is opened");
        assert_eq!(personal, line["personal"].as_str().unwrap());
        opened += 1;
    }
    assert_eq!(opened, 2);
}
