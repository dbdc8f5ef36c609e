//! TLS to Postgres: what each `sslmode` accepts of each certificate, and what is said where it accepts none.
#![allow(clippy::unwrap_used)] // a test that cannot go on fails

use std::sync::Arc;

use tempfile::TempDir;
use tenfold_log::database::Database;
use tenfold_testcases::certificates::{Authority, Certificate};
use tenfold_testcases::database::Database as OwnDatabase;
use tenfold_testcases::postgres::Cluster;

/// As RDS does from Postgres 15 on.
const TLS_ALONE: &str = "hostssl all all all scram-sha-256";
const VERIFYING: [&str; 2] = ["verify-ca", "verify-full"];

/// A Postgres that shows a certificate, and a role `app` with the password `s3cr3t`.
struct World {
    database: OwnDatabase,
    cluster: Arc<Cluster>,
}

impl World {
    fn new(certificate: &Certificate, rules: &str) -> World {
        let cluster = Arc::new(Cluster::start_with_tls(certificate, rules));
        let database = OwnDatabase::fresh_over_tls(&cluster, "", "");
        database.rows("create role app login password 's3cr3t'");
        World { database, cluster }
    }

    /// What becomes of a connection to `host` with these options.
    fn connect(&self, host: &str, options: &str) -> Result<Secured, String> {
        connect(&format!(
            "postgres://app:s3cr3t@{host}:{}/postgres?{options}",
            self.cluster.port()
        ))
    }

    fn refusal(&self, host: &str, options: &str) -> String {
        let said = self.connect(host, options).unwrap_err();
        let endpoint = format!("{host}:{}/postgres", self.cluster.port());
        assert!(
            said.contains(&endpoint) && !said.contains("s3cr3t"),
            "{options}: {said}"
        );
        said
    }
}

/// How a connection came about.
#[derive(Debug, PartialEq, Eq)]
enum Secured {
    Plain,
    Tls,
}
use Secured::{Plain, Tls};

fn connect(url: &str) -> Result<Secured, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let database = Database::parse(url).map_err(|error| error.to_string())?;
        let client = database.connect("test").await.map_err(|error| error.to_string())?;
        let asked = "select coalesce(bool_or(ssl), false) from pg_stat_ssl where pid = pg_backend_pid()";
        let secured = client.query_one(asked, &[]).await.unwrap().get(0);
        Ok(if secured { Tls } else { Plain })
    })
}

fn authority(folder: &TempDir, name: &str) -> Authority {
    Authority::make(&folder.path().join(name))
}

/// The options with which certificates of this authority are trusted.
fn trusting(mode: &str, authority: &Authority) -> String {
    format!("sslmode={mode}&sslrootcert={}", authority.file().display())
}

#[test]
fn a_postgres_that_accepts_tls_alone_is_reached_with_every_mode_but_disable() {
    let folder = TempDir::new().unwrap();
    let own = authority(&folder, "own");
    let world = World::new(&own.certify("server", &["DNS:localhost"]), TLS_ALONE);
    for options in ["", "sslmode=prefer", "sslmode=require"] {
        assert_eq!(world.connect("localhost", options), Ok(Tls), "{options}");
    }
    for mode in ["require", "verify-ca", "verify-full"] {
        assert_eq!(world.connect("localhost", &trusting(mode, &own)), Ok(Tls), "{mode}");
        let binding = format!("{}&channel_binding=require", trusting(mode, &own));
        assert_eq!(world.connect("localhost", &binding), Ok(Tls), "{mode}");
    }
    let said = world.refusal("localhost", "sslmode=disable");
    assert!(
        said.contains("accepts only TLS from here: add sslmode=require"),
        "{said}"
    );
    let wrong = format!(
        "postgres://app:wr0ng@localhost:{}/postgres?sslmode=require",
        world.cluster.port()
    );
    let said = connect(&wrong).unwrap_err();
    assert!(
        said.contains("refuses the connection") && !said.contains("wr0ng"),
        "{said}"
    );
    let none = format!("postgres://app@localhost:{}/postgres", world.cluster.port());
    let said = connect(&none).unwrap_err();
    assert!(said.contains("refuses the connection (password missing)"), "{said}");
    // Nobody of whom this machine knows has signed it.
    let said = world.refusal("localhost", "sslrootcert=system");
    assert!(
        said.contains("is signed by no authority that this machine trusts"),
        "{said}"
    );
    // A socket is as it ever was.
    let socket = format!("{}?{}", world.cluster.socket_url(), trusting("verify-full", &own));
    assert_eq!(connect(&socket), Ok(Plain));
    drop(world.database);
}

#[test]
fn a_certificate_for_another_host_does_for_all_but_verify_full() {
    let folder = TempDir::new().unwrap();
    let own = authority(&folder, "own");
    let certificate = own.certify("server", &["DNS:db.example", "IP:10.1.2.3"]);
    let world = World::new(&certificate, TLS_ALONE);
    for mode in ["require", "verify-ca"] {
        assert_eq!(world.connect("localhost", &trusting(mode, &own)), Ok(Tls), "{mode}");
    }
    for host in ["localhost", "127.0.0.1"] {
        let said = world.refusal(host, &trusting("verify-full", &own));
        let fault = format!("is for db.example and 10.1.2.3, not for {host}: name Postgres by a host that it is for");
        assert!(said.contains(&fault), "{said}");
    }
}

#[test]
fn a_certificate_of_another_authority_does_where_none_is_named() {
    let folder = TempDir::new().unwrap();
    let [own, other] = ["own", "other"].map(|name| authority(&folder, name));
    let world = World::new(&other.certify("server", &["DNS:localhost"]), TLS_ALONE);
    for options in ["sslmode=prefer", "sslmode=require", &trusting("prefer", &own)] {
        assert_eq!(world.connect("localhost", options), Ok(Tls), "{options}");
    }
    for mode in ["require", "verify-ca", "verify-full"] {
        let said = world.refusal("localhost", &trusting(mode, &own));
        let fault = format!("is signed by nobody in {}: ", own.file().display());
        assert!(said.contains(&fault), "{said}");
    }
}

#[test]
fn a_certificate_that_ran_out_does_where_none_is_checked() {
    let folder = TempDir::new().unwrap();
    let own = authority(&folder, "own");
    let certificate = own.certify_in_the_past("server", &["DNS:localhost"]);
    let world = World::new(&certificate, TLS_ALONE);
    for options in ["sslmode=prefer", "sslmode=require"] {
        assert_eq!(world.connect("localhost", options), Ok(Tls), "{options}");
    }
    for mode in VERIFYING {
        let said = world.refusal("localhost", &trusting(mode, &own));
        assert!(
            said.contains("ran out on 2024-02-01: give Postgres a new one"),
            "{said}"
        );
    }
}

#[test]
fn a_postgres_without_tls_does_for_disable_and_prefer() {
    let folder = TempDir::new().unwrap();
    let own = authority(&folder, "own");
    let cluster = Cluster::start();
    let url = |options: &str| format!("{}?{options}", cluster.url());
    for options in ["", "sslmode=disable", "sslmode=prefer"] {
        assert_eq!(connect(&url(options)), Ok(Plain), "{options}");
    }
    for options in [
        "sslmode=require".to_owned(),
        trusting("verify-ca", &own),
        trusting("verify-full", &own),
    ] {
        let said = connect(&url(&options)).unwrap_err();
        let mode = options.split(['=', '&']).nth(1).unwrap();
        assert!(
            said.contains(&format!("speaks no TLS, and sslmode={mode} wants it")),
            "{said}"
        );
    }
}

#[test]
fn prefer_does_without_tls_where_only_that_is_let_in() {
    let folder = TempDir::new().unwrap();
    let own = authority(&folder, "own");
    let certificate = own.certify("server", &["DNS:localhost"]);
    let world = World::new(&certificate, "hostnossl all all all scram-sha-256");
    for options in ["", "sslmode=disable"] {
        assert_eq!(world.connect("localhost", options), Ok(Plain), "{options}");
    }
    let said = world.refusal("localhost", "sslmode=require");
    assert!(
        said.contains("no pg_hba.conf entry") && said.contains("SSL encryption"),
        "{said}"
    );
}

#[test]
fn of_several_hosts_the_one_that_is_connected_to_is_verified() {
    let folder = TempDir::new().unwrap();
    let own = authority(&folder, "own");
    let certificate = own.certify("server", &["DNS:localhost"]);
    let [first, second] = [0, 1].map(|_| World::new(&certificate, TLS_ALONE));
    let url = |one: &str, other: &str| {
        let hosts = format!("{one}:{},{other}:{}", first.cluster.port(), second.cluster.port());
        format!(
            "postgres://app:s3cr3t@{hosts}/postgres?{}",
            trusting("verify-full", &own)
        )
    };
    assert_eq!(connect(&url("localhost", "127.0.0.1")), Ok(Tls));
    assert_eq!(connect(&url("127.0.0.1", "localhost")), Ok(Tls));
    let said = connect(&url("127.0.0.1", "127.0.0.1")).unwrap_err();
    assert!(said.contains("is for localhost, not for 127.0.0.1"), "{said}");
}

#[test]
fn a_file_without_root_certificates_is_told_before_anybody_is_asked() {
    let folder = TempDir::new().unwrap();
    let file = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file.display().to_string()
    };
    let broken = "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n";
    let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    for (file, cause) in [
        (
            folder.path().join("missing").display().to_string(),
            "No such file or directory",
        ),
        (folder.path().display().to_string(), "Is a directory"),
        ("/dev/zero".to_owned(), "it is larger than a megabyte"),
        (file("empty", "\n"), "it is empty"),
        (
            file("words", "certificates come here\n"),
            "it holds no certificate in PEM",
        ),
        (file("key", key), "it holds no certificate in PEM"),
        (file("broken", broken), "a certificate in it is damaged"),
    ] {
        for mode in ["require", "verify-ca", "verify-full"] {
            let url = format!("postgres://app:s3cr3t@h/d?sslmode={mode}&sslrootcert={file}");
            let said = Database::parse(&url).unwrap_err().to_string();
            let named = format!("the root certificates in {file}, which sslrootcert names, cannot be used ({cause}");
            assert!(said.contains(&named) && !said.contains("s3cr3t"), "{said}");
        }
    }
    let said = Database::parse("postgres://h/d?sslmode=require&sslrootcert=system").unwrap_err();
    assert!(said.to_string().contains("write sslmode=verify-full"), "{said}");
}

#[test]
fn what_a_login_server_has_read_serves_on_a_machine_without_the_file() {
    let folder = TempDir::new().unwrap();
    let own = authority(&folder, "own");
    let url = format!("postgres://u@h/d?{}", trusting("verify-full", &own));
    let read = Database::parse(&url).unwrap().root_certificates().unwrap().to_owned();
    assert!(read.starts_with("-----BEGIN CERTIFICATE-----"), "{read}");
    drop(folder);
    Database::parse(&url).unwrap_err();
    let handed = Database::parse_with(&url, Some(&read)).unwrap();
    assert_eq!(handed.root_certificates(), Some(read.as_str()));
    assert_eq!(Database::parse("postgres://u@h/d").unwrap().root_certificates(), None);
}
