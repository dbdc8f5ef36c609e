//! The settings Postgres runs with, written anew at every start so that a newer Tenfold brings its own.

use std::path::Path;

use super::access::{RULES_FILE, USERS_FILE};
use super::network::{CERTIFICATE_FILE, KEY_FILE, Network};

/// So many application servers can be on a private Postgres.
pub const MOST_APPLICATION_SERVERS: u16 = 120;
/// What one of them holds at most: for writing, reading, heartbeats, and recipients where there is a broker.
const OF_ONE_SERVER: u32 = 4;
const OF_OTHERS: u32 = 120;

/// The text of `postgresql.conf`. Paths in it are relative, or of our own making, so no path needs quoting. `socket` is where it listens,
/// relative to the data.
pub(super) fn text(socket: &Path, port: u16, network: Option<&Network>) -> String {
    let socket = socket.display();
    let connections = u32::from(MOST_APPLICATION_SERVERS) * OF_ONE_SERVER + OF_OTHERS;
    let addresses = network.map_or_else(String::new, |network| network.address.to_string());
    let tls = network.map_or_else(String::new, |_| tls());
    format!(
        "# Written by Tenfold at every start; changes made here are lost. Settings of your own go with `--database URL`.

# What initdb found to work on this machine (its kind of shared memory, above all).
include_if_exists = 'data/postgresql.conf'

listen_addresses = '{addresses}'
port = {port}
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
hba_file = '{RULES_FILE}'
ident_file = '{USERS_FILE}'
password_encryption = 'scram-sha-256'
{tls}
# For {MOST_APPLICATION_SERVERS} application servers with {OF_ONE_SERVER} connections each; the rest is for login servers, tools and people.
max_connections = {connections}
max_locks_per_transaction = 128
shared_buffers = 256MB
work_mem = 16MB
maintenance_work_mem = 128MB

# `Success!` means that it is on the disk.
fsync = on
synchronous_commit = on
full_page_writes = on
wal_level = replica
max_wal_senders = 4
wal_buffers = 16MB
max_wal_size = 2GB
min_wal_size = 256MB
checkpoint_timeout = 15min
checkpoint_completion_target = 0.9

# Commands are short statements on indexes: compiling them takes longer than running them.
jit = off
random_page_cost = 1.1

autovacuum = on
autovacuum_naptime = 15s
autovacuum_vacuum_insert_scale_factor = 0.05

# Details of an error may hold what people wrote, which belongs in no log.
log_error_verbosity = terse
log_checkpoints = off
log_line_prefix = '%m [%p] %a '
log_timezone = 'UTC'
timezone = 'UTC'
lc_messages = 'C'
"
    )
}

fn tls() -> String {
    format!(
        "ssl = on
ssl_cert_file = '{CERTIFICATE_FILE}'
ssl_key_file = '{KEY_FILE}'
ssl_min_protocol_version = 'TLSv1.2'
"
    )
}
