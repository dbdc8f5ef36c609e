//! `export`: the events that a question is about, as a bundle.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use tenfold_core::facts::Facts;
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
use crate::reader;
use crate::resolve;
use tenfold_core::escape::escaped;
use tenfold_replay::state::State;

/// The arguments of `export`.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// Where to write it; - is standard output.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Everything this user did, and that was done to them, and what they were shown: the posts of their friends and the messages of
    /// their groups.
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
    let (positions, unreadable) = bundle::select(client, &wanted, span).await?;
    for error in &unreadable {
        say(&format!(
            "the event at position {} is left out: {}",
            error.position,
            error.sentence()
        ));
    }
    let positions = possible(client, positions.into_iter().collect()).await?;
    if to_stdout {
        write(client, export, clock, &positions, output()).await?;
        return Ok(ExitCode::SUCCESS);
    }
    keep(client, export, clock, &positions).await?;
    say(&format!(
        "{} holds {} events and the state that they make: `bin/events replay-bundle` checks it",
        export.file.display(),
        positions.len()
    ));
    Ok(ExitCode::SUCCESS)
}

/// Those of the events that can be folded one after the other; of the others it is said that they are left out.
async fn possible(client: &Client, positions: Vec<Position>) -> Result<Vec<Position>, Failure> {
    let (mut facts, mut possible) = (Facts::default(), Vec::with_capacity(positions.len()));
    for chunk in positions.chunks(reader::AT_ONCE) {
        for event in reader::read_at(client, chunk).await? {
            let recorded = event.decode()?;
            match facts.fold(recorded.position, recorded.version, &recorded.event) {
                Ok(()) => possible.push(recorded.position),
                Err(cause) => say(&format!(
                    "the event at position {} is left out: it is impossible after the others that were selected ({cause})",
                    recorded.position
                )),
            }
        }
    }
    Ok(possible)
}

/// Writes the bundle of these events, which are read once more, a bounded number at a time.
async fn write(
    client: &Client,
    export: &Export,
    clock: Clock,
    positions: &[Position],
    out: impl Write,
) -> Result<(), Failure> {
    let header = Header {
        tenfold_bundle: FORMAT,
        events: positions.len(),
        made_by: env!("CARGO_PKG_VERSION").into(),
        question: export.question(clock),
        renamed: export.rename,
    };
    let mut writer = bundle::Writer::begin(out, &header)?;
    let mut renaming = export.rename.then(Renaming::default);
    let mut facts = Facts::default();
    for chunk in positions.chunks(reader::AT_ONCE) {
        for event in reader::read_at(client, chunk).await? {
            let mut recorded = event.decode()?;
            if let Some(renaming) = &mut renaming {
                renaming.rename(&mut recorded.event);
            }
            facts.fold(recorded.position, recorded.version, &recorded.event)?;
            writer.event(&recorded)?;
        }
    }
    let end = positions.last().copied().unwrap_or(Position::START);
    let expected = State::of(&facts, end);
    drop(facts);
    Ok(writer.end(&expected)?)
}

/// All of it or nothing.
async fn keep(client: &Client, export: &Export, clock: Clock, positions: &[Position]) -> Result<(), Failure> {
    let failed = |error: io::Error| {
        let error = tenfold_core::words::without_code(&error.to_string());
        Failure::Sentence(format!(
            "{} cannot be written ({error}): give another path",
            export.file.display()
        ))
    };
    let unfinished = export.unfinished();
    let out = BufWriter::new(own_file(&unfinished).map_err(failed)?);
    let written = match write(client, export, clock, positions, out).await {
        Ok(()) => std::fs::rename(&unfinished, &export.file).map_err(failed),
        Err(failure) => Err(failure),
    };
    if written.is_err() {
        export.tidy();
    }
    written
}

/// A new one that nobody else may read: it holds what people wrote.
fn own_file(path: &Path) -> io::Result<File> {
    // One that was left there may be open to all.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => OpenOptions::new().write(true).create_new(true).mode(0o600).open(path),
    }
}

impl Export {
    /// Where the bundle is written before it is whole.
    fn unfinished(&self) -> PathBuf {
        let mut unfinished = self.file.as_os_str().to_owned();
        unfinished.push(".unfinished");
        PathBuf::from(unfinished)
    }

    /// Removes a bundle that was not finished.
    pub(super) fn tidy(&self) {
        let _ = std::fs::remove_file(self.unfinished());
    }

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
