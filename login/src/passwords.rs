//! Passwords: hashed with Argon2id, few at a time, so that a storm of logins cannot starve the rest.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::{self, Output, ParamsString, PasswordHash, Salt, SaltString};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use rand::RngExt;
use tokio::sync::Semaphore;

/// What OWASP recommends for Argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// How many may wait to have a password hashed; at 50 a second this is as long as anybody waits.
const QUEUE: usize = 2000;

/// The hash of no password: checking one against it takes as long as against a real one.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What one hash is computed in, kept for the next: given back to the allocator, each thread's would stay with that thread.
type Memory = Vec<Block>;

/// Hashes and verifies, with a bound on how much of the machine that takes.
#[derive(Debug)]
pub struct Passwords {
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
    queue: usize,
    /// As many as are computed at once.
    memories: Arc<Mutex<Vec<Memory>>>,
}

/// Too many passwords wait to be hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Too many people are logging in at once; try again in a moment")]
pub struct Overloaded;

impl Default for Passwords {
    fn default() -> Self {
        // One core stays free for everything else.
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Passwords::new(cores.saturating_sub(1).max(1), QUEUE)
    }
}

impl Passwords {
    /// At most `at_once` hashes are computed and `queue` wait.
    pub fn new(at_once: usize, queue: usize) -> Passwords {
        Passwords {
            permits: Arc::new(Semaphore::new(at_once)),
            waiting: AtomicUsize::new(0),
            queue,
            memories: Arc::default(),
        }
    }

    /// The hash of `password` with a fresh salt, as a PHC string.
    ///
    /// # Errors
    /// [`Overloaded`].
    pub async fn hash(&self, password: String) -> Result<String, Overloaded> {
        self.work(move |memory| hash(&password, memory)).await
    }

    /// Whether `password` is the one that `hash` was made of. Where there is no hash, the answer is no and takes as
    /// long.
    ///
    /// # Errors
    /// [`Overloaded`].
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, Overloaded> {
        self.work(move |memory| {
            let right = is_right(&password, hash.as_deref().unwrap_or(NOBODYS), memory);
            right && hash.is_some()
        })
        .await
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, Overloaded> {
        let in_line = InLine::enter(&self.waiting, self.queue)?;
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|_| Overloaded)?;
        drop(in_line);
        // The permit is held until the work is done, also where nobody waits for it any more.
        let memories = Arc::clone(&self.memories);
        let kept = move || memories.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let memories = Arc::clone(&self.memories);
        let permitted = move || {
            let mut memory = kept().unwrap_or_default();
            let result = work(&mut memory);
            memories.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
            drop(permit);
            result
        };
        match tokio::task::spawn_blocking(permitted).await {
            Ok(result) => Ok(result),
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
}

/// A place in the queue, given up when it is dropped.
struct InLine<'queue>(&'queue AtomicUsize);

impl InLine<'_> {
    fn enter(waiting: &AtomicUsize, limit: usize) -> Result<InLine<'_>, Overloaded> {
        let entered = InLine(waiting);
        let before = waiting.fetch_add(1, Ordering::Relaxed);
        if before >= limit { Err(Overloaded) } else { Ok(entered) }
    }
}

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
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

    #[tokio::test]
    async fn the_right_password_is_right_and_no_other() {
        let passwords = Passwords::new(1, 10);
        let hash = passwords.hash("secret".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify("secret".into(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("Secret".into(), Some(hash)).await.unwrap());
    }

    #[tokio::test]
    async fn nobody_has_no_password_and_that_takes_a_whole_hash() {
        let nobodys = PasswordHash::new(NOBODYS).unwrap();
        assert_eq!(Params::try_from(&nobodys).unwrap().m_cost(), MEMORY_KIB);
        assert_eq!(nobodys.hash.unwrap().len(), 32);
        assert!(!Passwords::new(1, 1).verify(String::new(), None).await.unwrap());
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
        let passwords = Passwords::new(2, 100);
        let all = (0..10).map(|number| passwords.hash(number.to_string()));
        futures_util::future::join_all(all).await;
        let memories = passwords.memories.lock().unwrap();
        let blocks = argon2().params().block_count();
        assert!((1..=2).contains(&memories.len()), "{}", memories.len());
        assert!(memories.iter().all(|memory| memory.len() == blocks));
    }

    #[tokio::test]
    async fn a_full_queue_says_so_and_empties() {
        let passwords = Passwords::new(0, 1);
        let waits = passwords.hash("a".into());
        tokio::pin!(waits);
        assert!(futures_util::poll!(&mut waits).is_pending());
        assert_eq!(passwords.hash("b".into()).await, Err(Overloaded));
        passwords.permits.add_permits(1);
        assert!(waits.await.is_ok());
        assert!(passwords.hash("b".into()).await.is_ok());
    }
}
