//! The command line of `tenfold-app enrol`.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Parser;
use tenfold_core::enrolment::Pin;
use uuid::Uuid;

use crate::arguments::ListenAddress;

/// One of Tenfold's application servers, on a machine that a login server has launched. The token of its launch is given by
/// TENFOLD_ENROLMENT_TOKEN in the environment.
#[derive(Clone, Debug, Parser)]
#[command(name = "tenfold-app enrol", version)]
pub struct EnrolArguments {
    /// Where the login server takes enrolments
    #[arg(long, value_name = "HOST:PORT")]
    pub at: ListenAddress,
    /// SHA-256 of the public key of its certificate, in base64
    #[arg(long, value_name = "SHA256")]
    pub pin: Pin,
    /// The id of the request for which this machine was launched
    #[arg(long)]
    pub instance: Uuid,
    /// The address to ask from, on a machine that has several
    #[arg(long, env = "TENFOLD_ENROL_FROM", value_name = "ADDRESS")]
    pub from: Option<IpAddr>,
    /// What to write to standard error: a level, or module=level, separated by commas
    #[arg(long, env = "TENFOLD_LOG", default_value = "warn", value_parser = tenfold_cli::log_filter, value_name = "FILTER")]
    pub log: String,
    /// Where to write it instead; a full file is put aside as FILE.1
    #[arg(long, env = "TENFOLD_LOG_FILE", value_name = "FILE")]
    pub log_file: Option<PathBuf>,
}
