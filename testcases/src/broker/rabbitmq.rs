//! RabbitMQ: its files, its program, and how to look into it.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use super::settings::Settings;

/// The program itself. The one of the same name that is on everybody's path
/// insists on the system's user and folders.
const PROGRAM: &str = "/usr/lib/rabbitmq/bin/rabbitmq-server";

/// Not the default virtual host, so that what reads the URL must read it all.
const VIRTUAL_HOST: &str = "tenfold";

/// Where no program listens.
const NOBODYS_PORT: &str = "1";

/// Evaluated inside the server: one line for every queue, and one at the end
/// that shows that nothing went wrong before. The last newline is needed.
const LIST_QUEUES: &str = r#"
[io:format("~ts~n", [Name]) || {resource, _, queue, Name} <- rabbit_amqqueue:list_names()],
io:format("that is all").
"#;

pub fn is_installed() -> bool {
    Path::new(PROGRAM).is_file()
}

pub fn url(scheme: &str, port: u16, settings: &Settings) -> String {
    let password = &settings.password;
    format!("{scheme}://tenfold:{password}@127.0.0.1:{port}/{VIRTUAL_HOST}")
}

pub fn write_files(settings: &Settings) {
    settings.write("rabbitmq.conf", &configuration(settings));
    // None: every plugin makes it slower to start.
    settings.write("plugins", "[].");
    settings.make_folder("home");
}

fn configuration(settings: &Settings) -> String {
    let Settings { port, password, .. } = settings;
    let tls = tls_configuration(settings);
    format!(
        "\
listeners.tcp.default = 127.0.0.1:{port}
default_user = tenfold
default_pass = {password}
default_vhost = {VIRTUAL_HOST}
disk_free_limit.absolute = 10MB
log.console = true
log.console.level = warning
log.file = false
{tls}"
    )
}

fn tls_configuration(settings: &Settings) -> String {
    let Some(tls) = &settings.tls else {
        return String::new();
    };
    let (ca, certificate, key) = (tls.ca_file(), tls.certificate_file(), tls.key_file());
    format!(
        "\
listeners.ssl.default = 127.0.0.1:{}
ssl_options.cacertfile = {}
ssl_options.certfile = {}
ssl_options.keyfile = {}
ssl_options.verify = verify_none
",
        tls.port,
        ca.display(),
        certificate.display(),
        key.display()
    )
}

pub fn command(settings: &Settings) -> Command {
    let folder = &settings.folder;
    let mut command = Command::new(PROGRAM);
    command
        .env("RABBITMQ_CONF_ENV_FILE", "/dev/null")
        .env("RABBITMQ_CONFIG_FILE", folder.join("rabbitmq.conf"))
        .env("RABBITMQ_ENABLED_PLUGINS_FILE", folder.join("plugins"))
        .env("RABBITMQ_MNESIA_BASE", folder.join("data"))
        .env("RABBITMQ_LOG_BASE", folder.join("log"))
        .env("RABBITMQ_PID_FILE", folder.join("rabbitmq.pid"))
        .env("RABBITMQ_NODENAME", node(settings))
        .env("RABBITMQ_DIST_PORT", settings.second_port.to_string())
        .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", erlang_arguments(settings))
        // Every minute the server has an Erlang of its own look after `epmd`:
        // it starts none, and finds none that is not ours.
        .env("ERL_FLAGS", "-start_epmd false")
        .env("ERL_EPMD_PORT", NOBODYS_PORT)
        // The script becomes the server instead of staying its parent.
        .env("RABBITMQ_ALLOW_INPUT", "1")
        // Where Erlang keeps the secret that nodes know each other by.
        .env("HOME", folder.join("home"));
    command
}

/// A node that has its name from the start, and its port by the arguments,
/// needs no `epmd`, which would stay when the broker has ended.
fn erlang_arguments(settings: &Settings) -> String {
    let name = node(settings);
    let port = settings.second_port;
    format!(
        "-noinput +S 2:2 +sbt u +A 1 -sname {name} -erl_epmd_port {port} \
         -kernel inet_dist_use_interface {{127,0,0,1}}"
    )
}

fn node(settings: &Settings) -> String {
    format!("tenfold-{}@localhost", settings.port)
}

/// Asks the server itself, over its own talk between nodes: `rabbitmqctl`
/// takes seconds to start.
pub fn queues(settings: &Settings) -> Vec<String> {
    let mut call = Command::new("erl_call");
    call.env("HOME", settings.folder.join("home"))
        .args(["-address", &format!("localhost:{}", settings.second_port)])
        .args(["-r", "-timeout", "30", "-fetch_stdout", "-no_result_term", "-e"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut call = call.spawn().expect("erl_call comes with Erlang");
    let mut input = call.stdin.take().expect("a pipe");
    input
        .write_all(LIST_QUEUES.as_bytes())
        .expect("erl_call reads its input");
    drop(input);
    let output = call.wait_with_output().expect("our own child");
    let (names, complaint) = (text(&output.stdout), text(&output.stderr));
    let names = names.strip_suffix("that is all");
    let names = names.unwrap_or_else(|| panic!("RabbitMQ does not say which queues it has: {complaint}"));
    names.lines().map(str::to_owned).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end().to_owned()
}
