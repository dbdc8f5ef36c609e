//! PgBouncer between programs and a database.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::database::{Database, answers};
use crate::postgres::{become_other_user, free_port, give_away};
use crate::waiting::eventually;

/// A pooler that runs as long as this value lives.
#[derive(Debug)]
pub struct Pooler {
    /// `HOST:PORT` where it listens.
    pub authority: String,
    process: Child,
    _folder: TempDir,
}

impl Pooler {
    /// Starts one before `database`; `mode` is `transaction` or `session`.
    pub fn before(database: &Database, mode: &str) -> Self {
        let folder = TempDir::with_prefix("tenfold-pooler-").expect("a temporary folder can be made");
        let path = folder.path();
        let port = free_port();
        let place = database
            .url
            .split_once('@')
            .and_then(|(_, place)| place.split_once(':'));
        let (host, rest) = place.expect("a URL names host and port");
        let database_port = rest.split_once('/').map_or(rest, |(port, _)| port);
        // With `any`, whoever comes is the user named for the database.
        let settings = format!(
            "[databases]\n* = host={host} port={database_port} user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = any\npool_mode = {mode}\nmax_client_conn = 500\ndefault_pool_size = 100\n\
             ignore_startup_parameters = extra_float_digits\n"
        );
        std::fs::write(path.join("pgbouncer.ini"), settings).expect("a file can be written");
        give_away(path);
        let mut command = Command::new(program());
        command.arg(path.join("pgbouncer.ini")).current_dir("/");
        become_other_user(&mut command);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let pooler = Self {
            authority: format!("127.0.0.1:{port}"),
            process: command.spawn().expect("pgbouncer can be started"),
            _folder: folder,
        };
        let url = database
            .url
            .replace(&format!("{host}:{database_port}"), &pooler.authority);
        eventually("the pooler answers", || answers(&url).then_some(()));
        pooler
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// # Panics
/// Where it is not installed.
fn program() -> PathBuf {
    let folders = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect::<Vec<_>>();
    let places = folders.into_iter().chain([PathBuf::from("/usr/sbin")]);
    let mut programs = places.map(|folder| folder.join("pgbouncer"));
    programs
        .find(|program| program.is_file())
        .expect("pgbouncer is not on this machine: bin/test installs it")
}
