//! The whole service on a Postgres that accepts TLS alone, as RDS is from Postgres 15 on, and what is said where TLS is not to be had.

use std::process::Command;
use std::sync::Arc;

use tempfile::TempDir;
use tenfold_testcases::certificates::Authority;
use tenfold_testcases::database::Database;
use tenfold_testcases::postgres::{Cluster, free_port};
use tenfold_testcases::programs;
use tenfold_testcases::service::{Options, Service};

const PASSWORD: &str = "s3cr3t-1f2e";
const TLS_ALONE: &str = "hostssl all tenfold all scram-sha-256";

/// An empty database of the role `tenfold`, on a Postgres with a certificate of this authority, reached at `localhost`.
fn database(authority: &Authority, options: &str) -> Database {
    let certificate = authority.certify("server", &["DNS:localhost"]);
    let cluster = Arc::new(Cluster::start_with_tls(&certificate, TLS_ALONE));
    let place = format!("tenfold:{PASSWORD}@localhost:{}", cluster.port());
    let database = Database::fresh_over_tls(&cluster, &place, options);
    let name = database.rows("select current_database()")[0][0]
        .clone()
        .expect("a name");
    database.rows(&format!("create role tenfold login password '{PASSWORD}'"));
    database.rows(&format!("alter database {name} owner to tenfold"));
    database
}

fn verify_full(authority: &Authority) -> String {
    format!("sslmode=verify-full&sslrootcert={}", authority.file().display())
}

/// The one sentence with which a program ends that is given this database.
fn refusal(mut command: Command) -> String {
    let (variable, key) = programs::MASTER_KEY;
    let output = command.env(variable, key).output().expect("it can be started");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(output.stdout.is_empty() && said.lines().count() == 1, "{said}");
    assert!(!said.contains(PASSWORD), "{said}");
    said
}

fn login(url: &str, home: &TempDir) -> Command {
    let mut command = programs::command("tenfold-login");
    command
        .args(["127.0.0.1", "0", "--database", url, "--home"])
        .arg(home.path());
    command
}

#[test]
fn a_service_on_a_postgres_that_accepts_tls_alone() {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let authority = Authority::make(folder.path());
    let mut service = Service::start_on(database(&authority, &verify_full(&authority)), Options::new());
    let mut client = service.client();
    for line in ["register ann pw", "register bob pw", "login ann pw", "login bob pw"] {
        client.expect(line, "Success!");
    }
    client.expect("invite ann bob", "Success!");
    client.expect("accept-invite bob ann", "Success!");
    client.expect("send ann bob hello", "Success!");
    assert_eq!(client.message(), "<<<ann->bob: hello>>>");
    let connections = "select application_name, ssl from pg_stat_activity join pg_stat_ssl using (pid) \
                       where application_name like 'tenfold-%'";
    let connections = service.database.rows(connections);
    for program in ["tenfold-login", "tenfold-app"] {
        let is_of = |row: &&Vec<Option<String>>| row[0].as_deref().is_some_and(|name| name.starts_with(program));
        assert!(connections.iter().any(|row| is_of(&row)), "{connections:?}");
    }
    let is_secured = |row: &Vec<Option<String>>| row[1].as_deref() == Some("t");
    assert!(connections.iter().all(is_secured), "{connections:?}");
    // `bin/events` reaches it in the same way.
    service.verify();
    service.stop();
}

#[test]
fn what_stands_between_a_server_and_a_postgres_with_tls_is_said_at_the_start() {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let home = TempDir::new().expect("a temporary folder can be made");
    let [own, other] = ["own", "other"].map(|name| Authority::make(&folder.path().join(name)));
    let database = database(&own, "");
    let missing = folder.path().join("missing.pem").display().to_string();
    for (options, sentence) in [
        (
            "sslmode=disable".into(),
            "accepts only TLS from here: add sslmode=require",
        ),
        (verify_full(&other), "is signed by nobody in "),
        (
            format!("sslmode=verify-ca&sslrootcert={missing}"),
            "cannot be used (No such file or directory)",
        ),
        (
            "sslmode=secret".into(),
            "write sslmode=disable, prefer, require, verify-ca or verify-full",
        ),
    ] {
        let url = format!("{}{options}", database.url);
        let said = refusal(login(&url, &home));
        assert!(said.contains(sentence) && !said.contains("secret"), "{said}");
        let mut events = programs::command("tenfold-events");
        events.args(["state", "--database", &url]);
        let said = refusal(events);
        assert!(said.contains(sentence), "{said}");
        let mut app = programs::command("tenfold-app");
        app.args(["--instance", "01890a5d-ac96-774b-bcce-b302099a8057"])
            .env("TENFOLD_DATABASE", &url);
        let said = refusal(app);
        assert!(said.contains(sentence), "{said}");
    }

    let plain = Cluster::start();
    let said = refusal(login(&format!("{}?sslmode=require", plain.url()), &home));
    assert!(said.contains("speaks no TLS, and sslmode=require wants it"), "{said}");
    // Nobody is asked where nothing can be checked.
    let nobody = format!(
        "postgres://tenfold:{PASSWORD}@localhost:{}/t?{}",
        free_port(),
        "sslmode=require&sslrootcert=system"
    );
    let said = refusal(login(&nobody, &home));
    assert!(said.contains("write sslmode=verify-full"), "{said}");
}
