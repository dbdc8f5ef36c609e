//! The login servers that the client knows: those it was started with, at every address that their names resolve to, and those that a
//! login's reply names besides. They are tried in turn; whoever answered last is asked first.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tenfold_core::protocol::{Address, Endpoint};
use tokio::net::lookup_host;
use tokio::time::timeout;

use crate::tls::Tls;
use crate::wire::{Connection, ConnectionError, LastHeard};

/// Shared by all parts of the client, so that what one of them finds out serves all.
#[derive(Clone, Debug)]
pub struct Logins(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    given: Vec<Endpoint>,
    tls: Option<Tls>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Named by login servers.
    learned: Vec<Endpoint>,
    /// Addresses to try, the first one first. Where there are none left, all names are looked up again.
    candidates: VecDeque<Endpoint>,
}

impl Logins {
    /// Those that the client was started with, and what connections to all servers are secured with.
    pub fn new(given: Vec<Endpoint>, tls: Option<Tls>) -> Logins {
        Logins(Arc::new(Shared {
            given,
            tls,
            state: Mutex::default(),
        }))
    }

    /// Connects to the one whose turn it is, within `limit`.
    ///
    /// # Errors
    /// Those of [`Connection::open`]; it is another one's turn then.
    pub(crate) async fn connect(&self, limit: Duration, last_heard: LastHeard) -> Result<Connection, ConnectionError> {
        let endpoint = timeout(limit, self.next())
            .await
            .map_err(|_| ConnectionError::Silent)??;
        // The address is only what the name was looked up to: a certificate for it would prove nothing.
        let name = self.0.given.first().map_or(endpoint.host.as_str(), |given| &given.host);
        let tls = self.0.tls.as_ref().map(|tls| (tls, name));
        let opened = Connection::open(endpoint.clone(), tls, limit, last_heard).await;
        if opened.is_err() {
            self.failed(&endpoint);
        }
        opened
    }

    /// Connects to the application server at `endpoint`, which a login server has named.
    ///
    /// # Errors
    /// Those of [`Connection::open`].
    pub(crate) async fn connect_app(
        &self,
        endpoint: Endpoint,
        limit: Duration,
        last_heard: LastHeard,
    ) -> Result<Connection, ConnectionError> {
        let name = endpoint.host.clone();
        let tls = self.0.tls.as_ref().map(|tls| (tls, name.as_str()));
        Connection::open(endpoint, tls, limit, last_heard).await
    }

    /// Whether all of them have failed since their names were looked up last.
    pub(crate) fn all_failed(&self) -> bool {
        self.state().candidates.is_empty()
    }

    /// It did not answer: the next one's turn.
    pub(crate) fn failed(&self, endpoint: &Endpoint) {
        self.state().candidates.retain(|candidate| candidate != endpoint);
    }

    /// Whether there is another one to ask.
    pub(crate) fn has_others(&self) -> bool {
        let state = self.state();
        self.0.given.len() + state.learned.len() > 1 || state.candidates.len() > 1
    }

    /// The server at `from` names these others.
    pub(crate) fn learn(&self, from: &Endpoint, also: &[Address]) {
        let mut state = self.state();
        for endpoint in also.iter().map(|address| from.resolve(address)) {
            if !self.0.given.contains(&endpoint) && !state.learned.contains(&endpoint) {
                state.learned.push(endpoint.clone());
            }
            if !state.candidates.contains(&endpoint) {
                state.candidates.push_back(endpoint);
            }
        }
    }

    async fn next(&self) -> Result<Endpoint, ConnectionError> {
        if let Some(endpoint) = self.state().candidates.front() {
            return Ok(endpoint.clone());
        }
        let named = [self.0.given.clone(), self.state().learned.clone()].concat();
        let (mut found, mut unknown) = (VecDeque::new(), None);
        for Endpoint { host, port } in named {
            match lookup_host((host.as_str(), port)).await {
                Ok(addresses) => found.extend(addresses.map(|address| Endpoint {
                    host: address.ip().to_string(),
                    port: address.port(),
                })),
                Err(error) => unknown = Some(error),
            }
        }
        let first = found.front().cloned();
        self.state().candidates = found;
        first.ok_or_else(|| unknown.map_or(ConnectionError::Silent, ConnectionError::Io))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Logins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let given: Vec<String> = self.0.given.iter().map(Endpoint::to_string).collect();
        f.write_str(&given.join(" or "))
    }
}
