//! The cases. Each makes servers of its own, and ends with nobody having heard what nobody sent.

use std::time::Duration;

use tenfold_core::parcel::{FleetKey, News, Parcel};
use tokio::time::timeout;

use super::fleet::{Fleet, Member, news};
use super::over_a_broker::somebody_new;
use super::{World, eventually};

/// How long thousands of calls may take that never wait, on a machine that is busy.
const NO_TIME: Duration = Duration::from_secs(30);

/// Between three servers, in several directions.
pub async fn what_is_handed_over_is_heard_whole_in_order_and_by_nobody_else(world: &dyn World) {
    let mut fleet = Fleet::of(3, world).await;
    let parcels = || (1..=100).map(|number| vec![news(&number.to_string())]).collect();
    for (from, to) in [(0, 1), (0, 2), (1, 2), (2, 0)] {
        fleet.carry(from, to, parcels).await;
    }
    fleet.nobody_heard_what_was_not_sent();
}

/// A message for ten people on one server is one parcel, and so is what ten people wrote.
pub async fn a_parcel_crosses_once_however_many_news_it_holds(world: &dyn World) {
    let mut fleet = Fleet::of(2, world).await;
    let parcel = || vec![(1..=50).map(|number| news(&number.to_string())).collect()];
    fleet.carry(0, 1, parcel).await;
    let heard = fleet.members()[1].ears.parcels();
    if world.carries_contents() {
        // News that come in pieces come out of several parcels.
        assert!(heard.iter().all(|parcel| parcel.len() == 50), "{heard:?}");
    }
    fleet.nobody_heard_what_was_not_sent();
}

/// What people may write, at its longest and its oddest.
pub async fn long_texts_and_odd_characters_cross_unchanged(world: &dyn World) {
    let mut fleet = Fleet::of(2, world).await;
    let odd: String = (1..32).chain(127..160).filter_map(char::from_u32).collect();
    let texts = [
        String::new(),
        "x".repeat(64 << 10),
        "\u{1F469}\u{200D}\u{1F680}".repeat(6 << 10),
        format!("\"quoted\" \\ 'single' {{}} <b>&amp;</b> %s {odd}\u{0}\u{FEFF}\u{10FFFF} \r\n"),
        "tenfold-parcel-1 AAAA {}".into(),
    ];
    let parcels = || texts.iter().map(|text| vec![in_a_group(news(text))]).collect();
    fleet.carry(0, 1, parcels).await;
    fleet.nobody_heard_what_was_not_sent();
}

fn in_a_group(news: News) -> News {
    News {
        group: Some("all".into()),
        ..news
    }
}

/// It may have ended a moment ago.
pub async fn a_server_that_does_not_exist_harms_nobody(world: &dyn World) {
    let mut fleet = Fleet::of(2, world).await;
    let nobody = somebody_new();
    for number in 0..100 {
        fleet.hand_over(0, nobody, vec![news(&number.to_string())]);
        fleet.hand_over(1, nobody, vec![news(&number.to_string())]);
    }
    fleet.get_through(0, 1).await;
    fleet.get_through(1, 0).await;
    fleet.nobody_heard_what_was_not_sent();
}

/// What somebody who knows the medium's password, but not the fleet's key, brings there.
pub async fn what_nobody_sealed_is_not_heard(world: &dyn World) {
    let mut fleet = Fleet::of(2, world).await;
    let to = fleet.id(1);
    let forged = Parcel {
        to,
        news: vec![news("believe me")],
    };
    let forged = forged.seal(&FleetKey::new([7; 32]));
    let cut_off = forged[..forged.len() / 2].to_owned();
    for body in [forged, cut_off, "hello".into(), "\u{0}\n\u{0}".into()] {
        if !world.put_by_hand(to, body).await {
            return;
        }
    }
    fleet.get_through(0, 1).await;
    fleet.nobody_heard_what_was_not_sent();
}

/// Ten thousand parcels at once, on a medium that stands still where it can: it refuses rather than grow.
pub async fn handing_over_never_waits_and_is_bounded(world: &dyn World) {
    let mut fleet = Fleet::of(2, world).await;
    let to = fleet.id(1);
    if world.can_fail() {
        world.freeze().await;
    }
    let text = "x".repeat(8 << 10);
    let parcels: Vec<News> = (0..10_000).map(|_| news(&text)).collect();
    fleet.note(to, &parcels);
    let transport = fleet.members()[0].server.transport.clone();
    let handing_over = tokio::task::spawn_blocking(move || {
        let parcels = parcels.into_iter().map(|news| Parcel { to, news: vec![news] });
        parcels.filter(|parcel| transport.hand_over(parcel.clone())).count()
    });
    let taken = timeout(NO_TIME, handing_over).await.expect("handing over never waits");
    let taken = taken.expect("handing over never fails");
    if world.can_fail() {
        assert!(taken < 10_000, "it takes whatever comes, and delivers nothing");
        what_was_taken_is_told(&fleet, taken).await;
        world.thaw().await;
    }
    fleet.get_through(0, 1).await;
    fleet.get_through(1, 0).await;
    fleet.nobody_heard_what_was_not_sent();
}

async fn what_was_taken_is_told(fleet: &Fleet<'_>, taken: usize) {
    let (to, ears) = (fleet.id(1), &fleet.members()[0].ears);
    if taken > 0 {
        eventually("what was taken and not delivered is told", || {
            (ears.undelivered_to(to) > 0).then_some(())
        })
        .await;
    }
    let transport = &fleet.members()[0].server.transport;
    eventually("a transport whose medium stands still is not well", || {
        (!transport.is_well()).then_some(())
    })
    .await;
}

/// `kill -9`, some time away, and back at the same place.
pub async fn a_medium_that_died_and_returned_carries_again(world: &dyn World) {
    if !world.can_fail() {
        return;
    }
    let mut fleet = Fleet::of(2, world).await;
    fleet.get_through(0, 1).await;
    world.kill().await;
    eventually("no transport is well without its medium", || {
        (!fleet.members().iter().any(Member::is_well)).then_some(())
    })
    .await;
    let to = fleet.id(1);
    assert!(
        !fleet.hand_over(0, to, vec![news("too soon")]),
        "nothing is taken without a medium"
    );
    let looks: Vec<usize> = fleet.members().iter().map(|member| member.ears.looks()).collect();
    world.come_back().await;
    fleet.all_are_well().await;
    for (member, looks) in fleet.members().iter().zip(looks) {
        assert!(
            member.ears.looks() > looks,
            "nobody was told to look for what was missed"
        );
    }
    fleet.get_through(0, 1).await;
    fleet.get_through(1, 0).await;
    fleet.nobody_heard_what_was_not_sent();
}
