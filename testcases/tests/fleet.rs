//! Servers come with the users and go with them.

use tenfold_testcases::client::Interactive;
use tenfold_testcases::exchange::Exchange;
use tenfold_testcases::log::{self, State};
use tenfold_testcases::service::{Options, Service};
use tenfold_testcases::waiting::{eventually, eventually_is};

fn register_and_login(client: &mut Interactive, names: &[String]) {
    for name in names {
        client.register_and_login(name);
    }
}

fn names(prefix: &str, numbers: std::ops::RangeInclusive<usize>) -> Vec<String> {
    numbers.map(|number| format!("{prefix}{number}")).collect()
}

#[test]
fn twelve_users_sit_on_two_servers_which_end_with_them() {
    let mut service = Service::start(Options::new());
    let mut client = service.client();
    let users = names("u", 1..=12);
    register_and_login(&mut client, &users);
    service.wait_for("ten and two users", &vec![10, 2], State::users_per_instance);
    assert_eq!(service.app_pids().len(), 2);
    service.verify();

    for user in &users {
        client.expect(&format!("logout {user}"), "Bye!");
    }
    service.wait_for("no server is left", &Vec::new(), State::users_per_instance);
    eventually_is("no process is left", &Vec::new(), || service.app_pids());
    assert!(
        service
            .state()
            .instances()
            .iter()
            .all(|instance| instance.state == "terminated")
    );
    service.verify();

    register_and_login(&mut client, &names("again", 1..=1));
    service.wait_for("a new server", &vec![1], State::users_per_instance);
    client.finish();
    service.verify();
    service.stop();
}

#[test]
fn users_are_packed_on_one_server_without_losing_a_message() {
    let service = Service::start(Options::new());
    let (mut east, mut west, mut leaving) = (service.client(), service.client(), service.client());
    // The servers fill one after the other, so every server keeps some of each.
    let (mut eastern, mut western, mut leavers) = (Vec::new(), Vec::new(), Vec::new());
    for (number, name) in names("user", 0..=24).into_iter().enumerate() {
        let (client, list) = match number % 5 {
            0 => (&mut east, &mut eastern),
            1 => (&mut west, &mut western),
            _ => (&mut leaving, &mut leavers),
        };
        register_and_login(client, std::slice::from_ref(&name));
        list.push(name);
    }
    service.wait_for("ten, ten and five", &vec![10, 10, 5], State::users_per_instance);
    let pairs = eastern.into_iter().zip(western).collect();
    Exchange::new(east, west, pairs).run(|| {
        for leaver in &leavers {
            leaving.expect(&format!("logout {leaver}"), "Bye!");
        }
        service.wait_for("one server with ten", &vec![10], State::users_per_instance);
    });
    service.verify();
    service.state().check_invariants(10);
}

#[test]
fn a_client_that_leaves_gives_up_its_seats_but_not_its_sessions() {
    let service = Service::start(Options::new().with("--seat-hold", "1s"));
    let mut ann = service.client();
    let mut ben = service.client();
    register_and_login(&mut ann, &["ann".to_owned(), "cas".to_owned()]);
    register_and_login(&mut ben, &["ben".to_owned()]);
    ben.expect("invite ben ann", "Success!");
    ann.expect("accept-invite ann ben", "Success!");
    ann.finish();

    let seatless = |state: &State| state.sessions().into_values().filter(Option::is_none).count();
    service.wait_for("two sessions without a seat", &2, seatless);
    assert_eq!(service.state().sessions().len(), 3, "the sessions live on");
    ben.expect("send ben ann while you were away", "Success!");
    ben.expect("send ben ann still away", "Success!");
    ben.finish();
    service.wait_for("no session has a seat", &3, seatless);
    service.wait_for("no server is left", &Vec::new(), State::users_per_instance);
    eventually_is("no process is left", &Vec::new(), || service.app_pids());
    service.verify();

    let mut ann = service.client();
    ann.expect("login ann pw", "Success!");
    assert_eq!(ann.message(), "<<<ben->ann: while you were away>>>");
    assert_eq!(ann.message(), "<<<ben->ann: still away>>>");
    assert_eq!(ann.finish(), [""; 0]);
    let mut ann = service.client();
    ann.expect("login ann pw", "Success!");
    ann.expect("list-friend ann", "ben");
    assert_eq!(ann.finish(), [""; 0], "what has been shown is not shown again");
    service.verify();
}

#[test]
fn no_more_servers_than_allowed() {
    let service = Service::start(Options::new().with("--max-instances", "1").with("--seat-wait", "1s"));
    let mut client = service.client();
    register_and_login(&mut client, &names("full", 1..=10));
    client.expect("register late pw", "Success!");
    client.expect("login late pw", "No server is free; try again later");
    assert_eq!(service.app_pids().len(), 1);
    client.expect("login full3 wrong", "No such user or password error");
    client.expect("login nobody pw", "No such user or password error");
    for (user, expected) in [
        ("late", "late         no server is free, from 127.0.0.1"),
        ("full3", "full3        wrong password, from 127.0.0.1"),
    ] {
        eventually("refused logins are kept with their reasons", || {
            let refused = log::events(&service.database.url, &["refused", "--user", user]);
            log::text_of(&refused).contains(expected).then_some(())
        });
    }
    let all = log::text_of(&log::events(&service.database.url, &["refused"]));
    assert_eq!(all.lines().count(), 3, "{all}");
    assert!(all.contains("(nobody)     unknown name, from 127.0.0.1"), "{all}");
    client.expect("logout full3", "Bye!");
    client.expect("login late pw", "Success!");
    client.expect("list-friend late", "No friends");
    client.finish();
    service.wait_for("ten users", &vec![10], State::users_per_instance);
    service.verify();
}

#[test]
fn seats_are_as_many_as_the_option_says() {
    let service = Service::start(Options::new().with("--seats", "3"));
    let mut client = service.client();
    register_and_login(&mut client, &names("few", 1..=7));
    service.wait_for("three, three and one", &vec![3, 3, 1], State::users_per_instance);
    service.state().check_invariants(3);
    client.finish();
    service.verify();
}

#[test]
fn spare_seats_are_there_before_anybody_comes() {
    let service = Service::start(Options::new().with("--spare-seats", "1"));
    service.wait_for("an empty server", &vec![0], State::users_per_instance);
    let mut client = service.client();
    register_and_login(&mut client, &names("spare", 1..=10));
    service.wait_for(
        "a full server and an empty one",
        &vec![10, 0],
        State::users_per_instance,
    );
    client.finish();
    service.verify();
}
