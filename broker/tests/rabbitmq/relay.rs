//! Something between us and the broker that can go silent, and that sees how many connections there are.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tenfold_broker::address::Address;
use tenfold_core::protocol::Endpoint;
use tokio::io::copy;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// Forwards what both sides send, until it is told not to.
pub struct Relay {
    port: u16,
    open: Arc<AtomicUsize>,
    silence: CancellationToken,
    _accepting: AbortOnDropHandle<()>,
}

impl Relay {
    /// Before the broker at `address`.
    pub async fn before(address: &Address) -> Relay {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
        let port = listener.local_addr().expect("it has one").port();
        let (open, silence) = (Arc::default(), CancellationToken::new());
        let accepting = accept(
            listener,
            address.endpoints[0].clone(),
            Arc::clone(&open),
            silence.clone(),
        );
        Relay {
            port,
            open,
            silence,
            _accepting: AbortOnDropHandle::new(tokio::spawn(accepting)),
        }
    }

    /// The broker's address by this way.
    pub fn address(&self, of: &Address) -> Address {
        let here = Endpoint {
            host: "127.0.0.1".into(),
            port: self.port,
        };
        Address {
            endpoints: vec![here],
            ..of.clone()
        }
    }

    /// How many connections there are that neither side has ended.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// From now on nothing is forwarded, not even an end.
    pub fn be_silent(&self) {
        self.silence.cancel();
    }
}

async fn accept(listener: TcpListener, to: Endpoint, open: Arc<AtomicUsize>, silence: CancellationToken) {
    while let Ok((ours, _)) = listener.accept().await {
        let (to, open, silence) = (to.clone(), open.clone(), silence.clone());
        tokio::spawn(async move {
            open.fetch_add(1, Ordering::Relaxed);
            forward(ours, &to, silence).await;
            open.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

/// Until one of the two ends it.
async fn forward(mut ours: TcpStream, to: &Endpoint, silence: CancellationToken) {
    let Ok(mut theirs) = TcpStream::connect((to.host.as_str(), to.port)).await else {
        return;
    };
    let ((mut from_us, mut to_us), (mut from_them, mut to_them)) = (ours.split(), theirs.split());
    tokio::select! {
        _ = copy(&mut from_us, &mut to_them) => {}
        _ = copy(&mut from_them, &mut to_us) => {}
        () = silence.cancelled() => std::future::pending().await,
    }
}
