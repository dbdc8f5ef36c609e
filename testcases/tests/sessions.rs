//! Sessions, tokens, names, and who answers what where.

use serde_json::Value;
use tenfold_testcases::log;
use tenfold_testcases::person::{Person, at_login_server, befriend};
use tenfold_testcases::service::{Options, Service};
use tenfold_testcases::waiting::PATIENCE;
use tenfold_testcases::wire::{Wire, address_in};

#[test]
fn a_session_that_nobody_is_attached_to_expires() {
    let service = Service::start(Options::new().with("--session-ttl", "2s").with("--seat-hold", "1s"));
    let mut ann = service.client();
    ann.register_and_login("ann");
    let ben = Person::new(service.address(), "ben");
    ann.expect("invite ann ben", "Success!");
    service.wait_for("only the attached session lives", &vec!["ann".to_owned()], |state| {
        state.sessions().into_keys().collect()
    });
    let reply = at_login_server(service.address(), &format!("list-friend {}", ben.token));
    assert_eq!(reply["message"], "Not login yet");

    let mut again = Person::login(service.address(), "ben");
    assert_ne!(again.token, ben.token, "a new session has a new token");
    again.does("accept-invite ann");
    service.wait_for("ben expires again", &1, |state| state.sessions().len());
    ann.expect("send ann ben are you there", "ben is not online");
    ann.finish();
    service.wait_for("everybody expires", &0, |state| state.sessions().len());
    service.verify();
}

#[test]
fn a_second_login_shares_the_session() {
    let service = Service::start(Options::new());
    let mut ann = Person::new(service.address(), "ann");
    let mut again = Person::login(service.address(), "ann");
    assert_eq!(again.token, ann.token);
    assert_eq!(again.app_wire().server(), ann.app_wire().server());
    let mut client = service.client();
    client.expect("login ann pw", "Success!");
    service.wait_for("one session", &1, |state| state.sessions().len());

    ann.attach(0);
    client.expect("logout ann", "Bye!");
    let push = ann.push(PATIENCE).expect("the end is pushed");
    assert_eq!((&push["push"], &push["user"]), (&"ended".into(), &"ann".into()));
    assert_eq!(ann.command("list-friend")["message"], "Not login yet");
    assert_eq!(again.command("logout")["message"], "Not login yet");
    client.expect("list-friend ann", "Not login yet");
    service.verify();
}

#[test]
fn another_client_learns_that_the_session_is_over() {
    let service = Service::start(Options::new());
    let (mut one, mut other) = (service.client(), service.client());
    one.register_and_login("ann");
    other.expect("login ann pw", "Success!");
    other.expect("post ann hello", "Success!");
    one.expect("delete ann", "Success!");
    other.expect("post ann hello", "Not login yet");
    other.expect("logout ann", "Not login yet");
    other.expect("register ann new", "Success!");
    other.expect("login ann new", "Success!");
    one.expect("list-friend ann", "Not login yet");
    other.expect("list-friend ann", "No friends");
    assert_eq!(one.finish(), [""; 0]);
    assert_eq!(other.finish(), [""; 0]);
    service.verify();
}

#[test]
fn every_server_sends_people_to_the_right_one() {
    let service = Service::start(Options::new().with("--seats", "1"));
    let server = service.address();
    let mut ann = Person::new(server, "ann");
    let mut ben = Person::new(server, "ben");
    let (anns, bens) = (ann.app_wire().server(), ben.app_wire().server());
    assert_ne!(anns, bens);

    let post = format!("post {} hello", ann.token);
    let wrong_app = Wire::connect(bens).request(&post);
    assert_eq!(
        (&wrong_app["status"], address_in(&wrong_app["moved"], bens)),
        (&1.into(), anns)
    );
    let login_server = at_login_server(server, &post);
    assert_eq!(
        (&login_server["status"], address_in(&login_server["moved"], server)),
        (&1.into(), anns)
    );
    // In place of checks 3 and 4: also where the words are wrong.
    let usage = at_login_server(server, &format!("post {}", ann.token));
    assert_eq!(address_in(&usage["moved"], server), anns);

    let lines = [
        "register cas pw",
        "login ann pw",
        &format!("logout {}", ann.token),
        &format!("delete {}", ann.token),
    ];
    for line in lines {
        let reply = ann.app_wire().request(line);
        assert_eq!(
            (&reply["status"], reply.get("moved")),
            (&1.into(), Some(&Value::Null)),
            "{line}: {reply}"
        );
        assert!(reply["message"].is_string(), "{line}: {reply}");
    }
    assert_eq!(service.state().accounts(), ["ann", "ben"]);
    assert_eq!(service.state().posts(), []);
}

#[test]
fn both_servers_agree_about_bad_lines() {
    let service = Service::start(Options::new());
    let mut ann = Person::new(service.address(), "ann");
    let token = ann.token.clone();
    let stranger = format!("{}.{}", uuid::Uuid::new_v4(), "A".repeat(43));
    let (id, _) = token.split_once('.').expect("a token has two parts");
    let forged = format!("{id}.{}", "A".repeat(43));
    let cases = [
        ("hello".to_owned(), "Unknown command hello"),
        (format!("hello {token}"), "Unknown command hello"),
        (format!("POST {token} x"), "Unknown command POST"),
        ("post".to_owned(), "Not login yet"),
        ("post  nonsense  hello".to_owned(), "Not login yet"),
        (format!("list-friend {stranger}"), "Not login yet"),
        (format!("list-friend {forged}"), "Not login yet"),
        (format!("list-friend {token}x"), "Not login yet"),
        (format!("list-friend {id}"), "Not login yet"),
        ("list-friend ann".to_owned(), "Not login yet"),
    ];
    let mut login_server = Wire::connect(service.address());
    for (line, message) in cases {
        let expected = serde_json::json!({"status": 1, "message": message});
        assert_eq!(login_server.request(&line), expected, "the login server: {line}");
        assert_eq!(
            ann.app_wire().request(&line),
            expected,
            "the application server: {line}"
        );
    }
}

#[test]
fn bad_names_are_refused() {
    let service = Service::start(Options::new());
    let mut ann = Person::new(service.address(), "ann");
    let too_long = "x".repeat(65);
    let too_long_too = "é".repeat(65);
    let bad = [
        "a\u{7}b",
        "a\u{a0}b",
        "a\u{3000}b",
        "a\u{200b}b",
        "a\u{202e}b",
        "\u{feff}",
        "a\u{85}b",
        "\u{1b}[31m",
        "<<<ann->bob",
        "ann:",
        "(ann)",
        "nаnn",
        "a\u{338}\u{200d}",
    ];
    let mut login_server = Wire::connect(service.address());
    for name in bad.iter().copied().chain([too_long.as_str(), too_long_too.as_str()]) {
        for (command, reply) in [
            ("register", login_server.request(&format!("register {name} pw"))),
            ("create-group", ann.command(&format!("create-group {name}"))),
        ] {
            assert_eq!(reply["status"], 1, "{command} {name:?}: {reply}");
            let message = reply["message"].as_str().expect("a message");
            assert!(
                message.len() > 10 && !message.contains("Usage"),
                "{command} {name:?}: {message}"
            );
        }
        let usage = login_server.request(&format!("register {name} pw extra"));
        assert_eq!(
            usage["message"], "Usage: register <username> <password>",
            "usage comes first"
        );
        // No more of it is repeated than a name may have.
        let repeated: String = match name.chars().count() > 64 {
            true => name.chars().take(64).chain(['…']).collect(),
            false => name.to_owned(),
        };
        for command in ["invite", "join-group"] {
            assert_eq!(
                ann.command(&format!("{command} {name}"))["message"],
                format!("{repeated} does not exist")
            );
        }
        let login = login_server.request(&format!("login {name} pw"));
        assert_eq!(login["message"], "No such user or password error");
    }
    let longest = "é".repeat(64);
    assert_eq!(
        login_server.request(&format!("register {longest} pw"))["message"],
        "Success!"
    );
    ann.does(&format!("create-group {longest}"));
    assert_eq!(service.state().accounts(), ["ann", &longest]);
    service.verify();
}

#[test]
fn replies_come_in_the_order_of_the_requests() {
    let service = Service::start(Options::new());
    let mut ann = Person::new(service.address(), "ann");
    let token = ann.token.clone();
    let wire = ann.app_wire();
    let mut requests = String::new();
    for number in 0..200 {
        requests += &format!("post {token} {number}\r\n\nfoo{number}\n \t \n");
    }
    wire.send_bytes(requests.as_bytes()).expect("the server reads");
    for number in 0..200 {
        assert_eq!(wire.reply()["message"], "Success!");
        assert_eq!(wire.reply()["message"], format!("Unknown command foo{number}"));
    }
    let mut ben = Person::new(service.address(), "ben");
    befriend(&mut ann, &mut ben);
    let posts = ben.does("receive-post");
    let texts: Vec<_> = posts["post"]
        .as_array()
        .expect("posts")
        .iter()
        .map(|post| post["message"].clone())
        .collect();
    let expected: Vec<_> = (0..200).map(|number| Value::from(number.to_string())).collect();
    assert_eq!(texts, expected, "each its own, without the carriage return, in order");
    service.verify();
}

#[test]
fn secrets_are_never_in_the_log_or_in_a_trace() {
    let mut service = Service::start(Options::new().with("--log", "trace"));
    let server = service.address();
    let password = "pass-6d1f3c-word";
    assert_eq!(
        at_login_server(server, &format!("register ann {password}"))["message"],
        "Success!"
    );
    at_login_server(server, "login ann wrong-8e2a4d-word");
    let reply = at_login_server(server, &format!("login ann {password}"));
    let token = reply["token"].as_str().expect("a token").to_owned();
    let mut ann = Person::from_login(server, "ann", &reply);
    ann.does("post hello");
    ann.command("invite nobody");
    at_login_server(server, &format!("nonsense {token} {password}"));
    service.stop();

    let (_, mac) = token.split_once('.').expect("a token has two parts");
    let trace = std::fs::read_to_string(service.log_path()).expect("the servers' standard error");
    let everything = log::tail(&service.database.url).join("\n") + &trace + &service.state().0.to_string();
    for secret in [password, "wrong-8e2a4d-word", mac, "$argon2"] {
        assert!(!everything.contains(secret), "{secret} can be read somewhere");
    }
}

#[test]
fn a_closed_login_server_makes_no_accounts_and_tells_of_none() {
    let mut service = Service::start(Options::new().with("--min-password", "8"));
    let mut open = Wire::connect(service.address());
    let short = open.request("register ann seven77");
    assert_eq!(short["message"], "A password has 8 to 256 characters");
    assert_eq!(open.request("register ann eight888")["message"], "Success!");
    service.start_others_with(Options::new().with("--registration", "closed"));
    let mut wire = Wire::connect(service.add_login_server());
    for name in ["ann", "bob"] {
        let refused = wire.request(&format!("register {name} eight888"));
        assert_eq!(
            refused["message"],
            "Registration is closed here; ask the operator for an account"
        );
    }
    assert_eq!(wire.request("login ann eight888")["message"], "Success!");
}
