//! A copy of a database is another one: what is done there leaves the first alone, and what is given out there was never given out
//! before.

use tenfold_testcases::database::Database;
use tenfold_testcases::dump::{dump, restore};
use tenfold_testcases::service::{Options, Service};

/// Whether the copy has a fleet of its own shows as soon as it has started and served.
#[test]
fn a_copy_beside_the_live_service_leaves_its_servers_alone() {
    let mut service = Service::start(Options::new());
    let mut ann = service.client();
    ann.register_and_login("ann");
    let apps = service.app_pids();
    assert_eq!(apps.len(), 1);

    let copied = Database::fresh();
    restore(&copied, &dump(&service.database, &[]));
    let token_key = std::fs::read_to_string(service.home.path().join("token.key")).expect("the key of the tokens");
    let mut copy = Service::start_on(copied, Options::new().with_variable("TENFOLD_TOKEN_KEY", &token_key));
    let output = copy
        .run_client("register ben pw\nlogin ben pw\npost ben hello\nexit\n")
        .output;
    assert_eq!(output.matches("Success!").count(), 3, "{output}");
    // Ends everything that it takes for its own.
    copy.stop();

    assert_eq!(service.app_pids(), apps);
    ann.expect("post ann still here", "Success!");
    let state = service.state();
    assert_eq!(state.posts(), [("ann".to_owned(), "still here".to_owned())]);
    ann.finish();
    service.stop();
}

/// The client of somebody who is logged in lives on, and knows which messages it has shown by their positions.
#[test]
fn who_lives_through_a_restore_sees_every_message_after_it() {
    let mut service = Service::start(Options::new());
    let port = service.address().port();
    let (mut ann, mut ben) = (service.client(), service.client());
    ann.register_and_login("ann");
    ben.register_and_login("ben");
    ann.expect("invite ann ben", "Success!");
    ben.expect("accept-invite ben ann", "Success!");
    ann.expect("send ann ben before", "Success!");
    assert_eq!(ben.message(), "<<<ann->ben: before>>>");
    let backup = dump(&service.database, &[]);
    for number in 0..5 {
        ann.expect(&format!("send ann ben lost {number}"), "Success!");
        assert_eq!(ben.message(), format!("<<<ann->ben: lost {number}>>>"));
    }

    let apps = service.app_pids();
    service.kill_login_server(0);
    for pid in apps {
        tenfold_testcases::process::signal(pid, nix::sys::signal::Signal::SIGKILL);
    }
    let restored = Database::fresh();
    restore(&restored, &backup);
    service.database = restored;
    service.add_login_server_at(port);
    for number in 0..8 {
        ann.expect(&format!("send ann ben after {number}"), "Success!");
        assert_eq!(ben.message(), format!("<<<ann->ben: after {number}>>>"));
    }
    ann.finish();
    ben.finish();
    service.verify();
    service.stop();
}
