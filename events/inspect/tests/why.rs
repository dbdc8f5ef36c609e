//! `why`: the missing condition, and the event that ended it.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod common;

use common::program::{assert_refused, run, text};
use common::{OwnDatabase, stored};
use serde_json::Value;
use tenfold_core::event::{Event, Recorded};
use tenfold_core::facts::{Facts, PairState};
use tenfold_core::ids::Position;
use tenfold_inspect::clock::Clock;
use tenfold_inspect::why::{Question, why};
use tenfold_synthetic::{Shape, Synthetic, rehearse};

const SCRIPT: &str = "day 2026-11-24\n09:00 register alice\n09:01 login alice\n09:02 register bob\n09:03 login bob\n\
                      09:04 invite alice bob\n09:05 accept-invite bob alice\n09:06 post alice first\n09:07 send alice bob hi\n\
                      09:08 create-group bob hikers\n09:09 send-group bob hikers hello\n09:10 join-group alice hikers\n\
                      09:11 register carol\n09:12 login carol\n09:13 post carol third\n09:14 invite bob carol\n\
                      09:15 delete alice\n09:16 register alice\n09:17 login alice\n09:18 post alice second\n09:19 logout bob";

/// The position of the event that says this.
fn saying(log: &[Recorded], wanted: &str) -> Position {
    let says = |recorded: &&Recorded| recorded.event.personal().is_some_and(|(_, text)| text == wanted);
    log.iter().find(says).unwrap().position
}

fn last_of(log: &[Recorded], kind: &str) -> i64 {
    log.iter()
        .rfind(|recorded| recorded.event.kind() == kind)
        .unwrap()
        .position
        .0
}

async fn told(own: &OwnDatabase, user: &str, position: Position, options: &[&str]) -> Value {
    let position = position.to_string();
    let arguments = ["why", user, &position, "--json", "--database", &own.url];
    let printed = run(&[&arguments, options].concat()).await;
    assert!(printed.status.success(), "{}", text(&printed.stderr));
    serde_json::from_slice(&printed.stdout).unwrap()
}

fn condition<'a>(told: &'a Value, part: &str) -> &'a Value {
    let mut conditions = told["conditions"].as_array().unwrap().iter();
    let condition = conditions.find(|condition| condition["requirement"].as_str().unwrap().contains(part));
    condition.unwrap_or_else(|| panic!("{part}: {told}"))
}

#[tokio::test]
async fn a_post_is_not_seen_since_the_event_that_ended_what_it_takes() {
    let log = rehearse(SCRIPT).unwrap();
    let own = stored(&log).await;
    let first = saying(&log, "first");
    let deleted = last_of(&log, "AccountDeleted");
    let before = (deleted - 1).to_string();
    let now = told(&own, "bob", first, &[]).await;
    assert_eq!(now["sees"], false);
    for part in ["account of alice", "are friends"] {
        let part = if part == "are friends" {
            part
        } else {
            "the account of alice"
        };
        let condition = condition(&now, part);
        assert_eq!(condition["held"], false, "{now}");
        assert_eq!(condition["ended"]["position"], deleted, "{now}");
    }
    assert_eq!(
        condition(&now, "bob is logged in")["ended"]["position"],
        last_of(&log, "SessionEnded")
    );
    let then = told(&own, "bob", first, &["--at", &before]).await;
    assert_eq!(then["sees"], true, "{then}");
    let accepted = last_of(&log, "InviteAccepted");
    assert_eq!(condition(&then, "are friends")["since"]["position"], accepted);
    // The alice of today is somebody else, and no friend.
    let second = saying(&log, "second");
    let never = told(&own, "bob", second, &[]).await;
    let friends = condition(&never, "are friends");
    assert!(friends["held"] == false && friends.get("ended").is_none() && friends.get("nearest").is_none());
    let invited = told(&own, "bob", saying(&log, "third"), &[]).await;
    let nearest = &condition(&invited, "are friends")["nearest"];
    assert_eq!(nearest["position"], last_of(&log, "InviteSent"), "{invited}");
    let own_post = told(&own, "carol", saying(&log, "third"), &[]).await;
    assert!(
        own_post["also"][0].as_str().unwrap().contains("not one's own"),
        "{own_post}"
    );
}

#[tokio::test]
async fn a_message_is_for_whom_it_was_when_it_was_sent() {
    let log = rehearse(SCRIPT).unwrap();
    let own = stored(&log).await;
    let (hi, hello) = (saying(&log, "hi"), saying(&log, "hello"));
    let to_bob = told(&own, "bob", hi, &[]).await;
    assert_eq!(to_bob["sees"], true);
    let also = to_bob["also"].to_string();
    assert!(also.contains("is over since") && also.contains("never is"), "{also}");
    let carol = told(&own, "carol", hi, &[]).await;
    assert_eq!(carol["sees"], false);
    assert!(carol["also"].to_string().contains("written to bob"), "{carol}");
    assert!(condition(&carol, "account of carol")["later"]["position"].as_i64() > Some(hi.0));
    let alice = told(&own, "alice", hello, &[]).await;
    assert_eq!(alice["sees"], false);
    let member = condition(&alice, "in the group hikers");
    assert_eq!(member["later"]["position"], last_of(&log, "GroupJoined"), "{alice}");
}

#[tokio::test]
async fn an_acknowledged_message_was_shown() {
    let log = rehearse(
        &SCRIPT
            .replace("\n09:19 logout bob", "")
            .replace("\n09:15 delete alice\n09:16 register alice\n09:17 login alice", ""),
    )
    .unwrap();
    let own = stored(&log).await;
    let client = own.database.connect("test").await.unwrap();
    let hi = saying(&log, "hi");
    let mut sessions = log.iter().filter_map(|recorded| match recorded.event {
        Event::SessionStarted { session, .. } => Some(session),
        _ => None,
    });
    let session = sessions.nth(1).unwrap();
    let nothing = told(&own, "bob", hi, &[]).await;
    assert!(
        nothing["also"][0].as_str().unwrap().contains("nothing yet"),
        "{nothing}"
    );
    for (up_to, part) in [(hi.0 - 1, "only what is up to"), (hi.0, "was shown it")] {
        let put = "insert into acknowledged (session_id, position) values ($1, $2)
                   on conflict (session_id) do update set position = $2";
        client.execute(put, &[&session.0, &up_to]).await.unwrap();
        let told = told(&own, "bob", hi, &[]).await;
        assert!(told["also"][0].as_str().unwrap().contains(part), "{told}");
    }
}

#[tokio::test]
async fn people_are_told_in_sentences() {
    let log = rehearse(SCRIPT).unwrap();
    let own = stored(&log).await;
    let first = saying(&log, "first").to_string();
    let printed = run(&["why", "bob", &first, "--database", &own.url]).await;
    let told = text(&printed.stdout);
    let ended = format!("ended by {}: ", last_of(&log, "AccountDeleted"));
    assert!(
        told.contains("bob does not see this") && told.contains(&ended),
        "{told}"
    );
    assert!(
        told.contains("  yes  the account of bob lives") && told.contains("  NO   "),
        "{told}"
    );
    let url = own.url.as_str();
    let hi = saying(&log, "hi").to_string();
    for (arguments, part) in [
        (&["why", "bob", "1"][..], "no post and no message"),
        (&["why", "bob", "99999"], "beyond the end"),
        (&["why", "bobb", first.as_str()], "did you mean bob?"),
        (&["why", "bob", hi.as_str(), "--at", "-1s"], "--at is for posts"),
        (&["why", "bob", first.as_str(), "--at", "2"], "later --at"),
    ] {
        assert_refused(&[arguments, &["--database", url]].concat(), part).await;
    }
}

/// What is told from a few events is what the whole log comes to.
#[tokio::test]
async fn a_few_events_tell_the_same_as_the_whole_log() {
    let log: Vec<Recorded> = Synthetic::new(Shape::dense(91)).take(1200).collect();
    let own = stored(&log).await;
    let client = own.database.connect("test").await.unwrap();
    let mut facts = Facts::default();
    for recorded in &log {
        facts
            .apply(recorded.position, recorded.version, &recorded.event)
            .unwrap();
    }
    let posts: Vec<(Position, _)> = log
        .iter()
        .filter_map(|recorded| match &recorded.event {
            Event::Posted { author, .. } => Some((recorded.position, *author)),
            _ => None,
        })
        .collect();
    let mut seen = 0;
    for account in facts.accounts().take(12) {
        for (position, author) in posts.iter().step_by(9) {
            let question = Question {
                user: &account.id.to_string(),
                position: *position,
                at: None,
                clock: Clock::utc(),
            };
            let (answer, _) = why(&client, &question).await.unwrap();
            let friends = facts.pair(account.id, *author);
            let friends = friends.is_some_and(|pair| pair.state == PairState::Friends);
            let sees = friends && facts.session_of(account.id).is_some();
            assert_eq!(answer.sees, sees, "{answer:?}");
            seen += usize::from(sees);
        }
    }
    assert!(seen > 5, "{seen}");
}
