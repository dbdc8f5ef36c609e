//! Appending: intents are decided and their events recorded, with all that they change, in one transaction.
//!
//! [`Writer`] is one task with one connection. Submissions that arrive while a commit is under way share the next
//! one. A batch costs two round trips (`gather` its rows under locks, `record` its events), or one where it rests on
//! nothing but its actors' own streams, which are `remembered`: the streams' versions, unique in the log, prove at the
//! append whether what was remembered still holds. A conflict shows as an error inside the pipelined transaction, so
//! that the commit behind it becomes a rollback without another round trip; the batch then goes again in smaller pieces.

mod batch;
mod changes;
mod commit_hook;
mod connection;
mod pipeline;
mod remembered;
mod repeated;
mod submission;
mod transaction;
mod writer;

pub use commit_hook::{CommitHook, Doorbell, Publish};
pub use submission::{OperationalRow, Outcome, Submission, SubmitError};
pub use writer::Writer;
