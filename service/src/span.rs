//! The span of a command: every line that is logged under it carries the command's id, and the session and the instance as
//! soon as they are known, on whichever server.

use std::fmt::Display;

use tenfold_core::ids::{CommandId, InstanceId, SessionId};
use tracing::field::{Empty, display};
use tracing::{Span, error_span};

/// The span of the command `id`. Its level is that of errors, for a span that the filter leaves out is missing in the
/// warnings under it, too.
pub fn command(id: CommandId) -> Span {
    error_span!("command", %id, session = Empty, instance = Empty)
}

/// The span of all that `instance` delivers.
pub fn delivery(instance: InstanceId) -> Span {
    error_span!("delivery", %instance)
}

/// The span of what is delivered to one session; it belongs into the one of the [`delivery`].
pub fn session(session: SessionId) -> Span {
    error_span!("session", %session)
}

/// The command that is being answered is this session's.
pub fn record_session(session: SessionId) {
    record("session", session);
}

/// The session of the command that is being answered is served by that application server.
pub fn record_instance(instance: InstanceId) {
    record("instance", instance);
}

fn record(field: &str, value: impl Display) {
    Span::current().record(field, display(value));
}
