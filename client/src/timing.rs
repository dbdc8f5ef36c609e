//! How long the client waits for what.

use std::time::Duration;

/// Every wait of the client, in one place, so that tests can shorten them.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// How long nothing may answer before the client gives up.
    pub patience: Duration,
    /// How long a TCP connection may take to open.
    pub connect: Duration,
    /// How long an application server that owes a reply may say nothing.
    pub app_silence: Duration,
    /// The same for a login server, which may have a queue of passwords to check.
    pub login_silence: Duration,
    /// An idle connection is asked for a sign of life this often: a machine that vanished closes nothing.
    pub ping: Duration,
    /// How long a command waits for a user whose attachment is just being restored.
    pub grace: Duration,
    /// How long the end of the client waits for its last acknowledgements to be read.
    pub last_ack: Duration,
    /// The longest pause after a second failure; each further one doubles it.
    pub first_pause: Duration,
    /// The longest pause between two attempts.
    pub longest_pause: Duration,
}

impl Default for Timing {
    fn default() -> Timing {
        Timing {
            patience: Duration::from_secs(60),
            connect: Duration::from_secs(3),
            app_silence: Duration::from_secs(10),
            login_silence: Duration::from_secs(30),
            ping: Duration::from_secs(20),
            grace: Duration::from_secs(2),
            last_ack: Duration::from_secs(2),
            first_pause: Duration::from_millis(50),
            longest_pause: Duration::from_secs(2),
        }
    }
}
