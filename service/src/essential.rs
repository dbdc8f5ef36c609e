//! Tasks that a server is of no use without: where one of them ends by itself, the server ends, and the fleet replaces it.

use std::future::Future;
use std::sync::{Arc, OnceLock};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A task has failed that the server is of no use without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a part that this server is of no use without has failed ({0}), so that it ended itself for another to take its place: report this, with what its log says"
)]
pub struct EssentialTaskError(&'static str);

/// The tasks of one server.
#[derive(Clone, Debug)]
pub struct EssentialTasks {
    stopping: CancellationToken,
    failed: Arc<OnceLock<&'static str>>,
}

impl EssentialTasks {
    /// Of the server that ends when `stopping` fires.
    pub fn new(stopping: CancellationToken) -> EssentialTasks {
        EssentialTasks {
            stopping,
            failed: Arc::default(),
        }
    }

    /// Spawns the task `name`. Where it panics, or ends before the server is stopping, that makes the server stop.
    pub fn spawn<T: Send + 'static>(
        &self,
        name: &'static str,
        task: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        let watch = Watch {
            tasks: self.clone(),
            name,
        };
        tokio::spawn(async move {
            // Dropped however the task ends.
            let _watch = watch;
            task.await
        })
    }

    /// Which failed first.
    ///
    /// # Errors
    /// [`EssentialTaskError`], where one has.
    pub fn check(&self) -> Result<(), EssentialTaskError> {
        self.failed.get().map_or(Ok(()), |name| Err(EssentialTaskError(name)))
    }
}

struct Watch {
    tasks: EssentialTasks,
    name: &'static str,
}

impl Drop for Watch {
    fn drop(&mut self) {
        if self.tasks.stopping.is_cancelled() {
            return;
        }
        let _ = self.tasks.failed.set(self.name);
        self.tasks.stopping.cancel();
        tracing::error!(task = self.name, "an essential task has ended; ending this server");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_or_ends_makes_its_server_stop() {
        for panics in [true, false] {
            let stopping = CancellationToken::new();
            let tasks = EssentialTasks::new(stopping.clone());
            assert_eq!(tasks.check(), Ok(()));
            let task = tasks.spawn("writer", async move { assert!(!panics, "on purpose") });
            stopping.cancelled().await;
            assert_eq!(task.await.is_err(), panics);
            assert_eq!(tasks.check(), Err(EssentialTaskError("writer")));
        }
    }

    #[tokio::test]
    async fn one_that_ends_with_its_server_is_no_failure() {
        let stopping = CancellationToken::new();
        let tasks = EssentialTasks::new(stopping.clone());
        let task = tasks.spawn("writer", stopping.clone().cancelled_owned());
        stopping.cancel();
        task.await.unwrap();
        assert_eq!(tasks.check(), Ok(()));
    }
}
