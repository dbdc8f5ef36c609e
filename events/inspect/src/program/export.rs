//! `export`: the events that a question is about, as a bundle.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use tenfold_core::ids::Position;
use tenfold_log::database::Client;
use tenfold_log::sealing::{self, LockedError};

use super::failure::{Failure, say};
use super::output::output;
use super::selection::accounts;
use crate::bundle::{self, FORMAT, Header, Renaming, Subject, Wanted};
use crate::clock::Clock;
use crate::moment_argument::{MomentArgument, moment, position};
use crate::past;
use crate::resolve;
use tenfold_core::escape::escaped;

/// The arguments of `export`.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// Where to write it; - is standard output.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Everything this user did, and that was done to them.
    #[arg(long, value_name = "NAME")]
    user: Vec<String>,
    /// Everything that happened in this group.
    #[arg(long, value_name = "NAME")]
    group: Vec<String>,
    /// Everything about this application server.
    #[arg(long, value_name = "ID")]
    instance: Vec<String>,
    /// The event at this position, and what happened around it to those whom it speaks of.
    #[arg(long, value_name = "P", value_parser = position, allow_hyphen_values = true)]
    around: Option<Position>,
    /// From this position or time on; of earlier events only those that the others require.
    #[arg(long, value_name = "P|TIME", value_parser = moment, allow_hyphen_values = true)]
    from: Option<MomentArgument>,
    /// Up to this position or time.
    #[arg(long, value_name = "P|TIME", value_parser = moment, allow_hyphen_values = true)]
    to: Option<MomentArgument>,
    /// Replace names and texts by invented ones.
    #[arg(long)]
    rename: bool,
}

pub(super) async fn run(client: &Client, export: &Export, clock: Clock) -> Result<ExitCode, Failure> {
    let to_stdout = export.file == Path::new("-");
    if !to_stdout && export.file.exists() {
        return Err(Failure::Sentence(format!(
            "{} exists already and is not overwritten: give another name",
            export.file.display()
        )));
    }
    // Without names nobody could be told from anybody in it.
    if sealing::is_locked(client).await? {
        return Err(LockedError.into());
    }
    let wanted = export.wanted(client, clock).await?;
    let span = past::span(client, export.from, export.to, clock).await?;
    if let Some(position) = wanted.around {
        past::within(client, position).await?;
    }
    let (mut events, unreadable) = bundle::select(client, &wanted, span).await?;
    for error in &unreadable {
        say(&format!(
            "the event at position {} is left out: {}",
            error.position,
            error.sentence()
        ));
    }
    if export.rename {
        let mut renaming = Renaming::default();
        events
            .iter_mut()
            .for_each(|recorded| renaming.rename(&mut recorded.event));
    }
    let folded = loop {
        match bundle::fold(&events) {
            Ok(folded) => break folded,
            Err((position, cause)) => {
                say(&format!(
                    "the event at position {position} is left out: it is impossible after the others that were selected ({cause})"
                ));
                events.retain(|recorded| recorded.position != position);
            }
        }
    };
    let header = Header {
        tenfold_bundle: FORMAT,
        events: events.len(),
        made_by: env!("CARGO_PKG_VERSION").into(),
        question: export.question(clock),
        renamed: export.rename,
    };
    let expected = bundle::expected(&folded);
    let mut bytes = Vec::new();
    bundle::write(&mut bytes, &header, &events, &expected)?;
    if to_stdout {
        let mut out = output();
        out.write_all(&bytes)?;
        out.flush()?;
    } else {
        keep(&export.file, &bytes)?;
        say(&format!(
            "{} holds {} events and the state that they make: `bin/events replay-bundle` checks it",
            export.file.display(),
            events.len()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// All of it or nothing.
fn keep(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |error: io::Error| {
        let error = tenfold_core::words::without_code(&error.to_string());
        Failure::Sentence(format!(
            "{} cannot be written ({error}): give another path",
            file.display()
        ))
    };
    let mut unfinished = file.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let unfinished = PathBuf::from(unfinished);
    std::fs::write(&unfinished, bytes)
        .and_then(|()| std::fs::rename(&unfinished, file))
        .map_err(|error| {
            let _ = std::fs::remove_file(&unfinished);
            failed(error)
        })
}

impl Export {
    async fn wanted(&self, client: &Client, clock: Clock) -> Result<Wanted, Failure> {
        let mut wanted = Wanted {
            around: self.around,
            ..Wanted::default()
        };
        for user in &self.user {
            wanted
                .subjects
                .extend(accounts(client, user, clock).await?.into_iter().map(Subject));
        }
        for group in &self.group {
            let (id, _) = resolve::group(client, group).await?;
            wanted.subjects.push(Subject(id.0));
        }
        for instance in &self.instance {
            let id = resolve::instance(client, instance).await?;
            wanted.subjects.push(Subject(id.0));
        }
        let names_nobody = wanted.subjects.is_empty() && wanted.around.is_none();
        wanted.everything = names_nobody && (self.from.is_some() || self.to.is_some());
        if names_nobody && !wanted.everything {
            return Err(Failure::Sentence(
                "name what the bundle is about: --user NAME, --group NAME, --instance ID, --around P, or --from and --to"
                    .into(),
            ));
        }
        Ok(wanted)
    }

    /// What was asked, as far as that tells nobody's name.
    fn question(&self, clock: Clock) -> String {
        let lists = [
            ("user", &self.user),
            ("group", &self.group),
            ("instance", &self.instance),
        ];
        let named = lists.into_iter().flat_map(|(kind, names)| {
            let hidden = self.rename;
            names.iter().map(move |name| {
                if hidden {
                    format!("a {kind}")
                } else {
                    format!("{kind} {}", escaped(name))
                }
            })
        });
        let positions = [("around position", self.around.map(|at| at.to_string()))];
        let moments = [("from", self.from), ("to", self.to)].map(|(word, at)| (word, at.map(|at| at.words(clock))));
        let given = positions.into_iter().chain(moments);
        let given = given.filter_map(|(word, at)| at.map(|at| format!("{word} {at}")));
        named.chain(given).collect::<Vec<_>>().join(", ")
    }
}
