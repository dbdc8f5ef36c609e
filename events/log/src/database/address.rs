//! Where a database is, as an operator writes it: one host after the other, each with its own way to it. User, password and
//! whatever was meant as such are never shown.

use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, TargetSessionAttrs};

use super::error::DatabaseError;
use super::parameters;
use super::tls::{self, Tls};

/// How long the system may keep sent data unacknowledged, before it gives a connection up.
const UNACKNOWLEDGED: Duration = Duration::from_secs(10);
/// How long a connection may be quiet before the system asks whether the other side is there, how often it asks, and how many times.
const QUIET: Duration = Duration::from_secs(5);
const ASK_EVERY: Duration = Duration::from_secs(2);
const ASK: u32 = 3;

/// The database's hosts in the order given, each as a configuration of its own, so that each has its own time to answer; and how
/// connections to them are secured. `root_certificates` take the place of the file that `sslrootcert` names.
pub(super) fn read(url: &str, root_certificates: Option<&str>) -> Result<(Vec<Config>, Tls), DatabaseError> {
    let (url, options) = tls::take_out(&with_raw_signs_encoded(url))?;
    let mut hosts = hosts(&url)?;
    let tls = Tls::new(options, root_certificates)?;
    hosts.iter_mut().try_for_each(|host| tls.put_into(host))?;
    Ok((hosts, tls))
}

fn hosts(url: &str) -> Result<Vec<Config>, DatabaseError> {
    // What the parser says of it could repeat a piece of the password.
    let all: Config = url
        .parse()
        .map_err(|_| DatabaseError::BadUrl("a part of it is missing or wrong"))?;
    let count = all.get_hosts().len().max(all.get_hostaddrs().len());
    if count == 0 {
        return Err(DatabaseError::BadUrl("it names no host"));
    }
    if all.get_hosts().len() != count || !(all.get_hostaddrs().is_empty() || all.get_hostaddrs().len() == count) {
        return Err(DatabaseError::BadUrl(
            "it names another number of addresses than of hosts",
        ));
    }
    if all.get_ports().len() > 1 && all.get_ports().len() != count {
        return Err(DatabaseError::BadUrl("it names another number of ports than of hosts"));
    }
    let is_strange = |text: &str| text.contains(['@', '/', '?', '#']) || text.contains(char::is_control);
    let hosts = all
        .get_hosts()
        .iter()
        .any(|host| matches!(host, Host::Tcp(name) if is_strange(name)));
    if hosts || all.get_dbname().is_some_and(is_strange) {
        return Err(DatabaseError::BadUrl(
            "a sign in the user or the password has to be encoded",
        ));
    }
    let attributes_given = url.contains("target_session_attrs");
    let mut hosts: Vec<Config> = (0..count).map(|index| only(&all, index, attributes_given)).collect();
    for host in &mut hosts {
        all.get_password().map(|password| host.password(password));
    }
    Ok(hosts)
}

/// A password may hold an `@` that somebody forgot to encode; a host cannot.
fn with_raw_signs_encoded(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    match authority.rsplit_once('@') {
        Some((credentials, hosts)) => format!("{scheme}://{}@{hosts}{path}", credentials.replace('@', "%40")),
        None => url.to_owned(),
    }
}

/// `all` with one of its hosts, and without the password.
fn only(all: &Config, index: usize, attributes_given: bool) -> Config {
    let mut one = Config::new();
    match &all.get_hosts()[index] {
        Host::Tcp(name) => one.host(name),
        #[cfg(unix)]
        Host::Unix(path) => one.host_path(path),
    };
    all.get_hostaddrs().get(index).map(|address| one.hostaddr(*address));
    let port = all.get_ports().get(index).or_else(|| all.get_ports().first());
    one.port(port.copied().unwrap_or(5432));
    all.get_user().map(|user| one.user(user));
    all.get_dbname().map(|name| one.dbname(name));
    all.get_options().map(|options| one.options(options));
    one.ssl_negotiation(all.get_ssl_negotiation());
    one.channel_binding(all.get_channel_binding());
    one.keepalives(all.get_keepalives());
    // After a failover the old primary, or the only standby, answers as well, and would never take a write.
    one.target_session_attrs(match attributes_given {
        true => all.get_target_session_attrs(),
        false => TargetSessionAttrs::ReadWrite,
    });
    one.tcp_user_timeout(all.get_tcp_user_timeout().copied().unwrap_or(UNACKNOWLEDGED));
    let unless_default = |given: Duration, ours| {
        if given == Config::new().get_keepalives_idle() {
            ours
        } else {
            given
        }
    };
    one.keepalives_idle(unless_default(all.get_keepalives_idle(), QUIET));
    one.keepalives_interval(all.get_keepalives_interval().unwrap_or(ASK_EVERY));
    one.keepalives_retries(all.get_keepalives_retries().unwrap_or(ASK));
    one
}

/// The same place for somebody else, as an operator would write it.
pub(super) fn for_role(url: &str, user: &str, password: &str) -> String {
    parameters::for_role(&with_raw_signs_encoded(url), user, password)
}

/// The same host, database and user, without a password.
pub(super) fn without_password(host: &Config) -> Config {
    only(host, 0, true)
}

/// `HOST:PORT` of one host, for people.
fn host_and_port(config: &Config) -> String {
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(name)) if name.contains(':') => format!("[{name}]"),
        Some(Host::Tcp(name)) => name.clone(),
        #[cfg(unix)]
        Some(Host::Unix(path)) => path.display().to_string(),
        None => "?".into(),
    };
    format!("{host}:{}", config.get_ports().first().copied().unwrap_or(5432))
}

/// Hosts, ports and database name, for people.
pub(super) fn endpoint(hosts: &[Config]) -> String {
    let named: Vec<String> = hosts.iter().map(host_and_port).collect();
    let database = hosts.first().and_then(Config::get_dbname).unwrap_or_default();
    format!("{}/{database}", named.join(","))
}

/// `said` without the user and the password, which Postgres repeats in some of its sentences.
pub(super) fn without_secrets(said: &str, config: &Config) -> String {
    let password = config
        .get_password()
        .and_then(|password| std::str::from_utf8(password).ok());
    let secrets = password.into_iter().chain(config.get_user());
    secrets
        .filter(|secret| !secret.is_empty())
        .fold(said.to_owned(), |said, secret| {
            // As Postgres quotes names; a password is left out wherever it stands.
            let quoted = format!("\"{secret}\"");
            let said = said.replace(&quoted, "(the one given)");
            if Some(secret) == password {
                said.replace(secret, "…")
            } else {
                said
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts_of(url: &str) -> Vec<Config> {
        read(url, None).unwrap().0
    }

    #[test]
    fn nothing_is_shown_but_hosts_ports_and_name() {
        for (url, shown) in [
            (
                "postgres://me:secret@db.example:5433/tenfold",
                "db.example:5433/tenfold",
            ),
            ("postgres://me:se@secret@db.example/tenfold", "db.example:5432/tenfold"),
            ("postgres://me@secret:se@secret@a:1,b/tenfold", "a:1,b:5432/tenfold"),
            ("postgres://me:se%40cret@[::1]:7/t", "[::1]:7/t"),
            ("postgres://secret:123/secret@h/db", "h:5432/db"),
            ("postgres://u:12/secret@h/db", "h:5432/db"),
            ("postgres://u:12?secret@h/db", "h:5432/db"),
            ("postgres://u:12?secret=1@h/db", "h:5432/db"),
            ("postgres://u:a#secret/x@h/db", "h:5432/db"),
            ("host=h user=me password='a@secret/x' dbname=d", "h:5432/d"),
        ] {
            assert_eq!(endpoint(&hosts_of(url)), shown, "{url}");
        }
    }

    #[test]
    fn a_raw_sign_at_in_the_password_is_a_part_of_it() {
        let hosts = hosts_of("postgres://me:a@b@c@h/d");
        assert_eq!(hosts[0].get_password(), Some("a@b@c".as_bytes()));
    }

    #[test]
    fn what_cannot_be_read_is_not_repeated() {
        for url in [
            "",
            "nonsense",
            "user=me",
            "postgres://u:secret@h:x/db",
            "postgres://h/d?secret=1",
            "postgres://u:p@secret/secret@h/db",
            "postgres://u:p/secret@secret@h/db",
            "postgres://u:p@h?secret@h/db",
            "postgres://u:%zzsecret@h/d@secret",
            "postgres://u:p@h:1,secret:2x/d",
            "secret=1 host=h",
            "host=h,g port=1,2,3 password=secret",
        ] {
            let said = read(url, None)
                .err()
                .map(|error| error.to_string())
                .unwrap_or_else(|| panic!("{url}"));
            assert!(
                !said.contains("secret") && said.contains("postgres://USER"),
                "{url}: {said}"
            );
        }
    }

    #[test]
    fn each_host_has_its_own_configuration_and_must_take_writes() {
        let hosts = hosts_of("postgres://me:p@a:1,b:2/d");
        assert_eq!(hosts.len(), 2);
        for (config, port) in hosts.iter().zip([1, 2]) {
            assert_eq!((config.get_hosts().len(), config.get_ports()), (1, &[port][..]));
            assert_eq!(config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
            assert_eq!(config.get_tcp_user_timeout(), Some(&UNACKNOWLEDGED));
            assert_eq!(config.get_keepalives_idle(), QUIET);
        }
        let any = hosts_of("postgres://me@a/d?target_session_attrs=any");
        assert_eq!(any[0].get_target_session_attrs(), TargetSessionAttrs::Any);
    }

    #[test]
    fn postgres_words_are_told_without_user_and_password() {
        let config = &hosts_of("postgres://ann:secret@h/d")[0];
        let said = without_secrets("password authentication failed for user \"ann\" (secret)", config);
        assert_eq!(said, "password authentication failed for user (the one given) (…)");
    }
}
