//! `pgbench`, which comes with Postgres: what the same machine and the same Postgres do without Tenfold.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio_postgres::Config;
use tokio_postgres::config::Host;

use crate::failure::Failure;
use crate::stage::Stage;

/// As many threads as the smallest machine has cores.
const THREADS: &str = "2";
/// Where packages put programs that are not on the search path.
const FOLDERS: [&str; 3] = ["/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt"];

/// A script to be measured.
#[derive(Debug)]
pub struct Pgbench {
    program: PathBuf,
    script: PathBuf,
    config: Config,
}

impl Pgbench {
    /// Writes the script down.
    ///
    /// # Errors
    /// [`Failure::NoPgbench`], or the file cannot be written.
    pub fn new(stage: &Stage, name: &str, script: &str) -> Result<Pgbench, Failure> {
        let program = find().ok_or(Failure::NoPgbench)?;
        let file = stage.home().join(format!("{name}.pgbench"));
        std::fs::write(&file, script).map_err(Failure::system(format!("{} cannot be written", file.display())))?;
        let config = stage.url().parse().map_err(Failure::from)?;
        Ok(Pgbench {
            program,
            script: file,
            config,
        })
    }

    /// Runs it with so many clients; transactions a second, connecting not counted.
    ///
    /// # Errors
    /// [`Failure::Pgbench`].
    pub async fn run(&self, clients: usize, duration: Duration) -> Result<f64, Failure> {
        // Its time runs while it connects: on a busy machine nothing may be left of a second.
        match self.try_run(clients, duration).await? {
            Some(rate) => Ok(rate),
            None => {
                let silent =
                    || Failure::Pgbench("the machine is too busy for it to finish a single transaction".into());
                self.try_run(clients, duration * 5).await?.ok_or_else(silent)
            }
        }
    }

    async fn try_run(&self, clients: usize, duration: Duration) -> Result<Option<f64>, Failure> {
        let threads = if clients == 1 { "1" } else { THREADS };
        let mut command = Command::new(&self.program);
        command.args([
            "--no-vacuum",
            "--protocol=prepared",
            "--jobs",
            threads,
            "--client",
            &clients.to_string(),
        ]);
        command
            .args(["--time", &duration.as_secs().max(1).to_string(), "--file"])
            .arg(&self.script);
        self.reach(&mut command);
        command.stdin(Stdio::null()).kill_on_drop(true).process_group(0);
        let output = command
            .output()
            .await
            .map_err(Failure::system("pgbench cannot be started"))?;
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            let last = said
                .lines()
                .rfind(|line| !line.trim().is_empty())
                .unwrap_or("it did not say why");
            return Err(Failure::Pgbench(last.to_owned()));
        }
        Ok(rate(&String::from_utf8_lossy(&output.stdout)))
    }

    /// By the environment: a password on the command line could be seen by everybody.
    fn reach(&self, command: &mut Command) {
        match self.config.get_hosts().first() {
            Some(Host::Tcp(host)) => drop(command.env("PGHOST", host)),
            #[cfg(unix)]
            Some(Host::Unix(folder)) => drop(command.env("PGHOST", folder)),
            None => {}
        }
        let port = self.config.get_ports().first().copied().unwrap_or(5432);
        command.env("PGPORT", port.to_string());
        if let Some(user) = self.config.get_user() {
            command.env("PGUSER", user);
        }
        if let Some(password) = self.config.get_password() {
            command.env("PGPASSWORD", String::from_utf8_lossy(password).as_ref());
        }
        command.env("PGDATABASE", self.config.get_dbname().unwrap_or_default());
    }
}

/// Before version 14 it says it twice, the second time without the time for connecting.
fn rate(said: &str) -> Option<f64> {
    let mut rates = said.lines().filter_map(|line| line.strip_prefix("tps = "));
    rates.next_back()?.split_whitespace().next()?.parse().ok()
}

/// Of the newest version in the usual folders, else on the search path (where it may be a script around the real one).
fn find() -> Option<PathBuf> {
    let entries = FOLDERS
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flatten()
        .flatten();
    let mut versions: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    versions.sort_by_key(|folder| std::cmp::Reverse(version(folder)));
    let usual = versions.into_iter().map(|folder| folder.join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path: Vec<PathBuf> = std::env::split_paths(&path).collect();
    usual
        .chain(path)
        .map(|folder| folder.join("pgbench"))
        .find(|program| program.is_file())
}

fn version(folder: &std::path::Path) -> u32 {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    name.rsplit('@')
        .next()
        .and_then(|digits| digits.parse().ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_read_from_every_version() {
        let new = "latency average = 1.5 ms\ninitial connection time = 9 ms\ntps = 1234.567 (without initial connection time)\n";
        assert_eq!(rate(new), Some(1234.567));
        let old = "tps = 85.1 (including connections establishing)\ntps = 85.3 (excluding connections establishing)\n";
        assert_eq!(rate(old), Some(85.3));
        assert_eq!(rate("nothing of the kind"), None);
    }
}
