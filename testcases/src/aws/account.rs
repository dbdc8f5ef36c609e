//! An account on the emulator: who has another one sees nothing of it.

use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;

use super::by_hand::{self, Refused};
use super::emulator::{Emulator, shared};

/// Where tests work.
const REGION: &str = "us-east-1";
/// How long the emulator may take to answer.
const ANSWER: Duration = Duration::from_secs(30);

/// An account that nobody has used before.
#[derive(Clone, Debug)]
pub struct Account {
    /// Where the emulator is.
    pub url: String,
    /// Its number, twelve digits.
    pub id: String,
    _emulator: Option<Arc<Emulator>>,
}

impl Account {
    /// A fresh one on the emulator that all tests share.
    ///
    /// # Panics
    /// Where there is no emulator and none can be started.
    pub fn fresh() -> Self {
        let (url, emulator) = shared();
        Self {
            _emulator: emulator,
            ..Self::at(&url)
        }
    }

    /// A fresh one on the emulator at `url`.
    pub(super) fn at(url: &str) -> Self {
        let number: u64 = rand::rng().random_range(100_000_000_000..1_000_000_000_000);
        Self {
            url: url.to_owned(),
            id: number.to_string(),
            _emulator: None,
        }
    }

    /// The region it works in.
    pub fn region(&self) -> &'static str {
        REGION
    }

    /// What a program needs in its environment to use this account and nothing of the surroundings'. `url` is where it finds
    /// AWS: the emulator itself ([`Account::url`]), or something that stands before it.
    pub fn variables(&self, url: &str) -> Vec<(String, String)> {
        let variables = [
            ("AWS_ENDPOINT_URL", url),
            ("AWS_REGION", REGION),
            // The emulator takes this for the account's number, and does not look at the secret.
            ("AWS_ACCESS_KEY_ID", &self.id),
            ("AWS_SECRET_ACCESS_KEY", "of-a-test"),
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
