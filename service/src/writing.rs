//! Writes what waits for a connection, and gives up on a client that does not read.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use crate::outbound::Outbound;

/// A buffer that has grown beyond this is given back when it is written.
const KEPT_CAPACITY: usize = 16 * 1024;

/// Writes all that is queued, as many lines at once as there are, until nothing will follow.
///
/// # Errors
/// The stream's; `TimedOut` where the client took not a byte for the time `stuck`.
pub(crate) async fn write_all_queued(
    stream: &mut (impl AsyncWrite + Unpin),
    outbound: &Outbound,
    stuck: Duration,
) -> io::Result<()> {
    let mut batch = Vec::new();
    while outbound.next_batch(&mut batch).await {
        write_batch(stream, outbound, &batch, stuck).await?;
        if batch.capacity() > KEPT_CAPACITY {
            batch = Vec::new();
        }
    }
    timeout(stuck, stream.shutdown()).await?
}

async fn write_batch(
    stream: &mut (impl AsyncWrite + Unpin),
    outbound: &Outbound,
    mut batch: &[u8],
    stuck: Duration,
) -> io::Result<()> {
    while !batch.is_empty() {
        let written = timeout(stuck, stream.write(batch)).await??;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        batch = &batch[written..];
        outbound.wrote(written);
    }
    // A stream that encrypts may hold back what it was given.
    timeout(stuck, stream.flush()).await?
}
