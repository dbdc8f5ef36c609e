//! A command's id: carried out once, answered alike.

use serde_json::Value;
use tenfold_testcases::person::{Person, at_login_server, befriend};
use tenfold_testcases::service::{Options, Service};
use uuid::Uuid;

/// Sends `line` twice under one id, `TOKEN` being the user's; the answers must be equal.
fn twice(person: &mut Person, line: &str) -> Value {
    let request = with_id(person, Uuid::new_v4(), line);
    let wire = person.app_wire();
    let (first, second) = (wire.request(&request), wire.request(&request));
    assert_eq!(first, second, "the same answer to {line}");
    first
}

fn with_id(person: &Person, id: Uuid, line: &str) -> String {
    format!("@{id} {}", line.replace("TOKEN", &person.token))
}

#[test]
fn a_repeated_command_has_one_effect_and_one_answer() {
    let service = Service::start(Options::new());
    let mut ann = Person::new(service.address(), "ann");
    let mut ben = Person::new(service.address(), "ben");
    befriend(&mut ann, &mut ben);
    ben.attach(ben.position);
    ben.sync();

    assert_eq!(twice(&mut ann, "post TOKEN only once")["message"], "Success!");
    assert_eq!(service.state().posts(), [("ann".to_owned(), "only once".to_owned())]);
    assert_eq!(twice(&mut ann, "send TOKEN ben said once")["message"], "Success!");
    let pushed = ben.sync();
    assert_eq!(pushed.len(), 1, "{pushed:?}");
    assert_eq!(pushed[0]["message"], "said once");
    assert_eq!(twice(&mut ann, "create-group TOKEN one")["message"], "Success!");
    assert_eq!(twice(&mut ben, "join-group TOKEN one")["message"], "Success!");
    assert_eq!(
        twice(&mut ann, "invite TOKEN ben")["message"],
        "ben is already your friend"
    );
    service.verify();
}

#[test]
fn refusals_of_the_last_check_are_remembered() {
    let service = Service::start(Options::new());
    let mut ann = Person::new(service.address(), "ann");
    let id = Uuid::new_v4();
    let request = with_id(&ann, id, "invite TOKEN ben");
    let refused = ann.app_wire().request(&request);
    assert_eq!(refused["message"], "ben does not exist");
    Person::new(service.address(), "ben");
    assert_eq!(ann.app_wire().request(&request), refused);
    assert_eq!(ann.command("invite ben")["message"], "Success!");

    let id = Uuid::new_v4();
    let register = format!("@{id} register ann other");
    let server = service.address();
    assert_eq!(at_login_server(server, &register)["message"], "ann is already used");
    ann.does("delete");
    assert_eq!(at_login_server(server, &register)["message"], "ann is already used");
    assert_eq!(at_login_server(server, "register ann other")["message"], "Success!");
    service.verify();
}

#[test]
fn another_use_of_an_id_is_refused() {
    let service = Service::start(Options::new());
    let mut ann = Person::new(service.address(), "ann");
    let mut ben = Person::new(service.address(), "ben");
    let id = Uuid::new_v4();
    let post = with_id(&ann, id, "post TOKEN mine");
    assert_eq!(ann.app_wire().request(&post)["message"], "Success!");
    let other_command = with_id(&ann, id, "create-group TOKEN stolen");
    assert_refused_use(&ann.app_wire().request(&other_command));
    let other_user = with_id(&ben, id, "post TOKEN mine");
    assert_refused_use(&ben.app_wire().request(&other_user));
    let logout = with_id(&ann, id, "logout TOKEN");
    assert_refused_use(&at_login_server(service.address(), &logout));

    assert_eq!(
        ann.app_wire().request(&post)["message"],
        "Success!",
        "the first use still answers"
    );
    let state = service.state();
    assert_eq!(state.posts(), [("ann".to_owned(), "mine".to_owned())]);
    assert_eq!(state.0["groups"], serde_json::json!([]));
    assert_eq!(state.sessions().len(), 2);
    service.verify();
}

fn assert_refused_use(reply: &Value) {
    assert_eq!(reply["status"], 1, "{reply}");
    assert!(
        reply["message"].as_str().is_some_and(|message| !message.is_empty()),
        "{reply}"
    );
}

#[test]
fn the_login_commands_can_be_repeated_too() {
    let service = Service::start(Options::new());
    let server = service.address();
    let ask = |line: &str| at_login_server(server, line);
    let register = format!("@{} register ann pw", Uuid::new_v4());
    assert_eq!(ask(&register)["message"], "Success!");
    assert_eq!(ask(&register)["message"], "Success!");
    assert_eq!(ask("register ann pw")["message"], "ann is already used");

    let id = Uuid::new_v4();
    let first = ask(&format!("@{id} login ann pw"));
    assert_eq!(first["message"], "Success!");
    let second = ask(&format!("@{id} login ann pw"));
    assert_eq!(second["token"], first["token"]);
    let wrong = ask(&format!("@{id} login ann wrong"));
    assert_eq!(wrong["status"], 1, "the password is verified every time: {wrong}");
    assert_eq!(wrong.get("token"), None, "{wrong}");

    let token = first["token"].as_str().expect("a token");
    let logout = format!("@{} logout {token}", Uuid::new_v4());
    assert_eq!(ask(&logout)["message"], "Bye!");
    assert_eq!(ask(&logout)["message"], "Bye!");
    assert_eq!(ask(&format!("logout {token}"))["message"], "Not login yet");

    let ann = Person::login(server, "ann");
    let delete = format!("@{} delete {}", Uuid::new_v4(), ann.token);
    assert_eq!(ask(&delete)["message"], "Success!");
    assert_eq!(ask(&delete)["message"], "Success!");
    assert_eq!(service.state().accounts(), [""; 0]);
    service.verify();
}

#[test]
fn many_at_once_under_one_id() {
    let service = Service::start(Options::new());
    let mut ann = Person::new(service.address(), "ann");
    let app = ann.app_wire().server();
    let request = with_id(&ann, Uuid::new_v4(), "post TOKEN from everywhere");
    let replies: Vec<_> = std::thread::scope(|scope| {
        let ask = || tenfold_testcases::wire::Wire::connect(app).request(&request);
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(ask)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("it only asks"))
            .collect()
    });
    assert!(replies.iter().all(|reply| *reply == replies[0]), "{replies:?}");
    assert_eq!(replies[0]["message"], "Success!");
    assert_eq!(service.state().posts().len(), 1);
    service.verify();
}

#[test]
fn what_is_no_id_is_refused() {
    let service = Service::start(Options::new());
    let mut ann = Person::new(service.address(), "ann");
    for bad in ["@", "@1", "@not-a-uuid", "@@", "@3f0e0c3a-7d2e-4c1b-9a55-00000000000g"] {
        let request = format!("{bad} post {} never", ann.token);
        let reply = ann.app_wire().request(&request);
        assert_eq!(reply["status"], 1, "{bad}: {reply}");
    }
    assert_eq!(service.state().posts(), []);
    service.verify();
}
