//! What a broker is started with, the same in every run of it.

use std::path::{Path, PathBuf};

use super::kind::BrokerKind;
use super::tls::Tls;
use crate::background::ports;

/// The choices made for one broker.
#[derive(Debug)]
pub struct Settings {
    /// Absolute; everything the broker writes lies in it.
    pub folder: PathBuf,
    /// Where clients come.
    pub port: u16,
    /// For what a broker needs beside: RabbitMQ's own talk between nodes.
    pub second_port: u16,
    /// Of the one user there is.
    pub password: String,
    /// Where clients come that speak TLS.
    pub tls: Option<Tls>,
}

impl Settings {
    /// Settings for a broker nobody has seen before, its files written.
    pub fn make(kind: BrokerKind, folder: &Path, with_tls: bool) -> Self {
        assert!(
            kind.is_installed(),
            "There is no {} on this machine: install it (bin/test does so where it may), or set {} to the URL of one.",
            kind.name(),
            kind.variable()
        );
        let folder = folder.canonicalize().expect("the broker's folder is there");
        let password = uuid::Uuid::new_v4().simple().to_string();
        let tls = with_tls.then(|| Tls::make(&folder, ports::free(), &password));
        let settings = Self {
            folder,
            port: ports::free(),
            second_port: ports::free(),
            password,
            tls,
        };
        kind.write_files(&settings);
        settings
    }

    /// Writes one of the broker's files.
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.join(name), text).expect("the broker's folder can be written");
    }

    /// Makes a folder inside the broker's own.
    pub fn make_folder(&self, name: &str) {
        std::fs::create_dir_all(self.folder.join(name)).expect("the broker's folder can be written");
    }
}
