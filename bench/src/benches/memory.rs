//! Memory of an idle application server, against 20 MiB: when nobody has used it yet, and after ten users have.

use std::time::Duration;

use crate::arguments::Options;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::people::{Person, befriend, newcomers};
use crate::program::tell;
use crate::report::{Report, Summary, Table, figure};
use crate::service::Service;
use crate::stage::Stage;

/// MiB that it should stay under.
const AIM: f64 = 20.0;
const USERS: usize = 10;
/// What each user does, so that every path has been gone.
const EACH: usize = 50;

/// Resident memory of a process in MiB, and its share of it where pages are shared.
#[derive(Debug, Clone, Copy)]
struct Memory {
    resident: f64,
    proportional: f64,
}

/// Looks at a server nobody uses, has it serve ten users, looks again.
///
/// # Errors
/// Where something cannot be started, or does not do its part.
pub async fn measure(stage: &Stage, options: &Options) -> Result<Report, Failure> {
    let rest = Duration::from_secs(if options.quick { 1 } else { 5 });
    // A spare seat: a server that is there before anybody needs it. Eleven seats, so that ten users leave one.
    let service = Service::start(stage, &["--seats", "11", "--spare-seats", "1", "--idle-grace", "1h"]).await?;
    service.wait_for_apps(1).await?;
    let pid = *service.apps().first().ok_or_else(|| gone(&service))?;
    tokio::time::sleep(rest).await;
    let unused = look(pid).ok_or_else(|| gone(&service))?;
    tell(&format!("{USERS} users use the server"));
    let mut people = newcomers(service.address, None, "user", USERS).await?;
    use_everything(&mut people).await?;
    let busy = look(pid).ok_or_else(|| gone(&service))?;
    log_out(&service, people).await?;
    tokio::time::sleep(rest).await;
    let left = look(pid).ok_or_else(|| gone(&service))?;
    Ok(report(&[
        ("nobody has used it yet", unused),
        ("ten users on it", busy),
        ("the ten have gone", left),
    ]))
}

fn report(looks: &[(&str, Memory)]) -> Report {
    let mut table = Table::new(&["an application server when", "resident MiB", "proportional MiB"]);
    for (when, memory) in looks {
        table.row([(*when).to_owned(), figure(memory.resident), figure(memory.proportional)]);
    }
    let idle = [looks.first(), looks.last()].into_iter().flatten();
    let most = idle.map(|(_, memory)| memory.resident).fold(0.0, f64::max);
    Report {
        title: "memory: one application server".into(),
        table,
        notes: vec![
            "Counted is the larger of both idle figures, resident; proportional divides what servers share.".into(),
        ],
        summary: Summary::of("memory", most, AIM, "MiB"),
    }
}

fn gone(service: &Service) -> Failure {
    Failure::Program {
        name: crate::programs::APP,
        said: service.last_words(),
    }
}

async fn use_everything(people: &mut [Person]) -> Result<(), Failure> {
    befriend(people, &[1, 2]).await?;
    for index in 0..people.len() {
        let friend = people[(index + 1) % people.len()].name.clone();
        let person = &mut people[index];
        let attach = format!("attach {}", person.position);
        person.does(&attach).await?;
        for number in 0..EACH {
            person.does(&format!("post number {number}")).await?;
            person.does(&format!("send {friend} number {number}")).await?;
            person.does("receive-post").await?;
            person.does("list-friend").await?;
        }
    }
    Ok(())
}

async fn log_out(service: &Service, people: Vec<Person>) -> Result<(), Failure> {
    let mut door = Connection::open(service.address).await?;
    for person in people {
        door.succeed(&person.line("logout")).await?;
    }
    Ok(())
}

fn look(pid: u32) -> Option<Memory> {
    Some(Memory {
        resident: tenfold_testcases::process::resident_memory(pid) as f64 / 1024.0 / 1024.0,
        proportional: proportional(&std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?)?,
    })
}

fn proportional(rollup: &str) -> Option<f64> {
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kibibytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_read_in_mebibytes() {
        let rollup =
            "5581-7ffd ---p 00000000 00:00 0 [rollup]\nRss: 9000 kB\nPss:                2048 kB\nPss_Dirty: 1 kB\n";
        assert_eq!(proportional(rollup), Some(2.0));
    }

    #[test]
    fn this_very_process_has_memory() {
        let memory = look(std::process::id()).unwrap();
        assert!(memory.resident > 0.0 && memory.proportional > 0.0 && memory.proportional <= memory.resident + 1.0);
    }
}
