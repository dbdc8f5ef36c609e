//! An account on the emulator: who has another one sees nothing of it.

use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;

use super::by_hand::{self, Refused};
use super::emulator::{Emulator, PROGRAM, shared};

/// Where tests work.
const REGION: &str = "us-east-1";
/// How long the emulator may take to answer.
const ANSWER: Duration = Duration::from_secs(30);
/// The session token of programs that have the credentials of the login server's role: the emulator lets them do what its policy
/// (`deploy/fleet-policy.json`) allows. Without it they are somebody's who may do everything.
pub const LOGIN_SERVER: &str = "login-server";
/// The variable that holds it.
pub const SESSION_TOKEN: &str = "AWS_SESSION_TOKEN";

/// An account that nobody has used before. When the last of its clones goes, no call of a program under test may have been one that AWS
/// would refuse by its models or by the role's policy.
#[derive(Clone, Debug)]
pub struct Account {
    /// Where the emulator is.
    pub url: String,
    /// Its number, twelve digits.
    pub id: String,
    _watch: Option<Arc<Watch>>,
}

/// Asks for violations at its end, while the emulator is still there.
#[derive(Debug)]
struct Watch {
    url: String,
    id: String,
    _emulator: Option<Arc<Emulator>>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        let path = format!("/_tenfold/violations/{}", self.id);
        let found = by_hand::get(&self.url, &path, ANSWER);
        if std::thread::panicking() {
            eprintln!("Calls that AWS would have refused: {found:?}");
            return;
        }
        let found = found.unwrap_or_else(|refused| {
            panic!("the emulator does not say whether AWS would take all calls ({refused}): start it with {PROGRAM}")
        });
        assert!(found.is_empty(), "AWS would not take this:\n{found}");
    }
}

impl Account {
    /// A fresh one on the emulator that all tests share.
    ///
    /// # Panics
    /// Where there is no emulator and none can be started.
    pub fn fresh() -> Self {
        let (url, emulator) = shared();
        let account = Self::at(&url);
        let watch = Watch {
            url,
            id: account.id.clone(),
            _emulator: emulator,
        };
        Self {
            _watch: Some(Arc::new(watch)),
            ..account
        }
    }

    /// A fresh one on the emulator at `url`.
    pub(super) fn at(url: &str) -> Self {
        let number: u64 = rand::rng().random_range(100_000_000_000..1_000_000_000_000);
        Self {
            url: url.to_owned(),
            id: number.to_string(),
            _watch: None,
        }
    }

    /// The region it works in.
    pub fn region(&self) -> &'static str {
        REGION
    }

    /// What a program needs in its environment to use this account and nothing of the surroundings'. `url` is where it finds
    /// AWS: the emulator itself ([`Account::url`]), or something that stands before it. Its credentials are the login server's role's.
    pub fn variables(&self, url: &str) -> Vec<(String, String)> {
        let variables = [
            ("AWS_ENDPOINT_URL", url),
            ("AWS_REGION", REGION),
            // The emulator takes this for the account's number, and does not look at the secret.
            ("AWS_ACCESS_KEY_ID", &self.id),
            ("AWS_SECRET_ACCESS_KEY", "of-a-test"),
            (SESSION_TOKEN, LOGIN_SERVER),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_CONFIG_FILE", "/dev/null"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ];
        variables
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }

    /// Asks CloudWatch by hand: an action with its parameters, as `Dimensions.member.1.Name`. The answer is XML.
    ///
    /// # Errors
    /// [`Refused`], in AWS's words.
    pub fn cloudwatch(&self, action: &str, parameters: &[(&str, &str)]) -> Result<String, Refused> {
        self.ask("monitoring", "2010-08-01", action, parameters, ANSWER)
    }

    /// Asks EC2 by hand: an action with its parameters, as `Filter.1.Name`. The answer is XML.
    ///
    /// # Errors
    /// [`Refused`], in AWS's words.
    pub fn ec2(&self, action: &str, parameters: &[(&str, &str)]) -> Result<String, Refused> {
        self.ask("ec2", "2016-11-15", action, parameters, ANSWER)
    }

    /// Has the emulator load what tests use.
    pub(super) fn load(&self, within: Duration) {
        for (service, version, action) in [
            ("monitoring", "2010-08-01", "DescribeAlarms"),
            ("ec2", "2016-11-15", "DescribeInstances"),
        ] {
            let answered = self.ask(service, version, action, &[], within);
            answered.unwrap_or_else(|refused| panic!("the AWS emulator does not do {action}: {refused}"));
        }
    }

    fn ask(
        &self,
        service: &str,
        version: &str,
        action: &str,
        parameters: &[(&str, &str)],
        within: Duration,
    ) -> Result<String, Refused> {
        let whose = format!("{}/20260101/{REGION}/{service}/aws4_request", self.id);
        let mut form = vec![("Action", action), ("Version", version)];
        form.extend(parameters);
        by_hand::post(&self.url, &whose, &form, within)
    }
}
