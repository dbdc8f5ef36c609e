//! The program `tenfold-client`.

use std::io::{self, BufWriter, IsTerminal};
use std::process::ExitCode;

use tenfold_client::arguments;
use tenfold_client::display::PlainScreen;
use tenfold_client::error::ClientError;
use tenfold_client::input::Input;
use tenfold_client::logins::Logins;
use tenfold_client::shell::Shell;
use tenfold_client::terminal;
use tenfold_client::timing::Timing;

fn main() -> ExitCode {
    let logins = match arguments::parse(std::env::args_os()) {
        Ok(logins) => logins,
        Err(sentence) => {
            tenfold_cli::tell(&sentence);
            return ExitCode::from(2);
        }
    };
    match run(logins) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is_closed_pipe() => ExitCode::SUCCESS,
        Err(ClientError::Signal(number)) => ExitCode::from(tenfold_cli::status_of_signal(number)),
        Err(error) => {
            tenfold_cli::tell(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn run(logins: Logins) -> Result<(), ClientError> {
    // One thread is enough for what a person types, and starts faster.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(ClientError::Start)?;
    let result = if io::stdin().is_terminal() && io::stdout().is_terminal() {
        let terminal = terminal::open()?;
        let help = Some(terminal::help::text());
        let shell = Shell::new(logins, Timing::default(), terminal.input, terminal.screen, help);
        // The terminal is given back whatever ends the client.
        runtime.block_on(async {
            let signal = tenfold_cli::first_signal().map_err(ClientError::Start)?;
            tokio::select! {
                result = shell.run() => result,
                number = signal => Err(ClientError::Signal(number)),
            }
        })
    } else {
        let input = Input::from_reader(io::stdin())?;
        let screen = PlainScreen::new(BufWriter::new(io::stdout()));
        let shell = Shell::new(logins, Timing::default(), input, Box::new(screen), None);
        runtime.block_on(shell.run())
    };
    // A thread that still reads the input cannot be interrupted, and is not waited for.
    runtime.shutdown_background();
    result
}
