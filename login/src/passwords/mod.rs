//! Passwords: hashed with Argon2id, few at a time and in [turn](turns), so that a storm of logins cannot starve the rest.

pub mod attempts;
pub mod turns;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use argon2::password_hash::{self, Output, ParamsString, PasswordHash, Salt, SaltString};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use rand::RngExt;
use tenfold_service::Outbound;
use tokio::sync::oneshot;

use attempts::TooOften;
use tenfold_service::origin::Origin;
use turns::Turns;

/// What OWASP recommends for Argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// The hash of no password: checking one against it takes as long as against a real one.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What one hash is computed in, kept for the next: given back to the allocator, each thread's would stay with that thread.
type Memory = Vec<Block>;

/// Hashes and verifies, with a bound on how much of the machine that takes.
#[derive(Debug)]
pub struct Passwords {
    line: Arc<Line>,
    /// As many as are computed at once.
    memories: Arc<Mutex<Vec<Memory>>>,
}

/// Who asks for a hash.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'asker> {
    /// From where.
    pub origin: Origin,
    /// The name that was typed.
    pub account: &'asker str,
    /// Where the answer goes: whoever has hung up is not computed for.
    pub outbound: &'asker Outbound,
}

impl<'asker> Asker<'asker> {
    /// Somebody at `peer`, about the account of that name.
    pub fn new(peer: Option<IpAddr>, account: &'asker str, outbound: &'asker Outbound) -> Asker<'asker> {
        Asker {
            origin: Origin::of(peer),
            account,
            outbound,
        }
    }
}

/// Nothing is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoTurn {
    /// Too many wait already.
    #[error("Too many people are logging in at once; try again in a moment")]
    Overloaded,
    /// Nobody waits for the answer.
    #[error("the client has hung up")]
    Disconnected,
}

/// The password is not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTried {
    /// There was no turn for it.
    #[error(transparent)]
    NoTurn(#[from] NoTurn),
    /// When its turn came, too many had failed.
    #[error(transparent)]
    TooOften(#[from] TooOften),
}

impl Default for Passwords {
    fn default() -> Self {
        // One core stays free for everything else.
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Passwords::new(cores.saturating_sub(1).max(1))
    }
}

impl Passwords {
    /// At most `at_once` hashes are computed at a time.
    pub fn new(at_once: usize) -> Passwords {
        Passwords {
            line: Arc::new(Line(Mutex::new(Waiting {
                free: at_once,
                turns: Turns::default(),
            }))),
            memories: Arc::default(),
        }
    }

    /// The hash of `password` with a fresh salt, as a PHC string.
    ///
    /// # Errors
    /// [`NoTurn`].
    pub async fn hash(&self, asker: Asker<'_>, password: String) -> Result<String, NoTurn> {
        let permit = self.line.wait(asker).await?;
        Ok(self.work(permit, move |memory| hash(&password, memory)).await)
    }

    /// Whether `password` is the one that `hash` was made of. Where there is no hash, the answer is no and takes as
    /// long. `at_turn` is asked when it is about to be looked at.
    ///
    /// # Errors
    /// [`NotTried`].
    pub async fn verify(
        &self,
        asker: Asker<'_>,
        (password, hash): (String, Option<String>),
        at_turn: impl FnOnce() -> Result<(), TooOften>,
    ) -> Result<bool, NotTried> {
        let permit = self.line.wait(asker).await?;
        at_turn()?;
        let verify = move |memory: &mut Memory| {
            let right = is_right(&password, hash.as_deref().unwrap_or(NOBODYS), memory);
            right && hash.is_some()
        };
        Ok(self.work(permit, verify).await)
    }

    async fn work<T: Send + 'static>(&self, permit: Permit, work: impl FnOnce(&mut Memory) -> T + Send + 'static) -> T {
        // The permit is held until the work is done, also where nobody waits for it any more.
        let memories = Arc::clone(&self.memories);
        let permitted = move || {
            let mut memory = lock(&memories).pop().unwrap_or_default();
            let result = work(&mut memory);
            lock(&memories).push(memory);
            drop(permit);
            result
        };
        match tokio::task::spawn_blocking(permitted).await {
            Ok(result) => result,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
}

/// Where the passwords wait.
#[derive(Debug)]
struct Line(Mutex<Waiting>);

#[derive(Debug)]
struct Waiting {
    /// So many more may be computed.
    free: usize,
    turns: Turns<oneshot::Sender<Permit>>,
}

/// One may be computed; when it is dropped, the next.
#[derive(Debug)]
struct Permit(Option<Arc<Line>>);

impl Line {
    async fn wait(self: &Arc<Self>, asker: Asker<'_>) -> Result<Permit, NoTurn> {
        if asker.outbound.is_closed() {
            return Err(NoTurn::Disconnected);
        }
        let turn = {
            let mut waiting = lock(&self.0);
            if waiting.free > 0 {
                waiting.free -= 1;
                return Ok(Permit(Some(Arc::clone(self))));
            }
            let (sender, turn) = oneshot::channel();
            let place = (asker.origin, asker.account);
            if !waiting.turns.push(place, sender, oneshot::Sender::is_closed) {
                return Err(NoTurn::Overloaded);
            }
            turn
        };
        tokio::select! {
            permit = turn => permit.map_err(|_| NoTurn::Overloaded),
            () = asker.outbound.closed() => Err(NoTurn::Disconnected),
        }
    }

    /// The next one's turn. Whoever has gone meanwhile is left out.
    fn next(self: Arc<Self>) {
        loop {
            let mut waiting = lock(&self.0);
            let Some(next) = waiting.turns.pop() else {
                waiting.free += 1;
                return;
            };
            drop(waiting);
            match next.send(Permit(Some(Arc::clone(&self)))) {
                Ok(()) => return,
                // Taken apart, for dropping it would begin anew.
                Err(mut permit) => drop(permit.0.take()),
            }
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(line) = self.0.take() {
            line.next();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing inside can be left half done by a panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the constants are within Argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The hash alone, computed in `memory`.
fn output(argon2: &Argon2<'_>, password: &str, salt: Salt<'_>, length: usize, memory: &mut Memory) -> Option<Output> {
    let mut bytes = [0; Salt::MAX_LENGTH];
    let salt = salt.decode_b64(&mut bytes).ok()?;
    memory.resize(memory.len().max(argon2.params().block_count()), Block::default());
    Output::init_with(length, |output| {
        let computed = argon2.hash_password_into_with_memory(password.as_bytes(), salt, output, &mut *memory);
        computed.map_err(|_| password_hash::Error::Crypto)
    })
    .ok()
}

fn hash(password: &str, memory: &mut Memory) -> String {
    let salt: [u8; 16] = rand::rng().random();
    let salt = SaltString::encode_b64(&salt).expect("16 bytes are a salt");
    let argon2 = argon2();
    let output = output(&argon2, password, salt.as_salt(), Params::DEFAULT_OUTPUT_LEN, memory);
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(argon2.params()).expect("our own parameters can be written"),
        salt: Some(salt.as_salt()),
        hash: Some(output.expect("any password of a line's length can be hashed")),
    };
    hash.to_string()
}

/// Compared in a time that tells nothing.
fn is_right(password: &str, hash: &str, memory: &mut Memory) -> bool {
    let mut verify = || {
        let hash = PasswordHash::new(hash).ok()?;
        let algorithm = Algorithm::try_from(hash.algorithm).ok()?;
        let version = hash.version.map_or(Ok(Version::default()), Version::try_from).ok()?;
        let argon2 = Argon2::new(algorithm, version, Params::try_from(&hash).ok()?);
        let known = hash.hash?;
        Some(output(&argon2, password, hash.salt?, known.len(), memory)? == known)
    };
    verify() == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asker<'asker>(account: &'asker str, outbound: &'asker Outbound) -> Asker<'asker> {
        Asker::new(None, account, outbound)
    }

    #[tokio::test]
    async fn the_right_password_is_right_and_no_other() {
        let (passwords, outbound) = (Passwords::new(1), Outbound::new(100));
        let ann = asker("ann", &outbound);
        let hash = passwords.hash(ann, "secret".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(
            passwords
                .verify(ann, ("secret".into(), Some(hash.clone())), || Ok(()))
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .verify(ann, ("Secret".into(), Some(hash)), || Ok(()))
                .await
                .unwrap()
        );
    }

    #[tokio::test]
    async fn nobody_has_no_password_and_that_takes_a_whole_hash() {
        let nobodys = PasswordHash::new(NOBODYS).unwrap();
        assert_eq!(Params::try_from(&nobodys).unwrap().m_cost(), MEMORY_KIB);
        assert_eq!(nobodys.hash.unwrap().len(), 32);
        let outbound = Outbound::new(100);
        let passwords = Passwords::new(1);
        let verified = passwords.verify(asker("ann", &outbound), (String::new(), None), || Ok(()));
        assert!(!verified.await.unwrap());
    }

    #[tokio::test]
    async fn nothing_is_computed_for_whoever_has_hung_up() {
        let (passwords, here, gone) = (Passwords::new(1), Outbound::new(100), Outbound::new(100));
        let held = passwords.line.wait(asker("cat", &here)).await.unwrap();
        let mut waits = Box::pin(passwords.hash(asker("ann", &here), "a".into()));
        let mut leaves = Box::pin(passwords.hash(asker("ben", &gone), "a".into()));
        assert!(futures_util::poll!(&mut leaves).is_pending() && futures_util::poll!(&mut waits).is_pending());
        gone.close();
        assert_eq!(leaves.await, Err(NoTurn::Disconnected));
        let at_once = passwords.hash(asker("ben", &gone), "a".into());
        assert_eq!(at_once.await, Err(NoTurn::Disconnected));
        drop(held);
        assert!(waits.await.is_ok());
        assert_eq!(lock(&passwords.line.0).free, 1);
    }

    #[test]
    fn hashes_are_those_of_the_library() {
        use argon2::password_hash::{PasswordHasher, PasswordVerifier};
        let mut memory = Memory::new();
        let salt = SaltString::from_b64("bm9ib2R5J3Mgc2FsdA").unwrap();
        let theirs = argon2().hash_password(b"secret", &salt).unwrap().to_string();
        assert!(is_right("secret", &theirs, &mut memory) && !is_right("Secret", &theirs, &mut memory));
        let ours = hash("secret", &mut memory);
        let parsed = PasswordHash::new(&ours).unwrap();
        assert!(argon2().verify_password(b"secret", &parsed).is_ok());
        assert!(!is_right("secret", "no hash", &mut memory));
    }

    #[tokio::test]
    async fn there_is_never_more_memory_than_hashes_at_once() {
        let (passwords, outbound) = (Passwords::new(2), Outbound::new(100));
        let all = (0..10).map(|number| passwords.hash(asker("ann", &outbound), number.to_string()));
        futures_util::future::join_all(all).await;
        let memories = lock(&passwords.memories);
        let blocks = argon2().params().block_count();
        assert!((1..=2).contains(&memories.len()), "{}", memories.len());
        assert!(memories.iter().all(|memory| memory.len() == blocks));
    }

    #[tokio::test]
    async fn where_too_many_wait_it_is_said_so_until_some_have_had_their_turn() {
        let (passwords, outbound) = (Passwords::new(1), Outbound::new(100));
        let held = passwords.line.wait(asker("cat", &outbound)).await.unwrap();
        let mut waiting = Vec::new();
        let refused = loop {
            let mut one = Box::pin(passwords.line.wait(asker("ann", &outbound)));
            match futures_util::poll!(&mut one) {
                std::task::Poll::Pending => waiting.push(one),
                std::task::Poll::Ready(answer) => break answer.map(drop),
            }
        };
        assert_eq!(refused, Err(NoTurn::Overloaded));
        drop(held);
        let next = waiting.remove(0).await.unwrap();
        let mut again = Box::pin(passwords.line.wait(asker("ann", &outbound)));
        assert!(futures_util::poll!(&mut again).is_pending(), "there is a place again");
        drop(next);
    }
}
