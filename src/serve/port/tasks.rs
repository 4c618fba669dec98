//! The tasks of an instance, which end with it.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::{AbortHandle, JoinSet};

/// Tasks that are ended together. A clone is another handle on the same tasks.
#[derive(Clone)]
pub(in super::super) struct Tasks(Arc<Mutex<Option<JoinSet<()>>>>);

impl Tasks {
    pub(in super::super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Some(JoinSet::new()))))
    }

    /// Starts a task, unless all have been ended.
    pub(in super::super) fn spawn(
        &self,
        task: impl Future<Output = ()> + Send + 'static,
    ) -> Option<AbortHandle> {
        let mut tasks = self.lock();
        let tasks = tasks.as_mut()?;
        while tasks.try_join_next().is_some() {}
        Some(tasks.spawn(task))
    }

    /// Ends every task, without waiting until that is done.
    pub(in super::super) fn abort(&self) {
        drop(self.lock().take());
    }

    /// Ends every task and waits until they have let go of what they held.
    pub(in super::super) async fn shutdown(&self) {
        let tasks = self.lock().take();
        if let Some(mut tasks) = tasks {
            tasks.shutdown().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<JoinSet<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
