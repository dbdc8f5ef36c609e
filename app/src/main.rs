//! `tenfold-app`: one application server. A login server starts it.

use std::process::ExitCode;

use clap::Parser;
use tenfold_app::arguments::Arguments;

fn main() -> ExitCode {
    tenfold_service::program::exit("tenfold-app", tenfold_app::server::run(&Arguments::parse()))
}
