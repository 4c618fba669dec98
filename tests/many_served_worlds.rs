//! Many served worlds in one process, and what they leave behind: nothing.

#[path = "served_world/support.rs"]
#[expect(dead_code, reason = "other tests need more of it")]
mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use kdclab::Lab;

use support::{PREAUTH, as_req, error_code, over_udp};

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_at_once_do_not_clash_and_leave_nothing() {
    let handle = tokio::runtime::Handle::current();
    let (descriptors, tasks) = (open_sockets(), handle.metrics().num_alive_tasks());
    let mut lab = Lab::load("client-disabled").unwrap();
    lab.break_it().unwrap();
    let starting: Vec<_> = (0..64)
        .map(|_| {
            let lab = lab.clone();
            tokio::spawn(async move { lab.serve().await.unwrap() })
        })
        .collect();
    let mut instances = Vec::new();
    for instance in starting {
        instances.push(instance.await.unwrap());
    }
    let kdcs: BTreeSet<_> = instances
        .iter()
        .map(|instance| instance.environment()["KDCLAB_KDC"].clone())
        .collect();
    assert_eq!(kdcs.len(), 64);
    let user = instances[0].environment()["KDCLAB_USER"].clone();
    // One is repaired; the others are not.
    instances[7].fix(1).await.unwrap();
    let asked: Vec<_> = instances
        .iter()
        .map(|instance| {
            let kdc = instance.environment()["KDCLAB_KDC"].parse().unwrap();
            let request = as_req(&format!("{user}@LAB.EXAMPLE"));
            tokio::task::spawn_blocking(move || error_code(&over_udp(kdc, &request).unwrap()))
        })
        .collect();
    for (index, code) in asked.into_iter().enumerate() {
        assert_eq!(
            code.await.unwrap() == PREAUTH,
            index == 7,
            "instance {index}"
        );
    }
    let directories: Vec<_> = instances
        .iter()
        .map(|instance| instance.directory().to_owned())
        .collect();
    for instance in instances {
        instance.stop().await;
    }
    for directory in directories {
        assert!(!directory.exists(), "{} is left", directory.display());
    }
    // A task is counted a little longer than it lives.
    for _ in 0..1000 {
        if handle.metrics().num_alive_tasks() == tasks {
            break;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(handle.metrics().num_alive_tasks(), tasks);
    assert_eq!(open_sockets(), descriptors);
}

/// The sockets that this process holds. No other test runs in it.
fn open_sockets() -> usize {
    let Ok(entries) = std::fs::read_dir("/proc/self/fd") else {
        return 0;
    };
    entries
        .flatten()
        .filter_map(|entry| std::fs::read_link(entry.path()).ok())
        .filter(|target| target.to_string_lossy().starts_with("socket:"))
        .count()
}
