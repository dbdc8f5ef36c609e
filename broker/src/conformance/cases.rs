//! The cases. Each makes servers of its own, and ends with nobody having received what nobody sent.

use std::time::Duration;

use tenfold_core::envelope::{Envelope, FleetKey, MessageNotice};
use tokio::time::timeout;

use super::fleet::{Fleet, Member, notice};
use super::over_a_broker::somebody_new;
use super::waiting::eventually;
use super::world::World;

/// How long thousands of calls may take that never wait, on a machine that is busy.
const NO_TIME: Duration = Duration::from_secs(30);

/// Between three servers, in several directions.
pub async fn what_is_sent_arrives_whole_in_order_and_nowhere_else(world: &dyn World) {
    let mut fleet = Fleet::of(3, world).await;
    let envelopes = || (1..=100).map(|number| vec![notice(&number.to_string())]).collect();
    for (from, to) in [(0, 1), (0, 2), (1, 2), (2, 0)] {
        fleet.deliver(from, to, envelopes).await;
    }
    fleet.nobody_got_what_was_not_sent();
}

/// A message for ten people on one server is one envelope, and so is what ten people wrote.
pub async fn an_envelope_crosses_once_however_many_notices_it_holds(world: &dyn World) {
    let mut fleet = Fleet::of(2, world).await;
    let envelope = || vec![(1..=50).map(|number| notice(&number.to_string())).collect()];
    fleet.deliver(0, 1, envelope).await;
    let received = fleet.members()[1].handler.envelopes();
    if world.carries_contents() {
        // MessageNotice that come in pieces come out of several envelopes.
        assert!(received.iter().all(|envelope| envelope.len() == 50), "{received:?}");
    }
    fleet.nobody_got_what_was_not_sent();
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
        "tenfold-envelope-1 AAAA {}".into(),
    ];
    let envelopes = || texts.iter().map(|text| vec![in_a_group(notice(text))]).collect();
    fleet.deliver(0, 1, envelopes).await;
    fleet.nobody_got_what_was_not_sent();
}

fn in_a_group(notice: MessageNotice) -> MessageNotice {
    MessageNotice {
        group: Some("all".into()),
        ..notice
    }
}

/// It may have ended a moment ago.
pub async fn a_server_that_does_not_exist_harms_nobody(world: &dyn World) {
    let mut fleet = Fleet::of(2, world).await;
    let nobody = somebody_new();
    for number in 0..100 {
        fleet.send(0, nobody, vec![notice(&number.to_string())]);
        fleet.send(1, nobody, vec![notice(&number.to_string())]);
    }
    fleet.get_through(0, 1).await;
    fleet.get_through(1, 0).await;
    fleet.nobody_got_what_was_not_sent();
}

/// What somebody who knows the medium's password, but not the fleet's key, brings there.
pub async fn what_nobody_sealed_is_rejected(world: &dyn World) {
    let mut fleet = Fleet::of(2, world).await;
    let to = fleet.id(1);
    let forged = Envelope {
        to,
        notices: vec![notice("believe me")],
    };
    let forged = forged.seal(&FleetKey::new([7; 32]));
    let cut_off = forged[..forged.len() / 2].to_owned();
    for body in [forged, cut_off, "hello".into(), "\u{0}\n\u{0}".into()] {
        if !world.put_by_hand(to, body).await {
            return;
        }
    }
    fleet.get_through(0, 1).await;
    fleet.nobody_got_what_was_not_sent();
}

/// Ten thousand envelopes at once, on a medium that stands still where it can: it refuses rather than grow.
pub async fn sending_never_waits_and_is_bounded(world: &dyn World) {
    let mut fleet = Fleet::of(2, world).await;
    let to = fleet.id(1);
    if world.can_fail() {
        world.freeze().await;
    }
    let text = "x".repeat(8 << 10);
    let envelopes: Vec<MessageNotice> = (0..10_000).map(|_| notice(&text)).collect();
    fleet.note(to, &envelopes);
    let transport = fleet.members()[0].server.transport.clone();
    let sending = tokio::task::spawn_blocking(move || {
        let envelopes = envelopes.into_iter().map(|notice| Envelope {
            to,
            notices: vec![notice],
        });
        envelopes.filter(|envelope| transport.send(envelope.clone())).count()
    });
    let taken = timeout(NO_TIME, sending).await.expect("sending never waits");
    let taken = taken.expect("sending never fails");
    if world.can_fail() {
        assert!(taken < 10_000, "it takes whatever comes, and delivers nothing");
        what_was_accepted_is_reported(&fleet, taken).await;
        world.thaw().await;
    }
    fleet.get_through(0, 1).await;
    fleet.get_through(1, 0).await;
    fleet.nobody_got_what_was_not_sent();
}

async fn what_was_accepted_is_reported(fleet: &Fleet<'_>, taken: usize) {
    let (to, handler) = (fleet.id(1), &fleet.members()[0].handler);
    if taken > 0 {
        eventually("what was accepted and not delivered is reported", || {
            (handler.undelivered_to(to) > 0).then_some(())
        })
        .await;
    }
    let transport = &fleet.members()[0].server.transport;
    eventually("a transport whose medium stands still is not healthy", || {
        (!transport.is_healthy()).then_some(())
    })
    .await;
}

/// `kill -9`, some time away, and back at the same address.
pub async fn a_medium_that_died_and_returned_works_again(world: &dyn World) {
    if !world.can_fail() {
        return;
    }
    let mut fleet = Fleet::of(2, world).await;
    fleet.get_through(0, 1).await;
    world.kill().await;
    eventually("no transport is healthy without its medium", || {
        (!fleet.members().iter().any(Member::is_healthy)).then_some(())
    })
    .await;
    let to = fleet.id(1);
    assert!(
        !fleet.send(0, to, vec![notice("too soon")]),
        "nothing is taken without a medium"
    );
    let checks: Vec<usize> = fleet.members().iter().map(|member| member.handler.checks()).collect();
    world.come_back().await;
    fleet.all_are_healthy().await;
    for (member, checks) in fleet.members().iter().zip(checks) {
        assert!(
            member.handler.checks() > checks,
            "nobody was told to check the log for what was missed"
        );
    }
    fleet.get_through(0, 1).await;
    fleet.get_through(1, 0).await;
    fleet.nobody_got_what_was_not_sent();
}
