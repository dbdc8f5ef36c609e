//! An open port is a server that serves, and systemd is told when that is.

use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::process::Stdio;

use tempfile::TempDir;
use tenfold_testcases::postgres::free_port;
use tenfold_testcases::programs;
use tenfold_testcases::service::{Options, Service};
use tenfold_testcases::waiting::PATIENCE;

#[test]
fn the_port_is_closed_while_the_server_cannot_serve_yet() {
    let database = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let silent = database.local_addr().expect("it listens");
    let home = TempDir::with_prefix("tenfold-home-").expect("a temporary folder can be made");
    let port = free_port();
    let mut command = programs::command("tenfold-login");
    command.args(["127.0.0.1", &port.to_string()]);
    command.args(["--database", &format!("postgres://ann:pw@{silent}/ann"), "--home"]);
    command.arg(home.path()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut server = command.spawn().expect("tenfold-login can be started");
    // It asks the database and gets no answer.
    let asks = database.accept();
    let refused = TcpStream::connect(("127.0.0.1", port)).map_err(|error| error.kind());
    server.kill().expect("our own child can be killed");
    server.wait().expect("our own child can be waited for");
    assert!(asks.is_ok());
    assert_eq!(refused.err(), Some(ErrorKind::ConnectionRefused));
}

#[test]
fn systemd_is_told_when_the_server_serves_and_when_it_stops() {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let path = folder.path().join("notify");
    let systemd = UnixDatagram::bind(&path).expect("a socket can be made");
    systemd.set_read_timeout(Some(PATIENCE)).expect("it is a socket");
    let told = || {
        let mut words = [0; 64];
        let length = systemd.recv(&mut words).expect("it is told");
        String::from_utf8_lossy(&words[..length]).trim_end().to_owned()
    };
    let options = Options::new().with_variable("NOTIFY_SOCKET", &path.to_string_lossy());
    let mut service = Service::start(options);
    assert_eq!(told(), "READY=1");
    service.stop();
    assert_eq!(told(), "STOPPING=1");
}
