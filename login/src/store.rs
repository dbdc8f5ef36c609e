//! The login server's own questions to the database, asked again until it answers.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool::managed::Object;
use futures_util::future::BoxFuture;
#[cfg(feature = "ec2")]
use tenfold_core::ids::InstanceId;
use tenfold_core::ids::{AccountId, CommandId, Position, SessionId};
use tenfold_core::protocol::Address;
use tenfold_core::refusal::RefusalCode;
use tenfold_log::append::SubmitError;
use tenfold_log::database::{Client, Database, Failure, Pool, in_words};
use tenfold_log::operational::delivered::{self, Asked};
#[cfg(feature = "ec2")]
use tenfold_log::operational::enrolment;
use tenfold_log::operational::fleet::{self, Observation};
use tenfold_log::operational::password::{self, Beforehand, Credentials};
use tenfold_log::operational::{known_address, login_server, refused, refused_login, waiting};
use tenfold_log::sealing::sandboxes;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

/// More would only wait for each other: a question takes a millisecond.
const CONNECTIONS: usize = 4;
/// How long a database that is away is waited for: as long as the writer of the log waits.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How long the reply to `delete` waits until sandboxes have forgotten the account.
const FORGETTING: Duration = Duration::from_secs(2);
/// The most that are remembered of who comes from where.
const NOTED: usize = 10_000;
const PAUSE: Duration = Duration::from_millis(200);

/// Asks the database.
#[derive(Clone)]
pub struct Store {
    pool: Pool,
    /// As whoever owns the tables, and the sandboxes.
    owner: Database,
    /// What this server has noted already of who comes from where.
    noted: Arc<Mutex<HashSet<(AccountId, String)>>>,
}

type Answered<'client, T> = BoxFuture<'client, Result<T, tokio_postgres::Error>>;

impl Store {
    /// On connections of its own; `owner` is the same database for whoever owns the tables.
    pub fn new(database: &Database, owner: &Database) -> Store {
        Store {
            pool: database.pool(CONNECTIONS),
            owner: owner.clone(),
            noted: Arc::default(),
        }
    }

    /// What `name`'s password is verified against.
    ///
    /// # Errors
    /// [`SubmitError::Unavailable`], as of all these.
    pub async fn credentials(&self, name: &str) -> Result<Option<Credentials>, SubmitError> {
        let name = name.to_owned();
        self.ask(move |client| {
            let name = name.clone();
            Box::pin(async move { password::of(client, &name).await })
        })
        .await
    }

    /// Whether the account's own person has come from there before. Where the database does not say, nobody has.
    pub async fn is_known_address(&self, account: AccountId, address: String) -> bool {
        let asked = self.ask(move |client| {
            let address = address.clone();
            Box::pin(async move { known_address::is_known(client, account.0, &address).await })
        });
        asked.await.unwrap_or(false)
    }

    /// Notes that they have, behind whoever does not wait for it.
    pub fn note_address(&self, account: AccountId, address: String) {
        {
            let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
            if noted.len() >= NOTED {
                noted.clear();
            }
            if !noted.insert((account, address.clone())) {
                return;
            }
        }
        let store = self.clone();
        tokio::spawn(async move {
            let noted = store.ask(move |client| {
                let address = address.clone();
                Box::pin(async move { known_address::note(client, account.0, &address).await })
            });
            if let Err(error) = noted.await {
                tracing::debug!(%error, "an address was not noted");
            }
        });
    }

    /// What can be said of a registration before its password is hashed.
    ///
    /// # Errors
    /// [`SubmitError::Unavailable`].
    pub async fn beforehand(&self, name: &str, command: Option<CommandId>) -> Result<Beforehand, SubmitError> {
        let name = name.to_owned();
        self.ask(move |client| {
            let name = name.clone();
            Box::pin(async move { password::beforehand(client, &name, command).await })
        })
        .await
    }

    /// Remembers a refused registration.
    ///
    /// # Errors
    /// [`SubmitError::Unavailable`].
    pub async fn remember_refusal(&self, id: CommandId, digest: i64, code: RefusalCode) -> Result<(), SubmitError> {
        self.ask(move |client| Box::pin(refused::remember(client, id, digest, code)))
            .await
    }

    /// From where a client that has just logged in attaches.
    ///
    /// # Errors
    /// [`SubmitError::Unavailable`].
    pub async fn attach_from(&self, session: SessionId) -> Result<Option<Position>, SubmitError> {
        self.ask(move |client| Box::pin(password::attach_from(client, session)))
            .await
    }

    /// Asks who has what `account` sent still to push; see [`delivered::ask`].
    ///
    /// # Errors
    /// [`SubmitError::Unavailable`].
    pub async fn ask_for_delivery(&self, account: AccountId) -> Result<Asked, SubmitError> {
        self.ask(move |client| Box::pin(delivered::ask(client, account))).await
    }

    /// Whether those have pushed it.
    ///
    /// # Errors
    /// [`SubmitError::Unavailable`].
    pub async fn is_delivered(&self, asked: &Asked) -> Result<bool, SubmitError> {
        let asked = asked.clone();
        self.ask(move |client| {
            let asked = asked.clone();
            Box::pin(async move { delivered::have_all_said_so(client, &asked).await })
        })
        .await
    }

    /// Forgets a deleted account in the sandboxes that were made of this database. Who is in the way of that, such as a
    /// rebuild there, is not waited for long; it is done as soon as they are gone.
    pub async fn forget_in_sandboxes(&self, account: AccountId) {
        let owner = self.owner.clone();
        let forgetting = tokio::spawn(async move { sandboxes::forget_everywhere(&owner, account.0).await });
        if tokio::time::timeout(FORGETTING, forgetting).await.is_err() {
            tracing::info!("a sandbox is busy: a deleted account is forgotten there later");
        }
    }

    /// Puts a login into the seat queue.
    ///
    /// # Errors
    /// [`SubmitError::Unavailable`].
    pub async fn enqueue(&self, server: Uuid, account: AccountId) -> Result<(), SubmitError> {
        self.ask(move |client| Box::pin(waiting::enrol(client, server, account)))
            .await
    }

    /// Says who waits at `server` and who has left. Not asked again: the next time says it anew.
    ///
    /// # Errors
    /// [`SubmitError::Unavailable`].
    pub async fn renew_waiting(
        &self,
        server: Uuid,
        waiting: &[AccountId],
        left: &[AccountId],
    ) -> Result<(), SubmitError> {
        self.ask_once(|client| {
            let (waiting, left) = (waiting.to_vec(), left.to_vec());
            Box::pin(async move { waiting::renew(client, server, &waiting, &left).await })
        })
        .await
    }

    /// Keeps refused logins for whoever asks. Not asked again: nobody waits for it.
    ///
    /// # Errors
    /// [`SubmitError::Unavailable`].
    pub async fn keep_refused_logins(&self, counts: BTreeMap<refused_login::Kind, i32>) -> Result<(), SubmitError> {
        self.ask_once(|client| {
            let counts = counts.clone();
            Box::pin(async move { refused_login::keep(client, &counts).await })
        })
        .await
    }

    /// Says where this login server is reached, and learns of the others. Not asked again: the next time says it anew.
    ///
    /// # Errors
    /// [`SubmitError::Unavailable`].
    pub async fn renew_login_server(
        &self,
        id: Uuid,
        host: Option<&str>,
        port: u16,
    ) -> Result<Vec<Address>, SubmitError> {
        self.ask_once(|client| {
            let host = host.map(str::to_owned);
            Box::pin(async move { login_server::renew(client, id, host.as_deref(), port).await })
        })
        .await
    }

    /// Takes this login server off the list.
    ///
    /// # Errors
    /// [`SubmitError::Unavailable`].
    pub async fn remove_login_server(&self, id: Uuid) -> Result<(), SubmitError> {
        self.ask_once(|client| Box::pin(login_server::remove(client, id))).await
    }

    /// Looks at the fleet. Not asked again: the next look comes soon.
    ///
    /// # Errors
    /// [`SubmitError::Unavailable`].
    pub async fn observe(&self) -> Result<Observation, SubmitError> {
        self.ask_once(|client| Box::pin(fleet::observe(client))).await
    }

    /// Gives out a token for one enrolment of `instance`'s machine.
    ///
    /// # Errors
    /// [`SubmitError::Unavailable`].
    #[cfg(feature = "ec2")]
    pub async fn give_out(&self, hash: [u8; 32], instance: InstanceId, valid: Duration) -> Result<(), SubmitError> {
        self.ask(move |client| Box::pin(async move { enrolment::give_out(client, &hash, instance, valid).await }))
            .await
    }

    /// Whether such a token is good.
    ///
    /// # Errors
    /// [`SubmitError::Unavailable`].
    #[cfg(feature = "ec2")]
    pub async fn token_status(
        &self,
        hash: [u8; 32],
        instance: InstanceId,
    ) -> Result<enrolment::TokenStatus, SubmitError> {
        self.ask(move |client| Box::pin(async move { enrolment::token_status(client, &hash, instance).await }))
            .await
    }

    /// Counts an exchange that was refused. Not asked again: nobody waits for it.
    #[cfg(feature = "ec2")]
    pub async fn count_refusal(&self, reason: &'static str) {
        if self
            .ask_once(|client| Box::pin(enrolment::count_refusal(client, reason)))
            .await
            .is_err()
        {
            tracing::debug!("a refused enrolment was not counted");
        }
    }

    /// Uses such a token; answers whether it could be used.
    ///
    /// # Errors
    /// [`SubmitError::Unavailable`].
    #[cfg(feature = "ec2")]
    pub async fn redeem(&self, hash: [u8; 32], instance: InstanceId) -> Result<bool, SubmitError> {
        self.ask(move |client| Box::pin(async move { enrolment::redeem(client, &hash, instance).await }))
            .await
    }

    async fn ask<T>(&self, question: impl for<'c> Fn(&'c Client) -> Answered<'c, T>) -> Result<T, SubmitError> {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            if let Ok(answer) = self.ask_once(&question).await {
                return Ok(answer);
            }
            if Instant::now() >= deadline {
                return Err(SubmitError::Unavailable);
            }
            sleep(PAUSE).await;
        }
    }

    async fn ask_once<T>(&self, question: impl for<'c> Fn(&'c Client) -> Answered<'c, T>) -> Result<T, SubmitError> {
        let client = self.pool.get().await.map_err(|error| {
            tracing::debug!(%error, "no connection to the database");
            SubmitError::Unavailable
        })?;
        let answer = question(&client).await;
        answer.map_err(|error| {
            tracing::debug!(error = %in_words(&error), "the database did not answer a question");
            if Failure::of(&error) == Failure::Elsewhere {
                // The next one goes over another connection, perhaps to another server.
                drop(Object::take(client));
            }
            SubmitError::Unavailable
        })
    }
}
