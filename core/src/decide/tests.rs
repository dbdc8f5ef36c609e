//! Where a command is decided, which seat is taken, and how an application server lives.

use super::Rejection;
use crate::event::{Event, SeatRelease};
use crate::intent::{Ending, InstanceStep, Intent};
use crate::launch_failure::LaunchFailure;
use crate::testing::{ALICE, BOB, CAROL, FIRST, Given, Person, SECOND, Server, THIRD, given, given_only};

mod live_sessions {
    use super::*;

    #[test]
    fn without_a_live_session_nobody_is_logged_in() {
        given([])
            .when(ALICE.types("post x"))
            .then_rejected(Rejection::NotLoggedIn);
        given([ALICE.is_registered()])
            .when(ALICE.types("post x"))
            .then_rejected(Rejection::NotLoggedIn);
    }

    #[test]
    fn an_earlier_session_of_the_same_account_is_over() {
        let mut earlier = ALICE.actor();
        earlier.session = BOB.session();
        for intent in [
            Intent::TakeSeat(earlier.clone()),
            Intent::Logout(earlier.clone()),
            Intent::Expire(earlier.clone()),
            Intent::Delete(earlier),
        ] {
            given([ALICE.is_online()])
                .when(intent)
                .then_rejected(Rejection::NotLoggedIn);
        }
    }

    #[test]
    fn who_sits_elsewhere_is_sent_there_and_nothing_is_checked_here() {
        given([ALICE.is_online(), SECOND.is_ready(10)])
            .when(ALICE.types_at(SECOND, "invite alice"))
            .then_rejected(Rejection::SeatedAt(Some(FIRST.id())));
    }

    #[test]
    fn who_sits_nowhere_is_sent_to_a_login_server() {
        given([ALICE.has_session()])
            .when(ALICE.types("post x"))
            .then_rejected(Rejection::SeatedAt(None));
    }

    #[test]
    fn a_server_that_drains_serves_those_it_still_has() {
        let (author, text) = (ALICE.account(), "x".to_owned());
        given([ALICE.is_online(), FIRST.drains()])
            .when(ALICE.types("post x"))
            .then([Event::Posted { author, text }]);
    }
}

mod seats {
    use super::*;

    fn takes(person: Person, server: Server, number: u16, seats: u16) -> [Event; 1] {
        person.sits(server, number, seats).try_into().expect("one event")
    }

    fn released(person: Person, server: Server, reason: SeatRelease) -> Event {
        let (session, account, instance) = (person.session(), person.account(), server.id());
        Event::SeatReleased {
            session,
            account,
            instance,
            reason,
        }
    }

    /// Alice looks for a seat; Bob and Carol can sit where a test wants them.
    fn given_seats<const N: usize>(story: [Vec<Event>; N]) -> Given {
        given_only([
            ALICE.has_session(),
            BOB.has_session(),
            CAROL.has_session(),
            story.concat(),
        ])
    }

    fn alice_takes_one() -> Intent {
        Intent::TakeSeat(ALICE.actor())
    }

    #[test]
    fn the_fullest_server_is_filled_first() {
        given_seats([FIRST.is_ready(10), SECOND.is_ready(10), BOB.sits(SECOND, 0, 10)])
            .when(alice_takes_one())
            .then(takes(ALICE, SECOND, 1, 10));
    }

    #[test]
    fn of_equally_full_ones_the_oldest() {
        // The oldest by its request, not by when it became ready.
        let ready = [FIRST.is_requested(10), SECOND.is_ready(10), became_ready(FIRST)].concat();
        given_seats([ready])
            .when(alice_takes_one())
            .then(takes(ALICE, FIRST, 0, 10));
    }

    fn became_ready(server: Server) -> Vec<Event> {
        server.is_ready(10).split_off(1)
    }

    #[test]
    fn a_full_server_takes_nobody() {
        given_seats([FIRST.is_ready(1), SECOND.is_ready(10), BOB.sits(FIRST, 0, 1)])
            .when(alice_takes_one())
            .then(takes(ALICE, SECOND, 0, 10));
        given_seats([FIRST.is_ready(1), BOB.sits(FIRST, 0, 1)])
            .when(alice_takes_one())
            .then_rejected(Rejection::NoFreeSeat);
    }

    #[test]
    fn the_lowest_free_number_is_taken_again() {
        let left = released(BOB, FIRST, SeatRelease::Left);
        given_seats([
            FIRST.is_ready(3),
            BOB.sits(FIRST, 0, 3),
            CAROL.sits(FIRST, 1, 3),
            vec![left],
        ])
        .when(alice_takes_one())
        .then(takes(ALICE, FIRST, 0, 3));
    }

    #[test]
    fn only_a_ready_server_takes_anybody() {
        for server in [
            FIRST.is_requested(10),
            [FIRST.is_ready(10), FIRST.drains()].concat(),
            vec![],
        ] {
            given_seats([server])
                .when(alice_takes_one())
                .then_rejected(Rejection::NoFreeSeat);
        }
    }

    #[test]
    fn nobody_has_two_seats() {
        given_seats([FIRST.is_ready(10)])
            .when(alice_takes_one())
            .then(takes(ALICE, FIRST, 0, 10))
            .when(alice_takes_one())
            .then_rejected(Rejection::SeatedAt(Some(FIRST.id())));
    }

    #[test]
    fn a_seat_is_given_up_once_for_the_reason_told() {
        for reason in [SeatRelease::Left, SeatRelease::Lost] {
            let (actor, from) = (ALICE.actor(), FIRST.id());
            let release = Intent::ReleaseSeat { actor, from, reason };
            given([ALICE.is_online()])
                .when(release.clone())
                .then([released(ALICE, FIRST, reason)])
                .when(release)
                .then_rejected(Rejection::Gone);
        }
    }

    #[test]
    fn a_seat_that_was_left_meanwhile_is_not_given_up() {
        let (actor, reason) = (ALICE.actor(), SeatRelease::Left);
        let from = SECOND.id();
        given([ALICE.is_online(), SECOND.is_ready(10)])
            .when(Intent::ReleaseSeat { actor, from, reason })
            .then_rejected(Rejection::Gone);
    }

    #[test]
    fn a_move_is_to_another_server_however_full_the_old_one_is() {
        let (actor, from) = (ALICE.actor(), FIRST.id());
        let [taken] = takes(ALICE, SECOND, 0, 10);
        given([ALICE.is_online(), BOB.is_online(), SECOND.is_ready(10)])
            .when(Intent::MoveSeat {
                actor: actor.clone(),
                from,
            })
            .then([released(ALICE, FIRST, SeatRelease::Moved), taken])
            .when(Intent::MoveSeat { actor, from })
            .then_rejected(Rejection::Gone);
    }

    #[test]
    fn without_another_server_nobody_is_moved() {
        let (actor, from) = (ALICE.actor(), FIRST.id());
        given([ALICE.is_online(), SECOND.is_ready(10), SECOND.drains()])
            .when(Intent::MoveSeat { actor, from })
            .then_rejected(Rejection::NoFreeSeat);
    }
}

mod instances {
    use super::*;

    fn steps() -> [(InstanceStep, Event); 5] {
        let instance = THIRD.id();
        let (reference, host, reason) = ("pid 7".to_owned(), Some("10.0.1.7".to_owned()), "idle".to_owned());
        [
            (
                InstanceStep::Launched(reference.clone()),
                Event::InstanceLaunched { instance, reference },
            ),
            (
                InstanceStep::Ready(host.clone(), 9001),
                Event::InstanceReady {
                    instance,
                    host,
                    port: 9001,
                },
            ),
            (
                InstanceStep::Drain("the evening".into()),
                Event::InstanceDraining {
                    instance,
                    reason: "the evening".into(),
                },
            ),
            (
                InstanceStep::Lost(reason.clone().into()),
                Event::InstanceLost {
                    instance,
                    reason: reason.clone(),
                    launch_failure: None,
                },
            ),
            (
                InstanceStep::Terminated(Ending {
                    reason: reason.clone(),
                    launch_failure: Some(LaunchFailure::Quota),
                }),
                Event::InstanceTerminated {
                    instance,
                    reason,
                    launch_failure: Some(LaunchFailure::Quota),
                },
            ),
        ]
    }

    #[test]
    fn a_server_is_requested_once() {
        let (instance, seats) = (THIRD.id(), 10);
        given([])
            .when(Intent::RequestInstance {
                instance,
                seats,
                reason: "1 waits".into(),
            })
            .then([Event::InstanceRequested {
                instance,
                seats,
                reason: "1 waits".into(),
            }])
            .when(Intent::RequestInstance {
                instance,
                seats,
                reason: "1 waits".into(),
            })
            .then_rejected(Rejection::Gone);
    }

    #[test]
    fn a_life_may_have_every_step_or_skip_some_and_never_goes_back() {
        let mut life = given([THIRD.is_requested(10)]);
        for (index, (step, event)) in steps().into_iter().enumerate() {
            let requested = given([THIRD.is_requested(10)]);
            requested
                .when(Intent::Instance(THIRD.id(), step.clone()))
                .then([event.clone()]);
            life = life.when(Intent::Instance(THIRD.id(), step)).then([event]);
            for (earlier, _) in steps().into_iter().take(index + 1) {
                life.clone()
                    .when(Intent::Instance(THIRD.id(), earlier))
                    .then_rejected(Rejection::Gone);
            }
        }
    }

    #[test]
    fn nothing_happens_to_a_server_that_nobody_requested() {
        for (step, _) in steps() {
            given([])
                .when(Intent::Instance(THIRD.id(), step))
                .then_rejected(Rejection::Gone);
        }
    }
}
