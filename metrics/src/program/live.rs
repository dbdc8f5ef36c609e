//! `put` and `get`: the dashboard and the alarms in CloudWatch.

use aws_sdk_cloudwatch::Client;
use serde_json::Value;

use super::difference::first_difference;
use crate::cloudwatch::alarms::{self, LiveAlarm};
use crate::cloudwatch::{CloudWatchError, NoRegion, connect, dashboard};
use crate::generate;
use crate::generate::target::{Target, is_account};

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotDone {
    #[error(transparent)]
    NoRegion(#[from] NoRegion),
    #[error(transparent)]
    CloudWatch(#[from] CloudWatchError),
    #[error(
        "these credentials are of the account {found}, and --account or TENFOLD_AWS_ACCOUNT names {wanted}: leave it out, or use others"
    )]
    OtherAccount { found: String, wanted: String },
    #[error(
        "there is no dashboard {0} in this account: see --fleet and --environment, or publish it with `bin/dashboard put`"
    )]
    NoDashboard(String),
}

/// What was found in CloudWatch.
pub(super) struct Found {
    /// The dashboard's body.
    pub(super) body: Value,
    /// Where it or an alarm is not as this program would put it.
    pub(super) differences: Vec<String>,
}

struct Context {
    client: Client,
    target: Target,
    /// The account that was named.
    account: Option<String>,
}

/// Puts what is not there yet or otherwise, and says what was done, a line each.
pub(super) async fn put(
    target: Target,
    region: Option<String>,
    account: Option<String>,
) -> Result<Vec<String>, NotDone> {
    let mut context = Context::open(target, region, account).await?;
    let mut said = Vec::new();
    let before = context.live_alarms().await?;
    for alarm in context.alarms() {
        let done = match before.iter().find(|live| name(&live.alarm) == name(&alarm)) {
            Some(live) if first_difference(&alarm, &live.alarm).is_none() => "as it was",
            Some(_) => "changed",
            None => "made",
        };
        if done != "as it was" {
            alarms::put(&context.client, &alarm).await?;
        }
        said.push(format!("alarm {}: {done}", name(&alarm)));
    }
    said.extend(context.put_dashboard().await?);
    said.extend(context.left_over(&before));
    Ok(said)
}

/// What is there now.
pub(super) async fn get(target: Target, region: Option<String>, account: Option<String>) -> Result<Found, NotDone> {
    let mut context = Context::open(target, region, account).await?;
    let live = context.live_alarms().await?;
    let dashboard = context.target.dashboard_name();
    let Some(body) = dashboard::live(&context.client, &dashboard).await? else {
        return Err(NotDone::NoDashboard(dashboard));
    };
    let mut differences: Vec<String> = first_difference(&context.dashboard(), &body)
        .map(|path| format!("the dashboard is not what this program would put: see {path}"))
        .into_iter()
        .collect();
    for alarm in context.alarms() {
        let name = name(&alarm);
        match live.iter().find(|live| self::name(&live.alarm) == name) {
            Some(live) => differences.extend(
                first_difference(&alarm, &live.alarm)
                    .map(|path| format!("the alarm {name} is not what this program would put: see {path}")),
            ),
            None => differences.push(format!("the alarm {name} is not there")),
        }
    }
    Ok(Found { body, differences })
}

impl Context {
    async fn open(mut target: Target, region: Option<String>, account: Option<String>) -> Result<Context, NotDone> {
        let client = connect(region).await?;
        if let Some(region) = client.config().region() {
            region.as_ref().clone_into(&mut target.region);
        }
        Ok(Context {
            client,
            target,
            account,
        })
    }

    /// The fleet's alarms, whose ARNs also say which account this is.
    async fn live_alarms(&mut self) -> Result<Vec<LiveAlarm>, NotDone> {
        let live = alarms::live(&self.client, &self.target.alarm_name("")).await?;
        let account = |live: &LiveAlarm| live.arn.split(':').nth(4).map(str::to_owned);
        let Some(found) = live.iter().find_map(account).filter(|found| is_account(found)) else {
            return Ok(live);
        };
        if let Some(wanted) = self.account.clone().filter(|wanted| *wanted != found) {
            return Err(NotDone::OtherAccount { found, wanted });
        }
        self.target.account = found;
        Ok(live)
    }

    fn alarms(&self) -> Vec<Value> {
        let alarms = generate::alarms::alarms(&self.target);
        alarms["alarms"].as_array().cloned().unwrap_or_default()
    }

    fn dashboard(&self) -> Value {
        generate::dashboard::dashboard(&self.target)
    }

    async fn put_dashboard(&mut self) -> Result<Vec<String>, NotDone> {
        // The alarms are there now, and say in which account.
        self.live_alarms().await?;
        let name = self.target.dashboard_name();
        let (before, body) = (dashboard::live(&self.client, &name).await?, self.dashboard());
        let done = match before {
            Some(before) if first_difference(&body, &before).is_none() => {
                return Ok(vec![format!("dashboard {name}: as it was")]);
            }
            Some(_) => "changed",
            None => "made",
        };
        let messages = dashboard::put(&self.client, &name, &body).await?;
        let mut said = vec![format!("dashboard {name}: {done}")];
        let messages = messages.iter();
        said.extend(messages.map(|message| format!("CloudWatch says of it: {}", message.escape_debug())));
        Ok(said)
    }

    /// An alarm with our prefix that is not in the catalogue may be somebody's own; it costs ten cents a month.
    fn left_over(&self, before: &[LiveAlarm]) -> Vec<String> {
        let ours = self.alarms();
        let names = before.iter().map(|live| name(&live.alarm));
        let names = names.filter(|live| !ours.iter().any(|alarm| name(alarm) == *live));
        let left = |name| {
            format!(
                "alarm {name}: none of this program's, and left alone; `aws cloudwatch delete-alarms --alarm-names {name}` deletes it"
            )
        };
        names.map(left).collect()
    }
}

fn name(alarm: &Value) -> &str {
    alarm["AlarmName"].as_str().unwrap_or_default()
}
