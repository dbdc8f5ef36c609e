//! The program `tenfold-metrics`.
//!
//! Exit status: 0 where all is well, 1 where `check` or `get` found something, 2 after a mistake, which is told in one sentence.

mod arguments;
#[cfg(feature = "cloudwatch")]
mod difference;
#[cfg(feature = "cloudwatch")]
mod published;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use serde_json::Value;

use crate::check::{self, Finding};
use crate::shipped;
use crate::template::Place;
use arguments::{Arguments, Task, What};

const FOUND: u8 = 1;
const MISTAKE: u8 = 2;

const FLEET: &str = "dashboards/fleet.json";
const ALARMS: &str = "dashboards/alarms.json";

/// Reads the arguments and does what they say.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return tell(&error),
    };
    let place = arguments.place.place();
    match arguments.task {
        Task::Check { file: None } => report(checked_shipped(&place)),
        Task::Check { file: Some(file) } => match std::fs::read_to_string(&file) {
            Ok(text) => report(vec![checked(&file.display().to_string(), &text, &place)]),
            Err(error) => mistake(&format!(
                "{} cannot be read ({error}); name another file",
                file.display()
            )),
        },
        Task::Render { what } => render(what, &place),
        Task::Put => put(place, arguments.place.region, arguments.place.account),
        Task::Get => get(place, arguments.place.region, arguments.place.account),
    }
}

#[cfg(feature = "cloudwatch")]
fn put(place: Place, region: Option<String>, account: Option<String>) -> ExitCode {
    match until_done(published::put(place, region, account)) {
        Ok(said) => print(&(said.join("\n") + "\n"), ExitCode::SUCCESS),
        Err(sentence) => mistake(&sentence),
    }
}

#[cfg(feature = "cloudwatch")]
fn get(place: Place, region: Option<String>, account: Option<String>) -> ExitCode {
    let found = match until_done(published::get(place, region, account)) {
        Ok(found) => found,
        Err(sentence) => return mistake(&sentence),
    };
    for difference in &found.differences {
        let _ = writeln!(io::stderr(), "tenfold-metrics: {difference}");
    }
    let status = if found.differences.is_empty() { 0 } else { FOUND };
    print(&format!("{:#}\n", found.body), ExitCode::from(status))
}

/// Whoever does one thing after the other needs no threads for it.
#[cfg(feature = "cloudwatch")]
fn until_done<T>(work: impl Future<Output = Result<T, published::NotDone>>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("the system gives no way to wait ({error}); try again"))?;
    runtime.block_on(work).map_err(|error| error.to_string())
}

#[cfg(not(feature = "cloudwatch"))]
fn put(_: Place, _: Option<String>, _: Option<String>) -> ExitCode {
    no_aws()
}

#[cfg(not(feature = "cloudwatch"))]
fn get(_: Place, _: Option<String>, _: Option<String>) -> ExitCode {
    no_aws()
}

#[cfg(not(feature = "cloudwatch"))]
fn no_aws() -> ExitCode {
    mistake(
        "this build cannot speak to AWS: start it as bin/dashboard, which builds what put and get need, or build it with `cargo build --release \
         -p tenfold-metrics --features cloudwatch`",
    )
}

/// A file that was checked: its name, what it holds, and what is wrong.
type Checked = (String, String, Vec<Finding>);

/// The files of this program: each, and whether they show everything.
fn checked_shipped(place: &Place) -> Vec<Checked> {
    let mut fleet = checked(FLEET, shipped::FLEET, place);
    let alarms = checked(ALARMS, shipped::ALARMS, place);
    if let (Ok(body), Ok(watch)) = (filled(shipped::FLEET, place), filled(shipped::ALARMS, place)) {
        fleet.2.extend(check::completeness(&body, &watch, place));
    }
    vec![fleet, alarms]
}

fn checked(name: &str, text: &str, place: &Place) -> Checked {
    let (holds, findings) = match filled(text, place) {
        Ok(body) if body.get("alarms").is_some() => (counted(&body, "alarms"), check::alarms(&body, place)),
        Ok(body) => (counted(&body, "widgets"), check::dashboard(&body, place)),
        Err(findings) => (String::new(), findings),
    };
    (name.to_owned(), holds, findings)
}

fn counted(body: &Value, what: &str) -> String {
    let count = body.get(what).and_then(Value::as_array).map_or(0, Vec::len);
    format!("{count} {what}")
}

fn filled(text: &str, place: &Place) -> Result<Value, Vec<Finding>> {
    let template = check::parse(text)?;
    let unknown = |sentence: String| {
        vec![Finding {
            path: "$".into(),
            sentence,
        }]
    };
    place.fill(&template).map_err(|error| unknown(error.to_string()))
}

fn report(files: Vec<Checked>) -> ExitCode {
    let mut said = String::new();
    for (name, holds, findings) in &files {
        if findings.is_empty() {
            said.push_str(&format!("{name}: {holds}, nothing wrong\n"));
        }
        for finding in findings {
            said.push_str(&format!("{name}: {finding}\n"));
        }
    }
    let found = files.iter().any(|(_, _, findings)| !findings.is_empty());
    print(
        &said,
        if found {
            ExitCode::from(FOUND)
        } else {
            ExitCode::SUCCESS
        },
    )
}

fn render(what: What, place: &Place) -> ExitCode {
    let (name, text) = match what {
        What::Fleet => (FLEET, shipped::FLEET),
        What::Alarms => (ALARMS, shipped::ALARMS),
    };
    match filled(text, place) {
        Ok(body) => print(&format!("{body:#}\n"), ExitCode::SUCCESS),
        Err(findings) => {
            let told = findings.first().map(ToString::to_string).unwrap_or_default();
            mistake(&format!("{name}: {told}"))
        }
    }
}

/// Whoever stops reading is told nothing.
fn print(text: &str, status: ExitCode) -> ExitCode {
    match io::stdout()
        .write_all(text.as_bytes())
        .and_then(|()| io::stdout().flush())
    {
        Ok(()) => status,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => status,
        Err(error) => mistake(&format!(
            "the output cannot be written ({error}); mend that and try again"
        )),
    }
}

fn mistake(sentence: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "tenfold-metrics: {sentence}");
    ExitCode::from(MISTAKE)
}

/// Help is printed as it is; a mistake becomes one sentence.
fn tell(error: &clap::Error) -> ExitCode {
    let is_help = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    );
    if is_help {
        let _ = error.print();
        return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(MISTAKE));
    }
    let text = error.render().to_string();
    let paragraph = text.split("\n\n").next().unwrap_or_default();
    let words: Vec<&str> = paragraph.trim_start_matches("error: ").split_whitespace().collect();
    mistake(&format!(
        "{}; `bin/dashboard --help` tells what there is",
        words.join(" ")
    ))
}
