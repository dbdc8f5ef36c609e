//! The whole log, read once, and what does not fit.

use std::collections::HashMap;

use futures_util::TryStreamExt;
use tenfold_core::event::may_make_rows;
use tokio::time::Instant;
use uuid::Uuid;

use super::checkpoint::Checkpoint;
use super::compare::Comparison;
use super::finding::Finding;
use super::mac::{LogKey, TAG, Tag, placed};
use super::pace::Pace;
use super::rows::{self, StoredEvent};
use crate::database::{Client, DatabaseError};
use crate::operational::setting;
use crate::span::{Span, head};

/// How many findings are kept.
const MOST: usize = 100;
/// After so many events others get their turn.
const TURN: u64 = 1024;
/// A clock that is set back by less is no forgery; in microseconds. With a MAC, time is as its server wrote it anyway.
const CLOCK_MAY_STEP: i64 = 5_000_000;

/// [`scan`] in a transaction of its own.
///
/// # Errors
/// The database's; the connection is good for nothing more then.
pub async fn scan_in_snapshot(client: &Client, pace: Pace) -> Result<Vec<Finding>, DatabaseError> {
    client
        .batch_execute("begin isolation level repeatable read read only")
        .await?;
    let findings = scan(client, pace).await?;
    client.batch_execute("commit").await?;
    Ok(findings)
}

/// What shows that events are missing, altered or forged, in order; at most a hundred. Reads the whole log, so it is to be called in a transaction
/// that keeps one snapshot. Without the master key MACs and signatures are not looked at. A fork was edited on purpose: nothing is asked of it.
///
/// # Errors
/// The database's.
pub async fn scan(client: &Client, pace: Pace) -> Result<Vec<Finding>, DatabaseError> {
    if setting::get(client, setting::SANDBOX).await?.is_some() {
        return Ok(Vec::new());
    }
    let select = include_str!("../../sql/integrity/checkpoints.sql");
    let checkpoints = client.query(select, &[]).await?;
    let mut scan = Scan {
        key: LogKey::of(client),
        drawn: head(client).await?.0,
        checkpoints: Comparison::new(checkpoints.iter().map(Checkpoint::read).collect()),
        streams: HashMap::new(),
        is_sealed: false,
        findings: Vec::new(),
    };
    let mut rows = std::pin::pin!(rows::read(client, Span::ALL).await?);
    let (mut read, mut begun) = (0u64, Instant::now());
    while let Some(row) = rows.try_next().await? {
        scan.take(&StoredEvent::read(&row)?);
        read += 1;
        if read.is_multiple_of(TURN) {
            pace.rest(begun).await;
            begun = Instant::now();
        }
    }
    Ok(scan.end())
}

/// The last event of a stream.
#[derive(Clone, Copy, Default)]
struct Last {
    version: i64,
    at: i64,
    tag: Option<Tag>,
}

struct Scan {
    key: Option<LogKey>,
    /// The last position that the sequence has given.
    drawn: i64,
    checkpoints: Comparison,
    streams: HashMap<Uuid, Last>,
    /// Whether a sealed event has been seen: nobody writes in plain text any more.
    is_sealed: bool,
    findings: Vec<Finding>,
}

impl Scan {
    fn take(&mut self, event: &StoredEvent<'_>) {
        self.compare(event);
        let before = self.streams.get(&event.columns.stream).copied().unwrap_or_default();
        let what = self.fault(event, before);
        if let Some((what, may_make_rows)) = what {
            self.find(Finding {
                position: event.place(),
                what,
                may_make_rows,
            });
        }
        self.is_sealed |= event.columns.sealed.is_some();
        let tag = event.mac.and_then(|mac| mac.get(..TAG)?.try_into().ok());
        let last = Last {
            version: event.columns.version,
            at: event.at,
            tag,
        };
        self.streams.insert(event.columns.stream, last);
    }

    fn compare(&mut self, event: &StoredEvent<'_>) {
        let Some(key) = &self.key else { return };
        let found = self.checkpoints.up_to(key, event.position);
        if !self.checkpoints.is_over() {
            self.checkpoints.add(event.position, &event.digested(key));
        }
        found.into_iter().for_each(|finding| self.find(finding));
    }

    fn find(&mut self, finding: Finding) {
        if self.findings.len() < MOST {
            self.findings.push(finding);
        }
    }

    /// What is wrong with an event, and whether rows may be wrong because of it.
    fn fault(&self, event: &StoredEvent<'_>, before: Last) -> Option<(String, bool)> {
        let (version, stream) = (event.columns.version, event.columns.stream);
        if event.position > self.drawn {
            return Some((
                "it was forged: the sequence has not given its position yet".into(),
                true,
            ));
        }
        if version <= before.version {
            let what = format!(
                "it is out of order, or its version was altered: version {version} of its stream {stream} follows version {}",
                before.version
            );
            return Some((what, true));
        }
        if version != before.version + 1 {
            let what = format!(
                "events of its stream {stream} are missing before it, or its version was altered: version {version} follows version {}",
                before.version
            );
            return Some((what, true));
        }
        match (event.mac, &self.key) {
            (Some(mac), Some(key)) => wrong_mac(event, before, key, mac).map(|what| {
                let what = impossible(event, before, self.is_sealed).unwrap_or_else(|| what.to_owned());
                (what, may_make_rows(event.columns.kind))
            }),
            (None, _)
                if self.key.is_some()
                    && self
                        .checkpoints
                        .macs_after()
                        .is_some_and(|after| event.position > after) =>
            {
                let what = impossible(event, before, self.is_sealed)
                    .unwrap_or_else(|| "it was forged, or its MAC was removed: every server makes one".into());
                Some((what, true))
            }
            _ => impossible(event, before, self.is_sealed).map(|what| (what, true)),
        }
    }

    /// What is left when the log has been read.
    fn end(mut self) -> Vec<Finding> {
        if let Some(key) = &self.key {
            let found = self.checkpoints.up_to(key, i64::MAX);
            found.into_iter().for_each(|finding| self.find(finding));
        }
        self.findings.sort_by_key(|finding| finding.position);
        self.findings
    }
}

fn wrong_mac(event: &StoredEvent<'_>, before: Last, key: &LogKey, mac: &[u8]) -> Option<&'static str> {
    let made = key.event(before.tag.as_ref(), &event.columns);
    if mac.get(..TAG) != Some(&made[..TAG]) {
        return Some(
            "it was altered or forged, or the event before it in its stream was replaced: its MAC does not fit",
        );
    }
    (placed(&made, event.position, event.at)[..] != *mac)
        .then_some("its position or its time was altered: its MAC is for another place")
}

/// What no server writes, as far as the event's own columns show it.
fn impossible(event: &StoredEvent<'_>, before: Last, is_sealed: bool) -> Option<String> {
    let columns = &event.columns;
    if event.at < before.at - CLOCK_MAY_STEP {
        return Some(
            "its time was altered, or that of the event before it in its stream: time runs backwards there".into(),
        );
    }
    if let Some(actor) = columns.actor.filter(|actor| *actor != columns.stream) {
        return Some(format!(
            "its actor {actor} was altered: it is in the stream of {}",
            columns.stream
        ));
    }
    if addressed(event).is_some_and(|addressed| Some(addressed) != columns.recipient) {
        return Some("it was altered: its recipient is not the one in its fields".into());
    }
    (is_sealed && columns.personal.is_some())
        .then(|| "it was forged: what a person wrote stands there in plain text, which no server writes".into())
}

/// Whom the fields of a message name.
fn addressed(event: &StoredEvent<'_>) -> Option<Uuid> {
    let field = match event.columns.kind {
        "MessageSent" => "to",
        "GroupMessageSent" => "group",
        _ => return None,
    };
    let fields: serde_json::Value = serde_json::from_str(event.columns.data).ok()?;
    fields.get(field)?.as_str()?.parse().ok()
}
