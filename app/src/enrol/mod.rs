//! `tenfold-app enrol`: a machine that was launched elsewhere asks its login server, once, for what it takes to be an
//! application server, and goes on as one. What it gets stays in its memory: in no file, on no command line.

mod exchange;
mod pinned;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::time::Duration;

use clap::Parser;
use tenfold_core::enrolment::{Application, Pin, Settings};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::arguments::ListenAddress;
use exchange::Answer;

const TOKEN_VARIABLE: &str = "TENFOLD_ENROLMENT_TOKEN";
/// How long a login server is looked for: it may just be starting again. The token does not hold for longer.
const PATIENCE: Duration = Duration::from_secs(240);
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// One of Tenfold's application servers, on a machine that a login server has launched. The token of its launch is given by
/// TENFOLD_ENROLMENT_TOKEN in the environment.
#[derive(Clone, Debug, Parser)]
#[command(name = "tenfold-app enrol", version)]
pub struct EnrolArguments {
    /// Where the login server takes enrolments
    #[arg(long, value_name = "HOST:PORT")]
    pub at: ListenAddress,
    /// SHA-256 of the public key of its certificate, in base64
    #[arg(long, value_name = "SHA256")]
    pub pin: Pin,
    /// The id of the request for which this machine was launched
    #[arg(long)]
    pub instance: Uuid,
    /// The address to ask from, on a machine that has several
    #[arg(long, env = "TENFOLD_ENROL_FROM", value_name = "ADDRESS")]
    pub from: Option<IpAddr>,
    /// What to write to standard error: a level, or module=level, separated by commas
    #[arg(long, env = "TENFOLD_LOG", default_value = "warn", value_name = "FILTER")]
    pub log: String,
}

/// The machine has not got what it needs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the sentences say it
pub enum NotEnrolled {
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
///
/// # Errors
/// [`NotEnrolled::NoToken`].
pub fn token() -> Result<String, NotEnrolled> {
    let given = std::env::var(TOKEN_VARIABLE).ok();
    given.filter(|token| !token.is_empty()).ok_or(NotEnrolled::NoToken)
}

/// Asks until there is an answer.
///
/// # Errors
/// [`NotEnrolled`].
pub async fn enrol(asked: &EnrolArguments, token: String) -> Result<Settings, NotEnrolled> {
    let application = Application {
        instance: asked.instance,
        token,
    };
    let deadline = Instant::now() + PATIENCE;
    let mut bound = FIRST_PAUSE;
    loop {
        let why = match exchange::ask(asked, &application).await {
            Answer::Taken(settings) => return Ok(*settings),
            Answer::Refused(why) => return Err(NotEnrolled::Refused(why)),
            Answer::Unintelligible => return Err(NotEnrolled::Unintelligible),
            Answer::NotNow(why) => why,
        };
        tracing::info!(%why, "asking again to be taken in");
        let pause = bound.mul_f64(rand::random_range(0.5..1.0));
        if Instant::now() + pause >= deadline {
            return Err(NotEnrolled::NoAnswer { why });
        }
        sleep(pause).await;
        bound = (2 * bound).min(LONGEST_PAUSE);
    }
}
