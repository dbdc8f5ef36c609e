//! `export`: the events that a question is about, as a bundle.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use tenfold_core::ids::Position;
use tenfold_log::database::Client;

use super::failure::{Failure, say};
use super::output::output;
use super::tail::accounts;
use crate::bundle::{self, FORMAT, Header, Renaming, Subject, Wanted};
use crate::moment_argument::{MomentArgument, moment};
use crate::past;
use crate::who;
use tenfold_core::escape::escaped;

/// What `export` can be told.
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
    #[arg(long, value_name = "P", value_parser = super::arguments::position, allow_hyphen_values = true)]
    around: Option<Position>,
    /// From this position or time on; of what was before only what the rest stands on.
    #[arg(long, value_name = "P|TIME", value_parser = moment, allow_hyphen_values = true)]
    from: Option<MomentArgument>,
    /// Up to this position or time.
    #[arg(long, value_name = "P|TIME", value_parser = moment, allow_hyphen_values = true)]
    to: Option<MomentArgument>,
    /// Put invented names and texts in the place of the real ones.
    #[arg(long)]
    rename: bool,
}

pub(super) async fn run(client: &Client, export: &Export) -> Result<ExitCode, Failure> {
    let to_stdout = export.file == Path::new("-");
    if !to_stdout && export.file.exists() {
        return Err(Failure::Sentence(format!(
            "{} is there already and is left as it is; give another name",
            export.file.display()
        )));
    }
    let wanted = export.wanted(client).await?;
    let span = past::span(client, export.from, export.to).await.map_err(Failure::of)?;
    if let Some(position) = wanted.around {
        past::within(client, position).await.map_err(Failure::of)?;
    }
    let mut events = bundle::select(client, &wanted, span).await.map_err(Failure::of)?;
    if export.rename {
        let mut renaming = Renaming::default();
        events
            .iter_mut()
            .for_each(|recorded| renaming.rename(&mut recorded.event));
    }
    let folded = bundle::fold(&events).map_err(|(position, cause)| {
        Failure::Sentence(format!(
            "the events do not stand by themselves at position {position}: {cause}"
        ))
    })?;
    let header = Header {
        tenfold_bundle: FORMAT,
        events: events.len(),
        made_by: env!("CARGO_PKG_VERSION").into(),
        question: export.question(),
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
            "{} holds {} events, and what they make; `bin/events replay-bundle` tries it",
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
            "{} cannot be written ({error}); give another place",
            file.display()
        ))
    };
    let mut beside = file.as_os_str().to_owned();
    beside.push(".unfinished");
    let beside = PathBuf::from(beside);
    std::fs::write(&beside, bytes)
        .and_then(|()| std::fs::rename(&beside, file))
        .map_err(|error| {
            let _ = std::fs::remove_file(&beside);
            failed(error)
        })
}

impl Export {
    async fn wanted(&self, client: &Client) -> Result<Wanted, Failure> {
        let mut wanted = Wanted {
            around: self.around,
            ..Wanted::default()
        };
        for user in &self.user {
            wanted
                .subjects
                .extend(accounts(client, user).await?.into_iter().map(Subject));
        }
        for group in &self.group {
            let (id, _) = who::group(client, group).await.map_err(Failure::of)?;
            wanted.subjects.push(Subject(id.0));
        }
        for instance in &self.instance {
            let id = who::instance(client, instance).await.map_err(Failure::of)?;
            wanted.subjects.push(Subject(id.0));
        }
        let names_nobody = wanted.subjects.is_empty() && wanted.around.is_none();
        wanted.everything = names_nobody && (self.from.is_some() || self.to.is_some());
        if names_nobody && !wanted.everything {
            return Err(Failure::Sentence(
                "say what the bundle is to be about: --user NAME, --group NAME, --instance ID, --around P, or --from and --to"
                    .into(),
            ));
        }
        Ok(wanted)
    }

    /// What was asked, as far as that tells nobody's name.
    fn question(&self) -> String {
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
        let places = [("around position", self.around.map(|at| at.to_string()))];
        let moments = [("from", self.from), ("to", self.to)].map(|(word, at)| (word, at.map(|at| at.to_string())));
        let places = places.into_iter().chain(moments);
        let places = places.filter_map(|(word, at)| at.map(|at| format!("{word} {at}")));
        named.chain(places).collect::<Vec<_>>().join(", ")
    }
}
