//! `tenfold-test-aws start DIR` makes an emulator of AWS for a whole test run, leaves it running and prints the URL for
//! `TENFOLD_TEST_AWS`; `tenfold-test-aws stop DIR` ends it. `tenfold-test-aws has` succeeds where this machine can run one.

use std::path::Path;
use std::process::ExitCode;

use tenfold_testcases::aws::{is_installed, start_in, stop_in};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["has"] => return ExitCode::from(u8::from(!is_installed())),
        ["start", folder] => println!("{}", start_in(Path::new(folder))),
        ["stop", folder] => stop_in(Path::new(folder)),
        _ => {
            eprintln!("Say what to do: tenfold-test-aws has, start DIR, or stop DIR.");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
