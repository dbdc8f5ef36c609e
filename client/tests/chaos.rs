//! Everything goes wrong all the time, and nobody notices.

#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use support::Client;
use support::world::World;
use tenfold_client::timing::Timing;

const SENDS: usize = 60;

#[tokio::test]
async fn every_command_is_carried_out_once_and_every_message_shown_once_in_its_place() {
    for seed in 1..=8 {
        run(seed * 7_919_000_001).await;
    }
}

async fn run(seed: u64) {
    let (world, login) = World::start(seed).await;
    let timing = Timing {
        first_pause: Duration::from_millis(1),
        longest_pause: Duration::from_millis(5),
        ..Timing::default()
    };
    let mut client = Client::at(login, timing);
    client.types("login ann pw");
    client.types("login bob pw");
    for number in 0..SENDS {
        client.types(&format!("send ann bob message-{number}"));
    }
    client.end_input();
    let lines = client.all_lines().await;
    let exchanges = (0..SENDS).flat_map(|number| ["Success!".into(), format!("<<<ann->bob: message-{number}>>>")]);
    let logins = ["Success!".to_owned(), "Success!".to_owned()];
    let expected: Vec<String> = logins.into_iter().chain(exchanges).collect();
    assert_eq!(lines, expected, "seed {seed}");
    assert_eq!(world.carried_out(), SENDS, "seed {seed}");
    assert_eq!(world.acked("token-bob"), SENDS as i64, "seed {seed}");
}
