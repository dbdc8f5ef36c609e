//! The program `tenfold-metrics`.
//!
//! Exit status: 0 where all is well, 1 where `check` or `get` found something, 2 after a mistake, which is told in one sentence.

mod arguments;
mod check;
#[cfg(feature = "cloudwatch")]
mod difference;
#[cfg(feature = "cloudwatch")]
mod live;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use serde_json::Value;

use crate::generate::alarms::alarms;
use crate::generate::dashboard::dashboard;
use crate::generate::target::Target;
use crate::generate::text::to_text;
use arguments::{Arguments, Task, What};
use check::Findings;

const FOUND: u8 = 1;
const MISTAKE: u8 = 2;

/// A generated file.
struct Generated {
    name: &'static str,
    /// As it was when this program was built.
    checked_in: &'static str,
    generate: fn(&Target) -> Value,
}

const FLEET: Generated = Generated {
    name: "fleet.json",
    checked_in: include_str!("../../../dashboards/fleet.json"),
    generate: dashboard,
};
const ALARMS: Generated = Generated {
    name: "alarms.json",
    checked_in: include_str!("../../../dashboards/alarms.json"),
    generate: alarms,
};

/// Reads the arguments and does what they say.
pub fn run() -> ExitCode {
    let arguments: Arguments = match tenfold_cli::parse() {
        Ok(arguments) => arguments,
        Err(error) => return mistake(&format!("{error}; `bin/dashboard --help` tells what there is")),
    };
    let target = arguments.target.target();
    match arguments.task {
        Task::Check { file: None } => {
            report(&[&FLEET, &ALARMS].map(|file| (format!("dashboards/{}", file.name), check_generated(file))))
        }
        Task::Check { file: Some(file) } => match std::fs::read_to_string(&file) {
            Ok(text) => report(&[(file.display().to_string(), check::file(&text))]),
            Err(error) => mistake(&format!(
                "{} cannot be read ({error}); name another file",
                file.display()
            )),
        },
        Task::Generate { folder } => generate(&folder),
        Task::Render { what: What::Fleet } => print(&to_text(&dashboard(&target)), ExitCode::SUCCESS),
        Task::Render { what: What::Alarms } => print(&to_text(&alarms(&target)), ExitCode::SUCCESS),
        Task::Put => put(target, arguments.target.region, arguments.target.account),
        Task::Get => get(target, arguments.target.region, arguments.target.account),
    }
}

#[cfg(feature = "cloudwatch")]
fn put(target: Target, region: Option<String>, account: Option<String>) -> ExitCode {
    match until_done(live::put(target, region, account)) {
        Ok(said) => print(&(said.join("\n") + "\n"), ExitCode::SUCCESS),
        Err(sentence) => mistake(&sentence),
    }
}

#[cfg(feature = "cloudwatch")]
fn get(target: Target, region: Option<String>, account: Option<String>) -> ExitCode {
    let found = match until_done(live::get(target, region, account)) {
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
fn until_done<T>(work: impl Future<Output = Result<T, live::NotDone>>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("the system gives no way to wait ({error}); try again"))?;
    runtime.block_on(work).map_err(|error| error.to_string())
}

#[cfg(not(feature = "cloudwatch"))]
fn put(_: Target, _: Option<String>, _: Option<String>) -> ExitCode {
    no_aws()
}

#[cfg(not(feature = "cloudwatch"))]
fn get(_: Target, _: Option<String>, _: Option<String>) -> ExitCode {
    no_aws()
}

#[cfg(not(feature = "cloudwatch"))]
fn no_aws() -> ExitCode {
    mistake(
        "this build cannot speak to AWS: start it as bin/dashboard, which builds what put and get need, or build it with `cargo build --release \
         -p tenfold-metrics --features cloudwatch`",
    )
}

/// What a file holds, or what is wrong with it.
type Checked = Result<String, Findings>;

fn check_generated(file: &Generated) -> Checked {
    let holds = check::file(file.checked_in)?;
    let generated = (file.generate)(&Target::placeholders());
    let mut findings = Findings::new();
    if file.checked_in != to_text(&generated) {
        findings.push("it is not what the catalogue generates: write it anew with `bin/dashboard generate`".into());
    }
    if file.name == FLEET.name {
        findings.extend(check::missing(&generated));
    }
    if findings.is_empty() { Ok(holds) } else { Err(findings) }
}

fn report(files: &[(String, Checked)]) -> ExitCode {
    let mut said = String::new();
    for (name, checked) in files {
        match checked {
            Ok(holds) => said.push_str(&format!("{name}: {holds}, nothing wrong\n")),
            Err(findings) => findings
                .iter()
                .for_each(|finding| said.push_str(&format!("{name}: {finding}\n"))),
        }
    }
    let is_right = files.iter().all(|(_, checked)| checked.is_ok());
    print(&said, ExitCode::from(if is_right { 0 } else { FOUND }))
}

fn generate(folder: &Path) -> ExitCode {
    for file in [FLEET, ALARMS] {
        let path = folder.join(file.name);
        let text = to_text(&(file.generate)(&Target::placeholders()));
        if let Err(error) = std::fs::write(&path, text) {
            return mistake(&format!(
                "{} cannot be written ({error}); start this in the repository's root, or name a folder",
                path.display()
            ));
        }
    }
    print(
        &format!("{}: {} and {} written\n", folder.display(), FLEET.name, ALARMS.name),
        ExitCode::SUCCESS,
    )
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
