//! How an instance ends.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use crate::support::{blocking, kdc_of, now, served};

#[tokio::test(flavor = "multi_thread")]
async fn it_stops_promptly_while_clients_hang() {
    let instance = served(&[r#"link = { from = "kdc1", do = { delay = "1h" } }"#]).await;
    let kdc = kdc_of(&instance, "ws2");
    let hanging = blocking(move || {
        let mut streams: Vec<_> = (0..8).map(|_| TcpStream::connect(kdc).unwrap()).collect();
        for stream in &mut streams {
            stream.write_all(&[0, 0, 0, 99, 1]).unwrap();
        }
        streams
    })
    .await;
    let before = now();
    tokio::time::timeout(Duration::from_secs(5), instance.stop())
        .await
        .expect("it stops");
    assert!(now().within(before, Duration::from_secs(5)));
    drop(hanging);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_dropped_lets_its_port_go() {
    let instance = served(&[]).await;
    let kdc = kdc_of(&instance, "ws1");
    drop(instance);
    let refused = blocking(move || {
        for _ in 0..100 {
            if TcpStream::connect(kdc).is_err() {
                return true;
            }
            std::thread::yield_now();
        }
        false
    })
    .await;
    assert!(refused);
}
