//! Messages: to whom, in which order, from where on, and once.

use std::time::Duration;

use serde_json::Value;
use tenfold_testcases::person::{Person, befriend};
use tenfold_testcases::service::{Options, Service};
use tenfold_testcases::wire::Wire;

fn friends(service: &Service) -> (Person, Person) {
    let mut ann = Person::new(service.address(), "ann");
    let mut ben = Person::new(service.address(), "ben");
    befriend(&mut ann, &mut ben);
    (ann, ben)
}

fn texts(pushes: &[Value]) -> Vec<&str> {
    pushes
        .iter()
        .map(|push| push["message"].as_str().expect("a message"))
        .collect()
}

fn position(reply: &Value) -> u64 {
    reply["position"]
        .as_u64()
        .unwrap_or_else(|| panic!("no position in {reply}"))
}

#[test]
fn messages_come_in_order_with_their_positions() {
    let service = Service::start(Options::new());
    let (mut ann, mut ben) = friends(&service);
    ben.attach(ben.position);
    let mut sent = Vec::new();
    for number in 0..40 {
        sent.push(position(&ann.does(&format!("send ben number {number}"))));
    }
    let pushed = ben.sync();
    let numbers: Vec<_> = (0..40).map(|number| format!("number {number}")).collect();
    assert_eq!(texts(&pushed), numbers);
    assert_eq!(pushed.iter().map(position).collect::<Vec<_>>(), sent);
    assert!(sent.is_sorted());
    assert_eq!(
        ann.app_wire().take_pushes(),
        [Value::Null; 0],
        "whoever is not attached gets no pushes"
    );
    service.verify();
}

#[test]
fn a_message_comes_by_itself() {
    let service = Service::start(Options::new());
    let (mut ann, mut ben) = friends(&service);
    let wire = ben.attach(0);
    ann.does("send ben   blanks  inside  ");
    let push = wire.expect_push();
    assert_eq!(push["push"], "message");
    assert_eq!(
        (&push["user"], &push["from"], &push["to"]),
        (&"ben".into(), &"ann".into(), &"ben".into())
    );
    assert_eq!(push["message"], "blanks  inside");
    assert_eq!(push.get("group"), None);
}

#[test]
fn attaching_again_brings_what_came_after_the_position() {
    let service = Service::start(Options::new());
    let (mut ann, mut ben) = friends(&service);
    ann.does("send ben one");
    let second = position(&ann.does("send ben two"));
    ann.does("send ben three");
    ben.attach(0);
    assert_eq!(texts(&ben.sync()), ["one", "two", "three"]);

    let app = ben.app_wire().server();
    let mut other = Wire::connect(app);
    assert_eq!(
        other.request(&format!("attach {} {second}", ben.token))["message"],
        "Success!"
    );
    assert_eq!(other.request(&format!("sync {}", ben.token))["message"], "Success!");
    assert_eq!(texts(&other.take_pushes()), ["three"]);

    ann.does("send ben to both");
    assert_eq!(texts(&ben.sync()), ["to both"]);
    assert_eq!(other.expect_push()["message"], "to both");
}

#[test]
fn nothing_from_before_the_session() {
    let service = Service::start(Options::new());
    let (mut ann, mut ben) = friends(&service);
    ann.does("send ben for the first session");
    ben.does("logout");
    assert_eq!(ann.command("send ben nobody there")["message"], "ben is not online");
    let mut ben = Person::login(service.address(), "ben");
    ben.attach(0);
    ann.does("send ben for the second session");
    assert_eq!(texts(&ben.sync()), ["for the second session"]);
    service.verify();
}

#[test]
fn login_answers_with_what_was_acknowledged() {
    let service = Service::start(Options::new());
    let (mut ann, mut ben) = friends(&service);
    let first = position(&ann.does("send ben one"));
    ann.does("send ben two");
    ben.attach(ben.position);
    assert_eq!(texts(&ben.sync()), ["one", "two"]);
    let again = Person::login(service.address(), "ben");
    assert!(again.position < first, "nothing was acknowledged yet");

    let ack = format!("ack {} {first}", ben.token);
    ben.app_wire().send(&ack);
    tenfold_testcases::waiting::eventually_is("the acknowledgement is known", &first, || {
        Person::login(service.address(), "ben").position
    });
    let mut again = Person::login(service.address(), "ben");
    again.attach(again.position);
    assert_eq!(texts(&again.sync()), ["two"]);
}

#[test]
fn an_acknowledgement_never_goes_back() {
    let service = Service::start(Options::new());
    let (mut ann, mut ben) = friends(&service);
    let first = position(&ann.does("send ben one"));
    let second = position(&ann.does("send ben two"));
    let token = ben.token.clone();
    let wire = ben.attach(0);
    wire.send(&format!("ack {token} {second}"));
    wire.send(&format!("ack {token} {first}"));
    wire.request(&format!("sync {token}"));
    tenfold_testcases::waiting::eventually_is("the acknowledgement is known", &second, || {
        Person::login(service.address(), "ben").position
    });
}

#[test]
fn sync_is_refused_where_it_cannot_be_kept() {
    let service = Service::start(Options::new());
    let (mut ann, mut ben) = friends(&service);
    let token = ben.token.clone();
    let wire = ben.app_wire();
    assert_eq!(wire.request(&format!("sync {token}"))["status"], 1, "not attached here");
    ben.attach(0);
    let head = position(&ann.does("send ben hello"));
    let wire = ben.app_wire();
    let beyond = wire.request(&format!("sync {token} {}", head + 1_000_000));
    assert_eq!(beyond["status"], 1, "{beyond}");
    let kept = wire.request(&format!("sync {token} {head}"));
    assert_eq!(kept["message"], "Success!");
    assert!(position(&kept) >= head);
    assert_eq!(texts(&wire.take_pushes()), ["hello"]);
}

#[test]
fn bad_delivery_lines_are_refused() {
    let service = Service::start(Options::new());
    let mut ann = Person::new(service.address(), "ann");
    let token = ann.token.clone();
    let wire = ann.app_wire();
    let lines = [
        "attach",
        "attach TOKEN",
        "attach TOKEN x",
        "attach TOKEN -1",
        "attach wrong 0",
        "attach TOKEN 0 0",
    ];
    let others = [
        "sync",
        "sync wrong",
        "sync TOKEN x",
        "attach TOKEN 99999999999999999999999999",
    ];
    for line in lines.iter().chain(&others) {
        let reply = wire.request(&line.replace("TOKEN", &token));
        assert_eq!(reply["status"], 1, "{line}: {reply}");
        assert!(
            reply["message"].as_str().is_some_and(|text| !text.is_empty()),
            "{line}: {reply}"
        );
    }
    assert_eq!(wire.request(&format!("list-friend {token}"))["status"], 0);
}

#[test]
fn a_group_message_is_for_every_member_online_then() {
    let service = Service::start(Options::new());
    let server = service.address();
    let mut people: Vec<_> = ["ann", "ben", "cas", "dot"]
        .map(|name| Person::new(server, name))
        .into();
    people[0].does("create-group all");
    for person in &mut people[1..] {
        person.does("join-group all");
    }
    let mut dot = people.pop().expect("four people");
    dot.does("logout");
    let sent = position(&people[1].does("send-group all hello"));
    let mut dot = Person::login(server, "dot");
    dot.attach(0);
    assert_eq!(dot.sync(), [Value::Null; 0], "dot was not there");
    for person in &mut people {
        person.attach(0);
        let pushed = person.sync();
        assert_eq!(texts(&pushed), ["hello"]);
        assert_eq!(pushed[0]["user"], person.name.as_str());
        assert_eq!(
            (&pushed[0]["from"], &pushed[0]["group"]),
            (&"ben".into(), &"all".into())
        );
        assert_eq!(position(&pushed[0]), sent);
    }
    service.verify();
}

#[test]
fn the_end_of_a_session_is_pushed_after_everything_else() {
    let service = Service::start(Options::new());
    for command in ["logout", "delete"] {
        let (mut ann, mut ben) = friends(&service);
        ben.attach(0);
        for number in 0..20 {
            ann.does(&format!("send ben {number}"));
        }
        ben.does(command);
        let mut pushed = Vec::new();
        while let Some(push) = ben.push(Duration::from_secs(30)) {
            let ended = push["push"] == "ended";
            pushed.push(push);
            if ended {
                break;
            }
        }
        let last = pushed.pop().expect("something was pushed");
        assert_eq!((&last["push"], &last["user"]), (&"ended".into(), &"ben".into()));
        assert_eq!(pushed.len(), 20);
        ann.does("delete");
        if command == "logout" {
            Person::login(service.address(), "ben").does("delete");
        }
    }
    service.verify();
}

#[test]
fn messages_cross_from_one_server_to_another() {
    let service = Service::start(Options::new().with("--seats", "1"));
    let (mut ann, mut ben) = friends(&service);
    assert_ne!(ann.app_wire().server(), ben.app_wire().server());
    ann.attach(0);
    ben.attach(0);
    for number in 0..30 {
        ann.does(&format!("send ben to ben {number}"));
        ben.does(&format!("send ann to ann {number}"));
    }
    assert_eq!(ann.sync().len(), 30);
    assert_eq!(ben.sync().len(), 30);
    service.verify();
}

#[test]
fn a_client_shows_everything_before_it_ends() {
    let service = Service::start(Options::new());
    let mut ann = service.client();
    let mut ben = Person::new(service.address(), "ben");
    ann.register_and_login("ann");
    ben.does("invite ann");
    ann.expect("accept-invite ann ben", "Success!");
    let sent: Vec<_> = (0..100).map(|number| format!("<<<ben->ann: {number}>>>")).collect();
    for number in 0..100 {
        ben.does(&format!("send ann {number}"));
    }
    assert_eq!(ann.finish(), sent);
}

#[test]
fn a_message_is_shown_while_nobody_types() {
    let service = Service::start(Options::new());
    let (mut one, mut other) = (service.client(), service.client());
    one.register_and_login("ann");
    other.register_and_login("ben");
    one.expect("invite ann ben", "Success!");
    other.expect("accept-invite ben ann", "Success!");
    one.expect("send ann ben HELLO WORLD", "Success!");
    assert_eq!(other.message(), "<<<ann->ben: HELLO WORLD>>>");
    one.expect("create-group ann all", "Success!");
    other.expect("join-group ben all", "Success!");
    other.expect("send-group ben all HELLO WORLD", "Success!");
    assert_eq!(one.message(), "<<<ben->GROUP<all>: HELLO WORLD>>>");
    assert_eq!(other.message(), "<<<ben->GROUP<all>: HELLO WORLD>>>");
    assert_eq!(one.finish(), [""; 0]);
    assert_eq!(other.finish(), [""; 0]);
}

#[test]
fn a_killed_client_leaves_nothing_unseen() {
    let service = Service::start(Options::new());
    let mut ann = service.client();
    let mut ben = Person::new(service.address(), "ben");
    ann.register_and_login("ann");
    ben.does("invite ann");
    ann.expect("accept-invite ann ben", "Success!");
    ann.kill();
    ben.does("send ann are you there");
    let mut ann = service.client();
    ann.expect("login ann pw", "Success!");
    assert_eq!(ann.message(), "<<<ben->ann: are you there>>>");
    assert_eq!(ann.finish(), [""; 0]);
}
