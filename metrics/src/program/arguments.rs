//! The command line.

use std::num::NonZeroU16;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::generate::target::{Target, is_account};
use crate::sample::Owner;

/// The CloudWatch dashboard of the fleet and its alarms, as they are in dashboards/.
#[derive(Debug, Parser)]
#[command(name = "tenfold-metrics", bin_name = "bin/dashboard", version)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) target: TargetArguments,
    #[command(subcommand)]
    pub(super) task: Task,
}

/// Which fleet's, and where.
#[derive(Debug, Args)]
pub(super) struct TargetArguments {
    /// The AWS region [default: what AWS's own configuration says; us-east-1 for check and render]
    #[arg(long, env = "AWS_REGION", value_parser = region, global = true)]
    pub(super) region: Option<String>,
    /// The AWS account, twelve digits [default: that of the credentials; 123456789012 for check and render]
    #[arg(long, env = "TENFOLD_AWS_ACCOUNT", value_parser = account, global = true)]
    pub(super) account: Option<String>,
    /// The fleet's name
    #[arg(long, env = "TENFOLD_FLEET_NAME", default_value = "tenfold", value_parser = name, global = true)]
    fleet: String,
    /// Where it runs
    #[arg(long, env = "TENFOLD_ENVIRONMENT", default_value = "production", value_parser = name, global = true)]
    environment: String,
    /// How many users one application server serves
    #[arg(long, env = "TENFOLD_SEATS", default_value = "10", global = true)]
    seats: NonZeroU16,
    /// The SNS topic that alarms tell, as arn:aws:sns:REGION:ACCOUNT:TOPIC [default: they tell nobody]
    #[arg(long, env = "TENFOLD_ALARM_TOPIC", value_name = "ARN", value_parser = topic, global = true)]
    topic: Option<String>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Task {
    /// Check that the dashboard shows everything that Tenfold publishes and nothing else, and that the files in dashboards/ are what
    /// generate writes; exit status 1 where something is wrong. Whether CloudWatch takes a file, put says.
    Check {
        /// A dashboard's body or a file of alarms, instead of those of this program
        file: Option<PathBuf>,
    },
    /// Write fleet.json and alarms.json anew from the catalogue of metrics.
    Generate {
        /// The folder to write them into
        #[arg(default_value = "dashboards")]
        folder: PathBuf,
    },
    /// Print the dashboard's body, or the alarms, of one fleet.
    Render {
        /// Which
        #[arg(default_value = "fleet")]
        what: What,
    },
    /// Publish the dashboard and the alarms, where they are not published yet or otherwise; says what it did.
    Put,
    /// Print the dashboard's body as it is published; exit status 1 where it or an alarm differs from what put would publish.
    Get,
}

/// One of the files of dashboards/.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum What {
    /// The dashboard's body.
    Fleet,
    /// The alarms.
    Alarms,
}

impl TargetArguments {
    /// With examples for what was not said.
    pub(super) fn target(&self) -> Target {
        Target {
            region: self.region.clone().unwrap_or("us-east-1".into()),
            account: self.account.clone().unwrap_or("123456789012".into()),
            owner: Owner {
                fleet: self.fleet.clone(),
                environment: self.environment.clone(),
            },
            seats: self.seats.to_string(),
            topic: self.topic.clone(),
        }
    }
}

fn checked(text: &str, is_right: bool, mend: &str) -> Result<String, String> {
    if is_right {
        Ok(text.to_owned())
    } else {
        Err(mend.to_owned())
    }
}

fn region(text: &str) -> Result<String, String> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_region =
        text.contains('-') && text.ends_with(|last: char| last.is_ascii_digit()) && text.bytes().all(is_plain);
    checked(text, is_region, "a region is written as eu-central-1")
}

fn account(text: &str) -> Result<String, String> {
    checked(text, is_account(text), "an account is written as twelve digits")
}

fn topic(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.split(':').collect();
    let is_topic =
        matches!(parts.as_slice(), ["arn", _, "sns", _, account, name] if is_account(account) && !name.is_empty());
    checked(text, is_topic, "a topic is written as arn:aws:sns:REGION:ACCOUNT:TOPIC")
}

/// Short enough, and plain enough, for the names of alarms and dashboards.
fn name(text: &str) -> Result<String, String> {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    let is_name = !text.is_empty() && text.len() <= 64 && text.chars().all(is_plain);
    checked(text, is_name, "a name is 1 to 64 letters, digits, - and _")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn nothing_strange_gets_into_a_name() {
        assert!(name("blue-2_x").is_ok());
        for wrong in ["", "a b", "a/b", "{{fleet}}", "ü"] {
            assert!(name(wrong).is_err(), "{wrong}");
        }
        assert!(topic("arn:aws:sns:eu-central-1:123456789012:pager").is_ok());
        assert!(topic("arn:aws:sqs:eu-central-1:123456789012:queue").is_err());
    }
}
