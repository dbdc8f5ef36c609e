//! `put` and `get`: the dashboard and its alarms at CloudWatch.

use aws_sdk_cloudwatch::Client;
use serde::Deserialize;
use serde_json::Value;

use super::difference;
use crate::cloudwatch::alarms::{self, Alarm, LiveAlarm};
use crate::cloudwatch::{NoConnection, Trouble, connect, dashboard};
use crate::shipped;
use crate::template::Place;

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotDone {
    #[error(transparent)]
    NoConnection(#[from] NoConnection),
    #[error(transparent)]
    Trouble(#[from] Trouble),
    #[error("{0}")]
    Template(String),
    #[error(
        "these credentials are of the account {found}, and --account or TENFOLD_AWS_ACCOUNT names {wanted}: leave it out, or use others"
    )]
    OtherAccount { found: String, wanted: String },
    #[error(
        "there is no dashboard {0} in this account: see --fleet and --environment, or publish it with `bin/dashboard put`"
    )]
    NoDashboard(String),
}

/// What was found at CloudWatch.
pub(super) struct Found {
    /// The dashboard's body.
    pub(super) body: Value,
    /// Where it or an alarm is not as this program would put it.
    pub(super) differences: Vec<String>,
}

/// Who is asked, and what for.
struct Desk {
    client: Client,
    place: Place,
    /// The account that was named.
    account: Option<String>,
}

/// Publishes what is not published yet, and says what was done, a line each.
pub(super) async fn put(place: Place, region: Option<String>, account: Option<String>) -> Result<Vec<String>, NotDone> {
    let mut desk = Desk::open(place, region, account).await?;
    let mut said = Vec::new();
    let before = desk.live_alarms().await?;
    for alarm in desk.alarms()? {
        let name = alarm.alarm_name.clone();
        let done = match before.iter().find(|live| live.alarm.alarm_name == name) {
            Some(live) if live.alarm == alarm => "as it was",
            Some(_) => "changed",
            None => "made",
        };
        if done != "as it was" {
            alarms::put(&desk.client, &alarm).await?;
        }
        said.push(format!("alarm {name}: {done}"));
    }
    said.extend(desk.put_dashboard().await?);
    said.extend(desk.left_over(&before)?);
    Ok(said)
}

/// What is published now.
pub(super) async fn get(place: Place, region: Option<String>, account: Option<String>) -> Result<Found, NotDone> {
    let mut desk = Desk::open(place, region, account).await?;
    let live = desk.live_alarms().await?;
    let name = desk.place.dashboard_name();
    let Some(body) = dashboard::live(&desk.client, &name).await? else {
        return Err(NotDone::NoDashboard(name));
    };
    let mut differences: Vec<String> = difference::first(&desk.dashboard()?, &body)
        .map(|path| format!("the dashboard is not what this program would put: see {path}"))
        .into_iter()
        .collect();
    for alarm in desk.alarms()? {
        let name = &alarm.alarm_name;
        match live.iter().find(|live| live.alarm.alarm_name == *name) {
            Some(live) if live.alarm == alarm => {}
            Some(_) => differences.push(format!("the alarm {name} is not what this program would put")),
            None => differences.push(format!("the alarm {name} is not there")),
        }
    }
    Ok(Found { body, differences })
}

impl Desk {
    async fn open(mut place: Place, region: Option<String>, account: Option<String>) -> Result<Desk, NotDone> {
        let client = connect(region).await?;
        if let Some(region) = client.config().region() {
            region.as_ref().clone_into(&mut place.region);
        }
        Ok(Desk { client, place, account })
    }

    /// The fleet's alarms, whose ARNs also say which account this is.
    async fn live_alarms(&mut self) -> Result<Vec<LiveAlarm>, NotDone> {
        let prefix = format!("{}-", self.place.dashboard_name());
        let live = alarms::live(&self.client, &prefix).await?;
        let Some(found) = live.iter().find_map(LiveAlarm::account) else {
            return Ok(live);
        };
        if let Some(wanted) = self.account.clone().filter(|wanted| wanted != found) {
            let found = found.to_owned();
            return Err(NotDone::OtherAccount { found, wanted });
        }
        found.clone_into(&mut self.place.account);
        Ok(live)
    }

    fn alarms(&self) -> Result<Vec<Alarm>, NotDone> {
        let filled = self.filled(&shipped::alarms())?;
        Deserialize::deserialize(&filled["alarms"]).map_err(|error| NotDone::Template(error.to_string()))
    }

    fn dashboard(&self) -> Result<Value, NotDone> {
        self.filled(&shipped::fleet())
    }

    fn filled(&self, template: &Value) -> Result<Value, NotDone> {
        let filled = self.place.fill(template);
        filled.map_err(|unknown| NotDone::Template(unknown.to_string()))
    }

    async fn put_dashboard(&mut self) -> Result<Vec<String>, NotDone> {
        // They are there now, and say in which account.
        self.live_alarms().await?;
        let name = self.place.dashboard_name();
        let (before, body) = (dashboard::live(&self.client, &name).await?, self.dashboard()?);
        let done = match before {
            Some(before) if difference::first(&body, &before).is_none() => {
                return Ok(vec![format!("dashboard {name}: as it was")]);
            }
            Some(_) => "changed",
            None => "made",
        };
        let messages = dashboard::put(&self.client, &name, &body).await?;
        let mut said = vec![format!("dashboard {name}: {done}")];
        said.extend(
            messages
                .iter()
                .map(|message| format!("CloudWatch says of it: {}", message.escape_debug())),
        );
        Ok(said)
    }

    /// An alarm of ours that is not in the file any more may be somebody's own; it costs ten cents a month.
    fn left_over(&self, before: &[LiveAlarm]) -> Result<Vec<String>, NotDone> {
        let ours = self.alarms()?;
        let is_none_of_ours = |live: &&LiveAlarm| !ours.iter().any(|alarm| alarm.alarm_name == live.alarm.alarm_name);
        let names = before.iter().filter(is_none_of_ours).map(|live| &live.alarm.alarm_name);
        Ok(names
            .map(|name| format!("alarm {name}: none of this program's, and left alone; `aws cloudwatch delete-alarms --alarm-names {name}` deletes it"))
            .collect())
    }
}
