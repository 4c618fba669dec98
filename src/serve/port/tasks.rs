//! The tasks of an instance, which end with it.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::{AbortHandle, JoinSet};

/// With how many tasks packets that are late are lost instead: each is held by one.
const MANY: usize = 10_000;

/// Tasks that end when this is dropped.
pub(crate) struct OwnedTasks(Tasks);

impl OwnedTasks {
    pub(crate) fn new() -> Self {
        Self(Tasks::new())
    }
}

impl std::ops::Deref for OwnedTasks {
    type Target = Tasks;

    fn deref(&self) -> &Tasks {
        &self.0
    }
}

impl Drop for OwnedTasks {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Tasks that are ended together. A clone is another handle on the same tasks.
#[derive(Clone)]
pub(crate) struct Tasks(Arc<Mutex<Option<JoinSet<()>>>>);

impl Tasks {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Some(JoinSet::new()))))
    }

    /// Whether there are so many that none should be added for what can be lost.
    pub(crate) fn are_many(&self) -> bool {
        self.lock()
            .as_ref()
            .is_some_and(|tasks| tasks.len() >= MANY)
    }

    /// Starts a task, unless all have been ended.
    pub(crate) fn spawn(
        &self,
        task: impl Future<Output = ()> + Send + 'static,
    ) -> Option<AbortHandle> {
        let mut tasks = self.lock();
        let tasks = tasks.as_mut()?;
        while tasks.try_join_next().is_some() {}
        Some(tasks.spawn(task))
    }

    /// Ends every task, without waiting until that is done.
    pub(crate) fn abort(&self) {
        drop(self.lock().take());
    }

    /// Ends every task and waits until they have let go of what they held.
    pub(crate) async fn shutdown(&self) {
        let tasks = self.lock().take();
        if let Some(mut tasks) = tasks {
            tasks.shutdown().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<JoinSet<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
