//! `refused`: the logins that were refused lately, with their reasons.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use chrono::{SecondsFormat, Utc};
use clap::Args;
use serde_json::json;
use tenfold_core::escape::escaped_json;
use tenfold_log::database::Client;
use tenfold_log::operational::refused_login::{self, RefusedLogins};

use super::failure::{Failure, say};
use super::output::output;
use crate::clock::Clock;
use crate::names::Names;
use crate::resolve;

/// The arguments of `refused`.
#[derive(Debug, Args)]
pub(super) struct Refused {
    /// Only those of this user, by name or id.
    #[arg(long, value_name = "NAME|ID")]
    user: Option<String>,
    /// Those of the last 1h, 30m, 7days.
    #[arg(long, value_name = "DURATION", default_value = "1day", value_parser = tenfold_cli::duration)]
    since: Duration,
    /// Only the newest N.
    #[arg(short = 'n', value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..))]
    newest: i64,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(client: &Client, arguments: &Refused, clock: Clock) -> Result<ExitCode, Failure> {
    let account = match &arguments.user {
        Some(word) => {
            let lives = resolve::accounts(client, word).await?;
            if let Some(several) = resolve::several(word, &lives, clock) {
                say(&several);
            }
            lives.last().map(|life| life.id.0)
        }
        None => None,
    };
    let now = Utc::now();
    let from = now - arguments.since;
    let refused = refused_login::list(client, account, (from, now), arguments.newest).await?;
    let mut names = Names::default();
    names
        .learn_ids(client, refused.iter().filter_map(|one| one.kind.account))
        .await?;
    let mut out = output();
    for one in &refused {
        let line = match arguments.json {
            true => in_json(one, &names),
            false => in_words(one, &names, clock),
        };
        writeln!(out, "{line}")?;
    }
    if refused.is_empty() && !arguments.json {
        writeln!(out, "No login was refused since {}.", clock.shown(from))?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn in_words(one: &RefusedLogins, names: &Names, clock: Clock) -> String {
    let who = one
        .kind
        .account
        .map_or_else(|| "(nobody)".to_owned(), |account| names.show(account));
    let address = one.kind.address.as_deref().unwrap_or("many addresses");
    let times = match one.times {
        1 => String::new(),
        times => format!("  {times} times"),
    };
    format!(
        "{}  {who:<12} {}, from {address}{times}",
        clock.shown(one.at),
        one.kind.reason.words()
    )
}

fn in_json(one: &RefusedLogins, names: &Names) -> String {
    let line = json!({
        "at": one.at.to_rfc3339_opts(SecondsFormat::Millis, true),
        "account": one.kind.account,
        "name": one.kind.account.and_then(|account| names.name(account)),
        "address": one.kind.address,
        "reason": one.kind.reason.words(),
        "times": one.times,
    });
    escaped_json(&line.to_string()).into_owned()
}
