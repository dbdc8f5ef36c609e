//! TLS to clients: what is served, and the one sentence for each that is not to be trusted.

use std::fs;
use std::net::SocketAddr;

use nix::sys::signal::Signal;
use tempfile::TempDir;
use tenfold_testcases::certificates::{Authority, Certificate};
use tenfold_testcases::client::run_client_with;
use tenfold_testcases::process::signal;
use tenfold_testcases::service::{Options, Service};
use tenfold_testcases::waiting::eventually;

const TWO: &str = "register ann pw\nregister bob pw\nlogin ann pw\nlogin bob pw\ninvite ann bob\naccept-invite bob ann\n\
                   send ann bob hello\nreceive-post bob\n";
const TWO_SEE: &str =
    "Success!\nSuccess!\nSuccess!\nSuccess!\nSuccess!\nSuccess!\nSuccess!\n<<<ann->bob: hello>>>\nNo posts\n";

fn with(certificate: &Certificate) -> Options {
    let [file, key] = [&certificate.file, &certificate.key].map(|path| path.display().to_string());
    Options::new().with("--tls-cert", &file).with("--tls-key", &key)
}

/// What the client says when it ends at once, in one line.
fn complaint(server: SocketAddr, options: &[&str]) -> String {
    let finished = run_client_with(server, options, "register eve pw\n");
    assert!(finished.output.is_empty() && !finished.status.success(), "{finished:?}");
    assert_eq!(finished.complaint.lines().count(), 1, "{}", finished.complaint);
    finished.complaint
}

#[test]
fn a_fleet_is_served_over_tls_and_its_certificate_is_taken_anew() {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let [own, other] = ["own", "other"].map(|name| Authority::make(&folder.path().join(name)));
    let certificate = own.certify("server", &["IP:127.0.0.1"]);
    let mut service = Service::start(with(&certificate));
    let [ca, stranger] = [own.file(), other.file()].map(|file| file.display().to_string());
    let finished = run_client_with(service.address(), &["--ca", &ca], TWO);
    assert_eq!(finished.output, TWO_SEE, "{}", finished.complaint);
    let said = complaint(service.address(), &["--ca", &stranger]);
    assert!(
        said.contains("signed by nobody that this machine trusts: name the authority's file with --ca"),
        "{said}"
    );

    for (next, sentence) in [
        (
            own.certify_in_the_past("late", &["IP:127.0.0.1"]),
            "its certificate has expired",
        ),
        (
            own.certify("elsewhere", &["DNS:other.example"]),
            "its certificate is for other.example: connect to it by such a name",
        ),
    ] {
        fs::copy(&next.key, &certificate.key).expect("files can be copied");
        fs::copy(&next.file, &certificate.file).expect("files can be copied");
        signal(service.login_servers[0].pid(), Signal::SIGHUP);
        eventually(sentence, || {
            let finished = run_client_with(service.address(), &["--ca", &ca], "list-group eve\n");
            finished.complaint.contains(sentence).then_some(())
        });
    }
    service.stop();
}

#[test]
fn a_certificate_of_nobody_is_known_by_its_pin() {
    let mut service = Service::start(Options::new().with("--tls", "self-signed"));
    let said = service.log_tail();
    let pin = said
        .split("--pin ")
        .nth(1)
        .and_then(|rest| rest.split_whitespace().next());
    let pin = pin.unwrap_or_else(|| panic!("no pin in {said}"));
    let finished = run_client_with(service.address(), &["--pin", pin], TWO);
    assert_eq!(finished.output, TWO_SEE, "{}", finished.complaint);
    let said = complaint(service.address(), &["--pin", &"ab".repeat(32)]);
    assert!(
        said.contains("another one than --pin says, with the SHA-256 ") && said.contains(pin),
        "{said}"
    );
    let said = complaint(service.address(), &["--tls"]);
    assert!(said.contains("signed by nobody that this machine trusts"), "{said}");
    let finished = run_client_with(service.address(), &["--insecure"], "register eve pw\n");
    assert_eq!(finished.output, "Success!\n");
    service.stop();
}

#[test]
fn whoever_takes_tls_for_plain_or_plain_for_tls_is_told_at_once() {
    let mut secured = Service::start(Options::new().with("--tls", "self-signed"));
    let finished = secured.run_client("register ann pw\n");
    assert_eq!(
        finished.output,
        "This server speaks TLS only: start the client with --tls\n"
    );
    secured.stop();
    let mut plain = Service::start(Options::new());
    let said = complaint(plain.address(), &["--insecure"]);
    assert!(
        said.contains("it speaks no TLS: start the client without --tls"),
        "{said}"
    );
    plain.stop();
}

#[test]
fn one_port_can_serve_both() {
    let options = Options::new()
        .with("--tls", "self-signed")
        .with_variable("TENFOLD_TLS_ALSO_PLAIN", "true");
    let mut service = Service::start(options);
    let finished = service.run_client(TWO);
    assert_eq!(finished.output, TWO_SEE, "{}", finished.complaint);
    let finished = run_client_with(service.address(), &["--insecure"], "login bob pw\nlist-friend bob\n");
    assert_eq!(finished.output, "Success!\nann\n", "{}", finished.complaint);
    service.stop();
}
