//! The client where servers are not there.

use std::time::{Duration, Instant};

use tenfold_testcases::client::{ClientRun, run_client};
use tenfold_testcases::postgres::free_port;
use tenfold_testcases::service::{Options, Service};

fn nobody() -> std::net::SocketAddr {
    ([127, 0, 0, 1], free_port()).into()
}

#[test]
fn a_client_says_when_nothing_answers_for_a_minute() {
    let begun = Instant::now();
    let finished = run_client(nobody(), "register ann pw\n");
    assert_eq!(finished.status.code(), Some(1), "{finished:?}");
    assert_eq!(finished.output, "", "standard output carries replies and messages only");
    assert_eq!(
        finished.complaint.lines().count(),
        1,
        "one sentence: {}",
        finished.complaint
    );
    assert!(
        begun.elapsed() >= Duration::from_secs(55),
        "it gave up after {:?}",
        begun.elapsed()
    );
}

#[test]
fn a_client_waits_for_a_server_that_is_still_starting() {
    let mut service = Service::start(Options::new());
    let port = service.address().port();
    service.stop();
    let client = ClientRun::start(
        ([127, 0, 0, 1], port).into(),
        "register ann pw\nlogin ann pw\nlogout ann\n",
    );
    service.add_login_server_at(port);
    let finished = client.finish();
    assert_eq!(finished.output, "Success!\nSuccess!\nBye!\n", "{finished:?}");
    service.verify();
}

#[test]
fn what_needs_no_server_is_answered_without_one() {
    let finished = run_client(nobody(), "\n  \nfoo\nattach x\nexit\nregister ann pw\n");
    assert_eq!(finished.output, "Unknown command foo\nUnknown command attach\n");
    assert!(finished.status.success(), "{finished:?}");
}

#[test]
fn an_empty_script() {
    let service = Service::start(Options::new());
    for script in ["", "\n", "exit", "exit\n", "\t exit \n"] {
        let finished = service.run_client(script);
        assert_eq!(
            (finished.output.as_str(), finished.complaint.as_str()),
            ("", ""),
            "{script:?}"
        );
        assert!(finished.status.success(), "{script:?}");
    }
}

#[test]
fn a_client_goes_on_when_its_servers_were_replaced() {
    let mut service = Service::start(Options::new());
    let port = service.address().port();
    let mut client = service.client();
    for name in ["ann", "ben"] {
        client.register_and_login(name);
    }
    client.expect("invite ann ben", "Success!");
    client.expect("accept-invite ben ann", "Success!");
    service.stop();
    service.add_login_server_at(port);
    client.expect("send ann ben hello again", "Success!");
    assert_eq!(client.message(), "<<<ann->ben: hello again>>>");
    client.expect("logout ann", "Bye!");
    client.expect("logout ben", "Bye!");
    assert_eq!(client.finish(), [""; 0]);
    service.verify();
}
