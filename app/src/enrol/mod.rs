//! `tenfold-app enrol`: a machine that was launched elsewhere asks its login server, once, for what it takes to be an
//! application server, and goes on as one. What it gets stays in its memory: in no file, on no command line.

mod arguments;
mod exchange;
pub(crate) mod notices;
mod pinned;
#[cfg(test)]
mod tests;

use std::time::Duration;

use tenfold_core::backoff::Backoff;
use tenfold_core::enrolment::{Application, Settings};
use tokio::time::{Instant, sleep};

pub use arguments::EnrolArguments;
use exchange::Answer;

const TOKEN_VARIABLE: &str = "TENFOLD_ENROLMENT_TOKEN";
/// How long a login server is looked for: it may just be starting again. The token does not hold for longer.
const PATIENCE: Duration = Duration::from_secs(240);
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The machine has not got what it needs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the sentences say it
pub enum EnrolmentError {
    #[error(
        "no token is given: TENFOLD_ENROLMENT_TOKEN holds it, as the login server has put it into this machine's user data"
    )]
    NoToken,
    #[error("the login server refuses this machine: {0}")]
    Refused(String),
    #[error("the login server said what this program does not understand: both must be of one release")]
    Unintelligible,
    #[error("no login server took this machine in within {} s: {why}", PATIENCE.as_secs())]
    NoAnswer { why: String },
}

/// The token of this machine's launch.
pub fn token() -> Result<String, EnrolmentError> {
    let given = std::env::var(TOKEN_VARIABLE).ok();
    given.filter(|token| !token.is_empty()).ok_or(EnrolmentError::NoToken)
}

/// Asks until there is an answer.
pub async fn enrol(asked: &EnrolArguments, token: String) -> Result<Settings, EnrolmentError> {
    let application = Application {
        instance: asked.instance,
        token,
    };
    let deadline = Instant::now() + PATIENCE;
    let mut backoff = Backoff::between(FIRST_PAUSE, LONGEST_PAUSE);
    loop {
        let why = match exchange::ask(asked, &application).await {
            Answer::Taken(settings) => return Ok(*settings),
            Answer::Refused(why) => return Err(EnrolmentError::Refused(why)),
            Answer::Unintelligible => return Err(EnrolmentError::Unintelligible),
            Answer::NotNow(why) => why,
        };
        tracing::info!(%why, "asking again to be taken in");
        let pause = backoff.pause(rand::random());
        if Instant::now() + pause >= deadline {
            return Err(EnrolmentError::NoAnswer { why });
        }
        sleep(pause).await;
    }
}
