//! What one person may have of this server, and what they have had of it. It is remembered here alone: who moves begins anew elsewhere.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tenfold_core::command::{Actor, Changing, Post, Send, SendGroup};
use tenfold_core::ids::AccountId;
use tenfold_core::quota::Quotas;
use tenfold_log::read::{GroupCounts, ReadError, Reader};
use tenfold_service::buckets::{Allowance, Buckets};
use tenfold_service::overrun::Overruns;

/// The limits, and the counts.
#[derive(Debug)]
pub struct QuotaCounts {
    /// As the operator set them.
    pub limits: Quotas,
    /// What was refused.
    pub overruns: Arc<Overruns>,
    messages: Mutex<Buckets<AccountId>>,
    bytes: Mutex<Buckets<AccountId>>,
    /// Groups are counted before one is made or joined: of those who share a lock, one at a time.
    turns: [tokio::sync::Mutex<()>; TURNS],
}

/// What a command was counted as: the bytes that were written, where it writes.
#[derive(Debug, Default)]
pub struct Charge(Option<usize>);

/// Enough that ten people seldom share one.
const TURNS: usize = 16;

impl QuotaCounts {
    /// Nobody has had anything.
    pub fn new(limits: Quotas) -> QuotaCounts {
        let within = |burst: f64, seconds: f64| {
            Mutex::new(Buckets::new(Allowance {
                burst,
                per_second: burst / seconds,
            }))
        };
        QuotaCounts {
            messages: within(limits.messages_per_minute.into(), 60.0),
            bytes: within(limits.bytes_per_hour as f64, 3600.0),
            overruns: Arc::default(),
            turns: Default::default(),
            limits,
        }
    }

    /// To be held from [`charge`](Self::charge) until the command is carried out, so that two at once are not both within the limit.
    pub async fn turn(&self, actor: &Actor, command: &Changing) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        let is_counted = matches!(command, Changing::CreateGroup(_) | Changing::JoinGroup(_));
        let which = usize::from(actor.account.0.as_bytes()[15]) % TURNS;
        match is_counted {
            true => Some(self.turns[which].lock().await),
            false => None,
        }
    }

    /// Counts the command, or says in a sentence why it is too much.
    ///
    /// # Errors
    /// Where the database does not say in how many groups somebody is.
    pub async fn charge(
        &self,
        actor: &Actor,
        command: &Changing,
        reader: &Reader,
    ) -> Result<Result<Charge, String>, ReadError> {
        let charged = match command {
            Changing::Post(Post { text })
            | Changing::Send(Send { text, .. })
            | Changing::SendGroup(SendGroup { text, .. }) => self.written(actor, text),
            Changing::CreateGroup(_) | Changing::JoinGroup(_) => {
                let is_new = matches!(command, Changing::CreateGroup(_));
                match self.too_many_groups(is_new, reader.group_counts(actor).await?) {
                    Some(refusal) => Err(("groups", refusal)),
                    None => Ok(Charge::default()),
                }
            }
            _ => Ok(Charge::default()),
        };
        Ok(charged.map_err(|(quota, refusal)| {
            self.overruns.count(quota, &actor.account);
            refusal
        }))
    }

    /// Nothing came of the command: it is not counted.
    pub fn give_back(&self, actor: &Actor, charge: Charge) {
        if let Charge(Some(bytes)) = charge {
            lock(&self.messages).take_back(&actor.account, 1.0);
            lock(&self.bytes).take_back(&actor.account, bytes as f64);
        }
    }

    fn written(&self, actor: &Actor, text: &str) -> Result<Charge, (&'static str, String)> {
        let (most, length) = (self.limits.text, text.len());
        if length > most {
            let long = format!("A text has at most {most} bytes, and this one has {length}; write a shorter one");
            return Err(("text", long));
        }
        let now = Instant::now();
        let (mut messages, mut bytes) = (lock(&self.messages), lock(&self.bytes));
        if let Some(wait) = messages.wait(&actor.account, 1.0, now) {
            return Err(("messages", later("You have written too many posts and messages", wait)));
        }
        if let Some(wait) = bytes.wait(&actor.account, length as f64, now) {
            return Err(("bytes", later("You have written too much", wait)));
        }
        messages.add(actor.account, 1.0, now);
        bytes.add(actor.account, length as f64, now);
        Ok(Charge(Some(length)))
    }

    fn too_many_groups(&self, is_new: bool, counts: GroupCounts) -> Option<String> {
        let Quotas {
            groups_created,
            groups_joined,
            ..
        } = self.limits;
        if is_new && counts.created >= i64::from(groups_created) {
            return Some(format!("You have made {groups_created} groups, which is the most"));
        }
        (counts.joined >= i64::from(groups_joined))
            .then(|| format!("You are in {groups_joined} groups, which is the most; leave one first"))
    }
}

fn lock(buckets: &Mutex<Buckets<AccountId>>) -> MutexGuard<'_, Buckets<AccountId>> {
    // Nothing inside can be left half done by a panic.
    buckets.lock().unwrap_or_else(PoisonError::into_inner)
}

fn later(what: &str, wait: Duration) -> String {
    match wait.as_secs_f64().ceil().max(1.0) as u64 {
        1 => format!("{what}; try again in a second"),
        seconds => format!("{what}; try again in {seconds} seconds"),
    }
}

#[cfg(test)]
mod tests {
    use tenfold_core::ids::SessionId;
    use uuid::Uuid;

    use super::*;

    fn actor() -> Actor {
        Actor {
            session: SessionId(Uuid::from_u128(1)),
            account: AccountId(Uuid::from_u128(2)),
            name: "ann".into(),
        }
    }

    fn said(counts: &QuotaCounts, text: &str) -> Option<String> {
        counts.written(&actor(), text).err().map(|(_, refusal)| refusal)
    }

    #[test]
    fn what_is_too_long_too_often_or_too_much_is_told_with_when_to_try_again() {
        let counts = QuotaCounts::new(Quotas {
            text: 10,
            messages_per_minute: 2,
            bytes_per_hour: 15,
            ..Quotas::default()
        });
        let long = said(&counts, "eleven bytes").unwrap();
        assert_eq!(
            long,
            "A text has at most 10 bytes, and this one has 12; write a shorter one"
        );
        assert_eq!(said(&counts, "ten bytes."), None);
        assert!(
            said(&counts, "ten bytes.")
                .unwrap()
                .starts_with("You have written too much; try again in ")
        );
        assert_eq!(said(&counts, "four"), None);
        let often = said(&counts, "x").unwrap();
        assert_eq!(
            often,
            "You have written too many posts and messages; try again in 30 seconds"
        );
    }

    #[test]
    fn groups_are_counted() {
        let counts = QuotaCounts::new(Quotas {
            groups_created: 2,
            groups_joined: 3,
            ..Quotas::default()
        });
        let of = |created, joined| GroupCounts { created, joined };
        assert_eq!(counts.too_many_groups(true, of(1, 2)), None);
        assert_eq!(
            counts.too_many_groups(true, of(2, 2)).unwrap(),
            "You have made 2 groups, which is the most"
        );
        assert_eq!(counts.too_many_groups(false, of(2, 2)), None);
        assert!(
            counts
                .too_many_groups(false, of(0, 3))
                .unwrap()
                .contains("leave one first")
        );
    }
}
