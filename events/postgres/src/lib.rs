//! The private Postgres: what `bin/server` uses when nobody names a database. It lives under the home folder, is set up at the first
//! start, stays between runs, and is shared by every Tenfold program that is given the same home.
//!
//! A start goes: take the home's lock (`lock`), find the data (`layout`) or make it (`cluster`), adopt what runs (`process`) or start
//! it (`start`), and see that it answers (`answer`).

mod access;
mod account;
mod address;
mod answer;
mod cluster;
mod connect;
mod error;
mod install;
mod layout;
mod lock;
mod network;
mod notice;
mod owner;
mod process;
mod programs;
mod settings;
mod start;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use account::Account;
use address::Address;
pub use error::PrivatePostgresError;
use layout::Layout;
pub use layout::make_folders;
use lock::HomeLock;
pub use network::Network;
use notice::notice;
use programs::Programs;
pub use settings::MOST_APPLICATION_SERVERS;

/// How long the server may take to see that a connection is closed, and how often it is asked.
const UNUSED_WITHIN: Duration = Duration::from_secs(3);
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// A fast shutdown writes out what is in memory; on a slow disk that takes a while.
const FAST_STOP: Duration = Duration::from_secs(20);
const IMMEDIATE_STOP: Duration = Duration::from_secs(5);

/// A Postgres that runs and answers. Dropping this does not stop it: see [`PrivatePostgres::stop`].
#[derive(Debug, Clone)]
pub struct PrivatePostgres {
    layout: Layout,
    url: String,
    network_url: Option<String>,
    started_here: bool,
}

impl PrivatePostgres {
    /// Finds the Postgres of `home` running, or starts it, setting it up first where that was never done. Callers that come at the
    /// same time, also from other programs, wait for each other and get the same one. Cheap when it runs already, so it may also be
    /// called again when the database is gone: it comes back at the same URL unless somebody has taken its port meanwhile.
    pub async fn ensure_running(home: &Path) -> Result<Self, PrivatePostgresError> {
        Self::ensure_running_on(home, None).await
    }

    /// [`PrivatePostgres::ensure_running`], reached from other machines too. One that runs without that is started anew.
    pub async fn ensure_running_on(home: &Path, network: Option<&Network>) -> Result<Self, PrivatePostgresError> {
        loop {
            let (home, network) = (home.to_owned(), network.cloned());
            let (postgres, address, _lock) = blocking(move || ensure_started(&home, network.as_ref())).await?;
            match answer::ensure_answering(&address, &postgres.layout).await {
                // It was dying when it was found; now it is gone and can be started.
                Err(_) if !postgres.started_here && process::postmaster(&postgres.layout).is_none() => {}
                Err(error) => return Err(error),
                Ok(()) => return Ok(postgres),
            }
        }
    }

    /// Whether `home` holds a database already, so that tools that only read need not make an empty one.
    pub fn is_set_up(home: &Path) -> bool {
        home.canonicalize()
            .is_ok_and(|home| Layout::of_existing(&home).is_some())
    }

    /// Where the database of `home` is or will be when it runs, with the password; nothing is started for it.
    pub fn url_of(home: &Path) -> Option<String> {
        let layout = Layout::of_existing(&home.canonicalize().ok()?)?;
        Some(Address::read(&layout).ok()??.url())
    }

    /// The connection URL, with the password in it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The URL for other machines, with the password in it, which wants a valid certificate; none where they do not reach it.
    pub fn network_url(&self) -> Option<&str> {
        self.network_url.as_deref()
    }

    /// Whether this call started it; false where it was found running.
    pub fn started_here(&self) -> bool {
        self.started_here
    }

    /// The folder that holds the data, for messages to people.
    pub fn data_folder(&self) -> PathBuf {
        self.layout.data()
    }

    /// The log file, for messages to people.
    pub fn log_file(&self) -> PathBuf {
        self.layout.log()
    }

    /// Keeps its log within a bound; to be called now and then.
    pub fn bound_log(&self) {
        start::bound_log(&self.layout);
    }

    /// Stops it, whoever started it: connections are closed and everything written; after 20 s it is told to end at once, which
    /// loses nothing either but makes the next start recover. Stopping what does not run is no error.
    pub async fn stop(&self) -> Result<(), PrivatePostgresError> {
        let layout = self.layout.clone();
        blocking(move || {
            let _lock = HomeLock::take(&layout.home)?;
            stop(&layout)
        })
        .await
    }

    /// Stops it unless some program is connected to it, and says whether it did: for tools that started it only for themselves.
    /// Their own connections must be closed before: that the server sees their end a moment later is waited for.
    pub async fn stop_if_unused(&self) -> Result<bool, PrivatePostgresError> {
        let home = self.layout.home.clone();
        let _lock = blocking(move || HomeLock::take(&home)).await?;
        let deadline = Instant::now() + UNUSED_WITHIN;
        while answer::is_used(&self.url).await {
            if Instant::now() >= deadline {
                return Ok(false);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        let layout = self.layout.clone();
        blocking(move || stop(&layout)).await?;
        Ok(true)
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PrivatePostgresError> + Send + 'static,
) -> Result<T, PrivatePostgresError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

fn ensure_started(
    home: &Path,
    network: Option<&Network>,
) -> Result<(PrivatePostgres, Address, HomeLock), PrivatePostgresError> {
    if !home.exists() {
        // Where Postgres is missing and may not be installed, nothing is made.
        programs::for_new_data(&installed_programs()?)?;
    }
    let home = Layout::make_home(home)?;
    let lock = HomeLock::take(&home)?;
    let (layout, address, started_here) = match Layout::of_existing(&home) {
        Some(layout) => adopt_or_start(layout, network)?,
        None => set_up(&home, network)?,
    };
    let postgres = PrivatePostgres {
        layout,
        url: address.url(),
        network_url: network.map(|network| address.url_from(network.address)),
        started_here,
    };
    Ok((postgres, address, lock))
}

fn adopt_or_start(layout: Layout, network: Option<&Network>) -> Result<(Layout, Address, bool), PrivatePostgresError> {
    let address = Address::read(&layout)?.ok_or_else(|| Address::lost(&layout, "missing"))?;
    if process::postmaster(&layout).is_some() {
        if network.is_none_or(|network| network.is_served(&layout, address.port)) {
            return Ok((layout, address, false));
        }
        notice("starting the private PostgreSQL anew, to be reached from other machines");
        stop(&layout)?;
    }
    let account = Account::choose(&layout.home, Some(&layout.data()))?;
    let installed = installed_programs()?;
    let programs = programs::for_data(&installed, &layout.data())?;
    let address = start::start(&layout, &account, programs, address, network)?;
    Ok((layout, address, true))
}

fn set_up(home: &Path, network: Option<&Network>) -> Result<(Layout, Address, bool), PrivatePostgresError> {
    let installed = installed_programs()?;
    let programs = programs::for_new_data(&installed)?;
    let account = Account::choose(home, None)?;
    let layout = Layout::for_new(home, &account)?;
    notice(&set_up_text(&layout, &account, programs));
    let address = Address::new();
    // The password is kept before there is data that wants it: the other way round a crash could leave data without its password.
    let started = address
        .write(&layout)
        .and_then(|()| cluster::create(&layout, &account, programs))
        .and_then(|()| start::start(&layout, &account, programs, address, network));
    match started {
        Ok(address) => Ok((layout, address, true)),
        Err(error) => {
            layout.give_back();
            Err(error)
        }
    }
}

fn set_up_text(layout: &Layout, account: &Account, programs: &Programs) -> String {
    let beginning = format!(
        "setting up a private PostgreSQL {} in {}",
        programs.major,
        layout.cluster.display()
    );
    let outside = !layout.cluster.starts_with(&layout.home);
    match account {
        Account::Ourselves => beginning,
        Account::Other { name, .. } if outside => {
            format!(
                "{beginning}; it runs as user {name}, for Postgres refuses to run as root, and {name} cannot get at {}",
                layout.home.display()
            )
        }
        Account::Other { name, .. } => {
            format!("{beginning}; it runs as user {name}, for Postgres refuses to run as root")
        }
    }
}

/// Installs Postgres where there is none and we may.
fn installed_programs() -> Result<Vec<Programs>, PrivatePostgresError> {
    let installed = programs::installed();
    if !installed.is_empty() {
        return Ok(installed);
    }
    install::install()?;
    Ok(programs::installed())
}

fn stop(layout: &Layout) -> Result<(), PrivatePostgresError> {
    let Some(pid) = process::postmaster(layout) else {
        return Ok(());
    };
    let ended = process::end(pid, layout, Signal::SIGINT, FAST_STOP)
        || process::end(pid, layout, Signal::SIGQUIT, IMMEDIATE_STOP);
    if ended {
        Ok(())
    } else {
        Err(PrivatePostgresError::DoesNotStop { pid: pid.as_raw() })
    }
}
