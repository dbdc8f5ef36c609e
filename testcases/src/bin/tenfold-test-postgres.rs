//! `tenfold-test-postgres start DIR` makes a Postgres cluster for a whole
//! test run, leaves it running and prints the URL for `TENFOLD_TEST_POSTGRES`;
//! `tenfold-test-postgres stop DIR` ends it.

use std::path::Path;
use std::process::ExitCode;

use tenfold_testcases::postgres::{start_in, stop_in};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["start", folder] => println!("{}", start_in(Path::new(folder))),
        ["stop", folder] => stop_in(Path::new(folder)),
        _ => {
            eprintln!("Say what to do: tenfold-test-postgres start DIR, or stop DIR.");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
