//! `tenfold-test-broker start rabbitmq|activemq DIR` makes a message broker
//! for a whole test run, leaves it running and prints the URL for
//! `TENFOLD_TEST_RABBITMQ` or `TENFOLD_TEST_ACTIVEMQ`;
//! `tenfold-test-broker stop DIR` ends it. `tenfold-test-broker has
//! rabbitmq|activemq` succeeds where this machine can run such a broker.

use std::path::Path;
use std::process::ExitCode;

use tenfold_testcases::broker::{BrokerKind, is_installed, start_in, stop_in};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["has", name] if let Some(kind) = BrokerKind::named(name) => return has(kind),
        ["start", name, folder] if let Some(kind) = BrokerKind::named(name) => {
            println!("{}", start_in(kind, Path::new(folder)))
        }
        ["stop", folder] => stop_in(Path::new(folder)),
        _ => {
            eprintln!(
                "Say what to do: tenfold-test-broker start rabbitmq|activemq DIR, stop DIR, or has rabbitmq|activemq."
            );
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

fn has(kind: BrokerKind) -> ExitCode {
    ExitCode::from(u8::from(!is_installed(kind)))
}
