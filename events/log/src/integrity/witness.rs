//! The newest checkpoint, kept outside of the database: whoever cuts off the log's end together with its checkpoints does not reach it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use tenfold_core::ids::Position;
use uuid::Uuid;

use super::checkpoint::Checkpoint;
use super::finding::Finding;
use crate::database::{Client, DatabaseError};
use crate::operational::identity;
use tenfold_core::hexadecimal::hexadecimal;

/// How the name of its file under a login server's home begins; what follows is the database's, for a copy of a database is signed, too.
const FILE: &str = "checkpoint-";

/// What a login server remembers of the log that it has signed. As a line: the id of the log's first event, a position, a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    log: Uuid,
    position: Position,
    signature: String,
}

/// The text is no witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it holds no checkpoint: remove it; the next start of a login server makes it anew")]
pub struct WitnessError;

impl Witness {
    /// Where a login server with that home keeps it for the database behind `client`.
    ///
    /// # Errors
    /// The database's.
    pub async fn file(client: &Client, home: &Path) -> Result<PathBuf, DatabaseError> {
        Ok(home.join(format!("{FILE}{}", identity::short(client).await?)))
    }

    /// Of the newest checkpoint of the log behind `client`; none while the log is empty.
    ///
    /// # Errors
    /// The database's.
    pub async fn of(client: &Client, newest: &Checkpoint) -> Result<Option<Witness>, DatabaseError> {
        let witness = |log| Witness {
            log,
            position: newest.position,
            signature: hexadecimal(&newest.signature),
        };
        Ok(first_event(client).await?.map(witness))
    }

    /// What shows that the log behind `client` is an older copy of the one that was signed, or has lost its end; nothing where it is another log.
    ///
    /// # Errors
    /// The database's.
    pub async fn contradicts(&self, client: &Client) -> Result<Option<Finding>, DatabaseError> {
        if first_event(client).await? != Some(self.log) {
            return Ok(None);
        }
        let select = "select exists (select from log_checkpoint where position = $1 and encode(signature, 'hex') = $2)";
        let known = client.query_one(select, &[&self.position.0, &self.signature]).await?;
        if known.get(0) {
            return Ok(None);
        }
        Ok(Some(Finding {
            position: self.position,
            what: "a login server has signed the log up to there, and this one does not know of it: its end is missing together with its \
                   checkpoints, or it is an older copy"
                .into(),
            may_make_rows: true,
        }))
    }
}

async fn first_event(client: &Client) -> Result<Option<Uuid>, DatabaseError> {
    let row = client
        .query_opt("select id from event order by position limit 1", &[])
        .await?;
    Ok(row.map(|row| row.get(0)))
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.log, self.position, self.signature)
    }
}

impl FromStr for Witness {
    type Err = WitnessError;

    fn from_str(line: &str) -> Result<Witness, WitnessError> {
        let mut words = line.split_whitespace();
        let mut word = || words.next().ok_or(WitnessError);
        Ok(Witness {
            log: word()?.parse().map_err(|_| WitnessError)?,
            position: Position(word()?.parse().map_err(|_| WitnessError)?),
            signature: word()?.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_witness_is_read_as_it_was_written() {
        let witness = Witness {
            log: Uuid::from_u128(7),
            position: Position(42),
            signature: "0a0b".into(),
        };
        assert_eq!(format!("{witness}\n").parse(), Ok(witness));
        assert_eq!("nothing of it".parse::<Witness>(), Err(WitnessError));
    }
}
